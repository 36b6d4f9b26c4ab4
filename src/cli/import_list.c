/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of other tools on their way into the hub: each value as an indicator. */
#include "cli/import_list.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/new_name.h"
#include "cli/open.h"
#include "formats/make.h"
#include "util/bounds.h"

enum { TOLD = 5 }; /* skipped entries that are told one by one, of each reason */

struct listing {
	struct cmd_args *a;
	struct arena *mem; /* of one indicator */
	struct buf out;
	struct formats_report common;
	struct formats_world world;
	enum err (*take)(void *ctx, struct span id, struct span raw, struct fault *f);
	void *ctx;
	struct cmd_progress *progress;
	unsigned told[FORMATS_SKIPS];
};

enum err import_list_open(const char *path, int *fd, uint64_t *size, struct fault *f)
{
	struct stat st;

	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return open_file(path, fd, size, f);
	*size = 0;
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd >= 0 ? ERR_OK : fault_set(f, ERR_IO, path, "cannot be read: %s", strerror(errno));
}

static enum err take_value(void *ctx, const struct formats_indicator *i, struct fault *f)
{
	struct listing *x = ctx;
	struct span id;

	arena_reset(x->mem);
	buf_clear(&x->out);
	if (!formats_sorts[i->sort].path)
		return ERR_OK; /* a CVE in a column of anything: nothing to look for */
	enum err e = formats_make_indicator(x->mem, i, &x->common, &x->world, &x->out, &id, f);
	if (e == ERR_INVALID || e == ERR_LIMIT) {
		cmd_say("musubi import: line %" PRIu64 " makes no indicator: %s", i->line, f->what);
		return ERR_OK;
	}
	return e == ERR_OK ? x->take(x->ctx, id, buf_span(&x->out), f) : e;
}

static void skip_value(void *ctx, enum formats_skip why, struct span file, uint64_t line, struct span text)
{
	struct listing *x = ctx;
	int n = (int)(text.n < 80 ? text.n : 80);

	if (x->told[why]++ < TOLD)
		cmd_say("musubi import: %.*s%sline %" PRIu64 ": \"%.*s\" is left out: %s", SPAN_ARG(file), file.n ? ", " : "", line, n, text.p ? text.p : "", formats_skip_text(why));
}

static void show(void *ctx, uint64_t bytes)
{
	cmd_progress_to(((struct listing *)ctx)->progress, bytes, NULL);
}

static enum err read_list(struct listing *x, int fd, enum formats_input format, struct fault *f)
{
	const struct formats_reading how = { .format = format, .columns = cmd_opt(x->a, "--columns"), .context = cmd_opt(x->a, "--context") != NULL, .name_of = new_name_of, .take = take_value, .skip = skip_value, .progress = show, .ctx = x };
	struct formats_counts c = { 0 };
	enum err e = formats_read_indicators(fd, &how, &c, f);

	for (int i = 0; i < FORMATS_SKIPS; i++) {
		if (c.skipped[i] > TOLD)
			cmd_say("musubi import: %" PRIu64 " are left out: %s", c.skipped[i], formats_skip_text((enum formats_skip)i));
	}
	return e;
}

enum err import_list(struct cmd_args *a, int fd, uint64_t size, struct span created_by, enum err (*take)(void *ctx, struct span id, struct span raw, struct fault *f), void *ctx,
	struct fault *f)
{
	const char *word = cmd_opt(a, "--format"), *tlp = cmd_opt(a, "--tlp");
	struct listing x = { .a = a, .mem = arena_new(64u << 20), .common = { .created_by = created_by, .confidence = -1 }, .world = { timestamp_now(), random_bytes }, .take = take, .ctx = ctx };
	enum formats_input format;
	enum err e = x.mem ? ERR_OK : ERR_NOMEM;

	if (e == ERR_OK && !formats_input_named(span_of(word), &format))
		e = fault_set(f, ERR_USAGE, "--format", "\"%s\" is no format: stix, list, csv, misp, or guess", word);
	if (e == ERR_OK && tlp)
		e = open_tlp(tlp, &x.common.tlp, f);
	if (e == ERR_OK) {
		buf_init(&x.out, BOUND_OBJECT_BYTES);
		x.progress = cmd_progress_new("importing", "B", size);
		e = read_list(&x, fd, format, f);
		cmd_progress_free(x.progress);
		buf_release(&x.out);
	}
	arena_free(x.mem);
	return e;
}
