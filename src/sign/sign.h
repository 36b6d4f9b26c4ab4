/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, signatures, digests, seals: libsodium stands behind this file and nowhere else. */
#ifndef SIGN_SIGN_H
#define SIGN_SIGN_H
#include <stdint.h>
#include "util/json.h"
#include "util/timestamp.h"

/* Once, before threads start.  ERR_INTERNAL if libsodium cannot start, or verifies by another rule than ours (rule.c). */
enum err sign_init(void) CHECK_RESULT;

struct sign_key {
	uint8_t seed[32];
	uint8_t public_key[32];
};
#define SIGN_MULTIBASE 64 /* "z6Mk…" and NUL */
struct sign_key sign_key_from_seed(const uint8_t seed[static 32]);
/* File of mode 0600 holding the seed; made new, never over an existing one.  ERR_IO, ERR_CONFLICT. */
enum err sign_key_save(const struct sign_key *k, const char *path, struct fault *f) CHECK_RESULT;
enum err sign_key_load(struct sign_key *k, const char *path, struct fault *f) CHECK_RESULT;
/* The same, sealed with a passphrase (argon2id, secretbox); random: salt and nonce.  sign_key_load answers ERR_UNAUTHENTICATED for such a file. */
#define SIGN_LOCK_RANDOM 40
enum err sign_key_save_locked(const struct sign_key *k, const char *path, struct span passphrase, const uint8_t random[static SIGN_LOCK_RANDOM], struct fault *f)
	CHECK_RESULT;
/* Any key file; passphrase NULL: none is known.  ERR_UNAUTHENTICATED where one is needed, ERR_DENIED where it is wrong. */
enum err sign_key_open(struct sign_key *k, const char *path, const struct span *passphrase, struct fault *f) CHECK_RESULT;
void sign_public_multibase(const uint8_t public_key[static 32], char out[static SIGN_MULTIBASE]); /* did:key:… without the prefix */
bool sign_public_parse(struct span multibase, uint8_t public_key[static 32]);
void sign_bytes(const struct sign_key *k, struct span message, uint8_t signature[static 64]);
/* The strict rule that stands in rule.c: one answer everywhere, whatever the library's version. */
bool sign_check(const uint8_t public_key[static 32], struct span message, const uint8_t signature[static 64]);
/* NULL where it holds; else in words why not, telling the edges of the rule apart. */
const char *sign_why_not(const uint8_t public_key[static 32], struct span message, const uint8_t signature[static 64]);

/* W3C Data Integrity eddsa-jcs-2022: the document's proof member, as JSON, into out. document must have no "proof". */
enum err sign_proof(struct arena *a, const struct sign_key *k, struct json document, struct timestamp created, const char *purpose,
	struct span *proof, struct fault *f) CHECK_RESULT;
/* Verifies document["proof"] (one proof or a set: all must hold) and gives the public key of the first.  ERR_DENIED with what is wrong. */
enum err sign_proof_check(struct arena *a, struct json document, uint8_t public_key[static 32], struct fault *f) CHECK_RESULT;
/* Every proof of the document, in its order: all must hold, as above.  Spans and *out live in a or in the document. */
struct sign_proven {
	uint8_t public_key[32];
	struct timestamp created; /* {0}: it does not say */
	struct span purpose;
	struct json proof;
};
enum err sign_proof_list(struct arena *a, struct json document, struct sign_proven **out, size_t *n, struct fault *f) CHECK_RESULT;
/* The document, signed or not, with one more proof (a proof set): the same members in the same order, "proof" last.  Proofs that are there must hold.
 * ERR_CONFLICT where this key has signed it already. */
struct sign_terms {
	struct timestamp created;
	const char *purpose;
	struct json more; /* an object whose members stand in the proof and are signed with it (who signs, for whom); .doc NULL: none */
};
enum err sign_proof_add(struct arena *a, const struct sign_key *k, struct json document, const struct sign_terms *terms, struct span *out, struct fault *f)
	CHECK_RESULT;
/* SHA-256 of the document's canonical form without its "proof": what all signatories of one text have in common. */
enum err sign_document_digest(struct arena *a, struct json document, uint8_t out[static 32], struct fault *f) CHECK_RESULT;

#define SIGN_DIGEST 32
void sign_sha256(struct span bytes, uint8_t out[static SIGN_DIGEST]);
void sign_hex(const uint8_t *p, size_t n, char *out); /* 2n characters and NUL */
/* 128-bit keyed hash for tables and caches (BLAKE2b). */
void sign_keyed_hash(const uint8_t key[static 32], struct span bytes, uint8_t out[static 16]);

/* Authenticated encryption of short opaque texts (cursors): base64url, length depends on the length of plain alone. */
struct span sign_seal(struct arena *a, const uint8_t key[static 32], struct span plain, struct span bound_to, const uint8_t nonce[static 24]);
/* {NULL,0} where it is not what was sealed under this key and bound_to. */
struct span sign_unseal(struct arena *a, const uint8_t key[static 32], struct span sealed, struct span bound_to);

/* argon2id (interactive limits) as libsodium's string. */
bool sign_password_hash(struct span password, char out[static 128]);
bool sign_password_check(struct span password, const char *hash);
bool sign_equal(const void *a, const void *b, size_t n); /* constant time */
#endif
