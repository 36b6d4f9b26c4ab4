/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/testing_priv.h"
#include "stix/validate_priv.h"

static void test_types(void **state)
{
	size_t n = 0;
	for (const struct model_type *t; (t = model_type_at(n)); n++) {
		assert_ptr_equal(model_type(span_of(t->name)), t);
		assert_int_equal(model_type_number(t), n);
		const struct model_shape *s = model_shape_of(t);
		assert_string_equal(s->name, t->name);
		assert_string_equal(s->rule, t->rule);
		for (size_t i = 0; i < MODEL_CONTRIBUTING && t->contributing[i]; i++) {
			size_t number;
			assert_non_null(model_property(s, span_of(t->contributing[i]), &number));
			assert_true(i == 0 || strcmp(t->contributing[i - 1], t->contributing[i]) < 0);
		}
	}
	assert_int_equal(n, 19 + 2 + 18 + 3 + 1);
	assert_null(model_type(SPAN("x-thing")));
	assert_null(model_type(SPAN("")));
	assert_null(model_type(SPAN("ipv5-addr")));
}

static void test_properties(void **state)
{
	const struct model_shape *s;
	for (size_t i = 0; (s = model_shape_at(i)); i++) {
		for (size_t k = 0; k < s->n_own + s->n_common; k++) {
			const struct model_property *p = model_property_at(s, k);
			size_t number = SIZE_MAX;
			assert_ptr_equal(model_property(s, span_of(p->name), &number), p);
			assert_int_equal(number, k);
			assert_true((p->form == FORM_SHAPE) == (p->shape != NULL));
			assert_true((p->form != FORM_ENUM && p->form != FORM_OPEN) || p->words);
			if (p->form == FORM_ID && p->words) { /* every type that a reference may name is one */
				const char *words = p->words + (p->words[0] == '!');
				for (const char *at = words + 1; *at; at = strchr(at, '|') + 1) {
					struct span word = { at, (size_t)(strchr(at, '|') - at) };
					assert_true(span_is(word, "*") || model_type(word));
				}
			}
		}
		size_t number;
		assert_null(model_property(s, SPAN("no_such_property"), &number));
		for (const struct model_order *o = s->order; o && o->first; o++) {
			const struct model_property *a = model_property(s, span_of(o->first), &number), *b = model_property(s, span_of(o->second), &number);
			assert_true(a && b && a->form == FORM_TIME && b->form == FORM_TIME);
		}
	}
}

static void test_extensions(void **state)
{
	static const char *const names[] = { "archive-ext", "ntfs-ext", "pdf-ext", "raster-image-ext", "windows-pebinary-ext", "http-request-ext", "icmp-ext", "socket-ext",
		"tcp-ext", "windows-process-ext", "windows-service-ext", "unix-account-ext" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(model_extension(span_of(names[i])));
	assert_null(model_extension(SPAN("x-ext")));
	assert_null(model_extension(SPAN("file")));
}

static void test_words(void **state)
{
	assert_true(model_word("|a|bc|", SPAN("a")) && model_word("|a|bc|", SPAN("bc")));
	assert_false(model_word("|a|bc|", SPAN("b")) || model_word("|a|bc|", SPAN("")) || model_word("|a|bc|", SPAN("bcd")) || model_word("|a|bc|", SPAN("a|bc")));
	test_span(nearest_word(words_malware_type, SPAN("ransomwear")), "ransomware");
	test_span(nearest_word(words_opinion, SPAN("agre")), "agree");
	assert_null(nearest_word(words_opinion, SPAN("zebra")).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "every type of the standard is found, with its rows", test_types, NULL, NULL, NULL },
		{ "every property is found by its name, and its row makes sense", test_properties, NULL, NULL, NULL },
		{ "the predefined extensions are found", test_extensions, NULL, NULL, NULL },
		{ "words are found in lists, and the nearest one for a slip", test_words, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
