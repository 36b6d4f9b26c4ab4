/* SPDX-License-Identifier: Apache-2.0 */
/* musubi help, version, completion, man: the table told in four ways. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "cli/cmd_priv.h"
#include "util/buf.h"

enum { TEXT_MAX = 4 << 20 };

static int print_buf(struct cmd_args *a, struct buf *b)
{
	if (!buf_ok(b))
		return cmd_fail(a, ERR_NOMEM, NULL);
	cmd_print_span(buf_span(b));
	return 0;
}

/* The command that the arguments name, or a complaint (*status != 0). */
static const struct cmd *named(struct cmd_args *a, int *status)
{
	int used;
	const char *two = cmd_arg(a, 1);
	const struct cmd *c = cmd_find(cmd_arg(a, 0), two, &used);

	*status = 0;
	if (!c) {
		const char *near = help_nearest_command(cmd_arg(a, 0), two);
		*status = cmd_usage(a, "there is no command \"%s%s%s\"%s%s%s", cmd_arg(a, 0), two ? " " : "", two ? two : "", near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
	}
	return c;
}

static void json_command(struct json_out *o, const struct cmd *c)
{
	json_open(o, '{');
	json_kstr(o, "name", c->name);
	json_kstr(o, "arguments", c->arguments ? c->arguments : "");
	json_kstr(o, "brief", c->brief);
	json_key(o, "options");
	json_open(o, '[');
	for (const struct cmd_option *p = c->options; p && p->name; p++) {
		json_open(o, '{');
		json_kstr(o, "name", p->name);
		json_kstr(o, "argument", p->argument);
		json_kstr(o, "doc", p->doc);
		json_kbool(o, "many", p->many);
		json_kbool(o, "required", p->required);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
}

static int help_json(struct cmd_args *a, const struct cmd *only)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, TEXT_MAX);
	struct json_out o = json_out(&b);
	if (only) {
		json_command(&o, only);
	} else {
		json_open(&o, '[');
		for (const struct cmd *const *c = cmd_table; *c; c++)
			json_command(&o, *c);
		json_close(&o, ']');
	}
	buf_addc(&b, '\n');
	return print_buf(a, &b);
}

static int run_help(struct cmd_args *a)
{
	BUF_SCOPE struct buf b;
	int status = 0;

	buf_init(&b, TEXT_MAX);
	if (cmd_argc(a) == 1 && !cmd_json(a) && help_noun(&b, cmd_arg(a, 0), 1))
		return print_buf(a, &b);
	const struct cmd *c = cmd_argc(a) ? named(a, &status) : NULL;
	if (status)
		return status;
	if (cmd_json(a))
		return help_json(a, c);
	if (c)
		help_command(&b, c, 1);
	else
		help_overview(&b, 1);
	return print_buf(a, &b);
}

const struct cmd cmd_help = {
	.name = "help",
	.arguments = "[COMMAND…]",
	.min_args = 0,
	.max_args = 2,
	.complete = "command",
	.brief = "show all commands, or the help of one",
	.help = "With --json, the table of commands itself: names, arguments, options.",
	.run = run_help,
};

static int run_version(struct cmd_args *a)
{
	if (cmd_json(a))
		cmd_print("{\"version\":\"%s\"}\n", MUSUBI_VERSION);
	else
		cmd_print("musubi %s\n", MUSUBI_VERSION);
	return 0;
}

const struct cmd cmd_version = { .name = "version", .max_args = 0, .brief = "print the version", .run = run_version };

static int run_completion(struct cmd_args *a)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, TEXT_MAX);
	if (strcmp(cmd_arg(a, 0), "bash") == 0)
		completion_bash(&b);
	else if (strcmp(cmd_arg(a, 0), "zsh") == 0)
		completion_zsh(&b);
	else
		return cmd_usage(a, "\"%s\" is not a shell that this knows: bash or zsh", cmd_arg(a, 0));
	return print_buf(a, &b);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.arguments = "SHELL",
	.min_args = 1,
	.max_args = 1,
	.complete = "words:bash zsh",
	.brief = "print the completion script of a shell (bash or zsh)",
	.help = "Load it in a running bash, or install it for all:\n\n"
		"  source <(musubi completion bash)\n"
		"  musubi completion bash >/usr/share/bash-completion/completions/musubi\n"
		"  musubi completion zsh >/usr/local/share/zsh/site-functions/_musubi",
	.run = run_completion,
};

static enum err write_page(const char *dir, const struct cmd *c, struct fault *f)
{
	BUF_SCOPE struct buf name, page;

	buf_init(&name, 4096);
	buf_init(&page, TEXT_MAX);
	buf_addf(&name, "%s/", dir);
	manpage_name(&name, c);
	buf_adds(&name, ".1");
	manpage(&page, c);
	if (!buf_ok(&name) || !buf_ok(&page))
		return ERR_NOMEM;
	FILE *file = fopen(name.p, "we");
	if (!file)
		return fault_set(f, ERR_IO, name.p, "cannot write here (%s): choose another directory", strerror(errno));
	size_t n = fwrite(page.p, 1, page.n, file);
	if (fclose(file) != 0 || n != page.n)
		return fault_set(f, ERR_IO, name.p, "writing failed (%s)", strerror(errno));
	return ERR_OK;
}

static int write_all(struct cmd_args *a, const char *dir)
{
	struct fault f = { 0 };

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return cmd_fail(a, fault_set(&f, ERR_IO, dir, "cannot make the directory (%s)", strerror(errno)), &f);
	enum err e = write_page(dir, NULL, &f);
	for (const struct cmd *const *c = cmd_table; *c && e == ERR_OK; c++)
		e = write_page(dir, *c, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

static int run_man(struct cmd_args *a)
{
	BUF_SCOPE struct buf b;
	int status = 0;

	buf_init(&b, TEXT_MAX);
	if (cmd_opt(a, "--all"))
		return write_all(a, cmd_opt(a, "--all"));
	const struct cmd *c = cmd_argc(a) ? named(a, &status) : NULL;
	if (status)
		return status;
	manpage(&b, c);
	return print_buf(a, &b);
}

const struct cmd cmd_man = {
	.name = "man",
	.arguments = "[COMMAND…]",
	.min_args = 0,
	.max_args = 2,
	.complete = "command",
	.brief = "print the manual page of a command",
	.help = "Read one with:\n\n  musubi man member add | man -l -",
	.options = (const struct cmd_option[]){
		{ "--all", "DIR", "write every page into this directory", .complete = "dir" },
		{ 0 },
	},
	.run = run_man,
};
