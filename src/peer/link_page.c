/* SPDX-License-Identifier: Apache-2.0 */
/* One page of a peer's collection: asked for, judged object by object, committed, and only then passed in the cursor.
 *
 * 1. At least once: the cursor is written after the objects are durable; what comes twice is UNCHANGED.
 * 2. Directory first: objects of other collections are taken in only after the peer's directory has been read to its end (take_directory), so that the
 *    agreements they name are known.
 * 3. Nothing blocks: what is refused is set aside with its reason and the cursor moves on.  Only our own store's failure stops a page. */
#include "peer/link_priv.h"
#include "util/bounds.h"
#include <stdio.h>

#define PAGE_ARENA (192u << 20) /* parsed notes and spans of one page; its bytes are the client's */
#define PAGE_PIECE 2000 /* objects given to one intake: servers may ignore our limit */

struct page_objects {
	struct arena *a;
	struct span *raw;
	size_t n, room;
	struct span notes; /* x_musubi */
};

static enum err take_raw(void *ctx, size_t index, struct span raw)
{
	struct page_objects *p = ctx;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : LINK_PAGE;
		struct span *more = arena_array(p->a, room, sizeof *more);
		if (!more)
			return ERR_NOMEM;
		if (p->n)
			memcpy(more, p->raw, p->n * sizeof *more);
		p->raw = more;
		p->room = room;
	}
	p->raw[p->n++] = raw;
	return ERR_OK;
}

static enum err take_notes(void *ctx, struct span key, struct span raw)
{
	struct page_objects *p = ctx;
	if (span_is(key, "x_musubi"))
		p->notes = raw;
	return ERR_OK;
}

/* ---- what was done with the objects ---- */

struct taken {
	struct peer_refusal *refused;
	size_t n_refused, room;
	struct peer_document *waiting;
	size_t n_waiting;
	uint64_t added, held;
};

static enum err set_aside(struct arena *a, struct taken *t, struct span id, struct span version, const char *reason)
{
	if (t->n_refused == t->room) {
		size_t room = t->room ? t->room * 2 : 16;
		struct peer_refusal *more = arena_array(a, room, sizeof *more);
		if (!more)
			return ERR_NOMEM;
		if (t->n_refused)
			memcpy(more, t->refused, t->n_refused * sizeof *more);
		t->refused = more;
		t->room = room;
	}
	t->refused[t->n_refused] = (struct peer_refusal){ arena_span(a, id), arena_span(a, version), arena_span(a, span_of(reason)) };
	return t->refused[t->n_refused++].reason.p ? ERR_OK : ERR_NOMEM;
}

/* The failures that are ours, not the object's. */
static bool is_ours(enum err e)
{
	return e == ERR_DB || e == ERR_IO || e == ERR_NOMEM || e == ERR_BUSY || e == ERR_INTERNAL;
}

/* Id of an object that was not understood, as far as it can be seen. */
static struct span id_of(struct arena *a, struct span raw)
{
	struct json v;
	return json_read(a, raw, &v, NULL) == ERR_OK ? json_string_or_none(json_get(v, "id")) : SPAN("");
}

static enum err take_documents(struct feed *feed, const struct page_objects *p, struct taken *t, struct fault *f)
{
	struct link *l = feed->link;
	t->waiting = arena_array(p->a, p->n + 1, sizeof *t->waiting);
	if (!t->waiting)
		return fault_set(f, ERR_NOMEM, "", "no memory for a page");
	for (size_t i = 0; i < p->n; i++) {
		struct fault why = { 0 };
		enum err e = accord_directory_take(l->all->accord, l->row.hub_id, l->key, p->raw[i], &why);
		if (e && is_ours(e)) {
			if (f)
				*f = why;
			return e;
		}
		t->added += e == ERR_OK;
		struct span id = e ? id_of(p->a, p->raw[i]) : SPAN("");
		if (e == ERR_NOTFOUND && id.n && t->n_waiting < LINK_PAGE)
			/* about an agreement that a third hub has yet to tell us of */
			t->waiting[t->n_waiting++] = (struct peer_document){ id, p->raw[i] };
		else if (e && (e = set_aside(p->a, t, id, SPAN(""), why.what[0] ? why.what : err_name(e))))
			return e;
	}
	if (t->added)
		atomic_fetch_add(&l->all->documents, t->added);
	return ERR_OK;
}

enum err link_retry_waiting(struct link *l, bool *left, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(PAGE_ARENA);
	struct peer_document *v = NULL;
	size_t n = 0;
	*left = false;
	enum err e = a ? peer_waiting(l->all->accord, a, l->row.config.id, LINK_PAGE, &v, &n, f) : fault_set(f, ERR_NOMEM, "", "no memory for documents that wait");
	for (size_t i = 0; e == ERR_OK && i < n && !atomic_load(&l->stop); i++) {
		struct fault why = { 0 };
		enum err got = accord_directory_take(l->all->accord, l->row.hub_id, l->key, v[i].raw, &why);
		if (got == ERR_NOTFOUND || is_ours(got)) {
			*left = true;
			continue;
		}
		if (got == ERR_OK)
			atomic_fetch_add(&l->all->documents, 1);
		e = peer_waiting_over(l->all->accord, l->row.config.id, v[i].id, f);
	}
	return e;
}

static enum err note_fates(const struct accord_intake *in, struct arena *a, struct taken *t)
{
	for (size_t i = 0; i < accord_intake_count(in); i++) {
		const struct accord_fate *fate = accord_intake_fate(in, i);
		t->held += fate->held;
		t->added += fate->accepted && fate->fate == STORE_ADDED;
		if (fate->accepted || fate->held || fate->fate == STORE_UNCHANGED)
			continue;
		const char *why = fate->fault.what[0] ? fate->fault.what : fate->door ? policy_door_words(fate->door)
										      : store_fate_name(fate->fate);
		enum err e = set_aside(a, t, span_of(fate->id), span_of(fate->version), why);
		if (e)
			return e;
	}
	return ERR_OK;
}

/* Where an object is from: its origin and when its home hub added it.  False: the hub does not say. */
static bool read_note(struct json_iter *notes, struct span *origin, struct timestamp *added)
{
	if (!json_next(notes))
		return false;
	struct span at = json_string_or_none(json_get(notes->value, "added"));
	*origin = json_string_or_none(json_get(notes->value, "origin"));
	*added = (struct timestamp){ 0 };
	return origin->n && (!at.n || timestamp_parse(at, added, NULL) == ERR_OK);
}

static enum err take_piece(struct feed *feed, const struct page_objects *p, size_t from, size_t to, struct json_iter *notes, struct taken *t, struct fault *f)
{
	struct link *l = feed->link;
	bool foreign = l->row.config.member.n > 0;
	struct accord_principal by = { .org = foreign ? l->row.config.member : l->row.hub_id, .hub = !foreign };
	struct accord_intake *in;
	enum err e = accord_intake_new(l->all->accord, &by, &feed->here, link_now(l), &in, f);
	if (e)
		return e;
	for (size_t i = from; e == ERR_OK && i < to; i++) {
		struct span origin;
		struct timestamp added;
		if (!foreign && !read_note(notes, &origin, &added)) {
			e = set_aside(p->a, t, id_of(p->a, p->raw[i]), SPAN(""), "the hub does not say which of its members it is from");
			continue;
		}
		if (!foreign)
			accord_intake_from(in, l->row.hub_id, origin, added);
		e = accord_intake_add(in, p->raw[i], f);
		if (e && !is_ours(e))
			e = set_aside(p->a, t, SPAN(""), SPAN(""), err_name(e));
	}
	if (e == ERR_OK && accord_intake_count(in))
		e = accord_intake_commit_wait(in, f);
	if (e == ERR_OK)
		e = note_fates(in, p->a, t);
	accord_intake_free(in);
	return e;
}

static enum err take_objects(struct feed *feed, const struct page_objects *p, struct taken *t, struct fault *f)
{
	struct json notes = { 0 };
	enum err e = ERR_OK;
	if (p->notes.n && json_read(p->a, p->notes, &notes, NULL) != ERR_OK)
		notes = (struct json){ 0 };
	struct json_iter it = json_iter(notes);
	for (size_t i = 0; e == ERR_OK && i < p->n; i += PAGE_PIECE)
		e = take_piece(feed, p, i, i + PAGE_PIECE < p->n ? i + PAGE_PIECE : p->n, &it, t, f);
	return e;
}

/* ---- the cursor ---- */

static void put_cursor(struct peer_cursor *c, struct timestamp after, struct span text)
{
	*c = (struct peer_cursor){ .any = true, .after = after };
	if (text.n < sizeof c->text)
		memcpy(c->text, text.p, text.n);
}

/* A hub's stamps are unique and in commit order: the last one of the page is where the next begins, `next` is not needed.  Other servers are paged as they
 * can, in client_page; their last stamp is read again. */
static void ask_after(struct feed *feed, const struct peer_cursor *c, struct taxii_filter *q)
{
	*q = (struct taxii_filter){ .has_limit = true, .limit = LINK_PAGE };
	if (!c->any)
		return;
	q->has_added_after = true;
	q->added_after = c->after;
	if (feed->link->row.config.member.n)
		q->added_after.us -= feed->overlaps ? LINK_OVERLAP_US : 1;
	else
		q->added_after_text = span_of(c->text);
}

/* What is read twice is refused once: drops the refusals that this feed has had not long ago. */
static void drop_repeats(struct feed *feed, struct taken *t)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->n_refused; i++) {
		const struct span parts[] = { t->refused[i].id, t->refused[i].version, t->refused[i].reason };
		uint64_t h = 0xcbf29ce484222325u;
		bool known = false;
		for (size_t k = 0; k < 3; k++)
			for (size_t b = 0; b < parts[k].n; b++)
				h = (h ^ (unsigned char)parts[k].p[b]) * 0x100000001b3u;
		for (size_t k = 0; k < LINK_ASIDE; k++)
			known = known || feed->aside[k] == h;
		if (known)
			continue;
		feed->aside[feed->n_aside++ % LINK_ASIDE] = h;
		t->refused[kept++] = t->refused[i];
	}
	t->n_refused = kept;
}

/* Counts, writes the cursor, then moves it on. */
static enum err finish(struct feed *feed, struct taken *t, const struct peer_cursor *to, struct timestamp newest, struct fault *f)
{
	struct link *l = feed->link;
	struct timestamp now = link_now(l);
	drop_repeats(feed, t);
	pthread_mutex_lock(&l->state_lock);
	uint64_t before = l->state.refused;
	l->state.refused += t->n_refused;
	l->state.taken += t->added;
	l->state.held += t->held;
	if (t->added && newest.us) {
		l->state.last_object = newest;
		l->state.lag_us = now.us > newest.us ? now.us - newest.us : 0;
	}
	l->dirty = true;
	pthread_mutex_unlock(&l->state_lock);
	if (t->added)
		feed->overlaps = LINK_OVERLAP_POLLS;
	struct peer_progress p = { .link = l->row.config.id, .collection = feed->there, .cursor = *to, .refused = t->refused, .n_refused = t->n_refused, .waiting = t->waiting, .n_waiting = t->n_waiting, .refused_before = before, .now = now };
	enum err e = peer_progress_put(l->all->accord, &p, f);
	if (e == ERR_OK)
		feed->cursor = *to;
	return e;
}

/* The directory read to its end with this feed's own connection: its own thread may be waiting in a long poll. */
static enum err take_directory(struct link *l, struct client *c, struct fault *f)
{
	bool more = true;
	enum err e = ERR_OK;
	while (more && e == ERR_OK && !atomic_load(&l->stop)) {
		size_t count;
		e = link_page(l->directory, c, 0, &more, &count, f);
	}
	return e;
}

static enum err take_page(struct feed *feed, const struct page_objects *p, const struct peer_cursor *to, struct timestamp newest, struct fault *f)
{
	struct taken t = { 0 };
	pthread_mutex_lock(&feed->lock);
	enum err e = feed->directory ? take_documents(feed, p, &t, f) : take_objects(feed, p, &t, f);
	/* Two threads may have asked for the same page of the directory: the cursor goes forward only. */
	if (e == ERR_OK && feed->cursor.any && to->any && timestamp_before(to->after, feed->cursor.after) && !feed->link->row.config.member.n)
		e = finish(feed, &t, &feed->cursor, newest, f);
	else if (e == ERR_OK)
		e = finish(feed, &t, to, newest, f);
	pthread_mutex_unlock(&feed->lock);
	return e;
}

/* Still the hub that was met, and of the same epoch?  Otherwise the session begins again: meet looks who it is, and what a restored hub has is read anew. */
static enum err check_hub(struct link *l, const struct client_answer *r, struct fault *f)
{
	if (r->hub[0] && !span_is(l->row.hub_id, r->hub))
		return fault_set(f, ERR_DENIED, l->row.config.url.p, "another hub answers there now");
	if (!r->epoch[0] || span_is(l->row.epoch, r->epoch))
		return ERR_OK;
	atomic_store(&l->again, true);
	return fault_set(f, ERR_CONFLICT, l->row.config.url.p, "the hub was restored from a backup: starting over");
}

/* `more` without new ground would be asked for in a circle. */
static bool moves(const struct peer_cursor *from, const struct peer_cursor *to)
{
	return to->any && (!from->any || timestamp_before(from->after, to->after));
}

static enum err hub_page(struct feed *feed, struct client *c, struct arena *a, unsigned wait_s, bool *more, size_t *count, struct client_answer *r, struct fault *f)
{
	struct link *l = feed->link;
	struct page_objects p = { .a = a };
	struct taxii_filter q;
	struct timestamp last = { 0 };
	pthread_mutex_lock(&feed->lock);
	struct peer_cursor from = feed->cursor, to = from;
	pthread_mutex_unlock(&feed->lock);
	ask_after(feed, &from, &q);
	enum err e = client_page(c, a, feed->there, &q, wait_s, take_raw, take_notes, &p, more, r, f);
	if (e == ERR_OK)
		e = check_hub(l, r, f);
	if (e || (!(*count = p.n) && !*more))
		return e;
	if (timestamp_parse(span_of(r->added_last), &last, NULL) != ERR_OK)
		return fault_set(f, ERR_PROTO, l->row.config.url.p, "the hub gives objects without X-TAXII-Date-Added-Last");
	put_cursor(&to, last, span_of(r->added_last));
	if (!feed->directory && l->directory)
		e = take_directory(l, c, f);
	if (e == ERR_OK)
		e = take_page(feed, &p, &to, last, f);
	if (e == ERR_OK && *more && !moves(&from, &to))
		e = fault_set(f, ERR_PROTO, l->row.config.url.p, "the hub gives the same page again and again (nothing after %s)", r->added_last);
	return e;
}

/* All pages of a foreign server, one poll: paging is the client's business, and its state lives no longer than the poll. */
static enum err foreign_poll(struct feed *feed, struct client *c, unsigned wait_s, size_t *count, struct fault *f)
{
	struct link *l = feed->link;
	struct taxii_filter q;
	bool more = true;
	enum err e = ERR_OK;
	unsigned overlaps = feed->overlaps;
	ask_after(feed, &feed->cursor, &q);
	for (*count = 0; more && e == ERR_OK && !atomic_load(&l->stop);) {
		ARENA_SCOPE struct arena *a = arena_new(PAGE_ARENA);
		struct client_answer r = { 0 };
		struct page_objects p = { .a = a };
		struct peer_cursor to = feed->cursor;
		e = a ? client_page(c, a, feed->there, &q, wait_s, take_raw, NULL, &p, &more, &r, f) : fault_set(f, ERR_NOMEM, "", "no memory for a page");
		struct timestamp last = { 0 };
		bool dated = e == ERR_OK && r.added_last[0] && timestamp_parse(span_of(r.added_last), &last, NULL) == ERR_OK;
		if (dated && (!to.any || timestamp_before(to.after, last)))
			put_cursor(&to, last, span_of(r.added_last));
		if (e == ERR_OK && p.n)
			e = take_page(feed, &p, &to, last, f);
		*count += p.n;
		wait_s = 0;
		client_answer_release(&r);
	}
	if (e == ERR_OK && overlaps && feed->overlaps == overlaps)
		feed->overlaps--;
	return e;
}

enum err link_page(struct feed *feed, struct client *c, unsigned wait_s, bool *more, size_t *count, struct fault *f)
{
	*more = false;
	*count = 0;
	if (feed->link->row.config.member.n)
		return foreign_poll(feed, c, wait_s, count, f);
	ARENA_SCOPE struct arena *a = arena_new(PAGE_ARENA);
	struct client_answer r = { 0 };
	struct timestamp asked = link_now(feed->link); /* whatever it answers was so then, not later: a long poll may be held back on the way */
	enum err e = a ? hub_page(feed, c, a, wait_s, more, count, &r, f) : fault_set(f, ERR_NOMEM, "", "no memory for a page");
	client_answer_release(&r);
	if (e == ERR_OK && feed->directory && !*more)
		e = accord_heard(feed->link->all->accord, feed->link->row.hub_id, asked, f);
	return e;
}
