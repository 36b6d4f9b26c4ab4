/* SPDX-License-Identifier: Apache-2.0 */
/* Warning lists: ranges of addresses in order, texts in one hash table, substrings one by one. */
#include "formats/warning.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include "formats/formats_priv.h"
#include "util/alloc.h"
#include "util/bounds.h"

enum { LISTS = 4096 };
struct range {
	uint8_t low[16], high[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint32_t list;
};
struct entry {
	struct span text;
	uint32_t list;
	bool below; /* names below it too */
};
struct formats_warnings {
	struct arena *a;
	const char *name[LISTS];
	uint32_t lists;
	struct range *range;
	size_t ranges, range_room;
	struct entry *entry; /* texts, by hash in slot */
	size_t entries, entry_room;
	uint32_t *slot;
	size_t slots, indexed;
	struct entry *part; /* substrings */
	size_t parts, part_room;
};

struct formats_warnings *formats_warnings_new(void)
{
	struct formats_warnings *w = util_calloc(1, sizeof(*w));

	if (w && (w->a = arena_new((size_t)4 << 30)) == NULL) {
		free(w);
		return NULL;
	}
	return w;
}

void formats_warnings_free(struct formats_warnings *w)
{
	if (!w)
		return;
	arena_free(w->a);
	free(w->range);
	free(w->entry);
	free(w->part);
	free(w->slot);
	free(w);
}

/* ---- building ---- */

/* First and last address of an address or network in normal form. */
static bool range_of(struct span normal, struct range *r)
{
	const char *slash = memchr(normal.p, '/', normal.n);
	size_t n = slash ? (size_t)(slash - normal.p) : normal.n, bits = 0;
	bool four = !memchr(normal.p, ':', n);
	char text[INET6_ADDRSTRLEN];

	if (n >= sizeof(text))
		return false;
	memcpy(text, normal.p, n);
	text[n] = 0;
	memset(r->low, 0, 16);
	if (four)
		r->low[10] = r->low[11] = 0xFF;
	if (inet_pton(four ? AF_INET : AF_INET6, text, r->low + (four ? 12 : 0)) != 1)
		return false;
	for (size_t i = n + 1; slash && i < normal.n; i++)
		bits = bits * 10 + (size_t)(normal.p[i] - '0');
	bits = slash ? bits + (four ? 96 : 0) : 128;
	memcpy(r->high, r->low, 16);
	for (size_t i = bits; i < 128; i++) {
		r->low[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
		r->high[i / 8] |= (uint8_t)(0x80u >> i % 8);
	}
	return true;
}

static bool add_range(struct formats_warnings *w, struct span text, uint64_t *unread)
{
	struct range r = { .list = w->lists };
	ARENA_SCOPE struct arena *a = arena_new(4096);
	struct span normal = a ? formats_normal(a, FORMATS_IPV4, text) : (struct span){ NULL, 0 };

	if (!a || !formats_room((void **)&w->range, w->ranges, &w->range_room, sizeof(r)))
		return false;
	if (!normal.n)
		normal = formats_normal(a, FORMATS_IPV6, text);
	if (normal.n && range_of(normal, &r))
		w->range[w->ranges++] = r;
	else
		++*unread;
	return true;
}

static bool add_text(struct formats_warnings *w, struct span text, bool below)
{
	char *low = arena_str(w->a, text);

	if (!low || !formats_room((void **)&w->entry, w->entries, &w->entry_room, sizeof(*w->entry)))
		return false;
	for (size_t i = 0; i < text.n; i++)
		low[i] = formats_lower(low[i]);
	w->entry[w->entries++] = (struct entry){ { low, text.n }, w->lists, below };
	return true;
}

static bool add_part(struct formats_warnings *w, struct span text)
{
	if (!formats_room((void **)&w->part, w->parts, &w->part_room, sizeof(*w->part)))
		return false;
	w->part[w->parts] = (struct entry){ arena_span(w->a, text), w->lists, false };
	return w->part[w->parts++].text.p != NULL;
}

static int by_low(const void *x, const void *y)
{
	const struct range *a = x, *b = y;
	int d = memcmp(a->low, b->low, 16);

	return d ? d : memcmp(b->high, a->high, 16);
}

/* In order, those inside others left out: then both ends rise. */
static void sort_ranges(struct formats_warnings *w)
{
	size_t n = 0;

	if (w->ranges)
		qsort(w->range, w->ranges, sizeof(*w->range), by_low);
	for (size_t i = 0; i < w->ranges; i++) {
		if (!n || memcmp(w->range[i].high, w->range[n - 1].high, 16) > 0)
			w->range[n++] = w->range[i];
	}
	w->ranges = n;
}

static void index_text(struct formats_warnings *w, size_t i)
{
	size_t at = formats_hash(w->entry[i].text) & (w->slots - 1);

	while (w->slot[at])
		at = (at + 1) & (w->slots - 1);
	w->slot[at] = (uint32_t)i + 1;
}

/* Puts the new texts in; the table grows by doubling. */
static bool index_texts(struct formats_warnings *w)
{
	if (w->slots < 2 * (w->entries + 1)) {
		size_t slots = 1024;
		while (slots < 4 * w->entries)
			slots *= 2;
		uint32_t *slot = util_calloc(slots, sizeof(*slot));
		if (!slot)
			return false;
		free(w->slot);
		w->slot = slot;
		w->slots = slots;
		w->indexed = 0;
	}
	for (; w->indexed < w->entries; w->indexed++)
		index_text(w, w->indexed);
	return true;
}

static bool add_entry(struct formats_warnings *w, struct span type, struct span text, uint64_t *unread)
{
	if (!text.n) {
		++*unread;
		return true;
	}
	if (span_is(type, "cidr"))
		return add_range(w, text, unread);
	if (span_is(type, "substring"))
		return add_part(w, text);
	if (text.p[0] == '.' && span_is(type, "hostname"))
		text = formats_from(text, 1);
	return add_text(w, text, span_is(type, "hostname"));
}

enum err formats_warnings_add(struct formats_warnings *w, struct span json, uint64_t *unread, struct fault *f)
{
	static const char *const types[] = { "cidr", "hostname", "string", "substring", "regex" };
	ARENA_SCOPE struct arena *a = arena_new(BOUND_FEED_FILE);
	struct json v;
	enum err e = a ? json_read(a, json, &v, f) : ERR_NOMEM;
	size_t k = 0;

	if (e != ERR_OK)
		return e;
	struct span type = json_string_or_none(json_get(v, "type")), name = json_string_or_none(json_get(v, "name"));
	while (k < 5 && !span_is(type, types[k]))
		k++;
	if (k == 5 || !json_is(json_get(v, "list"), JSON_ARRAY))
		return fault_set(f, ERR_INVALID, "", "this is no warning list of MISP: expected \"type\" (cidr, hostname, string, substring or regex) and \"list\"");
	if (w->lists == LISTS)
		return fault_set(f, ERR_LIMIT, "", "more than %d warning lists", LISTS);
	w->name[w->lists] = name.n ? arena_str(w->a, name) : "warning list";
	for (struct json_iter it = json_iter(json_get(v, "list")); json_next(&it);) {
		struct span text = json_string_or_none(it.value);
		if (span_is(type, "regex"))
			++*unread;
		else if (!add_entry(w, type, text, unread))
			return fault_set(f, ERR_NOMEM, "", "out of memory while reading a warning list");
	}
	w->lists++;
	sort_ranges(w);
	return index_texts(w) && arena_ok(w->a) ? ERR_OK : fault_set(f, ERR_NOMEM, "", "out of memory while reading a warning list");
}

/* ---- asking ---- */

static const char *find_range(const struct formats_warnings *w, struct span value)
{
	struct range r;
	size_t low = 0, high = w->ranges;

	if (!range_of(value, &r))
		return NULL;
	while (low < high) { /* the first that does not end before r begins */
		size_t mid = (low + high) / 2;
		if (memcmp(w->range[mid].high, r.low, 16) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < w->ranges && memcmp(w->range[low].low, r.high, 16) <= 0 ? w->name[w->range[low].list] : NULL;
}

static const char *find_text(const struct formats_warnings *w, struct span text, bool above)
{
	for (size_t at = w->slots ? formats_hash(text) & (w->slots - 1) : 0; w->slots && w->slot[at]; at = (at + 1) & (w->slots - 1)) {
		const struct entry *e = &w->entry[w->slot[at] - 1];
		if ((e->below || !above) && span_eq(e->text, text))
			return w->name[e->list];
	}
	return NULL;
}

const char *formats_warnings_find(const struct formats_warnings *w, enum formats_sort sort, struct span value)
{
	const char *name = NULL, *dot;

	if (sort == FORMATS_IPV4 || sort == FORMATS_IPV6)
		name = find_range(w, value);
	if (!name)
		name = find_text(w, value, false);
	for (struct span rest = value; !name && sort == FORMATS_DOMAIN && (dot = memchr(rest.p, '.', rest.n)) != NULL;) {
		rest = formats_from(rest, (size_t)(dot + 1 - rest.p));
		name = find_text(w, rest, true);
	}
	for (size_t i = 0; !name && i < w->parts; i++) {
		if (memmem(value.p, value.n, w->part[i].text.p, w->part[i].text.n))
			name = w->name[w->part[i].list];
	}
	return name;
}
