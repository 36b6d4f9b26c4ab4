/* SPDX-License-Identifier: Apache-2.0 */
/* Warning lists in MISP's format: values that are well known and mostly good. */
#ifndef FORMATS_WARNING_H
#define FORMATS_WARNING_H
#include "formats/formats.h"

struct formats_warnings;
struct formats_warnings *formats_warnings_new(void);
void formats_warnings_free(struct formats_warnings *w);
/* One list: {"name","type","list":[…]}; types cidr, hostname (a name and what is below it), string (exact) and substring; *unread counts entries that are none, and all of a
 * regex.  ERR_SYNTAX, ERR_INVALID, ERR_LIMIT, ERR_NOMEM. */
enum err formats_warnings_add(struct formats_warnings *w, struct span json, uint64_t *unread, struct fault *f) CHECK_RESULT;
/* Name of a list that the value (normal form) is on, or NULL.  A network is on a list where it overlaps one of its networks.  A URL is compared as a whole, not by its
 * host: a bad page may lie on a good server. */
const char *formats_warnings_find(const struct formats_warnings *w, enum formats_sort sort, struct span value);
#endif
