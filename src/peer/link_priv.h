/* SPDX-License-Identifier: Apache-2.0 */
/* A running link: its thread, its feeds (one a collection there), and how a page is taken in. */
#ifndef PEER_LINK_PRIV_H
#define PEER_LINK_PRIV_H
#include "peer/client.h"
#include "peer/peer_priv.h"
#include <pthread.h>
#include <stdatomic.h>

#define LINK_FEEDS 32 /* collections of one peer that are followed; a peer cannot make us start more threads */
#define LINK_PAGE 1000 /* objects asked for at a time */
#define LINK_WAIT_S 25 /* Prefer: wait */
#define LINK_POLL_MS 30000 /* between polls of a quiet server that does not wait, ± 20 % */
#define LINK_RETRY_FIRST_MS 100 /* after a failed connection, then doubled … */
#define LINK_RETRY_MOST_MS 2500 /* … up to this: a healed link has caught up within 5 s */
#define LINK_REFUSED_MOST_MS 30000 /* the same where the peer answers and refuses: asking faster would not help */
#define LINK_STATE_US 5000000 /* state is written at most so often */
#define LINK_LIST_US 10000000 /* the peer's collections are listed again so often */
#define LINK_LOG_US 10000000 /* the peer's log is looked at so often */
#define LINK_WAITING_US 5000000 /* documents that wait for another hub's try again so often, and whenever one came */
#define LINK_ASIDE 256 /* refusals remembered of a feed, so that none is counted again when a page is read twice */
#define LINK_OVERLAP_US 10000000 /* foreign servers stamp before they commit: so far back the last polls look again */
#define LINK_OVERLAP_POLLS 3 /* … so often after something new came; later only the very last stamp is read again */

struct link;
struct feed {
	struct link *link;
	struct client *client;
	pthread_t thread;
	bool running, directory;
	struct span there; /* collection's id at the peer */
	struct store_collection here; /* where its objects go */
	pthread_mutex_t lock; /* of cursor; the directory's is held while its objects are applied */
	struct peer_cursor cursor;
	unsigned overlaps;
	uint64_t aside[LINK_ASIDE]; /* digests of the newest refusals */
	size_t n_aside;
	atomic_bool caught_up;
};
struct peer_links {
	struct accord *accord;
	struct timestamp (*now)(void *ctx);
	void *ctx;
	pthread_mutex_t lock; /* of first */
	_Atomic uint64_t documents; /* taken so far by all links: what waits for another hub's may try again */
	struct link *first;
};
struct link {
	struct peer_links *all;
	struct link *next;
	struct arena *arena; /* row; as long as the link */
	struct peer_row row;
	uint64_t fingerprint; /* of the configuration: a changed one is another link */
	uint8_t key[32]; /* the peer's */
	pthread_t thread;
	atomic_bool stop, again; /* end; begin the session again (new epoch, other collections, or we are not let in any more) */
	atomic_bool refused; /* … because of the last */
	pthread_mutex_t clients; /* of main and feeds' clients against link_stop */
	struct client *main;
	struct arena *session; /* feeds' texts; as long as a session */
	struct feed feed[LINK_FEEDS];
	size_t n_feeds;
	struct feed *directory;
	pthread_mutex_t state_lock;
	struct peer_state state;
	bool dirty;
	struct timestamp written;
};

/* link_page.c: asks for one page of a feed with client c and takes it in.  *more: ask again at once; *count: objects it held. */
enum err link_page(struct feed *feed, struct client *c, unsigned wait_s, bool *more, size_t *count, struct fault *f) CHECK_RESULT;
/* Documents of the peer's directory that waited for another hub's try again. *left: some still wait. */
enum err link_retry_waiting(struct link *l, bool *left, struct fault *f) CHECK_RESULT;
/* log_watch.c: one look at the peer's log, as its witness. */
void link_watch_log(struct link *l);
/* link.c */
struct timestamp link_now(const struct link *l);
#endif
