/* SPDX-License-Identifier: Apache-2.0 */
/* musubi agreement: what was agreed, and who is a party to it. */
#include "cli/agreement.h"
#include "util/bounds.h"

/* ---- add, template ---- */

static enum err print_added(struct cmd_args *a, struct accord *h, const struct accord_taken *x)
{
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(x->id));
	bool proofs = x->signed_now + x->known + x->foreign > 0;
	BUF_SCOPE struct buf b;
	enum err e = ERR_OK;

	buf_init(&b, 1u << 16);
	if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kstr(&o, "id", x->id);
		json_kstr(&o, "marking", x->marking);
		json_kspan(&o, "digest", g ? g->digest : (struct span){ 0 });
		if (proofs) {
			json_kstr(&o, "act", x->act);
			json_kint(&o, "signed", (int64_t)x->signed_now);
			json_kint(&o, "known", (int64_t)x->known);
			json_kint(&o, "foreign", (int64_t)x->foreign);
		}
		json_close(&o, '}');
		e = open_print_json(&b);
	} else {
		cmd_print("agreement  %s\nmarking    %s\n", x->id, x->marking);
		if (g)
			cmd_print("digest     %.*s\n", SPAN_ARG(g->digest));
		if (proofs)
			cmd_say("%s: %zu taken, %zu were here before, %zu are of members of other hubs, which count them themselves", x->act, x->signed_now, x->known, x->foreign);
		else
			cmd_say("Objects that carry the marking are shared under it. Next, its parties: musubi agreement sign %s %s --member ID", cmd_arg(a, 0), x->id);
	}
	accord_snapshot_unref(s);
	return e;
}

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct accord_taken taken;
	BUF_SCOPE struct buf text;
	enum err e = open_read(cmd_arg(a, 1), BOUND_OBJECT_BYTES, &text, f);

	if (e == ERR_OK)
		e = accord_document_take(h, buf_span(&text), &taken, f);
	return e == ERR_OK ? print_added(a, h, &taken) : e;
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
	.brief = "bring in an agreement, signatures under it, or a signed accession or withdrawal",
	.help = "FILE.json holds the text and the policy; `musubi agreement draft` or `template` prints one to begin with. Parties sign before or afterwards: the same text with more "
		"signatures can be added again and again. Other hubs learn of it by themselves.\n\n"
		"With --json: {\"id\",\"marking\",\"digest\"}, and where the file was signed \"act\", \"signed\", \"known\", \"foreign\"; the marking is the STIX marking-definition that stands for the agreement, the digest the SHA-256 of its canonical form.",
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
	enum err e = cmd_opt(a, "--member") ? open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &member, f)
					    : fault_set(f, ERR_USAGE, "--member", "it is missing: which member is it about?");

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
	return cmd_argc(a) == 1 ? agreement_file(a, "sign") : open_run(a, sign);
}

static int run_withdraw(struct cmd_args *a)
{
	return cmd_argc(a) == 1 ? agreement_file(a, "withdraw") : open_run(a, withdraw);
}

static int run_suspend(struct cmd_args *a)
{
	return cmd_argc(a) == 1 ? agreement_file(a, "suspend") : open_run(a, suspend);
}

#define OPT_MEMBER \
	{ \
		"--member", "ID", "with DIR: the party: id, or name where only one has it", .complete = "member" \
	}
#define OPT_AT \
	{ \
		"--at", "TIME", "from when: now, 2026-01-31 or 2026-01-31T09:00:00Z (now)" \
	}
const struct cmd cmd_agreement_sign = {
	.name = "agreement sign",
	.arguments = "FILE | DIR AGREEMENT",
	.min_args = 1,
	.max_args = 2,
	.brief = "sign an agreement",
	.help = "With a file: adds your organisation's signature, made with your own key on your own machine. Several parties sign the same file one after the other, or each a copy of it. A "
		"signature is for this text alone, never for another version.\n\n"
		"  musubi agreement sign agreement.json --key our.key --org identity--… --name \"A. Person\" --title President --out signed.json\n\n"
		"With a hub's directory: the hub's word makes a member a party, where the agreement's text is content with that (\"signing\" is not \"own-key\"). From then on it may share under "
		"the agreement and gets what others share under it.",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, OPT_FILE_SIGNING, { 0 } },
	.run = run_sign,
};
const struct cmd cmd_agreement_withdraw = {
	.name = "agreement withdraw",
	.arguments = "FILE | DIR AGREEMENT",
	.min_args = 1,
	.max_args = 2,
	.brief = "end a party's accession",
	.help = "It ends once the notice that the agreement asks for (`withdrawal`: `notice_days`) is over; without one, at once. With a file: FILE is the agreement; the withdrawal is signed with "
		"your own key and written as a small file for `musubi agreement add`.",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, OPT_FILE_SIGNING, { 0 } },
	.run = run_withdraw,
};
const struct cmd cmd_agreement_suspend = {
	.name = "agreement suspend",
	.arguments = "FILE | DIR AGREEMENT",
	.min_args = 1,
	.max_args = 2,
	.brief = "suspend a party for a time",
	.help = "With a file: FILE is the agreement; a party suspends itself with its own key.",
	.options = (const struct cmd_option[]){ OPT_MEMBER, OPT_AT, { "--until", "TIME", "until when; signing again ends it too (no end)" }, OPT_FILE_SIGNING, { 0 } },
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
	json_kint(o, "version", g->life.version);
	json_kspan(o, "supersedes", g->life.supersedes);
	json_parties(o, s, &g->policy);
	if (whole && g->json.n) {
		json_key(o, "document");
		json_put_raw(o, g->json);
	}
	json_close(o, '}');
}

struct listing {
	const struct accord_snapshot *s;
	const struct accord_agreement *v;
};

static void json_listed(struct json_out *o, const void *listing, size_t i)
{
	const struct listing *l = listing;

	json_agreement(o, l->s, &l->v[i], false);
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "ID", "TITLE", "IN FORCE", "CEILING", "PARTIES", "MARKING" };
	const struct accord_snapshot *s = accord_snapshot(h);
	const struct accord_agreement *v;
	size_t n = accord_agreements(s, &v);
	enum err e = ERR_OK;

	if (cmd_json(a)) {
		e = open_print_list(&(struct listing){ s, v }, n, json_listed);
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

static void refused(void *ctx, struct timestamp at, struct span digest, struct span where, struct span why)
{
	struct cmd_grid *g = ((void **)ctx)[0];
	struct cmd_args *a = ((void **)ctx)[1];

	cmd_grid_add(g, open_time_text(cmd_arena(a), at));
	cmd_grid_add(g, digest);
	cmd_grid_add(g, where);
	cmd_grid_add(g, why);
}

static enum err list_refused(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "WHEN", "SHA-256", "WHERE", "WHY" };
	struct cmd_grid *g = cmd_grid_new(a, headings, 4);
	void *ctx[] = { g, a };
	enum err e = accord_refusals(h, refused, ctx, f);

	if (e == ERR_OK)
		cmd_grid_print(g, "no document was refused");
	return e;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, cmd_opt(a, "--refused") ? list_refused : list);
}

const struct cmd cmd_agreement_list = {
	.name = "agreement list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the agreements",
	.options = (const struct cmd_option[]){ { "--refused", NULL, "the signed documents that were refused instead, and why" }, { 0 } },
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

/* ---- as a page, as IEP 2.0 ---- */

struct page {
	struct cmd_args *a;
	const struct accord_snapshot *s;
	const struct accord_agreement *g;
	struct agreement_line *v;
	size_t n;
};

/* The newest signature of each organisation stands on its line. */
static void page_signature(void *ctx, const struct accord_signature *s)
{
	struct page *p = ctx;

	for (size_t i = 0; i < p->n && s->event == ACCORD_SIGNED && s->holds; i++) {
		if (!span_eq(p->v[i].org, s->org))
			continue;
		p->v[i].signer = arena_span(cmd_arena(p->a), s->name);
		p->v[i].title = arena_span(cmd_arena(p->a), s->title);
		p->v[i].key = arena_span(cmd_arena(p->a), s->key);
	}
}

static struct agreement_line *line_of(struct page *p, struct span org)
{
	const struct accord_member *m = accord_find_member(p->s, org);

	for (size_t i = 0; i < p->n; i++)
		if (span_eq(p->v[i].org, org))
			return &p->v[i];
	p->v[p->n] = (struct agreement_line){ .org = org, .name = m ? m->name : SPAN(""), .state = "not signed" };
	return &p->v[p->n++];
}

static enum err page_lines(struct page *p, struct accord *h, struct fault *f)
{
	const struct policy_agreement *g = &p->g->policy;
	const struct accord_life *life = &p->g->life;

	p->v = arena_array(cmd_arena(p->a), life->n_signatories + g->n_parties + 1, sizeof(*p->v));
	if (!p->v)
		return ERR_NOMEM;
	for (size_t i = 0; i < life->n_signatories; i++)
		line_of(p, life->signatories[i].org)->side = life->signatories[i].side;
	for (size_t i = 0; i < g->n_parties; i++) {
		struct agreement_line *l = line_of(p, g->parties[i].org);
		l->at = g->parties[i].has_withdrawn ? g->parties[i].withdrawn : g->parties[i].signed_at;
		l->state = g->parties[i].has_withdrawn ? "withdrawn" : "signed";
	}
	return accord_signatures(h, g->id, page_signature, p, f);
}

static enum err show_page(struct cmd_args *a, struct accord *h, const struct accord_snapshot *s, const struct accord_agreement *g, struct fault *f)
{
	struct page p = { a, s, g, NULL, 0 };
	BUF_SCOPE struct buf b;
	struct json v;
	enum err e = page_lines(&p, h, f);

	buf_init(&b, BOUND_REQUEST_ARENA);
	if (e == ERR_OK)
		e = json_read(cmd_arena(a), g->json, &v, f);
	if (e == ERR_OK)
		e = agreement_html(v, g->digest, p.v, p.n, &b);
	if (e == ERR_OK)
		cmd_print_span(buf_span(&b));
	return e;
}

/* IEP knows TLP 1.0 words only: never wider than what is meant. */
static const char *iep_tlp(enum stix_tlp t)
{
	return t == STIX_TLP_CLEAR ? "white" : t == STIX_TLP_AMBER_STRICT ? "red"
									  : stix_tlp_name(t);
}

static void iep_members(struct json_out *o, const struct accord_agreement *g, struct json policy, bool stix)
{
	static const char *const words[] = { "encrypt_in_transit", "permitted_actions", "affected_party_notifications", "attribution", "unmodified_resale" };
	static const char *const otherwise[] = { "must", "externally-visible-direct-actions", "may", "may", "must-not" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct span w = json_string_or_none(json_get(policy, words[i]));
		json_kspan(o, stix && i == 3 ? "provider_attribution" : words[i], w.n ? w : span_of(otherwise[i]));
	}
	json_kstr(o, "tlp", iep_tlp(g->policy.ceiling));
	json_key(o, "iep_version");
	json_put_raw(o, SPAN("2.0"));
	open_json_time(o, "start_date", g->life.stated);
	if (!stix || g->policy.expires.us != TIMESTAMP_NEVER.us) /* STIX knows no null */
		open_json_time(o, "end_date", g->policy.expires);
}

#define IEP_EXTENSION "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a"
static enum err show_iep(struct cmd_args *a, const struct accord_agreement *g, bool stix, struct fault *f)
{
	BUF_SCOPE struct buf b;
	struct json v;
	enum err e = json_read(cmd_arena(a), g->json, &v, f);

	buf_init(&b, BOUND_OBJECT_BYTES);
	if (e != ERR_OK)
		return e;
	struct json policy = json_has(json_get(v, "policy")) ? json_get(v, "policy") : v;
	const char *uuid = strstr(g->policy.id.p, "--");
	struct json_out o = json_out(&b);
	o.indent = 2;
	json_open(&o, '{');
	if (stix) {
		json_kstr(&o, "type", "marking-definition");
		json_kstr(&o, "spec_version", "2.1");
		json_kstr(&o, "id", arena_printf(cmd_arena(a), "marking-definition--%s", uuid ? uuid + 2 : ""));
		open_json_time(&o, "created", g->life.stated);
		json_kspan(&o, "name", g->title);
		json_key(&o, "extensions");
		json_open(&o, '{');
		json_key(&o, IEP_EXTENSION);
		json_open(&o, '{');
		json_kstr(&o, "extension_type", "property-extension");
	} else {
		json_key(&o, "policy");
		json_open(&o, '{');
	}
	json_kstr(&o, stix ? "iep_id" : "id", uuid ? uuid + 2 : "");
	if (!stix)
		json_kspan(&o, "name", g->title);
	iep_members(&o, g, policy, stix);
	json_close(&o, '}');
	if (stix)
		json_close(&o, '}');
	json_close(&o, '}');
	return open_print_json(&b);
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
	} else if (cmd_opt(a, "--html")) {
		e = show_page(a, h, s, g, f);
	} else if (cmd_opt(a, "--iep") || cmd_opt(a, "--iep-marking")) {
		e = show_iep(a, g, cmd_opt(a, "--iep-marking") != NULL, f);
	} else if (cmd_opt(a, "--document")) {
		cmd_print_span(g->json);
		cmd_print("\n");
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
	.help = "AGREEMENT is its id or the id of its marking. With --json also the document itself.\n\n"
		"--iep prints its policy in the words of FIRST IEP 2.0, --iep-marking as the STIX marking for it. IEP knows the words of TLP 1.0 alone: clear becomes white, amber+strict "
		"becomes red, never a wider one.",
	.options = (const struct cmd_option[]){ { "--html", NULL, "print a page for people: the text in its languages side by side, and who signed" },
		{ "--document", NULL, "print the text alone, as it is signed" }, { "--iep", NULL, "print the policy as FIRST IEP 2.0" },
		{ "--iep-marking", NULL, "print the policy as a STIX marking-definition with the IEP extension" }, { 0 } },
	.run = run_show,
};
