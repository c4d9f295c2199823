/*
 * What the kernel knows of a TCP connection, in its own words: its header and
 * the C library's cannot be included together.
 */
#include "net_tcp.h"

#include <linux/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* No more than this is kept unsent of a link, so that PINGs come through; and
 * it is given up after so long. */
#define NET_LINK_NOTSENT_BYTES (64 << 10)
#define NET_LINK_TIMEOUT_MSEC 20000

/* A silent connection is asked after so long, and so often, and is given up
 * if it answers none. */
#define NET_KEEP_IDLE_SEC 60
#define NET_KEEP_INTERVAL_SEC 15
#define NET_KEEP_COUNT 4

/* Of <netinet/in.h>, which goes with the other header. */
#define NET_LEVEL_TCP 6

uint64_t
netd_tcp_acked(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(fd, NET_LEVEL_TCP, TCP_INFO, &info, &size) != 0)
		return 0;
	return info.tcpi_bytes_acked;
}

uint64_t
netd_tcp_taken(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	int waiting;

	if (getsockopt(fd, NET_LEVEL_TCP, TCP_INFO, &info, &size) != 0 ||
	    ioctl(fd, FIONREAD, &waiting) != 0)
		return UINT64_MAX;
	return info.tcpi_bytes_received - (uint64_t)waiting;
}

bool
netd_tcp_await(int fd, size_t bytes)
{
	int value = (int)bytes;

	return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value,
	    sizeof(value)) == 0;
}

struct net_tcp_option {
	int level, name, value;
};

/* Without one of them the connection still works. */
static void
net_tcp_set(int fd, const struct net_tcp_option *options, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}

void
netd_tcp_keep(int fd)
{
	static const struct net_tcp_option options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{NET_LEVEL_TCP, TCP_KEEPIDLE, NET_KEEP_IDLE_SEC},
		{NET_LEVEL_TCP, TCP_KEEPINTVL, NET_KEEP_INTERVAL_SEC},
		{NET_LEVEL_TCP, TCP_KEEPCNT, NET_KEEP_COUNT},
		{NET_LEVEL_TCP, TCP_NODELAY, 1},
	};

	net_tcp_set(fd, options, sizeof(options) / sizeof(options[0]));
}

void
netd_tcp_tune(int fd)
{
	static const struct net_tcp_option options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{NET_LEVEL_TCP, TCP_NODELAY, 1},
		{NET_LEVEL_TCP, TCP_NOTSENT_LOWAT, NET_LINK_NOTSENT_BYTES},
		{NET_LEVEL_TCP, TCP_USER_TIMEOUT, NET_LINK_TIMEOUT_MSEC},
	};

	net_tcp_set(fd, options, sizeof(options) / sizeof(options[0]));
}
