/* SPDX-License-Identifier: Apache-2.0 */
/* Time in UTC: microseconds for stamps and policy, nanoseconds for the versions of objects. */
#ifndef UTIL_TIMESTAMP_H
#define UTIL_TIMESTAMP_H
#include <stdint.h>
#include "util/err.h"
#include "util/span.h"

struct timestamp {
	int64_t us; /* microseconds since 1970-01-01T00:00:00Z */
};

#define TIMESTAMP_NEVER ((struct timestamp){ INT64_MAX }) /* "no end" */
#define TIMESTAMP_TEXT 28 /* "2026-01-01T00:00:00.000000Z" and NUL */

/* RFC 3339 as STIX 2.1 §3.15 and TAXII 2.1 §3.? want it: upper case T and Z, years 0001-9999, real dates, second 60 refused,
 * 0-9 fraction digits (further digits are cut).  Gives nanoseconds, saturated to the int64 range (1677-2262).
 * ERR_SYNTAX with what is wrong. */
enum err timestamp_parse_ns(struct span text, int64_t *ns, struct fault *f) CHECK_RESULT;
enum err timestamp_parse(struct span text, struct timestamp *out, struct fault *f) CHECK_RESULT;
/* Always six fraction digits: a fixed width that sorts as text. */
void timestamp_format(struct timestamp t, char out[static TIMESTAMP_TEXT]);
/* The wall clock.  Only rooms of floor 5 and above may call it. */
struct timestamp timestamp_now(void);
/* Monotonic nanoseconds for measuring. */
int64_t timestamp_tick_ns(void);
static inline bool timestamp_before(struct timestamp a, struct timestamp b)
{
	return a.us < b.us;
}
#endif
