/* SPDX-License-Identifier: Apache-2.0 */
/* Who would receive what, before it is sent; and why somebody has, or has not, what is stored.
 *
 * The preview runs the very steps of an intake without its commit, decides for each member of the federation, and looks at nothing that the submitter may
 * not have: a reference to such an object counts as one to an object that is not here. */
#include <stdio.h>
#include "accord/intake_priv.h"
#include "stix/bundle.h"

#define CLOSURE_DEEP 16
#define WORDS 256

struct preview {
	struct accord_intake *in;
	struct arena *scratch; /* of one object */
	void (*fn)(void *ctx, const struct accord_audience *row);
	void *ctx;
	struct fault *f;
	char words[WORDS];
};

static enum err add(void *ctx, size_t index, struct span raw)
{
	struct preview *p = ctx;

	return accord_intake_add(p->in, raw, p->f);
}

/* ---- one answer ---- */

/* Some of it is a person's alone: is one of the organisation's known persons named, or did one of them submit it? */
static struct span person_of(const struct accord_snapshot *s, const struct policy_label *l, struct span member)
{
	for (size_t i = 0; i < l->named.n; i++) {
		const struct accord_person *p = accord_find_person(s, l->named.v[i]);
		if (p && span_eq(p->member, member))
			return p->id;
	}
	return span_eq(member, l->origin) ? l->submitter : (struct span){ NULL, 0 };
}

static struct policy_answer answer(const struct accord_snapshot *s, const struct policy_label *l, const struct accord_member *m, struct timestamp now)
{
	const struct accord_principal p = { .org = m->id, .person = person_of(s, l, m->id) };
	const struct policy_recipient to = accord_recipient(s, &p);
	const struct accord_agreement *g = accord_find_agreement(s, l->agreement);
	struct policy_answer a = policy_decide(g ? &g->policy : NULL, l, &to, now);

	if (a.release && l->tlp == STIX_TLP_RED && !m->local)
		a = (struct policy_answer){ false, POLICY_NOT_NAMED, 14 }; /* it does not leave this hub */
	return a;
}

static bool in_store(struct preview *p, struct span id, const struct accord_member *m)
{
	struct accord_intake *in = p->in;
	const struct accord_principal me = { .org = in->org, .person = in->person };
	struct store_held *held;
	struct accord_reader r;
	size_t n;
	bool may, closure;

	if (store_view_may(in->a->store, in->view, id, &may, &closure, NULL) != ERR_OK || !may)
		return false;
	struct span key = accord_recipient_key(p->scratch, in->s, &me);
	if (!key.p || accord_reader_init(&r, in->a, in->s, key, in->now, p->scratch, NULL) != ERR_OK || store_held(in->a->store, p->scratch, id, &held, &n, NULL) != ERR_OK)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct policy_label *l = held[i].newest && !held[i].withdrawn ? accord_label(in->a, held[i].label_key) : NULL;
		if (l && accord_reader_answer(&r, l, in->now).release && answer(in->s, l, m, in->now).release)
			return true;
	}
	return false;
}

/* May m have each UUIDv5 id that x refers to?  *at: the first that it may not. */
static bool closed_under(struct preview *p, const struct item *x, const struct accord_member *m, unsigned deep, struct span *at)
{
	for (size_t i = 0; i < x->object.n_refs; i++) {
		const struct stix_ref *r = &x->object.refs[i];
		size_t from = 0;
		bool may = false;
		if (!r->named || r->exempt || span_eq(r->id, x->object.id))
			continue;
		*at = r->id;
		for (struct item *t; !may && deep < CLOSURE_DEEP && (t = intake_find(p->in, r->id, &from));) {
			struct span inner;
			may = t->state == ITEM_READY && answer(p->in->s, t->label, m, p->in->now).release && closed_under(p, t, m, deep + 1, &inner);
		}
		if (!may && !in_store(p, r->id, m))
			return false;
	}
	return true;
}

/* ---- rows ---- */

static void row(struct preview *p, const struct item *x, const struct accord_member *m, struct policy_answer a, const char *beyond, const char *words)
{
	const struct accord_audience r = { .object = span_of(x->fate.id), .member = m, .answer = a, .beyond = beyond, .words = words };

	p->fn(p->ctx, &r);
}

/* The label of the newest version of this line that is stored, where x is older (a revoking one is the newest whatever its time). */
static const struct policy_label *newer(struct preview *p, const struct item *x, bool *revoked, bool *foreign)
{
	struct accord_intake *in = p->in;
	const struct policy_label *l = NULL;
	struct store_held *held;
	size_t n;
	bool may, closure, mine = false, same = false;

	*revoked = *foreign = false;
	if (store_held(in->a->store, p->scratch, x->object.id, &held, &n, NULL) != ERR_OK || n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		int64_t ns = 0;
		if (held[i].collection != in->into.number)
			continue;
		if (!span_eq(held[i].origin, x->origin)) {
			*foreign = true;
			same |= span_eq(held[i].version, x->object.version);
			continue;
		}
		mine = true;
		*revoked |= held[i].revoked && !span_eq(held[i].version, x->object.version);
		if (!x->object.revoked && held[i].newest && !held[i].withdrawn && timestamp_parse_ns(held[i].version, &ns, NULL) == ERR_OK && ns > x->object.version_ns)
			l = accord_label(in->a, held[i].label_key);
	}
	*foreign = *foreign && !mine && !same && x->object.kind != STIX_CLASS_SCO && store_view_may(in->a->store, in->view, x->object.id, &may, &closure, NULL) == ERR_OK && may;
	return l;
}

static void member_row(struct preview *p, const struct item *x, const struct policy_label *newest, const struct accord_member *m)
{
	struct policy_answer a = answer(p->in->s, x->label, m, p->in->now);
	const char *beyond = NULL, *words = policy_reason_words(a.reason);
	struct span at;

	if (a.release && newest && !answer(p->in->s, newest, m, p->in->now).release) {
		a.release = false;
		beyond = "newest";
		words = "a newer version of it is marked so that they may not have it";
	} else if (a.release && a.reason != POLICY_ORIGIN && !closed_under(p, x, m, 0, &at)) {
		a.release = false;
		beyond = "closure";
		snprintf(p->words, sizeof(p->words), "it refers to %.*s, which they may not have", (int)(at.n < 160 ? at.n : 160), at.p);
		words = p->words;
	}
	row(p, x, m, a, beyond, words);
}

static void object_rows(struct preview *p, const struct item *x)
{
	const struct accord_snapshot *s = p->in->s;
	const struct policy_answer nobody = { false, POLICY_NOT_NAMED, 21 };
	bool revoked, foreign;

	if (x->state != ITEM_READY) {
		row(p, x, NULL, nobody, "door", x->fate.fault.what);
		return;
	}
	const struct policy_label *newest = newer(p, x, &revoked, &foreign);
	if (revoked || foreign) {
		row(p, x, NULL, nobody, "door", revoked ? "this object was revoked, which is final: make a new one" : "this object belongs to another organisation: relate to it, or make an object of your own");
		return;
	}
	for (size_t i = 0; i < s->n_members; i++)
		if (s->members[i].status != ACCORD_REMOVED && s->members[i].kind != ACCORD_KIND_HUB)
			member_row(p, x, newest, &s->members[i]);
}

enum err accord_audience(struct accord *a, const struct accord_principal *by, const struct store_collection *into, struct span bundle, struct timestamp now,
	void (*fn)(void *ctx, const struct accord_audience *row), void *ctx, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA), *scratch = arena_new(64u << 20);
	struct json_parser *parser = json_parser_new(BOUND_ENVELOPE_BYTES + BUF_SLACK);
	struct preview p = { .scratch = scratch, .fn = fn, .ctx = ctx, .f = f };
	enum stix_container kind;
	char *text = mem && bundle.n <= BOUND_ENVELOPE_BYTES ? arena_alloc(mem, bundle.n + BUF_SLACK) : NULL;
	enum err e = parser && scratch && text ? accord_intake_new(a, by, into, now, &p.in, f) : ERR_NOMEM;

	if (e == ERR_OK && !p.in->view) {
		e = fault_set(f, ERR_DENIED, "", "a hub submits nothing of its own: use a member's token");
	} else if (e == ERR_OK) {
		memcpy(text, bundle.p, bundle.n);
		e = stix_each(parser, (struct span){ text, bundle.n }, &kind, add, &p, f);
	}
	if (e == ERR_OK)
		e = intake_label(p.in, f);
	for (size_t i = 0; e == ERR_OK && i < p.in->n; i++) {
		arena_reset(scratch);
		object_rows(&p, p.in->items[i]);
	}
	accord_intake_free(p.in);
	json_parser_free(parser);
	return e;
}

/* ---- why ---- */

struct telling {
	void (*fn)(void *ctx, const struct store_held *held, int line, const char *rule, bool applies, const char *why);
	void *ctx;
	const struct store_held *held;
};

static void line(void *ctx, int line, const char *rule, bool applies, const char *why)
{
	const struct telling *t = ctx;

	t->fn(t->ctx, t->held, line, rule, applies, why);
}

static bool explain(struct accord *a, const struct accord_snapshot *s, const struct policy_recipient *to, struct timestamp now, struct telling *t)
{
	const struct policy_label *l = accord_label(a, t->held->label_key);

	if (t->held->withdrawn) {
		line(t, 0, "withdrawn or closed", true, "it was withdrawn by its origin or closed by its home hub: nobody may have it");
		return false;
	}
	if (!l) {
		line(t, 0, "label", true, "its label cannot be read, so nobody may have it");
		return false;
	}
	const struct accord_agreement *g = accord_find_agreement(s, l->agreement);
	bool yes = policy_explain(g ? &g->policy : NULL, l, to, now, line, t).release;
	if (!yes || !accord_silent(s, l, now))
		return yes;
	line(t, 0, policy_reason_name(POLICY_SILENT), true, policy_reason_words(POLICY_SILENT));
	return false;
}

enum err accord_why(struct accord *a, struct span object, struct span member, struct timestamp now,
	void (*fn)(void *ctx, const struct store_held *held, int line, const char *rule, bool applies, const char *why), void *ctx, bool *released,
	struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(64u << 20);
	struct store_held *held;
	const struct store_view *view;
	const struct accord_principal p = { .org = member };
	struct telling t = { fn, ctx, NULL };
	bool may = false, closure = false, newest = false;
	size_t n;
	enum err e = mem ? store_held(a->store, mem, object, &held, &n, f) : ERR_NOMEM;

	if (e != ERR_OK)
		return e;
	if (n == 0)
		return fault_set(f, ERR_NOTFOUND, "object", "%.*s is not here", (int)(object.n < 100 ? object.n : 100), object.p);
	const struct accord_snapshot *s = accord_snapshot(a);
	if (!accord_find_member(s, member)) {
		accord_snapshot_unref(s);
		return fault_set(f, ERR_NOTFOUND, "member", "%.*s is no member; `musubi member list` shows them", (int)(member.n < 64 ? member.n : 64), member.p);
	}
	const struct policy_recipient to = accord_recipient(s, &p);
	for (size_t i = 0; i < n; i++) {
		t.held = &held[i];
		newest |= explain(a, s, &to, now, &t) && held[i].newest;
	}
	accord_snapshot_unref(s);
	e = accord_view(a, &p, now, &view, f);
	if (e != ERR_OK)
		return e;
	e = store_view_may(a->store, view, object, &may, &closure, f);
	store_view_unref(view);
	t.held = &held[0];
	if (e == ERR_OK && closure)
		line(&t, 0, "closure: it refers to an observable that they may not have", true, "the id of an observable gives its value away, so the whole waits");
	if (e == ERR_OK && !may && !closure && newest)
		line(&t, 0, "hidden: it came before they were a party, or another line of the same object is shown instead", true, "the agreement is not retroactive");
	if (e == ERR_OK)
		*released = may;
	return e;
}
