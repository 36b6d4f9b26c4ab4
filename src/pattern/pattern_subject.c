/* SPDX-License-Identifier: Apache-2.0 */
/* One observation as a table of properties. */
#include "pattern/pattern_subject_priv.h"

#include <stdlib.h>

#include "pattern/pattern_priv.h"
#include "util/alloc.h"
#include "util/unicode.h"

enum { DECODED_MOST = 1 << 30 };

struct pattern_subject *pattern_subject_new(void)
{
	struct pattern_subject *s = util_calloc(1, sizeof(*s));

	if (s) {
		buf_init(&s->decoded, DECODED_MOST);
		buf_init(&s->scratch, DECODED_MOST);
	}
	return s;
}

void pattern_subject_free(struct pattern_subject *s)
{
	if (!s)
		return;
	free(s->item);
	free(s->object);
	buf_release(&s->decoded);
	buf_release(&s->scratch);
	free(s);
}

void pattern_subject_clear(struct pattern_subject *s)
{
	s->n = s->objects = 0;
	s->depth = 0;
	s->err = ERR_OK;
	buf_clear(&s->decoded);
}

enum err pattern_subject_err(const struct pattern_subject *s)
{
	return s->err;
}

/* Room for one more of `size` bytes; the list doubles. */
static bool grow(struct pattern_subject *s, void **v, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t more = *room ? 2 * *room : 64;
	void *bigger;

	if (n < *room)
		return true;
	bigger = n < UINT32_MAX / 4 ? util_realloc(*v, more * size) : NULL;
	if (!bigger) {
		s->err = ERR_NOMEM;
		return false;
	}
	*v = bigger;
	*room = more;
	return true;
}

static struct subject_item *add(struct pattern_subject *s)
{
	void *v = s->item;

	if (s->err != ERR_OK || !grow(s, &v, s->n, &s->room, sizeof(*s->item)))
		return NULL;
	s->item = v;
	return &s->item[s->n++];
}

/* What the innermost open one holds ends here, for now or for good. */
static void reach(struct pattern_subject *s)
{
	if (s->depth)
		s->item[s->open[s->depth - 1]].next = s->n;
}

static void close_one(struct pattern_subject *s)
{
	reach(s);
	s->depth -= s->depth > 0;
	reach(s);
}

static void open_one(struct pattern_subject *s, uint32_t item)
{
	if (s->depth == sizeof(s->open) / sizeof(*s->open)) {
		s->err = ERR_LIMIT;
		s->n--;
		return;
	}
	s->open[s->depth++] = item;
}

void pattern_subject_object(struct pattern_subject *s, struct span id, struct span type)
{
	void *v = s->object;
	struct subject_item *to;

	while (s->depth)
		close_one(s);
	if (s->err != ERR_OK || !grow(s, &v, s->objects, &s->object_room, sizeof(*s->object)))
		return;
	s->object = v;
	to = add(s);
	if (!to)
		return;
	*to = (struct subject_item){ .key = id, .text = type, .type = PATTERN_VALUE_MAP, .next = s->n };
	s->object[s->objects++] = s->n - 1;
	open_one(s, s->n - 1);
}

void pattern_subject_put(struct pattern_subject *s, struct span key, struct pattern_value v)
{
	struct subject_item *to;

	if (s->err != ERR_OK)
		return;
	if (v.type == PATTERN_VALUE_END) {
		close_one(s);
		return;
	}
	to = add(s);
	if (!to)
		return;
	*to = (struct subject_item){ .key = key, .text = v.text, .type = (uint8_t)v.type, .next = s->n };
	if (v.type == PATTERN_VALUE_NUMBER)
		to->number = v.number;
	else
		to->integer = v.type == PATTERN_VALUE_TEXT ? 0 : v.integer;
	if (v.type == PATTERN_VALUE_MAP || v.type == PATTERN_VALUE_LIST)
		open_one(s, s->n - 1);
	else
		reach(s);
}

static void put_json(struct pattern_subject *s, struct span key, struct json v)
{
	struct pattern_value out = { .type = PATTERN_VALUE_NULL };

	switch (json_type(v)) {
	case JSON_FALSE:
	case JSON_TRUE: out = (struct pattern_value){ .type = PATTERN_VALUE_BOOL, .integer = json_true(v) }; break;
	case JSON_INT: out = PATTERN_INTEGER(json_int(v)); break;
	case JSON_UINT:
	case JSON_DOUBLE: out = (struct pattern_value){ .type = PATTERN_VALUE_NUMBER, .number = json_number(v) }; break;
	case JSON_STRING: out = PATTERN_TEXT(json_string(v)); break;
	case JSON_ARRAY: out.type = PATTERN_VALUE_LIST; break;
	case JSON_OBJECT: out.type = PATTERN_VALUE_MAP; break;
	case JSON_NULL:
	case JSON_NONE: break;
	}
	pattern_subject_put(s, key, out);
	if (out.type != PATTERN_VALUE_LIST && out.type != PATTERN_VALUE_MAP)
		return;
	for (struct json_iter it = json_iter(v); s->err == ERR_OK && json_next(&it);)
		put_json(s, it.key, it.value);
	pattern_subject_put(s, key, (struct pattern_value){ .type = PATTERN_VALUE_END });
}

void pattern_subject_json(struct pattern_subject *s, struct span id, struct json sco)
{
	struct span type = json_string_or_none(json_get(sco, "type"));

	pattern_subject_object(s, id, type);
	for (struct json_iter it = json_iter(sco); s->err == ERR_OK && json_next(&it);)
		put_json(s, it.key, it.value);
	if (s->err == ERR_OK)
		close_one(s);
}

uint32_t subject_member(const struct pattern_subject *s, uint32_t map, struct span key)
{
	for (uint32_t i = subject_first(map); i < s->item[map].next; i = s->item[i].next)
		if (span_eq(s->item[i].key, key))
			return i;
	return 0;
}

uint32_t subject_object_by_id(const struct pattern_subject *s, struct span id)
{
	for (uint32_t i = 0; i < s->objects; i++)
		if (span_eq(s->item[s->object[i]].key, id))
			return i;
	return UINT32_MAX;
}

static struct span decoded(const struct pattern_subject *s, const struct subject_item *i)
{
	return (struct span){ s->decoded.p ? s->decoded.p + i->at : "", i->length };
}

static void keep(struct pattern_subject *s, struct subject_item *i, size_t at, enum subject_decoded as)
{
	i->decoded = (uint8_t)as;
	i->at = (uint32_t)at;
	i->length = (uint32_t)(s->decoded.n - at);
}

bool subject_nfc(struct pattern_subject *s, uint32_t item, struct span *out)
{
	struct subject_item *i = &s->item[item];
	size_t at = s->decoded.n;

	*out = i->text;
	if (i->decoded == SUBJECT_NFC_SAME || (i->decoded == SUBJECT_RAW && unicode_is_nfc(i->text))) {
		i->decoded = SUBJECT_NFC_SAME;
		return true;
	}
	if (i->decoded != SUBJECT_NFC) {
		unicode_nfc(i->text, &s->scratch, &s->decoded);
		if (!buf_ok(&s->decoded)) {
			s->err = buf_err(&s->decoded);
			return false;
		}
		keep(s, i, at, SUBJECT_NFC);
	}
	*out = decoded(s, i);
	return true;
}

bool subject_bytes(struct pattern_subject *s, uint32_t item, bool hex, struct span *out)
{
	struct subject_item *i = &s->item[item];
	size_t at = s->decoded.n, n = 0;

	if (i->decoded == SUBJECT_NO_BYTES)
		return false;
	if (i->decoded != SUBJECT_BYTES) {
		if (!buf_reserve(&s->decoded, i->text.n + 3)) {
			s->err = buf_err(&s->decoded);
			return false;
		}
		if (!(hex ? literal_hex(i->text, s->decoded.p + at, &n) : literal_base64(i->text, s->decoded.p + at, &n))) {
			i->decoded = SUBJECT_NO_BYTES;
			return false;
		}
		buf_added(&s->decoded, n);
		keep(s, i, at, SUBJECT_BYTES);
	}
	*out = decoded(s, i);
	return true;
}
