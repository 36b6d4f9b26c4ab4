/* SPDX-License-Identifier: Apache-2.0 */
/* TLS of the HTTP server: versions, certificates of clients, large replies; and the sandbox. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <cmocka.h>
#include "hub/http.h"
#include "hub/hub.h"
#include "util/log.h"

/* ---- certificates made here ---- */

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t key_pem, crt_pem;
};
static struct identity authority, server, client, stranger, expired;

static void make(struct identity *x, const char *name, const struct identity *by, bool past)
{
	static unsigned char serial;
	time_t now = time(NULL);

	serial++;
	assert_int_equal(gnutls_x509_privkey_init(&x->key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(x->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&x->crt), 0);
	gnutls_x509_crt_set_version(x->crt, 3);
	gnutls_x509_crt_set_serial(x->crt, &serial, 1);
	gnutls_x509_crt_set_dn_by_oid(x->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_activation_time(x->crt, now - 7200);
	gnutls_x509_crt_set_expiration_time(x->crt, past ? now - 3600 : now + 3600);
	gnutls_x509_crt_set_key(x->crt, x->key);
	gnutls_x509_crt_set_basic_constraints(x->crt, by == NULL, -1);
	gnutls_x509_crt_set_key_usage(x->crt, by ? GNUTLS_KEY_DIGITAL_SIGNATURE : GNUTLS_KEY_KEY_CERT_SIGN);
	assert_int_equal(gnutls_x509_crt_sign2(x->crt, by ? by->crt : x->crt, by ? by->key : x->key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(x->crt, GNUTLS_X509_FMT_PEM, &x->crt_pem), 0);
	assert_int_equal(gnutls_x509_privkey_export2(x->key, GNUTLS_X509_FMT_PEM, &x->key_pem), 0);
}

static void drop(struct identity *x)
{
	gnutls_x509_privkey_deinit(x->key);
	gnutls_x509_crt_deinit(x->crt);
	gnutls_free(x->crt_pem.data);
	gnutls_free(x->key_pem.data);
}

static struct span text_of(gnutls_datum_t d)
{
	return (struct span){ (const char *)d.data, d.size };
}

/* ---- server ---- */

static struct http_server *s;

static void on_refuse(void *ctx, struct http_request *r, int status, const char *why)
{
	http_reply_add(r, arena_span(http_arena(r), span_of(why)));
	http_reply(r, status, "text/plain");
}

static void on_begin(void *ctx, struct http_request *r)
{
}

static void on_handle(void *ctx, struct http_request *r)
{
	static char block[1000];

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 3000; i++)
		http_reply_add(r, (struct span){ block, sizeof(block) });
	http_reply(r, 200, "text/plain");
}

static void on_done(void *ctx, struct http_request *r, bool complete)
{
}

static enum err start(const struct http_tls *tls, struct fault *f)
{
	struct http_options o = { .listen = "127.0.0.1:0", .threads = 2, .tls = tls, .begin = on_begin, .handle = on_handle, .refuse = on_refuse, .done = on_done, .limits = { .header_bytes = 8192, .body_bytes = 1 << 20, .connections = 100, .per_address = 100, .header_s = 5, .body_s = 5, .rate = 1000, .idle_s = 10 } };

	return http_start(&o, &s, f);
}

/* Status of GET /, 0 where the handshake or the answer failed; *n: bytes of the answer. */
static int get(const char *priority, const struct identity *me, size_t *n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static char answer[4 << 20];
	const char *ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	gnutls_session_t t;
	gnutls_certificate_credentials_t c;
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc, status = 0;
	ssize_t r;

	*n = 0;
	answer[0] = 0;
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	gnutls_certificate_allocate_credentials(&c);
	if (me)
		gnutls_certificate_set_x509_key_mem(c, &me->crt_pem, &me->key_pem, GNUTLS_X509_FMT_PEM);
	gnutls_init(&t, GNUTLS_CLIENT);
	gnutls_priority_set_direct(t, priority, NULL);
	gnutls_credentials_set(t, GNUTLS_CRD_CERTIFICATE, c);
	gnutls_transport_set_int(t, fd);
	gnutls_handshake_set_timeout(t, 5000);
	do
		rc = gnutls_handshake(t);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	if (rc == 0 && gnutls_record_send(t, ask, strlen(ask)) > 0) {
		while ((r = gnutls_record_recv(t, answer + *n, sizeof(answer) - 1 - *n)) > 0 || r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED)
			*n += r > 0 ? (size_t)r : 0;
		answer[*n] = 0;
		status = *n > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
	}
	gnutls_deinit(t);
	gnutls_certificate_free_credentials(c);
	close(fd);
	return status;
}

/* ---- tests ---- */

static int setup(void **state)
{
	make(&authority, "authority", NULL, false);
	make(&server, "127.0.0.1", &authority, false);
	make(&client, "client", &authority, false);
	make(&expired, "expired", &authority, true);
	make(&stranger, "stranger", NULL, false);
	return 0;
}

static int teardown(void **state)
{
	drop(&authority);
	drop(&server);
	drop(&client);
	drop(&expired);
	drop(&stranger);
	return 0;
}

static void test_versions(void **state)
{
	struct http_tls tls = { .certificate = text_of(server.crt_pem), .key = text_of(server.key_pem) };
	size_t n;

	assert_int_equal(start(&tls, NULL), ERR_OK);
	assert_int_equal(get("NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL, &n), 200);
	assert_true(n > 3000000 && n < 3001000);
	assert_int_equal(get("NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL, &n), 0);
	http_stop(s, 5);
	tls.tls12 = true;
	assert_int_equal(start(&tls, NULL), ERR_OK);
	assert_int_equal(get("NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL, &n), 200);
	assert_int_equal(get("NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL, &n), 200);
	assert_int_equal(get("NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", NULL, &n), 0);
	http_stop(s, 5);
}

static void test_client_certificates(void **state)
{
	struct http_tls tls = { .certificate = text_of(server.crt_pem), .key = text_of(server.key_pem), .client_ca = text_of(authority.crt_pem) };
	size_t n;

	assert_int_equal(start(&tls, NULL), ERR_OK);
	assert_int_equal(get("NORMAL", &client, &n), 200);
	assert_int_equal(get("NORMAL", NULL, &n), 403);
	assert_int_equal(get("NORMAL", &expired, &n), 403);
	assert_true(get("NORMAL", &stranger, &n) != 200); /* the client may not even send what the server's list of authorities leaves out */
	http_stop(s, 5);
}

static void test_bad_material(void **state)
{
	struct http_tls tls = { .certificate = text_of(server.crt_pem), .key = text_of(client.key_pem) };
	struct fault f = { 0 };

	assert_int_equal(start(&tls, &f), ERR_INVALID);
	assert_non_null(strstr(f.where, "tls.key"));
	tls.key = SPAN("nonsense");
	assert_int_equal(start(&tls, &f), ERR_INVALID);
	tls.key = text_of(server.key_pem);
	tls.client_ca = SPAN("nonsense");
	assert_int_equal(start(&tls, &f), ERR_INVALID);
	assert_non_null(strstr(f.where, "tls.client_ca"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "TLS 1.3, and 1.2 where it is asked for", test_versions, NULL, NULL, NULL },
		{ "where a client authority is set, every request needs a certificate of it", test_client_certificates, NULL, NULL, NULL },
		{ "certificates and keys that do not fit are told before serving", test_bad_material, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
