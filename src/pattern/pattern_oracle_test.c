/* SPDX-License-Identifier: Apache-2.0 */
/* Streams against an oracle that knows no plans: by the letter of STIX 2.1 §9.5 it enumerates every set of observations that an expression can be bound to.
 *
 * Up to 6 observations, each counted once or twice, are up to 12 instances; a binding is a set of instances, so an expression's bindings are a set of 12-bit numbers, and the
 * earliest and latest of its times follow from the number.  A push has to report a binding exactly where some set has an instance of the new observation and none of a later one, and what it
 * reports has to be one of the sets.
 */
#include "util/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pattern/pattern_stream.h"

enum { OBSERVATIONS = 6,
	INSTANCES = 12,
	SETS = 1 << INSTANCES,
	TESTS = 4 };

struct world {
	struct pattern_observation o[OBSERVATIONS];
	unsigned holds[OBSERVATIONS]; /* bit k: [a:k[*] = k] */
	size_t n, instances, of[INSTANCES]; /* of: the observation of an instance */
};
struct sets {
	bool has[SETS];
};

static uint64_t seed;

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* ---- the oracle ---- */

static int64_t latest_first(const struct world *w, unsigned set)
{
	int64_t t = INT64_MIN;

	for (size_t i = 0; i < w->instances; i++)
		if (set >> i & 1 && w->o[w->of[i]].first_ns > t)
			t = w->o[w->of[i]].first_ns;
	return t;
}

static int64_t earliest_last(const struct world *w, unsigned set)
{
	int64_t t = INT64_MAX;

	for (size_t i = 0; i < w->instances; i++)
		if (set >> i & 1 && w->o[w->of[i]].last_ns < t)
			t = w->o[w->of[i]].last_ns;
	return t;
}

static bool in_period(const struct world *w, unsigned set, const struct pattern_qualifiers *q)
{
	for (size_t i = 0; i < w->instances; i++) {
		const struct pattern_observation *o = &w->o[w->of[i]];

		if (set >> i & 1 && (o->first_ns >= q->stop || o->last_ns < q->start))
			return false;
	}
	return q->start < q->stop;
}

/* Disjoint unions of one of x and one of y, in time order where `followed`. */
static struct sets *joined(const struct world *w, const struct sets *x, const struct sets *y, bool followed)
{
	struct sets *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	for (unsigned a = 0; a < SETS; a++)
		for (unsigned b = 0; x->has[a] && b < SETS; b++)
			if (y->has[b] && !(a & b) && (!followed || latest_first(w, a) <= earliest_last(w, b)))
				r->has[a | b] = true;
	return r;
}

static struct sets *oracle(const struct world *w, const struct pattern *p);

static struct sets *oracle_parts(const struct world *w, const struct pattern *p)
{
	struct sets *r = oracle(w, p->part[0]);

	for (size_t i = 1; i < p->parts; i++) {
		struct sets *next = oracle(w, p->part[i]), *both;

		if (p->kind == PATTERN_OBS_OR) {
			for (unsigned a = 0; a < SETS; a++)
				r->has[a] |= next->has[a];
		} else {
			both = joined(w, r, next, p->kind == PATTERN_FOLLOWEDBY);
			free(r);
			r = both;
		}
		free(next);
	}
	return r;
}

static struct sets *oracle(const struct world *w, const struct pattern *p)
{
	struct sets *r, *once;

	if (p->kind == PATTERN_TEST) {
		r = calloc(1, sizeof(*r));
		assert_non_null(r);
		for (size_t i = 0; i < w->instances; i++)
			r->has[1u << i] = w->holds[w->of[i]] >> p->part[0]->literal->integer & 1;
	} else {
		r = oracle_parts(w, p);
	}
	once = p->q.has_repeats ? malloc(sizeof(*once)) : NULL;
	if (once)
		memcpy(once, r, sizeof(*once));
	for (int64_t i = 1; once && i < p->q.repeats; i++) {
		struct sets *more = joined(w, r, once, false);

		free(r);
		r = more;
	}
	free(once);
	for (unsigned a = 0; a < SETS; a++) {
		if (p->q.has_start_stop && r->has[a])
			r->has[a] = in_period(w, a, &p->q);
		if (p->q.has_within && r->has[a])
			r->has[a] = (double)(latest_first(w, a) - earliest_last(w, a)) <= p->q.within_s * 1e9;
	}
	return r;
}

/* ---- patterns and worlds at random ---- */

static void random_expression(struct buf *b, unsigned depth)
{
	static const char *const op[] = { " AND ", " OR ", " FOLLOWEDBY ", " FOLLOWEDBY " };
	unsigned kind = below(4), parts = 2 + (below(4) == 0);

	if (depth == 0 || below(4) == 0) {
		buf_addf(b, "[a:k[*] = %u]", below(TESTS));
	} else {
		buf_adds(b, "(");
		for (unsigned i = 0; i < parts; i++) {
			buf_adds(b, i ? op[kind] : "");
			random_expression(b, depth - 1);
		}
		buf_adds(b, ")");
	}
	if (below(5) == 0)
		buf_addf(b, " REPEATS %u TIMES", 1 + below(3));
	if (below(4) == 0)
		buf_addf(b, " WITHIN %u SECONDS", 1 + below(6));
	if (below(12) == 0) {
		unsigned from = below(8);

		buf_addf(b, " START t'1970-01-01T00:00:%02uZ' STOP t'1970-01-01T00:00:%02uZ'", from, from + 1 + below(8));
	}
}

static void random_world(struct world *w, bool long_ones, bool counted)
{
	unsigned t = 0;

	*w = (struct world){ .n = 3 + below(OBSERVATIONS - 2) };
	for (size_t i = 0; i < w->n; i++) {
		unsigned number = counted && below(4) == 0 ? 2 : 1, length = long_ones && below(3) == 0 ? below(6) : 0;

		t += below(3);
		w->o[i] = (struct pattern_observation){ t * INT64_C(1000000000), (t + length) * INT64_C(1000000000), number, i };
		w->holds[i] = 1u << below(TESTS) | (below(3) == 0 ? below(1u << TESTS) : 0);
		for (unsigned k = 0; k < number; k++)
			w->of[w->instances++] = i;
	}
}

/* ---- one against the other ---- */

static void show(const char *text, const struct world *w, size_t at, bool want)
{
	print_message("%s\n", text);
	for (size_t i = 0; i < w->n; i++)
		print_message("  %zu: %" PRId64 "..%" PRId64 " x%" PRIu64 " holds %x\n", i, w->o[i].first_ns / 1000000000, w->o[i].last_ns / 1000000000, w->o[i].number, w->holds[i]);
	print_message("push %zu: the oracle says %s\n", at, want ? "match" : "no match");
}

static bool sets_with(const struct world *w, const struct sets *all, size_t newest)
{
	for (unsigned a = 1; a < SETS; a++) {
		size_t last = 0;

		for (size_t i = 0; i < w->instances; i++)
			if (a >> i & 1 && w->of[i] > last)
				last = w->of[i];
		if (all->has[a] && last == newest)
			return true;
	}
	return false;
}

/* Is the binding one of the sets? */
static bool is_set(const struct world *w, const struct sets *all, const struct pattern_binding *b)
{
	for (unsigned a = 1; a < SETS; a++) {
		uint64_t times[OBSERVATIONS] = { 0 };

		if (!all->has[a])
			continue;
		for (size_t i = 0; i < w->instances; i++)
			times[w->of[i]] += a >> i & 1;
		for (size_t i = 0; i < b->n; i++)
			times[b->bound[i].tag] -= b->bound[i].times;
		if (!memcmp(times, (uint64_t[OBSERVATIONS]){ 0 }, sizeof(times)))
			return true;
	}
	return false;
}

static void fill(struct pattern_subject *s, unsigned holds)
{
	pattern_subject_clear(s);
	pattern_subject_object(s, SPAN("0"), SPAN("a"));
	pattern_subject_put(s, SPAN("k"), (struct pattern_value){ .type = PATTERN_VALUE_LIST });
	for (int k = 0; k < TESTS; k++)
		if (holds >> k & 1)
			pattern_subject_put(s, SPAN(""), PATTERN_INTEGER(k));
	pattern_subject_put(s, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
}

static void one_case(const char *text, const struct world *w, size_t *matches)
{
	ARENA_SCOPE struct arena *a = arena_new(64u << 20);
	const struct pattern *p;
	const struct pattern_code *code;
	struct pattern_stream *st;
	struct pattern_subject *s = pattern_subject_new();
	struct sets *all;

	assert_int_equal(pattern_parse(a, span_of(text), &p, NULL), ERR_OK);
	if (pattern_compile(a, span_of(text), p, 0, &code, NULL) == ERR_LIMIT) {
		pattern_subject_free(s);
		return;
	}
	st = pattern_stream_new(code, 1u << 20);
	assert_non_null(st);
	all = oracle(w, p);
	for (size_t i = 0; i < w->n; i++) {
		struct pattern_binding b;
		bool want = sets_with(w, all, i);

		fill(s, w->holds[i]);
		assert_int_equal(pattern_stream_push(st, s, &w->o[i], &b, NULL), ERR_OK);
		if ((b.n > 0) != want || (b.n && !is_set(w, all, &b))) {
			show(text, w, i, want);
			assert_int_equal(pattern_stream_faults(st)[PATTERN_FAULT_UNDECIDED], 0);
			fail_msg("%s", b.n ? "a binding that is none" : "a binding is missing");
		}
		*matches += want;
	}
	free(all);
	pattern_stream_free(st);
	pattern_subject_free(s);
}

static void streams_agree_with_the_oracle(void **state)
{
	const char *more = getenv("MUSUBI_ORACLE_CASES");
	size_t cases = more ? strtoul(more, NULL, 10) : 1500, matches = 0;

	seed = 20260101;
	for (size_t i = 0; i < cases; i++) {
		struct world w;
		struct buf b BUF_SCOPE;

		buf_init(&b, 1 << 16);
		random_expression(&b, 1 + below(3));
		random_world(&w, i & 1, i & 2);
		assert_true(buf_ok(&b));
		one_case(b.p, &w, &matches);
	}
	assert_true(matches > cases / 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_agree_with_the_oracle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
