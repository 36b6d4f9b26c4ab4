/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that texts of the standard may have: each check answers NULL, or the words for what was expected. */
#include <arpa/inet.h>
#include "stix/forms_priv.h"
#include "stix/model_priv.h"
#include "stix/registry_priv.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool word_char(char c)
{
	return alpha(c) || digit(c) || c == '-' || c == '_';
}

bool form_hex_digit(char c)
{
	return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool form_digits(struct span s, size_t n)
{
	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!form_hex_digit(s.p[i]))
			return false;
	}
	return true;
}

bool form_key(struct span key)
{
	if (key.n > 250)
		return false;
	for (size_t i = 0; i < key.n; i++) {
		if (!word_char(key.p[i]))
			return false;
	}
	return true;
}

/* ---- addresses ---- */

/* A decimal number of at most three digits without leading zeros and no more than `most`, moving *p behind it. */
static bool small_number(const char **p, const char *end, int most)
{
	const char *start = *p;
	int v = 0;
	while (*p < end && digit(**p) && *p - start < 4)
		v = v * 10 + *(*p)++ - '0';
	return *p > start && *p - start < 4 && (*start != '0' || *p - start == 1) && v <= most;
}

static bool prefix_ok(const char *p, const char *end, int most)
{
	if (p == end)
		return true;
	if (*p != '/')
		return false;
	p++;
	return small_number(&p, end, most) && p == end;
}

const char *check_ipv4(struct span text)
{
	const char *p = text.p, *end = text.p + text.n;
	for (int i = 0; i < 4; i++) {
		if ((i && (p == end || *p++ != '.')) || !small_number(&p, end, 255))
			return "IPv4 address or CIDR block: four numbers 0 to 255 without leading zeros, as in 198.51.100.3 or 198.51.100.0/24";
	}
	return prefix_ok(p, end, 32) ? NULL : "IPv4 address or CIDR block: the prefix goes from /0 to /32";
}

const char *check_ipv6(struct span text)
{
	static const char want[] = "IPv6 address or CIDR block, as in 2001:db8::1 or 2001:db8::/96";
	const char *slash = memchr(text.p, '/', text.n), *zone = memchr(text.p, '%', text.n);
	const char *end = text.p + text.n, *stop = zone ? zone : slash ? slash
								       : end;
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	if (stop == text.p || (size_t)(stop - text.p) >= sizeof address || memchr(text.p, 0, text.n))
		return want;
	memcpy(address, text.p, (size_t)(stop - text.p));
	address[stop - text.p] = 0;
	return inet_pton(AF_INET6, address, bytes) == 1 && prefix_ok(slash ? slash : end, end, 128) ? NULL : want;
}

const char *check_mac(struct span text)
{
	bool ok = text.n == 17;
	for (size_t i = 0; ok && i < 17; i++)
		ok = i % 3 == 2 ? text.p[i] == ':' : form_hex_digit(text.p[i]) && !(text.p[i] >= 'A' && text.p[i] <= 'F');
	return ok ? NULL : "MAC address: six lower-case pairs of hexadecimal digits with colons, as in d2:fb:49:24:37:18";
}

/* Spaces and control characters tell that something else was put here; anything finer real names break. */
static bool one_word(struct span s)
{
	uint8_t bad = 0; /* without a way out: the compiler does many at once */
	for (size_t i = 0; i < s.n; i++)
		bad |= ((uint8_t)s.p[i] <= ' ') | (s.p[i] == 0x7f);
	return s.n > 0 && !bad;
}

const char *check_domain(struct span text)
{
	bool ok = one_word(text) && text.n <= 1024 && text.p[0] != '.';
	for (size_t i = 0; ok && i < text.n; i++)
		ok = text.p[i] != '/' && text.p[i] != '@' && text.p[i] != ':' && !(text.p[i] == '.' && i + 1 < text.n && text.p[i + 1] == '.');
	return ok ? NULL : "domain name: labels with dots between them, as in example.com (RFC 1034, RFC 5890)";
}

/* Words of atext (RFC 5322 §3.2.3, with RFC 6532's characters past ASCII) and dots between them. */
static bool dot_atom(const char *p, const char *end)
{
	bool open = true; /* a word must begin here */
	for (; p < end; p++) {
		if (*p == '.' && open)
			return false;
		open = *p == '.';
		if (!open && !alpha(*p) && !digit(*p) && (signed char)*p >= 0 && (!*p || !strchr("!#$%&'*+-/=?^_`{|}~", *p)))
			return false;
	}
	return !open;
}

static bool quoted(const char *p, const char *end)
{
	if (end - p < 2 || *p != '"' || end[-1] != '"')
		return false;
	for (p++, end--; p < end; p++) {
		if (*p == '"' || (unsigned char)*p < ' ' || (*p == '\\' && ++p == end))
			return false;
	}
	return true;
}

/* addr-spec (RFC 5322 §3.4.1) without comments and folding. */
const char *check_email(struct span text)
{
	static const char want[] = "e-mail address: local-part@domain without a display name (RFC 5322 addr-spec)";
	const char *at = text.n ? memrchr(text.p, '@', text.n) : NULL, *end = text.p + text.n;
	if (!at || !(dot_atom(text.p, at) || quoted(text.p, at)))
		return want;
	bool literal = end - at > 3 && at[1] == '[' && end[-1] == ']';
	return literal || dot_atom(at + 1, end) ? NULL : want;
}

/* RFC 3986: a scheme, and none of the characters that must be encoded. */
const char *check_url(struct span text)
{
	static const char want[] = "URL: a scheme and a colon first, as in https://example.com/ (RFC 3986)";
	size_t n = 0;
	while (n < text.n && (alpha(text.p[n]) || (n && (digit(text.p[n]) || text.p[n] == '+' || text.p[n] == '-' || text.p[n] == '.'))))
		n++;
	if (!n || n + 1 >= text.n || text.p[n] != ':')
		return want;
	return one_word(text) ? NULL : "URL: spaces must be written as %20 (RFC 3986)";
}

/* ---- names ---- */

static struct span up_to(struct span *rest, char c)
{
	const char *p = rest->n ? memchr(rest->p, c, rest->n) : NULL;
	struct span part = { rest->p, p ? (size_t)(p - rest->p) : rest->n };
	*rest = p ? (struct span){ p + 1, rest->n - part.n - 1 } : (struct span){ NULL, 0 };
	return part;
}

/* RFC 5646 §2.1, well-formed; the language itself must be a registered one: of two or three letters, as none of four or more is in the registry. */
const char *check_language(struct span text)
{
	static const char want[] = "language tag of RFC 5646, as in en, ja or zh-Hant";
	struct span rest = text, part = up_to(&rest, '-');
	bool private = part.n == 1 && (part.p[0] == 'x' || part.p[0] == 'i');
	if (!private && !form_language(part))
		return want;
	for (size_t i = 0; i < part.n; i++) {
		if (!alpha(part.p[i]))
			return want;
	}
	if (private && !rest.p)
		return want;
	while (rest.p) {
		part = up_to(&rest, '-');
		if (!part.n || part.n > 8 || !form_key(part) || memchr(part.p, '_', part.n))
			return want;
	}
	return NULL;
}

const char *check_charset(struct span text)
{
	return registry_has(registry_charsets, text) ? NULL : "character set as the IANA registry prefers to name it, as in UTF-8 or Shift_JIS";
}

/* ISO 3166-1 alpha-2: by first letter, bit n for the second.  Made from the list of the iso-codes package 4.15. */
const char *check_country(struct span text)
{
	static const uint32_t countries[26] = { 0x2df5978, 0x36f7bfb, 0x3f27ded, 0x2005610, 0x00e00d4, 0x0025700, 0x15fb9fb, 0x01a3400, 0x00f7818, 0x000d010,
		0x342b1d0, 0x13e0507, 0x3fffcfd, 0x212c975, 0x0001000, 0x14e3cf1, 0x0000001, 0x0544010, 0x3ae7fdf, 0x26a7eec, 0x3041041, 0x0102155, 0x0040020,
		0x0000000, 0x0080010, 0x0401001 };
	/* §4.10's own examples are in lower case */
	bool ok = text.n == 2 && alpha(text.p[0]) && alpha(text.p[1]) && (countries[(text.p[0] | 0x20) - 'a'] >> ((text.p[1] | 0x20) - 'a') & 1);
	return ok ? NULL : "country code of ISO 3166-1, two letters, as in JP or TH";
}

/* cpe:2.3: and eleven parts, colons within them escaped (NISTIR 7695 §6.2). */
const char *check_cpe(struct span text)
{
	static const char want[] = "CPE 2.3 name: cpe:2.3:part:vendor:product:version:update:edition:language:sw_edition:target_sw:target_hw:other";
	if (!span_starts(text, SPAN("cpe:2.3:")) || text.n < 10 || !strchr("aho*-", text.p[8]) || text.p[9] != ':')
		return want;
	size_t parts = 1, empty = 0, length = 0;
	for (size_t i = 8; i < text.n; i++) {
		if (text.p[i] == ':') {
			parts++;
			empty += !length;
			length = 0;
			continue;
		}
		i += text.p[i] == '\\';
		length++;
	}
	return parts == 11 && !empty && length && one_word(text) ? NULL : want;
}

const char *check_mime(struct span text)
{
	static const char kinds[] = "|application|audio|font|image|message|model|multipart|text|video|";
	struct span rest = text, kind = up_to(&rest, '/');
	if (model_word(kinds, kind) && rest.n && (word_char(rest.p[0]) || rest.p[0] == '.' || rest.p[0] == '+'))
		return NULL;
	return "media type of the IANA registry, as in application/zip";
}

const char *check_relationship(struct span text)
{
	bool ok = text.n > 0;
	for (size_t i = 0; ok && i < text.n; i++)
		ok = (text.p[i] >= 'a' && text.p[i] <= 'z') || digit(text.p[i]) || text.p[i] == '-';
	return ok ? NULL : "relationship type: a-z, 0-9 and hyphens, as in related-to";
}

/* §6.17: the hive is written out. */
const char *check_hive(struct span text)
{
	static const char *const hives[] = { "HKLM", "HKCC", "HKCR", "HKCU", "HKU" };
	for (size_t i = 0; i < sizeof hives / sizeof *hives; i++) {
		size_t n = strlen(hives[i]);
		if (text.n >= n && strncasecmp(text.p, hives[i], n) == 0 && (text.n == n || text.p[n] == '\\'))
			return "registry key with its hive written out, as in HKEY_LOCAL_MACHINE\\System";
	}
	return NULL;
}

/* §7.2.3.1: names and [numbers] with dots between them. */
const char *check_selector(struct span text)
{
	static const char want[] = "selector, as in description, labels.[0] or extensions.pdf-ext.version";
	struct span rest = text;
	bool first = true;
	do {
		struct span part = up_to(&rest, '.');
		bool item = part.n > 2 && part.p[0] == '[' && part.p[part.n - 1] == ']';
		for (size_t i = 1; item && i + 1 < part.n; i++)
			item = digit(part.p[i]);
		if (!part.n || (first ? !form_key(part) || (part.n < 3 && !span_is(part, "id")) : !item && !form_key(part)))
			return want;
		first = false;
	} while (rest.p);
	return NULL;
}

/* ---- names that should be of a form ---- */

/* §2.11, §2.14: lower case, hyphens between words. */
static bool lower_words(struct span s)
{
	bool letter = false;
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '_' || s.p[i] == ' ')
			return false;
		letter |= alpha(s.p[i]) || (signed char)s.p[i] < 0;
	}
	return letter;
}

bool form_lower_words(struct span s)
{
	return lower_words(s);
}

const char *check_chain(struct span text)
{
	return lower_words(text) ? NULL : "name as kill chains should have: lower case, with hyphens between words, as in lockheed-martin-cyber-kill-chain";
}

const char *check_product(struct span text)
{
	bool ok = text.n > 0;
	for (size_t i = 0; ok && i < text.n; i++)
		ok = (text.p[i] >= 'a' && text.p[i] <= 'z') || digit(text.p[i]) || text.p[i] == '-';
	return ok ? NULL : "product name as it should be: a-z, 0-9 and hyphens, as in acme-scanner";
}

const char *check_priority(struct span text)
{
	return text.n > 6 && memcmp(text.p + text.n - 6, "_CLASS", 6) == 0 ? NULL : "priority class, as in HIGH_PRIORITY_CLASS";
}

const char *check_media(struct span text)
{
	return registry_media_type(text) ? NULL : "media type of the IANA registry, as in application/zip";
}

const char *check_service(struct span text)
{
	return registry_has(registry_services, text) ? NULL : "name of the IANA Service Name registry, as in tcp, http or domain";
}

const char *check_ipfix(struct span text)
{
	return registry_has(registry_ipfix, text) ? NULL : "IPFIX information element, as in octetDeltaCount";
}

const char *check_header(struct span text)
{
	return registry_has(registry_headers, text) ? NULL : "header field of requests, as in User-Agent";
}

const char *check_pdf(struct span text)
{
	return registry_has(registry_pdf, text) ? NULL : "key of a PDF information dictionary, as in Title or CreationDate";
}

/* §6.12.4: names as the socket interface has them: SO_REUSEADDR, TCP_NODELAY … */
const char *check_socket(struct span text)
{
	static const char families[] = "|SO|ICMP|ICMP6|IP|IPV6|MCAST|TCP|IRLMP|";
	const char *line = text.n ? memchr(text.p, '_', text.n) : NULL;
	bool ok = line && model_word(families, (struct span){ text.p, (size_t)(line - text.p) }) && line + 1 < text.p + text.n;
	for (const char *p = line; ok && p < text.p + text.n; p++)
		ok = (*p >= 'A' && *p <= 'Z') || digit(*p) || *p == '_';
	return ok ? NULL : "socket option as the interface names them, as in SO_KEEPALIVE or TCP_NODELAY";
}

/* §3.1, §7.3.2.1: what a property may be called. */
const char *check_name(struct span text)
{
	bool ok = text.n >= 3 && text.n <= 250;
	for (size_t i = 0; ok && i < text.n; i++)
		ok = (text.p[i] >= 'a' && text.p[i] <= 'z') || digit(text.p[i]) || text.p[i] == '_';
	return ok ? NULL : "name of a property: 3 to 250 of a-z, 0-9 and underscores";
}
