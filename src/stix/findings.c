/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: writing them down with path and hint, and giving the first one on. */
#include <stdarg.h>
#include <stdio.h>
#include "stix/validate_priv.h"
#include "util/bounds.h"
#include "util/raw.h"

/* ---- paths ---- */

#define DEEPEST (BOUND_JSON_DEPTH + 4)
#define KEY_SHOWN 250 /* the longest that the standard allows */
#define PATH_SHOWN 2000

/* Digits of n, most significant first; their number. */
static size_t digits(char *to, size_t n)
{
	char turned[24];
	size_t k = 0, i = 0;
	do
		turned[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		to[i++] = turned[--k];
	return i;
}

static const char *path_text(struct arena *a, const struct at *here)
{
	const struct at *chain[DEEPEST] RAW;
	size_t n = 0, most = 1, at = 0;
	for (; here && n < DEEPEST; here = here->up) {
		chain[n++] = here;
		most += here->key ? here->key->n + 1 : 24;
	}
	most = most > PATH_SHOWN + KEY_SHOWN + 32 ? PATH_SHOWN + KEY_SHOWN + 32 : most;
	char *text = arena_alloc(a, most);
	if (!text)
		return NULL;
	while (n-- && at < PATH_SHOWN) {
		const struct span *key = chain[n]->key;
		if (!key) {
			text[at++] = '[';
			at += digits(text + at, chain[n]->index);
			text[at++] = ']';
			continue;
		}
		size_t length = key->n > KEY_SHOWN ? KEY_SHOWN : key->n;
		if (at)
			text[at++] = '.';
		memcpy(text + at, key->p, length);
		at += length;
	}
	text[at] = 0;
	return text;
}

/* The last places are for errors: warnings must not crowd them out. */
#define FOR_ERRORS 100

static bool kept(const struct stix_findings *out, enum stix_severity severity)
{
	return out->n < (severity == STIX_ERROR ? BOUND_FINDINGS : BOUND_FINDINGS - FOR_ERRORS);
}

static struct stix_finding *next_finding(struct walk *w, enum stix_severity severity)
{
	struct stix_findings *out = w->out;
	if (!kept(out, severity))
		return NULL;
	if (out->n == out->room) {
		size_t room = out->room ? out->room * 2 : 8;
		struct stix_finding *v = arena_array(w->a, room, sizeof *v);
		if (!v) {
			w->failed = true;
			return NULL;
		}
		if (out->n)
			memcpy(v, out->v, out->n * sizeof *v);
		out->v = v;
		out->room = room;
	}
	return &out->v[out->n];
}

void found_plain(struct walk *w, enum rule rule, const char *clause, const struct at *here, const char *hint, const char *what)
{
	struct stix_findings *out = w->out;
	const struct stix_rule *r = &stix_rules[rule];
	*(r->severity == STIX_ERROR ? &out->errors : r->severity == STIX_WARNING ? &out->warnings
										 : &out->advice) += 1;
	struct stix_finding *f = next_finding(w, r->severity);
	if (!f)
		return;
	*f = (struct stix_finding){ r->severity, r->code, clause, path_text(w->a, here), what, hint };
	if (f->path)
		out->n++;
	else
		w->failed = true;
}

void found(struct walk *w, enum rule rule, const char *clause, const struct at *here, const char *hint, const char *what, ...)
{
	const char *sentence = "", *tip = NULL;
	if (kept(w->out, stix_rules[rule].severity)) {
		char text[512] RAW;
		va_list args;
		va_start(args, what);
		vsnprintf(text, sizeof text, what, args);
		va_end(args);
		sentence = arena_str(w->a, span_of(text));
		tip = hint ? arena_str(w->a, span_of(hint)) : NULL;
		w->failed |= !sentence || (hint && !tip);
	}
	found_plain(w, rule, clause, here, tip, sentence ? sentence : "");
}

bool may_look(struct walk *w, size_t steps, const struct at *here)
{
	bool could = w->out->lookups <= BOUND_LOOKUPS;
	if (!could)
		return false;
	w->out->lookups += steps;
	if (w->out->lookups <= BOUND_LOOKUPS)
		return true;
	FOUND(w, TOO_MANY, "STIX 2.1 §2.12", here, "following what stands here takes more steps than are made for one object: split it");
	return false;
}

enum err stix_findings_fault(const struct stix_findings *findings, struct fault *f)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct stix_finding *x = &findings->v[i];
		if (x->severity != STIX_ERROR)
			continue;
		if (x->hint)
			return fault_set(f, ERR_INVALID, x->path, "%s (%s; %s)", x->what, x->rule, x->hint);
		return fault_set(f, ERR_INVALID, x->path, "%s (%s)", x->what, x->rule);
	}
	return findings->errors ? fault_set(f, ERR_INVALID, "", "the object breaks STIX 2.1 in %zu places", findings->errors) : ERR_OK;
}

/* ---- hints ---- */

#define NEAR_MOST 40
#define HINTS 100 /* after so many findings the nearest property is not sought any more */

/* Edits (insert, remove, replace, swap of neighbours) between two short words; more than `most` is most + 1. */
static unsigned edits(struct span a, struct span b, unsigned most)
{
	unsigned row[3][NEAR_MOST + 1];
	if (a.n > NEAR_MOST || b.n > NEAR_MOST || (a.n > b.n ? a.n - b.n : b.n - a.n) > most)
		return most + 1;
	for (size_t j = 0; j <= b.n; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned d = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			if (last[j] + 1 < d)
				d = last[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[a.n % 3][b.n];
}

static void nearer(struct span wrong, struct span candidate, unsigned *best, struct span *out)
{
	unsigned d = edits(wrong, candidate, *best - 1);
	if (d < *best) {
		*best = d;
		*out = candidate;
	}
}

static unsigned reach(struct span wrong)
{
	return wrong.n > 5 ? 3 : 2; /* at most two slips, one in a short word */
}

struct span nearest_word(const char *words, struct span wrong)
{
	struct span out = { NULL, 0 };
	unsigned best = reach(wrong);
	for (const char *p = words + 1; *p;) {
		const char *end = strchr(p, '|');
		nearer(wrong, (struct span){ p, (size_t)(end - p) }, &best, &out);
		p = end + 1;
	}
	return out;
}

struct span nearest_property(const struct walk *w, const struct model_shape *s, struct span wrong)
{
	struct span out = { NULL, 0 };
	if (w->out->n > HINTS)
		return out;
	unsigned best = reach(wrong);
	for (size_t i = 0; i < s->n_own + s->n_common; i++)
		nearer(wrong, span_of(model_property_at(s, i)->name), &best, &out);
	return out;
}
