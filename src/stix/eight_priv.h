/* SPDX-License-Identifier: Apache-2.0 */
/* Eight characters at once, in a word. */
#ifndef STIX_EIGHT_PRIV_H
#define STIX_EIGHT_PRIV_H
#include <stdint.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t eight(const char *p)
{
	uint64_t x;
	memcpy(&x, p, 8);
	return x;
}

/* The top bit of each byte that lies between low and high; all bytes are below 0x80, so that no sum carries over. */
static inline uint64_t between(uint64_t x, unsigned low, unsigned high)
{
	return (x + EACH(0x80 - low)) & ~(x + EACH(0x7f - high)) & EACH(0x80);
}
#endif
