/* SPDX-License-Identifier: Apache-2.0 */
/* Is it STIX 2.1?  By table: every finding names the path, the rule and what to do. */
#ifndef STIX_VALIDATE_H
#define STIX_VALIDATE_H
#include "stix/object.h"

enum stix_severity { STIX_ERROR,
	STIX_WARNING,
	STIX_ADVICE };
const char *stix_severity_name(enum stix_severity s); /* "error", "warning", "advice" */

/* ---- rules ---- */
/* One row a rule, from rules_priv.h.  `of`: type of the examples; an example is a whole object, or members over the smallest good object of the type, ' for "; all
 * three NULL where no short example exists. */
struct stix_rule {
	const char *code; /* stable short name, e.g. "missing-property" */
	enum stix_severity severity;
	const char *rule; /* "STIX 2.1 §4.7"; a finding may name a nearer clause */
	const char *meaning;
	const char *of, *bad, *good;
};
const struct stix_rule *stix_rule_at(size_t i); /* NULL past the end */
const struct stix_rule *stix_rule(struct span code); /* NULL: there is none */

/* ---- findings ---- */
struct stix_finding {
	enum stix_severity severity;
	const char *code; /* of a stix_rule */
	const char *rule; /* "STIX 2.1 §4.7" */
	const char *path; /* JSON path inside the object, "valid_from", "extensions.x[0]" */
	const char *what; /* sentence: found, allowed */
	const char *hint; /* likely fix, or NULL */
};
struct stix_findings {
	struct stix_finding *v;
	size_t n, room;
	size_t errors, warnings, advice; /* counted beyond BOUND_FINDINGS too */
	size_t lookups; /* steps beside the one pass; at most BOUND_LOOKUPS and what the last one took */
};

/* Judges one object; findings and their texts live in a.  False only when memory ran out.  STIX 2.0 objects are judged by the common
 * properties alone.  No allocation happens for a valid object of standard type. */
bool stix_validate(struct arena *a, struct json value, struct stix_findings *out);
/* Adds the rules of STIX_ADVICE: what should be done, and seldom is. */
bool stix_advise(struct arena *a, struct json value, struct stix_findings *out);
/* First error as a fault ("where": path, "what": sentence, rule and hint), for TAXII failures. */
enum err stix_findings_fault(const struct stix_findings *found, struct fault *f);
#endif
