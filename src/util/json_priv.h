/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSON part of util: the C face of simdjson, its tape, and what its files share.
 *
 * Tape words we rely on (simdjson 3's doc/tape.md; json_members_test.c checks each): the upper 8 bits are the type, the lower 56 the payload.
 *     'r'        first and last word; the root value is word 1
 *     '{' '['    lower 32 payload bits: index behind the closing word; upper 24: number of members or elements, 0xFFFFFF for that or more
 *     '}' ']'    index of the opening word
 *     '"'        offset of a string: its length (4 bytes, the machine's order), its bytes, a NUL; keys and values alike
 *     'l' 'u' 'd'  the next word is an int64, a uint64 beyond int64, a double
 *     't' 'f' 'n'
 */
#ifndef UTIL_JSON_PRIV_H
#define UTIL_JSON_PRIV_H
#include <stdint.h>
#include "util/bounds.h"
#include "util/json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- json_simd.cc: the only file that knows simdjson ---- */
#define JSON_SIMD_DEPTH (BOUND_JSON_DEPTH + 1)
struct json_simd; /* a parser with the memory of its newest result; its limits grow as needed */
struct json_simd *json_simd_new(void);
void json_simd_free(struct json_simd *s);
enum json_simd_result { JSON_SIMD_OK,
	JSON_SIMD_NOMEM,
	JSON_SIMD_REFUSED };
/* p is followed by BUF_SLACK readable bytes. */
enum json_simd_result json_simd_parse(struct json_simd *s, const char *p, size_t n, struct json_doc *out);
/* Where structural characters ({}[]:,) and the first bytes of scalars and strings stand in p, in order; all of p is valid UTF-8, its
 * strings are closed and hold no control characters.  (*at)[*count] is n. */
enum json_simd_result json_simd_index(struct json_simd *s, const char *p, size_t n, const uint32_t **at, size_t *count);
/* Shortest decimal digits that read back as v (finite), as "d.ddde±xx"; no NUL; returns their number, at most 24. */
size_t json_simd_digits(double v, char *out);
/* True where the number text (valid JSON) is beyond double. */
bool json_simd_overflows(const char *p, size_t n);

#ifdef __cplusplus
}
#endif

/* ---- the tape ---- */
static inline uint64_t json_word(const struct json_doc *doc, size_t at)
{
	return doc->tape[at];
}

static inline uint64_t json_payload(uint64_t word)
{
	return word & UINT64_C(0xFFFFFFFFFFFFFF);
}

/* Index behind the value at `at`. */
static inline size_t json_after(const struct json_doc *doc, size_t at)
{
	uint64_t word = json_word(doc, at);
	switch (word >> 56) {
	case '{':
	case '[': return (uint32_t)word;
	case 'l':
	case 'u':
	case 'd': return at + 2;
	default: return at + 1;
	}
}

static inline struct span json_text_at(const struct json_doc *doc, size_t at)
{
	const uint8_t *p = doc->strings + json_payload(json_word(doc, at));
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return (struct span){ (const char *)p + sizeof n, n };
}

/* ---- json_explain.c ---- */
/* What is wrong with a text that was refused and where; a reader of its own, slow and exact. ERR_LIMIT where only the depth is, ERR_OK
 * where it finds nothing wrong. */
enum err json_explain(struct span text, unsigned most_depth, struct fault *f);
/* ERR_SYNTAX with byte, line and column of `at`. */
enum err json_fault_at(struct fault *f, enum err e, struct span text, size_t at, const char *what);

/* ---- json_write.c ---- */
/* Length of the UTF-8 character at text (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF), 0 if there is none; n > 0. */
size_t json_utf8_length(const char *text, size_t n);

/* ---- json_members.c ---- */
/* The members of an object in order of their keys; equal keys in the order of the text.  `few` serves where it suffices. */
struct json_member {
	struct span key;
	struct json value;
};
#define JSON_FEW 32
struct json_members {
	struct json_member few[JSON_FEW];
	struct json_member *list;
	size_t n;
};
/* False without memory. */
bool json_members_init(struct json_members *m, struct json object, int (*order)(const void *, const void *));
void json_members_release(struct json_members *m);
int json_key_order_bytes(const void *a, const void *b);
int json_key_order_utf16(const void *a, const void *b);
#endif
