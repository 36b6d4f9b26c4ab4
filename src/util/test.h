/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes: cmocka with the headers it wants before itself, and a skip() that is no failure. */
#ifndef UTIL_TEST_H
#define UTIL_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* cmocka 1.1 prints a skipped test as "not ok", which is a failure to those who read TAP: this one ends the test with a line that ./test counts apart. */
#undef skip
#define skip() \
	do { \
		printf("# SKIP %s: what it needs is not here\n", __func__); \
		fflush(stdout); \
		return; \
	} while (0)
#endif
