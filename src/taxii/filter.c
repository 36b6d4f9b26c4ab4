/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings: TAXII 2.1 filters (§3.4) and paging, read strictly and written back.
 *
 * 1. A filter that was read is canonical: lists are sorted and hold nothing twice.
 * 2. taxii_filter_parse(taxii_filter_query(f)) gives f again.
 * 3. '+' is a space, as HTML forms and Python's urlencode write it.  No value that TAXII knows may hold a space, so a plus sign
 *    that was meant as one ("+00:00") ends as a clear error, never as another filter. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "taxii/taxii.h"
#include "util/bounds.h"

struct reading {
	struct arena *a;
	struct taxii_filter *f;
	struct fault *fault;
};

/* ---- bytes ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
					: c >= 'A' && c <= 'F'       ? c - 'A' + 10
								     : -1;
}

/* Length of the well-formed UTF-8 sequence at p (Unicode table 3-7), 0 where there is none. */
static size_t utf8_step(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t n;
	} rows[] = { { 0x01, 0x7f, 0, 0, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		if (p[0] < rows[r].first || p[0] > rows[r].last)
			continue;
		if (rows[r].n > n || (rows[r].n > 1 && (p[1] < rows[r].low || p[1] > rows[r].high)))
			return 0;
		for (size_t i = 2; i < rows[r].n; i++)
			if ((p[i] & 0xc0) != 0x80)
				return 0;
		return rows[r].n;
	}
	return 0; /* NUL is refused here too */
}

static enum err decode(struct arena *a, struct span from, struct span *out, struct fault *f)
{
	char *to = arena_alloc(a, from.n + 1);
	size_t n = 0;
	if (!to)
		return fault_set(f, ERR_NOMEM, "query", "no memory for the query string");
	for (size_t i = 0; i < from.n; i++) {
		char c = from.p[i];
		if (c == '%') {
			int high = i + 2 < from.n ? hex(from.p[i + 1]) : -1, low = i + 2 < from.n ? hex(from.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return fault_set(f, ERR_SYNTAX, "query", "a '%%' that is not followed by two hexadecimal digits; write %%25 for a percent sign");
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		to[n++] = c;
	}
	for (size_t i = 0; i < n;) {
		size_t step = utf8_step((const unsigned char *)to + i, n - i);
		if (!step)
			return fault_set(f, ERR_SYNTAX, "query", "the query string holds a NUL or is not UTF-8 after percent-decoding");
		i += step;
	}
	*out = (struct span){ to, n };
	return ERR_OK;
}

static void encode(struct buf *b, struct span s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~:,", c));
		if (plain)
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%c%c", digits[c >> 4], digits[c & 15]);
	}
}

/* ---- one parameter ---- */

static int by_bytes(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

static int by_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Splits at commas into an array of spans; every item has to hold something. */
static enum err split(struct reading *r, const char *name, struct span value, struct span **out, size_t *n)
{
	size_t items = 1;
	for (size_t i = 0; i < value.n; i++)
		items += value.p[i] == ',';
	if (items > BOUND_FILTER_VALUES)
		return fault_set(r->fault, ERR_SYNTAX, name, "%zu values; at most %d are taken in one list: ask in several requests", items, BOUND_FILTER_VALUES);
	struct span *v = arena_array(r->a, items, sizeof *v);
	if (!v)
		return fault_set(r->fault, ERR_NOMEM, name, "no memory for the list");
	size_t at = 0;
	for (size_t i = 0, from = 0; i <= value.n; i++) {
		if (i < value.n && value.p[i] != ',')
			continue;
		if (i == from)
			return fault_set(r->fault, ERR_SYNTAX, name, "an empty value; separate values by single commas, without spaces");
		v[at++] = (struct span){ value.p + from, i - from };
		from = i + 1;
	}
	*out = v;
	*n = items;
	return ERR_OK;
}

static size_t drop_repeats(struct span *v, size_t n)
{
	qsort(v, n, sizeof *v, by_bytes);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !span_eq(v[kept - 1], v[i]))
			v[kept++] = v[i];
	return kept;
}

static enum err read_list(struct reading *r, const char *name, struct span value, enum err (*check)(struct span item, const char *name, struct fault *f),
	struct span **out, size_t *n)
{
	enum err e = split(r, name, value, out, n);
	for (size_t i = 0; e == ERR_OK && i < *n; i++)
		e = check((*out)[i], name, r->fault);
	if (e == ERR_OK)
		*n = drop_repeats(*out, *n);
	return e;
}

static enum err check_id(struct span item, const char *name, struct fault *f)
{
	struct stix_id id;
	struct fault why = { 0 };
	if (item.n <= BOUND_ID_BYTES && stix_id_parse(item, &id, &why) == ERR_OK)
		return ERR_OK;
	return fault_set(f, ERR_SYNTAX, name, "\"%.*s\" is no STIX identifier (type--uuid): %s", item.n > 80 ? 80 : SPAN_ARG(item),
		why.what[0] ? why.what : "it is too long");
}

static enum err check_type(struct span item, const char *name, struct fault *f)
{
	bool good = item.n <= 250;
	for (size_t i = 0; good && i < item.n; i++)
		good = (item.p[i] >= 'a' && item.p[i] <= 'z') || (item.p[i] >= '0' && item.p[i] <= '9') || item.p[i] == '-';
	if (good)
		return ERR_OK;
	return fault_set(f, ERR_SYNTAX, name, "\"%.*s\" is no STIX type: a to z, 0 to 9 and hyphens only, at most 250", item.n > 80 ? 80 : SPAN_ARG(item));
}

/* A well-formed version that nobody has ("2.7") is a filter that nothing passes, not an error. */
static enum err check_spec(struct span item, const char *name, struct fault *f)
{
	if (item.n == 3 && item.p[0] >= '0' && item.p[0] <= '9' && item.p[1] == '.' && item.p[2] >= '0' && item.p[2] <= '9')
		return ERR_OK;
	return fault_set(f, ERR_SYNTAX, name, "\"%.*s\" is no version of STIX; this server holds 2.0 and 2.1", item.n > 80 ? 80 : SPAN_ARG(item));
}

static enum err read_added_after(struct reading *r, const char *name, struct span value)
{
	struct fault why = { 0 };
	/* Digits past the sixth are cut: stamps are whole microseconds, so `> floor(t)` and `> t` take the same ones. */
	if (timestamp_parse(value, &r->f->added_after, &why) != ERR_OK)
		return fault_set(r->fault, ERR_SYNTAX, name, "not a timestamp as in 2026-01-31T23:59:59.000000Z: %s", why.what);
	r->f->has_added_after = true;
	r->f->added_after_text = value;
	return ERR_OK;
}

static enum err read_limit(struct reading *r, const char *name, struct span value)
{
	uint64_t n = 0;
	bool good = value.n > 0, huge = false;
	for (size_t i = 0; good && i < value.n; i++) {
		good = value.p[i] >= '0' && value.p[i] <= '9';
		huge = huge || __builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (unsigned)(value.p[i] - '0'), &n);
	}
	if (huge)
		n = UINT64_MAX; /* more than there can be: the server's own page size applies */
	if (!good || n == 0)
		return fault_set(r->fault, ERR_SYNTAX, name, "\"%.*s\" is no number of objects: give a whole number from 1", value.n > 80 ? 80 : SPAN_ARG(value));
	r->f->has_limit = true;
	r->f->limit = n;
	return ERR_OK;
}

static enum err read_next(struct reading *r, const char *name, struct span value)
{
	if (value.n == 0)
		return fault_set(r->fault, ERR_SYNTAX, name, "it is empty: give back the `next` of the page before, or leave it out");
	r->f->next = value;
	return ERR_OK;
}

static enum err read_ids(struct reading *r, const char *name, struct span value)
{
	return read_list(r, name, value, check_id, &r->f->ids, &r->f->n_ids);
}

static enum err read_types(struct reading *r, const char *name, struct span value)
{
	return read_list(r, name, value, check_type, &r->f->types, &r->f->n_types);
}

static enum err read_specs(struct reading *r, const char *name, struct span value)
{
	return read_list(r, name, value, check_spec, &r->f->spec_versions, &r->f->n_spec_versions);
}

static const struct {
	const char *word;
	unsigned bit;
} version_words[] = { { "all", TAXII_VERSION_ALL }, { "first", TAXII_VERSION_FIRST }, { "last", TAXII_VERSION_LAST } };
#define VERSION_WORDS (sizeof version_words / sizeof *version_words)

static unsigned version_word(struct span s)
{
	for (size_t i = 0; i < VERSION_WORDS; i++)
		if (span_is(s, version_words[i].word))
			return version_words[i].bit;
	return 0;
}

static enum err read_versions(struct reading *r, const char *name, struct span value)
{
	struct span *v;
	size_t n, exact = 0, kept = 0;
	enum err e = split(r, name, value, &v, &n);
	if (e)
		return e;
	int64_t *ns = arena_array(r->a, n, sizeof *ns);
	if (!ns)
		return fault_set(r->fault, ERR_NOMEM, name, "no memory for the list");
	for (size_t i = 0; i < n; i++) {
		struct fault why = { 0 };
		unsigned bit = version_word(v[i]);
		r->f->version_words |= bit;
		if (!bit && timestamp_parse_ns(v[i], &ns[exact++], &why) != ERR_OK)
			return fault_set(r->fault, ERR_SYNTAX, name, "\"%.*s\" is neither first, last, all nor a timestamp: %s",
				v[i].n > 60 ? 60 : SPAN_ARG(v[i]), why.what);
	}
	qsort(ns, exact, sizeof *ns, by_ns);
	for (size_t i = 0; i < exact; i++)
		if (kept == 0 || ns[kept - 1] != ns[i])
			ns[kept++] = ns[i];
	r->f->exact_ns = ns;
	r->f->n_exact = kept;
	return ERR_OK;
}

/* ---- the whole ---- */

static const struct parameter {
	const char *name;
	unsigned use;
	enum err (*read)(struct reading *r, const char *name, struct span value);
} parameters[] = {
	{ "added_after", TAXII_ADDED_AFTER, read_added_after },
	{ "limit", TAXII_LIMIT, read_limit },
	{ "next", TAXII_NEXT, read_next },
	{ "match[id]", TAXII_ID, read_ids },
	{ "match[type]", TAXII_TYPE, read_types },
	{ "match[version]", TAXII_VERSION, read_versions },
	{ "match[spec_version]", TAXII_SPEC, read_specs },
};

static const struct parameter *find_parameter(struct span name, unsigned uses)
{
	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
		if ((parameters[i].use & uses) && span_is(name, parameters[i].name))
			return &parameters[i];
	return NULL;
}

static enum err read_pair(struct reading *r, struct span pair, unsigned uses, unsigned *seen)
{
	const char *eq = memchr(pair.p, '=', pair.n);
	size_t n = eq ? (size_t)(eq - pair.p) : pair.n;
	struct span name, value;
	enum err e = decode(r->a, (struct span){ pair.p, n }, &name, r->fault);
	if (e == ERR_OK)
		e = decode(r->a, eq ? (struct span){ eq + 1, pair.n - n - 1 } : SPAN(""), &value, r->fault);
	if (e)
		return e;
	const struct parameter *p = find_parameter(name, uses);
	if (!p) {
		if (span_starts(name, SPAN("match[")) && !r->f->unknown_match) {
			r->f->unknown_match = true;
			r->f->unknown_name = name;
		}
		return ERR_OK;
	}
	if (*seen & p->use)
		return fault_set(r->fault, ERR_SYNTAX, p->name, "given twice: give it once, several values separated by commas where it is a list");
	*seen |= p->use;
	return p->read(r, p->name, value);
}

enum err taxii_filter_parse(struct arena *a, struct span query, unsigned uses, struct taxii_filter *out, struct fault *f)
{
	struct taxii_filter filter = { 0 };
	struct reading r = { a, &filter, f };
	unsigned seen = 0;
	if (query.n > BOUND_QUERY_BYTES)
		return fault_set(f, ERR_SYNTAX, "query", "%zu bytes; a query string may have %d: ask in several requests", query.n, BOUND_QUERY_BYTES);
	for (size_t i = 0, from = 0; i <= query.n; i++) {
		if (i < query.n && query.p[i] != '&')
			continue;
		enum err e = i > from ? read_pair(&r, (struct span){ query.p + from, i - from }, uses, &seen) : ERR_OK;
		if (e)
			return e;
		from = i + 1;
	}
	*out = filter;
	return ERR_OK;
}

/* ---- writing ---- */

static void put_name(struct buf *b, char *before, const char *name)
{
	buf_addc(b, *before);
	encode(b, span_of(name));
	buf_addc(b, '=');
	*before = '&';
}

static void put_list(struct buf *b, char *before, const char *name, const struct span *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0)
			put_name(b, before, name);
		else
			buf_addc(b, ',');
		encode(b, v[i]);
	}
}

/* Nine fraction digits: an instant to the letter of what is compared. */
static void put_ns(struct buf *b, int64_t ns)
{
	int64_t rest = ns % 1000 + (ns % 1000 < 0 ? 1000 : 0), us = ns / 1000 - (ns % 1000 < 0);
	char text[TIMESTAMP_TEXT];
	timestamp_format((struct timestamp){ us }, text);
	buf_addf(b, "%.*s%03dZ", TIMESTAMP_TEXT - 2, text, (int)rest);
}

static void put_versions(struct buf *b, unsigned words, const int64_t *ns, size_t n)
{
	bool more = false;
	for (size_t i = 0; i < VERSION_WORDS; i++) {
		if (!(words & version_words[i].bit))
			continue;
		buf_addf(b, "%s%s", more ? "," : "", version_words[i].word);
		more = true;
	}
	for (size_t i = 0; i < n; i++, more = true) {
		buf_adds(b, more ? "," : "");
		put_ns(b, ns[i]);
	}
}

static struct span finish(struct arena *a, struct buf *b)
{
	struct span out = buf_ok(b) ? arena_span(a, buf_span(b)) : (struct span){ NULL, 0 };
	buf_release(b);
	return out;
}

/* Room for the longest filter that can be read, each byte percent-encoded. */
#define FILTER_TEXT ((size_t)8 * BOUND_QUERY_BYTES + 4096)

struct span taxii_filter_bytes(struct arena *a, const struct taxii_filter *q, struct span resource)
{
	struct buf b;
	char at[TIMESTAMP_TEXT] = "";
	const struct {
		const struct span *v;
		size_t n;
	} lists[] = { { q->ids, q->n_ids }, { q->types, q->n_types }, { q->spec_versions, q->n_spec_versions } };
	buf_init(&b, resource.n + FILTER_TEXT);
	if (q->has_added_after)
		timestamp_format(q->added_after, at);
	/* No value holds a newline, and the resource's length stands before it: two filters never give the same bytes. */
	buf_addf(&b, "%zu:", resource.n);
	buf_addspan(&b, resource);
	buf_addf(&b, "\n%s", at);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		buf_addc(&b, '\n');
		for (size_t k = 0; k < lists[i].n; k++) {
			buf_addspan(&b, lists[i].v[k]);
			buf_addc(&b, ',');
		}
	}
	buf_addc(&b, '\n');
	put_versions(&b, q->version_words || q->n_exact ? q->version_words : TAXII_VERSION_LAST, q->exact_ns, q->n_exact);
	return finish(a, &b);
}

struct span taxii_filter_query(struct arena *a, const struct taxii_filter *q)
{
	struct buf b;
	char before = '?';
	buf_init(&b, FILTER_TEXT + q->next.n * 3);
	if (q->has_added_after) {
		char text[TIMESTAMP_TEXT];
		timestamp_format(q->added_after, text);
		put_list(&b, &before, "added_after", q->added_after_text.n ? &q->added_after_text : &(struct span){ text, strlen(text) }, 1);
	}
	if (q->has_limit) {
		put_name(&b, &before, "limit");
		buf_addf(&b, "%" PRIu64, q->limit);
	}
	put_list(&b, &before, "next", &q->next, q->next.n > 0);
	put_list(&b, &before, "match[id]", q->ids, q->n_ids);
	put_list(&b, &before, "match[type]", q->types, q->n_types);
	put_list(&b, &before, "match[spec_version]", q->spec_versions, q->n_spec_versions);
	if (q->version_words || q->n_exact) {
		put_name(&b, &before, "match[version]");
		put_versions(&b, q->version_words, q->exact_ns, q->n_exact);
	}
	return finish(a, &b);
}
