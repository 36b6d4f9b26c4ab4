/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: one pass over an object along the rows of model.c, then the rules that look at several properties.
 *
 * 1. Each member is looked up once in its shape's perfect hash; `present` gathers the numbers of those that were there.
 * 2. Nothing is allocated and no text is made unless there is something to report (found).
 */
#include "stix/eight_priv.h"
#include "stix/forms_priv.h"
#include "stix/validate_priv.h"
#include "util/bounds.h"
#include "util/raw.h"

/* ---- properties outside the tables (§11) ---- */

/* a-z 0-9 _ from the third character on, a letter first: what nearly all are, eight characters at a time. */
static bool plain_name(struct span key)
{
	uint64_t good = EACH(0x80);
	if (key.n < 8 || key.n > 250 || key.p[0] < 'a' || key.p[0] > 'z')
		return false;
	for (size_t i = 0; i < key.n; i += 8) {
		uint64_t x = eight(key.p + (i + 8 <= key.n ? i : key.n - 8));
		good &= (between(x, 'a', 'z') | between(x, '0', '9') | between(x, '_', '_')) & ~x;
	}
	return good == EACH(0x80);
}

/* 3 to 250 of a-z 0-9 _, a letter first.  Names that only later leave these (upper case, hyphens) are common and pass the published schemas: a warning. */
static void judge_name(struct walk *w, struct span key, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §3.1";
	static const char sentence[] = "\"%.*s\" is no name of a property: 3 to 250 of a-z 0-9 _ are allowed, a letter first";
	bool doubt = false, error;
	if (plain_name(key))
		return;
	error = (key.n < 3 && !span_is(key, "id")) || key.n > 250 || key.p[0] < 'a';
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];
		bool loose = (c >= 'A' && c <= 'Z') || c == '-';
		error |= loose ? i < 3 : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
		doubt |= loose;
	}
	if (error)
		FOUND(w, BAD_NAME, rule, here, sentence, SHORT(key));
	else if (doubt)
		FOUND(w, LOOSE_NAME, rule, here, sentence, SHORT(key));
}

static bool ends(struct span s, const char *tail)
{
	size_t n = strlen(tail);
	return s.n > n && memcmp(s.p + s.n - n, tail, n) == 0;
}

/* Keys of a value that no table knows: in lower case. */
static void judge_custom_keys(struct walk *w, struct json v, const struct at *here)
{
	struct at at = { .up = here };
	for (struct json_iter it = json_iter(v); json_next(&it); at.index++) {
		at.key = it.object ? &it.key : NULL;
		for (size_t i = 0; it.object && i < it.key.n; i++) {
			if (it.key.p[i] >= 'A' && it.key.p[i] <= 'Z') {
				FOUND(w, UPPER_CASE_KEY, "STIX 2.1 §2.3", &at, "\"%.*s\" should be in lower case", SHORT(it.key));
				break;
			}
		}
		enum json_type t = json_type(it.value);
		if (t == JSON_OBJECT || t == JSON_ARRAY)
			judge_custom_keys(w, it.value, &at);
	}
}

/* A list of nothing but numbers and texts, as most are. */
static bool flat(struct json list)
{
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		enum json_type t = json_type(it.value);
		if (t == JSON_OBJECT || t == JSON_ARRAY)
			return false;
	}
	return true;
}

static void judge_custom_value(struct walk *w, struct span key, struct json v, const struct at *here)
{
	enum json_type t = json_type(v);
	if (t == JSON_NULL)
		FOUND(w, NULL_VALUE, "STIX 2.1 §3.1", here, "null is no value of a property: leave the property out instead");
	else if (t == JSON_ARRAY && !json_count(v))
		FOUND(w, EMPTY_LIST, "STIX 2.1 §2.12", here, "the list is empty: leave the property out instead");
	else if (t == JSON_STRING && ends(key, "_bin"))
		judge_binary(w, v, here);
	else if (t == JSON_STRING && ends(key, "_hex"))
		judge_hex(w, v, here);
	if (t == JSON_OBJECT || (t == JSON_ARRAY && !flat(v))) {
		judge_unique(w, v, here);
		judge_custom_keys(w, v, here);
	}
}

/* Does an extension of the object say that it adds properties beside the standard's? */
static bool toplevel_extension(struct walk *w)
{
	if (w->declared_known)
		return w->declared;
	w->declared_known = true;
	for (struct json_iter it = json_iter(json_get(w->object, "extensions")); json_next(&it);)
		w->declared |= span_is(json_string_or_none(json_get(it.value, "extension_type")), "toplevel-property-extension");
	return w->declared;
}

void walk_custom(struct walk *w, const struct model_shape *s, struct span key, struct json v, const struct at *here)
{
	static const char reserved[] = "|severity|action|username|phone_number|phone_numbers|";
	const struct at at = { .up = here, .key = &key };
	bool marked = key.n > 2 && key.p[0] == 'x' && key.p[1] == '_';
	judge_custom_value(w, key, v, &at);
	judge_name(w, key, &at);
	if (marked && (w->custom || !w->type))
		return;
	if (marked && !here) { /* remarked on by remark_custom, when it is known whether there are extensions */
		w->custom = true;
		w->first_custom = key;
		return;
	}
	if (!here && !marked && model_word(reserved, key)) {
		FOUND(w, RESERVED_NAME, "STIX 2.1 §3.8", &at, "the name is reserved by the standard and must not be used");
	} else if (!here && w->type && !w->observable && span_is(key, "defanged")) {
		FOUND(w, ONLY_OBSERVABLES, "STIX 2.1 §3.2", &at, "defanged must not be used on other objects than observables");
	} else if (!w->type || toplevel_extension(w)) {
		return; /* whoever made the type, or the extension, says what it is */
	} else if (marked) {
		found_plain(w, RULE_CUSTOM_PROPERTY, "STIX 2.1 §11.1", &at, NULL,
			"custom properties, of which this is the first: others may not understand them; an extension would say what they are");
		w->custom = true;
	} else {
		struct span near = nearest_property(w, s, key);
		char hint[96] = "";
		if (near.n) {
			memcpy(hint, "did you mean ", 13);
			memcpy(hint + 13, near.p, near.n < 80 ? near.n : 80);
		}
		found(w, RULE_UNKNOWN_PROPERTY, "STIX 2.1 §11.1", &at, near.n ? hint : "custom properties begin with x_ or come with an extension",
			"the standard has no such property here");
	}
}

static void remark_custom(struct walk *w, const struct model_shape *s, const struct model_seen *seen)
{
	if (!(seen->present & s->index->extensions) || !toplevel_extension(w))
		found_plain(w, RULE_CUSTOM_PROPERTY, "STIX 2.1 §11.1", AT_SPAN(NULL, w->first_custom), NULL,
			"custom properties, of which this is the first: others may not understand them; an extension would say what they are");
}

/* ---- extensions (§7.3) ---- */

static void walk_members_custom(struct walk *w, struct json v, const struct at *here)
{
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct at at = { .up = here, .key = &it.key };
		judge_custom_value(w, it.key, it.value, &at);
		judge_name(w, it.key, &at);
	}
}

static void walk_extension_definition(struct walk *w, struct span key, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §7.3";
	struct stix_id id;
	if (stix_id_parse(key, &id, NULL) != ERR_OK || (uuid_version(&id.uuid) < 1 || uuid_version(&id.uuid) > 5))
		FOUND(w, BAD_ID, rule, here, "\"%.*s\" is no id of an extension definition", SHORT(key));
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	struct json type = json_get(v, "extension_type");
	if (!json_is(type, JSON_STRING))
		FOUND(w, MISSING_PROPERTY, rule, AT_KEY(here, "extension_type"), "an extension must say its extension_type: one of %s", words_extension_type);
	else if (!model_word(words_extension_type, json_string(type)))
		FOUND(w, NOT_IN_ENUM, rule, AT_KEY(here, "extension_type"), "\"%.*s\" is no extension_type: one of %s", SHORT(json_string(type)), words_extension_type);
	else if (w->type && span_starts(json_string(type), SPAN("new-")))
		FOUND(w, EXTENSION_TYPE, rule, AT_KEY(here, "extension_type"), "%.*s makes a new type of object, and %s is one of the standard", SHORT(json_string(type)),
			w->type->name);
	walk_members_custom(w, v, here);
}

static void walk_extension(struct walk *w, struct span key, struct json v, const struct at *here)
{
	const struct model_shape *s = model_extension(key);
	if (span_starts(key, SPAN("extension-definition--"))) {
		walk_extension_definition(w, key, v, here);
	} else if (s) {
		if (!span_is(w->type_name, s->more))
			FOUND(w, EXTENSION_PLACE, s->rule, here, "%s belongs to %s objects, this is of type %.*s", s->name, s->more, SHORT(w->type_name));
		walk_shape(w, s, v, here);
	} else if (key.n > 7 && ends(key, "-ext") && model_type_name_ok(key)) {
		FOUND(w, CUSTOM_EXTENSION, "STIX 2.1 §11.3", here, "a custom extension without an extension definition: others may not understand it");
		if (!wrong_type(w, v, JSON_OBJECT, "STIX 2.1 §11.3", here)) {
			if (!json_count(v))
				FOUND(w, EMPTY_DICTIONARY, "STIX 2.1 §11.3", here, "the extension is empty: leave it out instead");
			walk_members_custom(w, v, here);
		}
	} else {
		FOUND(w, BAD_EXTENSION, "STIX 2.1 §3.2", here, "\"%.*s\" is no key of an extension: the id of an extension-definition, or a predefined name", SHORT(key));
	}
}

void walk_extensions(struct walk *w, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_OBJECT, "STIX 2.1 §3.2", here))
		return;
	if (!json_count(v))
		FOUND(w, EMPTY_DICTIONARY, "STIX 2.1 §3.2", here, "extensions is empty: leave it out instead");
	judge_unique(w, v, here);
	for (struct json_iter it = json_iter(v); json_next(&it);)
		walk_extension(w, it.key, it.value, AT_SPAN(here, it.key));
}

/* ---- one value ---- */

static bool whole_number(struct span key)
{
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] < '0' || key.p[i] > '9')
			return false;
	}
	return key.n > 0;
}

/* §2.13: observables as of 2.1, or of 2.0 without ids. */
static void walk_observables(struct walk *w, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §4.14";
	FOUND(w, DEPRECATED, rule, here, "objects is deprecated: refer to observables of their own by object_refs");
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	if (!json_count(v))
		FOUND(w, EMPTY_DICTIONARY, rule, here, "objects is empty: at least one observable is required");
	judge_unique(w, v, here);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct at at = { .up = here, .key = &it.key };
		struct span type = json_string_or_none(json_get(it.value, "type"));
		const struct model_type *known = model_type(type);
		struct walk inner = { .a = w->a, .out = w->out, .object = it.value, .type = known, .type_name = type, .observable = true, .container = v };
		if (!whole_number(it.key))
			FOUND(w, OBSERVABLE_KEY, "STIX 2.1 §2.9", &at, "\"%.*s\" should be a number: 0, 1, 2 …", SHORT(it.key));
		if (wrong_type(w, it.value, JSON_OBJECT, rule, &at))
			continue;
		if (!type.p)
			FOUND(w, MISSING_PROPERTY, rule, AT_KEY(&at, "type"), "an observable needs its type");
		else if (known && known->kind != STIX_CLASS_SCO)
			FOUND(w, WRONG_TARGET, rule, AT_KEY(&at, "type"), "%s is no observable: only those may stand in objects", known->name);
		else
			walk_shape(&inner, known ? model_shape_of(known) : &model_custom_observable, it.value, &at);
		w->failed |= inner.failed;
	}
}

static void walk_objects(struct walk *w, struct json v, const struct at *here)
{
	struct walk inner = { .a = w->a, .out = w->out };
	walk_object(&inner, v, here);
	w->failed |= inner.failed;
}

/* `targets`: what a reference may point to; *fact: as in struct model_seen. */
static void walk_one(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here, int64_t *fact)
{
	switch (p->form) {
	case FORM_STRING:
	case FORM_ENUM:
	case FORM_OPEN: judge_string(w, p, v, here); break;
	case FORM_INTEGER:
	case FORM_FLOAT: judge_number(w, p, v, here); break;
	case FORM_BOOLEAN:
		if (!json_is(v, JSON_TRUE) && !json_is(v, JSON_FALSE))
			FOUND(w, WRONG_TYPE, "STIX 2.1 §2.2", here, "found %s, true or false is required", json_type_name(json_type(v)));
		break;
	case FORM_TIME: *fact = judge_time(w, p, v, here); break;
	case FORM_ID: *fact = judge_id(w, p, targets, v, here); break;
	case FORM_SELF: judge_self(w, v, here); break;
	case FORM_HEX: judge_hex(w, v, here); break;
	case FORM_BINARY: judge_binary(w, v, here); break;
	case FORM_HASHES: judge_hashes(w, p, v, here); break;
	case FORM_DICT: judge_dict(w, p, v, here); break;
	case FORM_SHAPE: walk_shape(w, p->shape, v, here); break;
	case FORM_EXTENSIONS: walk_extensions(w, v, here); break;
	case FORM_OBJECTS: walk_objects(w, v, here); break;
	case FORM_OBSERVABLES: walk_observables(w, v, here); break;
	case FORM_TYPE: break; /* walk_object has looked at it */
	}
}

static void walk_list(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §2.12";
	if (wrong_type(w, v, JSON_ARRAY, rule, here))
		return;
	struct at at = { .up = here };
	int64_t fact;
	for (struct json_iter it = json_iter(v); json_next(&it); at.index++)
		walk_one(w, p, targets, it.value, &at, &fact);
	if (!at.index)
		found(w, p->flags & MODEL_MAY_BE_EMPTY ? RULE_TOLERATED_EMPTY_LIST : RULE_EMPTY_LIST, rule, here, NULL, "the list is empty: leave the property out instead");
	if (at.index > BOUND_LIST_ITEMS)
		FOUND(w, TOO_MANY, rule, here, "the list has %zu items: at most %d are taken", at.index, BOUND_LIST_ITEMS);
}

/* ---- one object of a shape ---- */

/* Keys outside the table, to find those that stand twice; past these judge_unique does it. */
#define ODD_MOST 24
struct odd_keys {
	struct span key[ODD_MOST];
	uint64_t mix[ODD_MOST];
	size_t n;
};

static void note_odd(struct walk *w, struct odd_keys *odd, struct span key, const struct at *here)
{
	uint64_t mix = lookup_mix(key);
	for (size_t i = 0; i < odd->n && odd->n <= ODD_MOST; i++) {
		if (odd->mix[i] == mix && span_eq(odd->key[i], key)) {
			FOUND(w, DUPLICATE_KEY, "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(key));
			return;
		}
	}
	if (odd->n < ODD_MOST) {
		odd->mix[odd->n] = mix;
		odd->key[odd->n++] = key;
	} else {
		odd->n = ODD_MOST + 1;
	}
}

static void report_missing(struct walk *w, const struct model_shape *s, uint64_t missing, const struct at *here)
{
	for (size_t i = 0; i < s->n_own + s->n_common; i++) {
		const struct model_property *p = model_property_at(s, i);
		if (missing >> i & 1)
			FOUND(w, MISSING_PROPERTY, i < s->n_own ? s->rule : "STIX 2.1 §3.2", AT_KEY(here, p->name), "%s must have %s", s->name, p->name);
	}
}

static void report_order(struct walk *w, const struct model_shape *s, const struct model_seen *seen, const struct at *here)
{
	const int64_t *ns = seen->fact;
	for (const struct model_order *o = s->order; o->first; o++) {
		size_t a, b;
		if (!model_property(s, span_of(o->first), &a) || !model_property(s, span_of(o->second), &b) || !(seen->present >> a & seen->present >> b & 1))
			continue;
		if (ns[a] == INT64_MIN || ns[b] == INT64_MIN || (o->strictly ? ns[b] > ns[a] : ns[b] >= ns[a]))
			continue;
		FOUND(w, TIME_ORDER, s->rule, AT_KEY(here, o->second), "%s must be %s %s", o->second, o->strictly ? "later than" : "later than or equal to", o->first);
	}
}

void walk_shape(struct walk *w, const struct model_shape *s, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_OBJECT, s->rule, here))
		return;
	struct model_seen seen RAW;
	struct odd_keys odd RAW;
	seen.present = 0;
	odd.n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t i = 0;
		const struct at at = { .up = here, .key = &it.key };
		const struct model_property *p = model_property(s, it.key, &i);
		if (!p) {
			note_odd(w, &odd, it.key, &at);
			if (!s->open)
				walk_custom(w, s, it.key, it.value, here);
			else
				judge_unique(w, it.value, &at);
			continue;
		}
		if (seen.present >> i & 1)
			FOUND(w, DUPLICATE_KEY, "RFC 8259 §4", &at, "the key stands twice in one object: keys must be unique");
		seen.present |= UINT64_C(1) << i;
		seen.at[i] = (uint32_t)it.value.at;
		if (p->flags & MODEL_LIST)
			walk_list(w, p, s->index->targets[i], it.value, &at);
		else
			walk_one(w, p, s->index->targets[i], it.value, &at, &seen.fact[i]);
	}
	if (odd.n > ODD_MOST)
		judge_unique(w, v, here);
	uint64_t missing = s->index->required & ~seen.present & ~(json_has(w->container) ? s->index->identity : 0);
	if (missing)
		report_missing(w, s, missing, here);
	if (s->any_one && !(seen.present & s->index->own))
		FOUND(w, NEEDS_ONE_OF, s->rule, here, "%s must have at least one of its own properties", s->name);
	if (w->first_custom.n && !here)
		remark_custom(w, s, &seen);
	if (s->order)
		report_order(w, s, &seen, here);
	if (s->rules)
		s->rules(w, v, &seen, here);
}

/* ---- one STIX object ---- */

enum custom_kind { CUSTOM_BARE,
	CUSTOM_DOMAIN,
	CUSTOM_OBSERVABLE };

static enum custom_kind declared_kind(struct json v)
{
	for (struct json_iter it = json_iter(json_get(v, "extensions")); json_next(&it);) {
		struct span type = json_string_or_none(json_get(it.value, "extension_type"));
		if (span_is(type, "new-sdo") || span_is(type, "new-sro"))
			return CUSTOM_DOMAIN;
		if (span_is(type, "new-sco"))
			return CUSTOM_OBSERVABLE;
	}
	return CUSTOM_BARE;
}

/* The shape to judge a type by that the standard does not have. */
static const struct model_shape *custom_shape(struct walk *w, struct json v, bool versioned, const struct at *here)
{
	enum custom_kind kind = declared_kind(v);
	if (kind == CUSTOM_BARE) {
		found_plain(w, RULE_CUSTOM_TYPE, "STIX 2.1 §11.2", AT_KEY(here, "type"), NULL, "the type is none of the standard, and no extension says what it is");
		kind = json_has(json_get(v, "created")) || json_has(json_get(v, "modified")) ? CUSTOM_DOMAIN : CUSTOM_OBSERVABLE;
	} else {
		versioned = true; /* extensions came with 2.1 */
	}
	if (kind == CUSTOM_OBSERVABLE)
		return &model_custom_observable;
	return versioned ? &model_custom_domain : &model_old;
}

static const struct model_shape *choose_shape(struct walk *w, struct json v, struct json version, const struct at *here)
{
	bool old = !json_has(version) || span_is(json_string_or_none(version), "2.0");
	const struct model_type *t = w->type;
	if (!t)
		return custom_shape(w, v, !old, here);
	if (old && t->in_20 && t->kind != STIX_CLASS_SCO && !span_is(w->type_name, "bundle")) {
		found_plain(w, RULE_OLD_VERSION, "STIX 2.1 §3.2", AT_KEY(here, "spec_version"), "write \"spec_version\": \"2.1\" where it is STIX 2.1",
			"without spec_version 2.1 this is an object of STIX 2.0, and is judged by its common properties only");
		return t->kind == STIX_CLASS_META ? &model_old_marking : &model_old;
	}
	return model_shape_of(t);
}

void walk_object(struct walk *w, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §3.2";
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	struct json type = { NULL, 0 }, version = { NULL, 0 };
	for (struct json_iter it = json_iter(v); (!json_has(type) || !json_has(version)) && json_next(&it);) {
		if (!json_has(type) && span_eq(it.key, SPAN("type")))
			type = it.value;
		else if (!json_has(version) && span_eq(it.key, SPAN("spec_version")))
			version = it.value;
	}
	if (!json_has(type)) {
		FOUND(w, MISSING_PROPERTY, rule, AT_KEY(here, "type"), "an object must have a type");
		return;
	}
	if (wrong_type(w, type, JSON_STRING, rule, AT_KEY(here, "type")))
		return;
	w->object = v;
	w->type_name = json_string(type);
	w->type = model_type(w->type_name);
	if (!w->type && (!model_type_name_ok(w->type_name) || span_is(w->type_name, "action"))) {
		FOUND(w, BAD_TYPE, "STIX 2.1 §3.1", AT_KEY(here, "type"), "\"%.*s\" is no object type: 3 to 250 of a-z, 0-9 and hyphens are allowed, and action is reserved",
			SHORT(w->type_name));
		return;
	}
	const struct model_shape *s = choose_shape(w, v, version, here);
	w->observable = w->type ? w->type->kind == STIX_CLASS_SCO : s == &model_custom_observable;
	walk_shape(w, s, v, here);
	if (w->observable && w->type)
		rule_observable_id(w, v, here);
}

bool stix_validate(struct arena *a, struct json value, struct stix_findings *out)
{
	struct walk w = { .a = a, .out = out };
	*out = (struct stix_findings){ .n = 0 };
	walk_object(&w, value, NULL);
	return !w.failed;
}
