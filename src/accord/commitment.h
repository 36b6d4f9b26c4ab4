/* SPDX-License-Identifier: Apache-2.0 */
/* Promised figures and the records behind them (design/accord.md): a commitment says what is counted and by when; each record says where, by whom, and how it
 * is known; a figure is nothing but its records, counted again.
 *
 * 1. Records are numbered 1, 2, 3 … and never changed: one that was wrong is taken back by a later one.  So a figure as of any record, or any time, is the same
 *    whenever it is asked for.
 * 2. A person is kept as a hash under the hub's own key, never by name.
 * 3. What others may see is made of whole periods, and no number in it, nor any difference of two, tells of fewer than three (public.c). */
#ifndef ACCORD_COMMITMENT_H
#define ACCORD_COMMITMENT_H
#include "accord/accord.h"

#define COMMITMENT_RULES(X) X(PEOPLE, "distinct people") X(SEATS, "seats") X(ORGANISATIONS, "organisations") X(OBJECTS, "objects") X(MEETINGS, "meetings")
#define COMMITMENT_KINDS(X) X(CREDENTIAL, "credential") X(ATTENDANCE, "attendance") X(EXERCISE, "exercise") X(MEETING, "meeting") X(SHARE, "share") \
	X(ACCESSION, "accession") X(DOCUMENT, "document")
/* Weakest first: who is known in several ways counts by the strongest. */
#define COMMITMENT_VERIFICATIONS(X) X(SELF, "self") X(MACHINE, "machine") X(PEER, "peer")
/* OGP's completion scale. */
#define COMMITMENT_COMPLETIONS(X) X(NOT_STARTED, "not-started") X(LIMITED, "limited") X(SUBSTANTIAL, "substantial") X(COMPLETE, "complete")
#define COMMITMENT_PILLARS(X) X(LEGAL, "legal") X(TECHNICAL, "technical") X(ORGANIZATIONAL, "organizational") X(CAPACITY, "capacity-development") \
	X(COOPERATION, "cooperation") /* ITU Global Cybersecurity Index */
#define X(k, name) COMMITMENT_##k,
enum commitment_rule { COMMITMENT_RULES(X) COMMITMENT_RULES_N };
enum commitment_kind { COMMITMENT_KINDS(X) COMMITMENT_KINDS_N };
enum commitment_verification { COMMITMENT_VERIFICATIONS(X) COMMITMENT_VERIFICATIONS_N };
enum commitment_completion { COMMITMENT_COMPLETIONS(X) COMMITMENT_COMPLETIONS_N };
#undef X
extern const char *const commitment_rules[], *const commitment_kinds[], *const commitment_verifications[], *const commitment_completions[];
extern const char *const commitment_dimensions[]; /* by which a figure is split */
enum commitment_dimension { COMMITMENT_COUNTRY,
	COMMITMENT_SECTOR,
	COMMITMENT_AREA,
	COMMITMENT_KNOWN, /* how: self, machine, peer */
	COMMITMENT_DIMENSIONS };

/* ---- documents ---- */
struct commitment_period {
	struct timestamp start, end; /* end: the first moment that is no longer in it */
	int64_t target; /* to be reached by its end, counted from the beginning */
};
struct commitment_indicator {
	struct span id, measure;
	struct json title; /* text, or texts by language */
	enum commitment_rule rule;
	unsigned kinds; /* bits: which records count */
	int64_t baseline;
	struct commitment_period *periods; /* in order, without overlap */
	size_t n_periods;
};
struct commitment {
	struct span id, digest, area, pillar, agreement, json; /* agreement n == 0: its source is no agreement */
	struct json document;
	struct span *pledgors, *areas; /* areas: those that records may name; none: any */
	size_t n_pledgors, n_areas;
	bool fictional; /* sample figures say so */
	struct commitment_indicator *indicators;
	size_t n_indicators;
	bool assessed;
	enum commitment_completion completion;
	struct span assessor;
	struct timestamp assessed_at;
};
/* Pure: reads and checks a document.  Everything lives in a.  ERR_INVALID with the member that is wrong. */
enum err commitment_read(struct arena *a, struct span json, struct commitment *out, struct fault *f) CHECK_RESULT;
/* ERR_NOTFOUND where its agreement is not known; ERR_CONFLICT where the id stands for another text.  The same again is ERR_OK. */
enum err commitment_add(struct accord *h, struct span json, char id_out[static 64], struct fault *f) CHECK_RESULT;
/* All of them, by id; id n > 0: that one alone, ERR_NOTFOUND. */
enum err commitment_list(struct accord *h, struct arena *a, struct span id, struct commitment **out, size_t *n, struct fault *f) CHECK_RESULT;
/* ERR_DENIED where the assessor is one of those who promised. */
enum err commitment_assess(struct accord *h, struct span id, enum commitment_completion c, struct span assessor, struct fault *f) CHECK_RESULT;

/* ---- records ---- */
struct commitment_record {
	int64_t number; /* 0 in what is added */
	struct span commitment, indicator;
	enum commitment_kind kind;
	enum commitment_verification known;
	struct span reference; /* certificate, meeting, object: what one can go and look at */
	struct span person; /* in what is added: any text that is one person's alone; in what is read: its hash */
	struct span organisation, country, sector, area; /* n == 0: not said */
	struct span digest; /* hex SHA-256 of the document behind it; n == 0: none */
	struct timestamp at, recorded;
	int64_t retracts; /* the record it takes back; 0: none */
};
/* All or none.  A record that is there already (same indicator, kind, reference, person) is counted in *known and not added.  Faults name the record: "record 3". */
enum err commitment_record_add(struct accord *h, const struct commitment_record *v, size_t n, size_t *known, struct fault *f) CHECK_RESULT;
enum err commitment_record_retract(struct accord *h, int64_t number, struct fault *f) CHECK_RESULT;
/* What the program knows by itself becomes records: accessions to the agreement of the commitment, objects that were shared.  *added may be NULL. */
enum err commitment_collect(struct accord *h, size_t *added, struct fault *f) CHECK_RESULT;
/* Records of a commitment (indicator n == 0: of all its indicators) up to a number, in order. */
enum err commitment_records(struct accord *h, struct arena *a, struct span id, struct span indicator, int64_t up_to, struct commitment_record **out, size_t *n,
	struct fault *f) CHECK_RESULT;

/* ---- figures: pure ---- */
struct commitment_cell {
	struct span name;
	int64_t n;
};
struct commitment_table {
	int64_t total;
	struct commitment_cell *cells[COMMITMENT_DIMENSIONS]; /* by name; "" where it is not said */
	size_t n_cells[COMMITMENT_DIMENSIONS];
};
struct commitment_figure {
	struct commitment_table all;
	struct commitment_table *periods; /* what was new in each */
	int64_t outside; /* counted, and in no period */
	int64_t target, due; /* at the end of the last period; by `at`, on a straight line between targets */
	int64_t last; /* newest record that was looked at */
	int64_t *counted; /* numbers of the records that made it, rising: one for each that was counted */
	size_t n_counted;
};
/* Of these records those up to number `up_to` and time `at` that were not taken back by then.  False without memory. */
bool commitment_count(struct arena *a, const struct commitment_indicator *i, const struct commitment_record *v, size_t n, int64_t up_to, struct timestamp at,
	struct commitment_figure *out) CHECK_RESULT;

/* What the public may see: groups of whole periods that are over, all numbers rounded down to multiples of three (public.c says why). */
struct commitment_group {
	struct timestamp start, end;
	struct commitment_table table;
};
struct commitment_public {
	struct commitment_group *groups;
	size_t n_groups;
	int64_t total;
};
/* What cells a dimension has in public: all that may ever occur, so that nobody learns which do; all else is in the last one.  n 0: it is not split so. */
struct commitment_names {
	const struct span *v[COMMITMENT_DIMENSIONS];
	size_t n[COMMITMENT_DIMENSIONS];
};
/* Japan and ASEAN, sectors, the commitment's areas, how it is known.  False without memory. */
bool commitment_names(struct arena *a, const struct commitment *c, struct commitment_names *out) CHECK_RESULT;
/* Of the periods that were over by `at`.  False without memory. */
bool commitment_publish(struct arena *a, const struct commitment_indicator *i, const struct commitment_figure *fig, struct timestamp at, const struct commitment_names *names,
	struct commitment_public *out) CHECK_RESULT;
#endif
