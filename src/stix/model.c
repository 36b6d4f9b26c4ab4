/* SPDX-License-Identifier: Apache-2.0 */
/* What STIX 2.1 says of every property: one row each, in the order of the standard.  Read with validate.c, which walks an object along these rows. */
#include "stix/lookup_priv.h"
#include "stix/model_priv.h"
#include "stix/validate_priv.h"
#include <assert.h>

#define R MODEL_REQUIRED
#define L MODEL_LIST
#define C MODEL_COMMON
#define EXACT 9007199254740991.0 /* §2.10: 2^53 - 1 */

/* clang-format off */
#define TEXT(name, flags) { name, FORM_STRING, flags }
#define CHECKED(name, flags, c) { name, FORM_STRING, flags, .check = check_##c }
#define DOUBTED(name, flags, c, r) { name, FORM_STRING, flags, .check = check_##c, .doubt = RULE_##r }
#define INTEGER(name, flags, a, b) { name, FORM_INTEGER, flags, .low = a, .high = b }
#define COUNT(name) INTEGER(name, 0, 0, EXACT)
#define WHOLE(name) INTEGER(name, 0, -EXACT, EXACT)
#define FLOAT(name, flags, a, b) { name, FORM_FLOAT, flags, .low = a, .high = b }
#define FLAG(name, flags) { name, FORM_BOOLEAN, flags }
#define TIME(name, flags) { name, FORM_TIME, flags }
#define REF(name, flags, types) { name, FORM_ID, flags, .words = types }
#define ENUM(name, flags, v) { name, FORM_ENUM, flags, .words = words_##v }
#define OPEN(name, flags, v) { name, FORM_OPEN, flags, .words = words_##v }
#define HEX(name) { name, FORM_HEX, 0 }
#define HASHES(name) { name, FORM_HASHES, 0 }
#define DICT(name, flags, types) { name, FORM_DICT, flags, .words = types }
#define KEYS(name, flags, types, c, r) { name, FORM_DICT, flags, .words = types, .check = check_##c, .doubt = RULE_##r }
#define PART(name, flags, s) { name, FORM_SHAPE, flags, .shape = &s }
/* clang-format on */

/* Types that references may name: "*" stands for any observable, a leading "!" makes the list one of forbidden types. */
#define ANY_OBSERVABLE "|*|"
#define NO_META "!|relationship|sighting|bundle|marking-definition|language-content|"

/* storage, C name, name for people, clause, own rows, common rows, then what else is to be said of the shape */
#define MAKE(storage, id, wire, clause, own, common, ...) \
	static struct model_index id##_index; \
	storage const struct model_shape id = { &id##_index, wire, clause, own, common, __VA_ARGS__ }
#define ROWS(id) id##_rows, sizeof id##_rows / sizeof *id##_rows
#define NO_ROWS NULL, 0
#define INNER(id, wire, clause, ...) MAKE(static, id, wire, "STIX 2.1 §" clause, ROWS(id), NO_ROWS, __VA_ARGS__)

/* ---- parts of objects ---- */

static const struct model_property external_reference_rows[] = {
	TEXT("source_name", R),
	TEXT("description", 0),
	CHECKED("url", 0, url),
	{ "hashes", FORM_HASHES, MODEL_CLOSED },
	TEXT("external_id", 0),
};
INNER(external_reference, "external-reference", "2.5", .rules = rules_external_reference);

static const struct model_property kill_chain_phase_rows[] = {
	DOUBTED("kill_chain_name", R, chain, KILL_CHAIN_NAME),
	DOUBTED("phase_name", R, chain, KILL_CHAIN_NAME),
};
INNER(kill_chain_phase, "kill-chain-phase", "2.11", .rules = NULL);

static const struct model_property granular_marking_rows[] = {
	CHECKED("lang", 0, language),
	REF("marking_ref", 0, "|marking-definition|"),
	CHECKED("selectors", R | L, selector),
};
INNER(granular_marking, "granular-marking", "7.2.3.1", .rules = rules_granular);

#define KILL_CHAIN PART("kill_chain_phases", L, kill_chain_phase)

/* ---- common properties (§3.2) ---- */

/* clang-format off */
#define TYPE { "type", FORM_TYPE, R | C }
#define ID(flags) { "id", FORM_SELF, flags }
#define SPEC(flags) ENUM("spec_version", flags, spec_version)
#define CREATED_BY(flags) REF("created_by_ref", flags, NULL)
#define EXTERNAL PART("external_references", L | C, external_reference)
#define MARKINGS REF("object_marking_refs", L | C, "|marking-definition|"), PART("granular_markings", L | C, granular_marking)
#define EXTENSIONS { "extensions", FORM_EXTENSIONS, C }
#define STAMP(name) TIME(name, R | C | MODEL_MILLISECONDS)
/* clang-format on */

static const struct model_property domain_common[] = {
	TYPE,
	ID(R | C),
	SPEC(R | C),
	CREATED_BY(C),
	STAMP("created"),
	STAMP("modified"),
	FLAG("revoked", C),
	TEXT("labels", L | C),
	INTEGER("confidence", C, 0, 100),
	CHECKED("lang", C, language),
	EXTERNAL,
	MARKINGS,
	EXTENSIONS,
};
#define DOMAIN domain_common, sizeof domain_common / sizeof *domain_common

/* Observables are not versioned; where a producer does it all the same (§3.6), the properties mean what they mean elsewhere. */
static const struct model_property observable_common[] = {
	TYPE,
	ID(R | C),
	SPEC(C),
	MARKINGS,
	FLAG("defanged", C),
	EXTENSIONS,
	CREATED_BY(C),
	TIME("created", C),
	TIME("modified", C),
	FLAG("revoked", C),
};
#define OBSERVABLE observable_common, sizeof observable_common / sizeof *observable_common

static const struct model_property old_rows[] = {
	TYPE,
	ID(R | C),
	SPEC(C),
	CREATED_BY(C),
	STAMP("created"),
	STAMP("modified"),
	FLAG("revoked", C),
	TEXT("labels", L | C),
	EXTERNAL,
	MARKINGS,
};

static const struct model_property old_marking_rows[] = {
	TYPE,
	ID(R | C),
	SPEC(C),
	CREATED_BY(C),
	TIME("created", R | C),
	TIME("modified", C),
	EXTERNAL,
	MARKINGS,
	TEXT("definition_type", R),
	DICT("definition", R, NULL),
};

/* ---- domain objects (§4) ---- */

#define SHAPE(id, wire, clause, ...) MAKE(static, id, wire, "STIX 2.1 §" clause, ROWS(id), DOMAIN, __VA_ARGS__)

static const struct model_order seen[] = { { "created", "modified", false }, { "first_seen", "last_seen", false }, { NULL, NULL, false } };
static const struct model_order versions[] = { { "created", "modified", false }, { NULL, NULL, false } };
#define NAME TEXT("name", R)
#define DESCRIPTION TEXT("description", 0)
#define ALIASES TEXT("aliases", L)
#define SEEN TIME("first_seen", 0), TIME("last_seen", 0)

static const struct model_property attack_pattern_rows[] = {
	NAME,
	DESCRIPTION,
	TEXT("aliases", L | MODEL_MAY_BE_EMPTY),
	KILL_CHAIN,
};
SHAPE(attack_pattern, "attack-pattern", "4.1", .order = versions);

static const struct model_property campaign_rows[] = {
	NAME,
	DESCRIPTION,
	ALIASES,
	SEEN,
	TEXT("objective", 0),
};
SHAPE(campaign, "campaign", "4.2", .order = seen);

static const struct model_property course_rows[] = {
	NAME,
	DESCRIPTION,
};
SHAPE(course, "course-of-action", "4.3", .order = versions);

static const struct model_property grouping_rows[] = {
	TEXT("name", 0),
	DESCRIPTION,
	OPEN("context", R, grouping_context),
	REF("object_refs", R | L, NULL),
};
SHAPE(grouping, "grouping", "4.4", .order = versions);

static const struct model_property identity_rows[] = {
	NAME,
	DESCRIPTION,
	TEXT("roles", L),
	OPEN("identity_class", 0, identity_class),
	OPEN("sectors", L, industry_sector),
	TEXT("contact_information", 0),
};
SHAPE(identity, "identity", "4.5", .order = versions);

static const struct model_property incident_rows[] = {
	NAME,
	DESCRIPTION,
};
SHAPE(incident, "incident", "4.6", .order = versions);

static const struct model_property indicator_rows[] = {
	TEXT("name", 0),
	DESCRIPTION,
	OPEN("indicator_types", L, indicator_type),
	TEXT("pattern", R),
	OPEN("pattern_type", R, pattern_type),
	TEXT("pattern_version", 0),
	TIME("valid_from", R),
	TIME("valid_until", 0),
	KILL_CHAIN,
};
static const struct model_order valid[] = { { "created", "modified", false }, { "valid_from", "valid_until", true }, { NULL, NULL, false } };
SHAPE(indicator, "indicator", "4.7", .order = valid, .rules = rules_indicator);

static const struct model_property infrastructure_rows[] = {
	NAME,
	DESCRIPTION,
	OPEN("infrastructure_types", L, infrastructure_type),
	ALIASES,
	KILL_CHAIN,
	SEEN,
};
SHAPE(infrastructure, "infrastructure", "4.8", .order = seen);

static const struct model_property intrusion_set_rows[] = {
	NAME,
	DESCRIPTION,
	ALIASES,
	SEEN,
	TEXT("goals", L),
	OPEN("resource_level", 0, attack_resource_level),
	OPEN("primary_motivation", 0, attack_motivation),
	OPEN("secondary_motivations", L, attack_motivation),
};
SHAPE(intrusion_set, "intrusion-set", "4.9", .order = seen);

static const struct model_property location_rows[] = {
	TEXT("name", 0),
	DESCRIPTION,
	FLOAT("latitude", 0, -90, 90),
	FLOAT("longitude", 0, -180, 180),
	FLOAT("precision", 0, 0, 1e300),
	OPEN("region", 0, region),
	DOUBTED("country", 0, country, COUNTRY),
	TEXT("administrative_area", 0),
	TEXT("city", 0),
	TEXT("street_address", 0),
	TEXT("postal_code", 0),
};
SHAPE(location, "location", "4.10", .order = versions, .rules = rules_location);

static const struct model_property malware_rows[] = {
	TEXT("name", 0),
	DESCRIPTION,
	OPEN("malware_types", L, malware_type),
	FLAG("is_family", R),
	ALIASES,
	KILL_CHAIN,
	SEEN,
	REF("operating_system_refs", L, "|software|"),
	OPEN("architecture_execution_envs", L, processor),
	OPEN("implementation_languages", L, implementation_language),
	OPEN("capabilities", L, malware_capabilities),
	REF("sample_refs", L, "|artifact|file|"),
};
SHAPE(malware, "malware", "4.11", .order = seen, .rules = rules_malware);

static const struct model_property malware_analysis_rows[] = {
	DOUBTED("product", R, product, PRODUCT_NAME),
	TEXT("version", 0),
	REF("host_vm_ref", 0, "|software|"),
	REF("operating_system_ref", 0, "|software|"),
	REF("installed_software_refs", L, "|software|"),
	TEXT("configuration_version", 0),
	TEXT("modules", L),
	TEXT("analysis_engine_version", 0),
	TEXT("analysis_definition_version", 0),
	TIME("submitted", 0),
	TIME("analysis_started", 0),
	TIME("analysis_ended", 0),
	TEXT("result_name", 0),
	OPEN("result", 0, malware_result),
	REF("analysis_sco_refs", L, ANY_OBSERVABLE),
	REF("sample_ref", 0, "|artifact|file|network-traffic|"),
};
static const struct model_order analysed[] = { { "created", "modified", false }, { "analysis_started", "analysis_ended", false }, { NULL, NULL, false } };
SHAPE(malware_analysis, "malware-analysis", "4.12", .order = analysed, .rules = rules_malware_analysis);

static const struct model_property note_rows[] = {
	TEXT("abstract", 0),
	TEXT("content", R),
	TEXT("authors", L),
	REF("object_refs", R | L, NULL),
};
SHAPE(note, "note", "4.13", .order = versions);

static const struct model_property observed_data_rows[] = {
	TIME("first_observed", R),
	TIME("last_observed", R),
	INTEGER("number_observed", R, 1, 999999999),
	{ "objects", FORM_OBSERVABLES, 0 },
	REF("object_refs", L, "|*|relationship|sighting|"),
};
static const struct model_order observed[] = { { "created", "modified", false }, { "first_observed", "last_observed", false }, { NULL, NULL, false } };
SHAPE(observed_data, "observed-data", "4.14", .order = observed, .rules = rules_observed_data);

static const struct model_property opinion_shape_rows[] = {
	TEXT("explanation", 0),
	TEXT("authors", L),
	ENUM("opinion", R, opinion),
	REF("object_refs", R | L, NULL),
};
SHAPE(opinion_shape, "opinion", "4.15", .order = versions);

static const struct model_property report_rows[] = {
	NAME,
	DESCRIPTION,
	OPEN("report_types", L, report_type),
	TIME("published", R),
	REF("object_refs", R | L, NULL),
};
SHAPE(report, "report", "4.16", .order = versions);

static const struct model_property threat_actor_rows[] = {
	NAME,
	DESCRIPTION,
	OPEN("threat_actor_types", L, actor_type),
	ALIASES,
	SEEN,
	OPEN("roles", L, actor_role),
	TEXT("goals", L),
	OPEN("sophistication", 0, actor_skill),
	OPEN("resource_level", 0, attack_resource_level),
	OPEN("primary_motivation", 0, attack_motivation),
	OPEN("secondary_motivations", L, attack_motivation),
	OPEN("personal_motivations", L, attack_motivation),
};
SHAPE(threat_actor, "threat-actor", "4.17", .order = seen);

static const struct model_property tool_rows[] = {
	NAME,
	DESCRIPTION,
	OPEN("tool_types", L, tool_type),
	ALIASES,
	KILL_CHAIN,
	TEXT("tool_version", 0),
};
SHAPE(tool, "tool", "4.18", .order = versions);

static const struct model_property vulnerability_rows[] = {
	NAME,
	DESCRIPTION,
};
SHAPE(vulnerability, "vulnerability", "4.19", .order = versions);

/* ---- relationships (§5) ---- */

static const struct model_property relationship_rows[] = {
	CHECKED("relationship_type", R, relationship),
	DESCRIPTION,
	REF("source_ref", R, NO_META),
	REF("target_ref", R, NO_META),
	TIME("start_time", 0),
	TIME("stop_time", 0),
};
static const struct model_order lasting[] = { { "created", "modified", false }, { "start_time", "stop_time", true }, { NULL, NULL, false } };
SHAPE(relationship, "relationship", "5.1", .order = lasting, .rules = rules_relationship);

static const struct model_property sighting_rows[] = {
	DESCRIPTION,
	SEEN,
	INTEGER("count", 0, 0, 999999999),
	REF("sighting_of_ref", R, NO_META),
	REF("observed_data_refs", L, "|observed-data|"),
	REF("where_sighted_refs", L, "|identity|location|"),
	FLAG("summary", 0),
};
SHAPE(sighting, "sighting", "5.2", .order = seen, .rules = rules_sighting);

/* ---- observables (§6) and their extensions ---- */

#define SCO(id, wire, clause, ...) MAKE(static, id, wire, "STIX 2.1 §" clause, ROWS(id), OBSERVABLE, __VA_ARGS__)

static const struct model_property artifact_rows[] = {
	CHECKED("mime_type", 0, mime),
	{ "payload_bin", FORM_BINARY, 0 },
	CHECKED("url", 0, url),
	HASHES("hashes"),
	ENUM("encryption_algorithm", 0, encryption_algorithm),
	TEXT("decryption_key", 0),
};
SCO(artifact, "artifact", "6.1", .rules = rules_artifact);

static const struct model_property autonomous_system_rows[] = {
	INTEGER("number", R, 0, EXACT),
	TEXT("name", 0),
	TEXT("rir", 0),
};
SCO(autonomous_system, "autonomous-system", "6.2", .order = NULL);

static const struct model_property directory_rows[] = {
	TEXT("path", R),
	CHECKED("path_enc", 0, charset),
	TIME("ctime", 0),
	TIME("mtime", 0),
	TIME("atime", 0),
	REF("contains_refs", L, "|file|directory|"),
};
SCO(directory, "directory", "6.3", .order = NULL);

static const struct model_property domain_name_rows[] = {
	CHECKED("value", R, domain),
	REF("resolves_to_refs", L, "|ipv4-addr|ipv6-addr|domain-name|"),
};
SCO(domain_name, "domain-name", "6.4", .order = NULL);

static const struct model_property email_addr_rows[] = {
	CHECKED("value", R, email),
	TEXT("display_name", 0),
	REF("belongs_to_ref", 0, "|user-account|"),
};
SCO(email_addr, "email-addr", "6.5", .order = NULL);

static const struct model_property mime_part_rows[] = {
	TEXT("body", 0),
	REF("body_raw_ref", 0, "|artifact|file|"),
	TEXT("content_type", 0),
	TEXT("content_disposition", 0),
};
INNER(mime_part, "email-mime-part-type", "6.6.2", .rules = rules_mime_part);
#define ADDRESS "|email-addr|"

static const struct model_property email_message_rows[] = {
	FLAG("is_multipart", R),
	TIME("date", 0),
	TEXT("content_type", 0),
	REF("from_ref", 0, ADDRESS),
	REF("sender_ref", 0, ADDRESS),
	REF("to_refs", L, ADDRESS),
	REF("cc_refs", L, ADDRESS),
	REF("bcc_refs", L, ADDRESS),
	TEXT("message_id", 0),
	TEXT("subject", 0),
	TEXT("received_lines", L | MODEL_MAY_BE_EMPTY),
	DICT("additional_header_fields", 0, "|string|array|"),
	TEXT("body", 0),
	PART("body_multipart", L, mime_part),
	REF("raw_email_ref", 0, "|artifact|"),
};
SCO(email_message, "email-message", "6.6", .rules = rules_email_message);

static const struct model_property archive_ext_rows[] = {
	REF("contains_refs", R | L, "|file|directory|"),
	TEXT("comment", 0),
};
INNER(archive_ext, "archive-ext", "6.7.2", .more = "file");

static const struct model_property stream_rows[] = {
	TEXT("name", R),
	HASHES("hashes"),
	COUNT("size"),
};
INNER(stream, "alternate-data-stream-type", "6.7.3.2", .order = NULL);

static const struct model_property ntfs_rows[] = {
	TEXT("sid", 0),
	PART("alternate_data_streams", L, stream),
};
INNER(ntfs, "ntfs-ext", "6.7.3", .any_one = true, .more = "file");

static const struct model_property pdf_rows[] = {
	TEXT("version", 0),
	FLAG("is_optimized", 0),
	KEYS("document_info_dict", 0, "|string|", pdf, PDF_KEY),
	TEXT("pdfid0", 0),
	TEXT("pdfid1", 0),
};
INNER(pdf, "pdf-ext", "6.7.4", .any_one = true, .more = "file");

static const struct model_property raster_rows[] = {
	COUNT("image_height"),
	COUNT("image_width"),
	COUNT("bits_per_pixel"),
	DICT("exif_tags", 0, "|string|integer|"),
	TEXT("image_compression_algorithm", 0),
};
INNER(raster, "raster-image-ext", "6.7.5", .any_one = true, .more = "file");

static const struct model_property optional_header_rows[] = {
	HEX("magic_hex"),
	WHOLE("major_linker_version"),
	WHOLE("minor_linker_version"),
	COUNT("size_of_code"),
	COUNT("size_of_initialized_data"),
	COUNT("size_of_uninitialized_data"),
	WHOLE("address_of_entry_point"),
	WHOLE("base_of_code"),
	WHOLE("base_of_data"),
	WHOLE("image_base"),
	WHOLE("section_alignment"),
	WHOLE("file_alignment"),
	WHOLE("major_os_version"),
	WHOLE("minor_os_version"),
	WHOLE("major_image_version"),
	WHOLE("minor_image_version"),
	WHOLE("major_subsystem_version"),
	WHOLE("minor_subsystem_version"),
	HEX("win32_version_value_hex"),
	COUNT("size_of_image"),
	COUNT("size_of_headers"),
	HEX("checksum_hex"),
	HEX("subsystem_hex"),
	HEX("dll_characteristics_hex"),
	COUNT("size_of_stack_reserve"),
	COUNT("size_of_stack_commit"),
	COUNT("size_of_heap_reserve"),
	COUNT("size_of_heap_commit"),
	HEX("loader_flags_hex"),
	WHOLE("number_of_rva_and_sizes"),
	HASHES("hashes"),
};
INNER(optional_header, "windows-pe-optional-header-type", "6.7.6.2", .any_one = true);

static const struct model_property section_rows[] = {
	TEXT("name", R),
	COUNT("size"),
	FLOAT("entropy", 0, -1e300, 1e300),
	HASHES("hashes"),
};
INNER(section, "windows-pe-section-type", "6.7.6.3", .order = NULL);

static const struct model_property pe_rows[] = {
	OPEN("pe_type", R, pe_type),
	TEXT("imphash", 0),
	HEX("machine_hex"),
	COUNT("number_of_sections"),
	TIME("time_date_stamp", MODEL_SECONDS),
	HEX("pointer_to_symbol_table_hex"),
	COUNT("number_of_symbols"),
	COUNT("size_of_optional_header"),
	HEX("characteristics_hex"),
	HASHES("file_header_hashes"),
	PART("optional_header", 0, optional_header),
	PART("sections", L, section),
};
INNER(pe, "windows-pebinary-ext", "6.7.6", .more = "file", .rules = rules_pe);

static const struct model_property file_rows[] = {
	HASHES("hashes"),
	COUNT("size"),
	TEXT("name", 0),
	CHECKED("name_enc", 0, charset),
	HEX("magic_number_hex"),
	DOUBTED("mime_type", 0, media, MEDIA_TYPE),
	TIME("ctime", 0),
	TIME("mtime", 0),
	TIME("atime", 0),
	REF("parent_directory_ref", 0, "|directory|"),
	REF("contains_refs", L, ANY_OBSERVABLE),
	REF("content_ref", 0, "|artifact|"),
};
SCO(file, "file", "6.7", .rules = rules_file);

static const struct model_property ipv4_rows[] = {
	CHECKED("value", R, ipv4),
	REF("resolves_to_refs", L, "|mac-addr|"),
	REF("belongs_to_refs", L, "|autonomous-system|"),
};
SCO(ipv4, "ipv4-addr", "6.8", .order = NULL);

static const struct model_property ipv6_rows[] = {
	CHECKED("value", R, ipv6),
	REF("resolves_to_refs", L, "|mac-addr|"),
	REF("belongs_to_refs", L, "|autonomous-system|"),
};
SCO(ipv6, "ipv6-addr", "6.9", .order = NULL);

static const struct model_property mac_rows[] = {
	CHECKED("value", R, mac),
};
SCO(mac, "mac-addr", "6.10", .order = NULL);

static const struct model_property mutex_rows[] = {
	TEXT("name", R),
};
SCO(mutex, "mutex", "6.11", .order = NULL);

static const struct model_property http_rows[] = {
	TEXT("request_method", R),
	TEXT("request_value", R),
	TEXT("request_version", 0),
	KEYS("request_header", MODEL_SOFT, "|array|", header, HTTP_HEADER),
	WHOLE("message_body_length"),
	REF("message_body_data_ref", 0, "|artifact|"),
};
INNER(http, "http-request-ext", "6.12.2", .more = "network-traffic");

static const struct model_property icmp_rows[] = {
	{ "icmp_type_hex", FORM_HEX, R },
	{ "icmp_code_hex", FORM_HEX, R },
};
INNER(icmp, "icmp-ext", "6.12.3", .more = "network-traffic");

static const struct model_property socket_ext_rows[] = {
	ENUM("address_family", R, address_family),
	FLAG("is_blocking", 0),
	FLAG("is_listening", 0),
	KEYS("options", 0, "|integer|", socket, SOCKET_OPTION),
	ENUM("socket_type", 0, socket_type),
	COUNT("socket_descriptor"),
	WHOLE("socket_handle"),
};
INNER(socket_ext, "socket-ext", "6.12.4", .more = "network-traffic");

static const struct model_property tcp_rows[] = {
	HEX("src_flags_hex"),
	HEX("dst_flags_hex"),
};
INNER(tcp, "tcp-ext", "6.12.5", .any_one = true, .more = "network-traffic");
#define END "|ipv4-addr|ipv6-addr|mac-addr|domain-name|"

static const struct model_property network_traffic_rows[] = {
	TIME("start", 0),
	TIME("end", 0),
	FLAG("is_active", 0),
	REF("src_ref", 0, END),
	REF("dst_ref", 0, END),
	INTEGER("src_port", 0, 0, 65535),
	INTEGER("dst_port", 0, 0, 65535),
	DOUBTED("protocols", R | L, service, SERVICE_NAME),
	COUNT("src_byte_count"),
	COUNT("dst_byte_count"),
	COUNT("src_packets"),
	COUNT("dst_packets"),
	KEYS("ipfix", 0, "|string|integer|", ipfix, IPFIX_ELEMENT),
	REF("src_payload_ref", 0, "|artifact|"),
	REF("dst_payload_ref", 0, "|artifact|"),
	REF("encapsulates_refs", L, "|network-traffic|"),
	REF("encapsulated_by_ref", 0, "|network-traffic|"),
};
static const struct model_order flow[] = { { "start", "end", false }, { NULL, NULL, false } };
SCO(network_traffic, "network-traffic", "6.12", .order = flow, .rules = rules_network_traffic);

static const struct model_property windows_process_rows[] = {
	FLAG("aslr_enabled", 0),
	FLAG("dep_enabled", 0),
	DOUBTED("priority", 0, priority, PROCESS_PRIORITY),
	TEXT("owner_sid", 0),
	TEXT("window_title", 0),
	TEXT("windows_title", 0),
	{ "startup_info", FORM_DICT, 0, .words = "|string|integer|null|boolean|" },
	ENUM("integrity_level", 0, integrity_level),
};
INNER(windows_process, "windows-process-ext", "6.13.2", .any_one = true, .more = "process");

static const struct model_property windows_service_rows[] = {
	TEXT("service_name", 0),
	TEXT("descriptions", L),
	TEXT("display_name", 0),
	TEXT("group_name", 0),
	ENUM("start_type", 0, service_start),
	REF("service_dll_refs", L, "|file|"),
	ENUM("service_type", 0, service_type),
	ENUM("service_status", 0, service_status),
};
INNER(windows_service, "windows-service-ext", "6.13.3", .any_one = true, .more = "process");

static const struct model_property process_rows[] = {
	FLAG("is_hidden", 0),
	WHOLE("pid"),
	TIME("created_time", 0),
	TEXT("cwd", 0),
	TEXT("command_line", 0),
	DICT("environment_variables", 0, "|string|"),
	REF("opened_connection_refs", L, "|network-traffic|"),
	REF("creator_user_ref", 0, "|user-account|"),
	REF("image_ref", 0, "|file|"),
	REF("parent_ref", 0, "|process|"),
	REF("child_refs", L, "|process|"),
};
SCO(process, "process", "6.13", .rules = rules_process);

static const struct model_property software_rows[] = {
	TEXT("name", R),
	CHECKED("cpe", 0, cpe),
	TEXT("swid", 0),
	CHECKED("languages", L, language),
	TEXT("vendor", 0),
	TEXT("version", 0),
};
SCO(software, "software", "6.14", .order = NULL);

static const struct model_property url_rows[] = {
	CHECKED("value", R, url),
};
SCO(url, "url", "6.15", .order = NULL);

static const struct model_property unix_account_rows[] = {
	WHOLE("gid"),
	TEXT("groups", L),
	TEXT("home_dir", 0),
	TEXT("shell", 0),
};
INNER(unix_account, "unix-account-ext", "6.16.2", .any_one = true, .more = "user-account");

static const struct model_property user_account_rows[] = {
	TEXT("user_id", 0),
	TEXT("credential", 0),
	TEXT("account_login", 0),
	OPEN("account_type", 0, account_type),
	TEXT("display_name", 0),
	FLAG("is_service_account", 0),
	FLAG("is_privileged", 0),
	FLAG("can_escalate_privs", 0),
	FLAG("is_disabled", 0),
	TIME("account_created", 0),
	TIME("account_expires", 0),
	TIME("credential_last_changed", 0),
	TIME("account_first_login", 0),
	TIME("account_last_login", 0),
};
SCO(user_account, "user-account", "6.16", .rules = rules_any_or_extension);

static const struct model_property registry_value_rows[] = {
	TEXT("name", 0),
	TEXT("data", 0),
	ENUM("data_type", 0, registry_type),
};
INNER(registry_value, "windows-registry-value-type", "6.17.2", .any_one = true);

static const struct model_property registry_key_rows[] = {
	CHECKED("key", 0, hive),
	PART("values", L | MODEL_MAY_BE_EMPTY, registry_value),
	TIME("modified_time", 0),
	REF("creator_user_ref", 0, "|user-account|"),
	COUNT("number_of_subkeys"),
};
SCO(registry_key, "windows-registry-key", "6.17", .any_one = true);

static const struct model_property v3_rows[] = {
	TEXT("basic_constraints", 0),
	TEXT("name_constraints", 0),
	TEXT("policy_constraints", 0),
	TEXT("key_usage", 0),
	TEXT("extended_key_usage", 0),
	TEXT("subject_key_identifier", 0),
	TEXT("authority_key_identifier", 0),
	TEXT("subject_alternative_name", 0),
	TEXT("issuer_alternative_name", 0),
	TEXT("subject_directory_attributes", 0),
	TEXT("crl_distribution_points", 0),
	TEXT("inhibit_any_policy", 0),
	TIME("private_key_usage_period_not_before", 0),
	TIME("private_key_usage_period_not_after", 0),
	TEXT("certificate_policies", 0),
	TEXT("policy_mappings", 0),
};
INNER(v3, "x509-v3-extensions-type", "6.18.2", .any_one = true);

static const struct model_property x509_rows[] = {
	FLAG("is_self_signed", 0),
	HASHES("hashes"),
	TEXT("version", 0),
	TEXT("serial_number", 0),
	TEXT("signature_algorithm", 0),
	TEXT("issuer", 0),
	TIME("validity_not_before", 0),
	TIME("validity_not_after", 0),
	TEXT("subject", 0),
	TEXT("subject_public_key_algorithm", 0),
	TEXT("subject_public_key_modulus", 0),
	WHOLE("subject_public_key_exponent"),
	PART("x509_v3_extensions", 0, v3),
};
SCO(x509, "x509-certificate", "6.18", .any_one = true);

/* ---- meta objects (§7, §8) ---- */

static const struct model_property language_content_rows[] = {
	REF("object_ref", R, "!|bundle|language-content|"),
	TIME("object_modified", 0),
	DICT("contents", R, "|object|"),
};
SHAPE(language_content, "language-content", "7.1", .order = versions, .rules = rules_language_content);

static const struct model_property marking_rows[] = {
	TYPE,
	ID(R | C),
	SPEC(R | C),
	CREATED_BY(C),
	TIME("created", R | C),
	TIME("modified", C),
	TEXT("name", 0),
	TEXT("definition_type", 0),
	DICT("definition", 0, NULL),
	EXTERNAL,
	MARKINGS,
	EXTENSIONS,
};
INNER(marking, "marking-definition", "7.2.1", .rules = rules_marking);

static const struct model_property extension_definition_rows[] = {
	TYPE,
	ID(R | C),
	SPEC(R | C),
	CREATED_BY(R | C),
	STAMP("created"),
	STAMP("modified"),
	FLAG("revoked", C),
	TEXT("labels", L | C),
	EXTERNAL,
	MARKINGS,
	NAME,
	DESCRIPTION,
	TEXT("schema", R),
	TEXT("version", R),
	ENUM("extension_types", R | L, extension_type),
	CHECKED("extension_properties", L, name),
	EXTENSIONS,
};
INNER(extension_definition, "extension-definition", "7.3", .order = versions, .rules = rules_extension_definition);

static const struct model_property bundle_rows[] = {
	TYPE,
	ID(R | C),
	{ "objects", FORM_OBJECTS, L },
	SPEC(C),
};
INNER(bundle, "bundle", "8", .rules = rules_bundle);

/* ---- objects outside the standard's types ---- */

MAKE(, model_custom_domain, "custom object", "STIX 2.1 §11.2", NO_ROWS, DOMAIN, .order = versions);
MAKE(, model_custom_observable, "custom observable", "STIX 2.1 §11.2", NO_ROWS, OBSERVABLE, .order = NULL);
MAKE(, model_old, "STIX 2.0 object", "STIX 2.0 part 1 §3.1", ROWS(old), NO_ROWS, .order = versions, .open = true);
MAKE(, model_old_marking, "STIX 2.0 marking-definition", "STIX 2.0 part 1 §4.1", ROWS(old_marking), NO_ROWS, .rules = rules_marking, .open = true);

static const struct model_shape *const shapes[] = {
	&attack_pattern,
	&campaign,
	&course,
	&grouping,
	&identity,
	&incident,
	&indicator,
	&infrastructure,
	&intrusion_set,
	&location,
	&malware,
	&malware_analysis,
	&note,
	&observed_data,
	&opinion_shape,
	&report,
	&threat_actor,
	&tool,
	&vulnerability,
	&relationship,
	&sighting,
	&artifact,
	&autonomous_system,
	&directory,
	&domain_name,
	&email_addr,
	&email_message,
	&file,
	&ipv4,
	&ipv6,
	&mac,
	&mutex,
	&network_traffic,
	&process,
	&software,
	&url,
	&user_account,
	&registry_key,
	&x509,
	&language_content,
	&marking,
	&extension_definition,
	&bundle,
	&archive_ext,
	&ntfs,
	&pdf,
	&raster,
	&pe,
	&http,
	&icmp,
	&socket_ext,
	&tcp,
	&windows_process,
	&windows_service,
	&unix_account,
	&external_reference,
	&kill_chain_phase,
	&granular_marking,
	&mime_part,
	&stream,
	&optional_header,
	&section,
	&registry_value,
	&v3,
	&model_custom_domain,
	&model_custom_observable,
	&model_old,
	&model_old_marking,
};
#define N_SHAPES (sizeof shapes / sizeof *shapes)

static struct span property_word(const void *ctx, size_t i)
{
	return span_of(model_property_at(ctx, i)->name);
}

uint64_t model_targets(const char *words)
{
	uint64_t targets = 0;
	const struct model_type *t;
	if (!words)
		return UINT64_MAX;
	bool forbids = words[0] == '!', observables = words[1] == '*';
	for (size_t i = 0; (t = model_type_at(i)); i++) {
		bool named = model_word(words + forbids, span_of(t->name)) || (observables && t->kind == STIX_CLASS_SCO);
		targets |= named ? UINT64_C(1) << i : 0;
		assert(i < MODEL_CUSTOM);
	}
	targets |= observables ? UINT64_C(1) << MODEL_CUSTOM : 0;
	return forbids ? ~targets : targets;
}

__attribute__((constructor)) static void model_start(void)
{
	for (size_t i = 0; i < N_SHAPES; i++) {
		const struct model_shape *s = shapes[i];
		size_t n = s->n_own + s->n_common;
		assert(n <= MODEL_MOST);
		lookup_build(&s->index->lookup, n, property_word, s);
		for (size_t k = 0; k < n; k++) {
			const struct model_property *p = model_property_at(s, k);
			s->index->required |= p->flags & R ? UINT64_C(1) << k : 0;
			s->index->own |= p->flags & C ? 0 : UINT64_C(1) << k;
			s->index->extensions |= p->form == FORM_EXTENSIONS ? UINT64_C(1) << k : 0;
			s->index->identity |= p->form == FORM_SELF ? UINT64_C(1) << k : 0;
			s->index->row[k] = p;
			s->index->length[k] = (uint8_t)strlen(p->name);
			s->index->targets[k] = p->form == FORM_ID ? model_targets(p->words) : 0;
		}
	}
}

const struct model_shape *model_shape_of(const struct model_type *t)
{
	const struct model_shape *s = shapes[model_type_number(t)];
	assert(s->name == t->name || strcmp(s->name, t->name) == 0); /* the first shapes stand in the order of the types */
	return s;
}

const struct model_shape *model_extension(struct span key)
{
	for (size_t i = 0; i < N_SHAPES; i++) {
		if (shapes[i]->more && span_is(key, shapes[i]->name))
			return shapes[i];
	}
	return NULL;
}

const struct model_shape *model_shape_at(size_t i)
{
	return i < N_SHAPES ? shapes[i] : NULL;
}
