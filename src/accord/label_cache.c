/* SPDX-License-Identifier: Apache-2.0 */
/* Labels by their canonical key, read once and kept: as many as the store interns, so never dropped; and the next time at which one of them answers
 * differently.
 *
 * 1. Every label passes here before anybody can be given an object under it, so next_change is never later than a true change of a label that is read.
 * 2. next_change is written under the write lock alone; readers take the atomic. */
#include <stdlib.h>
#include "accord/accord_priv.h"

struct slot {
	uint64_t hash;
	struct span key; /* p NULL: free */
	const struct policy_label *label; /* NULL: cannot be read */
};
struct accord_labels {
	pthread_rwlock_t lock;
	struct arena *arena;
	struct json_parser *parser;
	struct slot *v;
	size_t n, room; /* room: a power of two */
};

static uint64_t hash_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static struct slot *find(const struct accord_labels *l, uint64_t hash, struct span key)
{
	size_t i = hash & (l->room - 1);

	while (l->v[i].key.p && !(l->v[i].hash == hash && span_eq(l->v[i].key, key)))
		i = (i + 1) & (l->room - 1);
	return &l->v[i];
}

static bool widen(struct accord_labels *l)
{
	struct accord_labels wide = { .room = l->room * 2, .v = calloc(l->room * 2, sizeof(*l->v)) };

	if (!wide.v)
		return false;
	for (size_t i = 0; i < l->room; i++)
		if (l->v[i].key.p)
			*find(&wide, l->v[i].hash, l->v[i].key) = l->v[i];
	free(l->v);
	l->v = wide.v;
	l->room = wide.room;
	return true;
}

struct accord_labels *accord_labels_new(void)
{
	struct accord_labels *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	pthread_rwlock_init(&l->lock, NULL);
	l->room = 256;
	l->v = calloc(l->room, sizeof(*l->v));
	l->arena = arena_new(SIZE_MAX);
	l->parser = json_parser_new(1u << 20);
	if (l->v && l->arena && l->parser)
		return l;
	accord_labels_free(l);
	return NULL;
}

void accord_labels_free(struct accord_labels *l)
{
	if (!l)
		return;
	pthread_rwlock_destroy(&l->lock);
	json_parser_free(l->parser);
	arena_free(l->arena);
	free(l->v);
	free(l);
}

static const struct policy_agreement *agreement_of(const struct accord_snapshot *s, const struct policy_label *l)
{
	const struct accord_agreement *g = accord_find_agreement(s, l->agreement);
	return g ? &g->policy : NULL;
}

/* ERR_OK with NULL for a key that is no label: that is kept too. */
static enum err read_key(struct accord_labels *l, struct span key, const struct policy_label **out)
{
	struct policy_label *label = ARENA_NEW(l->arena, struct policy_label);
	struct json v;
	enum err e = label ? json_parse(l->parser, key, false, &v, NULL) : ERR_NOMEM;

	if (e == ERR_OK)
		e = policy_label_read(l->arena, v, label, NULL);
	if (e == ERR_NOMEM || !arena_ok(l->arena))
		return ERR_NOMEM;
	*out = e == ERR_OK ? label : NULL;
	return ERR_OK;
}

static struct timestamp next_of(const struct accord_snapshot *s, const struct policy_label *l, struct timestamp after)
{
	struct timestamp x = policy_next_change(agreement_of(s, l), l, after), y = accord_silent_next(s, l, after);

	return timestamp_before(x, y) ? x : y;
}

static void fold(struct accord *a, const struct policy_label *label)
{
	const struct accord_snapshot *s = label ? accord_snapshot(a) : NULL;

	if (!label)
		return;
	int64_t t = next_of(s, label, (struct timestamp){ atomic_load(&a->decided) }).us;
	if (t < atomic_load(&a->next_change))
		atomic_store(&a->next_change, t);
	accord_snapshot_unref(s);
}

const struct policy_label *accord_label(struct accord *a, struct span key)
{
	struct span kept;

	return accord_label_kept(a, key, &kept);
}

const struct policy_label *accord_label_kept(struct accord *a, struct span key, struct span *to_keep)
{
	struct accord_labels *l = a->labels;
	uint64_t hash = hash_of(key);
	const struct policy_label *out = NULL;

	pthread_rwlock_rdlock(&l->lock);
	const struct slot *have = find(l, hash, key);
	bool known = have->key.p;
	*to_keep = have->key;
	out = have->label;
	pthread_rwlock_unlock(&l->lock);
	if (known)
		return out;
	pthread_rwlock_wrlock(&l->lock);
	struct slot *to = find(l, hash, key);
	struct span kept = to->key;
	if (kept.p) {
		out = to->label;
	} else if (l->n < l->room / 2 || widen(l)) {
		to = find(l, hash, key);
		kept = arena_span(l->arena, key);
		if (kept.p && read_key(l, key, &out) == ERR_OK) {
			*to = (struct slot){ hash, kept, out };
			l->n++;
			fold(a, out);
		}
	}
	*to_keep = kept;
	pthread_rwlock_unlock(&l->lock);
	return out;
}

static bool touched(const struct accord_change *c, struct timestamp to, const struct policy_label *l)
{
	if (c->agreement.n && span_eq(l->agreement, c->agreement))
		return true;
	if (timestamp_before(c->decided, to) && !timestamp_before(to, next_of(c->before, l, c->decided)))
		return true;
	return c->news && accord_silent(c->before, l, c->decided) != accord_silent(c->after, l, c->now);
}

bool accord_labels_touched(const struct accord_change *c, struct timestamp to, struct arena *mem, const struct policy_label ***out, size_t *n)
{
	struct accord_labels *l = c->a->labels;

	*n = 0;
	pthread_rwlock_rdlock(&l->lock);
	*out = arena_array(mem, l->n + 1, sizeof(**out));
	for (size_t i = 0; *out && i < l->room; i++) {
		const struct policy_label *label = l->v[i].label;
		if (label && touched(c, to, label))
			(*out)[(*n)++] = label;
	}
	pthread_rwlock_unlock(&l->lock);
	return *out != NULL;
}

void accord_labels_settle(struct accord *a)
{
	struct accord_labels *l = a->labels;
	struct timestamp decided = { atomic_load(&a->decided) };
	int64_t next = INT64_MAX;

	pthread_rwlock_wrlock(&l->lock);
	const struct accord_snapshot *s = accord_snapshot(a);
	for (size_t i = 0; i < l->room; i++) {
		if (!l->v[i].label)
			continue;
		int64_t t = next_of(s, l->v[i].label, decided).us;
		next = t < next ? t : next;
	}
	atomic_store(&a->next_change, next);
	accord_snapshot_unref(s);
	pthread_rwlock_unlock(&l->lock);
}

bool accord_labels_stricter_than(struct accord *a, const struct policy_label *mine)
{
	struct accord_labels *l = a->labels;
	bool found = false;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = 0; i < l->room && !found; i++)
		found = l->v[i].label && policy_label_looser(mine, l->v[i].label);
	pthread_rwlock_unlock(&l->lock);
	return found;
}
