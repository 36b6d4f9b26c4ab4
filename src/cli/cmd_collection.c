/* SPDX-License-Identifier: Apache-2.0 */
/* musubi collection: the TAXII collections of a hub. */
#include "cli/open.h"

static enum err put(void *ctx, struct store_tx *tx, struct fault *f)
{
	int64_t number;

	return store_collection_add(tx, ctx, &number, f);
}

static bool good_alias(const char *s)
{
	return *s && strlen(s) <= 64 && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0' && *s != '.';
}

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *alias = cmd_opt(a, "--alias"), *tlp = cmd_opt(a, "--default-tlp");
	uint8_t random[16];
	char id[UUID_TEXT];
	enum stix_tlp level = STIX_TLP_NONE;
	enum err e = tlp ? open_tlp(tlp, &level, f) : ERR_OK;

	if (!good_alias(alias))
		return fault_set(f, ERR_USAGE, "--alias", "\"%s\" cannot stand in an address: use up to 64 of a-z, 0-9, -, _ and . (not first)", alias);
	if (cmd_opt(a, "--read-only") && cmd_opt(a, "--write-only"))
		return fault_set(f, ERR_USAGE, "--read-only", "--read-only and --write-only together leave nothing: give one");
	if (e != ERR_OK)
		return e;
	random_bytes(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, id);
	struct store_collection c = {
		.id = span_of(id),
		.alias = span_of(alias),
		.title = span_of(cmd_opt(a, "--title")),
		.description = span_of(cmd_opt(a, "--description")),
		.can_read = !cmd_opt(a, "--write-only"),
		.can_write = !cmd_opt(a, "--read-only"),
	};
	if (tlp)
		c.default_tlp = span_of(stix_tlp_name(level));
	e = store_write(accord_store(h), put, &c, f);
	return e == ERR_OK ? open_print_id(a, id) : e;
}

static int run_add(struct cmd_args *a)
{
	return open_run(a, add);
}

const struct cmd cmd_collection_add = {
	.name = "collection add",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "make a collection",
	.help = "What is in a collection is seen by whom the markings of each object allow; a default TLP is for objects that carry none, which are refused otherwise.\n\n"
		"With --json: {\"id\"}.\n\n"
		"  musubi collection add ./hub --alias attack --title \"MITRE ATT&CK\" --default-tlp clear",
	.options = (const struct cmd_option[]){
		{ "--alias", "ALIAS", "short name for addresses and commands", .required = true },
		{ "--title", "T", "title for people", .required = true },
		{ "--description", "TEXT", "what it is for" },
		{ "--default-tlp", "LEVEL", "for objects without a TLP marking: clear, green, amber, amber+strict or red", .complete = OPEN_TLP_WORDS },
		{ "--read-only", NULL, "members cannot submit to it over the network" },
		{ "--write-only", NULL, "members cannot read it over the network" },
		{ 0 },
	},
	.run = run_add,
};

static void json_collection(struct json_out *o, const void *collections, size_t i)
{
	const struct store_collection *c = (const struct store_collection *)collections + i;

	json_open(o, '{');
	json_kspan(o, "id", c->id);
	json_kspan(o, "alias", c->alias);
	json_kspan(o, "title", c->title);
	json_kspan(o, "description", c->description);
	open_json_optional(o, "default_tlp", c->default_tlp);
	json_kbool(o, "can_read", c->can_read);
	json_kbool(o, "can_write", c->can_write);
	json_close(o, '}');
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "ALIAS", "ID", "TITLE", "DEFAULT TLP", "ACCESS" };
	static const char *const access[2][2] = { { "none", "write" }, { "read", "read, write" } };
	struct store_collection *v;
	size_t n;
	enum err e = store_collections(accord_store(h), cmd_arena(a), &v, &n, f);

	if (e != ERR_OK || cmd_json(a))
		return e == ERR_OK ? open_print_list(v, n, json_collection) : e;
	struct cmd_grid *g = cmd_grid_new(a, headings, 5);
	for (size_t i = 0; i < n; i++) {
		cmd_grid_add(g, v[i].alias);
		cmd_grid_add(g, v[i].id);
		cmd_grid_add(g, v[i].title);
		cmd_grid_add(g, v[i].default_tlp);
		cmd_grid_add(g, span_of(access[v[i].can_read][v[i].can_write]));
	}
	cmd_grid_print(g, "no collection yet: `musubi collection add` makes one");
	return ERR_OK;
}

static int run_list(struct cmd_args *a)
{
	return open_run(a, list);
}

const struct cmd cmd_collection_list = {
	.name = "collection list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the collections",
	.run = run_list,
};
