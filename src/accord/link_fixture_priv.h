/* SPDX-License-Identifier: Apache-2.0 */
/* For this room's tests: two hubs in one process, and what one takes from the other by the same calls as over the wire. */
#ifndef ACCORD_LINK_FIXTURE_PRIV_H
#define ACCORD_LINK_FIXTURE_PRIV_H
#include "accord/fixture_priv.h"

static const struct timestamp zero = { 0 };

/* Reading hub `from` as its peer `to` does: each object goes in by the same calls as over the wire. */
struct link {
	struct world *from, *to;
	struct accord_principal as; /* at from */
	struct timestamp directory, shared;
	size_t taken, refused, held;
	char code[32];
};

static inline void take_directory(struct link *l, const struct store_entry *e)
{
	struct fault f = { 0 };

	if (accord_directory_take(l->to->a, span_of(l->from->hub), accord_hub(l->from->a)->public_key, e->raw, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
}

static inline void take_objects(struct link *l, struct store_page *page)
{
	struct accord_intake *in;
	struct fault f = { 0 };
	const struct accord_principal by = { .org = span_of(l->from->hub), .hub = true };

	OK(accord_intake_new(l->to->a, &by, &l->to->shared, world_now(l->to), &in, &f));
	for (size_t i = 0; i < store_page_count(page); i++) {
		const struct store_entry *e = store_page_entry(page, i);
		accord_intake_from(in, span_of(l->from->hub), e->origin, e->stamp);
		OK(accord_intake_add(in, e->raw, &f));
	}
	if (accord_intake_commit_wait(in, &f) != ERR_OK)
		fail_msg("%s: %s", f.where, f.what);
	for (size_t i = 0; i < accord_intake_count(in); i++) {
		const struct accord_fate *x = accord_intake_fate(in, i);
		*(x->accepted ? &l->taken : x->held ? &l->held
						    : &l->refused) += 1;
		snprintf(l->code, sizeof(l->code), "%s", x->code);
	}
	accord_intake_free(in);
}

static inline void pull_one(struct link *l, int64_t collection, struct timestamp *cursor)
{
	const struct store_view *v;
	struct fault f = { 0 };
	bool changed;

	OK(accord_refresh(l->from->a, world_now(l->from), &changed, &f));
	OK(accord_refresh(l->to->a, world_now(l->to), &changed, &f));
	OK(accord_view(l->from->a, &l->as, world_now(l->from), &v, &f));
	for (bool more = true; more;) {
		const struct store_query q = { .collection = collection, .has_after = true, .after = *cursor, .versions = STORE_VERSIONS_ALL, .limit = 100, .max_bytes = 1 << 24, .bytes = true };
		struct store_page *page;
		OK(store_page_new(accord_store(l->from->a), v, &q, &page, &f));
		OK(store_page_release_wait(page, &f));
		for (size_t i = 0; i < store_page_count(page); i++) {
			*cursor = store_page_entry(page, i)->stamp;
			if (collection == l->from->a->directory)
				take_directory(l, store_page_entry(page, i));
		}
		if (collection != l->from->a->directory && store_page_count(page))
			take_objects(l, page);
		more = store_page_more(page);
		store_page_free(page);
	}
	store_view_unref(v);
	if (collection == l->from->a->directory)
		OK(accord_heard(l->to->a, span_of(l->from->hub), world_now(l->to), &f));
}

static inline void pull(struct link *l)
{
	pull_one(l, l->from->a->directory, &l->directory);
	pull_one(l, l->from->shared.number, &l->shared);
}

/* Lets hub `to` read at hub `from`: a member of kind hub, a token, and the id that it gives. */
static inline struct link link_up(struct world *from, struct world *to)
{
	struct link l = { .from = from, .to = to };
	const struct accord_member m = { .name = SPAN("peer"), .country = SPAN("TH"), .kind = ACCORD_KIND_HUB };
	char id[64], token[ACCORD_TOKEN], none[64];
	struct fault f = { 0 };

	OK(accord_member_add(from->a, &m, id, &f));
	OK(accord_token_new(from->a, span_of(id), SPAN(""), false, token, none, &f));
	OK(accord_authenticate_token(from->a, from->mem, span_of(token), &l.as, &f));
	assert_true(l.as.hub);
	OK(accord_hub_is(from->a, &l.as, span_of(to->hub), &f));
	OK(accord_hub_is(from->a, &l.as, span_of(to->hub), &f));
	assert_int_equal(accord_hub_is(from->a, &l.as, span_of(from->hub), &f), ERR_DENIED);
	assert_int_equal(accord_hub_is(from->a, &l.as, SPAN("identity--00000000-0000-4000-8000-000000000042"), &f), ERR_DENIED);
	OK(accord_authenticate_token(from->a, from->mem, span_of(token), &l.as, &f));
	assert_true(span_is(l.as.org, to->hub));
	return l;
}
#endif
