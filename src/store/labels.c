/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and names: rows that are never changed, kept in memory, found by key.
 *
 * 1. Numbers are 1, 2, 3 … without gaps.  The writer thread alone appends and searches by key; a job that fails is cut off (labels_cut).
 * 2. Readers look up by number what is committed: cells never move, so no lock is needed.
 * 3. A compound label's members have smaller numbers than itself, or the same formula would need itself: one pass in order evaluates all.
 */
#include <assert.h>
#include <stdlib.h>
#include "store/store_priv.h"

void *shelf_at(const struct shelf *s, int64_t number)
{
	size_t i = (size_t)number - 1;
	if (number < 1 || i >= (size_t)SHELF_CELLS * SHELF_ROWS || !s->rows[i / SHELF_CELLS])
		return NULL;
	return s->rows[i / SHELF_CELLS][i % SHELF_CELLS];
}

static uint64_t hash(int64_t salt, struct span key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)salt * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

/* Names are labels' little brothers: collection 0, any kind. */
static int64_t salt_of(const struct shelf *s, const struct store *st, const void *cell)
{
	return s == &st->labels ? ((const struct label *)cell)->collection : 0;
}

static struct span key_of(const struct shelf *s, const struct store *st, const void *cell)
{
	return s == &st->labels ? ((const struct label *)cell)->key : ((const struct name *)cell)->text;
}

static void slot_put(struct store *st, struct shelf *s, size_t number)
{
	const void *cell = shelf_at(s, (int64_t)number);
	size_t at = hash(salt_of(s, st, cell), key_of(s, st, cell)) % s->n_slots;
	while (s->slots[at])
		at = (at + 1) % s->n_slots;
	s->slots[at] = (uint32_t)number;
}

static bool rehash(struct store *st, struct shelf *s, size_t n_slots)
{
	uint32_t *fresh = calloc(n_slots, sizeof *fresh);
	if (!fresh)
		return false;
	free(s->slots);
	s->slots = fresh;
	s->n_slots = n_slots;
	for (size_t i = 1; i <= s->n; i++)
		slot_put(st, s, i);
	return true;
}

static int64_t slot_find(const struct store *st, const struct shelf *s, int64_t salt, struct span key)
{
	for (size_t at = s->n_slots ? hash(salt, key) % s->n_slots : 0; s->n_slots && s->slots[at]; at = (at + 1) % s->n_slots) {
		const void *cell = shelf_at(s, s->slots[at]);
		if (salt_of(s, st, cell) == salt && span_eq(key_of(s, st, cell), key))
			return s->slots[at];
	}
	return 0;
}

/* Takes ownership of cell (malloc). */
static bool shelf_add(struct store *st, struct shelf *s, void *cell)
{
	size_t i = s->n;
	if (i >= (size_t)SHELF_CELLS * SHELF_ROWS)
		return false;
	void **row = s->rows[i / SHELF_CELLS];
	if (!row)
		row = s->rows[i / SHELF_CELLS] = calloc(SHELF_CELLS, sizeof *row);
	if (!row || ((s->n + 1) * 2 > s->n_slots && !rehash(st, s, s->n_slots ? s->n_slots * 2 : 1024)))
		return false;
	row[i % SHELF_CELLS] = cell;
	s->n++;
	slot_put(st, s, s->n);
	return true;
}

static void shelf_cut(struct store *st, struct shelf *s, size_t n)
{
	if (s->n == n)
		return;
	assert(n < s->n && n >= s->committed);
	for (size_t i = n; i < s->n; i++) {
		free(s->rows[i / SHELF_CELLS][i % SHELF_CELLS]);
		s->rows[i / SHELF_CELLS][i % SHELF_CELLS] = NULL;
	}
	s->n = n;
	memset(s->slots, 0, s->n_slots * sizeof *s->slots);
	for (size_t i = 1; i <= s->n; i++)
		slot_put(st, s, i);
}

void labels_cut(struct store *s, size_t labels, size_t names)
{
	shelf_cut(s, &s->labels, labels);
	shelf_cut(s, &s->names, names);
}

void labels_free(struct store *s)
{
	struct shelf *both[] = { &s->labels, &s->names };
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < both[k]->n; i++)
			free(both[k]->rows[i / SHELF_CELLS][i % SHELF_CELLS]);
		for (size_t r = 0; r < SHELF_ROWS; r++)
			free(both[k]->rows[r]);
		free(both[k]->slots);
	}
}

/* ---- labels ---- */

static size_t read_numbers(struct json v, int64_t *to)
{
	size_t n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);)
		to[n++] = json_int(it.value);
	return n;
}

/* A key of a compound label: {"all":[[1,2],[]],"none":[3],"own":1,"seen":[4]} */
static enum err compound_read(struct label *l, struct fault *f)
{
	struct arena *a ARENA_SCOPE = arena_new(64 * l->key.n + 65536);
	struct json v;
	if (!a)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	enum err e = json_read(a, l->key, &v, f);
	if (e != ERR_OK)
		return fault_set(f, ERR_DB, "store", "label %lld is damaged: run `musubi check`", (long long)l->number);
	int64_t *to = (int64_t *)(l + 1);
	l->own = json_has(json_get(v, "own")) ? json_int(json_get(v, "own")) : 0;
	l->all = to;
	for (struct json_iter it = json_iter(json_get(v, "all")); json_next(&it); l->n_all++) {
		*to = (int64_t)read_numbers(it.value, to + 1);
		to += *to + 1;
	}
	l->none = to;
	l->n_none = (uint32_t)read_numbers(json_get(v, "none"), to);
	l->seen = to += l->n_none;
	l->n_seen = (uint32_t)read_numbers(json_get(v, "seen"), to);
	return ERR_OK;
}

static enum err label_add(struct store *s, const struct label *like, struct fault *f)
{
	/* A number takes at least two characters of the key, a list's count is one more number. */
	size_t cells = like->kind == LABEL_COMPOUND ? like->key.n + 8 : 0;
	struct label *l = calloc(1, sizeof *l + cells * sizeof(int64_t) + like->key.n + 1);
	if (!l)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	*l = *like;
	char *key = (char *)(l + 1) + cells * sizeof(int64_t);
	if (like->key.n)
		memcpy(key, like->key.p, like->key.n);
	l->key.p = key;
	l->number = (int64_t)s->labels.n + 1;
	enum err e = l->kind == LABEL_COMPOUND ? compound_read(l, f) : ERR_OK;
	l->same = l->number;
	if (l->collection > s->most_collection)
		s->most_collection = l->collection;
	for (int64_t c = 1; e == ERR_OK && l->kind != LABEL_NONE && c <= s->most_collection; c++) {
		int64_t there = slot_find(s, &s->labels, c, l->key);
		if (there && there < l->same && label_at(s, there)->kind == l->kind)
			l->same = there;
	}
	if (e == ERR_OK && !shelf_add(s, &s->labels, l))
		e = fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	if (e != ERR_OK)
		free(l);
	return e;
}

static enum err name_add(struct store *s, struct span text, struct fault *f)
{
	struct name *n = malloc(sizeof *n + text.n + 1);
	if (!n)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a name");
	char *p = (char *)(n + 1);
	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = 0;
	n->text = (struct span){ p, text.n };
	if (shelf_add(s, &s->names, n))
		return ERR_OK;
	free(n);
	return fault_set(f, ERR_NOMEM, "store", "no memory for a name");
}

/* The newest entry of each label, as readers may rely on it. */
static enum err load_newest(struct store *s, struct db *db, struct fault *f)
{
	enum err e = ERR_OK;
	for (size_t i = 1; e == ERR_OK && i <= s->labels.n; i++) {
		struct label *l = shelf_at(&s->labels, (int64_t)i);
		struct db_stmt *q = db_prepare(db, "SELECT stamp FROM st_entry WHERE label = ? ORDER BY stamp DESC LIMIT 1", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, (int64_t)i);
		e = db_step(q, f);
		if (e == ERR_OK)
			atomic_store(&l->newest, db_int(q, 0));
		db_reset(q);
		e = e == ERR_NOTFOUND ? ERR_OK : e;
	}
	return e;
}

static enum err load_new(struct store *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT collection, kind, born, key FROM st_label WHERE number > ? ORDER BY number", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)s->labels.n);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct label l = { .collection = db_int(q, 0), .kind = (enum label_kind)db_int(q, 1), .born = db_int(q, 2), .key = db_text(q, 3) };
		e = label_add(s, &l, f);
		if (e != ERR_OK)
			return e;
	}
	q = e == ERR_NOTFOUND ? db_prepare(db, "SELECT text FROM st_name WHERE number > ? ORDER BY number", f) : NULL;
	if (!q)
		return e == ERR_NOTFOUND ? ERR_DB : e;
	db_bind_int(q, 1, (int64_t)s->names.n);
	while ((e = db_step(q, f)) == ERR_OK) {
		e = name_add(s, db_text(q, 0), f);
		if (e != ERR_OK)
			return e;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* Reads what is new: at the start, when another process wrote (outside), and after a rollback. */
enum err labels_load(struct store *s, struct db *db, bool outside, struct fault *f)
{
	enum err e = load_new(s, db, f);
	return e == ERR_OK && outside ? load_newest(s, db, f) : e;
}

static enum err label_new(struct store_tx *tx, int64_t collection, enum label_kind kind, struct span key, int64_t *number, struct fault *f)
{
	struct store *s = tx->s;
	/* Its first entry may have taken its stamp already: what is newer than the last commit is early enough. */
	struct label l = { .collection = collection, .kind = kind, .key = key, .born = tx->began_us + 1 };
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_label (number, collection, kind, born, key) VALUES (?, ?, ?, ?, ?)", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)s->labels.n + 1);
	db_bind_int(q, 2, collection);
	db_bind_int(q, 3, kind);
	db_bind_int(q, 4, l.born);
	db_bind_text(q, 5, key);
	enum err e = db_run(q, f);
	if (e == ERR_OK)
		e = label_add(s, &l, f);
	if (e == ERR_OK)
		*number = (int64_t)s->labels.n;
	return e;
}

enum err label_intern(struct store_tx *tx, int64_t collection, struct span key, int64_t *number, struct fault *f)
{
	*number = slot_find(tx->s, &tx->s->labels, collection, key);
	return *number ? ERR_OK : label_new(tx, collection, LABEL_BASE, key, number, f);
}

int64_t label_base(const struct store *s, int64_t number)
{
	const struct label *l = label_at(s, number);
	return l && l->kind == LABEL_COMPOUND ? l->own : number;
}

/* ---- formulas ---- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* First labels of their kind, sorted, each once; returns how many are left. */
static size_t tidy(const struct store *s, int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = v[i] > 0 ? label_at(s, v[i])->same : v[i];
	if (n)
		qsort(v, n, sizeof *v, by_number);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

static bool holds(const int64_t *v, size_t n, int64_t x)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == x)
			return true;
	return false;
}

struct list {
	const int64_t *cells; /* count, members … */
};

static int by_list(const void *a, const void *b)
{
	const int64_t *x = ((const struct list *)a)->cells, *y = ((const struct list *)b)->cells;
	for (int64_t i = 0; i <= x[0] && i <= y[0]; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void put_numbers(struct buf *b, const int64_t *v, size_t n)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%lld", i ? "," : "", (long long)v[i]);
	buf_addc(b, ']');
}

enum err formula_tidy(struct store_tx *tx, struct formula *fm, struct fault *f)
{
	const struct store *s = tx->s;
	size_t cells = 0, kept = 0;
	struct list *v = arena_array(tx->arena, fm->n_all + 1, sizeof *v);
	if (!v)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	fm->own = fm->own ? label_at(s, fm->own)->same : 0;
	for (size_t i = 0; i < fm->n_all; i++) {
		int64_t *p = fm->all + cells, room = *p;
		cells += (size_t)room + 1;
		*p = (int64_t)tidy(s, p + 1, (size_t)room);
		/* What its own label implies need not be asked. */
		if (!fm->own || !holds(p + 1, (size_t)*p, fm->own))
			v[kept++].cells = p;
	}
	if (kept)
		qsort(v, kept, sizeof *v, by_list);
	int64_t *all = arena_array(tx->arena, cells + 1, sizeof *all);
	if (!all)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	size_t n = 0, at = 0;
	for (size_t i = 0; i < kept; i++) {
		if (i && by_list(&v[i - 1], &v[i]) == 0)
			continue;
		memcpy(all + at, v[i].cells, (size_t)(*v[i].cells + 1) * sizeof *all);
		at += (size_t)*v[i].cells + 1;
		n++;
	}
	fm->all = all;
	fm->n_all = n;
	fm->n_all_cells = at;
	fm->n_none = tidy(s, fm->none, fm->n_none);
	fm->n_seen = tidy(s, fm->seen, fm->n_seen);
	return ERR_OK;
}

enum err formula_read(struct store_tx *tx, int64_t label, struct formula *fm, struct fault *f)
{
	const struct label *l = label_at(tx->s, label);
	size_t all = l->kind == LABEL_COMPOUND ? (size_t)(l->none - l->all) : 0, none = l->n_none;
	int64_t *cells = arena_array(tx->arena, all + none + 1, sizeof *cells);
	if (!cells)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	if (all)
		memcpy(cells, l->all, all * sizeof *cells);
	if (none)
		memcpy(cells + all, l->none, none * sizeof *cells);
	*fm = (struct formula){ .own = l->kind == LABEL_COMPOUND ? l->own : label, .all = cells, .n_all = l->n_all, .none = cells + all, .n_none = none };
	return ERR_OK;
}

bool formula_is(const struct store *s, const struct formula *fm, int64_t label)
{
	const struct label *l = label_at(s, label);
	if (l->kind == LABEL_BASE)
		return !fm->n_all && !fm->n_none && l->same == fm->own;
	return l->kind == LABEL_COMPOUND && l->own == fm->own && l->n_all == fm->n_all && l->n_none == fm->n_none && (size_t)(l->none - l->all) == fm->n_all_cells &&
	       (!fm->n_all_cells || memcmp(l->all, fm->all, fm->n_all_cells * sizeof *fm->all) == 0) &&
	       (!fm->n_none || memcmp(l->none, fm->none, fm->n_none * sizeof *fm->none) == 0);
}

enum err label_formula(struct store_tx *tx, int64_t collection, struct formula *fm, int64_t *number, struct fault *f)
{
	struct store *s = tx->s;
	int64_t own = fm->own;
	enum err e = formula_tidy(tx, fm, f);
	if (e != ERR_OK)
		return e;
	if (own && !fm->n_all && !fm->n_none && !fm->n_seen) {
		*number = own;
		return ERR_OK;
	}
	struct buf b BUF_SCOPE;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "{\"all\":[");
	const int64_t *p = fm->all;
	for (size_t i = 0; i < fm->n_all; i++, p += *p + 1) {
		buf_adds(&b, i ? "," : "");
		put_numbers(&b, p + 1, (size_t)*p);
	}
	buf_adds(&b, "],\"none\":");
	put_numbers(&b, fm->none, fm->n_none);
	buf_addf(&b, ",\"own\":%lld,\"seen\":", (long long)fm->own);
	put_numbers(&b, fm->seen, fm->n_seen);
	buf_addc(&b, '}');
	if (!buf_ok(&b))
		return fault_set(f, ERR_LIMIT, "store", "an object refers to too many others with different labels");
	*number = slot_find(s, &s->labels, collection, buf_span(&b));
	return *number ? ERR_OK : label_new(tx, collection, LABEL_COMPOUND, buf_span(&b), number, f);
}

enum err label_both(struct store_tx *tx, int64_t collection, int64_t label, int64_t also, int64_t *number, struct fault *f)
{
	*number = label;
	if (!also || label == also)
		return ERR_OK;
	int64_t *cells = arena_array(tx->arena, 4, sizeof *cells);
	if (!cells)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a label");
	cells[0] = cells[2] = 1;
	cells[1] = label;
	cells[3] = also;
	return label_formula(tx, collection, &(struct formula){ .all = cells, .n_all = 2 }, number, f);
}

/* ---- names ---- */

enum err name_intern(struct store_tx *tx, struct span text, int64_t *number, struct fault *f)
{
	struct store *s = tx->s;
	*number = slot_find(s, &s->names, 0, text);
	if (*number)
		return ERR_OK;
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_name (number, text) VALUES (?, ?)", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, (int64_t)s->names.n + 1);
	db_bind_text(q, 2, text);
	enum err e = db_run(q, f);
	if (e == ERR_OK)
		e = name_add(s, text, f);
	if (e == ERR_OK)
		*number = (int64_t)s->names.n;
	return e;
}

struct span name_text(struct store *s, struct db *db, int64_t number, char *room, size_t n)
{
	if (number >= 1 && (size_t)number <= s->names.committed)
		return ((const struct name *)shelf_at(&s->names, number))->text;
	struct db_stmt *q = db_prepare(db, "SELECT text FROM st_name WHERE number = ?", NULL);
	struct span out = { "", 0 };
	if (!q)
		return out;
	db_bind_int(q, 1, number);
	if (db_step(q, NULL) == ERR_OK) {
		struct span t = db_text(q, 0);
		out = (struct span){ room, t.n < n ? t.n : n };
		memcpy(room, t.p, out.n);
		db_reset(q);
	}
	return out;
}

enum err name_find(struct db *db, struct span text, int64_t *number, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT number FROM st_name WHERE text = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, text);
	*number = 0;
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		*number = db_int(q, 0);
		db_reset(q);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}
