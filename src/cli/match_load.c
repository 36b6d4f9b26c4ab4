/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: indicators from hubs, STIX files and plain lists. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include "stix/bundle.h"
#include "util/bounds.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_ARENA (64u << 20)
#define PAGE_OBJECTS 5000
#define OBJECT_ARENA (64u << 20)
#define TOLD_MOST 5 /* broken entries that are told one by one */

/* ---- one entry ---- */

static void tell_broken(struct match_run *run, struct span what, struct span source, const struct fault *f)
{
	if (++run->broken <= TOLD_MOST)
		cmd_say("musubi match: %.*s from %.*s is left out: %s%s%s", SPAN_ARG(what), SPAN_ARG(source), f->where, f->where[0] ? ": " : "", f->what);
	else if (run->broken == TOLD_MOST + 1)
		cmd_say("musubi match: more are left out; the rest are counted");
}

/* One object's bytes.  A broken one is said and counted; only memory ends the run. */
static enum err take_object(struct match_run *run, struct span raw, struct span source, struct fault *f)
{
	struct fault own = { "", "" };
	struct stix_object o = { .id = SPAN("an object") };
	struct json v;
	enum err e;

	arena_reset(run->scratch);
	e = json_parse(run->parser, raw, false, &v, &own);
	if (e == ERR_OK)
		e = stix_object_read(run->scratch, v, raw, &o, &own);
	if (e == ERR_OK && run->has_since && !run->from_hub && span_is(o.type, "indicator") && o.version_ns / 1000 <= run->since.us && !o.revoked)
		return ERR_OK; /* known at the last run */
	if (e == ERR_OK)
		e = match_build_add(run->build, &o, source, &own);
	if (e == ERR_NOMEM)
		return fault_set(f, e, "", "%s", own.what[0] ? own.what : "out of memory");
	if (e != ERR_OK)
		tell_broken(run, o.id.n ? o.id : SPAN("an object"), source, &own);
	return ERR_OK;
}

static enum err source_add(struct match_run *run, struct span text, struct match_hub *hub, struct match_source **out)
{
	if (run->sources == run->source_room) {
		size_t room = run->source_room ? 2 * run->source_room : 8;
		struct match_source *v = realloc(run->source, room * sizeof(*v));

		if (!v)
			return ERR_NOMEM;
		run->source = v;
		run->source_room = room;
	}
	*out = &run->source[run->sources++];
	**out = (struct match_source){ .text = arena_span(cmd_arena(run->a), text), .hub = hub };
	return (*out)->text.p ? ERR_OK : ERR_NOMEM;
}

/* ---- hubs ---- */

struct taking {
	struct match_run *run;
	struct span source;
	uint64_t n;
	struct fault *f;
};

static enum err take_from_page(void *ctx, size_t index, struct span raw)
{
	struct taking *t = ctx;

	t->n++;
	return take_object(t->run, raw, t->source, t->f);
}

static enum err load_collection(struct match_run *run, struct match_hub *hub, const struct taxii_collection *c, struct fault *f)
{
	struct span types[] = { SPAN("indicator"), SPAN("marking-definition") };
	struct taxii_filter q = { .types = types, .n_types = 2, .has_limit = true, .limit = PAGE_OBJECTS, .has_added_after = run->has_since, .added_after = run->since };
	struct cmd_progress *progress = NULL;
	struct match_source *source;
	struct taking t = { .run = run, .f = f };
	bool more = true;
	enum err e = source_add(run, span_of(arena_printf(cmd_arena(run->a), "%s %.*s", hub->url, SPAN_ARG(c->alias.n ? c->alias : c->id))), hub, &source);

	if (e != ERR_OK)
		return e;
	source->collection = *c;
	t.source = source->text;
	progress = cmd_progress_new("loading indicators", " objects", 0);
	while (more && e == ERR_OK) {
		ARENA_SCOPE struct arena *a = arena_new(PAGE_ARENA);
		struct client_answer r = { 0 };

		e = a ? client_page(hub->client, a, c->id, &q, 0, take_from_page, NULL, &t, &more, &r, f) : ERR_NOMEM;
		client_answer_release(&r);
		cmd_progress_to(progress, t.n, hub->url);
	}
	cmd_progress_free(progress);
	return e;
}

static enum err load_hub(struct match_run *run, struct match_hub *hub, struct fault *f)
{
	const char *wanted = cmd_opt(run->a, "--collection");
	struct taxii_collection *v, one;
	size_t n, read = 0;
	enum err e;

	if (wanted || client_names_collection(hub->client)) {
		e = client_collection(hub->client, cmd_arena(run->a), span_of(wanted), false, &one, f);
		return e == ERR_OK ? load_collection(run, hub, &one, f) : e;
	}
	e = client_collections(hub->client, cmd_arena(run->a), &v, &n, f);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		if (!v[i].can_read)
			continue;
		read++;
		e = load_collection(run, hub, &v[i], f);
	}
	if (e == ERR_OK && !read)
		return fault_set(f, ERR_DENIED, hub->url, "there is no collection that you may read; ask the hub's operator, or check the token");
	return e;
}

/* ---- files ---- */

/* A line of a list: a value, perhaps behind 0.0.0.0 as hosts files have it, perhaps with a comment. */
static struct span list_value(struct span line)
{
	static const char *const sinks[] = { "0.0.0.0", "127.0.0.1", "::", "::1" };
	struct span first;
	size_t n = 0;

	if (span_starts(line, SPAN("\xEF\xBB\xBF")))
		line = (struct span){ line.p + 3, line.n - 3 };
	for (size_t i = 0; i < line.n; i++) {
		if ((line.p[i] == '#' || line.p[i] == ';') && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			line.n = i;
	}
	while (line.n && (unsigned char)line.p[line.n - 1] <= ' ')
		line.n--;
	while (line.n && (unsigned char)line.p[0] <= ' ')
		line = (struct span){ line.p + 1, line.n - 1 };
	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	first = (struct span){ line.p, n };
	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]) && n < line.n; i++) {
		if (!span_is(first, sinks[i]))
			continue;
		while (n < line.n && (unsigned char)line.p[n] <= ' ')
			n++;
		return (struct span){ line.p + n, line.n - n };
	}
	return line;
}

static enum err load_list(struct match_run *run, FILE *in, struct span source, struct fault *f)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	enum err e = ERR_OK;
	ssize_t n;

	while (e == ERR_OK && (n = getline(&line, &room, in)) >= 0) {
		struct fault own = { "", "" };
		struct span value = list_value((struct span){ line, (size_t)n });
		char place[32];

		number++;
		e = value.n ? match_build_value(run->build, value, source, &own) : ERR_OK;
		snprintf(place, sizeof(place), "line %zu", number);
		if (e == ERR_INVALID) {
			tell_broken(run, span_of(place), source, &own);
			e = ERR_OK;
		} else if (e != ERR_OK) {
			fault_set(f, e, "", "%s", own.what);
		}
	}
	if (e == ERR_OK && ferror(in))
		e = fault_set(f, ERR_IO, source.p, "reading failed");
	free(line);
	return e;
}

static enum err load_stix(struct match_run *run, int fd, struct span source, uint64_t size, struct fault *f)
{
	struct stix_reader *r = stix_reader_new(fd, 2 * (size_t)BOUND_OBJECT_BYTES);
	struct cmd_progress *progress = size > (16u << 20) ? cmd_progress_new("loading indicators", "B", size) : NULL;
	enum err e = r ? ERR_OK : ERR_NOMEM;
	struct span raw;
	uint64_t at;

	while (e == ERR_OK && (e = stix_reader_next(r, &raw, &at, f)) == ERR_OK) {
		e = take_object(run, raw, source, f);
		cmd_progress_to(progress, at, NULL);
	}
	cmd_progress_free(progress);
	stix_reader_free(r);
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* STIX begins with a bracket, after white space; "[" alone may be a list's "[.]" no more than a value may begin with it. */
static bool looks_like_stix(const char *p, ssize_t n)
{
	ssize_t i = n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	while (i < n && strchr(" \t\r\n", p[i]) && p[i])
		i++;
	return i < n && (p[i] == '{' || p[i] == '[');
}

/* Standard input cannot be looked at and begun again, so that it is copied to a nameless file first. */
static int spooled(int fd)
{
	int to = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char block[65536];
	ssize_t n = 0;

	while (to >= 0 && (n = read(fd, block, sizeof(block))) > 0) {
		if (write(to, block, (size_t)n) != n) {
			n = -1;
			break;
		}
	}
	if (to >= 0 && n < 0) {
		close(to);
		to = -1;
	}
	return to;
}

static enum err load_file(struct match_run *run, const char *path, struct fault *f)
{
	struct match_source *source;
	uint64_t size;
	char head[512];
	int fd, seekable;
	enum err e = open_file(path, &fd, &size, f);
	ssize_t n;

	if (e != ERR_OK)
		return e;
	if (lseek(fd, 0, SEEK_CUR) < 0) {
		seekable = spooled(fd);
		if (fd != 0)
			close(fd);
		if (seekable < 0)
			return fault_set(f, ERR_IO, path, "could not be kept for reading; give a file");
		fd = seekable;
		lseek(fd, 0, SEEK_SET);
	}
	n = pread(fd, head, sizeof(head), 0);
	e = n < 0 ? fault_set(f, ERR_IO, path, "reading failed") : source_add(run, span_of(strcmp(path, "-") == 0 ? "standard input" : path), NULL, &source);
	if (e == ERR_OK && looks_like_stix(head, n)) {
		e = load_stix(run, fd, source->text, size, f);
		close(fd);
	} else if (e == ERR_OK) {
		FILE *in = fdopen(fd, "r");

		e = in ? load_list(run, in, source->text, f) : fault_set(f, ERR_IO, path, "could not be opened");
		if (in)
			fclose(in);
	} else {
		close(fd);
	}
	if (e != ERR_OK && f->what[0] && !f->where[0])
		snprintf(f->where, sizeof(f->where), "%s", path);
	return e;
}

/* ---- all of it ---- */

static void tell_counts(const struct match_run *run)
{
	const struct match_counts *c = &run->counts;
	size_t out = c->skipped + c->partial;

	cmd_say("%zu indicator%s, %zu value%s to look for%s", c->indicators, c->indicators == 1 ? "" : "s", c->values, c->values == 1 ? "" : "s", c->indicators + c->patterns ? "" : ": nothing can be found");
	if (c->revoked || c->replaced)
		cmd_say("  %zu revoked, %zu older versions left out", c->revoked, c->replaced);
	if (run->broken)
		cmd_say("  %zu could not be read", run->broken);
	if (out)
		cmd_say("  %zu not searched for, %zu only in part:", c->skipped, c->partial);
	if (c->patterns)
		cmd_say("  %zu of these are patterns that logs of known formats are watched for", c->patterns);
	for (int i = 0; i < MATCH_SKIPS && out; i++) {
		if (c->why[i])
			cmd_say("    %zu: %s", c->why[i], match_skip_text((enum match_skip)i));
	}
}

/* Written beside it and then put in its place, so that nobody maps half a file. */
static enum err index_write(const struct match_index *x, const char *path, struct fault *f)
{
	char part[4096];
	enum err e;
	int fd;

	if ((size_t)snprintf(part, sizeof(part), "%s.XXXXXX", path) >= sizeof(part))
		return fault_set(f, ERR_IO, "", "%s: the path is too long", path);
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, ERR_IO, path, "the index could not be made: %s", strerror(errno));
	e = match_index_write(x, fd, f);
	if (e == ERR_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0 || rename(part, path) != 0))
		e = fault_set(f, ERR_IO, path, "the index could not be put in its place: %s", strerror(errno));
	close(fd);
	if (e != ERR_OK)
		unlink(part);
	return e;
}

static enum err index_open(struct match_run *run, const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e;

	if (fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, path, "%s; make the index with --indicators or --hub and --index", strerror(errno));
	e = match_index_open(fd, &run->index, f);
	close(fd);
	if (e == ERR_OK)
		run->counts = *match_index_counts(run->index);
	else
		snprintf(f->where, sizeof(f->where), "%s", path);
	return e;
}

static enum err build_index(struct match_run *run, const char *const *files, size_t n, struct fault *f)
{
	enum err e = ERR_OK;

	run->build = match_build_new();
	run->parser = run->parser ? run->parser : json_parser_new(BOUND_OBJECT_BYTES);
	run->scratch = run->scratch ? run->scratch : arena_new(OBJECT_ARENA);
	run->sources = 0;
	if (!run->build || !run->parser || !run->scratch)
		e = ERR_NOMEM;
	run->from_hub = true; /* there what became known is what was added */
	for (size_t i = 0; i < run->hubs && e == ERR_OK; i++)
		e = load_hub(run, &run->hub[i], f);
	run->from_hub = false;
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = load_file(run, files[i], f);
	if (e == ERR_OK) {
		run->index = match_build_finish(run->build, &run->counts);
		run->build = NULL;
		e = run->index ? ERR_OK : ERR_NOMEM;
	}
	match_build_free(run->build);
	run->build = NULL;
	return e;
}

enum err match_load(struct match_run *run, struct fault *f)
{
	const char *const *files, *path = cmd_opt(run->a, "--index");
	size_t n = cmd_opts(run->a, "--indicators", &files);
	enum err e = n + run->hubs ? build_index(run, files, n, f) : index_open(run, path, f);

	if (e == ERR_OK && path && n + run->hubs)
		e = index_write(run->index, path, f);
	if (e == ERR_OK && (!cmd_json(run->a) || run->broken || !(run->counts.indicators + run->counts.patterns)))
		tell_counts(run);
	return e;
}
