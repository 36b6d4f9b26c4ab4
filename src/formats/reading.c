/* SPDX-License-Identifier: Apache-2.0 */
/* One door for all inputs: tells the form, opens a feed's directory, judges values before they are given out. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "formats/formats_priv.h"
#include "util/bounds.h"

#define LINE_ARENA (16u << 20)

static const char *const input_names[] = { "guess", "list", "csv", "misp", "stix" };

const char *formats_input_name(enum formats_input i)
{
	return i < FORMATS_INPUTS ? input_names[i] : "guess";
}

bool formats_input_named(struct span name, enum formats_input *out)
{
	for (int i = 0; i < FORMATS_INPUTS; i++) {
		if (span_is(name, input_names[i])) {
			*out = (enum formats_input)i;
			return true;
		}
	}
	return false;
}

const char *formats_skip_text(enum formats_skip s)
{
	static const char *const text[] = {
#define X(k, text) text,
		FORMATS_SKIP_LIST(X)
#undef X
	};
	return s < FORMATS_SKIPS ? text[s] : "";
}

/* ---- giving out ---- */

void formats_skipped(struct formats_input_state *s, enum formats_skip why, uint64_t line, struct span text)
{
	s->counts->skipped[why]++;
	if (s->how->skip)
		s->how->skip(s->how->ctx, why, s->file, line, text);
}

/* 0.0.0.0/0, ::/0 */
static bool matches_all(const struct formats_indicator *i)
{
	const char *slash = i->sort == FORMATS_IPV4 || i->sort == FORMATS_IPV6 ? memchr(i->value.p, '/', i->value.n) : NULL;

	return slash && slash + 2 == i->value.p + i->value.n && slash[1] == '0';
}

enum err formats_give(struct formats_input_state *s, struct formats_indicator *i)
{
	enum formats_skip why = FORMATS_SKIPS;

	if (!arena_ok(s->a))
		return fault_set(s->f, ERR_NOMEM, "", "out of memory while reading indicators");
	if (i->sort == FORMATS_SORTS)
		why = FORMATS_SKIP_NONE;
	else if (matches_all(i))
		why = FORMATS_SKIP_ALL;
	else if (i->sort == FORMATS_DOMAIN && (!memchr(i->value.p, '.', i->value.n) || (s->how->name_of && s->how->name_of(i->value) == FORMATS_NAME_SUFFIX)))
		why = FORMATS_SKIP_SUFFIX;
	if (why != FORMATS_SKIPS) {
		formats_skipped(s, why, i->line, i->text);
		return ERR_OK;
	}
	i->kind = formats_sorts[i->sort].kind;
	i->file = s->file;
	s->counts->values++;
	return s->how->take(s->how->ctx, i, s->f);
}

/* ---- telling the form ---- */

static bool has_word(struct span s, const char *word)
{
	return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static enum formats_input guess_json(struct span head)
{
	static const char *const misp[] = { "\"Event\"", "\"Attribute\"", "\"response\"", "\"Orgc\"" };
	static const char *const stix[] = { "\"bundle\"", "\"spec_version\"", "\"objects\"", "\"pattern_type\"", "\"pattern\"", "\"indicator\"", "\"marking-definition\"" };

	for (size_t i = 0; i < sizeof(stix) / sizeof(stix[0]); i++) {
		if (has_word(head, stix[i]))
			return FORMATS_STIX;
	}
	for (size_t i = 0; i < sizeof(misp) / sizeof(misp[0]); i++) {
		if (has_word(head, misp[i]))
			return FORMATS_MISP;
	}
	return FORMATS_STIX; /* its reader says best what is wrong */
}

struct sample {
	size_t lines, commas, tabs, hosts; /* lines; those with as many of a sign as the first */
	size_t first_commas, first_tabs;
	bool header;
};

static size_t count_outside_quotes(struct span s, char c)
{
	size_t n = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		quoted ^= s.p[i] == '"';
		n += s.p[i] == c && !quoted;
	}
	return n;
}

bool formats_csv_header(struct span line);

static void sample_line(struct sample *x, struct span line)
{
	line = formats_trim(line);
	if (!line.n)
		return;
	if (line.p[0] == '#' || !x->lines)
		x->header |= formats_csv_header(line);
	if (strchr("#;!/|", line.p[0]))
		return;
	size_t commas = count_outside_quotes(line, ','), tabs = count_outside_quotes(line, '\t');
	if (!x->lines++) {
		x->first_commas = commas;
		x->first_tabs = tabs;
	}
	x->commas += commas && commas == x->first_commas;
	x->tabs += tabs && tabs == x->first_tabs;
	x->hosts += formats_starts(line, "0.0.0.0") || formats_starts(line, "127.0.0.1") || formats_starts(line, "::");
}

enum formats_input formats_guess(struct span head)
{
	struct sample x = { 0 };

	if (span_starts(head, SPAN("\xEF\xBB\xBF")))
		head = formats_from(head, 3);
	struct span rest = formats_trim(head);
	if (rest.n && (rest.p[0] == '{' || (rest.p[0] == '[' && !span_starts(rest, SPAN("[.]")) && memchr("{[] \t\r\n\"", rest.n > 1 ? rest.p[1] : ' ', 8))))
		return guess_json(head);
	while (rest.n && x.lines < 20) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		sample_line(&x, (struct span){ rest.p, n });
		rest = formats_from(rest, n + (end != NULL));
	}
	bool columns = x.lines && (x.commas == x.lines || x.tabs == x.lines);
	return x.header || (columns && x.hosts * 2 < x.lines) ? FORMATS_CSV : FORMATS_LIST;
}

/* ---- one file ---- */

static enum err read_whole(int fd, struct buf *b, struct fault *f)
{
	for (;;) {
		if (!buf_reserve(b, 256 << 10))
			return buf_err(b) == ERR_LIMIT ? fault_set(f, ERR_LIMIT, "", "a MISP document of more than %u MB: export it in several", BOUND_FEED_FILE >> 20) : ERR_NOMEM;
		ssize_t n = read(fd, b->p + b->n, 256 << 10);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(f, ERR_IO, "", "reading failed: %s", strerror(errno));
		if (n == 0)
			break;
		buf_added(b, (size_t)n);
	}
	return ERR_OK;
}

static enum err read_misp_file(struct formats_input_state *s, int fd, struct span head)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_FEED_FILE);
	buf_addspan(&b, head);
	enum err e = read_whole(fd, &b, s->f);
	if (e != ERR_OK)
		return e;
	struct span text = buf_span(&b);
	if (span_starts(text, SPAN("\xEF\xBB\xBF")))
		text = formats_from(text, 3);
	return formats_read_misp(s, text);
}

static enum err read_file(struct formats_input_state *s, int fd)
{
	struct formats_lines *l = formats_lines_new(fd);
	struct span head;
	enum formats_input form = s->how->format;
	enum err e = l ? formats_lines_head(l, &head, s->f) : ERR_NOMEM;

	s->counts->files++;
	if (e == ERR_OK && form == FORMATS_GUESS)
		form = formats_guess(head);
	if (e == ERR_OK) {
		switch (form) {
		case FORMATS_LIST: e = formats_read_list(s, l); break;
		case FORMATS_CSV: e = formats_read_csv(s, l); break;
		case FORMATS_MISP: e = read_misp_file(s, fd, head); break;
		default: e = fault_set(s->f, ERR_INVALID, "", "this is STIX or no indicator list at all: give a list, CSV, or MISP events"); break;
		}
	}
	formats_lines_free(l);
	return e;
}

/* ---- a feed's directory ---- */

static enum err read_at(struct formats_input_state *s, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	s->file = span_of(name);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		formats_skipped(s, FORMATS_SKIP_BROKEN, 0, s->file);
		return ERR_OK;
	}
	struct fault own = { "", "" }, *outer = s->f;
	s->f = &own;
	enum err e = read_file(s, fd);
	s->f = outer;
	close(fd);
	if (e == ERR_SYNTAX || e == ERR_LIMIT || e == ERR_INVALID) { /* the other events are read all the same */
		formats_skipped(s, FORMATS_SKIP_BROKEN, 0, s->file);
		return ERR_OK;
	}
	return e == ERR_OK ? e : fault_set(outer, e, own.where[0] ? own.where : name, "%s", own.what);
}

static int event_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && strcmp(d->d_name + n - 5, ".json") == 0 && strcmp(d->d_name, "manifest.json") != 0 && d->d_name[0] != '.';
}

/* Every event there is; those that the manifest no longer names are old. */
static enum err read_listed(struct formats_input_state *s, int dir)
{
	struct dirent **entry;
	int n = scandirat(dir, ".", &entry, event_file, alphasort);
	enum err e = n < 0 ? fault_set(s->f, ERR_IO, "", "the directory cannot be read: %s", strerror(errno)) : ERR_OK;

	for (int i = 0; i < n; i++) {
		if (e == ERR_OK)
			e = read_at(s, dir, entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return e;
}

static enum err read_manifest(struct formats_input_state *s, int dir, int fd)
{
	ARENA_SCOPE struct arena *a = arena_new(BOUND_FEED_FILE);
	BUF_SCOPE struct buf b;
	struct json v;
	struct uuid u;
	char name[UUID_TEXT + 8];

	buf_init(&b, BOUND_FEED_FILE);
	enum err e = a ? read_whole(fd, &b, s->f) : ERR_NOMEM;
	if (e == ERR_OK)
		e = json_read(a, buf_span(&b), &v, s->f);
	for (struct json_iter it = json_iter(e == ERR_OK ? v : (struct json){ 0 }); e == ERR_OK && json_next(&it);) {
		if (!uuid_parse(it.key, &u)) { /* a name of a file is made of nothing else */
			formats_skipped(s, FORMATS_SKIP_BROKEN, 0, it.key);
			continue;
		}
		uuid_format(&u, name);
		memcpy(name + UUID_TEXT - 1, ".json", 6);
		e = read_at(s, dir, name);
	}
	return e;
}

static enum err read_directory(struct formats_input_state *s, int fd)
{
	int manifest = openat(fd, "manifest.json", O_RDONLY | O_CLOEXEC);

	if (manifest < 0)
		return read_listed(s, fd);
	enum err e = read_manifest(s, fd, manifest);
	close(manifest);
	return e;
}

enum err formats_read_indicators(int fd, const struct formats_reading *how, struct formats_counts *counts, struct fault *f)
{
	struct formats_counts own = { 0 };
	struct fault lost;
	struct stat st;
	struct formats_input_state s = { .how = how, .counts = counts ? counts : &own, .a = arena_new(LINE_ARENA), .f = f ? f : &lost };
	enum err e = s.a ? ERR_OK : ERR_NOMEM;

	if (e == ERR_OK && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		e = read_directory(&s, fd);
	else if (e == ERR_OK)
		e = read_file(&s, fd);
	arena_free(s.a);
	return e;
}
