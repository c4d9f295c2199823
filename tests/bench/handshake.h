/*
 * What a WebSocket server answers to the key of a client (RFC 6455, 4.2.2).
 */
#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include <stddef.h>

/* base64 of a SHA-1, and its NUL. */
#define HANDSHAKE_ACCEPT_SIZE 29
/* A client's key has 24 characters; longer ones are not computed. */
#define HANDSHAKE_KEY_SIZE_MAX 64

/*
 * Writes the value of Sec-WebSocket-Accept for the 'size' bytes of 'key' into
 * 'accept', which has room for HANDSHAKE_ACCEPT_SIZE bytes. A key of more than
 * HANDSHAKE_KEY_SIZE_MAX bytes is cut.
 */
void handshake_accept(const char *key, size_t size, char *accept);

#endif
