/* SPDX-License-Identifier: Apache-2.0 */
/* Names by the public suffix list, for rooms that do not know it. */
#include "match/match.h"

#include <libpsl.h>

enum match_name match_name_of(struct span name)
{
	const psl_ctx_t *psl = psl_builtin();
	char text[256];
	size_t tld = name.n;

	if (!psl || !name.n || name.n >= sizeof(text))
		return MATCH_NAME_HOST;
	memcpy(text, name.p, name.n);
	text[name.n] = 0;
	while (tld && text[tld - 1] != '.')
		tld--;
	if (!psl_is_public_suffix2(psl, text + tld, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
		return MATCH_NAME_UNKNOWN;
	return psl_is_public_suffix(psl, text) ? MATCH_NAME_SUFFIX : MATCH_NAME_HOST;
}
