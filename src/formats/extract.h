/* SPDX-License-Identifier: Apache-2.0 */
/* Values in prose: what a report, a mail or an advisory names, defanged or not, in scripts with spaces and without. */
#ifndef FORMATS_EXTRACT_H
#define FORMATS_EXTRACT_H
#include "formats/formats.h"

/* Why something that looks like a value may be none; `left`: it is not taken unless somebody asks for it. */
#define FORMATS_DOUBT_LIST(X) \
	X(NONE, "", false) \
	X(DOCUMENTATION, "an address or name reserved for examples", false) \
	X(PRIVATE, "a private or reserved address", true) \
	X(SUFFIX, "a public suffix, under which anyone can register", true) \
	X(FILE, "looks like a file name", true) \
	X(VERSION, "looks like a version number", true) \
	X(SENTENCE, "looks like the end of a sentence without a space", true) \
	X(PRODUCT, "the name of a product", true) \
	X(REFERENCE, "not defanged, while others in this text are: probably a source or a contact", true)
enum formats_doubt {
#define X(d, text, left) FORMATS_DOUBT_##d,
	FORMATS_DOUBT_LIST(X)
#undef X
		FORMATS_DOUBTS
};
const char *formats_doubt_text(enum formats_doubt d);
bool formats_doubt_left(enum formats_doubt d);

struct formats_found {
	enum formats_sort sort;
	struct span value; /* normal form */
	struct span text; /* as it stands, in the text that was given */
	size_t line, column; /* of the first place, from 1; the column in characters */
	size_t times;
	bool defanged; /* at one place at least */
	enum formats_doubt doubt;
};
struct formats_findings {
	struct formats_found *v; /* in the order of the text, each value once */
	size_t n;
};
/* Finds URLs, e-mail addresses, IPv4 and IPv6 addresses and networks, domains, hashes, JA4 fingerprints, CVEs, ATT&CK ids.  The text is UTF-8; the list lives in a, the
 * texts in `text`.  name_of may be NULL: then names are judged by their form.  ERR_LIMIT past BOUND_PROSE_BYTES, ERR_NOMEM. */
enum err formats_extract(struct arena *a, struct span text, formats_name_of *name_of, struct formats_findings *out, struct fault *f) CHECK_RESULT;
#endif
