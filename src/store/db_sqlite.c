/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite driver: WAL with synchronous=FULL, readers through mmap, the log emptied by the writer.  The only file that knows sqlite3.h. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include "store/db_priv.h"

#define PAGE_BYTES 8192 /* measured: 59 k rows of 1.9 KB a second where 4096 gives 48 k */
#define LOG_PAGES 1000 /* the log is moved when the writer is idle past this … */
#define LOG_PAGES_BUSY 4000 /* … and whatever waits past this … */
#define LOG_PAGES_TRUNCATE 8000 /* … and cut to nothing past this, waiting for readers (they are short) */
#define BUSY_MS 10000 /* another process writes */
#define BACKUP_PAGES 512 /* a step of the online copy: 4 MB */

struct conn {
	sqlite3 *db;
	int log_pages;
};

static enum err kind_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT: return ERR_CONFLICT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_BUSY;
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN: return ERR_IO;
	default: return ERR_DB;
	}
}

/* errno is that of the call which failed: SQLite 3.40 does not note it when a COMMIT fails. */
static enum err fail(sqlite3 *db, int code, struct fault *f)
{
	int os = errno ? errno : db ? sqlite3_system_errno(db)
				    : 0;
	const char *said = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
	switch (code & 0xff) {
	case SQLITE_FULL:
		return fault_set(f, ERR_IO, "store", "the disk is full, nothing of this was stored: free some space and try again");
	case SQLITE_IOERR:
		if (os == ENOSPC || os == EDQUOT || os == EFBIG)
			return fault_set(f, ERR_IO, "store", "the disk is full (%s), nothing of this was stored: free some space and try again", strerror(os));
		return fault_set(f, ERR_IO, "store", "the data base could not be read or written (%s%s%s): look at the disk", said, os ? ", " : "", os ? strerror(os) : "");
	case SQLITE_READONLY:
		return fault_set(f, ERR_IO, "store", "the data base may not be written (%s): check the rights of the data directory", said);
	case SQLITE_BUSY:
		return fault_set(f, ERR_BUSY, "store", "another process keeps the data base locked: try again");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fault_set(f, ERR_DB, "store", "the data base is damaged (%s): run `musubi check`, restore a backup", said);
	default:
		return fault_set(f, kind_of(code), "store", "%s", said);
	}
}

static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
	((struct conn *)ctx)->log_pages = pages;
	return SQLITE_OK;
}

static enum err tune(struct conn *c, bool writer, struct fault *f)
{
	/* The log keeps its blocks when it begins anew: overwriting them is cheaper to sync than a file that grows.
	 * foreign keys off: keys are ours and checked by store_check.  Readers map the file, so they need no cache of their own. */
	static const char common[] = "PRAGMA foreign_keys=OFF;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=OFF;";
	static const char writing[] = "PRAGMA journal_mode=WAL;PRAGMA wal_autocheckpoint=0;PRAGMA cache_size=-32768;PRAGMA journal_size_limit=67108864;";
	static const char reading[] = "PRAGMA query_only=ON;PRAGMA cache_size=-1024;PRAGMA mmap_size=68719476736;";
	int r = sqlite3_exec(c->db, common, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(c->db, writer ? writing : reading, NULL, NULL, NULL);
	if (r != SQLITE_OK)
		return fail(c->db, r, f);
	if (writer)
		sqlite3_wal_hook(c->db, on_commit, c);
	return ERR_OK;
}

static enum err lite_open(void **handle, const char *where, bool create, bool writer, struct fault *f)
{
	struct conn *c = calloc(1, sizeof *c);
	if (!c)
		return fault_set(f, ERR_NOMEM, where, "no memory for a connection");
	/* The file is made here for its mode.  One that is there must not be opened and closed: that would drop every lock that this process holds on
	 * it (POSIX), and another process would take the write-ahead log away. */
	int fd = create ? open(where, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	else if (access(where, R_OK) != 0) {
		free(c);
		return fault_set(f, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, where, "%s", strerror(errno));
	}
	int r = sqlite3_open_v2(where, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	enum err e = r == SQLITE_OK ? ERR_OK : fail(c->db, r, f);
	if (e == ERR_OK) {
		sqlite3_extended_result_codes(c->db, 1);
		sqlite3_busy_timeout(c->db, BUSY_MS);
		char page[64];
		snprintf(page, sizeof page, "PRAGMA page_size=%d", PAGE_BYTES);
		if (writer)
			sqlite3_exec(c->db, page, NULL, NULL, NULL); /* counts only while the file is empty */
		e = tune(c, writer, f);
	}
	if (e != ERR_OK) {
		sqlite3_close(c->db);
		free(c);
		return e;
	}
	*handle = c;
	return ERR_OK;
}

static void lite_close(void *handle)
{
	struct conn *c = handle;
	int r = sqlite3_close(c->db);
	assert(r == SQLITE_OK);
	(void)r;
	free(c);
}

static void *lite_prepare(void *handle, const char *sql, enum err *e, struct fault *f)
{
	struct conn *c = handle;
	sqlite3_stmt *s = NULL;
	int r = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	if (r != SQLITE_OK)
		*e = fail(c->db, r, f);
	return r == SQLITE_OK ? s : NULL;
}

static void lite_finish(void *stmt)
{
	sqlite3_finalize(stmt);
}

static void lite_reset(void *stmt, bool values)
{
	sqlite3_reset(stmt);
	if (values)
		sqlite3_clear_bindings(stmt);
}

/* A parameter that the statement does not have is our mistake. */
static void bound(int r)
{
	assert(r == SQLITE_OK || r == SQLITE_NOMEM || r == SQLITE_TOOBIG);
	(void)r;
}

static void lite_bind_int(void *stmt, int at, int64_t v)
{
	bound(sqlite3_bind_int64(stmt, at, v));
}

static void lite_bind_text(void *stmt, int at, struct span v)
{
	bound(sqlite3_bind_text64(stmt, at, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8));
}

static void lite_bind_blob(void *stmt, int at, struct span v)
{
	bound(sqlite3_bind_blob64(stmt, at, v.p, v.n, SQLITE_STATIC));
}

static void lite_bind_null(void *stmt, int at)
{
	bound(sqlite3_bind_null(stmt, at));
}

static enum err lite_step(void *stmt, struct fault *f)
{
	errno = 0;
	int r = sqlite3_step(stmt);
	if (r == SQLITE_ROW)
		return ERR_OK;
	return r == SQLITE_DONE ? ERR_NOTFOUND : fail(sqlite3_db_handle(stmt), r, f);
}

static int64_t lite_int(void *stmt, int at)
{
	return sqlite3_column_int64(stmt, at);
}

static struct span lite_text(void *stmt, int at)
{
	const char *p = (const char *)sqlite3_column_text(stmt, at);
	return (struct span){ p ? p : "", p ? (size_t)sqlite3_column_bytes(stmt, at) : 0 };
}

static struct span lite_blob(void *stmt, int at)
{
	const char *p = sqlite3_column_blob(stmt, at);
	return (struct span){ p ? p : "", p ? (size_t)sqlite3_column_bytes(stmt, at) : 0 };
}

static bool lite_null(void *stmt, int at)
{
	return sqlite3_column_type(stmt, at) == SQLITE_NULL;
}

static enum err lite_exec(void *handle, const char *sql, struct fault *f)
{
	struct conn *c = handle;
	errno = 0;
	int r = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	return r == SQLITE_OK ? ERR_OK : fail(c->db, r, f);
}

static int64_t lite_changes(void *handle)
{
	return sqlite3_changes64(((struct conn *)handle)->db);
}

static bool lite_in_transaction(void *handle)
{
	return !sqlite3_get_autocommit(((struct conn *)handle)->db);
}

static uint64_t lite_upkeep(void *handle, bool busy)
{
	struct conn *c = handle;
	if (c->log_pages < (busy ? LOG_PAGES_BUSY : LOG_PAGES))
		return (uint64_t)c->log_pages * PAGE_BYTES;
	int left = 0, moved = 0;
	bool truncate = c->log_pages >= LOG_PAGES_TRUNCATE;
	/* A reader that never ends may not stop the writer: give up after a while and try again later. */
	sqlite3_busy_timeout(c->db, 1000);
	int r = sqlite3_wal_checkpoint_v2(c->db, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
	sqlite3_busy_timeout(c->db, BUSY_MS);
	if (r == SQLITE_OK && left == moved)
		c->log_pages = 0;
	return (uint64_t)c->log_pages * PAGE_BYTES;
}

static uint64_t lite_log_bytes(const char *where)
{
	char path[PATH_MAX + 8];
	struct stat st;
	snprintf(path, sizeof path, "%s-wal", where);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static enum err copy_pages(sqlite3_backup *b, void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx)
{
	int r;
	do {
		r = sqlite3_backup_step(b, BACKUP_PAGES);
		uint64_t all = (uint64_t)sqlite3_backup_pagecount(b) * PAGE_BYTES, left = (uint64_t)sqlite3_backup_remaining(b) * PAGE_BYTES;
		if (progress)
			progress(ctx, all - left, all);
		if (r == SQLITE_BUSY || r == SQLITE_LOCKED)
			sqlite3_sleep(5);
	} while (r == SQLITE_OK || r == SQLITE_BUSY || r == SQLITE_LOCKED);
	return r == SQLITE_DONE ? ERR_OK : kind_of(r);
}

static enum err lite_backup(void *handle, const char *file, void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx, struct fault *f)
{
	struct conn *c = handle;
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set(f, errno == EEXIST ? ERR_CONFLICT : ERR_IO, file, "%s: give the name of a new file", strerror(errno));
	sqlite3 *to = NULL;
	int r = sqlite3_open_v2(file, &to, SQLITE_OPEN_READWRITE, NULL);
	enum err e = r == SQLITE_OK ? ERR_OK : fail(to, r, f);
	/* One read transaction around it: the copy is of one moment, and writers do not make it start again. */
	if (e == ERR_OK)
		e = lite_exec(handle, "BEGIN; SELECT count(*) FROM sqlite_master", f);
	if (e == ERR_OK) {
		sqlite3_backup *b = sqlite3_backup_init(to, "main", c->db, "main");
		e = b ? copy_pages(b, progress, ctx) : ERR_IO;
		if (b)
			sqlite3_backup_finish(b);
		if (e != ERR_OK)
			fault_set(f, e, file, "the copy failed: %s", sqlite3_errmsg(to));
		else if (sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
			e = fault_set(f, ERR_IO, file, "the copy could not be finished: %s", sqlite3_errmsg(to));
		sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
	}
	sqlite3_close(to);
	if (e == ERR_OK && fsync(fd) != 0)
		e = fault_set(f, ERR_IO, file, "%s", strerror(errno));
	close(fd);
	if (e != ERR_OK)
		unlink(file);
	return e;
}

static enum err lite_verify(void *handle, void (*fn)(void *ctx, const char *what), void *ctx, struct fault *f)
{
	struct conn *c = handle;
	sqlite3_stmt *s;
	int r = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(100)", -1, &s, NULL);
	if (r != SQLITE_OK)
		return fail(c->db, r, f);
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(s, 0);
		if (said && strcmp(said, "ok") != 0)
			fn(ctx, said);
	}
	sqlite3_finalize(s);
	/* What stops the check is itself a finding. */
	if (r != SQLITE_DONE)
		fn(ctx, sqlite3_errmsg(c->db));
	return ERR_OK;
}

const struct db_driver db_sqlite = {
	.name = "sqlite",
	.begin_read = "BEGIN",
	.begin_write = "BEGIN IMMEDIATE",
	.words = {
		/* Our tokens hold nothing to fold or split; detail=none suffices where all tokens are asked for and no phrase. */
		.schema = "CREATE VIRTUAL TABLE st_words USING fts5(tokens, content='', detail=none, tokenize='ascii')",
		.add = "INSERT INTO st_words(rowid, tokens) VALUES (?, ?)",
		.find = "SELECT rowid FROM st_words WHERE st_words MATCH ? AND rowid > ? ORDER BY rowid",
	},
	.entries_of_type = "SELECT stamp, ordinal, version, also, flags FROM st_entry INDEXED BY st_entry_type WHERE label = ? AND stamp > ? AND type = ? ORDER BY stamp LIMIT ?",
	.open = lite_open,
	.close = lite_close,
	.prepare = lite_prepare,
	.finish = lite_finish,
	.reset = lite_reset,
	.bind_int = lite_bind_int,
	.bind_text = lite_bind_text,
	.bind_blob = lite_bind_blob,
	.bind_null = lite_bind_null,
	.step = lite_step,
	.column_int = lite_int,
	.column_text = lite_text,
	.column_blob = lite_blob,
	.column_null = lite_null,
	.exec = lite_exec,
	.changes = lite_changes,
	.in_transaction = lite_in_transaction,
	.upkeep = lite_upkeep,
	.log_bytes = lite_log_bytes,
	.backup = lite_backup,
	.verify = lite_verify,
};
