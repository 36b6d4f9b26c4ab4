/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of other tools on their way into the hub: each value as an indicator. */
#ifndef CLI_IMPORT_LIST_H
#define CLI_IMPORT_LIST_H
#include "cli/cmd.h"

/* As open_file, but a directory (a MISP feed) is opened too. */
enum err import_list_open(const char *path, int *fd, uint64_t *size, struct fault *f) CHECK_RESULT;
/* By --format, --columns, --tlp, --context.  take gets each indicator's id and bytes.  What is no indicator is told on standard error. */
enum err import_list(struct cmd_args *a, int fd, uint64_t size, struct span created_by, enum err (*take)(void *ctx, struct span id, struct span raw, struct fault *f), void *ctx,
	struct fault *f) CHECK_RESULT;
#endif
