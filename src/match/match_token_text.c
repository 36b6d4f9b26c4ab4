/* SPDX-License-Identifier: Apache-2.0 */
/* URLs and e-mail addresses: looked at closer only where something listed has the same host. */
#include "match/match_token_priv.h"

/* Normal form and lookup of what stands from start to end. */
static bool look_up_text(const struct tokens *t, enum stix_value_kind k, enum match_class c, size_t start, size_t end)
{
	struct span normal;
	uint32_t value;

	arena_reset(t->v->scratch);
	normal = stix_value_normal(t->v->scratch, k, (struct span){ (const char *)t->p + start, end - start });
	if (!arena_ok(t->v->scratch))
		*t->v->starved = true;
	value = normal.n ? match_find_text(t->x, c, normal, match_hash(c, normal.p, normal.n, 0)) : MATCH_NONE;
	found(t, value, start, end);
	return value != MATCH_NONE;
}

/* The plain host name from start on (its end in *end), by whether anything listed has it. */
static bool host_listed(const struct tokens *t, enum match_class c, size_t start, size_t *end)
{
	size_t i = start;
	uint64_t h, bits;

	while (is_word(t, i) && i - start <= MATCH_NAME_MOST)
		i++;
	while (i > start && t->p[i - 1] == '.')
		i--;
	*end = i;
	if (i == start)
		return false;
	h = match_hash(CLASS_NAME, t->p + start, i - start, MATCH_FOLD);
	bits = match_filter_bits(h) | match_filter_listed(h, c == CLASS_URL_HOST ? 2 : 3);
	return (match_filter_word(t->x, h) & bits) == bits;
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
void token_url(const struct tokens *t, size_t i)
{
	size_t start = i, host, least, end, spent = 0;

	while (start > 0 && i - start < 32 && (is_alnum(t->p[start - 1]) || (t->p[start - 1] && strchr("+-.", t->p[start - 1]))))
		start--;
	start = after_percent(t, start, i);
	while (start < i && !(token_class[t->p[start]] & (C_AF | C_LETTER)))
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
		if ((before < 0x80 && !token_class[before] && before != '+') || (before >= 0x80 && t->p[start] < 0x80))
			return start;
	}
	return start;
}

/* '@' stands at i.  The longest text that is listed counts. */
void token_email(const struct tokens *t, size_t i)
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

/* ---- texts ---- */

static bool same_text(const struct tokens *t, enum stix_value_kind k, struct span listed, size_t start)
{
	const char *p = (const char *)t->p + start;

	if (k != STIX_VALUE_FILENAME && k != STIX_VALUE_REGKEY)
		return memcmp(p, listed.p, listed.n) == 0;
	for (size_t i = 0; i < listed.n; i++) {
		if (match_lower(p[i]) != (uint8_t)listed.p[i])
			return false;
	}
	return true;
}

static void try_anchor(const struct tokens *t, const struct match_anchor *a, size_t word_end)
{
	const struct match_value *v = &t->x->value[a->value];
	struct span listed = match_blob_text(t->x, v->text);
	size_t end = word_end + a->behind, start = end - listed.n;
	static const uint8_t part = C_DIGIT | C_AF | C_LETTER | C_HYPHEN | C_UNDER;

	if (end > t->n || listed.n > end || !same_text(t, (enum stix_value_kind)v->kind, listed, start))
		return;
	if ((start && (token_class[t->p[start - 1]] & part)) || letter_before(t, start) || (token_class[at(t, end)] & part) || letter_at(t, end))
		return;
	found(t, a->value, start, end);
}

void token_texts(const struct tokens *t)
{
	const struct match_index *x = t->x;
	static const uint8_t part = C_DIGIT | C_AF | C_LETTER | C_HYPHEN | C_UNDER;

	for (size_t i = 0, from; i < t->n; i++) {
		size_t low = 0, high = x->anchors;
		uint32_t h;

		for (from = i; i < t->n && (token_class[t->p[i]] & part);)
			i++;
		if (i == from)
			continue;
		h = match_word_hash((const char *)t->p + i, i - from);
		if (!(x->word[h >> 6 & (x->words - 1)] >> (h & 63) & 1))
			continue;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (x->anchor[middle].hash < h)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < x->anchors && x->anchor[low].hash == h; low++)
			try_anchor(t, &x->anchor[low], i);
	}
}
