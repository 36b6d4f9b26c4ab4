/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of every form, and what comes out of them. */
#include "util/test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "formats/formats.h"
#include "util/bounds.h"

struct seen {
	struct buf out;
	bool more; /* tell names, times, confidence too */
	size_t stop;
};

static enum err take(void *ctx, const struct formats_indicator *i, struct fault *f)
{
	struct seen *s = ctx;

	buf_addf(&s->out, "%llu %s %.*s", (unsigned long long)i->line, formats_sorts[i->sort].name, SPAN_ARG(i->value));
	if (s->more) {
		char time[TIMESTAMP_TEXT] = "-";
		if (i->has_from)
			timestamp_format(i->from, time);
		buf_addf(&s->out, " name=%.*s description=%.*s source=%.*s from=%.10s confidence=%d tlp=%s", SPAN_ARG(i->name), SPAN_ARG(i->description), SPAN_ARG(i->source), time, i->confidence,
			stix_tlp_name(i->tlp));
	}
	buf_addc(&s->out, '\n');
	assert_int_equal(i->kind, formats_sorts[i->sort].kind);
	return s->stop && --s->stop == 0 ? ERR_LIMIT : ERR_OK;
}

static void skipped(void *ctx, enum formats_skip why, struct span file, uint64_t line, struct span text)
{
	static const char *const words[] = { "none", "suffix", "all", "context", "type", "deleted", "long", "broken" };
	struct seen *s = ctx;

	buf_addf(&s->out, "%llu skipped %s\n", (unsigned long long)line, words[why]);
}

static enum formats_name name_of(struct span name)
{
	return span_is(name, "co.jp") || span_is(name, "github.io") ? FORMATS_NAME_SUFFIX : FORMATS_NAME_HOST;
}

static int fd_of(struct span text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static enum err read_span(struct span text, struct formats_reading how, struct seen *s, struct formats_counts *counts)
{
	int fd = fd_of(text);

	how.take = take;
	how.skip = skipped;
	how.name_of = name_of;
	how.ctx = s;
	buf_init(&s->out, 1 << 20);
	enum err e = formats_read_indicators(fd, &how, counts, NULL);
	close(fd);
	return e;
}

static void expect(const char *title, struct span text, struct formats_reading how, bool more, const char *want)
{
	struct seen s = { .more = more };

	assert_int_equal(read_span(text, how, &s, NULL), ERR_OK);
	if (!span_is(buf_span(&s.out), want))
		print_message("# %s\n", title);
	assert_string_equal(s.out.p ? s.out.p : "", want);
	buf_release(&s.out);
}

static void lists_of_every_kind(void **state)
{
	static const struct {
		const char *title, *text, *want;
	} cases[] = {
		{ "kinds", "198.51.100.7\n2001:DB8::1\nEvil.Example.\nhttp://Evil.example:80\nd41d8cd98f00b204e9800998ecf8427e\nBob@evil.example\n",
			"1 ipv4 198.51.100.7\n2 ipv6 2001:db8::1\n3 domain evil.example\n4 url http://evil.example/\n5 md5 d41d8cd98f00b204e9800998ecf8427e\n6 email bob@evil.example\n" },
		{ "no newline at the end, CR LF, CR", "a.example\r\nb.example\rc.example", "1 domain a.example\n2 domain b.example\n3 domain c.example\n" },
		{ "comments", "# a\n; b\n// c\n! d\n\na.example # e\n", "6 domain a.example\n" },
		{ "byte order mark", "\xEF\xBB\xBF"
				     "a.example\n",
			"1 domain a.example\n" },
		{ "defanged", "hxxps://evil[.]example/a\nevil(dot)example\n198.51.100[.]7\nuser[at]evil[.]example\nevil dot example\nhxxp[:]//evil{.}example\n",
			"1 url https://evil.example/a\n2 domain evil.example\n3 ipv4 198.51.100.7\n4 email user@evil.example\n5 domain evil.example\n6 url http://evil.example/\n" },
		{ "hosts file", "0.0.0.0 evil.example\n127.0.0.1\tb.example # ads\n::1 c.example\n", "1 domain evil.example\n2 domain b.example\n3 domain c.example\n" },
		{ "other programs' lists", "||evil.example^\naddress=/b.example/0.0.0.0\n\"c.example\",\n*.d.example\n.e.example\n",
			"1 domain evil.example\n2 domain b.example\n3 domain c.example\n4 domain d.example\n5 domain e.example\n" },
		{ "networks and ports", "198.51.100.0/24\n198.51.100.7:8080\n[2001:db8::1]:443\nevil.example:443\n2001:db8::/32\n",
			"1 ipv4 198.51.100.0/24\n2 ipv4 198.51.100.7\n3 ipv6 2001:db8::1\n4 domain evil.example\n5 ipv6 2001:db8::/32\n" },
		{ "what would match everything", "0.0.0.0/0\n::/0\nco.jp\ncom\ngithub.io\n", "1 skipped all\n2 skipped all\n3 skipped suffix\n4 skipped none\n5 skipped suffix\n" },
		{ "what is nothing", "hello\n1.2.3\n010.1.1.1\n256.1.1.1\n-evil.example\n12345\n",
			"1 skipped none\n2 skipped none\n3 skipped none\n4 skipped none\n5 skipped none\n6 skipped none\n" },
		{ "URL without a scheme", "evil.example/path?x=1\n", "1 url http://evil.example/path?x=1\n" },
		{ "names in other scripts", "b\xC3\xBC"
					    "cher.example\nxn--bcher-kva.example\n",
			"1 domain xn--bcher-kva.example\n2 domain xn--bcher-kva.example\n" },
		{ "fingerprints", "t13d1516h2_8daaf6152771_b186095e22b6\nda:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09\n",
			"1 ja4 t13d1516h2_8daaf6152771_b186095e22b6\n2 sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709\n" },
		{ "bytes that are no UTF-8", "http://evi\xFF.example/\nb\xC3.example\n", "1 skipped none\n2 skipped none\n" },
		{ "mapped IPv4", "::ffff:198.51.100.7\n", "1 ipv4 198.51.100.7\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].title, span_of(cases[i].text), (struct formats_reading){ .format = FORMATS_LIST }, false, cases[i].want);
}

static void a_comment_names_a_value(void **state)
{
	expect("names", SPAN("198.51.100.7 # Emotet C2\nevil.example\n198.51.100.0/24 ; SBL1\n198.51.100.9\t14\n"), (struct formats_reading){ 0 }, true,
		"1 ipv4 198.51.100.7 name=Emotet C2 description= source= from=- confidence=-1 tlp=none\n"
		"2 domain evil.example name= description= source= from=- confidence=-1 tlp=none\n"
		"3 ipv4 198.51.100.0/24 name=SBL1 description= source= from=- confidence=-1 tlp=none\n"
		"4 ipv4 198.51.100.9 name= description= source= from=- confidence=-1 tlp=none\n");
}

static void utf16_is_read_in_both_orders(void **state)
{
	static const char text[] = "198.51.100.7\r\nevil.example # \x85\n";
	char le[128] = "\xFF\xFE", be[128] = "\xFE\xFF";
	size_t n = 2;

	for (size_t i = 0; i < sizeof(text) - 1; i++, n += 2) {
		le[n] = be[n + 1] = text[i];
		le[n + 1] = be[n] = 0;
	}
	expect("little endian", (struct span){ le, n }, (struct formats_reading){ 0 }, false, "1 ipv4 198.51.100.7\n2 domain evil.example\n");
	expect("big endian, a byte short", (struct span){ be, n - 1 }, (struct formats_reading){ 0 }, false, "1 ipv4 198.51.100.7\n2 domain evil.example\n");
}

static void lines_beyond_the_bound_are_skipped_whole(void **state)
{
	size_t n = BOUND_LIST_LINE * 3;
	char *text = malloc(n + 64);

	assert_non_null(text);
	memset(text, 'a', n);
	memcpy(text + n, "\nevil.example\n", 15);
	expect("long", (struct span){ text, n + 14 }, (struct formats_reading){ .format = FORMATS_LIST }, false, "1 skipped long\n2 domain evil.example\n");
	free(text);
}

static void csv_columns_are_found(void **state)
{
	static const struct {
		const char *title, *text, *columns, *want;
	} cases[] = {
		{ "header", "value,comment,first_seen,confidence,tlp\nevil[.]example,\"a \"\"b\"\", c\",2026-01-02,80,amber\n", NULL,
			"2 domain evil.example name= description=a \"b\", c source= from=2026-01-02 confidence=80 tlp=amber\n" },
		{ "header as a comment", "# of 2026-01-01\n# \"first_seen_utc\",\"ioc_value\",\"ioc_type\",\"malware_printable\",\"confidence_level\"\n\"2026-01-02 10:00:00\", \"198.51.100.7:80\", \"ip:port\", \"Emotet\", \"100\"\n", NULL,
			"3 ipv4 198.51.100.7 name=Emotet description= source= from=2026-01-02 confidence=100 tlp=none\n" },
		{ "types", "Indicator type,Indicator,Description\nFileHash-SHA256,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,x\nhostname,a.example,y\nYARA,rule,z\nJA3,d41d8cd98f00b204e9800998ecf8427e,j\n", NULL,
			"2 sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 name= description=x source= from=- confidence=-1 tlp=none\n"
			"3 domain a.example name= description=y source= from=- confidence=-1 tlp=none\n"
			"4 skipped none\n"
			"5 ja3 d41d8cd98f00b204e9800998ecf8427e name= description=j source= from=- confidence=-1 tlp=none\n" },
		{ "several hashes", "md5,sha256,name\nd41d8cd98f00b204e9800998ecf8427e,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,empty\n", NULL,
			"2 md5 d41d8cd98f00b204e9800998ecf8427e name=empty description= source= from=- confidence=-1 tlp=none\n"
			"2 sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 name=empty description= source= from=- confidence=-1 tlp=none\n" },
		{ "the host of a listed URL is not listed", "url,domain,ip\nhttp://good.example/bad,good.example,198.51.100.7\n,evil.example,\n", NULL,
			"2 url http://good.example/bad name= description= source= from=- confidence=-1 tlp=none\n"
			"3 domain evil.example name= description= source= from=- confidence=-1 tlp=none\n" },
		{ "semicolons", "ip;name;date\n198.51.100.7;x;2026-01-02T03:04:05Z\n", NULL, "2 ipv4 198.51.100.7 name=x description= source= from=2026-01-02 confidence=-1 tlp=none\n" },
		{ "no header", "2026-01-02 10:00:00,1,evil.example,77\n2026-01-03 10:00:00,2,198.51.100.7,78\n", NULL,
			"1 domain evil.example name= description= source= from=2026-01-02 confidence=-1 tlp=none\n"
			"2 ipv4 198.51.100.7 name= description= source= from=2026-01-03 confidence=-1 tlp=none\n" },
		{ "no header, tabs", "evil.example\tEmotet\nb.example\tQakbot\n", NULL,
			"1 domain evil.example name=Emotet description= source= from=- confidence=-1 tlp=none\n"
			"2 domain b.example name=Qakbot description= source= from=- confidence=-1 tlp=none\n" },
		{ "columns by number", "x,evil.example,high\n", "value=2,confidence=3", "1 domain evil.example name= description= source= from=- confidence=85 tlp=none\n" },
		{ "columns by name", "foo,bar,baz\nx,evil.example,y\n", "value=bar,name=baz", "2 domain evil.example name=y description= source= from=- confidence=-1 tlp=none\n" },
		{ "line ends within quotes", "value,comment\nevil.example,\"one\ntwo\"\nb.example,three\n", NULL,
			"2 domain evil.example name= description=one\ntwo source= from=- confidence=-1 tlp=none\n"
			"4 domain b.example name= description=three source= from=- confidence=-1 tlp=none\n" },
		{ "MISP's CSV", "uuid,event_id,category,type,value,comment,to_ids,date\n1,1,Network activity,domain|ip,evil.example|198.51.100.7,c,1,20260102\n2,1,Network activity,ip-dst,198.51.100.8,c,0,20260102\n", NULL,
			"2 domain evil.example name= description=c source= from=- confidence=-1 tlp=none\n"
			"2 ipv4 198.51.100.7 name= description=c source= from=- confidence=-1 tlp=none\n"
			"3 skipped context\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].title, span_of(cases[i].text), (struct formats_reading){ .format = cases[i].columns ? FORMATS_CSV : FORMATS_GUESS, .columns = cases[i].columns }, true, cases[i].want);
}

static void columns_that_are_not_there_are_refused(void **state)
{
	static const char *const wrong[] = { "value", "value=nine", "colour=1", "name=1", "value=0", "value=999" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct seen s = { 0 };
		assert_int_equal(read_span(SPAN("a,b\nevil.example,x\n"), (struct formats_reading){ .format = FORMATS_CSV, .columns = wrong[i] }, &s, NULL), ERR_INVALID);
		buf_release(&s.out);
	}
}

#define ATTRIBUTE(n, type, value, more) \
	"{\"uuid\":\"5f9a4a6e-0000-4000-8000-00000000000" n "\",\"type\":\"" type "\",\"value\":\"" value "\"" more "}"

static void misp_events_give_their_attributes(void **state)
{
	static const char event[] = "{\"Event\": {\"info\": \"Case 7\", \"Orgc\": {\"name\": \"CERT X\"},\n"
				    "\"Attribute\": [\n" ATTRIBUTE("1", "ip-dst|port", "198.51.100[.]7|80", ",\"to_ids\":true,\"comment\":\"c2\",\"timestamp\":\"1767312000\"") ",\n" ATTRIBUTE(
					    "2", "domain|ip", "evil.example|2001:db8::1",
					    ",\"to_ids\":true") ",\n" ATTRIBUTE("3", "filename|sha256", "a.exe|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ",\"to_ids\":\"1\"") ",\n" ATTRIBUTE("4", "link",
					    "https://good.example/report", ",\"to_ids\":false") ",\n" ATTRIBUTE("5", "comment", "text",
					    ",\"to_ids\":true") ",\n" ATTRIBUTE("6", "domain", "old.example", ",\"to_ids\":true,\"deleted\":true") "],\n"
																		   "\"Object\": [{\"name\":\"file\",\"comment\":\"dropper\",\"Attribute\":[" ATTRIBUTE("7", "md5", "D41D8CD98F00B204E9800998ECF8427E",
																			   ",\"to_ids\":true,\"Tag\":[{\"name\":\"tlp:red\"}]") "]}],\n"
																										"\"Tag\":[{\"name\":\"tlp:amber\"},{\"name\":\"misp:confidence-level=\\\"usually-confident\\\"\"}]}}";
	static const char want[] = "3 ipv4 198.51.100.7 name=Case 7 description=c2 source=CERT X from=2026-01-02 confidence=75 tlp=amber\n"
				   "4 domain evil.example name=Case 7 description= source=CERT X from=- confidence=75 tlp=amber\n"
				   "4 ipv6 2001:db8::1 name=Case 7 description= source=CERT X from=- confidence=75 tlp=amber\n"
				   "5 sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 name=Case 7 description= source=CERT X from=- confidence=75 tlp=amber\n"
				   "6 skipped context\n7 skipped type\n8 skipped deleted\n"
				   "9 md5 d41d8cd98f00b204e9800998ecf8427e name=Case 7 description=dropper source=CERT X from=- confidence=75 tlp=red\n";

	expect("event", span_of(event), (struct formats_reading){ 0 }, true, want);
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_addf(&b, "{\"response\": [%s,%s]}", event, "{\"Event\":{\"info\":\"x\",\"Attribute\":[{\"type\":\"domain\",\"value\":\"b.example\",\"to_ids\":true}]}}");
	struct seen s = { 0 };
	assert_int_equal(read_span(buf_span(&b), (struct formats_reading){ 0 }, &s, NULL), ERR_OK);
	assert_non_null(strstr(s.out.p, "domain b.example\n"));
	assert_non_null(strstr(s.out.p, "3 ipv4 198.51.100.7\n"));
	buf_release(&s.out);
	buf_release(&b);
	expect("search by attribute", SPAN("{\"response\": {\"Attribute\": [{\"type\":\"domain\",\"value\":\"b.example\",\"to_ids\":true,\"Event\":{\"info\":\"Case 8\"}}]}}"), (struct formats_reading){ 0 }, true,
		"1 domain b.example name=Case 8 description= source= from=- confidence=-1 tlp=none\n");
}

static void write_at(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void a_feed_is_what_its_manifest_names(void **state)
{
	char path[] = "/tmp/musubi-feed-XXXXXX";
	struct formats_counts counts = { 0 };
	struct seen s = { 0 };
	static const char *const names[] = { "manifest.json", "5f9a4a6e-0000-4000-8000-000000000001.json", "5f9a4a6e-0000-4000-8000-000000000002.json", "5f9a4a6e-0000-4000-8000-000000000003.json" };

	assert_non_null(mkdtemp(path));
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	write_at(dir, names[0], "{\"5f9a4a6e-0000-4000-8000-000000000001\":{},\"5f9a4a6e-0000-4000-8000-000000000003\":{},\"../../etc/passwd\":{},\"5f9a4a6e-0000-4000-8000-000000000009\":{}}");
	write_at(dir, names[1], "{\"Event\":{\"info\":\"x\",\"Attribute\":[{\"type\":\"domain\",\"value\":\"a.example\",\"to_ids\":true}]}}");
	write_at(dir, names[2], "{\"Event\":{\"info\":\"x\",\"Attribute\":[{\"type\":\"domain\",\"value\":\"withdrawn.example\",\"to_ids\":true}]}}");
	write_at(dir, names[3], "{\"Event\":{\"info\":");
	buf_init(&s.out, 1 << 16);
	const struct formats_reading how = { .take = take, .skip = skipped, .ctx = &s };
	assert_int_equal(formats_read_indicators(dir, &how, &counts, NULL), ERR_OK);
	assert_string_equal(s.out.p, "1 domain a.example\n0 skipped broken\n0 skipped broken\n0 skipped broken\n");
	assert_int_equal(counts.values, 1);
	assert_int_equal(counts.skipped[FORMATS_SKIP_BROKEN], 3);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(unlinkat(dir, names[i], 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
	buf_release(&s.out);
}

static void stix_is_not_taken_for_a_list(void **state)
{
	static const char *const stix[] = { "{\"type\":\"bundle\",\"objects\":[]}", " [{\"type\":\"indicator\",\"pattern\":\"x\"}]", "{\"type\":\"indicator\",\"spec_version\":\"2.1\"}\n" };

	for (size_t i = 0; i < 3; i++) {
		struct seen s = { 0 };
		assert_int_equal(formats_guess(span_of(stix[i])), FORMATS_STIX);
		assert_int_equal(read_span(span_of(stix[i]), (struct formats_reading){ 0 }, &s, NULL), ERR_INVALID);
		buf_release(&s.out);
	}
	assert_int_equal(formats_guess(SPAN("[2001:db8::1]:443\n")), FORMATS_LIST);
	assert_int_equal(formats_guess(SPAN("")), FORMATS_LIST);
}

static void the_caller_may_stop(void **state)
{
	struct seen s = { .stop = 2 };

	assert_int_equal(read_span(SPAN("a.example\nb.example\nc.example\n"), (struct formats_reading){ 0 }, &s, NULL), ERR_LIMIT);
	assert_string_equal(s.out.p, "1 domain a.example\n2 domain b.example\n");
	buf_release(&s.out);
}

static void patterns_are_quoted(void **state)
{
	static const struct {
		enum formats_sort sort;
		const char *value, *want;
	} cases[] = {
		{ FORMATS_IPV4, "198.51.100.7", "[ipv4-addr:value = '198.51.100.7']" },
		{ FORMATS_IPV4, "198.51.100.0/24", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']" },
		{ FORMATS_SHA256, "e3b0", "[file:hashes.'SHA-256' = 'e3b0']" },
		{ FORMATS_MUTEX, "a'b\\c", "[mutex:name = 'a\\'b\\\\c']" },
		{ FORMATS_ASN, "64500", "[autonomous-system:number = 64500]" },
		{ FORMATS_CVE, "CVE-2026-1", "" },
	};
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		formats_pattern(&b, cases[i].sort, span_of(cases[i].value));
		assert_true(span_is(buf_span(&b), cases[i].want));
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_every_kind),
		cmocka_unit_test(a_comment_names_a_value),
		cmocka_unit_test(utf16_is_read_in_both_orders),
		cmocka_unit_test(lines_beyond_the_bound_are_skipped_whole),
		cmocka_unit_test(csv_columns_are_found),
		cmocka_unit_test(columns_that_are_not_there_are_refused),
		cmocka_unit_test(misp_events_give_their_attributes),
		cmocka_unit_test(a_feed_is_what_its_manifest_names),
		cmocka_unit_test(stix_is_not_taken_for_a_list),
		cmocka_unit_test(the_caller_may_stop),
		cmocka_unit_test(patterns_are_quoted),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}
