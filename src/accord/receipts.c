/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: what the log says about an object, opened for whom it concerns, with proofs that anybody can check offline. */
#include "accord/accord_priv.h"
#include "accord/log.h"

struct receipts {
	struct accord *a;
	const struct accord_principal *by;
	struct span hub_member; /* of a peer hub: the member that it is here */
	struct json_out o;
	struct arena *mem;
	uint64_t *index; /* one a receipt, in order: proofs are made afterwards */
	size_t n, room;
	struct span *text;
	enum err e;
};

/* "to KEY" of a release's act. */
static struct span recipient_of(struct span act)
{
	const char *to = memmem(act.p, act.n, "\nto ", 4), *end = to ? memchr(to + 4, '\n', (size_t)(act.p + act.n - to) - 4) : NULL;

	return end ? (struct span){ to + 4, (size_t)(end - to) - 4 } : (struct span){ NULL, 0 };
}

static bool concerns(const struct receipts *r, const struct ledger_entry *e, struct span origin)
{
	if (!r->by || (r->by->org.n && span_eq(r->by->org, origin) && !r->by->hub))
		return true;
	struct span to = recipient_of(e->act), org = r->by->org;
	if (e->kind != LEDGER_RELEASE || !to.n || !org.n)
		return false;
	if (r->by->hub)
		return span_starts(to, SPAN("hub ")) && span_eq((struct span){ to.p + 4, to.n - 4 }, r->hub_member);
	return span_eq(to, org) || (to.n > org.n && span_starts(to, org) && to.p[org.n] == ' ');
}

static enum err keep(void *ctx, const struct ledger_entry *e, struct span origin)
{
	struct receipts *r = ctx;
	char hex[2 * SIGN_DIGEST + 1];
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 16);
	if (!concerns(r, e, origin))
		return ERR_OK;
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		uint64_t *index = arena_array(r->mem, room, sizeof(*index));
		struct span *text = arena_array(r->mem, room, sizeof(*text));
		if (!index || !text)
			return ERR_NOMEM;
		if (r->n) {
			memcpy(index, r->index, r->n * sizeof(*index));
			memcpy(text, r->text, r->n * sizeof(*text));
		}
		r->index = index;
		r->text = text;
		r->room = room;
	}
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kint(&o, "index", (int64_t)e->index);
	json_kstr(&o, "kind", ledger_kind_name(e->kind));
	json_kspan(&o, "entry", e->entry);
	json_kspan(&o, "act", e->act);
	sign_hex(e->object, SIGN_DIGEST, hex);
	json_kstr(&o, "object_sha256", hex);
	sign_hex(e->salt, 16, hex);
	json_kstr(&o, "salt", hex);
	r->index[r->n] = e->index;
	r->text[r->n] = arena_span(r->mem, buf_span(&b)); /* left open for its proof */
	return r->text[r->n++].p ? ERR_OK : ERR_NOMEM;
}

/* The size that the checkpoint names: proofs lead there. */
static enum err size_of(struct arena *mem, struct span note, uint64_t *size, struct fault *f)
{
	struct checkpoint c;
	struct note n;
	enum err e = note_read(mem, note, &n, f);

	if (e == ERR_OK)
		e = checkpoint_read(n.text, &c, f);
	if (e == ERR_OK)
		*size = c.size;
	return e;
}

static enum err write_all(struct receipts *r, struct span note, uint64_t size, struct span object, struct buf *json, struct fault *f)
{
	char name[ACCORD_LOG_NAME];
	enum err e = ERR_OK;

	accord_log_name(r->a, name);
	struct json_out o = json_out(json);
	json_open(&o, '{');
	json_kspan(&o, "object", object);
	json_kstr(&o, "log", name);
	json_kint(&o, "size", (int64_t)size);
	json_kspan(&o, "checkpoint", note);
	json_key(&o, "receipts");
	json_open(&o, '[');
	for (size_t i = 0; i < r->n && e == ERR_OK; i++) {
		struct merkle_proof p;
		BUF_SCOPE struct buf one;
		if (r->index[i] >= size)
			continue; /* came after the checkpoint */
		e = ledger_inclusion(r->a->store, r->index[i], size, &p, f);
		buf_init(&one, 1u << 16);
		buf_addspan(&one, r->text[i]);
		struct json_out x = { .to = &one, .comma = 2, .depth = 1 };
		if (e == ERR_OK)
			merkle_proof_put(&x, "proof", &p);
		buf_addc(&one, '}');
		json_put_raw(&o, buf_span(&one));
	}
	json_close(&o, ']');
	json_close(&o, '}');
	return e == ERR_OK ? buf_err(json) : e;
}

enum err accord_log_receipts(struct accord *a, const struct accord_principal *by, struct span object, struct timestamp now, struct buf *json, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(BOUND_REQUEST_ARENA);
	const struct accord_snapshot *s = accord_snapshot(a);
	const struct accord_member *hub = by && by->hub ? accord_find_hub(s, by->org) : NULL;
	struct receipts r = { .a = a, .by = by, .mem = mem, .hub_member = hub && mem ? arena_span(mem, hub->id) : SPAN("") };
	BUF_SCOPE struct buf note;
	uint64_t size = 0, there;

	accord_snapshot_unref(s);
	buf_init(&note, NOTE_BYTES);
	enum err e = mem ? ledger_of_object(a->store, object, keep, &r, &there, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = accord_log_checkpoint(a, now, &note, f);
	if (e == ERR_OK)
		e = size_of(mem, buf_span(&note), &size, f);
	return e == ERR_OK ? write_all(&r, buf_span(&note), size, object, json, f) : e;
}

/* ---- one entry ---- */

struct opening {
	struct buf *json;
};

static enum err open_it(void *ctx, const struct ledger_entry *e)
{
	struct json_out o = json_out(((struct opening *)ctx)->json);
	char hex[2 * SIGN_DIGEST + 1];

	json_open(&o, '{');
	json_kspan(&o, "entry", e->entry);
	if (e->act.n) {
		json_kspan(&o, "act", e->act);
		sign_hex(e->object, SIGN_DIGEST, hex);
		json_kstr(&o, "object_sha256", hex);
		sign_hex(e->salt, 16, hex);
		json_kstr(&o, "salt", hex);
	}
	json_close(&o, '}');
	return ERR_OK;
}

enum err accord_log_prove(struct accord *a, uint64_t index, struct timestamp now, struct buf *out, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(1u << 22);
	BUF_SCOPE struct buf note, extra;
	struct opening x = { &extra };
	struct merkle_proof p;
	uint64_t size = 0;

	buf_init(&note, NOTE_BYTES);
	buf_init(&extra, 1u << 17);
	enum err e = mem ? accord_log_checkpoint(a, now, &note, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = size_of(mem, buf_span(&note), &size, f);
	if (e == ERR_OK)
		e = ledger_inclusion(a->store, index, size, &p, f);
	if (e == ERR_OK)
		e = ledger_entries(a->store, index, 1, open_it, &x, f);
	if (e != ERR_OK)
		return e;
	buf_adds(out, "c2sp.org/tlog-proof@v1\nextra ");
	sign_base64(extra.p, extra.n, out);
	buf_addf(out, "\nindex %llu\n", (unsigned long long)index);
	for (size_t i = 0; i < p.n; i++) {
		sign_base64(p.at[i].b, SIGN_DIGEST, out);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
	buf_addspan(out, buf_span(&note));
	return buf_err(out);
}
