/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs from outside: sizes and hashes as they come.  A proof that is accepted with one bit more or less is never accepted too. */
#include <assert.h>
#include "sign/merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct merkle_hash one, two, proof[80];
	uint64_t x, y;
	if (n < 16 + 64 || n > 16 + 64 + sizeof proof || sign_init())
		return 0;
	memcpy(&x, p, 8);
	memcpy(&y, p + 8, 8);
	memcpy(&one, p + 16, 32);
	memcpy(&two, p + 48, 32);
	size_t count = (n - 80) / 32;
	memcpy(proof, p + 80, count * 32);
	for (int shift = 0; shift < 64; shift += 8) { /* small sizes too */
		bool in = merkle_check_inclusion(&one, x >> shift, y >> shift, proof, count, &two);
		bool on = merkle_check_consistency(x >> shift, &one, y >> shift, &two, proof, count);
		two.b[0] ^= 1;
		assert(!in || !merkle_check_inclusion(&one, x >> shift, y >> shift, proof, count, &two));
		assert(!on || x >> shift == 0 || !merkle_check_consistency(x >> shift, &one, y >> shift, &two, proof, count));
		two.b[0] ^= 1;
	}
	return 0;
}
