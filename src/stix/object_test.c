/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/object.h"
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

static struct stix_object read_ok(const char *text)
{
	struct stix_object o;
	struct fault f = { "", "" };
	if (stix_object_read(a, test_json(a, text), SPAN("raw"), &o, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	return o;
}

#define UUID4 "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define UUID5 "ff26c055-6336-5bc5-b98d-13d6226742dd"
#define TIMES "'created':'2020-01-01T00:00:00.000Z','modified':'2021-02-03T04:05:06.789Z'"

static void test_facts(void **state)
{
	struct stix_object o = read_ok("{'type':'indicator','spec_version':'2.1','id':'indicator--" UUID4 "'," TIMES ",'name':'n','revoked':true,"
				       "'created_by_ref':'identity--" UUID4 "'}");
	test_span(o.type, "indicator");
	assert_int_equal(o.kind, STIX_CLASS_SDO);
	test_span(o.spec_version, "2.1");
	test_span(o.version, "2021-02-03T04:05:06.789Z");
	assert_true(o.version_ns == INT64_C(1612325106789000000));
	assert_true(o.revoked);
	test_span(o.name, "n");
	test_span(o.created_by, "identity--" UUID4);
	test_span(o.raw, "raw");
	assert_int_equal(o.n_refs, 1);
	assert_true(o.refs[0].exempt);
}

static void test_versions_and_spec(void **state)
{
	static const struct {
		const char *text, *version, *spec;
	} rows[] = {
		{ "{'type':'ipv4-addr','id':'ipv4-addr--" UUID5 "','value':'198.51.100.3'}", STIX_NO_VERSION, "2.1" },
		{ "{'type':'malware','id':'malware--" UUID4 "'," TIMES "}", "2021-02-03T04:05:06.789Z", "2.0" },
		{ "{'type':'marking-definition','spec_version':'2.1','id':'marking-definition--" UUID4 "','created':'2020-01-01T00:00:00Z'}", "2020-01-01T00:00:00Z", "2.1" },
		{ "{'type':'x-thing','id':'x-thing--" UUID4 "'," TIMES "}", "2021-02-03T04:05:06.789Z", "2.0" },
		{ "{'type':'x-thing','id':'x-thing--" UUID4 "','value':1}", STIX_NO_VERSION, "2.1" },
		{ "{'type':'x-thing','id':'x-thing--" UUID4 "','created':'2020-01-01T00:00:00Z','extensions':{'extension-definition--" UUID4
		  "':{'extension_type':'new-sco'}}}",
			"2020-01-01T00:00:00Z", "2.1" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stix_object o = read_ok(rows[i].text);
		test_span(o.version, rows[i].version);
		test_span(o.spec_version, rows[i].spec);
	}
}

static void test_refs(void **state)
{
	struct stix_object o = read_ok("{'type':'report','spec_version':'2.1','id':'report--" UUID4 "'," TIMES ",'object_refs':['ipv4-addr--" UUID5 "','malware--" UUID4
				       "','no id','ipv4-addr--" UUID5 "'],'object_marking_refs':['marking-definition--" UUID4 "'],'granular_markings':[{'marking_ref':'marking-definition--" UUID5 "','selectors':['name']}],'x':{'deep':[{'some_ref':'file--" UUID5 "'}]},'extensions':{'extension-definition--" UUID4 "':{}},'plain':'file--" UUID4 "'}");
	static const struct {
		const char *id, *property;
		bool exempt, named;
	} want[] = {
		{ "ipv4-addr--" UUID5, "object_refs", false, true },
		{ "malware--" UUID4, "object_refs", false, false },
		{ "ipv4-addr--" UUID5, "object_refs", false, true },
		{ "marking-definition--" UUID4, "object_marking_refs", true, false },
		{ "marking-definition--" UUID5, "marking_ref", true, true },
		{ "file--" UUID5, "some_ref", false, true },
		{ "extension-definition--" UUID4, "extensions", true, false },
	};
	assert_int_equal(o.n_refs, COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		test_span(o.refs[i].id, want[i].id);
		assert_string_equal(o.refs[i].property, want[i].property);
		assert_int_equal(o.refs[i].exempt, want[i].exempt);
		assert_int_equal(o.refs[i].named, want[i].named);
	}
	assert_int_equal(o.n_markings, 2);
	assert_true(o.has_granular);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
		{ "[]", "" },
		{ "{'id':'malware--" UUID4 "'}", "type" },
		{ "{'type':'malware'}", "id" },
		{ "{'type':5,'id':'malware--" UUID4 "'}", "type" },
		{ "{'type':'Malware','id':'Malware--" UUID4 "'}", "type" },
		{ "{'type':'ab','id':'ab--" UUID4 "'}", "type" },
		{ "{'type':'tool','id':'malware--" UUID4 "'}", "id" },
		{ "{'type':'tool','id':'tool--blablabla'}", "id" },
		{ "{'type':'tool','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3g'}", "id" },
		{ "{'type':'tool','id':'tool--" UUID4 "','created':'2020-02-30T00:00:00Z'}", "created" },
		{ "{'type':'tool','id':'tool--" UUID4 "','modified':7}", "modified" },
		{ "{'type':'tool','id':'tool--" UUID4 "','created_by_ref':[]}", "created_by_ref" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stix_object o;
		struct fault f = { "", "" };
		assert_int_equal(stix_object_read(a, test_json(a, rows[i].text), SPAN(""), &o, &f), ERR_INVALID);
		assert_string_equal(f.where, rows[i].where);
		assert_true(f.what[0]);
	}
}

static void test_ids(void **state)
{
	struct stix_id id;
	assert_int_equal(stix_id_parse(SPAN("x-a-b--" UUID4), &id, NULL), ERR_OK);
	test_span(id.type, "x-a-b");
	assert_int_equal(stix_id_parse(SPAN("x-a--b--" UUID4), &id, NULL), ERR_INVALID);
	assert_int_equal(uuid_version(&id.uuid), 4);
	assert_int_equal(stix_id_parse(SPAN("tool--8E2E2D2B-17d4-4cbf-938f-98ee46b3cd3f"), &id, NULL), ERR_OK);
	assert_int_equal(stix_id_parse(SPAN("tool-" UUID4), &id, NULL), ERR_INVALID);
	assert_int_equal(stix_id_parse(SPAN(""), &id, NULL), ERR_INVALID);
	assert_int_equal(stix_id_parse((struct span){ "tool\0-a--" UUID4, 45 }, &id, NULL), ERR_INVALID);
	assert_true(stix_id_is(SPAN("tool--" UUID4), "tool"));
	assert_false(stix_id_is(SPAN("tool--" UUID4), "malware"));
}

/* The first is the standard's own vector (§2.9; the id of the example in §6.8 is not made by its rule); the others were computed from §2.9 with another program. */
static void test_deterministic(void **state)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{ "{'type':'ipv4-addr','value':'198.51.100.3'}", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" },
		{ "{'type':'domain-name','value':'example.com'}", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7" },
		{ "{'type':'mutex','name':'x'}", "mutex--e1bd4405-6ecd-5374-b3e1-ec82ba3cd528" },
		{ "{'type':'autonomous-system','number':64496,'name':'not counted'}", "autonomous-system--9ad79ee3-2fde-5015-b0cc-7a96404effca" },
		{ "{'type':'file','hashes':{'SHA-1':'ab','MD5':'cd'},'name':'f'}", "file--1b25f449-c33d-5e3e-b62e-91cd549a00b5" },
	};
	struct span id, again;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(stix_observable_id(a, test_json(a, rows[i].text), &id));
		test_span(id, rows[i].id);
	}
	assert_false(stix_observable_id(a, test_json(a, "{'type':'process','pid':1}"), &id));
	assert_false(stix_observable_id(a, test_json(a, "{'type':'malware','name':'m'}"), &id));
	assert_false(stix_observable_id(a, test_json(a, "{'type':'file','size':1}"), &id));
	/* of several hashes only the first of the standard's order counts, and the order of members does not */
	assert_true(stix_observable_id(a, test_json(a, "{'type':'file','hashes':{'SHA-256':'ab','MD5':'cd'},'name':'f'}"), &id));
	assert_true(stix_observable_id(a, test_json(a, "{'name':'f','hashes':{'MD5':'cd','SHA-1':'00'},'type':'file','size':3}"), &again));
	assert_true(span_eq(id, again));
	assert_true(stix_observable_id(a, test_json(a, "{'name':'f','hashes':{'MD5':'ce'},'type':'file'}"), &again));
	assert_false(span_eq(id, again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the facts of an object are read", test_facts, NULL, NULL, NULL },
		{ "version and spec_version are told where they are not given", test_versions_and_spec, NULL, NULL, NULL },
		{ "every reference is found, with what it is", test_refs, NULL, NULL, NULL },
		{ "what is no object is refused with its place", test_refused, NULL, NULL, NULL },
		{ "identifiers are taken apart", test_ids, NULL, NULL, NULL },
		{ "observables get the standard's deterministic ids", test_deterministic, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
