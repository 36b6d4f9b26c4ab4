/* SPDX-License-Identifier: Apache-2.0 */
/* A signing key from a file, with its passphrase where it has one. */
#ifndef CLI_KEY_H
#define CLI_KEY_H
#include "cli/cmd.h"
#include "sign/sign.h"

/* Passphrase from --passphrase-stdin, MUSUBI_PASSPHRASE or (twice) the terminal. */
enum err key_open(struct cmd_args *a, const char *path, struct sign_key *out, struct fault *f) CHECK_RESULT;
#endif
