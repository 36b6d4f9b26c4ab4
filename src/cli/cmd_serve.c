/* SPDX-License-Identifier: Apache-2.0 */
/* musubi serve: runs the hub until it is told to end. */
#include <signal.h>
#include <unistd.h>
#include "cli/open.h"
#include "hub/hub.h"

static enum err say_where(struct cmd_args *a, const struct hub *h)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	cmd_say("listening on %s", hub_url(h));
	if (!cmd_json(a))
		return ERR_OK;
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "url", hub_url(h));
	json_kint(&o, "pid", getpid());
	json_close(&o, '}');
	enum err e = open_print_json(&b);
	cmd_flush();
	return e;
}

static int run(struct cmd_args *a)
{
	struct fault f = { 0 };
	struct hub *h;
	sigset_t ends;
	int which;
	const char *listen = cmd_opt(a, "--listen");

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before the hub's threads are made: they inherit it, and sigwait gets the signal */
	const struct hub_options o = { .dir = cmd_arg(a, 0), .listen = listen ? listen : "127.0.0.1:8080", .now = open_now };
	enum err e = hub_sandbox(o.dir, &f); /* before the first thread */
	if (e == ERR_OK)
		e = hub_start(&o, &h, &f);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	e = say_where(a, h);
	if (e == ERR_OK && sigwait(&ends, &which) != 0)
		e = ERR_INTERNAL;
	cmd_say("ending: requests under way are finished (again to end at once)");
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
	hub_stop(h);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_serve = {
	.name = "serve",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "run the hub",
	.help = "Serves TAXII 2.1 (/taxii2/) and the JSON API (/api/v1/) from the data directory, and keeps the links to other hubs. "
		"One line `listening on URL` goes to standard error when it is ready; with --json also {\"url\",\"pid\"} to standard output.\n\n"
		"Without a certificate (`musubi config DIR tls.certificate FILE`) it listens on loopback only. SIGTERM and SIGINT end it cleanly: no new requests, those under "
		"way are finished within ten seconds; a second signal ends it at once, and nothing acknowledged is lost even then.\n\n"
		"  musubi serve ./hub --listen 127.0.0.1:8080",
	.options = (const struct cmd_option[]){
		{ "--listen", "ADDR:PORT", "where to listen; port 0 takes a free one (127.0.0.1:8080)" },
		{ 0 },
	},
	.run = run,
	.complete = "dir",
};
