/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/alloc.h"
#include "util/json_priv.h"

static void keys_that_stand_twice_are_found_wherever_they_are(void **state)
{
	static const struct {
		const char *text, *twice; /* NULL: unique */
	} rows[] = {
		{ "1", NULL },
		{ "{}", NULL },
		{ "{\"a\":1}", NULL },
		{ "{\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":2}]}", NULL },
		{ "{\"a\":1,\"a\":1}", "a" },
		{ "{\"\":1,\"\":2}", "" },
		{ "[1.5,18446744073709551615,-1,{\"x\":[{\"k\":1,\"l\":2,\"\\u006b\":3}]}]", "k" },
		{ "{\"abcd\":1,\"abce\":2,\"abcdabcd\":3,\"abcdXabcd\":4,\"abcdYabcd\":5,\"ab\":6,\"a\":7,\"abc\":8,\"acc\":9}", NULL },
		/* same length, first and last eight bytes: only the whole key tells */
		{ "{\"0123456789-X-0123456789\":1,\"0123456789-Y-0123456789\":2,\"0123456789-Z-0123456789\":3}", NULL },
		{ "{\"0123456789-X-0123456789\":1,\"0123456789-Y-0123456789\":2,\"0123456789-X-0123456789\":3}", "0123456789-X-0123456789" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_parser *p = json_parser_new(1000);
		struct json v;
		struct span twice = { NULL, 0 };
		assert_int_equal(json_parse(p, span_of(rows[i].text), false, &v, NULL), ERR_OK);
		assert_int_equal(json_unique_keys(v, &twice), !rows[i].twice);
		if (rows[i].twice)
			assert_true(twice.p && span_is(twice, rows[i].twice));
		json_parser_free(p);
	}
	assert_true(json_unique_keys((struct json){ NULL, 0 }, &(struct span){ NULL, 0 }));
}

/* An object of n members, its member `again` (if < n) named like its first. */
static void make_object(struct buf *b, int n, int again)
{
	buf_clear(b);
	for (int i = 0; i < n; i++)
		buf_addf(b, "%s\"key-%d\":%d", i ? "," : "{", i == again ? 0 : i, i);
	buf_addc(b, '}');
}

static void objects_of_any_size_are_checked(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	struct json_parser *p = json_parser_new(1 << 20);
	for (int n = 1; n < 2000; n = n < 70 ? n + 1 : n * 2)
		for (int again = n; again > 0; again = again > 5 ? again / 2 : again - 1) {
			struct json v;
			struct span twice;
			make_object(&b, n, again);
			assert_int_equal(json_parse(p, buf_span(&b), true, &v, NULL), ERR_OK);
			assert_int_equal(json_unique_keys(v, &twice), again == n);
			if (again < n)
				assert_true(span_is(twice, "key-0"));
		}
	struct json v;
	struct span twice = SPAN("x");
	make_object(&b, 100, 100);
	assert_int_equal(json_parse(p, buf_span(&b), true, &v, NULL), ERR_OK);
	util_alloc_fail_after(0);
	assert_false(json_unique_keys(v, &twice));
	assert_false(json_equal(v, v));
	util_alloc_fail_after(-1);
	assert_null(twice.p);
	assert_true(json_equal(v, v));
	json_parser_free(p);
}

static void equality_is_of_values(void **state)
{
	static const struct {
		bool equal;
		const char *a, *b;
	} rows[] = {
		{ true, "{\"a\":1,\"b\":[1,2]}", " {\"b\" : [1.0,2e0], \"a\":1 }" },
		{ true, "\"\\u0041\"", "\"A\"" },
		{ true, "null", "null" },
		{ true, "-0.0", "0" },
		{ true, "9007199254740992", "9007199254740992.0" },
		{ true, "9223372036854775808", "9223372036854775808.0" },
		{ false, "9007199254740993", "9007199254740992.0" },
		{ false, "9223372036854775807", "9223372036854775808.0" },
		{ false, "18446744073709551615", "18446744073709551616.0" },
		{ false, "-1", "18446744073709551615" },
		{ false, "1", "1.5" },
		{ false, "1", "\"1\"" },
		{ false, "true", "false" },
		{ false, "null", "false" },
		{ false, "[1,2]", "[2,1]" },
		{ false, "[1,2]", "[1,2,3]" },
		{ false, "[]", "{}" },
		{ false, "{\"a\":1}", "{\"b\":1}" },
		{ false, "{\"a\":1}", "{\"a\":1,\"b\":1}" },
		{ false, "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2}" },
		{ false, "{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[[]]}}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_parser *p = json_parser_new(1000), *q = json_parser_new(1000);
		struct json a, b;
		assert_int_equal(json_parse(p, span_of(rows[i].a), false, &a, NULL), ERR_OK);
		assert_int_equal(json_parse(q, span_of(rows[i].b), false, &b, NULL), ERR_OK);
		if (json_equal(a, b) != rows[i].equal || json_equal(b, a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
		assert_true(json_equal(a, a) && json_equal(b, b));
		json_parser_free(p);
		json_parser_free(q);
	}
}

/* json_priv.h says what the words of the tape are: they are, also in the simdjson installed here. */
static void the_tape_has_the_words_that_are_relied_on(void **state)
{
	struct json_parser *p = json_parser_new(1000);
	struct json v;
	assert_int_equal(json_parse(p, SPAN("{\"k\":[-5,18446744073709551615,0.5,true,false,null,\"str\"],\"e\":{}}"), false, &v, NULL), ERR_OK);
	const uint64_t *t = v.doc->tape;
	assert_int_equal(v.at, 1);
	static const char types[] = "r{\"[l-u-d-tfn\"]\"{}}r"; /* '-' for numbers' second words */
	double half = 0.5;
	uint64_t half_word;
	memcpy(&half_word, &half, 8);
	for (size_t i = 0; i < sizeof types - 1; i++)
		if (types[i] != '-')
			assert_int_equal((char)(t[i] >> 56), types[i]);
	assert_int_equal(json_payload(t[1]), UINT64_C(2) << 32 | 19);
	assert_int_equal(json_payload(t[3]), UINT64_C(7) << 32 | 15);
	assert_int_equal(json_payload(t[14]), 3);
	assert_int_equal(json_payload(t[16]), 18);
	assert_int_equal(json_payload(t[18]), 1);
	assert_int_equal((int64_t)t[5], -5);
	assert_true(t[7] == UINT64_MAX);
	assert_true(t[9] == half_word);
	struct span s = json_text_at(v.doc, 13);
	assert_true(span_is(s, "str"));
	assert_int_equal(s.p[3], '\0');
	assert_true(span_is(json_text_at(v.doc, 2), "k"));
	json_parser_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_stand_twice_are_found_wherever_they_are),
		cmocka_unit_test(objects_of_any_size_are_checked),
		cmocka_unit_test(equality_is_of_values),
		cmocka_unit_test(the_tape_has_the_words_that_are_relied_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
