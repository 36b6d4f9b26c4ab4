/* SPDX-License-Identifier: Apache-2.0 */
/* Search by words and values in the scripts of the region. */
#include "store/store_fixture.h"

/* What is asked finds what was written, and only that. */
static const struct {
	const char *written, *asked;
	bool found;
} rows[] = {
	{ "Phishing against hospitals", "hospitals phishing", true },
	{ "Phishing against hospitals", "hospital", false },
	{ "ＡＢＣ ﬁle", "abc file", true }, /* NFKC */
	{ "STRASSE straße", "strasse", true }, /* case folding */
	{ "サイバー脅威情報", "脅威", true }, /* two-character word */
	{ "サイバー脅威情報", "ｻｲﾊﾞｰ", true }, /* half width */
	{ "サイバー脅威情報", "情報サイバー脅威", false }, /* pairs have to be there: 報サ is not */
	{ "サイバー脅威情報", "威", true },
	{ "网络安全威胁", "安全", true },
	{ "사이버 위협 정보", "위협", true },
	{ "ภัยคุกคามทางไซเบอร์", "คุกคาม", true }, /* Thai has no spaces */
	{ "ภัยคุกคามทางไซเบอร์", "ไซเบอร์", true },
	{ "ภัยคุกคามทางไซเบอร์", "มัลแวร์", false },
	{ "ໄພຂົ່ມຂູ່ທາງໄຊເບີ", "ໄຊເບີ", true }, /* Lao */
	{ "ការគំរាមកំហែងតាមអ៊ីនធឺណិត", "កំហែង", true }, /* Khmer */
	{ "ဆိုက်ဘာခြိမ်းခြောက်မှု", "ခြိမ်းခြောက်", true }, /* Burmese */
	{ "Tấn công mạng vào Đà Nẵng", "tan cong mang", true }, /* Vietnamese without marks */
	{ "Tấn công mạng vào Đà Nẵng", "Tấn công Đà Nẵng", true },
	{ "Tan cong mang", "tấn công", true }, /* and with */
	{ "Tấn công mạng", "tần số", false },
	{ "CVE-2024-12345 in libfoo_1", "cve-2024-12345", true },
	{ "Ivan: Москва", "москва", true },
	{ "a\xcc\x81 marked apart", "á", true },
	{ "nothing", "", false },
};

static void words_find_what_was_written(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[80];
		snprintf(id, sizeof id, "report--00000000-0000-4000-8000-%012zu", i);
		fixture_put(x, &(struct put){ .id = id, .modified = "2026-01-01T00:00:00Z", .name = rows[i].written });
	}
	fixture_indexed(x);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[80], got[8192];
		snprintf(id, sizeof id, "report--00000000-0000-4000-8000-%012zu", i);
		struct span tokens = store_words(a, span_of(rows[i].asked));
		if (!tokens.n) {
			assert_false(rows[i].found);
			continue;
		}
		fixture_list(x, "bob", "green", &(struct store_query){ .limit = 100, .words = tokens }, got, sizeof got);
		if (!!strstr(got, id) != rows[i].found)
			fail_msg("\"%s\" should %sfind \"%s\"", rows[i].asked, rows[i].found ? "" : "not ", rows[i].written);
	}
	fixture_check(x);
}

static void words_are_found_by_those_who_may_see_them(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	const char *id = "report--00000000-0000-4000-8000-000000000001";
	fixture_put(x, &(struct put){ .id = id, .modified = "2026-01-01T00:00:00Z", .name = "標的型攻撃" });
	fixture_put(x, &(struct put){ .id = "report--00000000-0000-4000-8000-000000000002", .extra = ",\"no object" });
	fixture_indexed(x);
	char got[1024];
	fixture_list(x, "bob", "green", &(struct store_query){ .limit = 9, .words = store_words(a, SPAN("攻撃")) }, got, sizeof got);
	assert_string_equal(got, id);
	fixture_list(x, "bob", "red", &(struct store_query){ .limit = 9, .words = store_words(a, SPAN("攻撃")) }, got, sizeof got);
	assert_string_equal(got, "");
}

static void the_index_goes_on_after_a_restart(void **state)
{
	struct fixture *x = *state;
	struct store_stats st;
	for (int i = 0; i < 100; i++) {
		char id[80];
		snprintf(id, sizeof id, "report--00000000-0000-4000-8000-%012d", i);
		fixture_put(x, &(struct put){ .id = id, .modified = "2026-01-01T00:00:00Z", .name = "word" });
	}
	fixture_reopen(x);
	fixture_indexed(x);
	assert_int_equal(store_stats(x->s, &st, NULL), ERR_OK);
	assert_int_equal(st.unindexed, 0);
	assert_int_equal(st.versions, 100);
	struct store_page *p = fixture_page(x, "bob", "green", &(struct store_query){ .limit = 200, .words = SPAN("word") });
	assert_int_equal(store_page_count(p), 100);
	store_page_free(p);
	fixture_check(x);
}

static void values_are_found_at_once_and_only_in_view(void **state)
{
	struct fixture *x = *state;
	const char *a = "indicator--00000000-0000-4000-8000-000000000001", *b = "indicator--00000000-0000-4000-8000-000000000002";
	fixture_put(x, &(struct put){ .id = a, .value = "198.51.100.3" });
	fixture_put(x, &(struct put){ .id = b, .value = "198.51.100.3", .label = "red" });
	fixture_put(x, &(struct put){ .id = "indicator--00000000-0000-4000-8000-000000000003", .value = "198.51.100.4" });
	char got[1024];
	struct store_query q = { .limit = 9, .value = SPAN("198.51.100.3"), .value_kind = STIX_VALUE_IPV4 };
	fixture_list(x, "bob", "green", &q, got, sizeof got);
	assert_string_equal(got, a);
	fixture_list(x, "bob", "green red", &q, got, sizeof got);
	assert_int_equal(strlen(got), strlen(a) + strlen(b) + 1);
	q.value_kind = STIX_VALUE_IPV6;
	fixture_list(x, "bob", "green red", &q, got, sizeof got);
	assert_string_equal(got, "");
}

/* Plain text takes a short way; an ideographic space at its end sends the same text the long way. */
static void plain_text_gives_the_same_tokens(void **state)
{
	(void)state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	unsigned seed = 7;
	for (int i = 0; i < 2000; i++) {
		char text[200];
		size_t n = 0, most = (seed >> 16) % 150;
		for (; n < most; n++) {
			seed = seed * 1103515245 + 12345;
			text[n] = (char)("aZ9 -_.\t\x7f\x01kQ"[(seed >> 16) % 13]);
		}
		struct span plain = store_words(a, (struct span){ text, n });
		memcpy(text + n, "\xe3\x80\x80", 3);
		struct span longer = store_words(a, (struct span){ text, n + 3 });
		if (!span_eq(plain, longer))
			fail_msg("\"%.*s\" and \"%.*s\"", SPAN_ARG(plain), SPAN_ARG(longer));
		arena_reset(a);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_gives_the_same_tokens),
		T(words_find_what_was_written),
		T(words_are_found_by_those_who_may_see_them),
		T(the_index_goes_on_after_a_restart),
		T(values_are_found_at_once_and_only_in_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
