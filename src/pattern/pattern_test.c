/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern language by cases of our own, and against the recorded verdicts where the shared data is at hand. */
#include "util/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "pattern/pattern.h"
#include "util/bounds.h"

#define MEMORY (64u << 20)

static enum err parse(struct arena *a, const char *text, const struct pattern **p, struct fault *f)
{
	return pattern_parse(a, span_of(text), p, f);
}

static void print_to(struct buf *b, const struct pattern *p)
{
	buf_init(b, MEMORY);
	pattern_print(p, b);
	assert_true(buf_ok(b));
}

/* What is accepted, and how it prints: NULL where it prints as written. */
static const struct {
	const char *text, *prints;
} good[] = {
	{ "[file:size = 1280]", NULL },
	{ "[ipv4-addr:value='198.51.100.1/32']", "[ipv4-addr:value = '198.51.100.1/32']" },
	{ "[a:b == 1 OR a:b <> 2]", "[a:b = 1 OR a:b != 2]" },
	{ "[ a:b>=-5 AND a:c<=+.5 ]", "[a:b >= -5 AND a:c <= .5]" },
	{ "[a:b NOT = true]", NULL },
	{ "[a:b NOT IN ()]", NULL },
	{ "[a:b IN (1,2.5, -3)]", "[a:b IN (1, 2.5, -3)]" },
	{ "[a:b IN (h'00FF', b'AP8=')]", "[a:b IN (h'00ff', b'AP8=')]" },
	{ "[a:b = b'AQ\nID\r\nBA==']", "[a:b = b'AQIDBA==']" },
	{ "[a:b = h'' AND a:c = b'']", NULL },
	{ "[a:b = '\\\\d\\'\\\\']", NULL },
	{ "[a:b = 'ḍ 脅威']", NULL },
	{ "[file:hashes.'MD5' = 'cead3f77f6cda6ec00f57d76c9a6879f']", "[file:hashes.MD5 = 'cead3f77f6cda6ec00f57d76c9a6879f']" },
	{ "[file:hashes.'SHA-256' IN ('aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f')]", NULL },
	{ "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]", NULL },
	{ "[a:'AND'.'x.y'[0][*].z_ref.value LIKE '%_']", NULL },
	{ "[a:b MATCHES '^x$' OR a:b ISSUBSET '10.0.0.0/8' OR a:b ISSUPERSET '10.0.0.0/8']", NULL },
	{ "[EXISTS a:b AND NOT EXISTS a:c.d]", NULL },
	{ "[a:x = 1 AND b:y = 2 OR b:z = 3] AND [c:d = 4]", NULL },
	{ "[(a:x = 1 OR b:y = 2) AND a:z = 3]", NULL },
	{ "[(a:x = 1 AND a:y = 2) OR (b:z = 3)]", "[a:x = 1 AND a:y = 2 OR b:z = 3]" },
	{ "[a:x = 1 AND (a:y = 2 AND a:z = 3)]", NULL },
	{ "[a:t = t'2026-01-01T00:00:00.123456789Z' OR a:start = 1]", NULL },
	{ "[a:b = 1] FOLLOWEDBY [a:b = 2] OR [a:b = 3] AND [a:b = 4]", NULL },
	{ "([a:b = 1] FOLLOWEDBY [a:b = 2]) OR ([a:b = 3] AND [a:b = 4])", "([a:b = 1] FOLLOWEDBY [a:b = 2]) OR [a:b = 3] AND [a:b = 4]" },
	{ "(([a:b = 1]))", "[a:b = 1]" },
	{ "[a:b = 1] REPEATS 5 TIMES WITHIN 1800 SECONDS", NULL },
	{ "[a:b = 1] WITHIN .5 SECONDS REPEATS 2 TIMES", "([a:b = 1] WITHIN .5 SECONDS) REPEATS 2 TIMES" },
	{ "([a:b = 1] AND [a:b = 2]) REPEATS 5 TIMES WITHIN 300 SECONDS", NULL },
	{ "([a:b = 1] AND [a:b = 2] REPEATS 5 TIMES) WITHIN 300 SECONDS", NULL },
	{ "([a:b = 1]) WITHIN 5 SECONDS WITHIN 6 SECONDS", "([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS" },
	{ "[a:b = 1] WITHIN 5 SECONDS START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.1Z'",
		"[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.1Z' WITHIN 5 SECONDS" },
	{ "[a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
		"([a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' WITHIN 5 SECONDS) REPEATS 2 TIMES" },
	{ "[a:b = 1] START t'3000-01-01T00:00:00Z' STOP t'3001-01-01T00:00:00Z'", NULL },
	{ "\xe3\x80\x80[\xc2\xa0"
	  "a:b\xe2\x80\xa8=\xe1\x9a\x80"
	  "1\xc2\x85]\v\f\r\n",
		"[a:b = 1]" },
	{ "[a:b = 1 /* why */ OR // because\n a:b = 2]", "[a:b = 1 OR a:b = 2]" },
	{ "[h:t = 1 AND h:b = h'ab']", NULL },
	{ "[x:created = t'2024-02-30T12:00:00Z']", NULL },
};

static void what_is_accepted_prints_canonically_and_reads_back_the_same(void **state)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p, *again;
		struct buf b BUF_SCOPE, c BUF_SCOPE;
		struct fault f;

		buf_init(&b, 0);
		buf_init(&c, 0);
		if (parse(a, good[i].text, &p, &f) != ERR_OK)
			fail_msg("%s: %s: %s", good[i].text, f.where, f.what);
		print_to(&b, p);
		assert_string_equal(b.p, good[i].prints ? good[i].prints : good[i].text);
		assert_int_equal(pattern_parse(a, buf_span(&b), &again, &f), ERR_OK);
		print_to(&c, again);
		assert_string_equal(b.p, c.p);
	}
}

static const struct {
	const char *text, *where, *what; /* what: how the sentence begins */
} bad[] = {
	{ "", "line 1 column 1", "expected '[' or '(', found the end of the pattern" },
	{ "file:size = 1", "line 1 column 1", "expected '[' or '(', found file" },
	{ "[file:size = ]", "line 1 column 14", "expected a constant" },
	{ "[file.size = 1280]", "line 1 column 6", "expected ':' between object type and property, found ." },
	{ "[file:size 1280]", "line 1 column 12", "expected a comparison operator" },
	{ "[file:size =? 1]", "line 1 column 13", "found a character that is part of no pattern" },
	{ "[file:size = 1", "line 1 column 15", "expected AND, OR or ']', found the end of the pattern" },
	{ "[file:size = 1]]", "line 1 column 16", "expected AND, OR, FOLLOWEDBY" },
	{ "[file:size = 1 and file:size = 2]", "line 1 column 16", "expected AND, OR or ']', found and" },
	{ "[a:b = 1]\n AND\n[c:é = 1]", "line 3 column 4", "found a character" },
	{ "[a:'é' = 1 x]", "line 1 column 12", "expected AND, OR or ']', found x" },
	{ "[a:b = 'x]", "line 1 column 8", "expected ' at the end of this string" },
	{ "[a:b = 'x\\n']", "line 1 column 10", "expected \\' or \\\\" },
	{ "[a:b = h'abc']", "line 1 column 8", "expected pairs of hex digits" },
	{ "[a:b = h'0g']", "line 1 column 8", "expected pairs of hex digits" },
	{ "[a:b = b'====']", "line 1 column 8", "expected base64" },
	{ "[a:b = b'AQ=A']", "line 1 column 8", "expected base64" },
	{ "[a:b = b'AQI']", "line 1 column 8", "expected base64" },
	{ "[a:b = t'2026-13-01T00:00:00Z']", "line 1 column 8", "expected t'YYYY" },
	{ "[a:b = t'2026-01-01T00:00:00z']", "line 1 column 8", "expected t'YYYY" },
	{ "[a:b = t'2026-01-01 00:00:00Z']", "line 1 column 8", "expected t'YYYY" },
	{ "[a:b = t'2026-01-01T00:00:00.Z']", "line 1 column 8", "expected t'YYYY" },
	{ "[a:b = t'2026-01-01T24:00:00Z']", "line 1 column 8", "expected t'YYYY" },
	{ "[a:b = 007]", "line 1 column 8", "expected a number without leading zeros" },
	{ "[a:b = 99999999999999999999]", "line 1 column 8", "expected a whole number of 64 bits" },
	{ "[a:b < true]", "line 1 column 8", "expected a constant that has an order" },
	{ "[a:b LIKE 1]", "line 1 column 11", "expected a string, found 1" },
	{ "[a:b IN (1, 'x')]", "line 1 column 13", "expected constants of one type in a set" },
	{ "[a:b IN (1, true)]", "line 1 column 13", "expected constants of one type in a set" },
	{ "[a:b IN (1 2)]", "line 1 column 12", "expected ',' or ')' in the set" },
	{ "[a:b IN 1]", "line 1 column 9", "expected '(' before the set" },
	{ "[a:b-c = 1]", "line 1 column 4", "expected a key in quotes where it has a hyphen, found b-c" },
	{ "[a:START = 1]", "line 1 column 4", "expected a property name (a keyword can be one in quotes), found START" },
	{ "[a:b[-1] = 1]", "line 1 column 6", "expected an index from 0 or *, found -1" },
	{ "[a:b[x] = 1]", "line 1 column 6", "expected an index" },
	{ "[NOT a:b = 1]", "line 1 column 6", "expected EXISTS after NOT" },
	{ "[a:b = null]", "line 1 column 8", "expected a constant" },
	{ "[file:hashes.'SHA-256' = 'f00']", "line 1 column 26", "expected 64 hex digits for a SHA-256 hash, found 3" },
	{ "[file:hashes.md5 IN ('cead3f77f6cda6ec00f57d76c9a6879f', 'x')]", "line 1 column 21", "expected 32 hex digits" },
	{ "[a:b = 1] WITHIN ]", "line 1 column 18", "expected a number of seconds above 0, found ]" },
	{ "[a:b = 1] WITHIN -5 SECONDS", "line 1 column 18", "expected a number of seconds above 0" },
	{ "[a:b = 1] WITHIN 0 SECONDS", "line 1 column 18", "expected a number of seconds above 0" },
	{ "[a:b = 1] WITHIN 5 MINUTES", "line 1 column 20", "expected SECONDS, found MINUTES" },
	{ "[a:b = 1] REPEATS 0 TIMES", "line 1 column 19", "expected a whole number above 0" },
	{ "[a:b = 1] REPEATS 1.5 TIMES", "line 1 column 19", "expected a whole number above 0" },
	{ "[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES", "line 1 column 27", "expected each qualifier once, found REPEATS a second time" },
	{ "([a:b = 1] WITHIN 2 SECONDS REPEATS 3 TIMES WITHIN 4 SECONDS)", "line 1 column 45", "expected each qualifier once" },
	{ "[a:b = 1] START t'2026-01-01T00:00:00Z'", "line 1 column 40", "expected STOP after START" },
	{ "[a:b = 1] START '2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", "line 1 column 17", "expected a timestamp" },
	{ "[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.000Z'", "line 1 column 46", "expected STOP later than START" },
	{ "[a:b = 1] START t'2026-02-30T00:00:00Z' STOP t'2026-03-31T00:00:00Z'", "line 1 column 17", "expected a date that the calendar has" },
	{ "[a:b = 1] AND", "line 1 column 14", "expected '[' or '('" },
	{ "([a:b = 1] AND [a:b = 2]", "line 1 column 25", "expected AND, OR, FOLLOWEDBY, a qualifier or ')'" },
	{ "[a:b = '\xff']", "line 1 column 9", "expected UTF-8 text, found byte ff" },
	{ "[a:b = 1 /* ]", "line 1 column 10", "expected */" },
};

static void a_fault_says_where_what_was_expected_and_what_was_found(void **state)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p = NULL;
		struct fault f = { "", "" };

		if (parse(a, bad[i].text, &p, &f) != ERR_SYNTAX)
			fail_msg("accepted: %s", bad[i].text);
		assert_null(p);
		assert_string_equal(f.where, bad[i].where);
		if (!span_starts(span_of(f.what), span_of(bad[i].what)))
			fail_msg("%s: %s, wanted %s", bad[i].text, f.what, bad[i].what);
		assert_int_equal(parse(a, bad[i].text, &p, NULL), ERR_SYNTAX);
	}
}

static const struct {
	const char *text, *where; /* NULL: nothing to find */
} checks[] = {
	{ "[a:b = 1 AND c:d = 2]", "line 1 column 14" },
	{ "[a:x = 1 AND a:y = 2] AND [b:z = 3]", NULL },
	{ "[a:x = 1 OR b:y = 2]", NULL },
	{ "[(a:x = 1 OR b:y = 2) AND a:z = 3]", NULL },
	{ "[(a:x = 1 OR b:y = 2) AND (b:z = 3 OR c:z = 3)]", NULL },
	{ "[(a:x = 1 OR b:y = 2) AND c:z = 3]", "line 1 column 27" },
	{ "[a:x = 1 AND (a:y = 2 OR b:z = 3) AND b:q = 1]", "line 1 column 39" },
	{ "[a:x = 1] OR\n[a:t = t'2024-02-30T12:00:00Z']", "line 2 column 2" },
	{ "[a:t = t'2024-02-29T12:00:00Z']", NULL },
};

static void what_can_never_match_is_found(void **state)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p;
		struct fault f = { "", "" };

		assert_int_equal(parse(a, checks[i].text, &p, &f), ERR_OK);
		assert_int_equal(pattern_check(a, span_of(checks[i].text), p, &f), checks[i].where ? ERR_INVALID : ERR_OK);
		assert_string_equal(f.where, checks[i].where ? checks[i].where : "");
	}
}

static void precedence_and_grouping_make_the_tree(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(MEMORY);
	const struct pattern *p;

	assert_int_equal(parse(a, "[a:b = 1] FOLLOWEDBY [a:b = 2] OR [a:b = 3] AND [a:b = 4] AND [a:c = 5]", &p, NULL), ERR_OK);
	assert_int_equal(p->kind, PATTERN_FOLLOWEDBY);
	assert_int_equal(p->parts, 2);
	assert_int_equal(p->part[1]->kind, PATTERN_OBS_OR);
	assert_int_equal(p->part[1]->part[1]->kind, PATTERN_OBS_AND);
	assert_int_equal(p->part[1]->part[1]->parts, 3);

	assert_int_equal(parse(a, "[a:b = 1 OR a:c = 2 AND a:d = 3] REPEATS 2 TIMES WITHIN 7 SECONDS", &p, NULL), ERR_OK);
	assert_int_equal(p->kind, PATTERN_TEST);
	assert_true(p->q.has_repeats && p->q.has_within && !p->q.has_start_stop);
	assert_int_equal(p->q.repeats, 2);
	assert_true(p->q.within_s == 7.0);
	assert_int_equal(p->part[0]->kind, PATTERN_OR);
	assert_int_equal(p->part[0]->part[1]->kind, PATTERN_AND);

	assert_int_equal(parse(a, "[a:b = 1] FOLLOWEDBY [a:c = 2] REPEATS 5 TIMES", &p, NULL), ERR_OK);
	assert_false(p->q.has_repeats || p->part[0]->q.has_repeats);
	assert_true(p->part[1]->q.has_repeats);
}

static void literals_and_paths_are_decoded(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(MEMORY);
	const struct pattern *p;
	const char *text = " [x-usb:'k\\'ey'[3].z[*] NOT IN ('it\\'s \\\\', 'b')] ";

	assert_int_equal(parse(a, text, &p, NULL), ERR_OK);
	assert_int_equal(p->at, 1);
	assert_int_equal(p->end, strlen(text) - 1);
	p = p->part[0];
	assert_int_equal(p->at, 2);
	assert_int_equal(p->end, strlen(text) - 2);
	assert_true(span_is(p->object_type, "x-usb"));
	assert_true(span_is(p->path, "'k\\'ey'[3].z[*]"));
	assert_true(p->negated && p->op == PATTERN_IN && p->literals == 2 && p->steps == 4);
	assert_true(span_is(p->step[0].key, "k'ey"));
	assert_int_equal(p->step[1].kind, PATTERN_STEP_INDEX);
	assert_int_equal(p->step[1].index, 3);
	assert_int_equal(p->step[3].kind, PATTERN_STEP_ANY);
	assert_true(span_is(p->literal[0].text, "it's \\"));

	assert_int_equal(parse(a, "[a:b IN (h'00fF', b'AQIDBA==')]", &p, NULL), ERR_OK);
	assert_true(span_eq(p->part[0]->literal[0].text, (struct span){ "\0\xff", 2 }));
	assert_true(span_eq(p->part[0]->literal[1].text, (struct span){ "\1\2\3\4", 4 }));
	assert_int_equal(parse(a, "[a:b IN (-12, 0.5, +7)]", &p, NULL), ERR_OK);
	assert_int_equal(p->part[0]->literal[0].integer, -12);
	assert_true(p->part[0]->literal[1].number == 0.5);
	assert_true(span_is(p->part[0]->literal[2].text, "7"));
	assert_int_equal(parse(a, "[a:b IN (t'1970-01-01T00:00:01.5Z', t'2026-02-30T00:00:00Z')]", &p, NULL), ERR_OK);
	assert_int_equal(p->part[0]->literal[0].integer, 1500000000);
	assert_false(p->part[0]->literal[0].off_calendar);
	assert_true(p->part[0]->literal[1].off_calendar);
}

/* n times `one` around or after `middle` */
static char *repeated(const char *one, size_t n, const char *middle, const char *after)
{
	struct buf b;

	buf_init(&b, MEMORY);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, one);
	buf_adds(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, after);
	return buf_take(&b, NULL);
}

static void nesting_length_and_size_have_limits(void **state)
{
	static const struct {
		const char *one, *middle, *after;
		size_t n;
		enum err want;
	} rows[] = {
		{ "(", "[a:b = 1]", ")", BOUND_PATTERN_DEPTH, ERR_OK },
		{ "(", "[a:b = 1]", ")", BOUND_PATTERN_DEPTH + 1, ERR_LIMIT },
		{ "(", "[a:b = 1]", ")", 60000, ERR_LIMIT },
		{ "", "([a:b = 1])", " REPEATS 2 TIMES", BOUND_PATTERN_DEPTH, ERR_OK },
		{ "", "([a:b = 1])", " REPEATS 2 TIMES", BOUND_PATTERN_DEPTH + 2, ERR_LIMIT },
		{ "", "[a:b=1", " OR a:b=1", 6000, ERR_SYNTAX }, /* no closing bracket */
		{ "[a:b=1]OR", "[a:b=1]", "", 7000, ERR_OK },
		{ "[a:b=1]OR", "[a:b=1]", "", 7300, ERR_LIMIT }, /* bytes */
		{ "x", "", "", BOUND_PATTERN_BYTES + 1, ERR_LIMIT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p;
		struct fault f;
		char *text = repeated(rows[i].one, rows[i].n, rows[i].middle, rows[i].after);

		assert_non_null(text);
		if (parse(a, text, &p, &f) != rows[i].want)
			fail_msg("row %zu: %s %s", i, f.where, f.what);
		free(text);
	}
}

static void a_small_arena_is_out_of_memory_and_no_more(void **state)
{
	const char *text = "([a:b = 'x' AND a:c IN (1, 2, 3) OR b:d = h'00'] AND [a:'k-k'[*] = t'2026-01-01T00:00:00Z']) WITHIN 5 SECONDS";

	for (size_t cap = 0, ok = 0; !ok; cap += 16) {
		ARENA_SCOPE struct arena *a = arena_new(cap);
		const struct pattern *p;
		enum err e = a ? parse(a, text, &p, NULL) : ERR_NOMEM;

		assert_true(e == ERR_OK || e == ERR_NOMEM);
		ok = e == ERR_OK;
		assert_true(cap < 100000);
	}
}

static bool count_some(void *ctx, const struct pattern *comparison)
{
	size_t *n = ctx;

	assert_int_equal(comparison->kind, PATTERN_COMPARE);
	return ++*n < 3;
}

static void each_comparison_is_visited_in_order_until_told_to_stop(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(MEMORY);
	const struct pattern *p;
	size_t n = 0;

	assert_int_equal(parse(a, "[a:b = 1 OR a:c = 2] AND ([a:d = 3] OR [a:e = 4])", &p, NULL), ERR_OK);
	pattern_each(p, count_some, &n);
	assert_int_equal(n, 3);
}

/* The value of a flat JSON line's member; strings are unescaped into `out`. Enough for the recorded cases, and apart from the parser under test. */
static bool member(const char *line, const char *key, char *out, size_t room)
{
	const char *p = strstr(line, key);
	size_t n = 0;

	if (!p || !(p = strchr(p + strlen(key), ':')))
		return false;
	p += 1 + strspn(p + 1, " ");
	if (*p != '"') {
		n = strcspn(p, ",}");
		memcpy(out, p, n);
		out[n] = 0;
		return true;
	}
	for (p++; *p != '"' && n + 4 < room; p++) {
		if (*p == '\\' && p[1] == 'u') {
			unsigned c = (unsigned)strtoul((char[]){ p[2], p[3], p[4], p[5], 0 }, NULL, 16);

			if (c < 0x80) {
				out[n++] = (char)c;
			} else if (c < 0x800) {
				out[n++] = (char)(0xC0 | c >> 6);
				out[n++] = (char)(0x80 | (c & 63));
			} else {
				out[n++] = (char)(0xE0 | c >> 12);
				out[n++] = (char)(0x80 | (c >> 6 & 63));
				out[n++] = (char)(0x80 | (c & 63));
			}
			p += 5;
		} else {
			if (*p == '\\')
				p++;
			out[n++] = *p;
		}
	}
	out[n] = 0;
	return true;
}

static FILE *shared(const char *name)
{
	const char *top = getenv("MUSUBI_SOURCE");
	char path[4096];

	snprintf(path, sizeof(path), "%s/../shared/data/conformance/%s", top ? top : ".", name);
	return fopen(path, "r");
}

static void recorded_verdicts_of_the_reference_validator_are_agreed_with(void **state)
{
	FILE *in = shared("pattern_valid.jsonl");
	static char line[1 << 20], text[1 << 20], verdict[64];
	size_t n = 0;

	if (!in)
		skip();
	while (fgets(line, sizeof(line), in)) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p;
		struct fault f = { "", "" };
		bool valid;

		assert_true(member(line, "\"pattern\"", text, sizeof(text)) && member(line, "\"valid\"", verdict, sizeof(verdict)));
		valid = parse(a, text, &p, &f) == ERR_OK;
		if (valid != (strcmp(verdict, "true") == 0))
			fail_msg("%s: recorded as %s, here: %s %s", text, verdict, f.where, f.what);
		n++;
	}
	fclose(in);
	assert_true(n > 40);
}

/* The reference matcher lets a qualifier be repeated, times be off the calendar and STOP equal START; what it refuses to parse, so do we. */
static void what_the_reference_matcher_evaluates_parses(void **state)
{
	FILE *in = shared("pattern_match.jsonl");
	static char line[1 << 20], text[1 << 20], verdict[64];
	size_t n = 0;

	if (!in)
		skip();
	while (fgets(line, sizeof(line), in)) {
		ARENA_SCOPE struct arena *a = arena_new(MEMORY);
		const struct pattern *p;
		struct fault f = { "", "" };
		bool ours = strstr(line, "TIMES REPEATS") || strstr(line, "START t'1994-11-29T13:37:58Z' STOP t'1994-11-29T13:37:58Z'");

		assert_true(member(line, "\"pattern\"", text, sizeof(text)));
		if (member(line, "\"error\"", verdict, sizeof(verdict))) {
			if (strcmp(verdict, "ParseException") == 0)
				assert_int_equal(parse(a, text, &p, &f), ERR_SYNTAX);
		} else if ((parse(a, text, &p, &f) == ERR_OK) == ours) {
			fail_msg("%s: %s %s", text, f.where, f.what);
		}
		n++;
	}
	fclose(in);
	assert_true(n > 200);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_accepted_prints_canonically_and_reads_back_the_same),
		cmocka_unit_test(a_fault_says_where_what_was_expected_and_what_was_found),
		cmocka_unit_test(what_can_never_match_is_found),
		cmocka_unit_test(precedence_and_grouping_make_the_tree),
		cmocka_unit_test(literals_and_paths_are_decoded),
		cmocka_unit_test(nesting_length_and_size_have_limits),
		cmocka_unit_test(a_small_arena_is_out_of_memory_and_no_more),
		cmocka_unit_test(each_comparison_is_visited_in_order_until_told_to_stop),
		cmocka_unit_test(recorded_verdicts_of_the_reference_validator_are_agreed_with),
		cmocka_unit_test(what_the_reference_matcher_evaluates_parses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
