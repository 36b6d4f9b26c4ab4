/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that a running hub needs (seccomp).  One that it can have no use for ends the process: somebody else is at work in it.  Any other fails with
 * EPERM, so that a library of tomorrow that tries something new falls back instead of taking the hub down. */
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "hub/sandbox_priv.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANITIZED)
/* Their run time looks at the process from a clone of it when it ends. */
#define FOR_SANITIZERS "ptrace clone fork vfork prctl personality kill wait4 waitid process_vm_readv"
#else
#define FOR_SANITIZERS ""
#endif

static const char *const needed[] = {
	/* files below the data directory (Landlock says which may be written), certificates, what libraries read */
	"read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek close close_range dup dup2 dup3 fcntl fcntl64 ioctl",
	"open openat openat2 stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2",
	"readlink readlinkat getdents getdents64 getcwd fsync fdatasync ftruncate ftruncate64 fallocate sync_file_range flock fadvise64 fadvise64_64 umask",
	"unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir chmod fchmod fchmodat fchown fchown32 utimensat sendfile sendfile64 copy_file_range",
	/* memory: libraries are still loaded late (name resolution, trust stores) */
	"mmap mmap2 munmap mprotect mremap madvise brk msync mlock mlock2 munlock mincore membarrier",
	/* threads, never processes (clone: see below) */
	"futex futex_time64 futex_waitv set_robust_list get_robust_list rseq set_tid_address gettid sched_yield sched_getaffinity sched_getparam sched_getscheduler",
	"exit exit_group restart_syscall arch_prctl",
	/* signals to itself */
	"rt_sigaction rt_sigprocmask rt_sigreturn sigreturn rt_sigtimedwait rt_sigtimedwait_time64 rt_sigsuspend rt_sigpending sigaltstack tgkill tkill pause",
	/* clocks and facts */
	"clock_gettime clock_gettime64 clock_getres clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday time times getrandom uname sysinfo getrusage",
	"getpid getppid getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getpgrp getrlimit ugetrlimit prlimit64 getpriority getcpu",
	/* waiting */
	"poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2",
	"eventfd eventfd2 pipe pipe2 timerfd_create timerfd_settime timerfd_gettime signalfd4",
	/* the network (socket: see below) */
	"connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg recvmmsg_time64 shutdown getsockname getpeername setsockopt getsockopt socketpair",
	FOR_SANITIZERS,
};

static const char *const deadly[] = {
	"execve execveat fork vfork ptrace process_vm_readv process_vm_writev kexec_load kexec_file_load init_module finit_module delete_module bpf perf_event_open",
	"mount umount umount2 move_mount open_tree fsopen fsconfig fsmount fspick pivot_root chroot unshare setns mknod mknodat swapon swapoff reboot acct",
	"setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setgroups setgroups32 capset",
	"add_key request_key keyctl userfaultfd io_uring_setup io_uring_enter io_uring_register open_by_handle_at personality settimeofday clock_settime",
	"iopl ioperm modify_ldt kcmp pidfd_getfd process_madvise quotactl syslog vhangup",
};

/* One rule for each name of the line.  Names that this machine does not have are passed over; a name stands in one line only. */
static int rules(scmp_filter_ctx s, const char *line, uint32_t action)
{
	int rc = 0;

	for (const char *p = line; *p && rc == 0;) {
		char name[40] = "";
		size_t n = strcspn(p, " ");

		memcpy(name, p, n < sizeof(name) - 1 ? n : sizeof(name) - 1);
		int number = seccomp_syscall_resolve_name(name);
		if (number != __NR_SCMP_ERROR && (action == SCMP_ACT_ALLOW || !strstr(" " FOR_SANITIZERS " ", name)))
			rc = seccomp_rule_add(s, action, number, 0);
		p += n + strspn(p + n, " ");
	}
	return rc;
}

/* Calls whose arguments decide. */
static int careful(scmp_filter_ctx s)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	static const int settings[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA };
	int rc = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(*families) && rc == 0; i++)
		rc = seccomp_rule_add(s, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	if (FOR_SANITIZERS[0])
		return rc;
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings) && rc == 0; i++)
		rc = seccomp_rule_add(s, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)settings[i]));
	if (rc == 0)
		rc = seccomp_rule_add(s, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	return rc;
}

int sandbox_calls(void)
{
	scmp_filter_ctx s = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = s ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed) && rc == 0; i++)
		rc = rules(s, needed[i], SCMP_ACT_ALLOW);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly) && rc == 0; i++)
		rc = rules(s, deadly[i], SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = careful(s);
	if (rc == 0) /* its flags lie in memory, where no filter sees them: the C library then takes clone */
		rc = seccomp_rule_add(s, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_load(s);
	seccomp_release(s);
	return rc;
}
