/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>
#include "stix/bundle.h"
#include "stix/testing_priv.h"
#include "util/bounds.h"

static int file_of(struct span text)
{
	char name[] = "/tmp/stix-reader-XXXXXX";
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads all; the raw objects joined by spaces into got. */
static enum err read_all(struct span text, off_t from, struct buf *got, uint64_t *at, struct fault *f)
{
	int fd = file_of(text);
	lseek(fd, from, SEEK_SET);
	struct stix_reader *r = stix_reader_new(fd, 4096);
	struct span raw;
	enum err e;
	while ((e = stix_reader_next(r, &raw, at, f)) == ERR_OK) {
		buf_addspan(got, raw);
		buf_addc(got, ' ');
	}
	stix_reader_free(r);
	close(fd);
	return e;
}

static const struct {
	const char *text;
	enum err err;
	const char *got;
} rows[] = {
	{ "{\"type\":\"bundle\",\"id\":\"b\",\"objects\":[{\"a\":1}, {\"b\": [2,\"]}\"]} ]}\n", ERR_NOTFOUND, "{\"a\":1} {\"b\": [2,\"]}\"]} " },
	{ "{\"more\":true,\"next\":\"x\",\"objects\":[]}", ERR_NOTFOUND, "" },
	{ "{\"type\":\"tool\"}\n{\"type\":\"malware\", \"x\":\"\\\"}\"}\n\n", ERR_NOTFOUND, "{\"type\":\"tool\"} {\"type\":\"malware\", \"x\":\"\\\"}\"} " },
	{ "{\"type\":\"bundle\",\"objects\":[{\"a\":1}]}\n{\"objects\":[{\"a\":2}],\"z\":{\"objects\":[9]}}", ERR_NOTFOUND, "{\"a\":1} {\"a\":2} " },
	{ "{\"type\":\"observed-data\",\"objects\":{\"0\":{}}}", ERR_NOTFOUND, "{\"type\":\"observed-data\",\"objects\":{\"0\":{}}} " },
	{ "{\"\\u0074ype\":\"bundle\",\"\\u006fbjects\":[{\"a\":1}]}", ERR_NOTFOUND, "{\"a\":1} " },
	{ "", ERR_NOTFOUND, "" },
	{ "  \n ", ERR_NOTFOUND, "" },
	{ "[{\"a\":1}]", ERR_SYNTAX, "" },
	{ "{\"objects\":[{\"a\":1},{\"b\":", ERR_SYNTAX, "{\"a\":1} " },
	{ "{\"objects\":[{\"a\":1}", ERR_SYNTAX, "{\"a\":1} " },
	{ "{\"objects\":[{\"a\":1} {\"b\":1}]}", ERR_SYNTAX, "{\"a\":1} " },
	{ "{\"objects\":[,]}", ERR_SYNTAX, "" },
	{ "{\"type\":\"tool\"", ERR_SYNTAX, "" },
	{ "{\"type\":\"tool\"} x", ERR_SYNTAX, "{\"type\":\"tool\"} " },
	{ "{\"objects\":[{\"a\":1}],\"type\":\"tool\"}", ERR_SYNTAX, "{\"a\":1} " },
	{ "{\"objects\":[],\"type\":\"tool\"}", ERR_NOTFOUND, "{\"objects\":[],\"type\":\"tool\"} " },
	{ "{\"id\":\"x\"}", ERR_SYNTAX, "" },
	{ "{\"objects\":5}", ERR_SYNTAX, "" },
	{ "{1:2}", ERR_SYNTAX, "" },
};

static void test_forms(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf got BUF_SCOPE;
		struct fault f = { "", "" };
		uint64_t at = 0;
		buf_init(&got, 1 << 20);
		enum err e = read_all(span_of(rows[i].text), 0, &got, &at, &f);
		if (e != rows[i].err || !span_is(buf_span(&got), rows[i].got))
			fail_msg("%s: %s (%s %s), %.*s", rows[i].text, err_name(e), f.where, f.what, SPAN_ARG(buf_span(&got)));
	}
}

/* A bundle far larger than the window, with strings that hold what looks like structure. */
static void make_large(struct buf *b, size_t n)
{
	buf_init(b, 1 << 26);
	buf_adds(b, "{\"type\":\"bundle\",\"x_note\":{\"objects\":[1,2,{\"a\":\"]\"}]},\"objects\" : [");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s{\"id\":%zu,\"s\":\"", i ? ",\n" : "", i);
		for (size_t k = 0; k < i % 900; k++)
			buf_adds(b, k % 3 ? "}" : k % 2 ? "\\\""
							: "\\\\");
		buf_adds(b, "\"}");
	}
	buf_adds(b, "],\"tail\":[{}]}");
}

static void test_large_and_resumed(void **state)
{
	struct buf b BUF_SCOPE;
	make_large(&b, 2000);
	int fd = file_of(buf_span(&b));
	struct stix_reader *r = stix_reader_new(fd, 4096);
	struct span raw;
	struct fault f = { "", "" };
	uint64_t at, middle = 0;
	char want[32];
	for (size_t i = 0; i < 2000; i++) {
		assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_OK);
		snprintf(want, sizeof want, "{\"id\":%zu,", i);
		assert_true(span_starts(raw, span_of(want)));
		assert_true(memcmp(b.p + at - raw.n, raw.p, raw.n) == 0);
		middle = i == 999 ? at : middle;
	}
	assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_NOTFOUND);
	stix_reader_free(r);
	/* a second reader that starts where the thousandth ended */
	lseek(fd, (off_t)middle, SEEK_SET);
	r = stix_reader_new(fd, 4096);
	for (size_t i = 1000; i < 2000; i++) {
		assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_OK);
		snprintf(want, sizeof want, "{\"id\":%zu,", i);
		assert_true(span_starts(raw, span_of(want)));
	}
	assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_NOTFOUND);
	stix_reader_free(r);
	close(fd);
}

static void test_limits(void **state)
{
	struct buf b BUF_SCOPE, got BUF_SCOPE;
	struct fault f = { "", "" };
	uint64_t at;
	buf_init(&b, 1 << 24);
	buf_init(&got, 1 << 24);
	buf_adds(&b, "{\"objects\":[{},{\"s\":\"");
	for (size_t i = 0; i < 5000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}]}");
	assert_int_equal(read_all(buf_span(&b), 0, &got, &at, &f), ERR_LIMIT);
	assert_non_null(strstr(f.what, "object 1 at byte 15"));
	buf_clear(&b);
	buf_adds(&b, "{\"objects\":[{},{\"s\":\"");
	for (size_t i = 0; i < BOUND_OBJECT_BYTES; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}]}");
	int fd = file_of(buf_span(&b));
	struct stix_reader *r = stix_reader_new(fd, 16u << 20);
	struct span raw;
	assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_OK);
	assert_int_equal(stix_reader_next(r, &raw, &at, &f), ERR_LIMIT);
	assert_non_null(strstr(f.what, "object 1 at byte 15"));
	stix_reader_free(r);
	close(fd);
}

/* ---- parsed on the way ---- */

/* Reads with and without parsing, step by step: the same bytes, the same end, and a value where the bytes are JSON. */
static size_t both_ways(struct stix_reader *slow, struct stix_reader *fast)
{
	struct json_parser *p = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK), *again = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK);
	struct span raw, other;
	struct json value, want;
	uint64_t at = 0, there = 0;
	size_t n = 0;
	for (;; n++) {
		struct fault f = { "", "" }, g = { "", "" };
		enum err e = stix_reader_next(slow, &raw, &at, &f), d = stix_reader_value(fast, p, &other, &there, &value, &g);
		if (e != d || (e && strcmp(f.what, g.what) != 0))
			fail_msg("object %zu: %s (%s), parsed on the way %s (%s)", n, err_name(e), f.what, err_name(d), g.what);
		if (e)
			break;
		assert_true(span_eq(raw, other) && at == there);
		bool json = json_parse(again, raw, false, &want, NULL) == ERR_OK;
		assert_int_equal(json_has(value), json);
		assert_true(!json || json_equal(value, want));
		assert_true(json || g.what[0]);
	}
	json_parser_free(p);
	json_parser_free(again);
	stix_reader_free(slow);
	stix_reader_free(fast);
	return n;
}

static size_t both_ways_of(struct span text, size_t window)
{
	int fd = file_of(text), fe = file_of(text);
	size_t n = both_ways(stix_reader_new(fd, window), stix_reader_new(fe, window));
	close(fd);
	close(fe);
	return n;
}

static void test_both_ways_forms(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		both_ways_of(span_of(rows[i].text), 4096);
}

/* Objects of all lengths, some of them broken in ways that must not spread to their neighbours. */
static void make_motley(struct buf *b, size_t n, bool list)
{
	static const char *const odd[] = { "{\"a\":tru}", "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", "{\"a\":[1,2}}", "{\"a\" 1}", "{\"a\":{\"b\":[{},{\"c\":\"},{\"}]}}", "{}",
		"{\"type\":\"bundle\",\"objects\":[{\"b\":1}]}", "{\"type\":\"x\",\"type\":\"bundle\"}" };
	buf_init(b, 1 << 26);
	buf_adds(b, list ? "{\"type\":\"bundle\",\"objects\":[" : "");
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? list ? i % 7 ? "," : " ,\n " : "\n" : "");
		if (i % 41 == 40) {
			buf_adds(b, odd[i / 41 % COUNT_OF(odd)]);
			continue;
		}
		buf_addf(b, "{\"type\":\"tool\",\"id\":%zu,\"s\":\"", i);
		for (size_t k = 0; k < i * 37 % 3000; k++)
			buf_adds(b, k % 5 ? "},{" : k % 2 ? "\\\""
							  : "\\\\");
		buf_adds(b, "\"}");
	}
	buf_adds(b, list ? "]}" : "\n");
}

static void test_both_ways(void **state)
{
	static const size_t windows[] = { 16384, 300000, 8 << 20 };
	for (int list = 0; list < 2; list++) {
		struct buf b BUF_SCOPE;
		make_motley(&b, 1500, list);
		if (!list) { /* control characters and broken UTF-8 end lines of objects no other way than the rest */
			assert_true(both_ways_of(buf_span(&b), 8 << 20) > 40);
			continue;
		}
		for (size_t i = 0; i < COUNT_OF(windows); i++)
			assert_int_equal(both_ways_of(buf_span(&b), windows[i]), 1500);
		assert_int_equal(both_ways(stix_reader_of(buf_span(&b)), stix_reader_of(buf_span(&b))), 1500);
	}
}

static void test_container(void **state)
{
	static const char text[] = "{\"type\":\"bundle\",\"id\":\"b\" , \"objects\":[{\"a\":1}],\"x\":[1, 2]}\n{\"objects\":[{\"a\":2}]} {\"type\":\"tool\"}";
	static const char *const want[] = { NULL, "{\"type\":\"bundle\",\"id\":\"b\",\"x\":[1, 2]}", "{}", NULL };
	int fd = file_of(span_of(text));
	struct stix_reader *r = stix_reader_new(fd, 4096);
	struct span raw;
	uint64_t at;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_int_equal(stix_reader_next(r, &raw, &at, NULL), i < 3 ? ERR_OK : ERR_NOTFOUND);
		struct span around = stix_reader_container(r);
		if (want[i] ? !span_is(around, want[i]) : around.p != NULL)
			fail_msg("call %zu: %.*s", i, SPAN_ARG(around));
	}
	stix_reader_free(r);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "bundles, envelopes and lines of objects are streamed", test_forms, NULL, NULL, NULL },
		{ "a large bundle streams through a small window and can be resumed", test_large_and_resumed, NULL, NULL, NULL },
		{ "objects that are too long are named by number and byte", test_limits, NULL, NULL, NULL },
		{ "what stands beside the list of a container is kept", test_container, NULL, NULL, NULL },
		{ "parsing on the way gives the same objects", test_both_ways_forms, NULL, NULL, NULL },
		{ "parsing on the way gives the same of large containers with broken objects in them", test_both_ways, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
