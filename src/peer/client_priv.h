/* SPDX-License-Identifier: Apache-2.0 */
/* A client's inside, shared by its transport (client.c) and what it says over it (client_taxii.c). */
#ifndef PEER_CLIENT_PRIV_H
#define PEER_CLIENT_PRIV_H
#include "peer/client.h"

#define CLIENT_TIMEOUT_S 60 /* a whole request, the wait it asked for not counted */
#define CLIENT_CONNECT_S 10 /* finding the address, TCP and TLS */
#define CLIENT_LIVELY_CONNECT_S 3 /* the same for lively clients … */
#define CLIENT_LIVELY_MS 6000 /* … whose connections are given up when nothing is acknowledged for so long */
#define CLIENT_REDIRECTS 5 /* on the same server only */
#define CLIENT_RETRIES 2 /* after 429 and 503 */
#define CLIENT_RETRY_MOST_S 30 /* a longer Retry-After is given to the caller as an error */
#define CLIENT_BODY_MAX (72u << 20) /* one answer: an envelope of BOUND_ENVELOPE_BYTES and what stands around it */
#define CLIENT_EVENT_MAX (1u << 20) /* one server-sent event */
#define CLIENT_STREAM_SILENT_S 90 /* a stream without a byte for so long is dead */

struct transport; /* libcurl's handles */

struct client {
	struct arena *mem; /* every text below */
	const char *origin; /* "https://host:port" as compared, without a path */
	const char *path; /* as given, begins with '/' */
	const char *root; /* API root's path, ends with '/'; NULL until found */
	const char *collection; /* its id, where the URL given was a collection's; NULL otherwise */
	const char *token, *user, *password, *ca_file, *hub_id;
	long timeout_s;
	bool plain; /* http on loopback */
	bool lively;
	struct json_parser *parser;
	struct transport *t;
	/* where client_page stands */
	struct buf next, after;
	uint64_t *seen; /* digests of the page before, where stamps have to be read again */
	size_t n_seen;
	bool no_next; /* this server's `next` was refused once */
};

/* url (absolute or relative to the client's origin) as a path with query on this server into a; *same: it names this very server. */
enum err client_resolve(struct client *c, struct arena *a, const char *url, const char **path, bool *same, struct fault *f) CHECK_RESULT;
/* Finds c->root where it is not known yet. */
enum err client_root(struct client *c, struct fault *f) CHECK_RESULT;
/* What of a path tells an API root and a collection: "/api/collections/ID/objects/" has both. */
void client_path_parts(struct client *c);
#endif
