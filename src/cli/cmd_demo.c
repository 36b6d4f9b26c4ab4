/* SPDX-License-Identifier: Apache-2.0 */
/* `musubi demo`: three hubs, eight organisations, one attack, told as it happens.
 *
 * Nothing is staged: every step is the command a user would type, run as a process of its own, and every reader is a
 * `musubi pull --follow` over HTTP.  What is measured is from the start of the sender's command to the reader's line. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>
#include "cli/cmd.h"
#include "cli/demo_priv.h"
#include "cli/spawn.h"

#define READERS (DEMO_ORGS + 1) /* every organisation, and the named person */
#define PERSON DEMO_ORGS
#define SETTLE_MS 1500 /* how long nothing more may come before "that was all" is said */
#define WAIT_MS 15000 /* how long a step may take at most */

struct reader {
	struct spawn pull;
	unsigned got[5]; /* by enum demo_part: objects of the case received in this act */
	unsigned sightings, reports;
	bool revoked, told;
	int64_t last_ns;
};
struct demo {
	struct arena *a;
	struct json_parser *parser;
	char dir[256], hub_dir[DEMO_HUBS][300], url[DEMO_HUBS][64], log[300];
	struct span hub_id[DEMO_HUBS], admin[DEMO_HUBS];
	struct spawn hub[DEMO_HUBS];
	struct span org[DEMO_ORGS], token[READERS], person;
	struct span agreement, marking;
	struct reader reader[READERS];
	int talk; /* where the children's stderr goes */
	int64_t t0;
	bool wrong, json;
	struct fault f;
};
static const struct {
	const char *key, *city, *name, *country;
} hubs[DEMO_HUBS] = {
	{ "tokyo", "Tokyo", "Sakura Mihon Security Association", "JP" },
	{ "bangkok", "Bangkok", "Chao Phraya Tuayang CSIRT", "TH" },
	{ "jakarta", "Jakarta", "Nusantara Contoh Cyber Association", "ID" },
};
static volatile sig_atomic_t stop;

static void on_signal(int s)
{
	(void)s;
	stop = 1;
}

/* ---- telling ---- */
static void tell(struct demo *d, const char *who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct demo *d, const char *who, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	double ms = d->t0 ? (double)(timestamp_tick_ns() - d->t0) / 1e6 : 0;
	if (d->json) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1u << 16);
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_key(&o, "ms");
		json_put_double(&o, (double)(int64_t)(ms * 10) / 10);
		json_kstr(&o, "who", who);
		json_kstr(&o, "what", text);
		json_close(&o, '}');
		cmd_print("%.*s\n", (int)b.n, b.p);
	} else if (d->t0) {
		cmd_print("%8.1f ms  %-30s %s\n", ms, who, text);
	} else {
		cmd_print("%s%s%s\n", who, *who ? ": " : "", text);
	}
	fflush(stdout);
}

static void act(struct demo *d, const char *title)
{
	d->t0 = 0;
	if (!d->json)
		cmd_print("\n-- %s\n", title);
	else
		tell(d, "", "%s", title);
	fflush(stdout);
}

static bool wrong(struct demo *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct demo *d, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->wrong = true;
	tell(d, "WRONG", "%s", text);
	return false;
}

/* ---- commands as a user types them ---- */
#define RUN(d, out, ...) run((d), (out), (struct span){ 0 }, 0, (const char *const[]){ __VA_ARGS__, NULL })
static bool run(struct demo *d, struct span *out, struct span input, int expect, const char *const *argv)
{
	struct span text;
	int status = 0;
	if (spawn_run(d->a, argv, input, &text, &status, &d->f) != ERR_OK)
		return wrong(d, "musubi %s: %s", argv[0], d->f.what);
	if (status != expect)
		return wrong(d, "musubi %s %s ended with status %d: %s", argv[0], argv[1], status, d->f.what);
	if (out)
		*out = text;
	return true;
}

/* Runs with --json and takes one string member of the answer. */
static bool ask(struct demo *d, struct span *out, const char *member, struct span input, const char *const *argv)
{
	struct span text;
	struct json v;
	if (!run(d, &text, input, 0, argv))
		return false;
	if (json_read(d->a, text, &v, &d->f) != ERR_OK || !json_is(json_get(v, member), JSON_STRING))
		return wrong(d, "musubi %s %s --json has no %s", argv[0], argv[1], member);
	*out = json_string(json_get(v, member));
	return true;
}
#define ASK(d, out, member, ...) ask((d), (out), (member), (struct span){ 0 }, (const char *const[]){ __VA_ARGS__, NULL })

static bool hubs_up(struct demo *d)
{
	for (int h = 0; h < DEMO_HUBS; h++) {
		snprintf(d->hub_dir[h], sizeof(d->hub_dir[h]), "%s/%s", d->dir, hubs[h].key);
		const char *const init[] = { "init", d->hub_dir[h], "--name", hubs[h].name, "--country", hubs[h].country, "--json", NULL };
		struct span text;
		struct json v;
		if (!run(d, &text, (struct span){ 0 }, 0, init) || json_read(d->a, text, &v, &d->f) != ERR_OK)
			return false;
		d->hub_id[h] = json_string_or_none(json_get(v, "hub_id"));
		d->admin[h] = json_string_or_none(json_get(v, "admin_token"));
	}
	return true;
}

static void take_url(void *ctx, struct span line)
{
	struct demo *d = ((void **)ctx)[0];
	char *url = ((void **)ctx)[1];
	struct json v;
	if (json_read(d->a, line, &v, NULL) == ERR_OK && json_has(json_get(v, "url")))
		snprintf(url, 64, "%.*s", SPAN_ARG(json_string_or_none(json_get(v, "url"))));
}

static bool serve(struct demo *d, int h)
{
	const char *const argv[] = { "serve", d->hub_dir[h], "--listen", "127.0.0.1:0", "--json", NULL };
	if (spawn_start(&d->hub[h], argv, d->talk, &d->f) != ERR_OK)
		return wrong(d, "%s", d->f.what);
	void *ctx[] = { d, d->url[h] };
	for (int waited = 0; !d->url[h][0] && waited < WAIT_MS && !stop; waited += 20) {
		poll(&(struct pollfd){ d->hub[h].out, POLLIN, 0 }, 1, 20);
		if (!spawn_lines(&d->hub[h], take_url, ctx))
			break;
	}
	return d->url[h][0] ? true : wrong(d, "the hub of %s did not start (see %s/talk.log)", hubs[h].city, d->dir);
}

static bool people(struct demo *d)
{
	for (int i = 0; i < DEMO_ORGS; i++) {
		const struct demo_org *o = &demo_orgs[i];
		const char *dir = d->hub_dir[o->hub];
		if (!ASK(d, &d->org[i], "id", "member", "add", dir, "--name", o->name, "--country", o->country, "--kind", o->kind, "--sector", o->sector, "--json") ||
			!ASK(d, &d->token[i], "token", "token", "new", dir, "--member", d->org[i].p, "--json"))
			return false;
	}
	const struct demo_org *n = &demo_orgs[DEMO_NAMED];
	const char *const person[] = { "token", "new", d->hub_dir[n->hub], "--member", d->org[DEMO_NAMED].p, "--person", n->person, "--json", NULL };
	struct span text;
	struct json v;
	if (!run(d, &text, (struct span){ 0 }, 0, person) || json_read(d->a, text, &v, &d->f) != ERR_OK)
		return false;
	d->token[PERSON] = json_string_or_none(json_get(v, "token"));
	d->person = json_string_or_none(json_get(v, "person"));
	return d->person.n ? true : wrong(d, "token new --person prints no person");
}

static bool friends(struct demo *d)
{
	/* every hub lets the two others in: full mesh */
	for (int at = 0; at < DEMO_HUBS; at++) {
		for (int from = 0; from < DEMO_HUBS; from++) {
			struct span id, token;
			if (at == from)
				continue;
			if (!ASK(d, &id, "id", "member", "add", d->hub_dir[at], "--name", hubs[from].name, "--country", hubs[from].country, "--kind", "hub", "--json") ||
				!ASK(d, &token, "token", "token", "new", d->hub_dir[at], "--member", id.p, "--json") ||
				!RUN(d, NULL, "peer", "add", d->hub_dir[from], "--url", d->url[at], "--token", token.p))
				return false;
		}
	}
	return true;
}

static bool agree(struct demo *d)
{
	char file[300];
	static const char text[] = "{\"kind\":\"agreement\",\"title\":{\"en\":\"Sample agreement on the exchange of threat information (fictional)\"},"
				   "\"version\":1,\"effective\":\"2026-01-01T00:00:00Z\",\"expires\":\"2099-01-01T00:00:00Z\","
				   "\"policy\":{\"ceiling\":\"amber\",\"clients\":false,\"personal_data\":\"none\",\"retroactive\":\"none\"}}\n";
	snprintf(file, sizeof(file), "%s/agreement.json", d->dir);
	FILE *out = fopen(file, "we");
	if (!out || fputs(text, out) < 0 || fclose(out))
		return wrong(d, "%s: cannot be written", file);
	struct span answer;
	struct json v;
	if (!RUN(d, &answer, "agreement", "add", d->hub_dir[DEMO_JAKARTA], file, "--json") || json_read(d->a, answer, &v, &d->f) != ERR_OK)
		return false;
	d->agreement = json_string_or_none(json_get(v, "id"));
	d->marking = json_string_or_none(json_get(v, "marking"));
	/* the others know it once it has travelled; then their members sign at home */
	for (int i = 0; i < DEMO_ORGS; i++) {
		const char *const sign[] = { "agreement", "sign", d->hub_dir[demo_orgs[i].hub], d->agreement.p, "--member", d->org[i].p, "--json", NULL };
		int status = 1;
		for (int waited = 0; demo_orgs[i].party && status && waited < WAIT_MS && !stop; waited += 100) {
			if (spawn_run(d->a, sign, (struct span){ 0 }, &answer, &status, &d->f) != ERR_OK)
				break;
			if (status)
				poll(NULL, 0, 100);
		}
		if (demo_orgs[i].party && status)
			return wrong(d, "%s could not sign: %s", demo_orgs[i].name, d->f.what);
	}
	return true;
}

/* Until every hub knows every party and every member: the directory has travelled. */
static bool travelled(struct demo *d)
{
	for (int h = 0; h < DEMO_HUBS; h++) {
		bool all = false;
		for (int waited = 0; !all && waited < WAIT_MS && !stop; waited += 100) {
			struct span shown = SPAN(""), members = SPAN("");
			if (!RUN(d, &shown, "agreement", "show", d->hub_dir[h], d->agreement.p, "--json") || !RUN(d, &members, "member", "list", d->hub_dir[h], "--json"))
				return false;
			all = true;
			for (int i = 0; i < DEMO_ORGS; i++)
				all = all && memmem(members.p, members.n, d->org[i].p, d->org[i].n) &&
				      (!demo_orgs[i].party || memmem(shown.p, shown.n, d->org[i].p, d->org[i].n));
			if (!all)
				poll(NULL, 0, 100);
		}
		if (!all)
			return wrong(d, "%s has not heard of all members and parties", hubs[h].city);
	}
	return true;
}

/* ---- readers ---- */
static const char *reader_name(int r)
{
	return r == PERSON ? demo_orgs[DEMO_NAMED].person : demo_orgs[r].name;
}
static const struct demo_org *reader_org(int r)
{
	return &demo_orgs[r == PERSON ? DEMO_NAMED : r];
}
static unsigned expected(int r, enum demo_part p)
{
	bool have = p == DEMO_GREEN || (p == DEMO_AMBER && reader_org(r)->party) || (p == DEMO_RED && r == PERSON);
	/* the reporter's own TLP:RED object is not for its organisation key: it submitted it without a person */
	return have ? demo_count(p) : 0;
}

static bool listen_all(struct demo *d)
{
	for (int r = 0; r < READERS; r++) {
		const char *const argv[] = { "pull", d->url[reader_org(r)->hub], "--token", d->token[r].p, "--collection", "shared", "--follow", "--json", NULL };
		if (spawn_start(&d->reader[r].pull, argv, d->talk, &d->f) != ERR_OK)
			return wrong(d, "%s", d->f.what);
	}
	poll(NULL, 0, 500); /* they connect */
	return true;
}

static void take_object(void *ctx, struct span line)
{
	struct demo *d = ((void **)ctx)[0];
	struct reader *r = ((void **)ctx)[1];
	struct json v, o;
	if (json_parse(d->parser, line, false, &v, NULL) != ERR_OK || !json_has(o = json_get(v, "object")))
		return;
	struct span id = json_string_or_none(json_get(o, "id"));
	unsigned part = demo_part_of(id);
	r->last_ns = timestamp_tick_ns();
	if (span_is(id, DEMO_REPORT)) {
		r->reports++;
		r->revoked = r->revoked || json_true(json_get(o, "revoked"));
	}
	if (part)
		r->got[part]++;
	else if (id.n > 8 && memcmp(id.p, "sighting", 8) == 0)
		r->sightings++;
}

/* Reads what came in `ms`; calls told(reader) after each piece. */
static void read_for(struct demo *d, int ms, void (*told)(struct demo *d, int r))
{
	int64_t end = timestamp_tick_ns() + (int64_t)ms * 1000000;
	struct pollfd p[READERS];
	while (!stop && timestamp_tick_ns() < end) {
		for (int r = 0; r < READERS; r++)
			p[r] = (struct pollfd){ d->reader[r].pull.out, POLLIN, 0 };
		if (poll(p, READERS, 20) <= 0)
			continue;
		for (int r = 0; r < READERS; r++) {
			void *ctx[] = { d, &d->reader[r] };
			if (!p[r].revents)
				continue;
			if (!spawn_lines(&d->reader[r].pull, take_object, ctx)) {
				wrong(d, "the reader of %s has ended (see %s/talk.log)", reader_name(r), d->dir);
				stop = 1;
			}
			told(d, r);
		}
	}
}

static void forget(struct demo *d)
{
	for (int r = 0; r < READERS; r++) {
		struct reader *x = &d->reader[r];
		memset(x->got, 0, sizeof(x->got));
		x->sightings = x->reports = 0;
		x->revoked = x->told = false;
	}
}

static bool whole(struct demo *d, int r)
{
	for (unsigned p = DEMO_GREEN; p <= DEMO_RED; p <<= 1)
		if (d->reader[r].got[p] != expected(r, p))
			return false;
	return true;
}

static void told_report(struct demo *d, int r)
{
	struct reader *x = &d->reader[r];
	if (x->told || !whole(d, r))
		return;
	x->told = true;
	char parts[128];
	int n = snprintf(parts, sizeof(parts), "%u TLP:GREEN", x->got[DEMO_GREEN]);
	if (x->got[DEMO_AMBER])
		n += snprintf(parts + n, sizeof(parts) - (size_t)n, ", %u TLP:AMBER under the agreement", x->got[DEMO_AMBER]);
	if (x->got[DEMO_RED])
		snprintf(parts + n, sizeof(parts) - (size_t)n, ", %u TLP:RED to her by name", x->got[DEMO_RED]);
	tell(d, reader_name(r), "%s (hub of %s) has %s", reader_org(r)->country, hubs[reader_org(r)->hub].city, parts);
}

static bool submit(struct demo *d, const struct demo_case *c, const char *file)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1u << 20);
	demo_bundle(c, &b);
	char path[320];
	snprintf(path, sizeof(path), "%s/%s", d->dir, file);
	FILE *out = fopen(path, "we");
	if (!buf_ok(&b) || !out || fwrite(b.p, 1, b.n, out) != b.n || fclose(out))
		return wrong(d, "%s: cannot be written", path);
	d->t0 = timestamp_tick_ns();
	struct span text;
	return RUN(d, &text, "share", path, "--hub", d->url[DEMO_JAKARTA], "--token", d->token[DEMO_REPORTER].p, "--collection", "shared", "--json");
}

/* Why a member did not get an object, in the words of `musubi why`. */
static void tell_why(struct demo *d, int org, const char *object)
{
	const char *const argv[] = { "why", d->hub_dir[DEMO_JAKARTA], object, d->org[org].p, "--json", NULL };
	struct span text;
	struct json v;
	int status;
	if (spawn_run(d->a, argv, (struct span){ 0 }, &text, &status, &d->f) != ERR_OK || json_read(d->a, text, &v, &d->f) != ERR_OK) {
		wrong(d, "musubi why: %s", d->f.what);
		return;
	}
	struct span reason = json_string_or_none(json_get(v, "reason")), words = json_string_or_none(json_get(v, "words"));
	if (json_true(json_get(v, "released")) || !reason.n)
		wrong(d, "musubi why says that %s may have it, or gives no reason", demo_orgs[org].name);
	else
		tell(d, demo_orgs[org].name, "%s does not get %.*s: %.*s (%.*s)", demo_orgs[org].country, (int)(strstr(object, "--") - object), object,
			SPAN_ARG(words), SPAN_ARG(reason));
}

static bool first_act(struct demo *d, struct demo_case *c)
{
	act(d, "A company in Jakarta reports an attack: one part TLP:AMBER under the agreement, one TLP:GREEN, one TLP:RED to a person");
	if (!submit(d, c, "report.json"))
		return false;
	tell(d, demo_orgs[DEMO_REPORTER].name, "ID has its report accepted by the hub of Jakarta");
	for (int r = 0; r < READERS; r++)
		told_report(d, r);
	for (int waited = 0; waited < WAIT_MS && !stop; waited += 100) {
		bool all = true;
		read_for(d, 100, told_report);
		for (int r = 0; r < READERS; r++)
			all = all && d->reader[r].told;
		if (all)
			break;
	}
	read_for(d, SETTLE_MS, told_report);
	for (int r = 0; r < READERS; r++)
		if (!whole(d, r))
			wrong(d, "%s has %u GREEN, %u AMBER, %u RED objects; right were %u, %u, %u", reader_name(r), d->reader[r].got[DEMO_GREEN],
				d->reader[r].got[DEMO_AMBER], d->reader[r].got[DEMO_RED], expected(r, DEMO_GREEN), expected(r, DEMO_AMBER), expected(r, DEMO_RED));
	d->t0 = 0;
	for (int i = 0; i < DEMO_ORGS; i++)
		if (!demo_orgs[i].party)
			tell_why(d, i, DEMO_AMBER_INDICATOR);
	tell_why(d, DEMO_FINDER, DEMO_RED_NOTE);
	return true;
}

static void told_sighting(struct demo *d, int r)
{
	if (d->reader[r].sightings && !d->reader[r].told) {
		d->reader[r].told = true;
		tell(d, reader_name(r), "%s sees the sighting", reader_org(r)->country);
	}
}

static bool second_act(struct demo *d)
{
	act(d, "A company in Tokyo looks for it in its own log");
	forget(d);
	FILE *out = fopen(d->log, "we");
	if (!out || fputs(demo_log, out) < 0 || fclose(out))
		return wrong(d, "%s: cannot be written", d->log);
	d->t0 = timestamp_tick_ns();
	const char *const argv[] = { "match", "--hub", d->url[DEMO_TOKYO], "--token", d->token[DEMO_FINDER].p, "--sight", "--json", d->log, NULL };
	struct span text = { 0 };
	if (!run(d, &text, (struct span){ 0 }, 1, argv)) /* 1: there were hits */
		return false;
	unsigned hits = 0;
	for (const char *p = text.p, *nl; p < text.p + text.n; p = nl + 1) {
		if (!(nl = memchr(p, '\n', (size_t)(text.p + text.n - p))))
			break;
		struct json v;
		if (json_read(d->a, (struct span){ p, (size_t)(nl - p) }, &v, NULL) != ERR_OK || !json_has(json_get(v, "line")))
			continue;
		hits++;
		tell(d, demo_orgs[DEMO_FINDER].name, "JP finds %.*s in line %lld of its DNS log (%.*s)", SPAN_ARG(json_string_or_none(json_get(v, "value"))),
			(long long)json_int(json_get(v, "line")), SPAN_ARG(json_string_or_none(json_get(v, "name"))));
	}
	if (hits != 1)
		return wrong(d, "%u hits; one line of four asks for the reported name", hits);
	for (int waited = 0; waited < WAIT_MS && !stop && !d->reader[DEMO_REPORTER].told; waited += 100)
		read_for(d, 100, told_sighting);
	if (!d->reader[DEMO_REPORTER].told)
		return wrong(d, "the sighting did not come back to Jakarta");
	read_for(d, SETTLE_MS, told_sighting);
	for (int r = 0; r < READERS; r++)
		if (!reader_org(r)->party && d->reader[r].sightings)
			wrong(d, "%s is no party and sees the sighting", reader_name(r));
	return true;
}

static void told_revision(struct demo *d, int r)
{
	struct reader *x = &d->reader[r];
	if (!x->reports || x->told)
		return;
	x->told = true;
	tell(d, reader_name(r), "%s %s", reader_org(r)->country, x->revoked ? "knows that it is revoked" : "has the revised report");
}

static bool later_act(struct demo *d, struct demo_case *c, const char *title, const char *file)
{
	act(d, title);
	forget(d);
	c->revision++;
	c->now = timestamp_now();
	if (!submit(d, c, file))
		return false;
	for (int waited = 0; waited < WAIT_MS && !stop; waited += 100) {
		bool all = true;
		read_for(d, 100, told_revision);
		for (int r = 0; r < READERS; r++)
			all = all && (d->reader[r].told || !reader_org(r)->party);
		if (all)
			break;
	}
	read_for(d, SETTLE_MS, told_revision);
	for (int r = 0; r < READERS; r++) {
		const struct reader *x = &d->reader[r];
		if (x->reports != (unsigned)reader_org(r)->party || x->revoked != (reader_org(r)->party && c->revision == 2))
			wrong(d, "%s received %u versions of the report", reader_name(r), x->reports);
	}
	return true;
}

/* ---- the whole ---- */
static void stay(struct demo *d)
{
	if (!d->json) {
		cmd_print("\nThe hubs stay up until Ctrl-C (data: %s).\n", d->dir);
		for (int h = 0; h < DEMO_HUBS; h++)
			cmd_print("\n%s  %s  (%s)\n  %-32s %.*s\n", hubs[h].city, d->url[h], hubs[h].name, "operator", SPAN_ARG(d->admin[h]));
		cmd_print("\nTokens, to try `musubi pull URL --token TOKEN` or `musubi audience FILE --hub URL --token TOKEN`:\n");
		for (int r = 0; r < READERS; r++)
			cmd_print("  %-9s %-2s %-32s %.*s\n", hubs[reader_org(r)->hub].city, reader_org(r)->country, reader_name(r), SPAN_ARG(d->token[r]));
	} else {
		for (int h = 0; h < DEMO_HUBS; h++)
			tell(d, hubs[h].city, "%s", d->url[h]);
	}
	fflush(stdout);
	while (!stop)
		poll(NULL, 0, 200);
}

static bool play(struct demo *d, bool once)
{
	struct demo_case c = { 0 };
	act(d, "Setting the stage: three hubs, eight organisations in six countries (all fictional), an agreement with five parties");
	if (!hubs_up(d))
		return false;
	for (int h = 0; h < DEMO_HUBS; h++)
		if (!serve(d, h))
			return false;
	if (!people(d) || !friends(d) || !agree(d) || !travelled(d) || !listen_all(d))
		return false;
	for (int h = 0; h < DEMO_HUBS; h++)
		tell(d, hubs[h].city, "%s, %s", d->url[h], hubs[h].name);
	for (int i = 0; i < DEMO_ORGS; i++)
		tell(d, demo_orgs[i].name, "%s, %s, at the hub of %s", demo_orgs[i].country, demo_orgs[i].party ? "party to the agreement" : "not a party",
			hubs[demo_orgs[i].hub].city);
	c.reporter = d->org[DEMO_REPORTER];
	c.agreement = d->marking;
	c.named = d->person;
	c.now = c.created = timestamp_now();
	if (!first_act(d, &c) || !second_act(d) ||
		!later_act(d, &c, "The report is revised: whoever had it learns so", "revised.json") ||
		!later_act(d, &c, "The report is revoked: whoever had it learns so, and it never comes back", "revoked.json"))
		return false;
	d->t0 = 0;
	if (!stop)
		tell(d, "", d->wrong ? "Not everything came out right." : "Everything came out right: the right ones had it, nobody else learned that it exists.");
	if (!once && !stop)
		stay(d);
	return !d->wrong;
}

static bool fresh_directory(struct demo *d, const char *wanted)
{
	const char *base = getenv("TMPDIR");
	snprintf(d->dir, sizeof(d->dir), "%s/musubi-demo-XXXXXX", base && *base ? base : "/tmp");
	if (wanted) {
		snprintf(d->dir, sizeof(d->dir), "%s", wanted);
		return mkdir(d->dir, 0700) == 0 ? true : fault_set(&d->f, ERR_IO, wanted, "cannot be made: %s; name a directory that does not exist yet", strerror(errno)) == ERR_OK;
	}
	return mkdtemp(d->dir) ? true : fault_set(&d->f, ERR_IO, d->dir, "cannot be made: %s", strerror(errno)) == ERR_OK;
}

static int run_demo(struct cmd_args *args)
{
	struct demo *d = calloc(1, sizeof(*d));
	if (!d)
		return cmd_fail(args, ERR_NOMEM, NULL);
	d->a = cmd_arena(args);
	d->json = cmd_json(args);
	for (int r = 0; r < READERS; r++)
		d->reader[r].pull.out = -1;
	for (int h = 0; h < DEMO_HUBS; h++)
		d->hub[h].out = -1;
	int status = 74;
	char talk[300];
	if (!fresh_directory(d, cmd_opt(args, "--dir"))) {
		status = cmd_fail(args, ERR_IO, &d->f);
		free(d);
		return status;
	}
	snprintf(talk, sizeof(talk), "%s/talk.log", d->dir);
	snprintf(d->log, sizeof(d->log), "%s/dns.log", d->dir);
	d->talk = open(talk, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	d->parser = json_parser_new(1u << 24);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (d->talk >= 0 && d->parser)
		status = play(d, cmd_opt(args, "--once") != NULL) ? 0 : 1;
	for (int r = 0; r < READERS; r++)
		spawn_stop(&d->reader[r].pull);
	for (int h = 0; h < DEMO_HUBS; h++) {
		int ended = spawn_stop(&d->hub[h]);
		if (ended && status == 0 && d->url[h][0])
			status = wrong(d, "the hub of %s ended with status %d", hubs[h].city, ended) ? 0 : 1;
	}
	json_parser_free(d->parser);
	if (d->talk >= 0)
		close(d->talk);
	free(d);
	return cmd_done(args, status);
}

static const struct cmd_option options[] = {
	{ "--once", NULL, "end after the act; exit status 0 only if every step came out right" },
	{ "--dir", "DIR", "a directory to make and use instead of a new one under TMPDIR", .complete = "dir" },
	{ 0 }
};
const struct cmd cmd_demo = {
	.name = "demo",
	.arguments = "",
	.max_args = 0,
	.brief = "show the main job with three hubs on this machine",
	.options = options,
	.run = run_demo,
	.help = "Starts three hubs (Tokyo, Bangkok, Jakarta) with embedded stores on loopback addresses, a fictional community in six countries and an agreement "
		"between some of them.  A company reports an attack; the terminal tells, with measured times, who receives which part, who does not and why; another company "
		"finds it in its own log and reports a sighting; the report is revised and revoked.  Every step is a musubi command over HTTP.  "
		"Afterwards the hubs stay up for trying until Ctrl-C.",
};
