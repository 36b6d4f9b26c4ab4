/* SPDX-License-Identifier: Apache-2.0 */
/* What a label must say beyond the policy's: references by UUIDv5, and other lines of an id.
 *
 * 1. A version's core is its own label and, for each id by UUIDv5 that it refers to, a list of what that id can be seen by: visible where its own label is
 *    and each list has a visible member, or the recipient is its origin.  (core and closed of st_sight; spread.c keeps them true.)
 * 2. A reference that is not here is an empty list: only the origin sees the object until it comes.
 * 3. Ids that refer to each other in a circle are visible together: the greatest set in which every reference is satisfied, not the least.
 * 4. Cores are conditions over base labels in their one form (cnf.c), never over other cores: equal ones are equal.
 */
#include <stdlib.h>
#include "store/closure_priv.h"

#define CIRCLE_MOST 256 /* ids looked at to find a circle; past it the rule withholds */
#define ROUNDS_MOST 64 /* times around one */

void numbers_push(struct numbers *v, int64_t x)
{
	if (v->n == v->room && !v->failed) {
		size_t room = v->room ? v->room * 2 : 16;
		int64_t *p = arena_array(v->a, room, sizeof *p);
		v->failed = !p;
		if (p && v->n)
			memcpy(p, v->p, v->n * sizeof *p);
		if (p) {
			v->p = p;
			v->room = room;
		}
	}
	if (!v->failed)
		v->p[v->n++] = x;
}

/* ---- what an id can be seen by ---- */

/* Rows of queued objects are there before what they can be seen by: the queue speaks for them. */
static bool is_queued(const struct store_tx *tx, int64_t version)
{
	return tx->n_queue && version >= tx->queue[0]->v.number;
}

/* Or by this version: its core, where newer versions' labels did not close it. */
static enum err or_sight(struct store_tx *tx, int64_t core, int64_t closed, struct cnf *c, struct fault *f)
{
	struct cnf x, y = { NULL, 0, 0 };
	if (core == LABEL_NOBODY)
		return ERR_OK;
	bool good = cnf_of_label(tx, core, &x) && (!closed || cnf_of_label(tx, closed, &y)) && cnf_and(tx->arena, &x, &y, &x) && cnf_or(tx->arena, c, &x, c);
	return good ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for labels");
}

static enum err ident_sight(struct store_tx *tx, const struct ident *id, struct cnf *out, struct fault *f)
{
	struct line *lines;
	size_t n;
	*out = cnf_never();
	enum err e = tx_lines(tx, &id->uuid, id->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct version v;
		int64_t at = lines[i].newest ? lines[i].head : 0;
		for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
			struct sight s;
			e = rows_version(tx->db, at, &v, f);
			if (e == ERR_OK)
				e = rows_sight(tx->db, &v, &s, f);
			if (e == ERR_OK && !is_queued(tx, at))
				e = or_sight(tx, s.core, s.closed, out, f);
		}
	}
	struct queued *q = queue_find(tx, &id->uuid);
	return e == ERR_OK && q && q->v.type == id->type && q->resolved ? or_sight(tx, q->core, q->also, out, f) : e;
}

/* ---- what refers to what ---- */

bool ident_eq(const struct ident *a, const struct ident *b)
{
	return a->type == b->type && memcmp(&a->uuid, &b->uuid, sizeof a->uuid) == 0;
}

static bool ident_in(const struct idents *v, const struct ident *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (ident_eq(&v->p[i], id))
			return true;
	return false;
}

bool ident_push(struct arena *a, struct idents *v, const struct ident *id)
{
	if (v->n == v->room) {
		struct ident *p = arena_array(a, v->room = v->room ? v->room * 2 : 8, sizeof *p);
		if (!p)
			return false;
		if (v->n)
			memcpy(p, v->p, v->n * sizeof *p);
		v->p = p;
	}
	v->p[v->n++] = *id;
	return true;
}

enum err version_refs(struct store_tx *tx, int64_t version, struct idents *to, struct fault *f)
{
	struct db_stmt *q = db_prepare(tx->db, "SELECT uuid, type FROM st_ref WHERE version = ? ORDER BY uuid, type", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, version);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct ident id = { .type = db_int(q, 1) };
		struct span u = db_blob(q, 0);
		memcpy(id.uuid.b, u.p, u.n < sizeof id.uuid.b ? u.n : sizeof id.uuid.b);
		if (!ident_in(to, &id) && !ident_push(tx->arena, to, &id))
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* What any live version of an id refers to. */
static enum err ident_refs(struct store_tx *tx, const struct ident *id, struct idents *to, struct fault *f)
{
	struct queued *q = queue_find(tx, &id->uuid);
	for (size_t i = 0; q && q->v.type == id->type && i < q->n_refs; i++)
		if (!ident_in(to, &q->refs[i]) && !ident_push(tx->arena, to, &q->refs[i]))
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
	struct line *lines;
	size_t n;
	enum err e = tx_lines(tx, &id->uuid, id->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct version v;
		int64_t at = lines[i].newest ? lines[i].head : 0;
		for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
			e = rows_version(tx->db, at, &v, f);
			if (e == ERR_OK)
				e = version_refs(tx, at, to, f);
		}
	}
	return e;
}

/* Those on a circle through `id` (without itself): what it reaches and what reaches it.  More than we care to look at: none. */
static enum err circle(struct store_tx *tx, const struct ident *id, const struct ident *refs, size_t n_refs, struct idents *on, struct fault *f)
{
	struct idents seen = { 0 }, beyond = { 0 };
	enum err e = ERR_OK;
	bool back = false;
	for (size_t i = 0; e == ERR_OK && i < n_refs; i++)
		e = ident_refs(tx, &refs[i], &beyond, f);
	if (e != ERR_OK || !beyond.n) /* nearly always */
		return e;
	unsigned char *edge = arena_alloc(tx->arena, (size_t)CIRCLE_MOST * CIRCLE_MOST / 8); /* bit [to][from] */
	if (!edge)
		return fault_set(f, ERR_NOMEM, "store", "no memory for references");
	ident_push(tx->arena, &seen, id);
	for (size_t at = 0; e == ERR_OK && at < seen.n; at++) {
		struct idents next = { 0 };
		if (at == 0)
			next = (struct idents){ .p = (struct ident *)refs, .n = n_refs };
		else
			e = ident_refs(tx, &seen.p[at], &next, f);
		for (size_t i = 0; e == ERR_OK && i < next.n; i++) {
			size_t k = 0;
			while (k < seen.n && !ident_eq(&seen.p[k], &next.p[i]))
				k++;
			if (k == CIRCLE_MOST || (k == seen.n && !ident_push(tx->arena, &seen, &next.p[i])))
				return ERR_OK;
			edge[(k * CIRCLE_MOST + at) / 8] |= (unsigned char)(1 << (k * CIRCLE_MOST + at) % 8);
			back = back || k == 0;
		}
	}
	if (e != ERR_OK || !back)
		return e;
	/* Backwards from id along the edges. */
	bool reaches[CIRCLE_MOST] = { true };
	for (bool more = true; more;) {
		more = false;
		for (size_t k = 0; k < seen.n; k++)
			for (size_t at = 0; reaches[k] && at < seen.n; at++)
				if (!reaches[at] && (edge[(k * CIRCLE_MOST + at) / 8] >> (k * CIRCLE_MOST + at) % 8 & 1))
					more = reaches[at] = true;
	}
	for (size_t k = 1; k < seen.n; k++)
		if (reaches[k] && !ident_push(tx->arena, on, &seen.p[k]))
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
	return ERR_OK;
}

/* ---- a label ---- */

static enum err resolve(struct store_tx *tx, struct queued *q, int depth, struct fault *f);

static enum err resolve(struct store_tx *tx, struct queued *q, int depth, struct fault *f);

static enum err settled_sight(struct store_tx *tx, const struct ident *id, int depth, struct cnf *out, struct fault *f)
{
	struct queued *q = queue_find(tx, &id->uuid);
	enum err e = q && !q->resolved && q->v.type == id->type ? resolve(tx, q, depth + 1, f) : ERR_OK;
	return e == ERR_OK ? ident_sight(tx, id, out, f) : e;
}

/* ---- circles ---- */

/* The ids of a circle and what each can be seen by, starting from "everybody" and narrowed until nothing changes. */
struct ring {
	struct idents on;
	struct cnf *sight;
	int depth;
	struct idents beyond; /* and of those around it, which do not change meanwhile */
	struct cnf *beyond_sight;
};

static enum err ring_sight(struct store_tx *tx, struct ring *r, const struct ident *id, struct cnf *out, struct fault *f)
{
	for (size_t i = 0; i < r->on.n; i++)
		if (ident_eq(&r->on.p[i], id)) {
			*out = r->sight[i];
			return ERR_OK;
		}
	for (size_t i = 0; i < r->beyond.n; i++)
		if (ident_eq(&r->beyond.p[i], id)) {
			*out = r->beyond_sight[i];
			return ERR_OK;
		}
	enum err e = settled_sight(tx, id, r->depth, out, f);
	if (e == ERR_OK && r->beyond.n < CIRCLE_MOST && ident_push(tx->arena, &r->beyond, id))
		r->beyond_sight[r->beyond.n - 1] = *out;
	return e;
}

/* All references of a version. */
static enum err ring_refs(struct store_tx *tx, struct ring *r, const struct ident *refs, size_t n, struct cnf *out, struct fault *f)
{
	enum err e = ERR_OK;
	*out = (struct cnf){ NULL, 0, 0 };
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct cnf c;
		e = ring_sight(tx, r, &refs[i], &c, f);
		if (e == ERR_OK && !cnf_and(tx->arena, out, &c, out))
			e = fault_set(f, ERR_NOMEM, "store", "no memory for labels");
	}
	return e;
}

/* Or by this version of an id on the circle. */
static enum err ring_version(struct store_tx *tx, struct ring *r, const struct version *v, const struct ident *refs, size_t n, int64_t closed, struct cnf *to, struct fault *f)
{
	struct cnf c, own, exempt, shut = { NULL, 0, 0 };
	int64_t same = label_at(tx->s, v->own)->same;
	enum err e = ring_refs(tx, r, refs, n, &c, f);
	bool good = e != ERR_OK || (cnf_member(tx->arena, -same, &exempt) && cnf_or(tx->arena, &c, &exempt, &c) && cnf_member(tx->arena, same, &own) && cnf_and(tx->arena, &c, &own, &c) &&
					   (!closed || cnf_of_label(tx, closed, &shut)) && cnf_and(tx->arena, &c, &shut, &c) && cnf_or(tx->arena, to, &c, to));
	return good ? e : fault_set(f, ERR_NOMEM, "store", "no memory for labels");
}

static enum err ring_line(struct store_tx *tx, struct ring *r, const struct line *l, struct cnf *to, struct fault *f)
{
	struct version v;
	enum err e = ERR_OK;
	int64_t at = l->newest ? l->head : 0;
	for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
		struct idents refs = { 0 };
		struct sight s;
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK)
			e = rows_sight(tx->db, &v, &s, f);
		if (e != ERR_OK || s.core == LABEL_NOBODY || is_queued(tx, at))
			continue;
		e = version_refs(tx, at, &refs, f);
		if (e == ERR_OK)
			e = ring_version(tx, r, &v, refs.p, refs.n, s.closed, to, f);
	}
	return e;
}

static enum err ring_ident(struct store_tx *tx, struct ring *r, const struct ident *id, struct cnf *out, struct fault *f)
{
	struct line *lines;
	size_t n;
	*out = cnf_never();
	enum err e = tx_lines(tx, &id->uuid, id->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = ring_line(tx, r, &lines[i], out, f);
	struct queued *q = queue_find(tx, &id->uuid);
	return e == ERR_OK && q && q->v.type == id->type ? ring_version(tx, r, &q->v, q->refs, q->n_refs, q->also, out, f) : e;
}

static enum err ring_settle(struct store_tx *tx, struct ring *r, struct fault *f)
{
	enum err e = ERR_OK;
	bool more = true;
	for (int round = 0; e == ERR_OK && more; round++) {
		more = false;
		for (size_t i = 0; e == ERR_OK && i < r->on.n; i++) {
			struct cnf c;
			/* Longer than anything real: nobody. */
			if (round < ROUNDS_MOST)
				e = ring_ident(tx, r, &r->on.p[i], &c, f);
			else
				c = cnf_never();
			more = more || (e == ERR_OK && !cnf_equal(&c, &r->sight[i]));
			r->sight[i] = c;
		}
	}
	return e;
}

enum err closure_core(struct store_tx *tx, const struct version *v, const struct ident *refs, size_t n_refs, int depth, int64_t *core, struct fault *f)
{
	struct ident self = { v->uuid, v->type };
	struct ring r = { .depth = depth };
	struct cnf c;
	*core = v->own;
	if (!n_refs)
		return ERR_OK;
	enum err e = circle(tx, &self, refs, n_refs, &r.on, f);
	r.beyond_sight = arena_array(tx->arena, r.on.n ? CIRCLE_MOST : n_refs, sizeof *r.beyond_sight);
	if (e == ERR_OK && r.on.n) {
		r.sight = arena_array(tx->arena, r.on.n + 1, sizeof *r.sight);
		if (!r.sight || !ident_push(tx->arena, &r.on, &self))
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
		e = ring_settle(tx, &r, f);
	}
	if (e == ERR_OK && !r.beyond_sight)
		e = fault_set(f, ERR_NOMEM, "store", "no memory for references");
	/* What it refers to itself by is no condition. */
	struct idents others = { 0 };
	for (size_t i = 0; e == ERR_OK && i < n_refs; i++)
		if (!ident_eq(&refs[i], &self) && !ident_push(tx->arena, &others, &refs[i]))
			e = fault_set(f, ERR_NOMEM, "store", "no memory for references");
	if (e == ERR_OK)
		e = ring_refs(tx, &r, others.p, others.n, &c, f);
	return e == ERR_OK ? cnf_label(tx, v->collection, v->own, &c, core, f) : e;
}

/* ---- other lines ---- */

/* Adds the labels under which a version's entries can be seen as they are. */
static enum err entry_labels(struct store_tx *tx, int64_t version, int64_t collection, struct numbers *to, struct fault *f)
{
	struct entry *v;
	size_t n;
	enum err e = rows_entries(tx->db, tx->arena, version, &v, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t label;
		if (v[i].also == LABEL_NOBODY)
			continue;
		e = label_both(tx, collection, v[i].label, v[i].also, &label, f);
		if (e == ERR_OK)
			numbers_push(to, label);
	}
	return e == ERR_OK && to->failed ? fault_set(f, ERR_NOMEM, "store", "no memory for labels") : e;
}

enum err closure_label(struct store_tx *tx, const struct version *v, int64_t core, bool others, bool seen, int64_t *label, struct fault *f)
{
	struct formula fm;
	struct numbers none = { .a = tx->arena }, had = { .a = tx->arena };
	struct line *lines;
	size_t n = 0;
	enum err e = formula_read(tx, core, &fm, f);
	if (e == ERR_OK && others)
		e = tx_lines(tx, &v->uuid, v->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct version o;
		int64_t at = lines[i].collection == v->collection && lines[i].origin != v->origin && lines[i].newest ? lines[i].head : 0;
		for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = o.prev) {
			e = rows_version(tx->db, at, &o, f);
			if (e == ERR_OK)
				e = entry_labels(tx, at, v->collection, &none, f);
		}
	}
	if (e == ERR_OK && seen)
		e = entry_labels(tx, v->number, v->collection, &had, f);
	fm.none = none.p;
	fm.n_none = none.n;
	fm.seen = had.p;
	fm.n_seen = had.n;
	return e == ERR_OK ? label_formula(tx, v->collection, &fm, label, f) : e;
}

/* ---- queued objects ---- */

static enum err resolve(struct store_tx *tx, struct queued *q, int depth, struct fault *f)
{
	/* A circle too large to be found, or deeper than anything real: the list that asked stays empty, the rule withholds. */
	if (q->visiting || depth > CIRCLE_MOST)
		return ERR_OK;
	q->visiting = true;
	enum err e = closure_core(tx, &q->v, q->refs, q->n_refs, depth, &q->core, f);
	q->label = q->core;
	if (e == ERR_OK && q->others)
		e = closure_label(tx, &q->v, q->core, true, false, &q->label, f);
	q->visiting = false;
	q->resolved = e == ERR_OK;
	return e;
}

enum err closure_resolve(struct store_tx *tx, struct queued *q, struct fault *f)
{
	return q->resolved ? ERR_OK : resolve(tx, q, 0, f);
}
