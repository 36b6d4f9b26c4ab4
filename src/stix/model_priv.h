/* SPDX-License-Identifier: Apache-2.0 */
/* The object types of STIX 2.1, one row each. */
#ifndef STIX_MODEL_PRIV_H
#define STIX_MODEL_PRIV_H
#include "stix/object.h"

#define MODEL_CONTRIBUTING 8
struct model_type {
	const char *name;
	enum stix_class kind;
	bool in_20;                                   /* STIX 2.0 had it */
	const char *rule;                             /* where the standard defines it */
	const char *contributing[MODEL_CONTRIBUTING]; /* id contributing properties, in the order of JCS (§2.9) */
};
/* NULL: no type of the standard. */
const struct model_type *model_type(struct span name);
/* For messages and tests; NULL past the end. */
const struct model_type *model_type_at(size_t i);
/* "type" as the standard allows it: a-z 0-9 and hyphen, 3 to 250 bytes (§3.1). */
bool model_type_name_ok(struct span name);
#endif
