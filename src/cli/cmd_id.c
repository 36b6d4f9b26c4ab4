/* SPDX-License-Identifier: Apache-2.0 */
/* musubi id: the deterministic ids of observables (STIX 2.1 §2.9), checked or made. */
#include <stdlib.h>
#include "cli/open.h"
#include "formats/diff.h"
#include "stix/object.h"
#include "util/bounds.h"

#define ALL_ARENA ((size_t)8 << 30)
enum { ROUNDS = 16 }; /* how far ids depend on ids: a file in a directory in a directory … */

struct one {
	struct span raw, given, id; /* id: as it is now; {NULL,0}: none */
};
struct ids {
	struct cmd_args *a;
	struct arena *all, *scratch;
	struct json_parser *parser;
	struct one *v;
	size_t n, room;
	uint32_t *slot; /* number + 1 by given id */
	size_t slots;
	struct cmd_grid *grid;
	struct buf json;
	struct json_out o;
	uint64_t good, wrong, free;
};

/* ---- checking ---- */

static void tell(struct ids *x, struct span type, struct span given, struct span id)
{
	const char *verdict = !id.n ? "random" : !given.n     ? "missing"
					 : span_eq(given, id) ? "ok"
							      : "different";
	struct stix_id parsed;

	if (id.n && given.n && !span_eq(given, id) && stix_id_parse(given, &parsed, NULL) == ERR_OK && uuid_version(&parsed.uuid) != 5)
		verdict = "other"; /* another generator chose it; the standard lets it */
	x->good += strcmp(verdict, "ok") == 0;
	x->free += strcmp(verdict, "random") == 0 || strcmp(verdict, "other") == 0;
	x->wrong += strcmp(verdict, "different") == 0 || strcmp(verdict, "missing") == 0;
	if (cmd_json(x->a)) {
		json_open(&x->o, '{');
		json_kspan(&x->o, "type", type);
		json_key(&x->o, "given");
		given.n ? json_put_string(&x->o, given) : json_put_null(&x->o);
		json_key(&x->o, "id");
		id.n ? json_put_string(&x->o, id) : json_put_null(&x->o);
		json_kstr(&x->o, "verdict", verdict);
		json_close(&x->o, '}');
		return;
	}
	cmd_grid_add(x->grid, id.n ? id : given);
	cmd_grid_add(x->grid, span_of(verdict));
	cmd_grid_add(x->grid, given);
}

static bool is_observable(struct json v)
{
	static const char *const types[] = { "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex",
		"network-traffic", "process", "software", "url", "user-account", "windows-registry-key", "x509-certificate" };
	struct span type = json_string_or_none(json_get(v, "type"));

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (span_is(type, types[i]))
			return true;
	}
	return false;
}

static enum err check(void *ctx, struct span raw, struct fault *f)
{
	struct ids *x = ctx;
	struct json v;
	struct span id = { NULL, 0 };
	enum err e = json_parse(x->parser, raw, true, &v, f);

	if (e != ERR_OK || !is_observable(v))
		return e;
	arena_reset(x->scratch);
	if (!stix_observable_id(x->scratch, v, &id))
		id = (struct span){ NULL, 0 };
	tell(x, json_string(json_get(v, "type")), json_string_or_none(json_get(v, "id")), id);
	return arena_ok(x->scratch) ? ERR_OK : ERR_NOMEM;
}

/* ---- making ---- */

static size_t hash_of(struct span s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 29);
}

static bool index_ids(struct ids *x)
{
	for (x->slots = 64; x->slots < 2 * x->n; x->slots *= 2)
		;
	x->slot = calloc(x->slots, sizeof(*x->slot));
	for (size_t i = 0; x->slot && i < x->n; i++) {
		size_t at = hash_of(x->v[i].given) & (x->slots - 1);
		if (!x->v[i].given.n)
			continue;
		while (x->slot[at])
			at = (at + 1) & (x->slots - 1);
		x->slot[at] = (uint32_t)i + 1;
	}
	return x->slot != NULL;
}

static struct span renamed(void *ctx, struct span id)
{
	struct ids *x = ctx;

	for (size_t at = hash_of(id) & (x->slots - 1); x->slot[at]; at = (at + 1) & (x->slots - 1)) {
		const struct one *o = &x->v[x->slot[at] - 1];
		if (span_eq(o->given, id) && o->id.p && !span_eq(o->id, id))
			return o->id;
		if (span_eq(o->given, id))
			break;
	}
	return (struct span){ NULL, 0 };
}

/* The object as it is now: with the new ids, its own put in where it had none. */
static void write_one(struct ids *x, const struct one *o, struct json v, struct buf *b)
{
	struct json_out out = json_out(b);

	buf_clear(b);
	if (o->given.n || !o->id.p) {
		formats_put_renamed(&out, v, renamed, x);
		return;
	}
	BUF_SCOPE struct buf rest;
	buf_init(&rest, b->cap);
	struct json_out inner = json_out(&rest);
	formats_put_renamed(&inner, v, renamed, x);
	if (buf_ok(&rest))
		buf_addf(b, "{\"id\":\"%.*s\",", SPAN_ARG(o->id));
	buf_add(b, rest.p + 1, rest.n - 1);
}

static enum err collect(void *ctx, struct span raw, struct fault *f)
{
	struct ids *x = ctx;
	struct json v;
	enum err e = json_parse(x->parser, raw, true, &v, f);

	if (e != ERR_OK)
		return e;
	if (!json_is(v, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "", "expected an object, found %s", json_type_name(json_type(v)));
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 1024;
		struct one *more = realloc(x->v, room * sizeof(*more));
		if (!more)
			return ERR_NOMEM;
		x->v = more;
		x->room = room;
	}
	struct span given = json_string_or_none(json_get(v, "id"));
	x->v[x->n++] = (struct one){ .raw = arena_span(x->all, raw), .given = arena_span(x->all, given) };
	return arena_ok(x->all) ? ERR_OK : ERR_NOMEM;
}

/* One look at all observables; *moved: some id is another than before. */
static enum err round_of(struct ids *x, struct buf *b, bool *moved, struct fault *f)
{
	*moved = false;
	for (size_t i = 0; i < x->n; i++) {
		struct one *o = &x->v[i];
		struct json v, now;
		struct span id;
		enum err e = json_parse(x->parser, o->raw, false, &v, f);
		if (e != ERR_OK || !is_observable(v)) {
			if (e != ERR_OK)
				return e;
			continue;
		}
		arena_reset(x->scratch);
		write_one(x, o, v, b);
		e = buf_ok(b) ? json_read(x->scratch, buf_span(b), &now, f) : buf_err(b);
		if (e != ERR_OK)
			return e;
		if (!stix_observable_id(x->scratch, now, &id) || (o->id.p && span_eq(o->id, id)))
			continue;
		o->id = arena_span(x->all, id);
		*moved = true;
	}
	return arena_ok(x->all) ? ERR_OK : ERR_NOMEM;
}

static enum err make(struct ids *x, struct fault *f)
{
	BUF_SCOPE struct buf b;
	bool moved = true;
	enum err e = index_ids(x) ? ERR_OK : ERR_NOMEM;

	buf_init(&b, 4 * (size_t)BOUND_OBJECT_BYTES);
	for (int i = 0; e == ERR_OK && moved && i < ROUNDS; i++)
		e = round_of(x, &b, &moved, f);
	for (size_t i = 0; e == ERR_OK && i < x->n; i++) {
		struct json v;
		e = json_parse(x->parser, x->v[i].raw, false, &v, f);
		if (e != ERR_OK)
			break;
		write_one(x, &x->v[i], v, &b);
		if (!buf_ok(&b))
			e = buf_err(&b);
		else if (!x->v[i].id.p && !x->v[i].given.n)
			cmd_say("musubi id: object %zu has no id, and none can be made of what it says", i + 1);
		if (e == ERR_OK) {
			cmd_print_span(buf_span(&b));
			cmd_print("\n");
		}
	}
	return e;
}

/* ---- the command ---- */

static enum err work(struct ids *x, struct fault *f)
{
	static const char *const headings[] = { "ID", "VERDICT", "GIVEN" };
	bool making = cmd_opt(x->a, "--make") != NULL;
	enum err e = x->all && x->scratch && x->parser ? ERR_OK : ERR_NOMEM;

	x->grid = cmd_grid_new(x->a, headings, 3);
	if (!making && cmd_json(x->a))
		json_open(&x->o, '[');
	if (e == ERR_OK && cmd_argc(x->a) == 0)
		e = open_objects("-", making ? collect : check, x, f);
	for (int i = 0; e == ERR_OK && i < cmd_argc(x->a); i++)
		e = open_objects(cmd_arg(x->a, i), making ? collect : check, x, f);
	if (e != ERR_OK)
		return e;
	if (making)
		return make(x, f);
	if (cmd_json(x->a)) {
		json_close(&x->o, ']');
		return open_print_json(&x->json);
	}
	cmd_grid_print(x->grid, "there are no observables");
	return ERR_OK;
}

static int run(struct cmd_args *a)
{
	struct ids x = { .a = a, .all = arena_new(ALL_ARENA), .scratch = arena_new(64u << 20), .parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK) };
	struct fault f = { 0 };

	buf_init(&x.json, (size_t)1 << 32);
	x.o = json_out(&x.json);
	enum err e = work(&x, &f);
	buf_release(&x.json);
	json_parser_free(x.parser);
	arena_free(x.all);
	arena_free(x.scratch);
	free(x.v);
	free(x.slot);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	return x.wrong ? 1 : 0;
}

const struct cmd cmd_id = {
	.name = "id",
	.arguments = "[FILE…]",
	.min_args = 0,
	.max_args = -1,
	.brief = "check or make the deterministic ids of observables",
	.help = "The same address or file gets the same id everywhere, made of what the standard names for its type (STIX 2.1 §2.9). For each observable in FILE (a bundle, objects one a line; "
		"without FILE standard input): the id it should have, whether it has it, and the id given. `ok`; `different` or `missing`; `other`: somebody chose another kind of id, which "
		"the standard lets; `random`: nothing an id could be made of.\n\n"
		"With --make all objects are printed, one a line, observables with the id they should have, and references to them changed.\n\n"
		"Exit status 1: some id is different or missing. With --json: [{\"type\",\"given\",\"id\",\"verdict\"}].\n\n"
		"  echo '{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.7\"}' | musubi id --make",
	.options = (const struct cmd_option[]){ { "--make", NULL, "print the objects with the ids they should have" }, { 0 } },
	.run = run,
	.complete = "file",
};
