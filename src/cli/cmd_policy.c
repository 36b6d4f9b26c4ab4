/* SPDX-License-Identifier: Apache-2.0 */
/* musubi policy decide: cases in, answers out, one JSON line each. */
#include <errno.h>
#include <unistd.h>
#include "cli/open.h"
#include "policy/policy_case.h"
#include "util/bounds.h"

enum { CASE_BYTES = BOUND_OBJECT_BYTES,
	CASE_ARENA = 64 << 20,
};

struct deciding {
	struct arena *arena; /* of one case at a time */
	struct buf answer;
	uint64_t cases, wrong;
};

static void complain(struct deciding *d, const struct fault *f)
{
	struct json_out o = json_out(&d->answer);

	d->wrong++;
	json_open(&o, '{');
	json_kstr(&o, "error", f->what[0] ? f->what : "not a case");
	if (f->where[0])
		json_kstr(&o, "where", f->where);
	json_close(&o, '}');
}

static enum err decide_line(struct deciding *d, struct span line, struct fault *f)
{
	struct policy_case c;
	struct json v;

	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	if (line.n == 0)
		return ERR_OK;
	arena_reset(d->arena);
	buf_clear(&d->answer);
	*f = (struct fault){ 0 };
	d->cases++;
	enum err e = line.n > CASE_BYTES ? fault_set(f, ERR_LIMIT, "", "the case is longer than %d bytes", CASE_BYTES) : json_read(d->arena, line, &v, f);
	if (e == ERR_OK)
		e = policy_case_read(d->arena, v, &c, f);
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_OK)
		policy_case_answer(&c, &d->answer);
	else
		complain(d, f);
	return open_print_json(&d->answer);
}

/* Answers every complete line of text; what is left over stays. */
static enum err decide_lines(struct deciding *d, struct buf *text, bool last, struct fault *f)
{
	size_t from = 0;
	enum err e = ERR_OK;

	while (from < text->n && e == ERR_OK) {
		const char *end = memchr(text->p + from, '\n', text->n - from);
		size_t n = end ? (size_t)(end - text->p) - from : text->n - from;
		if (!end && !last)
			break;
		e = decide_line(d, (struct span){ text->p + from, n }, f);
		from += n + (end != NULL);
	}
	if (from < text->n)
		memmove(text->p, text->p + from, text->n - from);
	text->n -= from < text->n ? from : text->n;
	return e;
}

/* Answers go out before the next wait for input, so that another program can ask and read in turns. */
static enum err decide_all(struct deciding *d, int fd, struct buf *text, struct fault *f)
{
	for (;;) {
		cmd_flush();
		if (!buf_reserve(text, 65536))
			return fault_set(f, ERR_LIMIT, "", "case %llu is longer than %d bytes", (unsigned long long)d->cases + 1, CASE_BYTES);
		ssize_t n = read(fd, text->p + text->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(f, ERR_IO, "", "reading failed: %s", strerror(errno));
		text->n += (size_t)n;
		enum err e = decide_lines(d, text, n == 0, f);
		if (e != ERR_OK || n == 0)
			return e;
	}
}

static int run_decide(struct cmd_args *a)
{
	ARENA_SCOPE struct arena *arena = arena_new(CASE_ARENA);
	BUF_SCOPE struct buf text;
	struct deciding d = { .arena = arena };
	struct fault f = { 0 };
	uint64_t size;
	int fd;

	buf_init(&text, 2u * CASE_BYTES);
	buf_init(&d.answer, 1u << 16);
	enum err e = arena ? open_file(cmd_arg(a, 0) ? cmd_arg(a, 0) : "-", &fd, &size, &f) : ERR_NOMEM;
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	e = decide_all(&d, fd, &text, &f);
	close(fd);
	buf_release(&d.answer);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	if (d.wrong)
		cmd_say("musubi policy decide: %llu of %llu cases are malformed", (unsigned long long)d.wrong, (unsigned long long)d.cases);
	return d.wrong ? 1 : 0;
}

const struct cmd cmd_policy_decide = {
	.name = "policy decide",
	.arguments = "[FILE]",
	.min_args = 0,
	.max_args = 1,
	.brief = "decide release cases given as JSON lines",
	.help = "Each line of FILE (or of standard input) is a case: label, recipient, agreement (or null) and the time `at`; each answer is one line, in the same order: "
		"{\"decision\":\"release\" or \"withhold\",\"reason\"}. A malformed case is answered {\"error\"}, and the exit status is 1 at the end. It is the decision that the "
		"hub itself uses, so it can be checked against another implementation of design/policy.md.\n\n"
		"  {\"label\":{\"origin\":\"o1\",\"tlp\":\"green\"},\"recipient\":{\"org\":\"o2\",\"member\":true,\"country\":\"TH\"},\"agreement\":null,\"at\":\"2026-01-01T00:00:00Z\"}",
	.run = run_decide,
};
