/* SPDX-License-Identifier: Apache-2.0 */
/* Which indicators count, what they look for, and what is left out with which reason. */
#include "match/match_test_priv.h"

#include "util/alloc.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Hits in the lines, as names of indicators: "n1@line". */
static bool note_name(void *ctx, const struct match_hit *h)
{
	struct buf *b = ctx;

	buf_addf(b, "%s%.*s@%" PRIu64 ":%.*s", b->n ? " " : "", SPAN_ARG(h->indicator->name), h->line, SPAN_ARG(h->value));
	return true;
}

static void check_hits(const struct match_index *x, const char *log, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	test_scan(x, span_of(log), SIZE_MAX / 2, note_name, &b);
	if (!span_is(buf_span(&b), want))
		fail_msg("in \"%s\": wanted %s, got %s", log, want, b.p ? b.p : "nothing");
	buf_release(&b);
}

static const struct {
	const char *pattern; /* in JSON */
	const char *log, *hits;
	int why, partial; /* -1: nothing left out */
} patterns[] = {
	{ "[ipv4-addr:value = '1.2.3.4']", "1.2.3.4", "n1@1:1.2.3.4", -1, 0 },
	{ "[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'evil.example']", "1.2.3.4\nevil.example", "n1@1:1.2.3.4 n1@2:evil.example", -1, 0 },
	{ "[domain-name:value IN ('a.example', 'b.example')]", "b.example a.example", "n1@1:b.example n1@1:a.example", -1, 0 },
	{ "[ipv4-addr:value = '1.2.3.4'] OR [ipv4-addr:value = '1.2.3.5']", "1.2.3.5", "n1@1:1.2.3.5", -1, 0 },
	{ "[domain-name:value = 'evil.example' AND domain-name:resolves_to_refs[*].value = '1.2.3.4']", "evil.example\n1.2.3.4\n1.2.3.4 evil.example", "n1@3:1.2.3.4 n1@3:evil.example", -1, 0 },
	{ "[file:hashes.MD5 = '" MD5 "' AND (file:hashes.'SHA-256' = '" SHA256 "' OR file:hashes.SHA256 = '" SHA256 "')]", MD5 "\n" SHA256 " " MD5, "n1@2:" SHA256 " n1@2:" MD5, -1, 0 },
	{ "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4']", "1.2.3.4", "n1@1:1.2.3.4", -1, 0 },
	{ "[network-traffic:dst_ref.type = 'ipv4-addr']", "1.2.3.4", "", MATCH_SKIP_PROPERTY, 0 },
	{ "[network-traffic:src_ref.value = 'evil.example' OR network-traffic:src_ref.value = '2001:db8::1']", "2001:DB8:0::1 evil.example", "n1@1:2001:db8::1 n1@1:evil.example", -1, 0 },
	{ "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "198.51.100.77", "n1@1:198.51.100.0/24", -1, 0 },
	{ "[ipv4-addr:value = '198.51.100.0/24']", "198.51.100.77", "n1@1:198.51.100.0/24", -1, 0 },
	{ "[email-message:from_ref.value = 'Bob@Evil.example']", "bob@evil.example", "n1@1:bob@evil.example", -1, 0 },
	{ "[email-message:to_refs[0].value = 'bob@evil.example']", "bob@evil.example", "n1@1:bob@evil.example", -1, 0 },
	{ "[url:value = 'http://evil.example']", "http://evil.example/ http://evil.example/x", "n1@1:http://evil.example/", -1, 0 },
	{ "[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS REPEATS 1 TIMES", "1.2.3.4", "n1@1:1.2.3.4", -1, 0 },
	{ "[file:name = 'Invoice 7.exe']", "open C:\\x\\invoice 7.EXE now\nmyinvoice 7.exe\ninvoice 7.exes\ninvoice 7", "n1@1:invoice 7.exe", -1, 0 },
	{ "[mutex:name = 'Global\\\\\\\\{8761-ABCD}']", "m=Global\\{8761-ABCD};\nm=global\\{8761-abcd}", "n1@1:Global\\{8761-ABCD}", -1, 0 },
	{ "[file:name = 'dropper.dll' AND file:hashes.MD5 = '" MD5 "']", MD5 "\n" MD5 " dropper.dll", "n1@2:" MD5 " n1@2:dropper.dll", -1, 0 },
	/* in part */
	{ "[file:name = 'x.exe' OR file:hashes.MD5 = '" MD5 "']", MD5, "n1@1:" MD5, MATCH_SKIP_SHORT, 1 },
	{ "[ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value = '1.2.3.400']", "1.2.3.4", "n1@1:1.2.3.4", MATCH_SKIP_VALUE, 1 },
	{ "[ipv4-addr:value = '1.2.3.4'] OR ([ipv4-addr:value = '1.2.3.5'] FOLLOWEDBY [ipv4-addr:value = '1.2.3.6'])", "1.2.3.4 1.2.3.5 1.2.3.6", "n1@1:1.2.3.4", MATCH_SKIP_TIME, 1 },
	{ "[domain-name:value IN ('co.jp', 'evil.co.jp')]", "x.co.jp evil.co.jp", "n1@1:evil.co.jp", MATCH_SKIP_SUFFIX, 1 },
	/* not at all */
	{ "[file:name = 'x.exe' AND file:hashes.MD5 = '" MD5 "']", MD5, "", MATCH_SKIP_SHORT, 0 },
	{ "[ipv4-addr:value != '1.2.3.4']", "1.2.3.4", "", MATCH_SKIP_OPERATOR, 0 },
	{ "[ipv4-addr:value NOT = '1.2.3.4']", "1.2.3.4", "", MATCH_SKIP_OPERATOR, 0 },
	{ "[domain-name:value LIKE '%.evil.example']", "a.evil.example", "", MATCH_SKIP_OPERATOR, 0 },
	{ "[ipv4-addr:value = '1.2.3.4'] AND [ipv4-addr:value = '1.2.3.5']", "1.2.3.4 1.2.3.5", "", MATCH_SKIP_TIME, 0 },
	{ "[ipv4-addr:value = '1.2.3.4'] REPEATS 2 TIMES", "1.2.3.4", "", MATCH_SKIP_TIME, 0 },
	{ "[ipv4-addr:value = '1.2.3.4'] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'", "1.2.3.4", "", MATCH_SKIP_TIME, 0 },
	{ "[domain-name:value = 'github.io']", "a.github.io", "", MATCH_SKIP_SUFFIX, 0 },
	{ "[domain-name:value = 'localhost']", "localhost", "", MATCH_SKIP_SUFFIX, 0 },
	{ "[domain-name:value = 'not a name']", "not a name", "", MATCH_SKIP_VALUE, 0 },
	{ "[domain-name:value = 'evil.example' AND ipv4-addr:value = '1.2.3.4']", "evil.example 1.2.3.4", "", MATCH_SKIP_NEVER, 0 },
};

static void patterns_become_values_or_a_reason(void **state)
{
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct match_build *b = match_build_new();
		struct match_counts c;
		struct match_index *x;
		struct fault f;
		bool searched = patterns[i].why < 0 || patterns[i].partial;

		assert_int_equal(test_add_indicator(b, 1, NULL, patterns[i].pattern, NULL, &f), ERR_OK);
		x = match_build_finish(b, &c);
		assert_non_null(x);
		check_hits(x, patterns[i].log, patterns[i].hits);
		assert_int_equal(c.indicators, searched);
		assert_int_equal(c.skipped, !searched);
		assert_int_equal(c.partial, patterns[i].partial);
		for (int w = 0; w < MATCH_SKIPS; w++) {
			if (c.why[w] != (size_t)(w == patterns[i].why))
				fail_msg("%s: %zu times: %s", patterns[i].pattern, c.why[w], match_skip_text((enum match_skip)w));
		}
		match_index_free(x);
	}
}

static void too_many_combinations_are_left_out_not_built(void **state)
{
	struct match_build *b = match_build_new();
	struct match_counts c;
	struct match_index *x;
	struct fault f;
	struct buf p;

	buf_init(&p, 1 << 20);
	buf_adds(&p, "[");
	for (int i = 0; i < 8; i++) {
		buf_adds(&p, i ? " AND ipv4-addr:value IN (" : "ipv4-addr:value IN (");
		for (int k = 0; k < 10; k++)
			buf_addf(&p, "%s'10.0.%d.%d'", k ? "," : "", i, k);
		buf_adds(&p, ")");
	}
	buf_adds(&p, "]");
	assert_true(buf_ok(&p));
	assert_int_equal(test_add_indicator(b, 1, NULL, p.p, NULL, &f), ERR_OK);
	x = match_build_finish(b, &c);
	assert_int_equal(c.skipped, 1);
	assert_int_equal(c.why[MATCH_SKIP_SIZE], 1);
	match_index_free(x);
	buf_release(&p);
}

static void the_newest_version_counts_and_a_revoked_one_ends_it(void **state)
{
	static const struct {
		struct {
			const char *modified, *pattern, *more;
		} add[3];
		const char *hits;
		size_t replaced, revoked;
	} rows[] = {
		{ { { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", "" }, { "2026-01-01T00:00:00.001Z", "[ipv4-addr:value = '2.2.2.2']", "" } }, "n1@1:2.2.2.2", 1, 0 },
		{ { { "2026-01-02T00:00:00.000Z", "[ipv4-addr:value = '2.2.2.2']", "" }, { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", "" } }, "n1@1:2.2.2.2", 1, 0 },
		{ { { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", "" }, { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '2.2.2.2']", "" } }, "n1@1:1.1.1.1", 0, 0 },
		{ { { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", "" }, { "2026-01-02T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", ",\"revoked\":true" } }, "", 0, 1 },
		{ { { "2026-01-02T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", ",\"revoked\":true" }, { "2026-01-03T00:00:00.000Z", "[ipv4-addr:value = '2.2.2.2']", "" } }, "", 0, 1 },
		{ { { "2026-01-01T00:00:00.000Z", "[ipv4-addr:value = '1.1.1.1']", "" }, { "2026-01-02T00:00:00.000Z", "[ipv4-addr:value LIKE '1.%']", "" } }, "", 1, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match_build *b = match_build_new();
		struct match_counts c;
		struct match_index *x;
		struct fault f;

		for (size_t k = 0; k < 3 && rows[i].add[k].pattern; k++)
			assert_int_equal(test_add_indicator(b, 1, rows[i].add[k].modified, rows[i].add[k].pattern, rows[i].add[k].more, &f), ERR_OK);
		x = match_build_finish(b, &c);
		check_hits(x, "1.1.1.1 2.2.2.2", rows[i].hits);
		assert_int_equal(c.replaced, rows[i].replaced);
		assert_int_equal(c.revoked, rows[i].revoked);
		match_index_free(x);
	}
}

static void validity_is_asked_when_a_hit_is_found(void **state)
{
	static const struct {
		const char *from, *until;
		bool hit;
	} rows[] = {
		{ "2026-11-23T00:00:00Z", "2026-11-23T00:00:00.000001Z", true },
		{ "2026-11-23T00:00:00.000001Z", "2027-01-01T00:00:00Z", false },
		{ "2026-01-01T00:00:00Z", "2026-11-23T00:00:00Z", false },
		{ "2026-01-01T00:00:00Z", NULL, true },
		{ "1990-01-01T00:00:00Z", "3000-01-01T00:00:00Z", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match_build *b = match_build_new();
		struct match_index *x;
		struct fault f;
		char text[1024];

		snprintf(text, sizeof(text),
			"{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-000000000001\",\"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\","
			"\"name\":\"n1\",\"pattern_type\":\"stix\",\"pattern\":\"[ipv4-addr:value = '1.2.3.4']\",\"valid_from\":\"%s\"%s%s%s}",
			rows[i].from, rows[i].until ? ",\"valid_until\":\"" : "", rows[i].until ? rows[i].until : "", rows[i].until ? "\"" : "");
		assert_int_equal(test_add_object(b, text, &f), ERR_OK);
		x = match_build_finish(b, NULL);
		check_hits(x, "1.2.3.4", rows[i].hit ? "n1@1:1.2.3.4" : "");
		match_index_free(x);
	}
}

static void broken_indicators_are_said_and_foreign_languages_skipped(void **state)
{
	struct match_build *b = match_build_new();
	struct match_counts c;
	struct match_index *x;
	struct fault f = { "", "" };

	assert_int_equal(test_add_indicator(b, 1, NULL, "[ipv4-addr:value = ]", NULL, &f), ERR_INVALID);
	assert_string_equal(f.where, "line 1 column 20");
	assert_int_equal(test_add_indicator(b, 2, NULL, "[ipv4-addr:value = '1.2.3.4']", ",\"valid_until\":\"tomorrow\"", &f), ERR_INVALID);
	assert_string_equal(f.where, "valid_until");
	assert_int_equal(test_add_object(b,
				 "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-000000000003\",\"created\":\"2026-01-01T00:00:00Z\","
				 "\"modified\":\"2026-01-01T00:00:00Z\",\"pattern_type\":\"yara\",\"pattern\":\"rule x\",\"valid_from\":\"2026-01-01T00:00:00Z\"}",
				 &f),
		ERR_OK);
	assert_int_equal(test_add_object(b, "{\"type\":\"domain-name\",\"spec_version\":\"2.1\",\"id\":\"domain-name--00000000-0000-4000-8000-000000000004\",\"value\":\"evil.example\"}", &f), ERR_OK);
	x = match_build_finish(b, &c);
	check_hits(x, "1.2.3.4 evil.example", "");
	assert_int_equal(c.skipped, 3);
	assert_int_equal(c.why[MATCH_SKIP_LANGUAGE], 1);
	match_index_free(x);
}

static bool note_tlp(void *ctx, const struct match_hit *h)
{
	buf_addf(ctx, "[%.*s]", SPAN_ARG(h->indicator->tlp));
	return true;
}

static void the_strictest_tlp_is_shown(void **state)
{
	static const struct {
		const char *more, *tlp;
	} rows[] = {
		{ "", "[]" },
		{ ",\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]", "[green]" },
		{ ",\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\",\"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421\"]", "[amber]" },
		{ ",\"labels\":[\"tlp:red\"]", "[red]" },
		{ ",\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-00000000000a\"]", "[unknown]" },
		{ ",\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-00000000000b\"]", "[]" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match_build *b = match_build_new();
		struct match_index *x;
		struct fault f;
		struct buf t;

		buf_init(&t, 1 << 10);
		assert_int_equal(test_add_indicator(b, 1, NULL, "[ipv4-addr:value = '1.2.3.4']", rows[i].more, &f), ERR_OK);
		assert_int_equal(test_add_object(b,
					 "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-00000000000a\",\"created\":\"2026-01-01T00:00:00Z\","
					 "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"purple\"}}",
					 &f),
			ERR_OK);
		x = match_build_finish(b, NULL);
		test_scan(x, SPAN("1.2.3.4"), 100, note_tlp, &t);
		assert_string_equal(t.p, rows[i].tlp);
		buf_release(&t);
		match_index_free(x);
	}
}

static void one_value_of_many_indicators_is_a_hit_for_each(void **state)
{
	struct match_build *b = match_build_new();
	struct match_counts c;
	struct match_index *x;
	struct fault f;

	for (int i = 1; i <= 3; i++)
		assert_int_equal(test_add_indicator(b, i, NULL, "[ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value IN ('1.2.3.4', '1.2.3.4/32')]", NULL, &f), ERR_OK);
	assert_int_equal(match_build_value(b, SPAN("1.2.3.4"), SPAN("a"), &f), ERR_OK);
	assert_int_equal(match_build_value(b, SPAN("1.2.3.4"), SPAN("a"), &f), ERR_OK);
	assert_int_equal(match_build_value(b, SPAN(" 1[.]2.3.4 "), SPAN("b"), &f), ERR_OK);
	x = match_build_finish(b, &c);
	assert_int_equal(c.indicators, 5);
	assert_int_equal(c.values, 1);
	check_hits(x, "1.2.3.4 1.2.3.4", "n1@1:1.2.3.4 n2@1:1.2.3.4 n3@1:1.2.3.4 1.2.3.4@1:1.2.3.4 1[.]2.3.4@1:1.2.3.4");
	match_index_free(x);
}

static void bare_values_are_understood_or_refused(void **state)
{
	static const struct {
		const char *text, *value; /* NULL: refused; "": skipped as a suffix */
	} rows[] = {
		{ "evil.example", "evil.example" },
		{ "EVIL.example.", "evil.example" },
		{ "*.evil.example", "evil.example" },
		{ ".evil.example", "evil.example" },
		{ "evil[.]example", "evil.example" },
		{ "evil(.)example", "evil.example" },
		{ "evil{.}example", "evil.example" },
		{ "evil[dot]example", "evil.example" },
		{ "evil dot example", "evil.example" },
		{ "hxxp://evil[.]example/a", "http://evil.example/a" },
		{ "hxxps[:]//evil.example", "https://evil.example/" },
		{ "hXXps[://]evil[.]example", "https://evil.example/" },
		{ "bob[at]evil[.]example", "bob@evil.example" },
		{ "198[.]51[.]100[.]7", "198.51.100.7" },
		{ "198.51.100.0/24", "198.51.100.0/24" },
		{ "2001:db8[:]:1", "2001:db8::1" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "::ffff:1.2.3.4", "1.2.3.4" },
		{ "D41D8CD98F00B204E9800998ECF8427E", MD5 },
		{ "evil.zip", "evil.zip" },
		{ "co.jp", "" },
		{ "com", NULL },
		{ "0.0.0.0/0", "" },
		{ "128.0.0.0/1", "" },
		{ "::/0", "" },
		{ "2001::/15", "" },
		{ "::/0", "" },
		{ "evil.123", NULL },
		{ "localhost", NULL },
		{ "github.io", "" },
		{ "", NULL },
		{ "two words", NULL },
		{ "1.2.3.400", NULL },
		{ "010.1.2.3", NULL },
		{ "1.2.3.4/33", NULL },
		{ "d41d8cd98f00b204e9800998ecf8427", NULL },
		{ "a..b", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match_build *b = match_build_new();
		struct match_counts c;
		struct match_index *x;
		struct fault f;
		enum err e = match_build_value(b, span_of(rows[i].text), SPAN("list"), &f);

		if (e != (rows[i].value ? ERR_OK : ERR_INVALID))
			fail_msg("%s: %s", rows[i].text, err_name(e));
		x = match_build_finish(b, &c);
		assert_int_equal(c.values, rows[i].value && *rows[i].value);
		if (c.values) {
			struct buf want;

			buf_init(&want, 1 << 10);
			buf_addf(&want, "%s@1:%s", rows[i].text, rows[i].value);
			check_hits(x, strchr(rows[i].value, '/') && !strstr(rows[i].value, "://") ? (strchr(rows[i].value, ':') ? "2001:db8::99" : "198.51.100.9") : rows[i].value, want.p);
			buf_release(&want);
		}
		match_index_free(x);
	}
}

/* A few hundred values of each kind: all are found, their neighbours are not. */
static void many_values_are_all_found_and_no_others(void **state)
{
	struct match_build *b = match_build_new();
	struct match_index *x;
	struct match_counts c;
	struct buf in, out, got;
	struct fault f;
	size_t hits = 0;

	buf_init(&in, 16 << 20);
	buf_init(&out, 16 << 20);
	buf_init(&got, 16 << 20);
	for (unsigned i = 0; i < 3000; i++) {
		char text[4][128];

		snprintf(text[0], sizeof(text[0]), "%u.%u.%u.7", 11 + i % 50, i / 50, i % 250);
		snprintf(text[1], sizeof(text[1]), "h%u.evil%u.example", i, i % 7);
		snprintf(text[2], sizeof(text[2]), "2001:db8:%x::%x", i, i + 1);
		snprintf(text[3], sizeof(text[3]), "%032x", i * 2654435761u + 1);
		for (int k = 0; k < 4; k++) {
			assert_int_equal(match_build_value(b, span_of(text[k]), SPAN("list"), &f), ERR_OK);
			buf_addf(&in, "%s\n", text[k]);
		}
		buf_addf(&out, "%u.%u.%u.8 x%u.evil%u.example 2001:db8:%x::%x %032x\n", 11 + i % 50, i / 50, i % 250, i, i % 7, i, i + 2, i * 2654435761u);
	}
	x = match_build_finish(b, &c);
	test_scan(x, buf_span(&in), 1000, test_note_hit, &got);
	for (size_t i = 0; i < got.n; i++)
		hits += got.p[i] == '@';
	assert_int_equal(hits, 12000);
	assert_int_equal(c.values, 12000);
	buf_clear(&got);
	test_scan(x, buf_span(&out), 1000, test_note_hit, &got);
	assert_int_equal(got.n, 0);
	match_index_free(x);
	buf_release(&in);
	buf_release(&out);
	buf_release(&got);
}

static void every_allocation_may_fail(void **state)
{
	bool done = false;

	for (long n = 0; !done; n++) {
		struct match_build *b;
		struct match_index *x = NULL;
		struct match_scan *s = NULL;
		struct buf got;
		struct fault f;
		bool added = false;

		buf_init(&got, 1 << 20);
		util_alloc_fail_after(n);
		b = match_build_new();
		if (b) {
			added = match_build_value(b, SPAN("evil.example"), SPAN("l"), &f) == ERR_OK && match_build_value(b, SPAN("http://evil.example/a"), SPAN("l"), &f) == ERR_OK;
			x = match_build_finish(b, NULL);
		}
		if (x)
			s = match_scan_new(x, TEST_NOW, test_note_hit, &got);
		if (s) {
			match_scan_feed(s, SPAN("http://evil.example/a\n"));
			match_scan_end(s);
			done = match_scan_ok(s) && added;
		}
		util_alloc_fail_after(-1);
		if (done)
			done = got.n > 0 && buf_ok(&got);
		match_scan_free(s);
		match_index_free(x);
		buf_release(&got);
		assert_true(n < 10000);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_become_values_or_a_reason),
		cmocka_unit_test(too_many_combinations_are_left_out_not_built),
		cmocka_unit_test(the_newest_version_counts_and_a_revoked_one_ends_it),
		cmocka_unit_test(validity_is_asked_when_a_hit_is_found),
		cmocka_unit_test(broken_indicators_are_said_and_foreign_languages_skipped),
		cmocka_unit_test(the_strictest_tlp_is_shown),
		cmocka_unit_test(one_value_of_many_indicators_is_a_hit_for_each),
		cmocka_unit_test(bare_values_are_understood_or_refused),
		cmocka_unit_test(many_values_are_all_found_and_no_others),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
