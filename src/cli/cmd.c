/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the row of a call, parses its options by that row, and runs it.
 *
 * Options may stand before or after positional arguments; `--` ends them; --name=value and --name value are the same.  A value that begins
 * with `--` must be given with `=`, so that a forgotten value is told and not swallowed. */
#include "cli/cmd_priv.h"
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "util/bounds.h"
#include "util/buf.h"

const struct cmd_option cmd_common_options[] = {
	{ .name = "--json", .doc = "print for programs: JSON on standard output" },
	{ .name = "--help", .doc = "show this help" },
	{ 0 },
};

/* ---- nearest names ---- */

enum { NAME_MAX_BYTES = 64 };

/* Damerau's distance (optimal string alignment): what a slip of the fingers makes. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[3][NAME_MAX_BYTES + 1];

	if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

const char *cmd_nearest(const char *typed, const char *const *names, size_t n)
{
	size_t best = n;
	size_t least = strlen(typed) / 3 + 2; /* further away it would be a guess */

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(typed, names[i]);
		if (d < least) {
			least = d;
			best = i;
		}
	}
	for (size_t i = 0; best == n && i < n; i++) /* "--pass" for "--password-stdin" */
		if (strlen(typed) >= 3 && strncmp(typed, names[i], strlen(typed)) == 0)
			best = i;
	return best < n ? names[best] : NULL;
}

/* ---- rows ---- */

const struct cmd *cmd_find(const char *one, const char *two, int *used)
{
	size_t n = strlen(one);

	for (const struct cmd *const *c = cmd_table; *c; c++) {
		const char *name = (*c)->name;
		if (strcmp(name, one) == 0) {
			*used = 1;
			return *c;
		}
		if (two && strncmp(name, one, n) == 0 && name[n] == ' ' && strcmp(name + n + 1, two) == 0) {
			*used = 2;
			return *c;
		}
	}
	return NULL;
}

static const struct cmd_option *find_option(const struct cmd *c, const char *name, size_t n)
{
	const struct cmd_option *const lists[] = { c->options, cmd_common_options };

	for (size_t l = 0; l < 2; l++)
		for (const struct cmd_option *o = lists[l]; o && o->name; o++)
			if (strncmp(o->name, name, n) == 0 && o->name[n] == '\0')
				return o;
	return NULL;
}

/* ---- one call ---- */

static int unknown_option(const struct cmd_args *a, const char *word, size_t n)
{
	const char *names[64];
	size_t count = 0;
	char typed[NAME_MAX_BYTES + 1];
	const struct cmd_option *const lists[] = { a->cmd->options, cmd_common_options };

	for (size_t l = 0; l < 2; l++)
		for (const struct cmd_option *o = lists[l]; o && o->name && count < 64; o++)
			names[count++] = o->name;
	snprintf(typed, sizeof(typed), "%.*s", (int)(n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES), word);
	const char *near = cmd_nearest(typed, names, count);
	if (near)
		return cmd_usage(a, "there is no option %s, did you mean %s", typed, near);
	return cmd_usage(a, "there is no option %s", typed);
}

/* Reads the option at argv[*i]; 0, or an exit status. */
static int take_option(struct cmd_args *a, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct cmd_option *o = strcmp(word, "-h") == 0 ? find_option(a->cmd, "--help", 6) : find_option(a->cmd, word, n);
	const char *value = "";

	if (!o)
		return unknown_option(a, word, n);
	if (!o->argument && equals)
		return cmd_usage(a, "%s takes no value", o->name);
	if (o->argument && equals) {
		value = equals + 1;
	} else if (o->argument) {
		if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
			return cmd_usage(a, "%s needs a value: %s %s", o->name, o->name, o->argument);
		value = argv[++*i];
	}
	if (!o->many && cmd_opt(a, o->name) && o->argument)
		return cmd_usage(a, "%s is given twice", o->name);
	a->given[a->n_given++] = (struct cmd_given){ o, value };
	return 0;
}

/* The k-th word (from 0) of "DIR [KEY [VALUE]]", without brackets. */
static void argument_name(const char *arguments, int k, char *out, size_t room)
{
	const char *p = arguments ? arguments : "";

	for (;; k--) {
		p += strspn(p, " []");
		size_t n = strcspn(p, " []");
		if (k == 0 || n == 0) {
			snprintf(out, room, "%.*s", (int)n, p);
			return;
		}
		p += n;
	}
}

static int check_call(const struct cmd_args *a)
{
	const struct cmd *c = a->cmd;
	char name[64];

	if (a->n_args < c->min_args) {
		argument_name(c->arguments, a->n_args, name, sizeof(name));
		return cmd_usage(a, "%s is missing", name[0] ? name : "an argument");
	}
	if (c->max_args >= 0 && a->n_args > c->max_args)
		return cmd_usage(a, "\"%s\" is one argument too many", a->arg[c->max_args]);
	for (const struct cmd_option *o = c->options; o && o->name; o++)
		if (o->required && !cmd_opt(a, o->name))
			return cmd_usage(a, "%s %s is missing: %s", o->name, o->argument ? o->argument : "", o->doc);
	return 0;
}

static int parse_call(struct cmd_args *a, int argc, char **argv)
{
	bool ended = false;

	a->arg = arena_array(a->arena, (size_t)argc + 1, sizeof(*a->arg));
	a->given = arena_array(a->arena, (size_t)argc + 1, sizeof(*a->given));
	if (!arena_ok(a->arena))
		return cmd_fail(a, ERR_NOMEM, NULL);
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (ended || word[0] != '-' || word[1] == '\0') {
			a->arg[a->n_args++] = word;
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else {
			int status = take_option(a, argc, argv, &i);
			if (status)
				return status;
		}
	}
	return cmd_opt(a, "--help") ? 0 : check_call(a);
}

static int print_text(void (*make)(struct buf *out, const struct cmd *c, int fd), const struct cmd *c)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 20);
	make(&b, c, 1);
	cmd_print_span(buf_span(&b));
	return cmd_done(NULL, 0);
}

static int run_call(const struct cmd *c, int argc, char **argv)
{
	ARENA_SCOPE struct arena *arena = arena_new(BOUND_REQUEST_ARENA);
	struct cmd_args a = { .cmd = c, .arena = arena };

	if (!arena)
		return cmd_fail(&a, ERR_NOMEM, NULL);
	int status = parse_call(&a, argc, argv);
	if (status)
		return status;
	if (cmd_opt(&a, "--help"))
		return print_text(help_command, c);
	return cmd_done(&a, c->run(&a));
}

static void overview(struct buf *out, const struct cmd *c, int fd)
{
	help_overview(out, fd);
}

/* No row for these words: a noun alone, or something mistyped. */
static int no_such_command(int argc, char **argv)
{
	const char *one = argv[1], *two = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
	bool asked = !two && argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 20);
	if (!two && help_noun(&b, one, asked ? 1 : 2)) {
		fwrite(b.p, 1, b.n, asked ? stdout : stderr);
		return asked ? cmd_done(NULL, 0) : err_exit(ERR_USAGE);
	}
	const char *near = help_nearest_command(one, two);
	cmd_say("musubi: there is no command \"%s%s%s\"%s%s%s `musubi help` lists them", one, two ? " " : "", two ? two : "",
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : ";");
	return err_exit(ERR_USAGE);
}

int cmd_main(int argc, char **argv)
{
	static char out_buffer[1 << 16], version[] = "version";
	int used;

	setlocale(LC_CTYPE, "C.UTF-8"); /* only for the width of characters in tables */
	signal(SIGPIPE, SIG_IGN); /* sockets report EPIPE; stdout: see cmd_flush */
	setvbuf(stdout, out_buffer, _IOFBF, sizeof(out_buffer));
	if (argc < 2) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1u << 20);
		help_overview(&b, 2);
		fwrite(b.p, 1, b.n, stderr);
		return err_exit(ERR_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_text(overview, NULL);
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = version;
	const struct cmd *c = cmd_find(argv[1], argc > 2 ? argv[2] : NULL, &used);
	if (!c)
		return no_such_command(argc, argv);
	return run_call(c, argc - 1 - used, argv + 1 + used);
}

/* ---- what a command asks ---- */

const char *cmd_arg(const struct cmd_args *a, int i)
{
	return i >= 0 && i < a->n_args ? a->arg[i] : NULL;
}

int cmd_argc(const struct cmd_args *a)
{
	return a->n_args;
}

const char *cmd_opt(const struct cmd_args *a, const char *name)
{
	for (size_t i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].option->name, name) == 0)
			return a->given[i].value;
	return NULL;
}

size_t cmd_opts(const struct cmd_args *a, const char *name, const char *const **values)
{
	const char **v = arena_array(a->arena, a->n_given + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v && i < a->n_given; i++)
		if (strcmp(a->given[i].option->name, name) == 0)
			v[n++] = a->given[i].value;
	*values = v;
	return n;
}

bool cmd_json(const struct cmd_args *a)
{
	return cmd_opt(a, "--json") != NULL;
}

struct arena *cmd_arena(struct cmd_args *a)
{
	return a->arena;
}
