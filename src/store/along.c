/* SPDX-License-Identifier: Apache-2.0 */
/* What goes along with a page: definitions and creators that its objects refer to and that the reader has no entry of (design/policy.md: whoever may have an
 * object may have these).
 *
 * 1. Which object refers to what is known from its reading (values of kind META), never guessed from its text: the text only says where to look.
 * 2. Nothing is kept for it but the references: what goes along follows from the entries that the view shows, so it tells nothing that they do not tell.
 * 3. A reader is given it once, with the first object of its feed that refers to it; another hub with each page.
 */
#include <stdlib.h>
#include "stix/marking.h"
#include "store/page_priv.h"
#include "util/bounds.h"

#define SEEN_SLOTS 4096
#define LOOKS_MOST 20000 /* references looked up for one page */
#define EARLIER_MOST 4096 /* versions looked through for an earlier one; past it, it is given once more */
#define BATCH 64

static const struct {
	const char *text;
	size_t n;
} types[] = { { "identity", 8 }, { "marking-definition", 18 }, { "extension-definition", 20 } };

struct seen {
	struct uuid uuid;
	unsigned char type; /* 0: free */
	bool done;
};
struct looking {
	struct want *w;
	struct body *b;
	const struct store_query *q;
	struct seen *seen;
	size_t n_seen, looks;
};

/* The type of "TYPE--" that ends before p; 0: none of ours. */
static unsigned char type_before(const char *from, const char *p)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if ((size_t)(p - from) > types[i].n && memcmp(p - types[i].n, types[i].text, types[i].n) == 0 && p[-(ptrdiff_t)types[i].n - 1] == '"')
			return (unsigned char)(i + 1);
	return 0;
}

static struct seen *slot(struct looking *k, const struct uuid *u, unsigned char type)
{
	uint32_t h;
	memcpy(&h, u->b + 8, sizeof h);
	size_t i = (h ^ type) % SEEN_SLOTS;
	while (k->seen[i].type && !(k->seen[i].type == type && memcmp(&k->seen[i].uuid, u, sizeof *u) == 0))
		i = (i + 1) % SEEN_SLOTS;
	return &k->seen[i];
}

/* ---- questions ---- */

static enum err refers(struct want *w, struct span id, int64_t version, bool *yes, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT 1 FROM st_value WHERE kind = ? AND normal = ? AND version = ?"
					      " UNION ALL SELECT 1 FROM st_value_new WHERE kind = ? AND normal = ? AND version = ?",
		f);
	if (!q)
		return ERR_DB;
	for (int at = 0; at <= 3; at += 3) {
		db_bind_int(q, at + 1, STIX_VALUE_META);
		db_bind_text(q, at + 2, id);
		db_bind_int(q, at + 3, version);
	}
	enum err e = db_step(q, f);
	*yes = e == ERR_OK;
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Versions that refer to id, from version `after` on. */
static enum err referrers(struct want *w, struct span id, int64_t after, int64_t out[static BATCH], size_t *n, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT version FROM st_value WHERE kind = ? AND normal = ? AND version > ?"
					      " UNION ALL SELECT version FROM st_value_new WHERE kind = ? AND normal = ? AND version > ? ORDER BY version LIMIT 64",
		f);
	enum err e;
	if (!q)
		return ERR_DB;
	for (int at = 0; at <= 3; at += 3) {
		db_bind_int(q, at + 1, STIX_VALUE_META);
		db_bind_text(q, at + 2, id);
		db_bind_int(q, at + 3, after);
	}
	for (*n = 0; *n < BATCH && (e = db_step(q, f)) == ERR_OK;)
		out[(*n)++] = db_int(q, 0);
	e = *n == BATCH ? ERR_OK : e;
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* The first entry shown to w's view, with a stamp between w->after and w->horizon, that refers to id; w->n tells whether there is one. */
static enum err first_referrer(struct want *w, struct span id, struct fault *f)
{
	int64_t v[BATCH], after = 0;
	size_t n = BATCH;
	enum err e = ERR_OK;
	for (size_t looked = 0; e == ERR_OK && n == BATCH && !w->n && looked < EARLIER_MOST; looked += n) {
		e = referrers(w, id, after, v, &n, f);
		for (size_t i = 0; e == ERR_OK && i < n && !w->n; i++)
			e = want_one(w, v[i], f);
		after = n ? v[n - 1] : after;
	}
	return e;
}

/* Has the reader an entry of the id itself in this collection? */
static enum err has_entry(struct want *w, struct span id, bool *yes, struct fault *f)
{
	struct span type;
	struct uuid uuid;
	struct line *lines;
	struct version v;
	size_t n = 0;
	int64_t type_n = 0;
	enum err e = id_split(id, &type, &uuid) ? name_find(w->db, type, &type_n, f) : ERR_OK;
	if (e == ERR_OK && type_n)
		e = rows_lines(w->s, w->db, w->a, &uuid, type_n, &lines, &n, f);
	for (size_t i = 0; i < n; i++)
		for (int64_t at = e == ERR_OK && !w->n ? lines[i].head : 0; e == ERR_OK && at && !w->n; at = v.prev) {
			e = want_one(w, at, f);
			if (e == ERR_OK)
				e = rows_version(w->db, at, &v, f);
		}
	*yes = w->n > 0;
	return e;
}

static struct want asking(const struct want *like, const struct store_query *q, int64_t horizon)
{
	return (struct want){ .s = like->s, .db = like->db, .v = like->v, .q = q, .a = like->a, .after = INT64_MIN, .horizon = horizon, .most = 1 };
}

/* ---- a page ---- */

static enum err wanted(struct looking *k, struct span id, bool *yes, struct fault *f)
{
	const struct store_query all = { .collection = k->q->collection, .versions = STORE_VERSIONS_ALL }, same = { .collection = k->q->collection, .versions = k->q->versions };
	struct want own = asking(k->w, &all, k->w->horizon), earlier = asking(k->w, &same, k->w->after < INT64_MAX ? k->w->after + 1 : INT64_MAX);
	bool has = false;
	enum err e = ERR_OK;
	for (size_t i = 0; i < k->b->n && !has; i++)
		has = span_eq(k->b->entries[i].id, id);
	if (!has && k->q->along == STORE_ALONG_ONCE) {
		e = has_entry(&own, id, &has, f);
		if (e == ERR_OK && !has && k->w->after != INT64_MIN)
			e = first_referrer(&earlier, id, f);
		has = has || earlier.n;
	}
	free(own.hits);
	free(earlier.hits);
	*yes = e == ERR_OK && !has;
	return e;
}

static enum err take(struct looking *k, size_t entry, const char *p, unsigned char type, struct fault *f)
{
	struct span id = { p - types[type - 1].n, types[type - 1].n + 38 };
	struct uuid uuid;
	bool yes = false;
	if (!uuid_parse((struct span){ p + 2, 36 }, &uuid) || stix_tlp_of_id(id) != STIX_TLP_NONE)
		return ERR_OK;
	struct seen *s = slot(k, &uuid, type);
	if (s->done || ++k->looks > LOOKS_MOST || (!s->type && k->n_seen >= SEEN_SLOTS / 2))
		return ERR_OK;
	k->n_seen += !s->type;
	*s = (struct seen){ uuid, type, false };
	enum err e = refers(k->w, id, k->b->rows[entry].version, &yes, f);
	if (e != ERR_OK || !yes)
		return e;
	s->done = true;
	e = wanted(k, id, &yes, f);
	if (e != ERR_OK || !yes)
		return e;
	return body_along(k->b, id, entry) ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
}

enum err along_find(struct want *w, struct body *b, struct fault *f)
{
	struct looking k = { .w = w, .b = b, .q = w->q, .seen = arena_array(w->a, SEEN_SLOTS, sizeof *k.seen) };
	enum err e = k.seen ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	for (size_t i = 0; e == ERR_OK && i < b->n; i++) {
		const char *from = b->entries[i].raw.p, *end = from + b->entries[i].raw.n;
		for (const char *p = from; e == ERR_OK && end - p > 38 && (p = memmem(p, (size_t)(end - p) - 36, "--", 2)); p += 2) {
			unsigned char type = type_before(from, p);
			if (type)
				e = take(&k, i, p, type, f);
		}
	}
	return e;
}

/* ---- one id ---- */

struct one {
	struct store *s;
	const struct store_view *v;
	int64_t collection;
	struct span id;
	struct arena *a;
	struct span *origin;
	struct timestamp *stamp;
};

static enum err origin_of(struct one *k, struct db *db, int64_t version, struct fault *f)
{
	struct version v;
	char room[BOUND_NAME_BYTES];
	enum err e = rows_version(db, version, &v, f);
	if (e == ERR_OK)
		*k->origin = arena_span(k->a, name_text(k->s, db, v.origin, room, sizeof room));
	return e == ERR_OK && !k->origin->p ? ERR_NOMEM : e;
}

static enum err read_one(void *ctx, struct db *db, struct fault *f)
{
	struct one *k = ctx;
	struct arena *a ARENA_SCOPE = arena_new(BOUND_REQUEST_ARENA);
	const struct store_query q = { .collection = k->collection, .versions = STORE_VERSIONS_ALL };
	struct want w = { .s = k->s, .db = db, .v = k->v, .q = &q, .a = a, .after = INT64_MIN, .most = 1 };
	enum err e = a ? view_horizon(db, k->v, &w.horizon, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = first_referrer(&w, k->id, f);
	if (e == ERR_OK && w.n) {
		k->stamp->us = w.hits[0].stamp;
		e = origin_of(k, db, w.hits[0].version, f);
	} else if (e == ERR_OK) {
		e = ERR_NOTFOUND;
	}
	free(w.hits);
	return e;
}

enum err store_referred(struct store *s, const struct store_view *v, int64_t collection, struct span id, struct arena *a, struct span *origin, struct timestamp *stamp, struct fault *f)
{
	struct one k = { s, v, collection, id, a, origin, stamp };
	return store_read(s, read_one, &k, f);
}
