/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this room share: indexes from texts, hits as text. */
#ifndef MATCH_MATCH_TEST_PRIV_H
#define MATCH_MATCH_TEST_PRIV_H
#include "util/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "match/match.h"
#include "util/buf.h"

#define TEST_NOW ((struct timestamp){ INT64_C(1795392000000000) }) /* 2026-11-23 */

/* Adds one object given as JSON. */
static inline enum err test_add_object(struct match_build *b, const char *text, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(16u << 20);
	struct stix_object o;
	struct json v;

	if (json_read(a, span_of(text), &v, f) != ERR_OK || stix_object_read(a, v, span_of(text), &o, f) != ERR_OK)
		fail_msg("%s: %s %s", text, f->where, f->what);
	return match_build_add(b, &o, SPAN("test"), f);
}

/* An indicator number n with a pattern (in it " must be written \"), and more members. */
static inline enum err test_add_indicator(struct match_build *b, int n, const char *modified, const char *pattern, const char *more, struct fault *f)
{
	char text[8192];

	snprintf(text, sizeof(text),
		"{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-%012d\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"%s\","
		"\"name\":\"n%d\",\"pattern_type\":\"stix\",\"pattern\":\"%s\",\"valid_from\":\"2026-01-01T00:00:00Z\"%s}",
		n, modified ? modified : "2026-01-01T00:00:00.000Z", n, pattern, more ? more : "");
	return test_add_object(b, text, f);
}

/* "value@offset:text" of each hit, a space between. */
static inline bool test_note_hit(void *ctx, const struct match_hit *h)
{
	struct buf *b = ctx;

	buf_addf(b, "%s%.*s@%" PRIu64 ":%.*s", b->n ? " " : "", SPAN_ARG(h->value), h->offset, SPAN_ARG(h->text));
	return true;
}

static inline void test_scan(const struct match_index *x, struct span log, size_t piece, match_on_hit *fn, void *ctx)
{
	struct match_scan *s = match_scan_new(x, TEST_NOW, fn, ctx);

	assert_non_null(s);
	for (size_t i = 0; i < log.n; i += piece)
		assert_true(match_scan_feed(s, (struct span){ log.p + i, log.n - i < piece ? log.n - i : piece }));
	assert_true(match_scan_end(s));
	assert_true(match_scan_ok(s));
	match_scan_free(s);
}
#endif
