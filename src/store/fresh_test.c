/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and values that are not in their indexes yet are found like the others, and none is forgotten when a job fails. */
#include "store/store_fixture.h"
#include "store/store_priv.h"

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void what_is_cut_off_is_gone_and_the_rest_is_found(void **state)
{
	enum { MOST = 5000,
		IDS = 300 };
	static int64_t of[MOST]; /* the id of each line */
	struct fresh s = { 0 };
	fresh_init(&s);
	uint32_t random = 7;
	size_t n = 0;
	for (int round = 0; round < 400; round++) {
		for (uint32_t add = next(&random) % 40; add && n < MOST; add--) {
			struct uuid u = { { 0 } };
			of[n] = next(&random) % IDS;
			memcpy(u.b, &of[n], sizeof of[n]);
			assert_true(fresh_add(&s, &u, (int64_t)n + 1));
			n++;
		}
		if (next(&random) % 3 == 0)
			fresh_cut(&s, n = n - next(&random) % (n / 4 + 1));
		int64_t id = next(&random) % IDS;
		struct uuid u = { { 0 } };
		memcpy(u.b, &id, sizeof id);
		size_t want = 0, got = 0, at = 0;
		for (size_t i = 0; i < n; i++)
			want += of[i] == id;
		for (int64_t number; (number = fresh_find(&s, &u, &at)); got++)
			assert_int_equal(of[number - 1], id);
		assert_int_equal(got, want);
	}
	fresh_free(&s);
}

static void put_number(struct fixture *x, int i)
{
	char id[80], value[32];
	snprintf(id, sizeof id, "ipv4-addr--00000000-0000-4000-8000-%012d", i);
	snprintf(value, sizeof value, "198.51.100.%d", i % 10);
	fixture_put(x, &(struct put){ .id = id, .value = value });
}

static size_t found(struct fixture *x, const char *value)
{
	struct store_page *p = fixture_page(x, "bob", "green", &(struct store_query){ .limit = 1000, .value = span_of(value), .value_kind = STIX_VALUE_IPV4 });
	size_t n = store_page_count(p);
	store_page_free(p);
	return n;
}

static void values_and_ids_are_found_before_and_after_sorting(void **state)
{
	struct fixture *x = *state;
	char got[1024];
	for (int i = 0; i < 60; i++) {
		put_number(x, i);
		if (i % 20 == 10)
			fixture_reopen(x); /* what is not sorted is read again */
		if (i % 20 == 19)
			usleep(400000); /* the quiet writer sorts */
		char id[80];
		snprintf(id, sizeof id, "ipv4-addr--00000000-0000-4000-8000-%012d", i / 2);
		fixture_list(x, "bob", "green", &(struct store_query){ .limit = 9, .ids = &(struct span){ id, strlen(id) }, .n_ids = 1 }, got, sizeof got);
		assert_string_equal(got, id);
		assert_int_equal(found(x, "198.51.100.3"), (size_t)(i + 7) / 10);
	}
	/* The same object again is known, sorted or not. */
	struct store_put again = fixture_put(x, &(struct put){ .id = "ipv4-addr--00000000-0000-4000-8000-000000000005", .value = "198.51.100.5" });
	assert_int_equal(again.fate, STORE_UNCHANGED);
	again = fixture_put(x, &(struct put){ .id = "ipv4-addr--00000000-0000-4000-8000-000000000059", .value = "198.51.100.9" });
	assert_int_equal(again.fate, STORE_UNCHANGED);
	fixture_check(x);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cut_off_is_gone_and_the_rest_is_found),
		T(values_and_ids_are_found_before_and_after_sorting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
