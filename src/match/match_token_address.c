/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and hashes where they stand in a log. */
#include "match/match_token_priv.h"

#include <strings.h>

static void look_up_address(const struct tokens *t, bool v4, const uint8_t *address, size_t start, size_t end)
{
	const struct match_index *x = t->x;
	uint8_t masked[16];

	found(t, match_find_address(x, v4 ? CLASS_IPV4 : CLASS_IPV6, address, v4 ? 32 : 128), start, end);
	if (!x->per_class[v4 ? CLASS_CIDR4 : CLASS_CIDR6])
		return;
	memcpy(masked, address, v4 ? 4 : 16);
	for (int bits = v4 ? 32 : 128; bits >= 0; bits--) {
		if (bits < (v4 ? 32 : 128))
			masked[bits / 8] &= (uint8_t) ~(0x80u >> bits % 8);
		if (v4 ? x->bits4 >> bits & 1 : x->bits6[bits / 64] >> bits % 64 & 1)
			found(t, match_find_address(x, v4 ? CLASS_CIDR4 : CLASS_CIDR6, masked, (unsigned)bits), start, end);
	}
}

/* Four octets without leading zeros from start; where they end, or 0. */
static size_t read_quad(const struct tokens *t, size_t start, size_t end, uint8_t out[4])
{
	size_t i = start;

	for (int k = 0; k < 4; k++) {
		unsigned v = 0;
		size_t from = i;

		while (i < end && i < from + 3 && is_digit(t->p[i]))
			v = v * 10 + (unsigned)(t->p[i++] - '0');
		if (i == from || v > 255 || (t->p[from] == '0' && i > from + 1))
			return 0;
		out[k] = (uint8_t)v;
		if (k < 3 && (i >= end || t->p[i++] != '.'))
			return 0;
	}
	return i;
}

/* Browsers' version numbers in user agents look like addresses: Firefox/2.0.0.4. */
static bool is_version(const struct tokens *t, size_t start)
{
	static const char *const products[] = { "chrome", "chromium", "crios", "edg", "edga", "edge", "edgios", "firefox", "fxios", "gecko", "headlesschrome", "iceweasel", "iron",
		"konqueror", "mobile", "netscape", "opera", "opr", "safari", "samsungbrowser", "seamonkey", "thunderbird", "trident", "version", "vivaldi", "yabrowser", "applewebkit" };
	size_t end = start - 1, from = end;

	if (start < 2 || t->p[end] != '/')
		return false;
	while (from > 0 && is_alnum(t->p[from - 1]) && end - from < 20)
		from--;
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		if (end - from == strlen(products[i]) && strncasecmp((const char *)t->p + from, products[i], end - from) == 0)
			return true;
	}
	return false;
}

void token_ipv4(const struct tokens *t, size_t start, size_t end)
{
	uint8_t address[4];

	if (end - start < 7 || end - start > 15 || read_quad(t, start, end, address) != end || is_version(t, start))
		return;
	look_up_address(t, true, address, start, end);
}

/* An IPv6 address from start, all of whose groups end at a border; where it ends, or 0.  A decimal number behind eight groups is a port (Suricata's fast.log). */
static size_t read_ipv6(const struct tokens *t, size_t start, uint8_t out[16])
{
	uint16_t group[8];
	size_t i = start, end = start;
	int n = 0, gap = -1;

	if (at(t, i) == ':' && at(t, i + 1) == ':') {
		gap = 0;
		i += 2;
		end = i;
	}
	while (n < 8 && is_hex(at(t, i))) {
		size_t from = i;
		unsigned v = 0;
		uint8_t quad[4];

		for (; is_hex(at(t, i)) && i < from + 5; i++)
			v = v << 4 | (unsigned)hex_value(t->p[i]);
		if (at(t, i) == '.' && is_digit(at(t, i + 1)) && n <= 6 && (n == 6 || gap >= 0)) {
			size_t behind = read_quad(t, from, t->n, quad);

			if (behind && !is_alnum(at(t, behind)) && at(t, behind) != '_' && !(at(t, behind) == '.' && is_word(t, behind + 1))) {
				group[n++] = (uint16_t)(quad[0] << 8 | quad[1]);
				group[n++] = (uint16_t)(quad[2] << 8 | quad[3]);
				end = behind;
				break;
			}
			return 0;
		}
		if (i - from > 4 || is_alnum(at(t, i)) || at(t, i) == '_' || (at(t, i) == '.' && is_word(t, i + 1)))
			break;
		group[n++] = (uint16_t)v;
		end = i;
		if (at(t, i) != ':')
			break;
		if (at(t, i + 1) != ':') {
			i++;
		} else if (gap < 0) {
			gap = n;
			i += 2;
			end = i;
		} else {
			break;
		}
	}
	if (n == 8 && at(t, end) == ':' && is_hex(at(t, end + 1))) {
		size_t port = end + 1;

		while (is_digit(at(t, port)) && port < end + 6)
			port++;
		if (port == end + 1 || is_word(t, port) || at(t, port) == ':')
			return 0;
	}
	if ((gap < 0 ? n != 8 : n > 7) || (t->p[end - 1] == ':' && (is_alnum(at(t, end)) || at(t, end) == '_')))
		return 0;
	memset(out, 0, 16);
	for (int k = 0; k < n; k++) {
		int to = gap < 0 || k < gap ? k : 8 - n + k;

		out[2 * to] = (uint8_t)(group[k] >> 8);
		out[2 * to + 1] = (uint8_t)group[k];
	}
	return end;
}

void token_hash(const struct tokens *t, const char *text, size_t n, size_t start, size_t end)
{
	struct span s = { text, n };
	uint64_t h = match_hash(CLASS_HASH, text, n, MATCH_FOLD);

	if (match_filter_has(t->x, h))
		found(t, match_find_text(t->x, CLASS_HASH, s, h), start, end);
}

/* aa:bb:cc:… of a hash's length, from start to the end of the run of hex digits and colons. */
static void fingerprint(const struct tokens *t, size_t start, size_t end)
{
	char text[128];
	size_t n = 0;

	if ((end - start) % 3 != 2 || !is_hash_length((end - start + 1) / 3 * 2))
		return;
	for (size_t i = start; i < end; i++) {
		if (((i - start) % 3 == 2) != (t->p[i] == ':'))
			return;
		if (t->p[i] != ':')
			text[n++] = (char)t->p[i];
	}
	token_hash(t, text, n, start, end);
}

/* The colon at i is the first of a run of hex groups and colons, unless a longer word stands before it: then it is a label's ("src:2001:db8::1"). */
void token_colons(struct tokens *t, size_t i)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
	uint8_t address[16];
	size_t start = i, end = i, behind;

	while (start > 0 && i - start < 5 && is_hex(t->p[start - 1]))
		start--;
	if (i - start > 4 || (start == i && at(t, i + 1) != ':'))
		return;
	/* The word before the first group: a hyphen there is a border behind an address (a range) alone. */
	if (start > 0 && (is_alnum(t->p[start - 1]) || t->p[start - 1] == '.' || t->p[start - 1] == '_' || (t->p[start - 1] == '-' && start - 1 != t->colons_done)))
		return;
	while (end < t->n && (is_hex(t->p[end]) || t->p[end] == ':'))
		end++;
	t->colons_done = end;
	if (end - start < 2)
		return;
	if (i - start == 2 && t->x->per_class[CLASS_HASH] && !(is_word(t, end) && at(t, end) != '.') && !(at(t, end) == '.' && is_word(t, end + 1)))
		fingerprint(t, start, end);
	behind = read_ipv6(t, start, address);
	if (!behind)
		return;
	if (memcmp(address, mapped, 12) == 0)
		look_up_address(t, true, address + 12, start, behind);
	else
		look_up_address(t, false, address, start, behind);
	t->colons_done = behind > end ? behind : end;
}
