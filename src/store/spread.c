/* SPDX-License-Identifier: Apache-2.0 */
/* What follows for others when a version comes, goes or is narrowed.
 *
 * 1. An entry's label never changes.  Where more may see a version than before, it gets one more entry at a fresh stamp, for those who saw none of
 *    the earlier ones.  Where fewer may, its entries' `also` narrows them, for ever.
 * 2. A change travels along references only where it changes a core, so that it comes to an end; entries follow when it has.
 */
#include <stdlib.h>
#include "store/closure_priv.h"

#define TOLD_MOST 100000 /* versions that one submission may change */

/* One more entry for those who see none of the version's earlier ones. */
static enum err reenter(struct store_tx *tx, const struct version *v, const struct sight *sight, const struct entry *had, size_t n, struct fault *f)
{
	struct entry fresh = { .version = v->number, .also = sight->closed };
	int64_t bare;
	enum err e = closure_label(tx, v, sight->core, true, false, &bare, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct formula fm;
		e = formula_read(tx, bare, &fm, f);
		if (e == ERR_OK)
			e = formula_tidy(tx, &fm, f);
		if (e == ERR_OK && had[i].also == fresh.also && formula_is(tx->s, &fm, had[i].label))
			return ERR_OK;
		fresh.flags |= had[i].flags & ~(unsigned)ENTRY_WITHDRAWN;
	}
	if (e == ERR_OK)
		e = closure_label(tx, v, sight->core, true, true, &fresh.label, f);
	fresh.stamp = store_tx_stamps(tx, 1).us;
	return e == ERR_OK ? entry_add(tx, &fresh, v->type, f) : e;
}

static enum err narrow(struct store_tx *tx, const struct version *v, int64_t core, struct entry *had, size_t n, struct fault *f)
{
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t also;
		if (had[i].also == LABEL_NOBODY)
			continue;
		e = cnf_label_and(tx, v->collection, had[i].also, core, &also, f);
		if (e != ERR_OK || also == had[i].also)
			continue;
		had[i].also = also;
		tx->touched = true;
		e = rows_entry_set(tx->db, &had[i], f);
	}
	return e;
}

/* Other lines of the id stand in for a narrowed one.  Those who refer to the id need not be told: for them any line was good enough before. */
static enum err stand_in(struct store_tx *tx, const struct uuid *uuid, int64_t type, int64_t collection, int64_t origin, struct fault *f)
{
	struct line *lines;
	size_t n;
	enum err e = tx_lines(tx, uuid, type, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct version v;
		int64_t at = lines[i].collection == collection && lines[i].origin != origin && lines[i].newest ? lines[i].head : 0;
		for (int k = 0; e == ERR_OK && at && k < VERSIONS_MOST; k++, at = v.prev) {
			struct sight s;
			struct entry *had;
			size_t m;
			e = rows_version(tx->db, at, &v, f);
			if (e == ERR_OK)
				e = rows_sight(tx->db, &v, &s, f);
			if (e == ERR_OK)
				e = rows_entries(tx->db, tx->arena, at, &had, &m, f);
			if (e == ERR_OK && s.core != LABEL_NOBODY)
				e = reenter(tx, &v, &s, had, m, f);
		}
	}
	return e;
}

/* ---- changes that travel ---- */

/* A version whose core changed, and what it was. */
struct told {
	int64_t version, was;
};
struct wave {
	struct store_tx *tx;
	struct idents ids; /* whose references have to be told, in order */
	struct told *told; /* hash by version */
	size_t n_told, room_told;
};

static enum err wave_id(struct wave *w, const struct ident *id, struct fault *f)
{
	return uuid_version(&id->uuid) != 5 || ident_push(w->tx->arena, &w->ids, id) ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for references");
}

static struct told *wave_find(const struct wave *w, int64_t version)
{
	size_t at = (size_t)(((uint64_t)version * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % w->room_told;
	while (w->told[at].version && w->told[at].version != version)
		at = (at + 1) % w->room_told;
	return &w->told[at];
}

/* Remembers what its core was before the first change. */
static enum err wave_told(struct wave *w, int64_t version, int64_t was, struct fault *f)
{
	if (w->n_told * 2 >= w->room_told) {
		struct wave old = *w;
		w->room_told = w->room_told ? w->room_told * 2 : 64;
		w->told = arena_array(w->tx->arena, w->room_told, sizeof *w->told);
		if (!w->told)
			return fault_set(f, ERR_NOMEM, "store", "no memory for references");
		for (size_t i = 0; i < old.room_told; i++)
			if (old.told[i].version)
				*wave_find(w, old.told[i].version) = old.told[i];
	}
	struct told *t = wave_find(w, version);
	if (t->version)
		return ERR_OK;
	if (++w->n_told > TOLD_MOST)
		return fault_set(f, ERR_LIMIT, "store", "more than %d objects refer to what this would change", TOLD_MOST);
	*t = (struct told){ version, was };
	return ERR_OK;
}

/* One that refers to a changed id: what can it be seen by now? */
static enum err recore(struct wave *w, int64_t number, struct fault *f)
{
	struct store_tx *tx = w->tx;
	struct version v;
	struct sight sight;
	struct idents refs = { 0 };
	int64_t core;
	enum err e = rows_version(tx->db, number, &v, f);
	if (e == ERR_OK)
		e = rows_sight(tx->db, &v, &sight, f);
	if (e != ERR_OK || sight.core == LABEL_NOBODY)
		return e;
	e = version_refs(tx, number, &refs, f);
	if (e == ERR_OK)
		e = closure_core(tx, &v, refs.p, refs.n, 0, &core, f);
	if (e != ERR_OK || label_at(tx->s, core)->same == label_at(tx->s, sight.core)->same)
		return e;
	e = wave_told(w, number, sight.core, f);
	sight.core = core;
	if (e == ERR_OK)
		e = rows_sight_set(tx->db, number, &sight, f);
	return e == ERR_OK ? wave_id(w, &(struct ident){ v.uuid, v.type }, f) : e;
}

static enum err referrers(struct wave *w, const struct ident *id, int64_t before, struct numbers *to, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->tx->db, "SELECT version FROM st_ref WHERE uuid = ? AND type = ? AND version < ? ORDER BY version", f);
	if (!q)
		return ERR_DB;
	db_bind_blob(q, 1, (struct span){ (const char *)id->uuid.b, sizeof id->uuid.b });
	db_bind_int(q, 2, id->type);
	db_bind_int(q, 3, before);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK)
		numbers_push(to, db_int(q, 0));
	return e != ERR_NOTFOUND ? e : to->failed ? fault_set(f, ERR_NOMEM, "store", "no memory for references")
						  : ERR_OK;
}

/* Now that nothing moves any more: its entries. */
static enum err settle_told(struct wave *w, const struct told *t, struct fault *f)
{
	struct store_tx *tx = w->tx;
	struct version v;
	struct sight sight;
	struct entry *had;
	size_t n;
	struct cnf was, is;
	struct line l;
	bool ignored;
	enum err e = rows_version(tx->db, t->version, &v, f);
	if (e == ERR_OK)
		e = rows_sight(tx->db, &v, &sight, f);
	if (e == ERR_OK)
		e = rows_entries(tx->db, tx->arena, t->version, &had, &n, f);
	if (e != ERR_OK || sight.core == t->was)
		return e;
	if (!cnf_of_label(tx, t->was, &was) || !cnf_of_label(tx, sight.core, &is))
		return fault_set(f, ERR_NOMEM, "store", "no memory for labels");
	bool narrower = !cnf_implies(&was, &is);
	if (narrower)
		e = narrow(tx, &v, sight.core, had, n, f);
	if (e == ERR_OK && !cnf_implies(&is, &was))
		e = reenter(tx, &v, &sight, had, n, f);
	if (e == ERR_OK)
		e = tx_line(tx, &v.uuid, v.type, v.collection, v.origin, &l, f);
	if (e == ERR_OK && l.newest == t->version && l.state & LINE_MULTI)
		e = line_settle(tx, &l, false, &ignored, f);
	return e == ERR_OK && narrower ? stand_in(tx, &v.uuid, v.type, v.collection, v.origin, f) : e;
}

static int by_version(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	return (x->version > y->version) - (x->version < y->version);
}

enum err closure_spread(struct store_tx *tx, const struct ident *ids, size_t n, int64_t before, struct fault *f)
{
	struct wave w = { .tx = tx };
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = wave_id(&w, &ids[i], f);
	size_t first = w.ids.n;
	for (size_t at = 0; e == ERR_OK && at < w.ids.n; at++) {
		struct numbers tell = { .a = tx->arena };
		e = referrers(&w, &w.ids.p[at], at < first ? before : INT64_MAX, &tell, f);
		for (size_t i = 0; e == ERR_OK && i < tell.n; i++)
			e = recore(&w, tell.p[i], f);
	}
	if (w.n_told)
		qsort(w.told, w.room_told, sizeof *w.told, by_version);
	for (size_t i = w.room_told - w.n_told; e == ERR_OK && i < w.room_told; i++)
		e = settle_told(&w, &w.told[i], f);
	return e;
}

enum err closure_narrowed(struct store_tx *tx, const struct line *l, struct fault *f)
{
	return stand_in(tx, &l->uuid, l->type, l->collection, l->origin, f);
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

/* A newer version's label closes it, for good. */
static enum err close_to(struct store_tx *tx, const struct version *v, int64_t label, struct fault *f)
{
	struct sight s;
	enum err e = rows_sight(tx->db, v, &s, f);
	if (e == ERR_OK)
		e = cnf_label_and(tx, v->collection, s.closed, label, &s.closed, f);
	return e == ERR_OK ? rows_sight_set(tx->db, v->number, &s, f) : e;
}

enum err line_settle(struct store_tx *tx, const struct line *l, bool relabel, bool *narrowed, struct fault *f)
{
	bool plain;
	*narrowed = false;
	enum err e = newest_is_plain(tx, l, &plain, f);
	struct version v;
	unsigned common = (l->state & LINE_MULTI ? ENTRY_MULTI : 0) | (l->state & LINE_SPECS ? ENTRY_SPECS : 0);
	bool done = false, any = false;
	for (int64_t at = l->head; e == ERR_OK && at && !done; at = v.prev) {
		struct entry *had;
		size_t n = 0;
		bool moved = false;
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK)
			e = rows_entries(tx->db, tx->arena, at, &had, &n, f);
		bool older = at != l->newest, closes = relabel && older && l->label && label_at(tx->s, v.own)->same != label_at(tx->s, l->label)->same;
		if (e == ERR_OK && closes)
			e = close_to(tx, &v, l->label, f);
		for (size_t i = 0; e == ERR_OK && i < n; i++) {
			unsigned want = (had[i].flags & (ENTRY_REVOKED | ENTRY_WITHDRAWN)) | common | (older ? plain ? ENTRY_OLD : ENTRY_MAYBE_OLD : 0);
			int64_t also = had[i].also;
			if (closes)
				e = cnf_label_and(tx, l->collection, had[i].also, l->label, &also, f);
			if (e != ERR_OK || (want == had[i].flags && also == had[i].also))
				continue;
			*narrowed = *narrowed || also != had[i].also;
			moved = true;
			had[i].flags = want;
			had[i].also = also;
			tx->touched = true;
			e = rows_entry_set(tx->db, &had[i], f);
		}
		any = any || moved;
		/* Older versions have the same flags, all but the one that was the newest until now, wherever it stands: once that is put right and the next one is
		 * right, the rest is, unless labels change too. */
		done = !relabel && older && n && any && !moved && at != l->head;
	}
	return e;
}
