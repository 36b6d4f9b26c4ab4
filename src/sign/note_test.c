/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: keys, signatures, what is malformed; checkpoints; cosignatures; the published values where they are at hand. */
#include "sign/testing_priv.h"
#include "sign/note.h"

static struct arena *arena;

static struct sign_key key_of(uint8_t first)
{
	uint8_t seed[32] = { first };
	return sign_key_from_seed(seed);
}

static struct note_key named(const char *name, enum note_kind kind, const struct sign_key *k)
{
	struct note_key made;
	assert_true(note_key_make(&made, span_of(name), kind, k->public_key));
	return made;
}

static struct note noted(const char *whole)
{
	struct note n = { { NULL, 0 }, NULL, 0 };
	struct fault f = { "", "" };
	if (note_read(arena, span_of(whole), &n, &f))
		fail_msg("%s: %s", whole, f.what);
	return n;
}

static const char *signed_text(const char *text, const struct sign_key *k, const struct note_key *as, uint64_t time)
{
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	buf_adds(&b, text);
	buf_addc(&b, '\n');
	note_sign(span_of(text), k, as, time, &b);
	return arena_str(arena, buf_span(&b));
}

static void a_signed_note_verifies_with_its_key_alone(void **state)
{
	struct sign_key k = key_of(1), stranger = key_of(2);
	struct note_key as = named("hub.example/log", NOTE_ED25519, &k), other = named("hub.example/log", NOTE_ED25519, &stranger);
	struct note n = noted(signed_text("one\ntwo\n", &k, &as, 0));
	struct fault f;
	assert_string_equal(arena_str(arena, n.text), "one\ntwo\n");
	assert_int_equal(note_check(&n, &as, 1, &f), ERR_OK);
	assert_true(note_signed_by(&n, &as));
	assert_false(note_signed_by(&n, &other));
	n = noted(signed_text("one\ntwo\n", &k, &as, 0));
	assert_int_equal(note_check(&n, &other, 1, &f), ERR_DENIED); /* a key id of its own: a stranger to this note */
	n = noted(signed_text("one\ntwo\n", &stranger, &as, 0));
	assert_int_equal(note_check(&n, &as, 1, &f), ERR_DENIED); /* under the known key's name and id */
	n.text.p = "one\nTwo\n";
	assert_int_equal(note_check(&n, &as, 1, &f), ERR_DENIED);
}

static void of_one_key_the_first_signature_counts_and_strangers_are_passed_over(void **state)
{
	struct sign_key k = key_of(1), w = key_of(2);
	struct note_key keys[] = { named("log", NOTE_ED25519, &k), named("w", NOTE_COSIGNATURE, &w) };
	const char *text = signed_text("t\n", &k, &keys[0], 0);
	const char *line = strstr(text, "\n\n") + 2, *witness = strstr(signed_text("t\n", &w, &keys[1], 1790000000), "\n\n") + 2;
	struct note n = noted(arena_printf(arena, "t\n\n%s%s\xe2\x80\x94 nobody AAAAAAAA\n%s", line, line, witness));
	assert_int_equal(note_check(&n, keys, 2, NULL), ERR_OK);
	assert_int_equal(n.n_signatures, 4);
	assert_ptr_equal(n.signatures[0].by, &keys[0]);
	assert_null(n.signatures[1].by);
	assert_null(n.signatures[2].by);
	assert_ptr_equal(n.signatures[3].by, &keys[1]);
	assert_int_equal(n.signatures[3].time, 1790000000);
	char *spoilt = arena_str(arena, span_of(witness)); /* the time is signed too */
	spoilt[strlen("\xe2\x80\x94 w ") + 12] ^= 1;
	n = noted(arena_printf(arena, "t\n\n%s%s", line, spoilt));
	assert_int_equal(note_check(&n, keys, 2, NULL), ERR_DENIED);
}

static void keys_have_one_text(void **state)
{
	struct sign_key k = key_of(3);
	struct note_key as = named("\xe7\xb5\x90\xe3\x81\xb3.example", NOTE_COSIGNATURE, &k), back;
	BUF_SCOPE struct buf b;
	buf_init(&b, 1000);
	note_key_write(&as, &b);
	assert_true(note_key_read(buf_span(&b), &back));
	assert_memory_equal(back.id, as.id, 4);
	assert_int_equal(back.kind, NOTE_COSIGNATURE);
	assert_memory_equal(back.public_key, k.public_key, 32);
	for (size_t n = 0; n < b.n; n++)
		assert_false(note_key_read((struct span){ b.p, n }, &back));
	for (size_t i = 0; i < b.n; i++) {
		b.p[i]++;
		assert_false(note_key_read(buf_span(&b), &back));
		b.p[i]--;
	}
	static const char *const names[] = { "", "a b", "a+b", "a\tb", "a\xff", "a\xe2\x80\xa8", "a\xe3\x80\x80", "a\xc2\xa0", "a\xed\xa0\x80", "\n" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_false(note_key_make(&back, span_of(names[i]), NOTE_ED25519, k.public_key));
}

#define LINE "\xe2\x80\x94 n AAAAAAAA\n"
static void what_is_no_note_is_refused(void **state)
{
	static const char *const rows[] = { "", "\n", "t\n", "t\n\n", "\n\n" LINE "x", "t\n" LINE, "t\n\n" LINE "\n", "t\n\n\xe2\x80\x94 n AAAAAAAA", "t\1\n\n" LINE, "t\xff\n\n" LINE,
		"t\n\n\xe2\x80\x94 n n AAAAAAAA\n", "t\n\n\xe2\x80\x94  AAAAAAAA\n", "t\n\n\xe2\x80\x94 n+ AAAAAAAA\n", "t\n\n- n AAAAAAAA\n", "t\n\n\xe2\x80\x94 n AAAA\n",
		"t\n\n\xe2\x80\x94 n AAAAAAB\n", "t\n\n\xe2\x80\x94 n AAAAAAA==\n", "t\n\n" LINE "more\n", "t\n\n\xe2\x80\x94 n\n" };
	struct note n;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fault f = { "", "" };
		if (note_read(arena, span_of(rows[i]), &n, &f) != ERR_SYNTAX || !f.what[0])
			fail_msg("row %zu", i);
	}
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	buf_adds(&b, "t\n\n");
	for (int i = 0; i < NOTE_SIGNATURES; i++)
		buf_adds(&b, LINE);
	assert_int_equal(note_read(arena, buf_span(&b), &n, NULL), ERR_OK);
	buf_adds(&b, LINE);
	assert_int_equal(note_read(arena, buf_span(&b), &n, NULL), ERR_SYNTAX);
	for (int i = 0; i < 10000; i++)
		buf_adds(&b, LINE);
	assert_int_equal(note_read(arena, buf_span(&b), &n, NULL), ERR_LIMIT);
}

static void checkpoints_are_read_as_they_are_written(void **state)
{
	struct checkpoint c = { SPAN("hub.example"), 1234567, merkle_empty() }, back;
	BUF_SCOPE struct buf b;
	buf_init(&b, 1000);
	checkpoint_write(&c, &b);
	assert_string_equal(b.p, "hub.example\n1234567\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
	assert_int_equal(checkpoint_read(buf_span(&b), &back, NULL), ERR_OK);
	assert_true(span_eq(back.origin, c.origin) && back.size == c.size && merkle_same(&back.root, &c.root));
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	assert_int_equal(checkpoint_read(SPAN("o\n0\n" ROOT "more\n"), &back, NULL), ERR_OK);
	static const char *const bad[] = { "", "o\n", "o\n1\n", "o\n1\n\n", "\n1\n" ROOT, "o\n01\n" ROOT, "o\n-1\n" ROOT, "o\n1 \n" ROOT, "o\n1234567890123456789\n" ROOT,
		"o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n", "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(checkpoint_read(span_of(bad[i]), &back, NULL), ERR_SYNTAX);
}

static void the_published_notes_come_out(void **state)
{
	struct span text = shared_file(arena, "signed-note/vectors.json");
	if (!text.p)
		skip();
	struct json v = parsed_span(arena, text);
	struct note_key k;
	size_t checked = 0, made = 0;
	for (struct json_iter it = json_iter(json_get(v, "verify_ok")); json_next(&it); checked++) {
		struct span line = json_string(json_get(it.value, "sig_line")), body = json_string(json_get(it.value, "text")), skey = json_string_or_none(json_get(it.value, "skey"));
		struct note n = noted(arena_printf(arena, "%.*s\n%.*s", SPAN_ARG(body), SPAN_ARG(line)));
		assert_true(note_key_read(json_string(json_get(it.value, "vkey")), &k));
		assert_int_equal(note_check(&n, &k, 1, NULL), ERR_OK);
		if (!skey.n)
			continue;
		uint8_t secret[33];
		size_t got;
		BUF_SCOPE struct buf b;
		buf_init(&b, 1000);
		assert_true(sign_base64_read(span_of(strstr(skey.p, "+A") + 1), secret, sizeof secret, &got) && got == 33);
		struct sign_key key = sign_key_from_seed(secret + 1);
		note_sign(body, &key, &k, 0, &b);
		assert_string_equal(b.p, line.p);
		made++;
	}
	assert_int_equal(checked, 3);
	assert_int_equal(made, 1);
	for (struct json_iter it = json_iter(json_get(v, "bad_vkeys")); json_next(&it);)
		assert_false(note_key_read(json_string(it.value), &k));
	for (struct json_iter it = json_iter(json_get(v, "parse_only")); json_next(&it);) {
		struct note n = noted(json_string(json_get(it.value, "checkpoint")).p);
		struct checkpoint c;
		assert_int_equal(checkpoint_read(n.text, &c, NULL), ERR_OK);
		assert_int_equal(c.size, 20852163);
		assert_int_equal(n.n_signatures, 2);
		assert_int_equal(n.signatures[1].bytes.n, 72);
	}
}

static int start(void **state)
{
	arena = arena_new(64 << 20);
	return arena && sign_init() == ERR_OK ? 0 : -1;
}

static int stop(void **state)
{
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_note_verifies_with_its_key_alone),
		cmocka_unit_test(of_one_key_the_first_signature_counts_and_strangers_are_passed_over),
		cmocka_unit_test(keys_have_one_text),
		cmocka_unit_test(what_is_no_note_is_refused),
		cmocka_unit_test(checkpoints_are_read_as_they_are_written),
		cmocka_unit_test(the_published_notes_come_out),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
