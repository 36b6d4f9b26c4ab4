/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing that is put into a page or an XML document can end the text that it stands in. */
#include "util/markup.h"
#include "util/test.h"

static void what_would_be_markup_is_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain 結び", "plain 結び" },
		{ "<script>&\"'", "&lt;script&gt;&amp;&quot;&#39;" },
		{ "]]>", "]]&gt;" },
		{ "a\tb\nc", "a\tb\nc" },
		{ "bell\a del\177", "bell\xef\xbf\xbd del\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 1024);
		markup_add(&b, span_of(rows[i].in));
		assert_true(span_eq(buf_span(&b), span_of(rows[i].out)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_would_be_markup_is_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
