/* SPDX-License-Identifier: Apache-2.0 */
/* TAXII resources as a server writes them (TAXII 2.1 §3.6.1, §4.1-4.3, §5.2, §5.3). */
#include <stdio.h>
#include "taxii/taxii.h"

#define API_ROOT "/taxii2/hub/"

static void put_optional(struct json_out *o, const char *key, struct span s)
{
	if (s.n)
		json_kspan(o, key, s);
}

static void put_time(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];
	timestamp_format(t, text);
	json_kstr(o, key, text);
}

/* A string value made of two parts; no memory of its own beyond the output (base_url may be of any length). */
static void put_url(struct json_out *o, struct span base_url)
{
	struct buf b;
	buf_init(&b, base_url.n + sizeof API_ROOT);
	buf_addspan(&b, base_url);
	buf_adds(&b, API_ROOT);
	if (buf_ok(&b))
		json_put_string(o, buf_span(&b));
	else
		o->to->failed = true;
	buf_release(&b);
}

void taxii_put_discovery(struct json_out *o, struct span title, struct span contact, struct span base_url)
{
	while (base_url.n && base_url.p[base_url.n - 1] == '/')
		base_url.n--;
	json_open(o, '{');
	json_kspan(o, "title", title);
	put_optional(o, "contact", contact);
	json_key(o, "default");
	put_url(o, base_url);
	json_key(o, "api_roots");
	json_open(o, '[');
	put_url(o, base_url);
	json_close(o, ']');
	json_close(o, '}');
}

void taxii_put_api_root(struct json_out *o, struct span title, uint64_t max_content_length)
{
	json_open(o, '{');
	json_kspan(o, "title", title);
	json_key(o, "versions");
	json_open(o, '[');
	json_put_str(o, TAXII_MEDIA);
	json_close(o, ']');
	json_kint(o, "max_content_length", max_content_length > INT64_MAX ? INT64_MAX : (int64_t)max_content_length);
	json_close(o, '}');
}

void taxii_put_collection(struct json_out *o, const struct taxii_collection *c)
{
	json_open(o, '{');
	json_kspan(o, "id", c->id);
	json_kspan(o, "title", c->title.n ? c->title : c->alias.n ? c->alias
								  : c->id); /* required */
	put_optional(o, "description", c->description);
	put_optional(o, "alias", c->alias);
	json_kbool(o, "can_read", c->can_read);
	json_kbool(o, "can_write", c->can_write);
	json_key(o, "media_types");
	json_open(o, '[');
	json_put_str(o, TAXII_STIX_MEDIA);
	json_put_str(o, TAXII_STIX_MEDIA_20);
	json_close(o, ']');
	if (c->default_tlp.n || c->members_write) {
		json_key(o, "x_musubi");
		json_open(o, '{');
		put_optional(o, "default_tlp", c->default_tlp);
		json_kbool(o, "members_write", c->members_write);
		json_close(o, '}');
	}
	json_close(o, '}');
}

void taxii_put_manifest(struct json_out *o, const struct taxii_manifest *m)
{
	json_open(o, '{');
	json_kspan(o, "id", m->id);
	put_time(o, "date_added", m->added);
	json_kspan(o, "version", m->version);
	put_optional(o, "media_type", m->media_type);
	json_close(o, '}');
}

void taxii_put_error(struct json_out *o, int http_status, struct span title, const struct fault *f, struct span error_id)
{
	char status[16];
	snprintf(status, sizeof status, "%d", http_status);
	json_open(o, '{');
	json_kspan(o, "title", title.n ? title : span_of(status)); /* required */
	if (f && f->what[0])
		json_kstr(o, "description", f->what);
	put_optional(o, "error_id", error_id);
	json_kstr(o, "http_status", status);
	if (f && f->where[0]) {
		json_key(o, "details");
		json_open(o, '{');
		json_kstr(o, "where", f->where);
		json_close(o, '}');
	}
	json_close(o, '}');
}

static const struct {
	enum taxii_fate fate;
	const char *count, *list;
} fates[] = {
	{ TAXII_SUCCESS, "success_count", "successes" },
	{ TAXII_FAILURE, "failure_count", "failures" },
	{ TAXII_PENDING, "pending_count", "pendings" },
};

static void put_fate(struct json_out *o, const struct taxii_status_item *item, const char *no_version)
{
	json_open(o, '{');
	json_kspan(o, "id", item->id);
	/* Required even of what has none; then the time of the request stands in (TAXII 2.1 §4.3.1). */
	json_kspan(o, "version", item->version.n ? item->version : span_of(no_version));
	if (item->message)
		json_kstr(o, "message", item->message);
	json_close(o, '}');
}

void taxii_put_status(struct json_out *o, struct span id, struct timestamp when, bool complete, const struct taxii_status_item *v, size_t n)
{
	char at[TIMESTAMP_TEXT];
	timestamp_format(when, at);
	json_open(o, '{');
	json_kspan(o, "id", id);
	json_kstr(o, "status", complete ? "complete" : "pending");
	json_kstr(o, "request_timestamp", at);
	json_kint(o, "total_count", (int64_t)n);
	for (size_t k = 0; k < sizeof fates / sizeof *fates; k++) {
		int64_t count = 0;
		for (size_t i = 0; i < n; i++)
			count += v[i].fate == fates[k].fate;
		json_kint(o, fates[k].count, count);
		if (!count)
			continue;
		json_key(o, fates[k].list);
		json_open(o, '[');
		for (size_t i = 0; i < n; i++)
			if (v[i].fate == fates[k].fate)
				put_fate(o, &v[i], at);
		json_close(o, ']');
	}
	json_close(o, '}');
}
