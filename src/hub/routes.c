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
	{ "GET", API "/notices", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_notices, "notices", "what the caller was given and was revoked, restricted or withdrawn since, without content" },
	{ "GET", API "/sightings", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_sightings, "sightings", "sightings of an object (?object=) as far as the caller may see" },
	{ "GET", API "/peers", MEDIA_NONE, MEDIA_JSON, RIGHT_ADMIN, do_peers, "peers", "links to other hubs and servers" },
	{ "GET", API "/stats", MEDIA_NONE, MEDIA_JSON, RIGHT_READ, do_stats, "stats", "how much the caller may read; for the operator, the store" },
	{ "GET", API "/stream", MEDIA_NONE, MEDIA_EVENTS, RIGHT_READ, do_stream, "stream", "server-sent events: a hint without content when something newer is there" },

	{ "GET", API "/receipts", MEDIA_NONE, MEDIA_JSON, RIGHT_MEMBER, do_receipts, "receipts", "who was given an object (?object=), with proofs: all to its submitter, to others what they were given" },
	{ "GET", "/log/checkpoint", MEDIA_NONE, MEDIA_NOTE, RIGHT_LOG, do_log_checkpoint, "log-checkpoint", "the log's newest checkpoint (C2SP signed note) with its cosignatures" },
	{ "GET", "/log/tile/{level}/{a}", MEDIA_NONE, MEDIA_BINARY, RIGHT_LOG, do_log_tile, "log-tile", "a tile of the log, or of its entries (C2SP tlog-tiles)" },
	{ "GET", "/log/tile/{level}/{a}/{b}", MEDIA_NONE, MEDIA_BINARY, RIGHT_LOG, do_log_tile, "log-tile-2", "the same: a partial tile, or one beyond the first thousand" },
	{ "GET", "/log/tile/{level}/{a}/{b}/{c}", MEDIA_NONE, MEDIA_BINARY, RIGHT_LOG, do_log_tile, "log-tile-3", "the same" },
	{ "GET", "/log/tile/{level}/{a}/{b}/{c}/{d}", MEDIA_NONE, MEDIA_BINARY, RIGHT_LOG, do_log_tile, "log-tile-4", "the same" },
	{ "GET", "/log/consistency", MEDIA_NONE, MEDIA_JSON, RIGHT_LOG, do_log_consistency, "log-consistency", "the proof that the log of ?to= entries continues that of ?from=" },
	{ "GET", "/log/witnessed", MEDIA_NONE, MEDIA_JSON, RIGHT_LOG, do_log_witnessed, "log-witnessed", "the newest checkpoints of others' logs that this hub has seen" },
	{ "POST", "/log/cosignatures", MEDIA_JSON, MEDIA_JSON, RIGHT_MEMBER, do_log_cosign, "log-cosign", "a peer hub's cosignature of a checkpoint" },

	{ "GET", "/healthz", MEDIA_NONE, MEDIA_JSON, RIGHT_OPEN, do_healthz, "healthz", "the process answers" },
	{ "GET", "/readyz", MEDIA_NONE, MEDIA_JSON, RIGHT_OPEN, do_readyz, "readyz", "the hub can take in and give out" },
	{ "GET", "/metrics", MEDIA_NONE, MEDIA_TEXT, RIGHT_LOCAL, do_metrics, "metrics", "counters for Prometheus" },
};
/* clang-format on */
const size_t hub_routes_n = sizeof(hub_routes) / sizeof(*hub_routes);
_Static_assert(sizeof(hub_routes) / sizeof(*hub_routes) <= ROUTES_MOST, "hub_metrics counts by route");

#define SEGMENTS_MOST 8 /* of a path; no route has so many */

/* The segments of a path, percent signs decoded; 0: none, too many, or one that no route has. */
static size_t segments(struct arena *a, struct span path, struct span out[static SEGMENTS_MOST])
{
	size_t n = 0;

	while (path.n && path.p[0] == '/') {
		const char *end = memchr(path.p + 1, '/', path.n - 1);
		size_t len = end ? (size_t)(end - path.p) - 1 : path.n - 1;

		if (!len && !end)
			return n; /* the path's last slash */
		if (!len || n == SEGMENTS_MOST || !header_segment(a, (struct span){ path.p + 1, len }, &out[n++]))
			return 0;
		path = (struct span){ path.p + 1 + len, path.n - 1 - len };
	}
	return n;
}

static bool path_matches(const char *pattern, const struct span *have, size_t n_have, struct span params[static PARAMETERS_MOST])
{
	size_t i = 0, n = 0;

	for (const char *p = pattern + 1; *p; i++) {
		size_t len = strcspn(p, "/");

		if (i == n_have)
			return false;
		if (*p == '{') {
			assert(n < PARAMETERS_MOST);
			params[n++] = have[i];
		} else if (have[i].n != len || memcmp(have[i].p, p, len) != 0) {
			return false;
		}
		p += len + (p[len] == '/');
	}
	return i == n_have;
}

const struct route *route_find(struct arena *a, const char *method, struct span path, struct span params[static PARAMETERS_MOST], const char **allow)
{
	const char *as = strcmp(method, "HEAD") ? method : "GET";
	struct span have[SEGMENTS_MOST];
	size_t n;

	*allow = "";
	n = segments(a, path, have);
	for (size_t i = 0; n && i < hub_routes_n; i++) {
		const struct route *t = &hub_routes[i];

		if (!path_matches(t->path, have, n, params))
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
