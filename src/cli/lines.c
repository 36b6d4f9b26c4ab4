/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines in, JSON lines out. */
#include "cli/lines.h"

#include <errno.h>
#include <unistd.h>

#include "cli/open.h"
#include "util/bounds.h"

enum { LINE_BYTES = BOUND_ENVELOPE_BYTES,
	LINE_ARENA = BOUND_REQUEST_ARENA,
	READ_BYTES = 1 << 16 };

struct lines {
	lines_answer *fn;
	void *ctx;
	struct arena *arena; /* of one line */
	struct json_parser *parser;
	struct buf text, answer;
	uint64_t wrong;
};

static void complain(struct buf *answer, const struct fault *f)
{
	struct json_out o;

	buf_clear(answer);
	o = json_out(answer);
	json_open(&o, '{');
	json_kstr(&o, "error", f->what[0] ? f->what : "not a case");
	if (f->where[0])
		json_kstr(&o, "where", f->where);
	json_close(&o, '}');
}

/* BUF_SLACK readable bytes follow the line: it stands in a buffer. */
static enum err answer_line(struct lines *l, struct span line, struct fault *f)
{
	struct json c;
	enum err e;

	arena_reset(l->arena);
	buf_clear(&l->answer);
	*f = (struct fault){ "", "" };
	e = json_parse(l->parser, line, true, &c, f);
	if (e == ERR_OK)
		e = l->fn(l->ctx, l->arena, c, &l->answer, f);
	if (e != ERR_OK) {
		l->wrong++;
		complain(&l->answer, f);
	}
	return open_print_json(&l->answer);
}

/* Every complete line; what is left over stays. */
static enum err answer_lines(struct lines *l, bool last, struct fault *f)
{
	struct buf *text = &l->text;
	size_t from = 0;
	enum err e = ERR_OK;

	while (from < text->n && e == ERR_OK) {
		const char *end = memchr(text->p + from, '\n', text->n - from);
		size_t n = end ? (size_t)(end - text->p) - from : text->n - from;

		if (!end && !last)
			break;
		e = answer_line(l, (struct span){ text->p + from, n }, f);
		from += n + (end != NULL);
	}
	if (from < text->n)
		memmove(text->p, text->p + from, text->n - from);
	text->n -= from < text->n ? from : text->n;
	return e;
}

static enum err answer_all(struct lines *l, int fd, struct fault *f)
{
	for (;;) {
		enum err e;
		ssize_t n;

		cmd_flush();
		if (!buf_reserve(&l->text, READ_BYTES))
			return fault_set(f, ERR_LIMIT, "", "a line is longer than %u bytes", LINE_BYTES);
		n = read(fd, l->text.p + l->text.n, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(f, ERR_IO, "", "reading failed: %s", strerror(errno));
		buf_added(&l->text, (size_t)n);
		e = answer_lines(l, n == 0, f);
		if (e != ERR_OK || n == 0)
			return e;
	}
}

int lines_run(struct cmd_args *a, const char *path, bool strict, lines_answer *fn, void *ctx)
{
	struct lines l = { .fn = fn, .ctx = ctx, .arena = arena_new(LINE_ARENA), .parser = json_parser_new(LINE_BYTES) };
	struct fault f = { "", "" };
	enum err e = l.arena && l.parser ? ERR_OK : ERR_NOMEM;
	uint64_t size;
	int fd = -1;

	buf_init(&l.text, LINE_BYTES);
	buf_init(&l.answer, LINE_BYTES);
	if (e == ERR_OK)
		e = open_file(path, &fd, &size, &f);
	if (e == ERR_OK)
		e = answer_all(&l, fd, &f);
	if (fd > 0)
		close(fd);
	buf_release(&l.text);
	buf_release(&l.answer);
	json_parser_free(l.parser);
	arena_free(l.arena);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return strict && l.wrong ? 1 : 0;
}
