/* SPDX-License-Identifier: Apache-2.0 */
/* musubi declaration: a joint declaration is an agreement of that kind that names the agreements which are part of it by the digests of their texts. */
#include "cli/open.h"
#include "util/bounds.h"
#include "util/uuid.h"

static struct span title_of(struct arena *a, const struct accord_agreement *g)
{
	struct json v, title;

	if (json_read(a, g->json, &v, NULL) != ERR_OK)
		return g->title;
	title = json_get(v, "title");
	return json_is(title, JSON_OBJECT) && json_has(json_get(title, "en")) ? json_string_or_none(json_get(title, "en")) : g->title;
}

/* ---- draft ---- */

static enum err put_includes(struct cmd_args *a, const struct accord_snapshot *s, struct json_out *o, struct fault *f)
{
	const char *const *ids;
	size_t n = cmd_opts(a, "--include", &ids);

	json_key(o, "includes");
	json_open(o, '[');
	for (size_t i = 0; i < n; i++) {
		const struct accord_agreement *g = accord_find_agreement(s, span_of(ids[i]));
		if (!g)
			return fault_set(f, ERR_NOTFOUND, "--include", "%.100s is not known here; `musubi agreement list` shows those that are", ids[i]);
		if (g->policy.n_parties == 0)
			return fault_set(f, ERR_INVALID, "--include", "nobody has signed %.100s yet: only signed texts can be part of a declaration", ids[i]);
		json_open(o, '{');
		json_kspan(o, "id", g->policy.id);
		json_kspan(o, "digest", g->digest);
		json_kspan(o, "title", title_of(cmd_arena(a), g));
		json_close(o, '}');
	}
	json_close(o, ']');
	return ERR_OK;
}

static enum err put_draft(struct cmd_args *a, const struct accord_snapshot *s, struct buf *b, struct fault *f)
{
	const char *const *parties;
	size_t n = cmd_opts(a, "--party", &parties);
	char id[64] = "agreement--", now[TIMESTAMP_TEXT];
	uint8_t random[16];
	struct uuid u;
	struct json_out o = json_out(b);

	random_bytes(random, sizeof(random));
	u = uuid_v4(random);
	uuid_format(&u, id + strlen(id));
	timestamp_format(open_now(NULL), now);
	o.indent = 2;
	json_open(&o, '{');
	json_kstr(&o, "id", id);
	json_kstr(&o, "kind", "joint-declaration");
	json_kint(&o, "version", 1);
	json_key(&o, "title");
	json_open(&o, '{');
	json_kstr(&o, "en", cmd_opt(a, "--title"));
	json_close(&o, '}');
	json_kstr(&o, "authoritative_lang", "en");
	json_kstr(&o, "effective", now);
	json_kstr(&o, "signing", "own-key");
	json_kstr(&o, "entry_into_force", n ? "all" : "date");
	enum err e = put_includes(a, s, &o, f);
	json_key(&o, "clauses");
	json_open(&o, '[');
	json_open(&o, '{');
	json_kstr(&o, "ref", "1");
	json_key(&o, "text");
	json_open(&o, '{');
	json_kstr(&o, "en", "We declare that the agreements named here are one, and that we keep them together.");
	json_close(&o, '}');
	json_close(&o, '}');
	json_close(&o, ']');
	json_key(&o, "parties");
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		const char *side = strchr(parties[i], ':');
		json_open(&o, '{');
		json_kspan(&o, "org", (struct span){ parties[i], side ? (size_t)(side - parties[i]) : strlen(parties[i]) });
		if (side)
			json_kstr(&o, "side", side + 1);
		json_kstr(&o, "role", "signatory");
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	buf_addc(b, '\n');
	return e == ERR_OK && !buf_ok(b) ? ERR_NOMEM : e;
}

static enum err draft(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const char *path = cmd_opt(a, "--out");
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_OBJECT_BYTES);
	enum err e = put_draft(a, s, &b, f);
	accord_snapshot_unref(s);
	if (e != ERR_OK)
		return e;
	e = open_write(a, buf_span(&b), f);
	if (e == ERR_OK && path && !cmd_json(a))
		cmd_say("Edit the words, then each party signs: musubi agreement sign %s --key KEY --org ID; then: musubi agreement add %s FILE", path, cmd_arg(a, 0));
	return e;
}

/* ---- show ---- */

static bool in_force(const struct accord_agreement *g)
{
	struct timestamp now = open_now(NULL);

	return !timestamp_before(now, g->policy.effective) && timestamp_before(now, g->policy.expires);
}

/* What an included text is here now: the one that was signed, or why not. */
static const char *state_of(const struct accord_agreement *g, const struct accord_include *x)
{
	if (!g)
		return "not here";
	if (!span_eq(g->digest, x->digest))
		return "another text is here";
	return g->policy.n_parties == 0 ? "not signed" : in_force(g) ? "in force"
								     : "signed, not in force";
}

static enum err print(struct cmd_args *a, const struct accord_snapshot *s, const struct accord_agreement *g)
{
	static const char *const headings[] = { "id", "title", "parties", "state", "digest" };
	struct arena *mem = cmd_arena(a);
	struct cmd_grid *grid = cmd_grid_new(a, headings, 5);
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 24);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "id", g->policy.id);
	json_kspan(&o, "title", title_of(mem, g));
	json_kspan(&o, "digest", g->digest);
	json_kint(&o, "parties", (int64_t)g->policy.n_parties);
	json_kbool(&o, "in_force", in_force(g));
	json_key(&o, "includes");
	json_open(&o, '[');
	for (size_t i = 0; i < g->life.n_includes; i++) {
		const struct accord_include *x = &g->life.includes[i];
		const struct accord_agreement *part = accord_find_agreement(s, x->id);
		const struct span cells[] = { x->id, part ? title_of(mem, part) : SPAN(""), span_of(arena_printf(mem, "%zu", part ? part->policy.n_parties : 0)), span_of(state_of(part, x)), x->digest };
		json_open(&o, '{');
		for (size_t k = 0; k < 5; k++) {
			cmd_grid_add(grid, cells[k]);
			if (k != 2)
				json_kspan(&o, headings[k], cells[k]);
		}
		json_kint(&o, "parties", part ? (int64_t)part->policy.n_parties : 0);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	if (cmd_json(a))
		return open_print_json(&b);
	struct span title = title_of(mem, g);
	cmd_print("%.*s\n%.*s\n%zu parties, %s\n\n", SPAN_ARG(title), SPAN_ARG(g->policy.id), g->policy.n_parties, in_force(g) ? "in force" : "not in force");
	cmd_grid_print(grid, "It includes no agreement.");
	return ERR_OK;
}

static enum err show(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(cmd_arg(a, 1)));
	enum err e = g ? print(a, s, g) : fault_set(f, ERR_NOTFOUND, "DECLARATION", "%.100s is not known here; `musubi agreement list` shows those that are", cmd_arg(a, 1));

	accord_snapshot_unref(s);
	return e;
}

static int run_draft(struct cmd_args *a)
{
	return open_run(a, draft);
}

static int run_show(struct cmd_args *a)
{
	return open_run(a, show);
}

const struct cmd cmd_declaration_draft = {
	.name = "declaration draft",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "print a joint declaration that names signed agreements by their digests",
	.help = "A declaration is signed and brought in like any agreement. What it includes is pinned: another version of an included text is not part of it.\n\n"
		"  musubi declaration draft ./hub --title \"Joint declaration\" --include agreement--… --party identity--…:JP --out declaration.json",
	.options = (const struct cmd_option[]){ { "--title", "TEXT", "its title", .required = true }, { "--include", "AGREEMENT", "an agreement that is part of it", .many = true, .required = true },
		{ "--party", "ID[:SIDE]", "who signs it, of which side", .many = true }, { "--out", "FILE", "write it here (standard output)", .complete = "file" }, { 0 } },
	.run = run_draft,
};
const struct cmd cmd_declaration_show = {
	.name = "declaration show",
	.arguments = "DIR DECLARATION",
	.min_args = 2,
	.max_args = 2,
	.brief = "show a declaration and whether what it includes is here, signed and in force",
	.run = run_show,
};
