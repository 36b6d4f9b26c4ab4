/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions a query asks for, and finding candidates by id, value and words. */
#include <stdlib.h>
#include "store/page_priv.h"
#include "util/bounds.h"

#define CANDIDATES_MOST 500000 /* entries that one search by id, value or words may weigh */
#define TOKENS_MOST 64

enum err want_push(struct want *w, const struct hit *h, struct fault *f)
{
	if (w->n == w->room) {
		size_t room = w->room ? w->room * 2 : 256;
		struct hit *more = realloc(w->hits, room * sizeof *more);
		if (!more)
			return fault_set(f, ERR_NOMEM, "store", "no memory for a page");
		w->hits = more;
		w->room = room;
	}
	w->hits[w->n++] = *h;
	return ERR_OK;
}

static bool number_in(const int64_t *v, size_t n, int64_t x)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == x)
			return true;
	return false;
}

/* ---- versions of a line ---- */

/* Does the view have any entry of the version? */
static enum err version_seen(struct want *w, int64_t version, bool *seen, struct fault *f)
{
	struct entry *had;
	size_t n;
	*seen = false;
	enum err e = rows_entries(w->db, w->a, version, &had, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t at = view_entry(w->v, &had[i]) ? view_stamp(w->v, &had[i]) : 0;
		*seen = *seen || (at && at < w->horizon);
	}
	return e;
}

/* Is a before b as the current version? */
static bool newer(const struct version *a, const struct version *b)
{
	return a->revoked != b->revoked ? a->revoked : a->ns != b->ns ? a->ns > b->ns
								      : a->number > b->number;
}

static int spec_cmp(const struct want *w, int64_t a, int64_t b)
{
	char x[64], y[64];
	return a == b ? 0 : span_cmp(name_text(w->s, w->db, a, x, sizeof x), name_text(w->s, w->db, b, y, sizeof y));
}

/* Among the versions of its line that the view sees: by all of them, because none of the flags suffices. */
static enum err weigh_line(struct want *w, const struct version *me, bool *last, bool *first, bool *spec, struct fault *f)
{
	struct line l;
	struct version v;
	*last = *first = *spec = true;
	enum err e = rows_line(w->db, me, &l, f);
	for (int64_t at = e == ERR_OK ? l.head : 0; e == ERR_OK && at; at = v.prev) {
		bool seen;
		e = rows_version(w->db, at, &v, f);
		if (e == ERR_OK)
			e = version_seen(w, at, &seen, f);
		if (e != ERR_OK || !seen || at == me->number)
			continue;
		if (v.spec != me->spec) {
			*spec = *spec && spec_cmp(w, v.spec, me->spec) < 0;
			continue;
		}
		*last = *last && newer(me, &v);
		*first = *first && !(v.ns < me->ns || (v.ns == me->ns && v.number < me->number));
	}
	if (w->q->n_spec_versions)
		*spec = number_in(w->specs, w->q->n_spec_versions, me->spec);
	return e;
}

enum err want_version(struct want *w, const struct hit *h, bool *yes, struct fault *f)
{
	const struct store_query *q = w->q;
	unsigned words = q->versions || q->n_exact ? q->versions : STORE_VERSIONS_LAST;
	bool last = !(h->flags & ENTRY_OLD), first = !(h->flags & ENTRY_MULTI), spec = true;
	bool ask = h->flags & ENTRY_SPECS || (words & STORE_VERSIONS_LAST && h->flags & ENTRY_MAYBE_OLD) || (words & STORE_VERSIONS_FIRST && h->flags & ENTRY_MULTI);
	struct version v;
	enum err e = ERR_OK;
	*yes = false;
	if (!ask && !q->n_exact && !q->n_spec_versions) {
		*yes = words & STORE_VERSIONS_ALL || (words & STORE_VERSIONS_LAST && last) || (words & STORE_VERSIONS_FIRST && first);
		return ERR_OK;
	}
	e = rows_version(w->db, h->version, &v, f);
	if (e == ERR_OK && ask)
		e = weigh_line(w, &v, &last, &first, &spec, f);
	else if (e == ERR_OK && q->n_spec_versions)
		spec = number_in(w->specs, q->n_spec_versions, v.spec);
	if (e == ERR_OK && spec)
		*yes = words & STORE_VERSIONS_ALL || (words & STORE_VERSIONS_LAST && last) || (words & STORE_VERSIONS_FIRST && first) ||
		       number_in(q->exact_ns, q->n_exact, v.ns);
	return e;
}

/* ---- by key ---- */

static enum err add_version(struct want *w, int64_t number, bool check_id, struct fault *f)
{
	struct version v;
	struct entry *had;
	size_t n;
	enum err e = rows_version(w->db, number, &v, f);
	if (e != ERR_OK || (w->q->collection && v.collection != w->q->collection) || (w->q->n_types && !number_in(w->types, w->q->n_types, v.type)))
		return e;
	for (size_t i = 0; check_id && w->q->n_ids; i++) {
		struct span type;
		struct uuid uuid;
		char room[BOUND_ID_BYTES];
		if (i == w->q->n_ids)
			return ERR_OK;
		if (id_split(w->q->ids[i], &type, &uuid) && memcmp(&uuid, &v.uuid, sizeof uuid) == 0 && span_eq(type, name_text(w->s, w->db, v.type, room, sizeof room)))
			break;
	}
	e = rows_entries(w->db, w->a, number, &had, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		int64_t at = view_entry(w->v, &had[i]) ? view_stamp(w->v, &had[i]) : 0;
		struct hit h = { at, had[i].stamp, number, had[i].flags };
		bool yes;
		/* Narrowed by a label that the view does not know yet: the page may not pass it. */
		if (!at && had[i].also > (int64_t)w->v->n && view_has(w->v, had[i].label) && (at = view_stamp(w->v, &had[i])) > w->after && at < w->horizon)
			w->horizon = at;
		if (!at || at <= w->after || at >= w->horizon)
			continue;
		e = want_version(w, &h, &yes, f);
		if (e == ERR_OK && yes)
			e = w->n < CANDIDATES_MOST ? want_push(w, &h, f) : fault_set(f, ERR_LIMIT, "search", "more than %d objects match: narrow the search", CANDIDATES_MOST);
	}
	return e;
}

enum err want_one(struct want *w, int64_t version, struct fault *f)
{
	return add_version(w, version, false, f);
}

static enum err by_ids(struct want *w, struct fault *f)
{
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < w->q->n_ids; i++) {
		struct span type;
		struct uuid uuid;
		struct line *lines;
		struct version v;
		size_t n = 0;
		int64_t type_n = 0;
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again = again || span_eq(w->q->ids[k], w->q->ids[i]);
		if (again || !id_split(w->q->ids[i], &type, &uuid))
			continue;
		e = name_find(w->db, type, &type_n, f);
		if (e == ERR_OK && type_n)
			e = rows_lines(w->s, w->db, w->a, &uuid, type_n, &lines, &n, f);
		for (size_t k = 0; k < n; k++)
			for (int64_t at = e == ERR_OK ? lines[k].head : 0; e == ERR_OK && at; at = v.prev) {
				e = add_version(w, at, false, f);
				if (e == ERR_OK)
					e = rows_version(w->db, at, &v, f);
			}
	}
	return e;
}

static enum err by_list(struct want *w, struct db_stmt *q, struct fault *f)
{
	int64_t *v = NULL;
	size_t n = 0, room = 0;
	enum err e;
	/* All of them first: what follows uses other statements. */
	while ((e = db_step(q, f)) == ERR_OK) {
		if (n == room) {
			int64_t *more = realloc(v, (room = room ? room * 2 : 64) * sizeof *more);
			if (!more) {
				free(v);
				return fault_set(f, ERR_NOMEM, "store", "no memory for a search");
			}
			v = more;
		}
		v[n++] = db_int(q, 0);
	}
	e = e == ERR_NOTFOUND ? ERR_OK : e;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = add_version(w, v[i], true, f);
	free(v);
	return e;
}

static enum err by_value(struct want *w, struct fault *f)
{
	struct db_stmt *q = db_prepare(w->db, "SELECT version FROM st_value WHERE kind = ? AND normal = ? UNION SELECT version FROM st_value_new WHERE kind = ? AND normal = ? ORDER BY version", f);
	if (!q)
		return ERR_DB;
	for (int i = 0; i < 4; i += 2) {
		db_bind_int(q, i + 1, w->q->value_kind);
		db_bind_text(q, i + 2, w->q->value);
	}
	return by_list(w, q, f);
}

/* "a" "b": every token is asked for. */
static struct span words_query(struct want *w)
{
	struct buf b;
	size_t tokens = 0;
	buf_init(&b, w->q->words.n * 3 + 16);
	for (size_t i = 0; i < w->q->words.n && tokens < TOKENS_MOST;) {
		size_t end = i;
		while (end < w->q->words.n && w->q->words.p[end] != ' ')
			end++;
		if (end > i) {
			buf_addf(&b, "%s\"", tokens++ ? " " : "");
			for (size_t k = i; k < end; k++)
				buf_addf(&b, w->q->words.p[k] == '"' ? "\"\"" : "%c", w->q->words.p[k]);
			buf_addc(&b, '"');
		}
		i = end + 1;
	}
	struct span out = arena_span(w->a, buf_span(&b));
	buf_release(&b);
	return tokens ? out : (struct span){ NULL, 0 };
}

static enum err by_words(struct want *w, struct fault *f)
{
	struct span query = words_query(w);
	if (!query.n)
		return ERR_OK;
	struct db_stmt *q = db_prepare(w->db, db_driver(w->db)->words.find, f);
	if (!q)
		return ERR_DB;
	db_bind_text(q, 1, query);
	db_bind_int(q, 2, 0);
	return by_list(w, q, f);
}

static int by_stamp(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	return (x->stamp > y->stamp) - (x->stamp < y->stamp);
}

enum err want_by_key(struct want *w, struct fault *f)
{
	enum err e = w->q->words.n ? by_words(w, f) : w->q->value.n ? by_value(w, f)
								    : by_ids(w, f);
	if (e == ERR_OK && w->n)
		qsort(w->hits, w->n, sizeof *w->hits, by_stamp);
	while (w->n && w->hits[w->n - 1].stamp >= w->horizon)
		w->n--;
	return e;
}
