/* SPDX-License-Identifier: Apache-2.0 */
/* MATCHES: PCRE2 in a cage (STIX 2.1 §9.6.1: search, DOTALL, Unicode for text and plain bytes for binary).
 *
 * PCRE2 counts its match limit anew at each place where it starts, and does not say what it used.  So the limit we give is an allowance divided by the places where a search
 * can start; the first allowance is about what an ordinary search needs, each further one eight times that, and what was allowed is charged to the steps of the push.
 */
#include "pattern/pattern_code_priv.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "util/bounds.h"
#include "util/unicode.h"

struct code_regex {
	pcre2_code *text, *bytes; /* bytes: NULL where the constant has characters beyond U+00FF */
};
struct matching {
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static void code_free(void *code)
{
	pcre2_code_free(code);
}

static enum err compile_one(struct arena *a, struct span s, uint32_t options, unsigned flags, size_t *budget, pcre2_code **out, struct fault *f)
{
	PCRE2_SIZE at = 0, size = 0;
	PCRE2_UCHAR what[160];
	int e = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)s.p, s.n, options, &e, &at, NULL);

	if (!code) {
		pcre2_get_error_message(e, what, sizeof(what));
		return e == PCRE2_ERROR_HEAP_FAILED ? ERR_NOMEM : fault_set(f, ERR_SYNTAX, "", "expected a regular expression of PCRE2; at its character %zu: %s", (size_t)at + 1, (const char *)what);
	}
	if (!arena_defer(a, code_free, code)) {
		code_free(code);
		return ERR_NOMEM;
	}
	pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
	if (size > *budget)
		return fault_set(f, ERR_LIMIT, "", "the pattern's regular expressions take more than %u bytes when compiled; use fewer or shorter repeats", BOUND_PATTERN_REGEX_BYTES);
	*budget -= size;
	if (flags & PATTERN_JIT)
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where the system forbids it, the interpreter does the work */
	*out = code;
	return ERR_OK;
}

enum err regex_compile(struct arena *a, struct span text, bool bytes_too, unsigned flags, size_t *budget, struct code_regex **out, struct fault *f)
{
	static const uint32_t common = PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
	struct code_regex *r = ARENA_NEW(a, struct code_regex);
	char *latin = bytes_too ? arena_alloc(a, text.n + 1) : NULL;
	size_t n = 0;
	enum err e;

	if (!r || (bytes_too && !latin))
		return ERR_NOMEM;
	e = compile_one(a, text, common | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, flags, budget, &r->text, f);
	if (e == ERR_OK && bytes_too && is_latin(text)) {
		for (size_t at = 0; at < text.n;)
			latin[n++] = (char)unicode_latin(text, &at);
		e = compile_one(a, (struct span){ latin, n }, common | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, flags, budget, &r->bytes, f);
	}
	*out = r;
	return e;
}

void *regex_match_data_new(void)
{
	struct matching *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->data = pcre2_match_data_create(1, NULL);
	m->context = pcre2_match_context_create(NULL);
	if (!m->data || !m->context) {
		regex_match_data_free(m);
		return NULL;
	}
	pcre2_set_heap_limit(m->context, 8192); /* KiB */
	pcre2_set_depth_limit(m->context, 100000);
	return m;
}

void regex_match_data_free(void *p)
{
	struct matching *m = p;

	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	free(m);
}

/* In how many places a search can start: where PCRE2 knows the first byte of any match, where those stand. */
static size_t starts(const pcre2_code *code, struct span s)
{
	uint32_t options = 0, type = 0, unit = 0;
	const uint8_t *bitmap = NULL;
	size_t n = 0;

	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
	if (options & PCRE2_ANCHORED)
		return 1;
	if (type == 1)
		pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &unit);
	else
		pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bitmap);
	if (s.n < 256 || (type != 1 && !bitmap))
		return s.n + 1;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		/* The first byte may be wanted in either case. */
		n += type == 1 ? (c | 0x20) == (unit | 0x20) : bitmap[c / 8] >> (c % 8) & 1;
	}
	return n + 1;
}

bool regex_search(const struct code_regex *r, void *match_data, struct span text, bool bytes, uint32_t *steps, uint64_t *fault)
{
	const pcre2_code *code = bytes ? r->bytes : r->text;
	struct matching *m = match_data;
	size_t from = code ? starts(code, text) : 1;

	for (size_t allowed = 16 * text.n + 256, charge = allowed / 8; code; allowed *= 8, charge = allowed) {
		int got;

		if (allowed > BOUND_PATTERN_REGEX_STEPS + 16 * text.n || *steps <= charge) {
			fault[PATTERN_FAULT_REGEX]++;
			return false;
		}
		*steps -= (uint32_t)charge;
		pcre2_set_match_limit(m->context, (uint32_t)(allowed / from) + 8);
		got = pcre2_match(code, (PCRE2_SPTR)text.p, text.n, 0, 0, m->data, m->context);
		if (got >= 0 || got == PCRE2_ERROR_NOMATCH)
			return got >= 0;
		if (got != PCRE2_ERROR_MATCHLIMIT) {
			fault[PATTERN_FAULT_REGEX]++;
			return false;
		}
	}
	return false;
}
