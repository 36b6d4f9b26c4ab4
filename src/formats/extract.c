/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over a text: refanged with a way back, finders at each place where a word begins, each value once. */
#include "formats/extract_priv.h"
#include "util/bounds.h"

static const struct {
	const char *text;
	bool left;
} doubts[] = {
#define X(d, text, left) { text, left },
	FORMATS_DOUBT_LIST(X)
#undef X
};

const char *formats_doubt_text(enum formats_doubt d)
{
	return d < FORMATS_DOUBTS ? doubts[d].text : "";
}

bool formats_doubt_left(enum formats_doubt d)
{
	return d < FORMATS_DOUBTS && doubts[d].left;
}

/* ---- letters ---- */

static uint32_t code_at(const struct prose *t, size_t i, size_t *n)
{
	unsigned char c = (unsigned char)t->p[i];
	size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3
			      : c >= 0xC2       ? 2
						: 1;
	uint32_t v = want == 1 ? c : c & (0xFFu >> (want + 1));

	*n = 1;
	if (want > t->n - i)
		return 0;
	for (size_t k = 1; k < want; k++) {
		if (((unsigned char)t->p[i + k] & 0xC0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)t->p[i + k] & 0x3F);
	}
	*n = want;
	return v;
}

static bool spaced_letter(uint32_t c)
{
	return (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x250 && c <= 0x2AF) || (c >= 0x300 && c <= 0x52F) || (c >= 0x1E00 && c <= 0x1FFF);
}

size_t prose_word(const struct prose *t, size_t i)
{
	size_t n;

	if (i >= t->n)
		return 0;
	if ((unsigned char)t->p[i] < 0x80)
		return formats_word(t->p[i]);
	return spaced_letter(code_at(t, i, &n)) ? n : 0;
}

bool prose_joined(const struct prose *t, size_t i)
{
	size_t k = i, n;

	if (!i)
		return false;
	if ((unsigned char)t->p[i - 1] < 0x80)
		return formats_word(t->p[i - 1]) && t->p[i - 1] != '-' && t->p[i - 1] != '_';
	for (k--; k && i - k < 4 && ((unsigned char)t->p[k] & 0xC0) == 0x80;)
		k--;
	uint32_t c = code_at(t, k, &n);
	return k + n == i && spaced_letter(c);
}

/* ---- the text, refanged ---- */

static bool refang(struct arena *a, struct span s, formats_name_of *name_of, struct prose *t)
{
	char *p = arena_alloc(a, s.n + 1);
	uint32_t *map = arena_array(a, s.n + 1, sizeof(*map));
	size_t n = 0;

	if (!p || !map)
		return false;
	for (size_t i = 0; i < s.n;) {
		const char *plain;
		size_t took = formats_fang(s, i, true, &plain);
		if (!took) {
			map[n] = (uint32_t)i;
			p[n++] = s.p[i++];
			continue;
		}
		for (; *plain; plain++) {
			map[n] = (uint32_t)i;
			p[n++] = *plain;
		}
		i += took;
	}
	map[n] = (uint32_t)s.n;
	*t = (struct prose){ .a = a, .p = p, .n = n, .map = map, .name_of = name_of };
	return true;
}

/* ---- what was found ---- */

struct gathering {
	struct arena *a;
	struct span text;
	struct formats_found *v;
	size_t n, room;
	uint32_t *slot; /* number + 1 by hash of sort and value */
	size_t slots;
	size_t at, line, column; /* counted so far */
};

static bool grow(struct gathering *g)
{
	size_t room = g->room ? 2 * g->room : 64, slots = 4 * room;
	struct formats_found *v = arena_array(g->a, room, sizeof(*v));
	uint32_t *slot = arena_array(g->a, slots, sizeof(*slot));

	if (!v || !slot)
		return false;
	if (g->n)
		memcpy(v, g->v, g->n * sizeof(*v));
	for (size_t i = 0; i < g->n; i++) {
		size_t at = (formats_hash(v[i].value) + v[i].sort) & (slots - 1);
		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = (uint32_t)i + 1;
	}
	g->v = v;
	g->slot = slot;
	g->room = room;
	g->slots = slots;
	return true;
}

/* Line and column of a byte; places come in order. */
static void place(struct gathering *g, size_t byte, struct formats_found *x)
{
	for (; g->at < byte; g->at++) {
		bool end = g->text.p[g->at] == '\n';
		g->line += end;
		g->column = end ? 1 : g->column + (((unsigned char)g->text.p[g->at] & 0xC0) != 0x80);
	}
	x->line = g->line;
	x->column = g->column;
}

static bool gather(struct gathering *g, const struct prose *t, size_t at, const struct catch *c)
{
	size_t from = t->map[at], to = t->map[c->end], slot;
	bool defanged = to - from != c->end - at || memcmp(g->text.p + from, t->p + at, c->end - at) != 0;
	struct formats_found *x = NULL;

	if (g->n == g->room && !grow(g))
		return false;
	for (slot = (formats_hash(c->value) + c->sort) & (g->slots - 1); g->slot[slot]; slot = (slot + 1) & (g->slots - 1)) {
		x = &g->v[g->slot[slot] - 1];
		if (x->sort == c->sort && span_eq(x->value, c->value))
			break;
		x = NULL;
	}
	if (!x) {
		x = &g->v[g->n++];
		*x = (struct formats_found){ .sort = c->sort, .value = c->value, .text = { g->text.p + from, to - from }, .doubt = c->doubt };
		place(g, from, x);
		g->slot[slot] = (uint32_t)g->n;
	}
	x->times++;
	x->defanged |= defanged;
	x->doubt = c->doubt < x->doubt ? c->doubt : x->doubt; /* the place that leaves least doubt counts */
	return true;
}

static bool walk(const struct prose *t, struct gathering *g)
{
	for (size_t i = 0; i < t->n;) {
		struct catch c = { .sort = FORMATS_SORTS };
		bool mine = false;
		if (!prose_joined(t, i)) {
			for (size_t k = 0; formats_finders[k] && !mine; k++)
				mine = formats_finders[k](t, i, &c);
		}
		if (!arena_ok(t->a))
			return false;
		if (mine && c.sort != FORMATS_SORTS && !gather(g, t, i, &c))
			return false;
		if (mine && c.end > i) {
			i = c.end;
			continue;
		}
		size_t n = prose_word(t, i);
		bool markup = t->p[i] == '-' || t->p[i] == '_'; /* "- evil.example", "_evil.example_": the word begins behind it */
		i += n ? n : 1;
		while (n && !markup && (n = prose_word(t, i)) != 0)
			i += n;
	}
	return true;
}

/* In a text that defangs what is bad, links that are not defanged lead to sources. */
static void doubt_references(struct gathering *g)
{
	bool any = false;

	for (size_t i = 0; i < g->n; i++)
		any |= g->v[i].defanged && (g->v[i].sort == FORMATS_URL || g->v[i].sort == FORMATS_DOMAIN || g->v[i].sort == FORMATS_EMAIL);
	for (size_t i = 0; any && i < g->n; i++) {
		enum formats_sort s = g->v[i].sort;
		if ((s == FORMATS_URL || s == FORMATS_DOMAIN || s == FORMATS_EMAIL) && !g->v[i].defanged && !formats_doubt_left(g->v[i].doubt))
			g->v[i].doubt = FORMATS_DOUBT_REFERENCE;
	}
}

enum err formats_extract(struct arena *a, struct span text, formats_name_of *name_of, struct formats_findings *out, struct fault *f)
{
	struct gathering g = { .a = a, .text = text, .line = 1, .column = 1 };
	struct prose t;

	if (text.n > BOUND_PROSE_BYTES)
		return fault_set(f, ERR_LIMIT, "", "a text of %zu bytes; at most %u are searched", text.n, BOUND_PROSE_BYTES);
	if (!refang(a, text, name_of, &t) || !walk(&t, &g))
		return fault_set(f, ERR_NOMEM, "", "out of memory while searching the text");
	doubt_references(&g);
	*out = (struct formats_findings){ g.v, g.n };
	return ERR_OK;
}
