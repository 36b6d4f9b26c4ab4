/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to lines that may hold something, those to pieces, what the pieces hold to hits.
 *
 * 0. The sieve goes over all whole lines in the buffer at once; only lines that it lets through are parted from the others and searched.
 * 1. A line up to BOUND_LOG_LINE is one piece.  A longer one is cut into pieces of that size which share MATCH_OVERLAP bytes; of a shared stretch the earlier piece
 *    reports what ends in its first half, the later one the rest, so that each token is seen once, with both its borders.
 * 2. Where pieces are cut depends on the line alone, never on how the bytes were fed.
 * 3. AND is asked of a piece.  A value is reported once a (line, indicator).
 */
#include "match/match_format_priv.h"
#include "match/match_sieve_priv.h"
#include "match/match_watch_priv.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/bounds.h"

struct occurrence {
	uint32_t value, start, end; /* in the piece */
	const struct match_field *field; /* NULL: the format is not known */
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
	size_t n_found, found_room;
	match_on_miss *miss;
	struct match_watch *watch;
	enum match_format format;
	struct match_header header;
	struct match_field *field; /* of the line in hand */
	size_t fields;
	int64_t time_ns;
	uint64_t *seen_piece, *seen_line; /* by value: newest piece, newest line whose hits are out */
	uint64_t *term_line; /* by term */
	const uint32_t *map;
	char *plain; /* without escapes */
	uint32_t *plain_map;
	struct arena *scratch;
};

#define GUESS_BYTES 65536 /* by so many first bytes or lines a format is told; how they were fed makes no difference */
#define GUESS_LINES 20
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
	s->format = MATCH_FORMAT_AUTO;
	s->field = util_malloc(MATCH_FIELDS_MOST * sizeof(*s->field));
	s->header.a = arena_new(1u << 20);
	s->seen_piece = util_calloc(x->values + 1, sizeof(*s->seen_piece));
	s->seen_line = util_calloc(x->values + 1, sizeof(*s->seen_line));
	s->term_line = util_calloc(x->terms + 1, sizeof(*s->term_line));
	s->scratch = arena_new(64 * MATCH_URL_MOST);
	if (s->memory && s->sieve && s->plain && s->plain_map && s->field && s->header.a && s->seen_piece && s->seen_line && s->term_line && s->scratch) {
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
	free(s->field);
	arena_free(s->header.a);
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

void match_scan_watch(struct match_scan *s, struct match_watch *w)
{
	s->watch = w;
}

void match_scan_begin(struct match_scan *s, uint64_t offset, uint64_t lines)
{
	s->base = offset;
	s->lines = lines;
}

uint64_t match_scan_done(const struct match_scan *s)
{
	return s->base;
}

bool match_scan_use(struct match_scan *s, const struct match_index *x)
{
	uint64_t *piece = util_calloc(x->values + 1, sizeof(*piece)), *line = util_calloc(x->values + 1, sizeof(*line)), *term = util_calloc(x->terms + 1, sizeof(*term));
	struct match_sieve *sieve = s->sieve ? match_sieve_new(x, s->sieve->level) : NULL;

	if (!piece || !line || !term || (s->sieve && !sieve)) {
		free(piece);
		free(line);
		free(term);
		match_sieve_free(sieve);
		return false;
	}
	if (sieve)
		sieve->whole_urls = s->sieve->whole_urls;
	free(s->seen_piece);
	free(s->seen_line);
	free(s->term_line);
	match_sieve_free(s->sieve);
	s->seen_piece = piece;
	s->seen_line = line;
	s->term_line = term;
	s->sieve = sieve;
	s->x = x;
	return true;
}

void match_scan_totals(const struct match_scan *s, uint64_t *lines, uint64_t *bytes, uint64_t *hits)
{
	*lines = s->lines;
	*bytes = s->bytes;
	*hits = s->hits;
}

/* ---- a piece ---- */

static void add_occurrence(struct match_scan *s, const struct occurrence *o)
{
	if (s->n_found == s->found_room) {
		size_t room = s->found_room ? 2 * s->found_room : 64;
		struct occurrence *v = util_realloc(s->found, room * sizeof(*v));

		if (!v) {
			s->starved = true;
			return;
		}
		s->found = v;
		s->found_room = room;
	}
	s->found[s->n_found++] = *o;
}

/* Where a format is known the first place may be the wrong one: all are kept until the fields are known. */
static void take_occurrence(void *ctx, uint32_t value, size_t start, size_t end)
{
	struct match_scan *s = ctx;
	size_t from = s->map ? s->map[start] : start, to = s->map ? s->map[end] : end;

	if (to <= s->low || to > s->high || (s->format == MATCH_FORMAT_TEXT && s->seen_piece[value] == s->pieces))
		return;
	s->seen_piece[value] = s->pieces;
	add_occurrence(s, &(struct occurrence){ value, (uint32_t)from, (uint32_t)to, NULL });
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

static void describe(const struct match_scan *s, const struct occurrence *o, uint32_t number, struct match_hit *hit, struct match_indicator *i)
{
	const struct match_value *v = &s->x->value[o->value];
	struct span value = match_blob_text(s->x, v->text);

	match_indicator_of(s->x, number, value, i);
	*hit = (struct match_hit){ .line = s->lines + 1, .offset = s->at + o->start, .text = { s->piece.p + o->start, o->end - o->start }, .value = value, .kind = (enum stix_value_kind)v->kind, .line_text = s->piece, .indicator = i, .field = o->field ? o->field->name : SPAN(""), .sco = o->field && o->field->place && o->field->place->sco ? o->field->place->sco : "", .time_ns = s->time_ns };
	if (hit->line_text.n && hit->line_text.p[hit->line_text.n - 1] == '\r')
		hit->line_text.n--;
}

const char *match_miss_text(enum match_miss m)
{
	static const char *const text[] = {
#define X(k, text) text,
		MATCH_MISS_LIST(X)
#undef X
	};

	return (size_t)m < sizeof(text) / sizeof(text[0]) ? text[m] : "";
}

/* Validity is asked for the time of the event; for now, where the log does not say. */
static bool report(struct match_scan *s, const struct occurrence *o, uint32_t number)
{
	int64_t when = s->time_ns != INT64_MIN ? s->time_ns : s->now_ns;
	struct match_indicator i;
	struct match_hit hit;

	describe(s, o, number, &hit, &i);
	if (when < i.valid_from_ns || when >= i.valid_until_ns) {
		if (s->miss)
			s->miss(s->ctx, &hit, when < i.valid_from_ns ? MATCH_MISS_EARLY : MATCH_MISS_LATE);
		return true;
	}
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

/* ---- fields ---- */

static struct span plain_text(struct match_scan *s, const struct match_field *f)
{
	struct span raw = { s->piece.p + f->start, f->end - f->start };

	if (raw.n > MATCH_URL_MOST)
		return (struct span){ NULL, 0 };
	if (!s->map)
		return raw;
	{
		char *to = arena_alloc(s->scratch, raw.n + 1);
		uint32_t *map = arena_array(s->scratch, raw.n + 1, sizeof(*map));

		return (struct span){ to, to && map ? match_unescape(raw, 0, to, map) : 0 };
	}
}

/* Host and path that stand apart are a URL. */
static void join_url(struct match_scan *s)
{
	const struct match_field *host = NULL, *path = NULL;
	struct span h, p, normal;
	uint32_t value;

	for (size_t i = 0; i < s->fields; i++) {
		uint32_t kinds = s->field[i].place ? s->field[i].place->kinds : 0;

		host = kinds & FIELD_HOST ? &s->field[i] : host;
		path = kinds & FIELD_PATH ? &s->field[i] : path;
	}
	if (!host || !path || !s->x->per_class[CLASS_URL])
		return;
	h = plain_text(s, host);
	p = plain_text(s, path);
	if (!h.n || !p.n || p.p[0] != '/')
		return;
	normal = stix_value_normal(s->scratch, STIX_VALUE_URL, span_of(arena_printf(s->scratch, "http://%.*s%.*s", SPAN_ARG(h), SPAN_ARG(p))));
	value = normal.n ? match_find_text(s->x, CLASS_URL, normal, match_hash(CLASS_URL, normal.p, normal.n, 0)) : MATCH_NONE;
	if (value != MATCH_NONE)
		add_occurrence(s, &(struct occurrence){ value, path->start, path->end, path });
}

static const struct match_field *field_at(const struct match_scan *s, const struct occurrence *o)
{
	for (size_t i = 0; i < s->fields; i++) {
		if (o->start >= s->field[i].start && o->end <= s->field[i].end)
			return &s->field[i];
	}
	return NULL;
}

/* Does it stand where such a value belongs? */
static bool belongs(struct match_scan *s, struct occurrence *o)
{
	const struct match_value *v = &s->x->value[o->value];
	struct match_indicator i;
	struct match_hit hit;

	if (o->field)
		return true;
	o->field = field_at(s, o);
	if (o->field && match_place_takes(o->field->place, (enum stix_value_kind)v->kind, v->class, (struct span){ s->piece.p + o->field->start, o->field->end - o->field->start }, o->start - o->field->start))
		return true;
	if (s->miss) {
		describe(s, o, cell_indicator(s, cells(s, v)[0]), &hit, &i);
		s->miss(s->ctx, &hit, MATCH_MISS_FIELD);
	}
	return false;
}

/* The fields of the line in hand; what stands in the wrong ones is dropped. */
static void attribute(struct match_scan *s)
{
	size_t kept = 0;

	arena_reset(s->scratch);
	s->fields = match_fields(s->format, &s->header, s->scratch, s->piece, s->field, MATCH_FIELDS_MOST);
	if (!arena_ok(s->scratch))
		s->starved = true;
	if (!s->fields) /* a line of something else in between */
		return;
	for (size_t i = 0; i < s->fields && s->time_ns == INT64_MIN; i++) {
		if (s->field[i].place && s->field[i].place->kinds & FIELD_TIME)
			s->time_ns = match_time((struct span){ s->piece.p + s->field[i].start, s->field[i].end - s->field[i].start }, s->now_ns);
	}
	for (size_t i = 0; i < s->n_found; i++)
		s->seen_piece[s->found[i].value] = 0;
	join_url(s);
	for (size_t i = 0; i < s->n_found; i++) {
		if (belongs(s, &s->found[i]))
			s->found[kept++] = s->found[i];
	}
	s->n_found = kept;
}

/* The first place of each value counts. */
static void settle(struct match_scan *s)
{
	size_t kept = 0;

	if (s->n_found > 1)
		qsort(s->found, s->n_found, sizeof(*s->found), by_place);
	for (size_t i = 0; i < s->n_found; i++)
		s->seen_piece[s->found[i].value] = 0;
	for (size_t i = 0; i < s->n_found; i++) {
		if (s->seen_piece[s->found[i].value] == s->pieces)
			continue;
		s->seen_piece[s->found[i].value] = s->pieces;
		s->found[kept++] = s->found[i];
	}
	s->n_found = kept;
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
	s->time_ns = INT64_MIN;
	if (s->format != MATCH_FORMAT_TEXT && last && !s->cut && (s->n_found || s->x->per_class[CLASS_URL]))
		attribute(s);
	if (s->n_found) {
		settle(s);
		report_piece(s);
	}
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

static void take_lines_sifted(struct match_scan *s, size_t n)
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

/* A pattern is complete with the line in hand. */
static bool take_watched(void *ctx, uint32_t number)
{
	struct match_scan *s = ctx;
	int64_t when = s->time_ns;
	struct match_indicator i;
	struct match_hit hit;

	match_indicator_of(s->x, number, SPAN(""), &i);
	hit = (struct match_hit){ .line = s->lines + 1, .offset = s->at, .text = s->piece, .value = i.pattern, .kind = STIX_VALUE_OTHER, .line_text = s->piece, .indicator = &i, .field = SPAN(""), .sco = "", .time_ns = when };
	if (when < i.valid_from_ns || when >= i.valid_until_ns)
		return true;
	s->hits++;
	return s->fn(s->ctx, &hit);
}

static void watch_line(struct match_scan *s, struct span line)
{
	s->piece = line;
	s->at = s->base + (uint64_t)(line.p - s->buf);
	s->time_ns = INT64_MIN;
	arena_reset(s->scratch);
	s->fields = match_fields(s->format, &s->header, s->scratch, line, s->field, MATCH_FIELDS_MOST);
	for (size_t i = 0; i < s->fields && s->time_ns == INT64_MIN; i++) {
		if (s->field[i].place && s->field[i].place->kinds & FIELD_TIME)
			s->time_ns = match_time((struct span){ line.p + s->field[i].start, s->field[i].end - s->field[i].start }, s->now_ns);
	}
	if (s->fields && !match_watch_line(s->watch, s->format, line, s->field, s->fields, s->time_ns, take_watched, s))
		s->stopped = true;
}

/* The same where patterns want to see every line; those that the sieve lets through are searched too. */
static void watch_lines(struct match_scan *s, size_t n)
{
	size_t done = 0, next = 0, places = s->sieve ? match_sieve_run(s->sieve, s->buf, n) : 0;

	if (places > 1)
		qsort(s->sieve->at, places, sizeof(*s->sieve->at), by_number);
	while (done < n && !s->stopped) {
		struct span line = { s->buf + done, (size_t)((const char *)memchr(s->buf + done, '\n', n - done) - s->buf) - done };
		bool search = !s->sieve;

		while (next < places && s->sieve->at[next] < done + line.n + 1) {
			next++;
			search = true;
		}
		if (search)
			search_piece(s, line, true);
		if (!s->stopped)
			watch_line(s, line);
		done += line.n + 1;
		line_ends(s);
	}
}

/* n bytes of whole lines, none longer than a piece. */
static void take_lines(struct match_scan *s, size_t n)
{
	if (s->watch && s->format != MATCH_FORMAT_TEXT) {
		watch_lines(s, n);
		return;
	}
	take_lines_sifted(s, n);
}
void match_scan_format(struct match_scan *s, enum match_format f)
{
	s->format = f;
	if (s->sieve)
		s->sieve->whole_urls = f == MATCH_FORMAT_EVE || f == MATCH_FORMAT_ZEEK || f == MATCH_FORMAT_ZEEK_JSON;
}

enum match_format match_scan_format_is(const struct match_scan *s)
{
	return s->format;
}

void match_scan_misses(struct match_scan *s, match_on_miss *fn)
{
	s->miss = fn;
}

/* The first lines tell the format; false while there is no whole line. */
static bool know_format(struct match_scan *s, bool end)
{
	if (s->format == MATCH_FORMAT_AUTO) {
		if (!end && s->fill < GUESS_BYTES && newlines(s->buf, s->fill) < GUESS_LINES)
			return false;
		match_scan_format(s, match_format_guess((struct span){ s->buf, s->fill < GUESS_BYTES ? s->fill : GUESS_BYTES }));
	}
	return true;
}

/* Of n bytes of whole lines those up to the next line that names columns; it is taken when it stands first. */
static size_t mind_header(struct match_scan *s, size_t n)
{
	static const char mark[] = "\n#fields\t";
	const char *next;

	if (s->format == MATCH_FORMAT_CSV && !s->header.n)
		match_header_take(s->format, &s->header, (struct span){ s->buf, (size_t)((const char *)memchr(s->buf, '\n', n) - s->buf) - (s->buf[0] != '\n' && ((const char *)memchr(s->buf, '\n', n))[-1] == '\r') });
	if (s->format != MATCH_FORMAT_ZEEK)
		return n;
	if (s->buf[0] == '#')
		match_header_take(s->format, &s->header, (struct span){ s->buf, (size_t)((const char *)memchr(s->buf, '\n', n) - s->buf) });
	next = memmem(s->buf, n, mark, sizeof(mark) - 1);
	return next ? (size_t)(next + 1 - s->buf) : n;
}

static void take(struct match_scan *s)
{
	if (!know_format(s, false))
		return;
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
			size_t n = (size_t)(end + 1 - s->buf), some = mind_header(s, n);

			take_lines(s, some);
			drop(s, some);
			if (some < n)
				continue;
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

bool match_scan_flush(struct match_scan *s)
{
	if (!s->stopped && s->fill && s->format == MATCH_FORMAT_AUTO && memchr(s->buf, '\n', s->fill)) {
		know_format(s, true);
		take(s);
	}
	return !s->stopped;
}

bool match_scan_end(struct match_scan *s)
{
	if (s->format == MATCH_FORMAT_AUTO && s->fill) {
		know_format(s, true);
		take(s);
	}
	if (s->fill && !s->stopped) {
		take_piece(s, s->fill, true);
		if (s->watch && s->format != MATCH_FORMAT_TEXT && !s->cut && !s->stopped)
			watch_line(s, (struct span){ s->buf, s->fill });
		line_ends(s);
		drop(s, s->fill);
	}
	return !s->stopped;
}
