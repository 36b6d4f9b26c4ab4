/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is accepted has a canonical form that means the same and is its own canonical form; what is refused is explained; and
 * json_split accepts exactly the objects that json_parse does, with the same members. */
#include <assert.h>
#include <stdlib.h>
#include "util/json_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct json_parser *whole, *again, *parts;

struct walk {
	struct json_iter members, items;
	bool sound; /* every part so far was JSON */
};

/* The next part of the document must be what raw says. */
static void same(struct walk *w, bool there, struct json expect, struct span raw)
{
	struct json v;
	if (json_parse(parts, raw, false, &v, NULL))
		w->sound = false;
	else if (w->sound && w->members.doc)
		assert(there && json_equal(v, expect));
}

static enum err on_member(void *ctx, struct span key, struct span raw)
{
	struct walk *w = ctx;
	bool there = w->members.doc && json_next(&w->members);
	while (there && span_is(w->members.key, "objects") && json_is(w->members.value, JSON_ARRAY))
		there = json_next(&w->members);
	if (there && w->sound)
		assert(span_eq(w->members.key, key));
	same(w, there, w->members.value, raw);
	return ERR_OK;
}

static enum err on_item(void *ctx, size_t index, struct span raw)
{
	struct json v;
	struct walk *w = ctx;
	if (json_parse(parts, raw, false, &v, NULL))
		w->sound = false;
	return ERR_OK;
}

static void check_canonical(struct json v)
{
	BUF_SCOPE struct buf first, second;
	struct json back;
	struct fault f;
	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	enum err e = json_canonical(v, &first, &f);
	if (e == ERR_INVALID)
		return;
	assert(e == ERR_OK);
	e = json_parse(again, buf_span(&first), true, &back, &f);
	/* Doubles from 2^53 to 10^21 look like integers in it, which we hold to 64 bits and, writing the form, to 2^53. */
	if (e) {
		assert(strstr(f.what, "an integer must lie"));
		return;
	}
	e = json_canonical(back, &second, &f);
	if (e) {
		assert(strstr(f.what, "beyond 2^53"));
		return;
	}
	assert(json_equal(v, back) && json_equal(back, v) && span_eq(buf_span(&first), buf_span(&second)));
}

static void check_written(struct json v)
{
	BUF_SCOPE struct buf b;
	struct json back;
	buf_init(&b, 1 << 26);
	struct json_out o = json_out(&b);
	o.indent = 1;
	json_put(&o, v);
	assert(json_parse(again, buf_span(&b), true, &back, NULL) == ERR_OK && json_equal(v, back));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 1 << 20)
		return 0;
	if (!whole) {
		whole = json_parser_new(1 << 26);
		again = json_parser_new(1 << 26);
		parts = json_parser_new(1 << 26);
	}
	BUF_SCOPE struct buf text;
	buf_init(&text, n);
	buf_add(&text, p, n);
	buf_reserve(&text, 0);
	struct json v = { NULL, 0 };
	struct fault f = { "", "" };
	struct span s = buf_span(&text), twice;
	enum err e = json_parse(whole, s, true, &v, &f);
	/* Two readers, one verdict.  simdjson lets an empty array stand one level deeper. */
	assert((json_explain(s, BOUND_JSON_DEPTH + (e == ERR_OK), NULL) == ERR_OK) == (e == ERR_OK));
	if (e)
		assert(f.what[0] && f.where[0]);

	bool unique = !e && json_unique_keys(v, &twice);
	struct walk w = { .members = json_iter(v), .sound = true };
	const struct json_split to = { .list = "objects", .member = on_member, .item = on_item, .ctx = &w };
	enum err split = json_split(again, s, &to, &f);
	if (!e)
		assert((split == ERR_OK) == json_is(v, JSON_OBJECT) && (split || w.sound));
	else if (e == ERR_SYNTAX)
		assert(split || !w.sound);
	if (unique) {
		check_canonical(v);
		check_written(v);
	}
	return 0;
}
