/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/marking.h"
#include "stix/testing_priv.h"

static struct arena *a;

static int start(void **state)
{
	a = arena_new(1 << 20);
	return a ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(a);
	return 0;
}

static void test_words(void **state)
{
	static const struct {
		const char *word;
		bool ok;
		enum stix_tlp level;
	} rows[] = {
		{ "clear", true, STIX_TLP_CLEAR },
		{ "WHITE", true, STIX_TLP_CLEAR },
		{ "tlp:Green", true, STIX_TLP_GREEN },
		{ "TLP: amber", true, STIX_TLP_AMBER },
		{ "TLP:AMBER+STRICT", true, STIX_TLP_AMBER_STRICT },
		{ "red", true, STIX_TLP_RED },
		{ "unknown", true, STIX_TLP_UNKNOWN },
		{ "none", true, STIX_TLP_NONE },
		{ "amber strict", false, 0 },
		{ "", false, 0 },
		{ "tlp:", false, 0 },
		{ "reddish", false, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum stix_tlp t = STIX_TLP_NONE;
		assert_int_equal(stix_tlp_parse(span_of(rows[i].word), &t), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(t, rows[i].level);
	}
}

static void test_registered(void **state)
{
	for (enum stix_tlp t = STIX_TLP_CLEAR; t <= STIX_TLP_RED; t++) {
		struct json d;
		struct fault f;
		assert_int_equal(json_read(a, stix_tlp_definition(t), &d, &f), ERR_OK);
		assert_int_equal(stix_tlp_of_definition(d), t);
		assert_int_equal(stix_tlp_of_id(span_of(stix_tlp_id(t))), t);
		test_span(json_string(json_get(d, "id")), stix_tlp_id(t));
		enum stix_tlp again;
		assert_true(stix_tlp_parse(span_of(stix_tlp_name(t)), &again) && again == t);
	}
	assert_int_equal(stix_tlp_of_id(SPAN("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9")), STIX_TLP_CLEAR);
	assert_int_equal(stix_tlp_of_id(SPAN("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82")), STIX_TLP_AMBER);
	assert_int_equal(stix_tlp_of_id(SPAN("marking-definition--f88d31f6-486f-44da-b317-01333bde0b83")), STIX_TLP_NONE);
	assert_null(stix_tlp_id(STIX_TLP_NONE));
	assert_null(stix_tlp_id(STIX_TLP_UNKNOWN));
}

#define OTHER "'type':'marking-definition','id':'marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f'"
#define FIRST_GREEN "'type':'marking-definition','id':'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'"
#define EXT "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

static void test_lookalikes(void **state)
{
	static const struct {
		const char *text;
		enum stix_tlp level;
	} rows[] = {
		{ "{" FIRST_GREEN ",'definition_type':'tlp','definition':{'tlp':'green'},'name':'TLP:GREEN'}", STIX_TLP_GREEN },
		{ "{" FIRST_GREEN ",'definition_type':'tlp','definition':{'tlp':'green'}}", STIX_TLP_GREEN },
		{ "{" FIRST_GREEN ",'definition_type':'tlp','definition':{'tlp':'red'}}", STIX_TLP_UNKNOWN },
		{ "{" FIRST_GREEN ",'definition_type':'tlp','definition':{'tlp':'green'},'name':'TLP:RED'}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'definition_type':'tlp','definition':{'tlp':'green'}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'definition_type':'TLP','definition':{}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'name':'TLP:GREEN','extensions':{'" EXT "':{'extension_type':'property-extension','tlp_2_0':'green'}}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'extensions':{'" EXT "':{}}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'name':'tlp amber','definition_type':'statement','definition':{'statement':'s'}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'extensions':{'extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a':{'tlp':'amber'}}}", STIX_TLP_UNKNOWN },
		{ "{" OTHER ",'name':'House rules','definition_type':'statement','definition':{'statement':'s'}}", STIX_TLP_NONE },
		{ "{" OTHER ",'name':'tlpx','extensions':{'extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4b':{'a':'amber'}}}", STIX_TLP_NONE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum stix_tlp t = stix_tlp_of_definition(test_json(a, rows[i].text));
		if (t != rows[i].level)
			fail_msg("%s is %s", rows[i].text, stix_tlp_name(t));
	}
}

static void test_labels(void **state)
{
	static const struct {
		const char *text;
		enum stix_tlp level;
	} rows[] = {
		{ "{}", STIX_TLP_NONE },
		{ "{'labels':['apt']}", STIX_TLP_NONE },
		{ "{'labels':['tlp:amber','x']}", STIX_TLP_AMBER },
		{ "{'labels':['tlp:green','TLP:RED']}", STIX_TLP_RED },
		{ "{'labels':['tlp:ex:chr']}", STIX_TLP_UNKNOWN },
		{ "{'labels':['tlp:none']}", STIX_TLP_UNKNOWN },
		{ "{'labels':['TLP-AMBER']}", STIX_TLP_UNKNOWN },
		{ "{'labels':['tlp:white']}", STIX_TLP_CLEAR },
		{ "{'labels':['tlpish']}", STIX_TLP_NONE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(stix_tlp_of_labels(test_json(a, rows[i].text)), rows[i].level);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "words of TLP are read in any case, and only those", test_words, NULL, NULL, NULL },
		{ "the registered definitions stand for themselves", test_registered, NULL, NULL, NULL },
		{ "what only looks like TLP is unknown", test_lookalikes, NULL, NULL, NULL },
		{ "the strictest TLP label counts", test_labels, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
