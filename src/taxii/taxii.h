/* SPDX-License-Identifier: Apache-2.0 */
/* The words of TAXII 2.1 that both sides speak: media types, query filters, envelopes, manifests, status and error resources, cursors.
 * Text in, structs out; no sockets, no store. */
#ifndef TAXII_TAXII_H
#define TAXII_TAXII_H
#include "stix/object.h"
#include "util/json.h"

#define TAXII_MEDIA "application/taxii+json;version=2.1"
#define TAXII_STIX_MEDIA "application/stix+json;version=2.1"
#define TAXII_STIX_MEDIA_20 "application/stix+json;version=2.0"

/* ---- media types ---- */
/* Does an Accept header (NULL: none sent) take TAXII 2.1?  Lists, quality values, letter case, wildcard, missing version (design/taxii.md). */
bool taxii_accepts(const char *accept);
/* The same for plain JSON (the JSON API). */
bool taxii_accepts_json(const char *accept);
/* Is a Content-Type TAXII 2.1 (version may be missing)? */
bool taxii_is_content(const char *content_type);

/* ---- filters ---- */
enum taxii_version_word {
	TAXII_VERSION_LAST = 1,
	TAXII_VERSION_FIRST = 2,
	TAXII_VERSION_ALL = 4,
};
struct taxii_filter {
	bool has_added_after;
	struct timestamp added_after;
	struct span added_after_text;
	bool has_limit;
	uint64_t limit;
	struct span next; /* n == 0: none */
	struct span *ids, *types, *spec_versions;
	size_t n_ids, n_types, n_spec_versions;
	unsigned version_words; /* enum taxii_version_word bits */
	int64_t *exact_ns; /* exact versions as instants */
	size_t n_exact;
	bool unknown_match; /* an unknown match[...] field was ignored: warn in a header */
	struct span unknown_name;
};
enum taxii_filter_use {
	TAXII_ADDED_AFTER = 1,
	TAXII_LIMIT = 2,
	TAXII_NEXT = 4,
	TAXII_ID = 8,
	TAXII_TYPE = 16,
	TAXII_VERSION = 32,
	TAXII_SPEC = 64,
	TAXII_OBJECTS = 127,
	TAXII_OBJECT = TAXII_ADDED_AFTER | TAXII_LIMIT | TAXII_NEXT | TAXII_VERSION | TAXII_SPEC,
	TAXII_DELETE = TAXII_VERSION | TAXII_SPEC,
	TAXII_VERSIONS = TAXII_ADDED_AFTER | TAXII_LIMIT | TAXII_NEXT | TAXII_SPEC,
};
/* Reads the raw query string (percent-encoded, as it came; n == 0: none).  `uses`: the filters this endpoint knows.  ERR_SYNTAX (where: the parameter) for repeats, garbage, impossible
 * dates, limit 0, malformed values of known fields, too many values. */
enum err taxii_filter_parse(struct arena *a, struct span query, unsigned uses, struct taxii_filter *out, struct fault *f) CHECK_RESULT;
/* Canonical bytes of everything but limit and next: what a cursor is bound to. */
struct span taxii_filter_bytes(struct arena *a, const struct taxii_filter *q, struct span resource);
/* The query string for a client's request, with leading '?', or "". */
struct span taxii_filter_query(struct arena *a, const struct taxii_filter *q);

/* ---- resources out ---- */
struct taxii_collection {
	struct span id, alias, title, description;
	bool can_read, can_write;
	/* between hubs (x_musubi): what an object without a TLP is here, and whether members may write at all; n == 0 and false: not said */
	struct span default_tlp;
	bool members_write;
};
void taxii_put_discovery(struct json_out *o, struct span title, struct span contact, struct span base_url);
void taxii_put_api_root(struct json_out *o, struct span title, uint64_t max_content_length);
void taxii_put_collection(struct json_out *o, const struct taxii_collection *c);
struct taxii_manifest {
	struct span id, version;
	struct timestamp added;
	struct span media_type;
};
void taxii_put_manifest(struct json_out *o, const struct taxii_manifest *m);
/* Error resource (TAXII 2.1 §3.6.1): title, description, http_status, and details.where when known. */
void taxii_put_error(struct json_out *o, int http_status, struct span title, const struct fault *f, struct span error_id);
enum taxii_fate { TAXII_SUCCESS,
	TAXII_FAILURE,
	TAXII_PENDING };
struct taxii_status_item {
	struct span id, version;
	enum taxii_fate fate;
	const char *message;
};
void taxii_put_status(struct json_out *o, struct span id, struct timestamp when, bool complete, const struct taxii_status_item *v, size_t n);

/* ---- resources in (client side) ---- */
/* An envelope's or manifest's head: more, next; objects go to fn as raw spans (text padded).  `extra` gets x_musubi members where given. */
struct taxii_envelope {
	bool more;
	struct span next;
};
enum err taxii_envelope_read(struct arena *a, struct json_parser *p, struct span text, struct taxii_envelope *out,
	enum err (*fn)(void *ctx, size_t index, struct span raw), enum err (*extra)(void *ctx, struct span key, struct span raw),
	void *ctx, struct fault *f) CHECK_RESULT;
enum err taxii_collections_read(struct arena *a, struct span text, struct taxii_collection **out, size_t *n, struct fault *f) CHECK_RESULT;
/* status resource: fn for each item; *pending is pending_count. */
enum err taxii_status_read(struct arena *a, struct span text, struct span *id, uint64_t *pending,
	void (*fn)(void *ctx, const struct taxii_status_item *item), void *ctx, struct fault *f) CHECK_RESULT;
/* title and description of an error resource, or the first bytes of whatever it is. */
void taxii_error_read(struct span text, char *out, size_t room);
#endif
