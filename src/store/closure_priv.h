/* SPDX-License-Identifier: Apache-2.0 */
/* What cnf.c, closure.c and spread.c share. */
#ifndef STORE_CLOSURE_PRIV_H
#define STORE_CLOSURE_PRIV_H
#include "store/store_priv.h"

#define VERSIONS_MOST 64 /* of one line that are weighed: older ones are as good as superseded */

/* Numbers that grow in the job's arena; a failure sticks. */
struct numbers {
	struct arena *a;
	int64_t *p;
	size_t n, room;
	bool failed;
};
void numbers_push(struct numbers *v, int64_t x);

struct idents {
	struct ident *p;
	size_t n, room;
};
bool ident_eq(const struct ident *a, const struct ident *b);
bool ident_push(struct arena *a, struct idents *v, const struct ident *id); /* false: no memory */
enum err version_refs(struct store_tx *tx, int64_t version, struct idents *to, struct fault *f);

/* A condition: n lists (count, members …), each of which must have a member that holds.  No list: everybody; an empty one: nobody. */
struct cnf {
	int64_t *cells;
	size_t n, n_cells;
};
struct cnf cnf_never(void);
/* False: no memory.  out may be one of the others. */
bool cnf_member(struct arena *a, int64_t member, struct cnf *out);
bool cnf_and(struct arena *a, const struct cnf *x, const struct cnf *y, struct cnf *out);
bool cnf_or(struct arena *a, const struct cnf *x, const struct cnf *y, struct cnf *out);
bool cnf_implies(const struct cnf *x, const struct cnf *y);
bool cnf_equal(const struct cnf *x, const struct cnf *y);
/* Of a label without `none` and `seen`. */
bool cnf_of_label(struct store_tx *tx, int64_t label, struct cnf *out);
/* The label that says: own (0: nothing of the kind), and the condition unless the recipient is own's origin. */
enum err cnf_label(struct store_tx *tx, int64_t collection, int64_t own, const struct cnf *c, int64_t *label, struct fault *f);

/* What a version can be seen by, other lines of its id left aside. */
enum err closure_core(struct store_tx *tx, const struct version *v, const struct ident *refs, size_t n_refs, int depth, int64_t *core, struct fault *f);
/* The label for an entry: the core, without those who see other lines of the id (others) or earlier entries of the version (seen). */
enum err closure_label(struct store_tx *tx, const struct version *v, int64_t core, bool others, bool seen, int64_t *label, struct fault *f);
#endif
