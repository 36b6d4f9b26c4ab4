/* SPDX-License-Identifier: Apache-2.0 */
/* The preview says what really happens: over random communities and bundles, each answer is compared with what each then reads. */
#include "accord/fixture_priv.h"

static const struct timestamp zero = { 0 };
#define ORGS 5
#define OBJECTS 7

static uint32_t seed;
static unsigned dice(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 11) % n;
}

struct town {
	struct world w;
	struct span org[ORGS];
	struct accord_principal person[ORGS];
	char id[2][128], marking[2][64];
};

static const char *const countries[] = { "JP", "TH", "ID", "VN" };

static void settle(struct town *t)
{
	static const char *const policies[] = { "{\"ceiling\":\"amber\",\"clients\":true,\"retroactive\":\"all\"}", "{\"ceiling\":\"red\",\"personal_data\":\"allowed\"}" };
	struct fault f = { 0 };

	world_begin(&t->w, "Tokyo", "JP");
	for (unsigned i = 0; i < ORGS; i++) {
		char id[64], name[2] = { (char)('A' + i), '\0' };
		struct accord_member m = { .name = span_of(name), .country = span_of(countries[dice(4)]), .clients_of = t->org, .n_clients_of = i > 2 ? dice(2) : 0 };
		OK(accord_member_add(t->w.a, &m, id, &f));
		t->org[i] = keep(&t->w, id);
		t->person[i] = person(&t->w, t->org[i], "P");
	}
	for (unsigned k = 0; k < 2; k++) {
		const char *json = arena_printf(t->w.mem, "{\"effective\":\"2026-01-01T00:00:00Z\",\"policy\":%s}", policies[k]);
		OK(accord_agreement_add(t->w.a, span_of(json), t->id[k], t->marking[k], &f));
		for (unsigned i = 0; i < ORGS; i++)
			if (i == 0 || dice(3) == 0)
				OK(accord_agreement_event(t->w.a, span_of(t->id[k]), t->org[i], ACCORD_SIGNED, world_now(&t->w), zero, &f));
	}
	if (dice(3) == 0)
		OK(accord_member_status(t->w.a, t->org[1 + dice(ORGS - 1)], ACCORD_SUSPENDED, &f));
}

/* Markings of any kind, sensible or not. */
static const char *markings(struct town *t)
{
	static const char *const tlp[] = { CLEAR, GREEN, GREEN, AMBER, AMBER, STRICT, RED };
	const char *m = tlp[dice(7)];

	if (dice(2))
		m = arena_printf(t->w.mem, "%s,\"%s\"", m, t->marking[dice(2)]);
	return dice(3) ? m : arena_printf(t->w.mem, "%s,\"marking-definition--00000000-0000-4000-8000-00000000090%u\"", m, dice(3));
}

/* An observable whose id is of form 5, and notes that refer to it or to one that is not there. */
static const char *object(struct town *t, unsigned i)
{
	unsigned round = (unsigned)seed % 100000u;

	switch (i) {
	case 0:
		return arena_printf(t->w.mem, "{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"id\":\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\",\"value\":\"198.51.100.3\","
					      "\"object_marking_refs\":[%s]}",
			markings(t));
	case 1:
	case 2:
		return arena_printf(t->w.mem, "{\"type\":\"note\",\"spec_version\":\"2.1\",\"id\":\"note--00000000-0000-4000-8000-%012u\",\"created\":\"2026-01-01T00:00:00.000Z\","
					      "\"modified\":\"2026-01-01T00:00:00.000Z\",\"content\":\"x\",\"object_refs\":[\"ipv4-addr--%s\"],\"object_marking_refs\":[%s]}",
			round * 10 + i,
			i == 1 ? "28bb3599-77cd-5a82-a950-b5bc3caf07c4" : "ff26c055-6336-5bc5-b98d-13d6226742dd", markings(t));
	default: return indicator(&t->w, round * 10 + i, NOON, markings(t), NULL);
	}
}

static const char *scopes(struct town *t)
{
	const char *out = "";

	for (unsigned i = 0; i < 3; i++) {
		struct span named = dice(2) ? t->org[dice(ORGS)] : t->person[dice(ORGS)].person;
		const char *const members[] = { arena_printf(t->w.mem, "\"named\":[\"%.*s\"]", SPAN_ARG(named)), arena_printf(t->w.mem, "\"countries\":[\"%s\",\"JP\"]", countries[dice(4)]),
			"\"not_before\":\"2030-01-01T00:00:00Z\"" };
		out = arena_printf(t->w.mem, "%s%s,", out, scope(&t->w, 900 + i, members[dice(3)]));
	}
	return out;
}

struct said {
	struct town *t;
	char object[16][128];
	bool door[16];
	bool may[16][ORGS];
	size_t n, rows;
};

static void note(void *ctx, const struct accord_audience *r)
{
	struct said *s = ctx;
	size_t i = 0;

	assert_non_null(r->words);
	while (i < s->n && !span_is(r->object, s->object[i]))
		i++;
	if (i == s->n) {
		assert_true(s->n < 16);
		snprintf(s->object[s->n++], 128, "%.*s", SPAN_ARG(r->object));
	}
	s->rows++;
	if (!r->member) {
		assert_string_equal(r->beyond, "door");
		s->door[i] = true;
		return;
	}
	for (size_t k = 0; k < ORGS; k++)
		if (span_eq(s->t->org[k], r->member->id))
			s->may[i][k] = r->answer.release;
}

/* May it read this version? */
static bool reads(struct town *t, struct accord_principal who, const struct accord_fate *x)
{
	const struct store_view *v;
	struct store_page *page;
	const struct span id = span_of(x->id);
	int64_t ns;

	OK(timestamp_parse_ns(span_of(x->version), &ns, NULL));
	const struct store_query q = { .collection = t->w.shared.number, .ids = &id, .n_ids = 1, .exact_ns = &ns, .n_exact = 1, .limit = 9, .max_bytes = 1 << 20 };
	OK(accord_view(t->w.a, &who, world_now(&t->w), &v, NULL));
	OK(store_page_new(accord_store(t->w.a), v, &q, &page, NULL));
	OK(store_page_release_wait(page, NULL));
	bool may = store_page_count(page) > 0;
	store_page_free(page);
	store_view_unref(v);
	return may;
}

static unsigned n_released, n_personal, n_withheld; /* that the test met all cases */

static void compare(struct town *t, const struct said *s, const struct accord_intake *in)
{
	assert_int_equal(accord_intake_count(in), s->n);
	for (size_t i = 0; i < s->n; i++) {
		const struct accord_fate *x = accord_intake_fate(in, i);
		assert_string_equal(x->id, s->object[i]);
		if (x->accepted == s->door[i])
			fail_msg("seed %u: %s: preview says door %d, the door says %s: %s", seed, x->id, s->door[i], x->code, x->fault.what);
		for (size_t k = 0; k < ORGS && x->accepted; k++) {
			bool human = reads(t, t->person[k], x), org = reads(t, of(t->org[k]), x);
			assert_true(human || !org);
			if (s->may[i][k] != human)
				fail_msg("seed %u: %s for %zu: preview %d, organisation %d, its person %d", seed, x->id, k, s->may[i][k], org, human);
			n_released += human;
			n_personal += human && !org;
			n_withheld += !human;
		}
	}
}

static void one_bundle(struct town *t, const char *bundle)
{
	struct said s = { .t = t };
	struct accord_intake *in;
	struct accord_principal by = t->person[0];
	struct fault f = { 0 };
	struct json v;

	if (accord_audience(t->w.a, &by, &t->w.shared, span_of(bundle), world_now(&t->w), note, &s, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	OK(accord_intake_new(t->w.a, &by, &t->w.shared, world_now(&t->w), &in, &f));
	OK(json_read(t->w.mem, span_of(bundle), &v, &f));
	for (struct json_iter it = json_iter(json_get(v, "objects")); json_next(&it);) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1 << 20);
		struct json_out o = json_out(&b);
		json_put(&o, it.value);
		OK(accord_intake_add(in, buf_span(&b), &f));
	}
	OK(accord_intake_commit_wait(in, &f));
	compare(t, &s, in);
	accord_intake_free(in);
}

static const char *bundle_of(struct town *t, const char *definitions, const char *list)
{
	return arena_printf(t->w.mem, "{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000001\",\"objects\":[%s%s]}", definitions, list);
}

static void one_community(uint32_t n)
{
	struct town t = { 0 };
	const char *list = "";

	seed = n;
	settle(&t);
	const char *definitions = scopes(&t);
	for (unsigned i = 0; i < OBJECTS; i++)
		list = arena_printf(t.w.mem, "%s%s%s", list, i ? "," : "", object(&t, i));
	one_bundle(&t, bundle_of(&t, definitions, list));
	/* new and older versions, under other markings */
	for (unsigned round = 1; round < 4; round++) {
		pass(&t.w, SECOND);
		list = "";
		for (unsigned i = 0; i < 4; i++)
			list = arena_printf(t.w.mem, "%s%s%s", list, i ? "," : "", indicator(&t.w, n * 10 + i, NOON + (round == 2 ? -SECOND : (int64_t)round * SECOND), markings(&t), dice(8) ? NULL : ",\"revoked\":true"));
		one_bundle(&t, bundle_of(&t, "", list));
	}
	world_end(&t.w);
}

static void the_preview_says_what_each_then_reads(void **state)
{
	for (uint32_t i = 1; i <= 25; i++)
		one_community(i);
	assert_true(n_released > 300 && n_personal > 10 && n_withheld > 300);
}

/* ---- what it may not tell ---- */

static void count_rows(void *ctx, const struct accord_audience *r)
{
	BUF_SCOPE struct buf b;
	struct buf *all = ctx;

	buf_init(&b, 4096);
	buf_addf(all, "%.*s %s %d %s %s\n", SPAN_ARG(r->object), r->member ? "m" : "-", r->answer.release, r->beyond ? r->beyond : "", r->words);
}

static void the_preview_does_not_depend_on_what_the_submitter_may_not_have(void **state)
{
	struct world w;
	struct fault f = { 0 };
	BUF_SCOPE struct buf before, after;

	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	(void)member(&w, "C", "ID");
	struct accord_principal by = of(b);
	const char *bundle = arena_printf(w.mem, "{\"type\":\"bundle\",\"id\":\"bundle--00000000-0000-4000-8000-000000000001\",\"objects\":[%s,"
						 "{\"type\":\"note\",\"spec_version\":\"2.1\",\"id\":\"note--00000000-0000-4000-8000-000000000003\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\","
						 "\"content\":\"x\",\"object_refs\":[\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\"],\"object_marking_refs\":[" GREEN "]}]}",
		indicator(&w, 1, NOON, GREEN, NULL));
	OK(accord_audience(w.a, &by, &w.shared, span_of(bundle), world_now(&w), count_rows, &before, &f));
	accepted(&w, of(a), indicator(&w, 1, NOON, STRICT, NULL));
	accepted(&w, of(a), "{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"id\":\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\",\"value\":\"198.51.100.3\","
			    "\"object_marking_refs\":[" STRICT "]}");
	OK(accord_audience(w.a, &by, &w.shared, span_of(bundle), world_now(&w), count_rows, &after, &f));
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	assert_non_null(strstr(before.p, "closure"));
	world_end(&w);
}

/* ---- why ---- */

struct told {
	char text[8192];
	int lines;
};

static void tell(void *ctx, const struct store_held *held, int line, const char *rule, bool applies, const char *why)
{
	struct told *t = ctx;

	assert_non_null(held);
	assert_true(rule && why);
	t->lines++;
	snprintf(t->text + strlen(t->text), sizeof(t->text) - strlen(t->text), "%d%s ", line, applies ? "!" : "");
}

static void why_tells_each_line_of_the_rule_for_each_version(void **state)
{
	struct world w;
	struct told t = { "", 0 };
	struct fault f = { 0 };
	bool released;

	world_begin(&w, "Tokyo", "JP");
	struct span a = member(&w, "A", "JP"), b = member(&w, "B", "TH");
	accepted(&w, of(a), indicator(&w, 1, NOON, GREEN, NULL));
	const struct span id = SPAN("indicator--00000000-0000-4000-8000-000000000001");
	OK(accord_why(w.a, id, b, world_now(&w), tell, &t, &released, &f));
	assert_true(released);
	assert_non_null(strstr(t.text, "16!"));
	t = (struct told){ "", 0 };
	accepted(&w, of(a), indicator(&w, 1, NOON + 1000, STRICT, NULL));
	OK(accord_why(w.a, id, b, world_now(&w), tell, &t, &released, &f));
	assert_false(released);
	assert_non_null(strstr(t.text, "18!"));
	assert_non_null(strstr(t.text, "16!"));
	assert_int_equal(accord_why(w.a, SPAN("indicator--00000000-0000-4000-8000-000000000002"), b, world_now(&w), tell, &t, &released, &f), ERR_NOTFOUND);
	assert_int_equal(accord_why(w.a, id, SPAN("identity--x"), world_now(&w), tell, &t, &released, &f), ERR_NOTFOUND);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_preview_says_what_each_then_reads),
		cmocka_unit_test(the_preview_does_not_depend_on_what_the_submitter_may_not_have),
		cmocka_unit_test(why_tells_each_line_of_the_rule_for_each_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
