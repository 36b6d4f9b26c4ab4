/* SPDX-License-Identifier: Apache-2.0 */
/* musubi share: a member submits objects and is told the fate of each. */
#include "cli/open.h"
#include "cli/remote.h"
#include "stix/bundle.h"
#include "util/bounds.h"
#include <stdio.h>
#include <stdlib.h>

#define SHARE_TIMEOUT_S 300
#define SHARE_FILE (256u << 20) /* larger ones: `musubi import` at the hub, or in pieces */
#define SHARE_PIECE (16u << 20) /* one envelope, where the server would take more */

struct share {
	struct cmd_args *a;
	struct client *c;
	struct taxii_collection into;
	struct span *object;
	size_t n, room;
	uint64_t most; /* bytes of an envelope */
	/* what became of them */
	uint64_t fate[TAXII_PENDING + 1];
	struct buf json;
	struct json_out o;
	struct cmd_progress *progress;
};

static const char *const fate_words[] = { [TAXII_SUCCESS] = "accepted", [TAXII_FAILURE] = "refused", [TAXII_PENDING] = "pending" };

/* ---- telling ---- */

static void tell(void *ctx, const struct taxii_status_item *item)
{
	static const enum cmd_style styles[] = { [TAXII_SUCCESS] = CMD_GREEN, [TAXII_FAILURE] = CMD_RED, [TAXII_PENDING] = CMD_YELLOW };
	struct share *s = ctx;

	s->fate[item->fate]++;
	if (!cmd_json(s->a)) {
		cmd_print("%s%s%s\t%.*s\t%.*s\t%s\n", cmd_style(1, styles[item->fate]), fate_words[item->fate], cmd_style(1, CMD_PLAIN), SPAN_ARG(item->id),
			SPAN_ARG(item->version), item->message ? item->message : "");
		return;
	}
	json_open(&s->o, '{');
	json_kspan(&s->o, "id", item->id);
	json_kspan(&s->o, "version", item->version);
	json_kstr(&s->o, "fate", fate_words[item->fate]);
	json_kstr(&s->o, "message", item->message);
	json_close(&s->o, '}');
}

/* ---- the file ---- */

static enum err take_object(void *ctx, size_t index, struct span raw)
{
	struct share *s = ctx;

	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct span *more = realloc(s->object, room * sizeof(*more));
		if (!more)
			return ERR_NOMEM;
		s->object = more;
		s->room = room;
	}
	s->object[s->n++] = raw;
	return ERR_OK;
}

/* One object a line; false where a line is none. */
static bool read_lines(struct share *s, struct json_parser *p, struct span text)
{
	for (s->n = 0; text.n;) {
		const char *end = memchr(text.p, '\n', text.n);
		struct span line = { text.p, end ? (size_t)(end - text.p) : text.n };
		struct json v;
		text = (struct span){ text.p + line.n + (end != NULL), text.n - line.n - (end != NULL) };
		while (line.n && strchr(" \t\r", line.p[line.n - 1]))
			line.n--;
		if (line.n && (json_parse(p, line, false, &v, NULL) != ERR_OK || !json_is(v, JSON_OBJECT) || take_object(s, 0, line) != ERR_OK))
			return false;
	}
	return true;
}

static enum err read_objects(struct share *s, const char *path, struct buf *text, struct fault *f)
{
	struct json_parser *p = json_parser_new(SHARE_FILE);
	enum stix_container kind;
	enum err e = p ? open_read(path, SHARE_FILE, text, f) : ERR_NOMEM;

	if (e == ERR_OK)
		e = stix_each(p, buf_span(text), &kind, take_object, s, f);
	if (e == ERR_SYNTAX && read_lines(s, p, buf_span(text)))
		e = ERR_OK;
	json_parser_free(p);
	if (e == ERR_OK && s->n == 0)
		return fault_set(f, ERR_INVALID, path, "there is no object in it: give a STIX bundle, a TAXII envelope, an object, or one object a line");
	return e;
}

/* ---- sending ---- */

static enum err ask_limit(struct share *s, struct fault *f)
{
	struct client_answer r;
	struct json v;
	enum err e = client_request(s->c, "GET", "", (struct span){ NULL, 0 }, NULL, NULL, 0, &r, f);

	s->most = SHARE_PIECE;
	if (e != ERR_OK)
		return e;
	if (r.status == 200 && json_read(cmd_arena(s->a), buf_span(&r.body), &v, NULL) == ERR_OK) {
		v = json_get(v, "max_content_length");
		if (json_is(v, JSON_INT) && json_int(v) > 0 && (uint64_t)json_int(v) < s->most)
			s->most = (uint64_t)json_int(v);
	}
	client_answer_release(&r);
	return ERR_OK;
}

static bool is_meta(struct json_parser *p, struct span raw)
{
	struct json v;

	if (json_parse(p, raw, false, &v, NULL) != ERR_OK)
		return false;
	struct span type = json_string_or_none(json_get(v, "type"));
	return span_is(type, "marking-definition") || span_is(type, "extension-definition") || span_is(type, "identity");
}

/* What the others refer to goes first, where one envelope cannot hold all. */
static enum err definitions_first(struct share *s)
{
	struct json_parser *p = json_parser_new(SHARE_FILE);
	struct span *v = malloc((s->n + 1) * sizeof(*v));
	bool *meta = calloc(s->n + 1, sizeof(*meta));
	size_t n = 0;
	enum err e = p && v && meta ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; e == ERR_OK && i < s->n; i++)
		meta[i] = is_meta(p, s->object[i]);
	for (int pass = 1; e == ERR_OK && pass >= 0; pass--)
		for (size_t i = 0; i < s->n; i++)
			if (meta[i] == pass)
				v[n++] = s->object[i];
	if (e == ERR_OK) {
		free(s->object);
		s->object = v;
		v = NULL;
	}
	free(v);
	free(meta);
	json_parser_free(p);
	return e;
}

static enum err send_some(struct share *s, size_t *from, struct fault *f)
{
	BUF_SCOPE struct buf b;
	size_t i = *from;

	buf_init(&b, s->most + BUF_SLACK);
	buf_adds(&b, "{\"objects\":[");
	for (; i < s->n && i - *from < BOUND_ENVELOPE_OBJECTS && b.n + s->object[i].n + 4 <= s->most; i++) {
		if (i > *from)
			buf_addc(&b, ',');
		buf_addspan(&b, s->object[i]);
	}
	buf_adds(&b, "]}");
	if (i == *from) {
		struct taxii_status_item item = { SPAN(""), SPAN(""), TAXII_FAILURE, "the object is larger than the server takes in one request" };
		struct json v;
		if (json_read(cmd_arena(s->a), s->object[i], &v, NULL) == ERR_OK)
			item.id = json_string_or_none(json_get(v, "id"));
		tell(s, &item);
		*from = i + 1;
		return ERR_OK;
	}
	if (!buf_ok(&b))
		return ERR_NOMEM;
	*from = i;
	return client_submit(s->c, s->into.id, buf_span(&b), tell, s, f);
}

static enum err send_all(struct share *s, struct fault *f)
{
	size_t bytes = 0;
	enum err e = client_collection(s->c, cmd_arena(s->a), span_of(cmd_opt(s->a, "--collection")), true, &s->into, f);

	if (e == ERR_OK)
		e = ask_limit(s, f);
	for (size_t i = 0; i < s->n; i++)
		bytes += s->object[i].n + 1;
	if (e == ERR_OK && (bytes + 16 > s->most || s->n > BOUND_ENVELOPE_OBJECTS))
		e = definitions_first(s);
	s->progress = bytes > SHARE_PIECE ? cmd_progress_new("sharing", " objects", s->n) : NULL;
	for (size_t at = 0; e == ERR_OK && at < s->n && !remote_ended();) {
		e = send_some(s, &at, f);
		cmd_progress_to(s->progress, at, NULL);
	}
	cmd_progress_free(s->progress);
	return e;
}

/* ---- the command ---- */

static void begin(struct share *s)
{
	buf_init(&s->json, BOUND_REQUEST_ARENA);
	s->o = json_out(&s->json);
	json_open(&s->o, '{');
	json_key(&s->o, "objects");
	json_open(&s->o, '[');
}

static enum err end(struct share *s)
{
	json_close(&s->o, ']');
	for (size_t i = 0; i <= TAXII_PENDING; i++)
		json_kint(&s->o, fate_words[i], (int64_t)s->fate[i]);
	json_close(&s->o, '}');
	if (cmd_json(s->a))
		return open_print_json(&s->json);
	cmd_flush();
	cmd_say("%llu accepted, %llu refused, %llu pending", (unsigned long long)s->fate[TAXII_SUCCESS], (unsigned long long)s->fate[TAXII_FAILURE],
		(unsigned long long)s->fate[TAXII_PENDING]);
	return ERR_OK;
}

static int run(struct cmd_args *a)
{
	struct share s = { .a = a };
	struct fault f = { 0 };
	BUF_SCOPE struct buf text = { 0 };
	REMOTE_SCOPE struct client *c = NULL;

	if (cmd_opt(a, "--user") && strcmp(cmd_arg(a, 0), "-") == 0 && cmd_opt(a, "--password-stdin"))
		return cmd_usage(a, "standard input cannot be both the file and the password");
	begin(&s);
	enum err e = remote_client(a, cmd_opt(a, "--hub"), SHARE_TIMEOUT_S, &c, &f);
	s.c = c;
	if (e == ERR_OK)
		e = read_objects(&s, cmd_arg(a, 0), &text, &f);
	if (e == ERR_OK) {
		remote_ends_by_signal(c);
		e = send_all(&s, &f);
		remote_ends_no_more();
	}
	enum err told = e == ERR_OK || s.fate[TAXII_SUCCESS] + s.fate[TAXII_FAILURE] + s.fate[TAXII_PENDING] ? end(&s) : ERR_OK;
	bool all = s.fate[TAXII_FAILURE] == 0 && s.fate[TAXII_PENDING] == 0;
	buf_release(&s.json);
	free(s.object);
	if (e != ERR_OK || told != ERR_OK)
		return cmd_fail(a, e != ERR_OK ? e : told, &f);
	return remote_ended() ? err_exit(ERR_BUSY) : all ? 0
							 : err_exit(ERR_INVALID);
}

const struct cmd cmd_share = {
	.name = "share",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "submit objects to a hub and see what became of each",
	.help = "FILE is a STIX bundle, a TAXII envelope, a single object or one object a line; - is standard input. It is sent in as many requests as the server's "
		"max_content_length needs, definitions first. Each object's fate is printed: accepted, refused with the reason, or still pending. Submitting again "
		"does no harm: what is there already is accepted.\n\n"
		"The exit status is 0 only if every object was accepted. With --json: {\"objects\":[{\"id\",\"version\",\"fate\",\"message\"}],\"accepted\",\"refused\",\"pending\"}.",
	.options = (const struct cmd_option[]){
		{ "--hub", "URL", "where to: a hub's address, an API root or a collection", .required = true },
		REMOTE_OPTIONS,
		{ "--collection", "ALIAS", "alias, id or title; without it the only one there is to write to, or `shared`" },
		{ 0 },
	},
	.run = run,
};
