/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages (man macros) made from the table. */
#include <string.h>
#include "cli/cmd_priv.h"
#include "util/buf.h"

/* Roff text: backslashes, hyphens and quotes stay what they are; no line begins a request. */
static void text(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\')
			buf_adds(out, "\\e");
		else if (s[i] == '-')
			buf_adds(out, "\\-");
		else if ((s[i] == '.' || s[i] == '\'') && i == 0)
			buf_addf(out, "\\&%c", s[i]);
		else
			buf_addc(out, s[i]);
		if (s[i] == ',' && i + 1 < n && s[i + 1] != ' ')
			buf_adds(out, "\\:"); /* a list without blanks may break here */
	}
}

static void texts(struct buf *out, const char *s)
{
	text(out, s, strlen(s));
}

void manpage_name(struct buf *out, const struct cmd *c)
{
	const char *name = c ? c->name : "";

	buf_adds(out, "musubi");
	for (const char *p = name; *p; p++) {
		if (p == name)
			buf_addc(out, '-');
		buf_addc(out, *p == ' ' ? '-' : *p);
	}
}

static void head(struct buf *out, const struct cmd *c, const char *brief)
{
	buf_adds(out, ".\\\" SPDX-License-Identifier: Apache-2.0\n.TH ");
	manpage_name(out, c);
	buf_adds(out, " 1 \"\" \"musubi " MUSUBI_VERSION "\" \"musubi\"\n.ad l\n.SH NAME\n");
	manpage_name(out, c);
	buf_adds(out, " \\- ");
	texts(out, brief);
	buf_adds(out, "\n.SH SYNOPSIS\n");
}

static void options(struct buf *out, const struct cmd_option *o)
{
	for (; o && o->name; o++) {
		buf_adds(out, ".TP\n\\fB");
		texts(out, o->name);
		buf_adds(out, "\\fR");
		if (o->argument) {
			buf_adds(out, " \\fI");
			texts(out, o->argument);
			buf_adds(out, "\\fR");
		}
		buf_addc(out, '\n');
		texts(out, o->doc);
		buf_addf(out, "%s%s\n", o->required ? " (required)" : "", o->many ? " (may be repeated)" : "");
	}
}

static void paragraphs(struct buf *out, const char *s)
{
	bool example = false;

	while (*s) {
		size_t n = strcspn(s, "\n");
		bool now = n > 1 && s[0] == ' ' && s[1] == ' ';
		if (now != example)
			buf_adds(out, now ? ".EX\n" : ".EE\n");
		example = now;
		if (n == 0)
			buf_adds(out, ".PP");
		text(out, s, n);
		buf_addc(out, '\n');
		s += n + (s[n] == '\n');
	}
	if (example)
		buf_adds(out, ".EE\n");
}

static void exits(struct buf *out)
{
	buf_adds(out, ".SH EXIT STATUS\n");
	for (const struct help_exit *e = help_exits; e->meaning; e++) {
		buf_addf(out, ".TP\n\\fB%d\\fR\n", e->status);
		texts(out, e->meaning);
		buf_addc(out, '\n');
	}
}

static void whole(struct buf *out)
{
	head(out, NULL, "defend together: share threat information with exactly those who may have it");
	buf_adds(out, ".B musubi\n.I COMMAND\n[\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
		      "What one organisation reports reaches exactly those whom its marking and their agreement allow, and is looked for in their logs. "
		      "Options may stand before or after arguments; \\fB\\-\\-\\fR ends them; \\fB\\-\\-name=value\\fR and \\fB\\-\\-name value\\fR are the same. "
		      "Results go to standard output, talk to standard error.\n.SH COMMANDS\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		if (cmd_section(*c))
			buf_addf(out, ".SS %s\n", cmd_section(*c));
		buf_adds(out, ".TP\n.BR ");
		manpage_name(out, *c);
		buf_adds(out, " (1)\n");
		texts(out, (*c)->brief);
		buf_addc(out, '\n');
	}
	exits(out);
	buf_adds(out, ".SH ENVIRONMENT\n.TP\n\\fBMUSUBI_TOKEN\\fR\nThe token where \\fB\\-\\-token\\fR is not given, so that it does not stand in the list of processes.\n"
		      ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, nothing is coloured.\n");
}

void manpage(struct buf *out, const struct cmd *c)
{
	if (!c) {
		whole(out);
		return;
	}
	BUF_SCOPE struct buf synopsis;
	buf_init(&synopsis, 1u << 16);
	help_synopsis(&synopsis, c);
	head(out, c, c->brief);
	buf_addf(out, ".B musubi %s\n", c->name);
	if (synopsis.n)
		text(out, synopsis.p + 1, synopsis.n - 1); /* without its leading space, which would break the line */
	buf_adds(out, "\n.SH DESCRIPTION\n");
	paragraphs(out, c->help && c->help[0] ? c->help : c->brief);
	buf_adds(out, ".SH OPTIONS\n");
	options(out, c->options);
	options(out, cmd_common_options);
	exits(out);
	buf_adds(out, ".SH SEE ALSO\n.BR musubi (1)\n");
}
