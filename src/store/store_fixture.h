/* SPDX-License-Identifier: Apache-2.0 */
/* What the store's tests share: a store in a fresh directory, objects in a line of C, pages as lists of ids. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sign/sign.h"
#include "store/store.h"
#include "util/test.h"

#define UNUSED __attribute__((unused))

struct fixture {
	struct store *s;
	char dir[64];
	_Atomic int64_t now; /* the writer asks while a test goes on */
	struct store_options o;
};

struct put {
	const char *id, *modified, *label, *origin, *spec, *extra;
	const char *refs[8]; /* named ones */
	bool revoked, sco;
	int64_t collection;
	const struct store_view *submitter;
	const char *creator; /* what goes along with it */
	const char *value, *name; /* name: the object is a report of it, whose words can be found */
};

static struct timestamp fixture_now(void *ctx)
{
	struct fixture *x = ctx;
	return (struct timestamp){ x->now };
}

static void fixture_open(struct fixture *x)
{
	struct fault f = { "", "" };
	x->o = (struct store_options){ .now = fixture_now, .ctx = x, .create = true, .sort_after = 3 };
	if (store_open(&x->s, x->dir, &x->o, &f) != ERR_OK)
		fail_msg("store_open: %s %s", f.where, f.what);
}

static void UNUSED fixture_reopen(struct fixture *x)
{
	store_close(x->s);
	fixture_open(x);
}

struct fixture_collection {
	const char *id, *alias;
};

static enum err fixture_collection_add(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct fixture_collection *c = ctx;
	int64_t n;
	return store_collection_add(tx, &(struct store_collection){ .id = span_of(c->id), .alias = span_of(c->alias), .title = SPAN("t"), .can_read = true, .can_write = true }, &n, f);
}

static enum err UNUSED fixture_collection(struct fixture *x, const char *id, const char *alias)
{
	struct fixture_collection c = { id, alias };
	return store_write(x->s, fixture_collection_add, &c, NULL);
}

static int UNUSED fixture_setup(void **state)
{
	struct fixture *x = calloc(1, sizeof *x);
	assert_int_equal(sign_init(), ERR_OK);
	/* Memory where there is: these tests commit thousands of times. */
	snprintf(x->dir, sizeof x->dir, "%s/store-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(x->dir));
	x->now = INT64_C(1767225600000000);
	fixture_open(x);
	assert_int_equal(fixture_collection(x, "c1", "shared"), ERR_OK);
	*state = x;
	return 0;
}

static int fixture_unlink(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int UNUSED fixture_teardown(void **state)
{
	struct fixture *x = *state;
	store_close(x->s);
	nftw(x->dir, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS);
	free(x);
	return 0;
}

static void put_json(const struct put *p, char *to, size_t n)
{
	int at = snprintf(to, n, "{ \"id\":\"%s\",\"modified\":\"%s\"%s", p->id, p->modified ? p->modified : "", p->extra ? p->extra : "");
	if (p->name)
		at += snprintf(to + at, n - (size_t)at, ",\"type\":\"report\",\"created\":\"2026-01-01T00:00:00Z\",\"name\":\"%s\"", p->name);
	if (p->creator)
		at += snprintf(to + at, n - (size_t)at, ",\"created_by_ref\":\"%s\"", p->creator);
	snprintf(to + at, n - (size_t)at, "}");
}

/* Fills the object and the request from the short form; room holds the bytes. */
static void UNUSED put_fill(const struct put *p, struct stix_object *o, struct store_put *out, struct stix_ref refs[8], char *room, size_t n)
{
	struct span id = span_of(p->id);
	put_json(p, room, n);
	*o = (struct stix_object){ .raw = span_of(room), .id = id, .type = { id.p, id.n - 38 }, .kind = p->sco ? STIX_CLASS_SCO : STIX_CLASS_SDO, .spec_version = span_of(p->spec ? p->spec : "2.1"), .version = span_of(p->modified ? p->modified : STIX_NO_VERSION), .revoked = p->revoked, .refs = refs };
	assert_true(uuid_parse((struct span){ id.p + id.n - 36, 36 }, &o->uuid));
	assert_int_equal(timestamp_parse_ns(o->version, &o->version_ns, NULL), ERR_OK);
	for (; o->n_refs < 8 && p->refs[o->n_refs]; o->n_refs++)
		refs[o->n_refs] = (struct stix_ref){ .id = span_of(p->refs[o->n_refs]), .property = "object_refs", .named = true };
	*out = (struct store_put){ .object = o, .collection = p->collection ? p->collection : 1, .origin = span_of(p->origin ? p->origin : "identity--a"), .label_key = span_of(p->label ? p->label : "green"), .submitter = p->submitter };
}

struct fixture_putting {
	const struct put *v;
	size_t n;
	struct store_put *out;
	bool fail;
};

static enum err fixture_putting(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct fixture_putting *w = ctx;
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < w->n; i++) {
		struct stix_object o;
		struct stix_ref refs[8];
		char room[4096];
		put_fill(&w->v[i], &o, &w->out[i], refs, room, sizeof room);
		struct store_value value = { w->v[i].creator ? STIX_VALUE_META : STIX_VALUE_IPV4, span_of(w->v[i].creator ? w->v[i].creator : w->v[i].value) };
		if (value.normal.n) {
			w->out[i].values = &value;
			w->out[i].n_values = 1;
		}
		e = store_put(tx, &w->out[i], f);
	}
	return e == ERR_OK && w->fail ? fault_set(f, ERR_DENIED, "", "as planned") : e;
}

/* One submission of several objects. */
static void UNUSED fixture_puts(struct fixture *x, const struct put *v, size_t n, struct store_put *out)
{
	struct fixture_putting w = { v, n, out, false };
	struct fault f = { "", "" };
	x->now += 1000;
	if (store_write(x->s, fixture_putting, &w, &f) != ERR_OK)
		fail_msg("put: %s", f.what);
}

static struct store_put UNUSED fixture_put(struct fixture *x, const struct put *p)
{
	struct store_put out;
	fixture_puts(x, p, 1, &out);
	return out;
}

static enum err UNUSED fixture_fail(struct fixture *x, const struct put *p)
{
	struct store_put out;
	struct fixture_putting w = { p, 1, &out, true };
	return store_write(x->s, fixture_putting, &w, NULL);
}

/* Labels in the list are released; with '*' before it as to the origin. */
static enum store_decision fixture_decide(void *ctx, struct span key)
{
	const char *p = ctx;
	while (*p) {
		const char *end = strchrnul(p, ' ');
		bool own = *p == '*';
		if (span_eq((struct span){ p + own, (size_t)(end - p) - own }, key))
			return own ? STORE_RELEASE_ORIGIN : STORE_RELEASE;
		p = *end ? end + 1 : end;
	}
	return STORE_WITHHOLD;
}

static const struct store_view *UNUSED fixture_view(struct fixture *x, const char *recipient, const char *labels)
{
	const struct store_view *v;
	struct store_decider d = { .decide = fixture_decide, .ctx = (void *)labels };
	assert_int_equal(store_view_new(x->s, span_of(recipient), &d, NULL, &v, NULL), ERR_OK);
	return v;
}

static struct store_page *UNUSED fixture_page(struct fixture *x, const char *recipient, const char *labels, const struct store_query *q)
{
	const struct store_view *v = fixture_view(x, recipient, labels);
	struct store_page *p;
	struct fault f = { "", "" };
	if (store_page_new(x->s, v, q, &p, &f) != ERR_OK || store_page_release_wait(p, &f) != ERR_OK)
		fail_msg("page: %s %s", f.where, f.what);
	store_view_unref(v);
	return p;
}

/* Ids in feed order, as the query gives them, separated by spaces. */
static void UNUSED fixture_list(struct fixture *x, const char *recipient, const char *labels, const struct store_query *q, char *to, size_t n)
{
	struct store_page *p = fixture_page(x, recipient, labels, q);
	size_t at = 0;
	*to = 0;
	for (size_t i = 0; i < store_page_count(p) && at < n; i++)
		at += (size_t)snprintf(to + at, n - at, "%s%.*s", i ? " " : "", SPAN_ARG(store_page_entry(p, i)->id));
	store_page_free(p);
}

static void UNUSED fixture_expect(struct fixture *x, const char *recipient, const char *labels, const char *ids)
{
	char got[8192];
	fixture_list(x, recipient, labels, &(struct store_query){ .collection = 1, .limit = 100 }, got, sizeof got);
	assert_string_equal(got, ids);
}

struct fixture_withdrawing {
	const char *id, *origin, *version;
	size_t count;
};

static enum err fixture_withdrawing(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct fixture_withdrawing *w = ctx;
	return store_withdraw(tx, 1, span_of(w->id), span_of(w->origin), span_of(w->version), &w->count, f);
}

static enum err UNUSED fixture_withdraw(struct fixture *x, const char *id, const char *origin, const char *version)
{
	struct fixture_withdrawing w = { id, origin, version, 0 };
	x->now += 1000;
	return store_write(x->s, fixture_withdrawing, &w, NULL);
}

/* A recipient's decisions change from one list of labels to another; hidden: what is older than that stays hidden. */
struct fixture_changing {
	const char *recipient, *before, *after;
	int64_t hidden;
};

static struct timestamp fixture_hide(void *ctx, struct span key)
{
	return (struct timestamp){ ((const struct fixture_changing *)ctx)->hidden };
}

static enum err fixture_changing(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct fixture_changing *c = ctx;
	const struct store_view *before = NULL, *after = NULL;
	struct store_decider b = { .decide = fixture_decide, .ctx = (void *)c->before }, a = { .decide = fixture_decide, .ctx = (void *)c->after };
	enum err e = store_view_new_tx(tx, span_of(c->recipient), &b, &before, f);
	if (e == ERR_OK)
		e = store_view_new_tx(tx, span_of(c->recipient), &a, &after, f);
	if (e == ERR_OK)
		e = store_view_change(tx, before, after, fixture_hide, c, f);
	store_view_unref(before);
	store_view_unref(after);
	return e;
}

static void UNUSED fixture_change(struct fixture *x, const char *recipient, const char *before, const char *after, int64_t hidden)
{
	struct fixture_changing c = { recipient, before, after, hidden };
	x->now += 1000;
	assert_int_equal(store_write(x->s, fixture_changing, &c, NULL), ERR_OK);
}

struct fixture_asking {
	struct arena *a;
	const char *key;
	struct span value;
};

static enum err fixture_asking(void *ctx, struct db *db, struct fault *f)
{
	struct fixture_asking *k = ctx;
	k->value = store_meta_get(db, k->a, k->key);
	return ERR_OK;
}

static struct span UNUSED fixture_meta(struct fixture *x, struct arena *a, const char *key)
{
	struct fixture_asking k = { .a = a, .key = key };
	assert_int_equal(store_read(x->s, fixture_asking, &k, NULL), ERR_OK);
	return k.value;
}

static enum err UNUSED fixture_exec(void *ctx, struct db *db, struct fault *f)
{
	return db_exec(db, ctx, f);
}

/* Waits until the words index has caught up. */
static void UNUSED fixture_indexed(struct fixture *x)
{
	struct store_stats st = { .unindexed = 1 };
	for (int i = 0; i < 2000 && st.unindexed; i++) {
		usleep(10000);
		assert_int_equal(store_stats(x->s, &st, NULL), ERR_OK);
	}
	assert_int_equal(st.unindexed, 0);
}

static void fixture_finding(void *ctx, bool error, const char *what)
{
	if (error)
		print_message("# check: %s\n", what);
}

static void UNUSED fixture_check(struct fixture *x)
{
	uint64_t errors;
	struct fault f = { "", "" };
	if (store_check(x->s, fixture_finding, NULL, &errors, &f) != ERR_OK)
		fail_msg("check: %s", f.what);
	assert_int_equal(errors, 0);
}
#endif
