/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern for people: its tree, and how an analyst reads it. */
#ifndef PATTERN_PATTERN_EXPLAIN_H
#define PATTERN_PATTERN_EXPLAIN_H
#include "pattern/pattern.h"
#include "util/json.h"

/* One line a node, with lines that lead to it. */
void pattern_tree(const struct pattern *p, struct buf *out);
/* Plain English, an outline where there is more than one observation. */
void pattern_words(const struct pattern *p, struct buf *out);
/* {"kind","parts"} … {"kind":"comparison","type","path","operator","negated","values"}, qualifiers where they stand. */
void pattern_tree_json(const struct pattern *p, struct json_out *out);
#endif
