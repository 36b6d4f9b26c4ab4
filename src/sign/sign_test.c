/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "sign/sign_priv.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void unhex(const char *text, uint8_t *out)
{
	for (; *text; text += 2)
		*out++ = (uint8_t)strtoul((char[]){ text[0], text[1], 0 }, NULL, 16);
}

static struct sign_key key_of(const char *seed)
{
	uint8_t bytes[32];
	unhex(seed, bytes);
	return sign_key_from_seed(bytes);
}

static const char *hex(const void *p, size_t n)
{
	static char text[200];
	sign_hex(p, n, text);
	return text;
}

/* RFC 8032 §7.1, tests 1 to 3. */
static void signatures_are_those_of_rfc_8032(void **state)
{
	static const struct {
		const char *seed, *public_key, *signature;
		struct span message;
	} rows[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
			{ "", 0 } },
		{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
			{ "\x72", 1 } },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
			{ "\xaf\x82", 2 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sign_key k = key_of(rows[i].seed);
		uint8_t signature[64];
		assert_string_equal(hex(k.public_key, 32), rows[i].public_key);
		sign_bytes(&k, rows[i].message, signature);
		assert_string_equal(hex(signature, 64), rows[i].signature);
		assert_true(sign_check(k.public_key, rows[i].message, signature));
		assert_false(sign_check(k.public_key, SPAN("other"), signature));
		signature[63] ^= 0x10;
		assert_false(sign_check(k.public_key, rows[i].message, signature));
	}
}

/* Keys of small order and points written in a second way sign anything for anybody: never valid. */
static void weak_keys_are_refused(void **state)
{
	static const char *const rows[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t public_key[32], signature[64] = { 0 };
		unhex(rows[i], public_key);
		memcpy(signature, public_key, 32);
		for (int message = 0; message < 256; message++) {
			char c = (char)message;
			assert_false(sign_check(public_key, (struct span){ &c, 1 }, signature));
		}
	}
}

static void keys_have_one_multibase_text(void **state)
{
	/* W3C VC-DI-EDDSA's test key */
	struct span text = SPAN("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2");
	uint8_t public_key[32], other[32];
	char back[SIGN_MULTIBASE];
	assert_true(sign_public_parse(text, public_key));
	sign_public_multibase(public_key, back);
	assert_string_equal(back, text.p);
	static const char *const bad[] = {
		"",
		"z",
		"6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"z16MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ22",
		"z6Mkr0VnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
		"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
		"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(sign_public_parse(span_of(bad[i]), other));
}

static void base58_reads_what_it_writes(void **state)
{
	static const struct {
		const char *hex, *text;
	} rows[] = {
		{ "", "z" },
		{ "00", "z1" },
		{ "61", "z2g" },
		{ "626262", "za3gV" },
		{ "636363", "zaPEr" },
		{ "73696d706c792061206c6f6e6720737472696e67", "z2cFupjhnEsSn59qHXstmK2ffpLv2" },
		{ "00eb15231dfceb60925886b67d065299925915aeb172c06647", "z1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L" },
		{ "516b6fcd0f", "zABnLTmg" },
		{ "10c8511e", "zRt5zm" },
		{ "00000000000000000000", "z1111111111" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t bytes[64] = { 0 }, back[64] = { 0 };
		char text[BASE58_TEXT];
		size_t n = strlen(rows[i].hex) / 2;
		unhex(rows[i].hex, bytes);
		base58_write(bytes, n, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base58_read(span_of(text), back, n), n > 0);
		assert_memory_equal(bytes, back, n);
		assert_false(base58_read(span_of(text), back, n + 1));
		if (n > 1)
			assert_false(base58_read(span_of(text), back, n - 1));
	}
	uint8_t most[64];
	char text[BASE58_TEXT];
	memset(most, 0xFF, sizeof most);
	base58_write(most, sizeof most, text);
	assert_true(base58_read(span_of(text), most, sizeof most));
	memset(most, 0, sizeof most);
	base58_write(most, sizeof most, text);
	assert_true(base58_read(span_of(text), most, sizeof most));
}

static void digests_are_the_standard_ones(void **state)
{
	uint8_t out[32];
	sign_sha256(SPAN("abc"), out);
	assert_string_equal(hex(out, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sign_sha256((struct span){ NULL, 0 }, out);
	assert_string_equal(hex(out, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	uint8_t key[32] = { 0 }, other[16];
	sign_keyed_hash(key, SPAN("abc"), out);
	assert_string_equal(hex(out, 16), "5f5b3b301f676e9f2ed8d0e8439807c7");
	key[31] = 1;
	sign_keyed_hash(key, SPAN("abc"), other);
	assert_memory_not_equal(out, other, 16);
	assert_true(sign_equal("abc", "abc", 3));
	assert_false(sign_equal("abc", "abd", 3));
}

static void seals_open_only_as_they_were_made(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	uint8_t key[32] = { 1 }, other[32] = { 2 }, nonce[24] = { 3 };
	char plain[100];
	memset(plain, 'p', sizeof plain);
	for (size_t n = 0; n <= sizeof plain; n++) {
		struct span text = { plain, n }, sealed = sign_seal(a, key, text, SPAN("list 1"), nonce);
		assert_non_null(sealed.p);
		assert_int_equal(sealed.n, ((24 + 16 + n) * 4 + 2) / 3);
		for (size_t i = 0; i < sealed.n; i++)
			assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", sealed.p[i]));
		struct span back = sign_unseal(a, key, sealed, SPAN("list 1"));
		assert_true(back.p && span_eq(back, text));
		assert_null(sign_unseal(a, key, sealed, SPAN("list 2")).p);
		assert_null(sign_unseal(a, other, sealed, SPAN("list 1")).p);
		assert_null(sign_unseal(a, key, (struct span){ sealed.p, sealed.n - 1 }, SPAN("list 1")).p);
		arena_reset(a);
	}
	struct span sealed = sign_seal(a, key, SPAN("x"), SPAN(""), nonce);
	char copy[100];
	for (size_t i = 0; i < sealed.n; i++) { /* no character can be changed, none added */
		memcpy(copy, sealed.p, sealed.n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_null(sign_unseal(a, key, (struct span){ copy, sealed.n }, SPAN("")).p);
	}
	memcpy(copy, sealed.p, sealed.n);
	copy[sealed.n] = '=';
	assert_null(sign_unseal(a, key, (struct span){ copy, sealed.n + 1 }, SPAN("")).p);
	assert_null(sign_unseal(a, key, SPAN(""), SPAN("")).p);
	assert_null(sign_unseal(a, key, SPAN("not sealed at all, and with spaces; long enough to be looked at"), SPAN("")).p);
	ARENA_SCOPE struct arena *tiny = arena_new(64);
	assert_null(sign_seal(tiny, key, SPAN("x"), SPAN(""), nonce).p);
}

static void passwords_are_kept_as_argon2id(void **state)
{
	char hash[128], again[128];
	assert_true(sign_password_hash(SPAN("脅威 one two"), hash));
	assert_true(sign_password_hash(SPAN("脅威 one two"), again));
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_string_not_equal(hash, again);
	assert_true(sign_password_check(SPAN("脅威 one two"), hash));
	assert_false(sign_password_check(SPAN("脅威 one tw"), hash));
	assert_false(sign_password_check(SPAN(""), hash));
	assert_false(sign_password_check(SPAN("x"), "plain"));
	assert_false(sign_password_check(SPAN("x"), ""));
	char longer[300];
	memset(longer, '$', sizeof longer);
	longer[299] = '\0';
	assert_false(sign_password_check(SPAN("x"), longer));
}

static void key_files_are_private_and_never_overwritten(void **state)
{
	char dir[] = "/tmp/sign_test-XXXXXX", path[100];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/key", dir);
	struct sign_key k = key_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), back;
	struct fault f = { "", "" };
	umask(0);
	assert_int_equal(sign_key_load(&back, path, &f), ERR_IO);
	assert_int_equal(sign_key_save(&k, path, &f), ERR_OK);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sign_key_load(&back, path, &f), ERR_OK);
	assert_memory_equal(&back, &k, sizeof k);
	assert_int_equal(sign_key_save(&k, path, &f), ERR_CONFLICT);

	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(sign_key_load(&back, path, &f), ERR_DENIED);
	assert_non_null(strstr(f.what, "640"));
	assert_int_equal(chmod(path, 0600), 0);
	static const char *const broken[] = { "", "\n", "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2\n", "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjx" };
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		int fd = open(path, O_WRONLY | O_TRUNC);
		assert_int_equal(write(fd, broken[i], strlen(broken[i])), strlen(broken[i]));
		close(fd);
		assert_int_equal(sign_key_load(&back, path, &f), ERR_SYNTAX);
	}
	assert_int_equal(sign_key_load(&back, dir, &f), ERR_DENIED);
	unlink(path);
	assert_int_equal(symlink("/tmp/elsewhere-that-is-not-there", path), 0);
	assert_int_equal(sign_key_save(&k, path, &f), ERR_CONFLICT);
	unlink(path);
	snprintf(path, sizeof path, "%s/none/key", dir);
	assert_int_equal(sign_key_save(&k, path, &f), ERR_IO);
	rmdir(dir);
}

static void a_passphrase_locks_a_key(void **state)
{
	char dir[] = "/tmp/sign_test-XXXXXX", path[100], text[400];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/key", dir);
	struct sign_key k = key_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), back;
	struct span right = SPAN("結び, a tie"), wrong = SPAN("結び, a lie");
	struct fault f = { "", "" };
	uint8_t random[SIGN_LOCK_RANDOM] = { 1, 2, 3 };
	assert_int_equal(sign_key_save_locked(&k, path, SPAN(""), random, &f), ERR_INVALID);
	assert_int_equal(sign_key_save_locked(&k, path, right, random, &f), ERR_OK);
	assert_int_equal(sign_key_load(&back, path, &f), ERR_UNAUTHENTICATED);
	assert_int_equal(sign_key_open(&back, path, &wrong, &f), ERR_DENIED);
	assert_int_equal(sign_key_open(&back, path, &right, &f), ERR_OK);
	assert_memory_equal(&back, &k, sizeof k);
	int fd = open(path, O_RDWR);
	ssize_t n = read(fd, text, sizeof text);
	assert_true(n > 0);
	text[n] = '\0';
	assert_null(strstr(text, "z3u2"));
	static const char *const broken[] = { "musubi-key-1 argon2id ", "musubi-key-1 argon2id 3 99999999999 AAAA AAAA\n", "musubi-key-1 argon2id 3 268435456 AQIDAAAAAAAAAAAAAAAAAA== AAAA\n" };
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, broken[i], strlen(broken[i]), 0), strlen(broken[i]));
		assert_int_equal(sign_key_open(&back, path, &right, &f), ERR_SYNTAX);
	}
	close(fd);
	unlink(path);
	rmdir(dir);
}

static int start(void **state)
{
	return sign_init() == ERR_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_rfc_8032),
		cmocka_unit_test(weak_keys_are_refused),
		cmocka_unit_test(keys_have_one_multibase_text),
		cmocka_unit_test(base58_reads_what_it_writes),
		cmocka_unit_test(digests_are_the_standard_ones),
		cmocka_unit_test(seals_open_only_as_they_were_made),
		cmocka_unit_test(passwords_are_kept_as_argon2id),
		cmocka_unit_test(key_files_are_private_and_never_overwritten),
		cmocka_unit_test(a_passphrase_locks_a_key),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
