/* SPDX-License-Identifier: Apache-2.0 */
/* What a log line shows and what it only seems to show: every row is a trap that tools fell into. */
#include "match/match_test_priv.h"

#include "util/bounds.h"

static struct match_index *index_of(const char *const *value, size_t n)
{
	struct match_build *b = match_build_new();
	struct match_index *x;
	struct fault f;

	assert_non_null(b);
	for (size_t i = 0; i < n && value[i]; i++) {
		if (match_build_value(b, span_of(value[i]), SPAN("list"), &f) != ERR_OK)
			fail_msg("%s: %s", value[i], f.what);
	}
	x = match_build_finish(b, NULL);
	assert_non_null(x);
	return x;
}

#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define MD5_COLONS "D4:1D:8C:D9:8F:00:B2:04:E9:80:09:98:EC:F8:42:7E"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct {
	const char *value[4], *line, *hits;
} rows[] = {
	/* addresses at borders */
	{ { "1.2.3.4" }, "x 1.2.3.4 y", "1.2.3.4@2:1.2.3.4" },
	{ { "1.2.3.4" }, "1.2.3.4", "1.2.3.4@0:1.2.3.4" },
	{ { "1.2.3.4" }, "11.2.3.45 1.2.3.45 11.2.3.4", "" },
	{ { "1.2.3.4" }, "1.2.3.4.5 0.1.2.3.4 x1.2.3.4 1.2.3.4x v1.2.3.4", "" },
	{ { "1.2.3.4" }, "1.2.3.4. 1.2.3.4", "1.2.3.4@0:1.2.3.4" },
	{ { "1.2.3.4" }, "at ...1.2.3.4... end", "1.2.3.4@6:1.2.3.4" },
	{ { "1.2.3.4" }, "1.2.3.4:443", "1.2.3.4@0:1.2.3.4" },
	{ { "1.2.3.4" }, "[1.2.3.4]:443", "1.2.3.4@1:1.2.3.4" },
	{ { "1.2.3.4" }, "10.0.0.1#53(1.2.3.4/32)", "1.2.3.4@12:1.2.3.4" },
	{ { "1.2.3.4" }, "outside/1.2.3.4(80)", "1.2.3.4@8:1.2.3.4" },
	{ { "1.2.3.4" }, "10.0.0.1-1.2.3.4", "1.2.3.4@9:1.2.3.4" },
	{ { "1.2.3.4" }, "10.0.0.1.5353 > 1.2.3.4.53:", "" }, /* tcpdump's ports: five numbers are no address */
	{ { "1.2.3.4" }, "001.2.3.4 1.02.3.4 1.2.3.04 01.2.3.4", "" },
	{ { "1.2.3.4" }, "1.2.3.4.in-addr.arpa 4.3.2.1.in-addr.arpa", "" },
	{ { "1.2.3.4" }, "1,2,3,4 1.2.3 1.2..3.4", "" },
	{ { "1.2.3.4" }, "ip=1.2.3.4&x", "1.2.3.4@3:1.2.3.4" },
	{ { "1.2.3.4" }, "q=%3D1.2.3.4%20", "1.2.3.4@5:1.2.3.4" },
	{ { "2.0.0.4" }, "\"Mozilla/5.0 Firefox/2.0.0.4\"", "" },
	{ { "2.0.0.4" }, "Firefox/2.0.0.4 2.0.0.4", "2.0.0.4@16:2.0.0.4" },
	{ { "1.2.3.4" }, "::ffff:1.2.3.4", "1.2.3.4@0:::ffff:1.2.3.4" },
	{ { "1.2.3.4" }, "0000:0000:0000:0000:0000:ffff:0102:0304", "1.2.3.4@0:0000:0000:0000:0000:0000:ffff:0102:0304" },
	{ { "::ffff:1.2.3.4" }, "1.2.3.4", "1.2.3.4@0:1.2.3.4" },
	{ { "1.2.3.4" }, "\xc3\xa9.1.2.3.4 \xc3\xa9"
			 "1.2.3.4 1.2.3.4\xc3\xa9",
		"" },
	{ { "1.2.3.4" }, "\xc3\xa9..1.2.3.4", "1.2.3.4@4:1.2.3.4" },
	/* networks: every one that covers */
	{ { "198.51.100.0/24", "198.51.0.0/16", "198.51.100.7", "198.51.101.0/24" }, "198.51.100.7", "198.51.100.0/24@0:198.51.100.7 198.51.0.0/16@0:198.51.100.7 198.51.100.7@0:198.51.100.7" },
	{ { "198.51.100.9/24" }, "198.51.100.255 198.51.101.0", "198.51.100.9/24@0:198.51.100.255" },
	{ { "128.0.0.0/8", "127.0.0.0/8" }, "127.0.0.1", "127.0.0.0/8@0:127.0.0.1" },
	{ { "2001:db8::/33" }, "2001:db8:7fff::1 2001:db8:8000::1", "2001:db8::/33@0:2001:db8:7fff::1" },
	{ { "1.2.3.4/32" }, "1.2.3.4", "1.2.3.4@0:1.2.3.4" },
	{ { "198.51.0.0/16" }, "::ffff:198.51.100.7", "198.51.0.0/16@0:::ffff:198.51.100.7" },
	/* IPv6 is sixteen bytes, however written */
	{ { "2001:db8::1" }, "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1@0:2001:0db8:0000:0000:0000:0000:0000:0001" },
	{ { "2001:DB8:0:0::1" }, "x [2001:db8::1]:443", "2001:db8::1@3:2001:db8::1" },
	{ { "2001:db8::1" }, "2001:db8::1%eth0", "2001:db8::1@0:2001:db8::1" },
	{ { "2001:db8::1" }, "src:2001:db8::1:", "2001:db8::1@4:2001:db8::1" },
	{ { "2001:db8::1" }, "{TCP} 2001:0db8:0000:0000:0000:0000:0000:0001:51234 ->", "2001:db8::1@6:2001:0db8:0000:0000:0000:0000:0000:0001" },
	{ { "2001:db8::1" }, "2001:db8::12 2001:db8::1f 12001:db8::1 2001:db8::1x 2001:db8::1.5", "" },
	{ { "2001:db8::1" }, "2001:db8::9-2001:db8::1", "2001:db8::1@12:2001:db8::1" },
	{ { "2001:db8::1" }, "2001:db8::1.", "2001:db8::1@0:2001:db8::1" },
	{ { "2001:db8::1" }, "2001:db8:0:0:0:0:0:1 2001:db8:0:0:0:0:0:0:1", "2001:db8::1@0:2001:db8:0:0:0:0:0:1" },
	{ { "::1" }, "::1 [::1] x::1 1::1", "::1@0:::1" },
	{ { "2001:db8::" }, "2001:db8::/32 2001:db8::zz", "2001:db8::@0:2001:db8::" },
	{ { "64:ff9b::102:304" }, "64:ff9b::1.2.3.4", "64:ff9b::102:304@0:64:ff9b::1.2.3.4" },
	{ { "2001:db8::1", "::12:34:56" }, "12:34:56 12:34:56.789 aa:bb:cc:dd:ee:ff 2026-11-22T12:34:56", "" },
	/* names */
	{ { "evil.com" }, "evil.com", "evil.com@0:evil.com" },
	{ { "evil.com" }, "a EVIL.Com b", "evil.com@2:EVIL.Com" },
	{ { "evil.com" }, "www.evil.com a.b.evil.com.", "evil.com@0:www.evil.com" },
	{ { "evil.com" }, "notevil.com evil.com.example evil.community evil-com my-evil.com evil_com x_evil.com evilcom", "" },
	{ { "www.evil.com" }, "evil.com a.evil.com wwww.evil.com", "" },
	{ { "evil.com" }, "evil.com-x evil.com_x evil.comx", "" },
	{ { "evil.com" }, "*.evil.com", "evil.com@2:evil.com" },
	{ { "*.evil.com" }, "evil.com", "evil.com@0:evil.com" },
	{ { "evil.com" }, ".evil.com", "evil.com@1:evil.com" },
	{ { "evil.com" }, "_ldap._tcp.evil.com", "evil.com@0:_ldap._tcp.evil.com" },
	{ { "evil.com" }, "a..evil.com", "evil.com@3:evil.com" },
	{ { "evil.com" }, "(evil.com): query: evil.com IN A", "evil.com@1:evil.com" },
	{ { "evil.com" }, "CONNECT evil.com:443", "evil.com@8:evil.com" },
	{ { "evil.com" }, "http://evil.com/x", "evil.com@7:evil.com" },
	{ { "evil.com" }, "bob@evil.com", "evil.com@4:evil.com" },
	{ { "evil.com" }, "u=http%3A%2F%2Fevil.com%2Fa", "evil.com@15:evil.com" },
	{ { "evil.com" }, "%41evil.com", "" },
	{ { "evil.com", "a.evil.com" }, "a.evil.com", "evil.com@0:a.evil.com a.evil.com@0:a.evil.com" },
	{ { "com.example" }, "evil.com.example", "com.example@0:evil.com.example" },
	{ { "evil.com" }, "\xe9\x80\x9a\xe4\xbf\xa1\xe5\x85\x88\xe3\x81\xaf"
			  "evil.com\xe3\x81\xa7\xe3\x81\x99",
		"evil.com@12:evil.com" },
	{ { "evil.com" }, "\xe3\x80\x8c"
			  "evil.com\xe3\x80\x8d",
		"evil.com@3:evil.com" },
	{ { "evil.com" }, "\xc3\xa9"
			  "evil.com evil.com\xc3\xa9",
		"" },
	{ { "evil.com" }, "b\xc3\xbc"
			  "cher.evil.com",
		"evil.com@8:evil.com" },
	{ { "b\xc3\xbc"
	    "cher.example" },
		"xn--bcher-kva.example", "xn--bcher-kva.example@0:xn--bcher-kva.example" },
	{ { "xn--bcher-kva.example" }, "x B\xc3\xbc"
				       "cher.example y",
		"xn--bcher-kva.example@2:B\xc3\xbc"
		"cher.example" },
	{ { "xn--bcher-kva.example" }, "www.b\xc3\xbc"
				       "cher.example b\xc3\xbc"
				       "cher.example.org",
		"xn--bcher-kva.example@0:www.b\xc3\xbc"
		"cher.example" },
	/* URLs */
	{ { "http://evil.com/a" }, "GET http://evil.com/a HTTP/1.1", "http://evil.com/a@4:http://evil.com/a" },
	{ { "http://evil.com/a" }, "HTTP://EVIL.com:80/a", "http://evil.com/a@0:HTTP://EVIL.com:80/a" },
	{ { "http://evil.com/a" }, "https://evil.com/a http://evil.com/A http://evil.com/a/ http://evil.com/ab http://evil.com:81/a http://evil.com/a?b", "" },
	{ { "http://evil.com/a" }, "http://evil.com/%61#top", "http://evil.com/a@0:http://evil.com/%61#top" },
	{ { "http://evil.com/a%2fb" }, "http://evil.com/a%2Fb http://evil.com/a/b", "http://evil.com/a%2Fb@0:http://evil.com/a%2Fb" },
	{ { "http://evil.com" }, "http://evil.com/", "http://evil.com/@0:http://evil.com/" },
	{ { "http://evil.com/" }, "http://evil.com and http://evil.com/x", "http://evil.com/@0:http://evil.com" },
	{ { "http://evil.com" }, "(http://evil.com).", "http://evil.com/@1:http://evil.com" },
	{ { "http://evil.com/a" }, "['http://evil.com/a','b']", "http://evil.com/a@2:http://evil.com/a" },
	{ { "http://evil.com/a(b)" }, "see (http://evil.com/a(b)), yes", "http://evil.com/a(b)@5:http://evil.com/a(b)" },
	{ { "http://evil.com/a" }, "<http://evil.com/a> \"http://evil.com/a\"", "http://evil.com/a@1:http://evil.com/a" },
	{ { "http://evil.com/a" }, "http://evil.com/a.", "http://evil.com/a@0:http://evil.com/a" },
	{ { "http://evil.com/a." }, "http://evil.com/a.", "http://evil.com/a.@0:http://evil.com/a." },
	{ { "http://u:p@evil.com/a" }, "http://u:p@evil.com/a", "http://u:p@evil.com/a@0:http://u:p@evil.com/a" },
	{ { "http://evil.com/a" }, "http://x@evil.com/a http://evil.com.example/a http://notevil.com/a xhttp://evil.com/a", "" },
	{ { "http://1.2.3.4:8080/x" }, "url=http://1.2.3.4:8080/x", "http://1.2.3.4:8080/x@4:http://1.2.3.4:8080/x" },
	{ { "http://[2001:db8::1]/x" }, "http://[2001:0DB8::0001]/x", "http://[2001:db8::1]/x@0:http://[2001:0DB8::0001]/x" },
	{ { "http://evil.com/a" }, "http://good.example/?u=http://evil.com/a", "http://evil.com/a@23:http://evil.com/a" },
	{ { "http://evil.com/a" }, "http://evil.com/a\xe3\x81\xb8\xe6\x8e\xa5\xe7\xb6\x9a", "http://evil.com/a@0:http://evil.com/a" },
	{ { "hxxp://evil[.]com/a" }, "http://evil.com/a", "http://evil.com/a@0:http://evil.com/a" },
	{ { "http://b\xc3\xbc"
	    "cher.example/" },
		"http://b\xc3\xbc"
		"cher.example/",
		"http://xn--bcher-kva.example/@0:http://b\xc3\xbc"
		"cher.example/" },
	/* e-mail */
	{ { "bob@evil.com" }, "from=<Bob@Evil.COM>", "bob@evil.com@6:Bob@Evil.COM" },
	{ { "bob@evil.com" }, "from=bob@evil.com,", "bob@evil.com@5:bob@evil.com" },
	{ { "bob@evil.com" }, "jimbob@evil.com bob@evil.com.example bob@notevil.com bob@x.evil.com x.bob@evil.com b-bob@evil.com +bob@evil.com", "" },
	{ { "bob+tag@evil.com" }, "mailto:bob+tag@evil.com.", "bob+tag@evil.com@7:bob+tag@evil.com" },
	{ { "a=b@evil.com", "b@evil.com" }, "x a=b@evil.com", "a=b@evil.com@2:a=b@evil.com" },
	{ { "bob@evil.com" }, "\xe5\xae\x9b\xe5\x85\x88"
			      "bob@evil.com",
		"bob@evil.com@6:bob@evil.com" },
	/* hashes */
	{ { MD5 }, MD5, MD5 "@0:" MD5 },
	{ { MD5 }, "md5=D41D8CD98F00B204E9800998ECF8427E;", MD5 "@4:D41D8CD98F00B204E9800998ECF8427E" },
	{ { MD5 }, MD5 "0 0" MD5 " x" MD5 " " MD5 "g", "" },
	{ { MD5 }, "sha-" MD5 ".exe", MD5 "@4:" MD5 },
	{ { MD5 }, MD5_COLONS, MD5 "@0:" MD5_COLONS },
	{ { MD5 }, "fingerprint:" MD5_COLONS " ok", MD5 "@12:" MD5_COLONS },
	{ { MD5 }, "00:" MD5_COLONS " " MD5_COLONS ":00", "" },
	{ { SHA1, SHA256 }, SHA256 " " SHA1, SHA256 "@0:" SHA256 " " SHA1 "@65:" SHA1 },
	/* JSON */
	{ { "http://evil.com/a" }, "{\"url\":\"http:\\/\\/evil.com\\/a\"}", "http://evil.com/a@8:http:\\/\\/evil.com\\/a" },
	{ { "evil.com" }, "{\"rrname\":\"evil\\u002ecom\"}", "evil.com@11:evil\\u002ecom" },
	{ { "evil.com" }, "{\"a\":\"x\\nevil.com\\t\"}", "evil.com@9:evil.com" },
	{ { "evil.com" }, "<14>Nov 22 host app: {\"m\":\"{\\\"d\\\":\\\"evil.com\\\"}\"}", "evil.com@36:evil.com" },
	{ { "evil.com" }, "C:\\nevil.com C:\\evil.com", "evil.com@16:evil.com" },
	{ { "evil.com" }, "evil\\u002ecom", "" },
	{ { "evil.com" }, "{\"a\":\"\\u0065vil.com\\ud83d\\ude00\"}", "evil.com@6:\\u0065vil.com" },
	{ { "xn--bcher-kva.example" }, "{\"a\":\"b\\u00fccher.example\"}", "xn--bcher-kva.example@6:b\\u00fccher.example" },
	{ { "evil.com" }, "[\"\\u0065vil.com\"]", "evil.com@2:\\u0065vil.com" },
	{ { "evil.com" }, "{\"a\":\"evil.com\\u00", "evil.com@6:evil.com" },
	/* the rest */
	{ { "evil.com", "1.2.3.4" }, "evil.com 1.2.3.4\r\n\nx\nwww.evil.com", "evil.com@0:evil.com 1.2.3.4@9:1.2.3.4 evil.com@21:www.evil.com" },
	{ { "evil.com" }, "evil.com evil.com www.evil.com\nevil.com", "evil.com@0:evil.com evil.com@31:evil.com" },
	{ { "evil.com" }, "\xff\xfe"
			  "evil.com\x80\xc3",
		"evil.com@2:evil.com" },
};

static void lines_show_what_stands_in_them_and_nothing_else(void **state)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match_index *x = index_of(rows[i].value, 4);
		struct buf all, bytes;

		buf_init(&all, 1 << 20);
		buf_init(&bytes, 1 << 20);
		test_scan(x, span_of(rows[i].line), SIZE_MAX / 2, test_note_hit, &all);
		test_scan(x, span_of(rows[i].line), 1, test_note_hit, &bytes);
		if (!span_is(buf_span(&all), rows[i].hits) || !span_eq(buf_span(&all), buf_span(&bytes))) {
			print_message("%s in \"%s\": wanted %s, got %s, byte by byte %s\n", rows[i].value[0], rows[i].line, rows[i].hits, all.p ? all.p : "nothing", bytes.p ? bytes.p : "nothing");
			wrong++;
		}
		buf_release(&all);
		buf_release(&bytes);
		match_index_free(x);
	}
	assert_int_equal(wrong, 0);
}

static void nul_bytes_are_borders(void **state)
{
	static const char *const value[] = { "evil.com", "1.2.3.4" };
	struct match_index *x = index_of(value, 2);
	struct buf b;

	buf_init(&b, 1 << 20);
	test_scan(x, SPAN("\0evil.com\0"
			  "1.2.3.4\0\n\0\0"),
		SIZE_MAX / 2, test_note_hit, &b);
	assert_string_equal(b.p, "evil.com@1:evil.com 1.2.3.4@10:1.2.3.4");
	buf_release(&b);
	match_index_free(x);
}

struct tally {
	uint64_t hits, last_line, last_offset;
	size_t stop_after;
};

static bool count_hits(void *ctx, const struct match_hit *h)
{
	struct tally *t = ctx;

	assert_true(h->line >= t->last_line && (h->offset >= t->last_offset));
	assert_true(h->text.p >= h->line_text.p && h->text.p + h->text.n <= h->line_text.p + h->line_text.n);
	t->last_line = h->line;
	t->last_offset = h->offset;
	return ++t->hits != t->stop_after;
}

static void totals_are_counted_and_the_caller_can_stop(void **state)
{
	static const char *const value[] = { "evil.com", "1.2.3.4" };
	struct match_index *x = index_of(value, 2);
	struct tally t = { .stop_after = 3 };
	struct match_scan *s = match_scan_new(x, TEST_NOW, count_hits, &t);
	uint64_t lines, bytes, hits;

	match_scan_format(s, MATCH_FORMAT_TEXT);
	assert_true(match_scan_feed(s, SPAN("evil.com 1.2.3.4\n\nno\n")));
	assert_true(match_scan_feed(s, SPAN("half")));
	match_scan_totals(s, &lines, &bytes, &hits);
	assert_int_equal(lines, 3);
	assert_int_equal(bytes, 25);
	assert_int_equal(hits, 2);
	assert_false(match_scan_feed(s, SPAN(" evil.com 1.2.3.4\nevil.com\n")));
	assert_false(match_scan_feed(s, SPAN("evil.com\n")));
	assert_false(match_scan_end(s));
	assert_int_equal(t.hits, 3);
	match_scan_free(s);
	match_index_free(x);
}

/* A text at each place of a line that takes three pieces: seen once, or not at all, as on a short line; however it is fed. */
static void long_lines_are_searched_across_their_pieces(void **state)
{
	static const char *const value[] = { "evil.com", "1.2.3.4", "http://evil.com/a", "bob@evil.com" };
	static const size_t places[] = { 0, BOUND_LOG_LINE - 32768 - 4, BOUND_LOG_LINE - 16384 - 10, BOUND_LOG_LINE - 16384, BOUND_LOG_LINE - 4, BOUND_LOG_LINE, 2 * BOUND_LOG_LINE - 32768 - 5,
		2 * BOUND_LOG_LINE - 16384 - 3 - 32768, 2 * BOUND_LOG_LINE + 50000 };
	static const struct {
		const char *text;
		size_t hits;
	} texts[] = { { " evil.com,1.2.3.4 <http://evil.com/a> bob@evil.com ", 4 }, { " notevil.com evil.com.example 1.2.3.4.5 ", 0 } };
	struct match_index *x = index_of(value, 4);
	size_t n = 2 * BOUND_LOG_LINE + 60000;
	char *line = malloc(n);

	assert_non_null(line);
	for (size_t i = 0; i < 2 * sizeof places / sizeof *places; i++) {
		struct tally once = { 0 }, pieces = { 0 };

		memset(line, i % 4 < 2 ? 'x' : '.', n);
		memcpy(line + places[i / 2], texts[i % 2].text, strlen(texts[i % 2].text));
		test_scan(x, (struct span){ line, n }, SIZE_MAX / 2, count_hits, &once);
		test_scan(x, (struct span){ line, n }, 99991, count_hits, &pieces);
		assert_int_equal(once.hits, texts[i % 2].hits);
		assert_int_equal(pieces.hits, once.hits);
		assert_int_equal(pieces.last_offset, once.last_offset);
		if (once.hits)
			assert_int_equal(once.last_offset, places[i / 2] + 38);
	}
	free(line);
	match_index_free(x);
}

static void a_line_of_exactly_the_bound_ends_with_the_input(void **state)
{
	static const char *const value[] = { "evil.com" };
	struct match_index *x = index_of(value, 1);

	for (size_t n = BOUND_LOG_LINE - 1; n <= BOUND_LOG_LINE + 1; n++) {
		for (size_t piece = 1; piece <= 1500002; piece += 1500001) {
			char *line = malloc(n + 1);
			struct buf b;
			char text[64];

			buf_init(&b, 1 << 20);
			memset(line, ' ', n);
			memcpy(line + n - 8, "evil.com", 8);
			line[n] = '\n';
			snprintf(text, sizeof(text), "evil.com@%zu:evil.com", n - 8);
			test_scan(x, (struct span){ line, n }, piece, test_note_hit, &b);
			assert_string_equal(b.p, text);
			buf_clear(&b);
			test_scan(x, (struct span){ line, n + 1 }, piece, test_note_hit, &b);
			assert_string_equal(b.p, text);
			buf_release(&b);
			free(line);
		}
	}
	match_index_free(x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_show_what_stands_in_them_and_nothing_else),
		cmocka_unit_test(nul_bytes_are_borders),
		cmocka_unit_test(totals_are_counted_and_the_caller_can_stop),
		cmocka_unit_test(long_lines_are_searched_across_their_pieces),
		cmocka_unit_test(a_line_of_exactly_the_bound_ends_with_the_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
