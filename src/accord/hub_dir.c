/* SPDX-License-Identifier: Apache-2.0 */
/* A hub's data directory: hub.key (mode 0600) and musubi.db in a directory of mode 0700; making, opening, closing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "accord/accord_priv.h"

const char *const accord_schema[] = {
	"CREATE TABLE accord_member(id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, hub TEXT NOT NULL,"
	" hub_id TEXT NOT NULL, sectors TEXT NOT NULL, clients_of TEXT NOT NULL, since BIGINT NOT NULL, changed BIGINT NOT NULL);"
	"CREATE TABLE accord_person(id TEXT PRIMARY KEY, member TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(member, name));"
	"CREATE TABLE accord_token(id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, member TEXT NOT NULL, person TEXT NOT NULL, admin INTEGER NOT NULL,"
	" created BIGINT NOT NULL, last_used BIGINT NOT NULL);"
	"CREATE TABLE accord_user(name TEXT PRIMARY KEY, member TEXT NOT NULL, hash TEXT NOT NULL);"
	"CREATE TABLE accord_delegation(creator TEXT NOT NULL, submitter TEXT NOT NULL, PRIMARY KEY(creator, submitter));"
	"CREATE TABLE accord_agreement(id TEXT PRIMARY KEY, marking TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, json TEXT NOT NULL, added BIGINT NOT NULL);"
	"CREATE TABLE accord_accession(id TEXT PRIMARY KEY, agreement TEXT NOT NULL, digest TEXT NOT NULL, org TEXT NOT NULL, event INTEGER NOT NULL, at BIGINT NOT NULL,"
	" until BIGINT NOT NULL, hub TEXT NOT NULL);"
	"CREATE INDEX accord_accession_of ON accord_accession(agreement, org, at);"
	/* marking-definitions as each organisation first gave them: what its objects' scopes mean (labelling.c) */
	"CREATE TABLE accord_marking(id TEXT NOT NULL, origin TEXT NOT NULL, raw BLOB NOT NULL, seen BIGINT NOT NULL, PRIMARY KEY(id, origin));"
	"CREATE TABLE accord_held(id TEXT PRIMARY KEY, object TEXT NOT NULL, raw BLOB NOT NULL, home TEXT NOT NULL, origin TEXT NOT NULL,"
	" collection BIGINT NOT NULL, added BIGINT NOT NULL, since BIGINT NOT NULL);"
	"CREATE TABLE accord_closed(id TEXT NOT NULL, origin TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY(id, origin));",
	/* when each peer hub was last heard of (news.c); of hubs that are known already, when they last said something */
	"CREATE TABLE accord_news(hub TEXT PRIMARY KEY, at BIGINT NOT NULL);"
	"INSERT INTO accord_news(hub, at) SELECT hub, MAX(changed) FROM accord_member GROUP BY hub;",
	/* members' own signing keys, and the proofs that parties gave by themselves */
	"CREATE TABLE accord_key(member TEXT NOT NULL, public_key TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL, hub TEXT NOT NULL, PRIMARY KEY(member, public_key));"
	"ALTER TABLE accord_accession ADD COLUMN proof TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE accord_refusal(n INTEGER PRIMARY KEY, at BIGINT NOT NULL, digest TEXT NOT NULL, place TEXT NOT NULL, why TEXT NOT NULL);",
	/* promised figures and the records behind them (commitment.c, evidence.c) */
	"CREATE TABLE accord_commitment(id TEXT PRIMARY KEY, digest TEXT NOT NULL, json TEXT NOT NULL, added BIGINT NOT NULL);"
	"CREATE TABLE accord_assessment(number INTEGER PRIMARY KEY, commitment TEXT NOT NULL, completion INTEGER NOT NULL, assessor TEXT NOT NULL, at BIGINT NOT NULL);"
	"CREATE TABLE accord_evidence(number INTEGER PRIMARY KEY, commitment TEXT NOT NULL, indicator TEXT NOT NULL, kind INTEGER NOT NULL, known INTEGER NOT NULL,"
	" reference TEXT NOT NULL, person TEXT NOT NULL, organisation TEXT NOT NULL, country TEXT NOT NULL, sector TEXT NOT NULL, area TEXT NOT NULL, digest TEXT NOT NULL,"
	" at BIGINT NOT NULL, recorded BIGINT NOT NULL, retracts BIGINT NOT NULL);"
	"CREATE INDEX accord_evidence_of ON accord_evidence(commitment, indicator, kind, reference, person);"
	"CREATE INDEX accord_evidence_back ON accord_evidence(retracts) WHERE retracts <> 0;",
	/* the log's checkpoints; others' as this hub has seen them; and what shows that a log has two histories */
	"CREATE TABLE accord_checkpoint(size BIGINT PRIMARY KEY, at BIGINT NOT NULL, note TEXT NOT NULL, cosignatures TEXT NOT NULL);"
	"CREATE TABLE accord_witnessed(name TEXT PRIMARY KEY, hub TEXT NOT NULL, size BIGINT NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL);"
	"CREATE TABLE accord_fork(name TEXT NOT NULL, hub TEXT NOT NULL, at BIGINT NOT NULL, had TEXT NOT NULL, saw TEXT NOT NULL);",
};
const size_t accord_schema_n = sizeof(accord_schema) / sizeof(*accord_schema);

static char *path_of(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

/* ---- making ---- */

struct founding {
	struct accord *a;
	char hub_id[64];
	uint8_t secret[32], epoch[16];
	const char *token;
};

static enum err collection_add(struct store_tx *tx, const struct store_collection *like, int64_t *number, struct fault *f)
{
	struct store_collection c = *like;
	char id[64];

	accord_id_new("c", id);
	c.id = span_of(id + 3); /* the UUID alone */
	return store_collection_add(tx, &c, number, f);
}

static enum err found_meta(struct founding *w, struct store_tx *tx, struct fault *f)
{
	char epoch[33];
	const struct {
		const char *key;
		struct span value;
	} rows[] = {
		{ "hub.id", w->a->hub.id },
		{ "hub.name", w->a->hub.name },
		{ "hub.country", w->a->hub.country },
		{ "hub.secret", { (const char *)w->secret, sizeof(w->secret) } },
		{ "epoch", { epoch, 32 } },
	};
	sign_hex(w->epoch, sizeof(w->epoch), epoch);
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && e == ERR_OK; i++)
		e = store_meta_set(tx, rows[i].key, rows[i].value, f);
	if (e == ERR_OK)
		e = accord_meta_number_set(tx, ACCORD_META_GENERATION, 1, f);
	if (e == ERR_OK)
		e = accord_meta_number_set(tx, ACCORD_META_DECIDED, (uint64_t)store_tx_now(tx).us, f);
	return e;
}

static enum err found_token(struct founding *w, struct store_tx *tx, struct fault *f)
{
	uint8_t hash[SIGN_DIGEST];
	struct db_stmt *s = db_prepare(store_tx_db(tx),
		"INSERT INTO accord_token(id, hash, member, person, admin, created, last_used) VALUES(?, ?, ?, '', 1, ?, 0)", f);
	if (!s)
		return ERR_DB;
	sign_sha256(span_of(w->token), hash);
	db_bind_text(s, 1, SPAN("tk-admin"));
	db_bind_blob(s, 2, (struct span){ (const char *)hash, sizeof(hash) });
	db_bind_text(s, 3, w->a->hub.id);
	db_bind_int(s, 4, store_tx_now(tx).us);
	return db_run(s, f);
}

static enum err found(void *ctx, struct store_tx *tx, struct fault *f)
{
	static const struct store_collection directory = { .alias = { "directory", 9 }, .title = { "Directory", 9 }, .description = { "Members, agreements and accessions of this hub, for peer hubs", 61 }, .can_read = true, .directory = true };
	static const struct store_collection shared = { .alias = { "shared", 6 }, .title = { "Shared", 6 }, .description = { "Threat information shared by the members", 40 }, .can_read = true, .can_write = true };
	struct founding *w = ctx;
	int64_t number;

	enum err e = found_meta(w, tx, f);
	if (e == ERR_OK)
		e = collection_add(tx, &directory, &w->a->directory, f);
	if (e == ERR_OK)
		e = collection_add(tx, &shared, &number, f);
	if (e == ERR_OK)
		e = found_token(w, tx, f);
	if (e == ERR_OK)
		e = accord_publish_hub(w->a, tx, store_tx_now(tx), f);
	return e;
}

/* The key under which the hub's own documents stand: named is the hub itself, so that the rule gives them to nobody but conduits (recipient.c). */
static bool directory_label(struct accord *a)
{
	const struct policy_label l = { .origin = a->hub.id, .origin_country = a->hub.country, .tlp = STIX_TLP_GREEN, .named = { &a->hub.id, 1 } };

	a->directory_label = policy_label_key(a->arena, &l);
	return a->directory_label.p != NULL;
}

static enum err make_dir(const char *dir, struct fault *f)
{
	struct stat st;

	if (mkdir(dir, 0700) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return fault_set(f, ERR_IO, dir, "cannot make the directory: %s", strerror(errno));
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return fault_set(f, ERR_CONFLICT, dir, "is there and is no directory: give another path");
	if (chmod(dir, 0700) != 0)
		return fault_set(f, ERR_IO, dir, "cannot close it to others (mode 0700): %s", strerror(errno));
	return ERR_OK;
}

static enum err found_all(struct founding *w, const char *dir, const struct store_options *o, struct fault *f)
{
	enum err e = store_open(&w->a->store, dir, o, f);

	if (e == ERR_OK)
		e = store_migrate(w->a->store, "accord", accord_schema, accord_schema_n, f);
	if (e == ERR_OK)
		e = store_write(w->a->store, found, w, f);
	store_close(w->a->store);
	return e;
}

static void remove_all(struct arena *a, const char *dir)
{
	static const char *const names[] = { "hub.key", "musubi.db", "musubi.db-wal", "musubi.db-shm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *p = path_of(a, dir, names[i]);
		if (p)
			(void)unlink(p);
	}
}

enum err accord_init(const char *dir, struct span name, struct span country, struct timestamp (*now)(void *), void *ctx, char token[static ACCORD_TOKEN],
	char hub_id[static 64], struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 20);
	struct accord a = { .arena = mem, .hub = { .name = name, .country = country } };
	struct founding w = { .a = &a, .token = token };
	const struct store_options o = { .now = now, .ctx = ctx, .create = true };
	uint8_t seed[32];
	enum err e = mem ? accord_name_check(name, "--name", f) : ERR_NOMEM;

	if (e == ERR_OK && !accord_country_ok(country))
		e = fault_set(f, ERR_INVALID, "--country", "\"%.*s\" is no ISO 3166-1 alpha-2 code, such as JP or TH", (int)(country.n < 32 ? country.n : 32), country.p);
	if (e == ERR_OK)
		e = sign_init();
	if (e == ERR_OK)
		e = make_dir(dir, f);
	if (e != ERR_OK)
		return e;
	char *key = path_of(mem, dir, "hub.key"), *db = path_of(mem, dir, "musubi.db");
	if (!key || !db)
		return ERR_NOMEM;
	if (access(key, F_OK) == 0 || access(db, F_OK) == 0)
		return fault_set(f, ERR_CONFLICT, dir, "holds a hub already: give another directory, or `musubi serve` it");
	accord_id_new("identity", w.hub_id);
	random_bytes(seed, sizeof(seed));
	random_bytes(w.secret, sizeof(w.secret));
	random_bytes(w.epoch, sizeof(w.epoch));
	accord_token_text(token);
	a.hub.id = span_of(w.hub_id);
	a.key = sign_key_from_seed(seed);
	explicit_bzero(seed, sizeof(seed));
	memcpy(a.hub.public_key, a.key.public_key, 32);
	e = directory_label(&a) ? sign_key_save(&a.key, key, f) : ERR_NOMEM;
	if (e == ERR_OK && (e = found_all(&w, dir, &o, f)) != ERR_OK)
		remove_all(mem, dir);
	explicit_bzero(&a.key, sizeof(a.key));
	if (e == ERR_OK)
		memcpy(hub_id, w.hub_id, sizeof(w.hub_id));
	return e;
}

/* ---- opening ---- */

static enum err read_meta(void *ctx, struct db *db, struct fault *f)
{
	struct accord *a = ctx;
	struct span secret = store_meta_get(db, a->arena, "hub.secret");

	a->hub.id = store_meta_get(db, a->arena, "hub.id");
	a->hub.name = store_meta_get(db, a->arena, "hub.name");
	a->hub.country = store_meta_get(db, a->arena, "hub.country");
	a->hub.epoch = store_meta_get(db, a->arena, "epoch");
	if (!arena_ok(a->arena))
		return ERR_NOMEM;
	if (a->hub.id.n == 0 || secret.n != sizeof(a->hub.secret))
		return fault_set(f, ERR_INVALID, "musubi.db", "is not a hub's data base: `musubi init` makes one");
	memcpy(a->hub.secret, secret.p, secret.n);
	a->decided = (int64_t)accord_meta_number(db, ACCORD_META_DECIDED);
	return ERR_OK;
}

static enum err read_directory(struct accord *a, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(16u << 20);
	struct store_collection *v;
	size_t n;
	enum err e = mem ? store_collections(a->store, mem, &v, &n, f) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		if (v[i].directory)
			a->directory = v[i].number;
	return a->directory ? ERR_OK : fault_set(f, ERR_INVALID, "musubi.db", "has no directory collection: `musubi check` tells more");
}

static enum err open_all(struct accord *a, const char *dir, const struct store_options *o, struct fault *f)
{
	struct store_options mine = *o;
	const char *key = path_of(a->arena, dir, "hub.key"), *db = path_of(a->arena, dir, "musubi.db");

	mine.create = false;
	if (!key || !db)
		return ERR_NOMEM;
	if (access(db, F_OK) != 0 && errno == ENOENT)
		return fault_set(f, ERR_NOTFOUND, dir, "holds no hub: `musubi init %s --name NAME --country CC` makes one", dir);
	enum err e = sign_key_load(&a->key, key, f);
	if (e == ERR_OK)
		e = store_open(&a->store, dir, &mine, f);
	if (e == ERR_OK)
		e = store_migrate(a->store, "accord", accord_schema, accord_schema_n, f);
	if (e == ERR_OK)
		e = store_read(a->store, read_meta, a, f);
	if (e != ERR_OK)
		return e;
	memcpy(a->hub.public_key, a->key.public_key, 32);
	if (!directory_label(a))
		return ERR_NOMEM;
	e = read_directory(a, f);
	return e == ERR_OK ? accord_snapshot_reload(a, NULL, f) : e;
}

enum err accord_open(struct accord **out, const char *dir, const struct store_options *o, struct fault *f)
{
	enum err e = sign_init();
	struct accord *a = e == ERR_OK ? calloc(1, sizeof(*a)) : NULL;

	if (!a)
		return e == ERR_OK ? ERR_NOMEM : e;
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->refreshing, NULL);
	a->now = o->now;
	a->ctx = o->ctx;
	a->arena = arena_new(16u << 20);
	a->labels = accord_labels_new();
	a->views = accord_views_new();
	a->logins = accord_logins_new();
	e = a->arena && a->labels && a->views && a->logins ? open_all(a, dir, o, f) : ERR_NOMEM;
	if (e == ERR_OK)
		*out = a;
	else
		accord_close(a);
	return e;
}

void accord_close(struct accord *a)
{
	if (!a)
		return;
	accord_views_free(a->views);
	if (a->store)
		store_close(a->store); /* runs what is queued: labels are still needed */
	accord_snapshot_unref(a->current);
	accord_labels_free(a->labels);
	accord_logins_free(a->logins);
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->refreshing);
	arena_free(a->arena);
	explicit_bzero(&a->key, sizeof(a->key));
	explicit_bzero(a->hub.secret, sizeof(a->hub.secret));
	free(a);
}

struct store *accord_store(struct accord *a)
{
	return a->store;
}

const struct sign_key *accord_key(struct accord *a)
{
	return &a->key;
}

const struct accord_hub *accord_hub(struct accord *a)
{
	return &a->hub;
}
