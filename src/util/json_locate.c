/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON path as messages give it ("objects[3].name") to line and column in the text it is about. */
#include "util/json.h"

struct place {
	struct span text;
	size_t at;
};

static char look(const struct place *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static void skip_blanks(struct place *p)
{
	while (p->at < p->text.n && memchr(" \t\r\n", p->text.p[p->at], 4))
		p->at++;
}

static struct span skip_string(struct place *p)
{
	size_t from = ++p->at;
	while (p->at < p->text.n && look(p) != '"')
		p->at += look(p) == '\\' ? 2 : 1;
	size_t to = p->at < p->text.n ? p->at : p->text.n;
	p->at = to + 1;
	return (struct span){ p->text.p + from, to > from ? to - from : 0 };
}

/* Over one value and the blanks behind it; brackets are counted, not told apart. */
static void skip_value(struct place *p)
{
	size_t depth = 0;
	do {
		char c = look(p);
		if (c == '"') {
			skip_string(p);
		} else {
			depth += c == '{' || c == '[';
			if (depth > 0)
				depth -= c == '}' || c == ']';
			p->at++;
		}
		while (depth == 0 && p->at < p->text.n && !memchr(",:]}", look(p), 4))
			p->at++;
	} while (depth > 0 && p->at < p->text.n);
}

/* To item n of the array here. */
static bool enter_item(struct place *p, size_t n)
{
	if (look(p) != '[')
		return false;
	for (p->at++;; p->at++) {
		skip_blanks(p);
		if (look(p) == ']' || p->at >= p->text.n)
			return false;
		if (n-- == 0)
			return true;
		skip_value(p);
		if (look(p) != ',')
			return false;
	}
}

/* To the member whose name `path` begins with; a name may itself hold points.  Its length, or -1. */
static long enter_member(struct place *p, const char *path)
{
	if (look(p) != '{')
		return -1;
	for (p->at++;; p->at++) {
		skip_blanks(p);
		if (look(p) != '"')
			return -1;
		struct span key = skip_string(p);
		skip_blanks(p);
		if (look(p) != ':')
			return -1;
		p->at++;
		skip_blanks(p);
		if (strncmp(path, key.p, key.n) == 0 && strlen(path) >= key.n && strchr(".[", path[key.n]))
			return (long)key.n;
		skip_value(p);
		if (look(p) != ',')
			return -1;
	}
}

bool json_locate(struct span text, const char *path, size_t *line, size_t *column)
{
	struct place p = { text, 0 };
	skip_blanks(&p);
	while (*path) {
		if (*path == '[') {
			size_t n = 0;
			for (path++; *path >= '0' && *path <= '9'; path++)
				n = n * 10 + (size_t)(*path - '0');
			if (*path++ != ']' || !enter_item(&p, n))
				return false;
		} else {
			path += *path == '.';
			long n = enter_member(&p, path);
			if (n < 0)
				return false;
			path += n;
		}
	}
	if (p.at >= text.n)
		return false;
	size_t start = 0;
	*line = 1;
	for (size_t i = 0; i < p.at; i++)
		if (text.p[i] == '\n') {
			++*line;
			start = i + 1;
		}
	*column = p.at - start + 1;
	return true;
}
