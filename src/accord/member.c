/* SPDX-License-Identifier: Apache-2.0 */
/* Members of this hub: admitting, suspending, removing, delegating; and peer hubs saying who they are. */
#include "accord/accord_priv.h"

enum err accord_member_put(struct db *db, const struct accord_member *m, struct timestamp changed, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(4u << 20);
	struct db_stmt *s = db_prepare(db,
		"INSERT INTO accord_member(id, name, country, kind, status, hub, hub_id, sectors, clients_of, since, changed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT(id) DO UPDATE SET name = excluded.name, country = excluded.country, kind = excluded.kind, status = excluded.status, hub = excluded.hub,"
		" hub_id = excluded.hub_id, sectors = excluded.sectors, clients_of = excluded.clients_of, since = excluded.since, changed = excluded.changed",
		f);

	if (!mem)
		return ERR_NOMEM;
	if (!s)
		return ERR_DB;
	struct span sectors = accord_join(mem, m->sectors, m->n_sectors), clients = accord_join(mem, m->clients_of, m->n_clients_of);
	if (!sectors.p || !clients.p)
		return ERR_NOMEM;
	db_bind_text(s, 1, m->id);
	db_bind_text(s, 2, m->name);
	db_bind_text(s, 3, m->country);
	db_bind_text(s, 4, span_of(accord_kind_name(m->kind)));
	db_bind_text(s, 5, span_of(accord_status_name(m->status)));
	db_bind_text(s, 6, m->hub);
	db_bind_text(s, 7, m->hub_id.n ? m->hub_id : SPAN(""));
	db_bind_text(s, 8, sectors);
	db_bind_text(s, 9, clients);
	db_bind_int(s, 10, m->since.us);
	db_bind_int(s, 11, changed.us);
	return db_run(s, f);
}

/* A member's record moves on in time with each change, whatever the clock does: peers keep the newest. */
enum err accord_member_publish_anew(struct accord_change *c, struct store_tx *tx, const struct accord_member *m, struct fault *f)
{
	struct db *db = store_tx_db(tx);
	struct db_stmt *s = db_prepare(db, "SELECT changed FROM accord_member WHERE id = ?", f);
	struct timestamp changed = c->now;

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, m->id);
	enum err e = db_step(s, f);
	if (e == ERR_OK && db_int(s, 0) >= changed.us)
		changed.us = db_int(s, 0) + 1;
	db_reset(s);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	e = accord_member_put(db, m, changed, f);
	return e == ERR_OK && m->kind != ACCORD_KIND_HUB ? accord_publish_member(c->a, tx, m, changed, f) : e;
}

/* ---- admitting ---- */

static enum err list_check(const struct span *v, size_t n, const char *where, struct fault *f)
{
	if (n > BOUND_NAMED)
		return fault_set(f, ERR_LIMIT, where, "%zu are given, %d are allowed", n, BOUND_NAMED);
	for (size_t i = 0; i < n; i++) {
		enum err e = accord_name_check(v[i], where, f);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err member_check(const struct accord_member *m, struct fault *f)
{
	enum err e = accord_name_check(m->name, "name", f);

	if (e == ERR_OK && m->id.n && !stix_id_is(m->id, "identity"))
		e = fault_set(f, ERR_INVALID, "id", "must be \"identity--\" and a UUID in lower case");
	if (e == ERR_OK && !accord_country_ok(m->country))
		e = fault_set(f, ERR_INVALID, "country", "\"%.*s\" is no ISO 3166-1 alpha-2 code, such as JP or TH", (int)(m->country.n < 32 ? m->country.n : 32), m->country.p);
	if (e == ERR_OK)
		e = list_check(m->sectors, m->n_sectors, "sectors", f);
	return e == ERR_OK ? list_check(m->clients_of, m->n_clients_of, "clients_of", f) : e;
}

static enum err add(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct accord_member *like = c->ctx;
	struct accord_member m = *like;

	if (accord_find_member(c->before, m.id) || accord_find_person(c->before, m.id) || span_eq(m.id, c->a->hub.id))
		return fault_set(f, ERR_CONFLICT, "id", "%.*s is there already", SPAN_ARG(m.id));
	for (size_t i = 0; i < m.n_clients_of; i++)
		if (!accord_find_member(c->before, m.clients_of[i]))
			return fault_set(f, ERR_NOTFOUND, "clients_of", "%.*s is no member: add it first", SPAN_ARG(m.clients_of[i]));
	m.status = ACCORD_ACTIVE;
	m.hub = c->a->hub.id;
	m.hub_id = (struct span){ NULL, 0 };
	m.since = c->now;
	return accord_member_publish_anew(c, tx, &m, f);
}

enum err accord_member_add(struct accord *a, const struct accord_member *m, char id_out[static 64], struct fault *f)
{
	struct accord_member with_id = *m;
	struct accord_change c = { .a = a, .apply = add, .ctx = &with_id };
	char id[64];
	enum err e = member_check(m, f);

	if (e != ERR_OK)
		return e;
	if (m->id.n == 0) {
		accord_id_new("identity", id);
		with_id.id = span_of(id);
	}
	e = accord_change_run(&c, f);
	if (e != ERR_OK)
		return e;
	memcpy(id_out, with_id.id.p, with_id.id.n);
	id_out[with_id.id.n] = '\0';
	return ERR_OK;
}

/* ---- standing ---- */

struct standing {
	struct span id;
	enum accord_status to;
};

enum err accord_member_local(const struct accord_snapshot *s, struct span id, const struct accord_member **out, struct fault *f)
{
	const struct accord_member *m = accord_find_member(s, id);

	if (!m)
		return fault_set(f, ERR_NOTFOUND, "member", "%.*s is no member; `musubi member list` shows them", (int)(id.n < 64 ? id.n : 64), id.p);
	if (!m->local)
		return fault_set(f, ERR_DENIED, "member", "%.*s belongs to the hub %.*s: it is for that one to say", SPAN_ARG(m->id), SPAN_ARG(m->hub));
	*out = m;
	return ERR_OK;
}

static enum err drop_logins(struct db *db, struct span member, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "DELETE FROM accord_token WHERE member = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, member);
	enum err e = db_run(s, f);
	if (e != ERR_OK)
		return e;
	s = db_prepare(db, "DELETE FROM accord_user WHERE member = ?", f);
	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, member);
	return db_run(s, f);
}

static enum err stand(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct standing *w = c->ctx;
	const struct accord_member *m;
	enum err e = accord_member_local(c->before, w->id, &m, f);

	if (e != ERR_OK)
		return e;
	struct accord_member changed = *m;
	changed.status = w->to;
	e = accord_member_publish_anew(c, tx, &changed, f);
	return e == ERR_OK && w->to == ACCORD_REMOVED ? drop_logins(store_tx_db(tx), w->id, f) : e;
}

enum err accord_member_status(struct accord *a, struct span id, enum accord_status to, struct fault *f)
{
	struct standing w = { id, to };
	struct accord_change c = { .a = a, .apply = stand, .ctx = &w };

	return accord_change_run(&c, f);
}

/* ---- delegation ---- */

struct delegation {
	struct span from, to;
	bool on;
};

static enum err delegate(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct delegation *w = c->ctx;
	const struct accord_member *m;
	struct db_stmt *s = db_prepare(store_tx_db(tx), w->on ? "INSERT INTO accord_delegation(creator, submitter) VALUES(?, ?) ON CONFLICT DO NOTHING" : "DELETE FROM accord_delegation WHERE creator = ? AND submitter = ?", f);
	if (!s)
		return ERR_DB;
	enum err e = accord_member_local(c->before, w->to, &m, f);
	if (e == ERR_OK && !accord_find_member(c->before, w->from))
		e = fault_set(f, ERR_NOTFOUND, "from", "%.*s is no member; `musubi member list` shows them", (int)(w->from.n < 64 ? w->from.n : 64), w->from.p);
	if (e != ERR_OK)
		return e;
	db_bind_text(s, 1, w->from);
	db_bind_text(s, 2, w->to);
	return db_run(s, f);
}

enum err accord_delegate(struct accord *a, struct span from, struct span to, bool on, struct fault *f)
{
	struct delegation w = { from, to, on };
	struct accord_change c = { .a = a, .apply = delegate, .ctx = &w };

	return accord_change_run(&c, f);
}

/* ---- hubs ---- */

struct claim {
	struct span org, id;
};

static enum err claim(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	const struct claim *w = c->ctx;
	const struct accord_member *m = accord_find_hub(c->before, w->org), *other = accord_find_hub(c->before, w->id);

	if (!m)
		return fault_set(f, ERR_DENIED, "X-Musubi-Hub", "the token is not a hub's");
	c->nothing = span_eq(m->hub_id, w->id);
	if (c->nothing)
		return ERR_OK;
	if (m->hub_id.n)
		return fault_set(f, ERR_DENIED, "X-Musubi-Hub", "this token belongs to the hub %.*s and not to %.*s: give each hub a token of its own", SPAN_ARG(m->hub_id), SPAN_ARG(w->id));
	if (other && other != m)
		return fault_set(f, ERR_DENIED, "X-Musubi-Hub", "%.*s is known under another token already", SPAN_ARG(w->id));
	struct accord_member changed = *m;
	changed.hub_id = w->id;
	return accord_member_publish_anew(c, tx, &changed, f);
}

enum err accord_hub_is(struct accord *a, const struct accord_principal *p, struct span id, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(a);
	const struct accord_member *m = p->hub ? accord_find_hub(s, p->org) : NULL, *same = accord_find_member(s, id);
	struct claim w = { p->org, id };
	struct accord_change c = { .a = a, .apply = claim, .ctx = &w };
	bool known = m && m->hub_id.n && span_eq(m->hub_id, id), taken = same && same != m;

	accord_snapshot_unref(s);
	if (known)
		return ERR_OK;
	if (!p->hub)
		return fault_set(f, ERR_DENIED, "X-Musubi-Hub", "the token is not a hub's: a member of kind \"hub\" has one");
	if (!stix_id_is(id, "identity") || id.n >= 64)
		return fault_set(f, ERR_INVALID, "X-Musubi-Hub", "must be \"identity--\" and a UUID in lower case");
	if (taken || span_eq(id, a->hub.id))
		return fault_set(f, ERR_DENIED, "X-Musubi-Hub", "%.*s stands for somebody else", SPAN_ARG(id));
	return accord_change_run(&c, f);
}
