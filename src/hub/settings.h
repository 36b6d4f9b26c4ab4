/* SPDX-License-Identifier: Apache-2.0 */
/* Every setting of a hub in one list: id, key, type, default, least, most, unit, what it does and why that default. */
#ifndef HUB_SETTINGS_H
#define HUB_SETTINGS_H
#include <stdint.h>
#include "accord/accord.h"
#include "util/bounds.h"

/* Rows marked + are read again while the hub runs; the others when it starts. */
#define HUB_SETTING_LIST(X) \
	X(PUBLIC_URL, "public.url", "text", "", 0, 512, "", "+ base URL that members use, where a proxy stands in front; empty: taken from the request's Host") \
	X(CONTACT, "contact", "text", "", 0, 512, "", "+ whom to ask about this hub; shown in the TAXII discovery") \
	X(ANONYMOUS, "anonymous", "boolean", "false", 0, 1, "", "+ may those who did not log in read what is TLP:CLEAR? Off, so that publishing is a decision") \
	X(PAGE_OBJECTS, "page.objects", "integer", "5000", 1, 100000, "objects", "+ most objects of one page; a client's smaller limit counts") \
	X(PAGE_BYTES, "page.bytes", "integer", "33554432", 65536, 268435456, "bytes", "+ a page ends early past this: it is held in memory until it is sent") \
	X(BODY_BYTES, "body.bytes", "integer", "67108864", 1024, 67108864, "bytes", "+ largest request body; told to clients as max_content_length") \
	X(HEADER_BYTES, "header.bytes", "integer", "16384", 4096, 262144, "bytes", "largest headers of one request; no honest client needs half of it, and each connection costs twice of it") \
	X(CONNECTIONS, "connections", "integer", "4000", 10, 100000, "connections", "most connections at a time; a waiting one costs some 20 KB") \
	X(CONNECTIONS_ADDRESS, "connections.address", "integer", "512", 1, 100000, "connections", "most connections from one address; an office shares one") \
	X(RATE_REQUESTS, "rate.requests", "integer", "1000", 0, 1000000, "requests/s", "+ one principal's requests in a second, twice that in a burst; past it 429. 0: no limit") \
	X(RATE_LOGINS, "rate.logins", "integer", "30", 0, 100000, "failures/min", "+ failed log-ins of one address in a minute; past it 429, right or wrong. 0: no limit") \
	X(RATE_BYTES, "rate.bytes", "integer", "2048", 1, 1000000000, "bytes/s", "a body or a reply that moves more slowly is cut, beyond timeout.body") \
	X(TIMEOUT_HEADER, "timeout.header", "integer", "10", 1, 600, "s", "a request's headers must be complete after this") \
	X(TIMEOUT_BODY, "timeout.body", "integer", "20", 1, 3600, "s", "grace of a body or a reply before rate.bytes counts") \
	X(TIMEOUT_IDLE, "timeout.idle", "integer", "75", 1, 3600, "s", "an open connection without a request; longer than the 30 s between polls") \
	X(WAIT_SECONDS, "wait.seconds", "integer", "60", 0, 600, "s", "+ most that Prefer: wait is granted; proxies cut at 60 to 100") \
	X(STREAM_HEARTBEAT, "stream.heartbeat", "integer", "15", 1, 300, "s", "+ a stream says something at least so often, so that proxies keep it") \
	X(STREAM_SECONDS, "stream.seconds", "integer", "3600", 1, 86400, "s", "+ a stream ends after this and the client comes again") \
	X(STREAMS_PRINCIPAL, "streams.principal", "integer", "64", 1, 100000, "streams", "+ streams and long polls of one principal at a time") \
	X(DRAIN_SECONDS, "drain.seconds", "integer", "10", 0, 600, "s", "what is under way at the stop may take so long") \
	X(THREADS, "threads", "integer", "0", 0, 256, "threads", "that serve requests; 0: one a core") \
	X(TLS_CERTIFICATE, "tls.certificate", "text", "", 0, 4096, "", "PEM file with the certificate and its chain; empty: no TLS, loopback only") \
	X(TLS_KEY, "tls.key", "text", "", 0, 4096, "", "PEM file with the certificate's key") \
	X(TLS_CLIENT_CA, "tls.client_ca", "text", "", 0, 4096, "", "PEM file; where set, every client must show a certificate of it") \
	X(TLS_MINIMUM, "tls.minimum", "text", "1.3", 0, 8, "", "oldest TLS: 1.3, or 1.2 for clients that cannot do better") \
	X(LOG_PUBLIC, "log.public", "boolean", "false", 0, 1, "", "+ may those who did not log in follow the transparency log? It holds commitments only, but its growth shows how much is shared, and when") \
	X(LOG_LEVEL, "log.level", "text", "info", 0, 8, "", "+ error, warn, info or debug (a line a request)") \
	X(LOG_JSON, "log.json", "boolean", "false", 0, 1, "", "log lines as JSON")
enum hub_setting_id {
#define X(id, ...) HUB_##id,
	HUB_SETTING_LIST(X)
#undef X
		HUB_SETTINGS
};

/* The room's tables are there after this. */
enum err hub_settings_open(struct accord *a, struct fault *f) CHECK_RESULT;
/* All values in force. Text lives in `to`. */
struct hub_values {
	int64_t number[HUB_SETTINGS]; /* integers and booleans */
	struct span text[HUB_SETTINGS];
};
enum err hub_values_read(struct accord *a, struct arena *to, struct hub_values *out, struct fault *f) CHECK_RESULT;
bool hub_setting_live(enum hub_setting_id id);
#endif
