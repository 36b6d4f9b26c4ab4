/* SPDX-License-Identifier: Apache-2.0 */
/* musubi agreement with files: drafting, signing with one's own key, acceding, the next version, verifying.  No hub is needed for any of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli/agreement.h"
#include "cli/key.h"
#include "util/bounds.h"
#include "util/uuid.h"

/* ---- output ---- */

static enum err write_out(struct cmd_args *a, struct span text, struct fault *f)
{
	const char *line = arena_printf(cmd_arena(a), "%.*s\n", SPAN_ARG(text));

	return line ? open_write(a, span_of(line), f) : ERR_NOMEM;
}

/* ---- draft ---- */

static void languages(struct json_out *o, const char *key, const char *en)
{
	json_key(o, key);
	json_open(o, '{');
	json_kstr(o, "en", en);
	json_close(o, '}');
}

/* "ID", "ID:SIDE", "ID:SIDE:ROLE" */
static void put_party(struct json_out *o, const char *text)
{
	const char *side = strchr(text, ':'), *role = side ? strchr(side + 1, ':') : NULL;

	json_open(o, '{');
	json_kspan(o, "org", (struct span){ text, side ? (size_t)(side - text) : strlen(text) });
	if (side && side[1] && side[1] != ':')
		json_kspan(o, "side", (struct span){ side + 1, role ? (size_t)(role - side - 1) : strlen(side + 1) });
	json_kstr(o, "role", role && role[1] ? role + 1 : "signatory");
	json_close(o, '}');
}

static enum err put_entry(struct cmd_args *a, struct json_out *o, struct fault *f)
{
	const char *entry = cmd_opt(a, "--entry"), *side = cmd_opt(a, "--per-side");
	char *end;

	json_key(o, "entry_into_force");
	if (!entry || strcmp(entry, "all") == 0 || strcmp(entry, "date") == 0) {
		json_put_str(o, entry ? entry : "all");
		return ERR_OK;
	}
	long n = strtol(entry, &end, 10), min = side ? strtol(side, NULL, 10) : 0;
	if (*end || n < 1)
		return fault_set(f, ERR_USAGE, "--entry", "must be all, date, or how many signatories it takes");
	json_open(o, '{');
	json_kstr(o, "rule", "n_of_m");
	json_kint(o, "n", n);
	json_kint(o, "per_side_min", min);
	json_close(o, '}');
	return ERR_OK;
}

/* The policy: from an IEP 2.0 file, or what is given. */
static enum err put_policy(struct cmd_args *a, struct json_out *o, struct fault *f)
{
	const char *path = cmd_opt(a, "--iep"), *ceiling = cmd_opt(a, "--ceiling");
	BUF_SCOPE struct buf text;
	struct json iep = { NULL, 0 };
	enum stix_tlp tlp = STIX_TLP_AMBER;
	enum err e = ERR_OK;

	buf_init(&text, 0);
	if (path)
		e = open_read(path, BOUND_OBJECT_BYTES, &text, f);
	if (e == ERR_OK && path)
		e = json_read(cmd_arena(a), buf_span(&text), &iep, f);
	if (e == ERR_OK && json_is(json_get(iep, "policy"), JSON_OBJECT))
		iep = json_get(iep, "policy");
	struct span word = json_string_or_none(json_get(iep, "tlp"));
	if (e == ERR_OK && word.n && !stix_tlp_parse(word, &tlp))
		e = fault_set(f, ERR_INVALID, "tlp", "is no TLP word of IEP 2.0: red, amber, green or white");
	if (e == ERR_OK && ceiling)
		e = open_tlp(ceiling, &tlp, f);
	if (e != ERR_OK)
		return e;
	json_key(o, "policy");
	json_open(o, '{');
	json_kstr(o, "ceiling", stix_tlp_name(tlp));
	json_kbool(o, "clients", false);
	json_kstr(o, "personal_data", "none");
	json_kstr(o, "retroactive", cmd_opt(a, "--retroactive") ? "all" : "none");
	static const char *const words[] = { "permitted_actions", "affected_party_notifications", "attribution", "encrypt_in_transit", "unmodified_resale" };
	static const char *const otherwise[] = { "externally-visible-direct-actions", "may", "may", "must", "must-not" };
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct span w = json_string_or_none(json_get(iep, words[i]));
		json_kspan(o, words[i], w.n ? w : span_of(otherwise[i]));
	}
	json_close(o, '}');
	return ERR_OK;
}

static enum err draft(struct cmd_args *a, struct buf *b, struct fault *f)
{
	const char *const *parties, *title = cmd_opt(a, "--title"), *kind = cmd_opt(a, "--kind"), *from = cmd_opt(a, "--effective"), *until = cmd_opt(a, "--expires"),
				    *notice = cmd_opt(a, "--notice-days");
	struct timestamp t = open_now(NULL);
	char id[64] = "agreement--", text[TIMESTAMP_TEXT];
	size_t n = cmd_opts(a, "--party", &parties);
	struct uuid u;
	uint8_t random[16];
	enum err e = from ? open_time(from, &t, f) : ERR_OK;

	random_bytes(random, sizeof(random));
	u = uuid_v4(random);
	uuid_format(&u, id + strlen(id));
	timestamp_format(t, text);
	struct json_out o = json_out(b);
	o.indent = 2;
	json_open(&o, '{');
	json_kstr(&o, "id", id);
	json_kstr(&o, "kind", kind ? kind : "agreement");
	json_kint(&o, "version", 1);
	languages(&o, "title", title ? title : "Agreement on the exchange of threat information");
	json_kstr(&o, "authoritative_lang", "en");
	json_kstr(&o, "effective", text);
	if (e == ERR_OK && until && (e = open_time(until, &t, f)) == ERR_OK) {
		timestamp_format(t, text);
		json_kstr(&o, "expires", text);
	}
	json_kstr(&o, "signing", "own-key");
	json_kstr(&o, "accession", "open");
	if (e == ERR_OK && n)
		e = put_entry(a, &o, f);
	json_key(&o, "withdrawal");
	json_open(&o, '{');
	json_kint(&o, "notice_days", notice ? strtol(notice, NULL, 10) : 30);
	json_close(&o, '}');
	if (e == ERR_OK)
		e = put_policy(a, &o, f);
	json_key(&o, "clauses");
	json_open(&o, '[');
	json_open(&o, '{');
	json_kstr(&o, "ref", "1");
	languages(&o, "heading", "Purpose");
	languages(&o, "text", "The parties exchange information on threats to defend themselves together.");
	json_close(&o, '}');
	json_close(&o, ']');
	json_key(&o, "parties");
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++)
		put_party(&o, parties[i]);
	json_close(&o, ']');
	json_close(&o, '}');
	return e;
}

static int run_draft(struct cmd_args *a)
{
	struct fault f = { 0 };
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_OBJECT_BYTES);
	enum err e = draft(a, &b, &f);
	if (e == ERR_OK)
		e = buf_ok(&b) ? write_out(a, buf_span(&b), &f) : ERR_NOMEM;
	if (e == ERR_OK && !cmd_json(a))
		cmd_say("Edit the clauses (each text may have more languages: \"ja\", \"th\" …). Whoever signs, signs exactly this text: musubi agreement sign FILE --key KEY --org ID");
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_agreement_draft = {
	.name = "agreement draft",
	.arguments = "",
	.min_args = 0,
	.max_args = 0,
	.brief = "print a new agreement that its parties sign with their own keys",
	.help = "The draft has an id, a place for clauses in several languages, the sharing policy and the rule by which it enters into force.\n\n"
		"  musubi agreement draft --party identity--…:JP --party identity--…:ASEAN --entry 6 --per-side 1 --out agreement.json\n"
		"  musubi agreement sign agreement.json --key our.key --org identity--… --name \"A. Person\" --title President --out signed.json\n"
		"  musubi agreement add ./hub signed.json",
	.options = (const struct cmd_option[]){
		{ "--title", "TEXT", "its title" },
		{ "--kind", "KIND", "mou, agreement, annex, joint-declaration or implementation-plan (agreement)", .complete = "words:mou agreement annex joint-declaration implementation-plan" },
		{ "--party", "ID[:SIDE[:ROLE]]", "a party, its side (JP, ASEAN) and role: signatory, acceding, observer, depositary", .many = true },
		{ "--entry", "RULE", "in force once all signatories have signed, or this many, or from a date: all, 6, date (all)" },
		{ "--per-side", "N", "… and at least so many of each side (0)" },
		{ "--effective", "TIME", "not in force before this (now)" },
		{ "--expires", "TIME", "when it ends (never)" },
		{ "--notice-days", "N", "from the word of withdrawal to its effect (30)" },
		{ "--ceiling", "LEVEL", "the strictest TLP that may be shared under it (amber)", .complete = OPEN_TLP_WORDS },
		{ "--retroactive", NULL, "new parties see what was shared before" },
		{ "--iep", "FILE", "take the policy from a FIRST IEP 2.0 file", .complete = "file" },
		{ "--out", "FILE", "write it here (standard output)", .complete = "file" },
		{ 0 },
	},
	.run = run_draft,
};

/* ---- sign, accede, withdraw, suspend ---- */

static enum err make_file(struct cmd_args *a, const char *act, struct span *out, struct fault *f)
{
	const char *key = cmd_opt(a, "--key"), *org = cmd_opt(a, "--org"), *until = cmd_opt(a, "--until");
	struct sign_key k;
	struct timestamp end = TIMESTAMP_NEVER;
	BUF_SCOPE struct buf text;
	enum err e = open_read(cmd_arg(a, 0), BOUND_OBJECT_BYTES, &text, f);

	if (e == ERR_OK && (!key || !org))
		e = fault_set(f, ERR_USAGE, key ? "--org" : "--key", "a file is signed with --key FILE for --org ID; with a hub's directory it is: musubi agreement %s DIR AGREEMENT --member ID", act);
	if (e == ERR_OK && until)
		e = open_time(until, &end, f);
	if (e == ERR_OK)
		e = key_open(a, key, &k, f);
	if (e != ERR_OK)
		return e;
	const char *name = cmd_opt(a, "--name"), *title = cmd_opt(a, "--title");
	const struct accord_signer by = { &k, span_of(org), span_of(name), span_of(title), { open_now(NULL).us / 1000000 * 1000000 } };
	struct span copy = arena_span(cmd_arena(a), buf_span(&text));
	e = !copy.p ? ERR_NOMEM : strcmp(act, "sign") == 0 ? accord_document_sign(cmd_arena(a), copy, &by, out, f)
							   : accord_act_sign(cmd_arena(a), copy, act, end, &by, out, f);
	explicit_bzero(&k, sizeof(k));
	return e;
}

int agreement_file(struct cmd_args *a, const char *act)
{
	struct fault f = { 0 };
	struct span out;
	enum err e = make_file(a, act, &out, &f);

	if (e == ERR_OK)
		e = write_out(a, out, &f);
	if (e == ERR_OK && !cmd_json(a))
		cmd_say("Signed. The file can go by any way (e-mail, a stick): your hub takes it with `musubi agreement add DIR FILE`.");
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

static enum err accede(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct span member;
	enum err e = cmd_opt(a, "--member") ? open_member(h, cmd_arena(a), cmd_opt(a, "--member"), &member, f) : fault_set(f, ERR_USAGE, "--member", "which member accedes?");

	if (e == ERR_OK)
		e = accord_agreement_event(h, span_of(cmd_arg(a, 1)), member, ACCORD_SIGNED, open_now(NULL), TIMESTAMP_NEVER, f);
	if (e == ERR_OK && !cmd_json(a))
		cmd_say("%.*s acceded to %s", SPAN_ARG(member), cmd_arg(a, 1));
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"agreement\":\"%s\",\"member\":\"%.*s\"}\n", cmd_arg(a, 1), SPAN_ARG(member));
	return e;
}

static int run_accede(struct cmd_args *a)
{
	return cmd_argc(a) == 1 ? agreement_file(a, "accede") : open_run(a, accede);
}

const struct cmd cmd_agreement_accede = {
	.name = "agreement accede",
	.arguments = "FILE | DIR AGREEMENT",
	.min_args = 1,
	.max_args = 2,
	.brief = "join an agreement that others have signed",
	.help = "With a file: FILE is the agreement; the accession is signed with your own key and written as a small file, which your hub takes with `musubi agreement add`. "
		"What a new party sees of what was shared before is for the agreement to say (`retroactive`).\n\n"
		"With a hub's directory: the hub's word alone, where the agreement's text is content with that.",
	.options = (const struct cmd_option[]){ OPT_FILE_SIGNING, { "--member", "ID", "with DIR: the member that accedes", .complete = "member" }, { 0 } },
	.run = run_accede,
};

/* ---- supersede ---- */

static int run_supersede(struct cmd_args *a)
{
	const char *days = cmd_opt(a, "--overlap-days");
	struct fault f = { 0 };
	struct span out;
	BUF_SCOPE struct buf text;
	buf_init(&text, 0);
	enum err e = sign_init() == ERR_OK ? open_read(cmd_arg(a, 0), BOUND_OBJECT_BYTES, &text, &f) : ERR_INTERNAL;

	if (e == ERR_OK)
		e = accord_document_next(cmd_arena(a), buf_span(&text), days ? strtol(days, NULL, 10) : 30, &out, &f);
	if (e == ERR_OK)
		e = write_out(a, out, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_agreement_supersede = {
	.name = "agreement supersede",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "print the next version of an agreement, to edit and sign",
	.help = "FILE is the agreement as it is. The next version has an id of its own and pins the old text by its digest. No signature carries over: each party signs the new text. Once it is "
		"in force and every party to the old text has signed it or left, the old one runs on for --overlap-days and ends.",
	.options = (const struct cmd_option[]){ { "--overlap-days", "N", "how long both run (30)" }, { "--out", "FILE", "write it here (standard output)", .complete = "file" }, { 0 } },
	.run = run_supersede,
};

/* ---- verify a file ---- */

static void json_proof(struct json_out *o, const struct sign_proven *p)
{
	char key[SIGN_MULTIBASE];

	sign_public_multibase(p->public_key, key);
	json_open(o, '{');
	json_kspan(o, "organisation", json_string_or_none(json_get(p->proof, "organisation")));
	json_kspan(o, "signer", json_string_or_none(json_get(json_get(p->proof, "signer"), "name")));
	json_kstr(o, "key", key);
	open_json_time(o, "created", p->created);
	json_kbool(o, "holds", true);
	json_close(o, '}');
}

static enum err verify_file(struct cmd_args *a, struct fault *f)
{
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1], key[SIGN_MULTIBASE];
	BUF_SCOPE struct buf text, b;
	struct sign_proven *p;
	struct json v;
	size_t n;

	buf_init(&b, BOUND_OBJECT_BYTES);
	enum err e = open_read(cmd_arg(a, 0), BOUND_OBJECT_BYTES, &text, f);
	if (e == ERR_OK)
		e = sign_init() == ERR_OK ? json_read(cmd_arena(a), buf_span(&text), &v, f) : ERR_INTERNAL;
	if (e == ERR_OK)
		e = sign_proof_list(cmd_arena(a), v, &p, &n, f);
	if (e == ERR_OK)
		e = sign_document_digest(cmd_arena(a), v, digest, f);
	if (e != ERR_OK)
		return e;
	sign_hex(digest, sizeof(digest), hex);
	if (cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kspan(&o, "id", json_string_or_none(json_get(v, "id")));
		json_kstr(&o, "digest", hex);
		json_key(&o, "signatures");
		json_open(&o, '[');
		for (size_t i = 0; i < n; i++)
			json_proof(&o, &p[i]);
		json_close(&o, ']');
		json_close(&o, '}');
		return open_print_json(&b);
	}
	cmd_print("digest  %s\n", hex);
	for (size_t i = 0; i < n; i++) {
		struct span who = json_string_or_none(json_get(json_get(p[i].proof, "signer"), "name"));
		sign_public_multibase(p[i].public_key, key);
		cmd_print("holds   %.*s  did:key:%s  %.*s  %.*s\n", SPAN_ARG(json_string_or_none(json_get(p[i].proof, "organisation"))), key, SPAN_ARG(open_time_text(cmd_arena(a), p[i].created)),
			SPAN_ARG(who));
	}
	cmd_say("The signatures fit the text. Whether a key is an organisation's is known to its hub: musubi agreement verify DIR AGREEMENT");
	return ERR_OK;
}

struct verifying {
	struct json_out o;
	struct cmd_args *a;
	size_t n, bad;
};

static void verify_one(void *ctx, const struct accord_signature *s)
{
	static const char *const events[] = { [ACCORD_SIGNED] = "signed", [ACCORD_WITHDRAWN] = "withdrawn", [ACCORD_SUSPENDED_FROM] = "suspended" };
	struct verifying *w = ctx;

	w->n++;
	w->bad += !s->holds;
	if (!cmd_json(w->a)) {
		cmd_print("%s  %s  %.*s  %.*s  %.*s%s%s\n", s->holds ? "holds" : "WRONG", events[s->event], SPAN_ARG(s->org), SPAN_ARG(s->key), SPAN_ARG(s->name), s->holds ? "" : "  ",
			s->holds ? "" : s->why);
		return;
	}
	json_open(&w->o, '{');
	json_kspan(&w->o, "organisation", s->org);
	json_kstr(&w->o, "event", events[s->event]);
	json_kspan(&w->o, "key", s->key);
	json_kspan(&w->o, "signer", s->name);
	open_json_time(&w->o, "at", s->at);
	json_kbool(&w->o, "holds", s->holds);
	if (!s->holds)
		json_kstr(&w->o, "why", s->why);
	json_close(&w->o, '}');
}

static enum err verify_hub(struct cmd_args *a, struct accord *h, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct verifying w = { json_out(&b), a, 0, 0 };
	json_open(&w.o, '[');
	enum err e = accord_signatures(h, span_of(cmd_arg(a, 1)), verify_one, &w, f);
	json_close(&w.o, ']');
	if (e == ERR_OK && cmd_json(a))
		e = open_print_json(&b);
	if (e == ERR_OK && w.n == 0 && !cmd_json(a))
		cmd_say("no party signed it with its own key: what is there is the word of hubs");
	return e == ERR_OK && w.bad ? fault_set(f, ERR_DENIED, cmd_arg(a, 1), "%zu of %zu signatures do not hold", w.bad, w.n) : e;
}

static int run_verify(struct cmd_args *a)
{
	struct fault f = { 0 };
	enum err e;

	if (cmd_argc(a) == 2)
		return open_run(a, verify_hub);
	e = verify_file(a, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_agreement_verify = {
	.name = "agreement verify",
	.arguments = "FILE | DIR AGREEMENT",
	.min_args = 1,
	.max_args = 2,
	.brief = "check the signatures under an agreement",
	.help = "A file is checked by itself: every proof must fit the text. With a hub's directory each signature is checked again with the key that its organisation's hub has named.",
	.run = run_verify,
};
