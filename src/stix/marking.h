/* SPDX-License-Identifier: Apache-2.0 */
/* TLP: the nine registered marking definitions, and the wish-be ones. */
#ifndef STIX_MARKING_H
#define STIX_MARKING_H
#include "stix/object.h"

/* In order of strictness; UNKNOWN is stricter than all: it is nobody. */
enum stix_tlp { STIX_TLP_NONE,
	STIX_TLP_CLEAR,
	STIX_TLP_GREEN,
	STIX_TLP_AMBER,
	STIX_TLP_AMBER_STRICT,
	STIX_TLP_RED,
	STIX_TLP_UNKNOWN };
const char *stix_tlp_name(enum stix_tlp t); /* "clear" … "amber+strict" … "unknown", "none" */
bool stix_tlp_parse(struct span word, enum stix_tlp *out); /* the same words, any case, "white" too, "tlp:" prefix allowed */
const char *stix_tlp_id(enum stix_tlp t); /* id of the TLP 2.0 marking definition; NULL for none and unknown */
/* The registered definition's JSON (TLP 2.0), for clients that want it along. */
struct span stix_tlp_definition(enum stix_tlp t);

/* TLP that an id stands for: one of the nine, or NONE when the id is not one of them. */
enum stix_tlp stix_tlp_of_id(struct span marking_id);
/* TLP that a marking-definition object claims: the registered ones as themselves; anything that looks like a TLP marking and is not
 * one of the nine (definition_type "tlp", the TLP 2.0 extension, a name such as "TLP:…") is UNKNOWN; other markings NONE. */
enum stix_tlp stix_tlp_of_definition(struct json marking_definition);
/* TLP among the object's `labels` texts ("tlp:amber", "TLP:X" -> unknown); NONE if there is none. */
enum stix_tlp stix_tlp_of_labels(struct json object);
#endif
