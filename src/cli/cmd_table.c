/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands in the order in which help lists them.  A new one is a row here and a file cmd_NOUN.c. */
#include "cli/cmd.h"

#define TABLE(SECTION, ROW)                 \
	SECTION("Help")                     \
	ROW(help)                           \
	ROW(completion)                     \
	ROW(man)                            \
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
