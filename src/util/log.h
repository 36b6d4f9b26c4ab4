/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's log: one line an event on stderr.  Only floors 5 and 6 log; secrets never are. */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H
enum log_level { LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };
void log_init(enum log_level most, int json); /* json != 0: JSON lines */
void log_event(enum log_level level, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#endif
