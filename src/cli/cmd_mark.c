/* SPDX-License-Identifier: Apache-2.0 */
/* musubi mark: adds a TLP and a sharing scope to the objects of a bundle, for people without a STIX editor.
 *
 * Members of an object are copied as they stand; only object_marking_refs is made anew: the TLP that was there gives way, other markings stay. */
#include <stdio.h>
#include "cli/open.h"
#include "stix/bundle.h"
#include "stix/sharing.h"
#include "util/bounds.h"

struct mark {
	struct cmd_args *a;
	struct json_parser *parser, *splitter;
	enum stix_tlp tlp;
	struct stix_sharing scope;
	bool scoped; /* a new marking-definition goes along */
	struct span agreement_mark; /* an agreement's own marking is used as it is; n == 0: none */
	char scope_id[64];
	struct buf out; /* the objects */
	size_t n;
	bool has_definition; /* the TLP definition is in the bundle already */
};

/* ---- the scope, from the options ---- */

static enum err ids(struct cmd_args *a, const char *option, struct span **out, size_t *n, struct fault *f)
{
	const char *const *v;
	struct stix_id id;
	struct fault why = { 0 };

	*n = cmd_opts(a, option, &v);
	if (*n > BOUND_NAMED)
		return fault_set(f, ERR_LIMIT, option, "at most %d may be given", BOUND_NAMED);
	*out = arena_array(cmd_arena(a), *n + 1, sizeof(**out));
	for (size_t i = 0; *out && i < *n; i++) {
		(*out)[i] = span_of(v[i]);
		if (stix_id_parse((*out)[i], &id, &why) != ERR_OK)
			return fault_set(f, ERR_USAGE, v[i], "not an id such as identity--8b2f…: %s", why.what);
	}
	return *out ? ERR_OK : ERR_NOMEM;
}

static enum err countries(struct cmd_args *a, struct stix_sharing *s, struct fault *f)
{
	const char *const *v;
	size_t given = cmd_opts(a, "--countries", &v);

	s->countries = arena_array(cmd_arena(a), BOUND_NAMED, sizeof(*s->countries));
	if (!s->countries)
		return ERR_NOMEM;
	for (size_t i = 0; i < given; i++)
		for (const char *p = v[i]; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
			struct span cc = { p, strcspn(p, ",") };
			if (cc.n != 2 || cc.p[0] < 'A' || cc.p[0] > 'Z' || cc.p[1] < 'A' || cc.p[1] > 'Z')
				return fault_set(f, ERR_USAGE, "--countries", "\"%.*s\" is no country code: two capitals, as in --countries JP,TH", SPAN_ARG(cc));
			if (s->n_countries == BOUND_NAMED)
				return fault_set(f, ERR_LIMIT, "--countries", "at most %d may be given", BOUND_NAMED);
			s->countries[s->n_countries++] = cc;
		}
	return ERR_OK;
}

static enum err read_scope(struct cmd_args *a, struct mark *m, struct fault *f)
{
	struct stix_sharing *s = &m->scope;
	const char *not_before = cmd_opt(a, "--not-before"), *personal = cmd_opt(a, "--personal-data");
	struct span *agreement;
	size_t n_agreement;
	enum err e = open_tlp(cmd_opt(a, "--tlp"), &m->tlp, f);

	if (e == ERR_OK)
		e = ids(a, "--agreement", &agreement, &n_agreement, f);
	if (e == ERR_OK)
		e = ids(a, "--named", &s->named, &s->n_named, f);
	if (e == ERR_OK)
		e = countries(a, s, f);
	if (e == ERR_OK && not_before) {
		e = open_time(not_before, &s->not_before, f);
		s->has_not_before = true;
	}
	if (e == ERR_OK && personal) {
		s->personal = strcmp(personal, "removed") == 0 ? STIX_PERSONAL_REMOVED : strcmp(personal, "present") == 0 ? STIX_PERSONAL_PRESENT
															  : STIX_PERSONAL_UNSAID;
		if (s->personal == STIX_PERSONAL_UNSAID)
			e = fault_set(f, ERR_USAGE, "--personal-data", "\"%s\" is not known: removed or present", personal);
	}
	if (e != ERR_OK)
		return e;
	if (n_agreement && stix_id_is(agreement[0], "marking-definition"))
		m->agreement_mark = agreement[0];
	else if (n_agreement)
		s->agreement = agreement[0];
	m->scoped = s->agreement.n || s->n_named || s->n_countries || s->has_not_before || personal;
	if (m->tlp == STIX_TLP_CLEAR && (s->n_named || s->n_countries))
		return fault_set(f, ERR_USAGE, "--tlp", "TLP:CLEAR is for everyone: it goes with neither --named nor --countries");
	return ERR_OK;
}

/* ---- objects ---- */

static enum err copy_member(void *ctx, struct span key, struct span raw)
{
	struct json_out *o = ctx;

	if (span_is(key, "object_marking_refs"))
		return ERR_OK;
	json_key_span(o, key);
	json_put_raw(o, raw);
	return ERR_OK;
}

static void put_marks(struct mark *m, struct json_out *o, struct json object)
{
	json_key(o, "object_marking_refs");
	json_open(o, '[');
	json_put_str(o, stix_tlp_id(m->tlp));
	if (m->agreement_mark.n)
		json_put_string(o, m->agreement_mark);
	if (m->scoped)
		json_put_str(o, m->scope_id);
	for (struct json_iter it = json_iter(json_get(object, "object_marking_refs")); json_next(&it);) {
		struct span id = json_string_or_none(it.value);
		if (id.n && stix_tlp_of_id(id) == STIX_TLP_NONE && !span_eq(id, m->agreement_mark))
			json_put_string(o, id);
	}
	json_close(o, ']');
}

static enum err mark_object(void *ctx, size_t index, struct span raw)
{
	struct mark *m = ctx;
	struct json v;
	enum err e = json_parse(m->parser, raw, true, &v, NULL);

	if (e != ERR_OK)
		return e;
	struct span id = json_string_or_none(json_get(v, "id"));
	if (m->n++)
		buf_adds(&m->out, ",\n");
	m->has_definition |= span_is(id, stix_tlp_id(m->tlp));
	if (stix_tlp_of_id(id) != STIX_TLP_NONE) { /* a TLP definition is for everyone */
		buf_addspan(&m->out, raw);
		return ERR_OK;
	}
	struct json_out o = json_out(&m->out);
	const struct json_split split = { .member = copy_member, .ctx = &o };
	json_open(&o, '{');
	e = json_split(m->splitter, raw, &split, NULL);
	put_marks(m, &o, v);
	json_close(&o, '}');
	return e;
}

/* ---- the bundle ---- */

/* The scope's definition carries the same TLP, so that it goes exactly where the objects go. */
static enum err put_scope(struct mark *m)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1u << 20);
	struct json_out o = json_out(&b);
	stix_sharing_write(&o, span_of(m->scope_id), span_of(cmd_opt(m->a, "--creator")), open_now(NULL), &m->scope);
	if (!buf_ok(&b))
		return ERR_NOMEM;
	cmd_print_span((struct span){ b.p, b.n - 1 }); /* without its last brace */
	cmd_print(",\"object_marking_refs\":[\"%s\"]},\n", stix_tlp_id(m->tlp));
	return ERR_OK;
}

static void new_id(const char *type, char out[static 64])
{
	uint8_t random[16];
	char text[UUID_TEXT];

	random_bytes(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, text);
	snprintf(out, 64, "%s--%s", type, text);
}

static enum err print_bundle(struct mark *m)
{
	char id[64];
	enum err e = ERR_OK;

	if (!buf_ok(&m->out))
		return ERR_NOMEM;
	new_id("bundle", id);
	cmd_print("{\"type\":\"bundle\",\"id\":\"%s\",\"objects\":[\n", id);
	if (!m->has_definition) {
		cmd_print_span(stix_tlp_definition(m->tlp));
		cmd_print(",\n");
	}
	if (m->scoped)
		e = put_scope(m);
	cmd_print_span(buf_span(&m->out));
	cmd_print("\n]}\n");
	return e;
}

static enum err mark_file(struct cmd_args *a, struct mark *m, struct fault *f)
{
	enum stix_container kind;
	BUF_SCOPE struct buf text;
	enum err e = open_read(cmd_arg(a, 0), BOUND_ENVELOPE_BYTES, &text, f);

	if (e == ERR_OK)
		e = read_scope(a, m, f);
	if (e != ERR_OK)
		return e;
	new_id("marking-definition", m->scope_id);
	buf_init(&m->out, 4u * BOUND_ENVELOPE_BYTES);
	struct json_parser *outer = json_parser_new(BOUND_ENVELOPE_BYTES + BUF_SLACK);
	e = outer ? stix_each(outer, buf_span(&text), &kind, mark_object, m, f) : ERR_NOMEM;
	json_parser_free(outer);
	if (e == ERR_OK && m->n == 0)
		e = fault_set(f, ERR_INVALID, cmd_arg(a, 0), "there are no objects in it to mark");
	if (e == ERR_OK)
		e = print_bundle(m);
	buf_release(&m->out);
	return e;
}

static int run(struct cmd_args *a)
{
	struct mark m = { .a = a, .parser = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK), .splitter = json_parser_new(BOUND_OBJECT_BYTES + BUF_SLACK) };
	struct fault f = { 0 };
	enum err e = m.parser && m.splitter ? mark_file(a, &m, &f) : ERR_NOMEM;

	json_parser_free(m.parser);
	json_parser_free(m.splitter);
	return e == ERR_OK ? 0 : cmd_fail(a, e, &f);
}

const struct cmd cmd_mark = {
	.name = "mark",
	.arguments = "FILE",
	.min_args = 1,
	.max_args = 1,
	.brief = "add a TLP and a sharing scope to the objects of a bundle",
	.help = "Prints a bundle in which every object carries the TLP and, where more is asked, a marking-definition with the sharing scope, which goes along. A TLP that was there "
		"gives way, other markings stay. Mark before you submit: an object that was published already needs a newer `modified` for another marking.\n\n"
		"  musubi mark report.json --tlp amber --agreement ID | musubi share - --hub URL --token TOKEN\n"
		"  musubi mark note.json --tlp red --named identity--ID",
	.options = (const struct cmd_option[]){
		{ "--tlp", "LEVEL", "clear, green, amber, amber+strict or red", .required = true, .complete = OPEN_TLP_WORDS },
		{ "--agreement", "ID", "the agreement it is shared under (its id, or its marking's)", .complete = "agreement" },
		{ "--named", "ID", "an organisation or person that alone may have it", .many = true, .complete = "member" },
		{ "--countries", "CC", "countries it may go to: JP,TH", .many = true },
		{ "--not-before", "T", "embargo: nobody else has it before this time" },
		{ "--personal-data", "WORD", "`removed` states that personal data was removed, `present` that there is some", .complete = "words:removed present" },
		{ "--creator", "ID", "created_by_ref of the new marking-definition" },
		{ 0 },
	},
	.run = run,
};
