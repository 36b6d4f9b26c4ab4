/* SPDX-License-Identifier: Apache-2.0 */
/* MISP's JSON: events with their attributes and objects, search results, lists of events. */
#include "formats/types_priv.h"
#include "util/bounds.h"

enum { DEPTH = 8 }; /* response -> list -> Event -> Object -> Attribute */

struct misp {
	struct formats_input_state *s;
	struct json_parser *parser;
	struct span text;
	size_t at; /* of the attribute found last; they come in order */
	uint64_t line;
};
/* What the outer says, where the inner does not. */
struct scope {
	struct span info, source, comment;
	enum stix_tlp tlp;
	int confidence;
};

static const struct {
	const char *tag;
	int confidence;
} confidences[] = {
	{ "misp:confidence-level=\"completely-confident\"", 100 },
	{ "misp:confidence-level=\"usually-confident\"", 75 },
	{ "misp:confidence-level=\"fairly-confident\"", 50 },
	{ "misp:confidence-level=\"rarely-confident\"", 25 },
	{ "misp:confidence-level=\"unconfident\"", 0 },
	{ "estimative-language:confidence-in-analytic-judgment=\"high\"", 85 },
	{ "estimative-language:confidence-in-analytic-judgment=\"moderate\"", 50 },
	{ "estimative-language:confidence-in-analytic-judgment=\"low\"", 15 },
};

static struct span text_of(struct json v, const char *key)
{
	struct span s = json_string_or_none(json_get(v, key));

	return s.p ? s : (struct span){ "", 0 };
}

/* true, 1, "1" */
static bool flag(struct json v, bool otherwise)
{
	switch (json_type(v)) {
	case JSON_TRUE: return true;
	case JSON_FALSE: return false;
	case JSON_INT: return json_int(v) != 0;
	case JSON_STRING: return !span_is(json_string(v), "0") && !span_is(json_string(v), "false") && json_string(v).n;
	default: return otherwise;
	}
}

static void read_tags(struct json v, struct scope *scope)
{
	for (struct json_iter it = json_iter(json_get(v, "Tag")); json_next(&it);) {
		struct span name = text_of(it.value, "name");
		enum stix_tlp tlp;
		if (formats_starts(name, "tlp:") && stix_tlp_parse(name, &tlp) && tlp > scope->tlp)
			scope->tlp = tlp;
		for (size_t i = 0; i < sizeof(confidences) / sizeof(confidences[0]); i++) {
			if (span_is(name, confidences[i].tag))
				scope->confidence = confidences[i].confidence;
		}
	}
}

static bool moment(struct json v, const char *key, struct timestamp *out)
{
	struct json m = json_get(v, key);

	if (json_is(m, JSON_INT)) {
		out->us = json_int(m) > 0 && json_int(m) < (INT64_C(1) << 40) ? json_int(m) * 1000000 : 0;
		return out->us != 0;
	}
	return formats_time(text_of(v, key), out);
}

/* The line where the attribute stands: its UUID is found in the text, from where the last one was. */
static uint64_t line_of(struct misp *m, struct span uuid)
{
	const char *from = m->text.p + m->at, *p = uuid.n == 36 ? memmem(from, m->text.n - m->at, uuid.p, uuid.n) : NULL;

	for (const char *lf; p && (lf = memchr(from, '\n', (size_t)(p - from))); from = lf + 1)
		m->line++;
	if (p)
		m->at = (size_t)(p - m->text.p);
	return m->line;
}

static enum err give_part(struct misp *m, struct formats_indicator *i, enum formats_sort sort, struct span text)
{
	struct formats_input_state *s = m->s;

	i->text = text;
	i->value = formats_normal(s->a, sort, formats_refang(s->a, formats_trim(text)));
	i->sort = sort;
	if (!i->value.n) { /* an address may be IPv6, a URL may lack its scheme, a host may be an address */
		i->sort = formats_classify(s->a, text, &i->value);
	} else if (sort == FORMATS_IPV6 && !memchr(i->value.p, ':', i->value.n)) {
		i->sort = FORMATS_IPV4;
	}
	return formats_give(s, i);
}

static enum err attribute(struct misp *m, struct json v, const struct scope *outer)
{
	struct formats_input_state *s = m->s;
	struct scope scope = *outer;
	struct span value = text_of(v, "value"), comment = text_of(v, "comment");
	const struct formats_type *t = formats_type_of(text_of(v, "type"));
	struct json event = json_get(v, "Event"); /* in search results by attribute */
	uint64_t line = line_of(m, text_of(v, "uuid"));

	arena_reset(s->a);
	if (json_is(event, JSON_OBJECT) && text_of(event, "info").n)
		scope.info = text_of(event, "info");
	read_tags(v, &scope);
	enum formats_skip why = flag(json_get(v, "deleted"), false)                      ? FORMATS_SKIP_DELETED
				: !t || !value.n                                         ? FORMATS_SKIP_TYPE
				: !flag(json_get(v, "to_ids"), true) && !s->how->context ? FORMATS_SKIP_CONTEXT
											 : FORMATS_SKIPS;
	if (why != FORMATS_SKIPS) {
		formats_skipped(s, why, line, value);
		return ERR_OK;
	}
	struct formats_indicator i = { .name = scope.info, .description = comment.n ? comment : scope.comment, .source = scope.source, .confidence = scope.confidence, .tlp = scope.tlp, .line = line };
	i.has_from = moment(v, "first_seen", &i.from) || moment(v, "timestamp", &i.from);
	const char *bar = memchr(value.p, '|', value.n);
	bool composite = strchr(t->word, '|') || t->names;
	struct span part[2] = { value, { "", 0 } };
	if (composite) {
		part[0].n = bar ? (size_t)(bar - value.p) : value.n;
		part[1] = bar ? formats_from(value, part[0].n + 1) : value;
	}
	enum err e = ERR_OK;
	for (int k = 0; k < 2 && e == ERR_OK; k++) {
		if (t->part[k] != FORMATS_SORTS)
			e = give_part(m, &i, t->part[k], part[k]);
	}
	return e;
}

static enum err attributes(struct misp *m, struct json list, const struct scope *scope)
{
	enum err e = ERR_OK;

	for (struct json_iter it = json_iter(list); e == ERR_OK && json_next(&it);)
		e = attribute(m, it.value, scope);
	return e;
}

static enum err event(struct misp *m, struct json v, const struct scope *outer)
{
	struct scope scope = *outer;
	enum err e;

	scope.info = text_of(v, "info");
	scope.source = text_of(json_get(v, "Orgc"), "name");
	read_tags(v, &scope);
	e = attributes(m, json_get(v, "Attribute"), &scope);
	for (struct json_iter it = json_iter(json_get(v, "Object")); e == ERR_OK && json_next(&it);) {
		struct scope inner = scope;
		if (flag(json_get(it.value, "deleted"), false))
			continue;
		inner.comment = text_of(it.value, "comment");
		e = attributes(m, json_get(it.value, "Attribute"), &inner);
	}
	return e;
}

static enum err walk(struct misp *m, struct json v, const struct scope *outer, int depth)
{
	enum err e = ERR_OK;

	if (depth == DEPTH)
		return ERR_OK;
	if (json_is(v, JSON_ARRAY)) {
		for (struct json_iter it = json_iter(v); e == ERR_OK && json_next(&it);)
			e = walk(m, it.value, outer, depth + 1);
		return e;
	}
	if (json_has(json_get(v, "info")) || json_has(json_get(v, "Object")))
		return event(m, v, outer);
	if (json_is(json_get(v, "Event"), JSON_OBJECT) && !json_has(json_get(v, "value")))
		return event(m, json_get(v, "Event"), outer);
	if (json_has(json_get(v, "response")))
		return walk(m, json_get(v, "response"), outer, depth + 1);
	return attributes(m, json_get(v, "Attribute"), outer);
}

static enum err parse(struct misp *m, struct span raw)
{
	struct scope outer = { .info = { "", 0 }, .source = { "", 0 }, .comment = { "", 0 }, .confidence = -1 };
	struct json v;
	enum err e = json_parse(m->parser, raw, true, &v, m->s->f);

	return e == ERR_OK ? walk(m, v, &outer, 0) : e;
}

/* A list of events is taken one by one, so that the tree in memory is that of one event. */
static enum err one_event(void *ctx, size_t index, struct span raw)
{
	return parse(ctx, raw);
}

static enum err one_member(void *ctx, struct span key, struct span raw)
{
	return span_is(key, "response") || span_is(key, "Event") ? parse(ctx, raw) : ERR_OK;
}

static bool has_response(struct span text)
{
	return memmem(text.p, text.n < 4096 ? text.n : 4096, "\"response\"", 10) != NULL;
}

enum err formats_read_misp(struct formats_input_state *s, struct span text)
{
	struct misp m = { .s = s, .parser = json_parser_new(BOUND_FEED_FILE), .text = text, .line = 1 };
	struct json_parser *splitter = json_parser_new(BOUND_FEED_FILE);
	const struct json_split by = { .list = "response", .member = one_member, .item = one_event, .ctx = &m };
	enum err e = m.parser && splitter ? ERR_OK : ERR_NOMEM;

	if (e == ERR_OK)
		e = has_response(text) ? json_split(splitter, text, &by, s->f) : parse(&m, text);
	for (size_t i = 0; i < text.n; i++)
		s->counts->lines += text.p[i] == '\n';
	if (s->how->progress)
		s->how->progress(s->how->ctx, text.n);
	json_parser_free(m.parser);
	json_parser_free(splitter);
	return e;
}
