/*
 * How texts stand on a connection of WebSocket; a message is a text frame of
 * at most 65,535 bytes.
 */
#ifndef BENCH_WEBSOCKET_H
#define BENCH_WEBSOCKET_H

#include "client.h"

extern const struct client_wire websocket_wire;
extern const struct client_wire websocket_sealed_wire; /* over TLS */

#endif
