/* SPDX-License-Identifier: Apache-2.0 */
/* A commitment's figures, for a terminal, as JSON, CSV, a page, and IATI. */
#ifndef CLI_COMMITMENT_OUT_H
#define CLI_COMMITMENT_OUT_H
#include "accord/commitment.h"
#include "cli/open.h"

struct commitment_view {
	struct arena *a;
	const struct accord_hub *hub;
	const struct commitment *c;
	struct commitment_figure *figures; /* one an indicator */
	struct commitment_public *shown; /* one an indicator; NULL: everything may be seen */
	struct commitment_names names;
	struct timestamp at;
	int64_t up_to;
};
/* A text, or the best of texts by language. */
struct span commitment_text(struct json v);
void commitment_print(struct cmd_args *a, const struct commitment_view *v);
void commitment_json(const struct commitment_view *v, struct json_out *o);
void commitment_csv(const struct commitment_view *v, struct buf *out);
void commitment_html(const struct commitment_view *v, struct buf *out);
enum err commitment_iati(const struct commitment_view *v, struct buf *out) CHECK_RESULT;
#endif
