/*
 * The client side of WebSocket (RFC 6455): the upgrade, masked frames out,
 * frames in.
 */
#include "websocket.h"

#include <string.h>

#define OPCODE_TEXT 1
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define OPCODE_PONG 10

/* The example of RFC 6455, 1.3: no need to compute the answer. */
static const char request[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static uint32_t
random_key(struct client_pool *pool)
{
	pool->random ^= pool->random << 13;
	pool->random ^= pool->random >> 7;
	pool->random ^= pool->random << 17;
	return (uint32_t)(pool->random >> 16);
}

static void
frame_out(struct client_pool *pool, struct client *client, unsigned opcode,
    const char *data, size_t size)
{
	char *at = client_room(pool, client, size + (size < 126 ? 6 : 8));
	uint32_t key = random_key(pool), word;
	size_t i;

	*at++ = (char)(0x80 | opcode);
	*at++ = (char)(0x80 | (size < 126 ? size : 126));
	if (size >= 126) {
		*at++ = (char)(size >> 8);
		*at++ = (char)size;
	}
	memcpy(at, &key, 4);
	at += 4;
	for (i = 0; i + 4 <= size; i += 4) {
		memcpy(&word, data + i, 4);
		word ^= key;
		memcpy(at + i, &word, 4);
	}
	for (; i < size; i++)
		at[i] = data[i] ^ ((const char *)&key)[i % 4];
}

static void
websocket_begin(struct client_pool *pool, struct client *client)
{
	client_put(pool, client, request, sizeof(request) - 1);
}

static void
websocket_send(struct client_pool *pool, struct client *client,
    const char *data, size_t size)
{
	frame_out(pool, client, OPCODE_TEXT, data, size);
}

static void
websocket_close(struct client_pool *pool, struct client *client)
{
	frame_out(pool, client, OPCODE_CLOSE, "\x03\xe8", 2);
}

/* Input */

static size_t
upgraded(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	const char *end = memmem(data, size, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	if (memcmp(data, "HTTP/1.1 101 ", 13) != 0 || memmem(data,
	    (size_t)(end - data), accepted, sizeof(accepted) - 1) == NULL) {
		client_gone(pool, client, "upgrade refused");
		return 0;
	}
	client_opened(pool, client);
	return (size_t)(end - data) + 4;
}

static void
frame_handle(struct client_pool *pool, struct client *client, unsigned opcode,
    const char *data, size_t size)
{
	if (opcode == OPCODE_TEXT && client->state == CLIENT_OPEN)
		pool->events.message(pool->context, client, data, size);
	else if (opcode == OPCODE_PING)
		frame_out(pool, client, OPCODE_PONG, data, size);
	else if (opcode == OPCODE_CLOSE)
		client_gone(pool, client, client->state == CLIENT_CLOSING ? NULL :
		    "closed by the server");
}

/* The size of the first frame in 'data', 0 if more is needed. */
static size_t
frame_in(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	const unsigned char *head = (const unsigned char *)data;
	size_t head_size = 2, payload;

	if (size < 2)
		return 0;
	payload = head[1];
	if (payload == 126) {
		if (size < 4)
			return 0;
		payload = (size_t)head[2] << 8 | head[3];
		head_size = 4;
	}
	/* Longer ones, masked ones, fragments: nobody here sends them. */
	if ((head[0] & 0xf0) != 0x80 || head[1] > 126) {
		client_gone(pool, client, "unexpected frame");
		return 0;
	}
	if (size < head_size + payload)
		return 0;
	frame_handle(pool, client, head[0] & 15, data + head_size, payload);
	return head_size + payload;
}

static size_t
websocket_take(struct client_pool *pool, struct client *client,
    const char *data, size_t size)
{
	return client->state == CLIENT_OPENING ?
	    upgraded(pool, client, data, size) :
	    frame_in(pool, client, data, size);
}

const struct client_wire websocket_wire = {
	.begin = websocket_begin,
	.take = websocket_take,
	.send = websocket_send,
	.close = websocket_close,
};

const struct client_wire websocket_sealed_wire = {
	.is_sealed = true,
	.begin = websocket_begin,
	.take = websocket_take,
	.send = websocket_send,
	.close = websocket_close,
};
