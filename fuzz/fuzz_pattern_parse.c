/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns: what parses prints as text that parses to the same print; what does not has a fault with a place. */
#include <assert.h>

#include "pattern/pattern.h"
#include "util/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool count(void *ctx, const struct pattern *comparison)
{
	assert(comparison->kind == PATTERN_COMPARE && comparison->steps > 0 && comparison->at < comparison->end);
	++*(size_t *)ctx;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span text = { (const char *)p, n };
	const struct pattern *tree = NULL, *again = NULL;
	struct arena *a = arena_new(256u << 20);
	struct fault f = { "", "" };
	struct buf first, second;
	size_t comparisons = 0, same = 0;

	assert(a);
	buf_init(&first, 16u << 20);
	buf_init(&second, 16u << 20);
	if (pattern_parse(a, text, &tree, &f) != ERR_OK) {
		assert(!tree && f.what[0]);
	} else {
		enum err checked = pattern_check(a, text, tree, &f);

		pattern_each(tree, count, &comparisons);
		pattern_print(tree, &first);
		assert(buf_ok(&first) && comparisons > 0 && tree->end <= n);
		/* White space and quotes may make the print longer than a pattern may be. */
		if (first.n <= BOUND_PATTERN_BYTES) {
			assert(pattern_parse(a, buf_span(&first), &again, &f) == ERR_OK);
			assert(pattern_check(a, buf_span(&first), again, &f) == checked);
			pattern_each(again, count, &same);
			pattern_print(again, &second);
			assert(same == comparisons && span_eq(buf_span(&first), buf_span(&second)));
		}
	}
	buf_release(&first);
	buf_release(&second);
	arena_free(a);
	return 0;
}
