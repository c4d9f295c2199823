/*
 * dncontrol's socket: one session at a time. The bytes are uplink.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dnchat/log.h"
#include "net_shell.h"

/* What is read in one turn, and what the socket holds that goes up: all of it
 * is a turn of dncontrol's, and a login waits behind it. */
#define NET_CONTROL_READ_BYTES (64u << 10)
#define NET_CONTROL_SEND_BYTES (4u << 10)

static void
net_free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void
net_control_close(struct netd *netd, const char *why)
{
	if (netd->control_fd < 0)
		return;
	dn_info("control_down", "why=%s", dn_log_str(dn_str_of(why)).text);
	uv_close((uv_handle_t *)netd->control_poll, net_free_handle);
	close(netd->control_fd);
	netd->control_fd = -1;
	plane_control_end(netd_clock(netd));
}

/* Goes on with what was read, or reads once; false if there is no more now, or
 * the session is over. */
static bool
net_control_read(struct netd *netd)
{
	static unsigned char bytes[NET_CONTROL_READ_BYTES];
	ssize_t size = 0;

	if (!netd->plane->control_waits) {
		size = recv(netd->control_fd, bytes, sizeof(bytes), 0);
		if (size == 0)
			net_control_close(netd, "it closed the session");
		else if (size < 0 && errno != EAGAIN && errno != EINTR)
			net_control_close(netd, strerror(errno));
		if (size <= 0)
			return false;
	}
	if (plane_control_feed(netd_clock(netd), bytes, (size_t)size) !=
	    DN_OK)
		net_control_close(netd, "it broke the protocol");
	return netd->control_fd >= 0;
}

void
netd_control_go_on(struct netd *netd)
{
	if (netd->control_fd >= 0 && netd->plane->control_waits)
		(void)net_control_read(netd);
}

/* Nothing can be written any more; but what dncontrol said before it went,
 * DONE perhaps, is still there to be read. */
static void
net_control_lost(struct netd *netd, const char *why)
{
	while (net_control_read(netd))
		;
	net_control_close(netd, why);
}

static void net_on_control(uv_poll_t *poll, int status, int events);

static void
net_control_poll(struct netd *netd, int events)
{
	if (events == netd->control_events)
		return;
	netd->control_events = events;
	uv_poll_start(netd->control_poll, events, net_on_control);
}

void
netd_control_flush(struct netd *netd)
{
	struct uplink *uplink = &netd->plane->uplink;
	const unsigned char *data;
	ssize_t written;
	size_t size;

	while (netd->control_fd >= 0 && uplink_has_output(uplink)) {
		size = uplink_output(uplink, &data);
		if (uplink->failed) {
			net_control_close(netd, "out of memory");
			break;
		}
		written = send(netd->control_fd, data, size, MSG_NOSIGNAL);
		if (written < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				net_control_lost(netd, strerror(errno));
			break;
		}
		uplink_sent(uplink, (size_t)written);
	}
	if (netd->control_fd >= 0)
		net_control_poll(netd, UV_READABLE |
		    (uplink_has_output(uplink) ? UV_WRITABLE : 0));
}

static void
net_on_control(uv_poll_t *poll, int status, int events)
{
	struct netd *netd = poll->data;

	/* What can be written is, at the end of the turn. */
	if (status < 0 || (events & UV_READABLE) != 0)
		(void)net_control_read(netd);
}

/* A dncontrol that was killed may be noticed later than the next one calls. */
static void
net_control_check(struct netd *netd)
{
	char byte;

	if (netd->control_fd >= 0 && recv(netd->control_fd, &byte, 1,
	    MSG_PEEK | MSG_DONTWAIT) == 0)
		net_control_close(netd, "it closed the session");
}

static void
net_on_control_call(uv_poll_t *poll, int status, int events)
{
	struct netd *netd = poll->data;
	int fd = accept4(netd->control_listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	int buffer_bytes = NET_CONTROL_SEND_BYTES;

	(void)status;
	(void)events;
	if (fd < 0)
		return;
	net_control_check(netd);
	netd->control_poll = netd->control_fd < 0 ?
	    malloc(sizeof(*netd->control_poll)) : netd->control_poll;
	if (netd->control_fd >= 0 || netd->control_poll == NULL) {
		if (plane_may_log(netd->plane))
			dn_warn("control_refused",
			    "why=\"there is one already\"");
		close(fd);
		return;
	}
	if (uv_poll_init(&netd->loop, netd->control_poll, fd) != 0) {
		free(netd->control_poll);
		close(fd);
		return;
	}
	/* What is on its way cannot be overtaken any more. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes,
	    sizeof(buffer_bytes));
	netd->control_poll->data = netd;
	netd->control_fd = fd;
	netd->control_events = 0;
	plane_control_begin(netd_clock(netd));
	netd_control_flush(netd);
}

/* The directory's lock is ours: a socket that is there already is stale. */
static int
net_control_bind(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, failed;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)unlink(path);
	mask = umask(0177);
	failed = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (failed == 0 && listen(fd, 4) == 0)
		return fd;
	failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

enum dn_err
netd_control_start(struct netd *netd)
{
	netd->control_listen_fd = net_control_bind(netd->control_path);
	if (netd->control_listen_fd < 0 ||
	    uv_poll_init(&netd->loop, &netd->control_listen_poll,
	    netd->control_listen_fd) != 0)
		return DN_E_IO;
	netd->control_listen_poll.data = netd;
	uv_poll_start(&netd->control_listen_poll, UV_READABLE,
	    net_on_control_call);
	return DN_OK;
}

void
netd_control_stop(struct netd *netd)
{
	if (netd->control_fd >= 0) {
		/* dncontrol may wait for the word that DONE has arrived. */
		netd_control_flush(netd);
		net_control_close(netd, "the end");
	}
	if (netd->control_listen_poll.data != NULL)
		uv_close((uv_handle_t *)&netd->control_listen_poll, NULL);
	netd->control_listen_poll.data = NULL;
	if (netd->control_listen_fd >= 0) {
		close(netd->control_listen_fd);
		(void)unlink(netd->control_path);
	}
	netd->control_listen_fd = -1;
}
