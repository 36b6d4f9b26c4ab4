/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/testing_priv.h"
#include "sign/sign_priv.h"
#include "util/alloc.h"

/* W3C VC-DI-EDDSA appendix B, eddsa-jcs-2022: key, document, proof. */
#define VECTOR_SEED "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
#define VECTOR_KEY "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
#define VECTOR_CONTEXT "[\"https://www.w3.org/ns/credentials/v2\",\"https://www.w3.org/ns/credentials/examples/v2\"]"
#define VECTOR_MEMBERS \
	"\"id\":\"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33\",\"type\":[\"VerifiableCredential\",\"AlumniCredential\"]," \
	"\"name\":\"Alumni Credential\",\"description\":\"A minimum viable example of an Alumni Credential.\"," \
	"\"issuer\":\"https://vc.example/issuers/5678\",\"validFrom\":\"2023-01-01T00:00:00Z\"," \
	"\"credentialSubject\":{\"id\":\"did:example:abcdefgh\",\"alumniOf\":\"The School of Examples\"}"
#define VECTOR_OPTIONS \
	"\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-jcs-2022\",\"created\":\"2023-02-24T23:36:38Z\"," \
	"\"verificationMethod\":\"did:key:" VECTOR_KEY "#" VECTOR_KEY "\",\"proofPurpose\":\"assertionMethod\",\"@context\":" VECTOR_CONTEXT
#define VECTOR_VALUE "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
#define VECTOR_PROOF "{" VECTOR_OPTIONS ",\"proofValue\":\"" VECTOR_VALUE "\"}"

static struct arena *arena;

static struct json parsed(const char *text)
{
	struct json v = { NULL, 0 };
	struct fault f = { "", "" };
	if (json_read(arena, span_of(text), &v, &f))
		fail_msg("%s: %s %s", text, f.where, f.what);
	return v;
}

static struct sign_key vector_key(void)
{
	uint8_t bytes[34];
	assert_true(base58_read(SPAN(VECTOR_SEED), bytes, sizeof bytes));
	return sign_key_from_seed(bytes + 2);
}

static struct timestamp at(const char *text)
{
	struct timestamp t = { 0 };
	assert_int_equal(timestamp_parse(span_of(text), &t, NULL), ERR_OK);
	return t;
}

static void the_w3c_vector_comes_out_byte_for_byte(void **state)
{
	struct sign_key k = vector_key();
	char key[SIGN_MULTIBASE];
	sign_public_multibase(k.public_key, key);
	assert_string_equal(key, VECTOR_KEY);
	struct span proof;
	struct json document = parsed("{\"@context\":" VECTOR_CONTEXT "," VECTOR_MEMBERS "}");
	assert_int_equal(sign_proof(arena, &k, document, at("2023-02-24T23:36:38Z"), "assertionMethod", &proof, NULL), ERR_OK);
	assert_string_equal(proof.p, VECTOR_PROOF);
}

/* Puts a proof into a document that ends with '}'. */
static struct json with_proof(const char *document, const char *proof)
{
	return parsed(arena_printf(arena, "%.*s,\"proof\":%s}", (int)strlen(document) - 1, document, proof));
}

static void a_signed_document_verifies_and_gives_its_key(void **state)
{
	struct sign_key k = vector_key();
	uint8_t key[32] = { 0 };
	struct fault f = { "", "" };
	assert_int_equal(sign_proof_check(arena, with_proof("{\"@context\":" VECTOR_CONTEXT "," VECTOR_MEMBERS "}", VECTOR_PROOF), key, &f), ERR_OK);
	assert_memory_equal(key, k.public_key, 32);
	/* More contexts than were signed, behind those that were: the proof's count. */
	static const char more[] = "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\",\"https://www.w3.org/ns/credentials/examples/v2\",\"x\"]," VECTOR_MEMBERS "}";
	assert_int_equal(sign_proof_check(arena, with_proof(more, VECTOR_PROOF), key, &f), ERR_OK);
}

static void what_is_signed_here_verifies_here(void **state)
{
	static const char *const documents[] = {
		"{\"a\":1}",
		"{\"b\":[1.5,-0.0,1e21,123456789012345678890.0,\"結び\",null],\"a\":{\"proof\":1}}",
		"{\"@context\":\"https://example.org/one\",\"x\":true}",
		"{\"@context\":[\"https://example.org/one\",{\"a\":\"b\"}],\"x\":true}",
	};
	uint8_t seed[32] = { 9 }, key[32];
	struct sign_key k = sign_key_from_seed(seed);
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		struct span proof;
		struct fault f = { "", "" };
		assert_int_equal(sign_proof(arena, &k, parsed(documents[i]), at("2026-11-22T09:00:00.000001Z"), "authentication", &proof, &f), ERR_OK);
		assert_non_null(strstr(proof.p, "\"created\":\"2026-11-22T09:00:00.000001Z\""));
		struct json signed_document = with_proof(documents[i], proof.p);
		if (sign_proof_check(arena, signed_document, key, &f))
			fail_msg("%s: %s", documents[i], f.what);
		assert_memory_equal(key, k.public_key, 32);
		/* Member order and white space are not part of what is signed. */
		BUF_SCOPE struct buf again;
		buf_init(&again, 10000);
		struct json_out o = json_out(&again);
		o.indent = 3;
		json_put(&o, signed_document);
		assert_int_equal(sign_proof_check(arena, parsed(again.p), key, &f), ERR_OK);
	}
}

static void a_proof_set_needs_every_proof_to_hold(void **state)
{
	static const char document[] = "{\"agreement\":\"one\",\"version\":1}";
	uint8_t seeds[2][32] = { { 1 }, { 2 } }, key[32];
	struct sign_key first = sign_key_from_seed(seeds[0]), second = sign_key_from_seed(seeds[1]);
	struct span p, q;
	struct fault f;
	assert_int_equal(sign_proof(arena, &first, parsed(document), at("2026-11-22T09:00:00Z"), "assertionMethod", &p, NULL), ERR_OK);
	assert_int_equal(sign_proof(arena, &second, parsed(document), at("2026-11-23T09:00:00Z"), "assertionMethod", &q, NULL), ERR_OK);
	assert_int_equal(sign_proof_check(arena, with_proof(document, arena_printf(arena, "[%s,%s]", p.p, q.p)), key, &f), ERR_OK);
	assert_memory_equal(key, first.public_key, 32);
	const char *value = strstr(q.p, "\"proofValue\"");
	char *spoilt = arena_printf(arena, "[%s,%.*s%s]", p.p, (int)(value - q.p), q.p, strstr(p.p, "\"proofValue\""));
	memset(key, 7, sizeof key);
	assert_int_equal(sign_proof_check(arena, with_proof(document, spoilt), key, &f), ERR_DENIED);
	assert_string_equal(f.where, "proof[1]");
	assert_int_equal(key[0], 7);
	assert_int_equal(sign_proof_check(arena, with_proof(document, "[]"), key, &f), ERR_DENIED);
}

static void anything_else_is_denied_with_a_reason(void **state)
{
#define DOCUMENT "{\"@context\":" VECTOR_CONTEXT "," VECTOR_MEMBERS "}"
#define WITHOUT_TYPE "\"created\":\"2023-02-24T23:36:38Z\",\"verificationMethod\":\"did:key:" VECTOR_KEY "#" VECTOR_KEY "\",\"proofPurpose\":\"assertionMethod\""
#define SUITE "\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-jcs-2022\","
#define VALUE ",\"proofValue\":\"" VECTOR_VALUE "\"}"
	static const struct {
		const char *document, *proof, *what;
	} rows[] = {
		{ "{\"@context\":" VECTOR_CONTEXT "," VECTOR_MEMBERS ",\"added\":1}", VECTOR_PROOF, "changed after signing" },
		{ "{" VECTOR_MEMBERS "}", VECTOR_PROOF, "@context" },
		{ "{\"@context\":[\"https://www.w3.org/ns/credentials/v2\"]," VECTOR_MEMBERS "}", VECTOR_PROOF, "@context" },
		{ "{\"@context\":\"https://www.w3.org/ns/credentials/v2\"," VECTOR_MEMBERS "}", VECTOR_PROOF, "@context" },
		{ DOCUMENT, "1", "must be an object" },
		{ DOCUMENT, "[null]", "must be an object" },
		{ DOCUMENT, "{\"type\":\"Ed25519Signature2020\"," WITHOUT_TYPE VALUE, "DataIntegrityProof" },
		{ DOCUMENT, "{\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-rdfc-2022\"," WITHOUT_TYPE VALUE, "eddsa-jcs-2022" },
		{ DOCUMENT, "{" SUITE WITHOUT_TYPE VALUE, "changed after signing" },
		{ DOCUMENT, "{" VECTOR_OPTIONS ",\"previousProof\":\"x\"" VALUE, "previousProof" },
		{ DOCUMENT, "{" VECTOR_OPTIONS ",\"expires\":\"2029-01-01T00:00:00Z\"" VALUE, "expires" },
		{ DOCUMENT, "{" VECTOR_OPTIONS ",\"nonce\":\"x\"" VALUE, "changed after signing" },
		{ DOCUMENT, "{" VECTOR_OPTIONS "}", "proofValue" },
		{ DOCUMENT, "{" VECTOR_OPTIONS ",\"proofValue\":7}", "proofValue" },
		{ DOCUMENT, "{" VECTOR_OPTIONS ",\"proofValue\":\"u2HnF\"}", "proofValue" },
		{ DOCUMENT, "{" SUITE "\"created\":\"yesterday\"" VALUE, "created" },
		{ DOCUMENT, "{" SUITE "\"created\":7" VALUE, "created" },
		{ DOCUMENT, "{" SUITE "\"verificationMethod\":\"did:key:" VECTOR_KEY "\"" VALUE, "proofPurpose" },
		{ DOCUMENT, "{" SUITE "\"proofPurpose\":\"assertionMethod\",\"verificationMethod\":\"did:web:example.org\"" VALUE, "did:key" },
		{ DOCUMENT, "{" SUITE "\"proofPurpose\":\"assertionMethod\",\"verificationMethod\":\"did:key:" VECTOR_KEY "#z6Mk\"" VALUE, "did:key" },
		{ DOCUMENT, "{" SUITE "\"proofPurpose\":\"assertionMethod\"" VALUE, "did:key" },
		{ "{\"n\":9007199254740993}", "{" SUITE WITHOUT_TYPE VALUE, "no canonical form" },
	};
	uint8_t key[32];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fault f = { "", "" };
		enum err e = sign_proof_check(arena, with_proof(rows[i].document, rows[i].proof), key, &f);
		if (e != ERR_DENIED || !strstr(f.what, rows[i].what))
			fail_msg("%zu: %s: %s: %s", i, err_name(e), f.where, f.what);
	}
	struct fault f;
	assert_int_equal(sign_proof_check(arena, parsed("{\"a\":1}"), key, &f), ERR_DENIED);
	assert_int_equal(sign_proof_check(arena, parsed("[1]"), key, &f), ERR_DENIED);
}

static void what_cannot_be_signed_is_refused(void **state)
{
	struct sign_key k = vector_key();
	struct span proof = { NULL, 0 };
	struct timestamp t = { 0 };
	assert_int_equal(sign_proof(arena, &k, parsed("[]"), t, "x", &proof, NULL), ERR_INVALID);
	assert_int_equal(sign_proof(arena, &k, parsed("{\"proof\":{}}"), t, "x", &proof, NULL), ERR_INVALID);
	assert_int_equal(sign_proof(arena, &k, parsed("{\"n\":9007199254740993}"), t, "x", &proof, NULL), ERR_INVALID);
	ARENA_SCOPE struct arena *tiny = arena_new(16);
	assert_int_equal(sign_proof(tiny, &k, parsed("{}"), t, "x", &proof, NULL), ERR_NOMEM);
	assert_null(proof.p);
}

static void without_memory_nothing_is_signed_or_accepted(void **state)
{
	struct sign_key k = vector_key();
	struct json document = parsed("{\"@context\":\"x\",\"a\":1}"), signed_document = with_proof("{\"@context\":" VECTOR_CONTEXT "," VECTOR_MEMBERS "}", VECTOR_PROOF);
	bool done = false;
	long n = 0;
	for (; !done; n++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		struct span proof;
		uint8_t key[32];
		util_alloc_fail_after(n);
		enum err made = sign_proof(a, &k, document, (struct timestamp){ 0 }, "x", &proof, NULL);
		arena_reset(a);
		util_alloc_fail_after(n);
		enum err checked = sign_proof_check(a, signed_document, key, NULL);
		util_alloc_fail_after(-1);
		assert_true((made == ERR_OK || made == ERR_NOMEM) && (checked == ERR_OK || checked == ERR_NOMEM));
		done = made == ERR_OK && checked == ERR_OK;
		assert_true(n < 200);
	}
	assert_true(n > 10);
}

/* ---- sets ---- */

static void signatories_join_one_by_one(void **state)
{
	struct sign_key first = vector_key(), second = sign_key_from_seed((const uint8_t[32]){ 9 });
	struct json document = parsed("{\"id\":\"agreement--1\",\"version\":1}");
	struct sign_proven *v;
	struct span text, again;
	struct fault f;
	size_t n;
	uint8_t before[32], after[32];
	assert_int_equal(sign_document_digest(arena, document, before, NULL), ERR_OK);
	assert_int_equal(sign_proof_add(arena, &first, document, &(struct sign_terms){ at("2026-11-22T09:00:00Z"), "assertionMethod", { NULL, 0 } }, &text, NULL), ERR_OK);
	assert_int_equal(sign_proof_list(arena, parsed(text.p), &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sign_proof_add(arena, &second, parsed(text.p), &(struct sign_terms){ at("2026-11-23T09:00:00.5Z"), "assertionMethod", { NULL, 0 } }, &text, NULL), ERR_OK);
	assert_int_equal(sign_proof_list(arena, parsed(text.p), &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(v[0].public_key, first.public_key, 32);
	assert_memory_equal(v[1].public_key, second.public_key, 32);
	assert_int_equal(v[1].created.us, at("2026-11-23T09:00:00.5Z").us);
	assert_true(span_is(v[1].purpose, "assertionMethod"));
	assert_int_equal(sign_document_digest(arena, parsed(text.p), after, NULL), ERR_OK);
	assert_memory_equal(before, after, 32);
	assert_int_equal(sign_proof_add(arena, &first, parsed(text.p), &(struct sign_terms){ at("2026-11-24T09:00:00Z"), "assertionMethod", { NULL, 0 } }, &again, &f), ERR_CONFLICT);
	char *changed = arena_str(arena, text);
	strstr(changed, "\"version\":1")[10] = '2';
	const struct sign_key third = sign_key_from_seed((const uint8_t[32]){ 10 });
	assert_int_equal(sign_proof_add(arena, &third, parsed(changed), &(struct sign_terms){ at("2026-11-24T09:00:00Z"), "assertionMethod", { NULL, 0 } }, &again, &f), ERR_DENIED);
}

static void what_the_signer_says_of_himself_is_signed_too(void **state)
{
	struct sign_key k = vector_key();
	struct sign_proven *v;
	struct span text;
	struct fault f;
	size_t n;
	const struct sign_terms terms = { at("2026-11-22T09:00:00Z"), "assertionMethod", parsed("{\"organisation\":\"identity--1\",\"signer\":{\"name\":\"N\"}}") };
	assert_int_equal(sign_proof_add(arena, &k, parsed("{\"a\":1}"), &terms, &text, NULL), ERR_OK);
	assert_int_equal(sign_proof_list(arena, parsed(text.p), &v, &n, NULL), ERR_OK);
	assert_true(span_is(json_string(json_get(v[0].proof, "organisation")), "identity--1"));
	char *changed = arena_str(arena, text);
	strstr(changed, "identity--1")[10] = '2';
	assert_int_equal(sign_proof_list(arena, parsed(changed), &v, &n, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "does not fit"));
}

/* ---- the published vectors, where they lie beside the source tree ---- */

#define W3C "vc-di-eddsa/TestVectors/"

static const char *hex_of_canonical(struct json v, const char *drop)
{
	static char text[2 * SIGN_DIGEST + 1];
	uint8_t digest[SIGN_DIGEST];
	BUF_SCOPE struct buf plain, canonical;
	buf_init(&plain, 1 << 20);
	buf_init(&canonical, 1 << 20);
	struct json_out o = json_out(&plain);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (span_is(it.key, drop))
			continue;
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_close(&o, '}');
	assert_int_equal(json_canonical(parsed(plain.p), &canonical, NULL), ERR_OK);
	sign_sha256(buf_span(&canonical), digest);
	sign_hex(digest, sizeof digest, text);
	return text;
}

static void assert_file_is(const char *name, const char *text)
{
	assert_string_equal(shared_file(arena, name).p, text);
}

static void every_step_of_the_published_suite_comes_out(void **state)
{
	struct span document = shared_file(arena, W3C "eddsa-jcs-2022/signedJCS.json"), unsigned_text = shared_file(arena, W3C "unsigned.json"), made;
	struct sign_key k = vector_key();
	uint8_t key[32];
	char hex[200];
	if (!document.p)
		skip();
	struct json v = parsed(document.p), proof = json_get(v, "proof");
	assert_int_equal(sign_proof_check(arena, v, key, NULL), ERR_OK);
	assert_memory_equal(key, k.public_key, 32);
	assert_file_is(W3C "eddsa-jcs-2022/docHashJCS.txt", hex_of_canonical(v, "proof"));
	assert_file_is(W3C "eddsa-jcs-2022/proofHashJCS.txt", hex_of_canonical(proof, "proofValue"));
	/* signed anew: the same document, the same proof value, byte for byte */
	assert_int_equal(sign_proof_add(arena, &k, parsed(unsigned_text.p), &(struct sign_terms){ at("2023-02-24T23:36:38Z"), "assertionMethod", { NULL, 0 } }, &made, NULL), ERR_OK);
	assert_true(json_equal(parsed(made.p), v));
	struct span value = json_string(json_get(json_get(parsed(made.p), "proof"), "proofValue"));
	assert_file_is(W3C "eddsa-jcs-2022/sigBTC58JCS.txt", value.p);
	uint8_t signature[64];
	assert_true(base58_read(value, signature, sizeof signature));
	sign_hex(signature, sizeof signature, hex);
	assert_file_is(W3C "eddsa-jcs-2022/sigHexJCS.txt", hex);
}

static void published_sets_and_chains_of_another_suite_are_refused_by_name(void **state)
{
	static const char *const files[] = { "signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct span text = shared_file(arena, arena_printf(arena, W3C "proof-set-chain/%s.json", files[i]));
		struct fault f = { "", "" };
		uint8_t key[32];
		if (!text.p)
			skip();
		assert_int_equal(sign_proof_check(arena, parsed(text.p), key, &f), ERR_DENIED);
		assert_non_null(strstr(f.what, "eddsa-jcs-2022"));
	}
}

/* The published keys, over the published document, as a set of our suite. */
static void the_published_keys_make_a_set(void **state)
{
	struct span keys = shared_file(arena, W3C "proof-set-chain/multiKeyPairs.json"), text = shared_file(arena, W3C "proof-set-chain/unsigned.json");
	struct sign_proven *v;
	size_t n = 0;
	if (!keys.p)
		skip();
	for (struct json_iter it = json_iter(parsed(keys.p)); json_next(&it);) {
		uint8_t bytes[34];
		char public_text[SIGN_MULTIBASE];
		assert_true(base58_read(json_string(json_get(it.value, "privateKeyMultibase")), bytes, sizeof bytes));
		struct sign_key k = sign_key_from_seed(bytes + 2);
		sign_public_multibase(k.public_key, public_text);
		assert_string_equal(public_text, json_string(json_get(it.value, "publicKeyMultibase")).p);
		assert_int_equal(sign_proof_add(arena, &k, parsed(text.p), &(struct sign_terms){ at("2023-02-24T23:36:38Z"), "assertionMethod", { NULL, 0 } }, &text, NULL), ERR_OK);
	}
	assert_int_equal(sign_proof_list(arena, parsed(text.p), &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 4);
}

static int start(void **state)
{
	arena = arena_new(64 << 20);
	return arena && sign_init() == ERR_OK ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_w3c_vector_comes_out_byte_for_byte),
		cmocka_unit_test(a_signed_document_verifies_and_gives_its_key),
		cmocka_unit_test(what_is_signed_here_verifies_here),
		cmocka_unit_test(a_proof_set_needs_every_proof_to_hold),
		cmocka_unit_test(anything_else_is_denied_with_a_reason),
		cmocka_unit_test(what_cannot_be_signed_is_refused),
		cmocka_unit_test(without_memory_nothing_is_signed_or_accepted),
		cmocka_unit_test(signatories_join_one_by_one),
		cmocka_unit_test(what_the_signer_says_of_himself_is_signed_too),
		cmocka_unit_test(every_step_of_the_published_suite_comes_out),
		cmocka_unit_test(published_sets_and_chains_of_another_suite_are_refused_by_name),
		cmocka_unit_test(the_published_keys_make_a_set),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
