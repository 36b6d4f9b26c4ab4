/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts of objects: a row a type says what a value means to it and what is filled in. */
#include "formats/make.h"
#include <stdio.h>
#include "formats/formats_priv.h"
#include "util/bounds.h"

enum { PROPERTIES = 64 };
enum value_use { NO_VALUE,
	AS_PATTERN,
	AS_PROPERTY, /* .property, in the normal form of .sort */
	AS_NAME, /* name, with a reference to the catalogue that .sort belongs to */
	AS_FILE, /* a hash, or else a name */
	AS_ANY /* the observable that it is */
};
enum form { TEXT,
	NUMBER,
	TIME,
	FLAG,
	TEXTS };

static const struct recipe {
	const char *type;
	bool observable;
	enum value_use use;
	const char *property;
	enum formats_sort sort;
	const char *defaults[4][2]; /* property, JSON; "now": the time */
} recipes[] = {
	{ "indicator", false, AS_PATTERN, NULL, 0, { { "pattern_type", "\"stix\"" }, { "valid_from", "now" } } },
	{ "malware", false, AS_NAME, NULL, FORMATS_SORTS, { { "is_family", "false" } } },
	{ "threat-actor", false, AS_NAME, NULL, FORMATS_SORTS, { { NULL } } },
	{ "intrusion-set", false, AS_NAME, NULL, FORMATS_ATTACK, { { NULL } } },
	{ "campaign", false, AS_NAME, NULL, FORMATS_ATTACK, { { NULL } } },
	{ "attack-pattern", false, AS_NAME, NULL, FORMATS_ATTACK, { { NULL } } },
	{ "course-of-action", false, AS_NAME, NULL, FORMATS_ATTACK, { { NULL } } },
	{ "tool", false, AS_NAME, NULL, FORMATS_SORTS, { { NULL } } },
	{ "infrastructure", false, AS_NAME, NULL, FORMATS_SORTS, { { NULL } } },
	{ "vulnerability", false, AS_NAME, NULL, FORMATS_CVE, { { NULL } } },
	{ "incident", false, AS_NAME, NULL, FORMATS_SORTS, { { NULL } } },
	{ "identity", false, AS_NAME, NULL, FORMATS_SORTS, { { "identity_class", "\"organization\"" } } },
	{ "location", false, AS_NAME, NULL, FORMATS_SORTS, { { NULL } } },
	{ "report", false, NO_VALUE, NULL, 0, { { "published", "now" } } },
	{ "grouping", false, NO_VALUE, NULL, 0, { { "context", "\"suspicious-activity\"" } } },
	{ "note", false, NO_VALUE, NULL, 0, { { NULL } } },
	{ "opinion", false, NO_VALUE, NULL, 0, { { NULL } } },
	{ "observed-data", false, NO_VALUE, NULL, 0, { { "first_observed", "now" }, { "last_observed", "now" }, { "number_observed", "1" } } },
	{ "malware-analysis", false, NO_VALUE, NULL, 0, { { NULL } } },
	{ "relationship", false, NO_VALUE, NULL, 0, { { "relationship_type", "\"related-to\"" } } },
	{ "sighting", false, NO_VALUE, NULL, 0, { { NULL } } },
	{ "observable", true, AS_ANY, NULL, 0, { { NULL } } },
	{ "ipv4-addr", true, AS_PROPERTY, "value", FORMATS_IPV4, { { NULL } } },
	{ "ipv6-addr", true, AS_PROPERTY, "value", FORMATS_IPV6, { { NULL } } },
	{ "domain-name", true, AS_PROPERTY, "value", FORMATS_DOMAIN, { { NULL } } },
	{ "url", true, AS_PROPERTY, "value", FORMATS_URL, { { NULL } } },
	{ "email-addr", true, AS_PROPERTY, "value", FORMATS_EMAIL, { { NULL } } },
	{ "mac-addr", true, AS_PROPERTY, "value", FORMATS_MAC, { { NULL } } },
	{ "file", true, AS_FILE, NULL, 0, { { NULL } } },
	{ "mutex", true, AS_PROPERTY, "name", FORMATS_SORTS, { { NULL } } },
	{ "autonomous-system", true, AS_PROPERTY, "number", FORMATS_ASN, { { NULL } } },
	{ "windows-registry-key", true, AS_PROPERTY, "key", FORMATS_SORTS, { { NULL } } },
	{ "user-account", true, AS_PROPERTY, "account_login", FORMATS_SORTS, { { NULL } } },
	{ "software", true, AS_PROPERTY, "name", FORMATS_SORTS, { { NULL } } },
	{ "directory", true, AS_PROPERTY, "path", FORMATS_SORTS, { { NULL } } },
};
#define RECIPES (sizeof(recipes) / sizeof(recipes[0]))

/* What is not a single text. */
static const struct {
	const char *property;
	enum form form;
} forms[] = {
	{ "labels", TEXTS },
	{ "aliases", TEXTS },
	{ "sectors", TEXTS },
	{ "roles", TEXTS },
	{ "goals", TEXTS },
	{ "authors", TEXTS },
	{ "object_refs", TEXTS },
	{ "where_sighted_refs", TEXTS },
	{ "observed_data_refs", TEXTS },
	{ "object_marking_refs", TEXTS },
	{ "indicator_types", TEXTS },
	{ "malware_types", TEXTS },
	{ "report_types", TEXTS },
	{ "threat_actor_types", TEXTS },
	{ "infrastructure_types", TEXTS },
	{ "tool_types", TEXTS },
	{ "note_types", TEXTS },
	{ "confidence", NUMBER },
	{ "count", NUMBER },
	{ "number", NUMBER },
	{ "number_observed", NUMBER },
	{ "latitude", NUMBER },
	{ "longitude", NUMBER },
	{ "is_family", FLAG },
	{ "revoked", FLAG },
	{ "valid_from", TIME },
	{ "valid_until", TIME },
	{ "first_seen", TIME },
	{ "last_seen", TIME },
	{ "first_observed", TIME },
	{ "last_observed", TIME },
	{ "published", TIME },
	{ "start_time", TIME },
	{ "stop_time", TIME },
};

struct property {
	struct span key, *item;
	size_t n, room;
	enum form form;
	bool raw; /* item[0] is JSON */
};
struct formats_draft {
	struct arena *a;
	const struct recipe *recipe;
	const char *type;
	struct property property[PROPERTIES];
	size_t n;
	struct span references; /* JSON objects, joined by commas */
	struct span id; /* n == 0: to be made */
};

const char *formats_type_at(size_t i)
{
	return i < RECIPES ? recipes[i].type : NULL;
}

static const struct recipe *recipe_of(struct span type)
{
	for (size_t i = 0; i < RECIPES; i++) {
		if (span_is(type, recipes[i].type))
			return &recipes[i];
	}
	return NULL;
}

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_NOMEM, "", "out of memory while making an object");
}

enum err formats_draft_new(struct arena *a, struct span type, struct formats_draft **out, struct fault *f)
{
	const struct recipe *r = recipe_of(type);
	struct formats_draft *d = ARENA_NEW(a, struct formats_draft);

	if (!r)
		return fault_set(f, ERR_NOTFOUND, "", "\"%.*s\" is no type that can be made: indicator, malware, threat-actor, vulnerability, identity, report, note, relationship, sighting, observable …", SPAN_ARG(type));
	if (!d)
		return no_memory(f);
	d->a = a;
	d->recipe = r;
	d->type = r->type;
	*out = d;
	return ERR_OK;
}

/* ---- properties ---- */

static struct property *property_of(struct formats_draft *d, struct span key)
{
	for (size_t i = 0; i < d->n; i++) {
		if (span_eq(d->property[i].key, key))
			return &d->property[i];
	}
	return NULL;
}

static struct property *property_new(struct formats_draft *d, struct span key, struct fault *f)
{
	struct property *p = property_of(d, key);

	if (p)
		return p;
	if (d->n == PROPERTIES) {
		fault_set(f, ERR_LIMIT, "", "more than %d properties", PROPERTIES);
		return NULL;
	}
	p = &d->property[d->n++];
	*p = (struct property){ .key = arena_span(d->a, key) };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (span_is(key, forms[i].property))
			p->form = forms[i].form;
	}
	return p;
}

static bool add_item(struct formats_draft *d, struct property *p, struct span text)
{
	if (p->form != TEXTS)
		p->n = 0;
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 4;
		struct span *v = arena_array(d->a, room, sizeof(*v));
		if (!v)
			return false;
		if (p->n)
			memcpy(v, p->item, p->n * sizeof(*v));
		p->item = v;
		p->room = room;
	}
	p->item[p->n] = arena_span(d->a, text);
	return p->item[p->n++].p != NULL;
}

/* A time with milliseconds, as objects want it. */
static struct span time_text(struct arena *a, struct timestamp t)
{
	char text[TIMESTAMP_TEXT];

	timestamp_format(t, text);
	return span_of(arena_printf(a, "%.23sZ", text));
}

enum err formats_draft_set(struct formats_draft *d, const char *property, struct span text, struct fault *f)
{
	struct property *p = property_new(d, span_of(property), f);
	struct timestamp t;

	if (!p)
		return ERR_LIMIT;
	p->raw = false;
	if (p->form == TIME) {
		int64_t ns;
		if (!formats_time(text, &t))
			return fault_set(f, ERR_INVALID, property, "\"%.*s\" is no time: write 2026-01-31 or 2026-01-31T09:00:00Z", SPAN_ARG(text));
		if (timestamp_parse_ns(text, &ns, NULL) != ERR_OK) /* what was written to the letter stays so */
			text = time_text(d->a, t);
	}
	if (p->form == NUMBER || p->form == FLAG)
		return formats_draft_raw(d, p->key, text, f);
	return add_item(d, p, text) ? ERR_OK : no_memory(f);
}

enum err formats_draft_raw(struct formats_draft *d, struct span property, struct span json, struct fault *f)
{
	struct property *p = property_new(d, property, f);
	struct json v;

	if (!p)
		return ERR_LIMIT;
	enum form form = p->form;
	enum err e = json_read(d->a, json, &v, NULL);
	if (e == ERR_NOMEM)
		return no_memory(f);
	p->raw = e == ERR_OK;
	p->n = 0;
	p->form = TEXT;
	bool good = add_item(d, p, json);
	p->form = form == TEXTS ? TEXTS : TEXT;
	return good ? ERR_OK : no_memory(f);
}

enum err formats_draft_reference(struct formats_draft *d, struct span source, struct span id, struct span url, struct fault *f)
{
	BUF_SCOPE struct buf b;

	buf_init(&b, 1 << 20);
	if (d->references.n)
		buf_addf(&b, "%.*s,", SPAN_ARG(d->references));
	struct json_out o = json_out(&b);
	json_open(&o, '{');
	json_kspan(&o, "source_name", source);
	if (url.n)
		json_kspan(&o, "url", url);
	if (id.n)
		json_kspan(&o, "external_id", id);
	json_close(&o, '}');
	d->references = buf_ok(&b) ? arena_span(d->a, buf_span(&b)) : (struct span){ NULL, 0 };
	return d->references.p ? ERR_OK : no_memory(f);
}

/* ---- values ---- */

static enum err no_such_value(struct fault *f, struct span value, const char *what)
{
	return fault_set(f, ERR_INVALID, "value", "\"%.*s\" is no %s", (int)(value.n < 100 ? value.n : 100), value.p, what);
}

static enum err set_pattern(struct formats_draft *d, enum formats_sort sort, struct span normal, struct fault *f)
{
	struct span pattern = SPAN("pattern"), name = SPAN("name");
	struct property *p = property_of(d, pattern);
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_PATTERN_BYTES);
	if (p && p->n) /* several values: any of them */
		buf_addf(&b, "%.*s OR ", SPAN_ARG(p->item[0]));
	formats_pattern(&b, sort, normal);
	if (!buf_ok(&b))
		return fault_set(f, ERR_LIMIT, "value", "too many values for one pattern: make an indicator of each");
	if (!property_of(d, name)) {
		enum err e = formats_draft_set(d, "name", normal, f);
		if (e != ERR_OK)
			return e;
	}
	return formats_draft_set(d, "pattern", buf_span(&b), f);
}

/* Where catalogues keep what has a number. */
static enum err refer(struct formats_draft *d, enum formats_sort sort, struct span id, struct fault *f)
{
	static const struct {
		const char *starts, *url;
	} pages[] = { { "TA", "tactics" }, { "T", "techniques" }, { "S", "software" }, { "G", "groups" }, { "M", "mitigations" }, { "C", "campaigns" }, { "DS", "datasources" } };
	struct span none = { "", 0 };

	if (sort == FORMATS_CVE)
		return formats_draft_reference(d, SPAN("cve"), id, none, f);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!span_starts(id, span_of(pages[i].starts)))
			continue;
		char *url = arena_printf(d->a, "https://attack.mitre.org/%s/%.*s", pages[i].url, SPAN_ARG(id)), *dot = url ? memchr(url + 25, '.', strlen(url + 25)) : NULL;
		if (dot)
			*dot = '/';
		return url ? formats_draft_reference(d, SPAN("mitre-attack"), id, span_of(url), f) : no_memory(f);
	}
	return ERR_OK;
}

static enum err set_file(struct formats_draft *d, struct span value, struct fault *f)
{
	static const char *const algorithms[] = { [FORMATS_MD5] = "MD5", [FORMATS_SHA1] = "SHA-1", [FORMATS_SHA256] = "SHA-256", [FORMATS_SHA512] = "SHA-512" };
	struct span hashes = SPAN("hashes"), normal;
	enum formats_sort sort = formats_classify(d->a, value, &normal);
	struct property *p = property_of(d, hashes);

	if (sort < FORMATS_MD5 || sort > FORMATS_SHA512)
		return formats_draft_set(d, "name", value, f);
	const char *had = p && p->n ? arena_str(d->a, (struct span){ p->item[0].p + 1, p->item[0].n - 2 }) : NULL;
	char *json = arena_printf(d->a, "{%s%s\"%s\":\"%.*s\"}", had ? had : "", had ? "," : "", algorithms[sort], SPAN_ARG(normal));
	return json ? formats_draft_raw(d, hashes, span_of(json), f) : no_memory(f);
}

static enum err set_any(struct formats_draft *d, struct span value, struct fault *f)
{
	struct span normal;
	enum formats_sort sort = formats_classify(d->a, value, &normal);
	const char *type = sort < FORMATS_SORTS ? formats_sorts[sort].observable : NULL;

	if (!type)
		return no_such_value(f, value, "value that tells what it is: name the type, as in `musubi new mutex --value NAME`");
	d->recipe = recipe_of(span_of(type));
	d->type = type;
	return d->recipe ? formats_draft_value(d, value, f) : ERR_INTERNAL;
}

enum err formats_draft_value(struct formats_draft *d, struct span value, struct fault *f)
{
	const struct recipe *r = d->recipe;
	struct span normal;
	enum formats_sort sort;

	switch (r->use) {
	case NO_VALUE: return fault_set(f, ERR_USAGE, "value", "a %s is not about one value", r->type);
	case AS_FILE: return set_file(d, value, f);
	case AS_ANY: return set_any(d, value, f);
	case AS_PATTERN:
		sort = formats_classify(d->a, value, &normal);
		if (sort == FORMATS_SORTS || !formats_sorts[sort].path)
			return no_such_value(f, value, "address, domain, URL, e-mail address, hash or other value to look for: give --pattern");
		return set_pattern(d, sort, normal, f);
	case AS_PROPERTY:
		normal = r->sort == FORMATS_SORTS ? value : formats_normal(d->a, r->sort, formats_refang(d->a, value));
		if (!normal.n)
			return no_such_value(f, value, r->type);
		return formats_draft_set(d, r->property, normal, f);
	case AS_NAME: {
		struct span id = r->sort == FORMATS_SORTS ? (struct span){ NULL, 0 } : formats_normal(d->a, r->sort, value);
		enum err e = id.n ? refer(d, r->sort, id, f) : ERR_OK;
		return e == ERR_OK ? formats_draft_set(d, "name", id.n ? id : value, f) : e;
	}
	}
	return ERR_INTERNAL;
}

/* ---- writing ---- */

static void put_property(struct json_out *o, const struct property *p)
{
	json_key_span(o, p->key);
	if (p->raw) {
		json_put_raw(o, p->item[0]);
		return;
	}
	if (p->form == TEXTS)
		json_open(o, '[');
	for (size_t i = 0; i < p->n; i++)
		json_put_string(o, p->item[i]);
	if (p->form == TEXTS)
		json_close(o, ']');
}

static void put_object(struct json_out *o, const struct formats_draft *d, struct span id, struct span now)
{
	const struct span creator = SPAN("created_by_ref"), markings = SPAN("object_marking_refs");

	json_open(o, '{');
	json_kstr(o, "type", d->type);
	json_kstr(o, "spec_version", "2.1");
	if (id.n)
		json_kspan(o, "id", id);
	for (size_t i = 0; i < d->n; i++) {
		if (span_eq(d->property[i].key, creator))
			put_property(o, &d->property[i]);
	}
	if (!d->recipe->observable) {
		json_kspan(o, "created", now);
		json_kspan(o, "modified", now);
	}
	for (size_t i = 0; i < d->n; i++) {
		if (!span_eq(d->property[i].key, creator) && !span_eq(d->property[i].key, markings))
			put_property(o, &d->property[i]);
	}
	if (d->references.n) {
		json_key(o, "external_references");
		json_open(o, '[');
		json_put_raw(o, d->references);
		json_close(o, ']');
	}
	for (size_t i = 0; i < d->n; i++) {
		if (span_eq(d->property[i].key, markings))
			put_property(o, &d->property[i]);
	}
	json_close(o, '}');
}

static enum err fill_in(struct formats_draft *d, struct span now, struct fault *f)
{
	for (size_t i = 0; i < 4 && d->recipe->defaults[i][0]; i++) {
		struct span key = span_of(d->recipe->defaults[i][0]), value = span_of(d->recipe->defaults[i][1]);
		enum err e = ERR_OK;
		if (!property_of(d, key))
			e = span_is(value, "now") ? formats_draft_set(d, key.p, now, f) : formats_draft_raw(d, key, value, f);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* A random id, or the one that the observable's properties make. */
static enum err id_of(struct formats_draft *d, const struct formats_world *w, struct span now, struct span *id, struct fault *f)
{
	uint8_t random[16];
	char text[UUID_TEXT];
	struct json v;
	BUF_SCOPE struct buf b;

	buf_init(&b, BOUND_OBJECT_BYTES);
	if (d->id.n) {
		*id = d->id;
		return ERR_OK;
	}
	if (d->recipe->observable) {
		struct json_out o = json_out(&b);
		put_object(&o, d, (struct span){ NULL, 0 }, now);
		enum err e = buf_ok(&b) ? json_read(d->a, buf_span(&b), &v, f) : buf_err(&b);
		if (e != ERR_OK)
			return e;
		if (stix_observable_id(d->a, v, id))
			return ERR_OK;
	}
	w->random(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, text);
	*id = span_of(arena_printf(d->a, "%s--%s", d->type, text));
	return id->p ? ERR_OK : no_memory(f);
}

/* Errors, and names of properties that the type does not have. */
static enum err judge(struct formats_draft *d, struct span text, struct stix_findings *found, struct fault *f)
{
	struct json v;
	enum err e = json_read(d->a, text, &v, f);

	if (e != ERR_OK)
		return e;
	if (!stix_validate(d->a, v, found))
		return no_memory(f);
	e = stix_findings_fault(found, f);
	for (size_t i = 0; e == ERR_OK && i < found->n; i++) {
		if (strcmp(found->v[i].code, "unknown-property") == 0)
			e = fault_set(f, ERR_INVALID, found->v[i].path, "%s has no such property%s%s", d->type, found->v[i].hint ? ": " : "", found->v[i].hint ? found->v[i].hint : "");
	}
	return e;
}

enum err formats_draft_finish(struct formats_draft *d, const struct formats_world *w, unsigned indent, struct buf *out, struct span *id, struct stix_findings *found, struct fault *f)
{
	struct stix_findings own = { 0 };
	struct span now = time_text(d->a, w->now), own_id;
	size_t before = out->n;

	if (!now.p)
		return no_memory(f);
	enum err e = fill_in(d, now, f);
	if (e == ERR_OK)
		e = id_of(d, w, now, &own_id, f);
	if (e != ERR_OK)
		return e;
	struct json_out o = json_out(out);
	o.indent = indent;
	put_object(&o, d, own_id, now);
	if (!buf_ok(out))
		return buf_err(out);
	e = judge(d, formats_from(buf_span(out), before), found ? found : &own, f);
	if (e == ERR_OK && id)
		*id = own_id;
	return e;
}

/* ---- sets ---- */

static enum err say_common(struct formats_draft *d, const struct formats_report *r, struct fault *f)
{
	const char *tlp = stix_tlp_id(r->tlp);
	enum err e = ERR_OK;

	if (r->created_by.n)
		e = formats_draft_set(d, "created_by_ref", r->created_by, f);
	if (e == ERR_OK && r->lang.n && !d->recipe->observable)
		e = formats_draft_set(d, "lang", r->lang, f);
	if (e == ERR_OK && r->confidence >= 0) {
		char text[8];
		snprintf(text, sizeof(text), "%d", r->confidence);
		e = formats_draft_raw(d, SPAN("confidence"), span_of(text), f);
	}
	if (e == ERR_OK && tlp)
		e = formats_draft_set(d, "object_marking_refs", span_of(tlp), f);
	return e;
}

static const char *type_for(const struct formats_found *x)
{
	static const struct {
		char letter;
		const char *type;
	} catalogue[] = { { 'T', "attack-pattern" }, { 'G', "intrusion-set" }, { 'M', "course-of-action" }, { 'C', "campaign" } };

	if (x->sort == FORMATS_CVE)
		return "vulnerability";
	if (x->sort != FORMATS_ATTACK)
		return "indicator";
	for (size_t i = 0; i < 4; i++) {
		if (x->value.p[0] == catalogue[i].letter && formats_digit(x->value.p[1]))
			return catalogue[i].type;
	}
	return NULL; /* tactics, software (malware or tool?), data sources: the report refers to them by number */
}

static enum err report_object(struct formats_draft *report, const struct formats_found *x, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct fault *f)
{
	const char *type = type_for(x);
	struct formats_draft *d;
	struct span id;

	if (!type)
		return refer(report, x->sort, x->value, f);
	enum err e = formats_draft_new(report->a, span_of(type), &d, f);
	if (e == ERR_OK)
		e = x->sort < FORMATS_CVE ? set_pattern(d, x->sort, x->value, f) : formats_draft_value(d, x->value, f);
	if (e == ERR_OK && x->sort < FORMATS_CVE)
		e = formats_draft_set(d, "indicator_types", SPAN("malicious-activity"), f);
	if (e == ERR_OK)
		e = say_common(d, r, f);
	if (e == ERR_OK)
		e = formats_draft_finish(d, w, 0, out, &id, NULL, f);
	buf_adds(out, ",\n");
	return e == ERR_OK ? formats_draft_set(report, "object_refs", id, f) : e;
}

static enum err write_report(struct formats_draft *d, const struct formats_findings *found, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct fault *f)
{
	struct span refs = SPAN("object_refs");
	enum err e = formats_draft_set(d, "name", r->name, f);

	if (e == ERR_OK && r->description.n)
		e = formats_draft_set(d, "description", r->description, f);
	if (e == ERR_OK)
		e = say_common(d, r, f);
	for (size_t i = 0; e == ERR_OK && i < found->n; i++) {
		if (r->all || !formats_doubt_left(found->v[i].doubt))
			e = report_object(d, &found->v[i], r, w, out, f);
	}
	if (e == ERR_OK && !property_of(d, refs))
		return fault_set(f, ERR_INVALID, "", "nothing was found to report");
	return e == ERR_OK ? formats_draft_finish(d, w, 0, out, NULL, NULL, f) : e;
}

enum err formats_report(struct arena *a, const struct formats_findings *found, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct fault *f)
{
	struct span marking = stix_tlp_definition(r->tlp);
	struct formats_draft *d;
	uint8_t random[16];
	char id[UUID_TEXT];

	w->random(random, sizeof(random));
	struct uuid u = uuid_v4(random);
	uuid_format(&u, id);
	buf_addf(out, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n", id);
	if (marking.n)
		buf_addf(out, "%.*s,\n", SPAN_ARG(marking));
	enum err e = formats_draft_new(a, SPAN("report"), &d, f);
	if (e == ERR_OK)
		e = write_report(d, found, r, w, out, f);
	buf_adds(out, "\n]}\n");
	return e == ERR_OK && !buf_ok(out) ? buf_err(out) : e;
}

/* The random bits of a version 4 UUID, drawn from who says it and what: not version 5, which the standard keeps for observables. */
static struct span list_id(struct arena *a, struct span created_by, struct span pattern)
{
	static const struct uuid lists = { { 0x5b, 0x1c, 0x0e, 0x5a, 0x3f, 0x64, 0x4f, 0x0b, 0x9d, 0x2e, 0x70, 0xc6, 0x8a, 0x41, 0xd3, 0x97 } };
	char *name = arena_printf(a, "%.*s\n%.*s", SPAN_ARG(created_by), SPAN_ARG(pattern)), text[UUID_TEXT];

	if (!name)
		return (struct span){ NULL, 0 };
	struct uuid u = uuid_v5(&lists, span_of(name));
	u = uuid_v4(u.b);
	uuid_format(&u, text);
	return span_of(arena_printf(a, "indicator--%s", text));
}

static enum err say_entry(struct formats_draft *d, const struct formats_indicator *i, struct fault *f)
{
	enum err e = formats_draft_set(d, "name", i->name.n ? i->name : i->value, f);

	if (e == ERR_OK && i->description.n)
		e = formats_draft_set(d, "description", i->description, f);
	if (e == ERR_OK && formats_sorts[i->sort].path)
		e = set_pattern(d, i->sort, i->value, f);
	if (e == ERR_OK)
		e = formats_draft_set(d, "indicator_types", SPAN("malicious-activity"), f);
	if (e == ERR_OK && i->has_from)
		e = formats_draft_set(d, "valid_from", time_text(d->a, i->from), f);
	if (e == ERR_OK && i->has_until && (!i->has_from || i->until.us > i->from.us))
		e = formats_draft_set(d, "valid_until", time_text(d->a, i->until), f);
	return e;
}

enum err formats_make_indicator(struct arena *a, const struct formats_indicator *i, const struct formats_report *r, const struct formats_world *w, struct buf *out, struct span *id,
	struct fault *f)
{
	struct formats_report common = *r;
	struct formats_draft *d;
	enum err e = formats_draft_new(a, SPAN("indicator"), &d, f);

	common.tlp = i->tlp > r->tlp ? i->tlp : r->tlp; /* what its producer said may be stricter, never looser */
	common.confidence = i->confidence >= 0 ? i->confidence : r->confidence;
	if (e == ERR_OK)
		e = say_entry(d, i, f);
	if (e == ERR_OK)
		e = say_common(d, &common, f);
	struct property *pattern = e == ERR_OK ? property_of(d, SPAN("pattern")) : NULL;
	if (pattern)
		d->id = list_id(a, r->created_by, pattern->item[0]);
	return e == ERR_OK ? formats_draft_finish(d, w, 0, out, id, NULL, f) : e;
}
