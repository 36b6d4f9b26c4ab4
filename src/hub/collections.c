/* SPDX-License-Identifier: Apache-2.0 */
/* Collections: a counted snapshot of them, and who may know of which. */
#include <stdlib.h>
#include "hub/hub_priv.h"

static void unref(void *snapshot)
{
	struct hub_collections *k = snapshot;

	if (k && atomic_fetch_sub(&k->refs, 1) == 1) {
		arena_free(k->arena);
		free(k);
	}
}

static struct hub_collections *load(struct hub *h, struct fault *f)
{
	struct hub_collections *k = calloc(1, sizeof(*k));

	if (k && (k->arena = arena_new(16 << 20)) && store_collections(h->store, k->arena, &k->v, &k->n, f) == ERR_OK) {
		atomic_init(&k->refs, 1);
		return k;
	}
	if (k)
		arena_free(k->arena);
	free(k);
	return NULL;
}

/* a NULL: only reads them again. */
const struct hub_collections *hub_collections(struct hub *h, struct arena *a, bool fresh, struct fault *f)
{
	struct hub_collections *k, *old = NULL, *made = fresh || !h->collections ? load(h, f) : NULL;

	pthread_mutex_lock(&h->collections_lock);
	if (made) {
		old = h->collections;
		h->collections = made;
	}
	k = a && (made || !fresh) ? h->collections : NULL;
	if (k)
		atomic_fetch_add(&k->refs, 1);
	pthread_mutex_unlock(&h->collections_lock);
	unref(old);
	if (k && !arena_defer(a, unref, k)) {
		unref(k);
		return NULL;
	}
	return k;
}

void hub_collections_free(struct hub *h)
{
	unref(h->collections);
}

bool collection_known(const struct call *c, const struct store_collection *k)
{
	if (k->directory)
		return c->who.hub;
	return c->authenticated || k->can_read;
}

struct taxii_collection collection_as_seen(const struct call *c, const struct store_collection *k)
{
	return (struct taxii_collection){ .id = k->id, .alias = k->alias, .title = k->title, .description = k->description, .can_read = k->can_read, .can_write = k->can_write && !k->directory && c->authenticated && !c->who.hub, .default_tlp = k->default_tlp, .members_write = k->can_write && !k->directory };
}

static const struct store_collection *find(const struct call *c, const struct hub_collections *k, struct span which)
{
	for (size_t i = 0; k && i < k->n; i++)
		if ((span_eq(k->v[i].id, which) || (k->v[i].alias.n && span_eq(k->v[i].alias, which))) && collection_known(c, &k->v[i]))
			return &k->v[i];
	return NULL;
}

const struct store_collection *collection_find(struct call *c, struct span which, enum collection_right need)
{
	const struct store_collection *k = find(c, hub_collections(c->hub, c->a, false, &c->fault), which);
	struct taxii_collection seen;

	if (!k) /* perhaps it was made a moment ago, by another process */
		k = find(c, hub_collections(c->hub, c->a, true, &c->fault), which);
	if (!k) {
		fault_set(&c->fault, ERR_NOTFOUND, "", "there is no such collection; %s/taxii2/hub/collections/ lists them", c->hub->url);
		call_fail(c, ERR_NOTFOUND, &c->fault);
		return NULL;
	}
	seen = collection_as_seen(c, k);
	if ((need == COLLECTION_READ && seen.can_read) || (need == COLLECTION_WRITE && seen.can_write) || need == COLLECTION_KNOW)
		return k;
	fault_set(&c->fault, ERR_DENIED, "", "you may not %s this collection", need == COLLECTION_READ ? "read from" : "write to");
	call_fail(c, ERR_DENIED, &c->fault);
	return NULL;
}

bool collections_readable(struct call *c, const struct store_collection **out, size_t *n)
{
	const struct hub_collections *k = hub_collections(c->hub, c->a, false, &c->fault);
	struct store_collection *v = k ? arena_array(c->a, k->n + 1, sizeof(*v)) : NULL;

	*n = 0;
	if (!v)
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].can_read && collection_known(c, &k->v[i]))
			v[(*n)++] = k->v[i];
	*out = v;
	return true;
}
