/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives and dies together: one arena a request, a message, a compile; each has a cap. */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H
#include "util/span.h"

struct arena;

/* A new arena that gives out at most `cap` bytes in all.  NULL when there is no memory. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *a);
/* Everything allocated so far is gone; the arena can be used again and keeps its first block. */
void arena_reset(struct arena *a);

/* n bytes aligned for any type, zeroed.  NULL past the cap or without memory; the arena then stays failed
 * (arena_ok is false) until arena_reset, so a builder may ask once at the end. */
void *arena_alloc(struct arena *a, size_t n);
/* n * size with overflow checked. */
void *arena_array(struct arena *a, size_t n, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
bool arena_ok(const struct arena *a);
size_t arena_used(const struct arena *a);

/* Copies; the result is followed by a NUL that is not counted.  p is NULL on failure. */
struct span arena_span(struct arena *a, struct span s);
char *arena_str(struct arena *a, struct span s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Runs fn(arg) when the arena is reset or freed, last registered first.  False when there is no memory. */
bool arena_defer(struct arena *a, void (*fn)(void *), void *arg);

static inline void arena_scope_end(struct arena **a)
{
	arena_free(*a);
}
#define ARENA_SCOPE __attribute__((cleanup(arena_scope_end)))
#endif
