/* SPDX-License-Identifier: Apache-2.0 */
/* For this room's tests: a hub in a directory of its own with a clock that the test moves, members, submissions, and what each reads. */
#ifndef ACCORD_FIXTURE_PRIV_H
#define ACCORD_FIXTURE_PRIV_H
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "accord/accord_priv.h"
#include "util/test.h"

#define NOON 1800000000000000 /* 2027-01-15T08:00:00Z */
#define SECOND 1000000
#define GREEN "\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\""
#define CLEAR "\"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487\""
#define AMBER "\"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421\""
#define STRICT "\"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003\""
#define RED "\"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\""

struct world {
	char dir[64], token[ACCORD_TOKEN], hub[64];
	_Atomic int64_t now;
	struct accord *a;
	struct arena *mem; /* what a test keeps */
	struct store_collection shared;
};

#define OK(call) assert_int_equal(call, ERR_OK)

static struct timestamp world_now(void *ctx)
{
	return (struct timestamp){ atomic_load(&((struct world *)ctx)->now) };
}

static inline void world_reopen(struct world *w)
{
	struct fault f = { 0 };
	struct store_collection *v;
	size_t n;

	accord_close(w->a);
	w->a = NULL;
	const struct store_options o = { .now = world_now, .ctx = w };
	if (accord_open(&w->a, w->dir, &o, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	OK(store_collections(accord_store(w->a), w->mem, &v, &n, &f));
	for (size_t i = 0; i < n; i++)
		if (span_is(v[i].alias, "shared"))
			w->shared = v[i];
}

static inline void world_begin(struct world *w, const char *name, const char *country)
{
	struct fault f = { 0 };

	*w = (struct world){ .now = NOON, .mem = arena_new(256u << 20) };
	snprintf(w->dir, sizeof(w->dir), "/tmp/accord-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	if (accord_init(w->dir, span_of(name), span_of(country), world_now, w, w->token, w->hub, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	world_reopen(w);
}

static inline void world_end(struct world *w)
{
	static const char *const names[] = { "hub.key", "musubi.db", "musubi.db-wal", "musubi.db-shm" };
	char path[128];

	accord_close(w->a);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(w->dir), 0);
	arena_free(w->mem);
}

static inline void pass(struct world *w, int64_t us)
{
	bool changed;

	atomic_fetch_add(&w->now, us);
	OK(accord_refresh(w->a, world_now(w), &changed, NULL));
}

static inline struct span keep(struct world *w, const char *text)
{
	struct span s = arena_span(w->mem, span_of(text));

	assert_non_null(s.p);
	return s;
}

static inline struct span member(struct world *w, const char *name, const char *country)
{
	struct fault f = { 0 };
	char id[64];
	const struct accord_member m = { .name = span_of(name), .country = span_of(country), .kind = ACCORD_KIND_COMPANY };

	if (accord_member_add(w->a, &m, id, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	return keep(w, id);
}

static inline struct accord_principal of(struct span org)
{
	return (struct accord_principal){ .org = org };
}

static inline struct accord_principal person(struct world *w, struct span org, const char *name)
{
	char token[ACCORD_TOKEN], id[64];
	struct accord_principal p;

	OK(accord_token_new(w->a, org, span_of(name), false, token, id, NULL));
	OK(accord_authenticate_token(w->a, w->mem, span_of(token), &p, NULL));
	assert_true(span_is(p.person, id));
	return p;
}

/* An indicator with these markings (JSON strings, comma separated). */
static inline const char *indicator(struct world *w, unsigned number, int64_t modified, const char *markings, const char *more)
{
	char t[TIMESTAMP_TEXT];

	timestamp_format((struct timestamp){ modified }, t);
	return arena_printf(w->mem, "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-%012u\",\"created\":\"2026-01-01T00:00:00.000Z\","
				    "\"modified\":\"%s\",\"pattern\":\"[ipv4-addr:value = '198.51.100.%u']\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\","
				    "\"indicator_types\":[\"malicious-activity\"],\"name\":\"n%u\"%s%s%s%s}",
		number, t, number % 250, number, markings ? ",\"object_marking_refs\":[" : "",
		markings ? markings : "", markings ? "]" : "", more ? more : "");
}

static inline const char *scope(struct world *w, unsigned number, const char *members)
{
	return arena_printf(w->mem, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-%012u\","
				    "\"created\":\"2026-01-01T00:00:00.000Z\",\"name\":\"scope\",\"extensions\":{\"" STIX_EXT_SHARING "\":{\"extension_type\":\"property-extension\",%s}}}",
		number, members);
}
#define SCOPE(digit) "\"marking-definition--00000000-0000-4000-8000-00000000000" #digit "\""

/* Submits texts (NULL ends them); fates in order into out, which has room. */
static inline void submit(struct world *w, struct accord_principal by, const char *const *texts, struct accord_fate *out)
{
	struct accord_intake *in;
	struct fault f = { 0 };

	if (accord_intake_new(w->a, &by, &w->shared, world_now(w), &in, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	for (size_t i = 0; texts[i]; i++)
		OK(accord_intake_add(in, span_of(texts[i]), &f));
	if (accord_intake_commit_wait(in, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	for (size_t i = 0; i < accord_intake_count(in); i++)
		out[i] = *accord_intake_fate(in, i);
	accord_intake_free(in);
}

static inline struct accord_fate submit_one(struct world *w, struct accord_principal by, const char *text)
{
	const char *const texts[] = { text, NULL };
	struct accord_fate fate;

	submit(w, by, texts, &fate);
	return fate;
}

static inline struct timestamp accepted(struct world *w, struct accord_principal by, const char *text)
{
	struct accord_fate fate = submit_one(w, by, text);

	if (!fate.accepted)
		fail_msg("%s %s: %s", fate.code, fate.fault.where, fate.fault.what);
	return fate.stamp;
}

/* One reading of a feed: the tails of the ids (12 digits without their zeros) in order, "n" for notices; and the last stamp. */
struct feed {
	char text[4096];
	struct timestamp last;
	size_t n;
	struct span raw; /* of the last */
};

static inline const char *tail_of(struct span id, struct span type, char out[static 16])
{
	const char *p = id.p + id.n - 12;
	size_t n = 12;

	if (span_is(type, "note"))
		return "n";
	while (n > 1 && *p == '0') {
		p++;
		n--;
	}
	snprintf(out, 16, "%.*s", (int)n, p);
	return out;
}

static inline struct feed feed(struct world *w, struct accord_principal who, struct timestamp after, int64_t collection)
{
	struct feed out = { .last = after };
	struct fault f = { 0 };
	const struct store_view *v;
	struct store_page *page;
	bool changed;

	OK(accord_refresh(w->a, world_now(w), &changed, &f));
	OK(accord_view(w->a, &who, world_now(w), &v, &f));
	for (bool more = true; more;) {
		const struct store_query q = { .collection = collection, .has_after = true, .after = out.last, .versions = STORE_VERSIONS_ALL, .limit = 3, .max_bytes = 1 << 20, .bytes = true };
		if (store_page_new(accord_store(w->a), v, &q, &page, &f) != ERR_OK || store_page_release_wait(page, &f) != ERR_OK)
			fail_msg("%s: %s", f.where, f.what);
		for (size_t i = 0; i < store_page_count(page); i++) {
			const struct store_entry *e = store_page_entry(page, i);
			char tail[16];
			assert_true(timestamp_before(out.last, e->stamp));
			out.last = e->stamp;
			out.raw = arena_span(w->mem, e->raw);
			snprintf(out.text + strlen(out.text), sizeof(out.text) - strlen(out.text), "%s%s", out.n++ ? " " : "", tail_of(e->id, e->type, tail));
		}
		more = store_page_more(page);
		store_page_free(page);
	}
	store_view_unref(v);
	return out;
}

static inline struct feed shared(struct world *w, struct accord_principal who, struct timestamp after)
{
	return feed(w, who, after, w->shared.number);
}
#define SEES(w, who, want) assert_string_equal(shared((w), (who), (struct timestamp){ 0 }).text, (want))
#endif
