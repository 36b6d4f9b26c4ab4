/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: what lies in memory and what is streamed through a small window are taken apart alike. */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "stix/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct json_parser *parser;

struct compare {
	struct stix_reader *r;
	bool ended; /* an object larger than the window: nothing more to compare */
};

static enum err on_object(void *ctx, size_t index, struct span raw)
{
	struct compare *c = ctx;
	struct span other;
	struct fault f = { "", "" };
	uint64_t at = 0;
	if (c->ended)
		return ERR_OK;
	enum err e = stix_reader_next(c->r, &other, &at, &f);
	if (e == ERR_LIMIT) {
		c->ended = true;
		return ERR_OK;
	}
	assert(e == ERR_OK && span_eq(raw, other));
	return ERR_OK;
}

/* Taken apart alone, and parsed on the way: the same objects, the same end. */
static void drain(struct stix_reader *r, struct stix_reader *values)
{
	struct span raw, other;
	struct json value;
	uint64_t at = 0, last = 0, there = 0;
	for (;;) {
		struct fault f = { "", "" }, g = { "", "" };
		enum err e = stix_reader_next(r, &raw, &at, &f), d = stix_reader_value(values, parser, &other, &there, &value, &g);
		assert(e == d);
		assert(e == ERR_OK || e == ERR_NOTFOUND || f.what[0]);
		if (e != ERR_OK)
			return;
		assert(at > last && raw.n && at == there && span_eq(raw, other) && (json_has(value) || g.what[0]));
		last = at;
	}
}

static int file_of(const uint8_t *p, size_t n)
{
	int fd = memfd_create("stix", 0);
	assert(fd >= 0 && write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 1 << 18)
		return 0;
	if (!parser)
		parser = json_parser_new(1 << 24);
	int fd = file_of(p, n), fe = file_of(p, n);
	struct stix_reader *r = stix_reader_new(fd, 0), *values = stix_reader_new(fe, 0);
	drain(r, values);
	stix_reader_free(r);
	stix_reader_free(values);
	close(fe);

	BUF_SCOPE struct buf text;
	struct json v;
	enum stix_container kind;
	struct fault f = { "", "" };
	buf_init(&text, n);
	buf_add(&text, p, n);
	buf_reserve(&text, 0);
	lseek(fd, 0, SEEK_SET);
	struct compare c = { stix_reader_new(fd, 0), false };
	bool json = json_parse(parser, buf_span(&text), true, &v, NULL) == ERR_OK && json_is(v, JSON_OBJECT);
	if (json && stix_each(parser, buf_span(&text), &kind, on_object, &c, &f) == ERR_OK && !c.ended) {
		struct span raw;
		uint64_t at;
		enum err e = stix_reader_next(c.r, &raw, &at, &f);
		assert(e == ERR_NOTFOUND || e == ERR_LIMIT);
	}
	stix_reader_free(c.r);
	close(fd);
	return 0;
}
