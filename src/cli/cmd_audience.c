/* SPDX-License-Identifier: Apache-2.0 */
/* musubi audience: who would receive each object, and why the others would not, before anything is shared.
 *
 * A hub answers with the JSON of POST /api/v1/audience; from a data directory the same text is made here.  One reader tells it to people. */
#include "cli/open.h"
#include "cli/remote.h"
#include "policy/decide.h"
#include "util/bounds.h"

enum { ANSWER_BYTES = 256 << 20,
	AUDIENCE_TIMEOUT_S = 120,
};

/* ---- from a data directory ---- */

struct writing {
	struct arena *arena;
	struct json_out o;
	struct span object;
	bool any;
};

static void row(void *ctx, const struct accord_audience *r)
{
	struct writing *w = ctx;

	if (!w->any || !span_eq(w->object, r->object)) {
		if (w->any) {
			json_close(&w->o, ']');
			json_close(&w->o, '}');
		}
		w->any = true;
		w->object = arena_span(w->arena, r->object);
		json_open(&w->o, '{');
		json_kspan(&w->o, "id", w->object);
		json_key(&w->o, "recipients");
		json_open(&w->o, '[');
	}
	json_open(&w->o, '{');
	if (r->member) {
		json_kspan(&w->o, "member", r->member->id);
		json_kspan(&w->o, "name", r->member->name);
		json_kspan(&w->o, "country", r->member->country);
		json_kspan(&w->o, "hub", r->member->hub);
	}
	json_kbool(&w->o, "release", r->answer.release && !r->beyond);
	json_kstr(&w->o, "reason", r->beyond ? r->beyond : policy_reason_name(r->answer.reason));
	json_kstr(&w->o, "words", r->words ? r->words : policy_reason_words(r->answer.reason));
	json_close(&w->o, '}');
}

static enum err ask_directory(struct cmd_args *a, struct span bundle, struct buf *json, struct fault *f)
{
	ACCORD_SCOPE struct accord *h = NULL;
	struct accord_principal by = { 0 };
	struct store_collection into;
	struct writing w = { .arena = cmd_arena(a), .o = json_out(json) };
	enum err e = cmd_opt(a, "--member") ? ERR_OK : fault_set(f, ERR_USAGE, "--member", "a data directory has no log-in: say with --member who would submit");

	if (e == ERR_OK)
		e = open_accord(cmd_opt(a, "--hub"), &h, f);
	if (e == ERR_OK)
		e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &by.org, f);
	if (e == ERR_OK)
		e = open_collection(h, cmd_arena(a), cmd_opt(a, "--collection"), &into, f);
	if (e != ERR_OK)
		return e;
	json_open(&w.o, '{');
	json_key(&w.o, "objects");
	json_open(&w.o, '[');
	e = accord_audience(h, &by, &into, bundle, open_now(NULL), row, &w, f);
	if (w.any) {
		json_close(&w.o, ']');
		json_close(&w.o, '}');
	}
	json_close(&w.o, ']');
	json_close(&w.o, '}');
	return e;
}

/* ---- from a hub ---- */

static enum err ask_hub(struct cmd_args *a, struct span bundle, struct buf *json, struct fault *f)
{
	REMOTE_SCOPE struct client *c = NULL;
	struct client_answer answer = { 0 };
	const char *into = cmd_opt(a, "--collection");
	enum err e = remote_client(a, cmd_opt(a, "--hub"), AUDIENCE_TIMEOUT_S, &c, f);

	if (e != ERR_OK)
		return e;
	if (into && into[strspn(into, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] != '\0')
		return fault_set(f, ERR_USAGE, "--collection", "\"%s\" is no alias or id of a collection", into);
	const char *path = arena_printf(cmd_arena(a), "/api/v1/audience%s%s", into ? "?collection=" : "", into ? into : "");
	if (!path)
		return ERR_NOMEM;
	e = client_request(c, "POST", path, bundle, "application/json", "application/json", 0, &answer, f);
	if (e == ERR_OK)
		e = client_expect(&answer, f);
	if (e == ERR_OK)
		buf_addspan(json, buf_span(&answer.body));
	client_answer_release(&answer);
	return e;
}

/* ---- telling ---- */

static void tell_others(struct cmd_args *a, struct json recipients)
{
	struct cmd_grid *g = cmd_grid_new(a, (const char *const[]){ "NOT TO", "COUNTRY", "REASON", "WHY" }, 4);

	for (struct json_iter it = json_iter(recipients); json_next(&it);) {
		if (json_true(json_get(it.value, "release")) || !json_has(json_get(it.value, "member")))
			continue;
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "name")));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "country")));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "reason")));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "words")));
	}
	cmd_grid_print(g, NULL);
}

static void tell_object(struct cmd_args *a, struct json object)
{
	struct json recipients = json_get(object, "recipients");
	struct cmd_grid *g = cmd_grid_new(a, (const char *const[]){ "TO", "COUNTRY", "REASON", "WHY" }, 4);
	size_t n = 0;

	cmd_print("%s%.*s%s\n", cmd_style(1, CMD_BOLD), SPAN_ARG(json_string_or_none(json_get(object, "id"))), cmd_style(1, CMD_PLAIN));
	for (struct json_iter it = json_iter(recipients); json_next(&it);) {
		struct span words = json_string_or_none(json_get(it.value, "words"));
		if (!json_has(json_get(it.value, "member")))
			cmd_print("%snot accepted%s: %.*s (%.*s)\n", cmd_style(1, CMD_RED), cmd_style(1, CMD_PLAIN), SPAN_ARG(words),
				SPAN_ARG(json_string_or_none(json_get(it.value, "reason"))));
		if (!json_true(json_get(it.value, "release")) || !json_has(json_get(it.value, "member")))
			continue;
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "name")));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "country")));
		cmd_grid_add(g, json_string_or_none(json_get(it.value, "reason")));
		cmd_grid_add(g, words);
		n++;
	}
	cmd_print("would go to %zu\n", n);
	cmd_grid_print(g, NULL);
	tell_others(a, recipients);
	cmd_print("\n");
}

static enum err tell(struct cmd_args *a, struct buf *json, struct fault *f)
{
	struct json v;

	if (cmd_json(a))
		return open_print_json(json);
	if (!buf_ok(json))
		return ERR_NOMEM;
	enum err e = json_read(cmd_arena(a), buf_span(json), &v, f);
	for (struct json_iter it = json_iter(json_get(v, "objects")); e == ERR_OK && json_next(&it);)
		tell_object(a, it.value);
	return e;
}

static int run(struct cmd_args *a)
{
	BUF_SCOPE struct buf bundle, json;
	struct fault f = { 0 };

	buf_init(&json, ANSWER_BYTES);
	enum err e = open_read(cmd_arg(a, 0), BOUND_ENVELOPE_BYTES, &bundle, &f);
	if (e == ERR_OK)
		e = open_is_url(cmd_opt(a, "--hub")) ? ask_hub(a, buf_span(&bundle), &json, &f) : ask_directory(a, buf_span(&bundle), &json, &f);
	if (e == ERR_OK)
		e = tell(a, &json, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_audience = {
	.name = "audience",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "show who would receive each object, and why the others would not",
	.help = "Nothing is stored or sent on. The answer never depends on objects that you may not have.\n\n"
		"With --json: {\"objects\":[{\"id\",\"recipients\":[{\"member\",\"name\",\"country\",\"hub\",\"release\",\"reason\",\"words\"}]}]}.\n\n"
		"  musubi audience report.json --hub https://hub.example --token TOKEN\n"
		"  musubi audience report.json --hub ./hub --member ID",
	.options = (const struct cmd_option[]){
		{ "--hub", "URL|DIR", "the hub, or its data directory", .required = true, .complete = "dir" },
		{ "--collection", "ALIAS", "where it would be submitted (shared)", .complete = "collection" },
		{ "--member", "ID", "for a data directory: who would submit", .complete = "member" },
		REMOTE_OPTIONS,
		{ 0 },
	},
	.run = run,
};
