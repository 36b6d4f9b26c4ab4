/* SPDX-License-Identifier: Apache-2.0 */
/* Judging single values: strings, numbers, times, identifiers, hashes, dictionaries. */
#include <math.h>
#include <stdio.h>
#include "stix/eight_priv.h"
#include "stix/forms_priv.h"
#include "stix/validate_priv.h"
#include "util/bounds.h"

void report_type(struct walk *w, struct json v, enum json_type want, const char *rule, const struct at *here)
{
	FOUND(w, WRONG_TYPE, rule, here, "found %s, %s is required", json_type_name(json_type(v)), json_type_name(want));
}

/* ---- strings ---- */

static const char *vocabulary(const char *words)
{
	static const struct {
		const char *words, *name;
	} names[] = {
#define X(name, wire) { words_##name, wire },
		MODEL_WORDS(X)
#undef X
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].words == words)
			return names[i].name;
	}
	return "vocabulary";
}

static void judge_word(struct walk *w, const struct model_property *p, struct span text, const struct at *here)
{
	if (model_word(p->words, text))
		return;
	struct span near = nearest_word(p->words, text);
	char hint[128];
	snprintf(hint, sizeof hint, "did you mean \"%.*s\"?", SHORT(near));
	if (p->form == FORM_ENUM)
		found(w, RULE_NOT_IN_ENUM, "STIX 2.1 §2.4", here, near.n ? hint : NULL, "\"%.*s\" is not in %s, and only its words are allowed: %.300s",
			SHORT(text), vocabulary(p->words), p->words);
	else
		found(w, RULE_NOT_IN_VOCABULARY, "STIX 2.1 §2.14", here, near.n ? hint : NULL, "\"%.*s\" is not in %s, whose words should be used",
			SHORT(text), vocabulary(p->words));
	if (p->form == FORM_OPEN && !form_lower_words(text))
		FOUND(w, VOCABULARY_FORM, "STIX 2.1 §2.14", here, "\"%.*s\" should be in lower case, with hyphens between words", SHORT(text));
}

/* A text or a key that p->check refuses. */
static void judge_form(struct walk *w, const struct model_property *p, struct span text, const struct at *here)
{
	const char *want = p->check ? p->check(text) : NULL;
	enum rule rule = p->doubt ? p->doubt : RULE_BAD_VALUE;
	if (want)
		found(w, rule, p->doubt ? stix_rules[rule].rule : w->type ? w->type->rule
									  : "STIX 2.1 §2.15",
			here, NULL, "\"%.*s\" is no %s", SHORT(text), want);
}

void judge_string(struct walk *w, const struct model_property *p, struct json v, const struct at *here)
{
	struct span text = json_string_or_none(v);
	if (!text.p) {
		wrong_type(w, v, JSON_STRING, "STIX 2.1 §2.15", here);
		return;
	}
	if (p->words) {
		if (p->words != words_spec_version || text.n != 3 || memcmp(text.p, "2.1", 3) != 0) /* nearly every object's */
			judge_word(w, p, text, here);
		return;
	}
	judge_form(w, p, text, here);
}

static bool memchr_upper(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'F')
			return true;
	}
	return false;
}

void judge_hex(struct walk *w, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_STRING, "STIX 2.1 §2.8", here))
		return;
	struct span s = json_string(v);
	if (!s.n || s.n % 2 || !form_digits(s, s.n))
		FOUND(w, BAD_HEX, "STIX 2.1 §2.8", here, "\"%.*s\" is not hexadecimal: an even number of digits 0-9 a-f is required, without 0x", SHORT(s));
	else if (memchr_upper(s))
		FOUND(w, UPPER_CASE_HEX, "STIX 2.1 §2.8", here, "\"%.*s\" has upper-case digits: a to f are written in lower case", SHORT(s));
}

void judge_binary(struct walk *w, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_STRING, "STIX 2.1 §2.1", here))
		return;
	struct span s = json_string(v);
	size_t n = s.n;
	while (n && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	bool ok = s.n && s.n % 4 == 0;
	for (size_t i = 0; ok && i < n; i++) {
		char c = s.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
	}
	if (!ok)
		FOUND(w, BAD_BINARY, "STIX 2.1 §2.1", here, "the text is not base64 (RFC 4648 §4): groups of four of A-Z a-z 0-9 + / with = at the end are required");
}

/* ---- numbers ---- */

static void out_of_range(struct walk *w, const struct model_property *p, double d, const char *rule, const struct at *here)
{
	FOUND(w, OUT_OF_RANGE, rule, here, "%.17g is out of range: %.17g to %.17g is allowed", d, p->low, p->high);
}

void judge_number(struct walk *w, const struct model_property *p, struct json v, const struct at *here)
{
	bool whole = p->form == FORM_INTEGER;
	const char *rule = whole ? "STIX 2.1 §2.10" : "STIX 2.1 §2.6";
	enum json_type t = json_type(v);
	if (t != JSON_INT && t != JSON_UINT && t != JSON_DOUBLE) {
		FOUND(w, WRONG_TYPE, rule, here, "found %s, %s is required", json_type_name(t), whole ? "an integer" : "a number");
		return;
	}
	double d = json_number(v);
	if (whole && t == JSON_DOUBLE && d != floor(d))
		FOUND(w, WRONG_TYPE, rule, here, "%.17g has a fraction, an integer is required", d);
	else if (d < p->low || d > p->high)
		out_of_range(w, p, d, rule, here);
}

/* ---- times ---- */

int64_t judge_time(struct walk *w, const struct model_property *p, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §2.16";
	int64_t ns;
	struct span text = json_string_or_none(v);
	if (!text.p) {
		wrong_type(w, v, JSON_STRING, rule, here);
		return INT64_MIN;
	}
	if (timestamp_parse_ns(text, &ns, NULL) != ERR_OK) {
		struct fault why = { "", "" };
		(void)!timestamp_parse_ns(text, &ns, &why);
		FOUND(w, BAD_TIMESTAMP, rule, here, "%s", why.what);
		return INT64_MIN;
	}
	if ((p->flags & MODEL_MILLISECONDS) && text.n < sizeof "2016-02-12T08:17:27.000Z" - 1)
		FOUND(w, TIMESTAMP_PRECISION, "STIX 2.1 §3.2", here, "\"%.*s\" is not precise to the millisecond: write three digits behind the decimal point, as in .000Z",
			SHORT(text));
	if ((p->flags & MODEL_SECONDS) && text.n > sizeof "2016-02-12T08:17:27Z" - 1)
		FOUND(w, TIMESTAMP_PRECISION, rule, here, "\"%.*s\" must be precise to the second: write no fraction", SHORT(text));
	return ns;
}

/* ---- identifiers ---- */

/* A type and hexadecimal digits that are no UUID, where an observable refers to another: the published schemas ask for a string only,
 * and it refers to nothing. */
static bool harmless(const struct walk *w, struct span text)
{
	const char *line = text.n > 4 ? memmem(text.p, text.n, "--", 2) : NULL;
	if (!w->type || w->type->kind != STIX_CLASS_SCO || !line || !model_type_name_ok((struct span){ text.p, (size_t)(line - text.p) }))
		return false;
	const char *p = line + 2, *end = text.p + text.n;
	while (p < end && (form_hex_digit(*p) || *p == '-'))
		p++;
	return p == end && end - line > 2;
}

static const char id_rule[] = "STIX 2.1 §2.9";

/* What judging an id needs of it. */
struct id_facts {
	struct span type;
	const struct model_type *known;
	char version;
	bool upper;
};

#define UUID_CHARS (UUID_TEXT - 1)

static uint64_t four_and_four(const char *p, const char *q)
{
	uint32_t x, y;
	memcpy(&x, p, 4);
	memcpy(&y, q, 4);
	return x | (uint64_t)y << 32;
}

/* 36 characters: hexadecimal digits, eight at once, with hyphens in their places, variant 10, version 1 to 5. */
static bool uuid_form(const char *p, bool *upper)
{
	const uint64_t part[4] = { eight(p), four_and_four(p + 9, p + 14), four_and_four(p + 19, p + 24), eight(p + 28) };
	uint64_t good = EACH(0x80), capital = 0;
	for (int i = 0; i < 4; i++) {
		uint64_t x = part[i];
		good &= (between(x, '0', '9') | between(x | EACH(0x20), 'a', 'f')) & ~x;
		capital |= x & EACH(0x40) & ~(x << 1);
	}
	*upper = capital;
	char variant = p[19] | 0x20;
	return good == EACH(0x80) && p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-' && p[14] >= '1' && p[14] <= '5' &&
	       (p[19] == '8' || p[19] == '9' || variant == 'a' || variant == 'b');
}

/* The common case: a known type and a good UUID. */
static bool quick_id(struct span text, struct id_facts *out)
{
	if (text.n < UUID_CHARS + 5 || text.n > BOUND_ID_BYTES)
		return false;
	const char *uuid = text.p + text.n - UUID_CHARS;
	out->type = (struct span){ text.p, text.n - UUID_CHARS - 2 };
	out->version = uuid[14];
	if (uuid[-1] != '-' || uuid[-2] != '-' || !uuid_form(uuid, &out->upper))
		return false;
	out->known = model_type(out->type);
	return out->known || model_type_name_ok(out->type);
}

__attribute__((noinline)) static void report_id(struct walk *w, struct span text, bool refers, const struct at *here)
{
	struct stix_id parts;
	struct fault why = { "", "" };
	if (stix_id_parse(text, &parts, &why) != ERR_OK)
		found(w, refers && harmless(w, text) ? RULE_REFERENCE_FORM : RULE_BAD_ID, id_rule, here, NULL, "%s", why.what);
	else
		FOUND(w, BAD_ID, id_rule, here, "\"%.*s\" has no UUID of RFC 4122: its version must be 1 to 5 and its variant 10", SHORT(text));
}

static bool read_id(struct walk *w, struct json v, struct id_facts *id, bool refers, const struct at *here)
{
	struct span text = json_string_or_none(v);
	if (!text.p) {
		wrong_type(w, v, JSON_STRING, id_rule, here);
		return false;
	}
	if (!quick_id(text, id)) {
		report_id(w, text, refers, here);
		return false;
	}
	if (id->upper)
		FOUND(w, UPPER_CASE_ID, id_rule, here, "the UUID is written in upper case: RFC 4122 writes it in lower case, and ids are compared byte by byte");
	return true;
}

/* Within observed data's objects a reference is the key of another (§2.13); ids of objects in there are taken too. */
static void judge_key_reference(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here)
{
	struct span key = json_string_or_none(v);
	if (!key.p) {
		wrong_type(w, v, JSON_STRING, "STIX 2.1 §2.13", here);
		return;
	}
	if (!may_look(w, json_count(w->container), here))
		return;
	struct json to = json_get_span(w->container, key);
	if (!json_has(to) && !may_look(w, 8 * json_count(w->container), here)) /* objects have few members before their id */
		return;
	for (struct json_iter it = json_iter(w->container); !json_has(to) && json_next(&it);)
		to = span_eq(json_string_or_none(json_get(it.value, "id")), key) ? it.value : to;
	if (!json_has(to)) {
		FOUND(w, UNRESOLVED_KEY, "STIX 2.1 §2.13", here, "%s names \"%.*s\", and there is no such key in objects", p->name, SHORT(key));
		return;
	}
	struct span type = json_string_or_none(json_get(to, "type"));
	const struct model_type *known = model_type(type);
	if (!(targets >> (known ? model_type_number(known) : MODEL_CUSTOM) & 1))
		FOUND(w, UNRESOLVED_KEY, "STIX 2.1 §2.13", here, "%s names a %.*s: allowed are %s", p->name, SHORT(type), p->words);
}

int64_t judge_id(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here)
{
	struct id_facts id;
	if (json_has(w->container)) {
		judge_key_reference(w, p, targets, v, here);
		return -1;
	}
	if (!read_id(w, v, &id, true, here))
		return -1;
	size_t type = id.known ? model_type_number(id.known) : MODEL_CUSTOM;
	if (!(targets >> type & 1)) {
		const char *words = p->words;
		bool not = words[0] == '!';
		found(w, RULE_WRONG_TARGET, "STIX 2.1 §2.9", here, NULL, "%s points to %.*s: %s %.200s", p->name, SHORT(id.type),
			not ? "it must not point to any of" : words[1] == '*' ? "allowed are observables and"
									      : "allowed is",
			words + not );
	}
	return (int64_t)type;
}

void judge_self(struct walk *w, struct json v, const struct at *here)
{
	struct id_facts id;
	if (!read_id(w, v, &id, false, here))
		return;
	if (!span_eq(id.type, w->type_name))
		FOUND(w, ID_TYPE, "STIX 2.1 §2.9", here, "the id is of type %.*s, the object of type %.*s: they must be the same", SHORT(id.type), SHORT(w->type_name));
	bool process = w->type && !w->type->contributing[0] && w->type->kind == STIX_CLASS_SCO;
	char want = w->observable && !process ? '5' : '4';
	if (process && id.version != '4')
		FOUND(w, ID_VERSION, "STIX 2.1 §6.13", here, "a process has nothing to make a deterministic id from: its UUID must be of version 4");
	else if (id.version != want && (w->type || !w->observable)) /* what a custom observable's id is made of nobody knows */
		FOUND(w, UUID_VERSION, "STIX 2.1 §2.9", here, "the UUID is of version %c: %s should have version %c", id.version,
			want == '5' ? "observables" : "domain objects, relationships, meta objects and bundles", want);
}

/* ---- hashes and dictionaries ---- */

static const struct {
	const char *name;
	size_t digits; /* 0: not hexadecimal */
} hash_names[] = { { "MD5", 32 }, { "SHA-1", 40 }, { "SHA-256", 64 }, { "SHA-512", 128 }, { "SHA3-256", 64 }, { "SHA3-512", 128 }, { "SSDEEP", 0 }, { "TLSH", 0 } };

static bool fuzzy_ok(struct span name, struct span text)
{
	bool tlsh = span_is(name, "TLSH");
	if (!text.n || text.n > 200 || (tlsh && text.n != 70 && text.n != 72))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && (tlsh || !strchr("/+:.", c)))
			return false;
	}
	return true;
}

static void judge_hash(struct walk *w, struct span name, bool closed, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §2.7";
	if (wrong_type(w, v, JSON_STRING, rule, here))
		return;
	struct span text = json_string(v);
	for (size_t i = 0; i < sizeof hash_names / sizeof *hash_names; i++) {
		if (!span_is(name, hash_names[i].name))
			continue;
		if (hash_names[i].digits && !form_digits(text, hash_names[i].digits))
			FOUND(w, BAD_HASH, rule, here, "\"%.*s\" is no %s: %zu hexadecimal digits are required, found %zu characters", SHORT(text), hash_names[i].name,
				hash_names[i].digits, text.n);
		else if (!hash_names[i].digits && !fuzzy_ok(name, text))
			FOUND(w, BAD_HASH, rule, here, "\"%.*s\" is no %s", SHORT(text), hash_names[i].name);
		return;
	}
	if (name.n < 3 || !form_key(name)) {
		FOUND(w, BAD_HASH_NAME, rule, here, "\"%.*s\" is no name of a hash algorithm: 3 to 250 of a-z A-Z 0-9 - _ are required", SHORT(name));
		return;
	}
	if (model_word(words_hash_algorithm, name))
		return;
	struct span near = nearest_word(words_hash_algorithm, name);
	char hint[128];
	snprintf(hint, sizeof hint, "did you mean \"%.*s\"?", SHORT(near));
	found(w, closed ? RULE_BAD_HASH_NAME : RULE_HASH_ALGORITHM, closed ? "STIX 2.1 §2.5" : rule, here, near.n ? hint : NULL, "\"%.*s\" is not in hash-algorithm-ov, whose words %s be used",
		SHORT(name), closed ? "must" : "should");
}

void judge_unique(struct walk *w, struct json v, const struct at *here)
{
	struct span key;
	if (!json_unique_keys(v, &key))
		FOUND(w, DUPLICATE_KEY, "RFC 8259 §4", here, "the key \"%.*s\" stands twice in one object: keys must be unique", SHORT(key));
}

void judge_hashes(struct walk *w, const struct model_property *p, struct json v, const struct at *here)
{
	if (wrong_type(w, v, JSON_OBJECT, "STIX 2.1 §2.7", here))
		return;
	if (!json_count(v))
		FOUND(w, EMPTY_DICTIONARY, "STIX 2.1 §2.7", here, "the dictionary of hashes is empty: leave it out instead");
	judge_unique(w, v, here);
	for (struct json_iter it = json_iter(v); json_next(&it);)
		judge_hash(w, it.key, p->flags & MODEL_CLOSED, it.value, AT_SPAN(here, it.key));
}

static const char *value_type(struct json v)
{
	enum json_type t = json_type(v);
	return t == JSON_TRUE || t == JSON_FALSE ? "boolean" : json_type_name(t);
}

void judge_dict(struct walk *w, const struct model_property *p, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §2.3";
	if (wrong_type(w, v, JSON_OBJECT, rule, here))
		return;
	if (!json_count(v))
		FOUND(w, EMPTY_DICTIONARY, rule, here, "the dictionary is empty: leave it out instead");
	judge_unique(w, v, here);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct at at = { .up = here, .key = &it.key };
		if (!form_key(it.key))
			FOUND(w, BAD_KEY, rule, &at, "\"%.*s\" is no key of a dictionary: at most 250 of a-z A-Z 0-9 - _ are allowed", SHORT(it.key));
		else
			judge_form(w, p, it.key, &at);
		if (!p->words && json_is(it.value, JSON_NULL))
			FOUND(w, NULL_VALUE, rule, &at, "null is no value: leave the key out instead");
		if (p->words && !model_word(p->words, span_of(value_type(it.value))))
			found(w, p->flags & MODEL_SOFT ? RULE_HEADER_VALUES : RULE_WRONG_TYPE, rule, &at, NULL, "found %s, allowed is %s", value_type(it.value), p->words);
	}
}
