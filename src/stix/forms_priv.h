/* SPDX-License-Identifier: Apache-2.0 */
/* Small forms that more than one file asks for. */
#ifndef STIX_FORMS_PRIV_H
#define STIX_FORMS_PRIV_H
#include "util/span.h"

bool form_hex_digit(char c);
bool form_digits(struct span s, size_t n); /* exactly n hexadecimal digits */
bool form_key(struct span key); /* a dictionary's key: a-z A-Z 0-9 - _, at most 250 (§2.3) */
bool form_lower_words(struct span s); /* lower case, neither spaces nor underscores, a letter in it */
bool form_language(struct span s); /* registered language of two or three letters */
#endif
