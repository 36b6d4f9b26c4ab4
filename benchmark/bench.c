/* SPDX-License-Identifier: Apache-2.0 */
/* ./bench: ratios against the bound of each hot path, both sides taken in one run, interleaved, medians.
 * Usage: musubi-bench MUSUBI [part …]   parts: validate ingest page latency memory match */
#include "bench.h"
#include "match_bench.h"
#include "pattern_bench.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "util/timestamp.h"
#include "util/uuid.h"

#define RUNS 5

static const char *musubi;
static char dir[64];
static bool missed;

static void row(const char *what, double ratio, const char *goal, bool met, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void row(const char *what, double ratio, const char *goal, bool met, const char *fmt, ...)
{
	char detail[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	printf("%-44s %8.2f  %-10s %-6s %s\n", what, ratio, goal, met ? "met" : "MISSED", detail);
	fflush(stdout);
	missed |= !met;
}

/* ---- hubs as processes ---- */
struct hub {
	char dir[96], token[128], id[128];
	int port;
	pid_t pid;
};

static bool shell(char *out, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool shell(char *out, size_t room, const char *fmt, ...)
{
	char command[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	FILE *p = popen(command, "re"); /* a benchmark's own command lines */
	size_t n = p ? fread(out, 1, room - 1, p) : 0;
	out[n] = 0;
	return p && pclose(p) == 0;
}

static void member(const char *json, const char *key, char *out, size_t room)
{
	char want[64];
	snprintf(want, sizeof(want), "\"%s\":\"", key);
	const char *at = strstr(json, want);
	*out = 0;
	if (at)
		snprintf(out, room, "%.*s", (int)strcspn(at + strlen(want), "\""), at + strlen(want));
}

static bool hub_serve(struct hub *h)
{
	int p[2];
	if (pipe(p))
		return false;
	h->pid = fork();
	if (h->pid == 0) {
		dup2(p[1], 1);
		close(p[0]);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
		execl(musubi, "musubi", "serve", h->dir, "--listen", "127.0.0.1:0", "--json", (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	char text[512] = "", url[128];
	for (size_t n = 0; n < sizeof(text) - 1 && !strchr(text, '\n');) {
		ssize_t got = read(p[0], text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	member(text, "url", url, sizeof(url));
	const char *colon = strrchr(url, ':');
	h->port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
	return h->port > 0;
}

static bool hub_new(struct hub *h, const char *name)
{
	char out[4096];
	snprintf(h->dir, sizeof(h->dir), "%s/%s", dir, name);
	if (!shell(out, sizeof(out), "'%s' init '%s' --name '%s' --country JP --json", musubi, h->dir, name) ||
		!shell(out, sizeof(out), "'%s' member add '%s' --name Sample --country JP --kind company --json", musubi, h->dir))
		return false;
	member(out, "id", h->id, sizeof(h->id));
	if (!shell(out, sizeof(out), "'%s' token new '%s' --member %s --json", musubi, h->dir, h->id))
		return false;
	member(out, "token", h->token, sizeof(h->token));
	/* the benchmark is one client that asks without pause */
	shell(out, sizeof(out), "'%s' config '%s' rate.requests 0", musubi, h->dir);
	return h->token[0] && hub_serve(h);
}

static void hub_end(struct hub *h)
{
	int status;
	kill(h->pid, SIGTERM);
	waitpid(h->pid, &status, 0);
}

static bool validate_part(void)
{
	return bench_validate(row);
}

/* ---- ingest against bare SQLite ---- */
struct ingest {
	struct hub *hub;
	struct bench_conn conn[64];
	struct buf *requests; /* [client * rounds + round] */
	int rounds;
};

static bool ingest_one(void *ctx, int client, int round)
{
	struct ingest *in = ctx;
	struct span body;
	int status = bench_exchange(&in->conn[client], buf_span(&in->requests[client * in->rounds + round]), &body);
	if (status != 202 || memmem(body.p, body.n, "\"failure_count\":0", 17) == NULL) {
		fprintf(stderr, "ingest: status %d: %.*s\n", status, body.n < 400 ? (int)body.n : 400, body.p);
		return false;
	}
	return true;
}

/* objects per second; the objects' texts go to *made for the bare run (their memory is requests'). */
static double ingest_rate(struct hub *h, int clients, int rounds, int batch, struct span *made)
{
	struct ingest in = { .hub = h, .rounds = rounds };
	size_t n = 0, posts = (size_t)clients * (size_t)rounds;
	static uint64_t number;
	if (!(in.requests = calloc(posts, sizeof(struct buf))))
		return -1;
	for (size_t i = 0; i < posts; i++) {
		BUF_SCOPE struct buf body;
		buf_init(&body, 1u << 26);
		buf_init(&in.requests[i], 1u << 26);
		buf_adds(&body, "{\"objects\":[");
		for (int k = 0; k < batch; k++) {
			if (k)
				buf_addc(&body, ',');
			size_t from = body.n;
			bench_object(&body, number++);
			if (made) {
				struct span s = { strndup(body.p + from, body.n - from), body.n - from };
				made[n++] = s;
			}
		}
		buf_adds(&body, "]}");
		bench_request(&in.requests[i], "POST", "/taxii2/hub/collections/shared/objects/", h->token, buf_span(&body), NULL);
	}
	for (int i = 0; i < clients; i++)
		if (!bench_connect(&in.conn[i], h->port))
			return -1;
	double seconds = bench_clients(clients, rounds, ingest_one, &in);
	for (int i = 0; i < clients; i++)
		bench_close(&in.conn[i]);
	for (size_t i = 0; i < posts; i++)
		buf_release(&in.requests[i]);
	free(in.requests);
	return seconds < 0 ? -1 : (double)posts * batch / seconds;
}

static bool bench_ingest(void)
{
	static const struct {
		int clients, rounds, batch;
	} shapes[] = { { 1, 400, 1 }, { 4, 100, 1 }, { 1, 40, 100 }, { 4, 10, 100 }, { 1, 10, 1000 }, { 4, 4, 1000 } };
	struct hub h = { 0 };
	if (!hub_new(&h, "ingest"))
		return false;
	for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
		double ours[3], bare[3];
		for (int i = 0; i < 3; i++) {
			size_t n = (size_t)shapes[s].clients * (size_t)shapes[s].rounds * (size_t)shapes[s].batch;
			struct span *made = calloc(n, sizeof(*made));
			ours[i] = ingest_rate(&h, shapes[s].clients, shapes[s].rounds, shapes[s].batch, made);
			bare[i] = bench_bare_sqlite(dir, made, n, (size_t)shapes[s].batch);
			for (size_t k = 0; k < n; k++)
				free((void *)made[k].p);
			free(made);
			if (ours[i] < 0 || bare[i] < 0)
				return false;
		}
		char what[64];
		double o = bench_median(ours, 3), p = bench_median(bare, 3);
		bool goal = shapes[s].batch == 1000;
		snprintf(what, sizeof(what), "ingest / bare SQLite, batch %d, %d client%s", shapes[s].batch, shapes[s].clients, shapes[s].clients > 1 ? "s" : "");
		row(what, o / p, goal ? ">= 0.50" : "", !goal || o / p >= 0.5, "%.0f of %.0f objects/s", o, p);
	}
	double many[3], one[3], bare[3];
	for (int i = 0; i < 3; i++) {
		size_t n = 400;
		struct span made[400];
		one[i] = ingest_rate(&h, 1, 400, 1, made);
		bare[i] = bench_bare_sqlite(dir, made, n, 1);
		for (size_t k = 0; k < n; k++)
			free((void *)made[k].p);
		many[i] = ingest_rate(&h, 32, 200, 1, NULL);
		if (many[i] < 0 || one[i] < 0 || bare[i] < 0)
			return false;
	}
	double m = bench_median(many, 3), o = bench_median(one, 3), b = bench_median(bare, 3);
	row("32 clients of one object / one client", m / o, ">= 5.0", m / o >= 5, "%.0f of %.0f objects/s", m, o);
	row("32 clients of one object / bare SQLite, one row", m / b, ">= 5.0", m / b >= 5, "%.0f of %.0f objects/s", m, b);
	hub_end(&h);
	return true;
}

/* ---- pages against static serving ---- */
struct reading {
	struct bench_conn conn[2];
	struct buf request;
	size_t bytes;
};

static bool read_one(void *ctx, int client, int round)
{
	struct reading *r = ctx;
	struct span body = { 0 };
	int status = bench_exchange(&r->conn[client], buf_span(&r->request), &body);
	r->bytes = body.n;
	return status == 200;
}

static double read_rate(int port, const char *path, const char *token, int rounds)
{
	struct reading r = { 0 };
	buf_init(&r.request, 1u << 16);
	bench_request(&r.request, "GET", path, token, (struct span){ 0 }, NULL);
	if (!bench_connect(&r.conn[0], port))
		return -1;
	double s = read_one(&r, 0, 0) ? bench_clients(1, rounds, read_one, &r) : -1;
	bench_close(&r.conn[0]);
	buf_release(&r.request);
	return s < 0 ? -1 : rounds / s;
}

/* The words of what came in are indexed behind it; nothing else is measured meanwhile. */
static bool settle(const struct hub *h)
{
	for (int i = 0; i < 600; i++, usleep(100000)) {
		struct bench_conn c;
		BUF_SCOPE struct buf request;
		struct span body = { 0 };
		buf_init(&request, 1u << 16);
		bench_request(&request, "GET", "/metrics", h->token, (struct span){ 0 }, NULL);
		bool done = bench_connect(&c, h->port) && bench_exchange(&c, buf_span(&request), &body) == 200 && strstr(body.p, "\nmusubi_store_unindexed 0\n");
		bench_close(&c);
		if (done)
			return true;
	}
	return false;
}

static bool bench_page(void)
{
	struct hub h = { 0 };
	if (!hub_new(&h, "page") || ingest_rate(&h, 1, 20, 1000, NULL) < 0 || !settle(&h))
		return false;
	static const int sizes[] = { 100, 1000 };
	for (int k = 0; k < 2; k++) {
		char path[128], what[64];
		snprintf(path, sizeof(path), "/taxii2/hub/collections/shared/objects/?limit=%d", sizes[k]);
		struct bench_conn c;
		BUF_SCOPE struct buf request;
		buf_init(&request, 1u << 16);
		bench_request(&request, "GET", path, h.token, (struct span){ 0 }, NULL);
		struct span body;
		if (!bench_connect(&c, h.port) || bench_exchange(&c, buf_span(&request), &body) != 200)
			return false;
		int port = 0;
		pid_t server = bench_static_server(body, &port);
		double ours[RUNS], fixed[RUNS];
		for (int i = 0; i < RUNS; i++) {
			ours[i] = read_rate(h.port, path, h.token, 200000 / sizes[k]);
			fixed[i] = read_rate(port, path, h.token, 200000 / sizes[k]);
			if (ours[i] < 0 || fixed[i] < 0)
				return false;
		}
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
		double o = bench_median(ours, RUNS), p = bench_median(fixed, RUNS);
		snprintf(what, sizeof(what), "page of %d / static serving", sizes[k]);
		row(what, o / p, ">= 0.60", o / p >= 0.6, "%.0f of %.0f pages/s, %zu bytes each", o, p, body.n);
		bench_close(&c);
	}
	hub_end(&h);
	return true;
}

/* ---- latency from report to reader ---- */
struct waiter {
	struct hub *at;
	pthread_t thread;
	pthread_mutex_t lock;
	int64_t seen_ns[1000];
	int rounds;
	bool failed;
	volatile bool stop;
};

/* Long polls from the last stamp and notes when each numbered object came. */
static void *wait_for_objects(void *p)
{
	struct waiter *w = p;
	struct bench_conn c;
	char after[64] = "2000-01-01T00:00:00.000000Z";
	if (!bench_connect(&c, w->at->port))
		w->failed = true;
	while (!w->failed && !w->stop) {
		BUF_SCOPE struct buf request;
		buf_init(&request, 1u << 16);
		char path[256];
		snprintf(path, sizeof(path), "/taxii2/hub/collections/shared/objects/?added_after=%s", after);
		bench_request(&request, "GET", path, w->at->token, (struct span){ 0 }, "Prefer: wait=5\r\n");
		struct span body;
		if (bench_exchange(&c, buf_span(&request), &body) != 200) {
			w->failed = true;
			break;
		}
		int64_t now = timestamp_tick_ns();
		for (const char *at = body.p; (at = strstr(at, "Latency sample "));) {
			long k = strtol(at += 15, NULL, 10);
			if (k >= 0 && k < 1000 && !w->seen_ns[k])
				__atomic_store_n(&w->seen_ns[k], now, __ATOMIC_RELEASE);
		}
		const char *last = strcasestr(c.in.p, "X-TAXII-Date-Added-Last:");
		if (last && last < body.p)
			snprintf(after, sizeof(after), "%.*s", (int)strcspn(last + 25, "\r\n"), last + 25);
	}
	bench_close(&c);
	return NULL;
}

static double percentile(double *v, size_t n, double q)
{
	bench_median(v, n); /* sorts */
	size_t i = (size_t)(q * (double)n);
	return v[i < n ? i : n - 1];
}

static bool bench_latency(void)
{
	enum { N = 200 };
	struct hub a = { 0 }, b = { 0 };
	char out[4096], id[128], token[128];
	if (!hub_new(&a, "near") || !hub_new(&b, "far"))
		return false;
	struct hub *hubs[] = { &a, &b };
	for (int i = 0; i < 2; i++) { /* let the other in */
		struct hub *at = hubs[i], *from = hubs[1 - i];
		if (!shell(out, sizeof(out), "'%s' member add '%s' --name Other --country TH --kind hub --json", musubi, at->dir))
			return false;
		member(out, "id", id, sizeof(id));
		if (!shell(out, sizeof(out), "'%s' token new '%s' --member %s --json", musubi, at->dir, id))
			return false;
		member(out, "token", token, sizeof(token));
		if (!shell(out, sizeof(out), "'%s' peer add '%s' --url http://127.0.0.1:%d --token %s", musubi, from->dir, at->port, token))
			return false;
	}
	static struct waiter w[2];
	for (int i = 0; i < 2; i++) {
		w[i] = (struct waiter){ .at = hubs[i] };
		if (pthread_create(&w[i].thread, NULL, wait_for_objects, &w[i]))
			return false;
	}
	sleep(4); /* the hubs learn of each other */
	struct bench_conn c;
	static int64_t sent[N];
	if (!bench_connect(&c, a.port))
		return false;
	for (int k = 0; k < N; k++) {
		BUF_SCOPE struct buf body, request;
		char uuid[UUID_TEXT];
		uint8_t r[16];
		buf_init(&body, 1u << 16);
		buf_init(&request, 1u << 16);
		random_bytes(r, sizeof(r));
		struct uuid u = uuid_v4(r);
		uuid_format(&u, uuid);
		buf_addf(&body, "{\"objects\":[{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--%s\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\","
				"\"name\":\"Latency sample %d.\",\"is_family\":false,\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]}]}",
			uuid, k);
		bench_request(&request, "POST", "/taxii2/hub/collections/shared/objects/", a.token, buf_span(&body), NULL);
		sent[k] = timestamp_tick_ns();
		if (bench_exchange(&c, buf_span(&request), NULL) != 202)
			return false;
		usleep(15000);
	}
	sleep(2);
	static const char *const names[] = { "report to reader, one hub: p99 ms", "report to reader, across two hubs: p99 ms" };
	for (int i = 0; i < 2; i++) {
		double ms[N];
		size_t n = 0;
		for (int k = 0; k < N; k++) {
			int64_t seen = __atomic_load_n(&w[i].seen_ns[k], __ATOMIC_ACQUIRE);
			if (seen)
				ms[n++] = (double)(seen - sent[k]) / 1e6;
		}
		double p99 = n ? percentile(ms, n, 0.99) : 1e9;
		row(names[i], p99, i ? "< 250" : "", n == N && (!i || p99 < 250), "p50 %.1f ms, %zu of %d arrived", n ? percentile(ms, n, 0.5) : 0.0, n, N);
		w[i].stop = true;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	bench_close(&c);
	hub_end(&a);
	hub_end(&b);
	return !w[0].failed && !w[1].failed;
}

/* ---- memory with ATT&CK ---- */
static bool bench_memory(void)
{
	struct hub h = { 0 };
	BUF_SCOPE struct buf b;
	buf_init(&b, 1u << 30);
	const char *what;
	char out[8192], path[128];
	if (!bench_bundle(&b, &what))
		return false;
	snprintf(path, sizeof(path), "%s/bundle.json", dir);
	FILE *f = fopen(path, "we");
	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f))
		return false;
	if (!hub_new(&h, "memory") || !shell(out, sizeof(out), "'%s' collection add '%s' --alias attack --title ATTACK --default-tlp clear", musubi, h.dir) ||
		!shell(out, sizeof(out), "'%s' import '%s' '%s' --collection attack --member %s 2>&1", musubi, h.dir, path, h.id)) {
		fprintf(stderr, "memory: %s\n", out);
		return false;
	}
	if (read_rate(h.port, "/taxii2/hub/collections/attack/objects/?limit=1000", h.token, 100) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)h.pid);
	double mb = -1;
	if ((f = fopen(path, "re"))) {
		while (fgets(out, sizeof(out), f))
			if (!strncmp(out, "VmRSS:", 6))
				mb = (double)strtol(out + 6, NULL, 10) / 1024;
		fclose(f);
	}
	row("memory of a hub holding the bundle: MB", mb, "< 150", mb > 0 && mb < 150, "resident, %s", what);
	hub_end(&h);
	return true;
}

static bool match_part(void)
{
	return bench_match(row, dir, musubi);
}

static bool pattern_part(void)
{
	return bench_pattern(row, dir, musubi);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} parts[] = {
		{ "validate", validate_part }, { "ingest", bench_ingest }, { "page", bench_page }, { "latency", bench_latency }, { "memory", bench_memory }, { "match", match_part }, { "pattern", pattern_part }
	};
	if (argc < 2) {
		fputs("usage: musubi-bench MUSUBI [validate|ingest|page|latency|memory|match|pattern …]\n", stderr);
		return 64;
	}
	musubi = argv[1];
	snprintf(dir, sizeof(dir), "%s/musubi-bench-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp");
	if (!mkdtemp(dir))
		return 74;
	double load[1] = { 0 };
	if (getloadavg(load, 1) < 1)
		load[0] = -1;
	printf("%-44s %8s  %-10s %-6s (load average %.2f)\n", "what", "ratio", "goal", "", load[0]);
	int status = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		bool wanted = argc == 2;
		for (int k = 2; k < argc; k++)
			wanted |= strcmp(argv[k], parts[i].name) == 0;
		if (wanted && !parts[i].run()) {
			printf("%-44s could not be measured\n", parts[i].name);
			status = 70;
		}
	}
	char out[64];
	shell(out, sizeof(out), "rm -rf '%s'", dir);
	return status ? status : missed;
}
