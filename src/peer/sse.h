/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events (WHATWG HTML §9.2.6), read as they come in pieces. */
#ifndef PEER_SSE_H
#define PEER_SSE_H
#include "util/buf.h"

struct sse {
	struct buf line, data;
	char event[64]; /* "" is "message" */
	bool cr; /* the last byte was CR: a LF now belongs to it */
	bool has_data, begun;
};
/* An event may have at most `most` bytes. */
void sse_init(struct sse *s, size_t most);
void sse_release(struct sse *s);
/* Takes n more bytes; fn for each event that is complete, until it returns false.  False: fn had enough, or an event was too large (*full). */
bool sse_feed(struct sse *s, const char *p, size_t n, bool (*fn)(void *ctx, const char *event, struct span data), void *ctx, bool *full);
#endif
