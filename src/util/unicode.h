/* SPDX-License-Identifier: Apache-2.0 */
/* What we ask Unicode: one character of UTF-8, and normal form C (utf8proc is known here and in no other room). */
#ifndef UTIL_UNICODE_H
#define UTIL_UNICODE_H
#include <stdint.h>
#include "util/buf.h"
#include "util/span.h"

/* The first character of s (n > 0) and its length in bytes; a byte that begins none counts as the character U+FFFD of length 1. */
size_t unicode_next(struct span s, int32_t *c);
/* False where the text may not be in normal form C; a quick look that never says true wrongly. */
bool unicode_is_nfc(struct span s);
/* Adds s in normal form C (UAX #15) to out; bytes that are no UTF-8 become U+FFFD.  The error is out's; `scratch` is room to work in. */
void unicode_nfc(struct span s, struct buf *scratch, struct buf *out);
/* The bytes of text whose characters are all below U+0100 (STIX 2.1: text against binary): next byte, or -1 where the character is larger.
 * *at moves on. */
static inline int unicode_latin(struct span s, size_t *at)
{
	int32_t c;

	*at += unicode_next((struct span){ s.p + *at, s.n - *at }, &c);
	return c < 0x100 ? (int)c : -1;
}

/* ---- for the words that a store searches by ---- */
/* Compatibility form, composed, case folded, without ignorable characters.  The result is the caller's (free); NULL without memory or where s is no UTF-8. */
char *unicode_fold(struct span s, size_t *n);
bool unicode_is_word(int32_t c); /* letter, mark or number */
int32_t unicode_base(int32_t c); /* the first character of c's canonical decomposition */
size_t unicode_encode(int32_t c, char out[static 4]);
#endif
