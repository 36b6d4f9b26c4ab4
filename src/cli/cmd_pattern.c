/* SPDX-License-Identifier: Apache-2.0 */
/* musubi pattern check and explain: is it a pattern, and what does it say. */
#include "cli/cmd_pattern_priv.h"

#include <ctype.h>
#include <stdio.h>

#include "cli/lines.h"
#include "cli/open.h"
#include "pattern/pattern_explain.h"
#include "pattern/pattern_stream.h"
#include "util/bounds.h"

enum { SHOWN = 100 }; /* characters of a line that are shown around the place */

enum err pattern_argument(struct cmd_args *a, struct span *out, struct fault *f)
{
	const char *given = cmd_arg(a, 0);
	struct span s = span_of(given);

	if (strcmp(given, "-") == 0) {
		struct buf text;
		enum err e = open_read(given, BOUND_PATTERN_BYTES + 4096, &text, f);

		if (e == ERR_OK)
			s = arena_span(cmd_arena(a), buf_span(&text));
		buf_release(&text);
		if (e != ERR_OK)
			return e;
		if (!s.p)
			return ERR_NOMEM;
	}
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	*out = s;
	return ERR_OK;
}

/* ---- where ---- */

struct place {
	size_t line, column;
};

static bool place_of(const struct fault *f, struct place *at)
{
	return sscanf(f->where, "line %zu column %zu", &at->line, &at->column) == 2;
}

static size_t character(struct span s, size_t at)
{
	for (at++; at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80;)
		at++;
	return at;
}

static struct span nth_line(struct span text, size_t n)
{
	struct span line = text;

	for (size_t i = 0; i < text.n && n > 1; i++) {
		if (text.p[i] == '\n' || (text.p[i] == '\r' && !(i + 1 < text.n && text.p[i + 1] == '\n'))) {
			n--;
			line = (struct span){ text.p + i + 1, text.n - i - 1 };
		}
	}
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\n' || line.p[i] == '\r')
			line.n = i;
	return line;
}

/* The line, cut to what is around the column, and a caret under it; a tab stays one, so that the caret stands right. */
static void show_place(struct span text, struct place at)
{
	struct span line = nth_line(text, at.line);
	size_t from = at.column > SHOWN / 2 ? at.column - SHOWN / 2 : 1, column = 1;
	char shown[4 * SHOWN + 1], lead[SHOWN + 8];
	size_t n = 0, blanks = 0;

	for (size_t i = 0; i < line.n && column < from + SHOWN; column++) {
		size_t next = character(line, i);

		if (column >= from && n + (next - i) < sizeof(shown)) {
			unsigned char c = (unsigned char)line.p[i];

			if (c < ' ' && c != '\t') {
				shown[n++] = ' ';
			} else {
				memcpy(shown + n, line.p + i, next - i);
				n += next - i;
			}
			if (column < at.column && blanks < sizeof(lead) - 1)
				lead[blanks++] = c == '\t' ? '\t' : ' ';
		}
		i = next;
	}
	cmd_say("    %.*s", (int)n, shown);
	cmd_say("    %.*s%s^%s", (int)blanks, lead, cmd_style(2, CMD_RED), cmd_style(2, CMD_PLAIN));
}

int pattern_complain(const struct cmd_args *a, struct span text, enum err e, const struct fault *f)
{
	int status = cmd_fail(a, e, f);
	struct place at;

	if (place_of(f, &at))
		show_place(text, at);
	return status;
}

void pattern_fault_json(struct json_out *o, const char *key, const struct fault *f)
{
	struct place at;

	json_key(o, key);
	json_open(o, '{');
	if (place_of(f, &at)) {
		json_kint(o, "line", (int64_t)at.line);
		json_kint(o, "column", (int64_t)at.column);
	}
	json_kstr(o, "what", f->what);
	json_close(o, '}');
}

/* ---- check ---- */

/* ERR_OK, what the pattern is refused for, or (with *warned) what makes it useless. */
static enum err check_pattern(struct arena *arena, struct span text, bool *warned, struct fault *f)
{
	const struct pattern *p;
	const struct pattern_code *code;
	enum err e = pattern_parse(arena, text, &p, f);

	*warned = false;
	if (e != ERR_OK)
		return e;
	e = pattern_check(arena, text, p, f);
	if (e == ERR_OK)
		e = pattern_compile(arena, text, p, 0, &code, f);
	*warned = e != ERR_OK && e != ERR_NOMEM;
	return *warned ? ERR_OK : e;
}

static void check_json(struct json_out *o, enum err e, bool warned, const struct fault *f)
{
	json_open(o, '{');
	json_kbool(o, "valid", e == ERR_OK);
	if (e != ERR_OK || warned)
		pattern_fault_json(o, e != ERR_OK ? "error" : "warning", f);
	json_close(o, '}');
}

static enum err check_case(void *ctx, struct arena *arena, struct json c, struct buf *answer, struct fault *f)
{
	struct span text = json_string_or_none(json_get(c, "pattern"));
	struct json_out o = json_out(answer);
	bool warned;
	enum err e;

	if (!text.p)
		return fault_set(f, ERR_INVALID, "", "a case has to be an object with the text `pattern`");
	e = check_pattern(arena, text, &warned, f);
	if (e != ERR_NOMEM)
		check_json(&o, e, warned, f);
	return e == ERR_NOMEM ? e : ERR_OK;
}

static int run_check(struct cmd_args *a)
{
	const char *cases = cmd_opt(a, "--cases");
	struct fault f = { "", "" };
	struct span text = { "", 0 };
	bool warned = false;
	enum err e;

	if (cases)
		return cmd_argc(a) ? cmd_usage(a, "give a PATTERN or --cases, not both") : lines_run(a, cases, false, check_case, NULL);
	if (!cmd_argc(a))
		return cmd_usage(a, "give a PATTERN, `-` or --cases FILE");
	e = pattern_argument(a, &text, &f);
	if (e == ERR_OK)
		e = check_pattern(cmd_arena(a), text, &warned, &f);
	if (cmd_json(a) && e != ERR_NOMEM) {
		struct buf answer BUF_SCOPE;
		struct json_out o = json_out(&answer);

		buf_init(&answer, 1 << 16);
		check_json(&o, e, warned, &f);
		if (open_print_json(&answer) != ERR_OK)
			e = ERR_NOMEM;
		return e == ERR_OK ? 0 : 1;
	}
	if (e != ERR_OK) {
		pattern_complain(a, text, e, &f);
		return 1;
	}
	if (warned) {
		struct place at;

		cmd_say("%swarning%s: %s%s%s%s", cmd_style(2, CMD_YELLOW), cmd_style(2, CMD_PLAIN), f.what, f.where[0] ? " (" : "", f.where, f.where[0] ? ")" : "");
		if (place_of(&f, &at))
			show_place(text, at);
	}
	cmd_print("valid\n");
	return 0;
}

const struct cmd cmd_pattern_check = {
	.name = "pattern check",
	.arguments = "[PATTERN]",
	.min_args = 0,
	.max_args = 1,
	.brief = "check a STIX pattern and show where it is wrong",
	.help = "PATTERN is the pattern itself (put it in double quotes, or write `-` and give it on standard input). A mistake is shown with its line and column, what was "
		"expected there, and a ^ under the place. A pattern that is well formed but can never match, or that is too much to evaluate, is valid with a warning.\n\n"
		"With --cases, each line of FILE is {\"pattern\":…} and is answered by one line: {\"valid\":true} or {\"valid\":false,\"error\":{\"line\",\"column\",\"what\"}}; both may carry "
		"a \"warning\".\n\n"
		"Exit status 1: the pattern is not valid.\n\n"
		"  musubi pattern check \"[file:hashes.'SHA-256' = 'f00']\"",
	.options = (const struct cmd_option[]){ { "--cases", "FILE", "check the patterns of JSON lines; `-` is standard input", .complete = "file" }, { 0 } },
	.run = run_check,
};

/* ---- explain ---- */

static void explain_json(const struct pattern *p, struct buf *canonical, struct buf *words)
{
	struct buf answer BUF_SCOPE;
	struct json_out o = json_out(&answer);

	buf_init(&answer, 64u << 20);
	json_open(&o, '{');
	json_kspan(&o, "pattern", buf_span(canonical));
	json_kspan(&o, "words", buf_span(words));
	json_key(&o, "tree");
	pattern_tree_json(p, &o);
	json_close(&o, '}');
	if (open_print_json(&answer) != ERR_OK)
		cmd_say("out of memory");
}

static int run_explain(struct cmd_args *a)
{
	struct buf canonical BUF_SCOPE, words BUF_SCOPE, tree BUF_SCOPE;
	struct fault f = { "", "" };
	const struct pattern *p = NULL;
	struct span text = { "", 0 };
	enum err e = pattern_argument(a, &text, &f);

	buf_init(&canonical, 16u << 20);
	buf_init(&words, 64u << 20);
	buf_init(&tree, 64u << 20);
	if (e == ERR_OK)
		e = pattern_parse_lax(cmd_arena(a), text, &p, &f);
	if (e != ERR_OK)
		return pattern_complain(a, text, e, &f);
	pattern_print(p, &canonical);
	pattern_words(p, &words);
	pattern_tree(p, &tree);
	if (!buf_ok(&canonical) || !buf_ok(&words) || !buf_ok(&tree))
		return cmd_fail(a, ERR_NOMEM, NULL);
	if (cmd_json(a)) {
		explain_json(p, &canonical, &words);
		return 0;
	}
	cmd_print("%.*s\n\n", SPAN_ARG(buf_span(&words)));
	cmd_print("%.*s\n%.*s\n", SPAN_ARG(buf_span(&tree)), SPAN_ARG(buf_span(&canonical)));
	return 0;
}

const struct cmd cmd_pattern_explain = {
	.name = "pattern explain",
	.arguments = "PATTERN",
	.min_args = 1,
	.max_args = 1,
	.brief = "say in plain words what a STIX pattern looks for",
	.help = "Prints what the pattern looks for as an analyst reads it, then its tree, then its canonical text. `-` reads the pattern from standard input.\n\n"
		"  musubi pattern explain \"[url:value LIKE '%/login'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.9'] WITHIN 300 SECONDS\"\n\n"
		"With --json: {\"pattern\",\"words\",\"tree\"}; a node of the tree is {\"kind\",\"parts\"} with its qualifiers, a comparison {\"type\",\"path\",\"operator\",\"negated\",\"values\"}.",
	.run = run_explain,
};
