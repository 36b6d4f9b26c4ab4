/* SPDX-License-Identifier: Apache-2.0 */
/* A TAXII 2.1 client over libcurl: what `share`, `pull`, `match`, `audience` and the link between hubs stand on. */
#ifndef PEER_CLIENT_H
#define PEER_CLIENT_H
#include "taxii/taxii.h"

struct client;
struct client_options {
	const char *url; /* a hub's base ("http://127.0.0.1:8080"), a discovery URL ("…/taxii2/"), an API root, or a collection URL */
	const char *token; /* bearer; NULL: none */
	const char *user, *password;
	const char *ca_file; /* PEM; NULL: the system's */
	const char *hub_id; /* sent as X-Musubi-Hub by a hub; NULL otherwise */
	bool lively; /* a dead connection is noticed in seconds (links between hubs) */
	long timeout_s; /* whole request; 0: 60 */
};
/* https, or http on loopback only (ERR_USAGE otherwise). Finds the API root by discovery when first needed. */
enum err client_new(const struct client_options *o, struct client **out, struct fault *f) CHECK_RESULT;
void client_free(struct client *c);
/* One thread at a time uses a client; this alone may be called from any: the request under way and all later ones end at once with ERR_IO. */
void client_cancel(struct client *c);
/* Waits, but not past client_cancel; false when that was called. */
bool client_pause(struct client *c, unsigned ms);

struct client_answer {
	long status;
	struct buf body; /* padded */
	char content_type[128];
	char added_first[40], added_last[40]; /* X-TAXII-Date-Added-First/Last, "" if none */
	char retry_after[32], hub[64], epoch[64];
};
void client_answer_release(struct client_answer *r);
/* path: absolute URL path on the server, or relative to the API root when it does not begin with '/'.  wait_s > 0 sends Prefer: wait=N.  accept NULL: TAXII.
 * ERR_OK whatever the status; ERR_IO (with what failed and what to do) when there was no answer. */
enum err client_request(struct client *c, const char *method, const char *path, struct span body, const char *content_type, const char *accept, unsigned wait_s,
	struct client_answer *out, struct fault *f) CHECK_RESULT;
/* ERR_UNAUTHENTICATED, ERR_DENIED, ERR_NOTFOUND, ERR_BUSY, ERR_PROTO … with the server's own words, for a status that is not 2xx. */
enum err client_expect(const struct client_answer *r, struct fault *f) CHECK_RESULT;
/* Server-sent events: fn for each event until it returns false, the stream ends, or *stop becomes true. */
enum err client_stream(struct client *c, const char *path, bool (*fn)(void *ctx, const char *event, struct span data), void *ctx, const volatile int *stop, struct fault *f) CHECK_RESULT;

/* Who answers: what a musubi hub says of itself in its discovery resource (x_musubi); id.n == 0: some other TAXII server.  Spans live in a. */
struct client_hub {
	struct span id, name, country, public_key, epoch;
};
enum err client_discover(struct client *c, struct arena *a, struct client_hub *out, struct fault *f) CHECK_RESULT;

/* The address given was a collection's. */
bool client_names_collection(const struct client *c);
/* The collection by alias, id or title; n == 0: the only readable (or writable) one, or `shared`. Spans live in a. */
enum err client_collection(struct client *c, struct arena *a, struct span which, bool to_write, struct taxii_collection *out, struct fault *f) CHECK_RESULT;
enum err client_collections(struct client *c, struct arena *a, struct taxii_collection **out, size_t *n, struct fault *f) CHECK_RESULT;
/* One page after another: fn gets each object's raw bytes.  q->added_after and q->next move on so that calling again resumes (what they point to then is the
 * client's and lives until its next page).  One call is one page.  Servers without `next` are paged by X-TAXII-Date-Added-Last, those without that by their
 * manifest; the last stamp is then read again, and objects of the page before are not given twice.  out (may be NULL) gets the answer in any
 * case; the raw bytes that fn was given live in it, until client_answer_release. */
enum err client_page(struct client *c, struct arena *a, struct span collection_id, struct taxii_filter *q, unsigned wait_s,
	enum err (*fn)(void *ctx, size_t index, struct span raw), enum err (*extra)(void *ctx, struct span key, struct span raw), void *ctx,
	bool *more, struct client_answer *out, struct fault *f) CHECK_RESULT;
/* Posts an envelope and follows its status resource until nothing is pending; fn for each object's fate. */
enum err client_submit(struct client *c, struct span collection_id, struct span envelope,
	void (*fn)(void *ctx, const struct taxii_status_item *item), void *ctx, struct fault *f) CHECK_RESULT;
#endif
