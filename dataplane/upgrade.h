/*
 * Upgrade requests that hold nothing out of the ordinary, as nearly all do.
 * Pure: net_knock.c answers them, and leaves all others, right ones and wrong
 * ones, to libwebsockets.
 */
#ifndef DATAPLANE_UPGRADE_H
#define DATAPLANE_UPGRADE_H

#include "dnchat/buf.h"

/* Sec-WebSocket-Key: 16 bytes in base64. */
#define UPGRADE_KEY_BYTES 24

struct upgrade {
	char key[UPGRADE_KEY_BYTES];
	bool has_origin; /* a browser's */
};

/*
 * Reads the request at the start of 'size' bytes at 'data' (RFC 6455, section
 * 4.2.1). Returns its size; or 0 if it is not whole, or no request to become a
 * WebSocket, or if there is anything in it that asks for more than that: a
 * subprotocol, a body, a proxy's traces, or what servers tell each other.
 */
size_t upgrade_read(const void *data, size_t size, struct upgrade *upgrade);

#endif
