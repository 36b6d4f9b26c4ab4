/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a JSON text, and where: simdjson says only that something is.  A strict reader of RFC 8259 that keeps nothing. */
#include "util/bounds.h"
#include "util/json_priv.h"
#include <stdio.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

struct reader {
	struct span text;
	size_t at;
	const char *wrong; /* NULL while nothing is */
	enum err kind;
};

enum err json_fault_at(struct fault *f, enum err e, struct span text, size_t at, const char *what)
{
	size_t line = 1, start = 0;
	for (size_t i = 0; i < at && i < text.n; i++)
		if (text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	char where[80];
	snprintf(where, sizeof where, "byte %zu, line %zu column %zu", at, line, at - start + 1);
	if (at >= text.n)
		return fault_set(f, e, where, "%s: the text ends here", what);
	unsigned char c = (unsigned char)text.p[at];
	if (c > 0x20 && c < 0x7F)
		return fault_set(f, e, where, "%s: found '%c'", what, c);
	return fault_set(f, e, where, "%s: found byte 0x%02X", what, c);
}

static int look(const struct reader *r)
{
	return r->at < r->text.n ? (unsigned char)r->text.p[r->at] : -1;
}

static bool wrong(struct reader *r, const char *what)
{
	r->wrong = what;
	r->kind = ERR_SYNTAX;
	return false;
}

static void skip_blanks(struct reader *r)
{
	for (int c = look(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = look(r))
		r->at++;
}

/* The four hex digits behind \u, or -1. */
static int hex4(const struct reader *r, size_t at)
{
	int v = 0;
	for (size_t i = at; i < at + 4; i++) {
		int c = i < r->text.n ? (unsigned char)r->text.p[i] : 0;
		int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
											    : -1;
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static bool read_escape(struct reader *r)
{
	int c = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : 0;
	if (c != 'u') {
		if (!c || !strchr("\"\\/bfnrt", c))
			return wrong(r, "an escape in a string must be one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
		r->at += 2;
		return true;
	}
	int unit = hex4(r, r->at + 2);
	if (unit < 0)
		return wrong(r, "\\u must be followed by four hexadecimal digits");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return wrong(r, "a low surrogate escape must follow a high one");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		int low = r->at + 7 < r->text.n && r->text.p[r->at + 6] == '\\' && r->text.p[r->at + 7] == 'u' ? hex4(r, r->at + 8) : -1;
		if (low < 0xDC00 || low > 0xDFFF)
			return wrong(r, "a high surrogate escape must be followed by a low one");
		r->at += 6;
	}
	r->at += 6;
	return true;
}

static bool read_string(struct reader *r)
{
	size_t start = r->at++;
	for (;;) {
		int c = look(r);
		if (c < 0) {
			r->at = start;
			return wrong(r, "a string is not closed");
		}
		if (c == '"') {
			r->at++;
			return true;
		}
		if (c < 0x20)
			return wrong(r, "a control character in a string must be written as an escape");
		if (c == '\\') {
			if (!read_escape(r))
				return false;
			continue;
		}
		size_t n = json_utf8_length(r->text.p + r->at, r->text.n - r->at);
		if (!n)
			return wrong(r, "the text is not valid UTF-8");
		r->at += n;
	}
}

static size_t read_digits(struct reader *r)
{
	size_t from = r->at;
	while (look(r) >= '0' && look(r) <= '9')
		r->at++;
	return r->at - from;
}

/* The digits of an integer without sign or leading zero: do they fit 64 bits, signed where it is negative? */
static bool fits(const char *p, size_t n, bool negative)
{
	const char *most = negative ? "9223372036854775808" : "18446744073709551615";
	size_t size = strlen(most);
	return n < size || (n == size && memcmp(p, most, n) <= 0);
}

static bool read_number(struct reader *r)
{
	size_t start = r->at;
	bool negative = look(r) == '-', whole = true;
	r->at += negative;
	size_t first = r->at, n = read_digits(r);
	if (n == 0)
		return wrong(r, "a number needs a digit here");
	if (n > 1 && r->text.p[first] == '0') {
		r->at = first;
		return wrong(r, "a number may not begin with a zero that another digit follows");
	}
	if (look(r) == '.') {
		whole = false;
		r->at++;
		if (!read_digits(r))
			return wrong(r, "a digit must follow the decimal point");
	}
	if (look(r) == 'e' || look(r) == 'E') {
		whole = false;
		r->at++;
		r->at += look(r) == '+' || look(r) == '-';
		if (!read_digits(r))
			return wrong(r, "a digit must stand in the exponent");
	}
	size_t end = r->at;
	r->at = start;
	if (whole && !fits(r->text.p + first, n, negative))
		return wrong(r, "an integer must lie between -9223372036854775808 and 18446744073709551615; write larger ones as strings");
	if (!whole && json_simd_overflows(r->text.p + start, end - start))
		return wrong(r, "a number must lie within what a double can hold (about 1.8e308)");
	r->at = end;
	return true;
}

static bool no_value(struct reader *r)
{
	return wrong(r, "a value must be an object, array, string, number, true, false or null");
}

static bool read_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if (r->text.n - r->at < n || memcmp(r->text.p + r->at, word, n) != 0)
		return no_value(r);
	r->at += n;
	return true;
}

static bool read_scalar(struct reader *r)
{
	switch (look(r)) {
	case '"': return read_string(r);
	case 't': return read_word(r, "true");
	case 'f': return read_word(r, "false");
	case 'n': return read_word(r, "null");
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9': return read_number(r);
	default: return no_value(r);
	}
}

static bool read_key(struct reader *r)
{
	if (look(r) != '"')
		return wrong(r, "a member's name in double quotes is missing");
	if (!read_string(r))
		return false;
	skip_blanks(r);
	if (look(r) != ':')
		return wrong(r, "after a member's name a ':' is missing");
	r->at++;
	skip_blanks(r);
	return true;
}

/* Over closing brackets and commas to where the next value stands; *depth is 0 where the text is complete. */
static bool read_between(struct reader *r, const char *open, unsigned *depth)
{
	for (; *depth > 0; (*depth)--) {
		bool object = open[*depth - 1] == '{';
		skip_blanks(r);
		int c = look(r);
		r->at++;
		if (c == ',') {
			skip_blanks(r);
			return !object || read_key(r);
		}
		if (c != (object ? '}' : ']')) {
			r->at--;
			return wrong(r, object ? "a ',' or '}' is missing after a member" : "a ',' or ']' is missing after an item");
		}
	}
	return true;
}

static bool read_text(struct reader *r, unsigned most_depth)
{
	char open[BOUND_JSON_DEPTH + 8];
	unsigned depth = 0;
	if (r->text.n >= 3 && memcmp(r->text.p, "\xEF\xBB\xBF", 3) == 0)
		return wrong(r, "JSON begins without a byte order mark; remove the first three bytes");
	skip_blanks(r);
	do {
		int c = look(r);
		if (c != '{' && c != '[') {
			if (!read_scalar(r) || !read_between(r, open, &depth))
				return false;
			continue;
		}
		if (depth == most_depth) {
			r->wrong = "arrays and objects are nested deeper than " TEXT(BOUND_JSON_DEPTH) " levels";
			r->kind = ERR_LIMIT;
			return false;
		}
		open[depth++] = (char)c;
		r->at++;
		skip_blanks(r);
		if (look(r) == (c == '{' ? '}' : ']')) {
			r->at++;
			depth--;
			if (!read_between(r, open, &depth))
				return false;
		} else if (c == '{' && !read_key(r)) {
			return false;
		}
	} while (depth > 0);
	skip_blanks(r);
	return r->at == r->text.n || wrong(r, "something follows the end of the JSON text");
}

enum err json_explain(struct span text, unsigned most_depth, struct fault *f)
{
	struct reader r = { .text = text };
	if (most_depth > BOUND_JSON_DEPTH + 8)
		most_depth = BOUND_JSON_DEPTH + 8;
	if (read_text(&r, most_depth))
		return ERR_OK;
	return json_fault_at(f, r.kind, text, r.at, r.wrong);
}
