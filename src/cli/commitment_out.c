/* SPDX-License-Identifier: Apache-2.0 */
/* The five forms of a commitment's figures.  All are made of one walk over lines: what, which, when, how many. */
#include "cli/commitment_out.h"
#include "formats/iati.h"
#include "util/bounds.h"
#include "util/markup.h"

struct span commitment_text(struct json v)
{
	if (!json_is(v, JSON_OBJECT))
		return json_string_or_none(v);
	struct json en = json_get(v, "en");
	struct json_iter it = json_iter(v);
	return json_has(en) ? json_string_or_none(en) : json_next(&it) ? json_string_or_none(it.value)
								       : SPAN("");
}

static struct span day(struct arena *a, struct timestamp t)
{
	char s[TIMESTAMP_TEXT];

	timestamp_format(t, s);
	return arena_span(a, (struct span){ s, 10 });
}

static struct span last_day(struct arena *a, struct timestamp end)
{
	return day(a, (struct timestamp){ end.us - 1 });
}

static int64_t total_of(const struct commitment_view *v, size_t i)
{
	return v->shown ? v->shown[i].total + v->c->indicators[i].baseline : v->figures[i].all.total;
}

/* ---- one walk ---- */

struct line {
	const struct commitment_indicator *x;
	struct span start, end; /* n == 0: over all */
	const char *dimension; /* NULL: the total */
	struct span cell;
	int64_t n, target; /* target -1: none is stated for it */
};

static void walk_table(const struct commitment_table *t, struct line l, void (*fn)(void *ctx, const struct line *l), void *ctx)
{
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		for (size_t i = 0; i < t->n_cells[d]; i++) {
			l.dimension = commitment_dimensions[d];
			l.cell = t->cells[d][i].name.n ? t->cells[d][i].name : SPAN("not said");
			l.n = t->cells[d][i].n;
			l.target = -1;
			fn(ctx, &l);
		}
	}
}

static void walk(const struct commitment_view *v, void (*fn)(void *ctx, const struct line *l), void *ctx)
{
	for (size_t i = 0; i < v->c->n_indicators; i++) {
		const struct commitment_indicator *x = &v->c->indicators[i];
		const struct commitment_figure *f = &v->figures[i];
		struct line l = { .x = x, .n = total_of(v, i), .target = f->target };
		fn(ctx, &l);
		if (!v->shown)
			walk_table(&f->all, l, fn, ctx);
		for (size_t k = 0; k < (v->shown ? v->shown[i].n_groups : x->n_periods); k++) {
			const struct commitment_group *g = v->shown ? &v->shown[i].groups[k] : NULL;
			const struct commitment_table *t = g ? &g->table : &f->periods[k];
			l.start = day(v->a, g ? g->start : x->periods[k].start);
			l.end = last_day(v->a, g ? g->end : x->periods[k].end);
			l.dimension = NULL;
			l.n = t->total;
			l.target = g ? -1 : x->periods[k].target;
			fn(ctx, &l);
			walk_table(t, l, fn, ctx);
		}
	}
}

/* ---- CSV ---- */

static void csv_cell(struct buf *b, struct span s)
{
	bool formula = s.n && strchr("=+-@", s.p[0]); /* a spreadsheet would run it */

	buf_addc(b, '"');
	if (formula)
		buf_addc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

static void csv_line(void *ctx, const struct line *l)
{
	struct buf *b = ctx;
	const struct span cells[] = { l->x->id, l->start, l->end, span_of(l->dimension ? l->dimension : "total"), l->cell };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		csv_cell(b, cells[i]);
		buf_addc(b, ',');
	}
	buf_addf(b, "%lld,", (long long)l->n);
	if (l->target >= 0)
		buf_addf(b, "%lld", (long long)l->target);
	buf_adds(b, "\r\n");
}

void commitment_csv(const struct commitment_view *v, struct buf *out)
{
	buf_adds(out, "indicator,start,end,by,value,number,target\r\n");
	walk(v, csv_line, out);
}

/* ---- JSON ---- */

static void json_table(struct json_out *o, const struct commitment_table *t)
{
	json_kint(o, "number", t->total);
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		if (!t->n_cells[d])
			continue;
		json_key(o, commitment_dimensions[d]);
		json_open(o, '{');
		for (size_t i = 0; i < t->n_cells[d]; i++) {
			json_key_span(o, t->cells[d][i].name.n ? t->cells[d][i].name : SPAN("not said"));
			json_put_int(o, t->cells[d][i].n);
		}
		json_close(o, '}');
	}
}

static void json_periods(const struct commitment_view *v, size_t at, struct json_out *o)
{
	const struct commitment_indicator *x = &v->c->indicators[at];
	const struct commitment_public *p = v->shown ? &v->shown[at] : NULL;

	json_key(o, "periods");
	json_open(o, '[');
	for (size_t i = 0; i < (p ? p->n_groups : x->n_periods); i++) {
		json_open(o, '{');
		json_kspan(o, "start", day(v->a, p ? p->groups[i].start : x->periods[i].start));
		json_kspan(o, "end", last_day(v->a, p ? p->groups[i].end : x->periods[i].end));
		if (!p)
			json_kint(o, "target", x->periods[i].target);
		json_table(o, p ? &p->groups[i].table : &v->figures[at].periods[i]);
		json_close(o, '}');
	}
	json_close(o, ']');
}

void commitment_json(const struct commitment_view *v, struct json_out *o)
{
	const struct commitment *c = v->c;

	json_open(o, '{');
	json_kspan(o, "id", c->id);
	json_kspan(o, "digest", c->digest);
	json_key(o, "text");
	json_put(o, json_get(c->document, "text"));
	json_key(o, "source");
	json_put(o, json_get(c->document, "source"));
	json_kbool(o, "fictional", c->fictional);
	json_kbool(o, "public", v->shown != NULL);
	open_json_time(o, "as_of", v->at);
	json_kint(o, "records", v->figures[0].last);
	if (c->assessed) {
		json_kstr(o, "completion", commitment_completions[c->completion]);
		json_kspan(o, "assessed_by", c->assessor);
		open_json_time(o, "assessed_at", c->assessed_at);
	}
	json_key(o, "indicators");
	json_open(o, '[');
	for (size_t i = 0; i < c->n_indicators; i++) {
		const struct commitment_indicator *x = &c->indicators[i];
		json_open(o, '{');
		json_kspan(o, "id", x->id);
		json_key(o, "title");
		json_put(o, x->title);
		json_kstr(o, "counting_rule", commitment_rules[x->rule]);
		json_kint(o, "baseline", x->baseline);
		json_kint(o, "target", v->figures[i].target);
		json_kint(o, "due", v->figures[i].due);
		if (v->shown) {
			json_kint(o, "number", total_of(v, i));
		} else {
			json_table(o, &v->figures[i].all);
			json_kint(o, "outside_periods", v->figures[i].outside);
		}
		json_periods(v, i, o);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
}

/* ---- terminal ---- */

static const char *pace(int64_t n, int64_t due)
{
	return n >= due ? "on the line" : "behind the line";
}

static void print_table(struct cmd_args *a, const struct commitment_table *t)
{
	for (int d = 0; d < COMMITMENT_DIMENSIONS; d++) {
		if (!t->n_cells[d])
			continue;
		cmd_print("    %-8s", commitment_dimensions[d]);
		for (size_t i = 0; i < t->n_cells[d]; i++)
			cmd_print("  %.*s %lld", SPAN_ARG(t->cells[d][i].name.n ? t->cells[d][i].name : SPAN("not said")), (long long)t->cells[d][i].n);
		cmd_print("\n");
	}
}

void commitment_print(struct cmd_args *a, const struct commitment_view *v)
{
	const struct commitment *c = v->c;
	struct span text = commitment_text(json_get(c->document, "text"));

	cmd_print("%.*s\n%s%.*s%s\n", SPAN_ARG(c->id), cmd_style(1, CMD_BOLD), SPAN_ARG(text), cmd_style(1, CMD_PLAIN));
	if (c->fictional)
		cmd_print("Sample: these figures are fictional.\n");
	for (size_t i = 0; i < c->n_areas; i++)
		cmd_print("%s%.*s%s", i ? ", " : "areas: ", SPAN_ARG(c->areas[i]), i + 1 == c->n_areas ? "\n" : "");
	if (c->assessed)
		cmd_print("%s, says %.*s on %.*s\n", commitment_completions[c->completion], SPAN_ARG(c->assessor), SPAN_ARG(day(v->a, c->assessed_at)));
	else
		cmd_print("Nobody has assessed it yet.\n");
	for (size_t i = 0; i < c->n_indicators; i++) {
		const struct commitment_figure *f = &v->figures[i];
		int64_t n = total_of(v, i);
		struct span title = commitment_text(c->indicators[i].title);
		cmd_print("\n%.*s (%s)\n  %lld of %lld; %lld were due by %.*s: %s\n", SPAN_ARG(title), commitment_rules[c->indicators[i].rule], (long long)n, (long long)f->target, (long long)f->due,
			SPAN_ARG(day(v->a, v->at)), pace(n, f->due));
		if (!v->shown)
			print_table(a, &f->all);
		for (size_t k = 0; k < (v->shown ? v->shown[i].n_groups : c->indicators[i].n_periods); k++) {
			const struct commitment_group *g = v->shown ? &v->shown[i].groups[k] : NULL;
			const struct commitment_period *p = &c->indicators[i].periods[k];
			cmd_print("  %.*s to %.*s: %lld new\n", SPAN_ARG(day(v->a, g ? g->start : p->start)), SPAN_ARG(last_day(v->a, g ? g->end : p->end)),
				(long long)(g ? g->table.total : f->periods[k].total));
			if (g)
				print_table(a, &g->table);
		}
		if (!v->shown && f->outside)
			cmd_print("  %lld lie in no period\n", (long long)f->outside);
	}
	if (v->shown)
		cmd_say("Numbers are of whole periods and rounded down to a multiple of three, so that nobody can be told from them.");
	else
		cmd_say("Of %lld records. `--records` lists what is behind; `--public` shows what others may see.", (long long)v->figures[0].last);
}

/* ---- a page ---- */

static void html_line(void *ctx, const struct line *l)
{
	struct buf *b = ctx;

	if (!l->start.n)
		return;
	buf_adds(b, l->dimension ? "<tr><td>" : "<tr class=\"t\"><td>");
	markup_add(b, commitment_text(l->x->title));
	buf_addf(b, "</td><td>%.*s – %.*s</td><td>", SPAN_ARG(l->start), SPAN_ARG(l->end));
	markup_add(b, span_of(l->dimension ? l->dimension : "all"));
	buf_adds(b, "</td><td>");
	markup_add(b, l->cell);
	buf_addf(b, "</td><td class=\"n\">%lld</td></tr>\n", (long long)l->n);
}

void commitment_html(const struct commitment_view *v, struct buf *b)
{
	const struct commitment *c = v->c;

	buf_adds(b, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
	markup_add(b, commitment_text(json_get(c->document, "text")));
	buf_adds(b, "</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
		    "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #ccc;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}"
		    ".t td{font-weight:600}.bar{position:relative;height:1.6rem;background:#e6e6e6;border-radius:.2rem}.bar>i{display:block;height:100%;background:#1f5fa8;border-radius:.2rem}"
		    ".bar>b{position:absolute;top:-.2rem;bottom:-.2rem;width:2px;background:#a02020}.f{border:2px solid #a06000;padding:.5rem 1rem}</style>\n<h1>");
	markup_add(b, commitment_text(json_get(c->document, "text")));
	buf_adds(b, "</h1>\n");
	if (c->fictional)
		buf_adds(b, "<p class=\"f\">Sample: these figures are fictional.</p>\n");
	if (c->assessed) {
		buf_addf(b, "<p>Completion: <strong>%s</strong>, assessed by ", commitment_completions[c->completion]);
		markup_add(b, c->assessor);
		buf_addf(b, " on %.*s.</p>\n", SPAN_ARG(day(v->a, c->assessed_at)));
	}
	for (size_t i = 0; i < c->n_indicators; i++) {
		const struct commitment_figure *f = &v->figures[i];
		double all = f->target > 0 ? (double)f->target : 1, n = (double)total_of(v, i), due = (double)f->due;
		buf_adds(b, "<h2>");
		markup_add(b, commitment_text(c->indicators[i].title));
		buf_addf(b, "</h2>\n<p>%lld of %lld (%s). By %.*s %lld were due.</p>\n<div class=\"bar\" role=\"img\" aria-label=\"%lld of %lld\"><i style=\"width:%.1f%%\"></i><b style=\"left:%.1f%%\" title=\"due\"></b></div>\n",
			(long long)total_of(v, i), (long long)f->target, commitment_rules[c->indicators[i].rule], SPAN_ARG(day(v->a, v->at)), (long long)f->due, (long long)total_of(v, i),
			(long long)f->target, n >= all ? 100 : n * 100 / all, due >= all ? 100 : due * 100 / all);
	}
	buf_adds(b, "<h2>By period</h2>\n<table><tr><th>Indicator</th><th>Period</th><th>By</th><th></th><th class=\"n\">New</th></tr>\n");
	walk(v, html_line, b);
	buf_adds(b, "</table>\n<p>");
	if (v->shown)
		buf_adds(b, "Numbers are of whole periods and rounded down to a multiple of three, so that nobody can be told from them. ");
	buf_addf(b, "As of %.*s, record %lld. Digest of the text: <code>%.*s</code></p>\n</html>\n", SPAN_ARG(day(v->a, v->at)), (long long)v->figures[0].last, SPAN_ARG(c->digest));
}

/* ---- IATI ---- */

/* What was new in a period, where it may be said: IATI counts from the beginning, as our targets do. */
static void iati_actual(const struct commitment_view *v, size_t at, size_t k, struct iati_period *p)
{
	const struct commitment_indicator *x = &v->c->indicators[at];
	int64_t sum = x->baseline;

	if (!v->shown) {
		for (size_t i = 0; i <= k; i++)
			sum += v->figures[at].periods[i].total;
		p->has_actual = !timestamp_before(v->at, x->periods[k].start);
	}
	for (size_t i = 0; v->shown && i < v->shown[at].n_groups && !timestamp_before(x->periods[k].end, v->shown[at].groups[i].end); i++) {
		sum += v->shown[at].groups[i].table.total;
		p->has_actual = v->shown[at].groups[i].end.us == x->periods[k].end.us;
	}
	p->actual = sum;
}

enum err commitment_iati(const struct commitment_view *v, struct buf *out)
{
	const struct commitment *c = v->c;
	struct iati_indicator *x = arena_array(v->a, c->n_indicators + 1, sizeof(*x));
	struct span text = commitment_text(json_get(c->document, "text"));
	struct iati_activity act = { .reporter = v->hub->id, .reporter_name = v->hub->name, .title = text, .language = SPAN("en"), .participants = c->pledgors, .n_participants = c->n_pledgors, .updated = v->at, .indicators = x, .n_indicators = c->n_indicators, .start = TIMESTAMP_NEVER };

	if (!x)
		return ERR_NOMEM;
	act.identifier = span_of(arena_printf(v->a, "%.*s-%.*s", SPAN_ARG(v->hub->id), SPAN_ARG(c->id)));
	act.description = c->fictional ? span_of(arena_printf(v->a, "Sample: these figures are fictional. %.*s", SPAN_ARG(text))) : text;
	for (size_t i = 0; i < c->n_indicators; i++) {
		const struct commitment_indicator *from = &c->indicators[i];
		struct iati_period *p = arena_array(v->a, from->n_periods + 1, sizeof(*p));
		if (!p)
			return ERR_NOMEM;
		for (size_t k = 0; k < from->n_periods; k++) {
			p[k] = (struct iati_period){ .start = from->periods[k].start, .end = from->periods[k].end, .target = from->periods[k].target };
			iati_actual(v, i, k, &p[k]);
		}
		x[i] = (struct iati_indicator){ commitment_text(from->title), from->baseline, p, from->n_periods };
		if (timestamp_before(from->periods[0].start, act.start))
			act.start = from->periods[0].start;
		if (timestamp_before(act.end, from->periods[from->n_periods - 1].end))
			act.end = from->periods[from->n_periods - 1].end;
	}
	formats_iati(out, &act);
	return arena_ok(v->a) ? ERR_OK : ERR_NOMEM;
}
