/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization, Prefer, path segments and query parameters from arbitrary bytes: bounded, decoded once, nothing that must not be inside. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "hub/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new(1 << 20);
	struct span raw = { (const char *)p, n }, out;
	char *text = malloc(n + 1);
	struct header_credentials c;
	long wait;

	if (n > 65536 || !a || !text)
		goto out;
	memcpy(text, p, n);
	text[n] = 0;
	c = header_authorization(a, text);
	assert(c.kind != LOGIN_NONE);
	assert((c.kind == LOGIN_BEARER) == (c.token.n > 0) && c.token.n <= n);
	assert((c.kind == LOGIN_BASIC) == (c.user.n > 0) && c.user.n + c.password.n < n + 1);
	if (c.kind == LOGIN_BASIC)
		assert(!memchr(c.user.p, ':', c.user.n) && !memchr(c.password.p, 0, c.password.n));
	wait = header_prefer_wait(text);
	assert(wait >= -1 && wait <= 86400);
	if (header_segment(a, raw, &out)) {
		assert(out.n <= n && !memchr(out.p, '/', out.n) && !memchr(out.p, 0, out.n));
		for (size_t i = 0; i < out.n; i++)
			assert((unsigned char)out.p[i] >= ' ' && out.p[i] != 127);
	}
	if (header_query(a, raw, "value", &out) == 1)
		assert(out.n <= n && !memchr(out.p, 0, out.n));
out:
	free(text);
	arena_free(a);
	return 0;
}
