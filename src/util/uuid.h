/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs (RFC 9562): parse, print, random (v4), named (v5). */
#ifndef UTIL_UUID_H
#define UTIL_UUID_H
#include <stdint.h>
#include "util/span.h"

struct uuid {
	uint8_t b[16];
};
#define UUID_TEXT 37

/* Lower-case canonical text only (STIX 2.1 §2.9); false otherwise. */
bool uuid_parse(struct span text, struct uuid *out);
void uuid_format(const struct uuid *u, char out[static UUID_TEXT]);
int uuid_version(const struct uuid *u);
/* Version 4 from 16 random bytes given by the caller. */
struct uuid uuid_v4(const uint8_t random[static 16]);
/* Version 7: milliseconds since 1970 (48 bits), then the random bytes' last ten: ids given one after the other rise, so an index of them grows at its end.
 * Of random bytes all 0 (with their marks): no id of that millisecond or later is less. */
struct uuid uuid_v7(int64_t ms, const uint8_t random[static 16]);
/* Version 5: SHA-1 of namespace and name. */
struct uuid uuid_v5(const struct uuid *ns, struct span name);
/* Fills p with n random bytes from the kernel.  Only rooms of floor 5 and above may call it; aborts if the kernel has none. */
void random_bytes(void *p, size_t n);
#endif
