/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of ./bench: data it makes, an HTTP client without frills, and the bounds it measures against. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
#include <stdint.h>
#include <sys/types.h>
#include "util/buf.h"
#include "util/err.h"

/* ---- data ---- */
/* One valid indicator, malware or relationship with fresh ids, about 1.4 KB like ATT&CK's objects; TLP:CLEAR. */
void bench_object(struct buf *out, uint64_t number);
/* The ATT&CK bundle beside the project where it is there, else a bundle of made objects of about its size; *what says which. */
bool bench_bundle(struct buf *out, const char **what);

/* ---- client ---- */
struct bench_conn {
	int fd, port;
	struct buf in;
};
bool bench_connect(struct bench_conn *c, int port);
void bench_close(struct bench_conn *c);
/* One exchange on a kept-alive connection: the status, body in c->in from *body.  0 when the connection broke. */
int bench_exchange(struct bench_conn *c, struct span request, struct span *body);
/* Header lines and body of a request with a bearer token. */
void bench_request(struct buf *out, const char *method, const char *path, const char *token, struct span body, const char *extra);

/* Runs `clients` threads, each calling work(ctx, client, round) `rounds` times; seconds it took all in all, < 0 when one failed. */
double bench_clients(int clients, int rounds, bool (*work)(void *ctx, int client, int round), void *ctx);

/* ---- bounds ---- */
/* Objects per second of bare SQLite (WAL, synchronous=FULL) inserting the same bytes, `batch` a transaction. */
double bench_bare_sqlite(const char *dir, const struct span *objects, size_t n, size_t batch);
/* The same HTTP library serving these bytes from memory, in a process of its own; its port. */
pid_t bench_static_server(struct span body, int *port);

double bench_median(double *v, size_t n);

/* Prints one line of the report. */
typedef void bench_row(const char *what, double ratio, const char *goal, bool met, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* validate.c */
bool bench_validate(bench_row *row);
#endif
