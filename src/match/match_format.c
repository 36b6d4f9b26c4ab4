/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats, how each is recognised, and the table of what stands in which field. */
#include "match/match_format_priv.h"

#define F(x) (1u << MATCH_FORMAT_##x)
#define WIN (F(WINDOWS) | F(SYSMON))
#define DNS (F(BIND) | F(UNBOUND) | F(DNSMASQ))
#define ZEEKS (F(ZEEK) | F(ZEEK_JSON))

/* name, how people say it, what each of two texts in its lines is (any may be missing) */
static const struct {
	const char *name, *says, *first, *second;
} formats[MATCH_FORMATS] = {
	[MATCH_FORMAT_TEXT] = { "text", "any text", NULL, NULL },
	[MATCH_FORMAT_EVE] = { "eve", "Suricata EVE", "\"event_type\":", "\"timestamp\":" },
	[MATCH_FORMAT_ZEEK] = { "zeek", "Zeek (tab separated)", NULL, NULL },
	[MATCH_FORMAT_ZEEK_JSON] = { "zeek-json", "Zeek (JSON)", "\"ts\":", "\"uid\":" },
	[MATCH_FORMAT_SYSMON] = { "sysmon", "Sysmon as JSON", "Microsoft-Windows-Sysmon", "\"EventID\"" },
	[MATCH_FORMAT_WINDOWS] = { "windows", "Windows events as JSON", "\"EventID\"", NULL },
	[MATCH_FORMAT_JOURNALD] = { "journald", "journald as JSON", "\"__REALTIME_TIMESTAMP\"", NULL },
	[MATCH_FORMAT_CLOUDTRAIL] = { "cloudtrail", "AWS CloudTrail", "\"eventSource\"", "\"awsRegion\"" },
	[MATCH_FORMAT_BIND] = { "bind", "BIND queries", "client ", " query: " },
	[MATCH_FORMAT_UNBOUND] = { "unbound", "Unbound", "unbound[", "info: " },
	[MATCH_FORMAT_DNSMASQ] = { "dnsmasq", "dnsmasq", "dnsmasq[", NULL },
	[MATCH_FORMAT_ACCESS] = { "access", "Apache or nginx access log", "] \"", "\" " },
	[MATCH_FORMAT_SQUID] = { "squid", "Squid access log", "_", "/" },
	[MATCH_FORMAT_SYSLOG5424] = { "syslog5424", "syslog (RFC 5424)", NULL, NULL },
	[MATCH_FORMAT_SYSLOG] = { "syslog", "syslog (RFC 3164)", NULL, NULL },
	[MATCH_FORMAT_CSV] = { "csv", "CSV with a header", NULL, NULL },
};

const char *match_format_name(enum match_format f)
{
	return (unsigned)f < MATCH_FORMATS ? formats[f].name : "auto";
}

const char *match_format_says(enum match_format f)
{
	return (unsigned)f < MATCH_FORMATS ? formats[f].says : "";
}

bool match_format_parse(struct span text, enum match_format *out)
{
	for (int i = 0; i < MATCH_FORMATS; i++) {
		if (span_is(text, formats[i].name)) {
			*out = (enum match_format)i;
			return true;
		}
	}
	return false;
}

/* ---- what stands where ---- */

#define NET "network-traffic"
static const struct match_place places[] = {
	/* Suricata */
	{ F(EVE), "timestamp", FIELD_TIME, NULL },
	{ F(EVE), "src_ip", FIELD_IP, NET ":src_ref.value" },
	{ F(EVE), "dest_ip", FIELD_IP, NET ":dst_ref.value" },
	{ F(EVE), "src_port", 0, NET ":src_port" },
	{ F(EVE), "dest_port", 0, NET ":dst_port" },
	{ F(EVE), "proto", 0, NET ":protocols[0]" },
	{ F(EVE), "app_proto", 0, NET ":protocols[1]" },
	{ F(EVE), "dns.rrname", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "dns.queries.rrname", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "dns.query.rrname", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "dns.answers.rrname", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "dns.answers.rdata", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "dns.answer.rrname", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "dns.answer.rdata", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "dns.rdata", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "dns.grouped.A", FIELD_IP, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "dns.grouped.AAAA", FIELD_IP, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "dns.grouped.CNAME", FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ F(EVE), "http.hostname", FIELD_NAME | FIELD_IP | FIELD_HOST, "domain-name:value" },
	{ F(EVE), "http.url", FIELD_URL | FIELD_PATH, "url:value" },
	{ F(EVE), "http.http_refer", FIELD_URL, "url:value" },
	{ F(EVE), "http.redirect", FIELD_URL, "url:value" },
	{ F(EVE), "http.xff", FIELD_IP, "ipv4-addr:value" },
	{ F(EVE), "http.http_user_agent", FIELD_TEXT, NET ":extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ F(EVE), "http.http_method", 0, NET ":extensions.'http-request-ext'.request_method" },
	{ F(EVE), "tls.sni", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "tls.subject", FIELD_NAME | FIELD_EMAIL, "x509-certificate:subject" },
	{ F(EVE), "tls.issuerdn", FIELD_NAME | FIELD_EMAIL, "x509-certificate:issuer" },
	{ F(EVE), "tls.subjectaltname", FIELD_NAME | FIELD_IP, "domain-name:value" },
	{ F(EVE), "tls.fingerprint", FIELD_HASH, "x509-certificate:hashes.'SHA-1'" },
	{ F(EVE), "tls.ja3.hash", FIELD_HASH, NET ":x_ja3" },
	{ F(EVE), "tls.ja3s.hash", FIELD_HASH, NET ":x_ja3s" },
	{ F(EVE), "tls.ja4", FIELD_TEXT, NET ":x_ja4" },
	{ F(EVE), "quic.sni", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "quic.ja3.hash", FIELD_HASH, NET ":x_ja3" },
	{ F(EVE), "quic.ja4", FIELD_TEXT, NET ":x_ja4" },
	{ F(EVE), "fileinfo.filename", FIELD_FILE | FIELD_URL | FIELD_PATH, "file:name" },
	{ F(EVE), "fileinfo.md5", FIELD_HASH, "file:hashes.MD5" },
	{ F(EVE), "fileinfo.sha1", FIELD_HASH, "file:hashes.'SHA-1'" },
	{ F(EVE), "fileinfo.sha256", FIELD_HASH, "file:hashes.'SHA-256'" },
	{ F(EVE), "files.filename", FIELD_FILE, "file:name" },
	{ F(EVE), "files.md5", FIELD_HASH, "file:hashes.MD5" },
	{ F(EVE), "files.sha256", FIELD_HASH, "file:hashes.'SHA-256'" },
	{ F(EVE), "smb.filename", FIELD_FILE, "file:name" },
	{ F(EVE), "smtp.helo", FIELD_NAME, "domain-name:value" },
	{ F(EVE), "smtp.mail_from", FIELD_EMAIL, "email-message:from_ref.value" },
	{ F(EVE), "smtp.rcpt_to", FIELD_EMAIL, "email-message:to_refs[*].value" },
	{ F(EVE), "email.from", FIELD_EMAIL, "email-message:from_ref.value" },
	{ F(EVE), "email.to", FIELD_EMAIL, "email-message:to_refs[*].value" },
	{ F(EVE), "email.cc", FIELD_EMAIL, "email-message:cc_refs[*].value" },
	{ F(EVE), "email.attachment", FIELD_FILE, "file:name" },
	{ F(EVE), "email.url", FIELD_URL, "url:value" },
	/* Zeek: conn, dns, http, ssl, x509, files, smtp, quic … */
	{ ZEEKS, "ts", FIELD_TIME, NULL },
	{ ZEEKS, "id.orig_h", FIELD_IP, NET ":src_ref.value" },
	{ ZEEKS, "id.resp_h", FIELD_IP, NET ":dst_ref.value" },
	{ ZEEKS, "id.orig_p", 0, NET ":src_port" },
	{ ZEEKS, "id.resp_p", 0, NET ":dst_port" },
	{ ZEEKS, "proto", 0, NET ":protocols[0]" },
	{ ZEEKS, "service", 0, NET ":protocols[1]" },
	{ ZEEKS, "tx_hosts", FIELD_IP, NET ":src_ref.value" },
	{ ZEEKS, "rx_hosts", FIELD_IP, NET ":dst_ref.value" },
	{ ZEEKS, "query", FIELD_NAME, "domain-name:value" },
	{ ZEEKS, "answers", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ ZEEKS, "host", FIELD_NAME | FIELD_IP | FIELD_HOST, "domain-name:value" },
	{ ZEEKS, "uri", FIELD_URL | FIELD_PATH, "url:value" },
	{ ZEEKS, "referrer", FIELD_URL, "url:value" },
	{ ZEEKS, "user_agent", FIELD_TEXT, NET ":extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ ZEEKS, "method", 0, NET ":extensions.'http-request-ext'.request_method" },
	{ ZEEKS, "server_name", FIELD_NAME, "domain-name:value" },
	{ ZEEKS, "subject", FIELD_NAME | FIELD_EMAIL, "x509-certificate:subject" },
	{ ZEEKS, "certificate.subject", FIELD_NAME | FIELD_EMAIL, "x509-certificate:subject" },
	{ ZEEKS, "san.dns", FIELD_NAME, "domain-name:value" },
	{ ZEEKS, "san.ip", FIELD_IP, "ipv4-addr:value" },
	{ ZEEKS, "fingerprint", FIELD_HASH, "x509-certificate:hashes.'SHA-256'" },
	{ ZEEKS, "ja3", FIELD_HASH, NET ":x_ja3" },
	{ ZEEKS, "ja3s", FIELD_HASH, NET ":x_ja3s" },
	{ ZEEKS, "ja4", FIELD_TEXT, NET ":x_ja4" },
	{ ZEEKS, "md5", FIELD_HASH, "file:hashes.MD5" },
	{ ZEEKS, "sha1", FIELD_HASH, "file:hashes.'SHA-1'" },
	{ ZEEKS, "sha256", FIELD_HASH, "file:hashes.'SHA-256'" },
	{ ZEEKS, "filename", FIELD_FILE, "file:name" },
	{ ZEEKS, "helo", FIELD_NAME, "domain-name:value" },
	{ ZEEKS, "mailfrom", FIELD_EMAIL, "email-message:from_ref.value" },
	{ ZEEKS, "rcptto", FIELD_EMAIL, "email-message:to_refs[*].value" },
	{ ZEEKS, "from", FIELD_EMAIL, "email-message:from_ref.value" },
	{ ZEEKS, "to", FIELD_EMAIL, "email-message:to_refs[*].value" },
	{ ZEEKS, "x_originating_ip", FIELD_IP, "ipv4-addr:value" },
	/* Windows, Sysmon */
	{ WIN, "*.TimeCreated.SystemTime", FIELD_TIME, NULL },
	{ WIN, "*.TimeCreated.#attributes.SystemTime", FIELD_TIME, NULL },
	{ WIN, "*.UtcTime", FIELD_TIME, NULL },
	{ WIN, "@timestamp", FIELD_TIME, NULL },
	{ WIN, "*.SourceIp", FIELD_IP, NET ":src_ref.value" },
	{ WIN, "*.IpAddress", FIELD_IP, NET ":src_ref.value" },
	{ WIN, "*.SourceAddress", FIELD_IP, NET ":src_ref.value" },
	{ WIN, "*.DestinationIp", FIELD_IP, NET ":dst_ref.value" },
	{ WIN, "*.DestAddress", FIELD_IP, NET ":dst_ref.value" },
	{ WIN, "*.SourcePort", 0, NET ":src_port" },
	{ WIN, "*.DestinationPort", 0, NET ":dst_port" },
	{ WIN, "*.SourceHostname", FIELD_NAME, "domain-name:value" },
	{ WIN, "*.DestinationHostname", FIELD_NAME, "domain-name:value" },
	{ WIN, "*.QueryName", FIELD_NAME, "domain-name:value" },
	{ WIN, "*.QueryResults", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	{ WIN, "*.Hashes", FIELD_HASH, "file:hashes" },
	{ WIN, "*.Hash", FIELD_HASH, "file:hashes" },
	{ WIN, "*.Image", FIELD_FILE, "process:image_ref.name" },
	{ WIN, "*.ImageLoaded", FIELD_FILE, "file:name" },
	{ WIN, "*.ParentImage", FIELD_FILE, "process:parent_ref.image_ref.name" },
	{ WIN, "*.OriginalFileName", FIELD_FILE, "file:name" },
	{ WIN, "*.TargetFilename", FIELD_FILE, "file:name" },
	{ WIN, "*.NewProcessName", FIELD_FILE, "process:image_ref.name" },
	{ WIN, "*.ProcessName", FIELD_FILE, "process:image_ref.name" },
	{ WIN, "*.CommandLine", FIELD_FREE, "process:command_line" },
	{ WIN, "*.ParentCommandLine", FIELD_FREE, "process:parent_ref.command_line" },
	{ WIN, "*.ScriptBlockText", FIELD_FREE, "process:command_line" },
	{ WIN, "*.TargetObject", FIELD_KEY, "windows-registry-key:key" },
	{ WIN, "*.ObjectName", FIELD_KEY | FIELD_FILE | FIELD_MUTEX, "windows-registry-key:key" },
	{ WIN, "*.PipeName", FIELD_MUTEX, "mutex:name" },
	{ WIN, "*.Url", FIELD_URL, "url:value" },
	/* name servers */
	{ DNS | F(ACCESS) | F(SQUID), "time", FIELD_TIME, NULL },
	{ DNS, "name", FIELD_NAME, "domain-name:value" },
	{ DNS, "client", FIELD_IP, NET ":src_ref.value" },
	{ DNS, "answer", FIELD_IP | FIELD_NAME, "domain-name:resolves_to_refs[*].value" },
	/* the web */
	{ F(ACCESS) | F(SQUID), "client", FIELD_IP | FIELD_NAME, NET ":src_ref.value" },
	{ F(ACCESS), "url", FIELD_URL, "url:value" },
	{ F(ACCESS), "referer", FIELD_URL, "url:value" },
	{ F(ACCESS), "agent", FIELD_TEXT, NET ":extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ F(ACCESS) | F(SQUID), "method", 0, NET ":extensions.'http-request-ext'.request_method" },
	{ F(SQUID), "url", FIELD_URL | FIELD_NAME | FIELD_IP, "url:value" },
	{ F(SQUID), "peer", FIELD_IP | FIELD_NAME, NET ":dst_ref.value" },
	/* the rest */
	{ F(SYSLOG) | F(SYSLOG5424), "time", FIELD_TIME, NULL },
	{ F(SYSLOG) | F(SYSLOG5424), "message", FIELD_FREE, "artifact:payload_bin" },
	{ F(SYSLOG5424), "data", FIELD_FREE, "artifact:payload_bin" },
	{ F(JOURNALD), "__REALTIME_TIMESTAMP", FIELD_TIME, NULL },
	{ F(JOURNALD), "MESSAGE", FIELD_FREE, "artifact:payload_bin" },
	{ F(JOURNALD), "_CMDLINE", FIELD_FREE, "process:command_line" },
	{ F(JOURNALD), "_EXE", FIELD_FILE, "process:image_ref.name" },
	{ F(CLOUDTRAIL), "*.eventTime", FIELD_TIME, NULL },
	{ F(CLOUDTRAIL), "*.sourceIPAddress", FIELD_IP | FIELD_NAME, NET ":src_ref.value" },
	{ F(CLOUDTRAIL), "*.userAgent", FIELD_TEXT, NET ":extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ F(CLOUDTRAIL), "*.cidrIp", FIELD_IP, "ipv4-addr:value" },
	{ F(CLOUDTRAIL), "*.remoteIpAddress", FIELD_IP, NET ":dst_ref.value" },
	{ F(CLOUDTRAIL), "*.host", FIELD_NAME | FIELD_IP, "domain-name:value" },
	/* columns of other people's tables, by what they are commonly called */
	{ F(CSV), "time", FIELD_TIME, NULL },
	{ F(CSV), "timestamp", FIELD_TIME, NULL },
	{ F(CSV), "date", FIELD_TIME, NULL },
	{ F(CSV), "ip", FIELD_IP, "ipv4-addr:value" },
	{ F(CSV), "src_ip", FIELD_IP, NET ":src_ref.value" },
	{ F(CSV), "source_ip", FIELD_IP, NET ":src_ref.value" },
	{ F(CSV), "client_ip", FIELD_IP, NET ":src_ref.value" },
	{ F(CSV), "src", FIELD_IP | FIELD_NAME, NET ":src_ref.value" },
	{ F(CSV), "dst_ip", FIELD_IP, NET ":dst_ref.value" },
	{ F(CSV), "dest_ip", FIELD_IP, NET ":dst_ref.value" },
	{ F(CSV), "destination_ip", FIELD_IP, NET ":dst_ref.value" },
	{ F(CSV), "dst", FIELD_IP | FIELD_NAME, NET ":dst_ref.value" },
	{ F(CSV), "domain", FIELD_NAME, "domain-name:value" },
	{ F(CSV), "query", FIELD_NAME, "domain-name:value" },
	{ F(CSV), "host", FIELD_NAME | FIELD_IP, "domain-name:value" },
	{ F(CSV), "hostname", FIELD_NAME | FIELD_IP, "domain-name:value" },
	{ F(CSV), "url", FIELD_URL, "url:value" },
	{ F(CSV), "referer", FIELD_URL, "url:value" },
	{ F(CSV), "user_agent", FIELD_TEXT, NET ":extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ F(CSV), "email", FIELD_EMAIL, "email-addr:value" },
	{ F(CSV), "from", FIELD_EMAIL, "email-message:from_ref.value" },
	{ F(CSV), "to", FIELD_EMAIL, "email-message:to_refs[*].value" },
	{ F(CSV), "md5", FIELD_HASH, "file:hashes.MD5" },
	{ F(CSV), "sha1", FIELD_HASH, "file:hashes.'SHA-1'" },
	{ F(CSV), "sha256", FIELD_HASH, "file:hashes.'SHA-256'" },
	{ F(CSV), "hash", FIELD_HASH, "file:hashes" },
	{ F(CSV), "filename", FIELD_FILE, "file:name" },
	{ F(CSV), "message", FIELD_FREE, "artifact:payload_bin" },
};

static bool name_is(const char *row, struct span name)
{
	size_t n;

	if (row[0] != '*')
		return span_is(name, row);
	row += 2;
	n = strlen(row);
	return name.n >= n && memcmp(name.p + name.n - n, row, n) == 0 && (name.n == n || name.p[name.n - n - 1] == '.');
}

const struct match_place *match_place_of(enum match_format f, struct span name)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].formats >> f & 1 && name_is(places[i].name, name))
			return &places[i];
	}
	return NULL;
}

/* A name or address in a URL is meant where the host stands: not in http://good.example/?u=evil.example */
static bool in_host(struct span text, size_t start)
{
	size_t host = 0, i = 0;

	while (i < text.n && !strchr("/?#", text.p[i]))
		i++;
	if (i && i + 2 < text.n && text.p[i] == '/') /* JSON may write \/\/ */
		host = text.p[i + 1] == '/' ? i + 2 : text.p[i + 1] == '\\' && text.p[i + 2] == '/' ? i + 3
												    : 0;
	for (i = host; host && i < start; i++) {
		if (text.p[i] == '@')
			host = i + 1;
		else if (text.p[i] == '/' || text.p[i] == '?' || text.p[i] == '#')
			return false;
	}
	return host && (start == host || (start == host + 1 && text.p[host] == '['));
}

bool match_place_takes(const struct match_place *place, enum stix_value_kind k, enum match_class c, struct span text, size_t start)
{
	uint32_t kinds = place ? place->kinds : 0;

	if ((kinds & FIELD_FREE) == FIELD_FREE)
		return true;
	switch (c) {
	case CLASS_IPV4:
	case CLASS_IPV6:
	case CLASS_CIDR4:
	case CLASS_CIDR6: return kinds & FIELD_IP || (kinds & FIELD_URL && in_host(text, start));
	case CLASS_NAME: return kinds & (FIELD_NAME | FIELD_EMAIL) || (kinds & FIELD_URL && in_host(text, start));
	case CLASS_URL: return kinds & FIELD_URL;
	case CLASS_EMAIL: return kinds & FIELD_EMAIL;
	case CLASS_HASH: return kinds & FIELD_HASH;
	default: break;
	}
	return kinds & (k == STIX_VALUE_FILENAME ? FIELD_FILE : k == STIX_VALUE_REGKEY ? FIELD_KEY
							: k == STIX_VALUE_MUTEX        ? FIELD_MUTEX
										       : FIELD_TEXT);
}

/* ---- recognising ---- */

static bool digits(const char *p, size_t n)
{
	while (n && *p >= '0' && *p <= '9') {
		p++;
		n--;
	}
	return n == 0;
}

static bool month_day(struct span l)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i < sizeof(months) - 1 && l.n > 15; i += 3) {
		if (memcmp(l.p, months + i, 3) == 0)
			return l.p[3] == ' ' && l.p[6] == ' ' && l.p[9] == ':' && l.p[12] == ':';
	}
	return false;
}

static bool looks_like(enum match_format f, const struct match_header *csv, struct span l)
{
	struct match_field field[32];
	const char *end;

	switch (f) {
	case MATCH_FORMAT_TEXT: return true;
	case MATCH_FORMAT_ZEEK: return l.n && (span_starts(l, SPAN("#separator")) || span_starts(l, SPAN("#fields\t")));
	case MATCH_FORMAT_SYSLOG5424:
		end = l.n > 8 && l.p[0] == '<' ? memchr(l.p, '>', 6) : NULL;
		return end && end[1] == '1' && end[2] == ' ' && digits(l.p + 1, (size_t)(end - l.p) - 1);
	case MATCH_FORMAT_SYSLOG:
		end = l.n > 8 && l.p[0] == '<' ? memchr(l.p, '>', 6) : NULL;
		if (end)
			l = (struct span){ end + 1, l.n - (size_t)(end + 1 - l.p) };
		return month_day(l);
	case MATCH_FORMAT_CSV: {
		size_t known = 0;

		for (size_t i = 0; i < csv->n; i++)
			known += match_place_of(f, csv->name[i]) != NULL;
		return csv->n > 1 && 2 * known >= csv->n && known > 1;
	}
	case MATCH_FORMAT_ACCESS:
	case MATCH_FORMAT_SQUID:
	case MATCH_FORMAT_BIND:
	case MATCH_FORMAT_UNBOUND:
	case MATCH_FORMAT_DNSMASQ: {
		struct arena *a ARENA_SCOPE = arena_new(1u << 16);

		return memmem(l.p, l.n, formats[f].first, strlen(formats[f].first)) && a && match_fields(f, NULL, a, l, field, 32) > 0;
	}
	default: break;
	}
	return l.n && l.p[0] == '{' && memmem(l.p, l.n, formats[f].first, strlen(formats[f].first)) && (!formats[f].second || memmem(l.p, l.n, formats[f].second, strlen(formats[f].second)));
}

enum match_format match_format_guess(struct span first)
{
	static const enum match_format order[] = { MATCH_FORMAT_EVE, MATCH_FORMAT_ZEEK, MATCH_FORMAT_SYSMON, MATCH_FORMAT_WINDOWS, MATCH_FORMAT_JOURNALD, MATCH_FORMAT_CLOUDTRAIL, MATCH_FORMAT_ZEEK_JSON,
		MATCH_FORMAT_BIND, MATCH_FORMAT_UNBOUND, MATCH_FORMAT_DNSMASQ, MATCH_FORMAT_ACCESS, MATCH_FORMAT_SQUID, MATCH_FORMAT_SYSLOG5424, MATCH_FORMAT_SYSLOG, MATCH_FORMAT_CSV };
	unsigned score[MATCH_FORMATS] = { 0 }, lines = 0;
	struct match_header header = { .a = arena_new(1u << 20) };

	if (span_starts(first, SPAN("\xEF\xBB\xBF")))
		first = (struct span){ first.p + 3, first.n - 3 };
	while (first.n && lines < 20) {
		const char *end = memchr(first.p, '\n', first.n);
		struct span l = { first.p, end ? (size_t)(end - first.p) : first.n };

		first = (struct span){ first.p + l.n + (end != NULL), first.n - l.n - (end != NULL) };
		if (l.n && l.p[l.n - 1] == '\r')
			l.n--;
		if (!l.n)
			continue;
		if (!lines && header.a)
			match_header_take(MATCH_FORMAT_CSV, &header, l);
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
			score[order[i]] += looks_like(order[i], &header, l);
		if (!lines++ && score[MATCH_FORMAT_ZEEK]) /* its header is all there is to see */
			break;
	}
	arena_free(header.a);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && lines; i++) {
		if (score[order[i]] * 5 >= lines * 4)
			return order[i];
	}
	return MATCH_FORMAT_TEXT;
}
