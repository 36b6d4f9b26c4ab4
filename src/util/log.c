/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's log: each event is one line and one write, so that lines of several threads never mix. */
#include "util/log.h"
#include "util/json.h"
#include "util/timestamp.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic enum log_level most_shown = LOG_LEVEL_INFO;
static _Atomic int as_json;

void log_init(enum log_level most, int json)
{
	atomic_store(&most_shown, most);
	atomic_store(&as_json, json);
}

/* Nothing from outside may start a line of its own or move the cursor of a terminal. */
static void one_line(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7F)
			*p = ' ';
		else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
			*p = p[1] = ' '; /* U+0080 … U+009F: terminals obey some of them too */
}

void log_event(enum log_level level, const char *what, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	if (level > atomic_load(&most_shown))
		return;
	char text[1500], when[TIMESTAMP_TEXT];
	va_list ap;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	timestamp_format(timestamp_now(), when);

	BUF_SCOPE struct buf line;
	buf_init(&line, 16384);
	if (atomic_load(&as_json)) {
		struct json_out o = json_out(&line);
		json_open(&o, '{');
		json_kstr(&o, "time", when);
		json_kstr(&o, "level", names[level]);
		json_kstr(&o, "event", what);
		json_kstr(&o, "message", text);
		json_close(&o, '}');
		buf_addc(&line, '\n');
	} else {
		one_line(text);
		buf_addf(&line, "%s %-5s %s: %s\n", when, names[level], what, text);
	}
	/* A log that cannot be written has nobody to tell. */
	ssize_t written = write(STDERR_FILENO, line.p ? line.p : "", line.n);
	(void)written;
}
