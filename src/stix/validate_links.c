/* SPDX-License-Identifier: Apache-2.0 */
/* Rules between objects: which relationships the standard lists, and versions that stand twice in a bundle. */
#include "stix/validate_priv.h"
#include <assert.h>
#include <stdlib.h>

#define ACTOR_TARGETS "|identity|location|vulnerability|"
#define MEANS "|attack-pattern|infrastructure|malware|tool|"
#define SPREADS "|malware|tool|file|"
#define CONTACTS "|ipv4-addr|ipv6-addr|domain-name|url|"

/* The relationships of each type's own table in §4 and §6, by source; "*" stands for any observable. */
static const struct relation {
	const char *source, *type, *targets;
} relations[] = {
	{ "attack-pattern", "delivers", "|malware|" },
	{ "attack-pattern", "targets", ACTOR_TARGETS },
	{ "attack-pattern", "uses", "|malware|tool|" },
	{ "campaign", "attributed-to", "|intrusion-set|threat-actor|" },
	{ "campaign", "compromises", "|infrastructure|" },
	{ "campaign", "originates-from", "|location|" },
	{ "campaign", "targets", ACTOR_TARGETS },
	{ "campaign", "uses", MEANS },
	{ "course-of-action", "investigates", "|indicator|" },
	{ "course-of-action", "mitigates", "|attack-pattern|indicator|malware|tool|vulnerability|" },
	{ "course-of-action", "remediates", "|malware|vulnerability|" },
	{ "domain-name", "resolves-to", "|domain-name|ipv4-addr|ipv6-addr|" },
	{ "identity", "located-at", "|location|" },
	{ "indicator", "indicates", "|attack-pattern|campaign|infrastructure|intrusion-set|malware|threat-actor|tool|" },
	{ "indicator", "based-on", "|observed-data|" },
	{ "infrastructure", "communicates-with", "|infrastructure|ipv4-addr|ipv6-addr|domain-name|url|" },
	{ "infrastructure", "consists-of", "|*|infrastructure|observed-data|" },
	{ "infrastructure", "controls", "|infrastructure|malware|" },
	{ "infrastructure", "delivers", "|malware|" },
	{ "infrastructure", "has", "|vulnerability|" },
	{ "infrastructure", "hosts", "|tool|malware|" },
	{ "infrastructure", "located-at", "|location|" },
	{ "infrastructure", "uses", "|infrastructure|" },
	{ "intrusion-set", "attributed-to", "|threat-actor|" },
	{ "intrusion-set", "compromises", "|infrastructure|" },
	{ "intrusion-set", "hosts", "|infrastructure|" },
	{ "intrusion-set", "owns", "|infrastructure|" },
	{ "intrusion-set", "originates-from", "|location|" },
	{ "intrusion-set", "targets", ACTOR_TARGETS },
	{ "intrusion-set", "uses", MEANS },
	{ "ipv4-addr", "belongs-to", "|autonomous-system|" },
	{ "ipv4-addr", "resolves-to", "|mac-addr|" },
	{ "ipv6-addr", "belongs-to", "|autonomous-system|" },
	{ "ipv6-addr", "resolves-to", "|mac-addr|" },
	{ "malware", "authored-by", "|threat-actor|intrusion-set|" },
	{ "malware", "beacons-to", "|infrastructure|" },
	{ "malware", "exfiltrates-to", "|infrastructure|" },
	{ "malware", "communicates-with", CONTACTS },
	{ "malware", "controls", "|malware|" },
	{ "malware", "downloads", SPREADS },
	{ "malware", "drops", SPREADS },
	{ "malware", "exploits", "|vulnerability|" },
	{ "malware", "originates-from", "|location|" },
	{ "malware", "targets", "|identity|infrastructure|location|vulnerability|" },
	{ "malware", "uses", MEANS },
	{ "malware", "variant-of", "|malware|" },
	{ "malware-analysis", "characterizes", "|malware|" },
	{ "malware-analysis", "analysis-of", "|malware|" },
	{ "malware-analysis", "av-analysis-of", "|malware|" },
	{ "malware-analysis", "static-analysis-of", "|malware|" },
	{ "malware-analysis", "dynamic-analysis-of", "|malware|" },
	{ "threat-actor", "attributed-to", "|identity|" },
	{ "threat-actor", "compromises", "|infrastructure|" },
	{ "threat-actor", "hosts", "|infrastructure|" },
	{ "threat-actor", "owns", "|infrastructure|" },
	{ "threat-actor", "impersonates", "|identity|" },
	{ "threat-actor", "located-at", "|location|" },
	{ "threat-actor", "targets", ACTOR_TARGETS },
	{ "threat-actor", "uses", MEANS },
	{ "tool", "delivers", "|malware|" },
	{ "tool", "drops", "|malware|" },
	{ "tool", "has", "|vulnerability|" },
	{ "tool", "targets", "|identity|infrastructure|location|vulnerability|" },
	{ "tool", "uses", "|infrastructure|" },
};
#define N_RELATIONS (sizeof relations / sizeof *relations)

/* Made at start: where each source's rows begin, and the targets as sets of type numbers. */
static uint8_t first[MODEL_CUSTOM], count[MODEL_CUSTOM];
static uint64_t targets[N_RELATIONS];

__attribute__((constructor)) static void links_start(void)
{
	for (size_t i = 0; i < N_RELATIONS; i++) {
		const struct model_type *source = model_type(span_of(relations[i].source));
		assert(source);
		size_t s = model_type_number(source);
		first[s] = count[s] ? first[s] : (uint8_t)i;
		assert(first[s] + count[s] == (int)i); /* a source's rows stand together */
		count[s]++;
		targets[i] = model_targets(relations[i].targets);
	}
}

static bool listed(struct span type, int64_t source, int64_t target)
{
	if (source < 0 || source >= MODEL_CUSTOM || target < 0)
		return false;
	for (size_t i = first[source]; i < (size_t)first[source] + count[source]; i++) {
		if (targets[i] >> target & 1 && span_is(type, relations[i].type))
			return true;
	}
	return false;
}

void rules_relationship(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	enum { TYPE,
		DESCRIPTION,
		SOURCE,
		TARGET }; /* the first rows of relationship in model.c */
	if (~seen->present & (1u << TYPE | 1u << SOURCE | 1u << TARGET))
		return;
	struct span name = json_string_or_none((struct json){ v.doc, seen->at[TYPE] });
	int64_t source = seen->fact[SOURCE], target = seen->fact[TARGET];
	if (!name.n || source < 0 || target < 0 || listed(name, source, target) || model_word("|derived-from|duplicate-of|related-to|", name))
		return;
	found_plain(w, RULE_RELATIONSHIP_TYPE, "STIX 2.1 §5.1", AT_KEY(here, "relationship_type"), NULL,
		"the standard does not list this relationship between objects of these types: related-to is always allowed");
}

/* ---- bundles ---- */

struct version {
	struct span id, modified;
};

static int by_id(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	int d = span_cmp(x->id, y->id);
	return d ? d : span_cmp(x->modified, y->modified);
}

void rules_bundle(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here)
{
	struct json objects = json_get(v, "objects");
	size_t room = json_is(objects, JSON_ARRAY) ? json_count(objects) : 0, n = 0;
	if (room < 2)
		return;
	struct version *all = arena_array(w->a, room, sizeof *all);
	if (!all) {
		w->failed = true;
		return;
	}
	for (struct json_iter it = json_iter(objects); json_next(&it);) {
		all[n] = (struct version){ json_string_or_none(json_get(it.value, "id")), json_string_or_none(json_get(it.value, "modified")) };
		n += all[n].id.n && all[n].modified.n;
	}
	qsort(all, n, sizeof *all, by_id);
	for (size_t i = 1; i < n; i++) {
		if (by_id(&all[i - 1], &all[i]) == 0)
			FOUND(w, DUPLICATE_VERSION, "STIX 2.1 §3.6", AT_KEY(here, "objects"), "%.*s stands twice with the same modified time", SHORT(all[i].id));
	}
}
