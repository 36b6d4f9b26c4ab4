/* SPDX-License-Identifier: Apache-2.0 */
/* musubi key: an organisation's own signing key, on its own machine. */
#include <stdlib.h>
#include "cli/key.h"
#include "cli/open.h"
#include "util/uuid.h"

/* ---- shared with commands that sign ---- */

static enum err passphrase_of(struct cmd_args *a, struct span *out, struct fault *f)
{
	const char *from = getenv("MUSUBI_PASSPHRASE");

	if (from && !cmd_opt(a, "--passphrase-stdin")) {
		*out = span_of(from);
		return ERR_OK;
	}
	return open_password(cmd_arena(a), cmd_opt(a, "--passphrase-stdin") != NULL, out, f);
}

enum err key_open(struct cmd_args *a, const char *path, struct sign_key *out, struct fault *f)
{
	struct span passphrase;
	enum err e = sign_init() == ERR_OK ? sign_key_open(out, path, NULL, f) : fault_set(f, ERR_INTERNAL, "", "the signature library cannot start");

	if (e != ERR_UNAUTHENTICATED)
		return e;
	if (!cmd_opt(a, "--passphrase-stdin") && !getenv("MUSUBI_PASSPHRASE"))
		return fault_set(f, ERR_UNAUTHENTICATED, path, "the key is locked with a passphrase: give it with --passphrase-stdin or in MUSUBI_PASSPHRASE");
	e = passphrase_of(a, &passphrase, f);
	return e == ERR_OK ? sign_key_open(out, path, &passphrase, f) : e;
}

/* ---- new, show ---- */

static enum err print_key(struct cmd_args *a, const struct sign_key *k, const char *path)
{
	char text[SIGN_MULTIBASE];
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 16);
	sign_public_multibase(k->public_key, text);
	if (!cmd_json(a)) {
		cmd_print("did:key:%s\n", text);
		return ERR_OK;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_key(&o, "id");
	json_put_str(&o, arena_printf(cmd_arena(a), "did:key:%s", text));
	json_kstr(&o, "public_key", text);
	json_kstr(&o, "verification_method", arena_printf(cmd_arena(a), "did:key:%s#%s", text, text));
	json_kstr(&o, "file", path);
	json_close(&o, '}');
	return open_print_json(&b);
}

static enum err make(struct cmd_args *a, struct sign_key *k, struct fault *f)
{
	uint8_t seed[32], lock[SIGN_LOCK_RANDOM];
	struct span passphrase;
	bool locked = cmd_opt(a, "--passphrase") || cmd_opt(a, "--passphrase-stdin");
	enum err e = sign_init() == ERR_OK ? ERR_OK : fault_set(f, ERR_INTERNAL, "", "the signature library cannot start");

	random_bytes(seed, sizeof(seed));
	*k = sign_key_from_seed(seed);
	explicit_bzero(seed, sizeof(seed));
	if (e == ERR_OK && locked)
		e = passphrase_of(a, &passphrase, f);
	if (e != ERR_OK)
		return e;
	if (!locked)
		return sign_key_save(k, cmd_arg(a, 0), f);
	random_bytes(lock, sizeof(lock));
	return sign_key_save_locked(k, cmd_arg(a, 0), passphrase, lock, f);
}

static int run_new(struct cmd_args *a)
{
	struct fault f = { 0 };
	struct sign_key k;
	enum err e = make(a, &k, &f);

	if (e == ERR_OK)
		e = print_key(a, &k, cmd_arg(a, 0));
	if (e == ERR_OK && !cmd_json(a))
		cmd_say("The line above is public: give it to your hub's operator. The file %s is secret: keep a copy in a safe place, give it to nobody.", cmd_arg(a, 0));
	explicit_bzero(&k, sizeof(k));
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

static int run_show(struct cmd_args *a)
{
	struct fault f = { 0 };
	struct sign_key k;
	enum err e = key_open(a, cmd_arg(a, 0), &k, &f);

	if (e == ERR_OK)
		e = print_key(a, &k, cmd_arg(a, 0));
	explicit_bzero(&k, sizeof(k));
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_key_new = {
	.name = "key new",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "make a signing key in a file",
	.help = "FILE gets a new Ed25519 key and mode 0600; a file that is there is never overwritten. The public key is printed as did:key:…; it is what others need to check "
		"your signatures. Do this on your own machine: a hub never holds the key of an organisation.\n\n"
		"With --passphrase the key is locked (argon2id, secretbox): the passphrase is asked for, or taken from MUSUBI_PASSPHRASE.\n\n"
		"  musubi key new our.key",
	.options = (const struct cmd_option[]){ { "--passphrase", NULL, "lock the key with a passphrase" },
		{ "--passphrase-stdin", NULL, "… and read it from standard input, one line" }, { 0 } },
	.run = run_new,
};
const struct cmd cmd_key_show = {
	.name = "key show",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "print the public key of a key file",
	.help = "Prints did:key:…, nothing secret.",
	.options = (const struct cmd_option[]){ { "--passphrase-stdin", NULL, "the key is locked: read its passphrase from standard input" }, { 0 } },
	.run = run_show,
};
