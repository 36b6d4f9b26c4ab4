/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that are told only where they are asked for: SHOULDs that good objects seldom follow. */
#include <stdio.h>
#include "stix/forms_priv.h"
#include "stix/validate_priv.h"
#include "util/bounds.h"

#define ADVISE(w, name, at, hint, text) found(w, RULE_##name, stix_rules[RULE_##name].rule, at, hint, "%s", text)

static bool has(struct json v, const char *key)
{
	return json_has(json_get(v, key));
}

static void advise_language(struct walk *w, struct json v)
{
	static const char *const texts[] = { "name", "description", "abstract", "content", "explanation", "objective" };
	bool any = false;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		any |= has(v, texts[i]);
	if (any && !has(v, "lang"))
		ADVISE(w, NO_LANGUAGE, AT_KEY(NULL, "lang"), NULL, "the texts' language should be said, as in \"lang\": \"en\"");
}

/* Every dictionary that is called hashes, at any depth. */
static void advise_hashes(struct walk *w, struct json v, const struct at *here)
{
	struct at at = { .up = here };
	for (struct json_iter it = json_iter(v); json_next(&it); at.index++) {
		at.key = it.object ? &it.key : NULL;
		if (it.object && span_is(it.key, "hashes") && json_count(it.value) && !has(it.value, "SHA-256"))
			ADVISE(w, NO_SHA256, &at, NULL, "a SHA-256 should be among the hashes");
		advise_hashes(w, it.value, &at);
	}
}

/* ISO 3166-2: a country, a hyphen, one to three letters or digits. */
static bool area_code(struct span s)
{
	bool ok = s.n >= 4 && s.n <= 6 && s.p[2] == '-' && !check_country((struct span){ s.p, 2 });
	for (size_t i = 3; ok && i < s.n; i++)
		ok = (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9');
	return ok;
}

static void advise_location(struct walk *w, struct json v)
{
	struct span area = json_string_or_none(json_get(v, "administrative_area"));
	if (has(v, "latitude") && !has(v, "precision"))
		ADVISE(w, NO_PRECISION, AT_KEY(NULL, "precision"), NULL, "precision, in metres, should be there");
	if (area.p && !area_code(area))
		ADVISE(w, ADMINISTRATIVE_AREA, AT_KEY(NULL, "administrative_area"), NULL, "a code of ISO 3166-2 should stand here, as in JP-13");
}

static void advise_traffic(struct walk *w, struct json v)
{
	static const struct {
		const char *extension, *protocol;
	} rows[] = { { "http-request-ext", "http" }, { "icmp-ext", "icmp" }, { "tcp-ext", "tcp" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool named = !has(json_get(v, "extensions"), rows[i].extension);
		for (struct json_iter it = json_iter(json_get(v, "protocols")); json_next(&it);)
			named |= span_starts(json_string_or_none(it.value), span_of(rows[i].protocol));
		if (!named)
			ADVISE(w, PROTOCOL_EXTENSION, AT_KEY(NULL, "protocols"), rows[i].protocol, "the protocol of the extension should be listed");
	}
}

static void advise_id(struct walk *w, struct json v)
{
	struct stix_id id;
	struct span given = json_string_or_none(json_get(v, "id")), want = { NULL, 0 };
	char hint[BOUND_ID_BYTES + 64];
	if (stix_id_parse(given, &id, NULL) != ERR_OK || uuid_version(&id.uuid) != 5)
		return;
	struct arena *scratch ARENA_SCOPE = arena_new(4096);
	if (!scratch || !stix_observable_id(scratch, v, &want) || span_eq(want, given))
		return;
	snprintf(hint, sizeof hint, "the deterministic id of these properties is %.*s", SPAN_ARG(want));
	ADVISE(w, ID_NOT_DETERMINISTIC, AT_KEY(NULL, "id"), hint, "the UUID is of version 5, and is not made of the object's id contributing properties");
}

bool stix_advise(struct arena *a, struct json value, struct stix_findings *out)
{
	struct walk w = { .a = a, .out = out };
	struct span type = json_string_or_none(json_get(value, "type")), schema = json_string_or_none(json_get(value, "schema"));
	struct span creator = json_string_or_none(json_get(value, "created_by_ref"));
	const struct model_type *t = model_type(type);
	if (creator.n && !span_starts(creator, SPAN("identity--")))
		ADVISE(&w, CREATOR_TYPE, AT_KEY(NULL, "created_by_ref"), NULL, "an identity should be named here");
	if (t && (t->kind == STIX_CLASS_SDO || t->kind == STIX_CLASS_SRO))
		advise_language(&w, value);
	if (t && t->kind == STIX_CLASS_SCO)
		advise_id(&w, value);
	if (span_is(type, "location"))
		advise_location(&w, value);
	if (span_is(type, "network-traffic"))
		advise_traffic(&w, value);
	if (span_is(type, "user-account") && has(value, "credential"))
		ADVISE(&w, CREDENTIAL, AT_KEY(NULL, "credential"), NULL, "make sure that this is no person's password");
	if (span_is(type, "extension-definition") && schema.p && check_url(schema))
		ADVISE(&w, SCHEMA_URL, AT_KEY(NULL, "schema"), NULL, "a URL should stand here");
	advise_hashes(&w, value, NULL);
	return !w.failed;
}
