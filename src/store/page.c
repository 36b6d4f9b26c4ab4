/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: candidates in the order of their stamps, then their bytes; and counting without bytes. */
#include <assert.h>
#include <stdlib.h>
#include "store/page_priv.h"
#include "util/bounds.h"

static char *page_alloc(struct body *p, size_t n)
{
	struct chunk *c = p->memory;
	if (!c || c->room - c->n < n) {
		bool own = n > CHUNK_BYTES / 4;
		c = chunk_take(p->s, own ? n : CHUNK_BYTES);
		if (!c)
			return NULL;
		/* A large one of its own does not end the current one. */
		struct chunk **at = own && p->memory ? &p->memory->next : &p->memory;
		c->next = *at;
		*at = c;
	}
	c->n += n;
	p->bytes += n;
	return c->bytes + c->n - n;
}

static struct span page_copy(struct body *p, struct span s)
{
	char *to = page_alloc(p, s.n);
	if (to && s.n)
		memcpy(to, s.p, s.n);
	return (struct span){ to, s.n };
}

/* Bytes of objects stand one behind the other with commas between, in few pieces: so they leave without another copy. */
static struct span page_raw(struct body *p, struct span raw)
{
	struct chunk *c = p->raws;
	if (!c || c->room - c->n < raw.n + 1) {
		c = chunk_take(p->s, raw.n + 1 > CHUNK_BYTES ? raw.n + 1 : CHUNK_BYTES);
		if (!c)
			return (struct span){ NULL, 0 };
		struct chunk **at = p->memory ? &p->memory->next : &p->memory; /* the first stays the one for small things */
		c->next = *at;
		*at = p->raws = c;
		p->runs[p->n_runs++] = (struct span){ c->bytes, 0 };
	}
	struct span *run = &p->runs[p->n_runs - 1];
	char *to = c->bytes + c->n;
	if (p->n)
		*to++ = ',';
	memcpy(to, raw.p, raw.n);
	c->n += raw.n + (p->n != 0);
	p->bytes += raw.n + 1;
	run->n = c->n;
	return (struct span){ to, raw.n };
}

static struct span page_name(struct body *p, struct db *db, int64_t number)
{
	char room[BOUND_NAME_BYTES];
	struct span s = name_text(p->s, db, number, room, sizeof room);
	return s.p == room ? page_copy(p, s) : s;
}

static struct span page_id(struct body *p, struct span type, struct span blob)
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

static enum err read_entry(struct body *p, struct db *db, bool bytes, const struct hit *h, struct store_entry *out, struct fault *f)
{
	struct db_stmt *q = bytes
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
	if (bytes)
		out->raw = page_raw(p, db_blob(q, 7));
	db_reset(q);
	return out->id.p && out->version.p && (out->raw.p || !bytes) ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
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

#define PAGE_MOST 1000000 /* entries, whatever is asked for */

struct making {
	struct store *s;
	const struct store_view *v;
	const struct store_query *q;
	struct body *b;
	int64_t after;
	size_t limit;
};

static enum err numbers_of(struct want *w, const struct span *texts, size_t n, int64_t **out, struct fault *f)
{
	*out = arena_array(w->a, n + 1, sizeof **out);
	enum err e = *out ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = name_find(w->db, texts[i], &(*out)[i], f);
	return e;
}

static int rising(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static enum err fill_body(struct making *m, struct want *w, struct fault *f)
{
	struct body *b = m->b;
	size_t n = w->n < m->limit ? w->n : m->limit, bytes = 0;
	b->more = w->n > n;
	b->rows = w->hits;
	w->hits = NULL;
	b->entries = calloc(n + 1, sizeof *b->entries);
	b->versions = calloc(n + 1, sizeof *b->versions);
	b->runs = calloc(n + 1, sizeof *b->runs);
	enum err e = b->entries && b->versions && b->runs ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	while (e == ERR_OK && b->n < n) {
		e = read_entry(b, w->db, m->q->bytes, &b->rows[b->n], &b->entries[b->n], f);
		if (e != ERR_OK)
			break;
		b->versions[b->n] = b->rows[b->n].version;
		bytes += b->entries[b->n].raw.n;
		if (++b->n < n && m->q->max_bytes && bytes >= m->q->max_bytes) {
			b->more = true;
			break;
		}
	}
	cursor_put(b->cursor, b->n ? b->rows[b->n - 1].stamp : m->after);
	if (b->n > 1)
		qsort(b->versions, b->n, sizeof *b->versions, rising);
	b->bytes += (n + 1) * (sizeof *b->entries + sizeof *b->rows + sizeof *b->versions);
	return e;
}

static enum err make(void *ctx, struct db *db, struct fault *f)
{
	struct making *m = ctx;
	struct arena *a ARENA_SCOPE = arena_new(BOUND_REQUEST_ARENA);
	struct want w = { .s = m->s, .db = db, .v = m->v, .q = m->q, .a = a, .after = m->after, .most = m->limit + 1 };
	if (!a)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	enum err e = view_horizon(db, m->v, &w.horizon, f);
	if (e == ERR_OK)
		e = numbers_of(&w, m->q->types, m->q->n_types, &w.types, f);
	if (e == ERR_OK)
		e = numbers_of(&w, m->q->spec_versions, m->q->n_spec_versions, &w.specs, f);
	if (e == ERR_OK)
		e = m->q->n_ids || m->q->value.n || m->q->words.n ? want_by_key(&w, f) : feed_merge(&w, f);
	if (e == ERR_OK)
		e = fill_body(m, &w, f);
	if (e == ERR_OK && m->q->along && m->q->bytes)
		e = along_find(&w, m->b, f);
	free(w.hits);
	return e;
}

bool body_along(struct body *b, struct span id, size_t entry)
{
	if (b->n_along == b->room_along) {
		size_t room = b->room_along ? b->room_along * 2 : 8;
		struct store_along *more = realloc(b->along, room * sizeof *more);
		if (!more)
			return false;
		b->along = more;
		b->room_along = room;
		b->bytes += room * sizeof *more;
	}
	b->along[b->n_along] = (struct store_along){ page_copy(b, id), entry };
	return b->along[b->n_along++].id.p;
}

/* What goes along counts: a page that is too long with it is made again, shorter. */
static enum err read_body(struct making *m, struct fault *f)
{
	size_t limit = m->limit;
	m->b = body_new(m->s);
	enum err e = m->b ? store_read(m->s, make, m, f) : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	if (e != ERR_OK || m->q->along != STORE_ALONG_ONCE || m->b->n + m->b->n_along <= limit)
		return e;
	m->limit = limit > m->b->n_along ? limit - m->b->n_along : 1;
	body_unref(m->b);
	m->b = body_new(m->s);
	e = m->b ? store_read(m->s, make, m, f) : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	if (e == ERR_OK && m->b->n + m->b->n_along > limit)
		m->b->n_along = limit - m->b->n; /* a page of one: what goes along is there by its id */
	return e;
}

enum err store_page_new(struct store *s, const struct store_view *v, const struct store_query *q, struct store_page **out, struct fault *f)
{
	struct making m = { .s = s, .v = v, .q = q, .after = q->has_after ? q->after.us : INT64_MIN, .limit = q->limit < PAGE_MOST ? q->limit : PAGE_MOST };
	if (q->cursor.n && q->cursor.n != 8)
		return fault_set(f, ERR_INVALID, "next", "the position is not one of this hub's: start over without it");
	if (q->cursor.n && cursor_get(q->cursor) > m.after)
		m.after = cursor_get(q->cursor);
	if (!q->limit)
		return fault_set(f, ERR_USAGE, "limit", "a page holds at least one object");
	struct page_key key;
	bool keep = pages_key(s, v, q, &key);
	enum err e = ERR_OK;
	m.b = keep ? pages_find(s, &key) : NULL;
	if (!m.b) {
		e = read_body(&m, f);
		if (e == ERR_OK && keep)
			pages_keep(s, &key, m.b);
	}
	struct store_page *p = e == ERR_OK ? calloc(1, sizeof *p) : NULL;
	if (!p) {
		body_unref(m.b);
		return e ? e : fault_set(f, ERR_NOMEM, "store", "no memory for a page");
	}
	*p = (struct store_page){ .s = s, .view = store_view_ref(v), .body = m.b, .collection = q->collection, .what = q->bytes ? GIVEN_BYTES : GIVEN_NAME };
	p->recipient = atomic_load(&((struct store_view *)v)->number);
	*out = p;
	return ERR_OK;
}

size_t store_page_count(const struct store_page *p)
{
	assert(p->released);
	return p->body->n;
}

const struct store_entry *store_page_entry(const struct store_page *p, size_t i)
{
	assert(p->released && i < p->body->n);
	return &p->body->entries[i];
}

size_t store_page_along(const struct store_page *p, const struct store_along **out)
{
	assert(p->released);
	*out = p->body->along;
	return p->body->n_along;
}

size_t store_page_runs(const struct store_page *p, const struct span **runs)
{
	assert(p->released);
	*runs = p->body->runs;
	return p->body->n_runs;
}

bool store_page_more(const struct store_page *p)
{
	assert(p->released);
	return p->body->more;
}

struct span store_page_cursor(const struct store_page *p)
{
	assert(p->released);
	return (struct span){ (const char *)p->body->cursor, sizeof p->body->cursor };
}

void store_page_free(struct store_page *p)
{
	if (!p)
		return;
	store_view_unref(p->view);
	body_unref(p->body);
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
	struct db_stmt *q = db_prepare(db, "SELECT label, stamp, ordinal, version, also FROM st_entry WHERE also <> 0", f);
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
