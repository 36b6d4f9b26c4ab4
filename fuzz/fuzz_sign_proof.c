/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs: whatever document can be signed verifies with the key that signed it, until one of its bytes is another; whatever stands in
 * "proof" is answered; texts that were never sealed do not open. */
#include <assert.h>
#include "sign/sign.h"
#include "util/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_signing(struct arena *a, struct json document)
{
	uint8_t seed[32] = { 1 }, found[32];
	struct sign_key key = sign_key_from_seed(seed);
	struct span proof;
	struct json again;
	if (sign_proof(a, &key, document, (struct timestamp){ 0 }, "assertionMethod", &proof, NULL))
		return;
	BUF_SCOPE struct buf text;
	buf_init(&text, 1 << 24);
	struct json_out o = json_out(&text);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(document); json_next(&it);) {
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_key(&o, "proof");
	json_put_raw(&o, proof);
	json_close(&o, '}');
	assert(json_read(a, buf_span(&text), &again, NULL) == ERR_OK);
	assert(sign_proof_check(a, again, found, NULL) == ERR_OK && sign_equal(found, key.public_key, sizeof found));

	text.n--; /* one member more than was signed */
	buf_adds(&text, ",\"\\u0000 never there\":0}");
	if (json_read(a, buf_span(&text), &again, NULL) == ERR_OK)
		assert(sign_proof_check(a, again, found, NULL) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t key[32];
	struct span text = { (const char *)p, n };
	struct json v;
	uint8_t found[32];
	struct fault f = { "", "" };
	if (n > 1 << 16 || sign_init())
		return 0;
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	assert(!sign_unseal(a, key, text, text).p);
	sign_public_parse(text, found);
	if (json_read(a, text, &v, NULL))
		return 0;
	if (sign_proof_check(a, v, found, &f))
		assert(f.what[0]);
	if (json_is(v, JSON_OBJECT))
		check_signing(a, v);
	return 0;
}
