/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: lines to fields, fields to events. */
#include "peer/sse.h"

void sse_init(struct sse *s, size_t most)
{
	*s = (struct sse){ 0 };
	buf_init(&s->line, most);
	buf_init(&s->data, most);
}

void sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
}

static void take_field(struct sse *s, struct span name, struct span value)
{
	if (span_is(name, "data")) {
		if (s->has_data)
			buf_addc(&s->data, '\n');
		buf_addspan(&s->data, value);
		s->has_data = true;
	} else if (span_is(name, "event")) {
		size_t n = value.n < sizeof s->event ? value.n : sizeof s->event - 1;
		memcpy(s->event, value.p, n);
		s->event[n] = '\0';
	}
}

/* False: fn had enough. */
static bool take_line(struct sse *s, bool (*fn)(void *ctx, const char *event, struct span data), void *ctx)
{
	struct span line = buf_span(&s->line);
	bool go_on = true;
	if (!s->begun && span_starts(line, SPAN("\xef\xbb\xbf"))) {
		line.p += 3;
		line.n -= 3;
	}
	s->begun = true;
	if (line.n == 0) {
		if (s->has_data)
			go_on = fn(ctx, s->event[0] ? s->event : "message", buf_span(&s->data));
		buf_clear(&s->data);
		s->event[0] = '\0';
		s->has_data = false;
	} else if (line.p[0] != ':') { /* a colon first is a comment: the server shows that it lives */
		const char *colon = memchr(line.p, ':', line.n);
		size_t n = colon ? (size_t)(colon - line.p) : line.n, skip = colon ? n + 1 : n;
		skip += skip < line.n && line.p[skip] == ' ';
		take_field(s, (struct span){ line.p, n }, (struct span){ line.p + skip, line.n - skip });
	}
	buf_clear(&s->line);
	return go_on;
}

bool sse_feed(struct sse *s, const char *p, size_t n, bool (*fn)(void *ctx, const char *event, struct span data), void *ctx, bool *full)
{
	*full = false;
	for (size_t i = 0; i < n;) {
		if (s->cr && p[i] == '\n') {
			s->cr = false;
			i++;
			continue;
		}
		s->cr = false;
		size_t from = i;
		while (i < n && p[i] != '\n' && p[i] != '\r')
			i++;
		buf_add(&s->line, p + from, i - from);
		if (!buf_ok(&s->line) || !buf_ok(&s->data)) {
			*full = true;
			return false;
		}
		if (i == n)
			break;
		s->cr = p[i++] == '\r';
		if (!take_line(s, fn, ctx))
			return false;
	}
	return true;
}
