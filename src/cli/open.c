/* SPDX-License-Identifier: Apache-2.0 */
/* What most commands do first: open a data directory, read a file, ask for a password, understand a time. */
#include "cli/open.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "stix/bundle.h"
#include "util/bounds.h"

struct timestamp open_now(void *ctx)
{
	return timestamp_now();
}

enum err open_accord(const char *dir, struct accord **out, struct fault *f)
{
	struct store_options o = { .now = open_now };
	struct stat st;

	if (stat(dir, &st) != 0)
		return fault_set(f, ERR_NOTFOUND, dir, "there is no such directory: `musubi init %s --name NAME --country CC` makes a hub there", dir);
	if (!S_ISDIR(st.st_mode))
		return fault_set(f, ERR_USAGE, dir, "this is not a directory: give the data directory that `musubi init` made");
	return accord_open(out, dir, &o, f);
}

enum err open_file(const char *path, int *fd, uint64_t *size, struct fault *f)
{
	struct stat st;

	*size = 0;
	*fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, path, "cannot be read: %s", strerror(errno));
	if (fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(*fd);
		return fault_set(f, ERR_USAGE, path, "this is a directory: give a file, or `-` for standard input");
	}
	if (S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;
	return ERR_OK;
}

static enum err too_large(const char *path, size_t limit, struct fault *f)
{
	return fault_set(f, ERR_LIMIT, path, "larger than %zu bytes, the most that this reads at once: use `musubi import`, or cut it in pieces", limit);
}

static enum err read_all(int fd, const char *path, size_t limit, struct buf *out, struct fault *f)
{
	for (;;) {
		if (!buf_reserve(out, 65536))
			return out->cap - out->n < 65536 + BUF_SLACK ? too_large(path, limit, f) : ERR_NOMEM;
		ssize_t n = read(fd, out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(f, ERR_IO, path, "reading failed: %s", strerror(errno));
		if (n == 0)
			break;
		out->n += (size_t)n;
		if (out->n > limit)
			return too_large(path, limit, f);
	}
	memset(out->p + out->n, 0, BUF_SLACK);
	return ERR_OK;
}

enum err open_read(const char *path, size_t limit, struct buf *out, struct fault *f)
{
	int fd;
	uint64_t size;

	buf_init(out, limit + 2 * 65536 + BUF_SLACK);
	enum err e = open_file(path, &fd, &size, f);
	if (e != ERR_OK)
		return e;
	if (size > limit)
		e = too_large(path, limit, f);
	else if (!buf_reserve(out, (size_t)size + 65536))
		e = ERR_NOMEM;
	else
		e = read_all(fd, path, limit, out, f);
	close(fd);
	return e;
}

enum err open_objects(const char *path, enum err (*fn)(void *ctx, struct span raw, struct fault *f), void *ctx, struct fault *f)
{
	uint64_t size, at;
	struct span raw;
	int fd;
	enum err e = open_file(path, &fd, &size, f);

	if (e != ERR_OK)
		return e;
	struct stix_reader *r = stix_reader_new(fd, BOUND_OBJECT_BYTES + (1u << 20));
	struct cmd_progress *progress = size > (16u << 20) ? cmd_progress_new(path, "B", size) : NULL;
	e = r ? ERR_OK : ERR_NOMEM;
	while (e == ERR_OK && (e = stix_reader_next(r, &raw, &at, f)) == ERR_OK) {
		e = fn(ctx, raw, f);
		e = e == ERR_NOTFOUND ? ERR_INTERNAL : e;
		cmd_progress_to(progress, at, NULL);
	}
	cmd_progress_free(progress);
	stix_reader_free(r);
	close(fd);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static bool read_line(struct arena *a, struct span *out)
{
	char line[BOUND_NAME_BYTES + 2];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	size_t n = strcspn(line, "\r\n");
	*out = arena_span(a, (struct span){ line, n });
	explicit_bzero(line, sizeof(line));
	return out->p != NULL;
}

static bool ask_unseen(struct arena *a, const char *prompt, struct span *out)
{
	struct termios shown, hidden;

	if (tcgetattr(0, &shown) != 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	tcsetattr(0, TCSAFLUSH, &hidden);
	bool ok = read_line(a, out);
	tcsetattr(0, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return ok;
}

enum err open_password(struct arena *a, bool from_stdin, struct span *out, struct fault *f)
{
	struct span again;

	if (from_stdin || !isatty(0)) {
		if (!from_stdin)
			return fault_set(f, ERR_USAGE, "", "there is no terminal to ask for the password on: give --password-stdin and write it to standard input");
		if (!read_line(a, out) || out->n == 0)
			return fault_set(f, ERR_INVALID, "standard input", "no password came: write it as one line");
		return ERR_OK;
	}
	if (!ask_unseen(a, "Password: ", out) || !ask_unseen(a, "Once more: ", &again))
		return fault_set(f, ERR_IO, "", "the password could not be read");
	if (out->n == 0 || !span_eq(*out, again))
		return fault_set(f, ERR_INVALID, "", "%s: try again", out->n ? "the two passwords differ" : "the password is empty");
	return ERR_OK;
}

enum err open_time(const char *text, struct timestamp *out, struct fault *f)
{
	char whole[TIMESTAMP_TEXT];

	if (strcmp(text, "now") == 0) {
		*out = timestamp_now();
		return ERR_OK;
	}
	if (strlen(text) == 10 && text[4] == '-') {
		snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
		text = whole;
	}
	struct fault why = { 0 };
	if (timestamp_parse(span_of(text), out, &why) != ERR_OK)
		return fault_set(f, ERR_USAGE, text, "not a time (%s): write now, 2026-01-31 or 2026-01-31T09:00:00Z", why.what);
	return ERR_OK;
}

const char *open_token(const struct cmd_args *a)
{
	const char *t = cmd_opt(a, "--token");

	if (!t)
		t = getenv("MUSUBI_TOKEN");
	return t && *t ? t : NULL;
}

bool open_is_url(const char *text)
{
	return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

enum err open_collection(struct accord *h, struct arena *a, const char *which, struct store_collection *out, struct fault *f)
{
	struct store_collection *v;
	size_t n;
	struct span want = span_of(which && *which ? which : "shared");
	BUF_SCOPE struct buf known;

	buf_init(&known, 4096);
	enum err e = store_collections(accord_store(h), a, &v, &n, f);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (span_eq(v[i].alias, want) || span_eq(v[i].id, want)) {
			*out = v[i];
			return ERR_OK;
		}
		buf_addf(&known, "%s%.*s", known.n ? ", " : "", SPAN_ARG(v[i].alias));
	}
	return fault_set(f, ERR_NOTFOUND, which && *which ? which : "shared", "there is no such collection; there are: %.*s (`musubi collection add` makes another)",
		SPAN_ARG(buf_span(&known)));
}

static enum err unknown_member(struct arena *a, const struct accord_member *v, size_t n, const char *which, struct fault *f)
{
	const char *names[256];
	size_t count = 0;

	for (size_t i = 0; i < n && count < 256; i++)
		if ((names[count] = arena_str(a, v[i].name)))
			count++;
	const char *near = cmd_nearest(which, names, count);
	return fault_set(f, ERR_NOTFOUND, which, "there is no such member%s%s%s; `musubi member list` shows them", near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

enum err open_member(struct accord *h, struct arena *a, const char *which, struct span *id, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_member *v, *found = NULL;
	size_t n = accord_members(s, &v), same = 0;
	struct span want = span_of(which);
	enum err e = ERR_OK;

	for (size_t i = 0; i < n; i++) {
		if (span_eq(v[i].id, want)) {
			found = &v[i];
			same = 1;
			break;
		}
		if (span_eq(v[i].name, want)) {
			found = &v[i];
			same++;
		}
	}
	if (same == 1) {
		*id = arena_span(a, found->id);
		e = id->p ? ERR_OK : ERR_NOMEM;
	} else if (span_eq(accord_hub(h)->id, want)) {
		*id = want;
	} else {
		e = same ? fault_set(f, ERR_CONFLICT, which, "%zu members have this name: give the id, `musubi member list` shows it", same) : unknown_member(a, v, n, which, f);
	}
	accord_snapshot_unref(s);
	return e;
}

enum err open_tlp(const char *text, enum stix_tlp *out, struct fault *f)
{
	if (stix_tlp_parse(span_of(text), out) && *out != STIX_TLP_NONE && *out != STIX_TLP_UNKNOWN)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, text, "not a TLP level: clear, green, amber, amber+strict or red");
}

int open_run(struct cmd_args *a, enum err (*fn)(struct cmd_args *a, struct accord *h, struct fault *f))
{
	ACCORD_SCOPE struct accord *h = NULL;
	struct fault f = { 0 };
	enum err e = open_accord(cmd_arg(a, 0), &h, &f);

	if (e == ERR_OK)
		e = fn(a, h, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

enum err open_write(const struct cmd_args *a, struct span text, struct fault *f)
{
	const char *path = cmd_opt(a, "--out");

	if (!path) {
		cmd_print_span(text);
		return ERR_OK;
	}
	FILE *to = fopen(path, "wb");
	bool ok = to && fwrite(text.p, 1, text.n, to) == text.n;
	if (to && fclose(to) != 0)
		ok = false;
	return ok ? ERR_OK : fault_set(f, ERR_IO, path, "cannot be written: %s", strerror(errno));
}

enum err open_print_json(struct buf *json)
{
	if (!buf_ok(json))
		return ERR_NOMEM;
	cmd_print_span(buf_span(json));
	cmd_print("\n");
	return ERR_OK;
}

enum err open_print_list(const void *v, size_t n, void (*row)(struct json_out *o, const void *v, size_t i))
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++)
		row(&o, v, i);
	json_close(&o, ']');
	return open_print_json(&b);
}

enum err open_print_id(struct cmd_args *a, const char *id)
{
	BUF_SCOPE struct buf b;

	if (!cmd_json(a)) {
		cmd_print("%s\n", id);
		return ERR_OK;
	}
	buf_init(&b, 4096);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "id", id);
	json_close(&o, '}');
	return open_print_json(&b);
}

void open_json_optional(struct json_out *o, const char *key, struct span s)
{
	json_key(o, key);
	if (s.n)
		json_put_string(o, s);
	else
		json_put_null(o);
}

void open_print_line(struct span raw)
{
	size_t from = 0;

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] != '\n' && raw.p[i] != '\r')
			continue;
		cmd_print_span((struct span){ raw.p + from, i - from });
		cmd_print_span(SPAN(" "));
		from = i + 1;
	}
	cmd_print_span((struct span){ raw.p + from, raw.n - from });
	cmd_print_span(SPAN("\n"));
}

void open_json_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	if (t.us == TIMESTAMP_NEVER.us || t.us == 0) {
		json_kstr(o, key, NULL);
		return;
	}
	timestamp_format(t, text);
	json_kstr(o, key, text);
}

struct span open_time_text(struct arena *a, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	if (t.us == 0)
		return SPAN("");
	if (t.us == TIMESTAMP_NEVER.us)
		return SPAN("never");
	timestamp_format(t, text);
	memcpy(text + 19, "Z", 2); /* seconds are enough for people */
	return arena_span(a, span_of(text));
}
