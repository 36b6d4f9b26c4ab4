/* SPDX-License-Identifier: Apache-2.0 */
/* Objects out of a stream of any size, in bounded memory.
 *
 * The window holds buf[0 .. have).  Everything before `pos` is finished with.  A value is found by scanning from `pos`; the scan
 * (struct scan) can stop anywhere for more bytes and goes on where it stopped, so that each byte is looked at once.
 *
 *   OUTSIDE   between top-level values: an object begins one; a comma or ']' means that the stream was entered inside a list
 *   MEMBERS   inside a top-level object: its start is kept in the window (it may be a bare object) until its list is found
 *   LIST      inside the `objects` list: each value is an item
 *
 * Where objects are parsed on the way (stix_reader_value), a series of them is looked at as a whole (json_series): it begins at `pos`, where an object is due, and ends where an
 * object seems to end, near the end of what was read.  Whatever the series does not give (an object that goes on behind it, the list's end, bytes that are no UTF-8) is left
 * to the slow way above, so that both ways give the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "stix/bundle.h"
#include "util/bounds.h"

#define SERIES_BYTES (256u << 10) /* read and looked at together: stays in a core's own cache with its structure and values */

#define AROUND_BYTES (64u << 10) /* of a container's own members */

enum place { OUTSIDE,
	MEMBERS,
	LIST };

struct scan {
	size_t at; /* relative to pos: bytes looked at */
	unsigned depth;
	bool in_string, escaped, scalar;
};

struct stix_reader {
	int fd;
	char *buf;
	size_t room, have, pos;
	uint64_t base; /* offset in the stream of buf[0] */
	bool ended, lent; /* the stream; buf is somebody else's */
	enum place place;
	bool kept; /* MEMBERS: buf[pos] is the object's '{', and `member` is where we stand */
	size_t member; /* offset from pos of what follows the last finished member */
	bool first; /* no member, no item yet: no comma expected */
	bool has_type, is_bundle, has_list, odd_list, has_id;
	size_t index; /* objects given so far */
	struct buf around; /* the members beside the list so far */
	struct buf container; /* the same of the container that ended last */
	bool closed; /* it ended in this call */
	struct json_parser *parser; /* of stix_reader_value; NULL: the slow way only */
	bool series; /* the parser is in a series of ours */
	uint64_t slow; /* no series before this offset of the stream */
	struct json value; /* of the object given out last; missing where nobody parsed it */
	bool parsed; /* value, or what is wrong, is known */
};

struct stix_reader *stix_reader_new(int fd, size_t window)
{
	struct stix_reader *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->fd = fd;
	r->room = window < 4096 ? 4096 : window;
	r->buf = malloc(r->room + BUF_SLACK); /* not cleared: megabytes that a small file never touches */
	if (!r->buf) {
		free(r);
		return NULL;
	}
	memset(r->buf + r->room, 0, BUF_SLACK);
	buf_init(&r->around, AROUND_BYTES);
	buf_init(&r->container, AROUND_BYTES);
	off_t here = lseek(fd, 0, SEEK_CUR);
	r->base = here > 0 ? (uint64_t)here : 0;
	return r;
}

struct stix_reader *stix_reader_of(struct span text)
{
	struct stix_reader *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->fd = -1;
	r->buf = (char *)text.p; /* never written to: nothing is read, so that nothing moves */
	r->room = r->have = text.n;
	r->ended = r->lent = true;
	buf_init(&r->around, AROUND_BYTES);
	buf_init(&r->container, AROUND_BYTES);
	return r;
}

void stix_reader_free(struct stix_reader *r)
{
	if (!r)
		return;
	buf_release(&r->around);
	buf_release(&r->container);
	if (!r->lent)
		free(r->buf);
	free(r);
}

/* ---- bytes ---- */

/* More bytes behind buf[have); moves what is still needed to the front.  ERR_NOTFOUND at the end, ERR_LIMIT when the window is full. */
static enum err more(struct stix_reader *r, struct fault *f)
{
	if (r->ended)
		return ERR_NOTFOUND;
	if (r->have == r->room && r->pos) {
		memmove(r->buf, r->buf + r->pos, r->have - r->pos);
		r->base += r->pos;
		r->have -= r->pos;
		r->pos = 0;
	}
	if (r->have == r->room)
		return fault_set(f, ERR_LIMIT, "", "object %zu at byte %llu is longer than the window of %zu bytes", r->index,
			(unsigned long long)(r->base + r->pos), r->room);
	size_t held = r->have - r->pos, want = held < SERIES_BYTES ? SERIES_BYTES - held : SERIES_BYTES;
	want = r->room - r->have < want ? r->room - r->have : want;
	ssize_t n;
	do
		n = read(r->fd, r->buf + r->have, want);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault_set(f, ERR_IO, "", "reading failed at byte %llu: %s", (unsigned long long)(r->base + r->have), strerror(errno));
	if (n == 0) {
		r->ended = true;
		return ERR_NOTFOUND;
	}
	r->have += (size_t)n;
	return ERR_OK;
}

static enum err wrong(struct stix_reader *r, size_t at, struct fault *f, const char *what)
{
	char where[40];
	snprintf(where, sizeof where, "byte %llu", (unsigned long long)(r->base + r->pos + at));
	return fault_set(f, ERR_SYNTAX, where, "%s", what);
}

static enum err too_long(struct stix_reader *r, size_t from, struct fault *f)
{
	return fault_set(f, ERR_LIMIT, "", "object %zu at byte %llu is longer than %u bytes: keep large contents behind a URL", r->index,
		(unsigned long long)(r->base + r->pos + from), BOUND_OBJECT_BYTES);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The byte at *at (from pos) that is no white space; advances *at to it.  ERR_NOTFOUND at the end. */
static enum err peek(struct stix_reader *r, size_t *at, char *c, struct fault *f)
{
	for (;;) {
		while (r->pos + *at < r->have && is_space(r->buf[r->pos + *at]))
			++*at;
		if (r->pos + *at < r->have) {
			*c = r->buf[r->pos + *at];
			return ERR_OK;
		}
		if (!r->kept) { /* white space need not be held */
			r->pos += *at;
			*at = 0;
		}
		enum err e = more(r, f);
		if (e)
			return e;
	}
}

/* ---- values ---- */

/* To behind the closing quote, or to n. */
static void scan_string(struct scan *s, const char *p, size_t n)
{
	while (s->at < n) {
		const char *quote = memchr(p + s->at, '"', n - s->at);
		size_t stop = quote ? (size_t)(quote - p) : n, slashes = 0;
		while (stop - slashes > s->at && p[stop - slashes - 1] == '\\')
			slashes++;
		/* an escape that was open when the bytes ran out counts as one more */
		bool escaped = (slashes + (slashes == stop - s->at && s->escaped)) & 1;
		s->escaped = !quote && escaped;
		s->at = quote ? stop + 1 : n;
		if (quote && !escaped) {
			s->in_string = false;
			return;
		}
	}
}

/* Looks at the bytes p[s->at .. n); true when the value that begins at p[0] is complete, s->at then being its length. */
static bool scan_value(struct scan *s, const char *p, size_t n)
{
	while (s->at < n) {
		if (s->in_string) {
			scan_string(s, p, n);
			if (!s->in_string && !s->depth)
				return true;
			continue;
		}
		char c = p[s->at];
		switch (c) {
		case '"':
			if (s->scalar)
				return true;
			s->in_string = true;
			break;
		case '{':
		case '[':
			if (s->scalar)
				return true;
			s->depth++;
			break;
		case '}':
		case ']':
			if (!s->depth)
				return true;
			if (!--s->depth) {
				s->at++;
				return true;
			}
			break;
		case ',':
		case ':':
		case ' ':
		case '\n':
		case '\r':
		case '\t':
			if (!s->depth)
				return true;
			break;
		default:
			s->scalar = !s->depth;
		}
		s->at++;
	}
	return false;
}

/* The length of the value at `from` (from pos) into *len. */
static enum err whole_value(struct stix_reader *r, size_t from, size_t *len, struct fault *f)
{
	struct scan s = { .at = 0 };
	while (!scan_value(&s, r->buf + r->pos + from, r->have - r->pos - from)) {
		if (s.at > BOUND_OBJECT_BYTES)
			return too_long(r, from, f);
		enum err e = more(r, f);
		if (e == ERR_NOTFOUND) {
			if (s.scalar && !s.depth)
				break;
			return wrong(r, from + s.at, f, "the text ends inside an object: it was cut off");
		}
		if (e)
			return e;
	}
	if (s.at > BOUND_OBJECT_BYTES)
		return too_long(r, from, f);
	if (!s.at)
		return wrong(r, from, f, "a value is missing here");
	*len = s.at;
	return ERR_OK;
}

/* ---- places ---- */

/* Gives out buf[pos .. pos + len) and is finished with it.  Some bytes behind it are no zeros but readable: all that parsing asks for. */
static enum err give(struct stix_reader *r, size_t from, size_t len, struct span *raw, uint64_t *at)
{
	*raw = (struct span){ r->buf + r->pos + from, len };
	r->pos += from + len;
	r->index++;
	r->parsed = false;
	*at = r->base + r->pos;
	return ERR_OK;
}

/* ---- a series ---- */

/* Brings the window to at least `want` bytes behind pos, or to the end of the stream. */
static enum err look_far(struct stix_reader *r, size_t want, struct fault *f)
{
	if (r->have - r->pos >= want || r->ended)
		return ERR_OK;
	if (r->pos) {
		memmove(r->buf, r->buf + r->pos, r->have - r->pos);
		r->base += r->pos;
		r->have -= r->pos;
		r->pos = 0;
	}
	while (r->have < want && r->have < r->room && !r->ended) {
		enum err e = more(r, f);
		if (e && e != ERR_NOTFOUND)
			return e;
	}
	return ERR_OK;
}

/* Where the series may end: behind the last '}' that a comma or white space follows; 0: nowhere.  It may lie in a string, where json_series refuses it. */
static size_t series_end(const char *p, size_t n)
{
	while (n) {
		const char *brace = memrchr(p, '}', n);
		size_t at = brace ? (size_t)(brace - p) : 0;
		if (!brace)
			return 0;
		if (p[at + 1] == ',' || is_space(p[at + 1]))
			return at + 1;
		n = at;
	}
	return 0;
}

/* Begins a series at pos, where an object is due; r->series tells whether there is one. */
static enum err begin_series(struct stix_reader *r, struct fault *f)
{
	enum { TRIES = 4 };
	if (!r->parser || r->base + r->pos < r->slow)
		return ERR_OK;
	enum err e = look_far(r, SERIES_BYTES, f);
	if (e)
		return e;
	const char *p = r->buf + r->pos;
	size_t n = r->have - r->pos;
	if (!r->lent)
		r->buf[r->have] = 0; /* the series may look at the byte behind it */
	n = n > SERIES_BYTES ? SERIES_BYTES : n;
	for (int i = 0; i < TRIES && n && !r->series; i++) {
		bool all = r->ended && n == r->have - r->pos;
		size_t end = all ? n : series_end(p, n - 1);
		r->series = end && json_series(r->parser, (struct span){ p, end }, r->place == LIST ? ',' : 0, NULL) == ERR_OK;
		n = all ? n - 1 : end;
	}
	/* Looking costs by the length of the series: so much of it is gone over before the next, whatever comes, that no input is slow. */
	r->slow = r->base + r->pos + SERIES_BYTES / 16;
	return ERR_OK;
}

/* Is it an object to give out, rather than a bundle or an envelope, or what the slow way takes for one as long as it has not met the type? */
static bool bare(struct json v)
{
	size_t types = 0;
	bool bundle = false;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (span_eq(it.key, SPAN("type"))) {
			types++;
			bundle = !json_is(it.value, JSON_STRING) || span_is(json_string(it.value), "bundle");
		} else if (!types && span_eq(it.key, SPAN("objects")) && json_is(it.value, JSON_ARRAY) && json_count(it.value)) {
			return false;
		}
	}
	return types == 1 && !bundle;
}

/* The next object of the series, or its end. */
static enum err next_of_series(struct stix_reader *r, bool *given, struct span *raw, uint64_t *at, struct fault *f)
{
	struct fault why = { "", "" };
	enum err e = json_series_next(r->parser, raw, &r->value, &why);
	if (e == ERR_NOMEM)
		return fault_set(f, e, why.where, "%s", why.what);
	bool good = e == ERR_OK && (r->place == LIST || bare(r->value));
	bool bad = e == ERR_SYNTAX && r->place == LIST; /* outside of a list it may as well be a broken bundle */
	if (!good && !bad) {
		r->series = false;
		return ERR_OK;
	}
	if (bad) {
		(void)fault_set(f, e, why.where, "%s", why.what);
		r->value = (struct json){ NULL, 0 };
	}
	*given = r->parsed = true;
	r->first = false;
	r->pos = (size_t)(raw->p - r->buf) + raw->n;
	r->index++;
	*at = r->base + r->pos;
	return ERR_OK;
}

static void enter_object(struct stix_reader *r)
{
	r->place = MEMBERS;
	r->kept = true;
	r->member = 1;
	r->first = true;
	r->has_type = r->is_bundle = r->has_list = r->odd_list = r->has_id = false;
	buf_clear(&r->around);
}

static enum err outside(struct stix_reader *r, struct fault *f)
{
	size_t at = 0;
	char c = 0;
	r->kept = false;
	enum err e = peek(r, &at, &c, f);
	if (e)
		return e;
	r->pos += at;
	if (c == '{') {
		e = begin_series(r, f);
		if (!e && !r->series)
			enter_object(r);
		return e;
	}
	if (r->index == 0 && r->pos + r->base > 0 && (c == ',' || c == ']')) { /* resumed inside a list */
		r->place = LIST;
		r->first = false;
		r->has_list = true;
		r->has_type = r->is_bundle = false;
		return ERR_OK;
	}
	if (c == '[')
		return wrong(r, 0, f, "found a list where a bundle, an envelope or objects one a line are required: write {\"objects\": [ … ]}");
	return wrong(r, 0, f, "expected an object, which begins with {");
}

/* A member's key at `from`; its text without escapes and quotes. */
static enum err member_key(struct stix_reader *r, size_t from, size_t *len, struct span *key, struct fault *f)
{
	enum err e = whole_value(r, from, len, f);
	if (e)
		return e;
	*key = (struct span){ r->buf + r->pos + from, *len };
	if (key->p[0] != '"' || *len < 2)
		return wrong(r, from, f, "expected a key in quotes");
	return ERR_OK;
}

enum named { KEY_OTHER,
	KEY_TYPE,
	KEY_OBJECTS,
	KEY_ID };

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
										       : -1;
}

/* Is the key in quotes this plain word?  Any letter may be written \u00XX. */
static bool key_is(struct span quoted, const char *word)
{
	size_t i = 1, end = quoted.n - 1;
	for (; *word && i < end; word++) {
		char c = quoted.p[i];
		if (c == '\\' && i + 6 <= end && span_starts((struct span){ quoted.p + i, 4 }, SPAN("\\u00"))) {
			int high = nibble(quoted.p[i + 4]), low = nibble(quoted.p[i + 5]);
			c = high < 0 || low < 0 ? 0 : (char)(high << 4 | low);
			i += 5;
		}
		if (c != *word)
			return false;
		i++;
	}
	return !*word && i == end;
}

static enum named key_name(struct span quoted)
{
	static const char *const names[] = { "type", "objects", "id" };
	for (size_t i = 0; i < 3; i++) {
		if (key_is(quoted, names[i]))
			return (enum named)(i + 1);
	}
	return KEY_OTHER;
}

static enum err note_type(struct stix_reader *r, size_t from, size_t len, struct fault *f)
{
	r->has_type = true;
	r->is_bundle = span_eq((struct span){ r->buf + r->pos + from, len }, SPAN("\"bundle\""));
	if (!r->is_bundle && r->has_list)
		return wrong(r, from, f, "a list of objects stands in an object that is no bundle");
	return ERR_OK;
}

/* The end of a top-level object at `at`: a bare object is given out, anything else is over.  *given says which. */
static enum err object_end(struct stix_reader *r, size_t at, bool *given, struct span *raw, uint64_t *end, struct fault *f)
{
	r->place = OUTSIDE;
	if (r->has_type && !r->is_bundle) {
		if (at >= BOUND_OBJECT_BYTES)
			return too_long(r, 0, f);
		*given = true;
		return give(r, 0, at + 1, raw, end);
	}
	if (r->odd_list)
		return wrong(r, at, f, "\"objects\" is no list: a bundle or envelope holds its objects in [ ]");
	if (!r->has_type && !r->has_list && r->has_id)
		return wrong(r, at, f, "neither a bundle nor an envelope nor an object: it has an id but no type and no objects");
	r->pos += at + 1;
	buf_adds(&r->around, r->around.n ? "}" : "{}");
	buf_clear(&r->container);
	buf_addspan(&r->container, buf_span(&r->around));
	r->closed = buf_ok(&r->around);
	return ERR_OK;
}

/* The list whose '[' is at *at; an empty one is passed by like any value, since the object may yet prove to be a bare one. */
static enum err enter_list(struct stix_reader *r, size_t *at, struct fault *f)
{
	size_t inner = *at + 1, before = inner;
	char c = 0;
	bool kept = r->kept;
	r->kept = true; /* so that looking ahead drops nothing */
	enum err e = peek(r, &inner, &c, f);
	r->kept = kept;
	if (e == ERR_NOTFOUND)
		return wrong(r, before, f, "the text ends inside a list: it was cut off");
	if (e || c == ']')
		return e;
	if (r->has_list)
		return wrong(r, *at, f, "\"objects\" stands twice in the container: keys must be unique");
	r->pos += *at + 1;
	r->kept = false;
	r->has_list = r->first = true;
	r->place = LIST;
	return ERR_OK;
}

/* One member of a top-level object, or its end. */
static enum err members(struct stix_reader *r, bool *given, struct span *raw, uint64_t *end, struct fault *f)
{
	size_t at = r->member, len;
	char c = 0;
	struct span key;
	enum err e = peek(r, &at, &c, f);
	if (!e && c == '}')
		return object_end(r, at, given, raw, end, f);
	if (!e && !r->first) {
		if (c != ',')
			return wrong(r, at, f, "expected a comma or } here");
		at++;
		e = peek(r, &at, &c, f);
	}
	if (!e)
		e = member_key(r, at, &len, &key, f);
	enum named name = e ? KEY_OTHER : key_name(key);
	char around[256]; /* the key again, which may move when more is read */
	size_t around_n = e || key.n > sizeof around ? 0 : key.n;
	if (around_n)
		memcpy(around, key.p, around_n);
	at += e ? 0 : len;
	if (!e)
		e = peek(r, &at, &c, f);
	if (!e && c != ':')
		return wrong(r, at, f, "expected a colon behind the key");
	at++;
	if (!e)
		e = peek(r, &at, &c, f);
	if (e == ERR_NOTFOUND)
		return wrong(r, at, f, "the text ends inside an object: it was cut off");
	if (e)
		return e;
	r->first = false;
	if (name == KEY_OBJECTS && c == '[' && (!r->has_type || r->is_bundle)) {
		e = enter_list(r, &at, f);
		if (e || r->place == LIST)
			return e;
	}
	e = whole_value(r, at, &len, f);
	if (!e && name == KEY_TYPE)
		e = note_type(r, at, len, f);
	if (e)
		return e;
	if (around_n)
		buf_addf(&r->around, "%c%.*s:", r->around.n ? ',' : '{', (int)around_n, around);
	buf_addspan(&r->around, (struct span){ r->buf + r->pos + at, around_n ? len : 0 });
	r->odd_list |= name == KEY_OBJECTS && c != '[';
	r->has_id |= name == KEY_ID;
	r->member = at + len;
	if (r->has_list) { /* nothing of a container is kept */
		r->pos += r->member;
		r->member = 0;
	}
	return ERR_OK;
}

/* The next item of the list, or its end. */
static enum err items(struct stix_reader *r, bool *given, struct span *raw, uint64_t *end, struct fault *f)
{
	size_t at = 0, len;
	char c = 0;
	enum err e = peek(r, &at, &c, f);
	if (!e && c == ']') {
		r->pos += at + 1;
		r->place = MEMBERS;
		r->member = 0;
		r->first = false;
		return ERR_OK;
	}
	if (!e && !r->first) {
		if (c != ',')
			return wrong(r, at, f, "expected a comma or ] here");
		r->pos += at + 1;
		at = 0;
		e = peek(r, &at, &c, f);
	}
	r->pos += e ? 0 : at;
	if (!e && c == '{')
		e = begin_series(r, f);
	if (r->series) {
		r->first = true; /* no comma before it any more */
		return e;
	}
	if (!e)
		e = whole_value(r, 0, &len, f);
	if (e == ERR_NOTFOUND)
		return wrong(r, at, f, "the text ends inside a list: it was cut off");
	if (e)
		return e;
	r->first = false;
	*given = true;
	return give(r, 0, len, raw, end);
}

static enum err next_object(struct stix_reader *r, struct span *raw, uint64_t *at, struct fault *f)
{
	bool given = false;
	enum err e = ERR_OK;
	r->closed = false;
	while (!e && !given) {
		if (r->series)
			e = next_of_series(r, &given, raw, at, f);
		else if (r->place == OUTSIDE)
			e = outside(r, f);
		else if (r->place == MEMBERS)
			e = members(r, &given, raw, at, f);
		else
			e = items(r, &given, raw, at, f);
	}
	return e;
}

struct span stix_reader_container(const struct stix_reader *r)
{
	return r->closed && buf_ok(&r->container) ? buf_span(&r->container) : (struct span){ NULL, 0 };
}

enum err stix_reader_next(struct stix_reader *r, struct span *raw, uint64_t *at, struct fault *f)
{
	r->parser = NULL;
	r->series = false;
	return next_object(r, raw, at, f);
}

enum err stix_reader_value(struct stix_reader *r, struct json_parser *p, struct span *raw, uint64_t *at, struct json *value, struct fault *f)
{
	r->parser = p;
	enum err e = next_object(r, raw, at, f);
	if (!e && !r->parsed) {
		r->value = (struct json){ NULL, 0 };
		e = json_parse(p, *raw, true, &r->value, f);
		e = e == ERR_NOMEM ? e : ERR_OK;
	}
	*value = r->value;
	return e;
}
