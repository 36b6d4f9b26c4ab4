/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled index, as builder, lookups and scanner see it.
 *
 * 1. It consists of flat sections without pointers, so that a file of them can be mapped and used as it is.
 * 2. A value is unique by class and bytes; it stands in terms; a term belongs to one indicator and holds when all its values stand in the same line.
 * 3. Every value has one slot of one hash table; a lookup is verified byte for byte.
 * 4. Whatever has its bits in the filter may be there, what has not is not: the filter answers most lookups alone.
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
	CLASS_TEXT, /* file names, mutexes, registry keys, user agents …: whatever has words */
	/* filter only */ CLASS_URL_HOST,
	CLASS_EMAIL_HOST,
	CLASSES };

#define MATCH_NAME_MOST 255 /* bytes of a name */
#define MATCH_URL_MOST 8192 /* bytes of a URL looked for in a log */
#define MATCH_OVERLAP 32768 /* of the pieces of a long line; over twice the longest token */
#define MATCH_HEAD 64 /* readable bytes before, and behind, whatever the sieve looks at */

/* ---- sections ---- */
struct match_value {
	uint32_t text; /* in the blob: length, normal form; of addresses the 4 or 16 bytes of the (masked) address follow */
	uint32_t cell; /* the only one, where cells == 1; else where the cells of this value begin */
	uint32_t cells;
	uint8_t kind, class, bits /* of a network */, spare;
};
/* A cell: the indicator that needs no more than this value, or MATCH_TERM and a term. */
#define MATCH_TERM UINT32_C(0x80000000)
struct match_term {
	uint32_t indicator, first, n; /* values from `first` of term_value */
};
struct match_slot {
	uint32_t tag, value; /* value + 1; 0: free */
};
struct match_facts { /* of an indicator */
	uint32_t facts, source; /* in the blob; facts 0: a bare value whose name is its normal form */
};
struct match_anchor { /* of a CLASS_TEXT value: its most telling word ends `behind` bytes before the value's end; sorted by hash */
	uint32_t hash, value, behind;
};

#define MATCH_SECTIONS(X) \
	X(blob, uint8_t) \
	X(indicator, struct match_facts) \
	X(value, struct match_value) \
	X(cell, uint32_t) \
	X(term, struct match_term) \
	X(term_value, uint32_t) \
	X(slot, struct match_slot) \
	X(filter, uint64_t) \
	X(net24, uint64_t) /* a bit for each /24 that something listed lies in or covers */ \
	X(word, uint64_t) /* a bit for the hash of each anchor */ \
	X(anchor, struct match_anchor) \
	X(pattern, uint32_t) /* indicators that are patterns to be watched for */

struct match_index {
#define X(name, type) \
	const type *name; \
	size_t name##s;
	MATCH_SECTIONS(X)
#undef X
	size_t indicators_given; /* those that are searched for */
	uint64_t slot_mask;
	uint64_t per_class[CLASSES];
	uint64_t bits4, bits6[3]; /* prefix lengths that occur */
	uint32_t idn, odd_mail, odd_url; /* some listed name has an A-label; some listed mail address or URL has a host without dots */
	struct match_counts counts;
	void *map; /* of a file; NULL: the sections are our own memory */
	size_t mapped;
};
#define MATCH_WORD_BITS 18 /* of the word section: 32 KiB, which the first-level cache holds */

/* ---- the blob ---- */
static inline struct span match_blob_text(const struct match_index *x, uint32_t at)
{
	size_t n = x->blob[at++];

	if (n >= 0x80) {
		n = (n & 0x7F) | (size_t)x->blob[at] << 7 | (size_t)x->blob[at + 1] << 15;
		at += 2;
	}
	return (struct span){ (const char *)x->blob + at, n };
}
#define MATCH_TEXT_MOST ((1u << 23) - 1)
/* The indicator, its spans in the index; `value` names a bare one. */
void match_indicator_of(const struct match_index *x, uint32_t number, struct span value, struct match_indicator *out);

/* ---- hashing: the same on every processor, fast where 16 bytes before the text may be read ---- */
#define MATCH_FOLD UINT64_C(0x2020202020202020) /* among the bytes of words this is lower case */

__extension__ typedef unsigned __int128 match_u128;

static inline uint64_t match_load8(const void *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}
static inline uint64_t match_mum(uint64_t a, uint64_t b)
{
	match_u128 m = (match_u128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}
static inline uint64_t match_seed(enum match_class c)
{
	return UINT64_C(0x9E3779B97F4A7C15) * ((uint64_t)c + 1);
}
#define MATCH_K1 UINT64_C(0xA0761D6478BD642F)
#define MATCH_K2 UINT64_C(0xE7037ED1A0B428DB)
/* n > 16 bytes that end at `end`. */
static inline uint64_t match_hash_long(uint64_t seed, const uint8_t *end, size_t n, uint64_t fold)
{
	const uint8_t *p = end - n;
	size_t rest = n;

	for (; rest > 16; rest -= 16, end -= 16)
		seed = match_mum((match_load8(end - 8) | fold) ^ MATCH_K1 ^ seed, (match_load8(end - 16) | fold) ^ MATCH_K2);
	return match_mum((match_load8(p + 8) | fold) ^ MATCH_K1 ^ seed, (match_load8(p) | fold) ^ MATCH_K2 ^ n);
}
/* a: the last eight bytes, b: the eight before; of n <= 16 those that count. */
static inline uint64_t match_hash_short(uint64_t seed, uint64_t a, uint64_t b, size_t n, uint64_t fold)
{
	unsigned cut = 8 * (unsigned)(n < 8 ? 8 - n : 16 - n);
	uint64_t keep = cut >= 64 ? 0 : ~UINT64_C(0) << cut;

	a = (a | fold) & (n < 8 ? keep : ~UINT64_C(0));
	b = (b | fold) & (n < 8 ? 0 : keep);
	return match_mum(a ^ MATCH_K1 ^ seed, b ^ MATCH_K2 ^ n);
}
/* 16 bytes before end may be read. */
static inline uint64_t match_hash_ending(uint64_t seed, const uint8_t *end, size_t n, uint64_t fold)
{
	return n > 16 ? match_hash_long(seed, end, n, fold) : match_hash_short(seed, match_load8(end - 8), match_load8(end - 16), n, fold);
}
/* Wherever the text stands. */
static inline uint64_t match_hash(enum match_class c, const void *text, size_t n, uint64_t fold)
{
	uint8_t room[16] = { 0 };

	if (n > 16)
		return match_hash_long(match_seed(c), (const uint8_t *)text + n, n, fold);
	if (n)
		memcpy(room + 16 - n, text, n);
	return match_hash_short(match_seed(c), match_load8(room + 8), match_load8(room), n, fold);
}
/* Names and hashes count in any case. */
static inline uint64_t match_fold_of(enum match_class c)
{
	return c == CLASS_NAME || c == CLASS_HASH || c == CLASS_URL_HOST || c == CLASS_EMAIL_HOST ? MATCH_FOLD : 0;
}
static inline uint8_t match_lower(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Of a word of n bytes: the last eight of them, of which a those before its end. */
static inline uint32_t match_word_hash8(uint64_t a, size_t n)
{
	a = (a | MATCH_FOLD) & (n < 8 ? ~UINT64_C(0) << 8 * (8 - (unsigned)n) : ~UINT64_C(0));
	return (uint32_t)((a ^ MATCH_K1) * MATCH_K2 >> 32);
}
static inline uint32_t match_word_hash(const char *end, size_t n)
{
	char room[8] = { 0 };

	n = n < 8 ? n : 8;
	memcpy(room + 8 - n, end - n, n);
	return match_word_hash8(match_load8(room), n);
}

/* ---- the filter: a key has three bits of one word.  A name has one key as ancestor, and more bits of the same word for what it is listed as ---- */
static inline uint64_t match_filter_word(const struct match_index *x, uint64_t h)
{
	return x->filter[(uint64_t)(((match_u128)h * x->filters) >> 64)];
}
static inline uint64_t match_filter_bits(uint64_t h)
{
	return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) | UINT64_C(1) << (h >> 12 & 63);
}
/* which: 1 NAME, 2 URL_HOST, 3 EMAIL_HOST */
static inline uint64_t match_filter_listed(uint64_t h, unsigned which)
{
	h >>= 6 * which;
	return UINT64_C(1) << (h >> 12 & 63) | UINT64_C(1) << (h >> 24 & 63);
}
static inline bool match_filter_has(const struct match_index *x, uint64_t h)
{
	uint64_t bits = match_filter_bits(h);

	return (match_filter_word(x, h) & bits) == bits;
}

/* ---- lookups: the value's number, or MATCH_NONE ---- */
#define MATCH_NONE UINT32_MAX
uint32_t match_find_text(const struct match_index *x, enum match_class c, struct span text, uint64_t h);
uint32_t match_find_address(const struct match_index *x, enum match_class c, const uint8_t *address, unsigned bits);
uint64_t match_address_hash(enum match_class c, const uint8_t *address, unsigned bits);
static inline bool match_class_is_address(enum match_class c)
{
	return c <= CLASS_CIDR6;
}
static inline size_t match_address_bytes(enum match_class c)
{
	return c == CLASS_IPV4 || c == CLASS_CIDR4 ? 4 : 16;
}

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
/* Anyone can register below a public suffix (co.jp, github.io), so a listed one would match strangers.  Names of one label count as suffixes. */
bool match_public_suffix(struct arena *a, struct span name);

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
