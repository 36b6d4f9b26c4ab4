/* SPDX-License-Identifier: Apache-2.0 */
/* Media type negotiation, header by header. */
#include <stdio.h>
#include "taxii/taxii.h"
#include "util/test.h"

static void check(const char *what, bool (*fn)(const char *), const char *header, bool want)
{
	if (fn(header) != want)
		fail_msg("%s(%s) should be %s", what, header ? header : "NULL", want ? "true" : "false");
}

static void an_accept_header_takes_taxii_where_it_says_so(void **state)
{
	static const struct {
		const char *accept;
		bool yes;
	} rows[] = {
		{ NULL, true },
		{ "", true },
		{ "application/taxii+json;version=2.1", true },
		{ "application/taxii+json; version=2.1", true },
		{ "application/taxii+json ;\tversion=2.1", true },
		{ "application/taxii+json;version=\"2.1\"", true },
		{ "application/taxii+json", true },
		{ "APPLICATION/Taxii+JSON;Version=2.1", true },
		{ "application/taxii+json;charset=utf-8;version=2.1", true },
		{ "application/*", true },
		{ "*/*", true },
		{ "text/html, application/taxii+json;version=2.1;q=0.5", true },
		{ "text/html,*/*;q=0.1", true },
		{ "application/taxii+json;version=2.0, application/taxii+json;version=2.1", true },
		{ "application/taxii+json;version=2.0, */*;q=0.1", true },
		{ "rubbish, application/taxii+json", true },
		{ "x/y;a=\"b,c\", application/taxii+json", true },
		{ ", ,application/taxii+json", true },
		{ "application/taxii+json;version=2.0", false },
		{ "application/taxii+json;version=2.10", false },
		{ "application/taxii+json;version=", false },
		{ "application/vnd.oasis.taxii+json; version=2.0", false },
		{ "application/json", false },
		{ "text/*", false },
		{ "taxii", false },
		{ "application/taxii+json;version=2.1;q=0", false },
		{ "application/taxii+json;q=0.000", false },
		{ "*/*, application/taxii+json;q=0", false },
		{ "application/*, application/taxii+json;version=2.1;q=0, application/taxii+json;q=1", false },
		{ "application/taxii+json;q=2", false },
		{ "application/taxii+json;version=\"2.1", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check("taxii_accepts", taxii_accepts, rows[i].accept, rows[i].yes);
}

static void an_accept_header_takes_json_where_it_says_so(void **state)
{
	check("taxii_accepts_json", taxii_accepts_json, NULL, true);
	check("taxii_accepts_json", taxii_accepts_json, "application/json", true);
	check("taxii_accepts_json", taxii_accepts_json, "application/json; charset=utf-8", true);
	check("taxii_accepts_json", taxii_accepts_json, "text/html,application/xhtml+xml,*/*;q=0.8", true);
	check("taxii_accepts_json", taxii_accepts_json, "application/taxii+json;version=2.1", false);
	check("taxii_accepts_json", taxii_accepts_json, "text/html", false);
	check("taxii_accepts_json", taxii_accepts_json, "*/*;q=0", false);
}

static void a_content_type_is_taxii_with_or_without_its_version(void **state)
{
	static const struct {
		const char *type;
		bool yes;
	} rows[] = {
		{ "application/taxii+json;version=2.1", true },
		{ "application/taxii+json; version=\"2.1\"", true },
		{ "application/taxii+json", true },
		{ "Application/TAXII+json; Charset=UTF-8", true },
		{ NULL, false },
		{ "", false },
		{ "application/json", false },
		{ "application/stix+json;version=2.1", false },
		{ "application/taxii+json;version=2.0", false },
		{ "application/taxii+json;charset=latin1", false },
		{ "application/taxii+json, application/taxii+json", false },
		{ "application/taxii+json;version=2.1 x", false },
		{ "*/*", false },
		{ "application/*", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check("taxii_is_content", taxii_is_content, rows[i].type, rows[i].yes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_accept_header_takes_taxii_where_it_says_so),
		cmocka_unit_test(an_accept_header_takes_json_where_it_says_so),
		cmocka_unit_test(a_content_type_is_taxii_with_or_without_its_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
