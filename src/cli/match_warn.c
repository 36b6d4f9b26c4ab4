/* SPDX-License-Identifier: Apache-2.0 */
/* musubi match: warning lists.  What is on one is well known and hardly an attack by itself: left out, or marked.  MISP's form of such lists is read; a small set ships. */
#include "cli/cmd_match_priv.h"
#include "cli/open.h"
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (256u << 20)
#define PRIVATE "private and reserved addresses"
#define RESOLVERS "public DNS resolvers"
#define SITES "sites that everybody visits"
#define EMPTY "hashes of empty files"

/* Documentation ranges (192.0.2.0/24 …) are not here: what is learned with them should work. */
static const struct {
	const char *list, *value;
} shipped[] = { { PRIVATE, "0.0.0.0/8" }, { PRIVATE, "10.0.0.0/8" }, { PRIVATE, "100.64.0.0/10" }, { PRIVATE, "127.0.0.0/8" }, { PRIVATE, "169.254.0.0/16" }, { PRIVATE, "172.16.0.0/12" },
	{ PRIVATE, "192.168.0.0/16" }, { PRIVATE, "198.18.0.0/15" }, { PRIVATE, "224.0.0.0/4" }, { PRIVATE, "240.0.0.0/4" }, { PRIVATE, "::/127" }, { PRIVATE, "fc00::/7" }, { PRIVATE, "fe80::/10" },
	{ PRIVATE, "ff00::/8" }, { RESOLVERS, "1.0.0.1" }, { RESOLVERS, "1.1.1.1" }, { RESOLVERS, "8.8.4.4" }, { RESOLVERS, "8.8.8.8" }, { RESOLVERS, "9.9.9.9" }, { RESOLVERS, "149.112.112.112" },
	{ RESOLVERS, "208.67.220.220" }, { RESOLVERS, "208.67.222.222" }, { RESOLVERS, "2001:4860:4860::8888" }, { RESOLVERS, "2001:4860:4860::8844" }, { RESOLVERS, "2606:4700:4700::1111" },
	{ RESOLVERS, "2606:4700:4700::1001" }, { RESOLVERS, "2620:fe::fe" }, { SITES, "=google.com" }, { SITES, "=www.google.com" }, { SITES, "=microsoft.com" }, { SITES, "=www.microsoft.com" },
	{ SITES, "=login.microsoftonline.com" }, { SITES, "=windowsupdate.com" }, { SITES, "=update.microsoft.com" }, { SITES, "=apple.com" }, { SITES, "=www.apple.com" }, { SITES, "=github.com" },
	{ SITES, "=facebook.com" }, { SITES, "=youtube.com" }, { SITES, "=www.youtube.com" }, { SITES, "=amazon.com" }, { SITES, "=wikipedia.org" }, { SITES, "=cloudflare.com" }, { SITES, "=linkedin.com" },
	{ SITES, "=yahoo.co.jp" }, { SITES, "=line.me" }, { EMPTY, "d41d8cd98f00b204e9800998ecf8427e" }, { EMPTY, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ EMPTY, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } };

/* A list's name, with '=' before it where its names count alone and not what is below them. */
static enum err add(struct match_build *b, struct span list, struct span value, bool exact, struct arena *a, struct fault *f)
{
	struct span source = exact ? span_of(arena_printf(a, "=%.*s", SPAN_ARG(list))) : list;
	enum err e;

	if (value.n && value.p[0] == '.')
		value = (struct span){ value.p + 1, value.n - 1 };
	e = source.p ? match_build_value(b, value, source, f) : ERR_NOMEM;
	return e == ERR_INVALID ? ERR_OK : e; /* lists hold odd things: what is no value cannot be on them */
}

/* {"name": …, "type": "cidr" | "hostname" | "string" | …, "list": [ … ]} */
static enum err add_file(struct match_run *run, struct match_build *b, const char *path, struct fault *f)
{
	BUF_SCOPE struct buf text;
	ARENA_SCOPE struct arena *a = arena_new(2u << 30);
	struct span name, type;
	struct json v;
	enum err e = open_read(path, MOST_BYTES, &text, f);

	if (e != ERR_OK)
		return e;
	e = a ? json_read(a, buf_span(&text), &v, f) : ERR_NOMEM;
	if (e != ERR_OK)
		return e;
	name = json_string_or_none(json_get(v, "name"));
	type = json_string_or_none(json_get(v, "type"));
	if (!json_is(json_get(v, "list"), JSON_ARRAY))
		return fault_set(f, ERR_INVALID, path, "a warning list has a member \"list\" with its values; this file has none");
	if (span_is(type, "substring") || span_is(type, "regex")) {
		cmd_say("musubi match: %s: lists of type %.*s are not used; cidr, hostname and string are", path, SPAN_ARG(type));
		return ERR_OK;
	}
	for (struct json_iter it = json_iter(json_get(v, "list")); e == ERR_OK && json_next(&it);) {
		struct span value = json_string_or_none(it.value);

		if (value.n)
			e = add(b, name.n ? name : span_of(path), value, span_is(type, "string"), a, f);
	}
	return e;
}

enum err match_warn_load(struct match_run *run, struct fault *f)
{
	const char *const *files;
	size_t n = cmd_opts(run->a, "--warninglist", &files);
	struct match_build *b;
	enum err e = ERR_OK;

	if (cmd_opt(run->a, "--no-warninglists") && !n)
		return ERR_OK;
	b = match_build_new();
	if (!b)
		return ERR_NOMEM;
	match_build_wide(b);
	for (size_t i = 0; !cmd_opt(run->a, "--no-warninglists") && i < sizeof(shipped) / sizeof(shipped[0]) && e == ERR_OK; i++) {
		bool exact = shipped[i].value[0] == '=';

		e = add(b, span_of(shipped[i].list), span_of(shipped[i].value + exact), exact, cmd_arena(run->a), f);
	}
	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = add_file(run, b, files[i], f);
	if (e != ERR_OK) {
		match_build_free(b);
		return e;
	}
	run->warn = match_build_finish(b, NULL);
	return run->warn ? ERR_OK : ERR_NOMEM;
}

/* A listed network is asked by its address; a URL is not well known because its host is. */
struct span match_warned(const struct match_run *run, const struct match_hit *h)
{
	const char *slash = h->kind == STIX_VALUE_IPV4 || h->kind == STIX_VALUE_IPV6 ? memchr(h->value.p, '/', h->value.n) : NULL;
	struct span value = slash ? (struct span){ h->value.p, (size_t)(slash - h->value.p) } : h->value, by;
	struct match_indicator list;

	if (!run->warn || h->kind == STIX_VALUE_URL || h->kind == STIX_VALUE_EMAIL)
		return SPAN("");
	by = match_index_covers(run->warn, value, &list);
	if (!by.n)
		return SPAN("");
	if (list.source.p[0] != '=')
		return list.source;
	return span_eq(by, value) ? (struct span){ list.source.p + 1, list.source.n - 1 } : SPAN("");
}
