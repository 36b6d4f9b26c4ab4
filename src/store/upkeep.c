/* SPDX-License-Identifier: Apache-2.0 */
/* Backup, restore, figures. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "store/store_priv.h"

#define RESERVE_BYTES (64u << 20) /* some hundred thousand pages' records of release … */
#define RESERVE_SHARE 16 /* … but of a small disk no more than this part */
#define ROOM_TIMES 4 /* what an object takes: in the log, in the data base, its indexes, and as much again while the log is moved */

enum err store_room(const struct store *s, uint64_t bytes, struct fault *f)
{
	struct statvfs v;
	if (statvfs(s->path, &v) != 0)
		return ERR_OK; /* writing says it better */
	uint64_t all = (uint64_t)v.f_blocks * v.f_frsize, left = (uint64_t)v.f_bavail * v.f_frsize;
	uint64_t kept = (all / RESERVE_SHARE < RESERVE_BYTES ? all / RESERVE_SHARE : RESERVE_BYTES) + atomic_load(&s->log_waiting);
	if (left >= kept && (left - kept) / ROOM_TIMES >= bytes)
		return ERR_OK;
	return fault_set(f, ERR_IO, "store",
		"the disk has no room for this: %" PRIu64 " MB are free, %" PRIu64 " MB of them are kept so that reading goes on; nothing of this was stored: free some space and try again",
		left >> 20, kept >> 20);
}

enum err store_backup(struct store *s, const char *file, void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx, struct fault *f)
{
	/* A connection of its own: the copy has its own transaction. */
	struct db *db;
	enum err e = db_open(&db, s->driver, s->path, false, false, f);
	if (e != ERR_OK)
		return e;
	e = s->driver->backup(db_handle(db), file, progress, ctx, f);
	db_close(db);
	return e;
}

static enum err copy_file(int from, int to, const char *path, struct fault *f)
{
	static const size_t size = 1 << 20;
	char *room = malloc(size);
	enum err e = room ? ERR_OK : fault_set(f, ERR_NOMEM, path, "no memory to copy");
	ssize_t n = 1;
	while (e == ERR_OK && (n = read(from, room, size)) > 0)
		for (ssize_t done = 0, k; e == ERR_OK && done < n; done += k) {
			k = write(to, room + done, (size_t)(n - done));
			if (k <= 0)
				e = fault_set(f, ERR_IO, path, "%s", strerror(errno));
		}
	if (e == ERR_OK && (n < 0 || fsync(to) != 0))
		e = fault_set(f, ERR_IO, path, "%s", strerror(errno));
	free(room);
	return e;
}

static enum err sync_dir(const char *dir, struct fault *f)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	int said = errno;
	if (fd >= 0)
		close(fd);
	return good ? ERR_OK : fault_set(f, ERR_IO, dir, "%s", strerror(said));
}

static enum err new_epoch(const char *path, const uint8_t epoch[static 16], struct fault *f)
{
	struct db *db;
	char hex[33];
	sign_hex(epoch, 16, hex);
	enum err e = db_open(&db, &db_sqlite, path, false, true, f);
	if (e != ERR_OK)
		return e;
	int64_t there = 0;
	e = db_number(db, "SELECT count(*) FROM st_clock", 0, &there, f);
	struct db_stmt *q = e == ERR_OK ? db_prepare(db, "INSERT INTO st_meta (key, value) VALUES ('epoch', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", f) : NULL;
	if (q) {
		db_bind_blob(q, 1, span_of(hex));
		e = db_run(q, f);
	} else if (e == ERR_OK)
		e = ERR_DB;
	if (e != ERR_OK)
		fault_set(f, e, path, "it is no backup of a hub");
	db_close(db);
	return e;
}

enum err store_restore(const char *file, const char *dir, const uint8_t epoch[static 16], struct fault *f)
{
	char path[PATH_MAX], part[PATH_MAX];
	if ((size_t)snprintf(path, sizeof path, "%s/musubi.db", dir) >= sizeof path || (size_t)snprintf(part, sizeof part, "%s/musubi.db.part", dir) >= sizeof part)
		return fault_set(f, ERR_USAGE, dir, "the path is too long");
	if (access(path, F_OK) == 0)
		return fault_set(f, ERR_CONFLICT, path, "there is a data base already: restore into an empty directory");
	int from = open(file, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return fault_set(f, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, file, "%s", strerror(errno));
	int to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum err e = to >= 0 ? copy_file(from, to, part, f) : fault_set(f, ERR_IO, part, "%s", strerror(errno));
	close(from);
	if (to >= 0)
		close(to);
	/* Under its name only when it is whole and of the new epoch. */
	if (e == ERR_OK)
		e = new_epoch(part, epoch, f);
	if (e == ERR_OK && rename(part, path) != 0)
		e = fault_set(f, ERR_IO, path, "%s", strerror(errno));
	if (e == ERR_OK)
		e = sync_dir(dir, f);
	if (e != ERR_OK)
		unlink(part);
	return e;
}

enum err stats_read(struct db *db, struct store_stats *out, struct fault *f)
{
	static const char *const sql[] = { "SELECT count(*) FROM (SELECT DISTINCT uuid, type FROM st_line)", "SELECT count(*) FROM st_version", "SELECT sum(length(raw)) FROM st_version",
		"SELECT count(*) FROM st_label", "SELECT (SELECT coalesce(max(number), 0) FROM st_version) - indexed FROM st_clock WHERE one = 1" };
	uint64_t *const to[] = { &out->objects, &out->versions, &out->bytes, &out->labels, &out->unindexed };
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < sizeof sql / sizeof *sql; i++) {
		int64_t n = 0;
		e = db_number(db, sql[i], 0, &n, f);
		*to[i] = n > 0 ? (uint64_t)n : 0;
	}
	return e;
}

static enum err read_stats(void *ctx, struct db *db, struct fault *f)
{
	return stats_read(db, ctx, f);
}

enum err store_stats(struct store *s, struct store_stats *out, struct fault *f)
{
	struct stat st;
	*out = (struct store_stats){ 0 };
	enum err e = store_read(s, read_stats, out, f);
	out->file_bytes = stat(s->path, &st) == 0 ? (uint64_t)st.st_size : 0;
	out->wal_bytes = s->driver->log_bytes(s->path);
	return e;
}
