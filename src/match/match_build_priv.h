/* SPDX-License-Identifier: Apache-2.0 */
/* What the builder has gathered, for match_build_finish. */
#ifndef MATCH_MATCH_BUILD_PRIV_H
#define MATCH_MATCH_BUILD_PRIV_H
#include "match/match_priv.h"
#include "stix/marking.h"

struct match_found_value {
	enum stix_value_kind kind;
	struct span normal;
};
struct match_found_term {
	const struct match_found_value *v;
	size_t n;
};
struct match_entry {
	struct span key; /* id */
	int64_t version_ns;
	bool revoked;
	enum match_skip why; /* MATCH_SKIPS: nothing was left out */
	struct match_indicator indicator;
	struct match_found_term *term;
	size_t terms;
};
/* A bare value, kept small: lists have millions. */
struct match_bare {
	uint32_t text, facts, source; /* in the blob, as match_value has it; facts as match_facts has them */
	uint8_t kind, class, bits;
};
struct match_definition {
	struct span id;
	enum stix_tlp tlp;
};
struct match_build {
	struct arena *a, *scratch; /* scratch: of one call */
	struct match_entry *entry;
	size_t entries, entry_room;
	uint32_t *by_id; /* entry + 1 by hash of key */
	size_t id_room;
	struct match_bare *bare;
	size_t bares, bare_room;
	uint8_t *blob;
	size_t blobs, blob_room;
	struct match_definition *definition;
	size_t definitions, definition_room;
	struct span source, bare_source;
	uint32_t bare_source_at;
	size_t replaced, skipped, why[MATCH_SKIPS];
	bool wide;
};
/* For qsort and bsearch; match_build_tlp wants the definitions in this order. */
int match_definition_order(const void *x, const void *y);
void match_build_tlp(const struct match_build *b, struct match_indicator *i);
/* A value's text (and address) goes into the blob; false without memory. */
bool match_blob_value(struct match_build *b, enum match_class c, struct span normal, const uint8_t *address, uint32_t *at);
bool match_blob_facts(struct match_build *b, const struct match_indicator *i, uint32_t *at);
bool match_blob_put(struct match_build *b, struct span text, uint32_t *at);
#endif
