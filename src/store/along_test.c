/* SPDX-License-Identifier: Apache-2.0 */
/* What goes along with a page: once a reader, with the first object that refers to it, and only because of what the reader sees. */
#include "store/store_fixture.h"

#define WHO "identity--00000000-0000-4000-8000-0000000000aa"
#define OTHER "identity--00000000-0000-4000-8000-0000000000bb"
#define A "report--00000000-0000-4000-8000-00000000000a"
#define B "report--00000000-0000-4000-8000-00000000000b"
#define C "report--00000000-0000-4000-8000-00000000000c"
#define IP "ipv4-addr--00000000-0000-5000-8000-000000000001"

/* "ids of the page | what goes along"; the last stamp. */
static struct timestamp read_page(struct fixture *x, const char *labels, struct timestamp after, size_t limit, enum store_along_how how, const char *want)
{
	const struct store_query q = { .collection = 1, .limit = limit, .has_after = after.us > 0, .after = after, .bytes = true, .along = how };
	struct store_page *p = fixture_page(x, "bob", labels, &q);
	const struct store_along *v;
	char got[1024] = "";
	size_t at = 0, n = store_page_along(p, &v);

	for (size_t i = 0; i < store_page_count(p); i++) {
		const struct store_entry *e = store_page_entry(p, i);
		at += (size_t)snprintf(got + at, sizeof got - at, "%.*s ", 1, e->id.p + e->id.n - 1);
		after = e->stamp;
	}
	at += (size_t)snprintf(got + at, sizeof got - at, "|");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(got + at, sizeof got - at, " %.*s", 2, v[i].id.p + v[i].id.n - 2);
	assert_string_equal(got, want);
	store_page_free(p);
	return after;
}

static void it_comes_once_with_the_first_that_refers_to_it(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A });
	fixture_put(x, &(struct put){ .id = B, .creator = WHO });
	struct timestamp at = read_page(x, "green", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "a b | aa");
	fixture_put(x, &(struct put){ .id = C, .creator = WHO });
	read_page(x, "green", at, 100, STORE_ALONG_ONCE, "c |");
	read_page(x, "green", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "a b c | aa");
	/* a hub is given it with each page, who does not ask nothing */
	read_page(x, "green", at, 100, STORE_ALONG_EACH, "c | aa");
	read_page(x, "green", at, 100, STORE_ALONG_NONE, "c |");
}

static void it_counts_for_the_limit(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .creator = WHO });
	fixture_put(x, &(struct put){ .id = B, .creator = OTHER });
	struct timestamp at = read_page(x, "green", (struct timestamp){ 0 }, 2, STORE_ALONG_ONCE, "a | aa");
	read_page(x, "green", at, 2, STORE_ALONG_ONCE, "b | bb");
	read_page(x, "green", (struct timestamp){ 0 }, 1, STORE_ALONG_ONCE, "a |");
	read_page(x, "green", (struct timestamp){ 0 }, 4, STORE_ALONG_ONCE, "a b | aa bb");
}

static void what_one_may_not_see_brings_nothing(void **state)
{
	struct fixture *x = *state;
	struct timestamp stamp;
	struct span origin;
	struct arena *mem = arena_new(1 << 16);
	fixture_put(x, &(struct put){ .id = A, .label = "amber", .creator = WHO });
	fixture_put(x, &(struct put){ .id = B, .label = "green", .refs = { IP }, .creator = WHO }); /* closed: the address is not here */
	fixture_put(x, &(struct put){ .id = C, .label = "green" });
	read_page(x, "green", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "c |");
	const struct store_view *v = fixture_view(x, "bob", "green");
	assert_int_equal(store_referred(x->s, v, 1, SPAN(WHO), mem, &origin, &stamp, NULL), ERR_NOTFOUND);
	store_view_unref(v);
	v = fixture_view(x, "bob", "green amber");
	assert_int_equal(store_referred(x->s, v, 1, SPAN(WHO), mem, &origin, &stamp, NULL), ERR_OK);
	assert_true(span_is(origin, "identity--a"));
	store_view_unref(v);
	arena_free(mem);
}

static void who_has_an_entry_of_it_is_given_that_one(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = WHO });
	fixture_put(x, &(struct put){ .id = A, .creator = WHO });
	read_page(x, "green", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "a a |");
	fixture_put(x, &(struct put){ .id = OTHER, .label = "amber" });
	fixture_put(x, &(struct put){ .id = B, .creator = OTHER });
	read_page(x, "green", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "a a b | bb");
	read_page(x, "green amber", (struct timestamp){ 0 }, 100, STORE_ALONG_ONCE, "a a b b |");
}

static void a_mere_mention_is_no_reference(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .extra = ",\"description\":\"" WHO "\"" });
	fixture_put(x, &(struct put){ .id = B, .creator = WHO });
	struct timestamp at = read_page(x, "green", (struct timestamp){ 0 }, 1, STORE_ALONG_ONCE, "a |");
	read_page(x, "green", at, 100, STORE_ALONG_ONCE, "b | aa");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_comes_once_with_the_first_that_refers_to_it),
		TEST(it_counts_for_the_limit),
		TEST(what_one_may_not_see_brings_nothing),
		TEST(who_has_an_entry_of_it_is_given_that_one),
		TEST(a_mere_mention_is_no_reference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
