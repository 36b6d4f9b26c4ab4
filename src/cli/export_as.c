/* SPDX-License-Identifier: Apache-2.0 */
/* musubi export --as: indicators on their way into other tools' formats. */
#include "cli/export_as.h"
#include <inttypes.h>
#include <stdlib.h>
#include "cli/new_name.h"
#include "cli/open.h"
#include "formats/export.h"
#include "formats/warning.h"
#include "util/bounds.h"

struct export_as {
	struct cmd_args *a;
	const struct formats_writer *writer;
	struct formats_export *x;
	struct json_parser *parser;
	struct arena *scratch;
	struct formats_warnings *warnings;
	uint64_t broken;
};

static enum err no_format(const char *name, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; formats_writer_name(i); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", formats_writer_name(i));
	return fault_set(f, ERR_USAGE, "--as", "\"%s\" is no format: %s", name, b.p ? b.p : "");
}

static enum err read_options(struct cmd_args *a, struct formats_export_options *how, const struct formats_writer **w, struct fault *f)
{
	const char *as = cmd_opt(a, "--as"), *least = cmd_opt(a, "--min-confidence"), *const * kinds;
	size_t n = cmd_opts(a, "--kind", &kinds);

	if (cmd_json(a) && as && strcmp(as, "json") != 0)
		return fault_set(f, ERR_USAGE, "--as", "--json is the format json: give one of the two");
	as = as ? as : "json";
	*w = formats_writer_named(as);
	if (!*w)
		return no_format(as, f);
	for (const char *p = least; p && *p; p++)
		how->min_confidence = *p >= '0' && *p <= '9' && how->min_confidence <= 100 ? how->min_confidence * 10 + (*p - '0') : 101;
	if (how->min_confidence > 100 || (least && !*least))
		return fault_set(f, ERR_USAGE, "--min-confidence", "\"%s\": write a number from 0 to 100", least);
	if (cmd_opt(a, "--warn") && strcmp(cmd_opt(a, "--warn"), "mark") != 0 && strcmp(cmd_opt(a, "--warn"), "suppress") != 0)
		return fault_set(f, ERR_USAGE, "--warn", "write suppress or mark");
	for (size_t i = 0; i < n; i++) {
		enum formats_sort sort;
		if (!formats_sort_named(span_of(kinds[i]), &sort) || !formats_sorts[sort].path)
			return fault_set(f, ERR_USAGE, "--kind", "\"%s\" is no kind of value: ipv4, ipv6, domain, url, email, md5, sha1, sha256, sha512, file-name …", kinds[i]);
		how->sorts |= UINT32_C(1) << sort;
	}
	return ERR_OK;
}

static enum err read_warnings(struct cmd_args *a, struct formats_warnings *w, struct fault *f)
{
	const char *const *files;
	size_t n = cmd_opts(a, "--warninglist", &files);
	enum err e = w ? ERR_OK : ERR_NOMEM;
	uint64_t unread = 0;

	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		BUF_SCOPE struct buf b;
		e = open_read(files[i], BOUND_FEED_FILE, &b, f);
		if (e == ERR_OK)
			e = formats_warnings_add(w, buf_span(&b), &unread, f);
		if (e != ERR_OK && f->what[0] && !f->where[0])
			fault_set(f, e, files[i], "%s", (const char *)arena_printf(cmd_arena(a), "%s", f->what));
	}
	if (e == ERR_OK && unread)
		cmd_say("%" PRIu64 " entries of warning lists were not understood, and are not asked", unread);
	return e;
}

static const char *warned(void *ctx, enum formats_sort sort, struct span value)
{
	return formats_warnings_find(ctx, sort, value);
}

enum err export_as_new(struct cmd_args *a, struct export_as **out, struct fault *f)
{
	const char *how_warned = cmd_opt(a, "--warn");
	struct formats_export_options how = { .now = timestamp_now(), .name_of = new_name_of, .warned = warned, .mark_warned = how_warned && strcmp(how_warned, "mark") == 0 };
	const struct formats_writer *w = NULL;
	enum err e = read_options(a, &how, &w, f);
	struct export_as *x = e == ERR_OK ? calloc(1, sizeof(*x)) : NULL;

	if (e != ERR_OK || !x)
		return e == ERR_OK ? ERR_NOMEM : e;
	how.warned_ctx = x->warnings = formats_warnings_new();
	e = read_warnings(a, x->warnings, f);
	x->a = a;
	x->writer = w;
	x->x = formats_export_new(&how);
	x->parser = json_parser_new(BOUND_OBJECT_BYTES);
	x->scratch = arena_new(64u << 20);
	if (e == ERR_OK && (!x->x || !x->parser || !x->scratch))
		e = ERR_NOMEM;
	if (e == ERR_OK)
		*out = x;
	else
		export_as_free(x);
	return e;
}

void export_as_free(struct export_as *x)
{
	if (!x)
		return;
	formats_export_free(x->x);
	formats_warnings_free(x->warnings);
	json_parser_free(x->parser);
	arena_free(x->scratch);
	free(x);
}

enum err export_as_take(struct export_as *x, struct span raw, struct fault *f)
{
	struct stix_object o;
	struct json v;

	arena_reset(x->scratch);
	enum err e = json_parse(x->parser, raw, false, &v, f);
	if (e == ERR_OK)
		e = stix_object_read(x->scratch, v, raw, &o, f);
	if (e == ERR_OK)
		return formats_export_add(x->x, &o, f);
	if (e == ERR_NOMEM)
		return e;
	x->broken++;
	return ERR_OK;
}

static enum err take(void *ctx, struct span raw, struct fault *f)
{
	return export_as_take(ctx, raw, f);
}

enum err export_as_file(struct export_as *x, const char *path, struct fault *f)
{
	return open_objects(path, take, x, f);
}

static bool sink(void *ctx, struct span text)
{
	cmd_print_span(text);
	return true;
}

enum err export_as_write(struct export_as *x, struct fault *f)
{
	struct formats_export_counts c;
	enum err e = formats_export_write(x->x, x->writer, sink, NULL, &c, f);

	if (e != ERR_OK)
		return e;
	cmd_flush();
	cmd_say("%" PRIu64 " value%s written, from %" PRIu64 " indicator%s", c.written, c.written == 1 ? "" : "s", c.indicators, c.indicators == 1 ? "" : "s");
	if (x->broken)
		cmd_say("  %" PRIu64 " objects could not be read", x->broken);
	for (int i = 0; i < FORMATS_LEFTS; i++) {
		if (c.left[i])
			cmd_say("  %" PRIu64 " left out: %s", c.left[i], formats_left_text((enum formats_left)i));
	}
	return ERR_OK;
}
