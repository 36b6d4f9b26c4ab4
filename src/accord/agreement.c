/* SPDX-License-Identifier: Apache-2.0 */
/* Agreements: reading a document (design/accord.md) liberally, adding it, and the events of its parties.
 *
 * 1. A document is kept with what it lacked filled in (id, effective), and never changed again; its digest is SHA-256 of its RFC 8785 form.
 * 2. Events (signed, withdrawn, suspended) are a set without order, which may be known before the text (they name its digest); who is a party when
 *    follows from the set (snapshot.c).
 * 3. The parties that a document lists with the time of their signing are events of the document itself: the same at every hub that has it. */
#include <stdio.h>
#include "accord/accord_priv.h"
#include "store/ledger.h"

#define PARTIES_MOST 100000

/* ---- reading ---- */

struct doc {
	struct arena *a;
	struct json v, policy; /* policy fields stand in `policy` or at the top */
	struct accord_document *out;
	struct fault *f;
};

/* The member, and the path to tell; none where it is missing or null. */
static struct json field(const struct doc *d, const char *key, const char **path)
{
	struct json in = json_get(d->policy, key), top = json_get(d->v, key);
	bool inner = json_has(in);

	*path = inner ? arena_printf(d->a, "policy.%s", key) : key;
	struct json v = inner ? in : top;
	return json_is(v, JSON_NULL) ? (struct json){ 0 } : v;
}

static enum err read_time(const struct doc *d, struct json v, const char *path, struct timestamp *out)
{
	struct fault why = { 0 };

	if (!json_is(v, JSON_STRING))
		return fault_set(d->f, ERR_INVALID, path, "is %s: a time such as \"2026-01-01T00:00:00Z\" is needed", json_type_name(json_type(v)));
	if (timestamp_parse(json_string(v), out, &why) != ERR_OK)
		return fault_set(d->f, ERR_INVALID, path, "is no time such as \"2026-01-01T00:00:00Z\": %s", why.what);
	return ERR_OK;
}

static enum err read_flag(const struct doc *d, const char *key, const char *yes, bool *out)
{
	const char *path;
	struct json v = field(d, key, &path);

	if (!json_has(v) || json_is(v, JSON_FALSE) || span_is(json_string_or_none(v), "none"))
		return ERR_OK;
	if (!json_is(v, JSON_TRUE) && !(yes && span_is(json_string_or_none(v), yes)))
		return fault_set(d->f, ERR_INVALID, path, yes ? "must be \"none\" or \"%s\"" : "must be true or false%s", yes ? yes : "");
	*out = true;
	return ERR_OK;
}

static enum err read_ceiling(const struct doc *d)
{
	const char *path;
	struct json v = field(d, "ceiling", &path);
	enum stix_tlp *t = &d->out->policy.ceiling;

	*t = STIX_TLP_AMBER;
	if (!json_has(v))
		return ERR_OK;
	if (!json_is(v, JSON_STRING) || !stix_tlp_parse(json_string(v), t) || !stix_tlp_id(*t))
		return fault_set(d->f, ERR_INVALID, path, "must be clear, green, amber, amber+strict or red");
	return ERR_OK;
}

static enum err read_personal(const struct doc *d)
{
	static const char *const words[] = { [POLICY_PERSONAL_NONE] = "none", [POLICY_PERSONAL_DOMESTIC] = "domestic", [POLICY_PERSONAL_ALLOWED] = "allowed" };
	const char *path;
	struct json v = field(d, "personal_data", &path);

	if (!json_has(v))
		return ERR_OK;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_is(json_string_or_none(v), words[i])) {
			d->out->policy.personal_data = (enum policy_personal)i;
			return ERR_OK;
		}
	}
	return fault_set(d->f, ERR_INVALID, path, "must be none, domestic or allowed");
}

static enum err read_span_of_time(const struct doc *d)
{
	struct policy_agreement *g = &d->out->policy;
	const char *path;
	struct json v = field(d, "effective", &path);
	enum err e = json_has(v) ? read_time(d, v, path, &g->effective) : ERR_OK;

	if (e != ERR_OK)
		return e;
	g->expires = TIMESTAMP_NEVER;
	v = field(d, "expires", &path);
	e = json_has(v) ? read_time(d, v, path, &g->expires) : ERR_OK;
	if (e == ERR_OK && !timestamp_before(g->effective, g->expires))
		return fault_set(d->f, ERR_INVALID, path, "is not after effective, so it would never be in force");
	return e;
}

/* A text, or texts by language: English where there is, else the first. */
static enum err read_title(const struct doc *d)
{
	struct json v = json_get(d->v, "title");

	if (!json_has(v))
		v = json_get(d->v, "name");
	if (json_is(v, JSON_OBJECT)) {
		struct json_iter it = json_iter(v);
		struct json en = json_get(v, "en");
		v = json_has(en) ? en : json_next(&it) ? it.value
						       : (struct json){ 0 };
	}
	if (json_has(v) && !json_is(v, JSON_STRING) && !json_is(v, JSON_NULL))
		return fault_set(d->f, ERR_INVALID, "title", "must be a text, or texts by language such as {\"en\": \"…\", \"ja\": \"…\"}");
	struct span title = json_string_or_none(v);
	d->out->title = arena_span(d->a, title.n ? title : SPAN("(untitled agreement)"));
	return d->out->title.p ? ERR_OK : ERR_NOMEM;
}

/* ---- its parties ---- */

static enum err event(const struct doc *d, struct span org, enum accord_event what, struct timestamp at, struct timestamp until)
{
	struct accord_document *o = d->out;

	if (o->n_events % 64 == 0) {
		struct accord_accession *v = arena_array(d->a, o->n_events + 64, sizeof(*v));
		if (!v)
			return ERR_NOMEM;
		if (o->n_events)
			memcpy(v, o->events, o->n_events * sizeof(*v));
		o->events = v;
	}
	o->events[o->n_events++] = (struct accord_accession){ .org = org, .event = what, .at = at, .until = until };
	return ERR_OK;
}

/* [from, until], {"from": …, "until": …}; until null or missing: no end. */
static enum err read_suspension(const struct doc *d, struct span org, struct json v, const char *path)
{
	struct json pair[2] = { json_get(v, "from"), json_get(v, "until") };
	struct timestamp from, until = TIMESTAMP_NEVER;
	size_t i = 0;

	if (json_is(v, JSON_ARRAY))
		for (struct json_iter it = json_iter(v); i < 2 && json_next(&it); i++)
			pair[i] = it.value;
	enum err e = read_time(d, pair[0], path, &from);
	if (e == ERR_OK && json_has(pair[1]) && !json_is(pair[1], JSON_NULL))
		e = read_time(d, pair[1], path, &until);
	if (e == ERR_OK && !timestamp_before(from, until))
		e = fault_set(d->f, ERR_INVALID, path, "ends before it begins");
	return e == ERR_OK ? event(d, org, ACCORD_SUSPENDED_FROM, from, until) : e;
}

static enum err read_party_times(const struct doc *d, struct span org, struct json v, size_t i)
{
	struct json signed_at = json_get(v, "signed"), withdrawn = json_get(v, "withdrawn"), suspended = json_get(v, "suspended");
	const char *path = arena_printf(d->a, "parties[%zu].signed", i);
	struct timestamp t, w;
	enum err e = ERR_OK;

	if (!path)
		return ERR_NOMEM;
	if (!json_has(signed_at) || json_is(signed_at, JSON_NULL))
		return ERR_OK; /* listed, not signed yet */
	if ((e = read_time(d, signed_at, path, &t)) != ERR_OK || (e = event(d, org, ACCORD_SIGNED, t, TIMESTAMP_NEVER)) != ERR_OK)
		return e;
	if (json_has(withdrawn) && !json_is(withdrawn, JSON_NULL)) {
		path = arena_printf(d->a, "parties[%zu].withdrawn", i);
		e = path ? read_time(d, withdrawn, path, &w) : ERR_NOMEM;
		if (e == ERR_OK)
			e = event(d, org, ACCORD_WITHDRAWN, w, TIMESTAMP_NEVER);
	}
	path = arena_printf(d->a, "parties[%zu].suspended", i);
	if (e == ERR_OK && json_has(suspended) && !json_is(suspended, JSON_ARRAY) && !json_is(suspended, JSON_NULL))
		e = fault_set(d->f, ERR_INVALID, path, "must be a list of [from, until]");
	for (struct json_iter it = json_iter(suspended); e == ERR_OK && json_next(&it);)
		e = path ? read_suspension(d, org, it.value, path) : ERR_NOMEM;
	return e;
}

static enum err read_party(const struct doc *d, struct json v, size_t i)
{
	struct json org = json_is(v, JSON_STRING) ? v : json_get(v, "org");
	const char *path = arena_printf(d->a, json_is(v, JSON_STRING) ? "parties[%zu]" : "parties[%zu].org", i);

	if (!path)
		return ERR_NOMEM;
	if (!json_has(org))
		org = json_get(v, "organisation");
	if (!stix_id_is(json_string_or_none(org), "identity"))
		return fault_set(d->f, ERR_INVALID, path, "must be the id of an organisation, \"identity--\" and a UUID");
	struct span id = arena_span(d->a, json_string(org));
	return !id.p ? ERR_NOMEM : json_is(v, JSON_STRING) ? ERR_OK
							   : read_party_times(d, id, v, i);
}

static enum err read_parties(const struct doc *d)
{
	struct json v = json_get(d->v, "parties");
	enum err e = ERR_OK;
	size_t i = 0;

	if (json_has(v) && !json_is(v, JSON_ARRAY) && !json_is(v, JSON_NULL))
		return fault_set(d->f, ERR_INVALID, "parties", "must be a list of organisations");
	if (json_count(v) > PARTIES_MOST)
		return fault_set(d->f, ERR_LIMIT, "parties", "%zu are listed, %d are allowed", json_count(v), PARTIES_MOST);
	for (struct json_iter it = json_iter(v); e == ERR_OK && json_next(&it); i++)
		e = read_party(d, it.value, i);
	return e;
}

/* ---- the whole ---- */

static enum err read_id(const struct doc *d)
{
	struct json v = json_get(d->v, "id");
	struct span id = json_string_or_none(v);
	struct fault why = { 0 };
	struct stix_id parts;

	if (stix_id_parse(id, &parts, &why) != ERR_OK || id.n >= 128)
		return fault_set(d->f, ERR_INVALID, "id", "must be \"agreement--\" and a UUID in lower case, or left out: then one is made");
	d->out->policy.id = arena_span(d->a, id);
	char *seed = arena_printf(d->a, "musubi agreement marking\n%.*s", SPAN_ARG(id));
	if (!d->out->policy.id.p || !seed)
		return ERR_NOMEM;
	accord_id_from("marking-definition", span_of(seed), d->out->marking);
	return ERR_OK;
}

static enum err read_digest(const struct doc *d)
{
	BUF_SCOPE struct buf b;
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];

	buf_init(&b, BOUND_OBJECT_BYTES);
	enum err e = json_canonical(d->v, &b, d->f);
	if (e != ERR_OK)
		return e;
	sign_sha256(buf_span(&b), digest);
	sign_hex(digest, sizeof(digest), hex);
	d->out->digest = arena_span(d->a, span_of(hex));
	d->out->policy.digest = d->out->digest;
	return d->out->digest.p ? ERR_OK : ERR_NOMEM;
}

/* The text as given, or with the id and the time it is in force from, and without the proofs that came with it. */
static enum err complete(struct doc *d, struct span json, struct timestamp now)
{
	struct json id = json_get(d->v, "id");
	const char *path;
	bool has_id = json_has(id) && !json_is(id, JSON_NULL), has_effective = json_has(field(d, "effective", &path));
	BUF_SCOPE struct buf b;
	char text[TIMESTAMP_TEXT], made[64];

	buf_init(&b, BOUND_OBJECT_BYTES);
	if (has_id && has_effective && !json_has(json_get(d->v, "proof"))) {
		d->out->json = arena_span(d->a, json);
		return d->out->json.p ? ERR_OK : ERR_NOMEM;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	accord_id_new("agreement", made);
	if (!has_id)
		json_kstr(&o, "id", made);
	timestamp_format(now, text);
	if (!has_effective)
		json_kstr(&o, "effective", text);
	for (struct json_iter it = json_iter(d->v); json_next(&it);) {
		if (span_is(it.key, "proof") || (!has_id && span_is(it.key, "id")) || (!has_effective && span_is(it.key, "effective")))
			continue; /* null */
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_close(&o, '}');
	d->out->json = buf_ok(&b) ? arena_span(d->a, buf_span(&b)) : (struct span){ NULL, 0 };
	if (!d->out->json.p)
		return ERR_NOMEM;
	enum err e = json_read(d->a, d->out->json, &d->v, d->f);
	d->policy = json_get(d->v, "policy");
	return e;
}

enum err accord_document_read(struct arena *a, struct span json, struct timestamp now, struct accord_document *out, struct fault *f)
{
	struct doc d = { .a = a, .out = out, .f = f };

	*out = (struct accord_document){ 0 };
	if (json.n > BOUND_OBJECT_BYTES / 2)
		return fault_set(f, ERR_LIMIT, "", "the agreement has %zu bytes, %u are allowed", json.n, BOUND_OBJECT_BYTES / 2);
	enum err e = json_read(a, json, &d.v, f);
	if (e != ERR_OK)
		return e;
	if (!json_is(d.v, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "", "an agreement is a JSON object, this is %s", json_type_name(json_type(d.v)));
	d.policy = json_get(d.v, "policy");
	if (json_has(d.policy) && !json_is(d.policy, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "policy", "must be an object such as {\"ceiling\": \"amber\"}");
	e = complete(&d, json, now);
	if (e == ERR_OK)
		e = read_id(&d);
	if (e == ERR_OK)
		e = read_title(&d);
	if (e == ERR_OK)
		e = read_span_of_time(&d);
	if (e == ERR_OK)
		e = read_ceiling(&d);
	if (e == ERR_OK)
		e = read_flag(&d, "clients", NULL, &out->policy.clients);
	if (e == ERR_OK)
		e = read_flag(&d, "retroactive", "all", &out->policy.retroactive_all);
	if (e == ERR_OK)
		e = read_personal(&d);
	if (e == ERR_OK)
		e = read_parties(&d);
	if (e == ERR_OK)
		e = accord_life_read(a, d.v, out, f);
	if (e == ERR_OK)
		e = read_digest(&d);
	for (size_t i = 0; i < out->n_events && e == ERR_OK; i++) {
		out->events[i].agreement = out->policy.id;
		out->events[i].digest = out->digest;
	}
	return e;
}

/* ---- rows ---- */

/* The same event has the same id wherever it is told. */
void accord_accession_id(const struct accord_accession *e, char out[static 64])
{
	char seed[512];
	int n = snprintf(seed, sizeof(seed), "musubi accession\n%.*s\n%.*s\n%.*s\n%d\n%lld\n%lld", SPAN_ARG(e->agreement), SPAN_ARG(e->digest), SPAN_ARG(e->org), (int)e->event,
		(long long)e->at.us, (long long)e->until.us);
	accord_id_from("marking-definition", (struct span){ seed, (size_t)n < sizeof(seed) ? (size_t)n : sizeof(seed) - 1 }, out);
}

enum err accord_accession_put(struct db *db, const struct accord_accession *e, struct span hub, struct fault *f)
{
	char id[64];
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_accession(id, agreement, digest, org, event, at, until, hub, proof) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING", f);

	if (!s)
		return ERR_DB;
	accord_accession_id(e, id);
	db_bind_text(s, 1, span_of(id));
	db_bind_text(s, 2, e->agreement);
	db_bind_text(s, 3, e->digest);
	db_bind_text(s, 4, e->org);
	db_bind_int(s, 5, e->event);
	db_bind_int(s, 6, e->at.us);
	db_bind_int(s, 7, e->until.us);
	db_bind_text(s, 8, hub);
	db_bind_text(s, 9, e->proof.n ? e->proof : SPAN(""));
	return db_run(s, f);
}

enum err accord_document_put(struct db *db, const struct accord_document *d, struct timestamp now, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_agreement(id, marking, digest, json, added) VALUES(?, ?, ?, ?, ?)", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, d->policy.id);
	db_bind_text(s, 2, span_of(d->marking));
	db_bind_text(s, 3, d->digest);
	db_bind_text(s, 4, d->json);
	db_bind_int(s, 5, now.us);
	enum err e = db_run(s, f);
	for (size_t i = 0; i < d->n_events && e == ERR_OK; i++)
		e = accord_accession_put(db, &d->events[i], SPAN(""), f);
	return e;
}

/* ---- adding ---- */

struct adding {
	struct span json;
	struct accord_document d; /* spans in `mem` */
	struct arena *mem;
	bool known;
};

static enum err add(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct adding *w = c->ctx;
	const struct accord_agreement *have = accord_find_agreement(c->before, w->d.policy.id);

	w->known = c->nothing = have && span_eq(have->digest, w->d.digest);
	if (w->known)
		return ERR_OK;
	if (have)
		return fault_set(f, ERR_CONFLICT, "id", "%.*s is here with another text (SHA-256 %.12s…): give the new version an id of its own", SPAN_ARG(w->d.policy.id), have->digest.p);
	enum err e = accord_life_check(c->before, &w->d, true, f);
	if (e != ERR_OK)
		return e;
	c->agreement = w->d.policy.id;
	c->all = c->all || w->d.life.supersedes.n > 0;
	e = accord_document_put(store_tx_db(tx), &w->d, c->now, f);
	const struct accord_agreement g = { .policy = w->d.policy, .title = w->d.title, .digest = w->d.digest, .marking = span_of(w->d.marking), .json = w->d.json };
	if (e == ERR_OK)
		e = accord_log_words(tx, c->now, f, "agreement", (const struct accord_pair[]){ { SPAN("agreement"), g.policy.id }, { SPAN("digest"), g.digest } }, 2);
	return e == ERR_OK ? accord_publish_agreement(c->a, tx, &g, c->now, f) : e;
}

enum err accord_log_words(struct store_tx *tx, struct timestamp now, struct fault *f, const char *event, const struct accord_pair *v, size_t n)
{
	char logged[TIMESTAMP_TEXT];
	BUF_SCOPE struct buf b;

	timestamp_format(now, logged);
	buf_init(&b, LEDGER_EVENT_MOST);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "event", event);
	for (size_t i = 0; i < n; i++) {
		json_key_span(&o, v[i].from);
		json_put_string(&o, v[i].to);
	}
	json_kstr(&o, "logged", logged);
	json_close(&o, '}');
	return buf_ok(&b) ? ledger_event(tx, LEDGER_ACCORD, buf_span(&b), f) : ERR_NOMEM;
}

enum err accord_agreement_add(struct accord *a, struct span json, char id_out[static 128], char marking_out[static 64], struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(ACCORD_ARENA);
	struct adding w = { .json = json, .mem = mem };
	struct accord_change c = { .a = a, .apply = add, .ctx = &w };
	enum err e = mem ? accord_document_read(mem, json, a->now(a->ctx), &w.d, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = accord_change_run(&c, f);
	if (e != ERR_OK)
		return e;
	memcpy(id_out, w.d.policy.id.p, w.d.policy.id.n);
	id_out[w.d.policy.id.n] = '\0';
	memcpy(marking_out, w.d.marking, sizeof(w.d.marking));
	return w.known ? ERR_OK : accord_held_retry(a, f);
}

/* ---- events ---- */

/* The role the document gives it; signatory or acceding where it gives none. */
static enum err role_check(const struct accord_agreement *g, const struct accord_accession *e, struct fault *f)
{
	const struct accord_life *life = &g->life;
	bool listed = false;

	for (size_t i = 0; i < life->n_signatories; i++) {
		if (!span_eq(life->signatories[i].org, e->org))
			continue;
		listed = true;
		if (life->signatories[i].role == ACCORD_ROLE_OBSERVER)
			return fault_set(f, ERR_DENIED, "member", "%.*s is an observer of %.*s: observers do not sign", SPAN_ARG(e->org), SPAN_ARG(g->policy.id));
	}
	if (life->closed && !listed)
		return fault_set(f, ERR_DENIED, "member", "%.*s is not listed in %.*s, and its text lets nobody else accede", SPAN_ARG(e->org), SPAN_ARG(g->policy.id));
	if (life->own_keys && e->proof.n == 0)
		return fault_set(f, ERR_DENIED, "member", "%.*s wants each party's own signature: the organisation signs the file with `musubi agreement sign FILE --key KEY`, then `musubi agreement add`", SPAN_ARG(g->policy.id));
	return ERR_OK;
}

static enum err event_check(const struct accord_change *c, const struct accord_agreement *g, const struct accord_accession *e, struct fault *f)
{
	bool party = policy_is_party(&g->policy, e->org, e->at), signed_before = false;

	for (size_t i = 0; i < g->policy.n_parties; i++)
		signed_before |= span_eq(g->policy.parties[i].org, e->org) && !timestamp_before(e->at, g->policy.parties[i].signed_at);
	if (e->event == ACCORD_SIGNED && role_check(g, e, f) != ERR_OK)
		return ERR_DENIED;
	if (e->event == ACCORD_SIGNED && party)
		return fault_set(f, ERR_CONFLICT, "member", "%.*s is a party to %.*s already", SPAN_ARG(e->org), SPAN_ARG(g->policy.id));
	if (e->event == ACCORD_WITHDRAWN && !party && !signed_before)
		return fault_set(f, ERR_CONFLICT, "member", "%.*s is no party to %.*s then: it cannot withdraw", SPAN_ARG(e->org), SPAN_ARG(g->policy.id));
	if (e->event == ACCORD_SUSPENDED_FROM && !signed_before)
		return fault_set(f, ERR_CONFLICT, "member", "%.*s is no party to %.*s then: it cannot be suspended", SPAN_ARG(e->org), SPAN_ARG(g->policy.id));
	if (e->event == ACCORD_SUSPENDED_FROM && !timestamp_before(e->at, e->until))
		return fault_set(f, ERR_INVALID, "until", "the suspension would end before it begins");
	return ERR_OK;
}

/* A leaf of the log: who did what to which text; the party's own proof by its digest. */
static enum err log_event_of(struct store_tx *tx, const struct accord_accession *e, struct timestamp now, struct fault *f)
{
	static const char *const words[] = { [ACCORD_SIGNED] = "signed", [ACCORD_WITHDRAWN] = "withdrawn", [ACCORD_SUSPENDED_FROM] = "suspended" };
	char at[TIMESTAMP_TEXT], logged[TIMESTAMP_TEXT], hex[2 * SIGN_DIGEST + 1];
	uint8_t digest[SIGN_DIGEST];
	BUF_SCOPE struct buf b;

	timestamp_format(e->at, at);
	timestamp_format(now, logged);
	sign_sha256(e->proof, digest);
	sign_hex(digest, sizeof(digest), hex);
	buf_init(&b, LEDGER_EVENT_MOST);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "event", words[e->event]);
	json_kspan(&o, "agreement", e->agreement);
	json_kspan(&o, "digest", e->digest);
	json_kspan(&o, "organisation", e->org);
	json_kstr(&o, "at", at);
	if (e->until.us != TIMESTAMP_NEVER.us) {
		timestamp_format(e->until, at);
		json_kstr(&o, "until", at);
	}
	if (e->proof.n)
		json_kstr(&o, "proof_sha256", hex);
	json_kstr(&o, "logged", logged);
	json_close(&o, '}');
	return buf_ok(&b) ? ledger_event(tx, LEDGER_ACCORD, buf_span(&b), f) : ERR_NOMEM;
}

static enum err happen(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct accord_accession e = *(const struct accord_accession *)c->ctx;
	const struct accord_agreement *g = accord_find_agreement(c->before, e.agreement);
	const struct accord_member *m;

	if (!g)
		return fault_set(f, ERR_NOTFOUND, "agreement", "%.*s is not known here; `musubi agreement list` shows those that are",
			(int)(e.agreement.n < 128 ? e.agreement.n : 128), e.agreement.p);
	enum err err = accord_member_local(c->before, e.org, &m, f);
	e.agreement = g->policy.id;
	e.digest = g->digest;
	if (e.event == ACCORD_WITHDRAWN)
		e.at.us += g->life.notice_us;
	if (err == ERR_OK)
		err = event_check(c, g, &e, f);
	c->agreement = g->policy.id;
	c->all = c->all || g->life.supersedes.n > 0;
	if (err == ERR_OK)
		err = accord_accession_put(store_tx_db(tx), &e, c->a->hub.id, f);
	if (err == ERR_OK)
		err = log_event_of(tx, &e, c->now, f);
	return err == ERR_OK ? accord_publish_accession(c->a, tx, &e, c->now, f) : err;
}

static struct timestamp effective_of(struct accord *a, struct span agreement)
{
	const struct accord_snapshot *s = accord_snapshot(a);
	const struct accord_agreement *g = accord_find_agreement(s, agreement);
	struct timestamp t = g ? g->policy.effective : TIMESTAMP_NEVER;

	accord_snapshot_unref(s);
	return t;
}

struct entering {
	struct span agreement;
	struct timestamp at;
};

static enum err entered(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct entering *w = ctx;
	char at[TIMESTAMP_TEXT];

	timestamp_format(w->at, at);
	return accord_log_words(tx, store_tx_now(tx), f, "in-force", (const struct accord_pair[]){ { SPAN("agreement"), w->agreement }, { SPAN("from"), span_of(at) } }, 2);
}

enum err accord_event_run(struct accord *a, const struct accord_accession *x, struct fault *f)
{
	struct accord_change c = { .a = a, .apply = happen, .ctx = (void *)x };
	struct timestamp before = effective_of(a, x->agreement);
	enum err e = accord_change_run(&c, f);
	struct timestamp after = effective_of(a, x->agreement);

	if (e != ERR_OK || before.us != TIMESTAMP_NEVER.us || after.us == TIMESTAMP_NEVER.us)
		return e;
	struct entering w = { x->agreement, after };
	return store_write(a->store, entered, &w, f);
}

enum err accord_agreement_event(struct accord *a, struct span agreement, struct span member, enum accord_event e, struct timestamp at, struct timestamp until,
	struct fault *f)
{
	const struct accord_accession x = { .agreement = agreement, .org = member, .event = e, .at = at, .until = e == ACCORD_SUSPENDED_FROM ? until : TIMESTAMP_NEVER };

	return accord_event_run(a, &x, f);
}
