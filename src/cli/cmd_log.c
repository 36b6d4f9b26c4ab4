/* SPDX-License-Identifier: Apache-2.0 */
/* musubi log: the transparency log of a hub, here or elsewhere; its proofs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "accord/log.h"
#include "cli/open.h"
#include "cli/remote.h"
#include "util/bounds.h"

/* ---- checkpoint, prove ---- */

static enum err show(struct cmd_args *a, struct accord *h, struct fault *f)
{
	char name[ACCORD_LOG_NAME];
	BUF_SCOPE struct buf note, key, b;

	accord_log_name(h, name);
	const struct note_key k = accord_log_key(h, name);
	buf_init(&note, NOTE_BYTES);
	buf_init(&key, 1000);
	buf_init(&b, NOTE_BYTES * 2);
	enum err e = accord_log_checkpoint(h, open_now(NULL), &note, f);
	note_key_write(&k, &key);
	if (e != ERR_OK || !cmd_json(a)) {
		if (e == ERR_OK) {
			cmd_print_span(buf_span(&note));
			cmd_say("verify with the key: %.*s", (int)key.n, key.p);
		}
		return e;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "checkpoint", buf_span(&note));
	json_kspan(&o, "key", buf_span(&key));
	json_close(&o, '}');
	return open_print_json(&b);
}

static int run_show(struct cmd_args *a)
{
	return open_run(a, show);
}

const struct cmd cmd_log_checkpoint = {
	.name = "log checkpoint",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "print the log's newest checkpoint and the key to verify it with",
	.help = "The log holds a leaf for every submission, release, act under an agreement and certificate. Its checkpoint is a signed note (C2SP); the same is served at /log/checkpoint, the tiles "
		"below /log/tile/. Peer hubs cosign it as witnesses.",
	.run = run_show,
};

static enum err prove(struct cmd_args *a, struct accord *h, struct fault *f)
{
	BUF_SCOPE struct buf b;
	char *end;
	uint64_t index = strtoull(cmd_arg(a, 1), &end, 10);

	buf_init(&b, 1u << 20);
	if (*end || end == cmd_arg(a, 1))
		return fault_set(f, ERR_USAGE, cmd_arg(a, 1), "is no number of an entry; `musubi receipts` shows those of an object");
	enum err e = accord_log_prove(h, index, open_now(NULL), &b, f);
	if (e == ERR_OK)
		cmd_print_span(buf_span(&b));
	return e;
}

static int run_prove(struct cmd_args *a)
{
	return open_run(a, prove);
}

const struct cmd cmd_log_prove = {
	.name = "log prove",
	.arguments = "DIR INDEX",
	.min_args = 2,
	.max_args = 2,
	.brief = "print an offline proof that an entry stands in the log",
	.help = "The proof (C2SP tlog-proof) holds the entry, what opens its commitment, the hashes that lead to the checkpoint, and the checkpoint. It is checked without any hub: "
		"musubi log verify FILE --key KEY, or tools/verify-proof, which is another program in another language.",
	.run = run_prove,
};

/* ---- verify: a proof in a file, or a hub's whole log ---- */

static bool take_line(struct span *rest, struct span *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!end)
		return false;
	*line = (struct span){ rest->p, (size_t)(end - rest->p) };
	rest->n -= line->n + 1;
	rest->p = end + 1;
	return true;
}

struct proof {
	struct json extra;
	uint64_t index;
	struct merkle_proof path;
	struct span note;
};

static enum err read_proof(struct arena *mem, struct span text, struct proof *out, struct fault *f)
{
	struct span line, word = SPAN("extra "), at = SPAN("index ");
	uint8_t *bytes = arena_alloc(mem, text.n + BUF_SLACK);
	size_t n;

	if (!bytes)
		return ERR_NOMEM;
	if (!take_line(&text, &line) || !span_is(line, "c2sp.org/tlog-proof@v1") || !take_line(&text, &line))
		return fault_set(f, ERR_SYNTAX, "", "this is no proof of a log: the first line must be c2sp.org/tlog-proof@v1");
	if (span_starts(line, word)) {
		if (!sign_base64_read((struct span){ line.p + word.n, line.n - word.n }, bytes, line.n, &n))
			return fault_set(f, ERR_SYNTAX, "extra", "is no base64");
		enum err e = json_read(mem, (struct span){ (char *)bytes, n }, &out->extra, f);
		if (e != ERR_OK)
			return e;
		if (!take_line(&text, &line))
			return fault_set(f, ERR_SYNTAX, "index", "is missing");
	}
	char *digits = span_starts(line, at) ? arena_str(mem, (struct span){ line.p + at.n, line.n - at.n }) : NULL, *end = NULL;
	out->index = digits ? strtoull(digits, &end, 10) : 0;
	if (!digits || !*digits || *end)
		return fault_set(f, ERR_SYNTAX, "index", "is missing or no number");
	while (take_line(&text, &line) && line.n)
		if (out->path.n > MERKLE_PROOF_MOST || !sign_hash_read(line, &out->path.at[out->path.n++]))
			return fault_set(f, ERR_SYNTAX, "proof", "one of the hashes cannot be read, or they are too many");
	out->note = text;
	return ERR_OK;
}

/* The entry's commitment is that of the act, the object and the salt that are told with it. */
static enum err opens(struct json extra, struct span entry, struct span object, struct fault *f)
{
	struct span act = json_string_or_none(json_get(extra, "act")), sha = json_string_or_none(json_get(extra, "object_sha256")), salt = json_string_or_none(json_get(extra, "salt"));
	uint8_t bytes[80], digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];
	BUF_SCOPE struct buf b;

	if (!act.n)
		return ERR_OK;
	if (sha.n != 64 || salt.n != 32)
		return fault_set(f, ERR_SYNTAX, "extra", "object_sha256 or salt is missing");
	sign_sha256(act, bytes);
	for (size_t i = 0; i < 48; i++) {
		const char *p = i < 32 ? sha.p + 2 * i : salt.p + 2 * (i - 32);
		bytes[32 + i] = (uint8_t)strtoul((char[]){ p[0], p[1], 0 }, NULL, 16);
	}
	sign_sha256((struct span){ (const char *)bytes, sizeof(bytes) }, digest);
	const char *space = memchr(entry.p, ' ', entry.n);
	buf_init(&b, 100);
	sign_base64(digest, sizeof(digest), &b);
	if (!space || !span_eq((struct span){ space + 1, entry.n - (size_t)(space + 1 - entry.p) }, buf_span(&b)))
		return fault_set(f, ERR_DENIED, "extra", "what is told of the entry is not what was logged: act, object or salt was changed");
	sign_sha256(object, digest);
	sign_hex(digest, sizeof(digest), hex);
	return object.p && !span_is(sha, hex) ? fault_set(f, ERR_DENIED, "object", "the entry is about other bytes than those of the file") : ERR_OK;
}

static enum err verify_proof(struct cmd_args *a, struct fault *f)
{
	const char *key = cmd_opt(a, "--key"), *object = cmd_opt(a, "--object");
	struct arena *mem = cmd_arena(a);
	struct proof p = { .index = 0 };
	struct checkpoint c;
	struct note_key k;
	struct note n;
	BUF_SCOPE struct buf text, bytes;

	buf_init(&bytes, 0);
	enum err e = open_read(cmd_arg(a, 0), 1u << 22, &text, f);
	if (e == ERR_OK && (!key || !note_key_read(span_of(key), &k)))
		e = fault_set(f, ERR_USAGE, "--key", "the log's key is needed, as `musubi log checkpoint` prints it: NAME+HASH+KEY");
	if (e == ERR_OK && object)
		e = open_read(object, BOUND_OBJECT_BYTES, &bytes, f);
	if (e == ERR_OK)
		e = read_proof(mem, buf_span(&text), &p, f);
	if (e == ERR_OK)
		e = note_read(mem, p.note, &n, f);
	if (e == ERR_OK)
		e = note_check(&n, &k, 1, f);
	if (e == ERR_OK)
		e = checkpoint_read(n.text, &c, f);
	if (e == ERR_OK && !span_eq(c.origin, k.name))
		e = fault_set(f, ERR_DENIED, "checkpoint", "it is of another log than the key");
	if (e != ERR_OK)
		return e;
	struct span entry = json_string_or_none(json_get(p.extra, "entry"));
	struct merkle_hash leaf = merkle_leaf(entry);
	if (!entry.n || !merkle_check_inclusion(&leaf, p.index, c.size, p.path.at, p.path.n, &c.root))
		return fault_set(f, ERR_DENIED, "proof", "the entry does not stand at place %" PRIu64 " of the log of %" PRIu64 " entries", p.index, c.size);
	e = opens(p.extra, entry, object ? buf_span(&bytes) : (struct span){ NULL, 0 }, f);
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"holds\":true,\"index\":%" PRIu64 ",\"size\":%" PRIu64 "}\n", p.index, c.size);
	else if (e == ERR_OK)
		cmd_print("holds: entry %" PRIu64 " of %" PRIu64 " in %.*s\n%.*s\n%.*s", p.index, c.size, SPAN_ARG(c.origin), SPAN_ARG(entry), SPAN_ARG(json_string_or_none(json_get(p.extra, "act"))));
	return e;
}

static void found(void *ctx, bool error, const char *what)
{
	if (error)
		cmd_say("%s", what);
	else if (!cmd_json(ctx))
		cmd_print("%s\n", what);
}

static enum err verify_hub(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct ledger_head head;
	uint64_t errors = 0;
	enum err e = store_check(accord_store(h), found, a, &errors, f);

	if (e == ERR_OK)
		e = accord_log_check(h, found, a, &errors, f);
	if (e == ERR_OK)
		e = ledger_head(accord_store(h), &head, f);
	if (e != ERR_OK || errors)
		return e != ERR_OK ? e : fault_set(f, ERR_INVALID, cmd_arg(a, 0), "%" PRIu64 " faults were found: restore a backup, and keep this copy as evidence", errors);
	if (cmd_json(a))
		cmd_print("{\"holds\":true,\"size\":%" PRIu64 "}\n", head.size);
	return ERR_OK;
}

static int run_verify(struct cmd_args *a)
{
	struct fault f = { 0 };
	enum err e;

	if (!cmd_opt(a, "--key"))
		return open_run(a, verify_hub);
	e = sign_init() == ERR_OK ? verify_proof(a, &f) : ERR_INTERNAL;
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_log_verify = {
	.name = "log verify",
	.arguments = "DIR | FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "check a hub's whole log, or an offline proof",
	.help = "DIR: every entry is made again from what it is about, every hash and every checkpoint is checked.\n\n"
		"FILE with --key: a proof as `musubi log prove` prints it; no hub is asked. --object: … and it is about exactly these bytes.",
	.options = (const struct cmd_option[]){ { "--key", "KEY", "the log's key: NAME+HASH+KEY" }, { "--object", "FILE", "the object's bytes", .complete = "file" }, { 0 } },
	.run = run_verify,
};

/* ---- audit: follow somebody's log ---- */

struct audit {
	struct client *c;
	struct arena *mem;
	struct note_key key;
	struct checkpoint now;
	struct span note;
	struct merkle_edge edge;
};

static void tile_path(struct buf *b, uint64_t index, unsigned width)
{
	char groups[8][8];
	int n = 0;

	buf_adds(b, "/log/tile/0/");
	do {
		snprintf(groups[n++], sizeof(groups[0]), "%03u", (unsigned)(index % 1000));
		index /= 1000;
	} while (index);
	while (n > 1)
		buf_addf(b, "x%s/", groups[--n]);
	buf_adds(b, groups[0]);
	if (width < 256)
		buf_addf(b, ".p/%u", width);
}

static enum err fetch(struct audit *w, const char *path, const char *accept, struct span *out, struct fault *f)
{
	struct client_answer r = { 0 };
	enum err e = client_request(w->c, "GET", path, (struct span){ NULL, 0 }, NULL, accept, 0, &r, f);

	if (e == ERR_OK)
		e = client_expect(&r, f);
	if (e == ERR_OK)
		*out = arena_span(w->mem, buf_span(&r.body));
	client_answer_release(&r);
	return e == ERR_OK && !out->p ? ERR_NOMEM : e;
}

static enum err read_checkpoint(struct audit *w, struct span text, struct checkpoint *out, struct fault *f)
{
	struct note n;
	enum err e = note_read(w->mem, text, &n, f);

	if (e == ERR_OK)
		e = note_check(&n, &w->key, 1, f);
	if (e == ERR_OK)
		e = checkpoint_read(n.text, out, f);
	return e == ERR_OK && !span_eq(out->origin, w->key.name) ? fault_set(f, ERR_DENIED, "checkpoint", "it is of another log than the key") : e;
}

/* All leaf hashes; *old: the root when there were `old_size` of them. */
static enum err walk(struct audit *w, uint64_t old_size, struct merkle_hash *old, struct fault *f)
{
	struct cmd_progress *p = cmd_progress_new("following the log", " entries", w->now.size);
	enum err e = ERR_OK;

	*old = merkle_root(&w->edge);
	for (uint64_t at = 0; e == ERR_OK && at < w->now.size; at += 256) {
		unsigned width = w->now.size - at < 256 ? (unsigned)(w->now.size - at) : 256;
		struct span tile;
		BUF_SCOPE struct buf path;
		buf_init(&path, 200);
		tile_path(&path, at / 256, width);
		e = fetch(w, path.p, "application/octet-stream", &tile, f);
		if (e == ERR_OK && tile.n != (size_t)width * SIGN_DIGEST)
			e = fault_set(f, ERR_PROTO, path.p, "the tile has %zu bytes, %u are expected", tile.n, width * SIGN_DIGEST);
		for (unsigned i = 0; e == ERR_OK && i < width; i++) {
			struct merkle_hash h;
			memcpy(h.b, tile.p + (size_t)i * SIGN_DIGEST, SIGN_DIGEST);
			merkle_append(&w->edge, &h, NULL, NULL);
			if (w->edge.size == old_size)
				*old = merkle_root(&w->edge);
		}
		cmd_progress_to(p, at + width, NULL);
	}
	cmd_progress_free(p);
	return e;
}

static enum err audit(struct cmd_args *a, struct audit *w, struct fault *f)
{
	const char *state = cmd_opt(a, "--state");
	struct checkpoint before = { .size = 0 };
	struct merkle_hash old, root;
	BUF_SCOPE struct buf kept;
	enum err e = fetch(w, "/log/checkpoint", "text/plain", &w->note, f);

	buf_init(&kept, 0);
	if (e == ERR_OK)
		e = read_checkpoint(w, w->note, &w->now, f);
	if (e == ERR_OK && state) {
		enum err had = open_read(state, NOTE_BYTES, &kept, f);
		e = had == ERR_NOTFOUND ? ERR_OK : had == ERR_OK ? read_checkpoint(w, arena_span(w->mem, buf_span(&kept)), &before, f)
								 : had;
	}
	if (e == ERR_OK && before.size > w->now.size)
		e = fault_set(f, ERR_DENIED, "checkpoint", "the log went back from %" PRIu64 " entries to %" PRIu64, before.size, w->now.size);
	if (e == ERR_OK)
		e = walk(w, before.size, &old, f);
	root = merkle_root(&w->edge);
	if (e == ERR_OK && !merkle_same(&root, &w->now.root))
		e = fault_set(f, ERR_DENIED, "checkpoint", "the entries do not make the root that the checkpoint names");
	if (e == ERR_OK && before.size && !merkle_same(&old, &before.root))
		e = fault_set(f, ERR_DENIED, "checkpoint", "the log was rewritten: its first %" PRIu64 " entries are not those that it signed before. Keep %s and the answer as evidence", before.size, state);
	return e;
}

static enum err keep_state(struct cmd_args *a, const struct audit *w, struct fault *f)
{
	const char *state = cmd_opt(a, "--state");
	FILE *to = state ? fopen(state, "wb") : NULL;

	if (!state)
		return ERR_OK;
	bool ok = to && fwrite(w->note.p, 1, w->note.n, to) == w->note.n;
	if (to && fclose(to) != 0)
		ok = false;
	return ok ? ERR_OK : fault_set(f, ERR_IO, state, "cannot be written: %s", strerror(errno));
}

static int run_audit(struct cmd_args *a)
{
	struct fault f = { 0 };
	struct client *c REMOTE_SCOPE = NULL;
	struct audit w = { .mem = cmd_arena(a) };
	enum err e = sign_init() == ERR_OK ? ERR_OK : ERR_INTERNAL;

	if (e == ERR_OK && !note_key_read(span_of(cmd_opt(a, "--key")), &w.key))
		e = fault_set(&f, ERR_USAGE, "--key", "must be NAME+HASH+KEY, as `musubi log checkpoint` prints it at the hub");
	if (e == ERR_OK)
		e = remote_client(a, cmd_arg(a, 0), 60, &c, &f);
	w.c = c;
	if (e == ERR_OK)
		e = audit(a, &w, &f);
	if (e == ERR_OK)
		e = keep_state(a, &w, &f);
	if (e == ERR_OK && cmd_json(a))
		cmd_print("{\"holds\":true,\"size\":%" PRIu64 "}\n", w.now.size);
	else if (e == ERR_OK)
		cmd_print("%" PRIu64 " entries, and they make the root that the hub signed\n", w.now.size);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_log_audit = {
	.name = "log audit",
	.arguments = "URL",
	.min_args = 1,
	.max_args = 1,
	.brief = "follow a hub's log from outside and check that nothing was rewritten",
	.help = "Reads the checkpoint and all tiles and makes the root anew. With --state FILE the checkpoint is kept, and the next audit checks that the log still begins with what it was then.",
	.options = (const struct cmd_option[]){ { "--key", "KEY", "the log's key: NAME+HASH+KEY", .required = true }, { "--state", "FILE", "the checkpoint of the last audit; kept there", .complete = "file" },
		REMOTE_OPTIONS, { 0 } },
	.run = run_audit,
};

/* ---- forks ---- */

static void fork_row(void *ctx, const struct accord_fork *k)
{
	struct json_out *o = ctx;
	char at[TIMESTAMP_TEXT];

	timestamp_format(k->at, at);
	json_open(o, '{');
	json_kspan(o, "log", k->name);
	json_kspan(o, "hub", k->hub);
	json_kstr(o, "at", at);
	json_kspan(o, "had", k->had);
	json_kspan(o, "saw", k->saw);
	json_close(o, '}');
}

static enum err forks(struct cmd_args *a, struct accord *h, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_REQUEST_ARENA);
	struct json_out o = json_out(&b);
	if (!cmd_json(a))
		o.indent = 2;
	json_open(&o, '[');
	enum err e = accord_forks(h, fork_row, &o, f);
	json_close(&o, ']');
	return e == ERR_OK ? open_print_json(&b) : e;
}

static int run_forks(struct cmd_args *a)
{
	return open_run(a, forks);
}

const struct cmd cmd_log_forks = {
	.name = "log forks",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show evidence that a peer's log has two histories",
	.help = "Each row holds two checkpoints, both signed by the log's own key, of which neither continues the other: proof for anybody that the hub showed different logs to different others.",
	.run = run_forks,
};
