/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Data Integrity proofs, cryptosuite eddsa-jcs-2022 (VC-DI-EDDSA §3.3), with did:key verification methods.
 *
 * What is signed is SHA-256(canonical proof options) followed by SHA-256(canonical document), where the document is without its
 * "proof", the options are the proof without its "proofValue", and the document's "@context" is the proof's where that has one. */
#include "sign/sign_priv.h"
#include "util/bounds.h"
#include <stdio.h>

#define DID_KEY "did:key:"
#define METHOD_TEXT (sizeof DID_KEY + 2 * SIGN_MULTIBASE)

/* SHA-256 of the canonical form of `object` without member `drop`, with `context` (where there is one) as its "@context". */
static enum err digest(struct arena *a, struct json object, const char *drop, struct json context, uint8_t out[static SIGN_DIGEST], struct fault *f)
{
	BUF_SCOPE struct buf text, canonical;
	buf_init(&text, BOUND_ENVELOPE_BYTES);
	buf_init(&canonical, BOUND_ENVELOPE_BYTES);
	struct json_out o = json_out(&text);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(object); json_next(&it);) {
		if (span_is(it.key, drop) || (json_has(context) && span_is(it.key, "@context")))
			continue;
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	if (json_has(context)) {
		json_key(&o, "@context");
		json_put(&o, context);
	}
	json_close(&o, '}');
	if (!buf_ok(&text))
		return fault_set(f, buf_err(&text), "", "the document is too large to be signed");
	struct json v;
	enum err e = json_read(a, buf_span(&text), &v, f);
	if (!e)
		e = json_canonical(v, &canonical, f);
	if (!e)
		sign_sha256(buf_span(&canonical), out);
	return e;
}

/* ---- making ---- */

struct making {
	const struct sign_key *key;
	struct timestamp created;
	const char *purpose;
	struct json context;
	struct json more; /* further members to be signed with the rest */
};

/* The proof, without "proofValue" where that is NULL.  {NULL,0} where it does not fit. */
static struct span proof_text(struct arena *a, const struct making *m, const char *value)
{
	char key[SIGN_MULTIBASE], method[METHOD_TEXT], when[TIMESTAMP_TEXT];
	sign_public_multibase(m->key->public_key, key);
	snprintf(method, sizeof method, DID_KEY "%s#%s", key, key);
	timestamp_format(m->created, when);
	if (m->created.us % 1000000 == 0)
		memcpy(when + 19, "Z", 2); /* whole seconds are written without a fraction */

	BUF_SCOPE struct buf text;
	buf_init(&text, BOUND_OBJECT_BYTES);
	struct json_out o = json_out(&text);
	json_open(&o, '{');
	json_kstr(&o, "type", "DataIntegrityProof");
	json_kstr(&o, "cryptosuite", "eddsa-jcs-2022");
	json_kstr(&o, "created", when);
	json_kstr(&o, "verificationMethod", method);
	json_kstr(&o, "proofPurpose", m->purpose);
	if (json_has(m->context)) {
		json_key(&o, "@context");
		json_put(&o, m->context);
	}
	for (struct json_iter it = json_iter(m->more); json_next(&it);) {
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	if (value)
		json_kstr(&o, "proofValue", value);
	json_close(&o, '}');
	return buf_ok(&text) ? arena_span(a, buf_span(&text)) : (struct span){ NULL, 0 };
}

static enum err make(struct arena *a, const struct sign_key *k, struct json document, const struct sign_terms *t, struct span *proof, struct fault *f)
{
	const struct json none = { NULL, 0 };
	if (!json_is(document, JSON_OBJECT) || json_has(json_get(document, "proof")))
		return fault_set(f, ERR_INVALID, "", "only a JSON object without a \"proof\" can be signed");
	const struct making m = { k, t->created, t->purpose, json_get(document, "@context"), t->more };
	struct span text = proof_text(a, &m, NULL);
	if (!text.p)
		return fault_set(f, ERR_NOMEM, "", "no memory left for the proof");
	struct json options;
	uint8_t hashes[2 * SIGN_DIGEST], signature[64];
	enum err e = json_read(a, text, &options, f);
	if (!e)
		e = digest(a, options, "proofValue", none, hashes, f);
	if (!e)
		e = digest(a, document, "proof", none, hashes + SIGN_DIGEST, f);
	if (e)
		return e;
	char value[BASE58_TEXT];
	sign_bytes(k, (struct span){ (const char *)hashes, sizeof hashes }, signature);
	base58_write(signature, sizeof signature, value);
	text = proof_text(a, &m, value);
	if (!text.p)
		return fault_set(f, ERR_NOMEM, "", "no memory left for the proof");
	*proof = text;
	return ERR_OK;
}

enum err sign_proof(struct arena *a, const struct sign_key *k, struct json document, struct timestamp created, const char *purpose, struct span *proof,
	struct fault *f)
{
	const struct sign_terms t = { created, purpose, { NULL, 0 } };
	return make(a, k, document, &t, proof, f);
}

/* ---- checking ---- */

static enum err deny(struct fault *f, size_t i, const char *what)
{
	char where[32];
	snprintf(where, sizeof where, "proof[%zu]", i);
	return fault_set(f, ERR_DENIED, where, "%s", what);
}

/* did:key:K#K, or did:key:K alone. */
static bool method_key(struct span method, uint8_t public_key[static 32])
{
	struct span prefix = SPAN(DID_KEY);
	if (!span_starts(method, prefix))
		return false;
	struct span key = { method.p + prefix.n, method.n - prefix.n };
	const char *hash = memchr(key.p, '#', key.n);
	if (hash) {
		struct span fragment = { hash + 1, key.n - (size_t)(hash + 1 - key.p) };
		key.n = (size_t)(hash - key.p);
		if (!span_eq(key, fragment))
			return false;
	}
	return sign_public_parse(key, public_key);
}

/* The i-th of a list, where a value that is no array counts as a list of itself. */
static bool next_context(struct json list, struct json_iter *it, size_t i, struct json *out)
{
	if (!json_is(list, JSON_ARRAY)) {
		*out = list;
		return i == 0 && json_has(list);
	}
	bool there = json_next(it);
	*out = it->value;
	return there;
}

/* The document's contexts begin with the proof's, in the same order. */
static bool context_starts(struct json document, struct json proof)
{
	struct json_iter have = json_iter(document), want = json_iter(proof);
	struct json x, y;
	for (size_t i = 0; next_context(proof, &want, i, &y); i++)
		if (!next_context(document, &have, i, &x) || !json_equal(x, y))
			return false;
	return true;
}

static enum err check_options(struct json document, struct json proof, size_t i, struct fault *f)
{
	if (!json_is(proof, JSON_OBJECT))
		return deny(f, i, "a proof must be an object");
	if (!span_is(json_string_or_none(json_get(proof, "type")), "DataIntegrityProof") ||
		!span_is(json_string_or_none(json_get(proof, "cryptosuite")), "eddsa-jcs-2022"))
		return deny(f, i, "the proof must be a DataIntegrityProof with cryptosuite eddsa-jcs-2022");
	if (json_has(json_get(proof, "previousProof")))
		return deny(f, i, "the proof builds on another (previousProof); only independent proofs are accepted");
	if (json_has(json_get(proof, "expires")))
		return deny(f, i, "the proof has an end of its own (expires); only proofs without one are accepted");
	struct json created = json_get(proof, "created");
	int64_t ns;
	struct fault why;
	if (json_has(created) && timestamp_parse_ns(json_string_or_none(created), &ns, &why))
		return deny(f, i, "the proof's \"created\" is no timestamp in UTC");
	if (!json_string_or_none(json_get(proof, "proofPurpose")).n)
		return deny(f, i, "the proof's \"proofPurpose\" is missing");
	struct json context = json_get(proof, "@context");
	if (json_has(context) && !context_starts(json_get(document, "@context"), context))
		return deny(f, i, "the document's \"@context\" does not begin with the proof's");
	return ERR_OK;
}

static enum err check_one(struct arena *a, struct json document, struct json proof, size_t i, uint8_t public_key[static 32], struct fault *f)
{
	const struct json none = { NULL, 0 };
	uint8_t hashes[2 * SIGN_DIGEST], signature[64];
	enum err e = check_options(document, proof, i, f);
	if (e)
		return e;
	if (!method_key(json_string_or_none(json_get(proof, "verificationMethod")), public_key))
		return deny(f, i, "the verification method must be did:key with an Ed25519 key (did:key:z6Mk…#z6Mk…)");
	if (!base58_read(json_string_or_none(json_get(proof, "proofValue")), signature, sizeof signature))
		return deny(f, i, "the proof's \"proofValue\" is no signature (\"z\" and base58btc of 64 bytes)");
	e = digest(a, proof, "proofValue", none, hashes, f);
	if (!e)
		e = digest(a, document, "proof", json_get(proof, "@context"), hashes + SIGN_DIGEST, f);
	if (e == ERR_NOMEM || e == ERR_LIMIT)
		return e;
	if (e)
		return deny(f, i, "document or proof has no canonical form (a name that stands twice, or an integer beyond 2^53)");
	const char *why = sign_why_not(public_key, (struct span){ (const char *)hashes, sizeof hashes }, signature);
	return why ? deny(f, i, why) : ERR_OK;
}

enum err sign_proof_list(struct arena *a, struct json document, struct sign_proven **out, size_t *n, struct fault *f)
{
	struct json proof = json_get(document, "proof");
	bool set = json_is(proof, JSON_ARRAY);
	size_t count = set ? json_count(proof) : 1, i = 0;
	if (!json_has(proof))
		return fault_set(f, ERR_DENIED, "proof", "the document is not signed: it has no \"proof\"");
	if (count == 0 || count > BOUND_NAMED)
		return fault_set(f, ERR_DENIED, "proof", "the document has %zu proofs; 1 to %d are allowed", count, BOUND_NAMED);
	struct sign_proven *v = arena_array(a, count, sizeof(*v));
	if (!v)
		return fault_set(f, ERR_NOMEM, "", "no memory left for the proofs");
	struct json_iter it = json_iter(proof);
	for (; i < count; i++) {
		v[i].proof = proof;
		if (set && json_next(&it))
			v[i].proof = it.value;
		enum err e = check_one(a, document, v[i].proof, i, v[i].public_key, f);
		if (e)
			return e;
		v[i].purpose = json_string_or_none(json_get(v[i].proof, "proofPurpose"));
		if (json_has(json_get(v[i].proof, "created")) && timestamp_parse(json_string(json_get(v[i].proof, "created")), &v[i].created, NULL))
			return deny(f, i, "the proof's \"created\" is no timestamp in UTC");
	}
	*out = v;
	*n = count;
	return ERR_OK;
}

enum err sign_proof_check(struct arena *a, struct json document, uint8_t public_key[static 32], struct fault *f)
{
	struct sign_proven *v;
	size_t n;
	enum err e = sign_proof_list(a, document, &v, &n, f);
	if (!e)
		memcpy(public_key, v[0].public_key, sizeof v[0].public_key);
	return e;
}

/* ---- sets ---- */

enum err sign_document_digest(struct arena *a, struct json document, uint8_t out[static 32], struct fault *f)
{
	const struct json none = { NULL, 0 };
	if (!json_is(document, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "", "a document is a JSON object");
	return digest(a, document, "proof", none, out, f);
}

/* The document without its proofs, parsed. */
static enum err bare(struct arena *a, struct json document, struct json *out, struct fault *f)
{
	BUF_SCOPE struct buf text;
	buf_init(&text, BOUND_ENVELOPE_BYTES);
	struct json_out o = json_out(&text);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(document); json_next(&it);) {
		if (span_is(it.key, "proof"))
			continue;
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_close(&o, '}');
	if (!buf_ok(&text))
		return fault_set(f, buf_err(&text), "", "the document is too large to be signed");
	return json_read(a, buf_span(&text), out, f);
}

static enum err with_proofs(struct arena *a, struct json document, const struct sign_proven *had, size_t n_had, struct span proof, struct span *out, struct fault *f)
{
	BUF_SCOPE struct buf text;
	buf_init(&text, BOUND_ENVELOPE_BYTES);
	struct json_out o = json_out(&text);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(document); json_next(&it);) {
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_key(&o, "proof");
	if (n_had)
		json_open(&o, '[');
	for (size_t i = 0; i < n_had; i++)
		json_put(&o, had[i].proof);
	json_put_raw(&o, proof);
	if (n_had)
		json_close(&o, ']');
	json_close(&o, '}');
	if (!buf_ok(&text))
		return fault_set(f, buf_err(&text), "", "the document with its proofs is too large");
	struct span made = arena_span(a, buf_span(&text));
	if (!made.p)
		return fault_set(f, ERR_NOMEM, "", "no memory left for the document");
	*out = made;
	return ERR_OK;
}

enum err sign_proof_add(struct arena *a, const struct sign_key *k, struct json document, const struct sign_terms *terms, struct span *out, struct fault *f)
{
	struct sign_proven *had = NULL;
	size_t n_had = 0;
	struct json text;
	struct span proof;
	enum err e = json_has(json_get(document, "proof")) ? sign_proof_list(a, document, &had, &n_had, f) : ERR_OK;
	for (size_t i = 0; i < n_had && !e; i++)
		if (memcmp(had[i].public_key, k->public_key, sizeof k->public_key) == 0)
			e = fault_set(f, ERR_CONFLICT, "proof", "this key has signed the document already; a party signs once");
	if (!e)
		e = bare(a, document, &text, f);
	if (!e)
		e = make(a, k, text, terms, &proof, f);
	return e ? e : with_proofs(a, text, had, n_had, proof, out, f);
}
