/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: one pass over an object along the rows of model.c, then the rules that look at several properties.
 *
 * 1. Each member is looked up once in its shape's perfect hash; `present` gathers the numbers of those that were there.
 * 2. Nothing is allocated and no text is made unless there is something to report (found).
 */
#include "stix/forms_priv.h"
#include "stix/validate_priv.h"
#include "util/bounds.h"

/* ---- properties outside the tables (§11) ---- */

/* What the characters of a name are, 0 for the good ones. */
enum { NAME_BAD = 1,
	NAME_LOOSE = 2 };
static uint8_t name_class[256];

__attribute__((constructor)) static void validate_start(void)
{
	for (int c = 0; c < 256; c++) {
		bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_', loose = (c >= 'A' && c <= 'Z') || c == '-';
		name_class[c] = good ? 0 : loose ? NAME_LOOSE
						 : NAME_BAD;
	}
}

/* 3 to 250 of a-z 0-9 _, a letter first.  Names that only later leave these (upper case, hyphens) are common and pass the published schemas: a warning. */
static void judge_name(struct walk *w, struct span key, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §3.1";
	static const char sentence[] = "\"%.*s\" is no name of a property: 3 to 250 of a-z 0-9 _ are allowed, a letter first";
	uint8_t seen = 0;
	for (size_t i = 0; i < key.n; i++)
		seen |= name_class[(uint8_t)key.p[i]];
	bool doubt = seen & NAME_LOOSE;
	bool error = (key.n < 3 && !span_is(key, "id")) || key.n > 250 || (seen & NAME_BAD) || key.p[0] < 'a';
	for (size_t i = 0; doubt && i < 3 && i < key.n; i++)
		error |= (key.p[i] >= 'A' && key.p[i] <= 'Z') || key.p[i] == '-';
	if (error)
		WRONG(w, "bad-name", rule, here, sentence, SHORT(key));
	else if (doubt)
		DOUBT(w, "bad-name", rule, here, sentence, SHORT(key));
}

static bool ends(struct span s, const char *tail)
{
	size_t n = strlen(tail);
	return s.n > n && memcmp(s.p + s.n - n, tail, n) == 0;
}

static void judge_custom_value(struct walk *w, struct span key, struct json v, const struct at *here)
{
	enum json_type t = json_type(v);
	struct span twice;
	if (t == JSON_NULL)
		WRONG(w, "null-value", "STIX 2.1 §3.1", here, "null is no value of a property: leave the property out instead");
	else if (t == JSON_ARRAY && !json_count(v))
		WRONG(w, "empty-list", "STIX 2.1 §2.12", here, "the list is empty: leave the property out instead");
	else if (t == JSON_STRING && ends(key, "_bin"))
		judge_binary(w, v, here);
	else if (t == JSON_STRING && ends(key, "_hex"))
		judge_hex(w, v, here);
	if ((t == JSON_OBJECT || t == JSON_ARRAY) && !json_unique_keys(v, &twice))
		WRONG(w, "duplicate-key", "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(twice));
}

/* Does an extension of the object say that it adds properties beside the standard's? */
static bool toplevel_extension(const struct walk *w)
{
	for (struct json_iter it = json_iter(json_get(w->object, "extensions")); json_next(&it);) {
		if (span_is(json_string_or_none(json_get(it.value, "extension_type")), "toplevel-property-extension"))
			return true;
	}
	return false;
}

void walk_custom(struct walk *w, const struct model_shape *s, struct span key, struct json v, const struct at *here)
{
	static const char reserved[] = "|severity|action|username|phone_number|phone_numbers|";
	const struct at at = { .up = here, .key = &key };
	judge_custom_value(w, key, v, &at);
	judge_name(w, key, &at);
	if (key.n > 2 && key.p[0] == 'x' && key.p[1] == '_') {
		if (!w->custom)
			found_plain(w, STIX_WARNING, "custom-property", "STIX 2.1 §11.1", &at, NULL,
				"custom properties, of which this is the first: others may not understand them; an extension would say what they are");
		w->custom = true;
	} else if (!here && w->type && model_word(reserved, key))
		WRONG(w, "reserved-name", "STIX 2.1 §3.8", &at, "the name is reserved by the standard and must not be used");
	else if (w->type && !toplevel_extension(w)) {
		struct span near = nearest_property(s, key);
		char hint[96] = "";
		if (near.n) {
			memcpy(hint, "did you mean ", 13);
			memcpy(hint + 13, near.p, near.n < 80 ? near.n : 80);
		}
		found(w, STIX_WARNING, "unknown-property", "STIX 2.1 §11.1", &at, near.n ? hint : "custom properties begin with x_ or come with an extension",
			"the standard has no such property here");
	}
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
		WRONG(w, "bad-id", rule, here, "\"%.*s\" is no id of an extension definition", SHORT(key));
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	struct json type = json_get(v, "extension_type");
	if (!json_is(type, JSON_STRING))
		WRONG(w, "missing-property", rule, AT_KEY(here, "extension_type"), "an extension must say its extension_type: one of %s", words_extension_type);
	else if (!model_word(words_extension_type, json_string(type)))
		WRONG(w, "not-in-enum", rule, AT_KEY(here, "extension_type"), "\"%.*s\" is no extension_type: one of %s", SHORT(json_string(type)), words_extension_type);
	else if (w->type && span_starts(json_string(type), SPAN("new-")))
		DOUBT(w, "extension-type", rule, AT_KEY(here, "extension_type"), "%.*s makes a new type of object, and %s is one of the standard", SHORT(json_string(type)),
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
			DOUBT(w, "extension-place", s->rule, here, "%s belongs to %s objects, this is of type %.*s", s->name, s->more, SHORT(w->type_name));
		walk_shape(w, s, v, here);
	} else if (key.n > 7 && ends(key, "-ext") && model_type_name_ok(key)) {
		DOUBT(w, "custom-extension", "STIX 2.1 §11.3", here, "a custom extension without an extension definition: others may not understand it");
		if (!wrong_type(w, v, JSON_OBJECT, "STIX 2.1 §11.3", here)) {
			if (!json_count(v))
				WRONG(w, "empty-dictionary", "STIX 2.1 §11.3", here, "the extension is empty: leave it out instead");
			walk_members_custom(w, v, here);
		}
	} else {
		WRONG(w, "bad-extension", "STIX 2.1 §3.2", here, "\"%.*s\" is no key of an extension: the id of an extension-definition, or a predefined name", SHORT(key));
	}
}

void walk_extensions(struct walk *w, struct json v, const struct at *here)
{
	struct span twice;
	if (wrong_type(w, v, JSON_OBJECT, "STIX 2.1 §3.2", here))
		return;
	if (!json_count(v))
		WRONG(w, "empty-dictionary", "STIX 2.1 §3.2", here, "extensions is empty: leave it out instead");
	if (!json_unique_keys(v, &twice))
		WRONG(w, "duplicate-key", "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(twice));
	for (struct json_iter it = json_iter(v); json_next(&it);)
		walk_extension(w, it.key, it.value, AT_SPAN(here, it.key));
}

/* ---- one value ---- */

static void walk_observables(struct walk *w, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §4.14";
	DOUBT(w, "deprecated", rule, here, "objects is deprecated: refer to observables of their own by object_refs");
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	if (!json_count(v))
		WRONG(w, "empty-dictionary", rule, here, "objects is empty: at least one observable is required");
	judge_custom_value(w, SPAN("objects"), v, here);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct at at = { .up = here, .key = &it.key };
		if (!wrong_type(w, it.value, JSON_OBJECT, rule, &at) && !json_is(json_get(it.value, "type"), JSON_STRING))
			WRONG(w, "missing-property", rule, AT_KEY(&at, "type"), "an observable needs its type");
	}
}

static void walk_objects(struct walk *w, struct json v, const struct at *here)
{
	struct walk inner = { .a = w->a, .out = w->out };
	walk_object(&inner, v, here);
	w->failed |= inner.failed;
}

/* `targets`: what a reference may point to; *ns: the time where it is one. */
static void walk_one(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here, int64_t *ns)
{
	switch (p->form) {
	case FORM_STRING:
	case FORM_ENUM:
	case FORM_OPEN: judge_string(w, p, v, here); break;
	case FORM_INTEGER:
	case FORM_FLOAT: judge_number(w, p, v, here); break;
	case FORM_BOOLEAN:
		if (!json_is(v, JSON_TRUE) && !json_is(v, JSON_FALSE))
			WRONG(w, "wrong-type", "STIX 2.1 §2.2", here, "found %s, true or false is required", json_type_name(json_type(v)));
		break;
	case FORM_TIME: *ns = judge_time(w, p, v, here); break;
	case FORM_ID: judge_id(w, p, targets, v, here); break;
	case FORM_SELF: judge_self(w, v, here); break;
	case FORM_HEX: judge_hex(w, v, here); break;
	case FORM_BINARY: judge_binary(w, v, here); break;
	case FORM_HASHES: judge_hashes(w, v, here); break;
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
	int64_t ns;
	for (struct json_iter it = json_iter(v); json_next(&it); at.index++)
		walk_one(w, p, targets, it.value, &at, &ns);
	if (!at.index)
		found(w, p->flags & MODEL_MAY_BE_EMPTY ? STIX_WARNING : STIX_ERROR, "empty-list", rule, here, NULL, "the list is empty: leave the property out instead");
	if (at.index > BOUND_LIST_ITEMS)
		WRONG(w, "too-many", rule, here, "the list has %zu items: at most %d are taken", at.index, BOUND_LIST_ITEMS);
}

/* ---- one object of a shape ---- */

/* Keys outside the table, to find those that stand twice; past these json_unique_keys does it. */
#define ODD_MOST 24
struct odd_keys {
	struct span key[ODD_MOST];
	size_t n;
};

static void note_odd(struct walk *w, struct odd_keys *odd, struct span key, const struct at *here)
{
	for (size_t i = 0; i < odd->n && odd->n <= ODD_MOST; i++) {
		if (span_eq(odd->key[i], key)) {
			WRONG(w, "duplicate-key", "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(key));
			return;
		}
	}
	if (odd->n < ODD_MOST)
		odd->key[odd->n++] = key;
	else
		odd->n = ODD_MOST + 1;
}

static void report_missing(struct walk *w, const struct model_shape *s, uint64_t missing, const struct at *here)
{
	for (size_t i = 0; i < s->n_own + s->n_common; i++) {
		const struct model_property *p = model_property_at(s, i);
		if (missing >> i & 1)
			WRONG(w, "missing-property", i < s->n_own ? s->rule : "STIX 2.1 §3.2", AT_KEY(here, p->name), "%s must have %s", s->name, p->name);
	}
}

static void report_order(struct walk *w, const struct model_shape *s, const int64_t *ns, uint64_t present, const struct at *here)
{
	for (const struct model_order *o = s->order; o->first; o++) {
		size_t a, b;
		if (!model_property(s, span_of(o->first), &a) || !model_property(s, span_of(o->second), &b) || !(present >> a & present >> b & 1))
			continue;
		if (ns[a] == INT64_MIN || ns[b] == INT64_MIN || (o->strictly ? ns[b] > ns[a] : ns[b] >= ns[a]))
			continue;
		WRONG(w, "time-order", s->rule, AT_KEY(here, o->second), "%s must be %s %s", o->second, o->strictly ? "later than" : "later than or equal to", o->first);
	}
}

void walk_shape(struct walk *w, const struct model_shape *s, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_OBJECT, s->rule, here))
		return;
	uint64_t present = 0;
	int64_t ns[MODEL_MOST];
	struct odd_keys odd;
	odd.n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t i = 0;
		const struct at at = { .up = here, .key = &it.key };
		const struct model_property *p = model_property(s, it.key, &i);
		if (!p) {
			note_odd(w, &odd, it.key, &at);
			if (!s->open)
				walk_custom(w, s, it.key, it.value, here);
			continue;
		}
		if (present >> i & 1)
			WRONG(w, "duplicate-key", "RFC 8259 §4", &at, "the key stands twice in one object: keys must be unique");
		present |= UINT64_C(1) << i;
		ns[i] = INT64_MIN;
		if (p->flags & MODEL_LIST)
			walk_list(w, p, s->index->targets[i], it.value, &at);
		else
			walk_one(w, p, s->index->targets[i], it.value, &at, &ns[i]);
	}
	struct span twice;
	if (odd.n > ODD_MOST && !json_unique_keys(v, &twice))
		WRONG(w, "duplicate-key", "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(twice));
	if (s->index->required & ~present)
		report_missing(w, s, s->index->required & ~present, here);
	if (s->any_one && !(present & s->index->own))
		WRONG(w, "needs-one-of", s->rule, here, "%s must have at least one of its own properties", s->name);
	if (s->order)
		report_order(w, s, ns, present, here);
	if (s->rules)
		s->rules(w, v, present, here);
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
	static const char rule[] = "STIX 2.1 §11.2";
	enum custom_kind kind = declared_kind(v);
	if (kind == CUSTOM_BARE) {
		DOUBT(w, "custom-type", rule, AT_KEY(here, "type"), "%.*s is no type of the standard, and no extension says what it is", SHORT(w->type_name));
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
	if (old && t->in_20 && t->kind != STIX_CLASS_SCO && !span_is(w->type_name, "bundle"))
		return t->kind == STIX_CLASS_META ? &model_old_marking : &model_old;
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
		WRONG(w, "missing-property", rule, AT_KEY(here, "type"), "an object must have a type");
		return;
	}
	if (wrong_type(w, type, JSON_STRING, rule, AT_KEY(here, "type")))
		return;
	w->object = v;
	w->type_name = json_string(type);
	w->type = model_type(w->type_name);
	if (!w->type && (!model_type_name_ok(w->type_name) || span_is(w->type_name, "action"))) {
		WRONG(w, "bad-type", "STIX 2.1 §3.1", AT_KEY(here, "type"), "\"%.*s\" is no object type: 3 to 250 of a-z, 0-9 and hyphens are allowed, and action is reserved",
			SHORT(w->type_name));
		return;
	}
	walk_shape(w, choose_shape(w, v, version, here), v, here);
	if (w->type && w->type->kind == STIX_CLASS_SCO)
		rule_observable_id(w, v, here);
}

bool stix_validate(struct arena *a, struct json value, struct stix_findings *out)
{
	struct walk w = { .a = a, .out = out };
	*out = (struct stix_findings){ .n = 0 };
	walk_object(&w, value, NULL);
	return !w.failed;
}
