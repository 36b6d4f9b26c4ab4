/* SPDX-License-Identifier: Apache-2.0 */
/* Formats of logs: lines to fields, and what may stand in a field. */
#ifndef MATCH_MATCH_FORMAT_PRIV_H
#define MATCH_MATCH_FORMAT_PRIV_H
#include "match/match_priv.h"

/* What may stand in a field. */
enum field_kinds {
	FIELD_IP = 1 << 0,
	FIELD_NAME = 1 << 1,
	FIELD_URL = 1 << 2,
	FIELD_EMAIL = 1 << 3,
	FIELD_HASH = 1 << 4,
	FIELD_FILE = 1 << 5,
	FIELD_KEY = 1 << 6, /* of the registry */
	FIELD_MUTEX = 1 << 7,
	FIELD_TEXT = 1 << 8, /* user agents, fingerprints */
	FIELD_FREE = (1 << 9) - 1, /* people's words: anything */
	/* and what it is good for */
	FIELD_HOST = 1 << 10, /* with FIELD_PATH: a URL in two pieces */
	FIELD_PATH = 1 << 11,
	FIELD_TIME = 1 << 12,
};
struct match_place { /* a row of the table */
	uint32_t formats;
	const char *name; /* "dns.rrname"; "*.DestinationIp": whatever stands before */
	uint32_t kinds;
	const char *sco;
};
struct match_field {
	struct span name;
	uint32_t start, end; /* in the line */
	const struct match_place *place; /* NULL: nothing that is searched for stands there */
};
struct match_header { /* of formats whose first line names the columns */
	struct arena *a;
	struct span *name;
	size_t n;
};

/* The fields of a line into out, at most `most`; names live in a (or the header).  0 where the line is none of the format. */
size_t match_fields(enum match_format f, const struct match_header *h, struct arena *a, struct span line, struct match_field *out, size_t most);
/* Takes the line where it is a header of f. */
bool match_header_take(enum match_format f, struct match_header *h, struct span line);
const struct match_place *match_place_of(enum match_format f, struct span name);
/* May a value of this kind and class stand in `place` from start on (of the field's text)? */
bool match_place_takes(const struct match_place *place, enum stix_value_kind k, enum match_class c, struct span text, size_t start);
/* The time that stands in a field of kind FIELD_TIME; INT64_MIN where it cannot be read.  Years and zones that the format leaves out are those of `now`, and UTC. */
int64_t match_time(struct span text, int64_t now_ns);
/* Leaves of JSON with their paths (keys joined by dots, lists left out). */
size_t match_json_fields(struct arena *a, struct span line, struct match_field *out, size_t most);
#define MATCH_FIELDS_MOST 1024
#endif
