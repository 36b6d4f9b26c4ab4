/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the framework know of each other: the parsed call, and the texts made from the table. */
#ifndef CLI_CMD_PRIV_H
#define CLI_CMD_PRIV_H
#include "cli/cmd.h"

struct cmd_given {
	const struct cmd_option *option;
	const char *value;
};
struct cmd_args {
	const struct cmd *cmd;
	struct arena *arena;
	const char **arg; /* positional */
	int n_args;
	struct cmd_given *given; /* options in the order of the command line */
	size_t n_given;
};

/* help.c */
void help_overview(struct buf *out, int fd);
void help_command(struct buf *out, const struct cmd *c, int fd);
/* Commands whose first word is `noun`; false where there is none. */
bool help_noun(struct buf *out, const char *noun, int fd);
/* "DIR --name NAME [--sector S]…": what stands after the command's name. */
void help_synopsis(struct buf *out, const struct cmd *c);
/* The nearest command to what was typed, NULL where none is near. */
const char *help_nearest_command(const char *one, const char *two);
struct help_exit {
	int status;
	const char *meaning;
};
extern const struct help_exit help_exits[]; /* ends with .meaning == NULL; the statuses of ERR_LIST */

/* completion.c, manpage.c */
void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);
/* c NULL: musubi(1) itself. */
void manpage(struct buf *out, const struct cmd *c);
/* "musubi-member-add" */
void manpage_name(struct buf *out, const struct cmd *c);
#endif
