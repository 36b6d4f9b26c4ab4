/* SPDX-License-Identifier: Apache-2.0 */
/* Links to other hubs and TAXII servers (design/federation.md): directory first, hints by Prefer: wait, polling as truth. */
#ifndef PEER_PEER_H
#define PEER_PEER_H
#include "accord/accord.h"

struct peer_config {
	struct span id; /* local name of the link, made from the URL where not given */
	struct span url, token, user, password, ca_file;
	struct span collection; /* foreign server: only this collection; n == 0 all readable */
	struct span into; /* local alias; n == 0: the same alias as there */
	struct span member; /* foreign server: the local member that answers for its objects; n == 0: it is a hub */
};
#define PEER_ID 104
/* id_out (may be NULL): the link's name. */
enum err peer_add(struct accord *a, const struct peer_config *c, char id_out[PEER_ID], struct fault *f) CHECK_RESULT;
enum err peer_remove(struct accord *a, struct span id, struct fault *f) CHECK_RESULT;
struct peer_status {
	struct span id, url, hub_id, name, last_error;
	bool connected;
	struct timestamp last_contact, last_object; /* {0}: never */
	struct timestamp last_news; /* a hub's directory was read to its end; {0}: never, or no hub */
	const char *withheld; /* what of it is not released because that is too long ago: "none", "amber+strict", "all" */
	int64_t lag_us; /* between the newest object's stamp there and its commit here; -1 unknown */
	uint64_t taken, refused, held;
};
enum err peer_list(struct accord *a, struct timestamp now, struct arena *to, struct peer_status **out, size_t *n, struct fault *f) CHECK_RESULT;
/* What a link has set aside last, newest first; the older ones are only counted. */
struct peer_refused {
	struct timestamp at;
	struct span object, version, reason;
};
enum err peer_refusals(struct accord *a, struct arena *to, struct span id, struct peer_refused **out, size_t *n, struct fault *f) CHECK_RESULT;

/* The key of a hub that this one is linked to.  ERR_NOTFOUND. */
enum err peer_key(struct accord *a, struct span hub_id, uint8_t key[static 32], struct fault *f) CHECK_RESULT;

struct peer_links; /* the running links of a hub: one thread each */
enum err peer_links_start(struct accord *a, struct timestamp (*now)(void *), void *ctx, struct peer_links **out, struct fault *f) CHECK_RESULT;
/* Links were added or removed (by this or another process): start and stop threads accordingly. */
void peer_links_refresh(struct peer_links *l);
/* Stops all threads and waits for them; returns within a second. */
void peer_links_stop(struct peer_links *l);
#endif
