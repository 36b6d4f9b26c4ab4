/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/err.h"
#include <string.h>

static void every_kind_has_its_name_and_statuses(void **state)
{
	assert_string_equal(err_name(ERR_OK), "ok");
	assert_int_equal(err_exit(ERR_OK), 0);
	assert_string_equal(err_name(ERR_INTERNAL), "internal");
	assert_int_equal(err_http(ERR_UNAUTHENTICATED), 401);
	assert_int_equal(err_http(ERR_LIMIT), 413);
	assert_int_equal(err_exit(ERR_USAGE), 64);
}

static void a_fault_may_be_absent_and_may_quote_itself(void **state)
{
	assert_int_equal(fault_set(NULL, ERR_IO, "x", "y"), ERR_IO);
	struct fault f;
	assert_int_equal(fault_set(&f, ERR_IO, "a.json", "cannot read"), ERR_IO);
	fault_set(&f, ERR_IO, f.where, "%s: %s", f.where, f.what);
	assert_string_equal(f.where, "a.json");
	assert_string_equal(f.what, "a.json: cannot read");
	fault_set(&f, ERR_IO, NULL, "z");
	assert_string_equal(f.where, "");
}

static void long_text_is_cut_between_characters(void **state)
{
	static const char *const characters[] = { "x", "é", "結", "🪢" };
	for (size_t c = 0; c < 4; c++)
		for (size_t lead = 0; lead < 5; lead++) {
			char text[2000] = "";
			memset(text, '-', lead);
			size_t size = strlen(characters[c]);
			for (size_t n = lead; n + size < sizeof text; n += size)
				memcpy(text + n, characters[c], size);
			struct fault f;
			fault_set(&f, ERR_SYNTAX, text, "%s", text);
			assert_int_equal((strlen(f.what) - lead) % size, 0);
			assert_true(strlen(f.what) > sizeof f.what - 1 - size);
			assert_int_equal((strlen(f.where) - lead) % size, 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_name_and_statuses),
		cmocka_unit_test(a_fault_may_be_absent_and_may_quote_itself),
		cmocka_unit_test(long_text_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
