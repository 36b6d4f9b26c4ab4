/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on a recipient in their one form: lists of which each must have a member that holds.
 *
 * A member n > 0 holds where base label n is visible, -n where it is the recipient's own (which implies n).  Conditions only ever grow with what a
 * recipient has, so that the lists that no other list is contained in are the same for all ways to write a condition: what says the same is the same,
 * and a change that changes nothing is seen to be none.
 */
#include <stdlib.h>
#include "store/closure_priv.h"

#define LISTS_MOST 256 /* past it a condition is met by nobody: the rule withholds */
#define CELLS_MOST 8192

static const int64_t one_empty_list[] = { 0 };

struct cnf cnf_never(void)
{
	return (struct cnf){ (int64_t *)one_empty_list, 1, 1 };
}

/* Magnitude first, so that n and -n are neighbours. */
static int by_member(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b, p = x < 0 ? -x : x, q = y < 0 ? -y : y;
	return p != q ? (p > q) - (p < q) : (x > y) - (x < y);
}

/* Members sorted, each once, -n left out beside n; returns how many. */
static size_t list_tidy(int64_t *v, size_t n)
{
	size_t kept = 0;
	if (n > 1)
		qsort(v, n, sizeof *v, by_member);
	for (size_t i = 0; i < n; i++) {
		if (kept && v[kept - 1] == v[i])
			continue;
		if (kept && v[kept - 1] == -v[i])
			kept--; /* -n stood there, n follows */
		v[kept++] = v[i];
	}
	return kept;
}

/* Is list b met wherever list a is?  Both tidy. */
static bool list_implies(const int64_t *a, const int64_t *b)
{
	int64_t k = 1;
	for (int64_t i = 1; i <= *a; i++) {
		while (k <= *b && b[k] != a[i] && !(a[i] < 0 && b[k] == -a[i]))
			k++;
		if (k > *b)
			return false;
	}
	return true;
}

struct list {
	int64_t *cells; /* count, members … */
};

static int by_size(const void *a, const void *b)
{
	const int64_t *x = ((const struct list *)a)->cells, *y = ((const struct list *)b)->cells;
	for (int64_t i = 0; i <= x[0] && i <= y[0]; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

/* Takes lists whose members are tidy; leaves those that no other implies. */
static bool absorb(struct arena *a, struct list *v, size_t n, struct cnf *out)
{
	size_t kept = 0, cells = 0;
	if (n > 1)
		qsort(v, n, sizeof *v, by_size);
	for (size_t i = 0; i < n; i++) {
		bool implied = false;
		for (size_t k = 0; k < kept && !implied; k++)
			implied = list_implies(v[k].cells, v[i].cells);
		if (implied)
			continue;
		v[kept++] = v[i];
		cells += (size_t)*v[i].cells + 1;
	}
	if (kept > LISTS_MOST || cells > CELLS_MOST) {
		*out = cnf_never();
		return true;
	}
	/* An implied list may stand before the one that implies it only where -n stands for n: sizes are equal then, so look back once. */
	for (size_t i = 0; i < kept; i++)
		for (size_t k = 0; k < kept; k++)
			if (i != k && v[k].cells && v[i].cells && list_implies(v[k].cells, v[i].cells))
				v[i].cells = NULL;
	int64_t *to = arena_array(a, cells + 1, sizeof *to);
	if (!to)
		return false;
	*out = (struct cnf){ to, 0, 0 };
	for (size_t i = 0; i < kept; i++) {
		if (!v[i].cells)
			continue;
		memcpy(to + out->n_cells, v[i].cells, (size_t)(*v[i].cells + 1) * sizeof *to);
		out->n_cells += (size_t)*v[i].cells + 1;
		out->n++;
	}
	return true;
}

bool cnf_member(struct arena *a, int64_t member, struct cnf *out)
{
	int64_t *to = arena_array(a, 2, sizeof *to);
	if (!to)
		return false;
	to[0] = 1;
	to[1] = member;
	*out = (struct cnf){ to, 1, 2 };
	return true;
}

bool cnf_and(struct arena *a, const struct cnf *x, const struct cnf *y, struct cnf *out)
{
	if (!x->n || !y->n) {
		*out = x->n ? *x : *y;
		return true;
	}
	struct list *v = arena_array(a, x->n + y->n, sizeof *v);
	if (!v)
		return false;
	size_t n = 0;
	for (int64_t *p = x->cells; n < x->n; p += *p + 1)
		v[n++].cells = p;
	for (int64_t *p = y->cells; n < x->n + y->n; p += *p + 1)
		v[n++].cells = p;
	return absorb(a, v, n, out);
}

bool cnf_or(struct arena *a, const struct cnf *x, const struct cnf *y, struct cnf *out)
{
	if (!x->n || !y->n) {
		*out = (struct cnf){ NULL, 0, 0 }; /* one of them asks for nothing */
		return true;
	}
	if (x->n * y->n > (size_t)LISTS_MOST * LISTS_MOST / 4) {
		*out = cnf_never();
		return true;
	}
	struct list *v = arena_array(a, x->n * y->n, sizeof *v);
	size_t n = 0;
	if (!v)
		return false;
	const int64_t *p = x->cells;
	for (size_t i = 0; i < x->n; i++, p += *p + 1) {
		const int64_t *q = y->cells;
		for (size_t k = 0; k < y->n; k++, q += *q + 1) {
			int64_t *both = arena_array(a, (size_t)(*p + *q) + 1, sizeof *both);
			if (!both)
				return false;
			memcpy(both + 1, p + 1, (size_t)*p * sizeof *both);
			memcpy(both + 1 + *p, q + 1, (size_t)*q * sizeof *both);
			*both = (int64_t)list_tidy(both + 1, (size_t)(*p + *q));
			v[n++].cells = both;
		}
	}
	return absorb(a, v, n, out);
}

bool cnf_implies(const struct cnf *x, const struct cnf *y)
{
	const int64_t *q = y->cells;
	for (size_t k = 0; k < y->n; k++, q += *q + 1) {
		bool met = false;
		const int64_t *p = x->cells;
		for (size_t i = 0; i < x->n && !met; i++, p += *p + 1)
			met = list_implies(p, q);
		if (!met)
			return false;
	}
	return true;
}

bool cnf_equal(const struct cnf *x, const struct cnf *y)
{
	return x->n == y->n && x->n_cells == y->n_cells && (!x->n_cells || memcmp(x->cells, y->cells, x->n_cells * sizeof *x->cells) == 0);
}

/* ---- labels ---- */

bool cnf_of_label(struct store_tx *tx, int64_t label, struct cnf *out)
{
	const struct label *l = label_at(tx->s, label);
	struct cnf own, exempt, lists = { .cells = l->all, .n = l->n_all, .n_cells = l->kind == LABEL_COMPOUND ? (size_t)(l->none - l->all) : 0 };
	if (l->kind == LABEL_NONE) {
		*out = cnf_never();
		return true;
	}
	if (l->kind == LABEL_BASE)
		return cnf_member(tx->arena, l->same, out);
	if (!l->own || !l->n_all) {
		*out = lists;
		return !l->own || cnf_member(tx->arena, l->own, out);
	}
	/* The lists do not bind the origin. */
	return cnf_member(tx->arena, -l->own, &exempt) && cnf_or(tx->arena, &lists, &exempt, &lists) && cnf_member(tx->arena, l->own, &own) &&
	       cnf_and(tx->arena, &own, &lists, out);
}

/* own, and the condition for all but the origin: what own says already and the exemption are left out. */
enum err cnf_label(struct store_tx *tx, int64_t collection, int64_t own, const struct cnf *c, int64_t *label, struct fault *f)
{
	struct formula fm = { .own = own, .all = arena_array(tx->arena, c->n_cells + 1, sizeof *fm.all) };
	int64_t same = own ? label_at(tx->s, own)->same : 0;
	size_t at = 0;
	if (!fm.all)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	const int64_t *p = c->cells;
	for (size_t i = 0; i < c->n; i++, p += *p + 1) {
		bool implied = false;
		int64_t n = 0;
		for (int64_t k = 1; k <= *p; k++) {
			implied = implied || (own && p[k] == same);
			if (!own || p[k] != -same)
				fm.all[at + 1 + (size_t)n++] = p[k];
		}
		if (implied)
			continue;
		fm.all[at] = n;
		at += (size_t)n + 1;
		fm.n_all++;
	}
	/* One plain label and nothing else is that label. */
	if (!own && fm.n_all == 1 && fm.all[0] == 1 && fm.all[1] > 0) {
		*label = fm.all[1];
		return ERR_OK;
	}
	return label_formula(tx, collection, &fm, label, f);
}

enum err cnf_label_and(struct store_tx *tx, int64_t collection, int64_t a, int64_t b, int64_t *label, struct fault *f)
{
	struct cnf x, y, both;
	if (!a || !b || a == b || a == LABEL_NOBODY || b == LABEL_NOBODY) {
		*label = a == LABEL_NOBODY || !b ? a : b;
		return ERR_OK;
	}
	if (!cnf_of_label(tx, a, &x) || !cnf_of_label(tx, b, &y) || !cnf_and(tx->arena, &x, &y, &both))
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	/* Where one says it all, its number. */
	if (cnf_equal(&both, &x) || cnf_equal(&both, &y)) {
		*label = cnf_equal(&both, &x) ? a : b;
		return ERR_OK;
	}
	return cnf_label(tx, collection, 0, &both, label, f);
}
