/* SPDX-License-Identifier: Apache-2.0 */
/* Resources as they are written, to the byte, and as they are read back, ours and others'. */
#include <stdio.h>
#include "taxii/taxii.h"
#include "util/test.h"

struct fixture {
	struct arena *a;
	struct buf b;
	struct json_parser *p;
};

static int set_up(void **state)
{
	static struct fixture x;
	x.a = arena_new(1 << 20);
	buf_init(&x.b, 1 << 20);
	x.p = json_parser_new(1 << 20);
	*state = &x;
	return x.a && x.p ? 0 : 1;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;
	arena_free(x->a);
	buf_release(&x->b);
	json_parser_free(x->p);
	return 0;
}

static void resources_are_written_as_the_standard_has_them(void **state)
{
	struct fixture *x = *state;
	struct json_out o = json_out(&x->b);
	taxii_put_discovery(&o, SPAN("Tokyo \"hub\""), SPAN(""), SPAN("http://127.0.0.1:8080/"));
	assert_string_equal(x->b.p, "{\"title\":\"Tokyo \\\"hub\\\"\",\"default\":\"http://127.0.0.1:8080/taxii2/hub/\","
				    "\"api_roots\":[\"http://127.0.0.1:8080/taxii2/hub/\"]}");
	buf_clear(&x->b);
	o = json_out(&x->b);
	taxii_put_api_root(&o, SPAN("Tokyo"), 67108864);
	assert_string_equal(x->b.p, "{\"title\":\"Tokyo\",\"versions\":[\"application/taxii+json;version=2.1\"],\"max_content_length\":67108864}");
	buf_clear(&x->b);
	o = json_out(&x->b);
	taxii_put_manifest(&o, &(struct taxii_manifest){ SPAN("i--1"), SPAN("2020-01-01T00:00:00.000Z"), { 1 }, SPAN(TAXII_STIX_MEDIA) });
	assert_string_equal(x->b.p, "{\"id\":\"i--1\",\"date_added\":\"1970-01-01T00:00:00.000001Z\",\"version\":\"2020-01-01T00:00:00.000Z\","
				    "\"media_type\":\"application/stix+json;version=2.1\"}");
	buf_clear(&x->b);
	o = json_out(&x->b);
	taxii_put_error(&o, 404, SPAN("not-found"), &(struct fault){ "path", "there is no such collection" }, SPAN("e1"));
	assert_string_equal(x->b.p, "{\"title\":\"not-found\",\"description\":\"there is no such collection\",\"error_id\":\"e1\",\"http_status\":\"404\","
				    "\"details\":{\"where\":\"path\"}}");
	char line[200];
	taxii_error_read(buf_span(&x->b), line, sizeof line);
	assert_string_equal(line, "not-found: there is no such collection");
}

static void collections_are_read_back_as_written(void **state)
{
	struct fixture *x = *state;
	struct json_out o = json_out(&x->b);
	json_open(&o, '{');
	json_key(&o, "collections");
	json_open(&o, '[');
	taxii_put_collection(&o, &(struct taxii_collection){ SPAN("1"), SPAN("shared"), SPAN("Shared"), SPAN("text"), true, false, SPAN("green"), true });
	taxii_put_collection(&o, &(struct taxii_collection){ .id = SPAN("2") });
	json_close(&o, ']');
	json_close(&o, '}');
	struct taxii_collection *v;
	size_t n;
	assert_int_equal(taxii_collections_read(x->a, buf_span(&x->b), &v, &n, NULL), ERR_OK);
	assert_int_equal(n, 2);
	assert_true(span_is(v[0].id, "1") && span_is(v[0].alias, "shared") && span_is(v[0].title, "Shared") && span_is(v[0].description, "text"));
	assert_true(v[0].can_read && !v[0].can_write && !v[1].can_read && !v[1].can_write);
	assert_true(span_is(v[0].default_tlp, "green") && v[0].members_write && v[1].default_tlp.n == 0 && !v[1].members_write);
	assert_true(span_is(v[1].title, "2") && v[1].alias.n == 0);
}

static void collections_of_others_are_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		int n; /* -1: refused */
	} rows[] = {
		{ "{}", 0 },
		{ "{\"collections\":[]}", 0 },
		{ "{\"id\":\"x\",\"title\":\"t\",\"can_read\":true}", 1 },
		{ "{\"collections\":[{\"id\":\"x\"}]}", 1 },
		{ "{\"collections\":[{\"title\":\"x\"}]}", -1 },
		{ "{\"collections\":{}}", -1 },
		{ "[]", -1 },
		{ "<html>", -1 },
		{ "", -1 },
		{ "{\"collections\":[3]}", -1 },
	};
	struct fixture *x = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct taxii_collection *v = NULL;
		size_t n = 0;
		enum err e = taxii_collections_read(x->a, span_of(rows[i].text), &v, &n, NULL);
		if (e ? rows[i].n != -1 : (int)n != rows[i].n)
			fail_msg("%s: %s, %zu", rows[i].text, err_name(e), n);
	}
}

struct seen {
	char text[256];
};

static void note_item(void *ctx, const struct taxii_status_item *item)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);
	snprintf(s->text + n, sizeof s->text - n, "%d:%.*s@%.*s:%s;", item->fate, SPAN_ARG(item->id), SPAN_ARG(item->version), item->message ? item->message : "-");
}

static void a_status_is_read_back_as_written(void **state)
{
	struct fixture *x = *state;
	struct json_out o = json_out(&x->b);
	const struct taxii_status_item items[] = {
		{ SPAN("a"), SPAN("1"), TAXII_FAILURE, "no \"TLP\"" },
		{ SPAN("b"), SPAN("2"), TAXII_SUCCESS, NULL },
		{ SPAN("c"), SPAN(""), TAXII_SUCCESS, NULL },
		{ SPAN("d"), SPAN("4"), TAXII_PENDING, NULL },
	};
	struct seen seen = { "" };
	struct span id;
	uint64_t pending;
	taxii_put_status(&o, SPAN("s1"), (struct timestamp){ 0 }, false, items, 4);
	assert_int_equal(taxii_status_read(x->a, buf_span(&x->b), &id, &pending, note_item, &seen, NULL), ERR_OK);
	assert_true(span_is(id, "s1"));
	assert_int_equal(pending, 1);
	assert_string_equal(seen.text, "0:b@2:-;0:c@1970-01-01T00:00:00.000000Z:-;1:a@1:no \"TLP\";2:d@4:-;");
}

static void statuses_of_others_are_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		int pending; /* -1: refused */
		const char *seen;
	} rows[] = {
		{ "{\"id\":\"1\",\"status\":\"complete\",\"successes\":[\"a\"],\"failures\":[{\"id\":\"b\",\"message\":\"no\"}]}", 0, "0:a@:-;1:b@:no;" },
		{ "{\"id\":\"1\",\"status\":\"pending\",\"pendings\":[\"a\",\"b\"]}", 2, "2:a@:-;2:b@:-;" },
		{ "{\"id\":\"1\",\"status\":\"pending\"}", 1, "" },
		{ "{\"id\":\"1\",\"status\":\"complete\",\"pending_count\":3}", 0, "" },
		{ "{\"id\":\"1\",\"status\":\"done\"}", -1, "" },
		{ "{}", -1, "" },
		{ "[]", -1, "" },
		{ "x", -1, "" },
	};
	struct fixture *x = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen seen = { "" };
		struct span id;
		uint64_t pending = 0;
		enum err e = taxii_status_read(x->a, span_of(rows[i].text), &id, &pending, note_item, &seen, NULL);
		if ((e ? -1 : (int)pending) != rows[i].pending)
			fail_msg("%s: %s, %d", rows[i].text, err_name(e), (int)pending);
		assert_string_equal(seen.text, rows[i].seen);
	}
}

static enum err note_object(void *ctx, size_t index, struct span raw)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);
	snprintf(s->text + n, sizeof s->text - n, "%zu:%.*s;", index, SPAN_ARG(raw));
	return span_is(raw, "\"stop\"") ? ERR_CONFLICT : ERR_OK;
}

static enum err note_extra(void *ctx, struct span key, struct span raw)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);
	snprintf(s->text + n, sizeof s->text - n, "%.*s=%.*s;", SPAN_ARG(key), SPAN_ARG(raw));
	return ERR_OK;
}

static void envelopes_are_read_with_their_objects_bytes(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		bool more;
		const char *next, *seen;
	} rows[] = {
		{ "{}", ERR_OK, false, "", "" },
		{ "{\"more\":true,\"next\":\"a\\u0062\",\"objects\":[{ \"id\":1 },{}]}", ERR_OK, true, "ab", "0:{ \"id\":1 };1:{};" },
		{ "{\"objects\":[],\"more\":false,\"next\":null}", ERR_OK, false, "", "" },
		{ "{\"next\":17,\"more\":true}", ERR_OK, true, "17", "" },
		{ "{\"type\":\"bundle\",\"objects\":[1]}", ERR_OK, false, "", "type=\"bundle\";0:1;" },
		{ "{\"x_musubi\":[{\"a\":[]}],\"objects\":[]}", ERR_OK, false, "", "x_musubi=[{\"a\":[]}];" },
		{ "{\"objects\":[1,\"stop\",3]}", ERR_CONFLICT, false, "", "0:1;1:\"stop\";" },
		{ "{\"objects\":{}}", ERR_SYNTAX, false, "", "" },
		{ "{\"more\":\"yes\"}", ERR_SYNTAX, false, "", "" },
		{ "{\"more\":true,\"more\":false}", ERR_SYNTAX, false, "", "" },
		{ "{\"next\":{}}", ERR_SYNTAX, false, "", "" },
		{ "{\"next\":\"a\",\"next\":\"b\"}", ERR_SYNTAX, false, "", "" },
		{ "{\"objects\":[1,2", ERR_SYNTAX, false, "", NULL },
		{ "[]", ERR_SYNTAX, false, "", "" },
		{ "<html></html>", ERR_SYNTAX, false, "", "" },
		{ "", ERR_SYNTAX, false, "", "" },
	};
	struct fixture *x = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen seen = { "" };
		struct taxii_envelope got = { 0 };
		buf_clear(&x->b);
		buf_adds(&x->b, rows[i].text);
		enum err e = taxii_envelope_read(x->a, x->p, buf_span(&x->b), &got, note_object, note_extra, &seen, NULL);
		if (e != rows[i].e || got.more != rows[i].more || !span_is(got.next, rows[i].next))
			fail_msg("%s: %s, more %d, next %.*s", rows[i].text, err_name(e), got.more, SPAN_ARG(got.next));
		if (rows[i].seen)
			assert_string_equal(seen.text, rows[i].seen);
	}
}

static void an_error_of_any_server_becomes_one_line(void **state)
{
	static const struct {
		const char *text, *line;
		size_t room;
	} rows[] = {
		{ "{\"title\":\"Not found\"}", "Not found", 80 },
		{ "{\"description\":\"no such\\nthing\"}", "no such thing", 80 },
		{ "\n  <html>\r\n<title>502</title>", "<html>  <title>502</title>", 80 },
		{ "", "", 80 },
		{ "{\"message\":\"x\"}", "{\"message\":\"x\"}", 80 },
		{ "abcdef", "abcde", 6 },
		{ "\xe8\x84\x85\xe5\xa8\x81", "\xe8\x84\x85", 6 },
		{ "\xe8\x84\x85\xe5\xa8\x81", "\xe8\x84\x85\xe5\xa8\x81", 7 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[80];
		taxii_error_read(span_of(rows[i].text), line, rows[i].room);
		assert_string_equal(line, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(resources_are_written_as_the_standard_has_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(collections_are_read_back_as_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(collections_of_others_are_read_or_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_status_is_read_back_as_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(statuses_of_others_are_read_or_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(envelopes_are_read_with_their_objects_bytes, set_up, tear_down),
		cmocka_unit_test(an_error_of_any_server_becomes_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
