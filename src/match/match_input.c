/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a log file, taken out of gzip, zstd or xz where it is packed.  Several packed pieces behind one another are one log. */
#include "match/match_input.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "util/alloc.h"

#define BLOCK (256u << 10)
#define MOST_MEMORY (512u << 20) /* that an xz file may ask for */

enum packing { PLAIN,
	GZIP,
	ZSTD,
	XZ };
struct match_input {
	int fd;
	enum packing packing;
	bool known, ended /* of the file */, inside /* a packed piece */;
	uint64_t at;
	unsigned char *block;
	size_t from, n; /* what is left of the block */
	z_stream z;
	ZSTD_DStream *zstd;
	lzma_stream xz;
};

struct match_input *match_input_new(int fd)
{
	struct match_input *in = util_calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->fd = fd;
	in->block = util_malloc(BLOCK);
	if (in->block)
		return in;
	match_input_free(in);
	return NULL;
}

void match_input_free(struct match_input *in)
{
	if (!in)
		return;
	if (in->packing == GZIP)
		inflateEnd(&in->z);
	if (in->packing == ZSTD)
		ZSTD_freeDStream(in->zstd);
	if (in->packing == XZ)
		lzma_end(&in->xz);
	free(in->block);
	free(in);
}

uint64_t match_input_at(const struct match_input *in)
{
	return in->at;
}

const char *match_input_packed(const struct match_input *in)
{
	static const char *const names[] = { "", "gzip", "zstd", "xz" };

	return names[in->packing];
}

static ssize_t trouble(struct fault *f, enum err e, const char *what)
{
	fault_set(f, e, "", "%s", what);
	return -1;
}

static ssize_t read_some(struct match_input *in, void *to, size_t room, struct fault *f)
{
	ssize_t n;

	do {
		n = read(in->fd, to, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return trouble(f, ERR_IO, strerror(errno));
	in->at += (uint64_t)n;
	in->ended = n == 0;
	return n;
}

static bool refill(struct match_input *in, struct fault *f)
{
	ssize_t n;

	if (in->from < in->n || in->ended)
		return true;
	n = read_some(in, in->block, BLOCK, f);
	in->from = 0;
	in->n = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

/* The first bytes tell. */
static bool look(struct match_input *in, struct fault *f)
{
	static const unsigned char gzip[] = { 0x1F, 0x8B }, zstd[] = { 0x28, 0xB5, 0x2F, 0xFD }, xz[] = { 0xFD, '7', 'z', 'X', 'Z', 0 };
	const unsigned char *p = in->block;

	while (in->n < sizeof(xz) && !in->ended) {
		ssize_t n = read_some(in, in->block + in->n, BLOCK - in->n, f);

		if (n < 0)
			return false;
		in->n += (size_t)n;
		if (in->n && p[0] != gzip[0] && p[0] != zstd[0] && p[0] != xz[0])
			break; /* a stream may give its lines one by one */
	}
	in->known = true;
	if (in->n >= sizeof(gzip) && memcmp(p, gzip, sizeof(gzip)) == 0 && inflateInit2(&in->z, 15 + 16) == Z_OK)
		in->packing = GZIP;
	else if (in->n >= sizeof(zstd) && memcmp(p, zstd, sizeof(zstd)) == 0 && (in->zstd = ZSTD_createDStream()))
		in->packing = ZSTD;
	else if (in->n >= sizeof(xz) && memcmp(p, xz, sizeof(xz)) == 0 && lzma_stream_decoder(&in->xz, MOST_MEMORY, LZMA_CONCATENATED) == LZMA_OK)
		in->packing = XZ;
	return true;
}

#define DAMAGED "the packed data is damaged; what came before was searched"
#define CUT "the file ends in the middle of its packed data; what came before was searched"

static ssize_t read_gzip(struct match_input *in, char *to, size_t room, struct fault *f)
{
	size_t had;
	int e;

	in->z.next_in = in->block + in->from;
	in->z.avail_in = (uInt)(in->n - in->from);
	in->z.next_out = (unsigned char *)to;
	in->z.avail_out = (uInt)room;
	had = in->z.avail_in;
	e = inflate(&in->z, Z_NO_FLUSH);
	in->from += had - in->z.avail_in;
	in->inside |= had > 0;
	if (e == Z_STREAM_END) {
		in->inside = false;
		inflateReset(&in->z);
		while (in->from < in->n && !in->block[in->from]) /* padding of tapes */
			in->from++;
	} else if (e != Z_OK && e != Z_BUF_ERROR) {
		if (room == in->z.avail_out)
			return trouble(f, ERR_INVALID, DAMAGED);
	}
	return (ssize_t)(room - in->z.avail_out);
}

static ssize_t read_zstd(struct match_input *in, char *to, size_t room, struct fault *f)
{
	ZSTD_inBuffer from = { in->block + in->from, in->n - in->from, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t e = ZSTD_decompressStream(in->zstd, &out, &from);

	in->from += from.pos;
	if (ZSTD_isError(e))
		return trouble(f, ERR_INVALID, DAMAGED);
	in->inside = e != 0 && (in->inside || from.pos);
	return (ssize_t)out.pos;
}

static ssize_t read_xz(struct match_input *in, char *to, size_t room, struct fault *f)
{
	lzma_ret e;

	in->xz.next_in = in->block + in->from;
	in->xz.avail_in = in->n - in->from;
	in->xz.next_out = (unsigned char *)to;
	in->xz.avail_out = room;
	e = lzma_code(&in->xz, in->ended ? LZMA_FINISH : LZMA_RUN);
	in->from = in->n - in->xz.avail_in;
	in->inside = e != LZMA_STREAM_END;
	if (e == LZMA_MEMLIMIT_ERROR)
		return trouble(f, ERR_LIMIT, "unpacking needs more than 512 MiB; unpack it first");
	if (e != LZMA_OK && e != LZMA_STREAM_END && e != LZMA_BUF_ERROR)
		return trouble(f, ERR_INVALID, DAMAGED);
	return (ssize_t)(room - in->xz.avail_out);
}

ssize_t match_input_read(struct match_input *in, char *to, size_t room, struct fault *f)
{
	static ssize_t (*const unpack[])(struct match_input *, char *, size_t, struct fault *) = { [GZIP] = read_gzip, [ZSTD] = read_zstd, [XZ] = read_xz };

	if (!in->known && !look(in, f))
		return -1;
	if (in->packing == PLAIN) {
		size_t n = in->n - in->from < room ? in->n - in->from : room;

		if (!n)
			return read_some(in, to, room, f);
		memcpy(to, in->block + in->from, n);
		in->from += n;
		return (ssize_t)n;
	}
	for (;;) {
		bool last;
		ssize_t n;

		if (!refill(in, f))
			return -1;
		last = in->ended && in->from == in->n;
		if (last && !in->inside)
			return 0;
		n = unpack[in->packing](in, to, room, f);
		if (n)
			return n;
		if (last)
			return in->inside ? trouble(f, ERR_INVALID, CUT) : 0;
	}
}
