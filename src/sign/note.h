/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes, checkpoints and cosignatures as C2SP has them (signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof).
 *
 * A note is a text of whole lines, an empty line, and lines "— NAME BASE64" (EM DASH).  Whoever checks brings the keys: signatures by others are passed over,
 * a wrong one by a known key spoils the note. */
#ifndef SIGN_NOTE_H
#define SIGN_NOTE_H
#include "sign/merkle.h"

#define NOTE_BYTES (64u << 10) /* a whole note */
#define NOTE_SIGNATURES 100
#define NOTE_NAME 200 /* bytes of a key's name */

enum note_kind {
	NOTE_ED25519 = 1, /* the log's own signature over the text */
	NOTE_COSIGNATURE = 4, /* a witness's, over the text and the time of signing */
};
struct note_key {
	struct span name;
	enum note_kind kind;
	uint8_t public_key[32];
	uint8_t id[4];
};
/* False where the name cannot stand in a note (empty, spaces, '+', control characters, too long, no UTF-8). */
bool note_key_make(struct note_key *out, struct span name, enum note_kind kind, const uint8_t public_key[static 32]);
/* "NAME+HASH+KEY"; the span of the name points into it. */
bool note_key_read(struct span vkey, struct note_key *out);
void note_key_write(const struct note_key *k, struct buf *out);

struct note_signature {
	struct span name;
	uint8_t id[4];
	struct span bytes; /* after the id */
	const struct note_key *by; /* set by note_check where it holds */
	uint64_t time; /* of a cosignature that holds: seconds since 1970 */
};
struct note {
	struct span text; /* with its last newline */
	struct note_signature *signatures;
	size_t n_signatures;
};
/* Spans point into `whole` or live in a.  ERR_SYNTAX, ERR_LIMIT. */
enum err note_read(struct arena *a, struct span whole, struct note *out, struct fault *f) CHECK_RESULT;
/* ERR_DENIED where a signature by one of these keys is wrong, or none of them has signed.  Of several by one key the first counts. */
enum err note_check(struct note *n, const struct note_key *keys, size_t n_keys, struct fault *f) CHECK_RESULT;
/* True where `key` is among the signatures that held. */
bool note_signed_by(const struct note *n, const struct note_key *key);
/* One signature line over text; time counts for cosignatures alone. */
void note_sign(struct span text, const struct sign_key *k, const struct note_key *as, uint64_t time, struct buf *line);

struct checkpoint {
	struct span origin;
	uint64_t size;
	struct merkle_hash root;
};
/* A note's text.  Extension lines after the root are allowed and passed over. */
enum err checkpoint_read(struct span text, struct checkpoint *out, struct fault *f) CHECK_RESULT;
void checkpoint_write(const struct checkpoint *c, struct buf *text);

/* Standard base64 with padding; reading refuses what writing would not have written. */
void sign_base64(const void *p, size_t n, struct buf *out);
bool sign_base64_read(struct span text, void *out, size_t room, size_t *n);
bool sign_hash_read(struct span base64, struct merkle_hash *out);
/* "key": [base64 …] */
void merkle_proof_put(struct json_out *o, const char *key, const struct merkle_proof *p);
#endif
