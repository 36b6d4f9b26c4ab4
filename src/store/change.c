/* SPDX-License-Identifier: Apache-2.0 */
/* When a recipient's decisions change: what opened comes again at fresh stamps, what it had stays where it was, what it may not know stays hidden.
 *
 * For an opened label, each ordinal is one of: hidden (older than hide_before); kept (in place, because the recipient was given that version
 * before); moved (to a fresh stamp).  Neighbours that are alike become one row of st_grant; rows of one (recipient, label) never overlap.
 */
#include <stdlib.h>
#include "store/store_priv.h"

struct opening {
	struct store_tx *tx;
	int64_t recipient, label;
	const struct grant *old; /* of this label, by lo */
	size_t n_old, at_old;
	struct grant *rows;
	size_t n, room;
	struct given_scan given;
};

static enum err change_mark(struct store_tx *tx, struct fault *f)
{
	if (tx->changed)
		return ERR_OK;
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_change (number, stamp) VALUES (?, ?)", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, ++tx->s->facts);
	db_bind_int(q, 2, store_tx_stamps(tx, 1).us);
	tx->changed = tx->entries = true;
	return db_run(q, f);
}

/* The old row that covers an ordinal; ordinals come rising. */
static const struct grant *old_at(struct opening *o, int64_t ordinal)
{
	while (o->at_old < o->n_old && o->old[o->at_old].hi < ordinal)
		o->at_old++;
	return o->at_old < o->n_old && o->old[o->at_old].lo <= ordinal ? &o->old[o->at_old] : NULL;
}

enum place { OWN,
	HIDDEN,
	MOVED,
	KEPT };
/* One more ordinal: joins the last row where it continues it. */
static bool put_ordinal(struct opening *o, enum place p, int64_t ordinal, int64_t stamp, int64_t base)
{
	struct grant *last = o->n ? &o->rows[o->n - 1] : NULL;
	if (p == OWN)
		return true;
	bool joins = last && last->hi + 1 == ordinal && (p == HIDDEN ? last->base == 0 : p == MOVED ? last->base == -1
												    : last->base > 0 && last->base + (ordinal - last->lo) == base);
	if (joins) {
		last->hi = ordinal;
		last->hi_stamp = stamp;
		return true;
	}
	if (o->n == o->room) {
		struct grant *more = realloc(o->rows, (o->room = o->room ? o->room * 2 : 16) * sizeof *more);
		if (!more)
			return false;
		o->rows = more;
	}
	/* -1: fresh stamps, taken when the row is complete */
	o->rows[o->n++] = (struct grant){ o->label, ordinal, ordinal, p == HIDDEN ? 0 : p == MOVED ? -1
												   : base,
		stamp, stamp };
	return true;
}

/* Every ordinal of the label, in order; `only`: those of the old rows stay as they are but this one, which is moved. */
static enum err sort_ordinals(struct opening *o, int64_t hide_before, struct fault *f)
{
	struct db_stmt *q = db_prepare(o->tx->db, "SELECT ordinal, stamp, version FROM st_entry WHERE label = ? ORDER BY stamp", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, o->label);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		int64_t ordinal = db_int(q, 0), stamp = db_int(q, 1);
		const struct grant *g = old_at(o, ordinal);
		bool was = false;
		if (stamp >= hide_before)
			e = given_scan(o->tx->db, &o->given, db_int(q, 2), &was, f);
		enum place p = stamp < hide_before ? HIDDEN : !was   ? MOVED
						      : g && g->base ? KEPT
								     : OWN;
		if (e != ERR_OK)
			return e;
		if (!put_ordinal(o, p, ordinal, stamp, p == KEPT ? g->base + (ordinal - g->lo) : 0))
			return fault_set(f, ERR_NOMEM, "store", "no memory for a recipient's change");
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err add_grant(struct store_tx *tx, int64_t recipient, const struct grant *g, struct fault *f)
{
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_grant (number, recipient, label, lo, hi, base, lo_stamp, hi_stamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", f);
	if (!q)
		return ERR_DB;
	const int64_t v[] = { tx->s->next_grant++, recipient, g->label, g->lo, g->hi, g->base, g->lo_stamp, g->hi_stamp };
	for (int i = 0; i < 8; i++)
		db_bind_int(q, 1 + i, v[i]);
	return db_run(q, f);
}

/* The label's rows become these; fresh stamps are taken for those that want some. */
static enum err replace(struct opening *o, struct fault *f)
{
	struct store_tx *tx = o->tx;
	struct db_stmt *q = db_prepare(tx->db, "DELETE FROM st_grant WHERE recipient = ? AND label = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, o->recipient);
	db_bind_int(q, 2, o->label);
	enum err e = db_run(q, f);
	for (size_t i = 0; e == ERR_OK && i < o->n; i++) {
		struct grant *g = &o->rows[i];
		if (g->base == -1)
			g->base = store_tx_stamps(tx, (size_t)(g->hi - g->lo + 1)).us;
		e = add_grant(tx, o->recipient, g, f);
	}
	return e;
}

static enum err opening_init(struct opening *o, struct store_tx *tx, int64_t recipient, int64_t label, struct fault *f)
{
	*o = (struct opening){ .tx = tx, .recipient = recipient, .label = label, .given = { .recipient = recipient, .chunk = -1 } };
	struct db_stmt *q = db_prepare(tx->db, "SELECT lo, hi, base, lo_stamp, hi_stamp FROM st_grant WHERE recipient = ? AND label = ? ORDER BY lo", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, recipient);
	db_bind_int(q, 2, label);
	struct grant *old = NULL;
	size_t room = 0;
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		if (o->n_old == room) {
			struct grant *more = arena_array(tx->arena, room = room ? room * 2 : 8, sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for a recipient's change");
			if (o->n_old)
				memcpy(more, old, o->n_old * sizeof *more);
			old = more;
		}
		old[o->n_old++] = (struct grant){ label, db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3), db_int(q, 4) };
	}
	o->old = old;
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* ---- entries whose `also` opened while their label was open all along ---- */

struct late {
	int64_t label, ordinal, stamp, version;
};

static int by_place(const void *a, const void *b)
{
	const struct late *x = a, *y = b;
	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

struct change {
	struct store_tx *tx;
	const struct store_view *before, *after;
	int64_t recipient;
	struct timestamp (*hide_before)(void *ctx, struct span label_key);
	void *ctx;
	struct late *late;
	size_t n_late, room_late;
};

static enum err find_late(struct change *c, int64_t also, struct fault *f)
{
	struct db_stmt *q = db_prepare(c->tx->db, "SELECT label, ordinal, stamp, version FROM st_entry WHERE also = ? AND also <> 0", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, also);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct late l = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3) };
		if (!view_has(c->before, l.label) || !view_has(c->after, l.label))
			continue;
		if (c->n_late == c->room_late) {
			struct late *more = realloc(c->late, (c->room_late = c->room_late ? c->room_late * 2 : 16) * sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for a recipient's change");
			c->late = more;
		}
		c->late[c->n_late++] = l;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static int64_t hidden_before(const struct change *c, int64_t label)
{
	const struct label *l = label_at(c->tx->s, label_base(c->tx->s, label));
	return c->hide_before && l && l->kind == LABEL_BASE ? c->hide_before(c->ctx, l->key).us : INT64_MIN;
}

/* The old rows with these ordinals taken out and moved. */
static enum err move_late(struct change *c, const struct late *v, size_t n, struct fault *f)
{
	struct opening o;
	enum err e = opening_init(&o, c->tx, c->recipient, v->label, f);
	size_t at = 0;
	bool ok = e == ERR_OK;
	for (size_t i = 0; ok && i <= n; i++) {
		int64_t to = i < n ? v[i].ordinal : INT64_MAX; /* rows before it stay */
		while (ok && e == ERR_OK && at < o.n_old && o.old[at].lo < to) {
			struct grant part = o.old[at];
			struct grant *rest = (struct grant *)&o.old[at];
			if (part.hi >= to) {
				part.hi = to - 1;
				e = rows_stamp_of(c->tx->db, v->label, part.hi, &part.hi_stamp, f);
				rest->base += rest->base ? to - rest->lo : 0;
				rest->lo = to;
				rest->lo_stamp = v[i].stamp;
			} else
				at++;
			ok = put_ordinal(&o, part.base ? KEPT : HIDDEN, part.lo, part.lo_stamp, part.base);
			if (ok) {
				o.rows[o.n - 1].hi = part.hi;
				o.rows[o.n - 1].hi_stamp = part.hi_stamp;
			}
		}
		if (i == n || !ok || e != ERR_OK)
			continue;
		/* The one itself: cut off the front of the row that begins with it. */
		bool hidden = at < o.n_old && o.old[at].lo == to && !o.old[at].base;
		if (at < o.n_old && o.old[at].lo == to) {
			struct grant *rest = (struct grant *)&o.old[at];
			if (rest->hi == to)
				at++;
			else {
				rest->base += rest->base ? 1 : 0;
				rest->lo++;
				e = rows_stamp_of(c->tx->db, v->label, rest->lo, &rest->lo_stamp, f);
			}
		}
		ok = put_ordinal(&o, hidden ? HIDDEN : MOVED, to, v[i].stamp, 0);
	}
	if (e == ERR_OK && !ok)
		e = fault_set(f, ERR_NOMEM, "store", "no memory for a recipient's change");
	if (e == ERR_OK)
		e = replace(&o, f);
	free(o.rows);
	return e;
}

static enum err move_all_late(struct change *c, struct fault *f)
{
	struct given_scan given = { .recipient = c->recipient, .chunk = -1 };
	enum err e = ERR_OK;
	size_t kept = 0;
	for (size_t i = 0; e == ERR_OK && i < c->n_late; i++) {
		bool was = false;
		e = given_scan(c->tx->db, &given, c->late[i].version, &was, f);
		if (e == ERR_OK && !was)
			c->late[kept++] = c->late[i];
	}
	if (kept)
		qsort(c->late, kept, sizeof *c->late, by_place);
	for (size_t i = 0, end; e == ERR_OK && i < kept; i = end) {
		for (end = i; end < kept && c->late[end].label == c->late[i].label;)
			end++;
		e = move_late(c, c->late + i, end - i, f);
	}
	return e;
}

static enum err open_label(struct change *c, int64_t label, struct fault *f)
{
	struct opening o;
	enum err e = opening_init(&o, c->tx, c->recipient, label, f);
	if (e == ERR_OK)
		e = sort_ordinals(&o, hidden_before(c, label), f);
	if (e == ERR_OK && (o.n || o.n_old))
		e = replace(&o, f);
	free(o.rows);
	return e;
}

enum err store_view_change(struct store_tx *tx, const struct store_view *before, const struct store_view *after,
	struct timestamp (*hide_before)(void *ctx, struct span label_key), void *ctx, struct fault *f)
{
	struct change c = { .tx = tx, .before = before, .after = after, .hide_before = hide_before, .ctx = ctx };
	size_t n = before->n > after->n ? before->n : after->n;
	bool any = false;
	for (size_t i = 1; i <= n && !any; i++)
		any = view_has(before, (int64_t)i) != view_has(after, (int64_t)i);
	if (!any)
		return ERR_OK;
	enum err e = queue_flush(tx, f);
	if (e == ERR_OK)
		e = change_mark(tx, f);
	if (e == ERR_OK)
		e = name_intern(tx, after->recipient, &c.recipient, f);
	for (size_t i = 1; e == ERR_OK && i <= n; i++) {
		if (!view_has(after, (int64_t)i) || view_has(before, (int64_t)i))
			continue;
		e = open_label(&c, (int64_t)i, f);
		if (e == ERR_OK)
			e = find_late(&c, (int64_t)i, f);
	}
	if (e == ERR_OK && c.n_late)
		e = move_all_late(&c, f);
	free(c.late);
	return e;
}
