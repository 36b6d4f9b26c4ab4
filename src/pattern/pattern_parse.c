/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens to tree by recursive descent (STIX 2.1 §9): recursion is bounded by BOUND_PATTERN_DEPTH parentheses, size by BOUND_PATTERN_NODES.
 *
 * 1. Operators of one level and kind make one node of many parts (they associate to the left); what stood in parentheses stays a node of its own.
 * 2. AND binds tighter than OR, OR tighter than FOLLOWEDBY; qualifiers bind tightest (§9.5.3).
 * 3. Whatever is accepted prints (pattern_print) as text that is accepted again and gives the same tree: the printed depth is bounded too.
 */
#include "pattern/pattern_parse_priv.h"

#include "util/bounds.h"

static const struct built *built_of(const struct pattern *p)
{
	return (const struct built *)(const void *)p;
}

bool parser_failed(const struct parser *ps)
{
	return ps->l.err != ERR_OK;
}

void *parser_no_memory(struct parser *ps)
{
	lexer_fault(&ps->l, ERR_NOMEM, ps->l.now.at, "out of memory");
	return NULL;
}

void *parser_expected(struct parser *ps, const char *what)
{
	const struct token *t = &ps->l.now;
	size_t n = t->text.n < 40 ? t->text.n : 40;

	while (n && n < t->text.n && ((unsigned char)t->text.p[n] & 0xC0) == 0x80)
		n--;
	if (t->kind == TOKEN_END)
		lexer_fault(&ps->l, ERR_SYNTAX, t->at, "expected %s, found the end of the pattern", what);
	else
		lexer_fault(&ps->l, ERR_SYNTAX, t->at, "expected %s, found %s%.*s", what, n < t->text.n ? "what begins with " : "", (int)n, t->text.p);
	return NULL;
}

bool parser_accept(struct parser *ps, enum token_kind k)
{
	if (parser_failed(ps) || ps->l.now.kind != k)
		return false;
	lexer_next(&ps->l);
	return true;
}

bool parser_need(struct parser *ps, enum token_kind k, const char *what)
{
	if (parser_accept(ps, k))
		return true;
	parser_expected(ps, what);
	return false;
}

static bool deeper(struct parser *ps)
{
	if (++ps->depth <= BOUND_PATTERN_DEPTH)
		return true;
	lexer_fault(&ps->l, ERR_LIMIT, ps->l.now.at, "more than %d parentheses inside each other", BOUND_PATTERN_DEPTH);
	return false;
}

struct built *parser_node(struct parser *ps, enum pattern_kind kind, size_t at)
{
	struct built *b;

	if (parser_failed(ps))
		return NULL;
	if (++ps->nodes > BOUND_PATTERN_NODES) {
		lexer_fault(&ps->l, ERR_LIMIT, at, "more than %d comparisons and operators in one pattern", BOUND_PATTERN_NODES);
		return NULL;
	}
	b = ARENA_NEW(ps->a, struct built);
	if (!b)
		return parser_no_memory(ps);
	b->p.kind = kind;
	b->p.at = at;
	return b;
}

/* ---- nodes of many parts ---- */

static bool parts_add(struct parser *ps, struct parts *to, struct pattern *p)
{
	if (!p)
		return false;
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 4;
		struct pattern **v = arena_array(ps->a, room, sizeof(struct pattern *));

		if (!v)
			return parser_no_memory(ps);
		if (to->n)
			memcpy(v, to->v, to->n * sizeof(struct pattern *));
		to->v = v;
		to->room = room;
	}
	to->v[to->n++] = p;
	return true;
}

static unsigned parens_inside(const struct pattern *part, enum pattern_kind parent)
{
	bool own = part->kind <= PATTERN_OBS_OR && pattern_has_qualifiers(part);

	return built_of(part)->parens + (own || pattern_needs_parens(part, parent));
}

static bool set_parens(struct parser *ps, struct built *b)
{
	for (size_t i = 0; i < b->p.parts; i++) {
		unsigned inside = parens_inside(b->p.part[i], b->p.kind);

		b->parens = inside > b->parens ? inside : b->parens;
	}
	if (b->parens <= BOUND_PATTERN_DEPTH)
		return true;
	lexer_fault(&ps->l, ERR_LIMIT, b->p.at, "more than %d parentheses inside each other", BOUND_PATTERN_DEPTH);
	return false;
}

static struct pattern *join(struct parser *ps, enum pattern_kind kind, const struct parts *parts)
{
	struct built *b = parser_node(ps, kind, parts->n ? parts->v[0]->at : 0);

	if (!b)
		return NULL;
	b->p.part = (const struct pattern *const *)parts->v;
	b->p.parts = parts->n;
	b->p.end = parts->v[parts->n - 1]->end;
	return set_parens(ps, b) ? &b->p : NULL;
}

struct pattern *parser_level(struct parser *ps, const struct grammar *g, size_t level)
{
	struct parts parts = { 0 };

	if (level == g->levels || level == sizeof(g->level) / sizeof(*g->level))
		return g->operand(ps);
	do {
		if (!parts_add(ps, &parts, parser_level(ps, g, level + 1)))
			return NULL;
	} while (parser_accept(ps, g->level[level].token));
	if (parser_failed(ps))
		return NULL;
	return parts.n == 1 ? parts.v[0] : join(ps, g->level[level].kind, &parts);
}

struct pattern *parser_parens(struct parser *ps, const struct grammar *g, const char *closing)
{
	struct pattern *p;

	if (!deeper(ps))
		return NULL;
	p = parser_level(ps, g, 0);
	if (!p || !parser_need(ps, TOKEN_RPAREN, closing))
		return NULL;
	ps->depth--;
	return p;
}

/* ---- observations and their qualifiers ---- */

static struct pattern *parse_test(struct parser *ps, size_t at)
{
	struct pattern *inner = parser_level(ps, &pattern_comparisons, 0);
	struct parts one = { 0 };
	struct pattern *p;

	if (!inner || !parts_add(ps, &one, inner))
		return NULL;
	if (ps->l.now.kind != TOKEN_RBRACK)
		return parser_expected(ps, "AND, OR or ']'");
	p = join(ps, PATTERN_TEST, &one);
	if (!p)
		return NULL;
	p->at = at;
	p->end = ps->l.now.end;
	lexer_next(&ps->l);
	return parser_failed(ps) ? NULL : p;
}

static bool parse_instant(struct parser *ps, const char *what, struct pattern_literal *out)
{
	struct token t = ps->l.now;

	if (ps->lax && t.kind == TOKEN_STRING) { /* STIX 2.0 wrote START '…' */
		t.kind = TOKEN_TIMESTAMP;
		t.text.p--; /* literal_read leaves out the letter before the quote; here it is a blank or a keyword's last one */
		t.text.n++;
	}
	if (t.kind != TOKEN_TIMESTAMP)
		return parser_expected(ps, what);
	if (!literal_read(&ps->l, ps->a, &t, out))
		return false;
	if (out->off_calendar)
		return parser_expected(ps, "a date that the calendar has");
	lexer_next(&ps->l);
	return !parser_failed(ps);
}

/* Texts of one shape sort like the instants they stand for, once trailing zeros of the fraction are gone. */
static bool instant_before(struct span x, struct span y)
{
	struct span *both[] = { &x, &y };

	for (int i = 0; i < 2; i++) {
		struct span *s = both[i];

		s->n--; /* Z */
		while (s->n > 19 && (s->p[s->n - 1] == '0' || s->p[s->n - 1] == '.'))
			s->n--;
	}
	return span_cmp(x, y) < 0;
}

static bool read_within(struct parser *ps, struct pattern_qualifiers *q)
{
	struct token t = ps->l.now;
	struct pattern_literal number;

	if (t.kind != TOKEN_INT && t.kind != TOKEN_FLOAT)
		return parser_expected(ps, "a number of seconds above 0");
	if (!literal_read(&ps->l, ps->a, &t, &number))
		return false;
	q->within_s = number.type == PATTERN_INT ? (double)number.integer : number.number;
	q->within_text = number.text;
	q->has_within = true;
	if (q->within_s <= 0)
		return parser_expected(ps, "a number of seconds above 0");
	lexer_next(&ps->l);
	return parser_need(ps, TOKEN_SECONDS, "SECONDS");
}

static bool read_repeats(struct parser *ps, struct pattern_qualifiers *q)
{
	struct token t = ps->l.now;
	struct pattern_literal number;

	if (t.kind != TOKEN_INT)
		return parser_expected(ps, "a whole number above 0");
	if (!literal_read(&ps->l, ps->a, &t, &number))
		return false;
	if (number.integer <= 0)
		return parser_expected(ps, "a whole number above 0");
	q->repeats = number.integer;
	q->has_repeats = true;
	lexer_next(&ps->l);
	return parser_need(ps, TOKEN_TIMES, "TIMES");
}

static bool read_start_stop(struct parser *ps, struct pattern_qualifiers *q)
{
	struct pattern_literal start, stop;
	size_t at;

	if (!parse_instant(ps, "a timestamp t'…' after START", &start) || !parser_need(ps, TOKEN_STOP, "STOP after START t'…'"))
		return false;
	at = ps->l.now.at;
	if (!parse_instant(ps, "a timestamp t'…' after STOP", &stop))
		return false;
	if (!ps->lax && !instant_before(start.text, stop.text)) {
		lexer_fault(&ps->l, ERR_SYNTAX, at, "expected STOP later than START, found %.*s", SPAN_ARG(stop.text));
		return false;
	}
	q->start = start.integer;
	q->stop = stop.integer;
	q->start_text = start.text;
	q->stop_text = stop.text;
	q->has_start_stop = true;
	return true;
}

/* Puts the one qualifier in `q` on p, or on a new node around p where p's own would otherwise be applied in another order than written. */
static struct pattern *qualify(struct parser *ps, struct pattern *p, const struct pattern_qualifiers *q)
{
	struct pattern_qualifiers *to = &p->q;
	bool wrap = q->has_start_stop ? to->has_start_stop : to->has_within || (q->has_repeats && to->has_repeats);
	struct parts one = { 0 };
	size_t at = p->at;

	if (wrap) {
		if (!parts_add(ps, &one, p) || !(p = join(ps, PATTERN_OBS_AND, &one)))
			return NULL;
		p->at = at;
		to = &p->q;
	}
	/* START STOP commutes with all others: it sinks as deep as it can, so that every order of writing gives one tree. */
	for (struct pattern *inner = p; q->has_start_stop && inner->kind == PATTERN_OBS_AND && inner->parts == 1;) {
		inner = (struct pattern *)(uintptr_t)inner->part[0];
		if (inner->q.has_start_stop)
			break;
		to = &inner->q;
	}
	if (q->has_within) {
		to->has_within = true;
		to->within_s = q->within_s;
		to->within_text = q->within_text;
	} else if (q->has_repeats) {
		to->has_repeats = true;
		to->repeats = q->repeats;
	} else {
		to->has_start_stop = true;
		to->start = q->start;
		to->stop = q->stop;
		to->start_text = q->start_text;
		to->stop_text = q->stop_text;
	}
	p->end = ps->l.last_end;
	return p;
}

static const struct {
	enum token_kind token;
	bool (*read)(struct parser *ps, struct pattern_qualifiers *q);
} qualifiers[] = {
	{ TOKEN_WITHIN, read_within },
	{ TOKEN_REPEATS, read_repeats },
	{ TOKEN_START, read_start_stop },
};

/* Any number of qualifiers; after a bare [ ] each kind once (§9.5.1: "MUST NOT have more than one Qualifier of a particular type").  Behind a
 * parenthesis a second one is let through, as the reference validator does: it restricts the restricted expression once more. */
static struct pattern *parse_qualifiers(struct parser *ps, struct pattern *p, bool bare)
{
	unsigned seen = 0;

	while (p && !parser_failed(ps)) {
		struct pattern_qualifiers q = { 0 };
		size_t at = ps->l.now.at, i = 0;

		while (i < 3 && qualifiers[i].token != ps->l.now.kind)
			i++;
		if (i == 3)
			return p;
		if (bare && !ps->lax && (seen >> i & 1)) {
			lexer_fault(&ps->l, ERR_SYNTAX, at, "expected each qualifier once, found %s a second time", token_name(qualifiers[i].token));
			return NULL;
		}
		seen |= 1u << i;
		lexer_next(&ps->l);
		if (!qualifiers[i].read(ps, &q))
			return NULL;
		p = qualify(ps, p, &q);
	}
	return NULL;
}

static struct pattern *parse_observation(struct parser *ps);
static const struct grammar observations = {
	{ { TOKEN_FOLLOWEDBY, PATTERN_FOLLOWEDBY }, { TOKEN_OR, PATTERN_OBS_OR }, { TOKEN_AND, PATTERN_OBS_AND } }, 3, parse_observation
};

static struct pattern *parse_observation(struct parser *ps)
{
	size_t at = ps->l.now.at;

	if (parser_accept(ps, TOKEN_LPAREN))
		return parse_qualifiers(ps, parser_parens(ps, &observations, "AND, OR, FOLLOWEDBY, a qualifier or ')'"), false);
	if (!parser_accept(ps, TOKEN_LBRACK))
		return parser_expected(ps, "'[' or '('");
	return parse_qualifiers(ps, parse_test(ps, at), true);
}

static enum err parse(struct arena *a, struct span text, bool lax, const struct pattern **out, struct fault *f)
{
	struct parser ps = { .a = a, .lax = lax };
	struct pattern *root;

	if (text.n > BOUND_PATTERN_BYTES)
		return fault_set(f, ERR_LIMIT, "", "the pattern has %zu bytes, at most %u are allowed", text.n, BOUND_PATTERN_BYTES);
	lexer_init(&ps.l, text, f);
	root = parser_level(&ps, &observations, 0);
	if (!parser_failed(&ps) && ps.l.now.kind != TOKEN_END)
		parser_expected(&ps, "AND, OR, FOLLOWEDBY, a qualifier (WITHIN, REPEATS, START) or the end of the pattern");
	if (!parser_failed(&ps) && parens_inside(root, PATTERN_FOLLOWEDBY) > BOUND_PATTERN_DEPTH)
		lexer_fault(&ps.l, ERR_LIMIT, root->at, "more than %d parentheses inside each other", BOUND_PATTERN_DEPTH);
	if (parser_failed(&ps))
		return ps.l.err;
	*out = root;
	return ERR_OK;
}

enum err pattern_parse(struct arena *a, struct span text, const struct pattern **out, struct fault *f)
{
	return parse(a, text, false, out, f);
}

enum err pattern_parse_lax(struct arena *a, struct span text, const struct pattern **out, struct fault *f)
{
	return parse(a, text, true, out, f);
}
