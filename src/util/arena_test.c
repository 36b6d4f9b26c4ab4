/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/alloc.h"
#include "util/arena.h"
#include <stdalign.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	for (int round = 0; round < 3; round++) {
		char *last = NULL;
		size_t last_n = 0;
		for (size_t n = 0; n < 40000; n = n * 3 / 2 + 1) {
			char *p = arena_alloc(a, n);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xEE, n);
			assert_true(!last || p >= last + last_n || p + n <= last);
			last = p;
			last_n = n;
		}
		arena_reset(a);
		assert_int_equal(arena_used(a), 0);
	}
}

static void the_cap_is_never_passed_and_failure_sticks_until_reset(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1000);
	assert_non_null(arena_alloc(a, 900));
	assert_null(arena_alloc(a, 101));
	assert_false(arena_ok(a));
	assert_null(arena_alloc(a, 1));
	assert_true(arena_used(a) <= 1000);
	arena_reset(a);
	assert_true(arena_ok(a));
	assert_non_null(arena_alloc(a, 1));
	assert_null(arena_alloc(a, SIZE_MAX));
	arena_reset(a);
	assert_null(arena_array(a, SIZE_MAX / 2, 3));
	assert_false(arena_ok(a));
}

static void copies_end_with_a_nul(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(10000);
	struct span s = arena_span(a, (struct span){ "hello world", 5 });
	assert_string_equal(s.p, "hello");
	assert_int_equal(s.n, 5);
	assert_string_equal(arena_str(a, (struct span){ NULL, 0 }), "");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 12), "x-12");
	assert_null(arena_printf(a, "%020000d", 1));
}

static char order[8];

static void note(void *arg)
{
	order[strlen(order)] = *(const char *)arg;
}

static void deferred_calls_run_once_last_first(void **state)
{
	struct arena *a = arena_new(10000);
	memset(order, 0, sizeof order);
	assert_true(arena_defer(a, note, "1"));
	assert_true(arena_defer(a, note, "2"));
	arena_reset(a);
	assert_string_equal(order, "21");
	assert_true(arena_defer(a, note, "3"));
	arena_free(a);
	assert_string_equal(order, "213");
	arena_free(NULL);
}

static void without_memory_an_arena_fails_like_past_its_cap(void **state)
{
	util_alloc_fail_after(0);
	assert_null(arena_new(100));
	util_alloc_fail_after(1);
	ARENA_SCOPE struct arena *a = arena_new(100000);
	assert_non_null(a);
	assert_null(arena_alloc(a, 10));
	util_alloc_fail_after(-1);
	assert_false(arena_ok(a));
	assert_false(arena_defer(a, note, "4"));
	arena_reset(a);
	assert_non_null(arena_alloc(a, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(the_cap_is_never_passed_and_failure_sticks_until_reset),
		cmocka_unit_test(copies_end_with_a_nul),
		cmocka_unit_test(deferred_calls_run_once_last_first),
		cmocka_unit_test(without_memory_an_arena_fails_like_past_its_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
