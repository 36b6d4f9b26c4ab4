/* SPDX-License-Identifier: Apache-2.0 */
/* A recipient's feed: the streams of its labels, merged by stamp.
 *
 * Each visible label is one stream in the order of its own stamps, without the ordinals that a grant moved or hid; each grant is another, at its
 * fresh stamps.  With a type filter there is one of each per type.  A page so costs what it holds and one seek a stream; hidden rows are never touched.
 */
#include <stdlib.h>
#include "store/page_priv.h"

#define CHUNK_LEAST 4
#define CHUNK_MOST 256

struct stream {
	int64_t label, type; /* type 0: all */
	const struct grant *grants; /* of the label */
	size_t n_grants;
	const struct grant *moved; /* this one's rows, at its stamps; NULL: rows at their own */
	int64_t from; /* own stamp after which the next rows are fetched */
	struct hit *rows;
	size_t n, at, room, chunk; /* chunk: rows to fetch next */
	bool end;
};

static const struct grant *covering(const struct stream *s, int64_t ordinal)
{
	size_t lo = 0, hi = s->n_grants;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (s->grants[mid].hi < ordinal)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n_grants && s->grants[lo].lo <= ordinal ? &s->grants[lo] : NULL;
}

static enum err start_rows(struct want *w, const struct stream *s, struct db_stmt **q, struct fault *f)
{
	static const char all[] = "SELECT stamp, ordinal, version, also, flags FROM st_entry WHERE label = ? AND stamp > ? ORDER BY stamp LIMIT ?";
	*q = db_prepare(w->db, s->type ? db_driver(w->db)->entries_of_type : all, f);
	if (!*q)
		return ERR_DB;
	db_bind_int(*q, 1, s->label);
	db_bind_int(*q, 2, s->from);
	if (s->type)
		db_bind_int(*q, 3, s->type);
	db_bind_int(*q, s->type ? 4 : 3, (int64_t)s->chunk);
	return ERR_OK;
}

/* Takes one row into the stream; false: no further rows now. */
static bool take_row(struct want *w, struct stream *s, struct db_stmt *q)
{
	int64_t stamp = db_int(q, 0), ordinal = db_int(q, 1), also = db_int(q, 3);
	const struct grant *g = s->moved ? s->moved : covering(s, ordinal);
	if (s->moved && ordinal > g->hi) {
		s->end = true;
		return false;
	}
	if (!s->moved && g) {
		s->from = g->hi_stamp; /* over all of them at once */
		return false;
	}
	s->from = stamp;
	int64_t shown = g ? g->base + (ordinal - g->lo) : stamp;
	unsigned flags = (unsigned)db_int(q, 4);
	bool plain_last = !(w->q->versions & ~(unsigned)STORE_VERSIONS_LAST) && !w->q->n_exact && !w->q->n_spec_versions;
	if (shown > w->after && also > (int64_t)w->v->n) {
		/* Narrowed by a label that the view does not know yet: the page may not pass it. */
		s->rows[s->n++] = (struct hit){ shown, stamp, 0, 0 };
		return true;
	}
	if (shown <= w->after || (also && !view_has(w->v, also)) || (plain_last && flags & ENTRY_OLD && !(flags & ENTRY_SPECS)))
		return true;
	s->rows[s->n++] = (struct hit){ shown, stamp, db_int(q, 2), flags };
	return true;
}

/* Fetches the next rows; s->end where there are none. */
static enum err fill(struct want *w, struct stream *s, struct fault *f)
{
	s->at = s->n = 0;
	while (!s->n && !s->end) {
		struct db_stmt *q;
		if (s->room < s->chunk && !(s->rows = arena_array(w->a, s->room = s->chunk, sizeof *s->rows)))
			return ERR_NOMEM;
		enum err e = start_rows(w, s, &q, f);
		if (e != ERR_OK)
			return e;
		size_t seen = 0;
		bool going = true;
		while (going && (e = db_step(q, f)) == ERR_OK) {
			seen++;
			going = take_row(w, s, q);
		}
		if (e != ERR_OK && e != ERR_NOTFOUND)
			return e;
		db_reset(q);
		if (going && seen < s->chunk)
			s->end = true;
		if (s->chunk < CHUNK_MOST)
			s->chunk *= 2;
	}
	return ERR_OK;
}

/* ---- the heap ---- */

struct heap {
	struct stream **v;
	size_t n;
};

static int64_t head(const struct stream *s)
{
	return s->rows[s->at].stamp;
}

static void sift(struct heap *h, size_t i)
{
	for (;;) {
		size_t least = i, l = 2 * i + 1;
		for (size_t k = l; k < l + 2 && k < h->n; k++)
			if (head(h->v[k]) < head(h->v[least]))
				least = k;
		if (least == i)
			return;
		struct stream *t = h->v[i];
		h->v[i] = h->v[least];
		h->v[least] = t;
		i = least;
	}
}

/* The labels that the page may draw from, each with whether its own stream does: asked once, for writers go on meanwhile. */
struct source {
	const struct label *label;
	bool own;
};

static enum err sources(struct want *w, struct source **out, size_t *n, size_t *streams)
{
	struct source *v = arena_array(w->a, w->v->n + 1, sizeof *v);
	*out = v;
	for (size_t i = 1; v && i <= w->v->n; i++) {
		const struct label *l = view_has(w->v, (int64_t)i) ? label_at(w->s, (int64_t)i) : NULL;
		size_t grants = 0;
		if (!l || (w->q->collection && l->collection != w->q->collection))
			continue;
		bool own = !w->trusted || atomic_load(&l->newest) > w->after;
		if (w->v->n_grants)
			view_grants(w->v, (int64_t)i, &grants);
		if (own || grants)
			v[(*n)++] = (struct source){ l, own };
		*streams += own + grants;
	}
	*streams *= w->q->n_types ? w->q->n_types : 1;
	return v ? ERR_OK : ERR_NOMEM;
}

/* Where a stream begins: its own stamp before the first row of interest. */
static enum err begin(struct want *w, struct stream *s, struct fault *f)
{
	const struct grant *g = s->moved;
	s->from = g ? g->lo_stamp - 1 : w->after;
	if (!g || w->after < g->base)
		return ERR_OK;
	/* In the middle of a grant: the ordinal that was shown last. */
	return rows_stamp_of(w->db, s->label, g->lo + (w->after - g->base), &s->from, f);
}

static enum err add_streams(struct want *w, const struct source *from, struct stream *all, size_t *n, struct fault *f)
{
	int64_t label = from->label->number;
	size_t n_grants, types = w->q->n_types ? w->q->n_types : 1;
	const struct grant *grants = view_grants(w->v, label, &n_grants);
	enum err e = ERR_OK;
	for (size_t k = 0; k <= n_grants && e == ERR_OK; k++) {
		const struct grant *g = k ? &grants[k - 1] : NULL;
		if (g && (!g->base || g->base + (g->hi - g->lo) <= w->after || g->base >= w->horizon))
			continue;
		if (!g && !from->own)
			continue;
		for (size_t t = 0; t < types && e == ERR_OK; t++) {
			if (w->q->n_types && !w->types[t])
				continue;
			struct stream *s = &all[(*n)++];
			*s = (struct stream){ .label = label, .type = w->q->n_types ? w->types[t] : 0, .grants = grants, .n_grants = n_grants, .moved = g };
			e = begin(w, s, f);
		}
	}
	return e;
}

/* May labels be skipped by the newest stamps in memory?  Not where another process has committed since they were read. */
static enum err ask_trusted(struct want *w, struct fault *f)
{
	int64_t commits = 0;
	enum err e = db_number(w->db, "SELECT commits FROM st_clock WHERE one = 1", 0, &commits, f);
	w->trusted = commits <= atomic_load(&w->s->known_commits);
	return e;
}

enum err feed_merge(struct want *w, struct fault *f)
{
	enum err e = ask_trusted(w, f);
	if (e != ERR_OK)
		return e;
	size_t n_from = 0, most = 0, n = 0;
	struct source *from;
	e = sources(w, &from, &n_from, &most);
	struct stream *all = e == ERR_OK ? arena_array(w->a, most + 1, sizeof *all) : NULL;
	struct heap h = { .v = all ? arena_array(w->a, most + 1, sizeof *h.v) : NULL };
	e = h.v ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; e == ERR_OK && i < n_from; i++)
		e = add_streams(w, &from[i], all, &n, f);
	size_t chunk = n ? w->most / n + CHUNK_LEAST : 0;
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		all[i].chunk = chunk < CHUNK_MOST ? chunk : CHUNK_MOST;
		e = fill(w, &all[i], f);
		if (e == ERR_OK && all[i].n)
			h.v[h.n++] = &all[i];
	}
	for (size_t i = h.n; i-- > 0;)
		sift(&h, i);
	while (e == ERR_OK && h.n && w->n < w->most && head(h.v[0]) < w->horizon) {
		struct stream *s = h.v[0];
		bool yes;
		if (!s->rows[s->at].version)
			break;
		e = want_version(w, &s->rows[s->at], &yes, f);
		if (e == ERR_OK && yes)
			e = want_push(w, &s->rows[s->at], f);
		if (e == ERR_OK && ++s->at == s->n && !s->end)
			e = fill(w, s, f);
		else if (s->at == s->n)
			s->n = s->at = 0;
		if (s->at == s->n)
			h.v[0] = h.v[--h.n];
		sift(&h, 0);
	}
	return e == ERR_NOMEM ? fault_set(f, e, "store", "no memory for a page") : e;
}
