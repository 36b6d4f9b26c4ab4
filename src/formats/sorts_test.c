/* SPDX-License-Identifier: Apache-2.0 */
/* The short way gives what the long way gives; defanging is taken out wherever it stands. */
#include "util/test.h"
#include <stdio.h>
#include "formats/formats.h"

static void short_addresses_are_those_of_the_long_way(void **state)
{
	static const char *const texts[] = { "1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3.04", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1.2.3.4/0", "1.2.3.4/31", "1.2.3.4/32", "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/",
		"1.2.3./4", "1..2.3", ".1.2.3", "1.2.3.4/1/2", "1.2.3.4/1.", "00.0.0.0", "1.2.3.0", "1.2.3.00", "1.2.3.4 ", "" };
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct span quick = formats_normal(a, FORMATS_IPV4, span_of(texts[i])), slow = *texts[i] ? stix_value_normal(a, STIX_VALUE_IPV4, span_of(texts[i])) : (struct span){ NULL, 0 };
		if (!span_eq(quick, slow))
			print_message("# %s\n", texts[i]);
		assert_true(span_eq(quick, slow));
	}
	for (unsigned i = 0; i < 20000; i++) { /* all short texts of these letters, drawn by a fixed rule */
		static const char letters[] = "0129./";
		char text[16];
		unsigned v = i * 2654435761u, n = 7 + v % 6;
		for (unsigned k = 0; k < n; k++, v = v * 1103515245u + 12345)
			text[k] = letters[(v >> 16) % 6];
		struct span s = { text, n };
		assert_true(span_eq(formats_normal(a, FORMATS_IPV4, s), stix_value_normal(a, STIX_VALUE_IPV4, s)));
		arena_reset(a);
	}
}

static void every_way_of_defanging_is_known(void **state)
{
	static const char *const ways[][2] = {
		{ "hxxp://a.example", "http://a.example" },
		{ "HXXPS://a.example", "httpS://a.example" },
		{ "hxtp://a.example", "http://a.example" },
		{ "http://a.example", "http://a.example" },
		{ "h**ps://a.example", "https://a.example" },
		{ "fxp://a.example", "ftp://a.example" },
		{ "http[:]//a[.]example", "http://a.example" },
		{ "http[://]a.example", "http://a.example" },
		{ "http:[//]a.example", "http://a.example" },
		{ "a[.]b(.)c{.}d<.>e[dot]f(DOT)g{dot}h", "a.b.c.d.e.f.g.h" },
		{ "a [.] b [dot] c dot d", "a.b.c.d" },
		{ "u[at]a.example", "u@a.example" },
		{ "u (at) a.example", "u@a.example" },
		{ "a[.b.]c\\.d", "a.b.c.d" },
		{ "a\xEF\xBC\x8E"
		  "b\xE3\x80\x90.\xE3\x80\x91"
		  "c",
			"a.b.c" },
		{ "1[.]2[.]3[.]4[:]80", "1.2.3.4:80" },
		{ "hello hxxp", "hello hxxp" },
		{ "f(x).y", "f(x).y" },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct span plain = formats_refang(a, span_of(ways[i][0]));
		if (!span_is(plain, ways[i][1]))
			print_message("# %s: %.*s\n", ways[i][0], SPAN_ARG(plain));
		assert_true(span_is(plain, ways[i][1]));
	}
}

static void sorts_have_names_and_observables(void **state)
{
	for (int i = 0; i < FORMATS_SORTS; i++) {
		enum formats_sort back;
		assert_true(formats_sort_named(span_of(formats_sorts[i].name), &back));
		assert_int_equal(back, i);
		assert_true(!formats_sorts[i].observable || formats_sorts[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_addresses_are_those_of_the_long_way),
		cmocka_unit_test(every_way_of_defanging_is_known),
		cmocka_unit_test(sorts_have_names_and_observables),
	};

	return cmocka_run_group_tests_name("sorts", tests, NULL, NULL);
}
