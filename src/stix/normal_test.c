/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/testing_priv.h"
#include "stix/values.h"

static struct arena *a;

static int start(void **state)
{
	a = arena_new(1 << 22);
	return a ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(a);
	return 0;
}

#define K(k) STIX_VALUE_##k
static const struct {
	enum stix_value_kind kind;
	const char *text, *normal; /* NULL: no such value */
} rows[] = {
	{ K(IPV4), "198.51.100.3", "198.51.100.3" },
	{ K(IPV4), "198.51.100.3/32", "198.51.100.3" },
	{ K(IPV4), "10.0.0.0/8", "10.0.0.0/8" },
	{ K(IPV4), "10.0.0.0/33", NULL },
	{ K(IPV4), "198.51.100.03", NULL },
	{ K(IPV4), "256.0.0.1", NULL },
	{ K(IPV4), "1.2.3", NULL },
	{ K(IPV4), "1.2.3.4.", NULL },
	{ K(IPV4), "1.2.3.4/", NULL },
	{ K(IPV4), " 1.2.3.4", NULL },
	{ K(IPV4), "", NULL },
	{ K(IPV6), "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ K(IPV6), "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ K(IPV6), "::", "::" },
	{ K(IPV6), "0:0:0:0:0:0:0:1", "::1" },
	{ K(IPV6), "fe80::/10", "fe80::/10" },
	{ K(IPV6), "2001:db8::1/128", "2001:db8::1" },
	{ K(IPV6), "1:0:0:0:0:0:0:0", "1::" },
	{ K(IPV6), "::ffff:198.51.100.3", "198.51.100.3" },
	{ K(IPV6), "::ffff:198.51.100.0/120", "198.51.100.0/24" },
	{ K(IPV6), "::ffff:0:0/95", "::ffff:0:0/95" },
	{ K(IPV6), "::1/129", NULL },
	{ K(IPV6), "g::1", NULL },
	{ K(DOMAIN), "Evil.Example.", "evil.example" },
	{ K(DOMAIN), "例え.テスト", "xn--r8jz45g.xn--zckzah" },
	{ K(DOMAIN), "bücher.example", "xn--bcher-kva.example" },
	{ K(DOMAIN), "_dmarc.evil.example", "_dmarc.evil.example" },
	{ K(DOMAIN), "localhost", "localhost" },
	{ K(DOMAIN), "evil..example", NULL },
	{ K(DOMAIN), "-evil.example", NULL },
	{ K(DOMAIN), "1.2.3.4", NULL },
	{ K(DOMAIN), "evil example", NULL },
	{ K(DOMAIN), "evil.example/x", NULL },
	{ K(DOMAIN), ".", NULL },
	{ K(URL), "HTTP://Evil.Example", "http://evil.example/" },
	{ K(URL), "http://evil.example:80/a?b#c", "http://evil.example/a?b" },
	{ K(URL), "https://evil.example:443?q", "https://evil.example/?q" },
	{ K(URL), "https://evil.example:8443/%7euser/%2f%c3", "https://evil.example:8443/~user/%2F%C3" },
	{ K(URL), "http://User@EVIL.example/A", "http://User@evil.example/A" },
	{ K(URL), "http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/" },
	{ K(URL), "http://例え.テスト/ä b", "http://xn--r8jz45g.xn--zckzah/%C3%A4%20b" },
	{ K(URL), "ftp://h.example:21/x", "ftp://h.example/x" },
	{ K(URL), "mailto:A@b.example", "mailto:A@b.example" },
	{ K(URL), "evil.example/path", NULL },
	{ K(URL), "http:", NULL },
	{ K(URL), "http://exa mple/", NULL },
	{ K(URL), "hxxp://evil.example/", "hxxp://evil.example/" },
	{ K(URL), "http://evil.example:/x", "http://evil.example/x" },
	{ K(URL), "http://h.example/%zz", "http://h.example/%zz" },
	{ K(EMAIL), "Some.One@Evil.EXAMPLE", "some.one@evil.example" },
	{ K(EMAIL), "no-at.example", NULL },
	{ K(EMAIL), "@evil.example", NULL },
	{ K(EMAIL), "a b@evil.example", NULL },
	{ K(MD5), "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e" },
	{ K(MD5), "d41d8cd98f00b204e9800998ecf8427", NULL },
	{ K(SHA1), "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ K(SHA256), "xyz", NULL },
	{ K(FILENAME), "Invoice.EXE", "invoice.exe" },
	{ K(MUTEX), "Global\\X", "Global\\X" },
	{ K(REGKEY), "HKLM\\Software\\Run\\", "hkey_local_machine\\software\\run" },
	{ K(REGKEY), "HKEY_CURRENT_USER\\A", "hkey_current_user\\a" },
	{ K(REGKEY), "\\", NULL },
	{ K(MAC), "D2-FB-49-24-37-18", "d2:fb:49:24:37:18" },
	{ K(MAC), "d2fb.4924.3718", "d2:fb:49:24:37:18" },
	{ K(MAC), "d2:fb:49:24:37", NULL },
	{ K(MAC), "d2fb49243718", NULL },
	{ K(ASN), "AS64496", "64496" },
	{ K(ASN), "64496", "64496" },
	{ K(ASN), "AS4294967296", NULL },
	{ K(ASN), "AS", NULL },
	{ K(CVE), "cve-2024-12345", "CVE-2024-12345" },
	{ K(CVE), "CVE-2024-1", NULL },
	{ K(CVE), "CVE-20245-123", NULL },
	{ K(USER), "Administrator", "administrator" },
	{ K(EXTERNAL), "T1059.001", "T1059.001" },
	{ K(OTHER), "", NULL },
};

static void test_normal(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span got = stix_value_normal(a, rows[i].kind, span_of(rows[i].text));
		if (rows[i].normal ? !span_is(got, rows[i].normal) : got.n != 0)
			fail_msg("%s \"%s\" gives \"%.*s\", want \"%s\"", stix_value_name(rows[i].kind), rows[i].text, SPAN_ARG(got), rows[i].normal ? rows[i].normal : "");
	}
}

static void test_stable(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span once = stix_value_normal(a, rows[i].kind, span_of(rows[i].text));
		enum stix_value_kind k = rows[i].kind == K(IPV6) && once.n && !memchr(once.p, ':', once.n) ? K(IPV4) : rows[i].kind;
		if (once.n)
			assert_true(span_eq(once, stix_value_normal(a, k, once)));
	}
}

static void test_guess(void **state)
{
	static const struct {
		const char *text;
		enum stix_value_kind kind;
	} guesses[] = {
		{ "198.51.100.3", K(IPV4) },
		{ "10.0.0.0/8", K(IPV4) },
		{ "2001:db8::1", K(IPV6) },
		{ "evil.example", K(DOMAIN) },
		{ "例え.テスト", K(DOMAIN) },
		{ "https://evil.example/x", K(URL) },
		{ "a@evil.example", K(EMAIL) },
		{ "d41d8cd98f00b204e9800998ecf8427e", K(MD5) },
		{ "da39a3ee5e6b4b0d3255bfef95601890afd80709", K(SHA1) },
		{ "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", K(SHA256) },
		{ "CVE-2024-1234", K(CVE) },
		{ "d2:fb:49:24:37:18", K(MAC) },
		{ "AS64496", K(ASN) },
		{ "HKLM\\Software\\Run", K(REGKEY) },
		{ "invoice.exe", K(FILENAME) },
		{ "Lazarus", K(OTHER) },
		{ "", K(OTHER) },
		{ "two words", K(OTHER) },
		{ "12345", K(OTHER) },
	};
	for (size_t i = 0; i < COUNT_OF(guesses); i++) {
		enum stix_value_kind k = stix_value_guess(span_of(guesses[i].text));
		if (k != guesses[i].kind)
			fail_msg("\"%s\" is taken for %s, want %s", guesses[i].text, stix_value_name(k), stix_value_name(guesses[i].kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "values get their normal form, and what is no value gets none", test_normal, NULL, NULL, NULL },
		{ "a normal form is its own normal form", test_stable, NULL, NULL, NULL },
		{ "the kind that a person means is guessed", test_guess, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
