/*
 * The limit: a server on bare epoll with only the semantics of dnchat, which
 * tells how fast this machine could be. For measuring, on 127.0.0.1 only.
 * Each turn reads what is ready, then sends to each connection once.
 *
 *	limit [PORT]
 *
 * Here: sockets, the upgrade, frames in and out. limit_chat.c: what they mean.
 */
#include "limit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"

#define LIFE_SECONDS 900
#define EVENTS_MAX 512
#define READ_SIZE (64u << 10)
#define FRAME_SIZE_MAX (68u << 10)
#define ARENA_SIZE (16u << 20)
#define ARENA_KEPT (256u << 10)
#define TIDY_MSEC 100
#define OUT_SIZE_MAX (4u << 20)
#define BLOCK_SIZE 16384
#define SPARE_MAX 1024

#define OPCODE_TEXT 1
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define OPCODE_PONG 10

static char arena[ARENA_SIZE] __attribute__((aligned(4096)));
static size_t arena_used;
static bool is_untidy;
/* What was kept of the last reads stands before what is read now. */
static char input[FRAME_SIZE_MAX + READ_SIZE + 16];
static struct limit_conn *dirty[LIMIT_CONNS_MAX];
static size_t dirty_count;
static struct limit_conn *dead[LIMIT_CONNS_MAX];
static size_t dead_count;
static char *spare[SPARE_MAX];
static size_t spare_count;
static unsigned conn_count;
static int loop;

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Output */

static void
watch(struct limit_conn *conn, int operation)
{
	struct epoll_event event = {.events = EPOLLIN |
	    (conn->is_blocked ? (uint32_t)EPOLLOUT : 0), .data.ptr = conn};

	if (epoll_ctl(loop, operation, conn->fd, &event) != 0)
		fail("epoll_ctl");
}

static void
out_release(struct limit_conn *conn)
{
	if (conn->out_room == BLOCK_SIZE && spare_count < SPARE_MAX)
		spare[spare_count++] = conn->out;
	else
		free(conn->out);
	conn->out = NULL;
	conn->out_room = 0;
	conn->out_size = 0;
}

static void
out_append(struct limit_conn *conn, const char *data, size_t size)
{
	size_t room = conn->out_room;
	char *out = conn->out;

	if (conn->out == NULL && size <= BLOCK_SIZE && spare_count > 0) {
		conn->out = spare[--spare_count];
		conn->out_room = BLOCK_SIZE;
	} else if (conn->out_size + size > room) {
		if (room < BLOCK_SIZE)
			room = BLOCK_SIZE;
		while (room < conn->out_size + size)
			room *= 2;
		out = realloc(conn->out, room);
		if (out == NULL)
			fail("realloc");
		conn->out = out;
		conn->out_room = room;
	}
	memcpy(conn->out + conn->out_size, data, size);
	conn->out_size += size;
}

/* What the socket takes of 'data' now. */
static size_t
transmit(struct limit_conn *conn, const char *data, size_t size)
{
	ssize_t sent = send(conn->fd, data, size, MSG_NOSIGNAL);

	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN && errno != EINTR)
		limit_drop(conn);
	return 0;
}

static void
block(struct limit_conn *conn, bool is_blocked)
{
	if (conn->is_blocked == is_blocked)
		return;
	conn->is_blocked = is_blocked;
	watch(conn, EPOLL_CTL_MOD);
}

static void
flush_conn(struct limit_conn *conn)
{
	size_t sent;

	if (conn->out_size == 0) {
		sent = transmit(conn, conn->run, conn->run_size);
		if (sent < conn->run_size)
			out_append(conn, conn->run + sent,
			    conn->run_size - sent);
	} else {
		if (conn->run_size > 0)
			out_append(conn, conn->run, conn->run_size);
		sent = transmit(conn, conn->out, conn->out_size);
		memmove(conn->out, conn->out + sent, conn->out_size - sent);
		conn->out_size -= sent;
	}
	conn->run_size = 0;
	if (conn->out_size > OUT_SIZE_MAX)
		limit_drop(conn);
	if (conn->out_size == 0 && conn->out != NULL)
		out_release(conn);
	block(conn, conn->out_size > 0);
}

static void
flush(void)
{
	size_t i;

	for (i = 0; i < dirty_count; i++) {
		dirty[i]->is_dirty = false;
		flush_conn(dirty[i]);
	}
	dirty_count = 0;
	if (arena_used > ARENA_KEPT)
		is_untidy = true;
	arena_used = 0;
}

/* What a storm of logins needed is not memory of those who stay. */
static void
tidy(void)
{
	(void)madvise(arena + ARENA_KEPT, ARENA_SIZE - ARENA_KEPT,
	    MADV_DONTNEED);
	while (spare_count > 0)
		free(spare[--spare_count]);
	(void)malloc_trim(0);
	is_untidy = false;
}

char *
limit_room(size_t size)
{
	char *room;

	if (arena_used + size > ARENA_SIZE)
		flush();
	if (size > ARENA_SIZE)
		abort();
	room = arena + arena_used;
	arena_used += size;
	return room;
}

static char *
frame_of(unsigned opcode, size_t size, const char **frame, size_t *frame_size)
{
	char *at = limit_room(size + (size < 126 ? 2 : 4));

	*frame = at;
	*at++ = (char)(0x80 | opcode);
	if (size < 126) {
		*at++ = (char)size;
	} else {
		*at++ = 126;
		*at++ = (char)(size >> 8);
		*at++ = (char)size;
	}
	*frame_size = size + (size_t)(at - *frame);
	return at;
}

char *
limit_frame(size_t size, const char **frame, size_t *frame_size)
{
	return frame_of(OPCODE_TEXT, size, frame, frame_size);
}

void
limit_queue(struct limit_conn *conn, const char *data, size_t size)
{
	if (conn->is_dead)
		return;
	if (!conn->is_dirty) {
		conn->is_dirty = true;
		dirty[dirty_count++] = conn;
	}
	if (conn->run_size > 0 && conn->run + conn->run_size == data) {
		conn->run_size += size;
		return;
	}
	if (conn->run_size > 0)
		out_append(conn, conn->run, conn->run_size);
	conn->run = data;
	conn->run_size = size;
}

void
limit_drop(struct limit_conn *conn)
{
	if (conn->is_dead)
		return;
	conn->is_dead = true;
	dead[dead_count++] = conn;
}

/* Input */

static void
control_frame(struct limit_conn *conn, unsigned opcode, const char *data,
    size_t size)
{
	unsigned reply = opcode == OPCODE_PING ? OPCODE_PONG : OPCODE_CLOSE;
	const char *frame;
	size_t frame_size;

	if (opcode == OPCODE_PONG)
		return;
	memcpy(frame_of(reply, size, &frame, &frame_size), data, size);
	limit_queue(conn, frame, frame_size);
	if (reply == OPCODE_CLOSE)
		limit_drop(conn);
}

static void
unmask(char *data, size_t size, const char *key)
{
	uint64_t wide, word;
	size_t i;

	memcpy(&wide, key, 4);
	memcpy((char *)&wide + 4, key, 4);
	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&word, data + i, 8);
		word ^= wide;
		memcpy(data + i, &word, 8);
	}
	for (; i < size; i++)
		data[i] ^= key[i % 4];
}

/* The size of the first frame in 'data', 0 if more is needed. */
static size_t
frame_in(struct limit_conn *conn, char *data, size_t size)
{
	size_t head = 2, payload;
	unsigned opcode;

	if (size < 2)
		return 0;
	payload = (unsigned char)data[1] & 127;
	if (payload == 126) {
		if (size < 4)
			return 0;
		payload = (size_t)(unsigned char)data[2] << 8 |
		    (unsigned char)data[3];
		head = 4;
	}
	if (((unsigned char)data[0] & 0xf0) != 0x80 || data[1] >= 0 ||
	    payload == 127) {
		limit_drop(conn);
		return 0;
	}
	if (size < head + 4 + payload)
		return 0;
	unmask(data + head + 4, payload, data + head);
	opcode = (unsigned char)data[0] & 15;
	if (opcode == OPCODE_TEXT)
		chat_message(conn, data + head + 4, payload);
	else
		control_frame(conn, opcode, data + head + 4, payload);
	return head + 4 + payload;
}

/* Answers an upgrade; the size of the request, 0 if more is needed. */
static size_t
upgrade(struct limit_conn *conn, char *data, size_t size)
{
	static const char name[] = "\r\nSec-WebSocket-Key: ";
	char *end = memmem(data, size, "\r\n\r\n", 4), *key, *stop, *room;
	char accept[HANDSHAKE_ACCEPT_SIZE], reply[256];
	int length;

	if (end == NULL)
		return 0;
	key = memmem(data, (size_t)(end - data) + 2, name, sizeof(name) - 1);
	if (key == NULL) {
		limit_drop(conn);
		return 0;
	}
	key += sizeof(name) - 1;
	stop = memchr(key, '\r', (size_t)(end - key) + 1);
	handshake_accept(key, (size_t)(stop - key), accept);
	length = snprintf(reply, sizeof(reply),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
	room = limit_room((size_t)length);
	memcpy(room, reply, (size_t)length);
	limit_queue(conn, room, (size_t)length);
	conn->is_open = true;
	return (size_t)(end - data) + 4;
}

static void
keep(struct limit_conn *conn, const char *data, size_t size)
{
	if (size > FRAME_SIZE_MAX)
		limit_drop(conn);
	if (size == 0 || size > FRAME_SIZE_MAX)
		return;
	conn->in = malloc(size);
	if (conn->in == NULL)
		fail("malloc");
	memcpy(conn->in, data, size);
	conn->in_size = size;
}

static void
readable(struct limit_conn *conn)
{
	size_t kept = conn->in_size, at = 0, step;
	ssize_t got;

	if (kept > 0) {
		memcpy(input, conn->in, kept);
		free(conn->in);
		conn->in = NULL;
		conn->in_size = 0;
	}
	got = recv(conn->fd, input + kept, READ_SIZE, 0);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			limit_drop(conn);
		else
			keep(conn, input, kept);
		return;
	}
	kept += (size_t)got;
	while (!conn->is_dead && at < kept) {
		step = conn->is_open ? frame_in(conn, input + at, kept - at) :
		    upgrade(conn, input + at, kept - at);
		if (step == 0)
			break;
		at += step;
	}
	if (!conn->is_dead)
		keep(conn, input + at, kept - at);
}

/* Connections */

static void
take(int listener)
{
	struct limit_conn *conn;
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		conn = conn_count < LIMIT_CONNS_MAX ?
		    calloc(1, sizeof(*conn)) : NULL;
		if (conn == NULL) {
			close(fd);
			continue;
		}
		conn_count++;
		conn->fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		watch(conn, EPOLL_CTL_ADD);
	}
}

/* Those that go tell the others, whose flush may find more that go. */
static void
reap(void)
{
	struct limit_conn *conn;
	size_t i, from = 0;

	do {
		for (i = from; i < dead_count; i++)
			chat_gone(dead[i]);
		from = i;
		flush();
	} while (from < dead_count);
	for (i = 0; i < dead_count; i++) {
		conn = dead[i];
		close(conn->fd);
		free(conn->arrv);
		free(conn->out);
		free(conn->in);
		free(conn);
		conn_count--;
	}
	dead_count = 0;
}

static int
serve(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0 || bind(fd, (struct sockaddr *)&address,
	    sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		fail("listen");
	loop = epoll_create1(0);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0)
		fail("epoll");
	(void)fprintf(stderr, "level=info event=listening protocol=dnchat "
	    "address=127.0.0.1:%u\n", ntohs(address.sin_port));
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_MAX];
	struct limit_conn *conn;
	int listener = serve(argc > 1 ? (uint16_t)atoi(argv[1]) : 0), count, i;

	(void)alarm(LIFE_SECONDS);
	for (;;) {
		count = epoll_wait(loop, events, EVENTS_MAX,
		    is_untidy ? TIDY_MSEC : -1);
		if (count == 0)
			tidy();
		for (i = 0; i < count; i++) {
			conn = events[i].data.ptr;
			if (conn == NULL) {
				take(listener);
				continue;
			}
			if ((events[i].events & EPOLLOUT) && !conn->is_dead &&
			    !conn->is_dirty)
				flush_conn(conn);
			if ((events[i].events & ~(uint32_t)EPOLLOUT) &&
			    !conn->is_dead)
				readable(conn);
		}
		flush();
		if (dead_count > 0)
			reap();
	}
}
