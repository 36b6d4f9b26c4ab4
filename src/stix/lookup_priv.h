/* SPDX-License-Identifier: Apache-2.0 */
/* Words to numbers without collisions: a multiplier is sought once, at start, that gives each word of a small fixed set its own slot. */
#ifndef STIX_LOOKUP_PRIV_H
#define STIX_LOOKUP_PRIV_H
#include <stdint.h>
#include "util/span.h"

#define LOOKUP_NONE 0xff
#define LOOKUP_MOST 96 /* words in one set */
struct lookup {
	uint64_t mul;
	unsigned shift;
	uint8_t slot[512]; /* number of the word, or LOOKUP_NONE */
};

/* The four first and four last bytes, the one in the middle and the length tell all words of our sets apart; lookup_build asserts it. */
static inline uint64_t lookup_mix(struct span s)
{
	uint32_t head = 0, tail = 0;
	uint64_t middle = 0;
	if (s.n >= 4) {
		middle = (uint8_t)s.p[s.n / 2];
		memcpy(&head, s.p, 4);
		memcpy(&tail, s.p + s.n - 4, 4);
	} else {
		for (size_t i = 0; i < s.n; i++)
			head = head << 8 | (uint8_t)s.p[i];
	}
	return (head | (uint64_t)tail << 32) + (s.n << 8 | middle) * UINT64_C(0x9e3779b97f4a7c15);
}

/* memcmp(a, b, n) == 0 for the short words of the tables, without a call. */
static inline bool lookup_same(const char *a, const char *b, size_t n)
{
	uint64_t x, y;
	uint32_t u, v;
	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8) {
			memcpy(&x, a + i, 8);
			memcpy(&y, b + i, 8);
			if (x != y)
				return false;
		}
		memcpy(&x, a + n - 8, 8);
		memcpy(&y, b + n - 8, 8);
		return x == y;
	}
	if (n < 4)
		return n == 0 || memcmp(a, b, n) == 0;
	memcpy(&u, a, 4);
	memcpy(&v, b, 4);
	if (u != v)
		return false;
	memcpy(&u, a + n - 4, 4);
	memcpy(&v, b + n - 4, 4);
	return u == v;
}

/* The only number that s can have: the caller compares the word.  LOOKUP_NONE when there is none. */
static inline unsigned lookup_slot(const struct lookup *l, struct span s)
{
	return l->slot[(lookup_mix(s) * l->mul) >> l->shift];
}

/* Words word(ctx, 0) … word(ctx, n - 1) get the numbers 0 … n - 1.  n <= LOOKUP_MOST; aborts for sets that it cannot tell apart. */
void lookup_build(struct lookup *l, size_t n, struct span (*word)(const void *ctx, size_t i), const void *ctx);
#endif
