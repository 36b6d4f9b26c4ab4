/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server's frame: listening, connections, the reaper of slow ones, a stop that lets finish what was begun. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "hub/http_priv.h"
#include "util/bounds.h"
#include "util/timestamp.h"

#define SECOND 1000000000ll
#define TICK_NS 50000000l /* how late a deadline or the reaper may be */

/* ---- addresses ---- */

static bool parse_listen(const char *listen, struct sockaddr_storage *ss, socklen_t *n, bool *loopback)
{
	const char *colon = strrchr(listen, ':');
	char host[64], *end;
	size_t len;
	unsigned long port;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (!colon || colon == listen || !colon[1])
		return false;
	port = strtoul(colon + 1, &end, 10);
	len = (size_t)(colon - listen);
	if (*end || port > 65535 || len >= sizeof host)
		return false;
	if (listen[0] == '[' && listen[len - 1] == ']') {
		memcpy(host, listen + 1, len - 2);
		host[len - 2] = 0;
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*n = sizeof *v6;
		if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
			return false;
		*loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
		return true;
	}
	memcpy(host, listen, len);
	host[len] = 0;
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	*n = sizeof *v4;
	if (inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1", &v4->sin_addr) != 1)
		return false;
	*loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
	return true;
}

enum err http_listen_check(const char *listen, bool *loopback, struct fault *f)
{
	struct sockaddr_storage ss;
	socklen_t n;

	if (parse_listen(listen, &ss, &n, loopback))
		return ERR_OK;
	return fault_set(f, ERR_USAGE, "listen", "'%s' is no address and port; write for instance 127.0.0.1:8080 or [::1]:8080", listen);
}

static enum err open_socket(struct http_server *s, struct fault *f)
{
	struct sockaddr_storage ss;
	socklen_t n;
	bool loopback;
	int on = 1;

	if (!parse_listen(s->listen, &ss, &n, &loopback))
		return fault_set(f, ERR_USAGE, "listen", "'%s' is no address and port; write for instance 127.0.0.1:8080 or [::1]:8080", s->listen);
	s->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return fault_set(f, ERR_IO, s->listen, "no socket: %s", strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s->fd, (struct sockaddr *)&ss, n) || listen(s->fd, 1024))
		return fault_set(f, ERR_IO, s->listen, "cannot listen there: %s%s", strerror(errno),
			errno == EADDRINUSE ? "; choose another port with --listen ADDR:PORT" : "");
	n = sizeof ss;
	if (getsockname(s->fd, (struct sockaddr *)&ss, &n))
		return fault_set(f, ERR_IO, s->listen, "getsockname: %s", strerror(errno));
	s->port = ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port : ((struct sockaddr_in *)&ss)->sin_port);
	return ERR_OK;
}

/* ---- connections ---- */

static void conn_address(struct http_conn *c, const struct sockaddr *a)
{
	if (a && a->sa_family == AF_INET) {
		const struct in_addr *v4 = &((const struct sockaddr_in *)a)->sin_addr;

		inet_ntop(AF_INET, v4, c->address, sizeof c->address);
		c->loopback = (ntohl(v4->s_addr) >> 24) == 127;
	} else if (a && a->sa_family == AF_INET6) {
		const struct in6_addr *v6 = &((const struct sockaddr_in6 *)a)->sin6_addr;

		inet_ntop(AF_INET6, v6, c->address, sizeof c->address);
		c->loopback = IN6_IS_ADDR_LOOPBACK(v6);
	}
}

static void on_connection(void *server, struct MHD_Connection *m, void **slot, enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = server;
	struct http_conn *c = *slot;
	const union MHD_ConnectionInfo *info;
	int on = 1;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		c = calloc(1, sizeof *c);
		if (!c)
			return; /* http_on_target refuses a connection without one */
		info = MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
		c->fd = info ? info->connect_fd : -1;
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		info = MHD_get_connection_info(m, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		conn_address(c, info ? info->client_addr : NULL);
		http_conn_phase(c, HTTP_HEADERS, 0);
		*slot = c;
		pthread_mutex_lock(&s->conns_lock);
		c->next = s->conns;
		if (s->conns)
			s->conns->prev = c;
		s->conns = c;
		s->n_conns++;
		pthread_mutex_unlock(&s->conns_lock);
	} else if (c) {
		*slot = NULL;
		pthread_mutex_lock(&s->conns_lock); /* the socket is closed after this: the reaper never meets another's */
		*(c->prev ? &c->prev->next : &s->conns) = c->next;
		if (c->next)
			c->next->prev = c->prev;
		s->n_conns--;
		pthread_mutex_unlock(&s->conns_lock);
		free(c);
	}
}

static bool too_slow(const struct http_limits *l, const struct http_conn *c, int64_t now)
{
	int64_t took = now - atomic_load(&c->since);
	uint64_t bytes = atomic_load(&c->bytes);

	switch ((enum http_phase)atomic_load(&c->phase)) {
	case HTTP_IDLE:
		return took > l->idle_s * SECOND;
	case HTTP_HEADERS:
		return took > l->header_s * SECOND;
	case HTTP_BODY:
	case HTTP_SENDING:
		if (!bytes && c->phase == HTTP_SENDING)
			return false; /* a stream; libmicrohttpd's own time-out ends one that nobody reads */
		return took / SECOND > (int64_t)(l->body_s + bytes / l->rate);
	case HTTP_BUSY:
		break;
	}
	return false;
}

/* A client that half closed before its answer came: the edge is spent, libmicrohttpd does not look again. */
static bool half_closed(struct http_conn *c, int64_t now)
{
	char byte;

	if (c->phase != HTTP_IDLE) {
		c->peeked = false;
		return false;
	}
	if (c->peeked || now - c->since < TICK_NS)
		return false;
	c->peeked = true;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void *reap(void *server)
{
	struct http_server *s = server;
	struct timespec tick = { 0, TICK_NS };

	while (!atomic_load(&s->reaper_ends)) {
		int64_t now = timestamp_tick_ns();

		pthread_mutex_lock(&s->conns_lock);
		for (struct http_conn *c = s->conns; c; c = c->next)
			if (!c->reaped && (too_slow(&s->o.limits, c, now) || half_closed(c, now))) {
				c->reaped = true;
				atomic_fetch_add(&s->reaped, !c->peeked);
				shutdown(c->fd, SHUT_RDWR);
			}
		pthread_mutex_unlock(&s->conns_lock);
		http_wake_all(s, atomic_load(&s->stopping) ? INT64_MAX : now);
		nanosleep(&tick, NULL);
	}
	return NULL;
}

/* ---- start and stop ---- */

static void quiet(void *ctx, const char *fmt, va_list ap)
{
}

static size_t raw(void *ctx, struct MHD_Connection *c, char *s)
{
	return strlen(s); /* nothing is decoded before we look at it */
}

static enum err start_daemon(struct http_server *s, struct fault *f)
{
	const struct http_limits *l = &s->o.limits;
	const struct http_tls *t = s->o.tls;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = s->o.threads ? s->o.threads : cores > 1 ? (unsigned)cores
								   : 1;
	unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG | (t ? MHD_USE_TLS : 0);
	struct MHD_OptionItem v[20];
	size_t n = 0;

#define SET(...) v[n++] = (struct MHD_OptionItem){ __VA_ARGS__ }
	SET(MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(l->header_bytes > 16384 ? l->header_bytes * 2 : 32768), NULL); /* zeroed after each request: small */
	SET(MHD_OPTION_CONNECTION_LIMIT, (intptr_t)l->connections, NULL);
	SET(MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)l->per_address, NULL);
	SET(MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)l->idle_s, NULL);
	SET(MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_on_completed, s);
	SET(MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s);
	SET(MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_on_target, s);
	SET(MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)raw, NULL);
	SET(MHD_OPTION_LISTEN_SOCKET, s->fd, NULL);
	if (threads > 1)
		SET(MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL);
	if (t) {
		SET(MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)t->certificate.p);
		SET(MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)t->key.p);
		SET(MHD_OPTION_HTTPS_PRIORITIES, 0, t->tls12 ? "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA" : "SECURE128:-VERS-ALL:+VERS-TLS1.3");
		if (t->client_ca.n)
			SET(MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)t->client_ca.p);
	}
	SET(MHD_OPTION_END, 0, NULL);
#undef SET
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, s, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_ARRAY, v, MHD_OPTION_END);
	if (!s->daemon)
		return fault_set(f, ERR_IO, s->listen, "the HTTP server does not start%s", t ? ": certificate and key do not fit, or the TLS library refuses them" : "");
	return ERR_OK;
}

static void server_free(struct http_server *s)
{
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->conns_lock);
	pthread_mutex_destroy(&s->park_lock);
	free(s->listen);
	free(s);
}

enum err http_start(const struct http_options *o, struct http_server **out, struct fault *f)
{
	struct http_server *s = calloc(1, sizeof *s);
	enum err e;

	if (!s)
		return fault_set(f, ERR_NOMEM, "", "no memory for the HTTP server");
	s->o = *o;
	s->fd = -1;
	s->tls = o->tls != NULL;
	s->listen = strdup(o->listen);
	pthread_mutex_init(&s->conns_lock, NULL);
	pthread_mutex_init(&s->park_lock, NULL);
	e = s->listen ? open_socket(s, f) : fault_set(f, ERR_NOMEM, "", "no memory for the HTTP server");
	if (e == ERR_OK && o->tls)
		e = tls_check(o->tls, f);
	if (e == ERR_OK)
		e = start_daemon(s, f);
	if (e == ERR_OK && pthread_create(&s->reaper, NULL, reap, s)) {
		MHD_stop_daemon(s->daemon);
		e = fault_set(f, ERR_NOMEM, "", "no thread for the HTTP server");
	}
	if (e != ERR_OK) {
		server_free(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void http_stop(struct http_server *s, unsigned seconds)
{
	int64_t end = timestamp_tick_ns() + (int64_t)seconds * SECOND;
	struct timespec nap = { 0, 5000000 };

	atomic_store(&s->stopping, true);
	MHD_quiesce_daemon(s->daemon);
	/* What is parked without deadline waits for a commit: it must be woken by it, however long that takes. */
	while (atomic_load(&s->requests) > 0) {
		size_t waits = 0;

		http_wake_all(s, INT64_MAX);
		nanosleep(&nap, NULL);
		pthread_mutex_lock(&s->park_lock);
		for (struct http_request *r = s->parked; r; r = r->next)
			waits += !r->deadline;
		pthread_mutex_unlock(&s->park_lock);
		if (!waits && timestamp_tick_ns() > end)
			break;
	}
	http_wake_all(s, INT64_MAX);
	MHD_stop_daemon(s->daemon);
	atomic_store(&s->reaper_ends, true);
	pthread_join(s->reaper, NULL);
	server_free(s);
}

bool http_stopping(const struct http_server *s)
{
	return atomic_load(&s->stopping);
}

unsigned http_port(const struct http_server *s)
{
	return s->port;
}

struct http_gauge http_gauge(struct http_server *s)
{
	struct http_gauge g = { .requests = atomic_load(&s->requests), .reaped = atomic_load(&s->reaped), .sent_bytes = atomic_load(&s->sent_bytes) };

	pthread_mutex_lock(&s->conns_lock);
	g.connections = s->n_conns;
	pthread_mutex_unlock(&s->conns_lock);
	pthread_mutex_lock(&s->park_lock);
	g.parked = s->n_parked;
	pthread_mutex_unlock(&s->park_lock);
	return g;
}
