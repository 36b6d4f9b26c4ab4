/* SPDX-License-Identifier: Apache-2.0 */
/* Inside validation: the walk, the place where it stands, findings, and the rules that look at several properties. */
#ifndef STIX_VALIDATE_PRIV_H
#define STIX_VALIDATE_PRIV_H
#include "stix/model_priv.h"
#include "stix/rules_priv.h"
#include "stix/validate.h"

/* Where in the object; lives on the walker's stack, written out only for a finding. */
struct at {
	const struct at *up;
	const struct span *key; /* NULL: item number `index`.  Not a copy: copying what was just written stalled the walk */
	size_t index;
};
#define AT_KEY(here, text) (&(const struct at){ .up = (here), .key = &(struct span){ (text), strlen(text) } })
#define AT_SPAN(here, span) (&(const struct at){ .up = (here), .key = &(span) })

struct walk {
	struct arena *a;
	struct stix_findings *out;
	struct json object; /* the STIX object we are in */
	const struct model_type *type; /* its type; NULL for custom ones */
	struct span type_name;
	bool failed; /* no memory for a finding */
	struct span first_custom; /* the first custom property of the object itself: remarked on at its end */
	bool custom, unhashed; /* a custom property, a reference without hashes was remarked on: one remark an object */
	bool declared_known, declared; /* toplevel_extension's answer */
	bool observable; /* a custom type's shape is an observable's */
	struct json container; /* observed data's objects, when we are in one of them: references are its keys, ids may lack */
};

/* clause is a literal; hint may be NULL, and is copied. */
void found(struct walk *w, enum rule rule, const char *clause, const struct at *here, const char *hint, const char *what, ...)
	__attribute__((format(printf, 6, 7), cold));
/* The same for sentences and hints that are literals: nothing but the path is written. */
void found_plain(struct walk *w, enum rule rule, const char *clause, const struct at *here, const char *hint, const char *what);
#define FOUND(w, rule, clause, here, ...) found(w, RULE_##rule, clause, here, NULL, __VA_ARGS__)
/* May `steps` more be made through the object?  Says once that it asks for too much. */
bool may_look(struct walk *w, size_t steps, const struct at *here);
/* A text for "%.*s" in a sentence, cut to what people can read. */
#define SHORT(s) (int)((s).n > 80 ? 80 : (s).n), (s).p

/* The word nearest to `wrong` among "|a|b|", within two slips; {NULL,0} if none is near.  model_nearest: among a shape's properties. */
struct span nearest_word(const char *words, struct span wrong);
struct span nearest_property(const struct walk *w, const struct model_shape *s, struct span wrong);

/* ---- validate.c ---- */
void walk_shape(struct walk *w, const struct model_shape *s, struct json v, const struct at *here);
void walk_object(struct walk *w, struct json v, const struct at *here);
void walk_extensions(struct walk *w, struct json v, const struct at *here);
void walk_custom(struct walk *w, const struct model_shape *s, struct span key, struct json v, const struct at *here);

/* ---- validate_values.c ---- */
void judge_string(struct walk *w, const struct model_property *p, struct json v, const struct at *here);
void judge_number(struct walk *w, const struct model_property *p, struct json v, const struct at *here);
/* Gives the number of the type referred to (MODEL_CUSTOM for those outside of the standard); -1 where the id is none. */
int64_t judge_id(struct walk *w, const struct model_property *p, uint64_t targets, struct json v, const struct at *here);
void judge_self(struct walk *w, struct json v, const struct at *here);
/* Gives the time, for the rules of order; INT64_MIN where it cannot be read. */
int64_t judge_time(struct walk *w, const struct model_property *p, struct json v, const struct at *here);
void judge_hex(struct walk *w, struct json v, const struct at *here);
void judge_binary(struct walk *w, struct json v, const struct at *here);
void judge_dict(struct walk *w, const struct model_property *p, struct json v, const struct at *here);
void judge_hashes(struct walk *w, const struct model_property *p, struct json v, const struct at *here);
/* Keys twice anywhere in v. */
void judge_unique(struct walk *w, struct json v, const struct at *here);
void report_type(struct walk *w, struct json v, enum json_type want, const char *rule, const struct at *here) __attribute__((cold));
/* true: found one */
static inline bool wrong_type(struct walk *w, struct json v, enum json_type want, const char *rule, const struct at *here)
{
	if (json_type(v) == want)
		return false;
	report_type(w, v, want, rule, here);
	return true;
}

/* ---- validate_rules.c ---- */
typedef void model_rules(struct walk *w, struct json v, const struct model_seen *seen, const struct at *here);
model_rules rules_external_reference, rules_granular, rules_indicator, rules_location, rules_malware, rules_malware_analysis, rules_observed_data,
	rules_artifact, rules_mime_part, rules_email_message, rules_file, rules_network_traffic, rules_process, rules_any_or_extension, rules_language_content,
	rules_marking, rules_extension_definition, rules_sighting, rules_pe, rules_relationship, rules_bundle;
/* The id of an observable against its properties (§2.9). */
void rule_observable_id(struct walk *w, struct json v, const struct at *here);
#endif
