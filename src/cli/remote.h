/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that speak to a server share: who asks, from the options; ended by Ctrl-C. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H
#include "cli/cmd.h"
#include "peer/client.h"

/* --token (or MUSUBI_TOKEN), --user with --password-stdin, --ca. */
#define REMOTE_OPTIONS \
	{ "--token", "TOKEN", "who asks: a token (also from the environment: MUSUBI_TOKEN)" }, \
		{ "--user", "NAME", "who asks: a user name, for servers with passwords" }, \
		{ "--password-stdin", NULL, "read the password from standard input" }, \
	{ \
		"--ca", "FILE", "trust the certificates in this PEM file instead of the system's", .complete = "file" \
	}
enum err remote_client(struct cmd_args *a, const char *url, long timeout_s, struct client **out, struct fault *f) CHECK_RESULT;
static inline void remote_client_end(struct client **c)
{
	client_free(*c);
}
#define REMOTE_SCOPE __attribute__((cleanup(remote_client_end)))

/* From here on SIGINT and SIGTERM end c's requests instead of the program (call once, before other threads start). */
void remote_ends_by_signal(struct client *c);
/* A signal came. */
bool remote_ended(void);
/* The client is about to be freed. */
void remote_ends_no_more(void);
#endif
