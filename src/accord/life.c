/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an agreement: when it enters into force, what ends it, what it succeeds and includes.
 *
 * 1. All follows from the text and the set of its parties' events: every hub that has the same ones comes to the same moments, in whatever order they came.
 * 2. Entry into force: the first moment at which the document's own rule is met, and not before the `effective` that it states.  What happens to parties
 *    afterwards does not undo it.
 * 3. A successor ends its predecessor only once it is in force itself and each party to the old text has signed the new one or left; then both run on for the
 *    successor's `overlap_days`.  Nobody is moved without a signature of its own: signatures name the digest of one text.
 * 4. An `includes` pins a text by its digest; it is resolved to texts that are known and signed. */
#include <stdlib.h>
#include "accord/accord_priv.h"

#define DAY_US INT64_C(86400000000)
#define DAYS_MOST 36500
#define GAP_US (365 * DAY_US) /* what lies in no agreement for longer is a slip of the pen */

/* ---- reading ---- */

static enum err bad(struct fault *f, const char *path, const char *what)
{
	return fault_set(f, ERR_INVALID, path, "%s", what);
}

static enum err number(struct json v, const char *key, int64_t least, int64_t most, int64_t otherwise, int64_t *out, struct fault *f)
{
	struct json x = json_get(v, key);

	*out = otherwise;
	if (!json_has(x) || json_is(x, JSON_NULL))
		return ERR_OK;
	if (!json_is(x, JSON_INT) || json_int(x) < least || json_int(x) > most)
		return fault_set(f, ERR_INVALID, key, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
	*out = json_int(x);
	return ERR_OK;
}

static enum err read_entry(struct json v, struct accord_life *life, struct fault *f)
{
	struct json x = json_get(v, "entry_into_force");
	struct span rule = json_is(x, JSON_OBJECT) ? json_string_or_none(json_get(x, "rule")) : json_string_or_none(x);
	int64_t n, side;

	if (!json_has(x) || json_is(x, JSON_NULL) || span_is(rule, "date"))
		return ERR_OK;
	if (span_is(rule, "all")) {
		life->entry = ACCORD_ENTRY_ALL;
		return ERR_OK;
	}
	if (!span_is(rule, "n_of_m"))
		return bad(f, "entry_into_force", "must be \"date\", \"all\" or {\"rule\": \"n_of_m\", \"n\": 6, \"per_side_min\": 1}");
	enum err e = number(x, "n", 1, 100000, 0, &n, f);
	if (e == ERR_OK)
		e = number(x, "per_side_min", 0, 100000, 0, &side, f);
	if (e == ERR_OK && n == 0)
		e = bad(f, "entry_into_force.n", "is missing: how many signatories it takes");
	if (e != ERR_OK)
		return e;
	life->entry = ACCORD_ENTRY_N_OF_M;
	life->n = (unsigned)n;
	life->per_side_min = (unsigned)side;
	return ERR_OK;
}

static enum err read_role(struct json v, enum accord_role *out, struct fault *f)
{
	static const char *const names[] = {
#define X(k, name) [ACCORD_ROLE_##k] = name,
		ACCORD_ROLE_LIST(X)
#undef X
	};
	struct span word = json_string_or_none(json_get(v, "role"));

	*out = ACCORD_ROLE_SIGNATORY;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_is(word, names[i])) {
			*out = (enum accord_role)i;
			return ERR_OK;
		}
	}
	return json_has(json_get(v, "role")) ? bad(f, "parties", "role must be signatory, acceding, observer or depositary") : ERR_OK;
}

static enum err read_signatories(struct arena *a, struct json v, struct accord_life *life, struct fault *f)
{
	struct json list = json_get(v, "parties");
	enum err e = ERR_OK;

	life->signatories = arena_array(a, json_count(list) + 1, sizeof(*life->signatories));
	if (!life->signatories)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); e == ERR_OK && json_next(&it);) {
		struct accord_signatory *s = &life->signatories[life->n_signatories++];
		struct json org = json_is(it.value, JSON_STRING) ? it.value : json_get(it.value, "org");
		if (!json_has(org))
			org = json_get(it.value, "organisation");
		s->org = arena_span(a, json_string_or_none(org));
		s->side = arena_span(a, json_string_or_none(json_get(it.value, "side")));
		for (size_t i = 0; i + 1 < life->n_signatories; i++)
			if (span_eq(life->signatories[i].org, s->org))
				return fault_set(f, ERR_INVALID, "parties", "%.*s is listed twice: a party signs once", SPAN_ARG(s->org));
		e = read_role(it.value, &s->role, f);
	}
	return e;
}

static unsigned count_signatories(const struct accord_life *life, struct span side)
{
	unsigned n = 0;

	for (size_t i = 0; i < life->n_signatories; i++)
		n += life->signatories[i].role == ACCORD_ROLE_SIGNATORY && (!side.p || span_eq(life->signatories[i].side, side));
	return n;
}

/* A rule that can never be met is told at once. */
static enum err check_entry(const struct accord_life *life, struct fault *f)
{
	unsigned all = count_signatories(life, (struct span){ NULL, 0 });

	if (life->entry != ACCORD_ENTRY_DATE && all == 0)
		return bad(f, "entry_into_force", "the rule counts signatories, and `parties` lists none");
	if (life->entry == ACCORD_ENTRY_N_OF_M && life->n > all)
		return fault_set(f, ERR_INVALID, "entry_into_force.n", "%u signatures are wanted of %u signatories: it would never be in force", life->n, all);
	for (size_t i = 0; i < life->n_signatories && life->per_side_min; i++)
		if (life->signatories[i].role == ACCORD_ROLE_SIGNATORY && count_signatories(life, life->signatories[i].side) < life->per_side_min)
			return fault_set(f, ERR_INVALID, "entry_into_force.per_side_min", "%u of each side are wanted, the side \"%.*s\" has fewer", life->per_side_min,
				SPAN_ARG(life->signatories[i].side));
	return ERR_OK;
}

static enum err read_supersedes(struct arena *a, struct json v, struct accord_document *d, struct fault *f)
{
	struct json x = json_get(v, "supersedes");
	int64_t days;
	enum err e = number(v, "version", 1, 1000000, 1, &d->life.version, f);

	if (e != ERR_OK || !json_has(x) || json_is(x, JSON_NULL))
		return e;
	d->life.supersedes = arena_span(a, json_string_or_none(json_get(x, "id")));
	d->life.supersedes_digest = arena_span(a, json_string_or_none(json_get(x, "digest")));
	if (d->life.supersedes.n == 0 || d->life.supersedes_digest.n != (size_t)2 * SIGN_DIGEST)
		return bad(f, "supersedes", "must be {\"id\": \"agreement--…\", \"digest\": SHA-256 of its canonical form, \"overlap_days\": 30}");
	if (span_eq(d->life.supersedes, d->policy.id))
		return bad(f, "supersedes", "it names the document itself: a new version has an id of its own");
	e = number(x, "overlap_days", 0, DAYS_MOST, 30, &days, f);
	d->life.overlap_us = days * DAY_US;
	return e;
}

static enum err read_includes(struct arena *a, struct json v, struct accord_document *d, struct fault *f)
{
	struct json list = json_get(v, "includes");

	if (!json_has(list) || json_is(list, JSON_NULL))
		return ERR_OK;
	if (!json_is(list, JSON_ARRAY) || json_count(list) > BOUND_NAMED)
		return bad(f, "includes", "must be a list of {\"id\", \"digest\"}, at most 256");
	d->life.includes = arena_array(a, json_count(list) + 1, sizeof(*d->life.includes));
	if (!d->life.includes)
		return ERR_NOMEM;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct accord_include *x = &d->life.includes[d->life.n_includes++];
		x->id = arena_span(a, json_string_or_none(json_get(it.value, "id")));
		x->digest = arena_span(a, json_string_or_none(json_get(it.value, "digest")));
		if (x->id.n == 0 || x->digest.n != (size_t)2 * SIGN_DIGEST)
			return bad(f, "includes", "each needs the id of an agreement and the SHA-256 of its text (`musubi agreement show` prints both)");
		if (span_eq(x->id, d->policy.id))
			return bad(f, "includes", "the document includes itself: a circle has no text to sign");
	}
	return ERR_OK;
}

/* IEP 2.0 words: in `policy` or at the top. */
static enum err word_of(struct json v, const char *key, const char *const *words, size_t n, size_t otherwise, size_t *out, struct fault *f)
{
	struct json x = json_get(json_get(v, "policy"), key);

	if (!json_has(x))
		x = json_get(v, key);
	*out = otherwise;
	if (!json_has(x) || json_is(x, JSON_NULL))
		return ERR_OK;
	for (size_t i = 0; i < n; i++) {
		if (span_is(json_string_or_none(x), words[i])) {
			*out = i;
			return ERR_OK;
		}
	}
	return fault_set(f, ERR_INVALID, key, "is no word of IEP 2.0 there; \"%s\" is one", words[otherwise]);
}

static enum err read_iep(struct json v, struct accord_document *d, struct fault *f)
{
	static const char *const actions[] = { "none", "contact-for-instruction", "internally-visible-actions", "externally-visible-indirect-actions",
		"externally-visible-direct-actions" };
	static const char *const may[] = { "may", "must", "must-not" };
	static const char *const may_not[] = { "may", "must-not" };
	size_t act, attribution, notify;
	enum err e = word_of(v, "permitted_actions", actions, 5, ACCORD_ACT_EXTERNAL_DIRECT, &act, f);

	if (e == ERR_OK)
		e = word_of(v, "attribution", may, 3, 0, &attribution, f);
	if (e == ERR_OK)
		e = word_of(v, "affected_party_notifications", may_not, 2, 0, &notify, f);
	if (e != ERR_OK)
		return e;
	d->life.actions = (enum accord_actions)act;
	d->life.notify_affected = notify == 0;
	d->policy.no_attribution = attribution == 2;
	return ERR_OK;
}

enum err accord_life_read(struct arena *a, struct json v, struct accord_document *d, struct fault *f)
{
	struct accord_life *life = &d->life;
	struct span accession = json_string_or_none(json_get(v, "accession")), signing = json_string_or_none(json_get(v, "signing"));
	int64_t days;

	if (json_has(json_get(v, "accession")) && !span_is(accession, "open") && !span_is(accession, "closed"))
		return bad(f, "accession", "must be \"open\" or \"closed\"");
	if (json_has(json_get(v, "signing")) && !span_is(signing, "own-key") && !span_is(signing, "hub"))
		return bad(f, "signing", "must be \"own-key\" (each party signs with its own key) or \"hub\" (its hub's word is enough)");
	life->closed = span_is(accession, "closed");
	life->own_keys = span_is(signing, "own-key");
	life->stated = d->policy.effective;
	enum err e = read_signatories(a, v, life, f);
	if (e == ERR_OK)
		e = read_entry(v, life, f);
	if (e == ERR_OK)
		e = check_entry(life, f);
	if (e == ERR_OK)
		e = number(json_get(v, "withdrawal"), "notice_days", 0, DAYS_MOST, 0, &days, f);
	if (e != ERR_OK)
		return e;
	life->notice_us = days * DAY_US;
	e = read_supersedes(a, v, d, f);
	if (e == ERR_OK)
		e = read_includes(a, v, d, f);
	return e == ERR_OK ? read_iep(v, d, f) : e;
}

/* ---- entry into force ---- */

static bool party_then(const struct policy_party *parties, size_t n, struct span org, struct timestamp at)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(parties[i].org, org) && !timestamp_before(at, parties[i].signed_at) && !(parties[i].has_withdrawn && !timestamp_before(at, parties[i].withdrawn)))
			return true;
	return false;
}

static bool met(const struct accord_life *life, const struct policy_party *parties, size_t n, struct timestamp at)
{
	unsigned signed_by = 0;

	for (size_t i = 0; i < life->n_signatories; i++) {
		const struct accord_signatory *s = &life->signatories[i];
		unsigned side = 0;
		if (s->role != ACCORD_ROLE_SIGNATORY)
			continue;
		signed_by += party_then(parties, n, s->org, at);
		for (size_t k = 0; k < life->n_signatories && life->per_side_min; k++)
			side += life->signatories[k].role == ACCORD_ROLE_SIGNATORY && span_eq(life->signatories[k].side, s->side) &&
				party_then(parties, n, life->signatories[k].org, at);
		if (side < life->per_side_min)
			return false;
	}
	return signed_by >= (life->entry == ACCORD_ENTRY_ALL ? count_signatories(life, (struct span){ NULL, 0 }) : life->n);
}

struct timestamp accord_life_entry(const struct accord_life *life, struct timestamp effective, const struct policy_party *parties, size_t n)
{
	struct timestamp first = TIMESTAMP_NEVER;

	if (life->entry == ACCORD_ENTRY_DATE)
		return effective;
	for (size_t i = 0; i < n; i++) /* it can only be met when somebody signs */
		if (timestamp_before(parties[i].signed_at, first) && met(life, parties, n, parties[i].signed_at))
			first = parties[i].signed_at;
	return timestamp_before(first, effective) ? effective : first;
}

/* ---- succession ---- */

/* From when the party to the old text stands in the new one's way no more. */
static struct timestamp moved(const struct policy_party *p, const struct policy_agreement *new)
{
	struct timestamp t = p->has_withdrawn ? p->withdrawn : TIMESTAMP_NEVER;

	for (size_t i = 0; i < new->n_parties; i++)
		if (span_eq(new->parties[i].org, p->org) && timestamp_before(new->parties[i].signed_at, t))
			t = new->parties[i].signed_at;
	return t;
}

static void succeed(struct policy_agreement *old, const struct accord_agreement *new)
{
	struct timestamp t = new->policy.effective;

	for (size_t i = 0; i < old->n_parties; i++) {
		struct timestamp m = moved(&old->parties[i], &new->policy);
		if (timestamp_before(t, m))
			t = m;
	}
	if (t.us > TIMESTAMP_NEVER.us - new->life.overlap_us)
		return;
	t.us += new->life.overlap_us;
	if (timestamp_before(t, old->expires))
		old->expires = t;
}

static struct accord_agreement *find(struct accord_agreement *v, size_t n, struct span id)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(v[i].policy.id, id))
			return &v[i];
	return NULL;
}

void accord_life_settle(struct accord_agreement *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i].policy.effective = accord_life_entry(&v[i].life, v[i].life.stated, v[i].policy.parties, v[i].policy.n_parties);
	for (size_t i = 0; i < n; i++) {
		struct accord_agreement *old = v[i].life.supersedes.n ? find(v, n, v[i].life.supersedes) : NULL;
		if (old && span_eq(old->digest, v[i].life.supersedes_digest))
			succeed(&old->policy, &v[i]);
	}
}

/* ---- a new text beside the others ---- */

static enum err check_succession(const struct accord_snapshot *s, const struct accord_document *d, struct fault *f)
{
	const struct accord_agreement *old = accord_find_agreement(s, d->life.supersedes);
	char text[TIMESTAMP_TEXT], from[TIMESTAMP_TEXT];

	if (!old)
		return fault_set(f, ERR_NOTFOUND, "supersedes.id", "%.*s is not known here: add it first", SPAN_ARG(d->life.supersedes));
	if (!span_eq(old->digest, d->life.supersedes_digest))
		return fault_set(f, ERR_INVALID, "supersedes.digest", "another text of %.*s is here (SHA-256 %.12s…, the new version names %.12s…)", SPAN_ARG(old->policy.id), old->digest.p,
			d->life.supersedes_digest.p);
	if (d->life.version <= old->life.version)
		return fault_set(f, ERR_CONFLICT, "version", "the text that it supersedes has version %lld already: give the new one a higher number", (long long)old->life.version);
	for (size_t i = 0; i < s->n_agreements; i++)
		if (span_eq(s->agreements[i].life.supersedes, d->life.supersedes) && s->agreements[i].life.version == d->life.version && !span_eq(s->agreements[i].digest, d->digest))
			return fault_set(f, ERR_CONFLICT, "version", "there are two versions with the number %lld: %.*s has it too", (long long)d->life.version,
				SPAN_ARG(s->agreements[i].policy.id));
	if (old->policy.expires.us != TIMESTAMP_NEVER.us && d->life.stated.us > old->policy.expires.us && d->life.stated.us - old->policy.expires.us >= GAP_US) {
		timestamp_format(old->policy.expires, text);
		timestamp_format(d->life.stated, from);
		return fault_set(f, ERR_INVALID, "effective", "nothing would be in force for a year or longer: the old text ends %.10s, the new one begins %.10s", text, from);
	}
	return ERR_OK;
}

/* Does `id` include `what`, over any number of steps?  The depth is bounded: texts pin digests, so real ones have no circles. */
static bool includes(const struct accord_snapshot *s, struct span id, struct span what, unsigned depth)
{
	const struct accord_agreement *g = accord_find_agreement(s, id);

	for (size_t i = 0; g && depth < 8 && i < g->life.n_includes; i++)
		if (span_eq(g->life.includes[i].id, what) || includes(s, g->life.includes[i].id, what, depth + 1))
			return true;
	return false;
}

static enum err check_include(const struct accord_snapshot *s, const struct accord_document *d, const struct accord_include *x, struct fault *f)
{
	const struct accord_agreement *g = accord_find_agreement(s, x->id);

	if (includes(s, x->id, d->policy.id, 0))
		return fault_set(f, ERR_INVALID, "includes", "%.*s includes this document, so the two would include each other: a circle has no text to sign", SPAN_ARG(x->id));
	if (!g)
		return fault_set(f, ERR_NOTFOUND, "includes", "%.*s is not known here: add it first", SPAN_ARG(x->id));
	if (!span_eq(g->digest, x->digest))
		return fault_set(f, ERR_INVALID, "includes", "another text of %.*s is here (SHA-256 %.12s…, included %.12s…)", SPAN_ARG(x->id), g->digest.p, x->digest.p);
	if (g->policy.n_parties == 0)
		return fault_set(f, ERR_INVALID, "includes", "nobody has signed %.*s yet: only signed texts can be included", SPAN_ARG(x->id));
	return ERR_OK;
}

enum err accord_life_check(const struct accord_snapshot *s, const struct accord_document *d, bool here, struct fault *f)
{
	enum err e = here && d->life.supersedes.n ? check_succession(s, d, f) : ERR_OK;

	for (size_t i = 0; i < d->life.n_includes && here && e == ERR_OK; i++)
		e = check_include(s, d, &d->life.includes[i], f);
	return e;
}
