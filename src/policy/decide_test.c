/* SPDX-License-Identifier: Apache-2.0 */
/* The release decision against an oracle written from the prose, and its properties over random worlds. */
#include "util/test.h"
#include "policy/decide.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- worlds: a case in small numbers; bits stand for sets ---- */

enum { ORGS = 4,
	PERSONS = 2,
	COUNTRIES = 3,
	NOW = 1000,
};
enum party_state { NO_PARTY,
	SIGNED_BEFORE,
	SIGNED_NOW,
	SIGNED_LATER,
	LEFT_BEFORE,
	LEFT_NOW,
	LEAVES_LATER,
	SUSPENDED,
	SUSPENSION_OVER_NOW,
	SUSPENDED_FROM_NOW,
	SUSPENDED_LATER,
	CAME_BACK,
	PARTY_STATES,
};

struct world {
	/* label; 0 is none everywhere */
	int origin, origin_country, submitter, tlp, agreement /* 1 known, 2 not known */, not_before /* 1 past 2 now 3 later */, exercise;
	unsigned named; /* bits 0-3 organisations, 4-5 persons */
	unsigned countries;
	bool personal;
	/* recipient */
	int org, person, country, to_exercise;
	bool member;
	unsigned clients_of;
	/* agreement */
	int effective /* 0 past 1 now 2 later */, expires /* 0 past 1 now 2 later 3 never */, ceiling, personal_data;
	bool clients;
	int party[ORGS];
};

static const struct span orgs[] = { { 0 }, { "o1", 2 }, { "o2", 2 }, { "o3", 2 }, { "o4", 2 } };
static const struct span persons[] = { { 0 }, { "p1", 2 }, { "p2", 2 } };
static const struct span lands[] = { { 0 }, { "JP", 2 }, { "TH", 2 }, { "ID", 2 } };
static const struct span drills[] = { { 0 }, { "e1", 2 }, { "e2", 2 } };

/* The structs that a world stands for. */
struct made {
	struct policy_label on;
	struct policy_recipient to;
	struct policy_agreement with;
	const struct policy_agreement *given;
	struct span named[ORGS + PERSONS], countries[COUNTRIES], clients_of[ORGS];
	struct policy_party party[2 * ORGS];
	struct policy_period period[ORGS];
};

static struct timestamp at(int64_t us)
{
	return (struct timestamp){ us };
}

static void make_party(struct made *m, int org, enum party_state state)
{
	struct policy_party *p = &m->party[m->with.n_parties];
	struct policy_period *s = &m->period[org - 1];
	static const int64_t signed_at[] = { [SIGNED_NOW] = NOW, [SIGNED_LATER] = NOW + 5, [PARTY_STATES] = 0 };
	static const int64_t withdrawn[] = { [LEFT_BEFORE] = NOW - 3, [LEFT_NOW] = NOW, [LEAVES_LATER] = NOW + 7, [CAME_BACK] = NOW - 2, [PARTY_STATES] = 0 };
	static const struct policy_period periods[] = {
		[SUSPENDED] = { { NOW - 2 }, { NOW + 2 } },
		[SUSPENSION_OVER_NOW] = { { NOW - 4 }, { NOW } },
		[SUSPENDED_FROM_NOW] = { { NOW }, { INT64_MAX } },
		[SUSPENDED_LATER] = { { NOW + 1 }, { NOW + 9 } },
		[PARTY_STATES] = { { 0 }, { 0 } },
	};

	if (state == NO_PARTY)
		return;
	*p = (struct policy_party){ .org = orgs[org], .signed_at = at(signed_at[state] ? signed_at[state] : NOW - 10) };
	if (withdrawn[state]) {
		p->has_withdrawn = true;
		p->withdrawn = at(withdrawn[state]);
	}
	if (periods[state].until.us) {
		*s = periods[state];
		p->suspended = s;
		p->n_suspended = 1;
	}
	m->with.n_parties++;
	if (state == CAME_BACK)
		m->party[m->with.n_parties++] = (struct policy_party){ .org = orgs[org], .signed_at = at(NOW - 1) };
}

static void make_label(struct made *m, const struct world *w)
{
	static const int64_t not_before[] = { 0, NOW - 1, NOW, NOW + 1 };
	size_t n = 0, c = 0;

	for (int i = 0; i < ORGS + PERSONS; i++)
		if (w->named & 1u << i)
			m->named[n++] = i < ORGS ? orgs[i + 1] : persons[i - ORGS + 1];
	for (int i = 0; i < COUNTRIES; i++)
		if (w->countries & 1u << i)
			m->countries[c++] = lands[i + 1];
	m->on = (struct policy_label){
		.origin = orgs[w->origin],
		.origin_country = lands[w->origin_country],
		.submitter = persons[w->submitter],
		.tlp = (enum stix_tlp)w->tlp,
		.agreement = w->agreement ? SPAN("a1") : (struct span){ 0 },
		.named = { m->named, n },
		.countries = { m->countries, c },
		.has_not_before = w->not_before,
		.not_before = at(not_before[w->not_before]),
		.personal = w->personal,
		.exercise = drills[w->exercise],
	};
}

static void make(struct made *m, const struct world *w)
{
	static const int64_t effective[] = { NOW - 20, NOW, NOW + 20 }, expires[] = { NOW - 1, NOW, NOW + 30, INT64_MAX };
	size_t n = 0;

	memset(m, 0, sizeof(*m));
	make_label(m, w);
	for (int i = 0; i < ORGS; i++)
		if (w->clients_of & 1u << i)
			m->clients_of[n++] = orgs[i + 1];
	m->to = (struct policy_recipient){
		.org = orgs[w->org],
		.person = persons[w->person],
		.member = w->member,
		.country = lands[w->country],
		.clients_of = { m->clients_of, n },
		.exercise = drills[w->to_exercise],
	};
	m->with = (struct policy_agreement){
		.id = SPAN("a1"),
		.effective = at(effective[w->effective]),
		.expires = at(expires[w->expires]),
		.ceiling = (enum stix_tlp)w->ceiling,
		.parties = m->party,
		.clients = w->clients,
		.personal_data = (enum policy_personal)w->personal_data,
	};
	for (int i = 0; i < ORGS; i++)
		make_party(m, i + 1, (enum party_state)w->party[i]);
	m->given = w->agreement == 2 ? NULL : &m->with; /* none: the case may hold one all the same, and it must not count */
}

static struct policy_answer decide_at(const struct world *w, int64_t us)
{
	struct made m;

	make(&m, w);
	return policy_decide(m.given, &m.on, &m.to, at(us));
}

static struct policy_answer decide(const struct world *w)
{
	return decide_at(w, NOW);
}

/* ---- random worlds ---- */

static uint64_t seed = 20261122;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

static bool often(unsigned of_ten)
{
	return pick(10) < of_ten;
}

/* Values that shut early lines are rare, so that the late lines are reached too. */
static struct world random_world(void)
{
	struct world w = {
		.origin = 1 + (int)pick(ORGS),
		.origin_country = (int)pick(COUNTRIES + 1),
		.submitter = often(7) ? 0 : 1 + (int)pick(PERSONS),
		.tlp = (int)pick(7),
		.agreement = often(4) ? 0 : often(9) ? 1
						     : 2,
		.not_before = often(8) ? 0 : (int)pick(4),
		.exercise = often(8) ? 0 : (int)pick(3),
		.named = often(5) ? 0 : pick(64),
		.countries = often(7) ? 0 : pick(8),
		.personal = !often(8),
		.org = often(9) ? 1 + (int)pick(ORGS) : 0,
		.person = often(5) ? 0 : 1 + (int)pick(PERSONS),
		.country = (int)pick(COUNTRIES + 1),
		.member = often(9),
		.clients_of = often(6) ? 0 : pick(16),
		.effective = often(8) ? 0 : (int)pick(3),
		.expires = often(8) ? 3 : (int)pick(4),
		.ceiling = 1 + (int)pick(5),
		.personal_data = (int)pick(3),
		.clients = often(6),
	};
	w.to_exercise = often(8) ? w.exercise : (int)pick(3);
	for (int i = 0; i < ORGS; i++)
		w.party[i] = (int)pick(PARTY_STATES);
	return w;
}

/* ---- the oracle: from the prose of design/policy.md, over the small numbers ---- */

static bool o_party(const struct world *w, int org)
{
	switch (w->party[org - 1]) {
	case SIGNED_BEFORE:
	case SIGNED_NOW:
	case LEAVES_LATER:
	case SUSPENSION_OVER_NOW:
	case SUSPENDED_LATER:
	case CAME_BACK:
		return true;
	default:
		return false;
	}
}

/* "one of clients_of is a party at t and, where named is not empty, is in it" */
static bool o_client(const struct world *w)
{
	for (int i = 0; i < ORGS; i++)
		if ((w->clients_of >> i & 1) && o_party(w, i + 1) && (!w->named || (w->named >> i & 1)))
			return true;
	return false;
}

static const char *o_named(const struct world *w, bool person_named, bool org_named)
{
	bool amber_clients = w->tlp == 3 && w->agreement && w->clients;

	if (w->tlp == 5)
		return person_named && (!w->agreement || o_party(w, w->org)) ? "named" : "not-named";
	if (w->named && !org_named && !person_named && !(amber_clients && (w->clients_of & w->named & 15)))
		return "not-named";
	if (!w->agreement)
		return w->tlp <= 2 ? "green" : w->named ? "named"
							: "no-agreement";
	if (o_party(w, w->org))
		return "party";
	return amber_clients && o_client(w) ? "client" : "not-a-party";
}

static const char *oracle(const struct world *w)
{
	bool person_named = w->person && (w->named >> (ORGS + w->person - 1) & 1);
	bool org_named = w->org && (w->named >> (w->org - 1) & 1);
	bool known = w->tlp >= 1 && w->tlp <= 5;
	int there = w->org ? w->country : 0;

	if (w->org == w->origin && (w->tlp != 5 || person_named || (w->person && w->person == w->submitter)))
		return "origin";
	if (!known)
		return "unknown-marking";
	if (w->exercise != w->to_exercise)
		return "exercise";
	if (w->not_before == 3)
		return "embargo";
	if (w->countries && !(there && (w->countries >> (there - 1) & 1)))
		return "country";
	if (w->agreement == 2 || (w->agreement == 1 && (w->effective == 2 || w->expires <= 1)))
		return "agreement-not-in-force";
	if (w->agreement && w->tlp > w->ceiling)
		return "ceiling";
	if (w->personal && (!w->agreement || w->personal_data == 0 || (w->personal_data == 1 && !(there && there == w->origin_country))))
		return "personal-data";
	if (w->tlp == 1 && !w->named)
		return "clear";
	if (!w->org)
		return "anonymous";
	if (!w->member)
		return "not-a-member";
	return o_named(w, person_named, org_named);
}

static void the_decision_is_the_oracles_over_random_worlds(void **state)
{
	unsigned lines[22] = { 0 }, seen[POLICY_REASONS] = { 0 };

	for (int i = 0; i < 1000000; i++) {
		struct world w = random_world();
		struct policy_answer a = decide(&w);
		if (strcmp(policy_reason_name(a.reason), oracle(&w)) != 0)
			fail_msg("case %d: line %d says %s, the oracle %s", i, a.line, policy_reason_name(a.reason), oracle(&w));
		lines[a.line]++;
		seen[a.reason]++;
	}
	for (int i = 1; i <= 21; i++)
		assert_true(lines[i] > 100);
	for (int i = 0; i < POLICY_REASONS; i++)
		assert_true(seen[i] > 100 || i == POLICY_SILENT); /* that one is of no line: it looks at the home hub */
}

/* Every combination of the fields that the later lines weigh, the early ones being open: nothing there is left to chance. */
static void the_decision_is_the_oracles_over_the_whole_space_of_scope(void **state)
{
	struct world w = { .origin = 1, .member = true, .expires = 3, .country = 1, .origin_country = 1 };
	static const unsigned named[] = { 0, 2, 4, 16, 2 | 4, 4 | 32, 16 | 32 }, clients[] = { 0, 4, 8, 12 };
	unsigned cases = 0;

	for (w.tlp = 0; w.tlp <= 6; w.tlp++)
		for (w.agreement = 0; w.agreement <= 2; w.agreement++)
			for (w.ceiling = 1; w.ceiling <= 5; w.ceiling++)
				for (size_t n = 0; n < 7; n++)
					for (w.org = 0; w.org <= 2; w.org++)
						for (w.person = 0; w.person <= 2; w.person++)
							for (size_t c = 0; c < 4; c++)
								for (unsigned bits = 0; bits < 64; bits++) {
									w.named = named[n];
									w.clients_of = clients[c];
									w.clients = bits & 1;
									w.member = bits & 2;
									w.party[1] = bits & 4 ? SIGNED_BEFORE : NO_PARTY;
									w.party[2] = bits & 8 ? SIGNED_NOW : LEFT_NOW;
									w.party[3] = bits & 16 ? SUSPENSION_OVER_NOW : SUSPENDED;
									w.submitter = bits & 32 ? 1 : 0;
									assert_string_equal(policy_reason_name(decide(&w).reason), oracle(&w));
									cases++;
								}
	assert_int_equal(cases, 7 * 3 * 5 * 7 * 3 * 3 * 4 * 64);
}

/* ---- properties ---- */

enum { ROUNDS = 150000 };

/* But for clients, whom the rule lets in at TLP:AMBER alone: neither at a stricter level nor, under an agreement, at a looser one (README.md). */
static void a_stricter_marking_never_releases_more(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), looser;
		w.tlp = 2 + (int)pick(4);
		if (w.tlp == STIX_TLP_AMBER)
			w.clients_of = 0;
		looser = w;
		looser.tlp = 1 + (int)pick((unsigned)w.tlp - 1);
		if (decide(&w).release)
			assert_true(decide(&looser).release);
	}
}

static void clients_are_reached_at_amber_alone(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), no_client;
		if (w.tlp == STIX_TLP_AMBER && w.agreement == 1 && w.clients)
			continue;
		no_client = w;
		no_client.clients_of = 0;
		assert_int_equal(decide(&w).reason, decide(&no_client).reason);
	}
}

static void an_unknown_marking_is_for_its_origin_alone(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		w.tlp = often(5) ? STIX_TLP_NONE : STIX_TLP_UNKNOWN;
		assert_int_equal(decide(&w).release, w.org == w.origin);
	}
	struct world w = { .origin = 1, .org = 2, .member = true, .tlp = 77 }; /* a number that is no level at all */
	assert_int_equal(decide(&w).reason, POLICY_UNKNOWN_MARKING);
	w.tlp = -1;
	assert_int_equal(decide(&w).reason, POLICY_UNKNOWN_MARKING);
}

static void adding_a_party_changes_no_others_answer(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), more;
		int who = (int)pick(ORGS);
		if (w.org == who + 1 || (w.clients_of >> who & 1))
			continue;
		more = w;
		w.party[who] = NO_PARTY;
		more.party[who] = SIGNED_BEFORE;
		assert_int_equal(decide(&w).reason, decide(&more).reason);
	}
}

static void becoming_a_party_takes_nothing_away(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), more = w;
		int who = (int)pick(ORGS);
		more = w;
		more.party[who] = SIGNED_BEFORE;
		if (decide(&w).release)
			assert_true(decide(&more).release);
	}
}

static void anonymous_readers_get_what_is_clear_and_nothing_else(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		w.org = 0;
		struct policy_answer a = decide(&w);
		if (a.release) {
			assert_int_equal(a.reason, POLICY_CLEAR);
			assert_int_equal(w.tlp, STIX_TLP_CLEAR);
			assert_int_equal(w.countries, 0);
		}
	}
}

static void red_is_for_named_persons_and_its_submitter(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		w.tlp = STIX_TLP_RED;
		if (!decide(&w).release)
			continue;
		assert_true(w.person != 0);
		assert_true((w.named >> (ORGS + w.person - 1) & 1) || (w.org == w.origin && w.person == w.submitter));
	}
}

static void who_is_no_member_gets_what_is_clear_or_its_own(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		w.member = false;
		struct policy_answer a = decide(&w);
		if (a.release)
			assert_true(a.reason == POLICY_CLEAR || a.reason == POLICY_ORIGIN);
	}
}

static void real_and_exercise_never_meet(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		if (w.exercise != w.to_exercise && w.org != w.origin)
			assert_false(decide(&w).release);
	}
}

static void narrowing_countries_releases_no_more(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), wide;
		w.countries = 1 + pick(7);
		wide = w;
		wide.countries = often(5) ? 0 : w.countries | pick(8);
		if (decide(&w).release)
			assert_true(decide(&wide).release);
	}
}

static void naming_one_more_takes_nothing_from_the_others(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world(), more;
		w.named = 1 + pick(63);
		more = w;
		more.named |= 1u << pick(ORGS + PERSONS);
		if (decide(&w).release)
			assert_true(decide(&more).release);
	}
}

static void under_no_agreement_the_agreement_at_hand_does_not_matter(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		struct made m;
		w.agreement = 0;
		make(&m, &w);
		assert_int_equal(policy_decide(&m.with, &m.on, &m.to, at(NOW)).reason, policy_decide(NULL, &m.on, &m.to, at(NOW)).reason);
	}
}

/* ---- explaining ---- */

struct told {
	int line;
	bool applied;
};

static void hear(void *ctx, int line, const char *rule, bool applies, const char *why)
{
	struct told *t = ctx;

	assert_int_equal(line, t->line + 1);
	assert_false(t->applied);
	assert_true(rule[0] && why[0]);
	t->line = line;
	t->applied = applies;
}

static void explaining_tells_each_line_up_to_the_one_that_decides(void **state)
{
	for (int i = 0; i < ROUNDS / 5; i++) {
		struct world w = random_world();
		struct made m;
		struct told t = { 0 };
		enum policy_reason r;
		make(&m, &w);
		struct policy_answer a = policy_explain(m.given, &m.on, &m.to, at(NOW), hear, &t), b = decide(&w);
		assert_int_equal(a.line, b.line);
		assert_int_equal(a.reason, b.reason);
		assert_int_equal(a.release, b.release);
		assert_int_equal(t.line, a.line);
		assert_true(t.applied);
		assert_true(policy_line_reason(a.line, &r) && r == a.reason);
	}
	enum policy_reason r;
	assert_false(policy_line_reason(0, &r));
	assert_false(policy_line_reason(22, &r));
}

static void long_lists_are_told_in_bounded_text(void **state)
{
	struct span names[256];
	static char text[256][64];
	struct told t = { 0 };
	for (size_t i = 0; i < 256; i++) {
		snprintf(text[i], sizeof(text[i]), "identity--00000000-0000-4000-8000-%012zu", i);
		names[i] = span_of(text[i]);
	}
	struct policy_label on = { .origin = SPAN("o1"), .tlp = STIX_TLP_AMBER, .named = { names, 256 } };
	struct policy_recipient to = { .org = SPAN("o2"), .member = true };
	assert_int_equal(policy_explain(NULL, &on, &to, at(NOW), hear, &t).reason, POLICY_NOT_NAMED);
}

/* ---- time ---- */

static void nothing_changes_before_the_next_change(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct world w = random_world();
		struct made m;
		make(&m, &w);
		int64_t now = NOW - 25 + (int64_t)pick(60);
		struct timestamp next = policy_next_change(m.given, &m.on, at(now));
		assert_true(next.us > now);
		int64_t last = next.us == INT64_MAX ? now + 100 : next.us - 1;
		int64_t then = now + (int64_t)pick((unsigned)(last - now) + 1);
		assert_int_equal(decide_at(&w, now).reason, decide_at(&w, then).reason);
	}
}

static void without_times_the_answer_never_changes(void **state)
{
	struct world w = { .origin = 1, .org = 2, .tlp = STIX_TLP_GREEN };
	struct made m;
	make(&m, &w);
	assert_int_equal(policy_next_change(NULL, &m.on, at(0)).us, INT64_MAX);
	w.not_before = 3;
	make(&m, &w);
	assert_int_equal(policy_next_change(NULL, &m.on, at(0)).us, NOW + 1);
	assert_int_equal(policy_next_change(NULL, &m.on, at(NOW + 1)).us, INT64_MAX);
}

/* ---- names ---- */

static void reasons_have_names_that_read_back(void **state)
{
	enum policy_reason r;
	for (int i = 0; i < POLICY_REASONS; i++) {
		assert_true(policy_reason_of(span_of(policy_reason_name((enum policy_reason)i)), &r));
		assert_int_equal(r, i);
		assert_true(policy_reason_words((enum policy_reason)i)[0]);
	}
	assert_false(policy_reason_of(SPAN("because"), &r));
}

static void a_silent_hub_holds_back_an_hours_or_a_days_worth(void **state)
{
	static const struct {
		enum stix_tlp tlp;
		int64_t hours;
	} t[] = { { STIX_TLP_CLEAR, 24 }, { STIX_TLP_GREEN, 24 }, { STIX_TLP_AMBER, 24 }, { STIX_TLP_AMBER_STRICT, 1 }, { STIX_TLP_RED, 1 }, { STIX_TLP_UNKNOWN, 1 }, { STIX_TLP_NONE, 1 } };
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const struct policy_label l = { .tlp = t[i].tlp };
		assert_int_equal(policy_news_hold(&l, at(NOW)).us - at(NOW).us, t[i].hours * 3600000000);
		assert_int_equal(policy_news_hold(&l, TIMESTAMP_NEVER).us, INT64_MAX);
	}
}

static void nobody_is_a_party_by_an_empty_name(void **state)
{
	const struct policy_party empty = { .signed_at = at(0) };
	const struct policy_agreement with = { .parties = &empty, .n_parties = 1 };
	assert_false(policy_is_party(&with, (struct span){ 0 }, at(NOW)));
	assert_false(policy_is_party(NULL, SPAN("o1"), at(NOW)));
	const struct span none = { 0 };
	const struct policy_label on = { .tlp = STIX_TLP_RED, .named = { &none, 1 } };
	const struct policy_recipient to = { .member = true, .org = SPAN("o1") };
	assert_int_equal(policy_decide(NULL, &on, &to, at(NOW)).reason, POLICY_NOT_NAMED);
	const struct policy_recipient nobody = { 0 };
	assert_int_equal(policy_decide(NULL, &on, &nobody, at(NOW)).reason, POLICY_ANONYMOUS); /* not `origin`, though both are empty */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_decision_is_the_oracles_over_random_worlds),
		cmocka_unit_test(the_decision_is_the_oracles_over_the_whole_space_of_scope),
		cmocka_unit_test(a_stricter_marking_never_releases_more),
		cmocka_unit_test(clients_are_reached_at_amber_alone),
		cmocka_unit_test(an_unknown_marking_is_for_its_origin_alone),
		cmocka_unit_test(adding_a_party_changes_no_others_answer),
		cmocka_unit_test(becoming_a_party_takes_nothing_away),
		cmocka_unit_test(anonymous_readers_get_what_is_clear_and_nothing_else),
		cmocka_unit_test(red_is_for_named_persons_and_its_submitter),
		cmocka_unit_test(who_is_no_member_gets_what_is_clear_or_its_own),
		cmocka_unit_test(real_and_exercise_never_meet),
		cmocka_unit_test(narrowing_countries_releases_no_more),
		cmocka_unit_test(naming_one_more_takes_nothing_from_the_others),
		cmocka_unit_test(under_no_agreement_the_agreement_at_hand_does_not_matter),
		cmocka_unit_test(explaining_tells_each_line_up_to_the_one_that_decides),
		cmocka_unit_test(long_lists_are_told_in_bounded_text),
		cmocka_unit_test(nothing_changes_before_the_next_change),
		cmocka_unit_test(without_times_the_answer_never_changes),
		cmocka_unit_test(reasons_have_names_that_read_back),
		cmocka_unit_test(nobody_is_a_party_by_an_empty_name),
		cmocka_unit_test(a_silent_hub_holds_back_an_hours_or_a_days_worth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
