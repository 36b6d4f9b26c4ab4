/* SPDX-License-Identifier: Apache-2.0 */
/* musubi's own STIX extensions (docs/protocol/extensions.md): sharing scope on a marking-definition; member record on an identity; agreement and accession
 * on marking-definitions; notice on a note. */
#ifndef STIX_SHARING_H
#define STIX_SHARING_H
#include "stix/object.h"

#define STIX_EXT_SHARING "extension-definition--add13551-cf28-4ce6-8e4c-d3aa4f2028ec"
#define STIX_EXT_MEMBER "extension-definition--37a30044-7f13-41b7-9285-411f0a5820d4"
#define STIX_EXT_AGREEMENT "extension-definition--274dc357-6481-4987-9bed-b086aa61c627"
#define STIX_EXT_ACCESSION "extension-definition--267f1a31-8599-4e2d-b00a-cbaab2179642"
#define STIX_EXT_NOTICE "extension-definition--f8954209-c7d1-4ba0-bb95-7e6eaff76b53"

enum stix_personal { STIX_PERSONAL_UNSAID,
	STIX_PERSONAL_PRESENT,
	STIX_PERSONAL_REMOVED };

/* One sharing scope: what the extension on a marking-definition says.  Members of the JSON object, all optional:
 * agreement (id), agreement_digest (hex SHA-256), named (ids of organisations and persons), countries (ISO 3166-1 alpha-2), not_before (timestamp),
 * personal_data ("present" | "removed"), exercise (id). */
struct stix_sharing {
	struct span agreement, agreement_digest, exercise;
	struct span *named;
	size_t n_named;
	struct span *countries;
	size_t n_countries;
	bool has_not_before;
	struct timestamp not_before;
	enum stix_personal personal;
};
/* Reads the sharing extension of a marking-definition.  ERR_NOTFOUND where it has none; ERR_INVALID with the path (unknown members are errors:
 * a scope that is not understood must not be widened). */
enum err stix_sharing_read(struct arena *a, struct json marking_definition, struct stix_sharing *out, struct fault *f) CHECK_RESULT;
/* Writes a complete marking-definition for a scope (id, creator, created given). */
void stix_sharing_write(struct json_out *o, struct span id, struct span created_by, struct timestamp created, const struct stix_sharing *s);

/* May the object hold personal data (design/policy.md)?  By type and by what its pattern compares; the sharing statement is not looked at. */
bool stix_personal_data(struct arena *a, const struct stix_object *o);
#endif
