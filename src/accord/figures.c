/* SPDX-License-Identifier: Apache-2.0 */
/* Counting: what one is (a person, a seat, an organisation, an object, a meeting) is a table; all else follows from the records. */
#include <stdlib.h>
#include "accord/commitment.h"

/* One of what is counted, by the records that tell of it. */
struct one {
	struct span key;
	const struct commitment_record *first; /* earliest record: it says when, where, of what */
	enum commitment_verification known;
};

/* What is the same one: n == 0 where the record does not tell; `seats` count every record. */
static struct span key_of(enum commitment_rule rule, const struct commitment_record *r)
{
	switch (rule) {
	case COMMITMENT_PEOPLE: return r->person;
	case COMMITMENT_ORGANISATIONS: return r->organisation;
	case COMMITMENT_OBJECTS:
	case COMMITMENT_MEETINGS: return r->reference;
	case COMMITMENT_SEATS:
	case COMMITMENT_RULES_N: break;
	}
	return (struct span){ (const char *)&r->number, sizeof(r->number) };
}

static int by_key(const void *a, const void *b)
{
	const struct one *x = a, *y = b;
	int c = span_cmp(x->key, y->key);

	return c ? c : (x->first->number > y->first->number) - (x->first->number < y->first->number);
}

static int by_number(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return (x->first->number > y->first->number) - (x->first->number < y->first->number);
}

static int number_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Those that count, each once; *m of them. */
static struct one *ones(struct arena *a, const struct commitment_indicator *x, const struct commitment_record *v, size_t n, int64_t up_to, struct timestamp at, size_t *m)
{
	struct one *o = arena_array(a, n + 1, sizeof(*o));
	int64_t *gone = arena_array(a, n + 1, sizeof(*gone));
	size_t n_gone = 0, k = 0;

	*m = 0;
	if (!o || !gone)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (v[i].retracts && v[i].number <= up_to)
			gone[n_gone++] = v[i].retracts;
	qsort(gone, n_gone, sizeof(*gone), number_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct commitment_record *r = &v[i];
		struct span key = key_of(x->rule, r);
		if (r->retracts || r->number > up_to || timestamp_before(at, r->at) || !span_eq(r->indicator, x->id) || !(x->kinds & 1u << r->kind) || key.n == 0 ||
			bsearch(&r->number, gone, n_gone, sizeof(*gone), number_cmp))
			continue;
		o[k++] = (struct one){ key, r, r->known };
	}
	qsort(o, k, sizeof(*o), by_key);
	for (size_t i = 0; i < k; i++) {
		struct one *last = *m ? &o[*m - 1] : NULL;
		if (!last || !span_eq(last->key, o[i].key)) {
			o[(*m)++] = o[i];
			continue;
		}
		if (o[i].known > last->known)
			last->known = o[i].known;
		if (timestamp_before(o[i].first->at, last->first->at))
			last->first = o[i].first;
	}
	qsort(o, *m, sizeof(*o), by_number);
	return o;
}

static bool add(struct arena *a, struct commitment_table *t, const struct one *o)
{
	const struct span names[COMMITMENT_DIMENSIONS] = { o->first->country, o->first->sector, o->first->area, span_of(commitment_verifications[o->known]) };

	t->total++;
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		struct commitment_cell *c = t->cells[d];
		size_t n = t->n_cells[d], i = 0;
		while (i < n && span_cmp(c[i].name, names[d]) < 0)
			i++;
		if (i == n || !span_eq(c[i].name, names[d])) {
			if ((n & (n - 1)) == 0) { /* room for the next power of two */
				struct commitment_cell *more = arena_array(a, n ? n * 2 : 1, sizeof(*more));
				if (!more)
					return false;
				if (n)
					memcpy(more, c, n * sizeof(*c));
				t->cells[d] = c = more;
			}
			memmove(c + i + 1, c + i, (n - i) * sizeof(*c));
			c[i] = (struct commitment_cell){ names[d], 0 };
			t->n_cells[d]++;
		}
		c[i].n++;
	}
	return true;
}

static int64_t due_at(const struct commitment_indicator *x, struct timestamp at)
{
	int64_t from = x->baseline;

	for (size_t i = 0; i < x->n_periods; from = x->periods[i++].target) {
		const struct commitment_period *p = &x->periods[i];
		if (timestamp_before(at, p->start))
			return from;
		if (timestamp_before(at, p->end))
			return from + (int64_t)((double)(p->target - from) * ((double)(at.us - p->start.us) / (double)(p->end.us - p->start.us)));
	}
	return from;
}

bool commitment_count(struct arena *a, const struct commitment_indicator *x, const struct commitment_record *v, size_t n, int64_t up_to, struct timestamp at,
	struct commitment_figure *out)
{
	size_t m;
	struct one *o = ones(a, x, v, n, up_to, at, &m);

	*out = (struct commitment_figure){ .periods = arena_array(a, x->n_periods + 1, sizeof(*out->periods)), .counted = arena_array(a, m + 1, sizeof(*out->counted)) };
	if (!o || !out->periods || !out->counted)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v[i].number <= up_to && v[i].number > out->last)
			out->last = v[i].number;
	for (size_t i = 0; i < m; i++) {
		size_t p = 0;
		while (p < x->n_periods && (timestamp_before(o[i].first->at, x->periods[p].start) || !timestamp_before(o[i].first->at, x->periods[p].end)))
			p++;
		if (!add(a, &out->all, &o[i]) || (p < x->n_periods && !add(a, &out->periods[p], &o[i])))
			return false;
		out->outside += p == x->n_periods;
		out->counted[out->n_counted++] = o[i].first->number;
	}
	out->all.total += x->baseline;
	out->target = x->n_periods ? x->periods[x->n_periods - 1].target : x->baseline;
	out->due = due_at(x, at);
	return true;
}
