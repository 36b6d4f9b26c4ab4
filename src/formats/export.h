/* SPDX-License-Identifier: Apache-2.0 */
/* What may be acted upon, written for tools that already stand there: firewalls, resolvers, proxies, sensors.
 *
 * 1. A value is written only where an indicator in force says so: its newest version, not revoked, valid now, sure enough, and not forbidden by its sharing policy.
 * 2. What is written matches that value (and, where the tool can say so, what is below a domain), never a neighbour: evil.example is not notevil.example and not evil.example.com.
 * 3. No value ends its line, quote or column: each writer escapes, or leaves out what it cannot write. */
#ifndef FORMATS_EXPORT_H
#define FORMATS_EXPORT_H
#include "formats/formats.h"
#include "stix/object.h"

/* Why something is not written. */
#define FORMATS_LEFT_LIST(X) \
	X(REVOKED, "revoked") \
	X(EXPIRED, "no longer valid") \
	X(FUTURE, "not yet valid") \
	X(CONFIDENCE, "less sure than asked for") \
	X(TYPE, "its indicator types say benign, attribution or unknown") \
	X(POLICY, "its sharing policy (IEP permitted_actions) does not let one act so") \
	X(LANGUAGE, "its pattern is not in the STIX language") \
	X(BROKEN, "it cannot be read") \
	X(PATTERN, "its pattern is more than a list of values") \
	X(KIND, "this format has no place for this kind of value") \
	X(PRIVATE, "a private or reserved address") \
	X(WIDE, "a network so wide that it would match a large part of the Internet") \
	X(SUFFIX, "a public suffix, under which anyone can register") \
	X(WARNED, "on a warning list") \
	X(COVERED, "a domain above it is listed too") \
	X(UNSAFE, "this format cannot write it")
enum formats_left {
#define X(l, text) FORMATS_LEFT_##l,
	FORMATS_LEFT_LIST(X)
#undef X
		FORMATS_LEFTS
};
const char *formats_left_text(enum formats_left l);

struct formats_export;
struct formats_export_options {
	struct timestamp now;
	int min_confidence; /* 0: any; what says nothing counts as 50 where this is above 0 */
	formats_name_of *name_of; /* NULL: names are not judged */
	/* Name of the warning list that value is on, or NULL; may itself be NULL. */
	const char *(*warned)(void *ctx, enum formats_sort sort, struct span value);
	void *warned_ctx;
	bool mark_warned; /* written all the same, and marked where the format can */
	uint32_t sorts; /* bits of enum formats_sort; 0: all */
};
struct formats_export *formats_export_new(const struct formats_export_options *o);
void formats_export_free(struct formats_export *x);
/* Takes an indicator or a marking definition (in any order); other objects are passed over.  ERR_NOMEM only: what is wrong with an object is counted. */
enum err formats_export_add(struct formats_export *x, const struct stix_object *o, struct fault *f) CHECK_RESULT;

struct formats_writer;
const char *formats_writer_name(size_t i); /* NULL past the end */
const char *formats_writer_brief(size_t i);
const struct formats_writer *formats_writer_named(const char *name); /* NULL: none */

struct formats_export_counts {
	uint64_t indicators; /* given, newest versions */
	uint64_t written, warned; /* values; of them marked */
	uint64_t left[FORMATS_LEFTS]; /* indicators down to BROKEN; values from PATTERN on */
};
/* Writes all of it, piece by piece; sink false stops.  May be called once for each of several writers. */
enum err formats_export_write(struct formats_export *x, const struct formats_writer *w, bool (*sink)(void *ctx, struct span text), void *ctx, struct formats_export_counts *counts,
	struct fault *f) CHECK_RESULT;
#endif
