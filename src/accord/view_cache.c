/* SPDX-License-Identifier: Apache-2.0 */
/* What each recipient may have now: views, cached until the facts, the labels or the hour change.
 *
 * 1. An entry holds for its generation; time alone raises the generation too (redecide.c), so between two changes every moment decides alike.
 * 2. Where a change by time is due and not yet made, a view releases only what both the decided time and now release, and is not cached: what closes
 *    closes at once, what opens waits for accord_refresh, which gives it fresh stamps. */
#include <stdlib.h>
#include "accord/accord_priv.h"

#define VIEWS_MOST 8192 /* recipients; past it the cache starts again */
#define VIEWS_HEADS 1024

struct entry {
	struct entry *next;
	const struct store_view *view;
	uint64_t generation;
	size_t n;
	char key[];
};
struct accord_views {
	pthread_mutex_t lock;
	struct entry *heads[VIEWS_HEADS];
	size_t n;
};

struct accord_views *accord_views_new(void)
{
	struct accord_views *v = calloc(1, sizeof(*v));

	if (v)
		pthread_mutex_init(&v->lock, NULL);
	return v;
}

static void drop_all(struct accord_views *v)
{
	for (size_t i = 0; i < VIEWS_HEADS; i++) {
		for (struct entry *e = v->heads[i], *next; e; e = next) {
			next = e->next;
			store_view_unref(e->view);
			free(e);
		}
		v->heads[i] = NULL;
	}
	v->n = 0;
}

void accord_views_free(struct accord_views *v)
{
	if (!v)
		return;
	drop_all(v);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct entry **place(struct accord_views *v, struct span key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	struct entry **at = &v->heads[h % VIEWS_HEADS];
	while (*at && !span_eq((struct span){ (*at)->key, (*at)->n }, key))
		at = &(*at)->next;
	return at;
}

/* The cached view of this generation, current or not. */
static const struct store_view *look(struct accord_views *v, struct span key, uint64_t generation)
{
	const struct store_view *out = NULL;

	pthread_mutex_lock(&v->lock);
	const struct entry *e = *place(v, key);
	if (e && e->generation == generation)
		out = store_view_ref(e->view);
	pthread_mutex_unlock(&v->lock);
	return out;
}

/* Keeps a reference of its own; without memory it is simply not cached. */
static void keep(struct accord_views *v, struct span key, uint64_t generation, const struct store_view *view)
{
	const struct store_view *old = NULL;

	pthread_mutex_lock(&v->lock);
	if (v->n >= VIEWS_MOST)
		drop_all(v);
	struct entry **at = place(v, key), *e = *at;
	if (!e && (e = calloc(1, sizeof(*e) + key.n + 1))) {
		if (key.n)
			memcpy(e->key, key.p, key.n);
		e->n = key.n;
		*at = e;
		v->n++;
	} else if (e) {
		old = e->view;
	}
	if (e && generation >= e->generation) {
		e->view = store_view_ref(view);
		e->generation = generation;
	} else {
		old = NULL;
	}
	pthread_mutex_unlock(&v->lock);
	if (old)
		store_view_unref(old);
}

static enum err build(struct accord *a, const struct accord_snapshot *s, struct span key, struct timestamp now, struct arena *mem, const struct store_view *since,
	const struct store_view **out, struct fault *f)
{
	struct accord_reader r;
	enum err e = accord_reader_init(&r, a, s, key, now, mem, f);

	if (e != ERR_OK)
		return e;
	r.also_at.us = atomic_load(&a->decided);
	if (r.also_at.us < now.us && now.us < atomic_load(&a->next_change))
		r.also_at = now; /* nothing lies between */
	struct store_decider d = accord_reader_decider(&r);
	d.facts = s->facts;
	return store_view_new(a->store, key, &d, since, out, f);
}

enum err accord_view(struct accord *a, const struct accord_principal *p, struct timestamp now, const struct store_view **out, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(ACCORD_ARENA);
	const struct accord_snapshot *s = accord_snapshot(a);
	struct span key = mem ? accord_recipient_key(mem, s, p) : (struct span){ NULL, 0 };
	const struct store_view *have = NULL, *made = NULL;
	int64_t decided = atomic_load(&a->decided);
	enum err e = key.p ? ERR_OK : ERR_NOMEM;

	if (now.us < decided)
		now.us = decided; /* a clock that stepped back a little; accord_refresh sees to larger steps */
	bool settled = now.us < atomic_load(&a->next_change);
	if (e == ERR_OK && settled)
		have = look(a->views, key, s->generation);
	if (have && store_view_current(have)) {
		*out = have;
	} else if (e == ERR_OK && (e = build(a, s, key, now, mem, have, &made, f)) == ERR_OK) {
		if (settled && now.us < atomic_load(&a->next_change))
			keep(a->views, key, s->generation, made);
		*out = made;
		made = have;
	} else {
		made = have;
	}
	if (made)
		store_view_unref(made);
	accord_snapshot_unref(s);
	return e;
}
