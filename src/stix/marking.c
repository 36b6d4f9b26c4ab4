/* SPDX-License-Identifier: Apache-2.0 */
/* The nine registered TLP markings, and telling a marking that only looks like one. */
#include "stix/marking.h"

/* clang-format off */
/* level, wire word, colour of TLP 2.0 as STIX writes it, id of the TLP 2.0 definition */
static const struct level {
	const char *name, *title, *id;
	struct span definition;
} levels[] = {
	[STIX_TLP_NONE] = { "none", NULL, NULL, { NULL, 0 } },
#define LEVEL(word, title, uuid)                                                                                                             \
	{ word, title, "marking-definition--" uuid,                                                                                            \
	  { "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--" uuid                                     \
	    "\",\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"" title                                                                    \
	    "\",\"extensions\":{\"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{"                                              \
	    "\"extension_type\":\"property-extension\",\"tlp_2_0\":\"" word "\"}}}",                                                           \
	    sizeof("{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--" uuid                              \
	           "\",\"created\":\"2022-10-01T00:00:00.000Z\",\"name\":\"" title                                                             \
	           "\",\"extensions\":{\"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{"                                       \
	           "\"extension_type\":\"property-extension\",\"tlp_2_0\":\"" word "\"}}}") - 1 } }
	[STIX_TLP_CLEAR] = LEVEL("clear", "TLP:CLEAR", "94868c89-83c2-464b-929b-a1a8aa3c8487"),
	[STIX_TLP_GREEN] = LEVEL("green", "TLP:GREEN", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
	[STIX_TLP_AMBER] = LEVEL("amber", "TLP:AMBER", "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
	[STIX_TLP_AMBER_STRICT] = LEVEL("amber+strict", "TLP:AMBER+STRICT", "939a9414-2ddd-4d32-a0cd-375ea402b003"),
	[STIX_TLP_RED] = LEVEL("red", "TLP:RED", "e828b379-4e03-4974-9ac4-e53a884c97c1"),
#undef LEVEL
	[STIX_TLP_UNKNOWN] = { "unknown", NULL, NULL, { NULL, 0 } },
};
/* clang-format on */
#define N_LEVELS (sizeof levels / sizeof *levels)

/* TLP 1.0, which the standard itself defines (§7.2.1.4) */
static const struct {
	const char *id;
	enum stix_tlp level;
} first_tlp[] = {
	{ "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", STIX_TLP_CLEAR },
	{ "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", STIX_TLP_GREEN },
	{ "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", STIX_TLP_AMBER },
	{ "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", STIX_TLP_RED },
};

const char *stix_tlp_name(enum stix_tlp t)
{
	return (size_t)t < N_LEVELS ? levels[t].name : "unknown";
}

const char *stix_tlp_id(enum stix_tlp t)
{
	return (size_t)t < N_LEVELS ? levels[t].id : NULL;
}

struct span stix_tlp_definition(enum stix_tlp t)
{
	return (size_t)t < N_LEVELS ? levels[t].definition : (struct span){ NULL, 0 };
}

static bool same_word(struct span a, const char *lower)
{
	if (a.n != strlen(lower))
		return false;
	for (size_t i = 0; i < a.n; i++) {
		char c = a.p[i] >= 'A' && a.p[i] <= 'Z' ? (char)(a.p[i] | 0x20) : a.p[i];
		if (c != lower[i])
			return false;
	}
	return true;
}

/* "TLP", "tlp:x", "TLP AMBER": begins with the letters tlp, and no further letter or digit joins them. */
static bool looks_like_tlp(struct span s)
{
	if (s.n < 3 || !same_word((struct span){ s.p, 3 }, "tlp"))
		return false;
	char c = s.n > 3 ? s.p[3] : 0;
	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
}

static struct span trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool stix_tlp_parse(struct span word, enum stix_tlp *out)
{
	struct span s = trim(word);
	if (looks_like_tlp(s) && s.n > 3 && s.p[3] == ':')
		s = trim((struct span){ s.p + 4, s.n - 4 });
	if (same_word(s, "white")) {
		*out = STIX_TLP_CLEAR;
		return true;
	}
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (same_word(s, levels[i].name)) {
			*out = (enum stix_tlp)i;
			return true;
		}
	}
	return false;
}

enum stix_tlp stix_tlp_of_id(struct span marking_id)
{
	for (size_t i = 0; i < sizeof first_tlp / sizeof *first_tlp; i++) {
		if (span_is(marking_id, first_tlp[i].id))
			return first_tlp[i].level;
	}
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (levels[i].id && span_is(marking_id, levels[i].id))
			return (enum stix_tlp)i;
	}
	return STIX_TLP_NONE;
}

/* A text that claims a level: its level, NONE where it does not look like TLP, UNKNOWN where it does and is none. */
static enum stix_tlp level_of_text(struct span text)
{
	enum stix_tlp t;
	struct span s = trim(text);
	if (!looks_like_tlp(s))
		return STIX_TLP_NONE;
	if (s.n < 4 || s.p[3] != ':' || !stix_tlp_parse(s, &t) || t == STIX_TLP_NONE)
		return STIX_TLP_UNKNOWN;
	return t;
}

/* What the parts of a definition say; UNKNOWN when they disagree or say what is no level. */
struct claim {
	bool made;
	enum stix_tlp level;
};

static void claim_add(struct claim *c, enum stix_tlp t)
{
	c->level = c->made && c->level != t ? STIX_TLP_UNKNOWN : t;
	c->made = true;
}

static void claim_word(struct claim *c, struct json word)
{
	enum stix_tlp t;
	bool known = json_is(word, JSON_STRING) && stix_tlp_parse(json_string(word), &t) && t != STIX_TLP_NONE;
	claim_add(c, known ? t : STIX_TLP_UNKNOWN);
}

static void claim_members(struct claim *c, struct json object)
{
	for (struct json_iter it = json_iter(object); it.object && json_next(&it);) {
		if (it.key.n >= 3 && same_word((struct span){ it.key.p, 3 }, "tlp"))
			claim_word(c, it.value);
	}
}

enum stix_tlp stix_tlp_of_definition(struct json marking_definition)
{
	struct claim c = { false, STIX_TLP_NONE };
	enum stix_tlp by_id = stix_tlp_of_id(json_string_or_none(json_get(marking_definition, "id")));
	struct span kind = json_string_or_none(json_get(marking_definition, "definition_type"));
	enum stix_tlp by_name = level_of_text(json_string_or_none(json_get(marking_definition, "name")));
	if (by_name != STIX_TLP_NONE)
		claim_add(&c, by_name);
	if (kind.n >= 3 && same_word((struct span){ kind.p, 3 }, "tlp"))
		claim_word(&c, json_get(json_get(marking_definition, "definition"), "tlp"));
	else
		claim_members(&c, json_get(marking_definition, "definition"));
	for (struct json_iter it = json_iter(json_get(marking_definition, "extensions")); json_next(&it);) {
		if (span_is(it.key, "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"))
			claim_word(&c, json_get(it.value, "tlp_2_0"));
		else
			claim_members(&c, it.value);
	}
	if (by_id == STIX_TLP_NONE)
		return c.made ? STIX_TLP_UNKNOWN : STIX_TLP_NONE;
	return c.made && c.level != by_id ? STIX_TLP_UNKNOWN : by_id;
}

enum stix_tlp stix_tlp_of_labels(struct json object)
{
	enum stix_tlp most = STIX_TLP_NONE;
	for (struct json_iter it = json_iter(json_get(object, "labels")); json_next(&it);) {
		enum stix_tlp t = level_of_text(json_string_or_none(it.value));
		if (t > most)
			most = t;
	}
	return most;
}
