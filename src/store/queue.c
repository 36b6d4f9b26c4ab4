/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a running job wait here for their entries, so that the order inside a submission does not matter to the closure rule.
 *
 * 1. Stamps are taken at store_put, entries are written at the end of the job in the order of their stamps: ordinals rise with stamps.
 * 2. An id is in the queue at most once: whoever touches it again flushes first.
 */
#include <stdlib.h>
#include "store/store_priv.h"

static bool grow(struct store_tx *tx)
{
	size_t room = tx->room_queue ? tx->room_queue * 2 : 1024;
	struct queued **queue = realloc(tx->queue, room * sizeof *queue);
	if (!queue)
		return false;
	tx->queue = queue;
	uint32_t *slots = calloc(room * 2, sizeof *slots);
	if (!slots)
		return false;
	free(tx->slots);
	tx->slots = slots;
	tx->n_slots = room * 2;
	tx->room_queue = room;
	for (size_t i = 0; i < tx->n_queue; i++) {
		size_t at = uuid_hash(&queue[i]->v.uuid) % tx->n_slots;
		while (slots[at])
			at = (at + 1) % tx->n_slots;
		slots[at] = (uint32_t)i + 1;
	}
	return true;
}

struct queued *queue_add(struct store_tx *tx, const struct uuid *uuid)
{
	if (tx->n_queue == tx->room_queue && !grow(tx))
		return NULL;
	struct queued *q = ARENA_NEW(tx->arena, struct queued);
	if (!q)
		return NULL;
	q->v.uuid = *uuid;
	size_t at = uuid_hash(uuid) % tx->n_slots;
	while (tx->slots[at])
		at = (at + 1) % tx->n_slots;
	tx->queue[tx->n_queue++] = q;
	tx->slots[at] = (uint32_t)tx->n_queue;
	return q;
}

struct queued *queue_find(const struct store_tx *tx, const struct uuid *uuid)
{
	for (size_t at = tx->n_queue ? uuid_hash(uuid) % tx->n_slots : 0; tx->n_queue && tx->slots[at]; at = (at + 1) % tx->n_slots) {
		struct queued *q = tx->queue[tx->slots[at] - 1];
		if (memcmp(&q->v.uuid, uuid, sizeof *uuid) == 0)
			return q;
	}
	return NULL;
}

void queue_clear(struct store_tx *tx)
{
	/* Few in a large table: only their slots, each chain as a whole. */
	for (size_t i = 0; i < tx->n_queue; i++)
		for (size_t at = uuid_hash(&tx->queue[i]->v.uuid) % tx->n_slots; tx->slots[at]; at = (at + 1) % tx->n_slots)
			tx->slots[at] = 0;
	tx->n_queue = 0;
}

void queue_free(struct store_tx *tx)
{
	free(tx->queue);
	free(tx->slots);
}

enum err entry_add(struct store_tx *tx, struct entry *n, int64_t type, struct fault *f)
{
	struct label *l = shelf_at(&tx->s->labels, n->label);
	enum err e = ERR_OK;
	if (l->ordinal_mark != tx->s->ordinal_mark) {
		struct db_stmt *q = db_prepare(tx->db, "SELECT ordinal FROM st_entry WHERE label = ? ORDER BY stamp DESC LIMIT 1", f);
		if (!q)
			return ERR_DB;
		db_bind_int(q, 1, n->label);
		e = db_step(q, f);
		if (e != ERR_OK && e != ERR_NOTFOUND)
			return e;
		l->ordinal = e == ERR_OK ? db_int(q, 0) : 0;
		l->ordinal_mark = tx->s->ordinal_mark;
		db_reset(q);
	}
	n->ordinal = l->ordinal + 1;
	atomic_store(&l->newest, n->stamp); /* before the commit: readers skip labels by it */
	e = rows_entry_add(tx->db, n, type, f);
	if (e == ERR_OK)
		l->ordinal++;
	tx->entries = true;
	return e;
}

static enum err write_entry(struct store_tx *tx, struct queued *q, struct fault *f)
{
	struct entry n = { .label = q->label, .stamp = q->stamp, .version = q->v.number, .also = q->also };
	n.flags = (q->v.revoked ? ENTRY_REVOKED : 0) | (q->line.state & LINE_MULTI ? ENTRY_MULTI : 0) | (q->line.state & LINE_SPECS ? ENTRY_SPECS : 0);
	if (q->line.newest != q->v.number)
		n.flags |= ENTRY_MAYBE_OLD; /* line_settle knows better in a moment */
	enum err e = entry_add(tx, &n, q->v.type, f);
	if (e == ERR_OK && (q->core != q->v.own || q->also))
		e = rows_sight_set(tx->db, q->v.number, &(struct sight){ q->core, q->also }, f);
	return e;
}

/* The older versions of its line, and those who refer to them. */
static enum err settle(struct store_tx *tx, const struct queued *q, struct fault *f)
{
	bool narrowed = false;
	enum err e = line_settle(tx, &q->line, q->relabel, &narrowed, f);
	return e == ERR_OK && narrowed ? closure_narrowed(tx, &q->line, f) : e;
}

enum err queue_flush(struct store_tx *tx, struct fault *f)
{
	enum err e = ERR_OK;
	size_t n = tx->n_queue;
	if (!n)
		return ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = closure_resolve(tx, tx->queue[i], f);
	/* The rest looks at the data base: all entries have to be there before anybody is told. */
	struct queued **all = arena_array(tx->arena, n, sizeof *all);
	if (!all)
		return fault_set(f, ERR_NOMEM, "store", "no memory for the entries of one submission");
	memcpy(all, tx->queue, n * sizeof *all);
	queue_clear(tx);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = write_entry(tx, all[i], f);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		if (all[i]->supersedes)
			e = settle(tx, all[i], f);
	struct ident *ids = arena_array(tx->arena, n, sizeof *ids);
	if (!ids)
		return fault_set(f, ERR_NOMEM, "store", "no memory for the entries of one submission");
	for (size_t i = 0; i < n; i++)
		ids[i] = (struct ident){ all[i]->v.uuid, all[i]->v.type };
	return e == ERR_OK ? closure_spread(tx, ids, n, all[0]->v.number, f) : e;
}
