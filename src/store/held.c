/* SPDX-License-Identifier: Apache-2.0 */
/* What is held of an id, for operators and explanations: no content. */
#include <stdio.h>
#include "store/store_priv.h"
#include "util/bounds.h"

struct asking {
	struct store *s;
	struct arena *a;
	struct span id;
	struct store_held *v;
	size_t n, room;
	const struct store_view *view;
	bool may, closure;
};

static enum err held_add(struct asking *k, struct db *db, const struct line *l, const struct version *v, struct fault *f)
{
	struct entry *had;
	size_t n;
	char room[1024];
	enum err e = rows_entries(db, k->a, v->number, &had, &n, f);
	if (e == ERR_OK && k->n == k->room) {
		struct store_held *more = arena_array(k->a, k->room = k->room ? k->room * 2 : 8, sizeof *more);
		if (!more)
			return fault_set(f, ERR_NOMEM, "store", "no memory for versions");
		if (k->n)
			memcpy(more, k->v, k->n * sizeof *more);
		k->v = more;
	}
	if (e != ERR_OK)
		return e;
	struct store_held h = { .collection = l->collection, .id = k->id, .newest = l->newest == v->number, .revoked = v->revoked, .withdrawn = n > 0 };
	h.origin = arena_span(k->a, name_text(k->s, db, v->origin, room, sizeof room));
	h.home = arena_span(k->a, name_text(k->s, db, v->home, room, sizeof room));
	h.stamp.us = n ? had[0].stamp : 0;
	for (size_t i = 0; i < n; i++)
		h.withdrawn = h.withdrawn && had[i].also == LABEL_NOBODY;
	struct db_stmt *q = db_prepare(db, "SELECT v.version, l.key FROM st_version v JOIN st_label l ON l.number = v.own WHERE v.number = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, v->number);
	e = db_step(q, f);
	if (e == ERR_OK) {
		h.version = arena_span(k->a, db_text(q, 0));
		h.label_key = arena_span(k->a, db_text(q, 1));
	}
	db_reset(q);
	/* Newest first: by instant, later stored ones before earlier. */
	size_t at = k->n++;
	for (; at && k->v[at - 1].stamp.us < h.stamp.us; at--)
		k->v[at] = k->v[at - 1];
	k->v[at] = h;
	return e;
}

static enum err each_version(struct asking *k, struct db *db, enum err (*fn)(struct asking *k, struct db *db, const struct line *l, const struct version *v, struct fault *f), struct fault *f)
{
	struct span type;
	struct uuid uuid;
	struct line *lines;
	struct version v;
	size_t n = 0;
	int64_t type_n = 0;
	enum err e = id_split(k->id, &type, &uuid) ? name_find(db, type, &type_n, f) : ERR_OK;
	if (e == ERR_OK && type_n)
		e = rows_lines(k->s, db, k->a, &uuid, type_n, &lines, &n, f);
	for (size_t i = 0; i < n; i++)
		for (int64_t at = e == ERR_OK ? lines[i].head : 0; e == ERR_OK && at; at = v.prev) {
			e = rows_version(db, at, &v, f);
			if (e == ERR_OK)
				e = fn(k, db, &lines[i], &v, f);
		}
	return e == ERR_OK && !arena_ok(k->a) ? fault_set(f, ERR_NOMEM, "store", "no memory for versions") : e;
}

static enum err read_held(void *ctx, struct db *db, struct fault *f)
{
	return each_version(ctx, db, held_add, f);
}

enum err store_held(struct store *s, struct arena *a, struct span id, struct store_held **out, size_t *n, struct fault *f)
{
	struct asking k = { .s = s, .a = a, .id = arena_span(a, id) };
	enum err e = store_read(s, read_held, &k, f);
	if (e == ERR_OK) {
		*out = k.v;
		*n = k.n;
	}
	return e;
}

/* Its label would do, but a list of what it refers to has nobody in the view. */
static bool closed_by_reference(const struct store_view *v, const struct label *l)
{
	if (l->kind != LABEL_COMPOUND || !view_has(v, l->own))
		return false;
	const int64_t *p = l->all;
	for (uint32_t i = 0; i < l->n_all; i++) {
		bool any = false;
		for (int64_t k = 1; k <= *p; k++)
			any = any || (p[k] > 0 ? view_has(v, p[k]) : (v->own[-p[k] / 64] >> (-p[k] % 64) & 1));
		if (!any)
			return true;
		p += *p + 1;
	}
	return false;
}

static enum err weigh(struct asking *k, struct db *db, const struct line *l, const struct version *v, struct fault *f)
{
	struct entry *had;
	size_t n;
	enum err e = rows_entries(db, k->a, v->number, &had, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		const struct label *label = label_at(k->s, had[i].label), *also = had[i].also ? label_at(k->s, had[i].also) : NULL;
		/* Newer than what this process knows: no view has it. */
		if (!label || (had[i].also && !also))
			continue;
		k->may = k->may || (view_entry(k->view, &had[i]) && view_stamp(k->view, &had[i]));
		k->closure = k->closure || (had[i].also != LABEL_NOBODY && (closed_by_reference(k->view, label) || (also && view_has(k->view, had[i].label) && closed_by_reference(k->view, also))));
	}
	return e;
}

static enum err read_may(void *ctx, struct db *db, struct fault *f)
{
	return each_version(ctx, db, weigh, f);
}

enum err store_view_may(struct store *s, const struct store_view *v, struct span id, bool *may, bool *closure, struct fault *f)
{
	struct arena *a ARENA_SCOPE = arena_new(16u << 20);
	struct asking k = { .s = s, .a = a, .id = id, .view = v };
	if (!a)
		return fault_set(f, ERR_NOMEM, "store", "no memory for versions");
	enum err e = store_read(s, read_may, &k, f);
	if (e == ERR_OK) {
		*may = k.may;
		*closure = !k.may && k.closure;
	}
	return e;
}

/* ---- what was submitted ---- */

struct submitted {
	struct timestamp from, to;
	void (*fn)(void *ctx, struct span id, struct span origin, struct timestamp at);
	void *ctx;
};

static enum err read_submitted(void *ctx, struct db *db, struct fault *f)
{
	const struct submitted *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT t.text, l.uuid, o.text, l.first FROM st_line l JOIN st_name t ON t.number = l.type JOIN st_name o ON o.number = l.origin "
					   "WHERE l.first > ? AND l.first <= ? ORDER BY l.number",
		f);
	enum err e;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, w->from.us);
	db_bind_int(q, 2, w->to.us);
	while ((e = db_step(q, f)) == ERR_OK) {
		char id[BOUND_ID_BYTES + UUID_TEXT], text[UUID_TEXT];
		struct span type = db_text(q, 0);
		struct uuid u;
		uuid_take(&u, db_blob(q, 1));
		uuid_format(&u, text);
		int n = snprintf(id, sizeof id, "%.*s--%s", (int)(type.n < BOUND_ID_BYTES - 2 ? type.n : BOUND_ID_BYTES - 2), type.p, text);
		w->fn(w->ctx, (struct span){ id, (size_t)n }, db_text(q, 2), (struct timestamp){ db_int(q, 3) });
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err store_submitted(struct store *s, struct timestamp from, struct timestamp to, void (*fn)(void *ctx, struct span id, struct span origin, struct timestamp at), void *ctx,
	struct fault *f)
{
	struct submitted w = { from, to, fn, ctx };
	return store_read(s, read_submitted, &w, f);
}
