/* SPDX-License-Identifier: Apache-2.0 */
/* One [ ] against the SCOs of one observation (STIX 2.1 §9.6, §9.7).
 *
 * 1. All comparisons of a [ ] are about the same SCO: the tree is evaluated for each SCO by itself.
 * 2. A path may give several values ([*]); a comparison holds where it holds for one of them, NOT included.
 * 3. Values of different kinds are unequal and have no order: = and the order operators are false (NOT <, too), != is true.
 * 4. Nothing is allocated but by the subject, which keeps what it decoded.  Steps are counted, so that no observation takes long.
 */
#include "pattern/pattern_code_priv.h"
#include "pattern/pattern_subject_priv.h"

#include "util/timestamp.h"

/* ---- values ---- */

/* -1, 0, 1; exact, where a double would round the integer. */
static int compare_int_double(int64_t i, double d)
{
	int64_t whole;

	if (d >= 9223372036854775808.0)
		return -1;
	if (d < -9223372036854775808.0)
		return 1;
	whole = (int64_t)d;
	if (i != whole)
		return i < whole ? -1 : 1;
	return (d < (double)whole) - (d > (double)whole);
}

static bool compare_numbers(const struct subject_item *v, const struct pattern_literal *l, int *order)
{
	bool v_int = v->type == PATTERN_VALUE_INT, l_int = l->type == PATTERN_INT;

	if (!v_int && v->type != PATTERN_VALUE_NUMBER)
		return false;
	if (v_int && l_int)
		*order = (v->integer > l->integer) - (v->integer < l->integer);
	else if (v_int)
		*order = compare_int_double(v->integer, l->number);
	else if (l_int)
		*order = -compare_int_double(l->integer, v->number);
	else
		*order = (v->number > l->number) - (v->number < l->number);
	return true;
}

/* Text of one shape sorts like the instants it stands for once trailing zeros of the fraction are gone, in all years and to any digit. */
static bool compare_instants(struct eval *e, struct span v, const struct pattern_literal *l, int *order)
{
	struct span both[] = { v, l->text };
	int64_t ns;

	if (timestamp_parse_ns(v, &ns, NULL) != ERR_OK) {
		e->fault[PATTERN_FAULT_TIMESTAMP]++;
		return false;
	}
	for (int i = 0; i < 2; i++) {
		both[i].n--; /* Z */
		while (both[i].n > 19 && (both[i].p[both[i].n - 1] == '0' || both[i].p[both[i].n - 1] == '.'))
			both[i].n--;
	}
	*order = span_cmp(both[0], both[1]);
	return !l->off_calendar;
}

/* Compares where the two have a common kind; `text` is false where the value is `bytes`. */
static bool compare_texts(struct eval *e, bool text, struct span v, const struct pattern_literal *l, int *order)
{
	switch (l->type) {
	case PATTERN_STRING:
		if (text)
			*order = span_cmp(v, l->text);
		else if (!latin_compare(l->text, v, order))
			return false;
		else
			*order = -*order;
		return true;
	case PATTERN_HEX:
	case PATTERN_BASE64:
		if (text)
			return latin_compare(v, l->text, order);
		*order = span_cmp(v, l->text);
		return true;
	case PATTERN_TIMESTAMP: return text && compare_instants(e, v, l, order);
	case PATTERN_INT:
	case PATTERN_FLOAT:
	case PATTERN_BOOL: break;
	}
	return false;
}

/* A value as the comparison sees it. */
struct seen {
	const struct subject_item *item;
	struct span text;
	bool is_text, is_bytes;
};

static bool compare_one(struct eval *e, const struct seen *v, const struct pattern_literal *l, int *order)
{
	if (v->is_text || v->is_bytes)
		return compare_texts(e, v->is_text, v->text, l, order);
	if (l->type == PATTERN_INT || l->type == PATTERN_FLOAT)
		return compare_numbers(v->item, l, order);
	if (l->type == PATTERN_BOOL && v->item->type == PATTERN_VALUE_BOOL) {
		*order = v->item->integer != l->integer;
		return true;
	}
	return false;
}

/* Text against bytes that it cannot be is no error of kinds: the result is false, and NOT turns it (§9.7.? binary). */
static bool text_against_bytes(const struct seen *v, const struct pattern_literal *l)
{
	return (v->is_bytes && l->type == PATTERN_STRING) || (v->is_text && (l->type == PATTERN_HEX || l->type == PATTERN_BASE64));
}

static bool ordered(enum pattern_op op, int order)
{
	switch (op) {
	case PATTERN_LT: return order < 0;
	case PATTERN_LE: return order <= 0;
	case PATTERN_GT: return order > 0;
	default: return order >= 0;
	}
}

static bool is_like(struct eval *e, const struct code_compare *c, uint32_t item, const struct seen *v)
{
	struct span text;

	if (v->is_bytes)
		return c->latin && like_matches(c->text, v->text, &e->steps);
	return v->is_text && subject_nfc(e->s, item, &text) && like_matches(c->text, text, &e->steps);
}

static bool is_match(struct eval *e, const struct code_compare *c, uint32_t item, const struct seen *v)
{
	struct span text;

	if (v->is_bytes)
		return regex_search(c->regex, e->match_data, v->text, true, &e->steps, e->fault);
	return v->is_text && subject_nfc(e->s, item, &text) && regex_search(c->regex, e->match_data, text, false, &e->steps, e->fault);
}

static bool is_inside(struct eval *e, const struct code_compare *c, const struct seen *v)
{
	struct code_subnet value;

	if (!v->is_text)
		return false;
	if (!c->subnet.family || !subnet_parse(v->text, &value)) {
		e->fault[PATTERN_FAULT_ADDRESS]++;
		return false;
	}
	return c->p->op == PATTERN_ISSUBSET ? subnet_inside(&value, &c->subnet) : subnet_inside(&c->subnet, &value);
}

static bool is_in(struct eval *e, const struct code_compare *c, const struct seen *v)
{
	for (size_t i = 0; i < c->p->literals; i++) {
		int order;

		e->steps -= e->steps > 0;
		if (compare_one(e, v, &c->p->literal[i], &order) && order == 0)
			return true;
	}
	return false;
}

bool eval_value(struct eval *e, const struct code_compare *c, uint32_t item)
{
	const struct pattern_literal *l = c->p->literal;
	struct seen v = { .item = &e->s->item[item] };
	int order;

	v.text = v.item->text;
	v.is_text = v.item->type == PATTERN_VALUE_TEXT;
	if (v.is_text && (c->hex || c->base64) && subject_bytes(e->s, item, c->hex, &v.text)) {
		v.is_text = false;
		v.is_bytes = true;
	}
	switch (c->p->op) {
	case PATTERN_EQ: return compare_one(e, &v, l, &order) && order == 0;
	case PATTERN_NE: return !compare_one(e, &v, l, &order) || order != 0;
	case PATTERN_LT:
	case PATTERN_LE:
	case PATTERN_GT:
	case PATTERN_GE:
		if (compare_one(e, &v, l, &order))
			return ordered(c->p->op, order);
		return c->p->negated && !text_against_bytes(&v, l); /* not even NOT makes an order of what has none */
	case PATTERN_IN: return is_in(e, c, &v);
	case PATTERN_LIKE: return is_like(e, c, item, &v);
	case PATTERN_MATCHES: return is_match(e, c, item, &v);
	case PATTERN_ISSUBSET:
	case PATTERN_ISSUPERSET: return is_inside(e, c, &v);
	case PATTERN_EXISTS: return true;
	}
	return false;
}

/* ---- paths ---- */

static bool is_reference(struct span key)
{
	return (key.n > 4 && memcmp(key.p + key.n - 4, "_ref", 4) == 0) || (key.n > 5 && memcmp(key.p + key.n - 5, "_refs", 5) == 0);
}

/* Was this SCO reached by this step of the path already?  Then nothing new is behind it. */
static bool been_there(struct eval *e, size_t step, uint32_t object)
{
	size_t bit = step * e->s->objects + object;
	bool was;

	if (bit / 64 >= e->seen_words)
		return false;
	was = e->seen[bit / 64] >> (bit % 64) & 1;
	e->seen[bit / 64] |= UINT64_C(1) << (bit % 64);
	return was;
}

struct walk {
	const struct code_compare *c;
	uint32_t item;
	size_t step;
	bool reference; /* the item came from a property that refers */
};

static bool walk(struct eval *e, struct walk w);

static bool walk_all(struct eval *e, struct walk w)
{
	const struct subject_item *list = &e->s->item[w.item];
	bool any = false;

	if (list->type != PATTERN_VALUE_LIST)
		return false;
	w.step++;
	for (uint32_t i = subject_first(w.item), end = list->next; i < end && (e->all || !any); i = e->s->item[i].next) {
		w.item = i;
		any |= walk(e, w);
	}
	return any;
}

static bool step_index(const struct pattern_subject *s, uint32_t *item, int64_t index)
{
	uint32_t i = subject_first(*item), end = s->item[*item].next;

	if (s->item[*item].type != PATTERN_VALUE_LIST)
		return false;
	for (; i < end && index > 0; index--)
		i = s->item[i].next;
	*item = i;
	return i < end;
}

/* The SCO that the item's text names; looked for once. */
static uint32_t referred(struct eval *e, struct subject_item *item)
{
	if (item->integer == 0) {
		uint32_t object = subject_object_by_id(e->s, item->text);

		e->steps -= e->steps < e->s->objects / 8 ? e->steps : e->s->objects / 8;
		item->integer = object == UINT32_MAX ? -1 : (int64_t)object + 1;
	}
	return item->integer < 0 ? UINT32_MAX : (uint32_t)(item->integer - 1);
}

static bool step_key(struct eval *e, struct walk *w, struct span key)
{
	const struct pattern_subject *s = e->s;

	if (w->reference && s->item[w->item].type == PATTERN_VALUE_TEXT) {
		uint32_t object = referred(e, &e->s->item[w->item]);

		if (object == UINT32_MAX || (w->c->revisits && been_there(e, w->step, object)))
			return false;
		w->item = s->object[object];
	}
	if (s->item[w->item].type != PATTERN_VALUE_MAP)
		return false;
	w->item = subject_member(s, w->item, key);
	w->reference = is_reference(key);
	return w->item != 0;
}

static bool walk(struct eval *e, struct walk w)
{
	const struct pattern *p = w.c->p;

	for (; w.step < p->steps; w.step++) {
		const struct pattern_step *step = &p->step[w.step];

		if (e->steps == 0)
			return false;
		e->steps--;
		if (step->kind == PATTERN_STEP_ANY)
			return walk_all(e, w);
		if (step->kind == PATTERN_STEP_INDEX ? !step_index(e->s, &w.item, step->index) : !step_key(e, &w, step->key))
			return false;
	}
	return p->op == PATTERN_EXISTS ? true : eval_value(e, w.c, w.item) != p->negated;
}

static bool eval_compare(struct eval *e, const struct code_compare *c, uint32_t object)
{
	struct walk w = { .c = c, .item = object };
	bool found;

	if (e->steps == 0 || !span_eq(e->s->item[object].text, c->p->object_type)) {
		e->steps -= e->steps > 0;
		return false;
	}
	if (c->revisits) {
		size_t words = (c->p->steps * e->s->objects + 63) / 64;

		memset(e->seen, 0, (words < e->seen_words ? words : e->seen_words) * sizeof(*e->seen));
	}
	found = walk(e, w);
	return c->p->op == PATTERN_EXISTS && c->p->negated && e->steps ? !found : found;
}

static bool eval_node(struct eval *e, const struct code_node *n, uint32_t object)
{
	bool is_and = n->kind == PATTERN_AND, result = is_and;

	if (n->kind == PATTERN_COMPARE)
		return eval_compare(e, n->compare, object);
	for (size_t i = 0; i < n->parts; i++) {
		bool one = eval_node(e, &n->part[i], object);

		if (one == is_and)
			continue;
		result = !is_and;
		if (!e->all)
			break;
	}
	return result;
}

bool eval_test(struct eval *e, const struct code_test *t)
{
	bool any = false;

	for (uint32_t i = 0; i < e->s->objects && (e->all || !any) && e->steps; i++)
		any |= eval_node(e, &t->root, e->s->object[i]);
	if (e->steps == 0 && !any)
		e->fault[PATTERN_FAULT_STEPS]++;
	return any;
}
