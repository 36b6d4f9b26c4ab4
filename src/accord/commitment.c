/* SPDX-License-Identifier: Apache-2.0 */
/* Commitments as documents: reading, checking, keeping, and how far they are by the word of somebody who did not promise them. */
#include <stdio.h>
#include <stdlib.h>
#include "accord/accord_priv.h"
#include "accord/commitment.h"

#define INDICATORS_MOST 64
#define PERIODS_MOST 400
#define TARGET_MOST 1000000000

#define X(k, name) name,
const char *const commitment_rules[] = { COMMITMENT_RULES(X) NULL }, *const commitment_kinds[] = { COMMITMENT_KINDS(X) NULL },
		  *const commitment_verifications[] = { COMMITMENT_VERIFICATIONS(X) NULL }, *const commitment_completions[] = { COMMITMENT_COMPLETIONS(X) NULL };
static const char *const pillars[] = { COMMITMENT_PILLARS(X) NULL };
#undef X
const char *const commitment_dimensions[] = { "country", "sector", "area", "known" };

/* ---- reading ---- */

struct reading {
	struct arena *a;
	struct fault *f;
	char where[120];
};

static enum err wrong(struct reading *r, const char *what)
{
	return fault_set(r->f, ERR_INVALID, r->where, "%s", what);
}

/* A word of a list: its place, -1 where it is none. */
static int word(const char *const *words, struct span s)
{
	for (int i = 0; words[i]; i++)
		if (span_is(s, words[i]))
			return i;
	return -1;
}

static enum err wrong_word(struct reading *r, const char *const *words)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	for (int i = 0; words[i]; i++)
		buf_addf(&b, "%s\"%s\"", i ? ", " : "", words[i]);
	return fault_set(r->f, ERR_INVALID, r->where, "must be one of %.*s", (int)b.n, b.n ? b.p : "");
}

/* A day (its first moment; the day after it for an end) or a time. */
static bool read_time(struct span s, bool end, struct timestamp *out)
{
	char text[40];

	if (s.n != 10)
		return timestamp_parse(s, out, NULL) == ERR_OK;
	snprintf(text, sizeof(text), "%.*sT00:00:00Z", SPAN_ARG(s));
	if (timestamp_parse(span_of(text), out, NULL) != ERR_OK)
		return false;
	out->us += end ? INT64_C(86400000000) : 0;
	return true;
}

static bool read_number(struct json v, int64_t otherwise, int64_t *out)
{
	*out = otherwise;
	if (!json_has(v))
		return otherwise >= 0;
	if (!json_is(v, JSON_INT) || json_int(v) < 0 || json_int(v) > TARGET_MOST)
		return false;
	*out = json_int(v);
	return true;
}

static enum err read_periods(struct reading *r, struct json list, struct commitment_indicator *x, size_t at)
{
	size_t n = json_is(list, JSON_ARRAY) ? json_count(list) : 0;

	snprintf(r->where, sizeof(r->where), "indicators[%zu].periods", at);
	if (n == 0 || n > PERIODS_MOST)
		return wrong(r, "must be a list of 1 to 400 periods {\"start\": \"2026-04-01\", \"end\": \"2027-03-31\", \"target\": 1000}");
	x->periods = arena_array(r->a, n, sizeof(*x->periods));
	if (!x->periods)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct commitment_period *p = &x->periods[x->n_periods];
		const struct commitment_period *before = x->n_periods ? p - 1 : NULL;
		snprintf(r->where, sizeof(r->where), "indicators[%zu].periods[%zu]", at, x->n_periods++);
		if (!read_time(json_string_or_none(json_get(it.value, "start")), false, &p->start) || !read_time(json_string_or_none(json_get(it.value, "end")), true, &p->end))
			return wrong(r, "needs a start and an end: 2026-04-01 or 2026-04-01T00:00:00Z (a day is the last one of its period)");
		if (!timestamp_before(p->start, p->end))
			return wrong(r, "ends before it begins");
		if (before && timestamp_before(p->start, before->end))
			return wrong(r, "begins before the one before it has ended: periods are in order and do not overlap");
		if (!read_number(json_get(it.value, "target"), -1, &p->target))
			return wrong(r, "needs a target: a whole number from 0 to 1,000,000,000");
		if (p->target < (before ? before->target : x->baseline))
			return wrong(r, "has a target lower than what is to be reached before: targets count from the beginning");
	}
	return ERR_OK;
}

static enum err read_kinds(struct reading *r, struct json list, struct commitment_indicator *x)
{
	if (!json_is(list, JSON_ARRAY) || json_count(list) == 0)
		return wrong_word(r, commitment_kinds);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		int k = word(commitment_kinds, json_string_or_none(it.value));
		if (k < 0)
			return wrong_word(r, commitment_kinds);
		x->kinds |= 1u << k;
	}
	return ERR_OK;
}

static bool is_title(struct json v)
{
	return json_is(v, JSON_OBJECT) ? json_count(v) > 0 : json_string_or_none(v).n > 0;
}

static enum err read_indicator(struct reading *r, struct json v, struct commitment *c)
{
	struct commitment_indicator *x = &c->indicators[c->n_indicators];
	size_t at = c->n_indicators++;

	snprintf(r->where, sizeof(r->where), "indicators[%zu].id", at);
	x->id = arena_span(r->a, json_string_or_none(json_get(v, "id")));
	if (x->id.n == 0 || x->id.n > 100)
		return wrong(r, "is missing: a short word, for instance \"people\"");
	for (size_t i = 0; i < at; i++)
		if (span_eq(c->indicators[i].id, x->id))
			return wrong(r, "another indicator has this id");
	snprintf(r->where, sizeof(r->where), "indicators[%zu].title", at);
	x->title = json_get(v, "title");
	if (!is_title(x->title))
		return wrong(r, "is missing: a text, or {\"en\": \"…\", \"ja\": \"…\"}");
	x->measure = arena_span(r->a, json_string_or_none(json_get(v, "measure")));
	snprintf(r->where, sizeof(r->where), "indicators[%zu].counting_rule", at);
	int rule = word(commitment_rules, json_string_or_none(json_get(v, "counting_rule")));
	if (rule < 0)
		return wrong_word(r, commitment_rules);
	x->rule = (enum commitment_rule)rule;
	snprintf(r->where, sizeof(r->where), "indicators[%zu].baseline", at);
	if (!read_number(json_get(v, "baseline"), 0, &x->baseline))
		return wrong(r, "must be a whole number from 0 to 1,000,000,000");
	snprintf(r->where, sizeof(r->where), "indicators[%zu].kinds", at);
	enum err e = read_kinds(r, json_get(v, "kinds"), x);
	return e == ERR_OK ? read_periods(r, json_get(v, "periods"), x, at) : e;
}

/* A list of texts; `least` of them. */
static enum err read_texts(struct reading *r, struct json v, const char *key, size_t least, const char *what, struct span **out, size_t *n)
{
	struct json list = json_get(v, key);

	snprintf(r->where, sizeof(r->where), "%s", key);
	if (!json_has(list) && !least)
		return ERR_OK;
	if (!json_is(list, JSON_ARRAY) || json_count(list) < least || json_count(list) > BOUND_NAMED)
		return wrong(r, what);
	*out = arena_array(r->a, json_count(list) + 1, sizeof(**out));
	if (!*out)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		(*out)[*n] = arena_span(r->a, json_string_or_none(it.value));
		if ((*out)[(*n)++].n == 0)
			return wrong(r, "holds something that is no text");
	}
	return ERR_OK;
}

static enum err read_source(struct reading *r, struct json v, struct commitment *c)
{
	struct json s = json_get(v, "source");

	snprintf(r->where, sizeof(r->where), "source");
	c->agreement = arena_span(r->a, json_string_or_none(json_get(s, "agreement")));
	if (!json_is(s, JSON_OBJECT) || (c->agreement.n == 0 && json_string_or_none(json_get(s, "document")).n == 0))
		return wrong(r, "must say where the promise stands: {\"agreement\": \"agreement--…\", \"clause\": \"3\"} or {\"document\": \"Joint statement\", \"date\": \"2023-09-06\"}");
	return ERR_OK;
}

enum err commitment_read(struct arena *a, struct span json, struct commitment *out, struct fault *f)
{
	struct reading r = { .a = a, .f = f };
	struct json v, list;
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];
	enum err e = json_read(a, json, &v, f);

	*out = (struct commitment){ .json = json, .document = v };
	if (e != ERR_OK)
		return e;
	if (!json_is(v, JSON_OBJECT) || !span_is(json_string_or_none(json_get(v, "kind")), "commitment")) {
		snprintf(r.where, sizeof(r.where), "kind");
		return wrong(&r, "must be \"commitment\"; `musubi commitment template` prints one to begin with");
	}
	snprintf(r.where, sizeof(r.where), "text");
	if (!is_title(json_get(v, "text")))
		return wrong(&r, "is missing: the words of the promise, {\"en\": \"…\", \"ja\": \"…\"}");
	e = read_source(&r, v, out);
	if (e == ERR_OK)
		e = read_texts(&r, v, "pledgors", 1, "must be a list of those who promise: ids of members, or names", &out->pledgors, &out->n_pledgors);
	if (e == ERR_OK)
		e = read_texts(&r, v, "areas", 0, "must be a list of words, for instance \"cybersecurity\"", &out->areas, &out->n_areas);
	if (e != ERR_OK)
		return e;
	out->area = arena_span(a, json_string_or_none(json_get(v, "area")));
	out->pillar = arena_span(a, json_string_or_none(json_get(v, "gci_pillar")));
	out->fictional = json_is(json_get(v, "fictional"), JSON_TRUE);
	snprintf(r.where, sizeof(r.where), "gci_pillar");
	if (out->pillar.n && word(pillars, out->pillar) < 0)
		return wrong_word(&r, pillars);
	list = json_get(v, "indicators");
	snprintf(r.where, sizeof(r.where), "indicators");
	if (!json_is(list, JSON_ARRAY) || json_count(list) == 0 || json_count(list) > INDICATORS_MOST)
		return wrong(&r, "must be a list of 1 to 64: what is counted, and by when how much");
	out->indicators = arena_array(a, json_count(list), sizeof(*out->indicators));
	if (!out->indicators)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); e == ERR_OK && json_next(&it);)
		e = read_indicator(&r, it.value, out);
	if (e != ERR_OK || (e = sign_document_digest(a, v, digest, f)) != ERR_OK)
		return e;
	sign_hex(digest, sizeof(digest), hex);
	out->digest = arena_span(a, span_of(hex));
	out->id = arena_span(a, json_string_or_none(json_get(v, "id")));
	if (out->id.n == 0) {
		char id[64];
		accord_id_from("commitment", out->digest, id);
		out->id = arena_span(a, span_of(id));
	}
	snprintf(r.where, sizeof(r.where), "id");
	if (!span_starts(out->id, SPAN("commitment--")) || out->id.n > 60)
		return wrong(&r, "must be \"commitment--\" and a UUID; leave it out and one is made");
	return arena_ok(a) ? ERR_OK : ERR_NOMEM;
}

/* ---- keeping ---- */

struct keeping {
	struct accord *h;
	const struct commitment *c;
};

static enum err keep(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct keeping *w = ctx;
	struct db *db = store_tx_db(tx);
	struct db_stmt *q = db_prepare(db, "SELECT digest FROM accord_commitment WHERE id = ?", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->c->id);
	enum err e = db_step(q, f);
	bool same = e == ERR_OK && span_eq(db_text(q, 0), w->c->digest);
	db_reset(q);
	if (e == ERR_OK)
		return same ? ERR_OK : fault_set(f, ERR_CONFLICT, "id", "%.*s is here with another text: a changed promise has an id of its own", SPAN_ARG(w->c->id));
	if (e != ERR_NOTFOUND)
		return e;
	q = db_prepare(db, "INSERT INTO accord_commitment(id, digest, json, added) VALUES(?, ?, ?, ?)", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->c->id);
	db_bind_text(q, 2, w->c->digest);
	db_bind_text(q, 3, w->c->json);
	db_bind_int(q, 4, w->h->now(w->h->ctx).us);
	return db_run(q, f);
}

/* The agreement and its clause must be there. */
static enum err source_check(struct accord *h, const struct commitment *c, struct fault *f)
{
	struct span clause = json_string_or_none(json_get(json_get(c->document, "source"), "clause"));
	ARENA_SCOPE struct arena *a = arena_new(BOUND_REQUEST_ARENA);
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *g = accord_find_agreement(s, c->agreement);
	enum err e = ERR_OK;
	struct json v;

	if (!a)
		e = ERR_NOMEM;
	else if (!g)
		e = fault_set(f, ERR_NOTFOUND, "source.agreement", "%.*s is not known here: add it first (`musubi agreement add`)", SPAN_ARG(c->agreement));
	else if (clause.n && (e = json_read(a, g->json, &v, f)) == ERR_OK && json_count(json_get(v, "clauses"))) {
		bool found = false;
		for (struct json_iter it = json_iter(json_get(v, "clauses")); json_next(&it);)
			found |= span_eq(json_string_or_none(json_get(it.value, "ref")), clause);
		if (!found)
			e = fault_set(f, ERR_NOTFOUND, "source.clause", "%.*s has no clause \"%.*s\"", SPAN_ARG(c->agreement), SPAN_ARG(clause));
	}
	accord_snapshot_unref(s);
	return e;
}

enum err commitment_add(struct accord *h, struct span json, char id_out[static 64], struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(BOUND_REQUEST_ARENA);
	struct commitment c;
	enum err e = a ? commitment_read(a, json, &c, f) : ERR_NOMEM;

	if (e == ERR_OK && c.agreement.n)
		e = source_check(h, &c, f);
	if (e == ERR_OK)
		e = store_write(h->store, keep, &(struct keeping){ h, &c }, f);
	if (e == ERR_OK)
		snprintf(id_out, 64, "%.*s", SPAN_ARG(c.id));
	return e;
}

struct listing {
	struct arena *a;
	struct span id;
	struct commitment *v;
	size_t n, room;
};

static enum err take_assessment(struct listing *w, struct db *db, struct commitment *c, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT completion, assessor, at FROM accord_assessment WHERE commitment = ? ORDER BY number DESC LIMIT 1", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, c->id);
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		c->assessed = true;
		c->completion = (enum commitment_completion)db_int(q, 0);
		c->assessor = arena_span(w->a, db_text(q, 1));
		c->assessed_at.us = db_int(q, 2);
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err list(void *ctx, struct db *db, struct fault *f)
{
	struct listing *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT id, json FROM accord_commitment WHERE ? = '' OR id = ? ORDER BY id", f);
	enum err e;

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->id);
	db_bind_text(q, 2, w->id);
	while ((e = db_step(q, f)) == ERR_OK) {
		if (w->n == w->room) {
			struct commitment *more = arena_array(w->a, w->room = w->room ? w->room * 2 : 8, sizeof(*more));
			if (!more)
				return ERR_NOMEM;
			if (w->n)
				memcpy(more, w->v, w->n * sizeof(*more));
			w->v = more;
		}
		e = commitment_read(w->a, arena_span(w->a, db_text(q, 1)), &w->v[w->n++], f);
		if (e != ERR_OK)
			break;
	}
	db_reset(q);
	for (size_t i = 0; e == ERR_NOTFOUND && i < w->n; i++) {
		enum err got = take_assessment(w, db, &w->v[i], f);
		e = got == ERR_OK ? e : got;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err commitment_list(struct accord *h, struct arena *a, struct span id, struct commitment **out, size_t *n, struct fault *f)
{
	struct listing w = { .a = a, .id = id };
	enum err e = store_read(h->store, list, &w, f);

	if (e == ERR_OK && id.n && w.n == 0)
		e = fault_set(f, ERR_NOTFOUND, "commitment", "%.*s is not known here; `musubi commitment list` shows those that are", (int)(id.n < 80 ? id.n : 80), id.p);
	*out = w.v;
	*n = w.n;
	return e;
}

/* ---- assessing ---- */

struct assessing {
	struct accord *h;
	struct span id, assessor;
	enum commitment_completion c;
};

static enum err assess(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct assessing *w = ctx;
	struct db_stmt *q = db_prepare(store_tx_db(tx),
		"INSERT INTO accord_assessment(number, commitment, completion, assessor, at) SELECT COALESCE(MAX(number), 0) + 1, ?, ?, ?, ? FROM accord_assessment", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->id);
	db_bind_int(q, 2, w->c);
	db_bind_text(q, 3, w->assessor);
	db_bind_int(q, 4, w->h->now(w->h->ctx).us);
	return db_run(q, f);
}

enum err commitment_assess(struct accord *h, struct span id, enum commitment_completion c, struct span assessor, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(BOUND_REQUEST_ARENA);
	struct commitment *v;
	size_t n;
	enum err e = a ? commitment_list(h, a, id, &v, &n, f) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_member *m = accord_find_member(s, assessor);
	struct span name = m ? arena_span(a, m->name) : assessor;
	accord_snapshot_unref(s);
	for (size_t i = 0; i < v->n_pledgors; i++)
		if (span_eq(v->pledgors[i], assessor) || span_eq(v->pledgors[i], name))
			return fault_set(f, ERR_DENIED, "assessor", "%.*s promised it: how far it is, is for somebody else to say", SPAN_ARG(name));
	return store_write(h->store, assess, &(struct assessing){ h, id, assessor, c }, f);
}
