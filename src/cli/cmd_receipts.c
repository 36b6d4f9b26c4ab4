/* SPDX-License-Identifier: Apache-2.0 */
/* musubi receipts: who was given an object, with proofs. */
#include <stdio.h>
#include "accord/log.h"
#include "cli/open.h"
#include "cli/remote.h"
#include "util/bounds.h"

static enum err print_rows(struct cmd_args *a, struct buf *json, struct fault *f)
{
	static const char *const headings[] = { "ENTRY", "WHAT", "WHEN", "WHO" };
	struct arena *mem = cmd_arena(a);
	struct json v;

	if (cmd_json(a))
		return open_print_json(json);
	enum err e = json_read(mem, buf_span(json), &v, f);
	struct cmd_grid *g = cmd_grid_new(a, headings, 4);
	for (struct json_iter it = json_iter(e == ERR_OK ? json_get(v, "receipts") : (struct json){ 0 }); json_next(&it);) {
		struct span act = json_string_or_none(json_get(it.value, "act"));
		char when[40] = "", who[400] = "";
		const char *at = strstr(act.p, "\nat "), *to = strstr(act.p, "\nto "), *from = strstr(act.p, "\nfrom ");
		if (at)
			sscanf(at + 4, "%39s", when);
		if (to || from)
			sscanf(to ? to + 4 : from + 6, "%399[^\n]", who);
		cmd_grid_add(g, span_of(arena_printf(mem, "%lld", (long long)json_int(json_get(it.value, "index")))));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "kind")));
		cmd_grid_add(g, span_of(when));
		cmd_grid_add(g, span_of(who));
	}
	cmd_grid_print(g, "nobody was given it as far as you may know");
	return e;
}

static enum err ask(struct cmd_args *a, struct buf *out, struct fault *f)
{
	struct client *c REMOTE_SCOPE = NULL;
	struct client_answer r = { 0 };
	char path[BOUND_ID_BYTES + 60];
	enum err e = remote_client(a, cmd_opt(a, "--hub"), 60, &c, f);

	snprintf(path, sizeof(path), "/api/v1/receipts?object=%.*s", BOUND_ID_BYTES, cmd_arg(a, cmd_argc(a) - 1));
	if (e == ERR_OK)
		e = client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, "application/json", 0, &r, f);
	if (e == ERR_OK)
		e = client_expect(&r, f);
	if (e == ERR_OK)
		buf_addspan(out, buf_span(&r.body));
	client_answer_release(&r);
	return e;
}

static enum err look(struct cmd_args *a, struct accord *h, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	enum err e = accord_log_receipts(h, NULL, span_of(cmd_arg(a, 1)), open_now(NULL), &b, f);
	return e == ERR_OK ? print_rows(a, &b, f) : e;
}

static int run(struct cmd_args *a)
{
	struct fault f = { 0 };
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	if (!cmd_opt(a, "--hub") && cmd_argc(a) == 2)
		return open_run(a, look);
	if (!cmd_opt(a, "--hub"))
		return cmd_usage(a, "give --hub URL and a token, or the hub's directory before the object");
	enum err e = ask(a, &b, &f);
	if (e == ERR_OK)
		e = print_rows(a, &b, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_receipts = {
	.name = "receipts",
	.arguments = "[DIR] OBJECT-ID",
	.min_args = 1,
	.max_args = 2,
	.brief = "show who was given an object, and when, with proofs",
	.help = "With --hub: whoever submitted the object sees everyone whom that hub gave it to; others see what they were given themselves. With --json each receipt has what opens its log entry and "
		"the proof that it stands in the log.\n\n"
		"  musubi receipts indicator--… --hub https://hub.example --token TOKEN",
	.options = (const struct cmd_option[]){ { "--hub", "URL", "the hub to ask" }, REMOTE_OPTIONS, { 0 } },
	.run = run,
};
