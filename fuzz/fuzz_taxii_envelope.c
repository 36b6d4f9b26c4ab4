/* SPDX-License-Identifier: Apache-2.0 */
/* What other servers answer: whatever the bytes, every object given out lies inside them and in order, and every error has words. */
#include <assert.h>
#include "taxii/taxii.h"

struct walk {
	const char *p;
	const char *end;
	size_t index;
};

static enum err object(void *ctx, size_t index, struct span raw)
{
	struct walk *w = ctx;
	assert(index == w->index && raw.n > 0 && raw.p >= w->p && raw.p + raw.n <= w->end);
	w->index++;
	w->p = raw.p + raw.n;
	return ERR_OK;
}

static enum err extra(void *ctx, struct span key, struct span raw)
{
	struct walk *w = ctx;
	assert(raw.n > 0 && raw.p + raw.n <= w->end && !span_is(key, "more") && !span_is(key, "next"));
	return ERR_OK;
}

static void item(void *ctx, const struct taxii_status_item *i)
{
	assert(i->fate <= TAXII_PENDING);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ARENA_SCOPE struct arena *a = arena_new(16 << 20);
	struct json_parser *parser = json_parser_new(1 << 20);
	struct fault f = { 0 };
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add(&b, p, n);
	if (buf_ok(&b)) {
		struct span text = buf_span(&b);
		struct walk w = { text.p, text.p + text.n, 0 };
		struct taxii_envelope envelope;
		struct taxii_collection *v;
		struct span id;
		uint64_t pending;
		size_t count;
		char line[64];
		enum err e = taxii_envelope_read(a, parser, buf_span(&b), &envelope, object, extra, &w, &f);
		assert(e == ERR_OK || f.what[0]);
		if (taxii_collections_read(a, buf_span(&b), &v, &count, &f) == ERR_OK)
			for (size_t i = 0; i < count; i++)
				assert(v[i].id.n > 0);
		if (taxii_status_read(a, buf_span(&b), &id, &pending, item, NULL, &f) == ERR_OK)
			(void)pending;
		taxii_error_read(buf_span(&b), line, sizeof line);
		assert(memchr(line, '\0', sizeof line) && !strchr(line, '\n'));
	}
	buf_release(&b);
	json_parser_free(parser);
	return 0;
}
