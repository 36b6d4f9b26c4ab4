/* SPDX-License-Identifier: Apache-2.0 */
/* musubi why: one decision in words, line by line. */
#include <stdio.h>
#include "cli/open.h"
#include "util/bounds.h"

struct why {
	struct cmd_args *a;
	struct accord *h;
	struct buf json;
	struct json_out o;
	struct span version, origin; /* of the version told last */
	size_t versions;
	int line; /* the line that decided, for the newest version */
	char reason[64], words[320];
};

/* The name and words of the line that applied. */
static void decided(struct why *w, int line, const char *rule, const char *why)
{
	enum policy_reason r;

	if (w->versions > 1)
		return;
	w->line = line;
	if (policy_line_reason(line, &r)) {
		snprintf(w->reason, sizeof(w->reason), "%s", policy_reason_name(r));
		snprintf(w->words, sizeof(w->words), "%s", policy_reason_words(r));
	} else { /* beyond the single label: closure, withdrawal, a later version */
		snprintf(w->reason, sizeof(w->reason), "%s", rule);
		snprintf(w->words, sizeof(w->words), "%s", why);
	}
}

static void begin_version(struct why *w, const struct store_held *held)
{
	bool json = cmd_json(w->a);

	if (json && w->versions) {
		json_close(&w->o, ']');
		json_close(&w->o, '}');
	}
	w->versions++;
	w->version = arena_span(cmd_arena(w->a), held->version);
	w->origin = arena_span(cmd_arena(w->a), held->origin);
	if (!json) {
		cmd_print("%sversion %.*s from %.*s%s%s\n", w->versions > 1 ? "\n" : "", SPAN_ARG(held->version), SPAN_ARG(held->origin), held->newest ? ", the newest" : "",
			held->withdrawn ? ", withdrawn" : held->revoked ? ", revoked"
									: "");
		return;
	}
	json_open(&w->o, '{');
	json_kspan(&w->o, "version", held->version);
	json_kspan(&w->o, "origin", held->origin);
	json_kbool(&w->o, "newest", held->newest);
	json_kbool(&w->o, "revoked", held->revoked);
	json_kbool(&w->o, "withdrawn", held->withdrawn);
	json_key(&w->o, "label");
	if (held->label_key.n && held->label_key.p[0] == '{')
		json_put_raw(&w->o, held->label_key);
	else
		json_put_string(&w->o, held->label_key);
	json_key(&w->o, "lines");
	json_open(&w->o, '[');
}

static void each(void *ctx, const struct store_held *held, int line, const char *rule, bool applies, const char *why)
{
	struct why *w = ctx;

	if (!w->versions || !span_eq(w->version, held->version) || !span_eq(w->origin, held->origin))
		begin_version(w, held);
	if (applies)
		decided(w, line, rule, why);
	if (!cmd_json(w->a)) {
		char number[16] = "";
		if (line > 0)
			snprintf(number, sizeof(number), "%d", line);
		cmd_print("  %s%2s  %-3s  %s%s\n", applies ? cmd_style(1, CMD_BOLD) : cmd_style(1, CMD_DIM), number, applies ? "yes" : "no", rule, cmd_style(1, CMD_PLAIN));
		cmd_print("           %s\n", why);
		return;
	}
	json_open(&w->o, '{');
	json_kint(&w->o, "line", line);
	json_kstr(&w->o, "rule", rule);
	json_kbool(&w->o, "applies", applies);
	json_kstr(&w->o, "why", why);
	json_close(&w->o, '}');
}

static enum err finish(struct why *w, struct span member, bool released)
{
	if (!cmd_json(w->a)) {
		cmd_print("\n%s%s%s: %s\n", cmd_style(1, released ? CMD_GREEN : CMD_RED), released ? "released" : "withheld", cmd_style(1, CMD_PLAIN), w->words);
		return ERR_OK;
	}
	if (w->versions) {
		json_close(&w->o, ']');
		json_close(&w->o, '}');
	}
	json_close(&w->o, ']');
	json_kstr(&w->o, "object", cmd_arg(w->a, 1));
	json_kspan(&w->o, "member", member);
	json_kbool(&w->o, "released", released);
	json_kstr(&w->o, "reason", w->reason);
	json_kstr(&w->o, "words", w->words);
	json_kint(&w->o, "line", w->line);
	json_close(&w->o, '}');
	return open_print_json(&w->json);
}

static enum err tell(struct why *w, struct fault *f)
{
	struct span member;
	bool released = false;
	enum err e = open_member(w->h, cmd_arena(w->a), cmd_arg(w->a, 2), &member, f);

	w->o = json_out(&w->json);
	if (cmd_json(w->a)) {
		json_open(&w->o, '{');
		json_key(&w->o, "versions");
		json_open(&w->o, '[');
	}
	if (e == ERR_OK)
		e = accord_why(w->h, span_of(cmd_arg(w->a, 1)), member, open_now(NULL), each, w, &released, f);
	return e == ERR_OK ? finish(w, member, released) : e;
}

static enum err why(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct why *w = ARENA_NEW(cmd_arena(a), struct why);

	if (!w)
		return ERR_NOMEM;
	w->a = a;
	w->h = h;
	buf_init(&w->json, BOUND_REQUEST_ARENA);
	enum err e = tell(w, f);
	buf_release(&w->json);
	return e;
}

static int run(struct cmd_args *a)
{
	return open_run(a, why);
}

const struct cmd cmd_why = {
	.name = "why",
	.arguments = "DIR OBJECT MEMBER",
	.min_args = 3,
	.max_args = 3,
	.brief = "explain why a member may or may not have an object",
	.help = "Tells the release decision line by line (design/policy.md): each line of the rule that was tried, whether it applied, and the facts it weighed, for each version that the "
		"hub holds, newest first. It reads no content.\n\n"
		"With --json: {\"versions\":[…],\"object\",\"member\",\"released\",\"reason\",\"words\",\"line\"}.",
	.run = run,
};
