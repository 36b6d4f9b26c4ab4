/* SPDX-License-Identifier: Apache-2.0 */
/* What of an object can be searched: values (addresses, names, hashes, URLs …) and words. */
#ifndef STIX_VALUES_H
#define STIX_VALUES_H
#include "stix/object.h"

/* kind, name on the wire */
/* clang-format off */
#define STIX_VALUE_LIST(X)                                                                                     \
	X(IPV4, "ipv4") X(IPV6, "ipv6") X(DOMAIN, "domain") X(URL, "url") X(EMAIL, "email") X(MD5, "md5")          \
	X(SHA1, "sha1") X(SHA256, "sha256") X(SHA512, "sha512") X(FILENAME, "file-name") X(MUTEX, "mutex")         \
	X(REGKEY, "registry-key") X(MAC, "mac") X(ASN, "asn") X(USER, "user") X(CVE, "cve") X(EXTERNAL, "external-id") X(OTHER, "other") \
	X(META, "refers-to")
/* clang-format on */
enum stix_value_kind {
#define X(k, name) STIX_VALUE_##k,
	STIX_VALUE_LIST(X)
#undef X
};
const char *stix_value_name(enum stix_value_kind k);

/* Normal form of a value for comparing: lower-case names and hashes without trailing dot, RFC 5952 IPv6, CIDR kept "a.b.c.d/n", URLs with lower-case
 * scheme and host and without default port.  The result is in a; {NULL,0} when it is no such value. */
struct span stix_value_normal(struct arena *a, enum stix_value_kind k, struct span text);
/* What kind would a person mean by this text ("198.51.100.3", "evil.example", a hash, a URL, CVE-2024-1 …)? STIX_VALUE_OTHER if none fits. */
enum stix_value_kind stix_value_guess(struct span text);

/* Calls fn with each value in normal form: from observables' properties, and from literals of indicator patterns (=, IN). */
void stix_values(struct arena *a, const struct stix_object *o, void (*fn)(void *ctx, enum stix_value_kind k, struct span normal), void *ctx);
/* Calls fn with each text worth searching by words: names, descriptions, labels, aliases, contents, external ids. */
void stix_words(const struct stix_object *o, void (*fn)(void *ctx, struct span text), void *ctx);
#endif
