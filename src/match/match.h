/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators over logs.  The index is built once and read-only; a scanner is per thread and cheap; text in, hits out. */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H
#include "stix/object.h"
#include "stix/values.h"
#include "util/timestamp.h"

struct match_build;
struct match_index;
struct match_scan;

/* ---- index ---- */
struct match_build *match_build_new(void);
/* Takes an indicator (or ignores what is none).  A newer version of an id replaces the older one, a revoked one removes it; validity is kept and asked at hit time.
 * `source`: where it is from, for the hit.  Patterns beyond equality and AND/OR of equalities are counted as skipped with a reason.  ERR_INVALID for a broken one. */
enum err match_build_add(struct match_build *b, const struct stix_object *o, struct span source, struct fault *f) CHECK_RESULT;
/* A bare value ("evil.example", "198.51.100.0/24", a URL, hash …), defanged or not. */
enum err match_build_value(struct match_build *b, struct span text, struct span source, struct fault *f) CHECK_RESULT;
struct match_counts { size_t indicators, values, revoked, skipped, replaced; };
/* Finishes: the build is consumed. NULL without memory. */
struct match_index *match_build_finish(struct match_build *b, struct match_counts *counts);
void match_build_free(struct match_build *b);
void match_index_free(struct match_index *x);

/* ---- scanning ---- */
struct match_indicator { struct span id, name, tlp, pattern, source, version, *markings; size_t n_markings; int64_t valid_from_ns, valid_until_ns; };
struct match_hit {
	uint64_t line;              /* counted from 1 */
	uint64_t offset;            /* of the value, in bytes from the start of the input */
	struct span text;           /* the value as it stands in the log */
	struct span value;          /* the indicator's value, normal form */
	enum stix_value_kind kind;
	struct span line_text;
	const struct match_indicator *indicator;
};
/* Called in line order; return false to stop. */
typedef bool match_on_hit(void *ctx, const struct match_hit *h);
struct match_scan *match_scan_new(const struct match_index *x, struct timestamp now, match_on_hit *fn, void *ctx);
/* Feeds bytes in any pieces; whole lines are searched as they complete, the last one at match_scan_end.  False when fn stopped. */
bool match_scan_feed(struct match_scan *s, struct span bytes);
bool match_scan_end(struct match_scan *s);
void match_scan_totals(const struct match_scan *s, uint64_t *lines, uint64_t *bytes, uint64_t *hits);
void match_scan_free(struct match_scan *s);
#endif
