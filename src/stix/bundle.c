/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a bundle, an envelope or a bare object that lies in memory apart into raw objects. */
#include "stix/bundle.h"
#include "util/bounds.h"

struct each {
	enum err (*fn)(void *ctx, size_t index, struct span raw);
	void *ctx;
	struct fault *f;
	bool has_type, is_bundle; /* what `type` said, where it was seen */
	bool has_list, odd_list; /* `objects` was a list; was something else */
	bool has_id;
	size_t given;
};

static const char broken_list[] = "\"objects\" is no list: a bundle or envelope holds its objects in [ ]";

static enum err each_member(void *ctx, struct span key, struct span raw)
{
	struct each *e = ctx;
	if (span_is(key, "type")) {
		e->has_type = true;
		e->is_bundle = span_is(raw, "\"bundle\"");
		if (!e->is_bundle && e->given)
			return fault_set(e->f, ERR_INVALID, "type", "a list of objects stands in an object that is no bundle: found type %.*s", SPAN_ARG(raw));
	} else if (span_is(key, "objects")) {
		e->odd_list = true;
	} else if (span_is(key, "id")) {
		e->has_id = true;
	}
	return ERR_OK;
}

static enum err each_item(void *ctx, size_t index, struct span raw)
{
	struct each *e = ctx;
	if (e->has_type && !e->is_bundle)
		return ERR_OK; /* a property of a bare object that happens to be called objects */
	if (index == 0 && e->has_list)
		return fault_set(e->f, ERR_INVALID, "objects", "\"objects\" stands twice in the container: keys must be unique");
	if (index >= BOUND_ENVELOPE_OBJECTS)
		return fault_set(e->f, ERR_LIMIT, "objects", "more than %d objects at once: send them in parts", BOUND_ENVELOPE_OBJECTS);
	e->has_list = true;
	e->given++;
	return e->fn(e->ctx, index, raw);
}

static struct span trimmed(struct span s)
{
	while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0])
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

enum err stix_each(struct json_parser *p, struct span text, enum stix_container *kind, enum err (*fn)(void *ctx, size_t index, struct span raw),
	void *ctx, struct fault *f)
{
	struct each e = { .fn = fn, .ctx = ctx, .f = f };
	const struct json_split to = { "objects", each_member, each_item, &e };
	struct span body = trimmed(text);
	if (body.n && body.p[0] == '[')
		return fault_set(f, ERR_INVALID, "", "found a list where a bundle, an envelope or one object is required: write {\"objects\": [ … ]}");
	enum err err = json_split(p, text, &to, f);
	if (err)
		return err;
	if (e.has_type && !e.is_bundle) {
		*kind = STIX_SINGLE;
		return fn(ctx, 0, body);
	}
	if (e.odd_list)
		return fault_set(f, ERR_INVALID, "objects", "%s", broken_list);
	if (!e.has_type && !e.has_list && e.has_id)
		return fault_set(f, ERR_INVALID, "type", "neither a bundle nor an envelope nor an object: it has an id but no type and no objects");
	*kind = e.is_bundle ? STIX_BUNDLE : STIX_ENVELOPE;
	return ERR_OK;
}
