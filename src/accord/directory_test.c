/* SPDX-License-Identifier: Apache-2.0 */
/* Two hubs with keys of their own: what one publishes the other takes, objects cross once, wait for their agreement, and are closed by notices. */
#include "accord/link_fixture_priv.h"

struct pair {
	struct world tokyo, bangkok;
	struct link south, north; /* south: Bangkok reads Tokyo */
	struct span a, x, y; /* a in Tokyo; x, y in Bangkok */
	char id[128], marking[64];
	const char *pact;
};

static void begin(struct pair *p, const char *agreement)
{
	struct fault f = { 0 };

	world_begin(&p->tokyo, "Tokyo", "JP");
	world_begin(&p->bangkok, "Bangkok", "TH");
	p->a = member(&p->tokyo, "A", "JP");
	p->x = member(&p->bangkok, "X", "TH");
	p->y = member(&p->bangkok, "Y", "LA");
	p->south = link_up(&p->tokyo, &p->bangkok);
	p->north = link_up(&p->bangkok, &p->tokyo);
	OK(accord_agreement_add(p->tokyo.a, span_of(agreement), p->id, p->marking, &f));
	OK(accord_agreement_event(p->tokyo.a, span_of(p->id), p->a, ACCORD_SIGNED, world_now(&p->tokyo), zero, &f));
	p->pact = arena_printf(p->tokyo.mem, AMBER ",\"%s\"", p->marking);
}

static void end(struct pair *p)
{
	world_end(&p->tokyo);
	world_end(&p->bangkok);
}

static void the_directory_makes_members_and_parties_known_and_objects_follow(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p, "{\"title\":\"T\",\"effective\":\"2026-01-01T00:00:00Z\",\"clauses\":[{\"ref\":\"1\",\"n\":1.5}]}");
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 1, NOON, GREEN, NULL));
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 2, NOON, CLEAR, NULL));
	pull(&p.south);
	assert_int_equal(p.south.taken, 1); /* Tokyo does not know Bangkok's members yet: what is clear only */
	pull(&p.north);
	pull(&p.south);
	assert_int_equal(p.south.taken, 2);
	SEES(&p.bangkok, of(p.x), "2 1");
	const struct accord_snapshot *s = accord_snapshot(p.bangkok.a);
	const struct accord_member *m = accord_find_member(s, p.a);
	assert_true(m && !m->local && span_is(m->hub, p.tokyo.hub) && span_is(m->name, "A") && m->status == ACCORD_ACTIVE);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(p.id));
	assert_true(g && span_is(g->marking, p.marking) && policy_is_party(&g->policy, p.a, world_now(&p.bangkok)));
	accord_snapshot_unref(s);
	/* under the agreement: first to nobody there, then to the one who signs */
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 3, NOON, p.pact, NULL));
	pull(&p.south);
	assert_int_equal(p.south.taken, 2);
	pass(&p.tokyo, SECOND);
	pass(&p.bangkok, SECOND);
	OK(accord_agreement_event(p.bangkok.a, span_of(p.id), p.x, ACCORD_SIGNED, world_now(&p.bangkok), zero, &f));
	assert_int_equal(accord_agreement_event(p.bangkok.a, span_of(p.id), p.a, ACCORD_WITHDRAWN, world_now(&p.bangkok), zero, &f), ERR_DENIED);
	pull(&p.north);
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 4, NOON, p.pact, NULL));
	pull(&p.south);
	SEES(&p.bangkok, of(p.x), "2 1 4");
	SEES(&p.bangkok, of(p.y), "2 1");
	/* nothing goes back or on, and nothing TLP:RED leaves */
	pull(&p.north);
	assert_int_equal(p.north.taken + p.north.refused + p.north.held, 0);
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 5, NOON, RED, NULL));
	size_t before = p.south.taken;
	pull(&p.south);
	assert_int_equal(p.south.taken + p.south.refused, before);
	/* suspended at home: no member anywhere */
	OK(accord_member_status(p.bangkok.a, p.x, ACCORD_SUSPENDED, &f));
	OK(accord_member_status(p.bangkok.a, p.y, ACCORD_REMOVED, &f));
	pull(&p.north);
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 6, NOON, GREEN, NULL));
	pull(&p.south);
	assert_int_equal(p.south.taken, before);
	end(&p);
}

static void the_same_directory_in_any_order_and_twice_gives_the_same(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	pull(&p.south);
	OK(accord_agreement_event(p.tokyo.a, span_of(p.id), p.a, ACCORD_SUSPENDED_FROM, (struct timestamp){ NOON + SECOND }, (struct timestamp){ NOON + 5 * SECOND }, &f));
	OK(accord_member_status(p.tokyo.a, p.a, ACCORD_SUSPENDED, &f));
	OK(accord_member_status(p.tokyo.a, p.a, ACCORD_ACTIVE, &f));
	pull(&p.south);
	uint64_t generation = accord_generation(p.bangkok.a->current);
	p.south.directory = zero;
	pull(&p.south);
	assert_int_equal(accord_generation(p.bangkok.a->current), generation); /* nothing was new */
	const struct accord_agreement *g = accord_find_agreement(p.bangkok.a->current, span_of(p.id));
	assert_false(policy_is_party(&g->policy, p.a, (struct timestamp){ NOON + 2 * SECOND }));
	assert_true(policy_is_party(&g->policy, p.a, (struct timestamp){ NOON + 5 * SECOND }));
	assert_int_equal(accord_find_member(p.bangkok.a->current, p.a)->status, ACCORD_ACTIVE);
	end(&p);
}

/* A document of Tokyo's directory, changed. */
struct found {
	struct span raw;
	const char *type;
};

static struct span document(struct world *w, const struct link *l, const char *holding)
{
	const struct store_view *v;
	struct store_page *page;
	struct span out = { NULL, 0 };

	OK(accord_view(w->a, &l->as, world_now(w), &v, NULL));
	const struct store_query q = { .collection = w->a->directory, .versions = STORE_VERSIONS_ALL, .limit = 100, .max_bytes = 1 << 24, .bytes = true };
	OK(store_page_new(accord_store(w->a), v, &q, &page, NULL));
	OK(store_page_release_wait(page, NULL));
	for (size_t i = 0; i < store_page_count(page); i++)
		if (memmem(store_page_entry(page, i)->raw.p, store_page_entry(page, i)->raw.n, holding, strlen(holding)))
			out = arena_span(w->mem, store_page_entry(page, i)->raw);
	store_page_free(page);
	store_view_unref(v);
	assert_non_null(out.p);
	return out;
}

static struct span swapped(struct world *w, struct span raw, const char *from, const char *to)
{
	const char *at = memmem(raw.p, raw.n, from, strlen(from));

	assert_non_null(at);
	return span_of(arena_printf(w->mem, "%.*s%s%.*s", (int)(at - raw.p), raw.p, to, (int)(raw.n - (size_t)(at - raw.p) - strlen(from)), at + strlen(from)));
}

static void forged_documents_are_refused(void **state)
{
	struct pair p;
	uint8_t key[32];
	const struct accord_agreement *g;
	struct fault f = { 0 };

	begin(&p, "{\"effective\":\"2026-01-01T00:00:00Z\",\"policy\":{\"ceiling\":\"green\"}}");
	const uint8_t *tokyo = accord_hub(p.tokyo.a)->public_key;
	struct span hub = span_of(p.tokyo.hub), member_doc = document(&p.tokyo, &p.south, "\"name\":\"A\"");
	struct span event_doc = document(&p.tokyo, &p.south, "\"event\":\"signed\""), text_doc = document(&p.tokyo, &p.south, "\"document\":");
	memcpy(key, tokyo, sizeof(key));
	key[3] ^= 1;
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, key, member_doc, &f), ERR_DENIED);
	assert_int_equal(accord_directory_take(p.bangkok.a, span_of(p.bangkok.hub), tokyo, member_doc, &f), ERR_DENIED);
	struct span forged = swapped(&p.tokyo, member_doc, "\"country\":\"JP\"", "\"country\":\"TH\"");
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, forged, &f), ERR_DENIED);
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, event_doc, &f), ERR_DENIED); /* who is that organisation? */
	OK(accord_directory_take(p.bangkok.a, hub, tokyo, member_doc, &f));
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, swapped(&p.tokyo, event_doc, "\"signed\"", "\"withdrawn\""), &f), ERR_DENIED);
	OK(accord_directory_take(p.bangkok.a, hub, tokyo, event_doc, &f)); /* its agreement is not here yet */
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, swapped(&p.tokyo, text_doc, "\"green\"", "\"red\""), &f), ERR_INVALID);
	assert_int_equal(accord_agreements(p.bangkok.a->current, &g), 0);
	OK(accord_directory_take(p.bangkok.a, hub, tokyo, text_doc, &f));
	assert_int_equal(accord_agreements(p.bangkok.a->current, &g), 1);
	assert_true(policy_is_party(&g->policy, p.a, world_now(&p.bangkok)));
	OK(accord_directory_take(p.bangkok.a, hub, tokyo, event_doc, &f));
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, span_of(indicator(&p.tokyo, 1, NOON, GREEN, NULL)), &f), ERR_DENIED);
	assert_int_equal(accord_directory_take(p.bangkok.a, hub, tokyo, SPAN("{"), &f), ERR_SYNTAX);
	end(&p);
}

static void an_object_waits_for_its_agreement_and_for_its_origin(void **state)
{
	struct pair p;
	uint64_t n;
	struct fault f = { 0 };

	begin(&p, "{\"effective\":\"2026-01-01T00:00:00Z\",\"retroactive\":\"all\"}");
	pull(&p.north);
	struct timestamp cursor = zero;
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 1, NOON, GREEN, NULL));
	pull_one(&p.south, p.tokyo.shared.number, &cursor); /* before the directory */
	assert_int_equal(p.south.held, 1);
	SEES(&p.bangkok, of(p.x), "");
	OK(accord_held_count(p.bangkok.a, TIMESTAMP_NEVER, &n, &f));
	assert_int_equal(n, 1);
	/* under the agreement, offered by hand: Tokyo itself would not send it before Bangkok has a party */
	struct accord_intake *in;
	const struct accord_principal by = { .org = span_of(p.tokyo.hub), .hub = true };
	OK(accord_intake_new(p.bangkok.a, &by, &p.bangkok.shared, world_now(&p.bangkok), &in, &f));
	accord_intake_from(in, span_of(p.tokyo.hub), p.a, zero);
	OK(accord_intake_add(in, span_of(indicator(&p.tokyo, 2, NOON, p.pact, NULL)), &f));
	OK(accord_intake_commit_wait(in, &f));
	assert_true(accord_intake_fate(in, 0)->held);
	accord_intake_free(in);
	pull_one(&p.south, p.tokyo.a->directory, &p.south.directory);
	OK(accord_held_count(p.bangkok.a, TIMESTAMP_NEVER, &n, &f));
	assert_int_equal(n, 0);
	SEES(&p.bangkok, of(p.x), "1");
	OK(accord_agreement_event(p.bangkok.a, span_of(p.id), p.x, ACCORD_SIGNED, world_now(&p.bangkok), zero, &f));
	SEES(&p.bangkok, of(p.x), "1 2");
	end(&p);
}

static void a_peer_cannot_give_what_is_not_its_members(void **state)
{
	struct pair p;
	struct accord_intake *in;
	struct fault f = { 0 };

	begin(&p, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	pull(&p.south);
	pull(&p.north);
	const struct accord_principal by = { .org = span_of(p.tokyo.hub), .hub = true };
	const struct {
		struct span origin;
		const char *text, *code;
	} rows[] = {
		{ p.x, indicator(&p.tokyo, 1, NOON, GREEN, NULL), "origin" },
		{ p.a, indicator(&p.tokyo, 1, NOON, GREEN, arena_printf(p.tokyo.mem, ",\"created_by_ref\":\"%.*s\"", SPAN_ARG(p.y))), "creator" },
		{ p.a, indicator(&p.tokyo, 1, NOON, RED, NULL), "red" },
		{ span_of(p.tokyo.hub), indicator(&p.tokyo, 1, NOON, GREEN, NULL), "origin" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		OK(accord_intake_new(p.bangkok.a, &by, &p.bangkok.shared, world_now(&p.bangkok), &in, &f));
		accord_intake_from(in, span_of(p.tokyo.hub), rows[i].origin, zero);
		OK(accord_intake_add(in, span_of(rows[i].text), &f));
		OK(accord_intake_commit_wait(in, &f));
		assert_false(accord_intake_fate(in, 0)->accepted || accord_intake_fate(in, 0)->held);
		assert_string_equal(accord_intake_fate(in, 0)->code, rows[i].code);
		accord_intake_free(in);
	}
	SEES(&p.bangkok, of(p.x), "");
	end(&p);
}

static void a_notice_crosses_to_the_peer_and_on_to_its_members(void **state)
{
	struct pair p;
	struct fault f = { 0 };

	begin(&p, "{\"effective\":\"2026-01-01T00:00:00Z\"}");
	pull(&p.north);
	pull(&p.south);
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 1, NOON, GREEN, NULL));
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 2, NOON, GREEN, NULL));
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 3, NOON, GREEN, NULL));
	pull(&p.south);
	struct feed x = shared(&p.bangkok, of(p.x), zero);
	assert_string_equal(x.text, "1 2 3");
	/* stricter: nobody in Bangkok may have it */
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 1, NOON + 1000, p.pact, NULL));
	pull(&p.south);
	x = shared(&p.bangkok, of(p.x), x.last);
	assert_string_equal(x.text, "n");
	assert_non_null(memmem(x.raw.p, x.raw.n, p.bangkok.hub, 30));
	SEES(&p.bangkok, of(p.y), "2 3"); /* y had read nothing yet */
	/* withdrawn */
	struct accord_principal a = of(p.a);
	OK(accord_withdraw(p.tokyo.a, &a, p.tokyo.shared.number, SPAN("indicator--00000000-0000-4000-8000-000000000002"), SPAN(""), &f));
	pull(&p.south);
	x = shared(&p.bangkok, of(p.x), x.last);
	assert_string_equal(x.text, "n");
	assert_string_equal(shared(&p.bangkok, of(p.y), zero).text, "3 n");
	/* revoked: the revoking version crosses */
	accepted(&p.tokyo, of(p.a), indicator(&p.tokyo, 3, NOON + 1000, GREEN, ",\"revoked\":true"));
	pull(&p.south);
	assert_string_equal(shared(&p.bangkok, of(p.x), x.last).text, "3");
	/* an old version that was on its way does not bring back what was closed */
	struct link again = p.south;
	struct accord_intake *in;
	const struct accord_principal by = { .org = span_of(p.tokyo.hub), .hub = true };
	OK(accord_intake_new(p.bangkok.a, &by, &p.bangkok.shared, world_now(&p.bangkok), &in, &f));
	accord_intake_from(in, span_of(p.tokyo.hub), p.a, zero);
	OK(accord_intake_add(in, span_of(indicator(&p.tokyo, 1, NOON, GREEN, NULL)), &f));
	OK(accord_intake_commit_wait(in, &f));
	assert_string_equal(accord_intake_fate(in, 0)->code, "closed");
	accord_intake_free(in);
	pull(&again);
	assert_string_equal(shared(&p.bangkok, of(p.y), zero).text, "3 n 3");
	end(&p);
}

static void own_signatures_travel_with_their_accessions_and_are_checked_again(void **state)
{
	struct pair p;
	struct fault f = { 0 };
	struct span signed_text;
	struct accord_taken taken;
	char key[SIGN_MULTIBASE];
	const struct sign_key k = sign_key_from_seed((const uint8_t[32]){ 7 });

	begin(&p, "{\"title\":\"T\",\"effective\":\"2026-01-01T00:00:00Z\"}");
	sign_public_multibase(k.public_key, key);
	OK(accord_member_key(p.tokyo.a, p.a, span_of(key), true, &f));
	pass(&p.tokyo, SECOND);
	pass(&p.bangkok, SECOND);
	const char *text = arena_printf(p.tokyo.mem,
		"{\"id\":\"agreement--77777777-7777-4777-8777-777777777777\",\"effective\":\"2026-01-01T00:00:00Z\",\"signing\":\"own-key\",\"entry_into_force\":\"all\",\"parties\":[\"%.*s\"]}",
		SPAN_ARG(p.a));
	const struct accord_signer by = { &k, p.a, SPAN("N"), SPAN(""), world_now(&p.tokyo) };
	OK(accord_document_sign(p.tokyo.mem, span_of(text), &by, &signed_text, &f));
	OK(accord_document_take(p.tokyo.a, signed_text, &taken, &f));
	pull(&p.north);
	pull(&p.south);
	const struct accord_snapshot *s = accord_snapshot(p.bangkok.a);
	const struct accord_agreement *g = accord_find_agreement(s, span_of(taken.id));
	assert_true(g && policy_is_party(&g->policy, p.a, world_now(&p.bangkok)) && !timestamp_before(world_now(&p.bangkok), g->policy.effective));
	const struct accord_member *m = accord_find_member(s, p.a);
	assert_true(m && m->n_keys == 1 && span_is(m->keys[0].public_key, key));
	/* its hub cannot sign for it, and cannot bring another's proof */
	struct json v;
	struct accord_accession x = { .agreement = g->policy.id, .digest = g->digest, .org = p.a, .event = ACCORD_SIGNED, .at = world_now(&p.bangkok), .until = TIMESTAMP_NEVER };
	OK(json_read(p.tokyo.mem, signed_text, &v, &f));
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 16);
	struct json_out o = json_out(&b);
	json_put(&o, json_get(v, "proof"));
	x.proof = arena_span(p.tokyo.mem, buf_span(&b));
	OK(accord_proof_holds(p.tokyo.mem, m, g->json, &x, &f));
	strstr((char *)x.proof.p, "\"name\":\"N\"")[8] = 'M';
	assert_int_equal(accord_proof_holds(p.tokyo.mem, m, g->json, &x, &f), ERR_DENIED);
	accord_snapshot_unref(s);
	assert_int_equal(accord_document_take(p.bangkok.a, signed_text, &taken, &f), ERR_OK);
	assert_int_equal(taken.foreign, 1); /* Bangkok does not count Tokyo's members */
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directory_makes_members_and_parties_known_and_objects_follow),
		cmocka_unit_test(own_signatures_travel_with_their_accessions_and_are_checked_again),
		cmocka_unit_test(the_same_directory_in_any_order_and_twice_gives_the_same),
		cmocka_unit_test(forged_documents_are_refused),
		cmocka_unit_test(an_object_waits_for_its_agreement_and_for_its_origin),
		cmocka_unit_test(a_peer_cannot_give_what_is_not_its_members),
		cmocka_unit_test(a_notice_crosses_to_the_peer_and_on_to_its_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
