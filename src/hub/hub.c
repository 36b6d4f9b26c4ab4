/* SPDX-License-Identifier: Apache-2.0 */
/* The hub: opens the directory, serves, keeps up with the world, stops without losing what was begun. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "hub/hub_priv.h"
#include "util/log.h"

#define UPKEEP_NS 100000000l /* between two looks at the world */
#define SUBMISSION (1u << 20) /* with room for one of so many bytes the disk counts as well again */
#define SETTINGS_NS 500000000ll /* settings and collections are read again after so long */
#define PEM_MOST (1u << 20)
#define GET_BODY_MOST (64u << 10) /* some clients send a body where none is asked for */

struct timestamp hub_now(const struct hub *h)
{
	return h->now(h->ctx);
}

const char *hub_url(const struct hub *h)
{
	return h->url;
}

/* ---- requests ---- */

static void no_route(struct call *c, const char *allow)
{
	const char *method = http_method(c->r);
	struct fault f = { 0 };

	if (!strcmp(method, "OPTIONS") && (*allow || span_is(http_path(c->r), "*"))) {
		http_reply_header(c->r, "Allow", *allow ? allow : "GET, HEAD, POST, DELETE, OPTIONS");
		http_reply(c->r, 204, NULL);
	} else if (*allow) {
		http_reply_header(c->r, "Allow", allow);
		fault_set(&f, ERR_USAGE, "", "here are: %s", allow);
		call_fail_status(c, 405, &f);
	} else {
		fault_set(&f, ERR_NOTFOUND, "", "there is nothing at this path; TAXII starts at /taxii2/, the JSON API at /api/v1/");
		call_fail_status(c, 404, &f);
	}
}

static bool media_fits(struct call *c)
{
	const struct route *t = c->route;
	const char *accept = http_header(c->r, "Accept"), *type = http_header(c->r, "Content-Type");
	struct fault f = { 0 };

	if ((t->out == MEDIA_TAXII && !taxii_accepts(accept)) || (t->out == MEDIA_JSON && !taxii_accepts_json(accept))) {
		fault_set(&f, ERR_USAGE, "Accept", "this is available as %s", media_name(t->out));
		call_fail_status(c, 406, &f);
		return false;
	}
	if ((t->in == MEDIA_TAXII && !taxii_is_content(type)) || (t->in == MEDIA_JSON && type && !strcasestr(type, "json"))) {
		fault_set(&f, ERR_USAGE, "Content-Type", "send it as %s", media_name(t->in));
		call_fail_status(c, 415, &f);
		return false;
	}
	return true;
}

static void welcome(struct call *c)
{
	if (media_fits(c))
		http_body_cap(c->r, c->route->in == MEDIA_NONE ? GET_BODY_MOST : (size_t)HUB_NUMBER(c->hub, BODY_BYTES));
}

static void on_begin(void *hub, struct http_request *r)
{
	struct call *c = ARENA_NEW(http_arena(r), struct call);
	const char *allow;

	if (!c) {
		call_refuse(hub, r, 503, "there is no memory for the request");
		return;
	}
	*http_slot(r) = c;
	c->hub = hub;
	c->r = r;
	c->a = http_arena(r);
	c->now = hub_now(hub);
	c->route = route_find(c->a, http_method(r), http_path(r), c->params, &allow);
	if (c->route)
		call_authenticate(c, welcome);
	else
		no_route(c, allow);
}

static void on_handle(void *hub, struct http_request *r)
{
	struct call *c = *http_slot(r);

	c->now = hub_now(hub);
	c->route->handler(c);
}

static void on_done(void *hub, struct http_request *r, bool complete)
{
	struct hub *h = hub;
	struct call *c = *http_slot(r);
	size_t route = c && c->route ? (size_t)(c->route - hub_routes) : ROUTES_MOST;
	int status = http_reply_status(r);
	int64_t ns = timestamp_tick_ns() - http_started_ns(r);

	atomic_fetch_add(&h->metrics.requests[route][status / 100 % 6], 1);
	atomic_fetch_add(&h->metrics.ns[route], (uint64_t)ns);
	log_event(LOG_LEVEL_DEBUG, "request", "%s %s %.*s %d %zu bytes %.1f ms%s", http_address(r), http_method(r), SPAN_ARG(http_path(r)), status, http_reply_bytes(r),
		(double)ns * 1e-6, complete ? "" : " cut");
}

/* ---- settings and parsers ---- */

struct span hub_text(struct hub *h, struct arena *a, enum hub_setting_id id)
{
	struct span out;

	pthread_mutex_lock(&h->text_lock);
	out = arena_span(a, h->live.text[id]);
	pthread_mutex_unlock(&h->text_lock);
	return out;
}

static void apply_log(struct hub *h)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (span_is(h->live.text[HUB_LOG_LEVEL], names[i]))
			log_init((enum log_level)i, h->start.number[HUB_LOG_JSON] != 0);
}

static enum err read_settings(struct hub *h, struct fault *f)
{
	struct arena *a = arena_new(1 << 20), *old;
	struct hub_values v = { 0 };
	enum err e = a ? hub_values_read(h->accord, a, &v, f) : ERR_NOMEM;

	if (e != ERR_OK) {
		arena_free(a);
		return e;
	}
	pthread_mutex_lock(&h->text_lock);
	old = h->text_arena;
	h->text_arena = a;
	h->live = v;
	pthread_mutex_unlock(&h->text_lock);
	for (size_t i = 0; i < HUB_SETTINGS; i++)
		if (!old || hub_setting_live((enum hub_setting_id)i))
			atomic_store(&h->number[i], v.number[i]);
	apply_log(h);
	arena_free(old);
	return ERR_OK;
}

struct json_parser *hub_parser(struct hub *h)
{
	struct json_parser *p = NULL;

	pthread_mutex_lock(&h->parsers_lock);
	if (h->n_parsers)
		p = h->parsers[--h->n_parsers];
	pthread_mutex_unlock(&h->parsers_lock);
	return p ? p : json_parser_new(BOUND_ENVELOPE_BYTES);
}

void hub_parser_back(struct hub *h, struct json_parser *p)
{
	pthread_mutex_lock(&h->parsers_lock);
	if (p && h->n_parsers < PARSERS_KEPT) {
		h->parsers[h->n_parsers++] = p;
		p = NULL;
	}
	pthread_mutex_unlock(&h->parsers_lock);
	json_parser_free(p);
}

/* ---- upkeep ---- */

static void on_committed(void *hub, struct timestamp last)
{
	hub_news(hub);
}

void hub_written(struct hub *h, enum err e, const struct fault *f)
{
	bool failed = e == ERR_DB || e == ERR_IO;

	if (atomic_exchange(&h->unwritable, failed) != failed)
		log_event(failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "store", "%s", failed ? f->what : "submissions can be written again");
}

static enum err nothing(void *ctx, struct store_tx *tx, struct fault *f)
{
	return ERR_OK; /* the commit itself is what is tried */
}

/* After a failed submission: can the disk be written again?  Who asks readyz before sending would never find out. */
static void try_disk(struct hub *h)
{
	struct fault f = { 0 };
	enum err e = store_room(h->store, SUBMISSION, &f);

	if (e == ERR_OK)
		e = store_write(h->store, nothing, NULL, &f);
	hub_written(h, e, &f);
}

static void *upkeep(void *hub)
{
	struct hub *h = hub;
	struct timespec nap = { 0, UPKEEP_NS };
	struct timestamp seen = store_last_stamp(h->store);

	for (int64_t read = 0; !atomic_load(&h->ends);) {
		struct fault f = { 0 };
		struct timestamp last;
		bool changed = false;
		enum err e = accord_refresh(h->accord, hub_now(h), &changed, &f);

		if (e == ERR_OK && timestamp_tick_ns() - read > SETTINGS_NS) {
			read = timestamp_tick_ns();
			e = read_settings(h, &f);
			if (e == ERR_OK)
				hub_collections(h, NULL, true, NULL);
			if (h->links)
				peer_links_refresh(h->links);
			if (atomic_load(&h->unwritable))
				try_disk(h);
		}
		if ((e != ERR_OK) != atomic_load(&h->broken)) {
			atomic_store(&h->broken, e != ERR_OK);
			log_event(e == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "upkeep", "%s", e == ERR_OK ? "the store works again" : f.what);
		}
		last = store_last_stamp(h->store);
		if (changed || last.us != seen.us)
			hub_news(h);
		seen = last;
		nanosleep(&nap, NULL);
	}
	return NULL;
}

/* ---- start ---- */

static enum err read_file(struct hub *h, enum hub_setting_id id, struct span *out, struct fault *f)
{
	char *path = arena_str(h->arena, h->start.text[id]);
	struct stat st;
	char *p = NULL;
	ssize_t n = -1;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0 && !fstat(fd, &st) && st.st_size <= PEM_MOST && (p = arena_alloc(h->arena, PEM_MOST + 1)))
		n = read(fd, p, PEM_MOST);
	if (n <= 0)
		fault_set(f, ERR_IO, hub_settings[id].key, "cannot read %s: %s", path ? path : "", n == 0 ? "it is empty" : strerror(errno));
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return ERR_IO;
	*out = (struct span){ p, (size_t)n };
	return ERR_OK;
}

static enum err read_tls(struct hub *h, struct http_tls *t, bool *on, struct fault *f)
{
	enum err e = ERR_OK;

	*on = h->start.text[HUB_TLS_CERTIFICATE].n > 0;
	if (!*on)
		return ERR_OK;
	t->tls12 = span_is(h->start.text[HUB_TLS_MINIMUM], "1.2");
	e = read_file(h, HUB_TLS_CERTIFICATE, &t->certificate, f);
	if (e == ERR_OK)
		e = read_file(h, HUB_TLS_KEY, &t->key, f);
	if (e == ERR_OK && h->start.text[HUB_TLS_CLIENT_CA].n)
		e = read_file(h, HUB_TLS_CLIENT_CA, &t->client_ca, f);
	return e;
}

/* A connection is a descriptor: as many as the settings want, or as the system gives. */
static unsigned connections_possible(int64_t want)
{
	const rlim_t others = 256; /* data base, links, logs */
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return (unsigned)want;
	if (r.rlim_cur < (rlim_t)want + others && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = (rlim_t)want + others < r.rlim_max ? (rlim_t)want + others : r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
		getrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur >= (rlim_t)want + others)
		return (unsigned)want;
	want = r.rlim_cur > others * 2 ? (int64_t)(r.rlim_cur - others) : (int64_t)others;
	log_event(LOG_LEVEL_WARN, "hub", "the system gives %llu descriptors: %lld connections at a time instead of what `connections` says (ulimit -n)",
		(unsigned long long)r.rlim_cur, (long long)want);
	return (unsigned)want;
}

static enum err start_http(struct hub *h, const char *listen, struct fault *f)
{
	const int64_t *n = h->start.number;
	struct http_tls *tls = ARENA_NEW(h->arena, struct http_tls); /* looked at on every request: as long as the hub */
	bool loopback = false, on = false;
	enum err e = tls ? http_listen_check(listen, &loopback, f) : fault_set(f, ERR_NOMEM, "", "there is no memory for the hub");

	if (e == ERR_OK)
		e = read_tls(h, tls, &on, f);
	if (e == ERR_OK && !loopback && !on)
		e = fault_set(f, ERR_USAGE, listen,
			"without TLS the hub listens on this machine alone; set tls.certificate and tls.key (musubi config DIR tls.certificate FILE), or listen on 127.0.0.1 behind a proxy");
	if (e != ERR_OK)
		return e;
	struct http_options o = {
		.listen = listen,
		.threads = (unsigned)n[HUB_THREADS],
		.limits = { .header_bytes = (size_t)n[HUB_HEADER_BYTES], .body_bytes = BOUND_ENVELOPE_BYTES, .connections = connections_possible(n[HUB_CONNECTIONS]), .per_address = (unsigned)n[HUB_CONNECTIONS_ADDRESS], .header_s = (unsigned)n[HUB_TIMEOUT_HEADER], .body_s = (unsigned)n[HUB_TIMEOUT_BODY], .rate = (unsigned)n[HUB_RATE_BYTES], .idle_s = (unsigned)n[HUB_TIMEOUT_IDLE] },
		.tls = on ? tls : NULL,
		.begin = on_begin,
		.handle = on_handle,
		.refuse = call_refuse,
		.done = on_done,
		.ctx = h,
	};
	e = http_start(&o, &h->http, f);
	if (e == ERR_OK)
		snprintf(h->url, sizeof(h->url), "%s://%.*s:%u", on ? "https" : "http", (int)(strrchr(listen, ':') - listen), listen, http_port(h->http));
	return e;
}

static void hub_free(struct hub *h)
{
	hub_collections_free(h);
	limiter_free(h->limiter);
	while (h->n_parsers)
		json_parser_free(h->parsers[--h->n_parsers]);
	if (h->accord)
		accord_close(h->accord);
	arena_free(h->text_arena);
	arena_free(h->arena);
	pthread_mutex_destroy(&h->text_lock);
	pthread_mutex_destroy(&h->collections_lock);
	pthread_mutex_destroy(&h->wait_lock);
	pthread_mutex_destroy(&h->news_lock);
	pthread_cond_destroy(&h->news_cond);
	pthread_mutex_destroy(&h->parsers_lock);
	free(h);
}

/* Everything that runs: first those who look at the links, then the links, then the requests, which are answered by what is left. */
static void halt(struct hub *h)
{
	atomic_store(&h->ends, true);
	hub_news(h);
	if (h->has_upkeep)
		pthread_join(h->upkeep, NULL);
	if (h->has_notifier)
		pthread_join(h->notifier, NULL);
	if (h->links)
		peer_links_stop(h->links);
	if (h->http)
		http_stop(h->http, (unsigned)h->start.number[HUB_DRAIN_SECONDS]);
	workers_stop(h->workers);
}

static struct hub *hub_new(const struct hub_options *o)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->now = o->now;
	h->ctx = o->ctx;
	h->started_ns = timestamp_tick_ns();
	pthread_mutex_init(&h->text_lock, NULL);
	pthread_mutex_init(&h->collections_lock, NULL);
	pthread_mutex_init(&h->wait_lock, NULL);
	pthread_mutex_init(&h->news_lock, NULL);
	pthread_cond_init(&h->news_cond, NULL);
	pthread_mutex_init(&h->parsers_lock, NULL);
	h->arena = arena_new(8 << 20);
	h->limiter = limiter_new();
	if (h->arena && h->limiter)
		return h;
	hub_free(h);
	return NULL;
}

static enum err open_store(struct hub *h, const struct hub_options *o, struct fault *f)
{
	struct store_options so = { .now = o->now, .ctx = o->ctx, .committed = on_committed, .committed_ctx = h };
	bool changed;
	enum err e = accord_open(&h->accord, o->dir, &so, f);

	if (e != ERR_OK)
		return e;
	h->store = accord_store(h->accord);
	e = hub_settings_open(h->accord, f);
	if (e == ERR_OK)
		e = hub_values_read(h->accord, h->arena, &h->start, f);
	if (e == ERR_OK)
		e = read_settings(h, f);
	if (e == ERR_OK)
		e = accord_refresh(h->accord, hub_now(h), &changed, f);
	return e;
}

enum err hub_start(const struct hub_options *o, struct hub **out, struct fault *f)
{
	struct hub *h = hub_new(o);
	enum err e = h ? open_store(h, o, f) : fault_set(f, ERR_NOMEM, "", "there is no memory for the hub");

	if (e == ERR_OK && !(h->workers = workers_start(h, 2)))
		e = fault_set(f, ERR_NOMEM, "", "no thread for the hub");
	if (e == ERR_OK)
		e = start_http(h, o->listen, f);
	if (e == ERR_OK)
		e = peer_links_start(h->accord, o->now, o->ctx, &h->links, f);
	if (e == ERR_OK) {
		h->has_notifier = !pthread_create(&h->notifier, NULL, hub_notifier, h);
		h->has_upkeep = h->has_notifier && !pthread_create(&h->upkeep, NULL, upkeep, h);
		if (!h->has_upkeep)
			e = fault_set(f, ERR_NOMEM, "", "no thread for the hub");
	}
	if (e == ERR_OK) {
		log_event(LOG_LEVEL_INFO, "hub", "listens on %s", h->url);
		*out = h;
		return ERR_OK;
	}
	if (h) {
		halt(h);
		hub_free(h);
	}
	return e;
}

void hub_stop(struct hub *h)
{
	log_event(LOG_LEVEL_INFO, "hub", "stops: %zu requests are finished first", http_gauge(h->http).requests);
	halt(h);
	log_event(LOG_LEVEL_INFO, "hub", "stopped");
	hub_free(h);
}
