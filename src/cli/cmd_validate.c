/* SPDX-License-Identifier: Apache-2.0 */
/* musubi validate: is it STIX 2.1, and where not: file, line, column, path, rule, hint. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/open.h"
#include "stix/bundle.h"
#include "stix/validate.h"
#include "util/bounds.h"

enum { OBJECT_ARENA = 64 << 20,
	DEPTH = 32,
};

struct validating {
	struct cmd_args *a;
	struct arena *arena; /* of one object */
	struct json_parser *parser;
	bool errors_only;
	struct buf out; /* one finding */
	uint64_t files, objects, invalid, errors, warnings, shown;
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
	bool error;
	const char *code, *rule, *path, *what, *hint;
};

static void tell_json(struct validating *v, const struct finding *x)
{
	buf_clear(&v->out);
	struct json_out o = json_out(&v->out);
	json_open(&o, '{');
	json_kstr(&o, "file", v->path);
	json_kint(&o, "line", (int64_t)x->at.line);
	json_kint(&o, "column", (int64_t)x->at.column);
	json_kspan(&o, "id", x->id);
	json_kstr(&o, "severity", x->error ? "error" : "warning");
	json_kstr(&o, "code", x->code);
	json_kstr(&o, "rule", x->rule);
	json_kstr(&o, "path", x->path);
	json_kstr(&o, "what", x->what);
	json_kstr(&o, "hint", x->hint);
	json_close(&o, '}');
	cmd_print("%s\n", v->shown ? "," : "");
	cmd_print_span(buf_span(&v->out));
}

static void tell_text(struct validating *v, const struct finding *x)
{
	cmd_print("%s", v->path);
	if (x->at.line)
		cmd_print(":%" PRIu64 ":%" PRIu64, x->at.line, x->at.column);
	cmd_print(": %s%s%s: ", cmd_style(1, x->error ? CMD_RED : CMD_YELLOW), x->error ? "error" : "warning", cmd_style(1, CMD_PLAIN));
	if (x->id.n)
		cmd_print("%.*s: ", SPAN_ARG(x->id));
	if (x->path && *x->path)
		cmd_print("%s: ", x->path);
	cmd_print("%s", x->what);
	if (x->rule && *x->rule)
		cmd_print(" [%s]", x->rule);
	cmd_print("\n");
	if (x->hint)
		cmd_print("    hint: %s\n", x->hint);
}

static void tell(struct validating *v, const struct finding *x)
{
	if (!x->error && v->errors_only)
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
	const struct finding x = { .at = locate(v, raw, start, NULL), .error = true, .code = "syntax", .rule = "RFC 8259", .path = f->where, .what = f->what };

	v->invalid++;
	v->errors++;
	tell(v, &x);
}

static enum err judge(struct validating *v, struct span raw, uint64_t at, struct fault *f)
{
	struct stix_findings found = { 0 };
	struct json value;
	struct span key;
	uint64_t start = at - raw.n;
	enum err e = json_parse(v->parser, raw, true, &value, f);

	v->objects++;
	if (e == ERR_NOMEM)
		return e;
	if (e == ERR_OK && !json_unique_keys(value, &key))
		e = fault_set(f, ERR_INVALID, "", "the key \"%.*s\" stands twice in one object: which of the two counts is anybody's guess", SPAN_ARG(key));
	if (e != ERR_OK) {
		broken(v, raw, start, f);
		return ERR_OK;
	}
	arena_reset(v->arena);
	if (!stix_validate(v->arena, value, &found))
		return ERR_NOMEM;
	v->errors += found.errors;
	v->warnings += found.warnings;
	v->invalid += found.errors != 0;
	for (size_t i = 0; i < found.n; i++) {
		const struct stix_finding *s = &found.v[i];
		const struct finding x = { locate(v, raw, start, s->path), json_string_or_none(json_get(value, "id")), s->severity == STIX_ERROR, s->code, s->rule, s->path,
			s->what, s->hint };
		tell(v, &x);
	}
	return ERR_OK;
}

static enum err judge_all(struct validating *v, struct fault *f)
{
	struct stix_reader *r = stix_reader_new(v->fd, BOUND_OBJECT_BYTES + (1u << 20));
	struct span raw;
	uint64_t at = 0;
	enum err e = r ? ERR_OK : ERR_NOMEM;

	while (e == ERR_OK && (e = stix_reader_next(r, &raw, &at, f)) == ERR_OK) {
		e = judge(v, raw, at, f);
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

static void summary(const struct validating *v)
{
	if (cmd_json(v->a))
		cmd_print("%s],\"files\":%" PRIu64 ",\"objects\":%" PRIu64 ",\"invalid\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"valid\":%s}\n",
			v->shown ? "\n" : "", v->files, v->objects, v->invalid, v->errors, v->warnings, v->invalid ? "false" : "true");
	else
		cmd_say("%" PRIu64 " objects in %" PRIu64 " file%s: %" PRIu64 " invalid, %" PRIu64 " errors, %" PRIu64 " warnings", v->objects, v->files,
			v->files == 1 ? "" : "s", v->invalid, v->errors, v->warnings);
}

static int run(struct cmd_args *a)
{
	struct validating v = {
		.a = a,
		.arena = arena_new(OBJECT_ARENA),
		.parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK),
		.errors_only = cmd_opt(a, "--errors-only") != NULL,
	};
	struct fault f = { 0 };
	enum err e = v.arena && v.parser ? ERR_OK : ERR_NOMEM;

	buf_init(&v.out, 1u << 20);
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"findings\":[");
	for (int i = 0; i < cmd_argc(a) && e == ERR_OK; i++)
		e = validate_path(&v, cmd_arg(a, i), 0, &f);
	if (e == ERR_OK)
		summary(&v);
	buf_release(&v.out);
	json_parser_free(v.parser);
	arena_free(v.arena);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return v.invalid ? 1 : 0;
}

const struct cmd cmd_validate = {
	.name = "validate",
	.arguments = "FILE…",
	.min_args = 1,
	.max_args = -1,
	.brief = "check that files are valid STIX 2.1",
	.help = "Each FILE is a bundle, a TAXII envelope, an object, or objects one a line; `-` is standard input; of a directory, the JSON files in it. Each finding names the place "
		"(file:line:column), the object, the path, what is wrong, the rule of the standard, and a hint. Warnings do not make an object invalid.\n\n"
		"Exit status 1: some object is invalid. With --json: {\"findings\":[…],\"files\",\"objects\",\"invalid\",\"errors\",\"warnings\",\"valid\"}.",
	.options = (const struct cmd_option[]){ { "--errors-only", NULL, "do not show warnings" }, { 0 } },
	.run = run,
};
