/* TLS for clients: see seal.h. */
#include "seal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

/* What TLS carries in one piece: of one read in part, no socket tells. */
#define RECORD_SIZE 16384
#define YEAR_SECONDS 31536000L

/* What all connections are made of; it lives as long as the program. */
static SSL_CTX *
seal_context(void)
{
	static SSL_CTX *ctx;

	if (ctx == NULL) {
		/* OpenSSL writes as it likes. */
		(void)signal(SIGPIPE, SIG_IGN);
		ctx = SSL_CTX_new(TLS_client_method());
		if (ctx == NULL)
			return NULL;
		(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
		    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		    SSL_MODE_RELEASE_BUFFERS);
		/* Each login is to cost a whole handshake. */
		(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	}
	return ctx;
}

struct ssl_st *
seal_begin(int fd)
{
	SSL_CTX *ctx = seal_context();
	SSL *seal = ctx != NULL ? SSL_new(ctx) : NULL;

	if (seal == NULL)
		return NULL;
	if (SSL_set_fd(seal, fd) != 1) {
		SSL_free(seal);
		return NULL;
	}
	SSL_set_connect_state(seal);
	return seal;
}

void
seal_end(struct ssl_st *seal)
{
	SSL_free(seal);
}

/* The answer where OpenSSL's 'done' is no size. */
static ssize_t
seal_failed(SSL *seal, int done)
{
	int error = SSL_get_error(seal, done);

	ERR_clear_error();
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = error == SSL_ERROR_WANT_READ ||
	    error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
	return -1;
}

ssize_t
seal_send(struct ssl_st *seal, const void *data, size_t size)
{
	int sent = SSL_write(seal, data, (int)size);

	return sent > 0 ? sent : seal_failed(seal, sent);
}

ssize_t
seal_recv(struct ssl_st *seal, void *data, size_t size)
{
	size_t at = 0;
	ssize_t failed;
	int got;

	while (size - at >= RECORD_SIZE) {
		got = SSL_read(seal, (char *)data + at, (int)(size - at));
		if (got <= 0) {
			failed = seal_failed(seal, got);
			/* The end is there the next time, too. */
			return at > 0 ? (ssize_t)at : failed;
		}
		at += (size_t)got;
	}
	return (ssize_t)at;
}

static bool
seal_sign(X509 *x509, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(x509);

	return X509_set_version(x509, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x509), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x509), YEAR_SECONDS) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"bench", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x509, name) == 1 &&
	    X509_set_pubkey(x509, key) == 1 &&
	    X509_sign(x509, key, EVP_sha256()) != 0;
}

bool
seal_make_pair(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	FILE *file = fopen(path, "w");
	bool is_made;

	is_made = key != NULL && x509 != NULL && file != NULL &&
	    seal_sign(x509, key) && PEM_write_X509(file, x509) == 1 &&
	    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (file != NULL)
		is_made = fclose(file) == 0 && is_made;
	X509_free(x509);
	EVP_PKEY_free(key);
	return is_made;
}
