/* SPDX-License-Identifier: Apache-2.0 */
/* Time in UTC: reading and writing RFC 3339 by hand, because validation reads several timestamps an object. */
#include "util/timestamp.h"
#include <assert.h>
#include <time.h>

#define DAY 86400

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; years are counted from March so that the leap day comes last. */
static int64_t days_from_date(int y, int m, int d)
{
	int from_march = (m + 9) % 12;
	y -= m <= 2;
	int era = y / 400, of_era = y % 400; /* y >= 0 */
	int day_of_year = (153 * from_march + 2) / 5 + d - 1;
	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int *y, int *m, int *d)
{
	int64_t z = days + 719468; /* >= 0 for the years 1 to 9999 */
	int64_t era = z / 146097;
	int of_era = (int)(z % 146097);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int day_of_year = of_era - (365 * year + year / 4 - year / 100);
	int from_march = (5 * day_of_year + 2) / 153;
	*d = day_of_year - (153 * from_march + 2) / 5 + 1;
	*m = from_march < 10 ? from_march + 3 : from_march - 9;
	*y = (int)(year + era * 400) + (*m <= 2);
}

static int month_days(int y, int m)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* n digits; a negative number where one is missing. */
static int digits(const char *p, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		unsigned c = (unsigned char)p[i] - '0';
		if (c > 9)
			return -1;
		v = v * 10 + (int)c;
	}
	return v;
}

static enum err refuse(struct fault *f, struct span text, const char *why)
{
	int shown = text.n > 48 ? 48 : (int)text.n;
	return fault_set(f, ERR_SYNTAX, "", "\"%.*s%s\" is no timestamp: %s; write it as 2026-11-22T09:30:00.000Z", shown, text.p ? text.p : "",
		text.n > 48 ? "…" : "", why);
}

struct moment {
	int64_t seconds; /* since 1970 */
	int32_t ns;
};

static enum err parse(struct span text, struct moment *out, struct fault *f)
{
	const char *p = text.p;
	if (text.n < 20)
		return refuse(f, text, "it is too short");
	int y = digits(p, 4), mo = digits(p + 5, 2), d = digits(p + 8, 2);
	int h = digits(p + 11, 2), mi = digits(p + 14, 2), s = digits(p + 17, 2);
	if ((y | mo | d | h | mi | s) < 0 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':')
		return refuse(f, text, "it is not of the form YYYY-MM-DDThh:mm:ss[.fraction]Z");
	if (p[10] != 'T')
		return refuse(f, text, "an upper-case T must stand between date and time");
	if (p[text.n - 1] != 'Z')
		return refuse(f, text, "it must be in UTC and end with an upper-case Z");
	if (y < 1 || mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo))
		return refuse(f, text, "there is no such date");
	if (h > 23 || mi > 59 || s > 59)
		return refuse(f, text, s == 60 ? "second 60 is not allowed" : "there is no such time of day");

	int32_t ns = 0, scale = 100000000;
	if (text.n > 20 && (p[19] != '.' || text.n == 21))
		return refuse(f, text, "after the seconds only a point with digits may stand");
	for (size_t i = 20; i + 1 < text.n; i++) {
		unsigned c = (unsigned char)p[i] - '0';
		if (c > 9)
			return refuse(f, text, "the fraction of the second must be digits");
		ns += (int32_t)c * scale;
		scale /= 10;
	}
	out->seconds = days_from_date(y, mo, d) * DAY + h * 3600 + mi * 60 + s;
	out->ns = ns;
	return ERR_OK;
}

enum err timestamp_parse_ns(struct span text, int64_t *ns, struct fault *f)
{
	struct moment m;
	enum err e = parse(text, &m, f);
	if (e)
		return e;
	int64_t v;
	if (__builtin_mul_overflow(m.seconds, INT64_C(1000000000), &v) || __builtin_add_overflow(v, m.ns, &v))
		v = m.seconds < 0 ? INT64_MIN : INT64_MAX;
	*ns = v;
	return ERR_OK;
}

enum err timestamp_parse(struct span text, struct timestamp *out, struct fault *f)
{
	struct moment m;
	enum err e = parse(text, &m, f);
	if (!e)
		out->us = m.seconds * 1000000 + m.ns / 1000;
	return e;
}

static char *put(char *p, int v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

void timestamp_format(struct timestamp t, char out[static TIMESTAMP_TEXT])
{
	static const int64_t least = INT64_C(-62135596800) * 1000000, most = INT64_C(253402300800) * 1000000 - 1;
	int64_t us = t.us < least ? least : t.us > most ? most
							: t.us;
	int64_t day = us / (INT64_C(1000000) * DAY), rest = us % (INT64_C(1000000) * DAY);
	if (rest < 0) {
		day--;
		rest += INT64_C(1000000) * DAY;
	}
	int y, m, d, second = (int)(rest / 1000000);
	date_from_days(day, &y, &m, &d);
	char *p = put(out, y, 4);
	*p++ = '-';
	p = put(p, m, 2);
	*p++ = '-';
	p = put(p, d, 2);
	*p++ = 'T';
	p = put(p, second / 3600, 2);
	*p++ = ':';
	p = put(p, second / 60 % 60, 2);
	*p++ = ':';
	p = put(p, second % 60, 2);
	*p++ = '.';
	p = put(p, (int)(rest % 1000000), 6);
	*p++ = 'Z';
	*p = '\0';
}

struct timestamp timestamp_now(void)
{
	struct timespec ts;
	int failed = clock_gettime(CLOCK_REALTIME, &ts);
	assert(!failed);
	return (struct timestamp){ (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 };
}

int64_t timestamp_tick_ns(void)
{
	struct timespec ts;
	int failed = clock_gettime(CLOCK_MONOTONIC, &ts);
	assert(!failed);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
