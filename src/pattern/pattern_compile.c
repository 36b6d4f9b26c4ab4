/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to code: what stands inside the brackets is made ready for evaluation. */
#include "pattern/pattern_code_priv.h"

#include <stdlib.h>

#include "pattern/pattern_priv.h"
#include "util/bounds.h"
#include "util/unicode.h"

enum { STARS_MOST = 64, /* [*] of one path: evaluation recurses at them */
	NFC_MOST = 4 * BOUND_PATTERN_BYTES };

enum err compiler_fail(struct compiler *c, enum err e, size_t at, const char *what)
{
	char where[64];

	if (c->err != ERR_OK)
		return c->err;
	pattern_place(c->text, at, where, sizeof(where));
	return c->err = fault_set(c->f, e, where, "%s", what);
}

bool compiler_no_memory(struct compiler *c)
{
	compiler_fail(c, ERR_NOMEM, 0, "out of memory");
	return false;
}

/* ---- comparisons ---- */

static bool ends(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

static bool read_path(struct compiler *c, const struct pattern *p, struct code_compare *to)
{
	const struct pattern_step *last = &p->step[p->steps - 1];
	size_t stars = 0, references = 0;

	for (size_t i = 0; i < p->steps; i++) {
		stars += p->step[i].kind == PATTERN_STEP_ANY;
		references += p->step[i].kind == PATTERN_STEP_KEY && (ends(p->step[i].key, "_ref") || ends(p->step[i].key, "_refs"));
	}
	if (stars > STARS_MOST) {
		compiler_fail(c, ERR_LIMIT, p->at, "more than 64 [*] in one path");
		return false;
	}
	to->revisits = stars > 1 && references > 1;
	if (to->revisits && p->steps > c->code->most_revisited)
		c->code->most_revisited = p->steps;
	to->hex = last->kind == PATTERN_STEP_KEY && ends(last->key, "_hex");
	to->base64 = last->kind == PATTERN_STEP_KEY && ends(last->key, "_bin");
	return true;
}

static bool normal_text(struct compiler *c, struct span text, struct span *out)
{
	struct buf b BUF_SCOPE, scratch BUF_SCOPE;

	buf_init(&b, NFC_MOST);
	buf_init(&scratch, 64 * (size_t)NFC_MOST);
	unicode_nfc(text, &scratch, &b);
	*out = buf_ok(&b) ? arena_span(c->a, buf_span(&b)) : (struct span){ NULL, 0 };
	return out->p || compiler_no_memory(c);
}

static const struct code_compare *compile_compare(struct compiler *c, const struct pattern *p)
{
	struct code_compare *to = ARENA_NEW(c->a, struct code_compare);
	struct fault why = { "", "" };
	enum err e;

	if (!to) {
		compiler_no_memory(c);
		return NULL;
	}
	to->p = p;
	if (!read_path(c, p, to))
		return NULL;
	if (p->op == PATTERN_ISSUBSET || p->op == PATTERN_ISSUPERSET)
		subnet_parse(p->literal->text, &to->subnet);
	if (p->op != PATTERN_LIKE && p->op != PATTERN_MATCHES)
		return to;
	if (!normal_text(c, p->literal->text, &to->text))
		return NULL;
	to->latin = is_latin(to->text);
	if (p->op == PATTERN_LIKE)
		return to;
	c->code->regexes = true;
	e = regex_compile(c->a, to->text, to->hex || to->base64, c->flags, &c->regex_budget, &to->regex, &why);
	if (e == ERR_OK)
		return to;
	compiler_fail(c, e, p->at, why.what);
	return NULL;
}

static bool compile_node(struct compiler *c, const struct pattern *p, struct code_node *to)
{
	struct code_node *part;

	to->kind = p->kind;
	if (p->kind == PATTERN_COMPARE)
		return (to->compare = compile_compare(c, p));
	part = arena_array(c->a, p->parts, sizeof(*part));
	if (!part)
		return compiler_no_memory(c);
	to->part = part;
	to->parts = p->parts;
	for (size_t i = 0; i < p->parts; i++)
		if (!compile_node(c, p->part[i], &part[i]))
			return false;
	return true;
}

/* Tests that read the same are one: FNV-1a of the canonical text, then a look through the table. */
static bool find_same(struct compiler *c, const struct pattern *p, uint32_t me)
{
	struct code_test *t = &c->test[me];
	uint64_t hash = UINT64_C(14695981039346656037);
	struct buf b BUF_SCOPE;

	buf_init(&b, 64 * (size_t)BOUND_PATTERN_BYTES);
	pattern_print(p->part[0], &b);
	t->canonical = buf_ok(&b) ? arena_span(c->a, buf_span(&b)) : (struct span){ NULL, 0 };
	if (!t->canonical.p)
		return compiler_no_memory(c);
	for (size_t i = 0; i < t->canonical.n; i++)
		hash = (hash ^ (unsigned char)t->canonical.p[i]) * UINT64_C(1099511628211);
	for (size_t at = hash & (c->slots - 1);; at = (at + 1) & (c->slots - 1)) {
		uint32_t *slot = &c->slot[at];

		if (*slot == 0) {
			*slot = me + 1;
			t->same = me;
			return true;
		}
		if (span_eq(c->test[*slot - 1].canonical, t->canonical)) {
			t->same = *slot - 1;
			t->root = c->test[t->same].root;
			return true;
		}
	}
}

bool compile_test(struct compiler *c, const struct pattern *p, uint32_t *out)
{
	uint32_t me = c->tests++;
	struct code_test *t = &c->test[me];

	t->text = (struct span){ c->text.p + p->at, p->end - p->at };
	if (pattern_has_qualifiers(p)) /* what is looked for ends at the bracket */
		while (t->text.n && t->text.p[t->text.n - 1] != ']')
			t->text.n--;
	*out = me;
	return find_same(c, p, me) && (t->same != me || compile_node(c, p->part[0], &t->root));
}

static size_t count_tests(const struct pattern *p)
{
	size_t n = p->kind == PATTERN_TEST;

	for (size_t i = 0; i < p->parts && p->kind != PATTERN_TEST; i++)
		n += count_tests(p->part[i]);
	return n;
}

static bool room_for_tests(struct compiler *c, const struct pattern *p)
{
	size_t n = count_tests(p);

	for (c->slots = 16; c->slots < 2 * n;)
		c->slots *= 2;
	c->test = arena_array(c->a, n, sizeof(*c->test));
	c->slot = arena_array(c->a, c->slots, sizeof(*c->slot));
	c->leaf = arena_array(c->a, 2 * n, sizeof(*c->leaf)); /* each test, and what ORs make of them */
	return (c->test && c->slot && c->leaf) || compiler_no_memory(c);
}

/* ---- the whole ---- */

struct type_list {
	struct span *v;
	size_t n;
};

static bool add_type(void *ctx, const struct pattern *comparison)
{
	struct type_list *l = ctx;

	if (l->v)
		l->v[l->n] = comparison->object_type;
	l->n++;
	return true;
}

static int by_text(const void *x, const void *y)
{
	return span_cmp(*(const struct span *)x, *(const struct span *)y);
}

static bool collect_types(struct compiler *c, const struct pattern *p)
{
	struct type_list l = { NULL, 0 };
	size_t kept = 0;

	pattern_each(p, add_type, &l);
	l.v = arena_array(c->a, l.n, sizeof(*l.v));
	if (!l.v)
		return compiler_no_memory(c);
	l.n = 0;
	pattern_each(p, add_type, &l);
	qsort(l.v, l.n, sizeof(*l.v), by_text);
	for (size_t i = 0; i < l.n; i++)
		if (i == 0 || !span_eq(l.v[i], l.v[kept - 1]))
			l.v[kept++] = l.v[i];
	c->code->type = l.v;
	c->code->types = kept;
	return true;
}

enum err pattern_compile(struct arena *a, struct span text, const struct pattern *p, unsigned flags, const struct pattern_code **out, struct fault *f)
{
	struct compiler c = { .a = a, .text = text, .f = f, .flags = flags, .regex_budget = BOUND_PATTERN_REGEX_BYTES };

	c.code = ARENA_NEW(a, struct pattern_code);
	if (!c.code)
		return fault_set(f, ERR_NOMEM, "", "out of memory");
	c.code->all = flags & PATTERN_ALL;
	if (!collect_types(&c, p) || !room_for_tests(&c, p) || !compile_plans(&c, p))
		return c.err;
	c.code->test = c.test;
	c.code->tests = c.tests;
	*out = c.code;
	return ERR_OK;
}

bool pattern_wants_type(const struct pattern_code *c, struct span type)
{
	return bsearch(&type, c->type, c->types, sizeof(*c->type), by_text) != NULL;
}

size_t pattern_tests(const struct pattern_code *c)
{
	return c->tests;
}

struct span pattern_test_text(const struct pattern_code *c, size_t test)
{
	return c->test[test].text;
}
