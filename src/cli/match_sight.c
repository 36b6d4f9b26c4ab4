/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match --sight: one sighting an indicator, under the indicator's own markings, to the collection it came from.  Never a line of a log. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include "stix/object.h"
#include "util/bounds.h"
#include "util/uuid.h"
#include <stdio.h>
#include <stdlib.h>

#define PER_ENVELOPE 1000

static const char *const fate_words[] = { [TAXII_SUCCESS] = "accepted", [TAXII_FAILURE] = "refused", [TAXII_PENDING] = "pending" };

/* A sighting on its way: which indicator its id stands for. */
struct sent {
	char id[64];
	const struct match_indicator *indicator;
};
struct sighting {
	struct match_run *run;
	struct sent *sent;
	size_t n;
	uint64_t fate[TAXII_PENDING + 1];
};

/* ---- who we are ---- */

static enum err ask_org(struct match_run *run, struct match_hub *hub, struct fault *f)
{
	struct client_answer r = { 0 };
	struct json v;
	enum err e;

	if (hub->org.n)
		return ERR_OK;
	e = client_request(hub->client, "GET", "/api/v1/me", (struct span){ NULL, 0 }, NULL, "application/json", 0, &r, f);
	if (e != ERR_OK)
		return e;
	e = client_expect(&r, f);
	if (e == ERR_OK)
		e = json_read(cmd_arena(run->a), buf_span(&r.body), &v, f);
	if (e == ERR_OK)
		hub->org = arena_span(cmd_arena(run->a), json_string_or_none(json_get(v, "organisation")));
	client_answer_release(&r);
	if (e == ERR_OK && !hub->org.n)
		return fault_set(f, ERR_DENIED, hub->url, "--sight needs a member's token: this one belongs to no organisation");
	return e;
}

/* ---- writing ---- */

static void put_sighting(struct json_out *o, const struct match_run *run, const struct match_hub *hub, const struct match_tally *t, struct sent *sent)
{
	char now[TIMESTAMP_TEXT], uuid[UUID_TEXT];
	uint8_t random[16];
	struct uuid u;

	random_bytes(random, sizeof(random));
	u = uuid_v4(random);
	uuid_format(&u, uuid);
	snprintf(sent->id, sizeof(sent->id), "sighting--%s", uuid);
	sent->indicator = &t->indicator;
	timestamp_format(run->now, now);
	json_open(o, '{');
	json_kstr(o, "type", "sighting");
	json_kstr(o, "spec_version", "2.1");
	json_kstr(o, "id", sent->id);
	json_kspan(o, "created_by_ref", hub->org);
	json_kstr(o, "created", now);
	json_kstr(o, "modified", now);
	if (t->first_ns <= t->last_ns) {
		json_kstr(o, "description", "Found by a search of logs; first_seen and last_seen are the times that the logs tell, count is the number of lines.");
		open_json_time(o, "first_seen", (struct timestamp){ t->first_ns / 1000 });
		open_json_time(o, "last_seen", (struct timestamp){ t->last_ns / 1000 });
	} else {
		json_kstr(o, "description", "Found by a search of logs; first_seen and last_seen are the time of the search, count is the number of lines.");
		json_kstr(o, "first_seen", now);
		json_kstr(o, "last_seen", now);
	}
	json_kint(o, "count", (int64_t)(t->count > 999999999 ? 999999999 : t->count));
	json_kspan(o, "sighting_of_ref", t->indicator.id);
	json_key(o, "where_sighted_refs");
	json_open(o, '[');
	json_put_string(o, hub->org);
	json_close(o, ']');
	if (t->indicator.markings.n) {
		struct span rest = t->indicator.markings;

		json_key(o, "object_marking_refs");
		json_open(o, '[');
		while (rest.n) {
			const char *space = memchr(rest.p, ' ', rest.n);
			size_t n = space ? (size_t)(space - rest.p) : rest.n;

			json_put_string(o, (struct span){ rest.p, n });
			n += space != NULL;
			rest = (struct span){ rest.p + n, rest.n - n };
		}
		json_close(o, ']');
	}
	json_close(o, '}');
}

/* ---- telling ---- */

static void tell(struct sighting *s, struct span id, const struct match_indicator *i, const char *fate, const char *message)
{
	if (cmd_json(s->run->a)) {
		BUF_SCOPE struct buf b;
		struct json_out o;

		buf_init(&b, 1u << 20);
		o = json_out(&b);
		json_open(&o, '{');
		json_key(&o, "sighting");
		if (id.n)
			json_put_string(&o, id);
		else
			json_put_null(&o);
		json_kspan(&o, "indicator", i ? i->id : (struct span){ "", 0 });
		json_kstr(&o, "fate", fate);
		json_kstr(&o, "message", message);
		json_close(&o, '}');
		if (open_print_json(&b) != ERR_OK)
			s->run->trouble = true;
		return;
	}
	cmd_print("sighting %s\t", fate);
	match_print_safe(i ? (i->name.n ? i->name : i->id) : id);
	cmd_print("\t");
	match_print_safe(id.n ? id : i->id);
	cmd_print("%s", message && *message ? "\t" : "");
	match_print_safe(span_of(message));
	cmd_print("\n");
}

static void take_fate(void *ctx, const struct taxii_status_item *item)
{
	struct sighting *s = ctx;
	const struct match_indicator *i = NULL;

	for (size_t k = 0; k < s->n && !i; k++)
		i = span_is(item->id, s->sent[k].id) ? s->sent[k].indicator : NULL;
	s->fate[item->fate]++;
	tell(s, item->id, i, fate_words[item->fate], item->message);
}

/* ---- sending ---- */

static enum err send_some(struct sighting *s, struct match_source *to, const struct match_tally *const *v, size_t n, struct fault *f)
{
	BUF_SCOPE struct buf b;
	struct json_out o;

	buf_init(&b, BOUND_ENVELOPE_BYTES);
	o = json_out(&b);
	json_open(&o, '{');
	json_key(&o, "objects");
	json_open(&o, '[');
	for (s->n = 0; s->n < n; s->n++)
		put_sighting(&o, s->run, to->hub, v[s->n], &s->sent[s->n]);
	json_close(&o, ']');
	json_close(&o, '}');
	if (!buf_ok(&b))
		return ERR_NOMEM;
	return client_submit(to->hub->client, to->collection.id, buf_span(&b), take_fate, s, f);
}

static enum err send_source(struct sighting *s, struct match_source *to, const struct match_tally **v, struct fault *f)
{
	struct match_run *run = s->run;
	size_t n = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; i < run->tallies; i++) {
		if (!span_eq(run->tally[i].indicator.source, to->text))
			continue;
		if (to->hub && to->collection.can_write && run->tally[i].indicator.id.n)
			v[n++] = &run->tally[i];
		else
			tell(s, (struct span){ "", 0 }, &run->tally[i].indicator, "not reported", to->hub ? "its collection cannot be written to" : "it is from a file, not from a hub");
	}
	if (n)
		e = ask_org(run, to->hub, f);
	for (size_t i = 0; i < n && e == ERR_OK; i += PER_ENVELOPE)
		e = send_some(s, to, v + i, n - i < PER_ENVELOPE ? n - i : PER_ENVELOPE, f);
	return e;
}

enum err match_sight(struct match_run *run, struct fault *f)
{
	struct sighting s = { .run = run, .sent = calloc(PER_ENVELOPE, sizeof(struct sent)) };
	const struct match_tally **v = calloc(run->tallies + 1, sizeof(*v));
	enum err e = s.sent && v ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; i < run->sources && e == ERR_OK; i++)
		e = send_source(&s, &run->source[i], v, f);
	if (s.fate[TAXII_FAILURE])
		run->trouble = true;
	if (!cmd_json(run->a) && run->tallies)
		cmd_say("%llu sightings accepted, %llu refused, %llu pending", (unsigned long long)s.fate[TAXII_SUCCESS],
			(unsigned long long)s.fate[TAXII_FAILURE], (unsigned long long)s.fate[TAXII_PENDING]);
	free(s.sent);
	free(v);
	return e;
}
