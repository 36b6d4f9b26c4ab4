/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: strict reading (simdjson behind it), writing, RFC 8785 canonical form.
 *
 * 1. Read text is UTF-8, depth <= BOUND_JSON_DEPTH (an empty array or object may stand one deeper), without numbers outside
 *    double/int64/uint64; keys that stand twice are kept, json_unique_keys and json_read refuse them.  Nothing is ever re-serialised
 *    on the way through: spans of the input are kept.
 * 2. A struct json is a cursor into a parsed document: copied freely, dead when its document is.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H
#include <stdint.h>
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

/* ---- reading ---- */
enum json_type { JSON_NONE,
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_INT,
	JSON_UINT,
	JSON_DOUBLE,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT };

/* A parsed document: simdjson's tape and string buffer.  Tape words we rely on (simdjson 3's doc/tape.md; json_members_test.c checks each): the upper 8 bits are
 * the type, the lower 56 the payload.
 *     'r'        first and last word; the root value is word 1
 *     '{' '['    lower 32 payload bits: index behind the closing word; upper 24: number of members or elements, 0xFFFFFF for that or more
 *     '}' ']'    index of the opening word
 *     '"'        offset of a string: its length (4 bytes, the machine's order), its bytes, a NUL; keys and values alike
 *     'l' 'u' 'd'  the next word is an int64, a uint64 beyond int64, a double
 *     't' 'f' 'n'
 */
struct json_doc {
	const uint64_t *tape;
	const uint8_t *strings;
};
struct json {
	const struct json_doc *doc; /* NULL: no value (a missing member) */
	size_t at; /* position on the tape */
};
/* The tape is for the functions of this header alone: they stand here so that walking costs no calls. */
extern const uint8_t json_tape_types[128]; /* enum json_type by type byte */
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
	uint8_t type = (uint8_t)(word >> 56);
	if (type == '"')
		return at + 1;
	if (type == '{' || type == '[')
		return (uint32_t)word;
	return at + 1 + (type == 'l' || type == 'u' || type == 'd');
}
static inline struct span json_text_at(const struct json_doc *doc, size_t at)
{
	const uint8_t *p = doc->strings + json_payload(json_word(doc, at));
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return (struct span){ (const char *)p + sizeof n, n };
}

struct json_parser; /* one a thread; holds the memory of its newest document */
struct json_parser *json_parser_new(size_t max_bytes);
void json_parser_free(struct json_parser *p);

/* Parses text; the document in *out lives until the next json_parse on p.  `padded`: BUF_SLACK readable bytes follow the
 * text (any struct buf gives that), else the text is copied first.  ERR_SYNTAX (where: "byte N" and what), ERR_LIMIT, ERR_NOMEM. */
enum err json_parse(struct json_parser *p, struct span text, bool padded, struct json *out, struct fault *f) CHECK_RESULT;
/* The same with a parser of its own, the document living as long as a.  Refuses duplicate keys. */
enum err json_read(struct arena *a, struct span text, struct json *out, struct fault *f) CHECK_RESULT;

/* The top-level members of a (possibly very large) object without building its document: fn gets each member's key and
 * its raw bytes exactly as they stand; where the member `list` is an array, fn_item gets each element's raw bytes instead.
 * Returns what the first non-OK callback returned, or ERR_SYNTAX/ERR_LIMIT/ERR_NOMEM.  text must be padded (BUF_SLACK).  Raw
 * spans point into text and are balanced but not yet checked: parse them (json_parse on p itself is allowed in a callback).
 * A key written with escapes is given unescaped and lives until its callback returns. */
struct json_split {
	const char *list;
	enum err (*member)(void *ctx, struct span key, struct span raw);
	enum err (*item)(void *ctx, size_t index, struct span raw);
	void *ctx;
};
enum err json_split(struct json_parser *p, struct span text, const struct json_split *to, struct fault *f) CHECK_RESULT;

/* Values one behind the other in one text, their structure found once for all of them: `, `-separated (the text is the inside of a list) or with nothing between.
 * json_series: text is padded, and the byte behind it is NUL, blank, a comma or '{' (else ERR_INVALID).  ERR_SYNTAX where all of it cannot be read (no UTF-8, a string that does
 * not end): take it apart otherwise.  ERR_LIMIT, ERR_NOMEM.  json_series_next: the next object; *out lives until the next call.  ERR_SYNTAX: *raw is balanced and no good JSON (f
 * says why), one may go on.  ERR_NOTFOUND: no further object that is complete; what follows the last one given was not looked at.  ERR_NOMEM. */
enum err json_series(struct json_parser *p, struct span text, char separator, struct fault *f) CHECK_RESULT;
enum err json_series_next(struct json_parser *p, struct span *raw, struct json *out, struct fault *f) CHECK_RESULT;

static inline enum json_type json_type(struct json v)
{
	return v.doc ? (enum json_type)json_tape_types[json_word(v.doc, v.at) >> 56 & 127] : JSON_NONE;
}
const char *json_type_name(enum json_type t); /* "string", "integer" … for messages */
static inline bool json_is(struct json v, enum json_type t)
{
	return json_type(v) == t;
}
/* Values; the caller has checked the type (asserted). */
struct span json_string(struct json v); /* unescaped UTF-8, NUL follows; may hold NUL bytes itself */
int64_t json_int(struct json v); /* JSON_INT, or JSON_UINT that fits */
double json_number(struct json v); /* any number type */
static inline bool json_true(struct json v)
{
	return json_is(v, JSON_TRUE);
}
/* The string, or {NULL,0} when v is missing or no string. */
static inline struct span json_string_or_none(struct json v)
{
	return v.doc && json_word(v.doc, v.at) >> 56 == '"' ? json_text_at(v.doc, v.at) : (struct span){ NULL, 0 };
}

/* Walking: for (struct json_iter it = json_iter(v); json_next(&it);) … it.key (objects only), it.value */
struct json_iter {
	struct span key;
	struct json value;
	const struct json_doc *doc;
	size_t next, end;
	bool object;
};
/* of an array or object; anything else has no items */
static inline struct json_iter json_iter(struct json v)
{
	uint64_t word = v.doc ? json_word(v.doc, v.at) : 0;
	struct json_iter it = { .doc = v.doc, .object = word >> 56 == '{' };
	if (it.object || word >> 56 == '[') {
		it.next = v.at + 1;
		it.end = (uint32_t)word - 1;
	}
	return it;
}
static inline bool json_next(struct json_iter *it)
{
	if (it->next >= it->end)
		return false;
	if (it->object)
		it->key = json_text_at(it->doc, it->next++);
	it->value = (struct json){ it->doc, it->next };
	it->next = json_after(it->doc, it->next);
	return true;
}
size_t json_count(struct json v);
/* Member of an object by key, first match; .doc == NULL when missing or v is no object. */
struct json json_get(struct json v, const char *key);
struct json json_get_span(struct json v, struct span key);
static inline bool json_has(struct json v)
{
	return v.doc != NULL;
}
/* True where no object inside v has a key twice; else *key is an offender ({NULL,0}: no memory). */
bool json_unique_keys(struct json v, struct span *key);
/* Value equality (member order does not matter; 1 and 1.0 are equal).  False too where there is no memory to compare large objects. */
bool json_equal(struct json a, struct json b);

/* Line and column (1-based, column in bytes) of JSON path `path` ("objects[3].name") in text, for messages; false if not found. */
bool json_locate(struct span text, const char *path, size_t *line, size_t *column);

/* ---- writing ---- */
/* Commas and quotes take care of themselves; sticky error in the buffer. */
struct json_out {
	struct buf *to;
	uint64_t comma; /* one bit a level: something stands before */
	unsigned depth; /* <= 63 */
	unsigned indent; /* 0: compact; else spaces a level */
	bool keyed; /* a key stands before, its value comes next */
};
struct json_out json_out(struct buf *to);
void json_open(struct json_out *o, char bracket); /* '{' or '[' */
void json_close(struct json_out *o, char bracket); /* '}' or ']' */
void json_key(struct json_out *o, const char *key);
void json_key_span(struct json_out *o, struct span key);
void json_put_string(struct json_out *o, struct span s); /* invalid UTF-8 becomes U+FFFD */
void json_put_str(struct json_out *o, const char *s); /* NULL: null */
void json_put_int(struct json_out *o, int64_t v);
void json_put_double(struct json_out *o, double v); /* shortest digits that read back the same; must be finite */
void json_put_bool(struct json_out *o, bool v);
void json_put_null(struct json_out *o);
void json_put_raw(struct json_out *o, struct span json); /* one complete value, copied as it is */
void json_put(struct json_out *o, struct json v);
/* key and value in one call */
void json_kstr(struct json_out *o, const char *key, const char *s);
void json_kspan(struct json_out *o, const char *key, struct span s);
void json_kint(struct json_out *o, const char *key, int64_t v);
void json_kbool(struct json_out *o, const char *key, bool v);

/* ---- canonical ---- */
/* RFC 8785 (JCS).  ERR_INVALID for numbers JCS cannot hold (integers beyond 2^53), ERR_NOMEM/ERR_LIMIT by the buffer. */
enum err json_canonical(struct json v, struct buf *out, struct fault *f) CHECK_RESULT;
#endif
