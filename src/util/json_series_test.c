/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/bounds.h"
#include "util/json.h"
#include <stdio.h>
#include <stdlib.h>

static struct json_parser *parser;

/* What the series gives, each in <>, !<> for what is no JSON; then what ended it.  The byte behind the text is `behind`, and memory ends BUF_SLACK bytes after it. */
static void series(const char *text, char separator, char behind, char *got, size_t room)
{
	size_t n = strlen(text), at = 0;
	char *copy = calloc(1, n + BUF_SLACK);
	struct fault f = { "", "" };
	struct span raw;
	struct json v;
	memcpy(copy, text, n);
	copy[n] = behind;
	enum err e = json_series(parser, (struct span){ copy, n }, separator, &f);
	while (e == ERR_OK) {
		e = json_series_next(parser, &raw, &v, &f);
		if (e == ERR_OK || e == ERR_SYNTAX)
			at += (size_t)snprintf(got + at, room - at, "%s<%.*s>", e ? "!" : "", SPAN_ARG(raw));
		assert_true(e != ERR_OK || json_is(v, JSON_OBJECT));
		e = e == ERR_SYNTAX ? ERR_OK : e;
	}
	snprintf(got + at, room - at, " %s", err_name(e));
	free(copy);
}

static void test_rows(void **state)
{
	static const struct {
		const char *text;
		char separator, behind;
		const char *want;
	} rows[] = {
		{ "{\"a\":1}, {\"b\":[{}]},{}", ',', ' ', "<{\"a\":1}><{\"b\":[{}]}><{}> not-found" },
		{ "{\"a\":1}\n{\"b\":2}{}", 0, '{', "<{\"a\":1}><{\"b\":2}><{}> not-found" },
		{ "{\"a\":1} {\"b\":2}", ',', ',', "<{\"a\":1}> not-found" },
		{ "{\"a\":1},{\"b\":[1,{\"c\":", ',', ',', "<{\"a\":1}> not-found" },
		{ "{\"a\":1},{\"b\":[1,{\"c\":2}", ',', '{', "<{\"a\":1}> not-found" },
		{ "{\"a\":1},{\"b\":[[[[", ',', '{', "<{\"a\":1}> not-found" },
		{ "{\"a\":1},{\"b\":tru},{\"c\":3}", ',', 0, "<{\"a\":1}>!<{\"b\":tru}><{\"c\":3}> not-found" },
		{ "{\"a\":1},{\"b\":[2}},{\"c\":3}", ',', 0, "<{\"a\":1}>!<{\"b\":[2}}><{\"c\":3}> not-found" },
		{ "{\"a\":1},5,{}", ',', 0, "<{\"a\":1}> not-found" },
		{ "[1]", ',', 0, " not-found" },
		{ "}{", ',', 0, " not-found" },
		{ ",{}", ',', 0, " not-found" },
		{ "{\"a\":\"b", ',', 0, " syntax" },
		{ "{\"a\":\"\xff\"}", ',', 0, " syntax" },
		{ "{\"a\":\"\x01\"}", ',', 0, " syntax" },
		{ "{}", ',', ']', " invalid" },
		{ "{}", ',', '}', " invalid" },
		{ "{\"a\":1", ',', '2', " invalid" },
		{ "", ',', 0, " syntax" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[256] = "";
		series(rows[i].text, rows[i].separator, rows[i].behind, got, sizeof got);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].text, got, rows[i].want);
	}
}

/* However a text is cut, what is given is whole objects of it, in order. */
static void test_cuts(void **state)
{
	static const char text[] = "{\"type\":\"a\",\"b\":[1,{\"c\":\"},{\"}],\"d\":null},{\"e\":-1.5e3,\"f\":true},{\"g\":{\"h\":{}}}";
	static const char ends[] = { 0, ' ', '\n', ',', '{' };
	for (size_t n = 1; n < sizeof text; n++) {
		for (size_t k = 0; k < sizeof ends; k++) {
			char cut[sizeof text], got[512] = "";
			memcpy(cut, text, n);
			cut[n] = 0;
			series(cut, ',', ends[k], got, sizeof got);
			assert_null(strchr(got, '!'));
			for (const char *p = got, *from = text; (p = strchr(p, '<')); p++) {
				const char *end = strchr(p, '>');
				assert_true(strncmp(from + (from > text), p + 1, (size_t)(end - p - 1)) == 0);
				from += (from > text) + (end - p - 1);
			}
		}
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
		{ "objects one behind the other are given one by one", test_rows, NULL, NULL, NULL },
		{ "a text cut anywhere gives its whole objects", test_cuts, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
