/* SPDX-License-Identifier: Apache-2.0 */
/* What a name is, for the room formats: the public suffix list is known to match alone. */
#ifndef CLI_NEW_NAME_H
#define CLI_NEW_NAME_H
#include "formats/formats.h"

enum formats_name new_name_of(struct span name);
#endif
