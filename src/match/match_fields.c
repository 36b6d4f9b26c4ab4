/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to fields: JSON by a walk that forgives much, tables by their separators, texts by templates; and the times that stand in them. */
#include "match/match_format_priv.h"

#include "util/bounds.h"

/* ---- JSON ---- */

#define DEPTH 32
#define PATH 256

struct walk {
	struct arena *a;
	struct span line;
	size_t i, n, most;
	struct match_field *out;
	char path[PATH];
	size_t path_n;
};

static void space(struct walk *w)
{
	while (w->i < w->line.n && strchr(" \t\r\n", w->line.p[w->i]) && w->line.p[w->i])
		w->i++;
}

/* The string whose opening quote stands at i: where it is between its quotes. */
static struct span string(struct walk *w)
{
	size_t from = ++w->i;
	struct span s;

	while (w->i < w->line.n && w->line.p[w->i] != '"')
		w->i += w->line.p[w->i] == '\\' ? 2 : 1;
	w->i = w->i < w->line.n ? w->i : w->line.n;
	s = (struct span){ w->line.p + from, w->i - from };
	w->i += w->i < w->line.n;
	return s;
}

static void leaf(struct walk *w, struct span value)
{
	if (w->n == w->most || !value.n)
		return;
	w->out[w->n] = (struct match_field){ .name = arena_span(w->a, (struct span){ w->path, w->path_n }), .start = (uint32_t)(value.p - w->line.p), .end = (uint32_t)(value.p - w->line.p + (ptrdiff_t)value.n) };
	w->n += w->out[w->n].name.p != NULL;
}

static void push_key(struct walk *w, struct span key)
{
	if (w->path_n && w->path_n < PATH)
		w->path[w->path_n++] = '.';
	key.n = key.n < PATH - w->path_n ? key.n : PATH - w->path_n;
	memcpy(w->path + w->path_n, key.p, key.n);
	w->path_n += key.n;
}

static void value(struct walk *w, unsigned depth);

static void object(struct walk *w, unsigned depth)
{
	size_t keep = w->path_n;

	for (w->i++; w->i < w->line.n; w->path_n = keep) {
		space(w);
		if (w->i >= w->line.n || w->line.p[w->i] != '"') {
			w->i++;
			if (w->i <= w->line.n && w->line.p[w->i - 1] == ',')
				continue;
			return;
		}
		push_key(w, string(w));
		space(w);
		if (w->i < w->line.n && w->line.p[w->i] == ':')
			w->i++;
		value(w, depth + 1);
	}
}

static void list(struct walk *w, unsigned depth)
{
	for (w->i++; w->i < w->line.n;) {
		space(w);
		if (w->i < w->line.n && w->line.p[w->i] == ']') {
			w->i++;
			return;
		}
		if (w->i < w->line.n && w->line.p[w->i] == ',')
			w->i++;
		else
			value(w, depth + 1);
	}
}

static void value(struct walk *w, unsigned depth)
{
	size_t from;

	space(w);
	if (w->i >= w->line.n)
		return;
	if (w->line.p[w->i] == '"') {
		leaf(w, string(w));
	} else if ((w->line.p[w->i] == '{' || w->line.p[w->i] == '[') && depth < DEPTH) {
		if (w->line.p[w->i] == '{')
			object(w, depth);
		else
			list(w, depth);
	} else {
		from = w->i;
		while (w->i < w->line.n && !memchr(",]} \t\r\n", w->line.p[w->i], 7))
			w->i++;
		leaf(w, (struct span){ w->line.p + from, w->i - from });
		w->i += w->i == from; /* a stray bracket */
	}
}

size_t match_json_fields(struct arena *a, struct span line, struct match_field *out, size_t most)
{
	struct walk w = { .a = a, .line = line, .out = out, .most = most, .i = match_json_start(line) };

	if (w.i < line.n)
		value(&w, 0);
	return w.n;
}

/* ---- tables ---- */

static size_t split(const struct match_header *h, struct span line, char between, struct match_field *out, size_t most)
{
	size_t n = 0, from = 0;

	for (size_t i = 0; i <= line.n && n < most; i++) {
		if (i < line.n && line.p[i] != between)
			continue;
		out[n] = (struct match_field){ .name = h && n < h->n ? h->name[n] : (struct span){ "", 0 }, .start = (uint32_t)from, .end = (uint32_t)i };
		from = i + 1;
		n++;
	}
	return n;
}

/* Comma, semicolon or tab: whichever the header has most of. */
static char separator(struct span line)
{
	static const char signs[] = ",;\t";
	size_t most = 0;
	char best = ',';

	for (size_t k = 0; k < 3; k++) {
		size_t n = 0;

		for (size_t i = 0; i < line.n; i++)
			n += line.p[i] == signs[k];
		if (n > most) {
			most = n;
			best = signs[k];
		}
	}
	return best;
}

static size_t split_csv(const struct match_header *h, struct span line, char between, struct match_field *out, size_t most)
{
	size_t n = 0, i = 0;

	while (i <= line.n && n < most) {
		size_t from = i;
		bool quoted = i < line.n && line.p[i] == '"';

		if (quoted) {
			for (from = ++i; i < line.n && (line.p[i] != '"' || (i + 1 < line.n && line.p[i + 1] == '"')); i++)
				i += line.p[i] == '"';
		} else {
			while (i < line.n && line.p[i] != between)
				i++;
		}
		out[n] = (struct match_field){ .name = h && n < h->n ? h->name[n] : (struct span){ "", 0 }, .start = (uint32_t)from, .end = (uint32_t)(i < line.n ? i : line.n) };
		n++;
		while (quoted && i < line.n && line.p[i] != between)
			i++;
		i++;
	}
	return n;
}

bool match_header_take(enum match_format f, struct match_header *h, struct span line)
{
	struct match_field field[256];
	size_t n = 0;

	if (f == MATCH_FORMAT_ZEEK && span_starts(line, SPAN("#fields\t"))) {
		line = (struct span){ line.p + 8, line.n - 8 };
		n = split(NULL, line, '\t', field, 256);
	} else if (f == MATCH_FORMAT_CSV && !h->n && line.n < 65536) {
		n = split_csv(NULL, line, separator(line), field, 256);
	}
	if (!n)
		return false;
	arena_reset(h->a);
	h->n = 0;
	h->name = arena_array(h->a, n + 1, sizeof(*h->name));
	if (!h->name)
		return false;
	for (size_t i = 0; i < n; i++) {
		char *name = arena_str(h->a, (struct span){ line.p + field[i].start, field[i].end - field[i].start });

		for (char *p = name; p && f == MATCH_FORMAT_CSV && *p; p++)
			*p = *p == ' ' || *p == '-' ? '_' : (char)match_lower(*p);
		h->name[i] = name ? span_of(name) : (struct span){ "", 0 };
	}
	h->n = n;
	h->name[n] = (struct span){ f == MATCH_FORMAT_CSV && separator(line) == ';' ? ";" : separator(line) == '\t' ? "\t"
														    : ",",
		1 };
	return true;
}

/* ---- templates ---- */

/* {name} up to what stands behind it; a space is any number of them; '*' skips to what stands behind it.  The first that fits counts. */
static const struct {
	enum match_format format;
	const char *text;
} templates[] = {
	{ MATCH_FORMAT_ACCESS, "{client} {ident} {user} [{time}] \"{method} {url} {protocol}\" {status} {size} \"{referer}\" \"{agent}\"" },
	{ MATCH_FORMAT_ACCESS, "{client} {ident} {user} [{time}] \"{method} {url} {protocol}\" {status} {size}" },
	{ MATCH_FORMAT_SQUID, "{time} {elapsed} {client} {result}/{status} {size} {method} {url} {user} {way}/{peer} {type}" },
	{ MATCH_FORMAT_BIND, "{time} queries: *client @{id} {client}#{port} (*): query: {name} {class} {type} {flags}" },
	{ MATCH_FORMAT_BIND, "{time} *client @{id} {client}#{port} (*): *query: {name} {class} {type} {flags}" },
	{ MATCH_FORMAT_BIND, "{time} *client {client}#{port} (*): *query: {name} {class} {type} {flags}" },
	{ MATCH_FORMAT_BIND, "{time} *client {client}#{port}: *query: {name} {class} {type} {flags}" },
	{ MATCH_FORMAT_UNBOUND, "*[{time}] unbound[{id}] info: {client} {name} {type} {class}" },
	{ MATCH_FORMAT_UNBOUND, "*unbound[{id}]: [{thread}] info: {client} {name} {type} {class}" },
	{ MATCH_FORMAT_DNSMASQ, "*: query[{type}] {name} from {client}" },
	{ MATCH_FORMAT_DNSMASQ, "*: reply {name} is {answer}" },
	{ MATCH_FORMAT_DNSMASQ, "*: cached {name} is {answer}" },
	{ MATCH_FORMAT_DNSMASQ, "*: config {name} is {answer}" },
	{ MATCH_FORMAT_DNSMASQ, "*: forwarded {name} to {server}" },
	{ MATCH_FORMAT_SYSLOG5424, "<{priority}>1 {time} {host} {app} {process} {id} {message}" },
};

static size_t next_sign(struct span line, size_t i, const char *t)
{
	const char *stop = strpbrk(t, "{*");
	size_t n = stop ? (size_t)(stop - t) : strlen(t);
	const char *at;

	if (!n)
		return line.n;
	at = i < line.n ? memmem(line.p + i, line.n - i, t, n) : NULL;
	return at ? (size_t)(at - line.p) : SIZE_MAX;
}

static size_t fill(const char *t, struct arena *a, struct span line, struct match_field *out, size_t most)
{
	size_t n = 0, i = 0;

	while (*t) {
		if (*t == '{') {
			const char *close = strchr(t, '}');
			size_t stop = next_sign(line, i, close + 1);

			if (stop == SIZE_MAX || n == most)
				return 0;
			out[n++] = (struct match_field){ .name = { t + 1, (size_t)(close - t) - 1 }, .start = (uint32_t)i, .end = (uint32_t)stop };
			i = stop;
			t = close + 1;
		} else if (*t == '*') {
			i = next_sign(line, i, ++t);
			if (i == SIZE_MAX)
				return 0;
		} else {
			if (i >= line.n || line.p[i] != *t)
				return 0;
			while (*t == ' ' && i + 1 < line.n && line.p[i + 1] == ' ')
				i++;
			i++;
			t++;
		}
	}
	return n;
}

/* "<30>Nov 22 10:20:30 host tag[1]: message" */
static size_t syslog(struct span line, struct match_field *out)
{
	const char *close = line.n > 8 && line.p[0] == '<' ? memchr(line.p, '>', 6) : NULL;
	size_t i = close ? (size_t)(close + 1 - line.p) : 0, from;
	const char *tag;

	if (line.n < i + 17)
		return 0;
	out[0] = (struct match_field){ .name = SPAN("time"), .start = (uint32_t)i, .end = (uint32_t)i + 15 };
	from = i + 16;
	tag = memchr(line.p + from, ' ', line.n - from);
	out[1] = (struct match_field){ .name = SPAN("host"), .start = (uint32_t)from, .end = (uint32_t)(tag ? (size_t)(tag - line.p) : line.n) };
	out[2] = (struct match_field){ .name = SPAN("message"), .start = tag ? (uint32_t)(tag + 1 - line.p) : (uint32_t)line.n, .end = (uint32_t)line.n };
	return 3;
}

size_t match_fields(enum match_format f, const struct match_header *h, struct arena *a, struct span line, struct match_field *out, size_t most)
{
	size_t n = 0;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	switch (f) {
	case MATCH_FORMAT_EVE:
	case MATCH_FORMAT_ZEEK_JSON:
	case MATCH_FORMAT_WINDOWS:
	case MATCH_FORMAT_SYSMON:
	case MATCH_FORMAT_JOURNALD:
	case MATCH_FORMAT_CLOUDTRAIL: n = match_json_fields(a, line, out, most); break;
	case MATCH_FORMAT_ZEEK: n = line.n && line.p[0] != '#' ? split(h, line, '\t', out, most) : 0; break;
	case MATCH_FORMAT_CSV: n = split_csv(h, line, h && h->n ? h->name[h->n].p[0] : ',', out, most); break;
	case MATCH_FORMAT_SYSLOG: n = most > 2 ? syslog(line, out) : 0; break;
	default:
		for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]) && !n; i++) {
			if (templates[i].format == f)
				n = fill(templates[i].text, a, line, out, most);
		}
	}
	for (size_t i = 0; i < n; i++)
		out[i].place = match_place_of(f, out[i].name);
	return n;
}

/* ---- times ---- */

static bool number(const char **p, const char *end, size_t n, int64_t *out)
{
	int64_t v = 0;

	if (end - *p < (ptrdiff_t)n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = *(*p)++;

		if (c == ' ' && v == 0 && i + 1 < n) /* " 7" */
			continue;
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*out = v;
	return true;
}

static bool month(const char **p, const char *end, int64_t *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; end - *p >= 3 && i < 12; i++) {
		if (memcmp(*p, names + 3 * (ptrdiff_t)i, 3) == 0) {
			*p += 3;
			*out = i + 1;
			return true;
		}
	}
	return false;
}

/* Days since 1970 (Howard Hinnant's way: years begin in March). */
static int64_t days(int64_t y, int64_t m, int64_t d)
{
	int64_t era, of_era, of_year;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	of_era = y - era * 400;
	of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct clock {
	int64_t y, mo, d, h, mi, s, ns, east_s;
};

static bool hms(const char **p, const char *end, struct clock *c)
{
	int64_t scale = 100000000;

	if (!number(p, end, 2, &c->h) || *p == end || *(*p)++ != ':' || !number(p, end, 2, &c->mi) || *p == end || *(*p)++ != ':' || !number(p, end, 2, &c->s))
		return false;
	if (*p < end && (**p == '.' || **p == ',')) {
		for (++*p; *p < end && **p >= '0' && **p <= '9'; ++*p) {
			c->ns += (**p - '0') * scale;
			scale /= 10;
		}
	}
	return true;
}

static void zone(const char **p, const char *end, struct clock *c)
{
	int64_t h, m = 0;
	int sign;

	while (*p < end && **p == ' ')
		++*p;
	if (*p == end || (**p != '+' && **p != '-'))
		return;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!number(p, end, 2, &h))
		return;
	*p += *p < end && **p == ':';
	number(p, end, 2, &m);
	c->east_s = sign * (h * 3600 + m * 60);
}

static int64_t clock_ns(const struct clock *c)
{
	int64_t s = days(c->y, c->mo, c->d) * 86400 + c->h * 3600 + c->mi * 60 + c->s - c->east_s, ns;

	if (c->mo < 1 || c->mo > 12 || c->d < 1 || c->d > 31 || c->h > 24 || c->mi > 59 || c->s > 60 || c->y < 1678 || c->y > 2261)
		return INT64_MIN;
	return __builtin_mul_overflow(s, 1000000000, &ns) ? INT64_MIN : ns + c->ns;
}

/* Seconds, or milli- or microseconds, since 1970, perhaps with a fraction. */
static int64_t epoch(struct span s)
{
	int64_t v = 0, frac = 0, scale = 100000000, unit;
	size_t i = 0;

	for (; i < s.n && i < 17 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		v = v * 10 + (s.p[i] - '0');
	unit = i >= 16 ? 1000 : i >= 13 ? 1000000
					: 1000000000;
	if (i < 9 || (i < s.n && s.p[i] != '.'))
		return INT64_MIN;
	for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		frac += (s.p[i] - '0') * scale;
		scale /= 10;
	}
	if (i < s.n || __builtin_mul_overflow(v, unit, &v))
		return INT64_MIN;
	return v + (unit == 1000000000 ? frac : 0);
}

int64_t match_time(struct span s, int64_t now_ns)
{
	struct clock c = { 0 };
	const char *p = s.p, *end = s.p + s.n;

	if (s.n >= 19 && s.p[4] == '-' && s.p[7] == '-') { /* 2026-11-22T10:20:30.123Z, with a space, with +0900 */
		if (!number(&p, end, 4, &c.y) || !++p || !number(&p, end, 2, &c.mo) || !++p || !number(&p, end, 2, &c.d) || !++p || !hms(&p, end, &c))
			return INT64_MIN;
		zone(&p, end, &c);
		return clock_ns(&c);
	}
	if (s.n >= 20 && (s.p[2] == '/' || s.p[2] == '-')) { /* 22/Nov/2026:10:20:30 +0900, 22-Nov-2026 10:20:30.123 */
		if (!number(&p, end, 2, &c.d) || !++p || !month(&p, end, &c.mo) || !++p || !number(&p, end, 4, &c.y) || !++p || !hms(&p, end, &c))
			return INT64_MIN;
		zone(&p, end, &c);
		return clock_ns(&c);
	}
	if (s.n >= 15 && month(&p, end, &c.mo)) { /* Nov 22 10:20:30: of the last twelve months */
		int64_t t;

		if (!++p || !number(&p, end, 2, &c.d) || !++p || !hms(&p, end, &c))
			return INT64_MIN;
		c.y = 1970 + now_ns / 1000000000 / 31556952;
		t = clock_ns(&c);
		if (t > now_ns + 86400ll * 2 * 1000000000) {
			c.y--;
			t = clock_ns(&c);
		}
		return t;
	}
	return epoch(s);
}
