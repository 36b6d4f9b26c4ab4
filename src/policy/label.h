/* SPDX-License-Identifier: Apache-2.0 */
/* From an object's markings to its label, and the door: what a hub refuses to take in. */
#ifndef POLICY_LABEL_H
#define POLICY_LABEL_H
#include "policy/decide.h"
#include "stix/sharing.h"

/* The facts about a submission that the object itself does not hold.  Gathered first, by the caller; nothing is looked up here. */
struct policy_submission {
	struct span origin, origin_country, submitter; /* organisation, its country, person or n == 0 */
	enum stix_tlp default_tlp; /* of the collection; NONE where it has none */
	struct timestamp now;
	const struct stix_object *object;
	/* the object's markings that are known: parsed marking-definitions, one for each of object->markings in that order; an entry with
	 * .doc == NULL is one that neither the envelope nor the store has */
	const struct json *markings;
	/* how agreement ids (or ids of the marking-definitions that stand for them) are resolved; NULL result: not known */
	const struct policy_agreement *(*agreement)(void *ctx, struct span id);
	void *ctx;
	/* created_by_ref is another member of this federation, and whether that member delegated to the origin */
	bool creator_is_other_member, creator_delegated;
	bool from_peer; /* submitter's party status and clock are not checked again: the home hub did */
};

/* code, wire name, words with what to do next */
#define POLICY_DOOR_LIST(X) \
	X(OK, "ok", "accepted") \
	X(NO_TLP, "no-tlp", "it has no TLP marking and the collection has no default: add one, for instance TLP:GREEN marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb") \
	X(UNKNOWN_TLP, "unknown-tlp", "it carries something that looks like a TLP marking and is not one of the registered definitions") \
	X(UNKNOWN_SCOPE, "unknown-scope", "its sharing scope cannot be understood") \
	X(UNKNOWN_AGREEMENT, "unknown-agreement", "it names an agreement that this hub does not know") \
	X(AGREEMENT_NOT_IN_FORCE, "agreement-not-in-force", "it names an agreement that is not in force") \
	X(OVER_CEILING, "over-ceiling", "its TLP is stricter than the agreement's ceiling") \
	X(NOT_A_PARTY, "submitter-not-a-party", "the submitter is not a party to the agreement it names") \
	X(CONTRADICTION, "contradicting-markings", "its markings contradict each other") \
	X(PERSONAL_DATA, "personal-data", "it holds personal data and the agreement says none: remove it and say so in the sharing marking (personal_data: removed)") \
	X(ATTRIBUTION, "attribution", "it names its creator and the agreement says that the source must not be named: leave created_by_ref out") \
	X(CREATOR, "creator", "created_by_ref is another member, who has not delegated to the submitter") \
	X(FUTURE, "future", "it is newer than this hub's clock by more than five minutes")
enum policy_door {
#define X(k, name, words) POLICY_DOOR_##k,
	POLICY_DOOR_LIST(X)
#undef X
};
const char *policy_door_name(enum policy_door d);
const char *policy_door_words(enum policy_door d);

/* Makes the object's label (spans live in a) or says why the door stays shut: *why is set in both cases, f tells the case in words with the
 * values at fault.  ERR_OK, ERR_DENIED (*why != OK), ERR_NOMEM. */
enum err policy_admit(struct arena *a, const struct policy_submission *s, struct policy_label *out, enum policy_door *why, struct fault *f) CHECK_RESULT;

/* Canonical text of a label, equal exactly for equal labels: the key under which it is interned. */
struct span policy_label_key(struct arena *a, const struct policy_label *l);
enum err policy_label_read(struct arena *a, struct json key, struct policy_label *out, struct fault *f) CHECK_RESULT;

/* Is `mine` less strict than `referred` (the warning for relationships, sightings, notes …)? */
bool policy_label_looser(const struct policy_label *mine, const struct policy_label *referred);
#endif
