/* SPDX-License-Identifier: Apache-2.0 */
/* The door: from an object's markings to its label, or to the reason why it stays outside.
 *
 * 1. TLP is the strictest of the marking ids, of what the known definitions claim, and of the tlp:* labels; none: the collection's default.
 * 2. The scope is the intersection of all sharing scopes among the markings.  What is not known or not understood shuts the door.
 * 3. Definitions (marking-definition, extension-definition) are labelled like what they mark: README.md says how and why.
 * 4. Of several reasons the first in the order of policy_admit is told. */
#include <stdio.h>
#include "policy/label.h"
#include "policy/label_priv.h"
#include "util/bounds.h"

#define FIVE_MINUTES_US (INT64_C(300) * 1000000)
#define TLP_EXTENSION "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

/* One admission under way. */
struct door {
	struct arena *a;
	const struct policy_submission *s;
	struct policy_label label;
	const struct policy_agreement *with;
	bool definition; /* a marking-definition or extension-definition: scopes of its own count as scopes on it */
	bool by_default; /* its TLP is the collection's */
	bool scoped; /* a sharing scope was met */
	enum stix_personal personal; /* what the scopes state */
	enum policy_door why;
	struct fault *f;
};

static enum err shut(struct door *d, enum policy_door why, struct span where, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static enum err shut(struct door *d, enum policy_door why, struct span where, const char *fmt, ...)
{
	struct fault text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.what, sizeof(text.what), fmt, ap);
	va_end(ap);
	snprintf(text.where, sizeof(text.where), "%.*s", SPAN_ARG(where));
	d->why = why;
	return fault_set(d->f, ERR_DENIED, text.where, "%s", text.what);
}

/* ---- TLP ---- */

/* What a definition that looks like TLP may have meant; NONE if nothing registered. */
static enum stix_tlp meant(struct json definition)
{
	const struct span claims[] = {
		json_string_or_none(json_get(definition, "name")),
		json_string_or_none(json_get(json_get(definition, "definition"), "tlp")),
		json_string_or_none(json_get(json_get(json_get(definition, "extensions"), TLP_EXTENSION), "tlp_2_0")),
	};
	enum stix_tlp t;

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (claims[i].n && stix_tlp_parse(claims[i], &t) && stix_tlp_id(t))
			return t;
	return STIX_TLP_NONE;
}

static enum err unknown_tlp(struct door *d, struct span where, struct json definition)
{
	enum stix_tlp t = meant(definition);

	if (t == STIX_TLP_NONE)
		return shut(d, POLICY_DOOR_UNKNOWN_TLP, where,
			"this looks like a TLP marking and is not one of the registered definitions: use one, for instance TLP:AMBER %s", stix_tlp_id(STIX_TLP_AMBER));
	return shut(d, POLICY_DOOR_UNKNOWN_TLP, where, "this looks like TLP:%s and is not its registered definition: use %s", stix_tlp_name(t), stix_tlp_id(t));
}

static void stricter(enum stix_tlp *t, enum stix_tlp other)
{
	if (other > *t)
		*t = other;
}

static enum err read_tlp(struct door *d)
{
	const struct stix_object *o = d->s->object;
	enum stix_tlp t = stix_tlp_of_labels(o->value);

	if (t == STIX_TLP_UNKNOWN)
		return shut(d, POLICY_DOOR_UNKNOWN_TLP, SPAN("labels"),
			"a text label looks like a TLP marking and is none: tlp:clear, tlp:green, tlp:amber, tlp:amber+strict and tlp:red are, or use a marking definition such as %s",
			stix_tlp_id(STIX_TLP_GREEN));
	for (size_t i = 0; i < o->n_markings; i++) {
		enum stix_tlp by_id = stix_tlp_of_id(o->markings[i]);
		if (by_id == STIX_TLP_NONE && json_has(d->s->markings[i]))
			by_id = stix_tlp_of_definition(d->s->markings[i]);
		if (by_id == STIX_TLP_UNKNOWN)
			return unknown_tlp(d, o->markings[i], d->s->markings[i]);
		stricter(&t, by_id);
	}
	d->label.tlp = t;
	return ERR_OK;
}

/* ---- scopes ---- */

static enum err take_agreement(struct door *d, struct span where, const struct policy_agreement *with, struct span digest)
{
	if (digest.n && with->digest.n && !span_eq(digest, with->digest))
		return shut(d, POLICY_DOOR_UNKNOWN_AGREEMENT, where, "it pins another text of the agreement %.*s than this hub has: digest %.12s…, here %.12s…; pin the text that was signed",
			SPAN_ARG(with->id), digest.p, with->digest.p);
	if (d->with && !span_eq(d->with->id, with->id))
		return shut(d, POLICY_DOOR_CONTRADICTION, where, "its markings name two agreements, %.*s and %.*s: an object is shared under one", SPAN_ARG(d->with->id),
			SPAN_ARG(with->id));
	d->with = with;
	d->label.agreement = arena_span(d->a, with->id);
	return d->label.agreement.p ? ERR_OK : ERR_NOMEM;
}

/* What both lists allow; an empty list allows all. */
static enum err narrow(struct door *d, struct span where, const char *what, struct policy_names *have, struct policy_names with)
{
	if (with.n == 0)
		return ERR_OK;
	struct span *v = arena_array(d->a, with.n, sizeof(*v));
	size_t n = 0;
	if (!v)
		return ERR_NOMEM;
	for (size_t i = 0; i < with.n; i++) {
		if (have->n && !label_has(*have, with.v[i]))
			continue;
		v[n] = arena_span(d->a, with.v[i]);
		if (!v[n++].p)
			return ERR_NOMEM;
	}
	if (n == 0)
		return shut(d, POLICY_DOOR_CONTRADICTION, where, "its markings name different %s that have none in common, so nobody could have it", what);
	if (!label_sorted(d->a, (struct policy_names){ v, n }, have))
		return ERR_NOMEM;
	return ERR_OK;
}

static enum err take_rest(struct door *d, struct span where, const struct stix_sharing *scope)
{
	struct policy_label *l = &d->label;
	enum err e = narrow(d, where, "recipients", &l->named, (struct policy_names){ scope->named, scope->n_named });

	if (e == ERR_OK)
		e = narrow(d, where, "countries", &l->countries, (struct policy_names){ scope->countries, scope->n_countries });
	if (e != ERR_OK)
		return e;
	if (scope->has_not_before && (!l->has_not_before || timestamp_before(l->not_before, scope->not_before))) {
		l->has_not_before = true;
		l->not_before = scope->not_before;
	}
	if (scope->exercise.n && l->exercise.n && !span_eq(scope->exercise, l->exercise))
		return shut(d, POLICY_DOOR_CONTRADICTION, where, "its markings put it into two exercises, %.*s and %.*s", SPAN_ARG(l->exercise), SPAN_ARG(scope->exercise));
	if (scope->exercise.n && !(l->exercise = arena_span(d->a, scope->exercise)).p)
		return ERR_NOMEM;
	if (scope->personal != STIX_PERSONAL_UNSAID && d->personal != STIX_PERSONAL_UNSAID && scope->personal != d->personal)
		return shut(d, POLICY_DOOR_CONTRADICTION, where, "one of its markings says that personal data was removed and another that it is present");
	if (scope->personal != STIX_PERSONAL_UNSAID)
		d->personal = scope->personal;
	return ERR_OK;
}

/* The sharing scope of a known definition, if it has one. */
static enum err take_scope(struct door *d, struct span where, struct json definition)
{
	struct stix_sharing scope;
	struct fault why = { 0 };
	enum err e = stix_sharing_read(d->a, definition, &scope, &why);

	if (e == ERR_NOTFOUND)
		return ERR_OK; /* a statement or another marking that says nothing about recipients */
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK)
		return shut(d, POLICY_DOOR_UNKNOWN_SCOPE, where, "its sharing scope cannot be understood: %s: %s", why.where, why.what);
	d->scoped = true;
	if (scope.agreement.n) {
		const struct policy_agreement *with = d->s->agreement(d->s->ctx, scope.agreement);
		if (!with)
			return shut(d, POLICY_DOOR_UNKNOWN_AGREEMENT, where, "it names the agreement %.*s, which this hub does not know: `musubi agreement list` shows those it knows",
				SPAN_ARG(scope.agreement));
		e = take_agreement(d, where, with, scope.agreement_digest);
		if (e != ERR_OK)
			return e;
	}
	return take_rest(d, where, &scope);
}

static enum err take_marking(struct door *d, struct span id, struct json definition)
{
	if (stix_tlp_of_id(id) != STIX_TLP_NONE)
		return ERR_OK;
	const struct policy_agreement *with = d->s->agreement(d->s->ctx, id);
	if (with) {
		d->scoped = true;
		return take_agreement(d, id, with, (struct span){ 0 });
	}
	if (!json_has(definition))
		return shut(d, POLICY_DOOR_UNKNOWN_SCOPE, id, "its marking is not known here: submit the marking definition first, or in the same bundle");
	if (json_has(json_get(json_get(definition, "extensions"), STIX_EXT_AGREEMENT)))
		return shut(d, POLICY_DOOR_UNKNOWN_AGREEMENT, id, "its marking stands for an agreement that this hub does not know: `musubi agreement list` shows those it knows");
	return take_scope(d, id, definition);
}

static enum err read_scopes(struct door *d)
{
	const struct stix_object *o = d->s->object;
	enum err e = ERR_OK;

	for (size_t i = 0; i < o->n_markings && e == ERR_OK; i++)
		e = take_marking(d, o->markings[i], d->s->markings[i]);
	if (e == ERR_OK && d->definition)
		e = take_scope(d, o->id, o->value); /* a scope goes to whom the objects go that it marks */
	return e;
}

/* ---- no TLP ---- */

static enum err fill_tlp(struct door *d)
{
	if (d->label.tlp != STIX_TLP_NONE)
		return ERR_OK;
	if (d->definition && d->scoped) { /* the strictest that its parties can still have */
		d->label.tlp = d->with && d->with->ceiling < STIX_TLP_AMBER_STRICT ? d->with->ceiling : STIX_TLP_AMBER_STRICT;
		return ERR_OK;
	}
	d->label.tlp = d->s->default_tlp;
	d->by_default = true;
	if (d->label.tlp == STIX_TLP_NONE && d->definition)
		d->label.tlp = STIX_TLP_AMBER_STRICT;
	if (d->label.tlp == STIX_TLP_NONE || d->label.tlp == STIX_TLP_UNKNOWN)
		return shut(d, POLICY_DOOR_NO_TLP, d->s->object->id, "it has no TLP marking and the collection has no default: add one to object_marking_refs, for instance TLP:GREEN %s",
			stix_tlp_id(STIX_TLP_GREEN));
	return ERR_OK;
}

/* ---- checks ---- */

static enum err check_agreement(struct door *d)
{
	const struct policy_agreement *with = d->with;
	const struct policy_submission *s = d->s;

	if (!with)
		return ERR_OK;
	if (!s->from_peer && (timestamp_before(s->now, with->effective) || !timestamp_before(s->now, with->expires))) {
		char from[TIMESTAMP_TEXT], until[TIMESTAMP_TEXT] = "(no end)";
		timestamp_format(with->effective, from);
		if (with->expires.us != TIMESTAMP_NEVER.us)
			timestamp_format(with->expires, until);
		return shut(d, POLICY_DOOR_AGREEMENT_NOT_IN_FORCE, s->object->id, "the agreement %.*s is in force from %s until %s: submit it then, or under another agreement",
			SPAN_ARG(with->id), from, until);
	}
	if (d->label.tlp > with->ceiling)
		return shut(d, POLICY_DOOR_OVER_CEILING, s->object->id, "it is TLP:%s and the agreement %.*s allows at most TLP:%s: name the recipients without the agreement, or lower the TLP if that is yours to decide",
			stix_tlp_name(d->label.tlp), SPAN_ARG(with->id), stix_tlp_name(with->ceiling));
	if (!s->from_peer && !policy_is_party(with, s->origin, s->now))
		return shut(d, POLICY_DOOR_NOT_A_PARTY, s->object->id, "%.*s is not a party to the agreement %.*s now: sign it first (`musubi agreement sign`), or share without it",
			SPAN_ARG(s->origin), SPAN_ARG(with->id));
	return ERR_OK;
}

static enum err check_markings(struct door *d)
{
	const struct policy_label *l = &d->label;
	const char *with = NULL;

	if (l->countries.n)
		with = "a list of countries";
	else if (l->named.n)
		with = "named recipients";
	else if (l->personal && !d->by_default) /* a default is no marking of its own: it is taken in, and line 8 keeps it from others */
		with = "personal data";
	if (l->tlp == STIX_TLP_CLEAR && with)
		return shut(d, POLICY_DOOR_CONTRADICTION, d->s->object->id, "it is TLP:CLEAR, for everyone, and has %s: choose a stricter TLP, or drop that", with);
	if (l->personal && d->with && d->with->personal_data == POLICY_PERSONAL_NONE)
		return shut(d, POLICY_DOOR_PERSONAL_DATA, d->s->object->id,
			"it holds personal data and the agreement %.*s allows none: remove it and say so in the sharing marking (personal_data: removed)", SPAN_ARG(d->with->id));
	if (d->with && d->with->no_attribution && d->s->object->created_by.n)
		return shut(d, POLICY_DOOR_ATTRIBUTION, d->s->object->id, "it names its creator and the agreement %.*s says that the source must not be named (attribution: must-not): leave created_by_ref out",
			SPAN_ARG(d->with->id));
	return ERR_OK;
}

static enum err check_creator_and_clock(struct door *d)
{
	const struct policy_submission *s = d->s;
	const struct span times[] = { s->object->created, s->object->modified };

	if (s->from_peer)
		return ERR_OK;
	if (s->creator_is_other_member && !s->creator_delegated)
		return shut(d, POLICY_DOOR_CREATOR, s->object->id, "created_by_ref is %.*s, another member, who has not delegated to %.*s: use your own identity, or ask for the delegation",
			SPAN_ARG(s->object->created_by), SPAN_ARG(s->origin));
	for (size_t i = 0; i < 2; i++) {
		struct timestamp t;
		if (times[i].n && timestamp_parse(times[i], &t, NULL) == ERR_OK && t.us > s->now.us + FIVE_MINUTES_US)
			return shut(d, POLICY_DOOR_FUTURE, s->object->id, "it is dated %.*s, over five minutes ahead of this hub's clock: set your clock, or submit it later",
				SPAN_ARG(times[i]));
	}
	return ERR_OK;
}

/* ---- the whole ---- */

/* A registered TLP definition is public and says nothing of anybody. */
static enum stix_tlp own_tlp(const struct stix_object *o)
{
	return span_is(o->type, "marking-definition") ? stix_tlp_of_definition(o->value) : STIX_TLP_NONE;
}

static bool begin(struct door *d)
{
	const struct policy_submission *s = d->s;
	const struct span from[] = { s->origin, s->origin_country };
	struct span *const to[] = { &d->label.origin, &d->label.origin_country };

	for (size_t i = 0; i < 2; i++)
		if (from[i].n && !(*to[i] = arena_span(d->a, from[i])).p)
			return false;
	d->definition = span_is(s->object->type, "marking-definition") || span_is(s->object->type, "extension-definition");
	return true;
}

static enum err finish(struct door *d)
{
	const struct policy_submission *s = d->s;

	if (d->label.tlp == STIX_TLP_RED && s->submitter.n && !(d->label.submitter = arena_span(d->a, s->submitter)).p)
		return ERR_NOMEM;
	if (!d->definition)
		d->label.personal = d->personal == STIX_PERSONAL_PRESENT || (d->personal == STIX_PERSONAL_UNSAID && stix_personal_data(d->a, s->object));
	return arena_ok(d->a) ? ERR_OK : ERR_NOMEM;
}

enum err policy_admit(struct arena *a, const struct policy_submission *s, struct policy_label *out, enum policy_door *why, struct fault *f)
{
	static enum err (*const steps[])(struct door * d) = { read_tlp, read_scopes, fill_tlp, finish, check_agreement, check_markings, check_creator_and_clock };
	struct door d = { .a = a, .s = s, .f = f };
	enum stix_tlp own = own_tlp(s->object);
	enum err e = begin(&d) ? ERR_OK : ERR_NOMEM;

	*why = POLICY_DOOR_OK;
	if (e == ERR_OK && own == STIX_TLP_UNKNOWN) {
		e = unknown_tlp(&d, s->object->id, s->object->value);
	} else if (e == ERR_OK && own != STIX_TLP_NONE) {
		d.label.tlp = STIX_TLP_CLEAR;
	} else {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && e == ERR_OK; i++)
			e = steps[i](&d);
	}
	*why = d.why;
	if (e == ERR_NOMEM)
		return fault_set(f, e, "", "not enough memory for the label");
	if (e == ERR_OK)
		*out = d.label;
	return e;
}
