/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of rules_priv.h as data. */
#include "stix/rules_priv.h"

/* clang-format off */
const struct stix_rule stix_rules[] = {
#define X(name, code, severity, rule, of, bad, good, meaning) { code, STIX_##severity, rule, meaning, of, bad, good },
	STIX_RULES(X)
#undef X
};
/* clang-format on */
#define N_RULES (sizeof stix_rules / sizeof *stix_rules)

const struct stix_rule *stix_rule_at(size_t i)
{
	return i < N_RULES ? &stix_rules[i] : NULL;
}

const struct stix_rule *stix_rule(struct span code)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if (span_is(code, stix_rules[i].code))
			return &stix_rules[i];
	}
	return NULL;
}

const char *stix_severity_name(enum stix_severity s)
{
	return s == STIX_ERROR ? "error" : s == STIX_WARNING ? "warning"
							     : "advice";
}
