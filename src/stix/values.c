/* SPDX-License-Identifier: Apache-2.0 */
/* The searchable values and words of an object. */
#include <stdio.h>
#include "pattern/pattern.h"
#include "stix/values.h"
#include "util/bounds.h"

#define ADDRESS STIX_VALUE_META + 1 /* whatever address it turns out to be */
#define HASHES STIX_VALUE_META + 2 /* by the name of the algorithm */

/* Where values stand: type, path from the object ("*" any object), kind.  Used for observables and for what patterns compare. */
static const struct place {
	const char *type, *path;
	int kind;
} places[] = {
	{ "ipv4-addr", "value", STIX_VALUE_IPV4 },
	{ "ipv6-addr", "value", STIX_VALUE_IPV6 },
	{ "domain-name", "value", STIX_VALUE_DOMAIN },
	{ "url", "value", STIX_VALUE_URL },
	{ "email-addr", "value", STIX_VALUE_EMAIL },
	{ "mac-addr", "value", STIX_VALUE_MAC },
	{ "mutex", "name", STIX_VALUE_MUTEX },
	{ "autonomous-system", "number", STIX_VALUE_ASN },
	{ "file", "name", STIX_VALUE_FILENAME },
	{ "file", "hashes", HASHES },
	{ "file", "parent_directory_ref.path", STIX_VALUE_OTHER },
	{ "file", "extensions.windows-pebinary-ext.imphash", STIX_VALUE_OTHER },
	{ "directory", "path", STIX_VALUE_OTHER },
	{ "artifact", "hashes", HASHES },
	{ "artifact", "url", STIX_VALUE_URL },
	{ "x509-certificate", "hashes", HASHES },
	{ "x509-certificate", "serial_number", STIX_VALUE_OTHER },
	{ "windows-registry-key", "key", STIX_VALUE_REGKEY },
	{ "user-account", "account_login", STIX_VALUE_USER },
	{ "user-account", "user_id", STIX_VALUE_USER },
	{ "process", "command_line", STIX_VALUE_OTHER },
	{ "process", "image_ref.name", STIX_VALUE_FILENAME },
	{ "process", "image_ref.hashes", HASHES },
	{ "process", "creator_user_ref.account_login", STIX_VALUE_USER },
	{ "software", "cpe", STIX_VALUE_OTHER },
	{ "email-message", "message_id", STIX_VALUE_OTHER },
	{ "email-message", "from_ref.value", STIX_VALUE_EMAIL },
	{ "email-message", "sender_ref.value", STIX_VALUE_EMAIL },
	{ "email-message", "to_refs.value", STIX_VALUE_EMAIL },
	{ "email-message", "cc_refs.value", STIX_VALUE_EMAIL },
	{ "email-message", "bcc_refs.value", STIX_VALUE_EMAIL },
	{ "email-message", "body_multipart.body_raw_ref.name", STIX_VALUE_FILENAME },
	{ "email-message", "body_multipart.body_raw_ref.hashes", HASHES },
	{ "network-traffic", "src_ref.value", ADDRESS },
	{ "network-traffic", "dst_ref.value", ADDRESS },
	{ "domain-name", "resolves_to_refs.value", ADDRESS },
	{ "ipv4-addr", "belongs_to_refs.number", STIX_VALUE_ASN },
	{ "ipv6-addr", "belongs_to_refs.number", STIX_VALUE_ASN },
};
#define N_PLACES (sizeof places / sizeof *places)

struct giving {
	struct arena *a;
	void (*fn)(void *ctx, enum stix_value_kind k, struct span normal);
	void *ctx;
	size_t n;
};

static void give(struct giving *g, enum stix_value_kind k, struct span text)
{
	if (!text.n || g->n >= BOUND_VALUES_PER_OBJECT)
		return;
	struct span normal = stix_value_normal(g->a, k, text);
	if (!normal.n && arena_ok(g->a)) { /* not what it should be; findable as it stands */
		k = STIX_VALUE_OTHER;
		normal = stix_value_normal(g->a, k, text);
	}
	if (k == STIX_VALUE_IPV6 && !memchr(normal.p, ':', normal.n))
		k = STIX_VALUE_IPV4;
	if (!normal.n || normal.n > BOUND_QUERY_BYTES)
		return;
	g->n++;
	g->fn(g->ctx, k, normal);
}

static void give_address(struct giving *g, struct span text)
{
	static const enum stix_value_kind kinds[] = { STIX_VALUE_IPV4, STIX_VALUE_IPV6, STIX_VALUE_MAC, STIX_VALUE_DOMAIN };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (stix_value_normal(g->a, kinds[i], text).n) {
			give(g, kinds[i], text);
			return;
		}
	}
	give(g, STIX_VALUE_OTHER, text);
}

static enum stix_value_kind hash_kind(struct span name)
{
	static const struct {
		const char *name;
		enum stix_value_kind kind;
	} names[] = { { "MD5", STIX_VALUE_MD5 }, { "SHA-1", STIX_VALUE_SHA1 },
		{ "SHA1", STIX_VALUE_SHA1 }, { "SHA-256", STIX_VALUE_SHA256 }, { "SHA256", STIX_VALUE_SHA256 }, { "SHA-512", STIX_VALUE_SHA512 },
		{ "SHA512", STIX_VALUE_SHA512 } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (name.n == strlen(names[i].name) && strncasecmp(name.p, names[i].name, name.n) == 0)
			return names[i].kind;
	}
	return STIX_VALUE_OTHER;
}

static void give_kind(struct giving *g, int kind, struct span text)
{
	if (kind == ADDRESS)
		give_address(g, text);
	else
		give(g, (enum stix_value_kind)kind, text);
}

/* ---- from observables ---- */

static struct json at_path(struct json v, const char *path)
{
	while (json_has(v)) {
		const char *dot = strchr(path, '.');
		v = json_get_span(v, (struct span){ path, dot ? (size_t)(dot - path) : strlen(path) });
		if (!dot)
			break;
		path = dot + 1;
	}
	return v;
}

static void give_json(struct giving *g, int kind, struct json v)
{
	char text[24];
	switch (json_type(v)) {
	case JSON_STRING:
		give_kind(g, kind, json_string(v));
		break;
	case JSON_INT:
		snprintf(text, sizeof text, "%lld", (long long)json_int(v));
		give_kind(g, kind, span_of(text));
		break;
	case JSON_OBJECT:
		for (struct json_iter it = json_iter(v); kind == HASHES && json_next(&it);)
			give(g, hash_kind(it.key), json_string_or_none(it.value));
		break;
	default:
		break;
	}
}

static void from_observable(struct giving *g, struct span type, struct json object)
{
	for (size_t i = 0; i < N_PLACES; i++) {
		if (span_is(type, places[i].type))
			give_json(g, places[i].kind, at_path(object, places[i].path));
	}
	if (span_is(type, "file") || span_is(type, "email-message")) { /* the lists of file and message parts */
		struct json streams = at_path(object, "extensions.ntfs-ext.alternate_data_streams");
		for (struct json_iter it = json_iter(streams); json_next(&it);)
			give_json(g, HASHES, json_get(it.value, "hashes"));
		struct json sections = at_path(object, "extensions.windows-pebinary-ext.sections");
		for (struct json_iter it = json_iter(sections); json_next(&it);)
			give_json(g, HASHES, json_get(it.value, "hashes"));
	}
}

/* ---- from patterns ---- */

#define PATH_BYTES 256

/* The keys of the path joined by dots, indexes left out; false where it is longer than any path of ours. */
static bool join_path(const struct pattern *c, size_t steps, char out[static PATH_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < steps; i++) {
		struct span key = c->step[i].key;
		if (c->step[i].kind != PATTERN_STEP_KEY)
			continue;
		if (n + key.n + 2 > PATH_BYTES)
			return false;
		if (n)
			out[n++] = '.';
		memcpy(out + n, key.p, key.n);
		n += key.n;
	}
	out[n] = 0;
	return true;
}

static int compared_kind(const struct pattern *c)
{
	char path[PATH_BYTES];
	struct span last = c->steps ? c->step[c->steps - 1].key : (struct span){ NULL, 0 };
	if (c->steps >= 2 && c->step[c->steps - 2].kind == PATTERN_STEP_KEY && span_is(c->step[c->steps - 2].key, "hashes"))
		return hash_kind(last);
	if (!join_path(c, c->steps, path))
		return STIX_VALUE_OTHER;
	for (size_t i = 0; i < N_PLACES; i++) {
		if (span_is(c->object_type, places[i].type) && strcmp(path, places[i].path) == 0)
			return places[i].kind;
	}
	return STIX_VALUE_OTHER;
}

static bool from_comparison(void *ctx, const struct pattern *c)
{
	struct giving *g = ctx;
	if (c->negated || (c->op != PATTERN_EQ && c->op != PATTERN_IN && c->op != PATTERN_ISSUBSET))
		return true;
	int kind = compared_kind(c);
	for (size_t i = 0; i < c->literals; i++) {
		const struct pattern_literal *l = &c->literal[i];
		if (l->type == PATTERN_STRING || (l->type == PATTERN_INT && kind == STIX_VALUE_ASN))
			give_kind(g, kind, l->text);
	}
	return g->n < BOUND_VALUES_PER_OBJECT;
}

/* ---- from references ---- */

static void from_references(struct giving *g, struct json references)
{
	for (struct json_iter it = json_iter(references); json_next(&it);) {
		struct span id = json_string_or_none(json_get(it.value, "external_id"));
		if (id.n && stix_value_normal(g->a, STIX_VALUE_CVE, id).n)
			give(g, STIX_VALUE_CVE, id);
		else
			give(g, STIX_VALUE_EXTERNAL, id);
	}
}

void stix_values(struct arena *a, const struct stix_object *o, void (*fn)(void *ctx, enum stix_value_kind k, struct span normal), void *ctx)
{
	struct giving g = { .a = a, .fn = fn, .ctx = ctx };
	from_observable(&g, o->type, o->value);
	if (span_is(o->type, "indicator")) {
		const struct pattern *p;
		struct span language = json_string_or_none(json_get(o->value, "pattern_type"));
		struct span text = json_string_or_none(json_get(o->value, "pattern"));
		if ((!language.n || span_is(language, "stix")) && text.n && pattern_parse(a, text, &p, NULL) == ERR_OK)
			pattern_each(p, from_comparison, &g);
	}
	if (span_is(o->type, "observed-data")) {
		for (struct json_iter it = json_iter(json_get(o->value, "objects")); json_next(&it);)
			from_observable(&g, json_string_or_none(json_get(it.value, "type")), it.value);
	}
	if (span_is(o->type, "vulnerability") && stix_value_normal(a, STIX_VALUE_CVE, o->name).n)
		give(&g, STIX_VALUE_CVE, o->name);
	from_references(&g, json_get(o->value, "external_references"));
}

/* ---- words ---- */

/* Properties whose texts people write for people. */
static const char *const wordy[] = { "name", "description", "abstract", "content", "explanation", "objective", "labels", "aliases", "goals", "authors",
	"roles", "subject", "body", "display_name", "product", "result_name", "contact_information", "city", "street_address", "administrative_area",
	"x_mitre_aliases", "x_mitre_contributors", "opinion", "sectors", "malware_types", "tool_types", "indicator_types", "report_types",
	"threat_actor_types", "infrastructure_types", "vendor", "account_login", "command_line", "rir" };

static void say_all(struct json v, void (*fn)(void *ctx, struct span text), void *ctx)
{
	if (json_is(v, JSON_STRING) && json_string(v).n)
		fn(ctx, json_string(v));
	for (struct json_iter it = json_iter(v); json_next(&it);)
		say_all(it.value, fn, ctx);
}

void stix_words(const struct stix_object *o, void (*fn)(void *ctx, struct span text), void *ctx)
{
	for (size_t i = 0; i < sizeof wordy / sizeof *wordy; i++)
		say_all(json_get(o->value, wordy[i]), fn, ctx);
	if (span_is(o->type, "language-content"))
		say_all(json_get(o->value, "contents"), fn, ctx);
	say_all(json_get(json_get(o->value, "definition"), "statement"), fn, ctx);
	for (struct json_iter it = json_iter(json_get(o->value, "external_references")); json_next(&it);) {
		static const char *const parts[] = { "external_id", "source_name", "description" };
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			say_all(json_get(it.value, parts[i]), fn, ctx);
	}
}
