/* SPDX-License-Identifier: Apache-2.0 */
/* Random lives of a community: members come, are suspended, sign, withdraw, time passes, objects are shared and revised, the peer hub falls silent and is heard
 * of again, while readers follow their cursors.
 *
 * At every reading: 1. whatever is read was allowed by the decision under the facts of that moment; 2. nothing is read twice;
 * 3. whatever a fresh reading from the beginning shows has come by the cursor. */
#include "accord/fixture_priv.h"

static const struct timestamp zero = { 0 };
#define ORGS 4
#define PACTS 2
#define READERS 7 /* organisations, a person, anonymous, the peer hub */
#define SEEN 512

static uint32_t seed;
static unsigned dice(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 11) % n;
}

struct cursor {
	struct accord_principal who;
	struct timestamp at;
	struct {
		char id[80], version[40], origin[64];
	} seen[SEEN];
	size_t n;
};

struct life {
	struct world w, peer;
	struct span org[ORGS], far[2]; /* far: the peer hub's members */
	struct accord_principal peer_at_home; /* this hub as it reads at the peer */
	struct timestamp directory;
	char pact[PACTS][128], marking[PACTS][64];
	struct cursor reader[READERS];
	unsigned objects;
	int64_t version[64];
	unsigned owner[64];
	unsigned far_objects;
	int64_t heard; /* µs: the peer's directory was read; 0: never */
	bool long_pauses;
};

/* ---- the stage ---- */

static void hub_link(struct life *l)
{
	const struct accord_member m = { .name = SPAN("peer"), .country = SPAN("TH"), .kind = ACCORD_KIND_HUB };
	struct world *const at[] = { &l->w, &l->peer };
	struct accord_principal *const who[] = { &l->reader[READERS - 1].who, &l->peer_at_home };
	char id[64], token[ACCORD_TOKEN], none[64];

	for (unsigned i = 0; i < 2; i++) {
		OK(accord_member_add(at[i]->a, &m, id, NULL));
		OK(accord_token_new(at[i]->a, span_of(id), SPAN(""), false, token, none, NULL));
		OK(accord_authenticate_token(at[i]->a, at[i]->mem, span_of(token), who[i], NULL));
		OK(accord_hub_is(at[i]->a, who[i], span_of(at[1 - i]->hub), NULL));
		OK(accord_authenticate_token(at[i]->a, at[i]->mem, span_of(token), who[i], NULL));
	}
}

static void begin(struct life *l)
{
	static const char *const policies[PACTS] = { "{\"effective\":\"2026-01-01T00:00:00Z\",\"expires\":\"2027-01-15T08:01:00Z\",\"policy\":{\"clients\":true,\"retroactive\":\"all\"}}",
		"{\"effective\":\"2026-01-01T00:00:00Z\",\"policy\":{\"retroactive\":\"none\",\"clients\":true}}" };
	static const char *const countries[] = { "JP", "TH", "ID", "VN" };

	*l = (struct life){ 0 };
	world_begin(&l->w, "Tokyo", "JP");
	world_begin(&l->peer, "Bangkok", "TH");
	for (unsigned i = 0; i < ORGS; i++) {
		char id[64];
		struct accord_member m = { .name = SPAN("M"), .country = span_of(countries[i]), .clients_of = l->org, .n_clients_of = i == 3 };
		OK(accord_member_add(l->w.a, &m, id, NULL));
		l->org[i] = keep(&l->w, id);
		l->reader[i].who = of(l->org[i]);
	}
	l->reader[ORGS].who = person(&l->w, l->org[1], "P");
	hub_link(l);
	for (unsigned i = 0; i < 2; i++)
		l->far[i] = member(&l->peer, "F", countries[i + 1]);
	for (unsigned k = 0; k < PACTS; k++) {
		OK(accord_agreement_add(l->w.a, span_of(policies[k]), l->pact[k], l->marking[k], NULL));
		OK(accord_agreement_add(l->peer.a, span_of(accord_find_agreement(l->w.a->current, span_of(l->pact[k]))->json.p), l->pact[k], l->marking[k], NULL));
	}
}

/* What the peer's directory says comes to this hub. */
static void listen(struct life *l)
{
	const struct store_view *v;
	struct store_page *page;
	struct fault f = { 0 };

	OK(accord_view(l->peer.a, &l->peer_at_home, world_now(&l->peer), &v, &f));
	const struct store_query q = { .collection = l->peer.a->directory, .has_after = true, .after = l->directory, .versions = STORE_VERSIONS_ALL, .limit = 1000, .max_bytes = 1 << 24, .bytes = true };
	OK(store_page_new(accord_store(l->peer.a), v, &q, &page, &f));
	OK(store_page_release_wait(page, &f));
	for (size_t i = 0; i < store_page_count(page); i++) {
		const struct store_entry *e = store_page_entry(page, i);
		l->directory = e->stamp;
		if (accord_directory_take(l->w.a, span_of(l->peer.hub), accord_hub(l->peer.a)->public_key, e->raw, &f) != ERR_OK)
			fail_msg("%s: %s", f.where, f.what);
	}
	store_page_free(page);
	store_view_unref(v);
	OK(accord_heard(l->w.a, span_of(l->peer.hub), world_now(&l->w), &f));
	l->heard = world_now(&l->w).us;
}

/* ---- what happens ---- */

static const char *markings(struct life *l)
{
	static const char *const tlp[] = { CLEAR, CLEAR, GREEN, GREEN, AMBER, AMBER, AMBER, STRICT };
	const char *m = tlp[dice(8)];

	if (dice(4))
		m = arena_printf(l->w.mem, "%s,\"%s\"", m, l->marking[dice(PACTS)]);
	return dice(4) ? m : arena_printf(l->w.mem, "%s,\"marking-definition--00000000-0000-4000-8000-00000000090%u\"", m, dice(2));
}

static void share(struct life *l, unsigned n, bool revoked)
{
	char t[TIMESTAMP_TEXT];
	struct accord_fate fates[3];
	struct accord_intake *in;

	timestamp_format((struct timestamp){ world_now(&l->w).us + 3 * SECOND }, t);
	const char *const scopes[] = { "\"countries\":[\"JP\",\"TH\"]", arena_printf(l->w.mem, "\"not_before\":\"%s\"", t) };
	const char *const texts[] = { scope(&l->w, 900, scopes[0]), scope(&l->w, 901, scopes[1]), indicator(&l->w, n, l->version[n], markings(l), revoked ? ",\"revoked\":true" : NULL), NULL };
	struct accord_principal by = of(l->org[l->owner[n]]);
	if (accord_intake_new(l->w.a, &by, &l->w.shared, world_now(&l->w), &in, NULL) != ERR_OK)
		return; /* suspended */
	accord_intake_free(in);
	submit(&l->w, by, texts, fates); /* whatever comes of it */
}

/* An object of the peer's member comes. */
static void come(struct life *l)
{
	const struct accord_principal by = { .org = span_of(l->peer.hub), .hub = true };
	struct accord_intake *in;

	OK(accord_intake_new(l->w.a, &by, &l->w.shared, world_now(&l->w), &in, NULL));
	accord_intake_from(in, span_of(l->peer.hub), l->far[dice(2)], zero);
	OK(accord_intake_add(in, span_of(indicator(&l->w, 500 + l->far_objects++, NOON, markings(l), NULL)), NULL));
	OK(accord_intake_commit_wait(in, NULL));
	accord_intake_free(in);
}

static void act(struct life *l)
{
	struct span who = l->org[dice(ORGS)];
	unsigned what = dice(14), n = l->objects ? dice(l->objects) : 0, k = dice(PACTS);

	switch (what) {
	case 0: OK(accord_member_status(l->w.a, who, dice(2) ? ACCORD_ACTIVE : ACCORD_SUSPENDED, NULL)); break;
	case 1:
	case 2: (void)!accord_agreement_event(l->w.a, span_of(l->pact[k]), who, ACCORD_SIGNED, world_now(&l->w), zero, NULL); break;
	case 3: (void)!accord_agreement_event(l->w.a, span_of(l->pact[k]), who, ACCORD_WITHDRAWN, world_now(&l->w), zero, NULL); break;
	case 4: (void)!accord_agreement_event(l->w.a, span_of(l->pact[k]), who, ACCORD_SUSPENDED_FROM, world_now(&l->w), (struct timestamp){ world_now(&l->w).us + 4 * SECOND }, NULL); break;
	case 5: (void)!accord_agreement_event(l->peer.a, span_of(l->pact[k]), l->far[dice(2)], dice(3) ? ACCORD_SIGNED : ACCORD_WITHDRAWN, world_now(&l->peer), zero, NULL); break;
	case 6: OK(accord_member_status(l->peer.a, l->far[dice(2)], dice(3) ? ACCORD_ACTIVE : ACCORD_SUSPENDED, NULL)); break;
	case 7: listen(l); break;
	case 8:
		if (l->objects) {
			l->version[n] += dice(4) ? SECOND : -SECOND;
			share(l, n, dice(8) == 0);
		}
		break;
	case 12:
	case 13:
		if (l->heard && l->far_objects < 60)
			come(l);
		break;
	default:
		if (l->objects < 60) {
			l->owner[l->objects] = dice(ORGS);
			l->version[l->objects] = NOON;
			share(l, l->objects++, false);
		}
	}
	if (dice(3) == 0) {
		int64_t us = dice(2) ? SECOND : l->long_pauses && dice(4) == 0 ? 3000 * (int64_t)SECOND * (1 + 20 * (dice(3) == 0))
									       : 1;
		atomic_fetch_add(&l->w.now, us);
		atomic_fetch_add(&l->peer.now, us);
	}
}

/* ---- what is read ---- */

static bool releases(struct life *l, const struct accord_principal *who, const struct policy_label *label)
{
	const struct accord_snapshot *s = l->w.a->current;
	const struct accord_agreement *g = accord_find_agreement(s, label->agreement);
	const struct policy_agreement *with = g ? &g->policy : NULL;
	struct policy_recipient to = accord_recipient(s, who);
	int64_t silent = world_now(&l->w).us - l->heard, hour = 3600 * (int64_t)SECOND;

	if ((span_eq(label->origin, l->far[0]) || span_eq(label->origin, l->far[1])) && silent >= (label->tlp == STIX_TLP_AMBER_STRICT ? hour : 24 * hour))
		return false;
	if (!who->hub)
		return policy_decide(with, label, &to, world_now(&l->w)).release;
	if (!accord_find_member(s, label->origin) || !accord_find_member(s, label->origin)->local)
		return span_eq(label->origin, s->hub->id) && label->named.n == 1 && span_is(label->named.v[0], l->peer.hub);
	bool yes = label->tlp == STIX_TLP_CLEAR && policy_decide(with, label, &(struct policy_recipient){ .country = SPAN("TH") }, world_now(&l->w)).release;
	for (unsigned i = 0; i < 2; i++) {
		const struct accord_principal far = of(l->far[i]);
		to = accord_recipient(s, &far);
		yes = yes || policy_decide(with, label, &to, world_now(&l->w)).release;
	}
	return yes;
}

/* Says too whether the entry is under the agreement that hides what came before an accession. */
static bool was_allowed(struct life *l, const struct cursor *c, const struct store_entry *e)
{
	struct store_held *held;
	bool mine = false, newest = false, hides = false;
	size_t n;

	OK(store_held(accord_store(l->w.a), l->w.mem, e->id, &held, &n, NULL));
	for (size_t i = 0; i < n; i++) {
		if (held[i].collection != l->w.shared.number || !span_eq(held[i].origin, e->origin))
			continue;
		const struct policy_label *label = accord_label(l->w.a, held[i].label_key);
		bool may = label && releases(l, &c->who, label);
		mine |= may && span_eq(held[i].version, e->version);
		hides |= label && span_is(label->agreement, l->pact[1]);
		newest |= may && held[i].newest;
	}
	if (!mine || !newest)
		fail_msg("seed %u: %.*s %.*s was given to %.*s although its %s does not allow it", seed, SPAN_ARG(e->id), SPAN_ARG(e->version), SPAN_ARG(c->who.org), mine ? "newest version" : "label");
	return hides;
}

static bool has_seen(const struct cursor *c, const struct store_entry *e)
{
	for (size_t i = 0; i < c->n; i++)
		if (span_is(e->id, c->seen[i].id) && span_is(e->version, c->seen[i].version) && span_is(e->origin, c->seen[i].origin))
			return true;
	return false;
}

static struct store_page *page_after(struct life *l, const struct cursor *c, struct timestamp after)
{
	const struct store_view *v;
	struct store_page *page;
	struct fault f = { 0 };

	if (accord_view(l->w.a, &c->who, world_now(&l->w), &v, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	const struct store_query q = { .collection = l->w.shared.number, .has_after = true, .after = after, .versions = STORE_VERSIONS_ALL, .limit = 1000, .max_bytes = 1 << 24, .bytes = true };
	OK(store_page_new(accord_store(l->w.a), v, &q, &page, &f));
	OK(store_page_release_wait(page, &f));
	store_view_unref(v);
	return page;
}

static void follow(struct life *l, struct cursor *c)
{
	struct store_page *page = page_after(l, c, c->at);

	for (size_t i = 0; i < store_page_count(page); i++) {
		const struct store_entry *e = store_page_entry(page, i);
		bool again = has_seen(c, e);
		was_allowed(l, c, e);
		if (again)
			fail_msg("seed %u: %.*s %.*s was given to %.*s twice", seed, SPAN_ARG(e->id), SPAN_ARG(e->version), SPAN_ARG(c->who.org));
		c->at = e->stamp;
		if (again)
			continue;
		assert_true(c->n < SEEN);
		snprintf(c->seen[c->n].id, sizeof(c->seen->id), "%.*s", SPAN_ARG(e->id));
		snprintf(c->seen[c->n].origin, sizeof(c->seen->origin), "%.*s", SPAN_ARG(e->origin));
		snprintf(c->seen[c->n++].version, sizeof(c->seen->version), "%.*s", SPAN_ARG(e->version));
	}
	store_page_free(page);
	page = page_after(l, c, zero);
	for (size_t i = 0; i < store_page_count(page); i++)
		if (!has_seen(c, store_page_entry(page, i)))
			fail_msg("seed %u: %.*s is there for %.*s and did not come by its cursor", seed, SPAN_ARG(store_page_entry(page, i)->id), SPAN_ARG(c->who.org));
	store_page_free(page);
}

static size_t given;

static void one_life(uint32_t n, unsigned steps)
{
	struct life *l = calloc(1, sizeof(*l));
	bool changed;

	assert_non_null(l);
	seed = n;
	begin(l);
	l->long_pauses = n % 2 == 0;
	for (unsigned i = 0; i < steps; i++) {
		act(l);
		if (dice(30) == 0)
			world_reopen(&l->w);
		OK(accord_refresh(l->w.a, world_now(&l->w), &changed, NULL));
		follow(l, &l->reader[dice(READERS)]);
	}
	for (unsigned r = 0; r < READERS; r++) {
		follow(l, &l->reader[r]);
		given += l->reader[r].n;
	}
	world_end(&l->w);
	world_end(&l->peer);
	free(l);
}

static void readers_miss_nothing_see_nothing_twice_and_nothing_that_is_not_theirs(void **state)
{
	for (uint32_t i = 1; i <= 12; i++)
		one_life(i, 150);
	assert_true(given > 400);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(readers_miss_nothing_see_nothing_twice_and_nothing_that_is_not_theirs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
