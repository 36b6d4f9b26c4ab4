/* SPDX-License-Identifier: Apache-2.0 */
/* A plain blocking HTTP client and a pool of them. */
#include "bench.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "util/timestamp.h"

bool bench_connect(struct bench_conn *c, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	c->port = port;
	buf_init(&c->in, 1u << 28);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

void bench_close(struct bench_conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_release(&c->in);
}

static bool send_all(int fd, struct span s)
{
	while (s.n) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		s.p += n;
		s.n -= (size_t)n;
	}
	return true;
}

int bench_exchange(struct bench_conn *c, struct span request, struct span *body)
{
	buf_clear(&c->in);
	if (!send_all(c->fd, request))
		return 0;
	size_t head = 0, length = 0;
	while (!head || c->in.n < head + length) {
		if (!buf_reserve(&c->in, 1u << 18))
			return 0;
		ssize_t n = recv(c->fd, c->in.p + c->in.n, 1u << 18, 0);
		if (n <= 0)
			return 0;
		c->in.n += (size_t)n;
		c->in.p[c->in.n] = 0;
		const char *end = head ? NULL : strstr(c->in.p, "\r\n\r\n");
		if (end) {
			head = (size_t)(end - c->in.p) + 4;
			const char *l = strcasestr(c->in.p, "\r\nContent-Length:");
			length = l && l < end ? strtoull(l + 17, NULL, 10) : 0;
		}
	}
	if (body)
		*body = (struct span){ c->in.p + head, length };
	return (int)strtol(c->in.p + 9, NULL, 10);
}

void bench_request(struct buf *out, const char *method, const char *path, const char *token, struct span body, const char *extra)
{
	buf_addf(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/taxii+json;version=2.1\r\n%s", method, path, extra ? extra : "");
	if (token)
		buf_addf(out, "Authorization: Bearer %s\r\n", token);
	if (body.n)
		buf_addf(out, "Content-Type: application/taxii+json;version=2.1\r\nContent-Length: %zu\r\n", body.n);
	buf_adds(out, "\r\n");
	buf_addspan(out, body);
}

struct worker {
	pthread_t thread;
	int client, rounds;
	bool (*work)(void *, int, int);
	void *ctx;
	bool failed;
};

static void *run_worker(void *p)
{
	struct worker *w = p;
	for (int r = 0; r < w->rounds && !w->failed; r++)
		w->failed = !w->work(w->ctx, w->client, r);
	return NULL;
}

double bench_clients(int clients, int rounds, bool (*work)(void *ctx, int client, int round), void *ctx)
{
	struct worker w[64];
	bool failed = false;
	int64_t t = timestamp_tick_ns();
	for (int i = 0; i < clients; i++) {
		w[i] = (struct worker){ .client = i, .rounds = rounds, .work = work, .ctx = ctx };
		if (pthread_create(&w[i].thread, NULL, run_worker, &w[i]))
			return -1;
	}
	for (int i = 0; i < clients; i++) {
		pthread_join(w[i].thread, NULL);
		failed |= w[i].failed;
	}
	return failed ? -1 : (double)(timestamp_tick_ns() - t) / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n ? v[n / 2] : 0;
}
