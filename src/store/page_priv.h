/* SPDX-License-Identifier: Apache-2.0 */
/* A page in the making: candidates in feed order, then bytes. */
#ifndef STORE_PAGE_PRIV_H
#define STORE_PAGE_PRIV_H
#include "store/store_priv.h"

struct hit {
	int64_t stamp; /* as the view shows it */
	int64_t own, version;
	unsigned flags;
};
#define CHUNK_BYTES (256u << 10)
struct chunk {
	struct chunk *next;
	size_t n, room;
	char bytes[];
};
/* What was found: finished, read-only, counted; shared by all whose view and question are the same (pages.c). */
struct body {
	_Atomic int refs;
	struct store *s;
	struct hit *rows;
	struct store_entry *entries;
	int64_t *versions; /* rising */
	size_t n, bytes;
	bool more;
	unsigned char cursor[8];
	struct chunk *memory;
	struct chunk *raws; /* the one of memory that takes objects' bytes now */
	struct span *runs; /* the objects' bytes with commas between, in pieces */
	size_t n_runs;
	struct store_along *along;
	size_t n_along, room_along;
};
struct store_page {
	struct store *s;
	const struct store_view *view;
	struct body *body;
	int64_t collection;
	enum given_what what;
	int64_t recipient; /* 0: has no number yet */
	bool released;
	/* the release under way */
	struct store_job job;
	void (*done)(void *ctx, enum err e, const struct fault *f);
	void *ctx;
};

/* ---- pages.c: memory of pages, and the pages made last ---- */
struct chunk *chunk_take(struct store *s, size_t room); /* at least; NULL without memory */
struct body *body_new(struct store *s);
void body_unref(struct body *b);
struct page_key {
	uint8_t digest[SIGN_DIGEST];
	uint64_t edition;
};
/* False: such a question is not kept. */
bool pages_key(struct store *s, const struct store_view *v, const struct store_query *q, struct page_key *key);
struct body *pages_find(struct store *s, const struct page_key *key); /* counted; NULL: not there */
void pages_keep(struct store *s, const struct page_key *key, struct body *b);

/* What a query wants, as numbers of this data base. */
struct want {
	struct store *s;
	struct db *db;
	const struct store_view *v;
	const struct store_query *q;
	struct arena *a;
	int64_t after, horizon; /* after < stamp < horizon */
	bool trusted; /* labels' newest stamps in memory are those of this snapshot, or newer */
	int64_t *types, *specs; /* 0: no such name here, matches nothing */
	struct hit *hits;
	size_t n, room, most; /* most: enough of them */
};
/* Adds the entries of one version that the query wants and the view shows. */
enum err want_one(struct want *w, int64_t version, struct fault *f);
/* ---- along.c ---- */
/* What goes along with a page that was found (w as it was asked). */
enum err along_find(struct want *w, struct body *b, struct fault *f);
bool body_along(struct body *b, struct span id, size_t entry); /* page.c */
enum err want_push(struct want *w, const struct hit *h, struct fault *f);
/* Is this version of its line one that the query asks for? */
enum err want_version(struct want *w, const struct hit *h, bool *yes, struct fault *f);
/* Candidates by id, value or words; sorted. */
enum err want_by_key(struct want *w, struct fault *f);
/* Candidates by merging the streams of all visible labels; the first `most` after `after`. */
enum err feed_merge(struct want *w, struct fault *f);
bool given_run(struct span *runs, int64_t *last, int64_t *from, int64_t *to);
#endif
