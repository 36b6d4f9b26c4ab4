/* SPDX-License-Identifier: Apache-2.0 */
/* Differences, path by path; and other ids. */
#include "util/test.h"
#include "formats/diff.h"

struct told {
	struct buf out;
	size_t n;
};

static void tell(void *ctx, const struct formats_difference *d)
{
	struct told *t = ctx;

	buf_addf(&t->out, "%c%s", "+-~"[d->change], d -> path);
	struct json_out o = json_out(&t->out);
	if (json_has(d->from)) {
		buf_addc(&t->out, ' ');
		json_put(&o, d->from);
	}
	o = json_out(&t->out);
	if (json_has(d->to)) {
		buf_addc(&t->out, ' ');
		json_put(&o, d->to);
	}
	buf_addc(&t->out, '\n');
	t->n++;
}

static void each_difference_has_its_path(void **state)
{
	static const struct {
		const char *from, *to, *want;
	} cases[] = {
		{ "{\"a\":1}", "{\"a\":1.0}", "" },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "" },
		{ "{\"a\":1}", "{\"a\":2}", "~a 1 2\n" },
		{ "{\"a\":1}", "{\"b\":1}", "-a 1\n+b 1\n" },
		{ "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":\"1\"}}}", "~a.b.c 1 \"1\"\n" },
		{ "{\"l\":[\"x\",\"y\"]}", "{\"l\":[\"z\",\"y\"]}", "-l[] \"x\"\n+l[] \"z\"\n" },
		{ "{\"l\":[\"x\",\"x\"]}", "{\"l\":[\"x\"]}", "-l[] \"x\"\n" },
		{ "{\"l\":[\"x\",\"y\"]}", "{\"l\":[\"y\",\"x\"]}", "~l [\"x\",\"y\"] [\"y\",\"x\"]\n" },
		{ "{\"l\":[{\"a\":1},{\"a\":2}]}", "{\"l\":[{\"a\":1},{\"a\":3},{}]}", "~l[1].a 2 3\n+l[2] {}\n" },
		{ "{\"a\":[1]}", "{\"a\":{\"b\":1}}", "~a [1] {\"b\":1}\n" },
		{ "{\"hashes\":{\"a.b\":1}}", "{\"hashes\":{}}", "-hashes.'a.b' 1\n" },
		{ "1", "2", "~ 1 2\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 20);
		struct told t = { .n = 0 };
		struct json from, to;
		buf_init(&t.out, 1 << 16);
		assert_int_equal(json_read(a, span_of(cases[i].from), &from, NULL), ERR_OK);
		assert_int_equal(json_read(a, span_of(cases[i].to), &to, NULL), ERR_OK);
		assert_true(formats_diff(a, from, to, tell, &t));
		assert_string_equal(t.out.p ? t.out.p : "", cases[i].want);
		buf_release(&t.out);
	}
}

static struct span other(void *ctx, struct span id)
{
	return span_is(id, "x--1") ? SPAN("x--2") : (struct span){ NULL, 0 };
}

static void ids_change_where_ids_stand_alone(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct json v;
	struct buf b;

	buf_init(&b, 1 << 16);
	struct json_out o = json_out(&b);
	assert_int_equal(json_read(a, SPAN("{\"id\":\"x--1\",\"name\":\"x--1\",\"a_ref\":\"x--1\",\"b_refs\":[\"x--1\",\"x--3\"],\"c\":{\"d_ref\":\"x--1\"},\"n\":1.5}"), &v, NULL), ERR_OK);
	formats_put_renamed(&o, v, other, NULL);
	assert_string_equal(b.p, "{\"id\":\"x--2\",\"name\":\"x--1\",\"a_ref\":\"x--2\",\"b_refs\":[\"x--2\",\"x--3\"],\"c\":{\"d_ref\":\"x--2\"},\"n\":1.5}");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_difference_has_its_path), cmocka_unit_test(ids_change_where_ids_stand_alone) };

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
