/* SPDX-License-Identifier: Apache-2.0 */
/* Request headers read by hand, strictly: what is not understood is not there. */
#include <ctype.h>
#include <strings.h>
#include "hub/headers.h"

#define WAIT_MOST 86400 /* a longer one means the same */

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* ---- Authorization ---- */

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63
								: -1;
}

static bool base64(struct arena *a, struct span in, struct span *out)
{
	unsigned bits = 0;
	int have = 0;
	size_t n = 0;
	char *p;

	while (in.n && in.p[in.n - 1] == '=')
		in.n--;
	p = arena_alloc(a, in.n + 1);
	if (!p || in.n % 4 == 1)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		int d = base64_digit(in.p[i]);

		if (d < 0)
			return false;
		bits = (bits << 6 | (unsigned)d) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			p[n++] = (char)(bits >> have & 0xff);
		}
	}
	*out = (struct span){ p, n };
	return true;
}

static struct span token68(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || (p[n] && strchr("-._~+/", p[n])))
		n++;
	while (p[n] == '=')
		n++;
	return *skip_space(p + n) ? (struct span){ NULL, 0 } : (struct span){ p, n };
}

struct header_credentials header_authorization(struct arena *a, const char *value)
{
	struct header_credentials c = { .kind = LOGIN_BAD };
	struct span rest, text;
	const char *colon;

	if (!value)
		return (struct header_credentials){ .kind = LOGIN_NONE };
	value = skip_space(value);
	if (!strncasecmp(value, "Bearer ", 7) || !strncasecmp(value, "Token ", 6)) { /* the second word is what OASIS's TAXII client sends */
		c.token = arena_span(a, token68(skip_space(strchr(value, ' '))));
		c.kind = c.token.n ? LOGIN_BEARER : LOGIN_BAD;
	} else if (!strncasecmp(value, "Basic ", 6)) {
		rest = token68(skip_space(value + 6));
		if (!rest.n || !base64(a, rest, &text) || !text.n || !(colon = memchr(text.p, ':', text.n)) || memchr(text.p, 0, text.n))
			return c;
		c.user = (struct span){ text.p, (size_t)(colon - text.p) };
		c.password = (struct span){ colon + 1, text.n - c.user.n - 1 };
		c.kind = c.user.n ? LOGIN_BASIC : LOGIN_BAD;
	}
	return c;
}

/* ---- Prefer ---- */

/* To the next separator outside quotes. */
static const char *skip_item(const char *p, const char *separators)
{
	bool quoted = false;

	for (; *p; p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && strchr(separators, *p))
			break;
	}
	return p;
}

static long seconds(const char *p)
{
	long n = 0;
	const char *start;
	bool quoted = *p == '"';

	start = p += quoted;
	for (; isdigit((unsigned char)*p); p++)
		n = n < WAIT_MOST ? n * 10 + (*p - '0') : n;
	if (p == start || (quoted && *p++ != '"'))
		return -1;
	p = skip_space(p);
	return *p && *p != ',' && *p != ';' ? -1 : n < WAIT_MOST ? n
								 : WAIT_MOST;
}

long header_prefer_wait(const char *value)
{
	while (value && *value) {
		const char *p = skip_space(value);

		if (!strncasecmp(p, "wait", 4)) {
			p = skip_space(p + 4);
			if (*p == '=')
				return seconds(skip_space(p + 1)); /* the first of a name counts (RFC 7240 §2) */
		}
		value = skip_item(value, ",");
		value += *value == ',';
	}
	return -1;
}

/* ---- path ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
					: c >= 'A' && c <= 'F'       ? c - 'A' + 10
								     : -1;
}

/* -1: malformed; else the byte, and *i stands on its last character. */
static int percent(struct span raw, size_t *i)
{
	int high = *i + 2 < raw.n ? hex(raw.p[*i + 1]) : -1, low = *i + 2 < raw.n ? hex(raw.p[*i + 2]) : -1;

	*i += 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool header_segment(struct arena *a, struct span raw, struct span *out)
{
	char *p = arena_alloc(a, raw.n + 1);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		int c = raw.p[i] == '%' ? percent(raw, &i) : (unsigned char)raw.p[i];

		if (c < ' ' || c == 127 || c == '/')
			return false;
		p[n++] = (char)c;
	}
	*out = (struct span){ p, n };
	return true;
}

/* ---- query ---- */

/* RFC 3629: no surrogates, nothing over U+10FFFF, shortest form. */
static bool is_utf8(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.n;) {
		size_t more = p[i] < 0x80 ? 0 : p[i] >= 0xc2 && p[i] < 0xe0 ? 1
					: (p[i] & 0xf0) == 0xe0             ? 2
					: p[i] >= 0xf0 && p[i] < 0xf5       ? 3
									    : 9;
		unsigned char second = more && i + 1 < s.n ? p[i + 1] : 0;

		if (more > s.n - i - 1 || (p[i] == 0xe0 && second < 0xa0) || (p[i] == 0xed && second > 0x9f) || (p[i] == 0xf0 && second < 0x90) ||
			(p[i] == 0xf4 && second > 0x8f))
			return false;
		for (size_t j = 1; j <= more; j++)
			if ((p[i + j] & 0xc0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}

static bool query_value(struct arena *a, struct span raw, struct span *out)
{
	char *p = arena_alloc(a, raw.n + 1);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		int c = raw.p[i] == '%' ? percent(raw, &i) : raw.p[i] == '+' ? ' '
									     : (unsigned char)raw.p[i];

		if (c < ' ' || c == 127)
			return false;
		p[n++] = (char)c;
	}
	*out = (struct span){ p, n };
	return is_utf8(*out);
}

int header_query(struct arena *a, struct span query, const char *name, struct span *out)
{
	int found = 0;

	while (query.n) {
		const char *end = memchr(query.p, '&', query.n);
		struct span item = { query.p, end ? (size_t)(end - query.p) : query.n }, key, value = { "", 0 };
		const char *is = memchr(item.p, '=', item.n);

		key = (struct span){ item.p, is ? (size_t)(is - item.p) : item.n };
		if (is)
			value = (struct span){ is + 1, item.n - key.n - 1 };
		if (query_value(a, key, &key) && span_is(key, name)) {
			if (found || !query_value(a, value, out))
				return -1;
			found = 1;
		}
		query.p += item.n + (end != NULL);
		query.n -= item.n + (end != NULL);
	}
	return found;
}
