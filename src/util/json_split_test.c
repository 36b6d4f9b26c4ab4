/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/alloc.h"
#include "util/bounds.h"
#include "util/json.h"
#include <stdio.h>
#include <stdlib.h>

static struct json_parser *parser;

struct seen {
	struct buf text;
	size_t stop; /* the callback that refuses, counted from 1 */
	size_t calls;
};

static enum err called(struct seen *s)
{
	return ++s->calls == s->stop ? ERR_DENIED : ERR_OK;
}

static enum err member(void *ctx, struct span key, struct span raw)
{
	struct seen *s = ctx;
	buf_addf(&s->text, "<%.*s=%.*s>", SPAN_ARG(key), SPAN_ARG(raw));
	return called(s);
}

static enum err item(void *ctx, size_t index, struct span raw)
{
	struct seen *s = ctx;
	buf_addf(&s->text, "<%zu:%.*s>", index, SPAN_ARG(raw));
	return called(s);
}

/* The text ends exactly BUF_SLACK bytes before its memory does: a sanitizer sees one byte too far. */
static enum err split(const char *text, size_t n, struct seen *s, struct fault *f)
{
	char *copy = calloc(1, n + BUF_SLACK);
	memcpy(copy, text, n);
	buf_init(&s->text, 1 << 20);
	s->calls = 0;
	const struct json_split to = { .list = "objects", .member = member, .item = item, .ctx = s };
	enum err e = json_split(parser, (struct span){ copy, n }, &to, f);
	free(copy);
	return e;
}

static void members_and_items_come_with_exactly_their_bytes(void **state)
{
	static const struct {
		const char *text, *expect;
	} rows[] = {
		{ "{}", "" },
		{ " { } ", "" },
		{ "{\"a\":1}", "<a=1>" },
		{ "{ \"a\" : 1.50 , \"b\":\"x, ]}\" }", "<a=1.50><b=\"x, ]}\">" },
		{ "{\"a\":{\"objects\":[1]},\"b\":[{}, [] ]}", "<a={\"objects\":[1]}><b=[{}, [] ]>" },
		{ "{\"type\":\"bundle\",\"objects\":[ {\"id\": 1 } ,\n\t{\"x\":[1,{}]}\r\n],\"more\":true}", "<type=\"bundle\"><0:{\"id\": 1 }><1:{\"x\":[1,{}]}><more=true>" },
		{ "{\"objects\":[]}", "" },
		{ "{\"objects\":[1 , \"a\\\" \" , null]}", "<0:1><1:\"a\\\" \"><2:null>" },
		{ "{\"objects\":{\"a\":1}}", "<objects={\"a\":1}>" },
		{ "{\"obj\\u0065cts\":[7]}", "<0:7>" },
		{ "{\"\\u0061\\\"\":7}", "<a\"=7>" },
		{ "{\"\":-1}", "<=-1>" },
		{ "{\"a\":tru}", "<a=tru>" }, /* balanced, not yet checked */
		{ "{\"a\":1\"x\"}", "<a=1\"x\">" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen s = { .stop = 0 };
		struct fault f = { "", "" };
		enum err e = split(rows[i].text, strlen(rows[i].text), &s, &f);
		if (e || !span_is(buf_span(&s.text), rows[i].expect))
			fail_msg("%s gave %s (%s: %s)", rows[i].text, buf_span(&s.text).p, f.where, f.what);
		buf_release(&s.text);
	}
}

static void broken_structure_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
		{ "", "byte 0,", "a value must be" },
		{ "[]", "byte 0,", "must be a JSON object" },
		{ "1", "byte 0,", "must be a JSON object" },
		{ "{", "byte 1,", "name in double quotes" },
		{ "{\"a\"", "byte 4,", "':'" },
		{ "{\"a\":", "byte 5,", "ends before" },
		{ "{\"a\":}", "byte 5,", "closes what it did not open" },
		{ "{\"a\":,}", "byte 5,", "a value is missing" },
		{ "{\"a\":1", "byte 6,", "',' or '}'" },
		{ "{\"a\":1,}", "byte 7,", "name in double quotes" },
		{ "{\"a\" 1}", "byte 5,", "':'" },
		{ "{\"a\":1 2}", "byte 7,", "',' or '}'" },
		{ "{\"a\"x:1}", "byte 4,", "':'" },
		{ "{a:1}", "byte 1,", "name in double quotes" },
		{ "{\"a\":[1}", "byte 7,", "closes what it did not open" },
		{ "{\"a\":[1", "byte 7,", "ends before" },
		{ "{\"objects\":[1,]}", "byte 14,", "closes what it did not open" },
		{ "{\"objects\":[1", "byte 13,", "',' or ']'" },
		{ "{\"objects\":[1 2]}", "byte 14,", "',' or ']'" },
		{ "{\"objects\":[1]", "byte 14,", "',' or '}'" },
		{ "{\"a\":\"b}", "byte 5,", "not closed" },
		{ "{\"a\":\"\xff\"}", "byte 6,", "UTF-8" },
		{ "{\"a\\x\":1}", "byte 1,", "escape" },
		{ "{} x", "byte 3,", "follows the end" },
		{ "{}}", "byte 2,", "follows the end" },
		{ "{}{}", "byte 2,", "follows the end" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen s = { .stop = 0 };
		struct fault f = { "", "" };
		enum err e = split(rows[i].text, strlen(rows[i].text), &s, &f);
		if (e != ERR_SYNTAX || strncmp(f.where, rows[i].where, strlen(rows[i].where)) != 0 || !strstr(f.what, rows[i].what))
			fail_msg("%s gave %s: %s", rows[i].text, f.where, f.what);
		buf_release(&s.text);
	}
}

static void every_beginning_of_a_text_is_refused(void **state)
{
	static const char text[] = "{\"a\\u0041\":[1,{\"b\":\"\\\\\"}], \"objects\":[ {\"c\":null} ,[true]], \"d\":-1.5e3 }";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct seen s = { .stop = 0 };
		assert_int_equal(split(text, n, &s, NULL), ERR_SYNTAX);
		buf_release(&s.text);
	}
}

static void a_callbacks_answer_ends_the_walk_and_is_returned(void **state)
{
	static const char text[] = "{\"a\":1,\"objects\":[1,2,3],\"b\":2}";
	for (size_t stop = 1; stop <= 5; stop++) {
		struct seen s = { .stop = stop };
		assert_int_equal(split(text, sizeof text - 1, &s, NULL), ERR_DENIED);
		assert_int_equal(s.calls, stop);
		buf_release(&s.text);
	}
}

static void depth_counts_the_envelope_apart_from_the_items(void **state)
{
	for (size_t depth = 1; depth < 200; depth++) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 10000);
		buf_adds(&b, "{\"objects\":[");
		for (size_t i = 0; i < depth; i++)
			buf_addc(&b, '[');
		for (size_t i = 0; i < depth; i++)
			buf_addc(&b, ']');
		buf_adds(&b, "]}");
		struct seen s = { .stop = 0 };
		enum err e = split(b.p, b.n, &s, NULL);
		if (depth <= BOUND_JSON_DEPTH)
			assert_int_equal(e, ERR_OK);
		if (depth > BOUND_JSON_DEPTH + 2)
			assert_int_equal(e, ERR_LIMIT);
		buf_release(&s.text);
	}
}

static enum err parse_item(void *ctx, size_t index, struct span raw)
{
	struct json v;
	struct json_parser *p = ctx;
	enum err e = json_parse(p, raw, true, &v, NULL);
	if (!e)
		assert_int_equal(json_int(json_get(v, "n")), index);
	return e;
}

static void a_callback_may_parse_with_the_same_parser(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "{\"objects\":[");
	for (int i = 0; i < 5000; i++)
		buf_addf(&b, "%s{\"n\":%d,\"pad\":\"%0*d\"}", i ? "," : "", i, 1 + i % 97, i);
	buf_adds(&b, "]}");
	struct json_parser *p = json_parser_new(1 << 20);
	const struct json_split to = { .list = "objects", .item = parse_item, .ctx = p };
	struct fault f = { "", "" };
	assert_int_equal(json_split(p, buf_span(&b), &to, &f), ERR_OK);
	json_parser_free(p);
}

static void failing_allocations_are_reported(void **state)
{
	static const char text[] = "{\"\\u0041\":1,\"objects\":[1]}";
	bool done = false;
	long n = 0;
	for (; !done; n++) {
		struct json_parser *p = json_parser_new(1000);
		char copy[sizeof text + BUF_SLACK] = { 0 };
		memcpy(copy, text, sizeof text);
		const struct json_split to = { .list = "objects", .item = item, .ctx = &(struct seen){ .stop = 0 } };
		util_alloc_fail_after(n);
		enum err e = json_split(p, (struct span){ copy, sizeof text - 1 }, &to, NULL);
		util_alloc_fail_after(-1);
		buf_release(&((struct seen *)to.ctx)->text);
		done = e == ERR_OK;
		if (!done)
			assert_int_equal(e, ERR_NOMEM);
		json_parser_free(p);
	}
	assert_in_range(n, 4, 20);
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
		cmocka_unit_test(members_and_items_come_with_exactly_their_bytes),
		cmocka_unit_test(broken_structure_is_refused_with_its_place),
		cmocka_unit_test(every_beginning_of_a_text_is_refused),
		cmocka_unit_test(a_callbacks_answer_ends_the_walk_and_is_returned),
		cmocka_unit_test(depth_counts_the_envelope_apart_from_the_items),
		cmocka_unit_test(a_callback_may_parse_with_the_same_parser),
		cmocka_unit_test(failing_allocations_are_reported),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
