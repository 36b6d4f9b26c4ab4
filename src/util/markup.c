/* SPDX-License-Identifier: Apache-2.0 */
/* Texts inside HTML and XML. */
#include "util/markup.h"

static const char *instead_of(unsigned char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	case '\t':
	case '\n':
	case '\r': return NULL;
	default: return c < ' ' || c == 127 ? "\xef\xbf\xbd" : NULL;
	}
}

void markup_add(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char *s = instead_of((unsigned char)text.p[i]);
		if (s)
			buf_adds(out, s);
		else
			buf_addc(out, text.p[i]);
	}
}
