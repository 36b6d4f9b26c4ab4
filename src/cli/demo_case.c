/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's cast and its bundle: a report with indicators, observables and relationships in three TLP parts. */
#include <stdio.h>
#include "cli/demo_priv.h"
#include "stix/marking.h"
#include "stix/sharing.h"

const struct demo_org demo_orgs[DEMO_ORGS] = {
	[DEMO_REPORTER] = { "Garuda Contoh Bank", "ID", "company", "financial-services", DEMO_JAKARTA, true, NULL },
	[DEMO_FINDER] = { "Fuji Mihon Electric", "JP", "company", "energy", DEMO_TOKYO, true, NULL },
	[DEMO_NAMED] = { "Merlion Sample Shipping", "SG", "company", "transportation", DEMO_JAKARTA, true, "Ms Tan" },
	{ "Siam Tuayang Hospital", "TH", "ngo", "healthcare", DEMO_BANGKOK, true, NULL },
	{ "Hoa Sen Mau Retail", "VN", "company", "retail", DEMO_BANGKOK, true, NULL },
	{ "Nusa Contoh Telekom", "ID", "company", "telecommunications", DEMO_JAKARTA, false, NULL },
	{ "Kamome Mihon Logistics", "JP", "company", "transportation", DEMO_TOKYO, false, NULL },
	{ "Mekong Tuayang Bank", "LA", "company", "financial-services", DEMO_BANGKOK, false, NULL },
};

/* One row an object: its part, type, id, and the members it has beside the common ones. */
static const struct {
	enum demo_part part;
	const char *id, *members;
	bool observable; /* no creator, no times */
} objects[] = {
	{ DEMO_AMBER, "domain-name--835b85ac-0a54-5db5-986e-f7d5eee7c30d", "\"value\":\"update.kouri-mihon.example\"", true },
	{ DEMO_AMBER, "malware--8d1a7a52-54c0-4c63-8a0f-3f0d6d2b7e04",
		"\"name\":\"SampleLoader\",\"is_family\":true,\"malware_types\":[\"downloader\"],\"description\":\"Loads a second stage over DNS (fictional).\"" },
	{ DEMO_AMBER, DEMO_AMBER_INDICATOR,
		"\"name\":\"Command and control of SampleLoader\",\"indicator_types\":[\"malicious-activity\"],\"pattern_type\":\"stix\","
		"\"pattern\":\"[domain-name:value = 'update.kouri-mihon.example']\",\"valid_from\":\"2026-01-01T00:00:00Z\"" },
	{ DEMO_AMBER, "relationship--1f0d2c3b-4a59-4e68-9776-858493a2b105",
		"\"relationship_type\":\"indicates\",\"source_ref\":\"" DEMO_AMBER_INDICATOR "\",\"target_ref\":\"malware--8d1a7a52-54c0-4c63-8a0f-3f0d6d2b7e04\"" },
	{ DEMO_AMBER, "relationship--2a1b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c06",
		"\"relationship_type\":\"based-on\",\"source_ref\":\"" DEMO_AMBER_INDICATOR "\",\"target_ref\":\"domain-name--835b85ac-0a54-5db5-986e-f7d5eee7c30d\"" },
	{ DEMO_GREEN, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "\"value\":\"198.51.100.3\"", true },
	{ DEMO_GREEN, "indicator--3c5e7a90-1b2d-4f4e-8a6c-9d0e1f2a3b07",
		"\"name\":\"Scanner seen before the attack\",\"indicator_types\":[\"anomalous-activity\"],\"pattern_type\":\"stix\","
		"\"pattern\":\"[ipv4-addr:value = '198.51.100.3']\",\"valid_from\":\"2026-01-01T00:00:00Z\"" },
	{ DEMO_GREEN, "relationship--4d6f8ba1-2c3e-4a5f-9b7d-ae1f2a3b4c08",
		"\"relationship_type\":\"based-on\",\"source_ref\":\"indicator--3c5e7a90-1b2d-4f4e-8a6c-9d0e1f2a3b07\",\"target_ref\":\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\"" },
	{ DEMO_RED, DEMO_RED_NOTE,
		"\"abstract\":\"For Ms Tan only\",\"content\":\"The invoice came from a mailbox of your accounting (fictional). Please call us.\",\"object_refs\":[\"" DEMO_REPORT "\"]" },
};
static const char report[] = "\"name\":\"Invoice mail with SampleLoader (fictional)\",\"report_types\":[\"attack-pattern\"],"
			     "\"object_refs\":[\"malware--8d1a7a52-54c0-4c63-8a0f-3f0d6d2b7e04\",\"" DEMO_AMBER_INDICATOR "\",\"indicator--3c5e7a90-1b2d-4f4e-8a6c-9d0e1f2a3b07\"]";
#define SCOPE_ID "marking-definition--6e8f0a1b-3c4d-4e5f-8a7b-9c0d1e2f3a09"

const char demo_log[] =
	"22-Nov-2026 08:59:12.101 client @0x7f1 10.1.20.14#53231 (www.kouri-mihon.example): query: www.kouri-mihon.example IN A + (10.1.0.53)\n"
	"22-Nov-2026 08:59:40.733 client @0x7f1 10.1.20.31#40112 (UPDATE.kouri-mihon.example): query: UPDATE.kouri-mihon.example IN TXT + (10.1.0.53)\n"
	"22-Nov-2026 09:00:02.020 client @0x7f1 10.1.20.14#53232 (notupdate.kouri-mihon.example): query: notupdate.kouri-mihon.example IN A + (10.1.0.53)\n"
	"22-Nov-2026 09:00:05.411 client @0x7f1 10.1.20.77#61002 (update.kouri-mihon.example.test): query: update.kouri-mihon.example.test IN A + (10.1.0.53)\n";

static void time_member(struct json_out *o, const char *key, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];
	timestamp_format(t, text);
	memcpy(text + 23, "Z", 2); /* STIX wants milliseconds here */
	json_kstr(o, key, text);
}

static void common(struct json_out *o, const struct demo_case *c, const char *id, bool observable, enum demo_part part)
{
	char type[64];
	snprintf(type, sizeof(type), "%.*s", (int)(strstr(id, "--") - id), id);
	json_kstr(o, "type", type);
	json_kstr(o, "spec_version", "2.1");
	json_kstr(o, "id", id);
	if (!observable) {
		json_kspan(o, "created_by_ref", c->reporter);
		time_member(o, "created", c->created);
		time_member(o, "modified", c->now);
	}
	json_key(o, "object_marking_refs");
	json_open(o, '[');
	json_put_str(o, stix_tlp_id(part == DEMO_GREEN ? STIX_TLP_GREEN : part == DEMO_AMBER ? STIX_TLP_AMBER
											     : STIX_TLP_RED));
	if (part == DEMO_AMBER)
		json_put_string(o, c->agreement);
	if (part == DEMO_RED)
		json_put_str(o, SCOPE_ID);
	json_close(o, ']');
}

static void put(struct json_out *o, const char *members)
{
	buf_addc(o->to, ',');
	buf_adds(o->to, members);
	json_close(o, '}');
}

static void put_report(struct json_out *o, const struct demo_case *c)
{
	json_open(o, '{');
	common(o, c, DEMO_REPORT, false, DEMO_AMBER);
	time_member(o, "published", c->created);
	json_kstr(o, "description", c->revision ? "First seen on Friday, not on Saturday; the mailbox is closed (fictional)." : "A customer opened an invoice on Saturday (fictional).");
	if (c->revision == 2)
		json_kbool(o, "revoked", true);
	put(o, report);
}

void demo_bundle(const struct demo_case *c, struct buf *out)
{
	static const char *const ids[] = { "bundle--7f9a1b2c-4d5e-4f6a-9b8c-0d1e2f3a4b10", "bundle--7f9a1b2c-4d5e-4f6a-9b8c-0d1e2f3a4b11",
		"bundle--7f9a1b2c-4d5e-4f6a-9b8c-0d1e2f3a4b12" };
	struct json_out o = json_out(out);
	json_open(&o, '{');
	json_kstr(&o, "type", "bundle");
	json_kstr(&o, "id", ids[c->revision]);
	json_key(&o, "objects");
	json_open(&o, '[');
	if (c->revision == 0) {
		const struct stix_sharing only = { .named = (struct span *)&c->named, .n_named = 1 };
		stix_sharing_write(&o, span_of(SCOPE_ID), c->reporter, c->created, &only);
		for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
			json_open(&o, '{');
			common(&o, c, objects[i].id, objects[i].observable, objects[i].part);
			put(&o, objects[i].members);
		}
	}
	put_report(&o, c);
	json_close(&o, ']');
	json_close(&o, '}');
}

unsigned demo_part_of(struct span id)
{
	if (span_is(id, DEMO_REPORT))
		return DEMO_AMBER;
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		if (span_is(id, objects[i].id))
			return objects[i].part;
	return 0;
}

unsigned demo_count(enum demo_part p)
{
	unsigned n = p == DEMO_AMBER; /* the report */
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		n += objects[i].part == p;
	return n;
}
