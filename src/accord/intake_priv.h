/* SPDX-License-Identifier: Apache-2.0 */
/* A submission under way: its items, and the steps between adding and committing. */
#ifndef ACCORD_INTAKE_PRIV_H
#define ACCORD_INTAKE_PRIV_H
#include "accord/accord_priv.h"
#include "policy/label.h"

enum item_state {
	ITEM_REFUSED, /* the fate says why */
	ITEM_READ, /* good STIX; no label yet */
	ITEM_READY, /* labelled: will be put */
	ITEM_WAITS, /* from a peer: its agreement is not known yet */
	ITEM_NOTICE, /* from a peer: a line is closed to this hub */
	ITEM_KNOWN /* from a peer: a definition or a creator without markings that nothing here refers to: what it says is remembered, it is no entry of its own */
};
struct item {
	enum item_state state;
	struct span raw; /* padded copy */
	struct stix_object object; /* value is dead once the next one is read */
	struct store_value *values;
	size_t n_values;
	struct span home, origin; /* home n == 0: submitted here */
	struct span label_key;
	const struct policy_label *label;
	bool unmarked; /* a definition or identity without a TLP of its own: takes that of what refers to it */
	const struct item *like; /* … the least strict of them */
	struct json definition; /* a marking-definition's document, lives as long as the intake */
	struct span held; /* its row in accord_held */
	struct span closes, closes_of, closes_version, reason; /* notice: object, origin, version, why */
	struct timestamp added;
	struct accord_fate fate;
};
struct known {
	struct span id, origin; /* origin n == 0: by whomever */
	struct json definition; /* .doc NULL: asked for and not there */
};
struct accord_intake {
	struct accord *a;
	const struct accord_snapshot *s;
	struct arena *arena, *scratch;
	struct json_parser *parser;
	struct span org, person, country; /* who submits */
	bool conduit; /* nothing may be added without accord_intake_from */
	struct store_collection into;
	enum stix_tlp default_tlp;
	struct timestamp now;
	const struct store_view *view; /* the submitter's; NULL from a peer */
	struct span home, origin; /* accord_intake_from */
	struct timestamp added;
	struct item **items;
	size_t n, room;
	uint32_t *by_id; /* hash of ids: item number + 1, chains by linear probing; made when first asked */
	size_t room_by_id;
	struct known *known; /* hash of (id, origin) */
	size_t n_known, room_known;
	const struct policy_label *compared; /* the label that stricter_there speaks of */
	bool stricter_there; /* something in the store is marked more strictly than it */
	struct span status_id;
	void (*status)(void *ctx, const struct accord_intake *in, struct buf *json);
	void *status_ctx;
	struct store_job job;
	void (*done)(void *ctx, enum err e, const struct fault *f);
	void *done_ctx;
};

/* A marking-definition that was read may be what others of the submission refer to. */
enum err intake_learn(struct accord_intake *in, struct item *x, struct fault *f) CHECK_RESULT;
/* labelling.c: gives each read item its label or its refusal. Reads the store, changes nothing. ERR_DB, ERR_IO, ERR_NOMEM. */
enum err intake_label_early(struct accord_intake *in, struct item *x, struct fault *f) CHECK_RESULT; /* right after reading, where all its markings are known */
enum err intake_label(struct accord_intake *in, struct fault *f) CHECK_RESULT;
/* Items with this id: from = 0 for the first, then the number after the last found; NULL: no more. */
struct item *intake_find(struct accord_intake *in, struct span id, size_t *from);
/* The label of the newest version of id that the submitter may see: in the submission, else in the store; NULL if none. */
enum err intake_label_of(struct accord_intake *in, struct span id, const struct policy_label **out, struct fault *f) CHECK_RESULT;
/* Remembers definitions: called in the writer's transaction for each marking-definition that was put. */
enum err intake_marking_put(struct db *db, const struct item *x, struct timestamp now, struct fault *f) CHECK_RESULT;
/* waiting.c */
enum err intake_hold(struct db *db, const struct accord_intake *in, struct item *x, struct fault *f) CHECK_RESULT;
enum err intake_unhold(struct db *db, const struct item *x, struct fault *f) CHECK_RESULT;
enum err intake_drop_held(struct db *db, struct span object, struct span origin, struct fault *f) CHECK_RESULT;
/* notice.c: a peer's notice closes the lines that came from it, and is told on. */
enum err intake_read_notice(struct accord_intake *in, struct item *x, struct fault *f) CHECK_RESULT;
enum err intake_take_notice(struct accord_intake *in, struct store_tx *tx, struct item *x, struct fault *f) CHECK_RESULT;
/* Was the line closed by its home hub at or after this version? */
enum err intake_closed(struct db *db, const struct item *x, bool *closed, struct fault *f) CHECK_RESULT;

void intake_refuse(struct item *x, const char *code, const char *where, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#endif
