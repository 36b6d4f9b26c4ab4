/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says in TAXII: finding the API root, collections, pages, submissions. */
#include "peer/client_priv.h"
#include "util/bounds.h"
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_ARENA (16u << 20) /* a discovery, collections or status resource, parsed */

/* ---- addresses ---- */

static bool ends_with(struct span s, const char *tail)
{
	size_t n = strlen(tail);
	return s.n >= n && memcmp(s.p + s.n - n, tail, n) == 0;
}

void client_path_parts(struct client *c)
{
	const char *at = strstr(c->path, "/collections");
	if (!at || (at[12] != '/' && at[12] != '\0'))
		return;
	size_t head = (size_t)(at - c->path) + 1;
	c->root = arena_str(c->mem, (struct span){ c->path, head });
	at += 12;
	at += *at == '/';
	size_t n = strcspn(at, "/");
	c->collection = n ? arena_str(c->mem, (struct span){ at, n }) : NULL;
}

static void add_segment(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '~';
		if (plain)
			buf_addc(b, (char)ch);
		else
			buf_addf(b, "%%%02X", ch);
	}
}

/* "collections/ID/<tail>" in a; NULL without memory. */
static const char *collection_path(struct arena *a, struct span id, const char *tail, struct span query)
{
	struct buf b;
	buf_init(&b, 16 * (size_t)BOUND_QUERY_BYTES);
	buf_adds(&b, "collections/");
	add_segment(&b, id);
	buf_addc(&b, '/');
	buf_adds(&b, tail);
	buf_addspan(&b, query);
	const char *path = buf_ok(&b) ? arena_str(a, buf_span(&b)) : NULL;
	buf_release(&b);
	return path;
}

/* GET that has to succeed and give JSON; the document lives in a. */
static enum err get_json(struct client *c, struct arena *a, const char *path, struct json *out, struct client_answer *head, struct fault *f)
{
	struct client_answer r;
	enum err e = path ? client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, NULL, 0, &r, f) : fault_set(f, ERR_NOMEM, "", "no memory for a request");
	if (e)
		return e;
	e = client_expect(&r, f);
	if (e == ERR_OK && json_read(a, buf_span(&r.body), out, NULL) != ERR_OK)
		e = fault_set(f, ERR_PROTO, c->origin, "%.120s does not answer with JSON (%.60s); is this the address of a TAXII 2.1 server?", path,
			r.content_type[0] ? r.content_type : "no content type");
	client_answer_release(&r);
	if (head) {
		*head = r;
		head->body = (struct buf){ 0 };
	}
	return e;
}

/* ---- discovery ---- */

/* The API root that a discovery resource names: its default, else the first, on this server where there is a choice. */
static enum err take_root(struct client *c, struct arena *a, struct json discovery, struct fault *f)
{
	struct json list = json_get(discovery, "api_roots"), fallback = json_get(discovery, "default");
	const char *path = NULL, *best = NULL;
	bool same = false, best_same = false;
	for (struct json_iter it = json_iter(list); !(best_same) && (json_has(fallback) || json_next(&it));) {
		struct span url = json_string_or_none(json_has(fallback) ? fallback : it.value);
		fallback = (struct json){ 0 };
		if (!url.n)
			continue;
		enum err e = client_resolve(c, a, url.p, &path, &same, f);
		if (e)
			return e;
		if (!best || same) {
			best = path;
			best_same = same;
		}
	}
	if (!best)
		return fault_set(f, ERR_PROTO, c->origin, "its discovery resource names no API root; give the API root's address");
	/* A server behind another name says its own; the path is asked for here, where the credentials belong. */
	struct span root = span_of(best);
	c->root = arena_printf(c->mem, "%s%s", best, ends_with(root, "/") ? "" : "/");
	return c->root ? ERR_OK : fault_set(f, ERR_NOMEM, "", "no memory for an address");
}

/* Asks one path what it is.  *found: it was a discovery resource or an API root, and c->root is set. */
static enum err try_path(struct client *c, struct arena *a, const char *path, bool *found, struct fault *f)
{
	struct json v;
	enum err e = get_json(c, a, path, &v, NULL, f);
	*found = false;
	if (e == ERR_NOTFOUND || e == ERR_PROTO || e == ERR_SYNTAX)
		return ERR_OK; /* not here; f says why, should it be nowhere */
	if (e)
		return e;
	*found = true;
	if (json_is(json_get(v, "api_roots"), JSON_ARRAY) || json_is(json_get(v, "default"), JSON_STRING))
		return take_root(c, a, v, f);
	if (json_is(json_get(v, "versions"), JSON_ARRAY)) {
		c->root = arena_str(c->mem, span_of(path));
		return c->root ? ERR_OK : fault_set(f, ERR_NOMEM, "", "no memory for an address");
	}
	*found = false;
	fault_set(f, ERR_PROTO, c->origin, "%.120s is neither a TAXII 2.1 discovery resource nor an API root", path);
	return ERR_OK;
}

enum err client_root(struct client *c, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(ANSWER_ARENA);
	struct fault why = { 0 };
	struct span path = span_of(c->path);
	if (c->root)
		return ERR_OK;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	/* The likeliest first: a bare address is a base, anything else is what it says it is, or a base behind a prefix. */
	const char *given = arena_printf(a, "%.*s/", SPAN_ARG(path)), *below = arena_printf(a, "%.*s/taxii2/", SPAN_ARG(path));
	const char *order[2] = { path.n ? given : below, path.n && !ends_with(path, "/taxii2") ? below : NULL };
	if (!given || !below)
		return fault_set(f, ERR_NOMEM, "", "no memory for an address");
	for (int i = 0; i < 2 && order[i]; i++) {
		bool found;
		struct fault now = { 0 };
		enum err e = try_path(c, a, order[i], &found, &now);
		if (e || found) {
			if (e && f)
				*f = now;
			return e;
		}
		if (!why.what[0])
			why = now;
	}
	return fault_set(f, ERR_PROTO, c->origin, "no TAXII 2.1 server found at %.100s: %.180s", order[0], why.what);
}

enum err client_discover(struct client *c, struct arena *a, struct client_hub *out, struct fault *f)
{
	struct json v;
	const char *path = "/taxii2/";
	struct span at = span_of(c->path);
	if (ends_with(at, "/taxii2/") || ends_with(at, "/taxii2"))
		path = c->path;
	else if (!c->root && at.n > 1)
		path = arena_printf(a, "%.*s/taxii2/", (int)(ends_with(at, "/") ? at.n - 1 : at.n), at.p);
	enum err e = get_json(c, a, path, &v, NULL, f);
	if (e == ERR_NOTFOUND || e == ERR_PROTO || e == ERR_SYNTAX)
		v = (struct json){ 0 }; /* a TAXII server whose discovery is elsewhere: certainly no hub */
	else if (e)
		return e;
	struct json x = json_get(v, "x_musubi");
	*out = (struct client_hub){ json_string_or_none(json_get(x, "hub_id")), json_string_or_none(json_get(x, "name")), json_string_or_none(json_get(x, "country")),
		json_string_or_none(json_get(x, "public_key")), json_string_or_none(json_get(x, "epoch")) };
	return c->root || !json_has(v) ? ERR_OK : take_root(c, a, v, f);
}

/* ---- collections ---- */

static enum err get_collections(struct client *c, struct arena *a, const char *path, struct taxii_collection **out, size_t *n, struct fault *f)
{
	struct client_answer r;
	enum err e = path ? client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, NULL, 0, &r, f) : fault_set(f, ERR_NOMEM, "", "no memory for a request");
	if (e)
		return e;
	e = client_expect(&r, f);
	if (e == ERR_OK)
		e = taxii_collections_read(a, buf_span(&r.body), out, n, f);
	client_answer_release(&r);
	return e;
}

bool client_names_collection(const struct client *c)
{
	return c->collection != NULL;
}

enum err client_collections(struct client *c, struct arena *a, struct taxii_collection **out, size_t *n, struct fault *f)
{
	return get_collections(c, a, "collections/", out, n, f);
}

static bool is_named(const struct taxii_collection *v, struct span which)
{
	return span_eq(v->id, which) || (v->alias.n && span_eq(v->alias, which)) || (v->title.n && span_eq(v->title, which));
}

/* "a, b, c": what there is to choose from. */
static const char *choices(struct arena *a, const struct taxii_collection *v, size_t n, bool to_write)
{
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < n && b.n < 120; i++)
		if (to_write ? v[i].can_write : v[i].can_read)
			buf_addf(&b, "%s%.*s", b.n ? ", " : "", SPAN_ARG(v[i].alias.n ? v[i].alias : v[i].title.n ? v[i].title
														  : v[i].id));
	const char *s = b.n && buf_ok(&b) ? arena_str(a, buf_span(&b)) : "none";
	buf_release(&b);
	return s ? s : "";
}

/* Without a name: the only one that will do, the hub's own documents (`directory`) aside, or `shared`. */
static const struct taxii_collection *only_one(const struct taxii_collection *v, size_t n, bool to_write)
{
	const struct taxii_collection *one = NULL, *shared = NULL;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if (!(to_write ? v[i].can_write : v[i].can_read) || span_is(v[i].alias, "directory"))
			continue;
		one = &v[i];
		count++;
		if (span_is(v[i].alias, "shared"))
			shared = &v[i];
	}
	return count == 1 ? one : shared;
}

enum err client_collection(struct client *c, struct arena *a, struct span which, bool to_write, struct taxii_collection *out, struct fault *f)
{
	struct taxii_collection *v = NULL;
	const struct taxii_collection *got = NULL;
	size_t n = 0;
	if (!which.n && c->collection) {
		/* The address names it; it may be one that no list shows. */
		enum err e = get_collections(c, a, arena_printf(a, "collections/%s/", c->collection), &v, &n, f);
		if (e == ERR_OK && n != 1)
			e = fault_set(f, ERR_PROTO, c->origin, "collections/%.100s/ is not a collection", c->collection);
		got = v;
		if (e)
			return e;
	} else {
		enum err e = client_collections(c, a, &v, &n, f);
		if (e)
			return e;
		for (size_t i = 0; which.n && i < n && !got; i++)
			got = is_named(&v[i], which) ? &v[i] : NULL;
		if (!which.n)
			got = only_one(v, n, to_write);
	}
	if (!got && which.n)
		return fault_set(f, ERR_NOTFOUND, c->origin, "no collection \"%.*s\" for these credentials; there is: %s", which.n > 80 ? 80 : SPAN_ARG(which),
			choices(a, v, n, to_write));
	if (!got)
		return fault_set(f, ERR_USAGE, c->origin, "which collection? Name one of: %s", choices(a, v, n, to_write));
	if (!(to_write ? got->can_write : got->can_read))
		return fault_set(f, ERR_DENIED, c->origin, "these credentials may not %s collection \"%.*s\"", to_write ? "write to" : "read",
			got->title.n > 80 ? 80 : SPAN_ARG(got->title));
	*out = *got;
	return ERR_OK;
}

/* ---- pages ---- */

struct page {
	struct client *c;
	enum err (*fn)(void *ctx, size_t index, struct span raw);
	enum err (*extra)(void *ctx, struct span key, struct span raw);
	void *ctx;
	size_t count, fresh;
	uint64_t *digests; /* of this page, kept where the next one overlaps */
	size_t room;
	bool failed;
};

/* FNV-1a: only told apart from the page before of the same server. */
static uint64_t digest(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static enum err page_object(void *ctx, size_t index, struct span raw)
{
	struct page *p = ctx;
	uint64_t d = digest(raw);
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		uint64_t *more = realloc(p->digests, room * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		p->digests = more;
		p->room = room;
	}
	p->digests[p->count++] = d;
	if (p->c->n_seen && bsearch(&d, p->c->seen, p->c->n_seen, sizeof d, by_value))
		return ERR_OK;
	p->fresh++;
	return p->fn ? p->fn(p->ctx, index, raw) : ERR_OK;
}

static enum err page_extra(void *ctx, struct span key, struct span raw)
{
	struct page *p = ctx;
	return p->extra ? p->extra(p->ctx, key, raw) : ERR_OK;
}

/* The stamp of the last of the first `count` entries that the filter gives, by the manifest; "" where it has none. */
static void last_by_manifest(struct client *c, struct span collection_id, const struct taxii_filter *q, size_t count, char *out, size_t room)
{
	ARENA_SCOPE struct arena *a = arena_new(ANSWER_ARENA * 4);
	struct taxii_filter same = *q;
	struct json v;
	size_t at = 0;
	same.has_limit = true;
	same.limit = count;
	struct span query = taxii_filter_query(a, &same);
	if (!query.p || get_json(c, a, collection_path(a, collection_id, "manifest/", query), &v, NULL, NULL) != ERR_OK)
		return;
	for (struct json_iter it = json_iter(json_get(v, "objects")); at < count && json_next(&it); at++) {
		struct span s = json_string_or_none(json_get(it.value, "date_added"));
		if (s.n && s.n < room) {
			memcpy(out, s.p, s.n);
			out[s.n] = '\0';
		}
	}
}

static void set_after(struct client *c, struct taxii_filter *q, struct timestamp t, struct span text)
{
	buf_clear(&c->after);
	buf_addspan(&c->after, text);
	q->has_added_after = true;
	q->added_after = t;
	q->added_after_text = buf_span(&c->after);
}

static void forget_seen(struct client *c)
{
	c->n_seen = 0;
}

/* Goes on after `last` where the server gives no `next`: its stamps may be equal across the border of two pages, so the last one is asked for again. */
static enum err step_by_stamp(struct client *c, struct taxii_filter *q, struct page *p, const char *last, struct fault *f)
{
	struct timestamp t;
	if (!last[0] || timestamp_parse(span_of(last), &t, NULL) != ERR_OK)
		return fault_set(f, ERR_PROTO, c->origin, "it says that there is more and does not say where it begins (neither `next` nor X-TAXII-Date-Added-Last)");
	/* A text of more than six digits was cut down: that is before it already. */
	struct timestamp before = { strlen(last) > TIMESTAMP_TEXT - 1 ? t.us : t.us - 1 };
	bool moves = !q->has_added_after || timestamp_before(q->added_after, before);
	if (!moves && q->has_added_after && !timestamp_before(q->added_after, t))
		return fault_set(f, ERR_PROTO, c->origin, "it gives the same page again and again (nothing after %.40s)", last);
	uint64_t *old = c->seen;
	c->seen = p->digests;
	c->n_seen = p->count;
	p->digests = old;
	if (c->n_seen)
		qsort(c->seen, c->n_seen, sizeof *c->seen, by_value);
	if (moves) {
		char text[TIMESTAMP_TEXT];
		timestamp_format(before, text);
		set_after(c, q, before, span_of(text));
	} else { /* a whole page of one stamp: nothing for it but to go past */
		set_after(c, q, t, span_of(last));
	}
	return ERR_OK;
}

/* Moves the filter on after a page that was read whole. */
static enum err move_on(struct client *c, struct span collection_id, struct taxii_filter *q, const struct taxii_envelope *env, struct page *p,
	struct client_answer *r, struct fault *f)
{
	struct timestamp t;
	if (env->more && env->next.n && !c->no_next) {
		forget_seen(c);
		buf_clear(&c->next);
		buf_addspan(&c->next, env->next);
		q->next = buf_span(&c->next);
		return buf_ok(&c->next) ? ERR_OK : fault_set(f, ERR_PROTO, c->origin, "its `next` is longer than %d bytes", BOUND_QUERY_BYTES);
	}
	if (!r->added_last[0] && p->count && !q->next.n)
		last_by_manifest(c, collection_id, q, p->count, r->added_last, sizeof r->added_last);
	q->next = (struct span){ NULL, 0 };
	if (env->more)
		return step_by_stamp(c, q, p, r->added_last, f);
	forget_seen(c);
	if (p->count && r->added_last[0] && timestamp_parse(span_of(r->added_last), &t, NULL) == ERR_OK)
		set_after(c, q, t, span_of(r->added_last));
	return ERR_OK;
}

static enum err get_page(struct client *c, struct arena *a, struct span id, const struct taxii_filter *q, unsigned wait_s, struct client_answer *r, struct fault *f)
{
	struct span query = taxii_filter_query(a, q);
	const char *path = query.p ? collection_path(a, id, "objects/", query) : NULL;
	if (!path)
		return fault_set(f, ERR_NOMEM, c->origin, "no memory for a request");
	return client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, NULL, wait_s, r, f);
}

/* A `next` may be refused later (a restored hub, a changed key): then the page's first stamp is the truth, and `next` is not used again. */
static enum err get_page_anyhow(struct client *c, struct arena *a, struct span id, struct taxii_filter *q, unsigned wait_s, struct client_answer *r, struct fault *f)
{
	enum err e = get_page(c, a, id, q, wait_s, r, f);
	if (e || !q->next.n || (r->status != 400 && r->status != 404 && r->status != 410))
		return e;
	client_answer_release(r);
	c->no_next = true;
	q->next = (struct span){ NULL, 0 };
	return get_page(c, a, id, q, wait_s, r, f);
}

enum err client_page(struct client *c, struct arena *a, struct span collection_id, struct taxii_filter *q, unsigned wait_s,
	enum err (*fn)(void *ctx, size_t index, struct span raw), enum err (*extra)(void *ctx, struct span key, struct span raw), void *ctx, bool *more,
	struct client_answer *out, struct fault *f)
{
	struct page p = { .c = c, .fn = fn, .extra = extra, .ctx = ctx };
	struct taxii_envelope env = { 0 };
	struct client_answer r = { 0 };
	if (out)
		*out = r;
	enum err e = get_page_anyhow(c, a, collection_id, q, wait_s, &r, f);
	if (e)
		return e;
	e = client_expect(&r, f);
	if (e == ERR_OK)
		e = taxii_envelope_read(a, c->parser, buf_span(&r.body), &env, page_object, page_extra, &p, f);
	if (e == ERR_OK)
		e = move_on(c, collection_id, q, &env, &p, &r, f);
	if (e == ERR_OK && more)
		*more = env.more;
	free(p.digests);
	if (out)
		*out = r;
	else
		client_answer_release(&r);
	return e;
}

/* ---- submissions ---- */

#define STATUS_FIRST_MS 50
#define STATUS_MOST_MS 2000
#define STATUS_PATIENCE_MS 600000 /* ten minutes for one envelope */

static void nobody(void *ctx, const struct taxii_status_item *item)
{
}

enum err client_submit(struct client *c, struct span collection_id, struct span envelope, void (*fn)(void *ctx, const struct taxii_status_item *item), void *ctx,
	struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(CLIENT_BODY_MAX);
	struct client_answer r;
	const char *path = a ? collection_path(a, collection_id, "objects/", SPAN("")) : NULL;
	unsigned ms = STATUS_FIRST_MS, waited = 0;
	if (!path)
		return fault_set(f, ERR_NOMEM, "", "no memory for a request");
	enum err e = client_request(c, "POST", path, envelope, TAXII_MEDIA, NULL, 0, &r, f);
	for (;;) {
		struct span id;
		uint64_t pending = 0;
		if (e)
			return e;
		e = client_expect(&r, f);
		if (e == ERR_OK)
			e = taxii_status_read(a, buf_span(&r.body), &id, &pending, nobody, NULL, f);
		bool last = pending == 0 || waited >= STATUS_PATIENCE_MS;
		if (e == ERR_OK && last && fn)
			e = taxii_status_read(a, buf_span(&r.body), &id, &pending, fn, ctx, f);
		client_answer_release(&r);
		if (e || last)
			return e;
		path = arena_printf(a, "status/%.*s/", SPAN_ARG(id));
		if (!path)
			return fault_set(f, ERR_NOMEM, "", "no memory for a request");
		if (!client_pause(c, ms))
			return fault_set(f, ERR_IO, c->origin, "ended while objects were still pending; status resource: status/%.*s/", SPAN_ARG(id));
		waited += ms;
		ms = ms * 2 < STATUS_MOST_MS ? ms * 2 : STATUS_MOST_MS;
		e = client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, NULL, 0, &r, f);
	}
}
