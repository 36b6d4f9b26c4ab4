/* SPDX-License-Identifier: Apache-2.0 */
/* Validation: against bare JSON parsing of the same bytes, and against OASIS's cti-stix-validator where it is there.
 *
 * MUSUBI_STIX_VALIDATOR names a directory that holds the Python package stix2validator and what it needs, MUSUBI_PYTHON the interpreter (python3). */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "stix/bundle.h"
#include "stix/validate.h"

enum { RUNS = 11,
	EVERY = 800, /* the peer gets one object in so many */
	AGAIN = 200, /* and we those as often, to have something to measure */
};

static int64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* one thread, nothing to wait for: what else the machine does is left out */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Takes apart, parses and judges all objects of a text; *some gets one in EVERY, a line each. */
static bool validated(struct span text, struct json_parser *p, struct arena *a, size_t *objects, size_t *errors, struct buf *some)
{
	struct stix_reader *r = stix_reader_of(text);
	struct span raw;
	struct json value;
	uint64_t at;
	enum err e = r ? ERR_OK : ERR_NOMEM;
	*objects = *errors = 0;
	while (e == ERR_OK && (e = stix_reader_value(r, p, &raw, &at, &value, NULL)) == ERR_OK) {
		struct stix_findings found = { 0 };
		if (some && *objects % EVERY == 0 && !memchr(raw.p, '\n', raw.n)) {
			buf_addspan(some, raw);
			buf_addc(some, '\n');
		}
		++*objects;
		if (!json_has(value) || !stix_validate(a, value, &found))
			e = ERR_INVALID;
		*errors += found.errors;
		arena_reset(a);
	}
	stix_reader_free(r);
	return e == ERR_NOTFOUND;
}

/* Seconds of CPU that the peer takes for the objects of a file, one a line; < 0 where it is not there. */
static double peer_seconds(const char *path)
{
	static const char script[] = "import json,sys,time,warnings,logging;warnings.simplefilter(\"ignore\");logging.disable(50);"
				     "from stix2validator import validate_instance,ValidationOptions,output;output.set_silent(True);"
				     "all=[json.loads(l) for l in open(sys.argv[1])];one=lambda o:validate_instance(o,ValidationOptions(version=\"2.1\"));"
				     "[one(o) for o in all[:5]];t=time.process_time();[one(o) for o in all];print(time.process_time()-t)";
	const char *where = getenv("MUSUBI_STIX_VALIDATOR"), *python = getenv("MUSUBI_PYTHON");
	char command[2048], line[64] = "";
	if (!where)
		return -1;
	snprintf(command, sizeof(command), "PYTHONPATH='%s' %s -c '%s' '%s' 2>/dev/null", where, python ? python : "python3", script, path);
	FILE *out = popen(command, "r");
	if (!out || !fgets(line, sizeof(line), out))
		line[0] = 0;
	return out && pclose(out) == 0 && line[0] ? strtod(line, NULL) : -1;
}

static void row_peer(bench_row *row, struct span some, struct json_parser *p, struct arena *a)
{
	char path[] = "/tmp/musubi-bench-XXXXXX";
	int fd = mkstemp(path);
	bool written = fd >= 0 && write(fd, some.p, some.n) == (ssize_t)some.n;
	double theirs = written ? peer_seconds(path) : -1;
	size_t objects = 0, errors;
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	if (theirs < 0)
		return;
	int64_t t = cpu_ns();
	for (int i = 0; i < AGAIN; i++)
		if (!validated(some, p, a, &objects, &errors, NULL))
			return;
	double ours = (double)(cpu_ns() - t) / 1e9 / AGAIN;
	row("validation / cti-stix-validator", theirs / ours, ">= 1000", theirs / ours >= 1000, "%zu objects: theirs %.0f a second, ours %.0f", objects, (double)objects / theirs,
		(double)objects / ours);
}

bool bench_validate(bench_row *row)
{
	BUF_SCOPE struct buf b, some;
	buf_init(&b, 1u << 30);
	buf_init(&some, 1u << 26);
	const char *what = NULL;
	ARENA_SCOPE struct arena *a = arena_new(1u << 26);
	struct json_parser *whole = json_parser_new(1u << 28), *each = json_parser_new(1u << 28);
	double ours[RUNS], bare[RUNS];
	size_t objects = 0, errors = 0;
	bool ok = whole && each && a && bench_bundle(&b, &what);
	for (int i = 0; ok && i < RUNS; i++) {
		struct json value;
		int64_t t = cpu_ns();
		ok = json_parse(whole, buf_span(&b), true, &value, NULL) == ERR_OK;
		bare[i] = (double)b.n / (double)(cpu_ns() - t) * 1e3;
		t = cpu_ns();
		ok = ok && validated(buf_span(&b), each, a, &objects, &errors, i ? NULL : &some);
		ours[i] = (double)b.n / (double)(cpu_ns() - t) * 1e3;
	}
	double o = bench_median(ours, RUNS), p = bench_median(bare, RUNS);
	if (ok) {
		row("validation / bare JSON parsing", o / p, ">= 0.35", o / p >= 0.35, "%.0f of %.0f MB/s, %s, %zu objects, %zu errors", o, p, what, objects, errors);
		row_peer(row, buf_span(&some), each, a);
	}
	json_parser_free(whole);
	json_parser_free(each);
	return ok;
}
