/*
 * Certificates and keys: see net_tls_pair.h.
 */
#include "net_tls_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* A handshake with ourselves takes three turns, and more with a long chain. */
#define TLS_TURNS_MAX 64

/* HTTP/2 has frames of its own, which ours must not go into. */
static const unsigned char tls_alpn[] = "\x08http/1.1";

static int
tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size,
    const unsigned char *in, unsigned in_size, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_size, tls_alpn,
	    sizeof(tls_alpn) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

void
netd_tls_harden(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Tickets do for those who come again, and take no memory here. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ctx, tls_on_alpn, NULL);
}

/* ---- reading ---- */

/* OpenSSL's own word for what failed first. */
static const char *
tls_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason != NULL ? reason : "OpenSSL does not say why";
}

/* OpenSSL tells badly why a file can't be read. */
static bool
tls_can_read(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char byte;
	ssize_t got = fd < 0 ? -1 : read(fd, &byte, 1);

	if (got < 0)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	else if (got == 0)
		snprintf(why, size, "%s: it is empty", path);
	if (fd >= 0)
		close(fd);
	return got > 0;
}

/* Nobody is there to type it. */
static int
tls_on_passphrase(char *buffer, int size, int is_writing, void *is_locked)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	*(bool *)is_locked = true;
	return -1;
}

/* Says what is wrong with file 'path' of certificates. */
static void
tls_no_cert(const char *path, char *why, size_t size)
{
	unsigned long error = ERR_peek_error();

	snprintf(why, size, "%s: %s", path,
	    ERR_GET_LIB(error) == ERR_LIB_PEM &&
	    ERR_GET_REASON(error) == PEM_R_NO_START_LINE ?
	    "there is no certificate in it (PEM)" : tls_reason());
}

static bool
tls_use_cert(SSL_CTX *ctx, const char *cert, char *why, size_t size)
{
	if (!tls_can_read(cert, why, size))
		return false;
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) == 1)
		return true;
	tls_no_cert(cert, why, size);
	return false;
}

static bool
tls_use_key(SSL_CTX *ctx, const char *cert, const char *key, char *why,
    size_t size)
{
	bool is_locked = false;
	int used;

	if (!tls_can_read(key, why, size))
		return false;
	SSL_CTX_set_default_passwd_cb(ctx, tls_on_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &is_locked);
	used = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, NULL);
	if (used == 1 && SSL_CTX_check_private_key(ctx) == 1)
		return true;
	if (is_locked)
		snprintf(why, size, "%s: the key has a passphrase", key);
	else if (used == 1 ||
	    ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509)
		snprintf(why, size, "%s: it is not the key of the certificate "
		    "in %s", key, cert);
	else
		snprintf(why, size, "%s: there is no private key in it (PEM)",
		    key);
	return false;
}

/* ---- trying ---- */

static bool
tls_meet(SSL *server, SSL *client)
{
	unsigned turn;
	bool is_done = false;

	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (turn = 0; turn < TLS_TURNS_MAX && !is_done; turn++) {
		is_done = SSL_do_handshake(client) == 1;
		is_done = SSL_do_handshake(server) == 1 && is_done;
	}
	return is_done;
}

/* True if a client can come through with 'ctx': a key may fit its certificate
 * and still be of a kind that nobody uses here. */
static bool
tls_try(SSL_CTX *ctx)
{
	SSL_CTX *other = SSL_CTX_new(TLS_client_method());
	SSL *server = SSL_new(ctx), *client = NULL;
	BIO *near, *far;
	bool is_good = false;

	if (other != NULL)
		client = SSL_new(other);
	if (server != NULL && client != NULL &&
	    BIO_new_bio_pair(&near, 0, &far, 0) == 1) {
		SSL_set_bio(server, near, near);
		SSL_set_bio(client, far, far);
		is_good = tls_meet(server, client);
	}
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(other);
	return is_good;
}

SSL_CTX *
netd_tls_pair_load(const char *cert, const char *key, char *why, size_t size)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL) {
		snprintf(why, size, "%s", tls_reason());
		return NULL;
	}
	netd_tls_harden(ctx);
	if (tls_use_cert(ctx, cert, why, size) &&
	    tls_use_key(ctx, cert, key, why, size)) {
		if (tls_try(ctx))
			return ctx;
		snprintf(why, size, "%s: no client could use it: %s", cert,
		    tls_reason());
	}
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

bool
netd_tls_trust(SSL_CTX *ctx, const char *ca, char *why, size_t size)
{
	X509_STORE *store;

	if (ca != NULL && !tls_can_read(ca, why, size))
		return false;
	ERR_clear_error();
	store = X509_STORE_new();
	if (store != NULL && X509_STORE_set_default_paths(store) == 1 &&
	    (ca == NULL || X509_STORE_load_file(store, ca) == 1)) {
		SSL_CTX_set_cert_store(ctx, store);
		return true;
	}
	tls_no_cert(ca != NULL ? ca : "the system's certificates", why, size);
	ERR_clear_error();
	X509_STORE_free(store);
	return false;
}

bool
netd_tls_pair_until(const SSL_CTX *ctx, char date[NETD_TLS_DATE_BYTES])
{
	const ASN1_TIME *end = X509_get0_notAfter(
	    SSL_CTX_get0_certificate(ctx));
	struct tm tm;

	if (ASN1_TIME_to_tm(end, &tm) != 1 || strftime(date,
	    NETD_TLS_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(date, NETD_TLS_DATE_BYTES, "?");
	return X509_cmp_current_time(end) > 0;
}
