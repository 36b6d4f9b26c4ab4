/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule of validation, one row each: from here come the findings' codes and severities, `musubi explain`, and rules_test.c, which tries each example.
 *
 *   ERROR    a MUST: the object is refused
 *   WARNING  a SHOULD, or a MUST whose breach is taken (docs/design/validation.md says why)
 *   ADVICE   a SHOULD that good objects seldom follow: told only where it is asked for (stix_advise)
 *
 * An example is either a whole object, or members put over the smallest good object of the type; ' stands for ".  rule: clause of STIX 2.1 or another standard. */
#ifndef STIX_RULES_PRIV_H
#define STIX_RULES_PRIV_H
#include "stix/validate.h"

#define EXAMPLE_T "'created':'2026-01-01T00:00:00.000Z','modified':'2026-01-01T00:00:00.000Z'"
#define EXAMPLE_ID "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define EXAMPLE_TOOL "{'type':'tool','spec_version':'2.1','id':'tool--" EXAMPLE_ID "'," EXAMPLE_T
#define EXAMPLE_EXT "'extension-definition--" EXAMPLE_ID "'"

/* clang-format off */
/* name, code, severity, rule, type of the example, bad, good, meaning */
#define STIX_RULES(X) \
X(MISSING_PROPERTY, "missing-property", ERROR, "STIX 2.1 §3.1", "tool", EXAMPLE_TOOL "}", EXAMPLE_TOOL ",'name':'n'}", \
	"A property that the type requires is not there.") \
X(WRONG_TYPE, "wrong-type", ERROR, "STIX 2.1 §2", "tool", "'name':7", "'name':'seven'", \
	"The value has another JSON type than the property asks for.") \
X(NULL_VALUE, "null-value", ERROR, "STIX 2.1 §2.3", "tool", "'x_acme_note':null", "'x_acme_note':'none'", \
	"null is no value in STIX: a property without a value is left out.") \
X(EMPTY_LIST, "empty-list", ERROR, "STIX 2.1 §2.12", "tool", "'labels':[]", "'labels':['a']", \
	"A list has at least one item: an empty one is left out.") \
X(EMPTY_DICTIONARY, "empty-dictionary", ERROR, "STIX 2.1 §2.3", "file", "'hashes':{}", "'name':'n'", \
	"A dictionary has at least one key: an empty one is left out.") \
X(TOO_MANY, "too-many", ERROR, "STIX 2.1 §2.12", NULL, NULL, NULL, \
	"The list is longer than this program takes.  The standard sets no limit: split the object.") \
X(DUPLICATE_KEY, "duplicate-key", ERROR, "RFC 8259 §4", "tool", EXAMPLE_TOOL ",'name':'n','name':'m'}", EXAMPLE_TOOL ",'name':'n'}", \
	"A key stands twice in one object.  Which of the two counts would be anybody's guess.") \
X(BAD_TYPE, "bad-type", ERROR, "STIX 2.1 §3.1", "tool", "{'type':'Tool','id':'tool--" EXAMPLE_ID "'}", "'name':'n'", \
	"The name of a type is 3 to 250 of a-z, 0-9 and single hyphens, a letter first.") \
X(BAD_NAME, "bad-name", ERROR, "STIX 2.1 §11.1.1", "tool", "'x-acme-note':'a'", "'x_acme_note':'a'", \
	"The name of a property is 3 to 250 of a-z, 0-9 and underscores, a letter first.") \
X(RESERVED_NAME, "reserved-name", ERROR, "STIX 2.1 §3.8", "tool", "'severity':5", "'x_acme_severity':5", \
	"severity, username, phone_number and action are kept for later versions of the standard.") \
X(BAD_KEY, "bad-key", ERROR, "STIX 2.1 §2.3", "process", "'environment_variables':{'MY PATH':'/'}", "'environment_variables':{'MY_PATH':'/'}", \
	"A key of a dictionary is at most 250 of a-z, A-Z, 0-9, hyphen and underscore.") \
X(BAD_EXTENSION, "bad-extension", ERROR, "STIX 2.1 §3.2", "tool", "'extensions':{'acme':{'rank':1}}", "'extensions':{" EXAMPLE_EXT ":{'extension_type':'property-extension','rank':1}}", \
	"A key of extensions is the id of an extension-definition, or the name of an extension of the standard.") \
X(NOT_IN_ENUM, "not-in-enum", ERROR, "STIX 2.1 §2.4", "opinion", "'opinion':'maybe'", "'opinion':'neutral'", \
	"The property takes only the words of its enumeration.") \
X(BAD_ID, "bad-id", ERROR, "STIX 2.1 §2.9", "tool", "'id':'tool--1'", "'id':'tool--" EXAMPLE_ID "'", \
	"An id is the type, two hyphens, and a UUID of RFC 4122.") \
X(ID_TYPE, "id-type", ERROR, "STIX 2.1 §2.9", "tool", "'id':'malware--" EXAMPLE_ID "'", "'id':'tool--" EXAMPLE_ID "'", \
	"The id begins with the object's own type.") \
X(ID_VERSION, "id-version", ERROR, "STIX 2.1 §2.9", "process", "'id':'process--28bb3599-77cd-5a82-a950-b5bc3caf07c4'", "'id':'process--" EXAMPLE_ID "'", \
	"An observable that has none of the properties a deterministic id is made of has a random UUID, version 4.") \
X(WRONG_TARGET, "wrong-target", ERROR, "STIX 2.1 §2.9", "tool", "'object_marking_refs':['tool--" EXAMPLE_ID "']", "'object_marking_refs':['marking-definition--" EXAMPLE_ID "']", \
	"The reference points to a type that the property does not allow.") \
X(UNRESOLVED_KEY, "unresolved-key", ERROR, "STIX 2.1 §2.13", "observed-data", "'objects':{'0':{'type':'domain-name','value':'a.example','resolves_to_refs':['1']}}", \
	"'objects':{'0':{'type':'domain-name','value':'a.example','resolves_to_refs':['1']},'1':{'type':'ipv4-addr','value':'198.51.100.3'}}", \
	"Within objects, references are keys of the same container, and lead to a type that the property allows.") \
X(BAD_TIMESTAMP, "bad-timestamp", ERROR, "STIX 2.1 §2.16", "report", "'published':'2026-02-30T00:00:00Z'", "'published':'2026-02-28T00:00:00Z'", \
	"A time is written 2026-02-28T12:00:00Z or 2026-02-28T12:00:00.123Z, in UTC, and exists in the calendar.") \
X(TIMESTAMP_PRECISION, "timestamp-precision", ERROR, "STIX 2.1 §3.2", "tool", "'created':'2026-01-01T00:00:00Z'", "'created':'2026-01-01T00:00:00.000Z'", \
	"created and modified have at least three digits behind the point; the time stamp of a Windows executable has none.") \
X(TIME_ORDER, "time-order", ERROR, "STIX 2.1 §3.2", "campaign", "'first_seen':'2026-01-02T00:00:00Z','last_seen':'2026-01-01T00:00:00Z'", \
	"'first_seen':'2026-01-01T00:00:00Z','last_seen':'2026-01-02T00:00:00Z'", "The end lies before the beginning.") \
X(BAD_VALUE, "bad-value", ERROR, "STIX 2.1 §6", "ipv4-addr", "'value':'198.51.100.300'", "'value':'198.51.100.30'", \
	"The text does not have the form that the property asks for: an address, a URL, a language, a CPE name.") \
X(BAD_HEX, "bad-hex", ERROR, "STIX 2.1 §2.8", "file", "'magic_number_hex':'0x4d5a'", "'magic_number_hex':'4d5a'", \
	"Hexadecimal text has an even number of digits 0-9 a-f and no prefix.") \
X(BAD_BINARY, "bad-binary", ERROR, "STIX 2.1 §2.1", "artifact", "'payload_bin':'AAA'", "'payload_bin':'AAA='", \
	"Binary data is written in base64 (RFC 4648 §4), with = to fill the last four characters.") \
X(BAD_HASH, "bad-hash", ERROR, "STIX 2.1 §2.7", "file", "'hashes':{'MD5':'d41d8cd9'}", "'hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}", \
	"The hash does not have the length and the characters that its algorithm gives.") \
X(BAD_HASH_NAME, "bad-hash-name", ERROR, "STIX 2.1 §2.7", "file", "'hashes':{'S3':'aa'}", "'hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}", \
	"The name of a hash algorithm is 3 to 250 of a-z, A-Z, 0-9, hyphen and underscore; in external references it is one of hash-algorithm-ov.") \
X(OUT_OF_RANGE, "out-of-range", ERROR, "STIX 2.1 §2.10", "tool", "'confidence':101", "'confidence':100", \
	"The number lies outside of what the property allows.") \
X(BAD_REFERENCE, "bad-reference", ERROR, "STIX 2.1 §2.5", "tool", "'external_references':[{'source_name':'NVD','external_id':'CVE-2024-1234'}]", \
	"'external_references':[{'source_name':'cve','external_id':'CVE-2024-1234'}]", "A reference to CVE or CAPEC is written in one way, so that it can be found.") \
X(BAD_SELECTOR, "bad-selector", ERROR, "STIX 2.1 §7.2.3.1", "tool", "'granular_markings':[{'selectors':['nothing'],'lang':'ja'}]", "'granular_markings':[{'selectors':['name'],'lang':'ja'}]", \
	"A selector names a property or list item that the object has.") \
X(BAD_LANGUAGE, "bad-language", ERROR, "STIX 2.1 §7.1", "language-content", "'contents':{'foo':{'name':'n'}}", "'contents':{'ja':{'name':'n'}}", \
	"The keys of contents are language tags of RFC 5646.") \
X(BAD_PATTERN, "bad-pattern", ERROR, "STIX 2.1 §9", "indicator", "'pattern':'[file:name = '", "'pattern':'[file:name = \\'evil.exe\\']'", \
	"The pattern does not follow the grammar: `musubi pattern check` shows the place.") \
X(NEEDS_ONE_OF, "needs-one-of", ERROR, "STIX 2.1 §4", "location", "{'type':'location','spec_version':'2.1','id':'location--" EXAMPLE_ID "'," EXAMPLE_T ",'city':'Tokyo'}", "'country':'JP'", \
	"Of several optional properties at least one, or all together, must be there.") \
X(ONLY_ONE_OF, "only-one-of", ERROR, "STIX 2.1 §4", "tool", "'granular_markings':[{'selectors':['name']}]", "'granular_markings':[{'selectors':['name'],'lang':'ja'}]", \
	"Of several properties exactly one must be there.") \
X(ONLY_WITH, "only-with", ERROR, "STIX 2.1 §7.3", "extension-definition", "'extension_types':['new-sdo'],'extension_properties':['rank']", \
	"'extension_types':['toplevel-property-extension'],'extension_properties':['rank']", "The property makes sense only together with another.") \
X(ONLY_OBSERVABLES, "only-observables", ERROR, "STIX 2.1 §3.2", "tool", "'defanged':true", "'x_acme_defanged':true", \
	"defanged is for observables only.") \
X(CIRCULAR_MARKING, "circular-marking", ERROR, "STIX 2.1 §7.2", "marking-definition", "'object_marking_refs':['marking-definition--" EXAMPLE_ID "']", \
	"'object_marking_refs':['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82']", "A marking must not mark itself.") \
X(TLP, "tlp", ERROR, "STIX 2.1 §7.2.1.4", "marking-definition", "'definition_type':'tlp','definition':{'tlp':'red'}", \
	"{'type':'marking-definition','spec_version':'2.1','id':'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed','created':'2017-01-20T00:00:00.000Z','name':'TLP:RED','definition_type':'tlp','definition':{'tlp':'red'}}", \
	"TLP markings are the standard's four definitions, to the letter; nobody makes others.") \
X(UUID_VERSION, "uuid-version", WARNING, "STIX 2.1 §2.9", "tool", "'id':'tool--28bb3599-77cd-5a82-a950-b5bc3caf07c4'", "'id':'tool--" EXAMPLE_ID "'", \
	"Ids of observables should have a UUID of version 5, made of their properties; all others a random one, version 4.") \
X(NOT_IN_VOCABULARY, "not-in-vocabulary", WARNING, "STIX 2.1 §2.14", "tool", "'tool_types':['remote-acces']", "'tool_types':['remote-access']", \
	"Other words than the vocabulary's are allowed, and less understood.") \
X(VOCABULARY_FORM, "vocabulary-form", WARNING, "STIX 2.1 §2.14", "tool", "'tool_types':['Remote Access']", "'tool_types':['remote-access']", \
	"Words outside of a vocabulary should be in lower case, with hyphens between their parts.") \
X(HASH_ALGORITHM, "hash-algorithm", WARNING, "STIX 2.1 §2.7", "file", "'hashes':{'SHA256':'aa'}", "'hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}", \
	"The name of a hash algorithm should be one of hash-algorithm-ov.") \
X(KILL_CHAIN_NAME, "kill-chain-name", WARNING, "STIX 2.1 §2.11", "tool", "'kill_chain_phases':[{'kill_chain_name':'ACME Chain','phase_name':'entry'}]", \
	"'kill_chain_phases':[{'kill_chain_name':'acme-chain','phase_name':'entry'}]", "Names of kill chains and phases should be in lower case, with hyphens.") \
X(OBSERVABLE_KEY, "observable-key", WARNING, "STIX 2.1 §2.9", "observed-data", "'objects':{'a':{'type':'mutex','name':'n'}}", "'objects':{'0':{'type':'mutex','name':'n'}}", \
	"Keys of objects should be numbers from 0 on.") \
X(UPPER_CASE_KEY, "upper-case-key", WARNING, "STIX 2.1 §2.3", "file", "'x_acme_facts':{'Colour':'red'}", "'x_acme_facts':{'colour':'red'}", \
	"Keys of dictionaries should be in lower case, where they are not somebody else's names.") \
X(DEPRECATED, "deprecated", WARNING, "STIX 2.1 §4.14", "observed-data", "'objects':{'0':{'type':'mutex','name':'n'}}", "'object_refs':['mutex--28bb3599-77cd-5a82-a950-b5bc3caf07c4']", \
	"objects is from STIX 2.0: observables are objects of their own now, and object_refs names them.") \
X(PRODUCT_NAME, "product-name", WARNING, "STIX 2.1 §4.12", "malware-analysis", "'product':'Acme Scanner'", "'product':'acme-scanner'", \
	"Names of analysis products should be in lower case, with hyphens.") \
X(PROCESS_PRIORITY, "process-priority", WARNING, "STIX 2.1 §6.13.2", "process", "'extensions':{'windows-process-ext':{'priority':'HIGH'}}", \
	"'extensions':{'windows-process-ext':{'priority':'HIGH_PRIORITY_CLASS'}}", "The priority of a Windows process should end in _CLASS.") \
X(CUSTOM_MARKING, "custom-marking", WARNING, "STIX 2.1 §7.2.1", "marking-definition", "'definition_type':'house','definition':{'rule':'r'}", "'definition_type':'statement','definition':{'statement':'s'}", \
	"Markings other than statement and tlp should come with an extension that says what they are.") \
X(RELATIONSHIP_TYPE, "relationship-type", WARNING, "STIX 2.1 §5.1", "relationship", "'relationship_type':'mitigates'", "'relationship_type':'related-to'", \
	"The standard lists which types of object have which relationships; others are allowed, and less understood.") \
X(DUPLICATE_VERSION, "duplicate-version", WARNING, "STIX 2.1 §3.6", "bundle", "'objects':[" EXAMPLE_TOOL ",'name':'n'}," EXAMPLE_TOOL ",'name':'m'}]", "'objects':[" EXAMPLE_TOOL ",'name':'n'}]", \
	"Two objects of a bundle have the same id and modified: a version has one content.") \
X(MEDIA_TYPE, "media-type", WARNING, "STIX 2.1 §6.7", "file", "'mime_type':'application/exe'", "'mime_type':'application/zip'", \
	"A media type should be one of the IANA registry.") \
X(SERVICE_NAME, "service-name", WARNING, "STIX 2.1 §6.12", "network-traffic", "'protocols':['tcp','web']", "'protocols':['tcp','http']", \
	"Protocols should have the names of the IANA Service Name registry.") \
X(IPFIX_ELEMENT, "ipfix-element", WARNING, "STIX 2.1 §6.12", "network-traffic", "'ipfix':{'octets':7}", "'ipfix':{'octetDeltaCount':7}", \
	"Keys of ipfix should be names of IPFIX information elements.") \
X(HTTP_HEADER, "http-header", WARNING, "STIX 2.1 §6.12.2", "network-traffic", \
	"'extensions':{'http-request-ext':{'request_method':'get','request_value':'/','request_header':{'user-agent':['a']}}}", \
	"'extensions':{'http-request-ext':{'request_method':'get','request_value':'/','request_header':{'User-Agent':['a']}}}", \
	"Keys of request_header should be names of header fields that requests have, in their usual case.") \
X(SOCKET_OPTION, "socket-option", WARNING, "STIX 2.1 §6.12.4", "network-traffic", "'extensions':{'socket-ext':{'address_family':'AF_INET','options':{'keepalive':1}}}", \
	"'extensions':{'socket-ext':{'address_family':'AF_INET','options':{'SO_KEEPALIVE':1}}}", "Keys of options should be names of socket options, as in SO_KEEPALIVE.") \
X(PDF_KEY, "pdf-key", WARNING, "STIX 2.1 §6.7.4", "file", "'extensions':{'pdf-ext':{'document_info_dict':{'title':'t'}}}", "'extensions':{'pdf-ext':{'document_info_dict':{'Title':'t'}}}", \
	"Keys of document_info_dict should be those of PDF, as in Title or CreationDate.") \
X(COUNTRY, "country", WARNING, "STIX 2.1 §4.10", "location", "'country':'Japan'", "'country':'JP'", \
	"country should be a code of ISO 3166-1 with two letters.") \
X(NETWORK_PORTS, "network-ports", WARNING, "STIX 2.1 §6.12", "network-traffic", "{'type':'network-traffic','id':'network-traffic--28bb3599-77cd-5a82-a950-b5bc3caf07c4','protocols':['tcp'],'src_ref':'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4'}", \
	"'src_port':1024,'dst_port':443", "Network traffic should have both src_port and dst_port.") \
X(REFERENCE_HASHES, "reference-hashes", WARNING, "STIX 2.1 §2.5", "tool", "'external_references':[{'source_name':'acme','url':'https://acme.example/a'}]", \
	"'external_references':[{'source_name':'acme','url':'https://acme.example/a','hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}}]", \
	"A reference with a url should have hashes of what stood there.") \
X(INDICATOR_TEXT, "indicator-text", WARNING, "STIX 2.1 §4.7", "indicator", "{'type':'indicator','spec_version':'2.1','id':'indicator--" EXAMPLE_ID "'," EXAMPLE_T ",'pattern':'r','pattern_type':'yara','valid_from':'2026-01-01T00:00:00Z'}", \
	"'name':'n','description':'d'", "An indicator should have name and description, so that people learn what it does.") \
X(EXTENSION_DESCRIPTION, "extension-description", WARNING, "STIX 2.1 §7.3.1", "extension-definition", \
	"{'type':'extension-definition','spec_version':'2.1','id':" EXAMPLE_EXT "," EXAMPLE_T ",'created_by_ref':'identity--" EXAMPLE_ID "','name':'n','schema':'https://acme.example/s.json','version':'1.0.0','extension_types':['property-extension']}", \
	"'description':'d'", "An extension definition should have a description.") \
X(EXTENSION_PROPERTIES, "extension-properties", WARNING, "STIX 2.1 §7.3.1", "extension-definition", "'extension_types':['toplevel-property-extension']", \
	"'extension_types':['toplevel-property-extension'],'extension_properties':['rank']", "An extension that adds properties beside the standard's should list them.") \
X(CUSTOM_PROPERTY, "custom-property", WARNING, "STIX 2.1 §11.1", "tool", "'x_acme_rank':5", "'extensions':{" EXAMPLE_EXT ":{'extension_type':'property-extension','rank':5}}", \
	"Custom properties are deprecated: an extension says what they are.") \
X(UNKNOWN_PROPERTY, "unknown-property", WARNING, "STIX 2.1 §11.1", "tool", "'descripton':'d'", "'description':'d'", \
	"The standard has no such property here, and no extension of the object declares it.") \
X(CUSTOM_TYPE, "custom-type", WARNING, "STIX 2.1 §11.2", "x-acme-thing", "'thing_name':'n'", "'thing_name':'n','extensions':{" EXAMPLE_EXT ":{'extension_type':'new-sdo'}}", \
	"Custom types are deprecated: an extension says what they are.") \
X(CUSTOM_EXTENSION, "custom-extension", WARNING, "STIX 2.1 §11.3", "file", "'extensions':{'x-acme-ext':{'rank':1}}", "'extensions':{" EXAMPLE_EXT ":{'extension_type':'property-extension','rank':1}}", \
	"Custom extensions without an extension definition are deprecated.") \
X(EXTENSION_PLACE, "extension-place", WARNING, "STIX 2.1 §6", "mutex", "'extensions':{'ntfs-ext':{'sid':'1'}}", "'name':'n'", \
	"An extension of the standard stands in an object of another type than its own.") \
X(EXTENSION_TYPE, "extension-type", WARNING, "STIX 2.1 §7.3", "tool", "'extensions':{" EXAMPLE_EXT ":{'extension_type':'new-sdo'}}", "'extensions':{" EXAMPLE_EXT ":{'extension_type':'property-extension'}}", \
	"The extension makes a new type of object, and the object's type is one of the standard.") \
X(OLD_VERSION, "old-version", WARNING, "STIX 2.1 §3.2", "tool", "{'type':'tool','id':'tool--" EXAMPLE_ID "'," EXAMPLE_T ",'name':'n','labels':['remote-access']}", "'name':'n'", \
	"The object has no spec_version, or 2.0: it is STIX 2.0 and is judged by its common properties only.") \
X(PATTERN_NEVER, "pattern-never", WARNING, "STIX 2.1 §9.5", "indicator", "'pattern':'[file:size = 1 AND url:value = \\'https://a.example/\\']'", "'pattern':'[file:size = 1 OR url:value = \\'https://a.example/\\']'", \
	"The pattern is well formed and can match nothing: AND asks for two types in one object, or a date that no calendar has.") \
X(LOOSE_NAME, "loose-name", WARNING, "STIX 2.1 §11.1.1", "tool", "'x_acmeRank':5", "'x_acme_rank':5", \
	"The name of the property has upper case or hyphens.  A MUST, taken because widespread producers do it.") \
X(UPPER_CASE_ID, "upper-case-id", WARNING, "STIX 2.1 §2.9", "tool", "'id':'tool--8E2E2D2B-17d4-4cbf-938f-98ee46b3cd3f'", "'id':'tool--" EXAMPLE_ID "'", \
	"The UUID is written in upper case.  RFC 4122 writes it in lower case, and ids are compared byte by byte.") \
X(UPPER_CASE_HEX, "upper-case-hex", WARNING, "STIX 2.1 §2.8", "file", "'magic_number_hex':'4D5A'", "'magic_number_hex':'4d5a'", \
	"Hexadecimal digits are written in lower case.  A MUST, taken because the published schemas let it pass.") \
X(REFERENCE_FORM, "reference-form", WARNING, "STIX 2.1 §2.9", "domain-name", "'resolves_to_refs':['ipv4-addr--e42c19c8']", "'resolves_to_refs':['ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4']", \
	"The reference of an observable has no whole UUID: it refers to nothing.  A MUST, taken because it misleads nobody.") \
X(CREATOR_TYPE, "creator-type", ADVICE, "STIX 2.1 §3.2", "tool", "'created_by_ref':'tool--" EXAMPLE_ID "'", "'created_by_ref':'identity--" EXAMPLE_ID "'", \
	"created_by_ref should name an identity.") \
X(HEADER_VALUES, "header-values", WARNING, "STIX 2.1 §6.12.2", "network-traffic", \
	"'extensions':{'http-request-ext':{'request_method':'get','request_value':'/','request_header':{'Host':'h'}}}", \
	"'extensions':{'http-request-ext':{'request_method':'get','request_value':'/','request_header':{'Host':['h']}}}", \
	"Values of request_header are lists of strings.  A MUST, taken because STIX 2.0 had strings here.") \
X(TOLERATED_EMPTY_LIST, "tolerated-empty-list", WARNING, "STIX 2.1 §2.12", "attack-pattern", "'aliases':[]", "'aliases':['a']", \
	"The list is empty: leave it out.  A MUST, taken because the published schemas let it pass here.") \
X(SIGHTING_TARGET, "sighting-target", WARNING, "STIX 2.1 §5.2", "sighting", "'sighting_of_ref':'url--28bb3599-77cd-5a82-a950-b5bc3caf07c4'", "'sighting_of_ref':'indicator--" EXAMPLE_ID "'", \
	"A sighting is of a domain object.  A MUST, taken because producers sight observables.") \
X(TLP_LOOKALIKE, "tlp-lookalike", WARNING, "STIX 2.1 §7.2.1.4", "marking-definition", \
	"'name':'TLP:GREEN','extensions':{'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d':{'extension_type':'property-extension','tlp_2_0':'green'}}", \
	"'name':'house rules'", "It looks like a TLP marking and is none of the registered ones: objects with it are released to nobody.") \
X(ID_NOT_DETERMINISTIC, "id-not-deterministic", ADVICE, "STIX 2.1 §2.9", "domain-name", "'id':'domain-name--28bb3599-77cd-5a82-a950-b5bc3caf07c4'", "'id':'domain-name--" EXAMPLE_ID "'", \
	"The UUID is of version 5, and is not the one that the object's properties give: the same observable gets another id elsewhere.") \
X(NO_LANGUAGE, "no-language", ADVICE, "STIX 2.1 §3.2", "tool", "'description':'d'", "'description':'d','lang':'en'", \
	"An object with texts for people should say their language in lang.") \
X(NO_SHA256, "no-sha-256", ADVICE, "STIX 2.1 §2.7", "file", "'hashes':{'MD5':'d41d8cd98f00b204e9800998ecf8427e'}", \
	"'hashes':{'SHA-256':'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}", "Hashes should hold a SHA-256, which everybody can compare.") \
X(NO_PRECISION, "no-precision", ADVICE, "STIX 2.1 §4.10", "location", "'latitude':35.6,'longitude':139.7", "'latitude':35.6,'longitude':139.7,'precision':1000", \
	"A place given by latitude and longitude should say how precise it is.") \
X(ADMINISTRATIVE_AREA, "administrative-area", ADVICE, "STIX 2.1 §4.10", "location", "'administrative_area':'Tokyo'", "'administrative_area':'JP-13'", \
	"administrative_area should be a code of ISO 3166-2.") \
X(PROTOCOL_EXTENSION, "protocol-extension", ADVICE, "STIX 2.1 §6.12", "network-traffic", "'protocols':['ipv4'],'extensions':{'tcp-ext':{'src_flags_hex':'02'}}", \
	"'protocols':['ipv4','tcp'],'extensions':{'tcp-ext':{'src_flags_hex':'02'}}", "The protocol of an extension should be among protocols.") \
X(CREDENTIAL, "credential", ADVICE, "STIX 2.1 §6.16", "user-account", "'credential':'hunter2'", "'user_id':'1001'", \
	"credential is for what analysis found in malware, not for people's passwords.") \
X(SCHEMA_URL, "schema-url", ADVICE, "STIX 2.1 §7.3.1", "extension-definition", "'schema':'see our site'", "'schema':'https://acme.example/s.json'", \
	"schema should be a URL that leads to a JSON schema, or to words about one.")
/* clang-format on */

enum rule {
#define X(name, ...) RULE_##name,
	STIX_RULES(X)
#undef X
};
extern const struct stix_rule stix_rules[];
#endif
