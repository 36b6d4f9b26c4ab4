/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/testing_priv.h"
#include "stix/validate.h"
#include "util/bounds.h"

static struct arena *a;

static int start(void **state)
{
	a = arena_new(1 << 26);
	return a ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(a);
	return 0;
}

#define U4 "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define V5 "ff26c055-6336-5bc5-b98d-13d6226742dd"
#define TIMES "'created':'2020-01-01T00:00:00.000Z','modified':'2020-01-01T00:00:00.000Z'"
#define HEAD(t) "'type':'" t "','spec_version':'2.1','id':'" t "--" U4 "'"
#define SDO(t, more) "{" HEAD(t) "," TIMES more "}"
#define SCO(t, more) "{'type':'" t "','spec_version':'2.1','id':'" t "--" V5 "'" more "}"
#define REF(t) "'" t "--" U4 "'"
#define EXT "'extension-definition--" U4 "'"
#define PORTS ",'src_port':1024,'dst_port':443"

/* "E code path" for the first error, "W code path" for the first warning where there is no error, "" for neither. */
struct row {
	const char *text, *want;
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct stix_findings out;
		char got[256] = "";
		assert_true(stix_validate(a, test_json(a, rows[i].text), &out));
		for (int severity = STIX_ERROR; severity <= STIX_WARNING && !got[0]; severity++) {
			for (size_t k = 0; k < out.n && !got[0]; k++) {
				if ((int)out.v[k].severity == severity)
					snprintf(got, sizeof got, "%c %s %s", severity == STIX_ERROR ? 'E' : 'W', out.v[k].code, out.v[k].path);
			}
		}
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s\ngives \"%s\" (%s), want \"%s\"", rows[i].text, got, out.n ? out.v[0].what : "", rows[i].want);
		for (size_t k = 0; k < out.n; k++) {
			assert_true(out.v[k].what[0] && out.v[k].rule[0]);
			assert_true(strncmp(out.v[k].rule, "STIX 2.", 7) == 0 || strncmp(out.v[k].rule, "RFC 8259", 8) == 0);
		}
		assert_int_equal(out.errors + out.warnings, out.n);
	}
}
#define CHECK(rows) check(rows, COUNT_OF(rows))

static void test_minimal(void **state)
{
	static const struct row rows[] = {
		{ SDO("attack-pattern", ",'name':'n'"), "" },
		{ SDO("campaign", ",'name':'n'"), "" },
		{ SDO("course-of-action", ",'name':'n'"), "" },
		{ SDO("grouping", ",'context':'unspecified','object_refs':[" REF("tool") "]"), "" },
		{ SDO("identity", ",'name':'n'"), "" },
		{ SDO("incident", ",'name':'n'"), "" },
		{ SDO("infrastructure", ",'name':'n'"), "" },
		{ SDO("intrusion-set", ",'name':'n'"), "" },
		{ SDO("location", ",'country':'JP'"), "" },
		{ SDO("malware", ",'is_family':false"), "" },
		{ SDO("malware-analysis", ",'product':'p','result':'benign'"), "" },
		{ SDO("note", ",'content':'c','object_refs':[" REF("tool") "]"), "" },
		{ SDO("observed-data", ",'first_observed':'2020-01-01T00:00:00Z','last_observed':'2020-01-01T00:00:00Z','number_observed':1,'object_refs':[" REF("file") "]"), "" },
		{ SDO("opinion", ",'opinion':'agree','object_refs':[" REF("tool") "]"), "" },
		{ SDO("report", ",'name':'n','published':'2020-01-01T00:00:00Z','object_refs':[" REF("tool") "]"), "" },
		{ SDO("threat-actor", ",'name':'n'"), "" },
		{ SDO("tool", ",'name':'n'"), "" },
		{ SDO("vulnerability", ",'name':'n'"), "" },
		{ SDO("relationship", ",'relationship_type':'related-to','source_ref':" REF("tool") ",'target_ref':" REF("tool")), "" },
		{ SDO("sighting", ",'sighting_of_ref':" REF("indicator")), "" },
		{ SCO("artifact", ",'payload_bin':'AAAA'"), "" },
		{ SCO("autonomous-system", ",'number':64496"), "" },
		{ SCO("directory", ",'path':'/'"), "" },
		{ SCO("domain-name", ",'value':'evil.example'"), "" },
		{ SCO("email-addr", ",'value':'a@b.example'"), "" },
		{ SCO("email-message", ",'is_multipart':false,'subject':'s'"), "" },
		{ SCO("file", ",'name':'n'"), "" },
		{ SCO("ipv4-addr", ",'value':'198.51.100.3'"), "" },
		{ SCO("ipv6-addr", ",'value':'2001:db8::1'"), "" },
		{ SCO("mac-addr", ",'value':'00:00:5e:00:53:af'"), "" },
		{ SCO("mutex", ",'name':'n'"), "" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") PORTS), "" },
		{ "{" HEAD("process") ",'pid':1}", "" },
		{ SCO("software", ",'name':'n'"), "" },
		{ SCO("url", ",'value':'https://evil.example/'"), "" },
		{ SCO("user-account", ",'user_id':'1'"), "" },
		{ SCO("windows-registry-key", ",'key':'HKEY_USERS'"), "" },
		{ SCO("x509-certificate", ",'serial_number':'1'"), "" },
		{ SDO("language-content", ",'object_ref':" REF("tool") ",'contents':{'ja':{'name':'道具'}}"), "" },
		{ "{" HEAD("marking-definition") ",'created':'2020-01-01T00:00:00Z','definition_type':'statement','definition':{'statement':'s'}}", "" },
		{ SDO("extension-definition", ",'created_by_ref':" REF("identity") ",'name':'n','schema':'s','version':'1.0.0','description':'d','extension_types':['property-extension']"), "" },
		{ "{'type':'bundle','id':" REF("bundle") "}", "" },
	};
	CHECK(rows);
}

static void test_common(void **state)
{
	static const struct row rows[] = {
		{ "[]", "E wrong-type " },
		{ "{}", "E missing-property type" },
		{ "{'type':7}", "E wrong-type type" },
		{ "{'type':'A-b'}", "E bad-type type" },
		{ "{'type':'a--b','id':'a--b--" U4 "'}", "E bad-type type" },
		{ SDO("tool", ""), "E missing-property name" },
		{ "{'type':'tool','spec_version':'2.1','id':" REF("tool") ",'name':'n'}", "E missing-property created" },
		{ SDO("grouping", ",'context':'unspecified','object_refs':[]"), "E empty-list object_refs" },
		{ SDO("tool", ",'name':5"), "E wrong-type name" },
		{ SDO("tool", ",'name':'n','revoked':'yes'"), "E wrong-type revoked" },
		{ SDO("tool", ",'name':'n','confidence':101"), "E out-of-range confidence" },
		{ SDO("tool", ",'name':'n','confidence':1.5"), "E wrong-type confidence" },
		{ SDO("tool", ",'name':'n','confidence':50.0"), "" },
		{ SDO("tool", ",'name':'n','labels':[]"), "E empty-list labels" },
		{ SDO("tool", ",'name':'n','labels':['a',1]"), "E wrong-type labels[1]" },
		{ SDO("tool", ",'name':'n','lang':'zz'"), "E bad-value lang" },
		{ SDO("tool", ",'name':'n','lang':'zh-Hant-TW'"), "" },
		{ SDO("tool", ",'name':'n','created_by_ref':" REF("tool")), "" },
		{ SDO("tool", ",'name':'n','object_marking_refs':[" REF("tool") "]"), "E wrong-target object_marking_refs[0]" },
		{ SDO("tool", ",'name':'n','name':'m'"), "E duplicate-key name" },
		{ SDO("tool", ",'name':'n','x_a_b':1,'x_a_b':2"), "E duplicate-key x_a_b" },
		{ SDO("tool", ",'name':'n','x_a_b':{'k':1,'k':2}"), "E duplicate-key x_a_b" },
		{ "{'type':'tool','spec_version':'2.2','id':" REF("tool") "," TIMES ",'name':'n'}", "E not-in-enum spec_version" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--" U4 "','created':'2020-01-01T00:00:00Z','modified':'2020-01-01T00:00:00.000Z','name':'n'}",
			"E timestamp-precision created" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--" U4 "','created':'2020-01-01T00:00:00.0001Z','modified':'2020-01-01T00:00:00.000Z','name':'n'}",
			"E time-order modified" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--" U4 "','created':'2019-02-29T00:00:00.000Z','modified':'2020-01-01T00:00:00.000Z','name':'n'}",
			"E bad-timestamp created" },
		{ "{'type':'tool','spec_version':'2.1','id':'malware--" U4 "'," TIMES ",'name':'n'}", "E id-type id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-0cbf-938f-98ee46b3cd3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3\\u007f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3\\u00e9'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3c/3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3c:3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46`3cd3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-938f-98ee46g3cd3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8e2e2d2b-17d4-4cbf-c38f-98ee46b3cd3f'," TIMES ",'name':'n'}", "E bad-id id" },
		{ "{'type':'tool','spec_version':'2.1','id':'tool--8E2E2D2B-17d4-4cbf-938f-98ee46b3cd3f'," TIMES ",'name':'n'}", "W upper-case-id id" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'s'}]"), "E needs-one-of external_references[0]" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'cve','external_id':'CVE-24-1'}]"), "E bad-reference external_references[0].external_id" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'CVE','external_id':'CVE-2024-1234'}]"), "E bad-reference external_references[0].source_name" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'s','url':'https://a.example/','hashes':{'SHA-256':'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}}]"), "" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'s','url':'https://a.example/','hashes':{'sha256':'00'}}]"), "E bad-hash-name external_references[0].hashes.sha256" },
		{ SDO("tool", ",'name':'n','external_references':[{'source_name':'s','url':'x y'}]"), "E bad-value external_references[0].url" },
		{ SDO("tool", ",'name':'n','kill_chain_phases':[{'kill_chain_name':'k'}]"), "E missing-property kill_chain_phases[0].phase_name" },
		{ SDO("tool", ",'name':'n','granular_markings':[{'selectors':['name'],'marking_ref':" REF("marking-definition") "}]"), "" },
		{ SDO("tool", ",'name':'n','labels':['a'],'granular_markings':[{'selectors':['labels.[0]'],'lang':'ja'}]"), "" },
		{ SDO("tool", ",'name':'n','labels':['a'],'granular_markings':[{'selectors':['labels.[1]'],'lang':'ja'}]"), "E bad-selector granular_markings[0].selectors[0]" },
		{ SDO("tool", ",'name':'n','granular_markings':[{'selectors':['nothing'],'lang':'ja'}]"), "E bad-selector granular_markings[0].selectors[0]" },
		{ SDO("tool", ",'name':'n','granular_markings':[{'selectors':['name']}]"), "E only-one-of granular_markings[0]" },
		{ SDO("tool", ",'name':'n','tool_types':['remote-acces']"), "W not-in-vocabulary tool_types[0]" },
	};
	CHECK(rows);
}

static void test_custom(void **state)
{
	static const struct row rows[] = {
		{ SDO("tool", ",'name':'n','x_acme_score':5"), "W custom-property x_acme_score" },
		{ SDO("tool", ",'name':'n','score':5"), "W unknown-property score" },
		{ SDO("tool", ",'name':'n','severity':5"), "E reserved-name severity" },
		{ SDO("tool", ",'name':'n','x-acme':5"), "E bad-name x-acme" },
		{ SDO("tool", ",'name':'n','x_Acme':5"), "E bad-name x_Acme" },
		{ SDO("tool", ",'name':'n','x_acmeCo':5"), "W loose-name x_acmeCo" },
		{ SDO("tool", ",'name':'n','ab':5"), "E bad-name ab" },
		{ SDO("tool", ",'name':'n','x_a b':5"), "E bad-name x_a b" },
		{ SDO("tool", ",'name':'n','x_acme':null"), "E null-value x_acme" },
		{ SDO("tool", ",'name':'n','x_acme':[]"), "E empty-list x_acme" },
		{ SDO("tool", ",'name':'n','x_acme_hex':'0g'"), "E bad-hex x_acme_hex" },
		{ SDO("tool", ",'name':'n','x_acme_bin':'A?'"), "E bad-binary x_acme_bin" },
		{ SDO("tool", ",'name':'n','rank':5,'extensions':{'extension-definition--" U4 "':{'extension_type':'toplevel-property-extension'}}"), "" },
		{ SDO("tool", ",'name':'n','extensions':{'extension-definition--" U4 "':{'extension_type':'property-extension','rank':5}}"), "" },
		{ SDO("tool", ",'name':'n','extensions':{'extension-definition--" U4 "':{'rank':5}}"), "E missing-property extensions.extension-definition--" U4 ".extension_type" },
		{ SDO("tool", ",'name':'n','extensions':{'extension-definition--" U4 "':{'extension_type':'something'}}"),
			"E not-in-enum extensions.extension-definition--" U4 ".extension_type" },
		{ SDO("tool", ",'name':'n','extensions':{}"), "E empty-dictionary extensions" },
		{ SDO("tool", ",'name':'n','extensions':{'x-foobar':{'foo':1}}"), "E bad-extension extensions.x-foobar" },
		{ SCO("file", ",'name':'n','extensions':{'x-acme-ext':{'foo':1}}"), "W custom-extension extensions.x-acme-ext" },
		{ SCO("mutex", ",'name':'n','extensions':{'ntfs-ext':{'sid':'1'}}"), "W extension-place extensions.ntfs-ext" },
		{ SDO("x-acme-thing", ""), "W custom-type type" },
		{ SCO("x-acme-thing", ",'some_value':1"), "W custom-type type" },
		{ SDO("x-acme-thing", ",'thing':1,'extensions':{'extension-definition--" U4 "':{'extension_type':'new-sdo'}}"), "" },
		{ SCO("x-acme-thing", ",'thing':1,'extensions':{'extension-definition--" U4 "':{'extension_type':'new-sco'}}"), "" },
		{ SCO("x-acme-thing", ",'extensions':{'extension-definition--" U4 "':{'extension_type':'new-sdo'}}"), "E missing-property created" },
		{ "{'type':'action','id':" REF("action") "}", "E bad-type type" },
	};
	CHECK(rows);
}

#define PATTERN(p, more) SDO("indicator", ",'name':'n','description':'d','pattern_type':'stix','valid_from':'2020-01-01T00:00:00Z','pattern':" p more)

#define CONTAINER(objects) SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-02T00:00:00Z','number_observed':1,'objects':{" objects "}")

static void test_domain(void **state)
{
	static const struct row rows[] = {
		{ PATTERN("'[file:name = 5]'", ""), "" },
		{ PATTERN("'[file:name = '", ""), "E bad-pattern pattern" },
		{ PATTERN("'[ab:name = 5]'", ""), "E bad-pattern pattern" },
		{ PATTERN("'[file:n = 5]'", ""), "E bad-pattern pattern" },
		{ PATTERN("'[file:name = 5]'", ",'valid_until':'2020-01-01T00:00:00Z'"), "E time-order valid_until" },
		{ SDO("indicator", ",'name':'n','description':'d','pattern_type':'sigma','valid_from':'2020-01-01T00:00:00Z','pattern':'not stix'"), "" },
		{ SDO("indicator", ",'name':'n','description':'d','pattern_type':'prose','valid_from':'2020-01-01T00:00:00Z','pattern':'not stix'"), "W not-in-vocabulary pattern_type" },
		{ SDO("campaign", ",'name':'n','first_seen':'2020-01-02T00:00:00Z','last_seen':'2020-01-01T00:00:00Z'"), "E time-order last_seen" },
		{ SDO("campaign", ",'name':'n','first_seen':'2020-01-02T00:00:00Z','last_seen':'2020-01-02T00:00:00Z'"), "" },
		{ SDO("location", ",'city':'Tokyo'"), "E needs-one-of " },
		{ SDO("location", ",'latitude':35"), "E needs-one-of " },
		{ SDO("location", ",'latitude':35.1,'longitude':139.5,'precision':10"), "" },
		{ SDO("location", ",'region':'asia','precision':10"), "E needs-one-of precision" },
		{ SDO("location", ",'latitude':91,'longitude':0"), "E out-of-range latitude" },
		{ SDO("location", ",'country':'jp'"), "" },
		{ SDO("location", ",'country':'XX'"), "W country country" },
		{ SDO("malware", ",'is_family':true"), "E missing-property name" },
		{ SDO("malware", ",'is_family':'true'"), "E wrong-type is_family" },
		{ SDO("malware", ",'is_family':false,'sample_refs':[" REF("url") "]"), "E wrong-target sample_refs[0]" },
		{ SDO("malware-analysis", ",'product':'p'"), "E needs-one-of " },
		{ SDO("malware-analysis", ",'product':'p','analysis_sco_refs':[" REF("tool") "]"), "E wrong-target analysis_sco_refs[0]" },
		{ SDO("malware-analysis", ",'product':'p','analysis_sco_refs':[" REF("x-acme-sco") "]"), "" },
		{ SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-01T00:00:00Z','number_observed':1,'object_refs':[" REF("file") "]"), "E time-order last_observed" },
		{ SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-02T00:00:00Z','number_observed':0,'object_refs':[" REF("file") "]"), "E out-of-range number_observed" },
		{ SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-02T00:00:00Z','number_observed':1,'object_refs':[" REF("sighting") "]"), "E needs-one-of object_refs" },
		{ SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-02T00:00:00Z','number_observed':1"), "E only-one-of " },
		{ SDO("observed-data", ",'first_observed':'2020-01-02T00:00:00Z','last_observed':'2020-01-02T00:00:00Z','number_observed':1,'objects':{'0':{'type':'file','name':'n'}}"), "W deprecated objects" },
		{ CONTAINER("'0':{'type':'ipv4-addr','value':'198.51.100.3'},'1':{'type':'domain-name','value':'a.example','resolves_to_refs':['0']}"), "W deprecated objects" },
		{ CONTAINER("'0':{'type':'mutex','name':'n'},'1':{'type':'domain-name','value':'a.example','resolves_to_refs':['0']}"), "E unresolved-key objects.1.resolves_to_refs[0]" },
		{ CONTAINER("'0':{'type':'domain-name','value':'a.example','resolves_to_refs':['7']}"), "E unresolved-key objects.0.resolves_to_refs[0]" },
		{ CONTAINER("'0':{'type':'ipv4-addr','value':'x'}"), "E bad-value objects.0.value" },
		{ CONTAINER("'0':{'type':'tool','name':'n'}"), "E wrong-target objects.0.type" },
		{ SDO("opinion", ",'opinion':'maybe','object_refs':[" REF("tool") "]"), "E not-in-enum opinion" },
		{ SDO("relationship", ",'relationship_type':'uses','source_ref':" REF("malware") ",'target_ref':" REF("tool")), "" },
		{ SDO("relationship", ",'relationship_type':'uses','source_ref':" REF("tool") ",'target_ref':" REF("malware")), "W relationship-type relationship_type" },
		{ SDO("relationship", ",'relationship_type':'consists-of','source_ref':" REF("infrastructure") ",'target_ref':" REF("url")), "" },
		{ SDO("relationship", ",'relationship_type':'Uses','source_ref':" REF("tool") ",'target_ref':" REF("tool")), "E bad-value relationship_type" },
		{ SDO("relationship", ",'relationship_type':'uses','source_ref':" REF("sighting") ",'target_ref':" REF("tool")), "E wrong-target source_ref" },
		{ SDO("relationship", ",'relationship_type':'uses','source_ref':'tool--1','target_ref':" REF("tool")), "E bad-id source_ref" },
		{ SDO("relationship", ",'relationship_type':'uses','source_ref':" REF("tool") ",'target_ref':" REF("tool") ",'start_time':'2020-01-01T00:00:00Z','stop_time':'2020-01-01T00:00:00Z'"), "E time-order stop_time" },
		{ SDO("sighting", ",'sighting_of_ref':" REF("relationship")), "E wrong-target sighting_of_ref" },
		{ SDO("sighting", ",'sighting_of_ref':" REF("url")), "W sighting-target sighting_of_ref" },
		{ SDO("sighting", ",'sighting_of_ref':" REF("tool") ",'where_sighted_refs':[" REF("tool") "]"), "E wrong-target where_sighted_refs[0]" },
		{ SDO("sighting", ",'sighting_of_ref':" REF("tool") ",'count':-1"), "E out-of-range count" },
	};
	CHECK(rows);
}

static void test_observables(void **state)
{
	static const struct row rows[] = {
		{ "{'type':'ipv4-addr','id':'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4','value':'198.51.100.3'}", "" },
		{ "{'type':'ipv4-addr','id':'ipv4-addr--" U4 "','value':'198.51.100.3'}", "W uuid-version id" },
		{ SCO("ipv4-addr", ",'value':'256.1.1.1'"), "E bad-value value" },
		{ SCO("ipv4-addr", ",'value':'1.2.3.4/33'"), "E bad-value value" },
		{ SCO("ipv4-addr", ",'value':'1.2.3.04'"), "E bad-value value" },
		{ SCO("ipv4-addr", ",'value':'198.51.100.0/24'"), "" },
		{ SCO("ipv6-addr", ",'value':'fe80::1/129'"), "E bad-value value" },
		{ SCO("ipv6-addr", ",'value':'fe80::/64'"), "" },
		{ SCO("mac-addr", ",'value':'00-00-5e-00-53-af'"), "E bad-value value" },
		{ SCO("mac-addr", ",'value':'00:00:5E:00:53:AF'"), "E bad-value value" },
		{ SCO("url", ",'value':'evil.example'"), "E bad-value value" },
		{ SCO("email-addr", ",'value':'Somebody <a@b.example>'"), "E bad-value value" },
		{ SCO("domain-name", ",'value':'http://evil.example'"), "E bad-value value" },
		{ SCO("domain-name", ",'value':'evil.example','resolves_to_refs':[" REF("file") "]"), "E wrong-target resolves_to_refs[0]" },
		{ "{" HEAD("artifact") ",'url':'https://e.example/'}", "E needs-one-of hashes" },
		{ SCO("artifact", ",'payload_bin':'AAA'"), "E bad-binary payload_bin" },
		{ SCO("artifact", ",'payload_bin':'AAAA','url':'https://e.example/','hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}"), "E only-one-of " },
		{ SCO("artifact", ",'payload_bin':'AAAA','decryption_key':'k'"), "E needs-one-of decryption_key" },
		{ SCO("artifact", ",'payload_bin':'AA==','encryption_algorithm':'rot13'"), "E not-in-enum encryption_algorithm" },
		{ "{" HEAD("file") ",'size':1}", "E needs-one-of " },
		{ SCO("email-message", ",'is_multipart':false"), "E id-version id" },
		{ SCO("file", ",'name':'n','size':-1"), "E out-of-range size" },
		{ SCO("file", ",'hashes':{}"), "E empty-dictionary hashes" },
		{ SCO("file", ",'hashes':{'MD5':'00'}"), "E bad-hash hashes.MD5" },
		{ SCO("file", ",'hashes':{'SHA256':'00'}"), "W hash-algorithm hashes.SHA256" },
		{ SCO("file", ",'hashes':{'MD':'00'}"), "E bad-hash-name hashes.MD" },
		{ SCO("file", ",'name':'n','name_enc':'bla.bla'"), "E bad-value name_enc" },
		{ SCO("file", ",'name':'n','name_enc':'Shift_JIS'"), "" },
		{ SCO("file", ",'name':'n','magic_number_hex':'abc'"), "E bad-hex magic_number_hex" },
		{ SCO("file", ",'name':'n','extensions':{'windows-pebinary-ext':{'pe_type':'exe'}}"), "E needs-one-of extensions.windows-pebinary-ext" },
		{ SCO("file", ",'name':'n','extensions':{'windows-pebinary-ext':{'pe_type':'exe','sections':[{'name':'.text','entropy':1.5,'size':-4}]}}"),
			"E out-of-range extensions.windows-pebinary-ext.sections[0].size" },
		{ SCO("file", ",'name':'n','extensions':{'windows-pebinary-ext':{'pe_type':'exe','time_date_stamp':'2020-01-01T00:00:00.000Z'}}"),
			"E timestamp-precision extensions.windows-pebinary-ext.time_date_stamp" },
		{ SCO("file", ",'name':'n','extensions':{'ntfs-ext':{'alternate_data_streams':[{'size':1}]}}"), "E missing-property extensions.ntfs-ext.alternate_data_streams[0].name" },
		{ SCO("file", ",'name':'n','extensions':{'pdf-ext':{'x_acme':1}}"), "E needs-one-of extensions.pdf-ext" },
		{ SCO("email-message", ",'is_multipart':true,'body':'b'"), "E only-one-of body" },
		{ SCO("email-message", ",'is_multipart':false,'body_multipart':[{'body':'b'}]"), "E only-one-of body_multipart" },
		{ SCO("email-message", ",'is_multipart':true,'body_multipart':[{'content_type':'text/plain'}]"), "E only-one-of body_multipart[0]" },
		{ SCO("network-traffic", ",'protocols':['tcp']"), "E needs-one-of " },
		{ SCO("network-traffic", ",'src_ref':" REF("ipv4-addr")), "E missing-property protocols" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'src_port':65536"), "E out-of-range src_port" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("file")), "E wrong-target src_ref" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':'ipv4-addr--e42c19c8'" PORTS), "W reference-form src_ref" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':'zzz'"), "E bad-id src_ref" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'is_active':true,'end':'2020-01-01T00:00:00Z'"), "E only-one-of end" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'start':'2020-01-02T00:00:00Z','end':'2020-01-01T00:00:00Z'"), "E time-order end" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'ipfix':{'a b':1}"), "E bad-key ipfix.a b" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'extensions':{'tcp-ext':{}}"), "E needs-one-of extensions.tcp-ext" },
		{ SCO("network-traffic", ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'extensions':{'socket-ext':{'address_family':'AF_X'}}"), "E not-in-enum extensions.socket-ext.address_family" },
		{ SCO("network-traffic", PORTS ",'protocols':['tcp'],'src_ref':" REF("ipv4-addr") ",'extensions':{'http-request-ext':{'request_method':'get','request_value':'/','request_header':{'Host':'h'}}}"),
			"W header-values extensions.http-request-ext.request_header.Host" },
		{ "{" HEAD("process") "}", "E needs-one-of " },
		{ "{'type':'process','id':'process--" V5 "','pid':1}", "E id-version id" },
		{ "{" HEAD("process") ",'environment_variables':{'PATH':1}}", "E wrong-type environment_variables.PATH" },
		{ SCO("software", ",'name':'n','cpe':'invalid'"), "E bad-value cpe" },
		{ SCO("software", ",'name':'n','cpe':'cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*','languages':['en','ja']"), "" },
		{ "{" HEAD("user-account") "}", "E needs-one-of " },
		{ SCO("windows-registry-key", ",'key':'HKLM\\\\Software'"), "E bad-value key" },
		{ SCO("windows-registry-key", ",'key':'HKEY_LOCAL_MACHINE\\\\Software','values':[{'name':'a','data_type':'REG_X'}]"), "E not-in-enum values[0].data_type" },
		{ SCO("windows-registry-key", ",'values':[{}]"), "E needs-one-of values[0]" },
		{ SCO("x509-certificate", ",'x509_v3_extensions':{},'serial_number':'1'"), "E needs-one-of x509_v3_extensions" },
		{ SCO("ipv4-addr", ",'value':'1.2.3.4','defanged':1"), "E wrong-type defanged" },
	};
	CHECK(rows);
}

#define GREEN1 "{'type':'marking-definition','spec_version':'2.1','id':'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'"
#define MARK "{" HEAD("marking-definition") ",'created':'2020-01-01T00:00:00Z'"

static void test_meta(void **state)
{
	static const struct row rows[] = {
		{ GREEN1 ",'created':'2017-01-20T00:00:00.000Z','name':'TLP:GREEN','definition_type':'tlp','definition':{'tlp':'green'}}", "" },
		{ GREEN1 ",'created':'2017-01-20T00:00:00.000Z','name':'TLP:GREEN','definition_type':'tlp','definition':{'tlp':'red'}}", "E tlp id" },
		{ GREEN1 ",'created':'2018-01-20T00:00:00.000Z','name':'TLP:GREEN','definition_type':'tlp','definition':{'tlp':'green'}}", "E tlp created" },
		{ GREEN1 ",'created':'2017-01-20T00:00:00.000Z','name':'TLP:RED','definition_type':'tlp','definition':{'tlp':'green'}}", "E tlp name" },
		{ MARK ",'definition_type':'tlp','definition':{'tlp':'green'}}", "E tlp id" },
		{ MARK "}", "E needs-one-of " },
		{ MARK ",'definition_type':'statement'}", "E needs-one-of " },
		{ MARK ",'definition_type':'statement','definition':{'text':'s'}}", "E missing-property definition" },
		{ MARK ",'definition_type':'house','definition':{'rule':'r'}}", "W custom-marking definition_type" },
		{ MARK ",'name':'TLP:GREEN','extensions':{'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d':{'extension_type':'property-extension','tlp_2_0':'green'}}}", "W tlp-lookalike id" },
		{ MARK ",'definition_type':'statement','definition':{'statement':'s'},'object_marking_refs':[" REF("marking-definition") "]}", "E circular-marking object_marking_refs" },
		{ SDO("language-content", ",'object_ref':" REF("bundle") ",'contents':{'ja':{'name':'n'}}"), "E wrong-target object_ref" },
		{ SDO("language-content", ",'object_ref':" REF("tool") ",'contents':{'espanol':{'name':'n'}}"), "E bad-language contents.espanol" },
		{ SDO("language-content", ",'object_ref':" REF("tool") ",'contents':{'es':{'Name':'n'}}"), "E bad-name contents.es.Name" },
		{ SDO("language-content", ",'object_ref':" REF("tool") ",'contents':{'foo':{'name':'n'}}"), "E bad-language contents.foo" },
		{ SDO("language-content", ",'object_ref':" REF("tool") ",'contents':{'ja':'n'}"), "E wrong-type contents.ja" },
		{ SDO("extension-definition", ",'created_by_ref':" REF("identity") ",'name':'n','schema':'s','version':'1.0.0','extension_types':['new-sdo'],'extension_properties':['rank']"), "E only-with extension_properties" },
		{ SDO("extension-definition", ",'created_by_ref':" REF("identity") ",'name':'n','schema':'s','version':'1.0.0','extension_types':['toplevel-property-extension'],'extension_properties':['a']"), "E bad-value extension_properties[0]" },
		{ SDO("extension-definition", ",'created_by_ref':" REF("identity") ",'name':'n','schema':'s','version':'1.0.0','extension_types':['new-thing']"), "E not-in-enum extension_types[0]" },
		{ "{'type':'bundle','id':" REF("bundle") ",'objects':[" SDO("tool", ",'name':'n'") "," SDO("tool", "") "]}", "E missing-property objects[1].name" },
		{ "{'type':'bundle','id':" REF("bundle") ",'objects':[]}", "E empty-list objects" },
		{ "{'type':'bundle','id':" REF("bundle") ",'objects':[" SDO("tool", ",'name':'n'") "," SDO("tool", ",'name':'n'") "]}", "W duplicate-version objects" },
		{ "{'type':'bundle','id':" REF("tool") "}", "E id-type id" },
		{ "{'type':'bundle','id':" REF("bundle") ",'objects':[5]}", "E wrong-type objects[0]" },
	};
	CHECK(rows);
}

static void test_old(void **state)
{
	static const struct row rows[] = {
		{ "{'type':'malware','id':" REF("malware") "," TIMES ",'name':'n','labels':['trojan'],'whatever':1}", "W old-version spec_version" },
		{ "{'type':'malware','spec_version':'2.0','id':" REF("malware") "," TIMES "}", "W old-version spec_version" },
		{ "{'type':'malware','id':" REF("malware") ",'created':'2020-01-01T00:00:00.000Z'}", "E missing-property modified" },
		{ "{'type':'grouping','id':" REF("grouping") "," TIMES ",'context':'unspecified','object_refs':[" REF("tool") "]}", "E missing-property spec_version" },
		{ "{'type':'x-acme-thing','id':" REF("x-acme-thing") "," TIMES ",'thing':1}", "W custom-type type" },
		{ "{'type':'marking-definition','id':'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da','created':'2017-01-20T00:00:00.000Z','definition_type':'tlp','definition':{'tlp':'green'}}", "W old-version spec_version" },
	};
	CHECK(rows);
}

static void test_hints(void **state)
{
	struct stix_findings out;
	struct fault f;
	assert_true(stix_validate(a, test_json(a, SDO("tool", ",'name':'n','descripton':'d'")), &out));
	assert_string_equal(out.v[0].hint, "did you mean description");
	assert_true(stix_validate(a, test_json(a, SDO("opinion", ",'opinion':'agre','object_refs':[" REF("tool") "]")), &out));
	assert_int_equal(stix_findings_fault(&out, &f), ERR_INVALID);
	assert_string_equal(f.where, "opinion");
	assert_non_null(strstr(f.what, "STIX 2.1 §2.4; did you mean \"agree\"?"));
	assert_true(stix_validate(a, test_json(a, SDO("tool", ",'name':'n'")), &out));
	assert_int_equal(stix_findings_fault(&out, &f), ERR_OK);
}

static void test_many(void **state)
{
	struct buf b BUF_SCOPE;
	struct json v;
	struct stix_findings out;
	struct fault f;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "{\"type\":\"tool\",\"spec_version\":\"2.1\",\"id\":\"tool--" U4 "\"");
	for (int i = 0; i < 3000; i++)
		buf_addf(&b, ",\"warn_%d\":1", i);
	buf_adds(&b, ",\"name\":7}");
	assert_int_equal(json_read(a, buf_span(&b), &v, &f), ERR_OK);
	assert_true(stix_validate(a, v, &out));
	assert_int_equal(out.warnings, 3000);
	assert_true(out.n <= BOUND_FINDINGS);
	assert_int_equal(out.errors, 3); /* name, created, modified: kept though the warnings came first */
	assert_int_equal(stix_findings_fault(&out, &f), ERR_INVALID);
	assert_string_equal(f.where, "name");
}

/* Many references into a large container, many selectors over a large object: each alone is a loop over the object. */
static void test_attacks(void **state)
{
	for (int kind = 0; kind < 2; kind++) {
		struct buf b BUF_SCOPE;
		struct json v;
		struct stix_findings out;
		bool told = false;
		struct arena *own ARENA_SCOPE = arena_new(1 << 26);
		buf_init(&b, 1 << 22);
		buf_adds(&b, kind ? "{\"type\":\"tool\",\"name\":\"n\"" : "{\"type\":\"observed-data\",\"spec_version\":\"2.1\",\"objects\":{\"0\":{\"type\":\"file\",\"name\":\"n\",\"contains_refs\":[\"x\"");
		for (int i = 0; i < 5000 && !kind; i++)
			buf_adds(&b, ",\"x\"");
		buf_adds(&b, kind ? ",\"granular_markings\":[{\"lang\":\"ja\",\"selectors\":[\"name\"" : "]}");
		for (int i = 0; i < 5000; i++)
			buf_addf(&b, kind ? ",\"p_%d\"" : ",\"%d\":{\"type\":\"mutex\",\"name\":\"n\"}", i + 1);
		buf_adds(&b, kind ? "]}]" : "}");
		for (int i = 0; i < 5000 && kind; i++)
			buf_addf(&b, ",\"p_%d\":1", i + 1);
		buf_addc(&b, '}');
		assert_int_equal(json_read(own, buf_span(&b), &v, NULL), ERR_OK);
		assert_true(stix_validate(own, v, &out));
		assert_true(out.errors && out.lookups <= BOUND_LOOKUPS + 8 * b.n);
		assert_true(arena_used(own) < (16u << 20));
		for (size_t i = 0; i < out.n; i++)
			told |= strcmp(out.v[i].code, "too-many") == 0;
		assert_true(told || out.n >= BOUND_FINDINGS - 1);
	}
}

static void test_nothing_allocated(void **state)
{
	struct json v = test_json(a, PATTERN("'[file:name = 5]'", ",'labels':['a'],'external_references':[{'source_name':'s','external_id':'1'}],'object_marking_refs':[" REF("marking-definition") "]"));
	struct stix_findings out;
	size_t before = arena_used(a);
	assert_true(stix_validate(a, v, &out));
	assert_int_equal(out.n, 0);
	assert_int_equal(arena_used(a), before);
}

static void test_memory(void **state)
{
	struct arena *small ARENA_SCOPE = arena_new(64);
	struct stix_findings out;
	assert_non_null(small);
	assert_false(stix_validate(small, test_json(a, SDO("tool", ",'x_a':1,'x_b':1,'x_c':1")), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the smallest object of each type is good", test_minimal, NULL, NULL, NULL },
		{ "common properties and data types are judged", test_common, NULL, NULL, NULL },
		{ "custom properties, types and extensions go by the book", test_custom, NULL, NULL, NULL },
		{ "domain objects and relationships are judged", test_domain, NULL, NULL, NULL },
		{ "observables and their extensions are judged", test_observables, NULL, NULL, NULL },
		{ "markings, languages, extension definitions and bundles are judged", test_meta, NULL, NULL, NULL },
		{ "objects of STIX 2.0 are judged by their common properties", test_old, NULL, NULL, NULL },
		{ "a slip gets a hint, and the first error becomes a fault", test_hints, NULL, NULL, NULL },
		{ "findings are bounded, and warnings do not crowd out errors", test_many, NULL, NULL, NULL },
		{ "what selectors and keys look through is bounded", test_attacks, NULL, NULL, NULL },
		{ "a good object takes no memory", test_nothing_allocated, NULL, NULL, NULL },
		{ "want of memory is told", test_memory, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
