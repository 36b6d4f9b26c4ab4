/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that their parties sign with their own keys: a file in, a file out; and taking such files in.
 *
 * 1. All signatories of a text sign the same bytes (its canonical form without "proof"): a proof set.  Who signs, and for whom, stands in the proof and is signed with it.
 * 2. Anything but a signature (accession after entry into force, withdrawal, suspension) is an act: a small document that pins the text by id and digest.
 * 3. A proof counts where it holds, was made by a key that its organisation's own hub has named, and while that key was valid.
 * 4. A hub takes signatures of its own members alone; those of others come with the accessions that their hubs publish, and are checked again here. */
#include <stdio.h>
#include "accord/accord_priv.h"

#define CLOCKS_US 300000000 /* clocks may differ by five minutes */
#define TEXT_MOST (BOUND_OBJECT_BYTES / 2)

static enum err read_object(struct arena *a, struct span json, struct json *out, struct fault *f)
{
	if (json.n > TEXT_MOST)
		return fault_set(f, ERR_LIMIT, "", "the document has %zu bytes, %u are allowed", json.n, TEXT_MOST);
	enum err e = json_read(a, json, out, f);

	return e == ERR_OK && !json_is(*out, JSON_OBJECT) ? fault_set(f, ERR_INVALID, "", "a document is a JSON object, this is %s", json_type_name(json_type(*out))) : e;
}

/* ---- making ---- */

static enum err add_proof(struct arena *a, struct json v, const struct accord_signer *by, struct span *out, struct fault *f)
{
	struct sign_terms terms = { .created = by->created, .purpose = "assertionMethod" };
	BUF_SCOPE struct buf b;

	if (!stix_id_is(by->organisation, "identity"))
		return fault_set(f, ERR_INVALID, "organisation", "must be the id of the organisation that signs, \"identity--\" and a UUID");
	buf_init(&b, 1u << 16);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "organisation", by->organisation);
	if (by->name.n || by->title.n) {
		json_key(&o, "signer");
		json_open(&o, '{');
		json_kspan(&o, "name", by->name);
		if (by->title.n)
			json_kspan(&o, "title", by->title);
		json_close(&o, '}');
	}
	json_close(&o, '}');
	enum err e = buf_ok(&b) ? json_read(a, buf_span(&b), &terms.more, f) : fault_set(f, ERR_LIMIT, "signer", "name or title is too long");
	return e == ERR_OK ? sign_proof_add(a, by->key, v, &terms, out, f) : e;
}

enum err accord_document_sign(struct arena *a, struct span json, const struct accord_signer *by, struct span *out, struct fault *f)
{
	struct accord_document d;
	struct json v;
	enum err e = read_object(a, json, &v, f);

	if (e == ERR_OK && (!json_has(json_get(v, "id")) || !json_has(json_get(v, "effective"))))
		e = fault_set(f, ERR_INVALID, "id", "a text that is signed has an \"id\" and an \"effective\" of its own; `musubi agreement draft` makes one");
	if (e == ERR_OK)
		e = accord_document_read(a, json, by->created, &d, f); /* what no hub would take is not worth a signature */
	return e == ERR_OK ? add_proof(a, v, by, out, f) : e;
}

static enum accord_event event_of(struct span act, bool *known)
{
	*known = true;
	if (span_is(act, "accede"))
		return ACCORD_SIGNED;
	if (span_is(act, "withdraw"))
		return ACCORD_WITHDRAWN;
	*known = span_is(act, "suspend");
	return ACCORD_SUSPENDED_FROM;
}

enum err accord_act_sign(struct arena *a, struct span agreement_json, const char *act, struct timestamp until, const struct accord_signer *by, struct span *out, struct fault *f)
{
	struct accord_document d;
	char at[TIMESTAMP_TEXT], end[TIMESTAMP_TEXT];
	BUF_SCOPE struct buf b;
	struct json v;
	enum err e = accord_document_read(a, agreement_json, by->created, &d, f);

	if (e != ERR_OK)
		return e;
	timestamp_format(by->created, at);
	buf_init(&b, 1u << 16);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "act", act);
	json_kspan(&o, "agreement", d.policy.id);
	json_kint(&o, "version", d.life.version);
	json_kspan(&o, "digest", d.digest);
	json_kspan(&o, "organisation", by->organisation);
	json_kstr(&o, "at", at);
	if (until.us != TIMESTAMP_NEVER.us) {
		timestamp_format(until, end);
		json_kstr(&o, "until", end);
	}
	json_close(&o, '}');
	e = buf_ok(&b) ? json_read(a, buf_span(&b), &v, f) : ERR_NOMEM;
	return e == ERR_OK ? add_proof(a, v, by, out, f) : e;
}

/* Members of the old text that the next one does not take over as they are. */
static bool is_own(struct span key)
{
	static const char *const keys[] = { "id", "version", "supersedes", "proof", "parties", "effective" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (span_is(key, keys[i]))
			return true;
	return false;
}

/* Parties without the times of their signing. */
static void put_parties(struct json_out *o, struct json parties)
{
	json_key(o, "parties");
	json_open(o, '[');
	for (struct json_iter it = json_iter(parties); json_next(&it);) {
		if (!json_is(it.value, JSON_OBJECT)) {
			json_put(o, it.value);
			continue;
		}
		json_open(o, '{');
		for (struct json_iter m = json_iter(it.value); json_next(&m);) {
			if (span_is(m.key, "signed") || span_is(m.key, "withdrawn") || span_is(m.key, "suspended"))
				continue;
			json_key_span(o, m.key);
			json_put(o, m.value);
		}
		json_close(o, '}');
	}
	json_close(o, ']');
}

enum err accord_document_next(struct arena *a, struct span json, int64_t overlap_days, struct span *out, struct fault *f)
{
	struct accord_document d;
	char id[64];
	BUF_SCOPE struct buf b;
	struct json v;
	enum err e = read_object(a, json, &v, f);

	if (e == ERR_OK)
		e = accord_document_read(a, json, (struct timestamp){ 0 }, &d, f);
	if (e != ERR_OK)
		return e;
	accord_id_new("agreement", id);
	buf_init(&b, BOUND_OBJECT_BYTES);
	struct json_out o = json_out(&b);
	o.indent = 2;
	json_open(&o, '{');
	json_kstr(&o, "id", id);
	json_kint(&o, "version", d.life.version + 1);
	json_key(&o, "supersedes");
	json_open(&o, '{');
	json_kspan(&o, "id", d.policy.id);
	json_kspan(&o, "digest", d.digest);
	json_kint(&o, "overlap_days", overlap_days);
	json_close(&o, '}');
	json_key(&o, "effective");
	json_put(&o, json_get(v, "effective"));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (is_own(it.key))
			continue;
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	if (json_has(json_get(v, "parties")))
		put_parties(&o, json_get(v, "parties"));
	json_close(&o, '}');
	*out = buf_ok(&b) ? arena_span(a, buf_span(&b)) : (struct span){ NULL, 0 };
	return out->p ? ERR_OK : ERR_NOMEM;
}

/* ---- checking ---- */

static const struct accord_key *find_key(const struct accord_member *m, struct span key)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (span_eq(m->keys[i].public_key, key))
			return &m->keys[i];
	return NULL;
}

static enum err key_counts(const struct accord_member *m, const struct sign_proven *p, struct fault *f)
{
	char text[SIGN_MULTIBASE], when[TIMESTAMP_TEXT], limit[TIMESTAMP_TEXT];

	sign_public_multibase(p->public_key, text);
	const struct accord_key *k = find_key(m, span_of(text));
	if (!k)
		return fault_set(f, ERR_DENIED, "proof", "it is signed with the key %s, which is none of %.*s's: its hub registers keys with `musubi member key`", text, SPAN_ARG(m->id));
	timestamp_format(p->created, when);
	timestamp_format(k->since, limit);
	if (p->created.us < k->since.us / 1000000 * 1000000) /* proofs tell whole seconds */
		return fault_set(f, ERR_DENIED, "proof.created", "the proof is dated %.19s, before the key existed (%.19s)", when, limit);
	timestamp_format(k->until, limit);
	if (!timestamp_before(p->created, k->until))
		return fault_set(f, ERR_DENIED, "proof.created", "the proof is dated %.19s, after the key had ended (%.19s)", when, limit);
	return ERR_OK;
}

/* The one proof of a document that says to be the organisation's. */
static enum err own_proof(struct arena *a, const struct accord_member *m, struct json v, struct span organisation, struct fault *f)
{
	struct sign_proven *p;
	size_t n;
	enum err e = sign_proof_list(a, v, &p, &n, f);

	if (e != ERR_OK)
		return e;
	if (n != 1 || !span_eq(organisation, m->id) || !span_eq(json_string_or_none(json_get(p->proof, "organisation")), m->id))
		return fault_set(f, ERR_DENIED, "proof.organisation", "the proof is not one of %.*s: it has to name that organisation", SPAN_ARG(m->id));
	if (!span_is(p->purpose, "assertionMethod"))
		return fault_set(f, ERR_DENIED, "proof.proofPurpose", "must be assertionMethod");
	return key_counts(m, p, f);
}

static enum err act_fits(struct json v, const struct accord_accession *e, struct fault *f)
{
	bool known;
	enum accord_event event = event_of(json_string_or_none(json_get(v, "act")), &known);

	if (!known || event != e->event || !span_eq(json_string_or_none(json_get(v, "agreement")), e->agreement))
		return fault_set(f, ERR_DENIED, "act", "the signed act is about something else");
	if (!span_eq(json_string_or_none(json_get(v, "digest")), e->digest))
		return fault_set(f, ERR_DENIED, "digest", "the act is about another text of %.*s: a signature over one version never counts for another", SPAN_ARG(e->agreement));
	return ERR_OK;
}

enum err accord_proof_holds(struct arena *a, const struct accord_member *m, struct span document, const struct accord_accession *e, struct fault *f)
{
	struct json proof, v;
	enum err err = json_read(a, e->proof, &proof, f);

	if (err == ERR_OK && json_has(json_get(proof, "act"))) {
		err = act_fits(proof, e, f);
		return err == ERR_OK ? own_proof(a, m, proof, json_string_or_none(json_get(proof, "organisation")), f) : err;
	}
	if (err == ERR_OK && e->event != ACCORD_SIGNED)
		return fault_set(f, ERR_DENIED, "proof", "this proof signs the text; it cannot stand for a withdrawal or a suspension");
	if (err != ERR_OK || document.n < 2)
		return err != ERR_OK ? err : ERR_INVALID;
	/* the text without its last brace, then the proof */
	size_t n = document.n;
	while (n > 0 && document.p[n - 1] != '}')
		n--;
	char *whole = n ? arena_printf(a, "%.*s,\"proof\":%.*s}", (int)n - 1, document.p, SPAN_ARG(e->proof)) : NULL;
	if (!whole)
		return ERR_NOMEM;
	err = json_read(a, span_of(whole), &v, f);
	return err == ERR_OK ? own_proof(a, m, v, json_string_or_none(json_get(json_get(v, "proof"), "organisation")), f) : err;
}

/* ---- taking in ---- */

struct taking_in {
	struct accord *a;
	struct arena *mem;
	const struct accord_snapshot *s;
	const struct accord_agreement *g;
	struct accord_taken *out;
	struct timestamp now;
};

static struct span text_of(struct arena *a, struct json v)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, TEXT_MOST);
	struct json_out o = json_out(&b);
	json_put(&o, v);
	return buf_ok(&b) ? arena_span(a, buf_span(&b)) : (struct span){ NULL, 0 };
}

static enum err clock_check(const struct taking_in *w, struct timestamp created, struct fault *f)
{
	char text[TIMESTAMP_TEXT], now[TIMESTAMP_TEXT];

	if (created.us <= w->now.us + CLOCKS_US)
		return ERR_OK;
	timestamp_format(created, text);
	timestamp_format(w->now, now);
	return fault_set(f, ERR_DENIED, "proof.created", "the clocks disagree: it is dated %.19s, here it is %.19s; more than five minutes ahead is not taken", text, now);
}

struct looking {
	const struct accord_accession *x;
	bool same;
};

static enum err look(void *ctx, struct db *db, struct fault *f)
{
	struct looking *l = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT 1 FROM accord_accession WHERE agreement = ? AND digest = ? AND org = ? AND event = ? AND proof = ?", f);

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, l->x->agreement);
	db_bind_text(q, 2, l->x->digest);
	db_bind_text(q, 3, l->x->org);
	db_bind_int(q, 4, l->x->event);
	db_bind_text(q, 5, l->x->proof);
	enum err e = db_step(q, f);
	l->same = e == ERR_OK;
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* The same proof again is no fault. */
static enum err known_before(const struct taking_in *w, const struct accord_accession *x, bool *same, struct fault *f)
{
	struct looking l = { .x = x };
	enum err e = store_read(w->a->store, look, &l, f);

	*same = l.same;
	return e;
}

static enum err take_one(struct taking_in *w, struct accord_accession *x, struct timestamp created, struct fault *f)
{
	const struct accord_member *m = accord_find_member(w->s, x->org);
	bool same = false;

	if (!m)
		return fault_set(f, ERR_NOTFOUND, "proof.organisation", "%.*s is no member; `musubi member list` shows them", (int)(x->org.n < 64 ? x->org.n : 64), x->org.p);
	x->agreement = w->g->policy.id;
	x->digest = w->g->digest;
	enum err e = accord_proof_holds(w->mem, m, w->g->json, x, f);
	if (e == ERR_OK)
		e = clock_check(w, created, f);
	if (e == ERR_OK && !m->local) {
		w->out->foreign++;
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = known_before(w, x, &same, f);
	if (e != ERR_OK)
		return e;
	if (same) {
		w->out->known++;
		return ERR_OK;
	}
	e = accord_event_run(w->a, x, f);
	w->out->signed_now += e == ERR_OK;
	return e;
}

/* Each proof of the text by itself, in order. */
static enum err take_proofs(struct taking_in *w, struct json v, struct fault *f)
{
	struct sign_proven *p;
	size_t n;
	enum err e = sign_proof_list(w->mem, v, &p, &n, f);

	for (size_t i = 0; i < n && e == ERR_OK; i++)
		for (size_t k = 0; k < i; k++)
			if (sign_equal(p[i].public_key, p[k].public_key, sizeof(p[i].public_key)))
				return fault_set(f, ERR_CONFLICT, "proof", "proofs %zu and %zu are by one key: a party signs once", k, i);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		struct accord_accession x = { .org = json_string_or_none(json_get(p[i].proof, "organisation")), .event = ACCORD_SIGNED, .at = w->now, .until = TIMESTAMP_NEVER, .proof = text_of(w->mem, p[i].proof) };
		e = x.proof.p ? take_one(w, &x, p[i].created, f) : ERR_NOMEM;
	}
	return e;
}

static enum err take_act(struct taking_in *w, struct json v, struct fault *f)
{
	bool known;
	struct accord_accession x = { .org = json_string_or_none(json_get(v, "organisation")), .event = event_of(json_string_or_none(json_get(v, "act")), &known), .at = w->now, .until = TIMESTAMP_NEVER, .proof = text_of(w->mem, v) };
	struct timestamp created;

	w->g = accord_find_agreement(w->s, json_string_or_none(json_get(v, "agreement")));
	if (!known)
		return fault_set(f, ERR_INVALID, "act", "must be accede, withdraw or suspend");
	if (!w->g)
		return fault_set(f, ERR_NOTFOUND, "agreement", "the agreement that it is about is not known here: add it first");
	if (json_has(json_get(v, "until")) && timestamp_parse(json_string_or_none(json_get(v, "until")), &x.until, NULL) != ERR_OK)
		return fault_set(f, ERR_INVALID, "until", "is no time");
	if (timestamp_parse(json_string_or_none(json_get(json_get(v, "proof"), "created")), &created, NULL) != ERR_OK)
		return fault_set(f, ERR_DENIED, "proof.created", "the proof does not say when it was made");
	w->out->act = x.event == ACCORD_SIGNED ? "accede" : x.event == ACCORD_WITHDRAWN ? "withdraw"
											: "suspend";
	snprintf(w->out->id, sizeof(w->out->id), "%.*s", SPAN_ARG(w->g->policy.id));
	snprintf(w->out->marking, sizeof(w->out->marking), "%.*s", SPAN_ARG(w->g->marking));
	return x.proof.p ? take_one(w, &x, created, f) : ERR_NOMEM;
}

static enum err take_text(struct taking_in *w, struct span json, struct json v, struct fault *f)
{
	enum err e = accord_agreement_add(w->a, json, w->out->id, w->out->marking, f);

	if (e != ERR_OK || !json_has(json_get(v, "proof")))
		return e;
	accord_snapshot_unref(w->s);
	w->s = accord_snapshot(w->a);
	w->g = accord_find_agreement(w->s, span_of(w->out->id));
	return w->g ? take_proofs(w, v, f) : ERR_INTERNAL;
}

/* ---- refusals ---- */

struct refusing {
	struct timestamp at;
	struct span json;
	const struct fault *f;
};

static enum err refuse(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct refusing *w = ctx;
	struct db_stmt *s = db_prepare(store_tx_db(tx), "INSERT INTO accord_refusal(n, at, digest, place, why) SELECT COALESCE(MAX(n), 0) + 1, ?, ?, ?, ? FROM accord_refusal", f);
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];

	if (!s)
		return ERR_DB;
	sign_sha256(w->json, digest);
	sign_hex(digest, sizeof(digest), hex);
	db_bind_int(s, 1, w->at.us);
	db_bind_text(s, 2, span_of(hex));
	db_bind_text(s, 3, span_of(w->f->where));
	db_bind_text(s, 4, span_of(w->f->what));
	enum err e = db_run(s, f);
	if (e != ERR_OK)
		return e;
	s = db_prepare(store_tx_db(tx), "DELETE FROM accord_refusal WHERE n <= (SELECT MAX(n) FROM accord_refusal) - 1000", f);
	return s ? db_run(s, f) : ERR_DB;
}

static enum err take(struct accord *a, struct arena *mem, struct span json, struct accord_taken *out, struct fault *f)
{
	struct taking_in w = { .a = a, .mem = mem, .out = out, .now = a->now(a->ctx) };
	struct sign_proven *p;
	struct json v;
	size_t n;
	enum err e = read_object(mem, json, &v, f);

	*out = (struct accord_taken){ .act = "agreement" };
	if (e == ERR_OK && json_has(json_get(v, "proof")))
		e = sign_proof_list(mem, v, &p, &n, f); /* nothing is added of a file that is not in order */
	if (e != ERR_OK)
		return e;
	w.s = accord_snapshot(a);
	e = json_has(json_get(v, "act")) ? take_act(&w, v, f) : take_text(&w, json, v, f);
	accord_snapshot_unref(w.s);
	return e;
}

enum err accord_document_take(struct accord *a, struct span json, struct accord_taken *out, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA);
	struct fault why = { 0 }, ignored;
	enum err e = mem ? take(a, mem, json, out, &why) : ERR_NOMEM;

	if (e == ERR_OK)
		return e;
	if (f)
		*f = why;
	struct refusing w = { a->now(a->ctx), json, &why };
	if (e != ERR_NOMEM && e != ERR_DB && e != ERR_IO && store_write(a->store, refuse, &w, &ignored) != ERR_OK)
		return e; /* the refusal itself is what matters */
	return e;
}

struct listing {
	void (*fn)(void *ctx, struct timestamp at, struct span digest, struct span where, struct span why);
	void *ctx;
};

static enum err list(void *ctx, struct db *db, struct fault *f)
{
	const struct listing *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT at, digest, place, why FROM accord_refusal ORDER BY n DESC", f);
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK)
		w->fn(w->ctx, (struct timestamp){ db_int(q, 0) }, db_text(q, 1), db_text(q, 2), db_text(q, 3));
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_refusals(struct accord *a, void (*fn)(void *ctx, struct timestamp at, struct span digest, struct span where, struct span why), void *ctx,
	struct fault *f)
{
	struct listing w = { fn, ctx };

	return store_read(a->store, list, &w, f);
}

/* ---- keys ---- */

struct keying {
	struct span member, key;
	bool on;
};

enum err accord_keys_put(struct db *db, struct span member, struct span hub, const struct accord_key *keys, size_t n, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "DELETE FROM accord_key WHERE member = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, member);
	enum err e = db_run(s, f);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		s = db_prepare(db, "INSERT INTO accord_key(member, public_key, since, until, hub) VALUES(?, ?, ?, ?, ?)", f);
		if (!s)
			return ERR_DB;
		db_bind_text(s, 1, member);
		db_bind_text(s, 2, keys[i].public_key);
		db_bind_int(s, 3, keys[i].since.us);
		db_bind_int(s, 4, keys[i].until.us);
		db_bind_text(s, 5, hub);
		e = db_run(s, f);
	}
	return e;
}

/* A key belongs to one member: else one organisation could sign for another. */
static enum err key_is_free(const struct accord_snapshot *s, const struct keying *w, struct fault *f)
{
	for (size_t i = 0; i < s->n_members; i++)
		if (!span_eq(s->members[i].id, w->member) && find_key(&s->members[i], w->key))
			return fault_set(f, ERR_CONFLICT, "key", "%.*s has this key: each organisation makes its own", SPAN_ARG(s->members[i].id));
	return ERR_OK;
}

static enum err key_change(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct keying *w = c->ctx;
	const struct accord_member *m;
	enum err e = accord_member_local(c->before, w->member, &m, f);

	if (e == ERR_OK)
		e = key_is_free(c->before, w, f);
	if (e != ERR_OK)
		return e;
	struct accord_member changed = *m;
	const struct accord_key *have = find_key(m, w->key);
	changed.keys = arena_array(c->arena, m->n_keys + 1, sizeof(*changed.keys));
	if (!changed.keys)
		return ERR_NOMEM;
	if (m->n_keys)
		memcpy(changed.keys, m->keys, m->n_keys * sizeof(*m->keys));
	if (!w->on && !have)
		return fault_set(f, ERR_NOTFOUND, "key", "%.*s has no such key", SPAN_ARG(m->id));
	if (w->on && have && have->until.us == TIMESTAMP_NEVER.us) {
		c->nothing = true;
		return ERR_OK;
	}
	if (have && w->on)
		return fault_set(f, ERR_CONFLICT, "key", "the key was ended and does not come back: make a new one");
	if (have)
		changed.keys[have - m->keys].until = c->now;
	else
		changed.keys[changed.n_keys++] = (struct accord_key){ w->key, c->now, TIMESTAMP_NEVER };
	e = accord_keys_put(store_tx_db(tx), m->id, c->a->hub.id, changed.keys, changed.n_keys, f);
	if (e == ERR_OK)
		e = accord_log_words(tx, c->now, f, w->on ? "key" : "key-ended", (const struct accord_pair[]){ { SPAN("organisation"), m->id }, { SPAN("key"), w->key } }, 2);
	return e == ERR_OK ? accord_member_publish_anew(c, tx, &changed, f) : e;
}

enum err accord_member_key(struct accord *a, struct span member, struct span key, bool on, struct fault *f)
{
	struct keying w = { member, key, on };
	struct accord_change c = { .a = a, .apply = key_change, .ctx = &w };
	uint8_t bytes[32];

	if (span_starts(key, SPAN("did:key:")))
		w.key = (struct span){ key.p + 8, key.n - 8 };
	if (!sign_public_parse(w.key, bytes))
		return fault_set(f, ERR_INVALID, "key", "is no Ed25519 key: did:key:z6Mk… as `musubi key show` prints it");
	return accord_change_run(&c, f);
}

/* ---- telling ---- */

struct telling {
	struct accord *a;
	struct arena *mem;
	const struct accord_snapshot *s;
	const struct accord_agreement *g;
	void (*fn)(void *ctx, const struct accord_signature *s);
	void *ctx;
};

static void tell(const struct telling *w, const struct accord_accession *x)
{
	const struct accord_member *m = accord_find_member(w->s, x->org);
	struct accord_signature out = { .org = x->org, .event = x->event, .at = x->at, .proof = x->proof };
	struct fault why = { 0 };
	struct json v;

	if (json_read(w->mem, x->proof, &v, NULL) == ERR_OK) {
		struct json p = json_has(json_get(v, "act")) ? json_get(v, "proof") : v;
		struct span method = json_string_or_none(json_get(p, "verificationMethod"));
		const char *hash = method.p ? memchr(method.p, '#', method.n) : NULL;
		out.key = hash ? (struct span){ method.p, (size_t)(hash - method.p) } : method;
		out.name = json_string_or_none(json_get(json_get(p, "signer"), "name"));
		out.title = json_string_or_none(json_get(json_get(p, "signer"), "title"));
	}
	out.holds = m && accord_proof_holds(w->mem, m, w->g->json, x, &why) == ERR_OK;
	out.why = m ? why.what : "the organisation is no member";
	w->fn(w->ctx, &out);
}

static enum err tell_all(void *ctx, struct db *db, struct fault *f)
{
	const struct telling *w = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT org, event, at, until, proof FROM accord_accession WHERE agreement = ? AND digest = ? AND proof <> '' ORDER BY at, org", f);
	enum err e;

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, w->g->policy.id);
	db_bind_text(q, 2, w->g->digest);
	while ((e = db_step(q, f)) == ERR_OK) {
		const struct accord_accession x = { .agreement = w->g->policy.id, .digest = w->g->digest, .org = arena_span(w->mem, db_text(q, 0)), .event = (enum accord_event)db_int(q, 1), .at = { db_int(q, 2) }, .until = { db_int(q, 3) }, .proof = arena_span(w->mem, db_text(q, 4)) };
		tell(w, &x);
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_signatures(struct accord *a, struct span agreement, void (*fn)(void *ctx, const struct accord_signature *s), void *ctx, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA);
	struct telling w = { .a = a, .mem = mem, .s = accord_snapshot(a), .fn = fn, .ctx = ctx };
	enum err e = mem ? ERR_OK : ERR_NOMEM;

	w.g = accord_find_agreement(w.s, agreement);
	if (e == ERR_OK && !w.g)
		e = fault_set(f, ERR_NOTFOUND, "agreement", "%.*s is not known here; `musubi agreement list` shows those that are", (int)(agreement.n < 128 ? agreement.n : 128), agreement.p);
	if (e == ERR_OK)
		e = store_read(a->store, tell_all, &w, f);
	accord_snapshot_unref(w.s);
	return e;
}
