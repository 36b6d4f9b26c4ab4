/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of observations against one pattern: what is kept, for how long, and what a new one completes. */
#include "pattern/pattern_stream_priv.h"
#include "pattern/pattern_subject_priv.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/bounds.h"

enum { RECENT = 256, /* kept of a leaf without a window, beyond what it needs */
	SEEN_WORDS_MOST = 1 << 14 };
#define NUMBER_MOST UINT64_C(1000000000000) /* of one observation: sums of them fit; STIX 2.1 §4.14 allows 999,999,999 */

const char *pattern_fault_text(enum pattern_fault f)
{
	static const char *const text[] = {
#define X(k, text) text,
		PATTERN_FAULT_LIST(X)
#undef X
	};
	return text[f];
}

const uint64_t *pattern_stream_faults(const struct pattern_stream *st)
{
	return st->fault;
}

uint64_t pattern_stream_steps(const struct pattern_stream *st)
{
	return BOUND_PATTERN_STEPS - st->eval.steps + BOUND_PATTERN_SEARCH - st->search_left;
}

size_t pattern_stream_bytes(const struct pattern_stream *st)
{
	return st->bytes;
}

static void *list_new(struct pattern_stream *st, size_t n, size_t size, bool *ok)
{
	void *v = util_calloc(n + 1, size);

	st->bytes += (n + 1) * size;
	*ok = *ok && v;
	return v;
}

struct pattern_stream *pattern_stream_new(const struct pattern_code *c, size_t most_bytes)
{
	struct pattern_stream *st = util_calloc(1, sizeof(*st));
	bool ok = true;
	uint32_t base = 0;

	if (!st)
		return NULL;
	st->code = c;
	st->most_bytes = most_bytes;
	st->bytes = sizeof(*st);
	st->leaf = list_new(st, c->leaves, sizeof(*st->leaf), &ok);
	st->pinned = list_new(st, c->parts, sizeof(*st->pinned), &ok);
	st->part_base = list_new(st, c->plans, sizeof(*st->part_base), &ok);
	st->truth = list_new(st, c->tests, sizeof(*st->truth), &ok);
	st->truth_leaf = list_new(st, c->leaves, sizeof(*st->truth_leaf), &ok);
	st->instant = list_new(st, c->most_records, sizeof(*st->instant), &ok);
	st->chosen = list_new(st, c->most_records, sizeof(*st->chosen), &ok);
	st->got = list_new(st, c->most_groups, sizeof(*st->got), &ok);
	st->visited = list_new(st, c->most_groups, sizeof(*st->visited), &ok);
	st->eval.match_data = c->regexes ? regex_match_data_new() : NULL;
	st->eval.fault = st->fault;
	st->eval.all = c->all;
	if (!ok || (c->regexes && !st->eval.match_data)) {
		pattern_stream_free(st);
		return NULL;
	}
	st->base_bytes = st->bytes;
	st->eval.steps = BOUND_PATTERN_STEPS;
	st->search_left = BOUND_PATTERN_SEARCH;
	for (uint32_t i = 0; i < c->plans; i++) {
		st->part_base[i] = base;
		base += c->plan[i].parts;
	}
	return st;
}

void pattern_stream_free(struct pattern_stream *st)
{
	if (!st)
		return;
	for (uint32_t i = 0; st->leaf && i < st->code->leaves; i++)
		free(st->leaf[i].v);
	for (uint32_t i = 0; st->pinned && i < st->code->parts; i++)
		for (int k = 0; k < PINNED_BINDINGS; k++)
			free(st->pinned[i].pooled[k]);
	regex_match_data_free(st->eval.match_data);
	free(st->eval.seen);
	free(st->pool);
	free(st->leaf);
	free(st->pinned);
	free(st->part_base);
	free(st->truth);
	free(st->truth_leaf);
	free(st->instant);
	free(st->chosen);
	free(st->got);
	free(st->visited);
	free(st->share);
	free(st->bound);
	free(st);
}

void pattern_stream_clear(struct pattern_stream *st)
{
	for (uint32_t i = 0; i < st->code->leaves; i++) {
		struct leaf_state *l = &st->leaf[i];

		*l = (struct leaf_state){ .v = l->v, .room = l->room };
	}
	for (uint32_t i = 0; i < st->code->parts; i++) {
		memset(st->pinned[i].n, 0, sizeof(st->pinned[i].n));
		st->pinned[i].next = 0;
	}
	st->pool_n = st->free_first = 0;
	st->started = false;
	memset(st->fault, 0, sizeof(st->fault));
}

/* ---- the pool ---- */

static void let_go(struct pattern_stream *st, uint32_t pooled)
{
	struct pooled *p = &st->pool[pooled];

	if (--p->holders)
		return;
	p->free_next = st->free_first;
	st->free_first = pooled + 1;
}

/* The oldest in the window of a leaf leaves it; it stays among the old ones while something needs it. */
static void retire(struct pattern_stream *st, struct leaf_state *l, int64_t cutoff)
{
	struct kept k = l->v[l->from++];
	const struct pooled *p = &st->pool[k.pooled];

	if (p->pins || p->last >= cutoff)
		l->v[l->old++] = k;
	else
		let_go(st, k.pooled);
}

static bool forget_one(struct pattern_stream *st)
{
	struct leaf_state *most = NULL;

	for (uint32_t i = 0; i < st->code->leaves; i++)
		if (!most || st->leaf[i].n - st->leaf[i].from > most->n - most->from)
			most = &st->leaf[i];
	if (!most || most->from == most->n)
		return false;
	retire(st, most, INT64_MAX);
	st->fault[PATTERN_FAULT_FORGOTTEN]++;
	return true;
}

/* A doubled list, where the stream may still grow. */
static bool grow(struct pattern_stream *st, void **v, uint32_t *room, size_t size)
{
	uint32_t more = *room ? 2 * *room : 16;
	void *bigger = st->bytes + (more - *room) * size > st->most_bytes + st->base_bytes ? NULL : util_realloc(*v, more * size);

	if (!bigger)
		return false;
	st->bytes += (more - *room) * size;
	*v = bigger;
	*room = more;
	return true;
}

static bool pool_add(struct pattern_stream *st, const struct pattern_observation *o, uint32_t *out)
{
	void *v = st->pool;

	if (!st->free_first && st->pool_n == st->pool_room && !grow(st, &v, &st->pool_room, sizeof(*st->pool))) {
		while (!st->free_first)
			if (!forget_one(st))
				return false;
	}
	st->pool = v;
	if (st->free_first) {
		*out = st->free_first - 1;
		st->free_first = st->pool[*out].free_next;
	} else {
		*out = st->pool_n++;
	}
	st->pool[*out] = (struct pooled){ .first = o->first_ns, .last = o->last_ns, .number = o->number < 1 ? 1 : o->number < NUMBER_MOST ? o->number
																	  : NUMBER_MOST,
		.tag = o->tag,
		.holders = 1 };
	return true;
}

/* ---- leaves ---- */

static void sift_old(struct pattern_stream *st, struct leaf_state *l, int64_t cutoff)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->old; i++) {
		const struct pooled *p = &st->pool[l->v[i].pooled];

		if (p->pins || p->last >= cutoff)
			l->v[kept++] = l->v[i];
		else
			let_go(st, l->v[i].pooled);
	}
	l->old = kept;
	l->old_most = 2 * kept + 16;
}

static void expire(struct pattern_stream *st, const struct code_leaf *c, struct leaf_state *l)
{
	int64_t cutoff = INT64_MAX;

	if (c->window == INT64_MAX) {
		while (l->n - l->from > RECENT + c->recent)
			retire(st, l, cutoff);
	} else {
		if (__builtin_sub_overflow(st->now, c->window, &cutoff))
			cutoff = INT64_MIN;
		while (l->from < l->n && st->pool[l->v[l->from].pooled].first < cutoff)
			retire(st, l, cutoff);
		while (l->n - l->from >= BOUND_PATTERN_KEPT) {
			retire(st, l, INT64_MAX);
			st->fault[PATTERN_FAULT_FORGOTTEN]++;
		}
	}
	if (l->old > l->old_most)
		sift_old(st, l, cutoff);
	if (l->from == l->n) {
		l->from = l->n = l->old;
		if (l->old == 0) {
			l->longest = 0;
			l->counted = false;
		}
	}
}

static bool leaf_add(struct pattern_stream *st, struct leaf_state *l, uint32_t pooled, uint32_t test)
{
	struct pooled *p = &st->pool[pooled];
	int64_t length;
	void *v = l->v;

	if (l->n == l->room) {
		if (l->from - l->old > l->room / 2 || (!grow(st, &v, &l->room, sizeof(*l->v)) && l->from > l->old)) {
			memmove(l->v + l->old, l->v + l->from, (l->n - l->from) * sizeof(*l->v));
			l->n -= l->from - l->old;
			l->from = l->old;
		}
		l->v = l->n == l->room ? l->v : v;
		if (l->n == l->room) { /* may not grow: the oldest makes room */
			if (l->from == l->n)
				return false;
			let_go(st, l->v[l->from].pooled);
			memmove(l->v + l->from, l->v + l->from + 1, (l->n - l->from - 1) * sizeof(*l->v));
			l->n--;
			st->fault[PATTERN_FAULT_FORGOTTEN]++;
		}
	}
	l->v[l->n++] = (struct kept){ pooled, test };
	p->holders++;
	p->leaves++;
	if (__builtin_sub_overflow(p->last, p->first, &length))
		length = INT64_MAX;
	l->longest = length > l->longest ? length : l->longest;
	l->counted |= p->number > 1;
	return true;
}

/* ---- pins ---- */

static void pin(struct pattern_stream *st, struct pinned *to)
{
	uint32_t slot = to->next++ % PINNED_BINDINGS, n = 0;

	for (uint32_t i = 0; i < to->n[slot]; i++) {
		st->pool[to->pooled[slot][i]].pins--;
		let_go(st, to->pooled[slot][i]);
	}
	to->n[slot] = 0;
	if (st->shares > PINNED_MOST)
		return;
	if (st->shares > to->room[slot]) {
		uint32_t *more = util_realloc(to->pooled[slot], 2 * st->shares * sizeof(*more));

		if (!more)
			return;
		st->bytes += (2 * st->shares - to->room[slot]) * sizeof(*more);
		to->pooled[slot] = more;
		to->room[slot] = 2 * st->shares;
	}
	for (uint32_t i = 0; i < st->shares; i++) {
		if (st->share[i].n == 0)
			continue;
		to->pooled[slot][n++] = st->share[i].pooled;
		st->pool[st->share[i].pooled].pins++;
		st->pool[st->share[i].pooled].holders++;
	}
	to->n[slot] = n;
}

/* ---- what comes out ---- */

static int by_test_and_time(const void *x, const void *y, void *ctx)
{
	const struct share *a = x, *b = y;
	const struct pattern_stream *st = ctx;
	const struct pooled *p = &st->pool[a->pooled], *q = &st->pool[b->pooled];

	if (a->test != b->test)
		return (a->test > b->test) - (a->test < b->test);
	if (p->first != q->first)
		return (p->first > q->first) - (p->first < q->first);
	return (a->pooled > b->pooled) - (a->pooled < b->pooled);
}

static bool bound_room(struct pattern_stream *st, size_t n)
{
	struct pattern_bound *more;

	if (n <= st->bound_room)
		return true;
	more = util_realloc(st->bound, n * sizeof(*more));
	if (!more) {
		st->err = ERR_NOMEM;
		return false;
	}
	st->bound = more;
	st->bound_room = n;
	return true;
}

static void report(struct pattern_stream *st, struct pattern_binding *out)
{
	size_t n = 0;
	uint32_t last = 0;

	if (!bound_room(st, st->shares))
		return;
	qsort_r(st->share, st->shares, sizeof(*st->share), by_test_and_time, st);
	for (uint32_t i = 0; i < st->shares; i++) {
		const struct share *s = &st->share[i];

		if (s->n == 0)
			continue;
		if (n && st->bound[n - 1].test == s->test && last == s->pooled)
			st->bound[n - 1].times += s->n;
		else
			st->bound[n++] = (struct pattern_bound){ s->test, st->pool[s->pooled].tag, s->n };
		last = s->pooled;
	}
	*out = (struct pattern_binding){ st->bound, n };
}

static void report_single(struct pattern_stream *st, uint32_t test, uint64_t tag, struct pattern_binding *out)
{
	if (!bound_room(st, 1))
		return;
	st->bound[0] = (struct pattern_bound){ test, tag, 1 };
	*out = (struct pattern_binding){ st->bound, 1 };
}

/* ---- a push ---- */

static bool test_holds(struct pattern_stream *st, uint32_t test)
{
	const struct code_test *t = &st->code->test[test];

	if (st->truth[t->same] < 0) {
		st->truth[t->same] = eval_test(&st->eval, &st->code->test[t->same]);
	}
	return st->truth[t->same];
}

/* Is the leaf satisfied, and by which of its tests? */
static bool leaf_holds(struct pattern_stream *st, const struct code_leaf *l, const struct pattern_observation *o, uint32_t *test)
{
	bool holds = false;

	if (st->code->all)
		for (size_t i = 0; i < l->tests; i++)
			test_holds(st, l->test[i]);
	if (o->first_ns >= l->stop || o->last_ns < l->start)
		return false;
	for (size_t i = 0; i < l->tests && !holds; i++) {
		holds = test_holds(st, l->test[i]);
		*test = l->test[i];
	}
	return holds;
}

static bool ready_to_evaluate(struct pattern_stream *st, struct pattern_subject *s)
{
	size_t words = (st->code->most_revisited * s->objects + 63) / 64;

	st->eval.s = s;
	memset(st->truth, -1, st->code->tests * sizeof(*st->truth));
	words = words < SEEN_WORDS_MOST ? words : SEEN_WORDS_MOST;
	if (words > st->eval.seen_words) {
		uint64_t *more = util_realloc(st->eval.seen, words * sizeof(*more));

		if (!more)
			return false;
		st->eval.seen = more;
		st->eval.seen_words = words;
	}
	return true;
}

static bool wanted(const struct pattern_code *c, const struct pattern_subject *s)
{
	for (uint32_t i = 0; i < s->objects; i++) {
		struct span type = s->item[s->object[i]].text;

		if (c->types == 1 ? span_eq(type, c->type[0]) : pattern_wants_type(c, type))
			return true;
	}
	return false;
}

/* The newest observation at one place of one plan: inner expressions that it completes are remembered, the whole is reported. */
static void complete(struct pattern_stream *st, struct code_anchor a, struct pattern_binding *out)
{
	const struct code_plan *plan = &st->code->plan[a.plan];
	struct code_part whole = { 0, plan->groups, 0, plan->records };

	for (uint32_t i = 0; i < plan->parts && st->search_left; i++) {
		if (a.group < plan->part[i].group || a.group >= plan->part[i].group_end)
			continue;
		if (search(st, plan, plan->part[i], a.group)) {
			pin(st, &st->pinned[st->part_base[a.plan] + i]);
			search_end(st);
		} else if (!st->gave_up) {
			return; /* without the part there is no whole */
		}
	}
	if (out->n)
		return;
	if (search(st, plan, whole, a.group)) {
		report(st, out);
		search_end(st);
	} else {
		st->undecided |= st->gave_up;
	}
}

static void take(struct pattern_stream *st, const struct pattern_observation *o, struct pattern_binding *out)
{
	const struct pattern_code *c = st->code;
	bool pooled = false;

	for (uint32_t i = 0; i < c->leaves && st->err == ERR_OK; i++) {
		uint32_t test = 0;

		if (!leaf_holds(st, &c->leaf[i], o, &test))
			continue;
		if (!c->leaf[i].kept) {
			if (c->anchors[i] && !out->n)
				report_single(st, test, o->tag, out);
			continue;
		}
		expire(st, &c->leaf[i], &st->leaf[i]);
		if (!pooled && !(pooled = pool_add(st, o, &st->newest)))
			st->err = ERR_NOMEM;
		else if (!leaf_add(st, &st->leaf[i], st->newest, test))
			st->err = ERR_NOMEM;
		else
			st->truth_leaf[i] = true;
	}
	for (uint32_t i = 0; i < c->leaves && st->err == ERR_OK && pooled; i++) {
		for (uint32_t k = 0; k < c->anchors[i] && st->truth_leaf[i] && st->search_left; k++)
			complete(st, c->anchor[i][k], out);
		st->truth_leaf[i] = false;
	}
	if (pooled)
		let_go(st, st->newest);
	st->fault[PATTERN_FAULT_UNDECIDED] += !out->n && (st->undecided || !st->search_left);
	st->undecided = false;
}

enum err pattern_stream_push(struct pattern_stream *st, struct pattern_subject *s, const struct pattern_observation *o, struct pattern_binding *out, struct fault *f)
{
	*out = (struct pattern_binding){ NULL, 0 };
	if (o->last_ns < o->first_ns)
		return fault_set(f, ERR_INVALID, "", "the observation ends before it begins");
	if (st->started && o->first_ns < st->now)
		return fault_set(f, ERR_INVALID, "", "the observation begins before the one before it: observations have to come in order of time");
	st->started = true;
	st->now = o->first_ns;
	st->eval.steps = BOUND_PATTERN_STEPS;
	st->search_left = BOUND_PATTERN_SEARCH;
	st->err = s->err;
	if (st->err == ERR_OK && wanted(st->code, s)) {
		if (!ready_to_evaluate(st, s))
			st->err = ERR_NOMEM;
		else
			take(st, o, out);
		if (st->err == ERR_OK)
			st->err = s->err;
	}
	return st->err == ERR_OK ? ERR_OK : fault_set(f, st->err, "", st->err == ERR_LIMIT ? "the observation is too large or nested too deep" : "out of memory");
}
