/* SPDX-License-Identifier: Apache-2.0 */
/* Cases as JSON: each line of the rule once at its border, and what is refused. */
#include "util/test.h"
#include "policy/policy_case.h"
#include <stdio.h>

static struct arena *mem;

static int make_arena(void **state)
{
	mem = arena_new(16u << 20);
	return mem ? 0 : -1;
}

static int free_arena(void **state)
{
	arena_free(mem);
	return 0;
}

static enum err read_text(const char *text, struct policy_case *c, struct fault *f)
{
	struct json v;

	arena_reset(mem);
	enum err e = json_read(mem, span_of(text), &v, f);
	return e == ERR_OK ? policy_case_read(mem, v, c, f) : e;
}

#define AT "\"at\":\"2026-06-01T00:00:00Z\""
#define MEMBER "\"org\":\"o2\",\"member\":true,\"country\":\"TH\""
#define PARTIES "\"parties\":[{\"org\":\"o1\",\"signed\":\"2026-01-01T00:00:00Z\",\"withdrawn\":null,\"suspended\":[]}," \
		"{\"org\":\"o2\",\"signed\":\"2026-06-01T00:00:00Z\"}," \
		"{\"org\":\"o3\",\"signed\":\"2026-01-01T00:00:00Z\",\"withdrawn\":\"2026-06-01T00:00:00Z\"}," \
		"{\"org\":\"o4\",\"signed\":\"2026-01-01T00:00:00Z\",\"suspended\":[[\"2026-05-01T00:00:00Z\",null]]}," \
		"{\"org\":\"o5\",\"signed\":\"2026-01-01T00:00:00Z\",\"suspended\":[[\"2026-05-01T00:00:00Z\",\"2026-06-01T00:00:00Z\"],[\"2026-06-01T00:00:00.000001Z\",null]]}," \
		"{\"org\":\"o6\",\"signed\":null}]"
#define AGREEMENT(more) "{\"effective\":\"2026-06-01T00:00:00Z\",\"expires\":\"2026-06-01T00:00:00.000001Z\"," more "," PARTIES "}"
#define AMBER AGREEMENT("\"ceiling\":\"amber\",\"clients\":true,\"personal_data\":\"domestic\"")
#define A1 "\"agreement\":\"a1\""

/* Members of label after origin and origin_country, recipient, agreement, answer, line. */
static const struct {
	const char *label, *recipient, *agreement, *reason;
	int line;
} cases[] = {
	{ "\"tlp\":\"unknown\"", "\"org\":\"o1\",\"member\":false", "null", "origin", 1 },
	{ "\"tlp\":\"red\"", "\"org\":\"o1\",\"member\":true", "null", "not-named", 14 },
	{ "\"tlp\":\"red\",\"submitter\":\"p1\"", "\"org\":\"o1\",\"person\":\"p1\"", "null", "origin", 1 },
	{ "\"tlp\":\"red\",\"named\":[\"p2\"]", "\"org\":\"o1\",\"person\":\"p2\"", "null", "origin", 1 },
	{ "\"tlp\":\"unknown\"", MEMBER, "null", "unknown-marking", 2 },
	{ "\"tlp\":\"green\",\"exercise\":\"e1\"", MEMBER, "null", "exercise", 3 },
	{ "\"tlp\":\"green\"", MEMBER ",\"exercise\":\"e1\"", "null", "exercise", 3 },
	{ "\"tlp\":\"green\",\"exercise\":\"e1\"", MEMBER ",\"exercise\":\"e1\"", "null", "green", 16 },
	{ "\"tlp\":\"clear\",\"not_before\":\"2026-06-01T00:00:00.000001Z\"", MEMBER, "null", "embargo", 4 },
	{ "\"tlp\":\"clear\",\"not_before\":\"2026-06-01T00:00:00Z\"", MEMBER, "null", "clear", 10 },
	{ "\"tlp\":\"clear\",\"countries\":[\"JP\"]", MEMBER, "null", "country", 5 },
	{ "\"tlp\":\"clear\",\"countries\":[\"TH\"]", "\"country\":\"TH\"", "null", "country", 5 },
	{ "\"tlp\":\"green\",\"countries\":[\"JP\",\"TH\"]", MEMBER, "null", "green", 16 },
	{ "\"tlp\":\"green\"," A1, MEMBER, "null", "agreement-not-in-force", 6 },
	{ "\"tlp\":\"green\"," A1, MEMBER, "{\"effective\":\"2026-06-01T00:00:00.000001Z\",\"ceiling\":\"red\"}", "agreement-not-in-force", 6 },
	{ "\"tlp\":\"green\"," A1, MEMBER, "{\"effective\":\"2026-01-01T00:00:00Z\",\"expires\":\"2026-06-01T00:00:00Z\",\"ceiling\":\"red\"}", "agreement-not-in-force", 6 },
	{ "\"tlp\":\"amber+strict\"," A1, MEMBER, AMBER, "ceiling", 7 },
	{ "\"tlp\":\"green\",\"personal\":true", MEMBER, "null", "personal-data", 8 },
	{ "\"tlp\":\"green\",\"personal\":true," A1, MEMBER, AGREEMENT("\"ceiling\":\"red\""), "personal-data", 8 },
	{ "\"tlp\":\"green\",\"personal\":true," A1, MEMBER, AMBER, "personal-data", 9 },
	{ "\"tlp\":\"green\",\"personal\":true," A1, "\"org\":\"o2\",\"member\":true,\"country\":\"JP\"", AMBER, "party", 19 },
	{ "\"tlp\":\"green\",\"personal\":true," A1, MEMBER, AGREEMENT("\"ceiling\":\"red\",\"personal_data\":\"allowed\""), "party", 19 },
	{ "\"tlp\":\"clear\"", "", "null", "clear", 10 },
	{ "\"tlp\":\"green\"", "", "null", "anonymous", 11 },
	{ "\"tlp\":\"clear\",\"named\":[\"o2\"]", "", "null", "anonymous", 11 },
	{ "\"tlp\":\"green\"", "\"org\":\"o2\",\"member\":false", "null", "not-a-member", 12 },
	{ "\"tlp\":\"red\",\"named\":[\"p1\"]", MEMBER ",\"person\":\"p1\"", "null", "named", 13 },
	{ "\"tlp\":\"red\",\"named\":[\"p1\"]," A1, MEMBER ",\"person\":\"p1\"", AGREEMENT("\"ceiling\":\"red\""), "named", 13 },
	{ "\"tlp\":\"red\",\"named\":[\"p1\"]," A1, "\"org\":\"o3\",\"member\":true,\"person\":\"p1\"", AGREEMENT("\"ceiling\":\"red\""), "not-named", 14 },
	{ "\"tlp\":\"red\",\"named\":[\"o2\"]", MEMBER ",\"person\":\"p1\"", "null", "not-named", 14 },
	{ "\"tlp\":\"green\",\"named\":[\"o3\"]", MEMBER, "null", "not-named", 15 },
	{ "\"tlp\":\"amber\",\"named\":[\"o1\"]," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o2\"]", AMBER, "not-named", 15 },
	{ "\"tlp\":\"clear\"," A1, MEMBER, AMBER, "clear", 10 },
	{ "\"tlp\":\"green\"", MEMBER, "null", "green", 16 },
	{ "\"tlp\":\"amber\",\"named\":[\"o2\"]", MEMBER, "null", "named", 17 },
	{ "\"tlp\":\"amber+strict\",\"named\":[\"p1\"]", MEMBER ",\"person\":\"p1\"", "null", "named", 17 },
	{ "\"tlp\":\"amber\"", MEMBER, AMBER, "no-agreement", 18 },
	{ "\"tlp\":\"amber\"," A1, MEMBER, AMBER, "party", 19 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o5\",\"member\":true", AMBER, "party", 19 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o3\",\"o2\"]", AMBER, "client", 20 },
	{ "\"tlp\":\"amber\",\"named\":[\"o2\"]," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o2\"]", AMBER, "client", 20 },
	{ "\"tlp\":\"amber\",\"named\":[\"o9\"]," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o2\"]", AMBER, "not-a-party", 21 },
	{ "\"tlp\":\"green\"," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o2\"]", AMBER, "not-a-party", 21 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o9\",\"member\":true,\"clients_of\":[\"o2\"]", AGREEMENT("\"ceiling\":\"amber\""), "not-a-party", 21 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o3\",\"member\":true", AMBER, "not-a-party", 21 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o4\",\"member\":true", AMBER, "not-a-party", 21 },
	{ "\"tlp\":\"amber\"," A1, "\"org\":\"o6\",\"member\":true", AMBER, "not-a-party", 21 },
};

static void each_line_decides_its_case(void **state)
{
	bool seen[22] = { false };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[4096], want[128];
		struct policy_case c;
		struct fault f = { 0 };
		struct buf answer;
		snprintf(text, sizeof(text), "{\"label\":{\"origin\":\"o1\",\"origin_country\":\"JP\",%s},\"recipient\":{%s},\"agreement\":%s," AT "}", cases[i].label,
			cases[i].recipient, cases[i].agreement);
		if (read_text(text, &c, &f) != ERR_OK)
			fail_msg("case %zu: %s", i, f.what);
		struct policy_answer a = policy_decide(c.has_agreement ? &c.agreement : NULL, &c.label, &c.recipient, c.at);
		if (strcmp(policy_reason_name(a.reason), cases[i].reason) != 0 || a.line != cases[i].line)
			fail_msg("case %zu: line %d %s, not line %d %s", i, a.line, policy_reason_name(a.reason), cases[i].line, cases[i].reason);
		seen[a.line] = true;
		buf_init(&answer, 1024);
		policy_case_answer(&c, &answer);
		snprintf(want, sizeof(want), "{\"decision\":\"%s\",\"reason\":\"%s\"}", a.release ? "release" : "withhold", cases[i].reason);
		assert_true(span_is(buf_span(&answer), want));
		buf_release(&answer);
	}
	for (int i = 1; i <= 21; i++)
		if (!seen[i])
			fail_msg("line %d decides no case", i);
}

static void the_designs_own_case_is_read(void **state)
{
	struct policy_case c;
	struct fault f = { 0 };
	assert_int_equal(read_text("{\"label\":{\"origin\":\"o1\",\"tlp\":\"amber\",\"agreement\":\"a1\",\"named\":[\"o2\"],\"countries\":[\"TH\"],\"not_before\":null,"
				   "\"personal\":false,\"exercise\":null,\"origin_country\":\"JP\",\"submitter\":null},\"recipient\":{\"org\":\"o2\",\"person\":null,\"member\":true,"
				   "\"country\":\"TH\",\"clients_of\":[],\"exercise\":null},\"agreement\":{\"effective\":\"2025-01-01T00:00:00Z\",\"expires\":\"2027-01-01T00:00:00Z\","
				   "\"ceiling\":\"amber\",\"clients\":true,\"personal_data\":\"none\",\"parties\":[{\"org\":\"o2\",\"signed\":\"2025-02-01T00:00:00Z\",\"withdrawn\":null,"
				   "\"suspended\":[[\"2025-03-01T00:00:00Z\",\"2025-04-01T00:00:00Z\"]]}]},\"at\":\"2026-01-01T00:00:00Z\"}",
				 &c, &f),
		ERR_OK);
	assert_int_equal(c.agreement.n_parties, 1);
	assert_int_equal(c.agreement.parties[0].n_suspended, 1);
	assert_int_equal(policy_decide(&c.agreement, &c.label, &c.recipient, c.at).reason, POLICY_PARTY);
}

#define LABEL "\"label\":{\"origin\":\"o1\",\"tlp\":\"green\"}"
#define TO "\"recipient\":{}"
static const struct {
	const char *text, *where;
} malformed[] = {
	{ "", NULL },
	{ "[]", "case" },
	{ "{", NULL },
	{ "{" LABEL "," LABEL "," TO "," AT "}", NULL },
	{ "{" TO "," AT "}", "label" },
	{ "{" LABEL "," AT "}", "recipient" },
	{ "{" LABEL "," TO "}", "at" },
	{ "{" LABEL "," TO ",\"at\":null}", "at" },
	{ "{" LABEL "," TO ",\"at\":\"yesterday\"}", "at" },
	{ "{" LABEL "," TO ",\"at\":\"2026-02-30T00:00:00Z\"}", "at" },
	{ "{" LABEL "," TO ",\"at\":1}", "at" },
	{ "{" LABEL "," TO ",\"agreemnt\":null," AT "}", "case" },
	{ "{\"label\":{\"tlp\":\"green\"}," TO "," AT "}", "label.origin" },
	{ "{\"label\":{\"origin\":\"\",\"tlp\":\"green\"}," TO "," AT "}", "label.origin" },
	{ "{\"label\":{\"origin\":\"o1\"}," TO "," AT "}", "label.tlp" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"none\"}," TO "," AT "}", "label.tlp" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"AMBER\"}," TO "," AT "}", "label.tlp" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":null}," TO "," AT "}", "label.tlp" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"contries\":[\"JP\"]}," TO "," AT "}", "label" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"countries\":\"JP\"}," TO "," AT "}", "label.countries" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"named\":[1]}," TO "," AT "}", "label.named" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"named\":[null]}," TO "," AT "}", "label.named" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"personal\":\"no\"}," TO "," AT "}", "label.personal" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"not_before\":0}," TO "," AT "}", "label.not_before" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"agreement\":{}}," TO "," AT "}", "label.agreement" },
	{ "{" LABEL ",\"recipient\":[]," AT "}", "recipient" },
	{ "{" LABEL ",\"recipient\":{\"member\":1}," AT "}", "recipient.member" },
	{ "{" LABEL ",\"recipient\":{\"clients_of\":{}}," AT "}", "recipient.clients_of" },
	{ "{" LABEL "," TO ",\"agreement\":[]," AT "}", "agreement" },
	{ "{" LABEL "," TO ",\"agreement\":{\"ceiling\":\"red\"}," AT "}", "agreement.effective" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"unknown\"}," AT "}", "agreement.ceiling" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"personal_data\":\"some\"}," AT "}", "agreement.personal_data" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"retroactive\":\"some\"}," AT "}", "agreement.retroactive" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"parties\":{}}," AT "}", "agreement.parties" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"parties\":[1]}," AT "}", "agreement.parties" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"parties\":[{\"org\":\"o1\",\"suspended\":[[null,null]]}]}," AT "}",
		"agreement.parties.suspended" },
	{ "{" LABEL "," TO ",\"agreement\":{\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\",\"parties\":[{\"org\":\"o1\",\"suspended\":[[\"2026-01-01T00:00:00Z\"]]}]}," AT "}",
		"agreement.parties.suspended" },
	{ "{\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"agreement\":\"a1\"}," TO
	  ",\"agreement\":{\"id\":\"a2\",\"effective\":\"2026-01-01T00:00:00Z\",\"ceiling\":\"red\"}," AT "}",
		"agreement.id" },
};

static void malformed_cases_are_refused_with_their_place(void **state)
{
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct policy_case c;
		struct fault f = { 0 };
		if (read_text(malformed[i].text, &c, &f) == ERR_OK)
			fail_msg("taken: %s", malformed[i].text);
		assert_true(f.what[0] != '\0');
		if (malformed[i].where)
			assert_string_equal(f.where, malformed[i].where);
	}
}

static void a_list_past_its_limit_is_refused(void **state)
{
	char text[8192];
	struct policy_case c;
	struct fault f = { 0 };
	size_t n = (size_t)snprintf(text, sizeof(text), "{" TO "," AT ",\"label\":{\"origin\":\"o1\",\"tlp\":\"green\",\"named\":[\"x\"");
	for (int i = 0; i < 256; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"x\"");
	snprintf(text + n, sizeof(text) - n, "]}}");
	assert_int_equal(read_text(text, &c, &f), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_decides_its_case),
		cmocka_unit_test(the_designs_own_case_is_read),
		cmocka_unit_test(malformed_cases_are_refused_with_their_place),
		cmocka_unit_test(a_list_past_its_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
