/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server against raw sockets: framing, slow and rude clients, parking, streams, stopping. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "hub/http.h"
#include "util/timestamp.h"

/* ---- a small application ---- */

struct app {
	struct http_server *s;
	pthread_mutex_t lock;
	struct http_request *parked;
	int finished, cut, feeds;
};
static struct app app;

static void text(struct http_request *r, int status, const char *s)
{
	http_reply_add(r, arena_span(http_arena(r), span_of(s)));
	http_reply(r, status, "text/plain");
}

static void on_refuse(void *ctx, struct http_request *r, int status, const char *why)
{
	text(r, status, why);
}

static void on_begin(void *ctx, struct http_request *r)
{
	if (span_is(http_path(r), "/deny"))
		text(r, 403, "no");
	if (span_is(http_path(r), "/small"))
		http_body_cap(r, 10);
}

static void parked_again(void *ctx, struct http_request *r)
{
	pthread_mutex_lock(&app.lock);
	app.parked = NULL;
	pthread_mutex_unlock(&app.lock);
	text(r, 200, http_stopping(app.s) ? "stopping" : "woken");
}

static void late(void *ctx, struct http_request *r)
{
	text(r, 200, "late");
}

static bool feed(void *ctx, struct http_request *r, struct buf *out, int64_t *deadline)
{
	int *n = *http_slot(r);

	if (!n)
		*http_slot(r) = n = ARENA_NEW(http_arena(r), int);
	else
		++*n;
	*deadline = timestamp_tick_ns() + 30000000;
	if (*n > 0)
		buf_addf(out, "tick %d\n", *n);
	return *n < 3;
}

static void on_handle(void *ctx, struct http_request *r)
{
	struct span path = http_path(r);

	if (span_is(path, "/park")) {
		pthread_mutex_lock(&app.lock);
		app.parked = r;
		pthread_mutex_unlock(&app.lock);
		http_wait(r, parked_again, timestamp_tick_ns() + 20000000000ll);
	} else if (span_is(path, "/late")) {
		http_wait(r, late, timestamp_tick_ns() + 100000000);
	} else if (span_is(path, "/early")) {
		http_wake(r); /* before it is parked: must not be lost */
		http_wait(r, late, 0);
	} else if (span_is(path, "/stream")) {
		http_stream(r, 200, "text/event-stream", feed);
	} else if (span_is(path, "/big") || span_is(path, "/huge")) {
		char *p = arena_alloc(http_arena(r), 1000);

		memset(p, 'x', 1000);
		for (int i = 0; i < (path.n == 4 ? 3000 : 9000); i++)
			http_reply_add(r, (struct span){ p, 1000 });
		http_reply(r, 200, "text/plain");
	} else if (span_is(path, "/query")) {
		http_reply_add(r, http_query(r));
		http_reply(r, 200, "text/plain");
	} else if (http_has_body(r)) {
		http_reply_add(r, http_body(r));
		http_reply(r, 200, "text/plain");
	} else {
		text(r, 200, "hello");
	}
}

static void on_done(void *ctx, struct http_request *r, bool complete)
{
	pthread_mutex_lock(&app.lock);
	app.finished += complete;
	app.cut += !complete;
	pthread_mutex_unlock(&app.lock);
}

static int start(void **state)
{
	struct http_options o = {
		.listen = "127.0.0.1:0",
		.threads = 2,
		.limits = { .header_bytes = 8192, .body_bytes = 1 << 20, .connections = 200, .per_address = 150, .header_s = 1, .body_s = 1, .rate = 1000000, .idle_s = 3 },
		.begin = on_begin,
		.handle = on_handle,
		.refuse = on_refuse,
		.done = on_done,
	};

	memset(&app, 0, sizeof app);
	pthread_mutex_init(&app.lock, NULL);
	return http_start(&o, &app.s, NULL) != ERR_OK;
}

static int stop(void **state)
{
	if (app.s)
		http_stop(app.s, 5);
	return 0;
}

/* ---- a rude client ---- */

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(app.s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void say_bytes(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t w = send(fd, s, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}

static void say(int fd, const char *s)
{
	say_bytes(fd, s, strlen(s));
}

/* Reads until the peer closes, `until` was seen, or ms are over. */
static char *hear(int fd, const char *until, int ms)
{
	static char all[16 << 20];
	size_t n = 0;
	int64_t end = timestamp_tick_ns() + ms * 1000000ll;

	all[0] = 0;
	while (n + 1 < sizeof all) {
		struct pollfd p = { fd, POLLIN, 0 };
		int left = (int)((end - timestamp_tick_ns()) / 1000000);
		ssize_t r;

		if (left <= 0 || poll(&p, 1, left) <= 0)
			break;
		r = recv(fd, all + n, sizeof all - 1 - n, 0);
		if (r <= 0)
			break;
		n += (size_t)r;
		all[n] = 0;
		if (until && strstr(all, until))
			break;
	}
	return all;
}

static bool closed(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char c;

	return poll(&p, 1, ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}

static char *ask(const char *request)
{
	int fd = dial();
	char *answer;

	say(fd, request);
	shutdown(fd, SHUT_WR);
	answer = hear(fd, NULL, 5000);
	close(fd);
	return answer;
}

/* ---- tests ---- */

static void test_framing(void **state)
{
	static const struct {
		const char *title, *request, *status;
	} v[] = {
		{ "plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "200" },
		{ "with port", "GET / HTTP/1.1\r\nHost: a:80\r\n\r\n", "200" },
		{ "absolute form", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "200" },
		{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "200" },
		{ "no Host", "GET / HTTP/1.1\r\n\r\n", "400" },
		{ "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
		{ "two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "400" },
		{ "Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400" },
		{ "CL and TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400" },
		{ "TE and CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400" },
		{ "two CL", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400" },
		{ "CL list", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", "400" },
		{ "CL signed", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "400" },
		{ "CL hex", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", "400" },
		{ "CL with a space before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc", "400" },
		{ "TE unknown", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400" },
		{ "TE twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "400" },
		{ "TE with a tab", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", "400" },
		{ "TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400" },
		{ "chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "200" },
		{ "chunk size malformed", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "400" },
		{ "control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "no path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
		{ "star", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "200" },
		{ "header without colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", "400" },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		const char *a = ask(v[i].request);

		if (strncmp(a, "HTTP/1.1 ", 9) && strncmp(a, "HTTP/1.0 ", 9))
			fail_msg("%s: no answer: '%.100s'", v[i].title, a);
		if (strncmp(a + 9, v[i].status, 3))
			fail_msg("%s: wanted %s, got %.200s", v[i].title, v[i].status, a);
	}
}

static void test_one_answer_for_a_smuggled_request(void **state)
{
	const char *a = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /query?smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_non_null(strstr(a, " 400 "));
	assert_null(strstr(a, "smuggled"));
}

static void test_pipelining_and_keep_alive(void **state)
{
	int fd = dial();
	const char *a;

	say(fd, "GET /query?one HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwoGET /query?three HTTP/1.1\r\nHost: a\r\n\r\n");
	a = hear(fd, "three", 3000);
	assert_non_null(strstr(a, "one"));
	assert_true(strstr(a, "two") > strstr(a, "one"));
	assert_true(strstr(a, "three") > strstr(a, "two"));
	say(fd, "GET /query?four HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_non_null(strstr(hear(fd, "four", 3000), "four"));
	close(fd);
}

static void test_keep_alive_is_fast(void **state)
{
	int fd = dial();
	int64_t t = timestamp_tick_ns();

	for (int i = 0; i < 50; i++) {
		say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
		say(fd, "fast\n");
		assert_non_null(strstr(hear(fd, "fast\n", 3000), "fast"));
	}
	t = timestamp_tick_ns() - t;
	if (t > 1000000000)
		fail_msg("50 small requests took %lld ms: a delayed acknowledgement at work", (long long)(t / 1000000));
	close(fd);
}

static void test_head_has_no_body(void **state)
{
	const char *a = ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), *end = strstr(a, "\r\n\r\n");

	assert_non_null(strstr(a, "Content-Length: 5"));
	assert_non_null(end);
	assert_int_equal(strlen(end), 4);
}

static void test_slow_headers_are_cut(void **state)
{
	int fd = dial(), idle = dial();

	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 12 && !closed(fd, 200); i++)
		say(fd, "X: y\r\n");
	assert_true(closed(fd, 500));
	assert_true(closed(idle, 1000));
	close(fd);
	close(idle);
}

static void test_slow_body_is_cut(void **state)
{
	int fd = dial();

	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
	for (int i = 0; i < 20 && !closed(fd, 150); i++)
		say(fd, "x");
	assert_true(closed(fd, 1000));
	close(fd);
}

static void test_truncated_body_is_no_request(void **state)
{
	const char *a = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");

	assert_null(strstr(a, "half"));
	assert_string_equal(a, "");
}

static void test_half_closed_gets_its_answer(void **state)
{
	const char *a = ask("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_non_null(strstr(a, "late"));
}

static void test_big_headers(void **state)
{
	char *req = malloc(200000), *p;

	for (int kb = 12; kb <= 150; kb += 46) {
		int fd = dial();
		const char *a;

		p = req + snprintf(req, 100, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
		memset(p, 'x', (size_t)kb * 1024);
		memcpy(p + kb * 1024, "\r\n\r\n", 5);
		say(fd, req);
		a = hear(fd, "\r\n\r\n", 3000);
		if (!strstr(a, " 431 ") && !strstr(a, " 413 "))
			fail_msg("%d KB: %.100s", kb, a);
		close(fd);
	}
	free(req);
}

/* What the library answers before we see it (its own words), or not at all: a client error, never the application, and everybody else goes on. */
static void test_malformed_request_lines(void **state)
{
	static const struct {
		const char *title, *before, *again;
		size_t times, again_n;
		const char *after;
	} v[] = {
		{ "a request line without end", "GET /", "x", 300000, 1, "" },
		{ "a request line longer than any buffer", "GET /", "x", 300000, 1, " HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ "a method longer than any buffer", "", "G", 300000, 1, " / HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ "a version of the future", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "", 0, 0, "" },
		{ "HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", 0, 0, "" },
		{ "no version", "GET /\r\n\r\n", "", 0, 0, "" },
		{ "another protocol", "GET / FTP/1.1\r\nHost: a\r\n\r\n", "", 0, 0, "" },
		{ "spaces in the target", "GET /a b c HTTP/1.1\r\nHost: a\r\n\r\n", "", 0, 0, "" },
		{ "a NUL in the target", "GET /a", "\0", 1, 1, "b HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ "a NUL in the method", "G", "\0", 1, 1, "T / HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ "nothing but NULs", "", "\0", 5000, 1, "\r\n\r\n" },
		{ "thousands of headers", "GET / HTTP/1.1\r\nHost: a\r\n", "a: b\r\n", 20000, 6, "\r\n" },
		{ "a TLS greeting", "\x16\x03\x01\x02", "\x01", 500, 1, "\r\n\r\n" },
		{ "words", "hello?\r\n\r\n", "", 0, 0, "" },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		int fd = dial();
		const char *a;

		say(fd, v[i].before);
		for (size_t k = 0; k < v[i].times; k++)
			say_bytes(fd, v[i].again, v[i].again_n);
		say(fd, v[i].after);
		shutdown(fd, SHUT_WR);
		a = hear(fd, NULL, 5000);
		if (*a && (strncmp(a, "HTTP/1.", 7) || (strncmp(a + 8, " 4", 2) && strncmp(a + 8, " 505", 4))))
			fail_msg("%s: %.200s", v[i].title, a);
		if (strstr(a, "hello"))
			fail_msg("%s: came through: %.200s", v[i].title, a);
		close(fd);
		if (!strstr(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "hello"))
			fail_msg("%s: another connection got no answer after it", v[i].title);
	}
}

static void test_long_query(void **state)
{
	char *req = malloc(20000);
	size_t n = (size_t)snprintf(req, 100, "GET /query?");

	memset(req + n, 'x', 9000);
	memcpy(req + n + 9000, " HTTP/1.1\r\nHost: a\r\n\r\n", 23);
	assert_non_null(strstr(ask(req), " 4"));
	free(req);
}

static void test_oversize_body(void **state)
{
	int fd = dial();
	char *chunk = malloc(300001);
	const char *a;

	memset(chunk, 'x', 300000);
	chunk[300000] = 0;
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
	for (int i = 0; i < 10; i++)
		say(fd, chunk);
	a = hear(fd, "takes", 3000);
	assert_non_null(strstr(a, " 413 "));
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); /* read to its end, so the connection goes on */
	assert_non_null(strstr(hear(fd, "hello", 3000), " 200 "));
	close(fd);

	fd = dial();
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 8; i++) {
		say(fd, "493e0\r\n");
		say(fd, chunk);
		say(fd, "\r\n");
	}
	say(fd, "0\r\n\r\n");
	assert_non_null(strstr(hear(fd, "takes", 3000), " 413 "));
	close(fd);

	a = ask("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
	assert_non_null(strstr(a, " 413 "));
	assert_null(strstr(a, "100 Continue"));
	free(chunk);
}

static void test_refused_before_the_body(void **state)
{
	const char *a = ask("POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");

	assert_non_null(strstr(a, " 403 "));
	a = ask("POST /deny HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	assert_non_null(strstr(a, " 403 "));
	a = ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
	assert_non_null(strstr(a, "100 Continue"));
	assert_non_null(strstr(a, "hello"));
}

static void test_parked_requests_block_nobody(void **state)
{
	int v[40];

	for (size_t i = 0; i < 40; i++) {
		v[i] = dial();
		say(v[i], i ? "GET /late HTTP/1.1\r\nHost: a\r\n\r\n" : "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	assert_non_null(strstr(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "hello"));
	for (size_t i = 1; i < 40; i++) {
		assert_non_null(strstr(hear(v[i], "late", 3000), "late"));
		close(v[i]);
	}
	pthread_mutex_lock(&app.lock);
	assert_non_null(app.parked);
	http_wake(app.parked);
	pthread_mutex_unlock(&app.lock);
	assert_non_null(strstr(hear(v[0], "woken", 3000), "woken"));
	close(v[0]);
}

static void test_an_early_wake_is_kept(void **state)
{
	for (int i = 0; i < 20; i++)
		assert_non_null(strstr(ask("GET /early HTTP/1.1\r\nHost: a\r\n\r\n"), "late"));
}

static void *wake_often(void *arg)
{
	struct timespec nap = { 0, 200000 };

	for (int i = 0; i < 4000; i++) {
		pthread_mutex_lock(&app.lock);
		if (app.parked)
			http_wake(app.parked);
		pthread_mutex_unlock(&app.lock);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

static void test_wakes_race_with_parking(void **state)
{
	pthread_t t;

	pthread_create(&t, NULL, wake_often, NULL);
	for (int i = 0; i < 300; i++)
		assert_non_null(strstr(ask("GET /park HTTP/1.1\r\nHost: a\r\n\r\n"), "woken"));
	pthread_join(t, NULL);
}

static void test_stream(void **state)
{
	const char *a = ask("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_non_null(strstr(a, "tick 1"));
	assert_non_null(strstr(a, "tick 3"));
	assert_non_null(strstr(a, "0\r\n\r\n"));
}

static void test_many_pieces(void **state)
{
	const char *a = ask("GET /big HTTP/1.1\r\nHost: a\r\n\r\n"), *body = strstr(a, "\r\n\r\n");

	assert_non_null(body);
	assert_int_equal(strlen(body + 4), 3000000);
	a = ask("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
	body = strstr(a, "\r\n\r\n");
	assert_int_equal(strlen(body + 4), 9000000);
}

static void test_connections_per_address(void **state)
{
	int v[170], open = 0;
	char c;

	for (size_t i = 0; i < 170; i++)
		v[i] = dial();
	for (size_t i = 0; i < 170; i++) {
		struct pollfd p = { v[i], POLLIN, 0 };

		open += !(poll(&p, 1, i ? 0 : 300) > 0 && recv(v[i], &c, 1, MSG_DONTWAIT) <= 0);
	}
	for (size_t i = 0; i < 170; i++)
		close(v[i]);
	assert_true(open <= 150 && open >= 100);
}

static void test_stop_lets_finish(void **state)
{
	int fd = dial(), idle = dial(), parked = dial();
	struct timespec nap = { 0, 50000000 };

	say(fd, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
	say(parked, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
	nanosleep(&nap, NULL);
	http_stop(app.s, 5);
	app.s = NULL;
	assert_non_null(strstr(hear(fd, NULL, 1000), "late"));
	assert_non_null(strstr(hear(parked, NULL, 1000), "stopping"));
	assert_true(closed(idle, 100));
	close(fd);
	close(idle);
	close(parked);
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = { "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "example.org:80", "[::1:80", "127.0.0.1:80x" };
	bool loopback;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(http_listen_check(bad[i], &loopback, NULL), ERR_USAGE);
	assert_int_equal(http_listen_check("[::1]:0", &loopback, NULL), ERR_OK);
	assert_true(loopback);
	assert_int_equal(http_listen_check("0.0.0.0:80", &loopback, NULL), ERR_OK);
	assert_false(loopback);
}

#define T(title, fn) \
	{ \
		title, fn, start, stop, NULL \
	}
int main(void)
{
	const struct CMUnitTest tests[] = {
		T("framing that can be read in two ways is refused", test_framing),
		T("a smuggled request is not answered", test_one_answer_for_a_smuggled_request),
		T("pipelined requests are answered in order on one connection", test_pipelining_and_keep_alive),
		T("small requests on a kept connection do not wait for delayed acknowledgements", test_keep_alive_is_fast),
		T("HEAD has the headers of GET and no body", test_head_has_no_body),
		T("headers that dribble in are cut, and so is a silent connection", test_slow_headers_are_cut),
		T("a body that dribbles in is cut", test_slow_body_is_cut),
		T("a truncated body never reaches the application", test_truncated_body_is_no_request),
		T("a client that has half closed still gets its answer", test_half_closed_gets_its_answer),
		T("headers past the limit get 431", test_big_headers),
		T("malformed request lines get a client error or nothing, and others are served", test_malformed_request_lines),
		T("a query past the limit is refused", test_long_query),
		T("a body past the limit gets 413, announced or not", test_oversize_body),
		T("what begin refuses needs no body", test_refused_before_the_body),
		T("parked requests block nobody", test_parked_requests_block_nobody),
		T("a wake before the park is kept", test_an_early_wake_is_kept),
		T("wakes race with parking and none is lost", test_wakes_race_with_parking),
		T("a stream goes on by its deadlines and ends", test_stream),
		T("a reply of many pieces arrives whole", test_many_pieces),
		T("an address has only so many connections", test_connections_per_address),
		T("stopping lets requests finish and wakes the parked", test_stop_lets_finish),
		T("listen addresses are checked", test_bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
