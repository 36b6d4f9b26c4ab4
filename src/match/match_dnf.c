/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns to disjunctive normal form over values that logs can show: OR of terms, a term an AND of values. */
#include "match/match_priv.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <strings.h>

#define MOST_CELLS 65536 /* values in all terms of one pattern */
#define MOST_VALUES 32 /* values in one term */

const char *match_skip_text(enum match_skip s)
{
	static const char *const text[] = {
#define X(k, text) text,
		MATCH_SKIP_LIST(X)
#undef X
	};

	return s < MATCH_SKIPS ? text[s] : "";
}

/* ---- values ---- */

bool match_public_suffix(struct arena *a, struct span name)
{
	const psl_ctx_t *psl = psl_builtin();
	const char *text = arena_str(a, name);

	return !memchr(name.p, '.', name.n) || (psl && text && psl_is_public_suffix(psl, text));
}

/* A network that holds a good part of the internet would match nearly every line. */
static bool too_wide(struct span normal, enum stix_value_kind k)
{
	const char *slash = memchr(normal.p, '/', normal.n);
	unsigned bits = 0;

	for (const char *p = slash ? slash + 1 : NULL; p && p < normal.p + normal.n; p++)
		bits = bits * 10 + (unsigned)(*p - '0');
	return slash && ((k == STIX_VALUE_IPV4 && bits < 8) || (k == STIX_VALUE_IPV6 && bits < 16));
}

/* No top-level domain begins with a digit: what looks so is a version or a file. */
static bool ends_in_digits(struct span name)
{
	const char *dot = memrchr(name.p, '.', name.n);

	return dot && dot + 1 < name.p + name.n && dot[1] >= '0' && dot[1] <= '9';
}

/* Four letters or digits in a row: what a text is looked for by. */
static bool has_word(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < 4; i++) {
		uint8_t c = match_lower(s.p[i]);

		n = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ? n + 1 : 0;
	}
	return n >= 4;
}

struct span match_normal(struct arena *a, enum stix_value_kind *k, struct span text, enum match_skip *skip)
{
	struct span normal;

	*skip = MATCH_SKIP_PROPERTY;
	if (*k > STIX_VALUE_REGKEY)
		return (struct span){ NULL, 0 };
	if (*k == STIX_VALUE_DOMAIN && span_starts(text, SPAN("*.")))
		text = (struct span){ text.p + 2, text.n - 2 };
	normal = stix_value_normal(a, *k, text);
	*skip = MATCH_SKIP_VALUE;
	if (!normal.n)
		return normal;
	if (*k == STIX_VALUE_IPV6 && !memchr(normal.p, ':', normal.n))
		*k = STIX_VALUE_IPV4;
	*skip = MATCH_SKIP_SHORT;
	if (*k > STIX_VALUE_SHA512 && !has_word(normal))
		return (struct span){ NULL, 0 };
	*skip = MATCH_SKIP_WIDE;
	if (too_wide(normal, *k))
		return (struct span){ NULL, 0 };
	*skip = MATCH_SKIP_VALUE;
	if (*k == STIX_VALUE_DOMAIN && ends_in_digits(normal))
		return (struct span){ NULL, 0 };
	*skip = MATCH_SKIP_SUFFIX;
	if (*k == STIX_VALUE_DOMAIN && match_public_suffix(a, normal))
		return (struct span){ NULL, 0 };
	*skip = MATCH_SKIP_PROPERTY;
	if (*k == STIX_VALUE_URL && !match_url_host(normal).n)
		return (struct span){ NULL, 0 };
	return normal;
}

enum match_class match_class_of(enum stix_value_kind k, struct span normal)
{
	bool network = memchr(normal.p, '/', normal.n) != NULL;

	switch (k) {
	case STIX_VALUE_IPV4: return network ? CLASS_CIDR4 : CLASS_IPV4;
	case STIX_VALUE_IPV6: return network ? CLASS_CIDR6 : CLASS_IPV6;
	case STIX_VALUE_DOMAIN: return CLASS_NAME;
	case STIX_VALUE_URL: return CLASS_URL;
	case STIX_VALUE_EMAIL: return CLASS_EMAIL;
	case STIX_VALUE_FILENAME:
	case STIX_VALUE_MUTEX:
	case STIX_VALUE_REGKEY: return CLASS_TEXT;
	default: return CLASS_HASH;
	}
}

bool match_address(struct span normal, enum stix_value_kind k, uint8_t address[static 16], uint8_t *bits)
{
	const char *slash = memchr(normal.p, '/', normal.n);
	size_t n = slash ? (size_t)(slash - normal.p) : normal.n;
	unsigned width = k == STIX_VALUE_IPV4 ? 32 : 128, given = slash ? 0 : width;
	char text[INET6_ADDRSTRLEN];

	if (n >= sizeof(text))
		return false;
	memcpy(text, normal.p, n);
	text[n] = 0;
	memset(address, 0, 16);
	if (inet_pton(width == 32 ? AF_INET : AF_INET6, text, address) != 1)
		return false;
	for (size_t i = n + 1; slash && i < normal.n; i++)
		given = given * 10 + (unsigned)(normal.p[i] - '0');
	if (given > width)
		return false;
	for (unsigned i = given; i < width; i++)
		address[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	*bits = (uint8_t)given;
	return true;
}

struct span match_url_host(struct span normal)
{
	struct span none = { NULL, 0 };
	const char *p = memmem(normal.p, normal.n, "://", 3), *end = normal.p + normal.n, *host;

	if (!p)
		return none;
	for (host = p += 3; p < end && *p != '/' && *p != '?'; p++) {
		if (*p == '@')
			host = p + 1;
	}
	end = p;
	if (host < end && *host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		return close ? (struct span){ host, (size_t)(close + 1 - host) } : none;
	}
	for (p = host; p < end && *p != ':';)
		p++;
	return (struct span){ host, (size_t)(p - host) };
}

/* ---- comparisons ---- */

/* Where values that logs show stand in observables: type, path with indexes left out.  Hashes stand anywhere below `hashes`. */
static const struct {
	const char *type, *path;
	int kind; /* -1: whatever address or name it is */
} places[] = {
	{ "ipv4-addr", "value", STIX_VALUE_IPV4 },
	{ "ipv6-addr", "value", STIX_VALUE_IPV6 },
	{ "domain-name", "value", STIX_VALUE_DOMAIN },
	{ "domain-name", "resolves_to_refs.value", -1 },
	{ "url", "value", STIX_VALUE_URL },
	{ "artifact", "url", STIX_VALUE_URL },
	{ "email-addr", "value", STIX_VALUE_EMAIL },
	{ "email-message", "from_ref.value", STIX_VALUE_EMAIL },
	{ "email-message", "sender_ref.value", STIX_VALUE_EMAIL },
	{ "email-message", "to_refs.value", STIX_VALUE_EMAIL },
	{ "email-message", "cc_refs.value", STIX_VALUE_EMAIL },
	{ "email-message", "bcc_refs.value", STIX_VALUE_EMAIL },
	{ "network-traffic", "src_ref.value", -1 },
	{ "network-traffic", "dst_ref.value", -1 },
	{ "file", "name", STIX_VALUE_FILENAME },
	{ "process", "image_ref.name", STIX_VALUE_FILENAME },
	{ "mutex", "name", STIX_VALUE_MUTEX },
	{ "windows-registry-key", "key", STIX_VALUE_REGKEY },
};

/* "value" of [value], "to_refs.value" of [to_refs][*][value]; consumed key by key. */
static bool path_is(const struct pattern *c, const char *path)
{
	for (size_t i = 0; i < c->steps; i++) {
		struct span key = c->step[i].key;

		if (c->step[i].kind != PATTERN_STEP_KEY)
			continue;
		if (i && *path && *path++ != '.')
			return false;
		if (strncmp(path, key.p, key.n) != 0 || memchr(key.p, 0, key.n))
			return false;
		path += key.n;
	}
	return *path == 0;
}

static int hash_kind(struct span name)
{
	static const struct {
		const char *name;
		enum stix_value_kind kind;
	} names[] = {
		{ "MD5", STIX_VALUE_MD5 },
		{ "SHA-1", STIX_VALUE_SHA1 },
		{ "SHA1", STIX_VALUE_SHA1 },
		{ "SHA-256", STIX_VALUE_SHA256 },
		{ "SHA256", STIX_VALUE_SHA256 },
		{ "SHA-512", STIX_VALUE_SHA512 },
		{ "SHA512", STIX_VALUE_SHA512 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (name.n == strlen(names[i].name) && strncasecmp(name.p, names[i].name, name.n) == 0)
			return (int)names[i].kind;
	}
	return STIX_VALUE_OTHER;
}

static int compared_kind(const struct pattern *c)
{
	const struct pattern_step *last = &c->step[c->steps - 1];

	if (c->steps >= 2 && last->kind == PATTERN_STEP_KEY && last[-1].kind == PATTERN_STEP_KEY && span_is(last[-1].key, "hashes"))
		return hash_kind(last->key);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (span_is(c->object_type, places[i].type) && path_is(c, places[i].path))
			return places[i].kind;
	}
	return STIX_VALUE_OTHER;
}

/* ---- normal form ---- */

struct making {
	struct arena *a;
	struct dnf *out;
	enum err err;
};
struct terms {
	struct dnf_term *v;
	size_t n;
};
static const struct terms nothing = { NULL, 0 };

static struct terms drop(struct making *m, enum match_skip why)
{
	m->out->dropped[why] = true;
	return nothing;
}

static struct terms no_memory(struct making *m)
{
	m->err = ERR_NOMEM;
	return nothing;
}

static bool add_value(struct making *m, struct terms *to, int kind, struct span text)
{
	static const enum stix_value_kind tried[] = { STIX_VALUE_IPV4, STIX_VALUE_IPV6, STIX_VALUE_DOMAIN };
	struct dnf_value *v = ARENA_NEW(m->a, struct dnf_value);
	const struct dnf_value **cell = arena_array(m->a, 1, sizeof(*cell));
	enum match_skip skip = MATCH_SKIP_VALUE;

	if (!v || !cell)
		return false;
	for (size_t i = 0; i < (kind < 0 ? 3 : 1) && !v->normal.n; i++) {
		v->kind = kind < 0 ? tried[i] : (enum stix_value_kind)kind;
		v->normal = match_normal(m->a, &v->kind, text, &skip);
	}
	if (!v->normal.n) {
		drop(m, skip);
		return arena_ok(m->a);
	}
	*cell = v;
	to->v[to->n++] = (struct dnf_term){ cell, 1 };
	return true;
}

/* "dst_ref.type = 'ipv4-addr'" beside "dst_ref.value = …" says nothing that the value does not say itself. */
static bool says_nothing(const struct pattern *c)
{
	static const char *const types[] = { "ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "url" };
	const struct pattern_step *last = &c->step[c->steps - 1];
	size_t i = 0;

	if (c->negated || c->op != PATTERN_EQ || c->literal->type != PATTERN_STRING || c->steps < 2 || last->kind != PATTERN_STEP_KEY || !span_is(last->key, "type"))
		return false;
	if (last[-1].kind != PATTERN_STEP_KEY || last[-1].key.n < 4 || memcmp(last[-1].key.p + last[-1].key.n - 4, "_ref", 4) != 0)
		return false;
	while (i < sizeof(types) / sizeof(types[0]) && !span_is(c->literal->text, types[i]))
		i++;
	return i < sizeof(types) / sizeof(types[0]);
}

/* The term that always holds: neutral in an AND. */
static struct terms always(struct making *m)
{
	struct dnf_term *t = ARENA_NEW(m->a, struct dnf_term);

	return t ? (struct terms){ t, 1 } : no_memory(m);
}

static struct terms of_comparison(struct making *m, const struct pattern *c)
{
	int kind = compared_kind(c);
	struct terms out = nothing;
	bool subset = c->op == PATTERN_ISSUBSET && (kind < 0 || kind == STIX_VALUE_IPV4 || kind == STIX_VALUE_IPV6);

	if (c->negated || (c->op != PATTERN_EQ && c->op != PATTERN_IN && !subset))
		return drop(m, MATCH_SKIP_OPERATOR);
	if (says_nothing(c))
		return always(m);
	if (kind == STIX_VALUE_OTHER)
		return drop(m, MATCH_SKIP_PROPERTY);
	out.v = arena_array(m->a, c->literals + 1, sizeof(*out.v));
	if (!out.v)
		return no_memory(m);
	for (size_t i = 0; i < c->literals; i++) {
		if (c->literal[i].type != PATTERN_STRING)
			drop(m, MATCH_SKIP_VALUE);
		else if (!add_value(m, &out, kind, c->literal[i].text))
			return no_memory(m);
	}
	return out;
}

/* The term of x's and y's values, each once. */
static bool join_terms(struct making *m, const struct dnf_term *x, const struct dnf_term *y, struct dnf_term *out)
{
	const struct dnf_value **v = arena_array(m->a, x->n + y->n + 1, sizeof(*v));
	size_t n = x->n;

	if (!v)
		return false;
	if (x->n)
		memcpy(v, x->v, x->n * sizeof(*v));
	for (size_t i = 0; i < y->n; i++) {
		size_t k = 0;

		while (k < n && !(v[k]->kind == y->v[i]->kind && span_eq(v[k]->normal, y->v[i]->normal)))
			k++;
		if (k == n)
			v[n++] = y->v[i];
	}
	*out = (struct dnf_term){ v, n };
	return true;
}

static struct terms product(struct making *m, struct terms x, struct terms y)
{
	struct terms out = nothing;
	size_t cells = 0;

	if (!x.n || !y.n)
		return nothing;
	if (x.n > MOST_CELLS / y.n)
		return drop(m, MATCH_SKIP_SIZE);
	out.v = arena_array(m->a, x.n * y.n, sizeof(*out.v));
	if (!out.v)
		return no_memory(m);
	for (size_t i = 0; i < x.n * y.n; i++) {
		if (!join_terms(m, &x.v[i / y.n], &y.v[i % y.n], &out.v[i]))
			return no_memory(m);
		cells += out.v[i].n;
		if (cells > MOST_CELLS || out.v[i].n > MOST_VALUES)
			return drop(m, MATCH_SKIP_SIZE);
	}
	out.n = x.n * y.n;
	return out;
}

static struct terms sum(struct making *m, const struct terms *part, size_t parts)
{
	struct terms out = nothing;
	size_t all = 0, cells = 0;

	for (size_t i = 0; i < parts; i++)
		all += part[i].n;
	if (!all)
		return nothing;
	out.v = arena_array(m->a, all, sizeof(*out.v));
	if (!out.v)
		return no_memory(m);
	for (size_t i = 0; i < parts; i++) {
		for (size_t k = 0; k < part[i].n; k++) {
			cells += part[i].v[k].n;
			out.v[out.n++] = part[i].v[k];
		}
	}
	return cells > MOST_CELLS ? drop(m, MATCH_SKIP_SIZE) : out;
}

static bool over_time(const struct pattern *p)
{
	bool joins = p->kind == PATTERN_FOLLOWEDBY || (p->kind == PATTERN_OBS_AND && p->parts > 1);

	/* WITHIN says nothing about a single observation; REPEATS 1 TIMES neither. */
	return joins || p->q.has_start_stop || (p->q.has_repeats && p->q.repeats > 1);
}

static struct terms of_pattern(struct making *m, const struct pattern *p)
{
	struct terms *part, out;

	if (p->kind == PATTERN_COMPARE)
		return of_comparison(m, p);
	if (over_time(p))
		return drop(m, MATCH_SKIP_TIME);
	part = arena_array(m->a, p->parts, sizeof(*part));
	if (!part)
		return no_memory(m);
	for (size_t i = 0; i < p->parts && m->err == ERR_OK; i++)
		part[i] = of_pattern(m, p->part[i]);
	if (m->err != ERR_OK)
		return nothing;
	if (p->kind != PATTERN_AND)
		return sum(m, part, p->parts);
	out = part[0];
	for (size_t i = 1; i < p->parts && m->err == ERR_OK; i++)
		out = product(m, out, part[i]);
	return out;
}

enum err match_dnf(struct arena *a, struct span text, const struct pattern *p, struct dnf *out)
{
	struct making m = { a, out, ERR_OK };
	enum err e = pattern_check(a, text, p, NULL);
	struct terms terms;

	memset(out, 0, sizeof(*out));
	if (e == ERR_INVALID)
		out->dropped[MATCH_SKIP_NEVER] = true;
	if (e != ERR_OK)
		return e == ERR_INVALID ? ERR_OK : e;
	terms = of_pattern(&m, p);
	out->term = terms.v;
	for (size_t i = 0; i < terms.n; i++) {
		if (terms.v[i].n)
			out->term[out->n++] = terms.v[i];
		else
			out->dropped[MATCH_SKIP_PROPERTY] = true;
	}
	return m.err;
}
