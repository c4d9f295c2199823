/*
 * Connections on epoll; own code, so that the generator costs less than what
 * it measures.
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

#include "seal.h"

#define EVENTS_MAX 1024
#define READ_SIZE (256u << 10)
#define KEPT_SIZE_MAX (80u << 10)
#define OUT_SIZE_LEAST 512
#define CONNECT_SECONDS 3

/* What was kept of the last read stands before what is read now. */
static char input[KEPT_SIZE_MAX + READ_SIZE];

bool
client_pool_init(struct client_pool *pool, uint32_t count_max,
    const struct client_wire *wire, const struct client_events *events,
    void *context)
{
	uint32_t i;

	*pool = (struct client_pool){.count_max = count_max,
	    .wire = wire, .events = *events, .context = context,
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
	seal_end(client->seal);
	client->seal = NULL;
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

void
client_gone(struct client_pool *pool, struct client *client, const char *error)
{
	if (client->state == CLIENT_FREE)
		return;
	release(client);
	pool->events.closed(pool->context, client, error);
}

/* Output */

char *
client_room(struct client_pool *pool, struct client *client, size_t size)
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

void
client_put(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	memcpy(client_room(pool, client, size), data, size);
}

void
client_send(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	if (client->state == CLIENT_OPEN)
		pool->wire->send(pool, client, data, size);
}

void
client_close(struct client_pool *pool, struct client *client)
{
	if (client->state != CLIENT_OPEN)
		return;
	pool->wire->close(pool, client);
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
		sent = client->seal != NULL ? seal_send(client->seal,
		    client->out, client->out_size) : send(client->fd,
		    client->out, client->out_size, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			client_gone(pool, client, "send failed");
			continue;
		}
		if (sent < 0)
			sent = 0;
		client->out_size -= (size_t)sent;
		memmove(client->out, client->out + sent, client->out_size);
		if (client->out_size > 0)
			(void)client_room(pool, client, 0);
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
	client->seal = pool->wire->is_sealed ? seal_begin(fd) : NULL;
	if (pool->wire->is_sealed && client->seal == NULL) {
		close(fd);
		return NULL;
	}
	client->state = CLIENT_OPENING;
	client->user = 0;
	pool->wire->begin(pool, client);
	return client;
}

void
client_opened(struct client_pool *pool, struct client *client)
{
	client->state = CLIENT_OPEN;
	pool->events.open(pool->context, client);
}

/* Input */

static void
keep(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	if (size > KEPT_SIZE_MAX) {
		client_gone(pool, client, "endless frame");
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
	ssize_t got = client->seal != NULL ? seal_recv(client->seal,
	    input + kept, READ_SIZE) : recv(client->fd, input + kept,
	    READ_SIZE, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		client_gone(pool, client, client->state == CLIENT_CLOSING ? NULL :
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
		step = pool->wire->take(pool, client, input + at, kept - at);
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
