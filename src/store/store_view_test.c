/* SPDX-License-Identifier: Apache-2.0 */
/* What a recipient may have, and what happens to its feed when that changes. */
#include "store/store_fixture.h"

#define A "report--00000000-0000-4000-8000-00000000000a"
#define B "report--00000000-0000-4000-8000-00000000000b"
#define C "report--00000000-0000-4000-8000-00000000000c"
#define D "report--00000000-0000-4000-8000-00000000000d"
#define IP "ipv4-addr--00000000-0000-5000-8000-000000000001"
#define HOST "domain-name--00000000-0000-5000-8000-000000000002"

/* What comes after a stamp. */
static struct timestamp read_on(struct fixture *x, const char *labels, struct timestamp after, const char *want)
{
	char got[1024] = "";
	size_t at = 0;
	struct store_page *p = fixture_page(x, "bob", labels, &(struct store_query){ .collection = 1, .limit = 100, .has_after = true, .after = after, .bytes = true });
	for (size_t i = 0; i < store_page_count(p); i++) {
		at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i ? " " : "", SPAN_ARG(store_page_entry(p, i)->id));
		after = store_page_entry(p, i)->stamp;
	}
	store_page_free(p);
	assert_string_equal(got, want);
	return after;
}

static void what_opens_comes_again_at_fresh_stamps(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .label = "amber" });
	fixture_put(x, &(struct put){ .id = B, .label = "green" });
	struct timestamp at = read_on(x, "green", (struct timestamp){ 0 }, B);
	fixture_change(x, "bob", "green", "green amber", 0);
	at = read_on(x, "green amber", at, A);
	fixture_put(x, &(struct put){ .id = C, .label = "amber" });
	at = read_on(x, "green amber", at, C);
	fixture_expect(x, "bob", "green amber", B " " A " " C);
	/* Others have it where it was. */
	fixture_expect(x, "carol", "green amber", A " " B " " C);
	fixture_check(x);
}

static void what_is_older_than_an_accession_may_stay_hidden(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .label = "amber" });
	int64_t signed_at = fixture_put(x, &(struct put){ .id = B, .label = "green" }).stamp.us;
	fixture_put(x, &(struct put){ .id = C, .label = "amber" });
	struct timestamp at = read_on(x, "green", (struct timestamp){ 0 }, B);
	fixture_change(x, "bob", "green", "green amber", signed_at);
	at = read_on(x, "green amber", at, C);
	fixture_put(x, &(struct put){ .id = D, .label = "amber" });
	read_on(x, "green amber", at, D);
	fixture_expect(x, "bob", "green amber", B " " C " " D);
	uint64_t n;
	struct timestamp newest;
	const struct store_view *v = fixture_view(x, "bob", "green amber");
	assert_int_equal(store_view_count(x->s, v, 1, &n, &newest, NULL), ERR_OK);
	assert_int_equal(n, 3);
	store_view_unref(v);
	fixture_check(x);
}

static void what_was_given_is_not_given_again_after_a_time_without(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .label = "amber" });
	struct timestamp at = read_on(x, "green amber", (struct timestamp){ 0 }, A);
	/* Published, and closed before he came for it. */
	fixture_put(x, &(struct put){ .id = B, .label = "amber" });
	fixture_change(x, "bob", "green amber", "green", 0);
	fixture_put(x, &(struct put){ .id = C, .label = "green" });
	at = read_on(x, "green", at, C);
	fixture_put(x, &(struct put){ .id = D, .label = "amber" });
	fixture_change(x, "bob", "green", "green amber", 0);
	read_on(x, "green amber", at, B " " D);
	fixture_expect(x, "bob", "green amber", A " " C " " B " " D);
	fixture_check(x);
}

static void a_page_of_an_older_view_ends_where_the_facts_changed(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = A, .label = "green" });
	fixture_put(x, &(struct put){ .id = B, .label = "amber" });
	const struct store_view *old = fixture_view(x, "bob", "green");
	assert_true(store_view_current(old));
	fixture_change(x, "bob", "green", "green amber", 0);
	assert_false(store_view_current(old));
	fixture_put(x, &(struct put){ .id = C, .label = "green" });
	struct store_page *p;
	assert_int_equal(store_page_new(x->s, old, &(struct store_query){ .collection = 1, .limit = 9 }, &p, NULL), ERR_OK);
	assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
	assert_int_equal(store_page_count(p), 1); /* not C: B comes before it now */
	store_page_free(p);
	store_view_unref(old);
	/* The same with a label that is new. */
	old = fixture_view(x, "bob", "green amber blue");
	fixture_put(x, &(struct put){ .id = D, .label = "blue" });
	fixture_put(x, &(struct put){ .id = "report--00000000-0000-4000-8000-00000000000e", .label = "green" });
	assert_int_equal(store_page_new(x->s, old, &(struct store_query){ .collection = 1, .limit = 9 }, &p, NULL), ERR_OK);
	assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
	assert_int_equal(store_page_count(p), 3);
	store_page_free(p);
	assert_false(store_view_has_newer(x->s, old, 1, fixture_put(x, &(struct put){ .id = A, .modified = "2026-02-01T00:00:00Z" }).stamp));
	store_view_unref(old);
}

static void an_object_waits_for_what_it_names_by_value(void **state)
{
	struct fixture *x = *state;
	struct timestamp zero = { 0 };
	fixture_put(x, &(struct put){ .id = A, .label = "green", .refs = { IP } });
	read_on(x, "green", zero, "");
	fixture_expect(x, "bob", "*green", A); /* its origin */
	bool may, closure;
	const struct store_view *v = fixture_view(x, "bob", "green");
	assert_int_equal(store_view_may(x->s, v, SPAN(A), &may, &closure, NULL), ERR_OK);
	assert_false(may);
	assert_true(closure);
	store_view_unref(v);
	fixture_put(x, &(struct put){ .id = IP, .sco = true, .label = "amber" });
	read_on(x, "green", zero, "");
	struct timestamp at = read_on(x, "green amber", zero, IP " " A);
	/* Somebody publishes the address: now everybody may have the object. */
	fixture_put(x, &(struct put){ .id = IP, .sco = true, .label = "green", .origin = "identity--b" });
	read_on(x, "green", zero, IP " " A);
	read_on(x, "green amber", at, "");
	/* Both go, and it goes with them. */
	assert_int_equal(fixture_withdraw(x, IP, "identity--a", NULL), ERR_OK);
	assert_int_equal(fixture_withdraw(x, IP, "identity--b", NULL), ERR_OK);
	read_on(x, "green amber", zero, "");
	fixture_check(x);
}

static void the_order_inside_a_submission_does_not_matter(void **state)
{
	struct fixture *x = *state;
	struct store_put out[3];
	struct store_stats st;
	const struct put v[] = { { .id = A, .refs = { HOST } }, { .id = HOST, .sco = true, .refs = { IP } }, { .id = IP, .sco = true } };
	fixture_puts(x, v, 3, out);
	fixture_expect(x, "bob", "green", A " " HOST " " IP);
	/* All the same label: nothing compound is made. */
	assert_int_equal(store_stats(x->s, &st, NULL), ERR_OK);
	assert_int_equal(st.labels, 2);
	fixture_check(x);
}

static void the_same_label_in_two_collections_is_the_same(void **state)
{
	struct fixture *x = *state;
	struct store_stats st;
	assert_int_equal(fixture_collection(x, "c2", "second"), ERR_OK);
	fixture_put(x, &(struct put){ .id = IP, .sco = true, .collection = 2 });
	fixture_put(x, &(struct put){ .id = A, .refs = { IP } });
	fixture_expect(x, "bob", "green", A);
	assert_int_equal(store_stats(x->s, &st, NULL), ERR_OK);
	assert_int_equal(st.labels, 3); /* nobody, and one a collection */
	fixture_check(x);
}

static void references_in_a_circle_are_seen_together(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = HOST, .sco = true, .label = "green", .refs = { IP } });
	fixture_expect(x, "bob", "green amber", "");
	fixture_put(x, &(struct put){ .id = IP, .sco = true, .label = "amber", .refs = { HOST } });
	fixture_expect(x, "bob", "green amber", IP " " HOST);
	fixture_expect(x, "bob", "green", "");
	fixture_expect(x, "bob", "amber", "");
	fixture_check(x);
}

static void a_reference_that_is_narrowed_narrows(void **state)
{
	struct fixture *x = *state;
	const char *vuln = "vulnerability--00000000-0000-5000-8000-000000000003";
	fixture_put(x, &(struct put){ .id = vuln, .modified = "2026-01-01T00:00:00Z", .label = "green" });
	fixture_put(x, &(struct put){ .id = A, .label = "green", .refs = { vuln } });
	fixture_expect(x, "bob", "green", "vulnerability--00000000-0000-5000-8000-000000000003 " A);
	fixture_put(x, &(struct put){ .id = vuln, .modified = "2026-01-02T00:00:00Z", .label = "red" });
	fixture_expect(x, "bob", "green", "");
	fixture_expect(x, "bob", "green red", A " vulnerability--00000000-0000-5000-8000-000000000003");
	fixture_check(x);
}

static void nothing_is_read_before_its_release_is_recorded(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	struct store_receipt *r;
	size_t n;
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-01T00:00:00Z" });
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-02T00:00:00Z" });
	assert_int_equal(store_receipts(x->s, a, SPAN(A), &r, &n, NULL), ERR_OK);
	assert_int_equal(n, 0);
	int64_t at = x->now += 1000;
	const struct store_view *v = fixture_view(x, "bob", "green");
	struct store_page *p;
	assert_int_equal(store_page_new(x->s, v, &(struct store_query){ .collection = 1, .limit = 9, .bytes = true }, &p, NULL), ERR_OK);
	assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
	store_page_free(p);
	assert_int_equal(store_receipts(x->s, a, SPAN(A), &r, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	assert_true(span_is(r[0].recipient, "bob"));
	assert_true(span_is(r[0].version, "2026-01-02T00:00:00Z"));
	assert_int_equal(r[0].at.us, at);
	/* Known now, also after a restart: no waiting, no second entry. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_page_new(x->s, v, &(struct store_query){ .collection = 1, .limit = 9, .bytes = true }, &p, NULL), ERR_OK);
		assert_true(store_page_release(p, NULL, NULL));
		store_page_free(p);
		store_view_unref(v);
		fixture_reopen(x);
		v = fixture_view(x, "bob", "green");
	}
	store_view_unref(v);
	store_page_free(fixture_page(x, "", "green", &(struct store_query){ .collection = 1, .limit = 9, .bytes = true, .versions = STORE_VERSIONS_ALL }));
	assert_int_equal(store_receipts(x->s, a, SPAN(A), &r, &n, NULL), ERR_OK);
	assert_int_equal(n, 3);
	fixture_check(x);
}

struct told {
	struct fixture *x;
	struct arena *a;
	struct span *v;
	size_t n;
};

static enum err ask_told(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct told *t = ctx;
	return store_released_to(tx, t->a, 1, SPAN(A), SPAN("identity--a"), &t->v, &t->n, f);
}

static void whoever_was_given_a_version_can_be_told(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	struct told t = { .x = x, .a = a };
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-01T00:00:00Z" });
	store_page_free(fixture_page(x, "bob", "green", &(struct store_query){ .collection = 1, .limit = 9, .bytes = true }));
	store_page_free(fixture_page(x, "carol", "red", &(struct store_query){ .collection = 1, .limit = 9, .bytes = true }));
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-02T00:00:00Z", .label = "red" });
	store_page_free(fixture_page(x, "dan", "green red", &(struct store_query){ .collection = 1, .limit = 9 }));
	assert_int_equal(store_write(x->s, ask_told, &t, NULL), ERR_OK);
	assert_int_equal(t.n, 2);
	bool bob_first = span_is(t.v[0], "bob");
	assert_true(span_is(t.v[!bob_first], "bob"));
	assert_true(span_is(t.v[bob_first], "dan"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(what_opens_comes_again_at_fresh_stamps),
		T(what_is_older_than_an_accession_may_stay_hidden),
		T(what_was_given_is_not_given_again_after_a_time_without),
		T(a_page_of_an_older_view_ends_where_the_facts_changed),
		T(an_object_waits_for_what_it_names_by_value),
		T(the_order_inside_a_submission_does_not_matter),
		T(the_same_label_in_two_collections_is_the_same),
		T(references_in_a_circle_are_seen_together),
		T(a_reference_that_is_narrowed_narrows),
		T(nothing_is_read_before_its_release_is_recorded),
		T(whoever_was_given_a_version_can_be_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
