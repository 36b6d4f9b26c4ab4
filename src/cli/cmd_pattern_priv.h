/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `musubi pattern` share. */
#ifndef CLI_CMD_PATTERN_PRIV_H
#define CLI_CMD_PATTERN_PRIV_H
#include "cli/cmd.h"
#include "pattern/pattern.h"

/* The pattern that argument 0 gives: the text itself, or standard input for "-", without white space around it. */
enum err pattern_argument(struct cmd_args *a, struct span *out, struct fault *f) CHECK_RESULT;
/* Says what is wrong on stderr: the sentence, the line of the pattern, and a caret below the place; gives the exit status. */
int pattern_complain(const struct cmd_args *a, struct span text, enum err e, const struct fault *f);
/* "error": {"line","column","what"} */
void pattern_fault_json(struct json_out *o, const char *key, const struct fault *f);
#endif
