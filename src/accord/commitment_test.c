/* SPDX-License-Identifier: Apache-2.0 */
/* Commitments: documents that are wrong are refused, figures follow from their records alone, and what the public sees gives nobody away. */
#include "accord/commitment.h"
#include "accord/fixture_priv.h"

#define ID "commitment--00000000-0000-4000-8000-000000000001"
#define HEAD "{\"kind\":\"commitment\",\"id\":\"" ID "\",\"text\":{\"en\":\"To train people (sample)\"},\"fictional\":true,"
#define SOURCE "\"source\":{\"document\":\"Sample declaration\"},"
#define WHO "\"pledgors\":[\"Sample state\"],\"gci_pillar\":\"capacity-development\","
#define PERIODS "\"periods\":[{\"start\":\"2026-01-01\",\"end\":\"2026-06-30\",\"target\":100},{\"start\":\"2026-07-01\",\"end\":\"2026-12-31\",\"target\":300}]"
#define PEOPLE "{\"id\":\"people\",\"title\":\"People\",\"counting_rule\":\"distinct people\",\"kinds\":[\"credential\",\"attendance\"]," PERIODS "}"
#define GOOD HEAD SOURCE WHO "\"indicators\":[" PEOPLE ",{\"id\":\"seats\",\"title\":\"Seats\",\"counting_rule\":\"seats\",\"kinds\":[\"credential\",\"attendance\"]," PERIODS "}]}"

static const struct {
	const char *json, *where;
} bad[] = {
	{ "{}", "kind" },
	{ "{\"kind\":\"commitment\"}", "text" },
	{ HEAD WHO "\"indicators\":[" PEOPLE "]}", "source" },
	{ HEAD SOURCE "\"indicators\":[" PEOPLE "]}", "pledgors" },
	{ HEAD SOURCE "\"pledgors\":[1],\"indicators\":[" PEOPLE "]}", "pledgors" },
	{ HEAD SOURCE "\"pledgors\":[\"x\"],\"gci_pillar\":\"money\",\"indicators\":[" PEOPLE "]}", "gci_pillar" },
	{ HEAD SOURCE WHO "\"indicators\":[]}", "indicators" },
	{ HEAD SOURCE WHO "\"indicators\":[" PEOPLE "," PEOPLE "]}", "indicators[1].id" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"]," PERIODS "}]}", "indicators[0].title" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"heads\",\"kinds\":[\"share\"]," PERIODS "}]}", "indicators[0].counting_rule" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"rumour\"]," PERIODS "}]}", "indicators[0].kinds" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"baseline\":-1," PERIODS "}]}", "indicators[0].baseline" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"]}]}", "indicators[0].periods" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"periods\":[{\"start\":\"2026-02-30\",\"end\":\"2026-03-01\",\"target\":1}]}]}", "indicators[0].periods[0]" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"periods\":[{\"start\":\"2026-03-02\",\"end\":\"2026-03-01\",\"target\":1}]}]}", "indicators[0].periods[0]" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"periods\":[{\"start\":\"2026-03-01\",\"end\":\"2026-03-01\"}]}]}", "indicators[0].periods[0]" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"periods\":[{\"start\":\"2026-01-01\",\"end\":\"2026-03-01\",\"target\":5},{\"start\":\"2026-03-01\",\"end\":\"2026-04-01\",\"target\":9}]}]}", "indicators[0].periods[1]" },
	{ HEAD SOURCE WHO "\"indicators\":[{\"id\":\"x\",\"title\":\"x\",\"counting_rule\":\"seats\",\"kinds\":[\"share\"],\"periods\":[{\"start\":\"2026-01-01\",\"end\":\"2026-03-01\",\"target\":5},{\"start\":\"2026-04-01\",\"end\":\"2026-05-01\",\"target\":4}]}]}", "indicators[0].periods[1]" },
};

static void what_is_wrong_in_a_document_is_told_with_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		struct commitment c;
		struct fault f = { 0 };
		if (commitment_read(a, span_of(bad[i].json), &c, &f) == ERR_OK || strcmp(f.where, bad[i].where) != 0)
			fail_msg("row %zu: \"%s\" (%s), should be \"%s\"", i, f.where, f.what, bad[i].where);
	}
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct commitment c;
	OK(commitment_read(a, span_of(GOOD), &c, NULL));
	assert_int_equal(c.n_indicators, 2);
	assert_true(c.fictional);
	assert_int_equal(c.indicators[0].periods[1].target, 300);
	assert_int_equal(c.indicators[0].periods[0].end.us, c.indicators[0].periods[1].start.us);
}

static struct timestamp day(const char *text)
{
	char full[40];
	struct timestamp t;

	snprintf(full, sizeof(full), "%sT10:00:00Z", text);
	OK(timestamp_parse(span_of(full), &t, NULL));
	return t;
}

static struct commitment_record row(const char *indicator, const char *reference, const char *person, const char *country, const char *at)
{
	return (struct commitment_record){ .commitment = SPAN(ID), .indicator = span_of(indicator), .kind = COMMITMENT_ATTENDANCE, .reference = span_of(reference), .person = span_of(person), .country = span_of(country), .at = day(at) };
}

static struct commitment_figure figure(struct world *w, const char *indicator, int64_t up_to, const char *at)
{
	struct commitment *c;
	struct commitment_record *v;
	struct commitment_figure fig;
	size_t n, m;

	OK(commitment_list(w->a, w->mem, SPAN(ID), &c, &n, NULL));
	OK(commitment_records(w->a, w->mem, SPAN(ID), span_of(indicator), up_to, &v, &m, NULL));
	for (size_t i = 0; i < c->n_indicators; i++)
		if (span_is(c->indicators[i].id, indicator)) {
			assert_true(commitment_count(w->mem, &c->indicators[i], v, m, up_to, day(at), &fig));
			return fig;
		}
	fail();
	return fig;
}

static void begin(struct world *w)
{
	char id[64];

	world_begin(w, "Sample hub", "JP");
	OK(commitment_add(w->a, span_of(GOOD), id, NULL));
	assert_string_equal(id, ID);
	OK(commitment_add(w->a, span_of(GOOD), id, NULL)); /* the same again */
	assert_int_equal(commitment_add(w->a, span_of(HEAD SOURCE WHO "\"indicators\":[" PEOPLE "]}"), id, NULL), ERR_CONFLICT);
}

static void a_figure_is_its_records_and_the_same_whenever_it_is_asked_for(void **state)
{
	struct world w;
	size_t known;
	struct commitment_record v[] = {
		row("people", "course 1", "ana", "TH", "2026-02-01"),
		row("people", "course 1", "bao", "VN", "2026-02-01"),
		row("people", "course 2", "ana", "TH", "2026-08-01"), /* the same person */
		row("seats", "course 1", "ana", "TH", "2026-02-01"),
		row("seats", "course 1", "bao", "VN", "2026-02-01"),
		row("seats", "course 2", "ana", "TH", "2026-08-01"),
	};

	begin(&w);
	v[2].known = COMMITMENT_PEER;
	OK(commitment_record_add(w.a, v, 6, &known, NULL));
	assert_int_equal(known, 0);
	OK(commitment_record_add(w.a, v, 6, &known, NULL));
	assert_int_equal(known, 6);
	struct commitment_figure p = figure(&w, "people", INT64_MAX, "2027-01-01"), s = figure(&w, "seats", INT64_MAX, "2027-01-01");
	assert_int_equal(p.all.total, 2);
	assert_int_equal(p.periods[0].total, 2);
	assert_int_equal(p.periods[1].total, 0);
	assert_int_equal(s.all.total, 3);
	assert_int_equal(s.periods[1].total, 1);
	/* Known by the strongest word for each: ana by a peer, bao by itself. */
	assert_int_equal(p.all.n_cells[COMMITMENT_KNOWN], 2);
	assert_true(span_is(p.all.cells[COMMITMENT_KNOWN][0].name, "peer"));
	assert_int_equal(p.n_counted, 2);
	/* As of an earlier record, and of an earlier day. */
	assert_int_equal(figure(&w, "seats", 4, "2027-01-01").all.total, 1);
	assert_int_equal(figure(&w, "seats", INT64_MAX, "2026-03-01").all.total, 2);
	/* Taken back: gone from then on, still there as of before. */
	OK(commitment_record_retract(w.a, 5, NULL));
	assert_int_equal(commitment_record_retract(w.a, 5, NULL), ERR_CONFLICT);
	assert_int_equal(commitment_record_retract(w.a, 7, NULL), ERR_NOTFOUND);
	assert_int_equal(commitment_record_retract(w.a, 99, NULL), ERR_NOTFOUND);
	assert_int_equal(figure(&w, "seats", INT64_MAX, "2027-01-01").all.total, 2);
	assert_int_equal(figure(&w, "seats", 6, "2027-01-01").all.total, 3);
	/* And may be given again. */
	OK(commitment_record_add(w.a, &v[4], 1, &known, NULL));
	assert_int_equal(figure(&w, "seats", INT64_MAX, "2027-01-01").all.total, 3);
	/* The straight line: half of the first 100 in the middle of the first period. */
	assert_int_equal(figure(&w, "people", INT64_MAX, "2025-12-01").due, 0);
	assert_in_range(figure(&w, "people", INT64_MAX, "2026-04-01").due, 48, 52);
	assert_int_equal(figure(&w, "people", INT64_MAX, "2027-06-01").due, 300);
	assert_int_equal(p.target, 300);
	world_end(&w);
}

static void records_that_do_not_fit_are_refused_together(void **state)
{
	struct world w;
	size_t known;
	struct fault f = { 0 };
	struct commitment_record v[] = { row("people", "course 1", "ana", "TH", "2026-02-01"), row("people", "course 1", "", "TH", "2026-02-01") };

	begin(&w);
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_INVALID);
	assert_string_equal(f.where, "record 2");
	assert_int_equal(figure(&w, "people", INT64_MAX, "2027-01-01").all.total, 0);
	v[1] = row("people", "", "bao", "TH", "2026-02-01");
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_INVALID);
	v[1] = row("people", "x", "bao", "Thailand", "2026-02-01");
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_INVALID);
	v[1] = row("people", "x", "bao", "TH", "2099-02-01");
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_INVALID);
	v[1] = row("money", "x", "bao", "TH", "2026-02-01");
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_NOTFOUND);
	v[1].kind = COMMITMENT_SHARE;
	v[1].indicator = SPAN("people");
	assert_int_equal(commitment_record_add(w.a, v, 2, &known, &f), ERR_INVALID);
	world_end(&w);
}

static void who_promised_does_not_assess(void **state)
{
	struct world w;
	struct commitment *c;
	size_t n;

	begin(&w);
	assert_int_equal(commitment_assess(w.a, SPAN(ID), COMMITMENT_LIMITED, SPAN("Sample state"), NULL), ERR_DENIED);
	OK(commitment_assess(w.a, SPAN(ID), COMMITMENT_LIMITED, SPAN("Sample auditor"), NULL));
	OK(commitment_assess(w.a, SPAN(ID), COMMITMENT_SUBSTANTIAL, SPAN("Sample auditor"), NULL));
	OK(commitment_list(w.a, w.mem, (struct span){ 0 }, &c, &n, NULL));
	assert_int_equal(n, 1);
	assert_true(c->assessed && c->completion == COMMITMENT_SUBSTANTIAL);
	assert_int_equal(commitment_assess(w.a, SPAN("commitment--x"), COMMITMENT_LIMITED, SPAN("x"), NULL), ERR_NOTFOUND);
	world_end(&w);
}

static void the_program_records_what_it_knows(void **state)
{
	struct world w;
	char id[128], marking[64], commitment[64];
	size_t added;
	struct commitment_record *v;
	static const char text[] =
		"{\"kind\":\"commitment\",\"id\":\"" ID "\",\"text\":\"To agree and to share (sample)\",\"source\":{\"agreement\":\"agreement--00000000-0000-4000-8000-000000000009\"},"
		"\"pledgors\":[\"Sample\"],\"indicators\":[{\"id\":\"parties\",\"title\":\"Parties\",\"counting_rule\":\"organisations\",\"kinds\":[\"accession\"],"
		"\"periods\":[{\"start\":\"2027-01-01\",\"end\":\"2027-12-31\",\"target\":5}]},{\"id\":\"reports\",\"title\":\"Objects shared\",\"counting_rule\":\"objects\",\"kinds\":[\"share\"],"
		"\"periods\":[{\"start\":\"2027-01-01\",\"end\":\"2027-12-31\",\"target\":5}]}]}";

	world_begin(&w, "Sample hub", "JP");
	assert_int_equal(commitment_add(w.a, span_of(text), commitment, NULL), ERR_NOTFOUND);
	OK(accord_agreement_add(w.a, SPAN("{\"id\":\"agreement--00000000-0000-4000-8000-000000000009\",\"title\":\"Sample\",\"effective\":\"2026-01-01T00:00:00Z\"}"), id, marking, NULL));
	OK(commitment_add(w.a, span_of(text), commitment, NULL));
	struct span one = member(&w, "One", "JP"), two = member(&w, "Two", "TH");
	OK(accord_agreement_event(w.a, span_of(id), one, ACCORD_SIGNED, world_now(&w), TIMESTAMP_NEVER, NULL));
	OK(accord_agreement_event(w.a, span_of(id), two, ACCORD_SIGNED, world_now(&w), TIMESTAMP_NEVER, NULL));
	OK(commitment_collect(w.a, &added, NULL));
	OK(commitment_collect(w.a, &added, NULL));
	assert_int_equal(added, 0);
	assert_int_equal(figure(&w, "parties", INT64_MAX, "2027-02-01").all.total, 2);
	size_t before, after;
	OK(commitment_records(w.a, w.mem, SPAN(ID), SPAN("reports"), INT64_MAX, &v, &before, NULL));
	pass(&w, SECOND);
	submit_one(&w, of(one), "{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--00000000-0000-4000-8000-000000000001\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\"is_family\":false,\"name\":\"x\",\"object_marking_refs\":[" GREEN "]}");
	OK(commitment_collect(w.a, &added, NULL));
	OK(commitment_records(w.a, w.mem, SPAN(ID), SPAN("reports"), INT64_MAX, &v, &after, NULL));
	assert_int_equal(after, before + 1);
	assert_true(span_eq(v[before].organisation, one) && span_is(v[before].country, "JP") && v[before].known == COMMITMENT_MACHINE);
	assert_int_equal(v[before].reference.n, 64); /* a digest: nobody learns which object */
	world_end(&w);
}

/* ---- the public view ---- */

#define CELLS 3
#define MOST 9

/* The view of one group whose cells are `true_n`, as text. */
static void view_of(struct arena *a, const int64_t true_n[CELLS], char *out, size_t room)
{
	static const char *const letters[CELLS] = { "A", "B", "C" };
	struct span names[CELLS];
	struct commitment_cell cells[CELLS];
	struct commitment_period period = { { 0 }, { 10 }, 5 };
	const struct commitment_indicator x = { .periods = &period, .n_periods = 1 };
	struct commitment_table t = { 0 };
	struct commitment_public pub;
	const struct commitment_names all = { { names }, { CELLS } };
	int at = 0;

	for (size_t i = 0; i < CELLS; i++) {
		names[i] = span_of(letters[i]);
		cells[i] = (struct commitment_cell){ names[i], true_n[i] };
		t.total += true_n[i];
	}
	t.cells[0] = cells;
	t.n_cells[0] = CELLS;
	const struct commitment_figure fig = { .periods = &t };
	assert_true(commitment_publish(a, &x, &fig, (struct timestamp){ 10 }, &all, &pub));
	*out = '\0';
	if (!pub.n_groups)
		return;
	at += snprintf(out, room, "%lld:", (long long)pub.groups[0].table.total);
	for (size_t i = 0; i < CELLS; i++)
		at += snprintf(out + at, room - (size_t)at, " %lld", (long long)pub.groups[0].table.cells[0][i].n);
}

static void no_public_number_tells_of_fewer_than_three(void **state)
{
	static char views[MOST * MOST * MOST][48];
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	size_t n = 0;

	for (int i = 0; i < MOST * MOST * MOST; i++)
		view_of(a, (int64_t[]){ i % MOST, i / MOST % MOST, i / MOST / MOST }, views[n++], sizeof(views[0]));
	/* Whoever knows the rule looks for all tables that give this view: a cell of one or two must not be the same in all of them. */
	for (int i = 0; i < MOST * MOST * MOST; i++) {
		const int is[CELLS] = { i % MOST, i / MOST % MOST, i / MOST / MOST };
		for (int c = 0; c < CELLS; c++) {
			bool certain = is[c] == 1 || is[c] == 2;
			for (int k = 0; k < MOST * MOST * MOST && certain; k++) {
				const int other[CELLS] = { k % MOST, k / MOST % MOST, k / MOST / MOST };
				certain = strcmp(views[i], views[k]) != 0 || other[c] == is[c];
			}
			if (certain)
				fail_msg("%d %d %d is seen as \"%s\": cell %d is known", is[0], is[1], is[2], views[i], c);
		}
	}
}

static void small_periods_wait_for_company(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct commitment_period periods[] = { { { 0 }, { 10 }, 5 }, { { 10 }, { 20 }, 9 }, { { 20 }, { 30 }, 9 }, { { 30 }, { 40 }, 9 } };
	const struct commitment_indicator x = { .periods = periods, .n_periods = 4 };
	struct commitment_table t[] = { { .total = 2 }, { .total = 1 }, { .total = 7 }, { .total = 2 } };
	const struct commitment_figure fig = { .periods = t };
	const struct commitment_names none = { 0 };
	static const struct {
		int64_t at, total;
		size_t groups;
	} rows[] = { { 9, 0, 0 }, { 10, 0, 0 }, { 19, 0, 0 }, { 20, 3, 1 }, { 30, 9, 2 }, { 99, 9, 2 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct commitment_public pub;
		assert_true(commitment_publish(a, &x, &fig, (struct timestamp){ rows[i].at }, &none, &pub));
		assert_int_equal(pub.n_groups, rows[i].groups);
		assert_int_equal(pub.total, rows[i].total);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_in_a_document_is_told_with_its_place),
		cmocka_unit_test(a_figure_is_its_records_and_the_same_whenever_it_is_asked_for),
		cmocka_unit_test(records_that_do_not_fit_are_refused_together),
		cmocka_unit_test(who_promised_does_not_assess),
		cmocka_unit_test(the_program_records_what_it_knows),
		cmocka_unit_test(no_public_number_tells_of_fewer_than_three),
		cmocka_unit_test(small_periods_wait_for_company),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
