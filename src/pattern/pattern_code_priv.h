/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled patterns from inside: comparisons made ready, tests (what stands in one [ ]), and plans that say how observations are joined.
 *
 * A pattern's observation expression becomes plans, one for each way to choose among its ORs; the pattern matches where one of them does.  A plan has groups, each "so many
 * observations of this leaf", and records, each a condition in time over the groups it covers:
 *     FOLLOWEDBY   there is an instant T with first <= T for all on its left and last >= T for all on its right
 *     WITHIN d     there is an instant W with last >= W and first <= W + d for all
 * Groups and records of an inner expression stand side by side, so a range names it.
 */
#ifndef PATTERN_PATTERN_CODE_PRIV_H
#define PATTERN_PATTERN_CODE_PRIV_H
#include "pattern/pattern_stream.h"

/* ---- inside the brackets ---- */
struct code_regex; /* pattern_regex.c */
struct code_subnet {
	uint8_t address[16];
	unsigned bits, family; /* 4 or 6; 0: none */
};
struct code_compare {
	const struct pattern *p;
	struct span text; /* LIKE, MATCHES: the constant in normal form C */
	bool latin; /* all its characters are below U+0100 */
	bool hex, base64; /* what the path's last name says of the value */
	struct code_regex *regex;
	struct code_subnet subnet;
	bool revisits; /* several references behind [*]: what was reached is remembered */
};
struct code_node {
	enum pattern_kind kind; /* AND, OR, COMPARE */
	const struct code_node *part;
	size_t parts;
	const struct code_compare *compare;
};
struct code_test {
	struct code_node root;
	struct span text, canonical; /* as it stands in the source; as it prints */
	uint32_t same; /* the first test that reads the same; only that one is evaluated */
};

/* ---- between them ---- */
struct code_leaf {
	const uint32_t *test; /* any of them */
	size_t tests;
	int64_t start, stop; /* first < stop and last >= start */
	int64_t window; /* ns of the outermost WITHIN over it; INT64_MAX: none */
	uint64_t recent; /* without a window: how many are kept */
	bool kept; /* false: each observation decides for itself */
};
enum code_side { CODE_LEFT,
	CODE_RIGHT,
	CODE_WITHIN };
struct code_record {
	bool within;
	int64_t ns; /* WITHIN */
	uint32_t group, end, right; /* groups [group, right) on the left, [right, end) on the right */
	uint32_t copy; /* of a repeated expression, which repetition */
};
struct code_group {
	uint32_t leaf, test; /* test: the [ ] it stands for; where the leaf has several, the first */
	uint64_t demand;
	bool anchor; /* false: the same as a later repetition, for which the new observation is tried */
};
struct code_part { /* an inner expression whose bindings are worth remembering */
	uint32_t group, group_end, record, record_end;
};
struct code_plan {
	const struct code_group *group;
	const struct code_record *record;
	const struct code_part *part; /* inner before outer */
	uint32_t groups, records, parts;
};
struct code_anchor {
	uint32_t plan, group;
};
struct pattern_code {
	const struct code_test *test;
	const struct code_leaf *leaf;
	const struct code_plan *plan;
	const struct code_anchor *const *anchor; /* of each leaf: where it stands */
	const uint32_t *anchors;
	uint32_t tests, leaves, plans;
	uint32_t most_groups, most_records, parts; /* parts: of all plans */
	const struct span *type; /* sorted, each once */
	size_t types;
	bool all; /* PATTERN_ALL */
	bool regexes;
	size_t most_revisited; /* steps of the longest path that revisits */
};

/* ---- evaluation of one test ---- */
struct eval {
	struct pattern_subject *s;
	uint64_t *fault;
	void *match_data; /* pcre2 */
	uint32_t steps; /* left for this push */
	bool all;
	uint64_t *seen; /* bits: SCO already reached by this step */
	size_t seen_words;
};
/* Does one SCO of the subject satisfy the test? */
bool eval_test(struct eval *e, const struct code_test *t);
/* One value against one comparison (NOT included). */
bool eval_value(struct eval *e, const struct code_compare *c, uint32_t item);

/* ---- text ---- */
/* SQL LIKE over UTF-8: % any characters, _ one.  Counts *steps down where it cannot be linear; false where they are used up. */
bool like_matches(struct span like, struct span text, uint32_t *steps);
/* Code points below U+0100 against bytes: false where text has larger ones; else the order in *order. */
bool latin_compare(struct span text, struct span bytes, int *order);
bool is_latin(struct span text);
/* ERR_SYNTAX (what), ERR_LIMIT, ERR_NOMEM.  *budget: bytes that compiled expressions may still take. */
enum err regex_compile(struct arena *a, struct span text, bool bytes_too, unsigned flags, size_t *budget, struct code_regex **out, struct fault *f);
bool regex_search(const struct code_regex *r, void *match_data, struct span text, bool bytes, uint32_t *steps, uint64_t *fault);
void *regex_match_data_new(void);
void regex_match_data_free(void *m);
/* "198.51.100.0/24", "2001:db8::1": false where it is none. */
bool subnet_parse(struct span text, struct code_subnet *out);
bool subnet_inside(const struct code_subnet *inner, const struct code_subnet *outer);

/* ---- compiling ---- */
struct compiler {
	struct arena *a;
	struct span text;
	struct fault *f;
	unsigned flags;
	size_t regex_budget;
	struct pattern_code *code;
	struct code_test *test;
	uint32_t tests;
	uint32_t *slot; /* hash table of tests: index + 1 */
	size_t slots;
	struct code_leaf *leaf;
	uint32_t leaves;
	enum err err;
};
bool compiler_no_memory(struct compiler *c); /* false */
enum err compiler_fail(struct compiler *c, enum err e, size_t at, const char *what);
/* The test of a [ ], its number in *out; c->test[*out].same may be an earlier one. */
bool compile_test(struct compiler *c, const struct pattern *p, uint32_t *out);

/* The observation expression in a form in which all that can be joined is: pattern_unit.c. */
enum unit_kind { UNIT_LEAF, /* n observations of a leaf */
	UNIT_AND,
	UNIT_FOLLOWED, /* two parts */
	UNIT_OR,
	UNIT_WITHIN,
	UNIT_TIMES /* n times the part; only where that is no leaf or AND */
};
struct unit {
	enum unit_kind kind;
	uint32_t leaf, test;
	uint64_t n;
	int64_t ns; /* WITHIN */
	const struct unit **part;
	size_t parts;
	bool timed; /* a FOLLOWEDBY or WITHIN is in it */
	uint64_t ways, slots; /* alternatives that ORs make; groups of the largest */
};
const struct unit *compile_unit(struct compiler *c, const struct pattern *p);
/* Plans and anchors: pattern_plan.c. */
bool compile_plans(struct compiler *c, const struct pattern *p);
#endif
