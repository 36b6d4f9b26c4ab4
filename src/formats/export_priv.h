/* SPDX-License-Identifier: Apache-2.0 */
/* Between what may be written and those who write it. */
#ifndef FORMATS_EXPORT_PRIV_H
#define FORMATS_EXPORT_PRIV_H
#include "formats/export.h"
#include "formats/formats_priv.h"
#include "pattern/pattern.h"

/* What a sharing policy lets one do (FIRST IEP 2.0), in order. */
enum iep { IEP_NONE,
	IEP_CONTACT,
	IEP_INTERNAL,
	IEP_INDIRECT,
	IEP_DIRECT,
	IEP_UNSAID };

/* One value as it is written: of all the indicators that name it, what the surest says. */
struct export_row {
	enum formats_sort sort;
	struct span value;
	struct span id, name, created_by; /* n == 0: unsaid */
	int confidence; /* -1: unsaid */
	enum stix_tlp tlp;
	enum iep actions;
	int64_t from_ns, until_ns; /* INT64_MIN, INT64_MAX: unsaid */
	const char *warned; /* name of the list, NULL: on none */
	unsigned indicators;
};

/* A writer adds whole lines to b; a row that cannot write the value says so before it adds anything. */
struct writing {
	struct buf b;
	struct timestamp now;
	size_t rows; /* all that will come */
	size_t n; /* rows of this sort so far */
	uint32_t *sids; /* Suricata: rule numbers taken */
	size_t sid_slots;
};
struct formats_writer {
	const char *name, *brief;
	uint32_t sorts;
	enum iep needs;
	bool covers; /* a domain stands for all below it, and two lines for one make the tool complain */
	void (*head)(struct writing *w);
	bool (*row)(struct writing *w, const struct export_row *r);
	void (*between)(struct writing *w, enum formats_sort before, enum formats_sort after); /* sorts change; FORMATS_SORTS: begin, end */
};

/* Each value that alone makes the pattern true, left to right; false where some part of it is more than that.  a: for the normal forms. */
bool export_values(struct arena *a, const struct pattern *p, void (*fn)(void *ctx, enum formats_sort sort, struct span normal), void *ctx);
/* finders.c: is the address reserved for private use, or does the network overlap such a one? */
bool formats_private(enum formats_sort sort, struct span normal);
#endif
