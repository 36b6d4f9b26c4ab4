/* SPDX-License-Identifier: Apache-2.0 */
/* Times as feeds write them. */
#include "formats/formats_priv.h"

static bool epoch(struct span s, struct timestamp *out)
{
	int64_t v = 0;

	if (s.n < 9 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!formats_digit(s.p[i]))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	out->us = v * 1000000;
	return true;
}

bool formats_time(struct span text, struct timestamp *out)
{
	char whole[40];
	size_t n;

	text = formats_trim(text);
	if (epoch(text, out))
		return true;
	if (text.n > 4 && formats_same(formats_from(text, text.n - 4), " utc"))
		text.n -= 4;
	if (text.n > 6 && (span_is(formats_from(text, text.n - 6), "+00:00")))
		text.n -= 6;
	if (text.n < 10 || text.n > 30)
		return false;
	memcpy(whole, text.p, n = text.n);
	if (n == 10) {
		memcpy(whole + n, "T00:00:00", 9);
		n += 9;
	} else if (whole[10] == ' ') {
		whole[10] = 'T';
	}
	if (n == 16) { /* without seconds */
		memcpy(whole + n, ":00", 3);
		n += 3;
	}
	if (whole[n - 1] != 'Z')
		whole[n++] = 'Z';
	return timestamp_parse((struct span){ whole, n }, out, NULL) == ERR_OK;
}
