/* SPDX-License-Identifier: Apache-2.0 */
/* musubi format: the same JSON, canonical or indented. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/open.h"
#include "util/bounds.h"

#define FILE_MOST ((size_t)1 << 30)

struct formatting {
	struct cmd_args *a;
	struct json_parser *parser;
	bool canonical;
	unsigned indent;
	struct buf out;
	uint64_t differing;
};

static enum err put(struct formatting *x, struct span text, bool padded, unsigned indent, struct fault *f)
{
	struct json v;
	struct span key;
	enum err e = json_parse(x->parser, text, padded, &v, f);

	if (e != ERR_OK)
		return e;
	if (!json_unique_keys(v, &key))
		return key.p ? fault_set(f, ERR_INVALID, "", "the key \"%.*s\" stands twice in one object", SPAN_ARG(key)) : ERR_NOMEM;
	if (x->canonical)
		return json_canonical(v, &x->out, f);
	struct json_out o = json_out(&x->out);
	o.indent = indent;
	json_put(&o, v);
	return buf_err(&x->out);
}

/* One value a line stays one value a line. */
static enum err put_lines(struct formatting *x, struct span text, struct fault *f)
{
	size_t number = 0;

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct span line = { text.p, end ? (size_t)(end - text.p) : text.n };
		text = (struct span){ text.p + line.n + (end != NULL), text.n - line.n - (end != NULL) };
		number++;
		while (line.n && strchr(" \t\r", line.p[line.n - 1]))
			line.n--;
		if (!line.n)
			continue;
		enum err e = put(x, line, false, 0, f);
		if (e != ERR_OK) {
			char where[64];
			snprintf(where, sizeof(where), "line %zu%s%.40s", number, f->where[0] ? ", " : "", f->where);
			snprintf(f->where, sizeof(f->where), "%s", where);
			return e;
		}
		buf_addc(&x->out, '\n');
	}
	return buf_err(&x->out);
}

static bool first_line_is_whole(struct formatting *x, struct span text)
{
	const char *end = memchr(text.p, '\n', text.n);
	struct json v;

	return end && json_parse(x->parser, (struct span){ text.p, (size_t)(end - text.p) }, false, &v, NULL) == ERR_OK;
}

static enum err format_text(struct formatting *x, struct span text, struct fault *f)
{
	buf_clear(&x->out);
	enum err e = put(x, text, true, x->indent, f);
	if (e == ERR_OK) {
		if (!x->canonical) /* canonical bytes are those that are signed: none more */
			buf_addc(&x->out, '\n');
		return buf_err(&x->out);
	}
	if (e != ERR_SYNTAX || !first_line_is_whole(x, text))
		return e;
	buf_clear(&x->out);
	return put_lines(x, text, f);
}

/* A new file takes the old one's place; nobody sees half of it. */
static enum err replace(const char *path, struct span text, struct fault *f)
{
	char temporary[4096];
	struct stat st;
	size_t done = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.musubi-new", path) >= (int)sizeof(temporary))
		return fault_set(f, ERR_LIMIT, path, "the name is too long");
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set(f, ERR_IO, temporary, "cannot be written: %s", strerror(errno));
	bool good = stat(path, &st) == 0 && fchmod(fd, st.st_mode & 07777) == 0;
	while (good && done < text.n) {
		ssize_t n = write(fd, text.p + done, text.n - done);
		good = n > 0 || (n < 0 && errno == EINTR);
		done += n > 0 ? (size_t)n : 0;
	}
	good = good && fsync(fd) == 0;
	good = close(fd) == 0 && good && rename(temporary, path) == 0;
	if (good)
		return ERR_OK;
	int why = errno;
	(void)unlink(temporary);
	return fault_set(f, ERR_IO, path, "cannot be replaced: %s", strerror(why));
}

static enum err one(struct formatting *x, const char *path, struct fault *f)
{
	BUF_SCOPE struct buf text;
	enum err e = open_read(path, FILE_MOST, &text, f);

	if (e == ERR_OK)
		e = format_text(x, buf_span(&text), f);
	if (e != ERR_OK) {
		if (f->what[0]) {
			struct fault inner = *f;
			fault_set(f, e, path, "%s%s%s", inner.what, inner.where[0] && strcmp(inner.where, path) != 0 ? ", " : "", strcmp(inner.where, path) != 0 ? inner.where : "");
		}
		return e;
	}
	bool differs = !span_eq(buf_span(&text), buf_span(&x->out));
	x->differing += differs;
	if (cmd_opt(x->a, "--check")) {
		if (differs)
			cmd_print("%s\n", path);
	} else if (!cmd_opt(x->a, "--write")) {
		cmd_print_span(buf_span(&x->out));
	} else if (differs) {
		e = replace(path, buf_span(&x->out), f);
		cmd_say("%s: written", path);
	}
	return e;
}

static int run(struct cmd_args *a)
{
	const char *indent = cmd_opt(a, "--indent");
	struct formatting x = { .a = a, .parser = json_parser_new(FILE_MOST), .canonical = cmd_opt(a, "--canonical") != NULL, .indent = 2 };
	struct fault f = { 0 };
	enum err e = x.parser ? ERR_OK : ERR_NOMEM;

	if (indent && (strlen(indent) != 1 || *indent < '0' || *indent > '8'))
		return cmd_usage(a, "--indent: write a number from 0 to 8");
	if (indent)
		x.indent = (unsigned)(*indent - '0');
	for (int i = 0; i < cmd_argc(a); i++) {
		if (cmd_opt(a, "--write") && strcmp(cmd_arg(a, i), "-") == 0)
			return cmd_usage(a, "--write: standard input cannot be written to");
	}
	buf_init(&x.out, 4 * FILE_MOST);
	if (cmd_argc(a) == 0)
		e = one(&x, "-", &f);
	for (int i = 0; e == ERR_OK && i < cmd_argc(a); i++)
		e = one(&x, cmd_arg(a, i), &f);
	buf_release(&x.out);
	json_parser_free(x.parser);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return cmd_opt(a, "--check") && x.differing ? 1 : 0;
}

const struct cmd cmd_format = {
	.name = "format",
	.arguments = "[FILE…]",
	.min_args = 0,
	.max_args = -1,
	.brief = "write STIX or any JSON canonical or indented",
	.help = "Prints each FILE (without one, standard input) indented, its members in their order; what stands one value a line stays so. With --canonical the bytes are those of RFC 8785 "
		"(JCS), which signatures and digests are made of; numbers that it cannot hold (integers beyond 2^53) are refused. The meaning never changes. A key that stands twice is "
		"refused.\n\nExit status: 0, or with --check 1 where a file would change.\n\n"
		"  musubi format --write bundle.json\n  musubi format --canonical < object.json | sha256sum",
	.options = (const struct cmd_option[]){
		{ "--canonical", NULL, "RFC 8785 (JCS): sorted, no blanks" },
		{ "--indent", "N", "blanks a level (2); 0: one line" },
		{ "--write", NULL, "put the result in the file's place" },
		{ "--check", NULL, "print the names of files that would change, nothing else" },
		{ 0 },
	},
	.run = run,
	.complete = "file",
};
