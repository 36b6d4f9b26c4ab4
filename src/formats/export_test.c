/* SPDX-License-Identifier: Apache-2.0 */
/* What is written, what is left out and why; each writer's lines; values that try to break out. */
#include "util/test.h"
#include <stdio.h>
#include "formats/export.h"

#define NOW ((struct timestamp){ 1767312000000000 }) /* 2026-01-02 */

static void add(struct formats_export *x, struct arena *a, const char *json)
{
	struct stix_object o;
	struct json v;
	struct fault f = { "", "" };

	assert_int_equal(json_read(a, span_of(json), &v, &f), ERR_OK);
	assert_int_equal(stix_object_read(a, v, span_of(json), &o, &f), ERR_OK);
	assert_int_equal(formats_export_add(x, &o, &f), ERR_OK);
}

static unsigned next_id;

/* An indicator with this pattern and what `more` says besides. */
static void indicator(struct formats_export *x, struct arena *a, const char *pattern, const char *more)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1 << 20);
	buf_addf(&b, "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-%012u\",\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\","
		     "\"pattern_type\":\"stix\"%s%s%s,\"pattern\":",
		++next_id, strstr(more, "valid_from") ? "" : ",\"valid_from\":\"2026-01-01T00:00:00Z\"", *more ? "," : "", more);
	struct json_out o = json_out(&b);
	json_put_str(&o, pattern);
	buf_addc(&b, '}');
	add(x, a, arena_str(a, buf_span(&b)));
}

static bool sink(void *ctx, struct span text)
{
	buf_addspan(ctx, text);
	return true;
}

static void write_as(struct formats_export *x, const char *name, struct buf *out, struct formats_export_counts *c)
{
	const struct formats_writer *w = formats_writer_named(name);

	assert_non_null(w);
	buf_clear(out);
	assert_int_equal(formats_export_write(x, w, sink, out, c, NULL), ERR_OK);
	assert_true(buf_ok(out));
}

static enum formats_name name_of(struct span name)
{
	return span_is(name, "co.jp") ? FORMATS_NAME_SUFFIX : FORMATS_NAME_HOST;
}

static const char *warned(void *ctx, enum formats_sort sort, struct span value)
{
	return span_is(value, "8.8.8.8") ? "resolvers" : NULL;
}

static void only_what_may_be_acted_upon_is_written(void **state)
{
	static const struct {
		const char *pattern, *more;
		int left; /* FORMATS_LEFTS: written */
	} cases[] = {
		{ "[domain-name:value = 'evil.example']", "", FORMATS_LEFTS },
		{ "[domain-name:value = 'evil.example']", "\"valid_until\":\"2026-01-02T00:00:01Z\"", FORMATS_LEFTS },
		{ "[domain-name:value = 'evil.example']", "\"valid_until\":\"2026-01-02T00:00:00Z\"", FORMATS_LEFT_EXPIRED },
		{ "[domain-name:value = 'evil.example']", "\"revoked\":true", FORMATS_LEFT_REVOKED },
		{ "[domain-name:value = 'evil.example']", "\"confidence\":29", FORMATS_LEFT_CONFIDENCE },
		{ "[domain-name:value = 'evil.example']", "\"confidence\":30", FORMATS_LEFTS },
		{ "[domain-name:value = 'evil.example']", "\"indicator_types\":[\"benign\",\"malicious-activity\"]", FORMATS_LEFT_TYPE },
		{ "[domain-name:value = 'evil.example']", "\"indicator_types\":[\"attribution\"]", FORMATS_LEFT_TYPE },
		{ "[domain-name:value = 'evil.example']", "\"indicator_types\":[\"attribution\",\"malicious-activity\"]", FORMATS_LEFTS },
		{ "[domain-name:value = 'evil.example']", "\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-000000000001\"]", FORMATS_LEFT_POLICY },
		{ "[domain-name:value = 'evil.example']", "\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-000000000002\"]", FORMATS_LEFTS },
		{ "[domain-name:value = 'evil.example']", "\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-000000000003\"]", FORMATS_LEFT_POLICY },
		{ "not a pattern", "", FORMATS_LEFT_BROKEN },
		{ "[domain-name:value = 'evil.example']", "\"valid_from\":\"2026-01-02T00:01:01Z\"", FORMATS_LEFT_FUTURE },
		{ "[domain-name:value = 'evil.example']", "\"valid_from\":\"2026-01-02T00:00:59Z\"", FORMATS_LEFTS },
		{ "[domain-name:value LIKE 'evil%']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value != 'evil.example']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value NOT = 'evil.example']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value NOT != 'evil.example']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value = 'evil.example' AND domain-name:resolves_to_refs[*].value = '1.2.3.4']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value = 'evil.example'] AND [ipv4-addr:value = '1.2.3.4']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value = 'evil.example'] FOLLOWEDBY [ipv4-addr:value = '1.2.3.4']", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value = 'evil.example'] REPEATS 5 TIMES", "", FORMATS_LEFT_PATTERN },
		{ "[domain-name:value = 'co.jp']", "", FORMATS_LEFT_SUFFIX },
		{ "[domain-name:value = 'com']", "", FORMATS_LEFT_SUFFIX },
		{ "[ipv4-addr:value = '10.0.0.1']", "", FORMATS_LEFT_PRIVATE },
		{ "[ipv4-addr:value = '192.0.0.0/8']", "", FORMATS_LEFT_PRIVATE },
		{ "[ipv4-addr:value ISSUBSET '64.0.0.0/7']", "", FORMATS_LEFT_WIDE },
		{ "[ipv4-addr:value ISSUBSET '0.0.0.0/0']", "", FORMATS_LEFT_PRIVATE },
		{ "[ipv6-addr:value ISSUBSET '2000::/3']", "", FORMATS_LEFT_WIDE },
		{ "[ipv4-addr:value = '8.8.8.8']", "", FORMATS_LEFT_WARNED },
		{ "[file:size > 3]", "", FORMATS_LEFT_PATTERN },
		{ "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4']", "", FORMATS_LEFTS },
		{ "[network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 80]", "", FORMATS_LEFT_PATTERN },
		{ "[file:name = 'a' AND file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']", "", FORMATS_LEFTS },
		{ "[file:hashes.sha256 = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855']", "", FORMATS_LEFTS },
	};
	struct buf out;

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_SCOPE struct arena *a = arena_new(1 << 22);
		const struct formats_export_options how = { .now = NOW, .min_confidence = 30, .name_of = name_of, .warned = warned };
		struct formats_export *x = formats_export_new(&how);
		struct formats_export_counts c;
		indicator(x, a, cases[i].pattern, cases[i].more);
		/* definitions may come behind what they mark */
		add(x, a, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-000000000001\",\"created\":\"2026-01-01T00:00:00Z\",\"extensions\":{\"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a\":{\"extension_type\":\"property-extension\",\"permitted_actions\":\"contact-for-instruction\"}}}");
		add(x, a, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-000000000002\",\"created\":\"2026-01-01T00:00:00Z\",\"extensions\":{\"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a\":{\"extension_type\":\"property-extension\",\"permitted_actions\":\"INTERNALLY VISIBLE ACTIONS\"}}}");
		add(x, a, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-000000000003\",\"created\":\"2026-01-01T00:00:00Z\",\"extensions\":{\"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a\":{\"extension_type\":\"property-extension\",\"permitted_actions\":\"whatever you like\"}}}");
		write_as(x, "text", &out, &c);
		if (cases[i].left == FORMATS_LEFTS ? c.written != 1 : c.written != 0 || c.left[cases[i].left] != 1)
			print_message("# %s %s\n", cases[i].pattern, cases[i].more);
		assert_int_equal(c.written, cases[i].left == FORMATS_LEFTS);
		if (cases[i].left != FORMATS_LEFTS)
			assert_int_equal(c.left[cases[i].left], 1);
		assert_int_equal(c.indicators, 1);
		formats_export_free(x);
	}
	buf_release(&out);
}

static void what_a_firewall_shows_the_other_side_needs_more_leave(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 22);
	const struct formats_export_options how = { .now = NOW };
	struct formats_export *x = formats_export_new(&how);
	struct formats_export_counts c;
	struct buf out;

	buf_init(&out, 1 << 20);
	indicator(x, a, "[ipv4-addr:value = '1.2.3.4']", "\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-000000000002\"]");
	add(x, a, "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--00000000-0000-4000-8000-000000000002\",\"created\":\"2026-01-01T00:00:00Z\",\"extensions\":{\"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a\":{\"extension_type\":\"property-extension\",\"permitted_actions\":\"internally-visible-actions\"}}}");
	write_as(x, "nftables", &out, &c);
	assert_int_equal(c.left[FORMATS_LEFT_POLICY], 1);
	write_as(x, "suricata", &out, &c);
	assert_int_equal(c.written, 1);
	buf_release(&out);
	formats_export_free(x);
}

static void the_newest_version_counts_and_revoked_is_for_good(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 22);
	const struct formats_export_options how = { .now = NOW };
	struct formats_export *x = formats_export_new(&how);
	struct formats_export_counts c;
	struct buf out;
	static const char *const versions[][3] = { { "1", "2026-01-01T00:00:02Z", "b.example\"" }, { "1", "2026-01-01T00:00:01Z", "a.example\"" }, { "2", "2026-01-01T00:00:01Z", "c.example\"" }, { "2", "2026-01-01T00:00:02Z", "c.example\",\"revoked\":true" },
		{ "2", "2026-01-01T00:00:03Z", "c.example\"" } };

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct span value = { versions[i][2], strcspn(versions[i][2], "\"") };
		add(x, a, arena_printf(a, "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-00000000000%s\",\"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"%s\","
					  "\"pattern_type\":\"stix\",\"pattern\":\"[domain-name:value = '%.*s']\"%s}",
				  versions[i][0], versions[i][1], SPAN_ARG(value), versions[i][2] + value.n + 1));
	}
	write_as(x, "text", &out, &c);
	assert_string_equal(out.p, "b.example\n");
	assert_int_equal(c.indicators, 2);
	buf_release(&out);
	formats_export_free(x);
}

static void a_set(struct formats_export *x, struct arena *a)
{
	next_id = 0;
	indicator(x, a, "[domain-name:value = 'evil.example'] OR [domain-name:value = 'a.evil.example']", "\"name\":\"Evil\",\"confidence\":80");
	indicator(x, a, "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value ISSUBSET '203.0.113.9/24']", "");
	indicator(x, a, "[ipv6-addr:value IN ('2001:db8::1', '2001:db8:5::/48')]", "\"valid_until\":\"2027-01-01T00:00:00Z\"");
	indicator(x, a, "[url:value = 'http://evil.example:8080/a;b?c=\"d|e\\\\f']", "\"name\":\"=1+1\"");
	indicator(x, a, "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' OR file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", "");
	indicator(x, a, "[email-addr:value = 'bob@evil.example']", "");
	indicator(x, a, "[domain-name:value = 'EVIL.example.']", "\"confidence\":90");
}

static void each_writer_has_its_lines(void **state)
{
	static const struct {
		const char *as, *want;
	} golden[] = {
		{ "text", "198.51.100.7\n203.0.113.0/24\n2001:db8:5::/48\n2001:db8::1\na.evil.example\nevil.example\nhttp://evil.example:8080/a;b?c=\"d|e\\f\nbob@evil.example\nd41d8cd98f00b204e9800998ecf8427e\n"
			  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n" },
		{ "hosts", "# hosts that are not to be reached (these names alone: a hosts file knows no subdomains), written by musubi at 2026-01-02T00:00:00Z\n0.0.0.0 a.evil.example\n0.0.0.0 evil.example\n" },
		{ "rpz", "; response policy zone, written by musubi at 2026-01-02T00:00:00Z\n$TTL 300\n@ IN SOA localhost. root.localhost. 1767312000 3600 600 86400 300\n@ IN NS localhost.\n"
			 "32.7.100.51.198.rpz-ip CNAME .\n24.0.113.0.203.rpz-ip CNAME .\n48.zz.5.db8.2001.rpz-ip CNAME .\n128.1.zz.db8.2001.rpz-ip CNAME .\n"
			 "a.evil.example CNAME .\n*.a.evil.example CNAME .\nevil.example CNAME .\n*.evil.example CNAME .\n" },
		{ "unbound", "# names that do not resolve, nor what is below them, written by musubi at 2026-01-02T00:00:00Z\nserver:\n\tlocal-zone: \"a.evil.example.\" always_nxdomain\n\tlocal-zone: \"evil.example.\" always_nxdomain\n" },
		{ "dnsmasq", "# names that do not resolve, nor what is below them, written by musubi at 2026-01-02T00:00:00Z\naddress=/a.evil.example/\naddress=/evil.example/\n" },
		{ "squid", "# acl musubi dstdomain \"FILE\", written by musubi at 2026-01-02T00:00:00Z\n.evil.example\n" },
		{ "squid-ip", "# acl musubi_ip dst \"FILE\", written by musubi at 2026-01-02T00:00:00Z\n198.51.100.7\n203.0.113.0/24\n2001:db8:5::/48\n2001:db8::1\n" },
		{ "squid-url", "# acl musubi_url url_regex \"FILE\", written by musubi at 2026-01-02T00:00:00Z\n^http://evil\\.example:8080/a;b\\?c=\"d\\|e\\\\f$\n" },
		{ "nftables", "# two sets; rules that use them are yours: ip daddr @musubi4 drop, written by musubi at 2026-01-02T00:00:00Z\nadd table inet musubi\n"
			      "add set inet musubi musubi4 { type ipv4_addr; flags interval; auto-merge; }\nadd set inet musubi musubi6 { type ipv6_addr; flags interval; auto-merge; }\n"
			      "flush set inet musubi musubi4\nflush set inet musubi musubi6\nadd element inet musubi musubi4 { 198.51.100.7, 203.0.113.0/24 }\n"
			      "add element inet musubi musubi6 { 2001:db8:5::/48, 2001:db8::1 }\n" },
		{ "zeek", "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n198.51.100.7\tIntel::ADDR\tmusubi indicator--00000000-0000-4000-8000-000000000002\tindicator\n" },
		{ "suricata", "# Suricata rules, written by musubi at 2026-01-02T00:00:00Z\nalert ip any any <> 198.51.100.7 any (msg:\"musubi ipv4 198.51.100.7\"; metadata:indicator indicator--00000000-0000-4000-8000-000000000002; sid:" },
		{ "suricata-domains", "YS5ldmlsLmV4YW1wbGU=\nZXZpbC5leGFtcGxl\n" },
		{ "suricata-ips", "198.51.100.7\n2001:db8::1\n" },
		{ "suricata-md5", "d41d8cd98f00b204e9800998ecf8427e\n" },
		{ "suricata-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n" },
		{ "csv", "value,type,name,valid_from,valid_until,confidence,tlp,source,indicator,indicators,permitted_actions,warning\n"
			 "\"198.51.100.7\",ipv4,\"\",2026-01-01T00:00:00.000000Z,,,,\"\",\"indicator--00000000-0000-4000-8000-000000000002\",1,,\"\"\n" },
	};
	ARENA_SCOPE struct arena *a = arena_new(1 << 22);
	const struct formats_export_options how = { .now = NOW };
	struct formats_export *x = formats_export_new(&how);
	struct formats_export_counts c;
	struct buf out;

	buf_init(&out, 1 << 20);
	a_set(x, a);
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		bool begin = strcmp(golden[i].as, "zeek") == 0 || strcmp(golden[i].as, "suricata") == 0 || strcmp(golden[i].as, "csv") == 0;
		write_as(x, golden[i].as, &out, &c);
		if (begin ? strncmp(out.p, golden[i].want, strlen(golden[i].want)) != 0 : strcmp(out.p, golden[i].want) != 0)
			print_message("# %s\n%s\n", golden[i].as, out.p);
		if (begin)
			assert_int_equal(strncmp(out.p, golden[i].want, strlen(golden[i].want)), 0);
		else
			assert_string_equal(out.p, golden[i].want);
	}
	write_as(x, "suricata", &out, &c);
	assert_non_null(strstr(out.p, "dns.query; dotprefix; content:\".evil.example\"; nocase; endswith;"));
	assert_non_null(strstr(out.p, "http.host; content:\"evil.example\"; startswith; endswith; http.uri.raw; content:\"/a|3B|b?c=|22|d|7C|e|5C|f\"; startswith; endswith;"));
	write_as(x, "zeek", &out, &c);
	assert_non_null(strstr(out.p, "\nevil.example:8080/a;b?c=\"d|e\\x5cf\tIntel::URL\t"));
	assert_non_null(strstr(out.p, "\n203.0.113.0/24\tIntel::SUBNET\t"));
	write_as(x, "csv", &out, &c);
	assert_non_null(strstr(out.p, "\"http://evil.example:8080/a;b?c=\"\"d|e\\f\",url,\"'=1+1\","));
	assert_non_null(strstr(out.p, "\"evil.example\",domain,\"\",2026-01-01T00:00:00.000000Z,,90,,\"\",\"indicator--00000000-0000-4000-8000-000000000007\",2,")); /* the surest of two */
	write_as(x, "squid", &out, &c);
	assert_int_equal(c.left[FORMATS_LEFT_COVERED], 1);
	buf_release(&out);
	formats_export_free(x);
}

static void rule_numbers_are_unique_and_stay(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(64 << 20);
	const struct formats_export_options how = { .now = NOW };
	struct formats_export *x = formats_export_new(&how), *y = formats_export_new(&how);
	struct formats_export_counts c;
	struct buf out, other;
	size_t n = 0;

	buf_init(&out, 16 << 20);
	buf_init(&other, 16 << 20);
	for (int i = 0; i < 500; i++) {
		char pattern[64];
		snprintf(pattern, sizeof(pattern), "[domain-name:value = 'e%d.example']", i);
		indicator(x, a, pattern, "");
	}
	indicator(y, a, "[domain-name:value = 'e77.example']", "");
	write_as(x, "suricata", &out, &c);
	write_as(y, "suricata", &other, &c);
	const char *one = strstr(other.p, "sid:");
	assert_non_null(one);
	char sid[24];
	snprintf(sid, sizeof(sid), "%.15s", one);
	assert_non_null(strstr(out.p, sid));
	for (const char *p = out.p; (p = strstr(p, "sid:")) != NULL; p += 4, n++) {
		snprintf(sid, sizeof(sid), "%.15s", p);
		assert_null(strstr(p + 4, sid));
	}
	assert_int_equal(n, 1500);
	buf_release(&out);
	buf_release(&other);
	formats_export_free(x);
	formats_export_free(y);
}

static void warned_values_may_be_marked(void **state)
{
	ARENA_SCOPE struct arena *a = arena_new(1 << 22);
	const struct formats_export_options how = { .now = NOW, .warned = warned, .mark_warned = true };
	struct formats_export *x = formats_export_new(&how);
	struct formats_export_counts c;
	struct buf out;

	buf_init(&out, 1 << 20);
	indicator(x, a, "[ipv4-addr:value = '8.8.8.8']", "");
	write_as(x, "csv", &out, &c);
	assert_non_null(strstr(out.p, ",\"resolvers\"\n"));
	assert_int_equal(c.warned, 1);
	buf_release(&out);
	formats_export_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_be_acted_upon_is_written),
		cmocka_unit_test(what_a_firewall_shows_the_other_side_needs_more_leave),
		cmocka_unit_test(the_newest_version_counts_and_revoked_is_for_good),
		cmocka_unit_test(each_writer_has_its_lines),
		cmocka_unit_test(rule_numbers_are_unique_and_stay),
		cmocka_unit_test(warned_values_may_be_marked),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
