/* SPDX-License-Identifier: Apache-2.0 */
/* The log over HTTP: checkpoint and tiles as C2SP has them (tlog-tiles), what witnesses ask for, and receipts. */
#include "accord/log.h"
#include "hub/hub_priv.h"

static void answer(struct call *c, struct buf *b, enum err e, const struct fault *f)
{
	if (e == ERR_OK)
		e = buf_err(b);
	if (e == ERR_OK) {
		call_reply(c, 200, b);
		return;
	}
	buf_release(b);
	call_fail(c, e, f);
}

/* ---- checkpoint ---- */

struct log_ask {
	struct buf b;
	uint64_t size;
	struct span line;
	uint8_t key[32];
};

static void make_checkpoint(struct call *c)
{
	struct log_ask *x = c->own;

	c->e = accord_log_checkpoint(c->hub->accord, c->now, &x->b, &c->fault);
}

static void tell_checkpoint(struct call *c)
{
	struct log_ask *x = c->own;

	answer(c, &x->b, c->e, &c->fault);
}

void do_log_checkpoint(struct call *c)
{
	struct log_ask *x = ARENA_NEW(c->a, struct log_ask);

	if (!x) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	buf_init(&x->b, NOTE_BYTES);
	c->own = x;
	call_work(c, make_checkpoint, tell_checkpoint);
}

/* ---- tiles ---- */

static bool digits(struct span s, size_t least, size_t most, uint64_t *out)
{
	uint64_t n = 0;

	if (s.n < least || s.n > most)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return true;
}

/* "x001", "x234", "067" or "067.p", "5" from the path: index and width. */
static bool tile_place(const struct span *v, size_t n, uint64_t *index, unsigned *width)
{
	uint64_t part, w;
	size_t i = 0;

	*index = 0;
	for (; i < n && v[i].n == 4 && v[i].p[0] == 'x'; i++) {
		if (!digits((struct span){ v[i].p + 1, 3 }, 3, 3, &part))
			return false;
		*index = *index * 1000 + part;
	}
	if (i == n)
		return false;
	bool partial = v[i].n == 5 && memcmp(v[i].p + 3, ".p", 2) == 0;
	if (!digits((struct span){ v[i].p, partial ? 3 : v[i].n }, 3, 3, &part))
		return false;
	*index = *index * 1000 + part;
	*width = 256;
	if (!partial)
		return i + 1 == n;
	if (i + 2 != n || !digits(v[i + 1], 1, 3, &w) || w < 1 || w > 255)
		return false;
	*width = (unsigned)w;
	return true;
}

struct bundle {
	struct buf *b;
	size_t n;
};

/* An entry of a bundle: its length in two bytes, then itself. */
static enum err bundle_add(void *ctx, const struct ledger_entry *e)
{
	struct bundle *x = ctx;

	buf_addc(x->b, (char)(e->entry.n >> 8));
	buf_addc(x->b, (char)e->entry.n);
	buf_addspan(x->b, e->entry);
	x->n++;
	return buf_err(x->b);
}

static enum err entries(struct call *c, uint64_t index, unsigned width, struct buf *b)
{
	struct bundle x = { b, 0 };
	enum err e = ledger_entries(c->hub->store, index * 256, width, bundle_add, &x, &c->fault);

	return e == ERR_OK && x.n != width ? fault_set(&c->fault, ERR_NOTFOUND, "tile", "the log has no such entries") : e;
}

void do_log_tile(struct call *c)
{
	struct span level = c->params[0];
	uint64_t index, l = 0;
	unsigned width;
	size_t n = 0;
	struct buf b;

	while (n < PARAMETERS_MOST - 1 && c->params[n + 1].n)
		n++;
	bool bundle = span_is(level, "entries");
	buf_init(&b, 64u << 20);
	if ((!bundle && !digits(level, 1, 1, &l)) || !tile_place(c->params + 1, n, &index, &width)) {
		fault_set(&c->fault, ERR_NOTFOUND, "tile", "a tile is /log/tile/LEVEL/INDEX or …/INDEX.p/WIDTH, the index in groups of three digits: x001/067");
		call_fail(c, ERR_NOTFOUND, &c->fault);
		return;
	}
	enum err e = bundle ? entries(c, index, width, &b) : ledger_tile(c->hub->store, (unsigned)l, index, width, &b, &c->fault);
	answer(c, &b, e, &c->fault);
}

/* ---- proofs ---- */

static bool number(struct call *c, const char *name, uint64_t *out)
{
	struct span text;

	if (header_query(c->a, http_query(c->r), name, &text) > 0 && digits(text, 1, 18, out))
		return true;
	fault_set(&c->fault, ERR_INVALID, name, "must be given once, a whole number");
	call_fail(c, ERR_INVALID, &c->fault);
	return false;
}

void do_log_consistency(struct call *c)
{
	uint64_t from, to;
	struct merkle_proof p;
	struct buf b;

	if (!number(c, "from", &from) || !number(c, "to", &to))
		return;
	buf_init(&b, 1u << 16);
	enum err e = ledger_consistency(c->hub->store, from, to, &p, &c->fault);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	if (e == ERR_OK)
		merkle_proof_put(&o, "proof", &p);
	json_close(&o, '}');
	answer(c, &b, e, &c->fault);
}

/* ---- witnesses ---- */

void do_log_witnessed(struct call *c)
{
	struct buf b;

	buf_init(&b, 64u << 20);
	enum err e = accord_witness_list(c->hub->accord, &b, &c->fault);
	answer(c, &b, e, &c->fault);
}

static void take_line(struct call *c)
{
	struct log_ask *x = c->own;

	c->e = peer_key(c->hub->accord, c->who.org, x->key, &c->fault);
	if (c->e == ERR_OK)
		c->e = accord_log_cosigned(c->hub->accord, c->who.org, x->key, x->size, x->line, &c->fault);
}

static void took_line(struct call *c)
{
	struct log_ask *x = c->own;

	buf_adds(&x->b, "{}");
	answer(c, &x->b, c->e, &c->fault);
}

void do_log_cosign(struct call *c)
{
	struct log_ask *x = ARENA_NEW(c->a, struct log_ask);
	struct json v;
	enum err e = x ? json_read(c->a, http_body(c->r), &v, &c->fault) : ERR_NOMEM;

	if (e == ERR_OK && !c->who.hub)
		e = fault_set(&c->fault, ERR_DENIED, "", "only peer hubs are witnesses");
	if (e == ERR_OK && (!json_is(json_get(v, "size"), JSON_INT) || json_int(json_get(v, "size")) < 0))
		e = fault_set(&c->fault, ERR_INVALID, "size", "must be a whole number");
	if (e != ERR_OK) {
		call_fail(c, e, &c->fault);
		return;
	}
	x->size = (uint64_t)json_int(json_get(v, "size"));
	x->line = json_string_or_none(json_get(v, "line"));
	buf_init(&x->b, 100);
	c->own = x;
	call_work(c, take_line, took_line);
}

/* ---- receipts ---- */

static void make_receipts(struct call *c)
{
	struct log_ask *x = c->own;

	c->e = accord_log_receipts(c->hub->accord, &c->who, x->line, c->now, &x->b, &c->fault);
}

void do_receipts(struct call *c)
{
	struct log_ask *x = ARENA_NEW(c->a, struct log_ask);

	if (!x) {
		call_fail(c, ERR_NOMEM, NULL);
		return;
	}
	if (header_query(c->a, http_query(c->r), "object", &x->line) <= 0) {
		fault_set(&c->fault, ERR_INVALID, "object", "which object? ?object=indicator--…");
		call_fail(c, ERR_INVALID, &c->fault);
		return;
	}
	buf_init(&x->b, 64u << 20);
	c->own = x;
	call_work(c, make_receipts, tell_checkpoint);
}
