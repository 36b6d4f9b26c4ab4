/* SPDX-License-Identifier: Apache-2.0 */
/* Search tokens: what a person types finds what was written, in the scripts of the region.
 *
 * NFKC and case folding first.  Latin letters lose their marks (a Vietnamese word is found with and without them), words are runs of letters, marks and
 * digits.  Scripts that do not part words with spaces give each character and each pair of neighbours, so that every part of a text is found.
 */
#include <stdlib.h>
#include "store/store.h"
#include "util/bounds.h"
#include "util/unicode.h"

#define TOKEN_BYTES 128 /* of one word; a SHA-512 fits */

/* Han, kana, bopomofo, Hangul, Thai, Lao, Khmer, Burmese. */
static const struct {
	int32_t from, to;
} unspaced[] = {
	{ 0x0e00, 0x0eff },
	{ 0x1000, 0x109f },
	{ 0x1100, 0x11ff },
	{ 0x1780, 0x17ff },
	{ 0x19e0, 0x19ff },
	{ 0x3005, 0x3007 },
	{ 0x3041, 0x312f },
	{ 0x3130, 0x318f },
	{ 0x31a0, 0x31bf },
	{ 0x31f0, 0x31ff },
	{ 0x3400, 0x4dbf },
	{ 0x4e00, 0x9fff },
	{ 0xa9e0, 0xa9ff },
	{ 0xaa60, 0xaa7f },
	{ 0xac00, 0xd7ff },
	{ 0xf900, 0xfaff },
	{ 0x1b000, 0x1b16f },
	{ 0x20000, 0x3ffff },
};

static bool is_unspaced(int32_t c)
{
	size_t lo = 0, hi = sizeof unspaced / sizeof *unspaced;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (c > unspaced[mid].to)
			lo = mid + 1;
		else if (c < unspaced[mid].from)
			hi = mid;
		else
			return true;
	}
	return false;
}

static bool is_latin(int32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xc0 && c <= 0x24f) || (c >= 0x1e00 && c <= 0x1eff);
}

static bool is_mark(int32_t c)
{
	return c >= 0x300 && c <= 0x36f;
}

/* The letter below the marks; letters that Unicode does not take apart by table. */
static int32_t bare(int32_t c)
{
	static const struct {
		int32_t from, to;
	} strokes[] = { { 0x111, 'd' }, { 0xf0, 'd' }, { 0xf8, 'o' }, { 0x127, 'h' }, { 0x131, 'i' }, { 0x142, 'l' }, { 0x167, 't' }, { 0x180, 'b' }, { 0x1b6, 'z' } };
	if (!is_latin(c) || c < 0x80)
		return c;
	c = unicode_base(c);
	for (size_t i = 0; i < sizeof strokes / sizeof *strokes; i++)
		if (strokes[i].from == c)
			return strokes[i].to;
	return c;
}

struct tokens {
	struct buf *out;
	size_t n; /* tokens so far */
	size_t word; /* bytes of the word that is open; 0 none */
	int32_t before; /* neighbour of an unspaced character; 0 none */
	bool latin; /* the last letter was */
};

static void put_char(struct tokens *t, int32_t c)
{
	char u[4];
	buf_add(t->out, u, unicode_encode(c, u));
}

static void token_begin(struct tokens *t)
{
	if (t->n++)
		buf_addc(t->out, ' ');
}

static void take(struct tokens *t, int32_t c)
{
	/* A mark of Latin writing on a Latin letter. */
	if (is_mark(c) && t->latin)
		return;
	c = bare(c);
	if (!unicode_is_word(c)) {
		t->word = 0;
		t->before = 0;
		t->latin = false;
		return;
	}
	t->latin = is_latin(c);
	if (is_unspaced(c)) {
		t->word = 0;
		token_begin(t);
		put_char(t, c);
		if (t->before) {
			token_begin(t);
			put_char(t, t->before);
			put_char(t, c);
		}
		t->before = c;
		return;
	}
	t->before = 0;
	if (!t->word)
		token_begin(t);
	if (t->word < TOKEN_BYTES)
		put_char(t, c);
	t->word += 4;
}

/* Most text is plain ASCII, where folding is lower case and a word is a run of letters and digits. */
static bool is_ascii(struct span text)
{
	unsigned char all = 0;
	for (size_t i = 0; i < text.n; i++)
		all |= (unsigned char)text.p[i];
	return all < 0x80;
}

static struct span ascii_words(struct arena *a, struct span text)
{
	char *to = arena_alloc(a, text.n + 1);
	size_t n = 0, word = 0, words = 0;
	for (size_t i = 0; to && i < text.n; i++) {
		char c = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] | 0x20) : text.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			word = 0;
			continue;
		}
		if (!word && words++ == BOUND_WORDS_PER_OBJECT)
			break;
		if (!word && n)
			to[n++] = ' ';
		if (word++ < TOKEN_BYTES / 4)
			to[n++] = c;
	}
	return (struct span){ to, to ? n : 0 };
}

struct span store_words(struct arena *a, struct span text)
{
	if (is_ascii(text))
		return ascii_words(a, text);
	size_t n;
	char *folded = unicode_fold(text, &n);
	struct buf out;
	buf_init(&out, 16 * text.n + 64);
	struct tokens t = { .out = &out };
	for (size_t at = 0; at < n && t.n < BOUND_WORDS_PER_OBJECT;) {
		int32_t c;
		at += unicode_next((struct span){ folded + at, n - at }, &c);
		take(&t, c);
	}
	free(folded);
	struct span words = buf_ok(&out) ? arena_span(a, buf_span(&out)) : (struct span){ NULL, 0 };
	buf_release(&out);
	return words;
}
