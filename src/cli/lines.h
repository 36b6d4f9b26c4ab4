/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines in, JSON lines out: what `--cases` of several commands share. */
#ifndef CLI_LINES_H
#define CLI_LINES_H
#include "cli/cmd.h"

/* Answers one line: `c` is its JSON (it lives as long as a, which is empty again at the next line), the answer is written into `answer` as one JSON value. */
typedef enum err lines_answer(void *ctx, struct arena *a, struct json c, struct buf *answer, struct fault *f);
/* Each line of the file ("-": standard input) is answered by one line, in the same order, before the next wait for input.  A line that is no JSON, or that
 * `fn` does not take, is answered {"error":…}.  Gives the exit status: 1 where `strict` and some line was answered so. */
int lines_run(struct cmd_args *a, const char *path, bool strict, lines_answer *fn, void *ctx);
#endif
