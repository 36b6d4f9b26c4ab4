/* SPDX-License-Identifier: Apache-2.0 */
/* The release decision (design/policy.md).  Pure: no store, no clock, no log; everything it weighs is in its arguments.
 *
 * Unions and lists compare by bytes.  It denies by default: the last line is `withhold`. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H
#include "stix/marking.h"
#include "util/timestamp.h"

/* code, wire name, released?, words for people ("%s" never occurs) */
#define POLICY_REASON_LIST(X) \
	X(ORIGIN, "origin", true, "it is their own") \
	X(UNKNOWN_MARKING, "unknown-marking", false, "it carries a TLP marking that is not registered, so nobody may have it") \
	X(EXERCISE, "exercise", false, "it belongs to an exercise they are not taking part in, or they are in an exercise and it is not part of that") \
	X(EMBARGO, "embargo", false, "its embargo has not ended") \
	X(COUNTRY, "country", false, "it may not be released to their country") \
	X(AGREEMENT_NOT_IN_FORCE, "agreement-not-in-force", false, "the agreement it is shared under is not in force") \
	X(CEILING, "ceiling", false, "its TLP is stricter than the agreement allows") \
	X(PERSONAL_DATA, "personal-data", false, "it holds personal data that may not go to them") \
	X(CLEAR, "clear", true, "it is TLP:CLEAR: for everyone") \
	X(ANONYMOUS, "anonymous", false, "it is not public and they did not log in") \
	X(NOT_A_MEMBER, "not-a-member", false, "they are not an active member of the community") \
	X(NAMED, "named", true, "they are named as a recipient") \
	X(NOT_NAMED, "not-named", false, "it is for named recipients only and they are not among them") \
	X(GREEN, "green", true, "it is TLP:GREEN: for the whole community") \
	X(NO_AGREEMENT, "no-agreement", false, "it needs an agreement or a name to be released, and has neither") \
	X(PARTY, "party", true, "they are a party to the agreement it is shared under") \
	X(CLIENT, "client", true, "they are a registered client of a party, and the agreement includes clients") \
	X(NOT_A_PARTY, "not-a-party", false, "they are not a party to the agreement it is shared under") \
	X(SILENT, "silent", false, "the hub that it comes from has not been heard of for so long that its rules may have changed")
enum policy_reason {
#define X(k, name, release, words) POLICY_##k,
	POLICY_REASON_LIST(X)
#undef X
		POLICY_REASONS
};
const char *policy_reason_name(enum policy_reason r);
const char *policy_reason_words(enum policy_reason r);
bool policy_reason_of(struct span name, enum policy_reason *out);

struct policy_names {
	const struct span *v;
	size_t n;
};
struct policy_label {
	struct span origin; /* member organisation that submitted it */
	struct span origin_country; /* of the origin; n == 0 unknown */
	struct span submitter; /* person, only kept for TLP:RED; n == 0 none */
	enum stix_tlp tlp; /* never NONE in a made label; NONE is treated as UNKNOWN */
	struct span agreement; /* n == 0: none */
	struct policy_names named, countries;
	bool has_not_before;
	struct timestamp not_before;
	bool personal;
	struct span exercise; /* n == 0: none */
};
struct policy_recipient {
	struct span org; /* n == 0: anonymous */
	struct span person; /* n == 0: none */
	bool member;
	struct span country;
	struct policy_names clients_of;
	struct span exercise;
};
struct policy_period {
	struct timestamp from, until; /* from <= t < until */
};
struct policy_party {
	struct span org;
	struct timestamp signed_at;
	bool has_withdrawn;
	struct timestamp withdrawn;
	const struct policy_period *suspended;
	size_t n_suspended;
};
enum policy_personal { POLICY_PERSONAL_NONE,
	POLICY_PERSONAL_DOMESTIC,
	POLICY_PERSONAL_ALLOWED,
};
struct policy_agreement {
	struct span id;
	struct timestamp effective, expires; /* TIMESTAMP_NEVER: does not expire */
	enum stix_tlp ceiling;
	const struct policy_party *parties;
	size_t n_parties;
	bool clients;
	enum policy_personal personal_data;
	bool retroactive_all;
	bool no_attribution; /* IEP attribution: must-not.  The door refuses objects that name their creator */
	struct span digest; /* hex SHA-256 of its JCS form: the door compares it with the digest that a sharing scope pins; n == 0: not compared */
};

struct policy_answer {
	bool release;
	enum policy_reason reason; /* shown to the sharer, kept in the audit */
	int line; /* of the rule's table, 1-21 */
};
/* `with` is the agreement that on->agreement names; NULL where there is none, or where it is not known (then not in force). */
struct policy_answer policy_decide(const struct policy_agreement *with, const struct policy_label *on,
	const struct policy_recipient *to, struct timestamp now);

/* The same decision told line by line: fn gets each line of the rule that was tried, whether it applied, and why in words. */
struct policy_answer policy_explain(const struct policy_agreement *with, const struct policy_label *on,
	const struct policy_recipient *to, struct timestamp now,
	void (*fn)(void *ctx, int line, const char *rule, bool applies, const char *why), void *ctx);
/* The reason that a line of the rule (1-21) gives when it applies; false for other numbers. */
bool policy_line_reason(int line, enum policy_reason *out);
/* The earliest time after `now` at which the answer may change by time alone; TIMESTAMP_NEVER if none. */
struct timestamp policy_next_change(const struct policy_agreement *with, const struct policy_label *on, struct timestamp now);
/* Beyond the rule's lines (reason SILENT): from this time on nobody is given what a peer hub gave under this label, where that hub's policy was last
 * heard of at `heard`: 24 hours, one hour for TLP:AMBER+STRICT and whatever is stricter. */
struct timestamp policy_news_hold(const struct policy_label *on, struct timestamp heard);
/* Is org a party at t: signed <= t, neither withdrawn <= t nor suspended at t. */
bool policy_is_party(const struct policy_agreement *with, struct span org, struct timestamp t);
#endif
