/* SPDX-License-Identifier: Apache-2.0 */
/* The sharing scope: strict reading, writing; and what counts as personal data. */
#include "stix/sharing.h"
#include "pattern/pattern.h"
#include "util/bounds.h"

struct reading {
	struct arena *a;
	struct stix_sharing *s;
	struct fault *f;
};

static const char at[] = "extensions." STIX_EXT_SHARING;

/* Paths are longer than fault.where holds with the whole key: the member's name says enough. */
#define FAULT(r, member, ...) fault_set((r)->f, ERR_INVALID, "sharing." member, __VA_ARGS__)

static enum err read_string(struct reading *r, struct json v, const char *member, struct span *out)
{
	if (!json_is(v, JSON_STRING))
		return fault_set(r->f, ERR_INVALID, member, "%s is a %s: a string is required", member, json_type_name(json_type(v)));
	*out = arena_span(r->a, json_string(v));
	return out->p ? ERR_OK : fault_set(r->f, ERR_NOMEM, member, "not enough memory");
}

static enum err read_id(struct reading *r, struct json v, const char *member, struct span *out)
{
	enum err e = read_string(r, v, member, out);
	struct stix_id id;
	struct fault why = { "", "" };
	if (!e && stix_id_parse(*out, &id, &why) != ERR_OK)
		return fault_set(r->f, ERR_INVALID, member, "%s: %s", member, why.what);
	return e;
}

static enum err read_type(struct reading *r, struct json v)
{
	if (!span_is(json_string_or_none(v), "property-extension"))
		return FAULT(r, "extension_type", "extension_type must be \"property-extension\" here");
	return ERR_OK;
}

static enum err read_agreement(struct reading *r, struct json v)
{
	return read_id(r, v, "sharing.agreement", &r->s->agreement);
}

static enum err read_exercise(struct reading *r, struct json v)
{
	return read_id(r, v, "sharing.exercise", &r->s->exercise);
}

static enum err read_digest(struct reading *r, struct json v)
{
	enum err e = read_string(r, v, "sharing.agreement_digest", &r->s->agreement_digest);
	if (e)
		return e;
	struct span d = r->s->agreement_digest;
	if (d.n != 64 || strspn(d.p, "0123456789abcdef") < 64)
		return FAULT(r, "agreement_digest", "agreement_digest must be a SHA-256 in 64 lower-case hexadecimal digits");
	return ERR_OK;
}

static enum err read_list(struct reading *r, struct json v, const char *member, enum err (*item)(struct reading *, struct json, struct span *),
	struct span **out, size_t *n_out)
{
	size_t n = json_count(v);
	if (!json_is(v, JSON_ARRAY) || !n || n > BOUND_NAMED)
		return fault_set(r->f, json_is(v, JSON_ARRAY) && n ? ERR_LIMIT : ERR_INVALID, member,
			"%s must be a list of 1 to %d items: leave it out where it does not restrict", member, BOUND_NAMED);
	struct span *list = arena_array(r->a, n, sizeof *list);
	if (!list)
		return fault_set(r->f, ERR_NOMEM, member, "not enough memory");
	size_t i = 0;
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		enum err e = item(r, it.value, &list[i]);
		if (e)
			return e;
	}
	*out = list;
	*n_out = n;
	return ERR_OK;
}

static enum err named_item(struct reading *r, struct json v, struct span *out)
{
	return read_id(r, v, "sharing.named", out);
}

static enum err read_named(struct reading *r, struct json v)
{
	return read_list(r, v, "sharing.named", named_item, &r->s->named, &r->s->n_named);
}

static enum err country_item(struct reading *r, struct json v, struct span *out)
{
	enum err e = read_string(r, v, "sharing.countries", out);
	if (e)
		return e;
	if (out->n != 2 || out->p[0] < 'A' || out->p[0] > 'Z' || out->p[1] < 'A' || out->p[1] > 'Z')
		return FAULT(r, "countries", "\"%.*s\" is no country code: two upper-case letters of ISO 3166-1, as in JP", SPAN_ARG(*out));
	return ERR_OK;
}

static enum err read_countries(struct reading *r, struct json v)
{
	return read_list(r, v, "sharing.countries", country_item, &r->s->countries, &r->s->n_countries);
}

static enum err read_not_before(struct reading *r, struct json v)
{
	struct fault why = { "", "" };
	if (!json_is(v, JSON_STRING) || timestamp_parse(json_string(v), &r->s->not_before, &why) != ERR_OK)
		return FAULT(r, "not_before", "not_before must be a timestamp, as in 2026-01-01T00:00:00Z: %s", why.what);
	r->s->has_not_before = true;
	return ERR_OK;
}

static enum err read_personal(struct reading *r, struct json v)
{
	struct span s = json_string_or_none(v);
	r->s->personal = span_is(s, "present") ? STIX_PERSONAL_PRESENT : span_is(s, "removed") ? STIX_PERSONAL_REMOVED
											       : STIX_PERSONAL_UNSAID;
	if (r->s->personal == STIX_PERSONAL_UNSAID)
		return FAULT(r, "personal_data", "personal_data must be \"present\" or \"removed\"");
	return ERR_OK;
}

static const struct {
	const char *name;
	enum err (*read)(struct reading *r, struct json v);
} sharing_members[] = {
	{ "extension_type", read_type },
	{ "agreement", read_agreement },
	{ "agreement_digest", read_digest },
	{ "named", read_named },
	{ "countries", read_countries },
	{ "not_before", read_not_before },
	{ "personal_data", read_personal },
	{ "exercise", read_exercise },
};
#define N_MEMBERS (sizeof sharing_members / sizeof *sharing_members)

enum err stix_sharing_read(struct arena *a, struct json marking_definition, struct stix_sharing *out, struct fault *f)
{
	struct json ext = json_get(json_get(marking_definition, "extensions"), STIX_EXT_SHARING);
	struct stix_sharing s = { .n_named = 0 };
	struct reading r = { a, &s, f };
	unsigned seen = 0;
	if (!json_has(ext))
		return fault_set(f, ERR_NOTFOUND, at, "the marking has no sharing scope");
	if (!json_is(ext, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "sharing", "the sharing scope is a %s: an object is required", json_type_name(json_type(ext)));
	for (struct json_iter it = json_iter(ext); json_next(&it);) {
		size_t i = 0;
		while (i < N_MEMBERS && !span_is(it.key, sharing_members[i].name))
			i++;
		if (i == N_MEMBERS)
			return fault_set(f, ERR_INVALID, "sharing", "the sharing scope has a member \"%.*s\" that this version does not know, so it is not widened",
				SPAN_ARG(it.key));
		if (seen & 1u << i)
			return fault_set(f, ERR_INVALID, "sharing", "the sharing scope has the member \"%.*s\" twice", SPAN_ARG(it.key));
		seen |= 1u << i;
		enum err e = sharing_members[i].read(&r, it.value);
		if (e)
			return e;
	}
	if (s.agreement_digest.n && !s.agreement.n)
		return FAULT(&r, "agreement_digest", "agreement_digest needs the agreement that it is the digest of");
	*out = s;
	return ERR_OK;
}

static void put_spans(struct json_out *o, const char *key, const struct span *v, size_t n)
{
	if (!n)
		return;
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_put_string(o, v[i]);
	json_close(o, ']');
}

static void put_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];
	timestamp_format(t, text);
	json_kstr(o, key, text);
}

void stix_sharing_write(struct json_out *o, struct span id, struct span created_by, struct timestamp created, const struct stix_sharing *s)
{
	json_open(o, '{');
	json_kstr(o, "type", "marking-definition");
	json_kstr(o, "spec_version", "2.1");
	json_kspan(o, "id", id);
	if (created_by.n)
		json_kspan(o, "created_by_ref", created_by);
	put_time(o, "created", created);
	json_key(o, "extensions");
	json_open(o, '{');
	json_key(o, STIX_EXT_SHARING);
	json_open(o, '{');
	json_kstr(o, "extension_type", "property-extension");
	if (s->agreement.n)
		json_kspan(o, "agreement", s->agreement);
	if (s->agreement_digest.n)
		json_kspan(o, "agreement_digest", s->agreement_digest);
	put_spans(o, "named", s->named, s->n_named);
	put_spans(o, "countries", s->countries, s->n_countries);
	if (s->has_not_before)
		put_time(o, "not_before", s->not_before);
	if (s->personal != STIX_PERSONAL_UNSAID)
		json_kstr(o, "personal_data", s->personal == STIX_PERSONAL_PRESENT ? "present" : "removed");
	if (s->exercise.n)
		json_kspan(o, "exercise", s->exercise);
	json_close(o, '}');
	json_close(o, '}');
	json_close(o, '}');
}

/* ---- personal data (design/policy.md) ---- */

static bool personal_type(struct span type)
{
	return span_is(type, "email-addr") || span_is(type, "user-account") || span_is(type, "email-message");
}

/* In any letter case: the vocabulary is open, and the careful reading costs nobody anything. */
static bool individual(struct span class)
{
	return class.n == 10 && strncasecmp(class.p, "individual", 10) == 0;
}

static bool comparison_personal(void *ctx, const struct pattern *comparison)
{
	bool *found = ctx;
	*found = personal_type(comparison->object_type) || span_is(comparison->object_type, "identity");
	for (size_t i = 0; i < comparison->steps && !*found; i++)
		*found = comparison->step[i].kind == PATTERN_STEP_KEY && span_is(comparison->step[i].key, "creator_user_ref");
	return !*found;
}

static bool pattern_personal(struct arena *a, struct json object)
{
	bool found = false;
	const struct pattern *p;
	struct span text = json_string_or_none(json_get(object, "pattern"));
	struct span language = json_string_or_none(json_get(object, "pattern_type"));
	if (language.n && !span_is(language, "stix"))
		return false;
	if (pattern_parse(a, text, &p, NULL) != ERR_OK)
		return false;
	pattern_each(p, comparison_personal, &found);
	return found;
}

bool stix_personal_data(struct arena *a, const struct stix_object *o)
{
	if (personal_type(o->type))
		return true;
	if (span_is(o->type, "identity"))
		return individual(json_string_or_none(json_get(o->value, "identity_class")));
	if (span_is(o->type, "indicator"))
		return pattern_personal(a, o->value);
	/* observables inside a 2.0 observed-data object, or its deprecated 2.1 form */
	if (span_is(o->type, "observed-data")) {
		for (struct json_iter it = json_iter(json_get(o->value, "objects")); json_next(&it);) {
			if (personal_type(json_string_or_none(json_get(it.value, "type"))))
				return true;
		}
	}
	return false;
}
