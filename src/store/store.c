/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, jobs, connections, small durable facts, collections and status resources. */
#include <assert.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include "store/store_priv.h"

/* ---- jobs ---- */

void store_submit(struct store *s, struct store_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&s->lock);
	*s->end = job;
	s->end = &job->next;
	bool wake = s->waits;
	s->waits = false;
	pthread_mutex_unlock(&s->lock);
	if (wake)
		pthread_cond_signal(&s->wake);
}

struct wait {
	sem_t over;
	enum err (*fn)(void *ctx, struct store_tx *tx, struct fault *f);
	void *ctx;
	enum err e;
	struct fault *f;
};

static enum err wait_run(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct wait *w = ctx;
	return w->fn(w->ctx, tx, f);
}

static void wait_done(void *ctx, enum err e, const struct fault *f)
{
	struct wait *w = ctx;
	w->e = e;
	if (e != ERR_OK && w->f)
		*w->f = *f;
	sem_post(&w->over);
}

enum err store_write(struct store *s, enum err (*fn)(void *ctx, struct store_tx *tx, struct fault *f), void *ctx, struct fault *f)
{
	struct wait w = { .fn = fn, .ctx = ctx, .f = f };
	struct store_job job = { .run = wait_run, .done = wait_done, .ctx = &w };
	assert(!pthread_equal(pthread_self(), s->thread)); /* the writer would wait for itself */
	sem_init(&w.over, 0, 0);
	store_submit(s, &job);
	while (sem_wait(&w.over) != 0)
		;
	sem_destroy(&w.over);
	return w.e;
}

struct db *store_tx_db(struct store_tx *tx)
{
	return tx->db;
}

struct store *store_tx_store(struct store_tx *tx)
{
	return tx->s;
}

struct timestamp store_tx_now(struct store_tx *tx)
{
	return tx->now;
}

struct timestamp store_tx_stamps(struct store_tx *tx, size_t n)
{
	int64_t first = tx->now.us > tx->s->last_us ? tx->now.us : tx->s->last_us + 1;
	tx->s->last_us = first + (int64_t)n - 1;
	return (struct timestamp){ first };
}

/* ---- reading connections ---- */

enum err reader_take(struct store *s, struct db **out, struct fault *f)
{
	struct db *db = NULL;
	pthread_mutex_lock(&s->lock);
	if (s->n_idle)
		db = s->idle[--s->n_idle];
	pthread_mutex_unlock(&s->lock);
	enum err e = db ? ERR_OK : db_open(&db, s->driver, s->path, false, false, f);
	if (e == ERR_OK)
		e = db_begin(db, false, f);
	if (e == ERR_OK)
		*out = db;
	else if (db)
		db_close(db);
	return e;
}

void reader_give(struct store *s, struct db *db)
{
	db_idle(db);
	bool good = db_commit(db, NULL) == ERR_OK || db_rollback(db);
	pthread_mutex_lock(&s->lock);
	if (good && s->n_idle < READERS) {
		s->idle[s->n_idle++] = db;
		db = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	db_close(db);
}

enum err store_read(struct store *s, enum err (*fn)(void *ctx, struct db *db, struct fault *f), void *ctx, struct fault *f)
{
	struct db *db;
	enum err e = reader_take(s, &db, f);
	if (e != ERR_OK)
		return e;
	e = fn(ctx, db, f);
	reader_give(s, db);
	return e;
}

/* ---- schema ---- */

struct migration {
	const char *room;
	const char *const *steps;
	size_t n;
};

static enum err migrate(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct migration *m = ctx;
	int64_t have = 0;
	enum err e = db_exec(tx->db, "CREATE TABLE IF NOT EXISTS migration (room TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (room, number))", f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(tx->db, "SELECT max(number) FROM migration WHERE room = ?", f) : NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_text(q, 1, span_of(m->room));
	e = db_step(q, f);
	if (e != ERR_OK)
		return e;
	have = db_int(q, 0);
	db_reset(q);
	if (have > (int64_t)m->n)
		return fault_set(f, ERR_DB, "store", "the data base was written by a newer program (%s step %lld, this one knows %zu): use that one", m->room, (long long)have, m->n);
	for (size_t i = (size_t)have; i < m->n; i++) {
		e = db_exec(tx->db, m->steps[i], f);
		q = e == ERR_OK ? db_prepare(tx->db, "INSERT INTO migration (room, number) VALUES (?, ?)", f) : NULL;
		if (!q)
			return e ? e : ERR_DB;
		db_bind_text(q, 1, span_of(m->room));
		db_bind_int(q, 2, (int64_t)i + 1);
		e = db_run(q, f);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err store_migrate(struct store *s, const char *room, const char *const *steps, size_t n, struct fault *f)
{
	struct migration m = { room, steps, n };
	return store_write(s, migrate, &m, f);
}

/* This room's own, before the writer thread is there: its tables hold what a transaction begins with. */
static enum err migrate_own(struct store *s, struct fault *f)
{
	const char *steps[64];
	size_t n = 0;
	for (; n < store_schema_n; n++)
		steps[n] = store_schema[n];
	steps[n++] = s->driver->words.schema;
	struct migration m = { "store", steps, n };
	struct store_tx tx = { .s = s, .db = s->writer };
	enum err e = db_begin(s->writer, true, f);
	if (e == ERR_OK)
		e = migrate(&m, &tx, f);
	if (e == ERR_OK)
		e = db_commit(s->writer, f);
	if (e != ERR_OK)
		db_rollback(s->writer);
	return e;
}

/* ---- opening ---- */

static enum err nothing(void *ctx, struct store_tx *tx, struct fault *f)
{
	tx->wrote = false;
	return ERR_OK;
}

static enum err start(struct store *s, const struct store_options *o, struct fault *f)
{
	enum err e = db_open(&s->writer, s->driver, s->path, o->create, true, f);
	if (e == ERR_OK)
		e = migrate_own(s, f);
	if (e != ERR_OK)
		return e;
	if (pthread_create(&s->thread, NULL, writer_main, s) != 0)
		return fault_set(f, ERR_NOMEM, s->path, "no thread for the writer");
	s->started = true;
	/* The first transaction reads labels and counters. */
	e = store_write(s, nothing, NULL, f);
	if (e == ERR_OK)
		atomic_store(&s->outside_commits, s->commits - atomic_load(&s->own_commits));
	return e;
}

enum err store_open(struct store **out, const char *dir, const struct store_options *o, struct fault *f)
{
	char path[PATH_MAX];
	if ((size_t)snprintf(path, sizeof path, "%s/musubi.db", dir) >= sizeof path)
		return fault_set(f, ERR_USAGE, dir, "the path is too long");
	struct store *s = calloc(1, sizeof *s);
	if (s) {
		s->path = strdup(path);
		s->given = given_new();
		s->pages = pages_new();
	}
	if (!s || !s->path || !s->given || !s->pages) {
		if (s) {
			free(s->path);
			given_free(s->given);
			pages_free(s->pages);
		}
		free(s);
		return fault_set(f, ERR_NOMEM, dir, "no memory for the store");
	}
	s->o = *o;
	s->driver = &db_sqlite;
	s->commits = -1;
	s->end = &s->first;
	fresh_init(&s->fresh);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	enum err e = start(s, o, f);
	if (e == ERR_OK)
		*out = s;
	else
		store_close(s);
	return e;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->started) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	for (size_t i = 0; i < s->n_idle; i++)
		db_close(s->idle[i]);
	db_close(s->writer);
	labels_free(s);
	given_free(s->given);
	fresh_free(&s->fresh);
	pages_free(s->pages);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

/* ---- small facts ---- */

struct span store_meta_get(struct db *db, struct arena *a, const char *key)
{
	struct span out = { NULL, 0 };
	struct db_stmt *q = db_prepare(db, "SELECT value FROM st_meta WHERE key = ?", NULL);
	if (!q)
		return out;
	db_bind_text(q, 1, span_of(key));
	if (db_step(q, NULL) == ERR_OK) {
		out = arena_span(a, db_blob(q, 0));
		db_reset(q);
	}
	return out;
}

enum err store_meta_set(struct store_tx *tx, const char *key, struct span value, struct fault *f)
{
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, span_of(key));
	db_bind_blob(q, 2, value);
	return db_run(q, f);
}

static enum err read_commits(void *ctx, struct db *db, struct fault *f)
{
	return db_number(db, "SELECT commits FROM st_clock WHERE one = 1", 0, ctx, f);
}

bool store_changed_outside(struct store *s)
{
	int64_t all = 0;
	if (store_read(s, read_commits, &all, NULL) != ERR_OK)
		return false;
	/* Our own are counted before they are committed and read after: the difference is never too great. */
	int64_t outside = all - atomic_load(&s->own_commits), known = atomic_load(&s->outside_commits);
	if (outside <= known)
		return false;
	/* The writer reads what is new when it begins. */
	if (store_write(s, nothing, NULL, NULL) != ERR_OK)
		return false;
	atomic_store(&s->outside_commits, outside);
	return true;
}

struct timestamp store_last_stamp(struct store *s)
{
	return (struct timestamp){ atomic_load(&s->published_us) };
}

/* ---- collections ---- */

enum err store_collection_add(struct store_tx *tx, const struct store_collection *c, int64_t *number, struct fault *f)
{
	int64_t next = 1;
	enum err e = db_number(tx->db, "SELECT max(number) + 1 FROM st_collection", 1, &next, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(tx->db, "INSERT INTO st_collection (number, id, alias, title, description, default_tlp, can_read, can_write, directory) "
							     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
						  f)
					: NULL;
	if (!q)
		return e ? e : ERR_DB;
	const struct span texts[] = { c->id, c->alias, c->title, c->description, c->default_tlp };
	db_bind_int(q, 1, next);
	for (int i = 0; i < 5; i++)
		db_bind_text(q, 2 + i, texts[i]);
	db_bind_int(q, 7, c->can_read);
	db_bind_int(q, 8, c->can_write);
	db_bind_int(q, 9, c->directory);
	e = db_run(q, f);
	if (e == ERR_CONFLICT)
		return fault_set(f, e, "alias", "there is a collection \"%.*s\" already: choose another alias", SPAN_ARG(c->alias));
	if (e == ERR_OK)
		*number = next;
	return e;
}

struct collections {
	struct arena *a;
	struct store_collection *v;
	size_t n;
};

static enum err read_collections(void *ctx, struct db *db, struct fault *f)
{
	struct collections *c = ctx;
	int64_t n = 0;
	enum err e = db_number(db, "SELECT count(*) FROM st_collection", 0, &n, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(db, "SELECT id, alias, title, description, default_tlp, can_read, can_write, directory, number "
							 "FROM st_collection ORDER BY alias",
						  f)
					: NULL;
	c->v = arena_array(c->a, (size_t)n + 1, sizeof *c->v);
	if (!q || !c->v)
		return e ? e : ERR_NOMEM;
	while (c->n < (size_t)n && (e = db_step(q, f)) == ERR_OK) {
		struct store_collection *o = &c->v[c->n++];
		struct span *const texts[] = { &o->id, &o->alias, &o->title, &o->description, &o->default_tlp };
		for (int i = 0; i < 5; i++)
			*texts[i] = arena_span(c->a, db_text(q, i));
		o->can_read = db_int(q, 5);
		o->can_write = db_int(q, 6);
		o->directory = db_int(q, 7);
		o->number = db_int(q, 8);
	}
	if (e == ERR_NOTFOUND)
		e = ERR_OK;
	return e == ERR_OK && !arena_ok(c->a) ? fault_set(f, ERR_NOMEM, "store", "no memory for the collections") : e;
}

enum err store_collections(struct store *s, struct arena *a, struct store_collection **out, size_t *n, struct fault *f)
{
	struct collections c = { .a = a };
	enum err e = store_read(s, read_collections, &c, f);
	if (e == ERR_OK) {
		*out = c.v;
		*n = c.n;
	}
	return e;
}

/* ---- status resources ---- */

enum err store_status_put(struct store_tx *tx, struct span id, struct span owner, struct span json, struct fault *f)
{
	static const uint8_t none[16];
	struct uuid oldest = uuid_v7((tx->now.us - STATUS_KEEP_US) / 1000, none);
	char text[UUID_TEXT];
	uuid_format(&oldest, text);
	struct db_stmt *q = db_prepare(tx->db, "DELETE FROM st_status WHERE id < ?", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, span_of(text));
	enum err e = db_run(q, f);
	q = e == ERR_OK ? db_prepare(tx->db, "INSERT INTO st_status (id, owner, json) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET json = excluded.json WHERE owner = excluded.owner", f)
			: NULL;
	if (!q)
		return e ? e : ERR_DB;
	db_bind_text(q, 1, id);
	db_bind_text(q, 2, owner);
	db_bind_blob(q, 3, json);
	return db_run(q, f);
}

struct status {
	struct arena *a;
	struct span id, owner, json;
};

static enum err read_status(void *ctx, struct db *db, struct fault *f)
{
	struct status *st = ctx;
	struct db_stmt *q = db_prepare(db, "SELECT json FROM st_status WHERE id = ? AND owner = ?", f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, st->id);
	db_bind_text(q, 2, st->owner);
	enum err e = db_step(q, f);
	if (e == ERR_OK)
		st->json = arena_span(st->a, db_blob(q, 0));
	else if (e == ERR_NOTFOUND)
		fault_set(f, e, "id", "there is no status resource of this id for you");
	return e == ERR_OK && !arena_ok(st->a) ? ERR_NOMEM : e;
}

enum err store_status_get(struct store *s, struct arena *a, struct span id, struct span owner, struct span *json, struct fault *f)
{
	struct status st = { a, id, owner, { NULL, 0 } };
	enum err e = store_read(s, read_status, &st, f);
	if (e == ERR_OK)
		*json = st.json;
	return e;
}
