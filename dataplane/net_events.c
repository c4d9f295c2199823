/*
 * What libwebsockets says, in its callbacks, is told to the plane. Its parser
 * hands over pieces of messages; our own connections are its "opaque data".
 */
#include <string.h>

#include "dnchat/log.h"
#include "net_shell.h"

/* What libwebsockets reads of who connects, until net_frames.c does: it wants
 * the place for each, and for control frames (RFC 6455, 5.5). */
#define NET_CLIENT_READ_BYTES 128

/* A masked frame's head, and how many such buffers of a connection are read
 * in one turn. */
#define NET_HEAD_BYTES 6
#define NET_READS_MAX 16

/* What happened: the shell, the connection (unless it is none of the plane's
 * yet, or no more), and what libwebsockets hands over. */
struct net_event {
	struct netd *netd;
	struct conn *conn;
	struct lws *wsi;
	void *user, *data;
	size_t size;
};

typedef int net_handler(const struct net_event *event);

static bool
net_has_header(struct lws *wsi, enum lws_token_indexes token)
{
	return lws_hdr_total_length(wsi, token) > 0;
}

static bool
net_has_custom(struct lws *wsi, const char *name)
{
	return lws_hdr_custom_length(wsi, name, (int)strlen(name)) >= 0;
}

bool
netd_is_proxied(struct lws *wsi)
{
	return net_has_header(wsi, WSI_TOKEN_X_FORWARDED_FOR) ||
	    net_has_header(wsi, WSI_TOKEN_HTTP_VIA) ||
	    net_has_custom(wsi, "forwarded:") ||
	    net_has_custom(wsi, "via:") ||
	    net_has_custom(wsi, "x-forwarded-for:");
}

/* A request for a page: one, then the connection closes, so that it counts as
 * a stranger no longer than that takes. What was written still goes out. */
static int
net_on_http(const struct net_event *event)
{
	if (event->conn != NULL)
		netd_http(event->netd, event->conn, event->wsi,
		    (struct dn_str){event->data, event->size});
	return -1;
}

/* Only "websocket": libwebsockets would do HTTP/2 as well. */
static int
net_on_confirm(const struct net_event *event)
{
	return event->data != NULL &&
	    strcasecmp(event->data, "websocket") == 0 ? 0 : -1;
}

static int
net_on_request(const struct net_event *event)
{
	struct conn *conn = event->conn;
	struct lws *wsi = event->wsi;
	char value[64];

	if (conn == NULL)
		return -1;
	if (lws_hdr_custom_copy(wsi, value, sizeof(value), "dnchat-routing:",
	    15) > 0 && strcmp(value, "1") == 0 &&
	    !plane_withholds(netd_clock(event->netd),
	    dn_str_of(conn->source)))
		conn->link_flags |= IPC_LINK_ROUTING;
	if (lws_hdr_custom_copy(wsi, value, sizeof(value), "dnchat-node:",
	    12) > 0 && strcmp(value, event->netd->node) == 0)
		conn->link_flags |= IPC_LINK_SELF;
	if (net_has_header(wsi, WSI_TOKEN_ORIGIN) || netd_is_proxied(wsi))
		conn->link_flags |= IPC_LINK_PROXIED;
	return 0;
}

/* What we are is answered only to those who say it first. */
static int
net_on_answer(const struct net_event *event)
{
	struct lws_process_html_args *args = event->data;
	unsigned char *at = (unsigned char *)args->p;
	unsigned char *end = at + args->max_len;

	if (event->conn == NULL ||
	    (event->conn->link_flags & IPC_LINK_ROUTING) == 0)
		return 0;
	if (lws_add_http_header_by_name(event->wsi,
	    (const unsigned char *)"dnchat-routing:",
	    (const unsigned char *)"1", 1, &at, end) != 0 ||
	    lws_add_http_header_by_name(event->wsi,
	    (const unsigned char *)"dnchat-node:",
	    (const unsigned char *)event->netd->node,
	    NETD_NODE_BYTES - 1, &at, end) != 0)
		return -1;
	args->p = (char *)at;
	return 0;
}

static int
net_on_established(const struct net_event *event)
{
	if (event->conn == NULL)
		return -1;
	event->conn->shell = event->wsi;
	/* With it libwebsockets says when it begins to close by itself. */
	lws_set_wsi_user(event->wsi, event->conn);
	conn_upgraded(event->conn, event->conn->link_flags);
	/* What is encrypted libwebsockets may not begin to read: see
	 * NETD_TLS_READ_BYTES. Others are taken outside its callbacks; without
	 * memory for that it goes on with them. */
	if (lws_is_ssl(event->wsi))
		netd_frames_take_tls(event->netd, event->conn);
	else
		(void)plane_ids_add(&event->netd->upgraded, event->conn);
	return 0;
}

/* Notices when about as much came of 'conn' as one buffer holds. To be wrong
 * about it costs a read in vain, or one more turn. */
static void
net_count_read(struct netd *netd, const struct conn *conn, size_t size)
{
	if (netd->reading != conn->id) {
		netd->reading = conn->id;
		netd->read_bytes = 0;
	}
	if (netd->read_bytes >= NET_CLIENT_READ_BYTES)
		return;
	netd->read_bytes += size + NET_HEAD_BYTES;
	/* Without memory for it the next turn reads on. */
	if (netd->read_bytes >= NET_CLIENT_READ_BYTES)
		(void)plane_ids_add(&netd->full, conn);
}

static void
net_read_on(struct netd *netd, uint64_t id)
{
	struct conn *conn = plane_conn(netd->plane, id);
	struct lws_pollfd poll = {.events = LWS_POLLIN, .revents = LWS_POLLIN};

	netd->reading = IPC_CONN_NONE;
	if (conn == NULL || conn->shell == NULL || conn->paused != 0)
		return;
	poll.fd = lws_get_socket_fd(conn->shell);
	(void)lws_service_fd(netd->context, &poll);
}

void
netd_read_on(struct netd *netd)
{
	unsigned reads;
	size_t i, count;

	for (reads = 0; reads < NET_READS_MAX && netd->full.count > 0;
	    reads++) {
		/* What fills a buffer again stands behind these. */
		count = netd->full.count;
		for (i = 0; i < count; i++)
			net_read_on(netd, netd->full.ids[i]);
		netd->full.count -= count;
		memmove(netd->full.ids, netd->full.ids + count,
		    netd->full.count * sizeof(netd->full.ids[0]));
	}
	netd->full.count = 0;
	netd->reading = IPC_CONN_NONE;
}

static int
net_on_receive(const struct net_event *event)
{
	if (event->conn == NULL)
		return 0;
	net_count_read(event->netd, event->conn, event->size);
	conn_receive(event->conn, event->data, event->size,
	    lws_remaining_packet_payload(event->wsi),
	    lws_is_final_fragment(event->wsi) != 0,
	    lws_frame_is_binary(event->wsi) != 0);
	return 0;
}

static int
net_on_pong(const struct net_event *event)
{
	if (event->conn != NULL)
		conn_pong(event->conn, event->data, event->size);
	return 0;
}

static int
net_on_writable(const struct net_event *event)
{
	if (event->conn == NULL)
		return 0;
	if (event->conn->is_ending)
		netd_half_close(event->conn);
	else
		conn_writable(event->conn);
	return 0;
}

static int
net_on_peer_closes(const struct net_event *event)
{
	const unsigned char *bytes = event->data;

	if (event->conn != NULL)
		conn_lost(event->conn, event->size >= 2 ?
		    (uint16_t)(bytes[0] << 8 | bytes[1]) : WS_CLOSE_NORMAL,
		    "closed by the other end");
	return 0;
}

/* libwebsockets closes: the socket has gone, or what came is no WebSocket
 * frame; then it has left its reason. */
static int
net_on_drop(const struct net_event *event)
{
	struct conn *conn = event->conn;
	const char *reason;
	int size;

	if (conn == NULL || conn->state == CONN_CLOSING)
		return 0;
	size = lws_get_close_length(event->wsi);
	if (size <= 2) {
		conn_lost(conn, 0, "connection lost");
		return 0;
	}
	reason = (const char *)lws_get_close_payload(event->wsi) + 2;
	event->netd->plane->counters[IPC_COUNTER_invalid]++;
	if (plane_may_log(event->netd->plane))
		dn_warn("invalid", "source=%s conn=%llx why=%s",
		    conn->source, (unsigned long long)conn->id,
		    dn_log_str((struct dn_str){reason,
		    (size_t)size - 2}).text);
	conn_lost(conn, WS_CLOSE_PROTOCOL, "not a WebSocket frame");
	return 0;
}

static int
net_on_gone(const struct net_event *event)
{
	struct netd_dial *dial;
	void *opaque = lws_get_opaque_user_data(event->wsi);

	if (event->conn != NULL) {
		lws_set_opaque_user_data(event->wsi, NULL);
		plane_gone(event->netd->plane, event->conn, 0,
		    "connection lost");
		return 0;
	}
	dial = netd_dial_of(event->netd, opaque);
	if (dial != NULL) {
		netd_dial_failed(dial, "connection lost", 15);
		dial->wsi = NULL;
	}
	return 0;
}

/* Of its many reasons those that begin with HS tell that there is a server,
 * but no WebSocket. */
static int
net_on_dial_error(const struct net_event *event)
{
	struct netd_dial *dial = netd_dial_of(event->netd,
	    lws_get_opaque_user_data(event->wsi));
	const char *why = event->data;
	const char *tls = netd_tls_why(event->wsi);

	if (dial == NULL)
		return 0;
	if (tls != NULL)
		netd_dial_failed(dial, tls, strlen(tls));
	else if (why != NULL && event->size > 4 && memcmp(why, "HS: ", 4) == 0)
		netd_dial_failed(dial, why + 4, event->size - 4);
	else
		netd_dial_failed(dial, "no connection", 13);
	dial->wsi = NULL;
	return 0;
}

/* We connect to whom dncontrol names, and to nobody else. */
static int
net_on_redirect(const struct net_event *event)
{
	(void)event;
	return -1;
}

static int
net_on_dial_headers(const struct net_event *event)
{
	struct netd_dial *dial = netd_dial_of(event->netd,
	    lws_get_opaque_user_data(event->wsi));

	return dial == NULL ? -1 :
	    netd_dial_headers(dial, event->wsi, event->data, event->size);
}

static int
net_on_dial_answer(const struct net_event *event)
{
	struct netd_dial *dial = netd_dial_of(event->netd,
	    lws_get_opaque_user_data(event->wsi));

	if (dial == NULL)
		return -1;
	netd_dial_answer(dial, event->wsi);
	return 0;
}

static int
net_on_dial_through(const struct net_event *event)
{
	struct netd_dial *dial = netd_dial_of(event->netd,
	    lws_get_opaque_user_data(event->wsi));

	struct conn *conn;

	if (dial == NULL)
		return -1;
	conn = netd_dial_through(dial, lws_get_socket_fd(event->wsi),
	    event->wsi, NULL);
	if (conn == NULL)
		return -1;
	lws_set_opaque_user_data(event->wsi, conn);
	lws_set_wsi_user(event->wsi, conn);
	/* One of our kind has nothing to say before we have: nothing of it has
	 * been read. For what is not encrypted net_reply.c sees to that. */
	if ((conn->link_flags & IPC_LINK_ROUTING) != 0 &&
	    lws_is_ssl(event->wsi))
		netd_frames_take_tls(event->netd, conn);
	return 0;
}

/* The wsi is none. */
static int
net_on_tls_vhost(const struct net_event *event)
{
	netd_tls_prepare(event->netd, event->user);
	return 0;
}

static const struct {
	enum lws_callback_reasons reason;
	net_handler *handler;
} net_handlers[] = {
	/* Most frequent first. */
	{LWS_CALLBACK_RECEIVE, net_on_receive},
	{LWS_CALLBACK_CLIENT_RECEIVE, net_on_receive},
	{LWS_CALLBACK_SERVER_WRITEABLE, net_on_writable},
	{LWS_CALLBACK_CLIENT_WRITEABLE, net_on_writable},
	{LWS_CALLBACK_RECEIVE_PONG, net_on_pong},
	{LWS_CALLBACK_CLIENT_RECEIVE_PONG, net_on_pong},
	{LWS_CALLBACK_HTTP, net_on_http},
	{LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, net_on_confirm},
	{LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION, net_on_request},
	{LWS_CALLBACK_ADD_HEADERS, net_on_answer},
	{LWS_CALLBACK_ESTABLISHED, net_on_established},
	{LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, net_on_peer_closes},
	{LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL, net_on_drop},
	{LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL, net_on_drop},
	{LWS_CALLBACK_CLOSED, net_on_gone},
	{LWS_CALLBACK_CLIENT_CLOSED, net_on_gone},
	{LWS_CALLBACK_WSI_DESTROY, net_on_gone},
	{LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER, net_on_dial_headers},
	{LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH, net_on_dial_answer},
	{LWS_CALLBACK_CLIENT_ESTABLISHED, net_on_dial_through},
	{LWS_CALLBACK_CLIENT_HTTP_REDIRECT, net_on_redirect},
	{LWS_CALLBACK_CLIENT_CONNECTION_ERROR, net_on_dial_error},
	{LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS,
	    net_on_tls_vhost},
};

static int
net_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
    void *data, size_t size)
{
	struct net_event event = {.wsi = wsi, .user = user, .data = data,
	    .size = size};
	void *opaque;
	size_t i;

	for (i = 0; i < sizeof(net_handlers) / sizeof(net_handlers[0]); i++) {
		if (net_handlers[i].reason != reason)
			continue;
		event.netd = lws_context_user(lws_get_context(wsi));
		if (event.netd == NULL || event.netd->plane == NULL)
			return 0;
		opaque = lws_get_opaque_user_data(wsi);
		event.conn = netd_dial_of(event.netd, opaque) == NULL ?
		    opaque : NULL;
		netd_clock(event.netd);
		return net_handlers[i].handler(&event);
	}
	return 0;
}

const struct lws_protocols netd_protocols[] = {
	[NETD_PROTOCOL_ACCEPTED] = {
		.name = "dnchat",
		.callback = net_callback,
		.rx_buffer_size = NET_CLIENT_READ_BYTES,
		.tx_packet_size = PLANE_SCRATCH_BYTES,
	},
	[NETD_PROTOCOL_DIALLED] = {
		.name = NETD_PROTOCOL_DIALLED_NAME,
		.callback = net_callback,
		.rx_buffer_size = NETD_LINK_READ_BYTES,
		.tx_packet_size = PLANE_SCRATCH_BYTES,
	},
	{.name = NULL},
};

const struct lws_protocols netd_tls_protocols[] = {
	{
		.name = "dnchat",
		.callback = net_callback,
		.rx_buffer_size = NET_CLIENT_READ_BYTES,
		.tx_packet_size = PLANE_SCRATCH_BYTES,
	},
	{.name = NULL},
};
