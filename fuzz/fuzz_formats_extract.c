/* SPDX-License-Identifier: Apache-2.0 */
/* Prose: what is found stands in the text, in order, once, in normal form; a value that leaves no doubt is found again where it stands alone. */
#include <assert.h>
#include "formats/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
			return false;
	}
	return true;
}

static void found_alone(struct arena *a, const struct formats_found *x)
{
	struct formats_findings again;

	assert(formats_extract(a, x->value, NULL, &again, NULL) == ERR_OK);
	assert(again.n == 1 && again.v[0].sort == x->sort && span_eq(again.v[0].value, x->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span text = { (const char *)p, n };
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	struct formats_findings found;
	size_t line = 1, column = 0;

	if (n > 1 << 16)
		return 0;
	assert(a && formats_extract(a, text, NULL, &found, NULL) == ERR_OK);
	for (size_t i = 0; i < found.n; i++) {
		const struct formats_found *x = &found.v[i];
		assert(x->text.p >= text.p && x->text.p + x->text.n <= text.p + n && x->times && x->value.n);
		assert(x->line > line || (x->line == line && x->column > column));
		line = x->line;
		column = x->column;
		struct span normal = formats_normal(a, x->sort, x->value);
		assert(span_eq(normal, x->value));
		if (x->doubt == FORMATS_DOUBT_NONE && (x->sort == FORMATS_IPV4 || x->sort == FORMATS_SHA256 || (x->sort == FORMATS_DOMAIN && plain(x->value) && !x->defanged)))
			found_alone(a, x);
	}
	return 0;
}
