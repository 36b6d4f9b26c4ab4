/* SPDX-License-Identifier: Apache-2.0 */
/* musubi backup, restore, check: a copy while the hub runs, a hub from a copy, and whether all is well.
 *
 * A backup is one file: the data base as the store copies it, and behind it a tail with the hub's key: 32 bytes of seed, the length of the data base
 * (8 bytes, little end first), 16 bytes of magic.  Hence its mode 0600; the data base alone can still be opened by other tools. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "accord/log.h"
#include "cli/open.h"
#include "util/bounds.h"

#define MAGIC "musubi-backup-1\n"
enum { SEED = 32,
	LENGTH = 8,
	TAIL = SEED + LENGTH + sizeof(MAGIC) - 1,
};

struct tail {
	uint8_t seed[SEED];
	uint64_t length;
};

static enum err failed(const char *path, const char *what, struct fault *f)
{
	return fault_set(f, ERR_IO, path, "%s failed: %s", what, strerror(errno));
}

/* ---- the tail ---- */

static enum err tail_write(const char *path, const struct tail *t, struct fault *f)
{
	uint8_t bytes[TAIL];
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return failed(path, "opening", f);
	memcpy(bytes, t->seed, SEED);
	for (int i = 0; i < LENGTH; i++)
		bytes[SEED + i] = (uint8_t)(t->length >> 8 * i);
	memcpy(bytes + SEED + LENGTH, MAGIC, sizeof(MAGIC) - 1);
	bool ok = write(fd, bytes, TAIL) == TAIL && fsync(fd) == 0;
	explicit_bzero(bytes, sizeof(bytes));
	ok = close(fd) == 0 && ok;
	return ok ? ERR_OK : failed(path, "writing", f);
}

static enum err tail_read(int fd, const char *path, struct tail *t, struct fault *f)
{
	uint8_t bytes[TAIL];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failed(path, "reading", f);
	if (st.st_size < TAIL || pread(fd, bytes, TAIL, st.st_size - TAIL) != TAIL || memcmp(bytes + SEED + LENGTH, MAGIC, sizeof(MAGIC) - 1) != 0)
		return fault_set(f, ERR_INVALID, path, "is no backup that `musubi backup` made, or it was cut off: take another");
	memcpy(t->seed, bytes, SEED);
	t->length = 0;
	for (int i = 0; i < LENGTH; i++)
		t->length |= (uint64_t)bytes[SEED + i] << 8 * i;
	explicit_bzero(bytes, sizeof(bytes));
	if (t->length != (uint64_t)st.st_size - TAIL)
		return fault_set(f, ERR_INVALID, path, "holds %" PRIu64 " bytes of data base where its tail says %" PRIu64 ": it was changed; take another",
			(uint64_t)st.st_size - TAIL, t->length);
	return ERR_OK;
}

/* ---- backup ---- */

static void progress(void *ctx, uint64_t done, uint64_t all)
{
	struct cmd_progress **p = ctx;

	if (!*p)
		*p = cmd_progress_new("copying", " pages", all);
	cmd_progress_to(*p, done, NULL);
}

static enum err print_bytes(struct cmd_args *a, const char *file, uint64_t bytes)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 16);
	if (!cmd_json(a)) {
		cmd_say("%s: %" PRIu64 " bytes. It holds the hub's key: keep it as safe as the hub.", file, bytes);
		return ERR_OK;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "file", file);
	json_kint(&o, "bytes", (int64_t)bytes);
	json_close(&o, '}');
	return open_print_json(&b);
}

static enum err backup(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *file = cmd_arg(a, 1);
	struct cmd_progress *p = NULL;
	struct stat st;
	struct tail t;

	umask(077);
	enum err e = store_backup(accord_store(h), file, progress, &p, f);
	cmd_progress_free(p);
	if (e != ERR_OK)
		return e;
	if (chmod(file, 0600) != 0 || stat(file, &st) != 0)
		return failed(file, "closing it to others", f);
	memcpy(t.seed, accord_key(h)->seed, SEED);
	t.length = (uint64_t)st.st_size;
	e = tail_write(file, &t, f);
	explicit_bzero(&t, sizeof(t));
	if (e != ERR_OK) {
		(void)unlink(file); /* half a backup is none */
		return e;
	}
	return print_bytes(a, file, (uint64_t)st.st_size + TAIL);
}

static int run_backup(struct cmd_args *a)
{
	return open_run(a, backup);
}

const struct cmd cmd_backup = {
	.name = "backup",
	.arguments = "DIR FILE",
	.min_args = 2,
	.max_args = 2,
	.brief = "copy a hub, while it runs, into one file",
	.help = "FILE must not be there yet. It holds the data base and the hub's key (mode 0600): keep it as safe as the hub itself.",
	.run = run_backup,
};

/* ---- restore ---- */

static enum err copy_bytes(int from, const char *to, uint64_t length, struct fault *f)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char block[65536];
	uint64_t done = 0;
	struct cmd_progress *p = cmd_progress_new("restoring", "B", length);
	bool ok = fd >= 0;

	while (ok && done < length) {
		size_t want = length - done < sizeof(block) ? (size_t)(length - done) : sizeof(block);
		ssize_t n = pread(from, block, want, (off_t)done);
		ok = n > 0 && write(fd, block, (size_t)n) == n;
		done += ok ? (uint64_t)n : 0;
		cmd_progress_to(p, done, NULL);
	}
	cmd_progress_free(p);
	ok = ok && fsync(fd) == 0;
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok ? ERR_OK : failed(to, "writing", f);
}

static enum err refuse_hub(struct cmd_args *a, const char *dir, struct fault *f)
{
	static const char *const names[] = { "hub.key", "musubi.db" };

	for (size_t i = 0; i < 2; i++) {
		const char *path = arena_printf(cmd_arena(a), "%s/%s", dir, names[i]);
		if (!path)
			return ERR_NOMEM;
		if (access(path, F_OK) == 0)
			return fault_set(f, ERR_CONFLICT, dir, "holds a hub already: restore into a new directory");
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return failed(dir, "making the directory", f);
	return chmod(dir, 0700) == 0 ? ERR_OK : failed(dir, "closing it to others", f);
}

static enum err restore_into(struct cmd_args *a, int fd, const struct tail *t, struct fault *f)
{
	const char *dir = cmd_arg(a, 1), *copy = arena_printf(cmd_arena(a), "%s/restoring", dir), *key = arena_printf(cmd_arena(a), "%s/hub.key", dir);
	uint8_t epoch[16];

	if (!copy || !key)
		return ERR_NOMEM;
	enum err e = refuse_hub(a, dir, f);
	if (e != ERR_OK)
		return e;
	(void)unlink(copy);
	random_bytes(epoch, sizeof(epoch));
	struct sign_key k = sign_key_from_seed(t->seed);
	e = copy_bytes(fd, copy, t->length, f);
	if (e == ERR_OK)
		e = store_restore(copy, dir, epoch, f);
	if (e == ERR_OK)
		e = sign_key_save(&k, key, f);
	explicit_bzero(&k, sizeof(k));
	(void)unlink(copy);
	return e;
}

static enum err say_restored(struct cmd_args *a, struct fault *f)
{
	ACCORD_SCOPE struct accord *h = NULL;
	BUF_SCOPE struct buf b;
	enum err e = open_accord(cmd_arg(a, 1), &h, f); /* that it opens is part of the proof */

	buf_init(&b, 1u << 16);
	if (e != ERR_OK)
		return e;
	if (!cmd_json(a)) {
		cmd_say("%.*s is restored and begins a new epoch: peers will repair what is missing. Next: musubi check %s", SPAN_ARG(accord_hub(h)->name), cmd_arg(a, 1));
		return ERR_OK;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "hub_id", accord_hub(h)->id);
	json_kspan(&o, "epoch", accord_hub(h)->epoch);
	json_kstr(&o, "dir", cmd_arg(a, 1));
	json_close(&o, '}');
	return open_print_json(&b);
}

static int run_restore(struct cmd_args *a)
{
	struct fault f = { 0 };
	struct tail t;
	uint64_t size;
	int fd;
	enum err e = sign_init();

	if (e == ERR_OK)
		e = open_file(cmd_arg(a, 0), &fd, &size, &f);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	e = tail_read(fd, cmd_arg(a, 0), &t, &f);
	if (e == ERR_OK)
		e = restore_into(a, fd, &t, &f);
	explicit_bzero(&t, sizeof(t));
	close(fd);
	if (e == ERR_OK)
		e = say_restored(a, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_restore = {
	.name = "restore",
	.arguments = "FILE DIR",
	.min_args = 2,
	.max_args = 2,
	.brief = "make a hub from a backup",
	.help = "DIR must hold no hub. The hub keeps its id and key and begins a new epoch: cursors from before are refused with a clear message, and peers repair by difference. "
		"Never run the old and the restored hub side by side.",
	.run = run_restore,
	.complete = "file",
};

/* ---- check ---- */

struct checking {
	struct cmd_args *a;
	struct json_out *o; /* NULL: text */
};

static void finding(void *ctx, bool error, const char *what)
{
	struct checking *c = ctx;

	if (!c->o) {
		cmd_print("%s%s%s  %s\n", cmd_style(1, error ? CMD_RED : CMD_GREEN), error ? "error" : "fine ", cmd_style(1, CMD_PLAIN), what);
		return;
	}
	json_open(c->o, '{');
	json_kbool(c->o, "error", error);
	json_kstr(c->o, "what", what);
	json_close(c->o, '}');
}

static void json_stats(struct json_out *o, const struct store_stats *s)
{
	json_kint(o, "objects", (int64_t)s->objects);
	json_kint(o, "versions", (int64_t)s->versions);
	json_kint(o, "bytes", (int64_t)s->bytes);
	json_kint(o, "labels", (int64_t)s->labels);
	json_kint(o, "file_bytes", (int64_t)s->file_bytes);
}

static enum err check(struct cmd_args *a, struct accord *h, uint64_t *errors, struct fault *f)
{
	struct store_stats s = { 0 };
	BUF_SCOPE struct buf b;
	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	struct checking c = { a, cmd_json(a) ? &o : NULL };

	json_open(&o, '{');
	json_key(&o, "findings");
	json_open(&o, '[');
	enum err e = store_check(accord_store(h), finding, &c, errors, f);
	if (e == ERR_OK)
		e = accord_log_check(h, finding, &c, errors, f);
	if (e == ERR_OK)
		e = store_stats(accord_store(h), &s, f);
	if (e != ERR_OK)
		return e;
	json_close(&o, ']');
	json_kint(&o, "errors", (int64_t)*errors);
	json_stats(&o, &s);
	json_close(&o, '}');
	if (cmd_json(a))
		return open_print_json(&b);
	cmd_say("%" PRIu64 " objects in %" PRIu64 " versions, %" PRIu64 " bytes, %" PRIu64 " labels: %" PRIu64 " errors", s.objects, s.versions, s.bytes, s.labels, *errors);
	return ERR_OK;
}

static int run_check(struct cmd_args *a)
{
	ACCORD_SCOPE struct accord *h = NULL;
	struct fault f = { 0 };
	uint64_t errors = 0;
	enum err e = open_accord(cmd_arg(a, 0), &h, &f);

	if (e == ERR_OK)
		e = check(a, h, &errors, &f);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return errors ? 1 : 0;
}

const struct cmd cmd_check = {
	.name = "check",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "verify everything a hub holds",
	.help = "Digests, ids, order of the feeds, references, the search index, and that the key opens. Says what it looked at and what it found; exit status 1 where something is wrong. "
		"It may run while the hub does.",
	.run = run_check,
};
