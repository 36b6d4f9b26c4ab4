/* SPDX-License-Identifier: Apache-2.0 */
/* A set gives what its patterns give one by one. */
#include "util/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "pattern/pattern_set.h"

enum { PATTERNS = 60,
	PUSHES = 4000 };

static uint64_t seed = 7;

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void random_test(struct buf *b)
{
	static const struct {
		const char *before, *after;
	} shape[] = { { "[a:k = 'v", "']" }, { "[a:k = 'v", "' AND a:n > 2]" }, { "[a:n > 2 AND a:m.k = 'v", "']" }, { "[a:k IN ('v", "', 'v9')]" }, { "[a:k = 'v", "' OR b:k = 'v1']" }, { "[a:n = ", "]" },
		{ "[a:k != 'v", "']" }, { "[a:l[*] = 'v", "']" }, { "[b:k LIKE 'v", "']" }, { "[a:r_ref.k = 'v", "']" }, { "[a:k = 'v", "' OR a:n = 1]" }, { "[b:m.k NOT = 'v", "']" } };
	unsigned i = below(sizeof(shape) / sizeof(*shape));

	buf_addf(b, "%s%u%s", shape[i].before, below(8), shape[i].after);
}

static void random_subject(struct pattern_subject *s)
{
	static const char *const value[] = { "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9" };

	pattern_subject_clear(s);
	for (unsigned i = 0, n = 1 + below(2); i < n; i++) {
		pattern_subject_object(s, span_of(value[i]), below(3) ? SPAN("a") : SPAN("b"));
		pattern_subject_put(s, SPAN("k"), PATTERN_TEXT(span_of(value[below(10)])));
		pattern_subject_put(s, SPAN("n"), PATTERN_INTEGER(below(5)));
		pattern_subject_put(s, SPAN("r_ref"), PATTERN_TEXT(span_of(value[below(2)])));
		pattern_subject_put(s, SPAN("m"), (struct pattern_value){ .type = PATTERN_VALUE_MAP });
		pattern_subject_put(s, SPAN("k"), PATTERN_TEXT(span_of(value[below(10)])));
		pattern_subject_put(s, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
		pattern_subject_put(s, SPAN("l"), (struct pattern_value){ .type = PATTERN_VALUE_LIST });
		pattern_subject_put(s, SPAN(""), PATTERN_TEXT(span_of(value[below(10)])));
		pattern_subject_put(s, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
	}
}

static void note(void *ctx, size_t which, const struct pattern_binding *b)
{
	size_t *matched = ctx;

	assert_true(b->n > 0);
	matched[which] = b->n;
}

static void a_set_gives_what_its_patterns_give_one_by_one(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64u << 20);
	const struct pattern_code *code[PATTERNS];
	struct pattern_stream *one[PATTERNS];
	struct pattern_set *set;
	struct pattern_subject *s = pattern_subject_new();
	size_t matches = 0;

	for (size_t i = 0; i < PATTERNS; i++) {
		static const char *const op[] = { " FOLLOWEDBY ", " AND ", " OR " };
		const struct pattern *p;
		struct buf b;
		struct span text;

		buf_init(&b, 4096);
		buf_adds(&b, "(");
		random_test(&b);
		buf_adds(&b, op[below(3)]);
		random_test(&b);
		buf_addf(&b, ") WITHIN %u SECONDS", 1 + below(20));
		text = arena_span(a, buf_span(&b));
		buf_release(&b);
		assert_int_equal(pattern_parse(a, text, &p, NULL), ERR_OK);
		assert_int_equal(pattern_compile(a, text, p, 0, &code[i], NULL), ERR_OK);
		one[i] = pattern_stream_new(code[i], 1 << 20);
		assert_non_null(one[i]);
	}
	set = pattern_set_new(code, PATTERNS, 1 << 20);
	assert_non_null(set);
	for (int64_t t = 0; t < PUSHES; t++) {
		struct pattern_observation o = { t * 1000000000, t * 1000000000, 1, (uint64_t)t };
		size_t matched[PATTERNS] = { 0 };

		random_subject(s);
		assert_int_equal(pattern_set_push(set, s, &o, note, matched, NULL), ERR_OK);
		for (size_t i = 0; i < PATTERNS; i++) {
			struct pattern_binding b;

			assert_int_equal(pattern_stream_push(one[i], s, &o, &b, NULL), ERR_OK);
			assert_int_equal(matched[i], b.n);
			matches += b.n > 0;
		}
	}
	assert_true(matches > PUSHES);
	assert_true(pattern_set_looks(set) < (uint64_t)PUSHES * PATTERNS * 4 / 5); /* some were not looked at */
	for (size_t i = 0; i < PATTERNS; i++)
		pattern_stream_free(one[i]);
	pattern_set_free(set);
	pattern_subject_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_gives_what_its_patterns_give_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
