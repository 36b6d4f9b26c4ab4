/* SPDX-License-Identifier: Apache-2.0 */
/* The process gives up what it does not need: after this it may write below its data directory and nowhere else (Landlock), gains no rights (no_new_privs), and
 * starts no other program (sandbox_calls.c). */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "hub/hub.h"
#include "hub/sandbox_priv.h"
#include "util/log.h"

/* Rights that later kernels' headers know; each is asked for only where the kernel says that it has it. */
#define FS_REFER (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE (1ull << 14) /* ABI 3 */

#define FS_WRITE \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static int allow(int rules, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr below = { .allowed_access = rights, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
	int rc = below.parent_fd < 0 ? -1 : (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	int saved = errno;

	if (below.parent_fd >= 0)
		close(below.parent_fd);
	errno = saved;
	return rc;
}

/* Writing below dir and nowhere else. */
static enum err keep_to(const char *dir, struct fault *f)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = FS_WRITE };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
	enum err e = ERR_OK;
	int rules;

	if (abi < 1) {
		log_event(LOG_LEVEL_WARN, "sandbox", "this kernel has no Landlock: the hub could write outside its directory");
		return ERR_OK;
	}
	attr.handled_access_fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (rules < 0)
		return fault_set(f, ERR_IO, "sandbox", "Landlock: %s", strerror(errno));
	if (allow(rules, dir, attr.handled_access_fs))
		e = fault_set(f, ERR_IO, dir, "cannot be opened for the sandbox: %s", strerror(errno));
	else if (allow(rules, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE | (abi >= 3 ? FS_TRUNCATE : 0)) && errno != ENOENT)
		e = fault_set(f, ERR_IO, "/dev/null", "cannot be opened for the sandbox: %s", strerror(errno));
	else if (syscall(SYS_landlock_restrict_self, rules, 0))
		e = fault_set(f, ERR_IO, "sandbox", "Landlock: %s", strerror(errno));
	close(rules);
	return e;
}

enum err hub_sandbox(const char *dir, struct fault *f)
{
	enum err e;
	int rc;

	if (access(dir, F_OK))
		return ERR_OK; /* hub_start says in better words that there is no hub */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fault_set(f, ERR_IO, "sandbox", "no_new_privs: %s", strerror(errno));
	e = keep_to(dir, f);
	rc = e == ERR_OK ? sandbox_calls() : 0;
	if (rc)
		log_event(LOG_LEVEL_WARN, "sandbox", "this kernel takes no list of system calls (%s): the hub could start other programs", strerror(-rc));
	return e;
}
