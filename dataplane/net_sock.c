/*
 * Sockets of our own: those without WebSocket, those whose upgrade net_knock.c
 * has answered, and those that libwebsockets has upgraded and net_frames.c has
 * taken out of its hands. They are polled by
 * an epoll of ours, which is one descriptor of the loop: libuv would need a
 * handle for each. What the plane tells them and is told is what net.c and
 * net_events.c do for the others. What is encrypted is only read here.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_shell.h"

/* Read of one connection in one piece, and so many pieces in one turn. */
#define NET_SOCK_READ_BYTES 16384
#define NET_SOCK_READS_MAX 4

/* The same of an encrypted one, where a piece is a record: as many may hold
 * one message each. A record read in part would be waited for in vain. */
#define NET_SOCK_RECORDS_MAX 16
_Static_assert(NET_SOCK_READ_BYTES >= NETD_TLS_READ_BYTES,
    "a record has to be read whole");

/* Connections that are looked at in one turn; others wait for the next. */
#define NET_SOCK_EVENTS 1024

/* Instead of bytes: the other end has finished, or there was an error. */
#define NET_SOCK_OVER (-1)
#define NET_SOCK_BROKEN (-2)

/* The shell of such a connection. What reading and writing a message needs is
 * in the connection itself. */
struct netd_sock {
	struct netd *netd;
	struct conn *conn;
	struct netd_sock *next, *prev; /* of the shell's */
	struct netd_sock *dead_next;
	unsigned char *rest;     /* what the socket did not take, or NULL */
	size_t rest_at, rest_end;
	bool wants_write;        /* the plane waits for it */
	bool is_over;            /* the other end has finished */
	bool is_closing;         /* we finish behind what waits */
	bool is_dead;            /* to be swept */
};

/* ---- polling ---- */

void
netd_poll(struct netd *netd, struct conn *conn, unsigned events)
{
	struct epoll_event event = {.events = events, .data.u64 = conn->id};
	int op = conn->polled == 0 ? EPOLL_CTL_ADD :
	    events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	if (conn->polled == events)
		return;
	if (epoll_ctl(netd->epoll, op, conn->fd, &event) == 0)
		conn->polled = (uint8_t)events;
	else if (events != 0)
		/* No memory: nothing of it would ever be noticed. */
		netd->plane->ops->kill(netd->plane, conn);
}

/* Polls for what is wanted now. That nothing is to be received is only done
 * when something comes: mostly it is over by then. */
static void
net_sock_poll(struct netd_sock *sock)
{
	struct conn *conn = sock->conn;
	unsigned events = conn->is_deaf ? conn->polled & EPOLLIN : EPOLLIN;

	if (sock->is_dead)
		return;
	if (sock->is_over)
		events = 0;
	if (sock->wants_write || sock->rest != NULL)
		events |= EPOLLOUT;
	netd_poll(sock->netd, conn, events);
}

/* ---- life ---- */

/* It is over with 'sock': the end of the turn tells the plane. */
static void
net_sock_end(struct netd_sock *sock)
{
	if (sock->is_dead)
		return;
	sock->is_dead = true;
	/* What has come already is not looked at; the socket's end takes it
	 * out of the epoll. */
	sock->conn->polled = 0;
	sock->dead_next = sock->netd->dead_socks;
	sock->netd->dead_socks = sock;
}

static void
net_sock_lost(struct netd_sock *sock)
{
	conn_lost(sock->conn, 0, "connection lost");
	net_sock_end(sock);
}

struct netd_sock *
netd_sock_new(struct netd *netd)
{
	struct netd_sock *sock = calloc(1, sizeof(*sock));

	if (sock == NULL)
		return NULL;
	sock->netd = netd;
	sock->next = netd->socks;
	if (sock->next != NULL)
		sock->next->prev = sock;
	netd->socks = sock;
	return sock;
}

void
netd_sock_start(struct netd_sock *sock, struct conn *conn, int fd)
{
	conn->shell = sock;
	conn->is_ours = true;
	conn->fd = fd;
	sock->conn = conn;
	net_sock_poll(sock);
}

int
netd_sock_leave(struct conn *conn)
{
	struct netd_sock *sock = conn->shell;
	int fd = conn->fd;

	assert(sock->rest == NULL && !sock->is_dead);
	netd_poll(sock->netd, conn, 0);
	netd_sock_free(sock);
	conn->shell = NULL;
	conn->is_ours = false;
	conn->fd = -1;
	return fd;
}

void
netd_sock_free(struct netd_sock *sock)
{
	struct netd *netd = sock->netd;

	if (sock->next != NULL)
		sock->next->prev = sock->prev;
	if (sock->prev != NULL)
		sock->prev->next = sock->next;
	else
		netd->socks = sock->next;
	free(sock->rest);
	free(sock);
}

void
netd_socks_sweep(struct netd *netd)
{
	struct netd_sock *sock;
	int fd;

	while ((sock = netd->dead_socks) != NULL) {
		netd->dead_socks = sock->dead_next;
		fd = sock->conn->fd;
		plane_gone(netd->plane, sock->conn, 0, "connection lost");
		netd_sock_free(sock);
		close(fd);
	}
}

/* ---- what the plane wants ---- */

/* Writes 'size' bytes at 'data'; returns how many the socket took, or -1 if
 * it is broken. */
static ssize_t
net_sock_send(const struct conn *conn, const unsigned char *data, size_t size)
{
	ssize_t sent;

	do {
		sent = send(conn->fd, data, size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return sent;
}

/* Keeps the 'size' bytes at 'data' that the socket did not take. */
static enum plane_write
net_sock_keep(struct netd_sock *sock, const unsigned char *data, size_t size)
{
	assert(sock->rest == NULL);
	sock->rest = malloc(size);
	if (sock->rest == NULL) {
		net_sock_end(sock);
		return PLANE_FAILED;
	}
	memcpy(sock->rest, data, size);
	sock->rest_at = 0;
	sock->rest_end = size;
	net_sock_poll(sock);
	return PLANE_BLOCKED;
}

enum plane_write
netd_sock_write(struct conn *conn, const unsigned char *data, size_t size)
{
	ssize_t sent = net_sock_send(conn, data, size);

	if (sent == (ssize_t)size)
		return PLANE_WRITTEN;
	if (sent >= 0)
		return net_sock_keep(conn->shell, data + sent,
		    size - (size_t)sent);
	net_sock_end(conn->shell);
	return PLANE_FAILED;
}

void
netd_sock_want_write(struct conn *conn)
{
	struct netd_sock *sock = conn->shell;

	sock->wants_write = true;
	net_sock_poll(sock);
}

void
netd_sock_resume(struct netd *netd, struct conn *conn)
{
	if (conn->is_ours)
		net_sock_poll(conn->shell);
	else
		netd_poll(netd, conn, EPOLLIN);
}

void
netd_sock_kill(struct conn *conn)
{
	net_sock_end(conn->shell);
}

/* Finishes our half once all has been written; if the other end has nothing
 * more to say either, that was it. */
static void
net_sock_finish(struct netd_sock *sock)
{
	if (!sock->is_closing || sock->rest != NULL || sock->is_dead)
		return;
	if (sock->is_over || (sock->conn->is_framed && sock->conn->is_over))
		net_sock_end(sock);
	else
		(void)shutdown(sock->conn->fd, SHUT_WR);
}

void
netd_sock_close(struct conn *conn)
{
	struct netd_sock *sock = conn->shell;

	sock->is_closing = true;
	net_sock_finish(sock);
}

/* ---- what happens ---- */

/* Reads once; returns how many bytes, 0 if there are none now, NET_SOCK_OVER or
 * NET_SOCK_BROKEN if no more will come. */
static ssize_t
net_sock_recv(const struct conn *conn, unsigned char *bytes, size_t room)
{
	ssize_t size;

	if (conn->is_tls)
		return netd_tls_read(conn->shell, bytes, room);
	size = recv(conn->fd, bytes, room, 0);
	if (size > 0)
		return size;
	if (size == 0)
		return NET_SOCK_OVER;
	return errno == EAGAIN || errno == EINTR ? 0 : NET_SOCK_BROKEN;
}

/* Lines may end so, and are answered. */
static void
net_sock_lines_over(struct netd_sock *sock)
{
	sock->is_over = true;
	conn_stream_end(sock->conn);
	net_sock_finish(sock);
	net_sock_poll(sock);
}

/* Nothing more will come. Frames end with a close frame, so that this was
 * somebody's death. */
static void
net_sock_over(struct netd *netd, struct conn *conn, bool is_broken)
{
	if (!conn->is_framed && !is_broken) {
		net_sock_lines_over(conn->shell);
		return;
	}
	netd_poll(netd, conn, 0);
	conn_lost(conn, 0, "connection lost");
	netd->plane->ops->kill(netd->plane, conn);
}

static void
net_sock_read(struct netd *netd, struct conn *conn)
{
	static unsigned char bytes[NET_SOCK_READ_BYTES];
	unsigned reads, reads_max = conn->is_tls ? NET_SOCK_RECORDS_MAX :
	    NET_SOCK_READS_MAX;
	ssize_t size = sizeof(bytes);
	bool has_secret;

	for (reads = 0; reads < reads_max && !conn->is_deaf &&
	    (conn->is_tls || size == (ssize_t)sizeof(bytes)); reads++) {
		size = net_sock_recv(conn, bytes, sizeof(bytes));
		if (size < 0)
			net_sock_over(netd, conn, size == NET_SOCK_BROKEN);
		if (size <= 0)
			break;
		/* Lines have passwords later, too. */
		has_secret = conn->state == CONN_STRANGER ||
		    !conn->is_framed;
		if (conn->is_framed)
			conn_frames(conn, bytes, (size_t)size);
		else
			conn_stream(conn, bytes, (size_t)size);
		if (has_secret)
			explicit_bzero(bytes, (size_t)size);
	}
}

/* Writes on, or finds out what is wrong. */
static void
net_sock_flush(struct netd_sock *sock)
{
	ssize_t sent = 0;

	if (sock->rest != NULL)
		sent = net_sock_send(sock->conn, sock->rest + sock->rest_at,
		    sock->rest_end - sock->rest_at);
	if (sent < 0) {
		net_sock_lost(sock);
		return;
	}
	sock->rest_at += (size_t)sent;
	if (sock->rest != NULL && sock->rest_at < sock->rest_end)
		return;
	free(sock->rest);
	sock->rest = NULL;
	if (sock->wants_write) {
		sock->wants_write = false;
		conn_writable(sock->conn);
	}
	net_sock_finish(sock);
	net_sock_poll(sock);
}

static void
net_sock_ready(struct netd *netd, struct conn *conn, unsigned events)
{
	/* An error shows wherever it is looked for. */
	bool is_error = (events & (EPOLLERR | EPOLLHUP)) != 0;

	if ((conn->polled & EPOLLOUT) != 0 &&
	    ((events & EPOLLOUT) != 0 || is_error))
		net_sock_flush(conn->shell);
	if ((conn->polled & EPOLLIN) == 0 ||
	    ((events & EPOLLIN) == 0 && !is_error))
		return;
	if (conn->is_deaf)
		netd_poll(netd, conn, conn->polled & ~(unsigned)EPOLLIN);
	else if (conn->state != CONN_UPGRADING)
		net_sock_read(netd, conn);
	else if (!netd_knock(netd, conn))
		net_sock_over(netd, conn, true);
}

static void
net_on_ready(uv_poll_t *poll, int status, int events)
{
	struct epoll_event ready[NET_SOCK_EVENTS];
	struct netd *netd = poll->data;
	struct conn *conn;
	int count;
	size_t i;

	(void)status;
	(void)events;
	netd_clock(netd);
	count = epoll_wait(netd->epoll, ready, NET_SOCK_EVENTS, 0);
	for (i = 0; count > 0 && i < (size_t)count; i++) {
		if (i + PLANE_AHEAD < (size_t)count)
			plane_fetch_id(netd->plane,
			    ready[i + PLANE_AHEAD].data.u64);
		conn = plane_conn(netd->plane, ready[i].data.u64);
		if (conn != NULL)
			net_sock_ready(netd, conn, ready[i].events);
	}
}

/* ---- begin and end ---- */

enum dn_err
netd_socks_start(struct netd *netd)
{
	netd->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (netd->epoll < 0)
		return DN_E_IO;
	if (uv_poll_init(&netd->loop, &netd->epoll_poll, netd->epoll) != 0) {
		close(netd->epoll);
		netd->epoll = -1;
		return DN_E_IO;
	}
	netd->epoll_poll.data = netd;
	uv_poll_start(&netd->epoll_poll, UV_READABLE, net_on_ready);
	return DN_OK;
}

void
netd_socks_stop(struct netd *netd)
{
	if (netd->epoll < 0)
		return;
	while (netd->socks != NULL) {
		close(netd->socks->conn->fd);
		netd_sock_free(netd->socks);
	}
	netd->dead_socks = NULL;
	uv_close((uv_handle_t *)&netd->epoll_poll, NULL);
	close(netd->epoll);
	netd->epoll = -1;
}
