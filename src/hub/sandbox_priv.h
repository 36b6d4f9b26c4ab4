/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_calls.c, for sandbox.c. */
#ifndef HUB_SANDBOX_PRIV_H
#define HUB_SANDBOX_PRIV_H

/* From here on only the system calls of its table are possible, for this thread and those that it starts.  0, or a negative errno. */
int sandbox_calls(void);
#endif
