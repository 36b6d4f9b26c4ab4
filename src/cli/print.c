/* SPDX-License-Identifier: Apache-2.0 */
/* What commands print: checked standard output, talk on standard error, styles, tables, progress. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>
#include "cli/cmd_priv.h"
#include "util/buf.h"

/* ---- standard output ---- */

/* A reader that has seen enough (`| head`) is no fault: end as other programs do, by the signal, without a word. */
static void end_quietly_if_unread(void)
{
	if (ferror(stdout) && errno == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
}

void cmd_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	end_quietly_if_unread();
}

void cmd_print_span(struct span s)
{
	if (s.n)
		fwrite(s.p, 1, s.n, stdout);
	end_quietly_if_unread();
}

void cmd_flush(void)
{
	fflush(stdout);
	end_quietly_if_unread();
}

int cmd_done(const struct cmd_args *a, int status)
{
	cmd_flush();
	if (!ferror(stdout))
		return status;
	static const char incomplete[] = "writing failed (%s): the output is not complete; make room or choose another place and run it again";
	struct fault f;
	return cmd_fail(a, fault_set(&f, ERR_IO, "standard output", incomplete, strerror(errno)), &f);
}

/* ---- standard error ---- */

static void prefix(const struct cmd_args *a)
{
	cmd_flush(); /* so that a terminal shows both in their order */
	fprintf(stderr, "%smusubi%s%s:%s ", cmd_style(2, CMD_RED), a && a->cmd ? " " : "", a && a->cmd ? a->cmd->name : "", cmd_style(2, CMD_PLAIN));
}

int cmd_fail(const struct cmd_args *a, enum err e, const struct fault *f)
{
	prefix(a);
	if (!f || !f->what[0])
		fprintf(stderr, "%s\n", e == ERR_NOMEM ? "out of memory" : err_name(e));
	else if (f->where[0])
		fprintf(stderr, "%s (%s)\n", f->what, f->where);
	else
		fprintf(stderr, "%s\n", f->what);
	return err_exit(e);
}

int cmd_usage(const struct cmd_args *a, const char *fmt, ...)
{
	va_list ap;

	prefix(a);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see `musubi help %s`\n", a->cmd->name);
	return err_exit(ERR_USAGE);
}

void cmd_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *cmd_style(int fd, enum cmd_style s)
{
	static const char *const codes[] = {
		[CMD_PLAIN] = "\033[0m",
		[CMD_BOLD] = "\033[1m",
		[CMD_DIM] = "\033[2m",
		[CMD_RED] = "\033[31m",
		[CMD_GREEN] = "\033[32m",
		[CMD_YELLOW] = "\033[33m",
		[CMD_BLUE] = "\033[34m",
	};
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no && *no) || (term && strcmp(term, "dumb") == 0) || !isatty(fd))
		return "";
	return codes[s];
}

/* ---- tables ---- */

struct cmd_grid {
	struct arena *arena;
	const char *const *headings;
	size_t columns, n, room;
	struct span *cell;
};

struct cmd_grid *cmd_grid_new(struct cmd_args *a, const char *const *headings, size_t columns)
{
	struct cmd_grid *g = ARENA_NEW(cmd_arena(a), struct cmd_grid);

	if (g)
		*g = (struct cmd_grid){ .arena = cmd_arena(a), .headings = headings, .columns = columns };
	return g;
}

void cmd_grid_add(struct cmd_grid *g, struct span cell)
{
	if (!g)
		return;
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		struct span *more = arena_array(g->arena, room, sizeof(*more));
		if (!more)
			return;
		if (g->n)
			memcpy(more, g->cell, g->n * sizeof(*more));
		g->cell = more;
		g->room = room;
	}
	char *copy = arena_str(g->arena, cell);
	for (size_t i = 0; copy && i < cell.n; i++)
		if ((unsigned char)copy[i] < ' ')
			copy[i] = ' '; /* a cell is one line, and nobody's name rules the terminal */
	if (copy)
		g->cell[g->n++] = (struct span){ copy, cell.n };
}

/* Columns on a terminal: Han and kana take two, combining marks none. */
static size_t width(struct span s)
{
	size_t w = 0, at = 0;
	mbstate_t state = { 0 };

	while (at < s.n) {
		wchar_t c;
		size_t n = mbrtowc(&c, s.p + at, s.n - at, &state);
		if (n == 0 || n > s.n - at) {
			state = (mbstate_t){ 0 };
			n = 1;
			c = '?';
		}
		int columns = wcwidth(c);
		w += columns < 0 ? 1 : (size_t)columns;
		at += n;
	}
	return w;
}

static void print_row(const struct span *cell, const size_t *widths, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		cmd_print_span(cell[c]);
		if (c + 1 < columns)
			cmd_print("%*s", (int)(widths[c] - width(cell[c])) + 2, "");
	}
	cmd_print("\n");
}

static void print_aligned(struct cmd_grid *g)
{
	size_t *widths = arena_array(g->arena, g->columns, sizeof(*widths));
	struct span *head = arena_array(g->arena, g->columns, sizeof(*head));

	if (!widths || !head || !g->columns)
		return;
	for (size_t c = 0; c < g->columns; c++) {
		head[c] = span_of(g->headings[c]);
		widths[c] = width(head[c]);
	}
	for (size_t i = 0; i < g->n; i++)
		if (width(g->cell[i]) > widths[i % g->columns])
			widths[i % g->columns] = width(g->cell[i]);
	cmd_print("%s", cmd_style(1, CMD_BOLD));
	print_row(head, widths, g->columns);
	cmd_print("%s", cmd_style(1, CMD_PLAIN));
	for (size_t i = 0; i + g->columns <= g->n; i += g->columns)
		print_row(g->cell + i, widths, g->columns);
}

void cmd_grid_print(struct cmd_grid *g, const char *if_empty)
{
	if (!g)
		return;
	if (g->n == 0 && if_empty)
		cmd_say("%s", if_empty);
	else if (g->n && isatty(1))
		print_aligned(g);
	else
		for (size_t i = 0; i < g->n; i++) {
			cmd_print_span(g->cell[i]);
			cmd_print("%c", (i + 1) % g->columns ? '\t' : '\n');
		}
}

/* ---- progress ---- */

struct cmd_progress {
	const char *what, *unit;
	uint64_t all;
	int64_t began, shown;
};

struct cmd_progress *cmd_progress_new(const char *what, const char *unit, uint64_t all)
{
	if (!isatty(2))
		return NULL; /* the other two take NULL */
	struct cmd_progress *p = malloc(sizeof(*p));
	if (p)
		*p = (struct cmd_progress){ .what = what, .unit = unit, .all = all, .began = timestamp_tick_ns() };
	return p;
}

static double scaled(double v, const char **prefix)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	size_t i = 0;

	for (; v >= 1000 && i < 4; i++)
		v /= 1000;
	*prefix = prefixes[i];
	return v;
}

void cmd_progress_to(struct cmd_progress *p, uint64_t done, const char *note)
{
	if (!p)
		return;
	int64_t now = timestamp_tick_ns();
	if (now - p->shown < 100000000 && done != p->all)
		return;
	p->shown = now;
	double seconds = (double)(now - p->began) / 1e9, rate = seconds > 0 ? (double)done / seconds : 0;
	const char *done_prefix, *rate_prefix;
	double done_scaled = scaled((double)done, &done_prefix), rate_scaled = scaled(rate, &rate_prefix);
	fprintf(stderr, "\r\033[K%s", p->what);
	if (p->all && done <= p->all) {
		int bar = (int)(24.0 * (double)done / (double)p->all);
		fprintf(stderr, " [%.*s%*s] %3d %%", bar, "========================", 24 - bar, "", (int)(100.0 * (double)done / (double)p->all));
	}
	fprintf(stderr, " %.3g %s%s, %.3g %s%s/s", done_scaled, done_prefix, p->unit, rate_scaled, rate_prefix, p->unit);
	if (p->all > done && rate > 0) {
		long left = (long)((double)(p->all - done) / rate + 0.5);
		fprintf(stderr, ", %ld:%02ld left", left / 60, left % 60);
	}
	if (note)
		fprintf(stderr, "  %s", note);
	fflush(stderr);
}

void cmd_progress_free(struct cmd_progress *p)
{
	if (!p)
		return;
	fputs("\r\033[K", stderr);
	free(p);
}
