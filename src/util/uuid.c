/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs (RFC 9562), and the SHA-1 (RFC 3174) that version 5 is defined by; SHA-1 protects nothing here, so it stays in this file. */
#include "util/uuid.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
								     : -1;
}

bool uuid_parse(struct span text, struct uuid *out)
{
	if (text.n != 36)
		return false;
	struct uuid u;
	const char *p = text.p;
	for (int i = 0; i < 16; i++, p += 2) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
			return false;
		int high = hex(p[0]), low = hex(p[1]);
		if ((high | low) < 0)
			return false;
		u.b[i] = (uint8_t)(high << 4 | low);
	}
	*out = u;
	return true;
}

void uuid_format(const struct uuid *u, char out[static UUID_TEXT])
{
	char *p = out;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = "0123456789abcdef"[u->b[i] >> 4];
		*p++ = "0123456789abcdef"[u->b[i] & 15];
	}
	*p = '\0';
}

int uuid_version(const struct uuid *u)
{
	return (u->b[8] & 0xC0) == 0x80 ? u->b[6] >> 4 : 0;
}

static void mark(struct uuid *u, int version)
{
	u->b[6] = (uint8_t)((u->b[6] & 0x0F) | version << 4);
	u->b[8] = (uint8_t)((u->b[8] & 0x3F) | 0x80);
}

struct uuid uuid_v4(const uint8_t random[static 16])
{
	struct uuid u;
	memcpy(u.b, random, sizeof u.b);
	mark(&u, 4);
	return u;
}

struct uuid uuid_v7(int64_t ms, const uint8_t random[static 16])
{
	struct uuid u;
	memcpy(u.b, random, sizeof u.b);
	for (int i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	mark(&u, 7);
	return u;
}

struct sha1 {
	uint32_t h[5];
	uint8_t block[64];
	uint64_t n; /* bytes so far */
};

static uint32_t rotate(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

static void sha1_block(struct sha1 *s)
{
	uint32_t w[80];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 | (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	uint32_t a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
	for (int i = 0; i < 80; i++) {
		uint32_t f, k;
		if (i < 20) {
			f = (b & c) | (~b & d);
			k = 0x5A827999;
		} else if (i < 40) {
			f = b ^ c ^ d;
			k = 0x6ED9EBA1;
		} else if (i < 60) {
			f = (b & c) | (b & d) | (c & d);
			k = 0x8F1BBCDC;
		} else {
			f = b ^ c ^ d;
			k = 0xCA62C1D6;
		}
		uint32_t next = rotate(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	const uint32_t add[5] = { a, b, c, d, e };
	for (int i = 0; i < 5; i++)
		s->h[i] += add[i];
}

static void sha1_add(struct sha1 *s, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	for (size_t used = s->n % 64, take; n > 0; p += take, n -= take, used = 0) {
		take = n < 64 - used ? n : 64 - used;
		memcpy(s->block + used, p, take);
		s->n += take;
		if (used + take == 64)
			sha1_block(s);
	}
}

static void sha1_end(struct sha1 *s, uint8_t out[static 20])
{
	uint64_t bits = s->n * 8;
	uint8_t pad[72] = { 0x80 };
	size_t zeros = (119 - s->n % 64) % 64 + 1; /* up to byte 56 of a block, the 0x80 included */
	for (int i = 0; i < 8; i++)
		pad[zeros + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
	sha1_add(s, pad, zeros + 8);
	for (int i = 0; i < 20; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

struct uuid uuid_v5(const struct uuid *ns, struct span name)
{
	struct sha1 s = { .h = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 } };
	uint8_t digest[20];
	sha1_add(&s, ns->b, sizeof ns->b);
	sha1_add(&s, name.p, name.n);
	sha1_end(&s, digest);
	struct uuid u;
	memcpy(u.b, digest, sizeof u.b);
	mark(&u, 5);
	return u;
}

void random_bytes(void *p, size_t n)
{
	uint8_t *to = p;
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		to += got;
		n -= (size_t)got;
	}
}
