/* SPDX-License-Identifier: Apache-2.0 */
/* TAXII 2.1, the reading half: discovery, API root, collections, objects, versions, manifest, status. */
#include "hub/hub_priv.h"

#define SECOND 1000000000ll

/* ---- what the hub is ---- */

/* "http://" or "https://" of the hub's own address, then the host that the client used. */
static struct span seen_url(struct call *c)
{
	struct span set = hub_text(c->hub, c->a, HUB_PUBLIC_URL);
	const char *host = http_header(c->r, "Host"), *scheme = !strncmp(c->hub->url, "https:", 6) ? "https" : "http";

	if (set.n)
		return set;
	return host && *host ? span_of(arena_printf(c->a, "%s://%s", scheme, host)) : span_of(c->hub->url);
}

void do_discovery(struct call *c)
{
	const struct accord_hub *me = accord_hub(c->hub->accord);
	char key[SIGN_MULTIBASE];
	struct buf b;
	struct json_out o;

	buf_init(&b, 65536);
	o = json_out(&b);
	taxii_put_discovery(&o, me->name, hub_text(c->hub, c->a, HUB_CONTACT), seen_url(c));
	if (buf_ok(&b) && b.n) { /* one custom property more, before the closing brace */
		sign_public_multibase(me->public_key, key);
		b.p[--b.n] = 0;
		buf_adds(&b, ",\"x_musubi\":");
		o = json_out(&b);
		json_open(&o, '{');
		json_kspan(&o, "hub_id", me->id);
		json_kspan(&o, "name", me->name);
		json_kspan(&o, "country", me->country);
		json_kstr(&o, "public_key", key);
		json_kspan(&o, "epoch", me->epoch);
		json_close(&o, '}');
		buf_addc(&b, '}');
	}
	call_reply(c, 200, &b);
}

void do_api_root(struct call *c)
{
	struct buf b;
	struct json_out o;

	buf_init(&b, 65536);
	o = json_out(&b);
	taxii_put_api_root(&o, accord_hub(c->hub->accord)->name, (uint64_t)HUB_NUMBER(c->hub, BODY_BYTES));
	call_reply(c, 200, &b);
}

/* ---- collections ---- */

void do_collections(struct call *c)
{
	const struct hub_collections *k = hub_collections(c->hub, c->a, true, &c->fault);
	struct buf b;
	struct json_out o;
	size_t n = 0;

	if (!k) {
		call_fail(c, ERR_DB, &c->fault);
		return;
	}
	buf_init(&b, 16 << 20);
	o = json_out(&b);
	json_open(&o, '{');
	for (size_t i = 0; i < k->n; i++) {
		struct taxii_collection seen = collection_as_seen(c, &k->v[i]);

		if (!collection_known(c, &k->v[i]))
			continue;
		if (!n++) {
			json_key(&o, "collections");
			json_open(&o, '[');
		}
		taxii_put_collection(&o, &seen);
	}
	if (n)
		json_close(&o, ']');
	json_close(&o, '}');
	call_reply(c, 200, &b);
}

void do_collection(struct call *c)
{
	const struct store_collection *k = collection_find(c, c->params[0], COLLECTION_KNOW);
	struct taxii_collection seen;
	struct buf b;
	struct json_out o;

	if (!k)
		return;
	seen = collection_as_seen(c, k);
	buf_init(&b, 65536);
	o = json_out(&b);
	taxii_put_collection(&o, &seen);
	call_reply(c, 200, &b);
}

/* ---- pages of objects, manifests and versions: one question, three ways to write the answer ---- */

struct reading {
	struct page_ask ask; /* first: c->own is it */
	struct taxii_filter filter;
	long waited;
	struct span only; /* the object asked for; n == 0: all */
	struct along along;
	void (*write)(struct call *c, struct reading *r, struct buf *b);
};

static void put_note(struct json_out *o, struct span origin, struct timestamp added, struct span home)
{
	char at[TIMESTAMP_TEXT];

	timestamp_format(added, at);
	json_open(o, '{');
	json_kspan(o, "origin", origin);
	json_kstr(o, "added", at);
	json_kspan(o, "home", home);
	json_close(o, '}');
}

static void put_musubi(struct buf *b, const struct along *along, const struct store_page *page, struct span own_hub)
{
	struct json_out o;

	buf_adds(b, ",\"x_musubi\":");
	o = json_out(b);
	json_open(&o, '[');
	for (size_t i = 0; i < along->n; i++)
		put_note(&o, along->v[i].origin, along->v[i].added, along->v[i].home.n ? along->v[i].home : own_hub);
	for (size_t i = 0; i < store_page_count(page); i++) {
		const struct store_entry *e = store_page_entry(page, i);

		put_note(&o, e->origin, e->added, e->home.n ? e->home : own_hub);
	}
	json_close(&o, ']');
}

static void put_more(struct reading *r, struct buf *b, const char *list)
{
	struct json_out o;

	buf_addc(b, '{');
	if (r->ask.next_out.n) {
		buf_adds(b, "\"more\":true,\"next\":");
		o = json_out(b);
		json_put_string(&o, r->ask.next_out);
		buf_addc(b, ',');
	}
	buf_addf(b, "\"%s\":[", list);
}

/* The bytes of the objects are borrowed from the page, which lives as long as the request. */
static void write_objects(struct call *c, struct reading *r, struct buf *b)
{
	const struct store_page *page = r->ask.page;
	size_t n = store_page_count(page);
	const struct span *runs;

	put_more(r, b, "objects");
	http_reply_take(c->r, b);
	for (size_t i = 0; i < r->along.n; i++) {
		http_reply_add(c->r, r->along.v[i].raw);
		http_reply_add(c->r, i + 1 < r->along.n || n ? SPAN(",") : SPAN(""));
	}
	for (size_t i = 0, pieces = store_page_runs(page, &runs); i < pieces; i++)
		http_reply_add(c->r, runs[i]);
	atomic_fetch_add(&c->hub->metrics.objects_out, n + r->along.n);
	buf_addc(b, ']');
	if (c->who.hub)
		put_musubi(b, &r->along, page, accord_hub(c->hub->accord)->id);
	buf_addc(b, '}');
}

static void write_manifest(struct call *c, struct reading *r, struct buf *b)
{
	struct json_out o;
	size_t k = 0;

	put_more(r, b, "objects");
	for (size_t i = 0; i < r->along.n; i++) {
		struct taxii_manifest m = { r->along.v[i].id, along_version(c, &r->along.v[i]), r->along.v[i].stamp, SPAN(TAXII_STIX_MEDIA) };

		if (k++)
			buf_addc(b, ',');
		o = json_out(b);
		taxii_put_manifest(&o, &m);
	}
	for (size_t i = 0; i < store_page_count(r->ask.page); i++) {
		const struct store_entry *e = store_page_entry(r->ask.page, i);
		struct taxii_manifest m = { e->id, e->version, e->stamp, span_is(e->spec_version, "2.0") ? SPAN(TAXII_STIX_MEDIA_20) : SPAN(TAXII_STIX_MEDIA) };

		if (k++)
			buf_addc(b, ',');
		o = json_out(b);
		taxii_put_manifest(&o, &m);
	}
	buf_adds(b, "]}");
}

static void write_versions(struct call *c, struct reading *r, struct buf *b)
{
	struct json_out o;
	size_t n = 0;

	put_more(r, b, "versions");
	for (size_t i = 0; i < store_page_count(r->ask.page); i++) {
		struct span version = store_page_entry(r->ask.page, i)->version;
		bool again = false;

		for (size_t j = 0; j < i && j < 1000 && !again; j++) /* the same version from another submitter */
			again = span_eq(version, store_page_entry(r->ask.page, j)->version);
		if (again)
			continue;
		if (n++)
			buf_addc(b, ',');
		o = json_out(b);
		json_put_string(&o, version);
	}
	for (size_t i = 0; i < r->along.n; i++) {
		if (n++)
			buf_addc(b, ',');
		o = json_out(b);
		json_put_string(&o, along_version(c, &r->along.v[i]));
	}
	buf_adds(b, "]}");
}

static void date_headers(struct call *c, struct reading *r, size_t n)
{
	char at[TIMESTAMP_TEXT];

	if (n) {
		timestamp_format(store_page_entry(r->ask.page, 0)->stamp, at);
		http_reply_header(c->r, "X-TAXII-Date-Added-First", at);
		timestamp_format(store_page_entry(r->ask.page, n - 1)->stamp, at);
		http_reply_header(c->r, "X-TAXII-Date-Added-Last", at);
	} else if (r->along.n) {
		timestamp_format(r->along.v[0].stamp, at);
		http_reply_header(c->r, "X-TAXII-Date-Added-First", at);
		http_reply_header(c->r, "X-TAXII-Date-Added-Last", at);
	} else if (r->filter.has_added_after) {
		http_reply_header(c->r, "X-TAXII-Date-Added-First", arena_str(c->a, r->filter.added_after_text));
		http_reply_header(c->r, "X-TAXII-Date-Added-Last", arena_str(c->a, r->filter.added_after_text));
	}
}

static void warn_unknown(struct call *c, const struct taxii_filter *q)
{
	char *name;

	if (!q->unknown_match || !(name = arena_str(c->a, q->unknown_name)))
		return;
	for (char *p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[]", *p))
			*p = '?';
	http_reply_header(c->r, "Warning", arena_printf(c->a, "299 musubi \"%.70s is not known here and was ignored\"", name));
}

/* Is there an object at all that this reader may have?  An empty page of a filter is no 404. */
static bool object_exists(struct call *c, struct reading *r)
{
	bool may = false, closure;

	if (!r->only.n)
		return true;
	if (!r->filter.has_added_after && !r->filter.next.n)
		return false;
	return store_view_may(c->hub->store, r->ask.view, r->only, &may, &closure, &c->fault) == ERR_OK && may;
}

/* With a page of the feed what its objects refer to; by id what the reader has no entry of.  A version that was asked for is looked for among entries alone. */
static void goes_along(struct call *c, struct reading *r)
{
	const struct store_query *q = &r->ask.q;
	struct along found;

	if (q->along)
		along_page(c, r->ask.page, &r->along);
	if (!q->n_ids || q->n_types || q->n_spec_versions || q->n_exact || r->filter.next.n)
		return;
	along_ids(c, r->ask.view, q->collection, q->ids, q->n_ids, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!q->has_after || timestamp_before(q->after, found.v[i].stamp))
			found.v[r->along.n++] = found.v[i];
	r->along.v = found.v;
}

static void write_page(struct call *c)
{
	struct reading *r = c->own;
	size_t n = store_page_count(r->ask.page);
	struct buf b;

	goes_along(c, r);
	if (!n && !r->along.n && !object_exists(c, r)) {
		fault_set(&c->fault, ERR_NOTFOUND, "", "there is no such object, or no such version of it, in this collection");
		call_fail(c, ERR_NOTFOUND, &c->fault);
		return;
	}
	date_headers(c, r, n);
	warn_unknown(c, &r->filter);
	if (r->waited >= 0)
		http_reply_header(c->r, "Preference-Applied", arena_printf(c->a, "wait=%ld", r->waited));
	buf_init(&b, BOUND_REQUEST_ARENA);
	if (n || r->along.n)
		r->write(c, r, &b);
	else
		buf_adds(&b, "{}");
	call_reply(c, 200, &b);
}

static unsigned words_of(unsigned taxii)
{
	return (taxii & TAXII_VERSION_LAST ? STORE_VERSIONS_LAST : 0u) | (taxii & TAXII_VERSION_FIRST ? STORE_VERSIONS_FIRST : 0u) |
	       (taxii & TAXII_VERSION_ALL ? STORE_VERSIONS_ALL : 0u);
}

static void wait_wanted(struct call *c, struct reading *r)
{
	long wait = header_prefer_wait(http_header(c->r, "Prefer")), most = (long)HUB_NUMBER(c->hub, WAIT_SECONDS);

	r->waited = -1;
	if (wait < 0 || r->filter.next.n)
		return;
	r->waited = wait < most ? wait : most;
	if (r->waited)
		r->ask.wait_until = http_started_ns(c->r) + r->waited * SECOND;
}

static void read_objects(struct call *c, unsigned uses, const char *resource, void (*write)(struct call *c, struct reading *r, struct buf *b))
{
	const struct store_collection *k = collection_find(c, c->params[0], COLLECTION_READ);
	struct reading *r = k ? ARENA_NEW(c->a, struct reading) : NULL;
	uint64_t cap = (uint64_t)HUB_NUMBER(c->hub, PAGE_OBJECTS);
	struct taxii_filter *q;
	struct store_query *s;
	enum err e;

	if (!k)
		return;
	if (!r) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	q = &r->filter;
	s = &r->ask.q;
	e = taxii_filter_parse(c->a, http_query(c->r), uses, q, &c->fault);
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	r->write = write;
	if (!(uses & TAXII_ID))
		r->only = c->params[1];
	*s = (struct store_query){ .collection = k->number, .has_after = q->has_added_after, .after = q->added_after, .ids = q->ids, .n_ids = q->n_ids, .types = q->types, .n_types = q->n_types, .spec_versions = q->spec_versions, .n_spec_versions = q->n_spec_versions, .versions = words_of(q->version_words), .exact_ns = q->exact_ns, .n_exact = q->n_exact, .limit = q->has_limit && q->limit < cap ? q->limit : cap, .max_bytes = (size_t)HUB_NUMBER(c->hub, PAGE_BYTES), .bytes = write == write_objects };
	if (r->only.n) {
		s->ids = &r->only;
		s->n_ids = 1;
	}
	if (!(uses & TAXII_VERSION))
		s->versions = STORE_VERSIONS_ALL;
	if (write == write_objects && !s->n_ids && !s->n_types && !s->n_spec_versions && !s->n_exact)
		s->along = c->who.hub ? STORE_ALONG_EACH : STORE_ALONG_ONCE;
	r->ask.next = q->next;
	r->ask.collection = k;
	r->ask.filtered = s->n_ids || s->n_types || s->n_spec_versions || s->n_exact || (q->version_words & TAXII_VERSION_FIRST);
	r->ask.bound = taxii_filter_bytes(c->a, q, span_of(arena_printf(c->a, "%s %.*s %.*s\n%.*s %.*s", resource, SPAN_ARG(k->id), SPAN_ARG(r->only), SPAN_ARG(c->who.org), SPAN_ARG(c->who.person))));
	r->ask.then = write_page;
	if (!r->only.n)
		wait_wanted(c, r);
	else
		r->waited = -1;
	page_run(c, &r->ask);
}

void do_objects(struct call *c)
{
	read_objects(c, TAXII_OBJECTS, "objects", write_objects);
}

void do_manifest(struct call *c)
{
	read_objects(c, TAXII_OBJECTS, "manifest", write_manifest);
}

void do_object(struct call *c)
{
	read_objects(c, TAXII_OBJECT, "object", write_objects);
}

void do_versions(struct call *c)
{
	read_objects(c, TAXII_VERSIONS, "versions", write_versions);
}

/* ---- status ---- */

void do_status(struct call *c)
{
	struct span json;
	struct buf b;
	struct uuid id;
	enum err e = uuid_parse(c->params[0], &id) ? store_status_get(c->hub->store, c->a, c->params[0], c->who.org, &json, &c->fault) : ERR_NOTFOUND;

	if (e == ERR_NOTFOUND)
		fault_set(&c->fault, e, "", "there is no such status resource of yours");
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	buf_init(&b, json.n + 1);
	buf_addspan(&b, json);
	call_reply(c, 200, &b);
}
