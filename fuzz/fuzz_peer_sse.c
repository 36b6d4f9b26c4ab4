/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: however the bytes are cut into pieces, the same events come out. */
#include <assert.h>
#include <stdint.h>
#include "peer/sse.h"

#define MOST 4096 /* bytes of an event */

static bool note(void *ctx, const char *event, struct span data)
{
	buf_addf(ctx, "%zu:%s %zu:", strlen(event), event, data.n);
	buf_addspan(ctx, data);
	return true;
}

static bool feed(const uint8_t *p, size_t n, size_t piece, struct buf *to)
{
	struct sse s;
	bool full = false, ok = true;
	sse_init(&s, MOST);
	for (size_t i = 0; ok && i < n; i += piece)
		ok = sse_feed(&s, (const char *)p + i, n - i < piece ? n - i : piece, note, to, &full);
	assert(ok || full);
	sse_release(&s);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	BUF_SCOPE struct buf whole;
	BUF_SCOPE struct buf pieces;
	size_t piece = n ? 1 + p[0] % 7 : 1;
	buf_init(&whole, 1 << 24);
	buf_init(&pieces, 1 << 24);
	bool a = feed(p, n, n ? n : 1, &whole), b = feed(p, n, piece, &pieces);
	assert(a == b);
	if (a)
		assert(span_eq(buf_span(&whole), buf_span(&pieces)));
	return 0;
}
