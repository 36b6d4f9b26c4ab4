/* SPDX-License-Identifier: Apache-2.0 */
/* Lines from a descriptor: UTF-8 or UTF-16, with or without a byte order mark, ended by LF, CR LF or CR. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "formats/formats_priv.h"
#include "util/alloc.h"
#include "util/bounds.h"

enum { BLOCK = 128 << 10 };
enum coding { UNKNOWN,
	UTF8,
	UTF16LE,
	UTF16BE };

struct formats_lines {
	int fd;
	struct buf text; /* UTF-8; what is before `at` was given out */
	size_t at;
	uint64_t bytes;
	enum coding coding;
	uint8_t odd[4]; /* UTF-16: what a block ended in the middle of */
	size_t odds;
	bool end, after_cr, skipping; /* skipping: the rest of a line that was cut */
	uint8_t block[BLOCK];
};

struct formats_lines *formats_lines_new(int fd)
{
	struct formats_lines *l = util_malloc(sizeof(*l));

	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct formats_lines, block));
	l->fd = fd;
	buf_init(&l->text, BOUND_LIST_LINE + 4 * BLOCK);
	return l;
}

void formats_lines_free(struct formats_lines *l)
{
	if (!l)
		return;
	buf_release(&l->text);
	free(l);
}

uint64_t formats_lines_at(const struct formats_lines *l)
{
	return l->bytes;
}

/* ---- UTF-16 ---- */

static void add_code(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
	} else if (c < 0x800) {
		buf_addc(b, (char)(0xC0 | c >> 6));
		buf_addc(b, (char)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xE0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_addc(b, (char)(0x80 | (c & 0x3F)));
	} else {
		buf_addc(b, (char)(0xF0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3F)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_addc(b, (char)(0x80 | (c & 0x3F)));
	}
}

static uint32_t unit(const struct formats_lines *l, const uint8_t *p)
{
	return l->coding == UTF16LE ? p[0] | (uint32_t)p[1] << 8 : p[1] | (uint32_t)p[0] << 8;
}

static void add_utf16(struct formats_lines *l, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i + 2 <= n) {
		uint32_t c = unit(l, p + i);
		if (c >= 0xD800 && c < 0xDC00) {
			if (i + 4 > n)
				break;
			uint32_t low = unit(l, p + i + 2);
			bool pair = low >= 0xDC00 && low < 0xE000;
			add_code(&l->text, pair ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD);
			i += pair ? 4 : 2;
			continue;
		}
		add_code(&l->text, c >= 0xDC00 && c < 0xE000 ? 0xFFFD : c);
		i += 2;
	}
	l->odds = n - i;
	memcpy(l->odd, p + i, l->odds);
}

static void add_block(struct formats_lines *l, const uint8_t *p, size_t n)
{
	if (l->coding == UNKNOWN) {
		l->coding = UTF8;
		if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
			p += 3;
			n -= 3;
		} else if (n >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) {
			l->coding = p[0] == 0xFF ? UTF16LE : UTF16BE;
			p += 2;
			n -= 2;
		}
	}
	if (l->coding == UTF8)
		buf_add(&l->text, p, n);
	else
		add_utf16(l, p, n);
}

/* ---- reading ---- */

/* Reads on; what was given out makes room. */
static enum err more(struct formats_lines *l, struct fault *f)
{
	size_t had = l->coding == UTF8 ? 0 : l->odds; /* pairs that were cut stand in front of the block */

	if (l->at) {
		memmove(l->text.p, l->text.p + l->at, l->text.n - l->at);
		l->text.n -= l->at;
		l->at = 0;
	}
	memcpy(l->block, l->odd, had);
	ssize_t n;
	do {
		n = read(l->fd, l->block + had, sizeof(l->block) - had);
		/* the mark decides how to read on, so that it must come whole */
		while (n > 0 && l->coding == UNKNOWN && n < 3) {
			ssize_t rest = read(l->fd, l->block + n, 3 - (size_t)n);
			if (rest <= 0)
				break;
			n += rest;
		}
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault_set(f, ERR_IO, "", "reading failed: %s", strerror(errno));
	l->bytes += (uint64_t)n;
	l->end = n == 0;
	l->odds = 0;
	if (n)
		add_block(l, l->block, had + (size_t)n);
	return buf_ok(&l->text) ? ERR_OK : ERR_NOMEM;
}

enum err formats_lines_head(struct formats_lines *l, struct span *head, struct fault *f)
{
	while (!l->end && l->text.n < 16384) {
		enum err e = more(l, f);
		if (e != ERR_OK)
			return e;
	}
	*head = buf_span(&l->text);
	return ERR_OK;
}

/* Length of the line at p, without its end; n where none ends here. */
static size_t line_length(const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n), *cr = memchr(p, '\r', lf ? (size_t)(lf - p) : n);

	return cr ? (size_t)(cr - p) : lf ? (size_t)(lf - p)
					  : n;
}

enum err formats_lines_next(struct formats_lines *l, struct span *line, bool *whole, struct fault *f)
{
	for (;;) {
		if (l->after_cr && l->at < l->text.n) {
			l->at += l->text.p[l->at] == '\n';
			l->after_cr = false;
		}
		size_t left = l->text.n - l->at, n = left ? line_length(l->text.p + l->at, left) : 0;
		bool ended = n < left || (l->end && left);
		if (!ended && !l->end && left < BOUND_LIST_LINE) {
			enum err e = more(l, f);
			if (e != ERR_OK)
				return e;
			continue;
		}
		if (!left && l->end)
			return ERR_NOTFOUND;
		*whole = ended;
		*line = (struct span){ l->text.p + l->at, n };
		l->after_cr = n < left && l->text.p[l->at + n] == '\r';
		l->at += n + (n < left);
		if (!l->skipping) {
			l->skipping = !ended;
			return ERR_OK;
		}
		l->skipping = !ended;
	}
}
