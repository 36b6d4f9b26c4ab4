/* SPDX-License-Identifier: Apache-2.0 */
/* For operators: health, metrics, peers, statistics. */
#include <inttypes.h>
#include "hub/hub_priv.h"

static void put_when(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	json_key(o, key);
	json_put_str(o, t.us ? text : NULL);
}

void do_peers(struct call *c)
{
	struct peer_status *v;
	size_t n;
	struct buf b;
	struct json_out o;
	enum err e = peer_list(c->hub->accord, c->now, c->a, &v, &n, &c->fault);

	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	buf_init(&b, 16 << 20);
	o = json_out(&b);
	json_open(&o, '{');
	json_key(&o, "peers");
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&o, '{');
		json_kspan(&o, "id", v[i].id);
		json_kspan(&o, "url", v[i].url);
		json_kspan(&o, "hub_id", v[i].hub_id);
		json_kspan(&o, "name", v[i].name);
		json_kbool(&o, "connected", v[i].connected);
		put_when(&o, "last_contact", v[i].last_contact);
		put_when(&o, "last_object", v[i].last_object);
		put_when(&o, "last_news", v[i].last_news);
		json_kstr(&o, "withheld", v[i].withheld);
		json_key(&o, "lag_us");
		if (v[i].lag_us < 0)
			json_put_null(&o);
		else
			json_put_int(&o, v[i].lag_us);
		json_kint(&o, "taken", (int64_t)v[i].taken);
		json_kint(&o, "refused", (int64_t)v[i].refused);
		json_kint(&o, "held", (int64_t)v[i].held);
		json_kspan(&o, "last_error", v[i].last_error);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	call_reply(c, 200, &b);
}

/* ---- statistics ---- */

static enum err put_visible(struct call *c, struct json_out *o)
{
	const struct store_collection *k;
	const struct store_view *v;
	size_t n;
	enum err e = collections_readable(c, &k, &n) ? accord_view(c->hub->accord, &c->who, c->now, &v, &c->fault) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	json_key(o, "collections");
	json_open(o, '[');
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		uint64_t count = 0;
		struct timestamp newest = { 0 };

		e = store_view_count(c->hub->store, v, k[i].number, &count, &newest, &c->fault);
		json_open(o, '{');
		json_kspan(o, "id", k[i].id);
		json_kspan(o, "alias", k[i].alias);
		json_kint(o, "objects", (int64_t)count);
		put_when(o, "newest", count ? newest : (struct timestamp){ 0 });
		json_close(o, '}');
	}
	json_close(o, ']');
	store_view_unref(v);
	return e;
}

static enum err put_operator(struct call *c, struct json_out *o)
{
	struct http_gauge g = http_gauge(c->hub->http);
	struct store_stats s;
	enum err e = store_stats(c->hub->store, &s, &c->fault);

	if (e != ERR_OK)
		return e;
	json_key(o, "store");
	json_open(o, '{');
	json_kint(o, "objects", (int64_t)s.objects);
	json_kint(o, "versions", (int64_t)s.versions);
	json_kint(o, "bytes", (int64_t)s.bytes);
	json_kint(o, "labels", (int64_t)s.labels);
	json_kint(o, "file_bytes", (int64_t)s.file_bytes);
	json_kint(o, "wal_bytes", (int64_t)s.wal_bytes);
	json_kint(o, "unindexed", (int64_t)s.unindexed);
	json_close(o, '}');
	json_key(o, "server");
	json_open(o, '{');
	json_kstr(o, "version", MUSUBI_VERSION);
	json_kint(o, "uptime_s", (timestamp_tick_ns() - c->hub->started_ns) / 1000000000);
	json_kint(o, "connections", (int64_t)g.connections);
	json_kint(o, "waiting", (int64_t)g.parked);
	json_close(o, '}');
	return ERR_OK;
}

static void gather_stats(struct call *c)
{
	struct buf *b = c->own;
	struct json_out o = json_out(b);

	json_open(&o, '{');
	c->e = put_visible(c, &o);
	if (c->e == ERR_OK && c->who.admin)
		c->e = put_operator(c, &o);
	json_close(&o, '}');
}

static void write_stats(struct call *c)
{
	if (c->e == ERR_OK) {
		call_reply(c, 200, c->own);
		return;
	}
	buf_release(c->own);
	call_fail(c, c->e, &c->fault);
}

void do_stats(struct call *c)
{
	struct buf *b = ARENA_NEW(c->a, struct buf);

	if (!b) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	buf_init(b, 16 << 20);
	c->own = b;
	call_work(c, gather_stats, write_stats);
}

/* ---- health ---- */

static void say(struct call *c, int status, const char *text)
{
	struct buf b;

	buf_init(&b, 256);
	buf_addf(&b, "{\"status\":\"%s\"}", text);
	call_reply(c, status, &b);
}

void do_healthz(struct call *c)
{
	say(c, 200, "ok");
}

void do_readyz(struct call *c)
{
	if (http_stopping(c->hub->http))
		say(c, 503, "stopping");
	else if (atomic_load(&c->hub->broken))
		say(c, 503, "the store does not work; the log says why");
	else if (atomic_load(&c->hub->unwritable))
		say(c, 503, "the last submission could not be written: is the disk full?");
	else
		say(c, 200, "ready");
}

/* ---- metrics ---- */

static void metric(struct buf *b, const char *name, const char *type, const char *help, uint64_t value)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

static void route_metrics(struct hub *h, struct buf *b)
{
	buf_adds(b, "# HELP musubi_requests_total Requests by route and status class.\n# TYPE musubi_requests_total counter\n");
	for (size_t i = 0; i <= ROUTES_MOST; i++)
		for (unsigned k = 0; k < 6; k++) {
			uint64_t n = atomic_load(&h->metrics.requests[i][k]);

			if (n)
				buf_addf(b, "musubi_requests_total{route=\"%s\",status=\"%uxx\"} %" PRIu64 "\n", i < hub_routes_n ? hub_routes[i].name : "none", k, n);
		}
	buf_adds(b, "# HELP musubi_request_seconds_total Time from headers to the last byte, waiting included.\n# TYPE musubi_request_seconds_total counter\n");
	for (size_t i = 0; i <= ROUTES_MOST; i++) {
		uint64_t ns = atomic_load(&h->metrics.ns[i]);

		if (ns)
			buf_addf(b, "musubi_request_seconds_total{route=\"%s\"} %.6f\n", i < hub_routes_n ? hub_routes[i].name : "none", (double)ns * 1e-9);
	}
}

static void gather_metrics(struct call *c)
{
	struct buf *b = c->own;
	struct hub *h = c->hub;
	struct http_gauge g = http_gauge(h->http);
	struct store_stats s;

	route_metrics(h, b);
	metric(b, "musubi_connections", "gauge", "Open connections.", g.connections);
	metric(b, "musubi_requests_under_way", "gauge", "Requests between headers and last byte.", g.requests);
	metric(b, "musubi_requests_parked", "gauge", "Requests that wait for a commit or for news.", g.parked);
	metric(b, "musubi_slow_clients_cut_total", "counter", "Connections cut for slowness.", g.reaped);
	metric(b, "musubi_sent_bytes_total", "counter", "Bytes of replies.", g.sent_bytes);
	metric(b, "musubi_objects_taken_total", "counter", "Objects accepted over HTTP.", atomic_load(&h->metrics.objects_in));
	metric(b, "musubi_objects_refused_total", "counter", "Objects refused over HTTP.", atomic_load(&h->metrics.objects_refused));
	metric(b, "musubi_objects_given_total", "counter", "Objects given out over HTTP.", atomic_load(&h->metrics.objects_out));
	metric(b, "musubi_logins_failed_total", "counter", "Credentials that did not hold.", atomic_load(&h->metrics.logins_failed));
	metric(b, "musubi_requests_limited_total", "counter", "Requests refused by a rate limit.", atomic_load(&h->metrics.limited));
	metric(b, "musubi_streams_total", "counter", "Event streams begun.", atomic_load(&h->metrics.streams));
	if (store_stats(h->store, &s, &c->fault) != ERR_OK)
		return; /* the rest is true all the same */
	metric(b, "musubi_store_objects", "gauge", "Objects held.", s.objects);
	metric(b, "musubi_store_versions", "gauge", "Versions held.", s.versions);
	metric(b, "musubi_store_labels", "gauge", "Labels.", s.labels);
	metric(b, "musubi_store_file_bytes", "gauge", "Size of the data base.", s.file_bytes);
	metric(b, "musubi_store_wal_bytes", "gauge", "Size of the write-ahead log.", s.wal_bytes);
	metric(b, "musubi_store_unindexed", "gauge", "Versions whose words are not yet indexed.", s.unindexed);
}

void do_metrics(struct call *c)
{
	struct buf *b = ARENA_NEW(c->a, struct buf);

	if (!b) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	buf_init(b, 1 << 20);
	c->own = b;
	call_work(c, gather_metrics, write_stats);
}
