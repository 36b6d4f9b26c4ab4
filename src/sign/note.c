/* SPDX-License-Identifier: Apache-2.0 */
/* C2SP signed notes: keys, reading, checking, signing; and the checkpoints that are signed that way. */
#include "sign/note.h"
#include <sodium.h>
#include <stdio.h>

#define DASH "\xe2\x80\x94 " /* EM DASH, space: begins a signature line */
#define VARIANT sodium_base64_VARIANT_ORIGINAL

void sign_base64(const void *p, size_t n, struct buf *out)
{
	size_t room = sodium_base64_ENCODED_LEN(n, VARIANT);
	if (!buf_reserve(out, room))
		return;
	sodium_bin2base64(out->p + out->n, room, p, n, VARIANT);
	buf_added(out, room - 1);
}

bool sign_base64_read(struct span text, void *out, size_t room, size_t *n)
{
	size_t got;
	if (sodium_base642bin(out, room, text.p ? text.p : "", text.n, NULL, &got, NULL, VARIANT) != 0)
		return false;
	*n = got;
	return true;
}

bool sign_hash_read(struct span base64, struct merkle_hash *out)
{
	struct merkle_hash h;
	size_t n;
	if (!sign_base64_read(base64, h.b, sizeof h.b, &n) || n != sizeof h.b)
		return false;
	*out = h;
	return true;
}

void merkle_proof_put(struct json_out *o, const char *key, const struct merkle_proof *p)
{
	json_key(o, key);
	json_open(o, '[');
	for (size_t i = 0; i < p->n; i++) {
		BUF_SCOPE struct buf b;
		buf_init(&b, 100);
		sign_base64(p->at[i].b, SIGN_DIGEST, &b);
		json_put_string(o, buf_span(&b));
	}
	json_close(o, ']');
}

/* Bytes of the UTF-8 character at p, 0 where there is none. */
static size_t utf8_length(struct span s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
			     : p[0] >= 0xE0 && p[0] < 0xF0       ? 3
			     : p[0] >= 0xF0 && p[0] < 0xF5       ? 4
								 : 0;
	if (n == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	bool bad = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F);
	return bad ? 0 : n;
}

/* Unicode's White_Space beyond ASCII: what may not stand in a key's name. */
static bool is_space(struct span s, size_t n)
{
	static const char *const wide[] = { "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80" };
	if (n == 1)
		return (uint8_t)s.p[0] <= ' ' || s.p[0] == 0x7F;
	if (n == 3 && memcmp(s.p, "\xe2\x80", 2) == 0 && (uint8_t)s.p[2] <= 0x8A)
		return true; /* U+2000 to U+200A */
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (strlen(wide[i]) == n && memcmp(s.p, wide[i], n) == 0)
			return true;
	return false;
}

static bool name_ok(struct span name)
{
	if (name.n == 0 || name.n > NOTE_NAME)
		return false;
	while (name.n) {
		size_t n = utf8_length(name);
		if (n == 0 || is_space(name, n) || name.p[0] == '+')
			return false;
		name.p += n;
		name.n -= n;
	}
	return true;
}

static bool text_ok(struct span s)
{
	while (s.n) {
		size_t n = utf8_length(s);
		if (n == 0 || ((uint8_t)s.p[0] < ' ' && s.p[0] != '\n'))
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}

/* ---- keys ---- */

bool note_key_make(struct note_key *out, struct span name, enum note_kind kind, const uint8_t public_key[static 32])
{
	if (!name_ok(name))
		return false;
	const uint8_t between[2] = { '\n', (uint8_t)kind };
	uint8_t digest[SIGN_DIGEST];
	crypto_hash_sha256_state s;
	crypto_hash_sha256_init(&s);
	crypto_hash_sha256_update(&s, (const uint8_t *)name.p, name.n);
	crypto_hash_sha256_update(&s, between, 2);
	crypto_hash_sha256_update(&s, public_key, 32);
	crypto_hash_sha256_final(&s, digest);
	*out = (struct note_key){ .name = name, .kind = kind };
	memcpy(out->public_key, public_key, 32);
	memcpy(out->id, digest, 4);
	return true;
}

bool note_key_read(struct span vkey, struct note_key *out)
{
	const char *plus = memchr(vkey.p, '+', vkey.n);
	struct note_key k;
	uint8_t bytes[33];
	char id[9];
	size_t n;
	if (!plus || (size_t)(plus - vkey.p) + 10 > vkey.n || plus[9] != '+')
		return false;
	struct span name = { vkey.p, (size_t)(plus - vkey.p) }, hash = { plus + 1, 8 }, key = { plus + 10, vkey.n - name.n - 10 };
	if (!sign_base64_read(key, bytes, sizeof bytes, &n) || n != sizeof bytes || (bytes[0] != NOTE_ED25519 && bytes[0] != NOTE_COSIGNATURE))
		return false;
	if (!note_key_make(&k, name, (enum note_kind)bytes[0], bytes + 1))
		return false;
	sign_hex(k.id, sizeof k.id, id);
	if (!span_is(hash, id))
		return false;
	*out = k;
	return true;
}

void note_key_write(const struct note_key *k, struct buf *out)
{
	uint8_t bytes[33] = { (uint8_t)k->kind };
	char id[9];
	memcpy(bytes + 1, k->public_key, 32);
	sign_hex(k->id, sizeof k->id, id);
	buf_addspan(out, k->name);
	buf_addf(out, "+%s+", id);
	sign_base64(bytes, sizeof bytes, out);
}

/* ---- reading ---- */

static enum err read_signature(struct arena *a, struct span line, struct note_signature *out, struct fault *f)
{
	struct span dash = SPAN(DASH);
	if (!span_starts(line, dash))
		return fault_set(f, ERR_SYNTAX, "", "a signature line begins with an EM DASH and a space, this one does not");
	line.p += dash.n;
	line.n -= dash.n;
	const char *space = memchr(line.p, ' ', line.n);
	struct span name = { line.p, space ? (size_t)(space - line.p) : 0 };
	if (!space || !name_ok(name))
		return fault_set(f, ERR_SYNTAX, "", "a signature line is \"— NAME BASE64\"; the name is missing or holds a space or '+'");
	struct span text = { space + 1, line.n - name.n - 1 };
	uint8_t *bytes = arena_alloc(a, text.n / 4 * 3 + 3);
	size_t n;
	if (!bytes)
		return ERR_NOMEM;
	if (!sign_base64_read(text, bytes, text.n / 4 * 3 + 3, &n) || n < 5)
		return fault_set(f, ERR_SYNTAX, "", "the signature of %.*s is no base64 of a key id and a signature", (int)(name.n < 80 ? name.n : 80), name.p);
	*out = (struct note_signature){ .name = name, .bytes = { (const char *)bytes + 4, n - 4 } };
	memcpy(out->id, bytes, 4);
	return ERR_OK;
}

enum err note_read(struct arena *a, struct span whole, struct note *out, struct fault *f)
{
	if (whole.n > NOTE_BYTES)
		return fault_set(f, ERR_LIMIT, "", "the note has %zu bytes, %u are allowed", whole.n, NOTE_BYTES);
	if (whole.n == 0 || whole.p[whole.n - 1] != '\n' || !text_ok(whole))
		return fault_set(f, ERR_SYNTAX, "", "a note is UTF-8 without control characters and ends with a newline");
	size_t cut = whole.n - 1, n = 0;
	while (cut > 0 && !(whole.p[cut] == '\n' && whole.p[cut - 1] == '\n'))
		cut--;
	if (cut == 0)
		return fault_set(f, ERR_SYNTAX, "", "a note has an empty line between its text and its signatures; there is none");
	for (size_t i = cut + 1; i < whole.n; i++)
		n += whole.p[i] == '\n';
	if (n == 0 || n > NOTE_SIGNATURES)
		return fault_set(f, ERR_SYNTAX, "", "the note has %zu signatures; 1 to %d are allowed", n, NOTE_SIGNATURES);
	struct note made = { .text = { whole.p, cut }, .signatures = arena_array(a, n, sizeof(*made.signatures)), .n_signatures = n };
	if (!made.signatures)
		return ERR_NOMEM;
	struct span rest = { whole.p + cut + 1, whole.n - cut - 1 };
	for (size_t i = 0; i < n; i++) {
		struct span line = { rest.p, (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p) };
		enum err e = read_signature(a, line, &made.signatures[i], f);
		if (e)
			return e;
		rest.p += line.n + 1;
		rest.n -= line.n + 1;
	}
	*out = made;
	return ERR_OK;
}

/* ---- checking and signing ---- */

/* What a cosignature is over. */
static bool cosigned(struct span text, uint64_t time, struct buf *out)
{
	buf_init(out, NOTE_BYTES + 100);
	buf_addf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
	buf_addspan(out, text);
	return buf_ok(out);
}

static bool holds(struct span text, const struct note_key *k, struct note_signature *s)
{
	const uint8_t *p = (const uint8_t *)s->bytes.p;
	if (k->kind == NOTE_ED25519)
		return s->bytes.n == 64 && sign_check(k->public_key, text, p);
	BUF_SCOPE struct buf message;
	uint64_t time = 0;
	if (s->bytes.n != 72)
		return false;
	for (int i = 0; i < 8; i++)
		time = time << 8 | p[i];
	if (!cosigned(text, time, &message) || !sign_check(k->public_key, buf_span(&message), p + 8))
		return false;
	s->time = time;
	return true;
}

bool note_signed_by(const struct note *n, const struct note_key *key)
{
	for (size_t i = 0; i < n->n_signatures; i++)
		if (n->signatures[i].by && n->signatures[i].by->kind == key->kind && span_eq(n->signatures[i].by->name, key->name) &&
			memcmp(n->signatures[i].by->public_key, key->public_key, sizeof(key->public_key)) == 0)
			return true;
	return false;
}

enum err note_check(struct note *n, const struct note_key *keys, size_t n_keys, struct fault *f)
{
	size_t good = 0;
	for (size_t i = 0; i < n->n_signatures; i++) {
		struct note_signature *s = &n->signatures[i];
		const struct note_key *k = keys;
		while (k < keys + n_keys && !(span_eq(k->name, s->name) && memcmp(k->id, s->id, sizeof(s->id)) == 0))
			k++;
		if (k == keys + n_keys || note_signed_by(n, k))
			continue;
		if (!holds(n->text, k, s))
			return fault_set(f, ERR_DENIED, "", "the signature of %.*s does not fit the note: it was changed after signing, or signed by another key",
				(int)(s->name.n < 80 ? s->name.n : 80), s->name.p);
		s->by = k;
		good++;
	}
	return good ? ERR_OK : fault_set(f, ERR_DENIED, "", "none of the %zu known keys has signed the note", n_keys);
}

void note_sign(struct span text, const struct sign_key *k, const struct note_key *as, uint64_t time, struct buf *line)
{
	uint8_t bytes[4 + 8 + 64], *p = bytes + 4;
	BUF_SCOPE struct buf message;
	memcpy(bytes, as->id, 4);
	buf_init(&message, 0);
	if (as->kind == NOTE_COSIGNATURE) {
		for (int i = 0; i < 8; i++)
			*p++ = (uint8_t)(time >> (56 - 8 * i));
		if (!cosigned(text, time, &message)) {
			line->failed = true;
			return;
		}
		text = buf_span(&message);
	}
	sign_bytes(k, text, p);
	buf_adds(line, DASH);
	buf_addspan(line, as->name);
	buf_addc(line, ' ');
	sign_base64(bytes, (size_t)(p + 64 - bytes), line);
	buf_addc(line, '\n');
}

/* ---- checkpoints ---- */

static bool next_line(struct span *rest, struct span *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	if (!end)
		return false;
	*line = (struct span){ rest->p, (size_t)(end - rest->p) };
	rest->n -= line->n + 1;
	rest->p = end + 1;
	return line->n > 0;
}

enum err checkpoint_read(struct span text, struct checkpoint *out, struct fault *f)
{
	struct span origin, size, root;
	struct checkpoint c = { .size = 0 };
	if (!next_line(&text, &origin) || !next_line(&text, &size) || !next_line(&text, &root))
		return fault_set(f, ERR_SYNTAX, "", "a checkpoint has three lines: the log's name, its size, its root hash");
	for (size_t i = 0; i < size.n; i++) {
		if (size.p[i] < '0' || size.p[i] > '9' || size.n > 18 || (size.p[0] == '0' && size.n > 1))
			return fault_set(f, ERR_SYNTAX, "", "the checkpoint's second line is no size: digits without leading zeros, at most 18");
		c.size = c.size * 10 + (uint64_t)(size.p[i] - '0');
	}
	if (!sign_hash_read(root, &c.root))
		return fault_set(f, ERR_SYNTAX, "", "the checkpoint's third line is no root hash: base64 of 32 bytes");
	c.origin = origin;
	*out = c;
	return ERR_OK;
}

void checkpoint_write(const struct checkpoint *c, struct buf *text)
{
	buf_addspan(text, c->origin);
	buf_addf(text, "\n%llu\n", (unsigned long long)c->size);
	sign_base64(c->root.b, sizeof c->root.b, text);
	buf_addc(text, '\n');
}
