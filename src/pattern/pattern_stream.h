/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns at work (STIX 2.1 §9): compiled once, then fed with observations in order of time, one by one.
 *
 * 1. A subject is the content of one observation: SCOs as a table of properties.  It is filled, looked at, cleared and filled again; its memory is kept.
 * 2. Compiled code is read-only and may be shared by threads; a stream has the state of one pattern and one thread.
 * 3. A pattern matches where observations can be bound to its [ ] so that each observation is used once (or as often as it was counted: number_observed) and
 *    all qualifiers hold.  A push reports a binding that uses the new observation, where there is one.
 * 4. What no later observation can need is forgotten: beyond the window of the outermost WITHIN, and where there is none, all but some recent ones and the bindings
 *    of inner expressions that are already complete.
 */
#ifndef PATTERN_PATTERN_STREAM_H
#define PATTERN_PATTERN_STREAM_H
#include "pattern/pattern.h"
#include "util/json.h"

/* ---- what is looked at ---- */
struct pattern_subject;
enum pattern_value_type { PATTERN_VALUE_NULL,
	PATTERN_VALUE_BOOL,
	PATTERN_VALUE_INT,
	PATTERN_VALUE_NUMBER,
	PATTERN_VALUE_TEXT,
	PATTERN_VALUE_MAP, /* what follows stands in it, up to its PATTERN_VALUE_END */
	PATTERN_VALUE_LIST,
	PATTERN_VALUE_END };
struct pattern_value {
	enum pattern_value_type type;
	struct span text; /* TEXT: borrowed until the subject is cleared */
	int64_t integer; /* INT, BOOL */
	double number; /* NUMBER */
};
#define PATTERN_TEXT(s) ((struct pattern_value){ .type = PATTERN_VALUE_TEXT, .text = (s) })
#define PATTERN_INTEGER(i) ((struct pattern_value){ .type = PATTERN_VALUE_INT, .integer = (i) })

/* NULL without memory. */
struct pattern_subject *pattern_subject_new(void);
void pattern_subject_free(struct pattern_subject *s);
void pattern_subject_clear(struct pattern_subject *s);
/* Begins an SCO.  `id` is what references (…_ref, …_refs) of other SCOs of this observation name; may be empty. */
void pattern_subject_object(struct pattern_subject *s, struct span id, struct span type);
/* A property of the SCO, or of the map or list that is open (in a list key is empty). */
void pattern_subject_put(struct pattern_subject *s, struct span key, struct pattern_value v);
/* An SCO with all its properties.  The document has to live until the subject is cleared. */
void pattern_subject_json(struct pattern_subject *s, struct span id, struct json sco);
/* Sticky until clear: ERR_LIMIT (too deep, too large), ERR_NOMEM. */
enum err pattern_subject_err(const struct pattern_subject *s);

/* ---- compiled ---- */
struct pattern_code;
enum pattern_flags {
	PATTERN_JIT = 1 << 0, /* regular expressions become machine code where the system allows it: for what is evaluated thousands of times */
	PATTERN_ALL = 1 << 1, /* every comparison is made, none is left out because the result is clear: for PATTERN_FAULT_TIMESTAMP and its like of the reference matcher */
};
/* p and what it was parsed into must live as long as a; so does the result.  ERR_SYNTAX (a regular expression that PCRE2 does not take; where: the
 * place in `text`), ERR_LIMIT (regular expressions too large, too many alternatives of observations), ERR_NOMEM. */
enum err pattern_compile(struct arena *a, struct span text, const struct pattern *p, unsigned flags, const struct pattern_code **out, struct fault *f) CHECK_RESULT;
/* Could an SCO of this type, or one that it refers to, matter?  For leaving out observations early. */
bool pattern_wants_type(const struct pattern_code *c, struct span type);
/* How many [ ] there are, and where each stands in the text. */
size_t pattern_tests(const struct pattern_code *c);
struct span pattern_test_text(const struct pattern_code *c, size_t test);

/* ---- evaluated ---- */
struct pattern_observation {
	int64_t first_ns, last_ns; /* first <= last */
	uint64_t number; /* number_observed, at least 1 */
	uint64_t tag; /* the caller's: comes back in bindings */
};
struct pattern_bound {
	size_t test; /* the how-manyeth [ ], from 0, left to right */
	uint64_t tag, times; /* the observation, and how often it is used here */
};
struct pattern_binding {
	const struct pattern_bound *bound; /* by test, then by time */
	size_t n;
};
/* What kept an evaluation from being exact; counted, never silent. */
#define PATTERN_FAULT_LIST(X) \
	X(REGEX, "a regular expression took too many steps and counts as not matching") \
	X(STEPS, "a comparison took too many steps and counts as not matching") \
	X(UNDECIDED, "observations could be combined in too many ways; a match may be missing") \
	X(FORGOTTEN, "more observations fall into the window than are kept; a match may be missing") \
	X(TIMESTAMP, "a timestamp was compared with text that is none") \
	X(ADDRESS, "an address range was compared with text that is no address")
enum pattern_fault {
#define X(k, text) PATTERN_FAULT_##k,
	PATTERN_FAULT_LIST(X)
#undef X
		PATTERN_FAULTS
};
const char *pattern_fault_text(enum pattern_fault f);

struct pattern_stream;
/* Keeps observations in at most `most_bytes`.  NULL without memory. */
struct pattern_stream *pattern_stream_new(const struct pattern_code *c, size_t most_bytes);
void pattern_stream_free(struct pattern_stream *st);
/* The stream as it was at first; its memory is kept. */
void pattern_stream_clear(struct pattern_stream *st);
/* One observation; first_ns must not be before that of an earlier push (ERR_INVALID: the observation is not taken).  out->n is 0 where nothing new matches; the binding lives until
 * the next call.  ERR_NOMEM. */
enum err pattern_stream_push(struct pattern_stream *st, struct pattern_subject *s, const struct pattern_observation *o, struct pattern_binding *out, struct fault *f) CHECK_RESULT;
/* How often each fault happened since the stream was new or cleared: PATTERN_FAULTS counters. */
const uint64_t *pattern_stream_faults(const struct pattern_stream *st);
/* Steps that the last push took; at most BOUND_PATTERN_STEPS and BOUND_PATTERN_SEARCH. */
uint64_t pattern_stream_steps(const struct pattern_stream *st);
/* Bytes of state held now. */
size_t pattern_stream_bytes(const struct pattern_stream *st);
#endif
