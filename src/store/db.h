/* SPDX-License-Identifier: Apache-2.0 */
/* The database port: plain SQL with ? parameters, one driver behind it.  Portable SQL only (design/dependencies.md): keys given by us,
 * ON CONFLICT, RETURNING, time as a parameter. Rooms above keep their own tables through this header and store_read/store_write. */
#ifndef STORE_DB_H
#define STORE_DB_H
#include <stdint.h>
#include <stdbool.h>
#include "util/err.h"
#include "util/span.h"

struct db; /* one connection: one thread at a time */
struct db_stmt; /* a prepared statement, cached by its text in the connection */

/* The statement for sql (a string literal: cached by address), reset and without values.  NULL: *f says why. */
struct db_stmt *db_prepare(struct db *db, const char *sql, struct fault *f);
/* Parameters count from 1.  Bytes must live until the statement is done. */
void db_bind_int(struct db_stmt *s, int at, int64_t v);
void db_bind_text(struct db_stmt *s, int at, struct span v);
void db_bind_blob(struct db_stmt *s, int at, struct span v);
void db_bind_null(struct db_stmt *s, int at);
/* ERR_OK: a row is there; ERR_NOTFOUND: no more rows (and the statement is reset); others: failure. */
enum err db_step(struct db_stmt *s, struct fault *f);
/* Runs to the end, rows ignored; ERR_CONFLICT for a broken unique key. */
enum err db_run(struct db_stmt *s, struct fault *f);
void db_reset(struct db_stmt *s);
/* Columns count from 0; spans live until the next step or reset. */
int64_t db_int(struct db_stmt *s, int at);
struct span db_text(struct db_stmt *s, int at);
struct span db_blob(struct db_stmt *s, int at);
bool db_is_null(struct db_stmt *s, int at);
enum err db_exec(struct db *db, const char *sql, struct fault *f); /* several statements without parameters */
int64_t db_changes(struct db *db);
#endif
