/* SPDX-License-Identifier: Apache-2.0 */
/* The one way in which facts change, and with them what anybody may have.
 *
 * In one write transaction:
 * 1. facts as they are (before), rows changed (apply), generation raised, facts as they will be (after);
 * 2. for each recipient whose answers may differ (its own facts changed, or it gets another answer for a label that an agreement or time touched):
 *    a view decided by `before` at the time feeds were last decided for, one by `after` now, and store_view_change between them;
 * 3. a recipient that was not there before needs no more than what its agreements hide: its feed is new;
 * 4. the time decided for is kept, so that a restart decides over the gap.
 * After the commit the snapshot is swapped and next_change worked out anew.  Never called from the writer thread: it waits for it. */
#include <stdlib.h>
#include "accord/accord_priv.h"

#define CLOCK_BACK 300000000 /* µs: a clock that is further behind than this is followed, else the decided time stands still */

/* ---- recipients ---- */

struct keys {
	struct span *v; /* sorted */
	size_t n;
};

static int by_key(const void *x, const void *y)
{
	return span_cmp(*(const struct span *)x, *(const struct span *)y);
}

/* Whom this hub serves: anonymous, its administrator, local organisations and their persons, peer hubs. */
static bool keys_of(struct arena *a, const struct accord_snapshot *s, struct keys *out)
{
	struct span *v = arena_array(a, s->n_members + s->n_persons + 2, sizeof(*v));
	size_t n = 0;

	if (!v)
		return false;
	v[n++] = SPAN("");
	v[n++] = s->hub->id;
	for (size_t i = 0; i < s->n_members; i++) {
		const struct accord_member *m = &s->members[i];
		if (m->local)
			v[n++] = m->kind == ACCORD_KIND_HUB ? span_of(arena_printf(a, "hub %.*s", SPAN_ARG(m->id))) : m->id;
	}
	for (size_t i = 0; i < s->n_persons; i++)
		v[n++] = span_of(arena_printf(a, "%.*s %.*s", SPAN_ARG(s->persons[i].member), SPAN_ARG(s->persons[i].id)));
	qsort(v, n, sizeof(*v), by_key);
	*out = (struct keys){ v, n };
	return arena_ok(a);
}

/* ---- one recipient ---- */

static struct timestamp hide_before(void *ctx, struct span key)
{
	const struct accord_reader *r = ctx;
	const struct policy_label *l = accord_label(r->a, key);

	return l ? accord_reader_hide(r, l) : (struct timestamp){ 0 };
}

/* The feed of a recipient that is new: as it will be, but for labels of which something has to be hidden. */
static enum store_decision decide_new(void *ctx, struct span key)
{
	struct accord_reader *r = ctx;
	struct store_decider d = accord_reader_decider(r);
	enum store_decision is = d.decide(d.ctx, key);

	return is == STORE_RELEASE && hide_before(ctx, key).us ? STORE_WITHHOLD : is;
}

/* Can anything be hidden from it: is it, a patron of its, or one of its members a party to an agreement that is not retroactive? */
static bool may_hide(const struct accord_reader *r)
{
	for (size_t i = 0; i < r->s->n_agreements; i++) {
		const struct policy_agreement *g = &r->s->agreements[i].policy;
		if (!g->retroactive_all && g->n_parties && (r->n_members || r->to.clients_of.n))
			return true;
		for (size_t k = 0; k < g->n_parties && !g->retroactive_all; k++)
			if (span_eq(g->parties[k].org, r->to.org))
				return true;
	}
	return false;
}

static enum err move(struct accord_change *c, struct store_tx *tx, struct span key, const struct store_decider *from, struct accord_reader *to, struct fault *f)
{
	const struct store_view *x = NULL, *y = NULL;
	struct store_decider now = accord_reader_decider(to);
	enum err e = store_view_new_tx(tx, key, from, &x, f);

	if (e == ERR_OK)
		e = store_view_new_tx(tx, key, &now, &y, f);
	if (e == ERR_OK)
		e = store_view_change(tx, x, y, hide_before, to, f);
	if (x)
		store_view_unref(x);
	if (y)
		store_view_unref(y);
	c->moved = true;
	return e;
}

/* Does any touched label answer otherwise? */
static bool differs(const struct accord_change *c, const struct accord_reader *before, const struct accord_reader *after)
{
	for (size_t i = 0; i < c->n_touched; i++) {
		const struct policy_answer x = accord_reader_answer(before, c->touched[i], before->at), y = accord_reader_answer(after, c->touched[i], after->at);
		if (x.release != y.release)
			return true;
	}
	return c->all;
}

static enum err redecide_one(struct accord_change *c, struct store_tx *tx, struct span key, bool was, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(ACCORD_ARENA);
	struct accord_reader before, after;
	enum err e = mem ? accord_reader_init(&after, c->a, c->after, key, c->now, mem, f) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	if (!was) {
		const struct store_decider fresh = { decide_new, &after };
		return may_hide(&after) ? move(c, tx, key, &fresh, &after, f) : ERR_OK;
	}
	e = accord_reader_init(&before, c->a, c->before, key, c->decided, mem, f);
	if (e != ERR_OK || (accord_reader_same(&before, &after) && !differs(c, &before, &after)))
		return e;
	const struct store_decider old = accord_reader_decider(&before);
	return move(c, tx, key, &old, &after, f);
}

/* No moment can lie between where this process knows of all labels that the next is later. */
static bool may_cross(const struct accord_change *c)
{
	return !c->current || c->decided.us != atomic_load(&c->a->decided) || c->now.us >= atomic_load(&c->a->next_change);
}

static enum err redecide(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct keys before, after;
	struct timestamp to = may_cross(c) ? c->now : c->decided;
	enum err e = ERR_OK;

	c->all = c->all || timestamp_before(c->now, c->decided);
	if ((c->agreement.n || c->news || timestamp_before(c->decided, to)) && !accord_labels_touched(c, to, c->arena, &c->touched, &c->n_touched))
		return ERR_NOMEM;
	if (!keys_of(c->arena, c->before, &before) || !keys_of(c->arena, c->after, &after))
		return ERR_NOMEM;
	for (size_t i = 0; i < after.n && e == ERR_OK; i++) {
		bool was = bsearch(&after.v[i], before.v, before.n, sizeof(*before.v), by_key) != NULL;
		e = redecide_one(c, tx, after.v[i], was, f);
	}
	return e;
}

/* ---- the transaction ---- */

static enum store_decision read_only(void *ctx, struct span key)
{
	(void)accord_label(ctx, key);
	return STORE_WITHHOLD;
}

/* Reads every label there is, so that none can change by time unseen. */
static enum err visit_labels(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct store_decider d = { read_only, c->a };
	const struct store_view *v;
	enum err e = store_view_new_tx(tx, SPAN(""), &d, &v, f);

	if (e == ERR_OK)
		store_view_unref(v);
	return e;
}

static void drop_attempt(struct accord_change *c)
{
	accord_snapshot_unref(c->before);
	accord_snapshot_unref(c->after);
	c->before = c->after = NULL;
	c->agreement = (struct span){ NULL, 0 };
	c->touched = NULL;
	c->n_touched = 0;
	c->nothing = c->moved = c->all = c->news = false;
	arena_reset(c->arena);
}

static enum err facts_before(struct accord_change *c, struct db *db, struct fault *f)
{
	struct accord_snapshot *s;

	c->before = accord_snapshot(c->a);
	c->current = c->before->generation == accord_meta_number(db, ACCORD_META_GENERATION);
	if (c->current)
		return ERR_OK;
	accord_snapshot_unref(c->before); /* another process was quicker */
	c->before = NULL;
	enum err e = accord_snapshot_load(c->a, db, &s, f);
	if (e == ERR_OK)
		c->before = s;
	return e;
}

static enum err change(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct accord_change *c = ctx;
	struct db *db = store_tx_db(tx);

	drop_attempt(c);
	enum err e = facts_before(c, db, f);
	if (e != ERR_OK)
		return e;
	c->decided.us = (int64_t)accord_meta_number(db, ACCORD_META_DECIDED);
	c->now = store_tx_now(tx);
	if (c->now.us < c->decided.us && c->decided.us - c->now.us < CLOCK_BACK)
		c->now = c->decided;
	if (c->apply)
		e = c->apply(c, tx, f);
	if (c->nothing)
		return e;
	if (e == ERR_OK)
		e = accord_meta_number_set(tx, ACCORD_META_GENERATION, c->before->generation + 1, f);
	if (e == ERR_OK)
		e = accord_meta_number_set(tx, ACCORD_META_DECIDED, (uint64_t)c->now.us, f);
	if (e == ERR_OK)
		e = accord_snapshot_load(c->a, db, &c->after, f);
	if (e == ERR_OK)
		e = visit_labels(c, tx, f);
	if (e == ERR_OK)
		e = redecide(c, tx, f);
	if (e == ERR_OK)
		c->after->facts = store_tx_facts(tx);
	return e;
}

static enum err run_one(struct accord_change *c, struct fault *f)
{
	c->arena = arena_new(ACCORD_ARENA);
	c->before = c->after = NULL;
	enum err e = c->arena ? store_write(c->a->store, change, c, f) : ERR_NOMEM;
	if (e == ERR_OK && !c->nothing) {
		atomic_store(&c->a->decided, c->now.us);
		accord_snapshot_swap(c->a, accord_snapshot_ref(c->after));
		accord_labels_settle(c->a);
	}
	bool moved = c->moved;
	if (c->arena)
		drop_attempt(c);
	c->moved = moved;
	arena_free(c->arena);
	c->arena = NULL;
	return e;
}

/* What time has closed is closed before facts open it again: a reader may have passed it in between (view_cache.c rule 2). */
enum err accord_change_run(struct accord_change *c, struct fault *f)
{
	int64_t next = atomic_load(&c->a->next_change);
	struct accord_change time = { .a = c->a };
	enum err e = c->apply && next && c->a->now(c->a->ctx).us >= next ? run_one(&time, f) : ERR_OK;

	if (e == ERR_OK)
		e = run_one(c, f);
	c->moved |= time.moved;
	return e;
}

/* ---- time alone ---- */

/* After a start, and after others wrote: labels may be there that this process has not read. */
static enum err look_at_labels(struct accord *a, struct fault *f)
{
	const struct store_decider d = { read_only, a };
	const struct store_view *v;
	enum err e = store_view_new(a->store, SPAN(""), &d, NULL, &v, f);

	if (e == ERR_OK)
		store_view_unref(v);
	return e;
}

static bool due(struct accord *a, struct timestamp now)
{
	return now.us >= atomic_load(&a->next_change) || now.us + CLOCK_BACK < atomic_load(&a->decided);
}

static enum err refresh(struct accord *a, struct timestamp now, bool *changed, struct fault *f)
{
	enum err e = ERR_OK;

	if (store_changed_outside(a->store)) {
		a->outside = true; /* until it was read whole */
		*changed = true;
	}
	if (a->outside)
		e = accord_snapshot_reload(a, NULL, f);
	if (e == ERR_OK && (a->outside || atomic_load(&a->next_change) == 0)) {
		e = look_at_labels(a, f);
		if (e == ERR_OK)
			accord_labels_settle(a);
	}
	a->outside = a->outside && e != ERR_OK;
	if (e == ERR_OK && due(a, now)) {
		struct accord_change c = { .a = a };
		e = accord_change_run(&c, f);
		*changed |= e == ERR_OK && c.moved;
	}
	if (e == ERR_OK && atomic_exchange(&a->marking_came, false))
		e = accord_held_retry(a, f);
	return e;
}

enum err accord_refresh(struct accord *a, struct timestamp now, bool *changed, struct fault *f)
{
	*changed = false;
	pthread_mutex_lock(&a->refreshing);
	enum err e = refresh(a, now, changed, f);
	pthread_mutex_unlock(&a->refreshing);
	return e;
}
