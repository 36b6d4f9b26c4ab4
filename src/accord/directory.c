/* SPDX-License-Identifier: Apache-2.0 */
/* The directory: members, agreements and accessions as STIX documents for peer hubs, and taking in theirs.
 *
 * 1. A member's or an accession's extension is itself the signed document (eddsa-jcs-2022 by its home hub): it names the id it stands for, so it cannot be
 *    moved to another object.
 * 2. A hub speaks for its own members alone.  Of a member's records the newest holds; accessions are a set; of an agreement's texts the first holds. */
#include <stdio.h>
#include "accord/accord_priv.h"

#define DOCUMENT_MOST (4u << 20)
#define ACCESSIONS_MOST 100000

/* ---- publishing ---- */

static void put_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	json_kstr(o, key, text);
}

static void put_list(struct json_out *o, const char *key, const struct span *v, size_t n)
{
	if (n == 0)
		return;
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_put_string(o, v[i]);
	json_close(o, ']');
}

/* The statement with the hub's proof in it. */
static enum err prove(struct accord *a, struct arena *mem, struct span statement, struct timestamp now, struct span *out, struct fault *f)
{
	struct span proof;
	struct json v;
	enum err e = json_read(mem, statement, &v, f);

	if (e == ERR_OK)
		e = sign_proof(mem, &a->key, v, now, "assertionMethod", &proof, f);
	if (e != ERR_OK)
		return e;
	char *p = arena_printf(mem, "%.*s,\"proof\":%.*s}", (int)(statement.n - 1), statement.p, SPAN_ARG(proof));
	*out = span_of(p);
	return p ? ERR_OK : ERR_NOMEM;
}

/* Members that every document has; leaves the object open. */
static void head(struct accord *a, struct json_out *o, const char *type, struct span id, struct timestamp created)
{
	json_open(o, '{');
	json_kstr(o, "type", type);
	json_kstr(o, "spec_version", "2.1");
	json_kspan(o, "id", id);
	json_kspan(o, "created_by_ref", a->hub.id);
	put_time(o, "created", created);
}

/* …extensions and marking; closes the object. */
static void tail(struct json_out *o, const char *extension, struct span content)
{
	json_key(o, "object_marking_refs");
	json_open(o, '[');
	json_put_str(o, stix_tlp_id(STIX_TLP_GREEN));
	json_close(o, ']');
	json_key(o, "extensions");
	json_open(o, '{');
	json_key(o, extension);
	json_put_raw(o, content);
	json_close(o, '}');
	json_close(o, '}');
}

static enum err put(struct accord *a, struct store_tx *tx, struct arena *mem, const struct buf *text, struct fault *f)
{
	struct stix_object object;
	struct json v;
	struct span raw = buf_ok(text) ? arena_span(mem, buf_span(text)) : (struct span){ NULL, 0 };
	enum err e = raw.p ? json_read(mem, raw, &v, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = stix_object_read(mem, v, raw, &object, f);
	struct store_put p = { .object = &object, .collection = a->directory, .origin = a->hub.id, .label_key = a->directory_label };
	return e == ERR_OK ? store_put(tx, &p, f) : e;
}

/* A statement begun: property extension, the id it stands for, the hub. */
static struct json_out state(struct accord *a, struct buf *b, struct span id)
{
	struct json_out o = json_out(b);

	json_open(&o, '{');
	json_kstr(&o, "extension_type", "property-extension");
	json_kspan(&o, "id", id);
	json_kspan(&o, "hub", a->hub.id);
	return o;
}

static void put_keys(struct json_out *o, const struct accord_member *m)
{
	if (m->n_keys == 0)
		return;
	json_key(o, "keys");
	json_open(o, '[');
	for (size_t i = 0; i < m->n_keys; i++) {
		json_open(o, '{');
		json_kspan(o, "public_key", m->keys[i].public_key);
		put_time(o, "since", m->keys[i].since);
		if (m->keys[i].until.us != TIMESTAMP_NEVER.us)
			put_time(o, "until", m->keys[i].until);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static enum err publish_identity(struct accord *a, struct store_tx *tx, const struct accord_member *m, struct timestamp changed, const char *key, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(16u << 20);
	BUF_SCOPE struct buf statement, text;
	struct span proven;

	buf_init(&statement, DOCUMENT_MOST);
	buf_init(&text, DOCUMENT_MOST);
	if (!mem)
		return ERR_NOMEM;
	struct json_out s = state(a, &statement, m->id);
	json_kspan(&s, "name", m->name);
	json_kspan(&s, "country", m->country);
	json_kstr(&s, "kind", accord_kind_name(m->kind));
	json_kstr(&s, "status", accord_status_name(m->status));
	put_list(&s, "sectors", m->sectors, m->n_sectors);
	put_list(&s, "clients_of", m->clients_of, m->n_clients_of);
	put_time(&s, "since", m->since);
	put_time(&s, "changed", changed);
	put_keys(&s, m);
	if (key)
		json_kstr(&s, "public_key", key);
	json_close(&s, '}');
	enum err e = buf_ok(&statement) ? prove(a, mem, buf_span(&statement), changed, &proven, f) : ERR_NOMEM;
	if (e != ERR_OK)
		return e;
	struct json_out o = json_out(&text);
	head(a, &o, "identity", m->id, m->since);
	put_time(&o, "modified", changed);
	json_kspan(&o, "name", m->name);
	json_kstr(&o, "identity_class", "organization");
	put_list(&o, "sectors", m->sectors, m->n_sectors);
	tail(&o, STIX_EXT_MEMBER, proven);
	return put(a, tx, mem, &text, f);
}

enum err accord_publish_hub(struct accord *a, struct store_tx *tx, struct timestamp now, struct fault *f)
{
	const struct accord_member m = { .id = a->hub.id, .name = a->hub.name, .country = a->hub.country, .kind = ACCORD_KIND_HUB, .hub = a->hub.id, .since = now };
	char key[SIGN_MULTIBASE];

	sign_public_multibase(a->hub.public_key, key);
	return publish_identity(a, tx, &m, now, key, f);
}

enum err accord_publish_member(struct accord *a, struct store_tx *tx, const struct accord_member *m, struct timestamp changed, struct fault *f)
{
	return publish_identity(a, tx, m, changed, NULL, f);
}

enum err accord_publish_agreement(struct accord *a, struct store_tx *tx, const struct accord_agreement *g, struct timestamp now, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(32u << 20);
	BUF_SCOPE struct buf statement, text;

	buf_init(&statement, DOCUMENT_MOST);
	buf_init(&text, DOCUMENT_MOST);
	if (!mem)
		return ERR_NOMEM;
	struct json_out s = state(a, &statement, g->marking);
	json_kspan(&s, "agreement", g->policy.id);
	json_kspan(&s, "digest", g->digest);
	json_key(&s, "document");
	json_put_raw(&s, g->json);
	json_close(&s, '}');
	struct json_out o = json_out(&text);
	head(a, &o, "marking-definition", g->marking, now);
	json_kspan(&o, "name", g->title);
	tail(&o, STIX_EXT_AGREEMENT, buf_span(&statement));
	return buf_ok(&statement) ? put(a, tx, mem, &text, f) : fault_set(f, ERR_LIMIT, "", "the agreement is too long to be published");
}

static const char *const events[] = { [ACCORD_SIGNED] = "signed", [ACCORD_WITHDRAWN] = "withdrawn", [ACCORD_SUSPENDED_FROM] = "suspended" };

enum err accord_publish_accession(struct accord *a, struct store_tx *tx, const struct accord_accession *x, struct timestamp now, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(4u << 20);
	BUF_SCOPE struct buf statement, text;
	struct span proven;
	char id[64];

	buf_init(&statement, DOCUMENT_MOST);
	buf_init(&text, DOCUMENT_MOST);
	if (!mem)
		return ERR_NOMEM;
	accord_accession_id(x, id);
	struct json_out s = state(a, &statement, span_of(id));
	json_kspan(&s, "agreement", x->agreement);
	json_kspan(&s, "digest", x->digest);
	json_kspan(&s, "org", x->org);
	json_kstr(&s, "event", events[x->event]);
	put_time(&s, "at", x->at);
	if (x->until.us != TIMESTAMP_NEVER.us)
		put_time(&s, "until", x->until);
	if (x->proof.n) {
		json_key(&s, "signature");
		json_put_raw(&s, x->proof);
	}
	json_close(&s, '}');
	enum err e = buf_ok(&statement) ? prove(a, mem, buf_span(&statement), now, &proven, f) : ERR_NOMEM;
	if (e != ERR_OK)
		return e;
	struct json_out o = json_out(&text);
	head(a, &o, "marking-definition", span_of(id), now);
	json_kstr(&o, "name", "Accession");
	tail(&o, STIX_EXT_ACCESSION, proven);
	return put(a, tx, mem, &text, f);
}

/* ---- taking in ---- */

struct taking {
	struct arena *mem;
	struct span peer;
	const uint8_t *key;
	struct stix_object object;
	struct json statement;
	/* what it says */
	struct accord_member member;
	struct timestamp changed;
	struct accord_document document;
	struct accord_accession accession;
	bool news; /* out */
};

static enum err bad(struct fault *f, const char *member, const char *what)
{
	return fault_set(f, ERR_INVALID, member, "the peer's document is not in order: %s", what);
}

static struct span word(const struct taking *w, const char *key)
{
	return json_string_or_none(json_get(w->statement, key));
}

static enum err time_of(const struct taking *w, const char *key, struct timestamp *out, struct fault *f)
{
	return timestamp_parse(word(w, key), out, NULL) == ERR_OK ? ERR_OK : bad(f, key, "it needs a time");
}

/* The statement is the peer's own, about this very object. */
static enum err proven_by(const struct taking *w, struct fault *f)
{
	uint8_t key[32];

	if (!span_eq(word(w, "id"), w->object.id) || !span_eq(word(w, "hub"), w->peer))
		return fault_set(f, ERR_DENIED, "hub", "the statement stands for another object or comes from another hub than %.*s", SPAN_ARG(w->peer));
	enum err e = sign_proof_check(w->mem, w->statement, key, f);
	if (e == ERR_OK && !sign_equal(key, w->key, sizeof(key)))
		e = fault_set(f, ERR_DENIED, "proof", "it is signed with another key than the hub's");
	return e;
}

static enum err read_list(const struct taking *w, const char *key, struct span **v, size_t *n, struct fault *f)
{
	struct json list = json_get(w->statement, key);

	if (json_count(list) > BOUND_NAMED)
		return bad(f, key, "the list is too long");
	*v = arena_array(w->mem, json_count(list) + 1, sizeof(**v));
	if (!*v)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); json_next(&it); (*n)++) {
		(*v)[*n] = json_string_or_none(it.value);
		if (accord_name_check((*v)[*n], key, f) != ERR_OK)
			return bad(f, key, "an item is no text or too long");
	}
	return ERR_OK;
}

static enum err read_keys(struct taking *w, struct fault *f)
{
	struct accord_member *m = &w->member;
	struct json list = json_get(w->statement, "keys");
	uint8_t bytes[32];

	if (json_count(list) > BOUND_NAMED)
		return bad(f, "keys", "the list is too long");
	m->keys = arena_array(w->mem, json_count(list) + 1, sizeof(*m->keys));
	if (!m->keys)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct accord_key *k = &m->keys[m->n_keys++];
		k->public_key = json_string_or_none(json_get(it.value, "public_key"));
		k->until = TIMESTAMP_NEVER;
		if (!sign_public_parse(k->public_key, bytes) || timestamp_parse(json_string_or_none(json_get(it.value, "since")), &k->since, NULL) != ERR_OK ||
			(json_has(json_get(it.value, "until")) && timestamp_parse(json_string_or_none(json_get(it.value, "until")), &k->until, NULL) != ERR_OK))
			return bad(f, "keys", "an item is no key with its times");
	}
	return ERR_OK;
}

static enum err read_member(struct taking *w, struct fault *f)
{
	struct accord_member *m = &w->member;

	m->id = w->object.id;
	m->hub = w->peer;
	m->name = word(w, "name");
	m->country = word(w, "country");
	if (accord_name_check(m->name, "name", f) != ERR_OK)
		return bad(f, "name", "it is missing, too long or holds control characters");
	if (!accord_country_ok(m->country))
		return bad(f, "country", "it is no ISO 3166-1 alpha-2 code");
	if (!accord_kind_parse(word(w, "kind"), &m->kind) || !accord_status_parse(word(w, "status"), &m->status))
		return bad(f, "kind", "kind or status is not known");
	enum err e = read_list(w, "sectors", &m->sectors, &m->n_sectors, f);
	if (e == ERR_OK)
		e = read_list(w, "clients_of", &m->clients_of, &m->n_clients_of, f);
	if (e == ERR_OK)
		e = read_keys(w, f);
	if (e == ERR_OK)
		e = time_of(w, "since", &m->since, f);
	return e == ERR_OK ? time_of(w, "changed", &w->changed, f) : e;
}

static enum err apply_member(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct taking *w = c->ctx;
	const struct accord_member *have = accord_find_member(c->before, w->member.id);
	struct db_stmt *s = db_prepare(store_tx_db(tx), "SELECT changed FROM accord_member WHERE id = ?", f);

	if (!s)
		return ERR_DB;
	if (have && !span_eq(have->hub, w->peer))
		return fault_set(f, ERR_DENIED, "id", "%.*s belongs to the hub %.*s", SPAN_ARG(have->id), SPAN_ARG(have->hub));
	if (accord_find_person(c->before, w->member.id))
		return fault_set(f, ERR_DENIED, "id", "%.*s is a person here", SPAN_ARG(w->member.id));
	db_bind_text(s, 1, w->member.id);
	enum err e = db_step(s, f);
	bool older = e == ERR_OK && db_int(s, 0) >= w->changed.us;
	db_reset(s);
	c->nothing = older;
	if (older || (e != ERR_OK && e != ERR_NOTFOUND))
		return e;
	w->news = true;
	e = accord_news_begin(store_tx_db(tx), w->peer, c->now, f);
	if (e == ERR_OK)
		e = accord_keys_put(store_tx_db(tx), w->member.id, w->peer, w->member.keys, w->member.n_keys, f);
	return e == ERR_OK ? accord_member_put(store_tx_db(tx), &w->member, w->changed, f) : e;
}

static enum err read_accession(struct taking *w, struct fault *f)
{
	struct accord_accession *x = &w->accession;
	size_t i = 0;

	*x = (struct accord_accession){ .agreement = word(w, "agreement"), .digest = word(w, "digest"), .org = word(w, "org"), .until = TIMESTAMP_NEVER };
	while (i < sizeof(events) / sizeof(*events) && !span_is(word(w, "event"), events[i]))
		i++;
	if (i == sizeof(events) / sizeof(*events))
		return bad(f, "event", "it is not known");
	x->event = (enum accord_event)i;
	if (json_has(json_get(w->statement, "signature"))) {
		BUF_SCOPE struct buf b;
		buf_init(&b, DOCUMENT_MOST);
		struct json_out o = json_out(&b);
		json_put(&o, json_get(w->statement, "signature"));
		x->proof = buf_ok(&b) ? arena_span(w->mem, buf_span(&b)) : (struct span){ NULL, 0 };
		if (!x->proof.p)
			return ERR_NOMEM;
	}
	if (x->agreement.n == 0 || x->agreement.n >= 128 || x->digest.n != (size_t)2 * SIGN_DIGEST || !stix_id_is(x->org, "identity"))
		return bad(f, "agreement", "agreement, digest or organisation is missing");
	enum err e = time_of(w, "at", &x->at, f);
	return e == ERR_OK && json_has(json_get(w->statement, "until")) ? time_of(w, "until", &x->until, f) : e;
}

/* Events may come before the text that they are about (from a third hub): they wait in their own table, where nothing reads them until then. */
static enum err room_for_more(struct db *db, struct span hub, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "SELECT COUNT(*) FROM accord_accession WHERE hub = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, hub);
	enum err e = db_step(s, f);
	int64_t n = e == ERR_OK ? db_int(s, 0) : 0;
	db_reset(s);
	return e == ERR_OK && n >= ACCESSIONS_MOST ? fault_set(f, ERR_LIMIT, "agreement", "%d accessions of this hub are here already", ACCESSIONS_MOST) : e;
}

/* What the party signed by itself is checked here again; a text that wants that has nothing without it. */
static enum err party_signed(struct taking *w, const struct accord_member *m, const struct accord_agreement *g, const struct accord_accession *x, struct fault *f)
{
	if (x->proof.n)
		return accord_proof_holds(w->mem, m, g->json, x, f);
	if (g->life.own_keys && x->event == ACCORD_SIGNED)
		return fault_set(f, ERR_DENIED, "signature", "%.*s wants each party's own signature; the hub %.*s gives only its word", SPAN_ARG(g->policy.id), SPAN_ARG(w->peer));
	return ERR_OK;
}

/* Events that came before their text: those whose proof does not hold go, now that it can be checked. */
static enum err sift(struct accord_change *c, struct db *db, const struct accord_document *d, struct fault *f)
{
	struct taking *w = c->ctx;
	const struct accord_agreement g = { .policy = d->policy, .json = d->json, .digest = d->digest, .life = d->life };
	struct db_stmt *q = db_prepare(db, "SELECT id, org, event, at, until, proof, hub FROM accord_accession WHERE agreement = ? AND digest = ? AND hub <> ''", f);
	struct span *gone = NULL;
	size_t n = 0, room = 0;
	enum err e;

	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, d->policy.id);
	db_bind_text(q, 2, d->digest);
	while ((e = db_step(q, f)) == ERR_OK) {
		const struct accord_accession x = { .agreement = d->policy.id, .digest = d->digest, .org = arena_span(w->mem, db_text(q, 1)), .event = (enum accord_event)db_int(q, 2), .at = { db_int(q, 3) }, .until = { db_int(q, 4) }, .proof = arena_span(w->mem, db_text(q, 5)) };
		const struct accord_member *m = accord_find_member(c->before, x.org);
		struct fault why;
		if (m && span_eq(m->hub, db_text(q, 6)) && party_signed(w, m, &g, &x, &why) == ERR_OK)
			continue;
		if (n == room) {
			struct span *more = arena_array(w->mem, room += 64, sizeof(*more));
			if (!more)
				break;
			if (n)
				memcpy(more, gone, n * sizeof(*gone));
			gone = more;
		}
		gone[n++] = arena_span(w->mem, db_text(q, 0));
	}
	db_reset(q);
	e = e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_NOMEM
						     : e;
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		q = db_prepare(db, "DELETE FROM accord_accession WHERE id = ?", f);
		if (!q)
			return ERR_DB;
		db_bind_text(q, 1, gone[i]);
		e = db_run(q, f);
	}
	return e;
}

static enum err apply_accession(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct taking *w = c->ctx;
	const struct accord_agreement *g = accord_find_agreement(c->before, w->accession.agreement);
	const struct accord_member *m = accord_find_member(c->before, w->accession.org);
	struct db *db = store_tx_db(tx);

	if (g && !span_eq(g->digest, w->accession.digest))
		return fault_set(f, ERR_DENIED, "digest", "another text of %.*s was signed (SHA-256 %.12s…, here %.12s…)", SPAN_ARG(g->policy.id), w->accession.digest.p, g->digest.p);
	if (!m || !span_eq(m->hub, w->peer))
		return fault_set(f, ERR_DENIED, "org", "%.*s is no member of the hub %.*s: that one cannot speak for it", SPAN_ARG(w->accession.org), SPAN_ARG(w->peer));
	if (g)
		w->accession.agreement = g->policy.id;
	enum err e = g ? party_signed(w, m, g, &w->accession, f) : room_for_more(db, w->peer, f);
	c->all = c->all || (g && g->life.supersedes.n);
	if (e == ERR_OK)
		e = accord_accession_put(db, &w->accession, w->peer, f);
	w->news = e == ERR_OK && g && db_changes(db) > 0;
	c->nothing = !w->news;
	c->agreement = w->accession.agreement;
	return e;
}

static enum err apply_agreement(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct taking *w = c->ctx;
	const struct accord_agreement *have = accord_find_agreement(c->before, w->document.policy.id);

	if (have && !span_eq(have->digest, w->document.digest))
		return fault_set(f, ERR_DENIED, "digest", "%.*s is here with another text (SHA-256 %.12s…, the peer's %.12s…): the operators have to settle it", SPAN_ARG(have->policy.id),
			have->digest.p, w->document.digest.p);
	c->nothing = have != NULL;
	if (have)
		return ERR_OK;
	w->news = true;
	c->agreement = w->document.policy.id;
	c->all = c->all || w->document.life.supersedes.n > 0;
	enum err e = sift(c, store_tx_db(tx), &w->document, f);
	return e == ERR_OK ? accord_document_put(store_tx_db(tx), &w->document, c->now, f) : e;
}

static enum err read_agreement(struct taking *w, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, DOCUMENT_MOST);
	struct json_out o = json_out(&b);
	json_put(&o, json_get(w->statement, "document"));
	if (!buf_ok(&b))
		return ERR_NOMEM;
	if (!json_has(json_get(json_get(w->statement, "document"), "id")))
		return bad(f, "document", "the agreement has no id");
	enum err e = accord_document_read(w->mem, buf_span(&b), (struct timestamp){ 0 }, &w->document, f);
	if (e == ERR_OK && (!span_eq(word(w, "digest"), w->document.digest) || !span_is(w->object.id, w->document.marking)))
		e = bad(f, "digest", "digest or id do not belong to the agreement's text");
	return e;
}

struct sort {
	const char *extension;
	bool proof;
	enum err (*read)(struct taking *w, struct fault *f);
	enum err (*apply)(struct accord_change *c, struct store_tx *tx, struct fault *f);
};
static const struct sort sorts[] = {
	{ STIX_EXT_MEMBER, true, read_member, apply_member },
	{ STIX_EXT_AGREEMENT, false, read_agreement, apply_agreement },
	{ STIX_EXT_ACCESSION, true, read_accession, apply_accession },
};

static const struct sort *sort_of(struct taking *w)
{
	struct json extensions = json_get(w->object.value, "extensions");

	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++) {
		w->statement = json_get(extensions, sorts[i].extension);
		if (json_is(w->statement, JSON_OBJECT))
			return &sorts[i];
	}
	return NULL;
}

enum err accord_directory_take(struct accord *a, struct span peer_hub, const uint8_t peer_key[static 32], struct span raw, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(64u << 20);
	struct taking w = { .mem = mem, .peer = peer_hub, .key = peer_key };
	struct accord_change c = { .a = a, .ctx = &w };
	struct json v;
	enum err e = !mem ? ERR_NOMEM : raw.n > DOCUMENT_MOST ? fault_set(f, ERR_LIMIT, "", "the document is too long")
							      : json_read(mem, raw, &v, f);

	if (e == ERR_OK)
		e = stix_object_read(mem, v, raw, &w.object, f);
	if (e != ERR_OK)
		return e;
	const struct sort *s = sort_of(&w);
	if (!s)
		return fault_set(f, ERR_DENIED, "type", "a %.*s without one of the extensions for members, agreements and accessions has no place in a directory",
			SPAN_ARG(w.object.type));
	if (s->proof && (e = proven_by(&w, f)) != ERR_OK)
		return e;
	if ((e = s->read(&w, f)) != ERR_OK)
		return e;
	if (span_eq(w.object.id, peer_hub))
		return ERR_OK; /* the hub's own record: whoever links to it has its key already */
	if (span_eq(w.object.id, a->hub.id))
		return fault_set(f, ERR_DENIED, "id", "this is the id of this hub itself");
	c.apply = s->apply;
	e = accord_change_run(&c, f);
	return e == ERR_OK && w.news ? accord_held_retry(a, f) : e;
}
