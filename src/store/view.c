/* SPDX-License-Identifier: Apache-2.0 */
/* Views: which labels a recipient may see, and at which stamps what was opened late appears.
 *
 * 1. A view holds bits for labels 1 … n.  Base labels are decided, compound ones follow from smaller numbers in one pass.
 * 2. What the view does not know yet (newer labels, newer facts) it may not pass: view_horizon gives the stamp where its pages end.
 */
#include <assert.h>
#include <stdlib.h>
#include "store/store_priv.h"

static void set(uint64_t *bits, int64_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool get(const uint64_t *bits, int64_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static bool compound_visible(const struct store_view *v, const struct label *l)
{
	if (l->own && !get(v->visible, l->own))
		return false;
	for (uint32_t i = 0; i < l->n_none; i++)
		if (get(v->visible, l->none[i]))
			return false;
	for (uint32_t i = 0; i < l->n_seen; i++)
		if (get(v->visible, l->seen[i]))
			return false;
	if (l->own && get(v->own, l->own))
		return true;
	const int64_t *p = l->all;
	for (uint32_t i = 0; i < l->n_all; i++) {
		bool any = false;
		for (int64_t k = 1; k <= *p; k++)
			any = any || (p[k] > 0 ? get(v->visible, p[k]) : get(v->own, -p[k]));
		if (!any)
			return false;
		p += *p + 1;
	}
	return true;
}

static void decide(struct store_view *v, const struct store_decider *d, int64_t number)
{
	const struct label *l = label_at(v->s, number);
	if (l->kind == LABEL_NONE)
		return;
	if (l->kind == LABEL_COMPOUND) {
		if (compound_visible(v, l))
			set(v->visible, number);
		if (l->own && get(v->own, l->own))
			set(v->own, number);
		return;
	}
	if (l->same != number) {
		if (get(v->visible, l->same))
			set(v->visible, number);
		if (get(v->own, l->same))
			set(v->own, number);
		return;
	}
	enum store_decision a = d->decide(d->ctx, l->key);
	if (a == STORE_RELEASE || a == STORE_RELEASE_ORIGIN)
		set(v->visible, number);
	if (a == STORE_RELEASE_ORIGIN)
		set(v->own, number);
}

static enum err load_grants(struct store_view *v, struct db *db, struct fault *f)
{
	int64_t recipient;
	enum err e = name_find(db, v->recipient, &recipient, f);
	if (e != ERR_OK || !recipient)
		return e;
	atomic_store(&v->number, recipient);
	struct db_stmt *q = db_prepare(db, "SELECT label, lo, hi, base, lo_stamp, hi_stamp FROM st_grant WHERE recipient = ? ORDER BY label, lo", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, recipient);
	size_t room = 0;
	while ((e = db_step(q, f)) == ERR_OK) {
		if (v->n_grants == room) {
			struct grant *more = realloc(v->grants, (room = room ? room * 2 : 16) * sizeof *more);
			if (!more)
				return fault_set(f, ERR_NOMEM, "store", "no memory for a view");
			v->grants = more;
		}
		v->grants[v->n_grants++] = (struct grant){ db_int(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3), db_int(q, 4), db_int(q, 5) };
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static bool digest(struct store_view *v)
{
	size_t bits = (v->n / 64 + 1) * sizeof *v->visible, grants = v->n_grants * sizeof *v->grants;
	char *all = malloc(bits + grants + 1);
	if (!all)
		return false;
	memcpy(all, v->visible, bits);
	if (grants)
		memcpy(all + bits, v->grants, grants);
	sign_sha256((struct span){ all, bits + grants }, v->digest);
	free(all);
	return true;
}

int64_t store_facts(struct db *db)
{
	int64_t facts = 0;
	return db_number(db, "SELECT facts FROM st_clock WHERE one = 1", 0, &facts, NULL) == ERR_OK ? facts : 0;
}

int64_t store_tx_facts(struct store_tx *tx)
{
	return tx->s->facts;
}

struct build {
	struct store *s;
	struct span recipient;
	const struct store_decider *d;
	const struct store_view *since;
	size_t n;
	struct store_view *v;
};

static enum err build(void *ctx, struct db *db, struct fault *f)
{
	struct build *b = ctx;
	struct store_view *v = calloc(1, sizeof *v + b->recipient.n + 1);
	if (!v)
		return fault_set(f, ERR_NOMEM, "store", "no memory for a view");
	char *recipient = (char *)(v + 1);
	if (b->recipient.n)
		memcpy(recipient, b->recipient.p, b->recipient.n);
	v->refs = 1;
	v->s = b->s;
	v->recipient = (struct span){ recipient, b->recipient.n };
	v->generation = atomic_load(&b->s->generation);
	v->n = b->n ? b->n : atomic_load(&b->s->labels.committed);
	v->visible = calloc(v->n / 64 + 1, sizeof *v->visible);
	v->own = calloc(v->n / 64 + 1, sizeof *v->own);
	enum err e = v->visible && v->own ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a view");
	/* Facts first: what the grants say beyond them only makes the horizon nearer. */
	int64_t facts = store_facts(db);
	v->facts = b->d->facts ? b->d->facts : b->since ? b->since->facts
							: facts;
	if (e == ERR_OK)
		e = load_grants(v, db, f);
	if (e == ERR_OK) {
		size_t had = b->since && b->since->s == b->s && b->since->n <= v->n ? b->since->n : 0;
		if (had) {
			memcpy(v->visible, b->since->visible, (had / 64 + 1) * sizeof *v->visible);
			memcpy(v->own, b->since->own, (had / 64 + 1) * sizeof *v->own);
		}
		for (size_t i = had + 1; i <= v->n; i++)
			decide(v, b->d, (int64_t)i);
		e = digest(v) ? ERR_OK : fault_set(f, ERR_NOMEM, "store", "no memory for a view");
	}
	b->v = v;
	return e;
}

static enum err built(enum err e, struct build *b, const struct store_view **out)
{
	if (e == ERR_OK)
		*out = b->v;
	else
		store_view_unref(b->v);
	return e;
}

enum err store_view_new(struct store *s, struct span recipient, const struct store_decider *d, const struct store_view *since, const struct store_view **out, struct fault *f)
{
	struct build b = { .s = s, .recipient = recipient, .d = d, .since = since };
	enum err e = store_read(s, build, &b, f);
	return built(e, &b, out);
}

enum err store_view_new_tx(struct store_tx *tx, struct span recipient, const struct store_decider *d, const struct store_view **out, struct fault *f)
{
	enum err e = queue_flush(tx, f);
	if (e != ERR_OK)
		return e;
	struct build b = { .s = tx->s, .recipient = recipient, .d = d, .n = tx->s->labels.n };
	e = build(&b, tx->db, f);
	return built(e, &b, out);
}

const struct store_view *store_view_ref(const struct store_view *v)
{
	atomic_fetch_add(&((struct store_view *)v)->refs, 1);
	return v;
}

void store_view_unref(const struct store_view *view)
{
	struct store_view *v = (struct store_view *)view;
	if (!v || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	free(v->visible);
	free(v->own);
	free(v->grants);
	free(v);
}

bool store_view_current(const struct store_view *v)
{
	return atomic_load(&v->s->generation) == v->generation;
}

/* ---- what a view makes of entries ---- */

const struct grant *view_grants(const struct store_view *v, int64_t label, size_t *n)
{
	size_t lo = 0, hi = v->n_grants;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (v->grants[mid].label < label)
			lo = mid + 1;
		else
			hi = mid;
	}
	size_t end = lo;
	while (end < v->n_grants && v->grants[end].label == label)
		end++;
	*n = end - lo;
	return v->grants + lo;
}

int64_t view_stamp(const struct store_view *v, const struct entry *e)
{
	size_t n, lo = 0;
	const struct grant *g = view_grants(v, e->label, &n);
	size_t hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (g[mid].hi < e->ordinal)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || g[lo].lo > e->ordinal)
		return e->stamp;
	return g[lo].base ? g[lo].base + (e->ordinal - g[lo].lo) : 0;
}

static enum err nearer(struct db *db, const char *sql, int64_t after, int64_t *horizon, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, sql, f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, after);
	enum err e = db_step(q, f);
	if (e == ERR_OK && db_int(q, 0) < *horizon)
		*horizon = db_int(q, 0);
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err view_horizon(struct db *db, const struct store_view *v, int64_t *horizon, struct fault *f)
{
	*horizon = INT64_MAX;
	enum err e = nearer(db, "SELECT born FROM st_label WHERE number > ? ORDER BY number LIMIT 1", (int64_t)v->n, horizon, f);
	return e == ERR_OK ? nearer(db, "SELECT stamp FROM st_change WHERE number > ? ORDER BY number LIMIT 1", v->facts, horizon, f) : e;
}
