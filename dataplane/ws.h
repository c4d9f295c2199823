/*
 * WebSocket frames (RFC 6455, section 5) as we send them: heads, masking of
 * what goes over links that we dialled, payload of close frames. What is read is
 * ws_read.c's, or libwebsockets'. Below codec.c and the shell.
 */
#ifndef DATAPLANE_WS_H
#define DATAPLANE_WS_H

#include "dnchat/buf.h"

enum ws_opcode {
	WS_TEXT = 0x1,
	WS_BINARY = 0x2,
	WS_CLOSE = 0x8,
	WS_PING = 0x9,
	WS_PONG = 0xa
};

/* The longest head of a frame that is not masked, and a masking key. */
#define WS_HEAD_BYTES_MAX 10
#define WS_KEY_BYTES 4

/* Control frames carry no more than this; a close frame's reason gets what
 * its code leaves. */
#define WS_CONTROL_BYTES_MAX 125

/* Codes of close frames (RFC 6455, 7.4.1; 1013 of IANA's registry). */
enum ws_close {
	WS_CLOSE_NORMAL = 1000,
	WS_CLOSE_AWAY = 1001,
	WS_CLOSE_PROTOCOL = 1002,
	WS_CLOSE_BINARY = 1003,
	WS_CLOSE_UTF8 = 1007,
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_BIG = 1009,
	WS_CLOSE_LATER = 1013
};

/* How long the head of an unmasked frame with 'size' bytes of payload is. */
static inline size_t
ws_head_bytes(uint64_t size)
{
	return size < 126 ? 2 : size <= UINT16_MAX ? 4 : 10;
}

/* How long the head of an unmasked frame is whose second byte says 'length'. */
static inline size_t
ws_head_bytes_of(unsigned length)
{
	return length < 126 ? 2 : length == 126 ? 4 : 10;
}

/* The number in the 'size' bytes at 'data', the greatest byte first. */
uint64_t ws_get_big_endian(const unsigned char *data, size_t size);

/* Masks, or unmasks, 'size' bytes at 'data' with the WS_KEY_BYTES at 'key';
 * 'masked' may be 'data'. */
void ws_mask_payload(unsigned char *masked, const unsigned char *data,
    size_t size, const unsigned char *key);

/* Writes the head of a final, unmasked frame to 'head', which has room for
 * WS_HEAD_BYTES_MAX; returns its length in bytes. */
size_t ws_put_head(unsigned char *head, enum ws_opcode opcode, size_t size);

/*
 * Reads the head of an unmasked frame at the start of 'size' bytes at 'data'.
 * Returns its length, and sets '*payload' to the bytes that follow it; 0 if
 * the whole frame, payload included, does not stand there, or it is masked.
 */
size_t ws_get_head(const unsigned char *data, size_t size, size_t *payload);

/* Yields 32 bits that nobody can foresee; 'context' is the caller's. */
typedef uint32_t ws_random(void *context);

/*
 * Copies unmasked frames from the 'size' bytes at 'data' to the 'room' bytes
 * at 'masked', each masked with a key of its own from 'random': as many whole
 * ones as fit. Returns the bytes written, and sets '*taken' to those read.
 * Both are 0 if not even the first fits: it needs WS_KEY_BYTES more than it
 * has. 'data' and 'masked' must not overlap.
 */
size_t ws_mask(unsigned char *masked, size_t room, const unsigned char *data,
    size_t size, ws_random *random, void *context, size_t *taken);

/* Writes a close frame's payload to 'payload', which has room for
 * WS_CONTROL_BYTES_MAX: 'code', and as many whole characters of 'why' as fit.
 * Returns its size in bytes. */
size_t ws_close_payload(unsigned char *payload, enum ws_close code,
    struct dn_str why);

#endif
