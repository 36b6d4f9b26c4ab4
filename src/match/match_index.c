/* SPDX-License-Identifier: Apache-2.0 */
/* The read-only index: its lookups, and the file that holds it. */
#include "match/match_priv.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"

/* ---- lookups ---- */

static bool same_text(enum match_class c, struct span listed, struct span text)
{
	if (!match_fold_of(c))
		return span_eq(listed, text);
	if (listed.n != text.n)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if ((uint8_t)listed.p[i] != match_lower(text.p[i]))
			return false;
	}
	return true;
}

uint32_t match_find_text(const struct match_index *x, enum match_class c, struct span text, uint64_t h)
{
	const struct match_slot *s;

	for (size_t at = h & x->slot_mask; (s = &x->slot[at])->value; at = (at + 1) & x->slot_mask) {
		const struct match_value *v = &x->value[s->value - 1];

		if (s->tag == (uint32_t)(h >> 32) && v->class == c && same_text(c, match_blob_text(x, v->text), text))
			return s->value - 1;
	}
	return MATCH_NONE;
}

uint64_t match_address_hash(enum match_class c, const uint8_t *address, unsigned bits)
{
	uint64_t high = 0, low = 0;

	if (match_address_bytes(c) == 4) {
		memcpy(&high, address, 4);
	} else {
		high = match_load8(address);
		low = match_load8(address + 8);
	}
	return match_mum(match_mum(high ^ MATCH_K1 ^ match_seed(c), low ^ MATCH_K2) ^ MATCH_K2, match_seed(c) + bits);
}

uint32_t match_find_address(const struct match_index *x, enum match_class c, const uint8_t *address, unsigned bits)
{
	uint64_t h = match_address_hash(c, address, bits);
	const struct match_slot *s;

	for (size_t at = h & x->slot_mask; (s = &x->slot[at])->value; at = (at + 1) & x->slot_mask) {
		const struct match_value *v = &x->value[s->value - 1];
		struct span text;

		if (s->tag != (uint32_t)(h >> 32) || v->class != c || v->bits != bits)
			continue;
		text = match_blob_text(x, v->text);
		if (memcmp(text.p + text.n, address, match_address_bytes(c)) == 0)
			return s->value - 1;
	}
	return MATCH_NONE;
}

static int64_t take8(const uint8_t **p)
{
	int64_t v;

	memcpy(&v, *p, 8);
	*p += 8;
	return v;
}

/* Facts: eight texts, two times, the confidence. */
void match_indicator_of(const struct match_index *x, uint32_t number, struct span value, struct match_indicator *out)
{
	const struct match_facts *m = &x->indicator[number];
	struct span *const text[] = { &out->id, &out->name, &out->tlp, &out->pattern, &out->version, &out->markings, &out->actions };
	uint32_t at = m->facts;
	const uint8_t *p;

	*out = (struct match_indicator){ .id = SPAN(""), .name = value, .tlp = SPAN(""), .pattern = SPAN(""), .version = SPAN(""), .markings = SPAN(""), .actions = SPAN(""), .source = match_blob_text(x, m->source), .number = number, .valid_from_ns = INT64_MIN, .valid_until_ns = INT64_MAX, .confidence = -1 };
	if (!at)
		return;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		*text[i] = match_blob_text(x, at);
		at = (uint32_t)((const uint8_t *)text[i]->p - x->blob + (ptrdiff_t)text[i]->n);
	}
	p = x->blob + at;
	out->valid_from_ns = take8(&p);
	out->valid_until_ns = take8(&p);
	out->confidence = (int)(int8_t)*p;
}

const struct match_counts *match_index_counts(const struct match_index *x)
{
	return &x->counts;
}

void match_index_free(struct match_index *x)
{
	if (!x)
		return;
	if (x->map) {
		munmap(x->map, x->mapped);
	} else {
#define X(name, type) free((void *)(uintptr_t)x->name);
		MATCH_SECTIONS(X)
#undef X
	}
	free(x);
}

/* ---- the file ---- */

enum { N_SECTIONS = 0
#define X(name, type) +1
	MATCH_SECTIONS(X)
#undef X
};
#define FILE_VERSION 2
#define FILE_ORDER UINT32_C(0x01020304)
struct file_head {
	char magic[8];
	uint32_t version, order;
	uint64_t size, check; /* of everything, check taken as 0 */
	struct {
		uint64_t at, n;
	} section[N_SECTIONS];
	uint64_t indicators, per_class[CLASSES], bits4, bits6[3];
	uint32_t idn, odd_mail, odd_url, even;
	struct match_counts counts;
	uint64_t spare[4];
};
static const char magic[8] = { 'm', 'u', 's', 'u', 'b', 'i', 'x', '\n' };
static const size_t item_size[] = {
#define X(name, type) sizeof(type),
	MATCH_SECTIONS(X)
#undef X
};

/* Four sums side by side: as fast as memory. */
static uint64_t check_sum(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t s[4] = { sum, sum ^ MATCH_K1, sum ^ MATCH_K2, ~sum };
	uint8_t last[64] = { 0 };

	for (; n >= 64; p += 64, n -= 64) {
		for (int k = 0; k < 4; k++)
			s[k] = match_mum(match_load8(p + 16 * k) ^ MATCH_K1 ^ s[k], match_load8(p + 16 * k + 8) ^ MATCH_K2);
	}
	if (n)
		memcpy(last, p, n);
	for (int k = 0; k < 4; k++)
		s[k] = match_mum(match_load8(last + 16 * k) ^ MATCH_K1 ^ s[k], match_load8(last + 16 * k + 8) ^ MATCH_K2 ^ n);
	return match_mum(s[0] ^ MATCH_K2, s[1] ^ MATCH_K1) ^ match_mum(s[2] ^ MATCH_K1, s[3] ^ MATCH_K2);
}

static bool write_all(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n) {
		ssize_t k = write(fd, from, n);

		if (k <= 0)
			return false;
		from += k;
		n -= (size_t)k;
	}
	return true;
}

enum err match_index_write(const struct match_index *x, int fd, struct fault *f)
{
	static const char zeros[64];
	const void *part[N_SECTIONS] = {
#define X(name, type) x->name,
		MATCH_SECTIONS(X)
#undef X
	};
	const size_t n[N_SECTIONS] = {
#define X(name, type) x->name##s,
		MATCH_SECTIONS(X)
#undef X
	};
	struct file_head h;

	memset(&h, 0, sizeof(h)); /* padding too goes into the file */
	memcpy(h.magic, magic, sizeof(magic));
	h.version = FILE_VERSION;
	h.order = FILE_ORDER;
	h.size = (sizeof(h) + 63) / 64 * 64;
	h.indicators = x->indicators_given;
	memcpy(h.per_class, x->per_class, sizeof(h.per_class));
	h.bits4 = x->bits4;
	memcpy(h.bits6, x->bits6, sizeof(h.bits6));
	h.idn = x->idn;
	h.odd_mail = x->odd_mail;
	h.odd_url = x->odd_url;
	h.counts = x->counts;
	for (size_t i = 0; i < N_SECTIONS; i++) {
		h.section[i].at = h.size;
		h.section[i].n = n[i];
		h.size += (n[i] * item_size[i] + 63) / 64 * 64;
	}
	h.check = check_sum(0, (const uint8_t *)&h, sizeof(h));
	for (size_t i = 0; i < N_SECTIONS; i++)
		h.check = check_sum(h.check, part[i], n[i] * item_size[i]);
	if (!write_all(fd, &h, sizeof(h)) || !write_all(fd, zeros, (64 - sizeof(h) % 64) % 64))
		return fault_set(f, ERR_IO, "", "the index could not be written");
	for (size_t i = 0; i < N_SECTIONS; i++) {
		size_t bytes = n[i] * item_size[i];

		if (!write_all(fd, part[i], bytes) || !write_all(fd, zeros, (64 - bytes % 64) % 64))
			return fault_set(f, ERR_IO, "", "the index could not be written");
	}
	return ERR_OK;
}

bool match_index_is_file(struct span head)
{
	return head.n >= sizeof(magic) && memcmp(head.p, magic, sizeof(magic)) == 0;
}

/* Is it whole, ours, and unchanged?  A sentence where it is not. */
static const char *refusal(const uint8_t *map, size_t n)
{
	struct file_head h;
	uint64_t check, given;

	memcpy(&h, map, sizeof(h));
	if (memcmp(h.magic, magic, sizeof(magic)) != 0)
		return "this is no index file of musubi match";
	if (h.order != FILE_ORDER)
		return "this index was made on a processor of another byte order; make it again here";
	if (h.version != FILE_VERSION)
		return "this index was made by another version; make it again";
	if (h.size != n)
		return "this index file is cut short or was written to; make it again";
	for (size_t i = 0; i < N_SECTIONS; i++) {
		if (h.section[i].at % 64 || h.section[i].at > n || h.section[i].n > (n - h.section[i].at) / item_size[i])
			return "this index file is damaged; make it again";
	}
	given = h.check;
	h.check = 0;
	check = check_sum(0, (const uint8_t *)&h, sizeof(h));
	for (size_t i = 0; i < N_SECTIONS; i++)
		check = check_sum(check, map + h.section[i].at, h.section[i].n * item_size[i]);
	return check == given ? NULL : "this index file is damaged: its checksum differs; make it again";
}

static void use_head(struct match_index *x, const uint8_t *map)
{
	struct file_head h;
	size_t i = 0;

	memcpy(&h, map, sizeof(h));
#define X(member, type) \
	x->member = (const type *)(const void *)(map + h.section[i].at); \
	x->member##s = h.section[i++].n;
	MATCH_SECTIONS(X)
#undef X
	x->indicators_given = h.indicators;
	x->slot_mask = x->slots - 1;
	memcpy(x->per_class, h.per_class, sizeof(h.per_class));
	x->bits4 = h.bits4;
	memcpy(x->bits6, h.bits6, sizeof(h.bits6));
	x->idn = h.idn;
	x->odd_mail = h.odd_mail;
	x->odd_url = h.odd_url;
	x->counts = h.counts;
}

enum err match_index_open(int fd, struct match_index **out, struct fault *f)
{
	struct match_index *x;
	const char *why;
	struct stat st;
	void *map;

	if (fstat(fd, &st) != 0)
		return fault_set(f, ERR_IO, "", "the index could not be read");
	if ((size_t)st.st_size < sizeof(struct file_head))
		return fault_set(f, ERR_INVALID, "", "this is no index file of musubi match");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return fault_set(f, ERR_IO, "", "the index could not be mapped");
	why = refusal(map, (size_t)st.st_size);
	x = why ? NULL : util_calloc(1, sizeof(*x));
	if (!x) {
		munmap(map, (size_t)st.st_size);
		return why ? fault_set(f, ERR_INVALID, "", "%s", why) : fault_set(f, ERR_NOMEM, "", "out of memory");
	}
	x->map = map;
	x->mapped = (size_t)st.st_size;
	use_head(x, map);
	*out = x;
	return ERR_OK;
}
