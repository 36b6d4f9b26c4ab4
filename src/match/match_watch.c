/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that are more than values: every line of a known format becomes an observation, and all such patterns look at it in the log's own time. */
#include "match/match_watch_priv.h"

#include <stdlib.h>

#include "pattern/pattern_set.h"
#include "util/alloc.h"
#include "util/bounds.h"

#define MOST_ROWS 96 /* properties of one line */
#define MOST_DEEP 6
#define MOST_STATE (4u << 20) /* bytes that one pattern may keep */
#define LATE_NS (INT64_C(5) * 1000000000) /* lines may stand so much out of order */

struct row { /* a property: its SCO, the keys to it, its text */
	unsigned sco;
	struct span key[MOST_DEEP];
	size_t deep;
	bool list, number; /* list: one more item of the last key's */
	struct span text;
};
struct sco {
	struct span type;
	char id[8];
};
struct match_watch {
	const struct match_index *x;
	struct arena *a, *scratch; /* a: codes; scratch: of one line */
	const struct pattern_code **code;
	uint32_t *number; /* of the indicator */
	size_t n, broken;
	struct pattern_set *set;
	struct pattern_subject *subject;
	int64_t last_ns;
	uint64_t late;
	struct row row[MOST_ROWS];
	size_t rows;
	struct sco sco[MOST_ROWS];
	unsigned scos;
	bool (*done)(void *ctx, uint32_t indicator);
	void *ctx;
	bool stopped;
};

struct match_watch *match_watch_new(const struct match_index *x)
{
	struct match_watch *w = util_calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->x = x;
	w->last_ns = INT64_MIN;
	w->a = arena_new((size_t)1 << 34);
	w->scratch = arena_new(16u << 20);
	w->subject = pattern_subject_new();
	w->code = util_calloc(x->patterns + 1, sizeof(struct pattern_code *));
	w->number = util_calloc(x->patterns + 1, sizeof(*w->number));
	for (size_t i = 0; i < x->patterns && w->a && w->code && w->number; i++) {
		struct match_indicator m;
		const struct pattern *p;

		match_indicator_of(x, x->pattern[i], SPAN(""), &m);
		if (pattern_parse(w->a, m.pattern, &p, NULL) == ERR_OK && pattern_compile(w->a, m.pattern, p, PATTERN_JIT, &w->code[w->n], NULL) == ERR_OK)
			w->number[w->n++] = x->pattern[i];
		else
			w->broken++;
	}
	w->set = w->code && w->number && w->a && arena_ok(w->a) ? pattern_set_new(w->code, w->n, MOST_STATE) : NULL;
	if (w->set && w->subject && w->scratch)
		return w;
	match_watch_free(w);
	return NULL;
}

void match_watch_free(struct match_watch *w)
{
	if (!w)
		return;
	pattern_set_free(w->set);
	pattern_subject_free(w->subject);
	arena_free(w->a);
	arena_free(w->scratch);
	free((void *)w->code);
	free(w->number);
	free(w);
}

uint64_t match_watch_late(const struct match_watch *w)
{
	return w->late;
}

/* ---- a line as SCOs ---- */

static unsigned sco_new(struct match_watch *w, struct span type)
{
	w->sco[w->scos].type = type;
	w->sco[w->scos].id[0] = 'o';
	w->sco[w->scos].id[1] = (char)('0' + w->scos / 10 % 10);
	w->sco[w->scos].id[2] = (char)('0' + w->scos % 10);
	w->sco[w->scos].id[3] = 0;
	return w->scos++;
}

/* The SCO of a type that a line has one of; a value of its own is one each. */
static unsigned sco_of(struct match_watch *w, struct span type, bool own)
{
	for (unsigned i = 0; i < w->scos && !own; i++) {
		if (span_eq(w->sco[i].type, type))
			return i;
	}
	return sco_new(w, type);
}

static struct row *row_new(struct match_watch *w, unsigned sco)
{
	struct row *r = &w->row[w->rows++];

	*r = (struct row){ .sco = sco };
	return r;
}

static struct span address_type(struct span text)
{
	size_t digits = 0;

	if (memchr(text.p, ':', text.n))
		return SPAN("ipv6-addr");
	while (digits < text.n && ((text.p[digits] >= '0' && text.p[digits] <= '9') || text.p[digits] == '.'))
		digits++;
	return digits == text.n ? SPAN("ipv4-addr") : SPAN("domain-name");
}

/* "extensions.'http-request-ext'.request_method" to keys. */
static size_t split_path(const char *p, struct span *key)
{
	size_t n = 0;

	while (*p && n < MOST_DEEP) {
		const char *end = *p == '\'' ? strchr(++p, '\'') : p + strcspn(p, ".[");

		key[n++] = (struct span){ p, (size_t)(end - p) };
		p = *end == '\'' ? end + 1 : end;
		if (*p == '[')
			p = strchr(p, ']') + 1;
		p += *p == '.';
	}
	return n;
}

static bool is_ref(struct span key)
{
	return (key.n > 4 && memcmp(key.p + key.n - 4, "_ref", 4) == 0) || (key.n > 5 && memcmp(key.p + key.n - 5, "_refs", 5) == 0);
}

/* "SHA1=…,MD5=…" as Sysmon writes it. */
static void add_hashes(struct match_watch *w, unsigned sco, struct span text)
{
	while (text.n && w->rows < MOST_ROWS) {
		const char *comma = memchr(text.p, ',', text.n);
		struct span one = { text.p, comma ? (size_t)(comma - text.p) : text.n }, name;
		const char *equals = memchr(one.p, '=', one.n);
		struct row *r;

		text = (struct span){ text.p + one.n + (comma != NULL), text.n - one.n - (comma != NULL) };
		if (!equals)
			continue;
		name = (struct span){ one.p, (size_t)(equals - one.p) };
		r = row_new(w, sco);
		r->key[r->deep++] = SPAN("hashes");
		r->key[r->deep++] = span_is(name, "SHA1") ? SPAN("SHA-1") : span_is(name, "SHA256") ? SPAN("SHA-256")
												    : name;
		r->text = (struct span){ equals + 1, one.n - name.n - 1 };
	}
}

static void add_field(struct match_watch *w, const char *sco, struct span text)
{
	const char *colon = strchr(sco, ':');
	struct span type = { sco, (size_t)(colon - sco) }, key[MOST_DEEP];
	size_t n = split_path(colon + 1, key), i = 0;
	bool own = n == 1 && (span_is(key[0], "value") || span_is(key[0], "key"));
	unsigned at;
	struct row *r;

	if (w->rows + 4 > MOST_ROWS || w->scos + 4 > MOST_ROWS || !text.n || (text.n == 1 && *text.p == '-'))
		return;
	if (own && !span_is(type, "url") && !span_is(type, "email-addr") && !span_is(type, "windows-registry-key"))
		type = address_type(text);
	at = sco_of(w, type, own);
	if (n == 1 && span_is(key[0], "hashes")) {
		add_hashes(w, at, text);
		return;
	}
	r = row_new(w, at);
	for (; i < n; i++) {
		r->key[r->deep++] = key[i];
		if (!is_ref(key[i]))
			continue;
		/* what is referred to is an SCO of its own */
		r->list = key[i].p[key[i].n - 1] == 's';
		at = sco_new(w, i + 1 < n && !span_is(key[i + 1], "value") ? (span_is(key[i], "parent_ref") ? SPAN("process") : SPAN("file")) : memchr(text.p, '@', text.n) ? SPAN("email-addr")
																					    : address_type(text));
		r->text = span_of(w->sco[at].id);
		r = row_new(w, at);
	}
	r->text = text;
	r->number = r->deep && key[n - 1].n > 4 && memcmp(key[n - 1].p + key[n - 1].n - 5, "_port", 5) == 0;
	r->list |= strchr(sco, '[') && span_is(key[n - 1], "protocols");
}

static struct pattern_value value_of(const struct row *r)
{
	int64_t v = 0;

	for (size_t i = 0; r->number && i < r->text.n && i < 9; i++)
		v = v * 10 + (r->text.p[i] - '0');
	return r->number ? PATTERN_INTEGER(v) : PATTERN_TEXT(r->text);
}

/* The rows of an SCO that share the first `deep` keys with row `first`, each once. */
static void put_rows(struct match_watch *w, unsigned sco, size_t first, size_t deep, bool *taken)
{
	for (size_t i = first; i < w->rows; i++) {
		struct row *r = &w->row[i];
		bool same = r->sco == sco && !taken[i] && r->deep > deep;

		for (size_t k = 0; k < deep && same; k++)
			same = span_eq(r->key[k], w->row[first].key[k]);
		if (!same)
			continue;
		if (r->deep > deep + 1) {
			pattern_subject_put(w->subject, r->key[deep], (struct pattern_value){ .type = PATTERN_VALUE_MAP });
			put_rows(w, sco, i, deep + 1, taken);
			pattern_subject_put(w->subject, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
			continue;
		}
		if (!r->list) {
			taken[i] = true;
			pattern_subject_put(w->subject, r->key[deep], value_of(r));
			continue;
		}
		pattern_subject_put(w->subject, r->key[deep], (struct pattern_value){ .type = PATTERN_VALUE_LIST });
		for (size_t k = i; k < w->rows; k++) {
			if (!taken[k] && w->row[k].list && w->row[k].sco == sco && w->row[k].deep == deep + 1 && span_eq(w->row[k].key[deep], r->key[deep])) {
				pattern_subject_put(w->subject, SPAN(""), value_of(&w->row[k]));
				taken[k] = true;
			}
		}
		pattern_subject_put(w->subject, SPAN(""), (struct pattern_value){ .type = PATTERN_VALUE_END });
	}
}

static void put_subject(struct match_watch *w)
{
	bool taken[MOST_ROWS] = { false };

	pattern_subject_clear(w->subject);
	for (unsigned i = 0; i < w->scos; i++) {
		size_t first = 0;

		pattern_subject_object(w->subject, span_of(w->sco[i].id), w->sco[i].type);
		while (first < w->rows && w->row[first].sco != i)
			first++;
		put_rows(w, i, first, 0, taken);
	}
}

static struct span plain(struct match_watch *w, struct span raw)
{
	char *to;
	uint32_t *map;

	if (!raw.n || !memchr(raw.p, '\\', raw.n))
		return raw;
	to = arena_alloc(w->scratch, raw.n + 1);
	map = arena_array(w->scratch, raw.n + 1, sizeof(*map));
	return to && map ? (struct span){ to, match_unescape(raw, 0, to, map) } : raw;
}

static void take_pattern(void *ctx, size_t which, const struct pattern_binding *b)
{
	struct match_watch *w = ctx;

	w->stopped |= !w->done(w->ctx, w->number[which]);
}

/* False when the caller's fn stopped. */
bool match_watch_line(struct match_watch *w, enum match_format f, struct span line, const struct match_field *field, size_t n, int64_t time_ns, bool (*fn)(void *ctx, uint32_t indicator), void *ctx)
{
	bool json = f == MATCH_FORMAT_EVE || f == MATCH_FORMAT_ZEEK_JSON || f == MATCH_FORMAT_SYSMON || f == MATCH_FORMAT_WINDOWS || f == MATCH_FORMAT_JOURNALD || f == MATCH_FORMAT_CLOUDTRAIL;
	struct pattern_observation o = { time_ns, time_ns, 1, 0 };

	if (time_ns == INT64_MIN)
		return true;
	if (time_ns < w->last_ns) { /* at most a little out of order: taken as of the newest line */
		if (w->last_ns - time_ns > LATE_NS) {
			w->late++;
			return true;
		}
		o.first_ns = o.last_ns = w->last_ns;
	}
	w->last_ns = o.first_ns;
	w->rows = w->scos = 0;
	arena_reset(w->scratch);
	for (size_t i = 0; i < n; i++) {
		struct span raw = { line.p + field[i].start, field[i].end - field[i].start };

		if (field[i].place && field[i].place->sco && raw.n < 65536)
			add_field(w, field[i].place->sco, json ? plain(w, raw) : raw);
	}
	put_subject(w);
	w->done = fn;
	w->ctx = ctx;
	w->stopped = false;
	if (w->scos && pattern_subject_err(w->subject) == ERR_OK && pattern_set_push(w->set, w->subject, &o, take_pattern, w, NULL) == ERR_NOMEM)
		return true; /* counted by the stream */
	return !w->stopped;
}
