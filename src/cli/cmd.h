/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands: one table row and one file each.  Help, completion and man pages are made from the rows. */
#ifndef CLI_CMD_H
#define CLI_CMD_H
#include "util/arena.h"
#include "util/err.h"
#include "util/json.h"
#include "util/timestamp.h"

struct cmd_option {
	const char *name; /* "--json" */
	const char *argument; /* "NAME", or NULL for a flag */
	const char *doc;
	bool many; /* may be repeated */
	bool required;
	const char *complete; /* "file", "dir", "words:clear green amber", "member", NULL */
};
struct cmd_args; /* parsed arguments of one call */
struct cmd {
	const char *name; /* "member add": one or two words */
	const char *arguments; /* "DIR", "DIR [KEY [VALUE]]", "FILE…" */
	int min_args, max_args; /* positional; -1: any number */
	const char *brief; /* one line, lower case, no full stop */
	const char *help; /* paragraphs for --help and the man page; empty lines part them, lines that begin with two spaces stay as they are */
	const struct cmd_option *options; /* ends with .name == NULL (NULL: none); --json and --help are added for all */
	int (*run)(struct cmd_args *a); /* exit status */
	const char *complete; /* what completes arguments: as in cmd_option, or "command"; NULL: files, or directories where DIR is all there is */
};
extern const struct cmd *const cmd_table[]; /* ends with NULL */
/* The heading a row stands under, where it is the first one there; else NULL. */
const char *cmd_section(const struct cmd *c);

/* The whole program: finds the row, parses, runs; gives the exit status. */
int cmd_main(int argc, char **argv);
/* The row that the words name (one word, or two); *used says how many words it took. */
const struct cmd *cmd_find(const char *one, const char *two, int *used);
/* The name nearest to what was typed among n, NULL where none is near. */
const char *cmd_nearest(const char *typed, const char *const *names, size_t n);
/* The options that every command has (--json, --help); ends with .name == NULL. */
extern const struct cmd_option cmd_common_options[];

const char *cmd_arg(const struct cmd_args *a, int i); /* positional, NULL past the end */
int cmd_argc(const struct cmd_args *a);
const char *cmd_opt(const struct cmd_args *a, const char *name); /* value (flags: ""), NULL where not given */
size_t cmd_opts(const struct cmd_args *a, const char *name, const char *const **values);
bool cmd_json(const struct cmd_args *a);
struct arena *cmd_arena(struct cmd_args *a); /* lives as long as the call */
/* Prints "musubi VERB: what (where)" on stderr and gives the exit status of e. */
int cmd_fail(const struct cmd_args *a, enum err e, const struct fault *f);
/* The same for a call that was put wrongly; adds where the help is, gives 64. */
int cmd_usage(const struct cmd_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* stdout, checked: a full disk or closed pipe is an error, not silence. */
void cmd_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cmd_print_span(struct span s);
void cmd_flush(void); /* what was printed goes out now */
int cmd_done(const struct cmd_args *a, int status); /* flushes stdout; 74 when that failed */
/* A line of talk on stderr (the newline is added). */
void cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Escape sequence for a style on fd 1 or 2; "" where that is no terminal or NO_COLOR is set. */
enum cmd_style { CMD_PLAIN,
	CMD_BOLD,
	CMD_DIM,
	CMD_RED,
	CMD_GREEN,
	CMD_YELLOW,
	CMD_BLUE,
};
const char *cmd_style(int fd, enum cmd_style s);

/* A table: aligned under its headings on a terminal; tab separated lines without headings elsewhere. */
struct cmd_grid;
struct cmd_grid *cmd_grid_new(struct cmd_args *a, const char *const *headings, size_t columns);
void cmd_grid_add(struct cmd_grid *g, struct span cell); /* row after row, cell after cell; copied */
void cmd_grid_print(struct cmd_grid *g, const char *if_empty); /* if_empty: said on stderr where there is no row */

/* Progress on stderr, only on a terminal: what, done of all (0: unknown), rate and remaining time. */
struct cmd_progress;
struct cmd_progress *cmd_progress_new(const char *what, const char *unit, uint64_t all);
void cmd_progress_to(struct cmd_progress *p, uint64_t done, const char *note);
void cmd_progress_free(struct cmd_progress *p);
#endif
