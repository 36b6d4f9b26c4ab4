/* SPDX-License-Identifier: Apache-2.0 */
/* One page for one recipient: what it may have (view), perhaps waiting for news, the entries, the record of the release; then it may be read.
 *
 * 1. page_run -> [park until news] -> take -> [park until the release is durable] -> ask->then.
 * 2. A cursor is sealed over (epoch, position) and bound to the filter, the resource and the recipient: another question, another reader or a
 *    restored hub is an error that says so, never a silent gap. */
#include "hub/hub_priv.h"

#define SECOND 1000000000ll

static void take(struct call *c);

static void free_view(void *view)
{
	store_view_unref(view);
}

static void free_page(void *page)
{
	store_page_free(page);
}

static bool look(struct call *c, struct page_ask *ask)
{
	enum err e;

	c->now = hub_now(c->hub);
	e = accord_view(c->hub->accord, &c->who, c->now, &ask->view, &c->fault);
	if (e == ERR_OK && !arena_defer(c->a, free_view, (void *)(uintptr_t)ask->view)) {
		store_view_unref(ask->view);
		e = ERR_NOMEM;
	}
	if (e != ERR_OK)
		call_fail(c, e, &c->fault);
	return e == ERR_OK;
}

static bool open_cursor(struct call *c, struct page_ask *ask)
{
	const struct accord_hub *me = accord_hub(c->hub->accord);
	struct span plain;

	if (!ask->next.n)
		return true;
	plain = sign_unseal(c->a, me->secret, ask->next, ask->bound);
	if (!plain.p)
		fault_set(&c->fault, ERR_SYNTAX, "next", "this position belongs to another question, reader or hub; repeat the filters it was given for, or start over without next");
	else if (plain.n < me->epoch.n || memcmp(plain.p, me->epoch.p, me->epoch.n) != 0)
		fault_set(&c->fault, ERR_SYNTAX, "next", "the hub was restored from a backup since this position was given; start over without next");
	else {
		ask->q.cursor = (struct span){ plain.p + me->epoch.n, plain.n - me->epoch.n };
		return true;
	}
	call_fail(c, ERR_SYNTAX, &c->fault);
	return false;
}

static struct span seal_cursor(struct call *c, struct page_ask *ask)
{
	const struct accord_hub *me = accord_hub(c->hub->accord);
	struct span at = store_page_cursor(ask->page), bound = ask->bound;
	char *plain = arena_alloc(c->a, me->epoch.n + at.n + 1);
	uint8_t nonce[24];

	if (!plain)
		return (struct span){ 0 };
	memcpy(plain, me->epoch.p, me->epoch.n);
	memcpy(plain + me->epoch.n, at.p, at.n);
	random_bytes(nonce, sizeof(nonce));
	return sign_seal(c->a, me->secret, (struct span){ plain, me->epoch.n + at.n }, bound, nonce);
}

/* The page may be read from here on. */
static void released(struct call *c)
{
	struct page_ask *ask = c->own;

	if (c->e != ERR_OK) {
		call_fail(c, c->e, &c->fault);
		return;
	}
	if (ask->wait_until && !store_page_count(ask->page) && ask->filtered && timestamp_tick_ns() < ask->wait_until && !http_stopping(c->hub->http)) {
		page_run(c, ask); /* what came did not pass the filter */
		return;
	}
	if (store_page_more(ask->page))
		ask->next_out = seal_cursor(c, ask);
	ask->then(c);
}

static void take(struct call *c)
{
	struct page_ask *ask = c->own;
	enum err e;

	if (ask->filtered && ask->wait_until) {
		uint64_t count;

		/* Taken before the page: whatever comes later is newer than this. */
		e = store_view_count(c->hub->store, ask->view, ask->collection->number, &count, &c->wait.after[0], &c->fault);
		if (e != ERR_OK) {
			call_fail(c, e, &c->fault);
			return;
		}
	}
	e = store_page_new(c->hub->store, ask->view, &ask->q, &ask->page, &c->fault);
	if (e == ERR_OK && !arena_defer(c->a, free_page, ask->page)) {
		store_page_free(ask->page);
		e = ERR_NOMEM;
	}
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	call_begins(c);
	if (store_page_release(ask->page, call_done, c))
		released(c);
	else
		call_await(c, released);
}

/* ---- waiting ---- */

static void woken(void *ctx, struct http_request *r)
{
	struct call *c = *http_slot(r);
	struct page_ask *ask = c->own;
	bool news;

	if (!wait_over(c, &news) && timestamp_tick_ns() < ask->wait_until && !http_stopping(c->hub->http)) {
		http_wait(r, woken, ask->wait_until);
		return;
	}
	wait_remove(c);
	if (look(c, ask))
		take(c);
}

void page_run(struct call *c, struct page_ask *ask)
{
	bool news = true;

	c->own = ask;
	if (!look(c, ask) || !open_cursor(c, ask))
		return;
	if (!ask->wait_until || ask->next.n) {
		take(c);
		return;
	}
	if (!c->wait.v) {
		c->wait.v = ask->collection;
		c->wait.n = 1;
		c->wait.after = ARENA_NEW(c->a, struct timestamp);
		if (!c->wait.after) {
			call_fail(c, ERR_NOMEM, NULL);
			return;
		}
		c->wait.after[0] = ask->q.has_after ? ask->q.after : (struct timestamp){ -1 };
	}
	if (!wait_add(c))
		return;
	if (wait_over(c, &news)) {
		wait_remove(c);
		take(c);
		return;
	}
	http_wait(c->r, woken, ask->wait_until);
}
