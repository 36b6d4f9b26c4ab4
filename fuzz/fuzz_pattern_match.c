/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern (first line) over Observed Data (the rest): work and memory stay within their bounds, a second run and the canonical text give the same. */
#include <assert.h>

#include "pattern/pattern_explain.h"
#include "pattern/pattern_observed.h"
#include "util/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { PER_64K = 16 << 20, /* bytes of memory for 64 KiB of input */
	STREAM = 4 << 20 };

/* Binding after binding, folded into one number; *faults: something was given up. */
static uint64_t run(struct pattern_stream *st, const struct pattern_observed *b, bool *faults)
{
	struct pattern_subject *s = pattern_subject_new();
	uint64_t sum = 0;

	assert(s);
	for (size_t i = 0; i < pattern_observed_count(b); i++) {
		struct pattern_observation o;
		struct pattern_binding found;
		uint64_t used = 0;

		pattern_observed_fill(b, i, s, &o);
		if (pattern_stream_push(st, s, &o, &found, NULL) != ERR_OK)
			continue;
		assert(pattern_stream_steps(st) <= BOUND_PATTERN_STEPS + BOUND_PATTERN_SEARCH);
		for (size_t k = 0; k < found.n; k++) {
			assert(found.bound[k].tag <= i && found.bound[k].times > 0);
			used += found.bound[k].tag == i ? found.bound[k].times : 0;
		}
		assert(found.n == 0 || (used > 0 && used <= o.number)); /* the newest is in it */
		sum = sum * 31 + found.n;
	}
	for (int f = 0; f < PATTERN_FAULTS; f++)
		*faults |= pattern_stream_faults(st)[f] > 0;
	pattern_subject_free(s);
	return sum;
}

static const struct pattern_code *compile(struct arena *a, struct span text, bool lax)
{
	const struct pattern *tree;
	const struct pattern_code *code = NULL;
	struct fault f = { "", "" };
	struct buf words;

	if ((lax ? pattern_parse_lax(a, text, &tree, &f) : pattern_parse(a, text, &tree, &f)) != ERR_OK)
		return NULL;
	buf_init(&words, 64u << 20);
	pattern_words(tree, &words);
	pattern_tree(tree, &words);
	assert(buf_ok(&words));
	buf_release(&words);
	if (pattern_compile(a, text, tree, 0, &code, &f) != ERR_OK) {
		assert(f.what[0]);
		return NULL;
	}
	return code;
}

static struct span canonical(struct arena *a, struct span text)
{
	const struct pattern *tree;
	struct buf out;
	struct span s = { NULL, 0 };

	buf_init(&out, BOUND_PATTERN_BYTES);
	if (pattern_parse(a, text, &tree, NULL) == ERR_OK)
		pattern_print(tree, &out);
	if (out.n && buf_ok(&out))
		s = arena_span(a, buf_span(&out));
	buf_release(&out);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint8_t *line = n ? memchr(p, '\n', n) : NULL;
	struct span text = { (const char *)p, line ? (size_t)(line - p) : n }, rest = { (const char *)p + text.n, n - text.n }, print;
	struct arena *a = arena_new(256u << 20), *more = arena_new(256u << 20);
	const struct pattern_code *code, *same;
	struct pattern_observed *b;
	struct json documents;
	bool faults = false;

	assert(a && more);
	code = compile(a, text, true);
	assert(arena_used(a) <= (size_t)PER_64K * (1 + n / 65536));
	b = pattern_observed_new(more);
	if (code && json_read(more, rest, &documents, NULL) == ERR_OK && pattern_observed_add(b, documents, NULL) == ERR_OK && pattern_observed_finish(b, NULL) == ERR_OK) {
		struct pattern_stream *st = pattern_stream_new(code, STREAM);
		uint64_t sum;

		assert(st && pattern_stream_bytes(st) <= PER_64K);
		sum = run(st, b, &faults);
		assert(pattern_stream_bytes(st) <= PER_64K + STREAM);
		pattern_stream_clear(st);
		assert(run(st, b, &faults) == sum);
		pattern_stream_free(st);
		print = canonical(more, text);
		same = print.p ? compile(more, print, false) : NULL;
		if (same && !faults) {
			st = pattern_stream_new(same, STREAM);
			assert(st && (run(st, b, &faults) == sum || faults));
			pattern_stream_free(st);
		}
	}
	arena_free(a);
	arena_free(more);
	return 0;
}
