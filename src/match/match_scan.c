/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to lines that may hold something, those to pieces, what the pieces hold to hits.
 *
 * 0. The sieve goes over all whole lines in the buffer at once; only lines that it lets through are parted from the others and searched.
 * 1. A line up to BOUND_LOG_LINE is one piece.  A longer one is cut into pieces of that size which share MATCH_OVERLAP bytes; of a shared stretch the earlier piece
 *    reports what ends in its first half, the later one the rest, so that each token is seen once, with both its borders.
 * 2. Where pieces are cut depends on the line alone, never on how the bytes were fed.
 * 3. AND is asked of a piece.  A value is reported once a (line, indicator).
 */
#include "match/match_sieve_priv.h"

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
	struct match_sieve *sieve; /* NULL: every line is searched */
	char *memory, *buf; /* buf: memory with MATCH_HEAD before and behind */
	size_t fill, whole; /* bytes in buf; those of them known to hold no newline at their end */
	uint64_t base; /* where buf begins in the input */
	bool cut; /* buf begins inside a line */
	bool json; /* the line is JSON from a former piece on */
	uint64_t at; /* where the piece in hand begins in the input */
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

#define ROOM (BOUND_LOG_LINE + (256u << 10)) /* a piece, and what is read at a time: it stays in the second-level cache */

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
	s->memory = util_malloc(ROOM + 2 * MATCH_HEAD);
	s->sieve = match_sieve_new(x, match_level_best());
	s->plain = util_malloc(BOUND_LOG_LINE);
	s->plain_map = util_malloc((BOUND_LOG_LINE + 1) * sizeof(*s->plain_map));
	s->found = util_malloc((x->values + 1) * sizeof(*s->found));
	s->seen_piece = util_calloc(x->values + 1, sizeof(*s->seen_piece));
	s->seen_line = util_calloc(x->values + 1, sizeof(*s->seen_line));
	s->term_line = util_calloc(x->terms + 1, sizeof(*s->term_line));
	s->scratch = arena_new(64 * MATCH_URL_MOST);
	if (s->memory && s->sieve && s->plain && s->plain_map && s->found && s->seen_piece && s->seen_line && s->term_line && s->scratch) {
		s->buf = s->memory + MATCH_HEAD;
		memset(s->memory, '\n', MATCH_HEAD);
		memset(s->buf + ROOM, '\n', MATCH_HEAD);
		return s;
	}
	match_scan_free(s);
	return NULL;
}

void match_scan_level(struct match_scan *s, enum match_level l)
{
	if (l == MATCH_EVERY_LINE) {
		match_sieve_free(s->sieve);
		s->sieve = NULL;
	} else if (s->sieve && match_level_here(l)) {
		s->sieve->level = l;
	}
}

void match_scan_free(struct match_scan *s)
{
	if (!s)
		return;
	free(s->memory);
	match_sieve_free(s->sieve);
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
	return !s->starved && !(s->sieve && s->sieve->starved);
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

static const uint32_t *cells(const struct match_scan *s, const struct match_value *v)
{
	return v->cells == 1 ? &v->cell : s->x->cell + v->cell;
}

static uint32_t cell_indicator(const struct match_scan *s, uint32_t cell)
{
	return cell & MATCH_TERM ? s->x->term[cell & ~MATCH_TERM].indicator : cell;
}

/* Does it hold here, and was it not reported from an earlier piece of the line? */
static bool cell_holds(const struct match_scan *s, uint32_t cell, uint32_t value)
{
	const struct match_term *t = &s->x->term[cell & ~MATCH_TERM];
	uint64_t line = s->lines + 1;

	if (!(cell & MATCH_TERM))
		return s->seen_line[value] != line;
	for (uint32_t i = 0; i < t->n; i++) {
		if (s->seen_piece[s->x->term_value[t->first + i]] != s->pieces)
			return false;
	}
	return s->term_line[cell & ~MATCH_TERM] != line;
}

static bool report(struct match_scan *s, const struct occurrence *o, uint32_t number)
{
	const struct match_value *v = &s->x->value[o->value];
	struct span value = match_blob_text(s->x, v->text);
	struct match_indicator i;
	struct match_hit hit = { .line = s->lines + 1, .offset = s->at + o->start, .text = { s->piece.p + o->start, o->end - o->start }, .value = value, .kind = (enum stix_value_kind)v->kind, .line_text = s->piece, .indicator = &i };

	match_indicator_of(s->x, number, value, &i);
	if (s->now_ns < i.valid_from_ns || s->now_ns >= i.valid_until_ns)
		return true;
	if (hit.line_text.n && hit.line_text.p[hit.line_text.n - 1] == '\r')
		hit.line_text.n--;
	s->hits++;
	return s->fn(s->ctx, &hit);
}

static bool report_occurrence(struct match_scan *s, const struct occurrence *o)
{
	const struct match_value *v = &s->x->value[o->value];
	const uint32_t *cell = cells(s, v);
	uint32_t last = UINT32_MAX;

	for (uint32_t i = 0; i < v->cells; i++) {
		uint32_t indicator = cell_indicator(s, cell[i]);

		if (indicator == last || !cell_holds(s, cell[i], o->value))
			continue;
		last = indicator;
		if (!report(s, o, indicator))
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
		const uint32_t *cell = cells(s, v);

		s->seen_line[s->found[i].value] = s->lines + 1;
		for (uint32_t k = 0; k < v->cells; k++) {
			if (cell[k] & MATCH_TERM && cell_holds(s, cell[k], s->found[i].value))
				s->term_line[cell[k] & ~MATCH_TERM] = s->lines + 1;
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
	s->at = s->base + (uint64_t)(piece.p - s->buf);
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

typedef uint8_t lane __attribute__((vector_size(32)));

static uint64_t newlines(const char *p, size_t n)
{
	uint64_t all = 0;

	while (n >= sizeof(lane)) {
		size_t some = n / sizeof(lane) < 255 ? n / sizeof(lane) : 255;
		lane sum = { 0 };

		for (size_t i = 0; i < some; i++, p += sizeof(lane)) {
			lane v;

			memcpy(&v, p, sizeof(v));
			sum -= (lane)(v == '\n');
		}
		for (size_t i = 0; i < sizeof(lane); i++)
			all += sum[i];
		n -= some * sizeof(lane);
	}
	while (n--)
		all += *p++ == '\n';
	return all;
}

static void drop(struct match_scan *s, size_t n)
{
	memmove(s->buf, s->buf + n, s->fill - n);
	s->fill -= n;
	s->base += n;
	s->whole = 0;
}

/* A stretch of a line that the sieve knows nothing of yet. */
static void take_piece(struct match_scan *s, size_t n, bool last)
{
	struct span piece = { s->buf, n };

	if (!s->sieve || match_sieve_run(s->sieve, piece.p, n))
		search_piece(s, piece, last);
	else if (!last)
		s->json = s->json || match_json_start(piece) < n;
}

static void line_ends(struct match_scan *s)
{
	s->lines++;
	s->cut = s->json = false;
}

static int by_number(const void *p, const void *q)
{
	const uint32_t *a = p, *b = q;

	return (*a > *b) - (*a < *b);
}

/* The line around place `at` of the first n bytes; everything before `from` is done.  Gives where the next line begins. */
static size_t take_line(struct match_scan *s, size_t from, size_t at, size_t n)
{
	const char *before = at > from ? memrchr(s->buf + from, '\n', at - from) : NULL, *end = memchr(s->buf + at, '\n', n - at);
	size_t start = before ? (size_t)(before + 1 - s->buf) : from, stop = (size_t)(end - s->buf);

	s->lines += newlines(s->buf + from, start - from);
	search_piece(s, (struct span){ s->buf + start, stop - start }, true);
	line_ends(s);
	return stop + 1;
}

/* n bytes of whole lines, none longer than a piece. */
static void take_lines(struct match_scan *s, size_t n)
{
	size_t done = 0, places = s->sieve ? match_sieve_run(s->sieve, s->buf, n) : 0;

	if (places > 1)
		qsort(s->sieve->at, places, sizeof(*s->sieve->at), by_number);
	for (size_t i = 0; i < places && !s->stopped; i++) {
		if (s->sieve->at[i] >= done)
			done = take_line(s, done, s->sieve->at[i], n);
	}
	while (!s->sieve && done < n && !s->stopped)
		done = take_line(s, done, done, n);
	if (!s->stopped)
		s->lines += newlines(s->buf + done, n - done);
}

static void take(struct match_scan *s)
{
	while (!s->stopped) {
		const char *end;

		if (s->cut || s->fill > BOUND_LOG_LINE) { /* perhaps a line of several pieces */
			size_t n;

			end = memchr(s->buf + s->whole, '\n', s->fill - s->whole);
			n = end ? (size_t)(end - s->buf) : s->fill;
			s->whole = n;
			if (n > BOUND_LOG_LINE) {
				take_piece(s, BOUND_LOG_LINE, false);
				drop(s, BOUND_LOG_LINE - MATCH_OVERLAP);
				s->cut = true;
				continue;
			}
			if (s->cut && !end)
				return;
			if (s->cut) {
				take_piece(s, n, true);
				line_ends(s);
				drop(s, n + 1);
				continue;
			}
		}
		end = memrchr(s->buf + s->whole, '\n', s->fill - s->whole);
		if (end) {
			size_t n = (size_t)(end + 1 - s->buf);

			take_lines(s, n);
			drop(s, n);
		}
		s->whole = s->fill;
		return;
	}
}

char *match_scan_room(struct match_scan *s, size_t *room)
{
	*room = ROOM - s->fill;
	return s->buf + s->fill;
}

bool match_scan_filled(struct match_scan *s, size_t n)
{
	if (s->stopped)
		return false;
	s->bytes += n;
	s->fill += n;
	take(s);
	return !s->stopped;
}

bool match_scan_feed(struct match_scan *s, struct span bytes)
{
	while (bytes.n && !s->stopped) {
		size_t n;
		char *to = match_scan_room(s, &n);

		n = n < bytes.n ? n : bytes.n;
		memcpy(to, bytes.p, n);
		bytes.p += n;
		bytes.n -= n;
		match_scan_filled(s, n);
	}
	return !s->stopped;
}

bool match_scan_end(struct match_scan *s)
{
	if (s->fill && !s->stopped) {
		take_piece(s, s->fill, true);
		line_ends(s);
		drop(s, s->fill);
	}
	return !s->stopped;
}
