/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators over logs.  The index is built once and read-only; a scanner is per thread and cheap; text in, hits out. */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H
#include "stix/object.h"
#include "stix/values.h"
#include "util/timestamp.h"

struct match_build;
struct match_index;
struct match_scan;

/* ---- index ---- */
struct match_build *match_build_new(void);
/* Takes networks of any width and public suffixes too: for lists of what is well known. */
void match_build_wide(struct match_build *b);
/* Takes an indicator (or ignores what is none; marking definitions are remembered for the TLP they stand for).  A newer version of an id replaces the older one, a
 * revoked one removes it for good; validity is kept and asked at hit time.  `source`: where it is from, for the hit.  Patterns beyond = and IN (and ISSUBSET of
 * addresses) joined by AND and OR are counted as skipped with a reason, and ERR_OK; ERR_INVALID for a broken one, ERR_NOMEM. */
enum err match_build_add(struct match_build *b, const struct stix_object *o, struct span source, struct fault *f) CHECK_RESULT;
/* A bare value ("evil.example", "*.evil.example", "198.51.100.0/24", a URL, hash …), defanged or not.  ERR_INVALID where it is none. */
enum err match_build_value(struct match_build *b, struct span text, struct span source, struct fault *f) CHECK_RESULT;

/* Why (a part of) an indicator is not searched for. */
#define MATCH_SKIP_LIST(X) \
	X(LANGUAGE, "its pattern is not in the STIX language") \
	X(OPERATOR, "it uses comparisons other than = and IN") \
	X(PROPERTY, "it compares what is not searched for in logs") \
	X(TIME, "it joins or repeats observations over time (AND or FOLLOWEDBY of [ ], REPEATS, START)") \
	X(VALUE, "what it compares with is no such value") \
	X(SUFFIX, "its domain is a public suffix, under which anyone can register") \
	X(SIZE, "its AND and OR make too many combinations") \
	X(WIDE, "its network is so wide that it would match nearly everything") \
	X(SHORT, "it has no word of four letters or digits, so that nearly every line would have to be looked at") \
	X(NEVER, "it can match nothing")
enum match_skip {
#define X(k, text) MATCH_SKIP_##k,
	MATCH_SKIP_LIST(X)
#undef X
		MATCH_SKIPS
};
const char *match_skip_text(enum match_skip s);

/* indicators: searched for at least in part; skipped: not at all; partial: some branch of an OR is not. `why` counts the first reason of each skipped or partial one. */
struct match_counts {
	size_t indicators, values, revoked, skipped, replaced, partial;
	size_t patterns; /* of the skipped ones: those that logs of known formats are watched for; their numbers follow those of the indicators */
	size_t why[MATCH_SKIPS];
};
/* Finishes: the build is consumed. NULL without memory. */
struct match_index *match_build_finish(struct match_build *b, struct match_counts *counts);
void match_build_free(struct match_build *b);
void match_index_free(struct match_index *x);
const struct match_counts *match_index_counts(const struct match_index *x);
/* The index as a file, which any processor of the same byte order can map and use at once.  ERR_IO (errno says why). */
enum err match_index_write(const struct match_index *x, int fd, struct fault *f) CHECK_RESULT;
/* Maps such a file; the descriptor may be closed.  ERR_INVALID where it is none, of another version, cut short or changed; ERR_IO, ERR_NOMEM.  The checksum keeps
 * accidents away, not malice: a file of somebody else's is as much a part of the program as a library is. */
enum err match_index_open(int fd, struct match_index **out, struct fault *f) CHECK_RESULT;
/* Do these first bytes begin such a file? */
bool match_index_is_file(struct span head);

/* What a name in normal form is by the public suffix list: a host, a suffix under which anyone can register, or below no top-level domain that there is. */
enum match_name { MATCH_NAME_HOST,
	MATCH_NAME_SUFFIX,
	MATCH_NAME_UNKNOWN };
enum match_name match_name_of(struct span name);

/* ---- formats of logs ---- */
enum match_format { MATCH_FORMAT_TEXT,
	MATCH_FORMAT_EVE,
	MATCH_FORMAT_ZEEK,
	MATCH_FORMAT_ZEEK_JSON,
	MATCH_FORMAT_SYSMON,
	MATCH_FORMAT_WINDOWS,
	MATCH_FORMAT_JOURNALD,
	MATCH_FORMAT_CLOUDTRAIL,
	MATCH_FORMAT_BIND,
	MATCH_FORMAT_UNBOUND,
	MATCH_FORMAT_DNSMASQ,
	MATCH_FORMAT_ACCESS,
	MATCH_FORMAT_SQUID,
	MATCH_FORMAT_SYSLOG5424,
	MATCH_FORMAT_SYSLOG,
	MATCH_FORMAT_CSV,
	MATCH_FORMATS,
	MATCH_FORMAT_AUTO = MATCH_FORMATS };
const char *match_format_name(enum match_format f); /* "eve" */
const char *match_format_says(enum match_format f); /* "Suricata EVE" */
bool match_format_parse(struct span text, enum match_format *out);
/* By the first lines of a log. */
enum match_format match_format_guess(struct span first);

/* ---- scanning ---- */
/* number: from 0, below counts.indicators.  id is empty for a bare value, tlp ("amber") where there is none or it is not known; times are INT64_MIN and INT64_MAX where there are none.
 * markings: ids, a space between.  The spans live as long as the index. */
struct match_indicator {
	struct span id, name, tlp, pattern, source, version, markings, actions;
	size_t number;
	int64_t valid_from_ns, valid_until_ns;
	int confidence; /* -1: not said */
};
/* Is the value (normal form) listed, below a listed name or in a listed network?  The first that is; n 0 where none is. */
struct span match_index_covers(const struct match_index *x, struct span value, struct match_indicator *by);
struct match_hit {
	uint64_t line; /* counted from 1 */
	uint64_t offset; /* of the value, in bytes from the start of the input */
	struct span text; /* the value as it stands in the log */
	struct span value; /* the indicator's value, normal form */
	enum stix_value_kind kind;
	struct span field; /* where it stands: "dns.rrname"; empty in any text */
	const char *sco; /* the STIX path of that field, "domain-name:value"; "" */
	int64_t time_ns; /* of the event as the log has it; INT64_MIN: not known */
	struct span line_text; /* without its line end; of a line beyond BOUND_LOG_LINE the piece that holds the hit */
	const struct match_indicator *indicator; /* lives as long as the call */
};
/* Called in line order, in a line by offset; return false to stop.  A value is reported once a line and indicator, where it first stands.  The spans live as long as the call,
 * those of the indicator as long as the index. */
typedef bool match_on_hit(void *ctx, const struct match_hit *h);
/* Patterns over several observations, with qualifiers or other operators: evaluated over the lines of known formats, in the logs' own time, across lines and files.
 * One a run, shared by its scanners one after the other.  NULL without memory. */
struct match_watch;
struct match_watch *match_watch_new(const struct match_index *x);
void match_watch_free(struct match_watch *w);
/* Lines that stood more than five seconds out of order, and were not taken. */
uint64_t match_watch_late(const struct match_watch *w);

/* How the bytes are sifted for lines that need a closer look.  MATCH_EVERY_LINE looks at each: slow, and what the others are tested against. */
enum match_level { MATCH_EVERY_LINE,
	MATCH_PORTABLE,
	MATCH_SSE42,
	MATCH_AVX2,
	MATCH_AVX512,
	MATCH_LEVELS };
/* The best one that this processor has; MATCH_PORTABLE and those in between work too where match_level_here says so. */
enum match_level match_level_best(void);
bool match_level_here(enum match_level l);
const char *match_level_name(enum match_level l);

/* What stands in a line and yet is no hit. */
#define MATCH_MISS_LIST(X) \
	X(FIELD, "it stands in a field where such a value means something else") \
	X(EARLY, "the indicator is not valid yet at that time") \
	X(LATE, "the indicator is not valid any more at that time")
enum match_miss {
#define X(k, text) MATCH_MISS_##k,
	MATCH_MISS_LIST(X)
#undef X
};
const char *match_miss_text(enum match_miss m);
typedef void match_on_miss(void *ctx, const struct match_hit *h, enum match_miss why);

struct match_scan *match_scan_new(const struct match_index *x, struct timestamp now, match_on_hit *fn, void *ctx);
/* Another level than the best; before anything is fed. */
void match_scan_level(struct match_scan *s, enum match_level l);
/* The format, instead of what the first lines look like.  In a known format a value counts in fields of its kind only.  Before anything is fed. */
void match_scan_format(struct match_scan *s, enum match_format f);
enum match_format match_scan_format_is(const struct match_scan *s); /* MATCH_FORMAT_AUTO: not known yet */
void match_scan_misses(struct match_scan *s, match_on_miss *fn); /* its ctx is that of the hits */
/* Room for the next bytes of the input, at least 64 KiB, and taking n that were put there.  False when fn stopped. */
char *match_scan_room(struct match_scan *s, size_t *room);
bool match_scan_filled(struct match_scan *s, size_t n);
/* Feeds bytes in any pieces; whole lines are searched as they complete, the last one at match_scan_end.  False when fn stopped. */
bool match_scan_feed(struct match_scan *s, struct span bytes);
/* No more for now (a stream that stays open): what came is searched, the format is guessed from what there is. */
bool match_scan_flush(struct match_scan *s);
bool match_scan_end(struct match_scan *s);
/* False where memory ran out, so that hits may be missing. */
bool match_scan_ok(const struct match_scan *s);
/* Every line of a known format is shown to these patterns too; a hit of theirs has the line as its text and the pattern as its value. */
void match_scan_watch(struct match_scan *s, struct match_watch *w);
/* The first bytes that are fed stand at this offset, behind so many lines; before anything is fed. */
void match_scan_begin(struct match_scan *s, uint64_t offset, uint64_t lines);
/* Whole lines, in bytes from the start of the input, that need not be fed again. */
uint64_t match_scan_done(const struct match_scan *s);
/* Goes on with another index: no line is missed or searched twice.  False without memory: it goes on with the former one. */
bool match_scan_use(struct match_scan *s, const struct match_index *x);
void match_scan_totals(const struct match_scan *s, uint64_t *lines, uint64_t *bytes, uint64_t *hits);
void match_scan_free(struct match_scan *s);
#endif
