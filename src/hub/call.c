/* SPDX-License-Identifier: Apache-2.0 */
/* A call goes on where something else has finished: a commit, a release, a worker that may block. */
#include <stdlib.h>
#include "hub/hub_priv.h"

#define QUEUE_MOST 4096 /* calls that wait for a worker; past it: busy */

void call_begins(struct call *c)
{
	c->e = ERR_OK;
	c->fault = (struct fault){ 0 };
	c->finished = false;
}

void call_done(void *call, enum err e, const struct fault *f)
{
	struct call *c = call;

	c->e = e;
	if (f)
		c->fault = *f;
	http_finish(c->r, &c->finished);
}

static void awaited(void *ctx, struct http_request *r)
{
	struct call *c = *http_slot(r);

	if (!http_finished(r, &c->finished)) /* woken for nothing */
		http_wait(r, awaited, 0);
	else
		c->then(c);
}

void call_await(struct call *c, void (*then)(struct call *c))
{
	c->then = then;
	http_wait(c->r, awaited, 0);
}

/* ---- workers ---- */

struct workers {
	struct hub *hub;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct call *first, **last;
	size_t queued;
	bool ends;
	unsigned n;
	pthread_t v[16];
};

static void *worker(void *arg)
{
	struct workers *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->first && !w->ends)
			pthread_cond_wait(&w->cond, &w->lock);
		if (!w->first)
			break;
		struct call *c = w->first;
		w->first = c->next_work;
		if (!w->first)
			w->last = &w->first;
		w->queued--;
		pthread_mutex_unlock(&w->lock);
		c->work(c);
		call_done(c, c->e, NULL);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct workers *workers_start(struct hub *h, unsigned n)
{
	struct workers *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->hub = h;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->cond, NULL);
	while (w->n < n && w->n < 16 && !pthread_create(&w->v[w->n], NULL, worker, w))
		w->n++;
	if (w->n)
		return w;
	workers_stop(w);
	return NULL;
}

void workers_stop(struct workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ends = true;
	pthread_cond_broadcast(&w->cond);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->v[i], NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->cond);
	free(w);
}

void call_work(struct call *c, void (*work)(struct call *c), void (*then)(struct call *c))
{
	struct workers *w = c->hub->workers;
	bool full;

	call_begins(c);
	c->work = work;
	c->next_work = NULL;
	pthread_mutex_lock(&w->lock);
	full = w->queued >= QUEUE_MOST;
	if (!full) {
		*w->last = c;
		w->last = &c->next_work;
		w->queued++;
		pthread_cond_signal(&w->cond);
	}
	pthread_mutex_unlock(&w->lock);
	if (!full) {
		call_await(c, then);
		return;
	}
	fault_set(&c->fault, ERR_BUSY, "", "too many requests wait for this hub; try again in a second");
	call_fail(c, ERR_BUSY, &c->fault);
}
