/* SPDX-License-Identifier: Apache-2.0 */
/* musubi export --as: indicators on their way into other tools' formats. */
#ifndef CLI_EXPORT_AS_H
#define CLI_EXPORT_AS_H
#include "cli/cmd.h"

#define EXPORT_AS_WORDS \
	"words:text csv json hosts rpz unbound dnsmasq squid squid-ip squid-url nftables zeek suricata suricata-domains suricata-agents suricata-ips suricata-md5 suricata-sha1 suricata-sha256"

struct export_as;
/* By --as (or --json), --min-confidence, --kind.  ERR_USAGE says what is allowed. */
enum err export_as_new(struct cmd_args *a, struct export_as **out, struct fault *f) CHECK_RESULT;
void export_as_free(struct export_as *x);
/* One object's bytes; other types than indicators and marking definitions are passed over. */
enum err export_as_take(struct export_as *x, struct span raw, struct fault *f) CHECK_RESULT;
/* All objects of a file: bundle, envelope, NDJSON. */
enum err export_as_file(struct export_as *x, const char *path, struct fault *f) CHECK_RESULT;
/* Writes to standard output, and says on standard error what was left out and why. */
enum err export_as_write(struct export_as *x, struct fault *f) CHECK_RESULT;
#endif
