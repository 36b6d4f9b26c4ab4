/* SPDX-License-Identifier: Apache-2.0 */
/* musubi explain: what a rule of validation means, with an example; all rules without an argument. */
#include "cli/cmd.h"
#include "stix/validate.h"

/* Examples are kept with ' for ": \\' stays an apostrophe. */
static const char *example(struct arena *a, const char *text)
{
	char *out = text ? arena_str(a, span_of(text)) : NULL, *to = out;

	for (const char *from = out; from && *from; from++) {
		if (from[0] == '\\' && from[1] == '\'')
			*to++ = *++from;
		else
			*to++ = *from == '\'' ? '"' : *from;
	}
	if (to)
		*to = 0;
	return out;
}

static void rule_json(struct json_out *o, struct arena *a, const struct stix_rule *r)
{
	json_open(o, '{');
	json_kstr(o, "code", r->code);
	json_kstr(o, "severity", stix_severity_name(r->severity));
	json_kstr(o, "rule", r->rule);
	json_kstr(o, "meaning", r->meaning);
	json_kstr(o, "of", r->of);
	json_kstr(o, "bad", example(a, r->bad));
	json_kstr(o, "good", example(a, r->good));
	json_close(o, '}');
}

static int print_json(struct cmd_args *a, const struct stix_rule *one)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1u << 20);
	struct json_out o = json_out(&b);

	if (one) {
		rule_json(&o, cmd_arena(a), one);
	} else {
		json_open(&o, '{');
		json_key(&o, "rules");
		json_open(&o, '[');
		for (size_t i = 0; stix_rule_at(i); i++)
			rule_json(&o, cmd_arena(a), stix_rule_at(i));
		json_close(&o, ']');
		json_close(&o, '}');
	}
	buf_addc(&b, '\n');
	cmd_print_span(buf_span(&b));
	return 0;
}

static int list(struct cmd_args *a)
{
	static const char *const headings[] = { "CODE", "SEVERITY", "RULE", "MEANING" };
	struct cmd_grid *g = cmd_grid_new(a, headings, 4);

	for (size_t i = 0; stix_rule_at(i); i++) {
		const struct stix_rule *r = stix_rule_at(i);
		cmd_grid_add(g, span_of(r->code));
		cmd_grid_add(g, span_of(stix_severity_name(r->severity)));
		cmd_grid_add(g, span_of(r->rule));
		cmd_grid_add(g, span_of(r->meaning));
	}
	cmd_grid_print(g, NULL);
	return 0;
}

static void print_example(struct cmd_args *a, const char *title, enum cmd_style style, const char *text)
{
	if (text)
		cmd_print("\n  %s%s%s\n    %s\n", cmd_style(1, style), title, cmd_style(1, CMD_PLAIN), example(cmd_arena(a), text));
}

/* The rule whose code is nearest to what was typed. */
static const char *nearest(struct arena *a, const char *typed)
{
	const char *names[256];
	size_t n = 0;

	for (; stix_rule_at(n) && n < 256; n++)
		names[n] = stix_rule_at(n)->code;
	return cmd_nearest(typed, names, n);
}

static int run(struct cmd_args *a)
{
	static const char *const weight[] = { [STIX_ERROR] = "an error: the object is refused", [STIX_WARNING] = "a warning: the object is taken", [STIX_ADVICE] = "advice: shown by `musubi validate --advice` only" };
	const char *code = cmd_arg(a, 0);
	const struct stix_rule *r = code ? stix_rule(span_of(code)) : NULL;

	if (code && !r) {
		const char *near = nearest(cmd_arena(a), code);
		return cmd_usage(a, near ? "there is no rule \"%s\": did you mean %s?" : "there is no rule \"%s\": `musubi explain` lists them", code, near);
	}
	if (cmd_json(a))
		return print_json(a, r);
	if (!r)
		return list(a);
	cmd_print("%s%s%s (%s) is %s.\n\n%s\n", cmd_style(1, CMD_BOLD), r->code, cmd_style(1, CMD_PLAIN), r->rule, weight[r->severity], r->meaning);
	print_example(a, "wrong", CMD_RED, r->bad);
	print_example(a, "right", CMD_GREEN, r->good);
	return 0;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.arguments = "[CODE]",
	.min_args = 0,
	.max_args = 1,
	.brief = "tell what a rule of validation means",
	.help = "CODE is what `musubi validate` prints behind the clause, as in missing-property. Without CODE all rules are listed.\n\n"
		"With --json: {\"code\",\"severity\",\"rule\",\"meaning\",\"of\",\"bad\",\"good\"}, or {\"rules\":[…]} of these.",
	.run = run,
	.complete = "words:",
};
