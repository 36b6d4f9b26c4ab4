/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to canonical text, and walking a tree. */
#include "pattern/pattern_priv.h"

#include <inttypes.h>

bool pattern_has_qualifiers(const struct pattern *p)
{
	return p->q.has_within || p->q.has_repeats || p->q.has_start_stop;
}

/* How tightly a kind binds; only an operator inside one that binds at least as tightly needs parentheses, and one with qualifiers brings its own. */
bool pattern_needs_parens(const struct pattern *part, enum pattern_kind parent)
{
	static const int tight[] = {
		[PATTERN_FOLLOWEDBY] = 1, [PATTERN_OBS_OR] = 2, [PATTERN_OBS_AND] = 3, [PATTERN_TEST] = 0, [PATTERN_OR] = 5, [PATTERN_AND] = 6, [PATTERN_COMPARE] = 9
	};

	if (part->kind == PATTERN_TEST || part->kind == PATTERN_COMPARE || (part->kind <= PATTERN_OBS_OR && pattern_has_qualifiers(part)))
		return false;
	return tight[part->kind] <= tight[parent];
}

bool pattern_plain_key(struct span key)
{
	struct lexer l;

	/* The lexer itself says what is one unquoted name: no hyphen, no keyword. */
	lexer_init(&l, key, NULL);
	return l.err == ERR_OK && l.now.kind == TOKEN_NAME && l.now.text.n == key.n;
}

static void print_quoted(struct span s, struct buf *out)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'' || s.p[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s.p[i]);
	}
	buf_addc(out, '\'');
}

void pattern_print_path(const struct pattern_step *step, size_t steps, struct buf *out)
{
	for (size_t i = 0; i < steps; i++) {
		if (step[i].kind == PATTERN_STEP_ANY) {
			buf_adds(out, "[*]");
		} else if (step[i].kind == PATTERN_STEP_INDEX) {
			buf_addf(out, "[%" PRId64 "]", step[i].index);
		} else {
			if (i)
				buf_addc(out, '.');
			if (pattern_plain_key(step[i].key))
				buf_addspan(out, step[i].key);
			else
				print_quoted(step[i].key, out);
		}
	}
}

static void print_base64(struct span s, struct buf *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		unsigned have = s.n - i < 3 ? (unsigned)(s.n - i) : 3, bits = 0;

		for (unsigned k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? (unsigned char)s.p[i + k] : 0);
		for (unsigned k = 0; k < 4; k++)
			buf_addc(out, k <= have ? digit[bits >> (18 - 6 * k) & 63] : '=');
	}
}

void pattern_print_literal(const struct pattern_literal *v, struct buf *out)
{
	switch (v->type) {
	case PATTERN_STRING:
		print_quoted(v->text, out);
		return;
	case PATTERN_HEX:
		buf_adds(out, "h'");
		for (size_t i = 0; i < v->text.n; i++)
			buf_addf(out, "%02x", (unsigned char)v->text.p[i]);
		buf_addc(out, '\'');
		return;
	case PATTERN_BASE64:
		buf_adds(out, "b'");
		print_base64(v->text, out);
		buf_addc(out, '\'');
		return;
	case PATTERN_TIMESTAMP:
		buf_addf(out, "t'%.*s'", SPAN_ARG(v->text));
		return;
	case PATTERN_INT:
	case PATTERN_FLOAT:
	case PATTERN_BOOL:
		buf_addspan(out, v->text);
		return;
	}
}

static void print_comparison(const struct pattern *p, struct buf *out)
{
	static const char *const op[] = {
		[PATTERN_EQ] = "=", [PATTERN_NE] = "!=", [PATTERN_LT] = "<", [PATTERN_LE] = "<=", [PATTERN_GT] = ">", [PATTERN_GE] = ">=", [PATTERN_IN] = "IN", [PATTERN_LIKE] = "LIKE", [PATTERN_MATCHES] = "MATCHES", [PATTERN_ISSUBSET] = "ISSUBSET", [PATTERN_ISSUPERSET] = "ISSUPERSET", [PATTERN_EXISTS] = "EXISTS"
	};

	if (p->op == PATTERN_EXISTS)
		buf_adds(out, p->negated ? "NOT EXISTS " : "EXISTS ");
	buf_addspan(out, p->object_type);
	buf_addc(out, ':');
	buf_addspan(out, p->path);
	if (p->op == PATTERN_EXISTS)
		return;
	buf_addf(out, "%s %s ", p->negated ? " NOT" : "", op[p->op]);
	if (p->op == PATTERN_IN)
		buf_addc(out, '(');
	for (size_t i = 0; i < p->literals; i++) {
		if (i)
			buf_adds(out, ", ");
		pattern_print_literal(&p->literal[i], out);
	}
	if (p->op == PATTERN_IN)
		buf_addc(out, ')');
}

void pattern_print_qualifiers(const struct pattern_qualifiers *q, struct buf *out)
{
	if (q->has_start_stop)
		buf_addf(out, " START t'%.*s' STOP t'%.*s'", SPAN_ARG(q->start_text), SPAN_ARG(q->stop_text));
	if (q->has_repeats)
		buf_addf(out, " REPEATS %" PRId64 " TIMES", q->repeats);
	if (q->has_within)
		buf_addf(out, " WITHIN %.*s SECONDS", SPAN_ARG(q->within_text));
}

void pattern_print(const struct pattern *p, struct buf *out)
{
	static const char *const between[] = {
		[PATTERN_FOLLOWEDBY] = " FOLLOWEDBY ", [PATTERN_OBS_AND] = " AND ", [PATTERN_OBS_OR] = " OR ", [PATTERN_TEST] = "", [PATTERN_AND] = " AND ", [PATTERN_OR] = " OR "
	};
	bool own = p->kind <= PATTERN_OBS_OR && pattern_has_qualifiers(p);

	if (p->kind == PATTERN_COMPARE) {
		print_comparison(p, out);
		return;
	}
	buf_adds(out, p->kind == PATTERN_TEST ? "[" : own ? "("
							  : "");
	for (size_t i = 0; i < p->parts; i++) {
		bool parens = pattern_needs_parens(p->part[i], p->kind);

		buf_adds(out, i ? between[p->kind] : "");
		buf_adds(out, parens ? "(" : "");
		pattern_print(p->part[i], out);
		buf_adds(out, parens ? ")" : "");
	}
	buf_adds(out, p->kind == PATTERN_TEST ? "]" : own ? ")"
							  : "");
	pattern_print_qualifiers(&p->q, out);
}

static bool each(const struct pattern *p, bool (*fn)(void *ctx, const struct pattern *comparison), void *ctx)
{
	if (p->kind == PATTERN_COMPARE)
		return fn(ctx, p);
	for (size_t i = 0; i < p->parts; i++) {
		if (!each(p->part[i], fn, ctx))
			return false;
	}
	return true;
}

void pattern_each(const struct pattern *p, bool (*fn)(void *ctx, const struct pattern *comparison), void *ctx)
{
	each(p, fn, ctx);
}
