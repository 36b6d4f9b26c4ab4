/* SPDX-License-Identifier: Apache-2.0 */
/* Links as they are kept: what is taken and refused, cursors and refusals, what a new epoch forgets. */
#include "peer/hub_fixture_priv.h"
#include "peer/peer_priv.h"

static void a_link_is_judged_before_it_is_kept(void **state)
{
	struct fixture *x = *state;
	const struct {
		struct peer_config c;
		enum err e;
		const char *id;
	} rows[] = {
		{ { .url = SPAN("http://127.0.0.1:8081"), .token = SPAN("t") }, ERR_OK, "127.0.0.1-8081" },
		{ { .url = SPAN("http://127.0.0.1:8081/"), .token = SPAN("t") }, ERR_CONFLICT, NULL },
		{ { .url = SPAN("http://127.0.0.1:8081/"), .token = SPAN("t"), .id = SPAN("other") }, ERR_OK, "other" },
		{ { .url = SPAN("https://hub.example/taxii2/"), .token = SPAN("t") }, ERR_OK, "hub.example" },
		{ { .url = SPAN("https://[2001:db8::1]:8443/"), .token = SPAN("t") }, ERR_OK, "2001-db8-1-8443" },
		{ { .url = SPAN("https://feed.example/api/"), .member = span_of(x->member), .collection = SPAN("c"), .into = SPAN("feed") }, ERR_OK, "feed.example" },
		{ { .url = SPAN("http://hub.example"), .token = SPAN("t") }, ERR_USAGE, NULL },
		{ { .url = SPAN("https://a:b@hub2.example"), .token = SPAN("t") }, ERR_USAGE, NULL },
		{ { .url = SPAN("hub3.example"), .token = SPAN("t") }, ERR_USAGE, NULL },
		{ { .url = SPAN("https://hub4.example"), .token = SPAN("t\nX-Evil: 1") }, ERR_USAGE, NULL },
		{ { .url = SPAN("https://hub5.example"), .into = SPAN("feed") }, ERR_USAGE, NULL },
		{ { .url = SPAN("https://hub6.example"), .member = SPAN("identity--00000000-0000-4000-8000-000000000000") }, ERR_NOTFOUND, NULL },
		{ { .url = SPAN("https://hub7.example"), .id = SPAN("///") }, ERR_USAGE, NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[PEER_ID] = "";
		struct fault f = { 0 };
		enum err e = peer_add(x->a, &rows[i].c, id, &f);
		if (e != rows[i].e || (rows[i].id && strcmp(id, rows[i].id) != 0) || (e && !f.what[0]))
			fail_msg("row %zu: %s, id \"%s\": %s", i, err_name(e), id, f.what);
	}
	struct peer_status *v;
	size_t n;
	assert_int_equal(peer_list(x->a, timestamp_now(), x->m, &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 5);
	assert_true(!v[0].connected && v[0].last_contact.us == 0 && v[0].lag_us == -1 && v[0].last_error.n == 0);
	assert_int_equal(peer_remove(x->a, SPAN("other"), NULL), ERR_OK);
	assert_int_equal(peer_remove(x->a, SPAN("other"), NULL), ERR_NOTFOUND);
}

static void add(struct fixture *x, const char *id)
{
	const struct peer_config c = { .url = SPAN("https://hub.example"), .token = SPAN("t"), .id = span_of(id) };
	assert_int_equal(peer_add(x->a, &c, NULL, NULL), ERR_OK);
}

static struct peer_progress progress(const char *link, int64_t after, const char *text)
{
	struct peer_progress p = { .link = span_of(link), .collection = SPAN("c1"), .cursor = { .any = true, .after = { after } }, .now = { after } };
	snprintf(p.cursor.text, sizeof p.cursor.text, "%s", text);
	return p;
}

static void a_cursor_comes_back_to_the_letter_and_a_new_epoch_forgets_it(void **state)
{
	struct fixture *x = *state;
	struct peer_cursor c;
	add(x, "hub");
	assert_int_equal(peer_cursor_get(x->a, SPAN("hub"), SPAN("c1"), &c, NULL), ERR_OK);
	assert_false(c.any);
	struct peer_progress p = progress("hub", 42, "1970-01-01T00:00:00.0000420001Z");
	assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	struct peer_row row = { .config.id = SPAN("hub"), .hub_id = SPAN("identity--1"), .public_key = SPAN("z"), .epoch = SPAN("e1") };
	assert_int_equal(peer_learn(x->a, &row, NULL), ERR_OK); /* an epoch where there was none is a new one too */
	assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	assert_int_equal(peer_learn(x->a, &row, NULL), ERR_OK);
	assert_int_equal(peer_cursor_get(x->a, SPAN("hub"), SPAN("c1"), &c, NULL), ERR_OK);
	assert_true(c.any && c.after.us == 42);
	assert_string_equal(c.text, "1970-01-01T00:00:00.0000420001Z");
	row.epoch = SPAN("e2");
	assert_int_equal(peer_learn(x->a, &row, NULL), ERR_OK);
	assert_int_equal(peer_cursor_get(x->a, SPAN("hub"), SPAN("c1"), &c, NULL), ERR_OK);
	assert_false(c.any);
}

static void refusals_are_kept_up_to_a_thousand_newest_first(void **state)
{
	struct fixture *x = *state;
	static struct peer_refusal v[700];
	static char ids[1400][16];
	struct peer_refused *out;
	size_t n;
	add(x, "hub");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 700; i++) {
			snprintf(ids[round * 700 + i], 16, "o%d", round * 700 + i);
			v[i] = (struct peer_refusal){ span_of(ids[round * 700 + i]), SPAN("v"), SPAN("why") };
		}
		struct peer_progress p = progress("hub", 100 + round, "");
		p.refused = v;
		p.n_refused = 700;
		p.refused_before = (uint64_t)round * 700;
		assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	}
	assert_int_equal(peer_refusals(x->a, x->m, SPAN("hub"), &out, &n, NULL), ERR_OK);
	assert_int_equal(n, 1000);
	assert_int_equal(out[0].at.us, 101);
	assert_int_equal(out[999].at.us, 100);
	assert_true(span_is(out[0].reason, "why") && span_is(out[0].version, "v"));
}

static void documents_wait_until_they_are_taken_and_not_without_end(void **state)
{
	struct fixture *x = *state;
	static struct peer_document v[PEER_WAITING_MOST + 5];
	static char ids[PEER_WAITING_MOST + 5][16];
	struct peer_document *out;
	struct peer_refused *refused;
	size_t n;
	add(x, "hub");
	for (int i = 0; i < PEER_WAITING_MOST + 5; i++) {
		snprintf(ids[i], 16, "d%05d", i);
		v[i] = (struct peer_document){ span_of(ids[i]), SPAN("{}") };
	}
	struct peer_progress p = progress("hub", 7, "");
	p.waiting = v;
	p.n_waiting = PEER_WAITING_MOST + 5;
	assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	assert_int_equal(peer_waiting(x->a, x->m, SPAN("hub"), 10, &out, &n, NULL), ERR_OK);
	assert_int_equal(n, 10);
	assert_true(span_is(out[0].id, "d00000") && span_is(out[0].raw, "{}"));
	assert_int_equal(peer_waiting_over(x->a, SPAN("hub"), SPAN("d00000"), NULL), ERR_OK);
	assert_int_equal(peer_waiting(x->a, x->m, SPAN("hub"), 10, &out, &n, NULL), ERR_OK);
	assert_true(span_is(out[0].id, "d00001"));
	assert_int_equal(peer_refusals(x->a, x->m, SPAN("hub"), &refused, &n, NULL), ERR_OK);
	assert_int_equal(n, 5);
}

static void a_removed_link_leaves_nothing_for_a_later_one_of_its_name(void **state)
{
	struct fixture *x = *state;
	struct peer_cursor c;
	struct peer_progress p = progress("hub", 7, "");
	const struct peer_state s = { .connected = true, .taken = 5, .lag_us = 3 };
	add(x, "hub");
	assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	assert_int_equal(peer_state_put(x->a, SPAN("hub"), &s, timestamp_now(), NULL), ERR_OK);
	assert_int_equal(peer_remove(x->a, SPAN("hub"), NULL), ERR_OK);
	/* its thread may still finish a page */
	assert_int_equal(peer_progress_put(x->a, &p, NULL), ERR_OK);
	assert_int_equal(peer_state_put(x->a, SPAN("hub"), &s, timestamp_now(), NULL), ERR_OK);
	add(x, "hub");
	assert_int_equal(peer_cursor_get(x->a, SPAN("hub"), SPAN("c1"), &c, NULL), ERR_OK);
	assert_false(c.any);
	struct peer_status *v;
	size_t n;
	assert_int_equal(peer_list(x->a, timestamp_now(), x->m, &v, &n, NULL), ERR_OK);
	assert_true(n == 1 && v[0].taken == 0 && !v[0].connected);
}

static void a_state_is_shown_while_it_is_fresh(void **state)
{
	struct fixture *x = *state;
	struct timestamp now = timestamp_now();
	struct peer_state s = { .connected = true, .last_contact = now, .last_object = { now.us - 5 }, .lag_us = 1500, .taken = 1, .refused = 2, .held = 3, .last_error = "none" };
	struct peer_status *v;
	size_t n;
	add(x, "hub");
	assert_int_equal(peer_state_put(x->a, SPAN("hub"), &s, now, NULL), ERR_OK);
	assert_int_equal(peer_list(x->a, timestamp_now(), x->m, &v, &n, NULL), ERR_OK);
	assert_true(v[0].connected && v[0].last_contact.us == now.us && v[0].last_object.us == now.us - 5 && v[0].lag_us == 1500);
	assert_true(v[0].taken == 1 && v[0].refused == 2 && v[0].held == 3 && span_is(v[0].last_error, "none"));
	assert_int_equal(peer_state_put(x->a, SPAN("hub"), &s, (struct timestamp){ now.us - PEER_STALE_US - 1 }, NULL), ERR_OK);
	assert_int_equal(peer_list(x->a, timestamp_now(), x->m, &v, &n, NULL), ERR_OK);
	assert_true(!v[0].connected && v[0].taken == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_link_is_judged_before_it_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cursor_comes_back_to_the_letter_and_a_new_epoch_forgets_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_are_kept_up_to_a_thousand_newest_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(documents_wait_until_they_are_taken_and_not_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_removed_link_leaves_nothing_for_a_later_one_of_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_state_is_shown_while_it_is_fresh, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
