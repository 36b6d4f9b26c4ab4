/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the schema's numbers, labels and names in memory, the writer's transaction, the view. */
#ifndef STORE_PRIV_H
#define STORE_PRIV_H
#include <pthread.h>
#include <stdatomic.h>
#include "sign/sign.h"
#include "store/db_priv.h"
#include "store/store.h"

/* ---- rows that only grow, numbered 1, 2, 3 …, kept in memory (labels.c) ----
 * The writer appends; readers see what is committed: cells never move, `committed` is raised after the commit. */
#define SHELF_CELLS 1024
#define SHELF_ROWS 4096 /* 4 million labels */
struct shelf {
	void **rows[SHELF_ROWS];
	size_t n; /* the writer's */
	_Atomic size_t committed;
	uint32_t *slots; /* hash of keys to numbers; the writer's */
	size_t n_slots;
};

#define LABEL_NOBODY 1 /* never in a view */
enum label_kind { LABEL_BASE,
	LABEL_COMPOUND,
	LABEL_NONE };
struct label {
	int64_t number, collection, born; /* born: the first stamp that an entry with it can have */
	int64_t same; /* the first label that says the same in any collection */
	enum label_kind kind;
	struct span key;
	_Atomic int64_t newest; /* no committed entry of it that this process knows of is newer */
	/* The writer's: ordinal of the last entry, known while the mark is the store's. */
	int64_t ordinal;
	uint64_t ordinal_mark;
	/* Compound: visible where own is (0: nothing asked), and own is the recipient's own or each list of `all` has a member that holds (-n: n is its own),
	 * and none of `none` (other lines) and `seen` (earlier entries of the same version) is visible. */
	int64_t own;
	uint32_t n_all, n_none, n_seen;
	int64_t *all; /* lists: count, members … */
	int64_t *none, *seen;
};
struct name {
	struct span text;
};

/* What a compound label is made from; members in any order. */
struct formula {
	int64_t own;
	int64_t *all; /* lists: count, members … */
	size_t n_all, n_all_cells;
	int64_t *none, *seen;
	size_t n_none, n_seen;
};

/* ---- entries ---- */
enum entry_flags {
	ENTRY_REVOKED = 1,
	ENTRY_OLD = 2, /* whoever sees it sees a newer version */
	ENTRY_MAYBE_OLD = 4, /* whether a newer version is seen depends on the recipient */
	ENTRY_MULTI = 8, /* its line has more than one version */
	ENTRY_SPECS = 16, /* its line has more than one specification version */
	ENTRY_WITHDRAWN = 32
};
struct entry {
	int64_t label, stamp, ordinal, version, also;
	unsigned flags;
};
enum line_state { LINE_REVOKED = 1,
	LINE_MULTI = 2,
	LINE_SPECS = 4 };
struct line {
	struct uuid uuid;
	int64_t number; /* of its first version */
	int64_t type, collection, origin;
	int64_t head; /* version stored last */
	int64_t newest, ns, spec; /* newest live version; 0: none lives */
	int64_t top_ns; /* of all, withdrawn ones too */
	int64_t label; /* base label of the newest */
	int64_t first; /* stamp of the first entry: the earlier line is shown */
	unsigned state;
};
/* The rows of a version but for its bytes. */
struct version {
	int64_t number, prev, collection, type, origin, home, spec, ns, own;
	struct uuid uuid;
	bool revoked;
	uint8_t digest[SIGN_DIGEST];
};

/* ---- the store ---- */
#define READERS 64 /* idle reading connections kept */
#define GROUP_JOBS 256 /* most jobs in one transaction */
#define JOB_ARENA (512u << 20)
#define STATUS_KEEP_US (INT64_C(7) * 86400 * 1000000) /* status resources live a week */
struct given;
struct pages;
/* Lines that st_line_uuid does not know yet (fresh.c). */
struct fresh {
	struct fresh_line {
		struct uuid uuid;
		int64_t number;
	} * v;
	size_t n, room;
	size_t *slots; /* hash of uuids to places + 1 */
	size_t n_slots;
	pthread_rwlock_t lock; /* the writer changes it, readers look; the writer's own looks need none */
	int64_t floor, commits; /* all lines past this number are here, of data bases of at most so many commits */
};
struct store {
	struct store_options o;
	const struct db_driver *driver;
	char *path;
	struct db *writer; /* the writer thread's alone */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop;
	struct store_job *first, **end; /* queued */
	bool waits; /* the writer, for a job */
	struct db *idle[READERS];
	size_t n_idle;
	struct shelf labels, names;
	int64_t most_collection; /* of any label */
	/* The writer's copies of durable counters, read again when another process wrote or something was rolled back. */
	int64_t commits; /* of st_clock when they were true */
	bool stale; /* something was rolled back: they are not */
	uint64_t ordinal_mark; /* raised when labels' ordinals in memory are not to be trusted */
	int64_t last_us, next_version, next_grant, facts, indexed, sorted;
	struct fresh fresh;
	_Atomic int64_t published_us; /* newest committed stamp */
	_Atomic uint64_t generation; /* raised with new labels, grants and changed facts */
	_Atomic uint64_t edition; /* raised with every commit that changes a page */
	_Atomic int64_t own_commits, outside_commits; /* of this process; of others, as far as known */
	_Atomic int64_t known_commits; /* labels' newest stamps are true for data bases of so many commits */
	_Atomic uint64_t unindexed;
	_Atomic uint64_t log_waiting; /* bytes of the log that the data base may have to grow by */
	struct given *given;
	struct pages *pages;
};

/* An id, by what the tables know of it. */
struct ident {
	struct uuid uuid;
	int64_t type;
};
/* An object of the running job whose entry is not written yet (queue.c). */
struct queued {
	struct version v;
	struct line line;
	int64_t stamp, also;
	bool others; /* its id has other lines in the collection */
	bool supersedes; /* older versions of the line have to be told */
	bool relabel; /* and narrowed to its label */
	bool resolved, visiting;
	int64_t core, label;
	struct ident *refs; /* ids by UUIDv5 it refers to */
	size_t n_refs;
};
struct store_tx {
	struct store *s;
	struct db *db;
	struct arena *arena; /* of the job */
	struct timestamp now;
	int64_t began_us; /* newest stamp of the last commit */
	bool wrote, entries, touched; /* anything; what readers wait for; what changes a page */
	struct queued **queue;
	size_t n_queue, room_queue;
	uint32_t *slots; /* hash of uuids to queue places + 1 */
	size_t n_slots;
	bool changed; /* it has its row in st_change */
	/* where the job began */
	struct {
		size_t labels, names, fresh;
		int64_t last_us, next_version, next_grant, facts, indexed, sorted;
		bool wrote, entries, touched, changed;
	} mark;
};

/* ---- labels.c ---- */
void *shelf_at(const struct shelf *s, int64_t number);
enum err labels_load(struct store *s, struct db *db, bool outside, struct fault *f);
void labels_cut(struct store *s, size_t labels, size_t names);
void labels_free(struct store *s);
static inline const struct label *label_at(const struct store *s, int64_t number)
{
	return shelf_at(&s->labels, number);
}
enum err label_intern(struct store_tx *tx, int64_t collection, struct span key, int64_t *number, struct fault *f);
/* In its one form: first labels of their kind, sorted, each once, nothing that follows from `own`. */
enum err formula_tidy(struct store_tx *tx, struct formula *fm, struct fault *f);
/* What a label says, `seen` left aside, in the job's arena. */
enum err formula_read(struct store_tx *tx, int64_t label, struct formula *fm, struct fault *f);
/* Does a label say what the tidied formula says, `seen` left aside? */
bool formula_is(const struct store *s, const struct formula *fm, int64_t label);
/* The label of a formula in a collection: its own where nothing is asked beyond it. */
enum err label_formula(struct store_tx *tx, int64_t collection, struct formula *fm, int64_t *number, struct fault *f);
/* Both; also 0 is "everybody". */
enum err label_both(struct store_tx *tx, int64_t collection, int64_t label, int64_t also, int64_t *number, struct fault *f);
/* The same for conditions without `none` and `seen`, in their one form (cnf.c). */
enum err cnf_label_and(struct store_tx *tx, int64_t collection, int64_t a, int64_t b, int64_t *number, struct fault *f);
int64_t label_base(const struct store *s, int64_t number); /* own of a compound, itself else */
enum err name_intern(struct store_tx *tx, struct span text, int64_t *number, struct fault *f);
/* A name by number; through the data base where it is newer than what is published. */
struct span name_text(struct store *s, struct db *db, int64_t number, char *room, size_t n);
/* Its number, 0 where there is none. */
enum err name_find(struct db *db, struct span text, int64_t *number, struct fault *f);

/* ---- writer.c ---- */
void *writer_main(void *store);
enum err reader_take(struct store *s, struct db **out, struct fault *f); /* begins a read transaction */
void reader_give(struct store *s, struct db *db);

/* ---- rows.c: lines, versions, entries ---- */
void uuid_take(struct uuid *u, struct span blob);
enum err rows_line(struct db *db, const struct version *v, struct line *out, struct fault *f); /* that v is of */
/* All lines of an id (type 0: of a uuid), earliest first.  s: of this store's own process, which is faster; NULL: any. */
enum err rows_lines(struct store *s, struct db *db, struct arena *a, const struct uuid *uuid, int64_t type, struct line **out, size_t *n, struct fault *f);
/* The same in a job, lines in the job's arena; ERR_NOTFOUND where the id has no such line. */
enum err tx_lines(struct store_tx *tx, const struct uuid *uuid, int64_t type, struct line **out, size_t *n, struct fault *f);
enum err tx_line(struct store_tx *tx, const struct uuid *uuid, int64_t type, int64_t collection, int64_t origin, struct line *out, struct fault *f);
enum err tx_line_add(struct store_tx *tx, const struct line *l, struct fault *f);
enum err rows_line_set(struct db *db, const struct line *l, struct fault *f);
enum err rows_version(struct db *db, int64_t number, struct version *out, struct fault *f); /* ERR_NOTFOUND */
enum err rows_version_add(struct db *db, const struct version *v, struct span version_text, struct span raw, struct fault *f);
#define ENTRIES_MOST 256
/* Entries of one version, oldest first. */
enum err rows_entries(struct db *db, struct arena *a, int64_t version, struct entry **out, size_t *n, struct fault *f);
enum err rows_entry_add(struct db *db, const struct entry *e, int64_t type, struct fault *f);
enum err rows_entry_set(struct db *db, const struct entry *e, struct fault *f);
bool id_split(struct span id, struct span *type, struct uuid *uuid);

/* ---- fresh.c: what is not in the random indexes yet ---- */
#define FRESH_IDLE 256 /* the quiet writer sorts so many … */
#define FRESH_BUSY 8 /* … the busy one so many times as many: what a reader may have to look through */
bool fresh_add(struct fresh *s, const struct uuid *uuid, int64_t number);
int64_t fresh_find(const struct fresh *s, const struct uuid *uuid, size_t *from); /* the next line of the uuid, *from 0 at first; 0: no more */
void fresh_cut(struct fresh *s, size_t n);
void fresh_init(struct fresh *s);
void fresh_free(struct fresh *s);
void fresh_known(struct store *s); /* what is here is all, for the commit that the writer knows */
/* The uuid's lines past the index, as far as the reader's moment may have them.  False: they have to be looked through (another process wrote, the reader began
 * before they were sorted, or they are many). */
#define FRESH_SAME 16
bool fresh_read(struct store *s, struct db *db, const struct uuid *uuid, int64_t numbers[static FRESH_SAME], size_t *n);
enum err fresh_load(struct store *s, struct db *db, struct fault *f);
enum err fresh_sort(void *ctx, struct store_tx *tx, struct fault *f); /* a job */
static inline size_t uuid_hash(const struct uuid *u)
{
	uint64_t a, b;
	memcpy(&a, u->b, sizeof a);
	memcpy(&b, u->b + 8, sizeof b);
	a = (a ^ (b >> 32 | b << 32)) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)((a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93) >> 24);
}

/* ---- queue.c: objects of the running job wait for their entries, so that the order inside a submission does not matter ---- */
/* The new element has its id; NULL without memory. */
struct queued *queue_add(struct store_tx *tx, const struct uuid *uuid);
struct queued *queue_find(const struct store_tx *tx, const struct uuid *uuid);
/* Gives every queued object its label and entry, and tells those that refer to them. */
enum err queue_flush(struct store_tx *tx, struct fault *f);
void queue_clear(struct store_tx *tx); /* at the end of a job */
void queue_free(struct store_tx *tx);
enum err entry_add(struct store_tx *tx, struct entry *e, int64_t type, struct fault *f);

/* ---- closure.c, spread.c: what a label must say beyond its own, and what follows when others change ---- */
/* Gives a queued object its core and label, by what is in the data base and the queue now. */
enum err closure_resolve(struct store_tx *tx, struct queued *q, struct fault *f);
/* These ids can be seen by others than before: so may be what refers to them; what refers directly and is not older than `before` knows. */
enum err closure_spread(struct store_tx *tx, const struct ident *ids, size_t n, int64_t before, struct fault *f);
/* Entries of a line were narrowed: other lines of the id stand in. */
enum err closure_narrowed(struct store_tx *tx, const struct line *l, struct fault *f);
/* Flags the line's live entries by what its newest version is; relabel: and narrows older ones to the newest's label. */
enum err line_settle(struct store_tx *tx, const struct line *l, bool relabel, bool *narrowed, struct fault *f);

/* ---- views ---- */
struct grant {
	int64_t label, lo, hi, base, lo_stamp, hi_stamp, number;
};
struct store_view {
	_Atomic int refs;
	struct store *s;
	struct span recipient;
	_Atomic int64_t number; /* of the recipient; 0: it has none yet */
	size_t n; /* labels 1 … n are decided */
	uint64_t *visible, *own;
	struct grant *grants; /* by label, lo */
	size_t n_grants;
	int64_t facts;
	uint64_t generation;
	uint8_t digest[SIGN_DIGEST]; /* of all that decides what a page holds */
};
static inline bool view_has(const struct store_view *v, int64_t label)
{
	return label > 0 && (uint64_t)label <= v->n && (v->visible[label / 64] >> (label % 64) & 1);
}
static inline bool view_entry(const struct store_view *v, const struct entry *e)
{
	return view_has(v, e->label) && (!e->also || view_has(v, e->also));
}
/* The grants of one label, by lo. */
const struct grant *view_grants(const struct store_view *v, int64_t label, size_t *n);
/* The stamp at which the view shows an entry of a visible label; 0: hidden. */
int64_t view_stamp(const struct store_view *v, const struct entry *e);
/* Entries at and past this stamp are not the view's to tell: labels or facts changed since. */
enum err view_horizon(struct db *db, const struct store_view *v, int64_t *horizon, struct fault *f);

/* What a version can be seen by: its core (own label and references; LABEL_NOBODY: withdrawn), and what newer versions closed it to (0: nothing). */
struct sight {
	int64_t core, closed;
};
enum err rows_sight(struct db *db, const struct version *v, struct sight *out, struct fault *f);
enum err rows_sight_set(struct db *db, int64_t version, const struct sight *s, struct fault *f);
/* The stamp of an ordinal of a label; 0: there is none. */
enum err rows_stamp_of(struct db *db, int64_t label, int64_t ordinal, int64_t *stamp, struct fault *f);

/* ---- given.c: who was given what ---- */
#define GIVEN_CHUNK 4096 /* versions in one row of bits */
struct given *given_new(void);
void given_free(struct given *g);
struct pages *pages_new(void); /* pages.c */
void pages_free(struct pages *p);
enum given_what { GIVEN_BYTES,
	GIVEN_NAME };
/* Was the recipient ever given this version's bytes?  Reads row by row: for versions in rising order. */
struct given_scan {
	int64_t recipient, chunk;
	bool there;
	unsigned char bits[GIVEN_CHUNK / 8];
};
enum err given_scan(struct db *db, struct given_scan *g, int64_t version, bool *was, struct fault *f);

/* ---- search.c: the words index ---- */
/* Indexes some more versions; *more: there are more. */
enum err index_step(struct store_tx *tx, bool *more, struct fault *f);

/* ---- upkeep.c ---- */
enum err stats_read(struct db *db, struct store_stats *out, struct fault *f);

extern const char *const store_schema[];
extern const size_t store_schema_n;
#endif
