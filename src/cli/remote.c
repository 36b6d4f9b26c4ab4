/* SPDX-License-Identifier: Apache-2.0 */
/* Clients made from options, and a thread that turns SIGINT and SIGTERM into client_cancel. */
#include "cli/remote.h"
#include "cli/open.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum err remote_client(struct cmd_args *a, const char *url, long timeout_s, struct client **out, struct fault *f)
{
	struct client_options o = { .url = url, .token = open_token(a), .user = cmd_opt(a, "--user"), .ca_file = cmd_opt(a, "--ca"), .timeout_s = timeout_s };
	struct span password = { NULL, 0 };

	if (o.user) {
		enum err e = open_password(cmd_arena(a), cmd_opt(a, "--password-stdin") != NULL, &password, f);
		if (e != ERR_OK)
			return e;
		o.password = password.p;
		o.token = cmd_opt(a, "--token"); /* a name on the command line goes before a token in the environment */
	}
	if (o.user && o.token)
		return fault_set(f, ERR_USAGE, "", "give --token or --user, not both");
	return client_new(&o, out, f);
}

static pthread_t waiter;
static struct client *ends;
static atomic_bool ended, waits;

static void *wait_for_signal(void *arg)
{
	sigset_t *set = arg;
	int which;

	if (sigwait(set, &which) == 0 && which != SIGUSR1) {
		atomic_store(&ended, true);
		client_cancel(ends);
	}
	return NULL;
}

void remote_ends_by_signal(struct client *c)
{
	static sigset_t set;

	ends = c;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && pthread_create(&waiter, NULL, wait_for_signal, &set) == 0)
		atomic_store(&waits, true);
}

bool remote_ended(void)
{
	return atomic_load(&ended);
}

void remote_ends_no_more(void)
{
	if (!atomic_exchange(&waits, false))
		return;
	pthread_kill(waiter, SIGUSR1);
	pthread_join(waiter, NULL);
}
