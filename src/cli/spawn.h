/* SPDX-License-Identifier: Apache-2.0 */
/* Runs musubi as a user would: as a process of its own, talking through its arguments, pipes and exit status. */
#ifndef CLI_SPAWN_H
#define CLI_SPAWN_H
#include <sys/types.h>
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

struct spawn {
	pid_t pid;
	int out; /* its stdout, non-blocking; -1 when closed */
	struct buf line;
};
/* Starts `musubi argv…` (NULL at the end; argv[0] is the first subcommand word).  Its stderr goes to err_fd. It ends when this process ends. */
enum err spawn_start(struct spawn *s, const char *const *argv, int err_fd, struct fault *f) CHECK_RESULT;
/* Takes what has been printed since; calls fn for each whole line.  False when the output has ended. */
bool spawn_lines(struct spawn *s, void (*fn)(void *ctx, struct span line), void *ctx);
/* Asks it to end (SIGTERM), waits at most 15 s, then kills; its exit status, or 128 + the signal. */
int spawn_stop(struct spawn *s);
/* Runs to the end: input to stdin, stdout into *out (living in a).  ERR_IO when it cannot be started; *status is its exit status.
 * When that is not 0, f holds the last line it printed on stderr. */
enum err spawn_run(struct arena *a, const char *const *argv, struct span input, struct span *out, int *status, struct fault *f) CHECK_RESULT;
#endif
