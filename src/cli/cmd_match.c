/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: is anything that the network knows of in these logs? */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_NONE,
	EXIT_HITS,
	EXIT_TROUBLE };
#define BLOCK (256u << 10) /* read at a time: it stays in the second-level cache */
#define TIMEOUT_S 300

/* ---- hits ---- */

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

static void print_text(const struct match_run *run, const struct match_hit *h)
{
	const struct match_indicator *i = h->indicator;

	cmd_print("%s%s:%" PRIu64 ":%" PRIu64 "%s\t%s", cmd_style(1, CMD_DIM), run->log, h->line, h->offset, cmd_style(1, CMD_PLAIN), cmd_style(1, CMD_RED));
	match_print_safe(h->text);
	cmd_print("%s\t", cmd_style(1, CMD_PLAIN));
	match_print_safe(h->value);
	cmd_print("\t%s", cmd_style(1, CMD_BOLD));
	match_print_safe(i->name.n ? i->name : i->id);
	cmd_print("%s\t", cmd_style(1, CMD_PLAIN));
	cmd_print(i->tlp.n ? "TLP:" : "-");
	for (size_t k = 0; k < i->tlp.n; k++)
		cmd_print("%c", i->tlp.p[k] >= 'a' && i->tlp.p[k] <= 'z' ? i->tlp.p[k] - 32 : i->tlp.p[k]);
	cmd_print("\t");
	match_print_safe(i->source);
	cmd_print("\n");
}

static bool print_json(const struct match_run *run, const struct match_hit *h)
{
	BUF_SCOPE struct buf b;
	struct json_out o;

	buf_init(&b, 1u << 20);
	o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "file", run->log);
	json_kint(&o, "line", (int64_t)h->line);
	json_kint(&o, "offset", (int64_t)h->offset);
	json_kspan(&o, "text", h->text);
	json_kspan(&o, "value", h->value);
	json_kstr(&o, "kind", stix_value_name(h->kind));
	open_json_optional(&o, "indicator", h->indicator->id);
	open_json_optional(&o, "version", h->indicator->version);
	open_json_optional(&o, "name", h->indicator->name);
	open_json_optional(&o, "tlp", h->indicator->tlp);
	json_kspan(&o, "source", h->indicator->source);
	json_close(&o, '}');
	return open_print_json(&b) == ERR_OK;
}

static void tally(struct match_run *run, const struct match_hit *h)
{
	struct match_tally *t = &run->tally[h->indicator->number];

	if (t->count && t->last_log == run->logs && t->last_line == h->line)
		return;
	*t = (struct match_tally){ *h->indicator, t->count + 1, run->logs, h->line };
}

static bool take_hit(void *ctx, const struct match_hit *h)
{
	struct match_run *run = ctx;

	run->hits++;
	tally(run, h);
	if (cmd_opt(run->a, "--summary"))
		return true;
	if (!cmd_json(run->a))
		print_text(run, h);
	else
		run->starved = !print_json(run, h);
	return !run->starved;
}

/* ---- logs ---- */

struct searching {
	struct match_scan *scan;
	struct cmd_progress *progress;
	uint64_t lines, bytes; /* of the logs before */
};

static bool search_fd(struct match_run *run, struct searching *s, int fd)
{
	uint64_t done = 0;
	ssize_t n = 0;
	size_t room;
	char *to;

	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((to = match_scan_room(s->scan, &room), n = read(fd, to, room < BLOCK ? room : BLOCK)) > 0) {
		if (!match_scan_filled(s->scan, (size_t)n))
			return true;
		done += (uint64_t)n;
		cmd_progress_to(s->progress, s->bytes + done, run->log);
		if (fd == 0)
			cmd_flush(); /* a stream that stays open: what was found is of use now */
	}
	match_scan_end(s->scan);
	return n == 0;
}

/* A log that cannot be read is said; the others are searched all the same. */
static enum err search_log(struct match_run *run, struct searching *s, const char *path)
{
	struct fault f = { "", "" };
	uint64_t size, lines, bytes, hits;
	int fd;
	enum err e = open_file(path, &fd, &size, &f);

	run->log = path;
	run->logs++;
	if (e != ERR_OK) {
		run->trouble = true;
		cmd_fail(run->a, e, &f);
		return ERR_OK;
	}
	s->scan = match_scan_new(run->index, run->now, take_hit, run);
	if (!s->scan) {
		close(fd);
		return ERR_NOMEM;
	}
	if (!search_fd(run, s, fd)) {
		run->trouble = true;
		fault_set(&f, ERR_IO, path, "reading failed; what came before was searched");
		cmd_fail(run->a, ERR_IO, &f);
	}
	match_scan_totals(s->scan, &lines, &bytes, &hits);
	s->lines += lines;
	s->bytes += bytes;
	e = match_scan_ok(s->scan) && !run->starved ? ERR_OK : ERR_NOMEM;
	match_scan_free(s->scan);
	if (fd != 0)
		close(fd);
	return e;
}

static uint64_t size_of_logs(const struct match_run *run)
{
	uint64_t all = 0, size = 0;

	for (int i = 0; i < cmd_argc(run->a); i++) {
		int fd;

		if (strcmp(cmd_arg(run->a, i), "-") == 0 || open_file(cmd_arg(run->a, i), &fd, &size, NULL) != ERR_OK)
			return 0;
		close(fd);
		if (!size)
			return 0;
		all += size;
	}
	return all;
}

static enum err search(struct match_run *run)
{
	struct searching s = { 0 };
	size_t found = 0;
	enum err e;

	run->tally = calloc(run->counts.indicators + 1, sizeof(*run->tally));
	e = run->tally ? ERR_OK : ERR_NOMEM;

	s.progress = cmd_progress_new("searching", "B", size_of_logs(run));
	for (int i = 0; i < cmd_argc(run->a) && e == ERR_OK; i++)
		e = search_log(run, &s, cmd_arg(run->a, i));
	cmd_progress_free(s.progress);
	for (size_t i = 0; run->tally && i < run->counts.indicators; i++) {
		if (run->tally[i].count)
			run->tally[found++] = run->tally[i];
	}
	run->tallies = found;
	cmd_flush();
	if (e == ERR_OK && !cmd_json(run->a))
		cmd_say("%" PRIu64 " hit%s (%zu indicator%s) in %" PRIu64 " line%s", run->hits, run->hits == 1 ? "" : "s", run->tallies, run->tallies == 1 ? "" : "s", s.lines, s.lines == 1 ? "" : "s");
	return e;
}

static int by_count(const void *x, const void *y)
{
	const struct match_tally *a = x, *b = y;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : (a->indicator.number > b->indicator.number) - (a->indicator.number < b->indicator.number);
}

static void print_summary(struct match_run *run)
{
	if (run->tallies)
		qsort(run->tally, run->tallies, sizeof(*run->tally), by_count);
	for (size_t i = 0; i < run->tallies; i++) {
		const struct match_indicator *m = &run->tally[i].indicator;
		BUF_SCOPE struct buf b;
		struct json_out o;

		buf_init(&b, 1u << 20);
		if (cmd_json(run->a)) {
			o = json_out(&b);
			json_open(&o, '{');
			open_json_optional(&o, "indicator", m->id);
			open_json_optional(&o, "name", m->name);
			open_json_optional(&o, "tlp", m->tlp);
			json_kspan(&o, "source", m->source);
			json_kint(&o, "count", (int64_t)run->tally[i].count);
			json_close(&o, '}');
			if (open_print_json(&b) != ERR_OK)
				run->trouble = true;
			continue;
		}
		cmd_print("%" PRIu64 "\t", run->tally[i].count);
		match_print_safe(m->name.n ? m->name : m->id);
		cmd_print("\t");
		match_print_safe(m->id);
		cmd_print("\t");
		match_print_safe(m->source);
		cmd_print("\n");
	}
}

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
	if (!cmd_argc(run->a) && !(cmd_opt(run->a, "--index") && n + cmd_opts(run->a, "--hub", &hubs)))
		return cmd_usage(run->a, "give logs to look in (- is standard input)");
	if (inputs > 1)
		return cmd_usage(run->a, "standard input can be one thing only: a log, indicators or the password");
	if (cmd_opt(run->a, "--sight") && !cmd_opts(run->a, "--hub", &hubs))
		return cmd_usage(run->a, "--sight reports to the hub that an indicator came from: give --hub URL");
	return 0;
}

static int run(struct cmd_args *a)
{
	struct match_run r = { .a = a, .now = timestamp_now() };
	struct fault f = { "", "" };
	enum err e;

	if (usage(&r) != 0)
		return EXIT_TROUBLE;
	e = connect_hubs(&r, &f);
	if (e == ERR_OK)
		e = match_load(&r, &f);
	if (e == ERR_OK)
		e = search(&r);
	if (e == ERR_OK && cmd_opt(a, "--summary"))
		print_summary(&r);
	if (e == ERR_OK && cmd_opt(a, "--sight"))
		e = match_sight(&r, &f);
	if (e != ERR_OK)
		cmd_fail(a, e, &f);
	for (size_t i = 0; i < r.hubs; i++)
		client_free(r.hub[i].client);
	match_index_free(r.index);
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
	.help = "Looks in logs of any text or JSON form (- is standard input) for addresses, networks, domains and what is below them, URLs, e-mail addresses and file hashes that indicators "
		"name. Indicators come from every collection that you may read on a hub, from STIX files, or from plain lists with a value a line, defanged or not. Revoked, expired and not "
		"yet valid ones do not count.\n\n"
		"Prints a line a hit: FILE:LINE:OFFSET, what stands there, the indicator's value, name, TLP and source, separated by tabs; with --json an object a hit "
		"(file, line, offset, text, value, kind, indicator, version, name, tlp, source).\n\n"
		"With --sight each indicator found is reported to the hub it came from as one sighting with the number of lines, under the indicator's own markings, and what became of "
		"it is printed. The log's lines are never sent. The times of a sighting are those of the search: the log's own times are not read.\n\n"
		"Exit status: 0 nothing found, 1 something found, 2 trouble (what was found is printed all the same).\n\n"
		"  musubi match --hub https://hub.example --token TOKEN /var/log/named/queries.log\n"
		"  zcat eve.json.gz | musubi match --indicators blocklist.txt --json -",
	.options = (const struct cmd_option[]){
		{ "--hub", "URL", "take the indicators of this hub, API root or collection", .many = true },
		{ "--indicators", "FILE", "take these: STIX bundle, TAXII envelope, an object a line, or a list of values", .many = true, .complete = "file" },
		{ "--index", "FILE", "with --indicators or --hub: keep what was loaded in this file; alone: use such a file, which takes no time to load", .complete = "file" },
		{ "--token", "TOKEN", "who asks: one for all hubs, or one a hub in their order (also from the environment: MUSUBI_TOKEN)", .many = true },
		{ "--user", "NAME", "who asks: a user name, for servers with passwords" },
		{ "--password-stdin", NULL, "read the password from standard input" },
		{ "--ca", "FILE", "trust the certificates in this PEM file instead of the system's", .complete = "file" },
		{ "--collection", "ALIAS", "only this collection of each hub: alias, id or title" },
		{ "--summary", NULL, "print each indicator found with its number of hits, not each hit" },
		{ "--sight", NULL, "report a sighting for each indicator found" },
		{ 0 },
	},
	.run = run,
};
