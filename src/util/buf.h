/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a ceiling and a sticky error: write ten things, ask buf_ok once. */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H
#include <stdint.h>
#include "util/err.h"
#include "util/span.h"

/* p[n] is always NUL, and at least BUF_SLACK zero bytes follow the content (what JSON parsing needs). */
#define BUF_SLACK 64
struct buf {
	char *p;
	size_t n, room, cap;
	bool failed;
	bool full; /* failed because of cap, not of memory */
};

/* cap is the most bytes it may hold.  Nothing is allocated until something is added. */
void buf_init(struct buf *b, size_t cap);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* empty, memory kept, error forgotten */
/* Room for `more` bytes at p + n.  Who writes there itself says so with buf_added. */
bool buf_reserve(struct buf *b, size_t more);
void buf_added(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addspan(struct buf *b, struct span s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_ok(const struct buf *b);
/* ERR_OK, ERR_LIMIT (past cap) or ERR_NOMEM. */
enum err buf_err(const struct buf *b);
static inline struct span buf_span(const struct buf *b)
{
	return (struct span){ b->p ? b->p : "", b->n };
}
/* The content becomes the caller's (free()); the buffer is empty again.  NULL when it had failed. */
char *buf_take(struct buf *b, size_t *n);
#define BUF_SCOPE __attribute__((cleanup(buf_release)))
#endif
