/* SPDX-License-Identifier: Apache-2.0 */
/* Links against hubs made here that do what no good hub does: other keys, poisoned pages, circles, silence, restores. */
#include "peer/fake_priv.h"
#include "peer/hub_fixture_priv.h"
#include "peer/link_priv.h"

#define PEER_HUB "identity--11111111-1111-4111-8111-111111111111"
#define ORIGIN "identity--22222222-2222-4222-8222-222222222222"
#define GREEN "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define NOTE "{\"origin\":\"" ORIGIN "\",\"added\":\"2026-01-01T00:00:00.000000Z\"}"
#define STAMP "X-TAXII-Date-Added-Last: 2026-01-01T00:00:01.000000Z\r\n"

static atomic_int seed_of_peer, epoch_of_peer, pages, polls_after, broken;
static char page_body[8192];

static void discovery(struct call *c)
{
	char body[1024], key[SIGN_MULTIBASE];
	uint8_t seed[32] = { (uint8_t)atomic_load(&seed_of_peer) };
	struct sign_key k = sign_key_from_seed(seed);
	sign_public_multibase(k.public_key, key);
	snprintf(body, sizeof body, "{\"title\":\"x\",\"default\":\"/taxii2/hub/\",\"api_roots\":[\"/taxii2/hub/\"],\"x_musubi\":{\"hub_id\":\"" PEER_HUB "\",\"name\":\"Fake\","
				    "\"country\":\"TH\",\"public_key\":\"%s\",\"epoch\":\"e%d\"}}",
		key, (int)atomic_load(&epoch_of_peer));
	answer(c, 200, NULL, body);
}

/* Holds a long poll for a moment, as a hub does; what is asked without Prefer is answered at once. */
static void nothing_new(struct call *c)
{
	if (strstr(c->head, "Prefer: wait="))
		usleep(300000);
	answer(c, 200, NULL, "{}");
}

static void serve_hub(struct call *c)
{
	char headers[256];
	if (atomic_load(&broken) > 0) {
		atomic_fetch_sub(&broken, 1);
		answer(c, 500, NULL, "{\"title\":\"broken\"}");
	} else if (is(c, "/taxii2/")) {
		discovery(c);
	} else if (is(c, "/taxii2/hub/collections/")) {
		answer(c, 200, NULL, "{\"collections\":[{\"id\":\"d\",\"alias\":\"directory\",\"title\":\"D\",\"can_read\":true,\"can_write\":false},"
				     "{\"id\":\"s\",\"alias\":\"shared\",\"title\":\"S\",\"can_read\":true,\"can_write\":false}]}");
	} else if (strstr(c->path, "/collections/s/objects/")) {
		if (strstr(c->path, "added_after=2026-01-01T00:00:01")) {
			atomic_fetch_add(&polls_after, 1);
			nothing_new(c);
			return;
		}
		atomic_fetch_add(&pages, 1);
		snprintf(headers, sizeof headers, STAMP "X-Musubi-Hub: " PEER_HUB "\r\nX-Musubi-Epoch: e%d\r\n", (int)atomic_load(&epoch_of_peer));
		answer(c, 200, headers, page_body);
	} else {
		nothing_new(c);
	}
}

/* The same page for every question, and always more of it. */
static void serve_circle(struct call *c)
{
	if (!strstr(c->path, "/collections/s/objects/")) {
		serve_hub(c);
		return;
	}
	atomic_fetch_add(&pages, 1);
	answer(c, 200, STAMP, "{\"more\":true,\"objects\":[],\"x_musubi\":[]}");
}

static void begin(struct fixture *x, struct server *s)
{
	char url[64];
	atomic_store(&seed_of_peer, 1);
	atomic_store(&epoch_of_peer, 1);
	atomic_store(&pages, 0);
	atomic_store(&polls_after, 0);
	atomic_store(&broken, 0);
	snprintf(page_body, sizeof page_body, "{}");
	snprintf(url, sizeof url, "http://127.0.0.1:%d", s->port);
	const struct peer_config c = { .url = span_of(url), .token = SPAN("t"), .id = SPAN("fake") };
	assert_int_equal(peer_add(x->a, &c, NULL, NULL), ERR_OK);
}

static struct peer_links *start(struct fixture *x)
{
	struct peer_links *l;
	assert_int_equal(peer_links_start(x->a, fixture_now, NULL, &l, NULL), ERR_OK);
	return l;
}

/* Stops at once (a second is promised; machines that test are busy); the state that was written then. */
static struct peer_status stop(struct fixture *x, struct peer_links *l)
{
	struct peer_status *v;
	size_t n;
	int64_t from = timestamp_tick_ns();
	peer_links_stop(l);
	assert_true(timestamp_tick_ns() - from < INT64_C(3000000000));
	assert_int_equal(peer_list(x->a, timestamp_now(), x->m, &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 1);
	return v[0];
}

static bool until(atomic_int *what, int least)
{
	for (int i = 0; i < 1000 && atomic_load(what) < least; i++)
		usleep(10000);
	return atomic_load(what) >= least;
}

static void what_is_poisoned_is_set_aside_and_the_rest_goes_on(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_hub);
	begin(x, s);
	/* no STIX; no JSON object; an origin that the hub's directory never named (waits); one that nobody stands for */
	snprintf(page_body, sizeof page_body,
		"{\"objects\":[{\"type\":\"malware\",\"id\":\"nonsense\"},17,"
		"{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--33333333-3333-4333-8333-333333333333\",\"created\":\"2026-01-01T00:00:00.000Z\","
		"\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"m\",\"is_family\":false,\"object_marking_refs\":[\"" GREEN "\"]},"
		"{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--44444444-4444-4444-8444-444444444444\",\"created\":\"2026-01-01T00:00:00.000Z\","
		"\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"m\",\"is_family\":false,\"object_marking_refs\":[\"" GREEN "\"]}],"
		"\"x_musubi\":[" NOTE "," NOTE "," NOTE "]}");
	struct peer_links *l = start(x);
	assert_true(until(&polls_after, 1));
	struct peer_status v = stop(x, l);
	struct peer_refused *r;
	size_t n;
	assert_int_equal(peer_refusals(x->a, x->m, SPAN("fake"), &r, &n, NULL), ERR_OK);
	assert_int_equal(v.refused, 3);
	assert_int_equal(v.held, 1);
	assert_int_equal(v.taken, 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_true(r[i].reason.n > 0);
	assert_int_equal(atomic_load(&pages), 1);
	server_stop(s);
}

static void a_link_goes_on_where_it_stopped_and_from_the_start_after_a_restore(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_hub);
	begin(x, s);
	snprintf(page_body, sizeof page_body, "{\"objects\":[{\"type\":\"x\"}],\"x_musubi\":[" NOTE "]}");
	struct peer_links *l = start(x);
	assert_true(until(&polls_after, 1));
	stop(x, l);
	assert_int_equal(atomic_load(&pages), 1);
	l = start(x);
	assert_true(until(&polls_after, 3));
	stop(x, l);
	assert_int_equal(atomic_load(&pages), 1);
	atomic_store(&epoch_of_peer, 2);
	atomic_store(&polls_after, 0);
	l = start(x);
	assert_true(until(&pages, 2) && until(&polls_after, 1));
	struct peer_status v = stop(x, l);
	assert_int_equal(v.refused, 2);
	server_stop(s);
}

static void another_key_is_refused_and_nothing_is_read(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_hub);
	begin(x, s);
	struct peer_links *l = start(x);
	assert_true(until(&pages, 1));
	stop(x, l);
	atomic_store(&seed_of_peer, 2);
	atomic_store(&pages, 0);
	int before = atomic_load(&s->requests);
	l = start(x);
	assert_true(until(&s->requests, before + 1));
	usleep(200000);
	struct peer_status v = stop(x, l);
	assert_false(v.connected);
	assert_non_null(strstr(v.last_error.p, "key has changed"));
	assert_int_equal(atomic_load(&pages), 0);
	server_stop(s);
}

static void a_circle_of_pages_is_seen_through(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_circle);
	begin(x, s);
	struct peer_links *l = start(x);
	assert_true(until(&pages, 3));
	usleep(500000);
	stop(x, l);
	assert_in_range(atomic_load(&pages), 3, 12);
	server_stop(s);
}

static void a_hub_that_breaks_and_heals_is_followed_again_within_seconds(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_hub);
	begin(x, s);
	snprintf(page_body, sizeof page_body, "{\"objects\":[{\"type\":\"x\"}],\"x_musubi\":[" NOTE "]}");
	atomic_store(&broken, 4);
	int64_t from = timestamp_tick_ns();
	struct peer_links *l = start(x);
	assert_true(until(&polls_after, 1));
	assert_true(timestamp_tick_ns() - from < INT64_C(5000000000));
	struct peer_status v = stop(x, l);
	assert_int_equal(v.last_error.n, 0);
	server_stop(s);
}

static void a_link_that_was_removed_ends_and_one_that_was_added_begins(void **state)
{
	struct fixture *x = *state;
	struct server *s = server_new(serve_hub);
	begin(x, s);
	struct peer_links *l = start(x);
	assert_true(until(&pages, 1));
	assert_int_equal(peer_remove(x->a, SPAN("fake"), NULL), ERR_OK);
	int64_t from = timestamp_tick_ns();
	peer_links_refresh(l);
	assert_true(timestamp_tick_ns() - from < INT64_C(3000000000));
	int before = atomic_load(&s->requests);
	usleep(500000);
	assert_int_equal(atomic_load(&s->requests), before);
	begin(x, s);
	peer_links_refresh(l);
	assert_true(until(&pages, 1));
	peer_links_refresh(l);
	stop(x, l);
	server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_poisoned_is_set_aside_and_the_rest_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_goes_on_where_it_stopped_and_from_the_start_after_a_restore, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_key_is_refused_and_nothing_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_circle_of_pages_is_seen_through, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hub_that_breaks_and_heals_is_followed_again_within_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_that_was_removed_ends_and_one_that_was_added_begins, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
