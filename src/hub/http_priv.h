/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server's insides, shared by http.c (server, reaper), http_request.c (stages, replies) and tls.c. */
#ifndef HUB_HTTP_PRIV_H
#define HUB_HTTP_PRIV_H
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <microhttpd.h>
#include "hub/http.h"

enum http_phase { HTTP_IDLE,
	HTTP_HEADERS,
	HTTP_BODY,
	HTTP_BUSY,
	HTTP_SENDING };

/* One connection, in the reaper's list from accept to close. */
struct http_conn {
	struct http_conn *prev, *next;
	int fd;
	_Atomic int phase;
	_Atomic int64_t since; /* tick at which the phase began */
	_Atomic uint64_t bytes; /* received in BODY; to be sent in SENDING (0: a stream) */
	bool reaped, loopback, peeked;
	bool together; /* the last request's body came with its headers */
	char address[INET6_ADDRSTRLEN];
};

struct http_server {
	struct http_options o;
	char *listen;
	struct MHD_Daemon *daemon;
	int fd;
	unsigned port;
	bool tls;
	pthread_mutex_t conns_lock; /* list of connections */
	struct http_conn *conns;
	size_t n_conns;
	pthread_mutex_t park_lock; /* who is parked; never held while conns_lock is taken */
	struct http_request *parked;
	size_t n_parked;
	pthread_t reaper;
	atomic_bool stopping, reaper_ends;
	_Atomic size_t requests; /* under way, from headers to sent */
	_Atomic uint64_t reaped, sent_bytes;
};

struct http_header_line {
	const char *name, *value;
	struct http_header_line *next;
};
struct http_request {
	struct http_server *server;
	struct http_conn *conn;
	struct MHD_Connection *mhd;
	struct arena *a;
	uintptr_t line; /* where the target lay in the request line: a place to measure from */
	char *target; /* path and query as they came */
	struct span path, query;
	const char *method;
	struct buf body;
	size_t body_cap;
	uint64_t drained;
	bool begun, gated, counted, expect, has_body, draining, body_full;
	int64_t started, begun_ns;
	void *slot;
	/* parking, under server->park_lock */
	struct http_request *prev, *next;
	http_stage *stage; /* what runs when woken */
	int64_t deadline;
	bool parked, woken;
	/* reply */
	int status;
	const char *content_type;
	struct http_header_line *headers;
	struct span *pieces;
	size_t n_pieces, room_pieces, reply_bytes;
	size_t piece, piece_at; /* sent so far */
	bool queued;
	http_feed *feed;
	struct buf out;
	size_t out_at;
	bool feed_ended;
};

/* http_request.c: libmicrohttpd's callbacks */
void *http_on_target(void *server, const char *uri, struct MHD_Connection *c);
enum MHD_Result http_on_request(void *server, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
	size_t *n, void **slot);
void http_on_completed(void *server, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why);
void http_conn_phase(struct http_conn *c, enum http_phase p, uint64_t bytes);
void http_wake_all(struct http_server *s, int64_t before); /* parked with a deadline <= before */

/* tls.c */
enum err tls_check(const struct http_tls *t, struct fault *f) CHECK_RESULT;
/* Does the client's certificate hold?  Asked on every request where a client CA is configured; why gets the reason. */
bool tls_peer_holds(void *gnutls_session, char *why, size_t room);
#endif
