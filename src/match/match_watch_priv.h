/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that are more than values, over lines of known formats. */
#ifndef MATCH_MATCH_WATCH_PRIV_H
#define MATCH_MATCH_WATCH_PRIV_H
#include "match/match_format_priv.h"

/* Calls fn for each pattern that the line completes; false when fn stopped. */
bool match_watch_line(struct match_watch *w, enum match_format f, struct span line, const struct match_field *field, size_t n, int64_t time_ns, bool (*fn)(void *ctx, uint32_t indicator), void *ctx);
#endif
