/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/alloc.h"
#include "util/buf.h"
#include <stdlib.h>

static void slack_is_zero(const struct buf *b)
{
	static const char zero[BUF_SLACK];
	assert_memory_equal(b->p + b->n, zero, BUF_SLACK);
}

static void what_is_added_stands_there_followed_by_zero_slack(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 100000);
	for (int i = 0; i < 3000; i++) {
		buf_addc(&b, 'a');
		buf_adds(&b, "bc");
		buf_addf(&b, "%d", i % 10);
		slack_is_zero(&b);
	}
	buf_addf(&b, "%01000d", 7);
	slack_is_zero(&b);
	assert_true(buf_ok(&b));
	assert_int_equal(b.n, 13000);
	assert_memory_equal(b.p, "abc0abc1abc2", 12);
	assert_memory_equal(b.p + 12990, "0000000007", 10);
}

static void a_cleared_buffer_starts_anew_with_zero_slack(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1000);
	for (int i = 0; i < 500; i++)
		buf_addc(&b, 'x');
	buf_clear(&b);
	slack_is_zero(&b);
	for (int i = 0; i < 200; i++) {
		buf_adds(&b, "yz");
		slack_is_zero(&b);
	}
	assert_int_equal(b.n, 400);
}

static void bytes_written_in_place_count_once_they_are_announced(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1000);
	for (size_t n = 0; n < 150; n += 7) {
		assert_true(buf_reserve(&b, n));
		memset(b.p + b.n, 'q', n);
		buf_added(&b, n);
		slack_is_zero(&b);
		buf_clear(&b);
	}
}

static void the_ceiling_holds_and_the_error_sticks(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 10);
	buf_adds(&b, "0123456789");
	assert_true(buf_ok(&b));
	buf_addc(&b, 'x');
	assert_false(buf_ok(&b));
	assert_int_equal(buf_err(&b), ERR_LIMIT);
	buf_adds(&b, "");
	buf_addf(&b, "%d", 1);
	assert_int_equal(b.n, 10);
	assert_null(buf_take(&b, NULL));
	buf_adds(&b, "again");
	assert_int_equal(b.n, 5);
	assert_false(buf_reserve(&b, SIZE_MAX));
}

static void taken_content_belongs_to_the_caller(void **state)
{
	struct buf b;
	size_t n = 99;
	buf_init(&b, 10);
	char *p = buf_take(&b, &n);
	assert_string_equal(p, "");
	assert_int_equal(n, 0);
	free(p);
	buf_adds(&b, "hello");
	p = buf_take(&b, &n);
	assert_string_equal(p, "hello");
	assert_int_equal(n, 5);
	assert_null(b.p);
	free(p);
}

static void without_memory_a_buffer_fails_and_keeps_what_it_had(void **state)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 100000);
	buf_adds(&b, "kept");
	util_alloc_fail_after(0);
	buf_addf(&b, "%0500d", 1);
	util_alloc_fail_after(-1);
	assert_int_equal(buf_err(&b), ERR_NOMEM);
	assert_string_equal(b.p, "kept");
	buf_clear(&b);
	assert_int_equal(buf_err(&b), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_stands_there_followed_by_zero_slack),
		cmocka_unit_test(a_cleared_buffer_starts_anew_with_zero_slack),
		cmocka_unit_test(bytes_written_in_place_count_once_they_are_announced),
		cmocka_unit_test(the_ceiling_holds_and_the_error_sticks),
		cmocka_unit_test(taken_content_belongs_to_the_caller),
		cmocka_unit_test(without_memory_a_buffer_fails_and_keeps_what_it_had),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
