/* SPDX-License-Identifier: Apache-2.0 */
/* ./bench match: how fast indicators are looked for, as ratios to other programs on the same bytes in the same run.  CPU time, best of several, interleaved. */
#include "match_bench.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "match/match.h"
#include "util/timestamp.h"

#define BYTES (48u << 20) /* of each log */
#define LISTED 1000000
#define RUNS 5
#define CHUNK (256u << 10)
#define NOW ((struct timestamp){ INT64_C(1795392000000000) })

struct log {
	const char *name;
	struct buf text;
	uint8_t *planted;
	size_t lines;
	char path[128];
};
struct bench {
	bench_row *row;
	const char *dir, *musubi;
	struct log log[8];
	size_t logs;
	char list[128];
};

/* ---- measuring ---- */

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU seconds of a command and its children; < 0 when it could not be run. */
static double command(const char *text)
{
	struct rusage u;
	int status;
	pid_t p = fork();

	if (p == 0) {
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	if (p < 0 || wait4(p, &status, 0, &u) != p || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long resident_kb(void)
{
	char line[128];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "VmRSS:", 6))
			kb = strtol(line + 6, NULL, 10);
	}
	if (f)
		fclose(f);
	return kb;
}

static double least(const double *v, size_t n)
{
	double best = v[0];

	for (size_t i = 1; i < n; i++)
		best = v[i] < best ? v[i] : best;
	return best;
}

/* ---- scanning ---- */

struct found {
	uint64_t hits, last_line;
	uint8_t *line; /* lines with a hit, where wanted */
};

static bool take_hit(void *ctx, const struct match_hit *h)
{
	struct found *f = ctx;

	f->hits++;
	if (f->line)
		f->line[h->line - 1] = 1;
	return true;
}

/* CPU seconds for the whole text, given as read(2) would. */
static double scan(const struct match_index *x, enum match_level l, struct span text, struct found *f)
{
	struct match_scan *s = match_scan_new(x, NOW, take_hit, f);
	double t = cpu_now();
	size_t room;

	if (!s)
		return -1;
	match_scan_level(s, l);
	while (text.n) {
		char *to = match_scan_room(s, &room);

		room = room < CHUNK ? room : CHUNK;
		room = room < text.n ? room : text.n;
		memcpy(to, text.p, room);
		match_scan_filled(s, room);
		text.p += room;
		text.n -= room;
	}
	match_scan_end(s);
	t = cpu_now() - t;
	match_scan_free(s);
	return t;
}

static double gb(const struct log *l, double seconds)
{
	return (double)l->text.n / seconds / 1e9;
}

static struct match_index *load_list(struct span text, double *seconds)
{
	struct match_build *b = match_build_new();
	double t = cpu_now();
	struct match_index *x;

	while (b && text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		if (match_build_value(b, (struct span){ text.p, n }, SPAN("list"), NULL) == ERR_NOMEM)
			return NULL;
		n += end != NULL;
		text = (struct span){ text.p + n, text.n - n };
	}
	x = b ? match_build_finish(b, NULL) : NULL;
	*seconds = cpu_now() - t;
	return x;
}

/* ---- rows ---- */

static bool write_file(const char *path, struct span s)
{
	FILE *f = fopen(path, "we");

	return f && fwrite(s.p, 1, s.n, f) == s.n && fclose(f) == 0;
}

static bool make_logs(struct bench *b)
{
	for (; bench_log_names[b->logs]; b->logs++) {
		struct log *l = &b->log[b->logs];

		l->name = bench_log_names[b->logs];
		buf_init(&l->text, BYTES + (1u << 20));
		snprintf(l->path, sizeof(l->path), "%s/log%zu", b->dir, b->logs);
		if (!bench_log(&l->text, b->logs, BYTES, LISTED, 1e-4, &l->planted, &l->lines) || !write_file(l->path, buf_span(&l->text)))
			return false;
	}
	return true;
}

/* D1 and D3: against wc -l, and the levels against each other. */
static void rows_speed(struct bench *b, const struct match_index *x)
{
	enum match_level best = match_level_best();
	double scale = best >= MATCH_AVX512 ? 1 : best == MATCH_AVX2 ? 0.75
								     : 0.3;

	for (size_t i = 0; i < b->logs; i++) {
		struct log *l = &b->log[i];
		double t[MATCH_LEVELS][RUNS], wc[RUNS], goal = (i == 0 || i == 2 ? 1.5 : 1.0) / 7.2 * scale;
		char text[200], what[80], want[16], more[100] = "";
		struct found f = { 0 };

		snprintf(text, sizeof(text), "wc -l '%s' >/dev/null", l->path);
		for (int k = 0; k < RUNS; k++) {
			wc[k] = command(text);
			for (enum match_level v = MATCH_PORTABLE; v <= best; v++)
				t[v][k] = match_level_here(v) ? scan(x, v, buf_span(&l->text), &f) : 1e9;
		}
		snprintf(what, sizeof(what), "match: 1 M indicators in %s / wc -l", l->name);
		snprintf(want, sizeof(want), ">= %.3f", goal);
		for (enum match_level v = MATCH_PORTABLE; v < best; v++)
			snprintf(more + strlen(more), sizeof(more) - strlen(more), ", %s %.2f", match_level_name(v), gb(l, least(t[v], RUNS)));
		b->row(what, least(wc, RUNS) / least(t[best], RUNS), want, least(wc, RUNS) / least(t[best], RUNS) >= goal, "%.2f of %.2f GB/s on one core (%s%s)", gb(l, least(t[best], RUNS)), gb(l, least(wc, RUNS)),
			match_level_name(best), more);
		if (i == 0) {
			double slow = least(t[MATCH_PORTABLE], RUNS);

			b->row("match: no vectors at all / wc -l", least(wc, RUNS) / slow, ">= 0.042", least(wc, RUNS) / slow >= 0.3 / 7.2, "%.2f GB/s in %s, %.2f of %s", gb(l, slow), l->name, least(t[best], RUNS) / slow,
				match_level_name(best));
		}
	}
}

/* D7: every planted line is found, and what is found is what a look at every line finds. */
static void rows_exact(struct bench *b, const struct match_index *x)
{
	for (size_t i = 0; i < b->logs; i++) {
		struct log *l = &b->log[i];
		struct found f = { .line = calloc(l->lines + 1, 1) }, g = { .line = calloc(l->lines + 1, 1) };
		size_t missed = 0, differ = 0, planted = 0, found = 0;
		char what[80];

		scan(x, match_level_best(), buf_span(&l->text), &f);
		scan(x, MATCH_EVERY_LINE, buf_span(&l->text), &g);
		for (size_t k = 0; f.line && g.line && k < l->lines; k++) {
			planted += l->planted[k];
			found += f.line[k];
			missed += l->planted[k] && !f.line[k];
			differ += f.line[k] != g.line[k];
		}
		snprintf(what, sizeof(what), "match: planted lines found in %s", l->name);
		b->row(what, planted ? (double)(planted - missed) / (double)planted : 0, "= 1.00", !missed && !differ && f.hits == g.hits && planted, "%zu of %zu planted, %zu lines found, %zu differ from a look at every line", planted - missed,
			planted, found, differ);
		free(f.line);
		free(g.line);
	}
}

struct worker {
	pthread_t thread;
	const struct match_index *x;
	struct span text;
	double seconds;
};

static void *work(void *p)
{
	struct worker *w = p;
	struct found f = { 0 };

	w->seconds = scan(w->x, match_level_best(), w->text, &f);
	return NULL;
}

static void row_threads(struct bench *b, const struct match_index *x)
{
	struct log *l = &b->log[0];
	double one[RUNS], two[RUNS];
	struct found f = { 0 };

	for (int k = 0; k < RUNS; k++) {
		struct worker w[2];

		one[k] = scan(x, match_level_best(), buf_span(&l->text), &f);
		for (int i = 0; i < 2; i++) {
			w[i] = (struct worker){ .x = x, .text = buf_span(&l->text) };
			pthread_create(&w[i].thread, NULL, work, &w[i]);
		}
		for (int i = 0; i < 2; i++)
			pthread_join(w[i].thread, NULL);
		two[k] = w[0].seconds > w[1].seconds ? w[0].seconds : w[1].seconds;
	}
	b->row("match: two threads / one", 2 * least(one, RUNS) / least(two, RUNS), ">= 1.90", 2 * least(one, RUNS) / least(two, RUNS) >= 1.9, "CPU time of the slower thread, %s", l->name);
}

/* D4: four and ten times as many. */
static bool rows_many(struct bench *b, const struct match_index *x)
{
	static const struct {
		uint64_t n;
		double goal;
	} sizes[] = { { 4 * LISTED, 0.75 }, { 10 * LISTED, 0.65 } };

	for (size_t s = 0; s < 2; s++) {
		BUF_SCOPE struct buf list;
		struct match_index *many;
		double seconds, worst = 1e9;
		const char *where = "";
		char what[80], want[16];

		buf_init(&list, 1u << 30);
		bench_list(&list, sizes[s].n);
		many = load_list(buf_span(&list), &seconds);
		buf_release(&list);
		if (!many)
			return false;
		for (size_t i = 0; i < b->logs; i++) {
			double t[2][RUNS];
			struct found f = { 0 };

			for (int k = 0; k < RUNS; k++) {
				t[0][k] = scan(x, match_level_best(), buf_span(&b->log[i].text), &f);
				t[1][k] = scan(many, match_level_best(), buf_span(&b->log[i].text), &f);
			}
			if (least(t[0], RUNS) / least(t[1], RUNS) < worst) {
				worst = least(t[0], RUNS) / least(t[1], RUNS);
				where = b->log[i].name;
			}
		}
		snprintf(what, sizeof(what), "match: speed with %llu M indicators / with 1 M", (unsigned long long)(sizes[s].n / 1000000));
		snprintf(want, sizeof(want), ">= %.2f", sizes[s].goal);
		b->row(what, worst, want, worst >= sizes[s].goal, "the worst of the logs, %s; loaded in %.1f s", where, seconds);
		match_index_free(many);
	}
	return true;
}

/* D5 and D6: loading, and what it weighs. */
static struct match_index *rows_load(struct bench *b)
{
	BUF_SCOPE struct buf list;
	double list_s[3], open_s[RUNS];
	struct match_index *x = NULL, *y;
	char path[128];
	long before;
	int fd;

	buf_init(&list, 1u << 28);
	bench_list(&list, LISTED);
	snprintf(b->list, sizeof(b->list), "%s/list.txt", b->dir);
	if (!write_file(b->list, buf_span(&list)))
		return NULL;
	before = resident_kb();
	for (int k = 0; k < 3; k++) {
		match_index_free(x);
		x = load_list(buf_span(&list), &list_s[k]);
	}
	if (!x)
		return NULL;
	b->row("match: list of 1 M values loaded: s", least(list_s, 3), "<= 0.50", least(list_s, 3) <= 0.5, "%zu values, CPU time", match_index_counts(x)->values);
	{
		double each = (double)(resident_kb() - before) * 1024 / (double)match_index_counts(x)->indicators;

		b->row("match: memory for each indicator: bytes", each, "<= 120", each <= 120, "resident, %zu indicators", match_index_counts(x)->indicators);
	}
	snprintf(path, sizeof(path), "%s/index", b->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || match_index_write(x, fd, NULL) != ERR_OK)
		return NULL;
	for (int k = 0; k < RUNS; k++) {
		double t = cpu_now();

		if (match_index_open(fd, &y, NULL) != ERR_OK)
			return NULL;
		open_s[k] = (cpu_now() - t) * 1000;
		match_index_free(y);
	}
	b->row("match: index file of 1 M opened: ms", least(open_s, RUNS), "<= 10", least(open_s, RUNS) <= 10, "%.0f MB, checked and mapped", (double)lseek(fd, 0, SEEK_END) / 1e6);
	close(fd);
	return x;
}

/* D10: what hits cost: attribution is part of the search, so that the same text without hits is the measure. */
static void rows_hits(struct bench *b, const struct match_index *x)
{
	static const struct {
		double rate, goal;
	} rates[] = { { 1e-4, 1.05 }, { 1e-2, 2.0 } };
	struct log none = { .name = "none" };

	buf_init(&none.text, BYTES + (1u << 20));
	if (!bench_log(&none.text, 0, BYTES, LISTED, 0, &none.planted, &none.lines))
		return;
	for (size_t r = 0; r < 2; r++) {
		struct log some = { .name = "some" };
		double t[2][RUNS], ratio;
		char what[80], want[16];
		struct found f = { 0 };

		buf_init(&some.text, BYTES + (1u << 20));
		if (!bench_log(&some.text, 0, BYTES, LISTED, rates[r].rate, &some.planted, &some.lines))
			return;
		for (int k = 0; k < RUNS; k++) {
			t[0][k] = scan(x, match_level_best(), buf_span(&none.text), &f) / (double)none.text.n;
			t[1][k] = scan(x, match_level_best(), buf_span(&some.text), &f) / (double)some.text.n;
		}
		ratio = least(t[1], RUNS) / least(t[0], RUNS);
		snprintf(what, sizeof(what), "match: time with a hit in %.0f names / without", 1 / rates[r].rate);
		snprintf(want, sizeof(want), "<= %.2f", rates[r].goal);
		b->row(what, ratio, want, ratio <= rates[r].goal, "%llu hits in five runs, EVE", (unsigned long long)f.hits);
		buf_release(&some.text);
		free(some.planted);
	}
	buf_release(&none.text);
	free(none.planted);
}

static void peer_command(char *to, size_t room, size_t which, const char *list, const char *log)
{
	if (which == 0)
		snprintf(to, room, "rg -F -f '%s' -c --no-config --dfa-size-limit 4G --regex-size-limit 4G '%s' >/dev/null", list, log);
	else
		snprintf(to, room, "LC_ALL=C grep -F -f '%s' -c '%s' >/dev/null", list, log);
}

/* D2: what Debian has.  The peers get a part of the log, for they are slow; what they need to load their lists is taken off. */
static void rows_peers(struct bench *b, const struct match_index *x)
{
	static const struct {
		const char *name;
		size_t bytes, listed;
		double goal;
	} peers[] = { { "ripgrep -F -f", 32u << 20, 100000, 30 }, { "GNU grep -F -f", 1u << 20, 1000000, 100 } };

	for (size_t i = 0; i < sizeof(peers) / sizeof(*peers); i++) {
		char part[128], empty[128], list[160], text[600], what[80], want[16];
		struct span log = { b->log[0].text.p, peers[i].bytes };
		BUF_SCOPE struct buf values;
		double theirs, load, ours[RUNS];
		struct found f = { 0 };

		snprintf(part, sizeof(part), "%s/part", b->dir);
		snprintf(empty, sizeof(empty), "%s/empty", b->dir);
		snprintf(list, sizeof(list), "%s/some.txt", b->dir);
		buf_init(&values, 1u << 28);
		bench_list(&values, peers[i].listed);
		if (!write_file(part, log) || !write_file(empty, SPAN("x\n")) || !write_file(list, buf_span(&values)))
			return;
		peer_command(text, sizeof(text), i, list, empty);
		load = command(text);
		peer_command(text, sizeof(text), i, list, part);
		theirs = command(text) - load;
		for (int k = 0; k < RUNS; k++)
			ours[k] = scan(x, match_level_best(), buf_span(&b->log[0].text), &f) / (double)b->log[0].text.n;
		if (load < 0 || theirs <= 0)
			continue;
		theirs /= (double)peers[i].bytes;
		snprintf(what, sizeof(what), "match: speed / %s", peers[i].name);
		snprintf(want, sizeof(want), ">= %.0f", peers[i].goal);
		b->row(what, theirs / least(ours, RUNS), want, theirs / least(ours, RUNS) >= peers[i].goal, "%.1f MB/s with %zu values, theirs after %.1f s of loading", 1e-6 / theirs, peers[i].listed, load);
	}
}

bool bench_match(bench_row *row, const char *dir, const char *musubi)
{
	static struct bench b;
	struct match_index *x;
	bool good;

	b = (struct bench){ .row = row, .dir = dir, .musubi = musubi };
	x = rows_load(&b);
	good = x && make_logs(&b);
	if (good) {
		rows_speed(&b, x);
		row_threads(&b, x);
		rows_exact(&b, x);
		rows_hits(&b, x);
		rows_peers(&b, x);
		good = rows_many(&b, x);
	}
	match_index_free(x);
	for (size_t i = 0; i < b.logs; i++) {
		buf_release(&b.log[i].text);
		free(b.log[i].planted);
	}
	return good;
}
