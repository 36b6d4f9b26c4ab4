/* SPDX-License-Identifier: Apache-2.0 */
/* From what was gathered to the read-only index: values once each, terms, cells, one hash table, one filter. */
#include "match/match_build_priv.h"

#include <stdlib.h>

#include "util/alloc.h"

#define BITS_PER_KEY 10 /* of the filter */

/* What is made, with sections that can still be written. */
struct pair {
	uint32_t value, cell;
};
struct making {
	struct match_build *b;
	struct match_index *x;
	struct match_value *value;
	struct match_slot *slot;
	struct match_facts *indicator;
	struct match_term *term;
	uint32_t *term_value, *cell, *pattern, *last_source; /* last_source: of a value, the newest bare cell's source */
	struct pair *pair;
	struct match_anchor *anchor;
	uint64_t *filter, *net24, *word;
	size_t pairs, keys;
};

/* ---- the blob ---- */

static bool blob_reserve(struct match_build *b, size_t n)
{
	size_t room = b->blob_room ? b->blob_room : 4096;
	uint8_t *p;

	if (n > UINT32_MAX / 2 || b->blobs + n > UINT32_MAX)
		return false;
	while (room < b->blobs + n)
		room *= 2;
	if (room == b->blob_room)
		return true;
	p = util_realloc(b->blob, room);
	if (!p)
		return false;
	b->blob = p;
	b->blob_room = room;
	if (!b->blobs)
		b->blob[b->blobs++] = 0; /* the empty text; and no place is 0 */
	return true;
}

bool match_blob_put(struct match_build *b, struct span text, uint32_t *at)
{
	if (text.n > MATCH_TEXT_MOST)
		text.n = MATCH_TEXT_MOST;
	if (!blob_reserve(b, text.n + 4))
		return false;
	*at = (uint32_t)b->blobs;
	if (text.n < 0x80) {
		b->blob[b->blobs++] = (uint8_t)text.n;
	} else {
		b->blob[b->blobs++] = (uint8_t)(0x80 | (text.n & 0x7F));
		b->blob[b->blobs++] = (uint8_t)(text.n >> 7);
		b->blob[b->blobs++] = (uint8_t)(text.n >> 15);
	}
	if (text.n)
		memcpy(b->blob + b->blobs, text.p, text.n);
	b->blobs += text.n;
	return true;
}

bool match_blob_value(struct match_build *b, enum match_class c, struct span normal, const uint8_t *address, uint32_t *at)
{
	size_t n = match_class_is_address(c) ? match_address_bytes(c) : 0;

	if (!match_blob_put(b, normal, at) || !blob_reserve(b, 16))
		return false;
	if (n)
		memcpy(b->blob + b->blobs, address, n);
	b->blobs += n;
	return true;
}

bool match_blob_facts(struct match_build *b, const struct match_indicator *i, uint32_t *at)
{
	const struct span text[] = { i->id, i->name, i->tlp, i->pattern, i->version, i->markings, i->actions };
	uint32_t place;

	for (size_t k = 0; k < sizeof(text) / sizeof(text[0]); k++) {
		if (!match_blob_put(b, text[k], k ? &place : at))
			return false;
	}
	if (!blob_reserve(b, 17))
		return false;
	memcpy(b->blob + b->blobs, &i->valid_from_ns, 8);
	memcpy(b->blob + b->blobs + 8, &i->valid_until_ns, 8);
	b->blob[b->blobs + 16] = (uint8_t)(int8_t)i->confidence;
	b->blobs += 17;
	return true;
}

/* ---- values ---- */

/* The text of a value while the blob still grows. */
static struct span text_of(const struct making *m, const struct match_value *v)
{
	struct match_index view = { .blob = m->b->blob };

	return match_blob_text(&view, v->text);
}

static uint64_t value_hash(const struct making *m, const struct match_value *v)
{
	struct span s = text_of(m, v);

	if (match_class_is_address(v->class))
		return match_address_hash(v->class, (const uint8_t *)s.p + s.n, v->bits);
	return match_hash(v->class, s.p, s.n, match_fold_of(v->class));
}

static bool same_value(const struct making *m, const struct match_value *v, const struct match_value *w)
{
	struct span a = text_of(m, v), b = text_of(m, w);

	if (v->class != w->class || v->bits != w->bits)
		return false;
	if (match_class_is_address(v->class))
		return memcmp(a.p + a.n, b.p + b.n, match_address_bytes(v->class)) == 0;
	return span_eq(a, b);
}

/* The number of the value, new or known. */
static uint32_t value_add(struct making *m, const struct match_value *v)
{
	struct match_index *x = m->x;
	uint64_t h = value_hash(m, v);

	for (size_t at = h & x->slot_mask;; at = (at + 1) & x->slot_mask) {
		struct match_slot *s = &m->slot[at];

		if (!s->value) {
			m->value[x->values] = *v;
			*s = (struct match_slot){ (uint32_t)(h >> 32), (uint32_t)++x->values };
			x->per_class[v->class]++;
			return s->value - 1;
		}
		if (s->tag == (uint32_t)(h >> 32) && same_value(m, v, &m->value[s->value - 1]))
			return s->value - 1;
	}
}

/* MATCH_NONE where it is no value after all; *ok false without memory. */
static uint32_t found_add(struct making *m, const struct match_found_value *f, bool *ok)
{
	struct match_value v = { .kind = (uint8_t)f->kind, .class = (uint8_t)match_class_of(f->kind, f->normal) };
	uint8_t address[16];
	size_t before = m->b->blobs;
	uint32_t number;

	if (match_class_is_address(v.class) && !match_address(f->normal, f->kind, address, &v.bits))
		return MATCH_NONE;
	if (!match_blob_value(m->b, v.class, f->normal, address, &v.text)) {
		*ok = false;
		return MATCH_NONE;
	}
	number = value_add(m, &v);
	if (m->value[number].text != v.text)
		m->b->blobs = before;
	return number;
}

/* ---- the filter ---- */

/* Sets bits; counts keys that were not there yet. */
static void filter_set(struct making *m, uint64_t h, uint64_t more)
{
	uint64_t *w = &m->filter[(uint64_t)(((match_u128)h * m->x->filters) >> 64)], bits = match_filter_bits(h);

	m->keys += (*w & bits) != bits;
	*w |= bits | more;
}

/* All suffixes of two labels and more: a walk over a name in a log ends where one is missing; what the whole is listed as stands beside. */
static void filter_name(struct making *m, struct span name, unsigned which)
{
	size_t labels = 1;
	uint64_t h;

	for (size_t i = name.n; i-- > 0;) {
		if (name.p[i] == '.' && labels++ >= 2)
			filter_set(m, match_hash(CLASS_NAME, name.p + i + 1, name.n - i - 1, MATCH_FOLD), 0);
	}
	h = match_hash(CLASS_NAME, name.p, name.n, MATCH_FOLD);
	filter_set(m, h, match_filter_listed(h, which));
}

static struct span email_host(struct span s)
{
	size_t at = s.n;

	while (at && s.p[at - 1] != '@')
		at--;
	return (struct span){ s.p + at, s.n - at };
}

static void net_set(struct making *m, const uint8_t *address, unsigned bits)
{
	uint32_t from = (uint32_t)address[0] << 16 | (uint32_t)address[1] << 8 | address[2], n = bits >= 24 ? 1 : UINT32_C(1) << (24 - bits);

	for (uint32_t i = 0; i < n; i++)
		m->net24[(from + i) / 64 & (m->x->net24s - 1)] |= UINT64_C(1) << (from + i) % 64;
}

static void filter_value(struct making *m, const struct match_value *v)
{
	struct match_index *x = m->x;
	struct span s = text_of(m, v), host;

	switch (v->class) {
	case CLASS_IPV4:
	case CLASS_CIDR4:
		net_set(m, (const uint8_t *)s.p + s.n, v->bits);
		x->bits4 |= v->class == CLASS_CIDR4 ? UINT64_C(1) << v->bits : 0;
		break;
	case CLASS_CIDR6: x->bits6[v->bits / 64] |= UINT64_C(1) << v->bits % 64; /* fall through */
	case CLASS_IPV6:
	case CLASS_HASH: filter_set(m, value_hash(m, v), 0); break;
	case CLASS_NAME:
		x->idn |= span_starts(s, SPAN("xn--")) || memmem(s.p, s.n, ".xn--", 5);
		filter_name(m, s, 1);
		break;
	case CLASS_URL:
		host = match_url_host(s);
		x->odd_url |= !memchr(host.p, '.', host.n);
		filter_name(m, host, 2);
		break;
	case CLASS_EMAIL:
		host = email_host(s);
		x->odd_mail |= !memchr(host.p, '.', host.n);
		filter_name(m, host, 3);
		break;
	default: break;
	}
}

/* Keys come more than once (parents of many names): a first filter, large enough for all, tells how many there are. */
static bool filter_make(struct making *m)
{
	struct match_index *x = m->x;
	size_t most = 16;

	for (size_t i = 0; i < x->values; i++) {
		struct span s = text_of(m, &m->value[i]);

		if (m->value[i].class == CLASS_NAME || m->value[i].class == CLASS_URL || m->value[i].class == CLASS_EMAIL) {
			for (size_t k = 0; k < s.n && k < MATCH_NAME_MOST; k++)
				most += s.p[k] == '.';
			most++;
		} else {
			most += m->value[i].class == CLASS_HASH || m->value[i].class == CLASS_IPV6 || m->value[i].class == CLASS_CIDR6;
		}
	}
	for (int round = 0; round < 2; round++) {
		free(m->filter);
		x->filters = most * BITS_PER_KEY / 64 + 1;
		m->filter = util_calloc(x->filters, sizeof(*m->filter));
		m->keys = 0;
		for (size_t i = 0; m->filter && i < x->values; i++)
			filter_value(m, &m->value[i]);
		if (!m->filter || m->keys > most / 4 * 3)
			break;
		most = m->keys + m->keys / 16 + 16; /* some keys looked known that were not */
	}
	return m->filter != NULL;
}

/* ---- anchors ---- */

static bool word_byte(char c)
{
	return (c >= '0' && c <= '9') || (match_lower(c) >= 'a' && match_lower(c) <= 'z') || c == '_' || c == '-';
}

/* The longest word of a text: where it ends; its length in *n. */
static size_t best_word(struct span s, size_t *n)
{
	size_t best = 0;

	*n = 0;
	for (size_t i = 0, from = 0; i <= s.n; i++) {
		if (i < s.n && word_byte(s.p[i]))
			continue;
		if (i - from > *n) {
			*n = i - from;
			best = i;
		}
		from = i + 1;
	}
	return best;
}

static int by_hash(const void *p, const void *q)
{
	const struct match_anchor *a = p, *b = q;

	return a->hash != b->hash ? (a->hash > b->hash) - (a->hash < b->hash) : (a->value > b->value) - (a->value < b->value);
}

static bool anchors_make(struct making *m)
{
	struct match_index *x = m->x;
	size_t n;

	x->words = (size_t)1 << (MATCH_WORD_BITS - 6);
	m->word = util_calloc(x->words, sizeof(*m->word));
	m->anchor = util_calloc(x->per_class[CLASS_TEXT] + 1, sizeof(*m->anchor));
	if (!m->word || !m->anchor)
		return false;
	for (size_t i = 0; i < x->values; i++) {
		struct span s = text_of(m, &m->value[i]);
		uint32_t h;
		size_t end;

		if (m->value[i].class != CLASS_TEXT)
			continue;
		end = best_word(s, &n);
		h = match_word_hash(s.p + end, n);
		m->anchor[x->anchors++] = (struct match_anchor){ h, (uint32_t)i, (uint32_t)(s.n - end) };
		m->word[h >> 6 & (x->words - 1)] |= UINT64_C(1) << (h & 63);
	}
	if (x->anchors > 1)
		qsort(m->anchor, x->anchors, sizeof(*m->anchor), by_hash);
	return true;
}

/* ---- cells ---- */

static void pair_add(struct making *m, uint32_t value, uint32_t cell)
{
	m->pair[m->pairs++] = (struct pair){ value, cell };
}

/* A term whose values are all there; one that holds a value that is none is left out. */
static bool term_add(struct making *m, const struct match_found_term *from)
{
	struct match_index *x = m->x;
	struct match_term t = { (uint32_t)x->indicators, (uint32_t)x->term_values, 0 };
	bool ok = true;

	for (size_t i = 0; i < from->n; i++) {
		uint32_t v = found_add(m, &from->v[i], &ok);

		if (v == MATCH_NONE)
			return ok;
		m->term_value[t.first + t.n++] = v;
	}
	if (t.n == 1) {
		pair_add(m, m->term_value[t.first], t.indicator);
		return true;
	}
	for (uint32_t i = 0; i < t.n; i++)
		pair_add(m, m->term_value[t.first + i], MATCH_TERM | (uint32_t)x->terms);
	x->term_values += t.n;
	m->term[x->terms++] = t;
	return true;
}

static bool facts_add(struct making *m, struct match_entry *e)
{
	struct match_index *x = m->x;

	match_build_tlp(m->b, &e->indicator);
	if (!match_blob_facts(m->b, &e->indicator, &m->indicator[x->indicators].facts))
		return false;
	if (!span_eq(m->b->bare_source, e->indicator.source) || !m->b->bare_source.p) {
		if (!match_blob_put(m->b, e->indicator.source, &m->b->bare_source_at))
			return false;
		m->b->bare_source = e->indicator.source;
	}
	m->indicator[x->indicators++].source = m->b->bare_source_at;
	return true;
}

static bool entries_add(struct making *m)
{
	struct match_index *x = m->x;
	struct match_counts *c = &x->counts;

	for (size_t i = 0; i < m->b->entries; i++) {
		struct match_entry *e = &m->b->entry[i];

		c->revoked += e->revoked;
		c->skipped += !e->revoked && !e->terms;
		c->partial += !e->revoked && e->terms && e->why != MATCH_SKIPS;
		if (!e->revoked && e->why != MATCH_SKIPS)
			c->why[e->why]++;
		if (!e->terms)
			continue;
		for (size_t t = 0; t < e->terms; t++) {
			if (!term_add(m, &e->term[t]))
				return false;
		}
		if (!facts_add(m, e))
			return false;
	}
	return true;
}

/* What the evaluator can do and the table of values cannot. */
static bool is_watched(const struct match_entry *e)
{
	return !e->revoked && !e->terms && e->indicator.pattern.n && (e->why == MATCH_SKIP_OPERATOR || e->why == MATCH_SKIP_PROPERTY || e->why == MATCH_SKIP_TIME || e->why == MATCH_SKIP_SIZE || e->why == MATCH_SKIP_SHORT);
}

/* Behind all others. */
static bool patterns_add(struct making *m)
{
	for (size_t i = 0; i < m->b->entries; i++) {
		if (!is_watched(&m->b->entry[i]))
			continue;
		m->pattern[m->x->patterns++] = (uint32_t)m->x->indicators;
		if (!facts_add(m, &m->b->entry[i]))
			return false;
	}
	return true;
}

static void bares_add(struct making *m)
{
	struct match_index *x = m->x;

	for (size_t i = 0; i < m->b->bares; i++) {
		const struct match_bare *f = &m->b->bare[i];
		struct match_value v = { .text = f->text, .kind = f->kind, .class = f->class, .bits = f->bits };
		uint32_t value = value_add(m, &v);

		if (m->last_source[value] == f->source) /* the same list twice */
			continue;
		m->last_source[value] = f->source;
		m->indicator[x->indicators] = (struct match_facts){ f->facts, f->source };
		pair_add(m, value, (uint32_t)x->indicators++);
	}
}

static bool cells_make(struct making *m)
{
	uint32_t next = 0;

	for (size_t i = 0; i < m->pairs; i++)
		m->value[m->pair[i].value].cells++;
	m->cell = util_calloc(m->pairs + 1, sizeof(*m->cell));
	if (!m->cell)
		return false;
	for (size_t v = 0; v < m->x->values; v++) {
		if (m->value[v].cells > 1) {
			m->value[v].cell = next;
			next += m->value[v].cells;
			m->value[v].cells = 0;
			m->value[v].spare = 1; /* has more than one */
		}
	}
	for (size_t i = 0; i < m->pairs; i++) {
		struct match_value *v = &m->value[m->pair[i].value];

		if (!v->spare)
			v->cell = m->pair[i].cell;
		else
			m->cell[v->cell + v->cells++] = m->pair[i].cell;
	}
	m->x->cells = next;
	return true;
}

/* ---- all of it ---- */

static bool room_make(struct making *m)
{
	struct match_index *x = m->x;
	size_t cells = m->b->bares, terms = 0, live = m->b->bares, slots = 64, watched = 0;

	for (size_t i = 0; i < m->b->entries; i++) {
		live += m->b->entry[i].terms > 0 || is_watched(&m->b->entry[i]);
		watched += is_watched(&m->b->entry[i]);
		terms += m->b->entry[i].terms;
		for (size_t t = 0; t < m->b->entry[i].terms; t++)
			cells += m->b->entry[i].term[t].n;
	}
	if (cells >= MATCH_TERM)
		return false;
	while (slots / 4 * 3 < cells)
		slots *= 2;
	x->slots = slots;
	x->slot_mask = slots - 1;
	x->net24s = (size_t)1 << 18;
	m->slot = util_calloc(slots, sizeof(*m->slot));
	m->net24 = util_calloc(x->net24s, sizeof(*m->net24));
	m->indicator = util_calloc(live + 1, sizeof(*m->indicator));
	m->value = util_calloc(cells + 1, sizeof(*m->value));
	m->pattern = util_calloc(watched + 1, sizeof(*m->pattern));
	m->term = util_calloc(terms + 1, sizeof(*m->term));
	m->term_value = util_calloc(cells - m->b->bares + 1, sizeof(*m->term_value));
	m->last_source = util_calloc(cells + 1, sizeof(*m->last_source));
	m->pair = util_calloc(cells + 1, sizeof(*m->pair));
	return m->pattern && m->slot && m->net24 && m->indicator && m->value && m->term && m->term_value && m->last_source && m->pair && blob_reserve(m->b, 1);
}

static bool fill(struct making *m)
{
	struct match_index *x = m->x;
	struct match_counts *c = &x->counts;

	if (!room_make(m) || !entries_add(m))
		return false;
	bares_add(m);
	c->indicators = x->indicators;
	if (!patterns_add(m) || !cells_make(m))
		return false;
	free(m->pair);
	free(m->last_source);
	m->pair = NULL;
	m->last_source = NULL;
	if (!filter_make(m) || !anchors_make(m))
		return false;
	x->indicators_given = x->indicators;
	c->patterns = x->patterns;
	c->values = x->values;
	c->replaced = m->b->replaced;
	c->skipped += m->b->skipped;
	for (size_t i = 0; i < MATCH_SKIPS; i++)
		c->why[i] += m->b->why[i];
	return true;
}

/* What is larger than what is in it, is given back. */
static void *fitted(void *p, size_t n, size_t size)
{
	void *q = n ? util_realloc(p, n * size) : p;

	return q ? q : p;
}

static void hand_over(struct making *m)
{
	struct match_index *x = m->x;

	x->blob = fitted(m->b->blob, m->b->blobs, 1);
	x->blobs = m->b->blobs;
	m->b->blob = NULL;
	x->indicator = fitted(m->indicator, x->indicators, sizeof(*x->indicator));
	x->value = fitted(m->value, x->values, sizeof(*x->value));
	x->cell = fitted(m->cell, x->cells, sizeof(*x->cell));
	x->term = m->term;
	x->pattern = m->pattern;
	x->term_value = m->term_value;
	x->slot = m->slot;
	x->filter = m->filter;
	x->net24 = m->net24;
	x->word = m->word;
	x->anchor = m->anchor;
}

struct match_index *match_build_finish(struct match_build *b, struct match_counts *counts)
{
	struct making m = { .b = b, .x = util_calloc(1, sizeof(*m.x)) };

	if (b->definitions)
		qsort(b->definition, b->definitions, sizeof(*b->definition), match_definition_order);
	if (m.x && fill(&m)) {
		hand_over(&m);
	} else {
		free(m.value);
		free(m.slot);
		free(m.indicator);
		free(m.term);
		free(m.pattern);
		free(m.term_value);
		free(m.cell);
		free(m.last_source);
		free(m.pair);
		free(m.anchor);
		free(m.filter);
		free(m.net24);
		free(m.word);
		free(m.x);
		m.x = NULL;
	}
	if (counts)
		*counts = m.x ? m.x->counts : (struct match_counts){ 0 };
	match_build_free(b);
	return m.x;
}
