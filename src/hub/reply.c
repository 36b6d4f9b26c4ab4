/* SPDX-License-Identifier: Apache-2.0 */
/* Replies: media types, the headers that all carry, and error resources. */
#include <stdio.h>
#include "hub/hub_priv.h"

const char *media_name(enum media m)
{
	static const char *const names[] = {
		[MEDIA_NONE] = NULL, [MEDIA_TAXII] = TAXII_MEDIA, [MEDIA_JSON] = "application/json", [MEDIA_EVENTS] = "text/event-stream", [MEDIA_TEXT] = "text/plain; version=0.0.4", [MEDIA_NOTE] = "text/plain; charset=utf-8", [MEDIA_BINARY] = "application/octet-stream"
	};

	return names[m];
}

void call_headers(struct call *c)
{
	http_reply_header(c->r, "X-Content-Type-Options", "nosniff");
	http_reply_header(c->r, "Cache-Control", "no-store");
	if (c->who.hub) {
		const struct accord_hub *me = accord_hub(c->hub->accord);

		http_reply_header(c->r, "X-Musubi-Hub", arena_str(c->a, me->id));
		http_reply_header(c->r, "X-Musubi-Epoch", arena_str(c->a, me->epoch));
	}
}

void call_reply(struct call *c, int status, struct buf *b)
{
	if (!buf_ok(b)) {
		buf_release(b);
		fault_set(&c->fault, ERR_NOMEM, "", "there is no memory for the answer; ask for less at a time (limit)");
		call_fail(c, ERR_NOMEM, &c->fault);
		return;
	}
	call_headers(c);
	if (b->n)
		http_reply_take(c->r, b);
	http_reply(c->r, status, media_name(c->route->out));
}

static const char *title(int status)
{
	static const struct {
		int status;
		const char *title;
	} rows[] = {
		{ 400, "The request cannot be understood" },
		{ 401, "Not logged in" },
		{ 403, "Not allowed" },
		{ 404, "Not found" },
		{ 405, "Method not allowed here" },
		{ 406, "Not available in a media type that the client accepts" },
		{ 409, "In conflict with what is there" },
		{ 413, "Too large" },
		{ 414, "The query is too long" },
		{ 415, "The content is of a media type that is not taken here" },
		{ 422, "Understood, but not acceptable" },
		{ 429, "Too many requests" },
		{ 431, "The headers are too large" },
		{ 503, "Not possible at the moment" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			return rows[i].title;
	return "The hub failed";
}

static void put_error(struct http_request *r, struct arena *a, int status, const struct fault *f, enum media m)
{
	struct buf b;
	struct json_out o;

	buf_init(&b, 8192);
	o = json_out(&b);
	taxii_put_error(&o, status, span_of(title(status)), f, (struct span){ 0 });
	http_reply_add(r, arena_span(a, buf_span(&b)));
	buf_release(&b);
	http_reply(r, status, media_name(m == MEDIA_TAXII ? MEDIA_TAXII : MEDIA_JSON));
}

void call_fail_status(struct call *c, int status, const struct fault *f)
{
	bool taxii = c->route ? c->route->out == MEDIA_TAXII : span_starts(http_path(c->r), SPAN("/taxii2"));

	call_headers(c);
	if (status == 401) {
		http_reply_header(c->r, "WWW-Authenticate", "Bearer realm=\"musubi\"");
		http_reply_header(c->r, "WWW-Authenticate", "Basic realm=\"musubi\", charset=\"UTF-8\"");
	}
	if (status == 503)
		http_reply_header(c->r, "Retry-After", "1");
	put_error(c->r, c->a, status, f, taxii ? MEDIA_TAXII : MEDIA_JSON);
}

void call_fail(struct call *c, enum err e, const struct fault *f)
{
	if (e == ERR_BUSY)
		http_reply_header(c->r, "Retry-After", "1");
	call_fail_status(c, err_http(e), f);
}

void call_refuse(void *hub, struct http_request *r, int status, const char *why)
{
	struct fault f = { 0 };

	fault_set(&f, ERR_PROTO, "", "%s", why);
	put_error(r, http_arena(r), status, &f, span_starts(http_path(r), SPAN("/api/")) ? MEDIA_JSON : MEDIA_TAXII);
}
