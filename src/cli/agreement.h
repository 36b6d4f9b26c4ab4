/* SPDX-License-Identifier: Apache-2.0 */
/* What the agreement commands share: agreements as files that their parties sign, and as pages to print. */
#ifndef CLI_AGREEMENT_H
#define CLI_AGREEMENT_H
#include "cli/open.h"

/* `agreement sign|withdraw|suspend|accede FILE --key …`: one more signature on the text ("sign"), or a signed act, to --out or standard output. */
int agreement_file(struct cmd_args *a, const char *act);
#define OPT_FILE_SIGNING \
	{ "--key", "FILE", "sign with this key (`musubi key new`)", .complete = "file" }, \
		{ "--org", "ID", "… for this organisation" }, { "--name", "NAME", "… the person who signs" }, { "--title", "TITLE", "… and what they are" }, \
		{ "--out", "FILE", "write the signed file here (standard output)", .complete = "file" }, \
	{ \
		"--passphrase-stdin", NULL, "the key is locked: read its passphrase from standard input" \
	}

/* A party's signature as a page shows it. */
struct agreement_line {
	struct span org, name, side, signer, title, key;
	struct timestamp at;
	const char *state; /* "signed", "withdrawn", "not signed" … */
};
/* The text in its languages side by side with its signatories, as one page of HTML without scripts that prints well. */
enum err agreement_html(struct json document, struct span digest, const struct agreement_line *v, size_t n, struct buf *out) CHECK_RESULT;
#endif
