/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one request between libmicrohttpd's callbacks: gate, stages, parking, reply. */
#include <assert.h>
#include <ctype.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include "hub/http_priv.h"
#include "util/bounds.h"
#include "util/timestamp.h"

#define DRAIN_BYTES (256ull << 20) /* of a refused body that is read to its end before the reply */
#define LIST_PIECES 8 /* a reply of so few pieces … */
#define LIST_BYTES (16 << 10) /* … and so many bytes is not copied */
#define WHOLE_BYTES (4u << 20) /* any other up to this is copied together and leaves in as few writes as the socket takes … */
#define BLOCK_BYTES (256u << 10) /* … a larger one in such blocks */
#define TOGETHER_NS 5000 /* a body that came with its headers is there at once */
#define OUT_BYTES (1u << 20) /* what a stream may have waiting */

void http_conn_phase(struct http_conn *c, enum http_phase p, uint64_t bytes)
{
	atomic_store(&c->bytes, bytes);
	atomic_store(&c->since, timestamp_tick_ns());
	atomic_store(&c->phase, p);
}

/* ---- parking ---- */

/* Both with park_lock held. */
static void park(struct http_request *r)
{
	struct http_server *s = r->server;

	r->parked = true;
	r->prev = NULL;
	r->next = s->parked;
	if (s->parked)
		s->parked->prev = r;
	s->parked = r;
	s->n_parked++;
	MHD_suspend_connection(r->mhd);
}

static void unpark(struct http_request *r)
{
	struct http_server *s = r->server;

	*(r->prev ? &r->prev->next : &s->parked) = r->next;
	if (r->next)
		r->next->prev = r->prev;
	s->n_parked--;
	r->parked = false;
	MHD_resume_connection(r->mhd);
}

void http_wait(struct http_request *r, http_stage *next, int64_t deadline_ns)
{
	r->stage = next;
	r->deadline = deadline_ns;
}

void http_wake(struct http_request *r)
{
	bool unused;

	http_finish(r, &unused);
}

void http_finish(struct http_request *r, bool *done)
{
	struct http_server *s = r->server;

	pthread_mutex_lock(&s->park_lock);
	*done = true;
	if (r->parked)
		unpark(r);
	else
		r->woken = true;
	pthread_mutex_unlock(&s->park_lock);
}

bool http_finished(struct http_request *r, const bool *done)
{
	struct http_server *s = r->server;
	bool yes;

	pthread_mutex_lock(&s->park_lock);
	yes = *done;
	pthread_mutex_unlock(&s->park_lock);
	return yes;
}

void http_wake_all(struct http_server *s, int64_t before)
{
	pthread_mutex_lock(&s->park_lock);
	for (struct http_request *r = s->parked, *next; r; r = next) {
		next = r->next;
		if (r->deadline && r->deadline <= before)
			unpark(r);
	}
	pthread_mutex_unlock(&s->park_lock);
}

/* Runs stages until one neither parks nor was woken before it could; true: parked. */
static bool run_stages(struct http_request *r, http_stage *stage)
{
	struct http_server *s = r->server;

	for (;;) {
		bool again;

		r->stage = NULL;
		stage(s->o.ctx, r);
		if (!r->stage)
			return false;
		pthread_mutex_lock(&s->park_lock);
		again = r->woken;
		r->woken = false;
		if (!again)
			park(r);
		pthread_mutex_unlock(&s->park_lock);
		if (!again)
			return true;
		stage = r->stage;
	}
}

/* ---- gate: framing that two readers could read in two ways ---- */

struct gate {
	unsigned host, length, coding;
	const char *bad, *host_value, *coding_value;
	uint64_t announced;
	bool expect;
};

static bool is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
			return false;
	return n > 0;
}

static enum MHD_Result gate_line(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct gate *g = ctx;

	if (!is_token(name, name_n) || strlen(name) != name_n)
		g->bad = "a header's name holds a character that no name may hold";
	for (size_t i = 0; i < value_n; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 127)
			g->bad = "a header's value holds a control character";
	if (!strcasecmp(name, "Host")) {
		g->host++;
		g->host_value = value;
	} else if (!strcasecmp(name, "Content-Length")) {
		g->length++;
		g->announced = 0;
		for (size_t i = 0; i < value_n; i++) {
			if (!isdigit((unsigned char)value[i]) || g->announced > UINT64_MAX / 20)
				g->bad = "Content-Length is not one plain number";
			else
				g->announced = g->announced * 10 + (uint64_t)(value[i] - '0');
		}
		if (!value_n)
			g->bad = "Content-Length is not one plain number";
	} else if (!strcasecmp(name, "Transfer-Encoding")) {
		g->coding++;
		g->coding_value = value;
	} else if (!strcasecmp(name, "Expect")) {
		g->expect = !strcasecmp(value, "100-continue");
	}
	return MHD_YES;
}

static bool host_is_sane(const char *h)
{
	if (!*h)
		return false;
	for (; *h; h++)
		if (!isalnum((unsigned char)*h) && !strchr("-._~%:[]!$&'()*+,;=", *h))
			return false;
	return true;
}

static const char *target_fault(struct http_request *r)
{
	char *t = r->target, *p;

	for (p = t; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return "the request target holds a space or control character";
	if (!strncasecmp(t, "http://", 7) || !strncasecmp(t, "https://", 8)) { /* absolute form (RFC 9112 §3.2.2) */
		t = strstr(t, "//") + 2;
		t += strcspn(t, "/?");
	}
	if (!*t)
		t = "/";
	if (*t != '/' && *t != '?' && strcmp(t, "*") != 0)
		return "the request target is no path";
	p = strchr(t, '?');
	r->path = (struct span){ t, p ? (size_t)(p - t) : strlen(t) };
	if (!r->path.n)
		r->path = SPAN("/");
	r->query = p ? span_of(p + 1) : SPAN("");
	if (r->query.n > BOUND_QUERY_BYTES)
		return "the query string is longer than this server reads";
	return NULL;
}

/* libmicrohttpd takes a request line with NULs, each word of which then ends too early: the next one lies further on than it should. */
static bool is_cut(uintptr_t word, size_t n, uintptr_t next)
{
	return next > word + n + 1 && next - word < BOUND_HEADER_BYTES * 8; /* else it is kept elsewhere, and nothing is known */
}

/* NULL: the request may pass; else why not and with which status. */
static const char *gate_fault(struct http_request *r, const char *method, const char *version, int *status)
{
	struct gate g = { 0 };
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	const char *why;

	MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, gate_line, &g);
	r->expect = g.expect;
	r->has_body = g.coding || g.announced;
	*status = 400;
	if (is_cut((uintptr_t)method, strlen(method), r->line) || is_cut(r->line, strlen(r->target), (uintptr_t)version))
		return "the request line holds a control character or too many spaces";
	why = target_fault(r);
	if (why && strstr(why, "longer"))
		*status = 414;
	if (why)
		return why;
	if (size && size->header_size > r->server->o.limits.header_bytes) {
		*status = 431;
		return "the request's headers are larger than this server reads";
	}
	if (g.bad)
		return g.bad;
	if (g.host > 1 || (g.host == 0 && strcmp(version, "HTTP/1.0") != 0))
		return g.host ? "Host is given more than once" : "Host is missing";
	if (g.host && !host_is_sane(g.host_value))
		return "Host is malformed";
	if (g.coding && g.length)
		return "Content-Length and Transfer-Encoding contradict each other";
	if (g.length > 1)
		return "Content-Length is given more than once";
	if (g.coding && (g.coding > 1 || strcasecmp(g.coding_value, "chunked") != 0 || !strcmp(version, "HTTP/1.0")))
		return "Transfer-Encoding is malformed: only chunked is understood, and only in HTTP/1.1";
	r->drained = g.announced; /* until begin has run: what was announced */
	return NULL;
}

/* ---- reply ---- */

void http_reply_header(struct http_request *r, const char *name, const char *value)
{
	struct http_header_line *h = ARENA_NEW(r->a, struct http_header_line), **end = &r->headers;

	if (!h)
		return;
	h->name = name;
	h->value = arena_str(r->a, span_of(value));
	while (*end)
		end = &(*end)->next;
	if (h->value)
		*end = h;
}

void http_reply_add(struct http_request *r, struct span piece)
{
	struct span *last = r->n_pieces ? &r->pieces[r->n_pieces - 1] : NULL;

	if (!piece.n)
		return;
	r->reply_bytes += piece.n;
	if (last && last->p + last->n == piece.p) { /* one run of memory is one piece */
		last->n += piece.n;
		return;
	}
	if (r->n_pieces == r->room_pieces) {
		size_t room = r->room_pieces ? r->room_pieces * 2 : 16;
		struct span *v = arena_array(r->a, room, sizeof *v);

		if (!v)
			return;
		if (r->n_pieces)
			memcpy(v, r->pieces, r->n_pieces * sizeof *v);
		r->pieces = v;
		r->room_pieces = room;
	}
	r->pieces[r->n_pieces++] = piece;
}

void http_reply_take(struct http_request *r, struct buf *b)
{
	size_t n;
	char *p = buf_take(b, &n);

	if (!p || !arena_defer(r->a, free, p)) {
		free(p);
		arena_alloc(r->a, SIZE_MAX / 2); /* the arena stays failed: http_reply sees it */
		return;
	}
	http_reply_add(r, (struct span){ p, n });
}

void http_reply(struct http_request *r, int status, const char *content_type)
{
	assert(!r->status);
	r->status = status;
	r->content_type = content_type;
}

void http_stream(struct http_request *r, int status, const char *content_type, http_feed *fn)
{
	http_reply(r, status, content_type);
	r->feed = fn;
	buf_init(&r->out, OUT_BYTES);
}

int http_reply_status(const struct http_request *r)
{
	return r->status;
}

size_t http_reply_bytes(const struct http_request *r)
{
	return r->reply_bytes;
}

static ssize_t feed_read(void *ctx, uint64_t at, char *to, size_t most)
{
	struct http_request *r = ctx;
	struct http_server *s = r->server;

	for (;;) {
		size_t n = r->out.n - r->out_at;
		int64_t deadline = 0;
		bool again;

		if (n) {
			n = n < most ? n : most;
			memcpy(to, r->out.p + r->out_at, n);
			r->out_at += n;
			r->reply_bytes += n;
			return (ssize_t)n;
		}
		buf_clear(&r->out);
		r->out_at = 0;
		if (r->feed_ended || atomic_load(&s->stopping))
			return MHD_CONTENT_READER_END_OF_STREAM;
		pthread_mutex_lock(&s->park_lock);
		r->woken = false; /* a wake from here on is answered by asking fn again */
		pthread_mutex_unlock(&s->park_lock);
		r->feed_ended = !r->feed(s->o.ctx, r, &r->out, &deadline) || !buf_ok(&r->out);
		if (r->out.n || r->feed_ended)
			continue;
		pthread_mutex_lock(&s->park_lock);
		again = r->woken;
		r->deadline = deadline;
		if (!again)
			park(r);
		pthread_mutex_unlock(&s->park_lock);
		if (!again)
			return 0;
	}
}

/* Copies the pieces block by block while they are sent: no second copy of a whole page, full TLS records, and no long list of pieces: past IOV_MAX of
 * them libmicrohttpd 0.9.75 under epoll takes the socket for full and waits for ever. */
static ssize_t pieces_read(void *ctx, uint64_t at, char *to, size_t most)
{
	struct http_request *r = ctx;
	size_t done = 0;

	while (done < most && r->piece < r->n_pieces) {
		struct span s = r->pieces[r->piece];
		size_t n = s.n - r->piece_at < most - done ? s.n - r->piece_at : most - done;

		memcpy(to + done, s.p + r->piece_at, n);
		done += n;
		r->piece_at += n;
		if (r->piece_at == s.n) {
			r->piece++;
			r->piece_at = 0;
		}
	}
	return done ? (ssize_t)done : MHD_CONTENT_READER_END_OF_STREAM;
}

/* A few large pieces leave without being copied. */
static struct MHD_Response *reply_list(struct http_request *r)
{
	struct MHD_IoVec v[LIST_PIECES];

	for (size_t i = 0; i < r->n_pieces; i++)
		v[i] = (struct MHD_IoVec){ r->pieces[i].p, r->pieces[i].n };
	return MHD_create_response_from_iovec(v, (unsigned)r->n_pieces, NULL, NULL);
}

static struct MHD_Response *reply_pieces(struct http_request *r)
{
	struct MHD_Response *m;
	char *all, *p;

	if (r->n_pieces == 1)
		return MHD_create_response_from_buffer(r->pieces[0].n, (void *)(uintptr_t)r->pieces[0].p, MHD_RESPMEM_PERSISTENT);
	if (r->reply_bytes > LIST_BYTES && r->n_pieces <= LIST_PIECES && !r->server->tls)
		return reply_list(r);
	if (r->reply_bytes > WHOLE_BYTES)
		return MHD_create_response_from_callback(r->reply_bytes, BLOCK_BYTES, pieces_read, r, NULL);
	all = p = malloc(r->reply_bytes + 1);
	if (!all)
		return NULL;
	for (size_t i = 0; i < r->n_pieces; i++) {
		memcpy(p, r->pieces[i].p, r->pieces[i].n);
		p += r->pieces[i].n;
	}
	m = MHD_create_response_from_buffer(r->reply_bytes, all, MHD_RESPMEM_MUST_FREE);
	if (!m)
		free(all);
	return m;
}

static enum MHD_Result queue_reply(struct http_request *r)
{
	struct MHD_Response *m;
	enum MHD_Result ok;

	if (!arena_ok(r->a))
		return MHD_NO; /* out of memory while replying: nothing good can be said any more */
	m = r->feed ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, feed_read, r, NULL) : reply_pieces(r);
	if (!m)
		return MHD_NO;
	if (r->content_type)
		MHD_add_response_header(m, "Content-Type", r->content_type);
	for (struct http_header_line *h = r->headers; h; h = h->next)
		MHD_add_response_header(m, h->name, h->value);
	if (atomic_load(&r->server->stopping))
		MHD_add_response_header(m, "Connection", "close");
	r->queued = true;
	http_conn_phase(r->conn, HTTP_SENDING, r->feed ? 0 : r->reply_bytes + 1);
	ok = MHD_queue_response(r->mhd, (unsigned)r->status, m);
	MHD_destroy_response(m);
	return ok;
}

/* ---- libmicrohttpd's callbacks ---- */

void *http_on_target(void *server, const char *uri, struct MHD_Connection *c)
{
	struct http_server *s = server;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_request *r = info && info->socket_context ? calloc(1, sizeof *r) : NULL;

	if (!r)
		return NULL;
	r->server = s;
	r->conn = info->socket_context;
	r->mhd = c;
	r->a = arena_new(BOUND_REQUEST_ARENA);
	r->target = r->a ? arena_str(r->a, span_of(uri)) : NULL;
	r->line = (uintptr_t)uri;
	if (!r->target) {
		arena_free(r->a);
		free(r);
		return NULL;
	}
	r->body_cap = s->o.limits.body_bytes;
	buf_init(&r->body, s->o.limits.body_bytes);
	http_conn_phase(r->conn, HTTP_HEADERS, 0);
	return r;
}

static void peer_certificate(struct http_request *r)
{
	const union MHD_ConnectionInfo *info;
	char why[160] = "no TLS session";

	if (!r->server->o.tls || !r->server->o.tls->client_ca.n)
		return;
	info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (!info || !tls_peer_holds(info->tls_session, why, sizeof why))
		r->server->o.refuse(r->server->o.ctx, r, 403, arena_printf(r->a, "a client certificate of this hub's authority is required: %s", why));
}

/* Returns true when a reply must go out at once (the connection then closes). */
static bool first_look(struct http_request *r, const char *method, const char *version)
{
	const char *why;
	int status = 503;

	r->gated = true;
	r->method = arena_str(r->a, span_of(method));
	r->started = timestamp_tick_ns();
	r->counted = true;
	atomic_fetch_add(&r->server->requests, 1);
	http_conn_phase(r->conn, HTTP_BODY, 0);
	why = r->method ? gate_fault(r, method, version, &status) : "out of memory";
	if (why)
		r->server->o.refuse(r->server->o.ctx, r, status, why);
	else if (r->has_body && !r->conn->together) /* a client that writes headers and body apart waits 40 ms for this acknowledgement otherwise */
		setsockopt(r->conn->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
	return why != NULL;
}

/* begin has run: what becomes of the body? */
static enum MHD_Result after_begin(struct http_request *r)
{
	uint64_t announced = r->drained;
	const char *why = "the body is larger than this server takes (Content-Length)";

	r->begun = true;
	r->begun_ns = timestamp_tick_ns();
	r->drained = 0;
	if (!r->status && announced > r->body_cap)
		r->server->o.refuse(r->server->o.ctx, r, 413, why);
	if (!r->status || !r->has_body)
		return MHD_YES;
	if (r->expect || announced > DRAIN_BYTES)
		return queue_reply(r);
	r->draining = true;
	return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *r, const char *data, size_t n)
{
	if (!atomic_fetch_add(&r->conn->bytes, n))
		r->conn->together = timestamp_tick_ns() - r->begun_ns < TOGETHER_NS;
	if (!r->draining) {
		bool fits = n <= r->body_cap - r->body.n;

		if (fits)
			buf_add(&r->body, data, n);
		if (!fits || !buf_ok(&r->body)) {
			bool full = buf_ok(&r->body);

			buf_release(&r->body);
			buf_init(&r->body, 0);
			r->server->o.refuse(r->server->o.ctx, r, full ? 413 : 503,
				full ? "the body is larger than this server takes" : "there is no memory for the body");
			r->draining = true;
		}
	}
	r->drained += n;
	return r->draining && r->drained > DRAIN_BYTES ? MHD_NO : MHD_YES;
}

enum MHD_Result http_on_request(void *server, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
	size_t *n, void **slot)
{
	struct http_request *r = *slot;

	if (!r)
		return MHD_NO;
	if (!r->gated && first_look(r, method, version))
		return queue_reply(r);
	if (!r->begun) {
		if (!r->stage)
			peer_certificate(r);
		if (!r->status && run_stages(r, r->stage ? r->stage : r->server->o.begin))
			return MHD_YES;
		return after_begin(r);
	}
	if (*n) {
		enum MHD_Result go_on = take_body(r, data, *n);

		*n = 0;
		return go_on;
	}
	if (r->queued)
		return MHD_YES;
	if (!r->body_full) {
		r->body_full = true;
		buf_reserve(&r->body, 0);
		http_conn_phase(r->conn, HTTP_BUSY, 0);
	}
	if (!r->status && run_stages(r, r->stage ? r->stage : r->server->o.handle))
		return MHD_YES;
	assert(r->status);
	return queue_reply(r);
}

void http_on_completed(void *server, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why)
{
	struct http_request *r = *slot;
	struct http_server *s = server;

	if (!r)
		return;
	*slot = NULL;
	if (r->counted) {
		s->o.done(s->o.ctx, r, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
		atomic_fetch_sub(&s->requests, 1);
		atomic_fetch_add(&s->sent_bytes, r->reply_bytes);
	}
	http_conn_phase(r->conn, HTTP_IDLE, 0);
	buf_release(&r->body);
	buf_release(&r->out);
	arena_free(r->a);
	free(r);
}

/* ---- asking ---- */

const char *http_method(const struct http_request *r)
{
	return r->method;
}

struct span http_path(const struct http_request *r)
{
	return r->path;
}

struct span http_query(const struct http_request *r)
{
	return r->query;
}

struct join {
	struct http_request *r;
	const char *name, *value;
};

static enum MHD_Result join_line(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct join *j = ctx;

	if (!strcasecmp(name, j->name))
		j->value = j->value ? arena_printf(j->r->a, "%s, %s", j->value, value ? value : "") : value ? value
													    : "";
	return MHD_YES;
}

const char *http_header(struct http_request *r, const char *name)
{
	struct join j = { r, name, NULL };

	MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, join_line, &j);
	return j.value;
}

bool http_has_body(const struct http_request *r)
{
	return r->has_body;
}

void http_body_cap(struct http_request *r, size_t most)
{
	if (most < r->body_cap)
		r->body_cap = most;
}

struct span http_body(const struct http_request *r)
{
	static const char nothing[BUF_SLACK];

	return r->body.n ? buf_span(&r->body) : (struct span){ nothing, 0 };
}

struct arena *http_arena(struct http_request *r)
{
	return r->a;
}

void **http_slot(struct http_request *r)
{
	return &r->slot;
}

const char *http_address(const struct http_request *r)
{
	return r->conn->address;
}

bool http_loopback(const struct http_request *r)
{
	return r->conn->loopback;
}

int64_t http_started_ns(const struct http_request *r)
{
	return r->started;
}
