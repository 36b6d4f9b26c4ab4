/* SPDX-License-Identifier: Apache-2.0 */
/* The store: objects byte for byte, feeds in commit order, and the only way to read them.
 *
 * 1. One writer thread commits jobs in groups: one transaction, one fsync for all that wait (store_submit).  A job that fails is rolled back
 *    alone (savepoint); nothing is acknowledged (done called with ERR_OK) before the transaction is durable.
 * 2. A stamp is max(now, last + 1 µs), taken inside the write transaction: unique, strictly increasing, in commit order.
 * 3. An object's entry in a feed has a label (a number, immutable) and an ordinal inside that label, and may have a second label, `also`, that narrows it
 *    later.  A recipient may have the entry if both are in its view.  There is no way to read an object for a recipient without a view.
 * 4. A label is interned per collection: base labels have the policy's canonical key; compound ones are made by the store (closure, versions, lines).
 * 5. Grants move ordinals of a label to fresh stamps for one recipient, or hide them: rows are never copied.
 * 6. A page's bytes can be read only after its release has been recorded durably (store_page_release).
 *
 * Lines.  A line is (collection, id, origin): the versions of an object that one organisation submitted.  Where several organisations submit the same id
 * (observables; objects of outside creators), each has its line; a recipient sees the entries of a later line only where it may not see the earlier one.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "stix/object.h"
#include "stix/values.h"
#include "store/db.h"

struct store;
struct store_tx; /* a write transaction in progress; the writer thread's alone */
struct store_view; /* what one recipient may have: counted, read-only once made */

struct store_options {
	struct timestamp (*now)(void *ctx); /* the clock */
	void *ctx;
	bool create; /* make the data base where there is none */
	void (*committed)(void *ctx, struct timestamp last); /* hint: called in the writer thread after each commit with new entries; may be NULL */
	void *committed_ctx;
	unsigned sort_after; /* so many new objects are brought into the indexes at once when the writer is idle, eight times as many when not; 0: 256 */
};
/* dir/musubi.db.  Schema migrations of this room run here; other rooms add theirs with store_migrate. */
enum err store_open(struct store **out, const char *dir, const struct store_options *o, struct fault *f) CHECK_RESULT;
void store_close(struct store *s);

/* Schema steps of a room: each runs once, in order, recorded by (room, number from 1). */
enum err store_migrate(struct store *s, const char *room, const char *const *steps, size_t n, struct fault *f) CHECK_RESULT;

/* ---- transactions ---- */
struct store_job {
	enum err (*run)(void *ctx, struct store_tx *tx, struct fault *f); /* in the writer thread; may be called again after ERR_BUSY */
	void (*done)(void *ctx, enum err e, const struct fault *f); /* in the writer thread, after the commit or the failure */
	void *ctx;
	bool again; /* run may be called once more after all that it did was undone (another job of its group failed): spares a savepoint a job */
	struct store_job *next; /* the store's while the job is queued */
};
/* Queues a job; it must live until done was called. */
void store_submit(struct store *s, struct store_job *job);
/* Runs fn in a write transaction and waits until it is durable. */
enum err store_write(struct store *s, enum err (*fn)(void *ctx, struct store_tx *tx, struct fault *f), void *ctx, struct fault *f) CHECK_RESULT;
/* Runs fn with a reading connection, in one read transaction (a consistent snapshot).  Must not read objects: use pages. */
enum err store_read(struct store *s, enum err (*fn)(void *ctx, struct db *db, struct fault *f), void *ctx, struct fault *f) CHECK_RESULT;
struct db *store_tx_db(struct store_tx *tx);
struct store *store_tx_store(struct store_tx *tx);
struct timestamp store_tx_now(struct store_tx *tx);
/* The next stamp, and `n` of them (the first is returned). */
struct timestamp store_tx_stamps(struct store_tx *tx, size_t n);
/* Small durable facts: epoch, keys of rooms above.  Empty span: not there. */
struct span store_meta_get(struct db *db, struct arena *a, const char *key);
enum err store_meta_set(struct store_tx *tx, const char *key, struct span value, struct fault *f) CHECK_RESULT;
/* True when another process has committed since the last call (cheap: PRAGMA data_version). */
bool store_changed_outside(struct store *s);
/* The stamp of the newest entry; {0} when empty. */
struct timestamp store_last_stamp(struct store *s);

/* ---- collections ---- */
struct store_collection {
	int64_t number; /* local, never on the wire */
	struct span id; /* UUID text */
	struct span alias, title, description, default_tlp; /* default_tlp n == 0: none */
	bool can_read, can_write;
	bool directory; /* the hub's own documents, for peers */
};
enum err store_collection_add(struct store_tx *tx, const struct store_collection *c, int64_t *number, struct fault *f) CHECK_RESULT;
/* All, by alias; spans live in a. */
enum err store_collections(struct store *s, struct arena *a, struct store_collection **out, size_t *n, struct fault *f) CHECK_RESULT;

/* ---- writing objects ---- */
enum store_fate {
	STORE_ADDED, /* committed, in the feed */
	STORE_UNCHANGED, /* the same bytes from the same origin are there already */
	STORE_DIFFERENT, /* same id and modified, different content: kept as evidence, not released */
	STORE_FOREIGN, /* it would version an object of another organisation that the submitter may see */
	STORE_REVOKED /* the line was revoked: nothing comes after */
};
const char *store_fate_name(enum store_fate f);
struct store_put {
	/* in */
	const struct stix_object *object;
	int64_t collection;
	struct span origin; /* organisation id */
	struct span home; /* hub id the object came from; n == 0: submitted here */
	struct span label_key; /* policy_label_key */
	const struct store_view *submitter; /* to tell FOREIGN without telling what the submitter may not know; NULL: skip the question */
	const struct store_value {
		enum stix_value_kind kind;
		struct span normal;
	} * values;
	size_t n_values;
	/* out */
	enum store_fate fate;
	struct timestamp stamp; /* of the entry (ADDED, UNCHANGED) */
	int64_t version; /* row number, local */
	bool newest; /* it is now the newest version of its line */
	bool relabelled; /* the line's newest label changed, or it was revoked: somebody may have to be told (store_released_to) */
};
enum err store_put(struct store_tx *tx, struct store_put *p, struct fault *f) CHECK_RESULT;
/* Search tokens of a text: NFKC, case folded, Latin marks stripped, words and bigrams (design/dependencies.md); space separated. */
struct span store_words(struct arena *a, struct span text);

/* Withdraws versions of the line (collection, id, origin): closed for everyone, kept as evidence.  version n == 0: all.
 * *count: how many.  ERR_NOTFOUND when there is none. */
enum err store_withdraw(struct store_tx *tx, int64_t collection, struct span id, struct span origin, struct span version, size_t *count, struct fault *f) CHECK_RESULT;

/* The bytes of the newest version of an identity, marking-definition or extension-definition as this origin gave it: only for those who were given an object
 * of that origin that refers to it. */
enum err store_meta_object(struct store *s, struct arena *a, struct span id, struct span origin, struct span *raw, struct fault *f) CHECK_RESULT;

/* ---- views ---- */
enum store_decision { STORE_WITHHOLD,
	STORE_RELEASE,
	STORE_RELEASE_ORIGIN /* release without the closure rule: it is their own */ };
struct store_decider {
	enum store_decision (*decide)(void *ctx, struct span label_key); /* pure; called once per base label */
	void *ctx;
	int64_t facts; /* store_facts of the transaction in which the facts that decide were read; 0: those of this moment */
};
/* Counts the changes that store_view_change made.  Whoever keeps facts in memory reads it together with them and hands it on in its deciders: a page
 * of a view decided on older facts ends where they changed, so that no reader's position passes what has just opened to it. */
int64_t store_facts(struct db *db);
int64_t store_tx_facts(struct store_tx *tx); /* as it will be after this transaction: for facts that were made in it; after store_view_change */
/* A view of what `recipient` (a key made by accord; "" anonymous) may have: decides every base label, evaluates compound ones, loads grants.
 * `since`: an older view of the same recipient and decider facts, to decide only labels that are new; NULL for a fresh one.
 * The decider is kept by nobody after the call. */
enum err store_view_new(struct store *s, struct span recipient, const struct store_decider *d, const struct store_view *since, const struct store_view **out, struct fault *f) CHECK_RESULT;
const struct store_view *store_view_ref(const struct store_view *v);
void store_view_unref(const struct store_view *v);
/* No new labels or grants since the view was made. */
bool store_view_current(const struct store_view *v);
/* The same inside a transaction (sees its labels). */
enum err store_view_new_tx(struct store_tx *tx, struct span recipient, const struct store_decider *d, const struct store_view **out, struct fault *f) CHECK_RESULT;
/* The recipient's decisions went from `before` to `after` (both made in this tx): labels that opened re-enter its feed at fresh stamps, except ordinals
 * whose stamp is before hide_before(label key), which stay hidden; labels that closed are remembered so that what was seen is not shown again. */
enum err store_view_change(struct store_tx *tx, const struct store_view *before, const struct store_view *after,
	struct timestamp (*hide_before)(void *ctx, struct span label_key), void *ctx, struct fault *f) CHECK_RESULT;

/* ---- reading ---- */
enum store_versions { STORE_VERSIONS_LAST = 1,
	STORE_VERSIONS_FIRST = 2,
	STORE_VERSIONS_ALL = 4 };
struct store_query {
	int64_t collection; /* 0: all collections (search, export) */
	bool has_after;
	struct timestamp after; /* entries with stamp > after */
	struct span cursor; /* resume position of an earlier page (opaque to callers; n == 0: none) */
	const struct span *ids, *types, *spec_versions;
	size_t n_ids, n_types, n_spec_versions;
	unsigned versions; /* enum store_versions bits; 0: LAST */
	const int64_t *exact_ns; /* exact versions as instants */
	size_t n_exact;
	size_t limit; /* most objects; >= 1 */
	size_t max_bytes; /* the page ends early past this */
	struct span value; /* search: entries with this normal value … */
	enum stix_value_kind value_kind;
	struct span words; /* … or all of these tokens (store_words) */
	bool bytes; /* false: manifest, no content */
	enum store_along_how { STORE_ALONG_NONE,
		STORE_ALONG_ONCE, /* with the first object of the feed that refers to it, where the reader has no entry of it; counts for limit */
		STORE_ALONG_EACH /* with each page, beyond limit: for hubs */ } along;
};
struct store_entry {
	struct timestamp stamp; /* as this recipient sees it (grants applied) */
	struct span id, type, version, spec_version, origin, home;
	struct timestamp added; /* at the home hub: own stamp */
	struct span raw; /* n == 0 where query.bytes is false */
	bool revoked;
};
struct store_page; /* counted by nobody: made, released, read, freed */
/* Entries this view may have, in stamp order.  A page costs what it holds, not what it passes over. */
enum err store_page_new(struct store *s, const struct store_view *v, const struct store_query *q, struct store_page **out, struct fault *f) CHECK_RESULT;
/* Records who is given this page before anyone is.  True: already recorded durably, go on.  False: done(ctx, …) will be called in the writer thread. */
bool store_page_release(struct store_page *p, void (*done)(void *ctx, enum err e, const struct fault *f), void *ctx);
/* The same, waiting. */
enum err store_page_release_wait(struct store_page *p, struct fault *f) CHECK_RESULT;
/* Only after the release (asserted): */
size_t store_page_count(const struct store_page *p);
const struct store_entry *store_page_entry(const struct store_page *p, size_t i);
/* Definitions, creators and extension definitions that go along with the page: what their bytes are, the rooms above know. */
struct store_along {
	struct span id;
	size_t entry; /* one that refers to it */
};
size_t store_page_along(const struct store_page *p, const struct store_along **out);
/* The bytes of all its objects, in order and with commas between, in a few pieces. */
size_t store_page_runs(const struct store_page *p, const struct span **runs);
bool store_page_more(const struct store_page *p);
struct span store_page_cursor(const struct store_page *p); /* where the next page begins; fixed length */
void store_page_free(struct store_page *p);
/* Does an entry that the view may have refer to this definition or creator?  ERR_NOTFOUND: none; else the origin (in a) and stamp of one. */
enum err store_referred(struct store *s, const struct store_view *v, int64_t collection, struct span id, struct arena *a, struct span *origin, struct timestamp *stamp, struct fault *f) CHECK_RESULT;
/* How many entries the view may have in a collection (0: all) and the newest stamp among them: without bytes, nothing to record. */
enum err store_view_count(struct store *s, const struct store_view *v, int64_t collection, uint64_t *count, struct timestamp *newest, struct fault *f) CHECK_RESULT;
/* True where an entry newer than `after` is in the view: for long polls. */
bool store_view_has_newer(struct store *s, const struct store_view *v, int64_t collection, struct timestamp after);

/* ---- labels and releases, for operators and receipts: no content ---- */
struct store_held {
	int64_t collection;
	struct span id, version, origin, home, label_key;
	struct timestamp stamp;
	bool newest, revoked, withdrawn;
};
/* Every version held of an id, newest first. */
enum err store_held(struct store *s, struct arena *a, struct span id, struct store_held **out, size_t *n, struct fault *f) CHECK_RESULT;
/* May this view have any version of id (with closure and all)? *closure: its label releases it but something it refers to is withheld. */
enum err store_view_may(struct store *s, const struct store_view *v, struct span id, bool *may, bool *closure, struct fault *f) CHECK_RESULT;
/* Recipients that were ever given a version of the object's line. */
enum err store_released_to(struct store_tx *tx, struct arena *a, int64_t collection, struct span id, struct span origin, struct span **recipients, size_t *n, struct fault *f) CHECK_RESULT;
struct store_receipt {
	struct span recipient;
	struct timestamp at;
	struct span version;
};
enum err store_receipts(struct store *s, struct arena *a, struct span id, struct store_receipt **out, size_t *n, struct fault *f) CHECK_RESULT;

/* Every id that was first submitted in (from, to], in that order: once for each origin and collection. */
enum err store_submitted(struct store *s, struct timestamp from, struct timestamp to, void (*fn)(void *ctx, struct span id, struct span origin, struct timestamp at), void *ctx,
	struct fault *f) CHECK_RESULT;

/* ---- TAXII status resources ---- */
/* id: the text of a uuid_v7 (it tells when the status may go: after a week).  A status of somebody else's stays as it is. */
enum err store_status_put(struct store_tx *tx, struct span id, struct span owner, struct span json, struct fault *f) CHECK_RESULT;
enum err store_status_get(struct store *s, struct arena *a, struct span id, struct span owner, struct span *json, struct fault *f) CHECK_RESULT;

/* ---- upkeep ---- */
/* Online copy into a new file. ERR_CONFLICT when it exists. progress may be NULL. */
enum err store_backup(struct store *s, const char *file, void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx, struct fault *f) CHECK_RESULT;
/* A backup becomes dir's data base (dir must hold none) and begins a new epoch (16 random bytes given). */
enum err store_restore(const char *file, const char *dir, const uint8_t epoch[static 16], struct fault *f) CHECK_RESULT;
/* Verifies digests, ids, ordinals, stamps, references, search index; fn gets each finding; *errors counts them. */
enum err store_check(struct store *s, void (*fn)(void *ctx, bool error, const char *what), void *ctx, uint64_t *errors, struct fault *f) CHECK_RESULT;
/* Is there room on the disk for objects of so many bytes?  The last of it is kept for what small writes must not fail for want of it: the record of a release (no
 * reading without it), log-ins, a withdrawal.  ERR_IO with what to do. */
enum err store_room(const struct store *s, uint64_t bytes, struct fault *f) CHECK_RESULT;
struct store_stats {
	uint64_t objects, versions, bytes, labels, file_bytes, wal_bytes, unindexed;
};
enum err store_stats(struct store *s, struct store_stats *out, struct fault *f) CHECK_RESULT;
#endif
