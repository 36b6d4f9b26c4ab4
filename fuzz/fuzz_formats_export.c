/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile values and names: whatever an indicator holds, each writer's output has the lines, quotes, braces and columns that a harmless value of the same kind gives it,
 * or the value is left out.  The first byte chooses the kind; the first line is the name, the rest the value. */
#include <assert.h>
#include <stdio.h>
#include "formats/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct {
	enum formats_sort sort;
	const char *harmless;
} kinds[] = { { FORMATS_DOMAIN, "evil.example" }, { FORMATS_URL, "http://evil.example/a" }, { FORMATS_EMAIL, "a@evil.example" }, { FORMATS_FILENAME, "a.exe" }, { FORMATS_MUTEX, "a" }, { FORMATS_USER_AGENT, "a" },
	{ FORMATS_IPV4, "1.2.3.4" }, { FORMATS_IPV6, "2600::1" }, { FORMATS_REGKEY, "hkey_local_machine\\a" }, { FORMATS_SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } };

static bool sink(void *ctx, struct span text)
{
	buf_addspan(ctx, text);
	return true;
}

static void export_one(struct arena *a, enum formats_sort sort, struct span value, struct span name, const struct formats_writer *w, struct buf *out, struct formats_export_counts *c)
{
	const struct formats_export_options how = { .now = { 1767312000000000 }, .mark_warned = true };
	struct formats_export *x = formats_export_new(&how);
	struct stix_object o;
	struct json v;
	BUF_SCOPE struct buf b, pattern;

	assert(x);
	buf_init(&b, 1 << 22);
	buf_init(&pattern, 1 << 20);
	formats_pattern(&pattern, sort, value);
	struct json_out j = json_out(&b);
	json_open(&j, '{');
	json_kstr(&j, "type", "indicator");
	json_kstr(&j, "spec_version", "2.1");
	json_kstr(&j, "id", "indicator--00000000-0000-4000-8000-000000000001");
	json_kstr(&j, "created", "2026-01-01T00:00:00Z");
	json_kstr(&j, "modified", "2026-01-01T00:00:00Z");
	json_kspan(&j, "name", name);
	json_kspan(&j, "pattern", buf_span(&pattern));
	json_close(&j, '}');
	assert(json_read(a, buf_span(&b), &v, NULL) == ERR_OK && stix_object_read(a, v, buf_span(&b), &o, NULL) == ERR_OK && formats_export_add(x, &o, NULL) == ERR_OK);
	buf_clear(out);
	assert(formats_export_write(x, w, sink, out, c, NULL) == ERR_OK && buf_ok(out));
	formats_export_free(x);
}

static size_t count(struct span s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* Commas outside quotes; every quote is closed. */
static size_t commas(struct span s)
{
	size_t n = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		quoted ^= s.p[i] == '"';
		n += s.p[i] == ',' && !quoted;
	}
	assert(!quoted);
	return n;
}

static void same_shape(const char *writer, struct span hostile, struct span harmless)
{
	static const struct {
		const char *writer, *signs;
	} guarded[] = { { "text", "\n" }, { "csv", "\n" }, { "json", "\n\t" }, { "squid-url", "\n" }, { "zeek", "\n\t" } };
	const char *signs = "\n\t\";{}()";

	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
		signs = strcmp(writer, guarded[i].writer) == 0 ? guarded[i].signs : signs;
	if (strncmp(writer, "suricata", 8) == 0)
		signs = "\n\t\";";
	for (; *signs; signs++)
		assert(count(hostile, *signs) == count(harmless, *signs));
	if (strcmp(writer, "csv") == 0)
		assert(commas(hostile) == commas(harmless));
	for (size_t i = 0; i < hostile.n; i++)
		assert((unsigned char)hostile.p[i] >= ' ' || hostile.p[i] == '\n' || hostile.p[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n < 2 || n > 4096)
		return 0;
	size_t k = p[0] % (sizeof(kinds) / sizeof(kinds[0]));
	const uint8_t *line = memchr(p + 1, '\n', n - 1);
	struct span name = { (const char *)p + 1, line ? (size_t)(line - p - 1) : 0 }, value = { (const char *)p + 1 + name.n + (line != NULL), n - 1 - name.n - (line != NULL) };
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	BUF_SCOPE struct buf out, plain;
	const char *writer;

	buf_init(&out, 1 << 22);
	buf_init(&plain, 1 << 22);
	value = formats_normal(a, kinds[k].sort, value);
	if (!value.n)
		return 0;
	for (size_t i = 0; (writer = formats_writer_name(i)) != NULL; i++) {
		struct formats_export_counts c, d;
		export_one(a, kinds[k].sort, value, name, formats_writer_named(writer), &out, &c);
		export_one(a, kinds[k].sort, span_of(kinds[k].harmless), SPAN("x"), formats_writer_named(writer), &plain, &d);
		if (c.written && d.written)
			same_shape(writer, buf_span(&out), buf_span(&plain));
	}
	return 0;
}
