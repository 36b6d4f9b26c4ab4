/* SPDX-License-Identifier: Apache-2.0 */
/* Which values may be written: the newest version of each indicator, judged; each value once. */
#include "formats/export.h"
#include <assert.h>
#include <stdlib.h>
#include "formats/export_priv.h"
#include "util/alloc.h"
#include "util/bounds.h"

#define MOST_MEMORY ((size_t)1 << 40) /* what one may have is what was asked for: the machine's memory is the limit */
#define EXT_IEP "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"
#define CLOCKS INT64_C(60000000000) /* ns by which the clocks of two organisations may differ */
#define UNSURE 50 /* the confidence of what says nothing of it */

struct one_value {
	enum formats_sort sort;
	struct span normal;
};
struct entry {
	struct span id, name, created_by;
	int64_t version_ns, from_ns, until_ns;
	enum formats_left left; /* FORMATS_LEFTS: may be written */
	bool revoked, partial;
	int confidence;
	enum stix_tlp tlp;
	struct span *marking;
	size_t markings, first, values; /* of x->value */
};
struct policy {
	struct span id;
	enum iep actions;
	enum stix_tlp tlp;
};
struct formats_export {
	struct formats_export_options how;
	struct arena *a, *scratch;
	struct entry *entry;
	size_t entries, entry_room;
	uint32_t *slot; /* entry + 1 by id */
	size_t slots;
	struct policy *policy;
	size_t policies, policy_room;
	struct one_value *value;
	size_t values, value_room;
};

const char *formats_left_text(enum formats_left l)
{
	static const char *const text[] = {
#define X(k, text) text,
		FORMATS_LEFT_LIST(X)
#undef X
	};
	return l < FORMATS_LEFTS ? text[l] : "";
}

struct formats_export *formats_export_new(const struct formats_export_options *o)
{
	struct formats_export *x = util_calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->how = *o;
	x->a = arena_new(MOST_MEMORY);
	x->scratch = arena_new(BOUND_REQUEST_ARENA);
	if (x->a && x->scratch)
		return x;
	formats_export_free(x);
	return NULL;
}

void formats_export_free(struct formats_export *x)
{
	if (!x)
		return;
	arena_free(x->a);
	arena_free(x->scratch);
	free(x->entry);
	free(x->slot);
	free(x->policy);
	free(x->value);
	free(x);
}

/* ---- gathering ---- */

static enum iep iep_word(struct span word)
{
	static const struct {
		const char *word;
		enum iep actions;
	} known[] = {
		{ "none", IEP_NONE },
		{ "contact-for-instruction", IEP_CONTACT },
		{ "internally-visible-actions", IEP_INTERNAL },
		{ "externally-visible-indirect-actions", IEP_INDIRECT },
		{ "externally-visible-direct-actions", IEP_DIRECT },
	};
	char plain[48];
	size_t n = 0;

	for (; n < word.n && n < sizeof(plain); n++)
		plain[n] = word.p[n] == ' ' || word.p[n] == '_' ? '-' : word.p[n];
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (n == word.n && formats_same((struct span){ plain, n }, known[i].word))
			return known[i].actions;
	}
	return IEP_NONE; /* not understood: nothing is allowed by it */
}

static enum err add_definition(struct formats_export *x, const struct stix_object *o, struct fault *f)
{
	struct json where[] = { json_get(json_get(o->value, "extensions"), EXT_IEP), json_get(o->value, "definition") };
	struct policy p = { .id = arena_span(x->a, o->id), .actions = IEP_UNSAID, .tlp = stix_tlp_of_definition(o->value) };

	for (size_t i = 0; i < 2; i++) {
		struct json v = json_get(where[i], "permitted_actions");
		if (json_has(v))
			p.actions = json_is(v, JSON_STRING) ? iep_word(json_string(v)) : IEP_NONE;
	}
	if (!p.id.p || !formats_room((void **)&x->policy, x->policies, &x->policy_room, sizeof(p)))
		return fault_set(f, ERR_NOMEM, "", "out of memory while taking markings");
	x->policy[x->policies++] = p;
	return ERR_OK;
}

static void add_value(void *ctx, enum formats_sort sort, struct span normal)
{
	struct formats_export *x = ctx;

	if (!arena_ok(x->a) || !formats_room((void **)&x->value, x->values, &x->value_room, sizeof(*x->value))) {
		(void)arena_alloc(x->a, MOST_MEMORY); /* it stays failed: asked once at the end */
		return;
	}
	x->value[x->values++] = (struct one_value){ sort, arena_span(x->a, normal) };
}

static bool types_say_no(struct json object)
{
	struct json types = json_get(object, "indicator_types");
	bool idle = json_count(types) != 0;

	for (struct json_iter it = json_iter(types); json_next(&it);) {
		struct span word = json_string_or_none(it.value);
		if (span_is(word, "benign"))
			return true;
		idle &= span_is(word, "attribution") || span_is(word, "unknown");
	}
	return idle;
}

static bool read_times(struct json v, struct entry *e)
{
	struct span from = json_string_or_none(json_get(v, "valid_from")), until = json_string_or_none(json_get(v, "valid_until"));

	e->from_ns = INT64_MIN;
	e->until_ns = INT64_MAX;
	return (!from.n || timestamp_parse_ns(from, &e->from_ns, NULL) == ERR_OK) && (!until.n || timestamp_parse_ns(until, &e->until_ns, NULL) == ERR_OK);
}

/* What the indicator itself says; policies are asked when all are known. */
static enum formats_left judge(struct formats_export *x, const struct stix_object *o, struct entry *e)
{
	struct span language = json_string_or_none(json_get(o->value, "pattern_type")), text = json_string_or_none(json_get(o->value, "pattern"));
	struct json confidence = json_get(o->value, "confidence");
	const struct pattern *p;

	if (o->revoked)
		return FORMATS_LEFT_REVOKED;
	if (language.n && !span_is(language, "stix"))
		return FORMATS_LEFT_LANGUAGE;
	if (!read_times(o->value, e))
		return FORMATS_LEFT_BROKEN;
	int64_t now = x->how.now.us > INT64_MAX / 1000 ? INT64_MAX : x->how.now.us * 1000;
	if (e->until_ns <= now)
		return FORMATS_LEFT_EXPIRED;
	if (e->from_ns > now && e->from_ns - now > CLOCKS)
		return FORMATS_LEFT_FUTURE;
	e->confidence = json_is(confidence, JSON_INT) && json_int(confidence) >= 0 && json_int(confidence) <= 100 ? (int)json_int(confidence) : -1;
	if ((e->confidence < 0 ? UNSURE : e->confidence) < x->how.min_confidence)
		return FORMATS_LEFT_CONFIDENCE;
	if (types_say_no(o->value))
		return FORMATS_LEFT_TYPE;
	arena_reset(x->scratch);
	if (pattern_parse(x->scratch, text, &p, NULL) != ERR_OK)
		return FORMATS_LEFT_BROKEN;
	e->first = x->values;
	e->partial = !export_values(x->scratch, p, add_value, x);
	e->values = x->values - e->first;
	return FORMATS_LEFTS;
}

static bool rehash(struct formats_export *x)
{
	size_t slots = x->slots ? 2 * x->slots : 1024;
	uint32_t *slot = util_calloc(slots, sizeof(*slot));

	if (!slot)
		return false;
	for (size_t i = 0; i < x->entries; i++) {
		size_t at = formats_hash(x->entry[i].id) & (slots - 1);
		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = (uint32_t)i + 1;
	}
	free(x->slot);
	x->slot = slot;
	x->slots = slots;
	return true;
}

static struct entry *entry_of(struct formats_export *x, struct span id, bool *fresh)
{
	size_t at;

	if (2 * (x->entries + 1) > x->slots && !rehash(x))
		return NULL;
	*fresh = false;
	for (at = formats_hash(id) & (x->slots - 1); x->slot[at]; at = (at + 1) & (x->slots - 1)) {
		if (span_eq(x->entry[x->slot[at] - 1].id, id))
			return &x->entry[x->slot[at] - 1];
	}
	if (!formats_room((void **)&x->entry, x->entries, &x->entry_room, sizeof(*x->entry)))
		return NULL;
	x->entry[x->entries] = (struct entry){ .id = arena_span(x->a, id) };
	x->slot[at] = (uint32_t)++x->entries;
	*fresh = true;
	return &x->entry[x->entries - 1];
}

enum err formats_export_add(struct formats_export *x, const struct stix_object *o, struct fault *f)
{
	static const char full[] = "out of memory while taking indicators";
	bool fresh;

	if (span_is(o->type, "marking-definition"))
		return add_definition(x, o, f);
	if (!span_is(o->type, "indicator"))
		return ERR_OK;
	struct entry *e = entry_of(x, o->id, &fresh);
	if (!e)
		return fault_set(f, ERR_NOMEM, "", full);
	if (!fresh && (e->revoked || (o->version_ns <= e->version_ns && !o->revoked)))
		return ERR_OK; /* what was revoked stays so */
	*e = (struct entry){ .id = e->id, .version_ns = o->version_ns, .revoked = o->revoked, .name = arena_span(x->a, json_string_or_none(json_get(o->value, "name"))), .created_by = arena_span(x->a, o->created_by), .confidence = -1, .tlp = stix_tlp_of_labels(o->value) };
	e->marking = arena_array(x->a, o->n_markings + 1, sizeof(*e->marking));
	for (; e->marking && e->markings < o->n_markings; e->markings++)
		e->marking[e->markings] = arena_span(x->a, o->markings[e->markings]);
	e->left = judge(x, o, e);
	return arena_ok(x->a) && arena_ok(x->scratch) ? ERR_OK : fault_set(f, ERR_NOMEM, "", full);
}

/* ---- rows ---- */

static int by_policy_id(const void *a, const void *b)
{
	return span_cmp(((const struct policy *)a)->id, ((const struct policy *)b)->id);
}

/* The strictest of what its markings let one do, and the strictest TLP. */
static enum iep actions_of(const struct formats_export *x, struct entry *e)
{
	enum iep actions = IEP_UNSAID;

	for (size_t i = 0; i < e->markings; i++) {
		struct policy key = { .id = e->marking[i] }, *p = x->policies ? bsearch(&key, x->policy, x->policies, sizeof(key), by_policy_id) : NULL;
		enum stix_tlp tlp = stix_tlp_of_id(e->marking[i]);
		if (p) {
			actions = p->actions < actions ? p->actions : actions;
			tlp = p->tlp > tlp ? p->tlp : tlp;
		}
		e->tlp = tlp > e->tlp ? tlp : e->tlp;
	}
	return actions;
}

/* Networks wider than these would cut off a large part of the Internet. */
static bool wide(enum formats_sort sort, struct span normal)
{
	const char *slash = memchr(normal.p, '/', normal.n);
	int bits = 0;

	if (!slash || (sort != FORMATS_IPV4 && sort != FORMATS_IPV6))
		return false;
	for (const char *p = slash + 1; p < normal.p + normal.n; p++)
		bits = bits * 10 + (*p - '0');
	return bits < (sort == FORMATS_IPV4 ? 8 : 19);
}

static enum formats_left judge_value(const struct formats_export *x, const struct formats_writer *w, const struct one_value *v, const char **warned)
{
	uint32_t bit = UINT32_C(1) << v->sort;

	if (!(w->sorts & bit) || (x->how.sorts && !(x->how.sorts & bit)))
		return FORMATS_LEFT_KIND;
	if (formats_private(v->sort, v->normal))
		return FORMATS_LEFT_PRIVATE;
	if (wide(v->sort, v->normal))
		return FORMATS_LEFT_WIDE;
	if (v->sort == FORMATS_DOMAIN && (!memchr(v->normal.p, '.', v->normal.n) || (x->how.name_of && x->how.name_of(v->normal) == FORMATS_NAME_SUFFIX)))
		return FORMATS_LEFT_SUFFIX;
	*warned = x->how.warned ? x->how.warned(x->how.warned_ctx, v->sort, v->normal) : NULL;
	return *warned && !x->how.mark_warned ? FORMATS_LEFT_WARNED : FORMATS_LEFTS;
}

static int by_value(const void *a, const void *b)
{
	const struct export_row *x = a, *y = b;
	int d;

	if (x->sort != y->sort)
		return x->sort < y->sort ? -1 : 1;
	if ((d = span_cmp(x->value, y->value)) != 0)
		return d;
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	return span_cmp(x->id, y->id);
}

/* Each value once: what the surest says, under the strictest TLP. */
static size_t merged(struct export_row *v, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		if (!m || v[m - 1].sort != v[i].sort || !span_eq(v[m - 1].value, v[i].value)) {
			v[m++] = v[i];
			continue;
		}
		v[m - 1].indicators++;
		v[m - 1].tlp = v[i].tlp > v[m - 1].tlp ? v[i].tlp : v[m - 1].tlp;
		v[m - 1].actions = v[i].actions < v[m - 1].actions ? v[i].actions : v[m - 1].actions;
	}
	return m;
}

/* Is a domain above r listed too? */
static bool covered(const struct export_row *v, size_t n, const struct export_row *r)
{
	struct export_row key = *r;
	const char *dot;

	while ((dot = memchr(key.value.p, '.', key.value.n)) != NULL) {
		key.value = formats_from(key.value, (size_t)(dot + 1 - key.value.p));
		size_t low = 0, high = n;
		while (low < high) {
			size_t mid = (low + high) / 2;
			int d = v[mid].sort != FORMATS_DOMAIN ? (v[mid].sort < FORMATS_DOMAIN ? -1 : 1) : span_cmp(v[mid].value, key.value);
			if (d == 0)
				return true;
			low = d < 0 ? mid + 1 : low;
			high = d < 0 ? high : mid;
		}
	}
	return false;
}

static struct export_row *rows_of(struct formats_export *x, const struct formats_writer *w, struct formats_export_counts *c, size_t *n)
{
	struct export_row *v = util_calloc(x->values + 1, sizeof(*v));

	*n = 0;
	if (x->policies)
		qsort(x->policy, x->policies, sizeof(*x->policy), by_policy_id);
	for (size_t i = 0; v && i < x->entries; i++) {
		struct entry *e = &x->entry[i];
		enum iep actions = actions_of(x, e);
		enum formats_left left = e->left == FORMATS_LEFTS && actions < w->needs ? FORMATS_LEFT_POLICY : e->left;
		c->indicators++;
		if (left != FORMATS_LEFTS) {
			c->left[left]++;
			continue;
		}
		c->left[FORMATS_LEFT_PATTERN] += e->partial;
		for (size_t k = e->first; k < e->first + e->values; k++) {
			const char *warned = NULL;
			left = judge_value(x, w, &x->value[k], &warned);
			if (left != FORMATS_LEFTS) {
				c->left[left]++;
				continue;
			}
			v[(*n)++] = (struct export_row){ x->value[k].sort, x->value[k].normal, e->id, e->name, e->created_by, e->confidence, e->tlp, actions, e->from_ns, e->until_ns, warned, 1 };
		}
	}
	if (v && *n) {
		qsort(v, *n, sizeof(*v), by_value);
		*n = merged(v, *n);
	}
	return v;
}

/* ---- writing ---- */

static bool flush(struct writing *w, bool (*sink)(void *ctx, struct span text), void *ctx)
{
	bool good = buf_ok(&w->b) && (!w->b.n || sink(ctx, buf_span(&w->b)));

	if (good)
		buf_clear(&w->b);
	return good;
}

static enum err write_rows(struct writing *w, const struct formats_writer *to, const struct export_row *v, size_t n, bool (*sink)(void *ctx, struct span text), void *ctx,
	struct formats_export_counts *c)
{
	enum formats_sort before = FORMATS_SORTS;
	bool good = true;

	if (to->head)
		to->head(w);
	for (size_t i = 0; good && i < n; i++) {
		if (to->covers && v[i].sort == FORMATS_DOMAIN && covered(v, n, &v[i])) {
			c->left[FORMATS_LEFT_COVERED]++;
			continue;
		}
		if (to->between && v[i].sort != before)
			to->between(w, before, v[i].sort);
		if (v[i].sort != before)
			w->n = 0;
		before = v[i].sort;
		size_t at = w->b.n;
		if (to->row(w, &v[i])) {
			w->n++;
			c->written++;
			c->warned += v[i].warned != NULL;
		} else if (buf_ok(&w->b)) {
			assert(w->b.n == at); /* half a line is none */
			c->left[FORMATS_LEFT_UNSAFE]++;
		}
		if (w->b.n > 65536 || !buf_ok(&w->b))
			good = flush(w, sink, ctx);
	}
	if (good && to->between)
		to->between(w, before, FORMATS_SORTS);
	good = good && flush(w, sink, ctx);
	return buf_ok(&w->b) ? (good ? ERR_OK : ERR_IO) : buf_err(&w->b);
}

enum err formats_export_write(struct formats_export *x, const struct formats_writer *to, bool (*sink)(void *ctx, struct span text), void *ctx, struct formats_export_counts *counts,
	struct fault *f)
{
	struct formats_export_counts own = { 0 };
	struct formats_export_counts *c = counts ? counts : &own;
	size_t n;

	*c = own;
	struct export_row *v = rows_of(x, to, c, &n);
	struct writing w = { .now = x->how.now, .rows = n };
	for (w.sid_slots = 1024; w.sid_slots < 8 * n; w.sid_slots *= 2)
		;
	w.sids = util_calloc(w.sid_slots, sizeof(*w.sids));
	buf_init(&w.b, 64u << 20);
	enum err e = v && w.sids ? write_rows(&w, to, v, n, sink, ctx, c) : ERR_NOMEM;
	buf_release(&w.b);
	free(w.sids);
	free(v);
	if (e == ERR_NOMEM)
		return fault_set(f, e, "", "out of memory while writing");
	return e == ERR_OK ? e : fault_set(f, e, "", "writing failed; what was written is not complete");
}
