/* SPDX-License-Identifier: Apache-2.0 */
/* From what was submitted to labels: gathers the facts that the door asks for.
 *
 * 1. What a marking means is what the submitting organisation itself first gave under that id; only where it never did, what others did and it may
 *    have.  So nobody can loosen another's scope by giving its id a second meaning.
 * 2. Order inside a submission does not matter: what needs the others waits for the commit.
 * 3. A definition or an identity without a TLP takes the markings of the least strict object of the submission that refers to it: who may have that one may
 *    have these (design/policy.md). */
#include <stdlib.h>
#include "accord/intake_priv.h"

/* ---- known definitions ---- */

static uint64_t hash_of(struct span s, uint64_t h)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h ^ h >> 31;
}

static struct known *known_slot(struct known *v, size_t room, struct span id, struct span origin)
{
	size_t i = hash_of(origin, hash_of(id, 0xcbf29ce484222325u)) & (room - 1);

	while (v[i].id.p && !(span_eq(v[i].id, id) && span_eq(v[i].origin, origin)))
		i = (i + 1) & (room - 1);
	return &v[i];
}

static bool known_room(struct accord_intake *in)
{
	if (in->n_known < in->room_known / 2)
		return true;
	size_t room = in->room_known ? in->room_known * 2 : 64;
	struct known *v = calloc(room, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < in->room_known; i++)
		if (in->known[i].id.p)
			*known_slot(v, room, in->known[i].id, in->known[i].origin) = in->known[i];
	free(in->known);
	in->known = v;
	in->room_known = room;
	return true;
}

struct asking {
	struct accord_intake *in;
	struct span id, origin;
	struct json out;
};

static enum err ask_store(void *ctx, struct db *db, struct fault *f)
{
	struct asking *w = ctx;
	struct db_stmt *s = w->origin.n ? db_prepare(db, "SELECT raw FROM accord_marking WHERE id = ? AND origin = ?", f)
					: db_prepare(db, "SELECT raw FROM accord_marking WHERE id = ? ORDER BY seen, origin LIMIT 1", f);
	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->id);
	if (w->origin.n)
		db_bind_text(s, 2, w->origin);
	enum err e = db_step(s, f);
	if (e == ERR_OK)
		e = json_read(w->in->arena, db_blob(s, 0), &w->out, f);
	db_reset(s);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* The entry for (id, origin); origin n == 0: by whomever.  It stays where it is until the next call. */
static enum err known_get(struct accord_intake *in, struct span id, struct span origin, struct known **out, struct fault *f)
{
	if (!known_room(in))
		return ERR_NOMEM;
	struct known *k = known_slot(in->known, in->room_known, id, origin);
	*out = k;
	if (k->id.p)
		return ERR_OK;
	struct asking w = { .in = in, .id = id, .origin = origin };
	enum err e = store_read(in->a->store, ask_store, &w, f);
	if (e != ERR_OK)
		return e;
	*k = (struct known){ arena_span(in->arena, id), arena_span(in->arena, origin), w.out };
	in->n_known++;
	return k->id.p && k->origin.p ? ERR_OK : ERR_NOMEM;
}

enum err intake_learn(struct accord_intake *in, struct item *x, struct fault *f)
{
	const struct span origins[] = { x->origin, { "", 0 } };
	enum err e = ERR_OK;

	for (size_t i = 0; i < 2 && e == ERR_OK; i++) {
		struct known *k;
		e = known_get(in, x->object.id, origins[i], &k, f);
		if (e == ERR_OK && !json_has(k->definition))
			k->definition = x->definition;
	}
	return e;
}

enum err intake_marking_put(struct db *db, const struct item *x, struct timestamp now, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_marking(id, origin, raw, seen) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, x->object.id);
	db_bind_text(s, 2, x->origin);
	db_bind_blob(s, 3, x->raw);
	db_bind_int(s, 4, now.us);
	return db_run(s, f);
}

/* What others gave under this id, if the submitter may have it: else the answer would tell that it is here. */
static enum err by_others(struct accord_intake *in, const struct item *x, struct span id, struct known **out, struct fault *f)
{
	bool may = true, closure;
	enum err e = known_get(in, id, SPAN(""), out, f);

	if (e == ERR_OK && !x->home.n && json_has((*out)->definition))
		e = store_view_may(in->a->store, in->view, id, &may, &closure, f);
	if (e == ERR_OK && !may)
		(*out)->definition = (struct json){ 0 };
	return e;
}

/* The definitions of markings in their order.  *all: each is known by the submitter's own word, so the answer cannot change any more. */
static enum err definitions(struct accord_intake *in, const struct item *x, const struct span *ids, size_t n, struct json *out, bool *all, struct fault *f)
{
	enum err e = ERR_OK;

	*all = true;
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		struct known *k;
		if (stix_tlp_of_id(ids[i]) != STIX_TLP_NONE || accord_find_agreement(in->s, ids[i]))
			continue;
		e = known_get(in, ids[i], x->origin, &k, f);
		if (e == ERR_OK && !json_has(k->definition)) {
			*all = false;
			e = by_others(in, x, ids[i], &k, f);
		}
		if (e == ERR_OK)
			out[i] = k->definition;
	}
	return e;
}

/* ---- the door ---- */

static const struct policy_agreement *agreement(void *ctx, struct span id)
{
	const struct accord_intake *in = ctx;
	const struct accord_agreement *g = accord_find_agreement(in->s, id);

	return g ? &g->policy : NULL;
}

/* From a peer: is it that hub's to give?  Not knowing the origin is no refusal: the directory may be a step behind. */
static bool peer_may(struct accord_intake *in, struct item *x)
{
	const struct accord_member *m = accord_find_member(in->s, x->origin);
	const struct accord_member *creator = x->object.created_by.n ? accord_find_member(in->s, x->object.created_by) : NULL;

	if (span_eq(x->origin, x->home))
		intake_refuse(x, "origin", x->fate.id, "a hub submits nothing of its own but notices");
	else if (m && !span_eq(m->hub, x->home))
		intake_refuse(x, "origin", x->fate.id, "%.*s belongs to the hub %.*s: %.*s cannot give what it submitted", SPAN_ARG(m->id), SPAN_ARG(m->hub), SPAN_ARG(x->home));
	else if (creator && !span_eq(creator->hub, x->home))
		intake_refuse(x, "creator", x->fate.id, "its creator %.*s belongs to the hub %.*s: only that one can give it", SPAN_ARG(creator->id), SPAN_ARG(creator->hub));
	else if (!m)
		x->state = ITEM_WAITS;
	return x->state == ITEM_READ;
}

/* What the door said about an object of a peer: some of it may be cured by what is still on its way. */
static void shut(struct item *x, enum policy_door why)
{
	x->fate.door = why;
	x->fate.code = policy_door_name(why);
	x->fate.warning = false;
	if (x->home.n && x->unmarked && !x->like && why == POLICY_DOOR_NO_TLP) {
		x->state = ITEM_KNOWN;
		return;
	}
	x->state = x->home.n && (why == POLICY_DOOR_UNKNOWN_AGREEMENT || why == POLICY_DOOR_UNKNOWN_SCOPE) ? ITEM_WAITS : ITEM_REFUSED;
}

static enum err admitted(struct accord_intake *in, struct item *x, struct policy_label *l)
{
	if (x->home.n && l->tlp == STIX_TLP_RED) {
		intake_refuse(x, "red", x->fate.id, "TLP:RED does not leave its home hub");
		return ERR_OK;
	}
	if (l->has_not_before && !timestamp_before(in->now, l->not_before))
		l->has_not_before = false; /* over: it restricts nothing any more */
	struct span key = policy_label_key(in->scratch, l);
	x->label = key.p ? accord_label_kept(in->a, key, &x->label_key) : NULL;
	if (!x->label)
		return ERR_NOMEM;
	x->state = ITEM_READY;
	return ERR_OK;
}

static enum err door(struct accord_intake *in, struct item *x, const struct stix_object *o, const struct json *markings, struct fault *f)
{
	const struct accord_member *origin = x->home.n ? accord_find_member(in->s, x->origin) : NULL;
	const struct accord_member *creator = o->created_by.n && !span_eq(o->created_by, x->origin) ? accord_find_member(in->s, o->created_by) : NULL;
	const struct policy_submission s = { .origin = x->origin, .origin_country = origin ? origin->country : in->country, .submitter = x->home.n ? (struct span){ NULL, 0 } : in->person, .default_tlp = in->default_tlp, .now = in->now, .object = o, .markings = markings, .agreement = agreement, .ctx = in, .creator_is_other_member = creator != NULL, .creator_delegated = creator && accord_delegated(in->s, o->created_by, x->origin), .from_peer = x->home.n > 0 };
	struct policy_label label;
	struct fault why_not = { 0 };
	enum policy_door why = POLICY_DOOR_OK;
	enum err e = policy_admit(in->scratch, &s, &label, &why, &why_not);

	if (e == ERR_OK)
		return admitted(in, x, &label);
	if (e != ERR_DENIED)
		return e;
	x->fate.fault = why_not;
	shut(x, why);
	return ERR_OK;
}

/* Its own markings and, where it takes another's, those too. */
static enum err label_item(struct accord_intake *in, struct item *x, bool early, struct fault *f)
{
	struct stix_object o = x->object;
	size_t more = x->like ? x->like->object.n_markings : 0, n = o.n_markings + more;
	struct span *ids = arena_array(in->scratch, n + 1, sizeof(*ids));
	struct json *markings = arena_array(in->scratch, n + 1, sizeof(*markings));
	bool all;

	if (!ids || !markings)
		return ERR_NOMEM;
	if (o.n_markings)
		memcpy(ids, o.markings, o.n_markings * sizeof(*ids));
	if (more)
		memcpy(ids + o.n_markings, x->like->object.markings, more * sizeof(*ids));
	o.markings = ids;
	o.n_markings = n;
	enum err e = definitions(in, x, ids, n, markings, &all, f);
	if (e != ERR_OK || (early && !all))
		return e;
	if (x->home.n && !peer_may(in, x))
		return ERR_OK;
	return door(in, x, &o, markings, f);
}

/* ---- without a TLP of its own ---- */

static bool takes_anothers(const struct accord_intake *in, const struct stix_object *o)
{
	bool definition = span_is(o->type, "marking-definition") || span_is(o->type, "extension-definition");

	if (!definition && !(span_is(o->type, "identity") && in->default_tlp == STIX_TLP_NONE))
		return false;
	if (span_is(o->type, "marking-definition") && stix_tlp_of_definition(o->value) != STIX_TLP_NONE)
		return false;
	if (stix_tlp_of_labels(o->value) != STIX_TLP_NONE)
		return false;
	for (size_t i = 0; i < o->n_markings; i++)
		if (stix_tlp_of_id(o->markings[i]) != STIX_TLP_NONE)
			return false;
	return true;
}

enum err intake_label_early(struct accord_intake *in, struct item *x, struct fault *f)
{
	if (span_is(x->object.type, "note")) {
		enum err e = intake_read_notice(in, x, f);
		if (e != ERR_OK || x->state != ITEM_READ)
			return e;
	}
	x->unmarked = takes_anothers(in, &x->object);
	return x->unmarked ? ERR_OK : label_item(in, x, true, f);
}

static bool index_items(struct accord_intake *in)
{
	size_t room = 64;

	if (in->by_id)
		return true;
	while (room < in->n * 2)
		room *= 2;
	in->by_id = calloc(room, sizeof(*in->by_id));
	in->room_by_id = room;
	for (size_t i = 0; in->by_id && i < in->n; i++) {
		if (!in->items[i]->object.id.n)
			continue;
		size_t at = hash_of(in->items[i]->object.id, 0xcbf29ce484222325u) & (room - 1);
		while (in->by_id[at])
			at = (at + 1) & (room - 1);
		in->by_id[at] = (uint32_t)i + 1;
	}
	return in->by_id != NULL;
}

struct item *intake_find(struct accord_intake *in, struct span id, size_t *from)
{
	size_t at = *from ? *from : hash_of(id, 0xcbf29ce484222325u) & (in->room_by_id - 1);

	for (; in->by_id[at & (in->room_by_id - 1)]; at++) {
		struct item *x = in->items[in->by_id[at & (in->room_by_id - 1)] - 1];
		if (span_eq(x->object.id, id)) {
			*from = at + 1;
			return x;
		}
	}
	return NULL;
}

/* Each object offers its markings to the definitions and identities that it refers to. */
static void offer(struct accord_intake *in, const struct item *from)
{
	for (size_t i = 0; i < from->object.n_refs; i++) {
		size_t at = 0;
		if (!from->object.refs[i].exempt)
			continue;
		for (struct item *x; (x = intake_find(in, from->object.refs[i].id, &at));)
			if (x->state == ITEM_READ && span_eq(x->origin, from->origin) && (!x->like || policy_label_looser(from->label, x->like->label)))
				x->like = from;
	}
}

static enum err again(struct accord_intake *in, struct item *x, struct fault *f)
{
	arena_reset(in->scratch);
	enum err e = json_parse(in->parser, x->raw, true, &x->object.value, f);
	return e == ERR_OK ? label_item(in, x, false, f) : e;
}

/* ---- warnings ---- */

enum err intake_label_of(struct accord_intake *in, struct span id, const struct policy_label **out, struct fault *f)
{
	size_t at = 0, n;
	struct store_held *held;
	struct accord_reader r;
	bool may, closure;
	const struct accord_principal p = { .org = in->org, .person = in->person };

	*out = NULL;
	for (struct item *x; (x = intake_find(in, id, &at));)
		if (x->state == ITEM_READY)
			*out = x->label;
	if (*out)
		return ERR_OK;
	enum err e = store_view_may(in->a->store, in->view, id, &may, &closure, f);
	if (e != ERR_OK || !may)
		return e;
	struct span key = accord_recipient_key(in->scratch, in->s, &p);
	e = key.p ? accord_reader_init(&r, in->a, in->s, key, in->now, in->scratch, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = store_held(in->a->store, in->scratch, id, &held, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n && !*out; i++) {
		const struct policy_label *l = held[i].newest && !held[i].withdrawn ? accord_label(in->a, held[i].label_key) : NULL;
		if (l && accord_reader_answer(&r, l, in->now).release)
			*out = l;
	}
	return e;
}

static const char *const speaking[] = { "relationship", "sighting", "note", "opinion", "report", "grouping" };

static bool speaks(const struct item *x)
{
	for (size_t i = 0; i < sizeof(speaking) / sizeof(*speaking); i++)
		if (span_is(x->object.type, speaking[i]))
			return true;
	return false;
}

/* Can anything be stricter than this label: in the submission, or in the store? */
static bool worth_asking(struct accord_intake *in, const struct item *x)
{
	if (in->compared != x->label) {
		in->compared = x->label;
		in->stricter_there = accord_labels_stricter_than(in->a, x->label);
	}
	return in->stricter_there;
}

static enum err compare(struct accord_intake *in, struct item *x, struct fault *f)
{
	const struct policy_label *l;

	if (x->state != ITEM_READY || x->home.n || x->fate.warning || !speaks(x) || !worth_asking(in, x))
		return ERR_OK;
	arena_reset(in->scratch);
	for (size_t i = 0; i < x->object.n_refs; i++) {
		const struct stix_ref *r = &x->object.refs[i];
		enum err e = r->exempt ? ERR_OK : intake_label_of(in, r->id, &l, f);
		if (e != ERR_OK)
			return e;
		if (r->exempt || !l || !policy_label_looser(x->label, l))
			continue;
		(void)fault_set(&x->fate.fault, ERR_OK, r->property, "%s is marked less strictly (TLP:%s) than %.*s, to which it refers (TLP:%s): mark it alike, or make sure that it tells nothing",
			x->fate.id, stix_tlp_name(x->label->tlp), SPAN_ARG(r->id), stix_tlp_name(l->tlp));
		x->fate.warning = true;
		break;
	}
	return ERR_OK;
}

/* ---- all ---- */

enum err intake_label(struct accord_intake *in, struct fault *f)
{
	enum err e = index_items(in) ? ERR_OK : ERR_NOMEM;
	bool unmarked = false;

	for (size_t i = 0; i < in->n && e == ERR_OK; i++) {
		unmarked |= in->items[i]->unmarked;
		if (in->items[i]->state == ITEM_READ && !in->items[i]->unmarked)
			e = again(in, in->items[i], f);
	}
	for (size_t i = 0; unmarked && i < in->n; i++)
		if (in->items[i]->state == ITEM_READY)
			offer(in, in->items[i]);
	for (size_t i = 0; unmarked && i < in->n && e == ERR_OK; i++)
		if (in->items[i]->state == ITEM_READ)
			e = again(in, in->items[i], f);
	for (size_t i = 0; i < in->n && e == ERR_OK; i++)
		e = compare(in, in->items[i], f);
	return e;
}
