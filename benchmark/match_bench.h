/* SPDX-License-Identifier: Apache-2.0 */
/* ./bench match: logs and lists that it makes, and its rows. */
#ifndef BENCH_MATCH_BENCH_H
#define BENCH_MATCH_BENCH_H
#include <stdbool.h>
#include <stdint.h>
#include "bench.h"
#include "util/buf.h"

/* n values, one a line; the same for every call. */
void bench_list(struct buf *out, uint64_t n);
/* A log of about `bytes` bytes; of each of its *n lines whether one of the `listed` values was planted in it (free()). */
extern const char *const bench_log_names[];
bool bench_log(struct buf *out, size_t kind, size_t bytes, uint64_t listed, double rate, uint8_t **planted, size_t *n);

/* All rows of match; dir: for its files; musubi: the program. */
bool bench_match(bench_row *row, const char *dir, const char *musubi);
#endif
