/*
 * Dials: connecting to other servers at dncontrol's order, up to the point
 * where the connection is one of the plane's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dnchat/log.h"
#include "net_shell.h"

struct netd_dial *
netd_dial_of(struct netd *netd, void *opaque)
{
	struct netd_dial *dial;

	for (dial = netd->dials; dial != NULL; dial = dial->next)
		if (dial == opaque)
			return dial;
	return NULL;
}

/* "HOST:PORT" for the Host header. */
static void
net_host(const struct ipc_dial *body, char *text, size_t size)
{
	struct dn_str host = body->host.size > 0 ? body->host :
	    body->address;
	bool is_ipv6 = memchr(host.data, ':', host.size) != NULL &&
	    host.data[0] != '[';

	snprintf(text, size, "%s%.*s%s:%u", is_ipv6 ? "[" : "",
	    (int)host.size, host.data, is_ipv6 ? "]" : "", body->port);
}

/* libwebsockets takes the first colon for the end of what a certificate has to
 * be for. */
static const char net_no_ipv6[] =
	"a certificate for an IPv6 address cannot be checked: give a name";

/* Connects to 'address', a numeric one, as a WebSocket. */
static void
net_dial_websocket(struct netd_dial *dial, const struct ipc_dial *body,
    const char *address)
{
	static const lws_retry_bo_t policy = {0};
	struct lws_client_connect_info info = {0};
	struct netd *netd = dial->netd;
	char host[DN_HOST_BYTES_MAX + 16];

	net_host(body, host, sizeof(host));
	if (body->tls != 0 && host[0] == '[') {
		netd_dial_failed(dial, net_no_ipv6,
		    sizeof(net_no_ipv6) - 1);
		return;
	}
	info.ssl_connection = body->tls != 0 ? LCCSCF_USE_SSL : 0;
	info.alpn = "http/1.1";
	info.context = netd->context;
	info.vhost = netd->vhost;
	info.address = address;
	info.port = body->port;
	info.path = "/";
	info.host = host;
	info.ietf_version_or_minus_one = -1;
	info.local_protocol_name = NETD_PROTOCOL_DIALLED_NAME;
	info.retry_and_idle_policy = &policy;
	info.opaque_user_data = dial;
	info.pwsi = &dial->wsi;
	if (lws_client_connect_via_info(&info) == NULL && !dial->failed)
		netd_dial_failed(dial, "cannot connect", 14);
}

/* The codec of 'door', or NULL. */
static const struct codec *
net_dial_codec(uint8_t door)
{
	size_t i;

	for (i = 0; i < codec_count(); i++)
		if (codec_at(i)->door == door)
			return codec_at(i);
	return NULL;
}

void
netd_dial(struct plane *plane, const struct ipc_dial *body)
{
	struct netd *netd = plane->shell;
	char address[DN_ADDRESS_BYTES_MAX + 1];
	struct netd_dial *dial = calloc(1, sizeof(*dial));

	if (dial == NULL)
		abort();
	dial->netd = netd;
	dial->codec = net_dial_codec(body->door);
	dial->dial = body->dial;
	dial->routing = body->routing != 0;
	dial->next = netd->dials;
	netd->dials = dial;
	netd->kick = true;
	if (body->address.size >= sizeof(address) ||
	    body->host.size > DN_HOST_BYTES_MAX || dial->codec == NULL) {
		netd_dial_failed(dial, "not an address", 14);
		return;
	}
	memcpy(address, body->address.data, body->address.size);
	address[body->address.size] = '\0';
	if (dial->codec->transport == CODEC_TCP && body->tls != 0)
		netd_dial_failed(dial, "no TLS with that protocol", 25);
	else if (dial->codec->transport == CODEC_TCP)
		netd_connect(dial, address, body->port);
	else
		net_dial_websocket(dial, body, address);
}

void
netd_undial(struct plane *plane, uint32_t number)
{
	struct netd *netd = plane->shell;
	struct netd_dial *dial;

	for (dial = netd->dials; dial != NULL; dial = dial->next) {
		if (dial->dial != number || dial->failed)
			continue;
		if (dial->wsi != NULL)
			netd_lws_kill(netd, dial->wsi);
		netd_dial_failed(dial, "given up", 8);
		netd->kick = true;
	}
}

void
netd_undial_all(struct plane *plane)
{
	struct netd *netd = plane->shell;
	struct netd_dial *dial;

	for (dial = netd->dials; dial != NULL; dial = dial->next) {
		dial->silent = true;
		netd_undial(plane, dial->dial);
	}
}

/* Nothing of 'dial' is waited for any more. */
static void
net_dial_end(struct netd_dial *dial)
{
	if (dial->connect != NULL)
		netd_connect_end(dial->connect);
	if (dial->reply != NULL)
		netd_reply_end(dial->reply);
}

void
netd_dial_failed(struct netd_dial *dial, const char *why, size_t size)
{
	if (dial->failed)
		return;
	dial->failed = true;
	net_dial_end(dial);
	if (dial->wsi != NULL)
		lws_set_opaque_user_data(dial->wsi, NULL);
	if (size >= sizeof(dial->why))
		size = sizeof(dial->why) - 1;
	memcpy(dial->why, why, size);
	/* Some of its reasons end with a NUL of their own. */
	dial->why[strnlen(dial->why, size)] = '\0';
}

void
netd_dial_await(struct netd *netd)
{
	struct netd_dial *dial;

	for (dial = netd->dials; dial != NULL; dial = dial->next) {
		if (dial->is_asking && !dial->failed && dial->wsi != NULL &&
		    !lws_is_ssl(dial->wsi))
			netd_reply_await(dial);
		dial->is_asking = false;
	}
}

void
netd_dial_report(struct netd *netd)
{
	struct netd_dial **at = &netd->dials, *dial;

	while ((dial = *at) != NULL) {
		if (!dial->failed) {
			at = &dial->next;
			continue;
		}
		*at = dial->next;
		if (!dial->silent)
			plane_undialled(netd_clock(netd), dial->dial,
			    dial->why);
		free(dial);
	}
}

void
netd_dial_stop(struct netd *netd)
{
	struct netd_dial *dial;

	for (dial = netd->dials; dial != NULL; dial = dial->next)
		net_dial_end(dial);
}

void
netd_dial_free(struct netd *netd)
{
	struct netd_dial *dial;

	while ((dial = netd->dials) != NULL) {
		netd->dials = dial->next;
		free(dial);
	}
}

/* ---- the upgrade ---- */

static int
net_header(struct lws *wsi, const char *name, const char *value,
    unsigned char **at, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	    (const unsigned char *)value, (int)strlen(value), at, end);
}

int
netd_dial_headers(struct netd_dial *dial, struct lws *wsi, unsigned char **at,
    size_t size)
{
	unsigned char *end = *at + size;

	dial->is_asking = true;
	if (!dial->routing)
		return 0;
	return net_header(wsi, "Dnchat-Routing:", "1", at, end) != 0 ||
	    net_header(wsi, "Dnchat-Node:", dial->netd->node, at, end) != 0;
}

void
netd_dial_answer(struct netd_dial *dial, struct lws *wsi)
{
	char value[64];

	if (!dial->routing)
		return;
	if (lws_hdr_custom_copy(wsi, value, sizeof(value), "dnchat-routing:",
	    15) > 0 && strcmp(value, "1") == 0)
		dial->flags |= IPC_LINK_ROUTING;
	if (lws_hdr_custom_copy(wsi, value, sizeof(value), "dnchat-node:",
	    12) > 0 && strcmp(value, dial->netd->node) == 0)
		dial->flags |= IPC_LINK_SELF;
}

static bool
net_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	char one[DN_ADDRESS_BYTES_MAX + 16], other[sizeof(one)];

	netd_source(a, one, sizeof(one));
	netd_source(b, other, sizeof(other));
	return strcmp(one, other) == 0;
}

/* True if the other end of 'fd' is one of the connections that we accepted:
 * how a link to ourselves shows where headers do not tell. */
static bool
net_is_self(const struct netd *netd, int fd)
{
	struct sockaddr_storage near, far, other;
	socklen_t near_size = sizeof(near), far_size = sizeof(far), size;
	const struct conn *conn;
	size_t i;
	int accepted;

	if (getsockname(fd, (struct sockaddr *)&near, &near_size) != 0 ||
	    getpeername(fd, (struct sockaddr *)&far, &far_size) != 0)
		return false;
	for (i = 0; i < netd->plane->slot_count; i++) {
		conn = netd->plane->slots[i].conn;
		if (conn == NULL || conn->is_dialled || conn->shell == NULL ||
		    (conn->state != CONN_STRANGER &&
		    conn->state != CONN_UPGRADING))
			continue;
		accepted = netd_fd(conn);
		size = sizeof(other);
		if (getpeername(accepted, (struct sockaddr *)&other,
		    &size) != 0 || !net_same(&near, &other))
			continue;
		size = sizeof(other);
		if (getsockname(accepted, (struct sockaddr *)&other,
		    &size) == 0 && net_same(&far, &other))
			return true;
	}
	return false;
}

struct conn *
netd_dial_through(struct netd_dial *dial, int fd, struct lws *wsi,
    struct netd_sock *sock)
{
	struct netd *netd = dial->netd;
	struct sockaddr_storage far;
	socklen_t size = sizeof(far);
	char source[DN_ADDRESS_BYTES_MAX + 16] = "?";
	struct conn *conn;

	if (getpeername(fd, (struct sockaddr *)&far, &size) == 0)
		netd_source(&far, source, sizeof(source));
	if (net_is_self(netd, fd))
		dial->flags |= IPC_LINK_SELF;
	if (plane_accept(netd_clock(netd), dial->codec, dn_str_of(source),
	    true, wsi, &conn) != DN_OK) {
		netd_dial_failed(dial, "out of memory", 13);
		return NULL;
	}
	if (sock != NULL)
		netd_sock_start(sock, conn, fd);
	netd_note_near(netd, conn, fd);
	conn_dialled(conn, dial->dial, dial->flags);
	/* Its way is the plane's now. */
	dial->conn = conn->id;
	dial->wsi = NULL;
	dial->failed = dial->silent = true;
	return conn;
}
