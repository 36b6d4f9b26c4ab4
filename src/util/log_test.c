/* SPDX-License-Identifier: Apache-2.0 */
#include "util/test.h"
#include "util/json.h"
#include "util/log.h"
#include <stdio.h>
#include <unistd.h>

/* What one event writes to stderr. */
static const char *logged(enum log_level level, const char *text)
{
	static char got[4096];
	int ends[2], kept = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_event(level, "peer", "lag %d: %s", 7, text);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	ssize_t n = read(ends[0], got, sizeof got - 1);
	close(ends[0]);
	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void an_event_is_one_line_whatever_it_says(void **state)
{
	log_init(LOG_LEVEL_INFO, 0);
	const char *line = logged(LOG_LEVEL_WARN, "a\nb\x1b[2Jc\xc2\x9bé");
	assert_int_equal(strlen(line), 27 + strlen(" warn  peer: lag 7: a b [2Jc  é\n"));
	assert_string_equal(line + 27, " warn  peer: lag 7: a b [2Jc  é\n");
}

static void events_above_the_chosen_level_are_silent(void **state)
{
	log_init(LOG_LEVEL_WARN, 0);
	assert_string_equal(logged(LOG_LEVEL_INFO, "x"), "");
	assert_true(strlen(logged(LOG_LEVEL_ERROR, "x")) > 0);
}

static void json_lines_are_json(void **state)
{
	log_init(LOG_LEVEL_DEBUG, 1);
	const char *line = logged(LOG_LEVEL_DEBUG, "\"quoted\"\n\xff");
	ARENA_SCOPE struct arena *a = arena_new(10000);
	struct json v;
	assert_int_equal(json_read(a, span_of(line), &v, NULL), ERR_OK);
	assert_true(span_is(json_string(json_get(v, "level")), "debug"));
	assert_true(span_is(json_string(json_get(v, "event")), "peer"));
	assert_true(span_is(json_string(json_get(v, "message")), "lag 7: \"quoted\"\n\xEF\xBF\xBD"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line_whatever_it_says),
		cmocka_unit_test(events_above_the_chosen_level_are_silent),
		cmocka_unit_test(json_lines_are_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
