/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that fails when it is told to (preloaded by disk_test.py): while the file that MUSUBI_FAULTY_DISK names is there, writing, growing and syncing
 * regular files fails with the error number in it.  Reading goes on, as on a full disk or one that has become read-only. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(int fd)
{
	const char *path = getenv("MUSUBI_FAULTY_DISK");
	int saved = errno, told = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char digits[16] = "";
	struct stat st;
	ssize_t n;

	if (told < 0) {
		errno = saved;
		return 0;
	}
	n = read(told, digits, sizeof digits - 1);
	close(told);
	errno = saved;
	if (n <= 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	errno = (int)strtol(digits, NULL, 10);
	return 1;
}

#define FAULTY(type, name, parameters, arguments) \
	__attribute__((visibility("default"))) type name parameters; \
	type name parameters \
	{ \
		static type(*real) parameters; \
		if (fails(fd)) \
			return -1; \
		if (!real) \
			real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
		return real arguments; \
	}

FAULTY(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
FAULTY(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
FAULTY(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
FAULTY(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
FAULTY(int, ftruncate, (int fd, off_t n), (fd, n))
FAULTY(int, ftruncate64, (int fd, off64_t n), (fd, n))
FAULTY(int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
FAULTY(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, fdatasync, (int fd), (fd))
