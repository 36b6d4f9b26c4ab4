/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: candidates in the order of their stamps, then their bytes; and counting without bytes. */
#include <assert.h>
#include <stdlib.h>
#include "store/page_priv.h"
#include "util/bounds.h"

#define CHUNK_BYTES (256u << 10)

static char *page_alloc(struct store_page *p, size_t n)
{
	struct chunk *c = p->memory;
	if (!c || c->room - c->n < n) {
		size_t room = n > CHUNK_BYTES / 4 ? n : CHUNK_BYTES;
		c = malloc(sizeof *c + room);
		if (!c)
			return NULL;
		c->n = 0;
		c->room = room;
		/* A large one of its own does not end the current one. */
		if (p->memory && room != CHUNK_BYTES) {
			c->next = p->memory->next;
			p->memory->next = c;
		} else {
			c->next = p->memory;
			p->memory = c;
		}
	}
	c->n += n;
	return c->bytes + c->n - n;
}

static struct span page_copy(struct store_page *p, struct span s)
{
	char *to = page_alloc(p, s.n);
	if (to && s.n)
		memcpy(to, s.p, s.n);
	return (struct span){ to, s.n };
}

static struct span page_name(struct store_page *p, struct db *db, int64_t number)
{
	char room[BOUND_NAME_BYTES];
	struct span s = name_text(p->s, db, number, room, sizeof room);
	return s.p == room ? page_copy(p, s) : s;
}

static struct span page_id(struct store_page *p, struct span type, struct span blob)
{
	struct uuid uuid;
	char text[UUID_TEXT];
	memset(&uuid, 0, sizeof uuid);
	memcpy(uuid.b, blob.p, blob.n < sizeof uuid.b ? blob.n : sizeof uuid.b);
	uuid_format(&uuid, text);
	char *to = page_alloc(p, type.n + 38);
	if (to) {
		memcpy(to, type.p, type.n);
		memcpy(to + type.n, "--", 2);
		memcpy(to + type.n + 2, text, 36);
	}
	return (struct span){ to, type.n + 38 };
}

static enum err read_entry(struct store_page *p, struct db *db, const struct hit *h, struct store_entry *out, struct fault *f)
{
	struct db_stmt *q = p->what == GIVEN_BYTES
		? db_prepare(db, "SELECT type, uuid, origin, home, spec, revoked, version, raw FROM st_version WHERE number = ?", f)
		: db_prepare(db, "SELECT type, uuid, origin, home, spec, revoked, version FROM st_version WHERE number = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, h->version);
	enum err e = db_step(q, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? fault_set(f, ERR_DB, "store", "version %lld is gone: run `musubi check`", (long long)h->version) : e;
	*out = (struct store_entry){ .stamp = { h->stamp }, .added = { h->own }, .revoked = db_int(q, 5) };
	out->type = page_name(p, db, db_int(q, 0));
	out->id = page_id(p, out->type, db_blob(q, 1));
	out->origin = page_name(p, db, db_int(q, 2));
	out->home = page_name(p, db, db_int(q, 3));
	out->spec_version = page_name(p, db, db_int(q, 4));
	out->version = page_copy(p, db_text(q, 6));
	if (p->what == GIVEN_BYTES)
		out->raw = page_copy(p, db_blob(q, 7));
	db_reset(q);
	return out->id.p && out->version.p && (out->raw.p || p->what != GIVEN_BYTES) ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
}

static void cursor_put(unsigned char to[static 8], int64_t stamp)
{
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char)((uint64_t)stamp >> (56 - 8 * i));
}

static int64_t cursor_get(struct span s)
{
	uint64_t v = 0;
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return (int64_t)v;
}

struct making {
	struct store *s;
	const struct store_view *v;
	const struct store_query *q;
	struct store_page *p;
	int64_t after;
};

static enum err numbers_of(struct want *w, const struct span *texts, size_t n, int64_t **out, struct fault *f)
{
	*out = arena_array(w->a, n + 1, sizeof **out);
	enum err e = *out ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = name_find(w->db, texts[i], &(*out)[i], f);
	return e;
}

static enum err fill_page(struct making *m, struct want *w, struct fault *f)
{
	struct store_page *p = m->p;
	size_t n = w->n < m->q->limit ? w->n : m->q->limit, bytes = 0;
	p->more = w->n > n;
	p->rows = w->hits;
	w->hits = NULL;
	p->entries = calloc(n + 1, sizeof *p->entries);
	p->versions = calloc(n + 1, sizeof *p->versions);
	enum err e = p->entries && p->versions ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	while (e == ERR_OK && p->n < n) {
		e = read_entry(p, w->db, &p->rows[p->n], &p->entries[p->n], f);
		bytes += e == ERR_OK ? p->entries[p->n].raw.n : 0;
		if (e == ERR_OK && ++p->n < n && m->q->max_bytes && bytes >= m->q->max_bytes) {
			p->more = true;
			break;
		}
	}
	cursor_put(p->cursor, p->n ? p->rows[p->n - 1].stamp : m->after);
	return e;
}

static enum err make(void *ctx, struct db *db, struct fault *f)
{
	struct making *m = ctx;
	struct arena *a ARENA_SCOPE = arena_new(BOUND_REQUEST_ARENA);
	struct want w = { .s = m->s, .db = db, .v = m->v, .q = m->q, .a = a, .after = m->after, .most = m->q->limit + 1 };
	if (!a)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	enum err e = view_horizon(db, m->v, &w.horizon, f);
	if (e == ERR_OK)
		e = name_find(db, m->v->recipient, &m->p->recipient, f);
	if (e == ERR_OK)
		e = numbers_of(&w, m->q->types, m->q->n_types, &w.types, f);
	if (e == ERR_OK)
		e = numbers_of(&w, m->q->spec_versions, m->q->n_spec_versions, &w.specs, f);
	if (e == ERR_OK)
		e = m->q->n_ids || m->q->value.n || m->q->words.n ? want_by_key(&w, f) : feed_merge(&w, f);
	if (e == ERR_OK)
		e = fill_page(m, &w, f);
	free(w.hits);
	return e;
}

enum err store_page_new(struct store *s, const struct store_view *v, const struct store_query *q, struct store_page **out, struct fault *f)
{
	struct making m = { .s = s, .v = v, .q = q, .after = q->has_after ? q->after.us : INT64_MIN };
	if (q->cursor.n && q->cursor.n != 8)
		return fault_set(f, ERR_INVALID, "next", "the position is not one of this hub's: start over without it");
	if (q->cursor.n && cursor_get(q->cursor) > m.after)
		m.after = cursor_get(q->cursor);
	if (!q->limit)
		return fault_set(f, ERR_USAGE, "limit", "a page holds at least one object");
	m.p = calloc(1, sizeof *m.p);
	if (!m.p)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	m.p->s = s;
	m.p->view = store_view_ref(v);
	m.p->collection = q->collection;
	m.p->what = q->bytes ? GIVEN_BYTES : GIVEN_NAME;
	enum err e = store_read(s, make, &m, f);
	if (e == ERR_OK)
		*out = m.p;
	else
		store_page_free(m.p);
	return e;
}

size_t store_page_count(const struct store_page *p)
{
	assert(p->released);
	return p->n;
}

const struct store_entry *store_page_entry(const struct store_page *p, size_t i)
{
	assert(p->released && i < p->n);
	return &p->entries[i];
}

bool store_page_more(const struct store_page *p)
{
	assert(p->released);
	return p->more;
}

struct span store_page_cursor(const struct store_page *p)
{
	assert(p->released);
	return (struct span){ (const char *)p->cursor, sizeof p->cursor };
}

void store_page_free(struct store_page *p)
{
	if (!p)
		return;
	store_view_unref(p->view);
	for (struct chunk *c = p->memory, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(p->rows);
	free(p->entries);
	free(p->versions);
	free(p);
}

/* ---- counting ---- */

struct count {
	struct store *s;
	const struct store_view *v;
	int64_t collection;
	uint64_t n;
	int64_t newest, after;
	bool quick; /* only whether anything is newer than `after` */
};

/* Entries of a visible label that its `also` or a grant hides. */
static enum err hidden_of(struct count *c, struct db *db, int64_t label, uint64_t *hidden, struct fault *f)
{
	size_t n;
	const struct grant *g = view_grants(c->v, label, &n);
	for (size_t i = 0; i < n; i++)
		*hidden += g[i].base ? 0 : (uint64_t)(g[i].hi - g[i].lo + 1);
	return ERR_OK;
}

static enum err count_narrowed(struct count *c, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT label, stamp, ordinal, version, also FROM st_entry INDEXED BY st_entry_also WHERE also <> 0", f);
	if (!q)
		return ERR_DB;
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct entry x = { db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3), db_int(q, 4), 0 };
		const struct label *l = view_has(c->v, x.label) ? label_at(c->s, x.label) : NULL;
		if (l && (!c->collection || l->collection == c->collection) && !view_has(c->v, x.also) && view_stamp(c->v, &x))
			c->n--;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* The newest entry that the view has under a label, at the stamp it shows. */
static enum err newest_of(struct count *c, struct db *db, int64_t label, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT stamp, ordinal, also FROM st_entry WHERE label = ? ORDER BY stamp DESC", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, label);
	bool first = true;
	size_t n;
	const struct grant *g = view_grants(c->v, label, &n);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct entry x = { label, db_int(q, 0), db_int(q, 1), 0, db_int(q, 2), 0 };
		if (first)
			c->n += (uint64_t)x.ordinal;
		first = false;
		int64_t at = view_entry(c->v, &x) ? view_stamp(c->v, &x) : 0;
		if (at > c->newest)
			c->newest = at;
		/* Own stamps fall from here on; grants' are looked at as a whole below. */
		if (at && (at == x.stamp || !n))
			break;
		if (x.stamp <= c->newest && !n)
			break;
	}
	db_reset(q);
	(void)g;
	return e == ERR_NOTFOUND || e == ERR_OK ? ERR_OK : e;
}

static enum err count(void *ctx, struct db *db, struct fault *f)
{
	struct count *c = ctx;
	enum err e = ERR_OK;
	for (size_t i = 1; e == ERR_OK && i <= c->v->n; i++) {
		const struct label *l = view_has(c->v, (int64_t)i) ? label_at(c->s, (int64_t)i) : NULL;
		uint64_t hidden = 0;
		if (!l || (c->collection && l->collection != c->collection))
			continue;
		e = newest_of(c, db, (int64_t)i, f);
		if (e == ERR_OK)
			e = hidden_of(c, db, (int64_t)i, &hidden, f);
		c->n -= hidden;
	}
	return e == ERR_OK ? count_narrowed(c, db, f) : e;
}

enum err store_view_count(struct store *s, const struct store_view *v, int64_t collection, uint64_t *n, struct timestamp *newest, struct fault *f)
{
	struct count c = { .s = s, .v = v, .collection = collection };
	enum err e = store_read(s, count, &c, f);
	if (e == ERR_OK) {
		*n = c.n;
		newest->us = c.newest;
	}
	return e;
}

static enum err any_newer(void *ctx, struct db *db, struct fault *f)
{
	struct count *c = ctx;
	struct arena *a ARENA_SCOPE = arena_new(BOUND_REQUEST_ARENA);
	struct store_query q = { .collection = c->collection, .versions = STORE_VERSIONS_ALL };
	struct want w = { .s = c->s, .db = db, .v = c->v, .q = &q, .a = a, .after = c->after, .most = 1 };
	enum err e = a ? view_horizon(db, c->v, &w.horizon, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = feed_merge(&w, f);
	c->n = w.n;
	free(w.hits);
	return e;
}

bool store_view_has_newer(struct store *s, const struct store_view *v, int64_t collection, struct timestamp after)
{
	struct count c = { .s = s, .v = v, .collection = collection, .after = after.us };
	if (atomic_load(&s->published_us) <= after.us)
		return false;
	return store_read(s, any_newer, &c, NULL) == ERR_OK && c.n > 0;
}
