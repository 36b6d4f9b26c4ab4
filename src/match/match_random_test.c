/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner against a slow reference that shares no code with it: it tries every stretch of a line with the system's own functions. */
#include "match/match_test_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"

/* What is listed, and texts that lines are made of: listed ones, neighbours of them, borders. */
static const char *const listed[] = { "1.2.3.4", "203.0.113.0/24", "203.0.0.0/16", "2001:db8::1", "2001:db8:5::/48", "evil.example", "a.evil.example", "bad.co.jp", MD5,
	"http://evil.example/a", "http://evil.example/a(b)", "http://1.2.3.4:8080/", "http://evil.example/a,b", "bob@evil.example", "a.b+c@bad.co.jp" };
static const char *const fragments[] = { "1.2.3.4", "11.2.3.45", "1.2.3.4.5", "203.0.113.77", "203.0.9.1", "203.1.0.1", "01.2.3.4", "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001",
	"2001:db8:5::9", "2001:db8::12", "::ffff:1.2.3.4", "12:34:56", "aa:bb:cc:dd:ee:ff", "evil.example", "EVIL.example", "www.evil.example", "a.evil.example", "notevil.example", "evil.example.com", "co.jp",
	"x.bad.co.jp", MD5, MD5 "0", "D41D8CD98F00B204E9800998ECF8427E", "http://evil.example/a", "HTTP://Evil.Example:80/a", "http://evil.example/a(b)", "http://evil.example/a,b", "http://evil.example/ab",
	"https://evil.example/a", "http://1.2.3.4:8080", "http://", "bob@evil.example", "jimbob@evil.example", "a.b+c@bad.co.jp", "@evil.example", "a", "0", "x", "-", "_", ".", "..", ":", "::", "/", "@",
	"%2F", "%", "=", "'", "(", ")", "[", "]", ",", ";", "\"", "<", ">", "|", "\\", "\xe3\x81\xaf", "\xc3\xa9", "\xff", "+", "?", "#", "!", "&" };
static const char *const borders[] = { " ", " ", "\t", " \"", "\" ", ",", "\xe3\x80\x81" };
#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static uint32_t random_state = 20261122;
static size_t roll(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static bool word_byte(const char *s, size_t n, long i)
{
	return i >= 0 && (size_t)i < n && (isalnum((unsigned char)s[i]) || s[i] == '-' || s[i] == '_');
}

/* U+00C0-U+07FF ends before i, or begins at i */
static bool letter_ends(const char *s, long i)
{
	return i >= 2 && ((unsigned char)s[i - 1] & 0xC0) == 0x80 && (unsigned char)s[i - 2] >= 0xC3 && (unsigned char)s[i - 2] <= 0xDF;
}

static bool letter_begins(const char *s, size_t n, size_t i)
{
	return i + 1 < n && (unsigned char)s[i] >= 0xC3 && (unsigned char)s[i] <= 0xDF && ((unsigned char)s[i + 1] & 0xC0) == 0x80;
}

/* The word's first bytes may be the digits of a percent-encoded border. */
static bool percent_border(const char *s, long i)
{
	unsigned c;

	if (i < 3 || s[i - 3] != '%' || !isxdigit((unsigned char)s[i - 2]) || !isxdigit((unsigned char)s[i - 1]))
		return false;
	c = (unsigned)strtoul((char[]){ s[i - 2], s[i - 1], 0 }, NULL, 16);
	return !(c < 128 && (isalnum((int)c) || c == '-' || c == '_' || c == '.'));
}

/* Does a word begin at i (a dot before it counts as part of a longer word if something stands before the dot)? */
static bool begins(const char *s, size_t n, long i)
{
	if (percent_border(s, i))
		return true;
	if (percent_border(s, i + 1) || percent_border(s, i + 2)) /* its first digits are an encoded border's */
		return false;
	if (word_byte(s, n, i - 1) || letter_ends(s, i))
		return false;
	return !(i >= 2 && s[i - 1] == '.' && (word_byte(s, n, i - 2) || letter_ends(s, i - 1)) && !percent_border(s, i - 1));
}

static bool ends(const char *s, size_t n, size_t i)
{
	if (word_byte(s, n, (long)i) || letter_begins(s, n, i))
		return false;
	if (i < n && s[i] == '.' && letter_begins(s, n, i + 1))
		return false;
	return !(i + 1 < n && s[i] == '.' && word_byte(s, n, (long)i + 1));
}

static void canon4(const char *text, unsigned bits, char *out)
{
	struct in_addr a;

	inet_pton(AF_INET, text, &a);
	a.s_addr &= htonl(bits ? 0xFFFFFFFFu << (32 - bits) : 0);
	inet_ntop(AF_INET, &a, out, INET_ADDRSTRLEN);
}

/* Is text (an address) the listed one, or in the listed network? */
static bool address_is(const char *text, const char *want)
{
	char net[64], x[INET6_ADDRSTRLEN], y[INET6_ADDRSTRLEN];
	const char *slash = strchr(want, '/');
	unsigned bits = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : strchr(want, ':') ? 128
											   : 32;
	struct in6_addr a, b;

	snprintf(net, sizeof(net), "%.*s", (int)(slash ? slash - want : (long)strlen(want)), want);
	if (!strchr(net, ':')) {
		struct in_addr v4;
		struct in6_addr v6;

		if (inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6))
			inet_ntop(AF_INET, v6.s6_addr + 12, x, sizeof(x));
		else if (inet_pton(AF_INET, text, &v4) == 1)
			snprintf(x, sizeof(x), "%.45s", text);
		else
			return false;
		canon4(net, bits, y);
		canon4(x, bits, x);
		return strcmp(x, y) == 0;
	}
	if (inet_pton(AF_INET6, text, &a) != 1 || inet_pton(AF_INET6, net, &b) != 1)
		return false;
	for (unsigned i = 0; i < bits; i++) {
		if ((a.s6_addr[i / 8] ^ b.s6_addr[i / 8]) & (0x80 >> i % 8))
			return false;
	}
	return true;
}

/* Every stretch that is an IPv4 address between borders.  In words of digits, dots and hyphens a hyphen is a border. */
static bool ref_ipv4(const char *s, size_t n, const char *want)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 7; k <= n && k <= i + 15; k++) {
			char text[16];
			struct in_addr a;
			size_t from = i, to = k;
			bool plain = true;

			snprintf(text, sizeof(text), "%.*s", (int)(k - i), s + i);
			if (strlen(text) != k - i || inet_pton(AF_INET, text, &a) != 1)
				continue;
			/* the word around it: single dots belong to it */
			while (from > 0 && !percent_border(s, (long)from) && (word_byte(s, n, (long)from - 1) || (from > 1 && s[from - 1] == '.' && word_byte(s, n, (long)from - 2) && !percent_border(s, (long)from - 1))))
				from--;
			while (to < n && (word_byte(s, n, (long)to) || (s[to] == '.' && word_byte(s, n, (long)to + 1))))
				to++;
			for (size_t j = from; j < to; j++)
				plain &= isdigit((unsigned char)s[j]) || s[j] == '.' || s[j] == '-';
			plain = plain && (i == from || s[i - 1] == '-') && (k == to || s[k] == '-') && begins(s, n, (long)from) && ends(s, n, to);
			if (plain && address_is(text, want))
				return true;
		}
	}
	return false;
}

static bool ref_name(const char *s, size_t n, const char *want)
{
	size_t w = strlen(want);

	for (size_t i = 0; i + w <= n; i++) {
		if (strncasecmp(s + i, want, w) != 0 || !ends(s, n, i + w))
			continue;
		if (begins(s, n, (long)i) || (i >= 1 && s[i - 1] == '.'))
			return true;
	}
	return false;
}

static bool ref_hash(const char *s, size_t n, const char *want)
{
	size_t w = strlen(want);

	for (size_t i = 0; i + w <= n; i++) {
		bool before = i > 0 && isalnum((unsigned char)s[i - 1]) && !percent_border(s, (long)i), after = i + w < n && isalnum((unsigned char)s[i + w]);

		if (strncasecmp(s + i, want, w) == 0 && !before && !after && !percent_border(s, (long)i + 2))
			return true;
	}
	return false;
}

static bool compare(const char *line, size_t n, struct buf *got, size_t number)
{
	bool same = true;

	for (size_t v = 0; v < COUNT(listed); v++) {
		const char *want = listed[v];
		bool url = strstr(want, "://"), mail = strchr(want, '@'), v6 = strchr(want, ':') && !url, has, seen;
		char mark[128];

		if (url || mail || v6)
			continue; /* below, on lines with plain borders */
		has = strcmp(want, MD5) == 0 ? ref_hash(line, n, want) : isdigit((unsigned char)want[0]) ? ref_ipv4(line, n, want)
													 : ref_name(line, n, want);
		snprintf(mark, sizeof(mark), "|%s@", want);
		seen = got->n && strstr(got->p, mark);
		if (has != seen) {
			print_message("line %zu \"%.*s\": the reference %s %s, the scanner says %s\n", number, (int)n, line, has ? "finds" : "does not find", want, got->n ? got->p : "nothing");
			same = false;
		}
	}
	return same;
}

static bool note_marked(void *ctx, const struct match_hit *h)
{
	buf_addf(ctx, "|%.*s@", SPAN_ARG(h->value));
	assert_true(h->text.n > 0);
	return true;
}

static struct match_index *index_of_all(void)
{
	struct match_build *b = match_build_new();
	struct fault f;

	for (size_t i = 0; i < COUNT(listed); i++)
		assert_int_equal(match_build_value(b, span_of(listed[i]), SPAN("list"), &f), ERR_OK);
	return match_build_finish(b, NULL);
}

/* Lines of fragments glued without mercy.  IPv6 colons make an embedded address of their own, so that lines with "::" are left to the next test. */
static void glued_fragments_are_read_as_the_reference_reads_them(void **state)
{
	struct match_index *x = index_of_all();
	struct buf got;
	struct match_scan *scan = match_scan_new(x, TEST_NOW, note_marked, &got);
	size_t wrong = 0;

	match_scan_format(scan, MATCH_FORMAT_TEXT);
	buf_init(&got, 1 << 16);
	for (size_t i = 0; i < 40000 && wrong < 5; i++) {
		char line[1024];
		size_t n = 0;

		buf_clear(&got);
		for (size_t k = 1 + roll(6); k > 0; k--) {
			const char *f = roll(4) ? fragments[roll(COUNT(fragments))] : borders[roll(COUNT(borders))];

			n += (size_t)snprintf(line + n, sizeof(line) - n, "%s", f);
		}
		if (memchr(line, '\\', n) || memmem(line, n, "::", 2) || memmem(line, n, ":0", 2))
			continue;
		assert_true(match_scan_feed(scan, (struct span){ line, n }) && match_scan_feed(scan, SPAN("\n")));
		wrong += !compare(line, n, &got, i);
	}
	buf_release(&got);
	match_scan_free(scan);
	match_index_free(x);
	assert_int_equal(wrong, 0);
}

/* Fragments between plain borders: what is in a line is what its fragments are alone. */
static void a_line_holds_what_its_parts_hold(void **state)
{
	struct match_index *x = index_of_all();

	for (size_t i = 0; i < 300; i++) {
		char line[1024];
		size_t n = 0;
		struct buf got, want;
		bool seen[COUNT(fragments)] = { false };

		buf_init(&got, 1 << 16);
		buf_init(&want, 1 << 16);
		for (size_t k = 1 + roll(5); k > 0; k--) {
			size_t f = roll(COUNT(fragments));

			if (strstr("http://|\"<>\\", fragments[f])) /* what eats or ends its neighbours */
				continue;
			n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s", n ? borders[roll(3)] : "", fragments[f]);
			if (!seen[f])
				test_scan(x, span_of(fragments[f]), SIZE_MAX / 2, note_marked, &want);
			seen[f] = true;
		}
		test_scan(x, (struct span){ line, n }, 1 + roll(20), note_marked, &got);
		for (size_t v = 0; v < COUNT(listed); v++) {
			char mark[128];

			snprintf(mark, sizeof(mark), "|%s@", listed[v]);
			if ((got.n && strstr(got.p, mark)) != (want.n && strstr(want.p, mark)))
				fail_msg("\"%.*s\": its parts hold %s, the line %s", (int)n, line, want.n ? want.p : "nothing", got.n ? got.p : "nothing");
		}
		buf_release(&got);
		buf_release(&want);
	}
	match_index_free(x);
}

/* Random addresses of sixteen bytes in every spelling that inet_ntop and Suricata have. */
static void ipv6_is_found_in_every_spelling(void **state)
{
	for (size_t i = 0; i < 200; i++) {
		struct match_build *b = match_build_new();
		struct match_index *x;
		struct in6_addr a = { 0 };
		char text[64], full[64], line[256];
		size_t n = 0;
		struct fault f;
		struct buf got;

		buf_init(&got, 1 << 12);
		for (int k = 0; k < 16; k++)
			a.s6_addr[k] = (uint8_t)(roll(3) ? roll(256) : 0);
		a.s6_addr[0] = 0x20;
		if (roll(3) == 0)
			memset(a.s6_addr + 2 * (1 + roll(5)), 0, 4);
		inet_ntop(AF_INET6, &a, text, sizeof(text));
		for (int k = 0; k < 8; k++)
			n += (size_t)snprintf(full + n, sizeof(full) - n, "%s%02X%02x", k ? ":" : "", a.s6_addr[2 * k], a.s6_addr[2 * k + 1]);
		assert_int_equal(match_build_value(b, span_of(text), SPAN("list"), &f), ERR_OK);
		x = match_build_finish(b, NULL);
		snprintf(line, sizeof(line), "%s%s%s", (const char *[]){ "", "src=", "[", "src:", "(" }[roll(5)], roll(2) ? text : full, (const char *[]){ "", "%eth0", "]:443", " x", "/128", ".", ",", "#53" }[roll(8)]);
		test_scan(x, span_of(line), 1 + roll(50), test_note_hit, &got);
		if (!got.n)
			fail_msg("%s is not found in %s", text, line);
		buf_release(&got);
		match_index_free(x);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(glued_fragments_are_read_as_the_reference_reads_them),
		cmocka_unit_test(a_line_holds_what_its_parts_hold),
		cmocka_unit_test(ipv6_is_found_in_every_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
