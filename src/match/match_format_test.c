/* SPDX-License-Identifier: Apache-2.0 */
/* Formats are told by their lines; a value counts in fields of its kind, and the hit names field, SCO path and the time in the log. */
#include "match/match_test_priv.h"

#define MD5 "0cc175b9c0f1b6a831c399e269772661"
#define SHA1 "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
#define ZEEK_HTTP "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\thost\turi\treferrer\tuser_agent\tnote\n"

static const char *const listed[] = { "evil.example", "198.51.100.7", "203.0.113.0/24", "2001:db8::7", "http://evil.example/a", "http://only.example/p?q=1", "bob@evil.example", MD5, SHA1 };

static const struct {
	enum match_format format;
	const char *log, *hits; /* "field=value" each */
} rows[] = {
	{ MATCH_FORMAT_EVE, "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"dns\",\"src_ip\":\"198.51.100.7\",\"dns\":{\"rrname\":\"www.evil.example\",\"answers\":[{\"rdata\":\"203.0.113.9\"}]}}",
		"src_ip=198.51.100.7 dns.rrname=evil.example dns.answers.rdata=203.0.113.0/24" },
	{ MATCH_FORMAT_EVE, "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"alert\",\"alert\":{\"signature\":\"talks of evil.example\"},\"payload_printable\":\"evil.example 198.51.100.7\"}", "" },
	{ MATCH_FORMAT_EVE, "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"http\",\"note\":\"evil.example\",\"http\":{\"hostname\":\"only.example\",\"url\":\"\\/p?q=1\",\"http_refer\":\"http:\\/\\/x.evil.example\\/\"}}",
		"http.url=http://only.example/p?q=1 http.http_refer=evil.example" },
	{ MATCH_FORMAT_EVE, "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"http\",\"http\":{\"hostname\":\"good.example\",\"url\":\"/?u=http://evil.example/a\",\"http_user_agent\":\"Firefox/2.0.0.4 198.51.100.7\"}}",
		"http.url=http://evil.example/a" },
	{ MATCH_FORMAT_EVE, "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"tls\",\"tls\":{\"sni\":\"evil.example\",\"fingerprint\":\"86:f7:e4:37:fa:a5:a7:fc:e1:5d:1d:dc:b9:ea:ea:ea:37:76:67:b8\",\"ja3\":{\"hash\":\"" MD5 "\"},\"session\":\"" MD5 "\"}}",
		"tls.sni=evil.example tls.fingerprint=" SHA1 " tls.ja3.hash=" MD5 },
	{ MATCH_FORMAT_ZEEK, ZEEK_HTTP "1795392000.000000\tCx\t10.0.0.1\t1\t198.51.100.7\t80\tonly.example\t/p?q=1\t-\tevil.example\tevil.example\n", "id.resp_h=198.51.100.7 uri=http://only.example/p?q=1" },
	{ MATCH_FORMAT_ZEEK, ZEEK_HTTP "#fields\tts\tquery\tanswers\n1795392000.000000\ta.evil.example\t203.0.113.4,x\n", "query=evil.example answers=203.0.113.0/24" },
	{ MATCH_FORMAT_ZEEK_JSON, "{\"ts\":1795392000.5,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.1\",\"id.resp_h\":\"2001:db8::7\",\"query\":\"evil.example\",\"note\":\"evil.example\"}", "id.resp_h=2001:db8::7 query=evil.example" },
	{ MATCH_FORMAT_SYSMON,
		"{\"Event\":{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-Sysmon\"},\"EventID\":22,\"TimeCreated\":{\"SystemTime\":\"2026-11-22T01:02:03Z\"}},\"EventData\":{\"QueryName\":\"evil.example\",\"Hashes\":\"SHA1=" SHA1
		",MD5=" MD5 "\",\"User\":\"evil.example\"}}}",
		"Event.EventData.QueryName=evil.example Event.EventData.Hashes=" SHA1 " Event.EventData.Hashes=" MD5 },
	{ MATCH_FORMAT_WINDOWS, "{\"EventID\":5156,\"EventData\":{\"DestAddress\":\"198.51.100.7\",\"CommandLine\":\"curl http:\\/\\/evil.example\\/a\",\"Application\":\"evil.example\"}}",
		"EventData.DestAddress=198.51.100.7 EventData.CommandLine=http://evil.example/a EventData.CommandLine=evil.example" },
	{ MATCH_FORMAT_JOURNALD, "{\"__REALTIME_TIMESTAMP\":\"1795392000000000\",\"MESSAGE\":\"connect to evil.example\",\"_HOSTNAME\":\"evil.example\"}", "MESSAGE=evil.example" },
	{ MATCH_FORMAT_CLOUDTRAIL, "{\"Records\":[{\"eventTime\":\"2026-11-22T01:02:03Z\",\"eventSource\":\"s3.amazonaws.com\",\"awsRegion\":\"x\",\"sourceIPAddress\":\"198.51.100.7\",\"requestParameters\":{\"bucketName\":\"evil.example\"}}]}",
		"Records.sourceIPAddress=198.51.100.7" },
	{ MATCH_FORMAT_BIND, "22-Nov-2026 10:20:30.123 queries: info: client @0x7f00 10.0.0.9#5353 (www.evil.example): query: www.evil.example IN A +E(0)K (198.51.100.7)", "name=evil.example" },
	{ MATCH_FORMAT_BIND, "22-Nov-2026 10:20:30.123 client 198.51.100.7#5353 (evil.example): view inside: query: evil.example IN A + (10.0.0.1)", "client=198.51.100.7 name=evil.example" },
	{ MATCH_FORMAT_UNBOUND, "[1795392000] unbound[77:0] info: 10.0.0.1 evil.example. A IN", "name=evil.example" },
	{ MATCH_FORMAT_DNSMASQ, "Nov 22 10:20:30 gw dnsmasq[5]: query[A] evil.example from 10.0.0.2", "name=evil.example" },
	{ MATCH_FORMAT_DNSMASQ, "Nov 22 10:20:30 gw dnsmasq[5]: reply good.example is 198.51.100.7", "answer=198.51.100.7" },
	{ MATCH_FORMAT_ACCESS, "198.51.100.7 - - [22/Nov/2026:10:20:30 +0900] \"GET /?u=evil.example HTTP/1.1\" 200 12 \"http://x.evil.example/\" \"Firefox/2.0.0.4 evil.example\"", "client=198.51.100.7 referer=evil.example" },
	{ MATCH_FORMAT_SQUID, "1795392000.123    200 10.0.0.1 TCP_MISS/200 1234 GET http://evil.example/a - HIER_DIRECT/198.51.100.7 text/html", "url=http://evil.example/a url=evil.example peer=198.51.100.7" },
	{ MATCH_FORMAT_SQUID, "1795392000.123    200 10.0.0.1 TCP_TUNNEL/200 1234 CONNECT evil.example:443 - HIER_DIRECT/203.0.113.1 -", "url=evil.example peer=203.0.113.0/24" },
	{ MATCH_FORMAT_SYSLOG, "<30>Nov 22 10:20:30 evil.example app[1]: talks to evil.example", "message=evil.example" },
	{ MATCH_FORMAT_SYSLOG, "Nov  2 10:20:30 gw app: 198.51.100.7", "message=198.51.100.7" },
	{ MATCH_FORMAT_SYSLOG5424, "<30>1 2026-11-22T10:20:30Z evil.example app 1 - - talks to evil.example", "message=evil.example" },
	{ MATCH_FORMAT_CSV, "Time,Source IP,Domain,Comment\n2026-11-22T10:20:30Z,198.51.100.7,\"www.evil.example\",\"no, evil.example\"\n", "source_ip=198.51.100.7 domain=evil.example" },
	{ MATCH_FORMAT_TEXT, "anything with evil.example in it", "=evil.example" },
	{ MATCH_FORMAT_TEXT, "{\"some\":\"json evil.example\"}", "=evil.example" },
};

struct noted {
	struct buf text;
	int64_t time_ns;
	size_t without_sco, misses;
};

static bool note(void *ctx, const struct match_hit *h)
{
	struct noted *n = ctx;

	buf_addf(&n->text, "%s%.*s=%.*s", n->text.n ? " " : "", SPAN_ARG(h->field), SPAN_ARG(h->value));
	n->time_ns = h->time_ns;
	n->without_sco += !*h->sco;
	return true;
}

static void miss(void *ctx, const struct match_hit *h, enum match_miss why)
{
	struct noted *n = ctx;

	n->misses++;
	assert_int_equal(why, MATCH_MISS_FIELD);
	assert_true(match_miss_text(why)[0] && h->text.n);
}

static struct match_index *index_of_listed(void)
{
	struct match_build *b = match_build_new();
	struct fault f;

	for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
		assert_int_equal(match_build_value(b, span_of(listed[i]), SPAN("list"), &f), ERR_OK);
	return match_build_finish(b, NULL);
}

static void values_count_in_fields_of_their_kind(void **state)
{
	struct match_index *x = index_of_listed();
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t piece = 1; piece < 1000; piece += 900) {
			struct noted n = { .time_ns = 0 };
			struct match_scan *s = match_scan_new(x, TEST_NOW, note, &n);
			struct span log = span_of(rows[i].log);

			buf_init(&n.text, 1 << 16);
			match_scan_misses(s, miss);
			for (size_t k = 0; k < log.n; k += piece)
				match_scan_feed(s, (struct span){ log.p + k, log.n - k < piece ? log.n - k : piece });
			match_scan_end(s);
			if (match_scan_format_is(s) != rows[i].format || !span_is(buf_span(&n.text), rows[i].hits)) {
				print_message("row %zu: %s: wanted %s, got %s as %s\n", i, match_format_name(rows[i].format), rows[i].hits, n.text.p ? n.text.p : "nothing", match_format_name(match_scan_format_is(s)));
				wrong++;
			}
			if (n.text.n && rows[i].format != MATCH_FORMAT_TEXT)
				wrong += n.without_sco;
			buf_release(&n.text);
			match_scan_free(s);
		}
	}
	match_index_free(x);
	assert_int_equal(wrong, 0);
}

static void what_stands_elsewhere_is_told_as_missed(void **state)
{
	struct match_index *x = index_of_listed();
	struct noted n = { .time_ns = 0 };
	struct match_scan *s = match_scan_new(x, TEST_NOW, note, &n);

	buf_init(&n.text, 1 << 16);
	match_scan_misses(s, miss);
	match_scan_feed(s, span_of(rows[1].log));
	match_scan_end(s);
	assert_int_equal(n.misses, 3);
	match_scan_free(s);
	/* the same as plain text */
	s = match_scan_new(x, TEST_NOW, note, &n);
	match_scan_format(s, MATCH_FORMAT_TEXT);
	match_scan_feed(s, span_of(rows[1].log));
	match_scan_end(s);
	assert_string_equal(n.text.p, "=evil.example =198.51.100.7");
	match_scan_free(s);
	buf_release(&n.text);
	match_index_free(x);
}

static void times_of_all_formats_are_read(void **state)
{
	static const struct {
		const char *line;
		int64_t s;
	} times[] = {
		{ "{\"timestamp\":\"2026-11-22T10:20:30.000001+0900\",\"event_type\":\"dns\",\"dns\":{\"rrname\":\"evil.example\"}}", 1795310430 },
		{ "22-Nov-2026 10:20:30.123 queries: info: client @0x7f00 10.0.0.9#5353 (evil.example): query: evil.example IN A + (10.0.0.1)", 1795342830 },
		{ "[1795392000] unbound[77:0] info: 10.0.0.1 evil.example. A IN", 1795392000 },
		{ "198.51.100.7 - - [22/Nov/2026:10:20:30 +0900] \"GET / HTTP/1.1\" 200 12 \"-\" \"x\"", 1795310430 },
		{ "1795392000.123    200 10.0.0.1 TCP_MISS/200 1234 GET http://evil.example/a - HIER_DIRECT/198.51.100.7 text/html", 1795392000 },
		{ "<30>Nov 22 10:20:30 gw app[1]: talks to evil.example", 1795342830 },
		{ "Dec 24 10:20:30 gw app[1]: talks to evil.example", 1766571630 }, /* last year's */
		{ "<30>1 2026-11-22T10:20:30-01:30 gw app 1 - - evil.example", 1795348230 },
		{ "{\"__REALTIME_TIMESTAMP\":\"1795392000000000\",\"MESSAGE\":\"connect to evil.example\"}", 1795392000 },
	};
	struct match_index *x = index_of_listed();

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct noted n = { .time_ns = 0 };

		buf_init(&n.text, 1 << 16);
		test_scan(x, span_of(times[i].line), 1000, note, &n);
		if (n.time_ns / 1000000000 != times[i].s)
			fail_msg("%s: %" PRId64 ", not %" PRId64, times[i].line, n.time_ns / 1000000000, times[i].s);
		buf_release(&n.text);
	}
	match_index_free(x);
}

static void names_of_formats_read_back(void **state)
{
	for (int i = 0; i < MATCH_FORMATS; i++) {
		enum match_format f = MATCH_FORMATS;

		assert_true(match_format_parse(span_of(match_format_name((enum match_format)i)), &f));
		assert_int_equal(f, i);
		assert_true(match_format_says(f)[0]);
	}
	assert_false(match_format_parse(SPAN("none"), &(enum match_format){ 0 }));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_count_in_fields_of_their_kind),
		cmocka_unit_test(what_stands_elsewhere_is_told_as_missed),
		cmocka_unit_test(times_of_all_formats_are_read),
		cmocka_unit_test(names_of_formats_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
