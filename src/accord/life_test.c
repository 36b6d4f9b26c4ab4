/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an agreement: each rule of entry, notice, succession, inclusion; signatures by own keys, and every way in which one is refused. */
#include "accord/fixture_priv.h"

#define DAY (INT64_C(86400) * SECOND)
#define G1 "agreement--11111111-1111-4111-8111-111111111111"
#define G2 "agreement--22222222-2222-4222-8222-222222222222"

struct cast {
	struct world w;
	struct span org[4]; /* two of each side */
	struct sign_key key[4];
};

static struct timestamp at(const struct cast *c, int64_t us)
{
	return (struct timestamp){ atomic_load(&c->w.now) + us };
}

static void begin(struct cast *c)
{
	static const char *const names[] = { "A", "B", "C", "D" };
	char text[SIGN_MULTIBASE];

	world_begin(&c->w, "Tokyo", "JP");
	for (size_t i = 0; i < 4; i++) {
		uint8_t seed[32] = { (uint8_t)(i + 1) };
		c->org[i] = member(&c->w, names[i], i < 2 ? "JP" : "TH");
		c->key[i] = sign_key_from_seed(seed);
		sign_public_multibase(c->key[i].public_key, text);
		OK(accord_member_key(c->w.a, c->org[i], span_of(text), true, NULL));
	}
	pass(&c->w, DAY);
}

/* A text with its four parties, two of each side, and what else it says. */
static const char *text(struct cast *c, const char *id, const char *more)
{
	return arena_printf(c->w.mem,
		"{\"id\":\"%s\",\"effective\":\"2026-01-01T00:00:00Z\",\"parties\":[{\"org\":\"%.*s\",\"side\":\"JP\"},{\"org\":\"%.*s\",\"side\":\"JP\"},"
		"{\"org\":\"%.*s\",\"side\":\"ASEAN\"},{\"org\":\"%.*s\",\"side\":\"ASEAN\"}]%s%s}",
		id, SPAN_ARG(c->org[0]), SPAN_ARG(c->org[1]), SPAN_ARG(c->org[2]), SPAN_ARG(c->org[3]), *more ? "," : "", more);
}

static enum err add(struct cast *c, const char *json, struct fault *f)
{
	char id[128], marking[64];

	return accord_agreement_add(c->w.a, span_of(json), id, marking, f);
}

static void added(struct cast *c, const char *json)
{
	struct fault f = { 0 };

	if (add(c, json, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
}

static enum err word(struct cast *c, const char *id, size_t who, enum accord_event what, struct fault *f)
{
	return accord_agreement_event(c->w.a, span_of(id), c->org[who], what, at(c, 0), TIMESTAMP_NEVER, f);
}

static struct accord_agreement now(struct cast *c, const char *id)
{
	const struct accord_snapshot *s = accord_snapshot(c->w.a);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(id));

	assert_non_null(g);
	struct accord_agreement copy = *g;
	accord_snapshot_unref(s);
	return copy;
}

static bool in_force(struct cast *c, const char *id)
{
	struct accord_agreement g = now(c, id);

	return !timestamp_before(at(c, 0), g.policy.effective) && timestamp_before(at(c, 0), g.policy.expires);
}

static bool is_party(struct cast *c, const char *id, size_t who)
{
	const struct accord_snapshot *s = accord_snapshot(c->w.a);
	bool yes = policy_is_party(&accord_find_agreement(s, span_of(id))->policy, c->org[who], at(c, 0));

	accord_snapshot_unref(s);
	return yes;
}

/* ---- entry into force ---- */

static void by_date_it_is_in_force_without_anybody(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"entry_into_force\":\"date\""));
	assert_true(in_force(&c, G1));
	world_end(&c.w);
}

static void by_all_the_last_signature_brings_it_into_force(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"entry_into_force\":\"all\""));
	for (size_t i = 0; i < 4; i++) {
		assert_false(in_force(&c, G1));
		pass(&c.w, SECOND);
		OK(word(&c, G1, i, ACCORD_SIGNED, NULL));
	}
	assert_true(in_force(&c, G1));
	assert_int_equal(now(&c, G1).policy.effective.us, at(&c, 0).us);
	world_end(&c.w);
}

static void by_number_each_side_has_to_be_there(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":2,\"per_side_min\":1}"));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	pass(&c.w, SECOND);
	OK(word(&c, G1, 1, ACCORD_SIGNED, NULL));
	assert_false(in_force(&c, G1)); /* two, of one side */
	pass(&c.w, SECOND);
	OK(word(&c, G1, 0, ACCORD_WITHDRAWN, NULL));
	pass(&c.w, SECOND);
	OK(word(&c, G1, 3, ACCORD_SIGNED, NULL));
	assert_true(in_force(&c, G1));
	pass(&c.w, SECOND);
	OK(word(&c, G1, 1, ACCORD_WITHDRAWN, NULL)); /* what happens afterwards does not undo it */
	pass(&c.w, SECOND);
	assert_true(in_force(&c, G1));
	world_end(&c.w);
}

static void a_rule_is_not_met_before_the_date_that_the_text_states(void **state)
{
	struct cast c;

	begin(&c);
	const char *late = arena_printf(c.w.mem, "{\"id\":\"" G1 "\",\"effective\":\"2027-03-01T00:00:00Z\",\"entry_into_force\":\"all\",\"parties\":[\"%.*s\"]}", SPAN_ARG(c.org[0]));
	added(&c, late);
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	assert_false(in_force(&c, G1));
	pass(&c.w, 60 * DAY);
	assert_true(in_force(&c, G1));
	world_end(&c.w);
}

/* What is shared under it moves with the entry into force. */
static void entry_into_force_opens_what_waits_for_it(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"retroactive\":\"all\",\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":2}"));
	const char *marks = arena_printf(c.w.mem, AMBER ",\"%.*s\"", SPAN_ARG(now(&c, G1).marking));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	struct accord_fate fate = submit_one(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, NULL));
	assert_string_equal(fate.code, "agreement-not-in-force");
	OK(word(&c, G1, 2, ACCORD_SIGNED, NULL));
	accepted(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, NULL));
	SEES(&c.w, of(c.org[2]), "1");
	SEES(&c.w, of(c.org[3]), "");
	OK(word(&c, G1, 3, ACCORD_SIGNED, NULL)); /* accession after entry into force, retroactive: all */
	SEES(&c.w, of(c.org[3]), "1");
	world_end(&c.w);
}

static void without_retroactivity_a_late_party_sees_what_comes_after(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":1}"));
	const char *marks = arena_printf(c.w.mem, AMBER ",\"%.*s\"", SPAN_ARG(now(&c, G1).marking));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	accepted(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, NULL));
	pass(&c.w, SECOND);
	OK(word(&c, G1, 3, ACCORD_SIGNED, NULL));
	pass(&c.w, SECOND);
	accepted(&c.w, of(c.org[0]), indicator(&c.w, 2, NOON, marks, NULL));
	SEES(&c.w, of(c.org[3]), "2");
	world_end(&c.w);
}

/* ---- leaving ---- */

static void withdrawal_ends_after_its_notice(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"withdrawal\":{\"notice_days\":30}"));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	pass(&c.w, SECOND);
	OK(word(&c, G1, 0, ACCORD_WITHDRAWN, NULL));
	assert_true(is_party(&c, G1, 0));
	pass(&c.w, 29 * DAY);
	assert_true(is_party(&c, G1, 0));
	pass(&c.w, DAY);
	assert_false(is_party(&c, G1, 0));
	world_end(&c.w);
}

static void suspension_lasts_as_long_as_it_says(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, ""));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	OK(accord_agreement_event(c.w.a, SPAN(G1), c.org[0], ACCORD_SUSPENDED_FROM, at(&c, 0), at(&c, DAY), NULL));
	assert_false(is_party(&c, G1, 0));
	pass(&c.w, DAY);
	assert_true(is_party(&c, G1, 0));
	world_end(&c.w);
}

/* ---- roles ---- */

static void observers_and_strangers_to_a_closed_text_do_not_sign(void **state)
{
	struct cast c;
	struct fault f;

	begin(&c);
	added(&c, arena_printf(c.w.mem, "{\"id\":\"" G1 "\",\"effective\":\"2026-01-01T00:00:00Z\",\"accession\":\"closed\",\"parties\":[\"%.*s\",{\"org\":\"%.*s\",\"role\":\"observer\"}]}",
			  SPAN_ARG(c.org[0]), SPAN_ARG(c.org[1])));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	assert_int_equal(word(&c, G1, 1, ACCORD_SIGNED, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "observer"));
	assert_int_equal(word(&c, G1, 2, ACCORD_SIGNED, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "nobody else"));
	world_end(&c.w);
}

/* ---- versions ---- */

static const char *next(struct cast *c, const char *old, int64_t days)
{
	struct fault f = { 0 };
	struct span out;

	if (accord_document_next(c->w.mem, span_of(old), days, &out, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	char *p = arena_str(c->w.mem, out), *id = strstr(p, "agreement--");
	memcpy(id, G2, strlen(G2)); /* a known id for the tests */
	return p;
}

static void a_signature_over_one_version_never_counts_for_the_next(void **state)
{
	struct cast c;
	const char *one;

	begin(&c);
	added(&c, one = text(&c, G1, "\"version\":1"));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	added(&c, next(&c, one, 10));
	assert_int_equal(now(&c, G2).life.version, 2);
	assert_true(is_party(&c, G1, 0));
	assert_false(is_party(&c, G2, 0));
	world_end(&c.w);
}

static void both_versions_run_until_the_overlap_is_over_and_everyone_has_moved(void **state)
{
	struct cast c;
	const char *one;

	begin(&c);
	added(&c, one = text(&c, G1, ""));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	OK(word(&c, G1, 2, ACCORD_SIGNED, NULL));
	pass(&c.w, SECOND);
	added(&c, next(&c, one, 10));
	OK(word(&c, G2, 0, ACCORD_SIGNED, NULL));
	pass(&c.w, 20 * DAY);
	assert_true(in_force(&c, G1) && in_force(&c, G2)); /* one party has not signed the new text: nobody is moved without its signature */
	OK(word(&c, G2, 2, ACCORD_SIGNED, NULL));
	pass(&c.w, 10 * DAY - SECOND);
	assert_true(in_force(&c, G1));
	pass(&c.w, SECOND);
	assert_false(in_force(&c, G1));
	assert_true(in_force(&c, G2));
	world_end(&c.w);
}

static void without_an_overlap_the_old_text_closes_at_once(void **state)
{
	struct cast c;
	const char *one;

	begin(&c);
	added(&c, one = text(&c, G1, ""));
	const char *marks = arena_printf(c.w.mem, AMBER ",\"%.*s\"", SPAN_ARG(now(&c, G1).marking));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	OK(word(&c, G1, 2, ACCORD_SIGNED, NULL));
	accepted(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, NULL));
	SEES(&c.w, of(c.org[2]), "1");
	added(&c, next(&c, one, 0));
	OK(word(&c, G2, 0, ACCORD_SIGNED, NULL));
	SEES(&c.w, of(c.org[2]), "1");
	OK(word(&c, G2, 2, ACCORD_SIGNED, NULL));
	assert_false(in_force(&c, G1));
	SEES(&c.w, of(c.org[2]), "");
	world_end(&c.w);
}

/* ---- what a text may not say ---- */

static void texts_that_cannot_be_are_refused_in_words(void **state)
{
	struct cast c;
	struct fault f;

	begin(&c);
	added(&c, text(&c, G1, "\"version\":3,\"expires\":\"2027-02-01T00:00:00Z\""));
	struct accord_agreement g = now(&c, G1);
	const char *digest = arena_str(c.w.mem, g.digest);
	const char *again = arena_printf(c.w.mem, "\"version\":4,\"supersedes\":{\"id\":\"" G1 "\",\"digest\":\"%s\"}", digest);
	added(&c, text(&c, G2, again));
#define G3 "agreement--33333333-3333-4333-8333-333333333333"
	const struct {
		const char *more, *words;
	} rows[] = {
		{ again, "two versions with the number 4" },
		{ arena_printf(c.w.mem, "\"version\":3,\"supersedes\":{\"id\":\"" G1 "\",\"digest\":\"%s\"}", digest), "higher number" },
		{ arena_printf(c.w.mem, "\"version\":5,\"supersedes\":{\"id\":\"" G1 "\",\"digest\":\"%064d\"}", 0), "another text" },
		{ arena_printf(c.w.mem, "\"version\":5,\"supersedes\":{\"id\":\"agreement--44444444-4444-4444-8444-444444444444\",\"digest\":\"%s\"}", digest), "not known" },
		{ arena_printf(c.w.mem, "\"supersedes\":{\"id\":\"" G3 "\",\"digest\":\"%s\"}", digest), "itself" },
		{ arena_printf(c.w.mem, "\"includes\":[{\"id\":\"" G3 "\",\"digest\":\"%s\"}]", digest), "circle" },
		{ arena_printf(c.w.mem, "\"includes\":[{\"id\":\"" G1 "\",\"digest\":\"%s\"}]", digest), "nobody has signed" },
		{ arena_printf(c.w.mem, "\"includes\":[{\"id\":\"" G1 "\",\"digest\":\"%064d\"}]", 0), "another text" },
		{ "\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":5}", "never be in force" },
		{ "\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":2,\"per_side_min\":3}", "has fewer" },
		{ "\"entry_into_force\":\"soon\"", "n_of_m" },
		{ "\"withdrawal\":{\"notice_days\":-1}", "whole number" },
		{ "\"policy\":{\"attribution\":\"never\"}", "IEP 2.0" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (add(&c, text(&c, G3, rows[i].more), &f) == ERR_OK || !strstr(f.what, rows[i].words))
			fail_msg("row %zu: %s", i, f.what);
	}
	/* a year in which nothing is in force */
	char *late = arena_str(c.w.mem, span_of(text(&c, G3, arena_printf(c.w.mem, "\"version\":9,\"supersedes\":{\"id\":\"" G1 "\",\"digest\":\"%s\"}", digest))));
	memcpy(strstr(late, "2026-01-01"), "2028-03-01", 10);
	assert_int_equal(add(&c, late, &f), ERR_INVALID);
	assert_non_null(strstr(f.what, "a year or longer"));
	world_end(&c.w);
}

static void includes_of_includes_make_no_circle(void **state)
{
	struct cast c;
	struct fault f;

	begin(&c);
	added(&c, text(&c, G1, arena_printf(c.w.mem, "\"version\":1")));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	added(&c, text(&c, G2, arena_printf(c.w.mem, "\"kind\":\"joint-declaration\",\"includes\":[{\"id\":\"" G1 "\",\"digest\":\"%.*s\"}]", SPAN_ARG(now(&c, G1).digest))));
	assert_int_equal(now(&c, G2).life.n_includes, 1);
	/* a text of another hub that would close the circle: known here under its id, then included by it */
	struct accord_document d;
	OK(accord_document_read(c.w.mem, span_of(text(&c, G1, arena_printf(c.w.mem, "\"version\":2,\"includes\":[{\"id\":\"" G2 "\",\"digest\":\"%.*s\"}]", SPAN_ARG(now(&c, G2).digest)))),
		at(&c, 0), &d, NULL));
	const struct accord_snapshot *s = accord_snapshot(c.w.a);
	assert_int_equal(accord_life_check(s, &d, true, &f), ERR_INVALID);
	assert_non_null(strstr(f.what, "circle"));
	accord_snapshot_unref(s);
	world_end(&c.w);
}

/* ---- own signatures ---- */

static const char *signed_by(struct cast *c, const char *json, size_t who, size_t key, struct timestamp created)
{
	const struct accord_signer by = { &c->key[key], c->org[who], SPAN("A. Person"), SPAN("President"), created };
	struct fault f = { 0 };
	struct span out;

	if (accord_document_sign(c->w.mem, span_of(json), &by, &out, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	return out.p;
}

static struct accord_taken taken(struct cast *c, const char *json)
{
	struct accord_taken t;
	struct fault f = { 0 };

	if (accord_document_take(c->w.a, span_of(json), &t, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	return t;
}

static void parties_sign_with_their_own_keys_and_it_enters_into_force(void **state)
{
	struct cast c;
	struct fault f;

	begin(&c);
	const char *draft = text(&c, G1, "\"signing\":\"own-key\",\"entry_into_force\":{\"rule\":\"n_of_m\",\"n\":2,\"per_side_min\":1}");
	const char *one = signed_by(&c, draft, 0, 0, at(&c, 0)), *two = signed_by(&c, one, 2, 2, at(&c, 0));
	struct accord_taken t = taken(&c, one);
	assert_int_equal(t.signed_now, 1);
	assert_true(is_party(&c, G1, 0) && !in_force(&c, G1));
	t = taken(&c, two);
	assert_int_equal(t.signed_now, 1);
	assert_int_equal(t.known, 1);
	assert_true(is_party(&c, G1, 2) && in_force(&c, G1));
	t = taken(&c, two);
	assert_int_equal(t.known, 2);
	/* the hub's word alone signs nothing here */
	assert_int_equal(word(&c, G1, 1, ACCORD_SIGNED, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "own signature"));
	world_end(&c.w);
}

static void acts_are_signed_too(void **state)
{
	struct cast c;
	struct fault f;
	struct span out;
	struct accord_taken t;

	begin(&c);
	const char *draft = text(&c, G1, "\"signing\":\"own-key\"");
	added(&c, draft);
	struct accord_signer by = { &c.key[1], c.org[1], SPAN(""), SPAN(""), at(&c, 0) };
	OK(accord_act_sign(c.w.mem, span_of(draft), "accede", TIMESTAMP_NEVER, &by, &out, &f));
	t = taken(&c, out.p);
	assert_string_equal(t.act, "accede");
	assert_true(is_party(&c, G1, 1));
	pass(&c.w, SECOND);
	by.created = at(&c, 0);
	OK(accord_act_sign(c.w.mem, span_of(draft), "withdraw", TIMESTAMP_NEVER, &by, &out, &f));
	char *other = arena_str(c.w.mem, out);
	strstr(other, "withdraw")[0] = 'W';
	assert_int_equal(accord_document_take(c.w.a, span_of(other), &t, &f), ERR_DENIED);
	taken(&c, out.p);
	assert_false(is_party(&c, G1, 1));
	/* an act about another text */
	OK(accord_act_sign(c.w.mem, span_of(text(&c, G1, "\"signing\":\"own-key\",\"version\":2")), "accede", TIMESTAMP_NEVER, &by, &out, &f));
	assert_int_equal(accord_document_take(c.w.a, out, &t, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "never counts for another"));
	world_end(&c.w);
}

struct log {
	size_t n;
	char first[200];
};

static void logged(void *ctx, struct timestamp when, struct span digest, struct span where, struct span why)
{
	struct log *l = ctx;

	if (l->n++ == 0)
		snprintf(l->first, sizeof(l->first), "%.*s", SPAN_ARG(why));
}

static void every_wrong_signature_has_its_own_refusal_and_is_logged(void **state)
{
	struct cast c;
	struct fault f;
	struct accord_taken t;

	begin(&c);
	const char *draft = text(&c, G1, "\"signing\":\"own-key\"");
	const char *good = signed_by(&c, draft, 0, 0, at(&c, 0));
	taken(&c, good);
	char *changed = arena_str(c.w.mem, span_of(signed_by(&c, text(&c, G1, "\"title\":\"a\""), 0, 0, at(&c, 0))));
	strstr(changed, "\"title\":\"a\"")[9] = 'b';
	char *suite = arena_str(c.w.mem, span_of(good));
	memcpy(strstr(suite, "eddsa-jcs-2022"), "eddsa-jcs-2099", 14);
	const char *proof = strstr(good, "\"proof\":") + 8;
	const char *twice = arena_printf(c.w.mem, "%.*s[%.*s,%.*s]}", (int)(proof - good), good, (int)strlen(proof) - 1, proof, (int)strlen(proof) - 1, proof);
	const struct {
		const char *json, *words;
	} rows[] = {
		{ signed_by(&c, draft, 1, 0, at(&c, 0)), "none of identity--" },
		{ changed, "does not fit" },
		{ suite, "cryptosuite" },
		{ signed_by(&c, draft, 1, 1, (struct timestamp){ NOON - SECOND }), "before the key existed" },
		{ signed_by(&c, draft, 1, 1, at(&c, 600 * (int64_t)SECOND)), "clocks disagree" },
		{ twice, "a party signs once" },
		{ signed_by(&c, draft, 0, 0, at(&c, SECOND)), "a party to " },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct log l = { .n = 0 };
		f = (struct fault){ 0 };
		if (accord_document_take(c.w.a, span_of(rows[i].json), &t, &f) == ERR_OK || !strstr(f.what, rows[i].words))
			fail_msg("row %zu: %s", i, f.what);
		OK(accord_refusals(c.w.a, logged, &l, &f));
		assert_int_equal(l.n, i + 1);
		assert_non_null(strstr(l.first, rows[i].words));
	}
	world_end(&c.w);
}

static void an_ended_key_signs_no_more_and_what_it_signed_holds(void **state)
{
	struct cast c;
	struct fault f;
	struct accord_taken t;
	char key[SIGN_MULTIBASE];

	begin(&c);
	const char *draft = text(&c, G1, "\"signing\":\"own-key\"");
	taken(&c, signed_by(&c, draft, 0, 0, at(&c, 0)));
	pass(&c.w, SECOND);
	for (size_t i = 0; i < 2; i++) {
		sign_public_multibase(c.key[i].public_key, key);
		OK(accord_member_key(c.w.a, c.org[i], span_of(key), false, &f));
	}
	assert_true(is_party(&c, G1, 0));
	pass(&c.w, SECOND);
	assert_int_equal(accord_document_take(c.w.a, span_of(signed_by(&c, draft, 1, 1, at(&c, 0))), &t, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "after the key had ended"));
	assert_int_equal(accord_member_key(c.w.a, c.org[0], span_of(key), true, &f), ERR_CONFLICT); /* another's */
	world_end(&c.w);
}

static void an_agreement_that_hides_its_sources_refuses_their_names(void **state)
{
	struct cast c;

	begin(&c);
	added(&c, text(&c, G1, "\"policy\":{\"attribution\":\"must-not\",\"permitted_actions\":\"internally-visible-actions\"}"));
	OK(word(&c, G1, 0, ACCORD_SIGNED, NULL));
	struct accord_agreement g = now(&c, G1);
	assert_int_equal(g.life.actions, ACCORD_ACT_INTERNAL);
	const char *marks = arena_printf(c.w.mem, AMBER ",\"%.*s\"", SPAN_ARG(g.marking));
	const char *creator = arena_printf(c.w.mem, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(c.org[0]));
	struct accord_fate fate = submit_one(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, creator));
	assert_string_equal(fate.code, "attribution");
	accepted(&c.w, of(c.org[0]), indicator(&c.w, 1, NOON, marks, NULL));
	world_end(&c.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_date_it_is_in_force_without_anybody),
		cmocka_unit_test(by_all_the_last_signature_brings_it_into_force),
		cmocka_unit_test(by_number_each_side_has_to_be_there),
		cmocka_unit_test(a_rule_is_not_met_before_the_date_that_the_text_states),
		cmocka_unit_test(entry_into_force_opens_what_waits_for_it),
		cmocka_unit_test(without_retroactivity_a_late_party_sees_what_comes_after),
		cmocka_unit_test(withdrawal_ends_after_its_notice),
		cmocka_unit_test(suspension_lasts_as_long_as_it_says),
		cmocka_unit_test(observers_and_strangers_to_a_closed_text_do_not_sign),
		cmocka_unit_test(a_signature_over_one_version_never_counts_for_the_next),
		cmocka_unit_test(both_versions_run_until_the_overlap_is_over_and_everyone_has_moved),
		cmocka_unit_test(without_an_overlap_the_old_text_closes_at_once),
		cmocka_unit_test(texts_that_cannot_be_are_refused_in_words),
		cmocka_unit_test(includes_of_includes_make_no_circle),
		cmocka_unit_test(parties_sign_with_their_own_keys_and_it_enters_into_force),
		cmocka_unit_test(acts_are_signed_too),
		cmocka_unit_test(every_wrong_signature_has_its_own_refusal_and_is_logged),
		cmocka_unit_test(an_ended_key_signs_no_more_and_what_it_signed_holds),
		cmocka_unit_test(an_agreement_that_hides_its_sources_refuses_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
