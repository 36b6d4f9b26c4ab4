/* SPDX-License-Identifier: Apache-2.0 */
/* The fast digest is SHA-256. */
#include "util/test.h"
#include "sign/sign_priv.h"
#include <sodium.h>

static void it_is_sha256_for_every_length(void **state)
{
	char bytes[400];
	assert_int_equal(sign_init(), ERR_OK);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 131 + i / 7);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		uint8_t want[SIGN_DIGEST], got[SIGN_DIGEST];
		crypto_hash_sha256(want, (const uint8_t *)bytes, n);
		sign_sha256((struct span){ bytes, n }, got);
		if (memcmp(want, got, sizeof want) != 0)
			fail_msg("differs for %zu bytes", n);
	}
}

static void it_gives_the_value_of_the_standard(void **state)
{
	uint8_t got[SIGN_DIGEST];
	char hex[65];
	sign_sha256(SPAN("abc"), got);
	sign_hex(got, sizeof got, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(it_is_sha256_for_every_length), cmocka_unit_test(it_gives_the_value_of_the_standard) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
