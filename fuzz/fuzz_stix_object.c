/* SPDX-License-Identifier: Apache-2.0 */
/* STIX objects: validation never fails on what is JSON, a good object can be read and stays good in canonical form, and everything that reads
 * objects (values, words, markings, scopes, ids) stands whatever comes. */
#include <assert.h>
#include <stdlib.h>
#include "stix/marking.h"
#include "util/bounds.h"
#include "stix/sharing.h"
#include "stix/validate.h"
#include "stix/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct json_parser *parser, *again;

static void on_value(void *ctx, enum stix_value_kind k, struct span normal)
{
	assert(normal.n && stix_value_name(k)[0]);
	struct span twice = stix_value_normal(ctx, k, normal);
	assert(!twice.p || span_eq(twice, normal));
}

static void on_word(void *ctx, struct span text)
{
	assert(text.n);
}

static void check_findings(const struct stix_findings *out)
{
	struct fault f = { "", "" };
	for (size_t i = 0; i < out->n; i++)
		assert(out->v[i].what[0] && out->v[i].rule[0] && out->v[i].code[0] && out->v[i].path);
	assert((stix_findings_fault(out, &f) == ERR_OK) == (out->errors == 0));
	assert(!out->errors || f.what[0]);
}

static void check_canonical(struct arena *a, struct json v, size_t warnings)
{
	BUF_SCOPE struct buf b;
	struct json back;
	struct stix_findings out;
	buf_init(&b, 1 << 24);
	if (json_canonical(v, &b, NULL) != ERR_OK || json_parse(again, buf_span(&b), true, &back, NULL) != ERR_OK)
		return; /* numbers beyond 2^53 */
	if (stix_validate(a, back, &out)) /* formatting changes no verdict */
		assert(out.errors == 0 && out.warnings == warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 1 << 18)
		return 0;
	if (!parser) {
		parser = json_parser_new(1 << 24);
		again = json_parser_new(1 << 24);
	}
	struct arena *a ARENA_SCOPE = arena_new(1 << 26);
	struct span text = { (const char *)p, n };
	struct json v;
	struct stix_findings out;
	struct stix_object o;
	struct stix_sharing s;
	struct span id;
	struct fault f = { "", "" };
	if (json_parse(parser, text, false, &v, NULL) != ERR_OK || !stix_validate(a, v, &out))
		return 0;
	check_findings(&out);
	/* 16 MB per 64 KB; beside one pass, whose steps the text's length bounds, no more than BOUND_LOOKUPS and one look through what is there */
	assert(arena_used(a) <= ((size_t)16 << 20) * (1 + n / 65536));
	assert(out.lookups <= BOUND_LOOKUPS + 8 * n);
	struct stix_findings advice = { 0 };
	if (stix_advise(a, v, &advice))
		check_findings(&advice);
	enum err e = stix_object_read(a, v, text, &o, &f);
	assert(e || out.errors || o.id.n);
	assert(!e || f.what[0]);
	if (!out.errors) {
		assert(e == ERR_OK || span_is(json_string(json_get(v, "type")), "bundle")); /* whose other properties nobody looks at */
		check_canonical(a, v, out.warnings);
	}
	(void)stix_tlp_of_definition(v);
	(void)stix_tlp_of_labels(v);
	(void)!stix_sharing_read(a, v, &s, &f);
	(void)stix_observable_id(a, v, &id);
	if (e == ERR_OK) {
		(void)stix_personal_data(a, &o);
		stix_values(a, &o, on_value, a);
		stix_words(&o, on_word, NULL);
	}
	return 0;
}
