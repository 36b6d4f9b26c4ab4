/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: writing them down with path and hint, and giving the first one on. */
#include <stdarg.h>
#include <stdio.h>
#include "stix/validate_priv.h"
#include "util/bounds.h"

/* ---- paths ---- */

#define DEEPEST (BOUND_JSON_DEPTH + 4)

static const char *path_text(struct arena *a, const struct at *here)
{
	const struct at *chain[DEEPEST];
	size_t n = 0;
	if (here && !here->up && here->key)
		return arena_str(a, *here->key);
	for (; here && n < DEEPEST; here = here->up)
		chain[n++] = here;
	struct buf b BUF_SCOPE;
	buf_init(&b, 1024 * DEEPEST);
	while (n--) {
		if (chain[n]->key)
			buf_addf(&b, "%s%.*s", b.n ? "." : "", SHORT(*chain[n]->key));
		else
			buf_addf(&b, "[%zu]", chain[n]->index);
	}
	return buf_ok(&b) ? arena_str(a, buf_span(&b)) : NULL;
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
		char text[512];
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

struct span nearest_property(const struct model_shape *s, struct span wrong)
{
	struct span out = { NULL, 0 };
	unsigned best = reach(wrong);
	for (size_t i = 0; i < s->n_own + s->n_common; i++)
		nearer(wrong, span_of(model_property_at(s, i)->name), &best, &out);
	return out;
}
