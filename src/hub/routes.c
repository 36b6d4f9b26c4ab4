/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes: dispatch, OPTIONS, Allow, the OpenAPI test and the documentation are made from it. */
#include <assert.h>
#include "hub/hub_priv.h"

#define ROOT "/taxii2/hub"
#define COLLECTION ROOT "/collections/{collection}"
#define API "/api/v1"

/* clang-format off */
const struct route hub_routes[] = {
	{ "GET", "/taxii2/", MEDIA_NONE, MEDIA_TAXII, RIGHT_OPEN, do_discovery, "discovery", "TAXII discovery, and who this hub is" },
	{ "GET", ROOT "/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_api_root, "api-root", "the API root" },
	{ "GET", ROOT "/status/{status}/", MEDIA_NONE, MEDIA_TAXII, RIGHT_MEMBER, do_status, "status", "what became of a submission, for its submitter" },
	{ "GET", ROOT "/collections/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_collections, "collections", "the collections the caller may know of" },
	{ "GET", COLLECTION "/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_collection, "collection", "one collection, by id or alias" },
	{ "GET", COLLECTION "/objects/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_objects, "objects", "a page of objects; Prefer: wait=N waits for news" },
	{ "POST", COLLECTION "/objects/", MEDIA_TAXII, MEDIA_TAXII, RIGHT_MEMBER, do_post_objects, "post-objects", "submit objects; each is judged by itself" },
	{ "GET", COLLECTION "/objects/{object}/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_object, "object", "versions of one object" },
	{ "DELETE", COLLECTION "/objects/{object}/", MEDIA_NONE, MEDIA_TAXII, RIGHT_MEMBER, do_delete_object, "delete-object", "withdraw one's own object, or versions of it" },
	{ "GET", COLLECTION "/objects/{object}/versions/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_versions, "versions", "which versions of an object there are" },
	{ "GET", COLLECTION "/manifest/", MEDIA_NONE, MEDIA_TAXII, RIGHT_READ, do_manifest, "manifest", "ids, versions and dates of a page of objects" },

	{ "GET", API "/me", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_me, "me", "who the caller is" },
	{ "GET", API "/me/markings", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_my_markings, "my-markings", "which markings the caller may read, and why" },
	{ "GET", API "/members", MEDIA_NONE, MEDIA_JSON, RIGHT_MEMBER, do_members, "members", "the organisations of the federation" },
	{ "GET", API "/agreements", MEDIA_NONE, MEDIA_JSON, RIGHT_MEMBER, do_agreements, "agreements", "the agreements and their parties" },
	{ "GET", API "/agreements/{agreement}", MEDIA_NONE, MEDIA_JSON, RIGHT_MEMBER, do_agreement, "agreement", "one agreement, with its text" },
	{ "POST", API "/audience", MEDIA_JSON, MEDIA_JSON, RIGHT_MEMBER, do_audience, "audience", "who would receive each object of a bundle, and why others would not; nothing is stored" },
	{ "GET", API "/search", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_search, "search", "objects by value (?value=) or words (?words=) that the caller may have" },
	{ "GET", API "/sightings", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_sightings, "sightings", "sightings of an object (?object=) as far as the caller may see" },
	{ "GET", API "/peers", MEDIA_NONE, MEDIA_JSON, RIGHT_ADMIN, do_peers, "peers", "links to other hubs and servers" },
	{ "GET", API "/stats", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_stats, "stats", "how much the caller may read; for the operator, the store" },
	{ "GET", API "/stream", MEDIA_NONE, MEDIA_EVENTS, RIGHT_READ, do_stream, "stream", "server-sent events: a hint without content when something newer is there" },

	{ "GET", "/healthz", MEDIA_NONE, MEDIA_JSON, RIGHT_OPEN, do_healthz, "healthz", "the process answers" },
	{ "GET", "/readyz", MEDIA_NONE, MEDIA_JSON, RIGHT_OPEN, do_readyz, "readyz", "the hub can take in and give out" },
	{ "GET", "/metrics", MEDIA_NONE, MEDIA_TEXT, RIGHT_LOCAL, do_metrics, "metrics", "counters for Prometheus" },
};
/* clang-format on */
const size_t hub_routes_n = sizeof(hub_routes) / sizeof(*hub_routes);
_Static_assert(sizeof(hub_routes) / sizeof(*hub_routes) <= ROUTES_MOST, "hub_metrics counts by route");

/* One segment off the front; false at the end. */
static bool segment(struct span *rest, struct span *out)
{
	const char *end;

	if (!rest->n)
		return false;
	end = memchr(rest->p, '/', rest->n);
	*out = (struct span){ rest->p, end ? (size_t)(end - rest->p) : rest->n };
	rest->p += out->n + (end != NULL);
	rest->n -= out->n + (end != NULL);
	return true;
}

static bool path_matches(struct arena *a, const char *pattern, struct span path, struct span params[static PARAMETERS_MOST])
{
	struct span want = span_of(pattern + 1), have = { path.p + 1, path.n - 1 }, w, h;
	size_t n = 0;

	while (segment(&want, &w)) {
		if (!segment(&have, &h) || !header_segment(a, h, &h) || !h.n)
			return false;
		if (w.p[0] != '{') {
			if (!span_eq(w, h))
				return false;
			continue;
		}
		assert(n < PARAMETERS_MOST);
		params[n++] = h;
	}
	return !have.n;
}

const struct route *route_find(struct arena *a, const char *method, struct span path, struct span params[static PARAMETERS_MOST], const char **allow)
{
	const char *as = strcmp(method, "HEAD") ? method : "GET";

	*allow = "";
	if (!path.n || path.p[0] != '/')
		return NULL;
	for (size_t i = 0; i < hub_routes_n; i++) {
		const struct route *t = &hub_routes[i];

		if (!path_matches(a, t->path, path, params))
			continue;
		if (!strcmp(t->method, as))
			return t;
		*allow = arena_printf(a, "%s%s%s", *allow, **allow ? ", " : "", strcmp(t->method, "GET") ? t->method : "GET, HEAD");
		if (!*allow)
			*allow = "";
	}
	if (**allow)
		*allow = arena_printf(a, "%s, OPTIONS", *allow);
	return NULL;
}
