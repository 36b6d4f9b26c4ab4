/* SPDX-License-Identifier: Apache-2.0 */
/* The records behind the figures: added, taken back, never changed; and those that the program makes of what it knows itself. */
#include <stdio.h>
#include <stdlib.h>
#include "accord/accord_priv.h"
#include "accord/commitment.h"

#define TEXT_MOST 500

/* ---- adding ---- */

struct adding {
	struct accord *h;
	const struct commitment_record *v;
	size_t n, known, added;
	int64_t next;
};

/* One number; x: of the records of its indicator. */
static enum err last(struct db *db, const char *sql, const struct commitment_record *x, int64_t *out, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, sql, f);

	if (!q)
		return ERR_DB;
	if (x) {
		db_bind_text(q, 1, x->commitment);
		db_bind_text(q, 2, x->indicator);
		db_bind_int(q, 3, x->kind);
	}
	enum err e = db_step(q, f);
	*out = e == ERR_OK ? db_int(q, 0) : 0;
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* A person becomes a hash that this hub alone can make. */
static void person_hash(const struct accord *h, struct span person, char out[static 33])
{
	uint8_t hash[16];

	*out = '\0';
	if (person.n == 0)
		return;
	sign_keyed_hash(h->hub.secret, person, hash);
	sign_hex(hash, sizeof(hash), out);
}

static enum err is_there(struct adding *w, struct db *db, const struct commitment_record *r, const char *person, bool *there, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT 1 FROM accord_evidence e WHERE commitment = ? AND indicator = ? AND kind = ? AND reference = ? AND person = ? AND retracts = 0 "
					   "AND NOT EXISTS (SELECT 1 FROM accord_evidence x WHERE x.retracts = e.number)",
		f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, r->commitment);
	db_bind_text(q, 2, r->indicator);
	db_bind_int(q, 3, r->kind);
	db_bind_text(q, 4, r->reference);
	db_bind_text(q, 5, span_of(person));
	enum err e = db_step(q, f);
	*there = e == ERR_OK;
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err insert(struct adding *w, struct db *db, const struct commitment_record *r, const char *person, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "INSERT INTO accord_evidence(number, commitment, indicator, kind, known, reference, person, organisation, country, sector, area, digest, at, "
					   "recorded, retracts) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		f);
	const struct span texts[] = { r->reference, span_of(person), r->organisation, r->country, r->sector, r->area, r->digest };

	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, w->next++);
	db_bind_text(q, 2, r->commitment);
	db_bind_text(q, 3, r->indicator);
	db_bind_int(q, 4, r->kind);
	db_bind_int(q, 5, r->known);
	for (int i = 0; i < 7; i++)
		db_bind_text(q, 6 + i, texts[i]);
	db_bind_int(q, 13, r->at.us);
	db_bind_int(q, 14, w->h->now(w->h->ctx).us);
	db_bind_int(q, 15, r->retracts);
	w->added++;
	return db_run(q, f);
}

static enum err add(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct adding *w = ctx;
	struct db *db = store_tx_db(tx);
	enum err e = last(db, "SELECT COALESCE(MAX(number), 0) FROM accord_evidence", NULL, &w->next, f);

	w->next++;
	w->known = w->added = 0;
	for (size_t i = 0; e == ERR_OK && i < w->n; i++) {
		char person[33];
		bool there;
		person_hash(w->h, w->v[i].person, person);
		e = is_there(w, db, &w->v[i], person, &there, f);
		w->known += e == ERR_OK && there;
		if (e == ERR_OK && !there)
			e = insert(w, db, &w->v[i], person, f);
	}
	return e;
}

/* What a record must say follows from how its indicator counts. */
static const char *lacks(const struct commitment *c, const struct commitment_indicator *x, const struct commitment_record *r)
{
	bool area = r->area.n == 0 || c->n_areas == 0;

	for (size_t i = 0; i < c->n_areas; i++)
		area |= span_eq(c->areas[i], r->area);
	if (!area)
		return "its area is none of the commitment's areas (`musubi commitment show` lists them)";
	if (!(x->kinds & 1u << r->kind))
		return "the indicator does not count records of this kind";
	if (r->reference.n == 0)
		return "it needs a reference: what can one go and look at? a certificate's number, a meeting, a document";
	if (x->rule == COMMITMENT_PEOPLE && r->person.n == 0)
		return "the indicator counts people: say which person (a text that is one person's alone; only its hash is kept)";
	if (x->rule == COMMITMENT_ORGANISATIONS && r->organisation.n == 0)
		return "the indicator counts organisations: say which one";
	if (r->country.n && !accord_country_ok(r->country))
		return "the country is a code of two capital letters, for instance JP";
	const struct span texts[] = { r->reference, r->person, r->organisation, r->sector, r->area };
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].n > TEXT_MOST)
			return "a text of it is longer than 500 bytes";
	if (r->digest.n && r->digest.n != (size_t)2 * SIGN_DIGEST)
		return "the digest is the SHA-256 of the document, 64 hexadecimal digits";
	return NULL;
}

static enum err check(const struct commitment *v, size_t n, const struct commitment_record *r, size_t at, struct timestamp now, struct fault *f)
{
	char where[32];

	snprintf(where, sizeof(where), "record %zu", at + 1);
	for (size_t i = 0; i < n; i++) {
		if (!span_eq(v[i].id, r->commitment))
			continue;
		for (size_t k = 0; k < v[i].n_indicators; k++) {
			if (!span_eq(v[i].indicators[k].id, r->indicator))
				continue;
			const char *why = timestamp_before(now, r->at) ? "its time has not come yet" : lacks(&v[i], &v[i].indicators[k], r);
			return why ? fault_set(f, ERR_INVALID, where, "%s", why) : ERR_OK;
		}
		return fault_set(f, ERR_NOTFOUND, where, "%.*s has no indicator \"%.*s\"", SPAN_ARG(r->commitment), (int)(r->indicator.n < 80 ? r->indicator.n : 80), r->indicator.p);
	}
	return fault_set(f, ERR_NOTFOUND, where, "%.*s is no commitment that is known here", (int)(r->commitment.n < 80 ? r->commitment.n : 80), r->commitment.p);
}

enum err commitment_record_add(struct accord *h, const struct commitment_record *v, size_t n, size_t *known, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(BOUND_REQUEST_ARENA);
	struct adding w = { .h = h, .v = v, .n = n };
	struct commitment *c;
	size_t n_c;
	enum err e = a ? commitment_list(h, a, (struct span){ 0 }, &c, &n_c, f) : ERR_NOMEM;

	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = check(c, n_c, &v[i], i, h->now(h->ctx), f);
	if (e == ERR_OK)
		e = store_write(h->store, add, &w, f);
	*known = w.known;
	return e;
}

/* ---- reading ---- */

struct listing {
	struct arena *a;
	struct span id, indicator;
	int64_t up_to, number; /* number: that one alone; 0: all */
	struct commitment_record *v;
	size_t n, room;
};

static enum err list(void *ctx, struct db *db, struct fault *f)
{
	struct listing *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT number, commitment, indicator, kind, known, reference, person, organisation, country, sector, area, digest, at, recorded, retracts "
					   "FROM accord_evidence WHERE (? = '' OR commitment = ?) AND (? = '' OR indicator = ?) AND number <= ? AND (? = 0 OR number = ?) ORDER BY number",
		f);
	enum err e;

	if (!q)
		return ERR_DB;
	for (int i = 0; i < 2; i++) {
		db_bind_text(q, 1 + i, w->id);
		db_bind_text(q, 3 + i, w->indicator);
		db_bind_int(q, 6 + i, w->number);
	}
	db_bind_int(q, 5, w->up_to);
	while ((e = db_step(q, f)) == ERR_OK) {
		if (w->n == w->room) {
			struct commitment_record *more = arena_array(w->a, w->room = w->room ? w->room * 2 : 64, sizeof(*more));
			if (!more)
				return ERR_NOMEM;
			if (w->n)
				memcpy(more, w->v, w->n * sizeof(*more));
			w->v = more;
		}
		struct commitment_record *r = &w->v[w->n++];
		struct span *const texts[] = { &r->reference, &r->person, &r->organisation, &r->country, &r->sector, &r->area, &r->digest };
		*r = (struct commitment_record){ .number = db_int(q, 0), .commitment = arena_span(w->a, db_text(q, 1)), .indicator = arena_span(w->a, db_text(q, 2)), .kind = (enum commitment_kind)db_int(q, 3), .known = (enum commitment_verification)db_int(q, 4), .at = { db_int(q, 12) }, .recorded = { db_int(q, 13) }, .retracts = db_int(q, 14) };
		for (int i = 0; i < 7; i++)
			*texts[i] = arena_span(w->a, db_text(q, 5 + i));
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? arena_ok(w->a) ? ERR_OK : ERR_NOMEM : e;
}

enum err commitment_records(struct accord *h, struct arena *a, struct span id, struct span indicator, int64_t up_to, struct commitment_record **out, size_t *n,
	struct fault *f)
{
	struct listing w = { .a = a, .id = id, .indicator = indicator, .up_to = up_to };
	enum err e = store_read(h->store, list, &w, f);

	*out = w.v;
	*n = w.n;
	return e;
}

/* ---- taking back ---- */

static enum err retracted(void *ctx, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT number FROM accord_evidence WHERE retracts = ?", f);

	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, *(int64_t *)ctx);
	enum err e = db_step(q, f);
	db_reset(q);
	return e;
}

enum err commitment_record_retract(struct accord *h, int64_t number, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(BOUND_REQUEST_ARENA);
	struct listing w = { .a = a, .up_to = INT64_MAX, .number = number };
	enum err e = a ? number > 0 ? store_read(h->store, list, &w, f) : ERR_OK : ERR_NOMEM;

	if (e == ERR_OK && (w.n == 0 || w.v[0].retracts))
		return fault_set(f, ERR_NOTFOUND, "number", "there is no such record to take back; `musubi commitment show DIR ID --records` lists them");
	if (e == ERR_OK && (e = store_read(h->store, retracted, &number, f)) == ERR_OK)
		return fault_set(f, ERR_CONFLICT, "number", "it was taken back before");
	if (e != ERR_NOTFOUND)
		return e;
	struct commitment_record r = w.v[0];
	r.retracts = number;
	r.person = (struct span){ 0 };
	r.reference = span_of(arena_printf(a, "takes back record %lld", (long long)number));
	r.at = h->now(h->ctx);
	struct adding add_it = { .h = h, .v = &r, .n = 1 };
	return store_write(h->store, add, &add_it, f);
}

/* ---- what the program knows itself ---- */

struct collecting {
	struct accord *h;
	struct arena *a;
	const struct accord_snapshot *s;
	const struct commitment *c;
	const struct commitment_indicator *x;
	struct commitment_record *v;
	size_t n, room;
	bool failed;
};

static struct commitment_record *record(struct collecting *w, enum commitment_kind kind, struct span org, struct span reference, struct timestamp at)
{
	const struct accord_member *m = accord_find_member(w->s, org);

	if (w->n == w->room) {
		struct commitment_record *more = arena_array(w->a, w->room = w->room ? w->room * 2 : 64, sizeof(*more));
		if (!more) {
			w->failed = true;
			return NULL;
		}
		if (w->n)
			memcpy(more, w->v, w->n * sizeof(*more));
		w->v = more;
	}
	struct commitment_record *r = &w->v[w->n++];
	*r = (struct commitment_record){ .commitment = w->c->id, .indicator = w->x->id, .kind = kind, .known = COMMITMENT_MACHINE, .reference = reference, .organisation = arena_span(w->a, org), .at = at };
	if (m) {
		r->country = arena_span(w->a, m->country);
		r->sector = m->kind == ACCORD_KIND_GOVERNMENT || m->kind == ACCORD_KIND_CSIRT ? SPAN("public") : SPAN("private");
	}
	return r;
}

static void accessions(struct collecting *w)
{
	const struct accord_agreement *g = w->c->agreement.n ? accord_find_agreement(w->s, w->c->agreement) : NULL;

	for (size_t i = 0; g && i < g->policy.n_parties; i++) {
		const struct policy_party *p = &g->policy.parties[i];
		if (!timestamp_before(w->h->now(w->h->ctx), p->signed_at))
			record(w, COMMITMENT_ACCESSION, p->org, span_of(arena_printf(w->a, "%.*s %.*s", SPAN_ARG(w->c->agreement), SPAN_ARG(p->org))), p->signed_at);
	}
}

static void shared(void *ctx, struct span id, struct span origin, struct timestamp at)
{
	struct collecting *w = ctx;
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];

	sign_sha256(id, digest); /* the record shall not tell that the object exists */
	sign_hex(digest, sizeof(digest), hex);
	record(w, COMMITMENT_SHARE, origin, arena_span(w->a, span_of(hex)), at);
}

/* Stamps rise: what was shared before the newest record is there. */
static enum err newest_share(void *ctx, struct db *db, struct fault *f)
{
	struct commitment_record *r = ctx;

	return last(db, "SELECT COALESCE(MAX(at), 0) FROM accord_evidence WHERE commitment = ? AND indicator = ? AND kind = ? AND retracts = 0", r, &r->at.us, f);
}

static enum err collect_one(struct collecting *w, struct fault *f)
{
	const struct commitment_indicator *x = w->x;
	enum err e = ERR_OK;

	if (x->kinds & 1u << COMMITMENT_ACCESSION)
		accessions(w);
	if (x->kinds & 1u << COMMITMENT_SHARE) {
		struct commitment_record from = { .commitment = w->c->id, .indicator = x->id, .kind = COMMITMENT_SHARE };
		e = store_read(w->h->store, newest_share, &from, f);
		if (timestamp_before(from.at, x->periods[0].start))
			from.at = x->periods[0].start;
		if (e == ERR_OK)
			e = store_submitted(w->h->store, from.at, x->periods[x->n_periods - 1].end, shared, w, f);
	}
	return e == ERR_OK && (w->failed || !arena_ok(w->a)) ? ERR_NOMEM : e;
}

enum err commitment_collect(struct accord *h, size_t *added, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(ACCORD_ARENA);
	struct collecting w = { .h = h, .a = a };
	struct commitment *v = NULL;
	size_t n = 0;
	enum err e = a ? commitment_list(h, a, (struct span){ 0 }, &v, &n, f) : ERR_NOMEM;

	w.s = accord_snapshot(h);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		for (size_t k = 0; e == ERR_OK && k < v[i].n_indicators; k++) {
			w.c = &v[i];
			w.x = &v[i].indicators[k];
			e = collect_one(&w, f);
		}
	}
	accord_snapshot_unref(w.s);
	struct adding put = { .h = h, .v = w.v, .n = w.n };
	if (e == ERR_OK && w.n)
		e = store_write(h->store, add, &put, f);
	if (added)
		*added = put.added;
	return e;
}
