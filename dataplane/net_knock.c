/*
 * Those who knock at the door of WebSocket. What they say is looked at before
 * it is read: an ordinary request is answered here, and nothing else is read
 * of its socket, which stays ours. What is more than that, or less as yet, is
 * left to libwebsockets.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_shell.h"
#include "upgrade.h"

/* What is looked at of a request. */
#define NET_KNOCK_BYTES 4096

#define NET_SHA1_BYTES 20

/* In base64, with a NUL, and libwebsockets wants some more. */
#define NET_ACCEPT_ROOM 32

/* The value of Sec-WebSocket-Accept (RFC 6455, section 4.2.2). */
static void
net_knock_accept(const struct upgrade *upgrade,
    char accept[NET_ACCEPT_ROOM])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char text[UPGRADE_KEY_BYTES + sizeof(guid) - 1];
	unsigned char hash[NET_SHA1_BYTES];

	memcpy(text, upgrade->key, UPGRADE_KEY_BYTES);
	memcpy(text + UPGRADE_KEY_BYTES, guid, sizeof(guid) - 1);
	lws_SHA1(text, sizeof(text), hash);
	(void)lws_b64_encode_string((const char *)hash, sizeof(hash), accept,
	    NET_ACCEPT_ROOM);
}

static void
net_knock_answer(struct conn *conn, const struct upgrade *upgrade)
{
	char accept[NET_ACCEPT_ROOM], answer[256];
	int size;

	net_knock_accept(upgrade, accept);
	size = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n"
	    "\r\n", accept);
	conn->is_framed = true;
	/* A socket that has no room for its first bytes is of no use. */
	if (netd_sock_write(conn, (const unsigned char *)answer,
	    (size_t)size) == PLANE_WRITTEN)
		conn_upgraded(conn, upgrade->has_origin ?
		    IPC_LINK_PROXIED : 0);
	else
		netd_sock_kill(conn);
}

static void
net_knock_hand_over(struct netd *netd, struct conn *conn)
{
	int fd = netd_dup(netd, conn->fd, false);

	if (fd < 0) {
		netd_warn_files(netd, netd->lws_files);
		netd_sock_kill(conn);
		return;
	}
	close(netd_sock_leave(conn));
	netd_adopt(netd, conn, fd, false);
}

void
netd_adopt(struct netd *netd, struct conn *conn, int fd, bool is_tls)
{
	lws_adopt_desc_t info = {
		.vh = is_tls ? netd->tls_vhost : netd->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP |
		    (is_tls ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd.sockfd = fd,
		.opaque = conn,
	};
	struct lws *wsi;

	/* On failure it closes the socket; what it made of it goes the usual
	 * way, with 'conn', or the deadline of the upgrade ends 'conn'. */
	wsi = lws_adopt_descriptor_vhost_via_info(&info);
	if (wsi != NULL)
		conn->shell = wsi;
}

bool
netd_knock(struct netd *netd, struct conn *conn)
{
	char bytes[NET_KNOCK_BYTES];
	struct upgrade upgrade;
	ssize_t got = recv(conn->fd, bytes, sizeof(bytes), MSG_PEEK);
	size_t size;

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	size = upgrade_read(bytes, (size_t)got, &upgrade);
	if (size == 0) {
		net_knock_hand_over(netd, conn);
		return true;
	}
	if (recv(conn->fd, bytes, size, 0) != (ssize_t)size)
		return false;
	net_knock_answer(conn, &upgrade);
	return true;
}
