/* SPDX-License-Identifier: Apache-2.0 */
/* Small texts: a timestamp that reads, printed, reads as the same moment; a UUID prints as it was read; a place found by path lies
 * inside the text; whatever is written as a JSON string reads back as valid UTF-8. */
#include <assert.h>
#include "util/json.h"
#include "util/timestamp.h"
#include "util/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_timestamp(struct span text)
{
	struct timestamp t, back;
	int64_t ns;
	struct fault f = { "", "" };
	enum err e = timestamp_parse(text, &t, &f);
	assert(timestamp_parse_ns(text, &ns, NULL) == e);
	if (e) {
		assert(f.what[0]);
		return;
	}
	char again[TIMESTAMP_TEXT];
	timestamp_format(t, again);
	assert(timestamp_parse(span_of(again), &back, NULL) == ERR_OK && back.us == t.us);
	if (text.n == TIMESTAMP_TEXT - 1)
		assert(span_is(text, again));
	if (ns != INT64_MIN && ns != INT64_MAX)
		assert((ns - t.us * 1000) / 1000 == 0 && ns >= t.us * 1000);
}

static void check_uuid(struct span text)
{
	struct uuid u;
	char again[UUID_TEXT];
	if (!uuid_parse(text, &u))
		return;
	uuid_format(&u, again);
	assert(span_is(text, again));
}

static void check_string(struct span text)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	struct json_out o = json_out(&b);
	json_put_string(&o, text);
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct json v;
	assert(json_read(a, buf_span(&b), &v, NULL) == ERR_OK);
	struct span back = json_string(v);
	if (!memmem(back.p, back.n, "\xEF\xBF\xBD", 3))
		assert(span_eq(back, text));
}

/* The path is the first line, the text what follows it. */
static void check_place(struct span text)
{
	char path[64] = "";
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	if (!end || (size_t)(end - text.p) >= sizeof path)
		return;
	memcpy(path, text.p, (size_t)(end - text.p));
	struct span rest = { end + 1, text.n - (size_t)(end + 1 - text.p) };
	size_t line = 0, column = 0;
	if (json_locate(rest, path, &line, &column))
		assert(line >= 1 && column >= 1 && line <= rest.n && column <= rest.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span text = { (const char *)p, n };
	if (n > 1 << 14)
		return 0;
	check_timestamp(text);
	check_uuid(text);
	check_string(text);
	check_place(text);
	return 0;
}
