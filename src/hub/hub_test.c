/* SPDX-License-Identifier: Apache-2.0 */
/* A whole hub in this process, spoken to over sockets: TAXII conversation, waiting, streams, limits, stopping. */
#include <arpa/inet.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "hub/hub.h"
#include "hub/http.h"
#include "util/log.h"
#include "util/timestamp.h"

#define GREEN "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define RED "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
#define TAXII "application/taxii+json;version=2.1"
#define OBJECTS "/taxii2/hub/collections/shared/objects/"
#define ONE "indicator--11111111-1111-4111-8111-111111111111"

static char dir[64];
static struct hub *hub;
static char admin[ACCORD_TOKEN], alice[ACCORD_TOKEN], bob[ACCORD_TOKEN];
static char alice_id[64], bob_id[64];

static struct timestamp clock_now(void *ctx)
{
	return timestamp_now();
}

/* ---- a client ---- */

struct answer {
	int status;
	char *head, *body; /* in text */
	size_t n_body;
	char text[1 << 20];
};

static int dial(void)
{
	const char *port = strrchr(hub_url(hub), ':') + 1;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void say(int fd, const char *method, const char *path, const char *token, const char *extra, const char *body)
{
	struct buf b;

	buf_init(&b, 8 << 20);
	buf_addf(&b, "%s %s HTTP/1.1\r\nHost: hub.example\r\nConnection: close\r\n", method, path);
	if (token)
		buf_addf(&b, "Authorization: Bearer %s\r\n", token);
	if (body)
		buf_addf(&b, "Content-Length: %zu\r\n", strlen(body));
	buf_addf(&b, "%s\r\n%s", extra ? extra : "", body ? body : "");
	for (size_t at = 0; at < b.n;) {
		ssize_t n = send(fd, b.p + at, b.n - at, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	buf_release(&b);
}

static void hear(int fd, struct answer *x, int ms)
{
	int64_t end = timestamp_tick_ns() + ms * 1000000ll;
	size_t n = 0;

	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		int left = (int)((end - timestamp_tick_ns()) / 1000000);
		ssize_t r;

		if (left <= 0 || poll(&p, 1, left) <= 0 || (r = recv(fd, x->text + n, sizeof(x->text) - 1 - n, 0)) <= 0)
			break;
		n += (size_t)r;
	}
	x->text[n] = 0;
	x->head = x->text;
	x->body = strstr(x->text, "\r\n\r\n");
	x->status = n > 12 ? (int)strtol(x->text + 9, NULL, 10) : 0;
	if (x->body) {
		*x->body = 0;
		x->body += 4;
		x->n_body = n - (size_t)(x->body - x->text);
	} else {
		x->body = x->text + n;
		x->n_body = 0;
	}
	close(fd);
}

static struct answer *ask(const char *method, const char *path, const char *token, const char *extra, const char *body)
{
	static struct answer x;
	int fd = dial();

	say(fd, method, path, token, extra, body);
	hear(fd, &x, 8000);
	return &x;
}

static struct answer *get(const char *path, const char *token)
{
	return ask("GET", path, token, NULL, NULL);
}

static struct answer *post(const char *path, const char *token, const char *body)
{
	return ask("POST", path, token, "Content-Type: " TAXII "\r\n", body);
}

static const char *indicator(const char *id, const char *modified, const char *marking)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		"{\"type\": \"indicator\",  \"spec_version\":\"2.1\",\"id\":\"%s\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"%s\",\"name\":\"\xe8\x84\x85\xe5\xa8\x81 beacon\","
		"\"pattern\":\"[ipv4-addr:value = '198.51.100.3']\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\",\"object_marking_refs\":[\"%s\"]}",
		id, modified, marking);
	return text;
}

static const char *envelope(const char *objects)
{
	static char text[65536];

	snprintf(text, sizeof(text), "{\"objects\":[%s]}", objects);
	return text;
}

static void want(const struct answer *x, int status, const char *in_body)
{
	if (x->status != status)
		fail_msg("status %d, wanted %d: %.600s", x->status, status, x->body);
	if (in_body && !strstr(x->body, in_body))
		fail_msg("'%s' is not in: %.900s", in_body, x->body);
}

/* The value of a string member, copied. */
static char *member(const char *json, const char *key)
{
	static char out[4096];
	char quoted[64];
	const char *p;
	size_t n;

	snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
	p = strstr(json, quoted);
	if (!p)
		return NULL;
	p += strlen(quoted);
	n = strcspn(p, "\"");
	snprintf(out, sizeof(out), "%.*s", (int)n, p);
	return out;
}

/* ---- a hub with two members ---- */

static void add_member(struct accord *a, const char *name, const char *country, char id[static 64], char token[static ACCORD_TOKEN])
{
	struct accord_member m = { .name = span_of(name), .country = span_of(country), .kind = ACCORD_KIND_COMPANY, .local = true, .hub = accord_hub(a)->id };
	struct fault f = { 0 };
	char person[64];

	if (accord_member_add(a, &m, id, &f) != ERR_OK || accord_token_new(a, span_of(id), (struct span){ 0 }, false, token, person, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
}

static void start(void)
{
	struct hub_options o = { .dir = dir, .listen = "127.0.0.1:0", .now = clock_now };
	struct fault f = { 0 };

	if (hub_start(&o, &hub, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
}

static void set(const char *key, const char *value)
{
	struct store_options so = { .now = clock_now };
	struct accord *a;
	struct fault f = { 0 };

	if (accord_open(&a, dir, &so, &f) != ERR_OK || hub_setting_set(a, key, value, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	accord_close(a);
}

static int setup(void **state)
{
	struct store_options so = { .now = clock_now };
	char hub_id[64];
	struct accord *a;
	struct fault f = { 0 };

	log_init(LOG_LEVEL_ERROR, 0);
	snprintf(dir, sizeof(dir), "/tmp/hub_test.XXXXXX");
	if (sign_init() != ERR_OK || !mkdtemp(dir) || accord_init(dir, SPAN("Test hub"), SPAN("JP"), clock_now, NULL, admin, hub_id, &f) != ERR_OK ||
		accord_open(&a, dir, &so, &f) != ERR_OK) {
		printf("# %s: %s\n", f.where, f.what);
		return -1;
	}
	add_member(a, "Alice KK", "JP", alice_id, alice);
	add_member(a, "Bob PT", "ID", bob_id, bob);
	if (accord_user_add(a, span_of(bob_id), SPAN("bob"), SPAN("open sesame"), &f) != ERR_OK)
		return -1;
	accord_close(a);
	set("log.level", "error");
	start();
	return 0;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static int teardown(void **state)
{
	if (hub)
		hub_stop(hub);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- tests ---- */

static void test_open_resources(void **state)
{
	struct answer *x = get("/taxii2/", NULL);

	want(x, 200, "\"api_roots\":[\"http://hub.example/taxii2/hub/\"]");
	assert_non_null(strstr(x->head, "Content-Type: " TAXII));
	assert_non_null(strstr(x->body, "\"x_musubi\":{\"hub_id\":\"identity--"));
	want(get("/healthz", NULL), 200, "ok");
	want(get("/readyz", NULL), 200, "ready");
	want(get("/metrics", NULL), 200, "musubi_requests_total");
	assert_string_equal(ask("HEAD", "/taxii2/", NULL, NULL, NULL)->body, "");
	x = ask("OPTIONS", OBJECTS, NULL, NULL, NULL);
	want(x, 204, NULL);
	assert_non_null(strstr(x->head, "Allow: GET, HEAD, POST, OPTIONS"));
}

static void test_errors_are_resources(void **state)
{
	static const struct {
		const char *method, *path, *extra, *body;
		int status;
	} v[] = {
		{ "GET", "/nothing", NULL, NULL, 404 },
		{ "GET", "/taxii2/hub/nothing/", NULL, NULL, 404 },
		{ "PUT", OBJECTS, NULL, NULL, 405 },
		{ "GET", "/taxii2/hub/collections/none/", NULL, NULL, 404 },
		{ "GET", "/taxii2/hub/collections/directory/", NULL, NULL, 404 },
		{ "GET", "/taxii2/hub/collections/directory/objects/", NULL, NULL, 404 },
		{ "GET", OBJECTS, "Accept: text/html\r\n", NULL, 406 },
		{ "GET", OBJECTS, "Accept: application/taxii+json;version=2.0\r\n", NULL, 406 },
		{ "POST", OBJECTS, "Content-Type: application/json\r\n", "{}", 415 },
		{ "POST", OBJECTS, NULL, "{}", 415 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[{]}", 400 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[{\"type\":\"a\xff\"}]}", 400 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[],\"more\":tru}", 400 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "", 400 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[]", 400 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{}", 422 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[]}", 422 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":{}}", 422 },
		{ "POST", OBJECTS, "Content-Type: " TAXII "\r\n", "{\"objects\":[1],\"objects\":[2]}", 400 },
		{ "GET", OBJECTS "?limit=0", NULL, NULL, 400 },
		{ "GET", OBJECTS "?limit=5&limit=5", NULL, NULL, 400 },
		{ "GET", OBJECTS "?added_after=2026-02-30T00:00:00Z", NULL, NULL, 400 },
		{ "GET", OBJECTS "?next=garbage", NULL, NULL, 400 },
		{ "GET", OBJECTS ONE "/", NULL, NULL, 404 },
		{ "GET", OBJECTS "nonsense/", NULL, NULL, 404 },
		{ "DELETE", OBJECTS ONE "/", NULL, NULL, 404 },
		{ "GET", "/taxii2/hub/status/11111111-1111-4111-8111-111111111111/", NULL, NULL, 404 },
		{ "GET", "/api/v1/peers", NULL, NULL, 403 },
		{ "GET", "/api/v1/search", NULL, NULL, 400 },
		{ "GET", "/api/v1/search?value=a&words=b", NULL, NULL, 400 },
		{ "GET", "/api/v1/sightings?object=x", NULL, NULL, 400 },
		{ "GET", "/api/v1/agreements/none", NULL, NULL, 404 },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct answer *x = ask(v[i].method, v[i].path, alice, v[i].extra, v[i].body);

		if (x->status != v[i].status || !strstr(x->body, "\"title\":") || !strstr(x->body, "\"http_status\":"))
			fail_msg("%s %s %s: %d, wanted %d: %s", v[i].method, v[i].path, v[i].body ? v[i].body : "", x->status, v[i].status, x->body);
		if (strncmp(v[i].path, "/api", 4) && strncmp(v[i].path, "/nothing", 8) && !strstr(x->head, "Content-Type: application/taxii+json"))
			fail_msg("%s: %s", v[i].path, x->head);
	}
}

static void test_login(void **state)
{
	static const char *const paths[] = { "/taxii2/hub/", "/taxii2/hub/collections/", OBJECTS, "/api/v1/me", "/api/v1/members", "/api/v1/stream" };
	struct answer *x;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		x = get(paths[i], NULL);
		want(x, 401, "title");
		assert_non_null(strstr(x->head, "WWW-Authenticate: Bearer"));
		assert_non_null(strstr(x->head, "WWW-Authenticate: Basic"));
	}
	want(get("/api/v1/me", "wrong"), 401, "hold");
	want(ask("GET", "/api/v1/me", NULL, "Authorization: Basic Ym9iOm9wZW4gc2VzYW1l\r\n", NULL), 200, bob_id);
	want(ask("GET", "/api/v1/me", NULL, "Authorization: Basic Ym9iOm9wZW4gc2VzYW1l\r\n", NULL), 200, bob_id);
	want(ask("GET", "/api/v1/me", NULL, "Authorization: Basic Ym9iOndyb25n\r\n", NULL), 401, NULL);
	want(get("/api/v1/me", alice), 200, "\"member\":true");
	want(get("/api/v1/me", admin), 200, "\"admin\":true");
	want(get("/api/v1/peers", admin), 200, "\"peers\":[]");
}

static void test_conversation(void **state)
{
	struct answer *x;
	char status[64], path[256];

	want(get("/taxii2/hub/", alice), 200, "max_content_length");
	x = get("/taxii2/hub/collections/", alice);
	want(x, 200, "\"alias\":\"shared\"");
	assert_null(strstr(x->body, "directory"));
	want(get(OBJECTS, bob), 200, "{}");

	x = post(OBJECTS, alice, envelope(indicator(ONE, "2026-01-01T00:00:00.000Z", GREEN)));
	want(x, 202, "\"success_count\":1");
	snprintf(status, sizeof(status), "%s", member(x->body, "id"));
	snprintf(path, sizeof(path), "/taxii2/hub/status/%s/", status);
	want(get(path, alice), 200, "\"status\":\"complete\"");
	want(get(path, bob), 404, NULL);
	want(post(OBJECTS, alice, envelope(indicator(ONE, "2026-01-01T00:00:00.000Z", GREEN))), 202, "\"success_count\":1"); /* again: idempotent */

	x = get(OBJECTS, bob);
	want(x, 200, indicator(ONE, "2026-01-01T00:00:00.000Z", GREEN)); /* byte for byte */
	assert_non_null(strstr(x->head, "X-TAXII-Date-Added-First: 20"));
	assert_non_null(strstr(x->head, "X-TAXII-Date-Added-Last: 20"));
	assert_null(strstr(x->body, "x_musubi"));
	assert_null(strstr(x->head, "X-Musubi-Hub"));
	want(get("/taxii2/hub/collections/shared/manifest/", bob), 200, "\"version\":\"2026-01-01T00:00:00.000Z\"");
	want(get(OBJECTS ONE "/versions/", bob), 200, "\"versions\":[\"2026-01-01T00:00:00.000Z\"]");
	want(get(OBJECTS ONE "/", bob), 200, ONE);
	want(get(OBJECTS "?match%5Btype%5D=malware", bob), 200, "{}");
	want(get(OBJECTS ONE "/?match%5Bversion%5D=2020-01-01T00:00:00Z", bob), 404, NULL);
	x = get(OBJECTS "?added_after=2099-01-01T00:00:00Z", bob);
	want(x, 200, "{}");
	assert_non_null(strstr(x->head, "X-TAXII-Date-Added-Last: 2099-01-01T00:00:00Z"));
	x = get(OBJECTS "?match%5Bcolour%5D=red", bob);
	want(x, 200, ONE);
	assert_non_null(strstr(x->head, "Warning: 299 musubi \"match[colour]"));
}

static void test_whom_it_is_not_for(void **state)
{
	const char *red = "indicator--22222222-2222-4222-8222-222222222222";
	char path[256];
	struct answer *x = post(OBJECTS, alice, envelope(indicator(red, "2026-01-01T00:00:00.000Z", RED)));

	want(x, 202, "\"success_count\":1");
	snprintf(path, sizeof(path), OBJECTS "%s/", red);
	want(get(path, bob), 404, NULL);
	want(ask("DELETE", path, bob, NULL, NULL), 404, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--33333333-3333-4333-8333-333333333333", "2026-01-01T00:00:00.000Z", "marking-definition--33333333-3333-4333-8333-333333333333"))),
		202, "\"failure_count\":1");
	want(post(OBJECTS, bob, envelope(indicator(ONE, "2027-01-01T00:00:00.000Z", GREEN))), 202, "\"failure_count\":1");
}

static void test_paging(void **state)
{
	char next[1024], path[2048], id[64];
	struct answer *x;
	int seen = 0;

	for (int i = 0; i < 7; i++) {
		snprintf(id, sizeof(id), "indicator--44444444-4444-4444-8444-44444444444%d", i);
		want(post(OBJECTS, alice, envelope(indicator(id, "2026-01-01T00:00:00.000Z", GREEN))), 202, "\"success_count\":1");
	}
	x = get(OBJECTS "?limit=3&match%5Btype%5D=indicator", bob);
	want(x, 200, "\"more\":true");
	snprintf(next, sizeof(next), "%s", member(x->body, "next"));
	for (const char *p = x->body; (p = strstr(p, "beacon")); p++)
		seen++;
	assert_int_equal(seen, 3);
	snprintf(path, sizeof(path), OBJECTS "?match%%5Btype%%5D=indicator&next=%s", next); /* without the limit */
	x = get(path, bob);
	want(x, 200, "beacon");
	assert_null(strstr(x->body, "\"more\":true"));
	for (const char *p = x->body; (p = strstr(p, "beacon")); p++)
		seen++;
	assert_true(seen >= 8);
	snprintf(path, sizeof(path), OBJECTS "?next=%s", next); /* another question */
	want(get(path, bob), 400, "start over");
	snprintf(path, sizeof(path), OBJECTS "?match%%5Btype%%5D=indicator&next=%s", next); /* another reader */
	want(get(path, alice), 400, NULL);
	next[strlen(next) / 2] ^= 1;
	snprintf(path, sizeof(path), OBJECTS "?match%%5Btype%%5D=indicator&next=%s", next); /* tampered with */
	want(get(path, bob), 400, NULL);
	want(get("/taxii2/hub/collections/shared/manifest/?limit=1", bob), 200, "\"next\":");
}

/* ---- waiting ---- */

static void last_added(char path[static 256])
{
	struct answer *x = get(OBJECTS, bob);
	const char *p = strstr(x->head, "X-TAXII-Date-Added-Last: ");

	assert_non_null(p);
	snprintf(path, 256, OBJECTS "?added_after=%.27s", p + strlen("X-TAXII-Date-Added-Last: "));
}

static void test_long_poll(void **state)
{
	static struct answer x;
	char path[256];
	struct timespec nap = { 0, 300000000 };
	int64_t t;
	int fd;

	last_added(path);
	t = timestamp_tick_ns();
	fd = dial();
	say(fd, "GET", path, bob, "Prefer: wait=1\r\n", NULL);
	hear(fd, &x, 5000);
	want(&x, 200, "{}");
	assert_non_null(strstr(x.head, "Preference-Applied: wait=1"));
	assert_true(timestamp_tick_ns() - t > 900000000);

	fd = dial();
	say(fd, "GET", path, bob, "Prefer: wait=20\r\n", NULL);
	nanosleep(&nap, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--55555555-5555-4555-8555-555555555550", "2026-01-01T00:00:00.000Z", RED))), 202, "\"success_count\":1");
	t = timestamp_tick_ns(); /* what bob may not have wakes nobody; what he may have does */
	want(post(OBJECTS, alice, envelope(indicator("indicator--55555555-5555-4555-8555-555555555555", "2026-01-01T00:00:00.000Z", GREEN))), 202, "\"success_count\":1");
	hear(fd, &x, 5000);
	t = timestamp_tick_ns() - t;
	want(&x, 200, "indicator--55555555-5555-4555-8555-555555555555");
	assert_null(strstr(x.body, "555550"));
	if (t > 1000000000)
		fail_msg("the poll woke after %lld ms", (long long)(t / 1000000));
}

static void test_filtered_long_poll(void **state)
{
	static struct answer x;
	char path[400];
	struct timespec nap = { 0, 300000000 };
	int fd = dial();
	char base[256];

	last_added(base);
	snprintf(path, sizeof(path), "%s&match%%5Bid%%5D=indicator--66666666-6666-4666-8666-666666666666", base);
	say(fd, "GET", path, bob, "Prefer: wait=20\r\n", NULL);
	nanosleep(&nap, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--66666666-6666-4666-8666-666666666660", "2026-01-01T00:00:00.000Z", GREEN))), 202, NULL);
	nanosleep(&nap, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--66666666-6666-4666-8666-666666666666", "2026-01-01T00:00:00.000Z", GREEN))), 202, NULL);
	hear(fd, &x, 5000);
	want(&x, 200, "indicator--66666666-6666-4666-8666-666666666666");
	assert_null(strstr(x.body, "666660"));
}

static void test_stream(void **state)
{
	static struct answer x;
	struct timespec nap = { 0, 300000000 };
	int fd = dial();

	say(fd, "GET", "/api/v1/stream", bob, NULL, NULL);
	nanosleep(&nap, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--77777777-7777-4777-8777-777777777770", "2026-01-01T00:00:00.000Z", RED))), 202, NULL);
	nanosleep(&nap, NULL);
	want(post(OBJECTS, alice, envelope(indicator("indicator--77777777-7777-4777-8777-777777777777", "2026-01-01T00:00:00.000Z", GREEN))), 202, NULL);
	hear(fd, &x, 1000);
	assert_int_equal(x.status, 200);
	assert_non_null(strstr(x.head, "text/event-stream"));
	assert_non_null(strstr(x.body, "event: hint\ndata: {\"collection\":"));
	assert_null(strstr(strstr(x.body, "event: hint") + 1, "event: hint")); /* one hint: the red one was none */
	assert_null(strstr(x.body, "indicator"));
}

/* ---- the JSON API ---- */

static void test_json_api(void **state)
{
	struct answer *x;
	char body[4096];

	want(get("/api/v1/members", bob), 200, "\"Alice KK\"");
	want(get("/api/v1/agreements", bob), 200, "\"agreements\":[");
	x = get("/api/v1/me/markings", bob);
	want(x, 200, "\"tlp\":\"green\"");
	assert_non_null(strstr(x->body, "\"reason\":\"green\""));
	assert_non_null(strstr(x->body, "\"reason\":\"no-agreement\""));
	want(get("/api/v1/search?value=198.51.100.3", bob), 200, ONE);
	want(get("/api/v1/search?value=198.51.100.3&limit=1", bob), 200, "\"next\":");
	want(get("/api/v1/search?value=203.0.113.9", bob), 200, "\"objects\":[]");
	want(get("/api/v1/search?words=%E8%84%85%E5%A8%81", bob), 200, ONE);
	want(get("/api/v1/stats", bob), 200, "\"alias\":\"shared\"");
	assert_null(strstr(get("/api/v1/stats", bob)->body, "wal_bytes"));
	want(get("/api/v1/stats", admin), 200, "wal_bytes");
	snprintf(body, sizeof(body), "{\"type\":\"sighting\",\"spec_version\":\"2.1\",\"id\":\"sighting--88888888-8888-4888-8888-888888888888\",\"created\":\"2026-01-02T00:00:00.000Z\",\"modified\":\"2026-01-02T00:00:00.000Z\",\"created_by_ref\":\"%s\",\"first_seen\":\"2026-01-02T00:00:00Z\",\"last_seen\":\"2026-01-03T00:00:00Z\",\"count\":5,\"sighting_of_ref\":\"" ONE "\",\"object_marking_refs\":[\"" GREEN "\"]}", bob_id);
	want(post(OBJECTS, bob, envelope(body)), 202, "\"success_count\":1");
	x = get("/api/v1/sightings?object=" ONE, alice);
	want(x, 200, "\"count\":5");
	assert_non_null(strstr(x->body, "Bob PT"));
	x = ask("POST", "/api/v1/audience", alice, "Content-Type: application/json\r\n", envelope(indicator(ONE, "2026-01-05T00:00:00.000Z", GREEN)));
	want(x, 200, "\"Bob PT\"");
	assert_non_null(strstr(x->body, "\"release\":true"));
	want(ask("POST", "/api/v1/audience", alice, "Content-Type: application/json\r\n", "{"), 400, NULL);
}

static void test_withdrawal(void **state)
{
	want(ask("DELETE", OBJECTS ONE "/", bob, NULL, NULL), 403, "another organisation");
	want(get(OBJECTS ONE "/", bob), 200, NULL);
	want(post(OBJECTS, alice, envelope(indicator(ONE, "2026-01-04T00:00:00.000Z", GREEN))), 202, "\"success_count\":1");
	want(ask("DELETE", OBJECTS ONE "/?match%5Bversion%5D=2026-01-04T00:00:00Z", alice, NULL, NULL), 200, NULL);
	want(get(OBJECTS ONE "/", bob), 200, "2026-01-01T00:00:00.000Z");
	want(ask("DELETE", OBJECTS ONE "/", alice, NULL, NULL), 200, NULL);
	want(get(OBJECTS ONE "/", bob), 404, NULL);
	want(get(OBJECTS ONE "/", alice), 404, NULL);
	want(ask("DELETE", OBJECTS ONE "/", alice, NULL, NULL), 404, NULL);
}

/* ---- settings, limits ---- */

static void test_settings(void **state)
{
	static const struct {
		const char *key, *value;
		enum err e;
	} v[] = {
		{ "page.objects", "10", ERR_OK },
		{ "page.objects", "0", ERR_USAGE },
		{ "page.objects", "1e3", ERR_USAGE },
		{ "page.objects", "-1", ERR_USAGE },
		{ "page.objects", "", ERR_USAGE },
		{ "page.objects", "99999999999999999999", ERR_USAGE },
		{ "page.objekts", "10", ERR_NOTFOUND },
		{ "anonymous", "yes", ERR_USAGE },
		{ "tls.minimum", "1.1", ERR_USAGE },
		{ "tls.minimum", "1.2", ERR_OK },
		{ "log.level", "loud", ERR_USAGE },
		{ "public.url", "hub.example", ERR_USAGE },
		{ "public.url", "https://hub.example", ERR_OK },
		{ "contact", "a\nb", ERR_USAGE },
	};
	struct store_options so = { .now = clock_now };
	struct arena *mem = arena_new(1 << 20);
	struct accord *a;
	struct fault f = { 0 };
	struct span out;
	bool fallback;

	assert_int_equal(accord_open(&a, dir, &so, &f), ERR_OK);
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		if (hub_setting_set(a, v[i].key, v[i].value, &f) != v[i].e)
			fail_msg("%s = '%s': %s", v[i].key, v[i].value, f.what);
	assert_int_equal(hub_setting_get(a, mem, "page.objects", &out, &fallback, &f), ERR_OK);
	assert_true(span_is(out, "10") && !fallback);
	assert_int_equal(hub_setting_set(a, "page.objects", "5000", &f), ERR_OK);
	assert_int_equal(hub_setting_get(a, mem, "page.objects", &out, &fallback, &f), ERR_OK);
	assert_true(fallback);
	assert_int_equal(hub_setting_get(a, mem, "page.object", &out, &fallback, &f), ERR_NOTFOUND);
	assert_non_null(strstr(f.what, "page.objects"));
	assert_int_equal(hub_setting_set(a, "public.url", "", &f), ERR_OK);
	assert_int_equal(hub_setting_set(a, "tls.minimum", "1.3", &f), ERR_OK);
	for (size_t i = 0; i < hub_settings_n; i++)
		assert_int_equal(hub_setting_set(a, hub_settings[i].key, hub_settings[i].fallback, &f), ERR_OK);
	accord_close(a);
	arena_free(mem);
}

static void test_limits_take_effect(void **state)
{
	struct timespec nap = { 1, 600000000 };
	char big[3000];
	int limited = 0;

	set("page.objects", "2");
	set("body.bytes", "1024");
	set("anonymous", "true");
	set("rate.requests", "20");
	nanosleep(&nap, NULL);
	want(get(OBJECTS, bob), 200, "\"more\":true");
	memset(big, ' ', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	want(post(OBJECTS, alice, big), 413, "title");
	want(get(OBJECTS, NULL), 200, "{}");
	want(get("/api/v1/members", NULL), 401, NULL);
	for (int i = 0; i < 80; i++) {
		struct answer *x = get("/api/v1/me", bob);

		if (x->status == 429) {
			limited++;
			assert_non_null(strstr(x->head, "Retry-After: "));
		}
	}
	assert_true(limited > 0 && limited < 80);
	set("page.objects", "5000");
	set("body.bytes", "67108864");
	set("anonymous", "false");
	set("rate.requests", "0");
	nanosleep(&nap, NULL);
	want(get("/api/v1/me", bob), 200, NULL);
}

static void test_guessing_is_slowed(void **state)
{
	int limited = 0;
	struct timespec nap = { 1, 200000000 };

	set("rate.logins", "5");
	nanosleep(&nap, NULL);
	for (int i = 0; i < 10; i++)
		limited += get("/api/v1/me", "guess")->status == 429;
	assert_true(limited >= 3 && limited < 10);
	want(get("/api/v1/me", bob), 429, NULL);
	set("rate.logins", "0");
	nanosleep(&nap, NULL);
	want(get("/api/v1/me", bob), 200, NULL);
}

static void test_refuses_to_stand_naked(void **state)
{
	struct hub_options o = { .dir = dir, .listen = "0.0.0.0:0", .now = clock_now };
	struct hub *h;
	struct fault f = { 0 };

	hub_stop(hub);
	hub = NULL;
	assert_int_equal(hub_start(&o, &h, &f), ERR_USAGE);
	assert_non_null(strstr(f.what, "tls.certificate"));
	set("tls.certificate", "/nonexistent.pem");
	assert_int_equal(hub_start(&o, &h, &f), ERR_IO);
	set("tls.certificate", "");
	start();
}

static void test_stop_answers_who_waits(void **state)
{
	static struct answer x;
	struct timespec nap = { 0, 200000000 };
	char path[256];
	int64_t t;
	int fd, stream;

	last_added(path);
	fd = dial();
	stream = dial();
	say(fd, "GET", path, bob, "Prefer: wait=30\r\n", NULL);
	say(stream, "GET", "/api/v1/stream", bob, NULL, NULL);
	nanosleep(&nap, NULL);
	t = timestamp_tick_ns();
	hub_stop(hub);
	hub = NULL;
	assert_true(timestamp_tick_ns() - t < 3000000000);
	hear(fd, &x, 1000);
	want(&x, 200, "{}");
	hear(stream, &x, 1000);
	want(&x, 200, NULL);
	start();
	want(get(OBJECTS, bob), 200, "beacon");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "discovery and health are open to all", test_open_resources, NULL, NULL, NULL },
		{ "every error is an error resource", test_errors_are_resources, NULL, NULL, NULL },
		{ "one logs in by token or by user name and password", test_login, NULL, NULL, NULL },
		{ "an object is submitted, listed and read back byte for byte", test_conversation, NULL, NULL, NULL },
		{ "what is not for somebody is not there", test_whom_it_is_not_for, NULL, NULL, NULL },
		{ "pages go on where they ended, for the same question and reader alone", test_paging, NULL, NULL, NULL },
		{ "a long poll wakes for what its reader may have", test_long_poll, NULL, NULL, NULL },
		{ "a long poll with a filter waits for what passes it", test_filtered_long_poll, NULL, NULL, NULL },
		{ "a stream hints without content", test_stream, NULL, NULL, NULL },
		{ "the JSON API answers", test_json_api, NULL, NULL, NULL },
		{ "only the submitter withdraws, and then nobody has it", test_withdrawal, NULL, NULL, NULL },
		{ "settings are checked", test_settings, NULL, NULL, NULL },
		{ "limits take effect while the hub runs", test_limits_take_effect, NULL, NULL, NULL },
		{ "guessing credentials is slowed", test_guessing_is_slowed, NULL, NULL, NULL },
		{ "without TLS it serves this machine alone", test_refuses_to_stand_naked, NULL, NULL, NULL },
		{ "stopping answers who waits", test_stop_answers_who_waits, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
