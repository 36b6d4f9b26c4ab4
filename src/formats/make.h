/* SPDX-License-Identifier: Apache-2.0 */
/* New STIX objects from a few words: what the standard wants besides is filled in, and nothing comes out that does not validate. */
#ifndef FORMATS_MAKE_H
#define FORMATS_MAKE_H
#include "formats/extract.h"
#include "stix/validate.h"

/* What this room may not have itself. */
struct formats_world {
	struct timestamp now;
	void (*random)(void *to, size_t n);
};

/* Types that can be made, for help and completion; NULL past the end.  "observable": whatever the value is. */
const char *formats_type_at(size_t i);

struct formats_draft; /* lives in its arena */
/* ERR_NOTFOUND with the nearest type. */
enum err formats_draft_new(struct arena *a, struct span type, struct formats_draft **out, struct fault *f) CHECK_RESULT;
/* One more word for a property: replaces what is no list, joins what is one.  "2026-01-31" is a time where one is wanted, "80" a number. */
enum err formats_draft_set(struct formats_draft *d, const char *property, struct span text, struct fault *f) CHECK_RESULT;
/* Any property with its JSON ("[\"a\"]", "3"); what is no JSON is taken for a string. */
enum err formats_draft_raw(struct formats_draft *d, struct span property, struct span json, struct fault *f) CHECK_RESULT;
/* The value that the object is about: an indicator's pattern is made of it, an observable holds it, a vulnerability or technique is named by it.  Defanged or not. */
enum err formats_draft_value(struct formats_draft *d, struct span value, struct fault *f) CHECK_RESULT;
/* Source and what it says: "mitre-attack" and "T1059", or a URL. */
enum err formats_draft_reference(struct formats_draft *d, struct span source, struct span id, struct span url, struct fault *f) CHECK_RESULT;
/* Writes the object, indented by `indent` (0: one line), and gives its id.  ERR_INVALID: what the validator found first; `found` (may be NULL) has the warnings otherwise. */
enum err formats_draft_finish(struct formats_draft *d, const struct formats_world *w, unsigned indent, struct buf *out, struct span *id, struct stix_findings *found, struct fault *f) CHECK_RESULT;

struct formats_report {
	struct span name, description, created_by, lang;
	enum stix_tlp tlp;
	int confidence; /* -1: unsaid */
	bool all; /* the doubtful ones too */
};
/* A bundle: an object for each value, and a report that refers to them all.  ERR_INVALID where there is nothing to report. */
enum err formats_report(struct arena *a, const struct formats_findings *found, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct fault *f) CHECK_RESULT;
/* The same object as `musubi new indicator` makes, from a list's line.  Its id is made of r->created_by and the pattern, so that a list which is read again gives the same
 * ids; *id lives in a. */
enum err formats_make_indicator(struct arena *a, const struct formats_indicator *i, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct span *id,
	struct fault *f) CHECK_RESULT;
#endif
