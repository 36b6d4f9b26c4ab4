/* SPDX-License-Identifier: Apache-2.0 */
/* For large locals on hot paths. */
#ifndef UTIL_RAW_H
#define UTIL_RAW_H

/* A local that is written before it is read, and known to be: the release build clears all others (-ftrivial-auto-var-init=zero), which for an array of a kilobyte costs more
 * than what is done with it. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define RAW __attribute__((uninitialized))
#endif
#endif
#ifndef RAW
#define RAW
#endif
#endif
