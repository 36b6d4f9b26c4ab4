/* SPDX-License-Identifier: Apache-2.0 */
/* Policy cases as JSON: strict reading, so that a misspelt restriction is an error and not a release. */
#include "policy/policy_case.h"
#include "policy/label.h"
#include "policy/label_priv.h"
#include "util/bounds.h"

static enum err read_recipient(struct arena *a, struct json v, struct policy_recipient *out, struct fault *f)
{
	static const char *const known[] = { "org", "person", "member", "country", "clients_of", "exercise", NULL };
	enum err e = label_members(v, "recipient", known, f);

	if (e == ERR_OK)
		e = label_text(a, json_get(v, "org"), "recipient.org", false, &out->org, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(v, "person"), "recipient.person", false, &out->person, f);
	if (e == ERR_OK)
		e = label_flag(json_get(v, "member"), "recipient.member", &out->member, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(v, "country"), "recipient.country", false, &out->country, f);
	if (e == ERR_OK)
		e = label_list(a, json_get(v, "clients_of"), "recipient.clients_of", &out->clients_of, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(v, "exercise"), "recipient.exercise", false, &out->exercise, f);
	return e;
}

/* ["from","until"]; until null: without an end. */
static enum err read_period(struct json v, struct policy_period *out, struct fault *f)
{
	static const char at[] = "agreement.parties.suspended";
	struct json ends[2] = { { 0 } };
	bool has[2];
	size_t n = 0;

	for (struct json_iter it = json_iter(v); json_next(&it); n++)
		if (n < 2)
			ends[n] = it.value;
	if (!json_is(v, JSON_ARRAY) || n != 2)
		return fault_set(f, ERR_INVALID, at, "a suspension must be a list of two times: from and until");
	enum err e = label_time(ends[0], at, &has[0], &out->from, f);
	if (e == ERR_OK)
		e = label_time(ends[1], at, &has[1], &out->until, f);
	if (e == ERR_OK && !has[0])
		e = fault_set(f, ERR_INVALID, at, "a suspension must begin at a time: only its end may be null");
	if (e == ERR_OK && !has[1])
		out->until = TIMESTAMP_NEVER;
	return e;
}

/* A list in the case's JSON, with its limit; *out NULL where it is empty. */
static enum err read_list(struct arena *a, struct json v, const char *at, size_t size, void **out, size_t *n, struct fault *f)
{
	*n = json_count(v);
	*out = NULL;
	if (!json_has(v) || json_is(v, JSON_NULL))
		return ERR_OK;
	if (!json_is(v, JSON_ARRAY))
		return fault_set(f, ERR_INVALID, at, "%s is %s: a list is required", at, json_type_name(json_type(v)));
	if (*n > BOUND_LIST_ITEMS)
		return fault_set(f, ERR_LIMIT, at, "%s has %zu items: at most %d are allowed", at, *n, BOUND_LIST_ITEMS);
	*out = arena_array(a, *n + 1, size);
	return *out ? ERR_OK : ERR_NOMEM;
}

static enum err read_party(struct arena *a, struct json v, struct policy_party *out, struct fault *f)
{
	static const char *const known[] = { "org", "signed", "withdrawn", "suspended", NULL };
	void *periods;
	bool is_signed;
	size_t i = 0;
	enum err e = label_members(v, "agreement.parties", known, f);

	if (e == ERR_OK)
		e = label_text(a, json_get(v, "org"), "agreement.parties.org", true, &out->org, f);
	if (e == ERR_OK)
		e = label_time(json_get(v, "signed"), "agreement.parties.signed", &is_signed, &out->signed_at, f);
	if (e == ERR_OK && !is_signed)
		out->signed_at = TIMESTAMP_NEVER; /* invited, not signed */
	if (e == ERR_OK)
		e = label_time(json_get(v, "withdrawn"), "agreement.parties.withdrawn", &out->has_withdrawn, &out->withdrawn, f);
	if (e == ERR_OK)
		e = read_list(a, json_get(v, "suspended"), "agreement.parties.suspended", sizeof(struct policy_period), &periods, &out->n_suspended, f);
	if (e != ERR_OK)
		return e;
	struct policy_period *period = periods;
	for (struct json_iter it = json_iter(json_get(v, "suspended")); e == ERR_OK && json_next(&it);)
		e = read_period(it.value, &period[i++], f);
	out->suspended = period;
	return e;
}

static enum err read_word(struct json v, const char *at, const char *const *words, size_t n, size_t *out, struct fault *f)
{
	*out = 0;
	if (!json_has(v) || json_is(v, JSON_NULL))
		return ERR_OK;
	for (size_t i = 0; i < n; i++)
		if (span_is(json_string_or_none(v), words[i])) {
			*out = i;
			return ERR_OK;
		}
	return fault_set(f, ERR_INVALID, at, "%s must be one of the words %s, %s%s%s", at, words[0], words[1], n > 2 ? ", " : "", n > 2 ? words[2] : "");
}

static enum err read_policy(struct json v, struct policy_agreement *out, struct fault *f)
{
	static const char *const personal[] = { "none", "domestic", "allowed" }, *const retroactive[] = { "none", "all" };
	size_t word;
	enum err e = label_level(json_get(v, "ceiling"), "agreement.ceiling", STIX_TLP_RED, &out->ceiling, f);

	if (e == ERR_OK)
		e = label_flag(json_get(v, "clients"), "agreement.clients", &out->clients, f);
	if (e == ERR_OK)
		e = read_word(json_get(v, "personal_data"), "agreement.personal_data", personal, 3, &word, f);
	if (e == ERR_OK) {
		out->personal_data = (enum policy_personal)word;
		e = read_word(json_get(v, "retroactive"), "agreement.retroactive", retroactive, 2, &word, f);
	}
	if (e == ERR_OK)
		out->retroactive_all = word == 1;
	return e;
}

static enum err read_agreement(struct arena *a, struct json v, struct policy_agreement *out, struct fault *f)
{
	static const char *const known[] = { "id", "effective", "expires", "ceiling", "clients", "personal_data", "retroactive", "parties", NULL };
	bool has;
	void *parties;
	size_t i = 0;
	enum err e = label_members(v, "agreement", known, f);

	if (e == ERR_OK)
		e = label_text(a, json_get(v, "id"), "agreement.id", false, &out->id, f);
	if (e == ERR_OK)
		e = label_time(json_get(v, "effective"), "agreement.effective", &has, &out->effective, f);
	if (e == ERR_OK && !has)
		e = fault_set(f, ERR_INVALID, "agreement.effective", "agreement.effective is missing: a time is required");
	if (e == ERR_OK)
		e = label_time(json_get(v, "expires"), "agreement.expires", &has, &out->expires, f);
	if (e == ERR_OK && !has)
		out->expires = TIMESTAMP_NEVER;
	if (e == ERR_OK)
		e = read_policy(v, out, f);
	if (e == ERR_OK)
		e = read_list(a, json_get(v, "parties"), "agreement.parties", sizeof(struct policy_party), &parties, &out->n_parties, f);
	if (e != ERR_OK)
		return e;
	struct policy_party *party = parties;
	for (struct json_iter it = json_iter(json_get(v, "parties")); e == ERR_OK && json_next(&it);)
		e = read_party(a, it.value, &party[i++], f);
	out->parties = party;
	return e;
}

enum err policy_case_read(struct arena *a, struct json v, struct policy_case *out, struct fault *f)
{
	static const char *const known[] = { "label", "recipient", "agreement", "at", NULL };
	struct policy_case c = { 0 };
	bool has_time;
	enum err e = label_members(v, "case", known, f);

	if (e == ERR_OK)
		e = policy_label_read(a, json_get(v, "label"), &c.label, f);
	if (e == ERR_OK)
		e = read_recipient(a, json_get(v, "recipient"), &c.recipient, f);
	c.has_agreement = json_has(json_get(v, "agreement")) && !json_is(json_get(v, "agreement"), JSON_NULL);
	if (e == ERR_OK && c.has_agreement)
		e = read_agreement(a, json_get(v, "agreement"), &c.agreement, f);
	if (e == ERR_OK)
		e = label_time(json_get(v, "at"), "at", &has_time, &c.at, f);
	if (e == ERR_OK && !has_time)
		e = fault_set(f, ERR_INVALID, "at", "at is missing: the time of the decision is required");
	if (e == ERR_OK && c.has_agreement && c.agreement.id.n && c.label.agreement.n && !span_eq(c.agreement.id, c.label.agreement))
		e = fault_set(f, ERR_INVALID, "agreement.id", "the label names the agreement %.*s and the case holds %.*s", SPAN_ARG(c.label.agreement), SPAN_ARG(c.agreement.id));
	if (e == ERR_OK)
		*out = c;
	return e;
}

void policy_case_answer(const struct policy_case *c, struct buf *out)
{
	struct policy_answer answer = policy_decide(c->has_agreement ? &c->agreement : NULL, &c->label, &c->recipient, c->at);
	struct json_out o = json_out(out);

	json_open(&o, '{');
	json_kstr(&o, "decision", answer.release ? "release" : "withhold");
	json_kstr(&o, "reason", policy_reason_name(answer.reason));
	json_close(&o, '}');
}
