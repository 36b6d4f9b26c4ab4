/* SPDX-License-Identifier: Apache-2.0 */
/* The table of words for kinds of values. */
#include "formats/types_priv.h"

#define NOT FORMATS_SORTS
static const struct formats_type types[] = {
	/* MISP (misp-objects and describeTypes.json have the same words) */
	{ "ip-src", { FORMATS_IPV4, NOT }, false },
	{ "ip-dst", { FORMATS_IPV4, NOT }, false },
	{ "ip-src|port", { FORMATS_IPV4, NOT }, false },
	{ "ip-dst|port", { FORMATS_IPV4, NOT }, false },
	{ "domain", { FORMATS_DOMAIN, NOT }, false },
	{ "hostname", { FORMATS_DOMAIN, NOT }, false },
	{ "hostname|port", { FORMATS_DOMAIN, NOT }, false },
	{ "domain|ip", { FORMATS_DOMAIN, FORMATS_IPV4 }, false },
	{ "url", { FORMATS_URL, NOT }, false },
	{ "link", { FORMATS_URL, NOT }, false },
	{ "email", { FORMATS_EMAIL, NOT }, false },
	{ "email-src", { FORMATS_EMAIL, NOT }, false },
	{ "email-dst", { FORMATS_EMAIL, NOT }, false },
	{ "email-reply-to", { FORMATS_EMAIL, NOT }, false },
	{ "whois-registrant-email", { FORMATS_EMAIL, NOT }, false },
	{ "md5", { FORMATS_MD5, NOT }, false },
	{ "sha1", { FORMATS_SHA1, NOT }, false },
	{ "sha256", { FORMATS_SHA256, NOT }, false },
	{ "sha512", { FORMATS_SHA512, NOT }, false },
	{ "filename|md5", { NOT, FORMATS_MD5 }, true },
	{ "filename|sha1", { NOT, FORMATS_SHA1 }, true },
	{ "filename|sha256", { NOT, FORMATS_SHA256 }, true },
	{ "filename|sha512", { NOT, FORMATS_SHA512 }, true },
	{ "malware-sample", { NOT, FORMATS_MD5 }, true },
	{ "filename", { FORMATS_FILENAME, NOT }, false },
	{ "mutex", { FORMATS_MUTEX, NOT }, false },
	{ "regkey", { FORMATS_REGKEY, NOT }, false },
	{ "regkey|value", { FORMATS_REGKEY, NOT }, false },
	{ "mac-address", { FORMATS_MAC, NOT }, false },
	{ "as", { FORMATS_ASN, NOT }, false },
	{ "ja3-fingerprint-md5", { FORMATS_JA3, NOT }, false },
	{ "ja4-fingerprint", { FORMATS_JA4, NOT }, false },
	{ "user-agent", { FORMATS_USER_AGENT, NOT }, false },
	{ "x509-fingerprint-md5", { FORMATS_CERT_MD5, NOT }, false },
	{ "x509-fingerprint-sha1", { FORMATS_CERT_SHA1, NOT }, false },
	{ "x509-fingerprint-sha256", { FORMATS_CERT_SHA256, NOT }, false },
	/* CSV files of others */
	{ "ip", { FORMATS_IPV4, NOT }, false },
	{ "ipv4", { FORMATS_IPV4, NOT }, false },
	{ "ipv6", { FORMATS_IPV6, NOT }, false },
	{ "ipv4-addr", { FORMATS_IPV4, NOT }, false },
	{ "ipv6-addr", { FORMATS_IPV6, NOT }, false },
	{ "cidr", { FORMATS_IPV4, NOT }, false },
	{ "ip:port", { FORMATS_IPV4, NOT }, false },
	{ "domain-name", { FORMATS_DOMAIN, NOT }, false },
	{ "fqdn", { FORMATS_DOMAIN, NOT }, false },
	{ "email-addr", { FORMATS_EMAIL, NOT }, false },
	{ "filehash-md5", { FORMATS_MD5, NOT }, false },
	{ "filehash-sha1", { FORMATS_SHA1, NOT }, false },
	{ "filehash-sha256", { FORMATS_SHA256, NOT }, false },
	{ "filehash-sha512", { FORMATS_SHA512, NOT }, false },
	{ "md5_hash", { FORMATS_MD5, NOT }, false },
	{ "sha1_hash", { FORMATS_SHA1, NOT }, false },
	{ "sha256_hash", { FORMATS_SHA256, NOT }, false },
	{ "sha-1", { FORMATS_SHA1, NOT }, false },
	{ "sha-256", { FORMATS_SHA256, NOT }, false },
	{ "sha-512", { FORMATS_SHA512, NOT }, false },
	{ "file-name", { FORMATS_FILENAME, NOT }, false },
	{ "registry-key", { FORMATS_REGKEY, NOT }, false },
	{ "ja3", { FORMATS_JA3, NOT }, false },
	{ "ja3_fingerprint", { FORMATS_JA3, NOT }, false },
	{ "ja4", { FORMATS_JA4, NOT }, false },
};

const struct formats_type *formats_type_of(struct span word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (formats_same(word, types[i].word))
			return &types[i];
	}
	return NULL;
}
