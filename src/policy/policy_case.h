/* SPDX-License-Identifier: Apache-2.0 */
/* Policy cases as JSON (design/policy.md "What must be shown"): one case in, one answer out. */
#ifndef POLICY_POLICY_CASE_H
#define POLICY_POLICY_CASE_H
#include "policy/decide.h"

struct policy_case {
	struct policy_label label;
	struct policy_recipient recipient;
	struct policy_agreement agreement;
	bool has_agreement;
	struct timestamp at;
};
enum err policy_case_read(struct arena *a, struct json v, struct policy_case *out, struct fault *f) CHECK_RESULT;
/* {"decision":"withhold","reason":"country"} without newline. */
void policy_case_answer(const struct policy_case *c, struct buf *out);
#endif
