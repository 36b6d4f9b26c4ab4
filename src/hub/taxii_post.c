/* SPDX-License-Identifier: Apache-2.0 */
/* TAXII 2.1, the writing half: submissions (POST) and withdrawals (DELETE).
 *
 * 1. A submission is read whole before anything is stored: an envelope that is no JSON, or no envelope, stores nothing (400, 422).
 * 2. Then each object is judged by itself; 202 is said only when what was accepted is durable, with the fate of every object. */
#include <stdio.h>
#include "hub/hub_priv.h"

#define SMALL_BODY (128u << 10) /* read in the HTTP thread; larger ones in a worker, so that they delay nobody */

struct posting {
	const struct store_collection *into;
	struct accord_intake *in;
	struct json_parser *outer, *inner;
	char id[UUID_TEXT];
	size_t n;
	bool no_list; /* `objects` is there and is no array */
	struct fault *fault;
};

/* ---- reading the envelope ---- */

static enum err bad_json(struct posting *p, enum err e, const char *where)
{
	struct fault inner = *p->fault;

	e = e == ERR_LIMIT ? ERR_SYNTAX : e; /* too deep, a number too large: 413 is about the size of the whole */
	return fault_set(p->fault, e, where, "%s%s%s", inner.where, inner.where[0] ? ": " : "", inner.what);
}

static enum err on_member(void *ctx, struct span key, struct span raw)
{
	struct posting *p = ctx;
	struct json v;
	char where[64];
	enum err e = json_parse(p->inner, raw, true, &v, p->fault);

	if (e != ERR_OK) {
		snprintf(where, sizeof(where), "%.*s", (int)(key.n < 60 ? key.n : 60), key.p);
		return bad_json(p, e, where);
	}
	p->no_list |= span_is(key, "objects");
	return ERR_OK;
}

static enum err on_item(void *ctx, size_t index, struct span raw)
{
	struct posting *p = ctx;
	struct json v;
	char where[32];
	enum err e;

	snprintf(where, sizeof(where), "objects[%zu]", index);
	if (index == 0 && p->n)
		return fault_set(p->fault, ERR_SYNTAX, "objects", "the envelope has this member twice");
	p->n++;
	e = json_parse(p->inner, raw, true, &v, p->fault);
	if (e == ERR_LIMIT && raw.n > BOUND_OBJECT_BYTES)
		return accord_intake_add(p->in, raw, p->fault); /* its own fate, not the envelope's */
	if (e != ERR_OK)
		return bad_json(p, e, where);
	return accord_intake_add(p->in, raw, p->fault);
}

static void read_envelope(struct call *c)
{
	struct posting *p = c->own;
	struct json_split to = { "objects", on_member, on_item, p };

	p->outer = hub_parser(c->hub);
	p->inner = hub_parser(c->hub);
	p->fault = &c->fault;
	if (p->outer && p->inner)
		c->e = json_split(p->outer, http_body(c->r), &to, &c->fault);
	else
		c->e = fault_set(&c->fault, ERR_NOMEM, "", "there is no memory to read the envelope");
	hub_parser_back(c->hub, p->outer);
	hub_parser_back(c->hub, p->inner);
	c->e = c->e == ERR_LIMIT ? ERR_SYNTAX : c->e;
	if (c->e == ERR_OK && p->no_list)
		c->e = fault_set(&c->fault, ERR_INVALID, "objects", "it must be a list of STIX objects");
	if (c->e == ERR_OK && !p->n)
		c->e = fault_set(&c->fault, ERR_INVALID, "objects", "the envelope holds no objects; send {\"objects\": [ … ]} (TAXII 2.1 §3.7)");
}

/* ---- the answer ---- */

static const char *fate_words(struct call *c, const struct accord_fate *x)
{
	bool where = x->fault.where[0] && strcmp(x->fault.where, x->id) != 0;

	if (!x->accepted && x->fate == STORE_DIFFERENT)
		return "same id and modified, different content; give a new version a new modified";
	return arena_printf(c->a, "%s%s%s%s", x->accepted ? "warning: " : "", where ? x->fault.where : "", where ? ": " : "", x->fault.what);
}

static void put_status(struct call *c, const struct accord_intake *in, struct buf *json)
{
	struct posting *p = c->own;
	size_t n = accord_intake_count(in);
	struct taxii_status_item *v = arena_array(c->a, n + 1, sizeof(*v));
	struct json_out o = json_out(json);
	bool pending = false;

	for (size_t i = 0; v && i < n; i++) {
		const struct accord_fate *x = accord_intake_fate(in, i);

		v[i] = (struct taxii_status_item){ .id = span_of(x->id), .version = span_of(x->version), .fate = x->held ? TAXII_PENDING : x->accepted ? TAXII_SUCCESS
																		       : TAXII_FAILURE };
		if (!x->accepted || x->warning)
			v[i].message = fate_words(c, x);
		pending |= v[i].fate == TAXII_PENDING;
	}
	if (v)
		taxii_put_status(&o, span_of(p->id), c->now, !pending, v, n);
}

/* In the writer thread, while this call is parked: its arena is nobody else's. */
static void stored_status(void *call, const struct accord_intake *in, struct buf *json)
{
	put_status(call, in, json);
}

static void committed(struct call *c)
{
	struct posting *p = c->own;
	size_t accepted = 0, n = accord_intake_count(p->in);
	struct buf b;

	hub_written(c->hub, c->e, &c->fault);
	if (c->e != ERR_OK) {
		call_fail(c, c->e, &c->fault);
		return;
	}
	for (size_t i = 0; i < n; i++)
		accepted += accord_intake_fate(p->in, i)->accepted;
	atomic_fetch_add(&c->hub->metrics.objects_in, accepted);
	atomic_fetch_add(&c->hub->metrics.objects_refused, n - accepted);
	buf_init(&b, BOUND_REQUEST_ARENA);
	put_status(c, p->in, &b);
	call_reply(c, 202, &b);
}

static void envelope_read(struct call *c)
{
	struct posting *p = c->own;

	if (c->e != ERR_OK) {
		call_fail(c, c->e, &c->fault);
		return;
	}
	accord_intake_status(p->in, span_of(p->id), stored_status, c);
	call_begins(c);
	call_await(c, committed);
	accord_intake_commit(p->in, call_done, c);
}

static void free_intake(void *in)
{
	accord_intake_free(in);
}

void do_post_objects(struct call *c)
{
	const struct store_collection *k = collection_find(c, c->params[0], COLLECTION_WRITE);
	struct posting *p = k ? ARENA_NEW(c->a, struct posting) : NULL;
	uint8_t random[16];
	struct uuid id;
	enum err e;

	if (!k)
		return;
	e = p ? accord_intake_new(c->hub->accord, &c->who, k, c->now, &p->in, &c->fault) : ERR_NOMEM;
	if (e == ERR_OK && !arena_defer(c->a, free_intake, p->in)) {
		accord_intake_free(p->in);
		e = ERR_NOMEM;
	}
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	random_bytes(random, sizeof(random));
	id = uuid_v7(c->now.us / 1000, random);
	uuid_format(&id, p->id);
	p->into = k;
	c->own = p;
	if (http_body(c->r).n > SMALL_BODY) {
		call_work(c, read_envelope, envelope_read);
		return;
	}
	call_begins(c);
	read_envelope(c);
	envelope_read(c);
}

/* ---- DELETE ---- */

struct deletion {
	const struct store_collection *from;
	struct taxii_filter filter;
};

static void gone(struct call *c, bool visible)
{
	if (visible)
		c->e = fault_set(&c->fault, ERR_DENIED, "", "this object came from another organisation; only its submitter may withdraw it");
	else
		c->e = fault_set(&c->fault, ERR_NOTFOUND, "", "there is no such object, or no such version of it, in this collection");
}

/* The versions that the filter names, among those that the caller may see; each that is its own is withdrawn. */
static enum err withdraw_some(struct call *c, struct deletion *d, const struct store_view *v, size_t *done)
{
	const struct taxii_filter *q = &d->filter;
	struct store_query s = { .collection = d->from->number, .ids = &c->params[1], .n_ids = 1, .spec_versions = q->spec_versions, .n_spec_versions = q->n_spec_versions, .versions = (q->version_words & TAXII_VERSION_LAST ? STORE_VERSIONS_LAST : 0u) | (q->version_words & TAXII_VERSION_FIRST ? STORE_VERSIONS_FIRST : 0u) | (q->version_words & TAXII_VERSION_ALL || (!q->version_words && !q->n_exact) ? STORE_VERSIONS_ALL : 0u), .exact_ns = q->exact_ns, .n_exact = q->n_exact, .limit = BOUND_PAGE_OBJECTS, .max_bytes = BOUND_PAGE_BYTES };
	struct store_page *page;
	enum err e = store_page_new(c->hub->store, v, &s, &page, &c->fault);

	if (e != ERR_OK)
		return e;
	e = store_page_release_wait(page, &c->fault);
	for (size_t i = 0; e == ERR_OK && i < store_page_count(page); i++) {
		const struct store_entry *x = store_page_entry(page, i);

		if (!span_eq(x->origin, c->who.org))
			continue;
		e = accord_withdraw(c->hub->accord, &c->who, d->from->number, x->id, x->version, &c->fault);
		*done += e == ERR_OK;
		e = e == ERR_NOTFOUND ? ERR_OK : e;
	}
	store_page_free(page);
	return e;
}

static void withdraw(struct call *c)
{
	struct deletion *d = c->own;
	const struct store_view *v;
	bool may = false, closure, whole = !d->filter.version_words && !d->filter.n_exact && !d->filter.n_spec_versions;
	size_t done = 0;

	c->e = accord_view(c->hub->accord, &c->who, c->now, &v, &c->fault);
	if (c->e != ERR_OK)
		return;
	if (whole) {
		c->e = accord_withdraw(c->hub->accord, &c->who, d->from->number, c->params[1], (struct span){ 0 }, &c->fault);
		done = c->e == ERR_OK;
	} else {
		c->e = withdraw_some(c, d, v, &done);
	}
	if (c->e == ERR_NOTFOUND || c->e == ERR_DENIED || (c->e == ERR_OK && !done)) {
		if (store_view_may(c->hub->store, v, c->params[1], &may, &closure, NULL) != ERR_OK)
			may = false;
		gone(c, may && (whole || c->e == ERR_DENIED));
	}
	store_view_unref(v);
}

static void withdrawn(struct call *c)
{
	struct buf b;

	if (c->e != ERR_OK) {
		call_fail(c, c->e, &c->fault);
		return;
	}
	buf_init(&b, 16);
	buf_adds(&b, "{}");
	call_reply(c, 200, &b);
}

void do_delete_object(struct call *c)
{
	const struct store_collection *k = collection_find(c, c->params[0], COLLECTION_WRITE);
	struct deletion *d = k ? ARENA_NEW(c->a, struct deletion) : NULL;
	enum err e;

	if (!k)
		return;
	e = d ? taxii_filter_parse(c->a, http_query(c->r), TAXII_DELETE, &d->filter, &c->fault) : ERR_NOMEM;
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	d->from = k;
	c->own = d;
	call_work(c, withdraw, withdrawn);
}
