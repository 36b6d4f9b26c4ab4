/* SPDX-License-Identifier: Apache-2.0 */
/* Plain lists: a value a line, with comments; hosts files; dnsmasq and ad block lines. */
#include "formats/formats_priv.h"

/* What stands around the value in other programs' lists. */
static const struct wrap {
	const char *before, *after;
} wraps[] = {
	{ "||", "^" },
	{ "address=/", "/" },
	{ "server=/", "/" },
	{ "local=/", "/" },
	{ "\"", "\"" },
	{ "'", "'" },
};

static bool is_comment(struct span s)
{
	return !s.n || strchr("#;!", s.p[0]) || (s.n > 1 && s.p[0] == '/' && s.p[1] == '/');
}

/* Hosts files send what they block to nowhere. */
static bool is_sink(struct span s)
{
	static const char *const sinks[] = { "0.0.0.0", "127.0.0.1", "::", "::1", "0" };

	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
		if (span_is(s, sinks[i]))
			return true;
	}
	return false;
}

static struct span word(struct span *rest)
{
	struct span w = { rest->p, 0 };

	while (w.n < rest->n && !formats_blank(rest->p[w.n]))
		w.n++;
	*rest = formats_trim(formats_from(*rest, w.n));
	return w;
}

static struct span unwrap(struct span s)
{
	while (s.n && s.p[s.n - 1] == ',')
		s.n--;
	for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
		if (!formats_starts(s, wraps[i].before))
			continue;
		struct span inner = formats_from(s, strlen(wraps[i].before));
		const char *end = memmem(inner.p, inner.n, wraps[i].after, strlen(wraps[i].after));
		return end ? (struct span){ inner.p, (size_t)(end - inner.p) } : inner;
	}
	return s;
}

/* The comment behind a value names it, where it has a letter. */
static struct span comment_of(struct span rest)
{
	while (rest.n && strchr("#;!,/|-", rest.p[0]))
		rest = formats_trim(formats_from(rest, 1));
	for (size_t i = 0; i < rest.n; i++) {
		if (formats_letter(rest.p[i]) || (unsigned char)rest.p[i] >= 0x80)
			return rest;
	}
	return (struct span){ "", 0 };
}

static enum err take_line(struct formats_input_state *s, struct span line, uint64_t number)
{
	struct formats_indicator i = { .confidence = -1, .line = number };
	struct span rest = formats_trim(line), first;

	if (is_comment(rest))
		return ERR_OK;
	arena_reset(s->a);
	struct span whole = rest;
	first = word(&rest);
	if (is_sink(first) && rest.n && !is_comment(rest))
		first = word(&rest);
	i.text = unwrap(first);
	i.sort = formats_classify(s->a, i.text, &i.value);
	if (i.sort == FORMATS_SORTS && rest.n) { /* "evil dot example", "evil [.] example" */
		i.text = whole;
		i.sort = formats_classify(s->a, whole, &i.value);
		rest.n = 0;
	}
	i.name = comment_of(rest);
	return formats_give(s, &i);
}

enum err formats_read_list(struct formats_input_state *s, struct formats_lines *l)
{
	struct span line;
	bool whole;
	enum err e;

	while ((e = formats_lines_next(l, &line, &whole, s->f)) == ERR_OK) {
		s->counts->lines++;
		if (!whole)
			formats_skipped(s, FORMATS_SKIP_LONG, s->counts->lines, line);
		else
			e = take_line(s, line, s->counts->lines);
		if (e != ERR_OK)
			return e;
		if (s->how->progress && s->counts->lines % 4096 == 0)
			s->how->progress(s->how->ctx, formats_lines_at(l));
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}
