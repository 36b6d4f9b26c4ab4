/* SPDX-License-Identifier: Apache-2.0 */
/* IATI 2.03: one activity, its results and periods, in the order in which the schema wants them. */
#include "formats/iati.h"
#include "util/markup.h"

static void attribute(struct buf *b, const char *name, struct span value)
{
	buf_addf(b, " %s=\"", name);
	markup_add(b, value);
	buf_addc(b, '"');
}

static void narrative(struct buf *b, const char *element, const char *attributes, struct span value)
{
	buf_addf(b, "<%s%s><narrative>", element, attributes);
	markup_add(b, value);
	buf_addf(b, "</narrative></%s>\n", element);
}

static void date(struct buf *b, const char *before, struct timestamp t, const char *after)
{
	char s[TIMESTAMP_TEXT];

	timestamp_format(t, s);
	buf_addf(b, "%s%.10s%s", before, s, after);
}

static struct timestamp last_day(struct timestamp end)
{
	return (struct timestamp){ end.us - 1 };
}

static void indicator(struct buf *b, const struct iati_indicator *x)
{
	buf_adds(b, "<result type=\"1\" aggregation-status=\"false\">\n");
	narrative(b, "title", "", x->title);
	buf_adds(b, "<indicator measure=\"1\" ascending=\"1\">\n");
	narrative(b, "title", "", x->title);
	if (x->n_periods) {
		char s[TIMESTAMP_TEXT];
		timestamp_format(x->periods[0].start, s);
		buf_addf(b, "<baseline year=\"%.4s\" value=\"%lld\"/>\n", s, (long long)x->baseline);
	}
	for (size_t i = 0; i < x->n_periods; i++) {
		const struct iati_period *p = &x->periods[i];
		date(b, "<period><period-start iso-date=\"", p->start, "\"/>");
		date(b, "<period-end iso-date=\"", last_day(p->end), "\"/>");
		buf_addf(b, "<target value=\"%lld\"/>", (long long)p->target);
		if (p->has_actual)
			buf_addf(b, "<actual value=\"%lld\"/>", (long long)p->actual);
		buf_adds(b, "</period>\n");
	}
	buf_adds(b, "</indicator>\n</result>\n");
}

void formats_iati(struct buf *b, const struct iati_activity *a)
{
	char s[TIMESTAMP_TEXT];

	timestamp_format(a->updated, s);
	buf_addf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<iati-activities version=\"2.03\" generated-datetime=\"%s\">\n<iati-activity last-updated-datetime=\"%s\"", s, s);
	attribute(b, "xml:lang", a->language);
	buf_adds(b, " humanitarian=\"0\">\n<iati-identifier>");
	markup_add(b, a->identifier);
	buf_adds(b, "</iati-identifier>\n<reporting-org type=\"80\"");
	attribute(b, "ref", a->reporter);
	buf_adds(b, "><narrative>");
	markup_add(b, a->reporter_name);
	buf_adds(b, "</narrative></reporting-org>\n");
	narrative(b, "title", "", a->title);
	narrative(b, "description", " type=\"1\"", a->description);
	for (size_t i = 0; i < a->n_participants; i++)
		narrative(b, "participating-org", " role=\"1\"", a->participants[i]);
	buf_addf(b, "<activity-status code=\"%d\"/>\n", timestamp_before(a->updated, a->start) ? 1 : timestamp_before(a->updated, a->end) ? 2
																	  : 4);
	date(b, "<activity-date type=\"1\" iso-date=\"", a->start, "\"/>\n");
	date(b, "<activity-date type=\"3\" iso-date=\"", last_day(a->end), "\"/>\n");
	for (size_t i = 0; i < a->n_indicators; i++)
		indicator(b, &a->indicators[i]);
	buf_adds(b, "</iati-activity>\n</iati-activities>\n");
}
