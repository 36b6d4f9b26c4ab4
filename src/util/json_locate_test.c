/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/json.h"

static const char text[] =
	"{\n"
	"  \"a\": 1,\n"
	"  \"objects\": [ {\"name\": \"x, ]}\\\"\" },\n"
	"\t{ \"name\" : [1, [2, 3]], \"x.y\": {\"z\":true}, \"last\":null }\n"
	"  ]\n"
	"}";

static void paths_lead_to_line_and_column(void **state)
{
	static const struct {
		const char *path;
		size_t line, column; /* line 0: not there */
	} rows[] = {
		{ "", 1, 1 },
		{ "a", 2, 8 },
		{ "objects", 3, 14 },
		{ "objects[0]", 3, 16 },
		{ "objects[0].name", 3, 25 },
		{ "objects[1]", 4, 2 },
		{ "objects[1].name[1][1]", 4, 21 },
		{ "objects[1].x.y", 4, 33 },
		{ "objects[1].x.y.z", 4, 38 },
		{ "objects[1].last", 4, 52 },
		{ "objects[2]", 0, 0 },
		{ "objects[x]", 0, 0 },
		{ "objects[0", 0, 0 },
		{ "objects[99999999999999999999999999]", 0, 0 },
		{ "objects.a", 0, 0 },
		{ "b", 0, 0 },
		{ "a.b", 0, 0 },
		{ "a[0]", 0, 0 },
		{ "obj", 0, 0 },
		{ "objectsX", 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t line = 0, column = 0;
		bool found = json_locate(span_of(text), rows[i].path, &line, &column);
		if (found != (rows[i].line > 0) || line != rows[i].line || column != rows[i].column)
			fail_msg("%s: line %zu column %zu", rows[i].path, line, column);
	}
}

static void broken_texts_end_the_search(void **state)
{
	for (size_t n = 0; n < sizeof text; n++) {
		char *cut = test_malloc(n + 1);
		memcpy(cut, text, n);
		size_t line, column;
		json_locate((struct span){ cut, n }, "objects[1].last", &line, &column);
		json_locate((struct span){ cut, n }, "objects[7]", &line, &column);
		test_free(cut);
	}
	size_t line, column;
	assert_false(json_locate(SPAN("]]]]"), "a", &line, &column));
	assert_false(json_locate(SPAN("{\"a\":\"\\"), "b", &line, &column));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_line_and_column),
		cmocka_unit_test(broken_texts_end_the_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
