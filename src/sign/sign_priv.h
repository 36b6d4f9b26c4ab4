/* SPDX-License-Identifier: Apache-2.0 */
/* Inside sign: base58btc and the multicodec texts made of it. */
#ifndef SIGN_SIGN_PRIV_H
#define SIGN_SIGN_PRIV_H
#include "sign/sign.h"

#define BASE58_BYTES 64 /* the longest thing coded: a signature */
#define BASE58_TEXT 92 /* its text with the multibase 'z' and NUL, rounded up */

/* 'z' and the base58btc of n bytes (at most BASE58_BYTES), and NUL. */
void base58_write(const uint8_t *p, size_t n, char out[static BASE58_TEXT]);
/* Exactly n bytes from 'z…'; false for anything that base58_write would not have written. */
bool base58_read(struct span text, uint8_t *out, size_t n);

/* rule.c: a point in its one form and not of small order; the library keeps the rule. */
bool sign_public_ok(const uint8_t public_key[static 32]);
bool sign_rule_holds(void);
#endif
