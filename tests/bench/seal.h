/*
 * TLS around a client's connection, by OpenSSL on its socket; and the
 * certificate that the server under test shows, which nobody checks.
 */
#ifndef BENCH_SEAL_H
#define BENCH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_st;

/* Begins TLS on the socket 'fd'; the handshake goes on with what is sent and
 * received. seal_end() frees it. NULL if the system refuses. */
struct ssl_st *seal_begin(int fd);

/* Frees 'seal', if it is not NULL; the socket stays open. */
void seal_end(struct ssl_st *seal);

/* As send() and recv() on the socket, and errno likewise. */
ssize_t seal_send(struct ssl_st *seal, const void *data, size_t size);
ssize_t seal_recv(struct ssl_st *seal, void *data, size_t size);

/* Makes a certificate with a key of P-256 in file 'path', the key behind it.
 * False if the system refuses. */
bool seal_make_pair(const char *path);

#endif
