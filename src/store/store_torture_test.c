/* SPDX-License-Identifier: Apache-2.0 */
/* Killed at random moments; many writers and one reader; threads that submit one object each. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include "store/store_fixture.h"

#define KILLS 100

struct acknowledged {
	int64_t number, stamp;
};

static void id_of(int64_t number, char id[80])
{
	snprintf(id, 80, "report--00000000-0000-4000-8000-%012lld", (long long)number);
}

/* Writes one object after the other and says of each, once it is durable, at which stamp. */
struct child {
	struct fixture *x;
	int out;
	int64_t first;
	_Atomic int64_t next;
};

static void *child_thread(void *ctx)
{
	struct child *c = ctx;
	for (;;) {
		char id[80];
		int64_t number = atomic_fetch_add(&c->next, 1);
		id_of(number, id);
		struct put p = { .id = id, .label = number % 3 ? "green" : "amber", .extra = ",\"name\":\"something that takes a few more bytes, so that pages fill and are split\"" };
		struct store_put out;
		struct fixture_putting w = { &p, 1, &out, false };
		if (store_write(c->x->s, fixture_putting, &w, NULL) != ERR_OK)
			_exit(1);
		struct acknowledged a = { number, out.stamp.us };
		if (write(c->out, &a, sizeof a) != sizeof a)
			_exit(1);
	}
}

static void run_child(struct fixture *x, int out, int64_t first)
{
	struct child c = { .x = x, .out = out, .first = first, .next = first };
	pthread_t t;
	fixture_open(x);
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, child_thread, &c);
	child_thread(&c);
}

/* Everything from the start of what is new, with the stamps as served. */
static void verify(struct fixture *x, struct timestamp *after, const struct acknowledged *v, size_t n)
{
	size_t found = 0;
	bool more = true;
	while (more) {
		struct store_page *p = fixture_page(x, "bob", "green amber", &(struct store_query){ .collection = 1, .limit = 100, .has_after = true, .after = *after, .bytes = true });
		for (size_t i = 0; i < store_page_count(p); i++) {
			const struct store_entry *e = store_page_entry(p, i);
			char id[80];
			assert_true(e->stamp.us > after->us);
			*after = e->stamp;
			for (size_t k = 0; k < n; k++) {
				id_of(v[k].number, id);
				if (!span_is(e->id, id))
					continue;
				assert_int_equal(e->stamp.us, v[k].stamp);
				assert_true(e->raw.n > 100 && e->raw.p[e->raw.n - 1] == '}');
				found++;
			}
		}
		more = store_page_more(p);
		store_page_free(p);
	}
	if (found != n)
		fail_msg("%zu of %zu acknowledged objects are there", found, n);
}

static void what_was_acknowledged_survives_a_kill_at_any_moment(void **state)
{
	struct fixture *x = *state;
	struct timestamp after = { 0 };
	unsigned seed = (unsigned)getpid();
	int64_t number = 0;
	size_t all = 0;
	print_message("# seed %u\n", seed);
	store_close(x->s);
	for (int round = 0; round < KILLS; round++) {
		static struct acknowledged v[100000];
		size_t n = 0;
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		x->now += 1000;
		pid_t pid = fork();
		if (pid == 0) {
			close(ends[0]);
			run_child(x, ends[1], number);
		}
		close(ends[1]);
		seed = seed * 1103515245u + 12345u;
		usleep(2000 + (seed >> 16) % 60000);
		kill(pid, SIGKILL);
		while (n < 100000 && read(ends[0], &v[n], sizeof v[n]) == sizeof v[n])
			n++;
		close(ends[0]);
		waitpid(pid, NULL, 0);
		for (size_t i = 0; i < n; i++)
			number = v[i].number >= number ? v[i].number + 1 : number;
		number += 8; /* what was under way may be there or not */
		all += n;
		fixture_open(x);
		verify(x, &after, v, n);
		if (round % 10 == 9)
			fixture_check(x);
		store_close(x->s);
	}
	print_message("# %zu objects acknowledged\n", all);
	assert_true(all > KILLS);
	fixture_open(x);
}

/* ---- sixteen writers and a reader ---- */

#define WRITERS 16
#define EACH 150

struct writers {
	struct fixture *x;
	_Atomic int next, running;
};

static void *writer_thread(void *ctx)
{
	struct writers *w = ctx;
	for (int i = 0; i < EACH; i++) {
		char id[80], label[16];
		int number = atomic_fetch_add(&w->next, 1);
		id_of(number, id);
		/* Labels that nobody has seen yet come all the time. */
		snprintf(label, sizeof label, "l%d", number / 40);
		struct put p = { .id = id, .label = label };
		struct store_put out;
		struct fixture_putting job = { &p, 1, &out, false };
		if (store_write(w->x->s, fixture_putting, &job, NULL) != ERR_OK)
			abort();
	}
	atomic_fetch_sub(&w->running, 1);
	return NULL;
}

static enum store_decision everything(void *ctx, struct span key)
{
	return STORE_RELEASE;
}

static void a_reader_that_resumes_by_its_last_stamp_loses_nothing(void **state)
{
	struct fixture *x = *state;
	struct writers w = { .x = x, .running = WRITERS };
	struct store_decider d = { .decide = everything };
	const struct store_view *v = NULL;
	struct timestamp after = { 0 };
	static unsigned char seen[WRITERS * EACH];
	pthread_t t[WRITERS];
	size_t got = 0, empty = 0;
	memset(seen, 0, sizeof seen);
	assert_int_equal(store_view_new(x->s, SPAN("bob"), &d, NULL, &v, NULL), ERR_OK);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, writer_thread, &w), 0);
	for (bool last = false;;) {
		last = atomic_load(&w.running) == 0;
		struct store_page *p;
		/* Sometimes with a view that is behind. */
		if (!store_view_current(v) && (last || empty || got % 3)) {
			const struct store_view *fresh;
			assert_int_equal(store_view_new(x->s, SPAN("bob"), &d, v, &fresh, NULL), ERR_OK);
			store_view_unref(v);
			v = fresh;
		}
		assert_int_equal(store_page_new(x->s, v, &(struct store_query){ .collection = 1, .limit = 7, .has_after = true, .after = after }, &p, NULL), ERR_OK);
		assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
		size_t n = store_page_count(p);
		for (size_t i = 0; i < n; i++) {
			const struct store_entry *e = store_page_entry(p, i);
			char digits[13] = "";
			memcpy(digits, e->id.p + e->id.n - 12, 12);
			long number = strtol(digits, NULL, 10);
			assert_true(e->stamp.us > after.us);
			assert_false(seen[number]);
			seen[number] = 1;
			after = e->stamp;
		}
		got += n;
		store_page_free(p);
		if (last && !n && store_view_current(v))
			break;
		empty = n ? 0 : empty + 1;
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(got, WRITERS * EACH);
	store_view_unref(v);
	fixture_check(x);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_reader_that_resumes_by_its_last_stamp_loses_nothing),
		T(what_was_acknowledged_survives_a_kill_at_any_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
