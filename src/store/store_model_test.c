/* SPDX-License-Identifier: Apache-2.0 */
/* Random submissions, withdrawals and changes of who may what, against a model that knows nothing of labels, ordinals and grants: it evaluates the rules
 * of design/policy.md over everything that was submitted, for each recipient, and compares what full pagination and resuming readers got. */
#include "store/store_fixture.h"

#define ORGS 3
#define LEVELS 4
#define READERS_N 4 /* one per organisation, and one of none */
#define IDS 12 /* the second half have UUIDs of version 5 */
#define VERSIONS 600
#define REFS 2

struct mversion {
	int id, org, collection, level, when; /* when: index of its instant */
	int refs[REFS];
	bool revoked, withdrawn, different;
	int conds[64][2]; /* labels of newer versions (org, level) */
	int n_conds;
	int64_t number;
	bool delivered[READERS_N]; /* ever */
	bool holds[READERS_N]; /* and it was not lost since: then it may not come again */
	char text[40];
};
struct mline {
	bool revoked;
	int newest; /* index or -1 */
};
struct model {
	struct fixture *x;
	unsigned seed;
	struct mversion v[VERSIONS];
	int n;
	unsigned mask[READERS_N];
	int64_t cursor[READERS_N];
	const struct store_view *old[READERS_N];
};

static unsigned rnd(struct model *m, unsigned n)
{
	m->seed = m->seed * 1103515245u + 12345u;
	return (m->seed >> 16) % n;
}

static void id_text(int id, char to[80])
{
	if (id < IDS / 2)
		snprintf(to, 80, "report--00000000-0000-4000-8000-%012d", id);
	else
		snprintf(to, 80, "domain-name--00000000-0000-5000-8000-%012d", id);
}

/* ---- the rules ---- */

static bool own(int reader, int org)
{
	return reader == org;
}

static bool may(const struct model *m, int reader, int org, int level)
{
	return own(reader, org) || (m->mask[reader] >> level & 1);
}

static bool base(const struct model *m, int reader, const struct mversion *v)
{
	if (v->withdrawn || v->different || !may(m, reader, v->org, v->level))
		return false;
	for (int i = 0; i < v->n_conds; i++)
		if (!may(m, reader, v->conds[i][0], v->conds[i][1]))
			return false;
	return true;
}

/* The greatest set in which everybody's references are satisfied. */
static void closed(const struct model *m, int reader, bool out[VERSIONS])
{
	for (int i = 0; i < m->n; i++)
		out[i] = base(m, reader, &m->v[i]);
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < m->n; i++) {
			for (int r = 0; out[i] && !own(reader, m->v[i].org) && r < REFS; r++) {
				bool there = m->v[i].refs[r] < 0;
				for (int k = 0; k < m->n && !there; k++)
					there = out[k] && m->v[k].id == m->v[i].refs[r];
				if (!there) {
					out[i] = false;
					more = true;
				}
			}
		}
	}
}

static bool newer(const struct mversion *a, const struct mversion *b)
{
	return a->revoked != b->revoked ? a->revoked : a->when != b->when ? a->when > b->when
									  : a->number > b->number;
}

/* ---- submitting ---- */

static int find(const struct model *m, const struct mversion *like)
{
	for (int i = m->n - 1; i >= 0; i--)
		if (m->v[i].id == like->id && m->v[i].org == like->org && m->v[i].collection == like->collection && m->v[i].when == like->when && !m->v[i].different)
			return i;
	return -1;
}

static struct mline line_of(const struct model *m, const struct mversion *like)
{
	struct mline l = { false, -1 };
	for (int i = 0; i < m->n; i++) {
		const struct mversion *v = &m->v[i];
		if (v->id != like->id || v->org != like->org || v->collection != like->collection || v->different)
			continue;
		l.revoked = l.revoked || v->revoked;
		if (!v->withdrawn && (l.newest < 0 || newer(v, &m->v[l.newest])))
			l.newest = i;
	}
	return l;
}

static enum store_fate accept(struct model *m, struct mversion *v, bool same_bytes)
{
	struct mline l = line_of(m, v);
	int there = find(m, v);
	if (there >= 0 && same_bytes && (!m->v[there].withdrawn || l.revoked))
		return STORE_UNCHANGED;
	if (l.revoked)
		return STORE_REVOKED;
	if (there >= 0 && !same_bytes)
		return STORE_DIFFERENT;
	bool newest = l.newest < 0 || v->revoked || v->when > m->v[l.newest].when;
	if (!newest) {
		v->conds[v->n_conds][0] = v->org;
		v->conds[v->n_conds++][1] = m->v[l.newest].level;
	}
	for (int i = 0; newest && i < m->n; i++) {
		struct mversion *o = &m->v[i];
		if (o->id != v->id || o->org != v->org || o->collection != v->collection || o->n_conds == 64)
			continue;
		o->conds[o->n_conds][0] = v->org;
		o->conds[o->n_conds++][1] = v->level;
	}
	assert_true(m->n < VERSIONS);
	m->v[m->n++] = *v;
	return STORE_ADDED;
}

/* Content is a function of what it is, so that the same comes again as the same bytes. */
static void shape(struct model *m, struct mversion *v)
{
	*v = (struct mversion){ .id = (int)rnd(m, IDS), .org = (int)rnd(m, ORGS), .collection = 1 + (int)rnd(m, 2), .refs = { -1, -1 } };
	v->when = v->id < IDS / 2 ? (int)rnd(m, 5) : 0;
	v->revoked = v->id < 2 && v->when == 4;
	/* The label is part of the object. */
	unsigned h = (unsigned)(v->id * 31 + v->org * 7 + v->when * 3 + v->collection);
	v->level = (int)(h * 2654435761u >> 20) % LEVELS;
	for (int r = 0; r < REFS; r++)
		if (h * 40503u >> (4 + r) & 1)
			v->refs[r] = IDS / 2 + (int)((h * 69069u >> (8 + r * 3)) % (IDS / 2));
	if (v->refs[0] == v->id || v->refs[0] == v->refs[1])
		v->refs[0] = -1;
	if (v->refs[1] == v->id)
		v->refs[1] = -1;
	snprintf(v->text, sizeof v->text, "2026-01-0%dT00:00:00Z", v->when + 1);
}

struct job {
	struct model *m;
	struct mversion v[6];
	bool same[6];
	int n;
	struct store_put out[6];
};

static enum err run_puts(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct job *j = ctx;
	enum err e = ERR_OK;
	for (int i = 0; e == ERR_OK && i < j->n; i++) {
		struct mversion *v = &j->v[i];
		char id[80], refs[REFS][80], label[16], origin[24], room[4096];
		struct put p = { .id = id, .modified = v->text, .label = label, .origin = origin, .collection = v->collection, .revoked = v->revoked, .sco = v->id >= IDS / 2, .extra = j->same[i] ? "" : ",\"other\":1" };
		int n = 0;
		for (int r = 0; r < REFS; r++)
			if (v->refs[r] >= 0) {
				id_text(v->refs[r], refs[n]);
				p.refs[n] = refs[n];
				n++;
			}
		id_text(v->id, id);
		snprintf(label, sizeof label, "o%d:l%d", v->org, v->level);
		snprintf(origin, sizeof origin, "identity--%d", v->org);
		struct stix_object o;
		struct stix_ref all[8];
		put_fill(&p, &o, &j->out[i], all, room, sizeof room);
		e = store_put(tx, &j->out[i], f);
	}
	return e;
}

static void submit(struct model *m)
{
	struct job j = { .m = m, .n = 1 + (int)rnd(m, 6) };
	struct fault f = { "", "" };
	for (int i = 0; i < j.n; i++) {
		shape(m, &j.v[i]);
		j.same[i] = rnd(m, 12) != 0;
	}
	m->x->now += 1000;
	if (store_write(m->x->s, run_puts, &j, &f) != ERR_OK)
		fail_msg("put: %s", f.what);
	for (int i = 0; i < j.n; i++) {
		int before = m->n;
		/* The first bytes seen are the line's: what was "other" then is the same when it comes again. */
		bool same = j.same[i];
		int there = find(m, &j.v[i]);
		if (there >= 0)
			same = (m->v[there].text[39] == 1) == !j.same[i];
		j.v[i].text[39] = j.same[i] ? 0 : 1;
		enum store_fate fate = accept(m, &j.v[i], same);
		if (fate != j.out[i].fate)
			fail_msg("fate of id %d org %d when %d: %s, the model says %s", j.v[i].id, j.v[i].org, j.v[i].when, store_fate_name(j.out[i].fate), store_fate_name(fate));
		if (m->n > before)
			m->v[before].number = j.out[i].version;
	}
}

struct withdrawal {
	struct mversion *v;
	bool all;
	size_t count;
};

static enum err run_withdraw(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct withdrawal *w = ctx;
	char id[80], origin[24];
	id_text(w->v->id, id);
	snprintf(origin, sizeof origin, "identity--%d", w->v->org);
	return store_withdraw(tx, w->v->collection, span_of(id), span_of(origin), w->all ? (struct span){ NULL, 0 } : span_of(w->v->text), &w->count, f);
}

static void withdraw(struct model *m)
{
	if (!m->n)
		return;
	struct mversion *v = &m->v[rnd(m, (unsigned)m->n)];
	struct withdrawal w = { v, rnd(m, 3) == 0, 0 };
	size_t count = 0;
	m->x->now += 1000;
	enum err e = store_write(m->x->s, run_withdraw, &w, NULL);
	for (int i = 0; i < m->n; i++) {
		struct mversion *o = &m->v[i];
		if (o->id == v->id && o->org == v->org && o->collection == v->collection && (w.all || o->when == v->when) && !o->withdrawn) {
			o->withdrawn = true;
			count++;
		}
	}
	assert_int_equal(e, count ? ERR_OK : ERR_NOTFOUND);
	assert_int_equal(w.count, count);
}

/* ---- recipients ---- */

struct who {
	const struct model *m;
	int reader;
};

static enum store_decision decide(void *ctx, struct span key)
{
	const struct who *w = ctx;
	int org = key.p[1] - '0', level = key.p[4] - '0';
	return own(w->reader, org) ? STORE_RELEASE_ORIGIN : w->m->mask[w->reader] >> level & 1 ? STORE_RELEASE
											       : STORE_WITHHOLD;
}

static struct span reader_name(int reader)
{
	static const char *const names[] = { "r0", "r1", "r2", "" };
	return span_of(names[reader]);
}

static const struct store_view *view(struct model *m, int reader)
{
	struct who w = { m, reader };
	struct store_decider d = { .decide = decide, .ctx = &w };
	const struct store_view *v;
	assert_int_equal(store_view_new(m->x->s, reader_name(reader), &d, NULL, &v, NULL), ERR_OK);
	return v;
}

struct changing {
	struct model *m;
	int reader;
	unsigned mask;
};

static enum err run_change(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct changing *c = ctx;
	struct who w = { c->m, c->reader };
	struct store_decider d = { .decide = decide, .ctx = &w };
	const struct store_view *before = NULL, *after = NULL;
	enum err e = store_view_new_tx(tx, reader_name(c->reader), &d, &before, f);
	c->m->mask[c->reader] = c->mask;
	if (e == ERR_OK)
		e = store_view_new_tx(tx, reader_name(c->reader), &d, &after, f);
	if (e == ERR_OK)
		e = store_view_change(tx, before, after, NULL, NULL, f);
	store_view_unref(before);
	store_view_unref(after);
	return e;
}

static void change(struct model *m)
{
	struct changing c = { m, (int)rnd(m, READERS_N), 0 };
	struct fault f = { "", "" };
	c.mask = m->mask[c.reader] ^ 1u << rnd(m, LEVELS);
	/* A request that is under way keeps the view it has. */
	if (!m->old[c.reader] && rnd(m, 2))
		m->old[c.reader] = view(m, c.reader);
	m->x->now += 1000;
	if (store_write(m->x->s, run_change, &c, &f) != ERR_OK)
		fail_msg("change: %s", f.what);
	/* What has several entries (references, other lines) may be shown by another one now, and so once more. */
	for (int i = 0; i < m->n; i++) {
		bool others = m->v[i].refs[0] >= 0 || m->v[i].refs[1] >= 0;
		for (int k = 0; k < m->n; k++)
			others = others || (m->v[k].id == m->v[i].id && m->v[k].org != m->v[i].org);
		m->v[i].holds[c.reader] = m->v[i].holds[c.reader] && !others;
	}
}

/* ---- reading ---- */

static int entry_of(const struct model *m, const struct store_entry *e, int collection)
{
	for (int i = m->n - 1; i >= 0; i--) {
		char id[80];
		id_text(m->v[i].id, id);
		if (m->v[i].collection == collection && span_is(e->id, id) && e->origin.p[e->origin.n - 1] - '0' == m->v[i].org && span_is(e->version, m->v[i].text) && !m->v[i].different)
			return i;
	}
	fail_msg("an entry that nobody submitted: %.*s", SPAN_ARG(e->id));
	return -1;
}

static void poll(struct model *m, int reader, int collection, int64_t *cursor, const struct store_view *v)
{
	bool current = store_view_current(v);
	for (bool more = true; more;) {
		struct store_page *p;
		struct store_query q = { .collection = collection, .has_after = true, .after = { *cursor }, .limit = 1 + rnd(m, 9), .versions = STORE_VERSIONS_ALL, .bytes = true };
		assert_int_equal(store_page_new(m->x->s, v, &q, &p, NULL), ERR_OK);
		assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
		for (size_t i = 0; i < store_page_count(p); i++) {
			const struct store_entry *e = store_page_entry(p, i);
			assert_true(e->stamp.us > *cursor);
			*cursor = e->stamp.us;
			int k = entry_of(m, e, collection);
			if (m->v[k].holds[reader])
				fail_msg("reader %d got version %lld (id %d) twice", reader, (long long)m->v[k].number, m->v[k].id);
			m->v[k].delivered[reader] = true;
			m->v[k].holds[reader] = current; /* under an older view it may come by another entry once more */
		}
		more = store_page_more(p);
		store_page_free(p);
	}
}

/* All pages from the start. */
static void sweep(struct model *m, const struct store_view *v, int collection, unsigned versions, bool shown[VERSIONS])
{
	int64_t last = 0;
	struct store_query q = { .collection = collection, .limit = 1 + rnd(m, 9), .versions = versions };
	char position[8];
	memset(shown, 0, VERSIONS * sizeof *shown);
	for (bool more = true; more;) {
		struct store_page *p;
		assert_int_equal(store_page_new(m->x->s, v, &q, &p, NULL), ERR_OK);
		assert_int_equal(store_page_release_wait(p, NULL), ERR_OK);
		for (size_t i = 0; i < store_page_count(p); i++) {
			const struct store_entry *e = store_page_entry(p, i);
			int k = entry_of(m, e, collection);
			assert_true(e->stamp.us > last);
			assert_false(shown[k]);
			last = e->stamp.us;
			shown[k] = true;
		}
		memcpy(position, store_page_cursor(p).p, 8);
		q.cursor = (struct span){ position, 8 };
		more = store_page_more(p);
		store_page_free(p);
	}
}

/* For whoever has to find out why. */
static void dump(const struct model *m, int reader, const bool want[VERSIONS])
{
	print_message("# reader %d, mask %x, directory %s\n", reader, m->mask[reader], m->x->dir);
	for (int i = 0; i < m->n; i++) {
		const struct mversion *v = &m->v[i];
		print_message("#   version %lld: id %d collection %d org %d level %d when %d refs %d %d%s%s want %d; narrowed by", (long long)v->number, v->id, v->collection, v->org, v->level, v->when,
			v->refs[0], v->refs[1], v->revoked ? " revoked" : "", v->withdrawn ? " withdrawn" : "", want[i]);
		for (int k = 0; k < v->n_conds; k++)
			print_message(" %d:%d", v->conds[k][0], v->conds[k][1]);
		print_message("\n");
	}
}

#define wrong(m, reader, want, ...) \
	do { \
		dump(m, reader, want); \
		fail_msg(__VA_ARGS__); \
	} while (0)

static void compare(struct model *m, int reader)
{
	const struct store_view *v = view(m, reader);
	bool want[VERSIONS], all[VERSIONS], last[VERSIONS], first[VERSIONS];
	closed(m, reader, want);
	for (int c = 1; c <= 2; c++) {
		uint64_t count = 0, shown = 0;
		struct timestamp newest;
		sweep(m, v, c, STORE_VERSIONS_ALL, all);
		sweep(m, v, c, 0, last);
		sweep(m, v, c, STORE_VERSIONS_FIRST, first);
		for (int i = 0; i < m->n; i++) {
			if (m->v[i].collection != c)
				continue;
			if (all[i] && !want[i])
				wrong(m, reader, want, "reader %d sees version %lld (id %d, org %d) and may not", reader, (long long)m->v[i].number, m->v[i].id, m->v[i].org);
			/* One line of an id: if any may be seen one is, and as a whole. */
			int lines[ORGS] = { 0 };
			bool is_last = all[i], is_first = all[i];
			for (int k = 0; k < m->n; k++) {
				if (m->v[k].id != m->v[i].id || m->v[k].collection != c || !all[k])
					continue;
				lines[m->v[k].org] = 1;
				if (m->v[k].org == m->v[i].org && k != i) {
					is_last = is_last && newer(&m->v[i], &m->v[k]);
					is_first = is_first && m->v[i].when < m->v[k].when;
				}
			}
			if (want[i] && lines[0] + lines[1] + lines[2] != 1)
				wrong(m, reader, want, "reader %d sees %d lines of id %d", reader, lines[0] + lines[1] + lines[2], m->v[i].id);
			if (want[i] && lines[m->v[i].org] && !all[i])
				wrong(m, reader, want, "reader %d misses version %lld (id %d, org %d, when %d) of a line that it sees", reader, (long long)m->v[i].number, m->v[i].id, m->v[i].org, m->v[i].when);
			if (last[i] != is_last || first[i] != is_first)
				wrong(m, reader, want, "reader %d: version %lld (id %d) last %d (want %d) first %d (want %d)", reader, (long long)m->v[i].number, m->v[i].id, last[i], is_last, first[i], is_first);
			shown += all[i];
			m->v[i].holds[reader] = m->v[i].holds[reader] && all[i];
		}
		assert_int_equal(store_view_count(m->x->s, v, c, &count, &newest, NULL), ERR_OK);
		assert_int_equal(count, shown);
	}
	store_view_unref(v);
}

static void play(unsigned seed, int steps)
{
	void *state;
	struct model *m = calloc(1, sizeof *m);
	assert_non_null(m);
	fixture_setup(&state);
	m->x = state;
	m->seed = seed;
	assert_int_equal(fixture_collection(m->x, "c2", "second"), ERR_OK);
	int64_t cursors[READERS_N][3] = { { 0 } };
	for (int r = 0; r < READERS_N; r++)
		m->mask[r] = rnd(m, 1u << LEVELS);
	for (int step = 0; step < steps; step++) {
		unsigned what = rnd(m, 10);
		if (what < 5)
			submit(m);
		else if (what == 5)
			withdraw(m);
		else if (what == 6)
			change(m);
		else {
			int r = (int)rnd(m, READERS_N), c = 1 + (int)rnd(m, 2);
			const struct store_view *v = m->old[r] ? m->old[r] : view(m, r);
			m->old[r] = NULL;
			poll(m, r, c, &cursors[r][c], v);
			store_view_unref(v);
		}
		for (int r = 0; r < READERS_N; r++)
			compare(m, r);
	}
	/* Whoever goes on from where it was has everything that it may have. */
	for (int r = 0; r < READERS_N; r++)
		for (int c = 1; c <= 2; c++) {
			const struct store_view *v = view(m, r);
			bool all[VERSIONS];
			poll(m, r, c, &cursors[r][c], v);
			sweep(m, v, c, STORE_VERSIONS_ALL, all);
			for (int i = 0; i < m->n; i++)
				if (m->v[i].collection == c && all[i] && !m->v[i].delivered[r])
					fail_msg("reader %d was never given version %lld (id %d)", r, (long long)m->v[i].number, m->v[i].id);
			store_view_unref(v);
			store_view_unref(m->old[r]);
			m->old[r] = NULL;
		}
	fixture_check(m->x);
	fixture_teardown(&state);
	free(m);
}

static void what_recipients_see_is_what_the_rules_say(void **state)
{
	const char *from = getenv("MUSUBI_SEED"), *steps = getenv("MUSUBI_STEPS");
	unsigned first = from ? (unsigned)strtoul(from, NULL, 10) : 1;
	for (unsigned seed = first; seed < first + (from ? 1 : 25); seed++) {
		print_message("# seed %u\n", seed);
		play(seed, steps ? (int)strtol(steps, NULL, 10) : 40);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_recipients_see_is_what_the_rules_say) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
