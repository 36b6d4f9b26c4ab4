/* SPDX-License-Identifier: Apache-2.0 */
/* Multibase 'z', base58btc: for keys and signatures only, so plain long division does. */
#include "sign/sign_priv.h"
#include <assert.h>

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

void base58_write(const uint8_t *p, size_t n, char out[static BASE58_TEXT])
{
	assert(n <= BASE58_BYTES);
	uint8_t digit[BASE58_TEXT]; /* base 58, least first */
	size_t digits = 0, zeros = 0;
	while (zeros < n && p[zeros] == 0)
		zeros++;
	for (size_t i = zeros; i < n; i++) {
		unsigned carry = p[i];
		for (size_t j = 0; j < digits; j++) {
			carry += (unsigned)digit[j] << 8;
			digit[j] = (uint8_t)(carry % 58);
			carry /= 58;
		}
		for (; carry; carry /= 58)
			digit[digits++] = (uint8_t)(carry % 58);
	}
	*out++ = 'z';
	memset(out, alphabet[0], zeros);
	out += zeros;
	while (digits > 0)
		*out++ = alphabet[digit[--digits]];
	*out = '\0';
}

bool base58_read(struct span text, uint8_t *out, size_t n)
{
	assert(n <= BASE58_BYTES);
	if (text.n < 2 || text.n >= BASE58_TEXT || text.p[0] != 'z')
		return false;
	uint8_t bytes[BASE58_BYTES] = { 0 }; /* the last n are the number so far */
	for (size_t i = 1; i < text.n; i++) {
		const char *found = memchr(alphabet, text.p[i], sizeof alphabet - 1);
		if (!found)
			return false;
		unsigned carry = (unsigned)(found - alphabet);
		for (size_t j = n; j-- > 0;) {
			carry += 58u * bytes[j];
			bytes[j] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	char again[BASE58_TEXT]; /* one text a value: as many leading '1' as zero bytes */
	base58_write(bytes, n, again);
	if (!span_is(text, again))
		return false;
	memcpy(out, bytes, n);
	return true;
}
