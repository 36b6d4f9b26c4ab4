/* SPDX-License-Identifier: Apache-2.0 */
/* Search tokens of any bytes: separated by single spaces, folded, and what they are made of finds them again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool has(struct span tokens, struct span token)
{
	for (size_t i = 0; i < tokens.n;) {
		size_t end = i;
		while (end < tokens.n && tokens.p[end] != ' ')
			end++;
		if (span_eq((struct span){ tokens.p + i, end - i }, token))
			return true;
		i = end + 1;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 4096)
		return 0;
	struct arena *a ARENA_SCOPE = arena_new(16u << 20);
	assert(a);
	struct span once = store_words(a, (struct span){ (const char *)p, n });
	assert(once.p);
	struct span twice = store_words(a, once);
	for (size_t i = 0; i < once.n;) {
		size_t end = i;
		while (end < once.n && once.p[end] != ' ')
			end++;
		assert(end > i);
		for (size_t k = i; k < end; k++)
			assert(once.p[k] < 'A' || once.p[k] > 'Z');
		assert(has(twice, (struct span){ once.p + i, end - i }));
		i = end + 1;
	}
	return 0;
}
