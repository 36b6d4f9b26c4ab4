/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands in the order in which help lists them.  A new one is a row here and a file cmd_NOUN.c. */
#include "cli/cmd.h"

#define TABLE(SECTION, ROW) \
	SECTION("Look first") \
	ROW(demo) \
	SECTION("Set up a hub") \
	ROW(init) \
	ROW(serve) \
	ROW(config) \
	ROW(member_add) \
	ROW(member_list) \
	ROW(member_suspend) \
	ROW(member_activate) \
	ROW(member_remove) \
	ROW(member_delegate) \
	ROW(member_key) \
	ROW(token_new) \
	ROW(token_list) \
	ROW(token_revoke) \
	ROW(user_add) \
	ROW(collection_add) \
	ROW(collection_list) \
	SECTION("Agreements") \
	ROW(key_new) \
	ROW(key_show) \
	ROW(agreement_template) \
	ROW(agreement_draft) \
	ROW(agreement_add) \
	ROW(agreement_sign) \
	ROW(agreement_accede) \
	ROW(agreement_withdraw) \
	ROW(agreement_suspend) \
	ROW(agreement_supersede) \
	ROW(agreement_list) \
	ROW(agreement_show) \
	ROW(agreement_verify) \
	SECTION("Declaration and commitments") \
	ROW(declaration_draft) \
	ROW(declaration_show) \
	ROW(commitment_template) \
	ROW(commitment_add) \
	ROW(commitment_list) \
	ROW(commitment_show) \
	ROW(commitment_record) \
	ROW(commitment_retract) \
	ROW(commitment_assess) \
	SECTION("Exchange") \
	ROW(share) \
	ROW(pull) \
	ROW(import) \
	ROW(export) \
	ROW(mark) \
	ROW(match) \
	SECTION("STIX objects") \
	ROW(new) \
	ROW(format) \
	ROW(id) \
	ROW(diff) \
	ROW(validate) \
	ROW(explain) \
	ROW(pattern_check) \
	ROW(pattern_explain) \
	ROW(pattern_match) \
	SECTION("Who gets what") \
	ROW(audience) \
	ROW(why) \
	ROW(policy_decide) \
	SECTION("Proof of what happened") \
	ROW(receipts) \
	ROW(log_checkpoint) \
	ROW(log_prove) \
	ROW(log_verify) \
	ROW(log_audit) \
	ROW(log_forks) \
	SECTION("Other hubs and servers") \
	ROW(peer_add) \
	ROW(peer_list) \
	ROW(peer_status) \
	ROW(peer_remove) \
	ROW(peer_invite) \
	SECTION("Upkeep") \
	ROW(backup) \
	ROW(restore) \
	ROW(check) \
	SECTION("Help") \
	ROW(help) \
	ROW(completion) \
	ROW(man) \
	ROW(version)

#define SECTION(title)
#define ROW(name) extern const struct cmd cmd_##name;
TABLE(SECTION, ROW)
#undef ROW

#define ROW(name) &cmd_##name,
const struct cmd *const cmd_table[] = { TABLE(SECTION, ROW) NULL };
#undef ROW
#undef SECTION

struct section_row {
	const char *section;
	const struct cmd *cmd;
};
#define SECTION(title) { title, NULL },
#define ROW(name) { NULL, &cmd_##name },
static const struct section_row rows[] = { TABLE(SECTION, ROW) };

const char *cmd_section(const struct cmd *c)
{
	for (size_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].cmd == c)
			return rows[i - 1].section;
	return NULL;
}
