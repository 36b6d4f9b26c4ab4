/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings: what was read and written again reads the same, in meaning and in bytes. */
#include <assert.h>
#include "taxii/taxii.h"
#include "util/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const unsigned uses[] = { TAXII_OBJECTS, TAXII_OBJECT, TAXII_DELETE, TAXII_VERSIONS };
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		struct taxii_filter x, y;
		struct fault f = { 0 };
		enum err e = taxii_filter_parse(a, (struct span){ (const char *)p, n }, uses[i], &x, &f);
		assert(e == ERR_OK || (e == ERR_SYNTAX && f.where[0] && f.what[0]));
		if (e)
			continue;
		struct span text = taxii_filter_query(a, &x), resource = SPAN("/taxii2/hub/");
		if (text.n > BOUND_QUERY_BYTES)
			continue; /* escapes made it longer than a server takes */
		assert(text.p);
		if (text.n) {
			text.p++;
			text.n--;
		}
		e = taxii_filter_parse(a, text, uses[i], &y, &f);
		assert(e == ERR_OK && !y.unknown_match);
		assert(span_eq(taxii_filter_bytes(a, &x, resource), taxii_filter_bytes(a, &y, resource)));
		assert(x.has_limit == y.has_limit && x.limit == y.limit && span_eq(x.next, y.next));
		assert(x.has_added_after == y.has_added_after && x.added_after.us == y.added_after.us);
	}
	return 0;
}
