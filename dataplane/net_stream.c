/*
 * Connections without WebSocket: plain sockets on the loop, for protocols of
 * lines. What they are told by the plane and tell it is what net.c and
 * net_events.c do for the others.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnchat/log.h"
#include "net_shell.h"

/* Read in one piece, and so many pieces in one turn. */
#define NET_STREAM_READ_BYTES 16384
#define NET_STREAM_READS_MAX 4

struct netd_stream {
	uv_poll_t poll;
	struct netd *netd;
	struct netd_stream *next, *prev; /* of the shell's */
	struct netd_stream *dead_next;
	struct conn *conn;       /* NULL while it is a dial */
	struct netd_dial *dial;  /* under way, else NULL */
	int fd;
	int events;              /* what is polled for */
	bool is_deaf;            /* nothing is to be received */
	bool wants_write;        /* the plane waits for it */
	bool is_over;            /* the other end has finished */
	bool is_closing;         /* we finish behind what waits */
	bool is_dead;            /* to be swept */
	unsigned char *rest;     /* what the socket did not take, or NULL */
	size_t rest_at, rest_end;
};

static void net_on_stream(uv_poll_t *poll, int status, int events);

/* Polls for what is wanted now. */
static void
net_stream_poll(struct netd_stream *stream)
{
	int events = 0;

	if (stream->is_dead)
		return;
	if (stream->conn != NULL && !stream->is_deaf && !stream->is_over)
		events |= UV_READABLE;
	if (stream->conn == NULL || stream->wants_write ||
	    stream->rest != NULL)
		events |= UV_WRITABLE;
	if (events == stream->events)
		return;
	stream->events = events;
	if (events == 0)
		uv_poll_stop(&stream->poll);
	else
		uv_poll_start(&stream->poll, events, net_on_stream);
}

/* It is over with 'stream': the end of the turn tells the plane. */
static void
net_stream_end(struct netd_stream *stream)
{
	if (stream->is_dead)
		return;
	uv_poll_stop(&stream->poll);
	stream->is_dead = true;
	stream->dead_next = stream->netd->dead_streams;
	stream->netd->dead_streams = stream;
	stream->netd->kick = true;
}

static void
net_stream_lost(struct netd_stream *stream)
{
	if (stream->conn != NULL)
		conn_lost(stream->conn, 0, "connection lost");
	net_stream_end(stream);
}

/* ---- life ---- */

/* Takes 'fd' over; NULL if that can't be, and then it is closed. */
static struct netd_stream *
net_stream_new(struct netd *netd, int fd)
{
	struct netd_stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL ||
	    uv_poll_init_socket(&netd->loop, &stream->poll, fd) != 0) {
		free(stream);
		close(fd);
		return NULL;
	}
	stream->poll.data = stream;
	stream->netd = netd;
	stream->fd = fd;
	stream->next = netd->streams;
	if (stream->next != NULL)
		stream->next->prev = stream;
	netd->streams = stream;
	netd_tcp_keep(fd);
	return stream;
}

static void
net_on_stream_closed(uv_handle_t *handle)
{
	struct netd_stream *stream = handle->data;

	free(stream->rest);
	free(stream);
}

static void
net_stream_free(struct netd_stream *stream)
{
	struct netd *netd = stream->netd;

	if (stream->next != NULL)
		stream->next->prev = stream->prev;
	if (stream->prev != NULL)
		stream->prev->next = stream->next;
	else
		netd->streams = stream->next;
	uv_close((uv_handle_t *)&stream->poll, net_on_stream_closed);
	close(stream->fd);
}

void
netd_stream_sweep(struct netd *netd)
{
	struct netd_stream *stream;

	while ((stream = netd->dead_streams) != NULL) {
		netd->dead_streams = stream->dead_next;
		if (stream->conn != NULL)
			plane_gone(netd->plane, stream->conn, 0,
			    "connection lost");
		net_stream_free(stream);
	}
}

void
netd_stream_stop(struct netd *netd)
{
	while (netd->streams != NULL)
		net_stream_free(netd->streams);
	netd->dead_streams = NULL;
}

/* The port that those who want to dial the door of 'codec' need to know; 0:
 * the usual one, or it is not open. */
static uint16_t
net_door_port(const struct netd *netd, const struct codec *codec)
{
	size_t i;

	for (i = 0; i < netd->listener_count; i++)
		if (netd->listeners[i].codec == codec)
			return netd->listeners[i].port != codec->port ?
			    netd->listeners[i].port : 0;
	return 0;
}

void
netd_note_near(const struct netd *netd, struct conn *conn, int fd)
{
	char near[DN_ADDRESS_BYTES_MAX + 16];
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	uint16_t port = net_door_port(netd, conn->codec);
	struct dn_str text;

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return;
	/* Both families have it in the same place. */
	if (conn->is_dialled)
		((struct sockaddr_in *)&address)->sin_port = htons(port);
	netd_source(&address, near, sizeof(near));
	text = dn_str_of(near);
	if (conn->is_dialled && port == 0)
		text = plane_address(text);
	conn->near = strndup(text.data, text.size);
}

void
netd_stream_accept(struct netd_listener *listener, int fd, const char *source)
{
	struct netd *netd = listener->netd;
	struct netd_stream *stream = net_stream_new(netd, fd);
	enum dn_err err = DN_E_MEMORY;

	if (stream != NULL)
		err = plane_accept(netd_clock(netd), listener->codec,
		    dn_str_of(source), false, stream, &stream->conn);
	if (err == DN_OK) {
		netd_note_near(netd, stream->conn, fd);
		conn_upgraded(stream->conn, 0);
		net_stream_poll(stream);
		return;
	}
	if (plane_may_log(netd->plane))
		dn_warn("refused", "source=%s why=%s", source,
		    dn_err_code(err));
	if (stream != NULL)
		net_stream_free(stream);
}

/* ---- what the plane wants ---- */

/* Writes 'size' bytes at 'data'; returns how many the socket took, or -1 if
 * it is broken. */
static ssize_t
net_stream_send(const struct netd_stream *stream, const unsigned char *data,
    size_t size)
{
	ssize_t sent;

	do {
		sent = send(stream->fd, data, size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return sent;
}

enum plane_write
netd_stream_write(struct conn *conn, const unsigned char *data, size_t size)
{
	struct netd_stream *stream = conn->shell;
	ssize_t sent = stream->is_dead ? -1 :
	    net_stream_send(stream, data, size);

	if (sent == (ssize_t)size)
		return PLANE_WRITTEN;
	if (sent >= 0) {
		stream->rest_at = 0;
		stream->rest_end = size - (size_t)sent;
		stream->rest = malloc(stream->rest_end);
	}
	if (sent < 0 || stream->rest == NULL) {
		net_stream_end(stream);
		return PLANE_FAILED;
	}
	memcpy(stream->rest, data + sent, stream->rest_end);
	net_stream_poll(stream);
	return PLANE_BLOCKED;
}

void
netd_stream_want_write(struct conn *conn)
{
	struct netd_stream *stream = conn->shell;

	stream->wants_write = true;
	net_stream_poll(stream);
}

void
netd_stream_pause(struct conn *conn, bool pause)
{
	struct netd_stream *stream = conn->shell;

	stream->is_deaf = pause;
	net_stream_poll(stream);
}

void
netd_stream_kill(struct conn *conn)
{
	net_stream_end(conn->shell);
}

/* Finishes our half once all has been written; if the other end has finished
 * too, that was it. */
static void
net_stream_finish(struct netd_stream *stream)
{
	if (!stream->is_closing || stream->rest != NULL || stream->is_dead)
		return;
	if (stream->is_over)
		net_stream_end(stream);
	else
		(void)shutdown(stream->fd, SHUT_WR);
}

void
netd_stream_close(struct conn *conn)
{
	struct netd_stream *stream = conn->shell;

	stream->is_closing = true;
	net_stream_finish(stream);
}

int
netd_stream_fd(const struct conn *conn)
{
	const struct netd_stream *stream = conn->shell;

	return stream->fd;
}

/* ---- what happens ---- */

static void
net_stream_read(struct netd_stream *stream)
{
	unsigned char bytes[NET_STREAM_READ_BYTES];
	unsigned reads;
	ssize_t size;

	for (reads = 0; reads < NET_STREAM_READS_MAX && !stream->is_deaf &&
	    !stream->is_over && !stream->is_dead; reads++) {
		size = recv(stream->fd, bytes, sizeof(bytes), 0);
		if (size < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK &&
			    errno != EINTR)
				net_stream_lost(stream);
			break;
		}
		if (size == 0) {
			stream->is_over = true;
			conn_stream_end(stream->conn);
			net_stream_finish(stream);
		} else {
			conn_stream(stream->conn, bytes, (size_t)size);
		}
	}
	/* Passwords pass here. */
	explicit_bzero(bytes, sizeof(bytes));
	net_stream_poll(stream);
}

static void
net_stream_flush(struct netd_stream *stream)
{
	ssize_t sent = 0;

	if (stream->rest != NULL)
		sent = net_stream_send(stream, stream->rest + stream->rest_at,
		    stream->rest_end - stream->rest_at);
	if (sent < 0) {
		net_stream_lost(stream);
		return;
	}
	stream->rest_at += (size_t)sent;
	if (stream->rest != NULL && stream->rest_at < stream->rest_end)
		return;
	free(stream->rest);
	stream->rest = NULL;
	if (stream->wants_write) {
		stream->wants_write = false;
		conn_writable(stream->conn);
	}
	net_stream_finish(stream);
	net_stream_poll(stream);
}

/* ---- dials ---- */

static void
net_stream_dial_failed(struct netd_stream *stream, const char *why)
{
	netd_dial_failed(stream->dial, why, strlen(why));
	stream->dial = NULL;
	net_stream_end(stream);
}

void
netd_stream_undial(struct netd_stream *stream)
{
	stream->dial = NULL;
	net_stream_end(stream);
}

/* Connecting is through, or has failed. */
static void
net_stream_dialled(struct netd_stream *stream)
{
	struct netd_dial *dial = stream->dial;
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		net_stream_dial_failed(stream, strerror(error));
		return;
	}
	stream->dial = NULL;
	dial->stream = NULL;
	stream->conn = netd_dial_through(dial, stream->fd, stream);
	if (stream->conn == NULL)
		net_stream_end(stream);
	else
		net_stream_poll(stream);
}

static int
net_stream_connect(const char *address, uint16_t port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *info;
	char service[8];
	int fd, saved;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &info) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, info->ai_addr, info->ai_addrlen) != 0 &&
	    errno != EINPROGRESS) {
		saved = errno;
		close(fd);
		fd = -1;
		errno = saved;
	}
	freeaddrinfo(info);
	return fd;
}

void
netd_stream_dial(struct netd_dial *dial, const char *address, uint16_t port)
{
	int fd = net_stream_connect(address, port);
	const char *why = fd < 0 ? strerror(errno) : "out of memory";

	if (fd >= 0)
		dial->stream = net_stream_new(dial->netd, fd);
	if (dial->stream == NULL) {
		netd_dial_failed(dial, why, strlen(why));
		return;
	}
	dial->stream->dial = dial;
	net_stream_poll(dial->stream);
}

static void
net_on_stream(uv_poll_t *poll, int status, int events)
{
	struct netd_stream *stream = poll->data;

	netd_clock(stream->netd);
	if (stream->is_dead)
		return;
	if (stream->conn == NULL) {
		net_stream_dialled(stream);
		return;
	}
	if (status < 0) {
		net_stream_lost(stream);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		net_stream_flush(stream);
	if ((events & UV_READABLE) != 0)
		net_stream_read(stream);
}
