/* SPDX-License-Identifier: Apache-2.0 */
/* Taking in a submission: each object read, validated and labelled outside the transaction, then all put in one job of the writer.
 *
 * 1. An object's fate is its own: a refusal stops nothing else.  Only failures of the store, the disk or memory fail the whole.
 * 2. Whatever the object says, it is judged by the snapshot taken when the intake began.
 * 3. The job may run again after ERR_BUSY: it starts every fate afresh. */
#include <stdlib.h>
#include <stdio.h>
#include "accord/intake_priv.h"
#include "stix/validate.h"

#define SCRATCH (64u << 20)

/* ---- beginning and end ---- */

static enum err may_submit(struct accord_intake *in, const struct accord_principal *by, struct fault *f)
{
	const struct accord_member *m = by->org.n ? accord_find_member(in->s, by->org) : NULL;

	in->conduit = by->hub || span_eq(by->org, in->s->hub->id);
	if (in->into.directory)
		return fault_set(f, ERR_DENIED, "directory", "only the hub itself writes its directory");
	if (in->conduit)
		return ERR_OK;
	if (by->org.n == 0)
		return fault_set(f, ERR_UNAUTHENTICATED, "", "log in to submit: a member's token is needed");
	if (!m || !m->local || m->kind == ACCORD_KIND_HUB)
		return fault_set(f, ERR_DENIED, "", "%.*s is no member of this hub", SPAN_ARG(by->org));
	if (m->status != ACCORD_ACTIVE)
		return fault_set(f, ERR_DENIED, "", "%.*s is %s as a member: ask the hub's operator", SPAN_ARG(m->name), accord_status_name(m->status));
	in->country = m->country;
	return accord_view(in->a, by, in->now, &in->view, f);
}

enum err accord_intake_new(struct accord *a, const struct accord_principal *by, const struct store_collection *into, struct timestamp now,
	struct accord_intake **out, struct fault *f)
{
	struct accord_intake *in = calloc(1, sizeof(*in));

	if (!in)
		return ERR_NOMEM;
	in->a = a;
	in->s = accord_snapshot(a);
	in->arena = arena_new(BOUND_REQUEST_ARENA);
	in->scratch = arena_new(SCRATCH);
	in->parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK);
	in->now = now;
	in->into = *into;
	enum err e = in->arena && in->scratch && in->parser ? ERR_OK : ERR_NOMEM;
	if (e == ERR_OK) {
		in->org = arena_span(in->arena, by->org);
		in->person = arena_span(in->arena, by->person);
		in->into.id = arena_span(in->arena, into->id);
		in->into.alias = arena_span(in->arena, into->alias);
		if (!stix_tlp_parse(into->default_tlp, &in->default_tlp))
			in->default_tlp = STIX_TLP_NONE;
		e = arena_ok(in->arena) ? may_submit(in, by, f) : ERR_NOMEM;
	}
	if (e == ERR_OK)
		*out = in;
	else
		accord_intake_free(in);
	return e;
}

void accord_intake_free(struct accord_intake *in)
{
	if (!in)
		return;
	if (in->view)
		store_view_unref(in->view);
	json_parser_free(in->parser);
	free(in->by_id);
	free(in->known);
	free(in->items);
	arena_free(in->scratch);
	accord_snapshot_unref(in->s);
	arena_free(in->arena);
	free(in);
}

void accord_intake_from(struct accord_intake *in, struct span home_hub, struct span origin, struct timestamp added)
{
	if (!in->home.p || !span_eq(in->home, home_hub))
		in->home = arena_span(in->arena, home_hub);
	if (!in->origin.p || !span_eq(in->origin, origin))
		in->origin = arena_span(in->arena, origin);
	in->added = added;
}

void accord_intake_status(struct accord_intake *in, struct span status_id, void (*fn)(void *ctx, const struct accord_intake *in, struct buf *json), void *ctx)
{
	in->status_id = arena_span(in->arena, status_id);
	in->status = fn;
	in->status_ctx = ctx;
}

size_t accord_intake_count(const struct accord_intake *in)
{
	return in->n;
}

const struct accord_fate *accord_intake_fate(const struct accord_intake *in, size_t i)
{
	return &in->items[i]->fate;
}

/* ---- one object ---- */

void intake_refuse(struct item *x, const char *code, const char *where, const char *fmt, ...)
{
	char text[sizeof(x->fate.fault.what)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fault_set(&x->fate.fault, ERR_DENIED, where, "%s", text);
	x->fate.code = code;
	x->fate.accepted = x->fate.warning = false;
	x->state = ITEM_REFUSED;
}

static struct item *item_add(struct accord_intake *in, struct fault *f)
{
	struct item *x = ARENA_NEW(in->arena, struct item);

	if (in->n == in->room) {
		size_t room = in->room ? in->room * 2 : 64;
		struct item **v = realloc(in->items, room * sizeof(*v));
		if (!v)
			return NULL;
		in->items = v;
		in->room = room;
	}
	if (!x) {
		(void)fault_set(f, ERR_LIMIT, "", "the submission is larger than this hub takes at once (%u MiB): send it in parts", BOUND_REQUEST_ARENA >> 20);
		return NULL;
	}
	x->home = in->home;
	x->origin = in->home.n ? in->origin : in->org;
	x->added = in->added;
	x->fate.code = "";
	in->items[in->n++] = x;
	return x;
}

struct gather {
	struct accord_intake *in;
	struct item *x;
	size_t room;
};

static void gather_value(void *ctx, enum stix_value_kind k, struct span normal)
{
	struct gather *g = ctx;
	struct item *x = g->x;

	if (x->n_values >= BOUND_VALUES_PER_OBJECT)
		return;
	if (x->n_values == g->room) {
		g->room = g->room ? g->room * 4 : 4;
		struct store_value *v = arena_array(g->in->arena, g->room, sizeof(*v));
		if (!v)
			return;
		if (x->n_values)
			memcpy(v, x->values, x->n_values * sizeof(*v));
		x->values = v;
	}
	x->values[x->n_values++] = (struct store_value){ k, arena_span(g->in->arena, normal) };
}

static enum err gather(struct accord_intake *in, struct item *x)
{
	struct gather g = { .in = in, .x = x };

	stix_values(in->scratch, &x->object, gather_value, &g);
	for (size_t i = 0; i < x->object.n_refs; i++) /* what goes along with it (store/along.c) */
		if (x->object.refs[i].exempt && stix_tlp_of_id(x->object.refs[i].id) == STIX_TLP_NONE)
			gather_value(&g, STIX_VALUE_META, x->object.refs[i].id);
	return arena_ok(in->arena) ? ERR_OK : ERR_LIMIT;
}

/* What most objects lack: told by `musubi validate`, not with each object that is shared. */
static bool common_lack(const char *code)
{
	static const char *const lacks[] = { "reference-hashes", "indicator-text", "network-ports", "uuid-version", "relationship-type", "old-version" };

	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
		if (strcmp(code, lacks[i]) == 0)
			return true;
	return false;
}

static void warn(struct item *x, const struct stix_findings *found)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct stix_finding *w = &found->v[i];
		if (w->severity != STIX_WARNING || common_lack(w->code))
			continue;
		(void)fault_set(&x->fate.fault, ERR_OK, w->path, "%s (%s)", w->what, w->rule);
		x->fate.warning = true;
		return;
	}
}

/* Good STIX?  False: refused. */
static bool valid(struct accord_intake *in, struct item *x, struct json v)
{
	struct stix_findings found = { 0 };

	if (stix_object_read(in->arena, v, x->raw, &x->object, &x->fate.fault) != ERR_OK) {
		x->fate.code = "invalid";
		return false;
	}
	snprintf(x->fate.id, sizeof(x->fate.id), "%.*s", SPAN_ARG(x->object.id));
	snprintf(x->fate.version, sizeof(x->fate.version), "%.*s", SPAN_ARG(x->object.version));
	if (!stix_validate(in->scratch, v, &found)) {
		intake_refuse(x, "limit", "", "it is too complex to be judged: split it");
		return false;
	}
	if (found.errors) {
		(void)stix_findings_fault(&found, &x->fate.fault);
		x->fate.code = "invalid";
		for (size_t i = found.n; i-- > 0;)
			if (found.v[i].severity == STIX_ERROR)
				snprintf(x->fate.finding, sizeof(x->fate.finding), "%s", found.v[i].code);
		if (strcmp(x->fate.finding, "duplicate-key") == 0)
			x->fate.code = "duplicate-key";
		return false;
	}
	warn(x, &found);
	return true;
}

/* The id of an object that is no STIX, for its fate. */
static void name_it(struct item *x, struct json v)
{
	struct span id = json_string_or_none(json_get(v, "id"));

	if (id.n < sizeof(x->fate.id) && !memchr(id.n ? id.p : "", '\0', id.n))
		snprintf(x->fate.id, sizeof(x->fate.id), "%.*s", SPAN_ARG(id));
}

static enum err read_item(struct accord_intake *in, struct item *x, struct span raw, struct fault *f)
{
	struct json v;

	if (raw.n > BOUND_OBJECT_BYTES) {
		intake_refuse(x, "limit", "", "the object has %zu bytes, %u are allowed: put large artifacts behind a URL", raw.n, BOUND_OBJECT_BYTES);
		return ERR_OK;
	}
	char *p = arena_alloc(in->arena, raw.n + BUF_SLACK);
	if (!p)
		return fault_set(f, ERR_LIMIT, "", "the submission is larger than this hub takes at once (%u MiB): send it in parts", BOUND_REQUEST_ARENA >> 20);
	memcpy(p, raw.p, raw.n);
	x->raw = (struct span){ p, raw.n };
	enum err e = json_parse(in->parser, x->raw, true, &v, &x->fate.fault);
	if (e == ERR_NOMEM)
		return e;
	if (e != ERR_OK || !json_is(v, JSON_OBJECT)) {
		if (e == ERR_OK)
			intake_refuse(x, "syntax", "", "a STIX object is a JSON object, this is %s", json_type_name(json_type(v)));
		x->fate.code = "syntax";
		return ERR_OK;
	}
	name_it(x, v);
	if (!valid(in, x, v))
		return ERR_OK;
	x->object.value = v;
	x->state = ITEM_READ;
	if (span_is(x->object.type, "marking-definition")) {
		e = json_read(in->arena, x->raw, &x->definition, f);
		if (e == ERR_OK)
			e = intake_learn(in, x, f);
		if (e != ERR_OK)
			return e;
	}
	if (gather(in, x) != ERR_OK)
		return fault_set(f, ERR_LIMIT, "", "the submission is larger than this hub takes at once (%u MiB): send it in parts", BOUND_REQUEST_ARENA >> 20);
	return ERR_OK;
}

enum err accord_intake_add(struct accord_intake *in, struct span raw, struct fault *f)
{
	if (in->n >= BOUND_ENVELOPE_OBJECTS)
		return fault_set(f, ERR_LIMIT, "objects", "there are more than %d objects: send them in parts", BOUND_ENVELOPE_OBJECTS);
	if (in->conduit && in->home.n == 0)
		return fault_set(f, ERR_DENIED, "", "a hub submits nothing of its own: use a member's token");
	struct item *x = item_add(in, f);
	if (!x)
		return ERR_NOMEM;
	arena_reset(in->scratch);
	enum err e = read_item(in, x, raw, f);
	arena_reset(in->scratch); /* what reading could not hold is no fault of labelling */
	return e == ERR_OK && x->state == ITEM_READ ? intake_label_early(in, x, f) : e;
}

/* ---- the job ---- */

/* Why a put object is not in the feed. */
static void told(struct item *x, enum store_fate fate)
{
	static const char *const words[] = {
		[STORE_DIFFERENT] = "an object with the same id and modified and different content is here: give the new version a new modified",
		[STORE_FOREIGN] = "this object belongs to another organisation: relate to it, or make an object of your own",
		[STORE_REVOKED] = "this object was revoked, which is final: make a new one",
	};
	x->fate.fate = fate;
	x->fate.accepted = fate == STORE_ADDED || fate == STORE_UNCHANGED;
	x->fate.code = store_fate_name(fate);
	if (!x->fate.accepted) {
		x->fate.warning = false;
		(void)fault_set(&x->fate.fault, ERR_CONFLICT, x->fate.id, "%s", words[fate]);
	}
}

static enum err put(struct accord_intake *in, struct store_tx *tx, struct item *x, struct fault *f)
{
	struct db *db = store_tx_db(tx);
	struct store_put p = { .object = &x->object, .collection = in->into.number, .origin = x->origin, .home = x->home, .label_key = x->label_key, .submitter = x->home.n ? NULL : in->view, .values = x->values, .n_values = x->n_values };
	bool closed = false;
	enum err e = x->home.n ? intake_closed(db, x, &closed, f) : ERR_OK;

	if (e == ERR_OK && closed) {
		intake_refuse(x, "closed", x->fate.id, "its home hub has closed it to this hub since");
		x->state = ITEM_READY;
		return ERR_OK;
	}
	if (e == ERR_OK)
		e = store_put(tx, &p, f);
	if (e != ERR_OK)
		return e;
	told(x, p.fate);
	x->fate.stamp = p.stamp;
	if (json_has(x->definition)) { /* whatever its fate: what the submitter means by it counts for the submitter (labelling.c) */
		e = intake_marking_put(db, x, in->now, f);
		atomic_store(&in->a->marking_came, true);
	}
	if (e != ERR_OK || !p.relabelled)
		return e;
	const struct accord_notice n = { .a = in->a, .s = in->s, .collection = in->into.number, .id = x->object.id, .origin = x->origin, .version = x->object.version, .reason = x->object.revoked ? "revoked" : "restricted", .label = x->label, .now = in->now };
	return accord_notice_tell(tx, &n, f);
}

static enum err put_item(struct accord_intake *in, struct store_tx *tx, struct item *x, struct fault *f)
{
	enum err e = ERR_OK;

	switch (x->state) {
	case ITEM_READY: e = put(in, tx, x, f); break;
	case ITEM_WAITS: return intake_hold(store_tx_db(tx), in, x, f);
	case ITEM_NOTICE: return intake_take_notice(in, tx, x, f);
	case ITEM_KNOWN:
		x->fate.accepted = true;
		x->fate.fate = STORE_UNCHANGED;
		e = json_has(x->definition) ? intake_marking_put(store_tx_db(tx), x, in->now, f) : ERR_OK;
		atomic_store(&in->a->marking_came, true);
		break;
	case ITEM_REFUSED:
	case ITEM_READ: break;
	}
	return e == ERR_OK && x->held.n ? intake_unhold(store_tx_db(tx), x, f) : e;
}

static enum err put_status(struct accord_intake *in, struct store_tx *tx, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	in->status(in->status_ctx, in, &b);
	return buf_ok(&b) ? store_status_put(tx, in->status_id, in->org, buf_span(&b), f) : ERR_NOMEM;
}

static enum err run(void *ctx, struct store_tx *tx, struct fault *f)
{
	struct accord_intake *in = ctx;
	enum err e = ERR_OK;

	for (size_t i = 0; i < in->n && e == ERR_OK; i++)
		e = put_item(in, tx, in->items[i], f);
	return e == ERR_OK && in->status ? put_status(in, tx, f) : e;
}

static void finished(void *ctx, enum err e, const struct fault *f)
{
	struct accord_intake *in = ctx;

	in->done(in->done_ctx, e, f); /* may free the intake */
}

void accord_intake_commit(struct accord_intake *in, void (*done)(void *ctx, enum err e, const struct fault *f), void *ctx)
{
	struct fault f = { 0 };
	uint64_t bytes = 0;
	enum err e = intake_label(in, &f);

	for (size_t i = 0; i < in->n; i++)
		bytes += in->items[i]->raw.n;
	if (e == ERR_OK)
		e = store_room(in->a->store, bytes, &f);
	if (e != ERR_OK) {
		done(ctx, e, &f);
		return;
	}
	in->done = done;
	in->done_ctx = ctx;
	in->job = (struct store_job){ .run = run, .done = finished, .ctx = in, .again = true };
	store_submit(in->a->store, &in->job);
}

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool over;
	enum err e;
	struct fault *f;
};

static void wake(void *ctx, enum err e, const struct fault *f)
{
	struct waiting *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->e = e;
	if (w->f && f)
		*w->f = *f;
	w->over = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

enum err accord_intake_commit_wait(struct accord_intake *in, struct fault *f)
{
	struct waiting w = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .f = f };

	accord_intake_commit(in, wake, &w);
	pthread_mutex_lock(&w.lock);
	while (!w.over)
		pthread_cond_wait(&w.wake, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return w.e;
}

/* ---- withdrawing ---- */

struct withdrawal {
	struct accord *a;
	const struct accord_snapshot *s;
	int64_t collection;
	struct span id, origin, version, newest;
	struct timestamp now;
};

static enum err withdraw(void *ctx, struct store_tx *tx, struct fault *f)
{
	const struct withdrawal *w = ctx;
	size_t count;
	enum err e = store_withdraw(tx, w->collection, w->id, w->origin, w->version, &count, f);

	const struct accord_notice n = { .a = w->a, .s = w->s, .collection = w->collection, .id = w->id, .origin = w->origin, .version = w->version.n ? w->version : w->newest, .reason = w->version.n ? "version-withdrawn" : "withdrawn", .now = w->now };
	return e == ERR_OK ? accord_notice_tell(tx, &n, f) : e;
}

enum err accord_withdraw(struct accord *a, const struct accord_principal *by, int64_t collection, struct span id, struct span version, struct fault *f)
{
	struct withdrawal w = { .a = a, .collection = collection, .id = id, .origin = by->org, .version = version, .now = a->now(a->ctx) };

	if (by->org.n == 0)
		return fault_set(f, ERR_UNAUTHENTICATED, "", "log in to withdraw what you submitted");
	ARENA_SCOPE struct arena *mem = arena_new(64u << 20);
	struct store_held *held;
	size_t n;
	enum err e = mem ? store_held(a->store, mem, id, &held, &n, f) : ERR_NOMEM;
	if (e != ERR_OK)
		return e;
	for (size_t i = n; i-- > 0;)
		if (held[i].collection == collection && span_eq(held[i].origin, by->org) && held[i].newest)
			w.newest = held[i].version;
	w.s = accord_snapshot(a);
	e = store_write(a->store, withdraw, &w, f);
	accord_snapshot_unref(w.s);
	return e;
}
