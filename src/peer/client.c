/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over libcurl; the only file that knows it.
 *
 * 1. A client speaks to one origin.  Credentials go nowhere else: redirects are followed on that origin only, in client_request.
 * 2. Nothing unencrypted leaves the machine: http is taken for loopback addresses alone (check_loopback).
 * 3. Whatever waits here ends at client_cancel: everything runs in perform, which polls with a wake-up. */
#include "peer/client_priv.h"
#include "peer/sse.h"
#include "util/bounds.h"
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct transport {
	CURL *easy;
	CURLM *multi;
	atomic_int cancelled;
	char error[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start_curl(void)
{
	started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- the address ---- */

static bool four_bytes(const char *s)
{
	for (int i = 0; i < 4; i++) {
		unsigned n = 0, digits = 0;
		for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
			n = n * 10 + (unsigned)(*s - '0');
		if (digits == 0 || digits > 3 || n > 255 || *s != (i < 3 ? '.' : '\0'))
			return false;
		s++;
	}
	return true;
}

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || (strncmp(host, "127.", 4) == 0 && four_bytes(host));
}

/* A part of a URL, copied into a; "" where it has none. */
static const char *url_part(struct arena *a, CURLU *u, CURLUPart part, unsigned flags)
{
	char *s = NULL;
	const char *copy = curl_url_get(u, part, &s, flags) == CURLUE_OK ? arena_str(a, span_of(s)) : "";
	curl_free(s);
	return copy;
}

static const char *url_origin(struct arena *a, CURLU *u)
{
	return arena_printf(a, "%s://%s:%s", url_part(a, u, CURLUPART_SCHEME, 0), url_part(a, u, CURLUPART_HOST, 0),
		url_part(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

static enum err read_url(struct client *c, const char *url, struct fault *f)
{
	CURLU *u = curl_url();
	if (!u)
		return fault_set(f, ERR_NOMEM, "", "no memory for the address");
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	const char *scheme = url_part(c->mem, u, CURLUPART_SCHEME, 0), *host = url_part(c->mem, u, CURLUPART_HOST, 0);
	bool secret = *url_part(c->mem, u, CURLUPART_USER, 0) || *url_part(c->mem, u, CURLUPART_PASSWORD, 0);
	bool rest = *url_part(c->mem, u, CURLUPART_QUERY, 0) || *url_part(c->mem, u, CURLUPART_FRAGMENT, 0);
	c->plain = scheme && strcmp(scheme, "http") == 0;
	c->origin = url_origin(c->mem, u);
	c->path = url_part(c->mem, u, CURLUPART_PATH, 0);
	curl_url_cleanup(u);
	if (!arena_ok(c->mem))
		return fault_set(f, ERR_NOMEM, "", "no memory for the address");
	if (bad || !*host)
		return fault_set(f, ERR_USAGE, url, "this is no address; give one as in https://hub.example or http://127.0.0.1:8080");
	if (secret)
		return fault_set(f, ERR_USAGE, host, "an address with a user name or password in it: give them as options, where no log shows them");
	if (rest)
		return fault_set(f, ERR_USAGE, host, "an address with '?' or '#': give the address of a hub, an API root or a collection");
	if (!c->plain && strcmp(scheme, "https") != 0)
		return fault_set(f, ERR_USAGE, host, "\"%s\" is not spoken here; use https", scheme);
	if (c->plain && !is_loopback(host))
		return fault_set(f, ERR_USAGE, host, "http without encryption is for this machine only (127.0.0.1, [::1], localhost); use https");
	return ERR_OK;
}

enum err client_resolve(struct client *c, struct arena *a, const char *url, const char **path, bool *same, struct fault *f)
{
	CURLU *u = curl_url();
	CURLUcode bad = u ? curl_url_set(u, CURLUPART_URL, c->origin, 0) : CURLUE_OUT_OF_MEMORY;
	if (!bad)
		bad = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	const char *query = bad ? "" : url_part(a, u, CURLUPART_QUERY, 0), *at = bad ? "" : url_part(a, u, CURLUPART_PATH, 0);
	const char *whole = bad ? "" : arena_printf(a, "%s%s%s", at ? at : "", query && *query ? "?" : "", query ? query : "");
	const char *origin = bad ? "" : url_origin(a, u);
	curl_url_cleanup(u);
	if (!arena_ok(a) || bad == CURLUE_OUT_OF_MEMORY)
		return fault_set(f, ERR_NOMEM, "", "no memory for an address");
	if (bad)
		return fault_set(f, ERR_PROTO, c->origin, "the server names \"%.100s\", which is no address", url);
	*path = whole;
	*same = strcasecmp(origin, c->origin) == 0;
	return ERR_OK;
}

/* ---- life ---- */

/* Header values must not be able to begin another header. */
static bool is_clean(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static enum err copy_options(struct client *c, const struct client_options *o, struct fault *f)
{
	const char *const from[] = { o->token, o->user, o->password, o->ca_file, o->hub_id };
	const char **const to[] = { &c->token, &c->user, &c->password, &c->ca_file, &c->hub_id };
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		if (!is_clean(from[i]))
			return fault_set(f, ERR_USAGE, "", "a token, name or password with control characters in it; was a line end copied along?");
		*to[i] = from[i] ? arena_str(c->mem, span_of(from[i])) : NULL;
	}
	c->lively = o->lively;
	c->timeout_s = o->timeout_s > 0 ? o->timeout_s : CLIENT_TIMEOUT_S;
	return arena_ok(c->mem) ? ERR_OK : fault_set(f, ERR_NOMEM, "", "no memory for a client");
}

static struct transport *transport_new(void)
{
	struct transport *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->easy = curl_easy_init();
	t->multi = curl_multi_init();
	if (t->easy && t->multi)
		return t;
	curl_easy_cleanup(t->easy);
	if (t->multi)
		curl_multi_cleanup(t->multi);
	free(t);
	return NULL;
}

#define CLIENT_TEXTS (64u << 10) /* address, token, password … of one client */

enum err client_new(const struct client_options *o, struct client **out, struct fault *f)
{
	pthread_once(&once, start_curl);
	struct client *c = started == CURLE_OK ? calloc(1, sizeof *c) : NULL;
	if (!c)
		return fault_set(f, ERR_NOMEM, "", "no memory for a client");
	buf_init(&c->next, BOUND_QUERY_BYTES);
	buf_init(&c->after, 128);
	c->mem = arena_new(CLIENT_TEXTS);
	c->parser = json_parser_new(CLIENT_BODY_MAX);
	c->t = transport_new();
	enum err e = c->mem && c->parser && c->t ? ERR_OK : fault_set(f, ERR_NOMEM, "", "no memory for a client");
	if (e == ERR_OK)
		e = copy_options(c, o, f);
	if (e == ERR_OK)
		e = read_url(c, o->url, f);
	if (e) {
		client_free(c);
		return e;
	}
	client_path_parts(c);
	*out = c;
	return ERR_OK;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->t) {
		curl_easy_cleanup(c->t->easy);
		curl_multi_cleanup(c->t->multi);
		free(c->t);
	}
	json_parser_free(c->parser);
	buf_release(&c->next);
	buf_release(&c->after);
	free(c->seen);
	arena_free(c->mem);
	free(c);
}

void client_cancel(struct client *c)
{
	atomic_store(&c->t->cancelled, 1);
	curl_multi_wakeup(c->t->multi);
}

bool client_pause(struct client *c, unsigned ms)
{
	int64_t end = timestamp_tick_ns() + (int64_t)ms * 1000000;
	while (!atomic_load(&c->t->cancelled)) {
		int64_t left = end - timestamp_tick_ns();
		if (left <= 0)
			return true;
		curl_multi_poll(c->t->multi, NULL, 0, (int)(left / 1000000) + 1, NULL);
	}
	return false;
}

void client_answer_release(struct client_answer *r)
{
	buf_release(&r->body);
}

/* ---- one exchange ---- */

struct sink {
	struct client *c;
	struct client_answer *answer;
	bool too_large;
	/* a stream's; fn NULL: none */
	struct sse sse;
	bool (*fn)(void *ctx, const char *event, struct span data);
	void *ctx;
	bool enough;
};

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;
	long status = 0;
	n *= size;
	curl_easy_getinfo(s->c->t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (s->fn && status == 200) {
		s->enough = !sse_feed(&s->sse, p, n, s->fn, s->ctx, &s->too_large);
		return s->enough ? 0 : n;
	}
	buf_add(&s->answer->body, p, n);
	s->too_large = !buf_ok(&s->answer->body);
	return s->too_large ? 0 : n;
}

static void take_header(CURL *easy, const char *name, char *out, size_t room)
{
	struct curl_header *h;
	out[0] = '\0';
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK && strlen(h->value) < room)
		memcpy(out, h->value, strlen(h->value) + 1);
}

static void take_headers(CURL *easy, struct client_answer *out)
{
	const struct {
		const char *name;
		char *to;
		size_t room;
	} rows[] = {
		{ "Content-Type", out->content_type, sizeof out->content_type },
		{ "X-TAXII-Date-Added-First", out->added_first, sizeof out->added_first },
		{ "X-TAXII-Date-Added-Last", out->added_last, sizeof out->added_last },
		{ "Retry-After", out->retry_after, sizeof out->retry_after },
		{ "X-Musubi-Hub", out->hub, sizeof out->hub },
		{ "X-Musubi-Epoch", out->epoch, sizeof out->epoch },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		take_header(easy, rows[i].name, rows[i].to, rows[i].room);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out->status);
}

/* A signal handler or another thread may say so. */
static bool told(const volatile int *stop)
{
	return stop && __atomic_load_n(stop, __ATOMIC_RELAXED);
}

/* Runs the easy handle; CURLE_ABORTED_BY_CALLBACK where it was cancelled or *stop became true. */
static CURLcode perform(struct transport *t, const volatile int *stop)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	int running = 1;
	if (curl_multi_add_handle(t->multi, t->easy))
		return CURLE_OUT_OF_MEMORY;
	while (running && !atomic_load(&t->cancelled) && !told(stop)) {
		CURLMcode m = curl_multi_perform(t->multi, &running);
		if (m == CURLM_OK && running)
			m = curl_multi_poll(t->multi, NULL, 0, stop ? 100 : 1000, NULL);
		if (m) {
			result = CURLE_OUT_OF_MEMORY;
			break;
		}
	}
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(t->multi, &left));)
		if (m->msg == CURLMSG_DONE)
			result = m->data.result;
	curl_multi_remove_handle(t->multi, t->easy);
	return result;
}

static enum err explain(struct client *c, CURLcode code, const struct sink *s, struct fault *f)
{
	static const struct {
		CURLcode code;
		const char *what;
	} rows[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, "this name has no address: is it spelled right, and is there a network?" },
		{ CURLE_COULDNT_CONNECT, "nobody answers there: is the hub running, and is the port right?" },
		{ CURLE_PEER_FAILED_VERIFICATION, "its certificate is not trusted here: if it is of an authority of its own, give that one's certificate (--ca FILE, PEM)" },
		{ CURLE_SSL_CACERT_BADFILE, "the CA file cannot be read: give a PEM file with the issuer's certificate" },
		{ CURLE_SSL_CONNECT_ERROR, "TLS 1.2 or later could not be agreed on; is https really spoken on that port?" },
		{ CURLE_GOT_NOTHING, "it closed the connection without an answer; try again" },
		{ CURLE_PARTIAL_FILE, "it closed the connection in the middle of its answer; try again" },
		{ CURLE_ABORTED_BY_CALLBACK, "the request was ended from this side" },
	};
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fault_set(f, ERR_IO, c->origin, "no complete answer in time (%s); try again, or allow more time", c->t->error);
	if (s->too_large)
		return fault_set(f, ERR_LIMIT, c->origin, "its answer is larger than %u MB: ask for fewer objects at a time", CLIENT_BODY_MAX >> 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return fault_set(f, ERR_IO, c->origin, "%s", rows[i].what);
	return fault_set(f, ERR_IO, c->origin, "%s", c->t->error[0] ? c->t->error : curl_easy_strerror(code));
}

struct exchange {
	const char *method, *content_type, *accept;
	struct span body;
	unsigned wait_s;
	const volatile int *stop;
};

static bool add_header(struct curl_slist **list, struct arena *a, const char *name, const char *value)
{
	char *line = arena_printf(a, "%s: %s", name, value);
	struct curl_slist *more = line ? curl_slist_append(*list, line) : NULL;
	if (more)
		*list = more;
	return more != NULL;
}

static struct curl_slist *make_headers(struct client *c, const struct exchange *x)
{
	ARENA_SCOPE struct arena *a = arena_new(CLIENT_TEXTS * 2);
	struct curl_slist *list = NULL;
	bool ok = a && add_header(&list, a, "Accept", x->accept ? x->accept : TAXII_MEDIA);
	if (x->content_type)
		ok = ok && add_header(&list, a, "Content-Type", x->content_type);
	if (c->token)
		ok = ok && add_header(&list, a, "Authorization", arena_printf(a, "Bearer %s", c->token));
	if (c->hub_id)
		ok = ok && add_header(&list, a, "X-Musubi-Hub", c->hub_id);
	if (x->wait_s)
		ok = ok && add_header(&list, a, "Prefer", arena_printf(a, "wait=%u", x->wait_s));
	ok = ok && add_header(&list, a, "Expect", ""); /* no 100-continue round trip */
	if (ok)
		return list;
	curl_slist_free_all(list);
	return NULL;
}

static int make_lively(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	unsigned ms = CLIENT_LIVELY_MS;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
	return CURL_SOCKOPT_OK;
}

static void set_request(struct client *c, const struct exchange *x, const char *url, struct curl_slist *headers, struct sink *s)
{
	CURL *h = c->t->easy;
	curl_easy_reset(h); /* connections stay: they are the multi handle's */
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->t->error);
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, c->plain ? "http" : "https");
	if (c->plain)
		curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "musubi/" MUSUBI_VERSION);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (c->ca_file)
		curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file);
	if (c->user) {
		curl_easy_setopt(h, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(h, CURLOPT_USERNAME, c->user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, c->password ? c->password : "");
	}
	curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, s->fn ? NULL : "");
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)(c->lively ? CLIENT_LIVELY_CONNECT_S : CLIENT_CONNECT_S));
	if (s->fn) {
		curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)CLIENT_STREAM_SILENT_S);
	} else {
		curl_easy_setopt(h, CURLOPT_TIMEOUT, c->timeout_s + (long)x->wait_s);
	}
	curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
	if (c->lively) {
		curl_easy_setopt(h, CURLOPT_TCP_KEEPIDLE, 3L);
		curl_easy_setopt(h, CURLOPT_TCP_KEEPINTVL, 1L);
		curl_easy_setopt(h, CURLOPT_SOCKOPTFUNCTION, make_lively);
	}
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, s);
	if (x->body.p) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, x->body.p);
	}
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, x->method);
}

static enum err exchange(struct client *c, const struct exchange *x, const char *url, struct sink *s, struct fault *f)
{
	struct curl_slist *headers = make_headers(c, x);
	if (!headers)
		return fault_set(f, ERR_NOMEM, c->origin, "no memory for a request");
	buf_clear(&s->answer->body);
	c->t->error[0] = '\0';
	set_request(c, x, url, headers, s);
	CURLcode code = perform(c->t, x->stop);
	bool wanted = s->fn && !s->too_large && (s->enough || (told(x->stop) && code == CURLE_ABORTED_BY_CALLBACK));
	if (code == CURLE_OK || wanted)
		take_headers(c->t->easy, s->answer);
	curl_slist_free_all(headers);
	return code == CURLE_OK || wanted ? ERR_OK : explain(c, code, s, f);
}

/* ---- redirects and retries ---- */

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* The path to ask next into *path; ERR_PROTO where the server sends us elsewhere. */
static enum err follow(struct client *c, struct arena *a, const char **path, struct fault *f)
{
	char *to = NULL;
	bool same = false;
	curl_easy_getinfo(c->t->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return fault_set(f, ERR_PROTO, c->origin, "it redirects without saying where to");
	enum err e = client_resolve(c, a, to, path, &same, f);
	if (e == ERR_OK && !same)
		e = fault_set(f, ERR_PROTO, c->origin, "it redirects to another server, where the credentials must not go; if you trust it, give its address: %.150s", to);
	return e;
}

/* How long to wait before asking again, in ms; 0: do not. */
static unsigned retry_after(const struct client_answer *r, unsigned tried)
{
	if ((r->status != 429 && r->status != 503) || tried >= CLIENT_RETRIES)
		return 0;
	unsigned s = 0;
	bool number = r->retry_after[0] != '\0';
	for (const char *p = r->retry_after; number && *p; p++) {
		number = *p >= '0' && *p <= '9' && s < 1000000;
		s = s * 10 + (unsigned)(*p - '0');
	}
	if (!number && r->retry_after[0]) {
		time_t at = curl_getdate(r->retry_after, NULL);
		int64_t wait = at < 0 ? -1 : (int64_t)at - timestamp_now().us / 1000000;
		number = at >= 0;
		s = wait > 0 ? (wait > CLIENT_RETRY_MOST_S ? CLIENT_RETRY_MOST_S + 1 : (unsigned)wait) : 0;
	}
	if (!number)
		return 250u << (2 * tried);
	return s > CLIENT_RETRY_MOST_S ? 0 : s * 1000 + 50;
}

static enum err request(struct client *c, const struct exchange *x, const char *path, struct sink *s, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(CLIENT_TEXTS * 4);
	unsigned redirects = 0, tried = 0;
	if (path[0] != '/') {
		enum err e = client_root(c, f);
		if (e)
			return e;
		path = a ? arena_printf(a, "%s%s", c->root, path) : NULL;
		if (!path)
			return fault_set(f, ERR_LIMIT, c->origin, "the address would be too long: ask for fewer values at a time");
	}
	for (;;) {
		const char *url = a ? arena_printf(a, "%s%s", c->origin, path) : NULL;
		if (!url)
			return fault_set(f, ERR_NOMEM, c->origin, "no memory for a request");
		enum err e = exchange(c, x, url, s, f);
		if (e)
			return e;
		if (is_redirect(s->answer->status) && (!x->body.p || s->answer->status >= 307)) {
			if (++redirects > CLIENT_REDIRECTS)
				return fault_set(f, ERR_PROTO, c->origin, "it redirects in circles (more than %d times)", CLIENT_REDIRECTS);
			e = follow(c, a, &path, f);
			if (e)
				return e;
			continue;
		}
		unsigned ms = retry_after(s->answer, tried++);
		if (!ms)
			return ERR_OK;
		if (!client_pause(c, ms))
			return explain(c, CURLE_ABORTED_BY_CALLBACK, s, f);
	}
}

enum err client_request(struct client *c, const char *method, const char *path, struct span body, const char *content_type, const char *accept, unsigned wait_s,
	struct client_answer *out, struct fault *f)
{
	struct client_answer answer = { 0 };
	struct sink s = { .c = c, .answer = &answer };
	struct exchange x = { .method = method, .content_type = content_type, .accept = accept, .body = body, .wait_s = wait_s };
	buf_init(&answer.body, CLIENT_BODY_MAX);
	enum err e = request(c, &x, path, &s, f);
	if (e)
		client_answer_release(&answer);
	else
		*out = answer;
	return e;
}

enum err client_stream(struct client *c, const char *path, bool (*fn)(void *ctx, const char *event, struct span data), void *ctx, const volatile int *stop,
	struct fault *f)
{
	struct client_answer answer = { 0 };
	struct sink s = { .c = c, .answer = &answer, .fn = fn, .ctx = ctx };
	struct exchange x = { .method = "GET", .accept = "text/event-stream", .stop = stop };
	buf_init(&answer.body, CLIENT_EVENT_MAX);
	sse_init(&s.sse, CLIENT_EVENT_MAX);
	enum err e = request(c, &x, path, &s, f);
	if (e == ERR_OK && answer.status != 0)
		e = client_expect(&answer, f);
	sse_release(&s.sse);
	client_answer_release(&answer);
	return e;
}

/* ---- statuses ---- */

enum err client_expect(const struct client_answer *r, struct fault *f)
{
	static const struct {
		long status;
		enum err e;
		const char *what;
	} rows[] = {
		{ 400, ERR_SYNTAX, "it does not understand the request" },
		{ 401, ERR_UNAUTHENTICATED, "it does not know these credentials: check the token, or the user name and password" },
		{ 403, ERR_DENIED, "these credentials may not do this" },
		{ 404, ERR_NOTFOUND, "there is nothing at this address that these credentials may see" },
		{ 406, ERR_PROTO, "it does not speak TAXII 2.1" },
		{ 409, ERR_CONFLICT, "it conflicts with what is there" },
		{ 410, ERR_CONFLICT, "what was asked for is gone: start over" },
		{ 413, ERR_LIMIT, "it is more than the server takes at a time: send less" },
		{ 415, ERR_PROTO, "it does not take TAXII 2.1" },
		{ 422, ERR_INVALID, "it refuses the content" },
		{ 429, ERR_BUSY, "too many requests: wait and try again" },
		{ 500, ERR_PROTO, "something is broken in the server: tell its operator" },
		{ 503, ERR_BUSY, "it cannot answer now: wait and try again" },
		{ 0, ERR_PROTO, "an answer that was not expected" },
	};
	char words[240];
	size_t i = 0;
	if (r->status >= 200 && r->status < 300)
		return ERR_OK;
	taxii_error_read(buf_span(&r->body), words, sizeof words);
	while (rows[i].status && rows[i].status != r->status)
		i++;
	if (words[0])
		return fault_set(f, rows[i].e, "server", "%s (HTTP %ld)", words, r->status);
	return fault_set(f, rows[i].e, "server", "%s (HTTP %ld)", rows[i].what, r->status);
}
