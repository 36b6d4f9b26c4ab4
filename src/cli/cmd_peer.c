/* SPDX-License-Identifier: Apache-2.0 */
/* musubi peer: links to other hubs and TAXII 2.1 servers. */
#include "cli/open.h"
#include "peer/peer.h"
#include "util/bounds.h"
#include <stdio.h>

static struct span option(const struct cmd_args *a, const char *name)
{
	return span_of(cmd_opt(a, name));
}

/* ---- add ---- */

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct peer_config c = { .id = option(a, "--id"), .url = option(a, "--url"), .token = span_of(open_token(a)), .user = option(a, "--user"), .ca_file = option(a, "--ca"), .collection = option(a, "--collection"), .into = option(a, "--into") };
	char id[PEER_ID];
	enum err e = ERR_OK;
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	if (c.user.n && c.token.n && cmd_opt(a, "--token"))
		return fault_set(f, ERR_USAGE, "", "give --token or --user, not both");
	if (c.user.n) {
		c.token = (struct span){ NULL, 0 };
		e = open_password(cmd_arena(a), cmd_opt(a, "--password-stdin") != NULL, &c.password, f);
	}
	if (e == ERR_OK && cmd_opt(a, "--member"))
		e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &c.member, f);
	if (e == ERR_OK && !c.member.n && !c.token.n && !c.user.n)
		return fault_set(f, ERR_USAGE, "--token", "the other hub gives a token to each hub that it lets in (`musubi peer invite` there)");
	if (e == ERR_OK)
		e = peer_add(h, &c, id, f);
	if (e != ERR_OK)
		return e;
	if (!cmd_json(a)) {
		cmd_print("%s\n", id);
		cmd_say("A running hub starts the link by itself; `musubi peer status %s` tells how it goes.", cmd_arg(a, 0));
		return ERR_OK;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kstr(&o, "id", id);
	json_close(&o, '}');
	return open_print_json(&b);
}

static int run_add(struct cmd_args *a)
{
	return open_run(a, add);
}

const struct cmd cmd_peer_add = {
	.name = "peer add",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "take objects from another hub, or from any TAXII 2.1 server",
	.help = "Another hub: its operator lets yours in with `musubi peer invite` and gives you the address and a token. Its directory (members, agreements, signatures) is "
		"read first, then every collection that your hub may read, into the collection of the same alias here; new objects come within a second. The hub's key is kept "
		"at first contact; another key is refused.\n\n"
		"Any other TAXII 2.1 server: name with --member who of your members answers for its objects, and where you like one --collection and --into which alias. "
		"Where its objects carry no TLP, make that collection first (`musubi collection add DIR --alias ALIAS --title T --default-tlp clear`): without one they "
		"are refused.\n\n"
		"With --json: {\"id\"}, the link's name.",
	.options = (const struct cmd_option[]){
		{ "--url", "URL", "a hub's address; for other servers also an API root or a collection", .required = true },
		{ "--token", "TOKEN", "what the other side gave us (also from the environment: MUSUBI_TOKEN)" },
		{ "--user", "NAME", "a user name, for servers with passwords" },
		{ "--password-stdin", NULL, "read the password from standard input" },
		{ "--ca", "FILE", "trust the certificates in this PEM file instead of the system's", .complete = "file" },
		{ "--id", "NAME", "a name for the link; without it, one is made from the address" },
		{ "--member", "ID", "the server is no hub: this member answers for its objects", .complete = "member" },
		{ "--collection", "ALIAS", "with --member: only this collection (alias, id or title)" },
		{ "--into", "ALIAS", "with --member: into this collection here, made where there is none" },
		{ 0 },
	},
	.run = run_add,
};

/* ---- remove ---- */

static enum err remove_link(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return peer_remove(h, span_of(cmd_arg(a, 1)), f);
}

static int run_remove(struct cmd_args *a)
{
	return open_run(a, remove_link);
}

const struct cmd cmd_peer_remove = {
	.name = "peer remove",
	.arguments = "DIR LINK",
	.min_args = 2,
	.max_args = 2,
	.brief = "end a link",
	.help = "A running hub ends it within a second. What came over it stays. To keep the other side from reading here, suspend its member as well "
		"(`musubi member suspend`).",
	.run = run_remove,
};

/* ---- list, status ---- */

static void json_number_or_null(struct json_out *o, const char *key, int64_t v, bool known)
{
	if (known) {
		json_kint(o, key, v);
		return;
	}
	json_key(o, key);
	json_put_null(o);
}

/* Leaves the object open. */
static void json_link(struct json_out *o, const struct peer_status *s)
{
	json_open(o, '{');
	json_kspan(o, "id", s->id);
	json_kspan(o, "url", s->url);
	json_kspan(o, "hub_id", s->hub_id);
	json_kspan(o, "name", s->name);
	json_kbool(o, "connected", s->connected);
	open_json_time(o, "last_contact", s->last_contact);
	open_json_time(o, "last_object", s->last_object);
	open_json_time(o, "last_news", s->last_news);
	json_kstr(o, "withheld", s->withheld);
	json_number_or_null(o, "lag_ms", s->lag_us / 1000, s->lag_us >= 0);
	json_kint(o, "taken", (int64_t)s->taken);
	json_kint(o, "refused", (int64_t)s->refused);
	json_kint(o, "held", (int64_t)s->held);
	json_kspan(o, "last_error", s->last_error);
}

static struct span number(struct arena *a, uint64_t n)
{
	return span_of(arena_printf(a, "%llu", (unsigned long long)n));
}

static struct span lag(struct arena *a, const struct peer_status *s)
{
	if (s->lag_us < 0)
		return SPAN("");
	return span_of(s->lag_us < 10000000 ? arena_printf(a, "%.1f ms", (double)s->lag_us / 1000) : arena_printf(a, "%.0f s", (double)s->lag_us / 1e6));
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "LINK", "STATE", "HUB", "LAST CONTACT", "LAG", "TAKEN", "REFUSED", "HELD", "LAST ERROR" };
	struct arena *m = cmd_arena(a);
	struct peer_status *v;
	size_t n;
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	enum err e = peer_list(h, timestamp_now(), m, &v, &n, f);
	if (e != ERR_OK)
		return e;
	if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '[');
		for (size_t i = 0; i < n; i++) {
			json_link(&o, &v[i]);
			json_close(&o, '}');
		}
		json_close(&o, ']');
		return open_print_json(&b);
	}
	struct cmd_grid *g = cmd_grid_new(a, headings, 9);
	for (size_t i = 0; i < n; i++) {
		const struct span row[] = { v[i].id, v[i].connected ? SPAN("connected") : SPAN("-"), v[i].name.n ? v[i].name : v[i].url, open_time_text(m, v[i].last_contact),
			lag(m, &v[i]), number(m, v[i].taken), number(m, v[i].refused), number(m, v[i].held), v[i].last_error };
		for (size_t k = 0; k < 9; k++)
			cmd_grid_add(g, row[k]);
	}
	cmd_grid_print(g, "No links; `musubi peer add` makes one.");
	return ERR_OK;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, list);
}

const struct cmd cmd_peer_list = {
	.name = "peer list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "the links, how far they are and what went wrong last",
	.help = "LAG is the time between the newest object's stamp at the other hub and its commit here (it holds the difference of the two clocks). A running hub writes these "
		"figures every few seconds.\n\n"
		"Where nothing was heard of a hub's members, agreements and signatures for an hour, what came from it as TLP:AMBER+STRICT is given to nobody until it is heard of again; "
		"after 24 hours the same holds for all that came from it (last_news: up to five minutes behind; withheld: none, amber+strict or all).\n\n"
		"With --json: [{\"id\",\"url\",\"hub_id\",\"name\",\"connected\",\"last_contact\",\"last_object\",\"last_news\",\"withheld\",\"lag_ms\",\"taken\",\"refused\",\"held\",\"last_error\"}].",
	.run = run_list,
};

static const char *withheld(const struct peer_status *s)
{
	if (strcmp(s->withheld, "all") == 0)
		return ": too long ago: nothing that came from it is given to anybody until it is heard of again";
	return strcmp(s->withheld, "none") == 0 ? "" : ": too long ago: what came from it as TLP:AMBER+STRICT is given to nobody until it is heard of again";
}

static void print_status(struct arena *m, const struct peer_status *s, const struct peer_refused *r, size_t n)
{
	cmd_print("%s%.*s%s  %.*s\n", cmd_style(1, CMD_BOLD), SPAN_ARG(s->id), cmd_style(1, CMD_PLAIN), SPAN_ARG(s->url));
	if (s->hub_id.n)
		cmd_print("  hub           %.*s (%.*s)\n", SPAN_ARG(s->name), SPAN_ARG(s->hub_id));
	cmd_print("  state         %s\n", s->connected ? "connected" : "not connected");
	cmd_print("  last contact  %.*s\n", SPAN_ARG(open_time_text(m, s->last_contact)));
	if (s->last_news.us)
		cmd_print("  last news     %.*s%s%s%s\n", SPAN_ARG(open_time_text(m, s->last_news)), cmd_style(1, CMD_RED), withheld(s), cmd_style(1, CMD_PLAIN));
	cmd_print("  last object   %.*s\n", SPAN_ARG(open_time_text(m, s->last_object)));
	cmd_print("  lag           %.*s\n", SPAN_ARG(lag(m, s)));
	cmd_print("  objects       %llu taken, %llu refused, %llu held\n", (unsigned long long)s->taken, (unsigned long long)s->refused, (unsigned long long)s->held);
	if (s->last_error.n)
		cmd_print("  last error    %s%.*s%s\n", cmd_style(1, CMD_RED), SPAN_ARG(s->last_error), cmd_style(1, CMD_PLAIN));
	for (size_t i = 0; i < n && i < 10; i++)
		cmd_print("  refused       %.*s  %.*s: %.*s\n", SPAN_ARG(open_time_text(m, r[i].at)), SPAN_ARG(r[i].object), SPAN_ARG(r[i].reason));
}

static void json_status(struct json_out *o, const struct peer_status *s, const struct peer_refused *r, size_t n)
{
	json_link(o, s);
	json_key(o, "refusals");
	json_open(o, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(o, '{');
		open_json_time(o, "at", r[i].at);
		json_kspan(o, "object", r[i].object);
		json_kspan(o, "version", r[i].version);
		json_kspan(o, "reason", r[i].reason);
		json_close(o, '}');
	}
	json_close(o, ']');
	json_close(o, '}');
}

static enum err status(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct arena *m = cmd_arena(a);
	struct span only = span_of(cmd_arg(a, 1));
	struct peer_status *v;
	size_t n, shown = 0;
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	enum err e = peer_list(h, timestamp_now(), m, &v, &n, f);
	if (e != ERR_OK)
		return e;
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		struct peer_refused *r;
		size_t refused;
		if (only.n && !span_eq(only, v[i].id))
			continue;
		e = peer_refusals(h, m, v[i].id, &r, &refused, f);
		if (e != ERR_OK)
			return e;
		shown++;
		if (cmd_json(a))
			json_status(&o, &v[i], r, refused);
		else
			print_status(m, &v[i], r, refused);
	}
	json_close(&o, ']');
	if (only.n && !shown)
		return fault_set(f, ERR_NOTFOUND, cmd_arg(a, 1), "there is no such link; `musubi peer list` shows them");
	if (cmd_json(a))
		return open_print_json(&b);
	if (!shown)
		cmd_say("No links; `musubi peer add` makes one.");
	return ERR_OK;
}

static int run_status(struct cmd_args *a)
{
	return open_run(a, status);
}

const struct cmd cmd_peer_status = {
	.name = "peer status",
	.arguments = "DIR [LINK]",
	.min_args = 1,
	.max_args = 2,
	.brief = "everything about the links, what they refused included",
	.help = "What cannot be taken in is set aside with its reason and does not hold up the rest; the newest thousand of a link are kept.\n\n"
		"With --json: as `peer list`, and \"refusals\":[{\"at\",\"object\",\"version\",\"reason\"}].",
	.run = run_status,
};

/* ---- invite ---- */

static enum err invite(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const struct accord_member m = { .name = option(a, "--name"), .country = option(a, "--country"), .kind = ACCORD_KIND_HUB, .local = true };
	const char *url = cmd_opt(a, "--url");
	char id[64], token[ACCORD_TOKEN], person[64];
	BUF_SCOPE struct buf b;

	buf_init(&b, 8192);
	enum err e = accord_member_add(h, &m, id, f);
	if (e == ERR_OK)
		e = accord_token_new(h, span_of(id), (struct span){ NULL, 0 }, false, token, person, f);
	if (e != ERR_OK)
		return e;
	if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kstr(&o, "member", id);
		json_kstr(&o, "token", token);
		json_kstr(&o, "url", url);
		json_close(&o, '}');
		e = open_print_json(&b);
	} else {
		cmd_print("musubi peer add DIR --url %s --token %s\n", url ? url : "URL-OF-THIS-HUB", token);
		cmd_say("Give this line to the operator of %.*s over a safe way: the token is shown this once. Their hub is member %s here.", SPAN_ARG(m.name), id);
	}
	explicit_bzero(token, sizeof(token));
	return e;
}

static int run_invite(struct cmd_args *a)
{
	return open_run(a, invite);
}

const struct cmd cmd_peer_invite = {
	.name = "peer invite",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "let another hub read here, and print what its operator has to type",
	.help = "Makes a member of kind hub and a token for it, as `musubi member add --kind hub` and `musubi token new` would. Hubs invite each other: one gives the other only what some member of it may have, and learns of its members from its directory.\n\n"
		"With --json: {\"member\",\"token\",\"url\"}.",
	.options = (const struct cmd_option[]){
		{ "--name", "NAME", "the other hub's name", .required = true },
		{ "--country", "CC", "its country (ISO 3166-1 alpha-2)", .required = true },
		{ "--url", "URL", "this hub's address as the other side reaches it, for the line that is printed" },
		{ 0 },
	},
	.run = run_invite,
};
