/* SPDX-License-Identifier: Apache-2.0 */
/* A key on disk: one line, readable by its owner alone.  Either the seed as multibase multicodec ed25519-priv ("z3u2…"), or, with a passphrase,
 *
 *     musubi-key-1 argon2id OPS MEMORY BASE64(salt) BASE64(nonce, secretbox of the seed)  */
#include "sign/sign_priv.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t private_codec[2] = { 0x80, 0x26 };

static enum err io_fault(struct fault *f, const char *path, const char *act)
{
	return fault_set(f, ERR_IO, path, "the key file cannot be %s: %s", act, strerror(errno));
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t did = write(fd, p, n);
		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

/* A new name in a folder is durable once the folder is. */
static bool sync_folder_of(const char *path)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t n = slash == path ? 1 : slash ? (size_t)(slash - path)
					     : 0;
	if (n >= sizeof folder) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (n > 0) {
		memcpy(folder, path, n);
		folder[n] = '\0';
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* `line` is wiped by the caller. */
static enum err save(struct span line, const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return fault_set(f, ERR_CONFLICT, path, "a key is already there and is never overwritten; choose another folder, or keep that key");
	if (fd < 0)
		return io_fault(f, path, "made");
	bool ok = write_all(fd, line.p, line.n) && fchmod(fd, 0600) == 0 && fsync(fd) == 0;
	if (close(fd) != 0)
		ok = false;
	ok = ok && sync_folder_of(path);
	if (ok)
		return ERR_OK;
	enum err e = io_fault(f, path, "written");
	unlink(path); /* half a key must not stand in the way of the next try */
	return e;
}

enum err sign_key_save(const struct sign_key *k, const char *path, struct fault *f)
{
	uint8_t bytes[34];
	char text[BASE58_TEXT + 1];
	memcpy(bytes, private_codec, 2);
	memcpy(bytes + 2, k->seed, 32);
	base58_write(bytes, sizeof bytes, text);
	size_t n = strlen(text);
	text[n++] = '\n';
	enum err e = save((struct span){ text, n }, path, f);
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(text, sizeof text);
	return e;
}

/* ---- with a passphrase ---- */

#define SALT crypto_pwhash_SALTBYTES
#define NONCE crypto_secretbox_NONCEBYTES
#define BOX (NONCE + crypto_secretbox_MACBYTES + 32)
#define OPS_MOST 16
#define MEMORY_MOST ((size_t)1 << 30)
_Static_assert(SALT + NONCE == SIGN_LOCK_RANDOM, "sign.h's size");

static const char locked[] = "musubi-key-1 argon2id ";

static bool derive(struct span passphrase, const uint8_t salt[SALT], unsigned long long ops, size_t memory, uint8_t key[crypto_secretbox_KEYBYTES])
{
	return crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase.p ? passphrase.p : "", passphrase.n, salt, ops, memory, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

enum err sign_key_save_locked(const struct sign_key *k, const char *path, struct span passphrase, const uint8_t random[static SIGN_LOCK_RANDOM], struct fault *f)
{
	const unsigned long long ops = crypto_pwhash_OPSLIMIT_MODERATE;
	const size_t memory = crypto_pwhash_MEMLIMIT_MODERATE;
	uint8_t key[crypto_secretbox_KEYBYTES], box[BOX];
	char salt[64], sealed[160], line[320];
	if (passphrase.n == 0)
		return fault_set(f, ERR_INVALID, "passphrase", "it is empty; leave it out for a key without one");
	if (!derive(passphrase, random, ops, memory, key))
		return fault_set(f, ERR_NOMEM, path, "no memory left to make a key of the passphrase: %zu MiB are needed", memory >> 20);
	memcpy(box, random + SALT, NONCE);
	crypto_secretbox_easy(box + NONCE, k->seed, sizeof k->seed, box, key);
	sodium_memzero(key, sizeof key);
	sodium_bin2base64(salt, sizeof salt, random, SALT, sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(sealed, sizeof sealed, box, sizeof box, sodium_base64_VARIANT_ORIGINAL);
	int n = snprintf(line, sizeof line, "%s%llu %zu %s %s\n", locked, ops, memory, salt, sealed);
	return save((struct span){ line, (size_t)n }, path, f);
}

static enum err unlock(const char *line, struct sign_key *k, const char *path, const struct span *passphrase, struct fault *f)
{
	uint8_t key[crypto_secretbox_KEYBYTES], salt[SALT], box[BOX], seed[32];
	unsigned long long ops;
	size_t memory, n_salt = 0, n_box = 0;
	char salt_text[64], box_text[160];
	if (sscanf(line + strlen(locked), "%4llu %12zu %63s %159s", &ops, &memory, salt_text, box_text) != 4 || ops > OPS_MOST || memory > MEMORY_MOST ||
		sodium_base642bin(salt, sizeof salt, salt_text, strlen(salt_text), NULL, &n_salt, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 || n_salt != sizeof salt ||
		sodium_base642bin(box, sizeof box, box_text, strlen(box_text), NULL, &n_box, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 || n_box != sizeof box)
		return fault_set(f, ERR_SYNTAX, path, "the key file with a passphrase is damaged; restore it from a backup");
	if (!passphrase)
		return fault_set(f, ERR_UNAUTHENTICATED, path, "the key is locked with a passphrase: it has to be given");
	if (!derive(*passphrase, salt, ops, memory, key))
		return fault_set(f, ERR_NOMEM, path, "no memory left to make a key of the passphrase: %zu MiB are needed", memory >> 20);
	bool ok = crypto_secretbox_open_easy(seed, box + NONCE, BOX - NONCE, box, key) == 0;
	if (ok)
		*k = sign_key_from_seed(seed);
	sodium_memzero(key, sizeof key);
	sodium_memzero(seed, sizeof seed);
	return ok ? ERR_OK : fault_set(f, ERR_DENIED, path, "the passphrase is not the one with which the key was locked");
}

static enum err read_key(int fd, struct sign_key *k, const char *path, const struct span *passphrase, struct fault *f)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return io_fault(f, path, "examined");
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		return fault_set(f, ERR_DENIED, path, "the key must be a file that only its owner can read; found mode %03o, set it with chmod 600",
			(unsigned)(st.st_mode & 0777));
	char text[512] = "";
	ssize_t n = read(fd, text, sizeof text - 1);
	if (n < 0)
		return io_fault(f, path, "read");
	if (strncmp(text, locked, strlen(locked)) == 0)
		return unlock(text, k, path, passphrase, f);
	struct span line = { text, (size_t)n };
	if (line.n > 0 && text[line.n - 1] == '\n')
		line.n--;
	uint8_t bytes[34];
	bool ok = base58_read(line, bytes, sizeof bytes) && memcmp(bytes, private_codec, 2) == 0;
	if (ok)
		*k = sign_key_from_seed(bytes + 2);
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(text, sizeof text);
	return ok ? ERR_OK : fault_set(f, ERR_SYNTAX, path, "this is no key file: one line beginning with \"z3u2\" is expected; restore it from a backup");
}

enum err sign_key_load(struct sign_key *k, const char *path, struct fault *f)
{
	return sign_key_open(k, path, NULL, f);
}

enum err sign_key_open(struct sign_key *k, const char *path, const struct span *passphrase, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return io_fault(f, path, "opened");
	enum err e = read_key(fd, k, path, passphrase, f);
	close(fd);
	return e;
}
