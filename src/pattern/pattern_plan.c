/* SPDX-License-Identifier: Apache-2.0 */
/* Units to plans: one for each way to choose among the ORs that are left, the way's number read as digits along the tree. */
#include "pattern/pattern_code_priv.h"

#include <stdio.h>

#include "util/bounds.h"

struct planner {
	struct compiler *c;
	struct code_group *group;
	struct code_record *record;
	struct code_part *part;
	uint32_t groups, records, parts;
};
/* Where in the tree. */
struct place {
	int64_t window; /* of the outermost WITHIN above; INT64_MAX: none */
	uint32_t copy;
	bool anchor, root;
};

static void emit(struct planner *pl, const struct unit *u, uint64_t way, struct place at);

static void emit_parts(struct planner *pl, const struct unit *u, uint64_t way, struct place at)
{
	for (size_t i = 0; i < u->parts; i++) {
		emit(pl, u->part[i], way % u->part[i]->ways, at);
		way /= u->part[i]->ways;
	}
}

static void emit_leaf(struct planner *pl, const struct unit *u, struct place at)
{
	struct code_leaf *l = &pl->c->leaf[u->leaf];

	pl->group[pl->groups++] = (struct code_group){ .leaf = u->leaf, .test = u->test, .demand = u->n, .anchor = at.anchor };
	l->window = at.window > l->window ? at.window : l->window;
	l->recent += u->n < BOUND_PATTERN_KEPT ? u->n : BOUND_PATTERN_KEPT;
}

static void emit_times(struct planner *pl, const struct unit *u, uint64_t way, struct place at)
{
	struct place one = at;

	for (uint64_t i = 0; i < u->n; i++) {
		one.copy = (uint32_t)i;
		one.anchor = at.anchor && i == u->n - 1;
		emit(pl, u->part[0], way % u->part[0]->ways, one);
		way /= u->part[0]->ways;
	}
}

static void emit_or(struct planner *pl, const struct unit *u, uint64_t way, struct place at)
{
	size_t i = 0;

	while (way >= u->part[i]->ways)
		way -= u->part[i++]->ways;
	emit(pl, u->part[i], way, at);
}

static void emit(struct planner *pl, const struct unit *u, uint64_t way, struct place at)
{
	uint32_t group = pl->groups, record = pl->records, right;
	struct place in = at;

	if (u->kind == UNIT_LEAF || u->kind == UNIT_OR) {
		(u->kind == UNIT_LEAF ? emit_leaf(pl, u, at) : emit_or(pl, u, way, at));
		return;
	}
	in.root = false;
	if (u->kind == UNIT_WITHIN && at.window == INT64_MAX)
		in.window = u->ns;
	if (u->kind == UNIT_TIMES) {
		emit_times(pl, u, way, in);
		return;
	}
	if (u->kind == UNIT_FOLLOWED) {
		emit(pl, u->part[0], way % u->part[0]->ways, in);
		right = pl->groups;
		emit(pl, u->part[1], way / u->part[0]->ways, in);
	} else {
		emit_parts(pl, u, way, in);
		right = pl->groups;
	}
	if (u->kind != UNIT_AND)
		pl->record[pl->records++] = (struct code_record){ .within = u->kind == UNIT_WITHIN, .ns = u->ns, .group = group, .right = right, .end = pl->groups, .copy = at.copy };
	if (u->timed && at.window == INT64_MAX && !at.root)
		pl->part[pl->parts++] = (struct code_part){ group, pl->groups, record, pl->records };
}

static void *copied(struct compiler *c, const void *v, uint32_t n, size_t size)
{
	void *to = arena_array(c->a, n + 1, size);

	if (!to)
		compiler_no_memory(c);
	else if (n)
		memcpy(to, v, n * size);
	return to;
}

static bool plan_one(struct planner *pl, const struct unit *u, uint64_t way, struct code_plan *to)
{
	struct pattern_code *code = pl->c->code;

	pl->groups = pl->records = pl->parts = 0;
	emit(pl, u, way, (struct place){ .window = INT64_MAX, .anchor = true, .root = true });
	*to = (struct code_plan){ .groups = pl->groups, .records = pl->records, .parts = pl->parts };
	to->group = copied(pl->c, pl->group, pl->groups, sizeof(*pl->group));
	to->record = copied(pl->c, pl->record, pl->records, sizeof(*pl->record));
	to->part = copied(pl->c, pl->part, pl->parts, sizeof(*pl->part));
	code->most_groups = pl->groups > code->most_groups ? pl->groups : code->most_groups;
	code->most_records = pl->records > code->most_records ? pl->records : code->most_records;
	code->parts += pl->parts;
	for (uint32_t i = 0; i < pl->groups; i++)
		pl->c->leaf[pl->group[i].leaf].kept |= pl->groups > 1 || pl->group[i].demand > 1;
	return to->group && to->record && to->part;
}

/* Of each leaf, the groups at which the binding of a new observation can begin. */
static bool index_anchors(struct compiler *c, struct code_plan *plan, uint32_t plans)
{
	struct code_anchor **list = arena_array(c->a, c->leaves, sizeof(*list));
	uint32_t *n = arena_array(c->a, c->leaves, sizeof(*n));

	if (!list || !n)
		return compiler_no_memory(c);
	for (int fill = 0; fill < 2; fill++) {
		for (uint32_t i = 0; i < c->leaves && fill; i++) {
			list[i] = arena_array(c->a, n[i] + 1, sizeof(**list));
			if (!list[i])
				return compiler_no_memory(c);
			n[i] = 0;
		}
		for (uint32_t p = 0; p < plans; p++)
			for (uint32_t g = 0; g < plan[p].groups; g++) {
				uint32_t leaf = plan[p].group[g].leaf;

				if (!plan[p].group[g].anchor)
					continue;
				if (fill)
					list[leaf][n[leaf]] = (struct code_anchor){ p, g };
				n[leaf]++;
			}
	}
	c->code->anchor = (const struct code_anchor *const *)list;
	c->code->anchors = n;
	return true;
}

bool compile_plans(struct compiler *c, const struct pattern *p)
{
	const struct unit *u = compile_unit(c, p);
	struct planner pl = { .c = c };
	struct code_plan *plan;

	if (!u)
		return false;
	if (u->slots > BOUND_PATTERN_SLOTS || u->ways > BOUND_PATTERN_PLANS || u->ways * u->slots > BOUND_PATTERN_NODES) {
		char what[200];

		snprintf(what, sizeof(what), "the pattern joins too many observations to be evaluated: at most %d in one alternative and %d alternatives are possible", BOUND_PATTERN_SLOTS, BOUND_PATTERN_PLANS);
		compiler_fail(c, ERR_LIMIT, p->at, what);
		return false;
	}
	pl.group = arena_array(c->a, u->slots + 1, sizeof(*pl.group));
	pl.record = arena_array(c->a, 4 * u->slots + 4, sizeof(*pl.record));
	pl.part = arena_array(c->a, 8 * u->slots + 8, sizeof(*pl.part));
	plan = arena_array(c->a, u->ways, sizeof(*plan));
	if (!pl.group || !pl.record || !pl.part || !plan)
		return compiler_no_memory(c);
	for (uint64_t way = 0; way < u->ways; way++)
		if (!plan_one(&pl, u, way, &plan[way]))
			return false;
	c->code->plan = plan;
	c->code->plans = (uint32_t)u->ways;
	c->code->leaf = c->leaf;
	c->code->leaves = c->leaves;
	return index_anchors(c, plan, c->code->plans);
}
