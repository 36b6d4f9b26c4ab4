/* SPDX-License-Identifier: Apache-2.0 */
/* JSON API: search, sightings, and the audience of what is not yet shared.  All read through pages: what one may not have is not counted either. */
#include <stdlib.h>
#include "hub/hub_priv.h"

#define REPLY_MOST BOUND_REQUEST_ARENA
#define SEARCH_LIMIT 100 /* entries of an answer where the client says nothing */
#define SCAN_MOST 200000 /* sightings looked at for one question; past it the answer says that it is partial */
#define SCAN_PAGE 5000

/* false: replied. */
static bool query(struct call *c, const char *name, struct span *out, bool *given)
{
	int found = header_query(c->a, http_query(c->r), name, out);

	if (given)
		*given = found > 0;
	if (found < 0) {
		fault_set(&c->fault, ERR_SYNTAX, name, "this parameter is malformed, or given twice");
		call_fail(c, ERR_SYNTAX, &c->fault);
	}
	return found >= 0;
}

/* ---- search ---- */

/* The answer begun, up to its list. */
static struct json_out begin_list(const struct page_ask *ask, struct buf *b, const char *list)
{
	struct json_out o;

	buf_init(b, REPLY_MOST);
	o = json_out(b);
	json_open(&o, '{');
	json_kbool(&o, "more", ask->next_out.n > 0);
	if (ask->next_out.n)
		json_kspan(&o, "next", ask->next_out);
	json_key(&o, list);
	json_open(&o, '[');
	return o;
}

static void write_found(struct call *c)
{
	struct page_ask *ask = c->own;
	size_t n = store_page_count(ask->page);
	struct buf b;
	struct json_out o = begin_list(ask, &b, "objects");
	char at[TIMESTAMP_TEXT];

	for (size_t i = 0; i < n; i++) {
		const struct store_entry *e = store_page_entry(ask->page, i);

		timestamp_format(e->stamp, at);
		json_open(&o, '{');
		json_kspan(&o, "id", e->id);
		json_kspan(&o, "type", e->type);
		json_kspan(&o, "version", e->version);
		json_kbool(&o, "revoked", e->revoked);
		json_kstr(&o, "added", at);
		json_key(&o, "object");
		json_put_raw(&o, e->raw);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	atomic_fetch_add(&c->hub->metrics.objects_out, n);
	call_reply(c, 200, &b);
}

static bool what_is_sought(struct call *c, struct store_query *q, struct span *text)
{
	struct span value = { 0 }, words = { 0 };
	bool by_value, by_words;

	if (!query(c, "value", &value, &by_value) || !query(c, "words", &words, &by_words))
		return false;
	*text = by_value ? value : words;
	if (by_value == by_words || !text->n || text->n > BOUND_NAME_BYTES) {
		fault_set(&c->fault, ERR_USAGE, "", "give either ?value=… (an address, name, hash or URL) or ?words=…, of at most %d bytes", BOUND_NAME_BYTES);
		call_fail(c, ERR_USAGE, &c->fault);
		return false;
	}
	if (by_value) {
		q->value_kind = stix_value_guess(value);
		q->value = stix_value_normal(c->a, q->value_kind, value);
	} else {
		q->words = store_words(c->a, words);
	}
	if (q->value.n || q->words.n)
		return true;
	fault_set(&c->fault, ERR_USAGE, by_value ? "value" : "words", "there is nothing in it to search for");
	call_fail(c, ERR_USAGE, &c->fault);
	return false;
}

static bool how_many(struct call *c, struct store_query *q)
{
	uint64_t cap = (uint64_t)HUB_NUMBER(c->hub, PAGE_OBJECTS), n = 0;
	struct span limit;
	bool given;

	q->limit = SEARCH_LIMIT < cap ? SEARCH_LIMIT : cap;
	q->max_bytes = (size_t)HUB_NUMBER(c->hub, PAGE_BYTES);
	if (!query(c, "limit", &limit, &given))
		return false;
	if (!given)
		return true;
	for (size_t i = 0; i < limit.n && n < cap; i++)
		n = limit.p[i] >= '0' && limit.p[i] <= '9' && (n || limit.p[i] != '0') ? n * 10 + (uint64_t)(limit.p[i] - '0') : UINT64_MAX / 16;
	if (!n || n >= UINT64_MAX / 16) {
		fault_set(&c->fault, ERR_SYNTAX, "limit", "it must be a whole number, at least 1");
		call_fail(c, ERR_SYNTAX, &c->fault);
		return false;
	}
	q->limit = n < cap ? (size_t)n : (size_t)cap;
	return true;
}

void do_search(struct call *c)
{
	struct page_ask *ask = ARENA_NEW(c->a, struct page_ask);
	struct span text, in = { 0 }, next = { 0 };
	bool given;

	if (!ask) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	ask->q.bytes = true;
	if (!what_is_sought(c, &ask->q, &text) || !how_many(c, &ask->q) || !query(c, "next", &next, NULL) || !query(c, "collection", &in, &given))
		return;
	if (given) {
		ask->collection = collection_find(c, in, COLLECTION_READ);
		if (!ask->collection)
			return;
		ask->q.collection = ask->collection->number;
	}
	ask->next = next;
	ask->bound = span_of(arena_printf(c->a, "search %d %.*s\n%.*s\n%.*s %.*s", ask->q.value.n ? (int)ask->q.value_kind : -1, SPAN_ARG(in), SPAN_ARG(text),
		SPAN_ARG(c->who.org), SPAN_ARG(c->who.person)));
	ask->then = write_found;
	page_run(c, ask);
}

/* ---- notices ---- */

static void one_notice(struct call *c, struct json_out *o, const struct store_entry *e)
{
	struct json v, notice;
	char at[TIMESTAMP_TEXT];

	if (json_read(c->a, e->raw, &v, NULL) != ERR_OK)
		return;
	notice = json_get(json_get(v, "extensions"), STIX_EXT_NOTICE);
	timestamp_format(e->stamp, at);
	json_open(o, '{');
	json_kspan(o, "id", e->id);
	json_kstr(o, "added", at);
	json_kspan(o, "object", json_string_or_none(json_get(notice, "object")));
	json_key(o, "version");
	if (json_has(json_get(notice, "modified")))
		json_put_string(o, json_string_or_none(json_get(notice, "modified")));
	else
		json_put_null(o);
	json_kspan(o, "reason", json_string_or_none(json_get(notice, "reason")));
	json_kspan(o, "words", json_string_or_none(json_get(v, "content")));
	json_close(o, '}');
}

static void write_notices(struct call *c)
{
	struct page_ask *ask = c->own;
	struct buf b;
	struct json_out o = begin_list(ask, &b, "notices");

	for (size_t i = 0; i < store_page_count(ask->page); i++)
		one_notice(c, &o, store_page_entry(ask->page, i));
	json_close(&o, ']');
	json_close(&o, '}');
	call_reply(c, 200, &b);
}

/* The notices of all collections: they stand in the feeds too, as notes of the hub. */
void do_notices(struct call *c)
{
	struct page_ask *ask = ARENA_NEW(c->a, struct page_ask);
	struct span next = { 0 };

	if (!ask) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	ask->q = (struct store_query){ .bytes = true, .value = SPAN(STIX_EXT_NOTICE), .value_kind = STIX_VALUE_META };
	if (!how_many(c, &ask->q) || !query(c, "next", &next, NULL) || !query(c, "added_after", &ask->bound, &ask->q.has_after))
		return;
	if (ask->q.has_after && timestamp_parse(ask->bound, &ask->q.after, &c->fault) != ERR_OK) {
		call_fail(c, ERR_SYNTAX, &c->fault);
		return;
	}
	ask->next = next;
	ask->bound = span_of(arena_printf(c->a, "notices %.*s\n%.*s %.*s", SPAN_ARG(ask->bound), SPAN_ARG(c->who.org), SPAN_ARG(c->who.person)));
	ask->then = write_notices;
	page_run(c, ask);
}

/* ---- sightings ---- */

struct seen_by {
	struct span org;
	uint64_t sightings, times;
};
struct tally {
	struct span object;
	uint64_t sightings, times, looked_at;
	struct span first, last; /* to the letter */
	int64_t first_ns, last_ns;
	struct seen_by *by;
	size_t n_by, room_by;
	bool partial;
};

static struct seen_by *seen_by(struct call *c, struct tally *t, struct span org)
{
	for (size_t i = 0; i < t->n_by; i++)
		if (span_eq(t->by[i].org, org))
			return &t->by[i];
	if (t->n_by == t->room_by) {
		size_t room = t->room_by ? t->room_by * 2 : 16;
		struct seen_by *v = arena_array(c->a, room, sizeof(*v));

		if (!v)
			return NULL;
		if (t->n_by)
			memcpy(v, t->by, t->n_by * sizeof(*v));
		t->by = v;
		t->room_by = room;
	}
	t->by[t->n_by] = (struct seen_by){ .org = arena_span(c->a, org) };
	return &t->by[t->n_by++];
}

static void one_sighting(struct call *c, struct tally *t, struct json v)
{
	struct json count = json_get(v, "count");
	struct span first = json_string_or_none(json_get(v, "first_seen")), last = json_string_or_none(json_get(v, "last_seen"));
	uint64_t times = json_is(count, JSON_INT) && json_int(count) >= 0 ? (uint64_t)json_int(count) : 1;
	struct seen_by *by;
	int64_t ns;

	if (!span_eq(json_string_or_none(json_get(v, "sighting_of_ref")), t->object) || json_true(json_get(v, "revoked")))
		return;
	t->sightings++;
	t->times += times;
	by = seen_by(c, t, json_string_or_none(json_get(v, "created_by_ref")));
	if (by) {
		by->sightings++;
		by->times += times;
	}
	if (!last.n)
		last = first;
	if (first.n && timestamp_parse_ns(first, &ns, NULL) == ERR_OK && (!t->first.n || ns < t->first_ns)) {
		t->first = arena_span(c->a, first);
		t->first_ns = ns;
	}
	if (last.n && timestamp_parse_ns(last, &ns, NULL) == ERR_OK && (!t->last.n || ns > t->last_ns)) {
		t->last = arena_span(c->a, last);
		t->last_ns = ns;
	}
}

static enum err one_page(struct call *c, struct tally *t, struct json_parser *parser, const struct store_view *v, struct store_query *q, bool *more)
{
	struct store_page *page;
	enum err e = store_page_new(c->hub->store, v, q, &page, &c->fault);

	if (e != ERR_OK)
		return e;
	e = store_page_release_wait(page, &c->fault);
	for (size_t i = 0; e == ERR_OK && i < store_page_count(page); i++) {
		struct json s;

		if (json_parse(parser, store_page_entry(page, i)->raw, false, &s, NULL) == ERR_OK)
			one_sighting(c, t, s);
		t->looked_at++;
	}
	*more = e == ERR_OK && store_page_more(page);
	if (*more) {
		q->cursor = arena_span(c->a, store_page_cursor(page));
		t->partial = t->looked_at >= SCAN_MOST;
	}
	store_page_free(page);
	return e;
}

static void count_sightings(struct call *c)
{
	struct tally *t = c->own;
	struct span type = SPAN("sighting");
	struct store_query q = { .types = &type, .n_types = 1, .limit = SCAN_PAGE, .max_bytes = BOUND_PAGE_BYTES, .bytes = true };
	struct json_parser *parser = hub_parser(c->hub);
	const struct store_view *v = NULL;
	bool more = parser != NULL;

	c->e = parser ? accord_view(c->hub->accord, &c->who, c->now, &v, &c->fault) : ERR_NOMEM;
	while (c->e == ERR_OK && more && !t->partial)
		c->e = one_page(c, t, parser, v, &q, &more);
	hub_parser_back(c->hub, parser);
	store_view_unref(v);
}

static int most_first(const void *a, const void *b)
{
	const struct seen_by *x = a, *y = b;

	return x->times != y->times ? (x->times < y->times) - (x->times > y->times) : span_cmp(x->org, y->org);
}

static void write_sightings(struct call *c)
{
	struct tally *t = c->own;
	const struct accord_snapshot *s;
	struct buf b;
	struct json_out o;

	if (c->e != ERR_OK) {
		call_fail(c, c->e, &c->fault);
		return;
	}
	s = accord_snapshot(c->hub->accord);
	if (t->n_by)
		qsort(t->by, t->n_by, sizeof(*t->by), most_first);
	buf_init(&b, REPLY_MOST);
	o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "object", t->object);
	json_kint(&o, "sightings", (int64_t)t->sightings);
	json_kint(&o, "count", (int64_t)t->times);
	if (t->first.n)
		json_kspan(&o, "first_seen", t->first);
	if (t->last.n)
		json_kspan(&o, "last_seen", t->last);
	json_kbool(&o, "partial", t->partial);
	json_key(&o, "by");
	json_open(&o, '[');
	for (size_t i = 0; i < t->n_by; i++) {
		const struct accord_member *m = s ? accord_find_member(s, t->by[i].org) : NULL;

		json_open(&o, '{');
		json_key(&o, "organisation");
		if (t->by[i].org.n)
			json_put_string(&o, t->by[i].org);
		else
			json_put_null(&o);
		json_key(&o, "name");
		if (m)
			json_put_string(&o, m->name);
		else
			json_put_null(&o);
		json_kint(&o, "sightings", (int64_t)t->by[i].sightings);
		json_kint(&o, "count", (int64_t)t->by[i].times);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	accord_snapshot_unref(s);
	call_reply(c, 200, &b);
}

void do_sightings(struct call *c)
{
	struct tally *t = ARENA_NEW(c->a, struct tally);
	struct stix_id id;
	enum err e;

	if (!t) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	if (!query(c, "object", &t->object, NULL))
		return;
	e = stix_id_parse(t->object, &id, &c->fault);
	if (e != ERR_OK) {
		fault_set(&c->fault, ERR_USAGE, "object", "give ?object=TYPE--UUID, the id of what was sighted");
		call_fail(c, ERR_USAGE, &c->fault);
		return;
	}
	c->own = t;
	call_work(c, count_sightings, write_sightings);
}

/* ---- audience ---- */

struct audience {
	const struct store_collection *into;
	struct buf b;
	struct json_out o;
	struct span object; /* whose rows are being written */
	bool any;
};

static void audience_row(void *ctx, const struct accord_audience *row)
{
	struct call *c = ctx;
	struct audience *x = c->own;

	if (!x->any || !span_eq(x->object, row->object)) {
		if (x->any) {
			json_close(&x->o, ']');
			json_close(&x->o, '}');
		}
		x->any = true;
		x->object = arena_span(c->a, row->object);
		json_open(&x->o, '{');
		json_kspan(&x->o, "id", x->object);
		json_key(&x->o, "recipients");
		json_open(&x->o, '[');
	}
	json_open(&x->o, '{');
	if (row->member) {
		json_kspan(&x->o, "member", row->member->id);
		json_kspan(&x->o, "name", row->member->name);
		json_kspan(&x->o, "country", row->member->country);
		json_kspan(&x->o, "hub", row->member->hub);
	}
	json_kbool(&x->o, "release", row->answer.release && !row->beyond);
	json_kstr(&x->o, "reason", row->beyond ? row->beyond : policy_reason_name(row->answer.reason));
	json_kstr(&x->o, "words", row->words ? row->words : policy_reason_words(row->answer.reason));
	json_close(&x->o, '}');
}

static void ask_audience(struct call *c)
{
	struct audience *x = c->own;

	c->e = accord_audience(c->hub->accord, &c->who, x->into, http_body(c->r), c->now, audience_row, c, &c->fault);
}

static void write_audience(struct call *c)
{
	struct audience *x = c->own;

	if (c->e != ERR_OK) {
		buf_release(&x->b);
		call_fail(c, c->e, &c->fault);
		return;
	}
	if (x->any) {
		json_close(&x->o, ']');
		json_close(&x->o, '}');
	}
	json_close(&x->o, ']');
	json_close(&x->o, '}');
	call_reply(c, 200, &x->b);
}

void do_audience(struct call *c)
{
	struct audience *x = ARENA_NEW(c->a, struct audience);
	struct span in = SPAN("shared");

	if (!x) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	if (!query(c, "collection", &in, NULL) || !(x->into = collection_find(c, in, COLLECTION_WRITE)))
		return;
	c->own = x;
	buf_init(&x->b, REPLY_MOST);
	x->o = json_out(&x->b);
	json_open(&x->o, '{');
	json_key(&x->o, "objects");
	json_open(&x->o, '[');
	call_work(c, ask_audience, write_audience);
}
