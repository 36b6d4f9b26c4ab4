/* SPDX-License-Identifier: Apache-2.0 */
/* Is it STIX 2.1?  By table: every finding names the path, the rule and what to do. */
#ifndef STIX_VALIDATE_H
#define STIX_VALIDATE_H
#include "stix/object.h"

enum stix_severity { STIX_ERROR,
	STIX_WARNING };
struct stix_finding {
	enum stix_severity severity;
	const char *code; /* stable short name, e.g. "missing-property" */
	const char *rule; /* "STIX 2.1 §4.7" */
	const char *path; /* JSON path inside the object, "valid_from", "extensions.x[0]" */
	const char *what; /* sentence: found, allowed */
	const char *hint; /* likely fix, or NULL */
};
struct stix_findings {
	struct stix_finding *v;
	size_t n, room;
	size_t errors, warnings; /* counted beyond BOUND_FINDINGS too */
};

/* Judges one object; findings and their texts live in a.  False only when memory ran out.  STIX 2.0 objects are judged by the common
 * properties alone.  No allocation happens for a valid object of standard type. */
bool stix_validate(struct arena *a, struct json value, struct stix_findings *out);
/* First error as a fault ("where": path, "what": sentence, rule and hint), for TAXII failures. */
enum err stix_findings_fault(const struct stix_findings *found, struct fault *f);
#endif
