/* SPDX-License-Identifier: Apache-2.0 */
/* Growing arrays and hashes of texts, for the tables of this room. */
#include "formats/formats_priv.h"
#include "util/alloc.h"

bool formats_room(void **v, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return true;
	size_t more = *room ? 2 * *room : 64;
	void *p = more < UINT32_MAX ? util_realloc(*v, more * size) : NULL;
	if (!p)
		return false;
	*v = p;
	*room = more;
	return true;
}

size_t formats_hash(struct span s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 29);
}
