/* SPDX-License-Identifier: Apache-2.0 */
/* An agreement as a page: its clauses in every language, side by side, then who signed; no scripts, nothing from elsewhere, made to be printed. */
#include "cli/agreement.h"
#include "util/bounds.h"
#include "util/markup.h"

#define LANGUAGES_MOST 12

static const char style[] =
	"@page{size:A4;margin:20mm}body{font:11pt/1.5 serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111}h1{font-size:1.6em}h2{font-size:1.15em;margin:1.4em 0 .3em}"
	".row{display:flex;gap:2em}.row>div{flex:1;min-width:0}.meta,td,th{font-family:sans-serif;font-size:9pt}table{border-collapse:collapse;width:100%;margin-top:2em}"
	"td,th{border:1px solid #999;padding:.4em .6em;text-align:left;vertical-align:top}code{font-size:8pt;word-break:break-all}.sign{height:3.2em}"
	"@media print{body{margin:0;max-width:none}h2,.row,tr{break-inside:avoid}}";

/* Lines of a text stay lines. */
static void put_text(struct buf *out, struct span s)
{
	for (const char *end; (end = s.n ? memchr(s.p, '\n', s.n) : NULL);) {
		size_t n = (size_t)(end - s.p);
		markup_add(out, (struct span){ s.p, n });
		buf_adds(out, "<br>\n");
		s = (struct span){ end + 1, s.n - n - 1 };
	}
	markup_add(out, s);
}

struct languages {
	struct span v[LANGUAGES_MOST];
	size_t n;
};

/* A plain text stands for all languages. */
static struct span in_language(struct json v, struct span language)
{
	return json_is(v, JSON_OBJECT) ? json_string_or_none(json_get_span(v, language)) : json_string_or_none(v);
}

static void collect(struct languages *l, struct json v)
{
	for (struct json_iter it = json_iter(json_is(v, JSON_OBJECT) ? v : (struct json){ 0 }); json_next(&it);) {
		size_t i = 0;
		while (i < l->n && !span_eq(l->v[i], it.key))
			i++;
		if (i == l->n && l->n < LANGUAGES_MOST)
			l->v[l->n++] = it.key;
	}
}

static void collect_all(struct languages *l, struct json document)
{
	collect(l, json_get(document, "title"));
	for (struct json_iter it = json_iter(json_get(document, "clauses")); json_next(&it);) {
		collect(l, json_get(it.value, "heading"));
		collect(l, json_get(it.value, "text"));
	}
	if (l->n == 0)
		l->v[l->n++] = SPAN("en");
}

static void column(struct buf *out, struct span language, const char *tag, struct span text)
{
	buf_adds(out, "<div lang=\"");
	put_text(out, language);
	buf_addf(out, "\"><%s>", tag);
	put_text(out, text);
	buf_addf(out, "</%s></div>", tag);
}

static void row(struct buf *out, const struct languages *l, const char *tag, struct json v, struct span before)
{
	buf_adds(out, "<div class=\"row\">");
	for (size_t i = 0; i < l->n; i++) {
		BUF_SCOPE struct buf text;
		buf_init(&text, BOUND_OBJECT_BYTES);
		buf_addspan(&text, before);
		buf_addspan(&text, in_language(v, l->v[i]));
		column(out, l->v[i], tag, buf_span(&text));
	}
	buf_adds(out, "</div>\n");
}

static void clauses(struct buf *out, const struct languages *l, struct json list)
{
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		BUF_SCOPE struct buf ref;
		buf_init(&ref, BOUND_OBJECT_BYTES);
		buf_addspan(&ref, json_string_or_none(json_get(it.value, "ref")));
		if (ref.n)
			buf_adds(&ref, " ");
		if (ref.n || json_has(json_get(it.value, "heading")))
			row(out, l, "h2", json_get(it.value, "heading"), buf_span(&ref));
		row(out, l, "p", json_get(it.value, "text"), SPAN(""));
	}
}

static void signatories(struct buf *out, const struct agreement_line *v, size_t n)
{
	buf_adds(out, "<table><thead><tr><th>Organisation</th><th>Signed by</th><th>When</th><th>Key</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < n; i++) {
		char when[TIMESTAMP_TEXT] = "";
		if (v[i].at.us && v[i].at.us != TIMESTAMP_NEVER.us)
			timestamp_format(v[i].at, when);
		buf_adds(out, "<tr><td>");
		put_text(out, v[i].name);
		if (v[i].side.n) {
			buf_adds(out, " (");
			put_text(out, v[i].side);
			buf_adds(out, ")");
		}
		buf_adds(out, "<br><code>");
		put_text(out, v[i].org);
		buf_adds(out, "</code></td><td class=\"sign\">");
		put_text(out, v[i].signer);
		buf_adds(out, v[i].title.n ? "<br>" : "");
		put_text(out, v[i].title);
		buf_addf(out, "</td><td>%s<br>%.10s %.8s%s</td><td><code>", v[i].state, when, when[0] ? when + 11 : "", when[0] ? " UTC" : "");
		put_text(out, v[i].key);
		buf_adds(out, "</code></td></tr>\n");
	}
	buf_adds(out, "</tbody></table>\n");
}

enum err agreement_html(struct json document, struct span digest, const struct agreement_line *v, size_t n, struct buf *out)
{
	struct languages l = { .n = 0 };
	struct span authoritative = json_string_or_none(json_get(document, "authoritative_lang"));

	collect_all(&l, document);
	buf_adds(out, "<!doctype html>\n<html lang=\"");
	put_text(out, l.v[0]);
	buf_adds(out, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
	put_text(out, in_language(json_get(document, "title"), l.v[0]));
	buf_addf(out, "</title><style>%s</style></head><body>\n", style);
	row(out, &l, "h1", json_get(document, "title"), SPAN(""));
	buf_adds(out, "<p class=\"meta\">");
	put_text(out, json_string_or_none(json_get(document, "id")));
	if (json_is(json_get(document, "version"), JSON_INT))
		buf_addf(out, ", version %lld", (long long)json_int(json_get(document, "version")));
	if (authoritative.n) {
		buf_adds(out, "; the authoritative language is ");
		put_text(out, authoritative);
	}
	buf_adds(out, "<br>SHA-256 of the text (RFC 8785): <code>");
	put_text(out, digest);
	buf_adds(out, "</code></p>\n");
	clauses(out, &l, json_get(document, "clauses"));
	signatories(out, v, n);
	buf_adds(out, "</body></html>\n");
	return buf_err(out);
}
