/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser share: its state, and operators by level. */
#ifndef PATTERN_PATTERN_PARSE_PRIV_H
#define PATTERN_PATTERN_PARSE_PRIV_H
#include "pattern/pattern_priv.h"

/* A node while it is built, with how deep its parentheses print. */
struct built {
	struct pattern p; /* first: a struct pattern * of this file is a struct built * */
	unsigned parens;
};

struct parser {
	struct lexer l;
	struct arena *a;
	size_t nodes;
	unsigned depth;
	bool lax; /* pattern_parse_lax */
};

struct parts {
	struct pattern **v;
	size_t n, room;
};

/* Levels of operators, loosest first; past the last one stands an operand. */
struct level {
	enum token_kind token;
	enum pattern_kind kind;
};
struct grammar {
	struct level level[3];
	size_t levels;
	struct pattern *(*operand)(struct parser *ps);
};

bool parser_failed(const struct parser *ps);
/* Set the fault and give NULL (false). */
void *parser_no_memory(struct parser *ps);
void *parser_expected(struct parser *ps, const char *what);
bool parser_accept(struct parser *ps, enum token_kind k);
bool parser_need(struct parser *ps, enum token_kind k, const char *what);
/* NULL past BOUND_PATTERN_NODES. */
struct built *parser_node(struct parser *ps, enum pattern_kind kind, size_t at);
/* Everything from operator level `level` of g on; parser_parens: all levels, up to the closing parenthesis. */
struct pattern *parser_level(struct parser *ps, const struct grammar *g, size_t level);
struct pattern *parser_parens(struct parser *ps, const struct grammar *g, const char *closing);

extern const struct grammar pattern_comparisons;
#endif
