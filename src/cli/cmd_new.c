/* SPDX-License-Identifier: Apache-2.0 */
/* musubi new: objects from a few words, reports from prose. */
#include <stdio.h>
#include <unistd.h>
#include "cli/new_name.h"
#include "cli/open.h"
#include "formats/make.h"
#include "match/match.h"
#include "util/bounds.h"

#define REPORT_ARENA (1u << 30)

/* Options that are a property under another name. */
static const struct {
	const char *option, *property;
} properties[] = {
	{ "--name", "name" },
	{ "--description", "description" },
	{ "--pattern", "pattern" },
	{ "--content", "content" },
	{ "--abstract", "abstract" },
	{ "--label", "labels" },
	{ "--alias", "aliases" },
	{ "--sector", "sectors" },
	{ "--class", "identity_class" },
	{ "--contact", "contact_information" },
	{ "--country", "country" },
	{ "--region", "region" },
	{ "--object", "object_refs" },
	{ "--source", "source_ref" },
	{ "--relation", "relationship_type" },
	{ "--target", "target_ref" },
	{ "--of", "sighting_of_ref" },
	{ "--seen-by", "where_sighted_refs" },
	{ "--count", "count" },
	{ "--first-seen", "first_seen" },
	{ "--last-seen", "last_seen" },
	{ "--valid-from", "valid_from" },
	{ "--valid-until", "valid_until" },
	{ "--opinion", "opinion" },
	{ "--created-by", "created_by_ref" },
	{ "--confidence", "confidence" },
	{ "--lang", "lang" },
};

enum formats_name new_name_of(struct span name)
{
	switch (match_name_of(name)) {
	case MATCH_NAME_SUFFIX: return FORMATS_NAME_SUFFIX;
	case MATCH_NAME_UNKNOWN: return FORMATS_NAME_UNKNOWN;
	default: return FORMATS_NAME_HOST;
	}
}

/* ---- one object ---- */

/* "indicator_types" for an indicator: the word list that a type has. */
static enum err set_kinds(struct cmd_args *a, struct formats_draft *d, const char *type, struct fault *f)
{
	const char *const *v;
	size_t n = cmd_opts(a, "--kind", &v);
	char *property = arena_printf(cmd_arena(a), "%s_types", type);
	enum err e = property ? ERR_OK : ERR_NOMEM;

	for (char *p = property; p && *p; p++)
		*p = *p == '-' ? '_' : *p;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = formats_draft_set(d, property, span_of(v[i]), f);
	return e;
}

static enum err set_tlp(struct cmd_args *a, struct formats_draft *d, struct fault *f)
{
	const char *word = cmd_opt(a, "--tlp");
	enum stix_tlp tlp;

	if (!word)
		return ERR_OK;
	enum err e = open_tlp(word, &tlp, f);
	return e == ERR_OK ? formats_draft_set(d, "object_marking_refs", span_of(stix_tlp_id(tlp)), f) : e;
}

/* "mitre-attack=T1059", "https://…", or "Vendor=https://…" */
static enum err set_references(struct cmd_args *a, struct formats_draft *d, struct fault *f)
{
	const char *const *v;
	size_t n = cmd_opts(a, "--reference", &v);
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		const char *eq = open_is_url(v[i]) ? NULL : strchr(v[i], '='), *rest = eq ? eq + 1 : v[i];
		struct span none = { "", 0 }, source = eq ? (struct span){ v[i], (size_t)(eq - v[i]) } : SPAN("web");
		bool url = open_is_url(rest);
		if (!eq && !url)
			return fault_set(f, ERR_USAGE, "--reference", "\"%s\": write a URL, or SOURCE=ID, as in mitre-attack=T1059", v[i]);
		e = formats_draft_reference(d, source, url ? none : span_of(rest), url ? span_of(rest) : none, f);
	}
	return e;
}

static enum err set_any(struct cmd_args *a, struct formats_draft *d, struct fault *f)
{
	const char *const *v;
	size_t n = cmd_opts(a, "--set", &v);
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		const char *eq = strchr(v[i], '=');
		if (!eq || eq == v[i])
			return fault_set(f, ERR_USAGE, "--set", "\"%s\": write PROPERTY=VALUE", v[i]);
		e = formats_draft_raw(d, (struct span){ v[i], (size_t)(eq - v[i]) }, span_of(eq + 1), f);
	}
	return e;
}

static enum err draft(struct cmd_args *a, const char *type, struct formats_draft *d, struct fault *f)
{
	const char *const *v;
	enum err e = ERR_OK;

	for (size_t k = 0; e == ERR_OK && k < sizeof(properties) / sizeof(properties[0]); k++) {
		size_t n = cmd_opts(a, properties[k].option, &v);
		for (size_t i = 0; e == ERR_OK && i < n; i++)
			e = formats_draft_set(d, properties[k].property, span_of(v[i]), f);
	}
	size_t n = cmd_opts(a, "--value", &v);
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		e = formats_draft_value(d, span_of(v[i]), f);
	if (e == ERR_OK)
		e = set_kinds(a, d, type, f);
	if (e == ERR_OK)
		e = set_tlp(a, d, f);
	if (e == ERR_OK)
		e = set_references(a, d, f);
	return e == ERR_OK ? set_any(a, d, f) : e;
}

static enum err print_bundle(struct cmd_args *a, struct span object, struct fault *f)
{
	enum stix_tlp tlp = STIX_TLP_NONE;
	uint8_t random[16];
	char id[UUID_TEXT];
	const char *word = cmd_opt(a, "--tlp");

	if (word && open_tlp(word, &tlp, f) != ERR_OK)
		return ERR_USAGE;
	random_bytes(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, id);
	struct span marking = stix_tlp_definition(tlp);
	cmd_print("{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n%.*s%s%.*s\n]}\n", id, SPAN_ARG(marking), marking.n ? ",\n" : "", SPAN_ARG(object));
	return ERR_OK;
}

static enum err one_object(struct cmd_args *a, const char *type, struct fault *f)
{
	const struct formats_world w = { timestamp_now(), random_bytes };
	struct stix_findings found = { 0 };
	struct formats_draft *d;
	bool line = cmd_json(a) || cmd_opt(a, "--bundle");
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_OBJECT_BYTES);
	enum err e = formats_draft_new(cmd_arena(a), span_of(type), &d, f);
	if (e == ERR_NOTFOUND)
		return ERR_USAGE;
	if (e == ERR_OK)
		e = draft(a, type, d, f);
	if (e == ERR_OK)
		e = formats_draft_finish(d, &w, line ? 0 : 2, &b, NULL, &found, f);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < found.n; i++)
		cmd_say("musubi new: %s%s%s%s%s", found.v[i].path, *found.v[i].path ? ": " : "", found.v[i].what, found.v[i].hint ? "; " : "", found.v[i].hint ? found.v[i].hint : "");
	if (cmd_opt(a, "--bundle"))
		return print_bundle(a, buf_span(&b), f);
	return open_print_json(&b);
}

/* ---- a report from prose ---- */

static void say_found(const struct formats_found *x)
{
	const char *why = formats_doubt_text(x->doubt);
	bool left = formats_doubt_left(x->doubt);
	char times[32] = "";

	if (x->times > 1)
		snprintf(times, sizeof(times), " (%zu times)", x->times);
	cmd_say("%s %4zu:%-3zu %-6s %.*s%s%s%.*s%s%s%s", left ? "-" : "+", x->line, x->column, formats_sorts[x->sort].name, SPAN_ARG(x->value), times, x->defanged ? "  written " : "",
		x->defanged ? (int)x->text.n : 0, x->text.p, *why ? "  " : "", why, left ? " [left out]" : "");
}

static bool print_found(const struct formats_findings *found)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 30);
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_key(&o, "found");
	json_open(&o, '[');
	for (size_t i = 0; i < found->n; i++) {
		const struct formats_found *x = &found->v[i];
		json_open(&o, '{');
		json_kstr(&o, "kind", formats_sorts[x->sort].name);
		json_kspan(&o, "value", x->value);
		json_kspan(&o, "text", x->text);
		json_kint(&o, "line", (int64_t)x->line);
		json_kint(&o, "column", (int64_t)x->column);
		json_kint(&o, "times", (int64_t)x->times);
		json_kbool(&o, "defanged", x->defanged);
		json_kstr(&o, "doubt", x->doubt == FORMATS_DOUBT_NONE ? NULL : formats_doubt_text(x->doubt));
		json_kbool(&o, "left_out", formats_doubt_left(x->doubt));
		json_close(&o, '}');
	}
	json_close(&o, ']');
	json_close(&o, '}');
	return open_print_json(&b) == ERR_OK;
}

/* On the terminal, whatever standard input is. */
static bool agreed(size_t n)
{
	char line[16] = "";
	FILE *tty = fopen("/dev/tty", "r+e");

	if (!tty)
		return false;
	fprintf(tty, "Make a report of %zu %s? [y/N] ", n, n == 1 ? "finding" : "findings");
	fflush(tty);
	bool yes = fgets(line, sizeof(line), tty) && (line[0] == 'y' || line[0] == 'Y');
	fclose(tty);
	return yes;
}

static enum err common_of(struct cmd_args *a, struct formats_report *r, struct fault *f)
{
	const char *tlp = cmd_opt(a, "--tlp"), *confidence = cmd_opt(a, "--confidence");
	int v = 0;

	*r = (struct formats_report){ .name = span_of(cmd_opt(a, "--name")), .description = span_of(cmd_opt(a, "--description")), .created_by = span_of(cmd_opt(a, "--created-by")), .lang = span_of(cmd_opt(a, "--lang")), .confidence = -1, .all = cmd_opt(a, "--all") != NULL };
	for (const char *p = confidence; p && *p; p++)
		v = *p >= '0' && *p <= '9' && v <= 100 ? v * 10 + (*p - '0') : 101;
	if (confidence && (v > 100 || !*confidence))
		return fault_set(f, ERR_USAGE, "--confidence", "\"%s\": write a number from 0 to 100", confidence);
	if (confidence)
		r->confidence = v;
	return tlp ? open_tlp(tlp, &r->tlp, f) : ERR_OK;
}

static enum err report_found(struct cmd_args *a, struct arena *mem, const char *path, const struct formats_findings *found, struct fault *f)
{
	const struct formats_world w = { timestamp_now(), random_bytes };
	struct formats_report r;
	size_t taken = 0;
	BUF_SCOPE struct buf b;
	enum err e = common_of(a, &r, f);

	buf_init(&b, 1u << 30);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < found->n; i++)
		taken += r.all || !formats_doubt_left(found->v[i].doubt);
	if (!cmd_opt(a, "--yes")) {
		if (cmd_json(a))
			return print_found(found) ? ERR_OK : ERR_NOMEM;
		if (!taken)
			return fault_set(f, ERR_INVALID, path, "there is nothing in it to report%s", found->n ? ": --all takes what was left out" : "");
		if (!agreed(taken))
			return fault_set(f, ERR_USAGE, "", "no report was made: --yes makes it without asking");
	}
	if (!r.name.n)
		r.name = span_of(strcmp(path, "-") == 0 ? "Report" : strrchr(path, '/') ? strrchr(path, '/') + 1
											: path);
	e = formats_report(mem, found, &r, &w, &b, f);
	if (e == ERR_OK)
		cmd_print_span(buf_span(&b));
	return e;
}

static enum err from_text(struct cmd_args *a, const char *path, struct fault *f)
{
	ARENA_SCOPE struct arena *mem = arena_new(REPORT_ARENA);
	struct formats_findings found;
	BUF_SCOPE struct buf text;
	enum err e = open_read(path, BOUND_PROSE_BYTES, &text, f);

	if (e == ERR_OK)
		e = mem ? formats_extract(mem, buf_span(&text), new_name_of, &found, f) : ERR_NOMEM;
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < found.n && !cmd_json(a); i++)
		say_found(&found.v[i]);
	return report_found(a, mem, path, &found, f);
}

static int run(struct cmd_args *a)
{
	const char *type = cmd_arg(a, 0), *text = cmd_opt(a, "--from-text");
	struct fault f = { 0 };

	if (text && strcmp(type, "report") != 0)
		return cmd_usage(a, "--from-text makes a report: musubi new report --from-text FILE");
	enum err e = text ? from_text(a, text, &f) : one_object(a, type, &f);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

#define TYPES \
	"words:indicator malware threat-actor intrusion-set campaign attack-pattern course-of-action tool infrastructure vulnerability incident identity location report grouping note opinion " \
	"observed-data malware-analysis relationship sighting observable ipv4-addr ipv6-addr domain-name url email-addr mac-addr file mutex autonomous-system windows-registry-key user-account " \
	"software directory"

const struct cmd cmd_new = {
	.name = "new",
	.arguments = "TYPE",
	.min_args = 1,
	.max_args = 1,
	.brief = "make a STIX object from a few words, or a report from a text",
	.help = "Prints an object that is valid: what the standard wants besides what you give (id, times, defaults) is filled in, and it is checked before it is printed. TYPE is indicator, "
		"malware, threat-actor, vulnerability, identity, report, note, relationship, sighting and the other types of STIX; `observable` is the observable that --value is.\n\n"
		"  musubi new indicator --value 'evil[.]example' --tlp amber --kind malicious-activity\n"
		"  musubi new relationship --source ID --relation indicates --target ID\n"
		"  musubi new note --content 'Seen again' --object ID\n"
		"  musubi new campaign --name 'Blue rain' --set 'aliases=[\"BR\"]'\n\n"
		"With --from-text the report is made of what a text names: addresses, networks, domains, URLs, e-mail addresses, hashes, CVEs and ATT&CK ids, defanged (hxxp://evil[.]example, "
		"1.2.3[.]4) or not, in any language. It shows what it found and where (line:column), and asks before it makes the bundle. What is marked [left out] is private, a file name, a "
		"source and the like: --all takes it too. With --json and without --yes only what was found is printed: {\"found\":[{\"kind\",\"value\",\"text\",\"line\",\"column\",\"times\",\"defanged\","
		"\"doubt\",\"left_out\"}]}.\n\n"
		"  musubi new report --from-text advisory.txt --name 'Advisory 7' --tlp green --yes | musubi share https://hub.example -",
	.options = (const struct cmd_option[]){
		{ "--value", "V", "what it is about: an address, name, URL, hash, CVE …; several in an indicator: any of them", .many = true },
		{ "--tlp", "LEVEL", "who may have it", .complete = OPEN_TLP_WORDS },
		{ "--name", "NAME", "its name" },
		{ "--description", "TEXT", "what it is" },
		{ "--kind", "WORD", "indicator_types, malware_types, report_types … of the type", .many = true },
		{ "--pattern", "PATTERN", "of an indicator: a pattern in place of a value" },
		{ "--content", "TEXT", "of a note" },
		{ "--abstract", "TEXT", "of a note" },
		{ "--object", "ID", "what a report, note, opinion or grouping is about", .many = true },
		{ "--source", "ID", "of a relationship: from" },
		{ "--relation", "WORD", "of a relationship: indicates, uses, targets … (related-to)" },
		{ "--target", "ID", "of a relationship: to" },
		{ "--of", "ID", "of a sighting: what was seen" },
		{ "--seen-by", "ID", "of a sighting: who saw it", .many = true },
		{ "--count", "N", "of a sighting: how often" },
		{ "--first-seen", "T", "when first" },
		{ "--last-seen", "T", "when last" },
		{ "--valid-from", "T", "of an indicator (now)" },
		{ "--valid-until", "T", "of an indicator" },
		{ "--opinion", "WORD", "of an opinion: strongly-disagree … strongly-agree" },
		{ "--class", "WORD", "of an identity: individual, group, organization …" },
		{ "--contact", "TEXT", "of an identity" },
		{ "--sector", "WORD", "of an identity", .many = true },
		{ "--country", "CC", "of a location" },
		{ "--region", "WORD", "of a location" },
		{ "--alias", "NAME", "other names", .many = true },
		{ "--label", "WORD", "labels", .many = true },
		{ "--reference", "R", "a URL, or SOURCE=ID", .many = true },
		{ "--confidence", "N", "0 to 100" },
		{ "--lang", "TAG", "its language, as in ja" },
		{ "--created-by", "ID", "the identity that answers for it" },
		{ "--set", "P=V", "any other property; V may be JSON", .many = true },
		{ "--bundle", NULL, "print a bundle with the object and its TLP marking" },
		{ "--from-text", "FILE", "make a report of what this text names (- is standard input)", .complete = "file" },
		{ "--all", NULL, "from a text: what is doubtful too" },
		{ "--yes", NULL, "from a text: do not ask" },
		{ 0 },
	},
	.run = run,
	.complete = TYPES,
};
