/* SPDX-License-Identifier: Apache-2.0 */
/* The object types of STIX 2.1, one row each. */
#ifndef STIX_MODEL_PRIV_H
#define STIX_MODEL_PRIV_H
#include "stix/lookup_priv.h"
#include "stix/object.h"

#define MODEL_CONTRIBUTING 8
struct model_type {
	const char *name;
	enum stix_class kind;
	bool in_20; /* STIX 2.0 had it */
	const char *rule; /* where the standard defines it */
	const char *contributing[MODEL_CONTRIBUTING]; /* id contributing properties, in the order of JCS (§2.9) */
};
/* NULL: no type of the standard. */
const struct model_type *model_type(struct span name);
/* For messages and tests; NULL past the end. */
const struct model_type *model_type_at(size_t i);
size_t model_type_number(const struct model_type *t);
/* "type" as the standard allows it: a-z 0-9 and single hyphens, 3 to 250 bytes (§3.1, §7.3.2). */
bool model_type_name_ok(struct span name);

/* ---- properties ---- */

enum model_form {
	FORM_STRING, /* .check, where there is one, looks at its text */
	FORM_INTEGER, /* .low, .high */
	FORM_FLOAT, /* .low, .high */
	FORM_BOOLEAN,
	FORM_TIME,
	FORM_ID, /* .words: types it may point to, NULL: any */
	FORM_ENUM, /* .words: the only ones */
	FORM_OPEN, /* .words: the suggested ones */
	FORM_HEX,
	FORM_BINARY,
	FORM_HASHES,
	FORM_DICT, /* .words: types of its values, by JSON name; NULL: any */
	FORM_SHAPE, /* .shape */
	FORM_TYPE, /* the object's own type */
	FORM_SELF, /* its own id */
	FORM_EXTENSIONS,
	FORM_OBJECTS, /* list of whole objects */
	FORM_OBSERVABLES, /* observed-data's dictionary of objects */
};

enum model_flags {
	MODEL_REQUIRED = 1,
	MODEL_LIST = 2,
	MODEL_MAY_BE_EMPTY = 4, /* a list that real producers leave empty and the published schema lets pass */
	MODEL_COMMON = 8, /* does not count where "at least one property" is asked for */
	MODEL_MILLISECONDS = 16, /* a time with at least three fraction digits */
	MODEL_SOFT = 32, /* what is not in .words is a warning: real producers write it */
	MODEL_SECONDS = 64, /* a time without a fraction */
	MODEL_CLOSED = 128, /* hashes: no other names than the vocabulary's */
};

/* NULL: fine; else what is allowed, to be put behind "… is no ". */
typedef const char *model_check(struct span text);

struct model_shape;
struct model_property {
	const char *name;
	enum model_form form;
	unsigned flags;
	const char *words; /* "|a|b|" */
	const struct model_shape *shape;
	model_check *check; /* of a text; of a dictionary: of its keys */
	double low, high;
	uint8_t doubt; /* the rule that a text or key breaks which check refuses; 0: RULE_BAD_VALUE */
};

/* Two times of which the second must not be before the first. */
struct model_order {
	const char *first, *second;
	bool strictly;
};

struct walk;
struct at;
#define MODEL_MOST 64
/* What the walk met in an object of a shape, by number of the property. */
struct model_seen {
	uint64_t present;
	uint32_t at[MODEL_MOST]; /* where on the tape */
	int64_t fact[MODEL_MOST]; /* of a time its nanoseconds (INT64_MIN: unreadable), of a reference the number of its type (-1: no id) */
};
/* Made at start from the rows. */
struct model_index {
	struct lookup lookup;
	uint64_t required, own, identity, extensions; /* numbers of the properties that must be there; that count for any_one; its id; extensions */
	const struct model_property *row[MODEL_MOST];
	uint8_t length[MODEL_MOST]; /* of the names */
	uint64_t targets[MODEL_MOST]; /* of references: bit n allows the type of that number, bit MODEL_CUSTOM the others */
};
#define MODEL_CUSTOM 63
struct model_shape {
	struct model_index *index;
	const char *name, *rule;
	const struct model_property *own;
	size_t n_own;
	const struct model_property *common;
	size_t n_common;
	bool any_one; /* at least one own property */
	const struct model_order *order; /* ends with a NULL name */
	void (*rules)(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here);
	const char *more; /* for extensions: the type of object it belongs to */
	bool open; /* other properties are not looked at */
};
/* Property number i: own ones first. */
static inline const struct model_property *model_property_at(const struct model_shape *s, size_t i)
{
	return i < s->n_own ? &s->own[i] : &s->common[i - s->n_own];
}
/* The shape's property of that name and its number; NULL if it has none. */
static inline const struct model_property *model_property(const struct model_shape *s, struct span name, size_t *number)
{
	unsigned i = lookup_slot(&s->index->lookup, name);
	if (i == LOOKUP_NONE)
		return NULL;
	const struct model_property *p = s->index->row[i];
	if (s->index->length[i] != name.n || !lookup_same(p->name, name.p, name.n))
		return NULL;
	*number = i;
	return p;
}

/* Shape of a type of the standard; of custom types and 2.0 objects: their common properties. */
const struct model_shape *model_shape_of(const struct model_type *t);
extern const struct model_shape model_custom_domain, model_custom_observable, model_old, model_old_marking;
/* The predefined extension of observables ("ntfs-ext"); NULL if there is none of that name. */
const struct model_shape *model_extension(struct span key);
/* For tests: every shape, NULL past the end. */
const struct model_shape *model_shape_at(size_t i);

/* Types among words as a set of their numbers, MODEL_CUSTOM for the others: "*" stands for any observable, a leading "!" for all but those; NULL: all. */
uint64_t model_targets(const char *words);
/* Is word among "|a|b|"? */
bool model_word(const char *words, struct span word);

/* ---- vocabularies (§10) ---- */
/* clang-format off */
#define MODEL_WORDS(X)                                                                                                                         \
	X(account_type, "account-type-ov") X(attack_motivation, "attack-motivation-ov") X(attack_resource_level, "attack-resource-level-ov")   \
	X(encryption_algorithm, "encryption-algorithm-enum") X(extension_type, "extension-type-enum") X(grouping_context, "grouping-context-ov") \
	X(hash_algorithm, "hash-algorithm-ov") X(identity_class, "identity-class-ov") X(implementation_language, "implementation-language-ov") \
	X(indicator_type, "indicator-type-ov") X(industry_sector, "industry-sector-ov") X(infrastructure_type, "infrastructure-type-ov")       \
	X(malware_result, "malware-result-ov") X(malware_capabilities, "malware-capabilities-ov") X(malware_type, "malware-type-ov")           \
	X(address_family, "network-socket-address-family-enum") X(socket_type, "network-socket-type-enum") X(opinion, "opinion-enum")          \
	X(pattern_type, "pattern-type-ov") X(processor, "processor-architecture-ov") X(region, "region-ov") X(report_type, "report-type-ov")   \
	X(actor_type, "threat-actor-type-ov") X(actor_role, "threat-actor-role-ov") X(actor_skill, "threat-actor-sophistication-ov")           \
	X(tool_type, "tool-type-ov") X(integrity_level, "windows-integrity-level-enum") X(pe_type, "windows-pebinary-type-ov")                 \
	X(registry_type, "windows-registry-datatype-enum") X(service_start, "windows-service-start-type-enum")                                 \
	X(service_type, "windows-service-type-enum") X(service_status, "windows-service-status-enum") X(spec_version, "spec_version")
/* clang-format on */
#define X(name, wire) extern const char words_##name[];
MODEL_WORDS(X)
#undef X

/* ---- checks of texts (forms.c) ---- */
model_check check_ipv4, check_ipv6, check_mac, check_url, check_domain, check_email, check_language, check_charset, check_cpe, check_mime,
	check_relationship, check_country, check_hive, check_selector, check_chain, check_product, check_priority, check_media, check_service, check_ipfix,
	check_header, check_socket, check_pdf, check_name;
#endif
