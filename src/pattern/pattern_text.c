/* SPDX-License-Identifier: Apache-2.0 */
/* LIKE, and text against bytes (STIX 2.1 §9.6.1, §9.7). */
#include "pattern/pattern_code_priv.h"

#include <string.h>

#include "util/unicode.h"

static size_t skip(struct span s, size_t at)
{
	int32_t c;

	return at + unicode_next((struct span){ s.p + at, s.n - at }, &c);
}

/* Where the segment (no %) ends when it begins at `at`; SIZE_MAX where it does not fit. */
static size_t segment_end(struct span segment, struct span text, size_t at)
{
	for (size_t i = 0; i < segment.n; i++) {
		if (at >= text.n)
			return SIZE_MAX;
		if (segment.p[i] == '_')
			at = skip(text, at);
		else if (segment.p[i] != text.p[at++])
			return SIZE_MAX;
	}
	return at;
}

/* Where the segment first fits from `at` on, its end in *end; linear where it has no _. */
static bool segment_find(struct span segment, struct span text, size_t at, uint32_t *steps, size_t *end)
{
	if (!segment.n || !memchr(segment.p, '_', segment.n)) {
		const char *found = segment.n ? memmem(text.p + at, text.n - at, segment.p, segment.n) : text.p + at;

		*end = found ? (size_t)(found - text.p) + segment.n : 0;
		return found;
	}
	for (;; at = skip(text, at)) {
		*end = segment_end(segment, text, at);
		if (*end != SIZE_MAX)
			return true;
		*steps -= *steps < segment.n ? *steps : (uint32_t)segment.n;
		if (at >= text.n || !*steps)
			return false;
	}
}

/* The segment as the text's last characters, not before `at`. */
static bool segment_last(struct span segment, struct span text, size_t at)
{
	size_t from = text.n;

	for (size_t i = segment.n; i > 0; i--) {
		if (((unsigned char)segment.p[i - 1] & 0xC0) == 0x80)
			continue; /* a character's first byte stands for it */
		if (from <= at)
			return false;
		for (from--; from > at && ((unsigned char)text.p[from] & 0xC0) == 0x80;)
			from--;
	}
	return segment_end(segment, text, from) == text.n;
}

bool like_matches(struct span like, struct span text, uint32_t *steps)
{
	size_t at = 0;

	for (bool first = true;; first = false) {
		const char *percent = like.n ? memchr(like.p, '%', like.n) : NULL;
		struct span segment = { like.p, percent ? (size_t)(percent - like.p) : like.n };

		if (!percent)
			return first ? segment_end(segment, text, 0) == text.n : segment_last(segment, text, at);
		if (first ? (at = segment_end(segment, text, 0)) == SIZE_MAX : !segment_find(segment, text, at, steps, &at))
			return false;
		like.p = percent + 1;
		like.n -= segment.n + 1;
	}
}

bool is_latin(struct span text)
{
	for (size_t at = 0; at < text.n;)
		if (unicode_latin(text, &at) < 0)
			return false;
	return true;
}

bool latin_compare(struct span text, struct span bytes, int *order)
{
	size_t i = 0;

	*order = 0;
	for (size_t at = 0; at < text.n; i++) {
		int c = unicode_latin(text, &at);

		if (c < 0)
			return false;
		if (*order == 0)
			*order = i < bytes.n ? (c > (unsigned char)bytes.p[i]) - (c < (unsigned char)bytes.p[i]) : 1;
	}
	if (*order == 0 && i < bytes.n)
		*order = -1;
	return true;
}
