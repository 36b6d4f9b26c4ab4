/* SPDX-License-Identifier: Apache-2.0 */
/* Notices: who was given something and may not have its present form is told so, without content; and what a peer's notice does here.
 *
 * 1. A notice is a note of the hub with an extension (object, modified, reason), for one named recipient: an organisation, a person or a peer hub.
 * 2. A peer's notice, by the home hub of the line's origin, closes the line here; those who had it here are told in turn.
 * 3. What a home hub closed to this hub does not come in again by an older version that was on its way (accord_closed). */
#include <stdio.h>
#include "accord/intake_priv.h"

static const char *words_of(const char *reason)
{
	if (strcmp(reason, "revoked") == 0)
		return "An object that you were given has been revoked by its source: do not use it any more.";
	if (strcmp(reason, "restricted") == 0)
		return "An object that you were given is shared more strictly now and no longer with you: do not pass it on or use it any more.";
	return "An object that you were given has been withdrawn by its source: do not use it any more.";
}

/* ---- telling ---- */

struct told {
	const struct accord_notice *n;
	struct store_tx *tx;
	struct arena *mem;
	struct timestamp now;
};

/* An id of form 5 would bring the closure rule upon the notice itself: then the hub is what the note refers to. */
static struct span refers_to(const struct accord_notice *n)
{
	struct stix_id id;

	return stix_id_parse(n->id, &id, NULL) == ERR_OK && uuid_version(&id.uuid) != 5 ? n->id : n->a->hub.id;
}

static void write_notice(const struct told *w, bool to_hub, struct buf *b)
{
	const struct accord_notice *n = w->n;
	struct json_out o = json_out(b);
	char id[64], now[TIMESTAMP_TEXT];

	accord_id_new("note", id);
	timestamp_format(w->now, now);
	json_open(&o, '{');
	json_kstr(&o, "type", "note");
	json_kstr(&o, "spec_version", "2.1");
	json_kstr(&o, "id", id);
	json_kspan(&o, "created_by_ref", n->a->hub.id);
	json_kstr(&o, "created", now);
	json_kstr(&o, "modified", now);
	json_kstr(&o, "content", words_of(n->reason));
	json_key(&o, "object_refs");
	json_open(&o, '[');
	json_put_string(&o, refers_to(n));
	json_close(&o, ']');
	json_key(&o, "object_marking_refs");
	json_open(&o, '[');
	json_put_str(&o, stix_tlp_id(STIX_TLP_AMBER_STRICT));
	json_close(&o, ']');
	json_key(&o, "extensions");
	json_open(&o, '{');
	json_key(&o, STIX_EXT_NOTICE);
	json_open(&o, '{');
	json_kstr(&o, "extension_type", "property-extension");
	json_kspan(&o, "object", n->id);
	if (n->version.n)
		json_kspan(&o, "modified", n->version);
	json_kstr(&o, "reason", n->reason);
	if (to_hub)
		json_kspan(&o, "origin", n->origin); /* which of several lines of an id; a hub knows it anyway */
	json_close(&o, '}');
	json_close(&o, '}');
	json_close(&o, '}');
}

static enum err tell_one(const struct told *w, struct span named, bool hub, struct fault *f)
{
	struct accord *a = w->n->a;
	const struct policy_label l = { .origin = a->hub.id, .origin_country = a->hub.country, .tlp = STIX_TLP_AMBER_STRICT, .named = { &named, 1 } };
	struct stix_object object;
	struct json v;
	BUF_SCOPE struct buf b;

	buf_init(&b, 16384);
	write_notice(w, hub, &b);
	struct span raw = buf_ok(&b) ? arena_span(w->mem, buf_span(&b)) : (struct span){ NULL, 0 }, key = policy_label_key(w->mem, &l);
	enum err e = raw.p && key.p ? json_read(w->mem, raw, &v, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = stix_object_read(w->mem, v, raw, &object, f);
	/* so that notices are found (/api/v1/notices), and that the hub's identity goes along (store/along.c) */
	const struct store_value values[] = { { STIX_VALUE_META, SPAN(STIX_EXT_NOTICE) }, { STIX_VALUE_META, a->hub.id } };
	struct store_put p = { .object = &object, .collection = w->n->collection, .origin = a->hub.id, .label_key = key, .values = values, .n_values = 2 };
	return e == ERR_OK ? store_put(w->tx, &p, f) : e;
}

static bool has_key(const struct span *v, size_t n, struct span key)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(v[i], key))
			return true;
	return false;
}

/* Whom to name so that the recipient of this key learns it; n == 0: nobody, for it needs no notice or cannot have one. */
static enum err whom(const struct told *w, const struct accord_reader *r, const struct span *keys, size_t n, struct span *out)
{
	struct span org = r->to.org;

	*out = (struct span){ NULL, 0 };
	if (org.n == 0 || span_eq(org, w->n->a->hub.id) || span_eq(org, w->n->origin))
		return ERR_OK;
	if (r->hub)
		*out = r->hub->hub_id;
	else if (!r->to.person.n)
		*out = org;
	else if (!has_key(keys, n, org))
		*out = r->to.person; /* else its organisation is told */
	return ERR_OK;
}

enum err accord_notice_tell(struct store_tx *tx, const struct accord_notice *n, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(ACCORD_ARENA);
	struct told w = { n, tx, mem, store_tx_now(tx) };
	struct span *keys, named;
	size_t count;
	enum err e = mem ? store_released_to(tx, mem, n->collection, n->id, n->origin, &keys, &count, f) : ERR_NOMEM;

	for (size_t i = 0; e == ERR_OK && i < count; i++) {
		struct accord_reader r;
		if (accord_reader_init(&r, n->a, n->s, keys[i], n->now, mem, NULL) != ERR_OK)
			continue; /* a hub that is no more */
		if (n->label && accord_reader_answer(&r, n->label, n->now).release)
			continue;
		e = whom(&w, &r, keys, count, &named);
		if (e == ERR_OK && named.n)
			e = tell_one(&w, named, r.hub != NULL, f);
	}
	return e;
}

/* ---- a peer's notice ---- */

enum err intake_read_notice(struct accord_intake *in, struct item *x, struct fault *f)
{
	struct json v = json_get(json_get(x->object.value, "extensions"), STIX_EXT_NOTICE);
	struct span object = json_string_or_none(json_get(v, "object")), origin = json_string_or_none(json_get(v, "origin"));
	struct stix_id id;

	if (!json_has(v))
		return ERR_OK;
	if (!x->home.n || !span_eq(x->origin, x->home)) {
		intake_refuse(x, "notice", STIX_EXT_NOTICE, "only a hub gives notice of what was closed: revoke or delete the object instead");
		return ERR_OK;
	}
	const struct accord_member *m = accord_find_member(in->s, origin);
	if (stix_id_parse(object, &id, NULL) != ERR_OK || !m || !span_eq(m->hub, x->home)) {
		intake_refuse(x, "notice", STIX_EXT_NOTICE, "the notice names no object of a member of %.*s", SPAN_ARG(x->home));
		return ERR_OK;
	}
	x->closes = arena_span(in->arena, object);
	x->closes_of = m->id;
	x->closes_version = arena_span(in->arena, json_string_or_none(json_get(v, "modified")));
	x->reason = arena_span(in->arena, json_string_or_none(json_get(v, "reason")));
	x->state = ITEM_NOTICE;
	return arena_ok(in->arena) ? ERR_OK : ERR_NOMEM;
}

static enum err remember(struct db *db, const struct item *x, struct fault *f)
{
	int64_t ns;
	struct db_stmt *s = db_prepare(db, "INSERT INTO accord_closed(id, origin, version) VALUES(?, ?, ?)"
					   " ON CONFLICT(id, origin) DO UPDATE SET version = excluded.version WHERE excluded.version > accord_closed.version",
		f);

	if (!s)
		return ERR_DB;
	if (timestamp_parse_ns(x->closes_version, &ns, NULL) != ERR_OK)
		return ERR_OK;
	db_bind_text(s, 1, x->closes);
	db_bind_text(s, 2, x->closes_of);
	db_bind_int(s, 3, ns);
	return db_run(s, f);
}

enum err intake_take_notice(struct accord_intake *in, struct store_tx *tx, struct item *x, struct fault *f)
{
	static const char *const reasons[] = { "revoked", "restricted", "withdrawn", "version-withdrawn" };
	bool one = span_is(x->reason, "version-withdrawn");
	const char *reason = "withdrawn";
	size_t count = 0;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (span_is(x->reason, reasons[i]))
			reason = reasons[i];
	/* What was withdrawn may be given again as it was; what was revoked or restricted may not. */
	bool for_good = strcmp(reason, "revoked") == 0 || strcmp(reason, "restricted") == 0;
	enum err e = for_good ? remember(store_tx_db(tx), x, f) : ERR_OK;
	if (e == ERR_OK)
		e = intake_drop_held(store_tx_db(tx), x->closes, x->closes_of, f);
	if (e == ERR_OK)
		e = store_withdraw(tx, in->into.number, x->closes, x->closes_of, one ? x->closes_version : (struct span){ NULL, 0 }, &count, NULL);
	x->fate.accepted = e == ERR_OK || e == ERR_NOTFOUND;
	x->fate.fate = STORE_UNCHANGED;
	if (e != ERR_OK || count == 0)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	const struct accord_notice n = { .a = in->a, .s = in->s, .collection = in->into.number, .id = x->closes, .origin = x->closes_of, .version = x->closes_version, .reason = reason, .now = in->now };
	return accord_notice_tell(tx, &n, f);
}

enum err intake_closed(struct db *db, const struct item *x, bool *closed, struct fault *f)
{
	struct db_stmt *s = db_prepare(db, "SELECT version FROM accord_closed WHERE id = ? AND origin = ?", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, x->object.id);
	db_bind_text(s, 2, x->origin);
	enum err e = db_step(s, f);
	*closed = e == ERR_OK && x->object.version_ns <= db_int(s, 0);
	db_reset(s);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}
