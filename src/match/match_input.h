/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a log file, taken out of gzip, zstd or xz where it is packed. */
#ifndef MATCH_MATCH_INPUT_H
#define MATCH_MATCH_INPUT_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "util/err.h"

struct match_input;
/* The descriptor stays the caller's.  What it is packed with is told by its first bytes.  NULL without memory. */
struct match_input *match_input_new(int fd);
/* At least one byte, 0 at the end, -1 with a fault: reading failed, or the packed data is damaged or cut short (what came before it was given). */
ssize_t match_input_read(struct match_input *in, char *to, size_t room, struct fault *f);
uint64_t match_input_at(const struct match_input *in); /* bytes of the file read so far, for progress */
const char *match_input_packed(const struct match_input *in); /* "gzip", "zstd", "xz", "" */
void match_input_free(struct match_input *in);
#endif
