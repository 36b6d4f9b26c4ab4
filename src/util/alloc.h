/* SPDX-License-Identifier: Apache-2.0 */
/* The memory calls of arena, buf and json, with a switch for tests: make the n-th of them fail. */
#ifndef UTIL_ALLOC_H
#define UTIL_ALLOC_H
#include <stddef.h>

/* After n more allocations of this thread succeed, every further one fails; a negative n ends that.  For torture tests:
 *     for (long n = 0; !done; n++) { util_alloc_fail_after(n); done = run(); util_alloc_fail_after(-1); } */
void util_alloc_fail_after(long n);
/* True where the next allocation has to fail (counts it); for allocators outside these functions. */
int util_alloc_refused(void);

/* As malloc, calloc and realloc; what they give is released with free(). */
void *util_malloc(size_t n);
void *util_calloc(size_t n, size_t size);
void *util_realloc(void *p, size_t n);
#endif
