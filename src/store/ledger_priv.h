/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the ledger: its state row, and walking its rows. */
#ifndef STORE_LEDGER_PRIV_H
#define STORE_LEDGER_PRIV_H
#include "store/ledger.h"
#include "store/page_priv.h"

#define LEDGER_SALT 16
struct ledger_state {
	struct merkle_edge edge;
	int64_t last[3]; /* versions, releases, events up to these numbers are logged */
};
enum err ledger_state_read(struct db *db, struct ledger_state *out, struct fault *f);
/* The key of the salts; made of the hub's secret at first, then kept. */
enum err ledger_key(struct db *db, uint8_t key[static 32], bool *there, struct fault *f);

struct ledger_row {
	uint64_t first, count;
	enum ledger_kind kind; /* events: LEDGER_ACCORD, whatever the event's own kind is */
	int64_t row, last; /* numbers in the table that it is about */
	int64_t at; /* of submissions */
};

/* What one row of st_leaf is about, entry by entry. */
struct ledger_walk {
	struct db *db;
	uint8_t key[32];
	enum err (*fn)(void *ctx, const struct ledger_entry *e);
	void *ctx;
	struct buf act, line;
	struct span collection; /* of the last act: id */
	char id[80];
	int64_t collection_number;
	uint8_t act_digest[32];
	int64_t same[3]; /* origin, home, collection of the act at hand */
	bool begun;
};
enum err ledger_walk_init(struct ledger_walk *w, struct db *db, struct fault *f);
void ledger_walk_end(struct ledger_walk *w);
/* Entries of the versions [from, to], the release, the event; the first has index `first`.  *count: how many there were. */
enum err ledger_walk_versions(struct ledger_walk *w, uint64_t first, int64_t from, int64_t to, int64_t at, uint64_t *count, struct fault *f);
enum err ledger_walk_release(struct ledger_walk *w, uint64_t first, int64_t number, uint64_t *count, struct fault *f);
enum err ledger_walk_event(struct ledger_walk *w, uint64_t first, int64_t number, uint64_t *count, struct fault *f);

/* Every row of the log against every other and against what it is about; fn for each fault. */
enum err ledger_check(struct db *db, void (*fn)(void *ctx, const char *what), void *ctx, uint64_t *size, struct fault *f);
/* Called once a transaction, before it is committed: what it wrote becomes leaves. */
enum err ledger_commit(struct store_tx *tx, struct fault *f);
#endif
