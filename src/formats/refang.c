/* SPDX-License-Identifier: Apache-2.0 */
/* Defanged texts: the ways in which people write addresses so that nobody clicks them. */
#include <stdint.h>
#include <strings.h>
#include "formats/formats_priv.h"

enum where { BETWEEN, /* only between letters and digits */
	ANYWHERE,
	LISTS, /* between, and not in prose: there it is ordinary language */
	WORD /* where a word begins and a colon follows */
};
/* Longer ways first.  may_begin knows how they all begin. */
static const struct fang {
	const char *fang, *plain;
	enum where where;
} fangs[] = {
	{ " [.] ", ".", BETWEEN },
	{ " (.) ", ".", BETWEEN },
	{ " [dot] ", ".", BETWEEN },
	{ " (dot) ", ".", BETWEEN },
	{ " {dot} ", ".", BETWEEN },
	{ " [at] ", "@", BETWEEN },
	{ " (at) ", "@", BETWEEN },
	{ " {at} ", "@", BETWEEN },
	{ " dot ", ".", LISTS },
	{ " at ", "@", LISTS },
	{ "[://]", "://", BETWEEN },
	{ "[:]//", "://", BETWEEN },
	{ "[:/]/", "://", BETWEEN },
	{ ":[//]", "://", BETWEEN },
	{ "[.]", ".", ANYWHERE },
	{ "(.)", ".", BETWEEN },
	{ "{.}", ".", BETWEEN },
	{ "<.>", ".", BETWEEN },
	{ "[dot]", ".", ANYWHERE },
	{ "(dot)", ".", BETWEEN },
	{ "{dot}", ".", BETWEEN },
	{ "\xEF\xBC\xBB.\xEF\xBC\xBD", ".", BETWEEN }, /* full-width brackets */
	{ "\xEF\xBC\xBB\xEF\xBC\x8E\xEF\xBC\xBD", ".", BETWEEN },
	{ "\xEF\xBC\x88.\xEF\xBC\x89", ".", BETWEEN },
	{ "\xE3\x80\x90.\xE3\x80\x91", ".", BETWEEN }, /* lenticular ones */
	{ "\xEF\xBC\x8E", ".", BETWEEN }, /* full-width full stop */
	{ "\xEF\xBC\xA0", "@", BETWEEN }, /* full-width at */
	{ "\xE2\x80\x91", "-", BETWEEN }, /* hyphens of word processors */
	{ "\xE2\x80\x90", "-", BETWEEN },
	{ "\xE2\x80\x8B", "", ANYWHERE }, /* a space of no width */
	{ "\xC2\xAD", "", ANYWHERE }, /* a soft hyphen */
	{ "[at]", "@", BETWEEN },
	{ "(at)", "@", BETWEEN },
	{ "{at}", "@", BETWEEN },
	{ "[@]", "@", BETWEEN },
	{ "(@)", "@", BETWEEN },
	{ "[:]", ":", ANYWHERE },
	{ "[/]", "/", BETWEEN },
	{ "\\.", ".", BETWEEN },
	{ "[.", ".", BETWEEN },
	{ ".]", ".", BETWEEN },
	{ "hxxp", "http", WORD },
	{ "hxtp", "http", WORD },
	{ "htxp", "http", WORD },
	{ "h**p", "http", WORD },
	{ "meow", "http", WORD },
	{ "fxp", "ftp", WORD },
};
#define FANGS (sizeof(fangs) / sizeof(fangs[0]))

static bool joins(struct span s, size_t at)
{
	return at < s.n && (formats_word(s.p[at]) || (unsigned char)s.p[at] >= 0x80);
}

/* "hxxp" and then "://", "s://", "[:]", … */
static bool scheme_follows(struct span s, size_t at)
{
	at += at < s.n && formats_lower(s.p[at]) == 's';
	at += at < s.n && s.p[at] == '[';
	return at < s.n && s.p[at] == ':';
}

static bool fits(struct span s, size_t at, size_t end, enum where where, bool prose)
{
	switch (where) {
	case ANYWHERE: return true;
	case LISTS:
		if (prose)
			return false;
		__attribute__((fallthrough));
	case BETWEEN: return at && joins(s, at - 1) && joins(s, end);
	case WORD: return (!at || !(formats_digit(s.p[at - 1]) || formats_letter(s.p[at - 1]))) && scheme_follows(s, end);
	}
	return false;
}

/* What may stand behind the first byte of a row: most bytes of a list are told by this. */
static bool may_begin(char first, char second)
{
	switch (first) {
	case '.': return second == ']';
	case ':': return second == '[';
	case '\\':
	case '<': return second == '.';
	case ' ': return strchr("[({dDaA", second) != NULL;
	case 'h':
	case 'H': return second == 'x' || second == 'X' || second == 't' || second == 'T' || second == '*';
	case 'm':
	case 'M': return second == 'e' || second == 'E';
	case 'f':
	case 'F': return second == 'x' || second == 'X';
	case '[':
	case '(':
	case '{': return true;
	default: return (unsigned char)first >= 0xC2;
	}
}

size_t formats_fang(struct span s, size_t at, bool prose, const char **plain)
{
	if (s.n - at < 2 || !s.p[at + 1] || !may_begin(s.p[at], s.p[at + 1]))
		return 0;
	if ((s.p[at] | 0x20) == 'h' && (s.p[at + 1] | 0x20) == 't' && !(s.n - at > 2 && (s.p[at + 2] | 0x20) == 'x')) /* "http" itself */
		return 0;
	for (size_t i = 0; i < FANGS; i++) {
		size_t n = fangs[i].fang[0] == formats_lower(s.p[at]) ? strlen(fangs[i].fang) : SIZE_MAX;
		if (n <= s.n - at && strncasecmp(s.p + at, fangs[i].fang, n) == 0 && fits(s, at, at + n, fangs[i].where, prose)) {
			*plain = fangs[i].plain;
			return n;
		}
	}
	return 0;
}

struct span formats_refang(struct arena *a, struct span text)
{
	char *to = NULL;
	size_t n = 0;

	for (size_t i = 0; i < text.n;) {
		const char *plain;
		size_t took = formats_fang(text, i, false, &plain);
		if (took && !to) {
			to = arena_alloc(a, text.n + 1); /* a way of writing is never shorter than what it means */
			if (!to)
				return (struct span){ NULL, 0 };
			memcpy(to, text.p, i);
			n = i;
		}
		if (took) {
			memcpy(to + n, plain, strlen(plain));
			n += strlen(plain);
			i += took;
		} else {
			if (to)
				to[n++] = text.p[i];
			i++;
		}
	}
	return to ? (struct span){ to, n } : text;
}
