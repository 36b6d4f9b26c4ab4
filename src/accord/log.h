/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's log towards others: signed checkpoints, cosignatures, and this hub as a witness of others' logs.
 *
 * 1. A checkpoint is a C2SP signed note; its name is "musubi/HUB-ID/EPOCH", the key the hub's.  A restored hub begins a new epoch and with it a new name: it may
 *    lack what came after its backup, and must not look like a fork.
 * 2. A witness cosigns only what continues what it has cosigned before; it remembers the newest checkpoint of each log.
 * 3. Witnesses tell each other what they have seen.  Two checkpoints of one log of which neither continues the other are kept as evidence of a fork: both notes
 *    are signed by the log's own key. */
#ifndef ACCORD_LOG_H
#define ACCORD_LOG_H
#include "accord/accord.h"
#include "sign/note.h"
#include "store/ledger.h"

#define ACCORD_LOG_NAME 160
void accord_log_name(struct accord *a, char out[static ACCORD_LOG_NAME]);
struct note_key accord_log_key(struct accord *a, const char *name);
/* The newest checkpoint with the cosignatures that it has; signed now where the log has grown. */
enum err accord_log_checkpoint(struct accord *a, struct timestamp now, struct buf *out, struct fault *f) CHECK_RESULT;
/* A witness's line for the checkpoint of this size.  ERR_DENIED where it does not hold. */
enum err accord_log_cosigned(struct accord *a, struct span witness_hub, const uint8_t key[static 32], uint64_t size, struct span line, struct fault *f) CHECK_RESULT;
/* Every checkpoint against the log as it is; fn for each fault.  *n: how many there are. */
enum err accord_log_check(struct accord *a, void (*fn)(void *ctx, bool error, const char *what), void *ctx, uint64_t *errors, struct fault *f) CHECK_RESULT;

/* Who was given an object, as JSON: {"object","log","size","checkpoint","receipts":[{"index","kind","entry","act","object_sha256","salt","proof"}]}.  Whoever submitted it
 * gets all; anybody else what was given to their own organisation.  by NULL: the operator, all. */
enum err accord_log_receipts(struct accord *a, const struct accord_principal *by, struct span object, struct timestamp now, struct buf *json, struct fault *f) CHECK_RESULT;
/* An offline proof of one entry (C2SP tlog-proof), with what opens it as extra data; open NULL: without. */
enum err accord_log_prove(struct accord *a, uint64_t index, struct timestamp now, struct buf *out, struct fault *f) CHECK_RESULT;

/* ---- as a witness ---- */
struct accord_sight {
	uint64_t size; /* 0: nothing of this log was seen yet */
	struct merkle_hash root;
};
/* Reads and verifies a log's note: *out, its name into name. */
enum err accord_witness_read(struct span note, const uint8_t key[static 32], struct checkpoint *out, char name[static ACCORD_LOG_NAME], struct fault *f) CHECK_RESULT;
enum err accord_witness_state(struct accord *a, const char *name, struct accord_sight *out, struct fault *f) CHECK_RESULT;
/* A checkpoint of a peer's log: `proof` shows that it continues what was seen (none is needed for the first).  line: our cosignature, a line for the note.
 * ERR_DENIED: not the log's signature; ERR_CONFLICT: it does not continue: a fork, which is kept. */
enum err accord_witness_take(struct accord *a, struct span hub, const uint8_t key[static 32], struct span note, const struct merkle_proof *proof, struct timestamp now,
	struct buf *line, struct fault *f) CHECK_RESULT;
/* What this hub has seen of others' logs, for other witnesses: JSON. */
enum err accord_witness_list(struct accord *a, struct buf *json, struct fault *f) CHECK_RESULT;
/* What another witness has seen (a note by the log's key) beside what this one has: the sizes between which the log has to show that one continues the other.
 * ERR_CONFLICT: they are equally large and differ, which is kept; from == to: nothing to ask. */
enum err accord_witness_compare(struct accord *a, struct span hub, const uint8_t key[static 32], struct span note, struct timestamp now, struct accord_sight *from,
	struct accord_sight *to, struct fault *f) CHECK_RESULT;
/* The log could not show it: kept as a fork. */
enum err accord_witness_fork(struct accord *a, struct span hub, struct span note, struct timestamp now, struct fault *f) CHECK_RESULT;
struct accord_fork {
	struct span name, hub, had, saw;
	struct timestamp at;
};
enum err accord_forks(struct accord *a, void (*fn)(void *ctx, const struct accord_fork *k), void *ctx, struct fault *f) CHECK_RESULT;
#endif
