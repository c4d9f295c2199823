/*
 * Connections that libwebsockets has upgraded: from then on their frames are
 * ours, as it would read a few messages at a time, and lets pass what RFC 6455
 * forbids. It is told to receive nothing any more, and has nothing to say of
 * its own; it keeps what the socket does not take at once, and closes. What is
 * encrypted it writes as well. Links that we dialled to servers of other origin
 * are left to it.
 *
 * They are polled by an epoll of our own, which is one descriptor of the loop:
 * libuv would need a handle for each of them, and has one already, of
 * libwebsockets.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_shell.h"

/* Read of one connection in one piece, and so many pieces in one turn. */
#define NET_FRAMES_READ_BYTES 16384
#define NET_FRAMES_READS_MAX 4

/* The same of an encrypted one, where a piece is a record: as many may hold
 * one message each. A record read in part would be waited for in vain. */
#define NET_FRAMES_RECORDS_MAX 16
_Static_assert(NET_FRAMES_READ_BYTES >= NETD_TLS_READ_BYTES,
    "a record has to be read whole");

/* Connections that are looked at in one turn; others wait for the next. */
#define NET_FRAMES_EVENTS 1024

static void
net_frames_watch(struct netd *netd, struct conn *conn, bool watch)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = conn->id};

	if (conn->is_watched == watch)
		return;
	if (epoll_ctl(netd->frames_epoll, watch ? EPOLL_CTL_ADD :
	    EPOLL_CTL_DEL, conn->fd, &event) == 0)
		conn->is_watched = watch;
	else if (watch)
		/* No memory: nothing of it would ever be read. */
		netd->plane->ops->kill(netd->plane, conn);
}

/* ---- taking over ---- */

/* Nothing but the upgrade has been read yet, or whole messages that have been
 * answered: the next byte begins a frame. */
static bool
net_frames_is_fresh(const struct conn *conn)
{
	return conn->state == CONN_STRANGER && conn->shell != NULL &&
	    conn->part == NULL && conn->skipped == 0 && !conn->is_deaf;
}

void
netd_frames_take(struct netd *netd, struct conn *conn)
{
	lws_rx_flow_control(conn->shell, 0);
	conn->is_framed = true;
	conn->is_tls = lws_is_ssl(conn->shell) != 0;
	conn->fd = lws_get_socket_fd(conn->shell);
	conn->reader.is_bare = conn->is_dialled;
	if (!conn->is_deaf)
		net_frames_watch(netd, conn, true);
}

void
netd_frames_take_over(struct netd *netd)
{
	struct conn *conn;
	size_t i;

	for (i = 0; i < netd->upgraded.count; i++) {
		conn = plane_conn(netd->plane, netd->upgraded.ids[i]);
		if (conn != NULL && net_frames_is_fresh(conn))
			netd_frames_take(netd, conn);
	}
	netd->upgraded.count = 0;
}

void
netd_frames_pause(struct netd *netd, struct conn *conn, bool pause)
{
	/* Mostly it is over before the next byte comes. */
	if (!pause)
		net_frames_watch(netd, conn, true);
}

/* ---- writing ---- */

enum plane_write
netd_frames_write(struct netd *netd, struct conn *conn,
    const unsigned char *data, size_t size)
{
	ssize_t sent;

	if (conn->is_tls)
		return netd_lws_write(netd, conn, data, size);
	sent = send(conn->fd, data, size, MSG_NOSIGNAL);
	if (sent == (ssize_t)size)
		return PLANE_WRITTEN;
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		netd->plane->ops->kill(netd->plane, conn);
		return PLANE_FAILED;
	}
	sent = sent > 0 ? sent : 0;
	return netd_lws_write(netd, conn, data + sent, size - (size_t)sent);
}

/* ---- reading ---- */

static void
net_frames_over(struct netd *netd, struct conn *conn)
{
	net_frames_watch(netd, conn, false);
	conn_lost(conn, 0, "connection lost");
	netd->plane->ops->kill(netd->plane, conn);
}

/* Reads once; returns how many bytes, 0 if there are none now, -1 if no more
 * will come. */
static ssize_t
net_frames_recv(const struct conn *conn, unsigned char *bytes, size_t room)
{
	ssize_t size;

	if (conn->is_tls)
		return netd_tls_read(conn->shell, bytes, room);
	size = recv(conn->fd, bytes, room, 0);
	if (size > 0)
		return size;
	return size < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void
net_frames_read(struct netd *netd, struct conn *conn)
{
	static unsigned char bytes[NET_FRAMES_READ_BYTES];
	unsigned reads, reads_max = conn->is_tls ? NET_FRAMES_RECORDS_MAX :
	    NET_FRAMES_READS_MAX;
	ssize_t size = sizeof(bytes);
	bool has_secret;

	for (reads = 0; reads < reads_max && !conn->is_deaf &&
	    (conn->is_tls || size == (ssize_t)sizeof(bytes)); reads++) {
		size = net_frames_recv(conn, bytes, sizeof(bytes));
		if (size < 0)
			net_frames_over(netd, conn);
		if (size <= 0)
			break;
		has_secret = conn->state == CONN_STRANGER;
		conn_frames(conn, bytes, (size_t)size);
		if (has_secret)
			explicit_bzero(bytes, (size_t)size);
	}
}

static void
net_on_frames(uv_poll_t *poll, int status, int events)
{
	struct epoll_event ready[NET_FRAMES_EVENTS];
	struct netd *netd = poll->data;
	struct conn *conn;
	int count;
	size_t i;

	(void)status;
	(void)events;
	netd_clock(netd);
	count = epoll_wait(netd->frames_epoll, ready, NET_FRAMES_EVENTS, 0);
	for (i = 0; count > 0 && i < (size_t)count; i++) {
		if (i + PLANE_AHEAD < (size_t)count)
			plane_fetch_id(netd->plane,
			    ready[i + PLANE_AHEAD].data.u64);
		conn = plane_conn(netd->plane, ready[i].data.u64);
		if (conn == NULL)
			continue;
		if (conn->is_deaf)
			net_frames_watch(netd, conn, false);
		else
			net_frames_read(netd, conn);
	}
}

/* ---- life ---- */

enum dn_err
netd_frames_start(struct netd *netd)
{
	netd->frames_epoll = epoll_create1(EPOLL_CLOEXEC);
	if (netd->frames_epoll < 0)
		return DN_E_IO;
	if (uv_poll_init(&netd->loop, &netd->frames_poll,
	    netd->frames_epoll) != 0) {
		close(netd->frames_epoll);
		netd->frames_epoll = -1;
		return DN_E_IO;
	}
	netd->frames_poll.data = netd;
	uv_poll_start(&netd->frames_poll, UV_READABLE, net_on_frames);
	return DN_OK;
}

void
netd_frames_stop(struct netd *netd)
{
	if (netd->frames_epoll < 0)
		return;
	uv_close((uv_handle_t *)&netd->frames_poll, NULL);
	close(netd->frames_epoll);
	netd->frames_epoll = -1;
}
