/* SPDX-License-Identifier: Apache-2.0 */
#include "stix/testing_priv.h"
#include "stix/values.h"

static struct arena *a;

static int start(void **state)
{
	a = arena_new(1 << 22);
	return a ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(a);
	return 0;
}

static void note_value(void *ctx, enum stix_value_kind k, struct span normal)
{
	buf_addf(ctx, "%s=%.*s ", stix_value_name(k), SPAN_ARG(normal));
}

static void note_word(void *ctx, struct span text)
{
	buf_addf(ctx, "<%.*s>", SPAN_ARG(text));
}

static struct stix_object object_of(const char *text)
{
	struct json v;
	struct stix_object o = { 0 };
	struct fault f = { "", "" };
	if (json_read(a, span_of(text), &v, &f) != ERR_OK || stix_object_read(a, v, span_of(text), &o, &f) != ERR_OK)
		fail_msg("%s %s in %s", f.where, f.what, text);
	return o;
}

#define ID(t) "\"type\":\"" t "\",\"id\":\"" t "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\""
#define PATTERN(p) "{" ID("indicator") ",\"pattern_type\":\"stix\",\"pattern\":\"" p "\"}"
#define MD5 "d41d8cd98f00b204e9800998ecf8427e"

static void test_values(void **state)
{
	static const struct {
		const char *text, *values;
	} rows[] = {
		{ "{" ID("ipv4-addr") ",\"value\":\"198.51.100.3/32\"}", "ipv4=198.51.100.3 " },
		{ "{" ID("ipv6-addr") ",\"value\":\"::ffff:198.51.100.3\"}", "ipv4=198.51.100.3 " },
		{ "{" ID("domain-name") ",\"value\":\"not a name\"}", "other=not a name " },
		{ "{" ID("autonomous-system") ",\"number\":64496}", "asn=64496 " },
		{ "{" ID("file") ",\"name\":\"A.exe\",\"hashes\":{\"MD5\":\"" MD5 "\",\"SSDEEP\":\"3:a:b\"}}", "file-name=a.exe md5=" MD5 " other=3:a:b " },
		{ "{" ID("user-account") ",\"account_login\":\"Root\",\"user_id\":\"0\"}", "user=root user=0 " },
		{ "{" ID("windows-registry-key") ",\"key\":\"HKEY_LOCAL_MACHINE\\\\A\"}", "registry-key=hkey_local_machine\\a " },
		{ "{" ID("vulnerability") ",\"name\":\"CVE-2024-1234\",\"external_references\":[{\"source_name\":\"cve\",\"external_id\":\"CVE-2024-1234\"},"
					  "{\"source_name\":\"x\",\"external_id\":\"X-1\"}]}",
			"cve=CVE-2024-1234 cve=CVE-2024-1234 external-id=X-1 " },
		{ PATTERN("[ipv4-addr:value = '198.51.100.3' OR ipv4-addr:value ISSUBSET '10.0.0.0/8']"), "ipv4=198.51.100.3 ipv4=10.0.0.0/8 " },
		{ PATTERN("[domain-name:value IN ('A.example','b.example')]"), "domain=a.example domain=b.example " },
		{ PATTERN("[file:hashes.'SHA-256' = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855']"),
			"sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 " },
		{ PATTERN("[file:hashes.MD5 = '" MD5 "' AND file:name != 'x']"), "md5=" MD5 " " },
		{ PATTERN("[network-traffic:dst_ref.value = 'evil.example'] FOLLOWEDBY [network-traffic:dst_ref.value = '2001:db8::1']"), "domain=evil.example ipv6=2001:db8::1 " },
		{ PATTERN("[email-message:to_refs[*].value = 'A@b.example']"), "email=a@b.example " },
		{ PATTERN("[x-thing:name = 'v']"), "other=v " },
		{ PATTERN("[url:value LIKE 'http://%']"), "" },
		{ PATTERN("[url:value NOT = 'http://a.example/']"), "" },
		{ PATTERN("[ipv4-addr:belongs_to_refs[*].number = 64496]"), "asn=64496 " },
		{ PATTERN("broken"), "" },
		{ "{" ID("observed-data") ",\"objects\":{\"0\":{\"type\":\"url\",\"value\":\"http://a.example\"}}}", "url=http://a.example/ " },
		{ "{" ID("malware") ",\"name\":\"m\"}", "" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b BUF_SCOPE;
		buf_init(&b, 1 << 16);
		struct stix_object o = object_of(rows[i].text);
		stix_values(a, &o, note_value, &b);
		if (!span_is(buf_span(&b), rows[i].values))
			fail_msg("%s\ngives %.*s\nwant  %s", rows[i].text, SPAN_ARG(buf_span(&b)), rows[i].values);
	}
}

static void test_words(void **state)
{
	struct buf b BUF_SCOPE;
	buf_init(&b, 1 << 16);
	struct stix_object o = object_of("{" ID("malware") ",\"name\":\"脅威\",\"labels\":[\"l1\",\"l2\"],\"aliases\":[\"b\"],\"description\":\"d\",\"is_family\":false,"
							   "\"external_references\":[{\"source_name\":\"s\",\"external_id\":\"X-1\",\"url\":\"http://u\"}]}");
	stix_words(&o, note_word, &b);
	test_span(buf_span(&b), "<脅威><d><l1><l2><b><X-1><s>");
	buf_clear(&b);
	o = object_of("{" ID("language-content") ",\"object_ref\":\"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\",\"contents\":{\"th\":{\"name\":\"ภัย\",\"goals\":[\"g\"]}}}");
	stix_words(&o, note_word, &b);
	test_span(buf_span(&b), "<ภัย><g>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "the values of observables, patterns and references are found", test_values, NULL, NULL, NULL },
		{ "the words of an object are found", test_words, NULL, NULL, NULL },
	};
	return cmocka_run_group_tests(tests, start, stop);
}
