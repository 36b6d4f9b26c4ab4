/* SPDX-License-Identifier: Apache-2.0 */
/* This hub as a witness of a peer's log: follows its checkpoints, cosigns what continues, and compares with what other witnesses have seen.
 *
 * Every LINK_LOG_US: the peer's newest checkpoint with the proof that it continues the one seen before; our cosignature goes back; then the checkpoints that the
 * peer has seen of others' logs.  Where one of these is not what this hub has seen, the log itself has to show that one continues the other.  A log that shows
 * two histories is found so within two rounds of any two witnesses that know each other. */
#include <stdio.h>
#include "accord/log.h"
#include "peer/link_priv.h"
#include "util/log.h"

#define NOTE_MEDIA "text/plain"
#define JSON_MEDIA "application/json"

static void answer_end(struct client_answer *r)
{
	client_answer_release(r);
}
#define ANSWER_SCOPE __attribute__((cleanup(answer_end)))

static enum err ask(struct client *c, const char *path, const char *accept, struct client_answer *out, struct fault *f)
{
	enum err e = client_request(c, "GET", path, (struct span){ NULL, 0 }, NULL, accept, 0, out, f);

	return e == ERR_OK ? client_expect(out, f) : e;
}

/* ERR_PROTO where the log answers and does not show it. */
static enum err consistency(struct client *c, uint64_t from, uint64_t to, struct merkle_proof *out, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 20);
	struct client_answer r ANSWER_SCOPE = { 0 };
	char path[120];
	struct json v;

	out->n = 0;
	if (from == 0 || from == to)
		return ERR_OK;
	snprintf(path, sizeof(path), "/log/consistency?from=%llu&to=%llu", (unsigned long long)from, (unsigned long long)to);
	enum err e = a ? ask(c, path, JSON_MEDIA, &r, f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = json_read(a, buf_span(&r.body), &v, f);
	for (struct json_iter it = json_iter(e == ERR_OK ? json_get(v, "proof") : (struct json){ 0 }); json_next(&it);)
		if (out->n > MERKLE_PROOF_MOST || !sign_hash_read(json_string_or_none(it.value), &out->at[out->n++]))
			return fault_set(f, ERR_PROTO, path, "the log's proof cannot be read");
	return e == ERR_NOTFOUND ? ERR_PROTO : e;
}

static void alarm(const struct fault *f)
{
	log_event(LOG_LEVEL_ERROR, "log", "%s %s", f->where, f->what);
}

/* Our line goes to the log; where that fails, the next round brings another. */
static enum err give_line(struct link *l, uint64_t size, struct span line, struct fault *f)
{
	struct client_answer r ANSWER_SCOPE = { 0 };
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kint(&o, "size", (int64_t)size);
	json_kspan(&o, "line", line);
	json_close(&o, '}');
	enum err e = buf_ok(&b) ? client_request(l->main, "POST", "/log/cosignatures", buf_span(&b), JSON_MEDIA, JSON_MEDIA, 0, &r, f) : ERR_NOMEM;
	return e == ERR_OK ? client_expect(&r, f) : e;
}

/* Did our cosignature arrive?  The log may not have known our key yet. */
static bool has_our_line(struct accord *a, struct span note)
{
	char name[ACCORD_LOG_NAME];

	snprintf(name, sizeof(name), " musubi/%.*s ", SPAN_ARG(accord_hub(a)->id));
	return memmem(note.p, note.n, name, strlen(name)) != NULL;
}

static enum err follow(struct link *l, struct fault *f)
{
	struct client_answer r ANSWER_SCOPE = { 0 };
	struct accord *a = l->all->accord;
	char name[ACCORD_LOG_NAME];
	struct accord_sight seen;
	struct merkle_proof proof;
	struct checkpoint c;
	BUF_SCOPE struct buf line;

	buf_init(&line, 1000);
	enum err e = ask(l->main, "/log/checkpoint", NOTE_MEDIA, &r, f);
	if (e == ERR_OK)
		e = accord_witness_read(buf_span(&r.body), l->key, &c, name, f);
	if (e == ERR_OK)
		e = accord_witness_state(a, name, &seen, f);
	if (e != ERR_OK || (seen.size == c.size && merkle_same(&seen.root, &c.root) && has_our_line(a, buf_span(&r.body))))
		return e;
	proof.n = 0;
	enum err shown = seen.size && c.size > seen.size ? consistency(l->main, seen.size, c.size, &proof, f) : ERR_OK;
	if (shown != ERR_OK && shown != ERR_PROTO)
		return shown;
	e = accord_witness_take(a, l->row.hub_id, l->key, buf_span(&r.body), &proof, link_now(l), &line, f);
	if (e == ERR_CONFLICT)
		alarm(f);
	return e == ERR_OK ? give_line(l, c.size, buf_span(&line), f) : e;
}

/* ---- what others have seen ---- */

/* "musubi/HUB/EPOCH" */
static struct span hub_of(struct span name)
{
	struct span prefix = SPAN("musubi/");
	struct span hub = { name.p + prefix.n, name.n - prefix.n };
	const char *end = span_starts(name, prefix) ? memchr(hub.p, '/', hub.n) : NULL;

	return end ? (struct span){ hub.p, (size_t)(end - hub.p) } : (struct span){ NULL, 0 };
}

/* The log itself is asked, by the link that leads to it. */
static enum err ask_log(struct link *l, const struct peer_row *row, const struct accord_sight *from, const struct accord_sight *to, bool *shown, struct fault *f)
{
	const struct peer_config *k = &row->config;
	struct client_options o = { .url = k->url.p, .token = k->token.n ? k->token.p : NULL, .user = k->user.n ? k->user.p : NULL, .password = k->password.n ? k->password.p : NULL, .ca_file = k->ca_file.n ? k->ca_file.p : NULL, .hub_id = accord_hub(l->all->accord)->id.p, .timeout_s = 10 };
	struct merkle_proof proof;
	struct client *c;
	enum err e = client_new(&o, &c, f);

	if (e != ERR_OK)
		return e;
	e = consistency(c, from->size, to->size, &proof, f);
	client_free(c);
	*shown = e == ERR_OK && merkle_check_consistency(from->size, &from->root, to->size, &to->root, proof.at, proof.n);
	return e == ERR_PROTO ? ERR_OK : e;
}

static enum err compare(struct link *l, const struct peer_row *row, struct span note, struct fault *f)
{
	struct accord *a = l->all->accord;
	struct accord_sight from, to;
	uint8_t key[32];
	bool shown = true;

	if (!sign_public_parse(row->public_key, key))
		return ERR_OK;
	enum err e = accord_witness_compare(a, row->hub_id, key, note, link_now(l), &from, &to, f);
	if (e == ERR_OK && from.size != to.size)
		e = ask_log(l, row, &from, &to, &shown, f);
	if (e == ERR_OK && !shown) {
		e = accord_witness_fork(a, row->hub_id, note, link_now(l), f);
		e = e != ERR_OK ? e : fault_set(f, ERR_CONFLICT, row->hub_id.p, "the log shows two histories: it cannot show that its checkpoints of %llu and %llu entries are of one log. Both are kept: musubi log forks", (unsigned long long)from.size, (unsigned long long)to.size);
	}
	if (e == ERR_CONFLICT)
		alarm(f);
	return e;
}

static enum err gossip(struct link *l, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	struct client_answer r ANSWER_SCOPE = { 0 };
	struct peer_row *rows;
	struct json v;
	size_t n;
	enum err e = a ? ask(l->main, "/log/witnessed", JSON_MEDIA, &r, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = json_read(a, buf_span(&r.body), &v, f);
	if (e == ERR_OK)
		e = peer_rows(l->all->accord, a, &rows, &n, f);
	for (struct json_iter it = json_iter(e == ERR_OK ? json_get(v, "checkpoints") : (struct json){ 0 }); json_next(&it) && !atomic_load(&l->stop);) {
		struct span note = json_string_or_none(json_get(it.value, "note")), hub = hub_of(json_string_or_none(json_get(it.value, "log")));
		for (size_t i = 0; i < n; i++)
			if (hub.n && span_eq(rows[i].hub_id, hub) && !rows[i].config.member.n) {
				struct fault why = { 0 };
				(void)!compare(l, &rows[i], note, &why); /* one log that does not answer is no reason to pass over the others */
			}
	}
	return e;
}

void link_watch_log(struct link *l)
{
	struct fault f = { 0 };
	enum err e = follow(l, &f);

	if (e == ERR_OK || e == ERR_CONFLICT)
		e = gossip(l, &f);
	if (e != ERR_OK && e != ERR_CONFLICT)
		log_event(LOG_LEVEL_DEBUG, "log", "%s %s", f.where, f.what);
}
