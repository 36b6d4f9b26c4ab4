/* SPDX-License-Identifier: Apache-2.0 */
/* Building the perfect hashes over our fixed sets of words. */
#include "stix/lookup_priv.h"
#include <assert.h>

static bool lookup_try(struct lookup *l, const uint64_t *mix, size_t n)
{
	memset(l->slot, LOOKUP_NONE, sizeof l->slot);
	for (size_t i = 0; i < n; i++) {
		size_t at = (mix[i] * l->mul) >> l->shift;
		if (l->slot[at] != LOOKUP_NONE)
			return false;
		l->slot[at] = (uint8_t)i;
	}
	return true;
}

void lookup_build(struct lookup *l, size_t n, struct span (*word)(const void *ctx, size_t i), const void *ctx)
{
	uint64_t mix[LOOKUP_MOST];
	assert(n <= LOOKUP_MOST);
	for (size_t i = 0; i < n; i++) {
		mix[i] = lookup_mix(word(ctx, i));
		for (size_t j = 0; j < i; j++)
			assert(mix[i] != mix[j]); /* these two words would need one more byte in lookup_mix */
	}
	/* the smallest table that a thousand multipliers can fill: it stays in few cache lines */
	for (unsigned bits = 3; bits <= 9; bits++) {
		l->shift = 64 - bits;
		l->mul = UINT64_C(0x2545f4914f6cdd1d);
		for (int i = 0; n <= ((size_t)1 << bits) && i < 1000; i++) {
			if (lookup_try(l, mix, n))
				return;
			l->mul = l->mul * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		}
	}
	assert(!"no multiplier tells these words apart");
}
