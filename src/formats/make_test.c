/* SPDX-License-Identifier: Apache-2.0 */
/* What is made is valid, says what was asked for, and nothing else comes out. */
#include "util/test.h"
#include "formats/make.h"

static uint8_t next_byte;

static void random_of_tests(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = next_byte++;
}

static const struct formats_world world = { { 1767312000000000 }, random_of_tests };

struct given {
	const char *property, *text; /* property "=": the value */
};

/* The object on one line, or the fault's sentence. */
static void make(const char *type, const struct given *g, struct buf *out)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	struct formats_draft *d;
	struct stix_findings found = { 0 };
	struct fault f = { "", "" };
	struct span id;
	struct json v;

	next_byte = 0;
	buf_init(out, 1 << 20);
	enum err e = formats_draft_new(a, span_of(type), &d, &f);
	for (; e == ERR_OK && g->property; g++) {
		if (g->property[0] == '=')
			e = formats_draft_value(d, span_of(g->text), &f);
		else if (g->property[0] == '!')
			e = formats_draft_raw(d, span_of(g->property + 1), span_of(g->text), &f);
		else
			e = formats_draft_set(d, g->property, span_of(g->text), &f);
	}
	if (e == ERR_OK)
		e = formats_draft_finish(d, &world, 0, out, &id, &found, &f);
	if (e != ERR_OK) {
		buf_clear(out);
		buf_addf(out, "%s: %s (%s)", err_name(e), f.what, f.where);
		return;
	}
	assert_int_equal(json_read(a, buf_span(out), &v, NULL), ERR_OK);
	assert_true(span_eq(json_string(json_get(v, "id")), id));
	assert_int_equal(found.errors, 0);
}

#define ID "identity--00000000-0000-4000-8000-000000000001"

static void every_type_can_be_made(void **state)
{
	/* what each wants besides its value or name */
	static const struct {
		const char *type;
		struct given with[4];
	} needs[] = {
		{ "indicator", { { "=", "evil.example" } } },
		{ "report", { { "name", "x" }, { "object_refs", ID } } },
		{ "grouping", { { "name", "x" }, { "object_refs", ID } } },
		{ "note", { { "content", "x" }, { "object_refs", ID } } },
		{ "opinion", { { "opinion", "agree" }, { "object_refs", ID } } },
		{ "observed-data", { { "object_refs", "ipv4-addr--00000000-0000-4000-8000-000000000001" } } },
		{ "malware-analysis", { { "product", "x" }, { "result", "benign" } } },
		{ "relationship", { { "source_ref", ID }, { "target_ref", ID } } },
		{ "sighting", { { "sighting_of_ref", ID } } },
		{ "location", { { "country", "JP" } } },
		{ "observable", { { "=", "198.51.100[.]7" } } },
		{ "ipv4-addr", { { "=", "198.51.100.7" } } },
		{ "ipv6-addr", { { "=", "2001:db8::1" } } },
		{ "domain-name", { { "=", "evil[.]example" } } },
		{ "url", { { "=", "hxxp://evil[.]example/" } } },
		{ "email-addr", { { "=", "a@evil.example" } } },
		{ "mac-addr", { { "=", "00:11:22:33:44:55" } } },
		{ "file", { { "=", "d41d8cd98f00b204e9800998ecf8427e" }, { "=", "a.exe" } } },
		{ "autonomous-system", { { "=", "AS64500" } } },
	};
	static const struct given name[2] = { { "=", "x" } };
	const char *type;
	size_t made = 0;

	for (size_t i = 0; (type = formats_type_at(i)) != NULL; i++) {
		const struct given *with = name;
		struct buf b;
		for (size_t k = 0; k < sizeof(needs) / sizeof(needs[0]); k++)
			with = strcmp(needs[k].type, type) == 0 ? needs[k].with : with;
		make(type, with, &b);
		if (!b.n || b.p[0] != '{')
			print_message("# %s: %s\n", type, b.p);
		assert_int_equal(b.p[0], '{');
		buf_release(&b);
		made++;
	}
	assert_true(made > 30);
}

static void an_indicator_is_made_of_its_value(void **state)
{
	static const struct given g[] = { { "=", "hxxps://Evil[.]example:443/a'b" }, { "indicator_types", "malicious-activity" }, { "valid_until", "2026-12-31" }, { "confidence", "80" }, { NULL } };
	struct buf b;

	make("indicator", g, &b);
	assert_string_equal(b.p, "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00010203-0405-4607-8809-0a0b0c0d0e0f\",\"created\":\"2026-01-02T00:00:00.000Z\",\"modified\":\"2026-01-02T00:00:00.000Z\","
				 "\"name\":\"https://evil.example/a'b\",\"pattern\":\"[url:value = 'https://evil.example/a\\\\'b']\",\"indicator_types\":[\"malicious-activity\"],"
				 "\"valid_until\":\"2026-12-31T00:00:00.000Z\",\"confidence\":80,\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-02T00:00:00.000Z\"}");
	buf_release(&b);
}

static void observables_have_their_deterministic_id(void **state)
{
	static const struct given g[] = { { "=", "198.51.100.3" }, { NULL } };
	struct buf b, c;

	make("ipv4-addr", g, &b);
	make("observable", g, &c);
	assert_string_equal(b.p, "{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"id\":\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\",\"value\":\"198.51.100.3\"}");
	assert_string_equal(b.p, c.p);
	buf_release(&b);
	buf_release(&c);
}

static void what_is_not_valid_does_not_come_out(void **state)
{
	static const struct {
		const char *type;
		struct given with[3];
		const char *says;
	} cases[] = {
		{ "indicater", { { NULL } }, "not-found: " },
		{ "indicator", { { "=", "no value" } }, "invalid: \"no value\" is no address" },
		{ "indicator", { { "pattern", "[x" } }, "invalid: " },
		{ "indicator", { { "=", "1.2.3.4" }, { "count", "3" } }, "invalid: indicator has no such property" },
		{ "indicator", { { "=", "1.2.3.4" }, { "valid_from", "soon" } }, "invalid: \"soon\" is no time" },
		{ "ipv4-addr", { { "=", "evil.example" } }, "invalid: \"evil.example\" is no ipv4-addr" },
		{ "note", { { "content", "x" } }, "invalid: " },
		{ "relationship", { { "source_ref", "x" }, { "target_ref", ID } }, "invalid: " },
		{ "report", { { "=", "x" } }, "usage: a report is not about one value" },
		{ "malware", { { "=", "x" }, { "!is_family", "3" } }, "invalid: " },
		{ "observable", { { "=", "hello" } }, "invalid: \"hello\" is no value that tells" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		make(cases[i].type, cases[i].with, &b);
		if (strncmp(b.p, cases[i].says, strlen(cases[i].says)) != 0)
			print_message("# %s: %s\n", cases[i].type, b.p);
		assert_int_equal(strncmp(b.p, cases[i].says, strlen(cases[i].says)), 0);
		buf_release(&b);
	}
}

static void a_report_refers_to_what_was_found(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	const struct formats_report r = { .name = SPAN("Case 7"), .tlp = STIX_TLP_AMBER, .confidence = 60, .created_by = SPAN(ID) };
	struct formats_findings found;
	struct json v;
	struct fault f = { "", "" };
	BUF_SCOPE struct buf b;
	size_t indicators = 0, refs = 0;

	buf_init(&b, 1 << 20);
	assert_int_equal(formats_extract(a, SPAN("hxxp://evil[.]example and 1.2.3.4, CVE-2021-44228, T1059, TA0001, 10.0.0.1"), NULL, &found, NULL), ERR_OK);
	assert_int_equal(formats_report(a, &found, &r, &world, &b, &f), ERR_OK);
	assert_int_equal(json_read(a, buf_span(&b), &v, NULL), ERR_OK);
	for (struct json_iter it = json_iter(json_get(v, "objects")); json_next(&it);) {
		struct span type = json_string(json_get(it.value, "type"));
		struct stix_findings bad = { 0 };
		assert_true(stix_validate(a, it.value, &bad));
		assert_int_equal(bad.errors, 0);
		indicators += span_is(type, "indicator");
		if (!span_is(type, "marking-definition"))
			assert_true(span_is(json_string(json_get(it.value, "created_by_ref")), ID));
		if (span_is(type, "report"))
			refs = json_count(json_get(it.value, "object_refs"));
	}
	assert_int_equal(indicators, 2);
	assert_int_equal(refs, 4); /* the private address is left out, the tactic is a reference */
	buf_clear(&b);
	found.n = 0;
	assert_int_equal(formats_report(a, &found, &r, &world, &b, &f), ERR_INVALID);
}

static void a_list_entry_becomes_an_indicator(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	const struct formats_indicator i = { .sort = FORMATS_IPV4, .value = SPAN("198.51.100.7"), .name = SPAN("C2"), .description = SPAN("seen"), .confidence = 70, .has_from = true, .from = { 1767225600000000 }, .tlp = STIX_TLP_RED, .line = 3 };
	const struct formats_report r = { .tlp = STIX_TLP_GREEN, .confidence = 20 };
	struct fault f = { "", "" };
	struct formats_indicator other = i;
	struct span id, again, third;
	BUF_SCOPE struct buf b;

	buf_init(&b, 1 << 20);
	other.value = SPAN("198.51.100.8");
	assert_int_equal(formats_make_indicator(a, &i, &r, &world, &b, &again, &f), ERR_OK);
	assert_int_equal(formats_make_indicator(a, &other, &r, &world, &b, &third, &f), ERR_OK);
	buf_clear(&b);
	assert_int_equal(formats_make_indicator(a, &i, &r, &world, &b, &id, &f), ERR_OK);
	assert_true(span_eq(id, again) && !span_eq(id, third));
	assert_non_null(strstr(b.p, "\"name\":\"C2\",\"description\":\"seen\",\"pattern\":\"[ipv4-addr:value = '198.51.100.7']\""));
	assert_non_null(strstr(b.p, "\"valid_from\":\"2026-01-01T00:00:00.000Z\",\"confidence\":70"));
	assert_non_null(strstr(b.p, stix_tlp_id(STIX_TLP_RED)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_can_be_made),
		cmocka_unit_test(an_indicator_is_made_of_its_value),
		cmocka_unit_test(observables_have_their_deterministic_id),
		cmocka_unit_test(what_is_not_valid_does_not_come_out),
		cmocka_unit_test(a_report_refers_to_what_was_found),
		cmocka_unit_test(a_list_entry_becomes_an_indicator),
	};

	return cmocka_run_group_tests_name("make", tests, NULL, NULL);
}
