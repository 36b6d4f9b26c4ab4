/* SPDX-License-Identifier: Apache-2.0 */
/* Many patterns, one index over them.
 *
 * 1. A [ ] that needs one of some texts (`type:path = 'text'`, with or without more) stands in the index under each of these; an observation without any of them cannot satisfy it.
 * 2. Any other [ ] stands under the types that it names.
 *    An observation that satisfies no [ ] of a pattern changes nothing for it, and is not shown to it.
 * 3. An entry is a hash and a pattern's number.  Where hashes meet by chance a pattern is looked at for nothing, never passed over.
 */
#include "pattern/pattern_set.h"

#include <stdlib.h>

#include "pattern/pattern_code_priv.h"
#include "pattern/pattern_subject_priv.h"
#include "util/alloc.h"

struct entry {
	uint64_t hash;
	uint32_t which;
};
struct pattern_set {
	struct pattern_stream **stream;
	size_t n;
	struct entry *entry; /* sorted by hash */
	size_t entries, room;
	uint32_t *first; /* by the hash's upper bits: where its entries begin */
	unsigned bits;
	uint64_t *shown; /* of each pattern: the last push at which it was looked at */
	uint64_t pushes, looks;
	bool failed;
};

#define HASH_START UINT64_C(14695981039346656037)

static uint64_t hash_add(uint64_t h, struct span s, char end)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (h ^ (unsigned char)end) * UINT64_C(1099511628211);
}

/* The upper bits choose the place: they have to depend on all others. */
static uint64_t mixed(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* ---- what a pattern needs ---- */

static void entry_add(struct pattern_set *s, uint64_t hash, size_t which)
{
	if (s->entries == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct entry *more = util_realloc(s->entry, room * sizeof(*more));

		if (!more) {
			s->failed = true;
			return;
		}
		s->entry = more;
		s->room = room;
	}
	s->entry[s->entries++] = (struct entry){ mixed(hash), (uint32_t)which };
}

static bool compare_has_texts(const struct code_compare *c)
{
	const struct pattern *p = c->p;

	if ((p->op != PATTERN_EQ && p->op != PATTERN_IN) || p->negated || c->hex || c->base64)
		return false;
	for (size_t i = 0; i < p->steps; i++)
		if (p->step[i].kind != PATTERN_STEP_KEY)
			return false;
	for (size_t i = 0; i + 1 < p->steps; i++) /* a reference leads to another object */
		if (p->step[i].key.n > 4 && (memmem(p->step[i].key.p + p->step[i].key.n - 4, 4, "_ref", 4) || memmem(p->step[i].key.p + p->step[i].key.n - 4, 4, "refs", 4)))
			return false;
	for (size_t i = 0; i < p->literals; i++)
		if (p->literal[i].type != PATTERN_STRING)
			return false;
	return true;
}

/* Adds the texts of which the node needs one; false where it can do without (nothing to be relied on is added then: the caller drops it). */
static bool node_texts(struct pattern_set *s, const struct code_node *n, size_t which)
{
	size_t had = s->entries;

	if (n->kind == PATTERN_COMPARE) {
		const struct pattern *p = n->compare->p;
		uint64_t path = hash_add(HASH_START, p->object_type, ':');

		if (!compare_has_texts(n->compare))
			return false;
		for (size_t i = 0; i < p->steps; i++)
			path = hash_add(path, p->step[i].key, '.');
		for (size_t i = 0; i < p->literals; i++)
			entry_add(s, hash_add(path, p->literal[i].text, '='), which);
		return true;
	}
	for (size_t i = 0; i < n->parts; i++) {
		bool has = node_texts(s, &n->part[i], which);

		if (has && n->kind == PATTERN_AND)
			return true; /* one part is enough */
		if (has || n->kind == PATTERN_AND)
			continue;
		s->entries = had;
		return false;
	}
	return n->kind == PATTERN_OR;
}

static void node_types(struct pattern_set *s, const struct code_node *n, size_t which)
{
	if (n->kind == PATTERN_COMPARE)
		entry_add(s, hash_add(HASH_START, n->compare->p->object_type, ':'), which);
	for (size_t i = 0; i < n->parts; i++)
		node_types(s, &n->part[i], which);
}

static void index_pattern(struct pattern_set *s, const struct pattern_code *c, size_t which)
{
	for (uint32_t i = 0; i < c->tests; i++) {
		size_t had = s->entries;

		if (c->test[i].same != i || (!c->all && node_texts(s, &c->test[i].root, which)))
			continue;
		s->entries = had;
		node_types(s, &c->test[i].root, which);
	}
}

static int by_hash(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	return a->hash != b->hash ? (a->hash > b->hash) - (a->hash < b->hash) : (a->which > b->which) - (a->which < b->which);
}

static bool finish_index(struct pattern_set *s)
{
	size_t places;

	if (s->entries)
		qsort(s->entry, s->entries, sizeof(*s->entry), by_hash);
	for (s->bits = 4; (size_t)1 << s->bits < s->entries && s->bits < 24;)
		s->bits++;
	places = (size_t)1 << s->bits;
	s->first = util_calloc(places + 1, sizeof(*s->first));
	if (!s->first)
		return false;
	for (size_t i = 0, at = 0; i <= places; i++) {
		while (at < s->entries && s->entry[at].hash >> (64 - s->bits) < i)
			at++;
		s->first[i] = (uint32_t)at;
	}
	return true;
}

struct pattern_set *pattern_set_new(const struct pattern_code *const *code, size_t n, size_t most_bytes)
{
	struct pattern_set *s = util_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->n = n;
	s->stream = util_calloc(n + 1, sizeof(struct pattern_stream *));
	s->shown = util_calloc(n + 1, sizeof(*s->shown));
	s->failed = !s->stream || !s->shown;
	for (size_t i = 0; i < n && !s->failed; i++) {
		s->stream[i] = pattern_stream_new(code[i], most_bytes);
		s->failed = !s->stream[i];
		index_pattern(s, code[i], i);
	}
	if (!s->failed && finish_index(s))
		return s;
	pattern_set_free(s);
	return NULL;
}

void pattern_set_free(struct pattern_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n && s->stream; i++)
		pattern_stream_free(s->stream[i]);
	free(s->stream);
	free(s->shown);
	free(s->entry);
	free(s->first);
	free(s);
}

/* ---- a push ---- */

struct push {
	struct pattern_set *s;
	struct pattern_subject *subject;
	const struct pattern_observation *o;
	void (*fn)(void *ctx, size_t which, const struct pattern_binding *b);
	void *ctx;
	struct fault *f;
	enum err err;
};

static void look(struct push *p, uint64_t hash)
{
	struct pattern_set *s = p->s;
	uint64_t h = mixed(hash), place = h >> (64 - s->bits);

	for (uint32_t i = s->first[place]; i < s->first[place + 1] && p->err == ERR_OK; i++) {
		uint32_t which = s->entry[i].which;
		struct pattern_binding b;

		if (s->entry[i].hash != h || s->shown[which] == s->pushes)
			continue;
		s->shown[which] = s->pushes;
		s->looks++;
		p->err = pattern_stream_push(s->stream[which], p->subject, p->o, &b, p->f);
		if (p->err == ERR_OK && b.n)
			p->fn(p->ctx, which, &b);
	}
}

/* All texts below the map, each under its path. */
static void look_below(struct push *p, uint32_t map, uint64_t path)
{
	const struct pattern_subject *s = p->subject;

	for (uint32_t i = subject_first(map); i < s->item[map].next && p->err == ERR_OK; i = s->item[i].next) {
		if (s->item[i].type == PATTERN_VALUE_TEXT)
			look(p, hash_add(hash_add(path, s->item[i].key, '.'), s->item[i].text, '='));
		else if (s->item[i].type == PATTERN_VALUE_MAP)
			look_below(p, i, hash_add(path, s->item[i].key, '.'));
	}
}

enum err pattern_set_push(struct pattern_set *s, struct pattern_subject *subject, const struct pattern_observation *o,
	void (*fn)(void *ctx, size_t which, const struct pattern_binding *b), void *ctx, struct fault *f)
{
	struct push p = { s, subject, o, fn, ctx, f, ERR_OK };

	s->pushes++;
	for (uint32_t i = 0; i < subject->objects && p.err == ERR_OK; i++) {
		uint32_t object = subject->object[i];
		uint64_t type = hash_add(HASH_START, subject->item[object].text, ':');

		look(&p, type);
		look_below(&p, object, type);
	}
	return p.err;
}

const struct pattern_stream *pattern_set_stream(const struct pattern_set *s, size_t which)
{
	return s->stream[which];
}

size_t pattern_set_bytes(const struct pattern_set *s)
{
	size_t all = sizeof(*s) + s->n * (sizeof(*s->shown) + sizeof(struct pattern_stream *)) + s->room * sizeof(*s->entry) + ((size_t)4 << s->bits);

	for (size_t i = 0; i < s->n; i++)
		all += pattern_stream_bytes(s->stream[i]);
	return all;
}

uint64_t pattern_set_looks(const struct pattern_set *s)
{
	return s->looks;
}
