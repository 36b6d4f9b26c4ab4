/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two JSON values, by path. */
#ifndef FORMATS_DIFF_H
#define FORMATS_DIFF_H
#include "util/json.h"

enum formats_change { FORMATS_ADDED,
	FORMATS_REMOVED,
	FORMATS_CHANGED };
struct formats_difference {
	enum formats_change change;
	const char *path; /* "kill_chain_phases[0].phase_name"; "labels[]" where a list has or lacks an item, whatever its place */
	struct json from, to; /* missing where added, removed */
};
/* Calls fn for each difference, in the order of `from`, then of `to`.  Lists of texts and numbers are compared as sets with counts: an item has no place; where only the order
 * differs the list as a whole is CHANGED.  Lists of objects are compared place by place.  Paths live in a.  False without memory. */
bool formats_diff(struct arena *a, struct json from, struct json to, void (*fn)(void *ctx, const struct formats_difference *d), void *ctx);
/* v with every text that is an id (under "id", *_ref and *_refs) given another by `to`; {NULL,0} keeps it. */
void formats_put_renamed(struct json_out *o, struct json v, struct span (*to)(void *ctx, struct span id), void *ctx);
#endif
