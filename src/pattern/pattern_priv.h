/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the pattern language and what lexer, parser and printer share. */
#ifndef PATTERN_PATTERN_PRIV_H
#define PATTERN_PATTERN_PRIV_H
#include "pattern/pattern.h"

/* token, how an error message calls it, keyword or sign ("" where the text varies) */
#define TOKEN_LIST(X) \
	X(END, "the end of the pattern", "") \
	X(AND, "AND", "AND") \
	X(OR, "OR", "OR") \
	X(NOT, "NOT", "NOT") \
	X(FOLLOWEDBY, "FOLLOWEDBY", "FOLLOWEDBY") \
	X(LIKE, "LIKE", "LIKE") \
	X(MATCHES, "MATCHES", "MATCHES") \
	X(ISSUBSET, "ISSUBSET", "ISSUBSET") \
	X(ISSUPERSET, "ISSUPERSET", "ISSUPERSET") \
	X(EXISTS, "EXISTS", "EXISTS") \
	X(IN, "IN", "IN") \
	X(START, "START", "START") \
	X(STOP, "STOP", "STOP") \
	X(WITHIN, "WITHIN", "WITHIN") \
	X(SECONDS, "SECONDS", "SECONDS") \
	X(REPEATS, "REPEATS", "REPEATS") \
	X(TIMES, "TIMES", "TIMES") \
	X(TRUE, "true", "true") \
	X(FALSE, "false", "false") \
	X(EQ, "'='", "==") \
	X(NE, "'!='", "!=") \
	X(NE2, "'!='", "<>") \
	X(LE, "'<='", "<=") \
	X(GE, "'>='", ">=") \
	X(EQ1, "'='", "=") \
	X(LT, "'<'", "<") \
	X(GT, "'>'", ">") \
	X(LPAREN, "'('", "(") \
	X(RPAREN, "')'", ")") \
	X(LBRACK, "'['", "[") \
	X(RBRACK, "']'", "]") \
	X(COMMA, "','", ",") \
	X(COLON, "':'", ":") \
	X(DOT, "'.'", ".") \
	X(STAR, "'*'", "*") \
	X(NAME, "a name", "") \
	X(NAME_HYPHEN, "a name with a hyphen", "") \
	X(INT, "a whole number", "") \
	X(FLOAT, "a number", "") \
	X(STRING, "a string", "") \
	X(HEX, "a hex constant", "") \
	X(BASE64, "a binary constant", "") \
	X(TIMESTAMP, "a timestamp", "")

enum token_kind {
#define X(k, name, text) TOKEN_##k,
	TOKEN_LIST(X)
#undef X
};

struct token {
	enum token_kind kind;
	size_t at, end; /* in the source */
	struct span text;
};

/* The first fault stays; after it every token is TOKEN_END. */
struct lexer {
	struct span source;
	size_t pos, last_end; /* last_end: where the token before `now` ended */
	struct token now;
	enum err err;
	struct fault *fault;
};

void lexer_init(struct lexer *l, struct span source, struct fault *f);
void lexer_next(struct lexer *l);
const char *token_name(enum token_kind k);
/* The fault at byte `at`; returns l->err. */
enum err lexer_fault(struct lexer *l, enum err e, size_t at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "line L column C" of byte `at`: lines end at LF, CR or both; a column is a character, not a byte. */
void pattern_place(struct span source, size_t at, char *out, size_t room);
/* Reads the literal token t into out, memory from a.  False with the lexer's fault set. */
bool literal_read(struct lexer *l, struct arena *a, const struct token *t, struct pattern_literal *out);
/* Unescapes a string token's content (between the quotes). p is NULL without memory. */
struct span literal_unescape(struct arena *a, struct span quoted);
/* Hex and base64 text to bytes at `to` (room for in.n), *n of them. */
bool literal_hex(struct span in, char *to, size_t *n);
bool literal_base64(struct span in, char *to, size_t *n);

/* Does an unquoted key stand for itself? */
bool pattern_plain_key(struct span key);
void pattern_print_path(const struct pattern_step *step, size_t steps, struct buf *out);
void pattern_print_literal(const struct pattern_literal *v, struct buf *out);
/* With a blank before each. */
void pattern_print_qualifiers(const struct pattern_qualifiers *q, struct buf *out);
/* Does the part stand in parentheses inside a parent of this kind? */
bool pattern_needs_parens(const struct pattern *part, enum pattern_kind parent);
bool pattern_has_qualifiers(const struct pattern *p);
#endif
