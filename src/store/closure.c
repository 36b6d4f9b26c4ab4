/* SPDX-License-Identifier: Apache-2.0 */
/* What a label must say beyond the policy's: references by UUIDv5, other lines of an id, newer versions.
 *
 * 1. A version is visible where its own label is, each id by UUIDv5 that it refers to has a visible entry (or the recipient is its origin), and no
 *    entry of another line of its id is visible.
 * 2. An entry's label never changes.  Where more may see a version than before, it gets one more entry at a fresh stamp, for those who saw none of
 *    the earlier ones (`seen`).  Where fewer may, its entries' `also` narrows them, for ever.
 * 3. A reference that is not here is visible to nobody: only the origin sees the object until it comes.
 * 4. Ids that refer to each other in a circle are visible together: each needs the others' own labels, not their compound ones.
 */
#include <stdlib.h>
#include "store/store_priv.h"

#define VERSIONS_MOST 64   /* of one referred id that are weighed: older ones are as good as superseded */
#define CIRCLE_MOST 256    /* ids looked at to find a circle; past it the rule withholds */
#define WAVES_MOST 16      /* how far a change travels along references */

/* Numbers that grow in the job's arena; sticky failure (p NULL with room 0). */
struct numbers {
	struct arena *a;
	int64_t *p;
	size_t n, room;
	bool failed;
};

static void push(struct numbers *v, int64_t x)
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

/* A label without what keeps other lines' and earlier entries apart: all that matters to those who refer to it. */
static enum err core(struct store_tx *tx, int64_t label, int64_t *out, struct fault *f)
{
	const struct label *l = label_at(tx->s, label);
	*out = label;
	if (l->kind != LABEL_COMPOUND || (!l->n_none && !l->n_seen))
		return ERR_OK;
	struct formula fm = { .own = l->own, .n_all = l->n_all };
	struct numbers all = { .a = tx->arena };
	const int64_t *p = l->all;
	for (uint32_t i = 0; i < l->n_all; i++)
		for (int64_t k = 0, m = *p + 1; k < m; k++)
			push(&all, *p++);
	if (all.failed)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	fm.all = all.p;
	return label_formula(tx, l->collection, &fm, out, f);
}

enum how { EXACT, CORE, OWN };
/* Adds the labels under which a version can be seen. */
static enum err version_labels(struct store_tx *tx, int64_t version, int64_t collection, enum how how, struct numbers *to, struct fault *f)
{
	struct entry *v;
	size_t n;
	enum err e = rows_entries(tx->db, tx->arena, version, &v, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t label = how == OWN ? label_base(tx->s, v[i].label) : v[i].label;
		if (v[i].also == LABEL_NOBODY)
			continue;
		if (how == CORE)
			e = core(tx, label, &label, f);
		if (e == ERR_OK)
			e = label_and(tx, collection, label, v[i].also, &label, f);
		if (e == ERR_OK)
			push(to, label);
	}
	return e == ERR_OK && to->failed ? fault_set(f, ERR_NOMEM, "store", "no memory for labels") : e;
}

static enum err line_labels(struct store_tx *tx, const struct line *l, enum how how, struct numbers *to, struct fault *f)
{
	enum err e = ERR_OK;
	struct version v;
	int64_t at = l->newest ? l->head : 0;
	for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK)
			e = version_labels(tx, at, l->collection, how, to, f);
	}
	return e;
}

/* All labels under which an id can be seen: in the data base, and waiting in the queue. */
static enum err ident_labels(struct store_tx *tx, const struct ident *id, enum how how, struct numbers *to, struct fault *f)
{
	struct line *lines;
	size_t n;
	enum err e = rows_lines(tx->db, tx->arena, &id->uuid, id->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = line_labels(tx, &lines[i], how, to, f);
	struct queued *q = queue_find(tx, &id->uuid);
	if (e != ERR_OK || !q || q->v.type != id->type)
		return e;
	int64_t label = q->v.own;
	if (how != OWN && !q->resolved)
		return ERR_OK;
	if (how != OWN)
		e = core(tx, q->label, &label, f);
	if (e == ERR_OK)
		e = label_and(tx, q->v.collection, label, q->also, &label, f);
	if (e == ERR_OK)
		push(to, label);
	return e == ERR_OK && to->failed ? fault_set(f, ERR_NOMEM, "store", "no memory for labels") : e;
}

/* ---- what refers to what ---- */

struct idents {
	struct ident *p;
	size_t n, room;
};

static bool ident_eq(const struct ident *a, const struct ident *b)
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

static bool ident_push(struct arena *a, struct idents *v, const struct ident *id)
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

static enum err version_refs(struct store_tx *tx, int64_t version, struct idents *to, struct fault *f)
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
	enum err e = rows_lines(tx->db, tx->arena, &id->uuid, id->type, &lines, &n, f);
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

/* One list: the labels under which the id can be seen. */
static enum err clause(struct store_tx *tx, const struct ident *id, enum how how, int depth, struct numbers *all, struct fault *f)
{
	struct queued *q = how == CORE ? queue_find(tx, &id->uuid) : NULL;
	enum err e = q && !q->resolved && q->v.type == id->type ? resolve(tx, q, depth + 1, f) : ERR_OK;
	size_t at = all->n;
	push(all, 0);
	if (e == ERR_OK)
		e = ident_labels(tx, id, how, all, f);
	if (e == ERR_OK && !all->failed)
		all->p[at] = (int64_t)(all->n - at - 1);
	return e;
}

static enum err clauses(struct store_tx *tx, const struct version *v, const struct ident *refs, size_t n_refs, int depth, struct formula *fm, struct fault *f)
{
	struct ident self = { v->uuid, v->type };
	struct idents on = { 0 };
	struct numbers all = { .a = tx->arena };
	enum err e = circle(tx, &self, refs, n_refs, &on, f);
	struct idents beyond = { 0 };
	for (size_t i = 0; e == ERR_OK && i < n_refs; i++)
		if (!ident_eq(&refs[i], &self) && !ident_in(&on, &refs[i]) && !ident_push(tx->arena, &beyond, &refs[i]))
			e = ERR_NOMEM;
	for (size_t k = 0; e == ERR_OK && k < on.n; k++) {
		struct idents next = { 0 };
		e = clause(tx, &on.p[k], OWN, depth, &all, f);
		fm->n_all++;
		if (e == ERR_OK)
			e = ident_refs(tx, &on.p[k], &next, f);
		for (size_t i = 0; e == ERR_OK && i < next.n; i++)
			if (!ident_eq(&next.p[i], &self) && !ident_in(&on, &next.p[i]) && !ident_in(&beyond, &next.p[i]) && !ident_push(tx->arena, &beyond, &next.p[i]))
				e = ERR_NOMEM;
	}
	for (size_t i = 0; e == ERR_OK && i < beyond.n; i++, fm->n_all++)
		e = clause(tx, &beyond.p[i], CORE, depth, &all, f);
	fm->all = all.p;
	return e == ERR_NOMEM ? fault_set(f, e, "store", "no memory for references") : e;
}

/* The other lines of the id in the collection: whoever sees one of them sees no other. */
static enum err other_lines(struct store_tx *tx, const struct version *v, struct numbers *none, struct fault *f)
{
	struct line *lines;
	size_t n;
	enum err e = rows_lines(tx->db, tx->arena, &v->uuid, v->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		if (lines[i].collection == v->collection && lines[i].origin != v->origin)
			e = line_labels(tx, &lines[i], EXACT, none, f);
	return e;
}

static enum err formula_of(struct store_tx *tx, const struct version *v, const struct ident *refs, size_t n_refs, bool others, int depth, struct formula *fm, struct fault *f)
{
	struct numbers none = { .a = tx->arena };
	*fm = (struct formula){ .own = v->own };
	enum err e = n_refs ? clauses(tx, v, refs, n_refs, depth, fm, f) : ERR_OK;
	if (e == ERR_OK && others)
		e = other_lines(tx, v, &none, f);
	fm->none = none.p;
	fm->n_none = none.n;
	return e;
}

static enum err resolve(struct store_tx *tx, struct queued *q, int depth, struct fault *f)
{
	struct formula fm;
	if (!q->n_refs && !q->others) {
		q->label = q->v.own;
		q->resolved = true;
		return ERR_OK;
	}
	/* A circle too large to be found, or deeper than anything real: the list stays empty, the rule withholds. */
	if (q->visiting || depth > CIRCLE_MOST)
		return ERR_OK;
	q->visiting = true;
	enum err e = formula_of(tx, &q->v, q->refs, q->n_refs, q->others, depth, &fm, f);
	if (e == ERR_OK)
		e = label_formula(tx, q->v.collection, &fm, &q->label, f);
	q->visiting = false;
	q->resolved = e == ERR_OK;
	return e;
}

enum err closure_resolve(struct store_tx *tx, struct queued *q, struct fault *f)
{
	return q->resolved ? ERR_OK : resolve(tx, q, 0, f);
}

/* ---- when others change ---- */

struct change {
	struct ident id;
	int64_t before; /* only versions older than that are told; 0: all */
	int wave;
	bool narrowed;
};
struct changes {
	struct change *p;
	size_t n, room;
};

static enum err change_add(struct store_tx *tx, struct changes *c, struct change x, struct fault *f)
{
	for (size_t i = 0; i < c->n; i++)
		if (ident_eq(&c->p[i].id, &x.id) && c->p[i].narrowed == x.narrowed && c->p[i].wave == x.wave)
			return ERR_OK;
	if (c->n == c->room) {
		struct change *p = arena_array(tx->arena, c->room = c->room ? c->room * 2 : 16, sizeof *p);
		if (!p)
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
		if (c->n)
			memcpy(p, c->p, c->n * sizeof *p);
		c->p = p;
	}
	c->p[c->n++] = x;
	return ERR_OK;
}

static bool same_cells(const int64_t *a, const int64_t *b, size_t n)
{
	return n == 0 || memcmp(a, b, n * sizeof *a) == 0;
}

/* Do two labels say the same, the entries seen before left aside? */
static bool same_but_seen(const struct store *s, int64_t a, int64_t b)
{
	const struct label *x = label_at(s, a), *y = label_at(s, b);
	if (x->same == y->same)
		return true;
	if (x->kind != LABEL_COMPOUND || y->kind != LABEL_COMPOUND || x->own != y->own || x->n_all != y->n_all || x->n_none != y->n_none)
		return false;
	/* `none` follows `all`: their cells stand together. */
	size_t cells = (size_t)(x->none - x->all);
	return cells == (size_t)(y->none - y->all) && same_cells(x->all, y->all, cells) && same_cells(x->none, y->none, x->n_none);
}

/* More may see the version: one more entry for those who see none of the earlier ones. */
static enum err widen(struct store_tx *tx, const struct version *v, const struct entry *had, size_t n, struct formula *fm, bool *added, struct fault *f)
{
	struct entry fresh = { .version = v->number };
	struct formula plain = *fm;
	struct line l;
	enum err e = label_formula(tx, v->collection, &plain, &fresh.label, f);
	if (e == ERR_OK)
		e = rows_line(tx->db, &v->uuid, v->type, v->collection, v->origin, &l, f);
	if (e != ERR_OK)
		return e;
	/* What a newer version's label narrowed stays narrowed. */
	if (l.label && label_at(tx->s, l.label)->same != label_at(tx->s, v->own)->same)
		fresh.also = l.label;
	for (size_t i = 0; i < n; i++) {
		if (had[i].also == fresh.also && same_but_seen(tx->s, had[i].label, fresh.label))
			return ERR_OK;
		fresh.flags |= had[i].flags & ~(unsigned)ENTRY_WITHDRAWN;
	}
	struct numbers seen = { .a = tx->arena };
	e = version_labels(tx, v->number, v->collection, EXACT, &seen, f);
	if (e != ERR_OK)
		return e;
	fm->seen = seen.p;
	fm->n_seen = seen.n;
	e = label_formula(tx, v->collection, fm, &fresh.label, f);
	if (e != ERR_OK)
		return e;
	fresh.stamp = store_tx_stamps(tx, 1).us;
	*added = true;
	return entry_add(tx, &fresh, v->type, f);
}

static enum err narrow(struct store_tx *tx, const struct version *v, struct entry *had, size_t n, struct formula *fm, bool *changed, struct fault *f)
{
	int64_t label;
	/* Who may not see it by the other lines is in the entries' labels already. */
	fm->n_none = 0;
	enum err e = label_formula(tx, v->collection, fm, &label, f);
	if (e != ERR_OK || label == v->own)
		return e;
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t also, bare;
		e = core(tx, had[i].label, &bare, f);
		if (e != ERR_OK || had[i].also == LABEL_NOBODY || label_at(tx->s, bare)->same == label_at(tx->s, label)->same)
			continue;
		e = label_and(tx, v->collection, had[i].also, label, &also, f);
		if (e != ERR_OK || also == had[i].also)
			continue;
		had[i].also = also;
		*changed = true;
		e = rows_entry_set(tx->db, &had[i], f);
	}
	return e;
}

static enum err follow(struct store_tx *tx, int64_t number, const struct change *why, struct changes *more, struct fault *f)
{
	struct version v;
	struct entry *had;
	size_t n;
	bool changed = false;
	enum err e = rows_version(tx->db, number, &v, f);
	if (e == ERR_OK)
		e = rows_entries(tx->db, tx->arena, number, &had, &n, f);
	if (e != ERR_OK || !n)
		return e;
	bool live = false, plain = false;
	for (size_t i = 0; i < n; i++) {
		live = live || had[i].also != LABEL_NOBODY;
		plain = plain || (!had[i].also && label_at(tx->s, had[i].label)->kind == LABEL_BASE);
	}
	if (!live || (plain && !why->narrowed))
		return ERR_OK;
	struct idents refs = { 0 };
	struct formula fm;
	e = version_refs(tx, number, &refs, f);
	if (e == ERR_OK)
		e = formula_of(tx, &v, refs.p, refs.n, true, 0, &fm, f);
	if (e == ERR_OK)
		e = why->narrowed ? narrow(tx, &v, had, n, &fm, &changed, f) : widen(tx, &v, had, n, &fm, &changed, f);
	if (e != ERR_OK || !changed)
		return e;
	struct line l;
	bool more_narrowed = false;
	e = rows_line(tx->db, &v.uuid, v.type, v.collection, v.origin, &l, f);
	if (e == ERR_OK && l.newest == number && l.state & LINE_MULTI)
		e = line_settle(tx, &l, false, &more_narrowed, f);
	if (e == ERR_OK && uuid_version(&v.uuid) == 5 && why->wave < WAVES_MOST)
		e = change_add(tx, more, (struct change){ { v.uuid, v.type }, 0, why->wave + 1, why->narrowed }, f);
	return e;
}

/* Tells everybody who refers to the id, and everybody who refers to those. */
static enum err spread(struct store_tx *tx, struct change first, struct fault *f)
{
	struct changes c = { 0 };
	enum err e = change_add(tx, &c, first, f);
	for (size_t at = 0; e == ERR_OK && at < c.n; at++) {
		struct change now = c.p[at];
		struct numbers tell = { .a = tx->arena };
		struct db_stmt *q = db_prepare(tx->db, "SELECT version FROM st_ref WHERE uuid = ? AND type = ? AND version < ?", f);
		if (!q)
			return ERR_DB;
		db_bind_blob(q, 1, (struct span){ (const char *)now.id.uuid.b, sizeof now.id.uuid.b });
		db_bind_int(q, 2, now.id.type);
		db_bind_int(q, 3, now.before ? now.before : INT64_MAX);
		while ((e = db_step(q, f)) == ERR_OK)
			push(&tell, db_int(q, 0));
		if (e == ERR_NOTFOUND)
			e = tell.failed ? fault_set(f, ERR_NOMEM, "store", "no memory for references") : ERR_OK;
		for (size_t i = 0; e == ERR_OK && i < tell.n; i++)
			e = follow(tx, tell.p[i], &now, &c, f);
	}
	return e;
}

enum err closure_widened(struct store_tx *tx, const struct ident *id, int64_t before, struct fault *f)
{
	return spread(tx, (struct change){ .id = *id, .before = before }, f);
}

/* Other lines of the id stand in for the narrowed one. */
static enum err stand_in(struct store_tx *tx, const struct line *l, struct fault *f)
{
	struct line *lines;
	size_t n;
	enum err e = rows_lines(tx->db, tx->arena, &l->uuid, l->type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct version v;
		struct changes more = { 0 };
		struct change why = { .id = { l->uuid, l->type }, .wave = WAVES_MOST };
		int64_t at = lines[i].collection == l->collection && lines[i].origin != l->origin && lines[i].newest ? lines[i].head : 0;
		for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
			e = rows_version(tx->db, at, &v, f);
			if (e == ERR_OK)
				e = follow(tx, at, &why, &more, f);
		}
	}
	return e;
}

enum err closure_narrowed(struct store_tx *tx, const struct line *l, struct fault *f)
{
	enum err e = stand_in(tx, l, f);
	if (e != ERR_OK || uuid_version(&l->uuid) != 5)
		return e;
	return spread(tx, (struct change){ .id = { l->uuid, l->type }, .narrowed = true }, f);
}

/* ---- versions of one line ---- */

/* Everybody who has the newest version's label sees it. */
static enum err newest_is_plain(struct store_tx *tx, const struct line *l, bool *plain, struct fault *f)
{
	struct entry *v;
	size_t n;
	*plain = false;
	enum err e = l->newest ? rows_entries(tx->db, tx->arena, l->newest, &v, &n, f) : ERR_NOTFOUND;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		*plain = *plain || (!v[i].also && label_at(tx->s, v[i].label)->kind == LABEL_BASE);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err line_settle(struct store_tx *tx, const struct line *l, bool relabel, bool *narrowed, struct fault *f)
{
	bool plain;
	enum err e = newest_is_plain(tx, l, &plain, f);
	struct version v;
	unsigned common = (l->state & LINE_MULTI ? ENTRY_MULTI : 0) | (l->state & LINE_SPECS ? ENTRY_SPECS : 0);
	bool done = false;
	for (int64_t at = l->head; e == ERR_OK && at && !done; at = v.prev) {
		struct entry *had;
		size_t n;
		bool moved = false;
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK)
			e = rows_entries(tx->db, tx->arena, at, &had, &n, f);
		bool older = at != l->newest, closes = relabel && older && l->label && label_at(tx->s, v.own)->same != label_at(tx->s, l->label)->same;
		for (size_t i = 0; e == ERR_OK && i < n; i++) {
			unsigned want = (had[i].flags & (ENTRY_REVOKED | ENTRY_WITHDRAWN)) | common | (older ? plain ? ENTRY_OLD : ENTRY_MAYBE_OLD : 0);
			int64_t also = had[i].also;
			if (closes)
				e = label_and(tx, l->collection, had[i].also, l->label, &also, f);
			if (e != ERR_OK || (want == had[i].flags && also == had[i].also))
				continue;
			*narrowed = *narrowed || also != had[i].also;
			moved = true;
			had[i].flags = want;
			had[i].also = also;
			e = rows_entry_set(tx->db, &had[i], f);
		}
		/* All older versions have the same flags: where one is right, the rest is, unless labels change too. */
		done = !relabel && older && n && !moved && at != l->head;
	}
	return e;
}
