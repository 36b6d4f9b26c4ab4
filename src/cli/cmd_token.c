/* SPDX-License-Identifier: Apache-2.0 */
/* musubi token, musubi user: how members log in. */
#include "cli/open.h"

static void print_new(struct cmd_args *a, struct buf *b, const char *token, const char *person, struct span id)
{
	if (!cmd_json(a)) {
		cmd_print("token   %s\nid      %.*s\n", token, SPAN_ARG(id));
		if (person[0])
			cmd_print("person  %s\n", person);
		cmd_say("The token is shown this once. Use it as `Authorization: Bearer TOKEN`, or put it into MUSUBI_TOKEN.");
		return;
	}
	struct json_out o = json_out(b);
	json_open(&o, '{');
	json_kstr(&o, "token", token);
	json_kstr(&o, "person", person[0] ? person : NULL);
	json_kspan(&o, "id", id);
	json_close(&o, '}');
}

static enum err new (struct cmd_args *a, struct accord *h, struct fault *f) {
	char token[ACCORD_TOKEN], person[64] = "";
	struct accord_principal p;
	struct span member;
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	enum err e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &member, f);
	if (e == ERR_OK)
		e = accord_token_new(h, member, span_of(cmd_opt(a, "--person")), cmd_opt(a, "--admin") != NULL, token, person, f);
	if (e == ERR_OK)
		e = accord_authenticate_token(h, cmd_arena(a), span_of(token), &p, f); /* tells its id */
	if (e != ERR_OK) return e;
	print_new(a, &b, token, person, p.token_id);
	explicit_bzero(token, sizeof(token));
	return cmd_json(a) ? open_print_json(&b) : ERR_OK;
}

static int run_new(struct cmd_args *a)
{
	return open_run(a, new);
}

const struct cmd cmd_token_new = {
	.name = "token new",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "make a token for a member, or a person of it",
	.help = "A token of an organisation reads what the organisation may have; TLP:RED needs a person's (--person). It is printed once and kept as a hash.\n\n"
		"With --json: {\"token\",\"person\",\"id\"}.",
	.options = (const struct cmd_option[]){
		{ "--member", "ID", "whose token: id, or name where only one has it", .required = true, .complete = "member" },
		{ "--person", "NAME", "a person of this member; the same name is the same person" },
		{ "--admin", NULL, "may use the operator's API; reads nothing more by it" },
		{ 0 },
	},
	.run = run_new,
};

static void json_token(struct json_out *o, const void *tokens, size_t i)
{
	const struct accord_token *t = (const struct accord_token *)tokens + i;

	json_open(o, '{');
	json_kspan(o, "id", t->id);
	json_kspan(o, "member", t->member);
	open_json_optional(o, "person", t->person);
	json_kspan(o, "name", t->person_name);
	json_kbool(o, "admin", t->admin);
	open_json_time(o, "created", t->created);
	open_json_time(o, "last_used", t->last_used);
	json_close(o, '}');
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "ID", "MEMBER", "PERSON", "ADMIN", "CREATED", "LAST USED" };
	struct accord_token *v;
	size_t n;
	enum err e = accord_tokens(h, cmd_arena(a), &v, &n, f);

	if (e != ERR_OK || cmd_json(a))
		return e == ERR_OK ? open_print_list(v, n, json_token) : e;
	const struct accord_snapshot *s = accord_snapshot(h);
	struct cmd_grid *g = cmd_grid_new(a, headings, 6);
	for (size_t i = 0; i < n; i++) {
		const struct accord_member *m = accord_find_member(s, v[i].member);
		cmd_grid_add(g, v[i].id);
		cmd_grid_add(g, m ? m->name : v[i].member);
		cmd_grid_add(g, v[i].person_name);
		cmd_grid_add(g, v[i].admin ? SPAN("admin") : SPAN(""));
		cmd_grid_add(g, open_time_text(cmd_arena(a), v[i].created));
		cmd_grid_add(g, open_time_text(cmd_arena(a), v[i].last_used));
	}
	cmd_grid_print(g, "no token yet: `musubi token new` makes one");
	accord_snapshot_unref(s);
	return ERR_OK;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, list);
}

const struct cmd cmd_token_list = {
	.name = "token list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the tokens (their ids, not the secrets)",
	.run = run_list,
};

static enum err revoke(struct cmd_args *a, struct accord *h, struct fault *f)
{
	enum err e = accord_token_revoke(h, span_of(cmd_arg(a, 1)), f);

	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"id\":\"%s\",\"revoked\":true}\n", cmd_arg(a, 1));
	else if (e == ERR_OK)
		cmd_say("the token %s is no longer accepted", cmd_arg(a, 1));
	return e;
}

static int run_revoke(struct cmd_args *a)
{
	return open_run(a, revoke);
}

const struct cmd cmd_token_revoke = {
	.name = "token revoke",
	.arguments = "DIR TOKEN-ID",
	.min_args = 2,
	.max_args = 2,
	.brief = "end a token",
	.help = "TOKEN-ID is what `musubi token list` shows.",
	.run = run_revoke,
};

/* ---- user ---- */

static enum err user_add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct span member, password;
	enum err e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &member, f);

	if (e == ERR_OK)
		e = open_password(cmd_arena(a), cmd_opt(a, "--password-stdin") != NULL, &password, f);
	if (e == ERR_OK) {
		e = accord_user_add(h, member, span_of(cmd_opt(a, "--name")), password, f);
		explicit_bzero((char *)(uintptr_t)password.p, password.n);
	}
	if (e == ERR_OK && cmd_json(a)) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1u << 16);
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kstr(&o, "user", cmd_opt(a, "--name"));
		json_kspan(&o, "member", member);
		json_close(&o, '}');
		e = open_print_json(&b);
	} else if (e == ERR_OK) {
		cmd_say("%s can log in by HTTP Basic for %.*s now", cmd_opt(a, "--name"), SPAN_ARG(member));
	}
	return e;
}

static int run_user_add(struct cmd_args *a)
{
	return open_run(a, user_add);
}

const struct cmd cmd_user_add = {
	.name = "user add",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "give a member a user name and password (HTTP Basic)",
	.help = "For TAXII clients that know nothing else; tokens are better. The password is asked for twice on a terminal, or read from standard input, and kept as argon2id.\n\n"
		"  printf '%s' \"$PASSWORD\" | musubi user add ./hub --member ID --name feed --password-stdin",
	.options = (const struct cmd_option[]){
		{ "--member", "ID", "for whom: id, or name where only one has it", .required = true, .complete = "member" },
		{ "--name", "USER", "user name", .required = true },
		{ "--password-stdin", NULL, "read the password from the first line of standard input" },
		{ 0 },
	},
	.run = run_user_add,
};
