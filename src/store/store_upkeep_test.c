/* SPDX-License-Identifier: Apache-2.0 */
/* Backup, restore, verification, migrations, status, another process, and a disk that is full. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "store/store_fixture.h"

static void put_many(struct fixture *x, int from, int to)
{
	for (int i = from; i < to; i++) {
		char id[80];
		snprintf(id, sizeof id, "report--00000000-0000-4000-8000-%012d", i);
		fixture_put(x, &(struct put){ .id = id, .label = i % 2 ? "green" : "amber" });
	}
}

static size_t count(struct fixture *x)
{
	uint64_t n;
	struct timestamp newest;
	const struct store_view *v = fixture_view(x, "bob", "green amber");
	assert_int_equal(store_view_count(x->s, v, 0, &n, &newest, NULL), ERR_OK);
	store_view_unref(v);
	return n;
}

static void a_backup_is_restored_with_a_new_epoch(void **state)
{
	struct fixture *x = *state;
	char file[128], dir[128];
	const uint8_t epoch[16] = { 0xab, 1, 2, 3 };
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	put_many(x, 0, 20);
	snprintf(file, sizeof file, "%s/copy", x->dir);
	assert_int_equal(store_backup(x->s, file, NULL, NULL, NULL), ERR_OK);
	assert_int_equal(store_backup(x->s, file, NULL, NULL, NULL), ERR_CONFLICT);
	put_many(x, 20, 30);
	assert_int_equal(store_restore(file, x->dir, epoch, NULL), ERR_CONFLICT);
	snprintf(dir, sizeof dir, "%s/new", x->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(store_restore("/nonexistent", dir, epoch, NULL), ERR_NOTFOUND);
	assert_int_equal(store_restore(file, dir, epoch, NULL), ERR_OK);
	struct fixture y = { .now = x->now };
	snprintf(y.dir, sizeof y.dir, "%.40s/new", x->dir);
	fixture_open(&y);
	assert_int_equal(count(&y), 20);
	assert_int_equal(count(x), 30);
	fixture_check(&y);
	struct span got = fixture_meta(&y, a, "epoch");
	assert_true(span_is(got, "ab010203000000000000000000000000"));
	store_close(y.s);
}

static void no_backup_is_no_restore(void **state)
{
	struct fixture *x = *state;
	char file[128], dir[128];
	const uint8_t epoch[16] = { 0 };
	snprintf(file, sizeof file, "%s/text", x->dir);
	snprintf(dir, sizeof dir, "%s/new", x->dir);
	FILE *f = fopen(file, "w");
	fputs("this is no data base", f);
	fclose(f);
	assert_int_equal(mkdir(dir, 0700), 0);
	struct fault why = { "", "" };
	assert_int_not_equal(store_restore(file, dir, epoch, &why), ERR_OK);
	snprintf(file, sizeof file, "%s/new/musubi.db", x->dir);
	assert_int_equal(access(file, F_OK), -1);
}

static void count_errors(void *ctx, bool error, const char *what)
{
	*(int *)ctx += error;
}

static void a_flipped_byte_is_found(void **state)
{
	struct fixture *x = *state;
	char path[128], *at = NULL;
	put_many(x, 0, 20);
	fixture_put(x, &(struct put){ .id = "report--00000000-0000-4000-8000-00000000ffff", .extra = ",\"name\":\"needle in the haystack\"" });
	fixture_check(x);
	store_close(x->s);
	snprintf(path, sizeof path, "%s/musubi.db", x->dir);
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	char *all = malloc((size_t)size);
	assert_int_equal(pread(fd, all, (size_t)size, 0), size);
	at = memmem(all, (size_t)size, "needle in the", 13);
	assert_non_null(at);
	assert_int_equal(pwrite(fd, "N", 1, at - all), 1);
	close(fd);
	free(all);
	fixture_open(x);
	uint64_t errors = 0;
	int seen = 0;
	assert_int_equal(store_check(x->s, count_errors, &seen, &errors, NULL), ERR_OK);
	assert_int_equal(errors, 1);
	assert_int_equal(seen, 1);
}

static enum err make_row(void *ctx, struct store_tx *tx, struct fault *f)
{
	return db_exec(store_tx_db(tx), ctx, f);
}

static enum err read_rows(void *ctx, struct db *db, struct fault *f)
{
	struct db_stmt *q = db_prepare(db, "SELECT count(*), sum(b) FROM other", f);
	enum err e = q ? db_step(q, f) : ERR_DB;
	if (e == ERR_OK) {
		*(int64_t *)ctx = db_int(q, 0) * 100 + db_int(q, 1);
		db_reset(q);
	}
	return e;
}

static void other_rooms_keep_tables_of_their_own(void **state)
{
	struct fixture *x = *state;
	static const char *const steps[] = { "CREATE TABLE other (a INTEGER PRIMARY KEY)", "ALTER TABLE other ADD COLUMN b INTEGER NOT NULL DEFAULT 7", "bad sql" };
	int64_t n = 0;
	assert_int_equal(store_migrate(x->s, "other", steps, 1, NULL), ERR_OK);
	assert_int_equal(store_migrate(x->s, "other", steps, 2, NULL), ERR_OK);
	assert_int_equal(store_migrate(x->s, "other", steps, 2, NULL), ERR_OK);
	assert_int_equal(store_migrate(x->s, "other", steps, 3, NULL), ERR_DB);
	assert_int_equal(store_migrate(x->s, "other", steps, 1, NULL), ERR_DB); /* an older program */
	assert_int_equal(store_write(x->s, make_row, "INSERT INTO other (a) VALUES (1)", NULL), ERR_OK);
	assert_int_equal(store_write(x->s, make_row, "INSERT INTO other (a, b) VALUES (2, 1); SELECT 1/0 FROM nowhere", NULL), ERR_DB);
	assert_int_equal(store_read(x->s, read_rows, &n, NULL), ERR_OK);
	assert_int_equal(n, 107);
	/* Readers cannot write. */
	assert_int_not_equal(store_read(x->s, fixture_exec, "DELETE FROM other", NULL), ERR_OK);
}

struct status {
	const char *id, *owner, *json;
};

static enum err put_status(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct status *s = ctx;
	return store_status_put(tx, span_of(s->id), span_of(s->owner), span_of(s->json), f);
}

static void a_status_is_its_owners_for_a_week(void **state)
{
	struct fixture *x = *state;
	struct arena *a ARENA_SCOPE = arena_new(1 << 20);
	static const uint8_t zero[16];
	char id[2][UUID_TEXT];
	struct span json;
	for (int i = 0; i < 2; i++) {
		struct uuid u = uuid_v7(x->now / 1000 + i * INT64_C(8) * 86400 * 1000, zero);
		uuid_format(&u, id[i]);
	}
	assert_int_equal(store_write(x->s, put_status, &(struct status){ id[0], "a", "{}" }, NULL), ERR_OK);
	assert_int_equal(store_write(x->s, put_status, &(struct status){ id[0], "b", "[]" }, NULL), ERR_OK);
	assert_int_equal(store_status_get(x->s, a, span_of(id[0]), SPAN("a"), &json, NULL), ERR_OK);
	assert_true(span_is(json, "{}"));
	assert_int_equal(store_status_get(x->s, a, span_of(id[0]), SPAN("b"), &json, NULL), ERR_NOTFOUND);
	x->now += INT64_C(8) * 86400 * 1000000;
	assert_int_equal(store_write(x->s, put_status, &(struct status){ id[1], "a", "{}" }, NULL), ERR_OK);
	assert_int_equal(store_status_get(x->s, a, span_of(id[1]), SPAN("a"), &json, NULL), ERR_OK);
	assert_int_equal(store_status_get(x->s, a, span_of(id[0]), SPAN("a"), &json, NULL), ERR_NOTFOUND);
}

static void another_process_is_noticed(void **state)
{
	struct fixture *x = *state, y = { .now = x->now + 5000 };
	put_many(x, 0, 4);
	assert_false(store_changed_outside(x->s));
	const struct store_view *v = fixture_view(x, "bob", "green amber blue");
	/* A second store on the same file is what the command line is to a running hub. */
	snprintf(y.dir, sizeof y.dir, "%s", x->dir);
	fixture_open(&y);
	struct store_put theirs = fixture_put(&y, &(struct put){ .id = "report--00000000-0000-4000-8000-00000000aaaa", .label = "blue" });
	assert_true(store_changed_outside(x->s));
	assert_false(store_changed_outside(x->s));
	assert_false(store_view_current(v));
	store_view_unref(v);
	struct store_put ours = fixture_put(x, &(struct put){ .id = "report--00000000-0000-4000-8000-00000000bbbb", .label = "violet" });
	assert_true(ours.stamp.us > theirs.stamp.us);
	assert_true(ours.version > theirs.version);
	fixture_expect(x, "bob", "blue violet", "report--00000000-0000-4000-8000-00000000aaaa report--00000000-0000-4000-8000-00000000bbbb");
	struct store_put again = fixture_put(&y, &(struct put){ .id = "report--00000000-0000-4000-8000-00000000cccc", .label = "violet" });
	assert_true(again.stamp.us > ours.stamp.us);
	fixture_check(x);
	store_close(y.s);
	fixture_check(x);
}

static enum err put_large(void *ctx, struct store_tx *tx, struct fault *f)
{
	static char raw[1 << 20];
	memset(raw, 'x', sizeof raw);
	struct stix_object o = { .raw = { raw, sizeof raw }, .id = SPAN("report--00000000-0000-4000-8000-000000000fff"), .type = SPAN("report"), .spec_version = SPAN("2.1"), .version = SPAN("1970-01-01T00:00:00Z") };
	assert_true(uuid_parse((struct span){ o.id.p + 8, 36 }, &o.uuid));
	struct store_put p = { .object = &o, .collection = 1, .origin = SPAN("identity--a"), .label_key = SPAN("green") };
	return store_put(tx, &p, f);
}

static void a_full_disk_loses_nothing_and_heals(void **state)
{
	struct fixture *x = *state;
	struct rlimit was, small = { 200 << 10, RLIM_INFINITY };
	struct fault f = { "", "" };
	signal(SIGXFSZ, SIG_IGN);
	put_many(x, 0, 10);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum err e = store_write(x->s, put_large, NULL, &f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(e, ERR_IO);
	assert_non_null(strstr(f.what, "disk"));
	assert_int_equal(count(x), 10);
	put_many(x, 10, 20);
	assert_int_equal(store_write(x->s, put_large, NULL, &f), ERR_OK);
	assert_int_equal(count(x), 21);
	fixture_check(x);
	fixture_reopen(x);
	assert_int_equal(count(x), 21);
	fixture_check(x);
}

static void taking_in_stops_before_the_disk_is_full(void **state)
{
	struct fixture *x = *state;
	struct fault f = { "", "" };
	assert_int_equal(store_room(x->s, 0, &f), ERR_OK);
	assert_int_equal(store_room(x->s, 1u << 20, &f), ERR_OK);
	assert_int_equal(store_room(x->s, UINT64_MAX, &f), ERR_IO);
	assert_non_null(strstr(f.what, "no room"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_backup_is_restored_with_a_new_epoch),
		T(no_backup_is_no_restore),
		T(a_flipped_byte_is_found),
		T(other_rooms_keep_tables_of_their_own),
		T(a_status_is_its_owners_for_a_week),
		T(another_process_is_noticed),
		T(a_full_disk_loses_nothing_and_heals),
		T(taking_in_stops_before_the_disk_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
