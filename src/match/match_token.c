/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over a piece of log for whatever may be an address, name, URL, e-mail address or hash; each is looked up where it stands.
 *
 * A word is a run of letters, digits, '-', '_' and single dots; everything else is a border, so that 1.2.3.4 is not in 11.2.3.45 or 1.2.3.4.5 and
 * evil.com neither in notevil.com nor in evil.com.example.  '@', '/', ':' and '=' are borders: names count inside URLs and e-mail addresses too.
 * Beside text of scripts written without spaces (from U+0800 on: kana, Han, Thai …) a word ends; letters of U+00C0-U+07FF belong to it.
 */
#include "match/match_priv.h"

#include <strings.h>

enum {
	C_DIGIT = 1,
	C_AF = 2, /* a-f */
	C_LETTER = 4, /* g-z */
	C_HYPHEN = 8,
	C_UNDER = 16,
	C_DOT = 32,
	C_WORD = 63,
};

#define D C_DIGIT
#define A C_AF
#define L C_LETTER
static const uint8_t class_of[256] = {
	['-'] = C_HYPHEN,
	['_'] = C_UNDER,
	['.'] = C_DOT,
	['0'] = D,
	['1'] = D,
	['2'] = D,
	['3'] = D,
	['4'] = D,
	['5'] = D,
	['6'] = D,
	['7'] = D,
	['8'] = D,
	['9'] = D,
	['a'] = A,
	['b'] = A,
	['c'] = A,
	['d'] = A,
	['e'] = A,
	['f'] = A,
	['g'] = L,
	['h'] = L,
	['i'] = L,
	['j'] = L,
	['k'] = L,
	['l'] = L,
	['m'] = L,
	['n'] = L,
	['o'] = L,
	['p'] = L,
	['q'] = L,
	['r'] = L,
	['s'] = L,
	['t'] = L,
	['u'] = L,
	['v'] = L,
	['w'] = L,
	['x'] = L,
	['y'] = L,
	['z'] = L,
	['A'] = A,
	['B'] = A,
	['C'] = A,
	['D'] = A,
	['E'] = A,
	['F'] = A,
	['G'] = L,
	['H'] = L,
	['I'] = L,
	['J'] = L,
	['K'] = L,
	['L'] = L,
	['M'] = L,
	['N'] = L,
	['O'] = L,
	['P'] = L,
	['Q'] = L,
	['R'] = L,
	['S'] = L,
	['T'] = L,
	['U'] = L,
	['V'] = L,
	['W'] = L,
	['X'] = L,
	['Y'] = L,
	['Z'] = L,
};
#undef D
#undef A
#undef L

struct tokens {
	const struct match_index *x;
	const struct match_view *v;
	const uint8_t *p;
	size_t n;
	size_t colons_done; /* up to here colons belong to something that was looked at */
};

static uint8_t at(const struct tokens *t, size_t i)
{
	return i < t->n ? t->p[i] : 0;
}

static bool is_word(const struct tokens *t, size_t i)
{
	return class_of[at(t, i)] != 0;
}

static bool is_hex(uint8_t c)
{
	return (class_of[c] & (C_DIGIT | C_AF)) != 0;
}

static bool is_digit(uint8_t c)
{
	return class_of[c] == C_DIGIT;
}

static bool is_alnum(uint8_t c)
{
	return (class_of[c] & (C_DIGIT | C_AF | C_LETTER)) != 0;
}

static void found(const struct tokens *t, uint32_t value, size_t start, size_t end)
{
	if (value != MATCH_NONE)
		t->v->found(t->v->ctx, value, start, end);
}

/* ---- borders ---- */

/* Does a letter of U+00C0-U+07FF end before, or begin at, i? */
static bool letter_before(const struct tokens *t, size_t i)
{
	return i >= 2 && (t->p[i - 1] & 0xC0) == 0x80 && t->p[i - 2] >= 0xC3 && t->p[i - 2] <= 0xDF;
}

static bool letter_at(const struct tokens *t, size_t i)
{
	return at(t, i) >= 0xC3 && at(t, i) <= 0xDF && (at(t, i + 1) & 0xC0) == 0x80;
}

static int hex_value(uint8_t c)
{
	return is_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* Where the word at `start` begins once a percent-encoded border before it (%2Fevil.com, %3Dhttp://) is taken off. */
static size_t after_percent(const struct tokens *t, size_t start, size_t end)
{
	if (!start || t->p[start - 1] != '%' || end - start < 2 || !is_hex(t->p[start]) || !is_hex(t->p[start + 1]))
		return start;
	return class_of[hex_value(t->p[start]) << 4 | hex_value(t->p[start + 1])] ? start : start + 2;
}

/* ---- addresses ---- */

static void look_up_address(const struct tokens *t, bool v4, const uint8_t *address, size_t start, size_t end)
{
	const struct match_index *x = t->x;
	uint8_t masked[16];

	found(t, match_find_address(x, v4 ? CLASS_IPV4 : CLASS_IPV6, address, v4 ? 32 : 128), start, end);
	if (!x->per_class[v4 ? CLASS_CIDR4 : CLASS_CIDR6])
		return;
	memcpy(masked, address, v4 ? 4 : 16);
	for (int bits = v4 ? 32 : 128; bits >= 0; bits--) {
		if (bits < (v4 ? 32 : 128))
			masked[bits / 8] &= (uint8_t) ~(0x80u >> bits % 8);
		if (v4 ? x->bits4 >> bits & 1 : x->bits6[bits / 64] >> bits % 64 & 1)
			found(t, match_find_address(x, v4 ? CLASS_CIDR4 : CLASS_CIDR6, masked, (unsigned)bits), start, end);
	}
}

/* Four octets without leading zeros from start; where they end, or 0. */
static size_t read_quad(const struct tokens *t, size_t start, size_t end, uint8_t out[4])
{
	size_t i = start;

	for (int k = 0; k < 4; k++) {
		unsigned v = 0;
		size_t from = i;

		while (i < end && i < from + 3 && is_digit(t->p[i]))
			v = v * 10 + (unsigned)(t->p[i++] - '0');
		if (i == from || v > 255 || (t->p[from] == '0' && i > from + 1))
			return 0;
		out[k] = (uint8_t)v;
		if (k < 3 && (i >= end || t->p[i++] != '.'))
			return 0;
	}
	return i;
}

/* Browsers' version numbers in user agents look like addresses: Firefox/2.0.0.4. */
static bool is_version(const struct tokens *t, size_t start)
{
	static const char *const products[] = { "chrome", "chromium", "crios", "edg", "edga", "edge", "edgios", "firefox", "fxios", "gecko", "headlesschrome", "iceweasel", "iron",
		"konqueror", "mobile", "netscape", "opera", "opr", "safari", "samsungbrowser", "seamonkey", "thunderbird", "trident", "version", "vivaldi", "yabrowser", "applewebkit" };
	size_t end = start - 1, from = end;

	if (start < 2 || t->p[end] != '/')
		return false;
	while (from > 0 && is_alnum(t->p[from - 1]) && end - from < 20)
		from--;
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		if (end - from == strlen(products[i]) && strncasecmp((const char *)t->p + from, products[i], end - from) == 0)
			return true;
	}
	return false;
}

static void ipv4(const struct tokens *t, size_t start, size_t end)
{
	uint8_t address[4];

	if (end - start < 7 || end - start > 15 || read_quad(t, start, end, address) != end || is_version(t, start))
		return;
	look_up_address(t, true, address, start, end);
}

/* An IPv6 address from start, all of whose groups end at a border; where it ends, or 0.  A decimal number behind eight groups is a port (Suricata's fast.log). */
static size_t read_ipv6(const struct tokens *t, size_t start, uint8_t out[16])
{
	uint16_t group[8];
	size_t i = start, end = start;
	int n = 0, gap = -1;

	if (at(t, i) == ':' && at(t, i + 1) == ':') {
		gap = 0;
		i += 2;
		end = i;
	}
	while (n < 8 && is_hex(at(t, i))) {
		size_t from = i;
		unsigned v = 0;
		uint8_t quad[4];

		for (; is_hex(at(t, i)) && i < from + 5; i++)
			v = v << 4 | (unsigned)hex_value(t->p[i]);
		if (at(t, i) == '.' && is_digit(at(t, i + 1)) && n <= 6 && (n == 6 || gap >= 0)) {
			size_t behind = read_quad(t, from, t->n, quad);

			if (behind && !is_alnum(at(t, behind)) && at(t, behind) != '_' && !(at(t, behind) == '.' && is_word(t, behind + 1))) {
				group[n++] = (uint16_t)(quad[0] << 8 | quad[1]);
				group[n++] = (uint16_t)(quad[2] << 8 | quad[3]);
				end = behind;
				break;
			}
			return 0;
		}
		if (i - from > 4 || is_alnum(at(t, i)) || at(t, i) == '_' || (at(t, i) == '.' && is_word(t, i + 1)))
			break;
		group[n++] = (uint16_t)v;
		end = i;
		if (at(t, i) != ':')
			break;
		if (at(t, i + 1) != ':') {
			i++;
		} else if (gap < 0) {
			gap = n;
			i += 2;
			end = i;
		} else {
			break;
		}
	}
	if (n == 8 && at(t, end) == ':' && is_hex(at(t, end + 1))) {
		size_t port = end + 1;

		while (is_digit(at(t, port)) && port < end + 6)
			port++;
		if (port == end + 1 || is_word(t, port) || at(t, port) == ':')
			return 0;
	}
	if ((gap < 0 ? n != 8 : n > 7) || (t->p[end - 1] == ':' && (is_alnum(at(t, end)) || at(t, end) == '_')))
		return 0;
	memset(out, 0, 16);
	for (int k = 0; k < n; k++) {
		int to = gap < 0 || k < gap ? k : 8 - n + k;

		out[2 * to] = (uint8_t)(group[k] >> 8);
		out[2 * to + 1] = (uint8_t)group[k];
	}
	return end;
}

static void hash_text(const struct tokens *t, const char *text, size_t n, size_t start, size_t end)
{
	struct span s = { text, n };
	uint8_t low[128];

	for (size_t i = 0; i < n; i++)
		low[i] = t->x->lower[(uint8_t)text[i]];
	uint64_t h = match_hash(CLASS_HASH, low, n);
	if (match_filter(t->x, h))
		found(t, match_find_text(t->x, CLASS_HASH, s, h), start, end);
}

static bool is_hash_length(size_t n)
{
	return n == 32 || n == 40 || n == 64 || n == 128;
}

/* aa:bb:cc:… of a hash's length, from start to the end of the run of hex digits and colons. */
static void fingerprint(const struct tokens *t, size_t start, size_t end)
{
	char text[128];
	size_t n = 0;

	if ((end - start) % 3 != 2 || !is_hash_length((end - start + 1) / 3 * 2))
		return;
	for (size_t i = start; i < end; i++) {
		if (((i - start) % 3 == 2) != (t->p[i] == ':'))
			return;
		if (t->p[i] != ':')
			text[n++] = (char)t->p[i];
	}
	hash_text(t, text, n, start, end);
}

/* The colon at i is the first of a run of hex groups and colons, unless a longer word stands before it: then it is a label's ("src:2001:db8::1"). */
static void colon_run(struct tokens *t, size_t i)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
	uint8_t address[16];
	size_t start = i, end = i, behind;

	while (start > 0 && i - start < 5 && is_hex(t->p[start - 1]))
		start--;
	if (i - start > 4 || (start == i && at(t, i + 1) != ':'))
		return;
	/* The word before the first group: a hyphen there is a border behind an address (a range) alone. */
	if (start > 0 && (is_alnum(t->p[start - 1]) || t->p[start - 1] == '.' || t->p[start - 1] == '_' || (t->p[start - 1] == '-' && start - 1 != t->colons_done)))
		return;
	while (end < t->n && (is_hex(t->p[end]) || t->p[end] == ':'))
		end++;
	t->colons_done = end;
	if (end - start < 2)
		return;
	if (i - start == 2 && t->x->per_class[CLASS_HASH] && !(is_word(t, end) && at(t, end) != '.') && !(at(t, end) == '.' && is_word(t, end + 1)))
		fingerprint(t, start, end);
	behind = read_ipv6(t, start, address);
	if (!behind)
		return;
	if (memcmp(address, mapped, 12) == 0)
		look_up_address(t, true, address + 12, start, behind);
	else
		look_up_address(t, false, address, start, behind);
	t->colons_done = behind > end ? behind : end;
}

/* ---- names ---- */

/* From the last label to the first: each suffix that ends a listed name has its bit, the first that has none ends the walk. */
static void name_walk(const struct tokens *t, const uint8_t *p, size_t n, size_t start, size_t end)
{
	const struct match_index *x = t->x;
	uint64_t h = match_seed(CLASS_NAME);
	unsigned labels = 1;

	for (size_t i = n; i > 0; i--) {
		if (p[i - 1] == '.' && labels++ >= 2) {
			uint64_t key = match_mix(h);

			if (!match_filter(x, key))
				return;
			found(t, match_find_text(x, CLASS_NAME, (struct span){ (const char *)p + i, n - i }, key), start, end);
		}
		h = match_step(h, x->lower[p[i - 1]]);
	}
	h = match_mix(h);
	if (labels >= 2 && match_filter(x, h))
		found(t, match_find_text(x, CLASS_NAME, (struct span){ (const char *)p, n }, h), start, end);
}

/* A word of digits, dots and hyphens: perhaps a range of addresses. */
static void ipv4_range(const struct tokens *t, size_t start, size_t end)
{
	for (size_t i = start, from = start; i <= end; i++) {
		if (i == end || t->p[i] == '-') {
			ipv4(t, from, i);
			from = i + 1;
		}
	}
}

/* A word with single dots inside. */
static void dotted(const struct tokens *t, size_t start, size_t end, unsigned classes)
{
	if (!(classes & ~(unsigned)(C_DIGIT | C_DOT)))
		ipv4(t, start, end);
	else if (!(classes & ~(unsigned)(C_DIGIT | C_DOT | C_HYPHEN)))
		ipv4_range(t, start, end);
	else if (t->x->per_class[CLASS_NAME] && end - start <= MATCH_NAME_MOST)
		name_walk(t, t->p + start, end - start, start, end);
}

static unsigned classes_of(const struct tokens *t, size_t start, size_t end)
{
	unsigned all = 0;

	while (start < end)
		all |= class_of[t->p[start++]];
	return all;
}

/* Dots at the ends and doubled ones are borders. */
static void split_dots(const struct tokens *t, size_t start, size_t end, unsigned classes)
{
	unsigned foreign = 0;
	bool whole = true;

	if (letter_at(t, end)) { /* the last label goes on: only what stands before a doubled dot ends here */
		whole = false;
		while (end > start + 1 && !(t->p[end - 1] == '.' && t->p[end - 2] == '.'))
			end--;
		if (end <= start + 1)
			return;
	}
	if (letter_before(t, start)) { /* the first label is longer than what stands here: bücher.evil.example */
		const uint8_t *dot = memchr(t->p + start, '.', end - start);

		whole = false;
		start = (size_t)(dot - t->p);
		foreign = C_LETTER; /* and é.1.2.3.4 is a name */
	}
	for (size_t i = start, from = start; i <= end; i++) {
		if (i < end && !(t->p[i] == '.' && (i == start || i + 1 == end || t->p[i + 1] == '.' || t->p[i - 1] == '.')))
			continue;
		if (i > from && memchr(t->p + from, '.', i - from))
			dotted(t, from, i, foreign | (whole && i == end && from == start ? classes : classes_of(t, from, i)));
		whole = false;
		foreign = i == start ? foreign : 0;
		from = i + 1;
	}
}

/* Runs of hex digits as long as a hash between hyphens, dots and underscores. */
static void hashes(const struct tokens *t, size_t start, size_t end)
{
	for (size_t i = start, from = start; i <= end; i++) {
		if (i < end && is_alnum(t->p[i]))
			continue;
		if (is_hash_length(i - from)) {
			size_t k = from;

			while (k < i && is_hex(t->p[k]))
				k++;
			if (k == i)
				hash_text(t, (const char *)t->p + from, i - from, from, i);
		}
		from = i + 1;
	}
}

static void word(const struct tokens *t, size_t start, size_t end, unsigned classes)
{
	size_t from = after_percent(t, start, end);

	if (from != start)
		classes = classes_of(t, from, end);
	if (end - from >= 32 && (classes & (C_DIGIT | C_AF)) && t->x->per_class[CLASS_HASH])
		hashes(t, from, end);
	if (classes & C_DOT)
		split_dots(t, from, end, classes);
}

/* ---- URLs and e-mail addresses ---- */

/* Normal form and lookup of what stands from start to end. */
static bool look_up_text(const struct tokens *t, enum stix_value_kind k, enum match_class c, size_t start, size_t end)
{
	struct span normal;
	uint32_t value;

	arena_reset(t->v->scratch);
	normal = stix_value_normal(t->v->scratch, k, (struct span){ (const char *)t->p + start, end - start });
	if (!arena_ok(t->v->scratch))
		*t->v->starved = true;
	value = normal.n ? match_find_text(t->x, c, normal, match_hash(c, normal.p, normal.n)) : MATCH_NONE;
	found(t, value, start, end);
	return value != MATCH_NONE;
}

/* The plain host name from start on (its end in *end), by whether anything listed has it. */
static bool host_listed(const struct tokens *t, enum match_class c, size_t start, size_t *end)
{
	size_t i = start;
	uint64_t h = match_seed(c);

	while (is_word(t, i) && i - start <= MATCH_NAME_MOST)
		i++;
	while (i > start && t->p[i - 1] == '.')
		i--;
	*end = i;
	for (size_t k = i; k > start; k--)
		h = match_step(h, t->x->lower[t->p[k - 1]]);
	return i > start && match_filter(t->x, match_mix(h));
}

/* May stand in no URL, even as people write them. */
static bool ends_url(uint8_t c)
{
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == 0x7F;
}

/* Often stands behind a URL, and may be part of one: try both. */
static bool may_end_url(uint8_t c)
{
	return c >= 0x80 || (c && strchr("'()[]{},;|^\\`", c));
}

/* The next shorter text that may be meant: without closing punctuation, else up to the last sign that may end a URL; `least` at the shortest. */
static size_t shorter_url(const struct tokens *t, size_t least, size_t end)
{
	if (end > least && (may_end_url(t->p[end - 1]) || strchr(".!?:*", t->p[end - 1]))) {
		end--;
		while (end > least && t->p[end] >= 0x80 && t->p[end - 1] >= 0x80)
			end--;
		return end;
	}
	while (end > least && !may_end_url(t->p[end - 1]))
		end--;
	return end > least ? end - 1 : least;
}

/* The authority behind the "//" at i-2: where its host begins. */
static size_t skip_user(const struct tokens *t, size_t i)
{
	size_t host = i;

	for (size_t k = i; k < t->n && k < i + 512 && !ends_url(t->p[k]) && t->p[k] != '/' && t->p[k] != '?' && t->p[k] != '#'; k++) {
		if (t->p[k] == '@')
			host = k + 1;
	}
	return host;
}

/* How far the URL may reach.  URLs within URLs are part of it, but not any number of them: a line of nothing else is still searched in linear time. */
static size_t url_end(const struct tokens *t, size_t from)
{
	unsigned inner = 0;
	size_t i = from;

	for (; i < t->n && i - from < MATCH_URL_MOST && !ends_url(t->p[i]); i++) {
		if (t->p[i] == ':' && at(t, i + 1) == '/' && at(t, i + 2) == '/' && ++inner > 4)
			break;
	}
	return i;
}

/* "://" stands at i.  The longest text that is listed counts. */
static void url(const struct tokens *t, size_t i)
{
	size_t start = i, host, least, end, spent = 0;

	while (start > 0 && i - start < 32 && (is_alnum(t->p[start - 1]) || (t->p[start - 1] && strchr("+-.", t->p[start - 1]))))
		start--;
	start = after_percent(t, start, i);
	while (start < i && !(class_of[t->p[start]] & (C_AF | C_LETTER)))
		start++;
	if (start == i || letter_before(t, start))
		return;
	host = skip_user(t, i + 3);
	if (!host_listed(t, CLASS_URL_HOST, host, &least) && at(t, least) < 0x80 && at(t, least) != '[' && at(t, least) != '%')
		return;
	if (at(t, least) == '[') {
		const uint8_t *close = memchr(t->p + least, ']', t->n - least < 64 ? t->n - least : 64);

		least = close ? (size_t)(close + 1 - t->p) : least + 1;
	}
	end = url_end(t, host);
	for (size_t most = 4 * (end - start) + 1024; spent < most && !look_up_text(t, STIX_VALUE_URL, CLASS_URL, start, end) && end > least;) {
		spent += end - start;
		end = shorter_url(t, least, end);
	}
}

static bool in_local_part(uint8_t c)
{
	return is_alnum(c) || c >= 0x80 || (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

/* The next place where an address may begin: behind a sign that mail allows and logs put before addresses (from=a@b), or behind a word of another script. */
static size_t later_start(const struct tokens *t, size_t start, size_t at_sign)
{
	for (start++; start < at_sign; start++) {
		uint8_t before = t->p[start - 1];

		if (before == '%' && after_percent(t, start, at_sign) != start)
			return start + 2;
		if ((before < 0x80 && !class_of[before] && before != '+') || (before >= 0x80 && t->p[start] < 0x80))
			return start;
	}
	return start;
}

/* '@' stands at i.  The longest text that is listed counts. */
static void email(const struct tokens *t, size_t i)
{
	size_t end, start = i;
	unsigned tries = 0;

	if (!host_listed(t, CLASS_EMAIL_HOST, i + 1, &end) || letter_at(t, end))
		return;
	while (start > 0 && i - start < 256 && in_local_part(t->p[start - 1]))
		start--;
	start = after_percent(t, start, i);
	while (start < i && ++tries < 16 && !look_up_text(t, STIX_VALUE_EMAIL, CLASS_EMAIL, start, end))
		start = later_start(t, start, i);
}

/* ---- names beyond ASCII ---- */

static bool idn_byte(uint8_t c)
{
	return c >= 0x80 || class_of[c];
}

/* Words that hold letters beyond ASCII, in the form that DNS knows (A-labels). */
static void idn_words(const struct tokens *t)
{
	for (size_t i = 0; i < t->n;) {
		size_t start = i, wide = 0;
		struct span normal;

		for (; i < t->n && idn_byte(t->p[i]); i++)
			wide += t->p[i] >= 0x80;
		if (wide && i - start <= 4 * MATCH_NAME_MOST) {
			size_t end = i;

			while (start < end && t->p[start] == '.')
				start++;
			while (end > start && t->p[end - 1] == '.')
				end--;
			arena_reset(t->v->scratch);
			normal = stix_value_normal(t->v->scratch, STIX_VALUE_DOMAIN, (struct span){ (const char *)t->p + start, end - start });
			if (!arena_ok(t->v->scratch))
				*t->v->starved = true;
			if (normal.n)
				name_walk(t, (const uint8_t *)normal.p, normal.n, start, end);
		}
		i += i < t->n;
	}
}

/* ---- the pass ---- */

static void sign(struct tokens *t, size_t i)
{
	if (t->p[i] == '@') {
		if (t->x->per_class[CLASS_EMAIL])
			email(t, i);
		return;
	}
	if (at(t, i + 1) == '/' && at(t, i + 2) == '/') {
		if (t->x->per_class[CLASS_URL])
			url(t, i);
	} else if (i >= t->colons_done && (is_hex(at(t, i + 1)) || at(t, i + 1) == ':')) {
		colon_run(t, i);
	}
}

void match_tokens(const struct match_index *x, const struct match_view *v)
{
	struct tokens t = { x, v, (const uint8_t *)v->p, v->n, 0 };
	bool wide = false;

	for (size_t i = 0; i < t.n;) {
		unsigned c = class_of[t.p[i]], classes = 0;
		size_t start = i;

		if (!c) {
			wide |= t.p[i] >= 0x80;
			if (t.p[i] == ':' || t.p[i] == '@')
				sign(&t, i);
			i++;
			continue;
		}
		do {
			classes |= c;
		} while (++i < t.n && (c = class_of[t.p[i]]) != 0);
		if (classes & C_DOT || i - start >= 32)
			word(&t, start, i, classes);
	}
	if (wide && x->idn)
		idn_words(&t);
}
