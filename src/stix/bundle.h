/* SPDX-License-Identifier: Apache-2.0 */
/* What holds objects: STIX bundle, TAXII envelope, a bare object, NDJSON.  Streams each object's raw bytes. */
#ifndef STIX_BUNDLE_H
#define STIX_BUNDLE_H
#include "util/json.h"

enum stix_container { STIX_BUNDLE,
	STIX_ENVELOPE,
	STIX_SINGLE };
/* Calls fn for each object of text (padded by BUF_SLACK).  fn's index counts from 0.  A non-OK return of fn stops and is returned.
 * ERR_SYNTAX/ERR_INVALID when the container itself is broken: nothing may have been taken yet then, or some items (import streams). */
enum err stix_each(struct json_parser *p, struct span text, enum stix_container *kind,
	enum err (*fn)(void *ctx, size_t index, struct span raw), void *ctx, struct fault *f) CHECK_RESULT;

/* The same from a file descriptor of any size, holding at most `window` bytes: bundle, envelope or NDJSON told by the first bytes; `at` is how many
 * bytes of the input were finished with, for progress and resuming. */
struct stix_reader;
struct stix_reader *stix_reader_new(int fd, size_t window);
/* The same of a text that lies in memory, padded (BUF_SLACK), and stays there. */
struct stix_reader *stix_reader_of(struct span text);
void stix_reader_free(struct stix_reader *r);
/* Next object's raw bytes (padded, alive until the next call), ERR_NOTFOUND at the end. ERR_IO, ERR_SYNTAX (byte offset), ERR_LIMIT. */
enum err stix_reader_next(struct stix_reader *r, struct span *raw, uint64_t *at, struct fault *f) CHECK_RESULT;
/* The bundle or envelope that ended in the last call, as a JSON object without its list; {NULL,0} where none ended, or what stands beside the list is very long. */
struct span stix_reader_container(const struct stix_reader *r);
/* The same, and the object is parsed on the way, at half the cost of parsing it again: *value lives until the next call, and is missing where raw is no JSON (f says why). */
enum err stix_reader_value(struct stix_reader *r, struct json_parser *p, struct span *raw, uint64_t *at, struct json *value, struct fault *f) CHECK_RESULT;
#endif
