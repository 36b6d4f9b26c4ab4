/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match in three files: where indicators come from, what the logs show, what is reported back. */
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
/* In how many lines of all logs an indicator was found. */
struct match_tally {
	struct match_indicator indicator;
	uint64_t count /* 0: in none */, last_log, last_line;
};
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
	struct match_counts counts;
	size_t broken; /* indicators and list lines that could not be used */
	struct match_tally *tally;
	size_t tallies; /* by indicator's number while searching; those found alone afterwards */
	bool trouble; /* something could not be done, and was said */
	/* the log in hand */
	const char *log;
	uint64_t logs, hits;
	bool starved; /* a hit could not be printed */
};

/* All of --hub and --indicators into run->index.  Fails as a whole where a source cannot be read: half of the indicators would look like an answer. */
enum err match_load(struct match_run *run, struct fault *f) CHECK_RESULT;
/* Reports a sighting for each tallied indicator to where it came from and prints what became of it. */
enum err match_sight(struct match_run *run, struct fault *f) CHECK_RESULT;
/* Text from logs and other people goes to a terminal without its control characters. */
void match_print_safe(struct span s);
#endif
