/* SPDX-License-Identifier: Apache-2.0 */
/* musubi export: what one may have, as a bundle or as lines, from a data directory or from any TAXII server. */
#include "cli/open.h"
#include "cli/remote.h"
#include "util/bounds.h"

enum { PAGE = 1000 };

struct export
{
	struct cmd_args *a;
	bool lines;
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

	if (x->lines)
		return;
	random_bytes(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, id);
	cmd_print("{\"type\":\"bundle\",\"id\":\"bundle--%s\"", id);
}

static void put(struct export *x, struct span raw)
{
	if (x->lines) {
		open_print_line(raw);
	} else {
		cmd_print("%s", x->n ? ",\n" : ",\"objects\":[\n"); /* a bundle without objects has no such member */
		cmd_print_span(raw);
	}
	x->n++;
}

static void end(struct export *x)
{
	if (!x->lines)
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
		put(x, store_page_entry(p, i)->raw);
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
	put(ctx, raw);
	return ERR_OK;
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

static int run(struct cmd_args *a)
{
	struct export x = { .a = a, .lines = cmd_opt(a, "--ndjson") != NULL };
	struct fault f = { 0 };
	const char *const *types, *since = cmd_opt(a, "--since");
	enum err e = ERR_OK;

	x.n_types = cmd_opts(a, "--type", &types);
	x.types = arena_array(cmd_arena(a), x.n_types + 1, sizeof(*x.types));
	if (!x.types)
		return cmd_fail(a, ERR_NOMEM, NULL);
	for (size_t i = 0; i < x.n_types; i++)
		x.types[i] = span_of(types[i]);
	if (since) {
		e = open_time(since, &x.since, &f);
		x.has_since = true;
	}
	if (e == ERR_OK)
		e = open_is_url(cmd_arg(a, 0)) ? from_server(&x, &f) : from_directory(&x, &f);
	cmd_progress_free(x.progress);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_export = {
	.name = "export",
	.arguments = "DIR|URL",
	.min_args = 1,
	.max_args = 1,
	.brief = "print what one may have, as a STIX bundle or as lines",
	.help = "From a data directory: what the member given by --member may have, or what is public without. From a URL: what the token may have, of any TAXII 2.1 server. Each "
		"object's bytes are those that were submitted; as lines (--ndjson), line breaks between its tokens become spaces. What a member is given is recorded.\n\n"
		"  musubi export ./hub --collection attack --type malware --ndjson",
	.options = (const struct cmd_option[]){
		{ "--collection", "ALIAS", "only this collection (from a directory: all)", .complete = "collection" },
		{ "--member", "ID", "from a directory: whose view", .complete = "member" },
		{ "--type", "T", "only objects of this type", .many = true },
		{ "--since", "T", "only what was added after this time" },
		{ "--all-versions", NULL, "every version, not only the last" },
		{ "--ndjson", NULL, "one object a line instead of a bundle" },
		REMOTE_OPTIONS,
		{ 0 },
	},
	.run = run,
};
