/* SPDX-License-Identifier: Apache-2.0 */
/* The observation expression in a form that is easy to plan: equal observations counted together, qualifiers where they have an effect.
 *
 * 1. START STOP holds for each observation by itself: it goes to the leaves.
 * 2. n times (x AND y) are n times x AND n times y: the conditions in time that AND has are inside x or inside y.
 * 3. [x] OR [y] is a leaf that either satisfies.
 * 4. WITHIN of one observation always holds.
 */
#include "pattern/pattern_code_priv.h"

#include <stdlib.h>

#include "pattern/pattern_priv.h"

struct period {
	int64_t start, stop;
};

static uint64_t times_capped(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

static uint64_t plus_capped(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static struct unit *unit_new(struct compiler *c, enum unit_kind kind, size_t parts)
{
	struct unit *u = ARENA_NEW(c->a, struct unit);

	if (u) {
		u->kind = kind;
		u->parts = parts;
		u->part = parts ? arena_array(c->a, parts, sizeof(*u->part)) : NULL;
	}
	if (!u || (parts && !u->part)) {
		compiler_no_memory(c);
		return NULL;
	}
	return u;
}

/* ---- leaves ---- */

static struct unit *leaf_unit(struct compiler *c, uint32_t leaf, uint32_t test)
{
	struct unit *u = unit_new(c, UNIT_LEAF, 0);

	if (u) {
		u->leaf = leaf;
		u->test = test;
		u->n = u->ways = u->slots = 1;
	}
	return u;
}

static uint32_t leaf_add(struct compiler *c, const uint32_t *test, size_t tests, struct period when)
{
	c->leaf[c->leaves] = (struct code_leaf){ .test = test, .tests = tests, .start = when.start, .stop = when.stop };
	return c->leaves++;
}

/* One leaf for tests that read the same in the same period. */
static struct unit *unit_test(struct compiler *c, const struct pattern *p, struct period when)
{
	uint32_t *test = ARENA_NEW(c->a, uint32_t), number;

	if (!test) {
		compiler_no_memory(c);
		return NULL;
	}
	if (!compile_test(c, p, &number))
		return NULL;
	*test = number;
	if (c->test[number].same != number) {
		for (uint32_t i = 0; i < c->leaves; i++) {
			const struct code_leaf *l = &c->leaf[i];

			if (l->tests == 1 && c->test[*l->test].same == c->test[number].same && l->start == when.start && l->stop == when.stop)
				return leaf_unit(c, i, number);
		}
	}
	return leaf_unit(c, leaf_add(c, test, 1, when), number);
}

/* ---- what joins ---- */

static bool single(const struct unit *u)
{
	return u->kind == UNIT_LEAF && u->n == 1;
}

static bool same_period(const struct compiler *c, const struct unit *x, const struct unit *y)
{
	return c->leaf[x->leaf].start == c->leaf[y->leaf].start && c->leaf[x->leaf].stop == c->leaf[y->leaf].stop;
}

/* One leaf for part i and all later ones that it can be one with; those are gone (NULL) then. */
static const struct unit *or_one(struct compiler *c, struct unit *u, size_t i)
{
	const struct unit *first = u->part[i];
	const struct code_leaf *l = &c->leaf[first->leaf];
	size_t tests = 0, merged = 0;
	uint32_t *test;

	for (size_t k = i; k < u->parts; k++)
		if (u->part[k] && single(u->part[k]) && same_period(c, first, u->part[k]))
			tests += c->leaf[u->part[k]->leaf].tests;
	test = arena_array(c->a, tests, sizeof(*test));
	if (!test) {
		compiler_no_memory(c);
		return NULL;
	}
	tests = 0;
	for (size_t k = i; k < u->parts; k++) {
		const struct unit *x = u->part[k];

		if (!x || !single(x) || !same_period(c, first, x))
			continue;
		memcpy(test + tests, c->leaf[x->leaf].test, c->leaf[x->leaf].tests * sizeof(*test));
		tests += c->leaf[x->leaf].tests;
		u->part[k] = NULL;
		merged++;
	}
	return merged == 1 ? first : leaf_unit(c, leaf_add(c, test, tests, (struct period){ l->start, l->stop }), first->test);
}

/* All single observations of one period among the parts become one leaf. */
static bool or_merge(struct compiler *c, struct unit *u)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->parts; i++) {
		const struct unit *x = u->part[i];

		if (!x)
			continue;
		if (single(x) && !(x = or_one(c, u, i)))
			return false;
		u->part[kept++] = x;
	}
	u->parts = kept;
	return true;
}

static int by_leaf(const void *x, const void *y)
{
	const struct unit *a = *(const struct unit *const *)x, *b = *(const struct unit *const *)y;

	if (a->kind != b->kind)
		return a->kind == UNIT_LEAF ? -1 : b->kind == UNIT_LEAF;
	return a->kind != UNIT_LEAF ? 0 : a->leaf != b->leaf ? (a->leaf > b->leaf) - (a->leaf < b->leaf)
							     : (a->test > b->test) - (a->test < b->test);
}

/* The same observation several times is one part with a larger number. */
static bool and_merge(struct compiler *c, struct unit *u)
{
	size_t kept = 0, leaves = 0;

	for (size_t i = 0; i < u->parts; i++)
		leaves += u->part[i]->kind == UNIT_LEAF;
	if (leaves < 2)
		return true;
	qsort(u->part, u->parts, sizeof(*u->part), by_leaf);
	for (size_t i = 0; i < u->parts; i++) {
		const struct unit *x = u->part[i], *last = kept ? u->part[kept - 1] : NULL;
		struct unit *sum;

		if (!last || x->kind != UNIT_LEAF || last->kind != UNIT_LEAF || x->leaf != last->leaf) {
			u->part[kept++] = x;
			continue;
		}
		sum = leaf_unit(c, x->leaf, last->test);
		if (!sum)
			return false;
		sum->n = plus_capped(last->n, x->n);
		u->part[kept - 1] = sum;
	}
	u->parts = kept;
	return true;
}

static const struct unit *finished(struct unit *u)
{
	u->ways = u->kind != UNIT_OR;
	for (size_t i = 0; i < u->parts; i++) {
		const struct unit *x = u->part[i];

		u->timed |= x->timed;
		if (u->kind == UNIT_OR) {
			u->ways = plus_capped(u->ways, x->ways);
			u->slots = x->slots > u->slots ? x->slots : u->slots;
		} else {
			u->ways = times_capped(u->ways, x->ways);
			u->slots = plus_capped(u->slots, x->slots);
		}
	}
	u->timed |= u->kind == UNIT_WITHIN || u->kind == UNIT_FOLLOWED;
	if (u->kind == UNIT_TIMES) {
		uint64_t one = u->ways;

		u->slots = times_capped(u->slots, u->n);
		for (uint64_t i = 1; i < u->n && one > 1 && u->ways < UINT64_MAX; i++)
			u->ways = times_capped(u->ways, one);
	}
	return u;
}

static const struct unit *unit_times(struct compiler *c, const struct unit *x, uint64_t n)
{
	struct unit *u;

	if (n == 1)
		return x;
	if (x->kind == UNIT_LEAF) {
		u = leaf_unit(c, x->leaf, x->test);
		if (u)
			u->n = times_capped(x->n, n);
		return u;
	}
	if (x->kind == UNIT_TIMES) {
		n = times_capped(n, x->n);
		x = x->part[0];
	}
	if (x->kind != UNIT_AND) {
		u = unit_new(c, UNIT_TIMES, 1);
		if (!u)
			return NULL;
		u->n = n;
		u->part[0] = x;
		return finished(u);
	}
	u = unit_new(c, UNIT_AND, x->parts);
	for (size_t i = 0; u && i < x->parts; i++)
		if (!(u->part[i] = unit_times(c, x->part[i], n)))
			return NULL;
	return u ? finished(u) : NULL;
}

static const struct unit *unit_within(struct compiler *c, const struct unit *x, int64_t ns)
{
	struct unit *u;

	if (single(x))
		return x;
	if (x->kind == UNIT_WITHIN) {
		ns = x->ns < ns ? x->ns : ns;
		x = x->part[0];
	}
	u = unit_new(c, x->kind == UNIT_OR ? UNIT_OR : UNIT_WITHIN, x->kind == UNIT_OR ? x->parts : 1);
	if (!u)
		return NULL;
	u->ns = ns;
	if (u->kind == UNIT_WITHIN) {
		u->part[0] = x;
		return finished(u);
	}
	for (size_t i = 0; i < x->parts; i++)
		if (!(u->part[i] = unit_within(c, x->part[i], ns)))
			return NULL;
	return finished(u);
}

static const struct unit *normal(struct compiler *c, const struct pattern *p, struct period when);

/* x1 FOLLOWEDBY x2 FOLLOWEDBY x3: pairs, the left one first. */
static const struct unit *unit_followed(struct compiler *c, const struct pattern *p, struct period when)
{
	const struct unit *left = normal(c, p->part[0], when);

	for (size_t i = 1; i < p->parts && left; i++) {
		const struct unit *right = normal(c, p->part[i], when);
		struct unit *pair = right ? unit_new(c, UNIT_FOLLOWED, 2) : NULL;

		if (!pair)
			return NULL;
		pair->part[0] = left;
		pair->part[1] = right;
		left = finished(pair);
	}
	return left;
}

/* AND and OR; parts of the same kind are taken in. */
static const struct unit *unit_joined(struct compiler *c, const struct pattern *p, struct period when)
{
	enum unit_kind kind = p->kind == PATTERN_OBS_AND ? UNIT_AND : UNIT_OR;
	struct unit *u = unit_new(c, kind, p->parts), *flat;
	size_t n = 0;

	for (size_t i = 0; u && i < p->parts; i++) {
		u->part[i] = normal(c, p->part[i], when);
		if (!u->part[i])
			return NULL;
		n += u->part[i]->kind == kind ? u->part[i]->parts : 1;
	}
	flat = u ? unit_new(c, kind, n) : NULL;
	if (!flat)
		return NULL;
	n = 0;
	for (size_t i = 0; i < u->parts; i++) {
		const struct unit *x = u->part[i];

		for (size_t k = 0; k < (x->kind == kind ? x->parts : 1); k++)
			flat->part[n++] = x->kind == kind ? x->part[k] : x;
	}
	if (kind == UNIT_OR ? !or_merge(c, flat) : !and_merge(c, flat))
		return NULL;
	return flat->parts == 1 ? flat->part[0] : finished(flat);
}

static int64_t nanoseconds(double s)
{
	return s >= 9e9 ? INT64_MAX : (int64_t)(s * 1e9 + 0.5);
}

static const struct unit *normal(struct compiler *c, const struct pattern *p, struct period when)
{
	const struct unit *u;

	if (p->q.has_start_stop) {
		when.start = p->q.start > when.start ? p->q.start : when.start;
		when.stop = p->q.start >= p->q.stop ? INT64_MIN : p->q.stop < when.stop ? p->q.stop
											: when.stop;
	}
	u = p->kind == PATTERN_TEST ? unit_test(c, p, when) : p->kind == PATTERN_FOLLOWEDBY ? unit_followed(c, p, when)
											    : unit_joined(c, p, when);
	if (u && p->q.has_repeats)
		u = unit_times(c, u, (uint64_t)p->q.repeats);
	if (u && p->q.has_within)
		u = unit_within(c, u, nanoseconds(p->q.within_s));
	return u;
}

const struct unit *compile_unit(struct compiler *c, const struct pattern *p)
{
	return normal(c, p, (struct period){ INT64_MIN, INT64_MAX });
}
