/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that look at several properties of an object; each stands in a row of model.c. */
#include <stdio.h>
#include "pattern/pattern.h"
#include "stix/forms_priv.h"
#include "stix/marking.h"
#include "stix/validate_priv.h"
#include "util/bounds.h"

static bool has(struct json v, const char *key)
{
	return json_has(json_get(v, key));
}

static struct span text(struct json v, const char *key)
{
	return json_string_or_none(json_get(v, key));
}

/* Text of property number i; {NULL,0} where it is none or is not there. */
static struct span seen_text(struct json v, const struct model_seen *seen, unsigned i)
{
	return seen->present >> i & 1 ? json_string_or_none((struct json){ v.doc, seen->at[i] }) : (struct span){ NULL, 0 };
}

#define NEEDS(w, rule, here, ...) FOUND(w, NEEDS_ONE_OF, rule, here, __VA_ARGS__)
#define EXCLUDES(w, rule, here, ...) FOUND(w, ONLY_ONE_OF, rule, here, __VA_ARGS__)

/* ---- common parts ---- */

static bool digits_after(struct span s, size_t at, size_t least)
{
	if (s.n < at + least)
		return false;
	for (size_t i = at; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

/* "CVE-2016-1234": four digits of the year, four or more after it. */
static bool is_cve(struct span id)
{
	return span_starts(id, SPAN("CVE-")) && id.n >= 13 && id.p[8] == '-' && digits_after((struct span){ id.p, 8 }, 4, 4) && digits_after(id, 9, 4);
}

static bool is_capec(struct span id)
{
	return span_starts(id, SPAN("CAPEC-")) && digits_after(id, 6, 1);
}

void rules_external_reference(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §2.5";
	enum { SOURCE_NAME,
		DESCRIPTION,
		URL,
		HASHES,
		EXTERNAL_ID }; /* the rows of external_reference in model.c */
	struct span source = seen_text(v, seen, SOURCE_NAME), id = seen_text(v, seen, EXTERNAL_ID);
	bool cve = span_is(source, "cve"), capec = span_is(source, "capec");
	if (!(seen->present & (1u << DESCRIPTION | 1u << URL | 1u << EXTERNAL_ID)))
		NEEDS(w, rule, here, "an external reference must have at least one of description, url and external_id");
	if ((cve && !is_cve(id)) || (!cve && is_cve(id)))
		FOUND(w, BAD_REFERENCE, rule, AT_KEY(here, cve ? "external_id" : "source_name"),
			"a reference to a CVE has source_name \"cve\" and an external_id as in \"CVE-2024-1234\"");
	if ((capec && !is_capec(id)) || (!capec && is_capec(id)))
		FOUND(w, BAD_REFERENCE, rule, AT_KEY(here, capec ? "external_id" : "source_name"),
			"a reference to CAPEC has source_name \"capec\" and an external_id as in \"CAPEC-463\"");
	if ((seen->present & (1u << URL | 1u << HASHES)) == 1u << URL && !w->unhashed) {
		w->unhashed = true;
		found_plain(w, RULE_REFERENCE_HASHES, rule, here, NULL, "references with a url should have hashes of what stood there: this is the first without");
	}
}

/* Follows a selector through the object; false where it leads nowhere. */
static bool selects(struct walk *w, struct span selector, const struct at *here)
{
	struct json v = w->object;
	const char *p = selector.p, *end = selector.p + selector.n;
	while (p < end && json_has(v)) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		struct span part = { p, (size_t)((dot ? dot : end) - p) };
		p += part.n + 1;
		if (!may_look(w, json_count(v), here))
			return true; /* nobody knows */
		if (part.p[0] != '[') {
			v = json_get_span(v, part);
			continue;
		}
		size_t want = 0, i = 0;
		struct json item = { NULL, 0 };
		for (size_t k = 1; k + 1 < part.n && want < BOUND_LIST_ITEMS; k++)
			want = want * 10 + (size_t)(part.p[k] - '0');
		for (struct json_iter it = json_iter(v); !it.object && json_next(&it) && i <= want; i++)
			item = i == want ? it.value : item;
		v = item;
	}
	return json_has(v);
}

void rules_granular(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §7.2.3.1";
	if (has(v, "lang") == has(v, "marking_ref"))
		EXCLUDES(w, rule, here, "a granular marking must have either marking_ref or lang");
	struct at list = { .up = here, .key = &SPAN("selectors") }, at = { .up = &list };
	for (struct json_iter it = json_iter(json_get(v, "selectors")); json_next(&it); at.index++) {
		struct span s = json_string_or_none(it.value);
		if (s.n && !check_selector(s) && !selects(w, s, &at))
			FOUND(w, BAD_SELECTOR, rule, &at, "\"%.*s\" selects nothing: the object has no such property or item", SHORT(s));
	}
}

/* ---- domain objects ---- */

struct pattern_walk {
	struct walk *w;
	const struct at *here;
};

/* §9.6, §3.1: types and properties that patterns compare have the names that objects may have. */
static bool judge_comparison(void *ctx, const struct pattern *c)
{
	struct pattern_walk *p = ctx;
	struct span name = c->steps && c->step[0].kind == PATTERN_STEP_KEY ? c->step[0].key : SPAN("   ");
	if (c->object_type.n < 3)
		FOUND(p->w, BAD_PATTERN, "STIX 2.1 §3.1", p->here, "the pattern compares \"%.*s\", which is no object type: at least three characters", SHORT(c->object_type));
	if (name.n < 3 && !span_is(name, "id"))
		FOUND(p->w, BAD_PATTERN, "STIX 2.1 §3.1", p->here, "the pattern compares the property \"%.*s\": names have at least three characters", SHORT(name));
	return true;
}

void rules_indicator(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	enum { NAME,
		DESCRIPTION }; /* the first rows of indicator in model.c */
	if (~seen->present & (1u << NAME | 1u << DESCRIPTION))
		found_plain(w, RULE_INDICATOR_TEXT, "STIX 2.1 §4.7", here, NULL, "an indicator should have name and description, so that people learn what it does");
	struct span source = text(v, "pattern");
	const struct pattern *p;
	struct fault why = { "", "" };
	const struct at at = { .up = here, .key = &SPAN("pattern") };
	if (!span_is(text(v, "pattern_type"), "stix") || !json_is(json_get(v, "pattern"), JSON_STRING))
		return;
	struct arena *scratch ARENA_SCOPE = arena_new(BOUND_PATTERN_BYTES * 64);
	enum err e = scratch ? pattern_parse(scratch, source, &p, &why) : ERR_NOMEM;
	if (e == ERR_NOMEM)
		w->failed = true;
	else if (e != ERR_OK)
		FOUND(w, BAD_PATTERN, "STIX 2.1 §9", &at, "%s%s%s", why.where, why.where[0] ? ": " : "", why.what);
	else {
		pattern_each(p, judge_comparison, &(struct pattern_walk){ w, &at });
		e = pattern_check(scratch, source, p, &why);
		if (e == ERR_NOMEM)
			w->failed = true;
		else if (e != ERR_OK)
			FOUND(w, PATTERN_NEVER, "STIX 2.1 §9.5", &at, "%s%s%s", why.where, why.where[0] ? ": " : "", why.what);
	}
}

void rules_location(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §4.10";
	bool latitude = has(v, "latitude"), longitude = has(v, "longitude");
	if (!has(v, "region") && !has(v, "country") && !(latitude && longitude))
		NEEDS(w, rule, here, "a location must have region, country, or latitude and longitude");
	if (latitude != longitude)
		NEEDS(w, rule, AT_KEY(here, latitude ? "latitude" : "longitude"), "latitude and longitude come together or not at all");
	if (has(v, "precision") && !(latitude && longitude))
		NEEDS(w, rule, AT_KEY(here, "precision"), "precision needs latitude and longitude");
}

void rules_malware(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (json_true(json_get(v, "is_family")) && !has(v, "name"))
		FOUND(w, MISSING_PROPERTY, "STIX 2.1 §4.11", AT_KEY(here, "name"), "a malware family must have a name");
}

void rules_malware_analysis(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (!has(v, "result") && !has(v, "analysis_sco_refs"))
		NEEDS(w, "STIX 2.1 §4.12", here, "a malware analysis must have result or analysis_sco_refs");
}

void rules_observed_data(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §4.14";
	struct json refs = json_get(v, "object_refs");
	bool observable = !json_count(refs);
	if (has(v, "objects") == json_has(refs))
		EXCLUDES(w, rule, here, "observed data must have either object_refs or (deprecated) objects");
	for (struct json_iter it = json_iter(refs); !observable && json_next(&it);) {
		struct span id = json_string_or_none(it.value);
		observable = !span_starts(id, SPAN("relationship--")) && !span_starts(id, SPAN("sighting--"));
	}
	if (!observable)
		NEEDS(w, rule, AT_KEY(here, "object_refs"), "object_refs must hold at least one observable");
}

void rules_sighting(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	struct stix_id id;
	if (stix_id_parse(text(v, "sighting_of_ref"), &id, NULL) != ERR_OK)
		return;
	const struct model_type *t = model_type(id.type);
	if (t && t->kind == STIX_CLASS_SCO)
		FOUND(w, SIGHTING_TARGET, "STIX 2.1 §5.2", AT_KEY(here, "sighting_of_ref"), "a sighting is of a domain object: put observables into observed data and name that in observed_data_refs");
}

/* ---- observables ---- */

void rules_artifact(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §6.1";
	bool url = has(v, "url");
	if (has(v, "payload_bin") == url)
		EXCLUDES(w, rule, here, "an artifact must have either payload_bin or url");
	if (url && !has(v, "hashes"))
		NEEDS(w, rule, AT_KEY(here, "hashes"), "an artifact with a url must have hashes");
	if (has(v, "decryption_key") && !has(v, "encryption_algorithm"))
		NEEDS(w, rule, AT_KEY(here, "decryption_key"), "decryption_key needs encryption_algorithm");
	struct span media = text(v, "mime_type");
	if (media.p && !check_mime(media) && check_media(media))
		FOUND(w, MEDIA_TYPE, rule, AT_KEY(here, "mime_type"), "\"%.*s\" is no %s", SHORT(media), check_media(media));
}

void rules_mime_part(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (has(v, "body") == has(v, "body_raw_ref"))
		EXCLUDES(w, "STIX 2.1 §6.6.2", here, "a part of a message must have either body or body_raw_ref");
}

void rules_email_message(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	struct json multipart = json_get(v, "is_multipart");
	if (json_true(multipart) && has(v, "body"))
		EXCLUDES(w, "STIX 2.1 §6.6", AT_KEY(here, "body"), "a message with is_multipart true has body_multipart and no body");
	if (json_is(multipart, JSON_FALSE) && has(v, "body_multipart"))
		EXCLUDES(w, "STIX 2.1 §6.6", AT_KEY(here, "body_multipart"), "a message with is_multipart false has body and no body_multipart");
}

void rules_file(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (!has(v, "hashes") && !has(v, "name"))
		NEEDS(w, "STIX 2.1 §6.7", here, "a file must have hashes or name");
	if (has(v, "name_enc") && !has(v, "name"))
		NEEDS(w, "STIX 2.1 §3.1", AT_KEY(here, "name_enc"), "name_enc needs name");
}

void rules_pe(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (json_count(v) < 2)
		NEEDS(w, "STIX 2.1 §6.7.6", here, "the extension must have at least one property besides pe_type");
}

void rules_network_traffic(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §6.12";
	if (!has(v, "src_ref") && !has(v, "dst_ref"))
		NEEDS(w, rule, here, "network traffic must have src_ref or dst_ref");
	if (json_true(json_get(v, "is_active")) && has(v, "end"))
		EXCLUDES(w, rule, AT_KEY(here, "end"), "traffic with is_active true has no end");
	if (!has(v, "src_port") || !has(v, "dst_port"))
		found_plain(w, RULE_NETWORK_PORTS, rule, here, NULL, "network traffic should have both src_port and dst_port");
}

static bool any_own(const char *type, uint64_t present)
{
	const struct model_shape *s = model_shape_of(model_type(span_of(type)));
	return present & s->index->own;
}

void rules_any_or_extension(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (!any_own("user-account", seen->present) && !has(v, "extensions"))
		NEEDS(w, "STIX 2.1 §6.16", here, "a user account must have at least one of its own properties");
}

void rules_process(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	if (!any_own("process", seen->present) && !has(v, "extensions"))
		NEEDS(w, "STIX 2.1 §6.13", here, "a process must have at least one of its own properties or an extension");
}

void rule_observable_id(struct walk *w, struct json v, const struct at *here)
{
	struct span id = text(v, "id");
	bool any = false;
	if (id.n < UUID_TEXT || id.p[id.n - 22] == '4' || !w->type->contributing[0])
		return;
	for (size_t i = 0; !any && i < MODEL_CONTRIBUTING && w->type->contributing[i]; i++)
		any = has(v, w->type->contributing[i]);
	if (!any)
		FOUND(w, ID_VERSION, "STIX 2.1 §2.9", AT_KEY(here, "id"), "none of the properties that a deterministic id is made of is there: the UUID must be of version 4");
}

/* ---- meta objects ---- */

void rules_language_content(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const struct model_property texts = { .name = "contents", .form = FORM_DICT, .words = "|string|array|object|" };
	const struct at at = { .up = here, .key = &SPAN("contents") };
	for (struct json_iter it = json_iter(json_get(v, "contents")); it.object && json_next(&it);) {
		const struct at one = { .up = &at, .key = &it.key };
		const char *want = check_language(it.key);
		if (want)
			FOUND(w, BAD_LANGUAGE, "STIX 2.1 §7.1", &one, "\"%.*s\" is no %s", SHORT(it.key), want);
		if (!json_is(it.value, JSON_OBJECT))
			continue;
		judge_dict(w, &texts, it.value, &one);
		for (struct json_iter in = json_iter(it.value); json_next(&in);) {
			if (check_name(in.key))
				FOUND(w, BAD_NAME, "STIX 2.1 §7.1", AT_SPAN(&one, in.key), "\"%.*s\" is no %s", SHORT(in.key), check_name(in.key));
		}
	}
}

/* §7.2.1.4: the four, to the letter. */
static void rules_tlp(struct walk *w, struct json v, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §7.2.1.4";
	static const char members[] = "|type|spec_version|id|created|name|definition_type|definition|";
	enum stix_tlp level = stix_tlp_of_id(text(v, "id")), said = STIX_TLP_NONE;
	struct span word = text(json_get(v, "definition"), "tlp"), name = text(v, "name");
	char want[32];
	if (!stix_tlp_parse(word, &said) || said != level || span_is(text(v, "id"), stix_tlp_id(level) ? stix_tlp_id(level) : "")) {
		FOUND(w, TLP, rule, AT_KEY(here, "id"), "no TLP marking of the standard has this id and level: only its four definitions (or those of TLP 2.0) may be used");
		return;
	}
	snprintf(want, sizeof want, "TLP:%s", level == STIX_TLP_CLEAR ? "WHITE" : level == STIX_TLP_GREEN ? "GREEN"
									  : level == STIX_TLP_AMBER       ? "AMBER"
													  : "RED");
	if (!span_is(text(v, "created"), "2017-01-20T00:00:00.000Z") && !span_is(text(v, "created"), "2017-01-20T00:00:00Z"))
		FOUND(w, TLP, rule, AT_KEY(here, "created"), "the standard's TLP markings were created 2017-01-20T00:00:00.000Z");
	if (name.n && !span_is(name, want))
		FOUND(w, TLP, rule, AT_KEY(here, "name"), "the name of this marking is %s", want);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!model_word(members, it.key))
			FOUND(w, TLP, rule, AT_SPAN(here, it.key), "a TLP marking has only the properties that the standard gives it");
	}
}

static void circular(struct walk *w, struct span id, struct json ref, const char *list, const struct at *here)
{
	if (id.n && span_eq(json_string_or_none(ref), id))
		FOUND(w, CIRCULAR_MARKING, "STIX 2.1 §7.2", AT_KEY(here, list), "a marking must not mark itself");
}

void rules_marking(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §7.2.1";
	struct span kind = text(v, "definition_type"), id = text(v, "id");
	struct json definition = json_get(v, "definition");
	if (has(v, "definition_type") != json_has(definition) || (!json_has(definition) && !has(v, "extensions")))
		NEEDS(w, rule, here, "a marking must have definition_type and definition, or an extension that says what it is");
	for (struct json_iter it = json_iter(json_get(v, "object_marking_refs")); json_next(&it);)
		circular(w, id, it.value, "object_marking_refs", here);
	for (struct json_iter it = json_iter(json_get(v, "granular_markings")); json_next(&it);)
		circular(w, id, json_get(it.value, "marking_ref"), "granular_markings", here);
	if (span_is(kind, "statement")) {
		if (!json_is(json_get(definition, "statement"), JSON_STRING))
			FOUND(w, MISSING_PROPERTY, "STIX 2.1 §7.2.1.3", AT_KEY(here, "definition"), "a statement marking must have definition.statement, a string");
	} else if (span_is(kind, "tlp")) {
		rules_tlp(w, v, here);
	} else {
		if (kind.n)
			FOUND(w, CUSTOM_MARKING, rule, AT_KEY(here, "definition_type"), "\"%.*s\" is neither statement nor tlp: an extension would say what it is", SHORT(kind));
	}
	if (!span_is(kind, "tlp") && stix_tlp_of_definition(v) == STIX_TLP_UNKNOWN)
		FOUND(w, TLP_LOOKALIKE, rule, AT_KEY(here, "id"), "it looks like a TLP marking and is none of the registered ones: objects with it are released to nobody");
}

void rules_extension_definition(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	static const char rule[] = "STIX 2.1 §7.3";
	bool toplevel = false;
	for (struct json_iter it = json_iter(json_get(v, "extension_types")); json_next(&it);)
		toplevel |= span_is(json_string_or_none(it.value), "toplevel-property-extension");
	if (has(v, "extension_properties") && !toplevel)
		FOUND(w, ONLY_WITH, rule, AT_KEY(here, "extension_properties"), "extension_properties are for the extension type toplevel-property-extension only");
	if (!has(v, "description"))
		found_plain(w, RULE_EXTENSION_DESCRIPTION, rule, here, NULL, "an extension definition should have a description");
	if (!has(v, "extension_properties") && toplevel)
		FOUND(w, EXTENSION_PROPERTIES, rule, AT_KEY(here, "extension_properties"), "a toplevel-property-extension should list its properties in extension_properties");
}
