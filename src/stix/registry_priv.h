/* SPDX-License-Identifier: Apache-2.0 */
/* Names that STIX takes from other people's registries.  Each is a sorted list of lines "|word|word|", ended by NULL. */
#ifndef STIX_REGISTRY_PRIV_H
#define STIX_REGISTRY_PRIV_H
#include "util/span.h"

struct registry_kind {
	const char *name;
	const char *const *types;
};
extern const struct registry_kind registry_media[]; /* ends with a NULL name */
extern const char *const registry_services[], *const registry_charsets[], *const registry_ipfix[], *const registry_headers[], *const registry_pdf[];

bool registry_has(const char *const *lines, struct span word); /* to the letter */
bool registry_media_type(struct span type); /* "application/zip" */
#endif
