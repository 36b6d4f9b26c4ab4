/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule's own example shows it, and its cure does not. */
#include "stix/testing_priv.h"
#include "stix/rules_priv.h"

#define BASE(type, members) \
	{ \
		type, "'type':'" type "','spec_version':'2.1','id':'" type "--" EXAMPLE_ID "'," members \
	}
#define NAMED(type) BASE(type, EXAMPLE_T ",'name':'n'")
/* The smallest good object of each type that an example asks for. */
static const struct {
	const char *type, *members;
} bases[] = {
	NAMED("tool"),
	NAMED("campaign"),
	NAMED("attack-pattern"),
	BASE("opinion", EXAMPLE_T ",'opinion':'agree','object_refs':['tool--" EXAMPLE_ID "']"),
	BASE("report", EXAMPLE_T ",'name':'n','published':'2026-01-01T00:00:00Z','object_refs':['tool--" EXAMPLE_ID "']"),
	BASE("location", EXAMPLE_T ",'region':'asia'"),
	BASE("indicator", EXAMPLE_T ",'pattern':'[file:size = 1]','pattern_type':'stix','valid_from':'2026-01-01T00:00:00Z'"),
	BASE("malware-analysis", EXAMPLE_T ",'product':'p','result':'benign'"),
	BASE("observed-data", EXAMPLE_T ",'first_observed':'2026-01-01T00:00:00Z','last_observed':'2026-01-01T00:00:00Z','number_observed':1"),
	BASE("relationship", EXAMPLE_T ",'relationship_type':'uses','source_ref':'tool--" EXAMPLE_ID "','target_ref':'tool--" EXAMPLE_ID "'"),
	BASE("sighting", EXAMPLE_T ",'sighting_of_ref':'tool--" EXAMPLE_ID "'"),
	BASE("language-content", EXAMPLE_T ",'object_ref':'tool--" EXAMPLE_ID "','contents':{'ja':{'name':'n'}}"),
	BASE("marking-definition", "'created':'2026-01-01T00:00:00.000Z','definition_type':'statement','definition':{'statement':'s'}"),
	BASE("extension-definition", EXAMPLE_T ",'created_by_ref':'identity--" EXAMPLE_ID "','name':'n','schema':'https://a.example/','version':'1.0.0','extension_types':['property-extension']"),
	BASE("x-acme-thing", EXAMPLE_T),
	{ "bundle", "'type':'bundle','id':'bundle--" EXAMPLE_ID "'" },
	BASE("file", "'name':'n'"),
	BASE("artifact", "'payload_bin':'AAAA'"),
	BASE("process", "'pid':1"),
	BASE("mutex", "'name':'n'"),
	BASE("domain-name", "'value':'a.example'"),
	BASE("ipv4-addr", "'value':'198.51.100.3'"),
	BASE("user-account", "'account_login':'a'"),
	BASE("network-traffic", "'protocols':['tcp'],'src_ref':'ipv4-addr--" EXAMPLE_ID "'"),
};

/* The example's members over those of the base. */
static struct json merged(struct arena *a, const char *base, const char *example)
{
	struct buf b BUF_SCOPE;
	struct json over = test_json(a, arena_printf(a, "{%s}", example)), v;
	buf_init(&b, 1 << 16);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	for (struct json_iter it = json_iter(test_json(a, arena_printf(a, "{%s}", base))); json_next(&it);) {
		if (!json_has(json_get_span(over, it.key))) {
			json_key_span(&o, it.key);
			json_put(&o, it.value);
		}
	}
	for (struct json_iter it = json_iter(over); json_next(&it);) {
		json_key_span(&o, it.key);
		json_put(&o, it.value);
	}
	json_close(&o, '}');
	assert_int_equal(json_read(a, buf_span(&b), &v, NULL), ERR_OK);
	return v;
}

static bool shows(const struct stix_rule *r, const char *example)
{
	struct arena *a ARENA_SCOPE = arena_new(1 << 22);
	struct stix_findings out;
	char text[2048];
	size_t n = 0, base = 0;
	/* \' is an apostrophe inside a string, and test_json knows none: the curly one does as well */
	for (const char *p = example; *p && n + 4 < sizeof text; p++) {
		if (p[0] == '\\' && p[1] == '\'') {
			memcpy(text + n, "\\u0027", 6);
			n += 6;
			p++;
		} else {
			text[n++] = *p;
		}
	}
	text[n] = 0;
	for (; base < COUNT_OF(bases) && strcmp(bases[base].type, r->of) != 0; base++)
		;
	if (base == COUNT_OF(bases))
		fail_msg("no object to try %s on: %s", r->code, r->of);
	struct json v = text[0] == '{' ? test_json(a, text) : merged(a, bases[base].members, text);
	assert_true(stix_validate(a, v, &out) && stix_advise(a, v, &out));
	for (size_t i = 0; i < out.n; i++) {
		if (strcmp(out.v[i].code, r->code) == 0)
			return true;
	}
	return false;
}

static void test_examples(void **state)
{
	const struct stix_rule *r;
	for (size_t i = 0; (r = stix_rule_at(i)); i++) {
		if (r->bad && !shows(r, r->bad))
			fail_msg("the wrong example of %s is not found wrong", r->code);
		if (r->good && shows(r, r->good))
			fail_msg("the right example of %s is found wrong", r->code);
	}
}

static void test_rows(void **state)
{
	const struct stix_rule *r;
	for (size_t i = 0; (r = stix_rule_at(i)); i++) {
		assert_ptr_equal(stix_rule(span_of(r->code)), r); /* no code stands twice */
		assert_true(strncmp(r->rule, "STIX 2.1 §", 10) == 0 || strncmp(r->rule, "RFC 8259", 8) == 0);
		assert_true(r->meaning[strlen(r->meaning) - 1] == '.');
	}
	assert_null(stix_rule(SPAN("no-such-rule")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "each rule's wrong example shows it, the right one does not", test_examples, NULL, NULL, NULL },
		{ "each rule has a code of its own, a clause and a meaning", test_rows, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
