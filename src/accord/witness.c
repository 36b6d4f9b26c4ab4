/* SPDX-License-Identifier: Apache-2.0 */
/* This hub as a witness of its peers' logs: what was seen, cosigning what continues it, and evidence of what does not. */
#include <stdio.h>
#include "accord/accord_priv.h"
#include "accord/log.h"

enum err accord_witness_read(struct span note, const uint8_t key[static 32], struct checkpoint *out, char name[static ACCORD_LOG_NAME], struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	struct note_key k;
	struct checkpoint c;
	struct note n;
	enum err e = mem ? note_read(mem, note, &n, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = checkpoint_read(n.text, &c, f);
	if (e == ERR_OK && (c.origin.n >= ACCORD_LOG_NAME || !note_key_make(&k, c.origin, NOTE_ED25519, key)))
		e = fault_set(f, ERR_INVALID, "checkpoint", "the log's name is too long or holds spaces");
	if (e == ERR_OK)
		e = note_check(&n, &k, 1, f);
	if (e != ERR_OK)
		return e;
	snprintf(name, ACCORD_LOG_NAME, "%.*s", SPAN_ARG(c.origin));
	*out = (struct checkpoint){ span_of(name), c.size, c.root };
	return ERR_OK;
}

struct witnessing {
	struct accord *a;
	const char *name;
	struct span hub, note, had;
	struct timestamp now;
	struct accord_sight seen, new;
	struct arena *mem;
	bool fork;
};

static enum err sight(void *ctx, struct db *db, struct fault *f)
{
	struct witnessing *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT size, root, note FROM accord_witnessed WHERE name = ?", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, span_of(w->name));
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		w->seen.size = (uint64_t)db_int(q, 0);
		memcpy(w->seen.root.b, db_blob(q, 1).p, db_blob(q, 1).n < SIGN_DIGEST ? db_blob(q, 1).n : SIGN_DIGEST);
		if (w->mem)
			w->had = arena_span(w->mem, db_text(q, 2));
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_witness_state(struct accord *a, const char *name, struct accord_sight *out, struct fault *f)
{
	struct witnessing w = { .name = name };
	enum err e = store_read(a->store, sight, &w, f);

	*out = w.seen;
	return e;
}

static enum err keep_fork(struct witnessing *w, struct store_tx *tx, struct fault *f)
{
	struct db_stmt *q = db_prepare(store_tx_db(tx), "INSERT INTO accord_fork(name, hub, at, had, saw) SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM accord_fork WHERE name = ? AND saw = ?)", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, span_of(w->name));
	db_bind_text(q, 2, w->hub);
	db_bind_int(q, 3, w->now.us);
	db_bind_text(q, 4, w->had);
	db_bind_text(q, 5, w->note);
	db_bind_text(q, 6, span_of(w->name));
	db_bind_text(q, 7, w->note);
	return db_run(q, f);
}

static enum err keep(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct witnessing *w = ctx;
	struct accord_sight expected = w->seen;

	w->seen = (struct accord_sight){ 0 };
	enum err e = sight(w, store_tx_db(tx), f);
	if (e == ERR_OK && w->fork)
		return keep_fork(w, tx, f);
	if (e == ERR_OK && (w->seen.size != expected.size || !merkle_same(&w->seen.root, &expected.root)))
		return fault_set(f, ERR_BUSY, "log", "another checkpoint of this log came in between: ask again");
	struct db_stmt *q = e == ERR_OK ? db_prepare(store_tx_db(tx),
						  "INSERT INTO accord_witnessed(name, hub, size, root, note, at) VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET size = excluded.size, "
						  "root = excluded.root, note = excluded.note, at = excluded.at",
						  f)
					: NULL;
	if (!q)
		return e != ERR_OK ? e : ERR_DB;
	db_bind_text(q, 1, span_of(w->name));
	db_bind_text(q, 2, w->hub);
	db_bind_int(q, 3, (int64_t)w->new.size);
	db_bind_blob(q, 4, (struct span){ (const char *)w->new.root.b, SIGN_DIGEST });
	db_bind_text(q, 5, w->note);
	db_bind_int(q, 6, w->now.us);
	return db_run(q, f);
}

static enum err forked(struct witnessing *w, struct fault *f)
{
	w->fork = true;
	enum err e = store_write(w->a->store, keep, w, f);
	return e != ERR_OK ? e : fault_set(f, ERR_CONFLICT, w->name, "the log shows two histories: its checkpoint of %llu entries does not fit the one of %llu that it signed before. Both are kept: musubi log forks", (unsigned long long)w->new.size, (unsigned long long)w->seen.size);
}

enum err accord_witness_take(struct accord *a, struct span hub, const uint8_t key[static 32], struct span note, const struct merkle_proof *proof, struct timestamp now,
	struct buf *line, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	char name[ACCORD_LOG_NAME], mine[ACCORD_LOG_NAME];
	struct witnessing w = { .a = a, .name = name, .hub = hub, .note = note, .now = now, .mem = mem };
	struct checkpoint c;
	struct note_key as;
	enum err e = mem ? accord_witness_read(note, key, &c, name, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = store_read(a->store, sight, &w, f);
	if (e != ERR_OK)
		return e;
	w.new = (struct accord_sight){ c.size, c.root };
	if (w.seen.size && c.size < w.seen.size)
		return fault_set(f, ERR_CONFLICT, name, "the log went back from %llu entries to %llu", (unsigned long long)w.seen.size, (unsigned long long)c.size);
	if (w.seen.size && !merkle_check_consistency(w.seen.size, &w.seen.root, c.size, &c.root, proof->at, proof->n))
		return forked(&w, f);
	e = store_write(a->store, keep, &w, f);
	snprintf(mine, sizeof(mine), "musubi/%.*s", SPAN_ARG(a->hub.id));
	struct note n;
	if (e == ERR_OK)
		e = note_read(mem, note, &n, f);
	if (e == ERR_OK && note_key_make(&as, span_of(mine), NOTE_COSIGNATURE, a->hub.public_key))
		note_sign(n.text, &a->key, &as, (uint64_t)(now.us / 1000000), line);
	return e == ERR_OK ? buf_err(line) : e;
}

enum err accord_witness_compare(struct accord *a, struct span hub, const uint8_t key[static 32], struct span note, struct timestamp now, struct accord_sight *from,
	struct accord_sight *to, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	char name[ACCORD_LOG_NAME];
	struct witnessing w = { .a = a, .name = name, .hub = hub, .note = note, .now = now, .mem = mem };
	struct checkpoint c;
	enum err e = mem ? accord_witness_read(note, key, &c, name, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = store_read(a->store, sight, &w, f);
	if (e != ERR_OK)
		return e;
	w.new = (struct accord_sight){ c.size, c.root };
	*from = *to = w.new;
	if (w.seen.size == 0 || c.size == 0)
		return ERR_OK;
	if (w.seen.size == c.size)
		return merkle_same(&w.seen.root, &c.root) ? ERR_OK : forked(&w, f);
	*from = c.size < w.seen.size ? w.new : w.seen;
	*to = c.size < w.seen.size ? w.seen : w.new;
	return ERR_OK;
}

enum err accord_witness_fork(struct accord *a, struct span hub, struct span note, struct timestamp now, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	char name[ACCORD_LOG_NAME] = "";
	struct witnessing w = { .a = a, .name = name, .hub = hub, .note = note, .now = now, .mem = mem, .fork = true };
	struct checkpoint c;
	struct note n;
	enum err e = mem ? note_read(mem, note, &n, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = checkpoint_read(n.text, &c, f);
	if (e != ERR_OK)
		return e;
	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(c.origin));
	return store_write(a->store, keep, &w, f);
}

/* ---- telling ---- */

static enum err list(void *ctx, struct db *db, struct fault *f)
{
	struct json_out *o = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT name, hub, size, note FROM accord_witnessed ORDER BY name", f);
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		json_open(o, '{');
		json_kspan(o, "log", db_text(q, 0));
		json_kspan(o, "hub", db_text(q, 1));
		json_kint(o, "size", db_int(q, 2));
		json_kspan(o, "note", db_text(q, 3));
		json_close(o, '}');
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_witness_list(struct accord *a, struct buf *json, struct fault *f)
{
	struct json_out o = json_out(json);

	json_open(&o, '{');
	json_key(&o, "checkpoints");
	json_open(&o, '[');
	enum err e = store_read(a->store, list, &o, f);
	json_close(&o, ']');
	json_close(&o, '}');
	return e == ERR_OK ? buf_err(json) : e;
}

struct telling {
	void (*fn)(void *ctx, const struct accord_fork *k);
	void *ctx;
};

static enum err tell(void *ctx, struct db *db, struct fault *f)
{
	const struct telling *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT name, hub, at, had, saw FROM accord_fork ORDER BY at", f);
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		const struct accord_fork k = { .name = db_text(q, 0), .hub = db_text(q, 1), .at = { db_int(q, 2) }, .had = db_text(q, 3), .saw = db_text(q, 4) };
		w->fn(w->ctx, &k);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_forks(struct accord *a, void (*fn)(void *ctx, const struct accord_fork *k), void *ctx, struct fault *f)
{
	struct telling w = { fn, ctx };

	return store_read(a->store, tell, &w, f);
}
