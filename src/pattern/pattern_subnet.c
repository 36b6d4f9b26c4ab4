/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and CIDR ranges for ISSUBSET and ISSUPERSET, IPv4 and IPv6. */
#include "pattern/pattern_code_priv.h"

#include <arpa/inet.h>

bool subnet_parse(struct span text, struct code_subnet *out)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	size_t n = slash ? (size_t)(slash - text.p) : text.n, bits = 0;
	struct code_subnet r = { .family = memchr(text.p, ':', n) ? 6 : 4 };
	char address[INET6_ADDRSTRLEN + 1];

	if (n == 0 || n >= sizeof(address))
		return false;
	memcpy(address, text.p, n);
	address[n] = 0;
	r.bits = r.family == 6 ? 128 : 32;
	if (strlen(address) != n || inet_pton(r.family == 6 ? AF_INET6 : AF_INET, address, r.address) != 1)
		return false;
	if (slash) {
		size_t digits = text.n - n - 1;

		if (digits < 1 || digits > 3)
			return false;
		for (size_t i = n + 1; i < text.n; i++) {
			if (text.p[i] < '0' || text.p[i] > '9')
				return false;
			bits = bits * 10 + (size_t)(text.p[i] - '0');
		}
		if (bits > r.bits)
			return false;
		r.bits = (unsigned)bits;
	}
	*out = r;
	return true;
}

bool subnet_inside(const struct code_subnet *inner, const struct code_subnet *outer)
{
	unsigned whole = outer->bits / 8, rest = outer->bits % 8;

	if (inner->family != outer->family || inner->bits < outer->bits || memcmp(inner->address, outer->address, whole) != 0)
		return false;
	return rest == 0 || ((inner->address[whole] ^ outer->address[whole]) >> (8 - rest)) == 0;
}
