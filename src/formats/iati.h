/* SPDX-License-Identifier: Apache-2.0 */
/* Results as IATI 2.03 activity XML (iatistandard.org): what was promised, what was reached, period by period. */
#ifndef FORMATS_IATI_H
#define FORMATS_IATI_H
#include "util/buf.h"
#include "util/timestamp.h"

struct iati_period {
	struct timestamp start, end; /* end: first moment after it */
	int64_t target, actual;
	bool has_actual; /* false: not over, or nothing may be said */
};
struct iati_indicator {
	struct span title;
	int64_t baseline;
	const struct iati_period *periods;
	size_t n_periods;
};
struct iati_activity {
	struct span identifier, reporter, reporter_name, title, description, language; /* language: "en" */
	const struct span *participants; /* names of those who promised */
	size_t n_participants;
	struct timestamp start, end, updated;
	const struct iati_indicator *indicators;
	size_t n_indicators;
};
/* One document that the published schema accepts.  Texts are escaped; what XML cannot hold becomes U+FFFD. */
void formats_iati(struct buf *out, const struct iati_activity *a);
#endif
