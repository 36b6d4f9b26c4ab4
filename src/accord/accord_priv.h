/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the accord itself, its snapshots, the label cache, the change that re-decides. */
#ifndef ACCORD_ACCORD_PRIV_H
#define ACCORD_ACCORD_PRIV_H
#include <pthread.h>
#include <stdatomic.h>
#include "accord/accord.h"
#include "policy/decide.h"
#include "util/bounds.h"

#define ACCORD_ARENA (256u << 20) /* cap of a snapshot or a change: some 100,000 members */

struct accord_pair {
	struct span from, to;
};
struct accord_person {
	struct span id, member, name;
};
struct accord_news { /* news.c */
	struct span hub;
	_Atomic int64_t at, kept; /* µs: heard of last; as it is on disk */
};
struct accord_snapshot {
	atomic_uint refs;
	struct arena *arena;
	uint64_t generation;
	int64_t facts; /* store_facts of the transaction in which it was read or made: views decided by it end where later changes begin */
	const struct accord_hub *hub; /* the accord's own; lives longer */
	struct accord_member *members; /* by id */
	size_t n_members;
	struct accord_agreement *agreements; /* by id */
	size_t n_agreements;
	struct accord_agreement **by_marking;
	struct accord_pair *delegations; /* by from, to */
	size_t n_delegations;
	struct accord_person *persons; /* by id */
	size_t n_persons;
	struct accord_news *news; /* by hub */
	size_t n_news;
};

struct accord_labels; /* label_cache.c */
struct accord_views; /* view_cache.c */
struct accord_logins; /* token.c */

struct accord {
	struct store *store;
	struct arena *arena; /* hub's facts */
	struct accord_hub hub;
	struct sign_key key;
	struct timestamp (*now)(void *ctx);
	void *ctx;
	int64_t directory; /* number of the collection */
	struct span directory_label; /* key under which the hub's own documents stand */

	pthread_mutex_t lock; /* of `current` alone */
	const struct accord_snapshot *current;
	pthread_mutex_t refreshing; /* one accord_refresh at a time */
	bool outside; /* under refreshing: another process wrote and that was not read yet */
	_Atomic int64_t decided; /* µs: the time that feeds were last decided for */
	atomic_bool marking_came; /* objects that wait for it may try again */
	_Atomic int64_t next_change; /* µs: from then on some answer may differ by time alone; 0: not known yet */
	struct accord_labels *labels;
	struct accord_views *views;
	struct accord_logins *logins;
};

/* ---- ids.c: random ids, fixed ids, checks of what people type ---- */
void accord_id_new(const char *type, char out[static 64]); /* "type--" and a random UUID */
void accord_id_from(const char *type, struct span seed, char out[static 64]); /* the same id for the same seed, of UUID form 4 */
bool accord_country_ok(struct span cc);
enum err accord_name_check(struct span name, const char *where, struct fault *f) CHECK_RESULT;
const char *accord_kind_name(enum accord_kind k);
bool accord_kind_parse(struct span name, enum accord_kind *out);
const char *accord_status_name(enum accord_status s);
bool accord_status_parse(struct span name, enum accord_status *out);
struct span *accord_lines(struct arena *a, struct span text, size_t *n); /* newline-separated list of a column */
struct span accord_join(struct arena *a, const struct span *v, size_t n);

/* ---- token.c ---- */
struct accord_logins *accord_logins_new(void);
void accord_logins_free(struct accord_logins *l);
void accord_token_text(char token[static ACCORD_TOKEN]); /* a new secret */

/* ---- snapshot.c ---- */
enum err accord_snapshot_load(struct accord *a, struct db *db, struct accord_snapshot **out, struct fault *f) CHECK_RESULT;
const struct accord_snapshot *accord_snapshot_ref(const struct accord_snapshot *s);
/* Makes s the current one unless a newer one is; takes the reference. */
void accord_snapshot_swap(struct accord *a, const struct accord_snapshot *s);
enum err accord_snapshot_reload(struct accord *a, bool *changed, struct fault *f) CHECK_RESULT;
/* The local member of kind hub that stands for this hub (by its own id or by its local one). */
const struct accord_member *accord_find_hub(const struct accord_snapshot *s, struct span id);
bool accord_delegated(const struct accord_snapshot *s, struct span from, struct span to);
const struct accord_person *accord_find_person(const struct accord_snapshot *s, struct span id);
uint64_t accord_meta_number(struct db *db, const char *key);
enum err accord_meta_number_set(struct store_tx *tx, const char *key, uint64_t v, struct fault *f) CHECK_RESULT;
#define ACCORD_META_GENERATION "accord.generation"
#define ACCORD_META_DECIDED "accord.decided"

/* ---- label_cache.c: canonical keys read once ---- */
struct accord_labels *accord_labels_new(void);
void accord_labels_free(struct accord_labels *l);
/* NULL where the key cannot be read: then nobody may have it. */
const struct policy_label *accord_label(struct accord *a, struct span key);
/* The same, and the key as it is kept for good. */
const struct policy_label *accord_label_kept(struct accord *a, struct span key, struct span *kept);
/* Labels whose answers may change with c: under its agreement, by time alone in (decided, to], by news of a hub.  False without memory. */
struct accord_change;
bool accord_labels_touched(const struct accord_change *c, struct timestamp to, struct arena *mem, const struct policy_label ***out, size_t *n);
/* Works out next_change anew. */
void accord_labels_settle(struct accord *a);
/* Is any label that is known stricter than this one? */
bool accord_labels_stricter_than(struct accord *a, const struct policy_label *l);

/* ---- recipient.c: one recipient, ready to decide ---- */
struct accord_reader {
	struct accord *a;
	const struct accord_snapshot *s;
	struct policy_recipient to;
	const struct accord_member *hub; /* not NULL: a conduit; `to` is then what it is by itself */
	const struct accord_member **members; /* of that hub, active */
	size_t n_members;
	struct timestamp at, also_at; /* both must release */
};
/* Keys of recipients: "" anonymous, "ORG", "ORG PERSON", "hub MEMBER". */
struct span accord_recipient_key(struct arena *to, const struct accord_snapshot *s, const struct accord_principal *p);
enum err accord_reader_init(struct accord_reader *r, struct accord *a, const struct accord_snapshot *s, struct span key, struct timestamp at, struct arena *mem,
	struct fault *f) CHECK_RESULT;
struct policy_answer accord_reader_answer(const struct accord_reader *r, const struct policy_label *l, struct timestamp at);
struct store_decider accord_reader_decider(struct accord_reader *r);
/* Entries with a stamp before this stay hidden from the reader under this label: it became a party then and the agreement is not retroactive. {0}: none. */
struct timestamp accord_reader_hide(const struct accord_reader *r, const struct policy_label *l);
/* Did the facts that its decisions stand on change between the two (agreements apart)? */
bool accord_reader_same(const struct accord_reader *x, const struct accord_reader *y);

/* ---- news.c: what is withheld while a peer hub is silent ---- */
/* Later times that another process wrote, into a snapshot in use. */
enum err accord_news_again(const struct accord_snapshot *s, struct db *db, struct fault *f) CHECK_RESULT;
/* The first member of a hub is known: its time begins, where it has not. */
enum err accord_news_begin(struct db *db, struct span hub, struct timestamp now, struct fault *f) CHECK_RESULT;
/* Is the home hub of the label's origin silent at this time; and from when after t on will it be, should it stay silent? */
bool accord_silent(const struct accord_snapshot *s, const struct policy_label *l, struct timestamp at);
struct timestamp accord_silent_next(const struct accord_snapshot *s, const struct policy_label *l, struct timestamp after);

/* ---- view_cache.c: what each recipient may have, cached ---- */
struct accord_views *accord_views_new(void);
void accord_views_free(struct accord_views *v);

/* ---- redecide.c ---- */
struct accord_change {
	struct accord *a;
	enum err (*apply)(struct accord_change *c, struct store_tx *tx, struct fault *f); /* may be NULL: time alone; may run again after ERR_BUSY */
	void *ctx;
	struct span agreement; /* set by apply: its parties changed (span of the snapshot or of ctx) */
	bool nothing; /* set by apply: it changed nothing */
	struct timestamp now;
	struct arena *arena;
	const struct accord_snapshot *before; /* the facts as they are in this transaction, before apply */
	struct accord_snapshot *after;
	bool moved; /* out: somebody's releases changed */
	/* in the transaction: labels that may answer anew to whoever's own facts are the same, and since when */
	const struct policy_label **touched;
	size_t n_touched;
	struct timestamp decided;
	bool news; /* set by apply: a hub that was silent was heard of */
	bool current; /* before is this process's current snapshot */
	bool all; /* … all of them: the clock was set back; or set by apply: more than one agreement changed */
};
/* a, apply, ctx are set by the caller.  Not from the writer thread. */
enum err accord_change_run(struct accord_change *c, struct fault *f) CHECK_RESULT;

/* ---- directory.c: the hub's own documents, for peers ---- */
enum err accord_publish_hub(struct accord *a, struct store_tx *tx, struct timestamp now, struct fault *f) CHECK_RESULT;
enum err accord_publish_member(struct accord *a, struct store_tx *tx, const struct accord_member *m, struct timestamp changed, struct fault *f) CHECK_RESULT;
enum err accord_publish_agreement(struct accord *a, struct store_tx *tx, const struct accord_agreement *g, struct timestamp now, struct fault *f) CHECK_RESULT;
struct accord_accession {
	struct span agreement, digest, org;
	enum accord_event event;
	struct timestamp at, until;
	struct span proof; /* the party's own: a proof over the document, or a signed act whole; n == 0: its hub's word alone */
};
enum err accord_publish_accession(struct accord *a, struct store_tx *tx, const struct accord_accession *e, struct timestamp now, struct fault *f) CHECK_RESULT;

/* ---- member.c, agreement.c: rows, for directory.c too ---- */
/* ERR_NOTFOUND, ERR_DENIED where it is another hub's. */
enum err accord_member_local(const struct accord_snapshot *s, struct span id, const struct accord_member **out, struct fault *f) CHECK_RESULT;
enum err accord_member_put(struct db *db, const struct accord_member *m, struct timestamp changed, struct fault *f) CHECK_RESULT;
/* Keeps a member's record as it is now and tells peers; its time moves on. */
enum err accord_member_publish_anew(struct accord_change *c, struct store_tx *tx, const struct accord_member *m, struct fault *f) CHECK_RESULT;
struct accord_document { /* an agreement's text, read */
	struct policy_agreement policy; /* without parties */
	struct span title, json, digest; /* json: complete, with id and effective */
	struct accord_accession *events; /* of the parties that it lists */
	size_t n_events;
	char marking[64];
	struct accord_life life;
};
/* ---- life.c ---- */
enum err accord_life_read(struct arena *a, struct json document, struct accord_document *d, struct fault *f) CHECK_RESULT;
/* When the document's own rule was first met by these parties; TIMESTAMP_NEVER: not yet. */
struct timestamp accord_life_entry(const struct accord_life *life, struct timestamp effective, const struct policy_party *parties, size_t n);
/* Sets effective and expires of all agreements of a snapshot from their parties and successors. */
void accord_life_settle(struct accord_agreement *v, size_t n);
/* A new text beside those that are known: numbers, gaps, circles, includes. */
enum err accord_life_check(const struct accord_snapshot *s, const struct accord_document *d, bool here, struct fault *f) CHECK_RESULT;
/* The party's own proof in an event, against the text and the keys that the member has.  *why in words where it does not hold. */
enum err accord_proof_holds(struct arena *a, const struct accord_member *m, struct span document, const struct accord_accession *e, struct fault *f) CHECK_RESULT;
enum err accord_keys_put(struct db *db, struct span member, struct span hub, const struct accord_key *keys, size_t n, struct fault *f) CHECK_RESULT;

enum err accord_document_read(struct arena *a, struct span json, struct timestamp now, struct accord_document *out, struct fault *f) CHECK_RESULT;
enum err accord_document_put(struct db *db, const struct accord_document *d, struct timestamp now, struct fault *f) CHECK_RESULT;
/* A leaf of the log with a few words. */
enum err accord_log_words(struct store_tx *tx, struct timestamp now, struct fault *f, const char *event, const struct accord_pair *v, size_t n) CHECK_RESULT;
/* One event of a party of this hub, checked, kept, published. */
enum err accord_event_run(struct accord *a, const struct accord_accession *x, struct fault *f) CHECK_RESULT;
void accord_accession_id(const struct accord_accession *e, char out[static 64]);
enum err accord_accession_put(struct db *db, const struct accord_accession *e, struct span hub, struct fault *f) CHECK_RESULT;

/* ---- notice.c ---- */
/* Tells everyone who was given a version of the line and may not see `label` now (NULL: nobody may) that it was withdrawn, restricted or revoked. */
struct accord_notice {
	struct accord *a;
	const struct accord_snapshot *s;
	int64_t collection;
	struct span id, origin, version;
	const char *reason;
	const struct policy_label *label;
	struct timestamp now;
};
enum err accord_notice_tell(struct store_tx *tx, const struct accord_notice *n, struct fault *f) CHECK_RESULT;
/* ---- waiting.c ---- */
/* Objects that waited for an agreement try again. */
enum err accord_held_retry(struct accord *a, struct fault *f) CHECK_RESULT;

extern const char *const accord_schema[];
extern const size_t accord_schema_n;
#endif
