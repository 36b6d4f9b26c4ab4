/* SPDX-License-Identifier: Apache-2.0 */
/* musubi pattern match: a pattern over Observed Data, and which observations it is bound to. */
#include <inttypes.h>

#include "cli/cmd_pattern_priv.h"
#include "cli/lines.h"
#include "cli/open.h"
#include "pattern/pattern_observed.h"
#include "util/bounds.h"

enum { STREAM_BYTES = 512 << 20 };

struct matching {
	struct cmd_args *a;
	struct pattern_subject *subject;
	const struct pattern_code *code;
	struct pattern_observed *observed;
	bool first_only;
	struct buf answer; /* --json: the bindings */
	struct json_out out;
	uint64_t bindings;
};

/* Called for each binding; false ends the run. */
typedef bool on_binding(struct matching *m, const struct pattern_binding *b);

static enum err run_stream(struct matching *m, on_binding *fn, uint64_t faults[PATTERN_FAULTS], struct fault *f)
{
	struct pattern_stream *st = pattern_stream_new(m->code, STREAM_BYTES);
	enum err e = st ? ERR_OK : ERR_NOMEM;
	bool more = true;

	for (size_t i = 0; e == ERR_OK && more && i < pattern_observed_count(m->observed); i++) {
		struct pattern_observation o;
		struct pattern_binding b = { NULL, 0 };

		pattern_observed_fill(m->observed, i, m->subject, &o);
		e = pattern_stream_push(st, m->subject, &o, &b, f);
		if (e == ERR_OK && b.n)
			more = fn(m, &b);
	}
	if (st)
		memcpy(faults, pattern_stream_faults(st), PATTERN_FAULTS * sizeof(*faults));
	pattern_stream_free(st);
	return e;
}

/* ---- cases ---- */

static bool count_binding(struct matching *m, const struct pattern_binding *b)
{
	m->bindings++;
	return true; /* what follows may still be a mistake that the reference matcher reports */
}

static enum err compile_case(struct matching *m, struct arena *arena, struct json c, struct fault *f)
{
	struct span text = json_string_or_none(json_get(c, "pattern"));
	struct json observations = json_get(c, "observations");
	const struct pattern *p;
	enum err e;

	if (!text.p)
		return fault_set(f, ERR_INVALID, "", "a case has to be an object with the text `pattern` and the list `observations`");
	e = pattern_parse_lax(arena, text, &p, f);
	if (e != ERR_OK)
		return e;
	if (!json_is(observations, JSON_ARRAY))
		return fault_set(f, ERR_INVALID, "", "the case has no list `observations`");
	e = pattern_compile(arena, text, p, PATTERN_ALL, &m->code, f);
	m->observed = pattern_observed_new(arena);
	if (e == ERR_OK)
		e = m->observed ? pattern_observed_add(m->observed, observations, f) : ERR_NOMEM;
	return e == ERR_OK ? pattern_observed_finish(m->observed, f) : e;
}

static enum err match_case(void *ctx, struct arena *arena, struct json c, struct buf *answer, struct fault *f)
{
	struct matching *m = ctx;
	uint64_t faults[PATTERN_FAULTS] = { 0 };
	struct json_out o = json_out(answer);
	enum err e = compile_case(m, arena, c, f);

	m->bindings = 0;
	if (e == ERR_OK)
		e = run_stream(m, count_binding, faults, f);
	if (e != ERR_OK)
		return e;
	/* A mistake of kinds is an error whatever else matched; what was given up is one only where it can have hidden a match. */
	for (int i = 0; i < PATTERN_FAULTS; i++)
		if (faults[i] && (i >= PATTERN_FAULT_TIMESTAMP || !m->bindings))
			return fault_set(f, ERR_INVALID, "", "%s", pattern_fault_text((enum pattern_fault)i));
	json_open(&o, '{');
	json_kbool(&o, "match", m->bindings > 0);
	json_close(&o, '}');
	return ERR_OK;
}

static int run_cases(struct cmd_args *a, const char *path)
{
	struct matching m = { .a = a, .subject = pattern_subject_new() };
	int status;

	if (!m.subject)
		return cmd_fail(a, ERR_NOMEM, NULL);
	status = lines_run(a, path, false, match_case, &m);
	pattern_subject_free(m.subject);
	return status;
}

/* ---- files ---- */

/* Whole documents, or one a line. */
static enum err read_lines(struct matching *m, struct span text, struct fault *f)
{
	uint64_t line = 0;
	enum err e = ERR_OK;

	while (text.n && e == ERR_OK) {
		const char *end = memchr(text.p, '\n', text.n);
		struct span one = { text.p, end ? (size_t)(end - text.p) : text.n };
		struct json x;

		line++;
		text.p += one.n + (end != NULL);
		text.n -= one.n + (end != NULL);
		while (one.n && strchr(" \t\r", one.p[one.n - 1]))
			one.n--;
		if (!one.n)
			continue;
		e = json_read(cmd_arena(m->a), one, &x, f);
		if (e == ERR_OK)
			e = pattern_observed_add(m->observed, x, f);
		else if (e == ERR_SYNTAX)
			fault_set(f, e, "", "line %" PRIu64 ": %s", line, f->what);
	}
	return e;
}

static enum err read_file(struct matching *m, const char *path, struct fault *f)
{
	struct buf text;
	struct json x;
	enum err e = open_read(path, (size_t)4 << 30, &text, f);

	if (e == ERR_OK) {
		e = json_read(cmd_arena(m->a), buf_span(&text), &x, f);
		if (e == ERR_OK)
			e = pattern_observed_add(m->observed, x, f);
		else if (e == ERR_SYNTAX && memchr(text.p, '\n', text.n))
			e = read_lines(m, buf_span(&text), f);
	}
	buf_release(&text);
	return e;
}

static bool print_binding(struct matching *m, const struct pattern_binding *b)
{
	m->bindings++;
	cmd_print("%smatch %" PRIu64 "%s\n", cmd_style(1, CMD_GREEN), m->bindings, cmd_style(1, CMD_PLAIN));
	for (size_t i = 0; i < b->n; i++) {
		struct span id = pattern_observed_id(m->observed, b->bound[i].tag), test = pattern_test_text(m->code, b->bound[i].test);

		cmd_print("  %.*s", SPAN_ARG(id.p ? id : SPAN("(an observation without id)")));
		if (b->bound[i].times > 1)
			cmd_print(" (%" PRIu64 " times)", b->bound[i].times);
		cmd_print("  %s%.*s%s%s\n", cmd_style(1, CMD_DIM), (int)(test.n < 100 ? test.n : 100), test.p, test.n < 100 ? "" : "…", cmd_style(1, CMD_PLAIN));
	}
	return !m->first_only;
}

static bool json_binding(struct matching *m, const struct pattern_binding *b)
{
	m->bindings++;
	json_open(&m->out, '[');
	for (size_t i = 0; i < b->n; i++) {
		json_open(&m->out, '{');
		json_kspan(&m->out, "observed_data", pattern_observed_id(m->observed, b->bound[i].tag));
		json_kint(&m->out, "times", (int64_t)b->bound[i].times);
		json_kint(&m->out, "test", (int64_t)b->bound[i].test);
		json_kspan(&m->out, "expression", pattern_test_text(m->code, b->bound[i].test));
		json_close(&m->out, '}');
	}
	json_close(&m->out, ']');
	return !m->first_only;
}

static enum err match_json(struct matching *m, uint64_t faults[PATTERN_FAULTS], struct fault *f)
{
	enum err e;

	json_open(&m->out, '{');
	json_key(&m->out, "bindings");
	json_open(&m->out, '[');
	e = run_stream(m, json_binding, faults, f);
	json_close(&m->out, ']');
	json_kbool(&m->out, "match", m->bindings > 0);
	json_kint(&m->out, "observations", (int64_t)pattern_observed_count(m->observed));
	json_key(&m->out, "doubts");
	json_open(&m->out, '[');
	for (int i = 0; i < PATTERN_FAULTS; i++)
		if (faults[i])
			json_put_str(&m->out, pattern_fault_text((enum pattern_fault)i));
	json_close(&m->out, ']');
	json_close(&m->out, '}');
	return e == ERR_OK ? open_print_json(&m->answer) : e;
}

static enum err match_text(struct matching *m, uint64_t faults[PATTERN_FAULTS], struct fault *f)
{
	enum err e = run_stream(m, print_binding, faults, f);

	for (int i = 0; i < PATTERN_FAULTS && e == ERR_OK; i++)
		if (faults[i])
			cmd_say("%swarning%s: %s (%" PRIu64 " times)", cmd_style(2, CMD_YELLOW), cmd_style(2, CMD_PLAIN), pattern_fault_text((enum pattern_fault)i), faults[i]);
	if (e == ERR_OK && !m->bindings)
		cmd_say("no match in %zu observations", pattern_observed_count(m->observed));
	return e;
}

static enum err run_files(struct matching *m, struct fault *f)
{
	uint64_t faults[PATTERN_FAULTS] = { 0 };
	enum err e = ERR_OK;

	m->subject = pattern_subject_new();
	m->observed = pattern_observed_new(cmd_arena(m->a));
	if (!m->subject || !m->observed)
		return ERR_NOMEM;
	for (int i = 1; e == ERR_OK && i < cmd_argc(m->a); i++)
		e = read_file(m, cmd_arg(m->a, i), f);
	if (e == ERR_OK)
		e = pattern_observed_finish(m->observed, f);
	if (e != ERR_OK)
		return e;
	return cmd_json(m->a) ? match_json(m, faults, f) : match_text(m, faults, f);
}

static int run_match(struct cmd_args *a)
{
	struct matching m = { .a = a, .first_only = cmd_opt(a, "--first") };
	const char *cases = cmd_opt(a, "--cases");
	struct fault f = { "", "" };
	struct span text = { "", 0 };
	const struct pattern *p;
	enum err e;

	if (cases)
		return cmd_argc(a) ? cmd_usage(a, "give a PATTERN and files, or --cases, not both") : run_cases(a, cases);
	if (cmd_argc(a) < 2)
		return cmd_usage(a, "give a PATTERN and at least one file of observations, or --cases FILE");
	buf_init(&m.answer, (size_t)1 << 30);
	m.out = json_out(&m.answer);
	e = pattern_argument(a, &text, &f);
	if (e == ERR_OK)
		e = pattern_parse_lax(cmd_arena(a), text, &p, &f);
	if (e == ERR_OK)
		e = pattern_compile(cmd_arena(a), text, p, PATTERN_JIT, &m.code, &f);
	if (e != ERR_OK)
		return pattern_complain(a, text, e, &f);
	e = run_files(&m, &f);
	pattern_subject_free(m.subject);
	buf_release(&m.answer);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return m.bindings ? 0 : 1;
}

const struct cmd cmd_pattern_match = {
	.name = "pattern match",
	.arguments = "[PATTERN OBSERVATIONS…]",
	.min_args = 0,
	.max_args = -1,
	.brief = "run a STIX pattern over observed data",
	.help = "OBSERVATIONS are files with Observed Data: a bundle, a list, or one object or bundle a line; `-` is standard input. STIX 2.1 (object_refs) and STIX 2.0 (objects inside) "
		"both work. Each time an observation completes a match, the observations that the pattern is bound to are printed, each with the part of the pattern that it "
		"stands for. An observation is used once in a match, or as often as its number_observed says.\n\n"
		"With --cases, each line of FILE is {\"pattern\":…,\"observations\":[…]} and is answered by one line: {\"match\":true}, {\"match\":false} or {\"error\":…}.\n\n"
		"Exit status 1: no match. With --json: {\"match\",\"bindings\":[[{\"observed_data\",\"times\",\"test\",\"expression\"}]],\"observations\",\"doubts\"}.",
	.options = (const struct cmd_option[]){
		{ "--cases", "FILE", "answer the cases of JSON lines; `-` is standard input", .complete = "file" },
		{ "--first", NULL, "stop at the first match" },
		{ 0 },
	},
	.run = run_match,
};
