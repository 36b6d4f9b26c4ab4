/* SPDX-License-Identifier: Apache-2.0 */
/* Submissions: every reason at the door, fates, scopes, warnings, the status resource, withdrawal and notices. */
#include "accord/fixture_priv.h"
#include "policy/label.h"
#include "util/alloc.h"

static const struct timestamp zero = { 0 };
#define AGREEMENT "agreement--11111111-1111-4111-8111-111111111111"

struct town {
	struct world w;
	struct span a, b, c;
	char marking[64];
	const char *pact; /* AMBER under the agreement of a and b */
};

static void begin(struct town *t, const char *policy)
{
	char id[128];
	struct fault f = { 0 };

	world_begin(&t->w, "Tokyo", "JP");
	t->a = member(&t->w, "A", "JP");
	t->b = member(&t->w, "B", "TH");
	t->c = member(&t->w, "C", "ID");
	const char *json = arena_printf(t->w.mem, "{\"id\":\"" AGREEMENT "\",\"effective\":\"2026-01-01T00:00:00Z\",\"policy\":%s,\"parties\":["
						  "{\"org\":\"%.*s\",\"signed\":\"2026-01-01T00:00:00Z\"},{\"org\":\"%.*s\",\"signed\":\"2026-01-01T00:00:00Z\"}]}",
		policy, SPAN_ARG(t->a), SPAN_ARG(t->b));
	OK(accord_agreement_add(t->w.a, span_of(json), id, t->marking, &f));
	t->pact = arena_printf(t->w.mem, AMBER ",\"%s\"", t->marking);
}

static const char *with(struct town *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *with(struct town *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return arena_str(t->w.mem, span_of(text));
}

static struct accord_fate with_scope(struct town *t, struct accord_principal by, const char *members, const char *tlp, unsigned number, const char *more)
{
	struct accord_fate fates[2];
	const char *const texts[] = { indicator(&t->w, number, NOON, arena_printf(t->w.mem, "%s," SCOPE(9), tlp), more), scope(&t->w, 9, members), NULL };

	submit(&t->w, by, texts, fates);
	return fates[0];
}

/* ---- the door ---- */

static void every_reason_at_the_door_is_told(void **state)
{
	struct town t;
	struct accord_fate x;

	begin(&t, "{\"ceiling\":\"amber\",\"personal_data\":\"none\"}");
	struct world *w = &t.w;
	x = submit_one(w, of(t.a), indicator(w, 1, NOON, NULL, NULL));
	assert_int_equal(x.door, POLICY_DOOR_NO_TLP);
	assert_string_equal(x.code, "no-tlp");
	x = submit_one(w, of(t.a), indicator(w, 1, NOON, NULL, ",\"labels\":[\"tlp:purple\"]"));
	assert_int_equal(x.door, POLICY_DOOR_UNKNOWN_TLP);
	x = submit_one(w, of(t.a), indicator(w, 1, NOON, GREEN "," SCOPE(8), NULL));
	assert_int_equal(x.door, POLICY_DOOR_UNKNOWN_SCOPE);
	x = with_scope(&t, of(t.a), "\"agreement\":\"agreement--99999999-9999-4999-8999-999999999999\"", AMBER, 1, NULL);
	assert_int_equal(x.door, POLICY_DOOR_UNKNOWN_AGREEMENT);
	x = submit_one(w, of(t.a), indicator(w, 1, NOON, with(&t, RED ",\"%s\"", t.marking), NULL));
	assert_int_equal(x.door, POLICY_DOOR_OVER_CEILING);
	x = submit_one(w, of(t.c), indicator(w, 1, NOON, t.pact, NULL));
	assert_int_equal(x.door, POLICY_DOOR_NOT_A_PARTY);
	x = with_scope(&t, of(t.a), "\"countries\":[\"TH\"]", CLEAR, 1, NULL);
	assert_int_equal(x.door, POLICY_DOOR_CONTRADICTION);
	x = submit_one(w, of(t.a), with(&t, "{\"type\":\"email-addr\",\"spec_version\":\"2.1\",\"id\":\"email-addr--00000000-0000-4000-8000-000000000001\",\"value\":\"a@b.example\","
					    "\"object_marking_refs\":[%s]}",
					   t.pact));
	assert_int_equal(x.door, POLICY_DOOR_PERSONAL_DATA);
	x = submit_one(w, of(t.a), indicator(w, 1, NOON, GREEN, with(&t, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(t.b))));
	assert_int_equal(x.door, POLICY_DOOR_CREATOR);
	x = submit_one(w, of(t.a), indicator(w, 1, NOON + 301 * (int64_t)SECOND, GREEN, NULL));
	assert_int_equal(x.door, POLICY_DOOR_FUTURE);
	SEES(w, of(t.b), "");
	/* the same, put right */
	OK(accord_delegate(w->a, t.b, t.a, true, NULL));
	accepted(w, of(t.a), indicator(w, 1, NOON, GREEN, with(&t, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(t.b))));
	accepted(w, of(t.a), indicator(w, 2, NOON + 299 * (int64_t)SECOND, GREEN, NULL));
	accepted(w, of(t.a), indicator(w, 3, NOON, t.pact, NULL));
	accepted(w, of(t.a), indicator(w, 4, NOON, CLEAR, ",\"created_by_ref\":\"identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5\""));
	SEES(w, of(t.b), "1 2 3 4");
	SEES(w, of(t.c), "1 2 4");
	SEES(w, of(SPAN("")), "4");
	OK(accord_delegate(w->a, t.b, t.a, false, NULL));
	x = submit_one(w, of(t.a), indicator(w, 5, NOON, GREEN, with(&t, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(t.b))));
	assert_int_equal(x.door, POLICY_DOOR_CREATOR);
	world_end(w);
}

static void an_agreement_out_of_force_is_told_at_the_door(void **state)
{
	struct town t;
	char id[128], marking[64];

	begin(&t, "{}");
	OK(accord_agreement_add(t.w.a, span_of(with(&t, "{\"effective\":\"2027-01-15T08:00:10Z\",\"parties\":[{\"org\":\"%.*s\",\"signed\":\"2026-01-01T00:00:00Z\"}]}", SPAN_ARG(t.a))),
		id, marking, NULL));
	const char *text = indicator(&t.w, 1, NOON, with(&t, AMBER ",\"%s\"", marking), NULL);
	assert_int_equal(submit_one(&t.w, of(t.a), text).door, POLICY_DOOR_AGREEMENT_NOT_IN_FORCE);
	pass(&t.w, 10 * SECOND);
	accepted(&t.w, of(t.a), text);
	world_end(&t.w);
}

static void what_is_no_good_stix_is_refused_alone(void **state)
{
	struct town t;
	struct accord_fate x[8];

	begin(&t, "{}");
	const char *const texts[] = { "{\"type\":", "[]", "{\"type\":\"indicator\"}", indicator(&t.w, 1, NOON, GREEN, ",\"confidence\":101"),
		indicator(&t.w, 2, NOON, GREEN, NULL), indicator(&t.w, 3, NOON, GREEN, ",\"name\":\"again\""), NULL };
	submit(&t.w, of(t.a), texts, x);
	static const char *const codes[] = { "syntax", "syntax", "invalid", "invalid", "added", "duplicate-key" };
	for (size_t i = 0; i < 6; i++) {
		if (i != 4)
			assert_string_equal(x[i].code, codes[i]);
		assert_int_equal(x[i].accepted, i == 4);
		assert_true(i == 4 || x[i].fault.what[0]);
	}
	assert_string_equal(x[3].id, "indicator--00000000-0000-4000-8000-000000000001");
	assert_true(x[3].finding[0]);
	SEES(&t.w, of(t.b), "2");
	world_end(&t.w);
}

static void fates_of_the_store_are_told(void **state)
{
	struct town t;
	struct accord_fate x;

	begin(&t, "{}");
	const char *one = indicator(&t.w, 1, NOON, GREEN, NULL);
	struct timestamp stamp = accepted(&t.w, of(t.a), one);
	x = submit_one(&t.w, of(t.a), one);
	assert_true(x.accepted && x.fate == STORE_UNCHANGED && x.stamp.us == stamp.us);
	x = submit_one(&t.w, of(t.a), indicator(&t.w, 1, NOON, GREEN, ",\"confidence\":1"));
	assert_true(!x.accepted && x.fate == STORE_DIFFERENT && x.fault.what[0]);
	x = submit_one(&t.w, of(t.b), indicator(&t.w, 1, NOON + 1000, GREEN, NULL));
	assert_true(!x.accepted && x.fate == STORE_FOREIGN && x.fault.what[0]);
	accepted(&t.w, of(t.a), indicator(&t.w, 1, NOON + 1000, GREEN, ",\"revoked\":true"));
	x = submit_one(&t.w, of(t.a), indicator(&t.w, 1, NOON + 2000, GREEN, NULL));
	assert_true(!x.accepted && x.fate == STORE_REVOKED && x.fault.what[0]);
	world_end(&t.w);
}

/* ---- scopes ---- */

static void nobody_can_loosen_anothers_scope_by_giving_its_id_a_second_meaning(void **state)
{
	struct town t;
	struct accord_fate x[2];

	begin(&t, "{}");
	struct world *w = &t.w;
	const char *named = with(&t, "\"named\":[\"%.*s\"]", SPAN_ARG(t.b));
	/* c, who saw the id somewhere, gives it first and widely */
	const char *const wide[] = { scope(w, 9, "\"countries\":[\"ID\",\"TH\",\"JP\"]"), indicator(w, 1, NOON, GREEN "," SCOPE(9), NULL), NULL };
	submit(w, of(t.c), wide, x);
	assert_true(x[0].accepted && x[1].accepted);
	pass(w, SECOND);
	const char *const narrow[] = { indicator(w, 2, NOON, GREEN "," SCOPE(9), NULL), scope(w, 9, named), NULL };
	submit(w, of(t.a), narrow, x);
	assert_true(x[0].accepted);
	accepted(w, of(t.a), indicator(w, 3, NOON, GREEN "," SCOPE(9), NULL)); /* without the definition again */
	SEES(w, of(t.c), "9 1");
	assert_non_null(strstr(shared(w, of(t.b), zero).text, "2"));
	assert_non_null(strstr(shared(w, of(t.b), zero).text, "3"));
	/* a third takes the first that was there */
	accepted(w, of(t.b), indicator(w, 4, NOON, GREEN "," SCOPE(9), NULL));
	assert_string_equal(shared(w, of(t.c), zero).text, "9 1 4");
	/* what one may not have is not here */
	const char *const hidden[] = { scope(w, 8, named), indicator(w, 5, NOON, GREEN "," SCOPE(8), NULL), NULL };
	submit(w, of(t.a), hidden, x);
	assert_int_equal(submit_one(w, of(t.c), indicator(w, 6, NOON, GREEN "," SCOPE(8), NULL)).door, POLICY_DOOR_UNKNOWN_SCOPE);
	accepted(w, of(t.b), indicator(w, 7, NOON, GREEN "," SCOPE(8), NULL));
	world_end(w);
}

static void definitions_and_creators_go_with_what_refers_to_them(void **state)
{
	struct town t;
	struct accord_fate x[4];

	begin(&t, "{\"clients\":true}");
	struct world *w = &t.w;
	const char *me = with(&t, "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"%.*s\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\","
				  "\"name\":\"A\",\"identity_class\":\"organization\"}",
		SPAN_ARG(t.a));
	const char *by_me = with(&t, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(t.a));
	const char *const texts[] = { me, scope(w, 9, "\"agreement\":\"" AGREEMENT "\""), indicator(w, 1, NOON, AMBER "," SCOPE(9), by_me), NULL };
	struct accord_member client = { .name = SPAN("Client"), .country = SPAN("VN"), .clients_of = &t.b, .n_clients_of = 1 };
	char id[64];
	OK(accord_member_add(w->a, &client, id, NULL));
	submit(w, of(t.a), texts, x);
	for (size_t i = 0; i < 3; i++)
		if (!x[i].accepted)
			fail_msg("%zu %s: %s", i, x[i].code, x[i].fault.what);
	assert_int_equal(shared(w, of(t.b), zero).n, 3);
	assert_int_equal(shared(w, of(span_of(id)), zero).n, 3);
	SEES(w, of(t.c), "");
	/* alone, an identity without a TLP is refused */
	assert_int_equal(submit_one(w, of(t.b), with(&t, "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"%.*s\",\"created\":\"2026-01-01T00:00:00.000Z\","
							 "\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"B\",\"identity_class\":\"organization\"}",
							SPAN_ARG(t.b)))
				 .door,
		POLICY_DOOR_NO_TLP);
	world_end(w);
}

static void a_red_object_is_for_the_named_person_and_its_submitter(void **state)
{
	struct town t;

	begin(&t, "{}");
	struct world *w = &t.w;
	struct accord_principal tan = person(w, t.b, "Ms Tan"), lee = person(w, t.b, "Mr Lee"), ana = person(w, t.a, "Ana");
	struct accord_fate x = with_scope(&t, ana, with(&t, "\"named\":[\"%.*s\"]", SPAN_ARG(tan.person)), RED, 1, NULL);
	assert_true(x.accepted);
	assert_non_null(strstr(shared(w, tan, zero).text, "1"));
	assert_non_null(strstr(shared(w, ana, zero).text, "1"));
	SEES(w, lee, "");
	SEES(w, of(t.b), "");
	assert_null(strstr(shared(w, of(t.a), zero).text, "1"));
	world_end(w);
}

/* ---- warnings ---- */

static void what_speaks_more_openly_than_what_it_speaks_of_is_accepted_with_a_warning(void **state)
{
	struct town t;
	struct accord_fate x;

	begin(&t, "{}");
	struct world *w = &t.w;
	const char *note = "{\"type\":\"note\",\"spec_version\":\"2.1\",\"id\":\"note--00000000-0000-4000-8000-00000000000%d\",\"created\":\"2026-01-01T00:00:00.000Z\","
			   "\"modified\":\"2026-01-01T00:00:00.000Z\",\"content\":\"x\",\"object_refs\":[\"indicator--00000000-0000-4000-8000-000000000001\"],\"object_marking_refs\":[%s]}";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	x = submit_one(w, of(t.b), with(&t, note, 1, GREEN));
	assert_true(x.accepted && !x.warning);
	accepted(w, of(t.a), indicator(w, 1, NOON, t.pact, NULL));
	x = submit_one(w, of(t.b), with(&t, note, 2, GREEN));
	assert_true(x.accepted && x.warning);
	assert_non_null(strstr(x.fault.what, "indicator--00000000-0000-4000-8000-000000000001"));
	x = submit_one(w, of(t.b), with(&t, note, 3, t.pact));
	assert_true(x.accepted && !x.warning);
	x = submit_one(w, of(t.c), with(&t, note, 4, GREEN)); /* may not know of it */
	assert_true(x.accepted && !x.warning);
#pragma GCC diagnostic pop
	world_end(w);
}

/* ---- status ---- */

static void write_status(void *ctx, const struct accord_intake *in, struct buf *json)
{
	buf_addf(json, "{\"n\":%zu,\"ok\":%d}", accord_intake_count(in), accord_intake_fate(in, 0)->accepted);
}

static void the_status_resource_is_stored_with_the_objects_and_belongs_to_the_organisation(void **state)
{
	struct town t;
	struct accord_intake *in;
	struct span json;

	begin(&t, "{}");
	struct accord_principal by = of(t.a);
	OK(accord_intake_new(t.w.a, &by, &t.w.shared, world_now(&t.w), &in, NULL));
	accord_intake_status(in, SPAN("s1"), write_status, NULL);
	OK(accord_intake_add(in, span_of(indicator(&t.w, 1, NOON, GREEN, NULL)), NULL));
	OK(accord_intake_commit_wait(in, NULL));
	accord_intake_free(in);
	OK(store_status_get(accord_store(t.w.a), t.w.mem, SPAN("s1"), t.a, &json, NULL));
	assert_true(span_is(json, "{\"n\":1,\"ok\":1}"));
	assert_int_equal(store_status_get(accord_store(t.w.a), t.w.mem, SPAN("s1"), t.b, &json, NULL), ERR_NOTFOUND);
	world_end(&t.w);
}

/* ---- notices ---- */

static struct json notice_of(struct town *t, const struct feed *x)
{
	struct json v;
	struct fault f = { 0 };

	OK(json_read(t->w.mem, x->raw, &v, &f));
	assert_true(span_is(json_string_or_none(json_get(v, "type")), "note"));
	assert_true(span_is(json_string_or_none(json_get(v, "created_by_ref")), t->w.hub));
	return json_get(json_get(v, "extensions"), STIX_EXT_NOTICE);
}

static void whoever_loses_an_object_by_a_stricter_marking_gets_a_notice_without_content(void **state)
{
	struct town t;

	begin(&t, "{}");
	struct world *w = &t.w;
	accepted(w, of(t.a), indicator(w, 1, NOON, GREEN, NULL));
	struct feed b = shared(w, of(t.b), zero), c = shared(w, of(t.c), zero), late;
	assert_string_equal(b.text, "1");
	assert_string_equal(c.text, "1");
	struct span d = member(w, "D", "VN"); /* was never given anything */
	accepted(w, of(t.a), indicator(w, 1, NOON + 1000, t.pact, NULL));
	b = shared(w, of(t.b), b.last);
	assert_string_equal(b.text, "1");
	late = shared(w, of(t.c), c.last);
	assert_string_equal(late.text, "n");
	struct json n = notice_of(&t, &late);
	assert_true(span_is(json_string_or_none(json_get(n, "object")), "indicator--00000000-0000-4000-8000-000000000001"));
	assert_true(span_is(json_string_or_none(json_get(n, "reason")), "restricted"));
	assert_false(json_has(json_get(n, "origin")));
	assert_null(memmem(late.raw.p, late.raw.n, "n1", 2));
	SEES(w, of(d), "");
	/* revoked: those who still may have it get the revocation, the other is told again */
	accepted(w, of(t.a), indicator(w, 1, NOON + 2000, t.pact, ",\"revoked\":true"));
	assert_string_equal(shared(w, of(t.b), b.last).text, "1");
	late = shared(w, of(t.c), late.last);
	assert_string_equal(late.text, "n");
	assert_true(span_is(json_string_or_none(json_get(notice_of(&t, &late), "reason")), "revoked"));
	world_end(w);
}

static void a_withdrawal_is_told_to_those_who_had_it(void **state)
{
	struct town t;
	struct fault f = { 0 };

	begin(&t, "{}");
	struct world *w = &t.w;
	struct accord_principal a = of(t.a), b = of(t.b);
	accepted(w, a, indicator(w, 1, NOON, GREEN, NULL));
	struct feed had = shared(w, b, zero);
	const struct span id = SPAN("indicator--00000000-0000-4000-8000-000000000001");
	assert_int_equal(accord_withdraw(w->a, &b, w->shared.number, id, SPAN(""), &f), ERR_NOTFOUND);
	OK(accord_withdraw(w->a, &a, w->shared.number, id, SPAN(""), &f));
	had = shared(w, b, had.last);
	assert_string_equal(had.text, "n");
	struct json n = notice_of(&t, &had);
	assert_true(span_is(json_string_or_none(json_get(n, "reason")), "withdrawn"));
	SEES(w, of(t.c), "");
	SEES(w, b, "n");
	world_end(w);
}

static void the_hubs_own_staff_and_others_cannot_give_notices(void **state)
{
	struct town t;
	struct accord_intake *in;
	struct accord_principal admin;
	struct fault f = { 0 };

	begin(&t, "{}");
	struct accord_fate x = submit_one(&t.w, of(t.a), with(&t, "{\"type\":\"note\",\"spec_version\":\"2.1\",\"id\":\"note--00000000-0000-4000-8000-000000000001\","
								  "\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\"content\":\"x\",\"object_refs\":[\"%.*s\"],\"object_marking_refs\":[" GREEN "],"
								  "\"extensions\":{\"" STIX_EXT_NOTICE "\":{\"extension_type\":\"property-extension\",\"object\":\"%.*s\",\"reason\":\"revoked\"}}}",
								 SPAN_ARG(t.b), SPAN_ARG(t.b)));
	assert_string_equal(x.code, "notice");
	OK(accord_authenticate_token(t.w.a, t.w.mem, span_of(t.w.token), &admin, &f));
	OK(accord_intake_new(t.w.a, &admin, &t.w.shared, world_now(&t.w), &in, &f));
	assert_int_equal(accord_intake_add(in, span_of(indicator(&t.w, 1, NOON, GREEN, NULL)), &f), ERR_DENIED);
	accord_intake_free(in);
	accepted(&t.w, of(t.a), indicator(&t.w, 1, NOON, GREEN, NULL));
	SEES(&t.w, admin, "");
	world_end(&t.w);
}

/* ---- no memory ---- */

static enum err take(struct town *t, const char *const *texts, bool *all)
{
	struct accord_principal by = of(t->a);
	struct accord_intake *in;
	struct fault f = { 0 };
	enum err e = accord_intake_new(t->w.a, &by, &t->w.shared, world_now(&t->w), &in, &f);

	if (e != ERR_OK)
		return e;
	*all = true;
	for (size_t i = 0; texts[i] && e == ERR_OK; i++)
		e = accord_intake_add(in, span_of(texts[i]), &f);
	if (e == ERR_OK)
		e = accord_intake_commit_wait(in, &f);
	for (size_t i = 0; i < accord_intake_count(in); i++)
		*all = *all && accord_intake_fate(in, i)->accepted;
	accord_intake_free(in);
	return e;
}

static void each_failed_allocation_is_an_error_and_leaves_the_hub_whole(void **state)
{
	struct town t;
	bool all = false;
	long n = 0;

	begin(&t, "{}");
	const char *const texts[] = { indicator(&t.w, 1, NOON, GREEN "," SCOPE(9), NULL), scope(&t.w, 9, "\"countries\":[\"TH\"]"), indicator(&t.w, 2, NOON, t.pact, NULL), NULL };
	for (enum err e = ERR_NOMEM; n < 5000 && (e != ERR_OK || !all); n++) {
		util_alloc_fail_after(n);
		e = take(&t, texts, &all);
		util_alloc_fail_after(-1);
	}
	assert_in_range(n, 5, 4999);
	assert_non_null(strstr(shared(&t.w, of(t.b), zero).text, "2"));
	assert_non_null(strstr(shared(&t.w, of(t.b), zero).text, "1"));
	SEES(&t.w, of(t.c), "");
	world_end(&t.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_at_the_door_is_told),
		cmocka_unit_test(an_agreement_out_of_force_is_told_at_the_door),
		cmocka_unit_test(what_is_no_good_stix_is_refused_alone),
		cmocka_unit_test(fates_of_the_store_are_told),
		cmocka_unit_test(nobody_can_loosen_anothers_scope_by_giving_its_id_a_second_meaning),
		cmocka_unit_test(definitions_and_creators_go_with_what_refers_to_them),
		cmocka_unit_test(a_red_object_is_for_the_named_person_and_its_submitter),
		cmocka_unit_test(what_speaks_more_openly_than_what_it_speaks_of_is_accepted_with_a_warning),
		cmocka_unit_test(the_status_resource_is_stored_with_the_objects_and_belongs_to_the_organisation),
		cmocka_unit_test(whoever_loses_an_object_by_a_stricter_marking_gets_a_notice_without_content),
		cmocka_unit_test(a_withdrawal_is_told_to_those_who_had_it),
		cmocka_unit_test(the_hubs_own_staff_and_others_cannot_give_notices),
		cmocka_unit_test(each_failed_allocation_is_an_error_and_leaves_the_hub_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
