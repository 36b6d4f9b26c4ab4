/* SPDX-License-Identifier: Apache-2.0 */
/* Data for the benchmarks: made objects, and the real bundle where it is there. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include "stix/marking.h"
#include "util/uuid.h"

static void fresh_id(char out[static UUID_TEXT])
{
	uint8_t r[16];
	random_bytes(r, sizeof(r));
	struct uuid u = uuid_v4(r);
	uuid_format(&u, out);
}

void bench_object(struct buf *out, uint64_t number)
{
	static const char text[] = "Adversaries may abuse this sample technique to move between networks that trust each other. The behaviour was observed in "
				   "several organisations over some weeks, with small changes of infrastructure each time, and is described here for detection only. ";
	char id[UUID_TEXT], other[UUID_TEXT];
	fresh_id(id);
	fresh_id(other);
	switch (number % 3) {
	case 0:
		buf_addf(out, "{\"type\":\"indicator\",\"id\":\"indicator--%s\",\"name\":\"Sample %llu\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\","
			      "\"pattern\":\"[domain-name:value = 'h%llu.sample.example' OR ipv4-addr:value = '10.%u.%u.%u']\",\"indicator_types\":[\"malicious-activity\"],",
			id, (unsigned long long)number, (unsigned long long)number, (unsigned)(number >> 16) & 255, (unsigned)(number >> 8) & 255, (unsigned)number & 255);
		break;
	case 1:
		buf_addf(out, "{\"type\":\"malware\",\"id\":\"malware--%s\",\"name\":\"Sample family %llu\",\"is_family\":true,\"malware_types\":[\"backdoor\"],", id, (unsigned long long)number);
		break;
	default:
		buf_addf(out, "{\"type\":\"relationship\",\"id\":\"relationship--%s\",\"relationship_type\":\"indicates\",\"source_ref\":\"indicator--%s\",\"target_ref\":\"malware--%s\",", id, other, other);
	}
	buf_addf(out, "\"spec_version\":\"2.1\",\"created\":\"2026-01-01T00:00:00.%03uZ\",\"modified\":\"2026-01-02T00:00:00.000Z\",\"object_marking_refs\":[\"%s\"],"
		      "\"external_references\":[{\"source_name\":\"sample\",\"external_id\":\"S%llu\",\"url\":\"https://sample.example/items/%llu\"}],\"description\":\"",
		(unsigned)(number % 1000), stix_tlp_id(STIX_TLP_CLEAR), (unsigned long long)number, (unsigned long long)number);
	for (int i = 0; i < 3; i++)
		buf_adds(out, text);
	buf_adds(out, "\"}");
}

bool bench_bundle(struct buf *out, const char **what)
{
	static const char path[] = "../shared/data/attack/enterprise-attack.json.xz";
	char piece[65536];
	int p[2];
	(void)p;
	FILE *in = fopen(path, "re");
	if (in) {
		fclose(in);
		char name[] = "/tmp/musubi-bench-XXXXXX", command[256];
		int fd = mkstemp(name);
		snprintf(command, sizeof(command), "xz -dc %s >%s", path, name);
		if (fd >= 0 && system(command) == 0 && (in = fdopen(fd, "r"))) { /* a benchmark's own constant command line */
			size_t n;
			while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
				buf_add(out, piece, n);
			fclose(in);
			remove(name);
			*what = "ATT&CK enterprise";
			return buf_ok(out);
		}
		remove(name);
	}
	*what = "made objects";
	buf_adds(out, "{\"type\":\"bundle\",\"id\":\"bundle--3d7f0b9e-1c2d-4e5f-8a9b-0c1d2e3f4a5b\",\"objects\":[");
	for (uint64_t i = 0; i < 24000; i++) {
		if (i)
			buf_addc(out, ',');
		bench_object(out, i);
	}
	buf_adds(out, "]}");
	return buf_ok(out);
}
