/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of the hub's own log: signing, keeping, cosignatures, checking. */
#include <stdio.h>
#include "accord/accord_priv.h"
#include "accord/log.h"

#define KEPT 100 /* newest checkpoints without a cosignature; those with one are kept for good */

void accord_log_name(struct accord *a, char out[static ACCORD_LOG_NAME])
{
	snprintf(out, ACCORD_LOG_NAME, "musubi/%.*s/%.*s", SPAN_ARG(a->hub.id), (int)(a->hub.epoch.n < 16 ? a->hub.epoch.n : 16), a->hub.epoch.p);
}

struct note_key accord_log_key(struct accord *a, const char *name)
{
	struct note_key k = { .kind = NOTE_ED25519 };

	if (!note_key_make(&k, span_of(name), NOTE_ED25519, a->hub.public_key))
		k.name = span_of(name); /* cannot be: the name is made of ids */
	return k;
}

struct publishing {
	struct accord *a;
	struct timestamp now;
	struct buf *out;
};

static enum err newest(struct db *db, uint64_t size, struct buf *out, bool *there, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT note, cosignatures FROM accord_checkpoint WHERE size = ?", f);

	*there = false;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)size);
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		buf_addspan(out, db_text(q, 0));
		buf_addspan(out, db_text(q, 1));
		*there = true;
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err publish(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct publishing *w = ctx;
	struct db *db = store_tx_db(tx);
	char name[ACCORD_LOG_NAME];
	struct ledger_head h;
	bool there;
	BUF_SCOPE struct buf text;
	enum err e = ledger_head_in(db, &h, f);

	buf_init(&text, NOTE_BYTES);
	buf_clear(w->out);
	if (e == ERR_OK)
		e = newest(db, h.size, w->out, &there, f);
	if (e != ERR_OK || there)
		return e;
	accord_log_name(w->a, name);
	const struct note_key key = accord_log_key(w->a, name);
	const struct checkpoint c = { span_of(name), h.size, h.root };
	checkpoint_write(&c, &text);
	buf_addspan(w->out, buf_span(&text));
	buf_addc(w->out, '\n');
	note_sign(buf_span(&text), &w->a->key, &key, 0, w->out);
	if (!buf_ok(w->out) || !buf_ok(&text))
		return ERR_NOMEM;
	struct db_stmt *q = db_prepare(db, "INSERT INTO accord_checkpoint(size, at, note, cosignatures) VALUES(?, ?, ?, '')", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)h.size);
	db_bind_int(q, 2, w->now.us);
	db_bind_text(q, 3, buf_span(w->out));
	e = db_run(q, f);
	if (e != ERR_OK)
		return e;
	q = db_prepare(db, "DELETE FROM accord_checkpoint WHERE cosignatures = '' AND size < (SELECT min(size) FROM (SELECT size FROM accord_checkpoint ORDER BY size DESC LIMIT ?))", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, KEPT);
	return db_run(q, f);
}

static enum err look(void *ctx, struct db *db, struct fault *f)
{
	struct publishing *w = ctx;
	struct ledger_head h;
	bool there;
	enum err e = ledger_head_in(db, &h, f);

	return e == ERR_OK ? newest(db, h.size, w->out, &there, f) : e;
}

enum err accord_log_checkpoint(struct accord *a, struct timestamp now, struct buf *out, struct fault *f)
{
	struct publishing w = { a, now, out };
	enum err e = store_read(a->store, look, &w, f);

	return e != ERR_OK || out->n ? e : store_write(a->store, publish, &w, f);
}

/* ---- cosignatures ---- */

struct cosigning {
	struct accord *a;
	uint64_t size;
	struct span line, witness;
	const uint8_t *key;
};

/* The line holds over the checkpoint's text; *known: it is there already. */
static enum err line_holds(const struct cosigning *w, struct arena *mem, struct span whole, bool *known, struct fault *f)
{
	struct note_key key;
	struct note n;
	char *with = arena_printf(mem, "%.*s%.*s", SPAN_ARG(whole), SPAN_ARG(w->line)), name[ACCORD_LOG_NAME];

	snprintf(name, sizeof(name), "musubi/%.*s", SPAN_ARG(w->witness));
	if (!with || !note_key_make(&key, span_of(name), NOTE_COSIGNATURE, w->key))
		return fault_set(f, ERR_INVALID, "cosignature", "the witness has no name that can stand in a note");
	enum err e = note_read(mem, whole, &n, f);
	*known = e == ERR_OK && note_check(&n, &key, 1, NULL) == ERR_OK;
	if (e == ERR_OK && !*known)
		e = note_read(mem, span_of(with), &n, f);
	return e == ERR_OK && !*known ? note_check(&n, &key, 1, f) : e;
}

static enum err attach(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct cosigning *w = ctx;
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	BUF_SCOPE struct buf whole;
	bool there = false, known = false;

	buf_init(&whole, NOTE_BYTES);
	enum err e = mem ? newest(store_tx_db(tx), w->size, &whole, &there, f) : ERR_NOMEM;
	if (e == ERR_OK && !there)
		e = fault_set(f, ERR_NOTFOUND, "size", "there is no checkpoint of %llu entries any more", (unsigned long long)w->size);
	if (e == ERR_OK)
		e = line_holds(w, mem, buf_span(&whole), &known, f);
	if (e != ERR_OK || known)
		return e;
	struct db_stmt *q = db_prepare(store_tx_db(tx), "UPDATE accord_checkpoint SET cosignatures = cosignatures || ? WHERE size = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->line);
	db_bind_int(q, 2, (int64_t)w->size);
	return db_run(q, f);
}

enum err accord_log_cosigned(struct accord *a, struct span witness_hub, const uint8_t key[static 32], uint64_t size, struct span line, struct fault *f)
{
	struct cosigning w = { a, size, line, witness_hub, key };

	if (line.n == 0 || line.n > 500 || line.p[line.n - 1] != '\n')
		return fault_set(f, ERR_INVALID, "cosignature", "one signature line is expected");
	return store_write(a->store, attach, &w, f);
}

/* ---- checking ---- */

struct checking {
	struct accord *a;
	void (*fn)(void *ctx, bool error, const char *what);
	void *ctx;
	struct note_key key;
	struct arena *mem;
	struct {
		uint64_t size;
		struct merkle_hash root;
	} * v;
	size_t n, room;
	uint64_t errors;
};

static void wrong(struct checking *c, uint64_t size, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "the checkpoint of %llu entries %s", (unsigned long long)size, what);
	c->errors++;
	c->fn(c->ctx, true, text);
}

static enum err collect(void *ctx, struct db *db, struct fault *f)
{
	struct checking *c = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT size, note, cosignatures FROM accord_checkpoint ORDER BY size", f);
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct checkpoint p;
		struct note n;
		struct fault why;
		uint64_t size = (uint64_t)db_int(q, 0);
		char *whole = arena_printf(c->mem, "%.*s%.*s", SPAN_ARG(db_text(q, 1)), SPAN_ARG(db_text(q, 2)));
		if (!whole)
			break;
		if (note_read(c->mem, span_of(whole), &n, &why) != ERR_OK || note_check(&n, &c->key, 1, &why) != ERR_OK || checkpoint_read(n.text, &p, &why) != ERR_OK || p.size != size ||
			!span_eq(p.origin, c->key.name)) {
			/* of an earlier epoch, or altered: only the name can tell */
			if (note_read(c->mem, span_of(whole), &n, &why) != ERR_OK || checkpoint_read(n.text, &p, &why) != ERR_OK || span_eq(p.origin, c->key.name) ||
				!span_starts(p.origin, SPAN("musubi/")))
				wrong(c, size, "was altered: the hub has not signed it");
			continue;
		}
		if (c->n == c->room) {
			void *more = arena_array(c->mem, c->room = c->room ? c->room * 2 : 64, sizeof(*c->v));
			if (!more)
				break;
			if (c->n)
				memcpy(more, c->v, c->n * sizeof(*c->v));
			c->v = more;
		}
		c->v[c->n].size = size;
		c->v[c->n++].root = p.root;
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

enum err accord_log_check(struct accord *a, void (*fn)(void *ctx, bool error, const char *what), void *ctx, uint64_t *errors, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA);
	char name[ACCORD_LOG_NAME], text[100];

	accord_log_name(a, name);
	struct checking c = { .a = a, .fn = fn, .ctx = ctx, .key = accord_log_key(a, name), .mem = mem };
	enum err e = mem ? store_read(a->store, collect, &c, f) : ERR_NOMEM;
	for (size_t i = 0; e == ERR_OK && i < c.n; i++) {
		struct merkle_hash root;
		struct fault why;
		enum err r = ledger_root(a->store, c.v[i].size, &root, &why);
		if (r != ERR_OK)
			wrong(&c, c.v[i].size, "is larger than the log: entries were dropped");
		else if (!merkle_same(&root, &c.v[i].root))
			wrong(&c, c.v[i].size, "does not fit the log: it was altered after it was signed");
	}
	snprintf(text, sizeof(text), "%zu signed checkpoints fit the log", c.n);
	if (e == ERR_OK && !c.errors)
		fn(ctx, false, text);
	*errors += c.errors;
	return e;
}
