/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns over time and with other operators than =, over lines of known formats in the logs' own time. */
#include "match/match_test_priv.h"

#define DNS(s, name) "{\"timestamp\":\"2026-11-22T10:20:" s ".000000+0000\",\"event_type\":\"dns\",\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"10.0.0.53\",\"dns\":{\"rrname\":\"" name "\"}}\n"
#define FLOW(s, ip, port) "{\"timestamp\":\"2026-11-22T10:20:" s ".000000+0000\",\"event_type\":\"flow\",\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"" ip "\",\"dest_port\":" port ",\"proto\":\"TCP\"}\n"
#define HTTP(s, agent) "{\"timestamp\":\"2026-11-22T10:20:" s ".000000+0000\",\"event_type\":\"http\",\"http\":{\"hostname\":\"h.example\",\"url\":\"\\/x\",\"http_user_agent\":\"" agent "\",\"http_method\":\"GET\"}}\n"

static const struct {
	const char *pattern, *log;
	uint64_t line; /* of the hit; 0: none */
} rows[] = {
	{ "[domain-name:value LIKE '%.evil.example']", DNS("01", "evil.example") DNS("02", "a.evil.example"), 2 },
	{ "[domain-name:value LIKE 'x%'] FOLLOWEDBY [network-traffic:dst_port = 4444]", DNS("01", "x.example") DNS("02", "y.example") FLOW("03", "198.51.100.1", "4444"), 3 },
	{ "[domain-name:value LIKE 'x%'] FOLLOWEDBY [network-traffic:dst_port = 4444]", FLOW("03", "198.51.100.1", "4444") DNS("04", "x.example"), 0 },
	{ "([domain-name:value LIKE 'x%'] FOLLOWEDBY [network-traffic:dst_port = 4444]) WITHIN 10 SECONDS", DNS("01", "x.example") FLOW("30", "198.51.100.1", "4444"), 0 },
	{ "([domain-name:value LIKE 'x%'] FOLLOWEDBY [network-traffic:dst_port = 4444]) WITHIN 40 SECONDS", DNS("01", "x.example") FLOW("30", "198.51.100.1", "4444"), 2 },
	{ "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]", FLOW("01", "198.51.100.7", "80") FLOW("02", "198.51.100.8", "443") FLOW("03", "198.51.100.7", "443"), 3 },
	{ "[network-traffic:protocols[0] = 'TCP' AND network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']", FLOW("01", "203.0.113.1", "80") FLOW("02", "198.51.100.8", "443"), 2 },
	{ "[network-traffic:dst_port = 22] REPEATS 3 TIMES WITHIN 5 SECONDS", FLOW("01", "198.51.100.7", "22") FLOW("07", "198.51.100.7", "22") FLOW("08", "198.51.100.7", "22") FLOW("09", "198.51.100.7", "22"), 4 },
	{ "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' MATCHES '^evil' AND network-traffic:extensions.'http-request-ext'.request_method = 'GET']",
		HTTP("01", "good evil") HTTP("02", "evil/1.0"), 2 },
	{ "[url:value LIKE '%none%']", HTTP("01", "x"), 0 },
	/* in any text nothing is observed */
	{ "[domain-name:value LIKE '%.evil.example']", "some a.evil.example here\n", 0 },
};

struct noted {
	uint64_t hits, line;
};

static bool note(void *ctx, const struct match_hit *h)
{
	struct noted *n = ctx;

	assert_true(h->indicator->id.n && h->text.n && h->time_ns != INT64_MIN);
	n->line = n->hits++ ? n->line : h->line;
	return true;
}

static struct match_index *index_of(const char *pattern, bool file)
{
	struct match_build *b = match_build_new();
	struct match_index *x, *y;
	struct match_counts c;
	char text[1024];
	struct fault f;
	size_t n = 0;
	FILE *tmp;

	for (const char *p = pattern; *p; p++) {
		if (*p == '\\')
			text[n++] = '\\';
		text[n++] = *p;
	}
	text[n] = 0;
	assert_int_equal(test_add_indicator(b, 1, NULL, text, NULL, &f), ERR_OK);
	x = match_build_finish(b, &c);
	assert_int_equal(c.patterns, 1);
	assert_int_equal(c.indicators, 0);
	if (!file)
		return x;
	tmp = tmpfile();
	assert_int_equal(match_index_write(x, fileno(tmp), &f), ERR_OK);
	assert_int_equal(match_index_open(fileno(tmp), &y, &f), ERR_OK);
	fclose(tmp);
	match_index_free(x);
	return y;
}

static void patterns_see_lines_in_the_logs_own_time(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t half = 0; half < 2; half++) { /* one log, or its lines in two */
			struct match_index *x = index_of(rows[i].pattern, half);
			struct match_watch *w = match_watch_new(x);
			struct span log = span_of(rows[i].log);
			size_t cut = half ? (size_t)(strchr(rows[i].log, '\n') + 1 - rows[i].log) : 0;
			struct noted n = { 0 };
			uint64_t before = 0;

			assert_non_null(w);
			for (size_t part = 0; part < 2; part++) {
				struct span piece = part ? (struct span){ log.p + cut, log.n - cut } : (struct span){ log.p, cut };
				struct match_scan *s = match_scan_new(x, TEST_NOW, note, &n);

				match_scan_begin(s, 0, before);
				match_scan_watch(s, w);
				assert_true(match_scan_feed(s, piece) && match_scan_end(s) && match_scan_ok(s));
				match_scan_totals(s, &before, &(uint64_t){ 0 }, &(uint64_t){ 0 });
				match_scan_free(s);
			}
			if (n.line != rows[i].line || (n.hits > 0) != (rows[i].line > 0))
				fail_msg("%s (row %zu, %zu): %" PRIu64 " hits, line %" PRIu64 " instead of %" PRIu64, rows[i].pattern, i, half, n.hits, n.line, rows[i].line);
			assert_int_equal(match_watch_late(w), 0);
			match_watch_free(w);
			match_index_free(x);
		}
	}
}

static void lines_far_out_of_order_are_counted_not_taken(void **state)
{
	struct match_index *x = index_of("[network-traffic:dst_port = 22] REPEATS 2 TIMES", false);
	struct match_watch *w = match_watch_new(x);
	struct noted n = { 0 };
	struct match_scan *s = match_scan_new(x, TEST_NOW, note, &n);

	match_scan_watch(s, w);
	match_scan_feed(s, SPAN(FLOW("30", "198.51.100.7", "22") FLOW("10", "198.51.100.7", "22")));
	match_scan_end(s);
	assert_int_equal(n.hits, 0);
	assert_int_equal(match_watch_late(w), 1);
	match_scan_free(s);
	s = match_scan_new(x, TEST_NOW, note, &n);
	match_scan_watch(s, w);
	match_scan_feed(s, SPAN(FLOW("28", "198.51.100.7", "22")));
	match_scan_end(s);
	assert_int_equal(n.hits, 1);
	match_scan_free(s);
	match_watch_free(w);
	match_index_free(x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_see_lines_in_the_logs_own_time),
		cmocka_unit_test(lines_far_out_of_order_are_counted_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
