/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server of stages.  libmicrohttpd stands behind this file and nowhere else.
 *
 * 1. A request goes through `begin` (its headers are there) and `handle` (its body is there).  Each is a stage: it replies, or parks with
 *    http_wait, or returns (begin: go on to the body).  A stage never blocks: it runs on one of few threads that serve all connections.
 * 2. A parked request lives until it is woken and has replied.  Who promised to wake it wakes it exactly while it is parked or on its way there;
 *    a wake that comes early is kept.  Stages bear being woken for nothing.
 * 3. Everything in http_arena lives until the reply has been sent; pieces of the reply are borrowed until then.
 * 4. Framing that two readers could read in two ways is refused before anything else sees it (http_gate in http.c).
 * 5. A refused request's body is read to its end and thrown away (so that the client sees the reply), unless the client asked first (Expect).
 */
#ifndef HUB_HTTP_H
#define HUB_HTTP_H
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

struct http_server;
struct http_request;
typedef void http_stage(void *ctx, struct http_request *r); /* ctx: http_options.ctx */

struct http_limits {
	size_t header_bytes; /* all headers of a request */
	size_t body_bytes; /* one body; begin may lower it for a request */
	unsigned connections, per_address;
	unsigned header_s; /* a request's headers must be complete after so long */
	unsigned body_s; /* a body may take so long plus its size over the rate */
	unsigned rate; /* bytes a second below which a sender or reader is too slow */
	unsigned idle_s; /* a connection without a request */
};
struct http_tls {
	struct span certificate, key, client_ca; /* PEM; client_ca n == 0: no client certificates asked for */
	bool tls12; /* TLS 1.2 too */
};
struct http_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:0" */
	unsigned threads; /* 0: one a core */
	struct http_limits limits;
	const struct http_tls *tls; /* NULL: plain HTTP */
	http_stage *begin, *handle;
	/* Says no with a body of its own: framing (400), too large (413, 431), draining (503).  Must reply. */
	void (*refuse)(void *ctx, struct http_request *r, int status, const char *why);
	/* The reply has been sent, or could not be (complete == false); the last look at r. */
	void (*done)(void *ctx, struct http_request *r, bool complete);
	void *ctx;
};
/* Is "ADDR:PORT" a loopback address?  ERR_USAGE when it is no address at all. */
enum err http_listen_check(const char *listen, bool *loopback, struct fault *f) CHECK_RESULT;
/* Binds, listens, serves.  ERR_IO (address in use …), ERR_INVALID (certificate or key). */
enum err http_start(const struct http_options *o, struct http_server **out, struct fault *f) CHECK_RESULT;
unsigned http_port(const struct http_server *s);
/* No new connections; every request parked with a deadline is woken, streams end, replies close their connection; waits until nothing is under
 * way or until the time is over; then closes what is left and frees the server.  Requests parked without deadline are waited for. */
void http_stop(struct http_server *s, unsigned seconds);
bool http_stopping(const struct http_server *s);
struct http_gauge {
	size_t connections, requests, parked;
	uint64_t reaped, sent_bytes;
};
struct http_gauge http_gauge(struct http_server *s);

/* ---- request ---- */
const char *http_method(const struct http_request *r);
struct span http_path(const struct http_request *r); /* as it came, without the query; begins with '/' (or is "*") */
struct span http_query(const struct http_request *r); /* as it came, without '?' */
/* A header by name, lines of the same name joined with ", ".  NULL: not there. */
const char *http_header(struct http_request *r, const char *name);
bool http_has_body(const struct http_request *r); /* one was announced */
void http_body_cap(struct http_request *r, size_t most); /* in begin: 413 past this */
struct span http_body(const struct http_request *r); /* padded by BUF_SLACK */
struct arena *http_arena(struct http_request *r);
void **http_slot(struct http_request *r); /* one pointer of the caller's */
const char *http_address(const struct http_request *r); /* "198.51.100.7", without port */
bool http_loopback(const struct http_request *r);
int64_t http_started_ns(const struct http_request *r); /* timestamp_tick_ns when its headers were complete */

/* ---- parking ---- */
/* The stage returns after this; `next` runs when http_wake is called or the tick deadline_ns has passed.  0: only a wake will do. */
void http_wait(struct http_request *r, http_stage *next, int64_t deadline_ns);
/* From any thread. */
void http_wake(struct http_request *r);
/* Sets *done and wakes, as one: whoever sees it through http_finished may end the request at once, even if an older wake brought it there. */
void http_finish(struct http_request *r, bool *done);
bool http_finished(struct http_request *r, const bool *done);

/* ---- reply ---- */
void http_reply_header(struct http_request *r, const char *name, const char *value);
void http_reply_add(struct http_request *r, struct span piece);
/* The buffer's content becomes the request's. */
void http_reply_take(struct http_request *r, struct buf *b);
void http_reply(struct http_request *r, int status, const char *content_type);
int http_reply_status(const struct http_request *r); /* 0: none yet */
size_t http_reply_bytes(const struct http_request *r);
/* A reply without end: fn adds to out what there is to say, and is called again after http_wake or when the tick *deadline_ns (fn sets it) has passed.
 * False ends the stream. */
typedef bool http_feed(void *ctx, struct http_request *r, struct buf *out, int64_t *deadline_ns);
void http_stream(struct http_request *r, int status, const char *content_type, http_feed *fn);
#endif
