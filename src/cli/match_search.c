/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: files, folders and streams, once or followed; hits to where they are told and counted. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include "match/match_input.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256u << 10) /* read at a time: it stays in the second-level cache */
#define LOOK_MS 250 /* how often followed files are looked at */
#define DEEPEST 32 /* folders in folders */

static volatile sig_atomic_t stop;

/* Patterns have their numbers behind the indicators. */
static size_t tallies(const struct match_run *run)
{
	return run->counts.indicators + run->counts.patterns;
}

static enum err watch_new(struct match_run *run)
{
	match_watch_free(run->watch);
	run->watch = run->counts.patterns ? match_watch_new(run->index) : NULL;
	return run->counts.patterns && !run->watch ? ERR_NOMEM : ERR_OK;
}

/* ---- hits ---- */

static void tally(struct match_run *run, const struct match_hit *h)
{
	struct match_tally *t = &run->tally[h->indicator->number];

	if (!t->count)
		*t = (struct match_tally){ *h->indicator, h->value, 0, 0, 0, INT64_MAX, INT64_MIN };
	if (h->time_ns != INT64_MIN) {
		t->first_ns = h->time_ns < t->first_ns ? h->time_ns : t->first_ns;
		t->last_ns = h->time_ns > t->last_ns ? h->time_ns : t->last_ns;
	}
	if (t->count && t->last_log == run->logs && t->last_line == h->line)
		return;
	t->count++;
	t->last_log = run->logs;
	t->last_line = h->line;
}

static void explain_hit(const struct match_run *run, const struct match_hit *h, const char *why, struct span more)
{
	match_print_safe(h->text);
	if (h->field.n) {
		cmd_print(" in ");
		match_print_safe(h->field);
	}
	cmd_print(": %s ", why ? "no hit for" : "a hit for");
	match_print_safe(h->value);
	cmd_print(" of ");
	match_print_safe(h->indicator->source);
	if (why)
		cmd_print(": %s%s%.*s", why, more.n ? " " : "", SPAN_ARG(more));
	cmd_print("\n");
}

static bool take_hit(void *ctx, const struct match_hit *h)
{
	struct match_run *run = ctx;
	struct span warned = match_warned(run, h);

	if (h->indicator->confidence >= 0 && h->indicator->confidence < run->min_confidence) {
		run->unsure++;
		if (run->explain)
			explain_hit(run, h, "its confidence is below --min-confidence", SPAN(""));
		return true;
	}
	run->warned += warned.n > 0;
	if (warned.n && !run->warn_marks) {
		if (run->explain)
			explain_hit(run, h, "it is on a list of what is well known:", warned);
		return true;
	}
	tally(run, h);
	if (run->explain)
		explain_hit(run, h, NULL, SPAN(""));
	else if (!cmd_opt(run->a, "--summary"))
		run->starved = !match_print_hit(run, h, warned);
	run->hits++;
	return !run->starved;
}

static void take_miss(void *ctx, const struct match_hit *h, enum match_miss why)
{
	explain_hit(ctx, h, match_miss_text(why), SPAN(""));
}

static struct match_scan *scan_new(struct match_run *run)
{
	struct match_scan *s = match_scan_new(run->index, run->now, take_hit, run);

	if (s && run->format != MATCH_FORMAT_AUTO)
		match_scan_format(s, run->format);
	if (s)
		match_scan_watch(s, run->watch);
	return s;
}

enum err match_explain(struct match_run *run, struct span line, struct fault *f)
{
	struct match_scan *s;
	bool good;

	run->explain = true;
	run->log = "-";
	run->tally = calloc(tallies(run) + 1, sizeof(*run->tally));
	s = run->tally ? scan_new(run) : NULL;
	if (!s)
		return ERR_NOMEM;
	match_scan_misses(s, take_miss);
	match_scan_feed(s, line);
	match_scan_end(s);
	good = match_scan_ok(s);
	cmd_print("read as %s\n", match_format_says(match_scan_format_is(s)));
	if (!run->hits && !run->warned && !run->unsure)
		cmd_print("nothing in it counts as a hit: compare spelling and borders with the indicators, and their kinds with the fields\n");
	match_scan_free(s);
	return good ? ERR_OK : ERR_NOMEM;
}

/* ---- one pass ---- */

struct pass {
	struct match_run *run;
	struct cmd_progress *progress;
	uint64_t read; /* bytes of the logs before, as they lie on disk */
	enum err err;
};

static void count_scan(struct match_run *run, const struct match_scan *s)
{
	uint64_t lines, bytes, hits;

	match_scan_totals(s, &lines, &bytes, &hits);
	run->lines += lines;
	run->bytes += bytes;
}

static void tell_trouble(struct match_run *run, enum err e, const struct fault *f)
{
	run->trouble = true;
	cmd_flush();
	cmd_fail(run->a, e, f);
}

/* Is there nothing more to read for now? */
static bool idle(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static bool search_input(struct pass *p, struct match_scan *s, struct match_input *in, int fd, bool stream, struct fault *f)
{
	ssize_t n = 0;
	size_t room;
	char *to;
	char note[160];

	while (!stop && (to = match_scan_room(s, &room), n = match_input_read(in, to, room < BLOCK ? room : BLOCK, f)) > 0) {
		if (!match_scan_filled(s, (size_t)n))
			return true;
		snprintf(note, sizeof(note), "%.80s, %" PRIu64 " hit%s", p->run->log, p->run->hits, p->run->hits == 1 ? "" : "s");
		cmd_progress_to(p->progress, p->read + match_input_at(in), note);
		if (stream && idle(fd)) { /* it stays open: what was found is of use now */
			match_scan_flush(s);
			cmd_flush();
		}
	}
	match_scan_end(s);
	return n >= 0;
}

/* A log that cannot be read is said; the others are searched all the same. */
static void search_file(struct pass *p, const char *path)
{
	struct match_run *run = p->run;
	struct fault f = { "", "" };
	struct match_scan *s;
	struct match_input *in;
	uint64_t size;
	int fd;
	enum err e = open_file(path, &fd, &size, &f);

	run->log = path;
	run->logs++;
	if (e != ERR_OK) {
		tell_trouble(run, e, &f);
		return;
	}
	s = scan_new(run);
	in = match_input_new(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (s && in && !search_input(p, s, in, fd, size == 0, &f)) {
		snprintf(f.where, sizeof(f.where), "%s", path);
		tell_trouble(run, ERR_IO, &f);
	}
	if (s)
		count_scan(run, s);
	p->read += in ? match_input_at(in) : 0;
	p->err = s && in && match_scan_ok(s) && !run->starved ? ERR_OK : ERR_NOMEM;
	match_scan_free(s);
	match_input_free(in);
	if (fd != 0)
		close(fd);
}

/* ---- folders ---- */

/* Calls fn for the file, or each file in the folder and below it, by name.  Links to folders are not followed. */
static void each_file(struct match_run *run, const char *path, unsigned depth, void (*fn)(void *ctx, const char *path), void *ctx)
{
	struct dirent **names = NULL;
	struct stat st;
	int n;

	if (strcmp(path, "-") == 0 || (depth ? lstat : stat)(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (!depth || S_ISREG(st.st_mode))
			fn(ctx, path);
		return;
	}
	n = depth < DEEPEST ? scandir(path, &names, NULL, alphasort) : -1;
	if (n < 0) {
		struct fault f = { "", "" };

		fault_set(&f, ERR_IO, path, "the folder could not be read");
		tell_trouble(run, ERR_IO, &f);
	}
	for (int i = 0; i < n; i++) {
		char *below = NULL;

		if (names[i]->d_name[0] != '.' && asprintf(&below, "%s/%s", path, names[i]->d_name) > 0) {
			each_file(run, below, depth + 1, fn, ctx);
			free(below);
		}
		free(names[i]);
	}
	free(names);
}

static void add_size(void *ctx, const char *path)
{
	uint64_t *all = ctx;
	struct stat st;

	if (*all != UINT64_MAX)
		*all = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) ? *all + (uint64_t)st.st_size : UINT64_MAX;
}

static void pass_file(void *ctx, const char *path)
{
	struct pass *p = ctx;

	if (p->err == ERR_OK && !stop)
		search_file(p, path);
}

static enum err search_once(struct match_run *run)
{
	struct pass p = { .run = run };
	uint64_t all = 0;

	for (int i = 0; i < cmd_argc(run->a); i++)
		each_file(run, cmd_arg(run->a, i), 0, add_size, &all);
	p.progress = cmd_progress_new("searching", "B", all == UINT64_MAX ? 0 : all);
	for (int i = 0; i < cmd_argc(run->a); i++)
		each_file(run, cmd_arg(run->a, i), 0, pass_file, &p);
	cmd_progress_free(p.progress);
	return p.err;
}

/* ---- following ---- */

struct followed {
	const char *path;
	int fd; /* -1: not there (yet) */
	uint64_t dev, inode, offset; /* offset: read so far */
	uint64_t lines; /* before where the scanner began */
	struct match_scan *scan;
};

static void close_followed(struct followed *l, struct match_run *run)
{
	if (l->scan) {
		count_scan(run, l->scan);
		run->lines -= l->lines;
	}
	match_scan_free(l->scan);
	if (l->fd >= 0)
		close(l->fd);
	l->scan = NULL;
	l->fd = -1;
}

/* Opens what now has the name; begins where a former run ended. */
static enum err open_followed(struct followed *l, struct match_run *run, const struct match_state *st)
{
	struct stat is;

	l->fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (l->fd < 0)
		return ERR_OK;
	if (fstat(l->fd, &is) != 0 || !(l->scan = scan_new(run)))
		return ERR_NOMEM;
	l->dev = is.st_dev;
	l->inode = is.st_ino;
	l->offset = l->lines = 0;
	if (match_state_log(st, l->dev, l->inode, &l->offset, &l->lines) && l->offset > (uint64_t)is.st_size)
		l->offset = l->lines = 0;
	match_scan_begin(l->scan, l->offset, l->lines);
	lseek(l->fd, (off_t)l->offset, SEEK_SET);
	return ERR_OK;
}

/* What came since; true when something did. */
static bool read_followed(struct followed *l, struct match_run *run)
{
	size_t room;
	ssize_t n = 0;
	char *to;
	bool any = false;

	run->log = l->path;
	while (!stop && (to = match_scan_room(l->scan, &room), n = read(l->fd, to, room < BLOCK ? room : BLOCK)) > 0) {
		match_scan_filled(l->scan, (size_t)n);
		l->offset += (uint64_t)n;
		any = true;
	}
	if (any)
		match_scan_flush(l->scan);
	return any;
}

/* Rotated away: read to its end, then take the new one.  Cut short: from its beginning. */
static enum err look_at(struct followed *l, struct match_run *run, const struct match_state *st)
{
	struct stat is, now;

	if (l->fd < 0)
		return open_followed(l, run, st);
	read_followed(l, run);
	if (fstat(l->fd, &is) == 0 && (uint64_t)is.st_size < l->offset) {
		cmd_say("musubi match: %s was cut short; it is read from its beginning", l->path);
		close_followed(l, run);
		l->fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		l->scan = scan_new(run);
		l->offset = l->lines = 0;
		return l->scan ? ERR_OK : ERR_NOMEM;
	}
	if (stat(l->path, &now) == 0 && (now.st_dev != l->dev || now.st_ino != l->inode)) {
		read_followed(l, run);
		match_scan_end(l->scan); /* a last line without its end */
		close_followed(l, run);
		return open_followed(l, run, &(struct match_state){ 0 });
	}
	return ERR_OK;
}

static enum err remember(struct followed *v, size_t n, struct match_state *st, struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t lines, bytes, hits;

		if (!v[i].scan)
			continue;
		match_scan_totals(v[i].scan, &lines, &bytes, &hits);
		match_state_put_log(st, v[i].dev, v[i].inode, match_scan_done(v[i].scan), lines);
	}
	return match_state_write(st, f);
}

/* The hubs' indicators anew, while the logs stay open. */
static enum err refresh(struct match_run *run, struct followed *v, size_t n, struct fault *f)
{
	struct match_index *old = run->index;
	struct match_tally *counts;
	enum err e = match_load(run, f);

	if (e != ERR_OK) { /* the hub may be back later */
		run->index = old;
		cmd_fail(run->a, e, f);
		return ERR_OK;
	}
	counts = calloc(tallies(run) + 1, sizeof(*counts));
	if (!counts || watch_new(run) != ERR_OK) {
		free(counts);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].scan && !match_scan_use(v[i].scan, run->index))
			return ERR_NOMEM;
		if (v[i].scan)
			match_scan_watch(v[i].scan, run->watch);
	}
	free(run->tally); /* counts are of the time since; what was found was printed */
	run->tally = counts;
	match_index_free(old);
	return ERR_OK;
}

static void on_signal(int number)
{
	stop = 1;
}

static enum err search_on(struct match_run *run, struct match_state *st, struct fault *f)
{
	size_t n = (size_t)cmd_argc(run->a);
	struct followed *v = calloc(n, sizeof(*v));
	const char *every = cmd_opt(run->a, "--refresh");
	int64_t refresh_ns = (every ? strtoll(every, NULL, 10) : 300) * 1000000000, loaded = timestamp_tick_ns(), saved = loaded;
	enum err e = v ? ERR_OK : ERR_NOMEM;

	sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	for (size_t i = 0; v && i < n; i++)
		v[i] = (struct followed){ .path = cmd_arg(run->a, (int)i), .fd = -1 };
	run->logs = n;
	while (e == ERR_OK && !stop && !run->starved) {
		int64_t now = timestamp_tick_ns();

		for (size_t i = 0; i < n && e == ERR_OK; i++)
			e = look_at(&v[i], run, st);
		cmd_flush();
		run->now = timestamp_now();
		if (e == ERR_OK && run->hubs && refresh_ns > 0 && now - loaded > refresh_ns) {
			e = refresh(run, v, n, f);
			loaded = timestamp_tick_ns();
		}
		if (e == ERR_OK && now - saved > 5000000000) {
			e = remember(v, n, st, f);
			saved = now;
		}
		if (e == ERR_OK && !stop)
			poll(NULL, 0, LOOK_MS);
	}
	if (e == ERR_OK)
		e = remember(v, n, st, f);
	for (size_t i = 0; v && i < n; i++)
		close_followed(&v[i], run);
	free(v);
	return e;
}

/* ---- all of it ---- */

static int by_count(const void *x, const void *y)
{
	const struct match_tally *a = x, *b = y;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : (a->indicator.number > b->indicator.number) - (a->indicator.number < b->indicator.number);
}

enum err match_search(struct match_run *run, struct fault *f)
{
	struct match_state st = { .path = NULL };
	size_t found = 0;
	enum err e;

	run->tally = calloc(tallies(run) + 1, sizeof(*run->tally));
	e = run->tally ? watch_new(run) : ERR_NOMEM;
	if (e == ERR_OK)
		e = match_state_open(&st, cmd_opt(run->a, "--follow") ? cmd_opt(run->a, "--state") : NULL, cmd_arena(run->a), f);
	if (e == ERR_OK)
		e = cmd_opt(run->a, "--follow") ? search_on(run, &st, f) : search_once(run);
	buf_release(&st.out);
	for (size_t i = 0; run->tally && i < tallies(run); i++) {
		if (run->tally[i].count)
			run->tally[found++] = run->tally[i];
	}
	run->tallies = found;
	if (found)
		qsort(run->tally, found, sizeof(*run->tally), by_count);
	cmd_flush();
	if (e != ERR_OK || run->output != MATCH_OUT_TEXT)
		return e;
	cmd_say("%" PRIu64 " hit%s (%zu indicator%s) in %" PRIu64 " line%s", run->hits, run->hits == 1 ? "" : "s", run->tallies, run->tallies == 1 ? "" : "s", run->lines, run->lines == 1 ? "" : "s");
	if (run->warned)
		cmd_say("  %" PRIu64 " more on warning lists%s", run->warned, run->warn_marks ? ", marked" : " left out; --warn mark shows them");
	if (run->watch && match_watch_late(run->watch))
		cmd_say("  %" PRIu64 " lines stood out of order and were not seen by patterns over time; give logs from the oldest to the newest", match_watch_late(run->watch));
	if (run->unsure)
		cmd_say("  %" PRIu64 " below --min-confidence left out", run->unsure);
	return e;
}
