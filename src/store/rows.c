/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, versions and entries as rows: one function a statement. */
#include "store/store_priv.h"

static struct span uuid_span(const struct uuid *u)
{
	return (struct span){ (const char *)u->b, sizeof u->b };
}

void uuid_take(struct uuid *u, struct span blob)
{
	memset(u, 0, sizeof *u);
	memcpy(u->b, blob.p, blob.n < sizeof u->b ? blob.n : sizeof u->b);
}

bool id_split(struct span id, struct span *type, struct uuid *uuid)
{
	struct stix_id parts; /* letter case of the UUID does not matter */
	if (stix_id_parse(id, &parts, NULL) != ERR_OK)
		return false;
	*type = parts.type;
	*uuid = parts.uuid;
	return true;
}

/* ---- lines ---- */
#define LINE_COLUMNS "SELECT uuid, type, collection, origin, head, newest, ns, spec, top_ns, label, first, state, number FROM st_line "

static void line_take(struct db_stmt *q, struct line *l)
{
	int64_t *const to[] = { &l->type, &l->collection, &l->origin, &l->head, &l->newest, &l->ns, &l->spec, &l->top_ns, &l->label, &l->first };
	uuid_take(&l->uuid, db_blob(q, 0));
	for (int i = 0; i < 10; i++)
		*to[i] = db_int(q, 1 + i);
	l->state = (unsigned)db_int(q, 11);
	l->number = db_int(q, 12);
}

/* Those of the type that the statement gives (type 0: any), in order of their first entries. */
static enum err lines_take(struct db_stmt *q, struct arena *a, int64_t type, struct line **out, size_t *n, size_t *room, struct fault *f)
{
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct line l;
		line_take(q, &l);
		if (type && l.type != type)
			continue;
		if (*n == *room) {
			struct line *more = arena_array(a, *room = *room ? *room * 2 : 4, sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for an object's lines");
			if (*n)
				memcpy(more, *out, *n * sizeof *more);
			*out = more;
		}
		size_t at = (*n)++; /* few */
		for (; at && (*out)[at - 1].first > l.first; at--)
			(*out)[at] = (*out)[at - 1];
		(*out)[at] = l;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err line_take_number(struct db *db, struct arena *a, const struct uuid *uuid, int64_t number, int64_t type, struct line **out, size_t *n, size_t *room, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, LINE_COLUMNS "WHERE number = ? AND uuid = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	db_bind_blob(q, 2, uuid_span(uuid));
	return lines_take(q, a, type, out, n, room, f);
}

static enum err lines_indexed(struct db *db, struct arena *a, const struct uuid *uuid, int64_t type, struct line **out, size_t *n, size_t *room, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, LINE_COLUMNS "WHERE number IN (SELECT number FROM st_line_uuid WHERE uuid = ?)", f);
	*n = *room = 0;
	*out = NULL;
	if (!q)
		return ERR_DB;
	db_bind_blob(q, 1, uuid_span(uuid));
	return lines_take(q, a, type, out, n, room, f);
}

enum err rows_lines(struct store *s, struct db *db, struct arena *a, const struct uuid *uuid, int64_t type, struct line **out, size_t *n, struct fault *f)
{
	int64_t numbers[FRESH_SAME];
	size_t m = 0, room;
	enum err e = lines_indexed(db, a, uuid, type, out, n, &room, f);
	if (e != ERR_OK)
		return e;
	if (s && fresh_read(s, db, uuid, numbers, &m)) {
		for (size_t i = 0; e == ERR_OK && i < m; i++)
			e = line_take_number(db, a, uuid, numbers[i], type, out, n, &room, f);
		return e;
	}
	struct db_stmt *q = db_prepare(db, LINE_COLUMNS "WHERE number > (SELECT sorted FROM st_clock WHERE one = 1) AND uuid = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_blob(q, 1, uuid_span(uuid));
	return lines_take(q, a, type, out, n, &room, f);
}

enum err tx_lines(struct store_tx *tx, const struct uuid *uuid, int64_t type, struct line **out, size_t *n, struct fault *f)
{
	size_t room, at = 0;
	enum err e = lines_indexed(tx->db, tx->arena, uuid, type, out, n, &room, f);
	for (int64_t number; e == ERR_OK && (number = fresh_find(&tx->s->fresh, uuid, &at));)
		e = line_take_number(tx->db, tx->arena, uuid, number, type, out, n, &room, f);
	return e;
}

enum err tx_line(struct store_tx *tx, const struct uuid *uuid, int64_t type, int64_t collection, int64_t origin, struct line *out, struct fault *f)
{
	struct line *v;
	size_t n;
	enum err e = tx_lines(tx, uuid, type, &v, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		if (v[i].collection == collection && v[i].origin == origin) {
			*out = v[i];
			return ERR_OK;
		}
	return e == ERR_OK ? ERR_NOTFOUND : e;
}

enum err rows_line(struct db *db, const struct version *v, struct line *out, struct fault *f)
{
	struct version first = *v;
	enum err e = ERR_OK;
	while (e == ERR_OK && first.prev)
		e = rows_version(db, first.prev, &first, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(db, LINE_COLUMNS "WHERE number = ?", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_int(q, 1, first.number);
	e = db_step(q, f);
	if (e == ERR_OK) {
		line_take(q, out);
		db_reset(q);
	}
	return e;
}

enum err tx_line_add(struct store_tx *tx, const struct line *l, struct fault *f)
{
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_line (uuid, type, collection, origin, head, newest, ns, spec, top_ns, label, first, state, number) "
					       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		f);
	if (!q)
		return ERR_DB;
	const int64_t v[] = { l->type, l->collection, l->origin, l->head, l->newest, l->ns, l->spec, l->top_ns, l->label, l->first, l->state, l->number };
	db_bind_blob(q, 1, uuid_span(&l->uuid));
	for (int i = 0; i < 12; i++)
		db_bind_int(q, 2 + i, v[i]);
	enum err e = db_run(q, f);
	if (e == ERR_OK && !fresh_add(&tx->s->fresh, &l->uuid, l->number))
		e = fault_set(f, ERR_NOMEM, "store", "no memory for the newest objects' ids");
	return e;
}

enum err rows_line_set(struct db *db, const struct line *l, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "UPDATE st_line SET head = ?, newest = ?, ns = ?, spec = ?, top_ns = ?, label = ?, state = ? WHERE number = ?", f);
	if (!q)
		return ERR_DB;
	const int64_t v[] = { l->head, l->newest, l->ns, l->spec, l->top_ns, l->label, l->state, l->number };
	for (int i = 0; i < 8; i++)
		db_bind_int(q, 1 + i, v[i]);
	return db_run(q, f);
}

/* ---- versions ---- */

enum err rows_version(struct db *db, int64_t number, struct version *out, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT prev, collection, type, origin, home, spec, ns, own, revoked, uuid, digest FROM st_version WHERE number = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	enum err e = db_step(q, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? fault_set(f, e, "store", "version %lld is gone: run `musubi check`", (long long)number) : e;
	int64_t *const to[] = { &out->prev, &out->collection, &out->type, &out->origin, &out->home, &out->spec, &out->ns, &out->own };
	out->number = number;
	for (int i = 0; i < 8; i++)
		*to[i] = db_int(q, i);
	out->revoked = db_int(q, 8);
	uuid_take(&out->uuid, db_blob(q, 9));
	struct span digest = db_blob(q, 10);
	memset(out->digest, 0, sizeof out->digest);
	memcpy(out->digest, digest.p, digest.n < sizeof out->digest ? digest.n : sizeof out->digest);
	db_reset(q);
	return ERR_OK;
}

enum err rows_version_add(struct db *db, const struct version *v, struct span version_text, struct span raw, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "INSERT INTO st_version (number, prev, collection, type, origin, home, spec, ns, own, revoked, uuid, version, digest, raw) "
					   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		f);
	if (!q)
		return ERR_DB;
	const int64_t n[] = { v->number, v->prev, v->collection, v->type, v->origin, v->home, v->spec, v->ns, v->own, v->revoked };
	for (int i = 0; i < 10; i++)
		db_bind_int(q, 1 + i, n[i]);
	db_bind_blob(q, 11, uuid_span(&v->uuid));
	db_bind_text(q, 12, version_text);
	db_bind_blob(q, 13, (struct span){ (const char *)v->digest, sizeof v->digest });
	db_bind_blob(q, 14, raw);
	return db_run(q, f);
}

/* ---- entries ---- */

enum err rows_entries(struct db *db, struct arena *a, int64_t version, struct entry **out, size_t *n, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT e.label, e.stamp, e.ordinal, e.also, e.flags FROM st_place p "
					   "JOIN st_entry e ON e.label = p.label AND e.stamp = p.stamp WHERE p.version = ? ORDER BY p.stamp",
		f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, version);
	size_t room = 0;
	*n = 0;
	*out = NULL;
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		if (*n == room) {
			struct entry *more = arena_array(a, room = room ? room * 4 : 2, sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for an object's entries");
			if (*n)
				memcpy(more, *out, *n * sizeof *more);
			*out = more;
		}
		(*out)[(*n)++] = (struct entry){ db_int(q, 0), db_int(q, 1), db_int(q, 2), version, db_int(q, 3), (unsigned)db_int(q, 4) };
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err rows_entry_add(struct db *db, const struct entry *n, int64_t type, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "INSERT INTO st_entry (label, stamp, ordinal, version, also, flags, type) VALUES (?, ?, ?, ?, ?, ?, ?)", f);
	if (!q)
		return ERR_DB;
	const int64_t v[] = { n->label, n->stamp, n->ordinal, n->version, n->also, n->flags, type };
	for (int i = 0; i < 7; i++)
		db_bind_int(q, 1 + i, v[i]);
	enum err e = db_run(q, f);
	q = e == ERR_OK ? db_prepare(db, "INSERT INTO st_place (version, stamp, label) VALUES (?, ?, ?)", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_int(q, 1, n->version);
	db_bind_int(q, 2, n->stamp);
	db_bind_int(q, 3, n->label);
	return db_run(q, f);
}

enum err rows_entry_set(struct db *db, const struct entry *n, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "UPDATE st_entry SET also = ?, flags = ? WHERE label = ? AND stamp = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, n->also);
	db_bind_int(q, 2, n->flags);
	db_bind_int(q, 3, n->label);
	db_bind_int(q, 4, n->stamp);
	return db_run(q, f);
}

/* Ordinals and stamps rise together: halving finds the one by the other without an index of its own. */
enum err rows_stamp_of(struct db *db, int64_t label, int64_t ordinal, int64_t *stamp, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT stamp FROM st_entry WHERE label = ? ORDER BY stamp DESC LIMIT 1", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, label);
	enum err e = db_step(q, f);
	int64_t lo = 0, hi = e == ERR_OK ? db_int(q, 0) : 0; /* the stamp sought is in (lo, hi] */
	db_reset(q);
	*stamp = 0;
	while (e == ERR_OK && lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		q = db_prepare(db, "SELECT ordinal, stamp FROM st_entry WHERE label = ? AND stamp > ? ORDER BY stamp LIMIT 1", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, label);
		db_bind_int(q, 2, mid);
		e = db_step(q, f);
		if (e != ERR_OK)
			break;
		int64_t found = db_int(q, 0), at = db_int(q, 1);
		db_reset(q);
		if (found == ordinal) {
			*stamp = at;
			return ERR_OK;
		}
		if (found < ordinal)
			lo = at;
		else
			hi = mid;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err rows_sight(struct db *db, const struct version *v, struct sight *out, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT core, closed FROM st_sight WHERE version = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, v->number);
	enum err e = db_step(q, f);
	*out = e == ERR_OK ? (struct sight){ db_int(q, 0), db_int(q, 1) } : (struct sight){ v->own, 0 };
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err rows_sight_set(struct db *db, int64_t version, const struct sight *s, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "INSERT INTO st_sight (version, core, closed) VALUES (?, ?, ?) ON CONFLICT (version) DO UPDATE SET core = excluded.core, closed = excluded.closed", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, version);
	db_bind_int(q, 2, s->core);
	db_bind_int(q, 3, s->closed);
	return db_run(q, f);
}
