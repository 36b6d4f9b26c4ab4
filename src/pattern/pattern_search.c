/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a binding: instants for the records, then a flow of observations to groups (see pattern_stream_priv.h). */
#include "pattern/pattern_stream_priv.h"

#include <stdlib.h>

#include "util/alloc.h"

enum { STEPS_LEAST = 20000,
	STEPS_KEPT = 8 };

static int64_t plus(int64_t a, int64_t b)
{
	int64_t r;

	return __builtin_add_overflow(a, b, &r) ? (b > 0 ? INT64_MAX : INT64_MIN) : r;
}

static bool spend(struct pattern_stream *st, uint64_t steps)
{
	if (st->steps > steps) {
		st->steps -= steps;
		return true;
	}
	st->steps = 0;
	st->gave_up = true;
	return false;
}

/* ---- boxes ---- */

static struct box box_of(struct pattern_stream *st, uint32_t group)
{
	struct box b = { INT64_MAX, INT64_MIN };

	for (uint32_t i = st->record; i < st->record_end; i++) {
		const struct code_record *r = &st->plan->record[i];
		int64_t least = INT64_MIN, most = INT64_MAX;

		if (!st->chosen[i] || group < r->group || group >= r->end)
			continue;
		if (r->within) {
			least = st->instant[i];
			most = plus(least, r->ns);
		} else if (group < r->right) {
			most = st->instant[i];
		} else {
			least = st->instant[i];
		}
		b.least = least > b.least ? least : b.least;
		b.most = most < b.most ? most : b.most;
	}
	spend(st, (st->record_end - st->record) / 4);
	return b;
}

/* How many kept ones have first < t. */
static uint32_t before(const struct pattern_stream *st, const struct leaf_state *l, int64_t t)
{
	uint32_t lo = 0, hi = leaf_count(l);

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (st->pool[leaf_at(l, mid).pooled].first < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The kept ones of a group that can lie in the box: positions [from, to); inside, last >= least is still to be asked. */
struct range {
	const struct leaf_state *l;
	uint32_t from, to;
	struct box b;
};

static struct range range_of(struct pattern_stream *st, uint32_t group)
{
	struct range r = { .l = group_leaf(st, group), .b = box_of(st, group) };

	r.from = r.b.least == INT64_MIN ? 0 : before(st, r.l, plus(r.b.least, -r.l->longest));
	r.to = r.b.most == INT64_MAX ? leaf_count(r.l) : before(st, r.l, r.b.most + 1);
	return r;
}

static struct pooled *in_range(const struct pattern_stream *st, const struct range *r, uint32_t i)
{
	struct pooled *p = &st->pool[leaf_at(r->l, i).pooled];

	return p->last >= r->b.least ? p : NULL;
}

static bool enough(struct pattern_stream *st, uint32_t group)
{
	struct range r = range_of(st, group);
	uint64_t want = st->plan->group[group].demand, n = 0;

	if (r.to <= r.from)
		return false;
	if (!r.l->counted && r.l->longest == 0)
		return r.to - r.from >= want;
	for (uint32_t i = r.to; i > r.from && n < want && spend(st, 1); i--) {
		const struct pooled *p = in_range(st, &r, i - 1);

		n += !p ? 0 : p->number < want ? p->number
					       : want;
	}
	return n >= want;
}

static bool all_enough(struct pattern_stream *st, uint32_t from, uint32_t end)
{
	for (uint32_t g = from; g < end; g++)
		if (!spend(st, 1) || !enough(st, g))
			return false;
	return !st->gave_up;
}

/* Are there as many observations for all groups together as all want?  Where one serves several groups, each alone may have enough and all may not. */
static bool together_enough(struct pattern_stream *st)
{
	uint64_t want = 0, n = 0;

	st->count++;
	for (uint32_t g = st->group; g < st->group_end; g++)
		want = __builtin_add_overflow(want, st->plan->group[g].demand, &want) ? UINT64_MAX : want;
	for (uint32_t g = st->group; g < st->group_end && n < want; g++) {
		struct range r = range_of(st, g);

		for (uint32_t i = r.to; i > r.from && n < want && spend(st, 1); i--) {
			struct pooled *p = in_range(st, &r, i - 1);

			if (!p || p->counted == st->count)
				continue;
			p->counted = st->count;
			n += p->number < want ? p->number : want;
		}
	}
	return n >= want;
}

/* ---- the flow ---- */

static void give(struct pattern_stream *st, uint32_t group, struct kept k, uint64_t n)
{
	const struct code_group *g = &st->plan->group[group];

	if (st->shares == st->share_room) {
		uint32_t room = st->share_room ? 2 * st->share_room : 64;
		struct share *more = util_realloc(st->share, room * sizeof(*more));

		if (!more) {
			st->err = ERR_NOMEM;
			return;
		}
		st->share = more;
		st->share_room = room;
	}
	st->share[st->shares++] = (struct share){ group, k.pooled, st->code->leaf[g->leaf].tests == 1 ? g->test : k.test, st->pool[k.pooled].share, n };
	st->pool[k.pooled].share = st->shares;
	st->pool[k.pooled].used += n;
	st->got[group] += n;
}

void search_end(struct pattern_stream *st)
{
	for (uint32_t i = 0; i < st->shares; i++) {
		st->pool[st->share[i].pooled].used = 0;
		st->pool[st->share[i].pooled].share = 0;
	}
	st->pool[st->newest].used = 0;
	st->shares = 0;
}

/* Takes free observations until the group has its demand, the newest first; `alone`: only those that no other leaf could use. */
static void take_free(struct pattern_stream *st, uint32_t group, bool alone)
{
	struct range r = range_of(st, group);
	uint64_t demand = st->plan->group[group].demand;

	for (uint32_t i = r.to; i > r.from && st->got[group] < demand && st->err == ERR_OK && spend(st, 1); i--) {
		const struct pooled *p = in_range(st, &r, i - 1);
		uint64_t rest = demand - st->got[group], free_here;

		if (!p || p->used >= p->number || (alone && p->leaves > 1))
			continue;
		free_here = p->number - p->used;
		give(st, group, leaf_at(r.l, i - 1), rest < free_here ? rest : free_here);
	}
}

/* One more for the group, another group giving one up for it where it can have a different one. */
static bool one_more(struct pattern_stream *st, uint32_t group)
{
	struct range r = range_of(st, group);

	st->visited[group] = st->visit;
	for (uint32_t i = r.to; i > r.from && spend(st, 1); i--) {
		const struct pooled *p = in_range(st, &r, i - 1);

		if (p && p->used < p->number) {
			give(st, group, leaf_at(r.l, i - 1), 1);
			return st->err == ERR_OK;
		}
	}
	for (uint32_t i = r.to; i > r.from && spend(st, 1); i--) {
		const struct pooled *p = in_range(st, &r, i - 1);

		for (uint32_t s = p ? p->share : 0; s; s = st->share[s - 1].next) {
			struct share x = st->share[s - 1];

			if (!spend(st, 1) || x.n == 0 || st->visited[x.group] == st->visit || !one_more(st, x.group))
				continue;
			st->share[s - 1].n--;
			st->got[x.group]--;
			st->pool[x.pooled].used--;
			give(st, group, leaf_at(r.l, i - 1), 1);
			return st->err == ERR_OK;
		}
	}
	return false;
}

static bool flow(struct pattern_stream *st)
{
	search_end(st);
	memset(st->got + st->group, 0, (st->group_end - st->group) * sizeof(*st->got));
	st->pool[st->newest].used = 1; /* the anchor's own, which nobody takes away */
	st->got[st->anchor] = 1;
	for (uint32_t g = st->group; g < st->group_end; g++)
		take_free(st, g, true);
	for (uint32_t g = st->group; g < st->group_end; g++)
		take_free(st, g, false);
	for (uint32_t g = st->group; g < st->group_end; g++) {
		while (st->got[g] < st->plan->group[g].demand) {
			st->visit++;
			if (!one_more(st, g) || st->err != ERR_OK)
				return false;
		}
	}
	return true;
}

/* ---- instants ---- */

static bool choose(struct pattern_stream *st, uint32_t record);

static bool try_instant(struct pattern_stream *st, uint32_t record, int64_t t)
{
	const struct code_record *r = &st->plan->record[record];
	bool found;

	if (!spend(st, 1))
		return false;
	st->instant[record] = t;
	st->chosen[record] = true;
	found = all_enough(st, r->group, r->end) && choose(st, record + 1);
	st->chosen[record] = false;
	return found;
}

/* The earliest instant by which the group can have its demand; INT64_MAX where it cannot. */
static int64_t earliest(struct pattern_stream *st, uint32_t group)
{
	struct range r = range_of(st, group);
	uint64_t want = st->plan->group[group].demand, n = 0;

	for (uint32_t i = r.from; i < r.to && spend(st, 1); i++) {
		const struct pooled *p = in_range(st, &r, i);

		n += !p ? 0 : p->number < want ? p->number
					       : want;
		if (n >= want)
			return p->first;
	}
	return INT64_MAX;
}

/* No later instant leaves the group its demand (it may be too late a one where observations last). */
static int64_t latest(struct pattern_stream *st, uint32_t group)
{
	struct range r = range_of(st, group);
	uint64_t want = st->plan->group[group].demand, n = 0;
	int64_t end = INT64_MIN;

	for (uint32_t i = r.to; i > r.from && spend(st, 1); i--) {
		const struct pooled *p = in_range(st, &r, i - 1);

		if (!p)
			continue;
		end = plus(p->first, r.l->longest);
		n += p->number < want ? p->number : want;
		if (n >= want)
			return end;
	}
	return INT64_MIN;
}

/* T is the first of some observation on the left.  Repetition k begins with the k-th of those: so equal expressions do not all want the same ones. */
static bool choose_followed(struct pattern_stream *st, uint32_t record, const struct code_record *r)
{
	int64_t lo = INT64_MIN, hi = INT64_MAX;

	for (uint32_t g = r->group; g < r->right; g++) {
		int64_t t = earliest(st, g);

		lo = t > lo ? t : lo;
	}
	for (uint32_t g = r->right; g < r->end; g++) {
		int64_t t = g == st->anchor && st->plan->group[g].demand == 1 ? st->pool[st->newest].last : latest(st, g);

		hi = t < hi ? t : hi;
		if (g == st->anchor && st->pool[st->newest].last < hi)
			hi = st->pool[st->newest].last;
	}
	for (uint32_t turn = 0; turn < (r->copy ? 2u : 1u); turn++) {
		for (uint32_t g = r->group; g < r->right && lo <= hi; g++) {
			struct range x = range_of(st, g);
			uint32_t from = before(st, x.l, lo), to = hi == INT64_MAX ? x.to : before(st, x.l, hi + 1), offset;
			int64_t tried = INT64_MIN;

			from = from > x.from ? from : x.from;
			to = to < x.to ? to : x.to;
			offset = !r->copy ? from : from + r->copy < to ? from + r->copy
								       : to;
			for (uint32_t i = turn ? from : offset; i < (turn ? offset : to); i++) {
				const struct pooled *p = in_range(st, &x, i);

				if (!spend(st, 1))
					return false;
				if (!p || p->first == tried)
					continue;
				tried = p->first;
				if (try_instant(st, record, tried))
					return true;
			}
		}
	}
	return false;
}

/* W is the last of some observation inside. */
static bool choose_within(struct pattern_stream *st, uint32_t record, const struct code_record *r)
{
	for (uint32_t g = r->group; g < r->end; g++) {
		struct range x = range_of(st, g);

		for (uint32_t i = x.to; i > x.from; i--) {
			const struct pooled *p = in_range(st, &x, i - 1);

			if (!spend(st, 1))
				return false;
			if (p && try_instant(st, record, p->last))
				return true;
		}
	}
	return false;
}

static bool choose(struct pattern_stream *st, uint32_t record)
{
	const struct code_record *r;

	while (record < st->record_end && st->chosen[record])
		record++;
	if (record == st->record_end)
		return flow(st);
	r = &st->plan->record[record];
	return r->within ? choose_within(st, record, r) : choose_followed(st, record, r);
}

/* Rule 2: what the newest observation decides by itself. */
static void decide_by_anchor(struct pattern_stream *st)
{
	const struct pooled *newest = &st->pool[st->newest];

	for (uint32_t i = st->record; i < st->record_end; i++) {
		const struct code_record *r = &st->plan->record[i];

		st->chosen[i] = true;
		if (st->anchor < r->group || st->anchor >= r->end)
			st->chosen[i] = false;
		else if (r->within)
			st->instant[i] = plus(newest->first, -r->ns);
		else if (st->anchor < r->right)
			st->instant[i] = newest->first;
		else if (r->end - r->right == 1 && st->plan->group[st->anchor].demand == 1)
			st->instant[i] = newest->last;
		else
			st->chosen[i] = false;
	}
}

/* The steps of this search; false where some group has nothing to choose from, or where the push has none left. */
static bool allow(struct pattern_stream *st)
{
	uint32_t groups = st->group_end - st->group;

	if (st->search_left <= groups) {
		st->search_left = 0;
		st->gave_up = true;
		return false;
	}
	st->search_left -= groups;
	st->steps = STEPS_LEAST;
	for (uint32_t g = st->group; g < st->group_end; g++) {
		uint32_t n = leaf_count(group_leaf(st, g));

		if (n == 0)
			return false;
		st->steps += STEPS_KEPT * (uint64_t)n;
	}
	if (st->steps > st->search_left)
		st->steps = st->search_left;
	return true;
}

bool search(struct pattern_stream *st, const struct code_plan *plan, struct code_part range, uint32_t anchor)
{
	uint64_t allowed;
	bool found;

	st->plan = plan;
	st->group = range.group;
	st->group_end = range.group_end;
	st->record = range.record;
	st->record_end = range.record_end;
	st->anchor = anchor;
	st->gave_up = false;
	if (!allow(st))
		return false;
	decide_by_anchor(st);
	allowed = st->steps;
	found = all_enough(st, st->group, st->group_end) && together_enough(st) && choose(st, st->record);
	st->search_left -= allowed - st->steps;
	if (!found)
		search_end(st);
	else
		give(st, anchor, (struct kept){ st->newest, plan->group[anchor].test }, 1);
	return found && st->err == ERR_OK;
}
