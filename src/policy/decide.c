/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of design/policy.md as a table of lines: each has a predicate, a reason, its words, and the facts that it weighs.
 *
 * Deciding and explaining walk the same table with the same predicates, so they cannot disagree.  A predicate may rely on the lines above it
 * not having applied: after line 6 an agreement that is set is known, after line 11 there is an organisation. */
#include "policy/decide.h"
#include <assert.h>
#include <stdio.h>

/* ---- reasons ---- */

static const struct {
	const char *name, *words;
	bool release;
} reasons[] = {
#define X(k, name, release, words) [POLICY_##k] = { name, words, release },
	POLICY_REASON_LIST(X)
#undef X
};

const char *policy_reason_name(enum policy_reason r)
{
	assert(r < POLICY_REASONS);
	return reasons[r].name;
}

const char *policy_reason_words(enum policy_reason r)
{
	assert(r < POLICY_REASONS);
	return reasons[r].words;
}

bool policy_reason_of(struct span name, enum policy_reason *out)
{
	for (size_t i = 0; i < POLICY_REASONS; i++)
		if (span_is(name, reasons[i].name)) {
			*out = (enum policy_reason)i;
			return true;
		}
	return false;
}

/* ---- facts ---- */

struct facts {
	const struct policy_agreement *with; /* NULL unless the label names one and it is known */
	const struct policy_label *on;
	const struct policy_recipient *to;
	struct timestamp now;
};

/* A missing name is nobody: it is in no list and equals nothing. */
static bool same(struct span a, struct span b)
{
	return a.n != 0 && span_eq(a, b);
}

static bool in(struct policy_names names, struct span who)
{
	for (size_t i = 0; i < names.n; i++)
		if (same(who, names.v[i]))
			return true;
	return false;
}

static bool reached(struct timestamp t, struct timestamp now)
{
	return !timestamp_before(now, t);
}

static bool party_at(const struct policy_party *p, struct timestamp t)
{
	if (!reached(p->signed_at, t) || (p->has_withdrawn && reached(p->withdrawn, t)))
		return false;
	for (size_t i = 0; i < p->n_suspended; i++)
		if (reached(p->suspended[i].from, t) && timestamp_before(t, p->suspended[i].until))
			return false;
	return true;
}

bool policy_is_party(const struct policy_agreement *with, struct span org, struct timestamp t)
{
	for (size_t i = 0; with && i < with->n_parties; i++)
		if (same(org, with->parties[i].org) && party_at(&with->parties[i], t))
			return true;
	return false;
}

static bool has_agreement(const struct facts *f)
{
	return f->on->agreement.n != 0;
}

static bool has_named(const struct facts *f)
{
	return f->on->named.n != 0;
}

static bool unregistered(const struct facts *f)
{
	return f->on->tlp < STIX_TLP_CLEAR || f->on->tlp > STIX_TLP_RED;
}

static bool recipient_party(const struct facts *f)
{
	return policy_is_party(f->with, f->to->org, f->now);
}

/* TLP:AMBER reaches clients where the agreement says so; they stand in for whom they are a client of. */
static bool through_clients(const struct facts *f)
{
	return f->on->tlp == STIX_TLP_AMBER && f->with && f->with->clients;
}

static bool patron_named(const struct facts *f)
{
	for (size_t i = 0; i < f->to->clients_of.n; i++)
		if (in(f->on->named, f->to->clients_of.v[i]))
			return true;
	return false;
}

static bool patron_party(const struct facts *f)
{
	for (size_t i = 0; i < f->to->clients_of.n; i++)
		if (policy_is_party(f->with, f->to->clients_of.v[i], f->now) && (!has_named(f) || in(f->on->named, f->to->clients_of.v[i])))
			return true;
	return false;
}

/* ---- predicates, a line each ---- */

static bool own(const struct facts *f)
{
	return same(f->to->org, f->on->origin) &&
	       (f->on->tlp != STIX_TLP_RED || in(f->on->named, f->to->person) || same(f->to->person, f->on->submitter));
}

static bool other_exercise(const struct facts *f)
{
	return !span_eq(f->on->exercise, f->to->exercise);
}

static bool embargoed(const struct facts *f)
{
	return f->on->has_not_before && timestamp_before(f->now, f->on->not_before);
}

static bool other_country(const struct facts *f)
{
	return f->on->countries.n != 0 && (f->to->org.n == 0 || !in(f->on->countries, f->to->country));
}

static bool not_in_force(const struct facts *f)
{
	return has_agreement(f) && (!f->with || !reached(f->with->effective, f->now) || !timestamp_before(f->now, f->with->expires));
}

static bool over_ceiling(const struct facts *f)
{
	return has_agreement(f) && f->on->tlp > f->with->ceiling;
}

static bool personal_uncovered(const struct facts *f)
{
	return f->on->personal && (!has_agreement(f) || f->with->personal_data == POLICY_PERSONAL_NONE);
}

static bool personal_abroad(const struct facts *f)
{
	return f->on->personal && f->with->personal_data == POLICY_PERSONAL_DOMESTIC &&
	       (f->to->org.n == 0 || !same(f->to->country, f->on->origin_country));
}

static bool public(const struct facts *f)
{
	return f->on->tlp == STIX_TLP_CLEAR && !has_named(f);
}

static bool anonymous(const struct facts *f)
{
	return f->to->org.n == 0;
}

static bool no_member(const struct facts *f)
{
	return !f->to->member;
}

static bool red_named(const struct facts *f)
{
	return f->on->tlp == STIX_TLP_RED && in(f->on->named, f->to->person) && (!has_agreement(f) || recipient_party(f));
}

static bool red(const struct facts *f)
{
	return f->on->tlp == STIX_TLP_RED;
}

static bool not_named(const struct facts *f)
{
	return has_named(f) && !in(f->on->named, f->to->org) && !in(f->on->named, f->to->person) && !(through_clients(f) && patron_named(f));
}

static bool community(const struct facts *f)
{
	return !has_agreement(f) && f->on->tlp <= STIX_TLP_GREEN;
}

static bool named_alone(const struct facts *f)
{
	return !has_agreement(f) && has_named(f);
}

static bool no_agreement(const struct facts *f)
{
	return !has_agreement(f);
}

static bool client(const struct facts *f)
{
	return through_clients(f) && patron_party(f);
}

static bool always(const struct facts *f)
{
	return true;
}

/* ---- the facts in words, for explaining ---- */

enum { WHY_BYTES = 480 };
struct why {
	char text[WHY_BYTES];
	size_t n;
};

static void say(struct why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct why *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(w->text + w->n, sizeof(w->text) - w->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->n = w->n + (size_t)n < sizeof(w->text) ? w->n + (size_t)n : sizeof(w->text) - 1;
}

static void say_name(struct why *w, const char *before, struct span s, const char *if_none)
{
	if (s.n)
		say(w, "%s%.*s", before, SPAN_ARG(s));
	else
		say(w, "%s%s", before, if_none);
}

static void say_names(struct why *w, const char *before, struct policy_names names, const char *if_none)
{
	say(w, "%s%s", before, names.n ? "" : if_none);
	for (size_t i = 0; i < names.n; i++)
		say(w, "%s%.*s", i ? ", " : "", SPAN_ARG(names.v[i]));
}

static void say_time(struct why *w, const char *before, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	if (t.us == TIMESTAMP_NEVER.us) {
		say(w, "%snever", before);
		return;
	}
	timestamp_format(t, text);
	say(w, "%s%s", before, text);
}

static void tell_own(const struct facts *f, struct why *w)
{
	say_name(w, "it came from ", f->on->origin, "nobody");
	say_name(w, ", they are ", f->to->org, "anonymous");
	if (f->on->tlp == STIX_TLP_RED) {
		say_names(w, "; TLP:RED, named: ", f->on->named, "nobody");
		say_name(w, "; person: ", f->to->person, "none");
	}
}

static void tell_tlp(const struct facts *f, struct why *w)
{
	say(w, "its TLP is %s", unregistered(f) ? "unknown" : stix_tlp_name(f->on->tlp));
}

static void tell_exercise(const struct facts *f, struct why *w)
{
	say_name(w, "its exercise: ", f->on->exercise, "none");
	say_name(w, "; theirs: ", f->to->exercise, "none");
}

static void tell_embargo(const struct facts *f, struct why *w)
{
	if (!f->on->has_not_before) {
		say(w, "it has no embargo");
		return;
	}
	say_time(w, "not before ", f->on->not_before);
	say_time(w, "; now ", f->now);
}

static void tell_country(const struct facts *f, struct why *w)
{
	say_names(w, "it may go to: ", f->on->countries, "every country");
	say_name(w, "; they are in ", f->to->org.n ? f->to->country : (struct span){ 0 }, "no country");
}

static void tell_agreement(const struct facts *f, struct why *w)
{
	if (!has_agreement(f)) {
		say(w, "it is shared under no agreement");
		return;
	}
	say_name(w, "agreement ", f->on->agreement, "");
	if (!f->with) {
		say(w, " is not known here");
		return;
	}
	say_time(w, " is in force from ", f->with->effective);
	say_time(w, " until ", f->with->expires);
	say_time(w, "; now ", f->now);
}

static void tell_ceiling(const struct facts *f, struct why *w)
{
	tell_tlp(f, w);
	if (has_agreement(f))
		say(w, "; the agreement's ceiling is %s", stix_tlp_name(f->with->ceiling));
	else
		say(w, "; it is shared under no agreement");
}

static void tell_personal(const struct facts *f, struct why *w)
{
	static const char *const words[] = { [POLICY_PERSONAL_NONE] = "none", [POLICY_PERSONAL_DOMESTIC] = "domestic", [POLICY_PERSONAL_ALLOWED] = "allowed" };

	if (!f->on->personal) {
		say(w, "it holds no personal data");
		return;
	}
	say(w, "it holds personal data; ");
	if (!has_agreement(f)) {
		say(w, "it is shared under no agreement");
		return;
	}
	say(w, "the agreement says %s", words[f->with->personal_data]);
	say_name(w, "; from ", f->on->origin_country, "an unknown country");
	say_name(w, " to ", f->to->org.n ? f->to->country : (struct span){ 0 }, "no country");
}

static void tell_recipient(const struct facts *f, struct why *w)
{
	say_name(w, "they are ", f->to->org, "anonymous");
	if (f->to->org.n)
		say(w, ", %s", f->to->member ? "an active member" : "no active member");
}

static void tell_named(const struct facts *f, struct why *w)
{
	tell_tlp(f, w);
	say_names(w, "; named: ", f->on->named, "nobody");
	say_name(w, "; they are ", f->to->org, "anonymous");
	say_name(w, ", person: ", f->to->person, "none");
}

static void tell_scope(const struct facts *f, struct why *w)
{
	tell_tlp(f, w);
	say_name(w, "; agreement: ", f->on->agreement, "none");
	say(w, "; named recipients: %zu", f->on->named.n);
}

static void tell_party(const struct facts *f, struct why *w)
{
	say_name(w, "", f->to->org, "nobody");
	say(w, " is %s", recipient_party(f) ? "a party" : "not a party");
	say_time(w, " at ", f->now);
}

static void tell_client(const struct facts *f, struct why *w)
{
	tell_tlp(f, w);
	say(w, "; the agreement %s clients", f->with->clients ? "includes" : "does not include");
	say_names(w, "; they are a client of: ", f->to->clients_of, "nobody");
}

/* ---- the rule ---- */

static const struct line {
	bool (*applies)(const struct facts *f);
	enum policy_reason reason;
	const char *rule;
	void (*tell)(const struct facts *f, struct why *w);
} rule[] = {
	{ own, POLICY_ORIGIN, "their own, and not TLP:RED or their person is named or submitted it", tell_own },
	{ unregistered, POLICY_UNKNOWN_MARKING, "its TLP is unknown", tell_tlp },
	{ other_exercise, POLICY_EXERCISE, "its exercise is not theirs", tell_exercise },
	{ embargoed, POLICY_EMBARGO, "its embargo has not ended", tell_embargo },
	{ other_country, POLICY_COUNTRY, "it is for countries that theirs is not among", tell_country },
	{ not_in_force, POLICY_AGREEMENT_NOT_IN_FORCE, "its agreement is not in force", tell_agreement },
	{ over_ceiling, POLICY_CEILING, "its TLP is stricter than the agreement's ceiling", tell_ceiling },
	{ personal_uncovered, POLICY_PERSONAL_DATA, "personal data, and no agreement or one that says none", tell_personal },
	{ personal_abroad, POLICY_PERSONAL_DATA, "personal data, domestic only, and another country", tell_personal },
	{ public, POLICY_CLEAR, "TLP:CLEAR and nobody is named", tell_named },
	{ anonymous, POLICY_ANONYMOUS, "they did not log in", tell_recipient },
	{ no_member, POLICY_NOT_A_MEMBER, "they are no active member", tell_recipient },
	{ red_named, POLICY_NAMED, "TLP:RED, the person is named and, under an agreement, of a party", tell_named },
	{ red, POLICY_NOT_NAMED, "TLP:RED otherwise", tell_named },
	{ not_named, POLICY_NOT_NAMED, "others are named, not they nor, for clients, whom they are a client of", tell_named },
	{ community, POLICY_GREEN, "no agreement, TLP:CLEAR or TLP:GREEN", tell_scope },
	{ named_alone, POLICY_NAMED, "no agreement, and they are named", tell_scope },
	{ no_agreement, POLICY_NO_AGREEMENT, "no agreement", tell_scope },
	{ recipient_party, POLICY_PARTY, "they are a party", tell_party },
	{ client, POLICY_CLIENT, "TLP:AMBER, and a client of a party where the agreement includes clients", tell_client },
	{ always, POLICY_NOT_A_PARTY, "what is left", tell_party },
};
_Static_assert(sizeof(rule) / sizeof(rule[0]) == 21, "design/policy.md has 21 lines");

typedef void explain_fn(void *ctx, int line, const char *rule, bool applies, const char *why);

static struct policy_answer walk(const struct facts *f, explain_fn *fn, void *ctx)
{
	for (size_t i = 0;; i++) {
		bool applies = rule[i].applies(f); /* the last line always does */
		if (fn) {
			struct why w = { .n = 0 };
			rule[i].tell(f, &w);
			fn(ctx, (int)i + 1, rule[i].rule, applies, w.text);
		}
		if (applies)
			return (struct policy_answer){ reasons[rule[i].reason].release, rule[i].reason, (int)i + 1 };
	}
}

struct policy_answer policy_decide(const struct policy_agreement *with, const struct policy_label *on, const struct policy_recipient *to,
	struct timestamp now)
{
	const struct facts f = { on->agreement.n ? with : NULL, on, to, now };

	return walk(&f, NULL, NULL);
}

struct policy_answer policy_explain(const struct policy_agreement *with, const struct policy_label *on, const struct policy_recipient *to,
	struct timestamp now, explain_fn *fn, void *ctx)
{
	const struct facts f = { on->agreement.n ? with : NULL, on, to, now };

	return walk(&f, fn, ctx);
}

bool policy_line_reason(int line, enum policy_reason *out)
{
	if (line < 1 || line > (int)(sizeof(rule) / sizeof(rule[0])))
		return false;
	*out = rule[line - 1].reason;
	return true;
}

/* ---- time ---- */

static void sooner(struct timestamp *best, struct timestamp t, struct timestamp now)
{
	if (timestamp_before(now, t) && timestamp_before(t, *best))
		*best = t;
}

struct timestamp policy_next_change(const struct policy_agreement *with, const struct policy_label *on, struct timestamp now)
{
	struct timestamp best = TIMESTAMP_NEVER;

	if (on->has_not_before)
		sooner(&best, on->not_before, now);
	if (!with || on->agreement.n == 0)
		return best;
	sooner(&best, with->effective, now);
	sooner(&best, with->expires, now);
	for (size_t i = 0; i < with->n_parties; i++) {
		const struct policy_party *p = &with->parties[i];
		sooner(&best, p->signed_at, now);
		if (p->has_withdrawn)
			sooner(&best, p->withdrawn, now);
		for (size_t k = 0; k < p->n_suspended; k++) {
			sooner(&best, p->suspended[k].from, now);
			sooner(&best, p->suspended[k].until, now);
		}
	}
	return best;
}

struct timestamp policy_news_hold(const struct policy_label *on, struct timestamp heard)
{
	const int64_t hour = 3600000000, limit = on->tlp >= STIX_TLP_CLEAR && on->tlp <= STIX_TLP_AMBER ? 24 * hour : hour;

	return heard.us > INT64_MAX - limit ? TIMESTAMP_NEVER : (struct timestamp){ heard.us + limit };
}
