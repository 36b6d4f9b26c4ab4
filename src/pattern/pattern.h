/* SPDX-License-Identifier: Apache-2.0 */
/* The STIX 2.1 pattern language (§9): text to tree.  A tree is read-only and lives as long as its arena. */
#ifndef PATTERN_PATTERN_H
#define PATTERN_PATTERN_H
#include <stdint.h>
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

enum pattern_kind {
	PATTERN_FOLLOWEDBY,
	PATTERN_OBS_AND,
	PATTERN_OBS_OR, /* between observations */
	PATTERN_TEST, /* [ comparison ] */
	PATTERN_AND,
	PATTERN_OR,
	PATTERN_COMPARE /* inside one */
};
enum pattern_op {
	PATTERN_EQ,
	PATTERN_NE,
	PATTERN_LT,
	PATTERN_LE,
	PATTERN_GT,
	PATTERN_GE,
	PATTERN_IN,
	PATTERN_LIKE,
	PATTERN_MATCHES,
	PATTERN_ISSUBSET,
	PATTERN_ISSUPERSET,
	PATTERN_EXISTS
};
enum pattern_literal_type { PATTERN_STRING,
	PATTERN_INT,
	PATTERN_FLOAT,
	PATTERN_BOOL,
	PATTERN_HEX,
	PATTERN_BASE64,
	PATTERN_TIMESTAMP };

struct pattern_literal {
	enum pattern_literal_type type;
	struct span text; /* strings unescaped; hex and base64 decoded; others as written, without a leading '+' */
	int64_t integer; /* PATTERN_INT, PATTERN_BOOL (0/1), PATTERN_TIMESTAMP (ns) */
	double number; /* PATTERN_FLOAT */
	bool off_calendar; /* PATTERN_TIMESTAMP: the grammar allows it and no calendar has it (30 February): it equals nothing */
};
enum pattern_step_kind { PATTERN_STEP_KEY,
	PATTERN_STEP_INDEX,
	PATTERN_STEP_ANY };
struct pattern_step {
	enum pattern_step_kind kind;
	struct span key;
	int64_t index;
};
/* REPEATS is applied first, then WITHIN; START STOP commutes with both.  What was written the other way round, or twice after a parenthesis,
 * stands on a PATTERN_OBS_AND of one part that holds the inner expression. */
struct pattern_qualifiers {
	double within_s; /* 0: none */
	int64_t repeats; /* 0: none */
	int64_t start, stop; /* ns */
	bool has_within, has_repeats, has_start_stop;
	struct span within_text, start_text, stop_text; /* as written: "5", "2026-01-01T00:00:00Z" */
};
struct pattern {
	enum pattern_kind kind;
	size_t at, end; /* bytes of the source text it covers */
	/* inner nodes */
	const struct pattern *const *part;
	size_t parts;
	struct pattern_qualifiers q; /* observation nodes only */
	/* PATTERN_COMPARE */
	struct span object_type; /* "ipv4-addr" */
	const struct pattern_step *step;
	size_t steps;
	struct span path; /* what follows the colon, canonical: keys in quotes only where they need them, "hashes.'SHA-256'", "hashes.MD5" */
	enum pattern_op op;
	bool negated;
	const struct pattern_literal *literal;
	size_t literals; /* more than one only for IN */
};

/* ERR_SYNTAX (where: "line L column C", what: expected …, found …), ERR_LIMIT (BOUND_PATTERN_*), ERR_NOMEM.  Mixed sets, a qualifier twice, STOP before START and
 * `hashes.MD5 = 'f00'` are ERR_SYNTAX too.  The line is drawn where the reference validator draws it; pattern_check goes on from there. */
enum err pattern_parse(struct arena *a, struct span text, const struct pattern **out, struct fault *f) CHECK_RESULT;
/* As pattern_parse, and lets through what the reference matcher evaluates: a qualifier twice, STOP that is not after START (matches nothing), hash constants of
 * any form, START '…' STOP '…' as STIX 2.0 wrote it. */
enum err pattern_parse_lax(struct arena *a, struct span text, const struct pattern **out, struct fault *f) CHECK_RESULT;
/* What parses and yet can match nothing: ERR_INVALID (where: as above) for AND across object types (STIX 2.1 §9.5) and for dates that no calendar has.
 * `text` is what p was parsed from.  A validator warns of it.  ERR_NOMEM. */
enum err pattern_check(struct arena *a, struct span text, const struct pattern *p, struct fault *f) CHECK_RESULT;
/* Canonical text: parse(print(p)) gives the same tree. */
void pattern_print(const struct pattern *p, struct buf *out);
/* Calls fn for each comparison, left to right; stops when fn returns false. */
void pattern_each(const struct pattern *p, bool (*fn)(void *ctx, const struct pattern *comparison), void *ctx);
#endif
