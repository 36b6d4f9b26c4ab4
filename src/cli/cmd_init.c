/* SPDX-License-Identifier: Apache-2.0 */
/* musubi init: a new hub's data directory, key and administrator's token. */
#include "cli/open.h"

static int run(struct cmd_args *a)
{
	char token[ACCORD_TOKEN], hub_id[64];
	struct fault f = { 0 };
	const char *dir = cmd_arg(a, 0);
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 16);
	enum err e = accord_init(dir, span_of(cmd_opt(a, "--name")), span_of(cmd_opt(a, "--country")), open_now, NULL, token, hub_id, &f);
	if (e == ERR_OK && cmd_json(a)) {
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kstr(&o, "hub_id", hub_id);
		json_kstr(&o, "admin_token", token);
		json_kstr(&o, "dir", dir);
		json_close(&o, '}');
		e = open_print_json(&b);
	} else if (e == ERR_OK) {
		cmd_print("hub          %s\nadmin token  %s\n", hub_id, token);
		cmd_say("The token is shown this once: keep it. Next:\n  musubi serve %s\n  musubi member add %s --name NAME --country CC --kind company", dir, dir);
	}
	explicit_bzero(token, sizeof(token));
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_init = {
	.name = "init",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "make a hub: data directory, data base, key",
	.help = "DIR is made (mode 0700) and gets the data base (musubi.db), the hub's signing key (hub.key, mode 0600), the collections `shared` and `directory`, "
		"and an administrator's token, which is printed once and kept as a hash.\n\n"
		"With --json: {\"hub_id\",\"admin_token\",\"dir\"}.\n\n"
		"  musubi init ./hub --name \"Sample Association\" --country JP",
	.options = (const struct cmd_option[]){
		{ "--name", "NAME", "name of the association or CSIRT that runs the hub", .required = true },
		{ "--country", "CC", "its country: ISO 3166-1 alpha-2, such as JP or TH", .required = true, .complete = "words:BN ID JP KH LA MM MY PH SG TH TL VN" },
		{ 0 },
	},
	.run = run,
};
