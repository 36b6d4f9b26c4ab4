/* SPDX-License-Identifier: Apache-2.0 */
/* What a value is: one look at its characters tells which normal form to try; and the pattern that looks for it. */
#include <strings.h>
#include "formats/formats_priv.h"
#include "util/unicode.h"

const struct formats_sort_row formats_sorts[FORMATS_SORTS] = {
#define X(s, name, kind, path, type) { name, STIX_VALUE_##kind, path, type },
	FORMATS_SORT_LIST(X)
#undef X
};

static const struct span none = { NULL, 0 };

bool formats_sort_named(struct span name, enum formats_sort *out)
{
	for (size_t i = 0; i < FORMATS_SORTS; i++) {
		if (span_is(name, formats_sorts[i].name)) {
			*out = (enum formats_sort)i;
			return true;
		}
	}
	return false;
}

struct span formats_trim(struct span s)
{
	while (s.n && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

bool formats_same(struct span s, const char *word)
{
	return s.n && formats_lower(s.p[0]) == formats_lower(word[0]) && s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

bool formats_starts(struct span s, const char *word)
{
	size_t n = strlen(word);
	return s.n >= n && strncasecmp(s.p, word, n) == 0;
}

/* ---- normal forms of sorts that stix/values.h does not know ---- */

static struct span lowered_hex(struct arena *a, struct span s, size_t digits)
{
	char *p = s.n == digits ? arena_str(a, s) : NULL;

	for (size_t i = 0; p && i < s.n; i++) {
		if (!formats_hex(p[i]))
			return none;
		p[i] = formats_lower(p[i]);
	}
	return p ? (struct span){ p, s.n } : none;
}

/* t13d1516h2_8daaf6152771_b186095e22b6 */
static struct span ja4(struct arena *a, struct span s)
{
	if (s.n != 36 || s.p[10] != '_' || s.p[23] != '_' || !strchr("tqd", s.p[0]))
		return none;
	for (size_t i = 0; i < 10; i++) {
		if (!formats_digit(s.p[i]) && !formats_letter(s.p[i]))
			return none;
	}
	for (size_t i = 11; i < 36; i++) {
		if (i != 23 && !formats_hex(s.p[i]))
			return none;
	}
	return arena_span(a, s);
}

/* T1059, T1059.001, TA0001, S0002, G0016, M1036, C0011, DS0017 */
static struct span attack(struct arena *a, struct span s)
{
	static const char *const shapes[] = { "T9999", "T9999.999", "TA9999", "S9999", "G9999", "M9999", "C9999", "DS9999" };

	for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
		size_t i = 0;
		if (strlen(shapes[k]) != s.n)
			continue;
		while (i < s.n && (shapes[k][i] == '9' ? formats_digit(s.p[i]) : s.p[i] == shapes[k][i]))
			i++;
		if (i == s.n && s.p[strcspn(shapes[k], "9")] <= '1') /* the numbers given so far begin with 0 or 1 */
			return arena_span(a, s);
	}
	return none;
}

/* Fingerprints are often written with colons: ab:cd:… */
static struct span without_colons(struct arena *a, struct span s)
{
	if (s.n < 5 || s.p[2] != ':')
		return s;
	char *to = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; to && i < s.n; i++) {
		if (i % 3 == 2) {
			if (s.p[i] != ':')
				return s;
			continue;
		}
		to[n++] = s.p[i];
	}
	return to ? (struct span){ to, n } : none;
}

/* One line of printable text, as it stands. */
static struct span plain_text(struct arena *a, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
			return none;
	}
	return s.n && s.n <= FORMATS_VALUE_MOST ? arena_span(a, s) : none;
}

/* An address in dotted form, with or without a prefix, that is its own normal form: most of what lists hold. */
static bool plain_ipv4(struct span s)
{
	unsigned v = 0, digits = 0, dots = 0, most = 255;

	for (size_t i = 0; i < s.n; i++) {
		if (formats_digit(s.p[i])) {
			v = v * 10 + (unsigned)(s.p[i] - '0');
			if (v > most || (digits && v < 10)) /* a leading zero */
				return false;
			digits++;
			continue;
		}
		if (!digits || most < 255)
			return false;
		if (s.p[i] == '/' && dots == 3)
			most = 31;
		else if (s.p[i] != '.' || ++dots > 3)
			return false;
		v = digits = 0;
	}
	return dots == 3 && digits;
}

/* Bytes that are no UTF-8 stand in no object. */
static bool is_text(struct span s)
{
	int32_t c;

	for (size_t i = 0, n; i < s.n; i += n) {
		n = 1;
		if ((unsigned char)s.p[i] >= 0x80 && (n = unicode_next(formats_from(s, i), &c)) == 1)
			return false;
	}
	return true;
}

static struct span normal_of(struct arena *a, enum formats_sort sort, struct span text);

struct span formats_normal(struct arena *a, enum formats_sort sort, struct span text)
{
	if (sort == FORMATS_IPV4 && plain_ipv4(text))
		return arena_span(a, text);
	return is_text(text) ? normal_of(a, sort, text) : none;
}

static struct span normal_of(struct arena *a, enum formats_sort sort, struct span text)
{
	if (!text.n || text.n > FORMATS_VALUE_MOST)
		return none;
	switch (sort) {
	case FORMATS_JA3: return lowered_hex(a, text, 32);
	case FORMATS_JA4: return ja4(a, text);
	case FORMATS_ATTACK: return attack(a, text);
	case FORMATS_CERT_MD5:
	case FORMATS_CERT_SHA1:
	case FORMATS_CERT_SHA256: return stix_value_normal(a, formats_sorts[sort].kind, without_colons(a, text));
	case FORMATS_FILENAME:
	case FORMATS_MUTEX:
	case FORMATS_REGKEY:
	case FORMATS_USER_AGENT:
		text = plain_text(a, text);
		return text.n && sort != FORMATS_FILENAME && sort != FORMATS_USER_AGENT ? stix_value_normal(a, formats_sorts[sort].kind, text) : text;
	case FORMATS_DOMAIN: {
		if (span_starts(text, SPAN("*.")))
			text = formats_from(text, 2);
		else if (text.n > 1 && text.p[0] == '.')
			text = formats_from(text, 1);
		struct span d = stix_value_normal(a, STIX_VALUE_DOMAIN, text);
		return d.n ? d : none;
	}
	default: return stix_value_normal(a, formats_sorts[sort].kind, text);
	}
}

/* ---- guessing ---- */

struct looks {
	bool hex, digits_dots, scheme, past_ascii, inner_blank;
	size_t dots, colons, slashes, ats, backslashes;
};

static struct looks look(struct span s)
{
	struct looks l = { .hex = true, .digits_dots = true };

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool digit = formats_digit(c);
		l.hex &= formats_hex(c);
		l.digits_dots &= digit || c == '.' || c == '/';
		l.dots += c == '.';
		l.scheme |= c == ':' && s.n - i > 3 && s.p[i + 1] == '/' && s.p[i + 2] == '/' && !l.slashes && !l.ats;
		l.colons += c == ':';
		l.slashes += c == '/';
		l.ats += c == '@';
		l.backslashes += c == '\\';
		l.past_ascii |= (unsigned char)c >= 0x80;
		l.inner_blank |= (unsigned char)c <= ' ';
	}
	return l;
}

static enum formats_sort try_sort(struct arena *a, enum formats_sort sort, struct span text, struct span *normal)
{
	struct span n = formats_normal(a, sort, text);

	if (!n.n)
		return FORMATS_SORTS;
	*normal = n;
	return sort == FORMATS_IPV6 && !memchr(n.p, ':', n.n) ? FORMATS_IPV4 : sort;
}

static enum formats_sort hash_of(struct arena *a, struct span s, struct span *normal)
{
	static const struct {
		size_t digits;
		enum formats_sort sort;
	} lengths[] = { { 32, FORMATS_MD5 }, { 40, FORMATS_SHA1 }, { 64, FORMATS_SHA256 }, { 128, FORMATS_SHA512 } };

	for (size_t i = 0; i < 4; i++) {
		if (s.n == lengths[i].digits)
			return try_sort(a, lengths[i].sort, s, normal);
	}
	return FORMATS_SORTS;
}

/* "address:port", "[v6]:port", "name:port": what stands before the port. */
static struct span without_port(struct span s)
{
	size_t n = s.n;

	while (n && formats_digit(s.p[n - 1]))
		n--;
	if (n == s.n || n < 2 || s.p[n - 1] != ':' || s.n - n > 5)
		return s;
	return (struct span){ s.p, n - 1 };
}

static enum formats_sort with_colons(struct arena *a, struct span s, const struct looks *l, struct span *normal)
{
	enum formats_sort sort = try_sort(a, FORMATS_IPV6, s, normal);
	struct span bare = without_port(s), hex = without_colons(a, s);

	if (sort != FORMATS_SORTS)
		return sort;
	if (hex.n != s.n && hex.n != 12 && look(hex).hex)
		return hash_of(a, hex, normal);
	if (l->colons == 5 && s.n == 17)
		return try_sort(a, FORMATS_MAC, s, normal);
	if (bare.n > 2 && bare.p[0] == '[' && bare.p[bare.n - 1] == ']')
		return try_sort(a, FORMATS_IPV6, (struct span){ bare.p + 1, bare.n - 2 }, normal);
	return bare.n < s.n ? formats_classify(a, bare, normal) : FORMATS_SORTS;
}

static enum formats_sort bare_url(struct arena *a, struct span s, struct span *normal)
{
	const char *slash = memchr(s.p, '/', s.n);
	struct span host = { s.p, (size_t)(slash - s.p) }, n;
	enum formats_sort sort = host.n ? formats_classify(a, host, &n) : FORMATS_SORTS;

	if (sort != FORMATS_DOMAIN && sort != FORMATS_IPV4)
		return FORMATS_SORTS;
	return try_sort(a, FORMATS_URL, span_of(arena_printf(a, "http://%.*s", SPAN_ARG(s))), normal);
}

static enum formats_sort name_of(struct arena *a, struct span s, const struct looks *l, struct span *normal)
{
	if (!l->dots && !l->past_ascii)
		return FORMATS_SORTS;
	enum formats_sort sort = try_sort(a, FORMATS_DOMAIN, s, normal);
	return sort != FORMATS_SORTS && memchr(normal->p, '.', normal->n) ? sort : FORMATS_SORTS;
}

static enum formats_sort classify_plain(struct arena *a, struct span s, struct span *normal)
{
	struct looks l = look(s);

	if (l.inner_blank)
		return FORMATS_SORTS;
	if (l.scheme)
		return try_sort(a, FORMATS_URL, s, normal);
	if (l.ats && !l.slashes)
		return try_sort(a, FORMATS_EMAIL, s, normal);
	if (l.hex && !l.dots)
		return hash_of(a, s, normal);
	if (l.digits_dots && l.dots) /* what only looks like an address (1.2.3, 010.1.1.1) is nothing */
		return try_sort(a, FORMATS_IPV4, s, normal);
	if (l.backslashes)
		return formats_starts(s, "hk") ? try_sort(a, FORMATS_REGKEY, s, normal) : FORMATS_SORTS;
	if (l.slashes && !(l.colons > 1 && l.slashes == 1)) /* 2001:db8::/32 is no URL */
		return bare_url(a, s, normal);
	if (l.colons)
		return with_colons(a, s, &l, normal);
	if (formats_starts(s, "cve-"))
		return try_sort(a, FORMATS_CVE, s, normal);
	if (formats_starts(s, "as") && s.n > 2 && formats_digit(s.p[2]) && !l.dots)
		return try_sort(a, FORMATS_ASN, s, normal);
	if (s.n == 36 && s.p[10] == '_')
		return try_sort(a, FORMATS_JA4, s, normal);
	return name_of(a, s, &l, normal);
}

enum formats_sort formats_classify(struct arena *a, struct span text, struct span *normal)
{
	text = formats_trim(text);
	if (!text.n || text.n > FORMATS_VALUE_MOST)
		return FORMATS_SORTS;
	struct span plain = formats_refang(a, text);
	return plain.n ? classify_plain(a, plain, normal) : FORMATS_SORTS;
}

/* ---- patterns ---- */

void formats_pattern(struct buf *out, enum formats_sort sort, struct span normal)
{
	const struct formats_sort_row *r = &formats_sorts[sort];
	bool network = (sort == FORMATS_IPV4 || sort == FORMATS_IPV6) && memchr(normal.p, '/', normal.n);

	if (!r->path)
		return;
	buf_addf(out, "[%s %s ", r->path, network ? "ISSUBSET" : "=");
	if (sort == FORMATS_ASN) {
		buf_addspan(out, normal);
	} else {
		buf_addc(out, '\'');
		for (size_t i = 0; i < normal.n; i++) {
			if (normal.p[i] == '\'' || normal.p[i] == '\\')
				buf_addc(out, '\\');
			buf_addc(out, normal.p[i]);
		}
		buf_addc(out, '\'');
	}
	buf_addc(out, ']');
}
