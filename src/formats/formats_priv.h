/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. */
#ifndef FORMATS_FORMATS_PRIV_H
#define FORMATS_FORMATS_PRIV_H
#include "formats/formats.h"

#define FORMATS_VALUE_MOST 8192 /* bytes of one value; URLs are the longest */

static inline bool formats_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool formats_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool formats_hex(char c)
{
	return formats_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline bool formats_word(char c)
{
	return formats_digit(c) || formats_letter(c) || c == '-' || c == '_';
}
static inline char formats_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline struct span formats_from(struct span s, size_t i)
{
	return (struct span){ s.p + i, s.n - i };
}
static inline bool formats_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
struct span formats_trim(struct span s);
/* Equal but for the case of ASCII letters. */
bool formats_same(struct span s, const char *word);
bool formats_starts(struct span s, const char *word);

/* ---- tables.c ---- */
/* Room for one more of n things of that size; false without memory, or past 2^32. */
bool formats_room(void **v, size_t n, size_t *room, size_t size);
size_t formats_hash(struct span s);

/* ---- refang.c ---- */
/* A way of writing "." "@" "://" … that keeps people from clicking, at s.p[at]: what is meant and how many bytes it takes; 0: none.  prose: only ways that nobody uses
 * for anything else. */
size_t formats_fang(struct span s, size_t at, bool prose, const char **plain);

/* ---- reading one input ---- */
struct formats_input_state {
	const struct formats_reading *how;
	struct formats_counts *counts;
	struct arena *a; /* of one line or attribute */
	struct span file;
	struct fault *f;
};
void formats_skipped(struct formats_input_state *s, enum formats_skip why, uint64_t line, struct span text);
/* Judges a value (is it too wide, a public suffix?) and gives it out. */
enum err formats_give(struct formats_input_state *s, struct formats_indicator *i);

/* Lines of text in UTF-8, whatever they came in. */
struct formats_lines;
struct formats_lines *formats_lines_new(int fd);
void formats_lines_free(struct formats_lines *l);
/* The first bytes, in UTF-8, without taking them. */
enum err formats_lines_head(struct formats_lines *l, struct span *head, struct fault *f) CHECK_RESULT;
/* Next line without its end; alive until the next call.  ERR_NOTFOUND at the end; *whole false: cut, it was longer than BOUND_LIST_LINE. */
enum err formats_lines_next(struct formats_lines *l, struct span *line, bool *whole, struct fault *f) CHECK_RESULT;
uint64_t formats_lines_at(const struct formats_lines *l); /* bytes read */

enum err formats_read_list(struct formats_input_state *s, struct formats_lines *l) CHECK_RESULT;
enum err formats_read_csv(struct formats_input_state *s, struct formats_lines *l) CHECK_RESULT;
/* One MISP document in memory, padded. */
enum err formats_read_misp(struct formats_input_state *s, struct span text) CHECK_RESULT;
/* "2026-01-31", "2026-01-31 09:00:00", RFC 3339, with " UTC" behind, or seconds since 1970. */
bool formats_time(struct span text, struct timestamp *out);
#endif
