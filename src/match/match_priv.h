/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled index, as builder, lookups and scanner see it.
 *
 * 1. A value is unique by class and bytes; it stands in terms; a term belongs to one indicator and holds when all its values stand in the same line.
 * 2. Every value has one slot of one hash table; a lookup is verified byte for byte.
 * 3. Hashes run over bytes from the last to the first, so that those of all suffixes of a name come out of one walk.
 * 4. Whatever has a bit in a filter may be there, what has none is not: filters answer most lookups alone.
 */
#ifndef MATCH_MATCH_PRIV_H
#define MATCH_MATCH_PRIV_H
#include "match/match.h"
#include "pattern/pattern.h"

enum match_class { CLASS_IPV4,
	CLASS_IPV6,
	CLASS_CIDR4,
	CLASS_CIDR6,
	CLASS_NAME,
	CLASS_URL,
	CLASS_EMAIL,
	CLASS_HASH,
	/* filter only */ CLASS_URL_HOST,
	CLASS_EMAIL_HOST,
	CLASSES };

#define MATCH_NAME_MOST 255 /* bytes of a name */
#define MATCH_URL_MOST 8192 /* bytes of a URL looked for in a log */
#define MATCH_OVERLAP 32768 /* of the pieces of a long line; over twice the longest token */

struct match_value {
	struct span text; /* normal form */
	enum stix_value_kind kind;
	enum match_class class;
	uint8_t address[16], bits; /* addresses: masked, and the prefix length */
	uint32_t posting, postings;
};
struct match_term {
	uint32_t indicator, first, n; /* values from `first` of term_value */
};
struct match_slot {
	uint32_t tag, value; /* value + 1; 0: free */
};
struct match_index {
	struct arena *a;
	struct match_indicator *indicator;
	struct match_value *value;
	struct match_term *term;
	uint32_t *term_value, *posting; /* posting: terms of a value, by indicator */
	size_t indicators, values, terms;
	struct match_slot *slot;
	uint64_t slot_mask;
	uint64_t *filter;
	unsigned filter_shift;
	size_t per_class[CLASSES];
	bool idn; /* some listed name has an A-label */
	uint64_t bits4, bits6[3]; /* prefix lengths that occur */
	uint8_t lower[256];
};

/* ---- hashing ---- */
static inline uint64_t match_seed(enum match_class c)
{
	return UINT64_C(0x9E3779B97F4A7C15) * ((uint64_t)c + 1);
}
static inline uint64_t match_step(uint64_t h, uint8_t c)
{
	return (h ^ c) * UINT64_C(0xD6E8FEB86659FD93);
}
static inline uint64_t match_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 29;
}
static inline uint64_t match_hash(enum match_class c, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t h = match_seed(c);

	while (n--)
		h = match_step(h, p[n]);
	return match_mix(h);
}
static inline bool match_filter(const struct match_index *x, uint64_t h)
{
	uint64_t bit = h >> x->filter_shift;

	return x->filter[bit >> 6] >> (bit & 63) & 1;
}

/* ---- lookups: the value's number, or MATCH_NONE ---- */
#define MATCH_NONE UINT32_MAX
uint32_t match_find_text(const struct match_index *x, enum match_class c, struct span normal, uint64_t h);
uint32_t match_find_address(const struct match_index *x, enum match_class c, const uint8_t *address, unsigned bits);

/* ---- patterns to terms ---- */
struct dnf_value {
	enum stix_value_kind kind;
	struct span normal;
};
struct dnf_term {
	const struct dnf_value **v;
	size_t n;
};
struct dnf {
	struct dnf_term *term;
	size_t n;
	bool dropped[MATCH_SKIPS]; /* reasons for which branches were left out */
};
/* ERR_NOMEM only; a pattern of which nothing can be searched gives no terms. */
enum err match_dnf(struct arena *a, struct span text, const struct pattern *p, struct dnf *out) CHECK_RESULT;
/* The value in normal form where a log can show it (kinds of CLASS_*), else why not in *skip and {NULL,0}; without memory {NULL,0} and a failed arena. */
struct span match_normal(struct arena *a, enum stix_value_kind *k, struct span text, enum match_skip *skip);
enum match_class match_class_of(enum stix_value_kind k, struct span normal);
/* Reads "a.b.c.d/n" or "v6/n" in normal form: address masked. */
bool match_address(struct span normal, enum stix_value_kind k, uint8_t address[static 16], uint8_t *bits);
/* Host of a URL in normal form. */
struct span match_url_host(struct span normal);

/* ---- scanning one piece of a line ---- */
struct match_view {
	const char *p;
	size_t n;
	const uint32_t *map; /* where each byte stood before escapes were taken out, n + 1 of them; NULL: where it stands */
	struct arena *scratch;
	bool *starved; /* set where the scratch memory did not suffice */
	void (*found)(void *ctx, uint32_t value, size_t start, size_t end); /* places in p */
	void *ctx;
};
void match_tokens(const struct match_index *x, const struct match_view *v);
/* Takes JSON escapes out of text from byte `from` on: to holds n bytes, map n + 1.  Gives the new length. */
size_t match_unescape(struct span text, size_t from, char *to, uint32_t *map);
/* Where JSON begins in a line: at a '{"' anywhere, or '["' or '[{' at its start; n where it does not. */
size_t match_json_start(struct span line);
#endif
