/*
 * The answers to upgrade requests of ours. libwebsockets reads what there is,
 * and what came behind an answer would be lost to us. So an answer is looked
 * at before it is read, and what else was read with it is known.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnchat/log.h"
#include "net_shell.h"

/* What libwebsockets reads in one piece, and we look at. */
#define NET_REPLY_BYTES NETD_TLS_READ_BYTES

struct netd_reply {
	uv_poll_t poll;
	struct netd_dial *dial;
	int fd;      /* the socket once more, only to be polled */
	size_t seen; /* bytes of an answer that is not whole */
};

static void
net_on_reply_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
netd_reply_end(struct netd_reply *reply)
{
	reply->dial->reply = NULL;
	uv_close((uv_handle_t *)&reply->poll, net_on_reply_closed);
	close(reply->fd);
}

/* Lets libwebsockets read the answer. */
static void
net_reply_read(struct netd *netd, struct lws *wsi)
{
	struct lws_pollfd poll = {.fd = lws_get_socket_fd(wsi),
	    .events = LWS_POLLIN, .revents = LWS_POLLIN};

	lws_rx_flow_control(wsi, 1);
	(void)lws_service_fd(netd->context, &poll);
}

/* 'conn' is through. The first 'size' bytes that came are at 'bytes', and of
 * them 'head' are the answer. */
static void
net_reply_go_on(struct netd *netd, struct conn *conn, unsigned char *bytes,
    size_t head, size_t size)
{
	uint64_t taken;

	/* Those of other origin libwebsockets goes on with. */
	if ((conn->link_flags & IPC_LINK_ROUTING) == 0)
		return;
	netd_frames_take(netd, conn);
	if (!conn->is_framed)
		return;
	taken = netd_tcp_taken(conn->fd);
	if (taken < head || taken > size) {
		/* More came in between, and nobody has it now. */
		dn_info("early", "source=%s what=\"some of what it said "
		    "behind its answer was lost\"",
		    conn->source);
		netd->plane->ops->kill(netd->plane, conn);
	} else if (taken > head) {
		conn_frames(conn, bytes + head, (size_t)taken - head);
	}
}

/* The first 'size' bytes are at 'bytes': true if more are worth waiting for. */
static bool
net_reply_waits(struct netd_reply *reply, const unsigned char *bytes,
    size_t size)
{
	if (size == NET_REPLY_BYTES || size <= reply->seen ||
	    http_head_size(bytes, size) > 0)
		return false;
	reply->seen = size;
	return netd_tcp_await(reply->fd, size + 1);
}

static void
net_on_reply(uv_poll_t *poll, int status, int events)
{
	static unsigned char bytes[NET_REPLY_BYTES];
	struct netd_reply *reply = poll->data;
	struct netd_dial *dial = reply->dial;
	struct netd *netd = dial->netd;
	struct conn *conn;
	ssize_t got = recv(reply->fd, bytes, sizeof(bytes), MSG_PEEK);
	size_t size = got > 0 ? (size_t)got : 0;

	(void)status;
	(void)events;
	netd_clock(netd);
	if (net_reply_waits(reply, bytes, size))
		return;
	(void)netd_tcp_await(reply->fd, 1);
	netd_reply_end(reply);
	net_reply_read(netd, dial->wsi);
	conn = plane_conn(netd->plane, dial->conn);
	if (conn != NULL)
		net_reply_go_on(netd, conn, bytes,
		    http_head_size(bytes, size), size);
}

void
netd_reply_await(struct netd_dial *dial)
{
	struct netd_reply *reply = calloc(1, sizeof(*reply));
	int fd = netd_dup(dial->netd, lws_get_socket_fd(dial->wsi), true);

	if (reply == NULL || fd < 0 || uv_poll_init_socket(&dial->netd->loop,
	    &reply->poll, fd) != 0) {
		/* Then libwebsockets reads it, and what follows. */
		free(reply);
		if (fd >= 0)
			close(fd);
		return;
	}
	lws_rx_flow_control(dial->wsi, 0);
	reply->poll.data = reply;
	reply->dial = dial;
	reply->fd = fd;
	dial->reply = reply;
	uv_poll_start(&reply->poll, UV_READABLE, net_on_reply);
}
