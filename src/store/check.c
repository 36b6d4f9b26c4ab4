/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying everything that can be: a table of questions whose right answer is no row, and the digest of every object. */
#include <stdio.h>
#include "store/ledger_priv.h"

/* Each gives rows that should not be: a number that takes the place of '#'. */
static const struct {
	const char *words, *sql;
} questions[] = {
	{ "label # is missing: labels are numbered without gaps", "SELECT number - 1 FROM st_label WHERE number > 1 AND number - 1 NOT IN (SELECT number FROM st_label)" },
	{ "label # is younger than its successor", "SELECT a.number FROM st_label a JOIN st_label b ON b.number = a.number + 1 WHERE a.born > b.born" },
	{ "name # is missing: names are numbered without gaps", "SELECT number - 1 FROM st_name WHERE number > 1 AND number - 1 NOT IN (SELECT number FROM st_name)" },
	{ "the entry at stamp # has a label that is not there", "SELECT stamp FROM st_entry WHERE label NOT IN (SELECT number FROM st_label) OR (also <> 0 AND also NOT IN (SELECT number FROM st_label))" },
	{ "the entry at stamp # has a version that is not there", "SELECT e.stamp FROM st_entry e LEFT JOIN st_version v ON v.number = e.version WHERE v.number IS NULL" },
	{ "the entry at stamp # is out of its label's order", "SELECT stamp FROM (SELECT stamp, ordinal, row_number() OVER (PARTITION BY label ORDER BY stamp) AS place FROM st_entry) WHERE ordinal <> place" },
	{ "stamp # was given twice", "SELECT stamp FROM st_entry GROUP BY stamp HAVING count(*) > 1" },
	{ "stamp # is newer than the clock", "SELECT stamp FROM st_entry WHERE stamp > (SELECT last FROM st_clock)" },
	{ "the entry at stamp # is not where its version says", "SELECT e.stamp FROM st_entry e LEFT JOIN st_place p ON p.version = e.version AND p.stamp = e.stamp AND p.label = e.label WHERE p.label IS NULL" },
	{ "version # has no entry", "SELECT v.number FROM st_version v LEFT JOIN st_place p ON p.version = v.number WHERE p.version IS NULL" },
	{ "version # has a place without an entry", "SELECT p.version FROM st_place p LEFT JOIN st_entry e ON e.label = p.label AND e.stamp = p.stamp AND e.version = p.version WHERE e.label IS NULL" },
	{ "version # is of another type or collection than its entry", "SELECT v.number FROM st_version v JOIN st_place p ON p.version = v.number JOIN st_entry e ON e.label = p.label AND e.stamp = p.stamp "
								       "JOIN st_label l ON l.number = e.label WHERE e.type <> v.type OR l.collection <> v.collection" },
	{ "version # follows one of another line", "SELECT v.number FROM st_version v LEFT JOIN st_version b ON b.number = v.prev WHERE v.prev <> 0 AND (b.number IS NULL OR b.number >= v.number OR b.uuid <> v.uuid OR "
						   "b.type <> v.type OR b.collection <> v.collection OR b.origin <> v.origin)" },
	{ "version # belongs to no line", "SELECT v.number FROM st_version v LEFT JOIN st_line l ON l.uuid = v.uuid AND l.type = v.type AND l.collection = v.collection AND l.origin = v.origin WHERE l.head IS NULL OR l.head < v.number" },
	{ "the line that ends with version # names a newest one that is not its own", "SELECT l.head FROM st_line l LEFT JOIN st_version v ON v.number = l.newest WHERE l.newest <> 0 AND (v.number IS NULL OR v.uuid <> l.uuid OR "
										      "v.type <> l.type OR v.collection <> l.collection OR v.origin <> l.origin OR v.ns <> l.ns OR v.own <> l.label)" },
	{ "line # is there twice", "SELECT max(number) FROM st_line GROUP BY uuid, type, collection, origin HAVING count(*) > 1" },
	{ "a collection of version # is not there", "SELECT number FROM st_version WHERE collection NOT IN (SELECT number FROM st_collection)" },
	{ "a name of version # is not there", "SELECT number FROM st_version WHERE type NOT IN (SELECT number FROM st_name) OR origin NOT IN (SELECT number FROM st_name) OR home NOT IN (SELECT number FROM st_name) "
					      "OR spec NOT IN (SELECT number FROM st_name)" },
	{ "a reference comes from version #, which is not there", "SELECT version FROM st_ref WHERE version NOT IN (SELECT number FROM st_version)" },
	{ "a value points to version #, which is not there", "SELECT version FROM st_value WHERE version NOT IN (SELECT number FROM st_version)" },
	{ "a new value points to version #, which is not there", "SELECT version FROM st_value_new WHERE version NOT IN (SELECT number FROM st_version)" },
	{ "line # is not found by its id", "SELECT l.number FROM st_line l LEFT JOIN st_line_uuid u ON u.uuid = l.uuid AND u.number = l.number WHERE u.number IS NULL AND l.number <= (SELECT sorted FROM st_clock)" },
	{ "line # is found by an id that is not its own", "SELECT u.number FROM st_line_uuid u LEFT JOIN st_line l ON l.number = u.number AND l.uuid = u.uuid WHERE l.number IS NULL" },
	{ "grant # is empty or overlaps another", "SELECT a.number FROM st_grant a LEFT JOIN st_grant b ON b.recipient = a.recipient AND b.label = a.label AND b.lo > a.lo AND b.lo <= a.hi WHERE a.lo > a.hi OR b.number IS NOT NULL" },
	{ "grant # reaches past its label's entries", "SELECT g.number FROM st_grant g WHERE g.hi > (SELECT coalesce(max(ordinal), 0) FROM st_entry WHERE label = g.label)" },
	{ "change # is newer than the count of changes", "SELECT number FROM st_change WHERE number > (SELECT facts FROM st_clock)" },
	{ "the words index is said to reach version #, beyond the newest", "SELECT indexed FROM st_clock WHERE indexed > (SELECT coalesce(max(number), 0) + 100000 FROM st_version)" },
	{ "evidence # names a version that is not there", "SELECT number FROM st_evidence WHERE version NOT IN (SELECT number FROM st_version) OR length(digest) <> 32" },
	{ "a row of releases # has bits of a wrong size", "SELECT chunk FROM st_given WHERE length(bits) <> 512" },
};

struct checking {
	struct store *s;
	void (*fn)(void *ctx, bool error, const char *what);
	void *ctx;
	uint64_t errors;
};

static void found(void *ctx, const char *what)
{
	struct checking *c = ctx;
	c->errors++;
	if (c->fn)
		c->fn(c->ctx, true, what);
}

static void note(struct checking *c, const char *what)
{
	if (c->fn)
		c->fn(c->ctx, false, what);
}

static enum err ask(struct checking *c, struct db *db, size_t i, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, questions[i].sql, f);
	if (!q)
		return ERR_DB;
	enum err e;
	unsigned shown = 0;
	while ((e = db_step(q, f)) == ERR_OK) {
		char text[256];
		const char *words = questions[i].words, *hash = strchr(words, '#');
		snprintf(text, sizeof text, "%.*s%lld%s", (int)(hash - words), words, (long long)db_int(q, 0), hash + 1);
		if (shown++ < 20)
			found(c, text);
		else
			c->errors++;
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err check_digests(struct checking *c, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT number, digest, raw FROM st_version ORDER BY number", f);
	if (!q)
		return ERR_DB;
	enum err e;
	unsigned long long n = 0;
	char text[256];
	for (; (e = db_step(q, f)) == ERR_OK; n++) {
		uint8_t digest[SIGN_DIGEST];
		struct span had = db_blob(q, 1);
		sign_sha256(db_blob(q, 2), digest);
		if (had.n == sizeof digest && memcmp(had.p, digest, sizeof digest) == 0)
			continue;
		snprintf(text, sizeof text, "version %lld does not have the bytes that were committed (its digest differs)", (long long)db_int(q, 0));
		found(c, text);
	}
	snprintf(text, sizeof text, "%llu object versions read, every byte of them", n);
	note(c, text);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

static enum err check_all(void *ctx, struct db *db, struct fault *f)
{
	struct checking *c = ctx;
	char text[256];
	enum err e = c->s->driver->verify(db_handle(db), found, c, f);
	/* A question that cannot be asked because pages are broken is a finding, not the end. */
	for (size_t i = 0; e == ERR_OK && i < sizeof questions / sizeof *questions; i++) {
		struct fault why = { "", "" };
		if (ask(c, db, i, &why) != ERR_OK)
			found(c, why.what);
	}
	struct fault why = { "", "" };
	if (e == ERR_OK && check_digests(c, db, &why) != ERR_OK)
		found(c, why.what);
	uint64_t size = 0;
	if (e == ERR_OK && ledger_check(db, found, c, &size, &why) != ERR_OK)
		found(c, why.what);
	snprintf(text, sizeof text, "%llu entries of the log made again from what they are about", (unsigned long long)size);
	note(c, text);
	struct store_stats st = { 0 };
	if (e == ERR_OK && !c->errors && stats_read(db, &st, f) == ERR_OK && st.unindexed) {
		snprintf(text, sizeof text, "%llu versions are still to be indexed by words", (unsigned long long)st.unindexed);
		note(c, text);
	}
	return e;
}

enum err store_check(struct store *s, void (*fn)(void *ctx, bool error, const char *what), void *ctx, uint64_t *errors, struct fault *f)
{
	struct checking c = { .s = s, .fn = fn, .ctx = ctx };
	enum err e = store_read(s, check_all, &c, f);
	*errors = c.errors;
	return e;
}
