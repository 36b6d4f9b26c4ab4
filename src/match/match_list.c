/* SPDX-License-Identifier: Apache-2.0 */
/* Bare values from lists, defanged or not: what a person means by them.  Lists have millions, so that plain ones take a short way. */
#include "match/match_build_priv.h"

#include <stdlib.h>
#include <strings.h>

#include "util/alloc.h"

static const struct {
	const char *fang, *plain;
} fangs[] = {
	{ "[.]", "." },
	{ "(.)", "." },
	{ "{.}", "." },
	{ "[dot]", "." },
	{ "(dot)", "." },
	{ "{dot}", "." },
	{ " dot ", "." },
	{ "\\.", "." },
	{ "[://]", "://" },
	{ "[:]//", "://" },
	{ "[:]", ":" },
	{ "[/]", "/" },
	{ "[at]", "@" },
	{ "(at)", "@" },
	{ "[@]", "@" },
	{ " at ", "@" },
};

/* Takes out what keeps people from clicking: hxxp://evil[.]example -> http://evil.example */
static struct span refang(struct arena *a, struct span s)
{
	char *to = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; to && i < s.n;) {
		struct span rest = { s.p + i, s.n - i };
		size_t k = s.p[i] && strchr("[({ \\", s.p[i]) ? 0 : sizeof(fangs) / sizeof(fangs[0]); /* how they all begin */

		while (k < sizeof(fangs) / sizeof(fangs[0]) && !(rest.n >= strlen(fangs[k].fang) && strncasecmp(rest.p, fangs[k].fang, strlen(fangs[k].fang)) == 0))
			k++;
		if (k < sizeof(fangs) / sizeof(fangs[0])) {
			memcpy(to + n, fangs[k].plain, strlen(fangs[k].plain));
			n += strlen(fangs[k].plain);
			i += strlen(fangs[k].fang);
		} else {
			to[n++] = s.p[i++];
		}
	}
	if (to && n > 4 && strncasecmp(to, "hxxp", 4) == 0)
		memcpy(to, "http", 4);
	return (struct span){ to, to ? n : 0 };
}

static struct span trimmed(struct span s)
{
	while (s.n && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* A network of lists is written "203.0.113.0/24", a name perhaps ".evil.example": subdomains are meant anyway. */
static struct span value_of(struct arena *a, struct span text, enum stix_value_kind *k, enum match_skip *skip)
{
	static const enum stix_value_kind tried[] = { STIX_VALUE_IPV4, STIX_VALUE_IPV6, STIX_VALUE_MD5, STIX_VALUE_SHA1, STIX_VALUE_SHA256, STIX_VALUE_SHA512, STIX_VALUE_URL,
		STIX_VALUE_EMAIL, STIX_VALUE_DOMAIN };
	if (text.n > 1 && text.p[0] == '.')
		text = (struct span){ text.p + 1, text.n - 1 };
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		struct span normal;

		*k = tried[i];
		normal = match_normal(a, k, text, skip);
		if (normal.n || *skip == MATCH_SKIP_WIDE || (*skip == MATCH_SKIP_SUFFIX && memchr(text.p, '.', text.n)))
			return normal;
	}
	*skip = MATCH_SKIP_VALUE;
	return (struct span){ NULL, 0 };
}

/* ---- the short way: plain lower-case names and IPv4 addresses, which most lists consist of ---- */

enum plain { PLAIN_NOT,
	PLAIN_NAME,
	PLAIN_IPV4 };

/* Four octets without leading zeros. */
static bool plain_ipv4(struct span s, uint8_t address[static 4])
{
	size_t i = 0;

	for (int k = 0; k < 4; k++) {
		unsigned v = 0;
		size_t from = i;

		while (i < s.n && i < from + 3 && s.p[i] >= '0' && s.p[i] <= '9')
			v = v * 10 + (unsigned)(s.p[i++] - '0');
		if (i == from || v > 255 || (s.p[from] == '0' && i > from + 1) || (k < 3 && (i >= s.n || s.p[i++] != '.')))
			return false;
		address[k] = (uint8_t)v;
	}
	return i == s.n;
}

static enum plain plain_kind(struct span s, uint8_t address[static 4])
{
	size_t from = 0, labels = 0;

	if (s.n < 4 || s.n > 253)
		return PLAIN_NOT;
	for (size_t i = 0; i <= s.n; i++) {
		char c = i < s.n ? s.p[i] : '.';

		if (c == '.') {
			if (i == from || i - from > 63 || s.p[from] == '-' || s.p[i - 1] == '-' || (i - from > 3 && s.p[from + 2] == '-' && s.p[from + 3] == '-'))
				return PLAIN_NOT;
			labels++;
			from = i < s.n ? i + 1 : from;
		} else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
			return PLAIN_NOT;
		}
	}
	if (labels < 2)
		return PLAIN_NOT;
	if (s.p[from] >= 'a')
		return PLAIN_NAME;
	return plain_ipv4(s, address) ? PLAIN_IPV4 : PLAIN_NOT;
}

/* ---- keeping ---- */

static struct match_bare *bare_new(struct match_build *b, struct span source)
{
	if (b->bares == b->bare_room) {
		size_t room = b->bare_room ? 2 * b->bare_room : 1024;
		struct match_bare *v = util_realloc(b->bare, room * sizeof(*v));

		if (!v)
			return NULL;
		b->bare = v;
		b->bare_room = room;
	}
	if (!b->bare_source.p || !span_eq(b->bare_source, source)) {
		b->bare_source = arena_span(b->a, source);
		if (!b->bare_source.p || !match_blob_put(b, source, &b->bare_source_at))
			return NULL;
	}
	b->bare[b->bares] = (struct match_bare){ .source = b->bare_source_at };
	return &b->bare[b->bares];
}

static enum err keep(struct match_build *b, struct match_bare *v, struct span normal, const uint8_t *address, struct span plain, struct fault *f)
{
	struct match_indicator i = { .id = SPAN(""), .name = plain, .tlp = SPAN(""), .pattern = SPAN(""), .version = SPAN(""), .markings = SPAN(""), .actions = SPAN(""), .valid_from_ns = INT64_MIN, .valid_until_ns = INT64_MAX, .confidence = -1 };

	if (!match_blob_value(b, v->class, normal, address, &v->text) || (!span_eq(normal, plain) && !match_blob_facts(b, &i, &v->facts)))
		return fault_set(f, ERR_NOMEM, "", "out of memory while taking indicators");
	b->bares++;
	return ERR_OK;
}

static enum err take_value(struct match_build *b, struct span plain, struct span source, struct fault *f)
{
	enum match_skip skip = MATCH_SKIP_VALUE;
	enum stix_value_kind kind;
	struct span normal = value_of(b->scratch, refang(b->scratch, plain), &kind, &skip);
	struct match_bare *v;
	uint8_t address[16];

	if (!normal.n && b->wide && (skip == MATCH_SKIP_WIDE || skip == MATCH_SKIP_SUFFIX)) {
		kind = skip == MATCH_SKIP_SUFFIX ? STIX_VALUE_DOMAIN : memchr(plain.p, ':', plain.n) ? STIX_VALUE_IPV6
												     : STIX_VALUE_IPV4;
		normal = stix_value_normal(b->scratch, kind, plain);
	}
	if (!arena_ok(b->scratch))
		return fault_set(f, ERR_NOMEM, "", "out of memory while taking indicators");
	if (!normal.n && skip == MATCH_SKIP_VALUE)
		return fault_set(f, ERR_INVALID, "", "\"%.*s\" is no address, network, domain, URL, e-mail address or MD5, SHA-1, SHA-256 or SHA-512 hash", (int)(plain.n < 80 ? plain.n : 80), plain.p);
	if (!normal.n) {
		b->skipped++;
		b->why[skip]++;
		return ERR_OK;
	}
	v = bare_new(b, source);
	if (!v)
		return fault_set(f, ERR_NOMEM, "", "out of memory while taking indicators");
	v->kind = (uint8_t)kind;
	v->class = (uint8_t)match_class_of(kind, normal);
	if (match_class_is_address(v->class) && !match_address(normal, kind, address, &v->bits))
		return fault_set(f, ERR_INVALID, "", "\"%.*s\" is no address", SPAN_ARG(plain));
	return keep(b, v, normal, address, plain, f);
}

enum err match_build_value(struct match_build *b, struct span text, struct span source, struct fault *f)
{
	struct span plain = trimmed(text);
	uint8_t address[16];
	enum plain kind = plain_kind(plain, address);
	struct match_bare *v;

	if (plain.n > MATCH_URL_MOST)
		return fault_set(f, ERR_INVALID, "", "a value of %zu bytes; at most %d are searched for", plain.n, MATCH_URL_MOST);
	arena_reset(b->scratch);
	if (kind == PLAIN_NOT || (kind == PLAIN_NAME && match_public_suffix(b->scratch, plain)))
		return take_value(b, plain, source, f);
	v = bare_new(b, source);
	if (!v)
		return fault_set(f, ERR_NOMEM, "", "out of memory while taking indicators");
	v->kind = kind == PLAIN_NAME ? STIX_VALUE_DOMAIN : STIX_VALUE_IPV4;
	v->class = kind == PLAIN_NAME ? CLASS_NAME : CLASS_IPV4;
	v->bits = kind == PLAIN_NAME ? 0 : 32;
	return keep(b, v, plain, address, plain, f);
}
