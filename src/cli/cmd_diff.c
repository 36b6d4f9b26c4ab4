/* SPDX-License-Identifier: Apache-2.0 */
/* musubi diff: what differs between two files of objects, by object and property. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/open.h"
#include "formats/diff.h"
#include "stix/object.h"
#include "util/bounds.h"

enum { SAME,
	DIFFERENT,
	TROUBLE };
#define SIDE_ARENA ((size_t)8 << 30)
#define SCRATCH (256u << 20)
#define SHOWN 160 /* bytes of a value in text */

struct held {
	struct span id, raw;
	int64_t version_ns;
	size_t at;
};
struct side {
	struct arena *a;
	struct held *v;
	size_t n, room;
};
struct differing {
	struct cmd_args *a;
	struct json_parser *parser, *other;
	struct arena *scratch;
	struct buf out;
	struct json_out o;
	uint64_t added, removed, changed;
	bool opened; /* an object's heading was printed */
	struct held *from;
	struct json value;
};

/* ---- reading a side ---- */

static enum err keep(struct side *s, struct json_parser *p, struct arena *scratch, struct span raw, struct fault *f)
{
	struct stix_object o = { 0 };
	struct json v;
	struct span key;

	arena_reset(scratch);
	enum err e = json_parse(p, raw, true, &v, f);
	if (e == ERR_OK && !json_unique_keys(v, &key))
		e = fault_set(f, ERR_INVALID, "", "the key \"%.*s\" stands twice in one object", SPAN_ARG(key));
	if (e == ERR_OK)
		e = stix_object_read(scratch, v, raw, &o, f);
	if (e != ERR_OK)
		return e;
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct held *more = realloc(s->v, room * sizeof(*more));
		if (!more)
			return ERR_NOMEM;
		s->v = more;
		s->room = room;
	}
	s->v[s->n] = (struct held){ arena_span(s->a, o.id), arena_span(s->a, raw), o.version_ns, s->n };
	return s->v[s->n++].raw.p ? ERR_OK : ERR_NOMEM;
}

static int by_id(const void *x, const void *y)
{
	const struct held *a = x, *b = y;
	int d = span_cmp(a->id, b->id);

	return d ? d : a->version_ns != b->version_ns ? (a->version_ns < b->version_ns) - (a->version_ns > b->version_ns)
						      : (a->at < b->at) - (a->at > b->at);
}

/* In order of ids; of several versions the newest. */
static void newest(struct side *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_id);
	for (size_t i = 0; i < s->n; i++) {
		if (!n || !span_eq(s->v[n - 1].id, s->v[i].id))
			s->v[n++] = s->v[i];
	}
	s->n = n;
}

struct keeping {
	struct differing *x;
	struct side *side;
};

static enum err keep_one(void *ctx, struct span raw, struct fault *f)
{
	struct keeping *k = ctx;

	return keep(k->side, k->x->parser, k->x->scratch, raw, f);
}

static enum err read_side(struct differing *x, struct side *s, const char *path, struct fault *f)
{
	struct keeping k = { x, s };
	struct fault inner = { "", "" };

	s->a = arena_new(SIDE_ARENA);
	enum err e = s->a ? open_objects(path, keep_one, &k, &inner) : ERR_NOMEM;
	if (e != ERR_OK)
		return fault_set(f, e, path, "%s%s%s", inner.what[0] ? inner.what : err_name(e), inner.where[0] && strcmp(inner.where, path) != 0 ? ", " : "",
			strcmp(inner.where, path) != 0 ? inner.where : "");
	newest(s);
	return ERR_OK;
}

/* ---- telling ---- */

static const char *const words[] = { "added", "removed", "changed" };
static const char signs[] = "+-~";
static const enum cmd_style styles[] = { CMD_GREEN, CMD_RED, CMD_YELLOW };

static void object_json(struct differing *x, enum formats_change c, struct span id)
{
	x->o = json_out(&x->out);
	json_open(&x->o, '{');
	json_kspan(&x->o, "id", id);
	json_kstr(&x->o, "change", words[c]);
}

static void object_text(struct differing *x, enum formats_change c, struct span id, struct json v)
{
	struct span name = json_string_or_none(json_get(v, "name"));

	if (!name.n)
		name = json_string_or_none(json_get(v, "value"));
	cmd_print("%s%c %.*s%s", cmd_style(1, styles[c]), signs[c], SPAN_ARG(id), cmd_style(1, CMD_PLAIN));
	if (name.n)
		cmd_print("  %.*s", SPAN_ARG(name));
	cmd_print("\n");
}

static void cell(struct json v)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_OBJECT_BYTES * 2);
	struct json_out o = json_out(&b);
	json_put(&o, v);
	size_t n = b.n > SHOWN ? SHOWN : b.n;
	while (n < b.n && n && ((unsigned char)b.p[n] & 0xC0) == 0x80)
		n--;
	cmd_print("%.*s%s", (int)n, b.p ? b.p : "", n < b.n ? "…" : "");
}

static void tell(void *ctx, const struct formats_difference *d)
{
	struct differing *x = ctx;

	if (!cmd_json(x->a)) {
		cmd_print("  %s%c%s %s: ", cmd_style(1, styles[d->change]), signs[d->change], cmd_style(1, CMD_PLAIN), d->path);
		if (json_has(d->from))
			cell(d->from);
		if (d->change == FORMATS_CHANGED)
			cmd_print(" → ");
		if (json_has(d->to))
			cell(d->to);
		cmd_print("\n");
		return;
	}
	json_open(&x->o, '{');
	json_kstr(&x->o, "path", d->path);
	json_kstr(&x->o, "change", words[d->change]);
	if (json_has(d->from)) {
		json_key(&x->o, "from");
		json_put(&x->o, d->from);
	}
	if (json_has(d->to)) {
		json_key(&x->o, "to");
		json_put(&x->o, d->to);
	}
	json_close(&x->o, '}');
}

static enum err end_json(struct differing *x)
{
	json_close(&x->o, '}');
	enum err e = buf_err(&x->out);
	cmd_print("%s\n", x->opened ? "," : "");
	cmd_print_span(buf_span(&x->out));
	x->opened = true;
	buf_clear(&x->out);
	return e;
}

static enum err whole(struct differing *x, enum formats_change c, const struct held *h, struct fault *f)
{
	struct json v;
	enum err e = json_parse(x->parser, h->raw, false, &v, f);

	if (e != ERR_OK)
		return e;
	x->added += c == FORMATS_ADDED;
	x->removed += c == FORMATS_REMOVED;
	if (!cmd_json(x->a)) {
		object_text(x, c, h->id, v);
		return ERR_OK;
	}
	object_json(x, c, h->id);
	return end_json(x);
}

static enum err both(struct differing *x, const struct held *from, const struct held *to, struct fault *f)
{
	struct json v, w;

	if (span_eq(from->raw, to->raw))
		return ERR_OK;
	enum err e = json_parse(x->parser, from->raw, false, &v, f);
	if (e == ERR_OK)
		e = json_parse(x->other, to->raw, false, &w, f);
	if (e != ERR_OK || json_equal(v, w))
		return e;
	x->changed++;
	arena_reset(x->scratch);
	if (cmd_json(x->a)) {
		object_json(x, FORMATS_CHANGED, to->id);
		json_key(&x->o, "properties");
		json_open(&x->o, '[');
	} else {
		object_text(x, FORMATS_CHANGED, to->id, w);
	}
	if (!formats_diff(x->scratch, v, w, tell, x))
		return ERR_NOMEM;
	if (!cmd_json(x->a))
		return ERR_OK;
	json_close(&x->o, ']');
	return end_json(x);
}

static enum err compare(struct differing *x, struct side *from, struct side *to, struct fault *f)
{
	size_t i = 0, k = 0;
	enum err e = ERR_OK;

	if (from->n == 1 && to->n == 1) /* two objects are compared whatever their ids are */
		return both(x, &from->v[0], &to->v[0], f);
	while (e == ERR_OK && (i < from->n || k < to->n)) {
		int order = i == from->n ? 1 : k == to->n ? -1
							  : span_cmp(from->v[i].id, to->v[k].id);
		if (order < 0)
			e = whole(x, FORMATS_REMOVED, &from->v[i], f);
		else if (order > 0)
			e = whole(x, FORMATS_ADDED, &to->v[k], f);
		else
			e = both(x, &from->v[i], &to->v[k], f);
		i += order <= 0;
		k += order >= 0;
	}
	return e;
}

static enum err diff(struct differing *x, struct side *from, struct side *to, struct fault *f)
{
	enum err e = x->parser && x->other && x->scratch ? read_side(x, from, cmd_arg(x->a, 0), f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = read_side(x, to, cmd_arg(x->a, 1), f);
	if (e != ERR_OK)
		return e;
	if (cmd_json(x->a))
		cmd_print("{\"objects\":[");
	e = compare(x, from, to, f);
	if (e == ERR_OK && cmd_json(x->a))
		cmd_print("%s],\"added\":%llu,\"removed\":%llu,\"changed\":%llu}\n", x->opened ? "\n" : "", (unsigned long long)x->added, (unsigned long long)x->removed,
			(unsigned long long)x->changed);
	else if (e == ERR_OK)
		cmd_say("%llu added, %llu removed, %llu changed", (unsigned long long)x->added, (unsigned long long)x->removed, (unsigned long long)x->changed);
	return e;
}

static int run(struct cmd_args *a)
{
	struct differing x = { .a = a, .parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK), .other = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK), .scratch = arena_new(SCRATCH) };
	struct side from = { 0 }, to = { 0 };
	struct fault f = { 0 };

	if (strcmp(cmd_arg(a, 0), "-") == 0 && strcmp(cmd_arg(a, 1), "-") == 0) {
		cmd_usage(a, "standard input can be one side only");
		return TROUBLE;
	}
	buf_init(&x.out, 16 * (size_t)BOUND_OBJECT_BYTES);
	enum err e = diff(&x, &from, &to, &f);
	buf_release(&x.out);
	json_parser_free(x.parser);
	json_parser_free(x.other);
	arena_free(x.scratch);
	free(from.v);
	free(to.v);
	arena_free(from.a);
	arena_free(to.a);
	if (e != ERR_OK) {
		cmd_fail(a, e, &f);
		return TROUBLE;
	}
	return x.added + x.removed + x.changed ? DIFFERENT : SAME;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.arguments = "A B",
	.min_args = 2,
	.max_args = 2,
	.brief = "show what differs between two versions, bundles or NDJSON files",
	.help = "Objects are paired by id; of several versions in one file the newest counts. Two files of one object each are compared whatever their ids are. Each line of an object is a "
		"property: + added, - removed, ~ changed; `labels[]` is an item of a list, wherever it stands. The order of members and the way of writing do not count.\n\n"
		"Exit status: 0 the same, 1 different, 2 trouble. With --json: {\"objects\":[{\"id\",\"change\",\"properties\":[{\"path\",\"change\",\"from\",\"to\"}]}],\"added\",\"removed\",\"changed\"}.",
	.run = run,
	.complete = "file",
};
