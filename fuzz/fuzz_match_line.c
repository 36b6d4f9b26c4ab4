/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: hits do not depend on how bytes are fed nor on the level of the sieve, lie in their lines, come in order, and stand in the log as they say. */
#include <assert.h>

#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const listed[] = { "1.2.3.4", "203.0.113.0/24", "2001:db8::1", "2001:db8:5::/48", "evil.example", "a.evil.example", "b\303\274cher.example",
	"http://evil.example/a",
	"http://[2001:db8::1]/x", "bob@evil.example", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709" };

/* A scanner goes on after its end, so that three serve all inputs; counts are from where the present one began. */
struct seen {
	struct match_scan *scan;
	enum match_level level;
	struct span log;
	uint64_t begins, lines, sum, hits, line, offset;
};

static bool note(void *ctx, const struct match_hit *h)
{
	struct seen *s = ctx;

	uint64_t offset = h->offset - s->begins, line = h->line - s->lines;

	assert(h->text.n > 0 && offset + h->text.n <= s->log.n && memcmp(s->log.p + offset, h->text.p, h->text.n) == 0);
	assert(h->text.p >= h->line_text.p && h->text.p + h->text.n <= h->line_text.p + h->line_text.n + 1);
	assert(line > s->line || (line == s->line && offset >= s->offset));
	s->line = line;
	s->offset = offset;
	s->hits++;
	s->sum = (s->sum ^ line) * 1099511628211u + offset;
	s->sum = (s->sum ^ h->text.n) * 1099511628211u + (uint64_t)h->value.p[0] + h->value.n;
	return true;
}

static void scan(struct seen *s, const struct match_index *x, struct span log, size_t piece)
{
	uint64_t lines, bytes, hits, had;

	if (!s->scan) {
		s->scan = match_scan_new(x, (struct timestamp){ 0 }, note, s);
		assert(s->scan);
		match_scan_format(s->scan, MATCH_FORMAT_TEXT);
		match_scan_level(s->scan, s->level);
	}
	match_scan_totals(s->scan, &s->lines, &s->begins, &had);
	*s = (struct seen){ .scan = s->scan, .level = s->level, .log = log, .begins = s->begins, .lines = s->lines };
	for (size_t i = 0; i < log.n; i += piece)
		assert(match_scan_feed(s->scan, (struct span){ log.p + i, log.n - i < piece ? log.n - i : piece }));
	assert(match_scan_end(s->scan) && match_scan_ok(s->scan));
	match_scan_totals(s->scan, &lines, &bytes, &hits);
	assert(bytes - s->begins == log.n && hits - had == s->hits && lines - s->lines <= log.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct match_index *x;
	struct span log = { (const char *)p, n };
	static struct seen whole = { .level = MATCH_AVX512 }, pieces = { .level = MATCH_PORTABLE }, every = { .level = MATCH_EVERY_LINE };

	if (!x) {
		struct match_build *b = match_build_new();

		assert(b);
		for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
			assert(match_build_value(b, span_of(listed[i]), SPAN("list"), NULL) == ERR_OK);
		x = match_build_finish(b, NULL);
		assert(x);
	}
	scan(&whole, x, log, n ? n : 1);
	scan(&pieces, x, log, 1 + n / 7);
	scan(&every, x, log, 1 + n / 3);
	assert(whole.sum == pieces.sum && whole.hits == pieces.hits && every.sum == whole.sum);
	return 0;
}
