/* SPDX-License-Identifier: Apache-2.0 */
/* The words index, brought on by the writer when it has nothing better to do: st_clock.indexed says how far, durably, in the same transaction. */
#include "stix/values.h"
#include "store/store_priv.h"

#define STEP 32 /* versions a step: a submission that comes meanwhile waits about 10 ms */

struct texts {
	struct buf all;
};

static void take_text(void *ctx, struct span text)
{
	struct texts *t = ctx;
	buf_addspan(&t->all, text);
	buf_addc(&t->all, '\n'); /* parts words, pairs too */
}

/* An object that cannot be read has no words: it can still be found by its id. */
static struct span words_of(struct arena *a, struct span raw)
{
	struct json v;
	struct stix_object o;
	struct texts t;
	if (json_read(a, raw, &v, NULL) != ERR_OK || stix_object_read(a, v, raw, &o, NULL) != ERR_OK)
		return (struct span){ "", 0 };
	buf_init(&t.all, raw.n * 2 + 4096);
	stix_words(&o, take_text, &t);
	struct span words = store_words(a, buf_span(&t.all));
	buf_release(&t.all);
	return words.p ? words : (struct span){ "", 0 };
}

static enum err index_one(struct store_tx *tx, int64_t number, struct span raw, struct fault *f)
{
	struct span words = words_of(tx->arena, raw);
	if (!words.n)
		return ERR_OK;
	struct db_stmt *q = db_prepare(tx->db, db_driver(tx->db)->words.add, f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, number);
	db_bind_text(q, 2, words);
	return db_run(q, f);
}

enum err index_step(struct store_tx *tx, bool *more, struct fault *f)
{
	struct store *s = tx->s;
	struct {
		int64_t number;
		struct span raw;
	} v[STEP];
	size_t n = 0;
	struct db_stmt *q = db_prepare(tx->db, "SELECT number, raw FROM st_version WHERE number > ? ORDER BY number LIMIT ?", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, s->indexed);
	db_bind_int(q, 2, STEP);
	enum err e;
	while (n < STEP && (e = db_step(q, f)) == ERR_OK) {
		v[n].number = db_int(q, 0);
		v[n++].raw = arena_span(tx->arena, db_blob(q, 1));
	}
	db_reset(q);
	e = n == STEP || e == ERR_NOTFOUND ? ERR_OK : e;
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		e = v[i].raw.p ? index_one(tx, v[i].number, v[i].raw, f) : ERR_NOMEM;
		s->indexed = e == ERR_OK ? v[i].number : s->indexed;
	}
	/* Numbers that a failed job took are not there: nothing after means all is done. */
	if (e == ERR_OK && n < STEP)
		s->indexed = s->next_version - 1;
	*more = e == ERR_OK && n == STEP;
	return e;
}
