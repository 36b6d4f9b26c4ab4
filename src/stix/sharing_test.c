/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/sharing.h"
#include "stix/testing_priv.h"

static struct arena *a;

static int start(void **state)
{
	a = arena_new(1 << 22);
	return a ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(a);
	return 0;
}

#define U "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define SCOPE(members) "{'type':'marking-definition','extensions':{'" STIX_EXT_SHARING "':{'extension_type':'property-extension'" members "}}}"

static void test_read(void **state)
{
	struct stix_sharing s;
	struct fault f;
	assert_int_equal(stix_sharing_read(a, test_json(a, SCOPE(",'agreement':'marking-definition--" U "','agreement_digest':'"
								 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff','named':['identity--" U "'],'countries':['JP','TH'],"
								 "'not_before':'2026-01-01T00:00:00Z','personal_data':'removed','exercise':'grouping--" U "'")),
				 &s, &f),
		ERR_OK);
	test_span(s.agreement, "marking-definition--" U);
	assert_int_equal(s.n_named, 1);
	assert_int_equal(s.n_countries, 2);
	test_span(s.countries[1], "TH");
	assert_true(s.has_not_before);
	assert_int_equal(s.personal, STIX_PERSONAL_REMOVED);
	test_span(s.exercise, "grouping--" U);
	assert_int_equal(stix_sharing_read(a, test_json(a, SCOPE("")), &s, &f), ERR_OK);
	assert_int_equal(s.n_named, 0);
	assert_false(s.has_not_before);
	assert_int_equal(stix_sharing_read(a, test_json(a, "{'type':'marking-definition'}"), &s, &f), ERR_NOTFOUND);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		SCOPE(",'agreement':'a1'"),
		SCOPE(",'agreement':5"),
		SCOPE(",'agreement_digest':'00'"),
		SCOPE(",'named':[]"),
		SCOPE(",'named':'identity--" U "'"),
		SCOPE(",'named':['somebody']"),
		SCOPE(",'countries':['jp']"),
		SCOPE(",'countries':['JPN']"),
		SCOPE(",'countries':[]"),
		SCOPE(",'not_before':'soon'"),
		SCOPE(",'not_before':null"),
		SCOPE(",'personal_data':'maybe'"),
		SCOPE(",'personal_data':true"),
		SCOPE(",'exercise':''"),
		SCOPE(",'future_restriction':true"),
		SCOPE(",'agreement_digest':'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'"),
		"{'extensions':{'" STIX_EXT_SHARING "':[]}}",
		"{'extensions':{'" STIX_EXT_SHARING "':{'extension_type':'new-sdo'}}}",
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stix_sharing s;
		struct fault f = { "", "" };
		if (stix_sharing_read(a, test_json(a, rows[i]), &s, &f) != ERR_INVALID)
			fail_msg("taken: %s", rows[i]);
		assert_true(f.what[0]);
	}
}

static void test_too_many(void **state)
{
	struct buf b BUF_SCOPE;
	struct json v;
	struct stix_sharing s;
	struct fault f;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "{\"extensions\":{\"" STIX_EXT_SHARING "\":{\"extension_type\":\"property-extension\",\"countries\":[\"JP\"");
	for (int i = 0; i < 256; i++)
		buf_adds(&b, ",\"TH\"");
	buf_adds(&b, "]}}}");
	assert_int_equal(json_read(a, buf_span(&b), &v, &f), ERR_OK);
	assert_int_equal(stix_sharing_read(a, v, &s, &f), ERR_LIMIT);
}

static void test_written(void **state)
{
	struct span named[] = { SPAN("identity--" U) }, countries[] = { SPAN("ID"), SPAN("JP") };
	struct stix_sharing s = { .agreement = SPAN("marking-definition--" U), .named = named, .n_named = 1, .countries = countries, .n_countries = 2, .has_not_before = true, .not_before = { 1700000000000000 }, .personal = STIX_PERSONAL_PRESENT, .exercise = SPAN("grouping--" U) }, again;
	struct buf b BUF_SCOPE;
	struct json v;
	struct fault f = { "", "" };
	buf_init(&b, 1 << 20);
	struct json_out o = json_out(&b);
	stix_sharing_write(&o, SPAN("marking-definition--" U), SPAN("identity--" U), (struct timestamp){ 0 }, &s);
	assert_int_equal(json_read(a, buf_span(&b), &v, &f), ERR_OK);
	assert_int_equal(stix_sharing_read(a, v, &again, &f), ERR_OK);
	assert_true(span_eq(s.agreement, again.agreement) && span_eq(s.exercise, again.exercise) && s.not_before.us == again.not_before.us);
	assert_int_equal(again.n_countries, 2);
	assert_int_equal(again.personal, STIX_PERSONAL_PRESENT);
	test_span(json_string(json_get(v, "created")), "1970-01-01T00:00:00.000000Z");
}

static void test_personal(void **state)
{
	static const struct {
		const char *text;
		bool personal;
	} rows[] = {
		{ "{'type':'email-addr','id':'email-addr--" U "','value':'a@b.example'}", true },
		{ "{'type':'user-account','id':'user-account--" U "','user_id':'1'}", true },
		{ "{'type':'email-message','id':'email-message--" U "','is_multipart':false}", true },
		{ "{'type':'identity','id':'identity--" U "','identity_class':'individual'}", true },
		{ "{'type':'identity','id':'identity--" U "','identity_class':'organization'}", false },
		{ "{'type':'identity','id':'identity--" U "'}", false },
		{ "{'type':'ipv4-addr','id':'ipv4-addr--" U "','value':'198.51.100.3'}", false },
		{ "{'type':'indicator','id':'indicator--" U "','pattern_type':'stix','pattern':\"[email-addr:value = 'a@b.example']\"}", true },
		{ "{'type':'indicator','id':'indicator--" U "','pattern_type':'stix','pattern':\"[file:name = 'x' OR user-account:user_id = 'u']\"}", true },
		{ "{'type':'indicator','id':'indicator--" U "','pattern_type':'stix','pattern':\"[process:creator_user_ref.account_login = 'u']\"}", true },
		{ "{'type':'indicator','id':'indicator--" U "','pattern_type':'stix','pattern':\"[file:name = 'email-addr']\"}", false },
		{ "{'type':'indicator','id':'indicator--" U "','pattern_type':'yara','pattern':'rule email-addr'}", false },
		{ "{'type':'observed-data','id':'observed-data--" U "','objects':{'0':{'type':'email-addr'}}}", true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stix_object o;
		struct fault f = { "", "" };
		/* patterns hold single quotes: these texts are taken as they are but for the others */
		struct buf b BUF_SCOPE;
		buf_init(&b, 4096);
		bool inside = false;
		for (const char *p = rows[i].text; *p; p++) {
			inside ^= *p == '"';
			buf_addc(&b, *p == '\'' && !inside ? '"' : *p);
		}
		struct json v;
		assert_int_equal(json_read(a, buf_span(&b), &v, &f), ERR_OK);
		assert_int_equal(stix_object_read(a, v, buf_span(&b), &o, &f), ERR_OK);
		if (stix_personal_data(a, &o) != rows[i].personal)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "a sharing scope is read", test_read, NULL, NULL, NULL },
		{ "a scope that is not understood to the letter is refused", test_refused, NULL, NULL, NULL },
		{ "lists of a scope are bounded", test_too_many, NULL, NULL, NULL },
		{ "a scope that was written is read back", test_written, NULL, NULL, NULL },
		{ "personal data is told by type and by what patterns compare", test_personal, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
