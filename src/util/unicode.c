/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode by utf8proc. */
#include "util/unicode.h"

#include <stdlib.h>
#include <utf8proc.h>

size_t unicode_next(struct span s, int32_t *c)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.p;
	utf8proc_ssize_t n;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	n = utf8proc_iterate(p, s.n < 4 ? (utf8proc_ssize_t)s.n : 4, c);
	if (n > 0)
		return (size_t)n;
	*c = 0xFFFD;
	return 1;
}

/* Nothing below U+0300 changes in normal form C: all its characters are whole and begin something new. */
bool unicode_is_nfc(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0xCC)
			return false;
	return true;
}

static int class_of(int32_t c)
{
	return c < 0x300 ? 0 : utf8proc_get_property(c)->combining_class;
}

static int by_number(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* Marks into the order of their classes, equal ones as they stood; `key` has room for n. */
static void order_marks(int32_t *point, size_t n, uint64_t *key)
{
	for (size_t i = 0; i < n; i++)
		key[i] = (uint64_t)class_of(point[i]) << 56 | (uint64_t)i << 24 | (uint64_t)point[i];
	qsort(key, n, sizeof(*key), by_number);
	for (size_t i = 0; i < n; i++)
		point[i] = (int32_t)(key[i] & 0xFFFFFF);
}

void unicode_nfc(struct span s, struct buf *scratch, struct buf *out)
{
	size_t n = 0, most = 4 * s.n; /* a character takes apart into at most 4 */
	int32_t *point;
	uint64_t *key;

	if (unicode_is_nfc(s)) {
		buf_addspan(out, s);
		return;
	}
	buf_clear(scratch);
	if (!buf_reserve(scratch, most * (sizeof(*key) + sizeof(*point)))) {
		out->failed = true;
		return;
	}
	key = (uint64_t *)(void *)scratch->p;
	point = (int32_t *)(void *)(key + most);
	for (size_t at = 0; at < s.n;) {
		int32_t c;
		int last = 0;
		utf8proc_ssize_t got;

		at += unicode_next((struct span){ s.p + at, s.n - at }, &c);
		got = utf8proc_decompose_char(c, point + n, 4, UTF8PROC_DECOMPOSE, &last);
		n += got > 0 && got <= 4 ? (size_t)got : 0;
	}
	for (size_t i = 0, end; i < n; i = end + 1) {
		for (end = i; end < n && class_of(point[end]);)
			end++;
		if (end > i + 1)
			order_marks(point + i, end - i, key);
	}
	n = (size_t)utf8proc_normalize_utf32(point, (utf8proc_ssize_t)n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	for (size_t i = 0; i < n; i++) {
		char u[4];

		buf_add(out, u, unicode_encode(point[i], u));
	}
}

char *unicode_fold(struct span s, size_t *n)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t got = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &folded, UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

	*n = got > 0 ? (size_t)got : 0;
	return (char *)folded;
}

bool unicode_is_word(int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO: return true;
	default: return false;
	}
}

int32_t unicode_base(int32_t c)
{
	utf8proc_int32_t parts[8];
	int last = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, 8, UTF8PROC_DECOMPOSE, &last);

	return n > 0 && n <= 8 ? parts[0] : c;
}

size_t unicode_encode(int32_t c, char out[static 4])
{
	return (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out);
}
