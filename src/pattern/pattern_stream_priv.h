/* SPDX-License-Identifier: Apache-2.0 */
/* A stream from inside: the observations that are kept, and the search for a binding among them.
 *
 * 1. Kept observations stand in a pool; each leaf has those that satisfy it in order of first_ns, which is the order of their coming.
 * 2. So the newest observation has the latest first_ns of all.  A binding that uses it at group g leaves no choice for most records over g:
 *    WITHIN d: W = first - d; FOLLOWEDBY with g on the left: T = first; with g alone on the right: T = last.
 * 3. For the other records an instant is chosen among those that can matter, inner records first; with all instants chosen each group has a box (first <= most, last >= least)
 *    and what is left is to hand out observations, each as often as it was counted: a flow, found by augmenting paths.  So the search is exact but for the step limit.
 */
#ifndef PATTERN_PATTERN_STREAM_PRIV_H
#define PATTERN_PATTERN_STREAM_PRIV_H
#include "pattern/pattern_code_priv.h"

struct pooled {
	int64_t first, last;
	uint64_t number, tag;
	uint64_t used; /* search: handed out so far */
	uint32_t share; /* search: first of its shares, index + 1 */
	uint32_t holders; /* leaves and pins that need it; 0: free */
	uint32_t pins;
	uint32_t leaves; /* how many leaves it satisfies */
	uint32_t free_next;
	uint32_t counted; /* search: the last count that it was part of */
};
struct kept {
	uint32_t pooled, test;
};
struct leaf_state {
	struct kept *v; /* [0, old) pinned beyond their window; [from, n) the window */
	uint32_t old, from, n, room;
	uint32_t old_most; /* old ones are looked through when they are more */
	int64_t longest; /* last - first of any that was kept */
	bool counted; /* some had a number_observed above 1 */
};
/* So many of an observation for a group. */
struct share {
	uint32_t group, pooled, test, next; /* next: of the same observation, index + 1 */
	uint64_t n;
};
struct box {
	int64_t most, least;
};
/* The newest bindings of an inner expression. */
enum { PINNED_BINDINGS = 8,
	PINNED_MOST = 1024 }; /* observations of one */
struct pinned {
	uint32_t *pooled[PINNED_BINDINGS], n[PINNED_BINDINGS], room[PINNED_BINDINGS], next;
};

struct pattern_stream {
	const struct pattern_code *code;
	struct pattern_subject *subject; /* of the push at hand */
	size_t most_bytes, bytes, base_bytes; /* base: of the pattern itself */
	struct pooled *pool;
	uint32_t pool_n, pool_room, free_first; /* free_first: index + 1 */
	struct leaf_state *leaf;
	struct pinned *pinned; /* of all plans' parts */
	uint32_t *part_base; /* of each plan, its first in `pinned` */
	int8_t *truth; /* of each test at this push: -1 not asked yet */
	bool *truth_leaf; /* of each leaf that keeps: the newest satisfies it */
	struct eval eval;
	/* search */
	const struct code_plan *plan;
	uint32_t group, group_end, record, record_end; /* the range searched */
	uint32_t anchor, newest; /* group and pooled */
	int64_t *instant;
	bool *chosen;
	uint64_t *got; /* of each group */
	uint32_t *visited, visit, count;
	struct share *share;
	uint32_t shares, share_room;
	uint64_t steps, search_left; /* left for this search, for this push */
	bool gave_up, undecided; /* this search; some search of this push */
	enum err err;
	struct pattern_bound *bound;
	size_t bound_room;
	int64_t now;
	bool started;
	uint64_t fault[PATTERN_FAULTS];
};

/* Is there a binding of these groups that uses st->newest at group `anchor`?  It stands in st->share until search_end.  False with st->gave_up where the steps ran out. */
bool search(struct pattern_stream *st, const struct code_plan *plan, struct code_part range, uint32_t anchor);
void search_end(struct pattern_stream *st);

static inline const struct leaf_state *group_leaf(const struct pattern_stream *st, uint32_t group)
{
	return &st->leaf[st->plan->group[group].leaf];
}
/* Kept observations of a leaf by position 0 … leaf_count - 1, in order of first_ns. */
static inline uint32_t leaf_count(const struct leaf_state *l)
{
	return l->old + l->n - l->from;
}
static inline struct kept leaf_at(const struct leaf_state *l, uint32_t i)
{
	return i < l->old ? l->v[i] : l->v[l->from + i - l->old];
}
#endif
