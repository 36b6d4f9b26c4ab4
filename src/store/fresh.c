/* SPDX-License-Identifier: Apache-2.0 */
/* What is not in the random indexes yet.  An index by UUID or by value would make every object write a page or two of its own; so lines and values are
 * first only appended, and brought into their indexes in order, many at a time, a page for many.
 *
 * 1. Lines up to st_clock.sorted are in st_line_uuid; the others are here, found by UUID.  A reader whose moment is not covered by what is here looks through
 *    the lines themselves (few).
 * 2. Rows rise with their numbers, so that what a failed job added is cut off at the end.
 */
#include <stdlib.h>
#include "store/store_priv.h"

static size_t *slot_at(const struct fresh *s, const struct uuid *u, size_t at)
{
	return &s->slots[(uuid_hash(u) + at) % s->n_slots];
}

static void slot_put(struct fresh *s, size_t i)
{
	size_t at = 0;
	while (*slot_at(s, &s->v[i].uuid, at))
		at++;
	*slot_at(s, &s->v[i].uuid, at) = i + 1;
}

static bool grow(struct fresh *s)
{
	size_t room = s->room ? s->room * 2 : 1024;
	struct fresh_line *v = realloc(s->v, room * sizeof *v);
	if (!v)
		return false;
	s->v = v;
	size_t *slots = calloc(room * 2, sizeof *slots);
	if (!slots)
		return false;
	free(s->slots);
	s->slots = slots;
	s->n_slots = room * 2;
	s->room = room;
	for (size_t i = 0; i < s->n; i++)
		slot_put(s, i);
	return true;
}

bool fresh_add(struct fresh *s, const struct uuid *uuid, int64_t number)
{
	pthread_rwlock_wrlock(&s->lock);
	bool room = s->n < s->room || grow(s);
	if (room) {
		s->v[s->n] = (struct fresh_line){ *uuid, number };
		slot_put(s, s->n++);
	}
	pthread_rwlock_unlock(&s->lock);
	return room;
}

int64_t fresh_find(const struct fresh *s, const struct uuid *uuid, size_t *from)
{
	for (size_t i; s->n && (i = *slot_at(s, uuid, *from));) {
		++*from;
		if (memcmp(&s->v[i - 1].uuid, uuid, sizeof *uuid) == 0)
			return s->v[i - 1].number;
	}
	return 0;
}

/* The last one in is the last of its chain: taken out in the opposite order nothing has to move. */
void fresh_cut(struct fresh *s, size_t n)
{
	pthread_rwlock_wrlock(&s->lock);
	while (s->n > n) {
		size_t at = 0;
		while (*slot_at(s, &s->v[s->n - 1].uuid, at) != s->n)
			at++;
		*slot_at(s, &s->v[--s->n].uuid, at) = 0;
	}
	pthread_rwlock_unlock(&s->lock);
}

void fresh_init(struct fresh *s)
{
	pthread_rwlock_init(&s->lock, NULL);
	s->commits = -1;
}

void fresh_known(struct store *s)
{
	pthread_rwlock_wrlock(&s->fresh.lock);
	s->fresh.floor = s->sorted;
	s->fresh.commits = s->commits;
	pthread_rwlock_unlock(&s->fresh.lock);
}

bool fresh_read(struct store *s, struct db *db, const struct uuid *uuid, int64_t numbers[static FRESH_SAME], size_t *n)
{
	struct db_stmt *q = db_prepare(db, "SELECT sorted, commits FROM st_clock WHERE one = 1", NULL);
	if (!q || db_step(q, NULL) != ERR_OK)
		return false;
	int64_t sorted = db_int(q, 0), commits = db_int(q, 1), number = 0;
	size_t at = 0;
	db_reset(q);
	*n = 0;
	pthread_rwlock_rdlock(&s->fresh.lock);
	bool covered = sorted >= s->fresh.floor && commits <= s->fresh.commits;
	while (covered && (number = fresh_find(&s->fresh, uuid, &at)) && *n < FRESH_SAME)
		numbers[(*n)++] = number;
	pthread_rwlock_unlock(&s->fresh.lock);
	return covered && !number;
}

void fresh_free(struct fresh *s)
{
	pthread_rwlock_destroy(&s->lock);
	free(s->v);
	free(s->slots);
}

enum err fresh_load(struct store *s, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT uuid, number FROM st_line WHERE number > ? ORDER BY number", f);
	if (!q)
		return ERR_DB;
	fresh_cut(&s->fresh, 0);
	db_bind_int(q, 1, s->sorted);
	enum err e;
	while ((e = db_step(q, f)) == ERR_OK) {
		struct uuid u;
		uuid_take(&u, db_blob(q, 0));
		if (!fresh_add(&s->fresh, &u, db_int(q, 1))) {
			db_reset(q);
			return fault_set(f, ERR_NOMEM, "store", "no memory for the newest objects' ids");
		}
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err fresh_sort(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct store *s = tx->s;
	struct db_stmt *q = db_prepare(tx->db, "INSERT INTO st_line_uuid (uuid, number) SELECT uuid, number FROM st_line WHERE number > ? ORDER BY uuid, number", f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, s->sorted);
	enum err e = db_run(q, f);
	if (e == ERR_OK)
		e = db_exec_kept(tx->db, "INSERT INTO st_value (kind, normal, version) SELECT kind, normal, version FROM st_value_new WHERE version > 0 ORDER BY kind, normal, version ON CONFLICT DO NOTHING", f);
	if (e == ERR_OK)
		e = db_exec_kept(tx->db, "DELETE FROM st_value_new", f);
	if (e == ERR_OK)
		s->sorted = s->next_version - 1;
	return e;
}
