/* SPDX-License-Identifier: Apache-2.0 */
/* Names, statuses and sentences of errors. */
#include "util/err.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	short http, exit;
} kinds[] = {
#define X(k, name, http, exit) { name, http, exit },
	ERR_LIST(X)
#undef X
};

static unsigned known(enum err e)
{
	assert((unsigned)e < sizeof kinds / sizeof *kinds);
	return (unsigned)e;
}

const char *err_name(enum err e)
{
	return kinds[known(e)].name;
}

int err_http(enum err e)
{
	return kinds[known(e)].http;
}

int err_exit(enum err e)
{
	return kinds[known(e)].exit;
}

/* Cuts text that filled its field so that it does not end inside a UTF-8 character. */
static void cut(char *text, size_t wanted, size_t room)
{
	if (wanted < room)
		return;
	size_t n = room - 1;
	size_t lead = n;
	while (lead > 0 && n - lead < 4 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return;
	unsigned char c = (unsigned char)text[lead - 1];
	size_t need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3
			      : c >= 0xC0       ? 2
						: 1;
	if (n - (lead - 1) < need)
		text[lead - 1] = '\0';
}

enum err fault_set(struct fault *f, enum err e, const char *where, const char *fmt, ...)
{
	if (!f)
		return e;
	/* Arguments may be f's own old texts: write beside, then copy. */
	struct fault made;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(made.what, sizeof made.what, fmt, ap);
	va_end(ap);
	if (n < 0)
		made.what[0] = '\0';
	else
		cut(made.what, (size_t)n, sizeof made.what);
	n = snprintf(made.where, sizeof made.where, "%s", where ? where : "");
	cut(made.where, (size_t)n, sizeof made.where);
	*f = made;
	return e;
}
