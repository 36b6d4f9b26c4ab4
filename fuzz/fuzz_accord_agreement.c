/* SPDX-License-Identifier: Apache-2.0 */
/* An agreement of any bytes: what is accepted is complete, and reads back to the same id, digest and events. */
#include <assert.h>
#include <stdint.h>
#include "accord/accord_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ARENA_SCOPE struct arena *a = arena_new(64u << 20);
	struct accord_document d, again;
	struct fault f = { "", "" };

	assert(a && sign_init() == ERR_OK);
	if (accord_document_read(a, (struct span){ (const char *)p, n }, (struct timestamp){ 1800000000000000 }, &d, &f) != ERR_OK) {
		assert(f.what[0] || !arena_ok(a));
		return 0;
	}
	assert(d.policy.id.n && d.digest.n == 64 && d.policy.ceiling >= STIX_TLP_CLEAR && d.policy.ceiling <= STIX_TLP_RED);
	assert(timestamp_before(d.policy.effective, d.policy.expires));
	assert(accord_document_read(a, d.json, (struct timestamp){ 0 }, &again, &f) == ERR_OK);
	assert(span_eq(d.policy.id, again.policy.id) && span_eq(d.digest, again.digest) && d.n_events == again.n_events && strcmp(d.marking, again.marking) == 0);
	assert(d.policy.effective.us == again.policy.effective.us && d.policy.clients == again.policy.clients && d.policy.retroactive_all == again.policy.retroactive_all);
	return 0;
}
