/* SPDX-License-Identifier: Apache-2.0 */
/* Which values are on which warning list. */
#include "util/test.h"
#include "formats/warning.h"

static void values_are_found_on_their_lists(void **state)
{
	static const char *const lists[] = {
		"{\"name\":\"resolvers\",\"type\":\"cidr\",\"list\":[\"8.8.8.8\",\"9.9.9.0/24\",\"9.9.0.0/16\",\"2001:4860::/32\",\"nothing\"]}",
		"{\"name\":\"top\",\"type\":\"hostname\",\"list\":[\"Good.example\",\".dot.example\"]}",
		"{\"name\":\"exact\",\"type\":\"string\",\"list\":[\"just.example\",\"d41d8cd98f00b204e9800998ecf8427e\"]}",
		"{\"name\":\"parts\",\"type\":\"substring\",\"list\":[\"sinkhole\"]}",
		"{\"name\":\"patterns\",\"type\":\"regex\",\"list\":[\"/a/\"]}",
	};
	static const struct {
		enum formats_sort sort;
		const char *value, *list;
	} cases[] = {
		{ FORMATS_IPV4, "8.8.8.8", "resolvers" },
		{ FORMATS_IPV4, "8.8.8.9", NULL },
		{ FORMATS_IPV4, "8.8.8.0/24", "resolvers" }, /* around a listed one */
		{ FORMATS_IPV4, "9.9.9.9", "resolvers" },
		{ FORMATS_IPV4, "9.9.255.255", "resolvers" },
		{ FORMATS_IPV4, "9.10.0.0", NULL },
		{ FORMATS_IPV4, "9.8.255.255", NULL },
		{ FORMATS_IPV6, "2001:4860::8888", "resolvers" },
		{ FORMATS_IPV6, "2001:4861::", NULL },
		{ FORMATS_DOMAIN, "good.example", "top" },
		{ FORMATS_DOMAIN, "www.good.example", "top" },
		{ FORMATS_DOMAIN, "notgood.example", NULL },
		{ FORMATS_DOMAIN, "good.example.evil.example", NULL },
		{ FORMATS_DOMAIN, "a.dot.example", "top" },
		{ FORMATS_DOMAIN, "just.example", "exact" },
		{ FORMATS_DOMAIN, "a.just.example", NULL },
		{ FORMATS_MD5, "d41d8cd98f00b204e9800998ecf8427e", "exact" },
		{ FORMATS_URL, "http://good.example/bad", NULL },
		{ FORMATS_DOMAIN, "my-sinkhole.example", "parts" },
	};
	struct formats_warnings *w = formats_warnings_new();
	uint64_t unread = 0;

	assert_null(formats_warnings_find(w, FORMATS_IPV4, SPAN("8.8.8.8")));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(formats_warnings_add(w, span_of(lists[i]), &unread, NULL), ERR_OK);
	assert_int_equal(unread, 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *list = formats_warnings_find(w, cases[i].sort, span_of(cases[i].value));
		if (!list != !cases[i].list)
			print_message("# %s\n", cases[i].value);
		assert_true(cases[i].list ? list && strcmp(list, cases[i].list) == 0 : !list);
	}
	assert_int_equal(formats_warnings_add(w, SPAN("{\"type\":\"colours\",\"list\":[]}"), &unread, NULL), ERR_INVALID);
	assert_int_equal(formats_warnings_add(w, SPAN("["), &unread, NULL), ERR_SYNTAX);
	formats_warnings_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values_are_found_on_their_lists) };

	return cmocka_run_group_tests_name("warning", tests, NULL, NULL);
}
