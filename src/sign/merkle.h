/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of RFC 6962 (§2.1) over SHA-256: hashes, its growing edge, proofs of inclusion and of consistency.
 *
 * Node (level, index) is the root of the 2^level leaves from index * 2^level on; only whole ones have a place.  Nothing here keeps them: whoever
 * appends is told of each new node, whoever proves reads them back. */
#ifndef SIGN_MERKLE_H
#define SIGN_MERKLE_H
#include "sign/sign.h"

#define MERKLE_LEVELS 63
#define MERKLE_PROOF_MOST 64 /* hashes in one proof of inclusion; a proof of consistency has one more at most */

struct merkle_hash {
	uint8_t b[SIGN_DIGEST];
};
struct merkle_hash merkle_empty(void); /* root of no leaves */
struct merkle_hash merkle_leaf(struct span entry);
struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right);
static inline bool merkle_same(const struct merkle_hash *x, const struct merkle_hash *y)
{
	return memcmp(x->b, y->b, sizeof(x->b)) == 0;
}

/* The right edge: one root for each bit of size, the largest subtree first in level order.  Zeroed: an empty tree. */
struct merkle_edge {
	uint64_t size;
	struct merkle_hash at[MERKLE_LEVELS + 1]; /* at[level] counts where bit `level` of size is set */
};
/* Adds a leaf; each node that becomes whole is told (level 0 is the leaf itself).  `whole` may be NULL. */
void merkle_append(struct merkle_edge *e, const struct merkle_hash *leaf, void (*whole)(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *h), void *ctx);
struct merkle_hash merkle_root(const struct merkle_edge *e);

/* Where a prover finds whole nodes. */
struct merkle_source {
	enum err (*node)(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct fault *f);
	void *ctx;
};
struct merkle_proof {
	struct merkle_hash at[MERKLE_PROOF_MOST + 1];
	size_t n;
};
enum err merkle_root_of(const struct merkle_source *s, uint64_t size, struct merkle_hash *out, struct fault *f) CHECK_RESULT;
/* ERR_INVALID where index >= size, or from > to. */
enum err merkle_prove_inclusion(const struct merkle_source *s, uint64_t index, uint64_t size, struct merkle_proof *out, struct fault *f) CHECK_RESULT;
enum err merkle_prove_consistency(const struct merkle_source *s, uint64_t from, uint64_t to, struct merkle_proof *out, struct fault *f) CHECK_RESULT;

/* True where the proof is exactly the one that shows it. */
bool merkle_check_inclusion(const struct merkle_hash *leaf, uint64_t index, uint64_t size, const struct merkle_hash *proof, size_t n, const struct merkle_hash *root);
/* The tree of `from` leaves is the beginning of the one of `to` leaves.  Nothing is shown by an empty one: it is the beginning of all. */
bool merkle_check_consistency(uint64_t from, const struct merkle_hash *root_from, uint64_t to, const struct merkle_hash *root_to, const struct merkle_hash *proof, size_t n);
#endif
