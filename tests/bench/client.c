/*
 * The client side of WebSocket (RFC 6455) on epoll; own code, so that the
 * generator costs less than what it measures.
 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 1024
#define READ_SIZE (256u << 10)
#define KEPT_SIZE_MAX (80u << 10)
#define OUT_SIZE_LEAST 512
#define CONNECT_SECONDS 3

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

/* What was kept of the last read stands before what is read now. */
static char input[KEPT_SIZE_MAX + READ_SIZE];

bool
client_pool_init(struct client_pool *pool, uint32_t count_max,
    const struct client_events *events, void *context)
{
	uint32_t i;

	*pool = (struct client_pool){.count_max = count_max,
	    .events = *events, .context = context,
	    .random = UINT64_C(0x2545f4914f6cdd1d)};
	pool->clients = calloc(count_max, sizeof(*pool->clients));
	pool->dirty = calloc(count_max, sizeof(*pool->dirty));
	pool->loop = epoll_create1(EPOLL_CLOEXEC);
	if (pool->clients == NULL || pool->dirty == NULL || pool->loop < 0) {
		client_pool_deinit(pool);
		return false;
	}
	for (i = 0; i < count_max; i++)
		pool->clients[i].index = i;
	return true;
}

/* Ends the connection with a reset, so that no port stays in TIME_WAIT. */
static void
release(struct client *client)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger,
	    sizeof(linger));
	close(client->fd);
	free(client->in);
	client->in = NULL;
	client->in_size = 0;
	client->out_size = 0;
	client->state = CLIENT_FREE;
}

void
client_pool_deinit(struct client_pool *pool)
{
	uint32_t i;

	for (i = 0; pool->clients != NULL && i < pool->count_max; i++) {
		if (pool->clients[i].state != CLIENT_FREE)
			release(&pool->clients[i]);
		free(pool->clients[i].out);
	}
	if (pool->loop >= 0)
		close(pool->loop);
	free(pool->clients);
	free(pool->dirty);
	*pool = (struct client_pool){.loop = -1};
}

static void
gone(struct client_pool *pool, struct client *client, const char *error)
{
	if (client->state == CLIENT_FREE)
		return;
	release(client);
	pool->events.closed(pool->context, client, error);
}

/* Output */

static char *
out_room(struct client_pool *pool, struct client *client, size_t size)
{
	size_t room = client->out_room < OUT_SIZE_LEAST ? OUT_SIZE_LEAST :
	    client->out_room;

	while (room < client->out_size + size)
		room *= 2;
	if (room > client->out_room) {
		client->out = realloc(client->out, room);
		if (client->out == NULL)
			abort();
		client->out_room = room;
	}
	if (!client->is_dirty) {
		client->is_dirty = true;
		pool->dirty[pool->dirty_count++] = client;
	}
	client->out_size += size;
	return client->out + client->out_size - size;
}

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
	char *at = out_room(pool, client, size + (size < 126 ? 6 : 8));
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

void
client_send(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	if (client->state == CLIENT_OPEN)
		frame_out(pool, client, OPCODE_TEXT, data, size);
}

void
client_close(struct client_pool *pool, struct client *client)
{
	if (client->state != CLIENT_OPEN)
		return;
	frame_out(pool, client, OPCODE_CLOSE, "\x03\xe8", 2);
	client->state = CLIENT_CLOSING;
}

void
client_cut(struct client *client)
{
	if (client->state != CLIENT_FREE)
		release(client);
}

/* What a full socket does not take stays for the next turn. */
static void
flush(struct client_pool *pool)
{
	uint32_t count = pool->dirty_count, i;
	struct client *client;
	ssize_t sent;

	pool->dirty_count = 0;
	for (i = 0; i < count; i++) {
		client = pool->dirty[i];
		client->is_dirty = false;
		if (client->state == CLIENT_FREE || client->out_size == 0)
			continue;
		sent = send(client->fd, client->out, client->out_size,
		    MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			gone(pool, client, "send failed");
			continue;
		}
		if (sent < 0)
			sent = 0;
		client->out_size -= (size_t)sent;
		memmove(client->out, client->out + sent, client->out_size);
		if (client->out_size > 0)
			(void)out_room(pool, client, 0);
	}
}

struct client *
client_connect(struct client_pool *pool, uint32_t index, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = CONNECT_SECONDS};
	struct client *client = &pool->clients[index];
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return NULL;
	/* On loopback connect() is done at once, unless the backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0
	    || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    epoll_ctl(pool->loop, EPOLL_CTL_ADD, fd, &event) != 0) {
		close(fd);
		return NULL;
	}
	client->fd = fd;
	client->state = CLIENT_UPGRADING;
	client->user = 0;
	memcpy(out_room(pool, client, sizeof(request) - 1), request,
	    sizeof(request) - 1);
	return client;
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
		gone(pool, client, "upgrade refused");
		return 0;
	}
	client->state = CLIENT_OPEN;
	pool->events.open(pool->context, client);
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
		gone(pool, client, client->state == CLIENT_CLOSING ? NULL :
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
		gone(pool, client, "unexpected frame");
		return 0;
	}
	if (size < head_size + payload)
		return 0;
	frame_handle(pool, client, head[0] & 15, data + head_size, payload);
	return head_size + payload;
}

static void
keep(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	if (size > KEPT_SIZE_MAX) {
		gone(pool, client, "endless frame");
		return;
	}
	if (size == 0)
		return;
	client->in = malloc(size);
	if (client->in == NULL)
		abort();
	memcpy(client->in, data, size);
	client->in_size = size;
}

static void
readable(struct client_pool *pool, struct client *client)
{
	size_t kept = client->in_size, at = 0, step;
	ssize_t got = recv(client->fd, input + kept, READ_SIZE, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		gone(pool, client, client->state == CLIENT_CLOSING ? NULL :
		    "connection lost");
		return;
	}
	if (kept > 0) {
		memcpy(input, client->in, kept);
		free(client->in);
		client->in = NULL;
		client->in_size = 0;
	}
	kept += (size_t)got;
	while (at < kept) {
		step = client->state == CLIENT_UPGRADING ?
		    upgraded(pool, client, input + at, kept - at) :
		    frame_in(pool, client, input + at, kept - at);
		if (client->state == CLIENT_FREE)
			return;
		if (step == 0)
			break;
		at += step;
	}
	keep(pool, client, input + at, kept - at);
}

unsigned
client_turn(struct client_pool *pool, int timeout_msec)
{
	struct epoll_event events[EVENTS_MAX];
	struct client *client;
	int count, i;

	flush(pool);
	if (pool->dirty_count > 0 && timeout_msec > 1)
		timeout_msec = 1;
	count = epoll_wait(pool->loop, events, EVENTS_MAX, timeout_msec);
	for (i = 0; i < count; i++) {
		client = events[i].data.ptr;
		if (client->state != CLIENT_FREE)
			readable(pool, client);
	}
	return count > 0 ? (unsigned)count : 0;
}
