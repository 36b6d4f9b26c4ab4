/* SPDX-License-Identifier: Apache-2.0 */
/* JSON API: who is who, what was agreed, and which markings the caller may read. */
#include "hub/hub_priv.h"

#define REPLY_MOST (64u << 20)

struct answer {
	struct buf b;
	struct json_out o;
	const struct accord_snapshot *s;
};

static bool begin(struct call *c, struct answer *x)
{
	x->s = accord_snapshot(c->hub->accord);
	buf_init(&x->b, REPLY_MOST);
	x->o = json_out(&x->b);
	if (x->s)
		return true;
	call_fail(c, ERR_NOMEM, NULL);
	return false;
}

static void end(struct call *c, struct answer *x)
{
	accord_snapshot_unref(x->s);
	call_reply(c, 200, &x->b);
}

/* What organisations tell each other is for the community: its members, other hubs, the operator. */
static bool begin_community(struct call *c, struct answer *x)
{
	struct fault f = { 0 };

	if (!begin(c, x))
		return false;
	if (c->who.hub || c->who.admin || accord_recipient(x->s, &c->who).member)
		return true;
	accord_snapshot_unref(x->s);
	buf_release(&x->b);
	fault_set(&f, ERR_DENIED, "", "this is for active members of the community; ask the hub's operator");
	call_fail(c, ERR_DENIED, &f);
	return false;
}

static const char *kind_name(enum accord_kind k)
{
	static const char *const names[] = {
#define X(id, name) [ACCORD_KIND_##id] = (name),
		ACCORD_KIND_LIST(X)
#undef X
	};

	return names[k];
}

static const char *status_name(enum accord_status s)
{
	return s == ACCORD_ACTIVE ? "active" : s == ACCORD_SUSPENDED ? "suspended"
								     : "removed";
}

static void put_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	json_key(o, key);
	json_put_str(o, t.us == INT64_MAX ? NULL : text);
}

static void put_spans(struct json_out *o, const char *key, const struct span *v, size_t n)
{
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_put_string(o, v[i]);
	json_close(o, ']');
}

static void put_optional(struct json_out *o, const char *key, struct span s)
{
	json_key(o, key);
	if (s.n)
		json_put_string(o, s);
	else
		json_put_null(o);
}

/* ---- me ---- */

void do_me(struct call *c)
{
	const struct accord_member *m;
	struct policy_recipient to;
	struct answer x;

	if (!begin(c, &x))
		return;
	to = accord_recipient(x.s, &c->who);
	m = c->who.org.n ? accord_find_member(x.s, c->who.org) : NULL;
	json_open(&x.o, '{');
	json_kbool(&x.o, "anonymous", !c->authenticated);
	put_optional(&x.o, "organisation", c->who.org);
	put_optional(&x.o, "name", m ? m->name : (struct span){ 0 });
	json_key(&x.o, "kind");
	json_put_str(&x.o, m ? kind_name(m->kind) : NULL);
	put_optional(&x.o, "country", to.country);
	put_optional(&x.o, "person", c->who.person);
	json_kbool(&x.o, "member", to.member);
	json_kbool(&x.o, "hub", c->who.hub);
	json_kbool(&x.o, "admin", c->who.admin);
	put_spans(&x.o, "client_of", to.clients_of.v, to.clients_of.n);
	json_kspan(&x.o, "hub_id", accord_hub(c->hub->accord)->id);
	json_kspan(&x.o, "hub_name", accord_hub(c->hub->accord)->name);
	json_close(&x.o, '}');
	end(c, &x);
}

/* One row: may the caller read what another organisation shares with this marking? */
static void put_marking(struct call *c, struct answer *x, const struct policy_recipient *to, const struct accord_agreement *g, enum stix_tlp tlp)
{
	struct policy_label l = { .origin = SPAN("another organisation"), .tlp = tlp, .agreement = g ? g->policy.id : (struct span){ 0 } };
	struct policy_answer a = policy_decide(g ? &g->policy : NULL, &l, to, c->now);

	json_open(&x->o, '{');
	json_kstr(&x->o, "tlp", stix_tlp_name(tlp));
	json_kstr(&x->o, "marking", stix_tlp_id(tlp));
	put_optional(&x->o, "agreement", l.agreement);
	put_optional(&x->o, "agreement_title", g ? g->title : (struct span){ 0 });
	put_optional(&x->o, "agreement_marking", g ? g->marking : (struct span){ 0 });
	json_kbool(&x->o, "read", a.release);
	json_kstr(&x->o, "reason", policy_reason_name(a.reason));
	json_kstr(&x->o, "words", policy_reason_words(a.reason));
	json_close(&x->o, '}');
}

void do_my_markings(struct call *c)
{
	const struct accord_agreement *g = NULL;
	struct policy_recipient to;
	struct answer x;
	size_t n = 0;

	if (!begin(c, &x))
		return;
	to = accord_recipient(x.s, &c->who);
	if (c->who.hub || c->who.admin || to.member) /* others do not learn which agreements there are */
		n = accord_agreements(x.s, &g);
	json_open(&x.o, '{');
	json_key(&x.o, "markings");
	json_open(&x.o, '[');
	for (size_t i = 0; i <= n; i++)
		for (enum stix_tlp t = STIX_TLP_CLEAR; t <= STIX_TLP_RED; t++)
			put_marking(c, &x, &to, i ? &g[i - 1] : NULL, t);
	json_close(&x.o, ']');
	json_close(&x.o, '}');
	end(c, &x);
}

/* ---- members and agreements ---- */

void do_members(struct call *c)
{
	const struct accord_member *m;
	struct answer x;
	size_t n;

	if (!begin_community(c, &x))
		return;
	n = accord_members(x.s, &m);
	json_open(&x.o, '{');
	json_key(&x.o, "members");
	json_open(&x.o, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&x.o, '{');
		json_kspan(&x.o, "id", m[i].id);
		json_kspan(&x.o, "name", m[i].name);
		json_kspan(&x.o, "country", m[i].country);
		json_kstr(&x.o, "kind", kind_name(m[i].kind));
		json_kstr(&x.o, "status", status_name(m[i].status));
		json_kspan(&x.o, "hub", m[i].hub);
		json_kbool(&x.o, "local", m[i].local);
		put_spans(&x.o, "sectors", m[i].sectors, m[i].n_sectors);
		if (c->who.admin || span_eq(c->who.org, m[i].id)) /* whose client it is, is its own affair */
			put_spans(&x.o, "client_of", m[i].clients_of, m[i].n_clients_of);
		json_close(&x.o, '}');
	}
	json_close(&x.o, ']');
	json_close(&x.o, '}');
	end(c, &x);
}

static void put_agreement(struct call *c, struct answer *x, const struct accord_agreement *g, bool whole)
{
	static const char *const personal[] = { [POLICY_PERSONAL_NONE] = "none", [POLICY_PERSONAL_DOMESTIC] = "domestic", [POLICY_PERSONAL_ALLOWED] = "allowed" };
	const struct policy_agreement *p = &g->policy;

	json_open(&x->o, '{');
	json_kspan(&x->o, "id", p->id);
	json_kspan(&x->o, "title", g->title);
	json_kspan(&x->o, "marking", g->marking);
	json_kspan(&x->o, "digest", g->digest);
	put_time(&x->o, "effective", p->effective);
	put_time(&x->o, "expires", p->expires);
	json_kbool(&x->o, "in_force", p->effective.us <= c->now.us && c->now.us < p->expires.us);
	json_kstr(&x->o, "ceiling", stix_tlp_name(p->ceiling));
	json_kbool(&x->o, "clients", p->clients);
	json_kstr(&x->o, "personal_data", personal[p->personal_data]);
	json_kstr(&x->o, "retroactive", p->retroactive_all ? "all" : "none");
	json_key(&x->o, "parties");
	json_open(&x->o, '[');
	for (size_t i = 0; i < p->n_parties; i++) {
		const struct accord_member *m = accord_find_member(x->s, p->parties[i].org);

		json_open(&x->o, '{');
		json_kspan(&x->o, "org", p->parties[i].org);
		put_optional(&x->o, "name", m ? m->name : (struct span){ 0 });
		put_optional(&x->o, "country", m ? m->country : (struct span){ 0 });
		put_time(&x->o, "signed", p->parties[i].signed_at);
		put_time(&x->o, "withdrawn", p->parties[i].has_withdrawn ? p->parties[i].withdrawn : TIMESTAMP_NEVER);
		json_kbool(&x->o, "party", policy_is_party(p, p->parties[i].org, c->now));
		json_close(&x->o, '}');
	}
	json_close(&x->o, ']');
	if (whole) {
		json_key(&x->o, "document");
		json_put_raw(&x->o, g->json.n ? g->json : SPAN("null"));
	}
	json_close(&x->o, '}');
}

void do_agreements(struct call *c)
{
	const struct accord_agreement *g;
	struct answer x;
	size_t n;

	if (!begin_community(c, &x))
		return;
	n = accord_agreements(x.s, &g);
	json_open(&x.o, '{');
	json_key(&x.o, "agreements");
	json_open(&x.o, '[');
	for (size_t i = 0; i < n; i++)
		put_agreement(c, &x, &g[i], false);
	json_close(&x.o, ']');
	json_close(&x.o, '}');
	end(c, &x);
}

void do_agreement(struct call *c)
{
	const struct accord_agreement *g;
	struct answer x;
	struct fault f = { 0 };

	if (!begin_community(c, &x))
		return;
	g = accord_find_agreement(x.s, c->params[0]);
	if (g) {
		put_agreement(c, &x, g, true);
		end(c, &x);
		return;
	}
	accord_snapshot_unref(x.s);
	buf_release(&x.b);
	fault_set(&f, ERR_NOTFOUND, "", "there is no such agreement; /api/v1/agreements lists them");
	call_fail(c, ERR_NOTFOUND, &f);
}
