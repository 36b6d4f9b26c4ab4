/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of this room, step by step.  A step that has been released is never changed: add another.
 *
 * Keys are given by us and rising, so that tables grow at their end; the two indexes that cannot (st_line_uuid, st_value) are brought on many rows at a
 * time (fresh.c).  What is read by recipients' pages stands in st_entry, narrow and in feed
 * order, what is served stands in st_version.  Numbers are local to this data base and never go on the wire. */
#include "store/store_priv.h"

/* This is SQL: */
/* clang-format off */
#define S(...) #__VA_ARGS__

const char *const store_schema[] = {
	S(CREATE TABLE st_meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;),
	/* last: the newest stamp given out; facts: the newest row of st_change; indexed: versions up to it are in the words index; sorted: lines up to it are in
	 * st_line_uuid */
	S(CREATE TABLE st_clock (one INTEGER PRIMARY KEY, last INTEGER NOT NULL, commits INTEGER NOT NULL, facts INTEGER NOT NULL, indexed INTEGER NOT NULL,
		sorted INTEGER NOT NULL);
		INSERT INTO st_clock VALUES (1, 0, 0, 0, 0, 0);),
	S(CREATE TABLE st_collection (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, alias TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL,
		default_tlp TEXT NOT NULL, can_read INTEGER NOT NULL, can_write INTEGER NOT NULL, directory INTEGER NOT NULL);),
	/* organisations, hubs, recipients, object types, specification versions */
	S(CREATE TABLE st_name (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);),
	S(CREATE TABLE st_label (number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, kind INTEGER NOT NULL, born INTEGER NOT NULL, key TEXT NOT NULL);
		INSERT INTO st_label VALUES (1, 0, 2, 0, zeroblob(0));),
	/* number: of its first version */
	S(CREATE TABLE st_line (number INTEGER PRIMARY KEY, uuid BLOB NOT NULL, type INTEGER NOT NULL, collection INTEGER NOT NULL, origin INTEGER NOT NULL,
		head INTEGER NOT NULL, newest INTEGER NOT NULL, ns INTEGER NOT NULL, spec INTEGER NOT NULL, top_ns INTEGER NOT NULL, label INTEGER NOT NULL,
		first INTEGER NOT NULL, state INTEGER NOT NULL);
		CREATE TABLE st_line_uuid (uuid BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (uuid, number)) WITHOUT ROWID;),
	/* immutable; prev: the version of the line that was stored before it */
	S(CREATE TABLE st_version (number INTEGER PRIMARY KEY, prev INTEGER NOT NULL, collection INTEGER NOT NULL, type INTEGER NOT NULL, uuid BLOB NOT NULL,
		origin INTEGER NOT NULL, home INTEGER NOT NULL, spec INTEGER NOT NULL, ns INTEGER NOT NULL, own INTEGER NOT NULL, revoked INTEGER NOT NULL,
		version TEXT NOT NULL, digest BLOB NOT NULL, raw BLOB NOT NULL);),
	S(CREATE TABLE st_entry (label INTEGER NOT NULL, stamp INTEGER NOT NULL, ordinal INTEGER NOT NULL, version INTEGER NOT NULL, also INTEGER NOT NULL,
		flags INTEGER NOT NULL, type INTEGER NOT NULL, PRIMARY KEY (label, stamp)) WITHOUT ROWID;
		CREATE INDEX st_entry_type ON st_entry (type, label, stamp);
		CREATE INDEX st_entry_also ON st_entry (also) WHERE also <> 0;),
	S(CREATE TABLE st_place (version INTEGER NOT NULL, stamp INTEGER NOT NULL, label INTEGER NOT NULL, PRIMARY KEY (version, stamp)) WITHOUT ROWID;),
	/* what a version can be seen by, where that is not its own label alone: with its references; and what newer versions' labels closed it to, for good */
	S(CREATE TABLE st_sight (version INTEGER PRIMARY KEY, core INTEGER NOT NULL, closed INTEGER NOT NULL);),
	/* only references whose UUID is version 5 and that do not travel with the object */
	S(CREATE TABLE st_ref (uuid BLOB NOT NULL, type INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (uuid, type, version)) WITHOUT ROWID;
		CREATE INDEX st_ref_version ON st_ref (version);),
	S(CREATE TABLE st_value (kind INTEGER NOT NULL, normal TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (kind, normal, version)) WITHOUT ROWID;
		CREATE TABLE st_value_new (kind INTEGER NOT NULL, normal TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (version, kind, normal)) WITHOUT ROWID;),
	/* base 0: hidden; else ordinal lo appears at stamp base, the next at base + 1 … */
	S(CREATE TABLE st_grant (number INTEGER PRIMARY KEY, recipient INTEGER NOT NULL, label INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL,
		base INTEGER NOT NULL, lo_stamp INTEGER NOT NULL, hi_stamp INTEGER NOT NULL);
		CREATE INDEX st_grant_of ON st_grant (recipient, label, lo);),
	/* transactions that changed what somebody may have */
	S(CREATE TABLE st_change (number INTEGER PRIMARY KEY, stamp INTEGER NOT NULL);),
	/* who was given which versions: a bit a version (what 0: its bytes, 1: that it is there); and each act of giving, with its runs of versions */
	S(CREATE TABLE st_given (chunk INTEGER NOT NULL, recipient INTEGER NOT NULL, what INTEGER NOT NULL, bits BLOB NOT NULL,
		PRIMARY KEY (chunk, recipient, what)) WITHOUT ROWID;),
	S(CREATE TABLE st_release (number INTEGER PRIMARY KEY, recipient INTEGER NOT NULL, at INTEGER NOT NULL, what INTEGER NOT NULL, collection INTEGER NOT NULL,
		view BLOB NOT NULL, runs BLOB NOT NULL);
		CREATE INDEX st_release_of ON st_release (recipient, number);),
	S(CREATE TABLE st_status (id TEXT PRIMARY KEY, owner TEXT NOT NULL, json BLOB NOT NULL) WITHOUT ROWID;),
	/* equivocation: what came, and what was there */
	S(CREATE TABLE st_evidence (number INTEGER PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, digest BLOB NOT NULL, UNIQUE (version, digest));),
	/* the log (ledger.h): its head, its leaves by transaction and kind, whole subtrees of 256, 65536 … leaves, events that are nothing but entries */
	S(CREATE TABLE st_log (one INTEGER PRIMARY KEY, size INTEGER NOT NULL, edge BLOB NOT NULL, versions INTEGER NOT NULL, releases INTEGER NOT NULL, events INTEGER NOT NULL);
		INSERT INTO st_log VALUES (1, 0, zeroblob(0), 0, 0, 0);
		CREATE TABLE st_leaf (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, kind INTEGER NOT NULL, row INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL,
		hashes BLOB NOT NULL);
		CREATE INDEX st_leaf_of ON st_leaf (kind, row);
		CREATE TABLE st_node (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;
		CREATE TABLE st_event (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, data TEXT NOT NULL);),
};
/* clang-format on */
const size_t store_schema_n = sizeof store_schema / sizeof *store_schema;
