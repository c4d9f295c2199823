/*
 * Dials without WebSocket: connecting, up to the point where the socket is one
 * of net_sock.c.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_shell.h"

struct netd_connect {
	uv_poll_t poll;
	struct netd_dial *dial;
	int fd; /* or -1: handed on */
};

static void
net_on_connect_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
netd_connect_end(struct netd_connect *connect)
{
	connect->dial->connect = NULL;
	uv_close((uv_handle_t *)&connect->poll, net_on_connect_closed);
	if (connect->fd >= 0)
		close(connect->fd);
}

static void
net_connect_failed(struct netd_dial *dial, const char *why)
{
	netd_dial_failed(dial, why, strlen(why));
}

/* Makes a connection of the socket 'fd'. */
static void
net_connect_through(struct netd_dial *dial, int fd)
{
	struct netd_sock *sock = netd_sock_new(dial->netd);
	struct conn *conn = NULL;
	int ours = netd_own_file(dial->netd, fd);

	if (sock == NULL || ours < 0)
		net_connect_failed(dial, ours < 0 ? "too many files" :
		    "out of memory");
	else
		conn = netd_dial_through(dial, ours, NULL, sock);
	if (conn != NULL) {
		netd_tcp_keep(ours);
		return;
	}
	if (sock != NULL)
		netd_sock_free(sock);
	if (ours >= 0)
		close(ours);
}

/* Connecting is through, or has failed. */
static void
net_on_connect(uv_poll_t *poll, int status, int events)
{
	struct netd_connect *connect = poll->data;
	struct netd_dial *dial = connect->dial;
	socklen_t size = sizeof(int);
	int error = 0, fd = connect->fd;

	(void)status;
	(void)events;
	netd_clock(dial->netd);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		net_connect_failed(dial, strerror(error));
		return;
	}
	connect->fd = -1;
	netd_connect_end(connect);
	net_connect_through(dial, fd);
}

/* Returns a socket that connects to 'address', a numeric one; -1 with errno. */
static int
net_connect_socket(const char *address, uint16_t port)
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
netd_connect(struct netd_dial *dial, const char *address, uint16_t port)
{
	int fd = net_connect_socket(address, port);
	struct netd_connect *connect;

	if (fd < 0) {
		net_connect_failed(dial, strerror(errno));
		return;
	}
	connect = calloc(1, sizeof(*connect));
	if (connect == NULL || uv_poll_init_socket(&dial->netd->loop,
	    &connect->poll, fd) != 0) {
		free(connect);
		close(fd);
		net_connect_failed(dial, "out of memory");
		return;
	}
	connect->poll.data = connect;
	connect->dial = dial;
	connect->fd = fd;
	dial->connect = connect;
	uv_poll_start(&connect->poll, UV_WRITABLE, net_on_connect);
}
