/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that are nothing but a list of values. */
#include <arpa/inet.h>
#include <strings.h>
#include "formats/export_priv.h"

struct collecting {
	struct arena *a;
	void (*fn)(void *ctx, enum formats_sort sort, struct span normal);
	void *ctx;
	bool all;
};

/* "SHA-256", "sha256", "SHA256" */
static enum formats_sort hash_named(struct span key)
{
	static const struct {
		const char *word;
		enum formats_sort sort;
	} names[] = { { "md5", FORMATS_MD5 }, { "sha1", FORMATS_SHA1 }, { "sha256", FORMATS_SHA256 }, { "sha512", FORMATS_SHA512 } };
	char plain[16];
	size_t n = 0;

	for (size_t i = 0; i < key.n && n < sizeof(plain) - 1; i++) {
		if (key.p[i] != '-' && key.p[i] != '_')
			plain[n++] = key.p[i];
	}
	for (size_t i = 0; i < 4; i++) {
		if (formats_same((struct span){ plain, n }, names[i].word))
			return names[i].sort;
	}
	return FORMATS_SORTS;
}

static const struct place {
	const char *type, *path;
	enum formats_sort sort; /* FORMATS_SORTS: whatever the value is */
} places[] = {
	{ "ipv4-addr", "value", FORMATS_IPV4 },
	{ "ipv6-addr", "value", FORMATS_IPV6 },
	{ "domain-name", "value", FORMATS_DOMAIN },
	{ "url", "value", FORMATS_URL },
	{ "email-addr", "value", FORMATS_EMAIL },
	{ "mac-addr", "value", FORMATS_MAC },
	{ "file", "name", FORMATS_FILENAME },
	{ "mutex", "name", FORMATS_MUTEX },
	{ "windows-registry-key", "key", FORMATS_REGKEY },
	{ "autonomous-system", "number", FORMATS_ASN },
	{ "email-message", "from_ref.value", FORMATS_EMAIL },
	{ "email-message", "sender_ref.value", FORMATS_EMAIL },
	{ "network-traffic", "dst_ref.value", FORMATS_SORTS },
	{ "network-traffic", "src_ref.value", FORMATS_SORTS },
	{ "network-traffic", "x_ja3", FORMATS_JA3 },
	{ "network-traffic", "x_ja4", FORMATS_JA4 },
	{ "network-traffic", "extensions.'http-request-ext'.request_header.'User-Agent'", FORMATS_USER_AGENT },
};

/* What c compares with; false where it is nothing that is a value. */
static bool sort_of(const struct pattern *c, enum formats_sort *sort)
{
	bool certificate = span_is(c->object_type, "x509-certificate");

	if (c->steps == 2 && c->step[0].kind == PATTERN_STEP_KEY && span_is(c->step[0].key, "hashes") && c->step[1].kind == PATTERN_STEP_KEY &&
		(certificate || span_is(c->object_type, "file") || span_is(c->object_type, "artifact"))) {
		*sort = hash_named(c->step[1].key);
		if (certificate)
			*sort = *sort == FORMATS_MD5 ? FORMATS_CERT_MD5 : *sort == FORMATS_SHA1 ? FORMATS_CERT_SHA1
								  : *sort == FORMATS_SHA256     ? FORMATS_CERT_SHA256
												: FORMATS_SORTS;
		return *sort != FORMATS_SORTS;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (span_is(c->object_type, places[i].type) && span_is(c->path, places[i].path)) {
			*sort = places[i].sort;
			return true;
		}
	}
	return false;
}

static bool address(enum formats_sort sort)
{
	return sort == FORMATS_IPV4 || sort == FORMATS_IPV6;
}

/* A network begins at its first address: 198.51.100.7/24 is 198.51.100.0/24. */
static struct span masked(struct arena *a, enum formats_sort sort, struct span normal)
{
	const char *slash = memchr(normal.p, '/', normal.n);
	char text[INET6_ADDRSTRLEN];
	uint8_t b[16];
	int family = sort == FORMATS_IPV4 ? AF_INET : AF_INET6;
	size_t bits = 0, n = slash ? (size_t)(slash - normal.p) : 0;

	if (!slash || !address(sort) || n >= sizeof(text))
		return normal;
	memcpy(text, normal.p, n);
	text[n] = 0;
	for (size_t i = n + 1; i < normal.n; i++)
		bits = bits * 10 + (size_t)(normal.p[i] - '0');
	if (inet_pton(family, text, b) != 1)
		return normal;
	for (size_t i = bits; i < (sort == FORMATS_IPV4 ? 32u : 128u); i++)
		b[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	inet_ntop(family, b, text, sizeof(text));
	return formats_normal(a, sort, span_of(arena_printf(a, "%s/%zu", text, bits)));
}

static void from_comparison(struct collecting *c, const struct pattern *p)
{
	enum formats_sort sort;

	if (p->negated || (p->op != PATTERN_EQ && p->op != PATTERN_IN && p->op != PATTERN_ISSUBSET) || !sort_of(p, &sort)) {
		c->all = false;
		return;
	}
	for (size_t i = 0; i < p->literals; i++) {
		const struct pattern_literal *l = &p->literal[i];
		struct span normal = { NULL, 0 };
		enum formats_sort s = sort;
		if (l->type != PATTERN_STRING && !(l->type == PATTERN_INT && sort == FORMATS_ASN))
			s = FORMATS_SORTS;
		else if (sort == FORMATS_SORTS)
			s = formats_classify(c->a, l->text, &normal);
		else
			normal = formats_normal(c->a, sort, l->text);
		if (s == FORMATS_IPV6 && normal.n && !memchr(normal.p, ':', normal.n))
			s = FORMATS_IPV4;
		bool fits = normal.n && s < FORMATS_SORTS && (p->op != PATTERN_ISSUBSET || address(s)) && (sort != FORMATS_SORTS || address(s) || s == FORMATS_DOMAIN || s == FORMATS_MAC);
		if (fits)
			c->fn(c->ctx, s, masked(c->a, s, normal));
		else
			c->all = false;
	}
}

static bool is_hash(const struct pattern *p)
{
	enum formats_sort sort;

	return p->kind == PATTERN_COMPARE && !p->negated && (p->op == PATTERN_EQ || p->op == PATTERN_IN) && sort_of(p, &sort) && sort >= FORMATS_MD5 && sort <= FORMATS_SHA512;
}

/* "dst_ref.type = 'ipv4-addr'": true of every address that the other part can equal. */
static bool says_type(const struct pattern *p)
{
	return p->kind == PATTERN_COMPARE && !p->negated && p->op == PATTERN_EQ && p->path.n > 5 && memcmp(p->path.p + p->path.n - 5, ".type", 5) == 0;
}

/* An AND is a list only where one part alone decides: a hash beside what else is said of the file, a value beside its own type. */
static const struct pattern *decider(const struct pattern *p)
{
	const struct pattern *left = NULL;

	for (size_t i = 0; i < p->parts; i++) {
		if (is_hash(p->part[i]))
			return p->part[i];
		if (says_type(p->part[i]))
			continue;
		if (left)
			return NULL;
		left = p->part[i];
	}
	return left && left->kind == PATTERN_COMPARE ? left : NULL;
}

static void collect(struct collecting *c, const struct pattern *p)
{
	const struct pattern *one;

	switch (p->kind) {
	case PATTERN_TEST:
	case PATTERN_OBS_OR:
		if (p->q.has_within || p->q.has_repeats || p->q.has_start_stop) {
			c->all = false;
			return;
		}
		__attribute__((fallthrough));
	case PATTERN_OR:
		for (size_t i = 0; i < p->parts; i++)
			collect(c, p->part[i]);
		return;
	case PATTERN_COMPARE: from_comparison(c, p); return;
	case PATTERN_AND:
		one = decider(p);
		if (one)
			from_comparison(c, one);
		else
			c->all = false;
		return;
	default:
		c->all = false; /* several observations; one of a single part in parentheses counts as such too */
		return;
	}
}

bool export_values(struct arena *a, const struct pattern *p, void (*fn)(void *ctx, enum formats_sort sort, struct span normal), void *ctx)
{
	struct collecting c = { a, fn, ctx, true };

	collect(&c, p);
	return c.all;
}
