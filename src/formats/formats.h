/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators as other tools write them (plain lists, CSV, MISP), read as a stream of values. */
#ifndef FORMATS_FORMATS_H
#define FORMATS_FORMATS_H
#include "stix/marking.h"
#include "stix/values.h"
#include "util/timestamp.h"

/* ---- what a value is ---- */

/* name, kind in searches (OTHER: none of its own), STIX object path, type of the observable that holds it (NULL: none alone) */
#define FORMATS_SORT_LIST(X) \
	X(IPV4, "ipv4", IPV4, "ipv4-addr:value", "ipv4-addr") \
	X(IPV6, "ipv6", IPV6, "ipv6-addr:value", "ipv6-addr") \
	X(DOMAIN, "domain", DOMAIN, "domain-name:value", "domain-name") \
	X(URL, "url", URL, "url:value", "url") \
	X(EMAIL, "email", EMAIL, "email-addr:value", "email-addr") \
	X(MD5, "md5", MD5, "file:hashes.MD5", "file") \
	X(SHA1, "sha1", SHA1, "file:hashes.'SHA-1'", "file") \
	X(SHA256, "sha256", SHA256, "file:hashes.'SHA-256'", "file") \
	X(SHA512, "sha512", SHA512, "file:hashes.'SHA-512'", "file") \
	X(FILENAME, "file-name", FILENAME, "file:name", "file") \
	X(MUTEX, "mutex", MUTEX, "mutex:name", "mutex") \
	X(REGKEY, "registry-key", REGKEY, "windows-registry-key:key", "windows-registry-key") \
	X(MAC, "mac", MAC, "mac-addr:value", "mac-addr") \
	X(ASN, "asn", ASN, "autonomous-system:number", "autonomous-system") \
	X(JA3, "ja3", OTHER, "network-traffic:x_ja3", NULL) \
	X(JA4, "ja4", OTHER, "network-traffic:x_ja4", NULL) \
	X(USER_AGENT, "user-agent", OTHER, "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", NULL) \
	X(CERT_MD5, "x509-md5", MD5, "x509-certificate:hashes.MD5", "x509-certificate") \
	X(CERT_SHA1, "x509-sha1", SHA1, "x509-certificate:hashes.'SHA-1'", "x509-certificate") \
	X(CERT_SHA256, "x509-sha256", SHA256, "x509-certificate:hashes.'SHA-256'", "x509-certificate") \
	X(CVE, "cve", CVE, NULL, NULL) \
	X(ATTACK, "attack", EXTERNAL, NULL, NULL)

enum formats_sort {
#define X(s, name, kind, path, type) FORMATS_##s,
	FORMATS_SORT_LIST(X)
#undef X
		FORMATS_SORTS
};
struct formats_sort_row {
	const char *name;
	enum stix_value_kind kind;
	const char *path; /* "ipv4-addr:value"; NULL: nothing a pattern compares */
	const char *observable;
};
extern const struct formats_sort_row formats_sorts[FORMATS_SORTS];
/* By name ("sha256"); false where there is none. */
bool formats_sort_named(struct span name, enum formats_sort *out);

/* What one value alone is, refanged or not ("evil[.]example", "198.51.100.7:8080", "198.51.100.0/24", a hash …) and its normal form in a; FORMATS_SORTS where it is
 * none.  A URL without a scheme is taken for http. */
enum formats_sort formats_classify(struct arena *a, struct span text, struct span *normal);
/* The value of a known sort in normal form; {NULL,0} where it is no such value. */
struct span formats_normal(struct arena *a, enum formats_sort sort, struct span text);
/* Takes out what keeps people from clicking: "hxxp://evil[.]example" is "http://evil.example".  In a; text itself where there is nothing to take out. */
struct span formats_refang(struct arena *a, struct span text);
/* "[ipv4-addr:value = '198.51.100.7']", quoted as the pattern language wants it; networks by ISSUBSET.  Nothing for sorts without a path. */
void formats_pattern(struct buf *out, enum formats_sort sort, struct span normal);

/* What names are, from the one who knows (the public suffix list lives in another room). */
enum formats_name { FORMATS_NAME_HOST,
	FORMATS_NAME_SUFFIX, /* anyone can register below: co.jp */
	FORMATS_NAME_UNKNOWN, /* no such top-level domain */
};
typedef enum formats_name formats_name_of(struct span name);

/* ---- reading ---- */

/* One value with what was said about it.  Spans live as long as the call. */
struct formats_indicator {
	enum formats_sort sort;
	enum stix_value_kind kind; /* formats_sorts[sort].kind */
	struct span value; /* normal form */
	struct span text; /* as it stands in the input */
	struct span name, description, source; /* n == 0: unsaid */
	int confidence; /* 0 to 100; -1: unsaid */
	bool has_from, has_until;
	struct timestamp from, until;
	enum stix_tlp tlp; /* NONE: unsaid */
	struct span file; /* of a feed's directory: which file; else empty */
	uint64_t line; /* from 1; in JSON where its attribute begins */
};

enum formats_input { FORMATS_GUESS,
	FORMATS_LIST, /* a value a line; hosts files, dnsmasq and ad block lists too */
	FORMATS_CSV, /* with or without a header */
	FORMATS_MISP, /* event, search result, or a feed's directory with its manifest */
	FORMATS_STIX, /* not read here: stix/bundle.h, and the patterns in match */
	FORMATS_INPUTS
};
const char *formats_input_name(enum formats_input i); /* "list", "csv", "misp", "stix", "guess" */
bool formats_input_named(struct span name, enum formats_input *out);
/* Tells by the first bytes (a few KB are enough). */
enum formats_input formats_guess(struct span head);

/* Why something in the input is no indicator. */
#define FORMATS_SKIP_LIST(X) \
	X(NONE, "it is no address, domain, URL, e-mail address, hash or other value that can be looked for") \
	X(SUFFIX, "it is a public suffix, under which anyone can register") \
	X(ALL, "it would match everything") \
	X(CONTEXT, "its producer says that it is no indicator (to_ids is false)") \
	X(TYPE, "its type is nothing that can be looked for") \
	X(DELETED, "it was withdrawn") \
	X(LONG, "the line is too long") \
	X(BROKEN, "it cannot be read")
enum formats_skip {
#define X(s, text) FORMATS_SKIP_##s,
	FORMATS_SKIP_LIST(X)
#undef X
		FORMATS_SKIPS
};
const char *formats_skip_text(enum formats_skip s);

struct formats_counts {
	uint64_t values, lines, files;
	uint64_t skipped[FORMATS_SKIPS];
};
struct formats_reading {
	enum formats_input format;
	const char *columns; /* CSV: "value=2,name=comment,confidence=score", by number from 1 or by name in the header; NULL: guessed */
	bool context; /* MISP: attributes with to_ids false too */
	formats_name_of *name_of; /* NULL: names are not judged */
	/* A result other than ERR_OK ends the reading and is returned. */
	enum err (*take)(void *ctx, const struct formats_indicator *i, struct fault *f);
	void (*skip)(void *ctx, enum formats_skip why, struct span file, uint64_t line, struct span text); /* NULL: only counted */
	void (*progress)(void *ctx, uint64_t bytes); /* now and then; may be NULL */
	void *ctx;
};
/* Reads fd (file, pipe; or a directory: a MISP feed) to its end, line by line; MISP's JSON event by event.  UTF-8, with or without byte order mark; UTF-16 with one; any line
 * ends.  counts may be NULL.  ERR_IO; ERR_SYNTAX (broken JSON, the place in f); ERR_LIMIT; ERR_INVALID for STIX, and for columns that are not there; ERR_NOMEM. */
enum err formats_read_indicators(int fd, const struct formats_reading *how, struct formats_counts *counts, struct fault *f) CHECK_RESULT;
#endif
