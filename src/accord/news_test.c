/* SPDX-License-Identifier: Apache-2.0 */
/* F11 by a clock that the test moves: what a silent hub gave is held back after an hour or a day, and given again once, whatever happened meanwhile. */
#include "accord/link_fixture_priv.h"

#define MINUTE (60 * (int64_t)SECOND)
#define HOUR (60 * MINUTE)

struct pair {
	struct world tokyo, bangkok;
	struct link south, north; /* south: Bangkok reads Tokyo */
	struct span a, x, y; /* a in Tokyo; x, y in Bangkok */
	char id[128], marking[64];
	const char *strict; /* markings: TLP:AMBER+STRICT under the agreement */
};

static void begin(struct pair *p)
{
	struct fault f = { 0 };

	world_begin(&p->tokyo, "Tokyo", "JP");
	world_begin(&p->bangkok, "Bangkok", "TH");
	p->a = member(&p->tokyo, "A", "JP");
	p->x = member(&p->bangkok, "X", "TH");
	p->y = member(&p->bangkok, "Y", "LA");
	p->south = link_up(&p->tokyo, &p->bangkok);
	p->north = link_up(&p->bangkok, &p->tokyo);
	OK(accord_agreement_add(p->tokyo.a, SPAN("{\"effective\":\"2026-01-01T00:00:00Z\",\"policy\":{\"ceiling\":\"amber+strict\",\"retroactive\":\"all\"}}"), p->id, p->marking, &f));
	OK(accord_agreement_event(p->tokyo.a, span_of(p->id), p->a, ACCORD_SIGNED, (struct timestamp){ NOON - 100 * HOUR }, zero, &f));
	p->strict = arena_printf(p->tokyo.mem, STRICT ",\"%s\"", p->marking);
	pull(&p->south);
	OK(accord_agreement_event(p->bangkok.a, span_of(p->id), p->x, ACCORD_SIGNED, (struct timestamp){ NOON - 100 * HOUR }, zero, &f));
	pull(&p->north);
}

static void end(struct pair *p)
{
	world_end(&p->tokyo);
	world_end(&p->bangkok);
}

static void both_pass(struct pair *p, int64_t us)
{
	pass(&p->tokyo, us);
	pass(&p->bangkok, us);
}

static void two_objects(struct pair *p)
{
	accepted(&p->tokyo, of(p->a), indicator(&p->tokyo, 1, NOON, p->strict, NULL));
	accepted(&p->tokyo, of(p->a), indicator(&p->tokyo, 2, NOON, GREEN, NULL));
	pull(&p->south);
}

static void what_a_silent_hub_gave_is_held_back_after_an_hour_or_a_day(void **state)
{
	struct pair p;

	begin(&p);
	two_objects(&p);
	accepted(&p.bangkok, of(p.y), indicator(&p.bangkok, 3, NOON, GREEN, NULL));
	SEES(&p.bangkok, of(p.x), "1 2 3");
	pass(&p.bangkok, HOUR - 1);
	SEES(&p.bangkok, of(p.x), "1 2 3");
	pass(&p.bangkok, 1);
	SEES(&p.bangkok, of(p.x), "2 3");
	pass(&p.bangkok, 23 * HOUR - 1);
	SEES(&p.bangkok, of(p.x), "2 3");
	pass(&p.bangkok, 1);
	SEES(&p.bangkok, of(p.x), "3");
	end(&p);
}

static void it_closes_at_the_very_moment_even_before_anybody_looked(void **state)
{
	struct pair p;
	const struct store_view *v;
	bool may, closure;

	begin(&p);
	two_objects(&p);
	SEES(&p.bangkok, of(p.x), "1 2");
	atomic_fetch_add(&p.bangkok.now, HOUR); /* no accord_refresh */
	const struct accord_principal x = of(p.x);
	OK(accord_view(p.bangkok.a, &x, world_now(&p.bangkok), &v, NULL));
	OK(store_view_may(accord_store(p.bangkok.a), v, SPAN("indicator--00000000-0000-4000-8000-000000000001"), &may, &closure, NULL));
	assert_false(may);
	store_view_unref(v);
	end(&p);
}

static void once_it_is_heard_of_again_everything_comes_and_nothing_twice(void **state)
{
	struct pair p;

	begin(&p);
	two_objects(&p);
	struct feed x = shared(&p.bangkok, of(p.x), zero); /* x has both, y has read nothing */
	assert_string_equal(x.text, "1 2");
	both_pass(&p, 25 * HOUR);
	SEES(&p.bangkok, of(p.x), "");
	accepted(&p.bangkok, of(p.y), indicator(&p.bangkok, 3, NOON, GREEN, NULL));
	x = shared(&p.bangkok, of(p.x), x.last);
	assert_string_equal(x.text, "3"); /* its cursor is past what is held back */
	struct feed y = shared(&p.bangkok, of(p.y), zero);
	assert_string_equal(y.text, "3");
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 4, NOON, p.strict, NULL));
	pull(&p.south);
	x = shared(&p.bangkok, of(p.x), x.last);
	assert_string_equal(x.text, "4");
	y = shared(&p.bangkok, of(p.y), y.last);
	assert_string_equal(y.text, "2");
	SEES(&p.bangkok, of(p.x), "1 2 3 4");
	end(&p);
}

static void news_on_time_change_nothing_and_keep_the_hub_heard_of(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p);
	two_objects(&p);
	uint64_t generation = accord_generation(p.bangkok.a->current);
	for (int i = 0; i < 60 * 30; i++) { /* a poll a minute for thirty hours */
		pass(&p.bangkok, MINUTE);
		OK(accord_heard(p.bangkok.a, span_of(p.tokyo.hub), world_now(&p.bangkok), &f));
	}
	assert_int_equal(accord_generation(p.bangkok.a->current), generation); /* nobody was decided anew */
	SEES(&p.bangkok, of(p.x), "1 2");
	/* and the time is on disk, not far behind */
	struct timestamp now = world_now(&p.bangkok);
	world_reopen(&p.bangkok);
	const struct accord_snapshot *s = accord_snapshot(p.bangkok.a);
	struct timestamp heard = accord_news(s, span_of(p.tokyo.hub));
	accord_snapshot_unref(s);
	assert_true(heard.us <= now.us && heard.us >= now.us - 5 * MINUTE);
	SEES(&p.bangkok, of(p.x), "1 2");
	end(&p);
}

static void a_hub_that_was_off_for_a_day_gives_nothing_before_it_has_heard(void **state)
{
	struct pair p;
	bool changed;

	begin(&p);
	two_objects(&p);
	struct feed x = shared(&p.bangkok, of(p.x), zero);
	both_pass(&p, 0);
	accord_close(p.bangkok.a);
	p.bangkok.a = NULL;
	atomic_fetch_add(&p.bangkok.now, 25 * HOUR);
	atomic_fetch_add(&p.tokyo.now, 25 * HOUR);
	world_reopen(&p.bangkok);
	SEES(&p.bangkok, of(p.x), "");
	pull(&p.south);
	SEES(&p.bangkok, of(p.x), "1 2");
	SEES(&p.bangkok, of(p.y), "2");
	OK(accord_refresh(p.bangkok.a, world_now(&p.bangkok), &changed, NULL));
	assert_string_equal(shared(&p.bangkok, of(p.x), x.last).text, "");
	end(&p);
}

static void news_that_come_just_after_the_silence_began_lose_nothing(void **state)
{
	struct pair p;
	const struct store_view *v;
	struct store_page *page;

	begin(&p);
	two_objects(&p);
	atomic_fetch_add(&p.bangkok.now, HOUR);
	atomic_fetch_add(&p.tokyo.now, HOUR);
	/* read in the moment between: the cursor passes 1, which is held back */
	const struct accord_principal who = of(p.x);
	OK(accord_view(p.bangkok.a, &who, world_now(&p.bangkok), &v, NULL));
	const struct store_query q = { .collection = p.bangkok.shared.number, .versions = STORE_VERSIONS_ALL, .limit = 10, .max_bytes = 1 << 20, .bytes = true };
	OK(store_page_new(accord_store(p.bangkok.a), v, &q, &page, NULL));
	OK(store_page_release_wait(page, NULL));
	assert_int_equal(store_page_count(page), 1);
	struct timestamp cursor = store_page_entry(page, 0)->stamp;
	store_page_free(page);
	store_view_unref(v);
	OK(accord_heard(p.bangkok.a, span_of(p.tokyo.hub), world_now(&p.bangkok), NULL)); /* before accord_refresh */
	assert_string_equal(shared(&p.bangkok, of(p.x), cursor).text, "1");
	end(&p);
}

static void what_arrives_late_waits_until_the_policy_was_heard(void **state)
{
	struct pair p;

	begin(&p);
	both_pass(&p, 2 * HOUR); /* objects come, the directory does not: its link hangs */
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 1, NOON, p.strict, NULL));
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 2, NOON, GREEN, NULL));
	pull_one(&p.south, p.tokyo.shared.number, &p.south.shared);
	assert_int_equal(p.south.taken, 2);
	struct feed x = shared(&p.bangkok, of(p.x), zero);
	assert_string_equal(x.text, "2");
	pull_one(&p.south, p.tokyo.a->directory, &p.south.directory);
	assert_string_equal(shared(&p.bangkok, of(p.x), x.last).text, "1");
	end(&p);
}

struct told {
	bool silent;
};

static void line(void *ctx, const struct store_held *held, int number, const char *rule, bool applies, const char *why)
{
	if (number == 0 && applies && strcmp(rule, "silent") == 0)
		((struct told *)ctx)->silent = true;
}

static void why_says_so(void **state)
{
	struct pair p;
	struct told t = { false };
	bool released;

	begin(&p);
	two_objects(&p);
	pass(&p.bangkok, HOUR);
	OK(accord_why(p.bangkok.a, SPAN("indicator--00000000-0000-4000-8000-000000000002"), p.x, world_now(&p.bangkok), line, &t, &released, NULL));
	assert_true(released && !t.silent);
	OK(accord_why(p.bangkok.a, SPAN("indicator--00000000-0000-4000-8000-000000000001"), p.x, world_now(&p.bangkok), line, &t, &released, NULL));
	assert_true(!released && t.silent);
	end(&p);
}

static void a_withdrawal_that_came_with_the_news_counts_before_anything_opens(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p);
	two_objects(&p);
	both_pass(&p, 25 * HOUR);
	struct feed y = shared(&p.bangkok, of(p.y), zero);
	OK(accord_member_status(p.tokyo.a, p.a, ACCORD_SUSPENDED, &f));
	struct accord_principal a = of(p.a);
	OK(accord_withdraw(p.tokyo.a, &a, p.tokyo.shared.number, SPAN("indicator--00000000-0000-4000-8000-000000000002"), SPAN(""), &f));
	pull(&p.south);
	SEES(&p.bangkok, of(p.y), "");
	assert_string_equal(shared(&p.bangkok, of(p.y), y.last).text, "");
	end(&p);
}

static void a_clock_that_is_set_back_loses_nothing(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p);
	two_objects(&p);
	struct feed y = shared(&p.bangkok, of(p.y), zero);
	assert_string_equal(y.text, "2");
	both_pass(&p, -3 * HOUR);
	OK(accord_heard(p.bangkok.a, span_of(p.tokyo.hub), world_now(&p.bangkok), &f));
	SEES(&p.bangkok, of(p.x), "1 2");
	pass(&p.bangkok, HOUR); /* by the clock as it is now, it is silent after the hour all the same */
	SEES(&p.bangkok, of(p.x), "2");
	pass(&p.tokyo, HOUR);
	pull(&p.south);
	SEES(&p.bangkok, of(p.x), "1 2");
	assert_string_equal(shared(&p.bangkok, of(p.y), y.last).text, "");
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_silent_hub_gave_is_held_back_after_an_hour_or_a_day),
		cmocka_unit_test(it_closes_at_the_very_moment_even_before_anybody_looked),
		cmocka_unit_test(once_it_is_heard_of_again_everything_comes_and_nothing_twice),
		cmocka_unit_test(news_on_time_change_nothing_and_keep_the_hub_heard_of),
		cmocka_unit_test(a_hub_that_was_off_for_a_day_gives_nothing_before_it_has_heard),
		cmocka_unit_test(news_that_come_just_after_the_silence_began_lose_nothing),
		cmocka_unit_test(what_arrives_late_waits_until_the_policy_was_heard),
		cmocka_unit_test(why_says_so),
		cmocka_unit_test(a_withdrawal_that_came_with_the_news_counts_before_anything_opens),
		cmocka_unit_test(a_clock_that_is_set_back_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
