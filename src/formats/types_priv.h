/* SPDX-License-Identifier: Apache-2.0 */
/* Words with which other programs name kinds of values: MISP's attribute types, and what CSV files write in a column of types. */
#ifndef FORMATS_TYPES_PRIV_H
#define FORMATS_TYPES_PRIV_H
#include "formats/formats_priv.h"

/* A composite ("filename|sha256", "domain|ip") has two parts with a bar between; FORMATS_SORTS: that part is not looked for. */
struct formats_type {
	const char *word; /* lower case */
	enum formats_sort part[2];
	bool names; /* the part that is not looked for is a name for the other */
};
/* NULL: no such word. */
const struct formats_type *formats_type_of(struct span word);
#endif
