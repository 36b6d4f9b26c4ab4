/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6962 §2.1 and RFC 9162 §2.1.3-4: the tree, its proofs, and checking them. */
#include "sign/merkle.h"
#include <assert.h>
#include <sodium.h>

struct merkle_hash merkle_empty(void)
{
	struct merkle_hash h;
	sign_sha256((struct span){ NULL, 0 }, h.b);
	return h;
}

struct merkle_hash merkle_leaf(struct span entry)
{
	static const uint8_t prefix = 0;
	crypto_hash_sha256_state s;
	struct merkle_hash h;
	char whole[256] = "";
	if (entry.n < sizeof whole) { /* nearly all: in one go, the fast way */
		if (entry.n)
			memcpy(whole + 1, entry.p, entry.n);
		sign_sha256((struct span){ whole, entry.n + 1 }, h.b);
		return h;
	}
	crypto_hash_sha256_init(&s);
	crypto_hash_sha256_update(&s, &prefix, 1);
	crypto_hash_sha256_update(&s, (const uint8_t *)entry.p, entry.n);
	crypto_hash_sha256_final(&s, h.b);
	return h;
}

struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right)
{
	uint8_t bytes[1 + 2 * SIGN_DIGEST] = { 1 };
	struct merkle_hash h;
	memcpy(bytes + 1, left->b, SIGN_DIGEST);
	memcpy(bytes + 1 + SIGN_DIGEST, right->b, SIGN_DIGEST);
	sign_sha256((struct span){ (const char *)bytes, sizeof bytes }, h.b);
	return h;
}

/* ---- growing ---- */

void merkle_append(struct merkle_edge *e, const struct merkle_hash *leaf, void (*whole)(void *, unsigned, uint64_t, const struct merkle_hash *), void *ctx)
{
	struct merkle_hash h = *leaf;
	unsigned level = 0;
	assert(e->size < UINT64_C(1) << 62);
	if (whole)
		whole(ctx, 0, e->size, &h);
	for (; e->size >> level & 1; level++) {
		h = merkle_node(&e->at[level], &h);
		if (whole)
			whole(ctx, level + 1, e->size >> (level + 1), &h);
	}
	e->at[level] = h;
	e->size++;
}

struct merkle_hash merkle_root(const struct merkle_edge *e)
{
	struct merkle_hash h;
	bool begun = false;
	for (unsigned level = 0; e->size >> level; level++) {
		if (!(e->size >> level & 1))
			continue;
		h = begun ? merkle_node(&e->at[level], &h) : e->at[level];
		begun = true;
	}
	return begun ? h : merkle_empty();
}

/* ---- proving ---- */

/* The largest power of two below n (n > 1). */
static unsigned split(uint64_t n)
{
	return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* Root of `n` leaves from `first` on; first is a multiple of the power of two that n fits under. */
static enum err range(const struct merkle_source *s, uint64_t first, uint64_t n, struct merkle_hash *out, struct fault *f)
{
	struct merkle_hash h, left;
	bool begun = false;
	/* Whole subtrees of n from right to left: the smallest last leaf first. */
	uint64_t end = first + n;
	for (unsigned level = 0; n >> level; level++) {
		if (!(n >> level & 1))
			continue;
		end -= UINT64_C(1) << level;
		enum err e = s->node(s->ctx, level, end >> level, begun ? &left : &h, f);
		if (e)
			return e;
		if (begun)
			h = merkle_node(&left, &h);
		begun = true;
	}
	*out = h;
	return ERR_OK;
}

enum err merkle_root_of(const struct merkle_source *s, uint64_t size, struct merkle_hash *out, struct fault *f)
{
	if (size == 0) {
		*out = merkle_empty();
		return ERR_OK;
	}
	return range(s, 0, size, out, f);
}

static void turn(struct merkle_proof *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct merkle_hash h = p->at[i];
		p->at[i] = p->at[p->n - 1 - i];
		p->at[p->n - 1 - i] = h;
	}
}

enum err merkle_prove_inclusion(const struct merkle_source *s, uint64_t index, uint64_t size, struct merkle_proof *out, struct fault *f)
{
	uint64_t first = 0;
	if (index >= size)
		return fault_set(f, ERR_INVALID, "index", "entry %llu is asked for, the log has %llu", (unsigned long long)index, (unsigned long long)size);
	out->n = 0;
	while (size > 1) { /* from the root down; the proof goes up */
		uint64_t k = UINT64_C(1) << split(size);
		bool left = index - first < k;
		enum err e = left ? range(s, first + k, size - k, &out->at[out->n], f) : range(s, first, k, &out->at[out->n], f);
		if (e)
			return e;
		out->n++;
		first += left ? 0 : k;
		size = left ? k : size - k;
	}
	turn(out);
	return ERR_OK;
}

enum err merkle_prove_consistency(const struct merkle_source *s, uint64_t from, uint64_t to, struct merkle_proof *out, struct fault *f)
{
	uint64_t first = 0, m = from, n = to;
	bool whole = true; /* the old tree is a whole subtree so far: the checker has its root */
	if (from > to)
		return fault_set(f, ERR_INVALID, "from", "the log of %llu entries cannot continue one of %llu", (unsigned long long)to, (unsigned long long)from);
	out->n = 0;
	if (from == 0 || from == to)
		return ERR_OK;
	while (m < n) {
		uint64_t k = UINT64_C(1) << split(n);
		bool left = m <= k;
		enum err e = left ? range(s, first + k, n - k, &out->at[out->n], f) : range(s, first, k, &out->at[out->n], f);
		if (e)
			return e;
		out->n++;
		if (left) {
			n = k;
		} else {
			first += k;
			m -= k;
			n -= k;
			whole = false;
		}
	}
	if (!whole) {
		enum err e = range(s, first, m, &out->at[out->n], f);
		if (e)
			return e;
		out->n++;
	}
	turn(out);
	return ERR_OK;
}

/* ---- checking ---- */

bool merkle_check_inclusion(const struct merkle_hash *leaf, uint64_t index, uint64_t size, const struct merkle_hash *proof, size_t n, const struct merkle_hash *root)
{
	if (index >= size)
		return false;
	struct merkle_hash h = *leaf;
	uint64_t last = size - 1;
	for (size_t i = 0; i < n; i++) {
		if (last == 0)
			return false; /* more hashes than levels */
		if (index & 1 || index == last) {
			h = merkle_node(&proof[i], &h);
			for (; !(index & 1); last >>= 1)
				index >>= 1;
		} else {
			h = merkle_node(&h, &proof[i]);
		}
		index >>= 1;
		last >>= 1;
	}
	return last == 0 && merkle_same(&h, root);
}

bool merkle_check_consistency(uint64_t from, const struct merkle_hash *root_from, uint64_t to, const struct merkle_hash *root_to, const struct merkle_hash *proof, size_t n)
{
	struct merkle_hash empty = merkle_empty();
	if (from > to || (from == 0 && (to > 0 || !merkle_same(root_from, &empty))))
		return false;
	if (from == to)
		return n == 0 && merkle_same(root_from, root_to);
	uint64_t index = from - 1, last = to - 1;
	for (; index & 1; last >>= 1)
		index >>= 1;
	size_t i = 0;
	if (index != 0 && n == 0)
		return false;
	/* where the old tree is one whole subtree, its root is not in the proof */
	struct merkle_hash old = index ? proof[i++] : *root_from, new = old;
	for (; i < n; i++) {
		if (last == 0)
			return false;
		if (index & 1 || index == last) {
			old = merkle_node(&proof[i], &old);
			new = merkle_node(&proof[i], &new);
			for (; index && !(index & 1); last >>= 1)
				index >>= 1;
		} else {
			new = merkle_node(&new, &proof[i]);
		}
		index >>= 1;
		last >>= 1;
	}
	return last == 0 && merkle_same(&old, root_from) && merkle_same(&new, root_to);
}
