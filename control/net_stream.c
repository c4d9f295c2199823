/* Connected sockets and standard input, for net.h: bytes in, bytes out. */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bytes.h"
#include "memory.h"
#include "net.h"

#define NET_READ_BYTES (64u << 10)
/* What one stream may bring in one turn. */
#define NET_TURN_BYTES (256u << 10)
/* Rest where a terminal is not ours to read. */
#define NET_REST_MSEC 250

struct net_stream {
	int fd;
	struct event *readable, *writable;
	struct event *again; /* reading that does not wait for 'readable' */
	struct bytes in, out;
	size_t out_at;       /* bytes of 'out' that have left */
	const struct net_stream_ops *ops;
	void *context;
	bool pollable;
	bool paused, busy, closed;
	bool ended, broken;            /* nothing comes in; nothing goes out */
	bool told_ended, told_broken;  /* ... and the owner knows */
};

static void net_stream_turn(evutil_socket_t fd, short what, void *context);

static void
net_stream_drain(evutil_socket_t fd, short what, void *context)
{
	struct net_stream *stream = context;

	(void)fd;
	(void)what;
	net_flush(stream);
	if (net_pending(stream) == 0 && !stream->broken &&
	    stream->ops->drained != NULL)
		stream->ops->drained(stream->context);
}

/* Files and /dev/null are always readable, and nothing to poll for. */
static bool
net_is_pollable(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool pollable;

	pollable = epoll < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
	if (epoll >= 0)
		close(epoll);
	return pollable;
}

static void
net_stream_again(struct net_stream *stream, unsigned msec)
{
	struct timeval time = {0, (suseconds_t)msec * 1000};

	event_add(stream->again, &time);
}

/* Reads on, if it may. */
static void
net_stream_arm(struct net_stream *stream)
{
	if (stream->paused || stream->ended)
		event_del(stream->readable);
	else if (stream->pollable)
		event_add(stream->readable, NULL);
	else
		net_stream_again(stream, 0);
}

struct net_stream *
net_adopt_take(struct net *net, int fd, const struct net_stream_ops *ops,
    void *context)
{
	struct net_stream *stream = memory_new(sizeof(*stream));

	stream->fd = fd;
	stream->ops = ops;
	stream->context = context;
	stream->pollable = net_is_pollable(fd);
	stream->readable = net_event(net, fd,
	    EV_READ | EV_PERSIST, net_stream_turn, stream);
	stream->writable = net_event(net, fd, EV_WRITE,
	    net_stream_drain, stream);
	stream->again = net_event(net, -1, 0,
	    net_stream_turn, stream);
	net_stream_arm(stream);
	return stream;
}

struct net_stream *
net_stdin(struct net *net, const struct net_stream_ops *ops, void *context)
{
	return net_adopt_take(net, STDIN_FILENO, ops, context);
}

enum dn_err
net_connect(struct net *net, const char *path,
    const struct net_stream_ops *ops, void *context,
    struct net_stream **stream)
{
	struct sockaddr_un address;
	int fd, err;

	if (!net_address(&address, path))
		return DN_E_IO;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return DN_E_IO;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		err = errno;
		close(fd);
		if (err == ECONNREFUSED || err == ENOENT)
			return DN_E_OFFLINE;
		return err == EAGAIN ? DN_E_FULL : DN_E_IO;
	}
	*stream = net_adopt_take(net, fd, ops, context);
	return DN_OK;
}

void
net_write(struct net_stream *stream, const void *data, size_t size)
{
	if (stream->broken || size == 0)
		return;
	if (stream->out_at > stream->out.size / 2) {
		bytes_consume(&stream->out, stream->out_at);
		stream->out_at = 0;
	}
	bytes_append(&stream->out, data, size);
	event_add(stream->writable, NULL);
}

void
net_flush(struct net_stream *stream)
{
	ssize_t size;

	while (!stream->broken && net_pending(stream) > 0) {
		size = send(stream->fd, stream->out.data + stream->out_at,
		    net_pending(stream), MSG_NOSIGNAL);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
			event_add(stream->writable, NULL);
			return;
		}
		stream->broken = size < 0;
		stream->out_at += size < 0 ? 0 : (size_t)size;
	}
	if (stream->broken)
		net_stream_again(stream, 0);
	bytes_deinit(&stream->out);
	stream->out_at = 0;
}

size_t
net_pending(const struct net_stream *stream)
{
	return stream->out.size - stream->out_at;
}

void
net_pause(struct net_stream *stream, bool is_paused)
{
	if (stream->paused == is_paused)
		return;
	stream->paused = is_paused;
	net_stream_arm(stream);
	if (!is_paused)
		net_stream_again(stream, 0);
}

enum dn_err
net_credentials(const struct net_stream *stream, uid_t *uid, pid_t *pid)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(stream->fd, SOL_SOCKET, SO_PEERCRED, &cred,
	    &size) != 0)
		return DN_E_IO;
	*uid = cred.uid;
	*pid = cred.pid;
	return DN_OK;
}

static void
net_stream_free(struct net_stream *stream)
{
	event_free(stream->readable);
	event_free(stream->writable);
	event_free(stream->again);
	if (stream->fd != STDIN_FILENO)
		close(stream->fd);
	bytes_deinit(&stream->in);
	bytes_deinit(&stream->out);
	free(stream);
}

void
net_close(struct net_stream *stream)
{
	if (stream == NULL)
		return;
	stream->closed = true;
	if (!stream->busy)
		net_stream_free(stream);
}

/* True if standard input is a terminal that somebody else reads for now,
 * because we are in the background. */
static bool
net_is_background(int fd)
{
	pid_t group = fd == STDIN_FILENO ? tcgetpgrp(fd) : -1;

	return group != -1 && group != getpgrp();
}

/* Takes in what there is, up to a bound. False: it is to rest for a moment. */
static bool
net_stream_read(struct net_stream *stream)
{
	/* Standard input blocks, hence is read once each time it is ready. */
	size_t most = stream->fd == STDIN_FILENO ? 1 :
	    stream->broken ? SIZE_MAX : NET_TURN_BYTES;
	size_t taken = 0;
	ssize_t size;

	do {
		size = read(stream->fd, bytes_reserve(&stream->in,
		    NET_READ_BYTES), NET_READ_BYTES);
		if (size > 0) {
			stream->in.size += (size_t)size;
			taken += (size_t)size;
		}
	} while (size == (ssize_t)NET_READ_BYTES && taken < most);
	if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)))
		return true;
	if (size < 0 && errno == EIO && net_is_background(stream->fd))
		return false;
	stream->ended = true;
	stream->broken = stream->broken || size < 0;
	return true;
}

static bool
net_stream_is_hung_up(const struct net_stream *stream)
{
	struct pollfd poller = {.fd = stream->fd};

	return poll(&poller, 1, 0) > 0 && (poller.revents & POLLHUP) != 0;
}

/* Hands what came in, and the end, to the owner. */
static void
net_stream_hand(struct net_stream *stream)
{
	size_t used;

	if (stream->in.size > 0 && !stream->paused) {
		used = stream->ops->input(stream->context,
		    (const char *)stream->in.data, stream->in.size);
		bytes_consume(&stream->in, used);
	}
	if (stream->closed)
		return;
	/* Commands that are still to be answered come before the end. */
	if (stream->ended && !stream->paused && !stream->told_ended &&
	    net_stream_is_hung_up(stream))
		stream->broken = true;
	if ((stream->broken && !stream->told_broken) || (stream->ended &&
	    !stream->paused && !stream->told_ended)) {
		stream->told_ended = true;
		stream->told_broken = stream->broken;
		stream->ops->ended(stream->context, stream->broken);
	}
}

static void
net_stream_turn(evutil_socket_t fd, short what, void *context)
{
	struct net_stream *stream = context;
	bool rests = false;

	(void)fd;
	/* Standard input blocks if it is read when it is not readable. What the
	 * other end said before it went is there even if writing failed. */
	if (!stream->ended && !stream->paused && !stream->told_broken &&
	    ((what & EV_READ) != 0 || !stream->pollable || stream->broken))
		rests = !net_stream_read(stream);
	stream->busy = true;
	net_stream_hand(stream);
	stream->busy = false;
	if (stream->closed) {
		net_stream_free(stream);
		return;
	}
	if (stream->in.size == 0)
		bytes_deinit(&stream->in);
	if (rests) {
		event_del(stream->readable);
		net_stream_again(stream, NET_REST_MSEC);
	} else {
		net_stream_arm(stream);
	}
}
