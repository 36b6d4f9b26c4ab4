/* SPDX-License-Identifier: Apache-2.0 */
/* musubi export: what one may have, as a bundle or as lines, from a data directory or from any TAXII server. */
#include "cli/export_as.h"
#include "cli/open.h"
#include "cli/remote.h"
#include "util/bounds.h"
#include <sys/stat.h>

enum { PAGE = 1000 };

struct export
{
	struct cmd_args *a;
	bool lines;
	struct export_as *as; /* NULL: as STIX */
	uint64_t n;
	struct span *types;
	size_t n_types;
	bool has_since;
	struct timestamp since;
	struct cmd_progress *progress;
};

/* ---- writing ---- */

static void begin(struct export *x)
{
	uint8_t random[16];
	char id[UUID_TEXT];

	if (x->lines || x->as)
		return;
	random_bytes(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, id);
	cmd_print("{\"type\":\"bundle\",\"id\":\"bundle--%s\"", id);
}

static enum err put(struct export *x, struct span raw, struct fault *f)
{
	enum err e = ERR_OK;

	if (x->as) {
		e = export_as_take(x->as, raw, f);
	} else if (x->lines) {
		open_print_line(raw);
	} else {
		cmd_print("%s", x->n ? ",\n" : ",\"objects\":[\n"); /* a bundle without objects has no such member */
		cmd_print_span(raw);
	}
	x->n++;
	return e;
}

static void end(struct export *x)
{
	if (!x->lines && !x->as)
		cmd_print("%s}\n", x->n ? "\n]" : "");
}

/* ---- from a data directory ---- */

static enum err view_of(struct export *x, struct accord *h, const struct store_view **view, struct fault *f)
{
	struct accord_principal p = { 0 };
	const char *member = cmd_opt(x->a, "--member");
	enum err e = member ? open_member(h, cmd_arena(x->a), member, &p.org, f) : ERR_OK;

	return e == ERR_OK ? accord_view(h, &p, open_now(NULL), view, f) : e;
}

static enum err page(struct export *x, struct accord *h, const struct store_view *view, struct store_query *q, bool *more, struct fault *f)
{
	struct store_page *p;
	enum err e = store_page_new(accord_store(h), view, q, &p, f);

	if (e != ERR_OK)
		return e;
	e = store_page_release_wait(p, f);
	for (size_t i = 0; e == ERR_OK && i < store_page_count(p); i++)
		e = put(x, store_page_entry(p, i)->raw, f);
	*more = e == ERR_OK && store_page_more(p);
	if (*more) {
		q->cursor = arena_span(cmd_arena(x->a), store_page_cursor(p));
		e = q->cursor.p ? ERR_OK : ERR_NOMEM;
	}
	store_page_free(p);
	return e;
}

static enum err from_view(struct export *x, struct accord *h, const struct store_view *view, int64_t collection, struct fault *f)
{
	struct store_query q = {
		.collection = collection,
		.has_after = x->has_since,
		.after = x->since,
		.types = x->types,
		.n_types = x->n_types,
		.versions = cmd_opt(x->a, "--all-versions") ? STORE_VERSIONS_ALL : STORE_VERSIONS_LAST,
		.limit = PAGE,
		.max_bytes = BOUND_PAGE_BYTES,
		.bytes = true,
	};
	uint64_t all = 0;
	struct timestamp newest;
	bool more = true;
	enum err e = store_view_count(accord_store(h), view, collection, &all, &newest, f);

	x->progress = cmd_progress_new("exporting", " objects", x->has_since || x->n_types ? 0 : all);
	begin(x);
	while (e == ERR_OK && more) {
		e = page(x, h, view, &q, &more, f);
		cmd_progress_to(x->progress, x->n, NULL);
	}
	end(x);
	return e;
}

static enum err from_directory(struct export *x, struct fault *f)
{
	ACCORD_SCOPE struct accord *h = NULL;
	struct store_collection c = { 0 };
	const struct store_view *view;
	const char *which = cmd_opt(x->a, "--collection");
	enum err e = open_accord(cmd_arg(x->a, 0), &h, f);

	if (e == ERR_OK && which)
		e = open_collection(h, cmd_arena(x->a), which, &c, f);
	if (e == ERR_OK)
		e = view_of(x, h, &view, f);
	if (e != ERR_OK)
		return e;
	e = from_view(x, h, view, c.number, f);
	store_view_unref(view);
	return e;
}

/* ---- from a server ---- */

static enum err take(void *ctx, size_t index, struct span raw)
{
	return put(ctx, raw, NULL);
}

static enum err from_collection(struct export *x, struct client *c, struct arena *mem, struct span id, struct fault *f)
{
	struct taxii_filter q = {
		.has_added_after = x->has_since,
		.added_after = x->since,
		.types = x->types,
		.n_types = x->n_types,
		.has_limit = true,
		.limit = PAGE,
		.version_words = cmd_opt(x->a, "--all-versions") ? TAXII_VERSION_ALL : 0,
	};
	bool more = true;
	enum err e = ERR_OK;

	while (e == ERR_OK && more) {
		struct client_answer answer = { 0 };
		e = client_page(c, mem, id, &q, 0, take, NULL, x, &more, &answer, f);
		client_answer_release(&answer);
		cmd_progress_to(x->progress, x->n, NULL);
	}
	return e;
}

static enum err from_server(struct export *x, struct fault *f)
{
	REMOTE_SCOPE struct client *client = NULL;
	const char *which = cmd_opt(x->a, "--collection");
	struct taxii_collection c;
	enum err e = remote_client(x->a, cmd_arg(x->a, 0), 0, &client, f);

	if (e != ERR_OK)
		return e;
	e = client_collection(client, cmd_arena(x->a), span_of(which), false, &c, f);
	x->progress = cmd_progress_new("exporting", " objects", 0);
	if (e == ERR_OK) {
		begin(x);
		e = from_collection(x, client, cmd_arena(x->a), c.id, f);
		end(x);
	}
	return e;
}

/* Other formats are made of indicators, and of what their markings mean. */
static enum err types_of(struct export *x, struct fault *f)
{
	const char *const *types;

	x->n_types = cmd_opts(x->a, "--type", &types);
	if (x->as && x->n_types)
		return fault_set(f, ERR_USAGE, "--type", "--as writes indicators: leave --type out");
	x->types = arena_array(cmd_arena(x->a), x->n_types + 2, sizeof(*x->types));
	if (!x->types)
		return ERR_NOMEM;
	for (size_t i = 0; i < x->n_types; i++)
		x->types[i] = span_of(types[i]);
	if (x->as) {
		x->types[x->n_types++] = SPAN("indicator");
		x->types[x->n_types++] = SPAN("marking-definition");
	}
	return ERR_OK;
}

static enum err from_anywhere(struct export *x, struct fault *f)
{
	const char *from = cmd_arg(x->a, 0);
	struct stat st;
	bool file = strcmp(from, "-") == 0 || (stat(from, &st) == 0 && !S_ISDIR(st.st_mode));

	if (open_is_url(from))
		return from_server(x, f);
	if (!file)
		return from_directory(x, f);
	return x->as ? export_as_file(x->as, from, f) : fault_set(f, ERR_USAGE, from, "this is a file: it is exported with --as FORMAT alone");
}

static int run(struct cmd_args *a)
{
	struct export x = { .a = a, .lines = cmd_opt(a, "--ndjson") != NULL };
	struct fault f = { 0 };
	const char *since = cmd_opt(a, "--since");
	enum err e = cmd_opt(a, "--as") ? export_as_new(a, &x.as, &f) : ERR_OK;

	if (e == ERR_OK)
		e = types_of(&x, &f);
	if (e == ERR_OK && since) {
		e = open_time(since, &x.since, &f);
		x.has_since = true;
	}
	if (e == ERR_OK)
		e = from_anywhere(&x, &f);
	cmd_progress_free(x.progress);
	if (e == ERR_OK && x.as)
		e = export_as_write(x.as, &f);
	export_as_free(x.as);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_export = {
	.name = "export",
	.arguments = "DIR|URL|FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "print what one may have, as STIX or for other tools",
	.help = "From a data directory: what the member given by --member may have, or what is public without. From a URL: what the token may have, of any TAXII 2.1 server. Each "
		"object's bytes are those that were submitted; as lines (--ndjson), line breaks between its tokens become spaces. What a member is given is recorded.\n\n"
		"  musubi export ./hub --collection attack --type malware --ndjson\n\n"
		"With --as the values of indicators are written for another tool; the source may then be a FILE of STIX too (- is standard input). Only what may be acted upon is written: the newest "
		"version, valid now, not revoked, of the confidence asked for (what says none counts as 50), permitted by its sharing policy (IEP), with a pattern that is nothing but values; no "
		"private address, no public suffix, no network wider than /8 (IPv6: /19). What is left out is counted on standard error with its reason. A domain stands for itself and what is "
		"below it, where the tool can say so (hosts files and datasets cannot), never for a neighbour.\n\n"
		"  text csv json           lists; csv and json with names, times, confidence, TLP\n"
		"  hosts rpz unbound dnsmasq\n"
		"                          names that do not resolve; rpz has addresses too\n"
		"  squid squid-ip squid-url\n"
		"                          files for acl dstdomain, dst, url_regex\n"
		"  nftables                two sets, musubi4 and musubi6, to be loaded with nft -f\n"
		"  zeek                    a file for the intelligence framework\n"
		"  suricata                rules; suricata-domains, -agents, -ips, -md5, -sha1, -sha256 are files for datasets and hash lists\n\n"
		"  musubi export https://hub.example --collection shared --as rpz > rpz.zone\n"
		"  musubi export bundle.json --as suricata --min-confidence 60 > musubi.rules",
	.options = (const struct cmd_option[]){
		{ "--collection", "ALIAS", "only this collection (from a directory: all)", .complete = "collection" },
		{ "--member", "ID", "from a directory: whose view", .complete = "member" },
		{ "--type", "T", "only objects of this type", .many = true },
		{ "--since", "T", "only what was added after this time" },
		{ "--all-versions", NULL, "every version, not only the last" },
		{ "--ndjson", NULL, "one object a line instead of a bundle" },
		{ "--as", "FORMAT", "write values for another tool", .complete = EXPORT_AS_WORDS },
		{ "--min-confidence", "N", "with --as: leave out what is less sure, 0 to 100" },
		{ "--kind", "KIND", "with --as: only values of this kind: ipv4, ipv6, domain, url, email, sha256 …", .many = true },
		{ "--warninglist", "FILE", "with --as: a list of what is well known, in MISP's form", .many = true, .complete = "file" },
		{ "--warn", "HOW", "with --as: what is on a warning list: suppress (usual) or mark (csv, json)", .complete = "words:suppress mark" },
		REMOTE_OPTIONS,
		{ 0 },
	},
	.run = run,
};
