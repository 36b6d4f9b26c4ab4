/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/uuid.h"

static struct uuid read_uuid(const char *text)
{
	struct uuid u = { { 0 } };
	assert_true(uuid_parse(span_of(text), &u));
	return u;
}

static void canonical_text_reads_and_prints_back(void **state)
{
	static const struct {
		const char *text;
		int version;
	} rows[] = {
		{ "00000000-0000-0000-0000-000000000000", 0 },
		{ "00abedb4-aa42-466c-9c01-fed23315a9b7", 4 },
		{ "c232ab00-9414-11ec-b3c8-9f6bdeced846", 1 },
		{ "ffffffff-ffff-ffff-ffff-ffffffffffff", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct uuid u = read_uuid(rows[i].text);
		char text[UUID_TEXT];
		uuid_format(&u, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(uuid_version(&u), rows[i].version);
	}
}

static void other_text_is_no_uuid(void **state)
{
	static const char *const rows[] = {
		"",
		"00abedb4-aa42-466c-9c01-fed23315a9b",
		"00abedb4-aa42-466c-9c01-fed23315a9b70",
		"00ABEDB4-aa42-466c-9c01-fed23315a9b7",
		"00abedb4aa42-466c-9c01-fed23315a9b7-",
		"00abedb4-aa42-466c-9c01-fed23315a9bg",
		"{0abedb4-aa42-466c-9c01-fed23315a9b}",
		"00abedb4-aa42-466c-9c01 fed23315a9b7",
	};
	struct uuid u = { { 7 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_false(uuid_parse(span_of(rows[i]), &u));
	assert_int_equal(u.b[0], 7);
}

/* RFC 9562 appendix A.4, and names of every length around the block border checked against Python's uuid.uuid5. */
static void names_give_the_uuids_of_the_standard(void **state)
{
	struct uuid dns = read_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
	static const struct {
		size_t n; /* letters 'a'; 0: www.example.com */
		const char *expect;
	} rows[] = {
		{ 0, "2ed6657d-e927-568b-95e1-2665a8aea6a2" },
		{ 1, "4f3f2898-69e3-5a0d-820a-c4e87987dbce" },
		{ 39, "5824f981-4282-59d4-9716-acb6d741350e" },
		{ 40, "39f39c20-db47-5131-8879-62f8f67f9014" },
		{ 47, "660c273c-8a00-5941-b6f4-8d0afed88966" },
		{ 48, "7280cc42-274a-5c4a-91fc-ae23f853eeb7" },
		{ 49, "69349718-028b-5ff0-a00f-c024ded6e6ee" },
		{ 103, "1cf1b329-74b7-50b0-a819-28e28c61c775" },
		{ 104, "31477a3f-211d-5651-b3ce-be7c82999e70" },
		{ 112, "ab683ad5-4de4-5faf-bf37-0788e34176da" },
		{ 300, "39aaf90c-2a5a-5781-93dc-08baea928201" },
	};
	char name[300];
	memset(name, 'a', sizeof name);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = rows[i].n ? (struct span){ name, rows[i].n } : SPAN("www.example.com");
		struct uuid u = uuid_v5(&dns, s);
		char text[UUID_TEXT];
		uuid_format(&u, text);
		assert_string_equal(text, rows[i].expect);
		assert_int_equal(uuid_version(&u), 5);
	}
}

/* STIX 2.1 §2.9, with the address that its examples use. */
static void a_stix_address_has_its_deterministic_id(void **state)
{
	struct uuid ns = read_uuid("00abedb4-aa42-466c-9c01-fed23315a9b7");
	struct uuid u = uuid_v5(&ns, SPAN("{\"value\":\"198.51.100.3\"}"));
	char text[UUID_TEXT];
	uuid_format(&u, text);
	assert_string_equal(text, "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
}

static void random_uuids_are_version_4_and_differ(void **state)
{
	uint8_t r[2][16];
	random_bytes(r, sizeof r);
	struct uuid a = uuid_v4(r[0]), b = uuid_v4(r[1]);
	assert_int_equal(uuid_version(&a), 4);
	assert_memory_not_equal(a.b, b.b, 16);
}

static void uuids_of_later_milliseconds_sort_after(void **state)
{
	uint8_t r[16];
	static const uint8_t zero[16];
	char text[UUID_TEXT];
	random_bytes(r, sizeof r);
	struct uuid a = uuid_v7(1645557742000, r), b = uuid_v7(1645557742001, zero), low = uuid_v7(1645557742000, zero);
	assert_int_equal(uuid_version(&a), 7);
	assert_true(memcmp(a.b, b.b, 16) < 0);
	assert_true(memcmp(low.b, a.b, 16) <= 0);
	/* RFC 9562 appendix A.6 */
	uuid_format(&a, text);
	assert_memory_equal(text, "017f22e2-79b0-7", 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text_reads_and_prints_back),
		cmocka_unit_test(other_text_is_no_uuid),
		cmocka_unit_test(names_give_the_uuids_of_the_standard),
		cmocka_unit_test(a_stix_address_has_its_deterministic_id),
		cmocka_unit_test(random_uuids_are_version_4_and_differ),
		cmocka_unit_test(uuids_of_later_milliseconds_sort_after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
