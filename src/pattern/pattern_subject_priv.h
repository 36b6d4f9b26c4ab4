/* SPDX-License-Identifier: Apache-2.0 */
/* A subject from inside: a table in which what a map or list holds follows it, and `next` leads past it. */
#ifndef PATTERN_PATTERN_SUBJECT_PRIV_H
#define PATTERN_PATTERN_SUBJECT_PRIV_H
#include "pattern/pattern_stream.h"
#include "util/bounds.h"

struct subject_item {
	struct span key; /* of an SCO: its id */
	struct span text; /* TEXT; of an SCO: its type */
	union {
		int64_t integer; /* TEXT: the SCO that it was found to refer to, + 1; -1: none; 0: not asked */
		double number;
	};
	uint32_t next; /* the item behind this one and all it holds */
	uint8_t type; /* enum pattern_value_type; an SCO is a MAP */
	uint8_t decoded; /* enum subject_decoded: what `at` and `length` stand for */
	uint32_t at, length; /* in subject.decoded */
};
enum subject_decoded {
	SUBJECT_RAW,
	SUBJECT_NFC, /* text in normal form C stands in `decoded` */
	SUBJECT_NFC_SAME, /* the text is in that form */
	SUBJECT_BYTES, /* the bytes of hex or base64 text */
	SUBJECT_NO_BYTES
};
struct pattern_subject {
	struct subject_item *item;
	uint32_t n, room;
	uint32_t *object; /* items that are SCOs */
	uint32_t objects, object_room;
	uint32_t open[BOUND_JSON_DEPTH + 2];
	unsigned depth; /* open maps and lists, the SCO among them */
	struct buf decoded, scratch;
	enum err err;
};

static inline uint32_t subject_first(uint32_t container)
{
	return container + 1;
}
/* The member of a map by key; 0 where there is none (item 0 is an SCO and no member). */
uint32_t subject_member(const struct pattern_subject *s, uint32_t map, struct span key);
/* The SCO of that id; UINT32_MAX where there is none. */
uint32_t subject_object_by_id(const struct pattern_subject *s, struct span id);
/* The item's text in normal form C, or the bytes its hex (base64) text stands for; made once.  False where there are none. */
bool subject_nfc(struct pattern_subject *s, uint32_t item, struct span *out);
bool subject_bytes(struct pattern_subject *s, uint32_t item, bool hex, struct span *out);
#endif
