/* SPDX-License-Identifier: Apache-2.0 */
/* One STIX object as the house passes it around: facts read once, spans into the bytes as they came. */
#ifndef STIX_OBJECT_H
#define STIX_OBJECT_H
#include "util/json.h"
#include "util/timestamp.h"
#include "util/uuid.h"

enum stix_class { STIX_CLASS_SDO,
	STIX_CLASS_SRO,
	STIX_CLASS_SCO,
	STIX_CLASS_META,
	STIX_CLASS_CUSTOM };

struct stix_ref {
	struct span id; /* referred id */
	const char *property; /* last key on the way, e.g. "object_refs" */
	bool exempt; /* marking, creator, extension definition: travels with the object (design/policy.md) */
	bool named; /* its UUID is version 5: the closure rule applies */
};

struct stix_object {
	struct span raw; /* the bytes exactly as they came */
	struct json value; /* parsed; dead when the parser goes on, the spans below are in the arena */
	struct span type;
	struct span id;
	struct uuid uuid;
	enum stix_class kind;
	struct span spec_version; /* "2.1" or "2.0": given, or told by the form (2.0 objects have none; observables of 2.1 may lack it) */
	struct span created, modified; /* to the letter; n == 0 where there is none */
	struct span version; /* what TAXII calls the version: modified, else created, else STIX_NO_VERSION */
	int64_t version_ns;
	bool revoked;
	struct span created_by; /* n == 0: none */
	struct span name; /* name, or the nearest there is (value, pattern …); may be empty */
	struct stix_ref *refs; /* every *_ref and *_refs anywhere in it, in order, duplicates kept */
	size_t n_refs;
	struct span *markings; /* object_marking_refs and granular marking_refs */
	size_t n_markings;
	bool has_granular;
};

/* The constant version of objects that have neither modified nor created (design/taxii.md). */
#define STIX_NO_VERSION "1970-01-01T00:00:00.000Z"

/* Reads what stix_object holds from a parsed object (all spans are copied into a, raw excepted).  It asks only for
 * type and id in good form and readable timestamps; stix_validate judges the rest.  ERR_INVALID (where: JSON path), ERR_NOMEM. */
enum err stix_object_read(struct arena *a, struct json value, struct span raw, struct stix_object *out, struct fault *f) CHECK_RESULT;

/* "type--uuid": ERR_INVALID says what is wrong. */
struct stix_id {
	struct span type;
	struct uuid uuid;
};
enum err stix_id_parse(struct span text, struct stix_id *out, struct fault *f) CHECK_RESULT;
bool stix_id_is(struct span text, const char *type);

/* The deterministic id of a cyber observable (§2.9) into out; false where the type has no id contributing properties present
 * (or is no observable) so that the id is random. */
bool stix_observable_id(struct arena *a, struct json value, struct span *out);
#endif
