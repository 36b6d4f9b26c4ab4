/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/bundle.h"
#include "stix/testing_priv.h"

static struct json_parser *parser;

static int start(void **state)
{
	parser = json_parser_new(1 << 24);
	return parser ? 0 : -1;
}

static int stop(void **state)
{
	json_parser_free(parser);
	return 0;
}

struct seen {
	struct buf got;
	size_t stop_at;
};

static enum err note(void *ctx, size_t index, struct span raw)
{
	struct seen *s = ctx;
	if (index == s->stop_at)
		return ERR_CONFLICT;
	buf_addf(&s->got, "%zu:%.*s ", index, SPAN_ARG(raw));
	return ERR_OK;
}

static enum err each(const char *text, enum stix_container *kind, struct seen *s)
{
	struct buf b BUF_SCOPE;
	struct fault f = { "", "" };
	buf_init(&b, 1 << 16);
	buf_adds(&b, text);
	buf_init(&s->got, 1 << 16);
	enum err e = stix_each(parser, buf_span(&b), kind, note, s, &f);
	assert_true(e == ERR_OK || e == ERR_CONFLICT || f.what[0]);
	return e;
}

static void test_containers(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		enum stix_container kind;
		const char *got;
	} rows[] = {
		{ "{\"type\":\"bundle\",\"id\":\"b\",\"objects\":[{\"a\":1}, {\"b\": [2]}]}", ERR_OK, STIX_BUNDLE, "0:{\"a\":1} 1:{\"b\": [2]} " },
		{ "{\"objects\":[{\"a\":1}],\"type\":\"bundle\"}", ERR_OK, STIX_BUNDLE, "0:{\"a\":1} " },
		{ "{\"more\":false,\"objects\":[{\"a\":1}]}", ERR_OK, STIX_ENVELOPE, "0:{\"a\":1} " },
		{ "{}", ERR_OK, STIX_ENVELOPE, "" },
		{ "{\"type\":\"bundle\",\"id\":\"b\"}", ERR_OK, STIX_BUNDLE, "" },
		{ " {\"type\":\"tool\",\"id\":\"t\"}\n", ERR_OK, STIX_SINGLE, "0:{\"type\":\"tool\",\"id\":\"t\"} " },
		{ "{\"type\":\"observed-data\",\"objects\":{\"0\":{}}}", ERR_OK, STIX_SINGLE, "0:{\"type\":\"observed-data\",\"objects\":{\"0\":{}}} " },
		{ "{\"type\":\"x-list\",\"objects\":[1]}", ERR_OK, STIX_SINGLE, "0:{\"type\":\"x-list\",\"objects\":[1]} " },
		{ "[{\"a\":1}]", ERR_INVALID, 0, "" },
		{ "{\"type\":\"bundle\",\"objects\":{}}", ERR_INVALID, 0, "" },
		{ "{\"objects\":5}", ERR_INVALID, 0, "" },
		{ "{\"id\":\"x\"}", ERR_INVALID, 0, "" },
		{ "{\"objects\":[{}],\"objects\":[{}]}", ERR_INVALID, 0, "0:{} " },
		{ "{\"objects\":[{}],\"type\":\"tool\"}", ERR_INVALID, 0, "0:{} " },
		{ "{\"objects\":[{}", ERR_SYNTAX, 0, NULL },
		{ "", ERR_SYNTAX, 0, "" },
		{ "nonsense", ERR_SYNTAX, 0, "" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct seen s = { .stop_at = SIZE_MAX };
		enum stix_container kind = STIX_SINGLE;
		enum err e = each(rows[i].text, &kind, &s);
		if (e != rows[i].err || (e == ERR_OK && kind != rows[i].kind) || (rows[i].got && !span_is(buf_span(&s.got), rows[i].got)))
			fail_msg("%s: %s, kind %d, %.*s", rows[i].text, err_name(e), kind, SPAN_ARG(buf_span(&s.got)));
		buf_release(&s.got);
	}
}

static void test_stop(void **state)
{
	struct seen s = { .stop_at = 1 };
	enum stix_container kind;
	assert_int_equal(each("{\"objects\":[{\"a\":1},{},{}]}", &kind, &s), ERR_CONFLICT);
	test_span(buf_span(&s.got), "0:{\"a\":1} ");
	buf_release(&s.got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "bundles, envelopes and bare objects are taken apart, and lists are told what to do", test_containers, NULL, NULL, NULL },
		{ "what the callback says stops the walk", test_stop, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
