/* SPDX-License-Identifier: Apache-2.0 */
/* Plays the scenarios of tests/scenario: text files in which hubs, members, agreements and objects meet on clocks that the file moves (README.md there). */
#include <ctype.h>
#include <dirent.h>
#include "accord/link_fixture_priv.h"

#define HUBS 4
#define NAMES 64
#define WORDS 40

struct actor {
	char name[32];
	struct world *at;
	struct accord_principal who;
	struct timestamp cursor;
};
struct pact {
	char name[32], id[128], marking[64];
};
struct stage {
	const char *file;
	unsigned line, scopes;
	struct world hub[HUBS];
	char hub_name[HUBS][32];
	size_t hubs;
	struct link link[HUBS * HUBS];
	bool cut[HUBS * HUBS];
	size_t links;
	struct actor actor[NAMES];
	size_t actors;
	struct pact pact[NAMES];
	size_t pacts;
	char *word[WORDS]; /* of the line; NULL ends them */
	size_t words;
	const char *rest; /* after the third word, as it stands */
};

#define WRONG(s, fmt, ...) fail_msg("%s:%u: " fmt, (s)->file, (s)->line, __VA_ARGS__)
#define GOOD(s, call) \
	do { \
		struct fault f = { 0 }; \
		if ((call) != ERR_OK) \
			WRONG(s, "%s: %s", f.where, f.what); \
	} while (0)

/* ---- who and what ---- */

static size_t hub_of(struct stage *s, const char *name)
{
	for (size_t i = 0; i < s->hubs; i++)
		if (strcmp(s->hub_name[i], name) == 0)
			return i;
	WRONG(s, "there is no hub %s", name);
	return 0;
}

static struct actor *find(struct stage *s, const char *name)
{
	for (size_t i = 0; i < s->actors; i++)
		if (strcmp(s->actor[i].name, name) == 0)
			return &s->actor[i];
	return NULL;
}

static struct actor *actor_of(struct stage *s, const char *name)
{
	struct actor *a = find(s, name);
	if (!a)
		WRONG(s, "there is no member or person %s", name);
	return a;
}

static struct pact *pact_of(struct stage *s, const char *name)
{
	for (size_t i = 0; i < s->pacts; i++)
		if (strcmp(s->pact[i].name, name) == 0)
			return &s->pact[i];
	WRONG(s, "there is no agreement %s", name);
	return NULL;
}

static struct actor *new_actor(struct stage *s, const char *name, struct world *at, struct accord_principal who)
{
	struct actor *a = &s->actor[s->actors++];

	if (s->actors > NAMES || find(s, name) != NULL)
		WRONG(s, "%s is there already, or there are too many", name);
	*a = (struct actor){ .at = at, .who = who };
	snprintf(a->name, sizeof(a->name), "%s", name);
	return a;
}

/* ---- hubs, members, agreements ---- */

static void do_hub(struct stage *s)
{
	if (s->hubs == HUBS)
		WRONG(s, "there are %d hubs already", HUBS);
	snprintf(s->hub_name[s->hubs], sizeof(s->hub_name[0]), "%s", s->word[1]);
	world_begin(&s->hub[s->hubs++], s->word[1], s->word[2]);
}

static void do_link(struct stage *s)
{
	struct world *x = &s->hub[hub_of(s, s->word[1])], *y = &s->hub[hub_of(s, s->word[2])];

	s->link[s->links++] = link_up(x, y);
	s->link[s->links++] = link_up(y, x);
}

static void do_member(struct stage *s)
{
	struct world *w = &s->hub[hub_of(s, s->word[2])];
	struct accord_member m = { .name = span_of(s->word[1]), .country = span_of(s->word[3]), .kind = ACCORD_KIND_COMPANY };
	char id[64];

	if (s->words > 5 && strcmp(s->word[4], "client-of") == 0) {
		m.clients_of = &actor_of(s, s->word[5])->who.org;
		m.n_clients_of = 1;
	}
	GOOD(s, accord_member_add(w->a, &m, id, &f));
	new_actor(s, s->word[1], w, of(keep(w, id)));
}

static void do_person(struct stage *s)
{
	const struct actor *of_whom = actor_of(s, s->word[2]);

	new_actor(s, s->word[1], of_whom->at, person(of_whom->at, of_whom->who.org, s->word[1]));
}

static void do_agreement(struct stage *s)
{
	struct pact *p = &s->pact[s->pacts++];
	struct world *w = &s->hub[hub_of(s, s->word[2])];

	snprintf(p->name, sizeof(p->name), "%s", s->word[1]);
	GOOD(s, accord_agreement_add(w->a, span_of(s->rest), p->id, p->marking, &f));
}

static void event(struct stage *s, enum accord_event what, struct timestamp until)
{
	const struct actor *who = actor_of(s, s->word[2]);

	GOOD(s, accord_agreement_event(who->at->a, span_of(pact_of(s, s->word[1])->id), who->who.org, what, world_now(who->at), until, &f));
}

static void do_sign(struct stage *s)
{
	event(s, ACCORD_SIGNED, zero);
}

static void do_withdraw(struct stage *s)
{
	event(s, ACCORD_WITHDRAWN, zero);
}

static void do_suspend(struct stage *s)
{
	event(s, ACCORD_SUSPENDED_FROM, (struct timestamp){ world_now(actor_of(s, s->word[2])->at).us + strtoll(s->word[3], NULL, 10) * SECOND });
}

static void do_status(struct stage *s)
{
	const struct actor *who = actor_of(s, s->word[1]);
	enum accord_status to;

	if (!accord_status_parse(span_of(s->word[2]), &to))
		WRONG(s, "%s is no status", s->word[2]);
	GOOD(s, accord_member_status(who->at->a, who->who.org, to, &f));
}

/* ---- time and links ---- */

static void do_pass(struct stage *s)
{
	for (size_t i = 0; i < s->hubs; i++)
		pass(&s->hub[i], strtoll(s->word[1], NULL, 10) * SECOND);
}

static void do_clock(struct stage *s)
{
	pass(&s->hub[hub_of(s, s->word[1])], strtoll(s->word[2], NULL, 10) * SECOND);
}

static void do_restart(struct stage *s)
{
	world_reopen(&s->hub[hub_of(s, s->word[1])]);
}

/* cut READER FROM, heal READER FROM */
static void set_cut(struct stage *s, bool cut)
{
	const struct world *to = &s->hub[hub_of(s, s->word[1])], *from = &s->hub[hub_of(s, s->word[2])];

	for (size_t i = 0; i < s->links; i++)
		if (s->link[i].to == to && s->link[i].from == from)
			s->cut[i] = cut;
}

static void do_cut(struct stage *s)
{
	set_cut(s, true);
}

static void do_heal(struct stage *s)
{
	set_cut(s, false);
}

static void do_sync(struct stage *s)
{
	for (unsigned round = 0; round < 3; round++)
		for (size_t i = 0; i < s->links; i++)
			if (!s->cut[i])
				pull(&s->link[i]);
}

/* ---- objects ---- */

static const char *tlp_of(struct stage *s, const char *word)
{
	static const struct {
		const char *word, *marking;
	} t[] = { { "clear", CLEAR }, { "green", GREEN }, { "amber", AMBER }, { "strict", STRICT }, { "red", RED } };

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (strcmp(word, t[i].word) == 0)
			return t[i].marking;
	WRONG(s, "%s is no TLP", word);
	return NULL;
}

/* A list "a,b" of names or countries as JSON strings. */
static const char *list(struct stage *s, struct arena *mem, char *names, bool ids)
{
	const char *out = "";

	for (char *save = NULL, *n = strtok_r(names, ",", &save); n; n = strtok_r(NULL, ",", &save)) {
		struct span v = span_of(n);
		if (ids) {
			const struct actor *a = actor_of(s, n);
			v = a->who.person.n ? a->who.person : a->who.org;
		}
		out = arena_printf(mem, "%s%s\"%.*s\"", out, *out ? "," : "", SPAN_ARG(v));
	}
	return out;
}

struct object {
	const char *markings, *scope, *more;
	int64_t version;
	bool refers;
};

/* From word `at` on: under PACT, named A,B, countries X,Y, after SECONDS, version N, revoked, refers ip. */
static void read_words(struct stage *s, struct world *w, size_t at, struct object *o)
{
	char t[TIMESTAMP_TEXT];
	const char *members = "";

	for (; at < s->words; at += 2) {
		const char *key = s->word[at];
		char *value = s->word[at + 1];
		if (strcmp(key, "revoked") == 0) {
			o->more = ",\"revoked\":true";
			at--;
			continue;
		}
		if (!value)
			WRONG(s, "%s needs a value", key);
		if (strcmp(key, "under") == 0) {
			o->markings = arena_printf(w->mem, "%s,\"%s\"", o->markings, pact_of(s, value)->marking);
		} else if (strcmp(key, "version") == 0) {
			o->version = strtoll(value, NULL, 10);
		} else if (strcmp(key, "refers") == 0) {
			o->refers = true;
		} else if (strcmp(key, "named") == 0 || strcmp(key, "countries") == 0) {
			members = arena_printf(w->mem, "%s%s\"%s\":[%s]", members, *members ? "," : "", key, list(s, w->mem, value, key[0] == 'n'));
		} else if (strcmp(key, "after") == 0) {
			timestamp_format((struct timestamp){ world_now(w).us + strtoll(value, NULL, 10) * SECOND }, t);
			members = arena_printf(w->mem, "%s%s\"not_before\":\"%s\"", members, *members ? "," : "", t);
		} else {
			WRONG(s, "%s is not known here", key);
		}
	}
	if (*members) {
		o->scope = scope(w, 900 + s->scopes, members);
		o->markings = arena_printf(w->mem, "%s,\"marking-definition--00000000-0000-4000-8000-%012u\"", o->markings, 900 + s->scopes++);
	}
}

#define IP "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd"

static const char *text_of(struct stage *s, struct world *w, const char *name, const struct object *o)
{
	char t[TIMESTAMP_TEXT];

	if (strcmp(name, "ip") == 0)
		return arena_printf(w->mem, "{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"id\":\"" IP "\",\"value\":\"198.51.100.3\",\"object_marking_refs\":[%s]}", o->markings);
	if (!o->refers)
		return indicator(w, (unsigned)strtoul(name, NULL, 10), NOON + o->version * 1000, o->markings, o->more);
	timestamp_format((struct timestamp){ NOON + o->version * 1000 }, t);
	return arena_printf(w->mem, "{\"type\":\"report\",\"spec_version\":\"2.1\",\"id\":\"report--00000000-0000-4000-8000-%012d\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"%s\","
				    "\"name\":\"r\",\"published\":\"2026-01-01T00:00:00Z\",\"object_refs\":[\"" IP "\"],\"object_marking_refs\":[%s]}",
		(int)strtol(name, NULL, 10), t, o->markings);
}

/* Submits; the fate of the object itself. */
static struct accord_fate offer(struct stage *s, size_t at)
{
	const struct actor *by = actor_of(s, s->word[at]);
	struct object o = { .markings = tlp_of(s, s->word[at + 2]) };
	struct accord_fate fate[2];
	const char *texts[3] = { NULL, NULL, NULL };
	size_t n = 0;

	read_words(s, by->at, at + 3, &o);
	if (o.scope)
		texts[n++] = o.scope;
	texts[n] = text_of(s, by->at, s->word[at + 1], &o);
	submit(by->at, by->who, texts, fate);
	return fate[n];
}

static void do_share(struct stage *s)
{
	struct accord_fate fate = offer(s, 1);

	if (!fate.accepted)
		WRONG(s, "refused: %s %s: %s", fate.code, fate.fault.where, fate.fault.what);
}

/* refuse CODE MEMBER OBJECT TLP … */
static void do_refuse(struct stage *s)
{
	struct accord_fate fate = offer(s, 2);

	if (fate.accepted || strcmp(fate.code, s->word[1]) != 0)
		WRONG(s, "%s, but it should be refused by %s", fate.accepted ? "accepted" : fate.code, s->word[1]);
}

static void do_delete(struct stage *s)
{
	const struct actor *by = actor_of(s, s->word[1]);

	GOOD(s, accord_withdraw(by->at->a, &by->who, by->at->shared.number, span_of(arena_printf(by->at->mem, "indicator--00000000-0000-4000-8000-%012d", (int)strtol(s->word[2], NULL, 10))), SPAN(""), &f));
}

/* ---- what is seen ---- */

static int by_text(const void *x, const void *y)
{
	return strcmp(x, y);
}

struct names {
	char v[256][16];
	size_t n;
};

static void tell(const struct names *x, char *out, size_t room)
{
	*out = 0;
	for (size_t i = 0; i < x->n; i++)
		snprintf(out + strlen(out), room - strlen(out), "%s%s", i ? " " : "", x->v[i]);
}

static struct timestamp read_feed(struct actor *a, struct timestamp after, struct names *out)
{
	const struct store_view *v;
	struct store_page *page;
	bool changed;
	struct fault f = { 0 };

	out->n = 0;
	OK(accord_refresh(a->at->a, world_now(a->at), &changed, &f));
	OK(accord_view(a->at->a, &a->who, world_now(a->at), &v, &f));
	const struct store_query q = { .collection = a->at->shared.number, .has_after = true, .after = after, .limit = 250, .max_bytes = 1 << 24, .bytes = true };
	OK(store_page_new(accord_store(a->at->a), v, &q, &page, &f));
	OK(store_page_release_wait(page, &f));
	for (size_t i = 0; i < store_page_count(page); i++) {
		const struct store_entry *e = store_page_entry(page, i);
		char tail[16];
		after = e->stamp;
		if (span_is(e->type, "marking-definition"))
			continue;
		snprintf(out->v[out->n++], 16, "%s%s", span_is(e->type, "ipv4-addr") ? "ip" : tail_of(e->id, e->type, tail), e->revoked ? "!" : "");
	}
	store_page_free(page);
	store_view_unref(v);
	qsort(out->v, out->n, sizeof(out->v[0]), by_text);
	return after;
}

static void compare(struct stage *s, const struct names *got)
{
	struct names want = { .n = 0 };
	char x[4096], y[4096];

	for (size_t i = 2; i < s->words; i++)
		if (strcmp(s->word[i], "-") != 0)
			snprintf(want.v[want.n++], 16, "%s", s->word[i]);
	qsort(want.v, want.n, sizeof(want.v[0]), by_text);
	tell(&want, x, sizeof(x));
	tell(got, y, sizeof(y));
	if (strcmp(x, y) != 0)
		WRONG(s, "%s %s \"%s\", but it should be \"%s\"", s->word[1], s->word[0], y, x);
}

static void do_sees(struct stage *s)
{
	struct names got;

	(void)read_feed(actor_of(s, s->word[1]), zero, &got);
	compare(s, &got);
}

static void do_gets(struct stage *s)
{
	struct actor *a = actor_of(s, s->word[1]);
	struct names got;

	a->cursor = read_feed(a, a->cursor, &got);
	compare(s, &got);
}

/* ---- files ---- */

static const struct {
	const char *word;
	size_t least;
	void (*play)(struct stage *s);
} acts[] = { { "hub", 3, do_hub }, { "link", 3, do_link }, { "member", 4, do_member }, { "person", 3, do_person }, { "agreement", 4, do_agreement }, { "sign", 3, do_sign },
	{ "withdraw", 3, do_withdraw }, { "suspend", 4, do_suspend }, { "status", 3, do_status }, { "pass", 2, do_pass }, { "clock", 3, do_clock }, { "restart", 2, do_restart },
	{ "cut", 3, do_cut }, { "heal", 3, do_heal }, { "sync", 1, do_sync }, { "share", 4, do_share }, { "refuse", 5, do_refuse }, { "delete", 3, do_delete },
	{ "sees", 2, do_sees }, { "gets", 2, do_gets } };

static void split(struct stage *s, char *line)
{
	char *p = line;

	s->words = 0;
	s->rest = "";
	while (s->words < WORDS - 1) {
		while (isspace((unsigned char)*p))
			*p++ = 0;
		if (!*p || *p == '#')
			break;
		if (s->words == 3 && *p == '{') { /* JSON stands as it is */
			s->rest = p;
			s->word[s->words++] = p;
			break;
		}
		s->word[s->words++] = p;
		while (*p && !isspace((unsigned char)*p))
			p++;
	}
	if (*p == '#' && !*s->rest)
		*p = 0;
	s->word[s->words] = NULL;
}

static void play_line(struct stage *s, char *line)
{
	split(s, line);
	if (!s->words)
		return;
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (strcmp(acts[i].word, s->word[0]) == 0) {
			if (s->words < acts[i].least)
				WRONG(s, "%s needs more words", s->word[0]);
			acts[i].play(s);
			return;
		}
	WRONG(s, "\"%s\" is no act", s->word[0]);
}

static void play(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));
	FILE *in = fopen(*state, "r");
	char line[2048];

	assert_non_null(s);
	assert_non_null(in);
	s->file = *state;
	while (fgets(line, sizeof(line), in)) {
		s->line++;
		line[strcspn(line, "\n")] = 0;
		play_line(s, line);
	}
	fclose(in);
	for (size_t i = 0; i < s->hubs; i++)
		world_end(&s->hub[i]);
	free(s);
}

#define FILES 64

static int scenarios(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

int main(void)
{
	static char path[FILES][512];
	static struct CMUnitTest tests[FILES];
	const char *source = getenv("MUSUBI_SOURCE");
	struct dirent **found;
	char dir[400];

	snprintf(dir, sizeof(dir), "%s/tests/scenario", source ? source : ".");
	int n = scandir(dir, &found, scenarios, alphasort);
	for (int i = 0; i < n && i < FILES; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/%s", dir, found[i]->d_name);
		tests[i] = (struct CMUnitTest){ strrchr(path[i], '/') + 1, play, NULL, NULL, path[i] };
		free(found[i]);
	}
	if (n < 10) {
		fprintf(stderr, "%s: there should be ten scenarios or more\n", dir);
		return 1;
	}
	free(found);
	return _cmocka_run_group_tests("scenarios", tests, (size_t)n, NULL, NULL);
}
