/* SPDX-License-Identifier: Apache-2.0 */
/* What the sandbox allows and what it does not, each tried in a process of its own. */
#include "util/test.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hub/hub.h"
#include "util/log.h"

static char dir[] = "/tmp/hub_box.XXXXXX";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true; /* their run time needs some calls at the end */
#else
static const bool sanitized = false;
#endif

/* Each: 0 it went well, else the error number. */
static int said(long rc)
{
	return rc < 0 ? errno : 0;
}

static int writes_inside(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/inside", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	return fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) || ftruncate(fd, 0) || close(fd) || unlink(path) ? errno : 0;
}

static int writes_outside(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s.outside", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd >= 0)
		unlink(path);
	return said(fd);
}

static int reads_outside(void)
{
	return said(open("/etc/passwd", O_RDONLY)) + said(open("/dev/null", O_WRONLY));
}

static void *nothing(void *arg)
{
	return arg;
}

static int starts_threads(void)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, nothing, NULL);

	return rc ? rc : pthread_join(t, NULL);
}

static int resolves_names(void)
{
	struct addrinfo *found = NULL;

	return getaddrinfo("localhost", "80", NULL, &found) == EAI_SYSTEM ? errno : 0;
}

static int opens_tcp(void)
{
	return said(socket(AF_INET, SOCK_STREAM, 0)) + said(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int opens_raw_packets(void)
{
	return said(socket(AF_PACKET, SOCK_RAW, 0));
}

static int forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return said(pid);
}

static int runs_a_program(void)
{
	return said(execl("/bin/true", "true", (char *)NULL));
}

static int traces(void)
{
	return said(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int mounts(void)
{
	return said(mount("none", dir, "tmpfs", 0, NULL));
}

static int loads_bpf(void)
{
	return said(syscall(SYS_bpf, 0, NULL, 0));
}

static int leaves_its_namespace(void)
{
	return said(syscall(SYS_unshare, 0x10000000 /* a user namespace */));
}

static int becomes_somebody_else(void)
{
	return said(syscall(SYS_setuid, 0));
}

static int signals_others(void)
{
	return said(kill(getppid(), 0));
}

static int may_be_dumped(void)
{
	return said(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

enum { KILLED = -1 };
static const struct {
	const char *title;
	int (*act)(void);
	int result; /* 0, an error number, or KILLED */
	bool plain_only; /* not with sanitizers */
} acts[] = {
	{ "writes below the directory", writes_inside, 0, false },
	{ "writes beside the directory", writes_outside, EACCES, false },
	{ "reads elsewhere", reads_outside, 0, false },
	{ "starts threads", starts_threads, 0, false },
	{ "resolves names", resolves_names, 0, false },
	{ "opens TCP and UDP sockets", opens_tcp, 0, false },
	{ "opens raw packet sockets", opens_raw_packets, EPERM, false },
	{ "forks", forks, EPERM, true },
	{ "signals others", signals_others, EPERM, true },
	{ "makes itself dumpable", may_be_dumped, EPERM, true },
	{ "runs a program", runs_a_program, KILLED, false },
	{ "traces", traces, KILLED, true },
	{ "mounts", mounts, KILLED, false },
	{ "loads BPF", loads_bpf, KILLED, false },
	{ "leaves its namespace", leaves_its_namespace, KILLED, false },
	{ "becomes somebody else", becomes_somebody_else, KILLED, false },
};

static void the_sandbox_allows_what_a_hub_needs_and_no_more(void **state)
{
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) >= 1;

	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		int status, want = acts[i].act == writes_outside && !landlock ? 0 : acts[i].result;
		pid_t pid;

		if (sanitized && acts[i].plain_only)
			continue;
		fflush(NULL);
		pid = fork();
		if (!pid)
			_exit(hub_sandbox(dir, NULL) == ERR_OK ? acts[i].act() : 255);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (want == KILLED ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS : !WIFEXITED(status) || WEXITSTATUS(status) != want)
			fail_msg("%s: wanted %d, wait status %x", acts[i].title, want, (unsigned)status);
	}
}

static int start(void **state)
{
	log_init(LOG_LEVEL_ERROR, 0);
	return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_sandbox_allows_what_a_hub_needs_and_no_more) };

	return cmocka_run_group_tests(tests, start, stop);
}
