/* SPDX-License-Identifier: Apache-2.0 */
/* musubi member: who belongs to the hub. */
#include "cli/open.h"

static const char *const kinds[] = {
#define X(k, name) [ACCORD_KIND_##k] = name,
	ACCORD_KIND_LIST(X)
#undef X
};
static const char *const statuses[] = { [ACCORD_ACTIVE] = "active", [ACCORD_SUSPENDED] = "suspended", [ACCORD_REMOVED] = "removed" };
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };
#define KIND_WORDS "words:company association ngo government csirt academic hub"

static enum err read_kind(const char *word, enum accord_kind *out, struct fault *f)
{
	const char *near = cmd_nearest(word, kinds, N_KINDS);

	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(word, kinds[i]) == 0) {
			*out = (enum accord_kind)i;
			return ERR_OK;
		}
	return fault_set(f, ERR_USAGE, "--kind", "\"%s\" is no kind of member%s%s%s: company, association, ngo, government, csirt, academic or hub", word,
		near ? "; did you mean " : "", near ? near : "", near ? "" : "");
}

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *const *sectors, *const *patrons;
	struct accord_member m = {
		.name = span_of(cmd_opt(a, "--name")),
		.country = span_of(cmd_opt(a, "--country")),
		.id = span_of(cmd_opt(a, "--id")),
		.hub = accord_hub(h)->id,
		.local = true,
	};
	char id[64];
	enum err e = read_kind(cmd_opt(a, "--kind"), &m.kind, f);

	m.n_sectors = cmd_opts(a, "--sector", &sectors);
	m.n_clients_of = cmd_opts(a, "--client-of", &patrons);
	m.sectors = arena_array(cmd_arena(a), m.n_sectors + 1, sizeof(*m.sectors));
	m.clients_of = arena_array(cmd_arena(a), m.n_clients_of + 1, sizeof(*m.clients_of));
	if (!arena_ok(cmd_arena(a)))
		return ERR_NOMEM;
	for (size_t i = 0; i < m.n_sectors; i++)
		m.sectors[i] = span_of(sectors[i]);
	for (size_t i = 0; i < m.n_clients_of && e == ERR_OK; i++)
		e = open_member(h, cmd_arena(a), patrons[i], &m.clients_of[i], f);
	if (e == ERR_OK)
		e = accord_member_add(h, &m, id, f);
	if (e != ERR_OK)
		return e;
	e = open_print_id(a, id);
	if (!cmd_json(a))
		cmd_say("Next, a token for it: musubi token new %s --member %s", cmd_arg(a, 0), id);
	return e;
}

static int run_add(struct cmd_args *a)
{
	return open_run(a, add);
}

const struct cmd cmd_member_add = {
	.name = "member add",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "admit an organisation",
	.help = "The member's id (a STIX identity) is printed; with --json as {\"id\"}. A `hub` is another hub, which gets what its own members may have (see `musubi peer add`).\n\n"
		"  musubi member add ./hub --name \"Sample Bank\" --country TH --kind company --sector financial-services",
	.options = (const struct cmd_option[]){
		{ "--name", "NAME", "its name", .required = true },
		{ "--country", "CC", "its country: ISO 3166-1 alpha-2", .required = true, .complete = "words:BN ID JP KH LA MM MY PH SG TH TL VN" },
		{ "--kind", "KIND", "company, association, ngo, government, csirt, academic or hub", .required = true, .complete = KIND_WORDS },
		{ "--sector", "S", "a sector, such as energy or financial-services", .many = true },
		{ "--client-of", "ID", "an organisation whose client it is: TLP:AMBER reaches it where an agreement includes clients", .many = true, .complete = "member" },
		{ "--id", "ID", "its identity's id, where it has one already (a new one is made)" },
		{ 0 },
	},
	.run = run_add,
};

static void json_spans(struct json_out *o, const char *key, const struct span *v, size_t n)
{
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_put_string(o, v[i]);
	json_close(o, ']');
}

static void json_member(struct json_out *o, const void *members, size_t i)
{
	const struct accord_member *m = (const struct accord_member *)members + i;

	json_open(o, '{');
	json_kspan(o, "id", m->id);
	json_kspan(o, "name", m->name);
	json_kspan(o, "country", m->country);
	json_kstr(o, "kind", kinds[m->kind]);
	json_kstr(o, "status", statuses[m->status]);
	json_kspan(o, "hub", m->hub);
	json_kbool(o, "local", m->local);
	json_spans(o, "sectors", m->sectors, m->n_sectors);
	json_spans(o, "clients_of", m->clients_of, m->n_clients_of);
	open_json_time(o, "since", m->since);
	json_close(o, '}');
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "ID", "NAME", "COUNTRY", "KIND", "STATUS", "WHERE" };
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_member *v;
	size_t n = accord_members(s, &v);
	enum err e = ERR_OK;

	if (cmd_json(a)) {
		e = open_print_list(v, n, json_member);
	} else {
		struct cmd_grid *g = cmd_grid_new(a, headings, 6);
		for (size_t i = 0; i < n; i++) {
			cmd_grid_add(g, v[i].id);
			cmd_grid_add(g, v[i].name);
			cmd_grid_add(g, v[i].country);
			cmd_grid_add(g, span_of(kinds[v[i].kind]));
			cmd_grid_add(g, span_of(statuses[v[i].status]));
			cmd_grid_add(g, v[i].local ? SPAN("here") : v[i].hub);
		}
		cmd_grid_print(g, "no member yet: `musubi member add` admits one");
	}
	accord_snapshot_unref(s);
	return e;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, list);
}

const struct cmd cmd_member_list = {
	.name = "member list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the members, here and at peer hubs",
	.help = "With --json, a list of {\"id\",\"name\",\"country\",\"kind\",\"status\",\"hub\",\"local\",\"sectors\",\"clients_of\",\"since\"}.",
	.run = run_list,
};

static enum err change(struct cmd_args *a, struct accord *h, enum accord_status to, struct fault *f)
{
	struct span id;
	enum err e = open_member(h, cmd_arena(a), cmd_arg(a, 1), &id, f);

	if (e == ERR_OK)
		e = accord_member_status(h, id, to, f);
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"id\":\"%.*s\",\"status\":\"%s\"}\n", SPAN_ARG(id), statuses[to]);
	else if (e == ERR_OK)
		cmd_say("%.*s is %s now", SPAN_ARG(id), statuses[to]);
	return e;
}

static enum err suspend(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return change(a, h, ACCORD_SUSPENDED, f);
}

static enum err activate(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return change(a, h, ACCORD_ACTIVE, f);
}

static enum err dismiss(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return change(a, h, ACCORD_REMOVED, f);
}

static int run_suspend(struct cmd_args *a)
{
	return open_run(a, suspend);
}

static int run_activate(struct cmd_args *a)
{
	return open_run(a, activate);
}

static int run_remove(struct cmd_args *a)
{
	return open_run(a, dismiss);
}

const struct cmd cmd_member_suspend = {
	.name = "member suspend",
	.arguments = "DIR MEMBER",
	.min_args = 2,
	.max_args = 2,
	.brief = "stop releases to a member until it is activated again",
	.help = "MEMBER is its id, or its name where only one has it. It still can log in and sees what is public and its own.",
	.run = run_suspend,
};
const struct cmd cmd_member_activate = {
	.name = "member activate",
	.arguments = "DIR MEMBER",
	.min_args = 2,
	.max_args = 2,
	.brief = "end a member's suspension",
	.run = run_activate,
};
const struct cmd cmd_member_remove = {
	.name = "member remove",
	.arguments = "DIR MEMBER",
	.min_args = 2,
	.max_args = 2,
	.brief = "end a membership",
	.help = "What it submitted stays, and so does the record of what it was given.",
	.run = run_remove,
};

static enum err delegate(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct span from, to;
	bool on = cmd_opt(a, "--end") == NULL;
	enum err e = open_member(h, cmd_arena(a), cmd_opt(a, "--from"), &from, f);

	if (e == ERR_OK)
		e = open_member(h, cmd_arena(a), cmd_opt(a, "--to"), &to, f);
	if (e == ERR_OK)
		e = accord_delegate(h, from, to, on, f);
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"from\":\"%.*s\",\"to\":\"%.*s\",\"delegated\":%s}\n", SPAN_ARG(from), SPAN_ARG(to), on ? "true" : "false");
	else if (e == ERR_OK)
		cmd_say("%.*s %s submit for %.*s now", SPAN_ARG(to), on ? "may" : "may not", SPAN_ARG(from));
	return e;
}

static int run_delegate(struct cmd_args *a)
{
	return open_run(a, delegate);
}

const struct cmd cmd_member_delegate = {
	.name = "member delegate",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "let a member submit objects that another created",
	.options = (const struct cmd_option[]){
		{ "--from", "ID", "the creator (created_by_ref of the objects)", .required = true, .complete = "member" },
		{ "--to", "ID", "who may submit for it", .required = true, .complete = "member" },
		{ "--end", NULL, "end the delegation" },
		{ 0 },
	},
	.run = run_delegate,
};

/* ---- keys ---- */

static enum err set_key(struct cmd_args *a, struct accord *h, struct fault *f)
{
	bool end = cmd_opt(a, "--end") != NULL;
	struct span id;
	enum err e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &id, f);

	if (e == ERR_OK)
		e = accord_member_key(h, id, span_of(cmd_opt(a, "--key")), !end, f);
	if (e != ERR_OK)
		return e;
	if (cmd_json(a))
		cmd_print("{\"id\":\"%.*s\",\"key\":\"%s\",\"ended\":%s}\n", SPAN_ARG(id), cmd_opt(a, "--key"), end ? "true" : "false");
	else
		cmd_say(end ? "%.*s signs no more with %s; what it signed before holds" : "%.*s signs with %s from now on", SPAN_ARG(id), cmd_opt(a, "--key"));
	return ERR_OK;
}

static int run_key(struct cmd_args *a)
{
	return open_run(a, set_key);
}

const struct cmd cmd_member_key = {
	.name = "member key",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "name the key with which a member signs documents",
	.help = "The member makes the key on its own machine (`musubi key new`) and gives its operator the public line. Make sure by another way (telephone, in person) that it is theirs. Other "
		"hubs learn of it with the member's record. A signature dated before this does not count.",
	.options = (const struct cmd_option[]){
		{ "--member", "ID", "the member: id, or name where only one has it", .required = true, .complete = "member" },
		{ "--key", "KEY", "did:key:z6Mk…", .required = true },
		{ "--end", NULL, "the key is used no more (lost, replaced)" },
		{ 0 },
	},
	.run = run_key,
};
