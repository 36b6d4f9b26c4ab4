/* SPDX-License-Identifier: Apache-2.0 */
/* What the public may see of a figure: no number tells of fewer than three, nor does any difference of two numbers.
 *
 * 1. All numbers are rounded down to a multiple of three.  Cells under three then look like none, and what is missing to the total is spread over all cells: one that
 *    shows 0 may be 0, 1 or 2.  Only where every cell of a split must be the largest that rounds to what is shown, that would be known: such a table is not shown.
 * 2. Only what was new in whole periods that are over is shown; a period of which nothing can be shown is joined with those that follow.  Every two views then
 *    differ by whole groups.
 * (Withholding small cells, and others so that the sum does not tell, gives them away to whoever knows by which rule the others were chosen.) */
#include "accord/commitment.h"

#define LEAST 3

bool commitment_names(struct arena *a, const struct commitment *c, struct commitment_names *out)
{
	static const struct span countries[] = { { "BN", 2 }, { "ID", 2 }, { "JP", 2 }, { "KH", 2 }, { "LA", 2 }, { "MM", 2 }, { "MY", 2 }, { "PH", 2 }, { "SG", 2 }, { "TH", 2 },
		{ "VN", 2 }, { "other", 5 } };
	static const struct span sectors[] = { { "public", 6 }, { "private", 7 }, { "other", 5 } };
	static const struct span known[] = { { "self", 4 }, { "machine", 7 }, { "peer", 4 } };
	struct span *areas = arena_array(a, c->n_areas + 1, sizeof(*areas));

	if (!areas)
		return false;
	for (size_t i = 0; i < c->n_areas; i++)
		areas[i] = c->areas[i];
	areas[c->n_areas] = SPAN("other");
	*out = (struct commitment_names){ { countries, sectors, areas, known }, { 12, 3, c->n_areas ? c->n_areas + 1 : 0, 3 } };
	return true;
}

static bool sum(struct arena *a, const struct commitment_table *from, const struct commitment_names *names,
	struct commitment_table *to)
{
	to->total += from->total;
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		if (!to->cells[d]) {
			to->cells[d] = arena_array(a, names->n[d] + 1, sizeof(*to->cells[d]));
			if (!to->cells[d])
				return false;
			for (size_t i = 0; i < names->n[d]; i++)
				to->cells[d][i].name = names->v[d][i];
			to->n_cells[d] = names->n[d];
		}
		for (size_t k = 0; k < from->n_cells[d] && names->n[d]; k++) {
			size_t i = 0;
			while (i + 1 < names->n[d] && !span_eq(names->v[d][i], from->cells[d][k].name))
				i++;
			to->cells[d][i].n += from->cells[d][k].n;
		}
	}
	return true;
}

static int64_t rounded(int64_t n)
{
	return n / LEAST * LEAST;
}

/* The table as the public sees it; false: it may not be seen. */
static bool round_table(struct commitment_table *t)
{
	t->total = rounded(t->total);
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		int64_t sum = 0;
		for (size_t i = 0; i < t->n_cells[d]; i++)
			sum += t->cells[d][i].n = rounded(t->cells[d][i].n);
		if (t->n_cells[d] && t->total - sum >= (LEAST - 1) * (int64_t)t->n_cells[d])
			return false;
	}
	return t->total >= LEAST;
}

/* A copy to round. */
static bool copy_table(struct arena *a, const struct commitment_table *t, struct commitment_table *out)
{
	*out = *t;
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		out->cells[d] = arena_array(a, t->n_cells[d] + 1, sizeof(**out->cells));
		if (!out->cells[d])
			return false;
		if (t->n_cells[d])
			memcpy(out->cells[d], t->cells[d], t->n_cells[d] * sizeof(**out->cells));
	}
	return true;
}

bool commitment_publish(struct arena *a, const struct commitment_indicator *x, const struct commitment_figure *fig, struct timestamp at,
	const struct commitment_names *names, struct commitment_public *out)
{
	struct commitment_table t = { 0 };
	struct timestamp start = { 0 };
	bool fresh = true, shown;

	*out = (struct commitment_public){ .groups = arena_array(a, x->n_periods + 1, sizeof(*out->groups)) };
	if (!out->groups)
		return false;
	for (size_t i = 0; i < x->n_periods && !timestamp_before(at, x->periods[i].end); i++) {
		struct commitment_group *g = &out->groups[out->n_groups];
		start = fresh ? x->periods[i].start : start;
		if (!sum(a, &fig->periods[i], names, &t) || !copy_table(a, &t, &g->table))
			return false;
		shown = round_table(&g->table);
		fresh = shown;
		if (!shown)
			continue;
		g->start = start;
		g->end = x->periods[i].end;
		out->total += g->table.total;
		out->n_groups++;
		t = (struct commitment_table){ 0 };
	}
	return true;
}
