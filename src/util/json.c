/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON: parsers, and the walkers over the tape (see json_priv.h for its words). */
#include "util/alloc.h"
#include "util/json_priv.h"
#include "util/bounds.h"
#include <assert.h>
#include <stdlib.h>

struct json_parser {
	struct json_doc doc;
	struct json_simd *newest; /* the document's memory */
	struct json_simd *index; /* of json_split, so that its callbacks may parse; made when first wanted, as is the next */
	struct json_simd *names; /* keys written with escapes */
	struct json_simd *values; /* of json_series */
	struct {
		struct span text;
		const uint32_t *at; /* structural positions */
		size_t n;
		uint32_t i;
		char separator;
		struct json_doc doc;
	} series;
	struct buf copy; /* texts that come without slack */
	size_t max_bytes;
};

struct json_parser *json_parser_new(size_t max_bytes)
{
	struct json_parser *p = util_calloc(1, sizeof *p);
	if (!p)
		return NULL;
	/* simdjson counts bytes in 32 bits. */
	p->max_bytes = max_bytes < UINT32_MAX / 2 ? max_bytes : UINT32_MAX / 2;
	buf_init(&p->copy, p->max_bytes);
	p->newest = json_simd_new();
	if (!p->newest) {
		free(p);
		return NULL;
	}
	return p;
}

void json_parser_free(struct json_parser *p)
{
	if (!p)
		return;
	json_simd_free(p->newest);
	json_simd_free(p->index);
	json_simd_free(p->names);
	json_simd_free(p->values);
	buf_release(&p->copy);
	free(p);
}

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_NOMEM, "", "no memory left to read JSON; try again later or send less at once");
}

static enum err too_long(const struct json_parser *p, size_t n, struct fault *f)
{
	return fault_set(f, ERR_LIMIT, "", "the JSON text has %zu bytes, at most %zu are allowed", n, p->max_bytes);
}

static enum err refused(enum json_simd_result r, struct span text, unsigned depth, struct fault *f)
{
	if (r == JSON_SIMD_NOMEM)
		return no_memory(f);
	enum err e = json_explain(text, depth, f);
	return e ? e : fault_set(f, ERR_SYNTAX, "", "the text is not valid JSON");
}

enum err json_parse(struct json_parser *p, struct span text, bool padded, struct json *out, struct fault *f)
{
	if (text.n > p->max_bytes)
		return too_long(p, text.n, f);
	if (!padded || text.n == 0) {
		buf_clear(&p->copy);
		buf_addspan(&p->copy, text);
		if (!buf_ok(&p->copy) || !buf_reserve(&p->copy, 0))
			return no_memory(f);
		text = buf_span(&p->copy);
	}
	enum json_simd_result r = json_simd_parse(p->newest, text.p, text.n, &p->doc);
	if (r != JSON_SIMD_OK)
		return refused(r, text, BOUND_JSON_DEPTH, f);
	*out = (struct json){ &p->doc, 1 };
	return ERR_OK;
}

static void free_parser(void *p)
{
	json_parser_free(p);
}

enum err json_read(struct arena *a, struct span text, struct json *out, struct fault *f)
{
	struct json_parser *p = json_parser_new(text.n);
	if (!p)
		return no_memory(f);
	if (!arena_defer(a, free_parser, p)) {
		json_parser_free(p);
		return no_memory(f);
	}
	struct json v;
	enum err e = json_parse(p, text, false, &v, f);
	if (e)
		return e;
	struct span twice;
	if (!json_unique_keys(v, &twice)) {
		if (!twice.p)
			return no_memory(f);
		int shown = twice.n < 80 ? (int)twice.n : 80;
		return fault_set(f, ERR_SYNTAX, "", "the name \"%.*s\" stands twice in one object; each may stand once", shown, twice.p);
	}
	*out = v;
	return ERR_OK;
}

/* ---- json_split ---- */

struct splitter {
	struct json_parser *p;
	struct span text;
	const uint32_t *at; /* structural positions */
	size_t n, i;
	const struct json_split *to;
	struct fault *f;
};

static char structural(const struct splitter *s)
{
	return s->i < s->n ? s->text.p[s->at[s->i]] : '\0';
}

static enum err split_fault(const struct splitter *s, const char *expected)
{
	size_t at = s->i < s->n ? s->at[s->i] : s->text.n;
	return json_fault_at(s->f, ERR_SYNTAX, s->text, at, expected);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* From the i-th structural position over one balanced value; i then stands behind it. */
static enum err split_value(struct splitter *s, struct span *raw)
{
	char open[BOUND_JSON_DEPTH + 2];
	size_t depth = 0, from = s->i < s->n ? s->at[s->i] : s->text.n, to;
	do {
		char c = structural(s);
		if (c == '{' || c == '[') {
			if (depth == sizeof open) {
				json_fault_at(s->f, ERR_LIMIT, s->text, s->at[s->i], "arrays and objects are nested too deeply");
				return ERR_LIMIT;
			}
			open[depth++] = c;
		} else if (c == '}' || c == ']') {
			if (depth == 0 || open[depth - 1] != (c == '}' ? '{' : '['))
				return split_fault(s, "a bracket closes what it did not open");
			depth--;
		} else if (s->i >= s->n) {
			return split_fault(s, "the text ends before its value does");
		} else if (depth == 0 && (c == ',' || c == ':')) {
			return split_fault(s, "a value is missing");
		}
		s->i++;
	} while (depth > 0);
	char last = s->text.p[s->at[s->i - 1]];
	if (last == '}' || last == ']')
		to = (size_t)s->at[s->i - 1] + 1;
	else
		to = s->i < s->n ? s->at[s->i] : s->text.n;
	while (to > from + 1 && blank(s->text.p[to - 1]))
		to--;
	*raw = (struct span){ s->text.p + from, to - from };
	return ERR_OK;
}

static enum err split_key(struct splitter *s, struct span *key)
{
	size_t at = s->i < s->n ? s->at[s->i] : s->text.n;
	if (structural(s) != '"')
		return split_fault(s, "a member's name in double quotes is missing");
	struct span raw;
	enum err e = split_value(s, &raw);
	if (e)
		return e;
	if (structural(s) != ':')
		return split_fault(s, "after a member's name a ':' is missing");
	s->i++;
	const char *quote = raw.n > 1 ? memchr(raw.p + 1, '"', raw.n - 1) : NULL;
	if (!memchr(raw.p, '\\', raw.n)) {
		if (quote != raw.p + raw.n - 1)
			return json_fault_at(s->f, ERR_SYNTAX, s->text, at, "a member's name in double quotes is missing");
		*key = (struct span){ raw.p + 1, raw.n - 2 };
		return ERR_OK;
	}
	struct json_doc doc;
	if (!s->p->names && !(s->p->names = json_simd_new()))
		return no_memory(s->f);
	/* More of the text follows raw, and BUF_SLACK behind that. */
	enum json_simd_result r = json_simd_parse(s->p->names, raw.p, raw.n, &doc);
	if (r == JSON_SIMD_NOMEM)
		return no_memory(s->f);
	if (r != JSON_SIMD_OK || doc.tape[1] >> 56 != '"')
		return json_fault_at(s->f, ERR_SYNTAX, s->text, at, "a member's name holds an escape that JSON does not know");
	*key = json_text_at(&doc, 1);
	return ERR_OK;
}

/* Behind a value: over a comma (*more), or over `close`. */
static enum err split_next(struct splitter *s, char close, bool *more)
{
	char c = structural(s);
	*more = c == ',';
	if (c != ',' && c != close)
		return split_fault(s, close == '}' ? "a ',' or '}' is missing after a member" : "a ',' or ']' is missing after an item");
	s->i++;
	return ERR_OK;
}

static enum err split_items(struct splitter *s)
{
	s->i++; /* '[' */
	bool more = structural(s) != ']';
	if (!more)
		s->i++;
	for (size_t index = 0; more; index++) {
		struct span raw;
		enum err e = split_value(s, &raw);
		if (!e)
			e = split_next(s, ']', &more);
		if (!e)
			e = s->to->item(s->to->ctx, index, raw);
		if (e)
			return e;
	}
	return ERR_OK;
}

static enum err split_member(struct splitter *s, bool *more)
{
	struct span key, raw;
	enum err e = split_key(s, &key);
	if (e)
		return e;
	if (s->to->list && span_is(key, s->to->list) && structural(s) == '[') {
		e = split_items(s);
		return e ? e : split_next(s, '}', more);
	}
	e = split_value(s, &raw);
	if (!e)
		e = split_next(s, '}', more);
	return e || !s->to->member ? e : s->to->member(s->to->ctx, key, raw);
}

enum err json_split(struct json_parser *p, struct span text, const struct json_split *to, struct fault *f)
{
	if (text.n > p->max_bytes)
		return too_long(p, text.n, f);
	if (!p->index && !(p->index = json_simd_new()))
		return no_memory(f);
	struct splitter s = { .p = p, .text = text, .to = to, .f = f };
	enum json_simd_result r = text.n ? json_simd_index(p->index, text.p, text.n, &s.at, &s.n) : JSON_SIMD_REFUSED;
	if (r != JSON_SIMD_OK)
		return refused(r, text, BOUND_JSON_DEPTH + 2, f);
	if (structural(&s) != '{')
		return split_fault(&s, "the text must be a JSON object, beginning with '{'");
	s.i++;
	bool more = structural(&s) != '}';
	if (!more)
		s.i++;
	while (more) {
		enum err e = split_member(&s, &more);
		if (e)
			return e;
	}
	return s.i == s.n ? ERR_OK : split_fault(&s, "something follows the end of the JSON text");
}

/* ---- json_series ---- */

enum err json_series(struct json_parser *p, struct span text, char separator, struct fault *f)
{
	if (text.n > p->max_bytes)
		return too_long(p, text.n, f);
	if (!p->values && !(p->values = json_simd_new()))
		return no_memory(f);
	char behind = text.p[text.n];
	if (behind && behind != ',' && behind != '{' && !blank(behind))
		return fault_set(f, ERR_INVALID, "", "a series must not end before '%c'", behind);
	p->series.i = 0;
	p->series.text = text;
	p->series.separator = separator;
	p->series.n = 0;
	enum json_simd_result r = text.n ? json_simd_index(p->values, text.p, text.n, &p->series.at, &p->series.n) : JSON_SIMD_REFUSED;
	if (r == JSON_SIMD_NOMEM)
		return no_memory(f);
	return r == JSON_SIMD_OK ? ERR_OK : fault_set(f, ERR_SYNTAX, "", "the text as a whole cannot be read");
}

/* The value is no JSON, or goes on behind the series: where it ends, by its brackets, and what is wrong with it. */
static enum err series_broken(struct json_parser *p, uint32_t from, struct span *raw, struct fault *f)
{
	const char *text = p->series.text.p;
	const uint32_t *at = p->series.at;
	size_t depth = 0, i = from;
	do {
		char c = text[at[i]];
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		i++;
	} while (depth && i < p->series.n);
	if (depth)
		return ERR_NOTFOUND;
	p->series.i = (uint32_t)i;
	*raw = (struct span){ text + at[from], at[i - 1] - at[from] + 1 };
	enum err e = json_explain(*raw, BOUND_JSON_DEPTH, f);
	return e == ERR_OK ? fault_set(f, ERR_SYNTAX, "", "the text is not valid JSON") : ERR_SYNTAX;
}

enum err json_series_next(struct json_parser *p, struct span *raw, struct json *out, struct fault *f)
{
	const char *text = p->series.text.p;
	const uint32_t *at = p->series.at;
	uint32_t i = p->series.i;
	if (p->series.separator && i && i < p->series.n && text[at[i]] == p->series.separator)
		i++;
	else if (p->series.separator && i)
		return ERR_NOTFOUND;
	if (i >= p->series.n || text[at[i]] != '{')
		return ERR_NOTFOUND;
	uint32_t from = i;
	enum json_simd_result r = json_simd_value(p->values, p->series.text.n, &i, &p->series.doc);
	if (r == JSON_SIMD_NOMEM)
		return no_memory(f);
	if (r != JSON_SIMD_OK)
		return series_broken(p, from, raw, f);
	p->series.i = i;
	*raw = (struct span){ text + at[from], at[i - 1] - at[from] + 1 };
	*out = (struct json){ &p->series.doc, 1 };
	return ERR_OK;
}

/* ---- walking ---- */

const uint8_t json_tape_types[128] = { ['{'] = JSON_OBJECT, ['['] = JSON_ARRAY, ['"'] = JSON_STRING, ['l'] = JSON_INT, ['u'] = JSON_UINT, ['d'] = JSON_DOUBLE, ['t'] = JSON_TRUE, ['f'] = JSON_FALSE, ['n'] = JSON_NULL };

const char *json_type_name(enum json_type t)
{
	static const char *const names[] = { "nothing", "null", "false", "true", "integer", "integer", "number", "string", "array", "object" };
	assert((unsigned)t < sizeof names / sizeof *names);
	return names[t];
}

struct span json_string(struct json v)
{
	assert(json_is(v, JSON_STRING));
	return json_text_at(v.doc, v.at);
}

int64_t json_int(struct json v)
{
	enum json_type t = json_type(v);
	uint64_t word = json_word(v.doc, v.at + 1);
	assert(t == JSON_INT || (t == JSON_UINT && word <= INT64_MAX));
	return (int64_t)word;
}

double json_number(struct json v)
{
	enum json_type t = json_type(v);
	assert(t == JSON_INT || t == JSON_UINT || t == JSON_DOUBLE);
	uint64_t word = json_word(v.doc, v.at + 1);
	double d;
	memcpy(&d, &word, sizeof d);
	return t == JSON_DOUBLE ? d : t == JSON_INT ? (double)(int64_t)word
						    : (double)word;
}

size_t json_count(struct json v)
{
	enum json_type t = json_type(v);
	if (t != JSON_OBJECT && t != JSON_ARRAY)
		return 0;
	size_t n = (size_t)(json_payload(json_word(v.doc, v.at)) >> 32);
	if (n < 0xFFFFFF)
		return n;
	n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);)
		n++;
	return n;
}

struct json json_get_span(struct json v, struct span key)
{
	if (!json_is(v, JSON_OBJECT))
		return (struct json){ NULL, 0 };
	size_t end = json_after(v.doc, v.at) - 1;
	for (size_t at = v.at + 1; at < end; at = json_after(v.doc, at + 1))
		if (span_eq(json_text_at(v.doc, at), key))
			return (struct json){ v.doc, at + 1 };
	return (struct json){ NULL, 0 };
}

struct json json_get(struct json v, const char *key)
{
	return json_get_span(v, span_of(key));
}
