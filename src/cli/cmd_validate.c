/* SPDX-License-Identifier: Apache-2.0 */
/* musubi validate: is it STIX 2.1, and where not: file, line, column, path, rule, hint. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/open.h"
#include "stix/bundle.h"
#include "stix/validate.h"
#include "util/bounds.h"

enum { OBJECT_ARENA = 64 << 20,
	DEPTH = 32,
	RULES = 128, /* at least as many as stix_rule_at knows */
};

struct validating {
	struct cmd_args *a;
	struct arena *arena; /* of one object */
	struct json_parser *parser;
	bool errors_only, strict, advice;
	bool disabled[RULES + 1];
	uint64_t found[RULES]; /* findings of each rule */
	struct buf out; /* one finding */
	uint64_t files, objects, invalid, errors, warnings, advised, shown;
	/* the file at hand */
	const char *path;
	int fd;
	struct cmd_progress *progress;
	uint64_t size, counted, lines, line_start; /* newlines before `counted`; where the last of those lines begins */
};

struct place {
	uint64_t line, column;
};

/* ---- where ---- */

/* Counts on to byte `to` of the file; only where a finding asks, and each byte once. */
static bool count_lines(struct validating *v, uint64_t to)
{
	char block[65536];

	while (v->counted < to) {
		size_t want = to - v->counted < sizeof(block) ? (size_t)(to - v->counted) : sizeof(block);
		ssize_t n = pread(v->fd, block, want, (off_t)v->counted);
		if (n <= 0)
			return false;
		for (ssize_t i = 0; i < n; i++)
			if (block[i] == '\n') {
				v->lines++;
				v->line_start = v->counted + (uint64_t)i + 1;
			}
		v->counted += (uint64_t)n;
	}
	return true;
}

static struct place locate(struct validating *v, struct span raw, uint64_t start, const char *path)
{
	size_t line = 1, column = 1;

	if (!count_lines(v, start))
		return (struct place){ 0, 0 }; /* standard input: not readable again */
	if (path && *path && !json_locate(raw, path, &line, &column))
		line = column = 1;
	uint64_t before = line == 1 ? start - v->line_start : 0;
	return (struct place){ v->lines + line, before + column };
}

/* ---- telling ---- */

struct finding {
	struct place at;
	struct span id;
	enum stix_severity severity;
	const char *code, *rule, *path, *what, *hint;
};

static const enum cmd_style severity_style[] = { [STIX_ERROR] = CMD_RED, [STIX_WARNING] = CMD_YELLOW, [STIX_ADVICE] = CMD_BLUE };

static void finding_json(struct json_out *o, const char *severity, const struct finding *x)
{
	json_kstr(o, "severity", severity);
	json_kstr(o, "code", x->code);
	json_kstr(o, "rule", x->rule);
	json_kstr(o, "path", x->path);
	json_kstr(o, "what", x->what);
	json_kstr(o, "hint", x->hint);
}

static void tell_json(struct validating *v, const struct finding *x)
{
	buf_clear(&v->out);
	struct json_out o = json_out(&v->out);
	json_open(&o, '{');
	json_kstr(&o, "file", v->path);
	json_kint(&o, "line", (int64_t)x->at.line);
	json_kint(&o, "column", (int64_t)x->at.column);
	json_kspan(&o, "id", x->id);
	finding_json(&o, stix_severity_name(x->severity), x);
	json_close(&o, '}');
	cmd_print("%s\n", v->shown ? "," : "");
	cmd_print_span(buf_span(&v->out));
}

static void tell_text(struct validating *v, const struct finding *x)
{
	cmd_print("%s", v->path);
	if (x->at.line)
		cmd_print(":%" PRIu64 ":%" PRIu64, x->at.line, x->at.column);
	cmd_print(": %s%s%s: ", cmd_style(1, severity_style[x->severity]), stix_severity_name(x->severity), cmd_style(1, CMD_PLAIN));
	if (x->id.n)
		cmd_print("%.*s: ", SPAN_ARG(x->id));
	if (x->path && *x->path)
		cmd_print("%s: ", x->path);
	cmd_print("%s", x->what);
	if (x->rule && *x->rule)
		cmd_print(" [%s, %s]", x->rule, x->code);
	cmd_print("\n");
	if (x->hint)
		cmd_print("    hint: %s\n", x->hint);
}

/* RULES for what is none: "syntax". */
static size_t rule_number(const char *code)
{
	const struct stix_rule *first = stix_rule_at(0);

	for (size_t i = 0; i < RULES && stix_rule_at(i); i++)
		if (first[i].code == code) /* findings hold the table's own text */
			return i;
	return RULES;
}

/* Counts it, and shows it unless it was asked not to. */
static void tell(struct validating *v, const struct finding *x)
{
	size_t rule = rule_number(x->code);

	if (rule < RULES)
		v->found[rule]++;
	if (x->severity != STIX_ERROR && v->errors_only)
		return;
	if (cmd_json(v->a))
		tell_json(v, x);
	else
		tell_text(v, x);
	v->shown++;
}

/* ---- judging ---- */

/* The object itself cannot be read: one error. */
static void broken(struct validating *v, struct span raw, uint64_t start, const struct fault *f)
{
	const struct finding x = { .at = locate(v, raw, start, NULL), .severity = STIX_ERROR, .code = "syntax", .rule = "RFC 8259", .path = f->where, .what = f->what };

	v->invalid++;
	v->errors++;
	tell(v, &x);
}

/* Takes out what --disable names. */
static void drop_disabled(const struct validating *v, struct stix_findings *found)
{
	size_t n = 0;

	for (size_t i = 0; i < found->n; i++) {
		const struct stix_finding *x = &found->v[i];
		if (!v->disabled[rule_number(x->code)]) {
			found->v[n++] = *x;
			continue;
		}
		*(x->severity == STIX_ERROR ? &found->errors : x->severity == STIX_WARNING ? &found->warnings
											   : &found->advice) -= 1;
	}
	found->n = n;
}

static bool judged(struct validating *v, struct json value, struct stix_findings *found)
{
	arena_reset(v->arena);
	if (!stix_validate(v->arena, value, found) || (v->advice && !stix_advise(v->arena, value, found)))
		return false;
	drop_disabled(v, found);
	return true;
}

/* Does what was found make the object invalid? */
static bool fails(const struct validating *v, const struct stix_findings *found)
{
	return found->errors || (v->strict && found->warnings);
}

static enum err judge(struct validating *v, struct span raw, struct json value, uint64_t at)
{
	struct stix_findings found = { 0 };
	uint64_t start = at - raw.n;

	v->objects++;
	if (!judged(v, value, &found))
		return ERR_NOMEM;
	v->errors += found.errors;
	v->warnings += found.warnings;
	v->advised += found.advice;
	v->invalid += fails(v, &found);
	for (size_t i = 0; i < found.n; i++) {
		const struct stix_finding *s = &found.v[i];
		const struct finding x = { locate(v, raw, start, s->path), json_string_or_none(json_get(value, "id")), s->severity, s->code, s->rule, s->path, s->what, s->hint };
		tell(v, &x);
	}
	return ERR_OK;
}

/* What a bundle says of itself; envelopes are no STIX. */
static enum err judge_container(struct validating *v, const struct stix_reader *r, uint64_t at)
{
	struct span text = stix_reader_container(r);
	struct json value;

	if (!text.p || json_parse(v->parser, text, false, &value, NULL) != ERR_OK || !span_is(json_string_or_none(json_get(value, "type")), "bundle"))
		return ERR_OK;
	v->objects--; /* is none of the objects */
	return judge(v, (struct span){ text.p, 0 }, value, at);
}

static enum err judge_all(struct validating *v, struct fault *f)
{
	struct stix_reader *r = stix_reader_new(v->fd, BOUND_OBJECT_BYTES + (1u << 20));
	struct json value;
	struct span raw;
	uint64_t at = 0;
	enum err e = r ? ERR_OK : ERR_NOMEM;

	while (e == ERR_OK) {
		e = stix_reader_value(r, v->parser, &raw, &at, &value, f);
		if (e == ERR_OK && json_has(value)) {
			e = judge(v, raw, value, at);
		} else if (e == ERR_OK) { /* no JSON: an invalid object */
			v->objects++;
			broken(v, raw, at - raw.n, f);
		}
		if (e == ERR_OK || e == ERR_NOTFOUND)
			e = judge_container(v, r, at) == ERR_NOMEM ? ERR_NOMEM : e;
		if (v->objects % 256 == 0)
			cmd_progress_to(v->progress, at, NULL);
	}
	if (e == ERR_SYNTAX || e == ERR_INVALID || e == ERR_LIMIT) { /* the container: nothing after it can be read */
		broken(v, (struct span){ "", 0 }, at, f);
		e = ERR_NOTFOUND;
	}
	stix_reader_free(r);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err validate_file(struct validating *v, const char *path, struct fault *f)
{
	enum err e = open_file(path, &v->fd, &v->size, f);

	if (e != ERR_OK)
		return e;
	v->path = strcmp(path, "-") == 0 ? "standard input" : path;
	v->counted = v->lines = v->line_start = 0;
	v->files++;
	v->progress = cmd_progress_new(v->path, "B", v->size);
	e = judge_all(v, f);
	cmd_progress_free(v->progress);
	close(v->fd);
	return e;
}

static bool stix_name(const struct dirent *d)
{
	static const char *const ends[] = { ".json", ".jsonl", ".ndjson", ".stix", ".stix2", ".stix21" };
	size_t n = strlen(d->d_name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (n > strlen(ends[i]) && strcmp(d->d_name + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static enum err validate_path(struct validating *v, const char *path, int depth, struct fault *f);

/* The JSON files in it, and its directories, by name. */
static enum err validate_directory(struct validating *v, const char *path, int depth, struct fault *f)
{
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, alphasort);
	enum err e = ERR_OK;

	if (n < 0)
		return fault_set(f, ERR_IO, path, "cannot be read: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char *below = arena_printf(cmd_arena(v->a), "%s/%s", path, entry[i]->d_name);
		struct stat st;
		if (e == ERR_OK && !below)
			e = ERR_NOMEM;
		if (e == ERR_OK && entry[i]->d_name[0] != '.' && lstat(below, &st) == 0 && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && stix_name(entry[i]))))
			e = depth < DEPTH ? validate_path(v, below, depth + 1, f) : fault_set(f, ERR_LIMIT, below, "directories are nested deeper than %d", DEPTH);
		free(entry[i]);
	}
	free(entry);
	return e;
}

static enum err validate_path(struct validating *v, const char *path, int depth, struct fault *f)
{
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return validate_directory(v, path, depth, f);
	return validate_file(v, path, f);
}

/* Most frequent first. */
static size_t rules_found(const struct validating *v, size_t *order)
{
	size_t n = 0;

	for (size_t i = 0; stix_rule_at(i); i++) {
		size_t at = n;
		if (!v->found[i])
			continue;
		for (; at && v->found[order[at - 1]] < v->found[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
		n++;
	}
	return n;
}

static void summary_json(struct validating *v, const size_t *order, size_t n)
{
	buf_clear(&v->out);
	struct json_out o = json_out(&v->out);
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&o, '{');
		json_kstr(&o, "code", stix_rule_at(order[i])->code);
		json_kstr(&o, "severity", stix_severity_name(stix_rule_at(order[i])->severity));
		json_kint(&o, "count", (int64_t)v->found[order[i]]);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	cmd_print("%s],\"rules\":%.*s,\"files\":%" PRIu64 ",\"objects\":%" PRIu64 ",\"invalid\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"advice\":%" PRIu64
		  ",\"valid\":%s}\n",
		v->shown ? "\n" : "", SPAN_ARG(buf_span(&v->out)), v->files, v->objects, v->invalid, v->errors, v->warnings, v->advised, v->invalid ? "false" : "true");
}

static void summary(struct validating *v)
{
	size_t order[RULES], n = rules_found(v, order);

	if (cmd_json(v->a)) {
		summary_json(v, order, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct stix_rule *r = stix_rule_at(order[i]);
		cmd_say("%8" PRIu64 " %-8s %-22s %s", v->found[order[i]], stix_severity_name(r->severity), r->code, r->meaning);
	}
	cmd_say("%" PRIu64 " objects in %" PRIu64 " file%s: %" PRIu64 " invalid, %" PRIu64 " errors, %" PRIu64 " warnings", v->objects, v->files, v->files == 1 ? "" : "s",
		v->invalid, v->errors, v->warnings);
	if (n && !cmd_json(v->a))
		cmd_say("`musubi explain CODE` tells what a rule means, with an example.");
}

/* ---- cases: a line in, a line out ---- */

static void answer_error(struct validating *v, const char *where, const char *what)
{
	struct json_out o = json_out(&v->out);

	json_open(&o, '{');
	json_kbool(&o, "must", false);
	json_kbool(&o, "should", false);
	json_kstr(&o, "error", arena_printf(v->arena, "%s%s%s", where, *where ? ": " : "", what));
	json_key(&o, "findings");
	json_open(&o, '[');
	json_close(&o, ']');
	json_close(&o, '}');
}

/* A case asks for STIX 2.1: an object that by having no spec_version is of 2.0 is none, though it is fine inside a bundle. */
static bool is_older(const struct stix_finding *x, struct json object)
{
	return strcmp(x->code, "old-version") == 0 && strcmp(x->path, "spec_version") == 0 && !json_has(json_get(object, "spec_version"));
}

static void answer_findings(struct validating *v, struct json object, const struct stix_findings *found)
{
	struct json_out o = json_out(&v->out);
	bool must = !found->errors;

	for (size_t i = 0; i < found->n; i++)
		must &= !is_older(&found->v[i], object);
	json_open(&o, '{');
	json_kbool(&o, "must", must);
	json_kbool(&o, "should", must && !found->warnings);
	json_key(&o, "findings");
	json_open(&o, '[');
	for (size_t i = 0; i < found->n; i++) {
		const struct stix_finding *s = &found->v[i];
		const struct finding x = { .code = s->code, .rule = s->rule, .path = s->path, .what = s->what, .hint = s->hint };
		json_open(&o, '{');
		finding_json(&o, stix_severity_name(is_older(s, object) ? STIX_ERROR : s->severity), &x);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
}

static void answer(struct validating *v, struct span line)
{
	struct json value, object;
	struct fault f = { "", "" };
	struct stix_findings found = { 0 };

	buf_clear(&v->out);
	arena_reset(v->arena);
	if (json_parse(v->parser, line, false, &value, &f) != ERR_OK)
		answer_error(v, f.where, f.what);
	else if (!json_has(object = json_get(value, "object")))
		answer_error(v, "", "no case: {\"object\": {…}} is required");
	else if (!judged(v, object, &found))
		answer_error(v, "", "the object is too complex to be judged");
	else
		answer_findings(v, object, &found);
	if (!buf_ok(&v->out)) {
		buf_clear(&v->out);
		answer_error(v, "", "there is more to say than one line holds");
	}
	buf_addc(&v->out, '\n');
	cmd_print_span(buf_span(&v->out));
	v->objects++;
	v->invalid += found.errors != 0;
}

static enum err cases(struct validating *v, const char *path, struct fault *f)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!in)
		return fault_set(f, ERR_IO, path, "cannot be read: %s", strerror(errno));
	while ((n = getline(&line, &room, in)) >= 0)
		answer(v, (struct span){ line, (size_t)n });
	bool failed = ferror(in);
	free(line);
	if (in != stdin)
		fclose(in);
	return failed ? fault_set(f, ERR_IO, path, "reading failed: %s", strerror(errno)) : ERR_OK;
}

/* ---- the command ---- */

static int disable(struct validating *v)
{
	const char *const *codes;
	size_t n = cmd_opts(v->a, "--disable", &codes);

	for (size_t i = 0; i < n; i++) {
		const struct stix_rule *r = stix_rule(span_of(codes[i]));
		if (!r)
			return cmd_usage(v->a, "there is no rule \"%s\": `musubi explain` lists them", codes[i]);
		v->disabled[r - stix_rule_at(0)] = true;
	}
	return 0;
}

static enum err work(struct validating *v, struct fault *f)
{
	const char *from = cmd_opt(v->a, "--cases");
	enum err e = ERR_OK;

	if (from)
		return cases(v, from, f);
	if (cmd_json(v->a))
		cmd_print("{\"findings\":[");
	for (int i = 0; i < cmd_argc(v->a) && e == ERR_OK; i++)
		e = validate_path(v, cmd_arg(v->a, i), 0, f);
	if (e == ERR_OK)
		summary(v);
	return e;
}

static int run(struct cmd_args *a)
{
	struct validating v = { .a = a, .errors_only = cmd_opt(a, "--errors-only") != NULL, .strict = cmd_opt(a, "--strict") != NULL, .advice = cmd_opt(a, "--advice") != NULL };
	struct fault f = { 0 };
	int usage = disable(&v);

	if (usage)
		return usage;
	if (!cmd_argc(a) == !cmd_opt(a, "--cases"))
		return cmd_usage(a, "name files to check, or cases by --cases FILE");
	v.arena = arena_new(OBJECT_ARENA);
	v.parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK);
	buf_init(&v.out, 1u << 24);
	enum err e = v.arena && v.parser ? work(&v, &f) : ERR_NOMEM;
	buf_release(&v.out);
	json_parser_free(v.parser);
	arena_free(v.arena);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return v.invalid && !cmd_opt(a, "--cases") ? 1 : 0;
}

const struct cmd cmd_validate = {
	.name = "validate",
	.arguments = "[FILE…]",
	.min_args = 0,
	.max_args = -1,
	.brief = "check that files are valid STIX 2.1",
	.help = "Each FILE is a bundle, a TAXII envelope, an object, or objects one a line; `-` is standard input; of a directory, the JSON files in it. Each finding names the place "
		"(file:line:column), the object, the path, what is wrong, the clause of the standard, the rule's code, and a hint. `musubi explain CODE` says more.\n\n"
		"Errors are breaches of a MUST; warnings are breaches of a SHOULD, or of a MUST that is taken all the same. Warnings do not make an object invalid, unless --strict is given.\n\n"
		"Exit status 1: some object is invalid. With --json: {\"findings\":[…],\"rules\":[…],\"files\",\"objects\",\"invalid\",\"errors\",\"warnings\",\"advice\",\"valid\"}.\n\n"
		"--cases is for test suites: each line {\"object\":{…}} is answered by one line {\"must\":bool,\"should\":bool,\"findings\":[…]}, in order; a line that is no case by "
		"{\"must\":false,\"should\":false,\"error\":\"…\",\"findings\":[]}.",
	.options = (const struct cmd_option[]){
		{ "--errors-only", NULL, "do not show warnings" },
		{ "--strict", NULL, "warnings make an object invalid too" },
		{ "--advice", NULL, "show also what should be done and seldom is" },
		{ "--disable", "CODE", "leave out this rule", .many = true },
		{ "--cases", "FILE", "answer the cases in FILE, line by line; - is standard input", .complete = "file" },
		{ 0 } },
	.run = run,
};
