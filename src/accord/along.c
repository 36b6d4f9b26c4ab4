/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of what goes along with an object: marking definitions, its creator, extension definitions (design/policy.md: whoever may have an object may have
 * these).  Asked for only where the reader may have an object of this origin that refers to it.
 *
 * 1. A member is told by its name and sectors alone: nothing of its country, clients or hub, which are for the community.  An agreement's marking by its title.
 *    Every hub that knows the member or the agreement writes the same bytes.
 * 2. Of what is no member's, what the object's origin itself gave under that id holds; of a marking that it never gave, what others gave first (that is
 *    what its scope was read from).  Nobody else's word for a creator is passed on, and no natural person. */
#include "accord/accord_priv.h"

static void put_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	json_kstr(o, key, text);
}

static struct json_out head(struct buf *b, const char *type, struct span id, struct timestamp created)
{
	struct json_out o = json_out(b);

	json_open(&o, '{');
	json_kstr(&o, "type", type);
	json_kstr(&o, "spec_version", "2.1");
	json_kspan(&o, "id", id);
	put_time(&o, "created", created);
	return o;
}

static void write_member(struct buf *b, const struct accord_member *m)
{
	struct json_out o = head(b, "identity", m->id, m->since);

	put_time(&o, "modified", m->changed);
	json_kspan(&o, "name", m->name);
	json_kstr(&o, "identity_class", "organization");
	if (m->n_sectors) {
		json_key(&o, "sectors");
		json_open(&o, '[');
		for (size_t i = 0; i < m->n_sectors; i++)
			json_put_string(&o, m->sectors[i]);
		json_close(&o, ']');
	}
	json_close(&o, '}');
}

static void write_agreement(struct buf *b, const struct accord_agreement *g)
{
	struct json_out o = head(b, "marking-definition", g->marking, g->policy.effective);

	json_kspan(&o, "name", g->title);
	json_kstr(&o, "definition_type", "statement");
	json_key(&o, "definition");
	json_open(&o, '{');
	json_kspan(&o, "statement", g->title);
	json_close(&o, '}');
	json_close(&o, '}');
}

struct asking {
	struct arena *to;
	struct span id, origin, raw;
};

static enum err ask(struct asking *w, struct db *db, struct span origin, struct fault *f)
{
	struct db_stmt *s = origin.n ? db_prepare(db, "SELECT raw FROM accord_marking WHERE id = ? AND origin = ?", f)
				     : db_prepare(db, "SELECT raw FROM accord_marking WHERE id = ? ORDER BY seen, origin LIMIT 1", f);

	if (!s)
		return ERR_DB;
	db_bind_text(s, 1, w->id);
	if (origin.n)
		db_bind_text(s, 2, origin);
	enum err e = db_step(s, f);
	if (e == ERR_OK)
		w->raw = arena_span(w->to, db_blob(s, 0));
	db_reset(s);
	return e;
}

static enum err definition(void *ctx, struct db *db, struct fault *f)
{
	struct asking *w = ctx;
	enum err e = ask(w, db, w->origin, f);

	return e == ERR_NOTFOUND ? ask(w, db, (struct span){ NULL, 0 }, f) : e;
}

static bool is_person(struct arena *mem, struct span raw)
{
	struct json v;

	return json_read(mem, raw, &v, NULL) != ERR_OK || span_is(json_string_or_none(json_get(v, "identity_class")), "individual");
}

static enum err given(struct accord *a, const struct accord_snapshot *s, struct asking *w, struct fault *f)
{
	bool identity = stix_id_is(w->id, "identity");

	if (stix_id_is(w->id, "marking-definition"))
		return store_read(a->store, definition, w, f);
	if (identity && accord_find_person(s, w->id))
		return ERR_NOTFOUND;
	enum err e = store_meta_object(a->store, w->to, w->id, span_eq(w->id, s->hub->id) ? s->hub->id : w->origin, &w->raw, f);
	return e == ERR_OK && identity && is_person(w->to, w->raw) ? ERR_NOTFOUND : e;
}

enum err accord_along(struct accord *a, struct arena *to, struct span id, struct span origin, bool for_hub, struct span *raw, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(a);
	const struct accord_member *m = accord_find_member(s, id);
	const struct accord_agreement *g = accord_find_agreement(s, id);
	struct asking w = { .to = to, .id = id, .origin = origin };
	BUF_SCOPE struct buf b;
	enum err e = ERR_OK;

	if (m && m->kind == ACCORD_KIND_HUB)
		m = NULL; /* how a peer hub is called here */
	buf_init(&b, 1u << 20);
	if (for_hub && (m || g || span_eq(id, s->hub->id)))
		e = ERR_NOTFOUND; /* it has them from the directory */
	else if (m)
		write_member(&b, m);
	else if (g)
		write_agreement(&b, g);
	else
		e = given(a, s, &w, f);
	if (b.n)
		w.raw = buf_ok(&b) ? arena_span(to, buf_span(&b)) : (struct span){ NULL, 0 };
	accord_snapshot_unref(s);
	if (e == ERR_OK && !w.raw.p)
		e = ERR_NOMEM;
	if (e == ERR_OK)
		*raw = w.raw;
	return e;
}
