/* SPDX-License-Identifier: Apache-2.0 */
/* Help made from the table: overview, one command, one noun, the nearest name. */
#include <stdio.h>
#include <string.h>
#include "cli/cmd_priv.h"
#include "util/buf.h"

enum { HELP_WIDTH = 78,
	HELP_COLUMN = 26,
};

/* The kinds of ERR_LIST that share a status are one line here. */
const struct help_exit help_exits[] = {
	{ 0, "everything came out right" },
	{ 1, "the command worked, and its answer is no: an invalid object, a refused object, a step that did not come out" },
	{ 64, "the command was put wrongly: unknown option, missing argument" },
	{ 65, "the input is wrong: bad syntax, not valid, too large, or in conflict with what is there" },
	{ 66, "a file, object, member or other thing was not found" },
	{ 70, "a fault inside the program: please report it" },
	{ 74, "reading, writing or the data base failed: disk full, not permitted, not reachable" },
	{ 75, "try again later: busy, or out of memory" },
	{ 76, "the other side answered something that the protocol does not know" },
	{ 77, "not allowed: wrong or missing token, or no right to do this" },
	{ 0, NULL },
};

/* Words of text, wrapped, each line after the first begun with `indent` spaces; the first stands at column `at`. */
static void wrap(struct buf *out, const char *text, size_t n, size_t indent, size_t at)
{
	size_t i = 0;

	while (i < n) {
		while (i < n && text[i] == ' ')
			i++;
		size_t from = i;
		while (i < n && text[i] != ' ')
			i++;
		if (i == from)
			break;
		if (at > indent && at + 1 + (i - from) > HELP_WIDTH) {
			buf_addf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			buf_addc(out, ' ');
			at++;
		}
		buf_add(out, text + from, i - from);
		at += i - from;
	}
	buf_addc(out, '\n');
}

static void term(struct buf *out, const char *name, const char *doc, int fd)
{
	buf_addf(out, "  %s%s%s", cmd_style(fd, CMD_BOLD), name, cmd_style(fd, CMD_PLAIN));
	if (strlen(name) + 4 > HELP_COLUMN)
		buf_addf(out, "\n%*s", HELP_COLUMN, "");
	else
		buf_addf(out, "%*s", (int)(HELP_COLUMN - 2 - strlen(name)), "");
	wrap(out, doc, strlen(doc), HELP_COLUMN, HELP_COLUMN);
}

static void heading(struct buf *out, const char *text, int fd)
{
	buf_addf(out, "\n%s%s%s\n", cmd_style(fd, CMD_BOLD), text, cmd_style(fd, CMD_PLAIN));
}

void help_overview(struct buf *out, int fd)
{
	static const char about[] = "musubi lets organisations defend themselves together: what one reports reaches exactly those whom its marking and their "
				    "agreement allow, and is looked for in their logs.";

	buf_adds(out, "Usage: musubi COMMAND [ARGUMENT]… [OPTION]…\n\n");
	wrap(out, about, strlen(about), 0, 0);
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		if (cmd_section(*c))
			heading(out, cmd_section(*c), fd);
		term(out, (*c)->name, (*c)->brief, fd);
	}
	buf_adds(out, "\n`musubi help COMMAND` or `musubi COMMAND --help` says more; `musubi man COMMAND | man -l -` as a manual page.\n"
		      "New here? `musubi demo` shows the whole act in a minute.\n");
}

void help_synopsis(struct buf *out, const struct cmd *c)
{
	if (c->arguments && c->arguments[0])
		buf_addf(out, " %s", c->arguments);
	for (int pass = 0; pass < 2; pass++)
		for (const struct cmd_option *o = c->options; o && o->name; o++) {
			if (o->required != (pass == 0))
				continue;
			buf_addf(out, " %s%s%s%s%s%s", o->required ? "" : "[", o->name, o->argument ? " " : "", o->argument ? o->argument : "",
				o->required ? "" : "]", o->many ? "…" : "");
		}
	buf_adds(out, " [--json]");
}

static void paragraphs(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		if (n == 0)
			buf_addc(out, '\n');
		else if (text[0] == ' ' && text[1] == ' ')
			buf_addf(out, "%.*s\n", (int)n, text);
		else
			wrap(out, text, n, 0, 0);
		text += n + (text[n] == '\n');
	}
}

static void options(struct buf *out, const struct cmd_option *o, int fd)
{
	char name[128], doc[512];

	for (; o && o->name; o++) {
		snprintf(name, sizeof(name), "%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
		snprintf(doc, sizeof(doc), "%s%s%s", o->doc, o->required ? " (required)" : "", o->many ? " (may be repeated)" : "");
		term(out, name, doc, fd);
	}
}

void help_command(struct buf *out, const struct cmd *c, int fd)
{
	BUF_SCOPE struct buf usage;

	buf_init(&usage, 1u << 16);
	buf_addf(&usage, "Usage: musubi %s", c->name);
	help_synopsis(&usage, c);
	wrap(out, usage.p ? usage.p : "", usage.n, 4, 0);
	buf_addf(out, "\n%s: %s\n", c->name, c->brief);
	if (c->help && c->help[0]) {
		buf_addc(out, '\n');
		paragraphs(out, c->help);
	}
	heading(out, "Options", fd);
	options(out, c->options, fd);
	options(out, cmd_common_options, fd);
	heading(out, "Exit status", fd);
	for (const struct help_exit *e = help_exits; e->meaning; e++) {
		buf_addf(out, "  %2d  ", e->status);
		wrap(out, e->meaning, strlen(e->meaning), 6, 6);
	}
}

bool help_noun(struct buf *out, const char *noun, int fd)
{
	size_t n = strlen(noun);
	bool found = false;

	for (const struct cmd *const *c = cmd_table; *c; c++) {
		if (strncmp((*c)->name, noun, n) != 0 || (*c)->name[n] != ' ')
			continue;
		if (!found)
			buf_addf(out, "Usage: musubi %s COMMAND …\n\n", noun);
		found = true;
		term(out, (*c)->name, (*c)->brief, fd);
	}
	if (found)
		buf_addf(out, "\n`musubi help %s COMMAND` says more.\n", noun);
	return found;
}

const char *help_nearest_command(const char *one, const char *two)
{
	const char *names[256];
	size_t n = 0;
	char typed[128];

	for (const struct cmd *const *c = cmd_table; *c && n < 256; c++)
		names[n++] = (*c)->name;
	snprintf(typed, sizeof(typed), "%s%s%s", one, two ? " " : "", two ? two : "");
	const char *near = cmd_nearest(typed, names, n);
	return near || !two ? near : cmd_nearest(one, names, n); /* `musubi imprt DIR` */
}
