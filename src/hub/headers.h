/* SPDX-License-Identifier: Apache-2.0 */
/* Request headers that the hub reads by hand: Authorization, Prefer, and the segments of a path. */
#ifndef HUB_HEADERS_H
#define HUB_HEADERS_H
#include "util/arena.h"

enum header_login { LOGIN_NONE,
	LOGIN_BEARER,
	LOGIN_BASIC,
	LOGIN_BAD };
struct header_credentials {
	enum header_login kind;
	struct span token; /* BEARER */
	struct span user, password; /* BASIC */
};
/* value NULL: no such header.  Spans live in a. */
struct header_credentials header_authorization(struct arena *a, const char *value);
/* Seconds of `wait=N` among the preferences of RFC 7240 (lists, quoted values, parameters after ';'); -1: none, or none that is a number. */
long header_prefer_wait(const char *value);
/* The value of `name` in a raw query string, percent-decoded ('+' is a space), valid UTF-8 without control characters.  1: there; 0: not there;
 * -1: malformed, or given twice. */
int header_query(struct arena *a, struct span query, const char *name, struct span *out);
/* One path segment percent-decoded; false: malformed, or it holds NUL, '/' or a control character. */
bool header_segment(struct arena *a, struct span raw, struct span *out);
#endif
