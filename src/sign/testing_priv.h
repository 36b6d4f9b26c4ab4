/* SPDX-License-Identifier: Apache-2.0 */
/* Inside sign's tests: hex, and the published vectors where they lie beside the source tree. */
#ifndef SIGN_TESTING_PRIV_H
#define SIGN_TESTING_PRIV_H
#include "util/test.h"
#include "sign/sign.h"
#include <stdio.h>
#include <stdlib.h>

static inline size_t unhex(const char *text, uint8_t *out)
{
	size_t n = 0;
	for (; text[2 * n]; n++)
		out[n] = (uint8_t)strtoul((char[]){ text[2 * n], text[2 * n + 1], 0 }, NULL, 16);
	return n;
}

/* {NULL,0} where the shared data is not at hand. */
static inline struct span shared_file(struct arena *a, const char *name)
{
	const char *source = getenv("MUSUBI_SOURCE");
	char path[900];
	BUF_SCOPE struct buf b;
	buf_init(&b, 16 << 20);
	snprintf(path, sizeof path, "%s/../shared/data/%s", source ? source : ".", name);
	FILE *in = fopen(path, "rb");
	if (!in)
		return (struct span){ NULL, 0 };
	for (size_t n = 1; n;) {
		assert_true(buf_reserve(&b, 1 << 16));
		n = fread(b.p + b.n, 1, 1 << 16, in);
		buf_added(&b, n);
	}
	fclose(in);
	struct span s = arena_span(a, buf_span(&b));
	assert_non_null(s.p);
	return s;
}

static inline struct json parsed_span(struct arena *a, struct span text)
{
	struct json v = { NULL, 0 };
	struct fault f = { "", "" };
	if (json_read(a, text, &v, &f))
		fail_msg("%.60s: %s %s", text.p, f.where, f.what);
	return v;
}

static inline struct span next_text_line(struct span *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	struct span line = { rest->p, end ? (size_t)(end - rest->p) : rest->n };
	size_t used = line.n + (end != NULL);
	rest->p += used;
	rest->n -= used;
	return line;
}
#endif
