/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver must be able to do; only files of this room see it, and only db.c calls it. */
#ifndef STORE_DB_PRIV_H
#define STORE_DB_PRIV_H
#include "store/db.h"

/* SQL that engines say differently.  Everything else is the same text for all. */
struct db_words_sql {
	const char *schema; /* the inverted index */
	const char *add; /* (number, tokens) */
	const char *find; /* (query as db_driver.words_query makes it, number after) -> numbers, rising */
};

struct db_driver {
	const char *name;
	const char *begin_read, *begin_write;
	struct db_words_sql words;
	const char *entries_of_type; /* (label, stamp after, type, how many): the planner has to be told which index */
	/* Opens the data base at `where`; create: made where there is none. ERR_NOTFOUND, ERR_IO, ERR_DB. */
	enum err (*open)(void **handle, const char *where, bool create, bool writer, struct fault *f);
	void (*close)(void *handle);
	/* NULL: *e and *f say why. */
	void *(*prepare)(void *handle, const char *sql, enum err *e, struct fault *f);
	void (*finish)(void *stmt);
	void (*reset)(void *stmt, bool values);
	void (*bind_int)(void *stmt, int at, int64_t v);
	void (*bind_text)(void *stmt, int at, struct span v);
	void (*bind_blob)(void *stmt, int at, struct span v);
	void (*bind_null)(void *stmt, int at);
	enum err (*step)(void *stmt, struct fault *f); /* ERR_OK a row, ERR_NOTFOUND the end */
	int64_t (*column_int)(void *stmt, int at);
	struct span (*column_text)(void *stmt, int at);
	struct span (*column_blob)(void *stmt, int at);
	bool (*column_null)(void *stmt, int at);
	enum err (*exec)(void *handle, const char *sql, struct fault *f);
	int64_t (*changes)(void *handle);
	bool (*in_transaction)(void *handle);
	/* Outside a transaction, by the writer: moves the log into the data base where it has grown; busy: more work is waiting.  Returns by how many bytes
	 * the data base may have to grow for what is still in the log. */
	uint64_t (*upkeep)(void *handle, bool busy);
	uint64_t (*log_bytes)(const char *where);
	/* Online copy into a new file. */
	enum err (*backup)(void *handle, const char *file, void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx, struct fault *f);
	/* The engine's own opinion about its files: fn gets each finding. */
	enum err (*verify)(void *handle, void (*fn)(void *ctx, const char *what), void *ctx, struct fault *f);
};
extern const struct db_driver db_sqlite;

enum err db_open(struct db **out, const struct db_driver *driver, const char *where, bool create, bool writer, struct fault *f) CHECK_RESULT;
void db_close(struct db *db);
const struct db_driver *db_driver(const struct db *db);
void *db_handle(const struct db *db);

enum err db_begin(struct db *db, bool write, struct fault *f) CHECK_RESULT;
enum err db_commit(struct db *db, struct fault *f) CHECK_RESULT;
/* Never fails in a way that matters: false where the connection is not usable any more. */
bool db_rollback(struct db *db);
/* Resets every statement: no row is held any longer. */
void db_idle(struct db *db);

bool db_in_transaction(const struct db *db);
/* As db_exec for one statement that comes again and again (a literal). */
enum err db_exec_kept(struct db *db, const char *sql, struct fault *f) CHECK_RESULT;
/* One row of one number; `fallback` where there is none. */
enum err db_number(struct db *db, const char *sql, int64_t fallback, int64_t *out, struct fault *f) CHECK_RESULT;
#endif
