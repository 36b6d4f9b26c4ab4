/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between JSON values, and writing a value with other ids. */
#include <stdlib.h>
#include "formats/diff.h"
#include "util/bounds.h"

struct diffing {
	struct arena *a;
	void (*fn)(void *ctx, const struct formats_difference *d);
	void *ctx;
};

static void tell(struct diffing *d, enum formats_change change, const char *path, struct json from, struct json to)
{
	const struct formats_difference x = { change, path ? path : "", from, to };

	d->fn(d->ctx, &x);
}

static const char *below(struct diffing *d, const char *path, struct span key)
{
	bool plain = key.n && !memchr(key.p, '.', key.n) && !memchr(key.p, '[', key.n);

	return arena_printf(d->a, plain ? "%s%s%.*s" : "%s%s'%.*s'", path, *path ? "." : "", SPAN_ARG(key));
}

static void compare(struct diffing *d, const char *path, struct json from, struct json to);

static void compare_objects(struct diffing *d, const char *path, struct json from, struct json to)
{
	struct json none = { 0 };

	for (struct json_iter it = json_iter(from); json_next(&it);) {
		struct json other = json_get_span(to, it.key);
		if (!json_has(other))
			tell(d, FORMATS_REMOVED, below(d, path, it.key), it.value, none);
		else if (!json_equal(it.value, other))
			compare(d, below(d, path, it.key), it.value, other);
	}
	for (struct json_iter it = json_iter(to); json_next(&it);) {
		if (!json_has(json_get_span(from, it.key)))
			tell(d, FORMATS_ADDED, below(d, path, it.key), none, it.value);
	}
}

static bool scalars(struct json list)
{
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		if (json_is(it.value, JSON_OBJECT) || json_is(it.value, JSON_ARRAY))
			return false;
	}
	return true;
}

/* ---- lists of texts and numbers ---- */

struct item {
	struct span text; /* as JSON */
	struct json value;
	size_t at;
};

static int by_text(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int d = span_cmp(a->text, b->text);

	return d ? d : (a->at > b->at) - (a->at < b->at);
}

static struct item *sorted(struct diffing *d, struct json list, size_t *n)
{
	struct item *v = arena_array(d->a, json_count(list) + 1, sizeof(*v));

	*n = 0;
	for (struct json_iter it = json_iter(list); v && json_next(&it);) {
		BUF_SCOPE struct buf b;
		buf_init(&b, BOUND_OBJECT_BYTES * 2);
		struct json_out o = json_out(&b);
		json_put(&o, it.value);
		v[*n] = (struct item){ arena_span(d->a, buf_span(&b)), it.value, *n };
		++*n;
	}
	if (v && *n)
		qsort(v, *n, sizeof(*v), by_text);
	return v;
}

static void compare_sets(struct diffing *d, const char *path, struct json from, struct json to)
{
	size_t n, m, i = 0, k = 0;
	struct item *a = sorted(d, from, &n), *b = sorted(d, to, &m);
	const char *place = arena_printf(d->a, "%s[]", path);
	struct json none = { 0 };
	bool any = false;

	while (a && b && (i < n || k < m)) {
		int order = i == n ? 1 : k == m ? -1
						: span_cmp(a[i].text, b[k].text);
		any |= order != 0;
		if (order < 0)
			tell(d, FORMATS_REMOVED, place, a[i].value, none);
		else if (order > 0)
			tell(d, FORMATS_ADDED, place, none, b[k].value);
		i += order <= 0;
		k += order >= 0;
	}
	if (!any)
		tell(d, FORMATS_CHANGED, path, from, to);
}

static void compare_lists(struct diffing *d, const char *path, struct json from, struct json to)
{
	struct json_iter x = json_iter(from), y = json_iter(to);
	struct json none = { 0 };

	for (size_t i = 0;; i++) {
		bool has_x = json_next(&x), has_y = json_next(&y);
		if (!has_x && !has_y)
			return;
		if (has_x && has_y && json_equal(x.value, y.value))
			continue;
		const char *place = arena_printf(d->a, "%s[%zu]", path, i);
		if (has_x && has_y && place)
			compare(d, place, x.value, y.value);
		else
			tell(d, has_x ? FORMATS_REMOVED : FORMATS_ADDED, place, has_x ? x.value : none, has_y ? y.value : none);
	}
}

static void compare(struct diffing *d, const char *path, struct json from, struct json to)
{
	enum json_type t = json_type(from);

	if (!path)
		return; /* the arena has failed, and says so */
	if (t == JSON_OBJECT && json_is(to, JSON_OBJECT))
		compare_objects(d, path, from, to);
	else if (t == JSON_ARRAY && json_is(to, JSON_ARRAY) && scalars(from) && scalars(to))
		compare_sets(d, path, from, to);
	else if (t == JSON_ARRAY && json_is(to, JSON_ARRAY))
		compare_lists(d, path, from, to);
	else
		tell(d, FORMATS_CHANGED, path, from, to);
}

bool formats_diff(struct arena *a, struct json from, struct json to, void (*fn)(void *ctx, const struct formats_difference *d), void *ctx)
{
	struct diffing d = { a, fn, ctx };

	if (!json_equal(from, to))
		compare(&d, "", from, to);
	return arena_ok(a);
}

/* ---- other ids ---- */

static bool holds_ids(struct span key)
{
	return span_is(key, "id") || (key.n > 4 && memcmp(key.p + key.n - 4, "_ref", 4) == 0) || (key.n > 5 && memcmp(key.p + key.n - 5, "_refs", 5) == 0);
}

static void put(struct json_out *o, struct json v, bool ids, struct span (*to)(void *ctx, struct span id), void *ctx)
{
	if (json_is(v, JSON_OBJECT)) {
		json_open(o, '{');
		for (struct json_iter it = json_iter(v); json_next(&it);) {
			json_key_span(o, it.key);
			put(o, it.value, holds_ids(it.key), to, ctx);
		}
		json_close(o, '}');
	} else if (json_is(v, JSON_ARRAY)) {
		json_open(o, '[');
		for (struct json_iter it = json_iter(v); json_next(&it);)
			put(o, it.value, ids, to, ctx);
		json_close(o, ']');
	} else {
		struct span other = ids && json_is(v, JSON_STRING) ? to(ctx, json_string(v)) : (struct span){ NULL, 0 };
		if (other.p)
			json_put_string(o, other);
		else
			json_put(o, v);
	}
}

void formats_put_renamed(struct json_out *o, struct json v, struct span (*to)(void *ctx, struct span id), void *ctx)
{
	put(o, v, false, to, ctx);
}
