/* SPDX-License-Identifier: Apache-2.0 */
/* From what was gathered to the read-only index: values once each, terms, postings, one hash table, one filter; and its lookups. */
#include "match/match_build_priv.h"

#include <stdlib.h>

#include "util/alloc.h"

/* ---- lookups ---- */

static bool same_text(const struct match_index *x, enum match_class c, struct span listed, struct span text)
{
	if (c != CLASS_NAME && c != CLASS_HASH)
		return span_eq(listed, text);
	if (listed.n != text.n)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if ((uint8_t)listed.p[i] != x->lower[(uint8_t)text.p[i]])
			return false;
	}
	return true;
}

/* Names and hashes may come in any case, the hash over their lower-case form. */
uint32_t match_find_text(const struct match_index *x, enum match_class c, struct span normal, uint64_t h)
{
	const struct match_slot *s;

	for (size_t at = h & x->slot_mask; (s = &x->slot[at])->value; at = (at + 1) & x->slot_mask) {
		const struct match_value *v = &x->value[s->value - 1];

		if (s->tag == (uint32_t)(h >> 32) && v->class == c && same_text(x, c, v->text, normal))
			return s->value - 1;
	}
	return MATCH_NONE;
}

static uint64_t address_hash(enum match_class c, const uint8_t *address, unsigned bits)
{
	uint64_t h = match_step(match_seed(c), (uint8_t)bits);

	for (unsigned i = c == CLASS_IPV4 || c == CLASS_CIDR4 ? 4 : 16; i-- > 0;)
		h = match_step(h, address[i]);
	return match_mix(h);
}

uint32_t match_find_address(const struct match_index *x, enum match_class c, const uint8_t *address, unsigned bits)
{
	uint64_t h = address_hash(c, address, bits);
	const struct match_slot *s;

	if (!match_filter(x, h))
		return MATCH_NONE;
	for (size_t at = h & x->slot_mask; (s = &x->slot[at])->value; at = (at + 1) & x->slot_mask) {
		const struct match_value *v = &x->value[s->value - 1];

		if (s->tag == (uint32_t)(h >> 32) && v->class == c && v->bits == bits && memcmp(v->address, address, c == CLASS_IPV4 || c == CLASS_CIDR4 ? 4 : 16) == 0)
			return s->value - 1;
	}
	return MATCH_NONE;
}

/* ---- building ---- */

static bool class_is_address(enum match_class c)
{
	return c <= CLASS_CIDR6;
}

static uint64_t value_hash(const struct match_value *v)
{
	return class_is_address(v->class) ? address_hash(v->class, v->address, v->bits) : match_hash(v->class, v->text.p, v->text.n);
}

/* The number of the value, new or known; MATCH_NONE where it is none after all. */
static uint32_t value_add(struct match_index *x, const struct match_found_value *f)
{
	struct match_value v = { .text = f->normal, .kind = f->kind, .class = match_class_of(f->kind, f->normal) };
	uint32_t known;
	uint64_t h;

	if (class_is_address(v.class) && !match_address(f->normal, f->kind, v.address, &v.bits))
		return MATCH_NONE;
	h = value_hash(&v);
	/* The filter is still full of zeros: look into the slots alone. */
	for (size_t at = h & x->slot_mask;; at = (at + 1) & x->slot_mask) {
		const struct match_value *w = x->slot[at].value ? &x->value[x->slot[at].value - 1] : NULL;

		if (!w) {
			x->value[x->values] = v;
			x->slot[at] = (struct match_slot){ (uint32_t)(h >> 32), (uint32_t)++x->values };
			x->per_class[v.class]++;
			return (uint32_t)x->values - 1;
		}
		known = x->slot[at].value - 1;
		if (w->class == v.class && (class_is_address(v.class) ? w->bits == v.bits && memcmp(w->address, v.address, 16) == 0 : span_eq(w->text, v.text)))
			return known;
	}
}

static void filter_set(struct match_index *x, uint64_t h)
{
	uint64_t bit = h >> x->filter_shift;

	x->filter[bit >> 6] |= UINT64_C(1) << (bit & 63);
}

/* All suffixes of two labels and more of a listed name: a walk over a name in a log ends where one is missing. */
static size_t ancestors(struct match_index *x, struct span name, bool set)
{
	uint64_t h = match_seed(CLASS_NAME);
	size_t n = 0, labels = 1;

	for (size_t i = name.n; i-- > 0;) {
		if (name.p[i] == '.' && labels++ >= 2) {
			n++;
			if (set)
				filter_set(x, match_mix(h));
		}
		h = match_step(h, (uint8_t)name.p[i]);
	}
	if (set)
		filter_set(x, match_mix(h));
	return n + 1;
}

static struct span email_host(struct span s)
{
	size_t at = s.n;

	while (at && s.p[at - 1] != '@')
		at--;
	return (struct span){ s.p + at, s.n - at };
}

/* Keys of one value in the filter; sets them where `set`. */
static size_t filter_keys(struct match_index *x, const struct match_value *v, bool set)
{
	struct span host = v->class == CLASS_URL ? match_url_host(v->text) : v->class == CLASS_EMAIL ? email_host(v->text)
												     : (struct span){ NULL, 0 };

	if (v->class == CLASS_NAME) {
		x->idn |= span_starts(v->text, SPAN("xn--")) || memmem(v->text.p, v->text.n, ".xn--", 5);
		return ancestors(x, v->text, set);
	}
	if (v->class == CLASS_CIDR4 && set)
		x->bits4 |= UINT64_C(1) << v->bits;
	if (v->class == CLASS_CIDR6 && set)
		x->bits6[v->bits / 64] |= UINT64_C(1) << v->bits % 64;
	if (set)
		filter_set(x, value_hash(v));
	if (host.n && set)
		filter_set(x, match_hash(v->class == CLASS_URL ? CLASS_URL_HOST : CLASS_EMAIL_HOST, host.p, host.n));
	return host.n ? 2 : 1;
}

static bool filter_make(struct match_index *x)
{
	size_t keys = 1;
	unsigned bits = 9;

	for (size_t i = 0; i < x->values; i++)
		keys += filter_keys(x, &x->value[i], false);
	while (((size_t)1 << bits) < 16 * keys)
		bits++;
	x->filter = util_calloc(((size_t)1 << bits) / 64, sizeof(uint64_t));
	x->filter_shift = 64 - bits;
	for (size_t i = 0; x->filter && i < x->values; i++)
		filter_keys(x, &x->value[i], true);
	return x->filter != NULL;
}

static bool postings_make(struct match_index *x, size_t cells)
{
	uint32_t next = 0;

	x->posting = util_calloc(cells + 1, sizeof(*x->posting));
	if (!x->posting)
		return false;
	for (size_t t = 0; t < x->terms; t++) {
		for (uint32_t i = 0; i < x->term[t].n; i++)
			x->value[x->term_value[x->term[t].first + i]].postings++;
	}
	for (size_t v = 0; v < x->values; v++) {
		x->value[v].posting = next;
		next += x->value[v].postings;
		x->value[v].postings = 0;
	}
	for (size_t t = 0; t < x->terms; t++) {
		for (uint32_t i = 0; i < x->term[t].n; i++) {
			struct match_value *v = &x->value[x->term_value[x->term[t].first + i]];

			x->posting[v->posting + v->postings++] = (uint32_t)t;
		}
	}
	return true;
}

/* A term whose values are all there; one that holds a value that is none is left out. */
static void term_add(struct match_index *x, const struct match_found_term *from, uint32_t *cells)
{
	struct match_term t = { (uint32_t)x->indicators, *cells, 0 };

	for (size_t i = 0; i < from->n; i++) {
		uint32_t v = value_add(x, &from->v[i]);

		if (v == MATCH_NONE)
			return;
		x->term_value[*cells + t.n++] = v;
	}
	x->term[x->terms++] = t;
	*cells += t.n;
}

static bool tables_make(struct match_index *x, const struct match_build *b)
{
	size_t cells = 0, terms = 0, live = 0, slots = 64;

	for (size_t i = 0; i < b->entries; i++) {
		live += b->entry[i].terms > 0;
		terms += b->entry[i].terms;
		for (size_t t = 0; t < b->entry[i].terms; t++)
			cells += b->entry[i].term[t].n;
	}
	if (cells >= UINT32_MAX / 2)
		return false;
	while (slots < 2 * cells)
		slots *= 2;
	x->slot_mask = slots - 1;
	x->slot = util_calloc(slots, sizeof(*x->slot));
	x->indicator = util_calloc(live + 1, sizeof(*x->indicator));
	x->value = util_calloc(cells + 1, sizeof(*x->value));
	x->term = util_calloc(terms + 1, sizeof(*x->term));
	x->term_value = util_calloc(cells + 1, sizeof(*x->term_value));
	return x->slot && x->indicator && x->value && x->term && x->term_value;
}

static bool index_fill(struct match_index *x, const struct match_build *b, struct match_counts *counts)
{
	uint32_t cells = 0;

	for (size_t i = 0; i < b->entries; i++) {
		const struct match_entry *e = &b->entry[i];

		counts->revoked += e->revoked;
		counts->skipped += !e->revoked && !e->terms;
		counts->partial += !e->revoked && e->terms && e->why != MATCH_SKIPS;
		if (!e->revoked && e->why != MATCH_SKIPS)
			counts->why[e->why]++;
		if (!e->terms)
			continue;
		for (size_t t = 0; t < e->terms; t++)
			term_add(x, &e->term[t], &cells);
		x->indicator[x->indicators] = e->indicator;
		x->indicator[x->indicators].number = x->indicators;
		match_build_tlp(b, &x->indicator[x->indicators++]);
	}
	counts->indicators = x->indicators;
	counts->values = x->values;
	counts->replaced = b->replaced;
	return filter_make(x) && postings_make(x, cells);
}

struct match_index *match_build_finish(struct match_build *b, struct match_counts *counts)
{
	struct match_index *x = util_calloc(1, sizeof(*x));
	struct match_counts own;

	counts = counts ? counts : &own;
	memset(counts, 0, sizeof(*counts));
	if (x) {
		for (unsigned c = 0; c < 256; c++)
			x->lower[c] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		if (b->definitions)
			qsort(b->definition, b->definitions, sizeof(*b->definition), match_definition_order);
		if (!tables_make(x, b) || !index_fill(x, b, counts)) {
			match_index_free(x);
			x = NULL;
		}
	}
	if (x) { /* the texts stay where they are */
		x->a = b->a;
		b->a = NULL;
	}
	match_build_free(b);
	return x;
}

void match_index_free(struct match_index *x)
{
	if (!x)
		return;
	arena_free(x->a);
	free(x->indicator);
	free(x->value);
	free(x->term);
	free(x->term_value);
	free(x->posting);
	free(x->slot);
	free(x->filter);
	free(x);
}
