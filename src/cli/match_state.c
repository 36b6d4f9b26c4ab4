/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match --state: what is remembered between runs.  Lines: "since STAMP", "log DEVICE INODE OFFSET LINES". */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err match_state_open(struct match_state *st, const char *path, struct arena *a, struct fault *f)
{
	BUF_SCOPE struct buf b;
	enum err e;

	*st = (struct match_state){ .path = path };
	buf_init(&st->out, 1u << 24);
	if (!path || access(path, F_OK) != 0)
		return ERR_OK;
	e = open_read(path, 1u << 24, &b, f);
	if (e != ERR_OK)
		return e;
	if (b.n && memcmp(b.p, "since ", 6) != 0 && memcmp(b.p, "log ", 4) != 0)
		return fault_set(f, ERR_INVALID, path, "this is no file that musubi match --state wrote; name another one");
	st->text = arena_span(a, buf_span(&b));
	return st->text.p ? ERR_OK : ERR_NOMEM;
}

static bool next_line(struct span *rest, struct span *line)
{
	const char *end;

	if (!rest->n)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	*line = (struct span){ rest->p, end ? (size_t)(end - rest->p) : rest->n };
	*rest = (struct span){ rest->p + line->n + (end != NULL), rest->n - line->n - (end != NULL) };
	return true;
}

bool match_state_since(const struct match_state *st, struct timestamp *out)
{
	struct span rest = st->text, line;

	while (next_line(&rest, &line)) {
		if (span_starts(line, SPAN("since ")) && timestamp_parse((struct span){ line.p + 6, line.n - 6 }, out, NULL) == ERR_OK)
			return true;
	}
	return false;
}

bool match_state_log(const struct match_state *st, uint64_t dev, uint64_t inode, uint64_t *offset, uint64_t *lines)
{
	struct span rest = st->text, line;

	while (next_line(&rest, &line)) {
		uint64_t v[4];
		char *at = (char *)(uintptr_t)line.p + 3;

		if (!span_starts(line, SPAN("log ")))
			continue;
		for (int i = 0; i < 4; i++)
			v[i] = strtoull(at, &at, 10);
		if (v[0] == dev && v[1] == inode) {
			*offset = v[2];
			*lines = v[3];
			return true;
		}
	}
	return false;
}

void match_state_put_since(struct match_state *st, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	buf_addf(&st->out, "since %s\n", text);
}

void match_state_put_log(struct match_state *st, uint64_t dev, uint64_t inode, uint64_t offset, uint64_t lines)
{
	buf_addf(&st->out, "log %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", dev, inode, offset, lines);
}

enum err match_state_write(struct match_state *st, struct fault *f)
{
	char part[4096];
	bool good;
	int fd;

	if (!st->path)
		return ERR_OK;
	if ((size_t)snprintf(part, sizeof(part), "%s.new", st->path) >= sizeof(part))
		return fault_set(f, ERR_IO, "", "the path of --state is too long");
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	good = fd >= 0 && buf_ok(&st->out) && write(fd, st->out.p ? st->out.p : "", st->out.n) == (ssize_t)st->out.n && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	buf_clear(&st->out);
	if (!good || rename(part, st->path) != 0)
		return fault_set(f, ERR_IO, st->path, "could not be written: %s", strerror(errno));
	return ERR_OK;
}
