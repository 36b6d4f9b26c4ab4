/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's facts and what follows from them for what each may read: members, tokens, passwords, agreements, time. */
#include <sys/stat.h>
#include "accord/fixture_priv.h"

static const struct timestamp zero = { 0 };

/* ---- data directory ---- */

static void a_hub_is_made_once_and_its_files_are_closed_to_others(void **state)
{
	struct world w;
	struct stat st;
	char path[128], token[ACCORD_TOKEN], id[64];
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	assert_int_equal(stat(w.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/hub.key", w.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(accord_init(w.dir, SPAN("Again"), SPAN("JP"), world_now, &w, token, id, &f), ERR_CONFLICT);
	assert_true(span_is(accord_hub(w.a)->id, w.hub));
	assert_true(span_is(accord_hub(w.a)->country, "JP"));
	assert_int_equal(accord_hub(w.a)->epoch.n, 32);
	world_end(&w);
}

static void a_directory_without_a_hub_is_not_opened(void **state)
{
	struct world w = { .now = NOON };
	const struct store_options o = { .now = world_now, .ctx = &w, .create = true };
	char token[ACCORD_TOKEN], id[64];
	struct accord *a;
	struct fault f = { 0 };

	assert_int_equal(accord_open(&a, "/tmp", &o, &f), ERR_NOTFOUND);
	assert_int_equal(accord_init("/tmp/accord-nowhere/x", SPAN("X"), SPAN("JP"), world_now, &w, token, id, &f), ERR_IO);
	assert_int_equal(accord_init("/tmp/accord-nowhere", SPAN("X"), SPAN("XX"), world_now, &w, token, id, &f), ERR_INVALID);
	assert_int_equal(access("/tmp/accord-nowhere", F_OK), -1);
}

/* ---- members ---- */

static void members_are_checked_before_they_are_admitted(void **state)
{
	static const struct {
		struct accord_member m;
		enum err e;
	} rows[] = {
		{ { .name = { "A", 1 }, .country = { "JP", 2 } }, ERR_OK },
		{ { .name = { "", 0 }, .country = { "JP", 2 } }, ERR_INVALID },
		{ { .name = { "A\nB", 3 }, .country = { "JP", 2 } }, ERR_INVALID },
		{ { .name = { "A", 1 }, .country = { "jp", 2 } }, ERR_INVALID },
		{ { .name = { "A", 1 }, .country = { "UK", 2 } }, ERR_INVALID },
		{ { .name = { "A", 1 }, .country = { "JPN", 3 } }, ERR_INVALID },
		{ { .id = { "indicator--1", 12 }, .name = { "A", 1 }, .country = { "JP", 2 } }, ERR_INVALID },
	};
	struct world w;
	struct fault f = { 0 };
	char id[64];

	world_begin(&w, "Tokyo", "JP");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(accord_member_add(w.a, &rows[i].m, id, &f), rows[i].e);
	struct accord_member twice = { .id = keep(&w, "identity--00000000-0000-4000-8000-000000000001"), .name = SPAN("T"), .country = SPAN("TH") };
	OK(accord_member_add(w.a, &twice, id, &f));
	assert_int_equal(accord_member_add(w.a, &twice, id, &f), ERR_CONFLICT);
	struct span stranger = SPAN("identity--00000000-0000-4000-8000-000000000099");
	struct accord_member client = { .name = SPAN("C"), .country = SPAN("TH"), .clients_of = &stranger, .n_clients_of = 1 };
	assert_int_equal(accord_member_add(w.a, &client, id, &f), ERR_NOTFOUND);
	client.clients_of = &twice.id;
	OK(accord_member_add(w.a, &client, id, &f));
	const struct accord_snapshot *s = accord_snapshot(w.a);
	const struct accord_member *m = accord_find_member(s, span_of(id));
	assert_non_null(m);
	assert_int_equal(m->n_clients_of, 1);
	assert_true(m->local && span_eq(m->clients_of[0], twice.id) && m->since.us == NOON);
	accord_snapshot_unref(s);
	world_end(&w);
}

static void a_suspended_member_reads_what_is_clear_and_its_own_and_submits_nothing(void **state)
{
	struct world w;
	struct accord_intake *in;
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct accord_principal pb = of(b);
	accepted(&w, of(a), indicator(&w, 1, NOON, GREEN, NULL));
	accepted(&w, of(a), indicator(&w, 2, NOON, CLEAR, NULL));
	accepted(&w, of(b), indicator(&w, 3, NOON, GREEN, NULL));
	SEES(&w, pb, "1 2 3");
	OK(accord_member_status(w.a, b, ACCORD_SUSPENDED, &f));
	SEES(&w, pb, "2 3");
	assert_int_equal(accord_intake_new(w.a, &pb, &w.shared, world_now(&w), &in, &f), ERR_DENIED);
	OK(accord_member_status(w.a, b, ACCORD_ACTIVE, &f));
	struct feed all = shared(&w, pb, zero);
	assert_int_equal(all.n, 3);
	assert_int_equal(accord_member_status(w.a, SPAN("identity--x"), ACCORD_ACTIVE, &f), ERR_NOTFOUND);
	world_end(&w);
}

/* ---- tokens and passwords ---- */

static void tokens_authenticate_until_they_are_revoked(void **state)
{
	struct world w;
	struct accord_principal p;
	struct accord_token *v;
	size_t n;
	char token[ACCORD_TOKEN], id[64];
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	OK(accord_authenticate_token(w.a, w.mem, span_of(w.token), &p, &f));
	assert_true(p.admin && span_is(p.org, w.hub) && !p.hub && p.person.n == 0);
	struct span a = member(&w, "A", "JP");
	OK(accord_token_new(w.a, a, SPAN(""), false, token, id, &f));
	assert_int_equal(strlen(token), 46);
	assert_int_equal(strncmp(token, "mt_", 3), 0);
	assert_string_equal(id, "");
	OK(accord_authenticate_token(w.a, w.mem, span_of(token), &p, &f));
	assert_true(!p.admin && span_eq(p.org, a));
	struct span token_id = p.token_id;
	struct accord_principal x = person(&w, a, "Ms Tan"), y = person(&w, a, "Ms Tan"), z = person(&w, a, "Mr Lee");
	assert_true(span_eq(x.person, y.person) && !span_eq(x.person, z.person) && !span_eq(x.token_id, y.token_id));
	OK(accord_tokens(w.a, w.mem, &v, &n, &f));
	assert_int_equal(n, 5);
	OK(accord_token_revoke(w.a, token_id, &f));
	assert_int_equal(accord_authenticate_token(w.a, w.mem, span_of(token), &p, &f), ERR_UNAUTHENTICATED);
	assert_int_equal(accord_token_revoke(w.a, token_id, &f), ERR_NOTFOUND);
	token[5] ^= 1;
	assert_int_equal(accord_authenticate_token(w.a, w.mem, span_of(token), &p, &f), ERR_UNAUTHENTICATED);
	assert_int_equal(accord_authenticate_token(w.a, w.mem, SPAN(""), &p, &f), ERR_UNAUTHENTICATED);
	assert_int_equal(accord_token_new(w.a, SPAN("identity--x"), SPAN(""), false, token, id, &f), ERR_NOTFOUND);
	OK(accord_member_status(w.a, a, ACCORD_REMOVED, &f));
	OK(accord_tokens(w.a, w.mem, &v, &n, &f));
	assert_int_equal(n, 1);
	world_end(&w);
}

static void a_changed_password_holds_at_once_although_the_old_one_was_cached(void **state)
{
	struct world w;
	struct accord_principal p;
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "JP");
	assert_int_equal(accord_user_add(w.a, a, SPAN("ana"), SPAN("short"), &f), ERR_INVALID);
	assert_int_equal(accord_user_add(w.a, a, SPAN("a:a"), SPAN("long enough"), &f), ERR_INVALID);
	OK(accord_user_add(w.a, a, SPAN("ana"), SPAN("first password"), &f));
	assert_int_equal(accord_user_add(w.a, b, SPAN("ana"), SPAN("other password"), &f), ERR_CONFLICT);
	for (int i = 0; i < 3; i++)
		OK(accord_authenticate_user(w.a, w.mem, SPAN("ana"), SPAN("first password"), world_now(&w), &p, &f));
	assert_true(span_eq(p.org, a) && p.person.n == 0 && span_is(p.token_id, "user:ana"));
	assert_int_equal(accord_authenticate_user(w.a, w.mem, SPAN("ana"), SPAN("first passwore"), world_now(&w), &p, &f), ERR_UNAUTHENTICATED);
	assert_int_equal(accord_authenticate_user(w.a, w.mem, SPAN("bob"), SPAN("first password"), world_now(&w), &p, &f), ERR_UNAUTHENTICATED);
	OK(accord_user_add(w.a, a, SPAN("ana"), SPAN("second password"), &f));
	assert_int_equal(accord_authenticate_user(w.a, w.mem, SPAN("ana"), SPAN("first password"), world_now(&w), &p, &f), ERR_UNAUTHENTICATED);
	OK(accord_authenticate_user(w.a, w.mem, SPAN("ana"), SPAN("second password"), world_now(&w), &p, &f));
	world_end(&w);
}

/* ---- agreements ---- */

static void agreements_are_read_liberally_and_refused_with_the_place(void **state)
{
	static const struct {
		const char *json, *where;
		enum err e;
	} rows[] = {
		{ "{}", "", ERR_OK },
		{ "{\"id\":\"agreement--11111111-1111-4111-8111-111111111111\",\"title\":{\"ja\":\"協定\",\"en\":\"Accord\"},\"policy\":{\"ceiling\":\"red\",\"clients\":true,"
		  "\"personal_data\":\"domestic\",\"retroactive\":\"all\"},\"effective\":\"2026-01-01T00:00:00Z\",\"expires\":null,"
		  "\"parties\":[{\"org\":\"identity--22222222-2222-4222-8222-222222222222\",\"signed\":\"2026-01-01T00:00:00Z\",\"suspended\":[[\"2026-02-01T00:00:00Z\",null]]},"
		  "\"identity--33333333-3333-4333-8333-333333333333\"],\"clauses\":[1,2]}",
			"", ERR_OK },
		{ "{\"ceiling\":\"white\",\"clients\":false,\"effective\":\"2026-01-01T00:00:00Z\"}", "", ERR_OK },
		{ "[]", "", ERR_INVALID },
		{ "{", "", ERR_SYNTAX },
		{ "{\"id\":\"a1\"}", "id", ERR_INVALID },
		{ "{\"title\":7}", "title", ERR_INVALID },
		{ "{\"policy\":[]}", "policy", ERR_INVALID },
		{ "{\"policy\":{\"ceiling\":\"pink\"}}", "policy.ceiling", ERR_INVALID },
		{ "{\"ceiling\":\"unknown\"}", "ceiling", ERR_INVALID },
		{ "{\"policy\":{\"clients\":\"yes\"}}", "policy.clients", ERR_INVALID },
		{ "{\"personal_data\":true}", "personal_data", ERR_INVALID },
		{ "{\"policy\":{\"retroactive\":\"some\"}}", "policy.retroactive", ERR_INVALID },
		{ "{\"effective\":\"yesterday\"}", "effective", ERR_INVALID },
		{ "{\"effective\":\"2026-01-02T00:00:00Z\",\"expires\":\"2026-01-01T00:00:00Z\"}", "expires", ERR_INVALID },
		{ "{\"parties\":{}}", "parties", ERR_INVALID },
		{ "{\"parties\":[\"x\"]}", "parties[0]", ERR_INVALID },
		{ "{\"parties\":[{\"org\":\"identity--22222222-2222-4222-8222-222222222222\",\"signed\":5}]}", "parties[0].signed", ERR_INVALID },
		{ "{\"parties\":[{\"org\":\"identity--22222222-2222-4222-8222-222222222222\",\"signed\":\"2026-01-01T00:00:00Z\",\"suspended\":[[\"2026-01-01T00:00:00Z\",\"2025-01-01T00:00:00Z\"]]}]}",
			"parties[0].suspended", ERR_INVALID },
	};
	struct world w;
	char id[128], marking[64];

	world_begin(&w, "Tokyo", "JP");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fault f = { 0 };
		enum err e = accord_agreement_add(w.a, span_of(rows[i].json), id, marking, &f);
		if (e != rows[i].e || (rows[i].where[0] && strcmp(f.where, rows[i].where) != 0))
			fail_msg("row %zu: %s at %s: %s", i, err_name(e), f.where, f.what);
	}
	const struct accord_snapshot *s = accord_snapshot(w.a);
	const struct accord_agreement *v, *g = accord_find_agreement(s, SPAN("agreement--11111111-1111-4111-8111-111111111111"));
	assert_int_equal(accord_agreements(s, &v), 3);
	assert_non_null(g);
	assert_true(span_is(g->title, "Accord") && g->policy.ceiling == STIX_TLP_RED && g->policy.clients && g->policy.retroactive_all &&
		    g->policy.personal_data == POLICY_PERSONAL_DOMESTIC && g->policy.n_parties == 1 && g->policy.parties[0].n_suspended == 1);
	assert_ptr_equal(accord_find_agreement(s, g->marking), g);
	accord_snapshot_unref(s);
	struct fault f = { 0 };
	OK(accord_agreement_add(w.a, span_of(rows[1].json), id, marking, &f)); /* the same again */
	assert_int_equal(accord_agreement_add(w.a, SPAN("{\"id\":\"agreement--11111111-1111-4111-8111-111111111111\"}"), id, marking, &f), ERR_CONFLICT);
	world_end(&w);
}

struct pact {
	char id[128], marking[64];
	const char *markings; /* amber under it */
};

static struct pact pact(struct world *w, const char *policy)
{
	struct pact p;
	struct fault f = { 0 };

	if (accord_agreement_add(w->a, span_of(policy), p.id, p.marking, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	p.markings = arena_printf(w->mem, AMBER ",\"%s\"", p.marking);
	return p;
}

static void event(struct world *w, const struct pact *p, struct span who, enum accord_event e, int64_t until)
{
	struct fault f = { 0 };

	if (accord_agreement_event(w->a, span_of(p->id), who, e, world_now(w), (struct timestamp){ until }, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
}

static void a_party_sees_what_is_added_from_its_signing_until_it_withdraws(void **state)
{
	struct world w;
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH"), c = member(&w, "C", "ID");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	SEES(&w, of(b), "");
	pass(&w, SECOND);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	SEES(&w, of(b), "");
	accepted(&w, of(a), indicator(&w, 2, NOON, p.markings, NULL));
	struct feed had = shared(&w, of(b), zero);
	assert_string_equal(had.text, "2");
	SEES(&w, of(c), "");
	SEES(&w, of(a), "1 2");
	SEES(&w, of(SPAN("")), "");
	/* withdrawn: nothing any more, neither old nor new */
	event(&w, &p, b, ACCORD_WITHDRAWN, 0);
	SEES(&w, of(b), "");
	accepted(&w, of(a), indicator(&w, 3, NOON, p.markings, NULL));
	SEES(&w, of(b), "");
	assert_int_equal(accord_agreement_event(w.a, span_of(p.id), c, ACCORD_WITHDRAWN, world_now(&w), zero, &f), ERR_CONFLICT);
	assert_int_equal(accord_agreement_event(w.a, span_of(p.id), a, ACCORD_SIGNED, world_now(&w), zero, &f), ERR_CONFLICT);
	assert_int_equal(accord_agreement_event(w.a, SPAN("agreement--x"), a, ACCORD_SIGNED, world_now(&w), zero, &f), ERR_NOTFOUND);
	/* acceded again: from then on */
	pass(&w, SECOND);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 4, NOON, p.markings, NULL));
	assert_string_equal(shared(&w, of(b), had.last).text, "4");
	world_end(&w);
}

static void a_party_to_a_retroactive_agreement_gets_the_older_ones_behind_its_cursor(void **state)
{
	struct world w;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\",\"retroactive\":\"all\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	accepted(&w, of(a), indicator(&w, 2, NOON, GREEN, NULL));
	accepted(&w, of(a), indicator(&w, 3, NOON, p.markings, NULL));
	struct feed first = shared(&w, of(b), zero);
	assert_string_equal(first.text, "2");
	pass(&w, SECOND);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	struct feed second = shared(&w, of(b), first.last);
	assert_string_equal(second.text, "1 3");
	assert_string_equal(shared(&w, of(b), second.last).text, "");
	SEES(&w, of(b), "2 1 3");
	world_end(&w);
}

static void a_suspension_closes_and_its_end_opens_without_showing_anything_twice(void **state)
{
	struct world w;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	struct feed had = shared(&w, of(b), zero);
	assert_string_equal(had.text, "1");
	event(&w, &p, b, ACCORD_SUSPENDED_FROM, world_now(&w).us + 10 * SECOND);
	SEES(&w, of(b), "");
	accepted(&w, of(a), indicator(&w, 2, NOON, p.markings, NULL));
	pass(&w, 9 * SECOND);
	SEES(&w, of(b), "");
	pass(&w, SECOND);
	struct feed more = shared(&w, of(b), had.last);
	assert_string_equal(more.text, "2");
	/* without an end, until it signs again */
	event(&w, &p, b, ACCORD_SUSPENDED_FROM, TIMESTAMP_NEVER.us);
	accepted(&w, of(a), indicator(&w, 3, NOON, p.markings, NULL));
	pass(&w, 1000 * SECOND);
	SEES(&w, of(b), "");
	event(&w, &p, b, ACCORD_SIGNED, 0);
	assert_string_equal(shared(&w, of(b), more.last).text, "3");
	world_end(&w);
}

static void a_person_who_gets_a_token_later_sees_no_more_than_the_organisation(void **state)
{
	struct world w;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	accepted(&w, of(a), indicator(&w, 2, NOON, GREEN, NULL));
	pass(&w, SECOND);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 3, NOON, p.markings, NULL));
	SEES(&w, of(b), "2 3");
	SEES(&w, person(&w, b, "Ms Tan"), "2 3");
	/* and a member that is added after the agreement's text named it */
	struct pact q = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\",\"parties\":[{\"org\":\"identity--00000000-0000-4000-8000-000000000007\",\"signed\":\"2027-01-15T08:00:05Z\"}]}");
	event(&w, &q, a, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 4, NOON, q.markings, NULL));
	pass(&w, 5 * SECOND);
	accepted(&w, of(a), indicator(&w, 5, NOON, q.markings, NULL));
	struct accord_member late = { .id = SPAN("identity--00000000-0000-4000-8000-000000000007"), .name = SPAN("Late"), .country = SPAN("VN") };
	char id[64];
	OK(accord_member_add(w.a, &late, id, NULL));
	assert_string_equal(shared(&w, of(late.id), zero).text, "2 5");
	world_end(&w);
}

/* ---- time ---- */

static void an_embargo_ends_by_time_alone_and_the_entry_comes_behind_the_cursor(void **state)
{
	struct world w;
	struct accord_fate fates[3];
	char t[TIMESTAMP_TEXT];
	bool changed;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	timestamp_format((struct timestamp){ NOON + 10 * SECOND }, t);
	const char *const texts[] = { scope(&w, 1, arena_printf(w.mem, "\"not_before\":\"%s\"", t)), indicator(&w, 5, NOON, GREEN "," SCOPE(1), NULL), NULL };
	submit(&w, of(a), texts, fates);
	assert_true(fates[0].accepted && fates[1].accepted);
	accepted(&w, of(a), indicator(&w, 6, NOON, GREEN, NULL));
	struct feed first = shared(&w, of(b), zero);
	assert_string_equal(first.text, "6");
	pass(&w, 10 * SECOND - 1);
	assert_string_equal(shared(&w, of(b), zero).text, "6");
	atomic_fetch_add(&w.now, 1);
	OK(accord_refresh(w.a, world_now(&w), &changed, NULL));
	assert_true(changed);
	OK(accord_refresh(w.a, world_now(&w), &changed, NULL));
	assert_false(changed);
	assert_string_equal(shared(&w, of(b), first.last).text, "1 5");
	world_end(&w);
}

static void what_time_changed_while_the_hub_was_down_is_decided_when_it_starts(void **state)
{
	struct world w;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\",\"expires\":\"2027-01-15T09:00:00Z\",\"retroactive\":\"all\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	struct pact q = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\",\"retroactive\":\"all\",\"parties\":[]}");
	event(&w, &q, a, ACCORD_SIGNED, 0);
	OK(accord_agreement_event(w.a, span_of(q.id), b, ACCORD_SIGNED, (struct timestamp){ NOON + 100 * SECOND }, zero, NULL));
	accepted(&w, of(a), indicator(&w, 2, NOON, q.markings, NULL));
	accepted(&w, of(a), indicator(&w, 3, NOON, GREEN, NULL));
	struct feed had = shared(&w, of(b), zero);
	assert_string_equal(had.text, "1 3");
	atomic_fetch_add(&w.now, (int64_t)7200 * SECOND);
	world_reopen(&w);
	/* before anything was decided anew, nothing that ended is shown */
	struct accord_principal pb = of(b);
	const struct store_view *v;
	bool may, closure;
	OK(accord_view(w.a, &pb, world_now(&w), &v, NULL));
	OK(store_view_may(accord_store(w.a), v, SPAN("indicator--00000000-0000-4000-8000-000000000001"), &may, &closure, NULL));
	assert_false(may);
	OK(store_view_may(accord_store(w.a), v, SPAN("indicator--00000000-0000-4000-8000-000000000002"), &may, &closure, NULL));
	assert_false(may);
	store_view_unref(v);
	assert_string_equal(shared(&w, of(b), had.last).text, "2");
	SEES(&w, of(b), "3 2");
	world_end(&w);
}

static void a_clock_that_steps_back_loses_nothing(void **state)
{
	struct world w;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	accepted(&w, of(a), indicator(&w, 1, NOON, GREEN, NULL));
	struct feed had = shared(&w, of(b), zero);
	pass(&w, (int64_t)-3600 * SECOND);
	accepted(&w, of(a), indicator(&w, 2, NOON - (int64_t)3600 * SECOND, GREEN, NULL));
	struct feed more = shared(&w, of(b), had.last);
	assert_string_equal(more.text, "2");
	struct pact p = pact(&w, "{\"retroactive\":\"all\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 3, NOON - (int64_t)3600 * SECOND, p.markings, NULL));
	event(&w, &p, b, ACCORD_SIGNED, 0);
	assert_string_equal(shared(&w, of(b), more.last).text, "3");
	world_end(&w);
}

static void another_process_is_noticed(void **state)
{
	struct world w;
	struct accord *other;
	bool changed;
	struct fault f = { 0 };

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	struct pact p = pact(&w, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	event(&w, &p, a, ACCORD_SIGNED, 0);
	event(&w, &p, b, ACCORD_SIGNED, 0);
	accepted(&w, of(a), indicator(&w, 1, NOON, p.markings, NULL));
	SEES(&w, of(b), "1");
	const struct store_options o = { .now = world_now, .ctx = &w };
	OK(accord_open(&other, w.dir, &o, &f));
	OK(accord_agreement_event(other, span_of(p.id), b, ACCORD_WITHDRAWN, world_now(&w), zero, &f));
	accord_close(other);
	OK(accord_refresh(w.a, world_now(&w), &changed, &f));
	assert_true(changed);
	SEES(&w, of(b), "");
	OK(accord_refresh(w.a, world_now(&w), &changed, &f));
	assert_false(changed);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hub_is_made_once_and_its_files_are_closed_to_others),
		cmocka_unit_test(a_directory_without_a_hub_is_not_opened),
		cmocka_unit_test(members_are_checked_before_they_are_admitted),
		cmocka_unit_test(a_suspended_member_reads_what_is_clear_and_its_own_and_submits_nothing),
		cmocka_unit_test(tokens_authenticate_until_they_are_revoked),
		cmocka_unit_test(a_changed_password_holds_at_once_although_the_old_one_was_cached),
		cmocka_unit_test(agreements_are_read_liberally_and_refused_with_the_place),
		cmocka_unit_test(a_party_sees_what_is_added_from_its_signing_until_it_withdraws),
		cmocka_unit_test(a_party_to_a_retroactive_agreement_gets_the_older_ones_behind_its_cursor),
		cmocka_unit_test(a_suspension_closes_and_its_end_opens_without_showing_anything_twice),
		cmocka_unit_test(a_person_who_gets_a_token_later_sees_no_more_than_the_organisation),
		cmocka_unit_test(an_embargo_ends_by_time_alone_and_the_entry_comes_behind_the_cursor),
		cmocka_unit_test(what_time_changed_while_the_hub_was_down_is_decided_when_it_starts),
		cmocka_unit_test(a_clock_that_steps_back_loses_nothing),
		cmocka_unit_test(another_process_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
