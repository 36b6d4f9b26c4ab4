/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asking: tokens (32 random bytes, kept as SHA-256) and passwords (argon2id, then a keyed cache for some minutes). */
#include <stdio.h>
#include <stdlib.h>
#include "accord/accord_priv.h"

#define PASSWORD_CACHE 1024
#define PASSWORD_KEPT 300000000 /* µs: a changed password holds at once (its hash is part of the key), a removed user too */
#define USED_EVERY 3600000000 /* µs: last_used is written no more often */
#define PASSWORD_MOST 1024

struct login {
	uint8_t hash[16];
	struct timestamp until;
};
/* A token that was looked up a moment ago.  It holds while nothing about members changed (generation) and for so long at most: another process may have
 * revoked it. */
#define KNOWN_US 100000
#define KNOWN_SLOTS 512
struct known {
	uint8_t hash[SIGN_DIGEST];
	uint64_t generation;
	struct timestamp since, last_used;
	bool set, admin, hub;
	char org[64], person[64], token_id[64];
};
struct accord_logins {
	pthread_mutex_t lock; /* of both */
	struct login v[PASSWORD_CACHE];
	struct known known[KNOWN_SLOTS];
};

struct accord_logins *accord_logins_new(void)
{
	struct accord_logins *l = calloc(1, sizeof(*l));

	if (l)
		pthread_mutex_init(&l->lock, NULL);
	return l;
}

void accord_logins_free(struct accord_logins *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	explicit_bzero(l, sizeof(*l));
	free(l);
}

/* ---- tokens ---- */

void accord_token_text(char token[static ACCORD_TOKEN])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t secret[33] = { 0 };
	char *p = token;

	random_bytes(secret, 32);
	memcpy(p, "mt_", 3);
	p += 3;
	for (size_t i = 0; i < 33; i += 3) {
		unsigned v = (unsigned)secret[i] << 16 | (unsigned)secret[i + 1] << 8 | secret[i + 2];
		for (int k = 18; k >= 0; k -= 6)
			*p++ = letters[v >> k & 63];
	}
	p[-1] = '\0'; /* the 33rd byte is no secret */
	explicit_bzero(secret, sizeof(secret));
}

struct new_token {
	struct span member, person_name;
	bool admin;
	char id[64], text[ACCORD_TOKEN], person[64];
};

/* The person of that name in that organisation: the same for each of their tokens. */
static enum err person_of(struct new_token *w, struct db *db, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "SELECT id FROM accord_person WHERE member = ? AND name = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->member);
	db_bind_text(s, 2, w->person_name);
	enum err e = db_step(s, f);
	if (e == ERR_OK) {
		snprintf(w->person, sizeof(w->person), "%.*s", SPAN_ARG(db_text(s, 0)));
		db_reset(s);
	}
	if (e != ERR_NOTFOUND)
		return e;
	accord_id_new("identity", w->person);
	s = db_prepare(db, "INSERT INTO accord_person(id, member, name) VALUES(?, ?, ?)", f);
	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, span_of(w->person));
	db_bind_text(s, 2, w->member);
	db_bind_text(s, 3, w->person_name);
	return db_run(s, f);
}

/* A person is a recipient of its own, so this is a change. */
static enum err token_add(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	struct new_token *w = c->ctx;
	struct db *db = store_tx_db(tx);
	const struct accord_member *m;
	uint8_t hash[SIGN_DIGEST];
	enum err e = ERR_OK;

	if (!span_eq(w->member, c->a->hub.id))
		e = accord_member_local(c->before, w->member, &m, f);
	if (e == ERR_OK && !span_eq(w->member, c->a->hub.id) && m->status == ACCORD_REMOVED)
		e = fault_set(f, ERR_CONFLICT, "member", "%.*s was removed", SPAN_ARG(w->member));
	if (e == ERR_OK && w->person_name.n)
		e = person_of(w, db, f);
	if (e != ERR_OK)
		return e;
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_token(id, hash, member, person, admin, created, last_used) VALUES(?, ?, ?, ?, ?, ?, 0)", f);
	if (!s)
		return ERR_DB;
	sign_sha256(span_of(w->text), hash);
	db_bind_text(s, 1, span_of(w->id));
	db_bind_blob(s, 2, (struct span){ (const char *)hash, sizeof(hash) });
	db_bind_text(s, 3, w->member);
	db_bind_text(s, 4, span_of(w->person));
	db_bind_int(s, 5, w->admin);
	db_bind_int(s, 6, c->now.us);
	return db_run(s, f);
}

enum err accord_token_new(struct accord *a, struct span member, struct span person_name, bool admin, char token[static ACCORD_TOKEN], char person_id[static 64],
	struct fault *f)
{
	struct new_token w = { .member = member, .person_name = person_name, .admin = admin };
	struct accord_change c = { .a = a, .apply = token_add, .ctx = &w };
	uint8_t id[6];
	char hex[13];
	enum err e = person_name.n ? accord_name_check(person_name, "--person", f) : ERR_OK;

	if (e != ERR_OK)
		return e;
	random_bytes(id, sizeof(id));
	sign_hex(id, sizeof(id), hex);
	snprintf(w.id, sizeof(w.id), "tk-%s", hex);
	accord_token_text(w.text);
	e = accord_change_run(&c, f);
	if (e == ERR_OK) {
		memcpy(token, w.text, sizeof(w.text));
		memcpy(person_id, w.person, sizeof(w.person));
	}
	explicit_bzero(&w, sizeof(w));
	return e;
}

struct token_list {
	struct arena *to;
	struct accord_token *v;
	size_t n, room;
};

static enum err list(void *ctx, struct db *db, struct fault *f)
{
	struct token_list *w = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT t.id, t.member, t.person, t.admin, t.created, t.last_used, p.name FROM accord_token t"
					   " LEFT JOIN accord_person p ON p.id = t.person ORDER BY t.created, t.id",
		f);
	enum err e;

	if (!s)
		return ERR_DB;
	while ((e = db_step(s, f)) == ERR_OK) {
		if (w->n == w->room) {
			size_t room = w->room ? w->room * 2 : 64;
			struct accord_token *v = arena_array(w->to, room, sizeof(*v));
			if (!v)
				break;
			if (w->n)
				memcpy(v, w->v, w->n * sizeof(*v));
			w->v = v;
			w->room = room;
		}
		w->v[w->n++] = (struct accord_token){ arena_span(w->to, db_text(s, 0)), arena_span(w->to, db_text(s, 1)), arena_span(w->to, db_text(s, 2)),
			arena_span(w->to, db_text(s, 6)), db_int(s, 3) != 0, { db_int(s, 4) }, { db_int(s, 5) } };
	}
	db_reset(s);
	return e == ERR_NOTFOUND ? (arena_ok(w->to) ? ERR_OK : ERR_NOMEM) : e == ERR_OK ? ERR_NOMEM
											: e;
}

enum err accord_tokens(struct accord *a, struct arena *to, struct accord_token **out, size_t *n, struct fault *f)
{
	struct token_list w = { .to = to };
	enum err e = store_read(a->store, list, &w, f);

	if (e == ERR_OK) {
		*out = w.v;
		*n = w.n;
	}
	return e;
}

static enum err revoke(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct span *id = ctx;
	struct db_stmt *s = db_prepare(store_tx_db(tx), "DELETE FROM accord_token WHERE id = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, *id);
	enum err e = db_run(s, f);
	if (e == ERR_OK && db_changes(store_tx_db(tx)) == 0)
		e = fault_set(f, ERR_NOTFOUND, "token", "there is no token %.*s; `musubi token list` shows their ids", (int)(id->n < 64 ? id->n : 64), id->p);
	return e;
}

enum err accord_token_revoke(struct accord *a, struct span token_id, struct fault *f)
{
	enum err e = store_write(a->store, revoke, &token_id, f);

	pthread_mutex_lock(&a->logins->lock);
	explicit_bzero(a->logins->known, sizeof(a->logins->known));
	pthread_mutex_unlock(&a->logins->lock);
	return e;
}

/* ---- asking ---- */

struct asking {
	struct arena *to;
	struct span hub_id; /* this hub */
	uint8_t hash[SIGN_DIGEST];
	struct span user;
	struct accord_principal p;
	struct timestamp last_used;
	char password[128]; /* argon2id, as kept */
	bool found;
};

/* Columns: member, person, admin, kind and hub_id of the member (null for the hub itself). */
static enum err principal(struct asking *w, struct db_stmt *s)
{
	struct span kind = db_text(s, 3), hub_id = db_text(s, 4);

	w->p.hub = span_is(kind, "hub");
	w->p.org = arena_span(w->to, w->p.hub && hub_id.n ? hub_id : db_text(s, 0));
	w->p.person = arena_span(w->to, db_text(s, 1));
	w->p.admin = db_int(s, 2) != 0;
	w->found = true;
	return arena_ok(w->to) ? ERR_OK : ERR_NOMEM;
}

static enum err ask_token(void *ctx, struct db *db, struct fault *f)
{
	struct asking *w = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT t.member, t.person, t.admin, m.kind, m.hub_id, t.id, t.last_used FROM accord_token t"
					   " LEFT JOIN accord_member m ON m.id = t.member WHERE t.hash = ?",
		f);

	if (!s)
		return ERR_DB;
	db_bind_blob(s, 1, (struct span){ (const char *)w->hash, sizeof(w->hash) });
	enum err e = db_step(s, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	e = principal(w, s);
	w->p.token_id = arena_span(w->to, db_text(s, 5));
	w->last_used.us = db_int(s, 6);
	db_reset(s);
	return e;
}

/* Writes last_used without making anybody wait. */
struct used {
	struct store_job job;
	struct timestamp at;
	char id[64];
};

static enum err note_used(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct used *u = ctx;
	struct db_stmt *s = db_prepare(store_tx_db(tx), "UPDATE accord_token SET last_used = ? WHERE id = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_int(s, 1, u->at.us);
	db_bind_text(s, 2, span_of(u->id));
	return db_run(s, f);
}

static void noted(void *ctx, enum err e, const struct fault *f)
{
	free(ctx); /* a lost note of use is no harm */
}

static void note(struct accord *a, struct span token_id, struct timestamp at)
{
	struct used *u = calloc(1, sizeof(*u));

	if (!u)
		return;
	snprintf(u->id, sizeof(u->id), "%.*s", SPAN_ARG(token_id));
	u->at = at;
	u->job = (struct store_job){ .run = note_used, .done = noted, .ctx = u };
	store_submit(a->store, &u->job);
}

static struct known *known_slot(struct accord *a, const struct asking *w)
{
	return &a->logins->known[(w->hash[0] | (unsigned)w->hash[1] << 8) % KNOWN_SLOTS];
}

static uint64_t generation_now(struct accord *a)
{
	const struct accord_snapshot *s = accord_snapshot(a);
	uint64_t generation = accord_generation(s);

	accord_snapshot_unref(s);
	return generation;
}

static bool known_find(struct accord *a, struct asking *w, struct timestamp now, uint64_t generation)
{
	const struct known *k = known_slot(a, w);

	pthread_mutex_lock(&a->logins->lock);
	bool holds = k->set && k->generation == generation && now.us >= k->since.us && now.us - k->since.us < KNOWN_US && sign_equal(k->hash, w->hash, sizeof(w->hash));
	if (holds) {
		w->p = (struct accord_principal){ arena_span(w->to, span_of(k->org)), arena_span(w->to, span_of(k->person)), arena_span(w->to, span_of(k->token_id)), k->admin, k->hub };
		w->last_used = k->last_used;
		w->found = true;
	}
	pthread_mutex_unlock(&a->logins->lock);
	return holds;
}

static void known_keep(struct accord *a, const struct asking *w, struct timestamp now, uint64_t generation)
{
	struct known *k = known_slot(a, w);

	if (!w->found || w->p.org.n >= sizeof(k->org) || w->p.person.n >= sizeof(k->person) || w->p.token_id.n >= sizeof(k->token_id))
		return;
	pthread_mutex_lock(&a->logins->lock);
	*k = (struct known){ .generation = generation, .since = now, .last_used = now, .set = true, .admin = w->p.admin, .hub = w->p.hub };
	memcpy(k->hash, w->hash, sizeof(k->hash));
	memcpy(k->org, w->p.org.p, w->p.org.n);
	memcpy(k->person, w->p.person.p, w->p.person.n);
	memcpy(k->token_id, w->p.token_id.p, w->p.token_id.n);
	pthread_mutex_unlock(&a->logins->lock);
}

enum err accord_authenticate_token(struct accord *a, struct arena *to, struct span token, struct accord_principal *out, struct fault *f)
{
	struct asking w = { .to = to };
	struct timestamp now = a->now(a->ctx);
	uint64_t generation = generation_now(a);

	sign_sha256(token, w.hash);
	if (!known_find(a, &w, now, generation)) {
		enum err e = token.n < ACCORD_TOKEN ? store_read(a->store, ask_token, &w, f) : ERR_OK;
		if (e != ERR_OK)
			return e;
		known_keep(a, &w, now, generation);
	}
	if (!w.found)
		return fault_set(f, ERR_UNAUTHENTICATED, "", "the token is not known here: ask the hub's operator for one (`musubi token new`)");
	*out = w.p;
	if (w.last_used.us + USED_EVERY < now.us)
		note(a, w.p.token_id, now);
	return ERR_OK;
}

/* ---- users ---- */

struct new_user {
	struct span member, name;
	char hash[128];
};

static enum err user_add(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct new_user *w = ctx;
	struct db *db = store_tx_db(tx);
	struct db_stmt *s = db_prepare(db, "SELECT member FROM accord_user WHERE name = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->name);
	enum err e = db_step(s, f);
	bool taken = e == ERR_OK && !span_eq(db_text(s, 0), w->member);
	db_reset(s);
	if (taken)
		return fault_set(f, ERR_CONFLICT, "--name", "\"%.*s\" is a user of another member", SPAN_ARG(w->name));
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	s = db_prepare(db, "INSERT INTO accord_user(name, member, hash) VALUES(?, ?, ?) ON CONFLICT(name) DO UPDATE SET hash = excluded.hash", f);
	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->name);
	db_bind_text(s, 2, w->member);
	db_bind_text(s, 3, span_of(w->hash));
	return db_run(s, f);
}

enum err accord_user_add(struct accord *a, struct span member, struct span user, struct span password, struct fault *f)
{
	struct new_user w = { member, user, "" };
	const struct accord_snapshot *s = accord_snapshot(a);
	const struct accord_member *m;
	enum err e = span_eq(member, a->hub.id) ? ERR_OK : accord_member_local(s, member, &m, f);

	accord_snapshot_unref(s);
	if (e == ERR_OK)
		e = accord_name_check(user, "--name", f);
	if (e == ERR_OK && memchr(user.p, ':', user.n))
		e = fault_set(f, ERR_INVALID, "--name", "a colon cannot stand in a user's name (HTTP Basic)");
	if (e == ERR_OK && (password.n < 8 || password.n > PASSWORD_MOST))
		e = fault_set(f, ERR_INVALID, "--password-stdin", "the password has %zu bytes, 8 to %d are allowed", password.n, PASSWORD_MOST);
	if (e != ERR_OK)
		return e;
	if (!sign_password_hash(password, w.hash))
		return ERR_NOMEM;
	return store_write(a->store, user_add, &w, f);
}

static enum err ask_user(void *ctx, struct db *db, struct fault *f)
{
	struct asking *w = ctx;
	struct db_stmt *s = db_prepare(db, "SELECT u.member, '', 0, m.kind, m.hub_id, u.hash FROM accord_user u LEFT JOIN accord_member m ON m.id = u.member"
					   " WHERE u.name = ?",
		f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->user);
	enum err e = db_step(s, f);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	e = principal(w, s);
	snprintf(w->password, sizeof(w->password), "%.*s", SPAN_ARG(db_text(s, 5)));
	db_reset(s);
	return e;
}

/* Keyed hash of user, password and kept hash, each with its length: what the cache remembers as verified. */
static bool login_hash(struct accord *a, const struct asking *w, struct span password, uint8_t out[static 16])
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 8192);
	buf_addf(&b, "%zu %zu ", w->user.n, password.n);
	buf_addspan(&b, w->user);
	buf_addspan(&b, password);
	buf_adds(&b, w->password);
	if (buf_ok(&b))
		sign_keyed_hash(a->hub.secret, buf_span(&b), out);
	bool ok = buf_ok(&b);
	if (b.p)
		explicit_bzero(b.p, b.n);
	return ok;
}

static bool password_holds(struct accord *a, const struct asking *w, struct span password, struct timestamp now)
{
	/* argon2id of nothing: an unknown user takes as long as a wrong password */
	static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
	struct accord_logins *l = a->logins;
	uint8_t hash[16];

	if (!w->found) {
		(void)sign_password_check(password, nobody);
		return false;
	}
	if (!login_hash(a, w, password, hash))
		return false;
	struct login *slot = &l->v[(hash[0] | hash[1] << 8) % PASSWORD_CACHE];
	pthread_mutex_lock(&l->lock);
	bool known = sign_equal(slot->hash, hash, sizeof(hash)) && timestamp_before(now, slot->until);
	pthread_mutex_unlock(&l->lock);
	if (known)
		return true;
	if (!sign_password_check(password, w->password))
		return false;
	pthread_mutex_lock(&l->lock);
	memcpy(slot->hash, hash, sizeof(hash));
	slot->until.us = now.us + PASSWORD_KEPT;
	pthread_mutex_unlock(&l->lock);
	return true;
}

enum err accord_authenticate_user(struct accord *a, struct arena *to, struct span user, struct span password, struct timestamp now, struct accord_principal *out,
	struct fault *f)
{
	struct asking w = { .to = to, .user = user };
	bool sane = user.n > 0 && user.n <= BOUND_NAME_BYTES && password.n <= PASSWORD_MOST;
	enum err e = sane ? store_read(a->store, ask_user, &w, f) : ERR_OK;

	if (e != ERR_OK)
		return e;
	if (!sane || !password_holds(a, &w, password, now))
		return fault_set(f, ERR_UNAUTHENTICATED, "", "the user or the password is wrong");
	const char *id = arena_printf(to, "user:%.*s", SPAN_ARG(user));
	if (!id)
		return ERR_NOMEM;
	*out = w.p;
	out->token_id = span_of(id);
	return ERR_OK;
}
