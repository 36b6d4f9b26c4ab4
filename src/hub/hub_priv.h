/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the hub, one request's call, the table of routes. */
#ifndef HUB_HUB_PRIV_H
#define HUB_HUB_PRIV_H
#include <pthread.h>
#include <stdatomic.h>
#include "hub/headers.h"
#include "hub/http.h"
#include "hub/hub.h"
#include "hub/settings.h"
#include "peer/peer.h"
#include "taxii/taxii.h"

/* ---- routes ---- */

struct call;
enum media { MEDIA_NONE,
	MEDIA_TAXII,
	MEDIA_JSON,
	MEDIA_EVENTS,
	MEDIA_TEXT,
	MEDIA_NOTE,
	MEDIA_BINARY };
enum rights {
	RIGHT_OPEN, /* anyone; nobody is asked who they are */
	RIGHT_READ, /* logged in, or anonymous where the setting allows it */
	RIGHT_MEMBER, /* logged in */
	RIGHT_ADMIN, /* operator's token */
	RIGHT_LOG, /* logged in, or anybody where log.public says so */
	RIGHT_LOCAL /* from this machine, or operator's token */
};
struct route {
	const char *method, *path; /* "/a/{b}/": a segment in braces is a parameter; the last slash may be missing */
	enum media in, out;
	enum rights rights;
	void (*handler)(struct call *c);
	const char *name, *summary;
};
extern const struct route hub_routes[];
extern const size_t hub_routes_n;
#define ROUTES_MOST 64
#define PARAMETERS_MOST 5
#define PARSERS_KEPT 16
/* The route, or NULL; then *allow lists the methods of the path ("" where there is no such path). */
const struct route *route_find(struct arena *a, const char *method, struct span path, struct span params[static PARAMETERS_MOST], const char **allow);

/* ---- the hub ---- */

struct hub_collections { /* finished, read-only, counted */
	atomic_uint refs;
	struct arena *arena;
	struct store_collection *v;
	size_t n;
};
struct waiter { /* a request that waits for something newer; in the hub's list while `listed` */
	struct waiter *prev, *next;
	struct call *call;
	const struct store_collection *v; /* the collections, each with the stamp after which it waits */
	struct timestamp *after;
	size_t n;
	bool listed;
};
struct hub_metrics {
	_Atomic uint64_t requests[ROUTES_MOST + 1][6]; /* by route (the last: none) and status class */
	_Atomic uint64_t ns[ROUTES_MOST + 1];
	_Atomic uint64_t objects_out, objects_in, objects_refused, logins_failed, limited, waits, streams;
};
struct hub {
	struct timestamp (*now)(void *ctx);
	void *ctx;
	char url[128];
	struct accord *accord;
	struct store *store;
	struct arena *arena; /* settings of the start, TLS files */
	struct hub_values start;
	_Atomic int64_t number[HUB_SETTINGS];
	pthread_mutex_t text_lock; /* of the live texts */
	struct arena *text_arena;
	struct hub_values live;
	struct http_server *http;
	struct peer_links *links;
	struct hub_metrics metrics;
	int64_t started_ns;
	atomic_bool ends;

	pthread_mutex_t collections_lock;
	struct hub_collections *collections;

	pthread_t upkeep;
	pthread_t notifier;
	bool has_upkeep, has_notifier;
	pthread_mutex_t wait_lock; /* the waiters */
	struct waiter *first_waiter, *last_waiter;
	size_t n_waiters;
	pthread_mutex_t news_lock; /* `news`: taken by the store's writer, so held for a moment only */
	pthread_cond_t news_cond;
	bool news;
	atomic_bool broken; /* the store's last upkeep failed: readyz says so */
	atomic_bool unwritable; /* the last submission could not be committed; upkeep looks whether that is over */

	struct workers *workers;
	struct limiter *limiter;
	pthread_mutex_t parsers_lock;
	struct json_parser *parsers[PARSERS_KEPT];
	size_t n_parsers;
};
#define HUB_NUMBER(h, id) atomic_load(&(h)->number[HUB_##id])
struct timestamp hub_now(const struct hub *h);
/* Text of a live setting, copied into a. */
struct span hub_text(struct hub *h, struct arena *a, enum hub_setting_id id);
/* Alive until the arena ends. `fresh`: read again first. NULL: fault filled. */
const struct hub_collections *hub_collections(struct hub *h, struct arena *a, bool fresh, struct fault *f);
struct json_parser *hub_parser(struct hub *h);
void hub_parser_back(struct hub *h, struct json_parser *p);
void hub_collections_free(struct hub *h);
/* Something may be newer for somebody: the notifier looks. */
void hub_news(struct hub *h);
/* How the last write went: told by readyz and, when it changes, by the log. */
void hub_written(struct hub *h, enum err e, const struct fault *f);

/* ---- one request ---- */

struct call {
	struct hub *hub;
	struct http_request *r;
	struct arena *a;
	const struct route *route;
	struct span params[PARAMETERS_MOST];
	struct accord_principal who;
	bool authenticated;
	struct header_credentials login;
	struct timestamp now;
	/* a piece of work done elsewhere: commit, release, worker */
	bool finished; /* http_finished */
	enum err e;
	struct fault fault;
	void (*then)(struct call *c);
	void (*work)(struct call *c);
	struct call *next_work;
	/* waiting */
	struct waiter wait;
	void *own; /* the handler's */
};
/* done of store jobs, releases and intakes: the call goes on in an HTTP thread. */
void call_done(void *call, enum err e, const struct fault *f);
/* The call goes on with `then` after call_done.  Before handing it to somebody else: call_begins. */
void call_begins(struct call *c);
void call_await(struct call *c, void (*then)(struct call *c));
/* work runs in a thread that may block, then `then` in an HTTP thread. */
void call_work(struct call *c, void (*work)(struct call *c), void (*then)(struct call *c));
struct workers *workers_start(struct hub *h, unsigned n);
void workers_stop(struct workers *w);

/* ---- replies (reply.c) ---- */
void call_headers(struct call *c); /* those that every reply carries; call_reply adds them by itself */
void call_reply(struct call *c, int status, struct buf *b); /* b's content in the route's media type */
void call_fail(struct call *c, enum err e, const struct fault *f);
void call_fail_status(struct call *c, int status, const struct fault *f);
void call_refuse(void *hub, struct http_request *r, int status, const char *why);
const char *media_name(enum media m);

/* ---- who is it (auth.c) ---- */
struct limiter *limiter_new(void);
void limiter_free(struct limiter *l);
/* Takes one from the key's bucket; false: *retry_s until there is one. */
bool limiter_take(struct limiter *l, struct span key, double rate, double burst, int64_t now_ns, unsigned *retry_s);
/* Finds out who it is and whether the route is theirs, replies where not; then runs `then` (now or later). */
void call_authenticate(struct call *c, void (*then)(struct call *c));

/* ---- waiting (stream.c) ---- */
bool wait_add(struct call *c); /* c->wait is filled; replies 429 and gives false where the principal waits too often already */
void wait_remove(struct call *c);
bool wait_over(struct call *c, bool *news); /* asks the store */
void *hub_notifier(void *hub);

/* ---- collections and who may know them (collections.c) ---- */
enum collection_right { COLLECTION_KNOW,
	COLLECTION_READ,
	COLLECTION_WRITE };
bool collection_known(const struct call *c, const struct store_collection *k);
struct taxii_collection collection_as_seen(const struct call *c, const struct store_collection *k);
/* By id or alias; replies (404, 403) and gives NULL where the caller may not. */
const struct store_collection *collection_find(struct call *c, struct span which, enum collection_right need);
/* What the caller may read, in order of aliases. */
bool collections_readable(struct call *c, const struct store_collection **out, size_t *n);

/* ---- pages (page.c) ---- */
struct page_ask {
	struct store_query q;
	struct span bound; /* what its cursor is bound to */
	struct span next; /* cursor given; n == 0: none */
	bool may_wait;
	int64_t wait_until; /* tick; 0: does not wait */
	const struct store_collection *collection; /* to wait for */
	bool filtered;
	/* out */
	struct store_page *page;
	const struct store_view *view;
	struct span next_out; /* n == 0: no more */
	void (*then)(struct call *c);
};
/* View, wait, page, release; then ask->then with ask->page to be read.  Replies by itself where that fails.  c->own is `ask`. */
void page_run(struct call *c, struct page_ask *ask);

/* ---- along.c ---- */
struct along_one {
	struct span id, raw, origin, home;
	struct timestamp stamp, added; /* of the object with which it goes */
};
struct along {
	struct along_one *v;
	size_t n;
};
void along_page(struct call *c, const struct store_page *page, struct along *out);
/* Those of the ids of which the reader has no entry, and has one that refers to them. */
void along_ids(struct call *c, const struct store_view *v, int64_t collection, const struct span *ids, size_t n, struct along *out);
struct span along_version(struct call *c, const struct along_one *one);

/* ---- handlers ---- */
#define HANDLER_LIST(X) X(discovery) X(api_root) X(status) X(collections) X(collection) X(objects) X(post_objects) X(object) X(delete_object) \
	X(versions) X(manifest) X(me) X(my_markings) X(members) X(agreements) X(agreement) X(audience) X(search) X(notices) X(sightings) X(peers) X(stats) \
		X(stream) X(healthz) X(readyz) X(metrics) X(receipts) X(log_checkpoint) X(log_tile) X(log_consistency) X(log_witnessed) X(log_cosign)
#define X(name) void do_##name(struct call *c);
HANDLER_LIST(X)
#undef X
#endif
