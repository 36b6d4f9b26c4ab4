/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the JSON part of util: the C face of simdjson, and what its files share; its tape stands in json.h.
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
/* Builds the one value that begins at structural *i of the text (n bytes) last given to json_simd_index, and moves *i behind it.  Reading runs into the byte behind the
 * text where the value does not end before: that one must be NUL, blank, a comma or '{', which no unfinished value goes on with for long. */
enum json_simd_result json_simd_value(struct json_simd *s, size_t n, uint32_t *i, struct json_doc *out);
/* Shortest decimal digits that read back as v (finite), as "d.ddde±xx"; no NUL; returns their number, at most 24. */
size_t json_simd_digits(double v, char *out);
/* True where the number text (valid JSON) is beyond double. */
bool json_simd_overflows(const char *p, size_t n);

#ifdef __cplusplus
}
#endif

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
