/* SPDX-License-Identifier: Apache-2.0 */
/* The data base port: statements kept by the address of their text, everything else handed to the driver.
 *
 * 1. A statement belongs to its text's address: preparing the same literal again resets it.
 * 2. A failed prepare, bind or step shows in what db_step returns; db_run always ends with the statement reset.
 */
#include <stdlib.h>
#include "store/db_priv.h"

#define SLOTS 1024 /* statements a connection keeps; the program has about 200 */

struct db_stmt {
	const char *sql;
	void *stmt;
	struct db *db;
};
struct db {
	const struct db_driver *driver;
	void *handle;
	size_t used;
	struct db_stmt *slots[SLOTS], *all[SLOTS]; /* by the address of the text; in the order in which they were prepared */
};

enum err db_open(struct db **out, const struct db_driver *driver, const char *where, bool create, bool writer, struct fault *f)
{
	struct db *db = calloc(1, sizeof *db);
	if (!db)
		return fault_set(f, ERR_NOMEM, where, "no memory for a connection");
	db->driver = driver;
	enum err e = driver->open(&db->handle, where, create, writer, f);
	if (e != ERR_OK)
		free(db);
	else
		*out = db;
	return e;
}

static void forget(struct db *db)
{
	for (size_t i = 0; i < db->used; i++) {
		db->driver->finish(db->all[i]->stmt);
		free(db->all[i]);
	}
	memset(db->slots, 0, sizeof db->slots);
	db->used = 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	forget(db);
	db->driver->close(db->handle);
	free(db);
}

const struct db_driver *db_driver(const struct db *db)
{
	return db->driver;
}

void *db_handle(const struct db *db)
{
	return db->handle;
}

static size_t slot_of(const struct db *db, const char *sql)
{
	size_t at = (size_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % SLOTS;
	while (db->slots[at] && db->slots[at]->sql != sql)
		at = (at + 1) % SLOTS;
	return at;
}

static struct db_stmt *prepare(struct db *db, const char *sql, enum err *e, struct fault *f)
{
	size_t at = slot_of(db, sql);
	struct db_stmt *s = db->slots[at];
	if (s) {
		db->driver->reset(s->stmt, true);
		return s;
	}
	if (db->used >= SLOTS - 1) {
		*e = fault_set(f, ERR_INTERNAL, "store", "more than %d different statements: their texts must be literals", SLOTS - 1);
		return NULL;
	}
	s = calloc(1, sizeof *s);
	if (!s) {
		*e = fault_set(f, ERR_NOMEM, "", "no memory for a statement");
		return NULL;
	}
	s->sql = sql;
	s->db = db;
	s->stmt = db->driver->prepare(db->handle, sql, e, f);
	if (!s->stmt) {
		free(s);
		return NULL;
	}
	db->slots[at] = db->all[db->used++] = s;
	return s;
}

struct db_stmt *db_prepare(struct db *db, const char *sql, struct fault *f)
{
	enum err e = ERR_OK;
	return prepare(db, sql, &e, f);
}

void db_bind_int(struct db_stmt *s, int at, int64_t v)
{
	s->db->driver->bind_int(s->stmt, at, v);
}

void db_bind_text(struct db_stmt *s, int at, struct span v)
{
	s->db->driver->bind_text(s->stmt, at, v.p ? v : (struct span){ "", 0 });
}

void db_bind_blob(struct db_stmt *s, int at, struct span v)
{
	s->db->driver->bind_blob(s->stmt, at, v.p ? v : (struct span){ "", 0 });
}

void db_bind_null(struct db_stmt *s, int at)
{
	s->db->driver->bind_null(s->stmt, at);
}

enum err db_step(struct db_stmt *s, struct fault *f)
{
	enum err e = s->db->driver->step(s->stmt, f);
	if (e != ERR_OK)
		s->db->driver->reset(s->stmt, false);
	return e;
}

enum err db_run(struct db_stmt *s, struct fault *f)
{
	enum err e;
	do
		e = s->db->driver->step(s->stmt, f);
	while (e == ERR_OK);
	s->db->driver->reset(s->stmt, false);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

void db_reset(struct db_stmt *s)
{
	s->db->driver->reset(s->stmt, false);
}

int64_t db_int(struct db_stmt *s, int at)
{
	return s->db->driver->column_int(s->stmt, at);
}

struct span db_text(struct db_stmt *s, int at)
{
	return s->db->driver->column_text(s->stmt, at);
}

struct span db_blob(struct db_stmt *s, int at)
{
	return s->db->driver->column_blob(s->stmt, at);
}

bool db_is_null(struct db_stmt *s, int at)
{
	return s->db->driver->column_null(s->stmt, at);
}

enum err db_exec(struct db *db, const char *sql, struct fault *f)
{
	return db->driver->exec(db->handle, sql, f);
}

int64_t db_changes(struct db *db)
{
	return db->driver->changes(db->handle);
}

void db_idle(struct db *db)
{
	for (size_t i = 0; i < db->used; i++)
		db->driver->reset(db->all[i]->stmt, false);
}

enum err db_exec_kept(struct db *db, const char *sql, struct fault *f)
{
	enum err e = ERR_OK;
	struct db_stmt *s = prepare(db, sql, &e, f);
	return s ? db_run(s, f) : e;
}

enum err db_begin(struct db *db, bool write, struct fault *f)
{
	return db_exec_kept(db, write ? db->driver->begin_write : db->driver->begin_read, f);
}

enum err db_commit(struct db *db, struct fault *f)
{
	return db_exec_kept(db, "COMMIT", f);
}

bool db_in_transaction(const struct db *db)
{
	return db->driver->in_transaction(db->handle);
}

bool db_rollback(struct db *db)
{
	db_idle(db);
	/* An engine that met an error may have rolled back by itself. */
	if (db->driver->in_transaction(db->handle))
		(void)!db_exec_kept(db, "ROLLBACK", NULL);
	return !db->driver->in_transaction(db->handle);
}

enum err db_number(struct db *db, const char *sql, int64_t fallback, int64_t *out, struct fault *f)
{
	enum err e = ERR_OK;
	struct db_stmt *s = prepare(db, sql, &e, f);
	if (!s)
		return e;
	e = db_step(s, f);
	if (e != ERR_OK && e != ERR_NOTFOUND)
		return e;
	*out = e == ERR_OK && !db_is_null(s, 0) ? db_int(s, 0) : fallback;
	db_reset(s);
	return ERR_OK;
}
