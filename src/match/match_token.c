/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over a piece of log for whatever may be an address, name, URL, e-mail address or hash; each is looked up where it stands.
 *
 * A word is a run of letters, digits, '-', '_' and single dots; everything else is a border, so that 1.2.3.4 is not in 11.2.3.45 or 1.2.3.4.5 and
 * evil.com neither in notevil.com nor in evil.com.example.  '@', '/', ':' and '=' are borders: names count inside URLs and e-mail addresses too.
 * Beside text of scripts written without spaces (from U+0800 on: kana, Han, Thai …) a word ends; letters of U+00C0-U+07FF belong to it.
 */
#include "match/match_token_priv.h"

#define D C_DIGIT
#define A C_AF
#define L C_LETTER
const uint8_t token_class[256] = {
	['-'] = C_HYPHEN,
	['_'] = C_UNDER,
	['.'] = C_DOT,
	['0'] = D,
	['1'] = D,
	['2'] = D,
	['3'] = D,
	['4'] = D,
	['5'] = D,
	['6'] = D,
	['7'] = D,
	['8'] = D,
	['9'] = D,
	['a'] = A,
	['b'] = A,
	['c'] = A,
	['d'] = A,
	['e'] = A,
	['f'] = A,
	['g'] = L,
	['h'] = L,
	['i'] = L,
	['j'] = L,
	['k'] = L,
	['l'] = L,
	['m'] = L,
	['n'] = L,
	['o'] = L,
	['p'] = L,
	['q'] = L,
	['r'] = L,
	['s'] = L,
	['t'] = L,
	['u'] = L,
	['v'] = L,
	['w'] = L,
	['x'] = L,
	['y'] = L,
	['z'] = L,
	['A'] = A,
	['B'] = A,
	['C'] = A,
	['D'] = A,
	['E'] = A,
	['F'] = A,
	['G'] = L,
	['H'] = L,
	['I'] = L,
	['J'] = L,
	['K'] = L,
	['L'] = L,
	['M'] = L,
	['N'] = L,
	['O'] = L,
	['P'] = L,
	['Q'] = L,
	['R'] = L,
	['S'] = L,
	['T'] = L,
	['U'] = L,
	['V'] = L,
	['W'] = L,
	['X'] = L,
	['Y'] = L,
	['Z'] = L,
};
#undef D
#undef A
#undef L

/* ---- names ---- */

/* Every suffix of two labels and more. */
static void name_walk(const struct tokens *t, const uint8_t *p, size_t n, size_t start, size_t end)
{
	unsigned labels = 1;

	for (size_t i = n; i > 0; i--) {
		if (p[i - 1] == '.' && labels++ >= 2)
			found(t, match_find_text(t->x, CLASS_NAME, (struct span){ (const char *)p + i, n - i }, match_hash(CLASS_NAME, p + i, n - i, MATCH_FOLD)), start, end);
	}
	if (labels >= 2)
		found(t, match_find_text(t->x, CLASS_NAME, (struct span){ (const char *)p, n }, match_hash(CLASS_NAME, p, n, MATCH_FOLD)), start, end);
}

/* A word of digits, dots and hyphens: perhaps a range of addresses. */
static void ipv4_range(const struct tokens *t, size_t start, size_t end)
{
	for (size_t i = start, from = start; i <= end; i++) {
		if (i == end || t->p[i] == '-') {
			token_ipv4(t, from, i);
			from = i + 1;
		}
	}
}

/* A word with single dots inside. */
static void dotted(const struct tokens *t, size_t start, size_t end, unsigned classes)
{
	if (!(classes & ~(unsigned)(C_DIGIT | C_DOT)))
		token_ipv4(t, start, end);
	else if (!(classes & ~(unsigned)(C_DIGIT | C_DOT | C_HYPHEN)))
		ipv4_range(t, start, end);
	else if (t->x->per_class[CLASS_NAME] && end - start <= MATCH_NAME_MOST)
		name_walk(t, t->p + start, end - start, start, end);
}

static unsigned classes_of(const struct tokens *t, size_t start, size_t end)
{
	unsigned all = 0;

	while (start < end)
		all |= token_class[t->p[start++]];
	return all;
}

/* Dots at the ends and doubled ones are borders. */
static void split_dots(const struct tokens *t, size_t start, size_t end, unsigned classes)
{
	unsigned foreign = 0;
	bool whole = true;

	if (letter_at(t, end)) { /* the last label goes on: only what stands before a doubled dot ends here */
		whole = false;
		while (end > start + 1 && !(t->p[end - 1] == '.' && t->p[end - 2] == '.'))
			end--;
		if (end <= start + 1)
			return;
	}
	if (letter_before(t, start)) { /* the first label is longer than what stands here: bücher.evil.example */
		const uint8_t *dot = memchr(t->p + start, '.', end - start);

		whole = false;
		start = (size_t)(dot - t->p);
		foreign = C_LETTER; /* and é.1.2.3.4 is a name */
	}
	for (size_t i = start, from = start; i <= end; i++) {
		if (i < end && !(t->p[i] == '.' && (i == start || i + 1 == end || t->p[i + 1] == '.' || t->p[i - 1] == '.')))
			continue;
		if (i > from && memchr(t->p + from, '.', i - from))
			dotted(t, from, i, foreign | (whole && i == end && from == start ? classes : classes_of(t, from, i)));
		whole = false;
		foreign = i == start ? foreign : 0;
		from = i + 1;
	}
}

/* Runs of hex digits as long as a hash between hyphens, dots and underscores. */
static void hashes(const struct tokens *t, size_t start, size_t end)
{
	for (size_t i = start, from = start; i <= end; i++) {
		if (i < end && is_alnum(t->p[i]))
			continue;
		if (is_hash_length(i - from)) {
			size_t k = from;

			while (k < i && is_hex(t->p[k]))
				k++;
			if (k == i)
				token_hash(t, (const char *)t->p + from, i - from, from, i);
		}
		from = i + 1;
	}
}

void token_word(const struct tokens *t, size_t start, size_t end)
{
	size_t from = after_percent(t, start, end);
	unsigned classes = classes_of(t, from, end);

	if (end - from >= 32 && (classes & (C_DIGIT | C_AF)) && t->x->per_class[CLASS_HASH])
		hashes(t, from, end);
	if (classes & C_DOT)
		split_dots(t, from, end, classes);
}

/* ---- names beyond ASCII ---- */

static bool idn_byte(uint8_t c)
{
	return c >= 0x80 || token_class[c];
}

/* Has it two labels?  The dots of other scripts part labels too. */
static bool has_dot(const uint8_t *p, size_t n)
{
	return memchr(p, '.', n) || memmem(p, n, "\xE3\x80\x82", 3) || memmem(p, n, "\xEF\xBC\x8E", 3) || memmem(p, n, "\xEF\xBD\xA1", 3);
}

/* In the form that DNS knows (A-labels). */
void token_wide(const struct tokens *t, size_t start, size_t end)
{
	struct span normal;

	while (start < end && t->p[start] == '.')
		start++;
	while (end > start && t->p[end - 1] == '.')
		end--;
	if (!has_dot(t->p + start, end - start))
		return;
	arena_reset(t->v->scratch);
	normal = stix_value_normal(t->v->scratch, STIX_VALUE_DOMAIN, (struct span){ (const char *)t->p + start, end - start });
	if (!arena_ok(t->v->scratch))
		*t->v->starved = true;
	if (normal.n)
		name_walk(t, (const uint8_t *)normal.p, normal.n, start, end);
}

/* Words that hold letters beyond ASCII. */
static void idn_words(const struct tokens *t)
{
	for (size_t i = 0; i < t->n;) {
		size_t start = i, wide = 0;

		for (; i < t->n && idn_byte(t->p[i]); i++)
			wide += t->p[i] >= 0x80;
		if (wide && i - start <= 4 * MATCH_NAME_MOST)
			token_wide(t, start, i);
		i += i < t->n;
	}
}

/* ---- the pass ---- */

void token_colon(struct tokens *t, size_t i)
{
	if (at(t, i + 1) == '/' && at(t, i + 2) == '/') {
		if (t->x->per_class[CLASS_URL])
			token_url(t, i);
	} else if (i >= t->colons_done && (is_hex(at(t, i + 1)) || at(t, i + 1) == ':')) {
		token_colons(t, i);
	}
}

void match_tokens(const struct match_index *x, const struct match_view *v)
{
	struct tokens t = { x, v, (const uint8_t *)v->p, v->n, 0 };
	bool wide = false;

	for (size_t i = 0; i < t.n;) {
		unsigned c = token_class[t.p[i]], classes = 0;
		size_t start = i;

		if (!c) {
			wide |= t.p[i] >= 0x80;
			if (t.p[i] == ':')
				token_colon(&t, i);
			else if (t.p[i] == '@' && x->per_class[CLASS_EMAIL])
				token_email(&t, i);
			i++;
			continue;
		}
		do {
			classes |= c;
		} while (++i < t.n && (c = token_class[t.p[i]]) != 0);
		if (classes & C_DOT || i - start >= 32)
			token_word(&t, start, i);
	}
	if (wide && x->idn)
		idn_words(&t);
	if (x->anchors)
		token_texts(&t);
}

/* ---- one value ---- */

struct covering {
	const struct match_index *x;
	uint32_t value;
};

static void take_covering(void *ctx, uint32_t value, size_t start, size_t end)
{
	struct covering *c = ctx;

	c->value = c->value == MATCH_NONE ? value : c->value;
}

struct span match_index_covers(const struct match_index *x, struct span value, struct match_indicator *by)
{
	struct arena *a ARENA_SCOPE = arena_new(64 * MATCH_URL_MOST);
	bool starved = false;
	struct covering c = { x, MATCH_NONE };
	struct match_view v = { .p = value.p, .n = value.n, .scratch = a, .starved = &starved, .found = take_covering, .ctx = &c };
	const struct match_value *found;

	if (a)
		match_tokens(x, &v);
	if (c.value == MATCH_NONE)
		return (struct span){ "", 0 };
	found = &x->value[c.value];
	match_indicator_of(x, found->cells == 1 ? found->cell & ~MATCH_TERM : x->cell[found->cell] & ~MATCH_TERM, match_blob_text(x, found->text), by);
	return match_blob_text(x, found->text);
}
