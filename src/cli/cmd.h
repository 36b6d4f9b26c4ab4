/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands: one table row and one file each.  Help, completion and man pages are made from the rows. */
#ifndef CLI_CMD_H
#define CLI_CMD_H
#include "util/arena.h"
#include "util/err.h"
#include "util/json.h"
#include "util/timestamp.h"

struct cmd_option {
	const char *name;     /* "--json" */
	const char *argument; /* "NAME", or NULL for a flag */
	const char *doc;
	bool many;            /* may be repeated */
	bool required;
	const char *complete; /* "file", "dir", "words:clear green amber", "member", NULL */
};
struct cmd_args;          /* parsed arguments of one call */
struct cmd {
	const char *name;     /* "member add": one or two words */
	const char *arguments;/* "DIR", "DIR [KEY [VALUE]]", "FILE…" */
	int min_args, max_args; /* positional; -1: any number */
	const char *brief;    /* one line, lower case, no full stop */
	const char *help;     /* paragraphs for --help and the man page */
	const struct cmd_option *options; /* ends with .name == NULL; --json and --help are added for all */
	int (*run)(struct cmd_args *a);   /* exit status */
};
extern const struct cmd *const cmd_table[]; /* ends with NULL */

const char *cmd_arg(const struct cmd_args *a, int i);      /* positional, NULL past the end */
int cmd_argc(const struct cmd_args *a);
const char *cmd_opt(const struct cmd_args *a, const char *name); /* value (flags: ""), NULL where not given */
size_t cmd_opts(const struct cmd_args *a, const char *name, const char *const **values);
bool cmd_json(const struct cmd_args *a);
struct arena *cmd_arena(struct cmd_args *a);               /* lives as long as the call */
/* Prints "musubi VERB: what (where)" on stderr and gives the exit status of e. */
int cmd_fail(const struct cmd_args *a, enum err e, const struct fault *f);
/* stdout, checked: a full disk or closed pipe is an error, not silence. */
void cmd_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void cmd_print_span(struct span s);
int cmd_done(const struct cmd_args *a, int status);        /* flushes stdout; 74 when that failed */

/* Progress on stderr, only on a terminal: what, done of all (0: unknown), rate and remaining time. */
struct cmd_progress;
struct cmd_progress *cmd_progress_new(const char *what, const char *unit, uint64_t all);
void cmd_progress_to(struct cmd_progress *p, uint64_t done, const char *note);
void cmd_progress_free(struct cmd_progress *p);
#endif
