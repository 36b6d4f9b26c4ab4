/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/timestamp.h"
#include <stdio.h>
#include <time.h>

static void valid_texts_give_their_moment(void **state)
{
	static const struct {
		const char *text;
		int64_t us, ns;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1970-01-01T00:00:00.000001Z", 1, 1000 },
		{ "1969-12-31T23:59:59.999999999Z", -1, -1 },
		{ "2000-02-29T12:00:00.5Z", INT64_C(951825600500000), INT64_C(951825600500000000) },
		{ "2026-11-22T09:30:00.123456789Z", INT64_C(1795339800123456), INT64_C(1795339800123456789) },
		{ "2026-11-22T09:30:00.123456789123456789Z", INT64_C(1795339800123456), INT64_C(1795339800123456789) },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800000000), INT64_MIN },
		{ "9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), INT64_MAX },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct timestamp t;
		int64_t ns;
		assert_int_equal(timestamp_parse(span_of(rows[i].text), &t, NULL), ERR_OK);
		assert_int_equal(t.us, rows[i].us);
		assert_int_equal(timestamp_parse_ns(span_of(rows[i].text), &ns, NULL), ERR_OK);
		assert_int_equal(ns, rows[i].ns);
	}
}

static void anything_else_is_refused_with_a_reason(void **state)
{
	static const char *const rows[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T09:30:00",
		"2026-11-22t09:30:00Z",
		"2026-11-22T09:30:00z",
		"2026-11-22 09:30:00Z",
		"2026-11-22T09:30:00+00:00",
		"2026-11-22T09:30:00.Z",
		"2026-11-22T09:30:00,5Z",
		"2026-11-22T09:30:00.5",
		"2026-11-22T09:30:00.5xZ",
		"2026-11-22T09:30:60Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T09:60:00Z",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"0000-01-01T00:00:00Z",
		"+026-01-01T00:00:00Z",
		"-026-01-01T00:00:00Z",
		" 026-01-01T00:00:00Z",
		"2026-1 -01T00:00:00Z",
		"2026-01-01T00:00:0 Z",
		"2026-01-01T00:00:00ZZ",
		"2026-01-01T00:00:00.1Z1Z",
		"12026-01-01T00:00:00Z",
		"2026/01/01T00:00:00Z",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct timestamp t = { 42 };
		struct fault f = { "", "" };
		assert_int_equal(timestamp_parse(span_of(rows[i]), &t, &f), ERR_SYNTAX);
		assert_int_equal(t.us, 42);
		assert_non_null(strstr(f.what, "is no timestamp: "));
	}
	struct timestamp t;
	assert_int_equal(timestamp_parse((struct span){ NULL, 0 }, &t, NULL), ERR_SYNTAX);
}

static void what_is_written_reads_back_and_agrees_with_libc(void **state)
{
	for (int64_t day = -719162; day <= 2932896; day += 13) {
		struct timestamp t = { day * INT64_C(86400000000) + (day & 0xFFFFF) * 81999 }, back;
		char text[TIMESTAMP_TEXT], libc[80];
		timestamp_format(t, text);
		assert_int_equal(timestamp_parse(span_of(text), &back, NULL), ERR_OK);
		assert_int_equal(back.us, t.us);
		time_t seconds = (time_t)((t.us - ((t.us % 1000000 + 1000000) % 1000000)) / 1000000);
		struct tm tm;
		gmtime_r(&seconds, &tm);
		snprintf(libc, sizeof libc, "%04d-%02d-%02dT%02d:%02d:%02d.", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		assert_memory_equal(text, libc, 20);
	}
	char text[TIMESTAMP_TEXT];
	timestamp_format(TIMESTAMP_NEVER, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
	timestamp_format((struct timestamp){ INT64_MIN }, text);
	assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
}

static void the_clocks_run(void **state)
{
	assert_true(timestamp_now().us > INT64_C(1700000000000000));
	int64_t a = timestamp_tick_ns();
	assert_true(timestamp_tick_ns() >= a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_texts_give_their_moment),
		cmocka_unit_test(anything_else_is_refused_with_a_reason),
		cmocka_unit_test(what_is_written_reads_back_and_agrees_with_libc),
		cmocka_unit_test(the_clocks_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
