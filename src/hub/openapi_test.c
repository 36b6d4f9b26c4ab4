/* SPDX-License-Identifier: Apache-2.0 */
/* docs/protocol/openapi.json and the table of routes say the same. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <cmocka.h>
#include "hub/hub_priv.h"

static struct arena *a;
static struct json doc;

static int read_doc(void **state)
{
	const char *source = getenv("MUSUBI_SOURCE");
	char path[4096];
	struct buf b;
	struct fault f = { 0 };
	FILE *in;
	int c;

	snprintf(path, sizeof(path), "%s/docs/protocol/openapi.json", source ? source : ".");
	in = fopen(path, "r");
	if (!in)
		return -1;
	a = arena_new(64 << 20);
	buf_init(&b, 4 << 20);
	while ((c = getc(in)) != EOF)
		buf_addc(&b, (char)c);
	fclose(in);
	if (json_read(a, arena_span(a, buf_span(&b)), &doc, &f) != ERR_OK) {
		printf("# %s: %s\n", f.where, f.what);
		return -1;
	}
	buf_release(&b);
	return 0;
}

static int drop_doc(void **state)
{
	arena_free(a);
	return 0;
}

static bool described(const struct route *t)
{
	return strncmp(t->path, "/taxii2/", 8) != 0; /* TAXII describes itself */
}

static struct json operation(const char *path, const char *method)
{
	char lower[16];
	size_t n = strlen(method);

	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)tolower((unsigned char)method[i]);
	return json_get(json_get(json_get(doc, "paths"), path), lower);
}

static void test_every_route_is_described(void **state)
{
	for (size_t i = 0; i < hub_routes_n; i++) {
		const struct route *t = &hub_routes[i];
		struct json op;

		if (!described(t))
			continue;
		op = operation(t->path, t->method);
		if (!json_has(op))
			fail_msg("%s %s is not in openapi.json", t->method, t->path);
		if (!span_is(json_string_or_none(json_get(op, "summary")), t->summary))
			fail_msg("%s %s: the summary differs from the table's: %s", t->method, t->path, t->summary);
		if (!span_is(json_string_or_none(json_get(op, "operationId")), t->name))
			fail_msg("%s %s: operationId is not %s", t->method, t->path, t->name);
		if ((t->in != MEDIA_NONE) != json_has(json_get(op, "requestBody")))
			fail_msg("%s %s: requestBody", t->method, t->path);
		if (!json_has(json_get(json_get(json_get(json_get(op, "responses"), "200"), "content"), media_name(t->out))))
			fail_msg("%s %s: does not say %s", t->method, t->path, media_name(t->out));
	}
}

static void test_every_description_is_a_route(void **state)
{
	for (struct json_iter path = json_iter(json_get(doc, "paths")); json_next(&path);)
		for (struct json_iter method = json_iter(path.value); json_next(&method);) {
			bool found = false;

			for (size_t i = 0; i < hub_routes_n; i++)
				found |= span_is(path.key, hub_routes[i].path) && method.key.n == strlen(hub_routes[i].method) && !strncasecmp(hub_routes[i].method, method.key.p, method.key.n);
			if (!found)
				fail_msg("%.*s %.*s is no route", SPAN_ARG(method.key), SPAN_ARG(path.key));
		}
}

/* Who need not log in is said alike: `{}` among the security requirements. */
static void test_rights_are_described(void **state)
{
	for (size_t i = 0; i < hub_routes_n; i++) {
		const struct route *t = &hub_routes[i];
		bool open = false;

		if (!described(t))
			continue;
		for (struct json_iter s = json_iter(json_get(operation(t->path, t->method), "security")); json_next(&s);)
			open |= json_is(s.value, JSON_OBJECT) && !json_count(s.value);
		if (open != (t->rights == RIGHT_OPEN || t->rights == RIGHT_READ || t->rights == RIGHT_LOCAL))
			fail_msg("%s %s: security", t->method, t->path);
	}
}

static void walk_refs(struct json v)
{
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY))
		return;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct span ref = it.object && span_is(it.key, "$ref") ? json_string_or_none(it.value) : (struct span){ 0 };
		struct span prefix = SPAN("#/components/schemas/");

		if (ref.n && (!span_starts(ref, prefix) ||
				     !json_has(json_get_span(json_get(json_get(doc, "components"), "schemas"), (struct span){ ref.p + prefix.n, ref.n - prefix.n }))))
			fail_msg("%.*s leads nowhere", SPAN_ARG(ref));
		walk_refs(it.value);
	}
}

static void test_references_lead_somewhere(void **state)
{
	assert_true(span_starts(json_string_or_none(json_get(doc, "openapi")), SPAN("3.1.")));
	walk_refs(doc);
}

static void test_paths_find_their_routes(void **state)
{
	static const struct {
		const char *method, *path, *name, *allow;
	} v[] = {
		{ "GET", "/taxii2/", "discovery", NULL },
		{ "GET", "/taxii2", "discovery", NULL },
		{ "HEAD", "/taxii2", "discovery", NULL },
		{ "GET", "/taxii2/hub", "api-root", NULL },
		{ "GET", "/taxii2/hub/collections/shared/objects", "objects", NULL },
		{ "POST", "/taxii2/hub/collections/shared/objects/", "post-objects", NULL },
		{ "GET", "/taxii2/hub/collections/shared/objects/indicator%2D%2Dx/versions/", "versions", NULL },
		{ "DELETE", "/taxii2/hub/collections/shared/objects/x", "delete-object", NULL },
		{ "PUT", "/taxii2/hub/collections/shared/objects/", NULL, "GET, HEAD, POST, OPTIONS" },
		{ "OPTIONS", "/taxii2/hub/collections/shared/objects/x/", NULL, "GET, HEAD, DELETE, OPTIONS" },
		{ "POST", "/api/v1/me", NULL, "GET, HEAD, OPTIONS" },
		{ "GET", "/", NULL, "" },
		{ "GET", "/taxii2//", NULL, "" },
		{ "GET", "/taxii2/hub/collections//objects/", NULL, "" },
		{ "GET", "/taxii2/hub/collections/a%2Fb/", NULL, "" },
		{ "GET", "/taxii2/hub/collections/shared/objects/x/versions/y", NULL, "" },
		{ "GET", "/TAXII2/", NULL, "" },
		{ "GET", "*", NULL, "" },
		{ "GET", "/api/v1/me/../me", NULL, "" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct span params[PARAMETERS_MOST];
		const char *allow;
		const struct route *t = route_find(a, v[i].method, span_of(v[i].path), params, &allow);

		if ((t ? t->name : NULL) != v[i].name && (!t || !v[i].name || strcmp(t->name, v[i].name)))
			fail_msg("%s %s: %s", v[i].method, v[i].path, t ? t->name : "no route");
		if (!t && strcmp(allow, v[i].allow))
			fail_msg("%s %s: Allow '%s', wanted '%s'", v[i].method, v[i].path, allow, v[i].allow);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "every route of the JSON API is described", test_every_route_is_described, NULL, NULL, NULL },
		{ "everything described is a route", test_every_description_is_a_route, NULL, NULL, NULL },
		{ "who need not log in is described alike", test_rights_are_described, NULL, NULL, NULL },
		{ "references inside the description lead somewhere", test_references_lead_somewhere, NULL, NULL, NULL },
		{ "paths find their routes, with and without the last slash", test_paths_find_their_routes, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, read_doc, drop_doc);
}
