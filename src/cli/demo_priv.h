/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's cast and the report they tell each other about.  Everything in it is fictional. */
#ifndef CLI_DEMO_PRIV_H
#define CLI_DEMO_PRIV_H
#include "util/arena.h"
#include "util/buf.h"
#include "util/timestamp.h"

enum demo_hub_key { DEMO_TOKYO,
	DEMO_BANGKOK,
	DEMO_JAKARTA,
	DEMO_HUBS };
enum demo_part { DEMO_GREEN = 1,
	DEMO_AMBER = 2,
	DEMO_RED = 4 };
struct demo_org {
	const char *name, *country, *kind, *sector;
	enum demo_hub_key hub;
	bool party;
	const char *person; /* also a reader of her own: the named recipient */
};
#define DEMO_REPORTER 0
#define DEMO_FINDER 1
#define DEMO_NAMED 2
#define DEMO_ORGS 8
extern const struct demo_org demo_orgs[DEMO_ORGS];

struct demo_case {
	struct span reporter; /* identity of the company that reports */
	struct span agreement; /* marking-definition that stands for the agreement */
	struct span named; /* the person the TLP:RED part is for */
	struct timestamp now;
	unsigned revision; /* 0 the report, 1 its revision, 2 its revocation */
	struct timestamp created;
};
/* The bundle of a revision: 0 everything; 1 and 2 the report alone, newer and then revoked. */
void demo_bundle(const struct demo_case *c, struct buf *out);
/* Which part an object of the bundle belongs to; 0 for what is not of the case (sightings, definitions). */
unsigned demo_part_of(struct span id);
/* How many objects a part has. */
unsigned demo_count(enum demo_part p);
#define DEMO_REPORT "report--5b1c1d8e-6f0a-4d55-9d3a-2f6f7c1e9a01"
#define DEMO_AMBER_INDICATOR "indicator--0a4de3f7-17ef-4b1c-8f19-74fb3f9c2b02"
#define DEMO_RED_NOTE "note--c8f7a2c4-3b1e-4a7e-8f44-5f0b8e6d1c03"
/* Log lines of the finder's own DNS server, one of which asks for the reported name. */
extern const char demo_log[];
#endif
