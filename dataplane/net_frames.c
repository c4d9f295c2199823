/*
 * Connections that libwebsockets has upgraded: from then on their frames are
 * ours, as it would read a few messages at a time, and lets pass what RFC 6455
 * forbids. The socket is taken out of its hands, too: what it knows of each
 * costs memory, and each end of a connection a look at all the others.
 *
 * What is encrypted stays with it, for writing and closing, and is only read
 * by net_sock.c. Links that we dialled to servers of other origin are left to
 * it altogether.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_shell.h"

/* ---- what is left to libwebsockets instead of a socket ---- */

enum dn_err
netd_husk_start(struct netd *netd)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    ends) != 0)
		return DN_E_IO;
	close(ends[1]);
	netd->husk = ends[0];
	return DN_OK;
}

void
netd_husk_stop(struct netd *netd)
{
	if (netd->husk >= 0)
		close(netd->husk);
	netd->husk = -1;
}

/*
 * Takes the socket of 'wsi' away; returns it, or -1. libwebsockets has no call
 * for that: it gets, under the same number, a socket whose other end has gone,
 * and closes that.
 */
static int
net_take_socket(struct netd *netd, struct lws *wsi)
{
	int theirs = lws_get_socket_fd(wsi);
	int ours = netd_dup(netd, theirs, true);

	if (ours < 0)
		return -1;
	/* The loop's epoll knows the socket by their number, and would tell of
	 * it for ever. */
	lws_rx_flow_control(wsi, 0);
	(void)epoll_ctl(uv_backend_fd(&netd->loop), EPOLL_CTL_DEL, theirs,
	    &(struct epoll_event){0});
	if (dup3(netd->husk, theirs, O_CLOEXEC) < 0) {
		lws_rx_flow_control(wsi, 1);
		close(ours);
		return -1;
	}
	lws_set_opaque_user_data(wsi, NULL);
	lws_set_wsi_user(wsi, NULL);
	netd_lws_kill(netd, wsi);
	return ours;
}

/* ---- taking over ---- */

/* Nothing but the upgrade has been read yet, or whole messages that have been
 * answered: the next byte begins a frame. */
static bool
net_frames_is_fresh(const struct conn *conn)
{
	return conn->state == CONN_STRANGER && conn->shell != NULL &&
	    conn->part == NULL && conn->skipped == 0 &&
	    !lws_partial_buffered(conn->shell);
}

void
netd_frames_take_tls(struct netd *netd, struct conn *conn)
{
	lws_rx_flow_control(conn->shell, 0);
	conn->is_framed = conn->is_tls = true;
	conn->fd = lws_get_socket_fd(conn->shell);
	conn->reader.is_bare = conn->is_dialled;
	netd_poll(netd, conn, EPOLLIN);
}

void
netd_frames_take(struct netd *netd, struct conn *conn)
{
	struct netd_sock *sock = netd_sock_new(netd);
	int fd = sock != NULL ? net_take_socket(netd, conn->shell) : -1;

	if (fd < 0) {
		/* It stays where it is, and is served there. */
		if (sock != NULL)
			netd_sock_free(sock);
		return;
	}
	conn->is_framed = true;
	conn->reader.is_bare = conn->is_dialled;
	netd_sock_start(sock, conn, fd);
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
