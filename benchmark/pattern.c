/* SPDX-License-Identifier: Apache-2.0 */
/* ./bench pattern: the recorded cases against OASIS's matcher in Python; a long stream under many patterns. */
#include "pattern_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "pattern/pattern_observed.h"
#include "pattern/pattern_set.h"

enum { TIMES = 100, /* the recorded cases, so often in our input */
	PATTERNS = 1000,
	LISTED = 5000, /* values that patterns name */
	VALUES = 20000, /* values that observations have */
	OBSERVATIONS = 1000000 };

/* ---- the recorded cases ---- */

/* CPU seconds a case that the matcher takes from the pattern's text, and where the pattern is parsed once; imports and JSON not counted. */
static const char script[] =
	"import json,sys,time\n"
	"from stix2matcher.matcher import Pattern\n"
	"cases=[c for c in map(json.loads,open(sys.argv[1])) if 'match' in c]\n"
	"now=time.process_time\n"
	"a=now()\n"
	"ps=[Pattern(c['pattern'],c['version']) for c in cases]\n"
	"b=now()\n"
	"for p,c in zip(ps,cases): p.match(c['observations'])\n"
	"e=now()\n"
	"print((e-a)/len(cases),(e-b)/len(cases))\n";

static bool read_numbers(const char *command, double *a, double *b)
{
	char line[256] = "";
	FILE *p = popen(command, "re"); /* a benchmark's own command lines */
	bool ok = p && fgets(line, sizeof(line), p);

	if (p)
		ok = pclose(p) == 0 && ok;
	return ok && sscanf(line, "%lf %lf", a, b) == 2;
}

/* The cases with observations, TIMES times, into a file. */
static bool many_cases(const char *from, const char *to, double *n)
{
	static char line[1 << 20];
	FILE *out = fopen(to, "we"), *in = NULL;
	bool ok = out != NULL;

	*n = 0;
	for (int i = 0; i < TIMES && ok; i++) {
		in = fopen(from, "re");
		while (in && fgets(line, sizeof(line), in))
			if (strstr(line, "\"match\"")) {
				ok &= fputs(line, out) >= 0;
				(*n)++;
			}
		ok &= in && fclose(in) == 0;
	}
	return (!out || fclose(out) == 0) && ok;
}

/* One case, ready: its pattern compiled, its observations as subjects, as the matcher has them as dictionaries. */
struct ready {
	struct pattern_stream *st;
	struct pattern_subject **s;
	struct pattern_observation *o;
	size_t n, matches;
};

static bool make_ready(struct arena *a, const char *line, struct ready *r)
{
	struct pattern_observed *b = pattern_observed_new(a);
	struct json x;
	const struct pattern *p;
	const struct pattern_code *code;
	struct span text;

	if (json_read(a, span_of(line), &x, NULL) != ERR_OK)
		return false;
	text = json_string_or_none(json_get(x, "pattern"));
	if (!b || pattern_parse_lax(a, text, &p, NULL) != ERR_OK || pattern_compile(a, text, p, PATTERN_JIT, &code, NULL) != ERR_OK)
		return false;
	if (pattern_observed_add(b, json_get(x, "observations"), NULL) != ERR_OK || pattern_observed_finish(b, NULL) != ERR_OK)
		return false;
	r->st = pattern_stream_new(code, 1u << 20);
	r->n = pattern_observed_count(b);
	r->s = arena_array(a, r->n + 1, sizeof(*r->s));
	r->o = arena_array(a, r->n + 1, sizeof(*r->o));
	for (size_t i = 0; r->s && r->o && i < r->n; i++) {
		r->s[i] = pattern_subject_new();
		if (!r->s[i])
			return false;
		pattern_observed_fill(b, i, r->s[i], &r->o[i]);
	}
	return r->st && r->s && r->o;
}

static void match_once(struct ready *r)
{
	struct pattern_binding found;

	pattern_stream_clear(r->st);
	for (size_t i = 0; i < r->n; i++)
		if (pattern_stream_push(r->st, r->s[i], &r->o[i], &found, NULL) == ERR_OK && found.n)
			r->matches++;
}

/* CPU seconds a case where the pattern is compiled once: observations as subjects; < 0: it did not work. */
static double compiled_once(const char *cases)
{
	static char line[1 << 20];
	static struct ready r[1024];
	struct arena *a = arena_new((size_t)1 << 30);
	FILE *in = fopen(cases, "re");
	clock_t begin;
	size_t n = 0;

	if (!a || !in)
		return -1;
	while (n < 1024 && fgets(line, sizeof(line), in))
		if (strstr(line, "\"match\"")) {
			if (!make_ready(a, line, &r[n++]))
				return -1;
		}
	fclose(in);
	for (int warm = 0; warm < 10; warm++)
		for (size_t i = 0; i < n; i++)
			match_once(&r[i]);
	begin = clock();
	for (int t = 0; t < 10 * TIMES; t++)
		for (size_t i = 0; i < n; i++)
			match_once(&r[i]);
	begin = clock() - begin;
	for (size_t i = 0; i < n; i++) {
		pattern_stream_free(r[i].st);
		for (size_t k = 0; k < r[i].n; k++)
			pattern_subject_free(r[i].s[k]);
	}
	arena_free(a);
	return n ? (double)begin / CLOCKS_PER_SEC / (10.0 * TIMES * (double)n) : -1;
}

static bool against_the_reference(bench_row *row, const char *dir, const char *musubi)
{
	const char *path = getenv("MUSUBI_PATTERN_MATCHER"), *cases = "../shared/data/conformance/pattern_match.jsonl";
	char command[2048], many[256], py[256];
	double theirs, theirs_once, ours, system, ours_once, n;
	struct stat st;
	FILE *f;

	if (!path || stat(cases, &st)) {
		printf("%-44s %s\n", "pattern: OASIS's matcher / musubi", path ? "not measured: no ../shared/data" : "not measured: MUSUBI_PATTERN_MATCHER is not set (see benchmark/pattern_bench.h)");
		return true;
	}
	snprintf(py, sizeof(py), "%s/matcher.py", dir);
	snprintf(many, sizeof(many), "%s/cases.jsonl", dir);
	f = fopen(py, "we");
	if (!f || fputs(script, f) < 0 || fclose(f) || !many_cases(cases, many, &n))
		return false;
	snprintf(command, sizeof(command), "PYTHONPATH='%s' /usr/bin/python3 '%s' '%s'", path, py, cases);
	if (!read_numbers(command, &theirs, &theirs_once))
		return false;
	ours_once = compiled_once(cases);
	snprintf(command, sizeof(command), "bash -c \"TIMEFORMAT='%%U %%S'; time '%s' pattern match --cases '%s' >/dev/null\" 2>&1", musubi, many);
	if (ours_once < 0 || !read_numbers(command, &ours, &system))
		return false;
	ours = (ours + system) / n;
	row("pattern: OASIS's match() / ours, compiled once", theirs / ours_once, ">= 1000", theirs / ours_once >= 1000, "%.3f ms and %.3f us a case, CPU time; theirs parses the pattern each time, as its match() does", theirs * 1e3, ours_once * 1e6);
	row("pattern: the same, both compiled once", theirs_once / ours_once, ">= 1000", theirs_once / ours_once >= 1000, "%.3f ms and %.3f us a case", theirs_once * 1e3, ours_once * 1e6);
	row("pattern: OASIS's matcher / --cases, all of it", theirs / ours, ">= 50", theirs / ours >= 50, "%.3f ms and %.3f us a case, ours with reading JSON", theirs * 1e3, ours * 1e6);
	return true;
}

/* ---- a long stream ---- */

static uint64_t seed;

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Nine of ten name all that they look for; the others have to be asked about every address and URL. */
static void one_pattern(struct buf *b, unsigned i)
{
	unsigned v = below(LISTED), w = below(LISTED);

	if (i % 20 == 0)
		buf_addf(b, "([domain-name:value = 'd%u.example'] FOLLOWEDBY [url:value LIKE 'http://d%u.%%/x%%'] FOLLOWEDBY [ipv4-addr:value ISSUBSET '10.0.0.0/16']) WITHIN 300 SECONDS", v, w);
	else if (i % 20 == 1)
		buf_addf(b, "([domain-name:value = 'd%u.example'] AND [process:pid > %u AND process:name = 'p%u']) WITHIN 30 SECONDS FOLLOWEDBY [url:value MATCHES '^http']", v, w, w);
	else if (i % 2)
		buf_addf(b, "([ipv4-addr:value = '10.0.%u.%u'] FOLLOWEDBY [domain-name:value = 'd%u.example']) WITHIN 600 SECONDS", v / 250, v % 250, w);
	else
		buf_addf(b, "[ipv4-addr:value IN ('10.0.%u.%u', '10.0.%u.%u')] REPEATS 3 TIMES WITHIN 6000 SECONDS", v / 250, v % 250, w / 250, w % 250);
}

static void one_observation(struct pattern_subject *s, char text[64])
{
	unsigned v = below(VALUES);

	pattern_subject_clear(s);
	switch (below(4)) {
	case 0:
		pattern_subject_object(s, SPAN("0"), SPAN("ipv4-addr"));
		snprintf(text, 64, "10.0.%u.%u", v / 250, v % 250);
		break;
	case 1:
		pattern_subject_object(s, SPAN("0"), SPAN("domain-name"));
		snprintf(text, 64, "d%u.example", v);
		break;
	case 2:
		pattern_subject_object(s, SPAN("0"), SPAN("url"));
		snprintf(text, 64, "http://d%u.example/x%u", v, below(10));
		break;
	default:
		pattern_subject_object(s, SPAN("0"), SPAN("process"));
		snprintf(text, 64, "p%u", v);
		pattern_subject_put(s, SPAN("pid"), PATTERN_INTEGER(v));
		pattern_subject_put(s, SPAN("name"), PATTERN_TEXT(span_of(text)));
	}
	pattern_subject_put(s, SPAN("value"), PATTERN_TEXT(span_of(text)));
}

static void count(void *ctx, size_t which, const struct pattern_binding *b)
{
	++*(uint64_t *)ctx;
}

struct stream_run {
	double half_s, whole_s; /* the first half, all */
	size_t half_bytes, whole_bytes;
	uint64_t matches, looks, doubts;
};

/* Ten observations a second. */
static bool run_stream(struct pattern_set *set, struct pattern_subject *s, struct stream_run *r)
{
	clock_t begin = clock();
	char text[64];

	for (int64_t i = 0; i < OBSERVATIONS; i++) {
		struct pattern_observation o = { i * 100000000, i * 100000000, 1, (uint64_t)i };

		one_observation(s, text);
		if (pattern_set_push(set, s, &o, count, &r->matches, NULL) != ERR_OK)
			return false;
		if (i == OBSERVATIONS / 2) {
			r->half_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
			r->half_bytes = pattern_set_bytes(set);
		}
	}
	r->whole_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
	r->whole_bytes = pattern_set_bytes(set);
	r->looks = pattern_set_looks(set);
	for (size_t i = 0; i < PATTERNS; i++)
		for (int k = 0; k < PATTERN_FAULTS; k++)
			r->doubts += pattern_stream_faults(pattern_set_stream(set, i))[k];
	return true;
}

static bool long_stream(bench_row *row)
{
	struct arena *a = arena_new((size_t)1 << 30);
	static const struct pattern_code *code[PATTERNS];
	struct pattern_subject *s = pattern_subject_new();
	struct stream_run r = { 0 };
	struct pattern_set *set;
	bool ok = a && s;

	seed = 1;
	for (unsigned i = 0; i < PATTERNS && ok; i++) {
		const struct pattern *p;
		struct buf b;
		struct span text;

		buf_init(&b, 4096);
		one_pattern(&b, i);
		text = arena_span(a, buf_span(&b));
		buf_release(&b);
		ok = pattern_parse(a, text, &p, NULL) == ERR_OK && pattern_compile(a, text, p, PATTERN_JIT, &code[i], NULL) == ERR_OK;
	}
	set = ok ? pattern_set_new(code, PATTERNS, 16u << 20) : NULL;
	ok = set && run_stream(set, s, &r);
	if (ok) {
		double ratio = r.whole_s / r.half_s, grown = (double)r.whole_bytes / (double)r.half_bytes;

		row("pattern: a million observations / half of them", ratio, "<= 2.20", ratio <= 2.2, "1,000 patterns, %.2f us an observation, %.1f patterns looked at, %llu matches, %llu doubts", r.whole_s * 1e6 / OBSERVATIONS, (double)r.looks / OBSERVATIONS,
			(unsigned long long)r.matches, (unsigned long long)r.doubts);
		row("pattern: memory after all / after half", grown, "<= 1.05", grown <= 1.05, "%.1f MB of state", (double)r.whole_bytes / 1e6);
	}
	pattern_set_free(set);
	pattern_subject_free(s);
	arena_free(a);
	return ok;
}

bool bench_pattern(bench_row *row, const char *dir, const char *musubi)
{
	return against_the_reference(row, dir, musubi) && long_stream(row);
}
