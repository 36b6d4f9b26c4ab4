/* SPDX-License-Identifier: Apache-2.0 */
/* The object types of STIX 2.1: class, clause, and what their deterministic ids are made of. */
#include "stix/lookup_priv.h"
#include "stix/model_priv.h"

/* clang-format off */
#define SDO(name, old, rule) { name, STIX_CLASS_SDO, old, "STIX 2.1 §" rule, { NULL } }
#define SRO(name, rule) { name, STIX_CLASS_SRO, true, "STIX 2.1 §" rule, { NULL } }
#define META(name, old, rule) { name, STIX_CLASS_META, old, "STIX 2.1 §" rule, { NULL } }
#define SCO(name, rule, ...) { name, STIX_CLASS_SCO, false, "STIX 2.1 §" rule, { __VA_ARGS__ } }
/* clang-format on */

static const struct model_type types[] = {
	SDO("attack-pattern", true, "4.1"),
	SDO("campaign", true, "4.2"),
	SDO("course-of-action", true, "4.3"),
	SDO("grouping", false, "4.4"),
	SDO("identity", true, "4.5"),
	SDO("incident", false, "4.6"),
	SDO("indicator", true, "4.7"),
	SDO("infrastructure", false, "4.8"),
	SDO("intrusion-set", true, "4.9"),
	SDO("location", false, "4.10"),
	SDO("malware", true, "4.11"),
	SDO("malware-analysis", false, "4.12"),
	SDO("note", false, "4.13"),
	SDO("observed-data", true, "4.14"),
	SDO("opinion", false, "4.15"),
	SDO("report", true, "4.16"),
	SDO("threat-actor", true, "4.17"),
	SDO("tool", true, "4.18"),
	SDO("vulnerability", true, "4.19"),
	SRO("relationship", "5.1"),
	SRO("sighting", "5.2"),
	SCO("artifact", "6.1", "hashes", "payload_bin"),
	SCO("autonomous-system", "6.2", "number"),
	SCO("directory", "6.3", "path"),
	SCO("domain-name", "6.4", "value"),
	SCO("email-addr", "6.5", "value"),
	SCO("email-message", "6.6", "body", "from_ref", "subject"),
	SCO("file", "6.7", "extensions", "hashes", "name", "parent_directory_ref"),
	SCO("ipv4-addr", "6.8", "value"),
	SCO("ipv6-addr", "6.9", "value"),
	SCO("mac-addr", "6.10", "value"),
	SCO("mutex", "6.11", "name"),
	SCO("network-traffic", "6.12", "dst_port", "dst_ref", "end", "extensions", "protocols", "src_port", "src_ref", "start"),
	SCO("process", "6.13", NULL),
	SCO("software", "6.14", "cpe", "name", "swid", "vendor", "version"),
	SCO("url", "6.15", "value"),
	SCO("user-account", "6.16", "account_login", "account_type", "user_id"),
	SCO("windows-registry-key", "6.17", "key", "values"),
	SCO("x509-certificate", "6.18", "hashes", "serial_number"),
	META("language-content", false, "7.1"),
	META("marking-definition", true, "7.2.1"),
	META("extension-definition", false, "7.3"),
	META("bundle", true, "8"),
};
#define N_TYPES (sizeof types / sizeof *types)

static struct lookup by_name;
static uint8_t length[N_TYPES];

static struct span word(const void *ctx, size_t i)
{
	return span_of(types[i].name);
}

__attribute__((constructor)) static void model_types_start(void)
{
	lookup_build(&by_name, N_TYPES, word, NULL);
	for (size_t i = 0; i < N_TYPES; i++)
		length[i] = (uint8_t)strlen(types[i].name);
}

const struct model_type *model_type(struct span name)
{
	unsigned i = lookup_slot(&by_name, name);
	return i != LOOKUP_NONE && name.n == length[i] && lookup_same(name.p, types[i].name, name.n) ? &types[i] : NULL;
}

const struct model_type *model_type_at(size_t i)
{
	return i < N_TYPES ? &types[i] : NULL;
}

size_t model_type_number(const struct model_type *t)
{
	return (size_t)(t - types);
}

bool model_type_name_ok(struct span name)
{
	if (name.n < 3 || name.n > 250)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return name.p[0] != '-' && !memmem(name.p, name.n, "--", 2);
}
