/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that are read by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "hub/headers.h"

static void test_authorization(void **state)
{
	static const struct {
		const char *value;
		enum header_login kind;
		const char *first, *second;
	} v[] = {
		{ NULL, LOGIN_NONE, NULL, NULL },
		{ "Token abc", LOGIN_BEARER, "abc", NULL },
		{ "Bearer abc.DEF-_~+/==", LOGIN_BEARER, "abc.DEF-_~+/==", NULL },
		{ "bearer   abc", LOGIN_BEARER, "abc", NULL },
		{ "BEARER abc  ", LOGIN_BEARER, "abc", NULL },
		{ "Bearer", LOGIN_BAD, NULL, NULL },
		{ "Bearer ", LOGIN_BAD, NULL, NULL },
		{ "Bearer a b", LOGIN_BAD, NULL, NULL },
		{ "Bearer a, Bearer b", LOGIN_BAD, NULL, NULL },
		{ "Bearer a\xc3\xa9", LOGIN_BAD, NULL, NULL },
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", LOGIN_BASIC, "Aladdin", "open sesame" },
		{ "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", LOGIN_BASIC, "Aladdin", "open sesame" },
		{ "Basic dTpwOnc=", LOGIN_BASIC, "u", "p:w" },
		{ "Basic dTo=", LOGIN_BASIC, "u", "" },
		{ "Basic OnA=", LOGIN_BAD, NULL, NULL }, /* no user */
		{ "Basic dXNlcg==", LOGIN_BAD, NULL, NULL }, /* no colon */
		{ "Basic dToAcA==", LOGIN_BAD, NULL, NULL }, /* NUL inside */
		{ "Basic dTpw!", LOGIN_BAD, NULL, NULL },
		{ "Basic A", LOGIN_BAD, NULL, NULL },
		{ "Basic", LOGIN_BAD, NULL, NULL },
		{ "Digest username=\"x\"", LOGIN_BAD, NULL, NULL },
		{ "", LOGIN_BAD, NULL, NULL },
	};
	struct arena *a = arena_new(1 << 16);

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct header_credentials c = header_authorization(a, v[i].value);

		if (c.kind != v[i].kind)
			fail_msg("'%s': kind %d, wanted %d", v[i].value ? v[i].value : "(none)", c.kind, v[i].kind);
		if (v[i].first && !span_is(c.kind == LOGIN_BEARER ? c.token : c.user, v[i].first))
			fail_msg("'%s': not %s", v[i].value, v[i].first);
		if (v[i].second && !span_is(c.password, v[i].second))
			fail_msg("'%s': not %s", v[i].value, v[i].second);
	}
	arena_free(a);
}

static void test_prefer(void **state)
{
	static const struct {
		const char *value;
		long wait;
	} v[] = {
		{ NULL, -1 },
		{ "", -1 },
		{ "wait=25", 25 },
		{ "WAIT=25", 25 },
		{ " wait = 7 ", 7 },
		{ "wait=\"9\"", 9 },
		{ "wait=0", 0 },
		{ "respond-async, wait=10", 10 },
		{ "respond-async;x=\"a,wait=3\", wait=10", 10 },
		{ "wait=10; foo, bar", 10 },
		{ "wait=5, wait=9", 5 },
		{ "wait", -1 },
		{ "wait=", -1 },
		{ "wait=-3", -1 },
		{ "wait=1.5", -1 },
		{ "wait=abc", -1 },
		{ "waiting=5", -1 },
		{ "x-wait=5", -1 },
		{ "wait=99999999999999999999999", 86400 },
		{ "foo=\"unterminated, wait=5", -1 },
		{ ",,,wait=4", 4 },
		{ "wait=\"5", -1 },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		if (header_prefer_wait(v[i].value) != v[i].wait)
			fail_msg("'%s': %ld, wanted %ld", v[i].value ? v[i].value : "(none)", header_prefer_wait(v[i].value), v[i].wait);
}

static void test_segment(void **state)
{
	static const struct {
		const char *raw, *out;
	} v[] = {
		{ "shared", "shared" },
		{ "indicator%2D%2d1", "indicator--1" },
		{ "%E8%84%85", "\xe8\x84\x85" },
		{ "", "" },
		{ "a%2Fb", NULL },
		{ "a%00", NULL },
		{ "a%0a", NULL },
		{ "%", NULL },
		{ "%4", NULL },
		{ "%4g", NULL },
		{ "%7f", NULL },
	};
	struct arena *a = arena_new(1 << 16);

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct span out;
		bool ok = header_segment(a, span_of(v[i].raw), &out);

		if (ok != (v[i].out != NULL) || (ok && !span_is(out, v[i].out)))
			fail_msg("'%s'", v[i].raw);
	}
	arena_free(a);
}

static void test_query(void **state)
{
	static const struct {
		const char *query;
		int found;
		const char *out;
	} v[] = {
		{ "", 0, NULL },
		{ "value=x", 1, "x" },
		{ "a=1&value=x%20y+z&b", 1, "x y z" },
		{ "value", 1, "" },
		{ "value=", 1, "" },
		{ "values=1", 0, NULL },
		{ "value=1&value=1", -1, NULL },
		{ "v%61lue=1", 1, "1" },
		{ "value=%zz", -1, NULL },
		{ "value=%ff", -1, NULL },
		{ "value=%00", -1, NULL },
		{ "value=%E8%84%85%E5%A8%81", 1, "\xe8\x84\x85\xe5\xa8\x81" },
		{ "value=%ED%A0%80", -1, NULL },
		{ "value=%C0%AF", -1, NULL },
		{ "value=%F4%90%80%80", -1, NULL },
		{ "value=%F0%9F%8D%A3", 1, "\xf0\x9f\x8d\xa3" },
		{ "value=%E8%84", -1, NULL },
		{ "&&&=&", 0, NULL },
		{ "value=a=b", 1, "a=b" },
	};
	struct arena *a = arena_new(1 << 16);

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct span out;
		int found = header_query(a, span_of(v[i].query), "value", &out);

		if (found != v[i].found || (found == 1 && !span_is(out, v[i].out)))
			fail_msg("'%s': %d", v[i].query, found);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "Authorization is a bearer token, or user and password, or nothing we take", test_authorization, NULL, NULL, NULL },
		{ "Prefer: wait is found among other preferences and never guessed", test_prefer, NULL, NULL, NULL },
		{ "a path segment is decoded, and holds no slash nor control character", test_segment, NULL, NULL, NULL },
		{ "a query parameter is decoded to valid UTF-8 and may stand once", test_query, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
