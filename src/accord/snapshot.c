/* SPDX-License-Identifier: Apache-2.0 */
/* The facts at one generation: read from the tables in one go, then read-only; counted and swapped. */
#include <stdio.h>
#include <stdlib.h>
#include "accord/accord_priv.h"

/* ---- rows ---- */

/* Room for one more of an array that doubles: the old half stays in the arena. */
static void *grow(struct arena *a, void *v, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return v;
	size_t more = *room ? *room * 2 : 64;
	void *p = arena_array(a, more, size);
	if (p && n)
		memcpy(p, v, n * size);
	*room = more;
	return p;
}

static struct span text(struct arena *a, struct db_stmt *s, int at)
{
	return arena_span(a, db_text(s, at));
}

static enum err load_members(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT id, name, country, kind, status, hub, hub_id, sectors, clients_of, since, changed FROM accord_member ORDER BY id", f);
	size_t room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		s->members = grow(s->arena, s->members, s->n_members, &room, sizeof(*s->members));
		if (!s->members)
			break;
		struct accord_member *m = &s->members[s->n_members++];
		m->id = text(s->arena, q, 0);
		m->name = text(s->arena, q, 1);
		m->country = text(s->arena, q, 2);
		m->hub = text(s->arena, q, 5);
		m->hub_id = text(s->arena, q, 6);
		m->local = span_eq(m->hub, s->hub->id);
		m->sectors = accord_lines(s->arena, db_text(q, 7), &m->n_sectors);
		m->clients_of = accord_lines(s->arena, db_text(q, 8), &m->n_clients_of);
		m->since.us = db_int(q, 9);
		m->changed.us = db_int(q, 10);
		if (!accord_kind_parse(db_text(q, 3), &m->kind) || !accord_status_parse(db_text(q, 4), &m->status)) {
			db_reset(q);
			return fault_set(f, ERR_DB, "accord_member", "%.*s has a kind or status that this version does not know", SPAN_ARG(m->id));
		}
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

/* In one pass beside the members, which come in the same order. */
static enum err load_keys(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT member, public_key, since, until FROM accord_key ORDER BY member, since, public_key", f);
	size_t room = 0, i = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		for (; i < s->n_members && span_cmp(s->members[i].id, db_text(q, 0)) < 0; i++)
			room = 0;
		if (i == s->n_members || !span_eq(s->members[i].id, db_text(q, 0)))
			continue;
		struct accord_member *m = &s->members[i];
		m->keys = grow(s->arena, m->keys, m->n_keys, &room, sizeof(*m->keys));
		if (!m->keys)
			break;
		m->keys[m->n_keys++] = (struct accord_key){ text(s->arena, q, 1), { db_int(q, 2) }, { db_int(q, 3) } };
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

static enum err load_delegations(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT creator, submitter FROM accord_delegation ORDER BY creator, submitter", f);
	size_t room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		s->delegations = grow(s->arena, s->delegations, s->n_delegations, &room, sizeof(*s->delegations));
		if (!s->delegations)
			break;
		s->delegations[s->n_delegations++] = (struct accord_pair){ text(s->arena, q, 0), text(s->arena, q, 1) };
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

static enum err load_persons(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT id, member, name FROM accord_person ORDER BY id", f);
	size_t room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		s->persons = grow(s->arena, s->persons, s->n_persons, &room, sizeof(*s->persons));
		if (!s->persons)
			break;
		s->persons[s->n_persons++] = (struct accord_person){ text(s->arena, q, 0), text(s->arena, q, 1), text(s->arena, q, 2) };
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

static enum err load_news(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT hub, at FROM accord_news ORDER BY hub", f);
	size_t room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		s->news = grow(s->arena, s->news, s->n_news, &room, sizeof(*s->news));
		if (!s->news)
			break;
		s->news[s->n_news++] = (struct accord_news){ text(s->arena, q, 0), db_int(q, 1), db_int(q, 1) };
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

/* ---- agreements and their parties ---- */

struct parties {
	struct arena *a;
	struct policy_party *v;
	size_t n, room;
	struct policy_period *suspended; /* of the organisation at hand */
	size_t n_suspended, room_suspended;
	size_t first; /* its first entry in v */
};

/* A suspension ends early where the party signs again. */
static void resume(struct parties *p, struct timestamp at)
{
	for (size_t i = 0; i < p->n_suspended; i++)
		if (!timestamp_before(at, p->suspended[i].from) && timestamp_before(at, p->suspended[i].until))
			p->suspended[i].until = at;
}

/* Events of one organisation come in order of time, signing before withdrawal: each signing after a withdrawal (or the first) begins a membership of its own. */
static bool apply(struct parties *p, struct span org, const struct accord_accession *e)
{
	struct policy_party *last = p->n > p->first ? &p->v[p->n - 1] : NULL;

	switch (e->event) {
	case ACCORD_SIGNED:
		if (last && !last->has_withdrawn) {
			resume(p, e->at);
			return true;
		}
		p->v = grow(p->a, p->v, p->n, &p->room, sizeof(*p->v));
		if (!p->v)
			return false;
		p->v[p->n++] = (struct policy_party){ .org = org, .signed_at = e->at };
		return true;
	case ACCORD_WITHDRAWN:
		if (last && !last->has_withdrawn) {
			last->has_withdrawn = true;
			last->withdrawn = e->at;
		}
		return true;
	case ACCORD_SUSPENDED_FROM:
		p->suspended = grow(p->a, p->suspended, p->n_suspended, &p->room_suspended, sizeof(*p->suspended));
		if (p->suspended)
			p->suspended[p->n_suspended++] = (struct policy_period){ e->at, e->until };
		return p->suspended != NULL;
	}
	return true;
}

static void finish_org(struct parties *p)
{
	for (size_t i = p->first; i < p->n; i++) {
		p->v[i].suspended = p->suspended;
		p->v[i].n_suspended = p->n_suspended;
	}
	p->first = p->n;
	p->suspended = NULL;
	p->n_suspended = p->room_suspended = 0;
}

static enum err load_parties(struct accord_snapshot *s, struct db *db, struct accord_agreement *agreement, struct fault *f)
{
	struct policy_agreement *g = &agreement->policy;
	struct db_stmt *q = db_prepare(db, "SELECT org, event, at, until, proof FROM accord_accession WHERE agreement = ? AND digest = ? ORDER BY org, at, event, until", f);
	struct parties p = { .a = s->arena };
	struct span org = { NULL, 0 };
	enum err e;

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, g->id);
	db_bind_text(q, 2, g->digest);
	while ((e = db_step(q, f)) == ERR_OK) {
		if (agreement->life.own_keys && db_int(q, 1) == ACCORD_SIGNED && db_text(q, 4).n == 0)
			continue; /* a hub's word alone does not sign this text */
		if (!org.p || !span_eq(org, db_text(q, 0))) {
			finish_org(&p);
			org = text(s->arena, q, 0);
		}
		const struct accord_accession x = { .event = (enum accord_event)db_int(q, 1), .at = { db_int(q, 2) }, .until = { db_int(q, 3) } };
		if (!apply(&p, org, &x))
			break;
	}
	finish_org(&p);
	db_reset(q);
	g->parties = p.v;
	g->n_parties = p.n;
	return e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
							: e;
}

static int by_marking(const void *x, const void *y)
{
	const struct accord_agreement *const *a = x, *const *b = y;
	return span_cmp((*a)->marking, (*b)->marking);
}

static enum err load_agreements(struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT json, digest, marking FROM accord_agreement ORDER BY id", f);
	size_t room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct accord_document d;
		if ((e = accord_document_read(s->arena, db_text(q, 0), (struct timestamp){ 0 }, &d, f)) != ERR_OK)
			break;
		s->agreements = grow(s->arena, s->agreements, s->n_agreements, &room, sizeof(*s->agreements));
		if (!s->agreements) {
			e = ERR_NOMEM;
			break;
		}
		s->agreements[s->n_agreements++] = (struct accord_agreement){ .policy = d.policy, .title = d.title, .json = d.json, .digest = text(s->arena, q, 1), .marking = text(s->arena, q, 2), .life = d.life };
	}
	db_reset(q);
	e = e == ERR_NOTFOUND ? ERR_OK : e;
	for (size_t i = 0; i < s->n_agreements && e == ERR_OK; i++)
		e = load_parties(s, db, &s->agreements[i], f);
	if (e != ERR_OK || s->n_agreements == 0)
		return e;
	accord_life_settle(s->agreements, s->n_agreements);
	s->by_marking = arena_array(s->arena, s->n_agreements, sizeof(struct accord_agreement *));
	if (!s->by_marking)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->n_agreements; i++)
		s->by_marking[i] = &s->agreements[i];
	qsort(s->by_marking, s->n_agreements, sizeof(struct accord_agreement *), by_marking);
	return ERR_OK;
}

enum err accord_snapshot_load(struct accord *a, struct db *db, struct accord_snapshot **out, struct fault *f)
{
	struct arena *mem = arena_new(ACCORD_ARENA);
	struct accord_snapshot *s = mem ? ARENA_NEW(mem, struct accord_snapshot) : NULL;

	if (!s) {
		arena_free(mem);
		return ERR_NOMEM;
	}
	s->refs = 1;
	s->arena = mem;
	s->hub = &a->hub;
	s->generation = accord_meta_number(db, ACCORD_META_GENERATION);
	s->facts = store_facts(db);
	enum err e = load_members(s, db, f);
	if (e == ERR_OK)
		e = load_keys(s, db, f);
	if (e == ERR_OK)
		e = load_delegations(s, db, f);
	if (e == ERR_OK)
		e = load_persons(s, db, f);
	if (e == ERR_OK)
		e = load_news(s, db, f);
	if (e == ERR_OK)
		e = load_agreements(s, db, f);
	if (e == ERR_OK && !arena_ok(mem))
		e = fault_set(f, ERR_NOMEM, "accord", "members and agreements do not fit into %u MiB", ACCORD_ARENA >> 20);
	if (e == ERR_OK)
		*out = s;
	else
		accord_snapshot_unref(s);
	return e;
}

/* ---- counting and swapping ---- */

const struct accord_snapshot *accord_snapshot_ref(const struct accord_snapshot *s)
{
	atomic_fetch_add(&((struct accord_snapshot *)s)->refs, 1);
	return s;
}

void accord_snapshot_unref(const struct accord_snapshot *s)
{
	if (s && atomic_fetch_sub(&((struct accord_snapshot *)s)->refs, 1) == 1)
		arena_free(s->arena); /* s lives in it */
}

const struct accord_snapshot *accord_snapshot(struct accord *a)
{
	pthread_mutex_lock(&a->lock);
	const struct accord_snapshot *s = accord_snapshot_ref(a->current);
	pthread_mutex_unlock(&a->lock);
	return s;
}

void accord_snapshot_swap(struct accord *a, const struct accord_snapshot *s)
{
	pthread_mutex_lock(&a->lock);
	const struct accord_snapshot *old = a->current;
	if (old && old->generation >= s->generation)
		old = s;
	else
		a->current = s;
	pthread_mutex_unlock(&a->lock);
	accord_snapshot_unref(old);
}

struct reload {
	struct accord *a;
	struct accord_snapshot *s;
	int64_t decided;
};

static enum err reload(void *ctx, struct db *db, struct fault *f)
{
	struct reload *r = ctx;
	const struct accord_snapshot *have = r->a->current ? accord_snapshot(r->a) : NULL;
	bool same = have && accord_meta_number(db, ACCORD_META_GENERATION) == have->generation;

	r->decided = (int64_t)accord_meta_number(db, ACCORD_META_DECIDED);
	enum err e = same ? accord_news_again(have, db, f) : accord_snapshot_load(r->a, db, &r->s, f);
	accord_snapshot_unref(have);
	return e;
}

enum err accord_snapshot_reload(struct accord *a, bool *changed, struct fault *f)
{
	struct reload r = { .a = a };
	enum err e = store_read(a->store, reload, &r, f);

	if (changed)
		*changed = e == ERR_OK && r.s;
	if (e != ERR_OK || !r.s)
		return e;
	atomic_store(&a->decided, r.decided);
	accord_snapshot_swap(a, r.s);
	return ERR_OK;
}

/* ---- looking up ---- */

size_t accord_members(const struct accord_snapshot *s, const struct accord_member **out)
{
	*out = s->members;
	return s->n_members;
}

static int member_cmp(const void *key, const void *m)
{
	return span_cmp(*(const struct span *)key, ((const struct accord_member *)m)->id);
}

const struct accord_member *accord_find_member(const struct accord_snapshot *s, struct span id)
{
	return s->n_members ? bsearch(&id, s->members, s->n_members, sizeof(*s->members), member_cmp) : NULL;
}

const struct accord_member *accord_find_hub(const struct accord_snapshot *s, struct span id)
{
	for (size_t i = 0; i < s->n_members; i++) {
		const struct accord_member *m = &s->members[i];
		if (m->kind == ACCORD_KIND_HUB && m->local && (span_eq(m->hub_id, id) || span_eq(m->id, id)))
			return m;
	}
	return NULL;
}

size_t accord_agreements(const struct accord_snapshot *s, const struct accord_agreement **out)
{
	*out = s->agreements;
	return s->n_agreements;
}

static int agreement_cmp(const void *key, const void *g)
{
	return span_cmp(*(const struct span *)key, ((const struct accord_agreement *)g)->policy.id);
}

static int marking_cmp(const void *key, const void *g)
{
	return span_cmp(*(const struct span *)key, (*(const struct accord_agreement *const *)g)->marking);
}

const struct accord_agreement *accord_find_agreement(const struct accord_snapshot *s, struct span id)
{
	if (s->n_agreements == 0 || id.n == 0)
		return NULL;
	const struct accord_agreement *g = bsearch(&id, s->agreements, s->n_agreements, sizeof(*s->agreements), agreement_cmp);
	if (g)
		return g;
	struct accord_agreement **m = bsearch(&id, s->by_marking, s->n_agreements, sizeof(*s->by_marking), marking_cmp);
	return m ? *m : NULL;
}

static int person_cmp(const void *key, const void *p)
{
	return span_cmp(*(const struct span *)key, ((const struct accord_person *)p)->id);
}

const struct accord_person *accord_find_person(const struct accord_snapshot *s, struct span id)
{
	return s->n_persons ? bsearch(&id, s->persons, s->n_persons, sizeof(*s->persons), person_cmp) : NULL;
}

static int pair_cmp(const void *x, const void *y)
{
	const struct accord_pair *a = x, *b = y;
	int d = span_cmp(a->from, b->from);
	return d ? d : span_cmp(a->to, b->to);
}

bool accord_delegated(const struct accord_snapshot *s, struct span from, struct span to)
{
	const struct accord_pair p = { from, to };
	return s->n_delegations && bsearch(&p, s->delegations, s->n_delegations, sizeof(p), pair_cmp);
}

uint64_t accord_generation(const struct accord_snapshot *s)
{
	return s->generation;
}

/* ---- numbers in meta ---- */

uint64_t accord_meta_number(struct db *db, const char *key)
{
	ARENA_SCOPE struct arena *mem = arena_new(4096);
	struct span v = mem ? store_meta_get(db, mem, key) : (struct span){ NULL, 0 };
	uint64_t n = 0;

	for (size_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	return n;
}

enum err accord_meta_number_set(struct store_tx *tx, const char *key, uint64_t v, struct fault *f)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);

	return store_meta_set(tx, key, (struct span){ digits, (size_t)n }, f);
}
