/*
 * A certificate and its key, from two files to what new connections are
 * answered with; and whose certificates are believed. For net_tls.c; knows
 * OpenSSL, and no socket.
 */
#ifndef DATAPLANE_NET_TLS_PAIR_H
#define DATAPLANE_NET_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* A date, as text. */
#define NETD_TLS_DATE_BYTES 24

/* Sets what holds for all of our connections: versions, and what others may
 * not make us do. */
void netd_tls_harden(SSL_CTX *ctx);

/*
 * Reads file 'cert' (the certificate and those between it and the root, PEM)
 * and file 'key' (PEM, without a passphrase) and tries them on a handshake with
 * ourselves. Returns what the caller has to free with SSL_CTX_free(), or NULL;
 * then 'why' holds a sentence of at most 'size' bytes.
 */
SSL_CTX *netd_tls_pair_load(const char *cert, const char *key, char *why,
    size_t size);

/*
 * Has 'ctx' believe the certificates that the system does, and those in file
 * 'ca' (PEM), unless that is NULL. Returns false if the file is no good, and
 * changes nothing then; 'why' as above.
 */
bool netd_tls_trust(SSL_CTX *ctx, const char *ca, char *why, size_t size);

/* Writes until when the certificate of 'ctx' is good; returns false if that is
 * over. */
bool netd_tls_pair_until(const SSL_CTX *ctx, char date[NETD_TLS_DATE_BYTES]);

#endif
