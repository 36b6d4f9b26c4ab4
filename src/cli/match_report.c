/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match --report: one HTML page without scripts or outside parts, for a reader who was not there. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include "util/markup.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_time(struct buf *b, struct arena *a, int64_t ns)
{
	if (ns == INT64_MIN || ns == INT64_MAX)
		buf_adds(b, "–");
	else
		markup_add(b, open_time_text(a, (struct timestamp){ ns / 1000 }));
}

static void put_row(struct buf *b, struct arena *a, const struct match_tally *t)
{
	buf_addf(b, "<tr><td class=n>%" PRIu64 "</td><td>", t->count);
	markup_add(b, t->indicator.name.n ? t->indicator.name : t->indicator.id);
	buf_adds(b, "</td><td><code>");
	markup_add(b, t->value);
	buf_adds(b, "</code></td><td>");
	markup_add(b, t->indicator.tlp.n ? t->indicator.tlp : SPAN("–"));
	buf_adds(b, "</td><td>");
	markup_add(b, t->indicator.source);
	buf_adds(b, "</td><td>");
	put_time(b, a, t->first_ns);
	buf_adds(b, "</td><td>");
	put_time(b, a, t->last_ns);
	buf_adds(b, "</td></tr>\n");
}

enum err match_report(const struct match_run *run, const char *path, struct fault *f)
{
	BUF_SCOPE struct buf b;
	char now[TIMESTAMP_TEXT];
	FILE *to;

	timestamp_format(run->now, now);
	buf_init(&b, 1u << 30);
	buf_adds(&b, "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Search of logs</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;max-width:72em;"
		     "margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .6em;border-bottom:1px solid #ccc;vertical-align:top}.n{text-align:right}"
		     "code{word-break:break-all}</style>\n<h1>Search of logs</h1>\n");
	buf_addf(&b, "<p>On %.19s UTC %" PRIu64 " lines of %" PRIu64 " log%s were searched for %zu indicators. ", now, run->lines, run->logs, run->logs == 1 ? "" : "s", run->counts.indicators);
	if (run->tallies)
		buf_addf(&b, "<strong>%zu of them %s found.</strong> Each line below is one: how often it was seen, what it is, and who told of it.</p>\n", run->tallies, run->tallies == 1 ? "was" : "were");
	else
		buf_adds(&b, "<strong>Nothing was found.</strong></p>\n");
	if (run->warned)
		buf_addf(&b, "<p>%" PRIu64 " places hold what is on a list of well-known addresses; %s.</p>\n", run->warned, run->warn_marks ? "they are counted" : "they are not counted");
	if (run->trouble)
		buf_adds(&b, "<p><strong>Not everything could be searched</strong>: see the messages of the run.</p>\n");
	if (run->tallies) {
		buf_adds(&b, "<table><thead><tr><th class=n>Lines</th><th>Indicator</th><th>Value</th><th>TLP</th><th>From</th><th>First</th><th>Last</th></tr></thead><tbody>\n");
		for (size_t i = 0; i < run->tallies; i++)
			put_row(&b, cmd_arena(run->a), &run->tally[i]);
		buf_adds(&b, "</tbody></table>\n");
	}
	buf_adds(&b, "</html>\n");
	if (!buf_ok(&b))
		return ERR_NOMEM;
	to = fopen(path, "we");
	if (!to || fwrite(b.p, 1, b.n, to) != b.n || fclose(to) != 0)
		return fault_set(f, ERR_IO, path, "the report could not be written: %s", strerror(errno));
	return ERR_OK;
}
