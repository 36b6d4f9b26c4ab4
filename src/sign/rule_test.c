/* SPDX-License-Identifier: Apache-2.0 */
/* Which Ed25519 signatures hold: every edge of the strict rule, and all edge cases of the CCTV collection where it is at hand. */
#include "sign/testing_priv.h"
#include "sign/sign_priv.h"

#define HONEST "678b3cfdf92cb0c4c50e5f43bd52e6340cd074e63dad6bfa197b178358bbfd22"
#define MIXED "3431268e32d624499fa2d8a21e08ab26c702037d3b5e99c80212bf91a2aac06e" /* the honest key and a point of order 8 */
#define R "4ad74530fcc418d1a22fe2d86ac71975db12acd655f3e19feae3b098279f1d71"
#define IDENTITY "0100000000000000000000000000000000000000000000000000000000000000"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void the_edges_of_the_rule(void **state)
{
	static const struct {
		const char *what, *key, *message, *signature;
		bool holds;
	} rows[] = {
		{ "an honest signature", HONEST, "musubi", R "06491342b20b44322f4cb4d8f3bb9ef9bd1cf2c15f0d39d1f9981abc2c5c620c", true },
		{ "over other bytes", HONEST, "Musubi", R "06491342b20b44322f4cb4d8f3bb9ef9bd1cf2c15f0d39d1f9981abc2c5c620c", false },
		{ "S and the group's order: malleable", HONEST, "musubi", R "f31c099fcc6e568a05e9ab7bd2b57d0ebe1cf2c15f0d39d1f9981abc2c5c621c", false },
		{ "R with a part of small order: holds with the cofactor only", HONEST, "musubi",
			"325f8ce6d9e1fef8f3f107c047903a6d3f19371e9c82bd3923687646b9476febbe5eb6c204b70e3bd052d5dbb2f6c4eaf8889868bca20ee4bf148ce00942e00e", false },
		{ "a key with a part of small order that cancels out", MIXED, "musubi 6", R "437fb8ba7d4dcedfb0c2e3b8bd4348c790ed58a85174f580e885069c10fe590b", true },
		{ "a key of order 1 signs anything", IDENTITY, "musubi", IDENTITY ZERO, false },
		{ "the same with y beyond the prime", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "musubi", IDENTITY ZERO, false },
		{ "the same with a negative zero", "0100000000000000000000000000000000000000000000000000000000000080", "musubi", IDENTITY ZERO, false },
		{ "a key of order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "musubi", IDENTITY ZERO, false },
		{ "no point at all", "0200000000000000000000000000000000000000000000000000000000000000", "musubi", R ZERO, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t key[32], signature[64];
		unhex(rows[i].key, key);
		unhex(rows[i].signature, signature);
		if (sign_check(key, span_of(rows[i].message), signature) != rows[i].holds)
			fail_msg("%s", rows[i].what);
	}
}

static void the_library_keeps_the_rule(void **state)
{
	assert_true(sign_rule_holds());
}

static void weak_points_are_no_keys(void **state)
{
	static const char *const rows[] = { ZERO, IDENTITY, "0000000000000000000000000000000000000000000000000000000000000080",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa" };
	uint8_t key[32], back[32];
	char text[SIGN_MULTIBASE];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unhex(rows[i], key);
		assert_false(sign_public_ok(key));
		sign_public_multibase(key, text);
		assert_false(sign_public_parse(span_of(text), back));
	}
	unhex(HONEST, key);
	assert_true(sign_public_ok(key));
}

/* Refused: low_order_A, low_order_R, non_canonical_A, non_canonical_R, low_order_residue.  Allowed: low_order_component_A and _R by themselves. */
static bool allowed(struct json flags)
{
	for (struct json_iter it = json_iter(flags); json_next(&it);)
		if (!span_starts(json_string(it.value), SPAN("low_order_component_")))
			return false;
	return true;
}

static void cctv_cases_are_decided_by_the_strict_rule(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	struct span text = shared_file(a, "ed25519/ed25519/ed25519vectors.json");
	size_t n = 0, holding = 0;
	if (!text.p)
		skip();
	for (struct json_iter it = json_iter(parsed_span(a, text)); json_next(&it); n++) {
		uint8_t key[32], signature[64];
		unhex(json_string(json_get(it.value, "key")).p, key);
		unhex(json_string(json_get(it.value, "sig")).p, signature);
		bool want = allowed(json_get(it.value, "flags"));
		if (sign_check(key, json_string(json_get(it.value, "msg")), signature) != want)
			fail_msg("case %lld must %shold", (long long)json_int(json_get(it.value, "number")), want ? "" : "not ");
		holding += want;
	}
	assert_int_equal(n, 914);
	assert_int_equal(holding, 43);
}

static int start(void **state)
{
	return sign_init() == ERR_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_edges_of_the_rule),
		cmocka_unit_test(the_library_keeps_the_rule),
		cmocka_unit_test(weak_points_are_no_keys),
		cmocka_unit_test(cctv_cases_are_decided_by_the_strict_rule),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
