/* SPDX-License-Identifier: Apache-2.0 */
/* musubi commitment: promised figures, the records behind them, and how far they are. */
#include <stdlib.h>
#include "cli/commitment_out.h"
#include "util/bounds.h"

/* ---- template, add, list ---- */

static const char template[] =
	"{\n"
	"  \"kind\": \"commitment\",\n"
	"  \"fictional\": true,\n"
	"  \"text\": {\n"
	"    \"en\": \"To support the training of 5,000 people within three years.\",\n"
	"    \"ja\": \"3年間で5,000人の人材育成を支援する。\"\n"
	"  },\n"
	"  \"source\": { \"document\": \"Initiative announced at the summit of September 2023\", \"date\": \"2023-09-06\" },\n"
	"  \"pledgors\": [\"Japan\"],\n"
	"  \"beneficiaries\": [\"ASEAN member states\"],\n"
	"  \"area\": \"human-resources\",\n"
	"  \"gci_pillar\": \"capacity-development\",\n"
	"  \"areas\": [\"cybersecurity\", \"maritime-security\", \"digitalisation\", \"supply-chain\", \"disaster-risk\"],\n"
	"  \"indicators\": [\n"
	"    {\n"
	"      \"id\": \"people\",\n"
	"      \"title\": { \"en\": \"People trained\", \"ja\": \"研修を受けた人\" },\n"
	"      \"measure\": \"people\",\n"
	"      \"counting_rule\": \"distinct people\",\n"
	"      \"kinds\": [\"credential\", \"attendance\"],\n"
	"      \"baseline\": 0,\n"
	"      \"periods\": [\n"
	"        { \"start\": \"2023-09-06\", \"end\": \"2024-09-05\", \"target\": 1600 },\n"
	"        { \"start\": \"2024-09-06\", \"end\": \"2025-09-05\", \"target\": 3300 },\n"
	"        { \"start\": \"2025-09-06\", \"end\": \"2026-09-05\", \"target\": 5000 }\n"
	"      ]\n"
	"    },\n"
	"    {\n"
	"      \"id\": \"seats\",\n"
	"      \"title\": { \"en\": \"Seats in courses\", \"ja\": \"研修の席数\" },\n"
	"      \"measure\": \"seats\",\n"
	"      \"counting_rule\": \"seats\",\n"
	"      \"kinds\": [\"credential\", \"attendance\"],\n"
	"      \"periods\": [ { \"start\": \"2023-09-06\", \"end\": \"2026-09-05\", \"target\": 5000 } ]\n"
	"    }\n"
	"  ]\n"
	"}\n";

static int run_template(struct cmd_args *a)
{
	cmd_print("%s", template);
	cmd_say("Change the words and numbers, take \"fictional\" out when they are real, then: musubi commitment add DIR FILE.json");
	return 0;
}

static enum err add(struct cmd_args *a, struct accord *h, struct fault *f)
{
	char id[64];
	BUF_SCOPE struct buf text;
	enum err e = open_read(cmd_arg(a, 1), BOUND_OBJECT_BYTES, &text, f);

	if (e == ERR_OK)
		e = commitment_add(h, buf_span(&text), id, f);
	if (e != ERR_OK)
		return e;
	cmd_print(cmd_json(a) ? "{\"id\":\"%s\"}\n" : "%s\n", id);
	return ERR_OK;
}

static enum err list(struct cmd_args *a, struct accord *h, struct fault *f)
{
	static const char *const headings[] = { "id", "text", "indicators", "completion" };
	struct commitment *v;
	size_t n;
	BUF_SCOPE struct buf b;
	enum err e = commitment_list(h, cmd_arena(a), (struct span){ 0 }, &v, &n, f);

	if (e != ERR_OK)
		return e;
	buf_init(&b, 64u << 20);
	struct json_out o = json_out(&b);
	struct cmd_grid *g = cmd_grid_new(a, headings, 4);
	json_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		struct span text = commitment_text(json_get(v[i].document, "text"));
		const char *completion = v[i].assessed ? commitment_completions[v[i].completion] : "not assessed";
		cmd_grid_add(g, v[i].id);
		cmd_grid_add(g, text);
		cmd_grid_add(g, span_of(arena_printf(cmd_arena(a), "%zu", v[i].n_indicators)));
		cmd_grid_add(g, span_of(completion));
		json_open(&o, '{');
		json_kspan(&o, "id", v[i].id);
		json_kspan(&o, "text", text);
		json_kint(&o, "indicators", (int64_t)v[i].n_indicators);
		json_kstr(&o, "completion", v[i].assessed ? completion : NULL);
		json_close(&o, '}');
	}
	json_close(&o, ']');
	if (cmd_json(a))
		return open_print_json(&b);
	cmd_grid_print(g, "No commitments yet: musubi commitment template prints one to begin with.");
	return ERR_OK;
}

/* ---- show ---- */

static enum err look(struct cmd_args *a, struct accord *h, struct commitment_view *v, struct commitment_record **records, size_t *n, struct fault *f)
{
	struct commitment *c;
	size_t one;
	const char *up_to = cmd_opt(a, "--records-up-to");
	char *end = NULL;
	enum err e = cmd_opt(a, "--at") ? open_time(cmd_opt(a, "--at"), &v->at, f) : ERR_OK;

	*v = (struct commitment_view){ .a = cmd_arena(a), .hub = accord_hub(h), .at = cmd_opt(a, "--at") ? v->at : open_now(NULL), .up_to = INT64_MAX };
	if (up_to)
		v->up_to = strtoll(up_to, &end, 10);
	if (e == ERR_OK && up_to && (*end || v->up_to < 0))
		e = fault_set(f, ERR_USAGE, "--records-up-to", "must be the number of a record");
	if (e == ERR_OK && !up_to)
		e = commitment_collect(h, NULL, f);
	if (e == ERR_OK)
		e = commitment_list(h, v->a, span_of(cmd_arg(a, 1)), &c, &one, f);
	if (e == ERR_OK)
		e = commitment_records(h, v->a, c->id, (struct span){ 0 }, v->up_to, records, n, f);
	if (e != ERR_OK)
		return e;
	v->c = c;
	v->figures = arena_array(v->a, c->n_indicators, sizeof(*v->figures));
	v->shown = cmd_opt(a, "--public") ? arena_array(v->a, c->n_indicators, sizeof(*v->shown)) : NULL;
	bool ok = v->figures && (v->shown || !cmd_opt(a, "--public")) && commitment_names(v->a, c, &v->names);
	for (size_t i = 0; ok && i < c->n_indicators; i++) {
		ok = commitment_count(v->a, &c->indicators[i], *records, *n, v->up_to, v->at, &v->figures[i]);
		if (ok && v->shown)
			ok = commitment_publish(v->a, &c->indicators[i], &v->figures[i], v->at, &v->names, &v->shown[i]);
	}
	return ok ? ERR_OK : ERR_NOMEM;
}

static enum err print_records(struct cmd_args *a, const struct commitment_view *v, const struct commitment_record *r, size_t n)
{
	static const char *const headings[] = { "number", "indicator", "kind", "known", "reference", "person", "organisation", "country", "sector", "area", "at" };
	struct cmd_grid *g = cmd_grid_new(a, headings, 11);

	for (size_t i = 0; i < n; i++) {
		const struct span cells[] = { span_of(arena_printf(v->a, "%lld", (long long)r[i].number)), r[i].indicator, span_of(commitment_kinds[r[i].kind]), span_of(commitment_verifications[r[i].known]), r[i].reference, { r[i].person.p, r[i].person.n < 8 ? r[i].person.n : 8 }, r[i].organisation, r[i].country, r[i].sector, r[i].area, open_time_text(v->a, r[i].at) };
		for (size_t k = 0; k < 11 && !cmd_json(a); k++)
			cmd_grid_add(g, cells[k]);
		if (!cmd_json(a))
			continue;
		BUF_SCOPE struct buf b;
		buf_init(&b, 1u << 16);
		struct json_out o = json_out(&b);
		json_open(&o, '{');
		json_kint(&o, "number", r[i].number);
		for (size_t k = 1; k < 11; k++)
			json_kspan(&o, headings[k], k == 5 ? r[i].person : cells[k]);
		json_kspan(&o, "digest", r[i].digest);
		json_kint(&o, "retracts", r[i].retracts);
		json_close(&o, '}');
		if (open_print_json(&b) != ERR_OK)
			return ERR_NOMEM;
	}
	if (!cmd_json(a))
		cmd_grid_print(g, "No records yet: musubi commitment record adds one.");
	return ERR_OK;
}

static enum err show(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *format = cmd_opt(a, "--format");
	struct commitment_view v = { 0 };
	struct commitment_record *records;
	size_t n;
	BUF_SCOPE struct buf b;
	enum err e = look(a, h, &v, &records, &n, f);

	buf_init(&b, 64u << 20);
	if (e != ERR_OK)
		return e;
	if (cmd_opt(a, "--records") && cmd_opt(a, "--public"))
		return fault_set(f, ERR_USAGE, "--records", "records are not for the public: leave --public out");
	if (cmd_opt(a, "--records"))
		return print_records(a, &v, records, n);
	if (!format && !cmd_json(a) && !cmd_opt(a, "--out")) {
		commitment_print(a, &v);
		return ERR_OK;
	}
	if (!format || strcmp(format, "json") == 0) {
		struct json_out o = json_out(&b);
		commitment_json(&v, &o);
		buf_addc(&b, '\n');
	} else if (strcmp(format, "csv") == 0) {
		commitment_csv(&v, &b);
	} else if (strcmp(format, "html") == 0) {
		commitment_html(&v, &b);
	} else if (strcmp(format, "iati") == 0) {
		e = commitment_iati(&v, &b);
	} else {
		e = fault_set(f, ERR_USAGE, "--format", "\"%s\" is no format: json, csv, html or iati", format);
	}
	if (e == ERR_OK)
		e = buf_ok(&b) ? open_write(a, buf_span(&b), f) : ERR_NOMEM;
	return e;
}

/* ---- record ---- */

static const char *const fields[] = { "indicator", "kind", "reference", "person", "organisation", "country", "sector", "area", "at", "verified", "digest" };
enum { FIELDS = sizeof(fields) / sizeof(*fields) };

static int place(const char *const *words, struct span s)
{
	for (int i = 0; words[i]; i++)
		if (span_is(s, words[i]))
			return i;
	return -1;
}

static enum err record_of(struct cmd_args *a, const struct span text[FIELDS], size_t line, struct commitment_record *r, struct fault *f)
{
	const char *where = line ? arena_printf(cmd_arena(a), "line %zu", line) : "record";
	int kind = place(commitment_kinds, text[1]), known = text[9].n ? place(commitment_verifications, text[9]) : COMMITMENT_SELF;

	if (kind < 0)
		return fault_set(f, ERR_INVALID, where, "\"%.*s\" is no kind: credential, attendance, exercise, meeting, share, accession or document", SPAN_ARG(text[1]));
	if (known < 0 || known == COMMITMENT_MACHINE)
		return fault_set(f, ERR_INVALID, where, "verified is self or peer; machine is what the program knows itself");
	*r = (struct commitment_record){ .commitment = span_of(cmd_arg(a, 1)), .indicator = text[0], .kind = (enum commitment_kind)kind, .known = (enum commitment_verification)known, .reference = text[2], .person = text[3], .organisation = text[4], .country = text[5], .sector = text[6], .area = text[7], .at = open_now(NULL), .digest = text[10] };
	if (!text[8].n)
		return ERR_OK;
	struct fault why = { 0 };
	if (open_time(arena_str(cmd_arena(a), text[8]), &r->at, &why) != ERR_OK)
		return fault_set(f, ERR_INVALID, where, "%s", why.what);
	return ERR_OK;
}

/* One cell of a CSV record (RFC 4180); *p moves behind it; false at the end of the record.  The text itself, quotes taken out of it. */
static bool csv_cell(char **p, char *end, struct span *out)
{
	char *s = *p, *to = s;
	bool quoted = s < end && *s == '"';

	*out = (struct span){ s, 0 };
	for (s += quoted; s < end; s++) {
		if (quoted && *s == '"' && !(s + 1 < end && s[1] == '"')) {
			quoted = false;
			continue;
		}
		if (!quoted && (*s == ',' || *s == '\n' || *s == '\r'))
			break;
		s += quoted && *s == '"';
		*to++ = *s;
	}
	out->n = (size_t)(to - out->p);
	*p = s + (s < end && *s == ',');
	return s < end && *s == ',';
}

static enum err read_csv(struct cmd_args *a, struct buf *text, struct commitment_record **out, size_t *n, struct fault *f)
{
	char *p = text->p, *end = text->p + text->n;
	int column[64];
	size_t columns = 0, line = 0, room = 0;

	if (text->n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < end; p += p < end && *p == '\n') {
		struct span cells[FIELDS] = { { 0 } }, cell;
		bool more = true, any = false;
		line++;
		for (size_t i = 0; more; i++) {
			more = csv_cell(&p, end, &cell);
			any |= cell.n > 0;
			if (line == 1 && i < 64) {
				column[i] = -1;
				for (int k = 0; k < FIELDS; k++)
					column[i] = span_is(cell, fields[k]) ? k : column[i];
				if (column[i] < 0)
					return fault_set(f, ERR_INVALID, "line 1", "\"%.*s\" is no column; those are: indicator, kind, reference, person, organisation, country, sector, area, at, verified, digest", SPAN_ARG(cell));
				columns = i + 1;
			} else if (i < columns && column[i] >= 0) {
				cells[column[i]] = cell;
			}
		}
		p += p < end && *p == '\r';
		if (line == 1 || !any)
			continue;
		if (*n == room) {
			struct commitment_record *grown = arena_array(cmd_arena(a), room = room ? room * 2 : 64, sizeof(*grown));
			if (!grown)
				return ERR_NOMEM;
			if (*n)
				memcpy(grown, *out, *n * sizeof(*grown));
			*out = grown;
		}
		enum err e = record_of(a, cells, line, &(*out)[(*n)++], f);
		if (e != ERR_OK)
			return e;
	}
	return arena_ok(cmd_arena(a)) ? ERR_OK : ERR_NOMEM;
}

static enum err digest_of(struct cmd_args *a, const char *path, struct span *hex, struct fault *f)
{
	uint8_t digest[SIGN_DIGEST];
	char text[2 * SIGN_DIGEST + 1];
	BUF_SCOPE struct buf b;
	enum err e = open_read(path, 1u << 30, &b, f);

	if (e != ERR_OK)
		return e;
	sign_sha256(buf_span(&b), digest);
	sign_hex(digest, sizeof(digest), text);
	*hex = arena_span(cmd_arena(a), span_of(text));
	return ERR_OK;
}

static enum err record(struct cmd_args *a, struct accord *h, struct fault *f)
{
	struct commitment_record one, *v = &one;
	struct span text[FIELDS] = { { 0 } };
	size_t n = 0, known;
	BUF_SCOPE struct buf csv;
	enum err e = ERR_OK;

	buf_init(&csv, 0);
	if (cmd_opt(a, "--csv")) {
		v = NULL;
		e = open_read(cmd_opt(a, "--csv"), 256u << 20, &csv, f);
		if (e == ERR_OK)
			e = read_csv(a, &csv, &v, &n, f);
	} else {
		for (size_t i = 0; i < FIELDS; i++)
			text[i] = span_of(cmd_opt(a, arena_printf(cmd_arena(a), "--%s", fields[i])));
		if (cmd_opt(a, "--document"))
			e = digest_of(a, cmd_opt(a, "--document"), &text[10], f);
		if (e == ERR_OK)
			e = record_of(a, text, 0, &one, f);
		n = 1;
	}
	if (e == ERR_OK)
		e = commitment_record_add(h, v, n, &known, f);
	if (e != ERR_OK)
		return e;
	if (cmd_json(a))
		cmd_print("{\"added\":%zu,\"known\":%zu}\n", n - known, known);
	else
		cmd_say("%zu added, %zu were here before", n - known, known);
	return ERR_OK;
}

static enum err retract(struct cmd_args *a, struct accord *h, struct fault *f)
{
	char *end;
	long long number = strtoll(cmd_arg(a, 1), &end, 10);
	enum err e = *end ? fault_set(f, ERR_USAGE, "NUMBER", "\"%s\" is no number of a record", cmd_arg(a, 1)) : commitment_record_retract(h, number, f);

	if (e == ERR_OK)
		cmd_say("record %lld does not count any more; figures as of before are what they were", number);
	return e;
}

static enum err assess(struct cmd_args *a, struct accord *h, struct fault *f)
{
	const char *word = cmd_opt(a, "--completion"), *by = cmd_opt(a, "--by");
	int c = place(commitment_completions, span_of(word));

	if (c < 0)
		return fault_set(f, ERR_USAGE, "--completion", "\"%s\" is no level: not-started, limited, substantial or complete", word);
	return commitment_assess(h, span_of(cmd_arg(a, 1)), (enum commitment_completion)c, span_of(by), f);
}

#define RUN(name) \
	static int run_##name(struct cmd_args *a) \
	{ \
		return open_run(a, name); \
	}
RUN(add)
RUN(list)
RUN(show)
RUN(record)
RUN(retract)
RUN(assess)
#undef RUN

const struct cmd cmd_commitment_template = {
	.name = "commitment template",
	.arguments = "",
	.brief = "print a commitment to edit: 5,000 people in three years",
	.help = "  musubi commitment template >promise.json\n  musubi commitment add ./hub promise.json",
	.run = run_template,
};
const struct cmd cmd_commitment_add = {
	.name = "commitment add",
	.arguments = "DIR FILE.json",
	.min_args = 2,
	.max_args = 2,
	.brief = "bring in a commitment: what is promised, how it is counted, by when how much",
	.help = "A commitment is never changed: a new promise has a new id. Its source is an agreement that is here (then its clause is checked) or another document. With --json: {\"id\"}.",
	.run = run_add,
};
const struct cmd cmd_commitment_list = {
	.name = "commitment list",
	.arguments = "DIR",
	.min_args = 1,
	.max_args = 1,
	.brief = "show the commitments",
	.run = run_list,
};
const struct cmd cmd_commitment_show = {
	.name = "commitment show",
	.arguments = "DIR COMMITMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "show a commitment's figures, its pace, and the records behind them",
	.help = "Every figure is counted from its records each time. First the program records what it knows itself (accessions, objects shared). People are counted once, however many courses; how a "
		"record is known (self, machine, peer) stands apart.\n\n"
		"--public shows only what others may see: whole periods that are over, numbers rounded down to multiples of three. Use it for what you publish:\n\n"
		"  musubi commitment show ./hub commitment--… --public --format html --out page.html\n\n"
		"--records-up-to N counts again as of record N and gives the same figure as it did then.",
	.options = (const struct cmd_option[]){ { "--public", NULL, "only what others may see" }, { "--records", NULL, "list the records" },
		{ "--at", "TIME", "as of this time (now)" }, { "--records-up-to", "N", "as of this record (all)" },
		{ "--format", "FORMAT", "json, csv, html or iati (IATI 2.03)", .complete = "words:json csv html iati" }, { "--out", "FILE", "write here (standard output)", .complete = "file" }, { 0 } },
	.run = run_show,
};
const struct cmd cmd_commitment_record = {
	.name = "commitment record",
	.arguments = "DIR COMMITMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "add a record that counts towards a commitment, or many from a CSV file",
	.help = "What a record must say follows from how its indicator counts: people need --person, organisations --organisation. Of a person only a hash is kept that no other hub can make.\n\n"
		"  musubi commitment record ./hub commitment--… --indicator people --kind attendance --reference \"course 12\" --person 'TH 1234' --country TH\n"
		"  musubi commitment record ./hub commitment--… --csv course-12.csv\n\n"
		"The first line of the CSV file names its columns, as the options are called here. All lines are taken, or none. The same again is not counted twice.",
	.options = (const struct cmd_option[]){ { "--indicator", "ID", "the indicator it counts for" }, { "--kind", "KIND", "what kind of record", .complete = "words:credential attendance exercise meeting share accession document" },
		{ "--reference", "TEXT", "what one can go and look at" }, { "--person", "TEXT", "a text that is one person's alone" }, { "--organisation", "ID", "the organisation" },
		{ "--country", "CC", "country, for instance TH" }, { "--sector", "SECTOR", "public, private or other", .complete = "words:public private other" }, { "--area", "AREA", "one of the commitment's areas" },
		{ "--at", "TIME", "when it happened (now)" }, { "--verified", "HOW", "self or peer (self)", .complete = "words:self peer" }, { "--digest", "HEX", "SHA-256 of the document behind it" },
		{ "--document", "FILE", "the document itself: its SHA-256 is kept", .complete = "file" }, { "--csv", "FILE", "many records", .complete = "file" }, { 0 } },
	.run = run_record,
};
const struct cmd cmd_commitment_retract = {
	.name = "commitment retract",
	.arguments = "DIR NUMBER",
	.min_args = 2,
	.max_args = 2,
	.brief = "take back a record that was wrong",
	.help = "The record stays, and a later one says that it does not count: figures as of before are what they were.",
	.run = run_retract,
};
const struct cmd cmd_commitment_assess = {
	.name = "commitment assess",
	.arguments = "DIR COMMITMENT",
	.min_args = 2,
	.max_args = 2,
	.brief = "say how far a commitment is; not by those who promised it",
	.options = (const struct cmd_option[]){ { "--completion", "LEVEL", "not-started, limited, substantial or complete (OGP)", .required = true, .complete = "words:not-started limited substantial complete" },
		{ "--by", "ORG", "who says so: a member's id, or a name", .required = true }, { 0 } },
	.run = run_assess,
};
