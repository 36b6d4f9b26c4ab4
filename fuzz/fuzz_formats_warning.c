/* SPDX-License-Identifier: Apache-2.0 */
/* Warning lists: whatever is read, every address, name and text of the list is found on it. */
#include <assert.h>
#include "formats/warning.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void ask(const struct formats_warnings *w, struct arena *a, struct span type, struct span text)
{
	static const enum formats_sort sorts[] = { FORMATS_IPV4, FORMATS_IPV6, FORMATS_DOMAIN };
	bool addresses = span_is(type, "cidr");

	for (size_t i = 0; i < 3; i++) {
		struct span normal = formats_normal(a, sorts[i], text);
		enum formats_sort sort = sorts[i] == FORMATS_IPV6 && normal.n && !memchr(normal.p, ':', normal.n) ? FORMATS_IPV4 : sorts[i];
		if (!normal.n || addresses != (sorts[i] != FORMATS_DOMAIN) || span_is(type, "regex") || (!addresses && normal.n != text.n))
			continue;
		assert(span_is(type, "substring") || formats_warnings_find(w, sort, normal));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ARENA_SCOPE struct arena *a = arena_new(16 << 20);
	struct formats_warnings *w = formats_warnings_new();
	struct span text = { (const char *)p, n };
	uint64_t unread = 0;
	struct json v;

	assert(a && w);
	if (n <= 1 << 16 && formats_warnings_add(w, text, &unread, NULL) == ERR_OK && json_read(a, text, &v, NULL) == ERR_OK) {
		struct span type = json_string(json_get(v, "type"));
		for (struct json_iter it = json_iter(json_get(v, "list")); json_next(&it);) {
			if (json_is(it.value, JSON_STRING))
				ask(w, a, type, json_string(it.value));
		}
	}
	formats_warnings_free(w);
	return 0;
}
