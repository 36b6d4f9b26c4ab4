/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives and dies together.
 *
 * 1. Free bytes of a block are zero: blocks come from calloc, and arena_reset clears what was used of the first one, which it keeps.
 * 2. `used` counts what was given out (rounded to ALIGN) and never passes `cap`; block heads are not counted.
 * 3. First blocks are kept for the next arenas, cleared of what was used; a request then costs neither page faults nor clearing of what it never used.
 * 4. Under AddressSanitizer nothing is kept, free bytes are poisoned and a gap follows each allocation, so overruns are found as with malloc. */
#include "util/arena.h"
#include "util/alloc.h"
#include <pthread.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif
#define KEPT_MOST 256 /* first blocks, 2 MB */

#define ALIGN alignof(max_align_t)
#define FIRST_BLOCK 8128 /* with its head and malloc's just under two pages */
#define LARGEST_BLOCK (1u << 20) /* doubling stops here */

struct block {
	struct block *older;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred *older;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *now, *first;
	struct deferred *deferred;
	size_t used, cap;
	bool failed;
};

struct arena *arena_new(size_t cap)
{
	struct arena *a = util_calloc(1, sizeof *a);
	if (a)
		a->cap = cap;
	return a;
}

static void run_deferred(struct arena *a)
{
	while (a->deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->older;
		d->fn(d->arg);
	}
}

static struct {
	pthread_mutex_t lock;
	struct block *v[KEPT_MOST];
	size_t n;
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct block *block_new(size_t size)
{
	struct block *b = NULL;
	if (size == FIRST_BLOCK && !GAP) {
		pthread_mutex_lock(&kept.lock);
		b = kept.n ? kept.v[--kept.n] : NULL;
		pthread_mutex_unlock(&kept.lock);
	}
	return b ? b : util_calloc(1, sizeof *b + size);
}

static void block_drop(struct block *b)
{
	if (b->size == FIRST_BLOCK && !GAP) {
		memset(b->bytes, 0, b->used);
		b->used = 0;
		b->older = NULL;
		pthread_mutex_lock(&kept.lock);
		if (kept.n < KEPT_MOST) {
			kept.v[kept.n++] = b;
			b = NULL;
		}
		pthread_mutex_unlock(&kept.lock);
	}
	free(b);
}

/* All blocks but `keep`. */
static void drop_blocks(struct arena *a, const struct block *keep)
{
	for (struct block *b = a->now, *older; b; b = older) {
		older = b->older;
		if (b == keep)
			continue;
		ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
		block_drop(b);
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	run_deferred(a);
	drop_blocks(a, NULL);
	free(a);
}

void arena_reset(struct arena *a)
{
	run_deferred(a);
	drop_blocks(a, a->first);
	a->now = a->first;
	if (a->first) {
		ASAN_UNPOISON_MEMORY_REGION(a->first->bytes, a->first->size);
		memset(a->first->bytes, 0, a->first->used);
		ASAN_POISON_MEMORY_REGION(a->first->bytes, a->first->size);
		a->first->used = 0;
		a->first->older = NULL;
	}
	a->used = 0;
	a->failed = false;
}

/* A block with room for n.  One made for a single large allocation goes behind the current one, whose rest stays in use. */
static struct block *block_for(struct arena *a, size_t n)
{
	size_t size = a->now ? a->now->size * 2 : FIRST_BLOCK;
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	bool own = a->now && n > size / 2;
	if (own || n > size)
		size = n;
	struct block *b = block_new(size);
	if (!b)
		return NULL;
	b->size = size;
	ASAN_POISON_MEMORY_REGION(b->bytes, b->size);
	if (own) {
		b->older = a->now->older;
		a->now->older = b;
	} else {
		b->older = a->now;
		a->now = b;
		if (!a->first)
			a->first = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t want = n ? n : 1;
	if (a->failed || want > a->cap - a->used || __builtin_add_overflow(want, ALIGN - 1, &want) || (want &= ~(ALIGN - 1)) > a->cap - a->used) {
		a->failed = true;
		return NULL;
	}
	struct block *b = a->now;
	if ((!b || want + GAP > b->size - b->used) && !(b = block_for(a, want + GAP))) {
		a->failed = true;
		return NULL;
	}
	char *p = b->bytes + b->used;
	b->used += want + GAP;
	a->used += want;
	ASAN_UNPOISON_MEMORY_REGION(p, n);
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes)) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, bytes);
}

bool arena_ok(const struct arena *a)
{
	return !a->failed;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

char *arena_str(struct arena *a, struct span s)
{
	char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;
	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct span arena_span(struct arena *a, struct span s)
{
	char *p = arena_str(a, s);
	return (struct span){ p, p ? s.n : 0 };
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

bool arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct deferred *d = ARENA_NEW(a, struct deferred);
	if (!d)
		return false;
	*d = (struct deferred){ a->deferred, fn, arg };
	a->deferred = d;
	return true;
}
