/* SPDX-License-Identifier: Apache-2.0 */
/* Observed Data: whose SCOs are where, and when it was. */
#include "pattern/pattern_observed.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/bounds.h"
#include "util/timestamp.h"

struct sco {
	struct span id;
	struct json value;
	size_t order;
};
struct observed {
	struct span id;
	struct json objects, refs; /* one of them */
	struct pattern_observation o;
	size_t order;
};
struct pattern_observed {
	struct arena *a;
	struct sco *sco;
	size_t scos, sco_room;
	struct observed *v;
	size_t n, room;
};

struct pattern_observed *pattern_observed_new(struct arena *a)
{
	struct pattern_observed *b = ARENA_NEW(a, struct pattern_observed);

	if (b)
		b->a = a;
	return b;
}

/* STIX 2.1 §7, §4, §5: what is no cyber-observable object and so is not what a pattern looks at. */
static bool is_no_sco(struct span type)
{
	static const char *const other[] = { "attack-pattern", "bundle", "campaign", "course-of-action", "extension-definition", "grouping", "identity", "incident", "indicator", "infrastructure", "intrusion-set", "language-content", "location", "malware", "malware-analysis", "marking-definition", "note", "observed-data", "opinion", "relationship", "report", "sighting", "threat-actor", "tool", "vulnerability" };

	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (span_is(type, other[i]))
			return true;
	return false;
}

static bool grow(struct pattern_observed *b, void **v, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *bigger;

	if (n < *room)
		return true;
	bigger = arena_array(b->a, more, size);
	if (!bigger)
		return false;
	if (n)
		memcpy(bigger, *v, n * size);
	*v = bigger;
	*room = more;
	return true;
}

static bool read_time(struct json v, int64_t *out)
{
	struct span text = json_string_or_none(v);

	return text.p && timestamp_parse_ns(text, out, NULL) == ERR_OK;
}

static enum err broken(struct span id, struct fault *f, const char *what)
{
	char where[BOUND_ID_BYTES + 1];

	snprintf(where, sizeof(where), "%.*s", (int)(id.n < BOUND_ID_BYTES ? id.n : BOUND_ID_BYTES), id.p ? id.p : "observed-data");
	return fault_set(f, ERR_INVALID, where, "%s", what);
}

static enum err add_observed(struct pattern_observed *b, struct json x, struct fault *f)
{
	struct json number = json_get(x, "number_observed");
	struct observed *to;
	struct observed o = { .id = json_string_or_none(json_get(x, "id")), .refs = json_get(x, "object_refs"), .objects = json_get(x, "objects"), .order = b->n };
	void *v = b->v;

	if (!json_is(number, JSON_INT) || json_int(number) < 1)
		return broken(o.id, f, "number_observed has to be a whole number of at least 1");
	if (!read_time(json_get(x, "first_observed"), &o.o.first_ns) || !read_time(json_get(x, "last_observed"), &o.o.last_ns))
		return broken(o.id, f, "first_observed and last_observed have to be timestamps");
	if (o.o.last_ns < o.o.first_ns)
		return broken(o.id, f, "last_observed is before first_observed");
	if (!json_is(o.refs, JSON_ARRAY) && !json_is(o.objects, JSON_OBJECT))
		return broken(o.id, f, "object_refs (STIX 2.1) or objects (STIX 2.0) is missing");
	o.o.number = (uint64_t)json_int(number);
	if (!grow(b, &v, b->n, &b->room, sizeof(*b->v)))
		return fault_set(f, ERR_NOMEM, "", "out of memory");
	b->v = v;
	to = &b->v[b->n++];
	*to = o;
	return ERR_OK;
}

static enum err add_sco(struct pattern_observed *b, struct json x, struct fault *f)
{
	struct span id = json_string_or_none(json_get(x, "id"));
	void *v = b->sco;

	if (!id.p || is_no_sco(json_string_or_none(json_get(x, "type"))))
		return ERR_OK;
	if (!grow(b, &v, b->scos, &b->sco_room, sizeof(*b->sco)))
		return fault_set(f, ERR_NOMEM, "", "out of memory");
	b->sco = v;
	b->sco[b->scos] = (struct sco){ id, x, b->scos };
	b->scos++;
	return ERR_OK;
}

static enum err add(struct pattern_observed *b, struct json x, unsigned depth, struct fault *f)
{
	struct span type = json_string_or_none(json_get(x, "type"));
	struct json list = span_is(type, "bundle") ? json_get(x, "objects") : x;
	enum err e = ERR_OK;

	if (span_is(type, "observed-data") || (json_is(json_get(x, "objects"), JSON_OBJECT) && json_has(json_get(x, "first_observed"))))
		return add_observed(b, x, f);
	if (!json_is(list, JSON_ARRAY))
		return span_is(type, "bundle") ? ERR_OK : add_sco(b, x, f);
	for (struct json_iter it = json_iter(list); depth && e == ERR_OK && json_next(&it);)
		e = add(b, it.value, depth - 1, f);
	return e;
}

enum err pattern_observed_add(struct pattern_observed *b, struct json document, struct fault *f)
{
	return add(b, document, 4, f);
}

static int by_id(const void *x, const void *y)
{
	const struct sco *a = x, *b = y;
	int d = span_cmp(a->id, b->id);

	return d ? d : (a->order < b->order) - (a->order > b->order); /* the last one counts: it stands first */
}

static int by_time(const void *x, const void *y)
{
	const struct observed *a = x, *b = y;

	if (a->o.first_ns != b->o.first_ns)
		return (a->o.first_ns > b->o.first_ns) - (a->o.first_ns < b->o.first_ns);
	return (a->order > b->order) - (a->order < b->order);
}

enum err pattern_observed_finish(struct pattern_observed *b, struct fault *f)
{
	size_t kept = 0;

	if (b->scos)
		qsort(b->sco, b->scos, sizeof(*b->sco), by_id);
	for (size_t i = 0; i < b->scos; i++)
		if (i == 0 || !span_eq(b->sco[i].id, b->sco[kept - 1].id))
			b->sco[kept++] = b->sco[i];
	b->scos = kept;
	if (b->n)
		qsort(b->v, b->n, sizeof(*b->v), by_time);
	return arena_ok(b->a) ? ERR_OK : fault_set(f, ERR_NOMEM, "", "out of memory");
}

size_t pattern_observed_count(const struct pattern_observed *b)
{
	return b->n;
}

struct span pattern_observed_id(const struct pattern_observed *b, size_t i)
{
	return b->v[i].id;
}

static const struct sco *find(const struct pattern_observed *b, struct span id)
{
	size_t lo = 0, hi = b->scos;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = span_cmp(b->sco[mid].id, id);

		if (d == 0)
			return &b->sco[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void pattern_observed_fill(const struct pattern_observed *b, size_t i, struct pattern_subject *s, struct pattern_observation *o)
{
	const struct observed *x = &b->v[i];

	*o = x->o;
	o->tag = i;
	pattern_subject_clear(s);
	if (json_is(x->refs, JSON_ARRAY)) {
		for (struct json_iter it = json_iter(x->refs); json_next(&it);) {
			const struct sco *found = find(b, json_string_or_none(it.value));

			if (found)
				pattern_subject_json(s, found->id, found->value);
		}
		return;
	}
	for (struct json_iter it = json_iter(x->objects); json_next(&it);)
		if (json_is(it.value, JSON_OBJECT))
			pattern_subject_json(s, it.key, it.value);
}
