/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's key on disk: one line, the seed as multibase multicodec ed25519-priv ("z3u2…"), readable by its owner alone. */
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

enum err sign_key_save(const struct sign_key *k, const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return fault_set(f, ERR_CONFLICT, path, "a key is already there and is never overwritten; choose another folder, or keep that key");
	if (fd < 0)
		return io_fault(f, path, "made");

	uint8_t bytes[34];
	char text[BASE58_TEXT + 1];
	memcpy(bytes, private_codec, 2);
	memcpy(bytes + 2, k->seed, 32);
	base58_write(bytes, sizeof bytes, text);
	size_t n = strlen(text);
	text[n++] = '\n';
	bool ok = write_all(fd, text, n) && fchmod(fd, 0600) == 0 && fsync(fd) == 0;
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(text, sizeof text);
	if (close(fd) != 0)
		ok = false;
	ok = ok && sync_folder_of(path);
	if (ok)
		return ERR_OK;
	enum err e = io_fault(f, path, "written");
	unlink(path); /* half a key must not stand in the way of the next try */
	return e;
}

static enum err read_key(int fd, struct sign_key *k, const char *path, struct fault *f)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return io_fault(f, path, "examined");
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		return fault_set(f, ERR_DENIED, path, "the key must be a file that only its owner can read; found mode %03o, set it with chmod 600",
			(unsigned)(st.st_mode & 0777));
	char text[128];
	ssize_t n = read(fd, text, sizeof text);
	if (n < 0)
		return io_fault(f, path, "read");
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
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return io_fault(f, path, "opened");
	enum err e = read_key(fd, k, path, f);
	close(fd);
	return e;
}
