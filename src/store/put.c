/* SPDX-License-Identifier: Apache-2.0 */
/* Taking objects in, and withdrawing them. */
#include <stdlib.h>
#include "store/store_priv.h"
#include "util/bounds.h"

const char *store_fate_name(enum store_fate f)
{
	static const char *const names[] = { "added", "unchanged", "different", "foreign", "revoked" };
	return names[f];
}

struct work {
	struct store_tx *tx;
	struct store_put *p;
	const struct stix_object *o;
	int64_t type, origin, home, spec, own;
	struct line *lines; /* all of the id */
	size_t n_lines;
	struct line *mine;
	uint8_t digest[SIGN_DIGEST];
};

static enum err look(struct work *w, struct fault *f)
{
	struct store_tx *tx = w->tx;
	const struct store_put *p = w->p;
	struct span type;
	struct uuid uuid;
	if (!id_split(w->o->id, &type, &uuid) || memcmp(&uuid, &w->o->uuid, sizeof uuid) != 0 || w->o->id.n > BOUND_ID_BYTES)
		return fault_set(f, ERR_INVALID, "id", "\"%.*s\" is no id of the form type--uuid", SPAN_ARG(w->o->id));
	if (p->collection < 1 || !p->origin.n || !p->label_key.n)
		return fault_set(f, ERR_INVALID, "store", "an object needs a collection, an origin and a label");
	enum err e = name_intern(tx, type, &w->type, f);
	if (e == ERR_OK)
		e = name_intern(tx, p->origin, &w->origin, f);
	if (e == ERR_OK)
		e = name_intern(tx, p->home, &w->home, f);
	if (e == ERR_OK)
		e = name_intern(tx, w->o->spec_version, &w->spec, f);
	if (e == ERR_OK)
		e = label_intern(tx, p->collection, p->label_key, &w->own, f);
	if (e == ERR_OK && queue_find(tx, &w->o->uuid))
		e = queue_flush(tx, f);
	if (e == ERR_OK)
		e = tx_lines(tx, &w->o->uuid, w->type, &w->lines, &w->n_lines, f);
	for (size_t i = 0; e == ERR_OK && i < w->n_lines; i++)
		if (w->lines[i].collection == p->collection && w->lines[i].origin == w->origin)
			w->mine = &w->lines[i];
	sign_sha256(w->o->raw, w->digest);
	return e;
}

/* The version of this line with the same instant and specification, and the one with the same bytes. */
static enum err find_same(struct work *w, struct version *out, bool *found, bool *identical, struct fault *f)
{
	struct version v;
	enum err e = ERR_OK;
	*found = *identical = false;
	bool newer = !(w->mine->state & LINE_REVOKED) && w->o->version_ns > w->mine->top_ns;
	for (int64_t at = newer ? 0 : w->mine->head; e == ERR_OK && at; at = v.prev) {
		e = rows_version(w->tx->db, at, &v, f);
		if (e != ERR_OK || v.ns != w->o->version_ns || v.spec != w->spec)
			continue;
		*out = v;
		*found = true;
		*identical = memcmp(v.digest, w->digest, sizeof v.digest) == 0;
		break;
	}
	return e;
}

static enum err keep_evidence(struct work *w, int64_t version, struct fault *f)
{
	int64_t next = 1;
	enum err e = db_number(w->tx->db, "SELECT max(number) + 1 FROM st_evidence", 1, &next, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(w->tx->db, "INSERT INTO st_evidence (number, version, at, digest) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_int(q, 1, next);
	db_bind_int(q, 2, version);
	db_bind_int(q, 3, w->tx->now.us);
	db_bind_blob(q, 4, (struct span){ (const char *)w->digest, sizeof w->digest });
	return db_run(q, f);
}

/* Would it version an object of somebody else that the submitter may see? */
static enum err is_foreign(struct work *w, bool *foreign, struct fault *f)
{
	struct store_tx *tx = w->tx;
	enum err e = ERR_OK;
	*foreign = false;
	if (!w->p->submitter || w->mine || w->o->kind == STIX_CLASS_SCO)
		return ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < w->n_lines && !*foreign; i++) {
		bool seen = false, same = false;
		struct version v;
		for (int64_t at = w->lines[i].origin == w->origin ? 0 : w->lines[i].head; e == ERR_OK && at; at = v.prev) {
			struct entry *had;
			size_t n = 0;
			e = rows_version(tx->db, at, &v, f);
			if (e == ERR_OK)
				e = rows_entries(tx->db, tx->arena, at, &had, &n, f);
			for (size_t k = 0; e == ERR_OK && k < n; k++)
				seen = seen || view_entry(w->p->submitter, &had[k]);
			same = same || memcmp(v.digest, w->digest, sizeof v.digest) == 0;
		}
		*foreign = seen && !same;
	}
	return e;
}

static enum err add_refs(struct work *w, struct queued *q, struct fault *f)
{
	const struct stix_object *o = w->o;
	size_t most = 0;
	for (size_t i = 0; i < o->n_refs; i++)
		most += o->refs[i].named && !o->refs[i].exempt;
	if (!most)
		return ERR_OK;
	q->refs = arena_array(w->tx->arena, most, sizeof *q->refs);
	if (!q->refs)
		return fault_set(f, ERR_NOMEM, "store", "no memory for references");
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < o->n_refs; i++) {
		struct ident id;
		struct span type;
		if (!o->refs[i].named || o->refs[i].exempt || !id_split(o->refs[i].id, &type, &id.uuid))
			continue;
		e = name_intern(w->tx, type, &id.type, f);
		struct db_stmt *s = e == ERR_OK ? db_prepare(w->tx->db, "INSERT INTO st_ref (uuid, type, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", f) : NULL;
		if (!s)
			return e ? e : ERR_DB;
		db_bind_blob(s, 1, (struct span){ (const char *)id.uuid.b, sizeof id.uuid.b });
		db_bind_int(s, 2, id.type);
		db_bind_int(s, 3, q->v.number);
		e = db_run(s, f);
		if (e == ERR_OK && db_changes(w->tx->db))
			q->refs[q->n_refs++] = id;
	}
	return e;
}

static enum err add_values(struct work *w, int64_t version, struct fault *f)
{
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < w->p->n_values && i < BOUND_VALUES_PER_OBJECT; i++) {
		struct db_stmt *q = db_prepare(w->tx->db, "INSERT INTO st_value_new (kind, normal, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, w->p->values[i].kind);
		db_bind_text(q, 2, w->p->values[i].normal);
		db_bind_int(q, 3, version);
		e = db_run(q, f);
	}
	return e;
}

/* Does the object become its line's newest?  A revoked one always; else the newest instant, and the highest specification of it. */
static bool becomes_newest(const struct work *w)
{
	const struct line *l = w->mine;
	if (!l || !l->newest || w->o->revoked)
		return true;
	if (l->state & LINE_REVOKED)
		return false;
	if (w->o->version_ns != l->ns)
		return w->o->version_ns > l->ns;
	const struct name *had = shelf_at(&w->tx->s->names, l->spec);
	return span_cmp(w->o->spec_version, had->text) > 0;
}

/* The line as it is with this version, and what follows for the entry. */
static enum err set_line(struct work *w, struct queued *q, struct fault *f)
{
	struct line *l = &q->line;
	bool fresh = !w->mine, newest = becomes_newest(w);
	if (fresh)
		*l = (struct line){ .uuid = w->o->uuid, .number = q->v.number, .type = w->type, .collection = w->p->collection, .origin = w->origin, .first = q->stamp, .top_ns = INT64_MIN };
	else {
		*l = *w->mine;
		l->state |= LINE_MULTI | (l->spec && l->spec != w->spec ? LINE_SPECS : 0);
	}
	q->supersedes = !fresh;
	q->relabel = newest && !fresh && l->label && label_at(w->tx->s, l->label)->same != label_at(w->tx->s, w->own)->same;
	w->p->newest = newest;
	w->p->relabelled = q->relabel || w->o->revoked;
	if (!newest && label_at(w->tx->s, l->label)->same != label_at(w->tx->s, w->own)->same)
		q->also = l->label;
	l->head = q->v.number;
	if (w->o->version_ns > l->top_ns)
		l->top_ns = w->o->version_ns;
	if (newest) {
		l->newest = q->v.number;
		l->ns = w->o->version_ns;
		l->spec = w->spec;
		l->label = w->own;
	}
	l->state |= w->o->revoked ? LINE_REVOKED : 0;
	return fresh ? tx_line_add(w->tx, l, f) : rows_line_set(w->tx->db, l, f);
}

static enum err add(struct work *w, struct fault *f)
{
	struct store_tx *tx = w->tx;
	struct queued *q = queue_add(tx, &w->o->uuid);
	if (!q)
		return fault_set(f, ERR_NOMEM, "store", "no memory for the objects of one submission");
	q->stamp = store_tx_stamps(tx, 1).us;
	q->v = (struct version){ .number = tx->s->next_version++, .prev = w->mine ? w->mine->head : 0, .collection = w->p->collection, .type = w->type, .origin = w->origin, .home = w->home, .spec = w->spec, .ns = w->o->version_ns, .own = w->own, .uuid = w->o->uuid, .revoked = w->o->revoked };
	memcpy(q->v.digest, w->digest, sizeof w->digest);
	for (size_t i = 0; i < w->n_lines; i++)
		q->others = q->others || (w->lines[i].collection == w->p->collection && w->lines[i].origin != w->origin);
	enum err e = set_line(w, q, f);
	if (e == ERR_OK)
		e = rows_version_add(tx->db, &q->v, w->o->version, w->o->raw, f);
	if (e == ERR_OK)
		e = add_refs(w, q, f);
	if (e == ERR_OK)
		e = add_values(w, q->v.number, f);
	w->p->fate = STORE_ADDED;
	w->p->stamp.us = q->stamp;
	w->p->version = q->v.number;
	return e;
}

/* The same bytes are there: unless they were withdrawn, nothing happens. */
static enum err again(struct work *w, const struct version *v, struct fault *f)
{
	struct store_tx *tx = w->tx;
	struct entry *had;
	size_t n;
	bool live = false;
	enum err e = rows_entries(tx->db, tx->arena, v->number, &had, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		live = live || had[i].also != LABEL_NOBODY;
	w->p->version = v->number;
	w->p->newest = w->mine->newest == v->number;
	w->p->stamp.us = n ? had[0].stamp : 0;
	w->p->fate = STORE_UNCHANGED;
	if (e != ERR_OK || live || (w->mine->state & LINE_REVOKED))
		return e;
	/* Withdrawn and given again: a version of its own in the line, with a fresh entry. */
	return add(w, f);
}

enum err store_put(struct store_tx *tx, struct store_put *p, struct fault *f)
{
	struct work w = { .tx = tx, .p = p, .o = p->object };
	struct version v;
	bool found = false, identical = false, foreign = false;
	p->fate = STORE_ADDED;
	p->stamp.us = p->version = 0;
	p->newest = p->relabelled = false;
	enum err e = look(&w, f);
	if (e == ERR_OK && w.mine)
		e = find_same(&w, &v, &found, &identical, f);
	if (e != ERR_OK)
		return e;
	if (identical)
		return again(&w, &v, f);
	if (w.mine && w.mine->state & LINE_REVOKED) {
		p->fate = STORE_REVOKED;
		return ERR_OK;
	}
	if (found) {
		p->fate = STORE_DIFFERENT;
		p->version = v.number;
		return keep_evidence(&w, v.number, f);
	}
	e = is_foreign(&w, &foreign, f);
	if (e == ERR_OK && foreign) {
		p->fate = STORE_FOREIGN;
		return ERR_OK;
	}
	return e == ERR_OK ? add(&w, f) : e;
}

/* ---- withdrawing ---- */

static enum err withdraw_version(struct store_tx *tx, int64_t version, bool *did, struct fault *f)
{
	struct entry *had;
	size_t n;
	enum err e = rows_entries(tx->db, tx->arena, version, &had, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		if (had[i].also == LABEL_NOBODY)
			continue;
		had[i].also = LABEL_NOBODY;
		had[i].flags |= ENTRY_WITHDRAWN;
		*did = tx->touched = true;
		e = rows_entry_set(tx->db, &had[i], f);
	}
	if (e == ERR_OK && *did)
		e = rows_sight_set(tx->db, version, &(struct sight){ LABEL_NOBODY, LABEL_NOBODY }, f);
	return e;
}

/* The newest version that still lives; its label goes on narrowing what it narrowed. */
static enum err line_again(struct store_tx *tx, struct line *l, struct fault *f)
{
	struct version v;
	enum err e = ERR_OK;
	l->newest = 0;
	for (int64_t at = l->head; e == ERR_OK && at; at = v.prev) {
		struct entry *had;
		size_t n;
		bool live = false;
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK)
			e = rows_entries(tx->db, tx->arena, at, &had, &n, f);
		for (size_t i = 0; e == ERR_OK && i < n; i++)
			live = live || had[i].also != LABEL_NOBODY;
		const struct name *spec = shelf_at(&tx->s->names, v.spec), *best = l->newest ? shelf_at(&tx->s->names, l->spec) : NULL;
		if (e == ERR_OK && live && (!best || v.revoked || v.ns > l->ns || (v.ns == l->ns && span_cmp(spec->text, best->text) > 0))) {
			l->newest = at;
			l->ns = v.ns;
			l->spec = v.spec;
			l->label = v.own;
		}
		if (v.revoked && live)
			break;
	}
	return e == ERR_OK ? rows_line_set(tx->db, l, f) : e;
}

enum err store_withdraw(struct store_tx *tx, int64_t collection, struct span id, struct span origin, struct span version, size_t *count, struct fault *f)
{
	struct span type;
	struct uuid uuid;
	int64_t type_n = 0, origin_n = 0, ns = 0;
	struct line l;
	struct version v;
	*count = 0;
	enum err e = queue_flush(tx, f);
	if (e == ERR_OK && version.n)
		e = timestamp_parse_ns(version, &ns, f);
	if (e == ERR_OK && id_split(id, &type, &uuid) && (e = name_find(tx->db, type, &type_n, f)) == ERR_OK)
		e = name_find(tx->db, origin, &origin_n, f);
	if (e == ERR_OK)
		e = type_n && origin_n ? tx_line(tx, &uuid, type_n, collection, origin_n, &l, f) : ERR_NOTFOUND;
	for (int64_t at = e == ERR_OK ? l.head : 0; e == ERR_OK && at; at = v.prev) {
		bool did = false;
		e = rows_version(tx->db, at, &v, f);
		if (e == ERR_OK && (!version.n || v.ns == ns))
			e = withdraw_version(tx, at, &did, f);
		*count += did;
	}
	if (e == ERR_NOTFOUND || (e == ERR_OK && !*count))
		return fault_set(f, ERR_NOTFOUND, "id", "there is no such object of yours to withdraw");
	bool narrowed;
	if (e == ERR_OK)
		e = line_again(tx, &l, f);
	if (e == ERR_OK)
		e = line_settle(tx, &l, false, &narrowed, f);
	if (e == ERR_OK)
		e = closure_narrowed(tx, &l, f);
	return e == ERR_OK ? closure_spread(tx, &(struct ident){ l.uuid, l.type }, 1, INT64_MAX, f) : e;
}

/* ---- markings ---- */

struct meta {
	struct arena *a;
	struct span id, origin, raw;
};

static enum err read_meta(void *ctx, struct db *db, struct fault *f)
{
	struct meta *m = ctx;
	struct span type;
	struct uuid uuid;
	struct line *lines;
	size_t n = 0;
	int64_t type_n = 0, origin = 0;
	if (!id_split(m->id, &type, &uuid))
		return fault_set(f, ERR_NOTFOUND, "id", "\"%.*s\" is no id", SPAN_ARG(m->id));
	enum err e = name_find(db, type, &type_n, f);
	if (e == ERR_OK && type_n)
		e = rows_lines(NULL, db, m->a, &uuid, type_n, &lines, &n, f);
	if (e == ERR_OK)
		e = name_find(db, m->origin, &origin, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		if (!lines[i].newest || lines[i].origin != origin)
			continue;
		struct db_stmt *q = db_prepare(db, "SELECT raw FROM st_version WHERE number = ?", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, lines[i].newest);
		e = db_step(q, f);
		if (e == ERR_OK)
			m->raw = arena_span(m->a, db_blob(q, 0));
		return e == ERR_OK && !m->raw.p ? ERR_NOMEM : e;
	}
	return e == ERR_OK ? fault_set(f, ERR_NOTFOUND, "id", "%.*s is not here", SPAN_ARG(m->id)) : e;
}

enum err store_meta_object(struct store *s, struct arena *a, struct span id, struct span origin, struct span *raw, struct fault *f)
{
	struct meta m = { .a = a, .id = id, .origin = origin };
	enum err e = store_read(s, read_meta, &m, f);
	if (e == ERR_OK)
		*raw = m.raw;
	return e;
}
