/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the log: head, tiles, entries, proofs, what is logged of an object; and verifying every byte of it. */
#include <stdarg.h>
#include <stdio.h>
#include "store/ledger_priv.h"

enum err ledger_head_in(struct db *db, struct ledger_head *out, struct fault *f)
{
	struct ledger_state s;
	enum err e = ledger_state_read(db, &s, f);
	if (e == ERR_OK)
		*out = (struct ledger_head){ s.edge.size, merkle_root(&s.edge) };
	return e;
}

static enum err head(void *ctx, struct db *db, struct fault *f)
{
	return ledger_head_in(db, ctx, f);
}

enum err ledger_head(struct store *s, struct ledger_head *out, struct fault *f)
{
	return store_read(s, head, out, f);
}

/* ---- nodes ---- */

/* `n` hashes of level 0, 8, 16 … from `from` on. */
static enum err hashes(struct db *db, unsigned level, uint64_t from, uint64_t n, struct merkle_hash *out, struct fault *f)
{
	struct db_stmt *q = level ? db_prepare(db, "SELECT place, hash FROM st_node WHERE level = ? AND place >= ? ORDER BY place", f)
				  : db_prepare(db, "SELECT first, hashes FROM st_leaf WHERE first + count > ? ORDER BY first", f);
	uint64_t have = 0;
	enum err e = ERR_OK;
	if (!q)
		return ERR_DB;
	if (level)
		db_bind_int(q, 1, level);
	else {
		/* the row that holds `from`: the last that begins there or before */
		db_reset(q);
		q = db_prepare(db, "SELECT first, hashes FROM st_leaf WHERE first >= (SELECT coalesce(max(first), 0) FROM st_leaf WHERE first <= ?) ORDER BY first", f);
		if (!q)
			return ERR_DB;
	}
	db_bind_int(q, level ? 2 : 1, (int64_t)from);
	while (have < n && (e = db_step(q, f)) == ERR_OK) {
		uint64_t first = (uint64_t)db_int(q, 0);
		struct span v = db_blob(q, 1);
		for (uint64_t i = first < from + have ? from + have - first : 0; have < n && (i + 1) * SIGN_DIGEST <= v.n && first + i == from + have; i++)
			memcpy(out[have++].b, v.p + i * SIGN_DIGEST, SIGN_DIGEST);
		if (first > from + have)
			break;
	}
	db_reset(q);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	return have == n ? ERR_OK : fault_set(f, ERR_NOTFOUND, "log", "the log has no such entries");
}

static enum err node(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct fault *f)
{
	struct merkle_hash v[256];
	unsigned up = level % 8;
	uint64_t n = UINT64_C(1) << up;
	enum err e = hashes(ctx, level - up, index << up, n, v, f);
	for (; e == ERR_OK && n > 1; n /= 2)
		for (uint64_t i = 0; i < n / 2; i++)
			v[i] = merkle_node(&v[2 * i], &v[2 * i + 1]);
	if (e == ERR_OK)
		*out = v[0];
	return e;
}

struct asking {
	uint64_t from, to;
	struct merkle_proof *proof;
	struct merkle_hash *root;
	unsigned level, width;
	struct buf *out;
};

static enum err in_size(struct db *db, uint64_t size, struct fault *f)
{
	struct ledger_head h;
	enum err e = ledger_head_in(db, &h, f);
	return e == ERR_OK && size > h.size ? fault_set(f, ERR_NOTFOUND, "size", "the log has %llu entries, not %llu", (unsigned long long)h.size, (unsigned long long)size) : e;
}

static enum err inclusion(void *ctx, struct db *db, struct fault *f)
{
	const struct asking *a = ctx;
	enum err e = in_size(db, a->to, f);
	return e == ERR_OK ? merkle_prove_inclusion(&(struct merkle_source){ node, db }, a->from, a->to, a->proof, f) : e;
}

enum err ledger_inclusion(struct store *s, uint64_t index, uint64_t size, struct merkle_proof *out, struct fault *f)
{
	struct asking a = { .from = index, .to = size, .proof = out };
	return store_read(s, inclusion, &a, f);
}

static enum err consistency(void *ctx, struct db *db, struct fault *f)
{
	const struct asking *a = ctx;
	enum err e = in_size(db, a->to, f);
	return e == ERR_OK ? merkle_prove_consistency(&(struct merkle_source){ node, db }, a->from, a->to, a->proof, f) : e;
}

enum err ledger_consistency(struct store *s, uint64_t from, uint64_t to, struct merkle_proof *out, struct fault *f)
{
	struct asking a = { .from = from, .to = to, .proof = out };
	return store_read(s, consistency, &a, f);
}

static enum err root_of(void *ctx, struct db *db, struct fault *f)
{
	const struct asking *a = ctx;
	enum err e = in_size(db, a->to, f);
	return e == ERR_OK ? merkle_root_of(&(struct merkle_source){ node, db }, a->to, a->root, f) : e;
}

enum err ledger_root(struct store *s, uint64_t size, struct merkle_hash *out, struct fault *f)
{
	struct asking a = { .to = size, .root = out };
	return store_read(s, root_of, &a, f);
}

static enum err tile(void *ctx, struct db *db, struct fault *f)
{
	const struct asking *a = ctx;
	struct merkle_hash v[256];
	enum err e = hashes(db, a->level * 8, a->from * 256, a->width, v, f);
	if (e == ERR_OK)
		buf_add(a->out, v, a->width * sizeof *v);
	return e == ERR_OK ? buf_err(a->out) : e;
}

enum err ledger_tile(struct store *s, unsigned level, uint64_t index, unsigned width, struct buf *out, struct fault *f)
{
	struct asking a = { .level = level, .from = index, .width = width, .out = out };
	if (level > 6 || width < 1 || width > 256 || index >> 48)
		return fault_set(f, ERR_NOTFOUND, "tile", "there is no such tile");
	return store_read(s, tile, &a, f);
}

/* ---- entries ---- */

static enum ledger_kind kind_of(int64_t n)
{
	return n >= LEDGER_SUBMISSION && n <= LEDGER_ACCORD ? (enum ledger_kind)n : LEDGER_CREDENTIAL; /* no row has that */
}

struct entries {
	uint64_t from, to;
	enum err (*fn)(void *ctx, const struct ledger_entry *e);
	void *ctx;
};

static enum err wanted(void *ctx, const struct ledger_entry *e)
{
	const struct entries *x = ctx;
	return e->index < x->from || e->index >= x->to ? ERR_OK : x->fn(x->ctx, e);
}

static enum err walk_row(struct ledger_walk *w, const struct ledger_row *r, uint64_t *count, struct fault *f)
{
	if (r->kind == LEDGER_SUBMISSION)
		return ledger_walk_versions(w, r->first, r->row, r->last, r->at, count, f);
	if (r->kind == LEDGER_RELEASE)
		return ledger_walk_release(w, r->first, r->row, count, f);
	return ledger_walk_event(w, r->first, r->row, count, f);
}

/* The row that holds entry `from`, or the first after it. */
static enum err next_row(struct db *db, uint64_t from, struct ledger_row *r, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT first, count, kind, row, last, at FROM st_leaf WHERE first >= (SELECT coalesce(max(first), 0) FROM st_leaf WHERE first <= ?) ORDER BY first LIMIT 1", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)from);
	enum err e = db_step(q, f);
	if (e == ERR_OK)
		*r = (struct ledger_row){ (uint64_t)db_int(q, 0), (uint64_t)db_int(q, 1), kind_of(db_int(q, 2)), db_int(q, 3), db_int(q, 4), db_int(q, 5) };
	db_reset(q);
	return e;
}

static enum err entries(void *ctx, struct db *db, struct fault *f)
{
	struct entries *x = ctx;
	struct ledger_walk w = { .fn = wanted, .ctx = x };
	struct ledger_row r = { 0 };
	uint64_t at = x->from, count;
	enum err e = ledger_walk_init(&w, db, f);
	while (e == ERR_OK && at < x->to && (e = next_row(db, at, &r, f)) == ERR_OK) {
		if (r.first + r.count <= at)
			break;
		e = walk_row(&w, &r, &count, f);
		at = r.first + r.count;
	}
	ledger_walk_end(&w);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err ledger_entries(struct store *s, uint64_t from, uint64_t n, enum err (*fn)(void *ctx, const struct ledger_entry *e), void *ctx, struct fault *f)
{
	struct entries x = { from, from + n, fn, ctx };
	return store_read(s, entries, &x, f);
}

/* ---- of one object ---- */

struct of_object {
	struct span id;
	int64_t version; /* the one looked for */
	struct span origin;
	enum err (*fn)(void *ctx, const struct ledger_entry *e, struct span origin);
	void *ctx;
	uint64_t size;
};

static enum err its(void *ctx, const struct ledger_entry *e)
{
	const struct of_object *x = ctx;
	return e->version == x->version ? x->fn(x->ctx, e, x->origin) : ERR_OK;
}

static enum err rows_of(struct ledger_walk *w, struct db *db, const struct of_object *x, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT first, count, kind, row, last, at FROM st_leaf WHERE kind = 0 AND row <= ? AND last >= ? ORDER BY first", f);
	struct ledger_row rows[1] = { { 0 } };
	uint64_t count;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, x->version);
	db_bind_int(q, 2, x->version);
	enum err e = db_step(q, f);
	if (e == ERR_OK)
		rows[0] = (struct ledger_row){ (uint64_t)db_int(q, 0), (uint64_t)db_int(q, 1), kind_of(db_int(q, 2)), db_int(q, 3), db_int(q, 4), db_int(q, 5) };
	db_reset(q);
	if (e == ERR_OK)
		e = walk_row(w, &rows[0], &count, f);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Releases that gave this version: the bits say to whom; their acts are read. */
static enum err releases_of(struct ledger_walk *w, struct db *db, const struct of_object *x, struct arena *mem, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT l.first, l.count, r.number, r.runs FROM st_given g JOIN st_release r ON r.recipient = g.recipient AND r.what = g.what "
					   "JOIN st_leaf l ON l.kind = 1 AND l.row = r.number WHERE g.chunk = ? ORDER BY r.number",
		f);
	struct ledger_row *v = NULL;
	size_t n = 0, room = 0;
	uint64_t count;
	enum err e;
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, x->version / GIVEN_CHUNK);
	while ((e = db_step(q, f)) == ERR_OK) {
		struct span runs = db_blob(q, 3);
		int64_t last = 0, from, to;
		bool in = false;
		while (!in && given_run(&runs, &last, &from, &to))
			in = x->version >= from && x->version <= to;
		if (!in)
			continue;
		if (n == room) {
			struct ledger_row *more = arena_array(mem, room = room ? room * 2 : 16, sizeof *more);
			if (!more)
				break;
			if (n)
				memcpy(more, v, n * sizeof *more);
			v = more;
		}
		v[n++] = (struct ledger_row){ .first = (uint64_t)db_int(q, 0), .count = (uint64_t)db_int(q, 1), .kind = LEDGER_RELEASE, .row = db_int(q, 2) };
	}
	db_reset(q);
	e = e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
						     : e;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = walk_row(w, &v[i], &count, f);
	return e;
}

static enum err of_object(void *ctx, struct db *db, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(64 << 20);
	struct of_object *x = ctx;
	struct ledger_walk w = { .fn = its, .ctx = x };
	struct ledger_head h;
	struct span type;
	struct uuid uuid;
	struct line *lines;
	size_t n = 0;
	int64_t type_n = 0;
	enum err e = mem ? ledger_walk_init(&w, db, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = ledger_head_in(db, &h, f);
	if (e == ERR_OK && id_split(x->id, &type, &uuid))
		e = name_find(db, type, &type_n, f);
	if (e == ERR_OK && type_n)
		e = rows_lines(NULL, db, mem, &uuid, type_n, &lines, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct db_stmt *q = db_prepare(db, "SELECT text FROM st_name WHERE number = ?", f);
		struct version v;
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, lines[i].origin);
		e = db_step(q, f);
		x->origin = e == ERR_OK ? arena_span(mem, db_text(q, 0)) : SPAN("");
		db_reset(q);
		for (int64_t at = lines[i].head; e == ERR_OK && at; at = v.prev) {
			e = rows_version(db, x->version = at, &v, f);
			if (e == ERR_OK)
				e = rows_of(&w, db, x, f);
			if (e == ERR_OK)
				e = releases_of(&w, db, x, mem, f);
		}
	}
	if (e == ERR_OK)
		x->size = h.size;
	ledger_walk_end(&w);
	return e;
}

enum err ledger_of_object(struct store *s, struct span id, enum err (*fn)(void *ctx, const struct ledger_entry *e, struct span origin), void *ctx, uint64_t *size, struct fault *f)
{
	struct of_object x = { .id = id, .fn = fn, .ctx = ctx };
	enum err e = store_read(s, of_object, &x, f);
	if (e == ERR_OK)
		*size = x.size;
	return e;
}

/* ---- verifying ---- */

struct checking {
	struct db *db;
	void (*fn)(void *ctx, const char *what);
	void *ctx;
	struct merkle_edge edge;
	struct buf row; /* hashes of the row at hand, as they should be */
	uint64_t nodes;
	struct fault *f;
};

__attribute__((format(printf, 2, 3))) static void say(struct checking *c, const char *fmt, ...)
{
	char text[200];
	va_list v;
	va_start(v, fmt);
	vsnprintf(text, sizeof text, fmt, v);
	va_end(v);
	c->fn(c->ctx, text);
}

static void check_node(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *h)
{
	struct checking *c = ctx;
	if (level == 0 || level % 8)
		return;
	struct db_stmt *q = db_prepare(c->db, "SELECT hash FROM st_node WHERE level = ? AND place = ?", c->f);
	c->nodes++;
	if (!q)
		return;
	db_bind_int(q, 1, level);
	db_bind_int(q, 2, (int64_t)index);
	if (db_step(q, c->f) != ERR_OK || db_blob(q, 0).n != sizeof h->b || memcmp(db_blob(q, 0).p, h->b, sizeof h->b) != 0)
		say(c, "the log's subtree that begins with entry %llu is not what its entries make", (unsigned long long)(index << level));
	db_reset(q);
}

static enum err check_entry(void *ctx, const struct ledger_entry *e)
{
	struct checking *c = ctx;
	struct merkle_hash h = merkle_leaf(e->entry);
	merkle_append(&c->edge, &h, check_node, c);
	buf_add(&c->row, h.b, sizeof h.b);
	return buf_err(&c->row);
}

/* Rows are there one after the other and say what each is about, in rising order; nothing is left out. */
static enum err check_rows(struct checking *c, int64_t last[3], struct fault *f)
{
	struct ledger_walk w = { .fn = check_entry, .ctx = c };
	enum err e = ledger_walk_init(&w, c->db, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(c->db, "SELECT first, count, kind, row, last, at, hashes FROM st_leaf ORDER BY first", f) : NULL;
	BUF_SCOPE struct buf kept;
	buf_init(&kept, 1u << 30);
	while (q && (e = db_step(q, f)) == ERR_OK) {
		const struct ledger_row r = { (uint64_t)db_int(q, 0), (uint64_t)db_int(q, 1), kind_of(db_int(q, 2)), db_int(q, 3), db_int(q, 4), db_int(q, 5) };
		unsigned table = r.kind == LEDGER_SUBMISSION ? 0 : r.kind == LEDGER_RELEASE ? 1
											    : 2;
		uint64_t count = 0;
		buf_clear(&kept);
		buf_addspan(&kept, db_blob(q, 6));
		if (r.first != c->edge.size)
			say(c, "the log has a hole or an overlap at entry %llu", (unsigned long long)(c->edge.size));
		if ((unsigned)r.kind > LEDGER_ACCORD || r.row != last[table] + 1 || r.last < r.row || (table && (r.last != r.row || r.at)))
			say(c, "the log's row at entry %llu is not about what comes next", (unsigned long long)(r.first));
		buf_clear(&c->row);
		e = walk_row(&w, &r, &count, f);
		if (e != ERR_OK)
			break;
		if (count != r.count || !span_eq(buf_span(&c->row), buf_span(&kept)))
			say(c, "the entries from %llu on are not what was logged: something was altered, dropped or put in", (unsigned long long)(r.first));
		last[table] = r.last;
	}
	ledger_walk_end(&w);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err check_end(struct checking *c, const struct ledger_state *s, const int64_t last[3], struct fault *f)
{
	static const char *const sql[] = { "SELECT max(number) FROM st_version", "SELECT max(number) FROM st_release", "SELECT max(number) FROM st_event" };
	struct merkle_hash is = merkle_root(&c->edge), said = merkle_root(&s->edge);
	enum err e = ERR_OK;
	int64_t n = 0;
	if (s->edge.size != c->edge.size || !merkle_same(&is, &said))
		say(c, "the log's head does not fit its %llu entries", (unsigned long long)(c->edge.size));
	for (int i = 0; i < 3 && e == ERR_OK; i++) {
		e = db_number(c->db, sql[i], 0, &n, f);
		if (e == ERR_OK && (n > last[i] || last[i] != s->last[i]))
			say(c, "rows are missing in the log, or it says to hold more than there are (%llu)", (unsigned long long)((uint64_t)n));
	}
	if (e == ERR_OK)
		e = db_number(c->db, "SELECT count(*) FROM st_node", 0, &n, f);
	if (e == ERR_OK && (uint64_t)n != c->nodes)
		say(c, "the log has %llu subtrees more or less than its entries make", (unsigned long long)(c->nodes > (uint64_t)n ? c->nodes - (uint64_t)n : (uint64_t)n - c->nodes));
	return e;
}

enum err ledger_check(struct db *db, void (*fn)(void *ctx, const char *what), void *ctx, uint64_t *size, struct fault *f)
{
	struct checking c = { .db = db, .fn = fn, .ctx = ctx, .f = f };
	struct ledger_state s;
	int64_t last[3] = { 0 };
	buf_init(&c.row, 1u << 30);
	enum err e = ledger_state_read(db, &s, f);
	if (e == ERR_OK)
		e = check_rows(&c, last, f);
	if (e == ERR_OK)
		e = check_end(&c, &s, last, f);
	buf_release(&c.row);
	*size = c.edge.size;
	return e;
}
