/* SPDX-License-Identifier: Apache-2.0 */
/* The store's promises, one by one, through its public header: what any driver has to keep. */
#include <pthread.h>
#include <stdio.h>
#include "store/store_fixture.h"

static void an_object_is_served_byte_for_byte_and_once(void **state)
{
	struct fixture *x = *state;
	struct put p = { .id = "indicator--6c2a4b8e-1111-4222-8333-444455556666", .modified = "2026-01-01T00:00:00.1Z", .extra = ",\"x\" :  [1.0, \"\\u00e9\"]" };
	struct store_put out = fixture_put(x, &p);
	assert_int_equal(out.fate, STORE_ADDED);
	assert_true(out.newest);
	struct store_put again = fixture_put(x, &p);
	assert_int_equal(again.fate, STORE_UNCHANGED);
	assert_int_equal(again.stamp.us, out.stamp.us);
	struct store_page *page = fixture_page(x, "bob", "green", &(struct store_query){ .collection = 1, .limit = 10, .bytes = true });
	assert_int_equal(store_page_count(page), 1);
	const struct store_entry *e = store_page_entry(page, 0);
	char raw[1024];
	put_json(&p, raw, sizeof raw);
	assert_true(span_is(e->raw, raw));
	assert_true(span_is(e->id, p.id));
	assert_true(span_is(e->type, "indicator"));
	assert_true(span_is(e->version, "2026-01-01T00:00:00.1Z"));
	assert_true(span_is(e->origin, "identity--a"));
	assert_int_equal(e->stamp.us, out.stamp.us);
	assert_false(store_page_more(page));
	store_page_free(page);
}

static void a_view_without_the_label_sees_nothing(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = "indicator--6c2a4b8e-1111-4222-8333-444455556666", .label = "red" });
	struct store_page *page = fixture_page(x, "bob", "green", &(struct store_query){ .collection = 1, .limit = 10, .bytes = true });
	assert_int_equal(store_page_count(page), 0);
	store_page_free(page);
	uint64_t n;
	struct timestamp newest;
	const struct store_view *v = fixture_view(x, "bob", "green");
	assert_int_equal(store_view_count(x->s, v, 1, &n, &newest, NULL), ERR_OK);
	assert_int_equal(n, 0);
	store_view_unref(v);
}

static void a_failed_job_leaves_nothing_and_the_others_stand(void **state)
{
	struct fixture *x = *state;
	fixture_put(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000001" });
	assert_int_equal(fixture_fail(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000002", .label = "new" }), ERR_DENIED);
	fixture_put(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000003" });
	fixture_expect(x, "bob", "green new", "indicator--00000000-0000-4000-8000-000000000001 indicator--00000000-0000-4000-8000-000000000003");
	fixture_check(x);
}

#define TOGETHER 40
struct together {
	struct fixture *x;
	struct store_job job;
	struct put put;
	struct store_put out;
	struct fixture_putting work;
	char id[80];
	enum err e;
	pthread_mutex_t *lock;
	pthread_cond_t *over;
	int *left;
};

static enum err run_one(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct together *t = ctx;
	return fixture_putting(&t->work, tx, f);
}

static void one_done(void *ctx, enum err e, const struct fault *f)
{
	struct together *t = ctx;
	pthread_mutex_lock(t->lock);
	t->e = e;
	if (--*t->left == 0)
		pthread_cond_signal(t->over);
	pthread_mutex_unlock(t->lock);
}

/* Jobs that are committed as one, some of them failing, with savepoints and without. */
static void jobs_of_a_group_fail_alone(void **state)
{
	struct fixture *x = *state;
	static struct together t[2][TOGETHER];
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t over = PTHREAD_COND_INITIALIZER;
	int64_t last = 0;
	for (int again = 0; again < 2; again++) {
		int left = TOGETHER;
		for (int i = 0; i < TOGETHER; i++) {
			struct together *j = &t[again][i];
			snprintf(j->id, sizeof j->id, "indicator--00000000-0000-4000-8000-%012d", again * 100 + i);
			j->put = (struct put){ .id = j->id, .label = i % 5 ? "green" : "blue" };
			j->work = (struct fixture_putting){ &j->put, 1, &j->out, i % 7 == 3 };
			j->lock = &lock;
			j->over = &over;
			j->left = &left;
			j->job = (struct store_job){ .run = run_one, .done = one_done, .ctx = j, .again = again };
			store_submit(x->s, &j->job);
		}
		pthread_mutex_lock(&lock);
		while (left)
			pthread_cond_wait(&over, &lock);
		pthread_mutex_unlock(&lock);
		for (int i = 0; i < TOGETHER; i++) {
			assert_int_equal(t[again][i].e, i % 7 == 3 ? ERR_DENIED : ERR_OK);
			if (i % 7 != 3) {
				assert_true(t[again][i].out.stamp.us > last);
				last = t[again][i].out.stamp.us;
			}
		}
	}
	struct store_page *p = fixture_page(x, "bob", "green blue", &(struct store_query){ .collection = 1, .limit = 1000 });
	assert_int_equal(store_page_count(p), 2 * (TOGETHER - 6));
	store_page_free(p);
	fixture_check(x);
}

static void pages_go_on_where_they_ended(void **state)
{
	struct fixture *x = *state;
	for (int i = 0; i < 60; i++) {
		char id[80];
		snprintf(id, sizeof id, "indicator--00000000-0000-4000-8000-%012d", i);
		fixture_put(x, &(struct put){ .id = id, .label = i % 3 == 0 ? "green" : i % 3 == 1 ? "amber"
												   : "red" });
	}
	struct span cursor = { NULL, 0 };
	char position[8];
	size_t seen = 0;
	int64_t last = 0;
	bool more = true;
	while (more) {
		struct store_page *page = fixture_page(x, "bob", "green amber", &(struct store_query){ .collection = 1, .limit = 7, .cursor = cursor });
		for (size_t i = 0; i < store_page_count(page); i++, seen++) {
			assert_true(store_page_entry(page, i)->stamp.us > last);
			last = store_page_entry(page, i)->stamp.us;
		}
		memcpy(position, store_page_cursor(page).p, 8);
		cursor = (struct span){ position, 8 };
		more = store_page_more(page);
		store_page_free(page);
	}
	assert_int_equal(seen, 40);
}

static void a_page_holds_what_the_filters_ask_for(void **state)
{
	struct fixture *x = *state;
	const char *r1 = "report--00000000-0000-4000-8000-000000000001", *i1 = "indicator--00000000-0000-4000-8000-000000000002", *r2 = "report--00000000-0000-4000-8000-000000000003",
		   *m1 = "malware--00000000-0000-4000-8000-000000000004", *old = "report--00000000-0000-4000-8000-000000000005";
	fixture_put(x, &(struct put){ .id = old, .label = "amber" });
	fixture_put(x, &(struct put){ .id = r1 });
	fixture_put(x, &(struct put){ .id = i1, .label = "red" });
	struct store_put third = fixture_put(x, &(struct put){ .id = r2, .label = "red" });
	fixture_put(x, &(struct put){ .id = m1, .spec = "2.0" });
	fixture_change(x, "bob", "green red", "green red amber", 0);
	struct span report = SPAN("report"), two[] = { SPAN("malware"), SPAN("indicator") }, none = SPAN("campaign"), old_spec = SPAN("2.0");
	struct span ids[] = { span_of(m1), span_of(r1), span_of(r1), SPAN("report--00000000-0000-4000-8000-00000000dead"), SPAN("rubbish"), span_of(old) };
	const struct {
		struct store_query q;
		const char *want[4];
	} rows[] = {
		{ { .types = &report, .n_types = 1 }, { r1, r2, old } },
		{ { .types = two, .n_types = 2 }, { i1, m1 } },
		{ { .types = &none, .n_types = 1 }, { NULL } },
		{ { .ids = ids, .n_ids = 6 }, { r1, m1, old } },
		{ { .ids = ids, .n_ids = 6, .types = &report, .n_types = 1 }, { r1, old } },
		{ { .types = &report, .n_types = 1, .has_after = true, .after = third.stamp }, { old } },
		{ { .spec_versions = &old_spec, .n_spec_versions = 1 }, { m1 } },
		{ { .collection = 2 }, { NULL } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t limit = 1; limit <= 4; limit += 3) {
			struct store_query q = rows[i].q;
			char position[8];
			size_t seen = 0;
			bool more = true;
			q.limit = limit;
			while (more) {
				struct store_page *p = fixture_page(x, "bob", "green red amber", &q);
				for (size_t k = 0; k < store_page_count(p); k++, seen++)
					if (seen == 4 || !rows[i].want[seen] || !span_is(store_page_entry(p, k)->id, rows[i].want[seen]))
						fail_msg("row %zu, limit %zu: entry %zu is %.*s", i, limit, seen, SPAN_ARG(store_page_entry(p, k)->id));
				memcpy(position, store_page_cursor(p).p, 8);
				q.cursor = (struct span){ position, 8 };
				more = store_page_more(p);
				store_page_free(p);
			}
			if (seen < 4 && rows[i].want[seen])
				fail_msg("row %zu, limit %zu: %s is missing", i, limit, rows[i].want[seen]);
		}
	struct store_page *p;
	const struct store_view *v = fixture_view(x, "bob", "green");
	assert_int_equal(store_page_new(x->s, v, &(struct store_query){ .limit = 1, .cursor = SPAN("abc") }, &p, NULL), ERR_INVALID);
	assert_int_equal(store_page_new(x->s, v, &(struct store_query){ .limit = 0 }, &p, NULL), ERR_USAGE);
	store_view_unref(v);
}

static void a_page_ends_early_past_its_bytes(void **state)
{
	struct fixture *x = *state;
	for (int i = 0; i < 10; i++) {
		char id[80];
		snprintf(id, sizeof id, "report--00000000-0000-4000-8000-%012d", i);
		fixture_put(x, &(struct put){ .id = id });
	}
	struct store_page *p = fixture_page(x, "bob", "green", &(struct store_query){ .limit = 10, .bytes = true, .max_bytes = 200 });
	assert_int_equal(store_page_count(p), 3); /* of 70 bytes each */
	assert_true(store_page_more(p));
	store_page_free(p);
	p = fixture_page(x, "bob", "green", &(struct store_query){ .limit = 10, .bytes = true, .max_bytes = 1 });
	assert_int_equal(store_page_count(p), 1);
	store_page_free(p);
}

static void collections_have_unique_aliases(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	struct store_collection *v;
	size_t n;
	assert_int_equal(fixture_collection(x, "again", "shared"), ERR_CONFLICT);
	assert_int_equal(fixture_collection(x, "other", "other"), ERR_OK);
	assert_int_equal(store_collections(x->s, a, &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 2);
	assert_true(span_is(v[0].alias, "other"));
	assert_true(span_is(v[1].alias, "shared"));
}

static void a_store_opened_again_goes_on(void **state)
{
	struct fixture *x = *state;
	struct store_put a = fixture_put(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000001" });
	fixture_reopen(x);
	struct store_put b = fixture_put(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000002" });
	assert_true(b.stamp.us > a.stamp.us);
	assert_true(b.version > a.version);
	fixture_expect(x, "bob", "green", "indicator--00000000-0000-4000-8000-000000000001 indicator--00000000-0000-4000-8000-000000000002");
	fixture_check(x);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(an_object_is_served_byte_for_byte_and_once),
		T(a_view_without_the_label_sees_nothing),
		T(a_failed_job_leaves_nothing_and_the_others_stand),
		T(jobs_of_a_group_fail_alone),
		T(pages_go_on_where_they_ended),
		T(a_page_holds_what_the_filters_ask_for),
		T(a_page_ends_early_past_its_bytes),
		T(collections_have_unique_aliases),
		T(a_store_opened_again_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
