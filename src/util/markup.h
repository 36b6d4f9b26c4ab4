/* SPDX-License-Identifier: Apache-2.0 */
/* Texts inside HTML and XML. */
#ifndef UTIL_MARKUP_H
#define UTIL_MARKUP_H
#include "util/buf.h"

/* As text, or inside a quoted attribute: & < > " ' are escaped; control characters that XML cannot hold become U+FFFD. */
void markup_add(struct buf *out, struct span text);
#endif
