/* SPDX-License-Identifier: Apache-2.0 */
/* musubi policy decide: cases in, answers out, one JSON line each. */
#include "cli/lines.h"
#include "policy/policy_case.h"

static enum err decide(void *ctx, struct arena *a, struct json v, struct buf *answer, struct fault *f)
{
	struct policy_case c;
	enum err e = policy_case_read(a, v, &c, f);

	if (e == ERR_OK)
		policy_case_answer(&c, answer);
	return e;
}

static int run_decide(struct cmd_args *a)
{
	return lines_run(a, cmd_arg(a, 0) ? cmd_arg(a, 0) : "-", true, decide, NULL);
}

const struct cmd cmd_policy_decide = {
	.name = "policy decide",
	.arguments = "[FILE]",
	.min_args = 0,
	.max_args = 1,
	.brief = "decide release cases given as JSON lines",
	.help = "Each line of FILE (or of standard input) is a case: label, recipient, agreement (or null) and the time `at`; each answer is one line, in the same order: "
		"{\"decision\":\"release\" or \"withhold\",\"reason\"}. A malformed case is answered {\"error\"}, and the exit status is 1 at the end. It is the decision that the "
		"hub itself uses, so it can be checked against another implementation of design/policy.md.\n\n"
		"  {\"label\":{\"origin\":\"o1\",\"tlp\":\"green\"},\"recipient\":{\"org\":\"o2\",\"member\":true,\"country\":\"TH\"},\"agreement\":null,\"at\":\"2026-01-01T00:00:00Z\"}",
	.run = run_decide,
};
