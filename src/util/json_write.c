/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON, and the canonical form of RFC 8785. */
#include "util/json_priv.h"
#include <assert.h>
#include <math.h>

/* ---- strings and numbers ---- */

size_t json_utf8_length(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	if (p[0] < 0x80)
		return 1;
	size_t size = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3
						      : 2;
	if (p[0] < 0xC2 || p[0] > 0xF4 || n < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	bool bad = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F);
	return bad ? 0 : size;
}

static void put_escape(struct buf *b, unsigned char c)
{
	static const char letters[] = "btn\0fr"; /* for 8 … 13 */
	if (c >= 8 && c <= 13 && letters[c - 8]) {
		buf_addc(b, '\\');
		buf_addc(b, letters[c - 8]);
	} else if (c < 0x20) {
		buf_addf(b, "\\u%04x", c);
	} else {
		buf_addc(b, '\\');
		buf_addc(b, (char)c);
	}
}

static void put_string(struct buf *b, struct span s)
{
	buf_addc(b, '"');
	size_t from = 0, i = 0;
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : json_utf8_length(s.p + i, s.n - i);
		if (n && c >= 0x20 && c != '"' && c != '\\') {
			i += n;
			continue;
		}
		buf_add(b, s.p + from, i - from);
		if (n)
			put_escape(b, c);
		else
			buf_adds(b, "\xEF\xBF\xBD");
		from = ++i;
	}
	buf_add(b, s.p + from, i - from);
	buf_addc(b, '"');
}

static void put_uint(struct buf *b, uint64_t v, bool negative)
{
	char text[24], *p = text + sizeof text;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	if (negative)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
}

static void put_int(struct buf *b, int64_t v)
{
	put_uint(b, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

static void put_zeros(struct buf *b, int n)
{
	for (int i = 0; i < n; i++)
		buf_addc(b, '0');
}

/* ECMAScript Number::toString (ECMA-262 §6.1.6.1.20), names as there: the value is 0.s × 10^n, s of k digits.  Not plain: always with an
 * exponent. */
static void put_double(struct buf *b, double v, bool plain)
{
	assert(isfinite(v));
	char text[32], s[24];
	size_t size = json_simd_digits(fabs(v), text), i = 0;
	int k = 0, n = 0;
	for (; i < size && text[i] != 'e'; i++)
		if (text[i] != '.')
			s[k++] = text[i];
	bool negative = text[i + 1] == '-';
	for (i += 2; i < size; i++)
		n = n * 10 + (text[i] - '0');
	n = (negative ? -n : n) + 1;
	if (v < 0)
		buf_addc(b, '-');
	if (plain && k <= n && n <= 21) {
		buf_add(b, s, (size_t)k);
		put_zeros(b, n - k);
	} else if (plain && 0 < n && n <= 21) {
		buf_add(b, s, (size_t)n);
		buf_addc(b, '.');
		buf_add(b, s + n, (size_t)(k - n));
	} else if (plain && -6 < n && n <= 0) {
		buf_adds(b, "0.");
		put_zeros(b, -n);
		buf_add(b, s, (size_t)k);
	} else {
		buf_addc(b, s[0]);
		if (k > 1)
			buf_addc(b, '.');
		buf_add(b, s + 1, (size_t)(k - 1));
		buf_adds(b, n > 0 ? "e+" : "e-");
		put_int(b, n > 0 ? n - 1 : 1 - n);
	}
}

/* So that a reader gets this very double back: large ones do not look like integers, which a reader may hold to 64 bits. */
static void put_double_exact(struct buf *b, double v)
{
	if (v == 0 && signbit(v))
		buf_adds(b, "-0.0");
	else
		put_double(b, v, fabs(v) < 0x1p53);
}

/* ---- pieces ---- */

struct json_out json_out(struct buf *to)
{
	return (struct json_out){ .to = to };
}

static void put_line(struct buf *b, unsigned indent, unsigned depth)
{
	if (indent == 0)
		return;
	buf_addc(b, '\n');
	for (unsigned i = 0; i < indent * depth; i++)
		buf_addc(b, ' ');
}

static bool something_before(const struct json_out *o)
{
	return o->comma >> o->depth & 1;
}

/* Before an item or a key. */
static void separate(struct json_out *o)
{
	if (something_before(o))
		buf_addc(o->to, ',');
	o->comma |= UINT64_C(1) << o->depth;
	if (o->depth > 0)
		put_line(o->to, o->indent, o->depth);
}

static void before_value(struct json_out *o)
{
	if (!o->keyed)
		separate(o);
	o->keyed = false;
}

void json_open(struct json_out *o, char bracket)
{
	assert((bracket == '{' || bracket == '[') && o->depth < 63);
	before_value(o);
	buf_addc(o->to, bracket);
	o->depth++;
	o->comma &= ~(UINT64_C(1) << o->depth);
}

void json_close(struct json_out *o, char bracket)
{
	assert((bracket == '}' || bracket == ']') && o->depth > 0 && !o->keyed);
	bool empty = !something_before(o);
	o->depth--;
	if (!empty)
		put_line(o->to, o->indent, o->depth);
	buf_addc(o->to, bracket);
}

void json_key_span(struct json_out *o, struct span key)
{
	assert(o->depth > 0 && !o->keyed);
	separate(o);
	put_string(o->to, key);
	buf_add(o->to, ": ", o->indent ? 2 : 1);
	o->keyed = true;
}

void json_key(struct json_out *o, const char *key)
{
	json_key_span(o, span_of(key));
}

void json_put_string(struct json_out *o, struct span s)
{
	before_value(o);
	put_string(o->to, s);
}

void json_put_raw(struct json_out *o, struct span json)
{
	before_value(o);
	buf_addspan(o->to, json);
}

void json_put_null(struct json_out *o)
{
	json_put_raw(o, SPAN("null"));
}

void json_put_str(struct json_out *o, const char *s)
{
	if (s)
		json_put_string(o, span_of(s));
	else
		json_put_null(o);
}

void json_put_int(struct json_out *o, int64_t v)
{
	before_value(o);
	put_int(o->to, v);
}

void json_put_double(struct json_out *o, double v)
{
	before_value(o);
	put_double_exact(o->to, v);
}

void json_put_bool(struct json_out *o, bool v)
{
	json_put_raw(o, v ? SPAN("true") : SPAN("false"));
}

void json_kstr(struct json_out *o, const char *key, const char *s)
{
	json_key(o, key);
	json_put_str(o, s);
}

void json_kspan(struct json_out *o, const char *key, struct span s)
{
	json_key(o, key);
	json_put_string(o, s);
}

void json_kint(struct json_out *o, const char *key, int64_t v)
{
	json_key(o, key);
	json_put_int(o, v);
}

void json_kbool(struct json_out *o, const char *key, bool v)
{
	json_key(o, key);
	json_put_bool(o, v);
}

/* ---- whole values ---- */

struct writer {
	struct buf *to;
	struct fault *f;
	unsigned indent;
	bool canonical;
};

static enum err write_value(const struct writer *w, struct json v, unsigned depth);

static enum err write_member(const struct writer *w, struct span key, struct json value, bool first, unsigned depth)
{
	if (!first)
		buf_addc(w->to, ',');
	put_line(w->to, w->indent, depth);
	if (key.p) {
		put_string(w->to, key);
		buf_add(w->to, ": ", w->indent ? 2 : 1);
	}
	return write_value(w, value, depth);
}

static enum err write_sorted(const struct writer *w, struct json object, unsigned depth)
{
	struct json_members m;
	if (!json_members_init(&m, object, json_key_order_utf16))
		return fault_set(w->f, ERR_NOMEM, "", "no memory left to sort the members of an object");
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < m.n; i++)
		if (i > 0 && span_eq(m.list[i - 1].key, m.list[i].key))
			e = fault_set(w->f, ERR_INVALID, "", "the name \"%.80s\" stands twice in one object; canonical JSON needs names to be unique", m.list[i].key.p);
		else
			e = write_member(w, m.list[i].key, m.list[i].value, i == 0, depth);
	json_members_release(&m);
	return e;
}

static enum err write_container(const struct writer *w, struct json v, unsigned depth)
{
	bool object = json_is(v, JSON_OBJECT), first = true;
	enum err e = ERR_OK;
	buf_addc(w->to, object ? '{' : '[');
	if (object && w->canonical)
		e = write_sorted(w, v, depth + 1);
	else
		for (struct json_iter it = json_iter(v); !e && json_next(&it); first = false)
			e = write_member(w, it.key, it.value, first, depth + 1);
	if (json_count(v) > 0)
		put_line(w->to, w->indent, depth);
	buf_addc(w->to, object ? '}' : ']');
	return e;
}

static enum err write_whole(const struct writer *w, struct json v)
{
	uint64_t word = json_word(v.doc, v.at + 1);
	bool negative = json_is(v, JSON_INT) && (int64_t)word < 0;
	uint64_t size = negative ? -word : word;
	/* RFC 8785 §3.2.2.3: numbers are doubles; past 2^53 neighbours become one. */
	if (w->canonical && size > UINT64_C(1) << 53)
		return fault_set(w->f, ERR_INVALID, "", "the integer %s%llu is beyond 2^53, which canonical JSON cannot hold; write it as a string",
			negative ? "-" : "", (unsigned long long)size);
	put_uint(w->to, size, negative);
	return ERR_OK;
}

static enum err write_value(const struct writer *w, struct json v, unsigned depth)
{
	switch (json_type(v)) {
	case JSON_OBJECT:
	case JSON_ARRAY: return write_container(w, v, depth);
	case JSON_STRING: put_string(w->to, json_string(v)); break;
	case JSON_INT:
	case JSON_UINT: return write_whole(w, v);
	case JSON_DOUBLE:
		if (w->canonical)
			put_double(w->to, json_number(v), true);
		else
			put_double_exact(w->to, json_number(v));
		break;
	case JSON_TRUE: buf_adds(w->to, "true"); break;
	case JSON_FALSE: buf_adds(w->to, "false"); break;
	default: buf_adds(w->to, "null"); break;
	}
	return ERR_OK;
}

void json_put(struct json_out *o, struct json v)
{
	before_value(o);
	struct writer w = { .to = o->to, .indent = o->indent };
	enum err e = write_value(&w, v, o->depth);
	assert(e == ERR_OK); /* only the canonical form refuses anything */
}

enum err json_canonical(struct json v, struct buf *out, struct fault *f)
{
	struct writer w = { .to = out, .f = f, .canonical = true };
	enum err e = write_value(&w, v, 0);
	if (!e && !buf_ok(out))
		e = fault_set(f, buf_err(out), "", "the canonical form does not fit into %zu bytes", out->cap);
	return e;
}
