/* SPDX-License-Identifier: Apache-2.0 */
/* The sieve misses no line, at any level: the same hits as when every line is searched, on text made to be difficult, wherever it stands in the blocks. */
#include "match/match_test_priv.h"
#include <unistd.h>

#include "util/bounds.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA512 "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define LONG "a123456789012345678901234567890.b123456789012345678901234567890.c123456789012345678901234567890"
#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static const char *const listed[] = { "1.2.3.4", "9.8.7.6", "203.0.113.0/24", "203.0.0.0/16", "198.51.100.128/25", "2001:db8::1", "2001:db8:5::/48", "::ffff:9.9.9.9", "evil.example", "a.evil.example",
	"b.c.d.wide.example", LONG ".long.example", "bad.co.jp", "xn--bcher-kva.example", "xn--wgv71a.example", MD5, SHA1, SHA512, "http://evil.example/a", "http://other.example:8080/a?b=c",
	"http://1.2.3.4:8080/", "http://localhost/x", "http://[2001:db8::7]/", "https://xn--bcher-kva.example/x", "http://only-in-urls.example/p", "bob@evil.example", "bob@mailhost",
	"a.b+c@bad.co.jp" };
static const char *const fragments[] = { "1.2.3.4", "9.8.7.6", "11.2.3.45", "1.2.3.4.5", "203.0.113.77", "203.0.9.1", "198.51.100.200", "198.51.100.100", "01.2.3.4", "1.2.3.4-1.2.3.9", "2001:db8::1",
	"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:5::9", "2001:db8::12", "::ffff:1.2.3.4", "0:0:0:0:0:ffff:9.9.9.9", "12:34:56", "aa:bb:cc:dd:ee:ff", "evil.example", "EVIL.example", "www.evil.example",
	"a.evil.example", "notevil.example", "evil.example.com", "x.b.c.d.wide.example", "c.d.wide.example", LONG ".long.example", "x." LONG ".long.example", LONG LONG ".evil.example", "x.bad.co.jp",
	"b\xc3\xbc"
	"cher.example",
	"\xe6\x97\xa5\xe6\x9c\xac.example", "\xe6\x97\xa5\xe6\x9c\xac\xe3\x80\x82"
					    "example",
	"B%C3%BCcher.example", "\\u65e5\\u672c.example", "\\u00fc", "b\\u00fccher.example", MD5, MD5 "0", "D41D8CD98F00B204E9800998ECF8427E", SHA1, SHA512,
	"d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e", "http://evil.example/a", "HTTP://Evil.Example:80/a", "http:\\/\\/evil.example\\/a", "http://u:p@evil.example/a", "http://other.example:8080/a?b=c",
	"http://1.2.3.4:8080", "http://localhost/x", "http://[2001:db8::7]/", "http://e%76il.example/a", "https://b\xc3\xbc"
													 "cher.example/x",
	"http://only-in-urls.example/p", "http://only-in-urls.example/q", "only-in-urls.example", "http://", "bob@evil.example", "bob\\u0040evil.example", "jimbob@evil.example", "bob@mailhost",
	"a.b+c@bad.co.jp", "eve@9.8.7.6", "@evil.example", "{\"a\":\"", "{\"", "\"", "a", "0", "x", "-", "_", ".", "..", ":", "::", "/", "@", "%2F", "%2f", "%", "=", "'", "(", ")", "[", "]", ",", ";", "<",
	">", "|", "\\", "\\n", "\\t", "\\b", "\\u0020", "\\u002e", "\\u0000", "\\/", "\\\\", "\xe3\x81\xaf", "\xc3\xa9", "\xff", "+", "?", "#", "!", "&", "evil\\u002eexample" };

static uint32_t state_of = 7;
static size_t roll(size_t n)
{
	state_of ^= state_of << 13;
	state_of ^= state_of >> 17;
	state_of ^= state_of << 5;
	return state_of % n;
}

static struct match_index *index_of_listed(void)
{
	struct match_build *b = match_build_new();
	struct match_index *x;
	struct match_counts c;
	struct fault f;

	for (size_t i = 0; i < COUNT(listed); i++) {
		if (match_build_value(b, span_of(listed[i]), SPAN("list"), &f) != ERR_OK)
			fail_msg("%s: %s", listed[i], f.what);
	}
	x = match_build_finish(b, &c);
	assert_int_equal(c.values, COUNT(listed));
	return x;
}

static bool note(void *ctx, const struct match_hit *h)
{
	buf_addf(ctx, "%" PRIu64 ":%" PRIu64 " %.*s = %.*s\n", h->line, h->offset, SPAN_ARG(h->text), SPAN_ARG(h->value));
	return true;
}

static void scan(const struct match_index *x, enum match_level l, struct span log, size_t piece, struct buf *out)
{
	struct match_scan *s = match_scan_new(x, TEST_NOW, note, out);
	uint64_t lines, bytes, hits;

	buf_clear(out);
	match_scan_level(s, l);
	for (size_t i = 0; i < log.n; i += piece)
		assert_true(match_scan_feed(s, (struct span){ log.p + i, log.n - i < piece ? log.n - i : piece }));
	assert_true(match_scan_end(s) && match_scan_ok(s));
	match_scan_totals(s, &lines, &bytes, &hits);
	buf_addf(out, "%" PRIu64 " lines\n", lines);
	match_scan_free(s);
}

/* The first line in which they differ. */
static void check_same(const struct buf *want, const struct buf *got, enum match_level l, size_t round, struct span log)
{
	size_t i = 0, k, at;
	const char *colon;

	if (want->n == got->n && memcmp(want->p, got->p, got->n) == 0)
		return;
	while (i < want->n && i < got->n && want->p[i] == got->p[i])
		i++;
	for (k = i; k > 0 && want->p[k - 1] != '\n';)
		k--;
	colon = strchr(want->p + k, ':');
	at = colon ? strtoul(colon + 1, NULL, 10) : 0;
	at = at < 100 ? 0 : at - 100;
	fail_msg("round %zu, %s: wanted %.200s got %.200s in %.250s", round, match_level_name(l), want->p + k, got->p + k, log.p + (at < log.n ? at : 0));
}

static void compare_levels(const struct match_index *x, struct span log, size_t round)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 70000, 4099 };
	struct buf want, got;

	buf_init(&want, 1u << 28);
	buf_init(&got, 1u << 28);
	scan(x, MATCH_EVERY_LINE, log, SIZE_MAX / 2, &want);
	for (enum match_level l = MATCH_PORTABLE; l < MATCH_LEVELS; l++) {
		if (!match_level_here(l))
			continue;
		scan(x, l, log, pieces[round % COUNT(pieces)], &got);
		check_same(&want, &got, l, round, log);
	}
	buf_release(&want);
	buf_release(&got);
}

static void every_level_finds_what_a_look_at_every_line_finds(void **state)
{
	struct match_index *x = index_of_listed();

	for (size_t round = 0; round < 60; round++) {
		struct buf log;
		size_t glue = roll(4), much = 1000 + roll(100000);

		buf_init(&log, 1u << 24);
		while (log.n < much) {
			static const char *const borders[] = { " ", "\n", "\t", "\",\"", ",", "\n{\"k\":\"" };

			if (roll(4) < glue)
				buf_adds(&log, borders[roll(COUNT(borders))]);
			buf_adds(&log, fragments[roll(COUNT(fragments))]);
			if (roll(20) == 0)
				buf_addc(&log, (char)roll(256));
			if (roll(200) == 0) {
				for (size_t n = roll(300); n > 0; n--)
					buf_addc(&log, "x.0"[roll(3)]);
			}
			if (roll(12) == 0)
				buf_addc(&log, '\n');
		}
		compare_levels(x, buf_span(&log), round);
		buf_release(&log);
	}
	match_index_free(x);
}

/* Each fragment at each place of two words of masks and across the border of two blocks. */
static void it_does_not_matter_where_in_a_block_something_stands(void **state)
{
	struct match_index *x = index_of_listed();
	struct buf log;

	buf_init(&log, 1u << 24);
	for (size_t f = 0; f < COUNT(fragments); f++) {
		buf_clear(&log);
		for (size_t shift = 0; shift < 130; shift++) {
			for (size_t k = shift; k > 0; k--)
				buf_addc(&log, ' ');
			buf_adds(&log, "{\"a\":\"");
			buf_adds(&log, fragments[f]);
			buf_adds(&log, "\"}\n");
		}
		compare_levels(x, buf_span(&log), f);
	}
	for (size_t f = 0; f < COUNT(fragments); f++) {
		buf_clear(&log);
		while (log.n < 16384 - f % 90)
			buf_addc(&log, log.n % 7 ? '-' : ' ');
		buf_addc(&log, ' ');
		buf_adds(&log, fragments[f]);
		compare_levels(x, buf_span(&log), f);
		buf_addc(&log, '\n');
		compare_levels(x, buf_span(&log), f);
	}
	buf_release(&log);
	match_index_free(x);
}

/* Lines of several pieces with something in each overlap; one token as long as a piece; no newline at the end. */
static void long_lines_go_through_the_sieve_too(void **state)
{
	struct match_index *x = index_of_listed();
	struct buf log;

	buf_init(&log, 1u << 26);
	for (size_t round = 0; round < 4; round++) {
		size_t much = 3 * (size_t)BOUND_LOG_LINE + roll(BOUND_LOG_LINE);

		buf_clear(&log);
		buf_adds(&log, round % 2 ? "{\"a\":\"" : "x evil.example\n");
		while (log.n < much) {
			for (size_t n = roll(40000); n > 0; n--)
				buf_addc(&log, round < 2 ? ' ' : "ab.:"[roll(4)]);
			buf_adds(&log, round < 2 ? "" : " ");
			buf_adds(&log, fragments[roll(COUNT(fragments))]);
		}
		compare_levels(x, buf_span(&log), round);
	}
	buf_release(&log);
	match_index_free(x);
}

/* What a file of the index gives back finds the same; a changed byte or a cut end is refused. */
static void an_index_file_holds_the_whole_index(void **state)
{
	struct match_index *x = index_of_listed(), *y;
	struct buf log, want, got;
	struct fault f;
	char path[] = "/tmp/musubi-index-XXXXXX";
	int fd = mkstemp(path);
	off_t size;

	assert_true(fd >= 0);
	unlink(path);
	buf_init(&log, 1u << 20);
	buf_init(&want, 1u << 20);
	buf_init(&got, 1u << 20);
	for (size_t i = 0; i < COUNT(fragments); i++)
		buf_addf(&log, "%s\n", fragments[i]);
	assert_int_equal(match_index_write(x, fd, &f), ERR_OK);
	assert_int_equal(match_index_open(fd, &y, &f), ERR_OK);
	assert_int_equal(match_index_counts(y)->values, COUNT(listed));
	scan(x, match_level_best(), buf_span(&log), 1000, &want);
	scan(y, match_level_best(), buf_span(&log), 1000, &got);
	assert_string_equal(want.p, got.p);
	match_index_free(y);
	size = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < size; at += at < 1024 ? 61 : size / 97) {
		uint8_t was, is;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = was ^ 0x20;
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		if (match_index_open(fd, &y, &f) == ERR_OK) /* between sections nothing counts */
			match_index_free(y);
		else
			assert_non_null(strstr(f.what, "index"));
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	assert_int_equal(match_index_open(fd, &y, &f), ERR_OK);
	match_index_free(y);
	assert_int_equal(ftruncate(fd, size - 1), 0);
	assert_int_equal(match_index_open(fd, &y, &f), ERR_INVALID);
	assert_int_equal(ftruncate(fd, 3), 0);
	assert_int_equal(match_index_open(fd, &y, &f), ERR_INVALID);
	close(fd);
	match_index_free(x);
	buf_release(&log);
	buf_release(&want);
	buf_release(&got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_finds_what_a_look_at_every_line_finds),
		cmocka_unit_test(it_does_not_matter_where_in_a_block_something_stands),
		cmocka_unit_test(long_lines_go_through_the_sieve_too),
		cmocka_unit_test(an_index_file_holds_the_whole_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
