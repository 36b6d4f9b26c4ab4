/* SPDX-License-Identifier: Apache-2.0 */
/* ./bench pattern: its rows. */
#ifndef BENCH_PATTERN_BENCH_H
#define BENCH_PATTERN_BENCH_H
#include "match_bench.h"

/* The row against OASIS's matcher needs MUSUBI_PATTERN_MATCHER: a list of directories as PYTHONPATH takes it, with stix2matcher, stix2patterns and what they import. */
bool bench_pattern(bench_row *row, const char *dir, const char *musubi);
#endif
