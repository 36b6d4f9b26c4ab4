/* SPDX-License-Identifier: Apache-2.0 */
/* The one log of a hub: an RFC 6962 tree over all submissions, releases, accord events and credentials, in commit order.
 *
 * 1. Leaves are added at the end of the very transaction whose rows they are about: what is durable is logged, and what is logged is durable.  A page's
 *    release is committed before its bytes leave, so its leaves are too.
 * 2. An entry is a line of ASCII: "submit COMMITMENT", "release COMMITMENT" (base64), "accord JSON", "credential JSON".
 *    COMMITMENT = SHA-256(SHA-256(act) + SHA-256(object) + salt): no content and no person can be read from it, so nothing ever needs to be taken out.
 *    What opens it (act text, the object's digest, the salt) is given to whom it concerns.
 * 3. The act's text:  "musubi release 1\nat TIME\nto RECIPIENT\nwhat bytes|name\npolicy HEX\ncollection ID\n" and
 *    "musubi submission 1\nat TIME\nfrom ORGANISATION\nhome HUB|-\ncollection ID\n".
 * 4. Nothing of it is ever rewritten; every node can be made again from the rows (ledger_check does so). */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H
#include "sign/merkle.h"
#include "store/store.h"

#define LEDGER_KIND_LIST(X) X(SUBMISSION, "submit") X(RELEASE, "release") X(ACCORD, "accord") X(CREDENTIAL, "credential")
enum ledger_kind {
#define X(k, name) LEDGER_##k,
	LEDGER_KIND_LIST(X)
#undef X
};
const char *ledger_kind_name(enum ledger_kind k);

struct ledger_head {
	uint64_t size;
	struct merkle_hash root;
};
enum err ledger_head(struct store *s, struct ledger_head *out, struct fault *f) CHECK_RESULT;
/* The same in a transaction that is read or written; without what the transaction itself adds. */
enum err ledger_head_in(struct db *db, struct ledger_head *out, struct fault *f) CHECK_RESULT;
/* An event of this transaction: kind ACCORD or CREDENTIAL; JSON without line breaks, at most LEDGER_EVENT_MOST bytes. */
#define LEDGER_EVENT_MOST 60000 /* an entry of a C2SP tile has a length of 16 bits */
enum err ledger_event(struct store_tx *tx, enum ledger_kind kind, struct span json, struct fault *f) CHECK_RESULT;

struct ledger_entry {
	uint64_t index;
	enum ledger_kind kind;
	struct span entry; /* the leaf's bytes */
	struct span act; /* submission, release: the text that opens it, with … */
	const uint8_t *object, *salt; /* 32 and 16 bytes */
	int64_t version; /* row number, local */
};
/* `n` entries from `from` on, in order, fewer at the end; spans live until fn returns. */
enum err ledger_entries(struct store *s, uint64_t from, uint64_t n, enum err (*fn)(void *ctx, const struct ledger_entry *e), void *ctx, struct fault *f) CHECK_RESULT;
/* All that is logged about the versions of an object: submissions, and releases; `size`: the log as it is in the same moment. */
enum err ledger_of_object(struct store *s, struct span id, enum err (*fn)(void *ctx, const struct ledger_entry *e, struct span origin), void *ctx, uint64_t *size, struct fault *f)
	CHECK_RESULT;

/* C2SP tlog-tiles: `width` hashes of a tile.  ERR_NOTFOUND beyond the tree. */
enum err ledger_tile(struct store *s, unsigned level, uint64_t index, unsigned width, struct buf *out, struct fault *f) CHECK_RESULT;
enum err ledger_inclusion(struct store *s, uint64_t index, uint64_t size, struct merkle_proof *out, struct fault *f) CHECK_RESULT;
enum err ledger_consistency(struct store *s, uint64_t from, uint64_t to, struct merkle_proof *out, struct fault *f) CHECK_RESULT;
enum err ledger_root(struct store *s, uint64_t size, struct merkle_hash *out, struct fault *f) CHECK_RESULT;
#endif
