/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read tokens share: classes of bytes, borders, and who looks at what. */
#ifndef MATCH_MATCH_TOKEN_PRIV_H
#define MATCH_MATCH_TOKEN_PRIV_H
#include "match/match_priv.h"

enum {
	C_DIGIT = 1,
	C_AF = 2, /* a-f */
	C_LETTER = 4, /* g-z */
	C_HYPHEN = 8,
	C_UNDER = 16,
	C_DOT = 32,
	C_WORD = 63,
};
extern const uint8_t token_class[256]; /* 0: no part of a word */

struct tokens {
	const struct match_index *x;
	const struct match_view *v;
	const uint8_t *p;
	size_t n;
	size_t colons_done; /* up to here colons belong to something that was looked at */
};

static inline uint8_t at(const struct tokens *t, size_t i)
{
	return i < t->n ? t->p[i] : 0;
}

static inline bool is_word(const struct tokens *t, size_t i)
{
	return token_class[at(t, i)] != 0;
}

static inline bool is_hex(uint8_t c)
{
	return (token_class[c] & (C_DIGIT | C_AF)) != 0;
}

static inline bool is_digit(uint8_t c)
{
	return token_class[c] == C_DIGIT;
}

static inline bool is_alnum(uint8_t c)
{
	return (token_class[c] & (C_DIGIT | C_AF | C_LETTER)) != 0;
}

static inline void found(const struct tokens *t, uint32_t value, size_t start, size_t end)
{
	if (value != MATCH_NONE)
		t->v->found(t->v->ctx, value, start, end);
}

/* ---- borders ---- */

/* Does a letter of U+00C0-U+07FF end before, or begin at, i? */
static inline bool letter_before(const struct tokens *t, size_t i)
{
	return i >= 2 && (t->p[i - 1] & 0xC0) == 0x80 && t->p[i - 2] >= 0xC3 && t->p[i - 2] <= 0xDF;
}

static inline bool letter_at(const struct tokens *t, size_t i)
{
	return at(t, i) >= 0xC3 && at(t, i) <= 0xDF && (at(t, i + 1) & 0xC0) == 0x80;
}

static inline int hex_value(uint8_t c)
{
	return is_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* Where the word at `start` begins once a percent-encoded border before it (%2Fevil.com, %3Dhttp://) is taken off. */
static inline size_t after_percent(const struct tokens *t, size_t start, size_t end)
{
	if (!start || t->p[start - 1] != '%' || end - start < 2 || !is_hex(t->p[start]) || !is_hex(t->p[start + 1]))
		return start;
	return token_class[hex_value(t->p[start]) << 4 | hex_value(t->p[start + 1])] ? start : start + 2;
}

/* ---- match_token.c ---- */
/* A word: a name, an address, hashes in it. */
void token_word(const struct tokens *t, size_t start, size_t end);
/* The colon at i. */
void token_colon(struct tokens *t, size_t i);
/* A word with letters beyond ASCII. */
void token_wide(const struct tokens *t, size_t start, size_t end);

/* ---- match_token_address.c ---- */
/* A word of digits and dots. */
void token_ipv4(const struct tokens *t, size_t start, size_t end);
/* The colon at i: IPv6, or a hash written as pairs. */
void token_colons(struct tokens *t, size_t i);
/* A run of hex digits as long as a hash: n of them in text, from start to end in the log. */
void token_hash(const struct tokens *t, const char *text, size_t n, size_t start, size_t end);
static inline bool is_hash_length(size_t n)
{
	return n == 32 || n == 40 || n == 64 || n == 128;
}

/* ---- match_token_text.c ---- */
/* "://" or '@' at i. */
void token_url(const struct tokens *t, size_t i);
void token_email(const struct tokens *t, size_t i);
/* File names, mutexes …: by their anchors. */
void token_texts(const struct tokens *t);
#endif
