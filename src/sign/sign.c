/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, digests, seals, passwords: thin over libsodium. */
#include "sign/sign_priv.h"
#include <assert.h>
#include <sodium.h>

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(NONCE == 24 && SIGN_DIGEST == crypto_hash_sha256_BYTES && crypto_sign_SEEDBYTES == 32 && crypto_pwhash_STRBYTES == 128, "sign.h's sizes");

static const uint8_t public_codec[2] = { 0xED, 0x01 }; /* multicodec ed25519-pub */

enum err sign_init(void)
{
	return sodium_init() < 0 || !sign_rule_holds() ? ERR_INTERNAL : ERR_OK;
}

struct sign_key sign_key_from_seed(const uint8_t seed[static 32])
{
	struct sign_key k;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	memcpy(k.seed, seed, sizeof k.seed);
	crypto_sign_seed_keypair(k.public_key, secret, seed);
	sodium_memzero(secret, sizeof secret);
	return k;
}

void sign_public_multibase(const uint8_t public_key[static 32], char out[static SIGN_MULTIBASE])
{
	uint8_t bytes[34];
	char text[BASE58_TEXT];
	memcpy(bytes, public_codec, 2);
	memcpy(bytes + 2, public_key, 32);
	base58_write(bytes, sizeof bytes, text);
	memcpy(out, text, strlen(text) + 1); /* 48 characters: the codec's bytes lead */
}

bool sign_public_parse(struct span multibase, uint8_t public_key[static 32])
{
	uint8_t bytes[34];
	if (!base58_read(multibase, bytes, sizeof bytes) || memcmp(bytes, public_codec, 2) != 0 || !sign_public_ok(bytes + 2))
		return false;
	memcpy(public_key, bytes + 2, 32);
	return true;
}

void sign_bytes(const struct sign_key *k, struct span message, uint8_t signature[static 64])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* libsodium's: seed, then public key */
	memcpy(secret, k->seed, 32);
	memcpy(secret + 32, k->public_key, 32);
	crypto_sign_detached(signature, NULL, (const uint8_t *)message.p, message.n, secret);
	sodium_memzero(secret, sizeof secret);
}

void sign_hex(const uint8_t *p, size_t n, char *out)
{
	sodium_bin2hex(out, 2 * n + 1, p, n);
}

void sign_keyed_hash(const uint8_t key[static 32], struct span bytes, uint8_t out[static 16])
{
	int failed = crypto_generichash(out, 16, (const uint8_t *)bytes.p, bytes.n, key, 32);
	assert(!failed);
}

/* ---- seals: base64url(nonce, ciphertext, tag) ---- */

struct span sign_seal(struct arena *a, const uint8_t key[static 32], struct span plain, struct span bound_to, const uint8_t nonce[static 24])
{
	struct span none = { NULL, 0 };
	size_t n;
	if (__builtin_add_overflow(plain.n, (size_t)NONCE + TAG, &n) || n > SIZE_MAX / 2)
		return none;
	uint8_t *bytes = arena_alloc(a, n);
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *text = bytes ? arena_alloc(a, room) : NULL;
	if (!text)
		return none;
	memcpy(bytes, nonce, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + NONCE, NULL, (const uint8_t *)plain.p, plain.n, (const uint8_t *)bound_to.p, bound_to.n, NULL,
		nonce, key);
	sodium_bin2base64(text, room, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (struct span){ text, room - 1 };
}

struct span sign_unseal(struct arena *a, const uint8_t key[static 32], struct span sealed, struct span bound_to)
{
	struct span none = { NULL, 0 };
	size_t room = sealed.n / 4 * 3 + 3, n;
	if (sealed.n < (NONCE + TAG) / 3 * 4)
		return none;
	uint8_t *bytes = arena_alloc(a, room);
	if (!bytes || sodium_base642bin(bytes, room, sealed.p, sealed.n, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 || n < NONCE + TAG)
		return none;
	uint8_t *plain = arena_alloc(a, n - NONCE - TAG + 1);
	if (!plain)
		return none;
	unsigned long long size;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &size, NULL, bytes + NONCE, n - NONCE, (const uint8_t *)bound_to.p, bound_to.n, bytes, key))
		return none;
	return (struct span){ (char *)plain, (size_t)size };
}

/* ---- passwords ---- */

bool sign_password_hash(struct span password, char out[static 128])
{
	return crypto_pwhash_str(out, password.p ? password.p : "", password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

bool sign_password_check(struct span password, const char *hash)
{
	/* libsodium reads all of its fixed-size string. */
	char whole[crypto_pwhash_STRBYTES] = "";
	size_t n = strlen(hash);
	if (n >= sizeof whole)
		return false;
	memcpy(whole, hash, n);
	return crypto_pwhash_str_verify(whole, password.p ? password.p : "", password.n) == 0;
}

bool sign_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}
