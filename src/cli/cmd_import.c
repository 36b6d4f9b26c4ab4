/* SPDX-License-Identifier: Apache-2.0 */
/* musubi import: objects of any number from a file into the hub, batch by batch, without HTTP.
 *
 * 1. A batch is durable before the state file names its end; so an import that was cut off goes on where the last durable batch ended
 *    (--resume), and what a batch brought twice is unchanged, never double.
 * 2. Definitions and identities stand anywhere in a file and are needed by what refers to them.  Where the input can be read twice, a first
 *    look finds them, and they go in front of the first batch. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "cli/import_list.h"
#include "cli/open.h"
#include "stix/bundle.h"
#include "util/bounds.h"

enum { BATCH_OBJECTS = 1000,
	BATCH_BYTES = 32 << 20,
	REASONS = 64,
	EXAMPLES = 3,
	HEAD_BYTES = 65536,
	FRONT = 4096,
	WINDOW = BOUND_OBJECT_BYTES + (1 << 20),
};

struct reason {
	char name[96];
	uint64_t n;
	char example[EXAMPLES][800];
};
struct totals {
	uint64_t accepted, unchanged, refused, warnings;
};
/* What goes in front: raw bytes, and where each ends in the input, in order. */
struct front {
	struct span raw[FRONT];
	uint64_t at[FRONT];
	size_t n, next; /* next: the first whose place in the stream was not reached yet */
};
struct import {
	struct accord *h;
	struct front *front;
	struct arena *arena;
	struct accord_principal by;
	struct store_collection into;
	struct stix_reader *reader;
	struct cmd_progress *progress;
	uint64_t size, at, resumed; /* bytes: all (0 unknown), finished with, where a resumed import began */
	struct totals totals;
	struct reason reason[REASONS];
	size_t n_reasons;
	char *state; /* path; NULL where the input cannot be read again */
	struct accord_intake *listed; /* of a list: the batch at hand */
};

/* ---- the state file ---- */

/* Names what is imported to where: the file's first bytes and size, collection, member. */
static enum err state_path(struct import *m, const char *dir, int fd, struct fault *f)
{
	uint8_t digest[SIGN_DIGEST];
	char hex[2 * SIGN_DIGEST + 1];
	BUF_SCOPE struct buf b;

	buf_init(&b, HEAD_BYTES + 4096);
	if (!buf_reserve(&b, HEAD_BYTES + 1024))
		return ERR_NOMEM;
	ssize_t n = pread(fd, b.p, HEAD_BYTES, 0);
	if (n < 0)
		return errno == ESPIPE ? ERR_OK : fault_set(f, ERR_IO, "", "reading failed: %s", strerror(errno));
	b.n = (size_t)n;
	buf_addf(&b, "\n%" PRIu64 "\n%.*s\n%.*s", m->size, SPAN_ARG(m->into.id), SPAN_ARG(m->by.org));
	if (!buf_ok(&b))
		return ERR_NOMEM;
	sign_sha256(buf_span(&b), digest);
	sign_hex(digest, sizeof(digest), hex);
	m->state = arena_printf(m->arena, "%s/import-%.16s.state", dir, hex);
	return m->state ? ERR_OK : ERR_NOMEM;
}

static enum err state_write(const struct import *m, struct fault *f)
{
	char temporary[4096];

	if (!m->state || m->totals.accepted + m->totals.unchanged + m->totals.refused == 0)
		return ERR_OK;
	snprintf(temporary, sizeof(temporary), "%s.new", m->state);
	FILE *out = fopen(temporary, "we");
	if (!out)
		return fault_set(f, ERR_IO, temporary, "cannot be written (%s): what was imported so far is kept", strerror(errno));
	fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", m->at, m->totals.accepted, m->totals.unchanged, m->totals.refused,
		m->totals.warnings);
	bool ok = fflush(out) == 0 && fdatasync(fileno(out)) == 0;
	ok = fclose(out) == 0 && ok;
	if (!ok || rename(temporary, m->state) != 0)
		return fault_set(f, ERR_IO, m->state, "cannot be written (%s): what was imported so far is kept", strerror(errno));
	return ERR_OK;
}

static void state_read(struct import *m)
{
	FILE *in = m->state ? fopen(m->state, "re") : NULL;
	uint64_t v[5];

	if (in && fscanf(in, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &v[0], &v[1], &v[2], &v[3], &v[4]) == 5) {
		m->resumed = v[0];
		m->totals = (struct totals){ v[1], v[2], v[3], v[4] };
	}
	if (in)
		fclose(in);
}

/* ---- fates ---- */

static void count_reason(struct import *m, const struct accord_fate *x)
{
	char name[sizeof(m->reason[0].name)];
	size_t i = 0;

	snprintf(name, sizeof(name), "%s%s%s", x->code ? x->code : "refused", x->finding[0] ? ": " : "", x->finding);
	while (i < m->n_reasons && strcmp(m->reason[i].name, name) != 0)
		i++;
	if (i == REASONS)
		i = REASONS - 1; /* more kinds than there are; the last takes the rest */
	else if (i == m->n_reasons)
		memcpy(m->reason[m->n_reasons++].name, name, sizeof(name));
	if (m->reason[i].n < EXAMPLES)
		snprintf(m->reason[i].example[m->reason[i].n], sizeof(m->reason[i].example[0]), "%s: %s%s%s%s", x->id[0] ? x->id : "(no id)",
			x->fault.what[0] ? x->fault.what : name, x->fault.where[0] ? " (" : "", x->fault.where, x->fault.where[0] ? ")" : "");
	m->reason[i].n++;
}

static void count_fates(struct import *m, const struct accord_intake *in)
{
	for (size_t i = 0; i < accord_intake_count(in); i++) {
		const struct accord_fate *x = accord_intake_fate(in, i);
		m->totals.warnings += x->warning;
		if (!x->accepted) {
			m->totals.refused++;
			count_reason(m, x);
		} else if (x->fate == STORE_UNCHANGED) {
			m->totals.unchanged++;
		} else {
			m->totals.accepted++;
		}
	}
}

/* ---- what goes in front ---- */

/* By a word that may stand elsewhere too: an object more in front does no harm. */
static bool goes_in_front(struct span raw)
{
	static const char *const types[] = { "\"marking-definition\"", "\"extension-definition\"", "\"identity\"" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (memmem(raw.p, raw.n, types[i], strlen(types[i])))
			return true;
	return false;
}

/* The first look.  What is wrong with the input is told by the second. */
static enum err look_ahead(struct import *m, int fd)
{
	struct stix_reader *r = stix_reader_new(fd, WINDOW);
	struct front *x = ARENA_NEW(m->arena, struct front);
	struct span raw;
	uint64_t at;
	size_t bytes = 0;

	while (r && x && x->n < FRONT && bytes < BATCH_BYTES && stix_reader_next(r, &raw, &at, NULL) == ERR_OK) {
		if (!goes_in_front(raw))
			continue;
		x->raw[x->n] = arena_span(m->arena, raw);
		x->at[x->n++] = at;
		bytes += raw.n;
	}
	stix_reader_free(r);
	m->front = x;
	return r && arena_ok(m->arena) ? ERR_OK : ERR_NOMEM;
}

/* Was the object that ends here taken in front? */
static bool taken_in_front(struct front *x, uint64_t at)
{
	while (x && x->next < x->n && x->at[x->next] < at)
		x->next++;
	return x && x->next < x->n && x->at[x->next] == at;
}

static enum err add_front(struct import *m, struct accord_intake *in, struct fault *f)
{
	enum err e = ERR_OK;

	for (size_t i = 0; m->front && i < m->front->n && e == ERR_OK; i++)
		e = accord_intake_add(in, m->front->raw[i], f);
	return e;
}

/* ---- reading and committing ---- */

/* Takes objects until the batch is full or the input ends (*ended). */
static enum err fill(struct import *m, struct accord_intake *in, bool *ended, struct fault *f)
{
	size_t bytes = 0;
	enum err e = m->at || m->resumed ? ERR_OK : add_front(m, in, f);

	if (e != ERR_OK)
		return e;
	for (size_t n = 0; n < BATCH_OBJECTS && bytes < BATCH_BYTES;) {
		struct span raw;
		e = stix_reader_next(m->reader, &raw, &m->at, f);
		*ended = e == ERR_NOTFOUND;
		if (e != ERR_OK)
			return *ended ? ERR_OK : e;
		if (taken_in_front(m->front, m->at))
			continue;
		if ((e = accord_intake_add(in, raw, f)) != ERR_OK)
			return e;
		bytes += raw.n;
		n++;
	}
	return ERR_OK;
}

static enum err batch(struct import *m, bool *ended, struct fault *f)
{
	struct accord_intake *in;
	struct fault broken = { 0 };
	enum err e = accord_intake_new(m->h, &m->by, &m->into, open_now(NULL), &in, f);

	if (e != ERR_OK)
		return e;
	enum err read = fill(m, in, ended, &broken); /* what came before a broken place is taken in all the same */
	if (accord_intake_count(in)) {
		e = accord_intake_commit_wait(in, f);
		if (e == ERR_OK)
			count_fates(m, in);
	}
	accord_intake_free(in);
	if (e == ERR_OK)
		e = state_write(m, f);
	if (e == ERR_OK && read != ERR_OK) {
		*f = broken;
		e = read;
	}
	return e;
}

static enum err import_all(struct import *m, struct fault *f)
{
	bool ended = false;
	enum err e = ERR_OK;
	char note[64];

	while (!ended && e == ERR_OK) {
		e = batch(m, &ended, f);
		snprintf(note, sizeof(note), "%" PRIu64 " objects", m->totals.accepted + m->totals.unchanged + m->totals.refused);
		cmd_progress_to(m->progress, m->at, note);
	}
	if (m->state && (e == ERR_OK || e == ERR_SYNTAX || e == ERR_INVALID || e == ERR_LIMIT)) { /* at its end, or at a place that stays broken */
		(void)unlink(m->state);
		m->state = NULL;
	}
	return e;
}

/* ---- lists of other tools ---- */

static enum err commit_listed(struct import *m, struct fault *f)
{
	struct accord_intake *in = m->listed;
	enum err e = ERR_OK;

	m->listed = NULL;
	if (!in)
		return ERR_OK;
	if (accord_intake_count(in) && (e = accord_intake_commit_wait(in, f)) == ERR_OK)
		count_fates(m, in);
	accord_intake_free(in);
	return e;
}

/* An indicator that the hub has in any version is left as it is: its member may have changed or revoked it. */
static enum err take_listed(void *ctx, struct span id, struct span raw, struct fault *f)
{
	struct import *m = ctx;
	ARENA_SCOPE struct arena *a = arena_new(16u << 20);
	struct store_held *held;
	size_t n;
	enum err e = a ? store_held(accord_store(m->h), a, id, &held, &n, f) : ERR_NOMEM;

	if (e == ERR_OK && n) {
		m->totals.unchanged++;
		return ERR_OK;
	}
	if (e == ERR_OK && !m->listed)
		e = accord_intake_new(m->h, &m->by, &m->into, open_now(NULL), &m->listed, f);
	if (e == ERR_OK)
		e = accord_intake_add(m->listed, raw, f);
	return e == ERR_OK && accord_intake_count(m->listed) == BATCH_OBJECTS ? commit_listed(m, f) : e;
}

/* ---- the report ---- */

static enum err report_json(const struct import *m, double seconds)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 20);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kint(&o, "accepted", (int64_t)m->totals.accepted);
	json_kint(&o, "unchanged", (int64_t)m->totals.unchanged);
	json_kint(&o, "refused", (int64_t)m->totals.refused);
	json_kint(&o, "warnings", (int64_t)m->totals.warnings);
	json_key(&o, "reasons");
	json_open(&o, '{');
	for (size_t i = 0; i < m->n_reasons; i++)
		json_kint(&o, m->reason[i].name, (int64_t)m->reason[i].n);
	json_close(&o, '}');
	json_key(&o, "examples");
	json_open(&o, '[');
	for (size_t i = 0; i < m->n_reasons; i++)
		for (size_t k = 0; k < EXAMPLES && k < m->reason[i].n; k++)
			json_put_str(&o, m->reason[i].example[k]);
	json_close(&o, ']');
	json_kint(&o, "bytes", (int64_t)m->at);
	json_key(&o, "seconds");
	json_put_double(&o, seconds);
	json_close(&o, '}');
	return open_print_json(&b);
}

static void report_text(const struct import *m, double seconds)
{
	uint64_t all = m->totals.accepted + m->totals.unchanged + m->totals.refused;

	cmd_print("accepted   %" PRIu64 "\nunchanged  %" PRIu64 "\nrefused    %" PRIu64 "\n", m->totals.accepted, m->totals.unchanged, m->totals.refused);
	for (size_t i = 0; i < m->n_reasons; i++) {
		const struct reason *r = &m->reason[i];
		cmd_print("  %s  %" PRIu64 "\n", r->name, r->n);
		for (size_t k = 0; k < EXAMPLES && k < r->n; k++)
			cmd_print("    %s\n", r->example[k]);
		if (r->n > EXAMPLES)
			cmd_print("    and %" PRIu64 " more\n", r->n - EXAMPLES);
	}
	if (m->totals.warnings)
		cmd_print("warnings   %" PRIu64 "\n", m->totals.warnings);
	cmd_say("%" PRIu64 " objects in %.1f s%s", all, seconds, m->resumed ? ", the earlier part included" : "");
}

/* ---- the command ---- */

static enum err prepare(struct cmd_args *a, struct import *m, int fd, struct fault *f)
{
	enum err e = open_collection(m->h, m->arena, cmd_opt(a, "--collection"), &m->into, f);

	if (e == ERR_OK)
		e = open_member(m->h, m->arena, cmd_opt(a, "--member"), &m->by.org, f);
	if (e == ERR_OK)
		e = state_path(m, cmd_arg(a, 0), fd, f);
	if (e == ERR_OK && m->state && (e = look_ahead(m, fd)) == ERR_OK && lseek(fd, 0, SEEK_SET) < 0)
		e = fault_set(f, ERR_IO, "", "cannot go to the beginning: %s", strerror(errno));
	if (e == ERR_OK && cmd_opt(a, "--resume")) {
		state_read(m);
		if (!m->state)
			e = fault_set(f, ERR_USAGE, "--resume", "this input cannot be read again from its beginning: give a file");
		else if (m->resumed && lseek(fd, (off_t)m->resumed, SEEK_SET) < 0)
			e = fault_set(f, ERR_IO, "", "cannot go to byte %" PRIu64 ": %s", m->resumed, strerror(errno));
		else if (m->resumed)
			cmd_say("going on after byte %" PRIu64, m->resumed);
		else
			cmd_say("nothing to resume: importing from the beginning");
	}
	m->reader = e == ERR_OK ? stix_reader_new(fd, WINDOW) : NULL;
	return e == ERR_OK && !m->reader ? ERR_NOMEM : e;
}

static enum err import_fd(struct cmd_args *a, struct import *m, int fd, struct fault *f)
{
	int64_t began = timestamp_tick_ns();
	enum err e = prepare(a, m, fd, f);

	if (e == ERR_OK) {
		m->progress = cmd_progress_new("importing", "B", m->size);
		e = import_all(m, f);
		cmd_progress_free(m->progress);
		double seconds = (double)(timestamp_tick_ns() - began) / 1e9;
		if (cmd_json(a) && e == ERR_OK)
			e = report_json(m, seconds);
		else if (!cmd_json(a))
			report_text(m, seconds);
	}
	stix_reader_free(m->reader);
	return e;
}

static enum err import_listed(struct cmd_args *a, struct import *m, int fd, struct fault *f)
{
	int64_t began = timestamp_tick_ns();
	enum err e = open_collection(m->h, m->arena, cmd_opt(a, "--collection"), &m->into, f);

	if (cmd_opt(a, "--resume"))
		return fault_set(f, ERR_USAGE, "--resume", "a list needs none: what is there already stays as it is");
	if (e == ERR_OK)
		e = open_member(m->h, m->arena, cmd_opt(a, "--member"), &m->by.org, f);
	if (e == ERR_OK)
		e = import_list(a, fd, m->size, m->by.org, take_listed, m, f);
	if (e == ERR_OK)
		e = commit_listed(m, f);
	accord_intake_free(m->listed);
	if (e != ERR_OK)
		return e;
	double seconds = (double)(timestamp_tick_ns() - began) / 1e9;
	if (cmd_json(a))
		return report_json(m, seconds);
	report_text(m, seconds);
	return ERR_OK;
}

static int run(struct cmd_args *a)
{
	ACCORD_SCOPE struct accord *h = NULL;
	struct import *m = ARENA_NEW(cmd_arena(a), struct import);
	struct fault f = { 0 };
	int fd = -1;

	if (!m)
		return cmd_fail(a, ERR_NOMEM, NULL);
	bool list = cmd_opt(a, "--format") && strcmp(cmd_opt(a, "--format"), "stix") != 0;
	enum err e = list ? import_list_open(cmd_arg(a, 1), &fd, &m->size, &f) : open_file(cmd_arg(a, 1), &fd, &m->size, &f);
	if (e == ERR_OK)
		e = open_accord(cmd_arg(a, 0), &h, &f);
	if (e == ERR_OK) {
		m->h = h;
		m->arena = cmd_arena(a);
		e = list ? import_listed(a, m, fd, &f) : import_fd(a, m, fd, &f);
	}
	if (fd >= 0)
		close(fd);
	if (e != ERR_OK) {
		int status = cmd_fail(a, e, &f);
		if (m->totals.accepted + m->totals.unchanged + m->totals.refused && m->state)
			cmd_say("What was imported before is kept; --resume goes on from there.");
		return status;
	}
	return m->totals.refused ? 1 : 0;
}

const struct cmd cmd_import = {
	.name = "import",
	.arguments = "DIR FILE",
	.min_args = 2,
	.max_args = 2,
	.brief = "take in STIX of any size, or indicators from lists, CSV and MISP",
	.help = "FILE may be `-` for standard input. Objects are judged one by one, as if the member had submitted them, and committed in batches of a thousand; the refused ones are "
		"counted by reason, with examples. Bytes are kept as they are. Marking definitions and identities may stand anywhere in a file; on standard input, before what refers to them. A running hub sees them at once. An import that was cut off goes on with --resume; without "
		"it, what is there already counts as unchanged.\n\n"
		"Exit status 1: some were refused. With --json: {\"accepted\",\"unchanged\",\"refused\",\"warnings\",\"reasons\",\"examples\",\"bytes\",\"seconds\"}.\n\n"
		"With --format list, csv, misp or guess the values of another tool's FILE become indicators under the TLP given (what the list says may be stricter): plain lists and hosts files, defanged or "
		"not; CSV, whose columns are told by their header or by --columns; MISP events, search results, and the directory of a feed. What is no indicator is counted with its reason. "
		"The id is made of the member and the pattern: a list imported again brings only what is new, and never brings back what was revoked.\n\n"
		"  musubi import ./hub enterprise-attack.json --collection attack --member ID\n"
		"  musubi import ./hub blocklist.csv --format csv --columns value=2,name=comment --tlp green --member ID",
	.options = (const struct cmd_option[]){
		{ "--collection", "ALIAS", "collection (shared)", .complete = "collection" },
		{ "--member", "ID", "who submits, and answers for the objects: id, or name where only one has it", .required = true, .complete = "member" },
		{ "--format", "FORMAT", "what FILE is (stix)", .complete = "words:stix list csv misp guess" },
		{ "--columns", "MAP", "of CSV: ROLE=COLUMN,… by number or header; roles value type name description from until confidence tlp source" },
		{ "--tlp", "LEVEL", "of lists: who may have the indicators", .complete = OPEN_TLP_WORDS },
		{ "--context", NULL, "of MISP: attributes with to_ids false too" },
		{ "--resume", NULL, "go on where an earlier import of this file was cut off" },
		{ 0 },
	},
	.run = run,
};
