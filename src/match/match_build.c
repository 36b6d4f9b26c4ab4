/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting indicators: which version of each counts, and what it looks for. */
#include "match/match_build_priv.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/bounds.h"

#define MOST_MEMORY ((size_t)1 << 40) /* the operator chooses the feeds; the machine's memory is the limit */

struct match_build *match_build_new(void)
{
	struct match_build *b = util_calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->a = arena_new(MOST_MEMORY);
	b->scratch = arena_new(BOUND_REQUEST_ARENA);
	if (b->a && b->scratch)
		return b;
	match_build_free(b);
	return NULL;
}

void match_build_wide(struct match_build *b)
{
	b->wide = true;
}

void match_build_free(struct match_build *b)
{
	if (!b)
		return;
	arena_free(b->a);
	arena_free(b->scratch);
	free(b->entry);
	free(b->by_id);
	free(b->definition);
	free(b->bare);
	free(b->blob);
	free(b);
}

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_NOMEM, "", "out of memory while taking indicators");
}

/* ---- entries by id ---- */

static bool rehash(struct match_build *b)
{
	size_t room = b->id_room ? 2 * b->id_room : 1024;
	uint32_t *slot = util_calloc(room, sizeof(*slot));

	if (!slot)
		return false;
	for (size_t i = 0; i < b->entries; i++) {
		size_t at = match_hash(CLASSES, b->entry[i].key.p, b->entry[i].key.n, 0) & (room - 1);

		while (slot[at])
			at = (at + 1) & (room - 1);
		slot[at] = (uint32_t)i + 1;
	}
	free(b->by_id);
	b->by_id = slot;
	b->id_room = room;
	return true;
}

/* The entry of key, or a new one (*fresh).  NULL without memory. */
static struct match_entry *entry_of(struct match_build *b, struct span key, bool *fresh)
{
	size_t at;

	if (2 * (b->entries + 1) > b->id_room && !rehash(b))
		return NULL;
	*fresh = false;
	for (at = match_hash(CLASSES, key.p, key.n, 0) & (b->id_room - 1); b->by_id[at]; at = (at + 1) & (b->id_room - 1)) {
		if (span_eq(b->entry[b->by_id[at] - 1].key, key))
			return &b->entry[b->by_id[at] - 1];
	}
	if (b->entries == b->entry_room) {
		size_t room = b->entry_room ? 2 * b->entry_room : 256;
		struct match_entry *v = room < UINT32_MAX ? util_realloc(b->entry, room * sizeof(*v)) : NULL;

		if (!v)
			return NULL;
		b->entry = v;
		b->entry_room = room;
	}
	b->entry[b->entries] = (struct match_entry){ .key = arena_span(b->a, key) };
	if (!b->entry[b->entries].key.p)
		return NULL;
	b->by_id[at] = (uint32_t)++b->entries;
	*fresh = true;
	return &b->entry[b->entries - 1];
}

/* ---- indicators ---- */

/* Sources repeat by the thousand: one copy while it stays the same. */
static struct span source_kept(struct match_build *b, struct span source)
{
	if (!b->source.p || !span_eq(b->source, source))
		b->source = arena_span(b->a, source);
	return b->source;
}

static enum err read_time(struct json object, const char *key, int64_t otherwise, int64_t *out, struct fault *f)
{
	struct json v = json_get(object, key);

	*out = otherwise;
	if (!json_has(v))
		return ERR_OK;
	if (!json_is(v, JSON_STRING))
		return fault_set(f, ERR_INVALID, key, "expected a timestamp, found %s", json_type_name(json_type(v)));
	if (timestamp_parse_ns(json_string(v), out, f) == ERR_OK)
		return ERR_OK;
	return fault_set(f, ERR_INVALID, key, "expected a timestamp, found \"%.*s\"", (int)(json_string(v).n < 40 ? json_string(v).n : 40), json_string(v).p);
}

/* A space between. */
static struct span joined(struct arena *a, const struct span *v, size_t n)
{
	size_t all = 0, at = 0;
	char *to;

	for (size_t i = 0; i < n; i++)
		all += v[i].n + 1;
	to = arena_alloc(a, all + 1);
	for (size_t i = 0; to && i < n; i++) {
		if (i)
			to[at++] = ' ';
		memcpy(to + at, v[i].p, v[i].n);
		at += v[i].n;
	}
	return (struct span){ to, to ? at : 0 };
}

static bool copy_facts(struct match_build *b, const struct stix_object *o, struct span source, struct match_indicator *to)
{
	struct json confidence = json_get(o->value, "confidence");

	to->id = arena_span(b->a, o->id);
	to->name = arena_span(b->a, o->name);
	to->pattern = arena_span(b->a, json_string_or_none(json_get(o->value, "pattern")));
	to->version = arena_span(b->a, o->version);
	to->source = source_kept(b, source);
	to->tlp = span_of(stix_tlp_name(stix_tlp_of_labels(o->value)));
	to->markings = joined(b->a, o->markings, o->n_markings);
	to->confidence = json_is(confidence, JSON_INT) && json_int(confidence) >= 0 && json_int(confidence) <= 100 ? (int)json_int(confidence) : -1;
	return arena_ok(b->a);
}

/* Parses the pattern in a scratch arena and keeps its terms alone. */
static enum err read_terms(struct match_build *b, struct match_entry *e, struct span text, struct fault *f)
{
	struct arena *a = b->scratch;
	const struct pattern *p;
	struct dnf dnf = { 0 };
	enum err err;

	arena_reset(a);
	err = pattern_parse(a, text, &p, f);
	if (err == ERR_NOMEM)
		return no_memory(f);
	if (err != ERR_OK)
		return ERR_INVALID;
	if (match_dnf(a, text, p, &dnf) != ERR_OK)
		return no_memory(f);
	e->why = MATCH_SKIPS;
	for (size_t i = MATCH_SKIPS; i > 0; i--)
		e->why = dnf.dropped[i - 1] ? (enum match_skip)(i - 1) : e->why;
	e->term = arena_array(b->a, dnf.n, sizeof(*e->term));
	for (size_t i = 0; i < dnf.n && arena_ok(b->a); i++) {
		struct match_found_value *v = arena_array(b->a, dnf.term[i].n, sizeof(*v));

		for (size_t k = 0; v && k < dnf.term[i].n; k++)
			v[k] = (struct match_found_value){ dnf.term[i].v[k]->kind, arena_span(b->a, dnf.term[i].v[k]->normal) };
		e->term[i] = (struct match_found_term){ v, dnf.term[i].n };
	}
	e->terms = dnf.n;
	return arena_ok(b->a) ? ERR_OK : no_memory(f);
}

static enum err read_indicator(struct match_build *b, struct match_entry *e, const struct stix_object *o, struct span source, struct fault *f)
{
	struct span language = json_string_or_none(json_get(o->value, "pattern_type"));
	struct span text = json_string_or_none(json_get(o->value, "pattern"));
	enum err err;

	if (!copy_facts(b, o, source, &e->indicator))
		return no_memory(f);
	if (language.n && !span_is(language, "stix")) {
		e->why = MATCH_SKIP_LANGUAGE;
		return ERR_OK;
	}
	if (!text.p)
		return fault_set(f, ERR_INVALID, "pattern", "the indicator has no pattern");
	err = read_time(o->value, "valid_from", INT64_MIN, &e->indicator.valid_from_ns, f);
	if (err == ERR_OK)
		err = read_time(o->value, "valid_until", INT64_MAX, &e->indicator.valid_until_ns, f);
	return err == ERR_OK ? read_terms(b, e, text, f) : err;
}

static enum err remember_definition(struct match_build *b, const struct stix_object *o, struct fault *f)
{
	enum stix_tlp t = stix_tlp_of_definition(o->value);

	if (t == STIX_TLP_NONE)
		return ERR_OK;
	if (b->definitions == b->definition_room) {
		size_t room = b->definition_room ? 2 * b->definition_room : 16;
		struct match_definition *v = util_realloc(b->definition, room * sizeof(*v));

		if (!v)
			return no_memory(f);
		b->definition = v;
		b->definition_room = room;
	}
	b->definition[b->definitions] = (struct match_definition){ arena_span(b->a, o->id), t };
	return b->definition[b->definitions++].id.p ? ERR_OK : no_memory(f);
}

/* A revoked version ends an id for ever; else the newest counts, and the one that came first among equals. */
enum err match_build_add(struct match_build *b, const struct stix_object *o, struct span source, struct fault *f)
{
	struct match_entry *e;
	struct span key;
	bool fresh;
	enum err err;

	if (span_is(o->type, "marking-definition"))
		return remember_definition(b, o, f);
	if (!span_is(o->type, "indicator"))
		return ERR_OK;
	e = entry_of(b, o->id, &fresh);
	if (!e)
		return no_memory(f);
	if (!fresh && (e->revoked || (o->version_ns <= e->version_ns && !o->revoked))) {
		b->replaced += o->version_ns < e->version_ns;
		return ERR_OK;
	}
	b->replaced += !fresh && !o->revoked;
	key = e->key;
	*e = (struct match_entry){ .key = key, .version_ns = o->version_ns, .revoked = o->revoked, .why = MATCH_SKIPS };
	if (o->revoked)
		return ERR_OK;
	err = read_indicator(b, e, o, source, f);
	if (err == ERR_INVALID) {
		e->terms = 0;
		e->why = MATCH_SKIP_NEVER;
	}
	return err;
}

int match_definition_order(const void *x, const void *y)
{
	return span_cmp(((const struct match_definition *)x)->id, ((const struct match_definition *)y)->id);
}

/* The strictest TLP among labels, registered markings and definitions that were given; empty where there is none. */
void match_build_tlp(const struct match_build *b, struct match_indicator *i)
{
	enum stix_tlp t = STIX_TLP_NONE, other;
	struct span rest = i->markings;

	stix_tlp_parse(i->tlp, &t);
	while (rest.n) {
		const char *space = memchr(rest.p, ' ', rest.n);
		struct match_definition key = { { rest.p, space ? (size_t)(space - rest.p) : rest.n }, STIX_TLP_NONE }, *d;

		other = stix_tlp_of_id(key.id);
		if (other == STIX_TLP_NONE && b->definitions) {
			d = bsearch(&key, b->definition, b->definitions, sizeof(key), match_definition_order);
			other = d ? d->tlp : other;
		}
		t = other > t ? other : t;
		rest = space ? (struct span){ space + 1, rest.n - key.id.n - 1 } : (struct span){ "", 0 };
	}
	i->tlp = t == STIX_TLP_NONE ? (struct span){ "", 0 } : span_of(stix_tlp_name(t));
}
