/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern for people. */
#include "pattern/pattern_explain.h"

#include <inttypes.h>
#include <math.h>

#include "pattern/pattern_priv.h"

static const struct {
	const char *sign, *is, *is_not, *in_time, *not_in_time; /* in_time: against a timestamp */
} operators[] = {
	[PATTERN_EQ] = { "=", "is", "is not", "is", "is not" },
	[PATTERN_NE] = { "!=", "is not", "is", "is not", "is" },
	[PATTERN_LT] = { "<", "is less than", "is not less than", "is before", "is not before" },
	[PATTERN_LE] = { "<=", "is at most", "is more than", "is not after", "is after" },
	[PATTERN_GT] = { ">", "is more than", "is at most", "is after", "is not after" },
	[PATTERN_GE] = { ">=", "is at least", "is less than", "is not before", "is before" },
	[PATTERN_IN] = { "IN", "is one of", "is none of", "is one of", "is none of" },
	[PATTERN_LIKE] = { "LIKE", "looks like", "does not look like", "looks like", "does not look like" },
	[PATTERN_MATCHES] = { "MATCHES", "matches the regular expression", "does not match the regular expression", "", "" },
	[PATTERN_ISSUBSET] = { "ISSUBSET", "lies inside the range", "does not lie inside the range", "", "" },
	[PATTERN_ISSUPERSET] = { "ISSUPERSET", "is a range that contains", "is no range that contains", "", "" },
	[PATTERN_EXISTS] = { "EXISTS", "exists", "does not exist", "", "" },
};

static const char *const names[] = {
	[PATTERN_FOLLOWEDBY] = "FOLLOWEDBY", [PATTERN_OBS_AND] = "AND", [PATTERN_OBS_OR] = "OR", [PATTERN_TEST] = "observation", [PATTERN_AND] = "AND", [PATTERN_OR] = "OR", [PATTERN_COMPARE] = "comparison"
};

static bool between_observations(const struct pattern *p)
{
	return p->kind <= PATTERN_OBS_OR;
}

/* ---- words ---- */

/* "90 seconds", "5 minutes", "2 days": the largest unit that gives a whole number. */
static void duration(double s, struct span text, struct buf *out)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	for (size_t i = 0; i < 3; i++) {
		if (s >= units[i].seconds && s < 1e12 && fmod(s, units[i].seconds) == 0) {
			buf_addf(out, "%.0f %s%s", s / units[i].seconds, units[i].name, s == units[i].seconds ? "" : "s");
			return;
		}
	}
	buf_addf(out, "%.*s second%s", SPAN_ARG(text), s == 1 ? "" : "s");
}

static void qualifier_words(const struct pattern_qualifiers *q, struct buf *out)
{
	if (q->has_start_stop)
		buf_addf(out, ", from %.*s until before %.*s", SPAN_ARG(q->start_text), SPAN_ARG(q->stop_text));
	if (q->has_repeats)
		buf_addf(out, ", %" PRId64 " time%s%s", q->repeats, q->repeats == 1 ? "" : "s", q->repeats == 1 ? "" : " (each time others)");
	if (q->has_within) {
		buf_adds(out, ", all within ");
		duration(q->within_s, q->within_text, out);
	}
}

/* From the last step to the first: "value of what dst_ref refers to", "SHA-256 hash", "entropy of any of sections". */
static void path_words(const struct pattern *p, struct buf *out)
{
	for (size_t i = p->steps; i > 0; i--) {
		const struct pattern_step *s = &p->step[i - 1];
		bool reference = s->kind == PATTERN_STEP_KEY && i < p->steps && s->key.n > 4 && (!memcmp(s->key.p + s->key.n - 4, "_ref", 4) || (s->key.n > 5 && !memcmp(s->key.p + s->key.n - 5, "_refs", 5)));

		if (s->kind == PATTERN_STEP_KEY && span_is(s->key, "hashes") && i < p->steps && p->step[i].kind == PATTERN_STEP_KEY) {
			buf_adds(out, " hash");
			continue;
		}
		buf_adds(out, i < p->steps ? " of " : "");
		if (s->kind == PATTERN_STEP_ANY)
			buf_adds(out, "any");
		else if (s->kind == PATTERN_STEP_INDEX)
			buf_addf(out, "item %" PRId64, s->index);
		else
			buf_addf(out, "%s%.*s%s", reference ? "what " : "", SPAN_ARG(s->key), reference ? " refers to" : "");
	}
}

static void literal_words(const struct pattern *p, struct buf *out)
{
	for (size_t i = 0; i < p->literals; i++) {
		buf_adds(out, i == 0 ? " " : i + 1 == p->literals ? " or "
								  : ", ");
		if (p->literal[i].type == PATTERN_TIMESTAMP || p->literal[i].type == PATTERN_INT || p->literal[i].type == PATTERN_FLOAT || p->literal[i].type == PATTERN_BOOL)
			buf_addspan(out, p->literal[i].text);
		else
			pattern_print_literal(&p->literal[i], out);
	}
	if (p->op == PATTERN_IN && p->literals == 0)
		buf_adds(out, " nothing");
}

/* "whose size is more than 3" */
static void compare_words(const struct pattern *p, struct buf *out)
{
	bool time = p->literals && p->literal->type == PATTERN_TIMESTAMP;

	if (p->op == PATTERN_EXISTS) {
		buf_adds(out, p->negated ? "that has no " : "that has a ");
		path_words(p, out);
		return;
	}
	buf_adds(out, "whose ");
	path_words(p, out);
	buf_addf(out, " %s", time ? p->negated ? operators[p->op].not_in_time : operators[p->op].in_time : p->negated ? operators[p->op].is_not
														      : operators[p->op].is);
	literal_words(p, out);
}

static bool one_type(const struct pattern *p, struct span *type)
{
	if (p->kind == PATTERN_COMPARE) {
		bool same = !type->p || span_eq(*type, p->object_type);

		*type = p->object_type;
		return same;
	}
	for (size_t i = 0; i < p->parts; i++)
		if (!one_type(p->part[i], type))
			return false;
	return true;
}

static void article(struct span noun, struct buf *out)
{
	buf_addf(out, "%s %.*s ", noun.n && strchr("aeiou", noun.p[0]) ? "an" : "a", SPAN_ARG(noun));
}

/* `typed`: the object's type was said already. */
static void comparison_words(const struct pattern *p, bool typed, struct buf *out)
{
	struct span type = { NULL, 0 };

	if (!typed && one_type(p, &type)) {
		article(type, out);
		typed = true;
	}
	if (p->kind == PATTERN_COMPARE) {
		compare_words(p, out);
		return;
	}
	for (size_t i = 0; i < p->parts; i++) {
		bool grouped = p->part[i]->kind != PATTERN_COMPARE;

		buf_adds(out, i == 0 ? "" : p->kind == PATTERN_AND ? " and "
								   : " or ");
		buf_adds(out, grouped ? "(" : "");
		comparison_words(p->part[i], typed, out);
		buf_adds(out, grouped ? ")" : "");
	}
}

static void words(const struct pattern *p, unsigned depth, struct buf *out)
{
	static const char *const opening[] = {
		[PATTERN_FOLLOWEDBY] = "in this order", [PATTERN_OBS_AND] = "all of these, in any order", [PATTERN_OBS_OR] = "one of these"
	};

	if (p->kind == PATTERN_TEST) {
		comparison_words(p->part[0], false, out);
		qualifier_words(&p->q, out);
		buf_adds(out, "\n");
		return;
	}
	buf_adds(out, p->parts == 1 ? "this" : opening[p->kind]);
	qualifier_words(&p->q, out);
	buf_adds(out, ":\n");
	for (size_t i = 0; i < p->parts; i++) {
		buf_addf(out, "%*s", (int)(2 * depth + 2), "");
		if (p->kind == PATTERN_FOLLOWEDBY)
			buf_addf(out, "%zu. %s", i + 1, i ? "then " : "");
		else
			buf_adds(out, "- ");
		words(p->part[i], depth + 1, out);
	}
}

void pattern_words(const struct pattern *p, struct buf *out)
{
	buf_adds(out, p->kind == PATTERN_TEST ? "One observation shows " : "Observations show ");
	words(p, 0, out);
}

/* ---- tree ---- */

static void tree_qualifiers(const struct pattern_qualifiers *q, struct buf *out)
{
	struct buf text BUF_SCOPE;

	buf_init(&text, 4096);
	pattern_print_qualifiers(q, &text);
	if (text.n)
		buf_addf(out, "  (%.*s)", (int)text.n - 1, text.p + 1);
}

static void tree(const struct pattern *p, struct buf *lead, struct buf *out)
{
	size_t had = lead->n;

	if (p->kind == PATTERN_COMPARE)
		pattern_print(p, out);
	else
		buf_adds(out, between_observations(p) && p->parts == 1 ? "group" : names[p->kind]);
	if (p->kind <= PATTERN_TEST)
		tree_qualifiers(&p->q, out);
	buf_adds(out, "\n");
	for (size_t i = 0; i < p->parts; i++) {
		bool last = i + 1 == p->parts;

		buf_addspan(out, buf_span(lead));
		buf_adds(out, last ? "└─ " : "├─ ");
		buf_adds(lead, last ? "   " : "│  ");
		tree(p->part[i], lead, out);
		lead->n = had;
		if (lead->p)
			lead->p[had] = 0;
	}
}

void pattern_tree(const struct pattern *p, struct buf *out)
{
	struct buf lead BUF_SCOPE;

	buf_init(&lead, 1 << 16);
	tree(p, &lead, out);
}

static void json_literals(const struct pattern *p, struct json_out *o)
{
	json_key(o, "values");
	json_open(o, '[');
	for (size_t i = 0; i < p->literals; i++) {
		const struct pattern_literal *l = &p->literal[i];
		struct buf text BUF_SCOPE;

		buf_init(&text, 1 << 20);
		if (l->type == PATTERN_INT) {
			json_put_int(o, l->integer);
		} else if (l->type == PATTERN_FLOAT) {
			json_put_double(o, l->number);
		} else if (l->type == PATTERN_BOOL) {
			json_put_bool(o, l->integer);
		} else if (l->type == PATTERN_STRING) {
			json_put_string(o, l->text);
		} else {
			pattern_print_literal(l, &text);
			json_put_string(o, buf_span(&text));
		}
	}
	json_close(o, ']');
}

void pattern_tree_json(const struct pattern *p, struct json_out *o)
{
	json_open(o, '{');
	json_kstr(o, "kind", names[p->kind]);
	if (p->kind == PATTERN_COMPARE) {
		json_kspan(o, "type", p->object_type);
		json_kspan(o, "path", p->path);
		json_kstr(o, "operator", operators[p->op].sign);
		json_kbool(o, "negated", p->negated);
		json_literals(p, o);
	} else {
		if (p->q.has_start_stop) {
			json_kspan(o, "start", p->q.start_text);
			json_kspan(o, "stop", p->q.stop_text);
		}
		if (p->q.has_repeats)
			json_kint(o, "repeats", p->q.repeats);
		if (p->q.has_within) {
			json_key(o, "within");
			json_put_double(o, p->q.within_s);
		}
		json_key(o, "parts");
		json_open(o, '[');
		for (size_t i = 0; i < p->parts; i++)
			pattern_tree_json(p->part[i], o);
		json_close(o, ']');
	}
	json_close(o, '}');
}
