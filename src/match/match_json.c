/* SPDX-License-Identifier: Apache-2.0 */
/* JSON escapes in log lines: taken out before searching, with the way back to where each byte stood. */
#include "match/match_priv.h"

size_t match_json_start(struct span line)
{
	const char *at;
	size_t i = 0;

	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	if (i + 1 < line.n && line.p[i] == '[' && (line.p[i + 1] == '"' || line.p[i + 1] == '{'))
		return i;
	if (i + 1 < line.n && line.p[i] == '{')
		return i;
	at = line.n ? memmem(line.p, line.n, "{\"", 2) : NULL;
	return at ? (size_t)(at - line.p) : line.n;
}

static int hex4(const char *p, size_t n)
{
	int v = 0;

	if (n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
						 : c >= 'A' && c <= 'F'       ? c - 'A' + 10
									      : -1;

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static size_t put_utf8(char *to, unsigned c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2
			  : c < 0x10000     ? 3
					    : 4;

	if (n == 1) {
		to[0] = (char)c;
		return 1;
	}
	for (size_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3F));
	to[0] = (char)(0xF00 >> n | c);
	return n;
}

/* What the escape at p (a backslash, n bytes left) stands for: its length, and 1-4 bytes in out; 0 where it is none.  What it makes is never longer. */
static size_t escape(const char *p, size_t n, char out[4], size_t *made)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = n > 1 && p[1] ? strchr(from, p[1]) : NULL;
	int c, low;

	*made = 1;
	if (at) {
		out[0] = to[at - from];
		return 2;
	}
	if (n < 6 || p[1] != 'u' || (c = hex4(p + 2, n - 2)) < 0)
		return 0;
	low = c >= 0xD800 && c < 0xDC00 && n >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, n - 8) : -1;
	if (low >= 0xDC00 && low < 0xE000) {
		*made = put_utf8(out, 0x10000 + ((unsigned)(c - 0xD800) << 10) + (unsigned)(low - 0xDC00));
		return 12;
	}
	*made = put_utf8(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : (unsigned)c);
	return 6;
}

size_t match_unescape(struct span text, size_t from, char *to, uint32_t *map)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n;) {
		size_t made = 1, length = i >= from && text.p[i] == '\\' ? escape(text.p + i, text.n - i, to + n, &made) : 0;

		if (!length) {
			to[n] = text.p[i];
			length = 1;
			made = 1;
		}
		for (size_t k = 0; k < made; k++)
			map[n++] = (uint32_t)i;
		i += length;
	}
	map[n] = (uint32_t)text.n;
	return n;
}
