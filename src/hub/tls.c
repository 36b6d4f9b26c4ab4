/* SPDX-License-Identifier: Apache-2.0 */
/* TLS material: checked before the server starts; clients' certificates on every request. */
#include <stdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include "hub/http_priv.h"

static gnutls_datum_t datum(struct span s)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)s.p, (unsigned)s.n };
}

enum err tls_check(const struct http_tls *t, struct fault *f)
{
	gnutls_certificate_credentials_t c;
	gnutls_datum_t certificate = datum(t->certificate), key = datum(t->key), ca = datum(t->client_ca);
	enum err e = ERR_OK;
	int rc;

	if (gnutls_certificate_allocate_credentials(&c) < 0)
		return fault_set(f, ERR_NOMEM, "", "no memory for TLS credentials");
	rc = gnutls_certificate_set_x509_key_mem(c, &certificate, &key, GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		e = fault_set(f, ERR_INVALID, "tls.certificate, tls.key", "%s; both must be PEM files, and the key that of the certificate", gnutls_strerror(rc));
	if (e == ERR_OK && t->client_ca.n && (rc = gnutls_certificate_set_x509_trust_mem(c, &ca, GNUTLS_X509_FMT_PEM)) <= 0)
		e = fault_set(f, ERR_INVALID, "tls.client_ca", "%s", rc < 0 ? gnutls_strerror(rc) : "the file holds no certificate");
	gnutls_certificate_free_credentials(c);
	return e;
}

bool tls_peer_holds(void *gnutls_session, char *why, size_t room)
{
	unsigned status = 0;
	gnutls_datum_t text;
	int rc = gnutls_certificate_verify_peers2(gnutls_session, &status);

	if (rc == GNUTLS_E_NO_CERTIFICATE_FOUND) {
		snprintf(why, room, "none was sent");
		return false;
	}
	if (rc < 0) {
		snprintf(why, room, "%s", gnutls_strerror(rc));
		return false;
	}
	if (status == 0)
		return true;
	if (gnutls_certificate_verification_status_print(status, gnutls_certificate_type_get(gnutls_session), &text, 0) < 0) {
		snprintf(why, room, "it does not hold");
		return false;
	}
	snprintf(why, room, "%s", (const char *)text.data);
	gnutls_free(text.data);
	return false;
}
