/* SPDX-License-Identifier: Apache-2.0 */
/* Prose and what is found in it. */
#include "util/test.h"
#include <stdio.h>
#include <stdlib.h>
#include "formats/extract.h"
#include "util/bounds.h"

/* A small stand-in for the public suffix list. */
static enum formats_name name_of(struct span name)
{
	static const char *const tlds[] = { "com", "net", "org", "jp", "th", "vn", "in", "it", "io", "zip", "sh", "py", "md", "info" };
	static const char *const suffixes[] = { "co.jp", "github.io", "go.th" };
	size_t i = name.n;

	while (i && name.p[i - 1] != '.')
		i--;
	for (size_t k = 0; k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
		if (span_is(name, suffixes[k]))
			return FORMATS_NAME_SUFFIX;
	}
	for (size_t k = 0; k < sizeof(tlds) / sizeof(tlds[0]); k++) {
		if (span_is((struct span){ name.p + i, name.n - i }, tlds[k]))
			return FORMATS_NAME_HOST;
	}
	return FORMATS_NAME_UNKNOWN;
}

static void find(struct span text, struct buf *b)
{
	ARENA_SCOPE struct arena *a = arena_new(256 << 20);
	static const char *const doubts[] = { "", " documentation", " private", " suffix", " file", " version", " sentence", " product", " reference" };
	struct formats_findings found;

	assert_int_equal(formats_extract(a, text, name_of, &found, NULL), ERR_OK);
	for (size_t i = 0; i < found.n; i++) {
		const struct formats_found *x = &found.v[i];
		assert_true(x->text.p >= text.p && x->text.p + x->text.n <= text.p + text.n);
		buf_addf(b, "%s %.*s%s%s\n", formats_sorts[x->sort].name, SPAN_ARG(x->value), x->defanged ? " defanged" : "", doubts[x->doubt]);
	}
}

struct example {
	const char *title, *text, *want;
};

static void check(const struct example *v, size_t n)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		find(span_of(v[i].text), &b);
		if (!span_is(buf_span(&b), v[i].want))
			print_message("# %s: %s\n", v[i].title, v[i].text);
		assert_string_equal(b.p ? b.p : "", v[i].want);
	}
	buf_release(&b);
}
#define CHECK(v) check(v, sizeof(v) / sizeof(v[0]))

static void values_in_english_prose(void **state)
{
	static const struct example v[] = {
		{ "all kinds",
			"The loader (MD5: D41D8CD98F00B204E9800998ECF8427E) calls http://bad.com:80/a.php?x=1, then 8.8.4.4 and bad.org; see CVE-2021-44228 and T1059.001. Mail: bob@bad.net.",
			"md5 d41d8cd98f00b204e9800998ecf8427e\nurl http://bad.com/a.php?x=1\nipv4 8.8.4.4\ndomain bad.org\ncve CVE-2021-44228\nattack T1059.001\nemail bob@bad.net\n" },
		{ "once each", "bad.com BAD.com bad.com.", "domain bad.com\n" },
		{ "closing signs", "(http://bad.com/a(b)c) <http://bad.com/d> \"http://bad.com/e\", [http://bad.com/f]. http://bad.com/g!",
			"url http://bad.com/a(b)c\nurl http://bad.com/d\nurl http://bad.com/e\nurl http://bad.com/f\nurl http://bad.com/g\n" },
		{ "networks and ports", "1.2.3.0/24, 1.2.3.4:8080, 2a00:1450::/32, [2a00:1450::1]:443", "ipv4 1.2.3.0/24\nipv4 1.2.3.4\nipv6 2a00:1450::/32\nipv6 2a00:1450::1\n" },
		{ "a path without a scheme", "bad.com/gate.php and bad.com/", "url http://bad.com/gate.php\ndomain bad.com\n" },
		{ "markup", "- bad.com\n* `bad.org`\n_bad.net_ |bad.info|\n", "domain bad.com\ndomain bad.org\ndomain bad.net\ndomain bad.info\n" },
		{ "names that begin with numbers", "1.2.evil.com, 1.2.3.4.bad.com, 4.3.2.1.Then", "domain 1.2.evil.com\ndomain 1.2.3.4.bad.com\nipv4 4.3.2.1\n" },
		{ "fingerprint", "JA4 t13d1516h2_8daaf6152771_b186095e22b6.", "ja4 t13d1516h2_8daaf6152771_b186095e22b6\n" },
		{ "word processors", "CVE\xE2\x80\x91"
				     "2021\xE2\x80\x91"
				     "44228 and bad\xE2\x80\x8B.com",
			"cve CVE-2021-44228 defanged\ndomain bad.com defanged\n" },
	};
	CHECK(v);
}

static void defanged_values(void **state)
{
	static const struct example v[] = {
		{ "URL", "hxxp://evil[.]example/a hXXps[:]//b[.]com h**p://c[.]com/ meow://d.com",
			"url http://evil.example/a defanged\nurl https://b.com/ defanged\nurl http://c.com/ defanged\nurl http://d.com/ defanged\n" },
		{ "addresses", "1.2.3[.]4, 5[.]6[.]7[.]8 and 9.10.11(.)12", "ipv4 1.2.3.4 defanged\nipv4 5.6.7.8 defanged\nipv4 9.10.11.12 defanged\n" },
		{ "dots", "evil(dot)example evil[dot]com b{.}com c [.] com d\\.com e[.com f.]com", "domain evil.example defanged documentation\ndomain evil.com defanged\ndomain b.com defanged\n"
												   "domain c.com defanged\ndomain d.com defanged\ndomain e.com defanged\ndomain f.com defanged\n" },
		{ "mail", "user[at]evil.example, b(at)c[.]com, d [at] e [dot] com",
			"email user@evil.example defanged documentation\nemail b@c.com defanged\nemail d@e.com defanged\n" },
		{ "ordinary words are no defanging", "meet me at noon dot com, in [3] or (.) see f(x).", "" },
		{ "full width", "evil\xEF\xBC\x8E"
				"com bad\xEF\xBC\xBB.\xEF\xBC\xBD"
				"com",
			"domain evil.com defanged\ndomain bad.com defanged\n" },
	};
	CHECK(v);
}

static void scripts_without_spaces(void **state)
{
	static const struct example v[] = {
		{ "Japanese", "通信先はevil.comです。また1.2.3.4（C2）とhttp://bad.com/aへ接続し、CVE-2021-44228を悪用する。T1059も。連絡先：bob@bad.orgまで",
			"domain evil.com\nipv4 1.2.3.4\nurl http://bad.com/a\ncve CVE-2021-44228\nattack T1059\nemail bob@bad.org\n" },
		{ "Thai", "มัลแวร์ติดต่อevil.comและ1.2.3.4จากนั้น", "domain evil.com\nipv4 1.2.3.4\n" },
		{ "Vietnamese", "máy chủ evil.com đã gửi tới 1.2.3.4, xem https://bad.com/tải", "domain evil.com\nipv4 1.2.3.4\nurl https://bad.com/t\n" },
		{ "a name in letters of Latin", "b\xC3\xBC"
						"cher.com and \xC3\xA9"
						"vil.com",
			"domain xn--bcher-kva.com\ndomain xn--vil-9la.com\n" },
		{ "a name in another script behind the slashes", "http://例え.jp/a", "url http://xn--r8jz45g.jp/a\n" },
		{ "MD5 in Japanese", "ハッシュ値d41d8cd98f00b204e9800998ecf8427eを", "md5 d41d8cd98f00b204e9800998ecf8427e\n" },
	};
	CHECK(v);
}

static void what_only_looks_like_a_value(void **state)
{
	static const struct example v[] = {
		{ "files", "run.sh, setup.zip, a.exe, main.py, C:\\temp\\x.com /usr/bin/y.com README.md", "domain run.sh file\ndomain setup.zip file\ndomain main.py file\ndomain x.com file\ndomain y.com file\ndomain readme.md file\n" },
		{ "a defanged one is meant", "setup[.]zip", "domain setup.zip defanged\n" },
		{ "suffixes", "co.jp and github.io, go.th", "domain co.jp suffix\ndomain github.io suffix\ndomain go.th suffix\n" },
		{ "private", "10.0.0.1, 192.168.1.1, 127.0.0.1, fe80::1:2:3, 198.51.100.7 host.local", "ipv4 10.0.0.1 private\nipv4 192.168.1.1 private\nipv4 127.0.0.1 private\nipv6 fe80::1:2:3 private\n"
												       "ipv4 198.51.100.7 documentation\ndomain host.local private\n" },
		{ "versions", "version 1.2.3.4, v5.6.7.8, Firefox/9.8.7.6, 1.2.3, 1.2.3.4.5", "ipv4 1.2.3.4 version\nipv4 9.8.7.6 version\n" },
		{ "sentences", "the end.In the middle.It is", "domain end.in sentence\ndomain middle.it sentence\n" },
		{ "code", "foo.bar(), std::vector, a::b, obj.info(), x.y.z, ASP.NET, 12:30:45, 2021-01-01", "domain asp.net product\n" },
		{ "numbers", "G2022 T9999 S1234567 CVE-20 CVE-2021-1 T1059x d41d8cd98f00b204e9800998ecf8427e0", "" },
		{ "sources are not defanged", "evil[.]com, see https://good.com/report", "domain evil.com defanged\nurl https://good.com/report reference\n" },
		{ "no such top-level domain", "foo.barbaz e.g. i.e. node.js", "" },
	};
	CHECK(v);
}

static void the_place_is_told(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct formats_findings found;

	assert_int_equal(formats_extract(a, SPAN("通信先\n  はevil[.]com, 1.2.3.4\nevil.com"), name_of, &found, NULL), ERR_OK);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].line, 2);
	assert_int_equal(found.v[0].column, 4);
	assert_true(span_is(found.v[0].text, "evil[.]com"));
	assert_int_equal(found.v[0].times, 2);
	assert_true(found.v[0].defanged);
	assert_int_equal(found.v[1].column, 16);
}

/* Texts made to be slow: the time a byte takes does not grow with them.  Counted in memory taken from the arena and in the fact that this test ends. */
static void hostile_texts_end(void **state)
{
	static const char *const units[] = { "a-", "a.", "1.", "a:", "1:", "[", "http://[", "x@", "(.)", "\xE4", "hxxp", "]", "://", "a_", "1.2.3.4", "\n" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = 1 << 20, k = strlen(units[i]);
		char *text = malloc(n);
		struct buf b;
		assert_non_null(text);
		for (size_t at = 0; at < n; at++)
			text[at] = units[i][at % k];
		buf_init(&b, 64 << 20);
		find((struct span){ text, n }, &b);
		buf_release(&b);
		free(text);
	}
}

static void a_text_beyond_the_bound_is_refused(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct formats_findings found;
	char *text = calloc(1, BOUND_PROSE_BYTES + 1);

	assert_non_null(text);
	assert_int_equal(formats_extract(a, (struct span){ text, BOUND_PROSE_BYTES + 1 }, NULL, &found, NULL), ERR_LIMIT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_in_english_prose),
		cmocka_unit_test(defanged_values),
		cmocka_unit_test(scripts_without_spaces),
		cmocka_unit_test(what_only_looks_like_a_value),
		cmocka_unit_test(the_place_is_told),
		cmocka_unit_test(hostile_texts_end),
		cmocka_unit_test(a_text_beyond_the_bound_is_refused),
	};

	return cmocka_run_group_tests_name("extract", tests, NULL, NULL);
}
