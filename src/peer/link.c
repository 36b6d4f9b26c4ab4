/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a link: find the peer, make sure who it is, read its directory, follow its collections; begin again when something breaks.
 *
 * 1. One thread a link (link_main) and, in a session, one a collection (feed_main).  A feed's client is used by its thread alone; link_stop may cancel it.
 * 2. The peer's key is pinned at first contact (meet): another key under the same address is refused until an operator removes and adds the link.
 * 3. Hints may be lost: every feed asks again by itself, after an error soon (back_off), after a quiet time anyhow.
 * 4. State is kept in memory and written for other processes at most every LINK_STATE_US (flush_state). */
#include "peer/link_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct timestamp link_now(const struct link *l)
{
	return l->all->now(l->all->ctx);
}

static bool ends(struct link *l)
{
	return atomic_load(&l->stop);
}

/* ---- state ---- */

static void note_contact(struct link *l, enum err e, const struct fault *f)
{
	struct timestamp now = link_now(l);
	pthread_mutex_lock(&l->state_lock);
	if (e == ERR_OK) {
		l->state.connected = true;
		l->state.last_contact = now;
		l->state.last_error[0] = '\0';
	} else {
		l->state.connected = false;
		snprintf(l->state.last_error, sizeof l->state.last_error, "%s%s%s", f->what[0] ? f->what : err_name(e), f->where[0] ? " at " : "", f->where);
	}
	l->dirty = true;
	pthread_mutex_unlock(&l->state_lock);
}

static void flush_state(struct link *l, bool at_once)
{
	struct timestamp now = link_now(l);
	pthread_mutex_lock(&l->state_lock);
	struct peer_state s = l->state;
	/* A clock that stepped back must not keep the state from being written. */
	bool due = l->dirty && (at_once || now.us - l->written.us >= LINK_STATE_US || now.us < l->written.us);
	if (due) {
		l->dirty = false;
		l->written = now;
	}
	pthread_mutex_unlock(&l->state_lock);
	if (due && peer_state_put(l->all->accord, l->row.config.id, &s, now, NULL) != ERR_OK) {
		pthread_mutex_lock(&l->state_lock);
		l->dirty = true;
		pthread_mutex_unlock(&l->state_lock);
	}
}

/* ---- waiting ---- */

static unsigned spread(unsigned ms)
{
	uint16_t r;
	random_bytes(&r, sizeof r);
	return ms * 4 / 5 + (unsigned)((uint64_t)ms * 2 / 5 * r / UINT16_MAX);
}

static bool is_refusal(enum err e)
{
	return e != ERR_IO && e != ERR_BUSY && e != ERR_DB && e != ERR_NOMEM && e != ERR_CONFLICT;
}

/* How long to wait after the n-th failure in a row. */
static unsigned back_off(enum err e, unsigned n)
{
	unsigned most = is_refusal(e) ? LINK_REFUSED_MOST_MS : LINK_RETRY_MOST_MS;
	unsigned ms = n < 10 ? (unsigned)LINK_RETRY_FIRST_MS << n : most;
	return spread(ms < most ? ms : most);
}

/* ---- one feed ---- */

/* After the n-th empty answer in a row that was not waited for.  A hub only does that while it stops; other servers may not know Prefer: wait. */
static unsigned quiet(const struct link *l, unsigned n)
{
	unsigned most = l->row.config.member.n ? LINK_POLL_MS : LINK_RETRY_MOST_MS;
	unsigned ms = n < 10 ? (unsigned)LINK_RETRY_FIRST_MS << n : most;
	return spread(ms < most ? ms : most);
}

/* What a failure means for the feed: wait, or let the session look who it is that refuses us and what is there now. */
static void failed(struct feed *feed, enum err e, unsigned failures)
{
	if (e == ERR_UNAUTHENTICATED || e == ERR_DENIED || e == ERR_NOTFOUND) {
		atomic_store(&feed->link->refused, true);
		atomic_store(&feed->link->again, true);
	}
	client_pause(feed->client, back_off(e, failures));
}

static void *feed_main(void *arg)
{
	struct feed *feed = arg;
	struct link *l = feed->link;
	unsigned failures = 0, empty = 0;
	while (!ends(l) && !atomic_load(&l->again)) {
		struct fault f = { 0 };
		bool more = false, current = atomic_load(&feed->caught_up) && !failures;
		size_t count = 0;
		int64_t began = timestamp_tick_ns();
		enum err e = link_page(feed, feed->client, current ? LINK_WAIT_S : 0, &more, &count, &f);
		if (ends(l))
			break;
		note_contact(l, e, &f);
		if (e) {
			failed(feed, e, failures++);
			continue;
		}
		failures = 0;
		if (!more)
			atomic_store(&feed->caught_up, true);
		bool waited = timestamp_tick_ns() - began > (int64_t)LINK_WAIT_S * 1000000000 / 5;
		if (!current || waited || count)
			empty = 0;
		else
			client_pause(feed->client, quiet(l, empty++));
	}
	return NULL;
}

/* ---- a session ---- */

static struct client_options options(const struct link *l)
{
	const struct peer_config *c = &l->row.config;
	return (struct client_options){ .url = c->url.p, .token = c->token.n ? c->token.p : NULL, .user = c->user.n ? c->user.p : NULL, .password = c->password.n ? c->password.p : NULL, .ca_file = c->ca_file.n ? c->ca_file.p : NULL, .hub_id = c->member.n ? NULL : accord_hub(l->all->accord)->id.p, .timeout_s = 30, .lively = true };
}

/* Makes a client that link_stop can cancel. */
static enum err new_client(struct link *l, struct client **slot, struct fault *f)
{
	struct client_options o = options(l);
	struct client *c;
	enum err e = client_new(&o, &c, f);
	if (e)
		return e;
	pthread_mutex_lock(&l->clients);
	*slot = c;
	if (ends(l))
		client_cancel(c);
	pthread_mutex_unlock(&l->clients);
	return ERR_OK;
}

static void drop_client(struct link *l, struct client **slot)
{
	pthread_mutex_lock(&l->clients);
	struct client *c = *slot;
	*slot = NULL;
	pthread_mutex_unlock(&l->clients);
	client_free(c);
}

/* Keeps what was learned in the link's own memory: few and short, once an epoch. */
static enum err remember(struct link *l, const struct client_hub *hub, struct fault *f)
{
	struct peer_row row = l->row; /* config never changes: other threads read it */
	row.hub_id = arena_span(l->arena, hub->id);
	row.name = arena_span(l->arena, hub->name);
	row.country = arena_span(l->arena, hub->country);
	row.public_key = arena_span(l->arena, hub->public_key);
	row.epoch = arena_span(l->arena, hub->epoch);
	if (!arena_ok(l->arena))
		return fault_set(f, ERR_NOMEM, "", "no memory for a link");
	enum err e = peer_learn(l->all->accord, &row, f);
	if (e == ERR_OK) {
		l->row.hub_id = row.hub_id;
		l->row.name = row.name;
		l->row.country = row.country;
		l->row.public_key = row.public_key;
		l->row.epoch = row.epoch;
	}
	return e;
}

/* Who answers?  Pinned at first contact. */
static enum err meet(struct link *l, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct client_hub hub = { 0 };
	const struct peer_row *r = &l->row;
	enum err e = a ? client_discover(l->main, a, &hub, f) : fault_set(f, ERR_NOMEM, "", "no memory for a link");
	if (e || r->config.member.n)
		return e;
	if (!hub.id.n)
		return fault_set(f, ERR_PROTO, r->config.url.p, "this TAXII server is no musubi hub: remove the link and add it with --member ID, who answers for its objects");
	if (!stix_id_is(hub.id, "identity") || !sign_public_parse(hub.public_key, l->key))
		return fault_set(f, ERR_PROTO, r->config.url.p, "the hub's discovery resource does not say who it is (x_musubi: hub_id, public_key)");
	if (span_eq(hub.id, accord_hub(l->all->accord)->id))
		return fault_set(f, ERR_USAGE, r->config.url.p, "this is the address of this very hub: remove the link");
	if (r->hub_id.n && !span_eq(r->hub_id, hub.id))
		return fault_set(f, ERR_DENIED, r->config.url.p, "another hub answers there now (%.*s, it was %.*s): if that is right, remove the link and add it again",
			hub.id.n > 64 ? 64 : SPAN_ARG(hub.id), SPAN_ARG(r->hub_id));
	if (r->public_key.n && !span_eq(r->public_key, hub.public_key))
		return fault_set(f, ERR_DENIED, r->config.url.p, "the hub's key has changed: ask its operator why, and if that is right remove the link and add it again");
	bool same = span_eq(r->epoch, hub.epoch) && span_eq(r->name, hub.name) && span_eq(r->country, hub.country) && r->public_key.n;
	return same ? ERR_OK : remember(l, &hub, f);
}

static bool is_alias(struct span s)
{
	bool good = s.n > 0 && s.n <= 64;
	for (size_t i = 0; good && i < s.n; i++)
		good = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || (i && strchr("._-", s.p[i]));
	return good;
}

static enum err add_collection(void *ctx, struct store_tx *tx, struct fault *f)
{
	int64_t number;
	return store_collection_add(tx, ctx, &number, f);
}

/* The local collection of that alias, made where there is none. */
static enum err local_collection(struct link *l, const struct taxii_collection *there, struct store_collection *out, struct fault *f)
{
	struct store *s = accord_store(l->all->accord);
	struct span alias = l->row.config.into.n ? l->row.config.into : there->alias.n ? there->alias
										       : there->id;
	char id[UUID_TEXT];
	uint8_t random[16];
	for (int made = 0;; made++) {
		struct store_collection *v;
		size_t n;
		enum err e = store_collections(s, l->session, &v, &n, f);
		for (size_t i = 0; e == ERR_OK && i < n; i++)
			if (span_eq(v[i].alias, alias)) {
				*out = v[i];
				return ERR_OK;
			}
		if (e || made)
			return e ? e : fault_set(f, ERR_NOTFOUND, "collection", "\"%.*s\" could not be made here", SPAN_ARG(alias));
		if (!is_alias(alias))
			return fault_set(f, ERR_INVALID, "collection", "\"%.*s\" cannot be the alias of a collection: choose one with --into", alias.n > 64 ? 64 : SPAN_ARG(alias));
		random_bytes(random, sizeof random);
		struct uuid u = uuid_v4(random);
		uuid_format(&u, id);
		struct store_collection c = { .id = span_of(id), .alias = alias, .title = there->title.n && there->title.n <= 256 ? there->title : alias, .can_read = true, .can_write = there->members_write, .default_tlp = there->default_tlp };
		enum stix_tlp level;
		if (!stix_tlp_parse(c.default_tlp, &level))
			c.default_tlp = (struct span){ NULL, 0 };
		e = store_write(s, add_collection, &c, f);
		if (e && e != ERR_CONFLICT)
			return e;
	}
}

static bool wanted(const struct link *l, const struct taxii_collection *c)
{
	struct span only = l->row.config.collection;
	if (!c->can_read)
		return false;
	return !only.n || span_eq(c->id, only) || span_eq(c->alias, only) || span_eq(c->title, only);
}

static enum err add_feed(struct link *l, const struct taxii_collection *there, struct fault *f)
{
	struct feed *feed = &l->feed[l->n_feeds];
	bool directory = !l->row.config.member.n && span_is(there->alias, "directory");
	pthread_mutex_lock(&l->clients);
	*feed = (struct feed){ .link = l, .there = there->id, .directory = directory };
	pthread_mutex_unlock(&l->clients);
	enum err e = directory ? ERR_OK : local_collection(l, there, &feed->here, f);
	/* An object without a TLP is what it is at its home hub, not what it would be here; where the peer does not say, it is refused. */
	if (e == ERR_OK && !l->row.config.member.n)
		feed->here.default_tlp = there->default_tlp;
	if (e == ERR_OK && feed->here.directory)
		e = fault_set(f, ERR_DENIED, "collection", "\"directory\" is the hub's own: choose another collection with --into");
	if (e == ERR_OK)
		e = peer_cursor_get(l->all->accord, l->row.config.id, feed->there, &feed->cursor, f);
	if (e == ERR_OK)
		e = new_client(l, &feed->client, f);
	if (e)
		return e;
	pthread_mutex_init(&feed->lock, NULL);
	feed->overlaps = LINK_OVERLAP_POLLS;
	l->n_feeds++;
	if (directory)
		l->directory = feed;
	return ERR_OK;
}

static enum err list_there(struct link *l, struct arena *a, struct taxii_collection **v, size_t *n, struct fault *f)
{
	struct taxii_collection *one;
	if (!l->row.config.member.n || (l->row.config.collection.n == 0 && !client_names_collection(l->main)))
		return client_collections(l->main, a, v, n, f);
	*v = one = ARENA_NEW(a, struct taxii_collection);
	*n = 1;
	return one ? client_collection(l->main, a, l->row.config.collection, false, one, f) : fault_set(f, ERR_NOMEM, "", "no memory for a link");
}

static enum err make_feeds(struct link *l, struct fault *f)
{
	struct taxii_collection *v;
	size_t n, skipped = 0;
	struct fault why = { 0 };
	enum err e = list_there(l, l->session, &v, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n && l->n_feeds < LINK_FEEDS; i++) {
		enum err bad = wanted(l, &v[i]) ? add_feed(l, &v[i], &why) : ERR_OK;
		if (bad == ERR_INVALID || bad == ERR_DENIED)
			skipped++; /* one odd collection does not stop the others */
		else if (bad)
			e = fault_set(f, bad, why.where, "%s", why.what);
	}
	if (e == ERR_OK && l->n_feeds == 0)
		e = skipped ? fault_set(f, ERR_INVALID, why.where, "%s", why.what) : fault_set(f, ERR_DENIED, l->row.config.url.p, "there is no collection that this hub may read: has its operator let us in (`musubi peer invite`)?");
	return e;
}

static enum err start_feed(struct feed *feed, struct fault *f)
{
	if (pthread_create(&feed->thread, NULL, feed_main, feed) != 0)
		return fault_set(f, ERR_NOMEM, "", "no thread for a collection");
	feed->running = true;
	return ERR_OK;
}

/* Did the peer's readable collections change since the session began? */
static bool collections_changed(struct link *l)
{
	ARENA_SCOPE struct arena *a = arena_new(4 << 20);
	struct taxii_collection *v;
	size_t n, want = 0, found = 0;
	if (!a || list_there(l, a, &v, &n, NULL) != ERR_OK)
		return false; /* the feeds will notice what is wrong */
	for (size_t i = 0; i < n; i++) {
		want += wanted(l, &v[i]);
		for (size_t k = 0; wanted(l, &v[i]) && k < l->n_feeds; k++)
			found += span_eq(l->feed[k].there, v[i].id);
	}
	return found != l->n_feeds || (want > l->n_feeds && l->n_feeds < LINK_FEEDS && want != found);
}

/* Documents about what another hub has yet to tell: whenever any link took one, and now and then (an operator may have added it here). */
static void look_at_waiting(struct link *l, uint64_t *seen, bool *left, int64_t *looked)
{
	uint64_t now = atomic_load(&l->all->documents);
	int64_t tick = timestamp_tick_ns();
	if (now == *seen && !(*left && tick - *looked > (int64_t)LINK_WAITING_US * 1000))
		return;
	*seen = now;
	*looked = tick;
	if (link_retry_waiting(l, left, NULL) != ERR_OK)
		*left = true;
}

static void watch(struct link *l)
{
	int64_t listed = timestamp_tick_ns(), looked = 0, witnessed = 0;
	uint64_t seen = UINT64_MAX;
	bool left = true;
	while (!ends(l) && !atomic_load(&l->again)) {
		client_pause(l->main, 100);
		flush_state(l, false);
		if (l->directory)
			look_at_waiting(l, &seen, &left, &looked);
		if (l->directory && timestamp_tick_ns() - witnessed > (int64_t)LINK_LOG_US * 1000) {
			link_watch_log(l);
			witnessed = timestamp_tick_ns();
		}
		if (timestamp_tick_ns() - listed < (int64_t)LINK_LIST_US * 1000)
			continue;
		listed = timestamp_tick_ns();
		if (collections_changed(l))
			atomic_store(&l->again, true);
	}
}

static void end_feeds(struct link *l)
{
	atomic_store(&l->again, true);
	for (size_t i = 0; i < l->n_feeds; i++)
		client_cancel(l->feed[i].client);
	for (size_t i = 0; i < l->n_feeds; i++) {
		struct feed *feed = &l->feed[i];
		if (feed->running)
			pthread_join(feed->thread, NULL);
		drop_client(l, &feed->client);
		pthread_mutex_destroy(&feed->lock);
	}
	l->n_feeds = 0;
	l->directory = NULL;
}

/* Directory first, complete; then everything. */
static enum err follow(struct link *l, struct fault *f)
{
	enum err e = l->directory ? start_feed(l->directory, f) : ERR_OK;
	while (e == ERR_OK && l->directory && !atomic_load(&l->directory->caught_up) && !ends(l) && !atomic_load(&l->again)) {
		client_pause(l->main, 10);
		flush_state(l, false);
	}
	for (size_t i = 0; e == ERR_OK && i < l->n_feeds && !ends(l); i++)
		if (!l->feed[i].running)
			e = start_feed(&l->feed[i], f);
	if (e == ERR_OK)
		watch(l);
	return e;
}

static enum err session(struct link *l, struct fault *f)
{
	atomic_store(&l->again, false);
	atomic_store(&l->refused, false);
	l->session = arena_new(16 << 20);
	enum err e = l->session ? new_client(l, &l->main, f) : fault_set(f, ERR_NOMEM, "", "no memory for a link");
	if (e == ERR_OK) {
		e = meet(l, f);
		if (e == ERR_OK)
			e = make_feeds(l, f);
		note_contact(l, e, f);
		if (e == ERR_OK)
			e = follow(l, f);
		end_feeds(l);
		drop_client(l, &l->main);
	}
	arena_free(l->session);
	l->session = NULL;
	return e;
}

/* Waits between sessions, when there is no client to wait with. */
static void rest(struct link *l, unsigned ms)
{
	for (unsigned waited = 0; waited < ms && !ends(l); waited += 20) {
		struct timespec t = { 0, 20000000 };
		nanosleep(&t, NULL);
		flush_state(l, false);
	}
}

static void *link_main(void *arg)
{
	struct link *l = arg;
	unsigned failures = 0;
	while (!ends(l)) {
		struct fault f = { 0 };
		int64_t began = timestamp_tick_ns();
		enum err e = session(l, &f);
		if (ends(l))
			break;
		/* A session that ended soon, whatever it said, does not begin again at once. */
		bool good = e == ERR_OK && timestamp_tick_ns() - began > (int64_t)LINK_REFUSED_MOST_MS * 1000000;
		if (e)
			note_contact(l, e, &f);
		failures = good ? 0 : failures + 1;
		rest(l, back_off(e ? e : atomic_load(&l->refused) ? ERR_DENIED
								  : ERR_IO,
				failures - !good));
	}
	pthread_mutex_lock(&l->state_lock);
	l->state.connected = false;
	l->dirty = true;
	pthread_mutex_unlock(&l->state_lock);
	flush_state(l, true);
	return NULL;
}

/* ---- all links ---- */

static uint64_t fingerprint(const struct peer_config *c)
{
	const struct span parts[] = { c->id, c->url, c->token, c->user, c->password, c->ca_file, c->collection, c->into, c->member };
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (size_t k = 0; k < parts[i].n; k++)
			h = (h ^ (unsigned char)parts[i].p[k]) * 0x100000001b3u;
		h = (h ^ 0x100) * 0x100000001b3u;
	}
	return h;
}

static void link_free(struct link *l)
{
	pthread_mutex_destroy(&l->clients);
	pthread_mutex_destroy(&l->state_lock);
	arena_free(l->arena);
	free(l);
}

static bool copy_row(struct arena *a, const struct peer_row *from, struct peer_row *to)
{
	struct peer_row copy = *from;
	struct span *const parts[] = { &copy.config.id, &copy.config.url, &copy.config.token, &copy.config.user, &copy.config.password, &copy.config.ca_file,
		&copy.config.collection, &copy.config.into, &copy.config.member, &copy.hub_id, &copy.name, &copy.country, &copy.public_key, &copy.epoch };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		*parts[i] = arena_span(a, *parts[i]);
	*to = copy;
	return arena_ok(a);
}

static struct link *link_start(struct peer_links *all, const struct peer_row *row)
{
	struct link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->all = all;
	l->arena = arena_new(1 << 20);
	l->fingerprint = fingerprint(&row->config);
	pthread_mutex_init(&l->clients, NULL);
	pthread_mutex_init(&l->state_lock, NULL);
	bool ok = l->arena && copy_row(l->arena, row, &l->row) && peer_state_get(all->accord, row->config.id, &l->state, NULL) == ERR_OK;
	l->state.connected = false;
	if (ok && pthread_create(&l->thread, NULL, link_main, l) == 0)
		return l;
	link_free(l);
	return NULL;
}

static void link_stop(struct link *l)
{
	atomic_store(&l->stop, true);
	pthread_mutex_lock(&l->clients);
	if (l->main)
		client_cancel(l->main);
	for (size_t i = 0; i < LINK_FEEDS; i++)
		if (l->feed[i].client)
			client_cancel(l->feed[i].client);
	pthread_mutex_unlock(&l->clients);
}

/* Takes out of the list every link that is not among rows, told to stop; returns them. */
static struct link *take_gone(struct peer_links *all, const struct peer_row *rows, size_t n)
{
	struct link *gone = NULL;
	for (struct link **at = &all->first; *at;) {
		bool stays = false;
		for (size_t i = 0; i < n; i++)
			stays = stays || ((*at)->fingerprint == fingerprint(&rows[i].config) && span_eq((*at)->row.config.id, rows[i].config.id));
		struct link *l = *at;
		if (stays) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		l->next = gone;
		gone = l;
		link_stop(l);
	}
	return gone;
}

static void join_all(struct link *gone)
{
	while (gone) {
		struct link *l = gone;
		gone = l->next;
		pthread_join(l->thread, NULL);
		link_free(l);
	}
}

static void reconcile(struct peer_links *all, const struct peer_row *rows, size_t n)
{
	pthread_mutex_lock(&all->lock);
	join_all(take_gone(all, rows, n));
	for (size_t i = 0; i < n; i++) {
		bool runs = false;
		for (struct link *l = all->first; l; l = l->next)
			runs = runs || span_eq(l->row.config.id, rows[i].config.id);
		struct link *l = runs ? NULL : link_start(all, &rows[i]);
		if (l) {
			l->next = all->first;
			all->first = l;
		}
	}
	pthread_mutex_unlock(&all->lock);
}

void peer_links_refresh(struct peer_links *all)
{
	ARENA_SCOPE struct arena *a = arena_new(16 << 20);
	struct peer_row *rows = NULL;
	size_t n = 0;
	/* A table that cannot be read now changes nothing; the next call will see it. */
	if (a && peer_rows(all->accord, a, &rows, &n, NULL) == ERR_OK)
		reconcile(all, rows, n);
}

enum err peer_links_start(struct accord *a, struct timestamp (*now)(void *), void *ctx, struct peer_links **out, struct fault *f)
{
	enum err e = peer_tables(a, f);
	if (e)
		return e;
	struct peer_links *all = calloc(1, sizeof *all);
	if (!all)
		return fault_set(f, ERR_NOMEM, "", "no memory for links");
	all->accord = a;
	all->now = now;
	all->ctx = ctx;
	pthread_mutex_init(&all->lock, NULL);
	peer_links_refresh(all);
	*out = all;
	return ERR_OK;
}

void peer_links_stop(struct peer_links *all)
{
	if (!all)
		return;
	reconcile(all, NULL, 0);
	pthread_mutex_destroy(&all->lock);
	free(all);
}
