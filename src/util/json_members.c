/* SPDX-License-Identifier: Apache-2.0 */
/* Members of objects against each other: order, keys that stand twice, equality of values. */
#include "util/alloc.h"
#include "util/json_priv.h"
#include "util/raw.h"
#include <stdlib.h>

static int by_place(const struct json_member *a, const struct json_member *b)
{
	return (a->value.at > b->value.at) - (a->value.at < b->value.at);
}

int json_key_order_bytes(const void *a, const void *b)
{
	const struct json_member *x = a, *y = b;
	int d = span_cmp(x->key, y->key);
	return d ? d : by_place(x, y);
}

/* Byte order of UTF-8 is code point order; in UTF-16 U+E000 … U+FFFF (lead bytes EE, EF) come after everything past U+FFFF (F0 … F4). */
static int utf16_rank(unsigned char c)
{
	return c == 0xEE || c == 0xEF ? c + 0x10 : c;
}

int json_key_order_utf16(const void *a, const void *b)
{
	const struct json_member *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	for (size_t i = 0; i < n; i++)
		if (x->key.p[i] != y->key.p[i])
			return utf16_rank((unsigned char)x->key.p[i]) - utf16_rank((unsigned char)y->key.p[i]);
	return x->key.n != y->key.n ? (x->key.n > y->key.n) - (x->key.n < y->key.n) : by_place(x, y);
}

bool json_members_init(struct json_members *m, struct json object, int (*order)(const void *, const void *))
{
	size_t count = json_count(object);
	m->n = 0;
	m->list = m->few;
	if (count > JSON_FEW && !(m->list = util_calloc(count, sizeof *m->list)))
		return false;
	for (struct json_iter it = json_iter(object); json_next(&it);)
		m->list[m->n++] = (struct json_member){ it.key, it.value };
	if (count > JSON_FEW) {
		qsort(m->list, m->n, sizeof *m->list, order);
		return true;
	}
	for (size_t i = 1; i < m->n; i++) {
		struct json_member moved = m->list[i];
		size_t to = i;
		for (; to > 0 && order(&m->list[to - 1], &moved) > 0; to--)
			m->list[to] = m->list[to - 1];
		m->list[to] = moved;
	}
	return true;
}

void json_members_release(struct json_members *m)
{
	if (m->list != m->few)
		free(m->list);
	m->list = NULL;
}

/* ---- keys that stand twice ---- */

/* From a key's length, first eight and last four bytes, without branches, as lengths are hard to foresee.  Reading past a short key stays
 * inside the string buffer: four bytes of length stand before it and simdjson's padding behind the last; what is not the key's is masked
 * (or is its length, in front). */
static uint64_t key_hash(struct span key)
{
	uint64_t first;
	uint32_t last;
	memcpy(&first, key.p, sizeof first);
	memcpy(&last, key.p + key.n - sizeof last, sizeof last);
	first &= key.n >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * key.n) - 1;
	uint64_t h = (first ^ key.n) * UINT64_C(0x9E3779B97F4A7C15);
	return (h ^ h >> 32 ^ last) * UINT64_C(0xC2B2AE3D27D4EB4F);
}

static bool unique_inside(const struct json_doc *doc, size_t at, struct span *key);

static bool unique_few(struct json object, struct span *key)
{
	struct {
		uint64_t hash;
		struct span key;
	} seen[JSON_FEW] RAW;
	uint8_t table[2 * JSON_FEW] = { 0 }; /* 1 + index into seen */
	uint8_t n = 0;
	const struct json_doc *doc = object.doc;
	size_t end = json_after(doc, object.at) - 1;
	for (size_t at = object.at + 1; at < end; at = json_after(doc, at + 1)) {
		struct span k = json_text_at(doc, at);
		uint64_t hash = key_hash(k);
		size_t slot = hash >> 32;
		for (; table[slot % sizeof table]; slot++) {
			uint8_t i = (uint8_t)(table[slot % sizeof table] - 1);
			if (seen[i].hash == hash && span_eq(seen[i].key, k)) {
				*key = k;
				return false;
			}
		}
		seen[n].hash = hash;
		seen[n].key = k;
		table[slot % sizeof table] = ++n;
		if (!unique_inside(doc, at + 1, key))
			return false;
	}
	return true;
}

static int by_length(const void *a, const void *b)
{
	const struct span *x = &((const struct json_member *)a)->key, *y = &((const struct json_member *)b)->key;
	return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : x->n ? memcmp(x->p, y->p, x->n)
								   : 0;
}

/* Sorted rather than hashed: no choice of keys makes it slow. */
static bool unique_many(struct json object, struct span *key)
{
	struct json_members m;
	if (!json_members_init(&m, object, by_length)) {
		*key = (struct span){ NULL, 0 };
		return false;
	}
	bool unique = true;
	for (size_t i = 0; unique && i < m.n; i++)
		if (i > 0 && span_eq(m.list[i - 1].key, m.list[i].key)) {
			*key = m.list[i].key;
			unique = false;
		} else {
			unique = unique_inside(object.doc, m.list[i].value.at, key);
		}
	json_members_release(&m);
	return unique;
}

/* As deep as the document is nested: BOUND_JSON_DEPTH bounds it. */
static bool unique_inside(const struct json_doc *doc, size_t at, struct span *key)
{
	char type = (char)(json_word(doc, at) >> 56);
	struct json v = { doc, at };
	if (type == '{')
		return json_count(v) > JSON_FEW ? unique_many(v, key) : unique_few(v, key);
	if (type == '[')
		for (size_t i = at + 1, end = json_after(doc, at) - 1; i < end; i = json_after(doc, i))
			if (!unique_inside(doc, i, key))
				return false;
	return true;
}

bool json_unique_keys(struct json v, struct span *key)
{
	return !v.doc || unique_inside(v.doc, v.at, key);
}

/* ---- equality ---- */

static bool numbers_equal(struct json a, struct json b)
{
	enum json_type ta = json_type(a), tb = json_type(b);
	if (ta == tb && ta != JSON_DOUBLE)
		return json_word(a.doc, a.at + 1) == json_word(b.doc, b.at + 1);
	if (ta != JSON_DOUBLE && tb != JSON_DOUBLE)
		return false; /* one within int64, one beyond */
	double x = json_number(a), y = json_number(b);
	if (ta == tb || x != y)
		return x == y;
	/* The integer may have been rounded on its way to double; a double at or past 2^64 equals none. */
	double d = ta == JSON_DOUBLE ? x : y;
	struct json whole = ta == JSON_DOUBLE ? b : a;
	uint64_t word = json_word(whole.doc, whole.at + 1);
	if (json_is(whole, JSON_INT))
		return d >= -0x1p63 && d < 0x1p63 && (int64_t)d == (int64_t)word;
	return d < 0x1p64 && (uint64_t)d == word;
}

static bool arrays_equal(struct json a, struct json b)
{
	struct json_iter x = json_iter(a), y = json_iter(b);
	for (;;) {
		bool more = json_next(&x);
		if (more != json_next(&y))
			return false;
		if (!more)
			return true;
		if (!json_equal(x.value, y.value))
			return false;
	}
}

static bool objects_equal(struct json a, struct json b)
{
	struct json_members x, y;
	if (json_count(a) != json_count(b) || !json_members_init(&x, a, json_key_order_bytes))
		return false;
	bool equal = json_members_init(&y, b, json_key_order_bytes);
	if (equal) {
		for (size_t i = 0; equal && i < x.n; i++)
			equal = span_eq(x.list[i].key, y.list[i].key) && json_equal(x.list[i].value, y.list[i].value);
		json_members_release(&y);
	}
	json_members_release(&x);
	return equal;
}

static bool is_number(enum json_type t)
{
	return t == JSON_INT || t == JSON_UINT || t == JSON_DOUBLE;
}

bool json_equal(struct json a, struct json b)
{
	enum json_type ta = json_type(a), tb = json_type(b);
	if (is_number(ta) && is_number(tb))
		return numbers_equal(a, b);
	if (ta != tb)
		return false;
	switch (ta) {
	case JSON_STRING: return span_eq(json_string(a), json_string(b));
	case JSON_ARRAY: return arrays_equal(a, b);
	case JSON_OBJECT: return objects_equal(a, b);
	default: return true;
	}
}
