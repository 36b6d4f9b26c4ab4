/* SPDX-License-Identifier: Apache-2.0 */
/* A policy case of any bytes: the answer is one well-formed line, explaining agrees with it, and a label's key reads back to itself. */
#include <assert.h>
#include <stdint.h>
#include "policy/label.h"
#include "policy/policy_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void hear(void *ctx, int line, const char *rule, bool applies, const char *why)
{
	*(int *)ctx = applies ? line : 0;
}

static void check(struct arena *a, const struct policy_case *c)
{
	const struct policy_agreement *with = c->has_agreement ? &c->agreement : NULL;
	struct policy_answer answer = policy_decide(with, &c->label, &c->recipient, c->at);
	struct policy_label back;
	struct json v;
	int last = 0;
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	assert(policy_explain(with, &c->label, &c->recipient, c->at, hear, &last).reason == answer.reason && last == answer.line);
	assert(c->label.tlp != STIX_TLP_UNKNOWN || !answer.release || answer.reason == POLICY_ORIGIN);
	assert(policy_next_change(with, &c->label, c->at).us > c->at.us);
	policy_case_answer(c, &b);
	assert(buf_ok(&b) && json_read(a, buf_span(&b), &v, NULL) == ERR_OK);
	struct span key = policy_label_key(a, &c->label);
	assert(key.n && json_read(a, key, &v, NULL) == ERR_OK && policy_label_read(a, v, &back, NULL) == ERR_OK);
	assert(span_eq(key, policy_label_key(a, &back)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ARENA_SCOPE struct arena *a = arena_new(16u << 20);
	struct policy_case c;
	struct json v;

	if (n < 65536 && a && json_read(a, (struct span){ (const char *)p, n }, &v, NULL) == ERR_OK && policy_case_read(a, v, &c, NULL) == ERR_OK)
		check(a, &c);
	return 0;
}
