/* SPDX-License-Identifier: Apache-2.0 */
/* fork, exec of this same program, pipes. */
#include "cli/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SPAWN_ARGS 40
#define SPAWN_OUTPUT (64u << 20)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child: never returns. */
static void become(const char *const *argv, int in, int out, int err)
{
	char *args[SPAWN_ARGS + 2] = { "musubi" };
	for (int i = 0; i < SPAWN_ARGS && argv[i]; i++)
		args[i + 1] = (char *)argv[i];
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(71);
	execv("/proc/self/exe", args);
	_exit(71);
}

static enum err start(const char *const *argv, int *in, int *out, int *err, pid_t *pid, struct fault *f)
{
	/* Each of in, out, err: NULL is /dev/null or the parent's own; else the parent's end of a new pipe comes back. */
	int pin[2] = { -1, -1 }, pout[2] = { -1, -1 }, perr[2] = { -1, -1 };
	enum err e = ERR_OK;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || (in && pipe2(pin, O_CLOEXEC)) || pipe2(pout, O_CLOEXEC) || (err && *err < 0 && pipe2(perr, O_CLOEXEC)))
		e = fault_set(f, ERR_IO, "", "no pipe for a new process: %s", strerror(errno));
	if (!e && (*pid = fork()) < 0)
		e = fault_set(f, ERR_IO, "", "no new process: %s", strerror(errno));
	if (!e && *pid == 0)
		become(argv, in ? pin[0] : null, pout[1], err ? (*err >= 0 ? *err : perr[1]) : 2);
	close_fd(&null);
	close_fd(&pin[0]);
	close_fd(&pout[1]);
	close_fd(&perr[1]);
	if (e) {
		close_fd(&pin[1]);
		close_fd(&pout[0]);
		close_fd(&perr[0]);
		return e;
	}
	if (in)
		*in = pin[1];
	*out = pout[0];
	if (err && *err < 0)
		*err = perr[0];
	return ERR_OK;
}

enum err spawn_start(struct spawn *s, const char *const *argv, int err_fd, struct fault *f)
{
	int out = -1;
	enum err e = start(argv, NULL, &out, &err_fd, &s->pid, f);
	if (e)
		return e;
	fcntl(out, F_SETFL, O_NONBLOCK);
	s->out = out;
	buf_init(&s->line, SPAWN_OUTPUT);
	return ERR_OK;
}

bool spawn_lines(struct spawn *s, void (*fn)(void *ctx, struct span line), void *ctx)
{
	char piece[65536];
	ssize_t n = 0;
	while (s->out >= 0 && (n = read(s->out, piece, sizeof(piece))) > 0)
		buf_add(&s->line, piece, (size_t)n);
	if (s->out >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)))
		close_fd(&s->out);
	char *at = s->line.p, *end = s->line.p + s->line.n, *nl;
	for (; at && at < end && (nl = memchr(at, '\n', (size_t)(end - at))); at = nl + 1)
		fn(ctx, (struct span){ at, (size_t)(nl - at) });
	size_t left = at ? (size_t)(end - at) : 0;
	if (left && at != s->line.p)
		memmove(s->line.p, at, left);
	s->line.n = left;
	return s->out >= 0;
}

static int wait_status(pid_t pid, int ms)
{
	int status;
	for (int waited = 0;; waited += 10) {
		pid_t got = waitpid(pid, &status, ms < 0 ? 0 : WNOHANG);
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (got < 0 && errno != EINTR)
			return 71;
		if (ms >= 0 && waited >= ms)
			return -1;
		if (ms >= 0)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
}

int spawn_stop(struct spawn *s)
{
	int status = 0;
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		if ((status = wait_status(s->pid, 15000)) < 0) {
			kill(s->pid, SIGKILL);
			status = wait_status(s->pid, -1);
		}
	}
	s->pid = 0;
	close_fd(&s->out);
	buf_release(&s->line);
	return status;
}

/* Moves bytes both ways until both outputs have ended. */
static bool pump(int in, struct span input, int out, struct buf *to, int err, struct buf *talk)
{
	struct pollfd p[3] = { { out, POLLIN, 0 }, { err, POLLIN, 0 }, { in, POLLOUT, 0 } };
	struct buf *into[2] = { to, talk };
	char piece[65536];
	size_t sent = 0;
	if (input.n == 0)
		close_fd(&p[2].fd);
	else
		fcntl(in, F_SETFL, O_NONBLOCK);
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			break;
		for (int i = 0; i < 2; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			ssize_t n = read(p[i].fd, piece, sizeof(piece));
			if (n > 0)
				buf_add(into[i], piece, (size_t)n);
			else if (n == 0 || errno != EINTR)
				close_fd(&p[i].fd);
		}
		if (p[2].fd >= 0 && p[2].revents) {
			ssize_t n = write(p[2].fd, input.p + sent, input.n - sent);
			if (n > 0)
				sent += (size_t)n;
			if (sent == input.n || (n < 0 && errno != EAGAIN && errno != EINTR))
				close_fd(&p[2].fd);
		}
	}
	close_fd(&p[0].fd);
	close_fd(&p[1].fd);
	close_fd(&p[2].fd);
	return buf_ok(to);
}

enum err spawn_run(struct arena *a, const char *const *argv, struct span input, struct span *out, int *status, struct fault *f)
{
	BUF_SCOPE struct buf to, talk;
	buf_init(&to, SPAWN_OUTPUT);
	buf_init(&talk, 1u << 20);
	int in = -1, from = -1, err = -1;
	pid_t pid = 0;
	enum err e = start(argv, &in, &from, &err, &pid, f);
	if (e)
		return e;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	bool whole = pump(in, input, from, &to, err, &talk);
	signal(SIGPIPE, before);
	*status = wait_status(pid, -1);
	if (!whole)
		return fault_set(f, ERR_LIMIT, argv[0], "it printed more than %u bytes", SPAWN_OUTPUT);
	*out = arena_span(a, buf_span(&to));
	if (*status) {
		struct span t = buf_span(&talk);
		while (t.n && t.p[t.n - 1] == '\n')
			t.n--;
		const char *nl = t.n ? memrchr(t.p, '\n', t.n) : NULL;
		struct span last = nl ? (struct span){ nl + 1, (size_t)(t.p + t.n - nl - 1) } : t;
		fault_set(f, ERR_IO, argv[0], "%.*s", SPAN_ARG(last));
	}
	return out->p ? ERR_OK : fault_set(f, ERR_NOMEM, argv[0], "no memory for its output");
}
