/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: documents, walking, refusals with their places, limits, memory. */
#include "util/test.h"
#include "util/alloc.h"
#include "util/bounds.h"
#include "util/json.h"
#include <stdio.h>
#include <stdlib.h>

static struct json_parser *parser;

static struct json parsed(const char *text)
{
	struct json v = { NULL, 0 };
	struct fault f = { "", "" };
	enum err e = json_parse(parser, span_of(text), false, &v, &f);
	if (e)
		fail_msg("%s: %s: %s", text, f.where, f.what);
	return v;
}

static void values_have_their_types(void **state)
{
	static const struct {
		const char *text, *name;
		enum json_type type;
	} rows[] = {
		{ "null", "null", JSON_NULL },
		{ " true ", "true", JSON_TRUE },
		{ "false", "false", JSON_FALSE },
		{ "0", "integer", JSON_INT },
		{ "-9223372036854775808", "integer", JSON_INT },
		{ "9223372036854775807", "integer", JSON_INT },
		{ "9223372036854775808", "integer", JSON_UINT },
		{ "18446744073709551615", "integer", JSON_UINT },
		{ "1.0", "number", JSON_DOUBLE },
		{ "1e2", "number", JSON_DOUBLE },
		{ "\"x\"", "string", JSON_STRING },
		{ "[]", "array", JSON_ARRAY },
		{ "\n{}\r\n", "object", JSON_OBJECT },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json v = parsed(rows[i].text);
		assert_int_equal(json_type(v), rows[i].type);
		assert_string_equal(json_type_name(json_type(v)), rows[i].name);
	}
	assert_int_equal(json_type((struct json){ NULL, 0 }), JSON_NONE);
}

static void values_read_as_written(void **state)
{
	assert_true(json_int(parsed("-9223372036854775808")) == INT64_MIN);
	assert_true(json_number(parsed("18446744073709551615")) == 18446744073709551615.0);
	assert_true(json_number(parsed("-12")) == -12.0);
	assert_true(json_number(parsed("0.1")) == 0.1);
	struct span s = json_string(parsed("\"a\\u0000\\n\\u00e9\\ud83e\\udea2\""));
	assert_int_equal(s.n, 9);
	assert_memory_equal(s.p, "a\0\n\xc3\xa9\xf0\x9f\xaa\xa2", 10);
	assert_null(json_string_or_none(parsed("1")).p);
	assert_int_equal(json_string_or_none(parsed("\"xy\"")).n, 2);
}

static void objects_and_arrays_are_walked_in_order(void **state)
{
	struct json v = parsed("{\"a\":1,\"b\":[1.5,{\"x\":[]},\"s\",18446744073709551615],\"\":null,\"a\":2}");
	const char *keys[] = { "a", "b", "", "a" };
	size_t n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it); n++)
		assert_true(span_is(it.key, keys[n]));
	assert_int_equal(n, 4);
	assert_int_equal(json_count(v), 4);
	assert_int_equal(json_int(json_get(v, "a")), 1);
	struct json b = json_get(v, "b");
	assert_int_equal(json_count(b), 4);
	const enum json_type types[] = { JSON_DOUBLE, JSON_OBJECT, JSON_STRING, JSON_UINT };
	n = 0;
	for (struct json_iter it = json_iter(b); json_next(&it); n++)
		assert_int_equal(json_type(it.value), types[n]);
	assert_true(json_has(json_get(v, "")));
	assert_false(json_has(json_get(v, "c")));
	assert_false(json_has(json_get(b, "a")));
	struct json_iter none = json_iter(json_get(v, "c"));
	assert_false(json_next(&none));
	assert_int_equal(json_count(json_get(v, "a")), 0);
}

static void long_lists_are_counted_past_the_tapes_counter(void **state)
{
	const size_t n = 0xFFFFFF + 3;
	struct json_parser *big = json_parser_new(n * 2 + 10);
	BUF_SCOPE struct buf b;
	buf_init(&b, n * 2 + 10);
	buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++)
		buf_add(&b, i ? ",1" : "1", i ? 2 : 1);
	buf_addc(&b, ']');
	struct json v;
	assert_int_equal(json_parse(big, buf_span(&b), true, &v, NULL), ERR_OK);
	assert_int_equal(json_count(v), n);
	json_parser_free(big);
}

static void refusals_say_where_and_why(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
		{ "", "byte 0, line 1 column 1", "a value must be" },
		{ "  ", "byte 2,", "the text ends here" },
		{ "{\"a\":1,\n \"b\" 2}", "byte 13, line 2 column 6", "a ':' is missing: found '2'" },
		{ "{\"a\":1,}", "byte 7,", "name in double quotes" },
		{ "{a:1}", "byte 1,", "name in double quotes" },
		{ "[1,]", "byte 3,", "a value must be" },
		{ "[1 2]", "byte 3,", "a ',' or ']' is missing after an item: found '2'" },
		{ "{\"a\":1 \"b\":2}", "byte 7,", "a ',' or '}' is missing after a member" },
		{ "[1", "byte 2,", "the text ends here" },
		{ "[\"a]", "byte 1,", "not closed" },
		{ "{} {}", "byte 3,", "follows the end" },
		{ "\xEF\xBB\xBF{}", "byte 0,", "byte order mark" },
		{ "[01]", "byte 1,", "begin with a zero" },
		{ "[-]", "byte 2,", "needs a digit" },
		{ "[1.]", "byte 3,", "decimal point" },
		{ "[1e]", "byte 3,", "exponent" },
		{ "[18446744073709551616]", "byte 1,", "an integer must lie" },
		{ "[-9223372036854775809]", "byte 1,", "an integer must lie" },
		{ "[1e999]", "byte 1,", "a number must lie" },
		{ "[NaN]", "byte 1,", "a value must be" },
		{ "[tru]", "byte 1,", "a value must be" },
		{ "[\"\\x\"]", "byte 2,", "an escape" },
		{ "[\"\\u12G4\"]", "byte 2,", "four hexadecimal" },
		{ "[\"\\udc00\"]", "byte 2,", "low surrogate" },
		{ "[\"\\ud800x\"]", "byte 2,", "high surrogate" },
		{ "[\"\\ud800\\u0041\"]", "byte 2,", "high surrogate" },
		{ "[\"\t\"]", "byte 2,", "control character in a string must be written as an escape: found byte 0x09" },
		{ "[\"\xC0\xAF\"]", "byte 2,", "UTF-8" },
		{ "[\"\xED\xA0\x80\"]", "byte 2,", "UTF-8" },
		{ "[\"\xF4\x90\x80\x80\"]", "byte 2,", "UTF-8" },
		{ "[1]]", "byte 3,", "follows the end" },
		{ "[1}", "byte 2,", "a ',' or ']'" },
		{ "{\"a\":'b'}", "byte 5,", "a value must be" },
		{ "[1,/* */2]", "byte 3,", "a value must be" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json v;
		struct fault f = { "", "" };
		if (json_parse(parser, span_of(rows[i].text), false, &v, &f) != ERR_SYNTAX || !strstr(f.what, rows[i].what) ||
			strncmp(f.where, rows[i].where, strlen(rows[i].where)) != 0)
			fail_msg("%s gave %s: %s", rows[i].text, f.where, f.what);
	}
}

static void depth_is_limited(void **state)
{
	char text[1000];
	for (int depth = 1; depth < 200; depth++) {
		memset(text, '[', (size_t)depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', (size_t)depth);
		text[2 * depth + 1] = '\0';
		struct json v;
		struct fault f = { "", "" };
		enum err e = json_parse(parser, span_of(text), false, &v, &f);
		assert_int_equal(e, depth <= BOUND_JSON_DEPTH ? ERR_OK : ERR_LIMIT);
		if (e)
			assert_non_null(strstr(f.what, "64 levels"));
	}
}

static void size_is_limited(void **state)
{
	struct json_parser *small = json_parser_new(10);
	struct json v;
	struct fault f;
	assert_int_equal(json_parse(small, SPAN("[1,2,3,45]"), false, &v, &f), ERR_OK);
	assert_int_equal(json_parse(small, SPAN("[1,2,3,456]"), false, &v, &f), ERR_LIMIT);
	assert_string_equal(f.what, "the JSON text has 11 bytes, at most 10 are allowed");
	json_parser_free(small);
	json_parser_free(NULL);
}

static void reading_refuses_keys_that_stand_twice(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(100000);
	struct json v;
	struct fault f;
	assert_int_equal(json_read(a, SPAN("{\"a\":{\"b\":1},\"c\":{\"b\":2}}"), &v, &f), ERR_OK);
	struct json w;
	assert_int_equal(json_read(a, SPAN("{\"a\":[{\"b\":1,\"\\u0062\":2}]}"), &w, &f), ERR_SYNTAX);
	assert_non_null(strstr(f.what, "\"b\" stands twice"));
	assert_int_equal(json_int(json_get(json_get(v, "c"), "b")), 2); /* the first document still lives */
}

static void a_failing_allocation_is_reported_and_the_next_try_works(void **state)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"c\"}]}";
	bool done = false;
	for (long n = 0; !done; n++) {
		ARENA_SCOPE struct arena *a = arena_new(100000);
		struct json v;
		util_alloc_fail_after(n);
		enum err e = json_read(a, span_of(text), &v, NULL);
		util_alloc_fail_after(-1);
		done = e == ERR_OK;
		if (!done) {
			assert_int_equal(e, ERR_NOMEM);
			arena_reset(a);
			assert_int_equal(json_read(a, span_of(text), &v, NULL), ERR_OK);
		}
		assert_true(n < 20 && n + 2 > (long)done);
	}
}

static int start(void **state)
{
	parser = json_parser_new(1 << 20);
	return parser ? 0 : -1;
}

static int stop(void **state)
{
	json_parser_free(parser);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_their_types),
		cmocka_unit_test(values_read_as_written),
		cmocka_unit_test(objects_and_arrays_are_walked_in_order),
		cmocka_unit_test(long_lists_are_counted_past_the_tapes_counter),
		cmocka_unit_test(refusals_say_where_and_why),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(reading_refuses_keys_that_stand_twice),
		cmocka_unit_test(a_failing_allocation_is_reported_and_the_next_try_works),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
