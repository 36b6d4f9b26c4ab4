/* SPDX-License-Identifier: Apache-2.0 */
/* Creators and definitions that go along with what a reader is given: before the objects of the page that refer to them, and by their ids. */
#include "hub/hub_priv.h"

#define BY_ID_MOST 100 /* ids of one question that are looked for */

static bool push(struct call *c, struct along *all, size_t most, const struct along_one *one)
{
	if (!all->v)
		all->v = arena_array(c->a, most, sizeof(*all->v));
	if (all->v)
		all->v[all->n++] = *one;
	return all->v;
}

/* Without memory or with a store that does not answer, the page goes without: the reader can ask by id. */
void along_page(struct call *c, const struct store_page *page, struct along *out)
{
	const struct store_along *want;
	size_t n = store_page_along(page, &want);

	*out = (struct along){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct store_entry *by = store_page_entry(page, want[i].entry);
		struct along_one one = { .id = want[i].id, .origin = by->origin, .home = by->home, .stamp = by->stamp, .added = by->added };

		if (accord_along(c->hub->accord, c->a, one.id, by->origin, c->who.hub, &one.raw, NULL) == ERR_OK && !push(c, out, n, &one))
			return;
	}
}

static bool may_go(struct span id)
{
	return stix_id_is(id, "identity") || stix_id_is(id, "marking-definition") || stix_id_is(id, "extension-definition");
}

void along_ids(struct call *c, const struct store_view *v, int64_t collection, const struct span *ids, size_t n, struct along *out)
{
	*out = (struct along){ 0 };
	for (size_t i = 0; i < n && n <= BY_ID_MOST; i++) {
		struct along_one one = { .id = ids[i] };
		bool may = true, closure;

		if (!may_go(ids[i]) || store_view_may(c->hub->store, v, ids[i], &may, &closure, NULL) != ERR_OK || may)
			continue;
		if (store_referred(c->hub->store, v, collection, ids[i], c->a, &one.origin, &one.stamp, NULL) != ERR_OK)
			continue;
		if (accord_along(c->hub->accord, c->a, one.id, one.origin, c->who.hub, &one.raw, NULL) == ERR_OK && !push(c, out, n, &one))
			return;
	}
}

struct span along_version(struct call *c, const struct along_one *one)
{
	struct json v;
	struct stix_object o;

	if (json_read(c->a, one->raw, &v, NULL) != ERR_OK || stix_object_read(c->a, v, one->raw, &o, NULL) != ERR_OK)
		return SPAN("");
	return o.version;
}
