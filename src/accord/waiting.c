/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of peers that came before what they need (agreement, marking, the member they are from): kept unreleased, tried again when something new is known. */
#include <stdio.h>
#include "accord/intake_priv.h"

#define HELD_MOST 100000
#define BATCH 500

static void row_id(const struct accord_intake *in, const struct item *x, char out[static 2 * SIGN_DIGEST + 1])
{
	BUF_SCOPE struct buf b;
	uint8_t digest[SIGN_DIGEST];

	buf_init(&b, BOUND_OBJECT_BYTES + 1024);
	buf_addf(&b, "%lld %.*s %.*s\n", (long long)in->into.number, SPAN_ARG(x->home), SPAN_ARG(x->origin));
	buf_addspan(&b, x->raw);
	sign_sha256(buf_span(&b), digest);
	sign_hex(digest, sizeof(digest), out);
}

static enum err count(struct db *db, const char *sql, int64_t before, uint64_t *n, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, sql, f);

	if (!s)
		return ERR_DB;
	db_bind_int(s, 1, before);
	enum err e = db_step(s, f);
	*n = e == ERR_OK ? (uint64_t)db_int(s, 0) : 0;
	db_reset(s);
	return e;
}

static const char count_sql[] = "SELECT COUNT(*) FROM accord_held WHERE since < ?";

enum err intake_hold(struct db *db, const struct accord_intake *in, struct item *x, struct fault *f)
{
	char id[2 * SIGN_DIGEST + 1];
	uint64_t n;
	struct db_stmt *s;

	x->fate.held = true;
	if (x->held.n)
		return ERR_OK; /* it waits on */
	enum err e = count(db, count_sql, INT64_MAX, &n, f);
	if (e != ERR_OK)
		return e;
	if (n >= HELD_MOST) {
		x->fate.held = false;
		return fault_set(&x->fate.fault, ERR_OK, x->fate.id, "%d objects wait for their agreements already", HELD_MOST);
	}
	s = db_prepare(db, "INSERT INTO accord_held(id, object, raw, home, origin, collection, added, since) VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING", f);
	if (!s)
		return ERR_DB;
	row_id(in, x, id);
	db_bind_text(s, 1, span_of(id));
	db_bind_text(s, 2, x->object.id);
	db_bind_blob(s, 3, x->raw);
	db_bind_text(s, 4, x->home);
	db_bind_text(s, 5, x->origin);
	db_bind_int(s, 6, in->into.number);
	db_bind_int(s, 7, x->added.us);
	db_bind_int(s, 8, in->now.us);
	return db_run(s, f);
}

enum err intake_unhold(struct db *db, const struct item *x, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "DELETE FROM accord_held WHERE id = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, x->held);
	return db_run(s, f);
}

enum err intake_drop_held(struct db *db, struct span object, struct span origin, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "DELETE FROM accord_held WHERE object = ? AND origin = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, object);
	db_bind_text(s, 2, origin);
	return db_run(s, f);
}

struct counting {
	struct timestamp before;
	uint64_t n;
};

static enum err count_all(void *ctx, struct db *db, struct fault *f)
{
	struct counting *w = ctx;

	return count(db, count_sql, w->before.us, &w->n, f);
}

enum err accord_held_count(struct accord *a, struct timestamp before, uint64_t *n, struct fault *f)
{
	struct counting w = { before, 0 };
	enum err e = store_read(a->store, count_all, &w, f);

	if (e == ERR_OK)
		*n = w.n;
	return e;
}

/* ---- trying again ---- */

struct row {
	struct span id, raw, home, origin;
	struct timestamp added;
};
struct batch {
	struct arena *mem;
	struct span after; /* id */
	int64_t collection;
	struct row v[BATCH];
	size_t n;
};

static enum err read_batch(void *ctx, struct db *db, struct fault *f)
{
	struct batch *b = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT id, raw, home, origin, added FROM accord_held WHERE collection = ? AND id > ? ORDER BY id LIMIT 500", f);
	enum err e;

	if (!s)
		return ERR_DB;
	db_bind_int(s, 1, b->collection);
	db_bind_text(s, 2, b->after);
	b->n = 0;
	while (b->n < BATCH && arena_used(b->mem) < BOUND_ENVELOPE_BYTES && (e = db_step(s, f)) == ERR_OK)
		b->v[b->n++] = (struct row){ arena_span(b->mem, db_text(s, 0)), arena_span(b->mem, db_blob(s, 1)), arena_span(b->mem, db_text(s, 2)),
			arena_span(b->mem, db_text(s, 3)), { db_int(s, 4) } };
	e = b->n == BATCH ? ERR_OK : e;
	db_reset(s);
	return !arena_ok(b->mem) ? ERR_NOMEM : e == ERR_NOTFOUND ? ERR_OK
								 : e;
}

static enum err try_batch(struct accord *a, const struct store_collection *into, struct batch *b, struct fault *f)
{
	const struct accord_principal self = { .org = a->hub.id };
	struct accord_intake *in;
	enum err e = accord_intake_new(a, &self, into, a->now(a->ctx), &in, f);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < b->n && e == ERR_OK; i++) {
		accord_intake_from(in, b->v[i].home, b->v[i].origin, b->v[i].added);
		e = accord_intake_add(in, b->v[i].raw, f);
		if (e == ERR_OK)
			in->items[in->n - 1]->held = arena_span(in->arena, b->v[i].id);
	}
	if (e == ERR_OK)
		e = accord_intake_commit_wait(in, f);
	accord_intake_free(in);
	return e;
}

static enum err try_collection(struct accord *a, const struct store_collection *into, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA);
	ARENA_SCOPE struct arena *place = arena_new(1u << 20);
	struct batch *b = place ? ARENA_NEW(place, struct batch) : NULL;
	enum err e = mem && b ? ERR_OK : ERR_NOMEM;
	char after[2 * SIGN_DIGEST + 1] = "";

	for (bool more = true; more && e == ERR_OK;) {
		arena_reset(mem);
		*b = (struct batch){ .mem = mem, .collection = into->number, .after = span_of(after) };
		e = store_read(a->store, read_batch, b, f);
		more = e == ERR_OK && b->n > 0;
		if (!more)
			break;
		snprintf(after, sizeof(after), "%.*s", SPAN_ARG(b->v[b->n - 1].id));
		e = try_batch(a, into, b, f);
	}
	return e;
}

enum err accord_held_retry(struct accord *a, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(16u << 20);
	struct store_collection *v;
	size_t n = 0;
	uint64_t held;
	enum err e = accord_held_count(a, TIMESTAMP_NEVER, &held, f);

	if (e != ERR_OK || held == 0)
		return e;
	e = mem ? store_collections(a->store, mem, &v, &n, f) : ERR_NOMEM;
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		if (!v[i].directory)
			e = try_collection(a, &v[i], f);
	return e;
}
