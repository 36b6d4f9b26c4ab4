/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings: what is read, what is refused and why, and that what is written reads back the same. */
#include <stdio.h>
#include "taxii/taxii.h"
#include "util/bounds.h"
#include "util/test.h"

#define ID1 "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define ID2 "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b"

static enum err parse(struct arena *a, const char *query, unsigned uses, struct taxii_filter *q, struct fault *f)
{
	*f = (struct fault){ 0 };
	return taxii_filter_parse(a, span_of(query), uses, q, f);
}

/* Everything that a filter means, on one line: canonical bytes without the resource, limit, next, warning. */
static const char *meaning(struct arena *a, const struct taxii_filter *q)
{
	struct span b = taxii_filter_bytes(a, q, SPAN("r"));
	char *s = arena_str(a, b);
	for (char *p = s; *p; p++)
		*p = *p == '\n' ? '|' : *p;
	return arena_printf(a, "%s|%s%llu|%.*s|%s%.*s", s + 3, q->has_limit ? "" : "no ", (unsigned long long)q->limit, SPAN_ARG(q->next),
		q->unknown_match ? "?" : "", SPAN_ARG(q->unknown_name));
}

static void a_query_string_is_read_as_it_is_meant(void **state)
{
	static const struct {
		const char *query, *meaning;
		unsigned uses;
	} rows[] = {
		{ "", "|||||last|no 0||", 0 },
		{ "&&", "|||||last|no 0||", 0 },
		{ "added_after=2026-01-02T03:04:05Z", "|2026-01-02T03:04:05.000000Z||||last|no 0||", 0 },
		{ "added_after=2026-01-02T03:04:05.5Z", "|2026-01-02T03:04:05.500000Z||||last|no 0||", 0 },
		{ "added_after=2026-01-02T03%3A04%3a05.123456Z", "|2026-01-02T03:04:05.123456Z||||last|no 0||", 0 },
		{ "added_after=2026-01-02T03:04:05.1234569Z", "|2026-01-02T03:04:05.123456Z||||last|no 0||", 0 },
		{ "added_after=2024-02-29T00:00:00Z", "|2024-02-29T00:00:00.000000Z||||last|no 0||", 0 },
		{ "limit=1", "|||||last|1||", 0 },
		{ "limit=007", "|||||last|7||", 0 },
		{ "limit=99999999999999999999999", "|||||last|18446744073709551615||", 0 },
		{ "next=abc-_09", "|||||last|no 0|abc-_09|", 0 },
		{ "limit=5&next=x%3D", "|||||last|5|x=|", 0 },
		{ "match[id]=" ID1, "||" ID1 ",|||last|no 0||", 0 },
		{ "match%5Bid%5D=" ID2 "," ID1 "," ID2, "||" ID1 "," ID2 ",|||last|no 0||", 0 },
		{ "match[type]=malware,indicator", "|||indicator,malware,||last|no 0||", 0 },
		{ "match[type]=x-custom-2", "|||x-custom-2,||last|no 0||", 0 },
		{ "match[version]=last", "|||||last|no 0||", 0 },
		{ "match[version]=all", "|||||all|no 0||", 0 },
		{ "match[version]=last,first", "|||||first,last|no 0||", 0 },
		{ "match[version]=2026-01-02T03:04:05.100Z", "|||||2026-01-02T03:04:05.100000000Z|no 0||", 0 },
		{ "match[version]=2026-01-02T03:04:05.1Z,first,2026-01-02T03:04:05.100Z,2025-01-01T00:00:00.123456789Z",
			"|||||first,2025-01-01T00:00:00.123456789Z,2026-01-02T03:04:05.100000000Z|no 0||", 0 },
		{ "match[version]=1969-12-31T23:59:59.9999999Z", "|||||1969-12-31T23:59:59.999999900Z|no 0||", 0 },
		{ "match[spec_version]=2.1,2.0", "||||2.0,2.1,|last|no 0||", 0 },
		{ "match[spec_version]=2.7", "||||2.7,|last|no 0||", 0 },
		/* ignored, with or without a warning */
		{ "foo=bar&limit=2", "|||||last|2||", 0 },
		{ "foo=bar&foo=baz", "|||||last|no 0||", 0 },
		{ "match[name]=x", "|||||last|no 0||?match[name]", 0 },
		{ "match[relationships-all]=x&match[name]=x&match[name]=y", "|||||last|no 0||?match[relationships-all]", 0 },
		{ "match=x", "|||||last|no 0||", 0 },
		{ "LIMIT=x", "|||||last|no 0||", 0 },
		{ "match[id]=rubbish", "|||||last|no 0||?match[id]", TAXII_OBJECT },
		{ "limit=rubbish&match[version]=all", "|||||all|no 0||", TAXII_DELETE },
		{ "match[version]=rubbish&match[spec_version]=2.0", "||||2.0,|last|no 0||?match[version]", TAXII_VERSIONS },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct taxii_filter q;
		struct fault f;
		if (parse(a, rows[i].query, rows[i].uses ? rows[i].uses : TAXII_OBJECTS, &q, &f) != ERR_OK)
			fail_msg("%s: %s (%s)", rows[i].query, f.what, f.where);
		const char *got = meaning(a, &q);
		const char *want = arena_printf(a, "%s", rows[i].meaning);
		if (strcmp(got, want) != 0)
			fail_msg("%s:\n  got  %s\n  want %s", rows[i].query, got, want);
	}
}

static void a_malformed_query_string_is_refused_at_its_parameter(void **state)
{
	static const struct {
		const char *query, *where;
	} rows[] = {
		{ "added_after=", "added_after" },
		{ "added_after", "added_after" },
		{ "added_after=yesterday", "added_after" },
		{ "added_after=2026-02-30T00:00:00Z", "added_after" },
		{ "added_after=2023-02-29T00:00:00Z", "added_after" },
		{ "added_after=2026-01-02T24:00:00Z", "added_after" },
		{ "added_after=2026-01-02T03:04:60Z", "added_after" },
		{ "added_after=2026-01-02", "added_after" },
		{ "added_after=2026-01-02T03:04:05", "added_after" },
		{ "added_after=2026-01-02T03:04:05+00:00", "added_after" },
		{ "added_after=2026-01-02T03:04:05Z&added_after=2026-01-02T03:04:05Z", "added_after" },
		{ "limit=0", "limit" },
		{ "limit=", "limit" },
		{ "limit=-1", "limit" },
		{ "limit=1.5", "limit" },
		{ "limit=ten", "limit" },
		{ "limit=+5", "limit" },
		{ "limit=5&limit=5", "limit" },
		{ "next=", "next" },
		{ "next=a&next=a", "next" },
		{ "match[id]=", "match[id]" },
		{ "match[id]=indicator", "match[id]" },
		{ "match[id]=" ID1 ",", "match[id]" },
		{ "match[id]=" ID1 ",," ID2, "match[id]" },
		{ "match[id]=" ID1 "%2C%20" ID2, "match[id]" },
		{ "match[id]=" ID1 "&match%5bid]=" ID2, "match[id]" },
		{ "match[type]=Indicator", "match[type]" },
		{ "match[type]=a%2fb", "match[type]" },
		{ "match[type]=a b", "match[type]" },
		{ "match[version]=newest", "match[version]" },
		{ "match[version]=Last", "match[version]" },
		{ "match[version]=2026-13-01T00:00:00Z", "match[version]" },
		{ "match[spec_version]=2", "match[spec_version]" },
		{ "match[spec_version]=2.1.1", "match[spec_version]" },
		/* the string itself, wherever it stands */
		{ "limit=%", "query" },
		{ "limit=%3", "query" },
		{ "limit=%G0", "query" },
		{ "foo=%zz", "query" },
		{ "foo=%00", "query" },
		{ "%00=foo", "query" },
		{ "foo=%ff", "query" },
		{ "foo=%c0%80", "query" },
		{ "foo=%ed%a0%80", "query" },
		{ "foo=%f4%90%80%80", "query" },
		{ "foo=%e3%81", "query" },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct taxii_filter q = { .limit = 77 };
		struct fault f;
		enum err e = parse(a, rows[i].query, TAXII_OBJECTS, &q, &f);
		if (e != ERR_SYNTAX || strcmp(f.where, rows[i].where) != 0 || !f.what[0])
			fail_msg("%s: %s at \"%s\", expected a syntax error at \"%s\"", rows[i].query, err_name(e), f.where, rows[i].where);
		assert_int_equal(q.limit, 77);
	}
}

static void lists_and_strings_have_their_bounds(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	BUF_SCOPE struct buf b;
	struct taxii_filter q;
	struct fault f;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "match[type]=");
	for (int i = 0; i < BOUND_FILTER_VALUES; i++)
		buf_addf(&b, "%st%d", i ? "," : "", i);
	assert_int_equal(parse(a, b.p, TAXII_OBJECTS, &q, &f), ERR_OK);
	assert_int_equal(q.n_types, BOUND_FILTER_VALUES);
	buf_adds(&b, ",more");
	assert_int_equal(parse(a, b.p, TAXII_OBJECTS, &q, &f), ERR_SYNTAX);
	assert_string_equal(f.where, "match[type]");
	buf_clear(&b);
	buf_adds(&b, "x=");
	while (b.n < BOUND_QUERY_BYTES)
		buf_addc(&b, 'a');
	assert_int_equal(parse(a, b.p, TAXII_OBJECTS, &q, &f), ERR_OK);
	buf_addc(&b, 'a');
	assert_int_equal(parse(a, b.p, TAXII_OBJECTS, &q, &f), ERR_SYNTAX);
}

static void bytes_tell_resources_and_filters_apart_and_nothing_else(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "match[type]=a,b&limit=1", "limit=9&match[type]=b,a,a", true },
		{ "next=x", "", true },
		{ "match[version]=last", "", true },
		{ "added_after=2026-01-02T03:04:05Z", "added_after=2026-01-02T03:04:05.0000001Z", true },
		{ "match[version]=2026-01-02T03:04:05Z", "match[version]=2026-01-02T03:04:05.000Z", true },
		{ "match[type]=a", "match[type]=b", false },
		{ "match[version]=all", "", false },
		{ "match[version]=2026-01-02T03:04:05Z", "match[version]=last,2026-01-02T03:04:05Z", false },
		{ "added_after=2026-01-02T03:04:05Z", "", false },
		{ "match[spec_version]=2.0", "match[spec_version]=2.1", false },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct taxii_filter x, y;
		struct fault f;
		assert_int_equal(parse(a, rows[i].a, TAXII_OBJECTS, &x, &f), ERR_OK);
		assert_int_equal(parse(a, rows[i].b, TAXII_OBJECTS, &y, &f), ERR_OK);
		if (span_eq(taxii_filter_bytes(a, &x, SPAN("r")), taxii_filter_bytes(a, &y, SPAN("r"))) != rows[i].same)
			fail_msg("%s and %s should be %s", rows[i].a, rows[i].b, rows[i].same ? "the same" : "different");
		assert_false(span_eq(taxii_filter_bytes(a, &x, SPAN("r")), taxii_filter_bytes(a, &x, SPAN("s"))));
	}
}

static void what_a_client_writes_a_server_reads_the_same(void **state)
{
	static const char *const queries[] = {
		"",
		"limit=3",
		"added_after=2026-01-02T03:04:05.1234567Z&limit=18446744073709551615",
		"next=%F0%9F%98%80%26%3D%25%20+%5B",
		"match[id]=" ID1 "," ID2 "&match[type]=malware&match[spec_version]=2.0,2.1&match[version]=all,first,2026-01-02T03:04:05.123456789Z",
		"match[version]=0001-01-01T00:00:00Z,9999-12-31T23:59:59Z",
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct taxii_filter x, y;
		struct fault f;
		assert_int_equal(parse(a, queries[i], TAXII_OBJECTS, &x, &f), ERR_OK);
		struct span text = taxii_filter_query(a, &x);
		assert_non_null(text.p);
		assert_true(i == 0 ? text.n == 0 : text.p[0] == '?');
		assert_int_equal(parse(a, text.n ? text.p + 1 : "", TAXII_OBJECTS, &y, &f), ERR_OK);
		assert_string_equal(meaning(a, &x), meaning(a, &y));
	}
	struct taxii_filter made = { .has_added_after = true, .added_after = { 1 } };
	assert_string_equal(taxii_filter_query(a, &made).p, "?added_after=1970-01-01T00:00:00.000001Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_string_is_read_as_it_is_meant),
		cmocka_unit_test(a_malformed_query_string_is_refused_at_its_parameter),
		cmocka_unit_test(lists_and_strings_have_their_bounds),
		cmocka_unit_test(bytes_tell_resources_and_filters_apart_and_nothing_else),
		cmocka_unit_test(what_a_client_writes_a_server_reads_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
