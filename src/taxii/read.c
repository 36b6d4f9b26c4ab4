/* SPDX-License-Identifier: Apache-2.0 */
/* TAXII resources as a client reads them: lenient about what is missing, strict about what is there. */
#include "taxii/taxii.h"

/* ---- envelopes ---- */

struct envelope_reading {
	struct arena *a;
	struct taxii_envelope got;
	bool has_more, has_next;
	enum err (*fn)(void *ctx, size_t index, struct span raw);
	enum err (*extra)(void *ctx, struct span key, struct span raw);
	void *ctx;
	struct fault *f;
};

static enum err envelope_next(struct envelope_reading *r, struct span raw)
{
	struct json v;
	if (raw.n && (raw.p[0] == 'n'))
		return ERR_OK; /* null: none */
	enum err e = json_read(r->a, raw, &v, r->f);
	if (e)
		return e;
	if (json_is(v, JSON_STRING)) {
		r->got.next = json_string(v);
		return ERR_OK;
	}
	if (json_is(v, JSON_INT) || json_is(v, JSON_UINT)) { /* page numbers of some servers */
		r->got.next = arena_span(r->a, raw);
		return r->got.next.p ? ERR_OK : fault_set(r->f, ERR_NOMEM, "next", "no memory for the page");
	}
	return fault_set(r->f, ERR_SYNTAX, "next", "expected a string, found %s", json_type_name(json_type(v)));
}

static enum err envelope_member(void *ctx, struct span key, struct span raw)
{
	struct envelope_reading *r = ctx;
	if (span_is(key, "objects"))
		return fault_set(r->f, ERR_SYNTAX, "objects", "expected an array of objects; this is no TAXII envelope");
	if (span_is(key, "more")) {
		if (r->has_more)
			return fault_set(r->f, ERR_SYNTAX, "more", "given twice in one envelope");
		r->has_more = true;
		r->got.more = span_is(raw, "true");
		if (!r->got.more && !span_is(raw, "false") && !span_is(raw, "null"))
			return fault_set(r->f, ERR_SYNTAX, "more", "expected true or false");
		return ERR_OK;
	}
	if (span_is(key, "next")) {
		if (r->has_next)
			return fault_set(r->f, ERR_SYNTAX, "next", "given twice in one envelope");
		r->has_next = true;
		return envelope_next(r, raw);
	}
	return r->extra ? r->extra(r->ctx, key, raw) : ERR_OK;
}

static enum err envelope_item(void *ctx, size_t index, struct span raw)
{
	struct envelope_reading *r = ctx;
	return r->fn ? r->fn(r->ctx, index, raw) : ERR_OK;
}

enum err taxii_envelope_read(struct arena *a, struct json_parser *p, struct span text, struct taxii_envelope *out,
	enum err (*fn)(void *ctx, size_t index, struct span raw), enum err (*extra)(void *ctx, struct span key, struct span raw),
	void *ctx, struct fault *f)
{
	struct envelope_reading r = { .a = a, .fn = fn, .extra = extra, .ctx = ctx, .f = f };
	struct json_split to = { "objects", envelope_member, envelope_item, &r };
	enum err e = json_split(p, text, &to, f);
	if (e == ERR_OK)
		*out = r.got;
	return e;
}

/* ---- collections ---- */

static bool flag(struct json object, const char *key, bool missing)
{
	struct json v = json_get(object, key);
	return json_has(v) ? json_true(v) : missing;
}

static enum err read_collection(struct json v, struct taxii_collection *out, struct fault *f)
{
	struct json ours = json_get(v, "x_musubi");
	*out = (struct taxii_collection){
		.id = json_string_or_none(json_get(v, "id")),
		.alias = json_string_or_none(json_get(v, "alias")),
		.title = json_string_or_none(json_get(v, "title")),
		.description = json_string_or_none(json_get(v, "description")),
		/* Required members; servers that leave them out are asked and may still refuse. */
		.can_read = flag(v, "can_read", true),
		.can_write = flag(v, "can_write", true),
		.default_tlp = json_string_or_none(json_get(ours, "default_tlp")),
		.members_write = flag(ours, "members_write", false),
	};
	if (out->id.n == 0)
		return fault_set(f, ERR_SYNTAX, "collections", "a collection without an id; this is no TAXII 2.1 collections resource");
	return ERR_OK;
}

enum err taxii_collections_read(struct arena *a, struct span text, struct taxii_collection **out, size_t *n, struct fault *f)
{
	struct json top;
	enum err e = json_read(a, text, &top, f);
	if (e)
		return e;
	struct json list = json_get(top, "collections");
	bool single = !json_has(list) && json_has(json_get(top, "id"));
	if (!json_is(top, JSON_OBJECT) || (json_has(list) && !json_is(list, JSON_ARRAY)))
		return fault_set(f, ERR_SYNTAX, "collections", "expected an object with an array `collections`; this is no TAXII 2.1 collections resource");
	size_t count = single ? 1 : json_count(list), at = 0;
	struct taxii_collection *v = arena_array(a, count + 1, sizeof *v);
	if (!v)
		return fault_set(f, ERR_NOMEM, "collections", "no memory for %zu collections", count);
	if (single)
		e = read_collection(top, &v[at++], f);
	for (struct json_iter it = json_iter(list); e == ERR_OK && json_next(&it);)
		e = read_collection(it.value, &v[at++], f);
	if (e)
		return e;
	*out = v;
	*n = at;
	return ERR_OK;
}

/* ---- status ---- */

static void status_list(struct json top, const char *key, enum taxii_fate fate, void (*fn)(void *ctx, const struct taxii_status_item *item), void *ctx)
{
	for (struct json_iter it = json_iter(json_get(top, key)); json_next(&it);) {
		struct json v = it.value;
		bool bare = json_is(v, JSON_STRING); /* TAXII 2.0 lists ids */
		struct span message = json_string_or_none(json_get(v, "message"));
		struct taxii_status_item item = {
			.id = bare ? json_string(v) : json_string_or_none(json_get(v, "id")),
			.version = json_string_or_none(json_get(v, "version")),
			.fate = fate,
			.message = message.p,
		};
		fn(ctx, &item);
	}
}

static uint64_t count_of(struct json top, const char *key, const char *list)
{
	struct json v = json_get(top, key);
	if (json_is(v, JSON_INT))
		return json_int(v) > 0 ? (uint64_t)json_int(v) : 0;
	return json_is(v, JSON_UINT) ? UINT64_MAX : json_count(json_get(top, list));
}

enum err taxii_status_read(struct arena *a, struct span text, struct span *id, uint64_t *pending,
	void (*fn)(void *ctx, const struct taxii_status_item *item), void *ctx, struct fault *f)
{
	struct json top;
	enum err e = json_read(a, text, &top, f);
	if (e)
		return e;
	struct span status = json_string_or_none(json_get(top, "status"));
	if (!span_is(status, "complete") && !span_is(status, "pending"))
		return fault_set(f, ERR_SYNTAX, "status", "expected \"complete\" or \"pending\"; this is no TAXII 2.1 status resource");
	*id = json_string_or_none(json_get(top, "id"));
	*pending = span_is(status, "complete") ? 0 : count_of(top, "pending_count", "pendings");
	if (span_is(status, "pending") && *pending == 0)
		*pending = 1; /* a server that says pending without a count is asked again */
	if (fn) {
		status_list(top, "successes", TAXII_SUCCESS, fn, ctx);
		status_list(top, "failures", TAXII_FAILURE, fn, ctx);
		status_list(top, "pendings", TAXII_PENDING, fn, ctx);
	}
	return ERR_OK;
}

/* ---- errors ---- */

/* One line for people: control characters become spaces, cut at a UTF-8 border. */
static void put_line(struct span s, char *out, size_t room)
{
	size_t n = 0;
	while (s.n && strchr(" \t\r\n", s.p[0]))
		s.p++, s.n--;
	for (; n < s.n && n + 1 < room; n++)
		out[n] = (unsigned char)s.p[n] < ' ' || s.p[n] == 127 ? ' ' : s.p[n];
	if (n < s.n)
		while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
			n--;
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

#define ERROR_ARENA (1u << 20) /* an error resource larger than this is shown as it begins */

void taxii_error_read(struct span text, char *out, size_t room)
{
	ARENA_SCOPE struct arena *a = arena_new(ERROR_ARENA);
	struct json top;
	struct buf b;
	if (room == 0)
		return;
	buf_init(&b, ERROR_ARENA);
	if (a && json_read(a, text, &top, NULL) == ERR_OK) {
		struct span title = json_string_or_none(json_get(top, "title")), what = json_string_or_none(json_get(top, "description"));
		buf_addspan(&b, title);
		buf_adds(&b, title.n && what.n ? ": " : "");
		buf_addspan(&b, what);
	}
	put_line(buf_ok(&b) && b.n ? buf_span(&b) : text, out, room);
	buf_release(&b);
}
