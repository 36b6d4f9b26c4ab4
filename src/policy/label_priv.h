/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the parts of labels and cases, strictly: wrong types and unknown members are errors; null and absent are the same. */
#ifndef POLICY_LABEL_PRIV_H
#define POLICY_LABEL_PRIV_H
#include "policy/decide.h"

/* `at` is the path for messages.  Results are copied into a. */
enum err label_text(struct arena *a, struct json v, const char *at, bool required, struct span *out, struct fault *f) CHECK_RESULT;
enum err label_list(struct arena *a, struct json v, const char *at, struct policy_names *out, struct fault *f) CHECK_RESULT;
enum err label_flag(struct json v, const char *at, bool *out, struct fault *f) CHECK_RESULT;
enum err label_time(struct json v, const char *at, bool *has, struct timestamp *out, struct fault *f) CHECK_RESULT;
/* A TLP word no stricter than `most` (RED for ceilings, UNKNOWN for labels). */
enum err label_level(struct json v, const char *at, enum stix_tlp most, enum stix_tlp *out, struct fault *f) CHECK_RESULT;
/* v is an object that has no other members than these (ends with NULL). */
enum err label_members(struct json v, const char *at, const char *const *known, struct fault *f) CHECK_RESULT;

/* In order and each once; spans are shared, the list lives in a.  False without memory. */
bool label_sorted(struct arena *a, struct policy_names in, struct policy_names *out) CHECK_RESULT;
bool label_has(struct policy_names names, struct span who);
#endif
