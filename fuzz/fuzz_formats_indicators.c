/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, CSV and MISP: whatever comes in, each value given out is in normal form, makes a pattern that reads back, and stands on a line that there is.  The first byte
 * chooses the form. */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>
#include "formats/formats.h"
#include "pattern/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static enum err take(void *ctx, const struct formats_indicator *i, struct fault *f)
{
	ARENA_SCOPE struct arena *a = arena_new(4 << 20);
	BUF_SCOPE struct buf b;
	const struct pattern *tree;
	uint64_t *values = ctx;

	assert(a && i->sort < FORMATS_SORTS && i->value.n && i->confidence >= -1 && i->confidence <= 100);
	struct span again = formats_normal(a, i->sort, i->value);
	assert(span_eq(again, i->value));
	buf_init(&b, 1 << 20);
	formats_pattern(&b, i->sort, i->value);
	if (b.n)
		assert(pattern_parse(a, buf_span(&b), &tree, NULL) == ERR_OK);
	++*values;
	return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const enum formats_input forms[] = { FORMATS_GUESS, FORMATS_LIST, FORMATS_CSV, FORMATS_MISP };
	struct formats_counts counts = { 0 };
	uint64_t values = 0;
	struct fault f = { "", "" };

	if (!n || n > 1 << 16)
		return 0;
	const struct formats_reading how = { .format = forms[p[0] % 4], .context = p[0] & 4, .columns = p[0] & 8 ? "value=2,sha256=1" : NULL, .take = take, .ctx = &values };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, p + 1, n - 1) == (ssize_t)(n - 1) && lseek(fd, 0, SEEK_SET) == 0);
	enum err e = formats_read_indicators(fd, &how, &counts, &f);
	close(fd);
	assert(e == ERR_OK ? counts.values == values : f.what[0] != 0);
	return 0;
}
