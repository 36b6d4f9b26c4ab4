/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a pattern to tokens, one at a time; the longest token wins, white space and comments fall away. */
#include "pattern/pattern_priv.h"

#include <stdio.h>

static const struct {
	const char *name, *text;
} tokens[] = {
#define X(k, name, text) { name, text },
	TOKEN_LIST(X)
#undef X
};

const char *token_name(enum token_kind k)
{
	return tokens[k].name;
}

void pattern_place(struct span source, size_t at, char *out, size_t room)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < source.n; i++) {
		unsigned char c = (unsigned char)source.p[i];

		if (c == '\n' || (c == '\r' && !(i + 1 < source.n && source.p[i + 1] == '\n'))) {
			line++;
			column = 1;
		} else if ((c & 0xC0) != 0x80) {
			column++;
		}
	}
	snprintf(out, room, "line %zu column %zu", line, column);
}

enum err lexer_fault(struct lexer *l, enum err e, size_t at, const char *fmt, ...)
{
	char where[64], what[256];
	va_list ap;

	if (l->err != ERR_OK)
		return l->err;
	pattern_place(l->source, at, where, sizeof(where));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	l->err = fault_set(l->fault, e, where, "%s", what);
	l->now.kind = TOKEN_END;
	l->pos = l->source.n;
	return l->err;
}

static unsigned char byte_at(const struct lexer *l, size_t i)
{
	return i < l->source.n ? (unsigned char)l->source.p[i] : 0;
}

/* Length of the well-formed UTF-8 character at p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t n, unsigned *code)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t want = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0
				: p[0] < 0xE0       ? 2
				: p[0] < 0xF0       ? 3
				: p[0] < 0xF5       ? 4
						    : 0;

	if (want == 0 || want > n)
		return 0;
	*code = want == 1 ? p[0] : p[0] & (0x7Fu >> want);
	for (size_t i = 1; i < want; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3F);
	}
	if (*code < least[want] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000))
		return 0;
	return want;
}

/* Unicode's White_Space property. */
static bool is_space(unsigned c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Skips a comment, which the standard's published grammar allows: slash star … star slash, or two slashes to the line's end. */
static bool skip_comment(struct lexer *l)
{
	size_t i = l->pos + 2;

	if (byte_at(l, l->pos) != '/')
		return false;
	if (byte_at(l, l->pos + 1) == '/') {
		while (i < l->source.n && l->source.p[i] != '\n' && l->source.p[i] != '\r')
			i++;
		l->pos = i;
		return true;
	}
	if (byte_at(l, l->pos + 1) != '*')
		return false;
	for (; i + 1 < l->source.n; i++) {
		if (l->source.p[i] == '*' && l->source.p[i + 1] == '/') {
			l->pos = i + 2;
			return true;
		}
	}
	lexer_fault(l, ERR_SYNTAX, l->pos, "expected */ at the end of this comment, found the end of the pattern");
	return false;
}

static void skip_space(struct lexer *l)
{
	while (l->pos < l->source.n) {
		unsigned code;
		size_t n = utf8_length((const unsigned char *)l->source.p + l->pos, l->source.n - l->pos, &code);

		if (n == 0) {
			lexer_fault(l, ERR_SYNTAX, l->pos, "expected UTF-8 text, found byte %02x", byte_at(l, l->pos));
			return;
		}
		if (is_space(code))
			l->pos += n;
		else if (!skip_comment(l))
			return;
	}
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* From the opening quote at `i` to behind the closing one; checks escapes and UTF-8.  0 with the fault set. */
static size_t scan_quoted(struct lexer *l, size_t i, bool escapes)
{
	size_t open = i++;

	while (i < l->source.n && l->source.p[i] != '\'') {
		unsigned code;
		size_t n = utf8_length((const unsigned char *)l->source.p + i, l->source.n - i, &code);

		if (n == 0) {
			lexer_fault(l, ERR_SYNTAX, i, "expected UTF-8 text, found byte %02x", byte_at(l, i));
			return 0;
		}
		if (escapes && code == '\\') {
			n = 2;
			if (byte_at(l, i + 1) != '\\' && byte_at(l, i + 1) != '\'') {
				lexer_fault(l, ERR_SYNTAX, i, "expected \\' or \\\\, the only escapes in a string, found another character after the backslash; write \\\\ for one backslash");
				return 0;
			}
		}
		i += n;
	}
	if (i >= l->source.n) {
		lexer_fault(l, ERR_SYNTAX, open, "expected ' at the end of this string, found the end of the pattern");
		return 0;
	}
	return i + 1;
}

static void take(struct lexer *l, enum token_kind k, size_t end)
{
	if (l->err != ERR_OK || end == 0)
		return;
	l->now = (struct token){ k, l->pos, end, { l->source.p + l->pos, end - l->pos } };
	l->pos = end;
}

/* '+'? digits, '.' and digits: 0, 12, -3, .5, 1.25; no leading zeros, no exponent. */
static bool scan_number(struct lexer *l)
{
	size_t i = l->pos, whole;

	if (byte_at(l, i) == '+' || byte_at(l, i) == '-')
		i++;
	for (whole = i; is_digit(byte_at(l, i));)
		i++;
	if (byte_at(l, i) == '.' && is_digit(byte_at(l, i + 1))) {
		for (i++; is_digit(byte_at(l, i));)
			i++;
		take(l, TOKEN_FLOAT, i);
		return true;
	}
	if (i == whole)
		return false;
	if (byte_at(l, whole) == '0' && i > whole + 1)
		lexer_fault(l, ERR_SYNTAX, l->pos, "expected a number without leading zeros, found '%.*s'", (int)(i - l->pos < 40 ? i - l->pos : 40), l->source.p + l->pos);
	take(l, TOKEN_INT, i);
	return true;
}

static void scan_word(struct lexer *l)
{
	size_t i = l->pos;
	bool hyphen = false;

	for (; is_letter(byte_at(l, i)) || is_digit(byte_at(l, i)) || byte_at(l, i) == '-'; i++)
		hyphen |= byte_at(l, i) == '-';
	take(l, hyphen ? TOKEN_NAME_HYPHEN : TOKEN_NAME, i);
	for (int k = TOKEN_AND; k <= TOKEN_FALSE && !hyphen; k++) {
		if (span_is(l->now.text, tokens[k].text))
			l->now.kind = (enum token_kind)k;
	}
}

static bool scan_sign(struct lexer *l)
{
	for (int k = TOKEN_EQ; k <= TOKEN_STAR; k++) {
		struct span rest = { l->source.p + l->pos, l->source.n - l->pos };

		if (span_starts(rest, span_of(tokens[k].text))) {
			take(l, (enum token_kind)k, l->pos + strlen(tokens[k].text));
			l->now.kind = l->now.kind == TOKEN_NE2 ? TOKEN_NE : l->now.kind == TOKEN_EQ1 ? TOKEN_EQ
												     : l->now.kind;
			return true;
		}
	}
	return false;
}

void lexer_next(struct lexer *l)
{
	unsigned char c, next;

	l->last_end = l->now.end;
	skip_space(l);
	if (l->err != ERR_OK || l->pos >= l->source.n) {
		l->now = (struct token){ TOKEN_END, l->source.n, l->source.n, { "", 0 } };
		return;
	}
	c = byte_at(l, l->pos);
	next = byte_at(l, l->pos + 1);
	if (next == '\'' && (c == 'h' || c == 'b' || c == 't'))
		take(l, c == 'h' ? TOKEN_HEX : c == 'b' ? TOKEN_BASE64
							: TOKEN_TIMESTAMP,
			scan_quoted(l, l->pos + 1, false));
	else if (c == '\'')
		take(l, TOKEN_STRING, scan_quoted(l, l->pos, true));
	else if (is_letter(c))
		scan_word(l);
	else if (!scan_number(l) && !scan_sign(l))
		lexer_fault(l, ERR_SYNTAX, l->pos, "found a character that is part of no pattern (byte %02x); text belongs in single quotes", c);
}

void lexer_init(struct lexer *l, struct span source, struct fault *f)
{
	*l = (struct lexer){ .source = source, .fault = f };
	lexer_next(l);
}
