/*
 * Taking connections. The sockets are ours, not libwebsockets', so that an
 * address in use, a port of the system's choice, too many strangers and a
 * lack of descriptors are in our hands. What is encrypted is handed over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnchat/log.h"
#include "net_shell.h"

/* Connections that are taken in one turn from one socket. */
#define NET_ACCEPT_MAX 64

/* WebSocket over TLS. */
#define NET_TLS_NAME "wss"

/* ---- what --listen says ---- */

static enum dn_err
net_parse_port(const char *text, uint16_t *port)
{
	unsigned long value;
	char *end;

	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return DN_E_MALFORMED;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || value > UINT16_MAX)
		return DN_E_RANGE;
	*port = (uint16_t)value;
	return DN_OK;
}

/* An address must be numeric: names would have to be looked up. */
static bool
net_is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 ||
	    inet_pton(AF_INET6, text, bytes) == 1;
}

/* Sets the protocol that 'word' names; false if it names none. */
static bool
net_find_protocol(struct netd_listener *listener, struct dn_str word)
{
	listener->is_tls = dn_str_eq(word, dn_str_of(NET_TLS_NAME));
	listener->codec = listener->is_tls ? &codec_dnchat : codec_find(word);
	if (listener->codec != NULL)
		listener->port = listener->is_tls ? DN_PORT_WSS_DEFAULT :
		    listener->codec->port;
	return listener->codec != NULL;
}

/* Takes "PROTOCOL:" off the front of '*text', if it is there. */
static enum dn_err
net_parse_protocol(struct netd_listener *listener, const char **text)
{
	const char *colon = strchr(*text, ':');

	listener->codec = &codec_dnchat;
	if (colon == NULL || **text == '[' ||
	    (**text >= '0' && **text <= '9') || colon == *text)
		return DN_OK;
	if (!net_find_protocol(listener, (struct dn_str){*text,
	    (size_t)(colon - *text)}))
		return DN_E_UNKNOWN;
	*text = colon + 1;
	return DN_OK;
}

/* Takes "ADDRESS:" off the front of '*text', if it is there. */
static enum dn_err
net_parse_address(const char **text, char *address, size_t size)
{
	const char *end = strrchr(*text, ':');
	const char *start = *text;
	size_t length;

	if (end == NULL) {
		address[0] = '\0';
		return DN_OK;
	}
	*text = end + 1;
	if (*start == '[') {
		start++;
		if (end == start || *--end != ']')
			return DN_E_MALFORMED;
	} else if (memchr(start, ':', (size_t)(end - start)) != NULL) {
		/* Where would the address end? */
		return DN_E_MALFORMED;
	}
	length = (size_t)(end - start);
	if (length >= size)
		return DN_E_MALFORMED;
	memcpy(address, start, length);
	address[length] = '\0';
	return net_is_address(address) ? DN_OK : DN_E_MALFORMED;
}

enum dn_err
netd_listen(struct netd *netd, const char *text)
{
	struct netd_listener *listener;
	const char *at = text;
	enum dn_err err;

	if (netd->listener_count == NETD_LISTEN_MAX)
		return DN_E_FULL;
	listener = &netd->listeners[netd->listener_count];
	memset(listener, 0, sizeof(*listener));
	listener->netd = netd;
	listener->fd = -1;
	if (strlen(text) >= sizeof(listener->text))
		return DN_E_MALFORMED;
	memcpy(listener->text, text, strlen(text) + 1);
	if (net_find_protocol(listener, dn_str_of(text))) {
		listener->is_any = true;
		netd->listener_count++;
		return DN_OK;
	}
	err = net_parse_protocol(listener, &at);
	if (err == DN_OK)
		err = net_parse_address(&at, listener->address,
		    sizeof(listener->address));
	if (err == DN_OK)
		err = net_parse_port(at, &listener->port);
	listener->is_any = listener->address[0] == '\0';
	if (err == DN_OK)
		netd->listener_count++;
	return err;
}

/* ---- binding ---- */

static int
net_socket(const struct addrinfo *info, bool is_any)
{
	int on = 1, off = 0, saved;
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    is_any ? &off : &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Binds to 'address'; DN_E_IO with errno. */
static enum dn_err
net_bind_address(struct netd_listener *listener, const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE}, *info;
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char port[8];

	snprintf(port, sizeof(port), "%u", listener->port);
	if (getaddrinfo(address, port, &hints, &info) != 0) {
		errno = EADDRNOTAVAIL;
		return DN_E_IO;
	}
	listener->fd = net_socket(info, listener->is_any);
	freeaddrinfo(info);
	if (listener->fd < 0)
		return DN_E_IO;
	if (getsockname(listener->fd, (struct sockaddr *)&bound, &size) != 0)
		return DN_E_IO;
	netd_source(&bound, listener->bound, sizeof(listener->bound));
	/* Both families have it in the same place. */
	listener->port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
	return DN_OK;
}

enum dn_err
netd_bind(struct netd *netd, const char **text)
{
	struct netd_listener *listener;
	enum dn_err err;
	char port[8];
	size_t i;

	if (netd->listener_count == 0) {
		snprintf(port, sizeof(port), "%u", DN_PORT_DEFAULT);
		(void)netd_listen(netd, port);
	}
	for (i = 0; i < netd->listener_count; i++) {
		listener = &netd->listeners[i];
		*text = listener->text;
		err = net_bind_address(listener,
		    listener->is_any ? "::" : listener->address);
		/* One socket for both, or IPv4 where there is no IPv6. */
		if (err != DN_OK && listener->is_any && errno != EADDRINUSE)
			err = net_bind_address(listener, "0.0.0.0");
		if (err != DN_OK)
			return err;
	}
	return DN_OK;
}

/* ---- accepting ---- */

void
netd_warn_files(struct netd *netd, int limit)
{
	if (plane_may_log(netd->plane))
		dn_warn("too_many_files", "limit=%d", limit);
}

int
netd_dup(const struct netd *netd, int fd, bool is_ours)
{
	int limit = is_ours ? netd->file_limit : netd->lws_files;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC,
	    is_ours ? netd->own_files_min : 0);

	if (copy < limit)
		return copy;
	close(copy);
	return -1;
}

int
netd_own_file(const struct netd *netd, int fd)
{
	int ours = netd_dup(netd, fd, true);

	close(fd);
	return ours;
}

/* No descriptor is left: the spare one lets us tell the caller so, by
 * closing, instead of leaving him in the queue and us in a loop. */
static void
net_accept_refuse(struct netd *netd, int listen_fd)
{
	int fd;

	if (netd->spare < 0)
		return;
	close(netd->spare);
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	netd->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	netd_warn_files(netd, netd->file_limit);
}

static void
net_refuse(struct netd *netd, const char *source, enum dn_err err)
{
	if (plane_may_log(netd->plane))
		dn_warn("refused", "source=%s why=%s", source,
		    dn_err_code(err));
}

/* Gives the socket 'fd' to libwebsockets. */
static void
net_accept_theirs(struct netd_listener *listener, int fd, const char *source)
{
	struct netd *netd = listener->netd;
	struct conn *conn;
	enum dn_err err;

	err = plane_accept(netd_clock(netd), listener->codec,
	    dn_str_of(source), false, NULL, &conn);
	if (err == DN_OK) {
		netd_adopt(netd, conn, fd, listener->is_tls);
		return;
	}
	net_refuse(netd, source, err);
	close(fd);
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

/* Takes the socket 'fd': where there are lines, they may come; else an upgrade
 * has to come first. */
static void
net_accept_ours(struct netd_listener *listener, int fd, const char *source)
{
	struct netd *netd = listener->netd;
	struct netd_sock *sock = netd_sock_new(netd);
	enum dn_err err = DN_E_MEMORY;
	struct conn *conn;

	if (sock != NULL)
		err = plane_accept(netd_clock(netd), listener->codec,
		    dn_str_of(source), false, sock, &conn);
	if (err != DN_OK) {
		net_refuse(netd, source, err);
		if (sock != NULL)
			netd_sock_free(sock);
		close(fd);
		return;
	}
	netd_sock_start(sock, conn, fd);
	if (conn->codec->transport == CODEC_TCP) {
		netd_tcp_keep(fd);
		netd_note_near(netd, conn, fd);
		conn_upgraded(conn, 0);
	}
}

/* Moves '*fd' to where it is to be, or closes it, and makes it -1, if there is
 * no room. True if it is ours then: what is encrypted is not, and what needs
 * not be, when there is no more room for ours. */
static bool
net_accept_place(const struct netd_listener *listener, int *fd)
{
	const struct netd *netd = listener->netd;
	int ours = listener->is_tls ? -1 : netd_dup(netd, *fd, true);
	bool is_ours = ours >= 0 || listener->codec->transport == CODEC_TCP;

	if (!is_ours && *fd < netd->lws_files)
		return false;
	close(*fd);
	*fd = ours;
	return is_ours;
}

/* Takes one connection; false if none waits. */
static bool
net_accept(struct netd_listener *listener)
{
	struct netd *netd = listener->netd;
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char source[DN_ADDRESS_BYTES_MAX + 16];
	int on = 1, fd;
	bool is_ours;

	fd = accept4(listener->fd, (struct sockaddr *)&address, &size,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			net_accept_refuse(netd, listener->fd);
		return errno == ECONNABORTED || errno == EINTR;
	}
	netd_source(&address, source, sizeof(source));
	is_ours = net_accept_place(listener, &fd);
	if (fd < 0) {
		netd_warn_files(netd, is_ours ? netd->file_limit :
		    netd->lws_files);
		return true;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (is_ours)
		net_accept_ours(listener, fd, source);
	else
		net_accept_theirs(listener, fd, source);
	return true;
}

static void
net_on_listener(uv_poll_t *poll, int status, int events)
{
	struct netd_listener *listener = poll->data;
	unsigned count;

	(void)status;
	(void)events;
	for (count = 0; count < NET_ACCEPT_MAX; count++)
		if (!net_accept(listener))
			break;
}

enum dn_err
netd_listen_start(struct netd *netd)
{
	struct netd_listener *listener;
	const char *name;
	size_t i, used = 0;
	bool is_other;

	for (i = 0; i < netd->listener_count; i++) {
		listener = &netd->listeners[i];
		if (uv_poll_init_socket(&netd->loop, &listener->poll,
		    listener->fd) != 0)
			return DN_E_IO;
		listener->poll.data = listener;
		uv_poll_start(&listener->poll, UV_READABLE, net_on_listener);
		name = listener->is_tls ? NET_TLS_NAME :
		    listener->codec->name;
		is_other = listener->is_tls ||
		    listener->codec != &codec_dnchat;
		used += (size_t)snprintf(netd->plane->listening + used,
		    sizeof(netd->plane->listening) - used, "%s%s%s%s",
		    i > 0 ? " " : "", is_other ? name : "",
		    is_other ? ":" : "", listener->bound);
		if (used >= sizeof(netd->plane->listening))
			used = sizeof(netd->plane->listening) - 1;
		dn_info("listening", "protocol=%s address=%s", name,
		    listener->bound);
	}
	return DN_OK;
}

void
netd_listen_stop(struct netd *netd)
{
	struct netd_listener *listener;
	size_t i;

	for (i = 0; i < netd->listener_count; i++) {
		listener = &netd->listeners[i];
		if (listener->poll.data != NULL)
			uv_close((uv_handle_t *)&listener->poll, NULL);
		listener->poll.data = NULL;
		if (listener->fd >= 0)
			close(listener->fd);
		listener->fd = -1;
	}
}
