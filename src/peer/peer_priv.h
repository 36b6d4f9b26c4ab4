/* SPDX-License-Identifier: Apache-2.0 */
/* What peer.c keeps in tables for link.c: configuration, what was learned of the peer, cursors, what was refused, state for operators. */
#ifndef PEER_PEER_PRIV_H
#define PEER_PEER_PRIV_H
#include "peer/peer.h"

#define PEER_REFUSED_KEPT 1000 /* newest refusals of a link; the rest are only counted */
#define PEER_WAITING_MOST 10000 /* documents of a link that wait for another hub's; more are refused */
#define PEER_STALE_US 120000000 /* a state written longer ago is of a hub that does not run any more */

struct peer_row {
	struct peer_config config;
	struct span hub_id, name, country, public_key, epoch; /* learned at first contact; n == 0: not yet */
};
/* Room peer's tables exist.  Idempotent. */
enum err peer_tables(struct accord *a, struct fault *f) CHECK_RESULT;
/* All links, by id; spans live in `to`. */
enum err peer_rows(struct accord *a, struct arena *to, struct peer_row **out, size_t *n, struct fault *f) CHECK_RESULT;

/* First contact: who the peer is, for good.  A new epoch: every cursor of the link is forgotten. */
enum err peer_learn(struct accord *a, const struct peer_row *r, struct fault *f) CHECK_RESULT;

struct peer_cursor {
	bool any;
	struct timestamp after;
	char text[48]; /* to the letter as the server gave it; "" as after */
};
enum err peer_cursor_get(struct accord *a, struct span link, struct span collection, struct peer_cursor *out, struct fault *f) CHECK_RESULT;

struct peer_refusal {
	struct span id, version, reason;
};
struct peer_document { /* of a peer's directory, about something of another hub that is not known here yet */
	struct span id, raw;
};
struct peer_progress { /* what one page did, written in one transaction */
	struct span link, collection; /* the collection's id there */
	struct peer_cursor cursor;
	const struct peer_refusal *refused;
	size_t n_refused;
	const struct peer_document *waiting;
	size_t n_waiting;
	uint64_t refused_before; /* how many the link has refused before these */
	struct timestamp now;
};
enum err peer_progress_put(struct accord *a, const struct peer_progress *p, struct fault *f) CHECK_RESULT;
/* Documents that wait, oldest first, at most `most`; and one that waits no more. */
enum err peer_waiting(struct accord *a, struct arena *to, struct span link, size_t most, struct peer_document **out, size_t *n, struct fault *f) CHECK_RESULT;
enum err peer_waiting_over(struct accord *a, struct span link, struct span id, struct fault *f) CHECK_RESULT;

struct peer_state {
	bool connected;
	struct timestamp last_contact, last_object;
	int64_t lag_us;
	uint64_t taken, refused, held;
	char last_error[480];
};
enum err peer_state_put(struct accord *a, struct span link, const struct peer_state *s, struct timestamp now, struct fault *f) CHECK_RESULT;
enum err peer_state_get(struct accord *a, struct span link, struct peer_state *out, struct fault *f) CHECK_RESULT;
#endif
