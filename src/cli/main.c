/* SPDX-License-Identifier: Apache-2.0 */
/* The only main(): hands over to the table of subcommands. */
#include "cli/cmd.h"

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
