/* SPDX-License-Identifier: Apache-2.0 */
/* Between the walk over a text and the finders. */
#ifndef FORMATS_EXTRACT_PRIV_H
#define FORMATS_EXTRACT_PRIV_H
#include "formats/extract.h"
#include "formats/formats_priv.h"

struct prose {
	struct arena *a;
	const char *p; /* refanged */
	size_t n;
	const uint32_t *map; /* where each byte stood, n + 1 of them */
	formats_name_of *name_of;
};
/* What a finder makes of the text from `at` on. */
struct catch
{
	enum formats_sort sort; /* FORMATS_SORTS: nothing, and go on after `end` */
	struct span value;
	size_t end;
	enum formats_doubt doubt;
};
/* True where it is this finder's: c says what was found, or that up to c->end there is nothing. */
typedef bool formats_finder(const struct prose *t, size_t at, struct catch *c);
extern formats_finder *const formats_finders[]; /* in order of precedence; ends with NULL */

/* Bytes of the letter, digit, hyphen or underscore at i; letters of Latin, Greek, Cyrillic and their like are some, those of scripts written without spaces are not. */
size_t prose_word(const struct prose *t, size_t i);
/* Does a word end just before i? */
bool prose_joined(const struct prose *t, size_t i);
#endif
