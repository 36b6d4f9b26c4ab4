/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/alloc.h"
#include "util/json.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void pieces_make_a_text(void **state)
{
	for (unsigned indent = 0; indent <= 2; indent += 2) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 10000);
		struct json_out o = json_out(&b);
		o.indent = indent;
		json_open(&o, '{');
		json_kstr(&o, "s", "x");
		json_kstr(&o, "none", NULL);
		json_kint(&o, "i", INT64_MIN);
		json_kbool(&o, "t", true);
		json_key(&o, "list");
		json_open(&o, '[');
		json_put_double(&o, 0.1);
		json_put_double(&o, -0.0);
		json_open(&o, '[');
		json_close(&o, ']');
		json_put_raw(&o, SPAN("{\"raw\":1}"));
		json_put_null(&o);
		json_close(&o, ']');
		json_key_span(&o, SPAN("k\"\n"));
		json_open(&o, '{');
		json_close(&o, '}');
		json_close(&o, '}');
		assert_string_equal(b.p, indent == 0 ? "{\"s\":\"x\",\"none\":null,\"i\":-9223372036854775808,\"t\":true,"
						       "\"list\":[0.1,-0.0,[],{\"raw\":1},null],\"k\\\"\\n\":{}}"
						     : "{\n  \"s\": \"x\",\n  \"none\": null,\n  \"i\": -9223372036854775808,\n  \"t\": true,\n"
						       "  \"list\": [\n    0.1,\n    -0.0,\n    [],\n    {\"raw\":1},\n    null\n  ],\n  \"k\\\"\\n\": {}\n}");
	}
}

static void strings_are_escaped_and_made_valid(void **state)
{
	static const struct {
		struct span in;
		const char *out;
	} rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { "\"\\/", 3 }, "\"\\\"\\\\/\"" },
		{ { "\b\t\n\v\f\r\x1f\x7f", 8 }, "\"\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"" },
		{ { "a\0b", 3 }, "\"a\\u0000b\"" },
		{ { "脅威 é 🪢", 14 }, "\"脅威 é 🪢\"" },
		{ { "x\xffy", 3 }, "\"x\xEF\xBF\xBDy\"" },
		{ { "\xE8\x84", 2 }, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ { "\xED\xA0\x80", 3 }, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1000);
		struct json_out o = json_out(&b);
		json_put_string(&o, rows[i].in);
		assert_string_equal(b.p, rows[i].out);
	}
}

static struct json parsed(struct arena *a, struct span text)
{
	struct json v = { NULL, 0 };
	struct fault f = { "", "" };
	if (json_read(a, text, &v, &f))
		fail_msg("%.*s: %s", SPAN_ARG(text), f.what);
	return v;
}

static void a_read_value_is_written_again(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	BUF_SCOPE struct buf b;
	buf_init(&b, 10000);
	struct json v = parsed(a, SPAN("{ \"b\" : [ 1 , -2.50, 18446744073709551615, [ ], {} ], \"a\" : \"\\u0041\", \"c\":[true,false,null]}"));
	struct json_out o = json_out(&b);
	json_put(&o, v);
	assert_string_equal(b.p, "{\"b\":[1,-2.5,18446744073709551615,[],{}],\"a\":\"A\",\"c\":[true,false,null]}");
	buf_clear(&b);
	o = json_out(&b);
	o.indent = 1;
	json_open(&o, '[');
	json_put(&o, json_get(v, "b"));
	json_put_int(&o, 7);
	json_close(&o, ']');
	assert_string_equal(b.p, "[\n [\n  1,\n  -2.5,\n  18446744073709551615,\n  [],\n  {}\n ],\n 7\n]");
}

/* RFC 8785 appendix B, and powers of two whose closest 16 digits do not read back. */
static void doubles_are_written_as_ecmascript_does(void **state)
{
	static const struct {
		uint64_t bits;
		const char *text;
	} rows[] = {
		{ 0x0000000000000000, "0" },
		{ 0x8000000000000000, "0" },
		{ 0x0000000000000001, "5e-324" },
		{ 0x8000000000000001, "-5e-324" },
		{ 0x7fefffffffffffff, "1.7976931348623157e+308" },
		{ 0xffefffffffffffff, "-1.7976931348623157e+308" },
		{ 0x4340000000000000, "9007199254740992" },
		{ 0xc340000000000000, "-9007199254740992" },
		{ 0x4430000000000000, "295147905179352830000" },
		{ 0x44b52d02c7e14af5, "9.999999999999997e+22" },
		{ 0x44b52d02c7e14af6, "1e+23" },
		{ 0x44b52d02c7e14af7, "1.0000000000000001e+23" },
		{ 0x444b1ae4d6e2ef4e, "999999999999999700000" },
		{ 0x444b1ae4d6e2ef4f, "999999999999999900000" },
		{ 0x444b1ae4d6e2ef50, "1e+21" },
		{ 0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7" },
		{ 0x3eb0c6f7a0b5ed8d, "0.000001" },
		{ 0x41b3de4355555553, "333333333.3333332" },
		{ 0x41b3de4355555554, "333333333.33333325" },
		{ 0x41b3de4355555555, "333333333.3333333" },
		{ 0x41b3de4355555556, "333333333.3333334" },
		{ 0x41b3de4355555557, "333333333.33333343" },
		{ 0xbecbf647612f3696, "-0.0000033333333333333333" },
		{ 0x43143ff3c1cb0959, "1424953923781206.2" },
		{ 0x3d30000000000000, "5.684341886080802e-14" },
		{ 0x4024000000000000, "10" },
		{ 0xc05edd2f1a9fbe77, "-123.456" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 16);
		BUF_SCOPE struct buf plain, canonical;
		buf_init(&plain, 100);
		buf_init(&canonical, 100);
		double d;
		memcpy(&d, &rows[i].bits, 8);
		struct json_out o = json_out(&plain);
		json_put_double(&o, d);
		assert_true(strtod(plain.p, NULL) == d);
		if (!strpbrk(plain.p, ".e"))
			buf_adds(&plain, ".0"); /* so that it is read as a double */
		assert_int_equal(json_canonical(parsed(a, buf_span(&plain)), &canonical, NULL), ERR_OK);
		assert_string_equal(canonical.p, rows[i].text);
	}
}

static void many_doubles_read_back_the_same(void **state)
{
	struct json_parser *p = json_parser_new(1000);
	uint64_t bits = 88172645463325252;
	for (int i = 0; i < 20000; i++) {
		bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
		double d;
		memcpy(&d, &bits, 8);
		if (i % 2)
			d = (double)(int64_t)bits * 20; /* around where integers end */
		if ((bits >> 52 & 0x7FF) == 0x7FF)
			continue;
		BUF_SCOPE struct buf b;
		buf_init(&b, 100);
		struct json_out o = json_out(&b);
		json_put_double(&o, d);
		assert_true(strtod(b.p, NULL) == d && b.n <= 25);
		struct json v;
		assert_int_equal(json_parse(p, buf_span(&b), true, &v, NULL), ERR_OK);
		assert_true(json_number(v) == d);
	}
	json_parser_free(p);
}

static void canonical_form_is_that_of_rfc_8785(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ " { \"b\" : 1.0, \"a\" : [ true , \"\\u20ac\\u000F\\n\\/\" ] } ", "{\"a\":[true,\"€\\u000f\\n/\"],\"b\":1}" },
		{ "[56,{\"d\":true,\"10\":null,\"1\":[]}]", "[56,{\"1\":[],\"10\":null,\"d\":true}]" },
		/* UTF-16 order: the surrogates of U+1F600 sort before U+FB33, which UTF-8 puts first */
		{ "{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\\r\":4,\"1\":5,\"\\u0080\":6,\"\\u00f6\":7,\"\":8}",
			"{\"\":8,\"\\r\":4,\"1\":5,\"\xc2\x80\":6,\"ö\":7,\"€\":3,\"😀\":2,\"\xef\xac\xb3\":1}" },
		{ "[1E30,4.50,2e-3,0.000000000000000000000000001,-0,-0.0,9007199254740992,-9007199254740992]",
			"[1e+30,4.5,0.002,1e-27,0,0,9007199254740992,-9007199254740992]" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		BUF_SCOPE struct buf b;
		buf_init(&b, 10000);
		assert_int_equal(json_canonical(parsed(a, span_of(rows[i].in)), &b, NULL), ERR_OK);
		assert_string_equal(b.p, rows[i].out);
	}
}

static void what_canonical_form_cannot_hold_is_refused(void **state)
{
	static const char *const rows[] = { "9007199254740993", "[-9007199254740993]", "{\"a\":18446744073709551615}", "{\"a\":1,\"b\":2,\"a\":3}" };
	struct json_parser *p = json_parser_new(1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1000);
		struct json v;
		struct fault f = { "", "" };
		assert_int_equal(json_parse(p, span_of(rows[i]), false, &v, &f), ERR_OK);
		assert_int_equal(json_canonical(v, &b, &f), ERR_INVALID);
		assert_true(strlen(f.what) > 20);
	}
	BUF_SCOPE struct buf small;
	buf_init(&small, 3);
	struct json v;
	assert_int_equal(json_parse(p, SPAN("[1,2,3]"), false, &v, NULL), ERR_OK);
	assert_int_equal(json_canonical(v, &small, NULL), ERR_LIMIT);
	util_alloc_fail_after(0);
	BUF_SCOPE struct buf none;
	buf_init(&none, 100);
	assert_int_equal(json_canonical(v, &none, NULL), ERR_NOMEM);
	util_alloc_fail_after(-1);
	json_parser_free(p);
}

static struct span read_file(struct arena *a, const char *dir, const char *name)
{
	char path[1000];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	char *p = arena_alloc(a, 1 << 16);
	size_t n = fread(p, 1, 1 << 16, in);
	fclose(in);
	return (struct span){ p, n };
}

/* The published test data, where it lies beside the source tree. */
static void the_published_test_data_comes_out_byte_for_byte(void **state)
{
	char in[900], out[900];
	const char *source = getenv("MUSUBI_SOURCE");
	snprintf(in, sizeof in, "%s/../shared/data/jcs/testdata/input", source ? source : ".");
	snprintf(out, sizeof out, "%s/../shared/data/jcs/testdata/output", source ? source : ".");
	DIR *dir = opendir(in);
	if (!dir)
		skip();
	int files = 0;
	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		BUF_SCOPE struct buf b;
		buf_init(&b, 1 << 16);
		assert_int_equal(json_canonical(parsed(a, read_file(a, in, d->d_name)), &b, NULL), ERR_OK);
		struct span expect = read_file(a, out, d->d_name);
		if (!span_eq(buf_span(&b), expect))
			fail_msg("%s: %s", d->d_name, b.p);
		files++;
	}
	closedir(dir);
	assert_true(files >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_a_text),
		cmocka_unit_test(strings_are_escaped_and_made_valid),
		cmocka_unit_test(a_read_value_is_written_again),
		cmocka_unit_test(doubles_are_written_as_ecmascript_does),
		cmocka_unit_test(many_doubles_read_back_the_same),
		cmocka_unit_test(canonical_form_is_that_of_rfc_8785),
		cmocka_unit_test(what_canonical_form_cannot_hold_is_refused),
		cmocka_unit_test(the_published_test_data_comes_out_byte_for_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
