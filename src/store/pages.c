/* SPDX-License-Identifier: Apache-2.0 */
/* The pages made last, for those who ask the same with the same rights, and the memory of pages.
 *
 * 1. A page is kept under everything that it depends on: the view's decisions, grants, labels and facts, the question, and the edition of the store
 *    that was current before it was read.  A commit that changes any page begins a new edition.
 * 2. What is shared here is what was found.  Who was given it is asked and recorded for each recipient (given.c).
 */
#include <stdlib.h>
#include "store/page_priv.h"

#define SLOTS 1024
#define BYTES_MOST (32u << 20) /* of all pages kept */
#define BYTES_MOST_ONE (8u << 20) /* of one */
#define CHUNKS_MOST 32 /* free chunks kept: fresh memory costs as much as the copy into it */

struct pages {
	pthread_mutex_t lock;
	struct {
		struct page_key key;
		struct body *body;
	} slots[SLOTS];
	size_t bytes, hand; /* hand: next slot to be emptied where there are too many bytes */
	struct chunk *idle;
	size_t n_idle;
};

struct pages *pages_new(void)
{
	struct pages *p = calloc(1, sizeof *p);
	if (p)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		body_unref(p->slots[i].body);
	for (struct chunk *c = p->idle, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- memory ---- */

struct chunk *chunk_take(struct store *s, size_t room)
{
	struct pages *p = s->pages;
	struct chunk *c = NULL;
	pthread_mutex_lock(&p->lock);
	if (room == CHUNK_BYTES && p->idle) {
		c = p->idle;
		p->idle = c->next;
		p->n_idle--;
	}
	pthread_mutex_unlock(&p->lock);
	if (!c)
		c = malloc(sizeof *c + room);
	if (c)
		*c = (struct chunk){ .room = room };
	return c;
}

struct body *body_new(struct store *s)
{
	struct body *b = calloc(1, sizeof *b);
	if (b) {
		b->refs = 1;
		b->s = s;
	}
	return b;
}

void body_unref(struct body *b)
{
	if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	struct pages *p = b->s->pages;
	for (struct chunk *c = b->memory, *next; c; c = next) {
		next = c->next;
		pthread_mutex_lock(&p->lock);
		if (c->room == CHUNK_BYTES && p->n_idle < CHUNKS_MOST) {
			c->next = p->idle;
			p->idle = c;
			p->n_idle++;
			c = NULL;
		}
		pthread_mutex_unlock(&p->lock);
		free(c);
	}
	free(b->rows);
	free(b->entries);
	free(b->versions);
	free(b->runs);
	free(b->along);
	free(b);
}

/* ---- kept pages ---- */

static void put_spans(struct buf *b, const struct span *v, size_t n)
{
	buf_add(b, &n, sizeof n);
	for (size_t i = 0; i < n; i++) {
		buf_add(b, &v[i].n, sizeof v[i].n);
		buf_addspan(b, v[i]);
	}
}

bool pages_key(struct store *s, const struct store_view *v, const struct store_query *q, struct page_key *key)
{
	if (q->words.n)
		return false; /* the index goes on without a commit that counts */
	struct buf b BUF_SCOPE;
	const int64_t n[] = { (int64_t)v->n, v->facts, q->collection, q->has_after, q->has_after ? q->after.us : 0, q->versions, (int64_t)q->n_exact, (int64_t)q->limit, (int64_t)q->max_bytes,
		q->value_kind, q->bytes, q->along };
	buf_init(&b, 1 << 20);
	buf_add(&b, v->digest, sizeof v->digest);
	buf_add(&b, n, sizeof n);
	put_spans(&b, &q->cursor, 1);
	put_spans(&b, &q->value, 1);
	put_spans(&b, q->ids, q->n_ids);
	put_spans(&b, q->types, q->n_types);
	put_spans(&b, q->spec_versions, q->n_spec_versions);
	if (q->n_exact)
		buf_add(&b, q->exact_ns, q->n_exact * sizeof *q->exact_ns);
	key->edition = atomic_load(&s->edition);
	sign_sha256(buf_span(&b), key->digest);
	return buf_ok(&b);
}

static size_t slot_of(const struct page_key *key)
{
	uint32_t h;
	memcpy(&h, key->digest, sizeof h);
	return h % SLOTS;
}

struct body *pages_find(struct store *s, const struct page_key *key)
{
	struct pages *p = s->pages;
	struct body *b = NULL;
	size_t at = slot_of(key);
	pthread_mutex_lock(&p->lock);
	if (p->slots[at].body && p->slots[at].key.edition == key->edition && memcmp(p->slots[at].key.digest, key->digest, sizeof key->digest) == 0) {
		b = p->slots[at].body;
		atomic_fetch_add(&b->refs, 1);
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

/* Empties a slot; what was in it is given to the caller. */
static struct body *empty(struct pages *p, size_t at)
{
	struct body *b = p->slots[at].body;
	p->slots[at].body = NULL;
	p->bytes -= b ? b->bytes : 0;
	return b;
}

void pages_keep(struct store *s, const struct page_key *key, struct body *b)
{
	struct pages *p = s->pages;
	if (b->bytes > BYTES_MOST_ONE)
		return;
	struct body *out[SLOTS + 1];
	size_t n = 0, at = slot_of(key);
	pthread_mutex_lock(&p->lock);
	out[n++] = empty(p, at);
	for (; p->bytes + b->bytes > BYTES_MOST && n <= SLOTS; p->hand = (p->hand + 1) % SLOTS)
		if (p->slots[p->hand].body)
			out[n++] = empty(p, p->hand);
	atomic_fetch_add(&b->refs, 1);
	p->slots[at].key = *key;
	p->slots[at].body = b;
	p->bytes += b->bytes;
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < n; i++)
		body_unref(out[i]);
}
