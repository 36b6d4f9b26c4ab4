/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of one line: which is the newest, what a later label closes, what is refused, what a query for versions gives. */
#include "store/store_fixture.h"

#define ID "report--00000000-0000-4000-8000-000000000001"
#define V1 "2026-01-01T00:00:00.000Z"
#define V2 "2026-01-02T00:00:00.000Z"
#define V3 "2026-01-03T00:00:00.000Z"

/* Versions in feed order, as the query gives them. */
static void expect_versions(struct fixture *x, const char *labels, struct store_query q, const char *want)
{
	char got[1024] = "";
	size_t at = 0;
	q.collection = 1;
	q.limit = 100;
	struct store_page *p = fixture_page(x, "bob", labels, &q);
	for (size_t i = 0; i < store_page_count(p); i++)
		at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i ? " " : "", 10, store_page_entry(p, i)->version.p);
	store_page_free(p);
	assert_string_equal(got, want);
}

static void the_last_version_is_served_unless_others_are_asked_for(void **state)
{
	struct fixture *x = *state;
	int64_t v1, v2;
	assert_int_equal(timestamp_parse_ns(SPAN(V1), &v1, NULL), ERR_OK);
	assert_int_equal(timestamp_parse_ns(SPAN("2026-01-02T00:00:00Z"), &v2, NULL), ERR_OK);
	fixture_put(x, &(struct put){ .id = ID, .modified = V1 });
	assert_true(fixture_put(x, &(struct put){ .id = ID, .modified = V3 }).newest);
	assert_false(fixture_put(x, &(struct put){ .id = ID, .modified = V2 }).newest);
	struct span id = SPAN(ID);
	for (int by_id = 0; by_id < 2; by_id++) {
		struct store_query q = { .ids = &id, .n_ids = (size_t)by_id };
		expect_versions(x, "green", q, "2026-01-03");
		q.versions = STORE_VERSIONS_FIRST;
		expect_versions(x, "green", q, "2026-01-01");
		q.versions = STORE_VERSIONS_FIRST | STORE_VERSIONS_LAST;
		expect_versions(x, "green", q, "2026-01-01 2026-01-03");
		q.versions = STORE_VERSIONS_ALL;
		expect_versions(x, "green", q, "2026-01-01 2026-01-03 2026-01-02");
		q.versions = 0;
		q.exact_ns = &v2;
		q.n_exact = 1;
		expect_versions(x, "green", q, "2026-01-02");
		q.versions = STORE_VERSIONS_LAST;
		q.exact_ns = &v1;
		expect_versions(x, "green", q, "2026-01-01 2026-01-03");
	}
	fixture_check(x);
}

static void a_later_stricter_label_closes_earlier_versions(void **state)
{
	struct fixture *x = *state;
	struct store_query all = { .versions = STORE_VERSIONS_ALL };
	fixture_put(x, &(struct put){ .id = ID, .modified = V1, .label = "green" });
	assert_true(fixture_put(x, &(struct put){ .id = ID, .modified = V2, .label = "red" }).relabelled);
	expect_versions(x, "green", all, "");
	expect_versions(x, "green red", all, "2026-01-01 2026-01-02");
	/* A looser one opens nothing. */
	fixture_put(x, &(struct put){ .id = ID, .modified = V3, .label = "green" });
	expect_versions(x, "green", all, "2026-01-03");
	expect_versions(x, "green red", all, "2026-01-01 2026-01-02 2026-01-03");
	expect_versions(x, "green", (struct store_query){ 0 }, "2026-01-03");
	fixture_check(x);
}

static void a_version_that_comes_late_has_the_newest_label_too(void **state)
{
	struct fixture *x = *state;
	struct store_query all = { .versions = STORE_VERSIONS_ALL };
	fixture_put(x, &(struct put){ .id = ID, .modified = V2, .label = "red" });
	fixture_put(x, &(struct put){ .id = ID, .modified = V1, .label = "green" });
	expect_versions(x, "green", all, "");
	expect_versions(x, "green red", all, "2026-01-02 2026-01-01");
	expect_versions(x, "green red", (struct store_query){ 0 }, "2026-01-02");
	fixture_check(x);
}

static void revocation_is_final(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = ID, .modified = V1 });
	struct put revoked = { .id = ID, .modified = V2, .revoked = true };
	struct store_put out = fixture_put(x, &revoked);
	assert_int_equal(out.fate, STORE_ADDED);
	assert_true(out.relabelled);
	assert_int_equal(fixture_put(x, &(struct put){ .id = ID, .modified = V3 }).fate, STORE_REVOKED);
	assert_int_equal(fixture_put(x, &revoked).fate, STORE_UNCHANGED);
	expect_versions(x, "green", (struct store_query){ 0 }, "2026-01-02");
	fixture_reopen(x);
	assert_int_equal(fixture_put(x, &(struct put){ .id = ID, .modified = V3 }).fate, STORE_REVOKED);
	fixture_check(x);
}

static void a_revocation_older_than_the_newest_wins_all_the_same(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = ID, .modified = V1 });
	fixture_put(x, &(struct put){ .id = ID, .modified = V3 });
	assert_true(fixture_put(x, &(struct put){ .id = ID, .modified = V2, .revoked = true }).newest);
	expect_versions(x, "green", (struct store_query){ 0 }, "2026-01-02");
	fixture_check(x);
}

static void different_content_of_the_same_instant_is_kept_as_evidence_alone(void **state)
{
	struct fixture *x = *state;
	struct store_put first = fixture_put(x, &(struct put){ .id = ID, .modified = V1 });
	struct store_put other = fixture_put(x, &(struct put){ .id = ID, .modified = V1, .extra = ",\"name\":\"x\"" });
	assert_int_equal(other.fate, STORE_DIFFERENT);
	/* The same instant written otherwise is the same instant. */
	assert_int_equal(fixture_put(x, &(struct put){ .id = ID, .modified = "2026-01-01T00:00:00Z" }).fate, STORE_DIFFERENT);
	assert_int_equal(other.version, first.version);
	expect_versions(x, "green", (struct store_query){ .versions = STORE_VERSIONS_ALL }, "2026-01-01");
	fixture_check(x);
}

static void two_specification_versions_of_an_id_stand_side_by_side(void **state)
{
	struct fixture *x = *state;
	struct span old = SPAN("2.0"), both[] = { SPAN("2.0"), SPAN("2.1") };
	fixture_put(x, &(struct put){ .id = ID, .modified = V1, .spec = "2.0" });
	fixture_put(x, &(struct put){ .id = ID, .modified = V1, .spec = "2.1", .extra = ",\"spec_version\":\"2.1\"" });
	fixture_put(x, &(struct put){ .id = ID, .modified = V2, .spec = "2.0" });
	expect_versions(x, "green", (struct store_query){ 0 }, "2026-01-01");
	expect_versions(x, "green", (struct store_query){ .spec_versions = &old, .n_spec_versions = 1 }, "2026-01-02");
	expect_versions(x, "green", (struct store_query){ .spec_versions = both, .n_spec_versions = 2 }, "2026-01-01 2026-01-02");
	expect_versions(x, "green", (struct store_query){ .spec_versions = &old, .n_spec_versions = 1, .versions = STORE_VERSIONS_ALL }, "2026-01-01 2026-01-02");
	fixture_check(x);
}

static void a_withdrawn_version_is_gone_and_may_come_again(void **state)
{
	struct fixture *x = *state;
	struct store_query all = { .versions = STORE_VERSIONS_ALL };
	fixture_put(x, &(struct put){ .id = ID, .modified = V1 });
	fixture_put(x, &(struct put){ .id = ID, .modified = V2 });
	assert_int_equal(fixture_withdraw(x, ID, "identity--b", NULL), ERR_NOTFOUND);
	assert_int_equal(fixture_withdraw(x, ID, "identity--a", V2), ERR_OK);
	assert_int_equal(fixture_withdraw(x, ID, "identity--a", V2), ERR_NOTFOUND);
	expect_versions(x, "green", (struct store_query){ 0 }, "2026-01-01");
	expect_versions(x, "green", all, "2026-01-01");
	assert_int_equal(fixture_put(x, &(struct put){ .id = ID, .modified = V2 }).fate, STORE_ADDED);
	expect_versions(x, "green", all, "2026-01-01 2026-01-02");
	assert_int_equal(fixture_withdraw(x, ID, "identity--a", NULL), ERR_OK);
	expect_versions(x, "green", all, "");
	fixture_check(x);
}

static void one_sees_one_line_of_an_id(void **state)
{
	struct fixture *x = *state;
	const char *sco = "ipv4-addr--00000000-0000-5000-8000-000000000001";
	fixture_put(x, &(struct put){ .id = sco, .sco = true, .label = "amber", .origin = "identity--a" });
	assert_int_equal(fixture_put(x, &(struct put){ .id = sco, .sco = true, .label = "green", .origin = "identity--b" }).fate, STORE_ADDED);
	fixture_expect(x, "bob", "green", sco);
	fixture_expect(x, "bob", "amber", sco);
	fixture_expect(x, "bob", "green amber", sco);
	/* The first line is withdrawn: the other stands in, at a fresh stamp for those who saw the first. */
	struct store_put last = fixture_put(x, &(struct put){ .id = ID });
	assert_int_equal(fixture_withdraw(x, sco, "identity--a", NULL), ERR_OK);
	struct store_page *p = fixture_page(x, "bob", "green amber", &(struct store_query){ .collection = 1, .limit = 9, .has_after = true, .after = last.stamp });
	assert_int_equal(store_page_count(p), 1);
	assert_true(span_is(store_page_entry(p, 0)->origin, "identity--b"));
	store_page_free(p);
	fixture_check(x);
}

static void nobody_versions_what_another_submitted_and_he_may_see(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = ID, .modified = V1, .label = "green", .origin = "identity--a" });
	const struct store_view *sees = fixture_view(x, "carol", "green"), *blind = fixture_view(x, "dan", "");
	struct put p = { .id = ID, .modified = V2, .label = "green", .origin = "identity--c", .submitter = sees };
	assert_int_equal(fixture_put(x, &p).fate, STORE_FOREIGN);
	/* Identical bytes are passed on. */
	p.modified = V1;
	assert_int_equal(fixture_put(x, &p).fate, STORE_ADDED);
	/* Who may not see it learns nothing. */
	p = (struct put){ .id = ID, .modified = V2, .label = "green", .origin = "identity--d", .submitter = blind };
	assert_int_equal(fixture_put(x, &p).fate, STORE_ADDED);
	store_view_unref(sees);
	store_view_unref(blind);
	fixture_check(x);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(the_last_version_is_served_unless_others_are_asked_for),
		T(a_later_stricter_label_closes_earlier_versions),
		T(a_version_that_comes_late_has_the_newest_label_too),
		T(revocation_is_final),
		T(a_revocation_older_than_the_newest_wins_all_the_same),
		T(different_content_of_the_same_instant_is_kept_as_evidence_alone),
		T(two_specification_versions_of_an_id_stand_side_by_side),
		T(a_withdrawn_version_is_gone_and_may_come_again),
		T(one_sees_one_line_of_an_id),
		T(nobody_versions_what_another_submitted_and_he_may_see),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
