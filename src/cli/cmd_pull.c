/* SPDX-License-Identifier: Apache-2.0 */
/* musubi pull: the objects of a TAXII 2.1 collection on standard output, once or as they come. */
#include "cli/open.h"
#include "cli/remote.h"
#include <stdio.h>

#define PAGE_ARENA (64u << 20)
#define PAGE_OBJECTS 1000 /* asked for at a time */
#define WAIT_S 25 /* Prefer: wait */
#define POLL_FIRST_MS 1000 /* between polls of a server that does not wait … */
#define POLL_MOST_MS 5000
#define RETRY_FIRST_MS 250 /* after a broken connection */
#define RETRY_MOST_MS 5000

struct pull {
	struct cmd_args *a;
	struct client *c;
	struct taxii_collection from;
	struct taxii_filter q;
	struct span held; /* the object before: the last one of a page carries its stamp */
	uint64_t count;
	char stamp[48]; /* up to here everything was printed */
	char asked[TIMESTAMP_TEXT]; /* --since, where it was no timestamp as it stands */
	bool json;
};

static void print_wrapped(const struct pull *p, struct span raw, const char *stamp)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, raw.n + 4096);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "collection", p->from.alias.n ? p->from.alias : p->from.id);
	if (stamp)
		json_kstr(&o, "stamp", stamp);
	json_key(&o, "object");
	json_put_raw(&o, raw);
	json_close(&o, '}');
	if (buf_ok(&b))
		open_print_line(buf_span(&b));
}

static void print_held(struct pull *p, const char *stamp)
{
	if (!p->held.p)
		return;
	if (p->json)
		print_wrapped(p, p->held, stamp);
	else
		open_print_line(p->held);
	p->held = (struct span){ NULL, 0 };
	p->count++;
}

static enum err take_object(void *ctx, size_t index, struct span raw)
{
	struct pull *p = ctx;

	print_held(p, NULL);
	p->held = raw;
	return ERR_OK;
}

/* One page, printed and flushed; what it holds lives until here. */
static enum err page(struct pull *p, unsigned wait_s, bool *more, uint64_t *count, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(PAGE_ARENA);
	struct client_answer r = { 0 };
	uint64_t before = p->count;

	if (!a)
		return ERR_NOMEM;
	p->held = (struct span){ NULL, 0 };
	enum err e = client_page(p->c, a, p->from.id, &p->q, wait_s, take_object, NULL, p, more, &r, f);
	if (e == ERR_OK && r.added_last[0])
		snprintf(p->stamp, sizeof(p->stamp), "%s", r.added_last);
	print_held(p, e == ERR_OK && r.added_last[0] ? r.added_last : NULL);
	client_answer_release(&r);
	cmd_flush();
	*count = p->count - before;
	return e;
}

/* What may pass by itself: the connection, a busy or restarting server. */
static bool passes(enum err e)
{
	return e == ERR_IO || e == ERR_BUSY || e == ERR_PROTO;
}

static enum err once(struct pull *p, struct fault *f)
{
	struct cmd_progress *progress = cmd_progress_new("pulling", " objects", 0);
	bool more = true;
	uint64_t n;
	enum err e = ERR_OK;

	while (more && e == ERR_OK && !remote_ended()) {
		e = page(p, 0, &more, &n, f);
		cmd_progress_to(progress, p->count, NULL);
	}
	cmd_progress_free(progress);
	return e;
}

static enum err follow(struct pull *p, struct fault *f)
{
	unsigned poll_ms = POLL_FIRST_MS, retry_ms = RETRY_FIRST_MS;
	bool more = true, broken = false;

	while (!remote_ended()) {
		uint64_t n = 0;
		bool current = !more && !broken;
		int64_t began = timestamp_tick_ns();
		enum err e = page(p, current ? WAIT_S : 0, &more, &n, f);
		if (e != ERR_OK && !passes(e))
			return e;
		if (e != ERR_OK) {
			if (!broken && !remote_ended())
				cmd_say("musubi pull: %s (%s); trying again", f->what, f->where);
			broken = true;
			client_pause(p->c, retry_ms);
			retry_ms = retry_ms * 2 < RETRY_MOST_MS ? retry_ms * 2 : RETRY_MOST_MS;
			continue;
		}
		if (broken)
			cmd_say("musubi pull: connected again");
		broken = false;
		retry_ms = RETRY_FIRST_MS;
		bool waited = timestamp_tick_ns() - began > 2000000000;
		if (!current || waited || n) {
			poll_ms = POLL_FIRST_MS;
			continue;
		}
		client_pause(p->c, poll_ms); /* it does not know Prefer: wait */
		poll_ms = poll_ms * 2 < POLL_MOST_MS ? poll_ms * 2 : POLL_MOST_MS;
	}
	return ERR_OK;
}

static enum err since(struct pull *p, struct fault *f)
{
	const char *text = cmd_opt(p->a, "--since");

	if (!text)
		return ERR_OK;
	enum err e = open_time(text, &p->q.added_after, f);
	if (e != ERR_OK)
		return e;
	p->q.has_added_after = true;
	timestamp_format(p->q.added_after, p->asked);
	/* To the letter where it is a timestamp: the server's own digits come back to it. */
	struct timestamp same;
	p->q.added_after_text = span_of(timestamp_parse(span_of(text), &same, NULL) == ERR_OK ? text : p->asked);
	snprintf(p->stamp, sizeof(p->stamp), "%.*s", SPAN_ARG(p->q.added_after_text));
	return ERR_OK;
}

static enum err filters(struct pull *p, struct fault *f)
{
	const char *const *types;
	size_t n = cmd_opts(p->a, "--type", &types);

	p->q.has_limit = true;
	p->q.limit = PAGE_OBJECTS;
	p->q.types = arena_array(cmd_arena(p->a), n + 1, sizeof(*p->q.types));
	if (!p->q.types)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		p->q.types[p->q.n_types++] = span_of(types[i]);
	if (cmd_opt(p->a, "--all-versions"))
		p->q.version_words = TAXII_VERSION_ALL;
	return since(p, f);
}

static int run(struct cmd_args *a)
{
	struct pull p = { .a = a, .json = cmd_json(a) };
	struct fault f = { 0 };
	REMOTE_SCOPE struct client *c = NULL;
	bool stays = cmd_opt(a, "--follow") != NULL;

	enum err e = filters(&p, &f);
	if (e == ERR_OK)
		e = remote_client(a, cmd_arg(a, 0), 0, &c, &f);
	if (e != ERR_OK)
		return cmd_fail(a, e, &f);
	p.c = c;
	remote_ends_by_signal(c);
	e = client_collection(c, cmd_arena(a), span_of(cmd_opt(a, "--collection")), false, &p.from, &f);
	/* A follower may be started before its server is up. */
	for (unsigned ms = RETRY_FIRST_MS; stays && passes(e) && e != ERR_PROTO && client_pause(c, ms); ms = ms < RETRY_MOST_MS ? ms * 2 : ms)
		e = client_collection(c, cmd_arena(a), span_of(cmd_opt(a, "--collection")), false, &p.from, &f);
	if (e == ERR_OK)
		e = stays ? follow(&p, &f) : once(&p, &f);
	remote_ends_no_more();
	bool ended = remote_ended();
	if (e != ERR_OK && !ended)
		cmd_fail(a, e, &f);
	if (p.stamp[0])
		cmd_say("resume with --since %s", p.stamp);
	return e != ERR_OK && !ended ? err_exit(e) : ended && !stays ? err_exit(ERR_BUSY)
								     : 0;
}

const struct cmd cmd_pull = {
	.name = "pull",
	.arguments = "URL",
	.min_args = 1,
	.max_args = 1,
	.brief = "read the objects of a collection of any TAXII 2.1 server",
	.help = "URL is a hub's address, or the address of a discovery resource, an API root or a collection. Prints one object a line (NDJSON), as it came: only line "
		"breaks, which JSON has between its tokens alone, become spaces.\n\n"
		"With --follow it stays, and prints objects as they come: it waits at servers that know `Prefer: wait`, asks others every few seconds, and connects again "
		"when the connection breaks. Ctrl-C and SIGTERM end it; the last line on standard error says where to resume.\n\n"
		"With --json each line is {\"collection\",\"stamp\",\"object\"}; stamp stands only on the last object of a page: everything up to it has been printed then, "
		"and --since STAMP goes on after it.",
	.options = (const struct cmd_option[]){
		REMOTE_OPTIONS,
		{ "--collection", "ALIAS", "alias, id or title; without it the only one there is, or `shared`" },
		{ "--since", "STAMP", "only what was added after it: a stamp printed before, a time, a date or now" },
		{ "--type", "TYPE", "only objects of this type", .many = true },
		{ "--all-versions", NULL, "every version of an object, not only the newest" },
		{ "--follow", NULL, "stay and print objects as they come" },
		{ 0 },
	},
	.run = run,
};
