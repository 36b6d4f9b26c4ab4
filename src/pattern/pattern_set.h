/* SPDX-License-Identifier: Apache-2.0 */
/* Many patterns over one stream of observations: an observation is shown only to the patterns that it can matter to. */
#ifndef PATTERN_PATTERN_SET_H
#define PATTERN_PATTERN_SET_H
#include "pattern/pattern_stream.h"

struct pattern_set;
/* A stream for each of the codes, which have to live as long as the set; each keeps observations in at most most_bytes.  NULL without memory. */
struct pattern_set *pattern_set_new(const struct pattern_code *const *code, size_t n, size_t most_bytes);
void pattern_set_free(struct pattern_set *s);
/* As pattern_stream_push for all; fn is called for each pattern (by its number) that the observation completes. */
enum err pattern_set_push(struct pattern_set *s, struct pattern_subject *subject, const struct pattern_observation *o,
	void (*fn)(void *ctx, size_t which, const struct pattern_binding *b), void *ctx, struct fault *f) CHECK_RESULT;
const struct pattern_stream *pattern_set_stream(const struct pattern_set *s, size_t which);
/* Bytes of state of all streams, and how many patterns had to be looked at so far. */
size_t pattern_set_bytes(const struct pattern_set *s);
uint64_t pattern_set_looks(const struct pattern_set *s);
#endif
