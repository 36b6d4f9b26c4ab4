/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on what comes from outside, with its reason.  A hub's settings may lower the ones marked (c). */
#ifndef UTIL_BOUNDS_H
#define UTIL_BOUNDS_H

#define BOUND_JSON_DEPTH 64 /* STIX needs under 10; a parser's recursion stays small */
#define BOUND_OBJECT_BYTES (4u << 20) /* one STIX object; artifacts of larger files belong behind a URL (c) */
#define BOUND_ENVELOPE_BYTES (64u << 20) /* one POST; medallion's default is 10 MB (c) */
#define BOUND_ENVELOPE_OBJECTS 100000 /* one POST */
#define BOUND_REQUEST_ARENA (256u << 20) /* memory of one request, its body included */
#define BOUND_ID_BYTES 300 /* "type--uuid": type is at most 250 bytes (STIX 2.1 §3.? names) */
#define BOUND_QUERY_BYTES 8192 /* query string */
#define BOUND_HEADER_BYTES 32768 /* all headers of a request */
#define BOUND_FILTER_VALUES 100 /* values in one match[...] list */
#define BOUND_PATTERN_BYTES 65536 /* one STIX pattern */
#define BOUND_PATTERN_DEPTH 64 /* nested parentheses in one */
#define BOUND_PATTERN_NODES 20000 /* comparisons and operators in one */
#define BOUND_PATTERN_REGEX_BYTES (1u << 20) /* all regular expressions of one, compiled */
#define BOUND_PATTERN_REGEX_STEPS 500000 /* backtracking steps of one search beyond what its text is long; some 15 ms */
#define BOUND_PATTERN_SLOTS 512 /* observations, without counting equal ones, that one alternative of a pattern joins */
#define BOUND_PATTERN_PLANS 1024 /* alternatives that ORs between joined observations make */
#define BOUND_PATTERN_STEPS 2000000 /* steps through one observation, for all [ ] of a pattern; some 20 ms, with regular expressions 50 */
#define BOUND_PATTERN_SEARCH 2000000 /* steps of the search for bindings that one observation completes; some 20 ms */
#define BOUND_PATTERN_KEPT 65536 /* observations kept for one [ ] while its window is open */
#define BOUND_LIST_ITEMS 100000 /* items of one list property */
#define BOUND_NAMED 256 /* named recipients, countries in one label */
#define BOUND_VALUES_PER_OBJECT 4096 /* indexed values of one object */
#define BOUND_WORDS_PER_OBJECT 20000 /* indexed words of one object */
#define BOUND_FINDINGS 1000 /* findings kept of one object; the rest are counted */
#define BOUND_LOOKUPS (1u << 20) /* steps that selectors and keys of one object may make through it, beside the walk itself: some milliseconds */
#define BOUND_LOG_LINE (1u << 20) /* match: longer lines are searched in pieces of this size that overlap */
#define BOUND_LIST_LINE (256u << 10) /* formats: a line of a list, a record of a CSV file; longer ones are skipped */
#define BOUND_FEED_FILE (512u << 20) /* formats: one MISP document, read as a whole */
#define BOUND_PROSE_BYTES (16u << 20) /* formats: one text that is searched for values */
#define BOUND_CSV_FIELDS 256 /* formats: fields of one record */
#define BOUND_NAME_BYTES 1024 /* names and titles given on the command line or in the API */
#define BOUND_PAGE_OBJECTS 5000 /* page cap where the client sets no limit (c) */
#define BOUND_PAGE_BYTES (32u << 20) /* a page ends early past this, with `more` */
#endif
