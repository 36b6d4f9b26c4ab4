/* SPDX-License-Identifier: Apache-2.0 */
/* When each peer hub's policy was last heard of, and what is withheld because that is too long ago (design/federation.md F11).
 *
 * 1. Heard of means: its directory was read to its end (accord_heard).  From the first member of a hub that is known here its time runs.
 * 2. The times are facts of a snapshot like any other, but for this: news that find the hub neither silent now nor when feeds were last decided change
 *    nobody's answer, so they only move the time on in place (atomics) and on disk now and then; every other news is a change (redecide.c), and so is
 *    silence, by time alone.  So what went silent and comes back re-enters the feeds at fresh stamps, but for what was given before.
 * 3. The time on disk is never later than the one in memory: a restart may find a hub silent too early, never too late. */
#include <stdlib.h>
#include "accord/accord_priv.h"

#define KEPT_EVERY 300000000 /* µs: the time on disk is behind by no more */

static int by_hub(const void *key, const void *v)
{
	return span_cmp(*(const struct span *)key, ((const struct accord_news *)v)->hub);
}

static struct accord_news *find(const struct accord_snapshot *s, struct span hub)
{
	return s->n_news ? bsearch(&hub, s->news, s->n_news, sizeof(*s->news), by_hub) : NULL;
}

/* ---- what is withheld ---- */

/* {INT64_MAX}: it was submitted here, so there is nobody to hear of. */
static struct timestamp silent_from(const struct accord_snapshot *s, const struct policy_label *l)
{
	const struct accord_member *m = l->origin.n ? accord_find_member(s, l->origin) : NULL;

	if (!m || m->local)
		return TIMESTAMP_NEVER;
	return policy_news_hold(l, accord_news(s, m->hub));
}

bool accord_silent(const struct accord_snapshot *s, const struct policy_label *l, struct timestamp at)
{
	return !timestamp_before(at, silent_from(s, l));
}

struct timestamp accord_silent_next(const struct accord_snapshot *s, const struct policy_label *l, struct timestamp after)
{
	struct timestamp t = silent_from(s, l);

	return timestamp_before(after, t) ? t : TIMESTAMP_NEVER;
}

struct timestamp accord_news(const struct accord_snapshot *s, struct span hub)
{
	const struct accord_news *n = find(s, hub);

	return (struct timestamp){ n ? atomic_load(&n->at) : 0 };
}

/* ---- rows ---- */

enum err accord_news_again(const struct accord_snapshot *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT hub, at FROM accord_news", f);
	enum err e;

	if (!q)
		return ERR_DB;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct accord_news *n = find(s, db_text(q, 0));
		if (n && db_int(q, 1) > atomic_load(&n->at))
			atomic_store(&n->at, db_int(q, 1));
	}
	db_reset(q);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err accord_news_begin(struct db *db, struct span hub, struct timestamp now, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_news(hub, at) VALUES(?, ?) ON CONFLICT(hub) DO NOTHING", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, hub);
	db_bind_int(s, 2, now.us);
	return db_run(s, f);
}

struct hearing {
	struct span hub;
	struct timestamp at;
};

static enum err put(struct db *db, const struct hearing *h, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_news(hub, at) VALUES(?, ?) ON CONFLICT(hub) DO UPDATE SET at = excluded.at", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, h->hub);
	db_bind_int(s, 2, h->at.us);
	return db_run(s, f);
}

static enum err put_tx(void *ctx, struct store_tx *tx, struct fault *f)
{
	return put(store_tx_db(tx), ctx, f);
}

static enum err put_change(struct accord_change *c, struct store_tx *tx, struct fault *f)
{
	c->news = true;
	return put(store_tx_db(tx), c->ctx, f);
}

/* ---- hearing ---- */

enum err accord_heard(struct accord *a, struct span hub, struct timestamp at, struct fault *f)
{
	const struct policy_label strict = { .tlp = STIX_TLP_AMBER_STRICT };
	const struct accord_snapshot *s = accord_snapshot(a);
	struct accord_news *n = find(s, hub);
	struct hearing h = { hub, at };
	struct timestamp until = n ? policy_news_hold(&strict, (struct timestamp){ atomic_load(&n->at) }) : (struct timestamp){ 0 };
	bool silent = !n || at.us >= until.us || atomic_load(&a->decided) >= until.us;
	bool keep = !silent && (at.us - n->kept >= KEPT_EVERY || at.us < n->kept);
	enum err e = ERR_OK;

	if (!silent)
		atomic_store(&n->at, at.us);
	if (keep)
		e = store_write(a->store, put_tx, &h, f);
	if (keep && e == ERR_OK)
		atomic_store(&n->kept, at.us);
	accord_snapshot_unref(s);
	struct accord_change news = { .a = a, .apply = put_change, .ctx = &h };
	if (silent)
		return accord_change_run(&news, f); /* what was withheld opens */
	if (keep && e == ERR_OK)
		accord_labels_settle(a); /* so that next_change stays ahead */
	return e;
}
