/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a hub's data directory of its own, with one member. */
#ifndef PEER_HUB_FIXTURE_PRIV_H
#define PEER_HUB_FIXTURE_PRIV_H
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "accord/accord.h"
#include "util/test.h"

struct fixture {
	char dir[64], hub[64], member[64];
	struct accord *a;
	struct arena *m;
};

static struct timestamp fixture_now(void *ctx)
{
	return timestamp_now();
}

static int set_up(void **state)
{
	static struct fixture x;
	char token[ACCORD_TOKEN];
	struct fault f = { 0 };
	const struct store_options o = { .now = fixture_now };
	const struct accord_member m = { .name = SPAN("Keeper"), .country = SPAN("JP"), .kind = ACCORD_KIND_COMPANY, .local = true };
	memcpy(x.dir, "/tmp/peer-test-XXXXXX", 22);
	assert_int_equal(sign_init(), ERR_OK);
	assert_non_null(mkdtemp(x.dir));
	if (accord_init(x.dir, SPAN("Tokyo"), SPAN("JP"), fixture_now, NULL, token, x.hub, &f) != ERR_OK || accord_open(&x.a, x.dir, &o, &f) != ERR_OK ||
		accord_member_add(x.a, &m, x.member, &f) != ERR_OK)
		fail_msg("%s %s", f.where, f.what);
	x.m = arena_new(64 << 20);
	*state = &x;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = { "musubi.db", "musubi.db-wal", "musubi.db-shm", "hub.key" };
	struct fixture *x = *state;
	char path[128];
	accord_close(x->a);
	arena_free(x->m);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", x->dir, files[i]);
		unlink(path);
	}
	return rmdir(x->dir);
}
#endif
