/* SPDX-License-Identifier: Apache-2.0 */
/* The hub: HTTP server over a data directory. */
#ifndef HUB_HUB_H
#define HUB_HUB_H
#include "accord/accord.h"

struct hub;
struct hub_options {
	const char *dir;
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080", port 0: any free one */
	struct timestamp (*now)(void *ctx);
	void *ctx;
};
/* Opens the directory, starts the server, the links to peers and the upkeep thread.  ERR_USAGE for a non-loopback address without TLS. */
enum err hub_start(const struct hub_options *o, struct hub **out, struct fault *f) CHECK_RESULT;
const char *hub_url(const struct hub *h); /* "http://127.0.0.1:8080" */
/* Drains: no new connections, requests under way are finished (at most 10 s), everything durable, then returns. */
void hub_stop(struct hub *h);

/* Before any thread starts: from here on this process may write below dir and nowhere else, and starts no other program.  Where the kernel has no Landlock or no
 * seccomp it says so in the log. */
enum err hub_sandbox(const char *dir, struct fault *f) CHECK_RESULT;

/* ---- settings: one table for parser, `musubi config`, man page ---- */
struct hub_setting {
	const char *key, *type; /* "integer", "boolean", "text" */
	const char *fallback;
	int64_t min, max;
	const char *unit, *doc;
};
extern const struct hub_setting hub_settings[];
extern const size_t hub_settings_n;
/* The value in force (default where unset), into a. ERR_NOTFOUND with the nearest key. */
enum err hub_setting_get(struct accord *a, struct arena *to, const char *key, struct span *out, bool *is_default, struct fault *f) CHECK_RESULT;
enum err hub_setting_set(struct accord *a, const char *key, const char *value, struct fault *f) CHECK_RESULT;
#endif
