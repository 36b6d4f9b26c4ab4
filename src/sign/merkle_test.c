/* SPDX-License-Identifier: Apache-2.0 */
/* The tree against RFC 6962's definition written down plainly, every proof of small trees, every bit of them flipped, and the published cases. */
#include "sign/testing_priv.h"
#include "sign/note.h"

#define MOST 70

static struct merkle_hash leaves[MOST], nodes[8][MOST];

static void keep(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *h)
{
	nodes[level][index] = *h;
}

static enum err node(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct fault *f)
{
	*out = nodes[level][index];
	return ERR_OK;
}

static const struct merkle_source source = { node, NULL };

/* MTH of RFC 6962 §2.1, word for word. */
static struct merkle_hash plain(size_t first, size_t n)
{
	if (n == 1)
		return leaves[first];
	size_t k = 1;
	while (k * 2 < n)
		k *= 2;
	struct merkle_hash left = plain(first, k), right = plain(first + k, n - k);
	return merkle_node(&left, &right);
}

static int grow(void **state)
{
	struct merkle_edge e = { .size = 0 };
	if (sign_init())
		return -1;
	for (size_t i = 0; i < MOST; i++) {
		char text[20];
		int n = snprintf(text, sizeof text, "entry %zu", i);
		leaves[i] = merkle_leaf((struct span){ text, (size_t)n });
		merkle_append(&e, &leaves[i], keep, NULL);
	}
	return 0;
}

static const char *hex(const struct merkle_hash *h)
{
	static char text[65];
	sign_hex(h->b, sizeof h->b, text);
	return text;
}

static void hashes_are_those_of_rfc_6962(void **state)
{
	struct merkle_hash h = merkle_empty();
	assert_string_equal(hex(&h), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	h = merkle_leaf(SPAN(""));
	assert_string_equal(hex(&h), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void the_edge_gives_the_root_of_the_definition(void **state)
{
	struct merkle_edge e = { .size = 0 };
	struct merkle_hash root = merkle_root(&e), empty = merkle_empty(), again;
	assert_true(merkle_same(&root, &empty));
	for (size_t n = 1; n <= MOST; n++) {
		merkle_append(&e, &leaves[n - 1], NULL, NULL);
		root = merkle_root(&e);
		struct merkle_hash want = plain(0, n);
		assert_true(merkle_same(&root, &want));
		assert_int_equal(merkle_root_of(&source, n, &again, NULL), ERR_OK);
		assert_true(merkle_same(&again, &want));
	}
}

static void every_inclusion_is_proved_and_nothing_else(void **state)
{
	for (size_t size = 1; size <= MOST; size++) {
		struct merkle_hash root = plain(0, size);
		for (size_t i = 0; i < size; i++) {
			struct merkle_proof p;
			assert_int_equal(merkle_prove_inclusion(&source, i, size, &p, NULL), ERR_OK);
			assert_true(merkle_check_inclusion(&leaves[i], i, size, p.at, p.n, &root));
			assert_false(merkle_check_inclusion(&leaves[(i + 1) % MOST], i, size, p.at, p.n, &root));
			assert_false(merkle_check_inclusion(&leaves[i], i, size, p.at, p.n + 1, &root));
			for (size_t other = 0; other < size; other++)
				assert_true(other == i || !merkle_check_inclusion(&leaves[i], other, size, p.at, p.n, &root));
			for (size_t k = 0; k < p.n; k++) {
				assert_false(merkle_check_inclusion(&leaves[i], i, size, p.at, k, &root));
				p.at[k].b[i % 32] ^= 1;
				assert_false(merkle_check_inclusion(&leaves[i], i, size, p.at, p.n, &root));
				p.at[k].b[i % 32] ^= 1;
			}
		}
	}
	struct merkle_proof p;
	struct fault f;
	assert_int_equal(merkle_prove_inclusion(&source, 5, 5, &p, &f), ERR_INVALID);
}

static void every_continuation_is_proved_and_nothing_else(void **state)
{
	struct merkle_hash roots[MOST + 1] = { merkle_empty() };
	for (size_t n = 1; n <= MOST; n++)
		roots[n] = plain(0, n);
	for (size_t to = 0; to <= MOST; to++) {
		for (size_t from = 0; from <= to; from++) {
			struct merkle_proof p;
			assert_int_equal(merkle_prove_consistency(&source, from, to, &p, NULL), ERR_OK);
			assert_int_equal(merkle_check_consistency(from, &roots[from], to, &roots[to], p.at, p.n), from > 0 || to == 0);
			if (from > 0)
				assert_false(merkle_check_consistency(from, &roots[from - 1], to, &roots[to], p.at, p.n));
			if (from > 0 && from < to)
				assert_false(merkle_check_consistency(from, &roots[from], to, &roots[to - 1], p.at, p.n));
			for (size_t k = 0; k < p.n; k++) {
				assert_false(merkle_check_consistency(from, &roots[from], to, &roots[to], p.at, k));
				p.at[k].b[0] ^= 0x80;
				assert_false(merkle_check_consistency(from, &roots[from], to, &roots[to], p.at, p.n));
				p.at[k].b[0] ^= 0x80;
			}
		}
	}
	struct merkle_proof p;
	struct fault f;
	assert_int_equal(merkle_prove_consistency(&source, 5, 4, &p, &f), ERR_INVALID);
}

/* ---- the published cases ---- */

/* Some cases have hashes of other lengths than 32 bytes, as a name for "any hash": any other hash stands for them.  False: no hash, which cannot be said here. */
static bool read_hash(struct json v, struct merkle_hash *out)
{
	struct span text = json_string(v);
	if (!sign_hash_read(text, out))
		*out = merkle_leaf(text);
	return text.n > 0;
}

static size_t read_proof(struct json v, struct merkle_hash *out)
{
	size_t n = 0;
	for (struct json_iter it = json_iter(json_get(v, "proof")); json_next(&it);)
		read_hash(it.value, &out[n++]);
	return n;
}

static uint64_t number(struct json v, const char *key)
{
	struct json x = json_get(v, key);
	return json_is(x, JSON_INT) ? (uint64_t)json_int(x) : UINT64_MAX;
}

static bool inclusion(struct json v)
{
	struct merkle_hash leaf, root, proof[200];
	size_t n = read_proof(v, proof);
	return read_hash(json_get(v, "leafHash"), &leaf) && read_hash(json_get(v, "root"), &root) &&
	       merkle_check_inclusion(&leaf, number(v, "leafIdx"), number(v, "treeSize"), proof, n, &root);
}

static bool consistency(struct json v)
{
	struct merkle_hash one, two, proof[200];
	size_t n = read_proof(v, proof);
	return read_hash(json_get(v, "root1"), &one) && read_hash(json_get(v, "root2"), &two) &&
	       merkle_check_consistency(number(v, "size1"), &one, number(v, "size2"), &two, proof, n);
}

static void published_cases(const char *file, size_t want, bool (*check)(struct json v))
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	struct span text = shared_file(a, file);
	size_t n = 0;
	if (!text.p)
		skip();
	while (text.n) {
		struct json v = parsed_span(a, next_text_line(&text));
		if (check(v) == json_true(json_get(v, "wantErr")))
			fail_msg("%s: %s", json_string(json_get(v, "_file")).p, json_string(json_get(v, "desc")).p);
		n++;
	}
	assert_int_equal(n, want);
}

static void published_inclusions(void **state)
{
	published_cases("rfc6962-merkle/inclusion.jsonl", 86, inclusion);
}

static void published_consistencies(void **state)
{
	published_cases("rfc6962-merkle/consistency.jsonl", 98, consistency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_rfc_6962),
		cmocka_unit_test(the_edge_gives_the_root_of_the_definition),
		cmocka_unit_test(every_inclusion_is_proved_and_nothing_else),
		cmocka_unit_test(every_continuation_is_proved_and_nothing_else),
		cmocka_unit_test(published_inclusions),
		cmocka_unit_test(published_consistencies),
	};
	return cmocka_run_group_tests(tests, grow, NULL);
}
