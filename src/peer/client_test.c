/* SPDX-License-Identifier: Apache-2.0 */
/* The client against servers made here: good ones, odd ones and broken ones, on loopback. */
#include "peer/client.h"
#include "peer/fake_priv.h"

static struct client *connect_to(struct server *s, const char *path, struct client_options *o)
{
	static char url[256];
	struct client_options none = { 0 };
	struct client *c = NULL;
	struct fault f = { 0 };
	o = o ? o : &none;
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", s->port, path);
	o->url = url;
	if (client_new(o, &c, &f) != ERR_OK)
		fail_msg("%s: %s", url, f.what);
	return c;
}

/* ---- addresses ---- */

static void an_address_is_taken_where_nothing_can_be_overheard(void **state)
{
	static const struct {
		const char *url;
		enum err e;
	} rows[] = {
		{ "http://127.0.0.1:8080", ERR_OK },
		{ "http://127.255.0.9/", ERR_OK },
		{ "http://localhost:1/taxii2/", ERR_OK },
		{ "http://[::1]:8080/x", ERR_OK },
		{ "https://hub.example", ERR_OK },
		{ "HTTPS://hub.example:8443/taxii2/", ERR_OK },
		{ "http://hub.example", ERR_USAGE },
		{ "http://10.0.0.1/", ERR_USAGE },
		{ "http://127.0.0.1.example/", ERR_USAGE },
		{ "http://localhost.example/", ERR_USAGE },
		{ "http://127.1.example", ERR_USAGE },
		{ "http://[::2]/", ERR_USAGE },
		{ "http://127.0.0.1@hub.example/", ERR_USAGE },
		{ "ftp://hub.example/", ERR_USAGE },
		{ "file:///etc/passwd", ERR_USAGE },
		{ "https://user:secret@hub.example/", ERR_USAGE },
		{ "https://hub.example/?token=x", ERR_USAGE },
		{ "https://hub.example/#x", ERR_USAGE },
		{ "hub.example", ERR_USAGE },
		{ "", ERR_USAGE },
		{ "https://", ERR_USAGE },
		{ "http://", ERR_USAGE },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client *c = NULL;
		struct fault f = { 0 };
		enum err e = client_new(&(struct client_options){ .url = rows[i].url }, &c, &f);
		if (e != rows[i].e || (e && !f.what[0]))
			fail_msg("%s: %s (%s)", rows[i].url, err_name(e), f.what);
		if (strstr(f.what, "secret") || strstr(f.where, "secret"))
			fail_msg("a password in a message: %s %s", f.where, f.what);
		client_free(c);
	}
	struct client *c = NULL;
	assert_int_equal(client_new(&(struct client_options){ .url = "https://hub.example", .token = "abc\r\nX-Evil: 1" }, &c, NULL), ERR_USAGE);
}

/* ---- discovery ---- */

#define COLLECTIONS \
	"{\"collections\":[{\"id\":\"1\",\"alias\":\"directory\",\"title\":\"Directory\",\"can_read\":true,\"can_write\":false}," \
	"{\"id\":\"2\",\"alias\":\"shared\",\"title\":\"Shared\",\"can_read\":true,\"can_write\":true}]}"

static void serve_taxii(struct call *c)
{
	char body[512];
	if (is(c, "/taxii2/")) {
		snprintf(body, sizeof body, "{\"title\":\"x\",\"default\":\"http://elsewhere.example:%d/api/\",\"api_roots\":[\"http://127.0.0.1:%d/api\"],"
					    "\"x_musubi\":{\"hub_id\":\"identity--1\",\"name\":\"T\",\"country\":\"JP\",\"public_key\":\"z6\",\"epoch\":\"e\"}}",
			c->on->port, c->on->port);
		answer(c, 200, NULL, body);
	} else if (is(c, "/api/")) {
		answer(c, 200, NULL, "{\"title\":\"x\",\"versions\":[\"application/taxii+json;version=2.1\"],\"max_content_length\":1000}");
	} else if (is(c, "/api/collections/")) {
		answer(c, 200, NULL, COLLECTIONS);
	} else if (is(c, "/api/collections/2/")) {
		answer(c, 200, NULL, "{\"id\":\"2\",\"title\":\"Shared\",\"can_read\":true,\"can_write\":true}");
	} else {
		answer(c, 404, NULL, "{\"title\":\"Not found\",\"description\":\"no such thing\",\"http_status\":\"404\"}");
	}
}

static void any_address_of_a_server_leads_to_its_collections(void **state)
{
	static const struct {
		const char *path;
		int requests;
	} rows[] = {
		{ "", 2 },
		{ "/", 2 },
		{ "/taxii2", 2 },
		{ "/taxii2/", 2 },
		{ "/api", 2 },
		{ "/api/", 2 },
		{ "/api/collections/", 1 },
		{ "/api/collections/2/", 1 },
		{ "/api/collections/2/objects/", 1 },
		{ "/nothing/", -1 },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server *s = server_new(serve_taxii);
		struct client *c = connect_to(s, rows[i].path, NULL);
		struct taxii_collection got = { 0 };
		struct fault f = { 0 };
		enum err e = client_collection(c, a, SPAN(""), true, &got, &f);
		if (rows[i].requests < 0 ? e != ERR_PROTO : e != ERR_OK || !span_is(got.id, "2") || s->requests != rows[i].requests)
			fail_msg("%s: %s %s, collection %.*s, %d requests:\n%s", rows[i].path, err_name(e), f.what, SPAN_ARG(got.id), (int)s->requests, s->log);
		client_free(c);
		server_stop(s);
	}
}

static void a_collection_is_found_by_alias_id_or_title_and_rights(void **state)
{
	static const struct {
		const char *which;
		bool write;
		enum err e;
		const char *id;
	} rows[] = {
		{ "shared", true, ERR_OK, "2" },
		{ "2", false, ERR_OK, "2" },
		{ "Shared", false, ERR_OK, "2" },
		{ "", false, ERR_OK, "2" },
		{ "directory", false, ERR_OK, "1" },
		{ "directory", true, ERR_DENIED, "" },
		{ "nope", false, ERR_NOTFOUND, "" },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct server *s = server_new(serve_taxii);
	struct client *c = connect_to(s, "", NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct taxii_collection got = { 0 };
		struct fault f = { 0 };
		enum err e = client_collection(c, a, span_of(rows[i].which), rows[i].write, &got, &f);
		if (e != rows[i].e || !span_is(got.id, rows[i].id))
			fail_msg("%s: %s %s", rows[i].which, err_name(e), f.what);
	}
	struct client_hub hub;
	assert_int_equal(client_discover(c, a, &hub, NULL), ERR_OK);
	assert_true(span_is(hub.id, "identity--1") && span_is(hub.name, "T") && span_is(hub.country, "JP") && span_is(hub.public_key, "z6") && span_is(hub.epoch, "e"));
	client_free(c);
	server_stop(s);
}

/* ---- requests ---- */

static void serve_echo(struct call *c)
{
	answer(c, 200, "X-TAXII-Date-Added-Last: 2026-01-01T00:00:00Z\r\nx-musubi-epoch: e1\r\n", c->body[0] ? c->body : c->head);
}

static void a_request_carries_what_it_was_given_and_nothing_else(void **state)
{
	struct server *s = server_new(serve_echo);
	struct client *c = connect_to(s, "/api/", &(struct client_options){ .token = "t0k", .hub_id = "identity--9" });
	struct client_answer r;
	assert_int_equal(client_request(c, "GET", "/x?y=z", (struct span){ 0 }, NULL, NULL, 7, &r, NULL), ERR_OK);
	static const char *const want[] = { "GET /x?y=z HTTP/1.1", "Authorization: Bearer t0k\r", "X-Musubi-Hub: identity--9\r", "Prefer: wait=7\r",
		"Accept: application/taxii+json;version=2.1\r", "User-Agent: musubi/" };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (!strstr(r.body.p, want[i]))
			fail_msg("no \"%s\" in %s", want[i], r.body.p);
	assert_null(strstr(r.body.p, "Expect"));
	assert_null(strstr(r.body.p, "Content-Type"));
	assert_string_equal(r.added_last, "2026-01-01T00:00:00Z");
	assert_string_equal(r.epoch, "e1");
	assert_string_equal(r.added_first, "");
	client_answer_release(&r);
	assert_int_equal(client_request(c, "POST", "/x", SPAN("{\"a\":1}"), TAXII_MEDIA, "application/json", 0, &r, NULL), ERR_OK);
	assert_string_equal(r.body.p, "{\"a\":1}");
	client_answer_release(&r);
	client_free(c);
	c = connect_to(s, "/api/", &(struct client_options){ .user = "u:v", .password = "p" });
	assert_int_equal(client_request(c, "GET", "/x", (struct span){ 0 }, NULL, "application/json", 0, &r, NULL), ERR_OK);
	assert_non_null(strstr(r.body.p, "Authorization: Basic dTp2OnA=\r"));
	assert_non_null(strstr(r.body.p, "Accept: application/json\r"));
	client_answer_release(&r);
	client_free(c);
	server_stop(s);
}

static struct server *other; /* where redirects point to */

static void serve_redirects(struct call *c)
{
	char to[128];
	if (is(c, "/ring"))
		answer(c, 302, "Location: /ring\r\n", "");
	else if (is(c, "/moved"))
		answer(c, 308, "Location: here?x=1\r\n", "");
	else if (is(c, "/here?x=1"))
		answer(c, 200, NULL, c->method);
	else if (is(c, "/bare"))
		answer(c, 302, NULL, "");
	else {
		snprintf(to, sizeof to, "Location: http://127.0.0.1:%d/\r\n", other->port);
		answer(c, 302, to, "");
	}
}

static void redirects_are_followed_on_the_same_server_only(void **state)
{
	struct server *s = server_new(serve_redirects);
	other = server_new(serve_echo);
	struct client *c = connect_to(s, "/", &(struct client_options){ .token = "secret" });
	struct client_answer r;
	struct fault f = { 0 };
	assert_int_equal(client_request(c, "GET", "/moved", (struct span){ 0 }, NULL, NULL, 0, &r, NULL), ERR_OK);
	assert_int_equal(r.status, 200);
	client_answer_release(&r);
	assert_int_equal(client_request(c, "POST", "/moved", SPAN("x"), TAXII_MEDIA, NULL, 0, &r, NULL), ERR_OK);
	assert_string_equal(r.body.p, "POST");
	client_answer_release(&r);
	assert_int_equal(client_request(c, "GET", "/ring", (struct span){ 0 }, NULL, NULL, 0, &r, &f), ERR_PROTO);
	assert_int_equal(client_request(c, "GET", "/bare", (struct span){ 0 }, NULL, NULL, 0, &r, &f), ERR_PROTO);
	assert_int_equal(client_request(c, "GET", "/away", (struct span){ 0 }, NULL, NULL, 0, &r, &f), ERR_PROTO);
	assert_int_equal(other->requests, 0);
	client_free(c);
	server_stop(s);
	server_stop(other);
}

static void serve_busy(struct call *c)
{
	if (is(c, "/soon"))
		answer(c, c->number < 2 ? 429 : 200, "Retry-After: 0\r\n", "{}");
	else if (is(c, "/late"))
		answer(c, 503, "Retry-After: 3600\r\n", "{\"title\":\"Closed\",\"description\":\"come back\"}");
	else
		answer(c, 503, NULL, "");
}

static void a_busy_server_is_asked_again_as_it_wishes(void **state)
{
	struct server *s = server_new(serve_busy);
	struct client *c = connect_to(s, "/", NULL);
	struct client_answer r;
	struct fault f = { 0 };
	assert_int_equal(client_request(c, "GET", "/soon", (struct span){ 0 }, NULL, NULL, 0, &r, NULL), ERR_OK);
	assert_int_equal(r.status, 200);
	assert_int_equal(s->requests, 2);
	client_answer_release(&r);
	assert_int_equal(client_request(c, "GET", "/late", (struct span){ 0 }, NULL, NULL, 0, &r, NULL), ERR_OK);
	assert_int_equal(s->requests, 3);
	assert_int_equal(client_expect(&r, &f), ERR_BUSY);
	assert_string_equal(f.what, "Closed: come back (HTTP 503)");
	client_answer_release(&r);
	assert_int_equal(client_request(c, "GET", "/never", (struct span){ 0 }, NULL, NULL, 0, &r, NULL), ERR_OK);
	assert_int_equal(s->requests, 6);
	client_answer_release(&r);
	client_free(c);
	server_stop(s);
}

static void serve_badly(struct call *c)
{
	if (is(c, "/cut")) {
		say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
		shutdown(c->fd, SHUT_RDWR);
	} else if (is(c, "/nothing")) {
		shutdown(c->fd, SHUT_RDWR);
	} else if (is(c, "/rubbish")) {
		say(c, "hello there, this is not HTTP at all\r\n\r\n");
		shutdown(c->fd, SHUT_RDWR);
	} else if (is(c, "/huge")) {
		char *mega = malloc((1 << 20) + 1);
		memset(mega, ' ', 1 << 20);
		mega[1 << 20] = '\0';
		say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
		for (int i = 0; i < 80; i++)
			say(c, mega);
		free(mega);
		shutdown(c->fd, SHUT_RDWR);
	}
	/* /silent: no answer at all */
}

static void a_broken_answer_is_an_error_with_words(void **state)
{
	static const struct {
		const char *path;
		enum err e;
		long timeout;
	} rows[] = { { "/cut", ERR_IO, 60 }, { "/nothing", ERR_IO, 60 }, { "/rubbish", ERR_IO, 60 }, { "/huge", ERR_LIMIT, 60 }, { "/silent", ERR_IO, 1 } };
	struct server *s = server_new(serve_badly);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client *c = connect_to(s, "/", &(struct client_options){ .timeout_s = rows[i].timeout });
		struct client_answer r;
		struct fault f = { 0 };
		enum err e = client_request(c, "GET", rows[i].path, (struct span){ 0 }, NULL, NULL, 0, &r, &f);
		if (e != rows[i].e || !f.what[0])
			fail_msg("%s: %s %s", rows[i].path, err_name(e), f.what);
		client_free(c);
	}
	struct client *c = connect_to(s, "/", NULL);
	struct client_answer r;
	struct fault f = { 0 };
	server_stop(s);
	assert_int_equal(client_request(c, "GET", "/", (struct span){ 0 }, NULL, NULL, 0, &r, &f), ERR_IO);
	assert_non_null(strstr(f.what, "nobody answers"));
	client_free(c);
}

static void *cancel_soon(void *arg)
{
	usleep(100000);
	client_cancel(arg);
	return NULL;
}

static void another_thread_can_end_a_request_at_once(void **state)
{
	struct server *s = server_new(serve_badly);
	struct client *c = connect_to(s, "/", NULL);
	struct client_answer r;
	pthread_t t;
	int64_t from = timestamp_tick_ns();
	pthread_create(&t, NULL, cancel_soon, c);
	assert_int_equal(client_request(c, "GET", "/silent", (struct span){ 0 }, NULL, NULL, 25, &r, NULL), ERR_IO);
	assert_true(timestamp_tick_ns() - from < 900000000);
	assert_false(client_pause(c, 5000));
	pthread_join(t, NULL);
	client_free(c);
	server_stop(s);
}

/* ---- pages ---- */

/* Ten objects o0 … o9; stamps in seconds as given by `stamps`. */
static const int stamps[10] = { 1, 2, 3, 3, 3, 4, 5, 6, 6, 7 };

static int query_int(const char *path, const char *key, int fallback)
{
	const char *at = strstr(path, key);
	return at ? (int)strtol(at + strlen(key), NULL, 10) : fallback;
}

/* Serves the objects after `from` (index) in pages of limit, or 2. */
static void serve_from(struct call *c, int from, bool next, bool headers, bool manifest)
{
	int limit = query_int(c->path, "limit=", 2), to = from + limit < 10 ? from + limit : 10;
	char body[2048], head[256] = "", more[64] = "";
	size_t n = 0;
	if (next && to < 10)
		snprintf(more, sizeof more, ",\"next\":\"%d\"", to);
	n += (size_t)snprintf(body + n, sizeof body - n, "{\"more\":%s%s,\"objects\":[", to < 10 ? "true" : "false", more);
	for (int i = from; i < to; i++)
		n += (size_t)snprintf(body + n, sizeof body - n, manifest ? "%s{\"id\":\"o%d\",\"date_added\":\"2026-01-01T00:00:%02d.000000Z\"}" : "%s{\"id\":\"o%d\"}",
			i > from ? "," : "", i, stamps[i]);
	snprintf(body + n, sizeof body - n, "]}");
	if (headers && to > from)
		snprintf(head, sizeof head, "X-TAXII-Date-Added-First: 2026-01-01T00:00:%02d.000000Z\r\nX-TAXII-Date-Added-Last: 2026-01-01T00:00:%02d.000000Z\r\n",
			stamps[from], stamps[to - 1]);
	answer(c, 200, head, to == from ? "{}" : body);
}

static int after_index(const char *path)
{
	const char *at = strstr(path, "added_after=");
	struct timestamp t, base;
	int i = 0;
	if (!at || timestamp_parse((struct span){ at + 12, strcspn(at + 12, "&") }, &t, NULL) ||
		timestamp_parse(SPAN("2026-01-01T00:00:00Z"), &base, NULL))
		return 0;
	while (i < 10 && base.us + stamps[i] * INT64_C(1000000) <= t.us)
		i++;
	return i;
}

static void serve_next(struct call *c)
{
	serve_from(c, query_int(c->path, "next=", after_index(c->path)), true, true, false);
}

static void serve_stamps(struct call *c)
{
	serve_from(c, after_index(c->path), false, true, false);
}

static void serve_bare(struct call *c)
{
	serve_from(c, after_index(c->path), false, false, strstr(c->path, "/manifest/"));
}

static void serve_forgetful(struct call *c)
{
	if (strstr(c->path, "next="))
		answer(c, 400, NULL, "{\"title\":\"syntax\",\"description\":\"this next is of another epoch\"}");
	else
		serve_from(c, after_index(c->path), true, true, false);
}

static void serve_stuck(struct call *c)
{
	answer(c, 200, "X-TAXII-Date-Added-Last: 2026-01-01T00:00:01.000000Z\r\n", "{\"more\":true,\"objects\":[{\"id\":\"o0\"}]}");
}

struct got {
	char text[256];
};

static enum err note(void *ctx, size_t index, struct span raw)
{
	struct got *g = ctx;
	size_t n = strlen(g->text);
	snprintf(g->text + n, sizeof g->text - n, "%.*s", raw.n == 11 ? 2 : (int)raw.n, raw.p + (raw.n == 11 ? 7 : 0));
	return ERR_OK;
}

static enum err pull(struct client *c, struct taxii_filter *q, struct got *g, struct fault *f)
{
	bool more = true;
	enum err e = ERR_OK;
	for (int pages = 0; more && e == ERR_OK && pages < 50; pages++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		e = client_page(c, a, SPAN("2"), q, 0, note, NULL, g, &more, NULL, f);
	}
	return e;
}

static void pages_of_any_server_give_every_object_once(void **state)
{
	static const struct {
		void (*serve)(struct call *c);
		const char *got;
		int limit;
		enum err e;
	} rows[] = {
		{ serve_next, "o0o1o2o3o4o5o6o7o8o9", 2, ERR_OK },
		{ serve_next, "o0o1o2o3o4o5o6o7o8o9", 0, ERR_OK },
		{ serve_stamps, "o0o1o2o3o4o5o6o7o8o9", 4, ERR_OK },
		{ serve_stamps, "o0o1o2o3o4o5o6o7o8o9", 100, ERR_OK },
		{ serve_bare, "o0o1o2o3o4o5o6o7o8o9", 4, ERR_OK },
		{ serve_forgetful, "o0o1o2o3o0o1o2o3o4o5o6o7o8o9", 4, ERR_OK },
		{ serve_stuck, "o0", 1, ERR_PROTO },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct server *s = server_new(rows[i].serve);
		struct client *c = connect_to(s, "/api/collections/2/", NULL);
		struct taxii_filter q = { .has_limit = rows[i].limit > 0, .limit = (uint64_t)rows[i].limit };
		struct got g = { "" };
		struct fault f = { 0 };
		enum err e = pull(c, &q, &g, &f);
		if (e != rows[i].e || strcmp(g.text, rows[i].got) != 0)
			fail_msg("row %zu: %s %s, got %s\n%s", i, err_name(e), f.what, g.text, s->log);
		if (e == ERR_OK) {
			/* resuming gives nothing more, from the last stamp */
			assert_true(q.has_added_after && q.next.n == 0);
			assert_true(span_is(q.added_after_text, "2026-01-01T00:00:07.000000Z"));
			struct got again = { "" };
			assert_int_equal(pull(c, &q, &again, &f), ERR_OK);
			assert_string_equal(again.text, "");
		}
		client_free(c);
		server_stop(s);
	}
}

/* ---- submissions ---- */

static void serve_status(struct call *c)
{
	if (strcmp(c->method, "POST") == 0)
		answer(c, 202, NULL, "{\"id\":\"s1\",\"status\":\"pending\",\"pending_count\":1,\"pendings\":[{\"id\":\"a\",\"version\":\"v\"}]}");
	else if (is(c, "/api/status/s1/"))
		answer(c, 200, NULL, c->number < 3 ? "{\"id\":\"s1\",\"status\":\"pending\",\"pending_count\":1}" : "{\"id\":\"s1\",\"status\":\"complete\",\"successes\":[{\"id\":\"a\",\"version\":\"v\"}],\"failures\":[{\"id\":\"b\",\"version\":\"w\",\"message\":\"no\"}]}");
	else
		answer(c, 404, NULL, "{}");
}

static void note_fate(void *ctx, const struct taxii_status_item *item)
{
	struct got *g = ctx;
	size_t n = strlen(g->text);
	snprintf(g->text + n, sizeof g->text - n, "%d%.*s%s;", item->fate, SPAN_ARG(item->id), item->message ? item->message : "");
}

static void a_submission_is_followed_until_nothing_is_pending(void **state)
{
	struct server *s = server_new(serve_status);
	struct client *c = connect_to(s, "/api/collections/2/", NULL);
	struct got g = { "" };
	assert_int_equal(client_submit(c, SPAN("2"), SPAN("{\"objects\":[]}"), note_fate, &g, NULL), ERR_OK);
	assert_string_equal(g.text, "0a;1bno;");
	assert_int_equal(s->requests, 3);
	client_free(c);
	server_stop(s);
}

/* ---- streams ---- */

static void serve_events(struct call *c)
{
	static const char *const pieces[] = { "\xef\xbb\xbf: hello\n", "event: hi", "nt\r", "\ndata: a\r\ndata: b\r\n\r", "\n", "data:c\n", "id: 5\nretry: 9\n\n", "\n\ndata\r\r",
		"event: lost\n\n", "data: last\n\n" };
	char chunk[64];
	say(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n", strlen(pieces[i]), pieces[i]);
		say(c, chunk);
		usleep(2000);
	}
	if (is(c, "/ends"))
		say(c, "0\r\n\r\n");
}

static bool note_event(void *ctx, const char *event, struct span data)
{
	struct got *g = ctx;
	size_t n = strlen(g->text);
	snprintf(g->text + n, sizeof g->text - n, "%s=%.*s;", event, SPAN_ARG(data));
	return !span_is(data, "last") || !strstr(g->text, "enough");
}

static void *stop_soon(void *arg)
{
	usleep(150000);
	__atomic_store_n((volatile int *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void a_stream_gives_its_events_and_ends_when_told(void **state)
{
	struct server *s = server_new(serve_events);
	struct client *c = connect_to(s, "/", NULL);
	struct got g = { "" }, h = { "enough;" };
	static volatile int stop;
	pthread_t t;
	assert_int_equal(client_stream(c, "/ends", note_event, &g, &stop, NULL), ERR_OK);
	assert_string_equal(g.text, "hint=a\nb;message=c;message=;message=last;");
	assert_int_equal(client_stream(c, "/stays", note_event, &h, &stop, NULL), ERR_OK);
	pthread_create(&t, NULL, stop_soon, (void *)&stop);
	assert_int_equal(client_stream(c, "/stays", note_event, &g, &stop, NULL), ERR_OK);
	pthread_join(t, NULL);
	client_free(c);
	server_stop(s);
	s = server_new(serve_taxii);
	c = connect_to(s, "/", NULL);
	stop = 0;
	struct fault f = { 0 };
	assert_int_equal(client_stream(c, "/none", note_event, &g, &stop, &f), ERR_NOTFOUND);
	assert_string_equal(f.what, "Not found: no such thing (HTTP 404)");
	client_free(c);
	server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_taken_where_nothing_can_be_overheard),
		cmocka_unit_test(any_address_of_a_server_leads_to_its_collections),
		cmocka_unit_test(a_collection_is_found_by_alias_id_or_title_and_rights),
		cmocka_unit_test(a_request_carries_what_it_was_given_and_nothing_else),
		cmocka_unit_test(redirects_are_followed_on_the_same_server_only),
		cmocka_unit_test(a_busy_server_is_asked_again_as_it_wishes),
		cmocka_unit_test(a_broken_answer_is_an_error_with_words),
		cmocka_unit_test(another_thread_can_end_a_request_at_once),
		cmocka_unit_test(pages_of_any_server_give_every_object_once),
		cmocka_unit_test(a_submission_is_followed_until_nothing_is_pending),
		cmocka_unit_test(a_stream_gives_its_events_and_ends_when_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
