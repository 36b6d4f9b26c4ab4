/* SPDX-License-Identifier: Apache-2.0 */
/* Long polls and server-sent events: who waits for news, and the thread that finds out for whom there are any.
 *
 * 1. A waiter enters the list before it asks the store whether there is news already: nothing falls between.
 * 2. Hints hold no content and may be lost; the page that follows tells the truth. */
#include <sched.h>
#include <stdlib.h>
#include "hub/hub_priv.h"

#define SECOND 1000000000ll

static bool newer(struct hub *h, const struct waiter *w, const struct store_view *v)
{
	for (size_t i = 0; i < w->n; i++)
		if (store_view_has_newer(h->store, v, w->v[i].number, w->after[i]))
			return true;
	return false;
}

bool wait_over(struct call *c, bool *news)
{
	const struct store_view *v;

	*news = accord_view(c->hub->accord, &c->who, hub_now(c->hub), &v, NULL) != ERR_OK; /* then the page will tell the error */
	if (!*news) {
		*news = newer(c->hub, &c->wait, v);
		store_view_unref(v);
	}
	return *news;
}

/* ---- the list: the newest at the end; whom the notifier has asked for goes there too ---- */

static void append(struct hub *h, struct waiter *w)
{
	w->next = NULL;
	w->prev = h->last_waiter;
	*(w->prev ? &w->prev->next : &h->first_waiter) = w;
	h->last_waiter = w;
	h->n_waiters++;
}

static void unlink_waiter(struct hub *h, struct waiter *w)
{
	*(w->prev ? &w->prev->next : &h->first_waiter) = w->next;
	*(w->next ? &w->next->prev : &h->last_waiter) = w->prev;
	h->n_waiters--;
}

void wait_remove(struct call *c)
{
	struct hub *h = c->hub;

	pthread_mutex_lock(&h->wait_lock);
	if (c->wait.listed)
		unlink_waiter(h, &c->wait);
	c->wait.listed = false;
	pthread_mutex_unlock(&h->wait_lock);
}

static void leave(void *call)
{
	wait_remove(call);
}

bool wait_add(struct call *c)
{
	struct hub *h = c->hub;
	int64_t most = HUB_NUMBER(h, STREAMS_PRINCIPAL), have = 0;

	if (!c->wait.call && !arena_defer(c->a, leave, c)) {
		call_fail(c, ERR_NOMEM, NULL);
		return false;
	}
	c->wait.call = c;
	pthread_mutex_lock(&h->wait_lock);
	for (struct waiter *w = h->first_waiter; w; w = w->next)
		have += span_eq(w->call->who.org, c->who.org) && span_eq(w->call->who.token_id, c->who.token_id);
	if (have < most && !c->wait.listed) {
		append(h, &c->wait);
		c->wait.listed = true;
	}
	pthread_mutex_unlock(&h->wait_lock);
	if (have < most)
		return true;
	fault_set(&c->fault, ERR_BUSY, "", "more streams and long polls at a time than this hub's streams.principal allows; poll without waiting");
	call_fail(c, ERR_BUSY, &c->fault);
	return false;
}

/* ---- the notifier ---- */

/* Wakes those for whom there is something newer; lets others at the list every few. */
static void wake_waiters(struct hub *h)
{
	pthread_mutex_lock(&h->wait_lock);
	for (size_t left = h->n_waiters, n = 0; left && h->first_waiter; left--) {
		struct waiter *w = h->first_waiter;
		const struct store_view *v;
		bool wake = true;

		unlink_waiter(h, w);
		append(h, w);
		if (accord_view(h->accord, &w->call->who, hub_now(h), &v, NULL) == ERR_OK) {
			wake = newer(h, w, v);
			store_view_unref(v);
		}
		if (wake)
			http_wake(w->call->r);
		if (++n % 32 == 0) {
			pthread_mutex_unlock(&h->wait_lock);
			sched_yield();
			pthread_mutex_lock(&h->wait_lock);
		}
	}
	pthread_mutex_unlock(&h->wait_lock);
}

void *hub_notifier(void *hub)
{
	struct hub *h = hub;

	pthread_mutex_lock(&h->news_lock);
	while (!atomic_load(&h->ends)) {
		if (!h->news) {
			pthread_cond_wait(&h->news_cond, &h->news_lock);
			continue;
		}
		h->news = false;
		pthread_mutex_unlock(&h->news_lock);
		wake_waiters(h);
		pthread_mutex_lock(&h->news_lock);
	}
	pthread_mutex_unlock(&h->news_lock);
	return NULL;
}

void hub_news(struct hub *h)
{
	pthread_mutex_lock(&h->news_lock);
	h->news = true;
	pthread_cond_signal(&h->news_cond);
	pthread_mutex_unlock(&h->news_lock);
}

/* ---- server-sent events ---- */

struct stream {
	int64_t ends, said;
	bool began;
};

static void say(struct buf *out, const struct store_collection *k, struct timestamp at)
{
	char text[TIMESTAMP_TEXT];
	struct json_out o;

	timestamp_format(at, text);
	buf_adds(out, "event: hint\ndata: ");
	o = json_out(out);
	json_open(&o, '{');
	json_kspan(&o, "collection", k->id);
	json_kstr(&o, "stamp", text);
	json_close(&o, '}');
	buf_adds(out, "\n\n");
}

/* The principal may have lost its token since. */
static bool still_welcome(struct call *c)
{
	struct accord_principal who;
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);

	return c->login.kind != LOGIN_BEARER || (a && accord_authenticate_token(c->hub->accord, a, c->login.token, &who, NULL) == ERR_OK);
}

static bool feed(void *ctx, struct http_request *r, struct buf *out, int64_t *deadline)
{
	struct call *c = *http_slot(r);
	struct stream *s = c->own;
	int64_t now = timestamp_tick_ns(), beat = HUB_NUMBER(c->hub, STREAM_HEARTBEAT) * SECOND;
	const struct store_view *v;

	if (now >= s->ends)
		return false;
	if (!s->began)
		buf_adds(out, "retry: 1000\n\n");
	s->began = true;
	if (accord_view(c->hub->accord, &c->who, hub_now(c->hub), &v, NULL) != ERR_OK)
		return false;
	for (size_t i = 0; i < c->wait.n; i++) {
		uint64_t count;

		if (store_view_has_newer(c->hub->store, v, c->wait.v[i].number, c->wait.after[i]) &&
			store_view_count(c->hub->store, v, c->wait.v[i].number, &count, &c->wait.after[i], NULL) == ERR_OK)
			say(out, &c->wait.v[i], c->wait.after[i]);
	}
	store_view_unref(v);
	if (!out->n && now - s->said >= beat) {
		if (!still_welcome(c))
			return false;
		buf_adds(out, ": still here\n\n");
	}
	if (out->n)
		s->said = now;
	*deadline = s->said + beat < s->ends ? s->said + beat : s->ends;
	return true;
}

void do_stream(struct call *c)
{
	struct stream *s = ARENA_NEW(c->a, struct stream);
	const struct store_view *v;
	uint64_t count;
	enum err e;

	if (!s || !collections_readable(c, &c->wait.v, &c->wait.n) || !(c->wait.after = arena_array(c->a, c->wait.n + 1, sizeof(*c->wait.after)))) {
		call_fail(c, ERR_NOMEM, &c->fault);
		return;
	}
	e = accord_view(c->hub->accord, &c->who, hub_now(c->hub), &v, &c->fault);
	for (size_t i = 0; e == ERR_OK && i < c->wait.n; i++)
		e = store_view_count(c->hub->store, v, c->wait.v[i].number, &count, &c->wait.after[i], &c->fault);
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	store_view_unref(v);
	s->said = timestamp_tick_ns();
	s->ends = s->said + HUB_NUMBER(c->hub, STREAM_SECONDS) * SECOND;
	c->own = s;
	if (!wait_add(c))
		return;
	atomic_fetch_add(&c->hub->metrics.streams, 1);
	call_headers(c);
	http_reply_header(c->r, "X-Accel-Buffering", "no");
	http_stream(c->r, 200, "text/event-stream", feed);
}
