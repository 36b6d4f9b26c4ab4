/* SPDX-License-Identifier: Apache-2.0 */
/* The door: which label an object's markings make, and what stays outside; labels as text; which is looser. */
#include "util/test.h"
#include "policy/label.h"
#include <stdio.h>
#include <stdlib.h>
#include "policy/label_priv.h"

static struct arena *mem;

static int make_arena(void **state)
{
	mem = arena_new(64u << 20);
	return mem ? 0 : -1;
}

static int free_arena(void **state)
{
	arena_free(mem);
	return 0;
}

/* ---- what the hub of these tests knows ---- */

#define NOW "2026-11-22T09:00:00Z"
#define A1 "agreement--11111111-1111-4111-8111-111111111111"
#define A1_MARK "marking-definition--11111111-1111-4111-8111-aaaaaaaaaaaa"
#define A2 "agreement--22222222-2222-4222-8222-222222222222"
#define A_LATER "agreement--33333333-3333-4333-8333-333333333333"
#define A_OLD "agreement--44444444-4444-4444-8444-444444444444"
#define A_NONE "agreement--99999999-9999-4999-8999-999999999999"
#define ME "identity--00000000-0000-4000-8000-000000000001"
#define O2 "identity--00000000-0000-4000-8000-000000000002"
#define O3 "identity--00000000-0000-4000-8000-000000000003"
#define OUTSIDER "identity--00000000-0000-4000-8000-000000000009"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER_DIGEST "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CLEAR "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
#define GREEN "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define AMBER "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
#define STRICT "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
#define RED "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
#define WHITE_1 "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
#define M(n) "marking-definition--5c09e000-0000-4000-8000-00000000000" #n

static const struct policy_party members[] = { { .org = { ME, sizeof(ME) - 1 } }, { .org = { O2, sizeof(O2) - 1 } } };
#define KNOWN(text, from, to, level, personal) \
	{ \
		.id = { text, sizeof(text) - 1 }, .effective = { from }, .expires = { to }, .ceiling = level, .parties = members, .n_parties = 2, .personal_data = personal, \
		.digest = { DIGEST, \
			64 } \
	}
static const struct policy_agreement agreements[] = {
	KNOWN(A1, 0, INT64_MAX, STIX_TLP_AMBER, POLICY_PERSONAL_NONE),
	KNOWN(A2, 0, INT64_MAX, STIX_TLP_RED, POLICY_PERSONAL_ALLOWED),
	KNOWN(A_LATER, INT64_C(4000000000000000), INT64_MAX, STIX_TLP_RED, POLICY_PERSONAL_NONE),
	KNOWN(A_OLD, 0, 1, STIX_TLP_RED, POLICY_PERSONAL_NONE),
};

static const struct policy_agreement *find_agreement(void *ctx, struct span id)
{
	if (span_is(id, A1_MARK))
		return &agreements[0];
	for (size_t i = 0; i < sizeof(agreements) / sizeof(agreements[0]); i++)
		if (span_eq(id, agreements[i].id))
			return &agreements[i];
	return NULL;
}

/* Marking definitions that are known: id and what stands behind it. */
#define SHARING(members) "\"extensions\":{\"" STIX_EXT_SHARING "\":{\"extension_type\":\"property-extension\"," members "}}"
static const struct {
	const char *id, *rest;
} definitions[] = {
	{ M(1), "\"definition_type\":\"statement\",\"definition\":{\"statement\":\"(c) nobody\"}" },
	{ M(2), SHARING("\"agreement\":\"" A1 "\"") },
	{ M(3), SHARING("\"named\":[\"" O3 "\",\"" O2 "\",\"" O2 "\"],\"countries\":[\"TH\",\"JP\"],\"not_before\":\"2026-12-01T00:00:00Z\"") },
	{ M(4), SHARING("\"named\":[\"" O2 "\"],\"countries\":[\"JP\",\"SG\"],\"not_before\":\"2026-12-02T00:00:00Z\"") },
	{ M(5), SHARING("\"agreement\":\"" A2 "\"") },
	{ M(6), SHARING("\"agreement\":\"" A_NONE "\"") },
	{ M(7), SHARING("\"agreemnet\":\"" A1 "\"") },
	{ M(8), "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"amber\"}" },
	{ M(9), "\"name\":\"TLP:PURPLE\"" },
	{ M(a), SHARING("\"agreement\":\"" A_LATER "\"") },
	{ M(b), SHARING("\"agreement\":\"" A_OLD "\"") },
	{ M(c), SHARING("\"personal_data\":\"removed\"") },
	{ M(d), SHARING("\"personal_data\":\"present\"") },
	{ M(e), SHARING("\"exercise\":\"x-drill--00000000-0000-4000-8000-00000000000e\"") },
	{ M(f), SHARING("\"exercise\":\"x-drill--00000000-0000-4000-8000-00000000000f\"") },
	{ "marking-definition--5c09e000-0000-4000-8000-000000000010", SHARING("\"named\":[\"" O3 "\"]") },
	{ "marking-definition--5c09e000-0000-4000-8000-000000000011", SHARING("\"agreement\":\"" A1 "\",\"agreement_digest\":\"" DIGEST "\"") },
	{ "marking-definition--5c09e000-0000-4000-8000-000000000012", SHARING("\"agreement\":\"" A1 "\",\"agreement_digest\":\"" OTHER_DIGEST "\"") },
	{ "marking-definition--5c09e000-0000-4000-8000-000000000013", "\"extensions\":{\"" STIX_EXT_AGREEMENT "\":{\"extension_type\":\"property-extension\"}}" },
	{ "marking-definition--5c09e000-0000-4000-8000-000000000014", SHARING("\"countries\":[\"VN\"]") },
};
#define NAMED_O3 "marking-definition--5c09e000-0000-4000-8000-000000000010"
#define PINNED "marking-definition--5c09e000-0000-4000-8000-000000000011"
#define MISPINNED "marking-definition--5c09e000-0000-4000-8000-000000000012"
#define STRANGE_AGREEMENT "marking-definition--5c09e000-0000-4000-8000-000000000013"
#define VIETNAM "marking-definition--5c09e000-0000-4000-8000-000000000014"

static struct json read_json(const char *text)
{
	struct json v;
	struct fault f = { 0 };

	if (json_read(mem, span_of(text), &v, &f) != ERR_OK)
		fail_msg("%s: %s", f.what, text);
	return v;
}

static struct json definition_of(struct span id)
{
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++)
		if (span_is(id, definitions[i].id))
			return read_json(arena_printf(mem, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"created\":\"2026-01-01T00:00:00Z\",\"id\":\"%s\",%s}",
				definitions[i].id, definitions[i].rest));
	enum stix_tlp t = stix_tlp_of_id(id);
	if (stix_tlp_definition(t).n)
		return read_json(arena_printf(mem, "%.*s", SPAN_ARG(stix_tlp_definition(t))));
	return (struct json){ 0 };
}

/* ---- one submission ---- */

struct answer {
	enum err e;
	enum policy_door why;
	struct policy_label label;
	struct fault f;
};

/* rest: members after id; marks: object_marking_refs, comma separated, or NULL. */
static struct answer admit_as(struct policy_submission *s, const char *id, const char *marks, const char *rest)
{
	struct answer a = { .why = (enum policy_door)99 };
	struct stix_object o;
	struct json v = read_json(arena_printf(mem, "{\"type\":\"%.*s\",\"spec_version\":\"2.1\",\"id\":\"%s\"%s%s%s%s%s}", (int)(strstr(id, "--") - id), id, id,
		marks ? ",\"object_marking_refs\":[\"" : "", marks ? marks : "", marks ? "\"]" : "", rest ? "," : "", rest ? rest : ""));

	if (stix_object_read(mem, v, (struct span){ 0 }, &o, &a.f) != ERR_OK)
		fail_msg("%s", a.f.what);
	struct json *known = arena_array(mem, o.n_markings + 1, sizeof(*known));
	for (size_t i = 0; i < o.n_markings; i++)
		known[i] = definition_of(o.markings[i]);
	if (!s->origin.n) {
		s->origin = SPAN(ME);
		s->origin_country = SPAN("JP");
	}
	assert_int_equal(timestamp_parse(SPAN(NOW), &s->now, NULL), ERR_OK);
	s->object = &o;
	s->markings = known;
	s->agreement = find_agreement;
	a.e = policy_admit(mem, s, &a.label, &a.why, &a.f);
	assert_int_equal(a.e == ERR_OK, a.why == POLICY_DOOR_OK);
	if (a.e != ERR_OK)
		assert_true(a.f.what[0] != '\0');
	return a;
}

#define TOOL "tool--00000000-0000-4000-8000-0000000000aa"
#define EMAIL "email-addr--00000000-0000-5000-8000-0000000000aa"
static struct answer admit(const char *marks)
{
	struct policy_submission s = { 0 };
	return admit_as(&s, TOOL, marks, NULL);
}

#define AND "\",\""

/* ---- TLP ---- */

static void tlp_is_the_strictest_there_is(void **state)
{
	static const struct {
		const char *marks, *rest;
		enum stix_tlp tlp;
	} cases[] = {
		{ CLEAR, NULL, STIX_TLP_CLEAR },
		{ WHITE_1, NULL, STIX_TLP_CLEAR },
		{ GREEN AND AMBER, NULL, STIX_TLP_AMBER },
		{ RED AND GREEN, NULL, STIX_TLP_RED },
		{ STRICT AND AMBER, NULL, STIX_TLP_AMBER_STRICT },
		{ GREEN, "\"labels\":[\"tlp:amber\"]", STIX_TLP_AMBER },
		{ AMBER, "\"labels\":[\"TLP:GREEN\"]", STIX_TLP_AMBER },
		{ NULL, "\"labels\":[\"tlp:amber+strict\"]", STIX_TLP_AMBER_STRICT },
		{ GREEN, "\"granular_markings\":[{\"marking_ref\":\"" RED "\",\"selectors\":[\"name\"]}]", STIX_TLP_RED },
		{ NULL, "\"granular_markings\":[{\"marking_ref\":\"" AMBER "\",\"selectors\":[\"name\"]}]", STIX_TLP_AMBER },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_submission s = { .default_tlp = STIX_TLP_CLEAR };
		struct answer a = admit_as(&s, TOOL, cases[i].marks, cases[i].rest);
		assert_int_equal(a.why, POLICY_DOOR_OK);
		assert_int_equal(a.label.tlp, cases[i].tlp);
	}
}

static void without_tlp_the_collections_default_counts(void **state)
{
	struct policy_submission with = { .default_tlp = STIX_TLP_AMBER }, without = { 0 }, bad = { .default_tlp = STIX_TLP_UNKNOWN };
	assert_int_equal(admit_as(&with, TOOL, NULL, NULL).label.tlp, STIX_TLP_AMBER);
	assert_int_equal(admit_as(&with, TOOL, M(1), NULL).label.tlp, STIX_TLP_AMBER);
	assert_int_equal(admit_as(&without, TOOL, NULL, NULL).why, POLICY_DOOR_NO_TLP);
	assert_int_equal(admit_as(&bad, TOOL, NULL, NULL).why, POLICY_DOOR_NO_TLP);
	assert_non_null(strstr(admit(NULL).f.what, GREEN));
}

static void what_only_looks_like_tlp_is_refused_and_told_the_registered_id(void **state)
{
	struct policy_submission s = { .default_tlp = STIX_TLP_CLEAR };
	struct answer a = admit(M(8));
	assert_int_equal(a.why, POLICY_DOOR_UNKNOWN_TLP);
	assert_non_null(strstr(a.f.what, AMBER));
	assert_int_equal(admit(GREEN AND M(9)).why, POLICY_DOOR_UNKNOWN_TLP);
	assert_int_equal(admit_as(&s, TOOL, NULL, "\"labels\":[\"tlp:purple\"]").why, POLICY_DOOR_UNKNOWN_TLP);
	assert_int_equal(admit_as(&s, "marking-definition--00000000-0000-4000-8000-0000000000aa", GREEN, "\"name\":\"TLP:AMBER\"").why, POLICY_DOOR_UNKNOWN_TLP);
}

/* ---- scopes ---- */

static void a_scope_makes_the_label(void **state)
{
	struct answer a = admit(AMBER AND M(2));
	assert_true(span_is(a.label.agreement, A1));
	assert_true(span_is(a.label.origin, ME) && span_is(a.label.origin_country, "JP"));
	assert_int_equal(a.label.submitter.n, 0);
	a = admit(AMBER AND M(3));
	assert_int_equal(a.label.named.n, 2);
	assert_true(span_is(a.label.named.v[0], O2) && span_is(a.label.named.v[1], O3));
	assert_true(span_is(a.label.countries.v[0], "JP") && span_is(a.label.countries.v[1], "TH"));
	assert_true(a.label.has_not_before);
}

static void an_agreements_own_marking_shares_under_it(void **state)
{
	assert_true(span_is(admit(AMBER AND A1_MARK).label.agreement, A1));
	assert_true(span_is(admit(AMBER AND A1_MARK AND M(2)).label.agreement, A1));
	assert_int_equal(admit(AMBER AND A1_MARK AND M(5)).why, POLICY_DOOR_CONTRADICTION);
}

static void scopes_narrow_each_other(void **state)
{
	struct answer a = admit(AMBER AND M(3) AND M(4) AND M(2));
	struct timestamp latest;
	assert_int_equal(a.why, POLICY_DOOR_OK);
	assert_int_equal(a.label.named.n, 1);
	assert_true(span_is(a.label.named.v[0], O2));
	assert_int_equal(a.label.countries.n, 1);
	assert_true(span_is(a.label.countries.v[0], "JP"));
	assert_int_equal(timestamp_parse(SPAN("2026-12-02T00:00:00Z"), &latest, NULL), ERR_OK);
	assert_int_equal(a.label.not_before.us, latest.us);
	assert_int_equal(admit(AMBER AND M(4) AND M(3)).label.not_before.us, latest.us);
}

static void scopes_with_nothing_in_common_contradict(void **state)
{
	static const char *const marks[] = { AMBER AND M(2) AND M(5), AMBER AND M(4) AND NAMED_O3, AMBER AND M(4) AND VIETNAM, AMBER AND M(c) AND M(d), AMBER AND M(e) AND M(f) };
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		assert_int_equal(admit(marks[i]).why, POLICY_DOOR_CONTRADICTION);
	assert_int_equal(admit(AMBER AND M(e) AND M(2)).why, POLICY_DOOR_OK);
}

static void what_is_not_known_or_not_understood_stays_outside(void **state)
{
	assert_int_equal(admit(AMBER AND "marking-definition--77777777-7777-4777-8777-777777777777").why, POLICY_DOOR_UNKNOWN_SCOPE);
	assert_int_equal(admit(AMBER AND M(7)).why, POLICY_DOOR_UNKNOWN_SCOPE);
	assert_int_equal(admit(AMBER AND M(6)).why, POLICY_DOOR_UNKNOWN_AGREEMENT);
	assert_int_equal(admit(AMBER AND STRANGE_AGREEMENT).why, POLICY_DOOR_UNKNOWN_AGREEMENT);
	assert_int_equal(admit(GREEN AND M(1)).why, POLICY_DOOR_OK);
}

static void a_pinned_digest_must_be_the_agreements(void **state)
{
	assert_int_equal(admit(AMBER AND PINNED).why, POLICY_DOOR_OK);
	assert_int_equal(admit(AMBER AND MISPINNED).why, POLICY_DOOR_UNKNOWN_AGREEMENT);
}

/* ---- the agreement ---- */

static void the_agreement_must_be_in_force_and_wide_enough_and_joined(void **state)
{
	struct policy_submission outsider = { .origin = SPAN(OUTSIDER) };
	assert_int_equal(admit(AMBER AND M(a)).why, POLICY_DOOR_AGREEMENT_NOT_IN_FORCE);
	assert_int_equal(admit(AMBER AND M(b)).why, POLICY_DOOR_AGREEMENT_NOT_IN_FORCE);
	assert_int_equal(admit(STRICT AND M(2)).why, POLICY_DOOR_OVER_CEILING);
	assert_int_equal(admit(AMBER AND M(2)).why, POLICY_DOOR_OK);
	assert_int_equal(admit_as(&outsider, TOOL, AMBER AND M(2), NULL).why, POLICY_DOOR_NOT_A_PARTY);
}

static void a_peers_home_hub_has_checked_time_party_creator_and_clock(void **state)
{
	struct policy_submission peer = { .origin = SPAN(OUTSIDER), .from_peer = true, .creator_is_other_member = true };
	static const char later[] = "\"created\":\"2030-01-01T00:00:00Z\",\"modified\":\"2030-01-01T00:00:00Z\"";
	assert_int_equal(admit_as(&peer, TOOL, AMBER AND M(2), later).why, POLICY_DOOR_OK);
	assert_int_equal(admit_as(&peer, TOOL, AMBER AND M(a), NULL).why, POLICY_DOOR_OK);
	assert_int_equal(admit_as(&peer, TOOL, STRICT AND M(2), NULL).why, POLICY_DOOR_OVER_CEILING);
	assert_int_equal(admit_as(&peer, TOOL, AMBER AND M(6), NULL).why, POLICY_DOOR_UNKNOWN_AGREEMENT);
}

/* ---- clear, personal data ---- */

static void clear_goes_with_no_restriction(void **state)
{
	struct policy_submission s = { 0 };
	assert_int_equal(admit(CLEAR AND M(3)).why, POLICY_DOOR_CONTRADICTION);
	assert_int_equal(admit(CLEAR AND VIETNAM).why, POLICY_DOOR_CONTRADICTION);
	assert_int_equal(admit(CLEAR AND M(d)).why, POLICY_DOOR_CONTRADICTION);
	assert_int_equal(admit_as(&s, EMAIL, CLEAR, "\"value\":\"a@b.example\"").why, POLICY_DOOR_CONTRADICTION);
	assert_int_equal(admit(CLEAR AND M(2)).why, POLICY_DOOR_OK);
	struct policy_submission by_default = { .default_tlp = STIX_TLP_CLEAR };
	struct answer a = admit_as(&by_default, EMAIL, NULL, "\"value\":\"a@b.example\"");
	assert_true(a.e == ERR_OK && a.label.personal); /* kept, for its origin alone */
	assert_int_equal(admit_as(&by_default, TOOL, VIETNAM, NULL).why, POLICY_DOOR_CONTRADICTION);
}

static void personal_data_is_told_by_type_and_by_statement(void **state)
{
	static const char value[] = "\"value\":\"a@b.example\"";
	struct policy_submission s = { 0 };
	struct answer a = admit_as(&s, EMAIL, GREEN, value);
	assert_true(a.e == ERR_OK && a.label.personal);
	a = admit_as(&s, EMAIL, GREEN AND M(c), value);
	assert_true(a.e == ERR_OK && !a.label.personal);
	assert_true(admit(GREEN AND M(d)).label.personal);
	assert_false(admit(GREEN).label.personal);
	assert_int_equal(admit_as(&s, EMAIL, GREEN AND M(2), value).why, POLICY_DOOR_PERSONAL_DATA);
	assert_int_equal(admit_as(&s, EMAIL, GREEN AND M(2) AND M(c), value).why, POLICY_DOOR_OK);
	a = admit_as(&s, EMAIL, GREEN AND M(5), value);
	assert_true(a.e == ERR_OK && a.label.personal);
}

/* ---- creator and clock ---- */

static void another_members_objects_need_its_delegation(void **state)
{
	struct policy_submission no = { .creator_is_other_member = true }, yes = { .creator_is_other_member = true, .creator_delegated = true };
	assert_int_equal(admit_as(&no, TOOL, GREEN, "\"created_by_ref\":\"" O2 "\"").why, POLICY_DOOR_CREATOR);
	assert_int_equal(admit_as(&yes, TOOL, GREEN, "\"created_by_ref\":\"" O2 "\"").why, POLICY_DOOR_OK);
}

static void five_minutes_ahead_is_the_most(void **state)
{
	struct policy_submission s = { 0 };
	assert_int_equal(admit_as(&s, TOOL, GREEN, "\"created\":\"2026-11-22T09:00:00Z\",\"modified\":\"2026-11-22T09:05:00Z\"").why, POLICY_DOOR_OK);
	assert_int_equal(admit_as(&s, TOOL, GREEN, "\"created\":\"2026-11-22T09:00:00Z\",\"modified\":\"2026-11-22T09:05:00.000001Z\"").why, POLICY_DOOR_FUTURE);
	assert_int_equal(admit_as(&s, TOOL, GREEN, "\"created\":\"2026-11-22T09:05:01Z\"").why, POLICY_DOOR_FUTURE);
	assert_int_equal(admit_as(&s, TOOL, GREEN, NULL).why, POLICY_DOOR_OK);
}

static void the_submitter_is_kept_for_red_alone(void **state)
{
	struct policy_submission s = { .submitter = SPAN("p1") };
	assert_true(span_is(admit_as(&s, TOOL, RED, NULL).label.submitter, "p1"));
	assert_int_equal(admit_as(&s, TOOL, STRICT, NULL).label.submitter.n, 0);
}

/* ---- definitions ---- */

#define DEFINITION "marking-definition--00000000-0000-4000-8000-0000000000dd"

static void registered_tlp_definitions_are_always_public(void **state)
{
	struct policy_submission s = { .default_tlp = STIX_TLP_RED };
	struct stix_object o;
	struct fault f = { 0 };
	for (enum stix_tlp t = STIX_TLP_CLEAR; t <= STIX_TLP_RED; t++) {
		struct policy_label l;
		enum policy_door why;
		struct json v = read_json(arena_printf(mem, "%.*s", SPAN_ARG(stix_tlp_definition(t))));
		assert_int_equal(stix_object_read(mem, v, (struct span){ 0 }, &o, &f), ERR_OK);
		s.object = &o;
		s.origin = SPAN(ME);
		s.agreement = find_agreement;
		assert_int_equal(policy_admit(mem, &s, &l, &why, &f), ERR_OK);
		assert_int_equal(l.tlp, STIX_TLP_CLEAR);
	}
}

static void a_scopes_definition_goes_where_its_objects_go(void **state)
{
	struct policy_submission s = { .default_tlp = STIX_TLP_CLEAR }, none = { 0 };
	struct answer a = admit_as(&s, DEFINITION, NULL, SHARING("\"agreement\":\"" A1 "\",\"named\":[\"" O2 "\"]"));
	assert_int_equal(a.why, POLICY_DOOR_OK);
	assert_int_equal(a.label.tlp, STIX_TLP_AMBER); /* the ceiling, below amber+strict */
	assert_true(span_is(a.label.agreement, A1) && a.label.named.n == 1);
	a = admit_as(&s, DEFINITION, NULL, SHARING("\"agreement\":\"" A2 "\""));
	assert_int_equal(a.label.tlp, STIX_TLP_AMBER_STRICT);
	a = admit_as(&s, DEFINITION, GREEN, SHARING("\"agreement\":\"" A1 "\",\"personal_data\":\"present\""));
	assert_true(a.label.tlp == STIX_TLP_GREEN && !a.label.personal);
	a = admit_as(&none, DEFINITION, NULL, SHARING("\"agreement\":\"" A_NONE "\""));
	assert_int_equal(a.why, POLICY_DOOR_UNKNOWN_AGREEMENT);
	a = admit_as(&none, DEFINITION, NULL, SHARING("\"agreemnet\":\"" A1 "\""));
	assert_int_equal(a.why, POLICY_DOOR_UNKNOWN_SCOPE);
}

static void other_definitions_without_tlp_are_for_nobody_by_themselves(void **state)
{
	struct policy_submission none = { 0 }, green = { .default_tlp = STIX_TLP_GREEN };
	static const char statement[] = "\"definition_type\":\"statement\",\"definition\":{\"statement\":\"x\"}";
	struct answer a = admit_as(&none, DEFINITION, NULL, statement);
	assert_true(a.e == ERR_OK && a.label.tlp == STIX_TLP_AMBER_STRICT && a.label.agreement.n == 0 && a.label.named.n == 0);
	a = admit_as(&none, "extension-definition--00000000-0000-4000-8000-0000000000dd", NULL, NULL);
	assert_true(a.e == ERR_OK && a.label.tlp == STIX_TLP_AMBER_STRICT);
	assert_int_equal(admit_as(&green, DEFINITION, NULL, statement).label.tlp, STIX_TLP_GREEN);
	assert_int_equal(admit_as(&none, "language-content--00000000-0000-4000-8000-0000000000dd", NULL, NULL).why, POLICY_DOOR_NO_TLP);
}

/* ---- memory ---- */

static void running_out_of_memory_is_told_and_nothing_else(void **state)
{
	bool done = false;
	for (size_t cap = 16; !done && cap < 1u << 20; cap += 64) {
		struct policy_submission s = { 0 };
		struct answer a = admit_as(&s, TOOL, RED, NULL); /* fills s but for its object */
		struct stix_object o;
		struct json v = read_json("{\"type\":\"tool\",\"spec_version\":\"2.1\",\"id\":\"" TOOL "\",\"object_marking_refs\":[\"" AMBER "\",\"" M(3) "\",\"" M(2) "\"]}");
		struct json known[3];
		assert_int_equal(stix_object_read(mem, v, (struct span){ 0 }, &o, &a.f), ERR_OK);
		for (size_t i = 0; i < 3; i++)
			known[i] = definition_of(o.markings[i]);
		s.object = &o;
		s.markings = known;
		struct arena *small = arena_new(cap);
		if (!small)
			continue;
		enum policy_door why;
		enum err e = policy_admit(small, &s, &a.label, &why, &a.f);
		done = e == ERR_OK;
		assert_true(done || e == ERR_NOMEM);
		arena_free(small);
		arena_reset(mem);
	}
	assert_true(done);
}

/* ---- keys ---- */

static void equal_labels_have_equal_keys_and_read_back(void **state)
{
	static const struct span one[] = { { "b", 1 }, { "a", 1 }, { "b", 1 } }, other[] = { { "a", 1 }, { "b", 1 } };
	struct policy_label l = {
		.origin = SPAN("o"),
		.tlp = STIX_TLP_RED,
		.named = { one, 3 },
		.countries = { other, 2 },
		.has_not_before = true,
		.not_before = { 5 },
		.agreement = SPAN("x \"quoted\""),
		.exercise = SPAN("e"),
		.personal = true,
		.submitter = SPAN("p"),
		.origin_country = SPAN("JP"),
	};
	struct policy_label same = l, back;
	struct fault f = { 0 };
	same.named = (struct policy_names){ other, 2 };
	struct span key = policy_label_key(mem, &l);
	assert_true(key.n && span_eq(key, policy_label_key(mem, &same)));
	struct buf canonical;
	buf_init(&canonical, 4096);
	assert_int_equal(json_canonical(read_json(key.p), &canonical, &f), ERR_OK);
	assert_true(span_eq(buf_span(&canonical), key));
	buf_release(&canonical);
	assert_int_equal(policy_label_read(mem, read_json(key.p), &back, &f), ERR_OK);
	assert_true(span_eq(policy_label_key(mem, &back), key));
	struct policy_label differ[10];
	for (int i = 0; i < 10; i++)
		differ[i] = l;
	differ[0].origin = SPAN("q");
	differ[1].tlp = STIX_TLP_UNKNOWN;
	differ[2].named.n = 1;
	differ[3].countries.n = 0;
	differ[4].has_not_before = false;
	differ[5].agreement.n = 0;
	differ[6].exercise.n = 0;
	differ[7].personal = false;
	differ[8].submitter.n = 0;
	differ[9].origin_country = SPAN("TH");
	for (int i = 0; i < 10; i++)
		assert_false(span_eq(policy_label_key(mem, &differ[i]), key));
	same.tlp = STIX_TLP_NONE;
	differ[1].named = same.named;
	assert_true(span_eq(policy_label_key(mem, &same), policy_label_key(mem, &differ[1])));
}

/* ---- looser ---- */

static void looser_means_that_somebody_more_may_have_it(void **state)
{
	static const struct span a[] = { { "a", 1 } }, ab[] = { { "a", 1 }, { "b", 1 } };
	const struct policy_label amber = { .tlp = STIX_TLP_AMBER, .agreement = SPAN("x") };
	struct policy_label other = amber, narrow = amber;
	assert_false(policy_label_looser(&amber, &amber));
	other.tlp = STIX_TLP_GREEN;
	assert_true(policy_label_looser(&other, &amber));
	assert_false(policy_label_looser(&amber, &other));
	other = amber;
	narrow.named = (struct policy_names){ a, 1 };
	other.named = (struct policy_names){ ab, 2 };
	assert_true(policy_label_looser(&amber, &narrow));
	assert_true(policy_label_looser(&other, &narrow));
	assert_false(policy_label_looser(&narrow, &other));
	assert_false(policy_label_looser(&narrow, &amber));
	other = narrow = amber;
	narrow.countries = (struct policy_names){ a, 1 };
	assert_true(policy_label_looser(&other, &narrow));
	narrow = amber;
	narrow.has_not_before = true;
	narrow.not_before.us = 9;
	assert_true(policy_label_looser(&amber, &narrow));
	other = narrow;
	other.not_before.us = 8;
	assert_true(policy_label_looser(&other, &narrow));
	assert_false(policy_label_looser(&narrow, &other));
	other = amber;
	other.agreement = SPAN("y");
	assert_true(policy_label_looser(&other, &amber));
	other.agreement.n = 0; /* amber under no agreement and nobody named: for its origin alone */
	assert_false(policy_label_looser(&other, &amber));
	other = amber;
	other.exercise = SPAN("e");
	assert_true(policy_label_looser(&other, &amber));
}

static void every_door_has_a_name_and_words(void **state)
{
	assert_string_equal(policy_door_name(POLICY_DOOR_OK), "ok");
	assert_string_equal(policy_door_name(POLICY_DOOR_FUTURE), "future");
	for (int d = POLICY_DOOR_OK; d <= POLICY_DOOR_FUTURE; d++)
		assert_true(policy_door_name((enum policy_door)d)[0] && policy_door_words((enum policy_door)d)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tlp_is_the_strictest_there_is),
		cmocka_unit_test(without_tlp_the_collections_default_counts),
		cmocka_unit_test(what_only_looks_like_tlp_is_refused_and_told_the_registered_id),
		cmocka_unit_test(a_scope_makes_the_label),
		cmocka_unit_test(an_agreements_own_marking_shares_under_it),
		cmocka_unit_test(scopes_narrow_each_other),
		cmocka_unit_test(scopes_with_nothing_in_common_contradict),
		cmocka_unit_test(what_is_not_known_or_not_understood_stays_outside),
		cmocka_unit_test(a_pinned_digest_must_be_the_agreements),
		cmocka_unit_test(the_agreement_must_be_in_force_and_wide_enough_and_joined),
		cmocka_unit_test(a_peers_home_hub_has_checked_time_party_creator_and_clock),
		cmocka_unit_test(clear_goes_with_no_restriction),
		cmocka_unit_test(personal_data_is_told_by_type_and_by_statement),
		cmocka_unit_test(another_members_objects_need_its_delegation),
		cmocka_unit_test(five_minutes_ahead_is_the_most),
		cmocka_unit_test(the_submitter_is_kept_for_red_alone),
		cmocka_unit_test(registered_tlp_definitions_are_always_public),
		cmocka_unit_test(a_scopes_definition_goes_where_its_objects_go),
		cmocka_unit_test(other_definitions_without_tlp_are_for_nobody_by_themselves),
		cmocka_unit_test(running_out_of_memory_is_told_and_nothing_else),
		cmocka_unit_test(equal_labels_have_equal_keys_and_read_back),
		cmocka_unit_test(looser_means_that_somebody_more_may_have_it),
		cmocka_unit_test(every_door_has_a_name_and_words),
	};
	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
