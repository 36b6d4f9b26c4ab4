/* SPDX-License-Identifier: Apache-2.0 */
/* The closed set of error kinds a caller can act on, and the sentence for people that goes with one. */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H
#include <stdarg.h>

/* kind, name, HTTP status a hub answers with, exit status a command ends with */
#define ERR_LIST(X) \
	X(OK, "ok", 200, 0) \
	X(NOMEM, "out-of-memory", 503, 75) \
	X(SYNTAX, "syntax", 400, 65) \
	X(INVALID, "invalid", 422, 65) \
	X(USAGE, "usage", 400, 64) \
	X(UNAUTHENTICATED, "unauthenticated", 401, 77) \
	X(DENIED, "denied", 403, 77) \
	X(NOTFOUND, "not-found", 404, 66) \
	X(CONFLICT, "conflict", 409, 65) \
	X(LIMIT, "limit", 413, 65) \
	X(BUSY, "busy", 429, 75) \
	X(IO, "io", 503, 74) \
	X(DB, "store", 503, 74) \
	X(PROTO, "protocol", 502, 76) \
	X(INTERNAL, "internal", 500, 70)

enum err {
#define X(k, name, http, exit) ERR_##k,
	ERR_LIST(X)
#undef X
};

#define CHECK_RESULT __attribute__((warn_unused_result))

/* Filled by whoever finds the fault, owned by the caller, may be NULL everywhere. */
struct fault {
	char where[128]; /* file, JSON path, column …; "" where it does not matter */
	char what[320]; /* one sentence: what was found, what is allowed, what to do next */
};

const char *err_name(enum err e);
int err_http(enum err e);
int err_exit(enum err e);

/* Fills f (if not NULL) and returns e: `return fault_set(f, ERR_SYNTAX, path, "expected …, found …", …);`
 * Text is cut at a UTF-8 border where it does not fit. */
enum err fault_set(struct fault *f, enum err e, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__ /* it does not look into the other file: what is returned is what was given */
#define fault_set(f, e, ...) (fault_set(f, e, __VA_ARGS__), (e))
#endif
#endif
