/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a ceiling and a sticky error.
 *
 * 1. p is NULL or points to room + BUF_SLACK bytes, n <= room <= cap, and p[n .. n + BUF_SLACK) is zero (buf_added keeps it so).
 * 2. After a failure nothing is added until buf_clear: what stands in p is a prefix of what was wanted. */
#include "util/buf.h"
#include "util/alloc.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM 192

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){ .cap = cap };
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .cap = b->cap };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = b->full = false;
	if (b->p)
		memset(b->p, 0, BUF_SLACK);
}

static bool fail(struct buf *b, bool full)
{
	b->failed = true;
	b->full = full;
	return false;
}

bool buf_reserve(struct buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (more <= b->room - b->n && b->p)
		return true;
	if (more > b->cap - b->n)
		return fail(b, true);
	size_t room = b->room ? b->room : FIRST_ROOM;
	while (room - b->n < more)
		room = room > b->cap / 2 ? b->cap : room * 2;
	if (room > b->cap)
		room = b->cap;
	size_t bytes;
	if (__builtin_add_overflow(room, (size_t)BUF_SLACK, &bytes))
		return fail(b, true);
	char *p = util_realloc(b->p, bytes);
	if (!p)
		return fail(b, false);
	if (!b->p)
		memset(p, 0, BUF_SLACK);
	b->p = p;
	b->room = room;
	return true;
}

void buf_added(struct buf *b, size_t n)
{
	assert(n <= b->room - b->n && b->p);
	/* The old slack begins at p + n: of the new one only what lies past the old one's end has to be cleared. */
	size_t clear = n < BUF_SLACK ? n : BUF_SLACK;
	b->n += n;
	memset(b->p + b->n + BUF_SLACK - clear, 0, clear);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	buf_added(b, n);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addspan(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void buf_addc(struct buf *b, char c)
{
	if (!buf_reserve(b, 1))
		return;
	b->p[b->n++] = c;
	b->p[b->n + BUF_SLACK - 1] = '\0';
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fail(b, false);
	} else if ((size_t)n < sizeof small) {
		buf_add(b, small, (size_t)n);
	} else if (buf_reserve(b, (size_t)n)) {
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap); /* its NUL falls into the slack */
		va_end(ap);
		buf_added(b, (size_t)n);
	}
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

enum err buf_err(const struct buf *b)
{
	return !b->failed ? ERR_OK : b->full ? ERR_LIMIT
					     : ERR_NOMEM;
}

char *buf_take(struct buf *b, size_t *n)
{
	if (b->failed || !buf_reserve(b, 0)) {
		buf_release(b);
		return NULL;
	}
	char *p = b->p;
	if (n)
		*n = b->n;
	*b = (struct buf){ .cap = b->cap };
	return p;
}
