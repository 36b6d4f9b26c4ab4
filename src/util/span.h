/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed run of bytes: pointer and length, no ownership, no terminator. */
#ifndef UTIL_SPAN_H
#define UTIL_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN(lit) ((struct span){ "" lit "", sizeof(lit) - 1 })
/* For printf: "%.*s", SPAN_ARG(s) */
#define SPAN_ARG(s) (int)(s).n, (s).p

static inline struct span span_of(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
	return span_eq(a, span_of(s));
}

static inline bool span_starts(struct span a, struct span prefix)
{
	return a.n >= prefix.n && memcmp(a.p, prefix.p, prefix.n) == 0;
}

/* Order of bytes, shorter first among equals: for qsort and bsearch. */
static inline int span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	return d ? d : (a.n > b.n) - (a.n < b.n);
}
#endif
