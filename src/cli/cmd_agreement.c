/* SPDX-License-Identifier: Apache-2.0 */
/* musubi agreement: what was agreed, and who is a party to it. */
#include "cli/open.h"
#include "util/bounds.h"

/* ---- add, template ---- */

static enum err print_added(struct cmd_args *a, struct accord *h, const char *id, const char *marking)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(id));
	BUF_SCOPE struct buf b;
	enum err e = ERR_OK;

	buf_init(&b, 1u << 16);
	if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kstr(&o, "id", id);
		json_kstr(&o, "marking", marking);
		json_kspan(&o, "digest", g ? g->digest : (struct span){ 0 });
		json_close(&o, '}');
		e = open_print_json(&b);
	} else {
		cmd_print("agreement  %s\nmarking    %s\n", id, marking);
		if (g)
			cmd_print("digest     %.*s\n", SPAN_ARG(g->digest));
		cmd_say("Objects that carry the marking are shared under it. Next, its parties: musubi agreement sign %s %s --member ID", cmd_arg(a, 0), id);
	}
	accord_snapshot_unref(s);
	return e;
}

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	char id[128], marking[64];
	BUF_SCOPE struct buf text;
	enum err e = open_read(cmd_arg(a, 1), BOUND_OBJECT_BYTES, &text, f);

	if (e == ERR_OK)
		e = accord_agreement_add(h, buf_span(&text), id, marking, f);
	return e == ERR_OK ? print_added(a, h, id, marking) : e;
}

static int run_add(struct cmd_args *a)
{
	return open_run(a, add);
}

const struct cmd cmd_agreement_add = {
	.name = "agreement add",
	.arguments = "DIR FILE.json",
	.min_args = 2,
	.max_args = 2,
	.brief = "bring in an agreement",
	.help = "FILE.json holds the text and the policy; `musubi agreement template` prints one to begin with. Parties sign afterwards. Other hubs learn of it by themselves.\n\n"
		"With --json: {\"id\",\"marking\",\"digest\"}; the marking is the STIX marking-definition that stands for the agreement, the digest the SHA-256 of its canonical form.",
	.run = run_add,
};

static const char template[] =
	"{\n"
	"  \"kind\": \"agreement\",\n"
	"  \"title\": { \"en\": \"Agreement on the exchange of threat information\" },\n"
	"  \"version\": 1,\n"
	"  \"effective\": \"2026-01-01T00:00:00Z\",\n"
	"  \"expires\": \"2029-01-01T00:00:00Z\",\n"
	"  \"policy\": {\n"
	"    \"ceiling\": \"amber\",\n"
	"    \"clients\": false,\n"
	"    \"personal_data\": \"none\",\n"
	"    \"retroactive\": \"none\"\n"
	"  }\n"
	"}\n";

static int run_template(struct cmd_args *a)
{
	cmd_print("%s", template);
	cmd_say("ceiling: clear, green, amber, amber+strict, red; clients: does TLP:AMBER reach registered clients of parties;\n"
		"personal_data: none, domestic, allowed; retroactive: none, all (what a new party sees of earlier objects); expires may be left out.");
	return 0;
}

const struct cmd cmd_agreement_template = {
	.name = "agreement template",
	.arguments = "",
	.min_args = 0,
	.max_args = 0,
	.brief = "print an agreement to edit",
	.help = "  musubi agreement template >agreement.json\n  musubi agreement add ./hub agreement.json",
	.run = run_template,
};

/* ---- events ---- */

static enum err event(struct cmd_args *a, struct accord *h, enum accord_event what, struct fault *f)
{
	static const char *const words[] = { [ACCORD_SIGNED] = "signed", [ACCORD_WITHDRAWN] = "withdrew from", [ACCORD_SUSPENDED_FROM] = "is suspended from" };
	static const char *const keys[] = { [ACCORD_SIGNED] = "signed", [ACCORD_WITHDRAWN] = "withdrawn", [ACCORD_SUSPENDED_FROM] = "suspended" };
	const char *at = cmd_opt(a, "--at"), *until = cmd_opt(a, "--until");
	struct timestamp from = open_now(NULL), to = TIMESTAMP_NEVER;
	struct span member;
	char text[TIMESTAMP_TEXT];
	enum err e = open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &member, f);

	if (e == ERR_OK && at)
		e = open_time(at, &from, f);
	if (e == ERR_OK && until)
		e = open_time(until, &to, f);
	if (e == ERR_OK)
		e = accord_agreement_event(h, span_of(cmd_arg(a, 1)), member, what, from, to, f);
	if (e != ERR_OK)
		return e;
	timestamp_format(from, text);
	if (cmd_json(a))
		cmd_print("{\"agreement\":\"%s\",\"member\":\"%.*s\",\"%s\":\"%s\"}\n", cmd_arg(a, 1), SPAN_ARG(member), keys[what], text);
	else
		cmd_say("%.*s %s %s at %s", SPAN_ARG(member), words[what], cmd_arg(a, 1), text);
	return ERR_OK;
}

static enum err sign(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return event(a, h, ACCORD_SIGNED, f);
}

static enum err withdraw(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return event(a, h, ACCORD_WITHDRAWN, f);
}

static enum err suspend(struct cmd_args *a, struct accord *h, struct fault *f)
{
	return event(a, h, ACCORD_SUSPENDED_FROM, f);
}

static int run_sign(struct cmd_args *a)
{
	return open_run(a, sign);
}

static int run_withdraw(struct cmd_args *a)
{
	return open_run(a, withdraw);
}

static int run_suspend(struct cmd_args *a)
{
	return open_run(a, suspend);
}

#define OPT_MEMBER \
	{ \
		"--member", "ID", "the party: id, or name where only one has it", .required = true, .complete = "member" \
	}
#define OPT_AT \
	{ \
		"--at", "TIME", "from when: now, 2026-01-31 or 2026-01-31T09:00:00Z (now)" \
	}
const struct cmd cmd_agreement_sign = {
	.name = "agreement sign",
	.arguments = "DIR AGREEMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "make a member a party",
	.help = "From then on it may share under the agreement and gets what others share under it.",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, { 0 } },
	.run = run_sign,
};
const struct cmd cmd_agreement_withdraw = {
	.name = "agreement withdraw",
	.arguments = "DIR AGREEMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "end a party's accession",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, { 0 } },
	.run = run_withdraw,
};
const struct cmd cmd_agreement_suspend = {
	.name = "agreement suspend",
	.arguments = "DIR AGREEMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "suspend a party for a time",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, { "--until", "TIME", "until when; signing again ends it too (no end)" }, { 0 } },
	.run = run_suspend,
};

/* ---- list, show ---- */

static bool in_force(const struct policy_agreement *p)
{
	struct timestamp now = open_now(NULL);

	return !timestamp_before(now, p->effective) && timestamp_before(now, p->expires);
}

static size_t parties_now(const struct policy_agreement *p)
{
	struct timestamp now = open_now(NULL);
	size_t n = 0;

	for (size_t i = 0; i < p->n_parties; i++) {
		const struct policy_agreement one = { .parties = &p->parties[i], .n_parties = 1 };
		n += policy_is_party(&one, p->parties[i].org, now);
	}
	return n;
}

static void json_parties(struct json_out *o, const struct accord_snapshot *s, const struct policy_agreement *p)
{
	json_key(o, "parties");
	json_open(o, '[');
	for (size_t i = 0; i < p->n_parties; i++) {
		const struct policy_party *party = &p->parties[i];
		const struct accord_member *m = accord_find_member(s, party->org);
		json_open(o, '{');
		json_kspan(o, "org", party->org);
		json_kspan(o, "name", m ? m->name : SPAN(""));
		open_json_time(o, "signed", party->signed_at);
		open_json_time(o, "withdrawn", party->has_withdrawn ? party->withdrawn : TIMESTAMP_NEVER);
		json_key(o, "suspended");
		json_open(o, '[');
		for (size_t k = 0; k < party->n_suspended; k++) {
			json_open(o, '{');
			open_json_time(o, "from", party->suspended[k].from);
			open_json_time(o, "until", party->suspended[k].until);
			json_close(o, '}');
		}
		json_close(o, ']');
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void json_agreement(struct json_out *o, const struct accord_snapshot *s, const struct accord_agreement *g, bool whole)
{
	static const char *const personal[] = { [POLICY_PERSONAL_NONE] = "none", [POLICY_PERSONAL_DOMESTIC] = "domestic", [POLICY_PERSONAL_ALLOWED] = "allowed" };

	json_open(o, '{');
	json_kspan(o, "id", g->policy.id);
	json_kspan(o, "title", g->title);
	json_kspan(o, "marking", g->marking);
	json_kspan(o, "digest", g->digest);
	json_kbool(o, "in_force", in_force(&g->policy));
	open_json_time(o, "effective", g->policy.effective);
	open_json_time(o, "expires", g->policy.expires);
	json_kstr(o, "ceiling", stix_tlp_name(g->policy.ceiling));
	json_kbool(o, "clients", g->policy.clients);
	json_kstr(o, "personal_data", personal[g->policy.personal_data]);
	json_kstr(o, "retroactive", g->policy.retroactive_all ? "all" : "none");
	json_parties(o, s, &g->policy);
	if (whole && g->json.n) {
		json_key(o, "document");
		json_put_raw(o, g->json);
	}
	json_close(o, '}');
}

static enum err list_json(const struct accord_snapshot *s, const struct accord_agreement *v, size_t n)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++)
		json_agreement(&o, s, &v[i], false);
	json_close(&o, ']');
	return open_print_json(&b);
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "ID", "TITLE", "IN FORCE", "CEILING", "PARTIES", "MARKING" };
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *v;
	size_t n = accord_agreements(s, &v);
	enum err e = ERR_OK;

	if (cmd_json(a)) {
		e = list_json(s, v, n);
	} else {
		struct cmd_grid *g = cmd_grid_new(a, headings, 6);
		for (size_t i = 0; i < n; i++) {
			cmd_grid_add(g, v[i].policy.id);
			cmd_grid_add(g, v[i].title);
			cmd_grid_add(g, in_force(&v[i].policy) ? SPAN("yes") : SPAN("no"));
			cmd_grid_add(g, span_of(stix_tlp_name(v[i].policy.ceiling)));
			cmd_grid_add(g, span_of(arena_printf(cmd_arena(a), "%zu", parties_now(&v[i].policy))));
			cmd_grid_add(g, v[i].marking);
		}
		cmd_grid_print(g, "no agreement yet: `musubi agreement template` prints one to edit, `musubi agreement add` brings it in");
	}
	accord_snapshot_unref(s);
	return e;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, list);
}

const struct cmd cmd_agreement_list = {
	.name = "agreement list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the agreements",
	.run = run_list,
};

static void show_text(struct cmd_args *a, const struct accord_snapshot *s, const struct accord_agreement *g)
{
	static const char *const headings[] = { "PARTY", "ID", "SIGNED", "WITHDRAWN", "NOW" };
	struct arena *m = cmd_arena(a);
	const struct policy_agreement *p = &g->policy;

	cmd_print("%.*s\nagreement      %.*s\nmarking        %.*s\ndigest         %.*s\n", SPAN_ARG(g->title), SPAN_ARG(p->id), SPAN_ARG(g->marking), SPAN_ARG(g->digest));
	cmd_print("in force       %.*s until %.*s (%s)\n", SPAN_ARG(open_time_text(m, p->effective)), SPAN_ARG(open_time_text(m, p->expires)), in_force(p) ? "now" : "not now");
	cmd_print("ceiling        TLP:%s\nclients        %s\nretroactive    %s\n\n", stix_tlp_name(p->ceiling), p->clients ? "yes" : "no", p->retroactive_all ? "all" : "none");
	struct cmd_grid *grid = cmd_grid_new(a, headings, 5);
	for (size_t i = 0; i < p->n_parties; i++) {
		const struct policy_party *party = &p->parties[i];
		const struct policy_agreement one = { .parties = party, .n_parties = 1 };
		const struct accord_member *member = accord_find_member(s, party->org);
		cmd_grid_add(grid, member ? member->name : SPAN(""));
		cmd_grid_add(grid, party->org);
		cmd_grid_add(grid, open_time_text(m, party->signed_at));
		cmd_grid_add(grid, party->has_withdrawn ? open_time_text(m, party->withdrawn) : SPAN(""));
		cmd_grid_add(grid, policy_is_party(&one, party->org, open_now(NULL)) ? SPAN("party") : SPAN("no party"));
	}
	cmd_grid_print(grid, "no party yet: `musubi agreement sign` makes a member one");
}

static enum err show(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(cmd_arg(a, 1)));
	BUF_SCOPE struct buf b;
	enum err e = ERR_OK;

	buf_init(&b, BOUND_REQUEST_ARENA);
	if (!g) {
		e = fault_set(f, ERR_NOTFOUND, cmd_arg(a, 1), "there is no such agreement; `musubi agreement list` shows them");
	} else if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_agreement(&o, s, g, true);
		e = open_print_json(&b);
	} else {
		show_text(a, s, g);
	}
	accord_snapshot_unref(s);
	return e;
}

static int run_show(struct cmd_args *a)
{
	return open_run(a, show);
}

const struct cmd cmd_agreement_show = {
	.name = "agreement show",
	.arguments = "DIR AGREEMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "show an agreement and its parties",
	.help = "AGREEMENT is its id or the id of its marking. With --json also the document itself.",
	.run = run_show,
};
