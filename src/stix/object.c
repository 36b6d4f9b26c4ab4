/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the facts of one object, and making and taking apart identifiers. */
#include "stix/object.h"
#include "stix/lookup_priv.h"
#include "stix/model_priv.h"
#include "util/bounds.h"

/* ---- ids ---- */

#define UUID_CHARS 36

/* RFC 4122 reads upper case too, and a few producers write it. */
static bool uuid_any_case(struct span text, struct uuid *out)
{
	if (uuid_parse(text, out))
		return true;
	char lower[UUID_CHARS];
	for (size_t i = 0; i < UUID_CHARS; i++)
		lower[i] = text.p[i] >= 'A' && text.p[i] <= 'F' ? (char)(text.p[i] | 0x20) : text.p[i];
	return uuid_parse((struct span){ lower, UUID_CHARS }, out);
}

enum err stix_id_parse(struct span text, struct stix_id *out, struct fault *f)
{
	if (text.n > BOUND_ID_BYTES)
		return fault_set(f, ERR_INVALID, "id", "an id of %zu bytes: at most %d are allowed", text.n, BOUND_ID_BYTES);
	if (text.n < UUID_CHARS + 2 + 3 || memcmp(text.p + text.n - UUID_CHARS - 2, "--", 2) != 0)
		return fault_set(f, ERR_INVALID, "id", "\"%.*s\" is no identifier: write type--uuid, as in ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
			SPAN_ARG(text));
	struct stix_id id = { .type = { text.p, text.n - UUID_CHARS - 2 } };
	if (!model_type_name_ok(id.type))
		return fault_set(f, ERR_INVALID, "id", "\"%.*s\" is no object type: a-z, 0-9 and hyphens, 3 to 250 of them", SPAN_ARG(id.type));
	struct span uuid = { text.p + text.n - UUID_CHARS, UUID_CHARS };
	if (!uuid_any_case(uuid, &id.uuid))
		return fault_set(f, ERR_INVALID, "id", "\"%.*s\" is no UUID: 8-4-4-4-12 lower-case hexadecimal digits are allowed", SPAN_ARG(uuid));
	*out = id;
	return ERR_OK;
}

bool stix_id_is(struct span text, const char *type)
{
	struct stix_id id;
	return stix_id_parse(text, &id, NULL) == ERR_OK && span_is(id.type, type);
}

/* ---- references ---- */

struct refs {
	struct arena *a;
	struct stix_ref *v;
	size_t n, room;
	bool failed;
};

static bool ref_key(struct span key)
{
	return (key.n >= 4 && memcmp(key.p + key.n - 4, "_ref", 4) == 0) || (key.n >= 5 && memcmp(key.p + key.n - 5, "_refs", 5) == 0);
}

static bool ref_exempt(struct span key)
{
	return span_is(key, "object_marking_refs") || span_is(key, "marking_ref") || span_is(key, "created_by_ref") || span_is(key, "extensions");
}

static void ref_add(struct refs *r, struct span key, struct span text)
{
	struct stix_id id;
	if (r->failed || stix_id_parse(text, &id, NULL) != ERR_OK)
		return;
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 8;
		struct stix_ref *v = arena_array(r->a, room, sizeof *v);
		if (!v) {
			r->failed = true;
			return;
		}
		if (r->n)
			memcpy(v, r->v, r->n * sizeof *v);
		r->v = v;
		r->room = room;
	}
	struct stix_ref *ref = &r->v[r->n];
	ref->id = arena_span(r->a, text);
	ref->property = r->n && span_is(key, ref[-1].property) ? ref[-1].property : arena_str(r->a, key);
	ref->exempt = ref_exempt(key);
	ref->named = uuid_version(&id.uuid) == 5;
	r->failed = !ref->id.p || !ref->property;
	r->n++;
}

/* Depth is the parser's: BOUND_JSON_DEPTH. */
static void refs_walk(struct refs *r, struct span key, struct json v)
{
	enum json_type type = json_type(v);
	if (type == JSON_STRING && ref_key(key))
		ref_add(r, key, json_string(v));
	if (type != JSON_OBJECT && type != JSON_ARRAY)
		return;
	bool extensions = type == JSON_OBJECT && span_is(key, "extensions");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (extensions && span_starts(it.key, SPAN("extension-definition--")))
			ref_add(r, key, it.key);
		refs_walk(r, type == JSON_ARRAY ? key : it.key, it.value);
	}
}

static bool read_markings(struct arena *a, struct stix_object *o, struct json marks, struct json granular)
{
	size_t room = json_count(marks) + json_count(granular);
	o->has_granular = json_count(granular) > 0;
	if (!room)
		return true;
	o->markings = arena_array(a, room, sizeof *o->markings);
	if (!o->markings)
		return false;
	for (struct json_iter it = json_iter(marks); json_next(&it);) {
		if (json_is(it.value, JSON_STRING))
			o->markings[o->n_markings++] = arena_span(a, json_string(it.value));
	}
	for (struct json_iter it = json_iter(granular); json_next(&it);) {
		struct json ref = json_get(it.value, "marking_ref");
		if (json_is(ref, JSON_STRING))
			o->markings[o->n_markings++] = arena_span(a, json_string(ref));
	}
	return arena_ok(a);
}

/* ---- the object ---- */

/* What is looked for among the members; behind NAME what stands for a name where there is none, dearest first. */
enum member { TYPE,
	ID,
	SPEC,
	CREATED,
	MODIFIED,
	REVOKED,
	CREATED_BY,
	MARKS,
	GRANULAR,
	EXTENSIONS,
	NAME };
static const char *const members[] = { "type", "id", "spec_version", "created", "modified", "revoked", "created_by_ref", "object_marking_refs",
	"granular_markings", "extensions",
	"name", "value", "pattern", "abstract", "subject", "product", "path", "key", "display_name", "account_login", "user_id", "command_line",
	"relationship_type", "opinion", "content", "context", "statement", "serial_number", "url", "definition_type", "source_name" };
#define N_MEMBERS (sizeof members / sizeof *members)
static struct lookup member_lookup;

static struct span member_word(const void *ctx, size_t i)
{
	return span_of(members[i]);
}

__attribute__((constructor)) static void object_start(void)
{
	lookup_build(&member_lookup, N_MEMBERS, member_word, NULL);
}

/* §3.2: without spec_version an observable is of 2.1 and anything else of 2.0; a custom type with neither creation time nor an extension that
 * makes it an SDO or SRO is an observable. */
static struct span told_version(const struct stix_object *o, struct json created, struct json extensions)
{
	if (o->kind == STIX_CLASS_SCO)
		return SPAN("2.1");
	if (o->kind != STIX_CLASS_CUSTOM)
		return SPAN("2.0");
	for (struct json_iter it = json_iter(extensions); json_next(&it);) {
		if (span_is(json_string_or_none(json_get(it.value, "extension_type")), "new-sco"))
			return SPAN("2.1");
	}
	return json_has(created) ? SPAN("2.0") : SPAN("2.1");
}

static enum err text_of(struct json v, const char *key, struct span *out, struct fault *f)
{
	if (!json_has(v))
		return ERR_OK;
	if (!json_is(v, JSON_STRING))
		return fault_set(f, ERR_INVALID, key, "%s is a %s: a string is required", key, json_type_name(json_type(v)));
	*out = json_string(v);
	return ERR_OK;
}

static enum err read_identity(const struct json *m, struct stix_object *o, struct fault *f)
{
	static const enum member required[] = { TYPE, ID };
	for (size_t i = 0; i < 2; i++) {
		if (!json_has(m[required[i]]))
			return fault_set(f, ERR_INVALID, members[required[i]], "the object has no %s: every STIX object needs one", members[required[i]]);
	}
	enum err e = text_of(m[TYPE], "type", &o->type, f);
	if (!e)
		e = text_of(m[ID], "id", &o->id, f);
	if (e)
		return e;
	if (!model_type_name_ok(o->type))
		return fault_set(f, ERR_INVALID, "type", "\"%.*s\" is no object type: a-z, 0-9 and hyphens, 3 to 250 of them", SPAN_ARG(o->type));
	struct stix_id id;
	e = stix_id_parse(o->id, &id, f);
	if (e)
		return e;
	if (!span_eq(id.type, o->type))
		return fault_set(f, ERR_INVALID, "id", "the id is of type %.*s, the object of type %.*s: they must be the same", SPAN_ARG(id.type),
			SPAN_ARG(o->type));
	o->uuid = id.uuid;
	const struct model_type *t = model_type(o->type);
	o->kind = t ? t->kind : STIX_CLASS_CUSTOM;
	return ERR_OK;
}

static enum err read_times(const struct json *m, struct stix_object *o, struct fault *f)
{
	o->version = SPAN(STIX_NO_VERSION);
	o->version_ns = 0;
	struct {
		enum member at;
		struct span *to;
	} times[] = { { CREATED, &o->created }, { MODIFIED, &o->modified } };
	for (size_t i = 0; i < 2; i++) {
		enum err e = text_of(m[times[i].at], members[times[i].at], times[i].to, f);
		struct fault why = { "", "" };
		int64_t ns;
		if (e)
			return e;
		if (!times[i].to->p)
			continue;
		if (timestamp_parse_ns(*times[i].to, &ns, &why) != ERR_OK)
			return fault_set(f, ERR_INVALID, members[times[i].at], "%s", why.what);
		o->version = *times[i].to;
		o->version_ns = ns;
	}
	return ERR_OK;
}

static void copy_spans(struct arena *a, struct stix_object *o)
{
	struct span *const all[] = { &o->type, &o->id, &o->spec_version, &o->created, &o->modified, &o->version, &o->created_by, &o->name };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		*all[i] = all[i]->n ? arena_span(a, *all[i]) : (struct span){ "", 0 };
}

enum err stix_object_read(struct arena *a, struct json value, struct span raw, struct stix_object *out, struct fault *f)
{
	if (!json_is(value, JSON_OBJECT))
		return fault_set(f, ERR_INVALID, "", "found %s where a STIX object (a JSON object with type and id) is required",
			json_type_name(json_type(value)));
	struct stix_object o = { .raw = raw, .value = value };
	struct json m[N_MEMBERS] = { { NULL, 0 } };
	struct refs refs = { .a = a };
	for (struct json_iter it = json_iter(value); json_next(&it);) {
		unsigned i = lookup_slot(&member_lookup, it.key);
		if (i != LOOKUP_NONE && !json_has(m[i]) && span_is(it.key, members[i]))
			m[i] = it.value;
		refs_walk(&refs, it.key, it.value);
	}
	enum err e = read_identity(m, &o, f);
	if (!e)
		e = read_times(m, &o, f);
	if (!e)
		e = text_of(m[SPEC], "spec_version", &o.spec_version, f);
	if (!e)
		e = text_of(m[CREATED_BY], "created_by_ref", &o.created_by, f);
	if (e)
		return e;
	if (!o.spec_version.n)
		o.spec_version = told_version(&o, m[CREATED], m[EXTENSIONS]);
	o.revoked = json_true(m[REVOKED]);
	for (size_t i = NAME; i < N_MEMBERS && !o.name.n; i++)
		o.name = json_string_or_none(m[i]);
	copy_spans(a, &o);
	o.refs = refs.v;
	o.n_refs = refs.n;
	if (refs.failed || !read_markings(a, &o, m[MARKS], m[GRANULAR]) || !arena_ok(a))
		return fault_set(f, ERR_NOMEM, "", "not enough memory to read the object");
	*out = o;
	return ERR_OK;
}

/* ---- deterministic ids ---- */

static const struct uuid sco_namespace = { { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 } };

/* §2.9: of several hashes one is taken, in this order; of others the one whose name sorts first. */
static struct json chosen_hash(struct json hashes, struct span *name)
{
	static const char *const order[] = { "MD5", "SHA-1", "SHA-256", "SHA-512" };
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		struct json v = json_get(hashes, order[i]);
		if (json_has(v)) {
			*name = span_of(order[i]);
			return v;
		}
	}
	struct json first = { NULL, 0 };
	for (struct json_iter it = json_iter(hashes); json_next(&it);) {
		if (!json_has(first) || span_cmp(it.key, *name) < 0) {
			first = it.value;
			*name = it.key;
		}
	}
	return first;
}

static bool add_contributing(struct buf *b, const char *key, struct json v)
{
	buf_addf(b, "%s\"%s\":", b->n ? "," : "{", key);
	if (strcmp(key, "hashes") != 0)
		return json_canonical(v, b, NULL) == ERR_OK;
	struct span name = { NULL, 0 };
	struct json hash = chosen_hash(v, &name);
	if (!json_has(hash))
		return false;
	buf_addc(b, '{');
	struct json_out o = json_out(b);
	json_put_string(&o, name);
	buf_addc(b, ':');
	if (json_canonical(hash, b, NULL) != ERR_OK)
		return false;
	buf_addc(b, '}');
	return true;
}

bool stix_observable_id(struct arena *a, struct json value, struct span *out)
{
	const struct model_type *t = model_type(json_string_or_none(json_get(value, "type")));
	if (!t || t->kind != STIX_CLASS_SCO)
		return false;
	struct buf b BUF_SCOPE;
	buf_init(&b, BOUND_OBJECT_BYTES * 2);
	for (size_t i = 0; i < MODEL_CONTRIBUTING && t->contributing[i]; i++) {
		struct json v = json_get(value, t->contributing[i]);
		if (json_has(v) && !add_contributing(&b, t->contributing[i], v))
			return false;
	}
	if (!b.n)
		return false;
	buf_addc(&b, '}');
	if (!buf_ok(&b))
		return false;
	struct uuid u = uuid_v5(&sco_namespace, buf_span(&b));
	char text[UUID_TEXT];
	uuid_format(&u, text);
	char *id = arena_printf(a, "%s--%s", t->name, text);
	if (!id)
		return false;
	*out = span_of(id);
	return true;
}
