/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that are well formed and can still match nothing. */
#include "pattern/pattern_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
	struct arena *a;
	struct span text;
	struct fault *f;
	enum err err;
};

/* Object types that could satisfy a comparison expression: sorted, each once. */
struct types {
	const struct span *v;
	size_t n;
};

static enum err found(struct check *c, size_t at, const char *what)
{
	char where[64];

	pattern_place(c->text, at, where, sizeof(where));
	return c->err = fault_set(c->f, ERR_INVALID, where, "%s", what);
}

static int by_text(const void *x, const void *y)
{
	return span_cmp(*(const struct span *)x, *(const struct span *)y);
}

/* An OR's types are all of its parts'.  One type throughout, the common case, costs nothing. */
static struct types types_union(struct check *c, const struct types *part, size_t parts)
{
	size_t all = 0, n = 0, kept = 0;
	bool same = true;
	struct span *v;

	for (size_t i = 0; i < parts; i++) {
		all += part[i].n;
		same = same && part[i].n == 1 && span_eq(part[i].v[0], part[0].v[0]);
	}
	if (same)
		return part[0];
	v = arena_array(c->a, all, sizeof(struct span));
	if (!v) {
		c->err = ERR_NOMEM;
		return (struct types){ NULL, 0 };
	}
	for (size_t i = 0; i < parts; n += part[i++].n)
		memcpy(v + n, part[i].v, part[i].n * sizeof(struct span));
	qsort(v, n, sizeof(struct span), by_text);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !span_eq(v[i], v[kept - 1]))
			v[kept++] = v[i];
	}
	return (struct types){ v, kept };
}

/* An AND's types are those that all parts share (§9.5: "MUST be satisfiable with the same object").  What is left never grows, so the whole is linear. */
static struct types types_common(struct check *c, const struct pattern *p, const struct types *part)
{
	struct span *v = arena_array(c->a, part[0].n, sizeof(struct span));
	size_t n = part[0].n;

	if (!v) {
		c->err = ERR_NOMEM;
		return (struct types){ NULL, 0 };
	}
	memcpy(v, part[0].v, n * sizeof(struct span));
	for (size_t i = 1; i < p->parts; i++) {
		struct span had = v[0];
		size_t kept = 0;

		for (size_t k = 0; k < n; k++) {
			if (bsearch(&v[k], part[i].v, part[i].n, sizeof(struct span), by_text))
				v[kept++] = v[k];
		}
		n = kept;
		if (n == 0) {
			char what[256];

			snprintf(what, sizeof(what), "AND joins comparisons of %.*s and %.*s; no object is both, so this matches nothing: use OR, or AND between two [ ]",
				(int)(had.n < 60 ? had.n : 60), had.p, (int)(part[i].v[0].n < 60 ? part[i].v[0].n : 60), part[i].v[0].p);
			found(c, p->part[i]->at, what);
			break;
		}
	}
	return (struct types){ v, n };
}

static struct types types_of(struct check *c, const struct pattern *p)
{
	struct types none = { NULL, 0 }, *part;

	if (p->kind == PATTERN_COMPARE)
		return (struct types){ &p->object_type, 1 };
	part = arena_array(c->a, p->parts, sizeof(*part));
	if (!part) {
		c->err = ERR_NOMEM;
		return none;
	}
	for (size_t i = 0; i < p->parts; i++) {
		part[i] = types_of(c, p->part[i]);
		if (c->err != ERR_OK)
			return none;
	}
	return p->kind == PATTERN_AND ? types_common(c, p, part) : types_union(c, part, p->parts);
}

static bool dates_are_real(void *ctx, const struct pattern *comparison)
{
	struct check *c = ctx;

	for (size_t i = 0; i < comparison->literals && c->err == ERR_OK; i++) {
		if (comparison->literal[i].off_calendar)
			found(c, comparison->at, "compares with a date or time that no calendar has, so this matches nothing");
	}
	return c->err == ERR_OK;
}

enum err pattern_check(struct arena *a, struct span text, const struct pattern *p, struct fault *f)
{
	struct check c = { a, text, f, ERR_OK };

	pattern_each(p, dates_are_real, &c);
	if (c.err == ERR_OK)
		types_of(&c, p);
	return c.err;
}
