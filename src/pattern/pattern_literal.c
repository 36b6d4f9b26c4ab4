/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of the pattern language: strings, numbers, hex, base64, timestamps (STIX 2.1 §9.2). */
#include "pattern/pattern_priv.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "util/timestamp.h"

struct span literal_unescape(struct arena *a, struct span quoted)
{
	char *to = arena_alloc(a, quoted.n + 1);
	size_t n = 0;

	if (!to)
		return (struct span){ NULL, 0 };
	for (size_t i = 0; i < quoted.n; i++) {
		if (quoted.p[i] == '\\' && i + 1 < quoted.n)
			i++;
		to[n++] = quoted.p[i];
	}
	return (struct span){ to, n };
}

static bool no_memory(struct lexer *l, const struct token *t)
{
	lexer_fault(l, ERR_NOMEM, t->at, "out of memory");
	return false;
}

static bool read_number(struct lexer *l, struct arena *a, const struct token *t, struct pattern_literal *out)
{
	struct span text = t->text;
	locale_t c;
	char *z;

	if (text.n && text.p[0] == '+') {
		text.p++;
		text.n--;
	}
	z = arena_str(a, text);
	if (!z)
		return no_memory(l, t);
	out->text = (struct span){ z, text.n };
	errno = 0;
	if (t->kind == TOKEN_INT) {
		out->type = PATTERN_INT;
		out->integer = strtoll(z, NULL, 10);
		if (errno == ERANGE)
			lexer_fault(l, ERR_SYNTAX, t->at, "expected a whole number of 64 bits, found '%.40s'", z);
		return errno == 0;
	}
	out->type = PATTERN_FLOAT;
	c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	if (!c)
		return no_memory(l, t);
	out->number = strtod_l(z, NULL, c);
	freelocale(c);
	if (isfinite(out->number))
		return true;
	lexer_fault(l, ERR_SYNTAX, t->at, "expected a number that fits a double, found '%.40s'", z);
	return false;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
					: c >= 'A' && c <= 'F'       ? c - 'A' + 10
								     : -1;
}

bool literal_hex(struct span in, char *to, size_t *n)
{
	if (in.n % 2)
		return false;
	for (size_t i = 0; i + 1 < in.n; i += 2) {
		int high = hex_digit(in.p[i]), low = hex_digit(in.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[(*n)++] = (char)(high << 4 | low);
	}
	return true;
}

static int base64_digit(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
					: c >= '0' && c <= '9'       ? c - '0' + 52
					: c == '+'                   ? 62
					: c == '/'                   ? 63
								     : -1;
}

/* Line ends inside are allowed and ignored (§9.2). */
bool literal_base64(struct span in, char *to, size_t *n)
{
	unsigned bits = 0, have = 0, pad = 0;
	bool good = true;

	for (size_t i = 0; i < in.n && good; i++) {
		int digit = base64_digit(in.p[i]);

		if (in.p[i] == '\n' || in.p[i] == '\r')
			continue;
		if (in.p[i] == '=' && (have % 4 >= 2)) {
			digit = 0;
			pad++;
		} else if (pad) {
			digit = -1;
		}
		good = digit >= 0;
		bits = bits << 6 | (unsigned)(digit & 63);
		have++;
		for (int k = 0; have % 4 == 0 && k < 3; k++)
			to[(*n)++] = (char)(bits >> (16 - 8 * k));
	}
	if (!good || have % 4 != 0)
		return false;
	*n -= pad;
	return true;
}

/* The shape that the published grammar allows, which knows no calendar: 30 February passes, month 13 does not. */
static bool timestamp_shape(struct span s)
{
	static const char low[] = "0000-00-00T00:00:00", high[] = "9999-19-39T29:59:69";
	int month, day, hour, second;

	if (s.n < sizeof(low) || s.p[s.n - 1] != 'Z')
		return false;
	for (size_t i = 0; i < sizeof(low) - 1; i++) {
		if (s.p[i] < low[i] || s.p[i] > high[i])
			return false;
	}
	month = (s.p[5] - '0') * 10 + s.p[6] - '0';
	day = (s.p[8] - '0') * 10 + s.p[9] - '0';
	hour = (s.p[11] - '0') * 10 + s.p[12] - '0';
	second = (s.p[17] - '0') * 10 + s.p[18] - '0';
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || second > 60)
		return false;
	if (s.n == sizeof(low))
		return true;
	for (size_t i = sizeof(low); i < s.n - 1; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.p[sizeof(low) - 1] == '.' && s.n > sizeof(low) + 1;
}

static bool read_timestamp(struct lexer *l, const struct token *t, struct span in, struct pattern_literal *out)
{
	out->type = PATTERN_TIMESTAMP;
	out->text = in;
	if (!timestamp_shape(in)) {
		lexer_fault(l, ERR_SYNTAX, t->at, "expected t'YYYY-MM-DDThh:mm:ss.sssZ' with upper case T and Z, found t'%.*s'", (int)(in.n < 40 ? in.n : 40), in.p);
		return false;
	}
	out->off_calendar = timestamp_parse_ns(in, &out->integer, NULL) != ERR_OK;
	return true;
}

bool literal_read(struct lexer *l, struct arena *a, const struct token *t, struct pattern_literal *out)
{
	size_t prefix = t->kind == TOKEN_STRING ? 1 : 2;
	struct span in = { t->text.p + prefix, t->text.n - prefix - 1 };
	char *to;

	*out = (struct pattern_literal){ .type = PATTERN_BOOL, .text = t->text, .integer = t->kind == TOKEN_TRUE };
	if (t->kind == TOKEN_TRUE || t->kind == TOKEN_FALSE) {
		out->text = arena_span(a, t->text);
		return out->text.p || no_memory(l, t);
	}
	if (t->kind == TOKEN_INT || t->kind == TOKEN_FLOAT)
		return read_number(l, a, t, out);
	if (t->kind == TOKEN_STRING) {
		out->type = PATTERN_STRING;
		out->text = literal_unescape(a, in);
		return out->text.p || no_memory(l, t);
	}
	if (t->kind == TOKEN_TIMESTAMP) {
		in = arena_span(a, in);
		return in.p ? read_timestamp(l, t, in, out) : no_memory(l, t);
	}
	to = arena_alloc(a, in.n + 1);
	if (!to)
		return no_memory(l, t);
	out->type = t->kind == TOKEN_HEX ? PATTERN_HEX : PATTERN_BASE64;
	out->text = (struct span){ to, 0 };
	if (t->kind == TOKEN_HEX ? literal_hex(in, to, &out->text.n) : literal_base64(in, to, &out->text.n))
		return true;
	lexer_fault(l, ERR_SYNTAX, t->at, t->kind == TOKEN_HEX ? "expected pairs of hex digits in h'…', found something else" : "expected base64 with padding (RFC 4648) in b'…', found something else");
	return false;
}
