/* SPDX-License-Identifier: Apache-2.0 */
/* The log: what is committed is in it, in order; its proofs and tiles; every byte of it, turned one after the other, is noticed. */
#include "sign/note.h"
#include "store/ledger_priv.h"
#include "store/store_fixture.h"

#define A "indicator--00000000-0000-4000-8000-00000000000a"
#define B "indicator--00000000-0000-4000-8000-00000000000b"

static const struct store_query all = { .collection = 1, .limit = 2000, .bytes = true, .max_bytes = 1 << 24 };

static enum err event(void *ctx, struct store_tx *tx, struct fault *f)
{
	return ledger_event(tx, LEDGER_ACCORD, span_of(ctx), f);
}

static void event_add(struct fixture *x, const char *json)
{
	assert_int_equal(store_write(x->s, event, (void *)json, NULL), ERR_OK);
}

/* Two objects, a release of both, a version more, an event. */
static void small_log(struct fixture *x)
{
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-01T00:00:00Z" });
	fixture_put(x, &(struct put){ .id = B, .modified = "2026-01-01T00:00:00Z", .origin = "identity--b" });
	store_page_free(fixture_page(x, "identity--bob", "green", &all));
	fixture_put(x, &(struct put){ .id = A, .modified = "2026-01-02T00:00:00Z" });
	event_add(x, "{\"event\":\"signed\"}");
}

struct seen {
	size_t n;
	char text[1000];
	struct merkle_edge edge;
	uint8_t object[32], salt[16];
	char act[400], entry[200];
};

static enum err see(void *ctx, const struct ledger_entry *e)
{
	struct seen *s = ctx;
	struct merkle_hash h = merkle_leaf(e->entry);
	assert_int_equal(e->index, s->n++);
	snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "%s ", ledger_kind_name(e->kind));
	merkle_append(&s->edge, &h, NULL, NULL);
	if (e->kind == LEDGER_RELEASE) {
		memcpy(s->object, e->object, 32);
		memcpy(s->salt, e->salt, 16);
		snprintf(s->act, sizeof s->act, "%.*s", SPAN_ARG(e->act));
		snprintf(s->entry, sizeof s->entry, "%.*s", SPAN_ARG(e->entry));
	}
	return ERR_OK;
}

static void what_is_committed_is_logged_in_order(void **state)
{
	struct fixture *x = *state;
	struct ledger_head h;
	struct seen s = { 0 };
	small_log(x);
	assert_int_equal(ledger_head(x->s, &h, NULL), ERR_OK);
	assert_int_equal(h.size, 6);
	assert_int_equal(ledger_entries(x->s, 0, 100, see, &s, NULL), ERR_OK);
	assert_string_equal(s.text, "submit submit release release submit accord ");
	struct merkle_hash root = merkle_root(&s.edge);
	assert_true(merkle_same(&root, &h.root));
	/* a commitment opens by the format alone */
	uint8_t bytes[80], commitment[32];
	char want[200];
	sign_sha256(span_of(s.act), bytes);
	memcpy(bytes + 32, s.object, 32);
	memcpy(bytes + 64, s.salt, 16);
	sign_sha256((struct span){ (const char *)bytes, sizeof bytes }, commitment);
	BUF_SCOPE struct buf b;
	buf_init(&b, 100);
	sign_base64(commitment, 32, &b);
	snprintf(want, sizeof want, "release %s", b.p);
	assert_string_equal(s.entry, want);
	assert_non_null(strstr(s.act, "musubi release 1\nat 2026-"));
	assert_non_null(strstr(s.act, "\nto identity--bob\nwhat bytes\npolicy "));
	/* the same page again gives nothing new; what failed is not there; a restart changes nothing */
	store_page_free(fixture_page(x, "identity--bob", "green", &(struct store_query){ .collection = 1, .limit = 1, .bytes = true, .max_bytes = 1 << 20 }));
	fixture_fail(x, &(struct put){ .id = B, .modified = "2026-01-05T00:00:00Z", .origin = "identity--b" });
	fixture_reopen(x);
	fixture_put(x, &(struct put){ .id = B, .modified = "2026-01-06T00:00:00Z", .origin = "identity--b" });
	assert_int_equal(ledger_head(x->s, &h, NULL), ERR_OK);
	assert_int_equal(h.size, 7);
	fixture_check(x);
}

static void proofs_and_tiles_come_from_the_rows(void **state)
{
	struct fixture *x = *state;
	struct ledger_head h, old = { 0 };
	struct fault f;
	for (int i = 0; i < 3; i++) { /* rows of many leaves and of one, past the width of a tile */
		struct put v[150];
		char ids[150][64];
		struct store_put out[150];
		for (int k = 0; k < 150; k++) {
			snprintf(ids[k], sizeof ids[k], "indicator--00000000-0000-4000-8000-%012d", 1000 * i + k);
			v[k] = (struct put){ .id = ids[k], .modified = "2026-01-01T00:00:00Z" };
		}
		fixture_puts(x, v, 150, out);
		event_add(x, "{}");
		if (i == 0)
			assert_int_equal(ledger_head(x->s, &old, NULL), ERR_OK);
	}
	assert_int_equal(ledger_head(x->s, &h, NULL), ERR_OK);
	assert_int_equal(h.size, 453);
	struct seen s = { 0 };
	assert_int_equal(ledger_entries(x->s, 0, 453, see, &s, NULL), ERR_OK);
	struct merkle_hash root = merkle_root(&s.edge);
	assert_true(merkle_same(&root, &h.root));
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 16);
	assert_int_equal(ledger_tile(x->s, 0, 1, 197, &b, &f), ERR_OK);
	assert_int_equal(b.n, 197 * 32);
	for (uint64_t i = 0; i < h.size; i += 31) {
		struct merkle_proof p;
		struct merkle_hash leaf;
		assert_int_equal(ledger_inclusion(x->s, i, h.size, &p, &f), ERR_OK);
		buf_clear(&b);
		assert_int_equal(ledger_tile(x->s, 0, i / 256, (unsigned)(i % 256) + 1, &b, &f), ERR_OK);
		memcpy(leaf.b, b.p + i % 256 * 32, 32);
		assert_true(merkle_check_inclusion(&leaf, i, h.size, p.at, p.n, &h.root));
	}
	struct merkle_proof p;
	assert_int_equal(ledger_consistency(x->s, old.size, h.size, &p, &f), ERR_OK);
	assert_true(merkle_check_consistency(old.size, &old.root, h.size, &h.root, p.at, p.n));
	buf_clear(&b);
	assert_int_equal(ledger_tile(x->s, 1, 0, 1, &b, &f), ERR_OK);
	assert_int_equal(ledger_tile(x->s, 1, 0, 2, &b, &f), ERR_NOTFOUND);
	assert_int_equal(ledger_tile(x->s, 0, 1, 198, &b, &f), ERR_NOTFOUND);
	assert_int_equal(ledger_inclusion(x->s, 0, 454, &p, &f), ERR_NOTFOUND);
	fixture_check(x);
}

/* ---- every byte ---- */

struct column {
	const char *name, *read, *write;
};
#define COLUMN(table, column) \
	{ \
		table "." column, "SELECT " column ", typeof(" column ") FROM " table " ORDER BY rowid LIMIT 1 OFFSET ?", \
			"UPDATE " table " SET " column " = ? WHERE rowid = (SELECT rowid FROM " table " ORDER BY rowid LIMIT 1 OFFSET ?)" \
	}
struct cell {
	const struct column *of;
	int64_t row; /* place of the row in order */
	int64_t number; /* of an integer */
	char bytes[8192];
	size_t n;
	bool text, is_int;
};

static enum err cell_read(void *ctx, struct db *db, struct fault *f)
{
	struct cell *c = ctx;
	struct db_stmt *q = db_prepare(db, c->of->read, f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 1, c->row);
	enum err e = db_step(q, f);
	if (e == ERR_OK) {
		struct span type = db_text(q, 1);
		c->is_int = span_is(type, "integer");
		c->text = span_is(type, "text");
		c->number = c->is_int ? db_int(q, 0) : 0;
		struct span v = c->is_int ? (struct span){ (const char *)&c->number, 8 } : c->text ? db_text(q, 0)
												   : db_blob(q, 0);
		assert_true(v.n <= sizeof c->bytes);
		memcpy(c->bytes, v.p, v.n);
		c->n = v.n;
	}
	db_reset(q);
	return e;
}

static enum err cell_write(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct cell *c = ctx;
	struct db_stmt *q = db_prepare(store_tx_db(tx), c->of->write, f);
	if (!q)
		return ERR_DB;
	db_bind_int(q, 2, c->row);
	struct span v = { c->bytes, c->n };
	memcpy(&c->number, c->bytes, 8);
	if (c->is_int)
		db_bind_int(q, 1, c->number);
	else if (c->text)
		db_bind_text(q, 1, v);
	else
		db_bind_blob(q, 1, v);
	enum err e = db_run(q, f);
	tx->wrote = false; /* the log has nothing to add for a hand that meddles */
	return e;
}

static void count(void *ctx, const char *what)
{
	++*(size_t *)ctx;
}

static enum err verify(void *ctx, struct db *db, struct fault *f)
{
	uint64_t size;
	return ledger_check(db, count, ctx, &size, f);
}

static bool noticed(struct fixture *x)
{
	struct fault f;
	size_t n = 0;
	return store_read(x->s, verify, &n, &f) != ERR_OK || n > 0;
}

static size_t turn_every_byte(struct fixture *x, const struct column *of)
{
	size_t turned = 0;
	for (int64_t row = 0;; row++) {
		struct cell c = { .of = of, .row = row };
		struct fault f = { "", "" };
		enum err e = store_read(x->s, cell_read, &c, &f);
		if (e == ERR_NOTFOUND)
			return turned;
		assert_int_equal(e, ERR_OK);
		for (size_t i = 0; i < c.n; i++) {
			c.bytes[i] ^= (char)(1 << i % 7);
			e = store_write(x->s, cell_write, &c, &f);
			if (e == ERR_OK && !noticed(x))
				fail_msg("%s, row %lld, byte %zu", of->name, (long long)row, i);
			turned += e == ERR_OK; /* a key that is there already, a number that cannot be: the data base itself refuses */
			c.bytes[i] ^= (char)(1 << i % 7);
			if (e == ERR_OK)
				assert_int_equal(store_write(x->s, cell_write, &c, &f), ERR_OK);
		}
	}
}

static void every_byte_that_is_turned_is_noticed(void **state)
{
	static const struct column cells[] = {
		COLUMN("st_log", "size"),
		COLUMN("st_log", "edge"),
		COLUMN("st_log", "versions"),
		COLUMN("st_log", "releases"),
		COLUMN("st_log", "events"),
		COLUMN("st_leaf", "count"),
		COLUMN("st_leaf", "kind"),
		COLUMN("st_leaf", "row"),
		COLUMN("st_leaf", "last"),
		COLUMN("st_leaf", "at"),
		COLUMN("st_leaf", "hashes"),
		COLUMN("st_event", "data"),
		COLUMN("st_event", "kind"),
		COLUMN("st_release", "recipient"),
		COLUMN("st_release", "at"),
		COLUMN("st_release", "what"),
		COLUMN("st_release", "view"),
		COLUMN("st_release", "runs"),
		COLUMN("st_version", "digest"),
		COLUMN("st_version", "origin"),
		COLUMN("st_version", "home"),
	};
	struct fixture *x = *state;
	size_t turned = 0;
	small_log(x);
	assert_false(noticed(x));
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		turned += turn_every_byte(x, &cells[i]);
	assert_true(turned > 500);
	assert_false(noticed(x));
	fixture_check(x);
}

/* ---- whole rows ---- */

static enum err run_sql(void *ctx, struct store_tx *tx, struct fault *f)
{
	tx->wrote = false;
	return db_exec(store_tx_db(tx), ctx, f);
}

static void rows_dropped_reordered_or_put_in_are_noticed(void **state)
{
	static const struct {
		const char *harm, *heal;
	} rows[] = {
		{ "CREATE TABLE k AS SELECT * FROM st_leaf WHERE first = 1; DELETE FROM st_leaf WHERE first = 1", "INSERT INTO st_leaf SELECT * FROM k; DROP TABLE k" },
		{ "CREATE TABLE k AS SELECT * FROM st_leaf WHERE first = 5; DELETE FROM st_leaf WHERE first = 5", "INSERT INTO st_leaf SELECT * FROM k; DROP TABLE k" },
		{ "UPDATE st_leaf SET row = 3 - row, last = 3 - last WHERE first < 2", "UPDATE st_leaf SET row = 3 - row, last = 3 - last WHERE first < 2" },
		{ "INSERT INTO st_leaf VALUES (6, 1, 2, 2, 2, 0, zeroblob(32))", "DELETE FROM st_leaf WHERE first = 6" },
		{ "INSERT INTO st_event VALUES (2, 2, '{}')", "DELETE FROM st_event WHERE number = 2" },
		{ "INSERT INTO st_node VALUES (8, 0, zeroblob(32))", "DELETE FROM st_node" },
		{ "CREATE TABLE k AS SELECT * FROM st_release; DELETE FROM st_release", "INSERT INTO st_release SELECT * FROM k; DROP TABLE k" },
	};
	struct fixture *x = *state;
	struct fault f;
	small_log(x);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(store_write(x->s, run_sql, (void *)rows[i].harm, &f), ERR_OK);
		if (!noticed(x))
			fail_msg("row %zu", i);
		assert_int_equal(store_write(x->s, run_sql, (void *)rows[i].heal, &f), ERR_OK);
		if (noticed(x))
			fail_msg("row %zu stays", i);
	}
}

static enum err its(void *ctx, const struct ledger_entry *e, struct span origin)
{
	struct seen *s = ctx;
	snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "%s %llu ", ledger_kind_name(e->kind), (unsigned long long)e->index);
	s->n++;
	assert_true(span_is(origin, "identity--a"));
	return ERR_OK;
}

static void who_was_given_an_object_is_found_with_its_places(void **state)
{
	struct fixture *x = *state;
	struct seen s = { 0 };
	uint64_t size;
	small_log(x);
	store_page_free(fixture_page(x, "identity--carol", "green", &all));
	assert_int_equal(ledger_of_object(x->s, SPAN(A), its, &s, &size, NULL), ERR_OK);
	assert_string_equal(s.text, "submit 4 release 7 submit 0 release 2 ");
	assert_int_equal(size, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_committed_is_logged_in_order, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(proofs_and_tiles_come_from_the_rows, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(every_byte_that_is_turned_is_noticed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(rows_dropped_reordered_or_put_in_are_noticed, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(who_was_given_an_object_is_found_with_its_places, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
