/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes, keys and checkpoints from outside: whatever is read is answered; what was signed here over any text holds until a byte changes. */
#include <assert.h>
#include "sign/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void sign_it(struct arena *a, struct span text)
{
	static const uint8_t seed[32] = { 7 };
	const struct sign_key k = sign_key_from_seed(seed);
	struct note_key as;
	struct note back;
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	buf_addspan(&b, text);
	buf_addc(&b, '\n');
	assert(note_key_make(&as, SPAN("fuzz"), NOTE_COSIGNATURE, k.public_key));
	note_sign(text, &k, &as, 1, &b);
	if (!buf_ok(&b) || note_read(a, buf_span(&b), &back, NULL) || !span_eq(back.text, text))
		return;
	assert(note_check(&back, &as, 1, NULL) == ERR_OK && note_signed_by(&back, &as));
	b.p[0] ^= 1;
	if (note_read(a, buf_span(&b), &back, NULL) == ERR_OK)
		assert(note_check(&back, &as, 1, NULL) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span text = { (const char *)p, n };
	struct note note;
	struct note_key key;
	struct checkpoint c, again;
	if (n > 1 << 16 || sign_init())
		return 0;
	ARENA_SCOPE struct arena *a = arena_new(16 << 20);
	BUF_SCOPE struct buf b;
	buf_init(&b, 1 << 20);
	if (note_key_read(text, &key)) {
		note_key_write(&key, &b);
		assert(span_eq(buf_span(&b), text));
		buf_clear(&b);
	}
	if (note_read(a, text, &note, NULL) == ERR_OK) {
		assert(note.n_signatures > 0 && note.text.n < n);
		sign_it(a, note.text);
		text = note.text;
	}
	if (checkpoint_read(text, &c, NULL) == ERR_OK) {
		checkpoint_write(&c, &b);
		assert(checkpoint_read(buf_span(&b), &again, NULL) == ERR_OK && again.size == c.size && merkle_same(&again.root, &c.root));
	}
	return 0;
}
