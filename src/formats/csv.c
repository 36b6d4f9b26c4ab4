/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: records with quotes (RFC 4180), columns by the words of the header, by number, or by what stands in the first record. */
#include <stdlib.h>
#include "formats/types_priv.h"
#include "util/alloc.h"
#include "util/bounds.h"

enum role { VALUE, /* of any sort */
	SORTED, /* of the sort in its row */
	TYPE,
	NAME,
	DESCRIPTION,
	FROM,
	UNTIL,
	CONFIDENCE,
	TLP,
	SOURCE,
	DETECT, /* 0: no indicator */
	ROLES
};
/* Words of headers, lower case with underscores.  Of several columns for one role, the one whose word stands first here counts. */
static const struct column_word {
	const char *word;
	enum role role;
	enum formats_sort sort;
} words[] = {
	{ "ioc_value", VALUE, FORMATS_SORTS },
	{ "indicator_value", VALUE, FORMATS_SORTS },
	{ "indicator", VALUE, FORMATS_SORTS },
	{ "ioc", VALUE, FORMATS_SORTS },
	{ "observable", VALUE, FORMATS_SORTS },
	{ "value", VALUE, FORMATS_SORTS },
	{ "entity", VALUE, FORMATS_SORTS },
	{ "url", SORTED, FORMATS_URL },
	{ "phish_url", SORTED, FORMATS_URL },
	{ "dst_ip", SORTED, FORMATS_IPV4 },
	{ "src_ip", SORTED, FORMATS_IPV4 },
	{ "ip", SORTED, FORMATS_IPV4 },
	{ "ip_address", SORTED, FORMATS_IPV4 },
	{ "ipaddress", SORTED, FORMATS_IPV4 },
	{ "address", SORTED, FORMATS_IPV4 },
	{ "ipv4", SORTED, FORMATS_IPV4 },
	{ "ipv6", SORTED, FORMATS_IPV6 },
	{ "cidr", SORTED, FORMATS_IPV4 },
	{ "network", SORTED, FORMATS_IPV4 },
	{ "domain", SORTED, FORMATS_DOMAIN },
	{ "domain_name", SORTED, FORMATS_DOMAIN },
	{ "fqdn", SORTED, FORMATS_DOMAIN },
	{ "hostname", SORTED, FORMATS_DOMAIN },
	{ "host", SORTED, FORMATS_DOMAIN },
	{ "email", SORTED, FORMATS_EMAIL },
	{ "sha256_hash", SORTED, FORMATS_SHA256 },
	{ "sha256", SORTED, FORMATS_SHA256 },
	{ "sha1_hash", SORTED, FORMATS_SHA1 },
	{ "sha1", SORTED, FORMATS_SHA1 },
	{ "md5_hash", SORTED, FORMATS_MD5 },
	{ "md5", SORTED, FORMATS_MD5 },
	{ "sha512", SORTED, FORMATS_SHA512 },
	{ "hash", SORTED, FORMATS_SHA256 },
	{ "ja3_md5", SORTED, FORMATS_JA3 },
	{ "ja3", SORTED, FORMATS_JA3 },
	{ "ja4", SORTED, FORMATS_JA4 },
	{ "user_agent", SORTED, FORMATS_USER_AGENT },
	{ "mutex", SORTED, FORMATS_MUTEX },
	{ "registry_key", SORTED, FORMATS_REGKEY },
	{ "type", TYPE, 0 },
	{ "ioc_type", TYPE, 0 },
	{ "indicator_type", TYPE, 0 },
	{ "observable_type", TYPE, 0 },
	{ "kind", TYPE, 0 },
	{ "name", NAME, 0 },
	{ "title", NAME, 0 },
	{ "malware_printable", NAME, 0 },
	{ "malware_family", NAME, 0 },
	{ "malware", NAME, 0 },
	{ "signature", NAME, 0 },
	{ "threat_name", NAME, 0 },
	{ "threat", NAME, 0 },
	{ "family", NAME, 0 },
	{ "campaign", NAME, 0 },
	{ "listingreason", NAME, 0 },
	{ "description", DESCRIPTION, 0 },
	{ "comment", DESCRIPTION, 0 },
	{ "comments", DESCRIPTION, 0 },
	{ "note", DESCRIPTION, 0 },
	{ "notes", DESCRIPTION, 0 },
	{ "details", DESCRIPTION, 0 },
	{ "tags", DESCRIPTION, 0 },
	{ "valid_from", FROM, 0 },
	{ "first_seen_utc", FROM, 0 },
	{ "first_seen", FROM, 0 },
	{ "firstseen", FROM, 0 },
	{ "dateadded", FROM, 0 },
	{ "date_added", FROM, 0 },
	{ "listingdate", FROM, 0 },
	{ "created", FROM, 0 },
	{ "date", FROM, 0 },
	{ "timestamp", FROM, 0 },
	{ "valid_until", UNTIL, 0 },
	{ "expires", UNTIL, 0 },
	{ "expiration", UNTIL, 0 },
	{ "expiry", UNTIL, 0 },
	{ "confidence", CONFIDENCE, 0 },
	{ "confidence_level", CONFIDENCE, 0 },
	{ "tlp", TLP, 0 },
	{ "marking", TLP, 0 },
	{ "source", SOURCE, 0 },
	{ "reporter", SOURCE, 0 },
	{ "provider", SOURCE, 0 },
	{ "to_ids", DETECT, 0 },
};
#define WORDS (sizeof(words) / sizeof(words[0]))
/* The words of --columns. */
static const char *const role_words[ROLES] = { "value", NULL, "type", "name", "description", "from", "until", "confidence", "tlp", "source", "to_ids" };

struct columns {
	int role[ROLES]; /* -1: none */
	struct sorted {
		int column;
		enum formats_sort sort;
	} sorted[16];
	size_t n_sorted;
};
struct csv {
	struct formats_input_state *s;
	struct formats_lines *l;
	char delimiter;
	struct buf record; /* unquoted fields, one after the other */
	struct span field[BOUND_CSV_FIELDS];
	size_t n;
	struct columns columns, comment; /* comment: of a header that is written as one */
	size_t comment_fields;
	uint64_t line; /* where the record begins */
	bool begun;
};

/* ---- records ---- */

/* Fields of a complete record; false where it has too many or memory ran out. */
static bool split(struct csv *c, struct span s)
{
	size_t i = 0;

	c->n = 0;
	buf_clear(&c->record);
	if (!buf_reserve(&c->record, s.n + 1)) /* so that fields stay where they are */
		return false;
	for (;;) {
		size_t start = c->record.n;
		if (c->n == BOUND_CSV_FIELDS)
			return false;
		while (i < s.n && s.p[i] == ' ')
			i++;
		if (i < s.n && s.p[i] == '"') {
			for (i++; i < s.n && (s.p[i] != '"' || (i + 1 < s.n && s.p[i + 1] == '"')); i++) {
				i += s.p[i] == '"';
				buf_addc(&c->record, s.p[i]);
			}
			i++;
			while (i < s.n && s.p[i] != c->delimiter)
				i++;
		} else {
			const char *end = memchr(s.p + i, c->delimiter, s.n - i);
			size_t n = end ? (size_t)(end - s.p) - i : s.n - i;
			buf_add(&c->record, s.p + i, n);
			i += n;
		}
		c->field[c->n++] = (struct span){ c->record.p + start, c->record.n - start };
		if (i >= s.n)
			return buf_ok(&c->record);
		i++;
	}
}

/* ---- columns ---- */

static size_t plain_word(struct span s, char *to, size_t room)
{
	size_t n = 0;

	s = formats_trim(s);
	while (s.n && (s.p[0] == '#' || s.p[0] == '"' || s.p[0] == ' '))
		s = formats_from(s, 1);
	while (s.n && (s.p[s.n - 1] == '"' || s.p[s.n - 1] == ' '))
		s.n--;
	for (size_t i = 0; i < s.n && n + 1 < room; i++)
		to[n++] = s.p[i] == ' ' || s.p[i] == '-' || s.p[i] == '.' ? '_' : formats_lower(s.p[i]);
	to[n] = 0;
	return n;
}

static const struct column_word *word_of(struct span field)
{
	char text[48];

	plain_word(field, text, sizeof(text));
	for (size_t i = 0; i < WORDS; i++) {
		if (strcmp(text, words[i].word) == 0)
			return &words[i];
	}
	return NULL;
}

static void no_columns(struct csv *c)
{
	for (int r = 0; r < ROLES; r++)
		c->columns.role[r] = -1;
	c->columns.n_sorted = 0;
}

static bool has_values(const struct csv *c)
{
	return c->columns.role[VALUE] >= 0 || c->columns.n_sorted;
}

static void add_sorted(struct csv *c, int column, enum formats_sort sort)
{
	if (c->columns.n_sorted < sizeof(c->columns.sorted) / sizeof(c->columns.sorted[0]))
		c->columns.sorted[c->columns.n_sorted++] = (struct sorted){ column, sort };
}

/* Columns by the words that stand in the record; false where none holds values. */
static bool by_header(struct csv *c)
{
	const struct column_word *best[ROLES] = { 0 };

	no_columns(c);
	for (size_t i = 0; i < c->n; i++) {
		const struct column_word *w = word_of(c->field[i]);
		if (w && w->role == SORTED) {
			add_sorted(c, (int)i, w->sort);
		} else if (w && (!best[w->role] || w < best[w->role])) {
			best[w->role] = w;
			c->columns.role[w->role] = (int)i;
		}
	}
	return has_values(c);
}

static char delimiter_of(struct span line)
{
	static const char signs[] = ",\t;|";
	size_t most = 0;
	char best = ',';

	for (size_t k = 0; signs[k]; k++) {
		size_t n = 0;
		bool quoted = false;
		for (size_t i = 0; i < line.n; i++) {
			quoted ^= line.p[i] == '"';
			n += line.p[i] == signs[k] && !quoted;
		}
		if (n > most) {
			most = n;
			best = signs[k];
		}
	}
	return best;
}

/* Is the line a header that names a column of values, and another column? */
bool formats_csv_header(struct span line);
bool formats_csv_header(struct span line)
{
	char delimiter = delimiter_of(line);
	size_t known = 0, fields = 0;
	bool value = false;

	while (line.n && fields < BOUND_CSV_FIELDS) {
		const char *end = memchr(line.p, delimiter, line.n);
		size_t n = end ? (size_t)(end - line.p) : line.n;
		const struct column_word *w = word_of((struct span){ line.p, n });
		fields++;
		known += w != NULL;
		value |= w && (w->role == VALUE || w->role == SORTED);
		line = formats_from(line, n + (end != NULL));
	}
	return value && fields > 1 && known > 1;
}

static enum formats_sort sort_in(struct csv *c, struct span field, struct span *normal)
{
	return formats_classify(c->s->a, field, normal);
}

/* Columns by what stands in a record without a header. */
static bool by_content(struct csv *c)
{
	struct timestamp t;
	struct span normal;

	no_columns(c);
	arena_reset(c->s->a);
	for (size_t i = 0; i < c->n; i++) {
		enum formats_sort sort = sort_in(c, c->field[i], &normal);
		if (sort < FORMATS_CVE && sort != FORMATS_ASN && c->columns.role[VALUE] < 0)
			c->columns.role[VALUE] = (int)i;
		else if (c->field[i].n >= 10 && c->field[i].p[4] == '-' && c->columns.role[FROM] < 0 && formats_time(c->field[i], &t))
			c->columns.role[FROM] = (int)i;
	}
	if (c->n == 2 && c->columns.role[VALUE] >= 0 && c->columns.role[FROM] < 0)
		c->columns.role[NAME] = 1 - c->columns.role[VALUE];
	return c->columns.role[VALUE] >= 0;
}

/* ---- records in their file ---- */

/* A comment in front of the data may be its header. */
static void comment_header(struct csv *c, struct span comment)
{
	char delimiter = c->delimiter;

	if (c->begun)
		return;
	c->delimiter = delimiter_of(comment);
	if (split(c, formats_from(comment, 1)) && c->n > 1 && by_header(c)) {
		c->comment = c->columns;
		c->comment_fields = c->n;
	}
	c->delimiter = delimiter;
}

static bool quotes_open(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '"';
	return n % 2;
}

/* Next record that is no comment into c->field; ERR_NOTFOUND at the end. */
static enum err next(struct csv *c, struct buf *joined)
{
	struct span line;
	bool whole;
	enum err e;

	for (;;) {
		e = formats_lines_next(c->l, &line, &whole, c->s->f);
		if (e != ERR_OK)
			return e;
		c->line = ++c->s->counts->lines;
		struct span t = formats_trim(line);
		if (!t.n)
			continue;
		if (whole && t.p[0] == '#') {
			comment_header(c, t);
			continue;
		}
		if (!c->delimiter)
			c->delimiter = delimiter_of(t);
		buf_clear(joined);
		while (whole && quotes_open(buf_ok(joined) && joined->n ? buf_span(joined) : line)) { /* a line end within quotes */
			if (!joined->n)
				buf_addspan(joined, line);
			if (formats_lines_next(c->l, &line, &whole, c->s->f) != ERR_OK)
				break;
			c->s->counts->lines++;
			buf_addc(joined, '\n');
			buf_addspan(joined, line);
			whole = whole && buf_ok(joined);
		}
		struct span record = joined->n ? buf_span(joined) : line;
		if (whole && split(c, record))
			return ERR_OK;
		formats_skipped(c->s, FORMATS_SKIP_LONG, c->line, (struct span){ record.p, record.n < 200 ? record.n : 200 });
	}
}

/* "2", or a word of the header. */
static int column_number(const struct csv *c, struct span which)
{
	int64_t n = 0;

	for (size_t i = 0; i < which.n; i++)
		n = formats_digit(which.p[i]) && n < 10000 && n >= 0 ? n * 10 + (which.p[i] - '0') : -1;
	if (n > 0 && n <= BOUND_CSV_FIELDS)
		return (int)n - 1;
	for (size_t i = 0; i < c->n; i++) {
		char have[64], want[64];
		plain_word(c->field[i], have, sizeof(have));
		plain_word(which, want, sizeof(want));
		if (strcmp(have, want) == 0)
			return (int)i;
	}
	return -1;
}

/* Columns as they were given: "value=2,name=comment,sha256=hash". */
static enum err by_order(struct csv *c)
{
	struct span rest = span_of(c->s->how->columns);

	no_columns(c);
	while (rest.n) {
		const char *end = memchr(rest.p, ',', rest.n);
		struct span one = { rest.p, end ? (size_t)(end - rest.p) : rest.n }, key = one;
		const char *eq = memchr(one.p, '=', one.n);
		enum formats_sort sort = FORMATS_SORTS;
		int role = 0, column;
		rest = formats_from(rest, one.n + (end != NULL));
		if (!eq)
			return fault_set(c->s->f, ERR_INVALID, "columns", "\"%.*s\": write ROLE=COLUMN, as in value=2,name=comment", SPAN_ARG(one));
		key.n = (size_t)(eq - one.p);
		while (role < ROLES && !(role_words[role] && span_is(key, role_words[role])))
			role++;
		if (role == ROLES && !formats_sort_named(key, &sort))
			return fault_set(c->s->f, ERR_INVALID, "columns", "\"%.*s\" is no role: value, type, name, description, from, until, confidence, tlp, source, or a kind such as sha256", SPAN_ARG(key));
		column = column_number(c, formats_from(one, key.n + 1));
		if (column < 0)
			return fault_set(c->s->f, ERR_INVALID, "columns", "there is no column \"%.*s\"", (int)(one.n - key.n - 1), eq + 1);
		if (role == ROLES)
			add_sorted(c, column, sort);
		else
			c->columns.role[role] = column;
	}
	return has_values(c) ? ERR_OK : fault_set(c->s->f, ERR_INVALID, "columns", "no column of values: add value=COLUMN");
}

/* ---- rows ---- */

static struct span at(const struct csv *c, enum role r)
{
	int i = c->columns.role[r];

	return i >= 0 && (size_t)i < c->n ? formats_trim(c->field[i]) : (struct span){ "", 0 };
}

/* "80", "80 %", "0.8", "high": the scale of STIX 2.1 appendix A. */
static int confidence_of(struct span s)
{
	static const struct {
		const char *word;
		int value;
	} scale[] = { { "none", 0 }, { "low", 15 }, { "medium", 50 }, { "med", 50 }, { "moderate", 50 }, { "high", 85 } };
	int v = 0;

	for (size_t i = 0; i < sizeof(scale) / sizeof(scale[0]); i++) {
		if (formats_same(s, scale[i].word))
			return scale[i].value;
	}
	if (s.n && s.p[s.n - 1] == '%')
		s = formats_trim((struct span){ s.p, s.n - 1 });
	if (!s.n || s.n > 3)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (!formats_digit(s.p[i]))
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v <= 100 ? v : -1;
}

/* What the row says of all its values; false where it says that they are none. */
static bool read_row(struct csv *c, struct formats_indicator *i)
{
	struct span detect = at(c, DETECT), tlp = at(c, TLP);

	*i = (struct formats_indicator){ .line = c->line, .name = at(c, NAME), .description = at(c, DESCRIPTION), .source = at(c, SOURCE), .confidence = confidence_of(at(c, CONFIDENCE)) };
	i->has_from = formats_time(at(c, FROM), &i->from);
	i->has_until = formats_time(at(c, UNTIL), &i->until);
	if (tlp.n)
		stix_tlp_parse(tlp, &i->tlp);
	return c->s->how->context || !(span_is(detect, "0") || formats_same(detect, "false"));
}

static enum err give_typed(struct csv *c, struct formats_indicator *i, const struct formats_type *t)
{
	const char *bar = memchr(i->text.p, '|', i->text.n);
	struct span whole = i->text, part[2] = { whole, { "", 0 } };
	enum err e = ERR_OK;

	if (strchr(t->word, '|') || t->names) {
		part[0].n = bar ? (size_t)(bar - whole.p) : whole.n;
		part[1] = bar ? formats_from(whole, part[0].n + 1) : whole;
	}
	for (int k = 0; k < 2 && e == ERR_OK; k++) {
		if (t->part[k] == FORMATS_SORTS)
			continue;
		i->text = part[k];
		struct span plain = formats_refang(c->s->a, part[k]);
		i->value = formats_normal(c->s->a, t->part[k], plain);
		i->sort = i->value.n ? t->part[k] : formats_classify(c->s->a, part[k], &i->value);
		if (i->sort == FORMATS_IPV6 && !memchr(i->value.p, ':', i->value.n))
			i->sort = FORMATS_IPV4;
		e = formats_give(c->s, i);
	}
	return e;
}

static enum err give_value(struct csv *c, struct formats_indicator *i)
{
	struct span word = at(c, TYPE);
	const struct formats_type *t = word.n ? formats_type_of(word) : NULL;

	i->text = at(c, VALUE);
	if (t)
		return give_typed(c, i, t);
	i->sort = formats_classify(c->s->a, i->text, &i->value);
	return formats_give(c->s, i);
}

static bool row_has_url(const struct csv *c)
{
	for (size_t k = 0; k < c->columns.n_sorted; k++) {
		if (c->columns.sorted[k].sort == FORMATS_URL && (size_t)c->columns.sorted[k].column < c->n && formats_trim(c->field[c->columns.sorted[k].column]).n)
			return true;
	}
	return false;
}

/* Columns of known sorts.  Where there is a URL, its host and address are only where it was found: many a bad page lies on a good server. */
static enum err give_sorted(struct csv *c, struct formats_indicator *i)
{
	bool url = row_has_url(c);
	enum err e = ERR_OK;

	for (size_t k = 0; k < c->columns.n_sorted && e == ERR_OK; k++) {
		enum formats_sort sort = c->columns.sorted[k].sort;
		if ((size_t)c->columns.sorted[k].column >= c->n || (url && (sort == FORMATS_IPV4 || sort == FORMATS_IPV6 || sort == FORMATS_DOMAIN)))
			continue;
		i->text = formats_trim(c->field[c->columns.sorted[k].column]);
		if (!i->text.n)
			continue;
		i->value = formats_normal(c->s->a, sort, formats_refang(c->s->a, i->text));
		i->sort = i->value.n ? sort : formats_classify(c->s->a, i->text, &i->value);
		e = formats_give(c->s, i);
	}
	return e;
}

static enum err take_row(struct csv *c)
{
	struct formats_indicator i;

	arena_reset(c->s->a);
	if (!read_row(c, &i)) {
		formats_skipped(c->s, FORMATS_SKIP_CONTEXT, c->line, at(c, VALUE));
		return ERR_OK;
	}
	return c->columns.role[VALUE] >= 0 ? give_value(c, &i) : give_sorted(c, &i);
}

/* ---- the file ---- */

/* The first record: a header, or data whose columns are found out; what is neither is passed over.  *data: the record at hand is to be taken. */
static enum err begin(struct csv *c, struct buf *joined, bool *data)
{
	struct span normal;
	enum err e;

	while ((e = next(c, joined)) == ERR_OK) {
		*data = true;
		arena_reset(c->s->a);
		if (c->s->how->columns) {
			if ((e = by_order(c)) != ERR_OK)
				return e;
			int value = c->columns.role[VALUE] >= 0 ? c->columns.role[VALUE] : c->columns.sorted[0].column;
			*data = (size_t)value < c->n && formats_classify(c->s->a, c->field[value], &normal) != FORMATS_SORTS;
			break;
		}
		if (by_header(c)) {
			*data = false;
			break;
		}
		if (c->comment_fields == c->n) {
			c->columns = c->comment;
			break;
		}
		if (by_content(c))
			break;
		formats_skipped(c->s, FORMATS_SKIP_NONE, c->line, c->n ? c->field[0] : (struct span){ "", 0 });
		c->delimiter = 0;
	}
	c->begun = true;
	return e;
}

static enum err read_all(struct csv *c, struct buf *joined)
{
	bool data;
	enum err e = begin(c, joined, &data);

	if (e == ERR_OK && data)
		e = take_row(c);
	while (e == ERR_OK && (e = next(c, joined)) == ERR_OK) {
		e = take_row(c);
		if (c->s->how->progress && c->s->counts->lines % 4096 == 0)
			c->s->how->progress(c->s->how->ctx, formats_lines_at(c->l));
	}
	return e == ERR_NOTFOUND ? ERR_OK : e;
}

enum err formats_read_csv(struct formats_input_state *s, struct formats_lines *l)
{
	struct csv *c = util_calloc(1, sizeof(*c));
	BUF_SCOPE struct buf joined;

	if (!c)
		return ERR_NOMEM;
	c->s = s;
	c->l = l;
	c->comment_fields = SIZE_MAX;
	buf_init(&joined, 4 * BOUND_LIST_LINE);
	buf_init(&c->record, 4 * BOUND_LIST_LINE);
	enum err e = read_all(c, &joined);
	buf_release(&c->record);
	free(c);
	return e;
}
