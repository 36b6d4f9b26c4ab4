/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: is anything that the network knows of in these logs? */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_NONE,
	EXIT_HITS,
	EXIT_TROUBLE };
#define TIMEOUT_S 300

/* ---- the command ---- */

/* The n-th token goes to the n-th hub; one token to all, where only one is given. */
static enum err connect_hubs(struct match_run *run, struct fault *f)
{
	const char *const *urls, *const *tokens, *user = cmd_opt(run->a, "--user");
	size_t n = cmd_opts(run->a, "--hub", &urls), n_tokens = cmd_opts(run->a, "--token", &tokens);
	struct span password = { NULL, 0 };
	enum err e = ERR_OK;

	if (n_tokens > 1 && n_tokens != n)
		return fault_set(f, ERR_USAGE, "", "give one --token for all hubs, or one for each --hub in their order");
	if (user && n_tokens)
		return fault_set(f, ERR_USAGE, "", "give --token or --user, not both");
	if (user)
		e = open_password(cmd_arena(run->a), cmd_opt(run->a, "--password-stdin") != NULL, &password, f);
	run->hub = arena_array(cmd_arena(run->a), n + 1, sizeof(*run->hub));
	if (!run->hub)
		return ERR_NOMEM;
	for (; run->hubs < n && e == ERR_OK; run->hubs++) {
		struct match_hub *h = &run->hub[run->hubs];
		struct client_options o = { .url = urls[run->hubs], .ca_file = cmd_opt(run->a, "--ca"), .timeout_s = TIMEOUT_S, .user = user, .password = password.p };

		if (!user)
			o.token = n_tokens ? tokens[n_tokens > 1 ? run->hubs : 0] : open_token(run->a);
		h->url = urls[run->hubs];
		e = client_new(&o, &h->client, f);
	}
	return e;
}

static int usage(const struct match_run *run)
{
	const char *const *files, *const *hubs;
	size_t n = cmd_opts(run->a, "--indicators", &files), inputs = cmd_opt(run->a, "--password-stdin") != NULL;

	for (size_t i = 0; i < n; i++)
		inputs += strcmp(files[i], "-") == 0;
	for (int i = 0; i < cmd_argc(run->a); i++)
		inputs += strcmp(cmd_arg(run->a, i), "-") == 0;
	if (n + cmd_opts(run->a, "--hub", &hubs) == 0 && !cmd_opt(run->a, "--index"))
		return cmd_usage(run->a, "give indicators to look for: --hub URL, --indicators FILE, or --index FILE that was made before");
	if (!cmd_argc(run->a) && !cmd_opt(run->a, "--explain") && !(cmd_opt(run->a, "--index") && n + cmd_opts(run->a, "--hub", &hubs)))
		return cmd_usage(run->a, "give logs to look in (- is standard input)");
	if (inputs > 1)
		return cmd_usage(run->a, "standard input can be one thing only: a log, indicators or the password");
	for (int i = 0; i < cmd_argc(run->a); i++) {
		if (cmd_opt(run->a, "--follow") && strcmp(cmd_arg(run->a, i), "-") == 0)
			return cmd_usage(run->a, "standard input is read until it ends anyway; --follow is for files");
	}
	if (cmd_opt(run->a, "--sight") && !cmd_opts(run->a, "--hub", &hubs))
		return cmd_usage(run->a, "--sight reports to the hub that an indicator came from: give --hub URL");
	return 0;
}

static int choices(struct match_run *run)
{
	static const char *const outputs[] = { "text", "json", "ecs", "eve", "csv" };
	const char *output = cmd_opt(run->a, "--output"), *format = cmd_opt(run->a, "--format"), *least = cmd_opt(run->a, "--min-confidence"), *warn = cmd_opt(run->a, "--warn");
	size_t i = 0;

	run->output = cmd_json(run->a) ? MATCH_OUT_JSON : MATCH_OUT_TEXT;
	while (output && i < sizeof(outputs) / sizeof(outputs[0]) && strcmp(outputs[i], output) != 0)
		i++;
	if (i == sizeof(outputs) / sizeof(outputs[0]))
		return cmd_usage(run->a, "--output is one of text, json, ecs, eve, csv");
	if (output)
		run->output = (enum match_output)i;
	run->format = MATCH_FORMAT_AUTO;
	if (format && strcmp(format, "auto") != 0 && !match_format_parse(span_of(format), &run->format))
		return cmd_usage(run->a, "--format is auto or one of the formats that --help lists, not \"%s\"", format);
	if (least && ((run->min_confidence = (int)strtol(least, NULL, 10)) < 0 || run->min_confidence > 100))
		return cmd_usage(run->a, "--min-confidence is a number from 0 to 100");
	if (warn && strcmp(warn, "mark") != 0 && strcmp(warn, "suppress") != 0)
		return cmd_usage(run->a, "--warn is suppress or mark");
	run->warn_marks = warn && strcmp(warn, "mark") == 0;
	if (cmd_opt(run->a, "--since") && strcmp(cmd_opt(run->a, "--since"), "last") == 0 && !cmd_opt(run->a, "--state"))
		return cmd_usage(run->a, "--since last needs --state FILE, where the time of the last run is kept");
	return 0;
}

/* "last" is what the state file says; without one yet everything is new. */
static enum err read_since(struct match_run *run, struct fault *f)
{
	const char *since = cmd_opt(run->a, "--since");
	struct match_state st;
	enum err e;

	if (!since)
		return ERR_OK;
	if (strcmp(since, "last") != 0) {
		run->has_since = true;
		return open_time(since, &run->since, f);
	}
	e = match_state_open(&st, cmd_opt(run->a, "--state"), cmd_arena(run->a), f);
	if (e == ERR_OK)
		run->has_since = match_state_since(&st, &run->since);
	buf_release(&st.out);
	return e;
}

/* Only a run without trouble counts: what it could not search is searched again. */
static enum err keep_since(struct match_run *run, struct fault *f)
{
	const char *path = cmd_opt(run->a, "--state");
	struct match_state st = { .path = path };
	enum err e;

	if (!path || !cmd_opt(run->a, "--since") || run->trouble)
		return ERR_OK;
	buf_init(&st.out, 1u << 16);
	match_state_put_since(&st, run->now);
	e = match_state_write(&st, f);
	buf_release(&st.out);
	return e;
}

static enum err work(struct match_run *r, struct fault *f)
{
	const char *line = cmd_opt(r->a, "--explain"), *report = cmd_opt(r->a, "--report");
	enum err e = read_since(r, f);

	if (e == ERR_OK)
		e = connect_hubs(r, f);
	if (e == ERR_OK)
		e = match_load(r, f);
	if (e == ERR_OK)
		e = match_warn_load(r, f);
	if (e == ERR_OK && line)
		return match_explain(r, span_of(line), f);
	if (e == ERR_OK && cmd_argc(r->a))
		e = match_search(r, f);
	if (e == ERR_OK && cmd_opt(r->a, "--summary"))
		match_print_summary(r);
	if (e == ERR_OK && report)
		e = match_report(r, report, f);
	if (e == ERR_OK && cmd_opt(r->a, "--sight"))
		e = match_sight(r, f);
	return e == ERR_OK ? keep_since(r, f) : e;
}

static int run(struct cmd_args *a)
{
	struct match_run r = { .a = a, .now = timestamp_now() };
	struct fault f = { "", "" };
	enum err e;

	if (usage(&r) != 0 || choices(&r) != 0)
		return EXIT_TROUBLE;
	e = work(&r, &f);
	if (e != ERR_OK)
		cmd_fail(a, e, &f);
	for (size_t i = 0; i < r.hubs; i++)
		client_free(r.hub[i].client);
	match_watch_free(r.watch);
	match_index_free(r.index);
	match_index_free(r.warn);
	json_parser_free(r.parser);
	arena_free(r.scratch);
	free(r.source);
	free(r.tally);
	return e != ERR_OK || r.trouble ? EXIT_TROUBLE : r.hits ? EXIT_HITS
								: EXIT_NONE;
}

const struct cmd cmd_match = {
	.name = "match",
	.arguments = "[LOG…]",
	.min_args = 0,
	.max_args = -1,
	.brief = "look for indicators in logs",
	.help = "Looks in logs (files, folders, - for standard input; packed with gzip, zstd or xz or not) for addresses, networks, domains and what is below them, URLs, e-mail addresses and file hashes "
		"that indicators name. Indicators come from every collection that you may read on a hub, from STIX files, or from plain lists with a value a line, defanged or not. Revoked, expired and "
		"not yet valid ones do not count; validity is asked for the time of the event where the log tells it.\n\n"
		"The format of a log is told by its first lines: eve, zeek, zeek-json, sysmon, windows, journald, cloudtrail, bind, unbound, dnsmasq, access, squid, syslog5424, syslog, csv; all else is "
		"text. In a known format a value counts in fields of its kind only, and the hit names the field; there patterns over time and with other operators than = are watched for too (give logs from the oldest to the newest).\n\n"
		"Prints a line a hit: FILE:LINE:OFFSET, what stands there, the indicator's value, name, TLP, source and the field, separated by tabs; with --json an object a hit "
		"(file, line, offset, time, field, sco, text, value, kind, indicator, version, name, tlp, confidence, source, warninglist). What is on a list of well-known addresses is left out and counted.\n\n"
		"With --sight each indicator found is reported to the hub it came from as one sighting with the number of lines, under the indicator's own markings, and what became of "
		"it is printed. The log's lines are never sent. Its times are those of the log where the log tells them, else of the search.\n\n"
		"Exit status: 0 nothing found, 1 something found, 2 trouble (what was found is printed all the same).\n\n"
		"  musubi match --hub https://hub.example --token TOKEN /var/log/named/queries.log\n"
		"  musubi match --indicators blocklist.txt --json eve.json.gz\n"
		"  musubi match --hub https://hub.example --follow --state match.state /var/log/suricata/eve.json\n"
		"  musubi match --hub https://hub.example --since last --state archive.state /srv/logs",
	.options = (const struct cmd_option[]){
		{ "--hub", "URL", "take the indicators of this hub, API root or collection", .many = true },
		{ "--indicators", "FILE", "take these: STIX bundle, TAXII envelope, an object a line, or a list of values", .many = true, .complete = "file" },
		{ "--index", "FILE", "with --indicators or --hub: keep what was loaded in this file; alone: use such a file, which takes no time to load", .complete = "file" },
		{ "--token", "TOKEN", "who asks: one for all hubs, or one a hub in their order (also from the environment: MUSUBI_TOKEN)", .many = true },
		{ "--user", "NAME", "who asks: a user name, for servers with passwords" },
		{ "--password-stdin", NULL, "read the password from standard input" },
		{ "--ca", "FILE", "trust the certificates in this PEM file instead of the system's", .complete = "file" },
		{ "--collection", "ALIAS", "only this collection of each hub: alias, id or title" },
		{ "--format", "NAME", "read the logs as this format, not as what their first lines look like",
			.complete = "words:auto text eve zeek zeek-json sysmon windows journald cloudtrail bind unbound dnsmasq access squid syslog5424 syslog csv" },
		{ "--follow", NULL, "go on reading as the logs grow, across rotation, until interrupted" },
		{ "--refresh", "SECONDS", "with --follow and --hub: load the indicators anew every so often (300; 0: never)" },
		{ "--since", "STAMP", "only indicators that became known after this time; \"last\": since the last run with the same --state" },
		{ "--state", "FILE", "what is remembered between runs: positions of --follow, the time of --since last", .complete = "file" },
		{ "--warninglist", "FILE", "a list of what is well known, in MISP's form", .many = true, .complete = "file" },
		{ "--no-warninglists", NULL, "without the lists that come with the program" },
		{ "--warn", "HOW", "what is on a warning list: suppress (usual) or mark", .complete = "words:suppress mark" },
		{ "--min-confidence", "N", "leave out indicators that say a lower confidence (0-100)" },
		{ "--explain", "LINE", "say of one line what is a hit in it, what is none, and why" },
		{ "--output", "FORM", "text, json (as --json), ecs, eve or csv", .complete = "words:text json ecs eve csv" },
		{ "--summary", NULL, "print each indicator found with its number of hits, first and last time, not each hit" },
		{ "--report", "FILE", "write what was found as a web page", .complete = "file" },
		{ "--sight", NULL, "report a sighting for each indicator found" },
		{ 0 },
	},
	.run = run,
};
