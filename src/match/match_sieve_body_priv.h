/* SPDX-License-Identifier: Apache-2.0 */
/* One block of the sieve.  Included once for each level by match_sieve_levels.c, which says how 64 bytes become masks (MASKS) and what the functions are called (NAME). */
#include "match/match_sieve_priv.h"
#ifdef NAME

/* The 57 or more bits before bit `end` (counted from the start of the block), the last one on top. */
TARGET static inline uint64_t NAME(window)(const uint64_t *bits, size_t end)
{
	size_t b = end + 64 * SIEVE_LEAD;

	return match_load8((const uint8_t *)bits + (b + 7) / 8 - 8) << (-b & 7);
}

TARGET static inline size_t NAME(places)(uint64_t bits, uint32_t base, uint32_t *to, size_t n)
{
	unsigned count = (unsigned)__builtin_popcountll(bits);

	for (unsigned i = 0; i < count; i += 4) { /* some too many are written, and overwritten: fewer branches */
		for (unsigned k = 0; k < 4; k++) {
			to[n + i + k] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
			bits &= bits - 1;
		}
	}
	return n + count;
}

TARGET static inline uint64_t NAME(sum)(uint64_t a, uint64_t b, uint8_t *carry)
{
	unsigned long long s;
	uint8_t c = __builtin_uaddll_overflow(a, b, &s);

	c |= __builtin_uaddll_overflow(s, *carry, &s);
	*carry = c;
	return s;
}

/* Masks to places.  The last word of the input is cut at its end by `valid`. */
TARGET static void NAME(scan)(struct match_sieve *s, size_t n)
{
	const size_t all = n + (s->base + n == s->length); /* what reaches the end of the input ends there */
	const struct match_index *x = s->x;
	const bool urls = x->per_class[CLASS_URL] > 0, hashes = x->per_class[CLASS_HASH] > 0, wide = x->idn, words = x->anchors > 0;
	size_t ends = 0, runs = 0, hex = 0, nurls = 0, nwide = 0, nwords = 0, escapes = 0;

	for (size_t i = 0, w = SIEVE_LEAD; i < all; i += 64, w++) {
		const uint8_t *p = s->p + s->base + i;
		uint64_t valid = n - i >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << (n - i)) - 1;
		uint8_t next = s->base + i + 64 < s->length ? p[64] : 0;
		struct masks m;
		uint64_t token, labels, pairs, run, y;
		uint32_t at = (uint32_t)i;

		MASKS(p, &m);
		m.word &= valid;
		m.dot &= valid;
		m.hex &= valid;
		m.colon &= valid;
		/* dotted tokens: a dot belongs to one only before a word */
		token = m.word | (m.dot & (m.word >> 1 | (uint64_t)(token_class[next] && next != '.') << 63));
		labels = m.word & (m.dot << 1 | s->dot0 >> 63);
		s->token[w] = token;
		s->dot[w] = m.dot;
		ends = NAME(places)(NAME(sum)(token, labels, &s->token_carry) & ~token, at, s->ends, ends);
		/* runs of hex digits and colons: two groups, or a doubled colon */
		run = m.hex | m.colon;
		pairs = m.colon & (((m.hex << 1 | s->hex0 >> 63) & (m.hex >> 1 | (uint64_t)((token_class[next] & (C_DIGIT | C_AF)) != 0) << 63)) | m.colon << 1 | s->colon0 >> 63);
		s->colon[w] = m.colon;
		s->run[w] = run;
		runs = NAME(places)(NAME(sum)(run, pairs, &s->run_carry) & ~run, at, s->runs, runs);
		if (hashes) {
			y = m.hex & m.hex >> 1;
			y &= y >> 2;
			y &= y >> 4;
			y &= y >> 8;
			hex = NAME(places)(y & UINT64_C(0x0001000100010001), at, s->hashes, hex);
		}
		if (urls) {
			uint64_t slash = m.slash & valid;

			y = slash & (slash << 1 | s->slash0 >> 63) & (m.colon << 2 | s->colon0 >> 62);
			if (m.back | s->back0)
				y |= slash & (m.back << 1 | s->back0 >> 63) & (slash << 2 | s->slash0 >> 62) & (m.back << 3 | s->back0 >> 61) & (m.colon << 4 | s->colon0 >> 60);
			nurls = NAME(places)(y, at + 1, s->urls, nurls);
			s->slash0 = slash;
		}
		if (wide) {
			uint64_t high = m.high & valid;

			run = m.word | m.dot | high;
			nwide = NAME(places)(NAME(sum)(run, high, &s->wide_carry) & ~run, at, s->wides, nwide);
		}
		if (words)
			nwords = NAME(places)((m.word << 1 | s->word0 >> 63) & ~m.word, at, s->words, nwords);
		if (m.back | s->back0 >> 63) {
			for (y = (m.back << 1 | s->back0 >> 63) & valid; y; y &= y - 1) {
				s->escapes[escapes] = at + (uint32_t)__builtin_ctzll(y);
				escapes += s->p[s->base + s->escapes[escapes]] == 'u';
			}
		}
		s->word0 = m.word;
		s->dot0 = m.dot;
		s->hex0 = m.hex;
		s->colon0 = m.colon;
		s->back0 = m.back & valid;
	}
	s->n_ends = ends;
	s->n_runs = runs;
	s->n_hashes = hex;
	s->n_urls = nurls;
	s->n_wides = nwide;
	s->n_words = nwords;
	s->n_escapes = escapes;
}

/* Dotted tokens: names, addresses, and the few that others look at. */
TARGET static void NAME(classify)(struct match_sieve *s, size_t *names, size_t *addresses)
{
	const uint8_t *p = s->p + s->base;
	size_t nn = 0, na = 0;

	for (size_t i = 0; i < s->n_ends; i++) {
		uint32_t end = s->ends[i];
		uint64_t token = ~NAME(window)(s->token, end), dot = NAME(window)(s->dot, end), rest;
		unsigned length = token ? (unsigned)__builtin_clzll(token) : 64, last = (unsigned)__builtin_clzll(dot | 1), two;
		uint8_t first;

		if (length > 56) {
			sieve_word(s, s->base + end);
			continue;
		}
		length -= dot >> (64 - length) & 1; /* a dot in front */
		dot &= ~(~UINT64_C(0) >> length);
		rest = dot & ~(UINT64_C(1) << (63 - last));
		two = rest ? (unsigned)__builtin_clzll(rest) : length;
		first = p[(ptrdiff_t)end - (ptrdiff_t)last];
		s->name[nn] = s->address[na] = (struct sieve_token){ end, (uint8_t)length, (uint8_t)last, (uint8_t)(two < length ? two : length), (uint8_t)__builtin_popcountll(dot) };
		nn += first > '9' && last < length;
		na += first <= '9' && first >= '0' && last < length && s->name[nn].spare >= 3;
	}
	*names = nn;
	*addresses = na;
}

TARGET static void NAME(names)(struct match_sieve *s, size_t n)
{
	const struct match_index *x = s->x;
	const uint8_t *p = s->p + s->base;
	const uint64_t seed = match_seed(CLASS_NAME);
	size_t passing = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sieve_token t = s->name[i];
		const uint8_t *end = p + t.end, before = end[-(ptrdiff_t)t.length - 1];
		uint64_t h = match_hash_ending(seed, end, t.two, MATCH_FOLD);
		bool odd = t.two == t.length && (before == '%' || before == '\\');

		s->name[passing] = t;
		s->key[passing] = h;
		passing += odd | match_filter_has(x, h);
	}
	for (size_t i = 0; i < passing; i++) {
		const struct sieve_token t = s->name[i];
		const uint8_t *end = p + t.end;
		uint64_t dots = NAME(window)(s->dot, t.end) & ~(~UINT64_C(0) >> t.length), h = s->key[i];
		unsigned n_label = t.two;

		dots &= ~UINT64_C(0) >> 1 >> t.two; /* those before the last two labels */
		for (;;) {
			uint64_t w = match_filter_word(x, h), bits = match_filter_bits(h);

			if (n_label == t.length) {
				sieve_names(s, s->base + t.end - t.length, s->base + t.end, h, w);
				break;
			}
			if ((w & bits) != bits)
				break;
			bits = match_filter_listed(h, 1);
			if ((w & bits) == bits && match_find_text(x, CLASS_NAME, (struct span){ (const char *)end - n_label, n_label }, h) != MATCH_NONE) {
				sieve_mark(s, s->base + t.end - 1);
				break;
			}
			n_label = dots ? (unsigned)__builtin_clzll(dots) : t.length;
			n_label = n_label < t.length ? n_label : t.length;
			dots &= ~UINT64_C(0) >> 1 >> n_label;
			h = match_hash_ending(seed, end, n_label, MATCH_FOLD);
		}
	}
}

/* The number of up to three digits that ends at `end`. */
TARGET static inline uint32_t NAME(octet)(const uint8_t *end, unsigned n)
{
	uint32_t v, keep = ~UINT32_C(0) << 8 * (4 - n);

	memcpy(&v, end - 4, 4);
	return (((v & keep) - (UINT32_C(0x30303030) & keep)) * (1u | 10u << 8 | 100u << 16)) >> 24;
}

/* Digits and three dots alone?  Among the bytes of words letters and '_' have the bit 0x40, of the others digits alone 0x10. */
TARGET static inline bool NAME(digits)(const uint8_t *end, unsigned n)
{
	const uint64_t letters = UINT64_C(0x4040404040404040), digits = UINT64_C(0x1010101010101010);
	uint64_t a = match_load8(end - 8), b = match_load8(end - 16), keep = ~UINT64_C(0) << 8 * ((16 - n) & 7);
	uint64_t keep_a = n < 8 ? keep : ~UINT64_C(0), keep_b = n <= 8 ? 0 : keep;

	return !(a & letters & keep_a) && !(b & letters & keep_b) && __builtin_popcountll(~a & digits & keep_a) + __builtin_popcountll(~b & digits & keep_b) == 3;
}

TARGET static void NAME(addresses)(struct match_sieve *s, size_t n)
{
	const uint8_t *p = s->p + s->base;
	const uint64_t *net24 = s->x->net24;

	for (size_t i = 0; i < n; i++) {
		const struct sieve_token t = s->address[i];
		const uint8_t *end = p + t.end, *start = end - t.length;
		uint64_t dots = NAME(window)(s->dot, t.end) & ~(~UINT64_C(0) >> t.length);
		unsigned a, b, c;
		uint32_t net;
		bool digits;

		if (start[-1] == '%' || start[-1] == '\\' || t.spare != 3 || t.length > 15 || t.length < 7) {
			if (start[-1] == '%' || start[-1] == '\\' || (t.length >= 7 && memchr(start, '-', t.length)))
				sieve_word(s, s->base + t.end);
			continue;
		}
		c = t.last;
		dots &= ~(UINT64_C(1) << (63 - c));
		b = (unsigned)__builtin_clzll(dots);
		dots &= ~(UINT64_C(1) << (63 - b));
		a = (unsigned)__builtin_clzll(dots);
		digits = NAME(digits)(end, t.length);
		if (!digits || t.length - a > 4 || a - b > 4 || b - c > 4 || c > 3) {
			sieve_word(s, s->base + t.end);
			continue;
		}
		net = NAME(octet)(end - a - 1, t.length - a - 1) << 16 | NAME(octet)(end - b - 1, a - b - 1) << 8 | NAME(octet)(end - c - 1, b - c - 1);
		if ((net24[net / 64] >> net % 64 & 1) || start[-1] == '/' || start[-1] == '@')
			sieve_ipv4(s, s->base + t.end - t.length, s->base + t.end);
	}
}

TARGET static void NAME(runs)(struct match_sieve *s)
{
	for (size_t i = 0; i < s->n_runs; i++) {
		uint32_t end = s->runs[i];
		uint64_t run = ~NAME(window)(s->run, end), colon = NAME(window)(s->colon, end);
		unsigned length = run ? (unsigned)__builtin_clzll(run) : 64;

		if (length > 56) {
			length = 57;
			while (s->base + end > length && (token_class[s->p[s->base + end - length - 1]] & (C_DIGIT | C_AF) || s->p[s->base + end - length - 1] == ':'))
				length++;
		} else {
			colon &= ~(~UINT64_C(0) >> length);
			if (!(colon & colon << 1) && __builtin_popcountll(colon) < 6)
				continue; /* times and MAC addresses */
		}
		sieve_run(s, s->base + end - length, s->base + end);
	}
}

/* Hosts that names() does not see. */
TARGET static void NAME(urls)(struct match_sieve *s, size_t n)
{
	const uint8_t *p = s->p + s->base;

	for (size_t i = 0; i < s->n_urls; i++) {
		size_t host = s->urls[i], bit = host + 64 * SIEVE_LEAD;
		uint64_t token, dot;
		unsigned length;

		if (host + 64 < n) {
			token = match_load8((const uint8_t *)s->token + bit / 8) >> bit % 8;
			dot = match_load8((const uint8_t *)s->dot + bit / 8) >> bit % 8;
			length = (unsigned)__builtin_ctzll(~token | UINT64_C(1) << 63); /* not all of it: bits came in from above */
			if (length < 56 && (!s->x->odd_url || dot & ((UINT64_C(1) << length) - 1)) && p[host + length] < 0x80 && p[host + length] != '%' && (!s->x->odd_url || p[host + length] != '['))
				continue;
		}
		sieve_odd_host(s, s->base + host);
	}
}

TARGET void NAME(sieve_block)(struct match_sieve *s, size_t n)
{
	const struct match_index *x = s->x;
	size_t names, addresses;

	NAME(scan)
	(s, n);
	NAME(classify)
	(s, &names, &addresses);
	NAME(names)
	(s, names);
	NAME(addresses)
	(s, addresses);
	NAME(runs)
	(s);
	for (size_t i = 0; i < s->n_hashes; i++)
		sieve_hash(s, s->base + s->hashes[i]);
	NAME(urls)
	(s, n);
	for (size_t i = 0; i < s->n_wides; i++)
		sieve_wide(s, s->base + s->wides[i]);
	for (size_t i = 0; i < s->n_escapes; i++)
		sieve_escape(s, s->base + s->escapes[i]);
	for (size_t i = 0; i < s->n_words; i++) {
		const uint8_t *end = s->p + s->base + s->words[i];
		uint64_t token = ~NAME(window)(s->token, s->words[i]) | NAME(window)(s->dot, s->words[i]);
		unsigned length = token ? (unsigned)__builtin_clzll(token) : 8;
		uint32_t h = match_word_hash8(match_load8(end - 8), length < 8 ? length : 8);

		if (x->word[h >> 6 & (x->words - 1)] >> (h & 63) & 1)
			sieve_text(s, s->base + s->words[i]);
	}
}
#endif
