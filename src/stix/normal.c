/* SPDX-License-Identifier: Apache-2.0 */
/* Normal forms of values, and telling what kind a text is. */
#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include "stix/values.h"

static const struct span none = { NULL, 0 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static struct span lowered(struct arena *a, struct span s)
{
	char *p = arena_str(a, s);
	if (!p)
		return none;
	for (size_t i = 0; i < s.n; i++)
		p[i] = lower(p[i]);
	return (struct span){ p, s.n };
}

static struct span printed(char *p)
{
	return span_of(p);
}

static struct span from(struct span s, size_t i)
{
	return (struct span){ s.p + i, s.n - i };
}

static struct span until(struct span s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (struct span){ s.p, (size_t)(at - s.p) } : s;
}

/* A decimal number without sign and leading zeros, at most `most`; -1 otherwise. */
static int64_t number(struct span s, int64_t most)
{
	int64_t v = 0;
	if (!s.n || s.n > 10 || (s.n > 1 && s.p[0] == '0'))
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v <= most ? v : -1;
}

/* ---- addresses ---- */

/* Splits "address/bits"; *bits = width without a slash, -1 where it is wrong. */
static struct span prefix_split(struct span s, int width, int64_t *bits)
{
	struct span address = until(s, '/');
	*bits = address.n == s.n ? width : number(from(s, address.n + 1), width);
	return address;
}

static bool ipv4_read(struct span s, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		struct span part = i < 3 ? until(s, '.') : s;
		int64_t v = number(part, 255);
		if (v < 0 || (i < 3 && part.n == s.n))
			return false;
		out[i] = (uint8_t)v;
		if (i < 3)
			s = from(s, part.n + 1);
	}
	return true;
}

static struct span ipv4_print(struct arena *a, const uint8_t b[4], int64_t bits)
{
	char tail[8] = "";
	if (bits < 32)
		snprintf(tail, sizeof tail, "/%d", (int)bits);
	return printed(arena_printf(a, "%d.%d.%d.%d%s", b[0], b[1], b[2], b[3], tail));
}

static struct span ipv4(struct arena *a, struct span s)
{
	int64_t bits;
	uint8_t b[4];
	struct span address = prefix_split(s, 32, &bits);
	return bits >= 0 && ipv4_read(address, b) ? ipv4_print(a, b, bits) : none;
}

/* RFC 5952 §4: no leading zeros, lower case, the longest run of two or more zero groups (the first of equals) as "::". */
static struct span ipv6_print(struct arena *a, const uint8_t b[16], int64_t bits)
{
	int best = -1, best_n = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;
		while (i + n < 8 && !b[2 * (i + n)] && !b[2 * (i + n) + 1])
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
	}
	char text[48];
	size_t n = 0;
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			text[n++] = ':';
			text[n] = 0;
			i += best_n - 1;
			if (i == 7)
				text[n++] = ':';
			continue;
		}
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%x", i ? ":" : "", b[2 * i] << 8 | b[2 * i + 1]);
	}
	text[n] = 0;
	return printed(bits < 128 ? arena_printf(a, "%s/%d", text, (int)bits) : arena_printf(a, "%s", text));
}

static bool ipv6_read(struct span s, uint8_t out[16])
{
	char text[INET6_ADDRSTRLEN];
	if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(AF_INET6, text, out) == 1;
}

static struct span ipv6(struct arena *a, struct span s)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	int64_t bits;
	uint8_t b[16];
	struct span address = prefix_split(s, 128, &bits);
	if (bits < 0 || !ipv6_read(address, b))
		return none;
	if (bits >= 96 && memcmp(b, mapped, 12) == 0)
		return ipv4_print(a, b + 12, bits - 96);
	return ipv6_print(a, b, bits);
}

static struct span mac(struct arena *a, struct span s)
{
	char digit[12];
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (is_hex(s.p[i])) {
			if (n == 12)
				return none;
			digit[n++] = lower(s.p[i]);
		} else if ((s.p[i] != ':' && s.p[i] != '-' && s.p[i] != '.') || !i || !is_hex(s.p[i - 1]) || (s.p[i] == '.' ? n % 4 : n % 2)) {
			return none;
		}
	}
	if (n != 12 || (s.n != 17 && s.n != 14) || !is_hex(s.p[s.n - 1]))
		return none;
	const char *d = digit;
	return printed(arena_printf(a, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", d, d + 2, d + 4, d + 6, d + 8, d + 10));
}

static struct span asn(struct arena *a, struct span s)
{
	if (s.n > 2 && lower(s.p[0]) == 'a' && lower(s.p[1]) == 's')
		s = from(s, 2);
	return number(s, UINT32_MAX) >= 0 ? arena_span(a, s) : none;
}

/* ---- names ---- */

/* Letters, digits, hyphens and underscores (service names, DKIM) in labels of 1 to 63; the last label is no number. */
static bool host_ok(struct span s)
{
	if (!s.n || s.n > 253)
		return false;
	bool numeric = true;
	for (struct span rest = s, label;; rest = from(rest, label.n + 1)) {
		label = until(rest, '.');
		if (!label.n || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
		numeric = true;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];
			if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_')
				return false;
			numeric &= is_digit(c);
		}
		if (label.n == rest.n)
			return !numeric;
	}
}

static bool ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	}
	return true;
}

/* U-labels become A-labels (IDNA 2008 with the mapping of UTS 46). */
static struct span domain(struct arena *a, struct span s)
{
	struct span out;
	if (!s.n || s.n > 1024 || memchr(s.p, 0, s.n))
		return none;
	if (ascii(s)) {
		out = lowered(a, s);
	} else {
		char *text = arena_str(a, s);
		uint8_t *puny = NULL;
		if (!text || idn2_lookup_u8((const uint8_t *)text, &puny, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
			return none;
		out = lowered(a, span_of((const char *)puny));
		idn2_free(puny);
	}
	if (out.n && out.p[out.n - 1] == '.')
		out = arena_span(a, (struct span){ out.p, out.n - 1 });
	return host_ok(out) ? out : none;
}

static struct span email(struct arena *a, struct span s)
{
	size_t at = s.n;
	while (at && s.p[at - 1] != '@')
		at--;
	if (at < 2 || at - 1 > 64 * 4)
		return none;
	struct span local = { s.p, at - 1 };
	for (size_t i = 0; i < local.n; i++) {
		if ((unsigned char)local.p[i] <= ' ' || local.p[i] == '<' || local.p[i] == '>')
			return none;
	}
	struct span host = domain(a, from(s, at));
	if (!host.n)
		return none;
	struct span name = lowered(a, local);
	return printed(arena_printf(a, "%.*s@%.*s", SPAN_ARG(name), SPAN_ARG(host)));
}

static struct span hash(struct arena *a, struct span s, size_t digits)
{
	if (s.n != digits)
		return none;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_hex(s.p[i]))
			return none;
	}
	return lowered(a, s);
}

static struct span regkey(struct arena *a, struct span s)
{
	static const char *const hives[][2] = { { "hklm", "hkey_local_machine" }, { "hkcu", "hkey_current_user" }, { "hkcr", "hkey_classes_root" },
		{ "hku", "hkey_users" }, { "hkcc", "hkey_current_config" } };
	struct span low = lowered(a, s);
	while (low.n && low.p[low.n - 1] == '\\')
		low.n--;
	struct span hive = until(low, '\\');
	for (size_t i = 0; i < sizeof hives / sizeof *hives; i++) {
		if (span_is(hive, hives[i][0])) {
			struct span rest = from(low, hive.n);
			return printed(arena_printf(a, "%s%.*s", hives[i][1], SPAN_ARG(rest)));
		}
	}
	return low.n ? arena_span(a, low) : none;
}

static struct span cve(struct arena *a, struct span s)
{
	if (s.n < 13 || s.n > 24)
		return none;
	for (size_t i = 0; i < s.n; i++) {
		if (i < 3 ? lower(s.p[i]) != "cve"[i] : i == 3 || i == 8 ? s.p[i] != '-'
									 : !is_digit(s.p[i]))
			return none;
	}
	return printed(arena_printf(a, "CVE%.*s", (int)s.n - 3, s.p + 3));
}

/* ---- URLs (RFC 3986 §6.2.2, §6.2.3) ---- */

static bool unreserved(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static int nibble(char c)
{
	return is_digit(c) ? c - '0' : lower(c) - 'a' + 10;
}

/* Percent-encoding as small as it may be; what may not stand in a URL (spaces, controls, bytes past ASCII) is encoded. */
static void add_percent(struct buf *b, struct span s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool encoded = c == '%' && i + 2 < s.n && is_hex(s.p[i + 1]) && is_hex(s.p[i + 2]);
		if (encoded) {
			c = (unsigned char)(nibble(s.p[i + 1]) << 4 | nibble(s.p[i + 2]));
			i += 2;
		}
		if (encoded ? !unreserved((char)c) : c <= ' ' || c >= 0x7f) {
			buf_addc(b, '%');
			buf_addc(b, digits[c >> 4]);
			buf_addc(b, digits[c & 15]);
		} else {
			buf_addc(b, (char)c);
		}
	}
}

static const struct {
	const char *scheme;
	int port;
} default_ports[] = { { "http", 80 }, { "https", 443 }, { "ftp", 21 }, { "ws", 80 }, { "wss", 443 } };

static bool add_host(struct arena *a, struct buf *b, struct span host)
{
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		uint8_t bytes[16];
		if (!ipv6_read((struct span){ host.p + 1, host.n - 2 }, bytes))
			return false;
		struct span text = ipv6_print(a, bytes, 128);
		buf_addf(b, "[%.*s]", SPAN_ARG(text));
		return true;
	}
	struct span normal = ipv4(a, host);
	if (!normal.n)
		normal = domain(a, host);
	if (!normal.n) { /* no name that DNS would take: compared as it is */
		for (size_t i = 0; i < host.n; i++) {
			if ((unsigned char)host.p[i] <= ' ' || host.p[i] == ':')
				return false;
		}
		normal = lowered(a, host);
	}
	buf_addspan(b, normal);
	return true;
}

static bool add_authority(struct arena *a, struct buf *b, struct span scheme, struct span authority)
{
	size_t at = authority.n;
	while (at && authority.p[at - 1] != '@')
		at--;
	add_percent(b, (struct span){ authority.p, at });
	struct span host = from(authority, at), port = none;
	size_t colon = host.n;
	while (colon && is_digit(host.p[colon - 1]))
		colon--;
	if (colon && host.p[colon - 1] == ':') {
		port = from(host, colon);
		host.n = colon - 1;
	}
	if (!add_host(a, b, host))
		return false;
	int64_t given = port.n ? number(port, 65535) : -1;
	for (size_t i = 0; i < sizeof default_ports / sizeof *default_ports; i++) {
		if (span_is(scheme, default_ports[i].scheme) && given == default_ports[i].port)
			port = none;
	}
	if (port.n)
		buf_addf(b, ":%.*s", SPAN_ARG(port));
	return true;
}

static size_t scheme_length(struct span s)
{
	size_t n = 0;
	while (n < s.n && (is_alpha(s.p[n]) || (n && (is_digit(s.p[n]) || s.p[n] == '+' || s.p[n] == '-' || s.p[n] == '.'))))
		n++;
	return n && n < s.n && s.p[n] == ':' ? n : 0;
}

static struct span url(struct arena *a, struct span s)
{
	size_t n = scheme_length(s);
	if (!n || s.n > 65536)
		return none;
	struct buf b BUF_SCOPE;
	buf_init(&b, s.n * 3 + 1024);
	struct span scheme = lowered(a, (struct span){ s.p, n });
	struct span rest = until(from(s, n + 1), '#');
	buf_addf(&b, "%.*s:", SPAN_ARG(scheme));
	if (span_starts(rest, SPAN("//"))) {
		rest = from(rest, 2);
		struct span authority = until(until(rest, '?'), '/');
		buf_adds(&b, "//");
		if (!add_authority(a, &b, scheme, authority))
			return none;
		rest = from(rest, authority.n);
		if (!rest.n || rest.p[0] == '?')
			buf_addc(&b, '/');
	} else if (!rest.n) {
		return none;
	}
	add_percent(&b, rest);
	return buf_ok(&b) ? arena_span(a, buf_span(&b)) : none;
}

/* ---- by kind ---- */

static const char *const kind_names[] = {
#define X(k, name) [STIX_VALUE_##k] = name,
	STIX_VALUE_LIST(X)
#undef X
};

const char *stix_value_name(enum stix_value_kind k)
{
	return (size_t)k < sizeof kind_names / sizeof *kind_names ? kind_names[k] : "other";
}

struct span stix_value_normal(struct arena *a, enum stix_value_kind k, struct span text)
{
	switch (text.n ? k : STIX_VALUE_OTHER) {
	case STIX_VALUE_IPV4: return ipv4(a, text);
	case STIX_VALUE_IPV6: return ipv6(a, text);
	case STIX_VALUE_DOMAIN: return domain(a, text);
	case STIX_VALUE_URL: return url(a, text);
	case STIX_VALUE_EMAIL: return email(a, text);
	case STIX_VALUE_MD5: return hash(a, text, 32);
	case STIX_VALUE_SHA1: return hash(a, text, 40);
	case STIX_VALUE_SHA256: return hash(a, text, 64);
	case STIX_VALUE_SHA512: return hash(a, text, 128);
	case STIX_VALUE_REGKEY: return regkey(a, text);
	case STIX_VALUE_MAC: return mac(a, text);
	case STIX_VALUE_ASN: return asn(a, text);
	case STIX_VALUE_CVE: return cve(a, text);
	case STIX_VALUE_FILENAME: /* the systems most attacked do not tell cases apart */
	case STIX_VALUE_USER: return lowered(a, text);
	case STIX_VALUE_MUTEX:
	case STIX_VALUE_EXTERNAL:
	case STIX_VALUE_OTHER:
	case STIX_VALUE_META: break;
	}
	return text.n ? arena_span(a, text) : none;
}

/* Endings of file names that are no top-level domains. */
static bool file_name(struct span s)
{
	static const char endings[] = " exe dll sys bat cmd scr vbs vbe js jse wsf ps1 jar doc docx docm xls xlsx xlsm ppt pptx pdf rtf lnk hta iso img vhd msi "
				      "bin dat tmp txt log csv php asp aspx jsp html htm png jpg jpeg gif rar 7z gz tar cab apk ipa elf one ";
	size_t dot = s.n;
	while (dot && s.p[dot - 1] != '.')
		dot--;
	size_t n = s.n - dot;
	char word[8] = " ";
	if (!dot || !n || n > 5)
		return false;
	for (size_t i = 0; i < n; i++)
		word[1 + i] = lower(s.p[dot + i]);
	word[1 + n] = ' ';
	return strstr(endings, word) != NULL;
}

static bool guess_fits(struct arena *a, enum stix_value_kind k, struct span s)
{
	switch (k) {
	case STIX_VALUE_URL:
		return scheme_length(s) && span_starts(from(s, scheme_length(s)), SPAN("://")) && stix_value_normal(a, k, s).n;
	case STIX_VALUE_ASN:
		return s.n > 2 && lower(s.p[0]) == 'a' && lower(s.p[1]) == 's' && stix_value_normal(a, k, s).n;
	case STIX_VALUE_REGKEY:
		return s.n > 3 && lower(s.p[0]) == 'h' && lower(s.p[1]) == 'k' && memchr(s.p, '\\', s.n);
	case STIX_VALUE_FILENAME:
		return file_name(s) && !memchr(s.p, '/', s.n);
	case STIX_VALUE_DOMAIN: {
		struct span d = stix_value_normal(a, k, s);
		return d.n && memchr(d.p, '.', d.n);
	}
	default:
		return stix_value_normal(a, k, s).n;
	}
}

enum stix_value_kind stix_value_guess(struct span text)
{
	static const enum stix_value_kind order[] = { STIX_VALUE_IPV4, STIX_VALUE_IPV6, STIX_VALUE_URL, STIX_VALUE_EMAIL, STIX_VALUE_MD5, STIX_VALUE_SHA1,
		STIX_VALUE_SHA256, STIX_VALUE_SHA512, STIX_VALUE_CVE, STIX_VALUE_MAC, STIX_VALUE_ASN, STIX_VALUE_REGKEY, STIX_VALUE_FILENAME, STIX_VALUE_DOMAIN };
	struct arena *a ARENA_SCOPE = text.n && text.n <= 8192 ? arena_new(1 << 18) : NULL;
	for (size_t i = 0; a && i < sizeof order / sizeof *order; i++) {
		if (guess_fits(a, order[i], text))
			return order[i];
	}
	return STIX_VALUE_OTHER;
}
