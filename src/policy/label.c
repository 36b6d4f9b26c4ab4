/* SPDX-License-Identifier: Apache-2.0 */
/* Labels as text: the key under which one is interned, reading it back, and comparing two for strictness. */
#include "policy/label.h"
#include <stdlib.h>
#include "policy/label_priv.h"
#include "util/bounds.h"

/* ---- door words ---- */

static const struct {
	const char *name, *words;
} doors[] = {
#define X(k, name, words) [POLICY_DOOR_##k] = { name, words },
	POLICY_DOOR_LIST(X)
#undef X
};

const char *policy_door_name(enum policy_door d)
{
	return doors[d].name;
}

const char *policy_door_words(enum policy_door d)
{
	return doors[d].words;
}

/* ---- lists ---- */

static int by_bytes(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

/* In order and each once, so that equal sets are equal texts.  False without memory. */
bool label_sorted(struct arena *a, struct policy_names in, struct policy_names *out)
{
	struct span *v = arena_array(a, in.n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return false;
	if (in.n) {
		memcpy(v, in.v, in.n * sizeof(*v));
		qsort(v, in.n, sizeof(*v), by_bytes);
	}
	for (size_t i = 0; i < in.n; i++)
		if (n == 0 || !span_eq(v[n - 1], v[i]))
			v[n++] = v[i];
	*out = (struct policy_names){ v, n };
	return true;
}

bool label_has(struct policy_names names, struct span who)
{
	for (size_t i = 0; i < names.n; i++)
		if (span_eq(names.v[i], who))
			return true;
	return false;
}

/* ---- writing: members in the order of their names, absent ones left out (RFC 8785 form) ---- */

static void put_span(struct json_out *o, const char *key, struct span s)
{
	if (s.n)
		json_kspan(o, key, s);
}

static void put_names(struct json_out *o, const char *key, struct policy_names names)
{
	if (!names.n)
		return;
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < names.n; i++)
		json_put_string(o, names.v[i]);
	json_close(o, ']');
}

struct span policy_label_key(struct arena *a, const struct policy_label *l)
{
	BUF_SCOPE struct buf b;
	struct policy_names named, countries;

	buf_init(&b, 1u << 20);
	if (!label_sorted(a, l->named, &named) || !label_sorted(a, l->countries, &countries))
		return (struct span){ 0 };
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	put_span(&o, "agreement", l->agreement);
	put_names(&o, "countries", countries);
	put_span(&o, "exercise", l->exercise);
	put_names(&o, "named", named);
	if (l->has_not_before) {
		char text[TIMESTAMP_TEXT];
		timestamp_format(l->not_before, text);
		json_kstr(&o, "not_before", text);
	}
	put_span(&o, "origin", l->origin);
	put_span(&o, "origin_country", l->origin_country);
	json_kbool(&o, "personal", l->personal);
	put_span(&o, "submitter", l->submitter);
	json_kstr(&o, "tlp", l->tlp == STIX_TLP_NONE ? "unknown" : stix_tlp_name(l->tlp));
	json_close(&o, '}');
	return buf_ok(&b) ? arena_span(a, buf_span(&b)) : (struct span){ 0 };
}

/* ---- reading ---- */

enum err label_text(struct arena *a, struct json v, const char *at, bool required, struct span *out, struct fault *f)
{
	*out = (struct span){ 0 };
	if (!json_has(v) || json_is(v, JSON_NULL))
		return required ? fault_set(f, ERR_INVALID, at, "%s is missing: a text is required", at) : ERR_OK;
	if (!json_is(v, JSON_STRING) || json_string(v).n == 0)
		return fault_set(f, ERR_INVALID, at, "%s is %s: a text that is not empty%s is required", at, json_is(v, JSON_STRING) ? "empty" : json_type_name(json_type(v)),
			required ? "" : ", or null,");
	*out = arena_span(a, json_string(v));
	return out->p ? ERR_OK : ERR_NOMEM;
}

enum err label_list(struct arena *a, struct json v, const char *at, struct policy_names *out, struct fault *f)
{
	size_t n = json_count(v), i = 0;

	*out = (struct policy_names){ 0 };
	if (!json_has(v) || json_is(v, JSON_NULL))
		return ERR_OK;
	if (!json_is(v, JSON_ARRAY))
		return fault_set(f, ERR_INVALID, at, "%s is %s: a list of texts is required", at, json_type_name(json_type(v)));
	if (n > BOUND_NAMED)
		return fault_set(f, ERR_LIMIT, at, "%s has %zu items: at most %d are allowed", at, n, BOUND_NAMED);
	struct span *list = arena_array(a, n + 1, sizeof(*list));
	if (!list)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		enum err e = label_text(a, it.value, at, true, &list[i], f);
		if (e != ERR_OK)
			return e;
	}
	*out = (struct policy_names){ list, n };
	return ERR_OK;
}

enum err label_flag(struct json v, const char *at, bool *out, struct fault *f)
{
	*out = json_true(v);
	if (!json_has(v) || json_is(v, JSON_NULL) || json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE))
		return ERR_OK;
	return fault_set(f, ERR_INVALID, at, "%s is %s: true or false is required", at, json_type_name(json_type(v)));
}

enum err label_time(struct json v, const char *at, bool *has, struct timestamp *out, struct fault *f)
{
	struct fault why = { 0 };

	*has = json_has(v) && !json_is(v, JSON_NULL);
	if (!*has)
		return ERR_OK;
	if (!json_is(v, JSON_STRING))
		return fault_set(f, ERR_INVALID, at, "%s is %s: a time such as 2026-01-01T00:00:00Z, or null, is required", at, json_type_name(json_type(v)));
	if (timestamp_parse(json_string(v), out, &why) != ERR_OK)
		return fault_set(f, ERR_INVALID, at, "%s is no time (%s): 2026-01-01T00:00:00Z is one", at, why.what);
	return ERR_OK;
}

enum err label_level(struct json v, const char *at, enum stix_tlp most, enum stix_tlp *out, struct fault *f)
{
	for (enum stix_tlp t = STIX_TLP_CLEAR; t <= most; t++)
		if (span_is(json_string_or_none(v), stix_tlp_name(t))) {
			*out = t;
			return ERR_OK;
		}
	return fault_set(f, ERR_INVALID, at, "%s must be clear, green, amber, amber+strict%s", at, most == STIX_TLP_UNKNOWN ? ", red or unknown" : " or red");
}

enum err label_members(struct json v, const char *at, const char *const *known, struct fault *f)
{
	if (!json_is(v, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, at, "%s is %s: an object is required", at, json_has(v) ? json_type_name(json_type(v)) : "missing");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const char *const *k = known;
		while (*k && !span_is(it.key, *k))
			k++;
		if (!*k)
			return fault_set(f, ERR_INVALID, at, "%s has a member \"%.*s\" that is not known: what is not understood must not be ignored", at, SPAN_ARG(it.key));
	}
	return ERR_OK;
}

enum err policy_label_read(struct arena *a, struct json key, struct policy_label *out, struct fault *f)
{
	static const char *const known[] = { "origin", "origin_country", "submitter", "tlp", "agreement", "named", "countries", "not_before", "personal", "exercise", NULL };
	struct policy_label l = { 0 };
	enum err e = label_members(key, "label", known, f);

	if (e == ERR_OK)
		e = label_text(a, json_get(key, "origin"), "label.origin", true, &l.origin, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(key, "origin_country"), "label.origin_country", false, &l.origin_country, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(key, "submitter"), "label.submitter", false, &l.submitter, f);
	if (e == ERR_OK)
		e = label_level(json_get(key, "tlp"), "label.tlp", STIX_TLP_UNKNOWN, &l.tlp, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(key, "agreement"), "label.agreement", false, &l.agreement, f);
	if (e == ERR_OK)
		e = label_list(a, json_get(key, "named"), "label.named", &l.named, f);
	if (e == ERR_OK)
		e = label_list(a, json_get(key, "countries"), "label.countries", &l.countries, f);
	if (e == ERR_OK)
		e = label_time(json_get(key, "not_before"), "label.not_before", &l.has_not_before, &l.not_before, f);
	if (e == ERR_OK)
		e = label_flag(json_get(key, "personal"), "label.personal", &l.personal, f);
	if (e == ERR_OK)
		e = label_text(a, json_get(key, "exercise"), "label.exercise", false, &l.exercise, f);
	if (e == ERR_OK)
		*out = l;
	return e;
}

/* ---- strictness ---- */

/* Released to nobody but its origin: looser than nothing. */
static bool closed(const struct policy_label *l)
{
	return l->tlp == STIX_TLP_NONE || l->tlp == STIX_TLP_UNKNOWN || (l->tlp > STIX_TLP_GREEN && l->agreement.n == 0 && l->named.n == 0);
}

/* `mine` lets somebody in whom the list `theirs` keeps out (an empty list keeps nobody out). */
static bool wider(struct policy_names mine, struct policy_names theirs)
{
	if (theirs.n == 0)
		return false;
	for (size_t i = 0; i < mine.n; i++)
		if (!label_has(theirs, mine.v[i]))
			return true;
	return mine.n == 0;
}

bool policy_label_looser(const struct policy_label *mine, const struct policy_label *referred)
{
	if (closed(mine))
		return false;
	return mine->tlp < referred->tlp || wider(mine->named, referred->named) || wider(mine->countries, referred->countries) ||
	       (referred->has_not_before && (!mine->has_not_before || timestamp_before(mine->not_before, referred->not_before))) ||
	       (referred->agreement.n && !span_eq(mine->agreement, referred->agreement)) || !span_eq(mine->exercise, referred->exercise);
}
