/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in this room that asks for memory, with every single request refused in turn: it fails cleanly, says so, and leaks nothing. */
#include "util/test.h"
#include "util/alloc.h"
#include "util/json.h"
#include <stdlib.h>

static struct buf text; /* an object with more members than fit any fixed table, a list, escapes */

struct trace {
	struct arena *a;
	struct json_parser *p;
	size_t items;
};

static enum err item(void *ctx, size_t index, struct span raw)
{
	struct trace *t = ctx;
	struct json v;
	t->items++;
	return json_parse(t->p, raw, index % 2, &v, NULL);
}

static enum err member(void *ctx, struct span key, struct span raw)
{
	struct trace *t = ctx;
	return arena_span(t->a, key).p && arena_printf(t->a, "%.*s", SPAN_ARG(raw)) ? ERR_OK : ERR_NOMEM;
}

/* ERR_OK, or what the first refusal made of it. */
static enum err use_everything(struct trace *t)
{
	struct json v;
	struct span twice = SPAN("");
	struct fault f;
	t->a = arena_new(1 << 20);
	t->p = json_parser_new(1 << 20);
	if (!t->a || !t->p)
		return ERR_NOMEM;
	enum err e = json_read(t->a, buf_span(&text), &v, &f);
	if (e)
		return e;
	if (!json_unique_keys(v, &twice))
		return twice.p ? ERR_INTERNAL : ERR_NOMEM;
	if (!json_equal(v, v))
		return ERR_NOMEM;
	BUF_SCOPE struct buf canonical, written;
	buf_init(&canonical, 1 << 20);
	buf_init(&written, 1 << 20);
	e = json_canonical(v, &canonical, &f);
	if (e)
		return e;
	struct json_out o = json_out(&written);
	o.indent = 2;
	json_put(&o, v);
	if (!buf_ok(&written))
		return buf_err(&written);
	char *taken = buf_take(&written, NULL);
	free(taken);
	const struct json_split to = { .list = "objects", .member = member, .item = item, .ctx = t };
	return taken ? json_split(t->p, buf_span(&text), &to, &f) : ERR_NOMEM;
}

static void every_refused_request_is_reported_and_nothing_leaks(void **state)
{
	enum err e = ERR_NOMEM;
	long n = 0;
	for (; e; n++) {
		struct trace t = { NULL, NULL, 0 };
		util_alloc_fail_after(n);
		e = use_everything(&t);
		util_alloc_fail_after(-1);
		arena_free(t.a);
		json_parser_free(t.p);
		if (e)
			assert_int_equal(e, ERR_NOMEM);
		else
			assert_int_equal(t.items, 300);
		assert_true(n < 500);
	}
	assert_true(n > 20);
}

static int start(void **state)
{
	buf_init(&text, 1 << 20);
	buf_adds(&text, "{\"objects\":[");
	for (int i = 0; i < 300; i++)
		buf_addf(&text, "%s{\"n\":%d,\"pad\":\"%0*d\"}", i ? "," : "", i, 1 + 17 * (i % 50), 0);
	buf_adds(&text, "],\"esc\\u0061ped\":1.5");
	for (int i = 0; i < 100; i++)
		buf_addf(&text, ",\"key-%d\":{\"in\":[%d]}", i, i);
	buf_addc(&text, '}');
	return buf_ok(&text) ? 0 : -1;
}

static int stop(void **state)
{
	buf_release(&text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_refused_request_is_reported_and_nothing_leaks),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
