/* SPDX-License-Identifier: Apache-2.0 */
/* Links as they are kept: added, removed, listed; cursors, refusals and state in tables of this room. */
#include "peer/peer_priv.h"
#include "peer/client.h"
#include <stdio.h>

static const char *const steps[] = {
	"CREATE TABLE peer_link (id TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, token TEXT NOT NULL, user_name TEXT NOT NULL, password TEXT NOT NULL,"
	" ca_file TEXT NOT NULL, collection TEXT NOT NULL, into_alias TEXT NOT NULL, member TEXT NOT NULL,"
	" hub_id TEXT NOT NULL, hub_name TEXT NOT NULL, country TEXT NOT NULL, public_key TEXT NOT NULL, epoch TEXT NOT NULL)",
	"CREATE TABLE peer_cursor (link TEXT NOT NULL, collection TEXT NOT NULL, after_us BIGINT NOT NULL, after_text TEXT NOT NULL, PRIMARY KEY (link, collection))",
	"CREATE TABLE peer_refused (link TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, collection TEXT NOT NULL, object TEXT NOT NULL,"
	" version TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (link, number))",
	"CREATE TABLE peer_state (link TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, connected BIGINT NOT NULL, last_contact BIGINT NOT NULL,"
	" last_object BIGINT NOT NULL, lag_us BIGINT NOT NULL, taken BIGINT NOT NULL, refused BIGINT NOT NULL, held BIGINT NOT NULL, last_error TEXT NOT NULL)",
	"CREATE TABLE peer_waiting (link TEXT NOT NULL, id TEXT NOT NULL, since BIGINT NOT NULL, raw BLOB NOT NULL, PRIMARY KEY (link, id))",
};

enum err peer_tables(struct accord *a, struct fault *f)
{
	return store_migrate(accord_store(a), "peer", steps, sizeof steps / sizeof *steps, f);
}

/* ---- small helpers over db.h ---- */

/* Columns as spans, in order, kept in a. */
static bool keep(struct arena *a, struct db_stmt *s, struct span *const *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct span v = db_text(s, (int)i);
		*to[i] = v.n ? arena_span(a, v) : (struct span){ "", 0 };
		if (!to[i]->p)
			return false;
	}
	return true;
}

/* An absent span is the empty text, never NULL. */
static void bind(struct db_stmt *s, int at, struct span v)
{
	db_bind_text(s, at, v.p ? v : SPAN(""));
}

static enum err run_for(struct db *db, const char *sql, struct span link, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, sql, f);
	if (!s)
		return ERR_DB;
	bind(s, 1, link);
	return db_run(s, f);
}

/* ---- configuration ---- */

static enum err check_config(struct accord *a, const struct peer_config *c, struct arena *mem, struct fault *f)
{
	struct client_options o = { .url = arena_str(mem, c->url), .token = c->token.n ? arena_str(mem, c->token) : NULL, .user = c->user.n ? arena_str(mem, c->user) : NULL, .password = c->password.n ? arena_str(mem, c->password) : NULL, .ca_file = c->ca_file.n ? arena_str(mem, c->ca_file) : NULL };
	struct client *client;
	if (!o.url)
		return fault_set(f, ERR_NOMEM, "", "no memory for a link");
	enum err e = client_new(&o, &client, f); /* judges the address and the texts */
	if (e)
		return e;
	client_free(client);
	if (c->member.n) {
		const struct accord_snapshot *s = accord_snapshot(a);
		const struct accord_member *m = accord_find_member(s, c->member);
		bool good = m && m->local && m->kind != ACCORD_KIND_HUB;
		accord_snapshot_unref(s);
		if (!good)
			return fault_set(f, ERR_NOTFOUND, "--member", "%.*s is no member of this hub: name the member that answers for the server's objects (`musubi member list`)",
				c->member.n > 80 ? 80 : SPAN_ARG(c->member));
	} else if (c->collection.n || c->into.n) {
		return fault_set(f, ERR_USAGE, "--member", "a single collection is for servers that are no hubs: say with --member who answers for its objects");
	}
	return ERR_OK;
}

/* "https://hub.example:8443/x" -> "hub.example-8443" */
static struct span make_id(struct arena *mem, const struct peer_config *c)
{
	struct span s = c->id;
	if (!s.n) {
		s = c->url;
		const char *at = memmem(s.p, s.n, "://", 3);
		if (at)
			s = (struct span){ at + 3, s.n - (size_t)(at + 3 - s.p) };
		const char *slash = memchr(s.p, '/', s.n);
		s.n = slash ? (size_t)(slash - s.p) : s.n;
	}
	char *id = arena_str(mem, s);
	size_t n = 0;
	for (size_t i = 0; id && i < s.n && n < 100; i++) {
		bool plain = (id[i] >= 'a' && id[i] <= 'z') || (id[i] >= 'A' && id[i] <= 'Z') || (id[i] >= '0' && id[i] <= '9') || strchr("._-", id[i]);
		if (plain || (n && id[n - 1] != '-'))
			id[n++] = plain ? id[i] : '-';
	}
	return (struct span){ id, id ? n : 0 };
}

struct adding {
	const struct peer_config *c;
	struct span id;
};

static enum err add_link(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct adding *x = ctx;
	const struct span columns[] = { x->id, x->c->url, x->c->token, x->c->user, x->c->password, x->c->ca_file, x->c->collection, x->c->into, x->c->member };
	struct db_stmt *s = db_prepare(store_tx_db(tx), "INSERT INTO peer_link (id, url, token, user_name, password, ca_file, collection, into_alias, member,"
							" hub_id, hub_name, country, public_key, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '', '')",
		f);
	if (!s)
		return ERR_DB;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		bind(s, (int)i + 1, columns[i]);
	enum err e = db_run(s, f);
	if (e == ERR_CONFLICT)
		fault_set(f, e, "peer add", "there is a link \"%.*s\" already: remove it first, or give this one another name with --id", SPAN_ARG(x->id));
	return e;
}

enum err peer_add(struct accord *a, const struct peer_config *c, char id_out[PEER_ID], struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1 << 20);
	struct adding x = { .c = c };
	if (!mem)
		return fault_set(f, ERR_NOMEM, "", "no memory for a link");
	enum err e = peer_tables(a, f);
	if (e == ERR_OK)
		e = check_config(a, c, mem, f);
	if (e)
		return e;
	x.id = make_id(mem, c);
	if (!x.id.n)
		return fault_set(f, ERR_USAGE, "--id", "a link's name is made of letters, digits, '.', '_' and '-'");
	e = store_write(accord_store(a), add_link, &x, f);
	if (e == ERR_OK && id_out)
		snprintf(id_out, PEER_ID, "%.*s", SPAN_ARG(x.id));
	return e;
}

static enum err remove_link(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct span *id = ctx;
	struct db *db = store_tx_db(tx);
	enum err e = run_for(db, "DELETE FROM peer_link WHERE id = ?", *id, f);
	if (e == ERR_OK && db_changes(db) == 0)
		return fault_set(f, ERR_NOTFOUND, "peer remove", "there is no link \"%.*s\"; `musubi peer list` shows them", id->n > 80 ? 80 : SPAN_ARG(*id));
	static const char *const rest[] = { "DELETE FROM peer_cursor WHERE link = ?", "DELETE FROM peer_refused WHERE link = ?", "DELETE FROM peer_state WHERE link = ?",
		"DELETE FROM peer_waiting WHERE link = ?" };
	for (size_t i = 0; e == ERR_OK && i < sizeof rest / sizeof *rest; i++)
		e = run_for(db, rest[i], *id, f);
	return e;
}

enum err peer_remove(struct accord *a, struct span id, struct fault *f)
{
	enum err e = peer_tables(a, f);
	return e ? e : store_write(accord_store(a), remove_link, &id, f);
}

/* ---- reading ---- */

struct listing {
	struct arena *to;
	struct peer_row *v;
	size_t n, room;
};

static enum err read_rows(void *ctx, struct db *db, struct fault *f)
{
	struct listing *l = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT id, url, token, user_name, password, ca_file, collection, into_alias, member,"
					   " hub_id, hub_name, country, public_key, epoch FROM peer_link ORDER BY id",
		f);
	enum err e;
	if (!s)
		return ERR_DB;
	while ((e = db_step(s, f)) == ERR_OK) {
		if (l->n == l->room) {
			size_t room = l->room ? l->room * 2 : 8;
			struct peer_row *more = arena_array(l->to, room, sizeof *more);
			if (!more)
				return ERR_NOMEM;
			if (l->n)
				memcpy(more, l->v, l->n * sizeof *more);
			l->v = more;
			l->room = room;
		}
		struct peer_row *r = &l->v[l->n++];
		struct span *const to[] = { &r->config.id, &r->config.url, &r->config.token, &r->config.user, &r->config.password, &r->config.ca_file,
			&r->config.collection, &r->config.into, &r->config.member, &r->hub_id, &r->name, &r->country, &r->public_key, &r->epoch };
		if (!keep(l->to, s, to, sizeof to / sizeof *to))
			return ERR_NOMEM;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err peer_rows(struct accord *a, struct arena *to, struct peer_row **out, size_t *n, struct fault *f)
{
	struct listing l = { .to = to };
	enum err e = peer_tables(a, f);
	if (e == ERR_OK)
		e = store_read(accord_store(a), read_rows, &l, f);
	if (e == ERR_OK) {
		*out = l.v;
		*n = l.n;
	}
	return e;
}

/* F11: what is withheld because nothing was heard of the hub's policy. */
static void note_news(const struct accord_snapshot *s, struct timestamp now, struct peer_status *v)
{
	const struct policy_label strict = { .tlp = STIX_TLP_AMBER_STRICT }, other = { .tlp = STIX_TLP_AMBER };
	v->last_news = v->hub_id.n ? accord_news(s, v->hub_id) : (struct timestamp){ 0 };
	v->withheld = !v->last_news.us || timestamp_before(now, policy_news_hold(&strict, v->last_news)) ? "none"
		      : timestamp_before(now, policy_news_hold(&other, v->last_news))                    ? "amber+strict"
													 : "all";
}

enum err peer_list(struct accord *a, struct timestamp now, struct arena *to, struct peer_status **out, size_t *n, struct fault *f)
{
	struct peer_row *rows = NULL;
	size_t count = 0;
	enum err e = peer_rows(a, to, &rows, &count, f);
	if (e)
		return e;
	struct peer_status *v = arena_array(to, count + 1, sizeof *v);
	const struct accord_snapshot *facts = accord_snapshot(a);
	if (!v)
		e = fault_set(f, ERR_NOMEM, "", "no memory for the list of links");
	for (size_t i = 0; i < count && e == ERR_OK; i++) {
		struct peer_state s;
		e = peer_state_get(a, rows[i].config.id, &s, f);
		if (e)
			break;
		v[i] = (struct peer_status){ .id = rows[i].config.id, .url = rows[i].config.url, .hub_id = rows[i].hub_id, .name = rows[i].name, .last_error = arena_span(to, span_of(s.last_error)), .connected = s.connected, .last_contact = s.last_contact, .last_object = s.last_object, .lag_us = s.lag_us, .taken = s.taken, .refused = s.refused, .held = s.held };
		note_news(facts, now, &v[i]);
	}
	accord_snapshot_unref(facts);
	*out = v;
	*n = count;
	return e;
}

struct refusals_query {
	struct arena *to;
	struct span link;
	struct peer_refused *v;
	size_t n;
};

static enum err read_refusals(void *ctx, struct db *db, struct fault *f)
{
	struct refusals_query *q = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT at, object, version, reason FROM peer_refused WHERE link = ? ORDER BY at DESC, number DESC", f);
	enum err e;
	if (!s)
		return ERR_DB;
	bind(s, 1, q->link);
	while ((e = db_step(s, f)) == ERR_OK && q->n < PEER_REFUSED_KEPT) {
		q->v[q->n++] = (struct peer_refused){ { db_int(s, 0) }, arena_span(q->to, db_text(s, 1)), arena_span(q->to, db_text(s, 2)), arena_span(q->to, db_text(s, 3)) };
		if (!arena_ok(q->to))
			return ERR_NOMEM;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err peer_refusals(struct accord *a, struct arena *to, struct span id, struct peer_refused **out, size_t *n, struct fault *f)
{
	struct refusals_query q = { .to = to, .link = id, .v = arena_array(to, PEER_REFUSED_KEPT, sizeof *q.v) };
	enum err e = q.v ? peer_tables(a, f) : fault_set(f, ERR_NOMEM, "", "no memory for the list");
	if (e == ERR_OK)
		e = store_read(accord_store(a), read_refusals, &q, f);
	if (e == ERR_OK) {
		*out = q.v;
		*n = q.n;
	}
	return e;
}

/* ---- what links learn ---- */

static enum err learn(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct peer_row *r = ctx;
	const struct span columns[] = { r->hub_id, r->name, r->country, r->public_key, r->epoch, r->config.id };
	struct db *db = store_tx_db(tx);
	struct db_stmt *s = db_prepare(db, "SELECT epoch FROM peer_link WHERE id = ?", f);
	if (!s)
		return ERR_DB;
	bind(s, 1, r->config.id);
	enum err e = db_step(s, f);
	bool begins_anew = e == ERR_OK && !span_eq(db_text(s, 0), r->epoch);
	db_reset(s);
	if (e)
		return e == ERR_NOTFOUND ? ERR_OK : e; /* removed meanwhile */
	if (begins_anew)
		e = run_for(db, "DELETE FROM peer_cursor WHERE link = ?", r->config.id, f);
	s = e == ERR_OK ? db_prepare(db, "UPDATE peer_link SET hub_id = ?, hub_name = ?, country = ?, public_key = ?, epoch = ? WHERE id = ?", f) : NULL;
	if (!s)
		return e ? e : ERR_DB;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		bind(s, (int)i + 1, columns[i]);
	return db_run(s, f);
}

enum err peer_learn(struct accord *a, const struct peer_row *r, struct fault *f)
{
	struct peer_row copy = *r;
	return store_write(accord_store(a), learn, &copy, f);
}

struct cursor_query {
	struct span link, collection;
	struct peer_cursor *out;
};

static enum err read_cursor(void *ctx, struct db *db, struct fault *f)
{
	const struct cursor_query *q = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT after_us, after_text FROM peer_cursor WHERE link = ? AND collection = ?", f);
	if (!s)
		return ERR_DB;
	bind(s, 1, q->link);
	bind(s, 2, q->collection);
	enum err e = db_step(s, f);
	if (e == ERR_OK) {
		struct span text = db_text(s, 1);
		*q->out = (struct peer_cursor){ .any = true, .after = { db_int(s, 0) } };
		if (text.n < sizeof q->out->text)
			memcpy(q->out->text, text.p, text.n);
		db_reset(s);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err peer_cursor_get(struct accord *a, struct span link, struct span collection, struct peer_cursor *out, struct fault *f)
{
	struct cursor_query q = { link, collection, out };
	*out = (struct peer_cursor){ 0 };
	return store_read(accord_store(a), read_cursor, &q, f);
}

static enum err put_refused(struct db *db, const struct peer_progress *p, const struct peer_refusal *r, uint64_t number, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "INSERT INTO peer_refused (link, number, at, collection, object, version, reason) VALUES (?, ?, ?, ?, ?, ?, ?)"
					   " ON CONFLICT (link, number) DO UPDATE SET at = excluded.at, collection = excluded.collection, object = excluded.object,"
					   " version = excluded.version, reason = excluded.reason",
		f);
	if (!s)
		return ERR_DB;
	bind(s, 1, p->link);
	db_bind_int(s, 2, (int64_t)(number % PEER_REFUSED_KEPT));
	db_bind_int(s, 3, p->now.us);
	bind(s, 4, p->collection);
	bind(s, 5, r->id);
	bind(s, 6, r->version);
	bind(s, 7, r->reason);
	return db_run(s, f);
}

/* Keeps what waits, as far as there is room; *kept tells how many. */
static enum err put_waiting(struct db *db, const struct peer_progress *p, size_t *kept, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "SELECT count(*) FROM peer_waiting WHERE link = ?", f);
	if (!s)
		return ERR_DB;
	bind(s, 1, p->link);
	enum err e = db_step(s, f);
	int64_t there = e == ERR_OK ? db_int(s, 0) : 0;
	db_reset(s);
	for (*kept = 0; e == ERR_OK && *kept < p->n_waiting && there < PEER_WAITING_MOST; ++*kept, there++) {
		s = db_prepare(db, "INSERT INTO peer_waiting (link, id, since, raw) VALUES (?, ?, ?, ?) ON CONFLICT (link, id) DO UPDATE SET raw = excluded.raw", f);
		if (!s)
			return ERR_DB;
		bind(s, 1, p->link);
		bind(s, 2, p->waiting[*kept].id);
		db_bind_int(s, 3, p->now.us);
		db_bind_blob(s, 4, p->waiting[*kept].raw);
		e = db_run(s, f);
	}
	return e;
}

static enum err put_progress(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct peer_progress *p = ctx;
	struct db *db = store_tx_db(tx);
	size_t from = p->n_refused > PEER_REFUSED_KEPT ? p->n_refused - PEER_REFUSED_KEPT : 0;
	struct db_stmt *there = db_prepare(db, "SELECT 1 FROM peer_link WHERE id = ?", f);
	if (!there)
		return ERR_DB;
	bind(there, 1, p->link);
	enum err e = db_step(there, f);
	db_reset(there);
	if (e)
		return e == ERR_NOTFOUND ? ERR_OK : e; /* removed meanwhile: leave nothing for a later link of that name */
	for (size_t i = from; e == ERR_OK && i < p->n_refused; i++)
		e = put_refused(db, p, &p->refused[i], p->refused_before + i, f);
	size_t kept = 0;
	if (e == ERR_OK && p->n_waiting)
		e = put_waiting(db, p, &kept, f);
	for (size_t i = kept; e == ERR_OK && i < p->n_waiting; i++) {
		const struct peer_refusal full = { p->waiting[i].id, SPAN(""), SPAN("too many documents of this hub wait for another hub's already") };
		e = put_refused(db, p, &full, p->refused_before + p->n_refused + i, f);
	}
	if (e || !p->cursor.any)
		return e;
	struct db_stmt *s = db_prepare(db, "INSERT INTO peer_cursor (link, collection, after_us, after_text) VALUES (?, ?, ?, ?)"
					   " ON CONFLICT (link, collection) DO UPDATE SET after_us = excluded.after_us, after_text = excluded.after_text",
		f);
	if (!s)
		return ERR_DB;
	bind(s, 1, p->link);
	bind(s, 2, p->collection);
	db_bind_int(s, 3, p->cursor.after.us);
	bind(s, 4, span_of(p->cursor.text));
	return db_run(s, f);
}

enum err peer_progress_put(struct accord *a, const struct peer_progress *p, struct fault *f)
{
	struct peer_progress copy = *p;
	return store_write(accord_store(a), put_progress, &copy, f);
}

/* ---- documents that wait ---- */

struct waiting_query {
	struct arena *to;
	struct span link, id;
	size_t most, n;
	struct peer_document *v;
};

static enum err read_waiting(void *ctx, struct db *db, struct fault *f)
{
	struct waiting_query *q = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT id, raw FROM peer_waiting WHERE link = ? ORDER BY since, id LIMIT ?", f);
	enum err e;
	if (!s)
		return ERR_DB;
	bind(s, 1, q->link);
	db_bind_int(s, 2, (int64_t)q->most);
	while ((e = db_step(s, f)) == ERR_OK && q->n < q->most) {
		q->v[q->n++] = (struct peer_document){ arena_span(q->to, db_text(s, 0)), arena_span(q->to, db_blob(s, 1)) };
		if (!arena_ok(q->to))
			return ERR_NOMEM;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err peer_waiting(struct accord *a, struct arena *to, struct span link, size_t most, struct peer_document **out, size_t *n, struct fault *f)
{
	struct waiting_query q = { .to = to, .link = link, .most = most, .v = arena_array(to, most, sizeof *q.v) };
	if (!q.v)
		return fault_set(f, ERR_NOMEM, "", "no memory for documents that wait");
	enum err e = store_read(accord_store(a), read_waiting, &q, f);
	*out = q.v;
	*n = q.n;
	return e;
}

static enum err drop_waiting(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct waiting_query *q = ctx;
	struct db_stmt *s = db_prepare(store_tx_db(tx), "DELETE FROM peer_waiting WHERE link = ? AND id = ?", f);
	if (!s)
		return ERR_DB;
	bind(s, 1, q->link);
	bind(s, 2, q->id);
	return db_run(s, f);
}

enum err peer_waiting_over(struct accord *a, struct span link, struct span id, struct fault *f)
{
	struct waiting_query q = { .link = link, .id = id };
	return store_write(accord_store(a), drop_waiting, &q, f);
}

/* ---- state ---- */

struct state_query {
	struct span link;
	const struct peer_state *put;
	struct peer_state *get;
	struct timestamp now;
};

static enum err put_state(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct state_query *q = ctx;
	const struct peer_state *v = q->put;
	struct db_stmt *s = db_prepare(store_tx_db(tx),
		"INSERT INTO peer_state (link, at, connected, last_contact, last_object, lag_us, taken, refused, held, last_error)"
		" SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM peer_link WHERE id = ?"
		" ON CONFLICT (link) DO UPDATE SET at = excluded.at, connected = excluded.connected, last_contact = excluded.last_contact,"
		" last_object = excluded.last_object, lag_us = excluded.lag_us, taken = excluded.taken, refused = excluded.refused, held = excluded.held,"
		" last_error = excluded.last_error",
		f);
	if (!s)
		return ERR_DB;
	const int64_t numbers[] = { q->now.us, v->connected, v->last_contact.us, v->last_object.us, v->lag_us, (int64_t)v->taken, (int64_t)v->refused, (int64_t)v->held };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		db_bind_int(s, (int)i + 1, numbers[i]);
	bind(s, 9, span_of(v->last_error));
	bind(s, 10, q->link);
	return db_run(s, f);
}

enum err peer_state_put(struct accord *a, struct span link, const struct peer_state *v, struct timestamp now, struct fault *f)
{
	struct state_query q = { .link = link, .put = v, .now = now };
	return store_write(accord_store(a), put_state, &q, f);
}

static enum err get_state(void *ctx, struct db *db, struct fault *f)
{
	const struct state_query *q = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT at, connected, last_contact, last_object, lag_us, taken, refused, held, last_error FROM peer_state WHERE link = ?", f);
	if (!s)
		return ERR_DB;
	bind(s, 1, q->link);
	enum err e = db_step(s, f);
	if (e == ERR_OK) {
		bool fresh = db_int(s, 0) > q->now.us - PEER_STALE_US;
		*q->get = (struct peer_state){ fresh && db_int(s, 1), { db_int(s, 2) }, { db_int(s, 3) }, db_int(s, 4), (uint64_t)db_int(s, 5), (uint64_t)db_int(s, 6),
			(uint64_t)db_int(s, 7), "" };
		snprintf(q->get->last_error, sizeof q->get->last_error, "%.*s", SPAN_ARG(db_text(s, 8)));
		db_reset(s);
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err peer_state_get(struct accord *a, struct span link, struct peer_state *out, struct fault *f)
{
	struct state_query q = { .link = link, .get = out, .now = timestamp_now() };
	*out = (struct peer_state){ .lag_us = -1 };
	return store_read(accord_store(a), get_state, &q, f);
}

enum err peer_key(struct accord *a, struct span hub_id, uint8_t key[static 32], struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(16 << 20);
	struct peer_row *rows;
	size_t n;
	enum err e = mem ? peer_rows(a, mem, &rows, &n, f) : ERR_NOMEM;

	for (size_t i = 0; e == ERR_OK && i < n; i++)
		if (span_eq(rows[i].hub_id, hub_id) && sign_public_parse(rows[i].public_key, key))
			return ERR_OK;
	return e == ERR_OK ? fault_set(f, ERR_NOTFOUND, "hub", "there is no link from here to %.*s: its key is not known", (int)(hub_id.n < 64 ? hub_id.n : 64), hub_id.p) : e;
}
