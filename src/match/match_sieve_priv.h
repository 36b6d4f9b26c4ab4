/* SPDX-License-Identifier: Apache-2.0 */
/* The sieve: which bytes stand in lines that need a closer look?  It misses no line that match_tokens would find something in, and lets through few others.
 *
 * 1. It works on raw bytes of any format and knows no lines: a line end is a border like any other.
 * 2. First 64 bytes at a time to bit masks, without branches: word, dot, hex, colon …; sums with carry turn them into one bit for each end of a dotted token, of a run
 *    with colons, and so on.  Then one tight loop for each kind.
 * 3. What is not plain (percent encoding, escapes, tokens longer than a window, ranges) goes to the code that match_tokens itself uses, or lets the line through.
 */
#ifndef MATCH_MATCH_SIEVE_PRIV_H
#define MATCH_MATCH_SIEVE_PRIV_H
#include "match/match_token_priv.h"

#define SIEVE_BLOCK 16384 /* bytes whose masks are in hand at a time: they stay in the first-level cache */
#define SIEVE_WORDS (SIEVE_BLOCK / 64)
#define SIEVE_LEAD 2 /* words of the block before */
#define SIEVE_MASKS (SIEVE_LEAD + SIEVE_WORDS + 1) /* and one behind the end of the input */

/* A token with dots: where it ends, its length, that of its last label and of its last two. */
struct sieve_token {
	uint32_t end;
	uint8_t length, last, two, spare;
};
struct match_sieve {
	const struct match_index *x;
	enum match_level level;
	bool whole_urls; /* hosts and paths stand apart in this format: a listed URL's host alone lets the line through */
	/* found: places in what was given to match_sieve_run, in no order */
	uint32_t *at;
	size_t n, room;
	bool starved;
	struct arena *scratch;
	/* the input */
	const uint8_t *p;
	size_t length, base; /* base: where the block begins */
	size_t hash_done;
	/* masks of the block, after those of the end of the former */
	uint64_t token[SIEVE_MASKS], dot[SIEVE_MASKS], colon[SIEVE_MASKS], run[SIEVE_MASKS];
	/* carried from word to word */
	uint64_t word0, dot0, colon0, hex0, slash0, back0;
	uint8_t token_carry, run_carry, wide_carry;
	/* places in the block */
	uint32_t *ends, *runs, *hashes, *urls, *wides, *words, *escapes;
	size_t n_ends, n_runs, n_hashes, n_urls, n_wides, n_words, n_escapes;
	struct sieve_token *name, *address;
	uint64_t *key;
};
struct match_sieve *match_sieve_new(const struct match_index *x, enum match_level l);
void match_sieve_free(struct match_sieve *s);
/* p: MATCH_HEAD bytes before it and behind its n bytes can be read; both ends are borders.  Gives the number of places. */
size_t match_sieve_run(struct match_sieve *s, const char *p, size_t n);

/* One block at each level; made from match_sieve_body_priv.h. */
void sieve_block_portable(struct match_sieve *s, size_t n);
void sieve_block_sse42(struct match_sieve *s, size_t n);
void sieve_block_avx2(struct match_sieve *s, size_t n);
void sieve_block_avx512(struct match_sieve *s, size_t n);

/* What the blocks leave to others: places in the whole input. */
void sieve_mark(struct match_sieve *s, size_t at);
void sieve_word(struct match_sieve *s, size_t end); /* a word with dots that is not plain */
void sieve_names(struct match_sieve *s, size_t start, size_t end, uint64_t h, uint64_t filter); /* all of a token; the key of it is known */
void sieve_ipv4(struct match_sieve *s, size_t start, size_t end);
void sieve_run(struct match_sieve *s, size_t start, size_t end); /* hex and colons */
void sieve_hash(struct match_sieve *s, size_t at); /* 16 hex digits stand from here on */
void sieve_url(struct match_sieve *s, size_t host); /* behind "//" */
void sieve_odd_host(struct match_sieve *s, size_t host);
void sieve_wide(struct match_sieve *s, size_t end); /* a word with letters beyond ASCII */
void sieve_escape(struct match_sieve *s, size_t u); /* the u of \u */
void sieve_text(struct match_sieve *s, size_t end); /* a word that is an anchor */
#endif
