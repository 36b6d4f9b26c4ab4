/* SPDX-License-Identifier: Apache-2.0 */
/* The writer thread: takes all jobs that wait, runs them in one transaction, tells each how it went once that is durable.
 *
 *   idle ──submit──> group ──BEGIN──> run each (savepoint) ──COMMIT──> publish ──> done each ──> idle: index words, move the log
 *
 * 1. What the writer knows in memory (labels, names, counters) is true for the last commit or is read again: after a rollback, and after
 *    BEGIN where another process has committed (tx_begin compares the number of commits).
 * 2. Readers see labels and names only after their commit (publish).
 * 3. A failed transaction leaves nothing behind; the next one starts from the data base, so a full disk heals by itself.
 * 4. Nobody waits for company: while one group is made durable, those who come form the next.
 */
#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include "store/ledger_priv.h"

#define IDLE_MS 150 /* quiet for so long: time for the index */
#define BUSY_GROUPS 200 /* never quiet for so many groups: do it all the same */

/* ---- one transaction ---- */

static enum err clock_read(struct store *s, struct db *db, int64_t *commits, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT last, commits, facts, indexed, sorted FROM st_clock WHERE one = 1", f);
	enum err e = q ? db_step(q, f) : ERR_DB;
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? fault_set(f, ERR_DB, "store", "the data base has lost its clock row: restore a backup") : e;
	s->last_us = db_int(q, 0);
	*commits = db_int(q, 1);
	s->facts = db_int(q, 2);
	s->indexed = db_int(q, 3);
	s->sorted = db_int(q, 4);
	db_reset(q);
	return ERR_OK;
}

static void publish(struct store *s, bool pages)
{
	bool labels = s->labels.n != s->labels.committed;
	atomic_store(&s->labels.committed, s->labels.n);
	atomic_store(&s->names.committed, s->names.n);
	if (labels)
		atomic_fetch_add(&s->generation, 1);
	if (labels || pages)
		atomic_fetch_add(&s->edition, 1);
	atomic_store(&s->published_us, s->last_us);
	int64_t behind = s->next_version - 1 - s->indexed;
	atomic_store(&s->unindexed, behind > 0 ? (uint64_t)behind : 0);
}

static enum err tx_begin(struct store_tx *tx, struct fault *f)
{
	struct store *s = tx->s;
	enum err e = db_begin(tx->db, true, f);
	int64_t commits = 0;
	if (e == ERR_OK)
		e = clock_read(s, tx->db, &commits, f);
	bool outside = commits != s->commits;
	if (e == ERR_OK && (outside || s->stale)) {
		s->ordinal_mark++;
		e = labels_load(s, tx->db, outside, f);
		if (e == ERR_OK)
			e = fresh_load(s, tx->db, f);
		if (e == ERR_OK)
			e = db_number(tx->db, "SELECT max(number) + 1 FROM st_version", 1, &s->next_version, f);
		if (e == ERR_OK)
			e = db_number(tx->db, "SELECT max(number) + 1 FROM st_grant", 1, &s->next_grant, f);
		if (e == ERR_OK) {
			s->commits = commits;
			atomic_store(&s->known_commits, commits);
			s->stale = false;
			fresh_known(s);
			if (outside)
				atomic_fetch_add(&s->generation, 1);
			publish(s, true);
		}
	}
	tx->began_us = s->last_us;
	tx->now = s->o.now(s->o.ctx);
	tx->wrote = tx->entries = tx->touched = tx->changed = false;
	return e;
}

static void tx_abandon(struct store_tx *tx)
{
	struct store *s = tx->s;
	labels_cut(s, s->labels.committed, s->names.committed);
	s->stale = true;
	if (db_rollback(tx->db))
		return;
	/* The connection is of no use any more: a new one, or errors until that succeeds. */
	struct db *fresh;
	if (db_open(&fresh, s->driver, s->path, false, true, NULL) == ERR_OK) {
		db_close(tx->db);
		s->writer = tx->db = fresh;
	}
}

static enum err tx_commit(struct store_tx *tx, struct fault *f)
{
	struct store *s = tx->s;
	if (!tx->wrote)
		return db_commit(tx->db, f);
	enum err e = ledger_commit(tx, f);
	if (e != ERR_OK)
		return e;
	struct db_stmt *q = db_prepare(tx->db, "UPDATE st_clock SET last = ?, commits = commits + 1, facts = ?, indexed = ?, sorted = ? WHERE one = 1", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, s->last_us);
	db_bind_int(q, 2, s->facts);
	db_bind_int(q, 3, s->indexed);
	db_bind_int(q, 4, s->sorted);
	e = db_run(q, f);
	if (e != ERR_OK)
		return e;
	/* Counted before, so that nobody can take our own commit for a stranger's. */
	atomic_fetch_add(&s->own_commits, 1);
	atomic_fetch_add(&s->known_commits, 1);
	e = db_commit(tx->db, f);
	if (e != ERR_OK) {
		atomic_fetch_sub(&s->own_commits, 1);
		atomic_fetch_sub(&s->known_commits, 1);
		return e;
	}
	s->commits++;
	fresh_known(s);
	if (tx->changed)
		atomic_fetch_add(&s->generation, 1);
	publish(s, tx->touched || tx->entries || tx->changed);
	if (tx->entries && s->o.committed)
		s->o.committed(s->o.committed_ctx, (struct timestamp){ s->last_us });
	return ERR_OK;
}

/* ---- one job ---- */

static void job_mark(struct store_tx *tx)
{
	struct store *s = tx->s;
	tx->mark.labels = s->labels.n;
	tx->mark.names = s->names.n;
	tx->mark.last_us = s->last_us;
	tx->mark.next_version = s->next_version;
	tx->mark.next_grant = s->next_grant;
	tx->mark.facts = s->facts;
	tx->mark.indexed = s->indexed;
	tx->mark.sorted = s->sorted;
	tx->mark.fresh = s->fresh.n;
	tx->mark.wrote = tx->wrote;
	tx->mark.entries = tx->entries;
	tx->mark.touched = tx->touched;
	tx->mark.changed = tx->changed;
}

static void job_undo(struct store_tx *tx)
{
	struct store *s = tx->s;
	labels_cut(s, tx->mark.labels, tx->mark.names);
	s->ordinal_mark++;
	s->last_us = tx->mark.last_us;
	s->next_version = tx->mark.next_version;
	s->next_grant = tx->mark.next_grant;
	s->facts = tx->mark.facts;
	s->indexed = tx->mark.indexed;
	s->sorted = tx->mark.sorted;
	fresh_cut(&s->fresh, tx->mark.fresh);
	tx->wrote = tx->mark.wrote;
	tx->entries = tx->mark.entries;
	tx->touched = tx->mark.touched;
	tx->changed = tx->mark.changed;
}

/* *lost: the engine has rolled back everything, or everything has to be. */
static enum err job_run(struct store_tx *tx, struct store_job *job, bool savepoint, bool *lost, struct fault *f)
{
	job_mark(tx);
	enum err e = savepoint ? db_exec_kept(tx->db, "SAVEPOINT job", f) : ERR_OK;
	if (e == ERR_OK) {
		tx->wrote = true;
		e = job->run(job->ctx, tx, f);
		if (e == ERR_OK)
			e = queue_flush(tx, f);
		queue_clear(tx);
		db_idle(tx->db);
	}
	if (e != ERR_OK) {
		job_undo(tx);
		*lost = !savepoint || !db_in_transaction(tx->db) || db_exec_kept(tx->db, "ROLLBACK TO job", NULL) != ERR_OK;
	}
	if (savepoint && !*lost && db_exec_kept(tx->db, "RELEASE job", f) != ERR_OK) {
		*lost = true;
		e = e ? e : ERR_DB;
	}
	arena_reset(tx->arena);
	return e;
}

struct result {
	enum err e;
	struct fault fault;
};

/* One transaction.  False: undone because one failed that had no savepoint; each has to be given its own. */
static bool group_try(struct store_tx *tx, struct store_job **jobs, size_t n, bool savepoints, struct result *r)
{
	struct fault f = { "", "" };
	bool lost = false;
	size_t failed = 0;
	enum err e = tx_begin(tx, &f);
	for (size_t i = 0; i < n; i++)
		r[i] = (struct result){ ERR_OK, { "", "" } };
	for (size_t i = 0; e == ERR_OK && i < n && !lost; i++) {
		r[i].e = job_run(tx, jobs[i], savepoints, &lost, &r[i].fault);
		failed += r[i].e != ERR_OK;
		if (lost && n > 1) {
			e = r[i].e;
			f = r[i].fault;
		}
	}
	bool apart = lost && n > 1 && !savepoints;
	if (e == ERR_OK && !lost && failed < n)
		e = tx_commit(tx, &f);
	else
		lost = true;
	if (e != ERR_OK || lost)
		tx_abandon(tx);
	for (size_t i = 0; e != ERR_OK && i < n; i++)
		if (r[i].e == ERR_OK)
			r[i] = (struct result){ e, f };
	return !apart;
}

/* A savepoint copies every page that a job changes: where all may be run again there is none until one fails. */
static void group_run(struct store_tx *tx, struct store_job **jobs, size_t n, struct result *r)
{
	bool again = true;
	for (size_t i = 0; i < n && n > 1; i++)
		again = again && jobs[i]->again;
	if (!group_try(tx, jobs, n, !again, r))
		group_try(tx, jobs, n, true, r);
}

/* ---- the thread ---- */

static enum err index_job(void *ctx, struct store_tx *tx, struct fault *f)
{
	return index_step(tx, ctx, f);
}

static enum err run_alone(struct store_tx *tx, enum err (*fn)(void *ctx, struct store_tx *tx, struct fault *f), void *ctx)
{
	struct store_job job = { .run = fn, .ctx = ctx }, *one = &job;
	struct result r;
	group_run(tx, &one, 1, &r);
	return r.e;
}

/* Brings what is new into its indexes. */
static void sort_fresh(struct store_tx *tx, unsigned times)
{
	struct store *s = tx->s;
	size_t most = (size_t)times * (s->o.sort_after ? s->o.sort_after : FRESH_IDLE);
	if (!s->stale && s->fresh.n >= most && store_room(s, 0, NULL) == ERR_OK && run_alone(tx, fresh_sort, NULL) == ERR_OK)
		fresh_cut(&s->fresh, 0);
}

/* Quiet: brings the words index on by a step and the log into the data base.  True: there is more to do. */
static bool upkeep(struct store_tx *tx)
{
	struct store *s = tx->s;
	bool more = false;
	if (!s->stale && s->next_version - 1 > s->indexed && store_room(s, 0, NULL) == ERR_OK)
		more = run_alone(tx, index_job, &more) == ERR_OK && more;
	sort_fresh(tx, 1);
	atomic_store(&s->log_waiting, s->driver->upkeep(db_handle(tx->db), false));
	return more;
}

/* Until a job is queued, at most so long.  0: for ever. */
static void wait_for_job(struct store *s, long us)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t); /* clock: allowed, a pause and no fact */
	t.tv_nsec += us * 1000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	s->waits = true;
	while (!s->first && !s->stop && (us ? pthread_cond_timedwait(&s->wake, &s->lock, &t) : pthread_cond_wait(&s->wake, &s->lock)) == 0)
		;
	s->waits = false;
}

static size_t take(struct store *s, struct store_job **jobs)
{
	size_t n = 0;
	while (s->first && n < GROUP_JOBS) {
		jobs[n++] = s->first;
		s->first = s->first->next;
	}
	if (!s->first)
		s->end = &s->first;
	return n;
}

void *writer_main(void *store)
{
	struct store *s = store;
	struct store_tx tx = { .s = s, .db = s->writer, .arena = arena_new(JOB_ARENA) };
	struct store_job **jobs = calloc(GROUP_JOBS, sizeof *jobs);
	struct result *results = calloc(GROUP_JOBS, sizeof *results);
	bool work = true, more = false; /* upkeep has something to do; and need not wait for it */
	unsigned groups = 0;
	assert(tx.arena && jobs && results);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		if (!s->first && s->stop)
			break;
		if (!s->first && !more)
			wait_for_job(s, work ? IDLE_MS * 1000L : 0);
		size_t n = take(s, jobs);
		pthread_mutex_unlock(&s->lock);
		if (n) {
			group_run(&tx, jobs, n, results);
			/* A job is its owner's again once done was called. */
			for (size_t i = 0; i < n; i++)
				jobs[i]->done(jobs[i]->ctx, results[i].e, &results[i].fault);
			work = true;
			sort_fresh(&tx, FRESH_BUSY);
			atomic_store(&s->log_waiting, s->driver->upkeep(db_handle(tx.db), true));
		}
		/* Quiet, or never quiet for long. */
		if (n ? ++groups >= BUSY_GROUPS : work) {
			more = upkeep(&tx) && !n;
			work = more || n;
			groups = 0;
		} else
			more = false;
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	arena_free(tx.arena);
	queue_free(&tx);
	free(jobs);
	free(results);
	return NULL;
}
