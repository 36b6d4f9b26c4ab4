/* SPDX-License-Identifier: Apache-2.0 */
/* The sieve around its blocks: which level, memory, and the rare things that one block's loops leave to others. */
#include "match/match_sieve_priv.h"

#include <stdlib.h>

#include "util/alloc.h"

/* ---- levels ---- */

bool match_level_here(enum match_level l)
{
#ifdef __x86_64__
	if (l == MATCH_SSE42)
		return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
	if (l == MATCH_AVX2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
	if (l == MATCH_AVX512)
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && match_level_here(MATCH_AVX2);
#endif
	return l <= MATCH_PORTABLE;
}

enum match_level match_level_best(void)
{
	enum match_level l = MATCH_LEVELS;

	while (!match_level_here(--l))
		;
	return l;
}

const char *match_level_name(enum match_level l)
{
	static const char *const names[] = { "every line", "portable", "SSE4.2", "AVX2", "AVX-512" };

	return l < MATCH_LEVELS ? names[l] : "";
}

/* ---- memory ---- */

struct match_sieve *match_sieve_new(const struct match_index *x, enum match_level l)
{
	const size_t most = SIEVE_BLOCK + 128;
	struct match_sieve *s = util_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->x = x;
	s->level = l;
	s->ends = util_malloc(most * sizeof(uint32_t));
	s->runs = util_malloc(most * sizeof(uint32_t));
	s->hashes = util_malloc(most * sizeof(uint32_t));
	s->urls = util_malloc(most * sizeof(uint32_t));
	s->wides = util_malloc(most * sizeof(uint32_t));
	s->words = util_malloc(most * sizeof(uint32_t));
	s->escapes = util_malloc(most * sizeof(uint32_t));
	s->name = util_malloc(most / 2 * sizeof(*s->name));
	s->address = util_malloc(most / 2 * sizeof(*s->address));
	s->key = util_malloc(most / 2 * sizeof(*s->key));
	s->scratch = arena_new(64 * MATCH_URL_MOST);
	if (s->ends && s->runs && s->hashes && s->urls && s->wides && s->words && s->escapes && s->name && s->address && s->key && s->scratch)
		return s;
	match_sieve_free(s);
	return NULL;
}

void match_sieve_free(struct match_sieve *s)
{
	if (!s)
		return;
	free(s->ends);
	free(s->runs);
	free(s->hashes);
	free(s->urls);
	free(s->wides);
	free(s->words);
	free(s->escapes);
	free(s->name);
	free(s->address);
	free(s->key);
	free(s->at);
	arena_free(s->scratch);
	free(s);
}

void sieve_mark(struct match_sieve *s, size_t at)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		uint32_t *v = util_realloc(s->at, room * sizeof(*v));

		if (!v) {
			s->starved = true;
			return;
		}
		s->at = v;
		s->room = room;
	}
	s->at[s->n++] = (uint32_t)at;
}

/* ---- a run ---- */

/* Mail to hosts without dots (root@mailhost), which no dotted token tells of; most indexes list none. */
static void odd_mail(struct match_sieve *s)
{
	const uint8_t *at = s->p, *end = s->p + s->length;

	while (at < end && (at = memchr(at, '@', (size_t)(end - at)))) {
		const uint8_t *stop = ++at;

		while (stop < end && token_class[*stop] && *stop != '.')
			stop++;
		if (stop > at) {
			uint64_t h = match_hash(CLASS_NAME, at, (size_t)(stop - at), MATCH_FOLD);

			if (match_filter_has(s->x, h))
				sieve_mark(s, (size_t)(at - s->p));
		}
	}
}

size_t match_sieve_run(struct match_sieve *s, const char *p, size_t n)
{
	static void (*const blocks[])(struct match_sieve *, size_t) = { [MATCH_PORTABLE] = sieve_block_portable, [MATCH_SSE42] = sieve_block_sse42, [MATCH_AVX2] = sieve_block_avx2, [MATCH_AVX512] = sieve_block_avx512 };
	uint64_t *const masks[] = { s->token, s->dot, s->colon, s->run };

	s->p = (const uint8_t *)p;
	s->length = n;
	s->n = 0;
	s->hash_done = 0;
	s->word0 = s->dot0 = s->colon0 = s->hex0 = s->slash0 = s->back0 = 0;
	s->token_carry = s->run_carry = s->wide_carry = 0;
	for (size_t k = 0; k < sizeof(masks) / sizeof(masks[0]); k++)
		memset(masks[k], 0, SIEVE_LEAD * sizeof(uint64_t));
	for (s->base = 0; s->base < n; s->base += SIEVE_BLOCK) {
		blocks[s->level](s, n - s->base < SIEVE_BLOCK ? n - s->base : SIEVE_BLOCK);
		for (size_t k = 0; k < sizeof(masks) / sizeof(masks[0]); k++)
			memcpy(masks[k], masks[k] + SIEVE_WORDS, SIEVE_LEAD * sizeof(uint64_t));
	}
	if (s->x->odd_mail)
		odd_mail(s);
	return s->n;
}

/* ---- what is left to the code for lines ---- */

/* The place that is being looked at, for take_found. */
struct looking {
	struct match_sieve *s;
	bool found;
};

static void take_found(void *ctx, uint32_t value, size_t start, size_t end)
{
	((struct looking *)ctx)->found = true;
}

struct looked {
	struct looking looking;
	struct match_view view;
	struct tokens t;
};

/* The bytes from `from` on (the tokens' places count from there), up to the line's end or `most` bytes behind `at`. */
static void look(struct looked *l, struct match_sieve *s, size_t from, size_t at, size_t most)
{
	size_t end = s->length - at < most ? s->length : at + most;
	const uint8_t *newline = memchr(s->p + at, '\n', end - at);

	end = newline ? (size_t)(newline - s->p) : end;
	l->looking = (struct looking){ s, false };
	l->view = (struct match_view){ .p = (const char *)s->p + from, .n = end - from, .scratch = s->scratch, .starved = &s->starved, .found = take_found, .ctx = &l->looking };
	l->t = (struct tokens){ s->x, &l->view, s->p + from, end - from, 0 };
}

static void end_look(struct looked *l, size_t at)
{
	if (l->looking.found)
		sieve_mark(l->looking.s, at);
}

/* How many bytes of the word at `start` may belong to an escape before it (\nevil.example, \u0020evil.example); 0: none. */
static size_t escaped(const struct match_sieve *s, size_t start, size_t end)
{
	if (!start || s->p[start - 1] != '\\' || start == end)
		return 0;
	if (s->p[start] == 'u' && end - start >= 5)
		return 5;
	return strchr("bfnrt", s->p[start]) && s->p[start] ? 1 : 0;
}

void sieve_word(struct match_sieve *s, size_t end)
{
	size_t start = end, shift;
	struct looked l;

	while (start > 0 && token_class[s->p[start - 1]])
		start--;
	shift = escaped(s, start, end);
	for (size_t i = 0; i < 2; i++, start += shift) {
		look(&l, s, start && !i ? start - 1 : start, end, 4);
		if (start && !i && s->p[start - 1] == '/' && start > 22) /* versions are told by what stands before */
			look(&l, s, start - 22, end, 4);
		token_word(&l.t, (size_t)(s->p + start - l.t.p), (size_t)(s->p + end - l.t.p));
		end_look(&l, end - 1);
		if (!shift)
			break;
	}
}

/* "://" or its escaped form before an '@' at `at`: where what follows it begins; 0: there is none. */
static size_t user_begins(const struct match_sieve *s, size_t at)
{
	size_t i = at;

	while (i > 2 && at - i < 512 && s->p[i - 1] > ' ' && s->p[i - 1] != '"') {
		if (s->p[i - 1] == '/' && s->p[i - 2] == '/' && s->p[i - 3] == ':')
			return i;
		if (s->p[i - 1] == '/' && s->p[i - 2] == '\\')
			return i;
		i--;
	}
	return 0;
}

/* The host from start to end is listed for URLs or mail: is the URL or address around it? */
static void host_names(struct match_sieve *s, size_t start, size_t end, uint64_t h, uint64_t filter)
{
	uint64_t url = match_filter_listed(h, 2), mail = match_filter_listed(h, 3);
	size_t from = start && s->p[start - 1] == '@' ? user_begins(s, start - 1) : start;

	if ((filter & url) == url && s->x->per_class[CLASS_URL]) {
		if (s->whole_urls)
			sieve_mark(s, end - 1);
		else if (from > 2 && s->p[from - 1] == '/')
			sieve_url(s, from);
	}
	if ((filter & mail) == mail && s->x->per_class[CLASS_EMAIL] && start && s->p[start - 1] == '@') {
		struct looked l;

		from = start - 1;
		while (from > 0 && start - from < 300 && s->p[from - 1] != '\n' && s->p[from - 1] != '\\')
			from--;
		if (from && s->p[from - 1] == '\\') { /* an escape may be part of it */
			sieve_mark(s, end - 1);
			return;
		}
		look(&l, s, from, end, 8);
		token_email(&l.t, start - 1 - from);
		end_look(&l, end - 1);
	}
}

void sieve_names(struct match_sieve *s, size_t start, size_t end, uint64_t h, uint64_t filter)
{
	const struct match_index *x = s->x;
	uint64_t bits = match_filter_bits(h), listed = match_filter_listed(h, 1);
	size_t shift = escaped(s, start, end);

	if ((filter & bits) == bits) {
		if ((filter & listed) == listed && match_find_text(x, CLASS_NAME, (struct span){ (const char *)s->p + start, end - start }, h) != MATCH_NONE) {
			sieve_mark(s, end - 1);
			return;
		}
		host_names(s, start, end, h, filter);
	}
	if (start && s->p[start - 1] == '%')
		shift = 2;
	if (shift && end - start > shift + 2) {
		h = match_hash(CLASS_NAME, s->p + start + shift, end - start - shift, MATCH_FOLD);
		if (match_filter_has(x, h))
			sieve_word(s, end);
	}
}

void sieve_ipv4(struct match_sieve *s, size_t start, size_t end)
{
	size_t from = start > 22 ? start - 22 : 0;
	struct looked l;

	look(&l, s, from, end, 4);
	token_ipv4(&l.t, start - from, end - from);
	if (!l.looking.found && start && (s->p[start - 1] == '/' || s->p[start - 1] == '@')) {
		uint64_t h = match_hash(CLASS_NAME, s->p + start, end - start, MATCH_FOLD);

		if (match_filter_has(s->x, h))
			host_names(s, start, end, h, match_filter_word(s->x, h));
	}
	end_look(&l, end - 1);
}

void sieve_run(struct match_sieve *s, size_t start, size_t end)
{
	size_t from = start > 8 ? start - 8 : 0;
	struct looked l;

	look(&l, s, from, end, 128);
	if (start && s->p[start - 1] == '-')
		l.t.colons_done = start - 1 - from; /* the second of a range, perhaps */
	for (size_t i = start - from; i < end - from; i++) {
		if (l.t.p[i] == ':')
			token_colon(&l.t, i);
	}
	/* \n2001:db8::1, \u00202001:db8::1 */
	if (!l.looking.found && start && (s->p[start - 1] == '\\' || (start > 1 && s->p[start - 2] == '\\')))
		l.looking.found = true;
	end_look(&l, end - 1);
}

void sieve_hash(struct match_sieve *s, size_t at)
{
	size_t start = at, end = at + 16;
	struct looked l;

	if (at < s->hash_done)
		return;
	while (end < s->length && token_class[s->p[end]])
		end++;
	while (start > 0 && token_class[s->p[start - 1]])
		start--;
	s->hash_done = end;
	if (end - start < 32)
		return;
	look(&l, s, start ? start - 1 : 0, end, 4);
	token_word(&l.t, start ? 1 : 0, end - start + (start != 0));
	if (escaped(s, start, end))
		l.looking.found = true;
	end_look(&l, end - 1);
}

/* `host` is behind "//". */
void sieve_url(struct match_sieve *s, size_t host)
{
	size_t from = host < 40 ? 0 : host - 40, stop, scheme = host < 3 ? 0 : host - 3;
	struct looked l;

	look(&l, s, from, host, MATCH_URL_MOST + 64);
	stop = host - from;
	while (scheme > from && (is_alnum(s->p[scheme - 1]) || (s->p[scheme - 1] && strchr("+-.", s->p[scheme - 1]))))
		scheme--;
	while (stop < l.t.n && l.t.p[stop] > ' ' && l.t.p[stop] != '"')
		stop++;
	if (s->p[host - 2] == '\\' || (scheme && s->p[scheme - 1] == '\\') || memchr(l.t.p + (host - from), '\\', stop - (host - from))) {
		sieve_mark(s, host); /* escaped slashes: read the line as what it is */
		return;
	}
	if (host - from >= 3 && l.t.p[host - from - 3] == ':')
		token_url(&l.t, host - from - 3);
	end_look(&l, host);
}

/* Listed hosts with dots come from host_names; here are those that have none, or are not written plainly.  `host` is behind "://". */
void sieve_odd_host(struct match_sieve *s, size_t host)
{
	size_t end = host;
	bool dots = false;
	uint8_t c;

	while (end < s->length && end - host < 512 && token_class[s->p[end]])
		dots |= s->p[end++] == '.';
	c = end < s->length ? s->p[end] : 0;
	if (c >= 0x80 || c == '%' || (s->x->odd_url && (!dots || c == '[')))
		sieve_url(s, host);
}

void sieve_wide(struct match_sieve *s, size_t end)
{
	size_t start = end;
	struct looked l;

	while (start > 0 && end - start <= 5 * MATCH_NAME_MOST && (s->p[start - 1] >= 0x80 || token_class[s->p[start - 1]]))
		start--;
	if (end - start > 4 * MATCH_NAME_MOST)
		return;
	look(&l, s, start, end, 0);
	token_wide(&l.t, 0, end - start);
	if (escaped(s, start, end))
		token_wide(&l.t, escaped(s, start, end), end - start);
	end_look(&l, end - 1);
}

/* \u0065: part of a word, or of a sign that parts words, only together with what stands around it. */
void sieve_escape(struct match_sieve *s, size_t u)
{
	unsigned c = 0;

	for (size_t i = u + 1; i < u + 5; i++) {
		if (i >= s->length || !is_hex(s->p[i]))
			return;
		c = c << 4 | (unsigned)hex_value(s->p[i]);
	}
	if (c < 0x80 ? token_class[c] || (c && strchr(":/@%[]+\\", (int)c)) : s->x->idn != 0)
		sieve_mark(s, u);
}

void sieve_text(struct match_sieve *s, size_t end)
{
	sieve_mark(s, end - 1);
}
