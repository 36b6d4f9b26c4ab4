/* SPDX-License-Identifier: Apache-2.0 */
/* What most commands do first: open a data directory, read a file, ask for a password, understand a time. */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H
#include "accord/accord.h"
#include "cli/cmd.h"

/* The real clock, in the shape that rooms below want it. */
struct timestamp open_now(void *ctx);
/* Opens a data directory with the real clock. */
enum err open_accord(const char *dir, struct accord **out, struct fault *f) CHECK_RESULT;
static inline void open_accord_end(struct accord **a)
{
	if (*a)
		accord_close(*a);
}
#define ACCORD_SCOPE __attribute__((cleanup(open_accord_end)))

/* Opens the DIR that is the first argument, runs fn, says what went wrong: the status to return. */
int open_run(struct cmd_args *a, enum err (*fn)(struct cmd_args *a, struct accord *h, struct fault *f));

/* Whole file ("-": standard input) into out (initialised here; BUF_SLACK follows the content).  ERR_NOTFOUND, ERR_IO, ERR_LIMIT past `limit` bytes. */
enum err open_read(const char *path, size_t limit, struct buf *out, struct fault *f) CHECK_RESULT;
/* A descriptor for reading, "-" is 0; *size 0 where it is not known. */
enum err open_file(const char *path, int *fd, uint64_t *size, struct fault *f) CHECK_RESULT;
/* One line from standard input; on a terminal it is asked for (twice, unseen).  Spans live in a. */
enum err open_password(struct arena *a, bool from_stdin, struct span *out, struct fault *f) CHECK_RESULT;
/* "now", RFC 3339 ("2026-01-01T00:00:00Z"), or a date ("2026-01-01"). */
enum err open_time(const char *text, struct timestamp *out, struct fault *f) CHECK_RESULT;
/* Each object of a file of STIX (bundle, envelope, NDJSON; "-"), with a progress bar where it is long; fn's first error ends it. */
enum err open_objects(const char *path, enum err (*fn)(void *ctx, struct span raw, struct fault *f), void *ctx, struct fault *f) CHECK_RESULT;
/* --token, else the environment's MUSUBI_TOKEN, else NULL. */
const char *open_token(const struct cmd_args *a);
bool open_is_url(const char *text);

/* A collection by alias or id; n NULL or "": `shared`.  ERR_NOTFOUND lists the aliases there are. */
enum err open_collection(struct accord *h, struct arena *a, const char *which, struct store_collection *out, struct fault *f) CHECK_RESULT;
/* A member by id, or by name where exactly one has it; the span lives in a.  ERR_NOTFOUND names the nearest. */
enum err open_member(struct accord *h, struct arena *a, const char *which, struct span *id, struct fault *f) CHECK_RESULT;
/* A marking level word ("amber+strict"); ERR_USAGE lists them. */
enum err open_tlp(const char *text, enum stix_tlp *out, struct fault *f) CHECK_RESULT;
#define OPEN_TLP_WORDS "words:clear green amber amber+strict red"

/* The text goes where --out says, or to stdout. */
enum err open_write(const struct cmd_args *a, struct span text, struct fault *f) CHECK_RESULT;
/* A JSON text made by the caller goes to stdout with a newline.  ERR_NOMEM where the buffer had failed. */
enum err open_print_json(struct buf *json) CHECK_RESULT;
/* A list of n values, each written by `row`. */
enum err open_print_list(const void *v, size_t n, void (*row)(struct json_out *o, const void *v, size_t i)) CHECK_RESULT;
/* What was made: its id on a line, or {"id"}. */
enum err open_print_id(struct cmd_args *a, const char *id) CHECK_RESULT;
/* "key":"text", or null where it is empty. */
void open_json_optional(struct json_out *o, const char *key, struct span s);
/* An object's bytes on one line: line breaks between tokens become spaces (inside strings JSON has none). */
void open_print_line(struct span raw);
/* "key":"2026-…Z"; null for TIMESTAMP_NEVER. */
void open_json_time(struct json_out *o, const char *key, struct timestamp t);
/* The time for tables; "" for {0}, "never" for TIMESTAMP_NEVER.  Lives in a. */
struct span open_time_text(struct arena *a, struct timestamp t);
#endif
