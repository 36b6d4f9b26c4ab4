/* SPDX-License-Identifier: Apache-2.0 */
/* Observed Data objects as what streams are fed with: STIX 2.1 (object_refs into the bundle) and STIX 2.0 (objects inside), in order of time. */
#ifndef PATTERN_PATTERN_OBSERVED_H
#define PATTERN_PATTERN_OBSERVED_H
#include "pattern/pattern_stream.h"

struct pattern_observed;
/* Lives as long as a, and so must the documents. NULL without memory. */
struct pattern_observed *pattern_observed_new(struct arena *a);
/* A bundle, an observed-data object, an SCO that some refer to, or a list of such.  Other objects are passed over.  ERR_INVALID (where: the id) for
 * an observed-data without times or count, ERR_NOMEM. */
enum err pattern_observed_add(struct pattern_observed *b, struct json document, struct fault *f) CHECK_RESULT;
/* After the last document: sorts, and finds what is referred to.  ERR_NOMEM. */
enum err pattern_observed_finish(struct pattern_observed *b, struct fault *f) CHECK_RESULT;
size_t pattern_observed_count(const struct pattern_observed *b);
struct span pattern_observed_id(const struct pattern_observed *b, size_t i);
/* The i-th in order of time into s (which is cleared) and *o; o->tag is i. */
void pattern_observed_fill(const struct pattern_observed *b, size_t i, struct pattern_subject *s, struct pattern_observation *o);
#endif
