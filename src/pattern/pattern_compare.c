/* SPDX-License-Identifier: Apache-2.0 */
/* What stands inside the brackets of a pattern: object paths, operators, constants and sets (STIX 2.1 §9.6, §9.7). */
#include "pattern/pattern_parse_priv.h"

#include <stdio.h>

#include "util/bounds.h"

/* The longest of a path's steps in the source is one byte a step, so a list that doubles stays small. */
struct steps {
	struct pattern_step *v;
	size_t n, room;
};

static bool steps_add(struct parser *ps, struct steps *to, struct pattern_step s)
{
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 4;
		struct pattern_step *v = arena_array(ps->a, room, sizeof(*v));

		if (!v)
			return parser_no_memory(ps);
		if (to->n)
			memcpy(v, to->v, to->n * sizeof(*v));
		to->v = v;
		to->room = room;
	}
	to->v[to->n++] = s;
	return true;
}

static bool parse_key(struct parser *ps, struct steps *to)
{
	struct token t = ps->l.now;
	struct pattern_step s = { .kind = PATTERN_STEP_KEY };

	if (t.kind == TOKEN_STRING)
		s.key = literal_unescape(ps->a, (struct span){ t.text.p + 1, t.text.n - 2 });
	else if (t.kind == TOKEN_NAME)
		s.key = arena_span(ps->a, t.text);
	else
		return parser_expected(ps, t.kind == TOKEN_NAME_HYPHEN ? "a key in quotes where it has a hyphen" : t.kind != TOKEN_END && t.kind <= TOKEN_FALSE ? "a property name (a keyword can be one in quotes)"
																				: "a property name");
	if (!s.key.p)
		return parser_no_memory(ps);
	lexer_next(&ps->l);
	return steps_add(ps, to, s);
}

static bool parse_index(struct parser *ps, struct steps *to)
{
	struct pattern_step s = { .kind = PATTERN_STEP_ANY };
	struct token t = ps->l.now;

	if (t.kind == TOKEN_INT) {
		struct pattern_literal number;

		if (!literal_read(&ps->l, ps->a, &t, &number))
			return false;
		s.kind = PATTERN_STEP_INDEX;
		s.index = number.integer;
	}
	if ((t.kind != TOKEN_INT && t.kind != TOKEN_STAR) || s.index < 0)
		return parser_expected(ps, "an index from 0 or *");
	lexer_next(&ps->l);
	return parser_need(ps, TOKEN_RBRACK, "']' after the index") && steps_add(ps, to, s);
}

static bool parse_path(struct parser *ps, struct pattern *p)
{
	struct token t = ps->l.now;
	struct steps steps = { 0 };
	struct buf text;

	if (t.kind != TOKEN_NAME && t.kind != TOKEN_NAME_HYPHEN)
		return parser_expected(ps, "an object type such as ipv4-addr");
	p->object_type = arena_span(ps->a, t.text);
	if (!p->object_type.p)
		return parser_no_memory(ps);
	lexer_next(&ps->l);
	if (!parser_need(ps, TOKEN_COLON, "':' between object type and property") || !parse_key(ps, &steps))
		return false;
	for (;;) {
		if (parser_accept(ps, TOKEN_DOT)) {
			if (!parse_key(ps, &steps))
				return false;
		} else if (parser_accept(ps, TOKEN_LBRACK)) {
			if (!parse_index(ps, &steps))
				return false;
		} else {
			break;
		}
	}
	p->step = steps.v;
	p->steps = steps.n;
	buf_init(&text, 4 * BOUND_PATTERN_BYTES);
	pattern_print_path(steps.v, steps.n, &text);
	p->path = buf_ok(&text) ? arena_span(ps->a, buf_span(&text)) : (struct span){ NULL, 0 };
	buf_release(&text);
	if (!p->path.p)
		parser_no_memory(ps);
	return !parser_failed(ps);
}

/* What each operator compares with: any constant, one with an order, a string, or a set. */
enum operand { ANY_LITERAL,
	ORDERED_LITERAL,
	STRING_LITERAL,
	SET_LITERAL };
static const struct operation {
	enum token_kind token;
	enum pattern_op op;
	enum operand operand;
} operations[] = {
	{ TOKEN_EQ, PATTERN_EQ, ANY_LITERAL },
	{ TOKEN_NE, PATTERN_NE, ANY_LITERAL },
	{ TOKEN_LT, PATTERN_LT, ORDERED_LITERAL },
	{ TOKEN_LE, PATTERN_LE, ORDERED_LITERAL },
	{ TOKEN_GT, PATTERN_GT, ORDERED_LITERAL },
	{ TOKEN_GE, PATTERN_GE, ORDERED_LITERAL },
	{ TOKEN_IN, PATTERN_IN, SET_LITERAL },
	{ TOKEN_LIKE, PATTERN_LIKE, STRING_LITERAL },
	{ TOKEN_MATCHES, PATTERN_MATCHES, STRING_LITERAL },
	{ TOKEN_ISSUBSET, PATTERN_ISSUBSET, STRING_LITERAL },
	{ TOKEN_ISSUPERSET, PATTERN_ISSUPERSET, STRING_LITERAL },
};

static bool parse_literal(struct parser *ps, enum operand wanted, struct pattern_literal *out)
{
	static const char *const name[] = { "a constant: string, number, true, false, h'…', b'…' or t'…'", "a constant that has an order (no true or false)", "a string", "a constant" };
	struct token t = ps->l.now;
	bool is_bool = t.kind == TOKEN_TRUE || t.kind == TOKEN_FALSE;

	if ((!is_bool && t.kind < TOKEN_INT) || (is_bool && wanted == ORDERED_LITERAL) || (wanted == STRING_LITERAL && t.kind != TOKEN_STRING))
		return parser_expected(ps, name[wanted]);
	if (!literal_read(&ps->l, ps->a, &t, out))
		return false;
	lexer_next(&ps->l);
	return !parser_failed(ps);
}

/* Whole and broken numbers go together in a set, and so do both writings of bytes. */
static int literal_class(enum pattern_literal_type t)
{
	return t == PATTERN_FLOAT ? PATTERN_INT : t == PATTERN_BASE64 ? PATTERN_HEX
								      : (int)t;
}

static bool parse_set(struct parser *ps, struct pattern *p)
{
	struct pattern_literal *v = NULL;
	size_t n = 0, room = 0;

	if (!parser_need(ps, TOKEN_LPAREN, "'(' before the set"))
		return false;
	if (parser_accept(ps, TOKEN_RPAREN))
		return true;
	do {
		size_t at = ps->l.now.at;

		if (n == room) {
			struct pattern_literal *more = arena_array(ps->a, room = room ? 2 * room : 4, sizeof(*v));

			if (!more)
				return parser_no_memory(ps);
			if (n)
				memcpy(more, v, n * sizeof(*v));
			v = more;
		}
		if (!parse_literal(ps, SET_LITERAL, &v[n]))
			return false;
		if (literal_class(v[n].type) != literal_class(v[0].type)) {
			lexer_fault(&ps->l, ERR_SYNTAX, at, "expected constants of one type in a set, found another type than the first one's");
			return false;
		}
		n++;
	} while (parser_accept(ps, TOKEN_COMMA));
	p->literal = v;
	p->literals = n;
	return parser_need(ps, TOKEN_RPAREN, "',' or ')' in the set");
}

/* Hash algorithms of hash-algorithm-ov and hex digits of a value (0: ssdeep). */
static const struct {
	const char *name;
	size_t digits;
} hashes[] = {
	{ "MD5", 32 },
	{ "SHA1", 40 },
	{ "SHA224", 56 },
	{ "SHA256", 64 },
	{ "SHA384", 96 },
	{ "SHA512", 128 },
	{ "RIPEMD160", 40 },
	{ "SHA3224", 56 },
	{ "SHA3256", 64 },
	{ "SHA3384", 96 },
	{ "SHA3512", 128 },
	{ "WHIRLPOOL", 128 },
	{ "SSDEEP", 0 },
};

/* Same letters, whatever their case and the hyphens between them. */
static bool hash_named(struct span key, const char *name)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i] >= 'a' && key.p[i] <= 'z' ? (char)(key.p[i] - 32) : key.p[i];

		if (c == '-')
			continue;
		if (!*name || c != *name)
			return false;
		name++;
	}
	return *name == 0;
}

static bool hash_fits(struct span s, size_t digits)
{
	static const char set[] = "0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ/+:.";

	if (digits ? s.n != digits : s.n < 1 || s.n > 256)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] ? strchr(set, s.p[i]) : NULL;

		if (!at || (digits && at >= set + 22))
			return false;
	}
	return true;
}

/* A hash constant that no hash can equal is a mistake; say so rather than never match. */
static bool check_hash(struct parser *ps, const struct pattern *p, size_t at)
{
	const struct pattern_step *last = &p->step[p->steps - 1];
	bool below = false;
	size_t h = 0;

	for (size_t i = 0; i + 1 < p->steps; i++)
		below |= p->step[i].kind == PATTERN_STEP_KEY && span_is(p->step[i].key, "hashes");
	if (ps->lax || !below || last->kind != PATTERN_STEP_KEY || (p->op != PATTERN_EQ && p->op != PATTERN_NE && p->op != PATTERN_IN))
		return true;
	while (h < sizeof(hashes) / sizeof(hashes[0]) && !hash_named(last->key, hashes[h].name))
		h++;
	for (size_t i = 0; i < p->literals && h < sizeof(hashes) / sizeof(hashes[0]); i++) {
		struct span s = p->literal[i].text;
		char want[64] = "an ssdeep value";

		if (p->literal[i].type != PATTERN_STRING || hash_fits(s, hashes[h].digits))
			continue;
		if (hashes[h].digits)
			snprintf(want, sizeof(want), "%zu hex digits", hashes[h].digits);
		lexer_fault(&ps->l, ERR_SYNTAX, at, "expected %s for a %.*s hash, found %zu characters that are none", want, (int)(last->key.n < 40 ? last->key.n : 40), last->key.p, s.n);
		return false;
	}
	return true;
}

static bool parse_operation(struct parser *ps, struct pattern *p)
{
	const struct operation *o = operations, *end = operations + sizeof(operations) / sizeof(operations[0]);
	struct pattern_literal *one;
	size_t at;

	p->negated = parser_accept(ps, TOKEN_NOT);
	while (o < end && o->token != ps->l.now.kind)
		o++;
	if (o == end)
		return parser_expected(ps, "a comparison operator (= != < <= > >= IN LIKE MATCHES ISSUBSET ISSUPERSET)");
	p->op = o->op;
	lexer_next(&ps->l);
	at = ps->l.now.at;
	if (o->operand == SET_LITERAL)
		return parse_set(ps, p) && check_hash(ps, p, at);
	one = ARENA_NEW(ps->a, struct pattern_literal);
	if (!one)
		return parser_no_memory(ps);
	p->literal = one;
	p->literals = 1;
	return parse_literal(ps, o->operand, one) && check_hash(ps, p, at);
}

static struct pattern *parse_comparison(struct parser *ps);
const struct grammar pattern_comparisons = { { { TOKEN_OR, PATTERN_OR }, { TOKEN_AND, PATTERN_AND } }, 2, parse_comparison };

static struct pattern *parse_comparison(struct parser *ps)
{
	size_t at = ps->l.now.at;
	struct built *b;

	if (parser_accept(ps, TOKEN_LPAREN))
		return parser_parens(ps, &pattern_comparisons, "AND, OR or ')'");
	b = parser_node(ps, PATTERN_COMPARE, at);
	if (!b)
		return NULL;
	b->p.negated = parser_accept(ps, TOKEN_NOT);
	if (parser_accept(ps, TOKEN_EXISTS)) {
		b->p.op = PATTERN_EXISTS;
		if (!parse_path(ps, &b->p))
			return NULL;
	} else if (b->p.negated) {
		return parser_expected(ps, "EXISTS after NOT (elsewhere NOT stands before the operator)");
	} else if (!parse_path(ps, &b->p) || !parse_operation(ps, &b->p)) {
		return NULL;
	}
	b->p.end = ps->l.last_end;
	return parser_failed(ps) ? NULL : &b->p;
}
