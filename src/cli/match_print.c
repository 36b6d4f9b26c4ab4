/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: hits as text, JSON lines, ECS, EVE alerts and CSV; the summary. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include <inttypes.h>
#include <stdio.h>

void match_print_safe(struct span s)
{
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++) {
		/* C0, DEL, and C1 as UTF-8 writes it (C2 80 … C2 9F) */
		bool control = i < s.n && ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F || ((unsigned char)s.p[i] == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xA0));

		if (i < s.n && !control)
			continue;
		cmd_print_span((struct span){ s.p + from, i - from });
		if (control)
			cmd_print("?");
		from = i + 1;
	}
}

static void print_tlp(struct span tlp)
{
	cmd_print(tlp.n ? "TLP:" : "-");
	for (size_t k = 0; k < tlp.n; k++)
		cmd_print("%c", tlp.p[k] >= 'a' && tlp.p[k] <= 'z' ? tlp.p[k] - 32 : tlp.p[k]);
}

static void print_text(const struct match_run *run, const struct match_hit *h, struct span warned)
{
	const struct match_indicator *i = h->indicator;

	cmd_print("%s%s:%" PRIu64 ":%" PRIu64 "%s\t%s", cmd_style(1, CMD_DIM), run->log, h->line, h->offset, cmd_style(1, CMD_PLAIN), cmd_style(1, CMD_RED));
	match_print_safe(h->text);
	cmd_print("%s\t", cmd_style(1, CMD_PLAIN));
	match_print_safe(h->value);
	cmd_print("\t%s", cmd_style(1, CMD_BOLD));
	match_print_safe(i->name.n ? i->name : i->id);
	cmd_print("%s\t", cmd_style(1, CMD_PLAIN));
	print_tlp(i->tlp);
	cmd_print("\t");
	match_print_safe(i->source);
	if (h->field.n) {
		cmd_print("\t");
		match_print_safe(h->field);
	}
	if (warned.n) {
		cmd_print("%s\t%s", h->field.n ? "" : "\t", cmd_style(1, CMD_YELLOW));
		match_print_safe(warned);
		cmd_print("%s", cmd_style(1, CMD_PLAIN));
	}
	cmd_print("\n");
}

/* ---- JSON ---- */

static void put_time(struct json_out *o, const char *key, int64_t ns)
{
	if (ns != INT64_MIN && ns != INT64_MAX)
		open_json_time(o, key, (struct timestamp){ ns / 1000 });
}

static void put_json(struct json_out *o, const struct match_run *run, const struct match_hit *h, struct span warned)
{
	json_kstr(o, "file", run->log);
	json_kint(o, "line", (int64_t)h->line);
	json_kint(o, "offset", (int64_t)h->offset);
	put_time(o, "time", h->time_ns);
	if (h->field.n) {
		json_kspan(o, "field", h->field);
		json_kstr(o, "sco", h->sco);
	}
	json_kspan(o, "text", h->text);
	json_kspan(o, "value", h->value);
	json_kstr(o, "kind", stix_value_name(h->kind));
	open_json_optional(o, "indicator", h->indicator->id);
	open_json_optional(o, "version", h->indicator->version);
	open_json_optional(o, "name", h->indicator->name);
	open_json_optional(o, "tlp", h->indicator->tlp);
	if (h->indicator->confidence >= 0)
		json_kint(o, "confidence", h->indicator->confidence);
	if (h->indicator->actions.n)
		json_kspan(o, "permitted_actions", h->indicator->actions);
	json_kspan(o, "source", h->indicator->source);
	if (warned.n)
		json_kspan(o, "warninglist", warned);
}

/* What Elastic Common Schema calls our kinds, and the member that holds the value. */
static const struct {
	const char *type, *member;
} ecs[] = {
	[STIX_VALUE_IPV4] = { "ipv4-addr", "ip" },
	[STIX_VALUE_IPV6] = { "ipv6-addr", "ip" },
	[STIX_VALUE_DOMAIN] = { "domain-name", "url.domain" },
	[STIX_VALUE_URL] = { "url", "url.full" },
	[STIX_VALUE_EMAIL] = { "email-addr", "email.address" },
	[STIX_VALUE_MD5] = { "file", "file.hash.md5" },
	[STIX_VALUE_SHA1] = { "file", "file.hash.sha1" },
	[STIX_VALUE_SHA256] = { "file", "file.hash.sha256" },
	[STIX_VALUE_SHA512] = { "file", "file.hash.sha512" },
	[STIX_VALUE_FILENAME] = { "file", "file.name" },
	[STIX_VALUE_REGKEY] = { "windows-registry-key", "registry.key" },
};

/* ECS allows dotted names of members, which is what its examples use too. */
static void put_ecs(struct json_out *o, const struct match_run *run, const struct match_hit *h, struct span warned)
{
	bool known = (size_t)h->kind < sizeof(ecs) / sizeof(ecs[0]) && ecs[h->kind].type;
	char member[64];

	open_json_time(o, "@timestamp", h->time_ns == INT64_MIN ? run->now : (struct timestamp){ h->time_ns / 1000 });
	json_kstr(o, "event.kind", "enrichment");
	json_kstr(o, "event.category", "threat");
	json_kstr(o, "event.type", "indicator");
	json_kstr(o, "log.file.path", run->log);
	json_kint(o, "log.offset", (int64_t)h->offset);
	json_kint(o, "log.line", (int64_t)h->line);
	json_kstr(o, "threat.indicator.type", known ? ecs[h->kind].type : "artifact");
	snprintf(member, sizeof(member), "threat.indicator.%s", known ? ecs[h->kind].member : "description");
	json_kspan(o, member, h->value);
	json_kspan(o, "threat.indicator.name", h->indicator->name.n ? h->indicator->name : h->value);
	json_kspan(o, "threat.indicator.provider", h->indicator->source);
	if (h->indicator->id.n)
		json_kspan(o, "threat.indicator.id", h->indicator->id);
	if (h->indicator->tlp.n)
		json_kspan(o, "threat.indicator.marking.tlp", h->indicator->tlp);
	if (h->indicator->confidence >= 0)
		json_kint(o, "threat.indicator.confidence", h->indicator->confidence);
	json_kspan(o, "threat.enrichments.matched.atomic", h->text);
	if (h->field.n)
		json_kspan(o, "threat.enrichments.matched.field", h->field);
	if (h->indicator->id.n)
		json_kspan(o, "threat.enrichments.matched.id", h->indicator->id);
	json_kstr(o, "threat.enrichments.matched.type", "indicator_match_rule");
	if (warned.n)
		json_kspan(o, "tags", warned);
}

static void put_eve(struct json_out *o, const struct match_run *run, const struct match_hit *h, struct span warned)
{
	open_json_time(o, "timestamp", h->time_ns == INT64_MIN ? run->now : (struct timestamp){ h->time_ns / 1000 });
	json_kstr(o, "event_type", "alert");
	json_key(o, "alert");
	json_open(o, '{');
	json_kstr(o, "action", "allowed");
	json_kint(o, "gid", 1);
	json_kint(o, "signature_id", 0);
	json_kint(o, "rev", 1);
	json_kspan(o, "signature", h->indicator->name.n ? h->indicator->name : h->value);
	json_kstr(o, "category", "Known indicator");
	json_kint(o, "severity", 2);
	json_close(o, '}');
	json_key(o, "musubi");
	json_open(o, '{');
	put_json(o, run, h, warned);
	json_close(o, '}');
}

/* ---- CSV ---- */

static void csv_cell(struct span s, bool last)
{
	cmd_print("\"");
	for (size_t i = 0; i < s.n; i++)
		cmd_print(s.p[i] == '"' ? "\"\"" : (unsigned char)s.p[i] < ' ' ? " "
									       : "%c",
			s.p[i]);
	cmd_print(last ? "\"\n" : "\",");
}

static void print_csv(struct match_run *run, const struct match_hit *h, struct span warned)
{
	char time[TIMESTAMP_TEXT] = "";

	if (!run->hits)
		cmd_print("file,line,offset,time,field,sco,text,value,kind,indicator,name,tlp,source,warninglist\n");
	if (h->time_ns != INT64_MIN)
		timestamp_format((struct timestamp){ h->time_ns / 1000 }, time);
	csv_cell(span_of(run->log), false);
	cmd_print("%" PRIu64 ",%" PRIu64 ",%s,", h->line, h->offset, time);
	csv_cell(h->field, false);
	csv_cell(span_of(h->sco), false);
	csv_cell(h->text, false);
	csv_cell(h->value, false);
	csv_cell(span_of(stix_value_name(h->kind)), false);
	csv_cell(h->indicator->id, false);
	csv_cell(h->indicator->name, false);
	csv_cell(h->indicator->tlp, false);
	csv_cell(h->indicator->source, false);
	csv_cell(warned, true);
}

bool match_print_hit(struct match_run *run, const struct match_hit *h, struct span warned)
{
	BUF_SCOPE struct buf b;
	struct json_out o;

	if (run->output == MATCH_OUT_TEXT) {
		print_text(run, h, warned);
		return true;
	}
	if (run->output == MATCH_OUT_CSV) {
		print_csv(run, h, warned);
		return true;
	}
	buf_init(&b, 1u << 20);
	o = json_out(&b);
	json_open(&o, '{');
	(run->output == MATCH_OUT_ECS ? put_ecs : run->output == MATCH_OUT_EVE ? put_eve
									       : put_json)(&o, run, h, warned);
	json_close(&o, '}');
	return open_print_json(&b) == ERR_OK;
}

/* ---- the summary ---- */

static void summary_json(struct match_run *run, const struct match_tally *t)
{
	BUF_SCOPE struct buf b;
	struct json_out o;

	buf_init(&b, 1u << 20);
	o = json_out(&b);
	json_open(&o, '{');
	open_json_optional(&o, "indicator", t->indicator.id);
	open_json_optional(&o, "name", t->indicator.name);
	json_kspan(&o, "value", t->value);
	open_json_optional(&o, "tlp", t->indicator.tlp);
	json_kspan(&o, "source", t->indicator.source);
	json_kint(&o, "count", (int64_t)t->count);
	put_time(&o, "first", t->first_ns);
	put_time(&o, "last", t->last_ns);
	json_close(&o, '}');
	if (open_print_json(&b) != ERR_OK)
		run->trouble = true;
}

static struct span time_or_dash(struct arena *a, int64_t ns)
{
	return ns == INT64_MIN || ns == INT64_MAX ? SPAN("-") : open_time_text(a, (struct timestamp){ ns / 1000 });
}

void match_print_summary(struct match_run *run)
{
	for (size_t i = 0; i < run->tallies; i++) {
		const struct match_tally *t = &run->tally[i];

		if (cmd_json(run->a)) {
			summary_json(run, t);
			continue;
		}
		cmd_print("%" PRIu64 "\t", t->count);
		match_print_safe(t->indicator.name.n ? t->indicator.name : t->indicator.id);
		cmd_print("\t");
		match_print_safe(t->indicator.id);
		cmd_print("\t");
		match_print_safe(t->indicator.source);
		cmd_print("\t%.*s\t%.*s\n", SPAN_ARG(time_or_dash(cmd_arena(run->a), t->first_ns)), SPAN_ARG(time_or_dash(cmd_arena(run->a), t->last_ns)));
	}
}
