/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to lines, lines to pieces, what the pieces hold to hits.
 *
 * 1. A line up to BOUND_LOG_LINE is one piece.  A longer one is cut into pieces of that size which share MATCH_OVERLAP bytes; of a shared stretch the earlier piece
 *    reports what ends in its first half, the later one the rest, so that each token is seen once, with both its borders.
 * 2. Where pieces are cut depends on the line alone, never on how the bytes were fed.
 * 3. AND is asked of a piece.  A value is reported once a (line, indicator).
 */
#include "match/match_priv.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/bounds.h"

struct occurrence {
	uint32_t value, start, end; /* in the piece */
};
struct match_scan {
	const struct match_index *x;
	int64_t now_ns;
	match_on_hit *fn;
	void *ctx;
	bool stopped, starved;
	uint64_t lines, bytes, hits;
	char *carry; /* the line's beginning while its end has not come */
	size_t carried;
	bool cut; /* carry begins inside the line */
	bool json; /* the line is JSON from a former piece on */
	uint64_t at; /* where the carry, or the next line, begins in the input */
	uint64_t pieces;
	struct span piece; /* in hand */
	size_t low, high; /* occurrences end in (low, high] */
	struct occurrence *found;
	size_t n_found;
	uint64_t *seen_piece, *seen_line; /* by value: newest piece, newest line whose hits are out */
	uint64_t *term_line; /* by term */
	const uint32_t *map;
	char *plain; /* without escapes */
	uint32_t *plain_map;
	struct arena *scratch;
};

struct match_scan *match_scan_new(const struct match_index *x, struct timestamp now, match_on_hit *fn, void *ctx)
{
	struct match_scan *s = util_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->x = x;
	s->fn = fn;
	s->ctx = ctx;
	if (__builtin_mul_overflow(now.us, 1000, &s->now_ns))
		s->now_ns = now.us < 0 ? INT64_MIN : INT64_MAX - 1;
	s->carry = util_malloc(BOUND_LOG_LINE);
	s->plain = util_malloc(BOUND_LOG_LINE);
	s->plain_map = util_malloc((BOUND_LOG_LINE + 1) * sizeof(*s->plain_map));
	s->found = util_malloc((x->values + 1) * sizeof(*s->found));
	s->seen_piece = util_calloc(x->values + 1, sizeof(*s->seen_piece));
	s->seen_line = util_calloc(x->values + 1, sizeof(*s->seen_line));
	s->term_line = util_calloc(x->terms + 1, sizeof(*s->term_line));
	s->scratch = arena_new(64 * MATCH_URL_MOST);
	if (s->carry && s->plain && s->plain_map && s->found && s->seen_piece && s->seen_line && s->term_line && s->scratch)
		return s;
	match_scan_free(s);
	return NULL;
}

void match_scan_free(struct match_scan *s)
{
	if (!s)
		return;
	free(s->carry);
	free(s->plain);
	free(s->plain_map);
	free(s->found);
	free(s->seen_piece);
	free(s->seen_line);
	free(s->term_line);
	arena_free(s->scratch);
	free(s);
}

bool match_scan_ok(const struct match_scan *s)
{
	return !s->starved;
}

void match_scan_totals(const struct match_scan *s, uint64_t *lines, uint64_t *bytes, uint64_t *hits)
{
	*lines = s->lines;
	*bytes = s->bytes;
	*hits = s->hits;
}

/* ---- a piece ---- */

static void take_occurrence(void *ctx, uint32_t value, size_t start, size_t end)
{
	struct match_scan *s = ctx;
	size_t from = s->map ? s->map[start] : start, to = s->map ? s->map[end] : end;

	if (to <= s->low || to > s->high || s->seen_piece[value] == s->pieces)
		return;
	s->seen_piece[value] = s->pieces;
	s->found[s->n_found++] = (struct occurrence){ value, (uint32_t)from, (uint32_t)to };
}

static int by_place(const void *x, const void *y)
{
	const struct occurrence *a = x, *b = y;

	return a->start != b->start ? (a->start > b->start) - (a->start < b->start) : (a->value > b->value) - (a->value < b->value);
}

/* Does the term hold here, and was it not reported from an earlier piece of the line? */
static bool term_holds(const struct match_scan *s, uint32_t number, uint32_t value)
{
	const struct match_term *t = &s->x->term[number];
	uint64_t line = s->lines + 1;

	if (t->n == 1)
		return s->seen_line[value] != line;
	for (uint32_t i = 0; i < t->n; i++) {
		if (s->seen_piece[s->x->term_value[t->first + i]] != s->pieces)
			return false;
	}
	return s->term_line[number] != line;
}

static bool report(struct match_scan *s, const struct occurrence *o, const struct match_indicator *i)
{
	const struct match_value *v = &s->x->value[o->value];
	struct match_hit hit = { .line = s->lines + 1, .offset = s->at + o->start, .text = { s->piece.p + o->start, o->end - o->start }, .value = v->text, .kind = v->kind, .line_text = s->piece, .indicator = i };

	if (s->now_ns < i->valid_from_ns || s->now_ns >= i->valid_until_ns)
		return true;
	if (hit.line_text.n && hit.line_text.p[hit.line_text.n - 1] == '\r')
		hit.line_text.n--;
	s->hits++;
	return s->fn(s->ctx, &hit);
}

static bool report_occurrence(struct match_scan *s, const struct occurrence *o)
{
	const struct match_value *v = &s->x->value[o->value];
	uint32_t last = UINT32_MAX;

	for (uint32_t i = 0; i < v->postings; i++) {
		uint32_t number = s->x->posting[v->posting + i], indicator = s->x->term[number].indicator;

		if (indicator == last || !term_holds(s, number, o->value))
			continue;
		last = indicator;
		if (!report(s, o, &s->x->indicator[indicator]))
			return false;
	}
	return true;
}

static void report_piece(struct match_scan *s)
{
	if (s->n_found > 1)
		qsort(s->found, s->n_found, sizeof(*s->found), by_place);
	for (size_t i = 0; i < s->n_found && !s->stopped; i++)
		s->stopped = !report_occurrence(s, &s->found[i]);
	for (size_t i = 0; i < s->n_found; i++) {
		const struct match_value *v = &s->x->value[s->found[i].value];

		s->seen_line[s->found[i].value] = s->lines + 1;
		for (uint32_t k = 0; k < v->postings; k++) {
			if (s->x->term[s->x->posting[v->posting + k]].n > 1 && term_holds(s, s->x->posting[v->posting + k], s->found[i].value))
				s->term_line[s->x->posting[v->posting + k]] = s->lines + 1;
		}
	}
	s->n_found = 0;
}

/* `last`: the line ends with this piece. */
static void search_piece(struct match_scan *s, struct span piece, bool last)
{
	struct match_view v = { .p = piece.p, .n = piece.n, .scratch = s->scratch, .starved = &s->starved, .found = take_occurrence, .ctx = s };
	bool escaped = piece.n && memchr(piece.p, '\\', piece.n);
	size_t json = s->json ? 0 : escaped || !last ? match_json_start(piece)
						     : piece.n;

	s->pieces++;
	s->piece = piece;
	s->low = s->cut ? MATCH_OVERLAP / 2 : 0;
	s->high = last ? piece.n : piece.n - MATCH_OVERLAP / 2;
	s->json = !last && json < piece.n;
	s->map = NULL;
	if (escaped && json < piece.n) {
		v.n = match_unescape(piece, json, s->plain, s->plain_map);
		v.p = s->plain;
		v.map = s->map = s->plain_map;
	}
	match_tokens(s->x, &v);
	if (s->n_found)
		report_piece(s);
}

/* ---- lines ---- */

static void line_ends(struct match_scan *s, size_t n, bool newline)
{
	s->lines++;
	s->at += n + newline;
	s->carried = 0;
	s->cut = s->json = false;
}

/* n more bytes of the line in hand; `ends`: a newline follows, or the input ends. */
static void take_bytes(struct match_scan *s, const char *p, size_t n, bool ends, bool newline)
{
	if (!s->carried && ends && n <= BOUND_LOG_LINE) {
		search_piece(s, (struct span){ p, n }, true);
		line_ends(s, n, newline);
		return;
	}
	while (n && !s->stopped) {
		size_t k = BOUND_LOG_LINE - s->carried;

		if (!k) {
			search_piece(s, (struct span){ s->carry, BOUND_LOG_LINE }, false);
			memmove(s->carry, s->carry + BOUND_LOG_LINE - MATCH_OVERLAP, MATCH_OVERLAP);
			s->at += BOUND_LOG_LINE - MATCH_OVERLAP;
			s->carried = MATCH_OVERLAP;
			s->cut = true;
			continue;
		}
		k = k < n ? k : n;
		memcpy(s->carry + s->carried, p, k);
		s->carried += k;
		p += k;
		n -= k;
	}
	if (ends && !s->stopped) {
		search_piece(s, (struct span){ s->carry, s->carried }, true);
		line_ends(s, s->carried, newline);
	}
}

bool match_scan_feed(struct match_scan *s, struct span bytes)
{
	while (bytes.n && !s->stopped) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end ? (size_t)(end - bytes.p) : bytes.n;

		take_bytes(s, bytes.p, n, end != NULL, true);
		n += end != NULL;
		s->bytes += n;
		bytes.p += n;
		bytes.n -= n;
	}
	return !s->stopped;
}

bool match_scan_end(struct match_scan *s)
{
	if (s->carried && !s->stopped)
		take_bytes(s, NULL, 0, true, false);
	return !s->stopped;
}
