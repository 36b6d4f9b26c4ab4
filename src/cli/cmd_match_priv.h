/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match in several files: where indicators come from, the logs, what is told, what is reported back. */
#ifndef CLI_CMD_MATCH_PRIV_H
#define CLI_CMD_MATCH_PRIV_H
#include "cli/cmd.h"
#include "match/match.h"
#include "peer/client.h"

struct match_hub {
	const char *url;
	struct client *client;
	struct span org; /* who asks; known when it is needed */
};
/* Where indicators came from; a hit's indicator names it by `text`. */
struct match_source {
	struct span text; /* "http://… shared", "list.txt" */
	struct match_hub *hub; /* NULL: a file */
	struct taxii_collection collection;
};
/* In how many lines of all logs an indicator was found, and when. */
struct match_tally {
	struct match_indicator indicator;
	struct span value;
	uint64_t count /* 0: in none */, last_log, last_line;
	int64_t first_ns, last_ns; /* by the logs' own times; INT64_MAX, INT64_MIN where they say none */
};
enum match_output { MATCH_OUT_TEXT,
	MATCH_OUT_JSON,
	MATCH_OUT_ECS,
	MATCH_OUT_EVE,
	MATCH_OUT_CSV };
struct match_run {
	struct cmd_args *a;
	struct timestamp now; /* of the run: for validity and sightings */
	struct match_hub *hub;
	size_t hubs;
	struct match_source *source;
	size_t sources, source_room;
	struct match_build *build; /* while loading */
	struct json_parser *parser;
	struct arena *scratch;
	struct match_index *index;
	struct match_watch *watch; /* NULL: no pattern needs it */
	struct match_counts counts;
	size_t broken; /* indicators and list lines that could not be used */
	bool has_since, from_hub;
	struct timestamp since; /* only what became known after it */
	struct match_tally *tally;
	size_t tallies; /* by indicator's number while searching; those found alone afterwards */
	bool trouble; /* something could not be done, and was said */
	/* what does not count */
	struct match_index *warn;
	bool warn_marks;
	int min_confidence;
	uint64_t warned, unsure;
	/* the log in hand */
	enum match_output output;
	enum match_format format;
	const char *log;
	uint64_t logs, hits, lines, bytes;
	bool starved; /* a hit could not be printed */
	bool explain;
};

/* ---- match_load.c ---- */
/* All of --hub and --indicators into run->index.  Fails as a whole where a source cannot be read: half of the indicators would look like an answer. */
enum err match_load(struct match_run *run, struct fault *f) CHECK_RESULT;

/* ---- match_warn.c: lists of what is well known ---- */
enum err match_warn_load(struct match_run *run, struct fault *f) CHECK_RESULT;
/* The list that the hit's value is on; n 0 where it is on none. */
struct span match_warned(const struct match_run *run, const struct match_hit *h);

/* ---- match_search.c ---- */
enum err match_search(struct match_run *run, struct fault *f) CHECK_RESULT;
/* One line, and why what stands in it is a hit or none. */
enum err match_explain(struct match_run *run, struct span line, struct fault *f) CHECK_RESULT;

/* ---- match_state.c: what is remembered between runs ---- */
struct match_state {
	struct span text; /* the file as it was */
	const char *path; /* NULL: nothing is remembered */
	struct buf out; /* as it will be */
};
enum err match_state_open(struct match_state *st, const char *path, struct arena *a, struct fault *f) CHECK_RESULT;
bool match_state_since(const struct match_state *st, struct timestamp *out);
/* How far the file with this device and inode was searched. */
bool match_state_log(const struct match_state *st, uint64_t dev, uint64_t inode, uint64_t *offset, uint64_t *lines);
void match_state_put_since(struct match_state *st, struct timestamp t);
void match_state_put_log(struct match_state *st, uint64_t dev, uint64_t inode, uint64_t offset, uint64_t lines);
enum err match_state_write(struct match_state *st, struct fault *f) CHECK_RESULT;

/* ---- match_print.c, match_report.c ---- */
bool match_print_hit(struct match_run *run, const struct match_hit *h, struct span warned);
void match_print_summary(struct match_run *run);
enum err match_report(const struct match_run *run, const char *path, struct fault *f) CHECK_RESULT;
/* Text from logs and other people goes to a terminal without its control characters. */
void match_print_safe(struct span s);

/* ---- match_sight.c ---- */
/* Reports a sighting for each tallied indicator to where it came from and prints what became of it. */
enum err match_sight(struct match_run *run, struct fault *f) CHECK_RESULT;
#endif
