/* SPDX-License-Identifier: Apache-2.0 */
/* The memory calls of arena, buf and json, with a switch for tests: make the n-th of them fail. */
#include "util/alloc.h"
#include <stdlib.h>

static _Thread_local long left = -1; /* < 0: never refuse */

void util_alloc_fail_after(long n)
{
	left = n < 0 ? -1 : n;
}

int util_alloc_refused(void)
{
	if (left < 0)
		return 0;
	if (left == 0)
		return 1;
	left--;
	return 0;
}

void *util_malloc(size_t n)
{
	return util_alloc_refused() ? NULL : malloc(n);
}

void *util_calloc(size_t n, size_t size)
{
	return util_alloc_refused() ? NULL : calloc(n, size);
}

void *util_realloc(void *p, size_t n)
{
	return util_alloc_refused() ? NULL : realloc(p, n);
}
