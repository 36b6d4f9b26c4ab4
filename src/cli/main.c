/* SPDX-License-Identifier: Apache-2.0 */
/* The only main(): hands over to the table of subcommands. */
#include <stdio.h>

int main(void)
{
	puts("musubi " MUSUBI_VERSION);
	return 0;
}
