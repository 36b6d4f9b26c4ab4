/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns and observations that are made to hurt.  Work is counted in steps and bytes, not in time. */
#include "util/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "pattern/pattern_stream.h"
#include "util/alloc.h"
#include "util/bounds.h"

#define ARENA (64u << 20)
#define PER_64K (16u << 20) /* bytes for a pattern or an observation of 64 KiB */
#define STREAM (8u << 20)

struct attack {
	struct arena *a;
	struct pattern_stream *st;
	struct pattern_subject *s;
	const struct pattern_code *code;
	struct buf text;
	int64_t now;
};

static char *repeated(const char *before, const char *one, size_t n, const char *after)
{
	struct buf b;

	buf_init(&b, 16u << 20);
	buf_adds(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, one);
	buf_adds(&b, after);
	return buf_take(&b, NULL);
}

static enum err start(struct attack *x, const char *text)
{
	const struct pattern *p;
	struct fault f = { "", "" };
	enum err e;

	*x = (struct attack){ .a = arena_new(ARENA), .s = pattern_subject_new() };
	assert_non_null(x->a);
	assert_non_null(x->s);
	e = pattern_parse(x->a, span_of(text), &p, &f);
	if (e == ERR_OK)
		e = pattern_compile(x->a, span_of(text), p, 0, &x->code, &f);
	assert_true(arena_used(x->a) <= PER_64K);
	if (e != ERR_OK) {
		assert_true(f.what[0]);
		return e;
	}
	x->st = pattern_stream_new(x->code, STREAM);
	assert_non_null(x->st);
	assert_true(pattern_stream_bytes(x->st) <= PER_64K);
	return e;
}

static void end(struct attack *x)
{
	pattern_stream_free(x->st);
	pattern_subject_free(x->s);
	arena_free(x->a);
}

/* One observation of an object of type a whose k is the text. */
static bool push(struct attack *x, const char *k, int64_t after_ns, uint64_t number)
{
	struct pattern_observation o = { .first_ns = x->now += after_ns, .last_ns = x->now, .number = number, .tag = (uint64_t)x->now };
	struct pattern_binding b;

	pattern_subject_clear(x->s);
	pattern_subject_object(x->s, SPAN("0"), SPAN("a"));
	pattern_subject_put(x->s, SPAN("k"), PATTERN_TEXT(span_of(k)));
	assert_int_equal(pattern_stream_push(x->st, x->s, &o, &b, NULL), ERR_OK);
	assert_true(pattern_stream_steps(x->st) <= BOUND_PATTERN_STEPS + BOUND_PATTERN_SEARCH);
	assert_true(pattern_stream_bytes(x->st) <= STREAM + PER_64K);
	return b.n > 0;
}

static void regular_expressions_that_explode_are_given_up(void **state)
{
	static const char *const bad[] = { "(a+)+$", "(a|aa)+$", "(a*)*b", "^(a?){30}a{30}$", "a[^z]*?(?=[bc])", "(?:a+){1,50}(?:a+){1,50}c", "(.*)*(.*)*(.*)*x", "((a+)+)+(?<!a)" };
	char *text = repeated("", "a", 20000, "d");

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char pattern[200];
		struct attack x;

		snprintf(pattern, sizeof(pattern), "[a:k MATCHES '%s']", bad[i]);
		assert_int_equal(start(&x, pattern), ERR_OK);
		push(&x, text, 1, 1);
		end(&x);
	}
	free(text);
}

static void an_ordinary_regular_expression_over_a_long_text_is_no_attack(void **state)
{
	char *text = repeated("", "GET /index.html?q=1 HTTP/1.1 ", 2000, "evil.example/login");
	struct attack x;

	assert_int_equal(start(&x, "[a:k MATCHES 'evil\\\\.example/log(in|out)$' AND a:k MATCHES '^GET .* HTTP' AND a:k MATCHES '[a-z]+\\\\.example' AND a:k NOT MATCHES 'POST .* HTTP']"), ERR_OK);
	assert_true(push(&x, text, 1, 1));
	assert_int_equal(pattern_stream_faults(x.st)[PATTERN_FAULT_REGEX], 0);
	end(&x);
	free(text);
}

static void like_is_linear_or_counted(void **state)
{
	char *text = repeated("", "a", 60000, "b"), *like = repeated("[a:k LIKE '%", "a_", 15000, "c%']"), *plain = repeated("[a:k LIKE '%", "a", 30000, "b']");
	struct attack x;

	assert_int_equal(start(&x, like), ERR_OK);
	assert_false(push(&x, text, 1, 1));
	end(&x);
	assert_int_equal(start(&x, plain), ERR_OK);
	assert_true(push(&x, text, 1, 1));
	end(&x);
	free(text);
	free(like);
	free(plain);
}

static void large_patterns_compile_or_are_refused(void **state)
{
	static const struct {
		const char *before, *one;
		size_t n;
		const char *after;
		enum err want;
	} rows[] = {
		{ "[a:k='x']", "OR[a:k='x']", 5900, "", ERR_OK },
		{ "[a:k='x'", "OR a:k='x'", 6500, "]", ERR_OK },
		{ "[a:k='x']", "AND[a:k='x']", 5400, "", ERR_OK },
		{ "[a:k='x']", "FOLLOWEDBY[a:k='x']", 3400, "", ERR_LIMIT },
		{ "[a:k='x']", "FOLLOWEDBY[a:k='x']", 500, "", ERR_OK },
		{ "([a:k='x']AND[a:k='y'])WITHIN 5 SECONDS", " OR([a:k='x']AND[a:k='y'])WITHIN 5 SECONDS", 1000, "", ERR_OK },
		{ "([a:k='x']OR([a:k='y']AND[a:k='z']))", "AND([a:k='x']OR([a:k='y']AND[a:k='z']))", 40, "", ERR_LIMIT },
		{ "([a:k='x']FOLLOWEDBY[a:k='y'])REPEATS 1000000 TIMES", "", 0, "", ERR_LIMIT },
		{ "[a:k='x'] REPEATS 9223372036854775807 TIMES WITHIN 999999999999 SECONDS", "", 0, "", ERR_OK },
		{ "[a:k MATCHES '", "(?:a{1,99}){1,99}", 200, "']", ERR_SYNTAX },
		{ "[a:k MATCHES '(?:a{1,99}b){1,99}'", " OR a:k MATCHES '(?:a{1,99}b){1,99}'", 1500, "]", ERR_LIMIT },
		{ "[a:k", "[*]", 70, " = 1]", ERR_LIMIT },
		{ "[a:k", ".x_refs", 9000, " = 1]", ERR_OK },
		{ "", "(", 64, "[a:k='x'", ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = repeated(rows[i].before, rows[i].one, rows[i].n, rows[i].after);
		struct attack x;
		enum err e = start(&x, text);

		if (e != rows[i].want)
			fail_msg("row %zu: %d, wanted %d", i, (int)e, (int)rows[i].want);
		for (int k = 0; e == ERR_OK && k < 20; k++)
			push(&x, k & 1 ? "x" : "y", 1000000, 1);
		end(&x);
		free(text);
	}
}

static void a_million_times_needs_a_million_and_no_memory_for_them(void **state)
{
	struct attack x;
	bool matched = false;

	assert_int_equal(start(&x, "[a:k = 'x'] REPEATS 1000000 TIMES"), ERR_OK);
	for (int i = 0; i < 10; i++)
		matched |= push(&x, "x", 1, 99999);
	assert_false(matched);
	assert_true(push(&x, "x", 1, 99999)); /* 1,099,989 */
	end(&x);
}

static void windows_of_years_keep_what_they_may_and_say_so(void **state)
{
	struct attack x;

	assert_int_equal(start(&x, "([a:k = 'x'] AND [a:k = 'y']) WITHIN 315360000 SECONDS"), ERR_OK);
	for (int i = 0; i < 100000; i++)
		assert_false(push(&x, "x", 1000000, 1));
	assert_true(pattern_stream_faults(x.st)[PATTERN_FAULT_FORGOTTEN] > 0);
	assert_true(push(&x, "y", 1, 1));
	end(&x);
}

static void a_long_observation_does_not_hold_the_window_open(void **state)
{
	struct attack x;
	struct pattern_observation o = { .first_ns = 0, .last_ns = INT64_MAX / 2, .number = 1 };
	struct pattern_binding b;
	size_t bytes;

	assert_int_equal(start(&x, "([a:k = 'x'] AND [a:k = 'y']) WITHIN 1 SECONDS"), ERR_OK);
	push(&x, "x", 0, 1);
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, NULL), ERR_OK);
	for (int i = 0; i < 1000; i++)
		push(&x, "x", 500000000, 1);
	bytes = pattern_stream_bytes(x.st);
	for (int i = 0; i < 20000; i++)
		push(&x, "x", 500000000, 1);
	assert_int_equal(pattern_stream_bytes(x.st), bytes);
	end(&x);
}

static void searches_without_an_end_are_given_up_and_counted(void **state)
{
	struct attack x;

	/* A's after all B's, so that none of the thousands of ways to begin works out. */
	assert_int_equal(start(&x, "([a:k LIKE 'x%'] FOLLOWEDBY [a:k LIKE '%y'] FOLLOWEDBY [a:k LIKE 'x%'] FOLLOWEDBY [a:k LIKE '%y'] FOLLOWEDBY [a:k = 'z'] FOLLOWEDBY [a:k = 'w']) REPEATS 20 TIMES WITHIN 100000 SECONDS"), ERR_OK);
	for (int i = 0; i < 300; i++)
		push(&x, i % 3 ? "xy" : i % 2 ? "z"
					      : "w",
			1000000, 1);
	end(&x);
}

/* n objects that all refer to all: each step of the path reaches all of them again. */
static void references_in_circles_are_walked_once(void **state)
{
	enum { N = 20 };
	char *text = repeated("[a:r_refs[*]", ".r_refs[*]", 30, ".k = 'y']"), ids[N][8];
	struct attack x;
	struct pattern_observation o = { .number = 1 };
	struct pattern_binding b;

	assert_int_equal(start(&x, text), ERR_OK);
	for (int i = 0; i < N; i++)
		snprintf(ids[i], sizeof(ids[i]), "%d", i);
	for (int i = 0; i < N; i++) {
		pattern_subject_object(x.s, span_of(ids[i]), SPAN("a"));
		pattern_subject_put(x.s, SPAN("k"), PATTERN_TEXT(SPAN("x")));
		pattern_subject_put(x.s, SPAN("r_refs"), (struct pattern_value){ .type = PATTERN_VALUE_LIST });
		for (int k = 0; k < N; k++)
			pattern_subject_put(x.s, SPAN(""), PATTERN_TEXT(span_of(ids[k])));
		pattern_subject_put(x.s, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
	}
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, NULL), ERR_OK);
	assert_int_equal(b.n, 0);
	assert_int_equal(pattern_stream_faults(x.st)[PATTERN_FAULT_STEPS], 0);
	end(&x);
	free(text);
}

static void observations_out_of_order_are_refused(void **state)
{
	struct attack x;
	struct pattern_observation o = { .first_ns = 5, .last_ns = 4, .number = 1 };
	struct pattern_binding b;
	struct fault f;

	assert_int_equal(start(&x, "[a:k = 'x']"), ERR_OK);
	push(&x, "x", 10, 1);
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, &f), ERR_INVALID);
	o.last_ns = 5;
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, &f), ERR_INVALID);
	assert_true(push(&x, "x", 0, 1));
	pattern_stream_clear(x.st);
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, &f), ERR_OK);
	end(&x);
}

static void a_subject_that_is_too_deep_is_refused(void **state)
{
	struct attack x;
	struct pattern_observation o = { .number = 1 };
	struct pattern_binding b;

	assert_int_equal(start(&x, "[a:k = 'x']"), ERR_OK);
	pattern_subject_object(x.s, SPAN("0"), SPAN("a"));
	for (int i = 0; i < 1000; i++)
		pattern_subject_put(x.s, SPAN("k"), (struct pattern_value){ .type = PATTERN_VALUE_MAP });
	assert_int_equal(pattern_subject_err(x.s), ERR_LIMIT);
	assert_int_equal(pattern_stream_push(x.st, x.s, &o, &b, NULL), ERR_LIMIT);
	assert_true(push(&x, "x", 1, 1));
	end(&x);
}

/* Everything from text to match with the n-th allocation failing; true where all went well. */
static bool whole_run(const char *text)
{
	struct arena *a = arena_new(ARENA);
	struct pattern_subject *s = pattern_subject_new();
	struct pattern_stream *st = NULL;
	const struct pattern *p;
	const struct pattern_code *code;
	bool ok = a && s && pattern_parse(a, span_of(text), &p, NULL) == ERR_OK && pattern_compile(a, span_of(text), p, 0, &code, NULL) == ERR_OK && (st = pattern_stream_new(code, STREAM)), matched = false;

	for (int64_t i = 0; ok && i < 40; i++) {
		struct pattern_observation o = { i, i, 1, (uint64_t)i };
		struct pattern_binding b;
		enum err e;

		pattern_subject_clear(s);
		pattern_subject_object(s, SPAN("0"), SPAN("a"));
		pattern_subject_put(s, SPAN("k"), PATTERN_TEXT(i & 1 ? SPAN("d\xcc\xa3\xcc\x87") : SPAN("y")));
		e = pattern_stream_push(st, s, &o, &b, NULL);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
		ok = e == ERR_OK;
		matched |= b.n > 0;
	}
	pattern_stream_free(st);
	pattern_subject_free(s);
	if (a)
		arena_free(a);
	return ok && matched;
}

static void any_allocation_may_fail(void **state)
{
	bool ok = false;

	for (long n = 0; !ok; n++) {
		assert_true(n < 2000);
		util_alloc_fail_after(n);
		ok = whole_run("([a:k LIKE '%\xe1\xb8\x8d\xcc\x87' AND a:k MATCHES '.'] FOLLOWEDBY [a:k = 'y'] FOLLOWEDBY [a:k = 'y']) AND [a:k = 'y'] REPEATS 3 TIMES");
		util_alloc_fail_after(-1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_expressions_that_explode_are_given_up),
		cmocka_unit_test(an_ordinary_regular_expression_over_a_long_text_is_no_attack),
		cmocka_unit_test(like_is_linear_or_counted),
		cmocka_unit_test(large_patterns_compile_or_are_refused),
		cmocka_unit_test(a_million_times_needs_a_million_and_no_memory_for_them),
		cmocka_unit_test(windows_of_years_keep_what_they_may_and_say_so),
		cmocka_unit_test(a_long_observation_does_not_hold_the_window_open),
		cmocka_unit_test(searches_without_an_end_are_given_up_and_counted),
		cmocka_unit_test(references_in_circles_are_walked_once),
		cmocka_unit_test(observations_out_of_order_are_refused),
		cmocka_unit_test(a_subject_that_is_too_deep_is_refused),
		cmocka_unit_test(any_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
