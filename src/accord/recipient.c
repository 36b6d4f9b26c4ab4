/* SPDX-License-Identifier: Apache-2.0 */
/* One recipient made ready to decide: its facts from a snapshot, and the answer for a label. */
#include "accord/accord_priv.h"

struct policy_recipient accord_recipient(const struct accord_snapshot *s, const struct accord_principal *p)
{
	struct policy_recipient r = { .org = p->org, .person = p->person };
	const struct accord_member *m = p->org.n ? accord_find_member(s, p->org) : NULL;

	if (m && m->kind != ACCORD_KIND_HUB) {
		r.member = m->status == ACCORD_ACTIVE;
		r.country = m->country;
		r.clients_of = (struct policy_names){ m->clients_of, m->n_clients_of };
	} else if (span_eq(p->org, s->hub->id)) {
		r.country = s->hub->country; /* its staff: no member, so they read nothing by virtue of it */
	}
	return r;
}

struct span accord_recipient_key(struct arena *to, const struct accord_snapshot *s, const struct accord_principal *p)
{
	const struct accord_member *hub = p->hub ? accord_find_hub(s, p->org) : NULL;
	char *key;

	if (hub)
		key = arena_printf(to, "hub %.*s", SPAN_ARG(hub->id));
	else if (p->person.n)
		key = arena_printf(to, "%.*s %.*s", SPAN_ARG(p->org), SPAN_ARG(p->person));
	else
		key = arena_str(to, p->org.n ? p->org : SPAN(""));
	return span_of(key);
}

static enum err hub_members(struct accord_reader *r, struct arena *mem)
{
	const struct accord_snapshot *s = r->s;
	struct span id = r->hub->hub_id;

	if (id.n == 0 || r->hub->status != ACCORD_ACTIVE)
		return ERR_OK; /* it has not said who it is: nobody stands behind it yet */
	r->members = arena_array(mem, s->n_members, sizeof(*r->members));
	if (!r->members)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->n_members; i++)
		if (span_eq(s->members[i].hub, id) && s->members[i].status == ACCORD_ACTIVE)
			r->members[r->n_members++] = &s->members[i];
	return ERR_OK;
}

enum err accord_reader_init(struct accord_reader *r, struct accord *a, const struct accord_snapshot *s, struct span key, struct timestamp at, struct arena *mem,
	struct fault *f)
{
	struct accord_principal p = { .org = key };
	const char *space = key.n ? memchr(key.p, ' ', key.n) : NULL;

	*r = (struct accord_reader){ .a = a, .s = s, .at = at, .also_at = at };
	if (span_starts(key, SPAN("hub "))) {
		p.org = (struct span){ key.p + 4, key.n - 4 };
		r->hub = accord_find_member(s, p.org);
		if (!r->hub || r->hub->kind != ACCORD_KIND_HUB)
			return fault_set(f, ERR_NOTFOUND, "hub", "%.*s is no hub here", SPAN_ARG(p.org));
		if (r->hub->hub_id.n)
			p.org = r->hub->hub_id;
	} else if (space) {
		p.org.n = (size_t)(space - key.p);
		p.person = (struct span){ space + 1, key.n - p.org.n - 1 };
	}
	r->to = accord_recipient(s, &p);
	if (r->hub)
		r->to.country = r->hub->country;
	return r->hub ? hub_members(r, mem) : ERR_OK;
}

static const struct policy_agreement *agreement_of(const struct accord_reader *r, const struct policy_label *l)
{
	const struct accord_agreement *g = accord_find_agreement(r->s, l->agreement);
	return g ? &g->policy : NULL;
}

static bool has(struct policy_names v, struct span who)
{
	for (size_t i = 0; i < v.n; i++)
		if (span_eq(v.v[i], who))
			return true;
	return false;
}

static const struct policy_answer conduit_no = { false, POLICY_NOT_NAMED, 21 };

/* The hub's own documents: the directory for every active peer hub, a notice for the one it names. */
static struct policy_answer own_document(const struct accord_reader *r, const struct policy_label *l)
{
	bool yes = r->hub->status == ACCORD_ACTIVE && (has(l->named, r->s->hub->id) || has(l->named, r->to.org));

	return yes ? (struct policy_answer){ true, POLICY_NAMED, 17 } : conduit_no;
}

/* A conduit may have what one of its members may have (design/federation.md): only what this hub's own members submitted, and never TLP:RED. */
static struct policy_answer conduit(const struct accord_reader *r, const struct policy_label *l, struct timestamp at)
{
	const struct accord_member *origin = accord_find_member(r->s, l->origin);
	const struct policy_agreement *with = agreement_of(r, l);

	if (span_eq(l->origin, r->s->hub->id))
		return own_document(r, l);
	if (!origin || !origin->local || l->tlp >= STIX_TLP_RED)
		return conduit_no;
	struct policy_answer answer = policy_decide(with, l, &r->to, at);
	for (size_t i = 0; i < r->n_members && !answer.release; i++) {
		const struct accord_member *m = r->members[i];
		const struct policy_recipient to = { .org = m->id, .member = true, .country = m->country, .clients_of = { m->clients_of, m->n_clients_of } };
		answer = policy_decide(with, l, &to, at);
	}
	return answer;
}

struct policy_answer accord_reader_answer(const struct accord_reader *r, const struct policy_label *l, struct timestamp at)
{
	struct policy_answer a = r->hub ? conduit(r, l, at) : policy_decide(agreement_of(r, l), l, &r->to, at);

	if (a.release && accord_silent(r->s, l, at))
		a = (struct policy_answer){ false, POLICY_SILENT, 0 };
	return a;
}

static enum store_decision decide(void *ctx, struct span label_key)
{
	const struct accord_reader *r = ctx;
	const struct policy_label *l = accord_label(r->a, label_key);

	if (!l)
		return STORE_WITHHOLD;
	struct policy_answer answer = accord_reader_answer(r, l, r->at);
	if (answer.release && r->also_at.us != r->at.us)
		answer.release = accord_reader_answer(r, l, r->also_at).release;
	return !answer.release ? STORE_WITHHOLD : answer.reason == POLICY_ORIGIN ? STORE_RELEASE_ORIGIN
										 : STORE_RELEASE;
}

struct store_decider accord_reader_decider(struct accord_reader *r)
{
	return (struct store_decider){ decide, r };
}

/* ---- what a new party does not see ---- */

static struct timestamp earliest(struct timestamp x, struct timestamp y)
{
	return x.us == 0 || (y.us && timestamp_before(y, x)) ? y : x;
}

/* Since when org is a party in its present membership; {0} when it is none at t. */
static struct timestamp party_since(const struct policy_agreement *g, struct span org, struct timestamp t)
{
	struct timestamp since = { 0 };

	for (size_t i = 0; i < g->n_parties; i++) {
		struct policy_agreement one = { .parties = &g->parties[i], .n_parties = 1 };
		if (span_eq(g->parties[i].org, org) && policy_is_party(&one, org, t))
			since = earliest(since, g->parties[i].signed_at);
	}
	return since;
}

/* Through itself or, where clients count, through whom it is a client of: becoming a party does not hide what it had as a client. */
static struct timestamp hide_for(const struct policy_agreement *g, const struct policy_label *l, const struct policy_recipient *to, struct timestamp t)
{
	struct policy_answer answer = policy_decide(g, l, to, t);
	struct timestamp since = { 0 };

	if (!answer.release || (answer.reason != POLICY_PARTY && answer.reason != POLICY_CLIENT && answer.reason != POLICY_NAMED))
		return since;
	since = party_since(g, to->org, t);
	for (size_t i = 0; i < to->clients_of.n && g->clients && l->tlp == STIX_TLP_AMBER; i++)
		if (l->named.n == 0 || has(l->named, to->clients_of.v[i]))
			since = earliest(since, party_since(g, to->clients_of.v[i], t));
	return since;
}

struct timestamp accord_reader_hide(const struct accord_reader *r, const struct policy_label *l)
{
	const struct policy_agreement *g = agreement_of(r, l);
	struct timestamp since = { 0 };

	if (!g || g->retroactive_all)
		return since;
	if (!r->hub)
		return hide_for(g, l, &r->to, r->at);
	for (size_t i = 0; i < r->n_members; i++) {
		const struct accord_member *m = r->members[i];
		const struct policy_recipient to = { .org = m->id, .member = true, .country = m->country, .clients_of = { m->clients_of, m->n_clients_of } };
		since = earliest(since, hide_for(g, l, &to, r->at));
	}
	return since;
}

/* ---- did its facts change ---- */

static bool same_names(struct policy_names x, struct policy_names y)
{
	bool same = x.n == y.n;

	for (size_t i = 0; i < x.n && same; i++)
		same = span_eq(x.v[i], y.v[i]);
	return same;
}

static bool same_member(const struct accord_member *x, const struct accord_member *y)
{
	return span_eq(x->id, y->id) && span_eq(x->country, y->country) &&
	       same_names((struct policy_names){ x->clients_of, x->n_clients_of }, (struct policy_names){ y->clients_of, y->n_clients_of });
}

bool accord_reader_same(const struct accord_reader *x, const struct accord_reader *y)
{
	bool same = x->to.member == y->to.member && span_eq(x->to.org, y->to.org) && span_eq(x->to.country, y->to.country) &&
		    same_names(x->to.clients_of, y->to.clients_of) && x->n_members == y->n_members && (!x->hub || x->hub->status == y->hub->status);

	for (size_t i = 0; i < x->n_members && same; i++)
		same = same_member(x->members[i], y->members[i]);
	return same;
}
