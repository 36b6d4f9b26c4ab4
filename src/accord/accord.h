/* SPDX-License-Identifier: Apache-2.0 */
/* Who is who and what was agreed: hub, members, persons, tokens, agreements; and the bridge from these facts to the release decision.
 *
 * 1. All facts live in tables of this room (store/db.h).  Every change runs through one change (redecide.c), which re-decides for every known recipient in
 *    the same transaction, so that feeds stay lossless (store_view_change), and raises the generation number.
 * 2. A snapshot is finished and read-only: counted, swapped atomically; readers hold one for a request.
 * 3. What changes facts, accord_refresh, and the waiting forms wait for the store's writer: never call them from its callbacks (store_job, commit's done).
 * 4. What other hubs must know (members, agreements, accessions) is published as STIX in the `directory` collection in the same transaction. */
#ifndef ACCORD_ACCORD_H
#define ACCORD_ACCORD_H
#include "policy/label.h"
#include "sign/sign.h"
#include "store/store.h"

struct accord; /* one a hub: store, key, current snapshot */
struct accord_snapshot;

/* ---- a hub's data directory ---- */
struct accord_hub {
	struct span id, name, country; /* identity--… of the hub's operator */
	uint8_t public_key[32];
	uint8_t secret[32]; /* local key for cursors and caches; never leaves */
	struct span epoch; /* hex; new after a restore */
};
/* Makes dir: key, data base, collections `directory` and `shared`, and an administrator's token (text into token, with NUL).
 * ERR_CONFLICT when dir holds a hub already. */
#define ACCORD_TOKEN 64
enum err accord_init(const char *dir, struct span name, struct span country, struct timestamp (*now)(void *), void *ctx,
	char token[static ACCORD_TOKEN], char hub_id[static 64], struct fault *f) CHECK_RESULT;
/* Opens an existing one (o->create is ignored). The accord owns the store. */
enum err accord_open(struct accord **out, const char *dir, const struct store_options *o, struct fault *f) CHECK_RESULT;
void accord_close(struct accord *a);
struct store *accord_store(struct accord *a);
const struct sign_key *accord_key(struct accord *a);
const struct accord_hub *accord_hub(struct accord *a);
/* Re-reads what other processes changed, and re-decides what time alone changed (embargo over, agreement in force …).  Cheap when nothing did.
 * *changed: releases may be different now, wake the readers. */
enum err accord_refresh(struct accord *a, struct timestamp now, bool *changed, struct fault *f) CHECK_RESULT;

/* ---- members ---- */
#define ACCORD_KIND_LIST(X) X(COMPANY, "company") X(ASSOCIATION, "association") X(NGO, "ngo") X(GOVERNMENT, "government") \
	X(CSIRT, "csirt") X(ACADEMIC, "academic") X(HUB, "hub")
enum accord_kind {
#define X(k, name) ACCORD_KIND_##k,
	ACCORD_KIND_LIST(X)
#undef X
};
enum accord_status {
	ACCORD_ACTIVE,
	ACCORD_SUSPENDED,
	ACCORD_REMOVED, /* tokens and users are gone too */
};
struct accord_key;
struct accord_member {
	struct span id, name, country;
	enum accord_kind kind;
	enum accord_status status;
	struct span hub; /* the hub it belongs to */
	struct span hub_id; /* kind hub: the id by which that hub calls itself, once it has said so */
	bool local;
	struct accord_key *keys; /* with which it signs documents */
	size_t n_keys;
	struct span *sectors, *clients_of; /* clients_of: organisations that registered it as their client */
	size_t n_sectors, n_clients_of;
	struct timestamp since, changed;
};
/* id n == 0: a new random one is made (into id_out). Country must be ISO 3166-1 alpha-2. */
enum err accord_member_add(struct accord *a, const struct accord_member *m, char id_out[static 64], struct fault *f) CHECK_RESULT;
enum err accord_member_status(struct accord *a, struct span id, enum accord_status to, struct fault *f) CHECK_RESULT;
/* Delegation: `to` may submit objects whose creator is `from`. */
enum err accord_delegate(struct accord *a, struct span from, struct span to, bool on, struct fault *f) CHECK_RESULT;

/* ---- principals ---- */
struct accord_principal {
	struct span org, person; /* org n == 0: anonymous; a hub's own administrator has org = hub id */
	struct span token_id; /* for rate limits and the log; no secret */
	bool admin; /* may use the operator's API; reads nothing by virtue of it */
	bool hub; /* org is another hub (kind hub): a conduit */
};
/* person n == 0: an organisation's token.  Prints the token's text (shown once) and the person's id. */
enum err accord_token_new(struct accord *a, struct span member, struct span person_name, bool admin, char token[static ACCORD_TOKEN],
	char person_id[static 64], struct fault *f) CHECK_RESULT;
struct accord_token {
	struct span id, member, person, person_name;
	bool admin;
	struct timestamp created, last_used;
};
enum err accord_tokens(struct accord *a, struct arena *to, struct accord_token **out, size_t *n, struct fault *f) CHECK_RESULT;
enum err accord_token_revoke(struct accord *a, struct span token_id, struct fault *f) CHECK_RESULT;
enum err accord_user_add(struct accord *a, struct span member, struct span user, struct span password, struct fault *f) CHECK_RESULT;
/* A peer hub says who it is (X-Musubi-Hub).  The first id it gives is kept for good; another one is ERR_DENIED, and so is an id that stands for somebody else. */
enum err accord_hub_is(struct accord *a, const struct accord_principal *p, struct span claimed_hub_id, struct fault *f) CHECK_RESULT;
/* By bearer token, or by user name and password (argon2id once, then a short-lived keyed cache).  Spans in *out live in `to`.
 * ERR_UNAUTHENTICATED when they do not hold; a suspended member authenticates and is no member for the decision. */
enum err accord_authenticate_token(struct accord *a, struct arena *to, struct span token, struct accord_principal *out, struct fault *f) CHECK_RESULT;
enum err accord_authenticate_user(struct accord *a, struct arena *to, struct span user, struct span password, struct timestamp now,
	struct accord_principal *out, struct fault *f) CHECK_RESULT;

/* ---- agreements ---- */
/* A document as design/accord.md has it; here its policy counts: policy{ceiling, clients, personal_data, retroactive} (also accepted at the top),
 * effective, expires, parties[{org, signed, …}], id, title.  id_out: its id; marking_out: the marking-definition that stands for it. */
enum err accord_agreement_add(struct accord *a, struct span json, char id_out[static 128], char marking_out[static 64], struct fault *f) CHECK_RESULT;
enum accord_event {
	ACCORD_SIGNED, /* while suspended: ends the suspension; after a withdrawal: a party again from then on */
	ACCORD_WITHDRAWN,
	ACCORD_SUSPENDED_FROM,
};
/* until: only for suspension; TIMESTAMP_NEVER without an end. */
enum err accord_agreement_event(struct accord *a, struct span agreement, struct span member, enum accord_event e, struct timestamp at,
	struct timestamp until, struct fault *f) CHECK_RESULT;
/* What a document says of its own life (life.c), and the IEP 2.0 words that bind beyond the release decision. */
#define ACCORD_ROLE_LIST(X) X(SIGNATORY, "signatory") X(ACCEDING, "acceding") X(OBSERVER, "observer") X(DEPOSITARY, "depositary")
enum accord_role {
#define X(k, name) ACCORD_ROLE_##k,
	ACCORD_ROLE_LIST(X)
#undef X
};
struct accord_signatory {
	struct span org, side;
	enum accord_role role;
};
enum accord_entry { ACCORD_ENTRY_DATE,
	ACCORD_ENTRY_ALL,
	ACCORD_ENTRY_N_OF_M };
struct accord_include {
	struct span id, digest;
};
enum accord_actions { ACCORD_ACT_NONE,
	ACCORD_ACT_CONTACT,
	ACCORD_ACT_INTERNAL,
	ACCORD_ACT_EXTERNAL_INDIRECT,
	ACCORD_ACT_EXTERNAL_DIRECT };
struct accord_life {
	enum accord_entry entry;
	unsigned n, per_side_min;
	struct accord_signatory *signatories; /* the parties that the document lists */
	size_t n_signatories;
	int64_t version;
	struct span supersedes, supersedes_digest; /* n == 0: nothing */
	int64_t overlap_us, notice_us; /* both run; from the word of withdrawal to its effect */
	bool own_keys; /* a signature counts only where the organisation's own key made it */
	bool closed; /* nobody accedes whom it does not list */
	struct accord_include *includes;
	size_t n_includes;
	enum accord_actions actions;
	bool notify_affected;
	struct timestamp stated; /* effective as the document says it */
};
struct accord_agreement {
	struct policy_agreement policy; /* .id; effective by the document's own rule, TIMESTAMP_NEVER while it is not met; expires by a successor too */
	struct span title, digest, marking, json;
	struct accord_life life;
};

/* ---- signed documents (signing.c): a file in, a file out; no hub is needed ---- */
struct accord_signer {
	const struct sign_key *key;
	struct span organisation, name, title; /* name, title: the person who signs; n == 0: not said */
	struct timestamp created;
};
/* The document with one more signature.  ERR_CONFLICT where the key has signed already. */
enum err accord_document_sign(struct arena *a, struct span json, const struct accord_signer *by, struct span *out, struct fault *f) CHECK_RESULT;
/* A signed word about an agreement's text (JSON, its digest pinned): `act` withdraw, suspend or accede.  until: of a suspension; TIMESTAMP_NEVER. */
enum err accord_act_sign(struct arena *a, struct span agreement_json, const char *act, struct timestamp until, const struct accord_signer *by, struct span *out,
	struct fault *f) CHECK_RESULT;
/* The next version of an agreement: new id, version + 1, `supersedes` with digest, without parties' times and proofs. */
enum err accord_document_next(struct arena *a, struct span json, int64_t overlap_days, struct span *out, struct fault *f) CHECK_RESULT;
/* Takes in what its parties signed: an agreement with proofs, or an act.  Only members of this hub are spoken for; others' proofs are counted by their own hub. */
struct accord_taken {
	char id[128], marking[64];
	size_t signed_now, known, foreign; /* proofs: taken as signatures, there before, of other hubs' members */
	const char *act; /* "agreement" or the act */
};
enum err accord_document_take(struct accord *a, struct span json, struct accord_taken *out, struct fault *f) CHECK_RESULT;
/* What was refused of them, newest first; the newest 1000 are kept. */
enum err accord_refusals(struct accord *a, void (*fn)(void *ctx, struct timestamp at, struct span digest, struct span where, struct span why), void *ctx,
	struct fault *f) CHECK_RESULT;
/* Keys of a member of this hub.  key: did:key:z6Mk… or z6Mk….  A key that ends stays known: what it signed before holds. */
struct accord_key {
	struct span public_key; /* z6Mk… */
	struct timestamp since, until;
};
enum err accord_member_key(struct accord *a, struct span member, struct span key, bool on, struct fault *f) CHECK_RESULT;
/* Everything about an agreement that was signed by a party's own key: fn for each signature. */
struct accord_signature {
	struct span org, key, name, title, proof;
	enum accord_event event;
	struct timestamp at;
	bool holds;
	const char *why; /* where it does not */
};
enum err accord_signatures(struct accord *a, struct span agreement, void (*fn)(void *ctx, const struct accord_signature *s), void *ctx, struct fault *f) CHECK_RESULT;

/* ---- snapshot ---- */
const struct accord_snapshot *accord_snapshot(struct accord *a); /* counted: unref it */
void accord_snapshot_unref(const struct accord_snapshot *s);
size_t accord_members(const struct accord_snapshot *s, const struct accord_member **out);
const struct accord_member *accord_find_member(const struct accord_snapshot *s, struct span id);
size_t accord_agreements(const struct accord_snapshot *s, const struct accord_agreement **out);
const struct accord_agreement *accord_find_agreement(const struct accord_snapshot *s, struct span id_or_marking);
uint64_t accord_generation(const struct accord_snapshot *s);

/* ---- news of other hubs (F11) ---- */
/* A peer hub's directory was read to its end at this time (asked for then, not answered).  Where nothing was heard for too long, what it withheld opens. */
enum err accord_heard(struct accord *a, struct span hub, struct timestamp at, struct fault *f) CHECK_RESULT;
/* When that was last; on disk it is up to five minutes behind. {0}: never. */
struct timestamp accord_news(const struct accord_snapshot *s, struct span hub);

/* ---- releasing ---- */
struct policy_recipient accord_recipient(const struct accord_snapshot *s, const struct accord_principal *p);
/* What the principal may have now; cached, shared, cheap when nothing changed. A hub gets the union over its members (design/federation.md):
 * only what local members submitted, nothing TLP:RED.  The caller unrefs *out.  Changes by time that accord_refresh has not made yet close at once and open with it. */
enum err accord_view(struct accord *a, const struct accord_principal *p, struct timestamp now, const struct store_view **out, struct fault *f) CHECK_RESULT;

/* The bytes of what goes along with an object of this origin (store_page_along, store_referred), in `to`.  ERR_NOTFOUND: nothing is known, or nothing to give. */
enum err accord_along(struct accord *a, struct arena *to, struct span id, struct span origin, bool for_hub, struct span *raw, struct fault *f) CHECK_RESULT;

/* ---- taking in ---- */
struct accord_fate {
	enum store_fate fate;
	enum policy_door door;
	bool accepted;
	bool held; /* from a peer: waits for its agreement */
	struct timestamp stamp;
	char version[40], id[320];
	struct fault fault; /* why not; or the warning when accepted */
	bool warning;
	const char *code; /* stable short word: "syntax", "invalid", "limit", a policy_door_name, a store_fate_name … */
	char finding[48]; /* "invalid": the code of stix_validate's first error */
};
/* One submission: the objects of a bundle or envelope, raw, by one principal into one collection.  Parses, validates, labels (outside the transaction), then puts them
 * and the status resource in one job of the writer.  Objects are judged one by one; only ERR_DB, ERR_IO, ERR_NOMEM fail the whole. */
struct accord_intake;
enum err accord_intake_new(struct accord *a, const struct accord_principal *by, const struct store_collection *into, struct timestamp now,
	struct accord_intake **out, struct fault *f) CHECK_RESULT;
/* From a peer hub: the home hub, and the origin that each object has there.  Call before each add. */
void accord_intake_from(struct accord_intake *in, struct span home_hub, struct span origin, struct timestamp added);
/* Adds an object (bytes are copied). ERR_LIMIT past BOUND_ENVELOPE_OBJECTS; an invalid object is a fate, not an error. */
enum err accord_intake_add(struct accord_intake *in, struct span raw, struct fault *f) CHECK_RESULT;
/* Also stores a TAXII status resource under this id for the principal's organisation (store_status_get's owner); text is made by fn once fates are known. */
void accord_intake_status(struct accord_intake *in, struct span status_id, void (*fn)(void *ctx, const struct accord_intake *in, struct buf *json), void *ctx);
/* done is called in the writer thread (or here, when labelling failed) and may free the intake. */
void accord_intake_commit(struct accord_intake *in, void (*done)(void *ctx, enum err e, const struct fault *f), void *ctx);
enum err accord_intake_commit_wait(struct accord_intake *in, struct fault *f) CHECK_RESULT;
size_t accord_intake_count(const struct accord_intake *in);
const struct accord_fate *accord_intake_fate(const struct accord_intake *in, size_t i);
void accord_intake_free(struct accord_intake *in);
/* TAXII DELETE: withdraws what the principal's organisation submitted (version n == 0: all versions) and tells who had it. */
enum err accord_withdraw(struct accord *a, const struct accord_principal *by, int64_t collection, struct span id, struct span version, struct fault *f) CHECK_RESULT;

/* ---- audience and why ---- */
struct accord_audience {
	struct span object;
	const struct accord_member *member;
	struct policy_answer answer;
	const char *beyond; /* "closure", "newest", "door" or NULL */
	const char *words;
};
/* Who would receive each object of a bundle if `by` submitted it now, and why the others would not: fn for each object and member.  Says nothing that
 * depends on objects the submitter may not have. */
enum err accord_audience(struct accord *a, const struct accord_principal *by, const struct store_collection *into, struct span bundle, struct timestamp now,
	void (*fn)(void *ctx, const struct accord_audience *row), void *ctx, struct fault *f) CHECK_RESULT;
/* The decision on a stored object for a member, line by line, each version held. */
enum err accord_why(struct accord *a, struct span object, struct span member, struct timestamp now,
	void (*fn)(void *ctx, const struct store_held *held, int line, const char *rule, bool applies, const char *why), void *ctx,
	bool *released, struct fault *f) CHECK_RESULT;

/* ---- from other hubs (room peer calls) ---- */
/* How many objects of peers wait for their agreement, marking or member since before a time: those older than an hour are worth a report. */
enum err accord_held_count(struct accord *a, struct timestamp since_before, uint64_t *n, struct fault *f) CHECK_RESULT;
/* A directory object (identity, agreement, accession) of a peer: verified and applied; any order will do but that a member's record comes before its
 * accessions.  The same again is ERR_OK.  ERR_DENIED, ERR_INVALID, ERR_SYNTAX, ERR_LIMIT with why. */
enum err accord_directory_take(struct accord *a, struct span peer_hub, const uint8_t peer_key[static 32], struct span raw, struct fault *f) CHECK_RESULT;
#endif
