/* SPDX-License-Identifier: Apache-2.0 */
/* What this room's tests share: texts to JSON, and tables that are told by title. */
#ifndef STIX_TESTING_PRIV_H
#define STIX_TESTING_PRIV_H
#include <stdio.h>
#include "util/test.h"
#include "util/json.h"

#define COUNT_OF(v) (sizeof(v) / sizeof *(v))

static inline void test_free_parser(void *p)
{
	json_parser_free(p);
}

/* text must be JSON (a key may stand twice); ' stands for " so that tables stay readable. */
static inline struct json test_json(struct arena *a, const char *text)
{
	struct json v;
	struct fault f = { "", "" };
	char *copy = arena_str(a, span_of(text));
	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	struct json_parser *p = json_parser_new(1 << 20);
	assert_non_null(p);
	assert_true(arena_defer(a, test_free_parser, p));
	if (json_parse(p, span_of(copy), false, &v, &f) != ERR_OK)
		fail_msg("%s %s in %s", f.where, f.what, copy);
	return v;
}

static inline void test_span(struct span got, const char *want)
{
	if (!span_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", SPAN_ARG(got), want);
}
#endif
