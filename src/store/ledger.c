/* SPDX-License-Identifier: Apache-2.0 */
/* The log's rows become entries (walking), and a transaction's rows become leaves (ledger_commit).
 *
 * st_leaf has one row for all leaves of one kind that a transaction added, st_node the whole subtrees of 256, 65,536 … leaves (the edges of C2SP's tiles),
 * st_log the right edge of the tree and how far the other tables are logged.  Rows are added, never changed, but for the one of st_log. */
#include <stdio.h>
#include "sign/note.h"
#include "store/ledger_priv.h"

const char *ledger_kind_name(enum ledger_kind k)
{
	static const char *const names[] = {
#define X(k, name) [LEDGER_##k] = name,
		LEDGER_KIND_LIST(X)
#undef X
	};
	return names[k];
}

/* ---- state ---- */

enum err ledger_state_read(struct db *db, struct ledger_state *out, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT size, edge, versions, releases, events FROM st_log WHERE one = 1", f);
	enum err e = q ? db_step(q, f) : ERR_DB;
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? fault_set(f, ERR_DB, "log", "the log has lost its head: restore a backup") : e;
	*out = (struct ledger_state){ .edge.size = (uint64_t)db_int(q, 0), .last = { db_int(q, 2), db_int(q, 3), db_int(q, 4) } };
	struct span edge = db_blob(q, 1);
	size_t at = 0;
	for (unsigned level = 0; level < MERKLE_LEVELS && out->edge.size >> level; level++) {
		if (!(out->edge.size >> level & 1))
			continue;
		if (at + SIGN_DIGEST > edge.n)
			break;
		memcpy(out->edge.at[level].b, edge.p + at, SIGN_DIGEST);
		at += SIGN_DIGEST;
	}
	bool whole = at == edge.n && at == (size_t)__builtin_popcountll(out->edge.size) * SIGN_DIGEST;
	db_reset(q);
	return whole ? ERR_OK : fault_set(f, ERR_DB, "log", "the edge of the log does not fit its size: it was altered; restore a backup");
}

static enum err state_write(struct db *db, const struct ledger_state *s, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "UPDATE st_log SET size = ?, edge = ?, versions = ?, releases = ?, events = ? WHERE one = 1", f);
	uint8_t edge[64 * SIGN_DIGEST];
	size_t n = 0;
	if (!q)
		return ERR_DB;
	for (unsigned level = 0; level < MERKLE_LEVELS && s->edge.size >> level; level++) {
		if (!(s->edge.size >> level & 1))
			continue;
		memcpy(edge + n, s->edge.at[level].b, SIGN_DIGEST);
		n += SIGN_DIGEST;
	}
	db_bind_int(q, 1, (int64_t)s->edge.size);
	db_bind_blob(q, 2, (struct span){ (const char *)edge, n });
	for (int i = 0; i < 3; i++)
		db_bind_int(q, 3 + i, s->last[i]);
	return db_run(q, f);
}

#define KEY "log.key"
enum err ledger_key(struct db *db, uint8_t key[static 32], bool *there, struct fault *f)
{
	char seed[64] = "musubi log salt";
	ARENA_SCOPE struct arena *a = arena_new(1 << 16);
	if (!a)
		return fault_set(f, ERR_NOMEM, "log", "no memory for the log's key");
	struct span kept = store_meta_get(db, a, KEY), secret = store_meta_get(db, a, "hub.secret");
	*there = kept.n == 32;
	if (*there) {
		memcpy(key, kept.p, 32);
		return ERR_OK;
	}
	memcpy(seed + 32, secret.p ? secret.p : seed, secret.n == 32 ? 32 : 0);
	sign_sha256((struct span){ seed, sizeof seed }, key);
	return ERR_OK;
}

/* ---- walking ---- */

enum err ledger_walk_init(struct ledger_walk *w, struct db *db, struct fault *f)
{
	bool there;
	w->db = db;
	buf_init(&w->act, 1 << 16);
	buf_init(&w->line, 1 << 17);
	w->begun = false;
	w->collection_number = -1;
	return ledger_key(db, w->key, &there, f);
}

void ledger_walk_end(struct ledger_walk *w)
{
	buf_release(&w->act);
	buf_release(&w->line);
}

static void put_time(struct buf *b, int64_t us)
{
	char text[TIMESTAMP_TEXT];
	timestamp_format((struct timestamp){ us }, text);
	buf_addf(b, "at %s\n", text);
}

static enum err put_name(struct ledger_walk *w, const char *what, int64_t number, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT text FROM st_name WHERE number = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	enum err e = db_step(q, f);
	struct span name = e == ERR_OK ? db_text(q, 0) : SPAN("?"); /* a name that is not there is no empty one */
	buf_addf(&w->act, "%s %.*s\n", what, name.n ? (int)name.n : 1, name.n ? name.p : "-");
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err put_collection(struct ledger_walk *w, int64_t number, struct fault *f)
{
	enum err e = ERR_OK;
	if (number != w->collection_number) {
		struct db_stmt *q = db_prepare(w->db, "SELECT id FROM st_collection WHERE number = ?", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, number);
		e = db_step(q, f);
		snprintf(w->id, sizeof w->id, "%.*s", e == ERR_OK ? (int)db_text(q, 0).n : 1, e == ERR_OK ? db_text(q, 0).p : number ? "?"
																     : "-");
		db_reset(q);
		w->collection_number = number;
	}
	buf_addf(&w->act, "collection %s\n", w->id);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err act_ready(struct ledger_walk *w, struct fault *f)
{
	if (!buf_ok(&w->act))
		return fault_set(f, ERR_NOMEM, "log", "no memory for the log");
	sign_sha256(buf_span(&w->act), w->act_digest);
	w->begun = true;
	return ERR_OK;
}

/* An entry that commits to act, object and salt. */
static enum err commit_to(struct ledger_walk *w, enum ledger_kind kind, uint64_t index, const uint8_t *object, int64_t version)
{
	uint8_t bytes[2 * SIGN_DIGEST + LEDGER_SALT], commitment[SIGN_DIGEST], seed[SIGN_DIGEST + 8], salt[SIGN_DIGEST];
	memcpy(seed, w->key, SIGN_DIGEST);
	for (int i = 0; i < 8; i++)
		seed[SIGN_DIGEST + i] = (uint8_t)(index >> 8 * i);
	sign_sha256((struct span){ (const char *)seed, sizeof seed }, salt); /* one length only: nothing can be appended */
	memcpy(bytes, w->act_digest, SIGN_DIGEST);
	memcpy(bytes + SIGN_DIGEST, object, SIGN_DIGEST);
	memcpy(bytes + 2 * SIGN_DIGEST, salt, LEDGER_SALT);
	sign_sha256((struct span){ (const char *)bytes, sizeof bytes }, commitment);
	buf_clear(&w->line);
	buf_adds(&w->line, ledger_kind_name(kind));
	buf_addc(&w->line, ' ');
	sign_base64(commitment, sizeof commitment, &w->line);
	if (!buf_ok(&w->line))
		return ERR_NOMEM;
	const struct ledger_entry e = { .index = index, .kind = kind, .entry = buf_span(&w->line), .act = buf_span(&w->act), .object = bytes + SIGN_DIGEST, .salt = bytes + 2 * SIGN_DIGEST, .version = version };
	return w->fn(w->ctx, &e);
}

static enum err submission_act(struct ledger_walk *w, int64_t origin, int64_t home, int64_t collection, int64_t at, struct fault *f)
{
	buf_clear(&w->act);
	buf_adds(&w->act, "musubi submission 1\n");
	put_time(&w->act, at);
	enum err e = put_name(w, "from", origin, f);
	if (e == ERR_OK)
		e = put_name(w, "home", home, f);
	if (e == ERR_OK)
		e = put_collection(w, collection, f);
	w->same[0] = origin;
	w->same[1] = home;
	w->same[2] = collection;
	return e == ERR_OK ? act_ready(w, f) : e;
}

enum err ledger_walk_versions(struct ledger_walk *w, uint64_t first, int64_t from, int64_t to, int64_t at, uint64_t *count, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT number, digest, origin, home, collection FROM st_version WHERE number >= ? AND number <= ? ORDER BY number", f);
	enum err e;
	*count = 0;
	w->begun = false;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, from);
	db_bind_int(q, 2, to);
	while ((e = db_step(q, f)) == ERR_OK) {
		struct span digest = db_blob(q, 1);
		uint8_t object[SIGN_DIGEST] = { 0 };
		memcpy(object, digest.p, digest.n < sizeof object ? digest.n : sizeof object);
		if (!w->begun || db_int(q, 2) != w->same[0] || db_int(q, 3) != w->same[1] || db_int(q, 4) != w->same[2])
			e = submission_act(w, db_int(q, 2), db_int(q, 3), db_int(q, 4), at, f);
		if (e == ERR_OK)
			e = commit_to(w, LEDGER_SUBMISSION, first + (*count)++, object, db_int(q, 0));
		if (e != ERR_OK) {
			db_reset(q);
			return e;
		}
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err walk_run(struct ledger_walk *w, uint64_t first, int64_t from, int64_t to, uint64_t *count, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT number, digest FROM st_version WHERE number >= ? AND number <= ? ORDER BY number", f);
	enum err e;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, from);
	db_bind_int(q, 2, to);
	while ((e = db_step(q, f)) == ERR_OK) {
		uint8_t object[SIGN_DIGEST] = { 0 };
		memcpy(object, db_blob(q, 1).p, db_blob(q, 1).n < sizeof object ? db_blob(q, 1).n : sizeof object);
		e = commit_to(w, LEDGER_RELEASE, first + (*count)++, object, db_int(q, 0));
		if (e != ERR_OK) {
			db_reset(q);
			return e;
		}
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err ledger_walk_release(struct ledger_walk *w, uint64_t first, int64_t number, uint64_t *count, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT recipient, at, what, collection, view, runs FROM st_release WHERE number = ?", f);
	BUF_SCOPE struct buf runs;
	char policy[2 * SIGN_DIGEST + 1] = "";
	*count = 0;
	w->begun = false;
	buf_init(&runs, 1 << 24);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	enum err e = db_step(q, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e; /* none of it is there: the count tells */
	struct span view = db_blob(q, 4);
	sign_hex((const uint8_t *)view.p, view.n < SIGN_DIGEST ? view.n : SIGN_DIGEST, policy);
	buf_addspan(&runs, db_blob(q, 5));
	int64_t recipient = db_int(q, 0), at = db_int(q, 1), what = db_int(q, 2), collection = db_int(q, 3);
	db_reset(q);
	buf_clear(&w->act);
	buf_adds(&w->act, "musubi release 1\n");
	put_time(&w->act, at);
	e = put_name(w, "to", recipient, f);
	buf_addf(&w->act, "what %s\npolicy %s\n", what == GIVEN_BYTES ? "bytes" : what == GIVEN_NAME ? "name"
												     : "?",
		policy);
	if (e == ERR_OK)
		e = put_collection(w, collection, f);
	if (e == ERR_OK)
		e = buf_ok(&runs) ? act_ready(w, f) : ERR_NOMEM;
	struct span rest = buf_span(&runs);
	int64_t last = 0, from, to;
	while (e == ERR_OK && given_run(&rest, &last, &from, &to))
		e = walk_run(w, first, from, to, count, f);
	return e;
}

enum err ledger_walk_event(struct ledger_walk *w, uint64_t first, int64_t number, uint64_t *count, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT kind, data FROM st_event WHERE number = ?", f);
	*count = 0;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	enum err e = db_step(q, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	int64_t kind = db_int(q, 0) == LEDGER_ACCORD || db_int(q, 0) == LEDGER_CREDENTIAL ? db_int(q, 0) : LEDGER_SUBMISSION;
	buf_clear(&w->line);
	buf_adds(&w->line, kind == LEDGER_ACCORD ? "accord" : kind == LEDGER_CREDENTIAL ? "credential"
											: "?");
	buf_addc(&w->line, ' ');
	buf_addspan(&w->line, db_text(q, 1));
	db_reset(q);
	if (!buf_ok(&w->line))
		return fault_set(f, ERR_NOMEM, "log", "no memory for the log");
	const struct ledger_entry x = { .index = first, .kind = (enum ledger_kind)kind, .entry = buf_span(&w->line) };
	*count = 1;
	return w->fn(w->ctx, &x);
}

/* ---- adding ---- */

struct adding {
	struct store_tx *tx;
	struct ledger_state state;
	struct buf hashes; /* of the row at hand */
	enum err e;
	struct fault *f;
};

static void whole(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *h)
{
	struct adding *a = ctx;
	if (level == 0 || level % 8 || a->e != ERR_OK)
		return;
	struct db_stmt *q = db_prepare(a->tx->db, "INSERT INTO st_node (level, place, hash) VALUES (?, ?, ?)", a->f);
	if (!q) {
		a->e = ERR_DB;
		return;
	}
	db_bind_int(q, 1, level);
	db_bind_int(q, 2, (int64_t)index);
	db_bind_blob(q, 3, (struct span){ (const char *)h->b, sizeof h->b });
	a->e = db_run(q, a->f);
}

static enum err add_leaf(void *ctx, const struct ledger_entry *e)
{
	struct adding *a = ctx;
	struct merkle_hash h = merkle_leaf(e->entry);
	merkle_append(&a->state.edge, &h, whole, a);
	buf_add(&a->hashes, h.b, sizeof h.b);
	return a->e != ERR_OK ? a->e : buf_ok(&a->hashes) ? ERR_OK
							  : fault_set(a->f, ERR_NOMEM, "log", "no memory for the log");
}

static enum err leaf_row(struct adding *a, uint64_t first, uint64_t count, enum ledger_kind kind, int64_t from, int64_t to, int64_t at)
{
	struct db_stmt *q = count ? db_prepare(a->tx->db, "INSERT INTO st_leaf (first, count, kind, row, last, at, hashes) VALUES (?, ?, ?, ?, ?, ?, ?)", a->f) : NULL;
	if (!q)
		return count ? ERR_DB : ERR_OK;
	db_bind_int(q, 1, (int64_t)first);
	db_bind_int(q, 2, (int64_t)count);
	db_bind_int(q, 3, kind);
	db_bind_int(q, 4, from);
	db_bind_int(q, 5, to);
	db_bind_int(q, 6, at);
	db_bind_blob(q, 7, buf_span(&a->hashes));
	enum err e = db_run(q, a->f);
	buf_clear(&a->hashes);
	return e;
}

/* Numbers after `last` in a table whose numbers rise: the newest, or `last`. */
static enum err newest(struct db *db, const char *sql, int64_t last, int64_t *out, struct fault *f)
{
	*out = last;
	enum err e = db_number(db, sql, last, out, f);
	return e;
}

static enum err add_versions(struct adding *a, struct ledger_walk *w, int64_t to)
{
	int64_t at = a->tx->now.us;
	uint64_t first = a->state.edge.size, count;
	enum err e = ledger_walk_versions(w, first, a->state.last[0] + 1, to, at, &count, a->f);
	if (e == ERR_OK)
		e = leaf_row(a, first, count, LEDGER_SUBMISSION, a->state.last[0] + 1, to, at);
	a->state.last[0] = to;
	return e;
}

static enum err add_others(struct adding *a, struct ledger_walk *w, int table, int64_t to)
{
	enum err e = ERR_OK;
	for (int64_t n = a->state.last[table] + 1; e == ERR_OK && n <= to; n++) {
		uint64_t first = a->state.edge.size, count;
		e = table == 1 ? ledger_walk_release(w, first, n, &count, a->f) : ledger_walk_event(w, first, n, &count, a->f);
		if (e == ERR_OK)
			e = leaf_row(a, first, count, table == 1 ? LEDGER_RELEASE : LEDGER_ACCORD, n, n, 0);
	}
	a->state.last[table] = to;
	return e;
}

enum err ledger_commit(struct store_tx *tx, struct fault *f)
{
	struct adding a = { .tx = tx, .f = f };
	struct ledger_walk w = { .fn = add_leaf, .ctx = &a };
	int64_t to[3];
	bool there = false;
	enum err e = ledger_state_read(tx->db, &a.state, f);
	if (e == ERR_OK)
		e = newest(tx->db, "SELECT max(number) FROM st_version", a.state.last[0], &to[0], f);
	if (e == ERR_OK)
		e = newest(tx->db, "SELECT max(number) FROM st_release", a.state.last[1], &to[1], f);
	if (e == ERR_OK)
		e = newest(tx->db, "SELECT max(number) FROM st_event", a.state.last[2], &to[2], f);
	if (e != ERR_OK || memcmp(to, a.state.last, sizeof to) == 0)
		return e;
	buf_init(&a.hashes, 1 << 30);
	e = ledger_walk_init(&w, tx->db, f);
	if (e == ERR_OK)
		e = ledger_key(tx->db, w.key, &there, f);
	if (e == ERR_OK && !there)
		e = store_meta_set(tx, KEY, (struct span){ (const char *)w.key, sizeof w.key }, f);
	if (e == ERR_OK)
		e = add_versions(&a, &w, to[0]);
	for (int i = 1; e == ERR_OK && i < 3; i++)
		e = add_others(&a, &w, i, to[i]);
	ledger_walk_end(&w);
	buf_release(&a.hashes);
	return e == ERR_OK ? state_write(tx->db, &a.state, f) : e;
}

enum err ledger_event(struct store_tx *tx, enum ledger_kind kind, struct span json, struct fault *f)
{
	int64_t next = 1;
	if (json.n > LEDGER_EVENT_MOST || memchr(json.p, '\n', json.n))
		return fault_set(f, ERR_LIMIT, "log", "an event of the log has at most %d bytes and no line breaks", LEDGER_EVENT_MOST);
	enum err e = db_number(tx->db, "SELECT max(number) + 1 FROM st_event", 1, &next, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(tx->db, "INSERT INTO st_event (number, kind, data) VALUES (?, ?, ?)", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_int(q, 1, next);
	db_bind_int(q, 2, kind);
	db_bind_text(q, 3, json);
	return db_run(q, f);
}
