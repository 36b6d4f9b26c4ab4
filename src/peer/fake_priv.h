/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a small HTTP server on loopback, one thread a connection, whose answers the test makes. */
#ifndef PEER_FAKE_PRIV_H
#define PEER_FAKE_PRIV_H
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "util/span.h"
#include "util/test.h"

struct server;
struct call {
	struct server *on;
	int fd, number; /* the how-manyth request, from 1 */
	char method[16], path[1024];
	char *head, *body;
};
struct server {
	int fd, port;
	atomic_int requests, open;
	void (*serve)(struct call *c);
	pthread_t thread;
	char log[8192];
	pthread_mutex_t lock;
	char text[64];
};

static inline void say(struct call *c, const char *text)
{
	for (size_t n = strlen(text), at = 0; at < n;) {
		ssize_t k = send(c->fd, text + at, n - at, MSG_NOSIGNAL);
		if (k <= 0)
			return;
		at += (size_t)k;
	}
}

static inline void answer(struct call *c, int status, const char *headers, const char *body)
{
	char head[1024];
	snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Type: application/taxii+json;version=2.1\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body),
		headers ? headers : "");
	say(c, head);
	say(c, body);
}

static inline bool is(const struct call *c, const char *path)
{
	return strcmp(c->path, path) == 0;
}

struct connection {
	struct server *s;
	int fd;
};

static inline void *serve_connection(void *arg)
{
	struct connection *k = arg;
	static const size_t room = 1 << 20;
	char *in = calloc(1, room);
	size_t n = 0;
	for (;;) {
		char *end;
		while (!(end = strstr(in, "\r\n\r\n"))) {
			ssize_t got = recv(k->fd, in + n, room - 1 - n, 0);
			if (got <= 0)
				goto out;
			n += (size_t)got;
			in[n] = '\0';
		}
		struct call c = { .on = k->s, .fd = k->fd, .head = in };
		char *length = strstr(in, "Content-Length: ");
		size_t head = (size_t)(end + 4 - in), body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
		while (n < head + body) {
			ssize_t got = recv(k->fd, in + n, room - 1 - n, 0);
			if (got <= 0)
				goto out;
			n += (size_t)got;
		}
		in[n] = '\0';
		sscanf(in, "%15s %1023s", c.method, c.path);
		end[2] = '\0';
		c.body = end + 4;
		c.number = atomic_fetch_add(&k->s->requests, 1) + 1;
		pthread_mutex_lock(&k->s->lock);
		size_t used = strlen(k->s->log);
		snprintf(k->s->log + used, sizeof k->s->log - used, "%s %s\n", c.method, c.path);
		pthread_mutex_unlock(&k->s->lock);
		k->s->serve(&c);
		memmove(in, in + head + body, n - head - body);
		n -= head + body;
		in[n] = '\0';
	}
out:
	close(k->fd);
	free(in);
	atomic_fetch_sub(&k->s->open, 1);
	free(k);
	return NULL;
}

static inline void *serve_all(void *arg)
{
	struct server *s = arg;
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		struct connection *k = malloc(sizeof *k);
		*k = (struct connection){ s, fd };
		atomic_fetch_add(&s->open, 1);
		pthread_t t;
		pthread_create(&t, NULL, serve_connection, k);
		pthread_detach(t);
	}
}

static inline struct server *server_new(void (*serve)(struct call *c))
{
	struct server *s = calloc(1, sizeof *s);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	s->serve = serve;
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	getsockname(s->fd, (struct sockaddr *)&at, &n);
	s->port = ntohs(at.sin_port);
	pthread_create(&s->thread, NULL, serve_all, s);
	return s;
}

/* After the clients are freed: their connections end, and with them the threads. */
static inline void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	while (atomic_load(&s->open))
		usleep(1000);
	free(s);
}
#endif
