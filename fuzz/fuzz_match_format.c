/* SPDX-License-Identifier: Apache-2.0 */
/* A log in some format, which its first byte chooses: fields lie in their lines, hits in fields that take them, however the bytes are fed. */
#include <assert.h>

#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct seen {
	struct span log;
	uint64_t sum;
	bool known;
};

static bool note(void *ctx, const struct match_hit *h)
{
	struct seen *s = ctx;

	assert(h->offset + h->text.n <= s->log.n && memcmp(s->log.p + h->offset, h->text.p, h->text.n) == 0);
	assert(!h->field.n || s->known);
	assert(h->sco && h->indicator->source.n);
	s->sum = (s->sum ^ h->offset) * 1099511628211u + h->value.n + h->field.n * 31 + (uint64_t)h->time_ns;
	return true;
}

static void scan(struct seen *s, const struct match_index *x, enum match_format f, size_t piece)
{
	struct match_scan *m = match_scan_new(x, (struct timestamp){ 1795392000000000 }, note, s);

	assert(m);
	s->known = f != MATCH_FORMAT_TEXT;
	if (f != MATCH_FORMATS)
		match_scan_format(m, f);
	for (size_t i = 0; i < s->log.n; i += piece)
		assert(match_scan_feed(m, (struct span){ s->log.p + i, s->log.n - i < piece ? s->log.n - i : piece }));
	assert(match_scan_end(m) && match_scan_ok(m));
	match_scan_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const listed[] = { "1.2.3.4", "203.0.113.0/24", "2001:db8::1", "evil.example", "http://evil.example/a", "bob@evil.example", "d41d8cd98f00b204e9800998ecf8427e" };
	static struct match_index *x;
	struct seen whole = { .log = { (const char *)p + 1, n - 1 } }, pieces;

	if (!n)
		return 0;
	if (!x) {
		struct match_build *b = match_build_new();

		assert(b);
		for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
			assert(match_build_value(b, span_of(listed[i]), SPAN("list"), NULL) == ERR_OK);
		x = match_build_finish(b, NULL);
		assert(x);
	}
	pieces = whole;
	scan(&whole, x, (enum match_format)(p[0] % (MATCH_FORMATS + 1)), n);
	scan(&pieces, x, (enum match_format)(p[0] % (MATCH_FORMATS + 1)), 1 + n / 5);
	assert(whole.sum == pieces.sum);
	return 0;
}
