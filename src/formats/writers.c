/* SPDX-License-Identifier: Apache-2.0 */
/* One writer a tool: what its lines look like, and how a value is kept inside them. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include "formats/export_priv.h"

#define BIT(s) (UINT32_C(1) << FORMATS_##s)
#define ADDRESSES (BIT(IPV4) | BIT(IPV6))
#define HASHES (BIT(MD5) | BIT(SHA1) | BIT(SHA256) | BIT(SHA512))
#define ALL ((UINT32_C(1) << FORMATS_CVE) - 1)

/* ---- what writers share ---- */

static void comment(struct writing *w, const char *sign, const char *what)
{
	char now[TIMESTAMP_TEXT];

	timestamp_format(w->now, now);
	buf_addf(&w->b, "%s %s, written by musubi at %.19sZ\n", sign, what, now);
}

static bool only(struct span s, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!formats_digit(s.p[i]) && !formats_letter(s.p[i]) && !(s.p[i] && strchr(more, s.p[i])))
			return false;
	}
	return s.n != 0;
}

/* Normal forms of names hold nothing else; asserted again where a line would break. */
static bool plain_name(struct span s)
{
	return only(s, "-_.") && s.p[0] != '-' && s.p[0] != '.';
}

static bool plain_address(struct span s)
{
	return only(s, ".:/");
}

/* A text for people inside a line of a program: letters, digits and a few signs; the rest becomes "_". */
static void add_words(struct buf *b, struct span s, size_t most)
{
	for (size_t i = 0; i < s.n && i < most; i++)
		buf_addc(b, formats_digit(s.p[i]) || formats_letter(s.p[i]) || strchr(" ._/()@-", s.p[i] ? s.p[i] : '"') ? s.p[i] : '_');
}

static const char *time_or(struct writing *w, int64_t ns, int64_t unsaid, char text[static TIMESTAMP_TEXT])
{
	if (ns == unsaid)
		return "";
	timestamp_format((struct timestamp){ ns / 1000 }, text);
	return text;
}

/* Scheme, host, port and the rest of a URL in normal form. */
struct url_parts {
	struct span scheme, host, port, path;
};

static bool url_split(struct span url, struct url_parts *u)
{
	const char *p = memmem(url.p, url.n, "://", 3), *end = url.p + url.n;

	if (!p)
		return false;
	u->scheme = (struct span){ url.p, (size_t)(p - url.p) };
	p += 3;
	size_t n = 0;
	while (p + n < end && p[n] != '/' && p[n] != '?')
		n++;
	struct span authority = { p, n };
	u->path = (struct span){ p + n, (size_t)(end - p - (ptrdiff_t)n) };
	for (size_t i = authority.n; i > 0; i--) {
		if (authority.p[i - 1] == '@') {
			authority = formats_from(authority, i);
			break;
		}
	}
	size_t colon = authority.n;
	while (colon && formats_digit(authority.p[colon - 1]))
		colon--;
	bool port = colon && authority.p[colon - 1] == ':' && colon < authority.n && !(authority.p[0] == '[' && authority.p[authority.n - 1] != ']' && !memchr(authority.p, ']', colon));
	u->port = port ? formats_from(authority, colon) : (struct span){ "", 0 };
	u->host = (struct span){ authority.p, port ? colon - 1 : authority.n };
	return u->host.n && u->path.n && u->path.p[0] == '/';
}

/* ---- plain text and CSV ---- */

/* A line that a list's reader would take for a comment or for two words is no line. */
static bool row_text(struct writing *w, const struct export_row *r)
{
	if (strchr("#;!/\"'[", r->value.p[0]) || formats_blank(r->value.p[0]) || (r->value.p[0] == '|' && r->value.n > 1 && r->value.p[1] == '|'))
		return false;
	buf_addspan(&w->b, r->value);
	buf_addc(&w->b, '\n');
	return true;
}

/* RFC 4180; what a spreadsheet would take for a formula gets an apostrophe. */
static void cell(struct buf *b, struct span s)
{
	buf_addc(b, '"');
	if (s.n && strchr("=+-@", s.p[0]))
		buf_addc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
	}
	buf_addc(b, '"');
}

static void head_csv(struct writing *w)
{
	buf_adds(&w->b, "value,type,name,valid_from,valid_until,confidence,tlp,source,indicator,indicators,permitted_actions,warning\n");
}

static const char *const action_words[] = { "none", "contact-for-instruction", "internally-visible-actions", "externally-visible-indirect-actions", "externally-visible-direct-actions", "" };

static bool row_csv(struct writing *w, const struct export_row *r)
{
	char from[TIMESTAMP_TEXT], until[TIMESTAMP_TEXT], confidence[8] = "";

	if (r->confidence >= 0)
		snprintf(confidence, sizeof(confidence), "%d", r->confidence);
	cell(&w->b, r->value);
	buf_addf(&w->b, ",%s,", formats_sorts[r->sort].name);
	cell(&w->b, r->name);
	buf_addf(&w->b, ",%s,%s,%s,%s,", time_or(w, r->from_ns, INT64_MIN, from), time_or(w, r->until_ns, INT64_MAX, until), confidence, r->tlp == STIX_TLP_NONE ? "" : stix_tlp_name(r->tlp));
	cell(&w->b, r->created_by);
	buf_addc(&w->b, ',');
	cell(&w->b, r->id);
	buf_addf(&w->b, ",%u,%s,", r->indicators, action_words[r->actions]);
	cell(&w->b, span_of(r->warned));
	buf_addc(&w->b, '\n');
	return true;
}

static bool row_json(struct writing *w, const struct export_row *r)
{
	char from[TIMESTAMP_TEXT], until[TIMESTAMP_TEXT];
	struct json_out o = json_out(&w->b);

	json_open(&o, '{');
	json_kspan(&o, "value", r->value);
	json_kstr(&o, "type", formats_sorts[r->sort].name);
	json_kspan(&o, "name", r->name);
	json_kstr(&o, "valid_from", r->from_ns == INT64_MIN ? NULL : time_or(w, r->from_ns, INT64_MIN, from));
	json_kstr(&o, "valid_until", r->until_ns == INT64_MAX ? NULL : time_or(w, r->until_ns, INT64_MAX, until));
	json_key(&o, "confidence");
	if (r->confidence >= 0)
		json_put_int(&o, r->confidence);
	else
		json_put_null(&o);
	json_kstr(&o, "tlp", r->tlp == STIX_TLP_NONE ? NULL : stix_tlp_name(r->tlp));
	json_kspan(&o, "source", r->created_by);
	json_kspan(&o, "indicator", r->id);
	json_kint(&o, "indicators", r->indicators);
	json_kstr(&o, "permitted_actions", r->actions == IEP_UNSAID ? NULL : action_words[r->actions]);
	json_kstr(&o, "warning", r->warned);
	json_close(&o, '}');
	buf_addc(&w->b, '\n');
	return true;
}

/* ---- resolvers ---- */

static void head_hosts(struct writing *w)
{
	comment(w, "#", "hosts that are not to be reached (these names alone: a hosts file knows no subdomains)");
}

static bool row_hosts(struct writing *w, const struct export_row *r)
{
	if (!plain_name(r->value))
		return false;
	buf_addf(&w->b, "0.0.0.0 %.*s\n", SPAN_ARG(r->value));
	return true;
}

static void head_rpz(struct writing *w)
{
	comment(w, ";", "response policy zone");
	buf_addf(&w->b, "$TTL 300\n@ IN SOA localhost. root.localhost. %" PRIu32 " 3600 600 86400 300\n@ IN NS localhost.\n", (uint32_t)(w->now.us / 1000000));
}

enum { RPZ_NAME = 200 }; /* with the zone's own name behind it a name has at most 253 */

/* 198.51.100.0/24 is 24.0.100.51.198.rpz-ip; 2001:db8::1 is 128.1.zz.db8.2001.rpz-ip, "zz" in the first of the longest runs of zeros as they stand there. */
static bool rpz_address(struct buf *b, struct span s)
{
	const char *slash = memchr(s.p, '/', s.n);
	size_t n = slash ? (size_t)(slash - s.p) : s.n;
	char text[INET6_ADDRSTRLEN];
	uint8_t a[16];
	int run = 0, run_n = 1;

	if (n >= sizeof(text))
		return false;
	memcpy(text, s.p, n);
	text[n] = 0;
	struct span bits = slash ? formats_from(s, n + 1) : (struct span){ NULL, 0 };
	if (inet_pton(AF_INET, text, a) == 1) {
		buf_addf(b, "%.*s.%u.%u.%u.%u", bits.n ? (int)bits.n : 2, bits.n ? bits.p : "32", a[3], a[2], a[1], a[0]);
		return true;
	}
	if (inet_pton(AF_INET6, text, a) != 1)
		return false;
	for (int i = 0; i < 8; i++) { /* word i from the end */
		int k = i;
		while (k < 8 && !a[14 - 2 * k] && !a[15 - 2 * k])
			k++;
		if (k - i > run_n) {
			run = i;
			run_n = k - i;
		}
	}
	buf_addf(b, "%.*s", bits.n ? (int)bits.n : 3, bits.n ? bits.p : "128");
	for (int i = 0; i < 8; i++) {
		if (run_n > 1 && i == run) {
			buf_adds(b, ".zz");
			i += run_n - 1;
			continue;
		}
		buf_addf(b, ".%x", a[14 - 2 * i] << 8 | a[15 - 2 * i]);
	}
	return true;
}

static bool row_rpz(struct writing *w, const struct export_row *r)
{
	if (r->sort == FORMATS_IPV4 || r->sort == FORMATS_IPV6) {
		if (!plain_address(r->value) || !rpz_address(&w->b, r->value))
			return false;
		buf_adds(&w->b, ".rpz-ip CNAME .\n");
		return true;
	}
	if (!plain_name(r->value) || r->value.n > RPZ_NAME)
		return false;
	buf_addf(&w->b, "%.*s CNAME .\n*.%.*s CNAME .\n", SPAN_ARG(r->value), SPAN_ARG(r->value));
	return true;
}

static void head_unbound(struct writing *w)
{
	comment(w, "#", "names that do not resolve, nor what is below them");
	buf_adds(&w->b, "server:\n");
}

static bool row_unbound(struct writing *w, const struct export_row *r)
{
	if (!plain_name(r->value))
		return false;
	buf_addf(&w->b, "\tlocal-zone: \"%.*s.\" always_nxdomain\n", SPAN_ARG(r->value));
	return true;
}

static void head_dnsmasq(struct writing *w)
{
	comment(w, "#", "names that do not resolve, nor what is below them");
}

static bool row_dnsmasq(struct writing *w, const struct export_row *r)
{
	if (!plain_name(r->value))
		return false;
	buf_addf(&w->b, "address=/%.*s/\n", SPAN_ARG(r->value));
	return true;
}

/* ---- firewall ---- */

enum { NFT_LINE = 500 }; /* elements in one command */

static void head_nftables(struct writing *w)
{
	comment(w, "#", "two sets; rules that use them are yours: ip daddr @musubi4 drop");
	buf_adds(&w->b, "add table inet musubi\n"
			"add set inet musubi musubi4 { type ipv4_addr; flags interval; auto-merge; }\n"
			"add set inet musubi musubi6 { type ipv6_addr; flags interval; auto-merge; }\n"
			"flush set inet musubi musubi4\n"
			"flush set inet musubi musubi6\n");
}

static bool row_nftables(struct writing *w, const struct export_row *r)
{
	if (!plain_address(r->value))
		return false;
	if (w->n % NFT_LINE == 0)
		buf_addf(&w->b, "%sadd element inet musubi musubi%c { ", w->n ? " }\n" : "", r->sort == FORMATS_IPV4 ? '4' : '6');
	else
		buf_adds(&w->b, ", ");
	buf_addspan(&w->b, r->value);
	return true;
}

static void between_nftables(struct writing *w, enum formats_sort before, enum formats_sort after)
{
	if (before != FORMATS_SORTS)
		buf_adds(&w->b, " }\n");
}

/* ---- proxy ---- */

static void head_squid(struct writing *w)
{
	comment(w, "#", "acl musubi dstdomain \"FILE\"");
}

static bool row_squid(struct writing *w, const struct export_row *r)
{
	if (!plain_name(r->value))
		return false;
	buf_addf(&w->b, ".%.*s\n", SPAN_ARG(r->value));
	return true;
}

static void head_squid_ip(struct writing *w)
{
	comment(w, "#", "acl musubi_ip dst \"FILE\"");
}

static bool row_address(struct writing *w, const struct export_row *r)
{
	if (!plain_address(r->value))
		return false;
	buf_addf(&w->b, "%.*s\n", SPAN_ARG(r->value));
	return true;
}

static void head_squid_url(struct writing *w)
{
	comment(w, "#", "acl musubi_url url_regex \"FILE\"");
}

/* A whole URL as a POSIX extended expression. */
static bool row_squid_url(struct writing *w, const struct export_row *r)
{
	struct url_parts u;

	if (!url_split(r->value, &u) || memchr(r->value.p, ' ', r->value.n))
		return false;
	buf_addc(&w->b, '^');
	for (size_t i = 0; i < r->value.n; i++) {
		if (strchr(".[](){}*+?^$|\\", r->value.p[i]))
			buf_addc(&w->b, '\\');
		buf_addc(&w->b, r->value.p[i]);
	}
	buf_adds(&w->b, "$\n");
	return true;
}

/* ---- sensors ---- */

static const char *const zeek_types[FORMATS_SORTS] = { [FORMATS_IPV4] = "ADDR", [FORMATS_IPV6] = "ADDR", [FORMATS_DOMAIN] = "DOMAIN", [FORMATS_URL] = "URL", [FORMATS_EMAIL] = "EMAIL", [FORMATS_MD5] = "FILE_HASH", [FORMATS_SHA1] = "FILE_HASH", [FORMATS_SHA256] = "FILE_HASH", [FORMATS_FILENAME] = "FILE_NAME", [FORMATS_USER_AGENT] = "SOFTWARE", [FORMATS_CERT_SHA1] = "CERT_HASH" };

static void head_zeek(struct writing *w)
{
	buf_adds(&w->b, "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n");
}

/* Zeek reads \xHH; a lone "-" is nothing, "(empty)" is empty. */
static void zeek_text(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' || c == '\\' || c == 0x7F || (i == 0 && (c == '#' || c == '-' || c == '(')))
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, s.p[i]);
	}
}

static bool row_zeek(struct writing *w, const struct export_row *r)
{
	bool network = (r->sort == FORMATS_IPV4 || r->sort == FORMATS_IPV6) && memchr(r->value.p, '/', r->value.n);
	struct span value = r->value;
	struct url_parts u;

	if (r->sort == FORMATS_URL) { /* Zeek's are without a scheme */
		if (!url_split(value, &u) || !(span_is(u.scheme, "http") || span_is(u.scheme, "https")))
			return false;
		value = formats_from(value, (size_t)(u.host.p - value.p));
	}
	zeek_text(&w->b, value);
	buf_addf(&w->b, "\tIntel::%s\tmusubi ", network ? "SUBNET" : zeek_types[r->sort]);
	if (r->id.n)
		zeek_text(&w->b, r->id);
	buf_addc(&w->b, '\t');
	struct span name = r->name.n ? r->name : SPAN("indicator");
	zeek_text(&w->b, name);
	buf_addc(&w->b, '\n');
	return true;
}

/* Numbers of rules are those of their texts, so that they stay from run to run; taken ones move on by one. */
static uint32_t sid(struct writing *w, const char *what, struct span value)
{
	uint64_t h = 14695981039346656037u;

	for (const char *p = what; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	for (size_t i = 0; i < value.n; i++)
		h = (h ^ (unsigned char)value.p[i]) * 1099511628211u;
	h ^= h >> 32;
	for (uint32_t n = 3000000000u + (uint32_t)(h % 1000000000u);; n = n == 3999999999u ? 3000000000u : n + 1) {
		size_t at = (n * UINT64_C(0x9E3779B97F4A7C15)) >> 20 & (w->sid_slots - 1);
		while (w->sids[at] && w->sids[at] != n)
			at = (at + 1) & (w->sid_slots - 1);
		if (w->sids[at] == n)
			continue;
		w->sids[at] = n;
		return n;
	}
}

static void rule_begin(struct writing *w, const char *head, const struct export_row *r)
{
	buf_addf(&w->b, "%s (msg:\"musubi %s ", head, formats_sorts[r->sort].name);
	add_words(&w->b, r->value, 120);
	buf_adds(&w->b, "\"; ");
}

static void rule_end(struct writing *w, const char *what, const struct export_row *r)
{
	struct stix_id id;

	if (stix_id_parse(r->id, &id, NULL) == ERR_OK)
		buf_addf(&w->b, "metadata:indicator %.*s", SPAN_ARG(r->id));
	else
		buf_adds(&w->b, "metadata:indicator unknown");
	if (r->confidence >= 0)
		buf_addf(&w->b, ", confidence %d", r->confidence);
	buf_addf(&w->b, "; sid:%" PRIu32 "; rev:1;)\n", sid(w, what, r->value));
}

/* content: bytes that mean something to the rule language, or to nobody, as |HH|. */
static void content(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c >= 0x7F || strchr("\"';:|\\", c))
			buf_addf(b, "|%02X|", c);
		else
			buf_addc(b, s.p[i]);
	}
}

static bool suricata_domain(struct writing *w, const struct export_row *r)
{
	static const struct {
		const char *head, *buffer, *more;
	} rules[] = {
		{ "alert dns any any -> any any", "dns.query", " nocase;" },
		{ "alert tls any any -> any any", "tls.sni", " nocase;" },
		{ "alert http any any -> any any", "http.host", "" }, /* lower case already */
	};

	if (!plain_name(r->value))
		return false;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rule_begin(w, rules[i].head, r);
		buf_addf(&w->b, "%s; dotprefix; content:\".%.*s\";%s endswith; ", rules[i].buffer, SPAN_ARG(r->value), rules[i].more);
		rule_end(w, rules[i].buffer, r);
	}
	return true;
}

static bool suricata_url(struct writing *w, const struct export_row *r)
{
	struct url_parts u;

	if (!url_split(r->value, &u) || !(span_is(u.scheme, "http") || span_is(u.scheme, "https")))
		return false;
	struct span host = u.host.p[0] == '[' ? (struct span){ u.host.p + 1, u.host.n - 2 } : u.host; /* the buffer has no brackets */
	rule_begin(w, "alert http any any -> any any", r);
	buf_adds(&w->b, "http.host; content:\"");
	content(&w->b, host);
	buf_adds(&w->b, "\"; startswith; endswith; http.uri.raw; content:\"");
	content(&w->b, u.path);
	buf_adds(&w->b, "\"; startswith; endswith; ");
	rule_end(w, "url", r);
	return true;
}

static void suricata_exact(struct writing *w, const struct export_row *r, const char *head, const char *buffer)
{
	rule_begin(w, head, r);
	buf_addf(&w->b, "%s; content:\"", buffer);
	content(&w->b, r->value);
	buf_adds(&w->b, "\"; startswith; endswith; ");
	rule_end(w, buffer, r);
}

static void head_suricata(struct writing *w)
{
	comment(w, "#", "Suricata rules");
}

static bool row_suricata(struct writing *w, const struct export_row *r)
{
	switch (r->sort) {
	case FORMATS_DOMAIN: return suricata_domain(w, r);
	case FORMATS_URL: return suricata_url(w, r);
	case FORMATS_JA3: suricata_exact(w, r, "alert tls any any -> any any", "ja3.hash"); return true;
	case FORMATS_USER_AGENT: suricata_exact(w, r, "alert http any any -> any any", "http.user_agent"); return true;
	default: break;
	}
	if (!plain_address(r->value))
		return false;
	buf_addf(&w->b, "alert ip any any <> %.*s any (msg:\"musubi %s ", SPAN_ARG(r->value), formats_sorts[r->sort].name);
	add_words(&w->b, r->value, 60);
	buf_adds(&w->b, "\"; ");
	rule_end(w, "ip", r);
	return true;
}

/* Datasets of type string hold base64, one entry a line. */
static bool row_base64(struct writing *w, const struct export_row *r)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct span s = r->value;

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16 | (left > 1 ? (uint32_t)(unsigned char)s.p[i + 1] << 8 : 0) | (left > 2 ? (unsigned char)s.p[i + 2] : 0);
		char four[4] = { digits[v >> 18], digits[v >> 12 & 63], left > 1 ? digits[v >> 6 & 63] : '=', left > 2 ? digits[v & 63] : '=' };
		buf_add(&w->b, four, 4);
	}
	buf_addc(&w->b, '\n');
	return true;
}

static bool row_single(struct writing *w, const struct export_row *r)
{
	return !memchr(r->value.p, '/', r->value.n) && row_address(w, r); /* a dataset knows addresses, not networks */
}

static bool row_hash(struct writing *w, const struct export_row *r)
{
	if (!only(r->value, ""))
		return false;
	buf_addf(&w->b, "%.*s\n", SPAN_ARG(r->value));
	return true;
}

/* ---- the table ---- */

static const struct formats_writer formats_writers[] = {
	{ "text", "a value a line", ALL, IEP_INTERNAL, false, NULL, row_text, NULL },
	{ "csv", "a value a row, with what is said of it", ALL, IEP_INTERNAL, false, head_csv, row_csv, NULL },
	{ "json", "a value a line as JSON, with what is said of it", ALL, IEP_INTERNAL, false, NULL, row_json, NULL },
	{ "hosts", "hosts file: names that lead nowhere", BIT(DOMAIN), IEP_INTERNAL, false, head_hosts, row_hosts, NULL },
	{ "rpz", "DNS response policy zone (BIND, Knot, PowerDNS, Unbound)", BIT(DOMAIN) | ADDRESSES, IEP_INTERNAL, false, head_rpz, row_rpz, NULL },
	{ "unbound", "Unbound local zones", BIT(DOMAIN), IEP_INTERNAL, false, head_unbound, row_unbound, NULL },
	{ "dnsmasq", "dnsmasq addresses", BIT(DOMAIN), IEP_INTERNAL, false, head_dnsmasq, row_dnsmasq, NULL },
	{ "squid", "Squid dstdomain list", BIT(DOMAIN), IEP_INTERNAL, true, head_squid, row_squid, NULL },
	{ "squid-ip", "Squid dst list", ADDRESSES, IEP_INTERNAL, false, head_squid_ip, row_address, NULL },
	{ "squid-url", "Squid url_regex list", BIT(URL), IEP_INTERNAL, false, head_squid_url, row_squid_url, NULL },
	{ "nftables", "nftables sets", ADDRESSES, IEP_INDIRECT, false, head_nftables, row_nftables, between_nftables },
	{ "zeek", "Zeek intelligence file", ADDRESSES | BIT(DOMAIN) | BIT(URL) | BIT(EMAIL) | BIT(MD5) | BIT(SHA1) | BIT(SHA256) | BIT(FILENAME) | BIT(USER_AGENT) | BIT(CERT_SHA1), IEP_INTERNAL, false, head_zeek,
		row_zeek, NULL },
	{ "suricata", "Suricata rules", ADDRESSES | BIT(DOMAIN) | BIT(URL) | BIT(JA3) | BIT(USER_AGENT), IEP_INTERNAL, false, head_suricata, row_suricata, NULL },
	{ "suricata-domains", "Suricata dataset of names (type string)", BIT(DOMAIN), IEP_INTERNAL, false, NULL, row_base64, NULL },
	{ "suricata-agents", "Suricata dataset of user agents (type string)", BIT(USER_AGENT), IEP_INTERNAL, false, NULL, row_base64, NULL },
	{ "suricata-ips", "Suricata dataset of addresses (type ip)", ADDRESSES, IEP_INTERNAL, false, NULL, row_single, NULL },
	{ "suricata-md5", "Suricata list for filemd5", BIT(MD5), IEP_INTERNAL, false, NULL, row_hash, NULL },
	{ "suricata-sha1", "Suricata list for filesha1", BIT(SHA1), IEP_INTERNAL, false, NULL, row_hash, NULL },
	{ "suricata-sha256", "Suricata list for filesha256, dataset of type sha256", BIT(SHA256), IEP_INTERNAL, false, NULL, row_hash, NULL },
	{ 0 },
};

const char *formats_writer_name(size_t i)
{
	return i < sizeof(formats_writers) / sizeof(formats_writers[0]) ? formats_writers[i].name : NULL;
}

const char *formats_writer_brief(size_t i)
{
	return i < sizeof(formats_writers) / sizeof(formats_writers[0]) ? formats_writers[i].brief : NULL;
}

const struct formats_writer *formats_writer_named(const char *name)
{
	for (size_t i = 0; formats_writers[i].name; i++) {
		if (strcmp(formats_writers[i].name, name) == 0)
			return &formats_writers[i];
	}
	return NULL;
}
