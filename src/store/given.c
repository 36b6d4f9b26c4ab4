/* SPDX-License-Identifier: Apache-2.0 */
/* Who was given what: a bit for each (recipient, version), durable before the bytes leave, and a log of each act.
 *
 * 1. A page may be read only when all its versions have their bit in the data base (store_page_release).
 * 2. Bits only grow, so what is kept of them in memory may be late but is never wrong in the dangerous direction.
 */
#include <semaphore.h>
#include <stdlib.h>
#include "store/page_priv.h"

#define SLOTS 8192 /* blocks of bits in memory: 4 MB */
#define BLOCK (GIVEN_CHUNK / 8)

struct block {
	int64_t recipient, chunk;
	enum given_what what;
	unsigned char bits[BLOCK];
};
struct given {
	pthread_mutex_t lock;
	struct block *slots[SLOTS]; /* a newer block takes an older one's place */
};

struct given *given_new(void)
{
	struct given *g = calloc(1, sizeof *g);
	if (g)
		pthread_mutex_init(&g->lock, NULL);
	return g;
}

void given_free(struct given *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(g->slots[i]);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static struct block **slot_of(struct given *g, int64_t recipient, enum given_what what, int64_t chunk)
{
	uint64_t h = (uint64_t)recipient * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)chunk * 2 + what;
	return &g->slots[(h ^ h >> 32) % SLOTS];
}

static struct block *find(struct given *g, int64_t recipient, enum given_what what, int64_t chunk)
{
	struct block *b = *slot_of(g, recipient, what, chunk);
	return b && b->recipient == recipient && b->what == what && b->chunk == chunk ? b : NULL;
}

/* Adds bits to what is known of a block. */
static void learn(struct given *g, int64_t recipient, enum given_what what, int64_t chunk, const unsigned char *bits)
{
	pthread_mutex_lock(&g->lock);
	struct block **at = slot_of(g, recipient, what, chunk), *b = find(g, recipient, what, chunk);
	if (!b) {
		b = *at ? *at : malloc(sizeof *b);
		if (b) {
			memset(b, 0, sizeof *b);
			b->recipient = recipient;
			b->what = what;
			b->chunk = chunk;
			*at = b;
		}
	}
	for (size_t i = 0; b && i < BLOCK; i++)
		b->bits[i] |= bits[i];
	pthread_mutex_unlock(&g->lock);
}

static bool bit(const unsigned char *bits, int64_t version)
{
	int64_t i = version % GIVEN_CHUNK;
	return bits[i / 8] >> (i % 8) & 1;
}

static enum err read_bits(struct db *db, int64_t recipient, enum given_what what, int64_t chunk, unsigned char bits[static BLOCK], bool *there, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT bits FROM st_given WHERE chunk = ? AND recipient = ? AND what = ?", f);
	memset(bits, 0, BLOCK);
	*there = false;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, chunk);
	db_bind_int(q, 2, recipient);
	db_bind_int(q, 3, what);
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		struct span b = db_blob(q, 0);
		memcpy(bits, b.p, b.n < BLOCK ? b.n : BLOCK);
		*there = true;
		db_reset(q);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err given_scan(struct db *db, struct given_scan *g, int64_t version, bool *was, struct fault *f)
{
	enum err e = ERR_OK;
	if (g->chunk != version / GIVEN_CHUNK)
		e = read_bits(db, g->recipient, GIVEN_BYTES, g->chunk = version / GIVEN_CHUNK, g->bits, &g->there, f);
	*was = e == ERR_OK && bit(g->bits, version);
	return e;
}

/* ---- releasing a page ---- */

static bool known(struct given *g, const struct store_page *p)
{
	bool all = p->recipient != 0;
	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; all && i < p->body->n; i++) {
		const struct block *b = find(g, p->recipient, p->what, p->body->versions[i] / GIVEN_CHUNK);
		all = b && bit(b->bits, p->body->versions[i]);
	}
	pthread_mutex_unlock(&g->lock);
	return all;
}

/* Brings the bits of the page's versions into memory. */
static enum err recall(void *ctx, struct db *db, struct fault *f)
{
	const struct store_page *p = ctx;
	enum err e = ERR_OK;
	int64_t chunk = -1;
	for (size_t i = 0; e == ERR_OK && i < p->body->n; i++) {
		unsigned char bits[BLOCK];
		bool there;
		if (p->body->versions[i] / GIVEN_CHUNK == chunk)
			continue;
		chunk = p->body->versions[i] / GIVEN_CHUNK;
		e = read_bits(db, p->recipient, p->what, chunk, bits, &there, f);
		if (e == ERR_OK)
			learn(p->s->given, p->recipient, p->what, chunk, bits);
	}
	return e;
}

static enum err write_bits(struct store_tx *tx, const struct store_page *p, int64_t chunk, const unsigned char *bits, struct fault *f)
{
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_given (chunk, recipient, what, bits) VALUES (?, ?, ?, ?) "
					       "ON CONFLICT (chunk, recipient, what) DO UPDATE SET bits = excluded.bits",
		f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, chunk);
	db_bind_int(q, 2, p->recipient);
	db_bind_int(q, 3, p->what);
	db_bind_blob(q, 4, (struct span){ (const char *)bits, BLOCK });
	return db_run(q, f);
}

/* Runs of versions: a variable-length number for the gap before each run and for its length. */
static void put_number(struct buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		buf_addc(b, (char)(v | 128));
	buf_addc(b, (char)v);
}

static void put_run(struct buf *b, int64_t *last, int64_t from, int64_t to)
{
	put_number(b, (uint64_t)(from - *last));
	put_number(b, (uint64_t)(to - from + 1));
	*last = to;
}

static bool get_number(struct span *s, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; s->n && shift < 63; shift += 7) {
		unsigned char c = (unsigned char)*s->p;
		s->p++;
		s->n--;
		*v |= (uint64_t)(c & 127) << shift;
		if (!(c & 128))
			return true;
	}
	return false;
}

bool given_run(struct span *runs, int64_t *last, int64_t *from, int64_t *to)
{
	uint64_t gap, length;
	if (!get_number(runs, &gap) || !get_number(runs, &length) || !length)
		return false;
	*from = *last + (int64_t)gap;
	*last = *to = *from + (int64_t)length - 1;
	return true;
}

static enum err log_release(struct store_tx *tx, const struct store_page *p, struct span runs, struct fault *f)
{
	int64_t next = 1;
	enum err e = db_number(tx->db, "SELECT max(number) + 1 FROM st_release", 1, &next, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(tx->db, "INSERT INTO st_release (number, recipient, at, what, collection, view, runs) VALUES (?, ?, ?, ?, ?, ?, ?)", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_int(q, 1, next);
	db_bind_int(q, 2, p->recipient);
	db_bind_int(q, 3, tx->now.us);
	db_bind_int(q, 4, p->what);
	db_bind_int(q, 5, p->collection);
	db_bind_blob(q, 6, (struct span){ (const char *)p->view->digest, sizeof p->view->digest });
	db_bind_blob(q, 7, runs);
	return db_run(q, f);
}

static enum err record(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct store_page *p = ctx;
	const struct body *b = p->body;
	struct buf runs BUF_SCOPE;
	buf_init(&runs, 64 * b->n + 64);
	enum err e = name_intern(tx, p->view->recipient, &p->recipient, f);
	int64_t from = 0, to = 0, last = 0;
	for (size_t i = 0; e == ERR_OK && i < b->n;) {
		int64_t chunk = b->versions[i] / GIVEN_CHUNK;
		unsigned char bits[BLOCK];
		bool there, fresh = false;
		e = read_bits(tx->db, p->recipient, p->what, chunk, bits, &there, f);
		for (; e == ERR_OK && i < b->n && b->versions[i] / GIVEN_CHUNK == chunk; i++) {
			int64_t v = b->versions[i];
			if (bit(bits, v))
				continue;
			bits[v % GIVEN_CHUNK / 8] |= (unsigned char)(1 << v % 8);
			fresh = true;
			if (from && v == to + 1) {
				to = v;
				continue;
			}
			if (from)
				put_run(&runs, &last, from, to);
			from = to = v;
		}
		if (e == ERR_OK && fresh)
			e = write_bits(tx, p, chunk, bits, f);
	}
	if (e == ERR_OK && from) {
		put_run(&runs, &last, from, to);
		e = buf_ok(&runs) ? log_release(tx, p, buf_span(&runs), f) : fault_set(f, ERR_NOMEM, "store", "no memory for a release");
	}
	if (e == ERR_OK)
		atomic_store(&((struct store_view *)p->view)->number, p->recipient);
	return e;
}

static void recorded(void *ctx, enum err e, const struct fault *f)
{
	struct store_page *p = ctx;
	if (e == ERR_OK) {
		for (size_t i = 0; i < p->body->n;) {
			unsigned char bits[BLOCK] = { 0 };
			int64_t chunk = p->body->versions[i] / GIVEN_CHUNK;
			for (; i < p->body->n && p->body->versions[i] / GIVEN_CHUNK == chunk; i++)
				bits[p->body->versions[i] % GIVEN_CHUNK / 8] |= (unsigned char)(1 << p->body->versions[i] % 8);
			learn(p->s->given, p->recipient, p->what, chunk, bits);
		}
		p->released = true;
	}
	/* The page may be gone when this returns. */
	p->done(p->ctx, e, f);
}

bool store_page_release(struct store_page *p, void (*done)(void *ctx, enum err e, const struct fault *f), void *ctx)
{
	bool nothing = !p->body->n;
	if (!p->released && !nothing)
		p->released = known(p->s->given, p) || (p->recipient && store_read(p->s, recall, p, NULL) == ERR_OK && known(p->s->given, p));
	if (p->released || nothing)
		return p->released = true;
	p->done = done;
	p->ctx = ctx;
	p->job = (struct store_job){ .run = record, .done = recorded, .ctx = p, .again = true };
	store_submit(p->s, &p->job);
	return false;
}

struct release_wait {
	sem_t over;
	enum err e;
	struct fault *f;
};

static void release_done(void *ctx, enum err e, const struct fault *f)
{
	struct release_wait *w = ctx;
	w->e = e;
	if (e != ERR_OK && w->f)
		*w->f = *f;
	sem_post(&w->over);
}

enum err store_page_release_wait(struct store_page *p, struct fault *f)
{
	struct release_wait w = { .f = f };
	sem_init(&w.over, 0, 0);
	if (!store_page_release(p, release_done, &w))
		while (sem_wait(&w.over) != 0)
			;
	sem_destroy(&w.over);
	return w.e;
}

/* ---- asking ---- */

static enum err versions_of(struct db *db, struct arena *a, const struct line *l, int64_t **out, size_t *n, struct fault *f)
{
	struct version v;
	enum err e = ERR_OK;
	size_t room = 0;
	for (int64_t at = l->head; e == ERR_OK && at; at = v.prev) {
		e = rows_version(db, at, &v, f);
		if (e == ERR_OK && *n == room) {
			int64_t *more = arena_array(a, room = room ? room * 2 : 8, sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for versions");
			if (*n)
				memcpy(more, *out, *n * sizeof *more);
			*out = more;
		}
		if (e == ERR_OK)
			(*out)[(*n)++] = at;
	}
	return e;
}

enum err store_released_to(struct store_tx *tx, struct arena *a, int64_t collection, struct span id, struct span origin, struct span **recipients, size_t *n, struct fault *f)
{
	struct span type;
	struct uuid uuid;
	struct line l;
	int64_t type_n = 0, origin_n = 0, *versions = NULL;
	size_t n_versions = 0, room = 0;
	*n = 0;
	*recipients = NULL;
	enum err e = queue_flush(tx, f);
	if (e == ERR_OK && id_split(id, &type, &uuid) && (e = name_find(tx->db, type, &type_n, f)) == ERR_OK)
		e = name_find(tx->db, origin, &origin_n, f);
	if (e == ERR_OK && type_n && origin_n)
		e = tx_line(tx, &uuid, type_n, collection, origin_n, &l, f);
	if (e != ERR_OK || !type_n || !origin_n)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	e = versions_of(tx->db, a, &l, &versions, &n_versions, f);
	for (size_t i = 0; e == ERR_OK && i < n_versions; i++) {
		struct db_stmt *q = db_prepare(tx->db, "SELECT n.text, g.bits FROM st_given g JOIN st_name n ON n.number = g.recipient WHERE g.chunk = ? ORDER BY g.recipient", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, versions[i] / GIVEN_CHUNK);
		while ((e = db_step(q, f)) == ERR_OK) {
			struct span who = db_text(q, 0), bits = db_blob(q, 1);
			bool there = bits.n != BLOCK || !bit((const unsigned char *)bits.p, versions[i]);
			for (size_t k = 0; k < *n && !there; k++)
				there = span_eq((*recipients)[k], who);
			if (there)
				continue;
			if (*n == room) {
				struct span *more = arena_array(a, room = room ? room * 2 : 16, sizeof *more);
				if (!more)
					return fault_set(f, ERR_NOMEM, "store", "no memory for recipients");
				if (*n)
					memcpy(more, *recipients, *n * sizeof *more);
				*recipients = more;
			}
			(*recipients)[(*n)++] = arena_span(a, who);
		}
		e = e == ERR_NOTFOUND ? ERR_OK : e;
	}
	return e == ERR_OK && !arena_ok(a) ? ERR_NOMEM : e;
}

struct receipts {
	struct arena *a;
	struct span id;
	struct store_receipt *v;
	size_t n, room;
};

static enum err receipt_add(struct receipts *r, struct db *db, int64_t version, struct span who, int64_t at, struct fault *f)
{
	if (r->n == r->room) {
		struct store_receipt *more = arena_array(r->a, r->room = r->room ? r->room * 2 : 16, sizeof *more);
		if (!more)
			return fault_set(f, ERR_NOMEM, "store", "no memory for receipts");
		if (r->n)
			memcpy(more, r->v, r->n * sizeof *more);
		r->v = more;
	}
	struct store_receipt *out = &r->v[r->n++];
	*out = (struct store_receipt){ .recipient = arena_span(r->a, who), .at = { at } };
	struct db_stmt *q = db_prepare(db, "SELECT version FROM st_version WHERE number = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, version);
	enum err e = db_step(q, f);
	if (e == ERR_OK)
		out->version = arena_span(r->a, db_text(q, 0));
	db_reset(q);
	return e;
}

/* The acts that gave one version; the bits say whose acts are worth reading. */
static enum err receipts_of(struct receipts *r, struct db *db, int64_t version, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT n.text, r.at, r.runs FROM st_given g JOIN st_release r ON r.recipient = g.recipient AND r.what = g.what "
					   "JOIN st_name n ON n.number = g.recipient WHERE g.chunk = ? ORDER BY r.number",
		f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, version / GIVEN_CHUNK);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct span runs = db_blob(q, 2);
		int64_t last = 0, from, to;
		while (given_run(&runs, &last, &from, &to))
			if (version >= from && version <= to) {
				e = receipt_add(r, db, version, db_text(q, 0), db_int(q, 1), f);
				if (e != ERR_OK)
					return e;
				break;
			}
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err read_receipts(void *ctx, struct db *db, struct fault *f)
{
	struct receipts *r = ctx;
	struct span type;
	struct uuid uuid;
	struct line *lines;
	size_t n = 0;
	int64_t type_n = 0;
	enum err e = id_split(r->id, &type, &uuid) ? name_find(db, type, &type_n, f) : ERR_OK;
	if (e == ERR_OK && type_n)
		e = rows_lines(NULL, db, r->a, &uuid, type_n, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t *versions = NULL;
		size_t n_versions = 0;
		e = versions_of(db, r->a, &lines[i], &versions, &n_versions, f);
		for (size_t k = 0; e == ERR_OK && k < n_versions; k++)
			e = receipts_of(r, db, versions[k], f);
	}
	return e;
}

enum err store_receipts(struct store *s, struct arena *a, struct span id, struct store_receipt **out, size_t *n, struct fault *f)
{
	struct receipts r = { .a = a, .id = id };
	enum err e = store_read(s, read_receipts, &r, f);
	if (e == ERR_OK && !arena_ok(a))
		e = fault_set(f, ERR_NOMEM, "store", "no memory for receipts");
	if (e == ERR_OK) {
		*out = r.v;
		*n = r.n;
	}
	return e;
}
